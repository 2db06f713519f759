"""Elementary functions of complex numbers in terms of real ones, z = x + iy.

    exp(z)  = e^x cos y + i e^x sin y
    sinh(z) = sinh x cos y + i cosh x sin y,       cosh(z) = cosh x cos y + i sinh x sin y
    tanh(z) = (B R S + i T) / (1 + B S^2)          T = tan y, B = 1 + T^2, S = sinh x, R = cosh x
    f(z)    = i f'(-iz) for sin, cos, tan          f' = sinh, cosh, tanh: parts exchanged
    log(z)  = log|z| + i atan2(y, x)               log|z| = log1p((a - 1)(a + 1) + c^2) / 2 near 1,
                                                   a >= c the sizes of the parts

The inverse functions are XLA's, accurate but without the sign of zeros, which tells the sides of a
branch cut: both parts of an odd function f with f(conj z) = conj f(z) have the signs of z's.
Infinities and signed zeros are C99's, as NumPy's are.
"""

from __future__ import annotations

import math
from typing import Any

from anvil.ir.ops import accurate_real as re
from anvil.ir.ops.accurate_arc import atan2
from anvil.ir.ops.accurate_parts import FORMATS, Atom, absolute, copysign, full, pick


def parts(b: Any, z: Atom) -> tuple[Atom, Atom]:
    """Real and imaginary part."""
    return b.real(z), b.imag(z)


def _sign_product(b: Any, x: Atom, y: Atom) -> Atom:
    """A zero or number of size <= 1 with the sign of x y, also where one is 0 and the other inf."""
    return b.mul(b.min(b.max(x, -1.0), 1.0), b.min(b.max(y, -1.0), 1.0))


def _infinite(b: Any, x: Atom) -> Atom:
    return b.eq(b.abs(x), math.inf)


def _split(b: Any, x: Atom) -> tuple[Atom, Atom]:
    """(x', s) with e^x = e^x' s, e^x' finite; s = 1 unless e^x overflows. x >= 0 or s = 1."""
    top = 709.0 if FORMATS[x.type.dtype].mantissa == 52 else 88.0
    return b.min(x, top), re.exp(b, b.max(b.sub(x, top), 0.0))


def exp(b: Any, z: Atom) -> Atom:
    """e^z."""
    x, y = parts(b, z)
    low, factor = _split(b, x)
    e = re.exp(b, low)
    real = b.mul(b.mul(e, b.cos(y)), factor)
    imag = b.mul(b.mul(e, b.sin(y)), factor)
    whole = b.mul(e, factor)
    wild = b.and_(_infinite(b, x), b.not_(b.is_finite(y)))
    real = b.select(b.or_(b.eq(y, 0.0), wild), whole, real)
    imag = b.select(b.and_(wild, b.lt(x, 0.0)), full(b, x, 0.0), imag)
    return b.complex(real, b.select(b.eq(y, 0.0), y, imag))


def exp2(b: Any, z: Atom) -> Atom:
    """2^z."""
    x, y = parts(b, z)
    return exp(b, b.complex(b.mul(x, math.log(2)), b.mul(y, math.log(2))))


def expm1(b: Any, z: Atom) -> Atom:
    """e^z - 1."""
    x, y = parts(b, z)
    half = b.sin(b.mul(y, 0.5))
    square = b.mul(half, half)
    real = b.sub(b.mul(re.expm1(b, x), b.cos(y)), b.add(square, square))
    return b.complex(b.select(b.eq(y, 0.0), re.expm1(b, x), real), b.imag(exp(b, z)))


def log(b: Any, z: Atom) -> Atom:
    """Natural logarithm, imaginary part in [-pi, pi]."""
    x, y = parts(b, z)
    a, c = b.max(b.abs(x), b.abs(y)), b.min(b.abs(x), b.abs(y))
    near = b.and_(b.lt(a, 2.0), b.gt(a, 0.5))
    a1 = pick(b, near, a, 1.0, a)
    excess = b.add(b.mul(b.sub(a1, 1.0), b.add(a1, 1.0)), b.mul(c, c))
    ratio = pick(b, b.eq(c, 0.0), 0.0, b.div(c, a), a)
    far = b.add(re.log(b, a), b.mul(re.log1p(b, b.mul(ratio, ratio)), 0.5))
    size = b.select(near, b.mul(re.log1p(b, excess), 0.5), far)
    wild = b.or_(_infinite(b, x), _infinite(b, y))
    return b.complex(pick(b, wild, math.inf, size, x), atan2(b, y, x))


def log1p(b: Any, z: Atom) -> Atom:
    """log(1 + z)."""
    x, y = parts(b, z)
    far = log(b, b.complex(b.add(x, 1.0), y))
    near = b.lt(b.max(b.abs(x), b.abs(y)), 0.5)
    excess = b.add(b.mul(x, b.add(x, 2.0)), b.mul(y, y))
    size = b.mul(re.log1p(b, pick(b, near, excess, 0.0, x)), 0.5)
    return b.complex(b.select(near, size, b.real(far)), b.imag(far))


def _log_scaled(b: Any, z: Atom, scale: float) -> Atom:
    x, y = parts(b, log(b, z))
    return b.complex(b.mul(x, scale), b.mul(y, scale))


def log2(b: Any, z: Atom) -> Atom:
    """Logarithm to base 2."""
    return _log_scaled(b, z, 1 / math.log(2))


def log10(b: Any, z: Atom) -> Atom:
    """Logarithm to base 10."""
    return _log_scaled(b, z, 1 / math.log(10))


def _sinh_cosh(b: Any, x: Atom, y: Atom) -> tuple[Atom, Atom, Atom, Atom]:
    """The parts of sinh(x + iy), then those of cosh(x + iy)."""
    size, factor = _split(b, b.abs(x))
    s, c = copysign(b, re.sinh(b, size), x), re.cosh(b, size)
    cos, sin = b.cos(y), b.sin(y)
    wild = b.and_(_infinite(b, x), b.not_(b.is_finite(y)))
    zero_real = b.and_(b.eq(x, 0.0), b.not_(b.is_finite(y)))
    sinh_real = b.select(b.or_(zero_real, wild), x, b.mul(b.mul(s, cos), factor))
    sinh_imag = b.select(b.eq(y, 0.0), y, b.mul(b.mul(c, sin), factor))
    cosh_real = b.select(wild, b.abs(x), b.mul(b.mul(c, cos), factor))
    zero = b.or_(zero_real, b.eq(y, 0.0))
    cosh_imag = b.select(zero, _sign_product(b, x, y), b.mul(b.mul(s, sin), factor))
    return sinh_real, sinh_imag, cosh_real, cosh_imag


def sinh(b: Any, z: Atom) -> Atom:
    """Hyperbolic sine."""
    real, imag, _, _ = _sinh_cosh(b, *parts(b, z))
    return b.complex(real, imag)


def cosh(b: Any, z: Atom) -> Atom:
    """Hyperbolic cosine."""
    _, _, real, imag = _sinh_cosh(b, *parts(b, z))
    return b.complex(real, imag)


def sin(b: Any, z: Atom) -> Atom:
    """Sine."""
    x, y = parts(b, z)
    real, imag, _, _ = _sinh_cosh(b, y, x)
    return b.complex(imag, real)


def cos(b: Any, z: Atom) -> Atom:
    """Cosine."""
    x, y = parts(b, z)
    _, _, real, imag = _sinh_cosh(b, y, x)
    return b.complex(real, b.neg(imag))


def _tanh_parts(b: Any, x: Atom, y: Atom) -> tuple[Atom, Atom]:
    form = FORMATS[x.type.dtype]
    large = b.gt(b.abs(x), 0.35 * form.mantissa + 4)
    near = pick(b, large, 0.0, x, x)
    t = b.tan(y)
    s, c = re.sinh(b, near), re.cosh(b, near)
    beta = b.add(b.mul(t, t), 1.0)
    below = b.add(b.mul(beta, b.mul(s, s)), 1.0)
    real = b.div(b.mul(b.mul(beta, c), s), below)
    decay = b.mul(re.exp(b, b.mul(b.abs(x), -2.0)), 4.0)
    finite = pick(b, b.is_finite(y), y, 0.0, y)
    rest = b.mul(b.mul(b.sin(finite), b.cos(finite)), decay)
    known = b.and_(large, b.or_(b.is_finite(y), _infinite(b, x)))
    real = b.select(known, copysign(b, full(b, x, 1.0), x), real)
    imag = b.select(known, rest, b.div(t, below))
    return b.select(b.eq(x, 0.0), x, real), b.select(b.eq(y, 0.0), y, imag)


def tanh(b: Any, z: Atom) -> Atom:
    """Hyperbolic tangent."""
    return b.complex(*_tanh_parts(b, *parts(b, z)))


def tan(b: Any, z: Atom) -> Atom:
    """Tangent."""
    x, y = parts(b, z)
    real, imag = _tanh_parts(b, y, x)
    return b.complex(imag, real)


def _signed(b: Any, w: Atom, x: Atom, y: Atom) -> Atom:
    """w with the signs of x and y on its parts."""
    real, imag = parts(b, w)
    return b.complex(copysign(b, absolute(b, real), x), copysign(b, absolute(b, imag), y))


def _odd(b: Any, z: Atom, w: Atom) -> Atom:
    return _signed(b, w, *parts(b, z))


def _poisoned(b: Any, z: Atom, w: Atom) -> Atom:
    """w, or nan if a part of z is nan and the other not infinite."""
    x, y = parts(b, z)
    lost = b.or_(
        b.and_(b.is_nan(x), b.not_(_infinite(b, y))), b.and_(b.is_nan(y), b.not_(_infinite(b, x)))
    )
    real, imag = parts(b, w)
    return b.complex(pick(b, lost, math.nan, real, x), pick(b, lost, math.nan, imag, x))


def asin(b: Any, z: Atom) -> Atom:
    """Arc sine: XLA's, with the signs of z."""
    return _odd(b, z, b.asin(z))


def atan(b: Any, z: Atom) -> Atom:
    """Arc tangent: XLA's, with the signs of z, and nan where z is not a number."""
    return _odd(b, z, _poisoned(b, z, b.atan(z)))


def asinh(b: Any, z: Atom) -> Atom:
    """Inverse hyperbolic sine: XLA's, with the signs of z."""
    return _odd(b, z, b.asinh(z))


def atanh(b: Any, z: Atom) -> Atom:
    """Inverse hyperbolic tangent: XLA's, with the signs of z, and nan where z is not a number."""
    return _odd(b, z, _poisoned(b, z, b.atanh(z)))


def sqrt(b: Any, z: Atom) -> Atom:
    """Square root with real part >= 0: XLA's, the imaginary part with the sign of z's."""
    x, y = parts(b, z)
    real, imag = parts(b, b.sqrt(z))
    high = _infinite(b, y)
    real = pick(b, b.or_(high, b.eq(x, math.inf)), math.inf, real, x)
    imag = pick(b, b.or_(high, b.eq(x, -math.inf)), math.inf, imag, x)
    return _signed(b, b.complex(real, imag), full(b, x, 1.0), y)


def acosh(b: Any, z: Atom) -> Atom:
    """Inverse hyperbolic cosine: XLA's, the imaginary part with the sign of z's."""
    return _signed(b, b.acosh(z), full(b, b.real(z), 1.0), b.imag(z))


def acos(b: Any, z: Atom) -> Atom:
    """Arc cosine: XLA's, the imaginary part with the opposite sign of z's."""
    return _signed(b, b.acos(z), full(b, b.real(z), 1.0), b.neg(b.imag(z)))
