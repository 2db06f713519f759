"""Closing a callee for a transform: a function of explicit operands, with placeholders where it is
transformed.

The arguments that a transform speaks of are rebuilt from their descriptions around placeholder
atoms, in boxes of their own: so the operands that belong to them can be told from captured ones,
even where both are the same array.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const, FuncRef, Value
from anvil.ir.types import ArrayType, DType, Type
from anvil.parser.calls.emission import operands, read_results
from anvil.parser.calls.specialise import Specialisation, specialised
from anvil.parser.control.branches import go_on
from anvil.parser.source.functions import FunctionInfo
from anvil.parser.state.heap import FALL, Mark
from anvil.parser.state.results import build, described_inside
from anvil.parser.state.signature import ArraySpec, ScalarSpec, Spec, StaticSpec, in_texts, leaves
from anvil.parser.state.values import (
    NONE,
    Abstract,
    Bound,
    CellRef,
    Closure,
    Known,
    Scalar,
    TupleV,
)

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

_MARK = Mark("a transformed function writes to its own argument; let it work on a copy")
Kwargs = Mapping[str, Abstract]


@dataclass(slots=True, eq=False)
class Opened:
    """An argument taken apart: its structure, its atoms, the placeholders that stand for them, the
    rebuilt value.
    """

    spec: Spec
    atoms: list[Atom]
    placeholders: list[Value]
    value: Abstract

    @property
    def inexact(self) -> list[int]:
        """The leaves that carry derivatives."""
        return [i for i, a in enumerate(self.atoms) if dtype_of_atom(a).inexact]


def dtype_of_atom(atom: Atom) -> DType:
    """The dtype of an array atom."""
    return type_at(atom).dtype


def open_argument(it: Interp, v: Abstract) -> Opened:
    """Takes an argument apart."""
    spec, atoms = described_inside(it, v)
    placeholders = [Value(a.type) for a in atoms]
    return Opened(spec, atoms, placeholders, around(it, spec, placeholders))


def around(it: Interp, spec: Spec, atoms: Sequence[Atom]) -> Abstract:
    """A value of this structure around atoms, in boxes that must not be written."""
    fresh = iter(atoms)

    def leaf(s: ArraySpec | ScalarSpec | StaticSpec, path: str) -> Abstract:
        if isinstance(s, StaticSpec):
            return Known(s.value)
        atom = next(fresh)
        if isinstance(s, ScalarSpec):
            return Scalar(atom, s.py)
        a = it.array(atom)
        it.state.marks[a.box] = _MARK
        return a

    return build(it, spec, leaf, mark=_MARK)


def rebuilt(it: Interp, spec: Spec, atoms: Sequence[Atom | None]) -> Abstract:
    """A value of this structure around atoms, None at leaves without one, at static leaves and in
    the place of texts.
    """
    fresh = iter([None if t else a for t, a in zip(in_texts(spec), atoms, strict=True)])

    def leaf(s: ArraySpec | ScalarSpec | StaticSpec, path: str) -> Abstract:
        atom = None if isinstance(s, StaticSpec) else next(fresh)
        if atom is None:
            return NONE
        if isinstance(s, ScalarSpec):
            return it.py_scalar(atom) if s.py else it.scalar(atom)
        return it.array(atom)

    return build(it, spec, leaf)


def result_value(it: Interp, spec: Spec, atoms: Sequence[Atom]) -> Abstract:
    """A result of this structure around atoms; static leaves as they are."""
    fresh = iter(atoms)

    def leaf(s: ArraySpec | ScalarSpec | StaticSpec, path: str) -> Abstract:
        if isinstance(s, StaticSpec):
            return Known(s.value)
        atom = next(fresh)
        if isinstance(s, ScalarSpec):
            return it.py_scalar(atom) if s.py else it.scalar(atom)
        return it.array(atom)

    return build(it, spec, leaf)


@dataclass(slots=True, eq=False)
class Closed:
    """A flat specialisation and its operands; `places` says at which operand each placeholder
    stands.
    """

    spec: Specialisation
    operands: list[Atom]
    places: dict[Value, int]
    boxes: list[int]

    @property
    def callee(self) -> FuncRef:
        """The function."""
        return FuncRef(self.spec.func.name)

    @property
    def results(self) -> tuple[Type, ...]:
        """Types of its results."""
        return self.spec.func.results

    @property
    def out(self) -> Spec:
        """The structure of its result."""
        assert self.spec.out is not None
        return self.spec.out

    @property
    def inexact_outs(self) -> list[int]:
        """Positions of the results that carry derivatives."""
        places = zip(self.spec.leaves, in_texts(self.out), strict=True)
        return [i for i, text in places if is_inexact(self.results[i]) and not text]

    @property
    def returns(self) -> bool:
        """Whether there is a path on which it does not raise."""
        return not self.spec.raised or FALL in self.spec.state.may

    def finish(self, it: Interp, outs: Sequence[Any]) -> list[Atom]:
        """Carries out effects and writes of a transformed call; returns the result's leaves. The
        paths on which it raises leave for their handlers.
        """
        spec = self.spec
        if spec.gives_token:
            it.state.token = outs[len(spec.func.results) - 1]
        read_results(it, spec, list(outs[: len(spec.results)]), self.boxes)
        go_on(it)
        return [outs[i] for i in spec.leaves]


def is_inexact(t: Type) -> bool:
    """Whether values of this type carry derivatives."""
    return isinstance(t, ArrayType) and t.dtype.inexact


def close(
    it: Interp,
    fn: Abstract,
    args: Sequence[Abstract],
    kwargs: Kwargs,
    actual: Mapping[Atom, Atom],
    catching: bool = False,
    origins: Mapping[Atom, Atom] | None = None,
) -> Closed:
    """Specialises `fn` for arguments that hold placeholders; `actual` maps these to what they stand
    for. `catching`: what it raises, and a handler may catch, is among its results. `origins` says
    where placeholders come from that stand for themselves.
    """
    info, bound, cells = _resolve(it, fn, list(args), dict(kwargs))
    spec, atoms, boxes = specialised(it, info, bound, cells, origins or actual, catching)
    places = {a: i for i, a in enumerate(atoms) if a in actual}
    given = [actual.get(a, a) for a in atoms]
    return Closed(spec, operands(it, spec, given), places, boxes)  # type: ignore[arg-type]


def _resolve(
    it: Interp, fn: Abstract, args: list[Abstract], kwargs: dict[str, Abstract]
) -> tuple[FunctionInfo, dict[str, Abstract], dict[str, CellRef]]:
    """The function that is called in the end, its bound parameters and captured variables."""
    if isinstance(fn, Closure):
        bound = it.session.calls.bind_closure(it, fn, args, kwargs)
        return fn.info, bound, it.session.calls.closure_cells(fn)
    if isinstance(fn, Bound) and fn.kind == "method":
        return _resolve(it, fn.fn, [*fn.args, *args], kwargs)
    calls = it.session.calls
    plain = isinstance(fn, Known) and isinstance(fn.value, types.FunctionType)
    if isinstance(fn, Known) and plain and calls.is_plain(it, fn.value):
        info = calls.function_info(it, fn.value)
        return info, calls.bind_host(it, fn.value, info, args, kwargs), {}
    names = tuple(kwargs)
    bound = {"fn": fn, "args": TupleV((*args, *kwargs.values()))}
    return _wrapper(names), bound, {}


@functools.cache
def _wrapper(names: tuple[str, ...]) -> FunctionInfo:
    """A function that calls its argument."""

    def run(child: Interp) -> Abstract:
        given = child.state.locals["args"]
        assert isinstance(given, TupleV)
        n = len(given.items) - len(names)
        kwargs = dict(zip(names, given.items[n:], strict=True))
        fn = child.state.locals["fn"]
        value: Abstract = child.session.calls.call(child, fn, list(given.items[:n]), kwargs)
        return value

    return FunctionInfo.host("transformed", run)


def leaf_specs(spec: Spec) -> list[ArraySpec | ScalarSpec]:
    """The computed leaves of a structure."""
    return list(leaves(spec))


def one(type_: Type) -> Const:
    """The constant 1 of a type."""
    assert isinstance(type_, ArrayType)
    return Const(type_, 1)
