"""Elements and slices of ragged arrays: indices along a ragged axis become positions of the array
that it is a part of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, I64
from anvil.parser.arrays.array_items import get_array, set_array
from anvil.parser.arrays.bounds import check_all, of_axis
from anvil.parser.arrays.indices import refuse_index
from anvil.parser.arrays.ragged import (
    Axis,
    Picked,
    Ragged,
    Span,
    count_of,
    dense,
    mask_over,
    position_of,
    ragged,
    replaced,
)
from anvil.parser.arrays.ragged_frames import Frame, compacted, placed
from anvil.parser.arrays.ragged_stores import store_ragged
from anvil.parser.arrays.slices import clipped, flipped, last_of, strided
from anvil.parser.arrays.whole import bound, is_whole
from anvil.parser.state.values import Abstract, Known, NDArray, Scalar, SliceV, TupleV, scalar

if TYPE_CHECKING:
    from anvil.parser.context import Context

_FULL = Known(slice(None))


@dataclass(slots=True)
class _Place:
    """An index of a ragged array, as one of the array of full capacity, and the axes of what it
    gives. `copied`: a mask is among them.
    """

    base: Ragged
    parts: list[Abstract]
    axes: Frame
    copied: bool = False


def get_ragged(ctx: Context, base: Ragged, index: Abstract) -> Abstract:
    """`base[index]`."""
    place = _place(ctx, base, index)
    found = get_array(ctx, place.base.data, TupleV(tuple(place.parts)))
    if place.copied and isinstance(found, NDArray):
        found = ctx.copy(found)
    return ragged(ctx, found, place.axes, base.filled)  # type: ignore[no-any-return]


def set_ragged(ctx: Context, base: Ragged, index: Abstract, value: Abstract) -> None:
    """`base[index] = value`."""
    if any(isinstance(a, Picked) for a in base.axes) and not _in_place(base, index):
        dense(ctx, base)
    place = _place(ctx, base, index)
    target_index = TupleV(tuple(place.parts))
    if not any(place.axes):
        set_array(ctx, place.base.data, target_index, value)
        return
    target = get_array(ctx, place.base.data, target_index)
    store_ragged(ctx, ragged(ctx, target, place.axes), value)


def _in_place(base: Ragged, index: Abstract) -> bool:
    """Whether an index leaves masked axes as they are (others are moved to the front first, in a
    copy).
    """
    parts = index.items if isinstance(index, TupleV) else (index,)
    return not any(isinstance(p, SliceV) for p in parts) and not any(
        isinstance(p, Known) and isinstance(p.value, slice) and p.value.step not in (None, 1)
        for p in parts
    )


def _place(ctx: Context, base: Ragged, index: Abstract) -> _Place:
    parts = list(index.items) if isinstance(index, TupleV) else [index]
    used = sum(not _is_known(p, (None, Ellipsis)) for p in parts)
    ndim = len(base.axes)
    if used > ndim:
        message = (
            f"too many indices for array: array is {ndim}-dimensional, but {used} were indexed"
        )
        ctx.error("index-out-of-range", message)
    dots = [k for k, p in enumerate(parts) if _is_known(p, (Ellipsis,))]
    at = dots[0] if dots else len(parts)
    parts = [*parts[:at], *[_FULL] * (ndim - used), *parts[at + len(dots) :]]
    out = _Place(base, [], [])
    k = 0
    for p in parts:
        if _is_known(p, (None,)):
            out.parts.append(p)
            out.axes.append(None)
            continue
        _entry(ctx, out, k, p)
        k += 1
    return out


def _is_known(p: Abstract, values: tuple[Any, ...]) -> bool:
    return isinstance(p, Known) and any(p.value is v for v in values)


def _entry(ctx: Context, out: _Place, k: int, p: Abstract) -> None:
    """One index along axis k."""
    axis = out.base.axes[k]
    if isinstance(p, Scalar | Known) and not (isinstance(p, Known) and isinstance(p.value, slice)):
        if axis is not None:
            if not is_whole(p):
                refuse_index(ctx, p)
            p = scalar(position_of(ctx, axis, p, k), True)
        out.parts.append(p)
    elif isinstance(p, Known | SliceV):
        _slice(ctx, out, k, p)
    elif axis is None:
        if isinstance(p, Ragged) and p.dtype is not BOOL:
            out.parts.append(ctx.array(replaced(ctx, ctx.read(p.data), p.axes, 0)))
            out.axes.extend(p.axes)
            return
        if not isinstance(p, NDArray):
            dense(ctx, out.base)
        size = out.base.data.type.shape[k]
        if _is_mask(ctx, p) and p.type.shape == (size,) and ctx.known_array(p) is None:
            out.parts.append(_FULL)
            out.axes.append(Picked(size, ctx.read(p)))
            out.copied = True
            return
        out.parts.append(p)
        out.axes.extend([None] * p.type.ndim)
    elif _is_mask(ctx, p):
        x, (own,) = placed(ctx, p, [axis])
        mask = replaced(ctx, x, [own or axis], False)
        out.parts.append(_FULL)
        out.axes.append(Picked(axis.size, mask))
        out.copied = True
    else:
        _positions(ctx, out, k, axis, p)


def _is_mask(ctx: Context, p: Abstract) -> bool:
    """Whether an index is a mask of one axis."""
    if isinstance(p, Ragged):
        return p.dtype is BOOL and len(p.axes) == 1
    return isinstance(p, NDArray) and p.type.dtype is BOOL and p.type.ndim == 1


def _positions(ctx: Context, out: _Place, k: int, axis: Axis, p: Abstract) -> None:
    """An array of ints along a ragged axis."""
    if not ctx.is_arraylike(p) or ctx.strength(p)[0].kind not in "iu":
        dense(ctx, out.base)
    mask = None if not isinstance(p, Ragged) else mask_over(ctx, p.axes, p.data.type.shape)
    if isinstance(axis, Picked):
        out.base = compacted(ctx, out.base, k)
    span = out.base.axes[k]
    assert isinstance(span, Span)
    b = ctx.b
    given = i = ctx.atom(p.data if isinstance(p, Ragged) else p, I64)
    count = count_of(ctx, span)
    n = b.broadcast_to(count, type_at(i).shape)
    i = b.select(b.lt(i, 0), b.add(i, n), i)
    fine = b.and_(b.ge(i, 0), b.lt(i, n))
    places = b.add(i, b.broadcast_to(span.start, type_at(i).shape))
    if mask is not None:
        fine = b.or_(fine, b.not_(mask))
        places = b.select(mask, places, b.zeros_like(places))
    check_all(ctx, given, fine, of_axis(k, count))
    out.parts.append(ctx.array(places))
    out.axes.extend(p.axes if isinstance(p, Ragged) else [None] * type_at(i).ndim)


# ---- slices


def _slice(ctx: Context, out: _Place, k: int, p: Known | SliceV) -> None:
    axis = out.base.axes[k]
    if axis is None:
        _whole_axis(ctx, out, k, p)
        return
    start, stop, step = (bound(ctx, v) for v in _parts(p))
    by = ctx.known(step, "the step of a slice")
    plain = _is_known(start, (None,)) and _is_known(stop, (None,))
    if plain and by in (None, 1):
        out.parts.append(_FULL)
        out.axes.append(axis)
        return
    if by == 0:
        ctx.fail(ValueError, "slice step cannot be zero")
    by = 1 if by is None else by
    plain = plain and abs(by) == 1
    if isinstance(axis, Picked) and not plain:
        out.base = compacted(ctx, out.base, k)
        axis = out.base.axes[k]
        assert axis is not None
    if by < 0:
        axis = axis if plain else _backward(ctx, axis, start, stop)
        axis = flipped(ctx, axis)
    else:
        axis = _forward(ctx, axis, start, stop)
    if abs(by) > 1:
        assert isinstance(axis, Span)
        axis = strided(ctx, axis, abs(by))
    out.parts.append(Known(slice(None, None, -1)) if by < 0 else _FULL)
    out.axes.append(axis)


def _whole_axis(ctx: Context, out: _Place, k: int, p: Abstract) -> None:
    """A slice of an axis that is not ragged; it may become ragged by it."""
    vector = ctx.array(Const(out.base.data.type.with_shape((out.base.data.type.shape[k],)), 0))
    found = get_array(ctx, vector, p)
    out.parts.append(p)
    out.axes.append(None)
    if isinstance(found, Ragged):
        dense(ctx, found)


def _parts(p: Known | SliceV) -> tuple[Abstract, Abstract, Abstract]:
    if isinstance(p, SliceV):
        return p.start, p.stop, p.step
    return Known(p.value.start), Known(p.value.stop), Known(p.value.step)


def _forward(ctx: Context, axis: Axis, start: Abstract, stop: Abstract) -> Span:
    """The part of a span from `start` to `stop`, clipped to its length."""
    assert isinstance(axis, Span)
    b, n = ctx.b, count_of(ctx, axis)
    low = axis.start
    if not _is_known(start, (None,)):
        low = b.add(axis.start, clipped(ctx, ctx.atom(start, I64), n))
    high: Atom = axis.stop
    if not _is_known(stop, (None,)):
        high = b.add(axis.start, clipped(ctx, ctx.atom(stop, I64), n))
    return Span(axis.size, low, high)


def _backward(ctx: Context, axis: Axis, start: Abstract, stop: Abstract) -> Span:
    """The part of a span above `stop` up to `start`."""
    assert isinstance(axis, Span)
    b, n = ctx.b, count_of(ctx, axis)
    high: Atom = axis.stop
    if not _is_known(start, (None,)):
        high = b.add(axis.start, last_of(ctx, ctx.atom(start, I64), n))
    low = axis.start
    if not _is_known(stop, (None,)):
        low = b.add(axis.start, last_of(ctx, ctx.atom(stop, I64), n))
    return Span(axis.size, low, high)
