"""What an error message says of the values involved: name, type, and where each came from."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from anvil.errors import AnvilError, Location, Operand, SourceRange
from anvil.errors.snippet import is_anvil
from anvil.parser.state.heap import CellBox, DictBox, ListBox, ObjectBox
from anvil.parser.state.values import (
    PY_NAMES,
    Abstract,
    Bound,
    CellRef,
    Closure,
    DictV,
    Known,
    ListV,
    NDArray,
    ObjectV,
    Scalar,
    TupleV,
    known_number,
)

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

TELLING = frozenset(
    (
        "shape-mismatch",
        "bad-shape",
        "bad-axis",
        "bad-operand",
        "bad-value",
        "bad-index",
        "dtype-mismatch",
        "ambiguous-truth",
        "index-out-of-range",
        "value-needed",
        "dynamic-shape",
        "overflow",
        "unsupported-argument",
        "no-attribute",
    )
)
"""Errors that are about the types of operands."""

MOST = 6
WIDEST = 40


def involve(it: Interp, error: AnvilError) -> None:
    """Adds to an error the variables that its expression reads, unless that has been done."""
    diagnostic = error.diagnostic
    if diagnostic.operands or diagnostic.code not in TELLING or diagnostic.loc is None:
        return
    node = _node_at(it, diagnostic.loc.source_range())
    if node is None:
        return
    found: dict[str, Operand] = {}
    for name, value, root in _reads(it, node):
        type_ = _type_text(value)
        if type_ and name not in found:
            found[name] = Operand(name, type_, *_origin(it, root))
    error.involve(tuple(found.values())[:MOST])


def _one_by_one(
    it: Interp, operands: Sequence[tuple[ast.expr, Abstract]]
) -> Iterator[tuple[ast.expr, Abstract]]:
    """The operands, the elements of lists and tuples that are written out on their own."""
    for node, v in operands:
        plain = isinstance(node, ast.List | ast.Tuple) and not any(
            isinstance(e, ast.Starred) for e in node.elts
        )
        parts = v.open()[1] if isinstance(v, TupleV) else ()
        if isinstance(v, ListV):
            content = it.state.heap[v.box]
            parts = content.items if isinstance(content, ListBox) else ()
        if plain and len(parts) == len(node.elts):  # type: ignore[attr-defined]
            yield from zip(node.elts, parts, strict=True)  # type: ignore[attr-defined]
        else:
            yield node, v


def name_operands(
    it: Interp, error: AnvilError, operands: Sequence[tuple[ast.expr, Abstract]]
) -> None:
    """Adds the operands of a refused operation: their text, their types, where they come from."""
    diagnostic = error.diagnostic
    source = it.info.code.source
    if diagnostic.operands or diagnostic.loc is not it.b.loc or it.fixed_loc:
        return
    if is_anvil(source.filename):
        return
    found = (
        Operand(_short(source.segment(node)), type_text(v), *_origin(it, _root(node)))
        for node, v in _one_by_one(it, operands)
        if not isinstance(node, ast.Constant) and not isinstance(v, Closure | Bound)
    )
    error.involve(tuple({operand.name: operand for operand in found}.values())[:MOST])


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def type_text(v: Abstract) -> str:
    """The type of a value, for a table: `f64[3]`, `float`, `list`."""
    text = _type_text(v) or v.describe()
    return text.split(" ", 1)[1] if text.startswith(("a ", "an ")) else text


def _node_at(it: Interp, where: SourceRange) -> ast.AST | None:
    """The innermost statement's part at a source range."""
    if it.stmt is None or it.info.library or is_anvil(where.file):
        return None
    for node in ast.walk(it.stmt):
        if isinstance(node, ast.expr | ast.stmt) and it.info.code.loc(node) == where:
            return node
    return None


def _reads(it: Interp, node: ast.AST) -> Iterator[tuple[str, Abstract, str]]:
    """Variables, attributes and elements that an expression reads: text, value, variable."""
    if isinstance(node, ast.Lambda | ast.FunctionDef | ast.ListComp | ast.GeneratorExp):
        return
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        value = peek(it, node)
        if value is not None and _type_text(value):
            yield ast.unparse(node), value, _root(node)
            if not isinstance(node, ast.Subscript):
                return
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.stmt):
            yield from _reads(it, child)


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def peek(it: Interp, node: ast.expr) -> Abstract | None:
    """The value of a variable or of a part of one, without evaluating anything."""
    if isinstance(node, ast.Name):
        v = it.state.locals.get(node.id)
        if isinstance(v, CellRef):
            content = it.state.heap.get(v.box)
            return content.value if isinstance(content, CellBox) else None
        return v
    if isinstance(node, ast.Attribute):
        base = peek(it, node.value)
        box = it.state.heap.get(base.box) if isinstance(base, ObjectV) else None
        return box.attrs.get(node.attr) if isinstance(box, ObjectBox) else None
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        base = peek(it, node.value)
        entries = it.state.heap.get(base.box) if isinstance(base, DictV) else None
        return entries.entries.get(node.slice.value) if isinstance(entries, DictBox) else None
    return None


def _type_text(v: Abstract) -> str:
    """The type of a number or an array; empty for anything else."""
    if isinstance(v, NDArray):
        return str(v.type)
    if isinstance(v, Scalar):
        return PY_NAMES[v.dtype.kind].split(" ", 1)[1] if v.py else str(v.type)
    if known_number(v):
        assert isinstance(v, Known)
        number = v.value
        return f"{type(number).__name__} ({number})"
    return ""


def _origin(it: Interp, name: str) -> tuple[str, Location | None]:
    """Where a variable got its value."""
    code, where = it.info.code, it.state.where.get(name)
    if where is None:
        return "", None
    if name in code.params.names and where.source_range().line == code.node.lineno:
        return f"argument of {it.info.name}", None
    return "", where
