"""Reductions along axes, which disappear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from anvil.ir.families import (
    Args,
    Axes,
    Batched,
    Linear,
    Reduction,
    arrays,
    broadcast_back,
    check_axes,
    check_dtype,
    type_at,
)
from anvil.ir.opkind import OpKind, RuleError
from anvil.ir.records import Const, Op
from anvil.ir.samples import shaped
from anvil.ir.types import BOOL, I64, INTEGERS, NUMBERS, REALS, ArrayType, DType, Type, array

_SAMPLES = shaped(
    ((2, 3, 4), {"axes": (0, 2)}),
    ((2, 3), {"axes": (1,)}),
    ((5,), {"axes": (0,)}),
    ((2, 1), {"axes": ()}),
)


def _reduce(combine: str, initial: Callable[[DType], Any]) -> Callable[[Any, Op], None]:
    """Writes stablehlo.reduce with a combiner of two operands and its neutral element."""

    def hlo(e: Any, op: Op) -> None:
        (x,), (out,) = op.args, op.outs
        scalar = type_at(x).with_shape(())
        init = e.constant(initial(scalar.dtype), scalar)
        axes = ", ".join(map(str, sorted(op.attrs["axes"])))
        types = f"({e.mlir(x.type)}, {e.mlir(scalar)}) -> {e.mlir(out.type)}"
        head = f"stablehlo.reduce({e.operand(x)} init: {init}) applies {combine}"
        e.result(out, f"{head} across dimensions = [{axes}] : {types}")

    return hlo


def _lowest(dtype: DType) -> Any:
    if dtype is BOOL:
        return False
    return -np.inf if dtype.inexact else int(np.iinfo(dtype.np).min)


def _highest(dtype: DType) -> Any:
    if dtype is BOOL:
        return True
    return np.inf if dtype.inexact else int(np.iinfo(dtype.np).max)


class ReduceSum(Linear, Reduction):
    """The sum over `axes`."""

    name, dtypes, samples, linear = "reduce_sum", NUMBERS, _SAMPLES, (0,)
    hlo = _reduce("stablehlo.add", lambda dtype: 0)

    @staticmethod
    def numpy(x: Any, *, axes: Axes) -> Any:
        """Without widening."""
        return np.sum(x, axis=axes, dtype=x.dtype)

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args, *, axes: Axes) -> None:
        """ct along the axes."""
        t.add(0, broadcast_back(t.b, ct, args[0], axes))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of zeros; of integers, a multiple."""
        x, axes = args[0], attrs["axes"]
        if isinstance(x, Const) and (type_at(x).dtype.kind in "iu" or x == Const(x.type, 0)):
            n = int(np.prod([x.type.shape[a] for a in axes]))
            total = np.multiply(np.asarray(x.value, x.type.dtype.np), n, dtype=x.type.dtype.np)
            return Const(x.type.drop(axes), total.item())
        return Reduction.simplify.__func__(ReduceSum, b, args, attrs)


def _halves(b: Any, x: Any) -> tuple[Any, Any]:
    """Both halves of axis 0, whose length is even."""
    shape = type_at(x).shape
    half, rest = shape[0] // 2, (0,) * (len(shape) - 1)
    ones = (1,) * len(shape)
    first = b.slice(x, starts=(0, *rest), limits=(half, *shape[1:]), strides=ones)
    return first, b.slice(x, starts=(half, *rest), limits=shape, strides=ones)


def _even(b: Any, x: Any, fill: int) -> Any:
    """`x` with one row more if their number is odd."""
    t = type_at(x)
    if t.shape[0] % 2 == 0:
        return x
    none = (0,) * t.ndim
    high = (1, *none[1:])
    return b.pad(x, Const(t.with_shape(()), fill), low=none, high=high, interior=none)


def _rows(b: Any, x: Any, axes: Axes) -> Any:
    """`x` with the axes to reduce as one axis, in front."""
    t = type_at(x)
    kept = tuple(i for i in range(t.ndim) if i not in axes)
    n = int(np.prod([t.shape[a] for a in axes], dtype=int))
    moved = b.transpose(x, perm=(*axes, *kept))
    return b.reshape(moved, shape=(n, *(t.shape[i] for i in kept)))


class ReduceProd(Reduction):
    """The product over `axes`. Its derivative is right with any number of zeros."""

    name, dtypes, samples = "reduce_prod", NUMBERS, _SAMPLES
    hlo = _reduce("stablehlo.multiply", lambda dtype: 1)

    @staticmethod
    def numpy(x: Any, *, axes: Axes) -> Any:
        """Without widening."""
        return np.prod(x, axis=axes, dtype=x.dtype)

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args, *, axes: Axes) -> Any:
        """The product rule on a binary tree: (x, dx) (y, dy) = (x y, dx y + x dy)."""
        x, t = _rows(b, args[0], axes), _rows(b, tangents[0], axes)
        if type_at(x).shape[0] == 0:
            return None
        while type_at(x).shape[0] > 1:
            (x0, x1), (t0, t1) = _halves(b, _even(b, x, 1)), _halves(b, _even(b, t, 0))
            x, t = b.mul(x0, x1), b.add(b.scale(t0, x1), b.scale(t1, x0))
        return b.reshape(t, shape=type_at(outs[0]).shape)


def _extremum_type(cls: type[OpKind], x: Type, *, axes: Axes) -> Type:
    (t,) = arrays(cls.name, (x,))
    if any(t.shape[a] == 0 for a in axes if 0 <= a < t.ndim):
        raise RuleError(f"{cls.name} of {t} over axes {axes}: an empty axis has none")
    out: Type = Reduction.type.__func__(cls, t, axes=axes)
    return out


class Extremum(Reduction, abstract=True):
    """The derivative goes to the elements where the extremum is attained."""

    dtypes, samples, type = (BOOL, *REALS), _SAMPLES, classmethod(_extremum_type)
    at_kinks = "ties share equally"

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args, *, axes: Axes) -> Any:
        """The mean of the tangents where the extremum is attained."""
        (x,), (y,), (t,) = args, outs, tangents
        hit = b.eq(x, broadcast_back(b, y, x, axes))
        count = b.reduce_sum(b.cast(hit, type_at(x).dtype), axes=axes)
        total = b.reduce_sum(b.select(hit, t, b.zeros_like(t)), axes=axes)
        return b.scale(total, b.div(1, count))

    @classmethod
    def simplify(cls, b: Any, args: Args, attrs: Any) -> Any:
        """Of equal elements."""
        x, axes = args[0], attrs["axes"]
        if isinstance(x, Const):
            return Const(x.type.drop(axes), x.value)
        return Reduction.simplify.__func__(cls, b, args, attrs)


class ReduceMax(Extremum):
    """The largest element along `axes`; nan if there is one."""

    name, hlo = "reduce_max", _reduce("stablehlo.maximum", _lowest)

    @staticmethod
    def numpy(x: Any, *, axes: Axes) -> Any:
        """np.max."""
        return np.max(x, axis=axes)


class ReduceMin(Extremum):
    """The smallest element along `axes`; nan if there is one."""

    name, hlo = "reduce_min", _reduce("stablehlo.minimum", _highest)

    @staticmethod
    def numpy(x: Any, *, axes: Axes) -> Any:
        """np.min."""
        return np.min(x, axis=axes)


class ReduceAnd(Reduction):
    """Whether all hold along `axes`; bitwise for integers."""

    name, dtypes, samples, nondiff = "reduce_and", (BOOL, *INTEGERS), _SAMPLES, True
    hlo = _reduce("stablehlo.and", lambda dtype: dtype is BOOL or ~np.zeros((), dtype.np))

    @staticmethod
    def numpy(x: Any, *, axes: Axes) -> Any:
        """np.all."""
        return np.bitwise_and.reduce(x, axis=axes)


class ReduceOr(Reduction):
    """Whether any holds along `axes`; bitwise for integers."""

    name, dtypes, samples, nondiff = "reduce_or", (BOOL, *INTEGERS), _SAMPLES, True
    hlo = _reduce("stablehlo.or", lambda dtype: 0)

    @staticmethod
    def numpy(x: Any, *, axes: Axes) -> Any:
        """np.any."""
        return np.bitwise_or.reduce(x, axis=axes)


# ---- positions


def _arg_type(cls: type[OpKind], x: Type, *, axis: int) -> Type:
    (t,) = arrays(cls.name, (x,))
    check_dtype(cls, t.dtype)
    check_axes(cls.name, t, (axis,))
    if t.shape[axis] == 0:
        raise RuleError(f"{cls.name} of {t} along axis {axis}: an empty axis has none")
    return array(I64, t.drop((axis,)).shape)


def _arg_batch(
    cls: type[OpKind], b: Any, args: Args, batched: Batched, size: int, *, axis: int
) -> Any:
    return b.emit(cls, args, {"axis": axis + 1})


def _first(b: Any, x: Any, y: Any, axis: int) -> Any:
    """The first position along `axis` of the extremum y of x, or of the first nan."""
    t: ArrayType = type_at(x)
    hit = b.eq(x, broadcast_back(b, y, x, (axis,)))
    if t.dtype.inexact:
        hit = b.or_(hit, b.ne(x, x))
    place = b.iota(shape=t.shape, axis=axis, dtype=I64)
    place = b.select(hit, place, Const(place.type, t.shape[axis]))
    return b.reduce_min(place, axes=(axis,))


class Position(OpKind, abstract=True):
    """The i64 position of an extremum along one axis."""

    attrs, dtypes, nondiff = {"axis": 0}, (BOOL, *REALS), True
    type, batch = classmethod(_arg_type), classmethod(_arg_batch)
    samples = shaped(((2, 3), {"axis": 1}), ((4, 2), {"axis": 0}), low=-1, high=1)
    at_kinks = "0 everywhere; the first of equal elements"


class Argmax(Position):
    """The position of the first largest element along `axis`, or of the first nan."""

    name = "argmax"

    @staticmethod
    def numpy(x: Any, *, axis: int) -> Any:
        """np.argmax."""
        return np.argmax(x, axis=axis)

    @staticmethod
    def decompose(b: Any, x: Any, *, axis: int) -> Any:
        """Where the maximum is attained first."""
        return _first(b, x, b.reduce_max(x, axes=(axis,)), axis)


class Argmin(Position):
    """The position of the first smallest element along `axis`, or of the first nan."""

    name = "argmin"

    @staticmethod
    def numpy(x: Any, *, axis: int) -> Any:
        """np.argmin."""
        return np.argmin(x, axis=axis)

    @staticmethod
    def decompose(b: Any, x: Any, *, axis: int) -> Any:
        """Where the minimum is attained first."""
        return _first(b, x, b.reduce_min(x, axes=(axis,)), axis)
