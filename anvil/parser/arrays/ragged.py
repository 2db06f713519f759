"""Ragged arrays: selections whose number of elements the data decides.

    x[i:j]      Span    the positions from `start` to `stop` along an axis of capacity `size`
    x[x > 0]    Picked  the positions where `mask` holds, in order

A ragged array is an array of full capacity and, for each axis, which positions belong to it. What
stands at the others is of no meaning. A span is a view, as in NumPy; what a mask selects is a copy.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from anvil.errors import error as make_error
from anvil.ir.families import type_at
from anvil.ir.loc import AnyLoc
from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, I8, I64, array
from anvil.parser.arrays import ranges
from anvil.parser.arrays.affine import difference
from anvil.parser.arrays.bounds import of_axis
from anvil.parser.state import roots
from anvil.parser.state.signals import Blocked
from anvil.parser.state.values import (
    Abstract,
    Choice,
    Known,
    ListV,
    NDArray,
    Parts,
    TupleV,
    article,
    scalar,
)

if TYPE_CHECKING:
    from anvil.ir.types import ArrayType, DType
    from anvil.parser.context import Context

Axis: TypeAlias = "Span | Picked"
Axes: TypeAlias = "tuple[Axis | None, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """The positions from `start` to `stop` (both from 0 to `size`; none if they cross).

    Of an array that a loop makes longer: `room` is how many more elements certainly fit behind
    `stop`; if the size is `guessed`, what makes it longer checks that instead. It is in `front`:
    its start is 0, and nothing that is computed.
    """

    size: int
    start: Atom
    stop: Atom
    room: int = 0
    guessed: bool = False
    front: bool = False

    @property
    def tag(self) -> Hashable:
        return ("span", self.size, self.room, self.guessed, self.front)

    @property
    def atoms(self) -> tuple[Atom, ...]:
        """What is computed."""
        return (self.stop,) if self.front else (self.start, self.stop)

    def around(self, atoms: Sequence[Any]) -> Span:
        """The same kind of axis around other atoms."""
        return replace(self, start=self.start if self.front else atoms[0], stop=atoms[-1])


@dataclass(frozen=True, slots=True, eq=False)
class Picked:
    """The positions where a boolean vector holds."""

    size: int
    mask: Atom

    @property
    def tag(self) -> Hashable:
        return ("picked", self.size)

    @property
    def atoms(self) -> tuple[Atom, ...]:
        """What is computed."""
        return (self.mask,)

    def around(self, atoms: Sequence[Any]) -> Picked:
        """The same kind of axis around other atoms."""
        return Picked(self.size, *atoms)


@dataclass(slots=True, eq=False)
class Ragged(Abstract):
    """An array of which only some positions along `axes` belong to it (None: all of the axis).

    `filled`: what stands at the other positions is harmless (a copy of a selected element, or 1).
    `loc` is the line that made the selection.
    """

    data: NDArray
    axes: Axes
    loc: AnyLoc
    filled: bool = False

    @property
    def dtype(self) -> DType:
        """The dtype of the elements."""
        return self.data.type.dtype

    def open(self) -> tuple[Hashable, Parts]:
        tags = tuple(None if a is None else a.tag for a in self.axes)
        atoms = tuple(x for a in self.axes if a is not None for x in a.atoms)
        return ("ragged", self.filled, tags), (self.data, *atoms)

    def close(self, parts: Parts) -> Abstract:
        data: Any = parts[0]
        axes: list[Axis | None] = []
        at = 1
        for a in self.axes:
            n = 0 if a is None else len(a.atoms)
            axes.append(None if a is None else a.around(parts[at : at + n]))
            at += n
        if isinstance(data, Choice):  # a part of one of several arrays is one of their parts
            options: Any = data.options
            one = (Ragged(o, tuple(axes), self.loc, self.filled) for o in options)
            return Choice(data.which, tuple(one))
        return Ragged(data, tuple(axes), self.loc, self.filled)

    def describe(self) -> str:
        t = self.data.type
        dims = ",".join("?" if a else str(n) for a, n in zip(self.axes, t.shape, strict=True))
        return f"{article(t.dtype.name)}[{dims}] array"


def is_ragged(ctx: Context, v: Any) -> bool:
    """Whether a value, or an item of a list or tuple, is ragged."""
    if type(v) is Ragged:
        return True
    items = v.items if type(v) is TupleV else ()
    if type(v) is ListV:
        items = getattr(ctx.state.heap[v.box], "items", ())
    return any(type(i) is Ragged for i in items)


def refuse_ragged(ctx: Context, v: Any) -> None:
    """Asks for a fixed shape of a value, or of the items of a list or tuple, that are ragged."""
    for item in ctx.items(v) if type(v) in (TupleV, ListV) else (v,):
        if type(item) is Ragged:
            dense(ctx, item)


def ragged(ctx: Context, data: Abstract, axes: Sequence[Axis | None], filled: bool = False) -> Any:
    """An array with these axes: ragged if any of them is."""
    if not any(axes):
        return data
    assert isinstance(data, NDArray)
    return Ragged(data, tuple(axes), ctx.loc, filled)


# ---- what is asked of an axis


def mask_of(ctx: Context, axis: Axis) -> Atom:
    """Which positions belong to the axis, as a boolean vector."""
    if isinstance(axis, Picked):
        return axis.mask
    b = ctx.b
    places = b.iota(shape=(axis.size,), axis=0, dtype=I64)
    whole = Const(array(BOOL, (axis.size,)), True)
    above = whole if _is(axis.start, 0) else b.ge(places, b.broadcast_to(axis.start, (axis.size,)))
    below = whole
    if not _is(axis.stop, axis.size):
        below = b.lt(places, b.broadcast_to(axis.stop, (axis.size,)))
    out: Atom = b.and_(above, below)
    return out


def _is(atom: Atom, value: int) -> bool:
    return isinstance(atom, Const) and atom.value == value


def count_of(ctx: Context, axis: Axis) -> Atom:
    """The number of positions that belong to the axis."""
    b = ctx.b
    if isinstance(axis, Picked):
        count: Atom = b.reduce_sum(b.cast(axis.mask, I64), axes=(0,))
    elif _is(axis.start, 0):
        count = axis.stop
    else:
        count = b.sub(axis.stop, axis.start)
        known = difference(b, axis.stop, axis.start)
        if known is not None:
            count = Const(array(I64), max(known, 0))
        else:
            bounds = ranges.bounds_of_atom(ctx, count)
            if bounds is None or bounds[0] < 0:
                count = b.max(count, 0)
    if ranges.bounds_of_atom(ctx, count) is None:
        ranges.set_bounds(ctx, count, 0, axis.size)
    return count


def rank_of(ctx: Context, axis: Axis) -> Atom:
    """For each position of the axis the number of selected ones before it (0 at least)."""
    b = ctx.b
    if isinstance(axis, Span):
        places = b.iota(shape=(axis.size,), axis=0, dtype=I64)
        out: Atom = b.sub(places, b.broadcast_to(axis.start, (axis.size,)))
    else:
        out = b.sub(running_count(ctx, axis.mask), 1)
    return b.max(out, b.zeros_like(out))  # type: ignore[no-any-return]


def running_count(ctx: Context, mask: Atom) -> Atom:
    """The number of true elements up to each position, in log n steps."""
    b, n = ctx.b, type_at(mask).shape[0]
    out, zero, step = b.cast(mask, I64), Const(array(I64), 0), 1
    while step < n:
        kept = b.slice(out, starts=(0,), limits=(n - step,), strides=(1,))
        out = b.add(out, b.pad(kept, zero, low=(step,), high=(0,), interior=(0,)))
        step *= 2
    return out


def position_of(ctx: Context, axis: Axis, index: Abstract, k: int) -> Atom:
    """The position of the element `index` (from the end if negative) of axis `k`; checked."""
    b = ctx.b
    given: Atom = ctx.atom(index, I64)
    i = given
    n = count_of(ctx, axis)
    low = ranges.bounds_of_atom(ctx, i)
    if low is None or low[0] < 0:
        i = b.select(b.lt(i, 0), b.add(i, n), i) if low is None or low[1] >= 0 else b.add(i, n)
    ctx.check(b.and_(b.ge(i, 0), b.lt(i, n)), IndexError, of_axis(k, n)(ctx, given))
    if isinstance(axis, Span):
        at: Atom = b.add(axis.start, i)
    else:
        hit = b.eq(running_count(ctx, axis.mask), b.broadcast_to(b.add(i, 1), (axis.size,)))
        at = b.argmax(b.cast(hit, I8), axis=0)
    ranges.set_bounds(ctx, at, 0, axis.size - 1)
    return at


def first_of(ctx: Context, axis: Axis) -> Atom:
    """The first position of an axis; some position if there is none."""
    if isinstance(axis, Picked):
        found: Atom = ctx.b.argmax(ctx.b.cast(axis.mask, I8), axis=0)
        return found
    bounds = ranges.bounds_of_atom(ctx, axis.start)
    if bounds is not None and bounds[1] < axis.size:
        return axis.start
    return ctx.b.min(axis.start, axis.size - 1)  # type: ignore[no-any-return]


def some(ctx: Context, axes: Sequence[Axis | None]) -> Atom:
    """Whether none of these axes is empty."""
    out: Atom = Const(array(BOOL), True)
    for a in axes:
        if isinstance(a, Picked):
            out = ctx.b.and_(out, ctx.b.reduce_or(a.mask, axes=(0,)))
        elif a is not None:
            known = difference(ctx.b, a.stop, a.start)
            bounds = ranges.bounds_of_atom(ctx, ctx.b.sub(a.stop, a.start))
            sure = (known or 0) > 0 or (bounds is not None and bounds[0] > 0)
            out = out if sure else ctx.b.and_(out, ctx.b.gt(a.stop, a.start))
    return out


def alike(ctx: Context, x: Axis | None, y: Axis | None) -> bool:
    """Whether two axes are proven to have the same positions."""
    if x is None or y is None:
        return x is y
    if x.size != y.size or type(x) is not type(y):
        return False
    if isinstance(x, Span):
        assert isinstance(y, Span)
        pairs = ((x.start, y.start), (x.stop, y.stop))
        return all(p is q or p == q or difference(ctx.b, p, q) == 0 for p, q in pairs)
    return x.atoms[0] is y.atoms[0]


# ---- masks and fillings


def mask_over(ctx: Context, axes: Sequence[Axis | None], shape: tuple[int, ...]) -> Atom:
    """Which elements of an array of this shape belong to the axes."""
    b = ctx.b
    out: Atom = Const(array(BOOL, shape), True)
    for k, a in enumerate(axes):
        if a is not None:
            m = b.broadcast(mask_of(ctx, a), shape=shape, dims=(k,)) if len(shape) > 1 else None
            out = b.and_(out, mask_of(ctx, a) if m is None else m)
    return out


def replaced(ctx: Context, x: Atom, axes: Sequence[Axis | None], value: Any) -> Atom:
    """`x` with a number at the positions that do not belong to the axes."""
    t: ArrayType = type_at(x)
    mask = mask_over(ctx, axes, t.shape)
    return ctx.b.select(mask, x, Const(t, value))  # type: ignore[no-any-return]


def sampled(ctx: Context, x: Atom, axes: Sequence[Axis | None]) -> Atom:
    """`x` with a copy of a selected element (1 if there is none) at the other positions, so that
    what is computed there is harmless: neither it nor its derivative goes where `x` itself does
    not.
    """
    b, t = ctx.b, type_at(x)
    if 0 in t.shape:
        return x
    starts = [b.i64(0) if a is None else first_of(ctx, a) for a in axes]
    sizes = tuple(n if a is None else 1 for a, n in zip(axes, t.shape, strict=True))
    one = b.dynamic_slice(x, *starts, sizes=sizes)
    one = b.stop_gradient(one) if t.dtype.inexact else one
    filler = Const(type_at(one), 1)
    one = b.select(b.broadcast_to(some(ctx, axes), sizes), one, filler)
    mask = mask_over(ctx, axes, t.shape)
    return b.select(mask, x, b.broadcast_to(one, t.shape))  # type: ignore[no-any-return]


# ---- what needs a fixed shape

_GREATEST = "Fill an array of the greatest length, and mask or count what is used."


def dense(ctx: Context, v: Ragged, what: str = "") -> NoReturn:
    """Asks for what decides the number of elements: slice bounds (a loop is unrolled, an argument
    becomes static), or refuses.
    """
    for axis in v.axes:
        if isinstance(axis, Span) and axis.front and not isinstance(axis.stop, Const):
            message = "the data decide how long this array is"
            error = make_error("dynamic-shape", message, v.loc, hint=_GREATEST)
            raise roots.asked_for(ctx, error, axis.stop, "the length of an array", v.loc)
        if isinstance(axis, Span):
            for atom, name in ((axis.stop, "stop"), (axis.start, "start")):
                if not isinstance(atom, Const):
                    why = f"the {name} of a slice"
                    message = f"{why} is needed while compiling, and depends on data"
                    error = make_error("value-needed", message, v.loc)
                    raise roots.asked_for(ctx, error, atom, why, v.loc)
        elif axis is not None:
            error = make_error(
                "dynamic-shape",
                "selecting by a mask gives an array whose length the data decides",
                v.loc,
                hint="Use `np.where(mask, x, 0.0)` and reduce that, or `np.sum(x, where=mask)`.",
            )
            why = "a mask that selects elements"
            raise roots.asked_for(ctx, error, axis.mask, why, v.loc)
    message = "an array that a loop makes longer is used where its length has to be known"
    raise Blocked(make_error("dynamic-shape", message, v.loc))


def length(ctx: Context, v: Ragged, k: int) -> Abstract:
    """The length of an axis: a Python int."""
    axis = v.axes[k]
    return Known(v.data.type.shape[k]) if axis is None else scalar(count_of(ctx, axis), True)
