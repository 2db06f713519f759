"""More continuous distributions in standard form. The names of shapes are scipy's.

Of shapes that turn a distribution into another one at 0 (genextreme, genpareto), with

    r(u) = log(1 + u) / u,   e(u) = (exp(u) - 1) / u        smooth at 0
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from anvil.library.scipy.special import gammaln, log_ndtr, ndtr, xlogy
from anvil.library.scipy.stats.records import Distribution
from anvil.library.special.incomplete import betainc, betaln, gammainc, gammaincc
from anvil.library.special.inverses import betaincinv, gammainccinv, gammaincinv


def _by_series(near: Any, terms: Any) -> Callable[[Any], Any]:
    """A quotient with a series where its denominator is small."""

    def quotient(u: Any) -> Any:
        small = np.abs(u) < 0.02
        v, w = np.where(small, u, 0.0), np.where(small, 1.0, u)
        total: Any = 0.0
        for c in reversed(terms):
            total = total * v + c
        return np.where(small, total, near(w) / w)

    return quotient


_r = _by_series(np.log1p, [(-1.0) ** k / (k + 1) for k in range(10)])
_e = _by_series(np.expm1, [1.0, 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040, 1 / 40320])


def _bounded(c: Any, sign: Any) -> Any:
    """The end at -1 / (sign c), where that is beyond 0; inf."""
    beyond = sign * c < 0
    return np.where(beyond, -1.0 / np.where(beyond, sign * c, 1.0), np.inf)


def _extreme(x: Any, c: Any) -> Any:
    return x * _r(-c * x)


def _finite(*shapes: Any) -> Any:
    ok: Any = True
    for s in shapes:
        ok = ok & np.isfinite(s)
    return ok


_GENEXTREME = Distribution(
    log_density=lambda x, c: -(1.0 - c) * _extreme(x, c) - np.exp(-_extreme(x, c)),
    cdf=lambda x, c: np.exp(-np.exp(-_extreme(x, c))),
    sf=lambda x, c: -np.expm1(-np.exp(-_extreme(x, c))),
    logcdf=lambda x, c: -np.exp(-_extreme(x, c)),
    ppf=lambda q, c: -np.log(-np.log(q)) * _e(c * np.log(-np.log(q))),
    isf=lambda q, c: -np.log(-np.log1p(-q)) * _e(c * np.log(-np.log1p(-q))),
    support=lambda c: (-_bounded(c, 1.0), _bounded(c, -1.0)),
    valid=_finite,
    usual=(0.1,),
    open=True,
)
_GENPARETO = Distribution(
    log_density=lambda x, c: -(c + 1.0) * x * _r(c * x),
    cdf=lambda x, c: -np.expm1(-x * _r(c * x)),
    sf=lambda x, c: np.exp(-x * _r(c * x)),
    logsf=lambda x, c: -x * _r(c * x),
    ppf=lambda q, c: -np.log1p(-q) * _e(-c * np.log1p(-q)),
    isf=lambda q, c: -np.log(q) * _e(-c * np.log(q)),
    support=lambda c: (0.0 * c, _bounded(c, 1.0)),
    valid=_finite,
    usual=(0.1,),
)


def _either(c: Any, one: Any, other: Any) -> Any:
    return np.where(c > 0, one, other)


_GENGAMMA = Distribution(
    log_density=lambda x, a, c: (
        np.log(np.abs(c)) + xlogy(c * a - 1.0, x) - np.exp(xlogy(c, x)) - gammaln(a)
    ),
    cdf=lambda x, a, c: _either(c, gammainc(a, x**c), gammaincc(a, x**c)),
    sf=lambda x, a, c: _either(c, gammaincc(a, x**c), gammainc(a, x**c)),
    ppf=lambda q, a, c: _either(c, gammaincinv(a, q), gammainccinv(a, q)) ** (1.0 / c),
    isf=lambda q, a, c: _either(c, gammainccinv(a, q), gammaincinv(a, q)) ** (1.0 / c),
    valid=lambda a, c: (a > 0) & (c != 0),
    open=True,
)


def _odds(q: Any, a: Any, b: Any) -> Any:
    """x / (1 - x) of a quantile of the beta distribution."""
    left = q <= 0.5
    below = betaincinv(a, b, np.where(left, q, 0.5))
    above = betaincinv(b, a, np.where(left, 0.5, 1.0 - q))
    return np.where(left, below / (1.0 - below), (1.0 - above) / above)


_BETAPRIME = Distribution(
    log_density=lambda x, a, b: xlogy(a - 1.0, x) - (a + b) * np.log1p(x) - betaln(a, b),
    cdf=lambda x, a, b: betainc(a, b, x / (1.0 + x)),
    sf=lambda x, a, b: betainc(b, a, 1.0 / (1.0 + x)),
    ppf=_odds,
    open=True,
)
_BURR = Distribution(
    log_density=lambda x, c, d: (
        np.log(c) + np.log(d) - (c + 1.0) * np.log(x) - (d + 1.0) * np.log1p(x**-c)
    ),
    cdf=lambda x, c, d: np.exp(-d * np.log1p(x**-c)),
    sf=lambda x, c, d: -np.expm1(-d * np.log1p(x**-c)),
    logcdf=lambda x, c, d: -d * np.log1p(x**-c),
    ppf=lambda q, c, d: np.expm1(-np.log(q) / d) ** (-1.0 / c),
    isf=lambda q, c, d: np.expm1(-np.log1p(-q) / d) ** (-1.0 / c),
    open=True,
)
_LOGGAMMA = Distribution(
    log_density=lambda x, c: c * x - np.exp(x) - gammaln(c),
    cdf=lambda x, c: gammainc(c, np.exp(x)),
    sf=lambda x, c: gammaincc(c, np.exp(x)),
    ppf=lambda q, c: np.log(gammaincinv(c, q)),
    isf=lambda q, c: np.log(gammainccinv(c, q)),
)


def gennorm_cdf(x: Any, beta: Any) -> Any:
    """`gennorm.cdf`: a half of the tail of a gamma distribution on either side."""
    tail = 0.5 * gammaincc(1.0 / beta, np.exp(xlogy(beta, np.abs(x))))
    return np.where(x < 0, tail, 1.0 - tail)


def gennorm_ppf(q: Any, beta: Any) -> Any:
    """`gennorm.ppf`"""
    left = q < 0.5
    far = gammainccinv(1.0 / beta, 2.0 * np.where(left, q, 1.0 - q)) ** (1.0 / beta)
    return np.where(left, -far, far)


def _beyond(x: Any, mu: Any) -> Any:
    """log of what is reflected."""
    return 2.0 / mu + log_ndtr(-(x / mu + 1.0) / np.sqrt(x))


def invgauss_cdf(x: Any, mu: Any) -> Any:
    """`invgauss.cdf`"""
    return ndtr((x / mu - 1.0) / np.sqrt(x)) + np.exp(_beyond(x, mu))


def invgauss_sf(x: Any, mu: Any) -> Any:
    """`invgauss.sf`, without cancellation."""
    first = log_ndtr(-(x / mu - 1.0) / np.sqrt(x))
    return np.exp(first) * -np.expm1(_beyond(x, mu) - first)


MORE: Mapping[str, Distribution] = {
    "genextreme": _GENEXTREME,
    "genpareto": _GENPARETO,
    "gengamma": _GENGAMMA,
    "betaprime": _BETAPRIME,
    "burr": _BURR,
    "loggamma": _LOGGAMMA,
}
"""By scipy's names."""
