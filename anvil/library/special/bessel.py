"""Bessel functions of whole orders, of the first and second kind; formulas by number are DLMF's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anvil.library.special.primitives import i0e, i1e


def i0(x: Any) -> Any:
    """I0, 10.25.2"""
    return np.exp(np.abs(x)) * i0e(x)


def i1(x: Any) -> Any:
    """I1"""
    return np.exp(np.abs(x)) * i1e(x)


def _bessel_near(n: Any, x: Any) -> Any:
    """Bessel's integral 10.9.2 by the trapezoidal rule, which converges exponentially: |x| < 25."""
    nodes = 40
    total = np.zeros_like(x)
    for j in range(nodes):
        angle = 0.5 * (j + 0.5) * math.pi / nodes
        phase = x * math.sin(angle)
        wave = np.sin(phase) * math.sin(n * angle) if n % 2 else np.cos(phase) * math.cos(n * angle)
        total = total + wave
    return total / nodes


def _hankel(n: int, x: Any) -> tuple[Any, Any, Any, Any]:
    """Hankel's expansion 10.17.3 for n = 0 and 1, x > 25: P, Q and the cosine and sine of
    x - (n / 2 + 1 / 4) pi, without the rounding of that difference.
    """
    p, q, term = np.zeros_like(x), np.zeros_like(x), np.ones_like(x)
    for k in range(26):
        signed = term * (1.0 if k % 4 < 2 else -1.0)
        p, q = (p + signed, q) if k % 2 == 0 else (p, q + signed)
        term = term * ((4.0 * n * n - (2.0 * k + 1.0) ** 2) / (8.0 * (k + 1.0))) / x
    over = np.sqrt(1.0 / (math.pi * x))
    both, gap = (np.cos(x) + np.sin(x)) * over, (np.sin(x) - np.cos(x)) * over
    return (p, q, gap, -both) if n else (p, q, both, gap)


def _bessel_far(n: int, x: Any) -> Any:
    p, q, cosine, sine = _hankel(n, x)
    return cosine * p - sine * q


def _low(n: int, x: Any) -> Any:
    """J0 and J1."""
    size = np.abs(x)
    far = size > 25.0
    large = _bessel_far(n, np.where(far, size, 25.0))
    large = np.where(x < 0, -large, large) if n else large
    return np.where(far, large, _bessel_near(n, np.where(far, 1.0, x)))


def j0(x: Any) -> Any:
    """J0"""
    return _low(0, x)


def j1(x: Any) -> Any:
    """J1"""
    return _low(1, x)


def _series(n: int, x: Any) -> Any:
    """10.2.2, for x^2 < 8 (n + 1)."""
    quarter = -0.25 * x * x
    total = np.zeros_like(x)
    for k in range(30, 0, -1):
        total = (1.0 + total) * quarter / (k * (n + k))
    return (1.0 + total) * (0.5 * x) ** n / math.factorial(n)


def bessel(n: int, x: Any) -> Any:
    """Jn, |n| <= 25: by recurrence (10.6.1) where x > 25, by the power series where it is small."""
    if n < 0:
        return bessel(-n, x) * (-1.0) ** n
    if n < 2:
        return _low(n, x)
    far, close = np.abs(x) > 25.0, x * x < 8.0 * (n + 1)
    y = np.where(far, x, 26.0)
    before, last = j0(y), j1(y)
    for k in range(1, n):
        before, last = last, 2.0 * k / y * last - before
    middle = _bessel_near(n, np.where(far | close, 1.0, x))
    small = _series(n, np.where(close, x, 1.0))
    return np.where(far, last, np.where(close, small, middle))


# ---- the second kind


_NODES, _TERMS = 40, 36
_EULER = 0.5772156649015329


def _angle(j: int) -> float:
    return 0.5 * (j + 0.5) * math.pi / _NODES


def _weight(j: int) -> float:
    """Of node j in Neumann's series 10.8.3 for Y0, its Bessel functions by 10.9.2."""
    terms = [(-1.0) ** k * math.cos(2 * k * _angle(j)) / k for k in range(1, _TERMS)]
    return 2.0 / math.pi * (_EULER - 2.0 * math.fsum(terms))


_WEIGHTS = tuple(_weight(j) for j in range(_NODES))
_SINES = tuple(math.sin(_angle(j)) for j in range(_NODES))


def _second_near(n: int, x: Any) -> Any:
    """Y0, and Y1 as -Y0', for 0 < x < 25."""
    log = 2.0 / math.pi * np.log(0.5 * x)
    total, first = np.zeros_like(x), np.zeros_like(x)
    for weight, sine in zip(_WEIGHTS, _SINES, strict=True):
        wave = np.cos(x * sine)
        first = first + wave
        total = total + (weight + log) * (sine * np.sin(x * sine) if n else wave)
    return (total - first * (2.0 / math.pi) / x if n else total) / _NODES


def _second_far(n: int, x: Any) -> Any:
    p, q, cosine, sine = _hankel(n, x)
    return sine * p + cosine * q


def _second_low(n: int, x: Any) -> Any:
    far = x > 25.0
    near = _second_near(n, np.where(far, 1.0, x))
    return np.where(far, _second_far(n, np.where(far, x, 26.0)), near)


def bessel_second(n: int, x: Any) -> Any:
    """Yn, by recurrence from Y0 and Y1 (10.6.1)."""
    if n < 0:
        return bessel_second(-n, x) * (-1.0) ** n
    inside = x > 0
    y = np.where(inside, x, 1.0)
    found = _second_low(min(n, 1), y)
    if n > 1:
        before, last = _second_low(0, y), found
        for k in range(1, n):
            step = 2.0 * k / y * last - before
            before, last = last, np.where(np.isinf(last), last, step)
        found = last
    return np.where(inside, found, np.where(x == 0, -np.inf, np.nan))


def y0(x: Any) -> Any:
    """Y0"""
    return bessel_second(0, x)


def y1(x: Any) -> Any:
    """Y1"""
    return bessel_second(1, x)
