"""Shapes and order of elements: views where NumPy gives views, fresh arrays elsewhere."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.library.arrays.creation import shape_argument
from anvil.library.arrays.selection import rows_of
from anvil.library.arrays.ufuncs import deliver
from anvil.library.atoms import absent, dtype_argument, flat, is_scalar_axis, order_of, shape_in
from anvil.parser.arrays.promotion import promote
from anvil.parser.arrays.whole import known_whole
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.reports.spelling import spelled
from anvil.parser.state.values import Abstract, NDArray


def _as_array(ctx: Context, a: Any) -> NDArray:
    return a if isinstance(a, NDArray) else ctx.array(ctx.atom(a))


def _shape_from(ctx: Context, shape: Sequence[Any]) -> tuple[Any, ...]:
    """`reshape(2, 3)` and `reshape((2, 3))` alike."""
    if not shape:
        words = "reshape() takes exactly 1 argument (0 given)"
        ctx.error("wrong-arguments", words)
    one = shape[0] if len(shape) == 1 else tuple(shape)
    if isinstance(one, tuple):
        return tuple(known_whole(ctx, n, "the shape") for n in one)
    known = known_whole(ctx, one, "the shape")
    return tuple(known) if np.ndim(known) else (known,)


def _resolve(ctx: Context, size: int, dims: Sequence[Any], old: Sequence[int]) -> tuple[int, ...]:
    try:
        shape = [operator.index(n) for n in dims]
    except TypeError as error:
        ctx.error("bad-operand", str(error), raises=TypeError)
    if shape.count(-1) > 1:
        ctx.error("bad-shape", "can only specify one unknown dimension")
    if -1 in shape:
        rest = math.prod(n for n in shape if n != -1)
        shape[shape.index(-1)] = size // rest if rest else 0
    if math.prod(shape) != size:
        was, wanted = tuple(old), tuple(dims)
        ctx.error("bad-shape", f"cannot reshape array of size {size}, shape {was}, into {wanted}")
    return tuple(shape)


def _reshape(
    ctx: Context, a: Any, /, shape: Any = None, order: Any = "C", *, copy: Any = None
) -> Abstract:
    if absent(ctx, shape):
        ctx.error("wrong-arguments", "reshape() missing 1 required positional argument: 'shape'")
    return _reshape_method(ctx, a, shape, order=order)


def _reshape_method(
    ctx: Context, a: Any, /, *shape: Any, order: Any = "C", copy: Any = None
) -> Abstract:
    x = _as_array(ctx, a)
    if order_of(ctx, order) == "K":
        ctx.error("bad-value", "order 'K' is not permitted for reshaping")
    dims = _resolve(ctx, x.type.size, _shape_from(ctx, shape), x.type.shape)
    if in_columns(ctx, x, order):
        return _flipped(ctx, ctx.reshaped(_flipped(ctx, x), dims[::-1]))
    return ctx.reshaped(x, dims)


def _flipped(ctx: Context, x: NDArray) -> NDArray:
    """The view with its axes in reverse order."""
    return ctx.permuted(x, range(x.type.ndim)[::-1])


def in_columns(ctx: Context, x: NDArray, order: Any) -> bool:
    """Whether an order of elements is that of Fortran."""
    lies = ctx.memory(x) if (known := order_of(ctx, order)) == "A" else None
    return known == "F" or (lies is not None and lies.flags.fnc)


def _by_columns(ctx: Context, x: Atom) -> Atom:
    """The elements in Fortran order."""
    n = len(shape_in(x))
    return flat(ctx, ctx.b.transpose(x, perm=tuple(reversed(range(n)))))


def _reversed(ctx: Context, x: Atom, shape: tuple[int, ...]) -> Atom:
    """Elements in Fortran order as an array of that shape."""
    n = len(shape)
    back: Atom = ctx.b.transpose(
        ctx.b.reshape(x, shape=tuple(reversed(shape))), perm=tuple(reversed(range(n)))
    )
    return back


def _ravel(ctx: Context, a: Any, order: Any = "C") -> Abstract:
    x = _as_array(ctx, a)
    known = order_of(ctx, order)
    lies = ctx.memory(x)
    if known == "K" and lies is not None:
        distances = lies.strides
        outer = sorted(range(x.type.ndim), key=lambda i: -abs(distances[i]))
        x, known = ctx.permuted(x, outer), "C"
    elif in_columns(ctx, x, known):
        x, known = _flipped(ctx, x), "C"
    lies = ctx.memory(x)
    whole = lies is not None and lies.flags.c_contiguous
    return ctx.reshaped(x if whole else ctx.copy(x), (x.type.size,))


def _flatten(ctx: Context, a: Any, order: Any = "C") -> Abstract:
    x = ctx.atom(a)
    return ctx.array(_by_columns(ctx, x) if order_of(ctx, order) == "F" else flat(ctx, x))


def _transpose(ctx: Context, a: Any, *axes: Any, **kwargs: Any) -> Abstract:
    x = _as_array(ctx, a)
    n = x.type.ndim
    if ctx.kind_of(a) == "np":
        return ctx.lifted(a)
    given = kwargs.get("axes", axes[0] if len(axes) == 1 else (tuple(axes) or None))
    known = tuple(ctx.known(i) for i in given) if isinstance(given, tuple) else ctx.known(given)
    if known is None:
        return ctx.permuted(x, tuple(reversed(range(n))))
    known = tuple(known) if np.ndim(known) else (known,)
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
    if len(at) < len(axes):
        ctx.error("bad-value", "repeated axis")
    rest = iter(x.type.shape)
    return ctx.reshaped(x, tuple(1 if i in at else next(rest) for i in range(n)))


def _squeeze(ctx: Context, a: Any, axis: Any = None) -> Abstract:
    x = _as_array(ctx, a)
    if ctx.kind_of(a) == "np":
        ctx.axes(axis, 1)
        return ctx.lifted(a)
    shape = x.type.shape
    if absent(ctx, axis):
        return ctx.reshaped(x, tuple(n for n in shape if n != 1))
    zero = is_scalar_axis(ctx, axis, ctx.read(x))
    axes = () if zero else ctx.axes(axis, x.type.ndim)
    if any(shape[i] != 1 for i in axes):
        ctx.error(
            "bad-shape", "cannot select an axis to squeeze out which has size not equal to one"
        )
    return ctx.reshaped(x, tuple(n for i, n in enumerate(shape) if i not in axes))


def _broadcast_to(ctx: Context, array: Any, shape: Any, subok: Any = False) -> Abstract:
    wide = shape_argument(ctx, shape)
    have = ctx.shape_of(array)
    if len(have) > len(wide):
        words = "input operand has more dimensions than allowed by the axis remapping"
        ctx.error("shape-mismatch", words)
    if any(n not in (1, m) for n, m in zip(have[::-1], wide[::-1], strict=False)):
        words = "operands could not be broadcast together with remapped shapes"
        shapes = f"{spelled(have)}  and requested shape {spelled(wide)}"
        ctx.error("shape-mismatch", f"{words} [original->remapped]: {shapes}")
    like = partial(np.broadcast_to, shape=wide)
    return ctx.frozen(array, ("broadcast", wide), lambda b, x: b.broadcast_to(x, wide), like)


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
    items = ctx.items(arrays) if ctx.kind_of(arrays) == "sequence" else rows_of(ctx, arrays)
    if not items:
        ctx.error("bad-value", "need at least one array to join")
    common = dtype_argument(ctx, dtype) or promote(*((ctx.strength(i)[0], False) for i in items))
    return [ctx.atom(i, common) for i in items]


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


def deliver_joined(ctx: Context, x: Atom, out: Any) -> Abstract:
    """A fresh array, or `out` written."""
    return ctx.array(x) if absent(ctx, out) else deliver(ctx, x, out)


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
    if absent(ctx, axis):
        return deliver_joined(ctx, join(ctx, [flat(ctx, x) for x in xs], 0), out)
    if not shape_in(xs[0]):
        ctx.error("bad-shape", "zero-dimensional arrays cannot be concatenated")
    return deliver_joined(ctx, join(ctx, xs, ctx.axis(axis, xs[0])), out)


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
    return deliver_joined(ctx, join(ctx, thick, at), out)


def _stacker(lift: Callable[[tuple[int, ...]], tuple[int, ...]], axis: int) -> Intrinsic:
    def run(ctx: Context, tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Abstract:
        xs = [ctx.b.reshape(x, shape=lift(shape_in(x))) for x in _joined(ctx, tup, dtype)]
        at = 0 if axis == 1 and len(shape_in(xs[0])) == 1 else axis
        return ctx.array(join(ctx, xs, at))

    return Intrinsic(run)


def _two_d(s: tuple[int, ...]) -> tuple[int, ...]:
    return (1, math.prod(s)) if len(s) < 2 else s


def _three_d(s: tuple[int, ...]) -> tuple[int, ...]:
    return (1, math.prod(s), 1) if len(s) < 2 else (*s, 1) if len(s) == 2 else s


def _one_d(s: tuple[int, ...]) -> tuple[int, ...]:
    return s or (1,)


def _column(s: tuple[int, ...]) -> tuple[int, ...]:
    return (math.prod(s), 1) if len(s) < 2 else s


def _block(ctx: Context, arrays: Any) -> Abstract:
    """Nested lists joined: the innermost along the last axis, the next along the last but one."""
    depth = _depth(ctx, arrays)
    n = max(depth, _most_axes(ctx, arrays))
    return ctx.array(_blocks(ctx, arrays, depth, n))


def _depth(ctx: Context, v: Any) -> int:
    return 1 + _depth(ctx, ctx.items(v)[0]) if ctx.kind_of(v) == "sequence" else 0


def _most_axes(ctx: Context, v: Any) -> int:
    if ctx.kind_of(v) != "sequence":
        return len(ctx.shape_of(v))
    return max(_most_axes(ctx, i) for i in ctx.items(v))


def _blocks(ctx: Context, v: Any, depth: int, n: int) -> Atom:
    if depth == 0:
        x = ctx.atom(v)
        out: Atom = ctx.b.reshape(x, shape=(1,) * (n - len(shape_in(x))) + shape_in(x))
        return out
    parts = [ctx.array(_blocks(ctx, i, depth - 1, n)) for i in ctx.items(v)]
    common = ctx.promote(*parts)
    return join(ctx, [ctx.atom(p, common) for p in parts], n - depth)


_RESHAPE, _TRANSPOSE = Intrinsic(_reshape), Intrinsic(_transpose)
_SWAPAXES, _RAVEL, _SQUEEZE = Intrinsic(_swapaxes), Intrinsic(_ravel), Intrinsic(_squeeze)
_CONCATENATE = Intrinsic(_concatenate)

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
    np.dstack: _stacker(_three_d, 2),
    np.block: Intrinsic(_block),
}

METHODS: dict[str, Intrinsic] = {
    "reshape": Intrinsic(_reshape_method),
    "ravel": _RAVEL,
    "flatten": Intrinsic(_flatten),
    "transpose": _TRANSPOSE,
    "swapaxes": _SWAPAXES,
    "squeeze": _SQUEEZE,
}
