"""Pieces of NumPy source: expressions with their precedence, literals, names, long lines.

fill("{0} * {1}", [Expr("a + b", 12), Expr("c")])     (a + b) * c
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from anvil.ir.records import Const
from anvil.ir.types import ArrayType

WIDTH = 88
"""Columns of a line."""

ATOM, POSTFIX, UNARY, COMPARE, LOWEST = 20, 18, 14, 7, 0
_NUMBER = 17
_BINARY: dict[type[ast.operator], int] = {
    ast.BitOr: 8,
    ast.BitXor: 9,
    ast.BitAnd: 10,
    ast.LShift: 11,
    ast.RShift: 11,
    ast.Add: 12,
    ast.Sub: 12,
    ast.Mult: 13,
    ast.MatMult: 13,
    ast.Div: 13,
    ast.FloorDiv: 13,
    ast.Mod: 13,
    ast.Pow: 15,
}
_BITS = range(8, 12)
"""Operators whose place among the others few people know: their operands get parentheses."""
_NOT_IDENT = re.compile(r"\W")
_HOLE = re.compile(r"\b_hole(\d+)_\b")
_RESERVED = {"np", "math", "range", "len", "reversed", "print", "int", "slice", "tuple", "complex"}
_SHORT = {"absolute": "abs", "conjugate": "conj"}


@dataclass(frozen=True)
class Expr:
    """Source of an expression and how tightly its outermost operator binds."""

    text: str
    prec: int = ATOM

    def within(self, need: int) -> str:
        """The text where something binding at least `need` is expected."""
        return self.text if self.prec >= need else f"({self.text})"


@dataclass(frozen=True)
class _Template:
    text: str
    prec: int
    needs: dict[int, int]


def fill(form: str, args: Sequence[Expr]) -> Expr:
    """The expression `form` with its holes {0}, {1} ... filled, parentheses where they are needed.

    Braces of `form` that are not holes are doubled, as for `str.format`.
    """
    template = _template(form, len(args))
    text = _HOLE.sub(
        lambda m: args[int(m[1])].within(template.needs.get(int(m[1]), LOWEST)), template.text
    )
    return Expr(text, template.prec)


@cache
def _template(form: str, count: int) -> _Template:
    text = form.format(*(f"_hole{i}_" for i in range(count)))
    tree = ast.parse(text, mode="eval").body
    needs: dict[int, int] = {}
    for parent in ast.walk(tree):
        for child in ast.iter_child_nodes(parent):
            hole = _hole(child)
            if hole is not None:
                needs[hole] = max(needs.get(hole, LOWEST), _need(parent, child))
    return _Template(text, _precedence(tree), needs)


def _hole(node: ast.AST) -> int | None:
    found = _HOLE.fullmatch(node.id) if isinstance(node, ast.Name) else None
    return int(found[1]) if found else None


def _precedence(node: ast.expr) -> int:
    if isinstance(node, ast.BinOp):
        return _BINARY[type(node.op)]
    if isinstance(node, ast.UnaryOp):
        return UNARY
    return COMPARE if isinstance(node, ast.Compare) else ATOM


def _need(parent: ast.AST, child: ast.AST) -> int:
    """How tightly a child must bind: the right operand more than the left one."""
    if isinstance(parent, ast.BinOp):
        own = _BINARY[type(parent.op)]
        return UNARY if own in _BITS else own + int(child is parent.right)
    if isinstance(parent, ast.UnaryOp):
        return UNARY
    if isinstance(parent, ast.Compare):
        return COMPARE + 1
    postfix = isinstance(parent, ast.Attribute | ast.Subscript) and child is parent.value
    return POSTFIX if postfix else LOWEST


# ---- literals


def number(value: Any) -> Expr:
    """A Python number, all bits kept."""
    if isinstance(value, complex):
        return _complex(value)
    if isinstance(value, float) and (value != value or value in (np.inf, -np.inf)):
        text = {"nan": "np.nan", "inf": "np.inf", "-inf": "-np.inf"}[repr(value)]
        return Expr(text, UNARY if text.startswith("-") else ATOM)
    text = repr(value)
    return Expr(text, UNARY if text.startswith("-") else _NUMBER)


def _complex(value: complex) -> Expr:
    real, imag = repr(value.real), repr(value.imag)
    if real == "0.0" and np.isfinite(value.imag) and not imag.startswith("-"):
        return Expr(f"{imag}j", _NUMBER)
    return Expr(f"complex({number(value.real).text}, {number(value.imag).text})")


def array(c: Const) -> Expr:
    """A constant with its shape and dtype."""
    t, value = c.type, number(c.value)
    if not t.shape:
        return Expr(f"np.{t.dtype.np.name}({value.text})")
    shape = t.shape[0] if t.ndim == 1 else t.shape
    default = t.dtype.name == "f64"
    if value.text in ("0", "0.0", "0.0j", "False"):
        return Expr(f"np.zeros({shape}{_dtype(t, default)})")
    if value.text in ("1", "1.0"):
        return Expr(f"np.ones({shape}{_dtype(t, default)})")
    return Expr(f"np.full({shape}, {value.text}{_dtype(t, inferred(t))})")


def inferred(t: ArrayType) -> bool:
    """Whether NumPy gives Python numbers this dtype."""
    return t.dtype.name in ("f64", "i64", "bool", "c128")


def _dtype(t: ArrayType, known: bool) -> str:
    return "" if known else f", np.{t.dtype.np.name}"


def contents(data: Any, t: ArrayType) -> str:
    """An array as an expression: its numbers, or its bytes when there are many."""
    name = f"np.{t.dtype.np.name}"
    if data.size > 64:
        raw = np.ascontiguousarray(data).astype(data.dtype.newbyteorder("<"))
        kind = repr(raw.dtype.str)
        whole = f"np.frombuffer(bytes.fromhex({raw.tobytes().hex()!r}), {kind})"
        return f"{whole}.astype({name}).reshape({t.shape})"
    if data.size == 0 or not t.shape:
        return f"np.full({t.shape}, {number(data.item()).text if data.size else 0}, {name})"
    return f"np.array({_nested(data.tolist())}{_dtype(t, inferred(t))})"


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_nested, value))}]"
    return number(value).text


# ---- names


def identifier(name: str) -> str:
    """A function's name as a Python identifier that the text uses for nothing else."""
    name = _NOT_IDENT.sub("_", name) or "f"
    odd = keyword.iskeyword(name) or name in _RESERVED or name[:1].isdigit()
    return f"f_{name}" if name[:1].isdigit() or name[:1] == "_" else f"{name}_" if odd else name


def function_name(fn: Any) -> str | None:
    """How NumPy's own function `fn` is written, None for other ones."""
    name = getattr(fn, "__name__", "")
    if isinstance(fn, np.ufunc) or (name and getattr(np, name, None) is fn):
        return f"np.{_SHORT.get(name, name)}"
    return None


def variable(hint: str) -> str:
    """A variable's name from a hint; names with an underscore in front are the helpers'."""
    base = _NOT_IDENT.sub("_", hint).lstrip("_") or "t"
    if keyword.iskeyword(base) or base in _RESERVED or base[0].isdigit():
        return f"{base}_" if not base[0].isdigit() else f"t{base}"
    return base


# ---- lines


def comma(items: Sequence[str]) -> str:
    """`a, b`, and `a,` for one."""
    return ", ".join(items) + ("," if len(items) == 1 else "")


def wrapped(text: str, indent: int) -> list[str]:
    """A statement as lines: one that is too long is broken at the commas of a bracket."""
    room = WIDTH - indent
    span = _brackets(text) if len(text) > room else None
    if span is None:
        return [" " * indent + text]
    start, stop, cuts = span
    rows: list[str] = []
    for a, b in pairwise([start + 1, *(c + 1 for c in cuts), stop]):
        item = text[a:b].strip()
        if rows and len(rows[-1]) + len(item) + 5 <= room:
            rows[-1] = f"{rows[-1]} {item}"
        else:
            rows.append(item)
    inner = [line for row in rows for line in wrapped(row, indent + 4)]
    return [*wrapped(text[: start + 1], indent), *inner, " " * indent + text[stop:]]


def _brackets(text: str) -> tuple[int, int, list[int]] | None:
    """The last of the outermost brackets with commas: its start, its end and the commas."""
    stack: list[tuple[int, list[int]]] = []
    best: tuple[int, int, list[int]] | None = None
    level, quote = len(text), ""
    for i, ch in enumerate(text):
        if quote:
            quote = "" if ch == quote and text[i - 1] != "\\" else quote
        elif ch in "'\"":
            quote = ch
        elif ch in "([{":
            stack.append((i, []))
        elif ch in ")]}":
            start, cuts = stack.pop()
            if cuts and len(stack) <= level:
                level, best = len(stack), (start, i, cuts)
        elif ch == "," and stack:
            stack[-1][1].append(i)
    return best
