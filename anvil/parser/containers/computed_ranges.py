"""Ranges whose bounds are computed: elements, membership, attributes, truth.

What is written in plain Python here is compiled like a function of the program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anvil.parser.control.iteration import items_of
from anvil.parser.state.values import Abstract, Known, RangeV, Scalar, SliceV, scalar

if TYPE_CHECKING:
    from anvil.parser.context import Context

_PARTS = ("start", "stop", "step")


def _element(start: Any, step: Any, count: Any, index: Any) -> Any:
    """`range[index]`, as CPython counts and fails."""
    place = index + count if index < 0 else index
    if place < 0 or place >= count:
        raise IndexError("range object index out of range")
    return start + place * step


def _holds(start: Any, step: Any, count: Any, item: Any) -> Any:
    """`item in range`, of a number."""
    place = (item - start) // step
    return bool(place >= 0 and place < count and start + place * step == item)


def opened(v: range) -> RangeV:
    """A known range in the form of a computed one."""
    return RangeV(*(Known(getattr(v, part)) for part in _PARTS))


def count_of(ctx: Context, v: RangeV) -> Abstract:
    """The length of a range."""
    count = items_of(ctx, v).count
    return Known(count) if isinstance(count, int) else scalar(count, True)


def get(ctx: Context, v: RangeV, index: Abstract) -> Abstract:
    """`v[index]`; a slice asks for the bounds."""
    if isinstance(index, SliceV) or (isinstance(index, Known) and isinstance(index.value, slice)):
        known, part = ctx.known(v, "a range"), ctx.known(index, "a slice of a range")
        return Known(known[part])
    return _called(ctx, _element, v, index)


def contains(ctx: Context, container: Abstract, item: Abstract) -> Abstract | None:
    """`item in container` for a range and a number, None for anything else."""
    v = container
    if isinstance(v, Known) and isinstance(v.value, range):
        v = opened(v.value)
    if not isinstance(v, RangeV) or ctx.kind_of(item) not in ("py", "np"):
        return None
    if isinstance(item, Scalar) and item.dtype.kind == "c":
        return None
    return _called(ctx, _holds, v, item)


def attribute(ctx: Context, v: RangeV, name: str) -> Abstract | None:
    """`v.start` and its like; None for anything else."""
    found: Abstract | None = getattr(v, name) if name in _PARTS else None
    return found


def truth(ctx: Context, v: RangeV) -> Any:
    """Whether a range has elements."""
    return ctx.truth(count_of(ctx, v))


def _called(ctx: Context, fn: Any, v: RangeV, item: Abstract) -> Abstract:
    args = [v.start, v.step, count_of(ctx, v), item]
    found: Abstract = ctx.session.calls.call_entry(ctx, fn, args, {})
    return found
