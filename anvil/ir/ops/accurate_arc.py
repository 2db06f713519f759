"""Inverse trigonometric functions of f32 and f64.

    atan(t)  = t + t z A(z), z = t^2       |t| <= tan(pi / 8)
    atan(q)  = pi / 4 + atan(t)            t = (q - 1) / (q + 1) for q above that
    atan2    = atan(q) in its octant       q = min(|x|, |y|) / max(|x|, |y|)
    asin(s)  = s + s z S(z), z = s^2       |s| <= 1/2
    asin(x)  = pi / 2 - 2 asin(s)          s = sqrt((1 - x) / 2) for x > 1/2

XLA's own atan and atan2 are exact in some programs and 5 ulp off in others.
"""

from __future__ import annotations

import math
from typing import Any, Final

from anvil.ir.ops.accurate_parts import (
    Atom,
    absolute,
    bits_of,
    copysign,
    full,
    linear_below,
    pick,
    polynomial,
    unless_small,
)
from anvil.ir.types import F32, F64

# A minimises the relative error of t + t z A(z) against atan(t): 1.2e-18 and 6.6e-10.
_ATAN: Final = {
    F64: (
        -0.333333333333332, 0.1999999999995404, -0.14285714280243994, 0.11111110785902534,
        -0.09090897829439736, 0.07692061508523725, -0.06663118881379747, 0.058479977084746206,
        -0.05039793853245737, 0.038076980827549504, -0.017920783078433634,
    ),
    F32: (
        -0.33333315497004645, 0.199984888912099, -0.1424383774506358, 0.10595915542351465,
        -0.060832242118013725,
    ),
}  # fmt: skip
# S minimises that of s + s z S(z) against asin(s): 9.8e-19 and 2.8e-10.
_ASIN: Final = {
    F64: (
        0.16666666666666763, 0.07499999999970079, 0.04464285717530064, 0.03038194267469271,
        0.02237221592015807, 0.01735159527562792, 0.013981020922497681, 0.011397275561758707,
        0.01078940962301687, 0.0036718812818068215, 0.02179132325362415, -0.021117599006432574,
        0.03270267005637984,
    ),
    F32: (
        0.166666598527708, 0.0750051214005362, 0.04451546970312275, 0.03181982996858456,
        0.014393766257879536, 0.03757821078602864,
    ),
}  # fmt: skip
# pi = high + low, high rounded to the format.
_PI: Final = {
    F64: (math.pi, 1.2246467991473532e-16),
    F32: (3.1415927410125732, -8.742277657347586e-08),
}


def _fraction_of_pi(b: Any, x: Atom, *cases: tuple[Atom, float]) -> tuple[Atom, Atom]:
    """(high, low) of pi times the fraction of the first case that holds, else of 0."""
    high, low = _PI[x.type.dtype]
    total = full(b, x, 0.0), full(b, x, 0.0)
    for where, fraction in reversed(cases):
        total = (
            pick(b, where, fraction * high, total[0], x),
            pick(b, where, fraction * low, total[1], x),
        )
    return total


def _atan_of_ratio(b: Any, q: Atom) -> Atom:
    """atan(q) for 0 <= q <= 1."""
    large = b.gt(q, math.tan(math.pi / 8))
    t = b.select(large, b.div(b.sub(q, 1.0), b.add(q, 1.0)), q)
    z = b.mul(t, t)
    y = b.add(t, b.mul(t, b.mul(z, polynomial(b, z, _ATAN[q.type.dtype]))))
    high, low = _fraction_of_pi(b, q, (large, 0.25))
    return b.add(high, b.add(y, low))


def atan2(b: Any, y: Atom, x: Atom) -> Atom:
    """The angle of (x, y), with the signs of zeros respected."""
    v, h = b.abs(y), b.abs(x)
    large, small = b.max(v, h), b.min(v, h)
    ratio = b.div(small, large)
    same = b.or_(b.eq(small, large), b.eq(large, 0.0))
    diagonal = pick(b, b.eq(large, 0.0), 0.0, 1.0, x)
    r = _atan_of_ratio(b, b.select(same, diagonal, ratio))
    steep, left = b.gt(v, h), b.lt(bits_of(b, x), 0)
    high, low = _fraction_of_pi(b, x, (steep, 0.5), (left, 1.0))
    r = b.select(b.ne(steep, left), b.neg(r), r)
    return copysign(b, absolute(b, b.add(high, b.add(r, low))), y)


def atan(b: Any, x: Atom) -> Atom:
    """Arc tangent."""
    a = b.abs(x)
    steep = b.gt(a, 1.0)
    r = _atan_of_ratio(b, b.select(steep, b.div(full(b, x, 1.0), a), a))
    high, low = _fraction_of_pi(b, x, (steep, 0.5))
    y = b.add(high, b.add(b.select(steep, b.neg(r), r), low))
    return unless_small(b, x, linear_below(x), copysign(b, y, x))


def _half_angle(b: Any, x: Atom) -> tuple[Atom, Atom]:
    """(large, p): asin(|x|) = p, or pi/2 - 2 p where |x| > 1/2 (large)."""
    a = b.abs(x)
    large = b.gt(a, 0.5)
    z = b.select(large, b.mul(b.sub(full(b, x, 1.0), a), 0.5), b.mul(a, a))
    s = b.select(large, b.sqrt(z), a)
    return large, b.add(s, b.mul(s, b.mul(z, polynomial(b, z, _ASIN[x.type.dtype]))))


def asin(b: Any, x: Atom) -> Atom:
    """Arc sine."""
    large, p = _half_angle(b, x)
    high, low = _fraction_of_pi(b, x, (large, 0.5))
    y = b.add(high, b.add(b.select(large, b.mul(p, -2.0), p), low))
    return unless_small(b, x, linear_below(x), copysign(b, absolute(b, y), x))


def acos(b: Any, x: Atom) -> Atom:
    """Arc cosine."""
    large, p = _half_angle(b, x)
    negative = b.lt(x, 0.0)
    p = b.select(large, b.add(p, p), p)
    p = b.select(b.eq(negative, large), b.neg(p), p)
    low_side = b.and_(large, negative)
    high, low = _fraction_of_pi(b, x, (low_side, 1.0), (b.not_(large), 0.5))
    return b.add(high, b.add(p, low))
