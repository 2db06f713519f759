"""The incomplete gamma and beta functions.

    x < a + 1     P = x^a e^-x / gamma(a + 1) sum x^n / ((a + 1) ... (a + n))        DLMF 8.7.1
    elsewhere     Q = x^a e^-x / gamma(a) times a continued fraction                 8.9.2
    small a, x    Q = 1 - x^a / gamma(a + 1) (1 + sum a (-x)^n / ((a + n) n!))       8.7.1
    I_x(a, b)     x^a (1 - x)^b / (a B(a, b)) times a continued fraction             8.17.22

Fractions are evaluated from the front (Lentz). Derivatives in every parameter are those of the
series and fractions, which converge with them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anvil.ir.ops.special_parts import NEAR_TWO, STIRLING
from anvil.library.special.primitives import lgamma

_STEPS = 20000
_CLOSE = 2.3e-16
_FAR = 1e-12
_HALF_LOG = 0.5 * math.log(2.0 * math.pi)


def _converged(fine: Any) -> None:
    if not fine:
        raise ArithmeticError(
            f"an incomplete gamma or beta function does not converge in {_STEPS} steps: its "
            "parameters are too large"
        )


def stirling(z: Any) -> Any:
    """What Stirling's formula lacks, for z >= 10."""
    r = 1.0 / z
    square = r * r
    found = np.zeros_like(z)
    for c in reversed(STIRLING):
        found = found * square + c
    return found * r


def betaln(a: Any, b: Any) -> Any:
    """log |B(a, b)|, without cancellation where an argument is large."""
    low, high = np.where(a <= b, a, b), np.where(a <= b, b, a)
    mixed = (high >= 10.0) & (low > -0.5 * high)
    both = low >= 10.0
    p, q = np.where(mixed, low, 1.0), np.where(mixed, high, 10.0)
    s = p + q
    shift = stirling(q) - stirling(np.where(mixed, s, 11.0))
    some = lgamma(p) - (q - 0.5) * np.log1p(p / q) - p * np.log(s) + p + shift
    large = np.where(both, low, 10.0)
    every = _HALF_LOG - 0.5 * np.log(q) + (large - 0.5) * np.log(large / (large + q))
    every = every - q * np.log1p(large / q) + stirling(large) + shift
    m, n = np.where(mixed, 1.0, low), np.where(mixed, 1.0, high)
    plain = lgamma(m) + lgamma(n) - lgamma(np.where(m + n == 0, 1.0, m + n))
    return np.where(both, every, np.where(mixed, some, plain))


def _log_front(a: Any, x: Any) -> Any:
    """log(x^a e^-x / gamma(a + 1))"""
    large = a >= 10.0
    big, small = np.where(large, a, 10.0), np.where(large, 1.0, a)
    gap = np.where(large, (x - big) / big, 0.0)
    far = big * (np.log1p(gap) - gap) - 0.5 * np.log(big) - _HALF_LOG - stirling(big)
    return np.where(large, far, small * np.log(x) - x - lgamma(small + 1.0))


def _series(a: Any, x: Any) -> Any:
    term = np.ones_like(a)
    total = np.ones_like(a)
    n = 0
    while np.any(term > 1e-18 * total) and n < _STEPS:
        n += 1
        term = term * (x / (a + n))
        total = total + term
    _converged(np.all(term <= _FAR * total))
    return total


def _fraction(a: Any, x: Any) -> Any:
    b = x + 1.0 - a
    d = 1.0 / b
    c = b + 0.0
    h = d
    step = np.full_like(h, 2.0)
    n = 0
    while np.any(np.abs(step - 1.0) > _CLOSE) and n < _STEPS:
        n += 1
        an = n * (a - n)
        b = b + 2.0
        d = 1.0 / (an * d + b)
        c = b + (an / c if n > 1 else an * 0.0)
        step = c * d
        h = h * step
    _converged(np.all(np.abs(step - 1.0) <= _FAR))
    return h


def _lgamma_1p(a: Any) -> Any:
    """lgamma(1 + a), 0 < a < 1, without the rounding of the sum."""
    near = a < 0.5
    z = np.where(near, a, 0.0)
    series = np.zeros_like(z)
    for c in reversed(NEAR_TWO):
        series = series * z + c
    return np.where(near, series - np.log1p(z), lgamma(np.where(near, 1.0, a) + 1.0))


def _small(a: Any, x: Any) -> Any:
    """Q for a < 1, x < 2."""
    term, total = np.ones_like(a), np.zeros_like(a)
    for n in range(1, 32):
        term = term * (-x / n)
        total = total + term * (a / (a + n))
    log_power = a * np.log(x) - _lgamma_1p(a)
    return -np.expm1(log_power) - np.exp(log_power) * total


def gamma_sides(a: Any, x: Any) -> tuple[Any, Any]:
    """(P, Q) for a > 0 and 0 < x < inf."""
    a, x = np.broadcast_arrays(a, x)
    low = x < a + 1.0
    front = np.exp(_log_front(a, x))
    left = front * _series(a, np.where(low, x, 0.5 * a))
    right = front * a * _fraction(np.where(low, 1.0, a), np.where(low, 3.0, x))
    tiny = low & (a < 1.0)
    near = _small(np.where(tiny, a, 0.5), np.where(tiny, x, 0.5))
    return (
        np.where(low, left, 1.0 - right),
        np.where(tiny, near, np.where(low, 1.0 - left, right)),
    )


def _inside(a: Any, x: Any) -> Any:
    return (a > 0) & (x > 0) & (a < np.inf) & (x < np.inf)


def _edge(a: Any, x: Any) -> Any:
    """P where one of them is 0 or infinite; nan elsewhere."""
    none = (a >= 0) & (x >= 0) & ((x == 0) | (a == np.inf))
    full = (a >= 0) & (x >= 0) & ((a == 0) | (x == np.inf))
    return np.where(none & ~full, 0.0, np.where(full & ~none, 1.0, np.nan))


def gammainc(a: Any, x: Any) -> Any:
    """The regularised lower incomplete gamma function P(a, x)."""
    inside = _inside(a, x)
    lower, _ = gamma_sides(np.where(inside, a, 1.0), np.where(inside, x, 1.0))
    return np.where(inside, lower, _edge(a, x))


def gammaincc(a: Any, x: Any) -> Any:
    """The regularised upper incomplete gamma function Q(a, x)."""
    inside = _inside(a, x)
    _, upper = gamma_sides(np.where(inside, a, 1.0), np.where(inside, x, 1.0))
    return np.where(inside, upper, 1.0 - _edge(a, x))


def _beta_fraction(a: Any, b: Any, x: Any) -> Any:
    c = np.ones_like(x)
    d = 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    h = d
    step = np.full_like(h, 2.0)
    n = 0
    while np.any(np.abs(step - 1.0) > _CLOSE) and n < _STEPS:
        n += 1
        even = n * (b - n) * x / ((a + 2 * n - 1.0) * (a + 2 * n))
        d = 1.0 / (1.0 + even * d)
        c = 1.0 + even / c
        first = c * d
        odd = -(a + n) * (a + b + n) * x / ((a + 2 * n) * (a + 2 * n + 1.0))
        d = 1.0 / (1.0 + odd * d)
        c = 1.0 + odd / c
        second = c * d
        step = first * second
        h = h * step
    _converged(np.all(np.abs(step - 1.0) <= _FAR))
    return h


def beta_sides(a: Any, b: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """(I_x(a, b), I_y(b, a)) for positive a, b and x, y that add up to 1."""
    turned = x > (a + 1.0) / (a + b + 2.0)
    front = np.exp(a * np.log(x) + b * np.log(y) - betaln(a, b))
    first, second = np.where(turned, b, a), np.where(turned, a, b)
    found = front / first * _beta_fraction(first, second, np.where(turned, y, x))
    return np.where(turned, 1.0 - found, found), np.where(turned, found, 1.0 - found)


def betainc(a: Any, b: Any, x: Any) -> Any:
    """The regularised incomplete beta function I_x(a, b)."""
    a, b, x = np.broadcast_arrays(a, b, x)
    inside = (a > 0) & (b > 0) & (x > 0) & (x < 1) & (a < np.inf) & (b < np.inf)
    p, q, y = np.where(inside, a, 1.0), np.where(inside, b, 1.0), np.where(inside, x, 0.5)
    found, _ = beta_sides(p, q, y, 1.0 - y)
    none = (x == 0) & (a > 0) | (b == 0) & (a > 0) & (x >= 0) & (x <= 1)
    full = (x == 1) & (b > 0) | (a == 0) & (b > 0) & (x >= 0) & (x <= 1)
    edge = np.where(none & ~full, 0.0, np.where(full & ~none, 1.0, np.nan))
    return np.where(inside, found, edge)


def central_beta(b: Any, w: Any) -> Any:
    """I_z(1/2, b) for z = w^2, with the sign of w: smooth at 0. For z <= 3 / (2 b + 5)."""
    z = w * w
    front = np.exp(b * np.log1p(-z) - betaln(np.full_like(b, 0.5), b))
    return 2.0 * w * front * _beta_fraction(np.full_like(b, 0.5), b, z)
