"""Exponential, trigonometric and Fresnel integrals, Dawson's, Owen's and the dilogarithm; formulas
by number are DLMF's. Derivatives are the integrands.

    E_n(z)       series 8.19.8; e^-z times the continued fraction 8.19.17, contracted, from
                 |z| = 2 on (4 on the imaginary axis)
    Ei           series 6.6.2, all terms positive; 6.12.2 from 40 on
    Si, Ci       series 6.6.5, 6.6.6; Ci + i (Si - pi / 2) = -E_1(-i x)                     6.5.5
    C, S         series 7.6.4, 7.6.6; C + i S = (1 + i) / 2 (1 - z E_1/2(z^2) / sqrt(pi)),
                 z^2 = -i pi x^2 / 2                                                        7.7.1
    F            x sum (-2 x^2)^k / (2 k + 1)!!; from 1 on G. B. Rybicki, Dawson's integral and
                 the sampling theorem, Computers in Physics 3 (1989)
    T            Gauss and Legendre's rule; for |a| > 1 from T(a h, 1 / a): D. B. Owen, Tables for
                 computing bivariate normal probabilities, Ann. Math. Stat. 27 (1956)
    spence       sum w^k / k^2, w = 1 - z, after reflections                    25.12.2-4, 25.12.6
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anvil.library.special.primitives import erf, erfc
from anvil.library.special.sloped import sloped

_EULER = 0.5772156649015329
_HALF_PI = 0.5 * math.pi


# ---- exponential integrals


def _fraction(n: float, z: Any, steps: int) -> Any:
    """E_n(z) e^z"""
    t = z + (n + 2.0 * steps)
    for k in range(steps, 0, -1):
        t = z + (n + 2.0 * k - 2.0) - k * (n + k - 1.0) / t
    return 1.0 / t


def _whole_series(n: int, x: Any) -> Any:
    """E_n for n > 0 and 0 < x < 2."""
    psi = -_EULER
    for k in range(1, n):
        psi = psi + 1.0 / k
    total, term = np.zeros_like(x), np.ones_like(x)
    for k in range(32):
        if k != n - 1:
            total = total - term / (1.0 - n + k)
        term = term * -x / (k + 1.0)
    return (-x) ** (n - 1) / math.factorial(n - 1) * (psi - np.log(x)) + total


def expn(n: int, x: Any) -> Any:
    """E_n"""
    inside = (x > 0) & (x < np.inf)
    y = np.where(inside, x, 1.0)
    if n == 0:
        found = np.exp(-y) / y
    else:
        far = y > 2.0
        large = np.where(far, y, 2.0)
        tail = np.exp(-large) * _fraction(n, large, 50)
        found = np.where(far, tail, _whole_series(n, np.where(far, 1.0, y)))
    limit = np.where(x == 0, 1.0 / (n - 1) if n > 1 else np.inf, np.nan)
    return np.where(inside, found, np.where(x == np.inf, 0.0, limit))


def exp1(x: Any) -> Any:
    """E_1"""
    return expn(1, x)


def _growing(x: Any) -> Any:
    """Ei for x > 0."""
    far = x > 40.0
    y = np.where(far, 1.0, x)
    total, term = np.zeros_like(y), np.ones_like(y)
    for k in range(1, 140):
        term = term * y / k
        total = total + term / k
    large = np.where(far, x, 41.0)
    sums, part = np.ones_like(y), np.ones_like(y)
    for k in range(1, 38):
        part = part * k / large
        sums = sums + part
    return np.where(far, np.exp(large) / large * sums, _EULER + np.log(y) + total)


def _expi(x: Any) -> Any:
    inside = (x > 0) & (x < np.inf)
    below = -exp1(np.where(x < 0, -x, 1.0))
    limit = np.where(x == 0, -np.inf, np.where(x < 0, below, x))
    return np.where(inside, _growing(np.where(inside, x, 1.0)), limit)


expi = sloped(_expi, lambda y, x: np.exp(x) / x)


# ---- sine and cosine integrals


def _odd_series(x: Any, sign: float, terms: int) -> Any:
    total, term = np.zeros_like(x), x + 0.0
    for k in range(terms):
        total = total + term / (2.0 * k + 1.0)
        term = term * (sign * x * x / ((2.0 * k + 2.0) * (2.0 * k + 3.0)))
    return total


def _even_series(x: Any, sign: float, terms: int) -> Any:
    total, term = np.zeros_like(x), np.ones_like(x)
    for k in range(1, terms):
        term = term * (sign * x * x / ((2.0 * k - 1.0) * 2.0 * k))
        total = total + term / (2.0 * k)
    return total


def _oscillating(x: Any) -> Any:
    """E_1(-i x) for x > 4, as its real and imaginary part."""
    found = _fraction(1.0, -1j * x, 60)
    re, im = np.real(found), np.imag(found)
    cosine, sine = np.cos(x), np.sin(x)
    return cosine * re - sine * im, sine * re + cosine * im


def _si(x: Any) -> Any:
    size = np.abs(x)
    far = size > 4.0
    finite = size < np.inf
    _, im = _oscillating(np.where(far & finite, size, 5.0))
    large = _HALF_PI - np.where(finite, im, 0.0)
    return np.where(far, np.copysign(large, x), _odd_series(np.where(far, 1.0, x), -1.0, 20))


def _ci(x: Any) -> Any:
    size = np.abs(x)
    far, finite = size > 4.0, size < np.inf
    re, _ = _oscillating(np.where(far & finite, size, 5.0))
    y = np.where(far | (x == 0), 1.0, size)
    near = _EULER + np.log(y) + _even_series(y, -1.0, 21)
    found = np.where(far, -re, near)
    limit = np.where(x == 0, -np.inf, np.where(x == np.inf, 0.0, np.nan))
    return np.where((x != 0) & finite, found, limit)


si = sloped(_si, lambda y, x: np.sinc(x / math.pi))
ci = sloped(_ci, lambda y, x: np.cos(x) / x)


def _shi(x: Any) -> Any:
    far = np.abs(x) > 20.0
    y = np.where(far, np.abs(x), 21.0)
    large = 0.5 * (_expi(y) + exp1(y))
    return np.where(far, np.copysign(large, x), _odd_series(np.where(far, 1.0, x), 1.0, 40))


def _chi(x: Any) -> Any:
    size = np.abs(x)
    far, zero = size > 20.0, x == 0
    y = np.where(far, size, 21.0)
    near = np.where(far | zero, 1.0, size)
    small = _EULER + np.log(near) + _even_series(near, 1.0, 41)
    found = np.where(far, 0.5 * (_expi(y) - exp1(y)), small)
    return np.where(zero, -np.inf, found)


def _sinhc(x: Any) -> Any:
    """sinh(x) / x"""
    near = np.abs(x) < 1.0
    y = np.where(near, x, 0.0)
    total = np.ones_like(y)
    for k in range(10, 0, -1):
        total = 1.0 + total * y * y / (2.0 * k * (2.0 * k + 1.0))
    return np.where(near, total, np.sinh(x) / np.where(near, 1.0, x))


shi = sloped(_shi, lambda y, x: _sinhc(x))
chi = sloped(_chi, lambda y, x: np.cosh(x) / x)


# ---- Fresnel's integrals


def _fresnel_series(x: Any, first: int) -> Any:
    """C for first = 0, S for 1."""
    t = _HALF_PI * x * x
    total, term = np.zeros_like(x), x * t if first else x + 0.0
    for k in range(22):
        n = 2 * k + first
        total = total + term / (2.0 * n + 1.0)
        term = term * (-t * t / ((n + 1.0) * (n + 2.0)))
    return total


def _fresnel(x: Any, first: int) -> Any:
    size = np.abs(x)
    far, finite = size > 1.8, size < np.inf
    y = np.where(far & finite, size, 2.0)
    t = _HALF_PI * y * y
    found = _fraction(0.5, -1j * t, 60)
    re, im = np.real(found), np.imag(found)
    cosine, sine = np.cos(t), np.sin(t)
    turned = cosine * re - sine * im, sine * re + cosine * im
    # (1 + i) / 2 z / sqrt(pi) = y / 2
    away = 0.5 * y * (turned[1] if first else turned[0])
    large = 0.5 - np.where(finite, away, 0.0)
    near = _fresnel_series(np.where(far, 1.0, x), first)
    return np.where(far, np.copysign(large, x), near)


fresnel_s = sloped(lambda x: _fresnel(x, 1), lambda y, x: np.sin(_HALF_PI * x * x))
fresnel_c = sloped(lambda x: _fresnel(x, 0), lambda y, x: np.cos(_HALF_PI * x * x))


# ---- Dawson's integral


def _dawsn(x: Any) -> Any:
    near = np.abs(x) < 1.0
    y = np.where(near, x, 0.0)
    series = np.ones_like(y)
    for k in range(28, 0, -1):
        series = 1.0 - series * 2.0 * y * y / (2.0 * k + 1.0)
    far = np.where(near | np.isinf(x), 1.0, x)
    step = 0.2
    middle = 2.0 * np.round(far / (2.0 * step))
    gap = far - middle * step
    total = np.zeros_like(far)
    for k in range(-33, 35, 2):
        total = total + np.exp(-((gap - k * step) ** 2)) / (middle + k)
    found = np.where(near, y * series, total / math.sqrt(math.pi))
    return np.where(np.isinf(x), np.copysign(0.0, x), found)


dawsn = sloped(_dawsn, lambda y, x: 1.0 - 2.0 * x * y)


def _erfi(x: Any) -> Any:
    return 2.0 / math.sqrt(math.pi) * np.exp(x * x) * np.where(np.isinf(x), x, _dawsn(x))


erfi = sloped(_erfi, lambda y, x: 2.0 / math.sqrt(math.pi) * np.exp(x * x))


# ---- Owen's function


_NODES, _WEIGHTS = (tuple(v.tolist()) for v in np.polynomial.legendre.leggauss(48))


def _owens_low(h: Any, a: Any) -> Any:
    """T for h >= 0 and 0 <= a <= 1."""
    end = np.minimum(a, 9.0 / np.maximum(h, 1e-3))
    total = np.zeros_like(h)
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        x = 0.5 * (1.0 + node) * end
        total = total + weight * np.exp(-0.5 * h * h * (1.0 + x * x)) / (1.0 + x * x)
    return total * end / (4.0 * math.pi)


def _owens(h: Any, a: Any) -> Any:
    height, size = np.minimum(np.abs(h), 50.0), np.abs(a)
    turned = size > 1.0
    steep = np.where(turned, size, 1.0)
    product = np.where(height == 0, 0.0, np.minimum(height * steep, 50.0))
    low = _owens_low(np.where(turned, product, height), np.where(turned, 1.0 / steep, size))
    first, second = 0.5 * erfc(math.sqrt(0.5) * height), 0.5 * erfc(math.sqrt(0.5) * product)
    high = 0.5 * (first + second) - first * second - low
    found = np.where(turned, high, low)
    found = np.where(np.isnan(h) | np.isnan(a), np.nan, found)
    return np.where(a < 0, -found, found)


def _owens_by_h(y: Any, h: Any, a: Any) -> Any:
    bell = np.exp(-0.5 * h * h) / math.sqrt(2.0 * math.pi)
    return -0.5 * bell * erf(math.sqrt(0.5) * a * h)


def _owens_by_a(y: Any, h: Any, a: Any) -> Any:
    rising = 1.0 + a * a
    return np.exp(-0.5 * h * h * rising) / (2.0 * math.pi * rising)


_sloped_owens = sloped(_owens, _owens_by_h, _owens_by_a)


def owens_t(h: Any, a: Any) -> Any:
    """Owen's T"""
    h, a = np.broadcast_arrays(h, a)
    return _sloped_owens(h, a)


# ---- the dilogarithm


def spence(z: Any) -> Any:
    """The integral of -log(t) / (t - 1) from 1 to z."""
    inside = (z > 0) & (z < np.inf)
    x = np.where(inside, z, 1.0)
    large = x > 1.5
    turned = np.where(large, 1.0 / np.where(large, x, 2.0), x)
    less = turned < 0.5
    w = np.where(less, turned, 1.0 - turned)
    total, power = np.zeros_like(w), np.ones_like(w)
    for k in range(1, 52):
        power = power * w
        total = total + power / (k * k)
    low = np.where(less, turned, 0.25)
    mirrored = math.pi**2 / 6.0 - np.log(low) * np.log1p(-low) - total
    found = np.where(less, mirrored, total)
    log = np.log(np.where(large, x, 2.0))
    found = np.where(large, -found - 0.5 * log * log, found)
    return np.where(inside, found, np.where(z == 0, math.pi**2 / 6.0, np.nan))
