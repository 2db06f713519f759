"""Reductions over axes: sums, products, extrema, means, variances, argmax, any and all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import BOOL, F32, F64, I64, DType
from anvil.library.arrays.formulas import MAXIMUM, MINIMUM, Formula
from anvil.library.arrays.resolution import combined_in, combining_dtype, selection
from anvil.library.arrays.ufuncs import deliver
from anvil.library.atoms import (
    absent,
    dtype_argument,
    dtype_in,
    everywhere,
    is_scalar_axis,
    kept_axes,
    shape_in,
    truth,
    type_in,
)
from anvil.parser.arrays.promotion import mean_of
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract


def _kept(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def _finish(
    ctx: Context, reduced: Atom, source: Atom, axes: Sequence[int], keepdims: Any, out: Any
) -> Abstract:
    if kept_axes(ctx, keepdims):
        reduced = ctx.b.reshape(reduced, shape=_kept(shape_in(source), axes))
    return deliver(ctx, reduced, out, casting="unsafe")


def _masked(ctx: Context, x: Atom, where: Any, neutral: Any) -> Atom:
    if everywhere(ctx, where):
        return x
    mask = ctx.broadcast(selection(ctx, where), shape_in(x))
    out: Atom = ctx.b.select(mask, x, ctx.b.const(neutral, type_in(x)))
    return out


def _axes_of(ctx: Context, axis: Any, x: Atom) -> tuple[int, ...]:
    """The axes of a reduction; a 0-d array has none."""
    if isinstance(ctx.known(axis, "the axis"), list):
        ctx.error("bad-operand", "'list' object cannot be interpreted as an integer")
    return () if is_scalar_axis(ctx, axis, x) else ctx.axes(axis, x)


def _accumulating(
    fn: np.ufunc, op: str, neutral: int, combine: str, boolean: tuple[str, str]
) -> Intrinsic:
    def run(
        ctx: Context,
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = None,
        where: Any = True,
    ) -> Abstract:
        x = ctx.atom(a)
        wanted = combining_dtype(ctx, fn, ctx.array(x), dtype, out)
        x = _masked(ctx, ctx.cast(x, wanted), where, neutral)
        axes = _axes_of(ctx, axis, x)
        kinds = boolean if wanted is BOOL else (op, combine)
        total: Atom = ctx.b.emit(kinds[0], (x,), {"axes": axes})
        if not absent(ctx, initial):
            total = ctx.b.emit(kinds[1], (total, ctx.atom(initial, wanted, shape_in(total))))
        return _finish(ctx, total, x, axes, keepdims, out)

    return Intrinsic(run)


def _rows(b: Any, x: Atom, low: int, high: int, step: int) -> Atom:
    """x[low:high:step]"""
    rest = shape_in(x)[1:]
    starts, ones = (low, *(0,) * len(rest)), (1,) * len(rest)
    out: Atom = b.slice(x, starts=starts, limits=(high, *rest), strides=(step, *ones))
    return out


def _folded(ctx: Context, x: Atom, axes: Sequence[int], pair: Formula) -> Atom:
    """A reduction by neighbours: of complex numbers, which no op orders."""
    b, shape = ctx.b, shape_in(x)
    rest = [i for i in range(len(shape)) if i not in axes]
    x = b.transpose(x, perm=(*axes, *rest))
    x = b.reshape(x, shape=(math.prod(shape[i] for i in axes), *(shape[i] for i in rest)))
    while (n := shape_in(x)[0]) > 1:
        even = n - n % 2
        joined = pair(b, _rows(b, x, 0, even, 2), _rows(b, x, 1, even, 2))
        x = joined if even == n else b.concatenate(joined, _rows(b, x, even, n, 1), axis=0)
    out: Atom = b.reshape(x, shape=shape_in(x)[1:])
    return out


def _extremum(fn: np.ufunc, op: str, boolean: str, pair: Formula) -> Intrinsic:
    name = fn.__name__

    def run(
        ctx: Context,
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = None,
        where: Any = True,
    ) -> Abstract:
        x = ctx.atom(a)
        x = ctx.cast(x, combining_dtype(ctx, fn, ctx.array(x), None, out))
        axes = _axes_of(ctx, axis, x)
        first = None
        if not absent(ctx, initial):
            first = ctx.atom(initial, dtype_in(x))
        if not everywhere(ctx, where):
            if first is None:
                ctx.error(
                    "bad-value",
                    f"reduction operation '{name}' does not have an identity, so to use a where "
                    "mask one has to specify 'initial'",
                )
            mask = ctx.broadcast(selection(ctx, where), shape_in(x))
            x = ctx.b.select(mask, x, ctx.broadcast(first, shape_in(x)))
        if math.prod(shape_in(x)[i] for i in axes) == 0:
            if first is None:
                ctx.error(
                    "bad-value",
                    f"zero-size array to reduction operation {name} which has no identity",
                )
            only = ctx.broadcast(first, type_in(x).drop(axes).shape)
            return _finish(ctx, only, x, axes, keepdims, out)
        kind = boolean if dtype_in(x) is BOOL else op
        if dtype_in(x).kind == "c":
            found = _folded(ctx, x, axes, pair)
        else:
            found = ctx.b.emit(kind, (x,), {"axes": axes})
        if first is not None:
            found = pair(ctx.b, ctx.broadcast(first, shape_in(found)), found)
        return _finish(ctx, found, x, axes, keepdims, out)

    return Intrinsic(run)


def _combined(
    ctx: Context, op: str, a: Any, axis: Any, out: Any, keepdims: Any, where: Any, first: Any = None
) -> Abstract:
    """`all` or `any` of the elements, and of `first` if that is given."""
    x = _masked(ctx, truth(ctx, a), where, op == "reduce_and")
    axes = _axes_of(ctx, axis, x)
    found: Atom = ctx.b.emit(op, (x,), {"axes": axes})
    if not absent(ctx, first):
        given = ctx.broadcast(truth(ctx, first), shape_in(found))
        found = ctx.b.emit("and" if op == "reduce_and" else "or", (given, found))
    return _finish(ctx, found, x, axes, keepdims, out)


def _logical_reduce(fn: Any, op: str) -> Intrinsic:
    """`logical_and.reduce` and `logical_or.reduce`."""

    def run(
        ctx: Context,
        array: Any,
        axis: Any = 0,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = None,
        where: Any = True,
    ) -> Abstract:
        ctx.call(combined_in, fn, array, dtype, out, "reduce")
        return _combined(ctx, op, array, axis, out, keepdims, where, initial)

    return Intrinsic(run)


def _logical(op: str) -> Intrinsic:
    def run(
        ctx: Context,
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        *,
        where: Any = True,
    ) -> Abstract:
        return _combined(ctx, op, a, axis, out, keepdims, where)

    return Intrinsic(run)


def _moments(
    ctx: Context, a: Any, axis: Any, dtype: Any, where: Any
) -> tuple[Atom, tuple[int, ...], Atom, DType]:
    """The array in the dtype that NumPy averages in, axes, count and the result's dtype."""
    x = ctx.atom(a)
    wanted = dtype_argument(ctx, dtype) or mean_of(dtype_in(x))
    inner = F32 if wanted.name == "f16" else wanted
    x = ctx.cast(x, inner)
    axes = ctx.axes(axis, x)
    if everywhere(ctx, where):
        size = math.prod(shape_in(x)[i] for i in axes)
        count = ctx.b.const(size, type_in(x).drop(axes))
    else:
        mask = ctx.broadcast(selection(ctx, where), shape_in(x))
        count = ctx.b.reduce_sum(ctx.cast(mask, inner), axes=axes)
    return x, axes, count, wanted


def _mean(
    ctx: Context,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    where: Any = True,
) -> Abstract:
    x, axes, count, wanted = _moments(ctx, a, axis, dtype, where)
    total = ctx.b.reduce_sum(_masked(ctx, x, where, 0), axes=axes)
    if not wanted.inexact:  # divided as floats, and converted back
        total, count = ctx.cast(total, F64), ctx.cast(count, F64)
    mean = ctx.cast(ctx.b.div(total, count), wanted)
    return _finish(ctx, mean, x, axes, keepdims, out)


def _variance(
    ctx: Context, a: Any, axis: Any, dtype: Any, ddof: Any, where: Any, mean: Any
) -> tuple[Atom, Atom, tuple[int, ...]]:
    b = ctx.b
    x, axes, count, wanted = _moments(ctx, a, axis, dtype, where)
    if not wanted.inexact:
        ctx.error("unsupported-argument", f"a variance in {wanted.np} is not compiled")
    shape = shape_in(x)
    if absent(ctx, mean):
        centre = b.div(b.reduce_sum(_masked(ctx, x, where, 0), axes=axes), count)
        spread = b.broadcast_to(b.reshape(centre, shape=_kept(shape, axes)), shape)
    else:
        spread = ctx.atom(mean, dtype_in(x), shape)
    d = _masked(ctx, b.sub(x, spread), where, 0)
    square = b.mul(d, d)
    if dtype_in(x).kind == "c":
        square = b.add(b.mul(b.real(d), b.real(d)), b.mul(b.imag(d), b.imag(d)))
        wanted = wanted if not absent(ctx, dtype) else wanted.real
        count = b.real(count)
    total = b.reduce_sum(square, axes=axes)
    left = b.sub(count, ctx.atom(ddof, dtype_in(total), shape_in(total)))
    left = b.max(left, b.zeros_like(left))
    return ctx.cast(b.div(total, left), wanted), x, axes


def _corrected(ctx: Context, ddof: Any, correction: Any) -> Any:
    """`ddof`, or `correction`, which is another name of it."""
    if absent(ctx, correction):
        return ddof
    if not ctx.is_known(ddof) or ctx.known(ddof) != 0:
        ctx.error("bad-value", "ddof and correction can't be provided simultaneously.")
    return correction


def _var(
    ctx: Context,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Abstract:
    ddof = _corrected(ctx, ddof, correction)
    var, x, axes = _variance(ctx, a, axis, dtype, ddof, where, mean)
    return _finish(ctx, var, x, axes, keepdims, out)


def _std(
    ctx: Context,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Abstract:
    """The square root of the variance; its derivative at a constant array is 0 (as norm'(0))."""
    ddof = _corrected(ctx, ddof, correction)
    var, x, axes = _variance(ctx, a, axis, dtype, ddof, where, mean)
    b = ctx.b
    flat = b.eq(var, b.zeros_like(var))
    root = b.sqrt(b.select(flat, b.const(1.0, type_in(var)), var))
    return _finish(ctx, b.select(flat, b.zeros_like(var), root), x, axes, keepdims, out)


def _arg(op: str) -> Intrinsic:
    def run(
        ctx: Context, a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False
    ) -> Abstract:
        x = ctx.atom(a)
        shape = shape_in(x)
        if absent(ctx, axis) or is_scalar_axis(ctx, axis, x):
            flat = ctx.b.reshape(x, shape=(math.prod(shape),))
            at, axes = 0, tuple(range(len(shape)))
        else:
            flat, at = x, ctx.axis(axis, x)
            axes = (at,)
        if shape_in(flat)[at] == 0:
            ctx.error("bad-value", f"attempt to get {op} of an empty sequence")
        if dtype_in(flat).kind == "c":
            found = ctx.b.argmax(_is_extreme(ctx, op, flat, at), axis=at)
        else:
            found = ctx.b.emit(op, (flat,), {"axis": at})
        if not absent(ctx, out):
            _safe_out(ctx, op, found, out)
        return _finish(ctx, found, x, axes, keepdims, out)

    return Intrinsic(run)


def _is_extreme(ctx: Context, op: str, x: Atom, axis: int) -> Atom:
    """Where complex numbers are the greatest or the least, or nan if any of them is nan."""
    b = ctx.b
    worst = _folded(ctx, x, (axis,), MAXIMUM if op == "argmax" else MINIMUM)
    worst = b.reshape(worst, shape=_kept(shape_in(x), (axis,)))
    nan = b.is_nan(b.add(b.real(x), b.imag(x)))
    lost = b.reshape(b.reduce_or(nan, axes=(axis,)), shape=shape_in(worst))
    equal = b.eq(x, b.broadcast_to(worst, shape_in(x)))
    out: Atom = b.select(b.broadcast_to(lost, shape_in(x)), nan, equal)
    return out


def _safe_out(ctx: Context, op: str, found: Atom, out: Any) -> None:
    """`out=` of positions: of their shape, and of a dtype that they can be read from."""
    t = ctx.type_of(out)
    if not np.can_cast(t.dtype.np, np.int64, "safe"):
        what = "array data" if t.shape else "scalar"
        pair = f"from dtype('{t.dtype.np}') to dtype('int64')"
        ctx.error("dtype-mismatch", f"Cannot cast {what} {pair} according to the rule 'safe'")


def _ptp(
    ctx: Context, a: Any, axis: Any = None, out: Any = None, keepdims: Any = False
) -> Abstract:
    array = ctx.array(ctx.atom(a))
    high, low = (ctx.call(fn, array, axis=axis, keepdims=keepdims) for fn in (np.max, np.min))
    found: Abstract = ctx.call(np.subtract, high, low, **({} if absent(ctx, out) else {"out": out}))
    return found


def _count_nonzero(ctx: Context, a: Any, axis: Any = None, *, keepdims: Any = False) -> Abstract:
    x = ctx.cast(truth(ctx, a), I64)
    axes = _axes_of(ctx, axis, x)
    return _finish(ctx, ctx.b.reduce_sum(x, axes=axes), x, axes, keepdims, None)


_SUM = _accumulating(np.add, "reduce_sum", 0, "add", ("reduce_or", "or"))
_PROD = _accumulating(np.multiply, "reduce_prod", 1, "mul", ("reduce_and", "and"))
_MAX = _extremum(np.maximum, "reduce_max", "reduce_or", MAXIMUM)
_MIN = _extremum(np.minimum, "reduce_min", "reduce_and", MINIMUM)
_ALL, _ANY = _logical("reduce_and"), _logical("reduce_or")
_MEAN, _VAR, _STD = Intrinsic(_mean), Intrinsic(_var), Intrinsic(_std)
_ARGMAX, _ARGMIN = _arg("argmax"), _arg("argmin")


def _over_first(entry: Intrinsic) -> Intrinsic:
    """`ufunc.reduce`: the reduction, over axis 0 unless told otherwise."""

    def run(
        ctx: Context, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, **kwargs: Any
    ) -> Abstract:
        if not absent(ctx, dtype) and entry in (_SUM, _PROD):
            kwargs["dtype"] = dtype
        elif not absent(ctx, dtype):
            array = ctx.call(np.astype, array, dtype)
        found: Abstract = entry.run(ctx, array, axis=axis, out=out, **kwargs)
        return found

    return Intrinsic(run)


FUNCTIONS: dict[Any, Intrinsic] = {
    np.sum: _SUM,
    np.prod: _PROD,
    np.max: _MAX,
    np.amax: _MAX,
    np.min: _MIN,
    np.amin: _MIN,
    np.all: _ALL,
    np.any: _ANY,
    np.mean: _MEAN,
    np.var: _VAR,
    np.std: _STD,
    np.argmax: _ARGMAX,
    np.argmin: _ARGMIN,
    np.ptp: Intrinsic(_ptp),
    np.count_nonzero: Intrinsic(_count_nonzero),
    np.add.reduce: _over_first(_SUM),
    np.multiply.reduce: _over_first(_PROD),
    np.maximum.reduce: _over_first(_MAX),
    np.minimum.reduce: _over_first(_MIN),
    np.logical_and.reduce: _logical_reduce(np.logical_and, "reduce_and"),
    np.logical_or.reduce: _logical_reduce(np.logical_or, "reduce_or"),
}

METHODS: dict[str, Intrinsic] = {
    "sum": _SUM,
    "prod": _PROD,
    "max": _MAX,
    "min": _MIN,
    "all": _ALL,
    "any": _ANY,
    "mean": _MEAN,
    "var": _VAR,
    "std": _STD,
    "argmax": _ARGMAX,
    "argmin": _ARGMIN,
}
