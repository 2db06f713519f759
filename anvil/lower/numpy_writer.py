"""The writer of NumPy source: names, statements, and what is folded into them.

Spellings (`numpy_ops`) and control flow (`numpy_structure`) see it as `w`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from types import FunctionType

from anvil.ir.loc import UNKNOWN, AnyLoc, primary
from anvil.ir.records import Atom, Const, Func, Op, Program, Region, Value
from anvil.ir.types import I64, ArrayType, DType, Type
from anvil.ir.types import array as array_type
from anvil.lower.numpy_helpers import Helpers
from anvil.lower.numpy_ops import SPELLINGS, broadcast_thin, iota_thin
from anvil.lower.numpy_places import type_of
from anvil.lower.numpy_structure import STRUCTURE
from anvil.lower.numpy_text import (
    WIDTH,
    Expr,
    array,
    fill,
    function_name,
    identifier,
    inferred,
    number,
    variable,
    wrapped,
)
from anvil.lower.numpy_uses import Uses, elementwise

_HEAD = "import numpy as np\n"
_FOLD = 56
"""Expressions of more columns than this become statements."""


@dataclass(frozen=True)
class Pending:
    """An op that is written where its result is read; `thin` leaves NumPy to broadcast it."""

    op: Op
    expr: Expr
    operands: tuple[Expr, ...]
    thin: Expr | None = None


class Writer:
    """Writes the functions of a program; what spellings see as `w`."""

    def __init__(self, program: Program, locations: bool = False) -> None:
        self._helpers = Helpers()
        self._locations = locations
        self._entry = program.entry
        self._blocks: list[str] = []
        self._funcs = _function_names(program)
        self.lines: list[str] = []
        self.depth = 1
        self.names: dict[Value, str] = {}
        self.ranges: dict[Value, tuple[int, int]] = {}
        self._pending: dict[Value, Pending] = {}
        self._taken: set[str] = set()
        self._unnamed = 0
        self._here: AnyLoc = UNKNOWN
        self._shown = ""

    def module(self) -> str:
        """The text of the module."""
        head = _HEAD
        texts = [t + "\n" for t in self._helpers.texts("\n".join(self._blocks))]
        body = "\n\n".join([*texts, *self._blocks])
        used = [("math", "".join(texts)), ("warnings", body), ("logging", body)]
        imports = sorted(f"import {name}\n" for name, text in used if f"{name}." in text)
        if imports:
            head = f"{''.join(imports)}\n{head}"
        return f"{head}\n\n{body}"

    # ---- names and lines

    def bind(self, v: Value) -> str:
        """A new name for a value; `_` if nobody reads it."""
        if not self.uses.count(v):
            name = "_"
        elif v.hint:
            name = self._free(variable(v.hint))
        else:
            name = self._number()
        self.names[v] = name
        return name

    def bind_state(self, v: Value) -> str:
        """A new name for the state of a loop, which is assigned even if no step reads it."""
        name = self.names[v] = self._free(variable(v.hint)) if v.hint else self._number()
        return name

    def adopt(self, v: Value, known: Value) -> str:
        """Another value goes by the name of one that nobody reads any more."""
        name = self.names[v] = self.names[known]
        return name

    def _number(self) -> str:
        self._unnamed += 1
        while f"t{self._unnamed}" in self._taken:
            self._unnamed += 1
        self._taken.add(f"t{self._unnamed}")
        return f"t{self._unnamed}"

    def _free(self, base: str) -> str:
        name, n = base, 1
        while name in self._taken:
            n += 1
            name = f"{base}_{n}"
        self._taken.add(name)
        return name

    def func_name(self, name: str) -> str:
        """The identifier of a function of the program."""
        return self._funcs[name]

    def helper(self, fn: FunctionType, hint: str = "") -> str:
        """The name of a function that is copied into the module."""
        return self._helpers.name(fn, hint)

    def put(self, text: str) -> None:
        """A statement, after a comment if it comes from another line of the user's."""
        shown = _place(self._here) if self._locations else ""
        if shown and shown != self._shown:
            self.lines.append(f"{'    ' * self.depth}# {shown}")
            self._shown = shown
        self.lines += wrapped(text, 4 * self.depth)

    def room(self) -> int:
        """The columns that are left of a line."""
        return WIDTH - 4 * self.depth

    # ---- functions and regions

    def func(self, func: Func) -> None:
        """A definition."""
        self.uses = Uses(func)
        self.lines, self.depth, self._unnamed, self._shown = [], 1, 0, ""
        self._taken = set(self._funcs.values())
        params = [self.bind_state(p) for p in func.params]
        self._convert(func, params)
        results = self.region(func.body)
        self._here = func.body.ops[-1].loc
        self._return(results)
        head = wrapped(f"def {self._funcs[func.name]}({', '.join(params)}):", 0)
        self._blocks.append("\n".join([*head, *_docstring(func), *self.lines]) + "\n")

    def _convert(self, func: Func, params: Sequence[str]) -> None:
        """The entry may be called with Python numbers, which have no dtype."""
        if func.name != self._entry:
            return
        for name, p in zip(params, func.params, strict=True):
            if isinstance(p.type, ArrayType) and not p.type.shape and self.uses.count(p):
                self.put(f"{name} = np.{p.type.dtype.np.name}({name})")

    def _return(self, results: Sequence[Atom]) -> None:
        if not results:
            self.put("return ()")
            return
        text = self.fit(results, lambda: ", ".join(self.text(a) for a in results), 7)
        self.put(f"return {text}" if len(text) < self.room() - 7 else f"return ({text})")

    def region(self, region: Region) -> tuple[Atom, ...]:
        """Its statements; what it yields is left to the caller to write."""
        for op in region.ops[:-1]:
            if not self.uses.idle(op):
                self._here = op.loc
                self._op(op)
        return region.results

    def _op(self, op: Op) -> None:
        write = STRUCTURE.get(op.kind.name)
        if write is not None:
            write(self, op)
            return
        self._bounds(op)
        (first, *others) = op.outs
        expr = self._fitted(op)
        pending = Pending(op, expr, tuple(self._operand(a) for a in op.args), self._thin(op))
        self.consume(op.args)
        if not others and self._folds(first, expr):
            self._pending[first] = pending
            return
        names = ", ".join([self.bind(v) for v in op.outs])
        self.put(f"{names} = {expr.text}")

    def _folds(self, v: Value, expr: Expr) -> bool:
        if self.uses.repeated(v) and self.uses.count(v) and self.uses.only_repeats(v):
            return True
        return self.uses.once(v) and not v.hint and len(expr.text) <= _FOLD

    def _operand(self, a: Atom) -> Expr:
        return self.weak(a) if isinstance(a, Const) and not a.type.shape else self.expr(a)

    def _thin(self, op: Op) -> Expr | None:
        if op.kind.name == "iota":
            return iota_thin(op)
        return broadcast_thin(self, op) if op.kind.name == "broadcast" else None

    # ---- expressions

    def expr(self, a: Atom) -> Expr:
        """An operand with its dtype and shape."""
        if isinstance(a, Const):
            return array(a)
        pending = self._pending.get(a)
        return pending.expr if pending else Expr(self.names[a])

    def text(self, a: Atom) -> str:
        """The text of an operand that stands alone."""
        return self.expr(a).text

    def weak(self, a: Atom) -> Expr:
        """An operand; a constant is a number, whose dtype and shape others decide."""
        return number(a.value) if isinstance(a, Const) else self.expr(a)

    def folded(self, a: Atom, kind: str) -> tuple[Op, tuple[Expr, ...]] | None:
        """The op of that kind and its operands, if `a` is its result and not written yet."""
        found = self._pending.get(a) if isinstance(a, Value) else None
        return (found.op, found.operands) if found and found.op.kind.name == kind else None

    def operands(self, op: Op) -> list[Expr]:
        """Operands of an elementwise op: one has the dtype, one the shape, others broadcast."""
        first = int(op.kind.name == "select")
        typed = any(isinstance(a, Value) for a in op.args[first:])
        shaped = any(isinstance(a, Value) and self._thinned(a) is None for a in op.args)
        out: list[Expr] = []
        for i, a in enumerate(op.args):
            if isinstance(a, Value):
                thin = self._thinned(a) if shaped else None
                out.append(thin or self.expr(a))
                shaped = True
            elif typed or i < first:
                out.append(number(a.value))
            else:
                out.append(_typed(a, shaped))
                typed = shaped = True
        return out

    def _thinned(self, v: Value) -> Expr | None:
        pending = self._pending.get(v)
        return pending.thin if pending else None

    def _spell(self, op: Op) -> Expr:
        spelling = SPELLINGS.get(op.kind.name)
        found = spelling(self, op) if spelling else None
        if found is not None:
            return found
        named = function_name(op.kind.numpy)
        holes = ", ".join(f"{{{i}}}" for i in range(len(op.args)))
        if op.kind.source or named:
            args = self.operands(op) if elementwise(op) else [self.expr(a) for a in op.args]
            return fill(_form(op) or f"{named}({holes})", args)
        attrs = "".join(f", {k}={v!r}" for k, v in op.attrs.items())
        name = self.helper(op.kind.numpy, op.kind.name)
        return fill(f"{name}({holes}{attrs})", [self.expr(a) for a in op.args])

    def _fitted(self, op: Op) -> Expr:
        """The expression of an op; operands that make it too long become statements before it."""
        found: list[Expr] = []

        def make() -> str:
            found[:] = [self._spell(op)]
            return found[0].text

        names = sum(len(v.hint) + 4 for v in op.outs)
        self._fit(op.args, make, names + 3)
        return found[0]

    def fit(self, atoms: Sequence[Atom], make: Callable[[], str], used: int = 0) -> str:
        """`make()`, in the room that is left beside `used` columns if possible; the operands are
        written then."""
        text = self._fit(atoms, make, used)
        self.consume(atoms)
        return text

    def _fit(self, atoms: Sequence[Atom], make: Callable[[], str], used: int) -> str:
        text = make()
        while len(text) + used > self.room():
            folded = [a for a in atoms if isinstance(a, Value) and self._spillable(a)]
            if not folded:
                break
            self._spill(max(folded, key=lambda v: len(self._pending[v].expr.text)))
            text = make()
        return text

    def _spillable(self, v: Value) -> bool:
        return v in self._pending and self.uses.once(v)

    def _spill(self, v: Value) -> None:
        expr = self._pending.pop(v).expr
        self.put(f"{self.bind(v)} = {expr.text}")

    def consume(self, atoms: Sequence[Atom]) -> None:
        """These operands have been written."""
        for a in atoms:
            if isinstance(a, Value) and self.uses.once(a):
                self._pending.pop(a, None)

    # ---- integers

    def range(self, a: Atom) -> tuple[int, int] | None:
        """Bounds between which an integer is known to stay."""
        if isinstance(a, Const):
            return (int(a.value.real), int(a.value.real))
        return self.ranges.get(a)

    def _bounds(self, op: Op) -> None:
        rule = _BOUNDS.get(op.kind.name)
        if rule is None or type_of(op.outs[0]) is not _INDEX:
            return
        known = [self.range(a) for a in op.args]
        found = [k for k in known if k is not None]
        if len(found) == len(known):
            self.ranges[op.outs[0]] = rule(*found)


Range = tuple[int, int]
_INDEX = array_type(I64)
_BOUNDS: dict[str, Callable[..., Range]] = {
    "add": lambda x, y: (x[0] + y[0], x[1] + y[1]),
    "sub": lambda x, y: (x[0] - y[1], x[1] - y[0]),
    "min": lambda x, y: (min(x[0], y[0]), min(x[1], y[1])),
    "max": lambda x, y: (max(x[0], y[0]), max(x[1], y[1])),
}


def _form(op: Op) -> str:
    """The kind's format with the attributes filled in."""
    form = op.kind.source
    for key, value in op.attrs.items():
        text = f"np.{value.np.name}" if isinstance(value, DType) else repr(value)
        form = form.replace(f"{{{key}}}", text)
    return form


def _typed(c: Const, shaped: bool) -> Expr:
    """A constant that decides the dtype, and the shape if nothing else does."""
    if not shaped:
        return array(c)
    return number(c.value) if inferred(c.type) else array(Const(c.type.with_shape(()), c.value))


def _function_names(program: Program) -> dict[str, str]:
    """Identifiers of the functions; the entry comes first to its own."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in (program.entry, *program.funcs):
        if name in found:
            continue
        base = text = identifier(name)
        n = 1
        while text in taken:
            n += 1
            text = f"{base}_{n}"
        taken.add(text)
        found[name] = text
    return found


def _place(loc: AnyLoc) -> str:
    """The transforms and the line, without the folder of the file."""
    at = primary(loc)
    if not at.file:
        return ""
    how = loc.transforms()
    line = f"{PurePath(at.file).name}:{at.line}"
    return f"{how} of {line}" if how else line


def _types(types: Sequence[Type]) -> str:
    shown = [str(t) for t in types[:8]]
    more = len(types) - len(shown)
    return ", ".join([*shown, f"{more} more"] if more else shown)


def _docstring(func: Func) -> list[str]:
    types = _types([p.type for p in func.params])
    results = _types(func.results)
    where = _place(func.origin.loc)
    title = func.origin.text + (f", {where}" if where and where not in func.origin.text else "")
    text = f"{title}: ({types}) -> {results if len(func.results) == 1 else f'({results})'}"
    clean = "".join(ch if ch.isprintable() else " " for ch in text)
    clean = clean.replace("\\", "/").replace('"', "'")
    rows = textwrap.wrap(clean, WIDTH - 12, subsequent_indent="    ")
    return textwrap.indent('"""' + "\n".join(rows) + '."""', "    ").split("\n")
