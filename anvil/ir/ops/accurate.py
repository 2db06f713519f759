"""Elementary functions, division and remainder as the lowering computes them.

They are within 4 ulp of NumPy, special values included; `docs/accuracy.md` has the measurements.
These are the `decompose` rules of the op kinds of their names. A rule takes the builder and its
operands and returns an atom, or None where XLA's own op is as good. Inside the rule of a kind that
kind means XLA's own op, so the rules call each other as functions. f16 is computed in f32.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from anvil.ir.ops import accurate_arc, accurate_complex, accurate_real
from anvil.ir.ops.accurate_parts import Atom, copysign, full, pick
from anvil.ir.types import F16, F32

Rule = Callable[[Any, Atom], Any]


def _through_f32(b: Any, rule: Callable[..., Atom], *args: Atom) -> Atom:
    """rule(b, *args), for f16 in f32."""
    if args[0].type.dtype is not F16:
        return rule(b, *args)
    return b.convert(rule(b, *(b.convert(a, dtype=F32) for a in args)), dtype=F16)


def _rule(name: str) -> Rule:
    real = getattr(accurate_real, name, None) or getattr(accurate_arc, name, None)
    complex_ = getattr(accurate_complex, name, None)

    def rule(b: Any, x: Atom) -> Atom | None:
        if x.type.dtype.kind == "c":
            return complex_(b, x) if complex_ else None
        return _through_f32(b, real, x) if real else None

    rule.__name__ = rule.__qualname__ = name
    rule.__doc__ = (real or complex_).__doc__
    return rule


exp, exp2, expm1 = _rule("exp"), _rule("exp2"), _rule("expm1")
log, log2, log10, log1p = _rule("log"), _rule("log2"), _rule("log10"), _rule("log1p")
sqrt, rsqrt, cbrt = _rule("sqrt"), _rule("rsqrt"), _rule("cbrt")
sin, cos, tan = _rule("sin"), _rule("cos"), _rule("tan")
asin, acos, atan = _rule("asin"), _rule("acos"), _rule("atan")
sinh, cosh, tanh = _rule("sinh"), _rule("cosh"), _rule("tanh")
asinh, acosh, atanh = _rule("asinh"), _rule("acosh"), _rule("atanh")


# --- division with Python's signs -----------------------------------------------------------------


def _is_float(x: Atom) -> bool:
    return bool(x.type.dtype.kind == "f")


def _float_divmod(b: Any, x: Atom, y: Atom) -> tuple[Atom, Atom]:
    """(floor_div, mod): C's fmod moved to the sign of y, and the integer next to (x - mod) / y."""
    r = b.rem(x, y)
    q = b.div(b.sub(x, r), y)
    other_sign = b.ne(b.lt(y, 0.0), b.lt(r, 0.0))
    moved = b.and_(b.ne(r, 0.0), other_sign)
    mod = b.select(b.ne(r, 0.0), b.select(moved, b.add(r, y), r), copysign(b, full(b, r, 0.0), y))
    q = b.select(moved, b.sub(q, 1.0), q)
    down = b.floor(q)
    down = pick(b, b.gt(b.sub(q, down), 0.5), b.add(down, 1.0), down, x)
    zero = copysign(b, full(b, q, 0.0), b.div(x, y))
    return b.select(b.ne(q, 0.0), down, zero), mod


def _float_floor_div(b: Any, x: Atom, y: Atom) -> Atom:
    return b.select(b.eq(y, 0.0), b.div(x, y), _float_divmod(b, x, y)[0])


def _float_mod(b: Any, x: Atom, y: Atom) -> Atom:
    return b.select(b.eq(y, 0.0), b.rem(x, y), _float_divmod(b, x, y)[1])


def _int_divmod(b: Any, x: Atom, y: Atom) -> tuple[Atom, Atom]:
    """NumPy's integer division: both results 0 where y is 0, the smallest integer // -1 wraps."""
    by_zero = b.eq(y, 0)
    safe = b.select(by_zero, full(b, y, 1), y)
    if x.type.dtype.kind == "u":
        q, r = b.quot(x, safe), b.rem(x, safe)
    else:
        minus_one = b.eq(y, -1)
        safe = b.select(minus_one, full(b, y, 1), safe)
        q = b.quot(x, safe)
        r = b.sub(x, b.mul(q, safe))
        moved = b.and_(b.ne(r, 0), b.lt(b.xor(r, safe), 0))
        q = b.select(moved, b.sub(q, 1), q)
        r = b.select(moved, b.add(r, safe), r)
        q = b.select(minus_one, b.neg(x), q)
    return b.select(by_zero, full(b, q, 0), q), b.select(by_zero, full(b, r, 0), r)


def floor_div(b: Any, x: Atom, y: Atom) -> Atom:
    """x // y as NumPy computes it; by zero: inf or nan for floats, 0 for integers."""
    if _is_float(x):
        return _through_f32(b, _float_floor_div, x, y)
    return _int_divmod(b, x, y)[0]


def mod(b: Any, x: Atom, y: Atom) -> Atom:
    """x % y with the sign of y; by zero: nan for floats, 0 for integers."""
    if _is_float(x):
        return _through_f32(b, _float_mod, x, y)
    return _int_divmod(b, x, y)[1]


def rem(b: Any, x: Atom, y: Atom) -> Atom | None:
    """np.fmod: the sign of x; integers by zero give 0. XLA's own is exact for floats."""
    if _is_float(x):
        return None
    trivial = b.eq(y, 0)
    if x.type.dtype.kind == "i":
        trivial = b.or_(trivial, b.eq(y, -1))
    safe = b.select(trivial, full(b, y, 1), y)
    return b.select(trivial, full(b, x, 0), b.rem(x, safe))


# --- functions of two numbers ---------------------------------------------------------------------


def atan2(b: Any, y: Atom, x: Atom) -> Atom:
    """The angle of (x, y)."""
    return _through_f32(b, accurate_arc.atan2, y, x)


def _float_hypot(b: Any, x: Atom, y: Atom) -> Atom:
    x, y = b.abs(x), b.abs(y)
    large, small = b.max(x, y), b.min(x, y)
    ratio = b.div(small, large)
    size = b.mul(large, b.sqrt(b.add(b.mul(ratio, ratio), 1.0)))
    size = b.select(b.eq(small, 0.0), large, size)
    return pick(b, b.or_(b.eq(x, math.inf), b.eq(y, math.inf)), math.inf, size, x)


def hypot(b: Any, x: Atom, y: Atom) -> Atom:
    """sqrt(x^2 + y^2) without overflow; inf if either is, whatever the other."""
    return _through_f32(b, _float_hypot, x, y)


def _float_logaddexp(b: Any, x: Atom, y: Atom) -> Atom:
    rest = accurate_real.log1p(b, accurate_real.exp(b, b.neg(b.abs(b.sub(x, y)))))
    # equal infinities have no difference
    return b.add(b.max(x, y), pick(b, b.eq(x, y), math.log(2), rest, x))


def logaddexp(b: Any, x: Atom, y: Atom) -> Atom:
    """log(e^x + e^y)."""
    return _through_f32(b, _float_logaddexp, x, y)


def _float_logaddexp2(b: Any, x: Atom, y: Atom) -> Atom:
    power = accurate_real.exp2(b, b.neg(b.abs(b.sub(x, y))))
    rest = b.mul(accurate_real.log1p(b, power), 1 / math.log(2))
    return b.add(b.max(x, y), pick(b, b.eq(x, y), 1.0, rest, x))


def logaddexp2(b: Any, x: Atom, y: Atom) -> Atom:
    """log2(2^x + 2^y)."""
    return _through_f32(b, _float_logaddexp2, x, y)


def abs_complex(b: Any, z: Atom) -> Atom:
    """|z|: inf if either part is."""
    return _float_hypot(b, b.real(z), b.imag(z))
