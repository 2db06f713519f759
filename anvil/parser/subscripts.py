"""Subscripts: NumPy's indexing as views, gathers and scatters; elements of sequences and dicts.

Basic indices (ints, slices, None, ...) make a view, or a scalar where every axis has an int. With
arrays among the indices the result is a copy: slices are taken first, as a view, then a gather over
the other indexed axes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, I64, Shape, array
from anvil.parser import operators, ranges
from anvil.parser.arraylike import is_arraylike
from anvil.parser.heap import DictBox, ListBox, Mark
from anvil.parser.inplace import store
from anvil.parser.values import (
    Abstract,
    DictV,
    Known,
    ListV,
    NDArray,
    ObjectV,
    RangeV,
    Scalar,
    SliceV,
    TupleV,
    scalar,
)
from anvil.parser.views import Window

if TYPE_CHECKING:
    from anvil.parser.context import Context
    from anvil.parser.interp import Interp


def evaluate_index(it: Interp, node: ast.expr) -> Abstract:
    """The value of what stands between the brackets."""
    return it.eval(node)


# ---- reading and writing


def get_item(ctx: Context, base: Abstract, index: Abstract) -> Abstract:
    """`base[index]`."""
    if isinstance(base, NDArray):
        return _get_array(ctx, base, index)
    if isinstance(base, DictV):
        return _get_key(ctx, base, index)
    if isinstance(base, ListV | TupleV):
        return _get_sequence(ctx, base, index)
    if isinstance(base, ObjectV):
        return ctx.session.calls.method(ctx, base, "__getitem__", [index])
    if isinstance(base, Known):
        return _get_known(ctx, base, index)
    if isinstance(base, RangeV):
        offset = operators.binary(ctx, "*", index, base.step)
        return operators.binary(ctx, "+", base.start, offset)
    if isinstance(base, Scalar) and not base.py:
        return _get_array(ctx, ctx.array(base.atom), index)
    ctx.error("bad-index", f"{base.describe()} cannot be indexed")


def set_item(ctx: Context, base: Abstract, index: Abstract, value: Abstract) -> None:
    """`base[index] = value`."""
    if isinstance(base, NDArray):
        _set_array(ctx, base, index, value)
    elif isinstance(base, DictV):
        box: DictBox = ctx.content(base.box, "dict")  # type: ignore[assignment]
        _writable(ctx, base.box)
        key = ctx.known(index, "the key of a dict")
        ctx.state.heap[base.box] = DictBox({**box.entries, key: value}, box.cls)
    elif isinstance(base, ListV):
        _set_list(ctx, base, index, value)
    elif isinstance(base, ObjectV):
        ctx.session.calls.method(ctx, base, "__setitem__", [index, value])
    elif isinstance(base, Known) and base.origin is not None:
        ctx.error("mutated-global", f"`{base.origin.name}` is outside the compiled function")
    else:
        ctx.error("bad-operand", f"{base.describe()} does not support item assignment")


def _writable(ctx: Context, box: int) -> None:
    mark: Mark | None = ctx.state.marks.get(box)
    if mark is not None:
        ctx.writable(box, mark)


def _get_key(ctx: Context, base: DictV, index: Abstract) -> Abstract:
    box: DictBox = ctx.content(base.box, "dict")  # type: ignore[assignment]
    key = ctx.known(index, "the key of a dict")
    if key not in box.entries:
        factory = getattr(box.cls, "__missing__", None)
        if factory is None:
            ctx.fail(KeyError, key)
        ctx.error("missing-key", f"the key {key!r} is not in this {box.cls.__name__}")
    return box.entries[key]


def _get_sequence(ctx: Context, base: Abstract, index: Abstract) -> Abstract:
    items = ctx.items(base)
    if isinstance(index, Scalar) and _uniform(ctx, items):
        return _dynamic_item(ctx, base, items, index)
    i = ctx.known(index, "the index into a list or tuple")
    if isinstance(i, slice):
        return ctx.list(items[i]) if isinstance(base, ListV) else ctx.tuple(items[i])
    n = _as_index(ctx, i)
    if not -len(items) <= n < len(items):
        ctx.fail(IndexError, f"{_kind(base)} index out of range")
    return items[n]


def _uniform(ctx: Context, items: tuple[Abstract, ...]) -> bool:
    """Whether all items are numbers of one host type, so that a computed index can choose among
    them.
    """
    if not items or not all(isinstance(i, Scalar | Known) and is_arraylike(ctx, i) for i in items):
        return False
    return len({(ctx.kind_of(i), ctx.strength(i)) for i in items}) == 1


def _dynamic_item(
    ctx: Context, base: Abstract, items: tuple[Abstract, ...], index: Scalar
) -> Abstract:
    i = checked_index(ctx, index, len(items), f"{_kind(base)} index out of range")
    stacked = ctx.atom(ctx.tuple(items))
    row = ctx.b.dynamic_slice(stacked, i, sizes=(1,))
    return scalar(ctx.b.reshape(row, shape=()), ctx.kind_of(items[0]) == "py")


def _kind(base: Abstract) -> str:
    return "list" if isinstance(base, ListV) else "tuple"


def _set_list(ctx: Context, base: ListV, index: Abstract, value: Abstract) -> None:
    items = list(ctx.items(base))
    _writable(ctx, base.box)
    i = ctx.known(index, "the index into a list")
    if isinstance(i, slice):
        items[i] = ctx.items(value)
    else:
        n = _as_index(ctx, i)
        if not -len(items) <= n < len(items):
            ctx.fail(IndexError, "list assignment index out of range")
        items[n] = value
    ctx.state.heap[base.box] = ListBox(tuple(items))


def _as_index(ctx: Context, i: Any) -> int:
    if not isinstance(i, int | np.integer):
        ctx.error("bad-index", f"an index must be an int or a slice, not {i!r}")
    return int(i)


def _get_known(ctx: Context, base: Known, index: Abstract) -> Abstract:
    obj = base.value
    if isinstance(obj, tuple | list | range) and isinstance(index, Scalar):
        return _get_sequence(ctx, ctx.tuple(ctx.items(base)), index)
    key = ctx.known(index, "an index")
    try:
        return ctx.constant(obj[key])
    except (LookupError, TypeError) as error:
        if isinstance(error, LookupError):
            ctx.fail(type(error), *error.args)
        ctx.error("bad-index", str(error))


# ---- array indices


@dataclass(slots=True)
class Plan:
    """An index brought to one entry per axis: an int atom, a slice (start, count, step), an array,
    or a new axis.
    """

    entries: list[Any]
    shape: Shape


class _NewAxis:
    """A `None` among the indices."""


_NEW = _NewAxis()


def _plan(ctx: Context, shape: Shape, index: Abstract) -> Plan:
    parts: list[Any] = list(index.items) if isinstance(index, TupleV) else [index]
    if isinstance(index, Known) and isinstance(index.value, tuple):
        parts = [ctx.constant(v) for v in index.value]
    parts = [_normal(ctx, p) for p in parts]
    used = sum(_axes_used(p) for p in parts)
    if used > len(shape):
        message = f"too many indices: the array has {len(shape)} axes, {used} are indexed"
        ctx.error("index-out-of-range", message)
    dots = [i for i, p in enumerate(parts) if p is Ellipsis]
    if len(dots) > 1:
        ctx.error("bad-index", "an index can only have a single ellipsis ('...')")
    at = dots[0] if dots else len(parts)
    fill = [slice(None)] * (len(shape) - used)
    parts = [*parts[:at], *fill, *parts[at + 1 :]] if dots else [*parts, *fill]
    return _entries(ctx, shape, parts)


def _normal(ctx: Context, p: Abstract) -> Any:
    """An index part as None, Ellipsis, a slice, an int atom, or an array value."""
    if isinstance(p, Known):
        v = p.value
        if v is None or v is Ellipsis or isinstance(v, slice):
            return v
        if isinstance(v, bool | np.bool_):
            return ctx.array(ctx.atom(p))
        if isinstance(v, int | np.integer):
            return Const(array(I64), int(v))
        if hasattr(v, "__index__"):
            return Const(array(I64), v.__index__())
    if isinstance(p, Scalar):
        if p.dtype is BOOL:
            return ctx.array(p.atom)
        if p.dtype.kind in "iu":
            return ctx.b.cast(p.atom, I64)
    if isinstance(p, SliceV):
        return p
    if isinstance(p, NDArray) or (isinstance(p, ListV | TupleV) and is_arraylike(ctx, p)):
        a = p if isinstance(p, NDArray) else ctx.array(ctx.atom(p))
        if isinstance(p, ListV) and not a.type.size:
            a = ctx.array(ctx.b.zeros(array(I64, a.type.shape)))
        if a.type.dtype.kind in "iub":
            if not a.type.shape and a.type.dtype is not BOOL:
                return ctx.b.cast(ctx.read(a), I64)
            return a
    ctx.error(
        "bad-index",
        f"arrays are indexed by integers, slices, None, ... and integer or boolean arrays, not by {ctx.describe(p)}",
    )


def _axes_used(p: Any) -> int:
    if p is None or p is Ellipsis:
        return 0
    if isinstance(p, NDArray) and p.type.dtype is BOOL:
        return p.type.ndim
    return 1


def _entries(ctx: Context, shape: Shape, parts: list[Any]) -> Plan:
    out: list[Any] = []
    axis = 0
    for p in parts:
        if p is None:
            out.append(_NEW)
            continue
        if isinstance(p, NDArray) and p.type.dtype is BOOL:
            out.extend(_mask_indices(ctx, shape, axis, p))
            axis += p.type.ndim
            continue
        n = shape[axis]
        if isinstance(p, slice | SliceV):
            out.append(_slice(ctx, p, n))
        elif isinstance(p, NDArray):
            out.append(_index_array(ctx, p, n, axis))
        else:
            message = f"index is out of bounds for axis {axis} with size {n}"
            if isinstance(p, Const):
                message = f"index {p.value} is out of bounds for axis {axis} with size {n}"
            out.append(checked_index(ctx, p, n, message))
        axis += 1
    return Plan(out, shape)


def checked_index(ctx: Context, index: Abstract | Atom, n: int, message: str) -> Atom:
    """A computed or known index into `n` items, brought into 0 .. n-1 and checked where that is not
    proven.
    """
    b = ctx.b
    i: Atom = ctx.atom(index, I64) if isinstance(index, Abstract) else index
    bounds = ranges.bounds_of_atom(ctx, i)
    low, high = bounds if bounds is not None else (-(2**62), 2**62)
    if low >= n or high < -n:
        ctx.fail(IndexError, message)
    if low < -n or high >= n:
        above = b.ge(i, -n) if low < -n else Const(array(BOOL), True)
        below = b.lt(i, n) if high >= n else Const(array(BOOL), True)
        ctx.check(b.and_(above, below), IndexError, message)
    if low < 0:
        i = b.add(i, n) if high < 0 else b.select(b.lt(i, 0), b.add(i, n), i)
    return i


def _index_array(ctx: Context, a: NDArray, n: int, axis: int) -> NDArray:
    """Integer indices brought into range and checked."""
    b = ctx.b
    known = ctx.known_array(a)
    message = f"an index is out of bounds for axis {axis} with size {n}"
    if known is not None:
        fixed = np.where(known < 0, known + n, known).astype(np.int64)
        if fixed.size and (fixed.min() < 0 or fixed.max() >= n):
            ctx.fail(IndexError, message)
        return ctx.constant(fixed) if fixed is not known else a  # type: ignore[return-value]
    i = b.cast(ctx.read(a), I64)
    fine = b.and_(b.ge(i, -n), b.lt(i, n))
    ctx.check(b.reduce_and(fine, axes=tuple(range(a.type.ndim))), IndexError, message)
    return ctx.array(b.select(b.lt(i, 0), b.add(i, n), i))


def _mask_indices(ctx: Context, shape: Shape, axis: int, mask: NDArray) -> list[NDArray]:
    known = ctx.known_array(mask)
    if known is None:
        ctx.error(
            "dynamic-shape",
            "selecting by a mask gives an array whose length the data decides",
            hint="Use `np.where(mask, x, 0.0)` and reduce that, or `np.sum(x, where=mask)`.",
        )
    have = shape[axis : axis + known.ndim]
    if known.shape != have:
        ctx.error(
            "index-out-of-range", f"a mask of shape {known.shape} indexes axes of shape {have}"
        )
    return [ctx.constant(i.astype(np.int64)) for i in np.nonzero(known)]  # type: ignore[misc]


def _slice(ctx: Context, p: slice | SliceV, n: int) -> tuple[int, int, int]:
    if isinstance(p, SliceV):
        p = slice(*(ctx.known(v, f"the {name} of a slice") for v, name in _slice_parts(p)))
    start, stop, step = p.indices(n)
    return start, len(range(start, stop, step)), step


def _slice_parts(p: SliceV) -> tuple[tuple[Abstract, str], ...]:
    return (p.start, "start"), (p.stop, "stop"), (p.step, "step")


def _window(plan: Plan) -> tuple[Window | None, list[NDArray | Atom | _NewAxis | None]]:
    """The basic part of a plan as one window that keeps the axes indexed by arrays; None where it
    changes nothing.
    """
    starts: list[int | None] = []
    counts: list[int] = []
    strides: list[int] = []
    shape: list[int] = []
    atoms: list[Atom] = []
    axis = 0
    for e in plan.entries:
        if e is _NEW:
            shape.append(1)
            continue
        if isinstance(e, tuple):
            starts.append(e[0])
            counts.append(e[1])
            strides.append(e[2])
            shape.append(e[1])
        elif isinstance(e, NDArray):
            starts.append(0)
            counts.append(plan.shape[axis])
            strides.append(1)
            shape.append(plan.shape[axis])
        else:
            known = isinstance(e, Const)
            starts.append(int(e.value) if known else None)
            counts.append(1)
            strides.append(1)
            if not known:
                atoms.append(e)
        axis += 1
    full = tuple(counts) == plan.shape and all(s == 1 for s in strides)
    if full and tuple(shape) == plan.shape and not atoms:
        return None, plan.entries
    window = Window(
        plan.shape, tuple(starts), tuple(counts), tuple(strides), tuple(shape), tuple(atoms)
    )
    return window, plan.entries


def _get_array(ctx: Context, base: NDArray, index: Abstract) -> Abstract:
    if _is_mask(base, index):
        found = ctx.known_array(index)
        if found is None:
            _mask_indices(ctx, base.type.shape, 0, index)  # type: ignore[arg-type]
    plan = _plan(ctx, base.type.shape, index)
    if any(isinstance(e, NDArray) for e in plan.entries):
        return _gather(ctx, base, plan)
    window, _ = _window(plan)
    if window is None:
        return NDArray(base.box, base.path, base.type)
    if not window.shape and not _has_dots(index):
        return scalar(window.read(ctx.b, ctx.read(base)), False)
    return ctx.view(base, window, window.shape)


def _has_dots(index: Abstract) -> bool:
    parts = index.items if isinstance(index, TupleV) else (index,)
    return any(isinstance(p, Known) and p.value is Ellipsis for p in parts)


def element(ctx: Context, base: NDArray, i: Atom) -> Abstract:
    """`base[i]` for an index in range: a row (a view) or a NumPy scalar."""
    entries: list[Any] = [i, *((0, n, 1) for n in base.type.shape[1:])]
    window, _ = _window(Plan(entries, base.type.shape))
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


def _set_array(ctx: Context, base: NDArray, index: Abstract, value: Abstract) -> None:
    if _is_mask(base, index) and ctx.known_array(index) is None:
        _set_masked(ctx, base, ctx.atom(index), value)
        return
    plan = _plan(ctx, base.type.shape, index)
    if any(isinstance(e, NDArray) for e in plan.entries):
        _scatter(ctx, base, plan, value)
        return
    window, _ = _window(plan)
    target = base if window is None else ctx.view(base, window, window.shape)
    store(ctx, target, value)


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
        if e is _NEW:
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
    window, _ = _window(Plan(kept, plan.shape))
    view = base if window is None else ctx.view(base, window, window.shape)
    shapes = [e.type.shape if isinstance(e, NDArray) else () for _, e in arrays]
    batch = ctx.broadcast_shapes(*shapes)
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


def _scatter(ctx: Context, base: NDArray, plan: Plan, value: Abstract) -> None:
    adv = _advanced(ctx, base, plan)
    rest = tuple(n for i, n in enumerate(adv.view.type.shape) if i not in adv.axes)
    laid = (*adv.batch, *rest)
    shape = tuple(laid[i] for i in adv.perm)
    x = ctx.atom(value, base.type.dtype, shape)
    if adv.perm != tuple(range(len(adv.perm))):
        back = tuple(sorted(range(len(adv.perm)), key=adv.perm.__getitem__))
        x = ctx.b.transpose(x, perm=back)
    ctx.write(adv.view, ctx.b.scatter(ctx.read(adv.view), adv.indices, x, axes=adv.axes))
