"""Choosing elements: where, clip, take, sort; rounding; conversions; parts of complex arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anvil.ir.types import BOOL, C128, F64, I64
from anvil.library.ufuncs import (
    deliver,
    dtype_argument,
    dtype_in,
    shape_in,
    truth,
)
from anvil.parser.context import Context, Intrinsic
from anvil.parser.values import Abstract, NDArray


def _absent(ctx: Context, v: Any) -> bool:
    return ctx.is_known(v) and ctx.known(v) is None


def _where(ctx: Context, condition: Any, x: Any = None, y: Any = None) -> Abstract:
    if _absent(ctx, x) or _absent(ctx, y):
        ctx.error(
            "dynamic-shape",
            "np.where with one argument returns as many indices as there are true elements",
            hint="use np.where(condition, x, y)",
        )
    c = truth(ctx, condition)
    common = ctx.promote(x, y)
    first, second = ctx.atom(x, common), ctx.atom(y, common)
    shape = ctx.broadcast_shapes(shape_in(c), shape_in(first), shape_in(second))
    picked = ctx.b.select(*(ctx.broadcast(v, shape) for v in (c, first, second)))
    return ctx.array(picked) if not shape else ctx.result(picked)


def _clip(
    ctx: Context,
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    out: Any = None,
    *,
    min: Any = None,
    max: Any = None,
    **kwargs: Any,
) -> Abstract:
    low = min if _absent(ctx, a_min) else a_min
    high = max if _absent(ctx, a_max) else a_max
    bounds = [v for v in (low, high) if not _absent(ctx, v)]
    x, *rest = ctx.operands(a, *bounds)
    if len(rest) == 2:
        return deliver(ctx, ctx.b.clamp(rest[0], x, rest[1]), out)
    if rest:
        x = ctx.b.max(x, rest[0]) if not _absent(ctx, low) else ctx.b.min(x, rest[0])
    return deliver(ctx, x, out)


def _take(ctx: Context, a: Any, indices: Any, axis: Any = None, out: Any = None) -> Abstract:
    x = ctx.atom(a)
    if _absent(ctx, axis):
        x, at = ctx.b.reshape(x, shape=(math.prod(shape_in(x)),)), 0
    else:
        at = ctx.axis(axis, x)
    i = ctx.atom(indices, I64)
    n = shape_in(x)[at]
    inside = ctx.b.and_(ctx.b.ge(i, -n), ctx.b.lt(i, n))
    every = tuple(range(len(shape_in(i))))
    ctx.check(
        ctx.b.reduce_and(inside, axes=every),
        IndexError,
        f"index out of bounds for axis {at} with size {n}",
    )
    i = ctx.b.select(ctx.b.lt(i, 0), ctx.b.add(i, n), i)
    places = ctx.b.reshape(i, shape=(*shape_in(i), 1))
    found = ctx.b.gather(x, places, axes=(at,))
    k = len(shape_in(i))
    rest = list(range(k, len(shape_in(found))))
    perm = (*rest[:at], *range(k), *rest[at:])
    return deliver(ctx, ctx.b.transpose(found, perm=perm), out)


def _sort(ctx: Context, a: Any, axis: Any = -1, kind: Any = None, order: Any = None) -> Abstract:
    x = ctx.atom(a)
    if _absent(ctx, axis):
        x, at = ctx.b.reshape(x, shape=(math.prod(shape_in(x)),)), 0
    else:
        at = ctx.axis(axis, x)
    return ctx.array(ctx.b.sort(x, axis=at, num_keys=1))


def _argsort(ctx: Context, a: Any, axis: Any = -1, kind: Any = None, order: Any = None) -> Abstract:
    x = ctx.atom(a)
    if _absent(ctx, axis):
        x, at = ctx.b.reshape(x, shape=(math.prod(shape_in(x)),)), 0
    else:
        at = ctx.axis(axis, x)
    places = ctx.b.iota(shape=shape_in(x), axis=at, dtype=I64)
    return ctx.array(ctx.b.sort(x, places, axis=at, num_keys=1)[1])


def _round(ctx: Context, a: Any, decimals: Any = 0, out: Any = None) -> Abstract:
    x, digits = ctx.atom(a), int(ctx.known(decimals, "decimals"))
    if not dtype_in(x).inexact:
        if digits < 0:
            ctx.error("unsupported-argument", "rounding integers to tens is not compiled")
        return deliver(ctx, x, out)
    if digits == 0:
        return deliver(ctx, ctx.b.round(x), out)
    scale = float(10 ** abs(digits))
    if digits > 0:
        return deliver(ctx, ctx.b.div(ctx.b.round(ctx.b.mul(x, scale)), scale), out)
    return deliver(ctx, ctx.b.mul(ctx.b.round(ctx.b.div(x, scale)), scale), out)


def _astype(
    ctx: Context,
    a: Any,
    dtype: Any,
    order: Any = "K",
    casting: Any = "unsafe",
    subok: Any = True,
    copy: Any = True,
) -> Abstract:
    wanted = dtype_argument(ctx, dtype)
    if isinstance(a, NDArray) and ctx.known(copy) is False and wanted is a.type.dtype:
        return a
    x = ctx.atom(a, wanted)
    return ctx.array(x) if isinstance(a, NDArray) else ctx.scalar(x)


def _item(ctx: Context, a: Any, *index: Any) -> Abstract:
    if index:
        ctx.error(
            "unsupported-argument", "item() with an index is not compiled", hint="a[i].item()"
        )
    x = ctx.atom(a)
    if math.prod(shape_in(x)) != 1:
        ctx.error("bad-value", "can only convert an array of size 1 to a Python scalar")
    return ctx.py_scalar(python_number(ctx, ctx.b.reshape(x, shape=())))


def python_number(ctx: Context, x: Any) -> Any:
    """A scalar atom in the dtype of the Python type of its kind."""
    target = {"b": BOOL, "i": I64, "u": I64, "f": F64, "c": C128}[dtype_in(x).kind]
    return ctx.cast(x, target)


def _fill(ctx: Context, a: Any, value: Any) -> Abstract:
    ctx.write(a, ctx.atom(value, a.type.dtype, a.type.shape))
    return ctx.constant(None)


def _part(op: str) -> Intrinsic:
    def run(ctx: Context, a: Any) -> Abstract:
        x = ctx.atom(a)
        if dtype_in(x).kind == "c":
            return ctx.result(ctx.b.emit(op, (x,)))
        if op == "real":
            return a if isinstance(a, NDArray) else ctx.result(x)
        return ctx.result(ctx.b.zeros_like(x))

    return Intrinsic(run)


def _angle(ctx: Context, z: Any, deg: Any = False) -> Abstract:
    x = ctx.atom(z)
    if dtype_in(x).kind != "c":
        x = ctx.b.atan2(ctx.b.zeros_like(x), x)
    else:
        x = ctx.b.atan2(ctx.b.imag(x), ctx.b.real(x))
    return ctx.result(ctx.b.mul(x, 180 / np.pi) if ctx.known(deg) is True else x)


def _nan_to_num(
    ctx: Context, x: Any, copy: Any = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Abstract:
    a = ctx.atom(x)
    if not dtype_in(a).inexact:
        return ctx.result(a)
    b, info = ctx.b, np.finfo(dtype_in(a).np)
    high = float(info.max) if _absent(ctx, posinf) else float(ctx.known(posinf))
    low = float(info.min) if _absent(ctx, neginf) else float(ctx.known(neginf))
    a = b.select(b.eq(a, math.inf), high, b.select(b.eq(a, -math.inf), low, a))
    return ctx.result(b.select(b.is_nan(a), float(ctx.known(nan)), a))


_CLIP, _TAKE, _SORT = Intrinsic(_clip), Intrinsic(_take), Intrinsic(_sort)
_REAL, _IMAG, _ROUND = _part("real"), _part("imag"), Intrinsic(_round)

FUNCTIONS: dict[Any, Intrinsic] = {
    np.where: Intrinsic(_where),
    np.clip: _CLIP,
    np.take: _TAKE,
    np.sort: _SORT,
    np.argsort: Intrinsic(_argsort),
    np.round: _ROUND,
    np.around: _ROUND,
    np.real: _REAL,
    np.imag: _IMAG,
    np.angle: Intrinsic(_angle),
    np.nan_to_num: Intrinsic(_nan_to_num),
}

METHODS: dict[str, Intrinsic] = {
    "clip": _CLIP,
    "take": _TAKE,
    "argsort": Intrinsic(_argsort),
    "round": _ROUND,
    "astype": Intrinsic(_astype),
    "item": Intrinsic(_item),
    "fill": Intrinsic(_fill),
}

ATTRIBUTES: dict[str, Intrinsic] = {"real": _REAL, "imag": _IMAG}
