"""Rows of one stacked list added behind those of another, where the data decide how many."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from anvil.ir.families import type_at
from anvil.ir.types import I64
from anvil.parser.containers.columns import (
    all_rows,
    check_fits,
    grown,
    length_atom,
    room_of,
    write_rows,
)
from anvil.parser.containers.options import Packed
from anvil.parser.state.heap import StackBox
from anvil.parser.state.values import scalar

if TYPE_CHECKING:
    from anvil.parser.context import Context


def appended(ctx: Context, held: StackBox, fresh: Packed, other: StackBox) -> StackBox:
    """A list with the rows `fresh` of another list behind its own; its columns are written."""
    b, n, m = ctx.b, length_atom(held), length_atom(other)
    total = b.add(n, m)
    if held.guessed:
        check_fits(ctx, b.le(total, held.capacity))
    else:
        held = grown(ctx, held, held.capacity + max(other.capacity - room_of(held), 0))
    size = (held.capacity,)
    at = b.iota(shape=size, axis=0, dtype=I64)
    inside = b.and_(b.ge(at, b.broadcast_to(n, size)), b.lt(at, b.broadcast_to(total, size)))
    at = b.max(b.sub(at, b.broadcast_to(n, size)), b.broadcast_to(b.i64(0), size))
    at = b.min(at, b.broadcast_to(b.i64(other.capacity - 1), size))
    at = b.reshape(at, shape=(*size, 1))
    for col, (x, px), (y, py) in zip(held.columns, all_rows(ctx, held), fresh, strict=True):
        dtype = ctx.promote(ctx.array(x), ctx.array(y))
        x, y = b.cast(x, dtype), b.gather(b.cast(y, dtype), at, axes=(0,))
        mask = b.broadcast(inside, shape=type_at(x).shape, dims=(0,))
        write_rows(ctx, col, b.select(mask, y, x), px and py)
    room = 0 if held.guessed else room_of(held) - other.capacity
    return replace(held, length=scalar(total, True), room=room)
