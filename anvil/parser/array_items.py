"""Elements of arrays: views for basic indices, gathers and scatters for arrays of indices, masks.

With arrays among the indices the result is a copy: slices are taken first, as a view, then a
gather over the other indexed axes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import BOOL, I64, Shape, array
from anvil.parser import operators
from anvil.parser.indices import NEW_AXIS, Plan, make_plan, mask_indices, window_of
from anvil.parser.stores import store, store_element
from anvil.parser.values import (
    Abstract,
    Known,
    NDArray,
    TupleV,
    scalar,
)
from anvil.parser.views import FLAT, Frozen

if TYPE_CHECKING:
    from anvil.parser.context import Context


def get_array(ctx: Context, base: NDArray, index: Abstract) -> Abstract:
    """`base[index]` of an array."""
    if _is_mask(base, index):
        found = ctx.known_array(index)
        if found is None:
            mask_indices(ctx, base.type.shape, 0, index)  # type: ignore[arg-type]
    plan = make_plan(ctx, base.type.shape, index)
    if any(isinstance(e, NDArray) for e in plan.entries):
        return _gather(ctx, base, plan)
    window, _ = window_of(plan)
    if window is None:
        whole = NDArray(base.box, base.path, base.type)
        return whole if base.type.shape or _has_dots(index) else scalar(ctx.read(base), False)
    if not window.shape and not _has_dots(index):
        return scalar(window.read(ctx.b, ctx.read(base)), False)
    return ctx.view(base, window, window.shape)


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


def _is_mask(base: NDArray, index: Abstract) -> bool:
    """Whether the index is one boolean array of the base's own shape."""
    return (
        isinstance(index, NDArray)
        and index.type.dtype is BOOL
        and index.type.shape == base.type.shape
    )


def set_array(ctx: Context, base: NDArray, index: Abstract, value: Abstract) -> None:
    """`base[index] = value` of an array."""
    last = base.path[-1] if base.path else None
    if isinstance(last, Frozen) and last.key == FLAT:
        _set_flat(ctx, base, index, value)
        return
    if _is_mask(base, index) and ctx.known_array(index) is None:
        _set_masked(ctx, base, ctx.atom(index), value)
        return
    plan = make_plan(ctx, base.type.shape, index)
    if any(isinstance(e, NDArray) for e in plan.entries):
        _scatter(ctx, base, plan, value)
        return
    window, _ = window_of(plan)
    target = base if window is None else ctx.view(base, window, window.shape)
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


def _set_masked(ctx: Context, base: NDArray, mask: Atom, value: Abstract) -> None:
    """`x[m] = v`: a select; `v` must not depend on how many elements are selected."""
    shape = ctx.shape_of(value)
    if shape not in ((), (1,)):
        ctx.error(
            "dynamic-shape",
            f"a value of shape {shape} is stored under a mask whose count the data decides",
            hint="Store with `x[:] = np.where(mask, values, x)`, values of the shape of x.",
        )
    new = ctx.atom(value, base.type.dtype, base.type.shape)
    ctx.write(base, ctx.b.select(mask, new, ctx.read(base)))


def augmented_mask(
    ctx: Context, base: Abstract, index: Abstract, op: str, value: Callable[[], Abstract]
) -> bool:
    """`x[m] op= v` under a mask that data decides; False if this is something else."""
    if not isinstance(base, NDArray) or not _is_mask(base, index):
        return False
    if ctx.known_array(index) is not None:
        return False
    operand = value()
    shape = ctx.shape_of(operand)
    if shape not in ((), (1,)):
        ctx.error("dynamic-shape", f"a value of shape {shape} meets elements selected by a mask")
    old = ctx.array(ctx.read(base))
    new = ctx.atom(operators.binary(ctx, op, old, operand), base.type.dtype)
    ctx.write(base, ctx.b.select(ctx.atom(index), new, ctx.read(base)))
    return True


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
        if isinstance(e, tuple):
            kept.append(e)
        else:
            kept.append((0, plan.shape[axis], 1))
            arrays.append((out_axis, e))
            positions.append(k)
        axis += 1
        out_axis += 1
    window, _ = window_of(Plan(kept, plan.shape))
    view = base if window is None else ctx.view(base, window, window.shape)
    shapes = [e.type.shape if isinstance(e, NDArray) else () for _, e in arrays]
    try:
        batch = np.broadcast_shapes(*shapes)
    except ValueError:
        text = " and ".join(map(str, shapes))
        ctx.error("bad-index", f"index arrays of shapes {text} cannot be broadcast together")
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
    return _Advanced(view, axes, indices, batch, (*back[:before], *front, *back[before:]))


def _gather(ctx: Context, base: NDArray, plan: Plan) -> Abstract:
    adv = _advanced(ctx, base, plan)
    out = ctx.b.gather(ctx.read(adv.view), adv.indices, axes=adv.axes)
    if adv.perm != tuple(range(len(adv.perm))):
        out = ctx.b.transpose(out, perm=adv.perm)
    return ctx.result(out)


def accumulate(ctx: Context, base: NDArray, index: Abstract, value: Abstract, op: str) -> None:
    """`np.add.at(base, index, value)` (or subtract): indices that occur twice count twice."""
    plan = make_plan(ctx, base.type.shape, index)
    if any(isinstance(e, NDArray) for e in plan.entries):
        if op == "-":
            value = operators.unary(ctx, "-", value)
        _scatter(ctx, base, plan, value, "scatter_add")
    else:
        set_array(ctx, base, index, operators.binary(ctx, op, get_array(ctx, base, index), value))


def _scatter(ctx: Context, base: NDArray, plan: Plan, value: Abstract, op: str = "scatter") -> None:
    adv = _advanced(ctx, base, plan)
    rest = tuple(n for i, n in enumerate(adv.view.type.shape) if i not in adv.axes)
    laid = (*adv.batch, *rest)
    shape = tuple(laid[i] for i in adv.perm)
    x = ctx.atom(value, base.type.dtype, shape)
    if adv.perm != tuple(range(len(adv.perm))):
        back = tuple(sorted(range(len(adv.perm)), key=adv.perm.__getitem__))
        x = ctx.b.transpose(x, perm=back)
    new = ctx.b.emit(op, (ctx.read(adv.view), adv.indices, x), {"axes": adv.axes})
    ctx.write(adv.view, new)
