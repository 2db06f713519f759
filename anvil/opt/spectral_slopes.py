"""Numbers beside eigenvectors as functions of the eigenvalues, and their slopes.

    g = f(w)        slope = f'(w), element by element

Sums over w count as constants, for the product moves with g itself. Numbers that come from the
matrix in another way (through vectors, through an order) are no such functions: Unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from anvil.ir.analysis import op_reads
from anvil.ir.families import Elementwise
from anvil.ir.records import Atom, Const, Op, Value
from anvil.ir.types import I64, ArrayType

_VALUES = {"eigh": (0, "eigvalsh"), "svd": (1, "svdvals")}
"""By decomposition: which result the values are, and the op of values alone."""


class Unknown(Exception):
    """No function of the eigenvalues, one by one."""


@dataclass(frozen=True)
class Chosen:
    """Which values or vectors, in the order of the decomposition: elements `start` to `stop` of
    those at `places` (all; from a place on, if that is one number)."""

    start: int
    stop: int
    places: Atom | None = None

    def part(self, start: int, stop: int) -> Chosen:
        """Some of these."""
        return Chosen(self.start + start, self.start + stop, self.places)

    def indices(self, b: Any, places: Atom | None, count: int) -> Atom:
        """Their positions, given `places` as they are now; of `count` values."""
        here: Atom = b.const(np.arange(self.start, self.stop))
        if places is None:
            return here
        if shape_of(places):
            limits, one = (self.stop, 1), (1, 1)
            found = b.slice(places, starts=(self.start, 0), limits=limits, strides=one)
            return self._int(b, b.reshape(found, shape=(self.stop - self.start,)))
        first = b.broadcast(self._int(b, places), shape=shape_of(here), dims=())
        return b.add(first, here)  # type: ignore[no-any-return]

    @staticmethod
    def _int(b: Any, x: Atom) -> Atom:
        t = x.type
        assert isinstance(t, ArrayType)
        return x if t.dtype is I64 else b.convert(x, dtype=I64)


def shape_of(a: Atom) -> tuple[int, ...]:
    """The shape of an array."""
    t = a.type
    assert isinstance(t, ArrayType)
    return t.shape


class Slopes:
    """Derivatives of vectors along the values of a decomposition, element by element."""

    def __init__(
        self,
        b: Any,
        defs: Mapping[Value, Op],
        params: frozenset[Value],
        root: Op,
        chosen: Chosen,
        new: Callable[[tuple[Atom, ...]], tuple[Atom, ...]],
    ) -> None:
        self.b, self.defs, self.params, self.root, self.chosen, self.new = (
            *(b, defs, params, root, chosen),
            new,
        )
        self.known: dict[Value, Atom | None] = {}
        self.sources = frozenset(self._sources(root.args))

    def of(self, a: Atom) -> Atom | None:
        """None where it is 0. Raises Unknown."""
        if type(a) is not Value:
            return None
        if a not in self.known:
            self.known[a] = self._slope(a)
        return self.known[a]

    def _slope(self, a: Value) -> Atom | None:
        t = a.type
        assert isinstance(t, ArrayType)
        found = chosen_values(self.defs, a, self.root)
        if found is not None:
            if found != self.chosen:
                raise Unknown
            return Const(t, 1.0)
        if not t.shape or not t.dtype.inexact:
            return None
        op = self.defs.get(a)
        if op is None:
            return self._independent(a)
        if issubclass(op.kind, Elementwise) or op.kind.name == "select":
            return self._elementwise(op)
        if op.kind.name == "broadcast" and t.ndim - 1 not in op.attrs["dims"]:
            return None
        return self._independent(a)

    def _elementwise(self, op: Op) -> Atom | None:
        tangents = tuple(self.of(x) for x in op.args)
        if all(t is None for t in tangents) or op.kind.nondiff:
            return None
        found = op.kind.jvp(self.b, self.new(op.args), self.new(op.outs), tangents, **op.attrs)
        out: Atom | None = found[0] if isinstance(found, tuple) else found
        return out

    def _independent(self, a: Value) -> Atom | None:
        """Nothing that the matrix is made of, and nothing made of the decomposition."""
        mine = set(self._sources((a,)))
        if mine & self.sources or mine & set(self.root.outs) or mine - self.params:
            raise Unknown
        return None

    def _sources(self, atoms: tuple[Atom, ...]) -> Iterator[Value]:
        """What they depend on that no op defines, and the decomposition."""
        todo = [a for a in atoms if type(a) is Value]
        seen = set(todo)
        while todo:
            v = todo.pop()
            op = self.defs.get(v)
            if op is None or op is self.root:
                yield v
                continue
            for x in op_reads(op):
                if x not in seen:
                    seen.add(x)
                    todo.append(x)


def chosen_values(defs: Mapping[Value, Op], a: Atom, root: Op) -> Chosen | None:
    """Which values of a decomposition a vector holds, if it does."""
    if type(a) is not Value:
        return None
    at, alone = _VALUES[root.kind.name]
    op = defs.get(a)
    if op is None:
        return None
    if a is root.outs[at] or (op.kind.name == alone and _same(op, root)):
        return Chosen(0, shape_of(a)[-1])
    if op.kind.name == "slice":
        inner = chosen_values(defs, op.args[0], root)
        return None if inner is None else cut(op, inner, len(shape_of(a)) - 1)
    if op.kind.name == "dynamic_slice":
        inner = chosen_values(defs, op.args[0], root)
        return None if inner is None else moving(op, inner, len(shape_of(a)) - 1)
    if op.kind.name == "gather" and op.attrs["axes"] == (0,) and len(shape_of(a)) == 1:
        inner = chosen_values(defs, op.args[0], root)
        full = inner == Chosen(0, shape_of(op.args[0])[-1])
        return Chosen(0, shape_of(a)[0], op.args[1]) if full else None
    return None


def _same(op: Op, root: Op) -> bool:
    """Whether values alone move along the vectors of a decomposition."""
    lower = op.attrs.get("lower"), root.attrs.get("lower")
    full = root.attrs.get("full_matrices", False)
    return op.args == root.args and lower[0] is lower[1] and not full


def cut(op: Op, inner: Chosen, axis: int) -> Chosen | None:
    """What a slice leaves of them along an axis."""
    starts, limits, strides = (op.attrs[k] for k in ("starts", "limits", "strides"))
    return inner.part(starts[axis], limits[axis]) if strides[axis] == 1 else None


def moving(op: Op, inner: Chosen, axis: int) -> Chosen | None:
    """What a block at a computed place leaves of them along an axis."""
    shape, sizes = shape_of(op.args[0]), op.attrs["sizes"]
    if any(n != m for i, (n, m) in enumerate(zip(shape, sizes, strict=True)) if i != axis):
        return None
    if sizes[axis] == shape[axis]:
        return inner
    return Chosen(0, sizes[axis], op.args[1 + axis]) if inner == Chosen(0, shape[axis]) else None


def diagonal(defs: Mapping[Value, Op], a: Atom) -> Atom | None:
    """The diagonal of a matrix that np.diag made."""
    op = defs.get(a) if type(a) is Value else None
    if op is None or op.kind.name != "scatter_add" or op.attrs["axes"] != (0, 1):
        return None
    zero, places, values = op.args
    n = shape_of(values)[0]
    empty = isinstance(zero, Const) and zero.value == 0 and shape_of(zero) == (n, n)
    return values if empty and on_diagonal(defs, places) else None


def on_diagonal(defs: Mapping[Value, Op], places: Atom) -> bool:
    """Whether places in a matrix are (0, 0), (1, 1), ..."""
    made = defs.get(places) if type(places) is Value else None
    data = None if made is None else getattr(made.attrs.get("data"), "data", None)
    if data is None:
        return False
    return np.array_equal(data, np.arange(shape_of(places)[0])[:, None].repeat(2, 1))


__all__ = [
    *("Chosen", "Slopes", "Unknown"),
    *("chosen_values", "cut", "diagonal", "moving", "on_diagonal", "shape_of"),
]
