"""Orthogonal polynomials of known degree by their three-term recurrences (DLMF 18.9.1), with what
they need of parameters.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def jacobi(n: int, a: Any, b: Any, x: Any) -> Any:
    """P_n^(a, b)"""
    last, before = np.ones_like(x), np.zeros_like(x)
    if n > 0:
        last, before = 0.5 * (a - b + (a + b + 2.0) * x), last
    for k in range(1, n):
        s = 2.0 * k + a + b
        over = 2.0 * (k + 1.0) * (k + 1.0 + a + b) * s
        step = (s + 1.0) * (s * (s + 2.0) * x + (a + b) * (a - b)) * last
        step = step - 2.0 * (k + a) * (k + b) * (s + 2.0) * before
        last, before = step / over, last
    return last


def legendre(n: int, x: Any) -> Any:
    """P_n"""
    if n < 0:
        return legendre(-n - 1, x)
    last, before = np.ones_like(x), np.zeros_like(x)
    for k in range(n):
        last, before = ((2.0 * k + 1.0) * x * last - k * before) / (k + 1.0), last
    return last


def chebyshev(n: int, x: Any) -> Any:
    """T_n"""
    n = abs(n)
    last, before = np.ones_like(x), x + 0.0
    for _ in range(n):
        last, before = 2.0 * x * last - before, last
    return last


def chebyshev_second(n: int, x: Any) -> Any:
    """U_n"""
    if n < 0:
        return np.zeros_like(x) if n == -1 else -chebyshev_second(-n - 2, x)
    last, before = np.ones_like(x), np.zeros_like(x)
    for _ in range(n):
        last, before = 2.0 * x * last - before, last
    return last


def hermite(n: int, x: Any) -> Any:
    """H_n"""
    last, before = np.ones_like(x), np.zeros_like(x)
    for k in range(n):
        last, before = 2.0 * x * last - 2.0 * k * before, last
    return last


def hermite_normal(n: int, x: Any) -> Any:
    """He_n"""
    last, before = np.ones_like(x), np.zeros_like(x)
    for k in range(n):
        last, before = x * last - k * before, last
    return last


def laguerre(n: int, a: Any, x: Any) -> Any:
    """L_n^(a)"""
    last, before = np.ones_like(x), np.zeros_like(x)
    for k in range(n):
        last, before = ((2.0 * k + 1.0 + a - x) * last - (k + a) * before) / (k + 1.0), last
    return last


def gegenbauer(n: int, a: Any, x: Any) -> Any:
    """C_n^(a)"""
    last, before = np.ones_like(x), np.zeros_like(x)
    for k in range(n):
        step = 2.0 * (k + a) * x * last - (k + 2.0 * a - 1.0) * before
        last, before = step / (k + 1.0), last
    return last
