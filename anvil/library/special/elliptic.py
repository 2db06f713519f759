"""Elliptic integrals of parameter m = k^2 and the arithmetic-geometric mean; formulas by number are
DLMF's.

    K(m)       pi / 2 / agm(1, sqrt(1 - m))                                           19.8.5
    E(m)       K (1 - sum 2^(n - 1) c_n^2), c_n the halved differences of the mean    19.8.6
    F, E       Carlson's R_F and R_D by duplication (19.36.1, 19.36.2): 19.25.5, 19.25.9
               dF/dm = sin^3 R_D(c, 1, q) / 6, dE/dm = -sin^3 R_D(c, q, 1) / 6        19.18.1
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anvil.library.special.sloped import sloped

_STEPS = 18
"""Of the mean: 11 bring numbers of any ratio together, 5 more double the digits."""
_DOUBLINGS = 9


def _mean(a: Any, b: Any) -> Any:
    """Of positive numbers."""
    for _ in range(_STEPS):
        a, b = 0.5 * (a + b), np.sqrt(a) * np.sqrt(b)
    return a


def agm(a: Any, b: Any) -> Any:
    """The arithmetic-geometric mean of two numbers of one sign."""
    inside = ((a > 0) & (b > 0) | (a < 0) & (b < 0)) & np.isfinite(a + b)
    x, y = np.abs(np.where(inside, a, 1.0)), np.abs(np.where(inside, b, 1.0))
    found = _mean(x, y)
    found = np.where(a < 0, -found, found)
    large = np.where((a < 0) & (b < 0), -np.inf, np.where((a > 0) & (b > 0), np.inf, np.nan))
    zero = ((a == 0) | (b == 0)) & np.isfinite(a + b)
    return np.where(inside, found, np.where(zero, 0.0, large))


def ellipkm1(p: Any) -> Any:
    """K(1 - p)"""
    inside = (p > 0) & (p < np.inf)
    q = np.where(inside, p, 1.0)
    found = 0.5 * math.pi / _mean(np.ones_like(q), np.sqrt(q))
    return np.where(inside, found, np.where(p == 0, np.inf, np.where(p > 0, 0.0, np.nan)))


def ellipk(m: Any) -> Any:
    """The complete integral of the first kind."""
    return ellipkm1(1.0 - m)


def ellipe(m: Any) -> Any:
    """The complete integral of the second kind; for m < 0 at m / (m - 1): 19.7.2."""
    inside = (m < 1) & (m > -np.inf)
    x = np.where(inside, m, 0.5)
    below = x < 0
    n = np.where(below, x / (x - 1.0), x)
    a, b = np.ones_like(n), np.sqrt(np.where(below, 1.0 / (1.0 - x), 1.0 - x))
    total, factor = 0.5 * n, 1.0
    for _ in range(_STEPS):
        c = 0.5 * (a - b)
        total = total + factor * c * c
        factor = 2.0 * factor
        a, b = 0.5 * (a + b), np.sqrt(a) * np.sqrt(b)
    found = 0.5 * math.pi / a * (1.0 - total)
    found = np.where(below, found * np.sqrt(np.where(below, 1.0 - x, 1.0)), found)
    return np.where(inside, found, np.where(m == 1, 1.0, np.where(m < 1, np.inf, np.nan)))


# ---- Carlson's forms


def carlson_rf(x: Any, y: Any, z: Any) -> Any:
    """R_F of numbers of which one may be 0."""
    for _ in range(_DOUBLINGS):
        u, v, w = np.sqrt(x), np.sqrt(y), np.sqrt(z)
        step = u * v + v * w + w * u
        x, y, z = 0.25 * (x + step), 0.25 * (y + step), 0.25 * (z + step)
    middle = (x + y + z) / 3.0
    p, q = 1.0 - x / middle, 1.0 - y / middle
    e2, e3 = p * q - (p + q) ** 2, -p * q * (p + q)
    series = 1.0 - e2 / 10.0 + e3 / 14.0 + e2 * e2 / 24.0 - 3.0 * e2 * e3 / 44.0
    return series / np.sqrt(middle)


def carlson_rd(x: Any, y: Any, z: Any) -> Any:
    """R_D of numbers of which x or y may be 0."""
    total, factor = np.zeros_like(x), 1.0
    for _ in range(_DOUBLINGS):
        u, v, w = np.sqrt(x), np.sqrt(y), np.sqrt(z)
        step = u * v + v * w + w * u
        total = total + factor / (w * (z + step))
        factor = 0.25 * factor
        x, y, z = 0.25 * (x + step), 0.25 * (y + step), 0.25 * (z + step)
    middle = 0.2 * (x + y + 3.0 * z)
    p, q = 1.0 - x / middle, 1.0 - y / middle
    r = -(p + q) / 3.0
    e2, e3 = p * q - 6.0 * r * r, (3.0 * p * q - 8.0 * r * r) * r
    e4, e5 = 3.0 * (p * q - r * r) * r * r, p * q * r * r * r
    series = 1.0 - 3.0 * e2 / 14.0 + e3 / 6.0 + 9.0 * e2 * e2 / 88.0 - 3.0 * e4 / 22.0
    series = series - 9.0 * e2 * e3 / 52.0 + 3.0 * e5 / 26.0
    return 3.0 * total + factor * series / (middle * np.sqrt(middle))


# ---- incomplete integrals


def _turns(phi: Any) -> tuple[Any, Any, Any]:
    """The half turns in an angle, and sine and squared cosine of the rest."""
    n = np.round(phi / math.pi)
    sine = np.sin(phi) * np.where(n % 2 == 0, 1.0, -1.0)
    return n, sine, np.cos(phi) ** 2


def _rest(sine: Any, m: Any) -> Any:
    """1 - m sin^2."""
    return 1.0 - m * sine * sine


def _valid(phi: Any, m: Any) -> Any:
    return (m < 1) & (m > -np.inf) & np.isfinite(phi)


def _first(phi: Any, m: Any) -> Any:
    n, sine, square = _turns(phi)
    part = sine * carlson_rf(square, _rest(sine, m), np.ones_like(m))
    return part + 2.0 * n * ellipk(m)


def _second(phi: Any, m: Any) -> Any:
    n, sine, square = _turns(phi)
    q, one = _rest(sine, m), np.ones_like(m)
    part = carlson_rf(square, q, one) - m * sine * sine / 3.0 * carlson_rd(square, q, one)
    return sine * part + 2.0 * n * ellipe(m)


def _by_phi(power: float) -> Any:
    def slope(y: Any, phi: Any, m: Any) -> Any:
        return _rest(np.sin(phi), m) ** power

    return slope


def _first_by_m(y: Any, phi: Any, m: Any) -> Any:
    n, sine, square = _turns(phi)
    one = np.ones_like(m)
    full = carlson_rd(np.zeros_like(m), one, 1.0 - m)
    return (sine**3 * carlson_rd(square, one, _rest(sine, m)) + 2.0 * n * full) / 6.0


def _second_by_m(y: Any, phi: Any, m: Any) -> Any:
    n, sine, square = _turns(phi)
    one = np.ones_like(m)
    full = carlson_rd(np.zeros_like(m), 1.0 - m, one)
    return -(sine**3 * carlson_rd(square, _rest(sine, m), one) + 2.0 * n * full) / 6.0


_sloped_first = sloped(_first, _by_phi(-0.5), _first_by_m)
_sloped_second = sloped(_second, _by_phi(0.5), _second_by_m)


def _at_one(phi: Any, first: bool) -> Any:
    """For m = 1."""
    n, sine, _ = _turns(phi)
    if not first:
        return sine + 2.0 * n
    inside = np.abs(phi) < 0.5 * math.pi
    found = np.arctanh(np.where(inside, sine, 0.0))
    return np.where(inside, found, np.copysign(np.inf, phi))


def ellipkinc(phi: Any, m: Any) -> Any:
    """The integral of the first kind up to phi."""
    phi, m = np.broadcast_arrays(phi, m)
    inside = _valid(phi, m)
    found = _sloped_first(np.where(inside, phi, 0.5), np.where(inside, m, 0.5))
    one = (m == 1) & np.isfinite(phi)
    limit = np.where(one, _at_one(np.where(one, phi, 0.5), True), np.nan)
    return np.where(inside, found, np.where(np.isinf(phi) & (m <= 1), phi, limit))


def ellipeinc(phi: Any, m: Any) -> Any:
    """The integral of the second kind up to phi."""
    phi, m = np.broadcast_arrays(phi, m)
    inside = _valid(phi, m)
    found = _sloped_second(np.where(inside, phi, 0.5), np.where(inside, m, 0.5))
    one = (m == 1) & np.isfinite(phi)
    limit = np.where(one, _at_one(np.where(one, phi, 0.5), False), np.nan)
    return np.where(inside, found, np.where(np.isinf(phi) & (m <= 1), phi, limit))
