"""Elements of arrays: views for basic indices, gathers and scatters for arrays of indices, masks.

With arrays among the indices the result is a copy: slices are taken first, as a view, then a
gather over the other indexed axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.records import Atom, Const, Value
from anvil.ir.types import BOOL, I64, Shape, array
from anvil.parser.arrays import operators
from anvil.parser.arrays.indices import NEW_AXIS, NewAxis, Plan, make_plan, window_of
from anvil.parser.arrays.ragged import Ragged, alike, dense, mask_over, ragged, replaced
from anvil.parser.arrays.ragged_frames import placed
from anvil.parser.arrays.ragged_stores import store_into, store_ragged
from anvil.parser.arrays.slices import Chosen, Moving
from anvil.parser.arrays.stores import store, store_element
from anvil.parser.reports.spelling import spelled
from anvil.parser.state.values import (
    Abstract,
    Known,
    NDArray,
    TupleV,
    scalar,
)
from anvil.parser.state.views import FLAT, Frozen

if TYPE_CHECKING:
    from anvil.parser.context import Context


def get_array(ctx: Context, base: NDArray, index: Abstract) -> Abstract:
    """`base[index]` of an array."""
    merged = _merged(ctx, base, index)
    if merged is not None:
        base, index = merged
    plan = make_plan(ctx, base.type.shape, index)
    if _by_mask(ctx, plan):
        base = ctx.copy(base)
    if any(isinstance(e, NDArray | Ragged) for e in plan.entries):
        return _gather(ctx, base, plan)
    window, axes = window_of(plan)
    if window is None:
        whole = NDArray(base.box, base.path, base.type)
        if any(axes):
            return ragged(ctx, whole, axes)  # type: ignore[no-any-return]
        return whole if base.type.shape or _has_dots(index) else scalar(ctx.read(base), False)
    if not window.shape and not _has_dots(index):
        return scalar(window.read(ctx.b, ctx.read(base)), False)
    return ragged(ctx, ctx.view(base, window, window.shape), axes)  # type: ignore[no-any-return]


def _by_mask(ctx: Context, plan: Plan) -> bool:
    """Whether a mask that the data decides is among the indices; refused beside other arrays."""
    masks = [e for e in plan.entries if isinstance(e, Chosen) and e.by_mask]
    if not masks:
        return False
    plain = [isinstance(e, tuple | Moving | NewAxis) or e not in (*masks,) for e in plan.entries]
    ints = [k for k, e in enumerate(plan.entries) if isinstance(e, Const | Value)]
    at = next(k for k, e in enumerate(plan.entries) if e is masks[0])
    apart = any(plain[j] and j not in ints for i in ints for j in range(min(i, at), max(i, at)))
    arrays = any(isinstance(e, NDArray | Ragged) for e in plan.entries)
    if len(masks) > 1 or arrays or apart:
        axis = masks[0].axis
        dense(ctx, Ragged(ctx.array(axis.atoms[0]), (axis,), ctx.loc))
    return True


def _merged(ctx: Context, base: NDArray, index: Abstract) -> tuple[NDArray, Abstract] | None:
    """For a mask of several axes that the data decides: a copy of the base with these axes merged,
    and the mask of the merged axis.
    """
    parts = list(index.items) if isinstance(index, TupleV) else [index]
    for k, p in enumerate(parts):
        if not isinstance(p, NDArray) or p.type.dtype is not BOOL or p.type.ndim < 2:
            continue
        if ctx.known_array(p) is not None:
            continue
        before, shape = sum(map(_axes_of, parts[:k])), base.type.shape
        if any(isinstance(q, Known) and q.value is Ellipsis for q in parts[:k]):
            before = len(shape) - p.type.ndim - sum(map(_axes_of, parts[k + 1 :]))
        have = shape[before : before + p.type.ndim]
        if have != p.type.shape:
            message = f"a mask of shape {p.type.shape} indexes axes of shape {have}"
            ctx.error("index-out-of-range", message)
        one = (*shape[:before], p.type.size, *shape[before + p.type.ndim :])
        flat = ctx.array(ctx.b.reshape(ctx.read(base), shape=one))
        parts[k] = ctx.array(ctx.b.reshape(ctx.read(p), shape=(p.type.size,)))
        return flat, TupleV(tuple(parts))
    return None


def _axes_of(p: Abstract) -> int:
    if isinstance(p, Known) and (p.value is None or p.value is Ellipsis):
        return 0
    return p.type.ndim if isinstance(p, NDArray) and p.type.dtype is BOOL else 1


def _has_dots(index: Abstract) -> bool:
    parts = index.items if isinstance(index, TupleV) else (index,)
    return any(isinstance(p, Known) and p.value is Ellipsis for p in parts)


def element(ctx: Context, base: NDArray, i: Atom) -> Abstract:
    """`base[i]` for an index in range: a row (a view) or a NumPy scalar."""
    entries: list[Any] = [i, *((0, n, 1) for n in base.type.shape[1:])]
    window, _ = window_of(Plan(entries, base.type.shape))
    assert window is not None
    if not window.shape:
        return scalar(window.read(ctx.b, ctx.read(base)), False)
    return ctx.view(base, window, window.shape)


def set_array(ctx: Context, base: NDArray, index: Abstract, value: Abstract) -> None:
    """`base[index] = value` of an array."""
    last = base.path[-1] if base.path else None
    if isinstance(last, Frozen) and last.key == FLAT:
        _set_flat(ctx, base, index, value)
        return
    merged = _merged(ctx, base, index)
    if merged is not None:
        set_array(ctx, merged[0], merged[1], value)
        ctx.write(base, ctx.b.reshape(ctx.read(merged[0]), shape=base.type.shape))
        return
    plan = make_plan(ctx, base.type.shape, index)
    _by_mask(ctx, plan)
    if any(isinstance(e, NDArray | Ragged) for e in plan.entries):
        _scatter(ctx, base, plan, value)
        return
    window, axes = window_of(plan)
    target = base if window is None else ctx.view(base, window, window.shape)
    if any(axes):
        store_ragged(ctx, ragged(ctx, target, axes), value)
    elif isinstance(value, Ragged):
        store_into(ctx, target, value)
    else:
        whole = target.type.shape or _has_dots(index)
        (store if whole else store_element)(ctx, target, value)


def _set_flat(ctx: Context, flat: NDArray, index: Abstract, value: Abstract) -> None:
    """`x.flat[index] = value`: in a copy, which is written back."""
    *path, step = flat.path
    assert isinstance(step, Frozen)
    whole = NDArray(flat.box, tuple(path), array(flat.type.dtype, step.base))
    elements = ctx.array(ctx.read(flat))
    set_array(ctx, elements, index, value)
    ctx.write(whole, ctx.b.reshape(ctx.read(elements), shape=step.base))


# ---- advanced indexing


@dataclass(slots=True)
class _Advanced:
    """A view of the basic part, and the gather that remains: its axes, its indices, and how the
    result is laid out.
    """

    view: NDArray
    axes: tuple[int, ...]
    indices: Atom
    batch: Shape
    perm: tuple[int, ...]
    frame: tuple[Any, ...]


def _advanced(ctx: Context, base: NDArray, plan: Plan) -> _Advanced:
    """Ints take part in the broadcast of index arrays, so they are left to the gather too."""
    entries = list(plan.entries)
    kept: list[Any] = []
    arrays: list[tuple[int, Any]] = []
    positions: list[int] = []
    axis = 0
    out_axis = 0
    for k, e in enumerate(entries):
        if e is NEW_AXIS:
            kept.append(e)
            out_axis += 1
            continue
        if isinstance(e, tuple | Moving | Chosen):
            kept.append(e)
        else:
            kept.append((0, plan.shape[axis], 1))
            arrays.append((out_axis, e))
            positions.append(k)
        axis += 1
        out_axis += 1
    window, rest_axes = window_of(Plan(kept, plan.shape))
    view = base if window is None else ctx.view(base, window, window.shape)
    batch_axes = _batch_axes(ctx, [e for _, e in arrays])
    arrays = [(k, e.data if isinstance(e, Ragged) else e) for k, e in arrays]
    shapes = [e.type.shape if isinstance(e, NDArray) else () for _, e in arrays]
    try:
        batch = np.broadcast_shapes(*shapes)
    except ValueError:
        words = "shape mismatch: indexing arrays could not be broadcast together with shapes"
        ctx.error("bad-index", " ".join((words, *map(spelled, shapes))))
    columns = []
    for _, e in arrays:
        atom = ctx.read(e) if isinstance(e, NDArray) else e
        atom = ctx.b.broadcast_to(ctx.b.cast(atom, I64), batch)
        columns.append(ctx.b.reshape(atom, shape=(*batch, 1)))
    indices = columns[0] if len(columns) == 1 else ctx.b.concatenate(*columns, axis=len(batch))
    axes = tuple(a for a, _ in arrays)
    adjacent = positions == list(range(positions[0], positions[0] + len(positions)))
    before = axes[0] if adjacent else 0
    n, rest = len(batch), view.type.ndim - len(axes)
    front, back = tuple(range(n)), tuple(range(n, n + rest))
    perm = (*back[:before], *front, *back[before:])
    laid = [*(batch_axes or [None] * n), *(a for i, a in enumerate(rest_axes) if i not in axes)]
    return _Advanced(view, axes, indices, batch, perm, tuple(laid[i] for i in perm))


def _batch_axes(ctx: Context, indices: list[Any]) -> list[Any] | None:
    """The ragged axes of index arrays; None if there are none."""
    found = [e for e in indices if isinstance(e, Ragged)]
    if not found:
        return None
    for e in found[1:]:
        if not all(alike(ctx, p, q) for p, q in zip(e.axes, found[0].axes, strict=True)):
            dense(ctx, e)
    for e in indices:
        if isinstance(e, NDArray) and e.type.size != 1:
            dense(ctx, found[0])
    return list(found[0].axes)


def _gather(ctx: Context, base: NDArray, plan: Plan) -> Abstract:
    adv = _advanced(ctx, base, plan)
    out = ctx.b.gather(ctx.read(adv.view), adv.indices, axes=adv.axes)
    if adv.perm != tuple(range(len(adv.perm))):
        out = ctx.b.transpose(out, perm=adv.perm)
    return ragged(ctx, ctx.result(out), adv.frame)  # type: ignore[no-any-return]


def accumulate(ctx: Context, base: NDArray, index: Abstract, value: Abstract, op: str) -> None:
    """`np.add.at(base, index, value)` (or subtract): indices that occur twice count twice."""
    plan = make_plan(ctx, base.type.shape, index)
    if any(isinstance(e, NDArray | Ragged) for e in plan.entries):
        if op == "-":
            value = operators.unary(ctx, "-", value)
        _scatter(ctx, base, plan, value, "scatter_add")
    else:
        set_array(ctx, base, index, operators.binary(ctx, op, get_array(ctx, base, index), value))


def _refuse_ragged(ctx: Context, plan: Plan, value: Abstract) -> None:
    for v in (*plan.entries, value):
        if isinstance(v, Ragged):
            dense(ctx, v)
        if isinstance(v, Chosen):
            dense(ctx, Ragged(ctx.array(v.axis.atoms[0]), (v.axis,), ctx.loc))


def _scatter(ctx: Context, base: NDArray, plan: Plan, value: Abstract, op: str = "scatter") -> None:
    adv = _advanced(ctx, base, plan)
    if any(adv.frame) or isinstance(value, Ragged):
        if op == "scatter_add" and isinstance(value, Ragged):
            x, own = placed(ctx, value, adv.frame)
            value = ctx.array(replaced(ctx, x, own, 0))
        elif op != "scatter_add":
            if not _among_indices(adv):
                _refuse_ragged(ctx, plan, value)
            value = ctx.array(placed(ctx, value, adv.frame)[0])
    rest = tuple(n for i, n in enumerate(adv.view.type.shape) if i not in adv.axes)
    laid = (*adv.batch, *rest)
    shape = tuple(laid[i] for i in adv.perm)
    x = ctx.atom(value, base.type.dtype, shape)
    if op == "scatter_add" and any(adv.frame):
        x = replaced(ctx, x, adv.frame, 0)
    if adv.perm != tuple(range(len(adv.perm))):
        back = tuple(sorted(range(len(adv.perm)), key=adv.perm.__getitem__))
        x = ctx.b.transpose(x, perm=back)
    if op == "scatter" and any(adv.frame):
        new = _some_scattered(ctx, adv, x)
    else:
        new = ctx.b.emit(op, (ctx.read(adv.view), adv.indices, x), {"axes": adv.axes})
    ctx.write(adv.view, new)


def _index_axes(adv: _Advanced) -> list[Any]:
    """The ragged axes of the result of a gather, those of the indices first."""
    return [adv.frame[adv.perm.index(i)] for i in range(len(adv.perm))]


def _among_indices(adv: _Advanced) -> bool:
    """Whether the ragged axes are those of the indices."""
    axes, n = _index_axes(adv), len(adv.batch)
    return any(axes[:n]) and not any(axes[n:])


def _some_scattered(ctx: Context, adv: _Advanced, x: Atom) -> Atom:
    """What indices of computed number write: the others write behind the end of an axis."""
    b, t, k = ctx.b, adv.view.type, adv.axes[0]
    none = (0,) * t.ndim
    high = tuple(int(i == k) for i in range(t.ndim))
    zero = Const(array(t.dtype), 0)
    view = b.pad(ctx.read(adv.view), zero, low=none, high=high, interior=none)
    shape = (*adv.batch, len(adv.axes))
    mask = mask_over(ctx, _index_axes(adv)[: len(adv.batch)], adv.batch)
    mask = b.broadcast(mask, shape=shape, dims=tuple(range(len(adv.batch))))
    behind = np.where(np.arange(len(adv.axes)) == 0, t.shape[k], 0).astype(np.int64)
    outside = ctx.atom(ctx.constant(np.broadcast_to(behind, shape).copy()))
    indices = b.select(mask, adv.indices, outside)
    new = b.emit("scatter", (view, indices, x), {"axes": adv.axes})
    return b.slice(new, starts=none, limits=t.shape, strides=(1,) * t.ndim)  # type: ignore[no-any-return]
