"""Distributions of whole numbers: without derivatives in their parameters.

Below 10 expected, by inversion: terms of the distribution are added up until they exceed U. From
there on by transformed rejection, all elements in step, attempt i drawing from fold_in(key, i):
W. Hoermann, The transformed rejection method for generating Poisson random variables, Insurance:
Mathematics and Economics 12 (1993), and The generation of binomial random variates, J. Statist.
Comput. Simul. 46 (1993).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anvil.library.random.base import bits, fold_in, real, require, sized, split, unit
from anvil.library.random.continuous import standard_exponential
from anvil.library.random.gammas import log_gamma
from anvil.library.refusal import refuse, static
from anvil.library.special.incomplete import stirling
from anvil.library.special.primitives import constant, lgamma

_FEW = 10.0
_MOST = 9.2e18
_HALF_LOG = 0.5 * math.log(2.0 * math.pi)


def bernoulli(key: Any, p: Any = 0.5, size: Any = None) -> Any:
    """True with probability `p`."""
    shape = sized(size, p)
    p = constant(real(p))
    require((p >= 0) & (p <= 1), "p < 0, p > 1 or p is NaN")
    return unit(key, shape, float) < p


def rademacher(key: Any, size: Any = None, dtype: Any = int) -> Any:
    """1 or -1, each with probability 1/2."""
    return (2 * bernoulli(key, 0.5, size) - 1).astype(dtype)


def integers(
    key: Any,
    low: Any,
    high: Any = None,
    size: Any = None,
    dtype: Any = np.int64,
    endpoint: Any = False,
) -> Any:
    """Whole numbers from `low` up to, but without, `high` (with it for `endpoint=True`); below
    `low` if there is no `high`.
    """
    if high is None:
        low, high = 0, low
    shape = sized(size, low, high)
    wanted = np.dtype(static(dtype))
    if wanted.kind not in "iu":
        refuse("bad-operand", "integers() draws integers: dtype is an integer type")
    low, high = np.asarray(low), np.asarray(high)
    if low.dtype.kind not in "iu" or high.dtype.kind not in "iu":
        refuse("bad-operand", "the bounds of integers() are integers")
    low, high = low.astype(np.int64), high.astype(np.int64)
    if endpoint:
        require(low <= high, "low > high")
        span = (high - low).astype(np.uint64) + np.uint64(1)
    else:
        require(low < high, "low >= high")
        span = (high - low).astype(np.uint64)
    lowest, highest = np.iinfo(wanted).min, min(np.iinfo(wanted).max, np.iinfo(np.int64).max)
    last = high if endpoint else high - 1
    require(low >= lowest, "low is out of bounds")
    require(last <= highest, "high is out of bounds")
    width = max(32, 8 * wanted.itemsize)
    unsigned = np.dtype(f"u{width // 8}")
    span = span.astype(unsigned)
    first, second = split(key)
    upper, lower = bits(first, shape, unsigned), bits(second, shape, unsigned)
    some = np.where(span == 0, np.ones_like(span), span)
    factor = np.asarray(1 << width // 2).astype(unsigned) % some
    factor = factor * factor % some
    offset = ((upper % some) * factor + lower % some) % some
    offset = np.where(span == 0, lower, offset)
    return (low.astype(wanted) + offset.astype(wanted)).astype(wanted)[()]


# ---- counts


def poisson(key: Any, lam: Any = 1.0, size: Any = None) -> Any:
    """Poisson with mean `lam`."""
    shape = sized(size, lam)
    lam = constant(real(lam)) + np.zeros(shape)
    require(lam >= 0, "lam < 0 or lam is NaN")
    require(lam < _MOST, "lam value too large")
    return _poisson(key, lam, shape).astype(np.int64)[()]


def _poisson(key: Any, lam: Any, shape: Any) -> Any:
    first, second = split(key)
    many = lam >= _FEW
    few = _few_events(first, np.where(many, 1.0, lam), shape)
    return np.where(many, _many_events(second, np.where(many, lam, _FEW), many), few)


def _few_events(key: Any, lam: Any, shape: Any) -> Any:
    u = unit(key, shape, float)
    term = np.exp(-lam)
    total, count = term, np.zeros(shape)
    k = 0
    while np.any(u >= total) and k < 200:
        k += 1
        count = np.where(u >= total, count + 1.0, count)
        term = term * lam / k
        total = total + term
    return count


def _many_events(key: Any, lam: Any, pending: Any) -> Any:
    root = np.sqrt(lam)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    inverse = 1.1239 + 1.1328 / (b - 3.4)
    quick = 0.9277 - 3.6224 / (b - 2.0)
    found = np.zeros(np.shape(lam))
    i = 0
    while np.any(pending):
        first, second = split(fold_in(key, i))
        u = unit(first, np.shape(lam), float) - 0.5
        v = 1.0 - unit(second, np.shape(lam), float)
        edge = 0.5 - np.abs(u)
        safe = np.where(edge > 0, edge, 0.5)
        k = np.floor((2.0 * a / safe + b) * u + lam + 0.43)
        inside = (edge > 0) & (k >= 0) & ((edge >= 0.013) | (v <= edge))
        bound = _log_poisson(np.where(k >= 0, k, 0.0), lam)
        tested = np.log(v) + np.log(inverse) - np.log(a / (safe * safe) + b) <= bound
        fine = ((edge >= 0.07) & (v <= quick)) | (inside & tested)
        found = np.where(pending & fine, k, found)
        pending = pending & ~fine
        i += 1
    return found


def _log_poisson(k: Any, lam: Any) -> Any:
    """log(lam^k e^-lam / k!), without cancellation where k is large."""
    large = k >= 10.0
    some = np.where(large, 1.0, k)
    plain = some * np.log(lam) - lam - lgamma(some + 1.0)
    most = np.where(large, k, 10.0)
    gap = (lam - most) / most
    near = most * (np.log1p(gap) - gap) - 0.5 * np.log(most) - _HALF_LOG - stirling(most)
    return np.where(large, near, plain)


def binomial(key: Any, n: Any, p: Any, size: Any = None) -> Any:
    """How many of `n` trials succeed, each with probability `p`."""
    shape = sized(size, n, p)
    n, p = constant(real(n)), constant(real(p))
    require(n >= 0, "n < 0")
    require((p >= 0) & (p <= 1), "p < 0, p > 1 or p is NaN")
    return _binomial(key, np.floor(n), p, shape).astype(np.int64)[()]


def _binomial(key: Any, n: Any, p: Any, shape: Any) -> Any:
    n, p = n + np.zeros(shape), p + np.zeros(shape)
    turned = p > 0.5
    rarer = np.where(turned, 1.0 - p, p)
    many = n * rarer >= _FEW
    first, second = split(key)
    few = _few_successes(first, np.where(many, 0.0, n), np.where(many, 0.0, rarer), shape)
    trials, chance = np.where(many, n, 4.0 * _FEW), np.where(many, rarer, 0.5)
    found = np.where(many, _many_successes(second, trials, chance, many), few)
    return np.where(turned, n - found, found)


def _few_successes(key: Any, n: Any, p: Any, shape: Any) -> Any:
    u = unit(key, shape, float)
    term = np.exp(n * np.log1p(-p))
    odds = p / (1.0 - p)
    total, count = term, np.zeros(shape)
    k = 0
    while np.any((u >= total) & (k < n)) and k < 200:
        count = np.where((u >= total) & (k < n), count + 1.0, count)
        term = term * odds * np.maximum(n - k, 0.0) / (k + 1)
        total = total + term
        k += 1
    return count


def _many_successes(key: Any, n: Any, p: Any, pending: Any) -> Any:
    q = 1.0 - p
    spread = np.sqrt(n * p * q)
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * p
    centre = n * p + 0.5
    quick = 0.92 - 4.2 / b
    alpha = (2.83 + 5.1 / b) * spread
    mode = np.floor((n + 1.0) * p)
    top = _log_choose(n, mode)
    odds = np.log(p / q)
    found = np.zeros(np.shape(n))
    i = 0
    while np.any(pending):
        first, second = split(fold_in(key, i))
        u = unit(first, np.shape(n), float) - 0.5
        v = 1.0 - unit(second, np.shape(n), float)
        edge = 0.5 - np.abs(u)
        safe = np.where(edge > 0, edge, 0.5)
        k = np.floor((2.0 * a / safe + b) * u + centre)
        inside = (edge > 0) & (k >= 0) & (k <= n)
        at = np.where(inside, k, 0.0)
        bound = _log_choose(n, at) - top + (at - mode) * odds
        tested = np.log(v * alpha / (a / (safe * safe) + b)) <= bound
        fine = inside & (((edge >= 0.07) & (v <= quick)) | tested)
        found = np.where(pending & fine, k, found)
        pending = pending & ~fine
        i += 1
    return found


def _log_choose(n: Any, k: Any) -> Any:
    """-log(k! (n - k)!)"""
    return -lgamma(k + 1.0) - lgamma(n - k + 1.0)


def geometric(key: Any, p: Any, size: Any = None) -> Any:
    """How many trials it takes to succeed once, each with probability `p`."""
    shape = sized(size, p)
    p = constant(real(p))
    require((p > 0) & (p <= 1), "p <= 0, p > 1 or p contains NaNs")
    found = np.ceil(standard_exponential(key, shape) / -np.log1p(-p))
    large = found >= 2.0**63
    count = np.maximum(np.where(large, 1.0, found), 1.0).astype(np.int64)
    return np.where(large, np.iinfo(np.int64).max, count)[()]


def negative_binomial(key: Any, n: Any, p: Any, size: Any = None) -> Any:
    """How many trials fail before `n` succeed, each with probability `p`."""
    shape = sized(size, n, p)
    n, p = constant(real(n)), constant(real(p))
    require(n > 0, "n <= 0")
    require((p > 0) & (p <= 1), "p <= 0, p > 1 or p contains NaNs")
    first, second = split(key)
    lam = np.exp(log_gamma(first, n, shape)) * ((1.0 - p) / p)
    require(lam < _MOST, "n too large or p too small")
    return _poisson(second, lam, shape).astype(np.int64)[()]


def multinomial(key: Any, n: Any, pvals: Any, size: Any = None) -> Any:
    """How many of `n` trials have each outcome, with probabilities `pvals` along the last axis."""
    p = np.asarray(constant(real(pvals)))
    require((p >= 0) & (p <= 1), "pvals < 0, pvals > 1 or pvals contains NaNs")
    require(np.sum(p[..., :-1], axis=-1) <= 1.0 + 1e-12, "sum(pvals[:-1]) > 1.0")
    trials = real(n)
    require(trials >= 0, "n < 0")
    shape = sized(size, trials, p[..., 0])
    left, rest = np.floor(trials) + np.zeros(shape), np.ones(shape)
    counts = []
    for i in range(np.shape(p)[-1] - 1):
        chance = np.where(rest > 0, np.minimum(p[..., i] / np.where(rest > 0, rest, 1.0), 1.0), 0.0)
        count = _binomial(fold_in(key, i), left, chance, shape)
        left, rest = left - count, rest - p[..., i]
        counts.append(count)
    return np.stack([*counts, left], axis=-1).astype(np.int64)
