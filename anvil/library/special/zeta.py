"""Zeta functions by Euler and Maclaurin's formula (DLMF 25.2.9, 25.11.5), polygamma by them.

zeta(s, q) = sum_{k<n} (q + k)^-s + t^(1-s) / (s - 1) + t^-s / 2
             + sum_j B_2j / (2j)! s (s + 1) ... (s + 2j - 2) t^(1-s-2j),   t = q + n
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anvil.ir.ops.special_parts import bernoulli
from anvil.library.refusal import is_known
from anvil.library.special import primitives as special

_TAIL = tuple(float(bernoulli(2 * j)) / math.factorial(2 * j) for j in range(1, 13))
_DEPTH = 20


def _terms(s: Any, q: Any, n: int) -> Any:
    total = np.zeros_like(s + q)
    for k in range(n):
        total = total + (q + k) ** -s
    t = q + n
    power = t**-s
    total = total + power * t / (s - 1.0) + 0.5 * power
    rising, power = s, power / t
    for j, c in enumerate(_TAIL):
        total = total + c * rising * power
        rising = rising * (s + (2 * j + 1)) * (s + (2 * j + 2))
        power = power / (t * t)
    return total


def zeta(s: Any, q: Any) -> Any:
    """Hurwitz's zeta function; s > 1, q > -20."""
    if np.any(q < -_DEPTH):
        raise ValueError("zeta(x, q) is compiled for q > -20")
    pole = (q <= 0) & (q == np.floor(q))
    undefined = (s < 1) | ((q < 0) & (s != np.floor(s)) & ~pole)
    outside = undefined | pole | (s == 1) | (s == np.inf) | (q == np.inf)
    found = _terms(np.where(outside, 2.0, s), np.where(outside, 1.0, q), 12 + _DEPTH)
    edge = np.where((pole | (s == 1)) & ~(s < 1), np.inf, np.nan)
    edge = np.where((q == np.inf) & (s > 1), 0.0, edge)
    far = np.where(q > 1, np.nan, np.where(q == 1, 1.0, np.inf))
    edge = np.where((s == np.inf) & ~np.isnan(q) & ~pole, far, edge)
    return np.where(outside, edge, found)


def riemann(s: Any) -> Any:
    """Riemann's zeta function, on the left of -1 by reflection (DLMF 25.4.1)."""
    left = s < -1
    t = np.where(left, 1.0 - s, np.where((s == 1) | (s == np.inf), 2.0, s))
    right = _terms(t, np.ones_like(t), 12)
    c = np.where(left, s, -2.0)
    half = 0.5 * c
    sine = np.sin(math.pi * (half - 2.0 * np.floor(0.5 * half + 0.5)))
    mirrored = 2.0 * (2.0 * math.pi) ** (c - 1.0) * sine * special.gamma(1.0 - c) * right
    return np.where(left, mirrored, np.where(s == 1, np.inf, np.where(s == np.inf, 1.0, right)))


def polygamma(n: Any, x: Any) -> Any:
    """Derivatives of digamma; of an order that is not known, by zeta."""
    x = np.asarray(x, dtype=float)
    if is_known(n) and np.ndim(n) == 0:
        order = int(n)
        if order < 0:
            return np.full_like(x, np.nan)
        return np.asarray(special.digamma(x) if order == 0 else special.polygamma(order, x))
    m = np.asarray(n, dtype=float)
    sign = np.where(m % 2 == 0, -1.0, 1.0)
    found = sign * special.gamma(m + 1.0) * zeta(m + 1.0, x)
    return np.where(m == 0, special.digamma(x), found)
