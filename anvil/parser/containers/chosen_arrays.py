"""An array that is one of several, read as one array: as long as the one that it is.

That is a copy: it stands for the array where nothing depends on which object it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anvil.ir.families import type_at
from anvil.ir.records import Atom
from anvil.parser.arrays.ragged import Axis, Ragged, Span, count_of, ragged
from anvil.parser.arrays.ragged_frames import in_front
from anvil.parser.containers.chosen_lists import picked_of
from anvil.parser.containers.columns import resized
from anvil.parser.state.values import Abstract, Choice, NDArray

if TYPE_CHECKING:
    from anvil.parser.context import Context


def joined_array(ctx: Context, v: Choice) -> Abstract | None:
    """A copy of the array that `v` is; None where its options are not arrays of one dtype and as
    many axes.
    """
    if not all(isinstance(o, NDArray | Ragged) for o in v.options):
        return None
    parts = [_parts(ctx, o) for o in v.options]
    dtypes = {type_at(x).dtype for x, _ in parts}
    dims = {type_at(x).ndim for x, _ in parts}
    if len(dtypes) > 1 or len(dims) > 1 or dims == {0}:
        return None
    axes: list[Axis | None] = []
    for k in range(dims.pop()):
        sizes = [type_at(x).shape[k] for x, _ in parts]
        if len(set(sizes)) == 1 and not any(held[k] for _, held in parts):
            axes.append(None)
            continue
        counts = [_count(ctx, n, held[k]) for n, (_, held) in zip(sizes, parts, strict=True)]
        parts = [(resized(ctx, x, k, max(sizes)), held) for x, held in parts]
        guessed = any(isinstance(h[k], Span) and h[k].guessed for _, h in parts)  # type: ignore[union-attr]
        count = picked_of(ctx, v.which, list(counts))
        axes.append(Span(max(sizes), ctx.b.i64(0), count, 0, guessed, True))
    x = picked_of(ctx, v.which, [x for x, _ in parts])
    return ragged(ctx, ctx.array(x), axes)  # type: ignore[no-any-return]


def _parts(ctx: Context, v: Abstract) -> tuple[Atom, tuple[Axis | None, ...]]:
    """The elements of an array, the first ones along each axis, and its axes."""
    if isinstance(v, Ragged):
        v = in_front(ctx, v)
        return ctx.read(v.data), v.axes
    assert isinstance(v, NDArray)
    return ctx.read(v), (None,) * v.type.ndim


def _count(ctx: Context, size: int, axis: Axis | None) -> Atom:
    return ctx.b.i64(size) if axis is None else count_of(ctx, axis)
