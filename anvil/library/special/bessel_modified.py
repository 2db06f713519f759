"""Modified Bessel functions; formulas by number are DLMF's.

I_n e^-x    the series 10.25.2 (all its terms are positive), Hankel's expansion 10.40.1 where
            x > 30 and x > n^2 / 8
K_n e^x     integral of e^(-u^2) T_n(1 + u^2 / x) / sqrt(2 x + u^2), n = 0 and 1: 10.32.9 with
            cosh t = 1 + u^2 / x, by the trapezoidal rule from x = 2 on; 10.31.2 below;
            higher orders, halves too, by recurrence (10.29.1), which is stable
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_EULER = 0.5772156649015329
_STEP, _NODES = 0.25, 26


# ---- the first kind


def _first_near(n: int, x: Any, most: float) -> Any:
    """By powers of x itself, so that all derivatives at 0 are right."""
    terms = int(1.4 * most) + 25
    quarter = 0.25 * x * x
    total = np.zeros_like(x)
    for k in range(terms, 0, -1):
        total = (1.0 + total) * quarter / (k * (n + k))
    return (1.0 + total) * (0.5 * x) ** n / math.factorial(n)


def _first_far(n: int, x: Any) -> Any:
    total, term = np.ones_like(x), np.ones_like(x)
    for k in range(1, 45):
        term = term * (((2.0 * k - 1.0) ** 2 - 4.0 * n * n) / (8.0 * k)) / x
        total = total + term
    return total / np.sqrt(2.0 * math.pi * x)


def _first(n: int, x: Any) -> tuple[Any, Any, Any]:
    """(whether x is far, In(x) e^-|x| there, In(x) elsewhere)"""
    n = abs(n)
    border = max(30.0, n * n / 8.0)
    far = np.abs(x) > border
    large = _first_far(n, np.where(far, np.abs(x), border))
    near = _first_near(n, np.where(far, 1.0, x), border)
    return far, np.where(x < 0, -large, large) if n % 2 else large, near


def modified_scaled(n: int, x: Any) -> Any:
    """In(x) e^-|x|"""
    far, large, near = _first(n, x)
    return np.where(far, large, near * np.exp(-np.abs(np.where(far, 1.0, x))))


def modified(n: int, x: Any) -> Any:
    """In"""
    far, large, near = _first(n, x)
    return np.where(far, large * np.exp(np.abs(x)), near)


# ---- the second kind


def _second_near(n: int, x: Any) -> Any:
    """K0, and K1 as -K0', for x < 2: 10.31.2."""
    quarter = 0.25 * x * x
    log = np.log(0.5 * x) + _EULER
    plain, weighted = np.zeros_like(x), np.zeros_like(x)
    slope, weighted_slope = np.zeros_like(x), np.zeros_like(x)
    harmonic, power, factor = 0.0, np.ones_like(x), 1.0
    for k in range(1, 20):
        harmonic, factor = harmonic + 1.0 / k, factor / (k * k)
        slope = slope + k * factor * power
        weighted_slope = weighted_slope + harmonic * k * factor * power
        power = power * quarter
        plain = plain + factor * power
        weighted = weighted + harmonic * factor * power
    if n == 0:
        return weighted - log * (1.0 + plain)
    return (1.0 + plain) / x + 0.5 * x * (log * slope - weighted_slope)


def _second_far(n: int, x: Any) -> Any:
    total = np.zeros_like(x)
    for i in range(_NODES):
        square = (i * _STEP) ** 2
        weight = math.exp(-square) * (1.0 if i else 0.5)
        part = (1.0 + square / x) if n else 1.0
        total = total + weight * part / np.sqrt(2.0 * x + square)
    return 2.0 * _STEP * total


def _second_low(n: int, x: Any) -> Any:
    far = x > 2.0
    y = np.where(far, 1.0, x)
    return np.where(far, _second_far(n, np.where(far, x, 2.0)), _second_near(n, y) * np.exp(y))


def second_scaled(v: float, x: Any) -> Any:
    """Kv(x) e^x, for whole and half orders."""
    order = abs(v)
    inside = (x > 0) & (x < np.inf)
    y = np.where(inside, x, 1.0)
    if order % 1 == 0.5:
        last = np.sqrt(0.5 * math.pi / y)
        before, at = last, 0.5
    else:
        last, before, at = _second_low(min(int(order), 1), y), _second_low(0, y), 1.0
    for _ in range(int(order - at)):
        step = before + 2.0 * at / y * last
        before, last, at = last, step, at + 1.0
    limit = np.where(x == 0, np.inf, np.where(x == np.inf, 0.0, np.nan))
    return np.where(inside, last, limit)


def second(v: float, x: Any) -> Any:
    """Kv"""
    return np.exp(-np.where(x < np.inf, x, 0.0)) * second_scaled(v, x)


def k0(x: Any) -> Any:
    """K0"""
    return second(0, x)


def k1(x: Any) -> Any:
    """K1"""
    return second(1, x)


def k0e(x: Any) -> Any:
    """K0(x) e^x"""
    return second_scaled(0, x)


def k1e(x: Any) -> Any:
    """K1(x) e^x"""
    return second_scaled(1, x)
