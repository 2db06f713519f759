"""Arrays of computed length in order: the positions that sort them, products by labels, and systems
of equations.

    np.linalg.solve(A, b)   the positions that belong to none hold a unit matrix, and zeros in `b`
    np.einsum               zeros there; an axis of each label has one frame
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, array
from anvil.library.arrays import selection
from anvil.library.atoms import dtype_in, shape_in, type_in
from anvil.parser.arrays.ragged import (
    Axis,
    Picked,
    Ragged,
    Span,
    alike,
    count_of,
    dense,
    ragged,
    rank_of,
    replaced,
)
from anvil.parser.arrays.ragged_frames import compacted, moved, packed, taken
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract

Args = Sequence[Any]
Kwargs = dict[str, Any]


def positions_in_order(a: Any) -> Any:
    """`np.argsort(a)` of a vector of computed length; only called in compiled code."""
    return np.argsort(a)


def _positions(ctx: Context, v: Any) -> Abstract:
    if not isinstance(v, Ragged):
        return ctx.call(np.argsort, v)
    (axis,) = v.axes
    assert axis is not None
    x = ctx.read(v.data)
    order = selection.order_of(ctx, [x], 0)
    mask = replaced(ctx, Const(type_in(x).with_dtype(BOOL), True), v.axes, False)
    chosen = Picked(axis.size, taken(ctx, mask, 0, order))
    ranks, span = packed(ctx, taken(ctx, rank_of(ctx, axis), 0, order), 0, chosen)
    where = Span(axis.size, span.start, count_of(ctx, axis))
    return ragged(ctx, ctx.array(ranks), [where])  # type: ignore[no-any-return]


# ---- products by labels


def _einsum(ctx: Context, call: Any, args: Args, kwargs: Kwargs) -> Abstract:
    text = ctx.known_or_none(args[0])
    operands = [ctx.lifted(v) for v in args[1:]]
    if not isinstance(text, str) or "." in text or kwargs:
        _refuse(ctx, operands)
    text = str(text).replace(" ", "")
    terms = text.split("->")[0].split(",")
    if "->" not in text:
        once = sorted(c for c in set(text) - {","} if text.count(c) == 1)
        text = f"{text}->{''.join(once)}"
    frames: dict[str, Axis] = {}
    for v, labels in zip(operands, terms, strict=False):
        for label, axis in zip(labels, v.axes if isinstance(v, Ragged) else (), strict=False):
            if axis is not None:
                frames.setdefault(label, axis)
    parts = [_by_label(ctx, v, t, frames) for v, t in zip(operands, terms, strict=True)]
    found = call(text, *parts)
    return ragged(ctx, found, [frames.get(c) for c in text.split("->")[1]])  # type: ignore[no-any-return]


def _by_label(ctx: Context, v: Abstract, labels: str, frames: dict[str, Axis]) -> Abstract:
    x = ctx.read(v.data) if isinstance(v, Ragged) else ctx.atom(v)
    axes: list[Axis | None] = list(v.axes) if isinstance(v, Ragged) else [None] * len(shape_in(x))
    if len(labels) != len(axes):
        _refuse(ctx, [v])
    for k, label in enumerate(labels):
        want = frames.get(label)
        if want is not None and not alike(ctx, axes[k], want):
            x = moved(ctx, x, k, axes[k], want)
        axes[k] = want
    return ctx.array(replaced(ctx, x, axes, 0))


# ---- systems of equations


def _in_front(ctx: Context, v: Ragged, k: int) -> tuple[Ragged, Span]:
    """The same elements, along axis k from the first position on."""
    v = compacted(ctx, v, k)
    axis = v.axes[k]
    assert isinstance(axis, Span)
    front = Span(axis.size, ctx.b.i64(0), count_of(ctx, axis))
    if alike(ctx, axis, front):
        return v, axis
    x = ctx.array(moved(ctx, ctx.read(v.data), k, axis, front))
    return Ragged(x, (*v.axes[:k], front, *v.axes[k + 1 :]), v.loc), front


def _square(ctx: Context, v: Any) -> tuple[Atom, Span]:
    """A square matrix with a unit matrix behind it."""
    if not isinstance(v, Ragged) or len(v.axes) != 2 or None in v.axes:
        _refuse(ctx, [v])
        ctx.error("bad-operand", "a matrix of another kind is expected here")
    v, _ = _in_front(ctx, v, 0)
    v, columns = _in_front(ctx, v, 1)
    rows = v.axes[0]
    assert rows is not None
    same = ctx.b.eq(count_of(ctx, rows), count_of(ctx, columns))
    text = "Last 2 dimensions of the array must be square"
    ctx.check(same, np.linalg.LinAlgError, text)
    x = replaced(ctx, ctx.read(v.data), v.axes, 0)
    if rows.size != columns.size:
        least = min(rows.size, columns.size)
        x = ctx.b.slice(x, starts=(0, 0), limits=(least, least), strides=(1, 1))
        columns = replace(columns, size=least)
    if not dtype_in(x).inexact:
        x = ctx.cast(x, ctx.promote(ctx.array(x), ctx.lifted(1.0)))
    outside = replaced(ctx, Const(array(dtype_in(x), (columns.size,)), 0), [columns], 1)
    unit = ctx.atom(ctx.call(np.diag, ctx.array(outside)))
    return ctx.b.add(x, unit), columns


def _solve(ctx: Context, call: Any, args: Args, kwargs: Kwargs) -> Abstract:
    if len(args) != 2 or kwargs:
        _refuse(ctx, args)
    a, axis = _square(ctx, args[0])
    b = args[1]
    x = ctx.read(b.data) if isinstance(b, Ragged) else ctx.atom(b)
    axes: list[Axis | None] = list(b.axes) if isinstance(b, Ragged) else [None] * len(shape_in(x))
    if not alike(ctx, axes[0], axis):
        x = moved(ctx, x, 0, axes[0], axis)
    axes[0] = axis
    found = call(ctx.array(a), ctx.array(replaced(ctx, x, axes, 0)))
    return ragged(ctx, found, axes)  # type: ignore[no-any-return]


def _of_square(axes: int) -> Any:
    """A function of one matrix; how many axes its result has."""

    def rule(ctx: Context, call: Any, args: Args, kwargs: Kwargs) -> Abstract:
        if len(args) != 1 or kwargs:
            _refuse(ctx, args)
        a, axis = _square(ctx, args[0])
        return ragged(ctx, call(ctx.array(a)), [axis] * axes)  # type: ignore[no-any-return]

    return rule


def _lstsq(ctx: Context, call: Any, args: Args, kwargs: Kwargs) -> Abstract:
    """Rows that belong to none are zero."""
    parts = []
    rows: Span | None = None
    for v in args[:2]:
        if not isinstance(v, Ragged) or any(v.axes[1:]):
            _refuse(ctx, args)
        front, axis = _in_front(ctx, v, 0)
        rows = rows or axis
        x = ctx.read(front.data)
        if not alike(ctx, axis, rows):
            x = moved(ctx, x, 0, axis, rows)
        frame = [rows, *([None] * (len(v.axes) - 1))]
        parts.append(ctx.array(replaced(ctx, x, frame, 0)))
    return call(*parts, *args[2:], **kwargs)  # type: ignore[no-any-return]


def _refuse(ctx: Context, values: Args) -> None:
    for v in values:
        if isinstance(v, Ragged):
            dense(ctx, v)


FUNCTIONS: dict[Any, Intrinsic] = {positions_in_order: Intrinsic(_positions)}

RULES: dict[Any, Any] = {
    positions_in_order: None,
    np.einsum: _einsum,
    np.linalg.solve: _solve,
    np.linalg.inv: _of_square(2),
    np.linalg.cholesky: _of_square(2),
    np.linalg.det: _of_square(0),
    np.linalg.slogdet: _of_square(0),
    np.linalg.lstsq: _lstsq,
}
"""Rules by the callable whose entry they stand beside."""
