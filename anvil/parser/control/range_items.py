"""The numbers of a range whose bounds and step are computed: how many, and each of them.

count = max((high - low + |step| - 1) // |step|, 0)     low, high = start, stop if step > 0,
                                                        else stop, start
item i = start + i * step                               within the bounds: it cannot overflow
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from anvil.ir.records import Atom, Const
from anvil.ir.types import I64
from anvil.parser.arrays import operators, ranges
from anvil.parser.state.values import Abstract, Known, Scalar, scalar

if TYPE_CHECKING:
    from anvil.parser.context import Context

Numbers = tuple[int | Atom, Callable[[Atom], Abstract]]
"""How many there are, and the one at a place."""


def check_step(ctx: Context, step: Abstract) -> None:
    """Raises ValueError where the step is 0."""
    if isinstance(step, Scalar) and not ranges.nonzero(ctx, step):
        fine = ctx.b.ne(ctx.atom(step, I64), 0)
        ctx.check(fine, ValueError, "range() arg 3 must not be zero")
    elif isinstance(step, Known) and step.value == 0:
        ctx.fail(ValueError, "range() arg 3 must not be zero")


def numbers(ctx: Context, start: Abstract, stop: Abstract, step: Abstract) -> Numbers:
    """The numbers of `range(start, stop, step)`."""
    if isinstance(step, Known):
        by = int(step.value)
        return _count(ctx, start, stop, by), lambda i: _item(ctx, start, by, i)
    count = _computed_count(ctx, *(ctx.atom(v, I64) for v in (start, stop, step)))
    return count, lambda i: _computed_item(ctx, start, stop, step, i)


def _item(ctx: Context, start: Abstract, by: int, i: Atom) -> Abstract:
    index = scalar(i, True)
    if by != 1:
        index = operators.binary(ctx, "*", index, Known(by))
    if isinstance(start, Known) and start.value == 0:
        return index
    return operators.binary(ctx, "+", start, index)


def _count(ctx: Context, start: Abstract, stop: Abstract, by: int) -> int | Atom:
    if isinstance(start, Known) and isinstance(stop, Known):
        return len(range(int(start.value), int(stop.value), by))
    b = ctx.b
    low, high = ctx.atom(start, I64), ctx.atom(stop, I64)
    span = b.sub(high, low) if by > 0 else b.sub(low, high)
    if abs(by) != 1:
        span = b.floor_div(b.add(span, abs(by) - 1), abs(by))
    return _not_negative(ctx, span)


def _not_negative(ctx: Context, count: Atom) -> int | Atom:
    bounds = ranges.bounds_of_atom(ctx, count)
    if bounds is None or bounds[0] < 0:
        count = ctx.b.max(count, 0)
    return int(count.value) if isinstance(count, Const) else count  # type: ignore[arg-type]


def _computed_count(ctx: Context, start: Atom, stop: Atom, by: Atom) -> int | Atom:
    b, sign = ctx.b, ranges.bounds_of_atom(ctx, by)
    up, down = b.sub(stop, start), b.sub(start, stop)
    if sign is not None and sign[0] > 0:
        span, size = up, by
    elif sign is not None and sign[1] < 0:
        span, size = down, b.neg(by)
    else:  # a step of 0 has been refused, and must not divide
        ascends = b.gt(by, 0)
        span = b.select(ascends, up, down)
        size = b.max(b.select(ascends, by, b.neg(by)), 1)
    return _not_negative(ctx, b.floor_div(b.add(span, b.sub(size, 1)), size))


def _computed_item(
    ctx: Context, start: Abstract, stop: Abstract, step: Abstract, i: Atom
) -> Abstract:
    first, by = ctx.atom(start, I64), ctx.atom(step, I64)
    item = ctx.b.add(first, ctx.b.mul(by, i))
    begin, end = ranges.bounds_of(ctx, start), ranges.bounds_of(ctx, stop)
    if begin is not None and end is not None:
        (least, most), (low, high) = begin, end
        sign = ranges.bounds_of(ctx, step) or (-1, 1)
        lows = [least] if sign[0] > 0 else [low + 1] if sign[1] < 0 else [least, low + 1]
        highs = [high - 1] if sign[0] > 0 else [most] if sign[1] < 0 else [most, high - 1]
        ranges.set_bounds(ctx, item, min(lows), max(highs))
    return scalar(item, True)
