"""Special functions of a real number, written once: on a builder they lower the op, on arrays they
evaluate it.

    gamma         products from [1, 2] on
    log gamma     Stirling's series (DLMF 5.11.1) after shifting by the recurrence; around 2 the
                  Taylor series with zeta values (5.7.3); reflection (5.5.3) on the left
    polygamma     the asymptotic series (5.11.2, 5.15.8) after shifting; reflection (5.5.4)
    erfinv ...    M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988), 477-484
    i0e, i1e      the power series (10.25.2), the asymptotic one (10.40.1) from 24 on
    erfcx         e^(x^2) erfc(x), the asymptotic series (7.12.1) from 9 on
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from anvil.ir.opkind import REGISTRY


class Arrays:
    """The builder's methods, on arrays and at once."""

    zeros_like = staticmethod(np.zeros_like)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        kind = REGISTRY[name.rstrip("_")]

        def method(*args: Any) -> Any:
            with np.errstate(all="ignore"):
                return kind.numpy(*np.broadcast_arrays(*args), **kind.attrs)

        return method


def on_arrays(formula: Callable[..., Any]) -> Callable[..., Any]:
    """A formula of one operand as a function of an array."""

    def function(x: Any, **attrs: Any) -> Any:
        return np.asarray(formula(Arrays(), np.asarray(x), **attrs), dtype=np.float64)

    return function


def ones(b: Any, x: Any) -> Any:
    """Of x's shape."""
    return b.add(b.zeros_like(x), 1.0)


def polynomial(b: Any, x: Any, coefficients: Sequence[float]) -> Any:
    """Horner's rule, the constant term first."""
    *rest, before, last = coefficients
    found = b.add(b.mul(x, last), before)
    for c in reversed(rest):
        found = b.add(b.mul(found, x), c)
    return found


@cache
def bernoulli(n: int) -> Fraction:
    """The Bernoulli number B_n."""
    if n == 0:
        return Fraction(1)
    return -sum((math.comb(n + 1, k) * bernoulli(k) for k in range(n)), Fraction(0)) / (n + 1)


@cache
def zeta_above_one(s: int) -> float:
    """zeta(s) - 1, by Euler and Maclaurin from 10 on."""
    n = 10
    terms = [k**-s for k in range(2, n)] + [n ** (1 - s) / (s - 1), 0.5 * n**-s]
    for j in range(1, 12):
        rising = math.prod(range(s, s + 2 * j - 1))
        terms.append(
            float(bernoulli(2 * j)) / math.factorial(2 * j) * rising * n ** (1 - s - 2 * j)
        )
    return math.fsum(terms)


EULER = 0.5772156649015329
_FROM, _STEPS = 10.0, 10
NEAR_TWO = (0.0, 1.0 - EULER, *((-1.0) ** k * zeta_above_one(k) / k for k in range(2, 34)))
STIRLING = tuple(float(bernoulli(2 * j)) / (2 * j * (2 * j - 1)) for j in range(1, 11))


def _right_half(b: Any, x: Any, low: float) -> Any:
    """x where it is above `low`, elsewhere its reflection 1 - x."""
    return b.select(b.lt(x, low), b.sub(1.0, x), x)


def _about_pi(b: Any, x: Any) -> Any:
    """pi times the distance of x to the nearest integer, with its sign."""
    return b.mul(math.pi, b.sub(x, b.round(x)))


def lgamma(b: Any, x: Any) -> Any:
    """log |gamma(x)|"""
    y = _right_half(b, x, -0.5)
    found = _lgamma_right(b, y)
    sine = b.abs(b.sin(_about_pi(b, x)))
    left = b.sub(b.log(b.div(math.pi, sine)), found)
    found = b.select(b.lt(x, -0.5), left, found)
    pole = b.and_(b.le(x, 0.0), b.eq(x, b.round(x)))
    return b.select(b.or_(pole, b.eq(b.abs(x), math.inf)), math.inf, found)


def _lgamma_right(b: Any, y: Any) -> Any:
    small, low = b.lt(y, 0.5), b.lt(y, 1.5)
    z = b.select(small, y, b.select(low, b.sub(y, 1.0), b.sub(y, 2.0)))
    near = polynomial(b, b.select(b.lt(y, 2.5), z, 0.0), NEAR_TWO)
    near = b.sub(near, b.select(low, b.log1p(b.select(low, z, 0.0)), 0.0))
    near = b.sub(near, b.select(small, b.log(b.abs(b.select(small, y, 1.0))), 0.0))
    t, product = y, ones(b, y)
    for _ in range(_STEPS):
        short = b.lt(t, _FROM)
        product = b.mul(product, b.select(short, t, 1.0))
        t = b.add(t, b.select(short, ones(b, t), 0.0))
    r = b.div(1.0, t)
    far = b.mul(r, polynomial(b, b.mul(r, r), STIRLING))
    far = b.add(far, 0.5 * math.log(2.0 * math.pi))
    far = b.add(far, b.sub(b.mul(b.sub(t, 0.5), b.log(t)), t))
    far = b.sub(far, b.log(b.abs(product)))
    return b.select(b.lt(y, 2.5), near, far)


_WHOLE_STEPS = 22


def gamma(b: Any, x: Any) -> Any:
    """The gamma function: by products up to 24, so exact where it is a whole number."""
    small, left = b.lt(b.abs(b.sub(x, 0.5)), 0.5), b.lt(x, 0.0)
    y = b.select(left, b.sub(1.0, x), b.select(b.lt(x, 1.0), b.add(x, 1.0), x))
    t, product, whole = y, ones(b, y), b.le(y, 24.0)
    for _ in range(_WHOLE_STEPS):
        long = b.and_(whole, b.gt(t, 2.0))
        t = b.sub(t, b.select(long, ones(b, t), 0.0))
        product = b.mul(product, b.select(long, t, 1.0))
    right = b.mul(product, b.exp(_lgamma_right(b, t)))
    n = b.round(x)
    odd = b.ne(n, b.mul(2.0, b.floor(b.mul(0.5, n))))
    sine = b.sin(_about_pi(b, x))
    mirrored = b.div(math.pi, b.mul(b.select(odd, b.neg(sine), sine), right))
    found = b.select(left, mirrored, b.select(small, b.div(right, x), right))
    found = b.select(b.and_(left, b.eq(x, n)), math.nan, found)
    return b.select(b.eq(x, 0.0), b.div(1.0, x), b.select(b.eq(x, math.inf), x, found))


_DIGAMMA = tuple(-float(bernoulli(2 * j)) / (2 * j) for j in range(1, 11))


def digamma(b: Any, x: Any) -> Any:
    """The derivative of lgamma."""
    t = _right_half(b, x, 0.0)
    shift = b.zeros_like(t)
    for _ in range(_STEPS):
        short = b.lt(t, _FROM)
        shift = b.add(shift, b.select(short, b.div(1.0, t), 0.0))
        t = b.add(t, b.select(short, ones(b, t), 0.0))
    r = b.div(1.0, t)
    square = b.mul(r, r)
    series = b.sub(b.mul(square, polynomial(b, square, _DIGAMMA)), b.mul(0.5, r))
    found = b.sub(b.add(b.log(t), series), shift)
    about = _about_pi(b, x)
    found = b.select(b.lt(x, 0.0), b.sub(found, b.div(math.pi, b.tan(about))), found)
    found = b.select(b.eq(x, math.inf), math.inf, found)
    pole = b.and_(b.lt(x, 0.0), b.eq(x, b.round(x)))
    return b.select(pole, math.nan, b.select(b.eq(x, 0.0), b.neg(b.div(1.0, x)), found))


def polygamma(b: Any, x: Any, *, n: int) -> Any:
    """The n-th derivative of digamma, n > 0."""
    steps = 12 + n
    t = _right_half(b, x, 0.0)
    total = b.zeros_like(t)
    for _ in range(steps):
        short = b.lt(t, float(steps))
        total = b.add(total, b.select(short, _power(b, b.div(1.0, t), n + 1), 0.0))
        t = b.add(t, b.select(short, ones(b, t), 0.0))
    r = b.div(1.0, t)
    scale = math.factorial(n)
    terms = [
        float(bernoulli(2 * j)) * math.factorial(2 * j + n - 1) / math.factorial(2 * j) / scale
        for j in range(1, 13)
    ]
    square = b.mul(r, r)
    tail = b.add(1.0 / n, b.add(b.mul(0.5, r), b.mul(square, polynomial(b, square, terms))))
    total = b.add(total, b.mul(_power(b, r, n), tail))
    signed = b.mul(total, (-1.0) ** (n + 1) * scale)
    cot = _cotangent_derivative(b, _about_pi(b, x), n)
    mirrored = b.sub(b.mul(signed, (-1.0) ** n), b.mul(cot, math.pi ** (n + 1)))
    found = b.select(b.lt(x, 0.0), mirrored, signed)
    pole = b.and_(b.le(x, 0.0), b.eq(x, b.round(x)))
    return b.select(pole, (-1.0) ** (n + 1) * math.inf, found)


def _power(b: Any, x: Any, n: int) -> Any:
    """x ** n by products."""
    found = None
    while n:
        if n & 1:
            found = x if found is None else b.mul(found, x)
        n >>= 1
        x = b.mul(x, x) if n else x
    return found


@cache
def _cotangent_polynomial(n: int) -> tuple[float, ...]:
    """The n-th derivative of cot as a polynomial in cot: c' = -(1 + c^2)."""
    p: list[float] = [0.0, 1.0]
    for _ in range(n):
        slopes = [k * c for k, c in enumerate(p)][1:]
        p = [0.0] * (len(slopes) + 2)
        for k, c in enumerate(slopes):
            p[k] -= c
            p[k + 2] -= c
    return tuple(p)


def _cotangent_derivative(b: Any, x: Any, n: int) -> Any:
    return polynomial(b, b.div(1.0, b.tan(x)), _cotangent_polynomial(n))


# ---- quantiles of the normal distribution (AS 241)

_CENTRE = (
    (
        *(3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3),
        *(1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4),
        *(3.3430575583588128105e4, 2.5090809287301226727e3),
    ),
    (
        *(1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3),
        *(2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4),
        5.2264952788528545610e3,
    ),
)
_MIDDLE = (
    (
        *(1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0),
        *(3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1),
        *(2.27238449892691845833e-2, 7.74545014278341407640e-4),
    ),
    (
        *(1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1),
        *(1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4),
        1.05075007164441684324e-9,
    ),
)
_END = (
    (
        *(6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0),
        *(2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3),
        *(2.71155556874348757815e-5, 2.01033439929228813265e-7),
    ),
    (
        *(1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2),
        *(7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7),
        2.04426310338993978564e-15,
    ),
)


def _ratio(b: Any, x: Any, parts: Sequence[Sequence[float]]) -> Any:
    over, under = parts
    return b.div(_by_steps(b, x, over), _by_steps(b, x, under))


def _by_steps(b: Any, x: Any, coefficients: Sequence[float]) -> Any:
    """Horner's rule with every product rounded: the same bits in every program. LLVM contracts
    products and sums of several scalar polynomials, or not, as it arranges them in vectors.
    """
    *rest, last = coefficients
    found = b.add(b.zeros_like(x), last)
    for c in reversed(rest):
        found = b.add(b.rounded(b.mul(found, x)), c)
    return found


def _quantile(b: Any, q: Any, tail: Any, scale: float = 1.0) -> Any:
    """Where the normal distribution function is 1/2 + q; `tail` is the smaller of the two sides,
    over `scale` (half of a tiny number is flushed to 0).

    0.425^2 - q^2 is a product: XLA takes constant factors out of a square in some programs, and the
    difference would be rounded in another way there.
    """
    central = b.le(b.abs(q), 0.425)
    inside = b.mul(b.sub(0.425, q), b.add(0.425, q))
    middle = b.mul(q, _ratio(b, inside, _CENTRE))
    depth = b.neg(b.log(b.select(central, 0.1 / scale, tail)))
    r = b.sqrt(depth if scale == 1.0 else b.sub(depth, math.log(scale)))
    near, far = _ratio(b, b.sub(r, 1.6), _MIDDLE), _ratio(b, b.sub(r, 5.0), _END)
    outer = b.select(b.le(r, 5.0), near, far)
    outer = b.select(b.eq(tail, 0.0), math.inf, outer)
    return b.select(central, middle, b.select(b.lt(q, 0.0), b.neg(outer), outer))


def erfinv(b: Any, x: Any) -> Any:
    """Where erf is x."""
    tail = b.mul(0.5, b.sub(1.0, b.abs(x)))
    return b.mul(math.sqrt(0.5), _quantile(b, b.mul(0.5, x), tail))


def erfcinv(b: Any, x: Any) -> Any:
    """Where erfc is x."""
    q = b.mul(0.5, b.sub(1.0, x))
    tail = b.select(b.lt(x, 1.0), x, b.sub(2.0, x))
    return b.mul(math.sqrt(0.5), _quantile(b, q, tail, 0.5))


def ndtri(b: Any, p: Any) -> Any:
    """Where the normal distribution function is p."""
    return _quantile(b, b.sub(p, 0.5), b.select(b.lt(p, 0.5), p, b.sub(1.0, p)))


# ---- modified Bessel functions, erfcx

_I_TERMS, _I_FAR = 44, 24.0


def _hankel(order: int, terms: int) -> tuple[float, ...]:
    """Coefficients of 1/x in the asymptotic series of e^-x sqrt(2 pi x) I_order(x)."""
    found = [Fraction(1)]
    for k in range(1, terms):
        found.append(-found[-1] * (4 * order * order - (2 * k - 1) ** 2) / (8 * k))
    return tuple(map(float, found))


def _bessel(b: Any, x: Any, order: int) -> Any:
    size = b.abs(x)
    far = b.gt(size, _I_FAR)
    near = b.select(far, 1.0, size)
    terms = [1.0 / (math.factorial(k) * math.factorial(k + order)) for k in range(_I_TERMS)]
    series = b.mul(polynomial(b, b.mul(0.25, b.mul(near, near)), terms), b.exp(b.neg(near)))
    series = b.mul(series, b.mul(0.5, b.select(far, 1.0, x))) if order else series
    large = b.select(far, size, _I_FAR)
    tail = polynomial(b, b.div(1.0, large), _hankel(order, 30))
    tail = b.div(tail, b.sqrt(b.mul(2.0 * math.pi, large)))
    tail = b.select(b.lt(x, 0.0), b.neg(tail), tail) if order else tail
    return b.select(b.is_nan(x), x, b.select(far, tail, series))


def i0e(b: Any, x: Any) -> Any:
    """e^-|x| I0(x)"""
    return _bessel(b, x, 0)


def i1e(b: Any, x: Any) -> Any:
    """e^-|x| I1(x)"""
    return _bessel(b, x, 1)


def erfcx(b: Any, x: Any) -> Any:
    """e^(x^2) erfc(x)"""
    far = b.gt(x, 9.0)
    near = b.select(far, 0.0, x)
    large = b.select(far, x, 9.0)
    r = b.div(1.0, large)
    terms = [(-0.5) ** k * math.prod(range(1, 2 * k, 2)) for k in range(20)]
    tail = b.mul(b.mul(r, 1.0 / math.sqrt(math.pi)), polynomial(b, b.mul(r, r), terms))
    return b.select(far, tail, b.mul(b.exp(b.mul(near, near)), b.erfc(near)))
