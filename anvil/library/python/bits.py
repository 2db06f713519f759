"""The bits of floats: frexp, nextafter, spacing and ulp.

frexp      x = m 2^e: e from the bits (of x 2^100 for a small x), m = x 2^-e; dm/dx = 2^-e
nextafter  one more or less than the bits; x + (next - x) has the derivative 1 in x
spacing    nextafter away from 0, less x; no derivative
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import DTYPES, F64, I64
from anvil.library.arrays.formulas import copysign, scale_by_power
from anvil.library.arrays.ufuncs import ufunc
from anvil.library.atoms import dtype_in
from anvil.library.python.scalars import float_argument
from anvil.parser.arrays.resolution import loop_of
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract

_BIAS, _MANTISSA, _FIELD = 1022, 52, 0x7FF


def exponent(b: Any, x: Atom) -> Atom:
    """e of x = m 2^e with 1/2 <= |m| < 1, as int64; 0 for 0, infinities and nan. `x` is float64."""
    small = b.lt(b.abs(x), 2.0**-1000)
    lifted = b.select(small, b.mul(x, 2.0**100), x)
    field = b.and_(b.shift_right_logical(b.bitcast(lifted, dtype=I64), _MANTISSA), _FIELD)
    e = b.sub(b.sub(field, _BIAS), b.mul(b.cast(small, I64), 100))
    plain = b.and_(b.is_finite(x), b.ne(x, 0.0))
    out: Atom = b.select(plain, e, b.zeros_like(e))
    return out


def mantissa_and_exponent(b: Any, x: Atom) -> tuple[Atom, Atom]:
    """`frexp` of a float64."""
    e = exponent(b, x)
    return scale_by_power(b, x, b.neg(b.cast(e, F64))), e


def next_after(b: Any, x: Atom, y: Atom) -> Atom:
    """The next number after x on the way to y."""
    dtype = dtype_in(x)
    integers = DTYPES[f"i{dtype.bits}"]
    bits = b.bitcast(x, dtype=integers)
    one = b.add(b.zeros_like(bits), 1)
    away = b.eq(b.gt(y, x), b.gt(x, 0))
    moved = b.bitcast(b.add(bits, b.select(away, one, b.neg(one))), dtype=dtype)
    least = b.bitcast(one, dtype=dtype)
    new = b.select(b.eq(x, 0), copysign(b, least, y), moved)
    shifted = b.add(x, b.sub(new, b.stop_gradient(x)))
    usual = b.and_(b.is_finite(x), b.ne(new, 0))
    new = b.select(usual, shifted, new)
    there = b.sub(b.stop_gradient(y), b.sub(b.stop_gradient(x), x))
    new = b.select(b.eq(x, y), b.select(b.is_finite(x), there, y), new)
    out: Atom = b.select(b.or_(b.is_nan(x), b.is_nan(y)), b.add(x, y), new)
    return out


def spacing(b: Any, x: Atom) -> Atom:
    """The distance to the next number away from 0, with the sign of x; nan for infinities. NumPy's
    float16 goes up always.
    """
    x = b.stop_gradient(x)
    high = b.add(b.zeros_like(x), math.inf)
    end = high if dtype_in(x).bits == 16 else b.select(b.lt(x, 0), b.neg(high), high)
    gap = b.sub(next_after(b, x, end), x)
    out: Atom = b.select(b.is_finite(x), gap, b.sub(x, x))
    return out


def _math_frexp(ctx: Context, x: Any) -> Abstract:
    m, e = mantissa_and_exponent(ctx.b, float_argument(ctx, x, "math.frexp"))
    return ctx.tuple([ctx.py_scalar(m), ctx.py_scalar(e)])


def _math_nextafter(ctx: Context, x: Any, y: Any) -> Abstract:
    a = float_argument(ctx, x, "math.nextafter")
    return ctx.py_scalar(next_after(ctx.b, a, float_argument(ctx, y, "math.nextafter")))


def _math_ulp(ctx: Context, x: Any) -> Abstract:
    b, a = ctx.b, ctx.b.abs(ctx.b.stop_gradient(float_argument(ctx, x, "math.ulp")))
    up = next_after(b, a, b.add(b.zeros_like(a), math.inf))
    back = b.sub(a, next_after(b, a, b.zeros_like(a)))
    gap = b.select(b.is_finite(up), b.sub(up, a), back)
    return ctx.py_scalar(b.select(b.is_finite(a), gap, a))


def _np_frexp(ctx: Context, x: Any) -> Abstract:
    dtype = loop_of(ctx, np.frexp, (x,))[0]
    m, e = mantissa_and_exponent(ctx.b, ctx.cast(ctx.atom(x, dtype), F64))
    return ctx.tuple([ctx.result(ctx.cast(m, dtype)), ctx.result(ctx.cast(e, DTYPES["i32"]))])


FUNCTIONS: dict[Any, Intrinsic] = {
    math.frexp: Intrinsic(_math_frexp),
    math.nextafter: Intrinsic(_math_nextafter),
    math.ulp: Intrinsic(_math_ulp),
    np.frexp: Intrinsic(_np_frexp),
    np.nextafter: ufunc(np.nextafter, 2, next_after, "loop"),
    np.spacing: ufunc(np.spacing, 1, spacing, "loop"),
}
