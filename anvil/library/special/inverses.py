"""Student's distribution, inverses of the incomplete gamma and beta functions.

    log(smaller side at x) = log(its wanted value)    with x = e^u, or x = e^u / (1 + e^u)

is solved for u by Newton's method between bounds, then x itself takes three steps

    x - (F(x) - q) / F'(x)

from the solution as a constant: one step has the first derivative of the inverse function, two
the first three, three the first seven.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anvil.library.scipy.special import elementwise, expit, gammaln
from anvil.library.special.incomplete import (
    beta_sides,
    betainc,
    betaln,
    central_beta,
    gamma_sides,
)
from anvil.library.special.primitives import constant, erfc, ndtri

_STEPS = 200
_POLISH = 3
_LEAST = 5e-324


def _solved(miss: Any, low: Any, high: Any, start: Any) -> Any:
    """Where an increasing function is 0, by Newton's method kept between bounds. `miss` gives
    (value, slope).
    """
    u, width = start, np.full_like(start, np.inf)
    n = 0
    while np.any(width > 1e-14 * np.maximum(np.abs(u), 1.0)) and n < _STEPS:
        n += 1
        value, slope = miss(u)
        low, high = np.where(value < 0, u, low), np.where(value > 0, u, high)
        moved = u - value / slope
        moved = np.where((moved > low) & (moved < high), moved, 0.5 * (low + high))
        moved = np.where(value == 0, u, moved)
        width = np.abs(moved - u)
        u = moved
    return u


def _side(wanted: Any, upper: bool) -> tuple[Any, Any]:
    """(whether the lower side is the smaller one, the logarithm of its wanted value)"""
    left = (wanted > 0.5) if upper else (wanted <= 0.5)
    return left, np.log(np.minimum(wanted, 1.0 - wanted))


# ---- the gamma function


def _gamma_start(a: Any, q: Any, upper: bool) -> Any:
    left, tail = _side(q, upper)

    def miss(u: Any) -> Any:
        x = np.exp(u)
        lower, higher = gamma_sides(a, x)
        p = np.maximum(np.where(left, lower, higher), _LEAST)
        slope = np.exp(a * u - x - gammaln(a)) / p
        return np.where(left, 1.0, -1.0) * (np.log(p) - tail), slope

    low, high = np.full_like(a, -744.0), np.log(a + 1.0) + 8.0
    series = (tail + gammaln(a + 1.0)) / a
    start = np.where(left & (series < np.log(a) - 0.5), series, np.log(a))
    return np.exp(_solved(miss, low, high, np.clip(start, low, high)))


def _gamma_quantile(a: Any, q: Any, upper: bool) -> Any:
    """For a > 0 and 0 < q < 1."""
    left, _ = _side(q, upper)
    x = _gamma_start(constant(a), constant(q), upper)
    fine = x > 1e-300
    z = constant(np.where(fine, x, 1.0))
    for _ in range(_POLISH):
        lower, higher = gamma_sides(a, z)
        if upper:
            gap = np.where(left, lower - (1.0 - q), q - higher)
        else:
            gap = np.where(left, lower - q, (1.0 - q) - higher)
        z = z - np.where(fine, gap, 0.0) * np.exp(z + gammaln(a) - (a - 1.0) * np.log(z))
    return np.where(fine, z, 0.0)


def _on_gamma_domain(a: Any, q: Any, upper: bool) -> Any:
    a, q = np.broadcast_arrays(a, q)
    inside = (a > 0) & (a < np.inf) & (q > 0) & (q < 1)
    found = _gamma_quantile(np.where(inside, a, 1.0), np.where(inside, q, 0.5), upper)
    fine = (a > 0) & (a < np.inf)
    ends = (np.inf, 0.0) if upper else (0.0, np.inf)
    edge = np.where(fine & (q == 0), ends[0], np.where(fine & (q == 1), ends[1], np.nan))
    return np.where(inside, found, edge)


def gammaincinv(a: Any, q: Any) -> Any:
    """Where P(a, x) is q."""
    return _on_gamma_domain(a, q, False)


def gammainccinv(a: Any, q: Any) -> Any:
    """Where Q(a, x) is q."""
    return _on_gamma_domain(a, q, True)


# ---- the beta function


def _beta_start(a: Any, b: Any, q: Any) -> Any:
    left, tail = _side(q, False)

    def miss(u: Any) -> Any:
        x, y = expit(u), expit(-u)
        lower, higher = beta_sides(a, b, x, y)
        p = np.maximum(np.where(left, lower, higher), _LEAST)
        slope = np.exp(a * np.log(x) + b * np.log(y) - betaln(a, b)) / p
        return np.where(left, 1.0, -1.0) * (np.log(p) - tail), slope

    low, high = np.full_like(a, -700.0), np.full_like(a, 700.0)
    mean = np.log(a / b)
    first = (np.log(np.minimum(q, 0.5)) + np.log(a) + betaln(a, b)) / a
    last = -(np.log(np.minimum(1.0 - q, 0.5)) + np.log(b) + betaln(a, b)) / b
    start = np.where(left, np.minimum(first, mean), np.maximum(last, mean))
    return _solved(miss, low, high, np.clip(start, low, high))


def _beta_quantile(a: Any, b: Any, q: Any) -> Any:
    left = q <= 0.5
    u = _beta_start(constant(a), constant(b), constant(q))
    x, y = expit(u), expit(-u)
    fine = (x > 1e-300) & (y > 1e-300)
    x, y = np.where(fine, x, 0.5), np.where(fine, y, 0.5)
    x, y = constant(x), constant(y)
    for _ in range(_POLISH):
        lower, higher = beta_sides(a, b, x, y)
        gap = np.where(fine, np.where(left, lower - q, (1.0 - q) - higher), 0.0)
        step = gap * np.exp(betaln(a, b) - (a - 1.0) * np.log(x) - (b - 1.0) * np.log(y))
        x, y = x - step, y + step
    return np.where(fine, np.where(x < 0.5, x, 1.0 - y), np.where(u < 0, 0.0, 1.0))


def betaincinv(a: Any, b: Any, q: Any) -> Any:
    """Where I_x(a, b) is q."""
    a, b, q = np.broadcast_arrays(a, b, q)
    shapes = (a > 0) & (b > 0) & (a < np.inf) & (b < np.inf)
    inside = shapes & (q > 0) & (q < 1)
    p, r, t = np.where(inside, a, 1.0), np.where(inside, b, 1.0), np.where(inside, q, 0.5)
    found = _beta_quantile(p, r, t)
    return np.where(inside, found, np.where(shapes & ((q == 0) | (q == 1)), q, np.nan))


# ---- Student's t


def stdtr(df: Any, t: Any) -> Any:
    """Student's distribution function, with df degrees of freedom."""
    df, t = np.broadcast_arrays(df, t)
    inside = (df > 0) & (df < np.inf) & np.isfinite(t)
    n, x = np.where(inside, df, 1.0), np.where(inside, t, 0.0)
    root = np.sqrt(n + x * x)
    w = x / root
    near = w * w <= 1.5 / (0.5 * n + 2.5)
    middle = 0.5 + 0.5 * central_beta(0.5 * n, np.where(near, w, 0.0))
    far = np.where(near, 1.0, x)
    total = n + far * far
    tail, _ = beta_sides(0.5 * n, np.full_like(n, 0.5), n / total, far * far / total)
    outer = np.where(x < 0, 0.5 * tail, 1.0 - 0.5 * tail)
    limit = np.where(t == np.inf, 1.0, np.where(t == -np.inf, 0.0, np.nan))
    limit = np.where(df > 0, limit, np.nan)
    normal = (df == np.inf) & np.isfinite(t)
    limit = np.where(normal, 0.5 * erfc(-math.sqrt(0.5) * np.where(normal, t, 0.0)), limit)
    return np.where(inside, np.where(near, middle, outer), limit)


def _student_start(n: Any, p: Any) -> Any:
    """The quantile of p <= 1/2, from those of the beta function."""
    half = np.full_like(n, 0.5)
    deep = p < 0.25
    u = _beta_start(0.5 * n, half, np.where(deep, 2.0 * p, 0.5))
    v = _beta_start(half, 0.5 * n, np.where(deep, 0.5, np.minimum(1.0 - 2.0 * p, 1.0 - 1e-16)))
    ratio = np.where(deep, np.exp(-0.5 * u), np.exp(0.5 * v))
    return -np.sqrt(n) * np.where(p == 0.5, 0.0, ratio)


def stdtrit(df: Any, q: Any) -> Any:
    """The quantile of Student's distribution; nan where it is beyond 1e150."""
    df, q = np.broadcast_arrays(df, q)
    inside = (df > 0) & (df < np.inf) & (q > 0) & (q < 1)
    n, t = np.where(inside, df, 1.0), np.where(inside, q, 0.5)
    low = t <= 0.5
    p = np.where(low, t, 1.0 - t)
    x = constant(_student_start(constant(n), constant(p)))
    fine = x > -1e150
    x = np.where(fine, x, -1.0)
    for _ in range(_POLISH):
        scale = betaln(0.5 * n, np.full_like(n, 0.5)) + 0.5 * np.log(n)
        log_steepness = scale + 0.5 * (n + 1.0) * np.log1p(x * x / n)
        x = x - (stdtr(n, x) - p) * np.exp(np.minimum(log_steepness, 700.0))
    found = np.where(fine, np.where(low, x, -x), np.nan)
    normal = (df == np.inf) & (q > 0) & (q < 1)
    edge = np.where(normal, ndtri(np.where(normal, q, 0.5)), np.nan)
    edge = np.where((df > 0) & (q == 0), -np.inf, np.where((df > 0) & (q == 1), np.inf, edge))
    return np.where(inside, found, edge)


def betaincc(a: Any, b: Any, x: Any) -> Any:
    """1 - I_x(a, b)"""
    return betainc(b, a, 1.0 - x)


def betainccinv(a: Any, b: Any, q: Any) -> Any:
    """Where 1 - I_x(a, b) is q."""
    return 1.0 - betaincinv(b, a, q)


_TWO = {
    "gammaincinv": gammaincinv,
    "gammainccinv": gammainccinv,
    "stdtr": stdtr,
    "stdtrit": stdtrit,
}
_THREE = {"betaincinv": betaincinv, "betaincc": betaincc, "betainccinv": betainccinv}

SCIPY: dict[str, Any] = {
    **{f"scipy.special.{name}": elementwise(name, fn, 2) for name, fn in _TWO.items()},
    **{f"scipy.special.{name}": elementwise(name, fn, 3) for name, fn in _THREE.items()},
}
