"""Pieces of accurate elementary functions: constants of the formats, and what is done through bits.

CPU programs flush subnormals to zero in every float operation; integer operations and selects do
not. So f(x) ~ x near zero is a select, and a subnormal operand is made normal through its bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from anvil.ir.types import F32, F64, I32, I64, DType

Atom = Any
"""An atom of array type; the builder is duck-typed, so are its atoms."""


@dataclass(frozen=True)
class Format:
    """Constants of a binary format and of the exponential's argument reduction in it."""

    dtype: DType
    bits: DType
    mantissa: int
    bias: int
    ln2_hi: float
    ln2_lo: float
    expm1: tuple[float, ...]
    coth: tuple[float, ...]
    log: tuple[float, ...]
    exp_range: tuple[float, float]
    """Beyond it exp is 0 or inf."""
    sinh_max: float
    """Just beyond what sinh overflows at."""
    tiny: float
    lift: int
    """Power of 2 that makes every subnormal normal; a multiple of 6, for the roots."""

    @property
    def abs_mask(self) -> int:
        """All bits but the sign."""
        return (1 << (self.bits.bits - 1)) - 1

    @property
    def root_half(self) -> int:
        """The bits of sqrt(1/2)."""
        return int(np.array(math.sqrt(0.5), self.dtype.np).view(self.bits.np))

    @property
    def magic(self) -> float:
        """2^mantissa: added to a small integer, leaves it in the low bits."""
        return float(2**self.mantissa)


# Q minimises the relative error of r + r^2 Q(r) against expm1(r), |r| <= 0.3466: 1.9e-17, 2.5e-10.
_Q64: Final = (
    0.5000000000000006, 0.16666666666666666, 0.041666666666571255, 0.008333333333331328,
    0.0013888888933144378, 0.0001984126985675094, 2.480150351939302e-05, 2.755727821257677e-06,
    2.7626699991033944e-07, 2.509576734693505e-08,
)  # fmt: skip
_Q32: Final = (
    0.5000000048708763, 0.16666666674363284, 0.0416663459208498, 0.008333318078701765,
    0.0013941682288500623, 0.00019883143609864754,
)  # fmt: skip

# C interpolates (r coth(r / 2) - 2) / r^2 in r^2 on the same range: 3.5e-18, 7.1e-9 of C below.
_C64: Final = (
    0.1666666666666666, -0.002777777777756372, 6.61375647128222e-05, -1.6534059504897808e-06,
    4.1437411344187316e-08,
)  # fmt: skip
_C32: Final = (0.1666665475137874, -0.0027698466937124246)

# R minimises that of 2s + s z R(z), z = s^2, against log((1 + s) / (1 - s)), |s| <= 0.1716:
# 1.3e-18, 8.1e-10.
_R64: Final = (
    0.6666666666666734, 0.39999999999414304, 0.2857142874247853, 0.22222198563157539,
    0.1818356488200815, 0.15314035475729576, 0.14796108781330972,
)  # fmt: skip
_R32: Final = (0.666667764150784, 0.3997753698469725, 0.2987186215156998)

# ln 2 split so that n * ln2_hi is exact for every exponent n.
FORMATS: Final = {
    F64: Format(
        F64, I64, 52, 1023, 0.6931471803691238, 1.9082149292705877e-10, _Q64, _C64,
        _R64, (-746.0, 710.0), 710.5, 2.2250738585072014e-308, 1074,
    ),
    F32: Format(
        F32, I32, 23, 127, 0.693359375, -2.1219444e-4, _Q32, _C32, _R32,
        (-104.0, 89.0), 89.5, 1.1754943508222875e-38, 150,
    ),
}  # fmt: skip


def format_of(x: Atom) -> Format:
    """The binary format of an f32 or f64 atom."""
    found: Format = FORMATS[x.type.dtype]
    return found


def full(b: Any, like: Atom, value: float) -> Atom:
    """A constant of the type of `like`."""
    return b.const(value, like.type)


def pick(b: Any, pred: Atom, then: Any, other: Any, like: Atom) -> Atom:
    """select with numbers of the type of `like`."""
    then, other = (full(b, like, a) if isinstance(a, int | float) else a for a in (then, other))
    return b.select(pred, then, other)


def bits_of(b: Any, x: Atom) -> Atom:
    """The bits of x as an integer."""
    return b.bitcast(x, dtype=format_of(x).bits)


def absolute(b: Any, x: Atom) -> Atom:
    """|x| by its bits: abs of a subnormal is not flushed, nor nan's sign kept."""
    return b.bitcast(b.and_(bits_of(b, x), format_of(x).abs_mask), dtype=x.type.dtype)


def copysign(b: Any, magnitude: Atom, sign: Atom) -> Atom:
    """`magnitude`, known to be >= +0 or nan, with the sign of `sign`."""
    mask = -format_of(sign).abs_mask - 1
    bits = b.or_(bits_of(b, magnitude), b.and_(bits_of(b, sign), mask))
    return b.bitcast(bits, dtype=sign.type.dtype)


def unless_small(b: Any, x: Atom, bound: float, y: Atom) -> Atom:
    """x where |x| < bound, subnormals and -0.0 included; y elsewhere."""
    return b.select(b.lt(b.abs(x), bound), x, y)


def polynomial(b: Any, x: Atom, coefficients: Sequence[float]) -> Atom:
    """Sum of coefficients[i] x^i, in pairs: half the depth of Horner's scheme."""
    x2 = b.mul(x, x)
    pairs = [coefficients[i : i + 2] for i in range(0, len(coefficients), 2)]
    terms = [b.add(b.mul(x, p[1]), p[0]) if len(p) == 2 else full(b, x, p[0]) for p in pairs]
    total = terms[-1]
    for term in reversed(terms[:-1]):
        total = b.add(b.mul(total, x2), term)
    return total


def horner(b: Any, x: Atom, coefficients: Sequence[float]) -> Atom:
    """`polynomial` of few coefficients by Horner's scheme."""
    total = full(b, x, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        total = b.add(b.mul(total, x), c)
    return total


def pow2(b: Any, n: Atom) -> Atom:
    """2^n for integral float n in the normal range."""
    f = format_of(n)
    shifted = b.add(n, 1.5 * f.magic + f.bias)
    return b.bitcast(b.shift_left(bits_of(b, shifted), f.mantissa), dtype=f.dtype)


def linear_below(x: Atom) -> float:
    """|x| up to which a function x + O(x^2) is x to half an ulp."""
    return float(2.0 ** -(format_of(x).mantissa + 2))


def lift(b: Any, x: Atom) -> tuple[Atom, Atom]:
    """(tiny, x') where x' = x 2^lift, made from the bits, if x is subnormal or zero (tiny), else x.

    Only integer operations see the subnormal; zeros keep their sign.
    """
    f = format_of(x)
    bits = bits_of(b, x)
    magic = f.mantissa + f.bias << f.mantissa
    whole = b.bitcast(b.or_(b.and_(bits, f.abs_mask), magic), dtype=f.dtype)
    unit = f.mantissa + f.bias - 1
    scaled = b.mul(b.sub(whole, f.magic), 2.0 ** (f.lift - unit))
    signed = b.bitcast(b.or_(bits_of(b, scaled), b.and_(bits, -f.abs_mask - 1)), dtype=f.dtype)
    tiny = b.lt(b.abs(x), f.tiny)
    return tiny, b.select(tiny, signed, x)
