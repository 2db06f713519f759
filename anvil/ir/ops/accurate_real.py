"""Elementary functions of f32 and f64 in terms of ops that XLA computes well.

    exp(x)   = 2^n (1 + p)                 n = round(x / ln 2), r = x - n ln 2,
                                           p = expm1(r) = r + r^2 Q(r)
    H(x)     = expm1(x) / 2                = 2 ((2^(n-2) - 1/4) + 2^(n-2) p); 2^n overflows too soon
    sinh(x)  = H + H / (2 H + 1)
    cosh(x)  = h + 1 / (4 h)               h = exp(x) / 2
    tanh(x)  = (1 - e) / (1 + e)           e = exp(-2x) = 2^n (C + r) / (C - r), C = r coth(r / 2)
    log(x)   = e ln 2 + log(m)             x = 2^e m, sqrt(1/2) <= m < sqrt(2),
                                           s = (m - 1) / (m + 1), log(m) = 2s + s^3 R(s^2)
    log2(x)  = e + log(m) / ln 2           exact for powers of 2
    log1p(x) = log(u) + c / u              u = fl(1 + x), c = (1 + x) - u exactly
    atanh(x) = log1p(2x / (1 - x)) / 2
    acosh(x) = log1p(t + sqrt(t (t + 2))), t = x - 1
    asinh(x) = log1p(x + x^2 / (1 + sqrt(1 + x^2)))

What XLA may do shapes the formulas: its simplifier folds (x + c1) + c2 into x + (c1 + c2) and
divides by a constant by multiplying by the inverse, and LLVM contracts a product and a sum into one
rounding. So nothing here adds two constants to one value in a row, and the error-free sum in log1p
is written over variables. Of a sum of two products LLVM contracts one or the other, depending on
the program around it: one of them is `rounded`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from anvil.ir.ops.accurate_parts import (
    Atom,
    bits_of,
    copysign,
    format_of,
    full,
    horner,
    lift,
    linear_below,
    pick,
    polynomial,
    pow2,
    unless_small,
)
from anvil.ir.types import F64

# --- exponentials ---------------------------------------------------------------------------------


def _scale(b: Any, y: Atom, n: Atom) -> Atom:
    """y 2^n for 1/2 < y < 2: in two steps, since 2^n overflows sooner; by its bits if subnormal."""
    f = format_of(y)
    half = b.floor(b.mul(n, 0.5))
    normal = b.mul(b.mul(y, pow2(b, half)), pow2(b, b.sub(n, half)))
    units = b.add(b.mul(y, pow2(b, b.add(n, float(f.bias + f.mantissa - 1)))), f.magic)
    subnormal = b.sub(bits_of(b, units), f.mantissa + f.bias << f.mantissa)
    return b.select(b.lt(normal, f.tiny), b.bitcast(subnormal, dtype=f.dtype), normal)


def _expm1_reduced(b: Any, r: Atom) -> Atom:
    """expm1(r) for |r| <= ln(2) / 2."""
    q = polynomial(b, r, format_of(r).expm1)
    return b.add(r, b.mul(b.mul(r, r), q))


def _within(b: Any, x: Atom, low: float, high: float = math.inf) -> Atom:
    """x clamped, nan kept: by selects, which cost a third of max and min."""
    x = pick(b, b.lt(x, low), low, x, x)
    return x if high == math.inf else pick(b, b.gt(x, high), high, x, x)


def _remainder(b: Any, x: Atom, low: float, high: float = math.inf) -> tuple[Atom, Atom]:
    """(n, r) with x = n ln 2 + r, |r| <= ln(2) / 2, x clamped to [low, high]."""
    f = format_of(x)
    x = _within(b, x, low, high)
    n = b.round(b.mul(x, 1 / math.log(2)))
    return n, b.sub(b.sub(x, b.mul(n, f.ln2_hi)), b.mul(n, f.ln2_lo))


def _reduce(b: Any, x: Atom, low: float, high: float) -> tuple[Atom, Atom]:
    """(n, p) with exp(x) = 2^n (1 + p), x clamped to [low, high]."""
    n, r = _remainder(b, x, low, high)
    return n, _expm1_reduced(b, r)


def _quarter_expm1(b: Any, x: Atom) -> Atom:
    """expm1(x) / 4 where sinh(x) is finite, at least its largest value / 2 beyond."""
    f = format_of(x)
    n, p = _reduce(b, x, -0.75 * f.mantissa, f.sinh_max)
    a = pow2(b, b.sub(n, 2.0))
    return b.add(b.sub(a, 0.25), b.mul(a, p))


def exp(b: Any, x: Atom) -> Atom:
    """e^x. XLA's flushes subnormal results, and loses 5 ulp in f32 near overflow."""
    n, p = _reduce(b, x, *format_of(x).exp_range)
    return _scale(b, b.add(p, 1.0), n)


def exp2(b: Any, x: Atom) -> Atom:
    """2^x, exact for integers."""
    f = format_of(x)
    x = _within(b, x, -float(f.lift + 2), float(f.bias + 1))
    n = b.round(x)
    p = _expm1_reduced(b, b.mul(b.sub(x, n), math.log(2)))
    return _scale(b, b.add(p, 1.0), n)


def expm1(b: Any, x: Atom) -> Atom:
    """e^x - 1."""
    q = _quarter_expm1(b, x)
    return unless_small(b, x, linear_below(x), b.mul(q, 4.0))


def sinh(b: Any, x: Atom) -> Atom:
    """Hyperbolic sine."""
    q = _quarter_expm1(b, b.abs(x))
    h = b.add(q, q)
    top = 2.0 ** format_of(x).bias
    y = b.add(h, b.div(h, b.min(b.add(b.mul(q, 4.0), 1.0), top)))
    return unless_small(b, x, linear_below(x), copysign(b, y, x))


def cosh(b: Any, x: Atom) -> Atom:
    """Hyperbolic cosine."""
    n, p = _reduce(b, b.abs(x), 0.0, format_of(x).sinh_max)
    q = b.mul(pow2(b, b.sub(n, 2.0)), b.add(p, 1.0))
    h = b.add(q, q)
    return b.add(h, b.div(full(b, h, 0.25), h))


def tanh(b: Any, x: Atom) -> Atom:
    """Hyperbolic tangent."""
    f = format_of(x)
    n, r = _remainder(b, b.mul(b.abs(x), -2.0), -0.75 * f.mantissa)
    z = b.mul(r, r)
    c = b.add(b.mul(z, horner(b, z, f.coth)), 2.0)
    power = pow2(b, n)
    less, more = b.sub(full(b, x, 1.0), power), b.add(power, 1.0)
    y = b.div(
        b.sub(b.mul(c, less), b.mul(r, more)),
        b.sub(b.mul(c, more), b.mul(r, less)),
    )
    return unless_small(b, x, linear_below(x), copysign(b, y, x))


# --- logarithms -----------------------------------------------------------------------------------


def _exponent(b: Any, x: Atom) -> tuple[Atom, Atom]:
    """(e, m): x = 2^e m for finite normal x > 0, sqrt(1/2) <= m < sqrt(2), e a float."""
    f = format_of(x)
    bits = bits_of(b, x)
    k = b.shift_right_arithmetic(b.sub(bits, f.root_half), f.mantissa)
    m = b.bitcast(b.sub(bits, b.shift_left(k, f.mantissa)), dtype=f.dtype)
    biased = b.add(k, (f.mantissa + f.bias << f.mantissa) + f.bias)
    return b.sub(b.bitcast(biased, dtype=f.dtype), f.magic + f.bias), m


def _log_parts(b: Any, x: Atom) -> tuple[Atom, Atom, Atom]:
    """(x', e, m): x = 2^e m where x is positive and finite; x' is x, made normal if subnormal."""
    tiny, y = lift(b, x)
    e, m = _exponent(b, y)
    return y, b.add(e, pick(b, tiny, -float(format_of(x).lift), 0.0, x)), m


def _log_reduced(b: Any, m: Atom) -> tuple[Atom, Atom]:
    """(f, g) with log(m) = f - g, f = m - 1, for sqrt(1/2) <= m <= sqrt(2)."""
    f = b.sub(m, 1.0)
    s = b.div(f, b.add(f, 2.0))
    z = b.mul(s, s)
    half_square = b.rounded(b.mul(b.mul(f, f), 0.5))
    tail = b.mul(z, polynomial(b, z, format_of(m).log))
    return f, b.sub(half_square, b.mul(s, b.add(half_square, tail)))


def _where_regular(b: Any, x: Atom, y: Atom) -> Atom:
    """y for positive finite x, else what every logarithm of x is."""
    special = pick(b, b.gt(x, 0.0), x, math.nan, x)
    special = pick(b, b.eq(x, 0.0), -math.inf, special, x)
    return b.select(b.and_(b.gt(x, 0.0), b.lt(x, math.inf)), y, special)


def _log_base(b: Any, x: Atom, hi: float, lo: float, scale: float) -> Atom:
    """e (hi + lo) + log(m) scale, where hi + lo is the logarithm of 2 and e hi is exact."""
    y, e, m = _log_parts(b, x)
    f, g = _log_reduced(b, m)
    fine = b.mul(b.sub(f, g), scale)
    if lo:
        fine = b.add(fine, b.mul(e, lo))
    return _where_regular(b, y, b.add(b.mul(e, hi), fine))


def log(b: Any, x: Atom) -> Atom:
    """Natural logarithm."""
    form = format_of(x)
    y, e, m = _log_parts(b, x)
    f, g = _log_reduced(b, m)
    near = b.sub(f, b.sub(g, b.mul(e, form.ln2_lo)))
    return _where_regular(b, y, b.add(b.mul(e, form.ln2_hi), near))


def log1p(b: Any, x: Atom) -> Atom:
    """log(1 + x)."""
    u = b.add(x, 1.0)
    v = b.sub(u, x)
    error = b.add(b.sub(x, b.sub(u, v)), b.sub(full(b, x, 1.0), v))
    finite = b.and_(b.gt(u, 0.0), b.lt(u, math.inf))
    correction = pick(b, finite, b.div(error, u), 0.0, x)
    return unless_small(b, x, linear_below(x), b.add(log(b, u), correction))


def log2(b: Any, x: Atom) -> Atom:
    """Logarithm to base 2, exact for powers of 2."""
    return _log_base(b, x, 1.0, 0.0, 1 / math.log(2))


def log10(b: Any, x: Atom) -> Atom:
    """Logarithm to base 10, exact for powers of 10."""
    if x.type.dtype is F64:
        return _log_base(b, x, 0.30102999566361177, 3.694239077158931e-13, 1 / math.log(10))
    return _log_base(b, x, 0.301025390625, 4.6050390e-06, 1 / math.log(10))


def atanh(b: Any, x: Atom) -> Atom:
    """Inverse hyperbolic tangent."""
    a = b.abs(x)
    y = b.mul(log1p(b, b.div(b.add(a, a), b.sub(full(b, x, 1.0), a))), 0.5)
    return unless_small(b, x, linear_below(x), b.select(b.lt(x, 0.0), b.neg(y), y))


def _log1p_or_log(b: Any, big: Atom, x: Atom, y: Atom) -> Atom:
    """log(2 x) where `big`, else log1p(y)."""
    return b.add(log1p(b, b.select(big, x, y)), pick(b, big, math.log(2), 0.0, x))


def acosh(b: Any, x: Atom) -> Atom:
    """Inverse hyperbolic cosine."""
    big = b.gt(x, 2.0 ** (format_of(x).mantissa + 8))
    t = b.sub(x, 1.0)
    y = _log1p_or_log(b, big, x, b.add(t, b.sqrt(b.mul(t, b.add(t, 2.0)))))
    return pick(b, b.lt(x, 1.0), math.nan, y, x)


def asinh(b: Any, x: Atom) -> Atom:
    """Inverse hyperbolic sine."""
    a = b.abs(x)
    big = b.gt(a, 2.0 ** (format_of(x).mantissa + 8))
    a2 = b.mul(a, a)
    y = b.add(a, b.div(a2, b.add(b.sqrt(b.add(a2, 1.0)), 1.0)))
    return unless_small(b, x, linear_below(x), copysign(b, _log1p_or_log(b, big, a, y), x))


# --- roots ----------------------------------------------------------------------------------------


def _lifted(b: Any, x: Atom, op: Callable[..., Any], power: float) -> Atom:
    """op(x) for op(s x) = s^-power op(x)."""
    tiny, y = lift(b, x)
    root = op(y)
    return b.select(tiny, b.mul(root, 2.0 ** round(format_of(x).lift * power)), root)


def sqrt(b: Any, x: Atom) -> Atom:
    """Square root: XLA's op, with subnormal operands scaled."""
    return _lifted(b, x, b.sqrt, -1 / 2)


def cbrt(b: Any, x: Atom) -> Atom:
    """Cube root: a Newton step from exp(log(x) / 3). XLA's own is 117 ulp off inside loops."""
    tiny, y = lift(b, x)
    a = b.abs(y)
    root = exp(b, b.mul(log(b, a), 1 / 3))
    residue = b.sub(root, b.div(a, b.mul(root, root)))
    root = b.sub(root, b.mul(residue, 1 / 3))
    root = b.select(tiny, b.mul(root, 2.0 ** -(format_of(x).lift // 3)), root)
    regular = b.and_(b.gt(a, 0.0), b.lt(a, math.inf))
    return b.select(regular, copysign(b, root, x), x)


def rsqrt(b: Any, x: Atom) -> Atom:
    """1 / sqrt(x): XLA's op, with subnormal operands scaled."""
    return _lifted(b, x, b.rsqrt, 1 / 2)
