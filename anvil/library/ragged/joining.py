"""Arrays whose length the data decides, joined with others: concatenate, append, stack.

The parts are written one behind the other, each over what follows the one before. An array that a
loop makes longer has room for that: then nothing else moves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import BOOL, array
from anvil.library.atoms import absent, shape_in, type_in
from anvil.parser.arrays.affine import difference
from anvil.parser.arrays.ragged import Axis, Ragged, Span, alike, count_of, dense, ragged
from anvil.parser.arrays.ragged_frames import compacted, frame_of, moved
from anvil.parser.containers.columns import check_fits, resized
from anvil.parser.context import Context
from anvil.parser.state.values import Abstract

Part = tuple[Atom, Atom, "Axis | None"]
"""An array, how many of its elements along the joined axis count, and that axis if it is ragged."""


def _refuse(ctx: Context, *values: Any) -> None:
    for v in values:
        if isinstance(v, Ragged):
            dense(ctx, v)


def _concatenate(ctx: Context, call: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Abstract:
    axis = args[1] if len(args) > 1 else kwargs.pop("axis", 0)
    dtype = kwargs.pop("dtype", None)
    if len(args) > 2 or kwargs or not absent(ctx, dtype):
        _refuse(ctx, *ctx.items(args[0]))
    return _joined(ctx, ctx.items(args[0]), axis)


def _append(ctx: Context, call: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Abstract:
    axis = args[2] if len(args) > 2 else kwargs.get("axis")
    return _joined(ctx, [ctx.lifted(v) for v in args[:2]], axis)


def _stacked(shaped: Any, axis: int) -> Callable[..., Abstract]:
    """np.vstack and its like: `shaped` gives the parts that are not ragged their axes."""

    def rule(ctx: Context, call: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Abstract:
        if isinstance(args[0], Ragged):
            if len(args) > 1 or kwargs or axis != 0 or len(args[0].axes) != 2:
                dense(ctx, args[0])
            return args[0]  # a list of vectors, as many as the data decide
        items = ctx.items(args[0])
        if len(args) > 1 or kwargs:
            _refuse(ctx, *items)
        ndim = max(len(v.axes) for v in items if isinstance(v, Ragged))
        flat = shaped is np.atleast_1d and ndim == 1
        if ndim > 2:
            _refuse(ctx, *items)
        parts = [v if _ndim(ctx, v) == 2 else ctx.call(shaped, v) for v in items]
        return _joined(ctx, parts, 0 if flat else axis)

    return rule


def _column(x: Any) -> Any:
    """A vector as a matrix of one column."""
    x = np.asarray(x)
    return x.reshape(-1, 1) if x.ndim < 2 else x


JOINING: dict[Any, Any] = {
    np.concatenate: _concatenate,
    np.append: _append,
    np.vstack: _stacked(np.atleast_2d, 0),
    np.hstack: _stacked(np.atleast_1d, 1),
    np.column_stack: _stacked(_column, 1),
}


def _joined(ctx: Context, items: Sequence[Abstract], axis: Any) -> Abstract:
    flat = absent(ctx, axis)
    common = ctx.promote(*items)
    ndim = max(len(v.axes) if isinstance(v, Ragged) else len(ctx.shape_of(v)) for v in items)
    k = 0 if flat else ctx.axis(axis, ndim)
    parts: list[Part] = []
    frame: list[Axis | None] = [None] * (1 if flat else ndim)
    if not flat and all(_ndim(ctx, v) == ndim for v in items):
        frame = frame_of(ctx, [_one_along(ctx, v, k) for v in items])
        items = [_beside(ctx, v, k, frame) for v in items]
    for v in items:
        if isinstance(v, Ragged):
            if flat and len(v.axes) != 1:
                dense(ctx, v)
            parts.append(_in_front(ctx, v, k, common))
        else:
            x = ctx.atom(v, common)
            x = ctx.b.reshape(x, shape=(type_in(x).size,)) if flat else x
            parts.append((x, ctx.b.i64(shape_in(x)[k]), None))
    frame[k] = None
    _same_sides(ctx, parts, k)
    base = _base(parts, k)
    if base is not None:
        x, frame[k] = _extended(ctx, parts, base, k)
        return ragged(ctx, ctx.array(x), frame)  # type: ignore[no-any-return]
    x, total = _laid_out(ctx, parts, k)
    known = difference(ctx.b, total, ctx.b.i64(0))
    if known is None and ctx.session.recurs():
        x, frame[k] = _guessed(ctx, x, total, parts, k)
        return ragged(ctx, ctx.array(x), frame)  # type: ignore[no-any-return]
    if known is not None:
        return ragged(ctx, ctx.array(_cut(ctx, x, k, known)), frame)  # type: ignore[no-any-return]
    frame[k] = Span(shape_in(x)[k], ctx.b.i64(0), total)
    return ragged(ctx, ctx.array(x), frame)  # type: ignore[no-any-return]


def _guessed(
    ctx: Context, x: Atom, total: Atom, parts: Sequence[Part], k: int
) -> tuple[Atom, Axis]:
    """What is joined in a function that calls itself: as each level would make it longer than the
    one before, it gets room that is a guess.
    """
    sizes = [shape_in(y)[k] for y, _, a in parts if not (isinstance(a, Span) and a.guessed)]
    size = max(ctx.session.capacity, *sizes, 1)
    check_fits(ctx, ctx.b.le(total, size))
    return resized(ctx, x, k, size), Span(size, ctx.b.i64(0), total, 0, True, True)


def _ndim(ctx: Context, v: Abstract) -> int:
    return len(v.axes) if isinstance(v, Ragged) else len(ctx.shape_of(v))


def _one_along(ctx: Context, v: Abstract, k: int) -> Abstract:
    """What an array is along the other axes."""
    shape = v.data.type.shape if isinstance(v, Ragged) else ctx.shape_of(v)
    flat = ctx.array(
        ctx.b.zeros(array(BOOL, tuple(1 if i == k else n for i, n in enumerate(shape))))
    )
    axes = v.axes if isinstance(v, Ragged) else ()
    return ragged(ctx, flat, [None if i == k else a for i, a in enumerate(axes)])  # type: ignore[no-any-return]


def _beside(ctx: Context, v: Abstract, k: int, frame: Sequence[Axis | None]) -> Abstract:
    """An array with these positions along all axes but `k`."""
    if not any(frame):
        return v
    x = ctx.read(v.data) if isinstance(v, Ragged) else ctx.atom(v)
    axes: list[Axis | None] = list(v.axes) if isinstance(v, Ragged) else [None] * len(frame)
    for i, want in enumerate(frame):
        if i != k and want is not None:
            if not alike(ctx, axes[i], want):
                x = moved(ctx, x, i, axes[i], want)
            axes[i] = want
    return ragged(ctx, ctx.array(x), axes)  # type: ignore[no-any-return]


def _in_front(ctx: Context, v: Ragged, k: int, dtype: Any) -> Part:
    """The elements of a ragged array from the first position on, and how many they are."""
    v = compacted(ctx, v, k)
    axis = v.axes[k]
    x = ctx.cast(ctx.read(v.data), dtype)
    if axis is None:
        return x, ctx.b.i64(shape_in(x)[k]), None
    count = count_of(ctx, axis)
    front = Span(axis.size, ctx.b.i64(0), count)
    if not alike(ctx, axis, front):
        return moved(ctx, x, k, axis, front), count, front
    return x, count, axis


def _same_sides(ctx: Context, parts: list[Part], k: int) -> None:
    first = shape_in(parts[0][0])
    sides = [n for i, n in enumerate(first) if i != k]
    for x, *_ in parts:
        rest = [n for i, n in enumerate(shape_in(x)) if i != k]
        if len(shape_in(x)) != len(first) or rest != sides:
            ctx.error("shape-mismatch", f"shapes {first} and {shape_in(x)} cannot be joined")


def _cut(ctx: Context, x: Atom, k: int, n: int) -> Atom:
    """The first `n` along an axis."""
    ends = tuple(n if i == k else size for i, size in enumerate(shape_in(x)))
    if ends == tuple(shape_in(x)):
        return x
    zeros, ones = (0,) * len(ends), (1,) * len(ends)
    return ctx.b.slice(x, starts=zeros, limits=ends, strides=ones)  # type: ignore[no-any-return]


def _laid_out(ctx: Context, parts: list[Part], k: int) -> tuple[Atom, Atom]:
    """The parts one behind the other, and how many elements they have."""
    size = sum(shape_in(x)[k] for x, *_ in parts)
    first = parts[0][0]
    shape = tuple(size if i == k else n for i, n in enumerate(shape_in(first)))
    out: Atom = ctx.b.zeros(type_in(first).with_shape(shape))
    return _written(ctx, out, ctx.b.i64(0), parts, k)


def _written(
    ctx: Context, out: Atom, total: Atom, parts: Sequence[Part], k: int
) -> tuple[Atom, Atom]:
    b = ctx.b
    for x, count, _ in parts:
        starts = [total if i == k else b.i64(0) for i in range(len(shape_in(out)))]
        out = b.dynamic_update_slice(out, x, *starts)
        total = b.add(total, count)
    return out, total


def _base(parts: list[Part], k: int) -> int | None:
    """Which part has room for all of the others, and only parts of known length before it."""
    for i, (_, _, axis) in enumerate(parts):
        if isinstance(axis, Span) and (axis.room or axis.guessed):
            more = sum(shape_in(x)[k] for j, (x, *_) in enumerate(parts) if j != i)
            others = parts if axis.guessed else parts[:i]
            known = all(a is None or a is axis for _, _, a in others)
            known = known and sum(a is axis for _, _, a in parts) == 1
            if known and (axis.guessed or more <= axis.room) and more <= axis.size:
                return i
    return None


def _extended(ctx: Context, parts: list[Part], base: int, k: int) -> tuple[Atom, Span]:
    """An array with the other parts around it, in the room that it has."""
    x, count, axis = parts[base]
    assert isinstance(axis, Span)
    before, after = parts[:base], parts[base + 1 :]
    head = sum(shape_in(p)[k] for p, *_ in before)
    tail = sum(shape_in(p)[k] for p, *_ in after)
    if axis.guessed:
        check_fits(ctx, ctx.b.le(ctx.b.add(count, head + tail), axis.size))
    if before:
        moved_up = (_cut(ctx, x, k, axis.size - head), count, axis)
        empty: Atom = ctx.b.zeros(type_in(x))
        out, total = _written(ctx, empty, ctx.b.i64(0), [*before, moved_up], k)
    else:
        out, total = x, count
    out, total = _written(ctx, out, total, after, k)
    room = 0 if axis.guessed else axis.room - head - tail
    span = replace(axis, start=ctx.b.i64(0), stop=total, room=room)
    return out, span
