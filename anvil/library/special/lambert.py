"""Lambert's function on the real line, branches 0 and -1: w e^w = x.

Around the branch point -1/e the series in p = sqrt(2 (e x + 1)), elsewhere Halley's iteration:
R. M. Corless and others, On the Lambert W function, Adv. Comput. Math. 5 (1996), 4.22-4.24, 5.9.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anvil.library.special.sloped import sloped

_HIGH, _LOW = 0.36787944117144233, -1.2428753672788363e-17
"""1/e in two parts."""


def _coefficients(count: int) -> tuple[float, ...]:
    """Of the powers of p."""
    mu, alpha = [-1.0, 1.0], [2.0, -1.0]
    for k in range(2, count):
        alpha.append(math.fsum(mu[j] * mu[k + 1 - j] for j in range(2, k)))
        first = (k - 1.0) / (k + 1.0) * (0.5 * mu[k - 2] + 0.25 * alpha[k - 2])
        mu.append(first - 0.5 * alpha[k] - mu[k - 1] / (k + 1.0))
    return tuple(mu)


_SERIES = _coefficients(24)


def _about_the_branch_point(p: Any) -> Any:
    found = np.zeros_like(p)
    for c in reversed(_SERIES):
        found = found * p + c
    return found


def _halley(x: Any, w: Any) -> Any:
    """On w e^w - x."""
    for _ in range(7):
        e = np.exp(w)
        miss = w * e - x
        w = w - miss / (e * (w + 1.0) - 0.5 * (w + 2.0) * miss / (w + 1.0))
    return w


def _newton(log: Any, w: Any) -> Any:
    """On |w| + log |w| = log |x|, where w is far from -1 and 0."""
    for _ in range(6):
        w = w - (w + np.log(np.abs(w)) - log) / (1.0 + 1.0 / w)
    return w


def _upper(x: Any) -> Any:
    """Branch 0, x > -1/e."""
    p = np.sqrt(2.0 * math.e * np.maximum((x + _HIGH) + _LOW, 0.0))
    near = p < 0.3
    large = x > 2.0
    middle = np.where(near | large, 1.0, x)
    start = np.log1p(np.where(middle > 0, middle, 0.0)) * 0.8
    below = np.where(middle < 0, -1.0 + p - p * p / 3.0 + 11.0 / 72.0 * p * p * p, start)
    far = np.log(np.where(large, x, 3.0))
    high = _newton(far, far - np.log(far) + np.log(far) / far + 0.1)
    found = np.where(large, high, _halley(middle, below))
    return np.where(near, _about_the_branch_point(np.where(near, p, 0.0)), found)


def _lower(x: Any) -> Any:
    """Branch -1, -1/e < x < 0."""
    p = np.sqrt(2.0 * math.e * np.maximum((x + _HIGH) + _LOW, 0.0))
    near = p < 0.3
    y = np.where(near, -0.1, x)
    log = np.log(-y)
    start = log - np.log(-log) - 0.3
    found = _newton(log, start)
    return np.where(near, _about_the_branch_point(np.where(near, -p, 0.0)), found)


def _slope(y: Any, x: Any) -> Any:
    return np.exp(-y) / (1.0 + y)


_upper_sloped, _lower_sloped = sloped(_upper, _slope), sloped(_lower, _slope)


def lambert_upper(x: Any) -> Any:
    """Branch 0."""
    if np.any(x < -_HIGH):
        raise ValueError("lambertw is compiled for real results: z >= -1/e")
    inside = x < np.inf
    found = _upper_sloped(np.where(inside, x, 1.0))
    return np.where(inside, found, x)


def lambert_lower(x: Any) -> Any:
    """Branch -1."""
    if np.any((x < -_HIGH) | (x > 0)):
        raise ValueError("lambertw is compiled for real results: -1/e <= z <= 0 for k=-1")
    inside = x < 0
    found = _lower_sloped(np.where(inside, x, -0.1))
    return np.where(inside, found, np.where(x == 0, -np.inf, x))
