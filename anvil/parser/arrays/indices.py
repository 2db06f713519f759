"""Array indices brought to one entry per axis: ints, slices, arrays of positions, new axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, I64, Shape, array
from anvil.parser.arrays import ranges
from anvil.parser.arrays.arraylike import is_arraylike, kind_of
from anvil.parser.arrays.bounds import Message, check_all, message_of, of_axis
from anvil.parser.arrays.ragged import Picked, Ragged, dense, replaced
from anvil.parser.arrays.ragged_frames import Frame
from anvil.parser.arrays.slices import Chosen, Entry, Moving, flipped, resolved
from anvil.parser.state.values import (
    Abstract,
    Known,
    NDArray,
    RangeV,
    Scalar,
    SliceV,
    TupleV,
)
from anvil.parser.state.views import Window

if TYPE_CHECKING:
    from anvil.parser.context import Context


@dataclass(slots=True)
class Plan:
    """An index brought to one entry per axis: an int atom, a slice (start, count, step), a slice or
    mask that the data decides, an array, or a new axis.
    """

    entries: list[Any]
    shape: Shape


class NewAxis:
    """A `None` among the indices."""


NEW_AXIS = NewAxis()


def make_plan(ctx: Context, shape: Shape, index: Abstract) -> Plan:
    """Brings an index into an array of this shape to one entry per axis."""
    parts: list[Any] = list(index.items) if isinstance(index, TupleV) else [index]
    if isinstance(index, Known) and isinstance(index.value, tuple):
        parts = [ctx.constant(v) for v in index.value]
    parts = [_normal(ctx, p) for p in parts]
    used = sum(_axes_used(p) for p in parts)
    if used > len(shape):
        counts = f"array is {len(shape)}-dimensional, but {used} were indexed"
        message = f"too many indices for array: {counts}"
        ctx.error("index-out-of-range", message)
    dots = [i for i, p in enumerate(parts) if p is Ellipsis]
    if len(dots) > 1:
        ctx.error("bad-index", "an index can only have a single ellipsis ('...')")
    at = dots[0] if dots else len(parts)
    fill = [slice(None)] * (len(shape) - used)
    parts = [*parts[:at], *fill, *parts[at + 1 :]] if dots else [*parts, *fill]
    return _entries(ctx, shape, parts)


def _normal(ctx: Context, p: Abstract) -> Any:
    """An index part as None, Ellipsis, a slice, an int atom, or an array value."""
    found = _scalar_part(ctx, p)
    if found is not _OTHER:
        return found
    if isinstance(p, RangeV):
        p = Known(ctx.known(p, "a range of positions"))
    if isinstance(p, NDArray) or (kind_of(p) == "sequence" and is_arraylike(ctx, p)):
        a = p if isinstance(p, NDArray) else ctx.array(ctx.atom(p))
        if not isinstance(p, NDArray) and not a.type.size:
            a = ctx.array(ctx.b.zeros(array(I64, a.type.shape)))
        if a.type.dtype.kind in "iub":
            whole = not a.type.shape and a.type.dtype is not BOOL
            return ctx.b.cast(ctx.read(a), I64) if whole else a
    refuse_index(ctx, p)


def refuse_index(ctx: Context, p: Abstract) -> NoReturn:
    """Refuses what NumPy does not take as an index."""
    notes = [f"the index is {ctx.describe(p)}"]
    ctx.error("bad-index", _ALLOWED, notes=notes, raises=IndexError)


_ALLOWED = (  # NumPy's words
    "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean "
    "arrays are valid indices"
)


_OTHER = object()


def _scalar_part(ctx: Context, p: Abstract) -> Any:
    """An index part that is no array, or _OTHER."""
    if isinstance(p, Known):
        v = p.value
        if v is None or v is Ellipsis or isinstance(v, slice):
            return v
        if isinstance(v, bool | np.bool_):
            return ctx.array(ctx.atom(p))
        if hasattr(v, "__index__"):
            return Const(array(I64), v.__index__())
    if isinstance(p, Scalar) and p.dtype.kind in "iub":
        return ctx.array(p.atom) if p.dtype is BOOL else ctx.b.cast(p.atom, I64)
    if isinstance(p, Ragged) and p.dtype is BOOL:
        dense(ctx, p)
    return p if isinstance(p, SliceV | Ragged) else _OTHER


def _axes_used(p: Any) -> int:
    if p is None or p is Ellipsis:
        return 0
    if isinstance(p, NDArray) and p.type.dtype is BOOL:
        return p.type.ndim
    return 1


def _entries(ctx: Context, shape: Shape, parts: list[Any]) -> Plan:
    out: list[Any] = []
    arrays: list[tuple[int, NDArray | Ragged, int, int]] = []
    axis = 0
    for p in parts:
        if p is None:
            out.append(NEW_AXIS)
            continue
        if isinstance(p, NDArray) and p.type.dtype is BOOL:
            out.extend(mask_indices(ctx, shape, axis, p))
            axis += p.type.ndim
            continue
        n = shape[axis]
        if isinstance(p, slice | SliceV):
            out.append(_sliced(ctx, p, n))
        elif isinstance(p, NDArray | Ragged):
            arrays.append((len(out), p, n, axis))
            out.append(p)
        else:
            out.append(checked_index(ctx, p, n, of_axis(axis, n)))
        axis += 1
    for k, p, n, axis in arrays:  # NumPy checks them after the ints
        out[k] = _positions(ctx, p, n, axis)
    return Plan(out, shape)


def _sliced(ctx: Context, p: slice | SliceV, n: int) -> Entry:
    e = resolved(ctx, p, n)
    if isinstance(e, Chosen) and e.flipped:
        return Chosen(flipped(ctx, e.axis), True)
    return e


def checked_index(ctx: Context, index: Abstract | Atom, n: int, message: Message) -> Atom:
    """A computed or known index into `n` items, brought into 0 .. n-1 and checked where that is not
    proven.
    """
    b = ctx.b
    i: Atom = ctx.atom(index, I64) if isinstance(index, Abstract) else index
    bounds = ranges.bounds_of_atom(ctx, i)
    low, high = bounds if bounds is not None else (-(2**62), 2**62)
    if low >= n or high < -n:
        ctx.fail(IndexError, message_of(ctx, message, i))
    if low < -n or high >= n:
        above = b.ge(i, -n) if low < -n else Const(array(BOOL), True)
        below = b.lt(i, n) if high >= n else Const(array(BOOL), True)
        ctx.check(b.and_(above, below), IndexError, message_of(ctx, message, i))
    if low < 0:
        i = b.add(i, n) if high < 0 else b.select(b.lt(i, 0), b.add(i, n), i)
    return i


def _positions(ctx: Context, p: NDArray | Ragged, n: int, axis: int) -> NDArray | Ragged:
    if isinstance(p, NDArray):
        return _index_array(ctx, p, n, axis)
    at = ctx.array(replaced(ctx, ctx.read(p.data), p.axes, 0))
    return Ragged(_index_array(ctx, at, n, axis), p.axes, p.loc)


def _index_array(ctx: Context, a: NDArray, n: int, axis: int) -> NDArray:
    """Integer indices brought into range and checked."""
    b = ctx.b
    known = ctx.known_array(a)
    message = of_axis(axis, n)
    if known is not None:
        fixed = np.where(known < 0, known + n, known).astype(np.int64)
        wrong = known[(fixed < 0) | (fixed >= n)]
        if wrong.size:
            ctx.fail(IndexError, message(ctx, Const(array(I64), int(wrong[0]))))
        return ctx.constant(fixed) if fixed is not known else a  # type: ignore[return-value]
    i = b.cast(ctx.read(a), I64)
    fine = b.and_(b.ge(i, -n), b.lt(i, n))
    check_all(ctx, i, fine, message)
    return ctx.array(b.select(b.lt(i, 0), b.add(i, n), i))


def mask_indices(
    ctx: Context, shape: Shape, axis: int, mask: NDArray
) -> Sequence[NDArray | Chosen]:
    """The positions that a mask selects: known, or chosen along one axis when the program runs."""
    known = ctx.known_array(mask)
    have = shape[axis : axis + mask.type.ndim]
    if mask.type.shape != have:
        ctx.error(
            "index-out-of-range", f"a mask of shape {mask.type.shape} indexes axes of shape {have}"
        )
    if known is None:
        if mask.type.ndim != 1:
            ctx.error("bad-index", "a mask of several axes meets other arrays among the indices")
        return [Chosen(Picked(have[0], ctx.read(mask)), by_mask=True)]
    return [ctx.constant(i.astype(np.int64)) for i in np.nonzero(known)]  # type: ignore[misc]


def window_of(plan: Plan) -> tuple[Window | None, Frame]:
    """The basic part of a plan as one window that keeps the axes indexed by arrays (None where it
    changes nothing), and the ragged axes of its result.
    """
    w = _Parts([], [], [], [], [])
    axes: Frame = []
    axis = 0
    for e in plan.entries:
        if e is NEW_AXIS:
            w.shape.append(1)
            axes.append(None)
            continue
        n = plan.shape[axis]
        axis += 1
        kept = True
        if isinstance(e, tuple):
            w.add(*e)
        elif isinstance(e, Moving):
            w.add(None, e.count, e.step)
            w.atoms.append(e.at)
        elif isinstance(e, Chosen):
            w.choose(e, n)
        elif isinstance(e, NDArray | Ragged):
            w.add(0, n, 1)
        else:
            kept = False
            w.add(int(e.value) if isinstance(e, Const) else None, 1, 1)  # type: ignore[arg-type]
            if not isinstance(e, Const):
                w.atoms.append(e)
        if kept:
            w.shape.append(w.counts[-1])
            axes.append(e.axis if isinstance(e, Chosen) else None)
    full = tuple(w.counts) == plan.shape and all(s == 1 for s in w.strides)
    if full and tuple(w.shape) == plan.shape and not w.atoms:
        return None, axes
    return w.window(plan.shape), axes


@dataclass(slots=True)
class _Parts:
    """A window in the making."""

    starts: list[int | None]
    counts: list[int]
    strides: list[int]
    shape: list[int]
    atoms: list[Atom]

    def add(self, start: int | None, count: int, stride: int) -> None:
        """One more axis of the base."""
        self.starts.append(start)
        self.counts.append(count)
        self.strides.append(stride)

    def choose(self, e: Chosen, n: int) -> None:
        """An axis of which some positions are chosen: all of it, or the window they lie in."""
        if e.at is None:
            self.add(*((n - 1, n, -1) if e.flipped else (0, n, 1)))
        else:
            self.add(None, e.axis.size, 1)
            self.atoms.append(e.at)

    def window(self, base: Shape) -> Window:
        """The window of an array of that shape."""
        starts, counts, strides = tuple(self.starts), tuple(self.counts), tuple(self.strides)
        return Window(base, starts, counts, strides, tuple(self.shape), tuple(self.atoms))
