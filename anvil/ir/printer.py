"""The text form (`.air`) of programs; `anvil.ir.reader` reads it back.

    text(program)                     parse(text(p)) is alpha-equal to p, hints included
    text(program, locs="suffix")      with locations that are read back; "comment" for people only
    text(program, arrays=store)       big constants by content hash, collected in `store`
    text(program, abridged=True)      for people: long bodies and big constants cut short

Names are the Python variables' names. A value whose name is taken by a visible one, or ends like
one, is `%name.1`; a nameless value is `%0`. Literals are f64, i64, bool or c128 scalars; others say
their type (`2.0:f32[3]`). Attributes equal to their kind's default are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np

from anvil.ir.literals import literal, literal_of
from anvil.ir.loc import AnyLoc, Derived, Loc, describe
from anvil.ir.records import (
    ArrayData,
    Atom,
    Const,
    Func,
    FuncRef,
    Op,
    Program,
    Region,
    Value,
)
from anvil.ir.types import C128, F64, Array, ArrayType, DType, Type, array, dtype_of

Locs = Literal["none", "comment", "suffix"]
Line = tuple[str, Op | None]

INLINE = 64
"""Constants with more elements than this go to the side store, or are cut short when abridged."""
LONG = 40
"""An abridged region shows this many ops."""

_WORD = re.compile(r"[^\W\d][\w.]*")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_NUMBERED = re.compile(r".*\.[0-9]+")


def text(
    x: Program | Func | Op,
    *,
    locs: Locs = "none",
    abridged: bool = False,
    arrays: dict[str, Array] | None = None,
) -> str:
    """`x` as text, with a final newline."""
    printer = Printer(locs, abridged, arrays)
    if isinstance(x, Program):
        printer.program(x)
    elif isinstance(x, Func):
        printer.func(x)
    else:
        printer.op(x, "")
    return "".join(line + "\n" for line, _ in printer.lines)


def window(func: Func, op: Op | None, around: int = 3) -> str:
    """A few lines of `func` with `>` before the first line of `op` (its head if None)."""
    printer = Printer(lenient=True)
    printer.func(func)
    lines = printer.lines
    at = next((i for i, (_, o) in enumerate(lines) if o is op and o is not None), 0)
    low, high = max(0, at - around), min(len(lines), at + around + 1)
    shown = [("> " if i == at else "  ") + lines[i][0] for i in range(low, high)]
    if low > 0:
        shown = ["  " + lines[0][0], *(["  ..."] if low > 1 else []), *shown]
    return "\n".join(shown + (["  ..."] if high < len(lines) else []))


class Printer:
    """Collects lines; each remembers the op that begins on it."""

    def __init__(
        self,
        locs: Locs = "none",
        abridged: bool = False,
        arrays: dict[str, Array] | None = None,
        lenient: bool = False,
    ) -> None:
        self.lines: list[Line] = []
        self._lenient = lenient
        self._locs, self._abridged, self._arrays = locs, abridged, arrays
        self._names: dict[Value, str] = {}
        self._taken: set[str] = set()
        self._numbers = 0

    # ---- structure

    def program(self, program: Program) -> None:
        """Header, then every function."""
        self.lines += [("air 1", None), (f"stage {program.stage}", None)]
        if next(iter(program.funcs), None) != program.entry:
            self.lines.append((f"entry {name_of(program.entry, '@')}", None))
        for func in program.funcs.values():
            self.lines.append(("", None))
            self.func(func)

    def func(self, func: Func) -> None:
        """One function; names start afresh."""
        self._names, self._taken, self._numbers = {}, set(), 0
        with self._scope():
            params = self._binders(func.params)
            results = ", ".join(map(str, func.results))
            if len(func.results) != 1:
                results = f"({results})"
            head = f"func {name_of(func.name, '@')}({params}) -> {results}"
            if func.origin.text != func.name:
                head += f" from {json.dumps(func.origin.text)}"
            loc = self._loc(func.origin.loc)
            comes_last = loc.startswith("  //")
            self.lines.append((f"{head} {{{loc}" if comes_last else f"{head}{loc} {{", None))
            self._body(func.body, "  ")
        self.lines.append(("}", None))

    def op(self, op: Op, indent: str) -> None:
        """One op with its regions; its results get their names after those inside are gone."""
        args = ", ".join(self.atom(a) for a in op.args)
        head = op.kind.name + self._attrs(op) + (f" {args}" if args else "")
        blocks = [self._block(region, indent + "  ") for region in op.regions]
        outs = self._binders(op.outs)
        line = indent + (f"{outs} = " if outs else "") + head
        start: Op | None = op
        for label, inner in blocks:
            self.lines += [(line + label, start), *inner]
            line, start = indent + "}", None
        self.lines.append((line + self._loc(op.loc), start))

    def _block(self, region: Region, indent: str) -> tuple[str, list[Line]]:
        saved, self.lines = self.lines, []
        with self._scope():
            params = self._binders(region.params)
            self._body(region, indent)
        inner, self.lines = self.lines, saved
        return f" {region.label} ({params}) {{" if params else f" {region.label} {{", inner

    def _body(self, region: Region, indent: str) -> None:
        ops = region.ops
        cut = len(ops) - LONG if self._abridged and len(ops) > LONG + 2 else 0
        for i, op in enumerate(ops):
            if not cut or not LONG // 2 <= i < LONG // 2 + cut:
                self.op(op, indent)
            elif i == LONG // 2:
                self.lines.append((f"{indent}// ... {cut} more ops", None))
                self._binders([v for o in ops[i : i + cut] for v in o.outs])

    # ---- names

    @contextmanager
    def _scope(self) -> Iterator[None]:
        outer = set(self._taken)
        yield
        self._taken = outer

    def _binders(self, values: Sequence[Value]) -> str:
        return ", ".join(f"{self._bind(v)}: {v.type}" for v in values)

    def _bind(self, value: Value) -> str:
        hint = value.hint
        name = hint
        if not hint:
            name, self._numbers = str(self._numbers), self._numbers + 1
        elif hint in self._taken or hint.isdigit() or _NUMBERED.fullmatch(hint):
            n = 1
            while f"{hint}.{n}" in self._taken:
                n += 1
            name = f"{hint}.{n}"
        self._taken.add(name)
        self._names[value] = spelled = name_of(name, "%")
        return spelled

    def atom(self, atom: Atom) -> str:
        """An operand: a name or a literal."""
        if isinstance(atom, Const):
            return literal(atom)
        return self._names.get(atom) or f"%?{atom.hint}"

    # ---- attributes and locations

    def _attrs(self, op: Op) -> str:
        defaults = op.kind.attrs
        shown = [
            f"{k}={self._attr(v)}"
            for k, v in op.attrs.items()
            if k not in defaults or not same_attr(v, defaults[k])
        ]
        return f"[{', '.join(shown)}]" if shown else ""

    def _attr(self, value: Any) -> str:
        if isinstance(value, tuple):
            items = ", ".join(map(self._attr, value))
            return f"({items},)" if len(value) == 1 else f"({items})"
        if isinstance(value, ArrayData):
            return self._array(value)
        if self._lenient and not is_attr(value):
            return f"?{type(value).__name__}"
        return attr_text(value)

    def _array(self, value: ArrayData) -> str:
        data = value.data
        type_ = array(dtype_of(data.dtype), data.shape)
        if data.size > INLINE and self._arrays is not None:
            self._arrays[value.digest] = data
        elif data.size <= INLINE or not self._abridged:
            items = (literal_of(type_.dtype, v) for v in data.ravel().tolist())
            return f"{_full(type_)}{{{', '.join(items)}}}"
        return f"{_full(type_)}{{#{value.digest}}}"

    def _loc(self, loc: AnyLoc) -> str:
        if self._locs == "suffix":
            return " " + _loc_text(loc)
        return f"  // {' '.join(describe(loc).split())}" if self._locs == "comment" else ""


def name_of(name: str, sigil: str) -> str:
    """`%name` or `@name`, quoted if it is not made of letters, digits, underscores and dots."""
    if _WORD.fullmatch(name) or _NUMBER.fullmatch(name):
        return sigil + name
    return sigil + json.dumps(name)


def attr_text(value: Any) -> str:
    """A simple attribute value; scalar array types are `f64[]`, so that `f64` is the dtype."""
    if value is None:
        return "none"
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float):
        return literal_of(F64, value)
    if isinstance(value, complex):
        return literal_of(C128, value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, FuncRef):
        return name_of(value.name, "@")
    if isinstance(value, ArrayType):
        return _full(value)
    if isinstance(value, Type | DType):
        return repr(value)
    raise TypeError(f"an attribute of type {type(value).__name__} has no text form")


def is_attr(value: Any) -> bool:
    """Whether a value may be an attribute: immutable, and has a text form."""
    if isinstance(value, tuple):
        return all(map(is_attr, value))
    plain = bool | int | float | complex | str | np.bool_ | np.integer
    return value is None or isinstance(value, plain | Type | DType | FuncRef | ArrayData)


def same_attr(a: Any, b: Any) -> bool:
    """Equality of attribute values; 1 is not True, 0.0 is not -0.0 and nan equals itself."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same_attr, a, b))
    if isinstance(a, float | complex) and isinstance(b, float | complex):
        return attr_text(a) == attr_text(b)
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def same_attrs(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Equality of the attributes of two ops."""
    return a.keys() == b.keys() and all(same_attr(v, b[k]) for k, v in a.items())


def _full(type_: ArrayType) -> str:
    return repr(type_) if type_.shape else f"{type_}[]"


def _loc_text(loc: AnyLoc) -> str:
    if isinstance(loc, Derived):
        return f"loc({json.dumps(loc.how)}, {_loc_text(loc.loc)})"
    if not isinstance(loc, Loc):
        return f"loc({', '.join(map(_loc_text, loc.locs))})"
    fields: list[Any] = [loc.file, loc.line, loc.col, loc.end_line, loc.end_col, loc.func]
    while len(fields) > 2 and not fields[-1]:
        fields.pop()
    return f"loc({', '.join(map(json.dumps, fields))})"
