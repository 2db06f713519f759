"""Stores into ragged arrays: a select at full capacity.

x[:i] = v, x[m] = v        v is brought to the positions of the target; the others keep theirs
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anvil.ir.families import type_at
from anvil.parser.arrays.ragged import Picked, Ragged, Span, alike, mask_over
from anvil.parser.arrays.ragged_frames import Frame, placed, shape_words
from anvil.parser.arrays.stores import check_cast
from anvil.parser.state.values import Abstract, NDArray

if TYPE_CHECKING:
    from anvil.parser.context import Context


def store_ragged(ctx: Context, target: Ragged, value: Abstract, op: str = "") -> None:
    """Writes `value`, broadcast and cast as NumPy does, into the elements of a ragged array."""
    if isinstance(value, Ragged) and _same_view(ctx, target, value):
        return
    data = target.data
    check_cast(ctx, data, value, op)
    x, _ = placed(ctx, value, _frame(ctx, target, value), lambda: _unequal(ctx, target, value))
    x = ctx.cast(x, data.type.dtype)
    shape = type_at(x).shape
    while len(shape) > data.type.ndim and shape[0] == 1:
        shape = shape[1:]
        x = ctx.b.reshape(x, shape=shape)
    x = ctx.broadcast(x, data.type.shape)
    mask = mask_over(ctx, target.axes, data.type.shape)
    ctx.write(data, ctx.b.select(mask, x, ctx.read(data)))


def _unequal(ctx: Context, target: Ragged, value: Abstract) -> list[Any]:
    """What NumPy says of a value that does not fit a slice or what a mask selects."""
    have, want = shape_words(ctx, value), shape_words(ctx, target)
    if not any(isinstance(axis, Picked) for axis in target.axes):
        return ["could not broadcast input array from shape ", *have, " into shape ", *want]
    if len(target.axes) > 1:
        whole = " could not be broadcast to indexing result of shape "
        return ["shape mismatch: value array of shape ", *have, whole, *want]
    named = "NumPy boolean array indexing assignment cannot assign "
    outputs = " output values where the mask is true"
    return [named, have[1], " input values to the ", want[1], outputs]


def store_into(ctx: Context, target: NDArray, value: Ragged, op: str = "") -> None:
    """Writes a ragged array into a whole one, whose length it must have."""
    axes: Frame = [None] * target.type.ndim
    for k, axis in enumerate(reversed(value.axes), 1):
        if axis is not None and k <= len(axes):
            n = target.type.shape[-k]
            axes[-k] = Span(n, ctx.b.i64(0), ctx.b.i64(n))
    store_ragged(ctx, Ragged(target, tuple(axes), value.loc), value, op)


def _frame(ctx: Context, target: Ragged, value: Abstract) -> Frame:
    """The axes of the target, and leading ones of length 1 that NumPy drops."""
    ndim = len(value.axes) if isinstance(value, Ragged) else ctx.type_of(value).ndim
    return [None] * (ndim - len(target.axes)) + list(target.axes)


def _same_view(ctx: Context, target: Ragged, value: Ragged) -> bool:
    """Whether a part of an array is stored into itself (as `x[:i] += 1` ends)."""
    a, b = target.data, value.data
    if a.box != b.box or len(a.path) != len(b.path) or a.type is not b.type:
        return False
    steps = zip(a.path, b.path, strict=True)
    if not all(p.tag == q.tag and p.atoms == q.atoms for p, q in steps):
        return False
    return all(alike(ctx, p, q) for p, q in zip(target.axes, value.axes, strict=True))
