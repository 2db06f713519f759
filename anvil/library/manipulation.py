"""Shapes and order of elements: views where NumPy gives views, fresh arrays elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.library.atoms import dtype_argument, shape_in, type_in
from anvil.library.creation import diagonal_mask, shape_argument
from anvil.parser.context import Context, Intrinsic
from anvil.parser.values import Abstract, NDArray


def _as_array(ctx: Context, a: Any) -> NDArray:
    return a if isinstance(a, NDArray) else ctx.array(ctx.atom(a))


def _shape_from(ctx: Context, shape: Sequence[Any]) -> tuple[Any, ...]:
    """`reshape(2, 3)` and `reshape((2, 3))` alike."""
    one = shape[0] if len(shape) == 1 else tuple(shape)
    if isinstance(one, tuple):
        return tuple(ctx.known(n, "the shape") for n in one)
    known = ctx.known(one, "the shape")
    return tuple(known) if isinstance(known, tuple | list) else (known,)


def _resolve(ctx: Context, size: int, dims: Sequence[Any], old: Sequence[int]) -> tuple[int, ...]:
    shape = [int(n) for n in dims]
    if shape.count(-1) > 1:
        ctx.error("bad-shape", "can only specify one unknown dimension")
    if -1 in shape:
        rest = math.prod(n for n in shape if n != -1)
        shape[shape.index(-1)] = size // rest if rest else 0
    if math.prod(shape) != size:
        was, wanted = tuple(old), tuple(dims)
        ctx.error("bad-shape", f"cannot reshape array of size {size}, shape {was}, into {wanted}")
    return tuple(shape)


def _reshape(ctx: Context, a: Any, *shape: Any, order: Any = "C", **kwargs: Any) -> Abstract:
    if "shape" in kwargs or "newshape" in kwargs:
        shape = (kwargs.get("shape", kwargs.get("newshape")),)
    if ctx.known(order) not in ("C", "A"):
        ctx.error("unsupported-argument", "reshape is compiled in C order only")
    x = _as_array(ctx, a)
    dims = _shape_from(ctx, shape)
    return ctx.reshaped(x, _resolve(ctx, x.type.size, dims, x.type.shape))


def _ravel(ctx: Context, a: Any, order: Any = "C") -> Abstract:
    x = _as_array(ctx, a)
    return ctx.reshaped(x, (x.type.size,))


def _flatten(ctx: Context, a: Any, order: Any = "C") -> Abstract:
    x = ctx.atom(a)
    return ctx.array(ctx.b.reshape(x, shape=(math.prod(shape_in(x)),)))


def _transpose(ctx: Context, a: Any, *axes: Any, **kwargs: Any) -> Abstract:
    x = _as_array(ctx, a)
    n = x.type.ndim
    given = kwargs.get("axes", axes[0] if len(axes) == 1 else (tuple(axes) or None))
    known = tuple(ctx.known(i) for i in given) if isinstance(given, tuple) else ctx.known(given)
    if known is None:
        return ctx.permuted(x, tuple(reversed(range(n))))
    perm = tuple(ctx.axis(i, n) for i in known)
    if sorted(perm) != list(range(n)):
        ctx.error("bad-axis", f"axes {tuple(known)} do not match an array of {n} dimensions")
    return ctx.permuted(x, perm)


def _swapaxes(ctx: Context, a: Any, axis1: Any, axis2: Any) -> Abstract:
    x = _as_array(ctx, a)
    i, j = ctx.axis(axis1, x.type.ndim), ctx.axis(axis2, x.type.ndim)
    perm = list(range(x.type.ndim))
    perm[i], perm[j] = j, i
    return ctx.permuted(x, perm)


def _moveaxis(ctx: Context, a: Any, source: Any, destination: Any) -> Abstract:
    x = _as_array(ctx, a)
    n = x.type.ndim
    old, new = (ctx.known(v, "an axis") for v in (source, destination))
    old = [ctx.axis(i, n) for i in (old if isinstance(old, tuple | list) else (old,))]
    new = [ctx.axis(i, n) for i in (new if isinstance(new, tuple | list) else (new,))]
    if len(old) != len(new):
        ctx.error("bad-axis", "source and destination must have the same number of axes")
    perm = [i for i in range(n) if i not in old]
    for to, i in sorted(zip(new, old, strict=True)):
        perm.insert(to, i)
    return ctx.permuted(x, perm)


def _expand_dims(ctx: Context, a: Any, axis: Any) -> Abstract:
    x = _as_array(ctx, a)
    known = ctx.known(axis, "the axis")
    axes = known if isinstance(known, tuple | list) else (known,)
    n = x.type.ndim + len(axes)
    at = {ctx.axis(i, n) for i in axes}
    rest = iter(x.type.shape)
    return ctx.reshaped(x, tuple(1 if i in at else next(rest) for i in range(n)))


def _squeeze(ctx: Context, a: Any, axis: Any = None) -> Abstract:
    x = _as_array(ctx, a)
    shape = x.type.shape
    if ctx.is_known(axis) and ctx.known(axis) is None:
        return ctx.reshaped(x, tuple(n for n in shape if n != 1))
    axes = ctx.axes(axis, x.type.ndim)
    if any(shape[i] != 1 for i in axes):
        ctx.error(
            "bad-shape", "cannot select an axis to squeeze out which has size not equal to one"
        )
    return ctx.reshaped(x, tuple(n for i, n in enumerate(shape) if i not in axes))


def _broadcast_to(ctx: Context, array: Any, shape: Any, subok: Any = False) -> Abstract:
    return ctx.array(ctx.broadcast(ctx.atom(array), shape_argument(ctx, shape)))


def _at_least(n: int) -> Intrinsic:
    def one(ctx: Context, a: Any) -> Abstract:
        x = _as_array(ctx, a)
        shape = x.type.shape
        if len(shape) >= n:
            return x
        padded = (1, shape[0], 1) if (n, len(shape)) == (3, 1) else (1,) * n
        if len(shape) == 2:
            padded = (*shape, 1)
        elif len(shape) == 1 and n == 2:
            padded = (1, shape[0])
        return ctx.reshaped(x, padded)

    def run(ctx: Context, *arrays: Any) -> Abstract:
        made = [one(ctx, a) for a in arrays]
        return made[0] if len(made) == 1 else ctx.tuple(made)

    return Intrinsic(run)


# ---- joining and splitting


def _joined(ctx: Context, arrays: Any, dtype: Any = None) -> list[Atom]:
    items = ctx.items(arrays) if ctx.kind_of(arrays) == "sequence" else _rows(ctx, arrays)
    if not items:
        ctx.error("bad-value", "need at least one array to join")
    common = dtype_argument(ctx, dtype) or ctx.promote(*items)
    return [ctx.atom(i, common) for i in items]


def _rows(ctx: Context, a: Any) -> list[Abstract]:
    x = ctx.atom(a)
    shape = shape_in(x)
    rows: list[Abstract] = []
    for i in range(shape[0]):
        limits = (i + 1, *shape[1:])
        starts = (i, *(0,) * (len(shape) - 1))
        row = ctx.b.slice(x, starts=starts, limits=limits, strides=(1,) * len(shape))
        rows.append(ctx.array(ctx.b.reshape(row, shape=shape[1:])))
    return rows


def join(ctx: Context, xs: Sequence[Atom], axis: int) -> Atom:
    """The concatenation of atoms along an axis; refused with NumPy's words if shapes differ."""
    first = shape_in(xs[0])
    for x in xs[1:]:
        s = shape_in(x)
        fits = len(s) == len(first) and all(
            a == c for i, (a, c) in enumerate(zip(s, first, strict=True)) if i != axis
        )
        if not fits:
            ctx.error(
                "shape-mismatch",
                f"all the input array dimensions except axis {axis} must match: {first} and {s}",
            )
    if len(xs) == 1:
        return xs[0]
    out: Atom = ctx.b.concatenate(*xs, axis=axis)
    return out


def _concatenate(
    ctx: Context,
    arrays: Any,
    axis: Any = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: Any = "same_kind",
) -> Abstract:
    xs = _joined(ctx, arrays, dtype)
    if ctx.is_known(axis) and ctx.known(axis) is None:
        flat = [ctx.b.reshape(x, shape=(math.prod(shape_in(x)),)) for x in xs]
        return ctx.array(join(ctx, flat, 0))
    if not shape_in(xs[0]):
        ctx.error("bad-shape", "zero-dimensional arrays cannot be concatenated")
    return ctx.array(join(ctx, xs, ctx.axis(axis, xs[0])))


def _stack(
    ctx: Context,
    arrays: Any,
    axis: Any = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: Any = "same_kind",
) -> Abstract:
    xs = _joined(ctx, arrays, dtype)
    shape = shape_in(xs[0])
    if any(shape_in(x) != shape for x in xs):
        ctx.error("shape-mismatch", "all input arrays must have the same shape")
    at = ctx.axis(axis, len(shape) + 1)
    thick = [ctx.b.reshape(x, shape=(*shape[:at], 1, *shape[at:])) for x in xs]
    return ctx.array(join(ctx, thick, at))


def _stacker(lift: Callable[[tuple[int, ...]], tuple[int, ...]], axis: int) -> Intrinsic:
    def run(ctx: Context, tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Abstract:
        xs = [ctx.b.reshape(x, shape=lift(shape_in(x))) for x in _joined(ctx, tup, dtype)]
        at = 0 if axis == 1 and len(shape_in(xs[0])) == 1 else axis
        return ctx.array(join(ctx, xs, at))

    return Intrinsic(run)


def _two_d(s: tuple[int, ...]) -> tuple[int, ...]:
    return (1, math.prod(s)) if len(s) < 2 else s


def _one_d(s: tuple[int, ...]) -> tuple[int, ...]:
    return s or (1,)


def _column(s: tuple[int, ...]) -> tuple[int, ...]:
    return (math.prod(s), 1) if len(s) < 2 else s


def _split(ctx: Context, ary: Any, indices_or_sections: Any, axis: Any = 0) -> Abstract:
    x = ctx.atom(ary)
    shape, at = shape_in(x), ctx.axis(axis, x)
    known = ctx.known(indices_or_sections, "the split points")
    if isinstance(known, int | np.integer):
        if shape[at] % known:
            ctx.error("bad-value", "array split does not result in an equal division")
        cuts = list(range(0, shape[at] + 1, shape[at] // known))
    else:
        cuts = [0, *(min(int(c), shape[at]) for c in known), shape[at]]
    parts = []
    for low, high in pairwise(cuts):
        starts = tuple(low if i == at else 0 for i in range(len(shape)))
        limits = tuple(max(low, high) if i == at else n for i, n in enumerate(shape))
        part = ctx.b.slice(x, starts=starts, limits=limits, strides=(1,) * len(shape))
        parts.append(ctx.array(part))
    return ctx.list(parts)


# ---- repeating and reordering


def _flip(ctx: Context, m: Any, axis: Any = None) -> Abstract:
    x = ctx.atom(m)
    return ctx.array(ctx.b.reverse(x, axes=ctx.axes(axis, x)))


def _roll(ctx: Context, a: Any, shift: Any, axis: Any = None) -> Abstract:
    x = ctx.atom(a)
    shape = shape_in(x)
    known, by = ctx.known(axis, "the axis"), ctx.known(shift, "the shift")
    if known is None:
        flat = ctx.b.reshape(x, shape=(math.prod(shape),))
        return ctx.array(ctx.b.reshape(_rolled(ctx, flat, int(by), 0), shape=shape))
    axes = known if isinstance(known, tuple | list) else (known,)
    shifts = by if isinstance(by, tuple | list) else (by,) * len(axes)
    for s, i in zip(shifts, axes, strict=True):
        x = _rolled(ctx, x, int(s), ctx.axis(i, len(shape)))
    return ctx.array(x)


def _rolled(ctx: Context, x: Atom, shift: int, axis: int) -> Atom:
    shape = shape_in(x)
    n = shape[axis]
    cut = (-shift) % n if n else 0
    if not cut:
        return x

    def part(low: int, high: int) -> Atom:
        starts = tuple(low if i == axis else 0 for i in range(len(shape)))
        limits = tuple(high if i == axis else m for i, m in enumerate(shape))
        out: Atom = ctx.b.slice(x, starts=starts, limits=limits, strides=(1,) * len(shape))
        return out

    return join(ctx, [part(cut, n), part(0, cut)], axis)


def _repeat(ctx: Context, a: Any, repeats: Any, axis: Any = None) -> Abstract:
    x = ctx.atom(a)
    if ctx.is_known(axis) and ctx.known(axis) is None:
        x, at = ctx.b.reshape(x, shape=(math.prod(shape_in(x)),)), 0
    else:
        at = ctx.axis(axis, x)
    known = ctx.known(repeats, "the repeat counts")
    if not isinstance(known, int | np.integer):
        ctx.error("unsupported-argument", "repeat with a count per element is not compiled")
    shape = shape_in(x)
    wide = (*shape[: at + 1], int(known), *shape[at + 1 :])
    dims = tuple(i for i in range(len(wide)) if i != at + 1)
    spread = ctx.b.broadcast(x, shape=wide, dims=dims)
    final = (*shape[:at], shape[at] * int(known), *shape[at + 1 :])
    return ctx.array(ctx.b.reshape(spread, shape=final))


def _tile(ctx: Context, A: Any, reps: Any) -> Abstract:
    x = ctx.atom(A)
    known = ctx.known(reps, "the repetitions")
    times = tuple(known) if isinstance(known, tuple | list) else (known,)
    if not all(isinstance(t, int | np.integer) for t in times):
        ctx.error("bad-operand", f"repetitions are ints, not {known!r}")
    n = max(len(times), len(shape_in(x)))
    times = (1,) * (n - len(times)) + tuple(int(t) for t in times)
    shape = (1,) * (n - len(shape_in(x))) + shape_in(x)
    wide = tuple(m for t, s in zip(times, shape, strict=True) for m in (t, s))
    spread = ctx.b.broadcast(
        ctx.b.reshape(x, shape=shape), shape=wide, dims=tuple(range(1, 2 * n, 2))
    )
    final = tuple(t * s for t, s in zip(times, shape, strict=True))
    return ctx.array(ctx.b.reshape(spread, shape=final))


def _triangle(op: str) -> Intrinsic:
    def run(ctx: Context, m: Any, k: Any = 0) -> Abstract:
        x = ctx.atom(m)
        if len(shape_in(x)) < 2:
            ctx.error("bad-shape", "tril and triu are compiled for arrays of at least 2 dimensions")
        mask = diagonal_mask(ctx, shape_in(x), int(ctx.known(k, "k")), op)
        return ctx.array(ctx.b.select(mask, x, ctx.b.zeros_like(x)))

    return Intrinsic(run)


def _diagonal(ctx: Context, a: Any, offset: Any = 0) -> Abstract:
    return ctx.array(diagonal_of(ctx, ctx.atom(a), int(ctx.known(offset, "the offset"))))


def diagonal_of(ctx: Context, x: Atom, k: int) -> Atom:
    """The k-th diagonal of a matrix, by a gather of known positions."""
    rows, columns = shape_in(x)
    n = max(0, min(rows + min(k, 0), columns - max(k, 0)))
    i = np.arange(n)
    places = ctx.b.const(np.stack([i - min(k, 0), i + max(k, 0)], axis=1))
    out: Atom = ctx.b.gather(x, places, axes=(0, 1))
    return out


def _diag(ctx: Context, v: Any, k: Any = 0) -> Abstract:
    x, by = ctx.atom(v), int(ctx.known(k, "k"))
    shape = shape_in(x)
    if len(shape) == 2:
        return ctx.array(diagonal_of(ctx, x, by))
    if len(shape) != 1:
        ctx.error("bad-shape", "Input must be 1- or 2-d.")
    n = shape[0] + abs(by)
    i = np.arange(shape[0])
    places = ctx.b.const(np.stack([i + max(-by, 0), i + max(by, 0)], axis=1))
    zeros = ctx.b.zeros(type_in(x).with_shape((n, n)))
    return ctx.array(ctx.b.scatter_add(zeros, places, x, axes=(0, 1)))


_RESHAPE, _TRANSPOSE = Intrinsic(_reshape), Intrinsic(_transpose)
_SWAPAXES, _RAVEL, _SQUEEZE = Intrinsic(_swapaxes), Intrinsic(_ravel), Intrinsic(_squeeze)
_REPEAT, _CONCATENATE = Intrinsic(_repeat), Intrinsic(_concatenate)

FUNCTIONS: dict[Any, Intrinsic] = {
    np.reshape: _RESHAPE,
    np.ravel: _RAVEL,
    np.transpose: _TRANSPOSE,
    np.swapaxes: _SWAPAXES,
    np.moveaxis: Intrinsic(_moveaxis),
    np.expand_dims: Intrinsic(_expand_dims),
    np.squeeze: _SQUEEZE,
    np.broadcast_to: Intrinsic(_broadcast_to),
    np.atleast_1d: _at_least(1),
    np.atleast_2d: _at_least(2),
    np.atleast_3d: _at_least(3),
    np.concatenate: _CONCATENATE,
    np.stack: Intrinsic(_stack),
    np.vstack: _stacker(_two_d, 0),
    np.hstack: _stacker(_one_d, 1),
    np.column_stack: _stacker(_column, 1),
    np.split: Intrinsic(_split),
    np.flip: Intrinsic(_flip),
    np.roll: Intrinsic(_roll),
    np.repeat: _REPEAT,
    np.tile: Intrinsic(_tile),
    np.tril: _triangle("le"),
    np.triu: _triangle("ge"),
    np.diagonal: Intrinsic(_diagonal),
    np.diag: Intrinsic(_diag),
}

METHODS: dict[str, Intrinsic] = {
    "reshape": _RESHAPE,
    "ravel": _RAVEL,
    "flatten": Intrinsic(_flatten),
    "transpose": _TRANSPOSE,
    "swapaxes": _SWAPAXES,
    "squeeze": _SQUEEZE,
    "repeat": _REPEAT,
    "diagonal": Intrinsic(_diagonal),
}
