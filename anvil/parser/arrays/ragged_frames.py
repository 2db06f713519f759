"""Operands of one operation brought to the same positions.

Each axis of the result has a frame: the ragged axis of one operand. Operands that have other
positions along it are moved there, element by element in order; that both have as many is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import I8, I64, array
from anvil.parser.arrays.affine import difference
from anvil.parser.arrays.arraylike import is_arraylike, kind_of
from anvil.parser.arrays.ragged import (
    Axis,
    Picked,
    Ragged,
    Span,
    alike,
    count_of,
    ragged,
    rank_of,
    replaced,
    sampled,
)
from anvil.parser.state.values import Abstract, TupleV, scalar

if TYPE_CHECKING:
    from anvil.parser.context import Context

Frame = list["Axis | None"]
Words = Callable[[], Sequence[Any]]
_UNEQUAL = "operands whose lengths the data decides could not be broadcast together"


def elementwise(
    ctx: Context,
    run: Callable[..., Abstract],
    operands: Sequence[Abstract],
    fill: str = "sample",
) -> Abstract:
    """`run` on operands of which some are ragged. `fill` says what it may meet at positions that
    belong to none: `zero`, or a `sample` of the elements.
    """
    frame = frame_of(ctx, operands)

    def unequal() -> list[Any]:
        shapes = [piece for v in operands for piece in (*shape_words(ctx, v), " ")]
        return ["operands could not be broadcast together with shapes ", *shapes]

    placed = [_operand(ctx, v, frame, fill, unequal) for v in operands]
    return wrapped(ctx, run(*placed), frame, fill == "sample")


def wrapped(ctx: Context, value: Abstract, frame: Sequence[Axis | None], filled: bool) -> Abstract:
    """What was computed at full capacity, ragged along the axes of `frame`."""
    if isinstance(value, TupleV):
        return TupleV(tuple(wrapped(ctx, v, frame, filled) for v in value.items), value.cls)
    found: Abstract = ragged(ctx, value, frame, filled)
    return found


def frame_of(ctx: Context, operands: Sequence[Abstract]) -> Frame:
    """For each axis of the broadcast result, the positions it has."""
    ndim = max(_ndim(ctx, v) for v in operands)
    frame: Frame = [None] * ndim
    for v in operands:
        if isinstance(v, Ragged):
            for k, axis in enumerate(v.axes, ndim - len(v.axes)):
                if axis is not None and _better(axis, frame[k]):
                    frame[k] = axis
    return frame


def _better(new: Axis, old: Axis | None) -> bool:
    """Masks are kept as they are; of spans the one of smaller capacity."""
    if old is None:
        return True
    return isinstance(old, Span) and (isinstance(new, Picked) or new.size < old.size)


def _ndim(ctx: Context, v: Abstract) -> int:
    return len(v.axes) if isinstance(v, Ragged) else ctx.type_of(v).ndim


def _operand(ctx: Context, v: Abstract, frame: Frame, fill: str, unequal: Words) -> Abstract:
    if kind_of(v) in ("py", "np"):
        return v
    x, own = placed(ctx, v, frame, unequal)
    if isinstance(v, Ragged) and v.filled and own == list(v.axes):
        return v.data
    if any(own):
        x = sampled(ctx, x, own) if fill == "sample" else replaced(ctx, x, own, 0)
    return ctx.array(x)


def shape_words(ctx: Context, v: Abstract) -> list[Any]:
    """The shape of an operand, its computed lengths included, for a message."""
    shape = ctx.shape_of(v) if not isinstance(v, Ragged) else v.data.type.shape
    axes = v.axes if isinstance(v, Ragged) else [None] * len(shape)
    pieces: list[Any] = []
    for axis, n in zip(axes, shape, strict=True):
        pieces += [",", str(n) if axis is None else scalar(count_of(ctx, axis), True)]
    return ["(", *pieces[1:], ",)" if len(shape) == 1 else ")"]


def placed(
    ctx: Context, v: Abstract, frame: Sequence[Axis | None], unequal: Words | None = None
) -> tuple[Atom, Frame]:
    """An operand at the positions of the frame, and the axes along which it now is ragged.
    `unequal` words what NumPy says where the lengths differ.
    """
    if isinstance(v, Ragged):
        x, axes = ctx.read(v.data), list(v.axes)
    else:
        if not is_arraylike(ctx, v):
            ctx.error("bad-operand", f"a number or an array is expected here, not {v.describe()}")
        x = ctx.atom(v)
        axes = [None] * type_at(x).ndim
    own: Frame = list(frame[len(frame) - len(axes) :])
    for k, (axis, want) in enumerate(zip(axes, own, strict=True)):
        if want is None or (axis is None and type_at(x).shape[k] == 1):
            own[k] = None
        elif not alike(ctx, axis, want):
            x = moved(ctx, x, k, axis, want, unequal)
        else:
            own[k] = axis
    return x, own


def moved(
    ctx: Context, x: Atom, k: int, axis: Axis | None, want: Axis, unequal: Words | None = None
) -> Atom:
    """`x` with the elements of `axis` (all, if None) along axis k put at the positions `want`."""
    n = type_at(x).shape[k]
    have: Axis = Span(n, Const(array(I64), 0), Const(array(I64), n)) if axis is None else axis
    p, q = count_of(ctx, have), count_of(ctx, want)
    if difference(ctx.b, p, q) != 0:
        _check_lengths(ctx, p, q, unequal)
    if isinstance(have, Picked):
        x, have = packed(ctx, x, k, have)
    if isinstance(want, Span):
        return _shifted(ctx, x, k, have, want)
    if n == 0:
        return ctx.b.zeros(_resized(x, k, want.size))
    at = ctx.b.add(rank_of(ctx, want), ctx.b.broadcast_to(have.start, (want.size,)))
    at = ctx.b.min(at, ctx.b.const(n - 1, type_at(at)))
    return taken(ctx, x, k, at)


def _check_lengths(ctx: Context, p: Atom, q: Atom, unequal: Words | None) -> None:
    """That two lengths are equal. One that only turns out to be 1 is not broadcast, and NumPy has
    no words for it.
    """
    b = ctx.b
    if unequal is not None:
        one = b.or_(b.eq(p, 1), b.eq(q, 1))
        ctx.check(b.or_(b.eq(p, q), one), ValueError, ctx.text(*unequal()))
    ctx.check(b.eq(p, q), ValueError, _UNEQUAL)


def packed(ctx: Context, x: Atom, k: int, axis: Picked) -> tuple[Atom, Span]:
    """The selected elements moved to the front, in order."""
    b = ctx.b
    places = b.iota(shape=(axis.size,), axis=0, dtype=I64)
    key = b.cast(b.not_(axis.mask), I8)
    order = b.emit_tuple("sort", (key, places), {"axis": 0, "num_keys": 1})[1]
    return taken(ctx, x, k, order), Span(axis.size, Const(array(I64), 0), count_of(ctx, axis))


def taken(ctx: Context, x: Atom, k: int, at: Atom) -> Atom:
    """`np.take(x, at, axis=k)` for a vector of positions in range."""
    b, ndim = ctx.b, type_at(x).ndim
    out = b.gather(x, b.reshape(at, shape=(*type_at(at).shape, 1)), axes=(k,))
    perm = (*range(1, k + 1), 0, *range(k + 1, ndim))
    return out if k == 0 else b.transpose(out, perm=perm)  # type: ignore[no-any-return]


def _resized(x: Atom, k: int, n: int) -> Any:
    t = type_at(x)
    return t.with_shape((*t.shape[:k], n, *t.shape[k + 1 :]))


def _shifted(ctx: Context, x: Atom, k: int, have: Span, want: Span) -> Atom:
    b, t = ctx.b, type_at(x)
    room = tuple(want.size if i == k else 0 for i in range(t.ndim))
    wide = b.pad(x, Const(array(t.dtype), 0), low=room, high=room, interior=(0,) * t.ndim)
    at = b.add(b.sub(have.start, want.start), want.size)
    starts = [at if i == k else b.i64(0) for i in range(t.ndim)]
    return b.dynamic_slice(wide, *starts, sizes=_resized(x, k, want.size).shape)  # type: ignore[no-any-return]


def compacted(ctx: Context, v: Ragged, k: int) -> Ragged:
    """The same elements with axis k a span."""
    axis = v.axes[k]
    if not isinstance(axis, Picked):
        return v
    x, span = packed(ctx, ctx.read(v.data), k, axis)
    axes = (*v.axes[:k], span, *v.axes[k + 1 :])
    return Ragged(ctx.array(x), axes, v.loc)


def in_front(ctx: Context, v: Ragged) -> Ragged:
    """The same elements, the first ones along each axis."""
    for k in range(len(v.axes)):
        v = compacted(ctx, v, k)
        axis = v.axes[k]
        if isinstance(axis, Span) and not (isinstance(axis.start, Const) and not axis.start.value):
            front = Span(axis.size, ctx.b.i64(0), count_of(ctx, axis))
            x = ctx.array(moved(ctx, ctx.read(v.data), k, axis, front))
            v = Ragged(x, (*v.axes[:k], front, *v.axes[k + 1 :]), v.loc)
    return v
