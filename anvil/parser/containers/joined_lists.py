"""Lists of like things added and repeated: `a + b`, `a * n`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from anvil.ir.families import type_at
from anvil.parser.containers.columns import boxed, pools_of, rows_of
from anvil.parser.containers.stack_lists import append, extend, form_of, stack_of, taken_whole
from anvil.parser.containers.stacks import adopt, restack
from anvil.parser.containers.templates import Many, has_identity, leaves_of, unified
from anvil.parser.control import streams
from anvil.parser.state.heap import fresh_box
from anvil.parser.state.values import Abstract, Known, ListV

if TYPE_CHECKING:
    from anvil.parser.context import Context


def _called(ctx: Context, rule: Any, *args: Abstract) -> ListV:
    """A call of a function written in Python that makes a list."""
    found = ctx.session.calls.call_entry(ctx, rule, list(args), {})
    assert isinstance(found, ListV)
    return found


def chained(ctx: Context, a: Abstract, b: Abstract) -> ListV:
    """`a + b`, element by element."""
    return _called(ctx, streams.chained_, a, b)


def repeated_by_data(ctx: Context, v: ListV, times: Abstract) -> ListV:
    """`v * times` where the data decide how often."""
    return _called(ctx, streams.repeated_, v, times)


def joined(ctx: Context, a: ListV, b: ListV) -> ListV | None:
    """`a + b` of lists of one form, at least one of them stacked; None for others."""
    if stack_of(ctx, a) is None and stack_of(ctx, b) is None:
        return None
    if any(
        s is not None and not isinstance(s.length, Known)
        for s in map(partial(stack_of, ctx), (a, b))
    ):
        return _chained(ctx, a, b)
    from_a, from_b = form_of(ctx, a), form_of(ctx, b)
    form = None if from_a is None else unified(from_a, from_b)
    if form is None:
        return None
    out: ListV = taken_whole(ctx, a)
    restack(ctx, out.box, form, 0)
    other = taken_whole(ctx, b)
    restack(ctx, other.box, form, 0)
    pools = pools_of(ctx.state.heap[out.box])  # type: ignore[arg-type]
    adopt(ctx, Many(0, form), [other], pools)
    x: Any = ctx.state.heap[out.box]
    y: Any = ctx.state.heap[other.box]
    rows = []
    for (first, px), (second, py) in zip(rows_of(ctx, x), rows_of(ctx, y), strict=True):
        dtype = ctx.promote(ctx.array(first), ctx.array(second))
        both = (ctx.b.cast(first, dtype), ctx.b.cast(second, dtype))
        rows.append((ctx.b.concatenate(*both, axis=0), px and py))
    boxes = [c.box for c in (*x.columns, *y.columns)]
    box = fresh_box()
    n = int(x.length.value) + int(y.length.value)
    ctx.state.heap[box] = boxed(ctx, form, rows, n, None, boxes, pools)
    return ListV(box)


def _chained(ctx: Context, a: ListV, b: ListV) -> ListV | None:
    """`a + b` where the data decide how long one of them is."""
    other = stack_of(ctx, b)
    out = taken_whole(ctx, a)
    if other is not None and not isinstance(other.length, Known):
        if extend(ctx, out, b):
            return out
        return chained(ctx, a, b)
    for item in ctx.items(b):
        stack = stack_of(ctx, out)
        if stack is None or not append(ctx, out, stack, item):
            return None
    return out


FEW_TIMES = 8
"""A list whose length the data decide is repeated at most so often."""

LONG = 64
"""`[x] * n` of at least so many values is made as a stacked list."""


def repeated(ctx: Context, v: ListV, times: int) -> ListV | None:
    """`v * times` of a list of values, if it is long or stacked; None for others."""
    form = form_of(ctx, v)
    stack = stack_of(ctx, v)
    if stack is not None and not isinstance(stack.length, Known) and 0 < times <= FEW_TIMES:
        out: ListV | None = taken_whole(ctx, v)
        for _ in range(times - 1):
            out = None if out is None else joined(ctx, out, v)
        return out
    if form is None or has_identity(form) or not any(leaves_of(form)) or times < 1:
        return None
    n = len(ctx.items(v)) if stack is None else int(ctx.known(stack.length))
    if stack is None and n * times < LONG:
        return None
    whole = taken_whole(ctx, v)
    restack(ctx, whole.box, form, 0)
    content: Any = ctx.state.heap[whole.box]
    rows = []
    for x, py in rows_of(ctx, content):
        shape = type_at(x).shape
        wide = ctx.b.broadcast_to(ctx.b.reshape(x, shape=(1, *shape)), (times, *shape))
        rows.append((ctx.b.reshape(wide, shape=(times * shape[0], *shape[1:])), py))
    box = fresh_box()
    ctx.state.heap[box] = boxed(ctx, form, rows, n * times, None, [], pools_of(content))
    return ListV(box)
