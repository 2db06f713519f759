"""Conversions of dtype and kind, parts of complex arrays, and writing through."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import BOOL, C128, F64, I64, DType
from anvil.library.arrays.resolution import casting_rule
from anvil.library.arrays.selection import gather_along, in_range, rows_of
from anvil.library.atoms import absent, dtype_argument, dtype_in, flat, order_of, shape_in, truth
from anvil.library.python.numbers import to_python
from anvil.parser.arrays.resolution import loop_of
from anvil.parser.arrays.whole import position
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.memory import laid_out
from anvil.parser.state.values import Abstract, NDArray
from anvil.parser.state.views import Bits


def _astype(
    ctx: Context,
    a: Any,
    dtype: Any,
    order: Any = "K",
    casting: Any = "unsafe",
    subok: Any = True,
    copy: Any = True,
) -> Abstract:
    kept = order_of(ctx, order) in ("K", "A")
    wanted = dtype_argument(ctx, dtype)
    _check_cast(ctx, a, wanted, casting_rule(ctx, casting))
    if isinstance(a, NDArray) and ctx.known(copy) is False and wanted is a.type.dtype:
        return a
    x = ctx.atom(a, wanted)
    if not isinstance(a, NDArray):
        return ctx.scalar(x)
    return laid_out(ctx, ctx.array(x), (a,) if kept else ())


def _check_cast(ctx: Context, a: Any, wanted: DType | None, rule: Any) -> None:
    """Raises TypeError where a casting rule forbids the conversion."""
    have = ctx.type_of(a).dtype
    if wanted is not None and not np.can_cast(have.np, wanted.np, rule):
        what = "array data" if isinstance(a, NDArray) else "scalar"
        pair = f"from {have.np!r} to {wanted.np!r}"
        ctx.error("bad-operand", f"Cannot cast {what} {pair} according to the rule {rule!r}")


def _item(ctx: Context, a: Any, *index: Any) -> Abstract:
    x = ctx.atom(a)
    shape = shape_in(x)
    if not index:
        if math.prod(shape) != 1:
            ctx.error("bad-value", "can only convert an array of size 1 to a Python scalar")
        return ctx.py_scalar(python_number(ctx, ctx.b.reshape(x, shape=())))
    places = ctx.items(index[0]) if ctx.kind_of(index[0]) == "sequence" else index
    in_all = len(places) == 1 and len(shape) != 1
    if in_all:
        x, shape = flat(ctx, x), (math.prod(shape),)
    if len(places) != len(shape):
        ctx.error("bad-value", "incorrect number of indices for array")
    for k, place in enumerate(position(ctx, p) for p in places):
        n, axis = shape_in(x)[0], None if in_all else k
        x = gather_along(ctx, x, in_range(ctx, ctx.atom(place, I64), n, axis), 0)
    return ctx.py_scalar(python_number(ctx, x))


def python_number(ctx: Context, x: Any) -> Any:
    """A scalar atom in the dtype of the Python type of its kind."""
    target = {"b": BOOL, "i": I64, "u": I64, "f": F64, "c": C128}[dtype_in(x).kind]
    if target is I64 and not shape_in(x):
        return to_python(ctx, x)
    return ctx.cast(x, target)


def _to_list(ctx: Context, a: Any) -> Abstract:
    x = ctx.atom(a)
    if not shape_in(x):
        return ctx.py_scalar(python_number(ctx, x))
    return ctx.list([_to_list(ctx, row) for row in rows_of(ctx, a)])


def _fill(ctx: Context, a: Any, value: Any) -> Abstract:
    if not isinstance(a, NDArray):
        ctx.error("bad-operand", "a NumPy scalar cannot be filled: it does not change")
    if ctx.strength(value)[0].kind == "c" and a.type.dtype.kind != "c":
        ctx.error("dtype-mismatch", f"a complex value cannot be stored in {a.describe()}")
    ctx.write(a, ctx.atom(value, a.type.dtype, a.type.shape))
    return ctx.constant(None)


def _view(ctx: Context, a: Any, dtype: Any = None) -> Abstract:
    wanted = dtype_argument(ctx, dtype)
    have = ctx.type_of(a).dtype
    if wanted is None or wanted is have:
        return NDArray(a.box, a.path, a.type) if isinstance(a, NDArray) else a
    if (
        wanted.bits != have.bits
        or "b" in (wanted.kind, have.kind)
        or "c" in (wanted.kind, have.kind)
    ):
        ctx.error(
            "unsupported-argument",
            f"a view of {have.np.name} as {wanted.np.name} is not compiled",
            hint="Views are compiled between integers and floats of one size.",
        )
    if isinstance(a, NDArray):
        return ctx.view(a, Bits(have, wanted), a.type.shape, wanted)
    return ctx.scalar(ctx.b.bitcast(ctx.atom(a), dtype=wanted))


def _part(op: str) -> Intrinsic:
    def run(ctx: Context, val: Any) -> Abstract:
        a = val
        x = ctx.atom(a)
        give = ctx.py_scalar if ctx.kind_of(a) == "py" else ctx.result
        if isinstance(a, NDArray):
            give = ctx.array
        if dtype_in(x).kind == "c":
            return give(ctx.b.emit(op, (x,)))
        if op == "real":
            return a if isinstance(a, NDArray) else give(x)
        return give(ctx.b.zeros_like(x))

    return Intrinsic(run)


def _angle(ctx: Context, z: Any, deg: Any = False) -> Abstract:
    x = ctx.array(ctx.atom(z))
    if x.type.dtype.kind == "c":
        turn = ctx.b.atan2(ctx.b.imag(ctx.read(x)), ctx.b.real(ctx.read(x)))
    else:
        real = ctx.atom(x, loop_of(ctx, np.arctan2, (0, x))[0])
        turn = ctx.b.atan2(ctx.b.zeros_like(real), real)
    return ctx.result(ctx.b.mul(turn, 180 / np.pi) if ctx.known(deg) else turn)


def _nan_to_num(
    ctx: Context, x: Any, copy: Any = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Abstract:
    a = ctx.atom(x)
    t = dtype_in(a)
    if not t.inexact:
        return ctx.result(a)
    info = np.finfo(t.np)
    limits = [
        ctx.atom(nan, t.real),
        ctx.atom(float(info.max) if absent(ctx, posinf) else posinf, t.real),
        ctx.atom(float(info.min) if absent(ctx, neginf) else neginf, t.real),
    ]
    if t.kind == "c":
        parts = [_finite(ctx, v, limits) for v in (ctx.b.real(a), ctx.b.imag(a))]
        return ctx.result(ctx.b.complex(*parts))
    return ctx.result(_finite(ctx, a, limits))


def _finite(ctx: Context, a: Atom, limits: list[Atom]) -> Atom:
    b = ctx.b
    nan, high, low = (ctx.broadcast(v, shape_in(a)) for v in limits)
    bounded = b.select(b.eq(a, math.inf), high, b.select(b.eq(a, -math.inf), low, a))
    out: Atom = b.select(b.is_nan(a), nan, bounded)
    return out


def _mask_write(ctx: Context, a: Any, values: Any, where: Any) -> Abstract:
    old = ctx.read(a)
    new = ctx.atom(values, a.type.dtype, a.type.shape)
    mask = ctx.broadcast(truth(ctx, where), a.type.shape)
    ctx.write(a, ctx.b.select(mask, new, old))
    return ctx.constant(None)


def _copyto(
    ctx: Context, dst: Any, src: Any, casting: Any = "same_kind", where: Any = True
) -> Abstract:
    rule = ctx.known(casting)
    source, target = ctx.type_of(src).dtype.np, dst.type.dtype.np
    if ctx.kind_of(src) != "py" and not np.can_cast(source, target, rule):
        what = "array data" if ctx.shape_of(src) else "scalar"
        pair = f"from dtype('{source}') to dtype('{target}')"
        ctx.error("dtype-mismatch", f"Cannot cast {what} {pair} according to the rule {rule!r}")
    return _mask_write(ctx, dst, src, where)


def _put(ctx: Context, a: Any, ind: Any, v: Any, mode: Any = "raise") -> Abstract:
    b, n = ctx.b, a.type.size
    i = flat(ctx, ctx.atom(ind, I64))
    i = in_range(ctx, i, n, 0, ctx.known(mode))
    count, values = shape_in(i)[0], flat(ctx, ctx.atom(v, a.type.dtype))
    if shape_in(values)[0] != count:
        cycle = np.arange(count) % max(shape_in(values)[0], 1)
        values = gather_along(ctx, values, b.const(cycle), 0)
    places = b.reshape(i, shape=(count, 1))
    x = b.scatter(flat(ctx, ctx.read(a)), places, values, axes=(0,))
    ctx.write(a, b.reshape(x, shape=a.type.shape))
    return ctx.constant(None)


def _fill_diagonal(ctx: Context, a: Any, val: Any, wrap: Any = False) -> Abstract:
    shape = a.type.shape
    if len(shape) < 2:
        ctx.error("bad-shape", "array must be at least 2-d")
    if len(shape) > 2 and len(set(shape)) != 1:
        ctx.error("bad-shape", "All dimensions of input must be of equal length")
    n = min(shape)
    places = np.stack([np.arange(n)] * len(shape), axis=1)
    if ctx.known(wrap) and len(shape) == 2:
        places = np.stack(np.divmod(np.arange(0, shape[0] * shape[1], shape[1] + 1), shape[1]), 1)
        n = len(places)
    values = flat(ctx, ctx.atom(val, a.type.dtype))
    values = gather_along(ctx, values, ctx.b.const(np.arange(n) % shape_in(values)[0]), 0)
    x = ctx.b.scatter(ctx.read(a), ctx.b.const(places), values, axes=tuple(range(len(shape))))
    ctx.write(a, x)
    return ctx.constant(None)


_REAL, _IMAG, _ASTYPE = _part("real"), _part("imag"), Intrinsic(_astype)

FUNCTIONS: dict[Any, Intrinsic] = {
    np.astype: _ASTYPE,
    np.real: _REAL,
    np.imag: _IMAG,
    np.angle: Intrinsic(_angle),
    np.nan_to_num: Intrinsic(_nan_to_num),
    np.copyto: Intrinsic(_copyto),
    np.put: Intrinsic(_put),
    np.fill_diagonal: Intrinsic(_fill_diagonal),
}

METHODS: dict[str, Intrinsic] = {
    "view": Intrinsic(_view),
    "astype": _ASTYPE,
    "item": Intrinsic(_item),
    "tolist": Intrinsic(_to_list),
    "fill": Intrinsic(_fill),
    "put": Intrinsic(_put),
}
