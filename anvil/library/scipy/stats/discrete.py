"""Discrete distributions: functions of whole numbers k in the support. The names are scipy's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from anvil.library.scipy.special import entr, gammaln, xlog1py, xlogy
from anvil.library.scipy.stats.records import Distribution
from anvil.library.special.incomplete import betainc, betaln, gammainc, gammaincc
from anvil.library.special.zeta import zeta


def _log_choices(n: Any, k: Any) -> Any:
    """log of n over k."""
    return gammaln(n + 1.0) - (gammaln(k + 1.0) + gammaln(n - k + 1.0))


def _hyper_log(k: Any, M: Any, n: Any, N: Any) -> Any:
    bad = M - n
    found = betaln(n + 1.0, 1.0) + betaln(bad + 1.0, 1.0) + betaln(M - N + 1.0, N + 1.0)
    found = found - betaln(k + 1.0, n - k + 1.0) - betaln(N - k + 1.0, bad - N + k + 1.0)
    return found - betaln(M + 1.0, 1.0)


def _hyper_valid(M: Any, n: Any, N: Any) -> Any:
    whole = (np.floor(M) == M) & (n == np.floor(n)) & (np.floor(N) == N)
    return whole & (M > 0) & (n >= 0) & (N >= 0) & (n <= M) & (N <= M)


def _hyper_var(M: Any, n: Any, N: Any) -> Any:
    spread = np.where(M > 1, M - 1.0, 1.0)
    return np.where(M > 1, N * n / M * (M - n) / M * (M - N) / spread, 0.0)


def _count(n: Any) -> Any:
    return (n >= 0) & (n == np.floor(n))


def _unit(p: Any) -> Any:
    return (p >= 0) & (p <= 1)


def _from_below(record_of: Any) -> Any:
    """The distribution function of a finite support, summed up to k."""

    def cdf(k: Any, *shapes: Any) -> Any:
        record = record_of()
        low, high = record.support(*shapes)
        j, total = low + 0.0 * k, 0.0 * k
        while np.any(j <= k):
            mass = np.exp(record.log_density(np.minimum(j, high), *shapes))
            total, j = total + np.where(j <= k, mass, 0.0), j + 1.0
        return total

    return cdf


def _from_above(record_of: Any) -> Any:
    """What is beyond k, summed up."""

    def sf(k: Any, *shapes: Any) -> Any:
        record = record_of()
        _, high = record.support(*shapes)
        j, total = k + 1.0, 0.0 * k
        while np.any(j <= high):
            mass = np.exp(record.log_density(np.minimum(j, high), *shapes))
            total, j = total + np.where(j <= high, mass, 0.0), j + 1.0
        return total

    return sf


_POISSON = Distribution(
    log_density=lambda k, mu: xlogy(k, mu) - gammaln(k + 1.0) - mu,
    cdf=lambda k, mu: gammaincc(k + 1.0, mu),
    sf=lambda k, mu: gammainc(k + 1.0, mu),
    valid=lambda mu: mu >= 0,
    mean=lambda mu: mu,
    var=lambda mu: mu,
)
_BINOM = Distribution(
    log_density=lambda k, n, p: _log_choices(n, k) + xlogy(k, p) + xlog1py(n - k, -p),
    cdf=lambda k, n, p: betainc(n - k, k + 1.0, 1.0 - p),
    sf=lambda k, n, p: betainc(k + 1.0, n - k, p),
    support=lambda n, p: (0, n),
    valid=lambda n, p: _count(n) & _unit(p),
    usual=(1.0, 0.5),
    mean=lambda n, p: n * p,
    var=lambda n, p: n * p * (1.0 - p),
)
_BERNOULLI = Distribution(
    log_density=lambda k, p: xlogy(k, p) + xlog1py(1.0 - k, -p),
    density=lambda k, p: np.where(k == 1, p, 1.0 - p),
    cdf=lambda k, p: 1.0 - p + 0.0 * k,
    sf=lambda k, p: p + 0.0 * k,
    valid=_unit,
    usual=(0.5,),
    mean=lambda p: p,
    var=lambda p: p * (1.0 - p),
    entropy=lambda p: entr(p) + entr(1.0 - p),
)
_GEOM = Distribution(
    log_density=lambda k, p: xlog1py(k - 1.0, -p) + np.log(p),
    cdf=lambda k, p: -np.expm1(xlog1py(k, -p)),
    sf=lambda k, p: np.exp(xlog1py(k, -p)),
    logsf=lambda k, p: xlog1py(k, -p),
    valid=lambda p: (p > 0) & (p <= 1),
    usual=(0.5,),
    mean=lambda p: 1.0 / p,
    var=lambda p: (1.0 - p) / p / p,
    entropy=lambda p: -np.log(p) - xlog1py(1.0 - p, -p) / p,
)
_NBINOM = Distribution(
    log_density=lambda k, n, p: (
        gammaln(n + k) - gammaln(k + 1.0) - gammaln(n) + xlogy(n, p) + xlog1py(k, -p)
    ),
    cdf=lambda k, n, p: betainc(n, k + 1.0, p),
    sf=lambda k, n, p: betainc(k + 1.0, n, 1.0 - p),
    valid=lambda n, p: (n > 0) & (p > 0) & (p <= 1),
    usual=(1.0, 0.5),
    mean=lambda n, p: n * (1.0 - p) / p,
    var=lambda n, p: n * (1.0 - p) / p / p,
)
_BETABINOM: Distribution = Distribution(
    log_density=lambda k, n, a, b: (
        -np.log(n + 1.0) - betaln(n - k + 1.0, k + 1.0) + betaln(k + a, n - k + b) - betaln(a, b)
    ),
    cdf=_from_below(lambda: _BETABINOM),
    sf=_from_above(lambda: _BETABINOM),
    support=lambda n, a, b: (0, n),
    valid=lambda n, a, b: _count(n) & (a > 0) & (b > 0),
    mean=lambda n, a, b: n * a / (a + b),
    var=lambda n, a, b: n * (a + b + n) * a * b / ((a + b) ** 2 * (a + b + 1.0)),
)
_HYPERGEOM: Distribution = Distribution(
    log_density=_hyper_log,
    cdf=_from_below(lambda: _HYPERGEOM),
    sf=_from_above(lambda: _HYPERGEOM),
    support=lambda M, n, N: (np.maximum(N - (M - n), 0), np.minimum(n, N)),
    valid=_hyper_valid,
    usual=(2.0, 1.0, 1.0),
    mean=lambda M, n, N: N * n / M,
    var=_hyper_var,
)
_RANDINT = Distribution(
    log_density=lambda k, low, high: -np.log(high - low) + 0.0 * k,
    cdf=lambda k, low, high: (k - low + 1.0) / (high - low),
    support=lambda low, high: (low, high - 1),
    valid=lambda low, high: (high > low) & (low == np.floor(low)) & (high == np.floor(high)),
    mean=lambda low, high: 0.5 * (high + low - 1.0),
    var=lambda low, high: ((high - low) ** 2 - 1.0) / 12.0,
    entropy=lambda low, high: np.log(high - low),
)
_LOGSER = Distribution(
    log_density=lambda k, p: xlogy(k, p) - np.log(k) - np.log(-np.log1p(-p)),
    valid=lambda p: (p > 0) & (p < 1),
    usual=(0.5,),
    mean=lambda p: p / (p - 1.0) / np.log1p(-p),
)
_ZIPF = Distribution(
    log_density=lambda k, a: -a * np.log(k) - np.log(zeta(a, np.ones_like(a))),
    sf=lambda k, a: zeta(a, k + 1.0) / zeta(a, np.ones_like(a)),
    valid=lambda a: a > 1,
    usual=(2.0,),
)

DISCRETE: Mapping[str, Distribution] = {
    "poisson": _POISSON,
    "binom": _BINOM,
    "bernoulli": _BERNOULLI,
    "geom": _GEOM,
    "nbinom": _NBINOM,
    "betabinom": _BETABINOM,
    "hypergeom": _HYPERGEOM,
    "randint": _RANDINT,
    "logser": _LOGSER,
    "zipf": _ZIPF,
}
"""By scipy's names."""
