"""Bessel functions of whole orders; formulas by number are DLMF's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anvil.library.special import i0e, i1e


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


def _bessel_far(n: int, x: Any) -> Any:
    """Hankel's expansion 10.17.3 for n = 0 and 1, x > 25."""
    p, q, term = np.zeros_like(x), np.zeros_like(x), np.ones_like(x)
    for k in range(26):
        signed = term * (1.0 if k % 4 < 2 else -1.0)
        p, q = (p + signed, q) if k % 2 == 0 else (p, q + signed)
        term = term * ((4.0 * n * n - (2.0 * k + 1.0) ** 2) / (8.0 * (k + 1.0))) / x
    phase = x - (0.5 * n + 0.25) * math.pi
    return np.sqrt(2.0 / (math.pi * x)) * (np.cos(phase) * p - np.sin(phase) * q)


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
