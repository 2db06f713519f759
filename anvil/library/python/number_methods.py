"""Python's round(), and the methods of its numbers.

round(x, n) of a float is the float nearest to the decimal number of n digits nearest to x, halves
to even. With s = 10^n exact (n <= 22) and x s = hi + lo exactly:

    k = rint(hi), one more or less where hi lies half way and lo decides;  round(x, n) = k / s

which is exact but for the last division. From 2^53 on the result is x. To tens, the exact
remainder of x by s takes the place of hi and lo.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import BOOL, DTYPES, F64, I64
from anvil.library.atoms import dtype_in
from anvil.library.python.numbers import evaluated, to_int, to_python
from anvil.parser.arrays import overflow
from anvil.parser.arrays.whole import position
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract, Known

_U64 = DTYPES["u64"]
_EXACT = 22
"""The largest power of ten that float64 holds exactly."""


def rounded(ctx: Context, number: Any, ndigits: Any = None) -> Abstract:
    """`round(number, ndigits)`."""
    kind, places = ctx.kind_of(number), ctx.lifted(ndigits)
    none = isinstance(places, Known) and places.value is None
    digits = None if none else ctx.known(position(ctx, places))
    if kind not in ("py", "np"):
        ctx.error("bad-operand", "round() takes a number: use np.round for arrays")
    if ctx.is_known(number):
        return evaluated(ctx, round, number, digits)
    a = ctx.atom(number)
    dtype = dtype_in(a)
    if dtype.kind == "c" or (kind == "np" and dtype is BOOL):
        ctx.error("bad-operand", f"{ctx.describe(number)} has no method __round__")
    if kind == "np" and digits is not None:
        return ctx.call(np.round, number, digits)
    if dtype.kind in "biu":
        x = to_python(ctx, a)
        return ctx.py_scalar(x if digits is None or digits >= 0 else _int_to_tens(ctx, x, -digits))
    x = ctx.cast(a, F64)
    if digits is None:
        return ctx.py_scalar(to_int(ctx, ctx.b.round(x)))
    if abs(digits) > _EXACT:
        ctx.error(
            "unsupported-argument", f"round(x, n) is compiled for n from -{_EXACT} to {_EXACT}"
        )
    scale = 10.0 ** abs(digits)
    if digits >= 0:
        return ctx.py_scalar(_to_digits(ctx.b, x, scale))
    size = ctx.b.div(ctx.b.abs(x), scale)
    fine = ctx.b.not_(ctx.b.and_(ctx.b.ge(size, 2.0**51), ctx.b.lt(size, 2.0**53)))
    ctx.check(fine, OverflowError, "too large a float to be rounded to tens in compiled code")
    return ctx.py_scalar(_to_tens(ctx.b, x, scale))


def _high(b: Any, x: Atom) -> Atom:
    """The leading 26 bits of x."""
    out: Atom = b.bitcast(b.and_(b.bitcast(x, dtype=I64), -(2**27)), dtype=F64)
    return out


def _halves(value: float) -> tuple[float, float]:
    bits = struct.unpack("<q", struct.pack("<d", value))[0] & -(2**27)
    high: float = struct.unpack("<d", struct.pack("<q", bits))[0]
    return high, value - high


def _is_odd(b: Any, k: Atom) -> Atom:
    half = b.mul(k, 0.5)
    out: Atom = b.ne(b.round(half), half)
    return out


def _to_digits(b: Any, x: Atom, scale: float) -> Atom:
    sh, sl = _halves(scale)
    xh = _high(b, x)
    xl = b.sub(x, xh)
    hi = b.mul(x, scale)
    lo = b.add(b.sub(b.mul(xh, sh), hi), b.add(b.mul(xh, sl), b.mul(xl, sh)))
    lo = b.add(lo, b.mul(xl, sl))
    k = b.round(hi)
    gap = b.sub(hi, k)
    odd = _is_odd(b, k)
    up = b.or_(
        b.and_(b.eq(gap, 0.5), b.gt(lo, 0.0)),
        b.and_(b.eq(gap, 0.0), b.and_(b.eq(lo, 0.5), odd)),
    )
    down = b.or_(
        b.and_(b.eq(gap, -0.5), b.lt(lo, 0.0)),
        b.and_(b.eq(gap, 0.0), b.and_(b.eq(lo, -0.5), odd)),
    )
    k = b.select(up, b.add(k, 1.0), b.select(down, b.sub(k, 1.0), k))
    out: Atom = b.select(b.lt(b.abs(hi), 2.0**53), b.div(k, scale), x)
    return out


def _to_tens(b: Any, x: Atom, scale: float) -> Atom:
    rest = b.rem(x, scale)
    k = b.round(b.sub(b.div(x, scale), b.div(rest, scale)))
    twice = b.mul(b.abs(rest), 2.0)
    more = b.or_(b.gt(twice, scale), b.and_(b.eq(twice, scale), _is_odd(b, k)))
    step = b.select(b.lt(x, 0.0), -1.0, 1.0)
    k = b.select(more, b.add(k, step), k)
    out = b.mul(k, scale)
    out = b.select(b.eq(out, 0.0), b.mul(x, 0.0), out)
    fine: Atom = b.select(b.lt(b.abs(x), 2.0**53 * scale), out, x)
    return fine


def _int_to_tens(ctx: Context, x: Atom, digits: int) -> Atom:
    if digits > 18:
        ctx.error("unsupported-argument", "round(n, -digits) of an int is compiled up to 18 digits")
    b, scale = ctx.b, 10**digits
    rest = b.mod(x, scale)
    low = b.sub(x, rest)
    overflow.check(ctx, "-", x, rest, low)
    odd = b.ne(b.mod(b.floor_div(low, scale), 2), 0)
    half = scale // 2
    more = b.or_(b.gt(rest, half), b.and_(b.eq(rest, half), odd))
    step = b.select(more, scale, 0)
    out: Atom = b.add(low, step)
    overflow.check(ctx, "+", low, step, out)
    return out


# ---- methods


def _number(ctx: Context, x: Any, name: str, kinds: str) -> Atom:
    """The number, whose class has the method `name`."""
    a = ctx.atom(x)
    numpy_bool = ctx.kind_of(x) == "np" and dtype_in(a) is BOOL
    if ctx.kind_of(x) not in ("py", "np") or dtype_in(a).kind not in kinds or numpy_bool:
        ctx.error("no-attribute", f"{ctx.describe(x)} has no attribute {name!r}")
    return a


def _is_integer(ctx: Context, x: Any) -> Abstract:
    a = _number(ctx, x, "is_integer", "iuf")
    if not dtype_in(a).inexact:
        return ctx.constant(True)
    return ctx.py_scalar(ctx.b.and_(ctx.b.is_finite(a), ctx.b.eq(ctx.b.trunc(a), a)))


def _magnitude(ctx: Context, x: Any, name: str) -> Atom:
    """|x| of an int, as uint64."""
    a = ctx.cast(_number(ctx, x, name, "biu"), I64)
    return ctx.cast(ctx.b.abs(a), _U64)


def _bit_length(ctx: Context, x: Any) -> Abstract:
    b, n = ctx.b, _magnitude(ctx, x, "bit_length")
    total = b.cast(b.ne(n, 0), I64)
    for width in (32, 16, 8, 4, 2, 1):
        large = b.ge(n, 2**width)
        n = b.select(large, b.shift_right_logical(n, width), n)
        total = b.add(total, b.select(large, width, 0))
    return ctx.py_scalar(total)


def _bit_count(ctx: Context, x: Any) -> Abstract:
    b, n = ctx.b, _magnitude(ctx, x, "bit_count")
    for width, mask in ((1, 0x5555555555555555), (2, 0x3333333333333333), (4, 0x0F0F0F0F0F0F0F0F)):
        n = b.add(b.and_(n, mask), b.and_(b.shift_right_logical(n, width), mask))
    total = b.shift_right_logical(b.mul(n, 0x0101010101010101), 56)
    return ctx.py_scalar(ctx.cast(total, I64))


FUNCTIONS: dict[Any, Intrinsic] = {
    round: Intrinsic(rounded),
    float.is_integer: Intrinsic(_is_integer),
    int.bit_length: Intrinsic(_bit_length),
    int.bit_count: Intrinsic(_bit_count),
}

METHODS: dict[str, Intrinsic] = {
    "is_integer": Intrinsic(_is_integer),
    "bit_length": Intrinsic(_bit_length),
    "bit_count": Intrinsic(_bit_count),
}
