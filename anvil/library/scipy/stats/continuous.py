"""Continuous distributions in standard form. The names of shapes are scipy's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from anvil.library.scipy.special import (
    expit,
    gammaln,
    log_expit,
    log_ndtr,
    logit,
    ndtr,
    xlog1py,
    xlogy,
)
from anvil.library.scipy.stats.continuous_more import (
    MORE,
    gennorm_cdf,
    gennorm_ppf,
    invgauss_cdf,
    invgauss_sf,
)
from anvil.library.scipy.stats.records import Distribution
from anvil.library.special.incomplete import betainc, betaln, gammainc, gammaincc
from anvil.library.special.inverses import betaincinv, gammainccinv, gammaincinv, stdtr, stdtrit
from anvil.library.special.primitives import digamma, erf, gamma, i0e, ndtri

_LOG_2PI = math.log(2.0 * math.pi)
_LOG_2 = math.log(2.0)
_EULER = 0.5772156649015329


def log_normal(x: Any) -> Any:
    """The log density of the standard normal distribution."""
    return -0.5 * x * x - 0.5 * _LOG_2PI


def log_mass(a: Any, b: Any) -> Any:
    """log of what the normal distribution has between a < b, computed on the side of the tail."""
    right = a > 0
    low, high = np.where(right, -b, a), np.where(right, -a, b)
    bottom = low == -np.inf
    below = log_ndtr(np.where(bottom, -1.0, low))
    side = high <= 0
    end = np.where(high == np.inf, 1.0, high)
    above = log_ndtr(np.where(side, high, -1.0))
    part = np.where(bottom, 0.0, np.exp(below - np.where(side, above, np.maximum(below, 0.0))))
    tail = above + np.log1p(-np.where(side, part, 0.0))
    left_out = np.where(bottom, 0.0, np.exp(below))
    right_out = np.where(high == np.inf, 0.0, ndtr(-end))
    return np.where(side, tail, np.log1p(-np.where(side, 0.0, left_out + right_out)))


def _truncated(q: Any, a: Any, b: Any) -> Any:
    """The quantile, from the side on which the interval begins."""
    left, mass = a < 0, log_mass(a, b)
    end = np.where(left, a, -b)
    start = np.where(end == -np.inf, -np.inf, log_ndtr(np.where(end == -np.inf, -1.0, end)))
    part = np.log(np.where(left, q, 1.0 - q)) + mass
    found = ndtri(np.exp(start) + np.exp(part))
    return np.where(left, found, -found)


def _at(x: Any, power: Any) -> Any:
    """x^power times the normal density, 0 at infinity."""
    far = np.isinf(x)
    y = np.where(far, 0.0, x)
    return np.where(far, 0.0, y**power * np.exp(log_normal(y)))


def _truncnorm_mean(a: Any, b: Any) -> Any:
    return (_at(a, 0) - _at(b, 0)) / np.exp(log_mass(a, b))


def _truncnorm_var(a: Any, b: Any) -> Any:
    mass = np.exp(log_mass(a, b))
    return 1.0 + (_at(a, 1) - _at(b, 1)) / mass - _truncnorm_mean(a, b) ** 2


def _moment(wanted: Any, found: Any, otherwise: Any = np.inf) -> Any:
    """A moment that exists for some shapes."""
    return np.where(wanted, found, otherwise)


def _pareto_var(b: Any) -> Any:
    c = np.where(b > 2, b, 3.0)
    return _moment(b > 2, c / ((c - 1.0) ** 2 * (c - 2.0)))


def _weibull_var(c: Any) -> Any:
    return gamma(1.0 + 2.0 / c) - gamma(1.0 + 1.0 / c) ** 2


def _t_log_density(x: Any, df: Any) -> Any:
    normal = df == np.inf
    n = np.where(normal, 1.0, df)
    found = -betaln(0.5, 0.5 * n) - 0.5 * np.log(n) - 0.5 * (n + 1.0) * np.log1p(x * x / n)
    return np.where(normal, log_normal(x), found)


def _t_entropy(df: Any) -> Any:
    half = 0.5 * (df + 1.0)
    return half * (digamma(half) - digamma(0.5 * df)) + 0.5 * np.log(df) + betaln(0.5 * df, 0.5)


def _f_log_density(x: Any, n: Any, m: Any) -> Any:
    found = 0.5 * n * np.log(n) + 0.5 * m * np.log(m) + xlogy(0.5 * n - 1.0, x)
    return found - (0.5 * (n + m) * np.log(m + n * x) + betaln(0.5 * n, 0.5 * m))


def _f_ppf(q: Any, n: Any, m: Any) -> Any:
    left = q <= 0.5
    below = betaincinv(0.5 * n, 0.5 * m, np.where(left, q, 0.5))
    above = betaincinv(0.5 * m, 0.5 * n, np.where(left, 0.5, 1.0 - q))
    return m / n * np.where(left, below / (1.0 - below), (1.0 - above) / above)


def _f_var(n: Any, m: Any) -> Any:
    k = np.where(m > 4, m, 5.0)
    found = 2.0 * k * k * (n + k - 2.0) / (n * (k - 2.0) ** 2 * (k - 4.0))
    return _moment(m > 4, found)


def _gamma_entropy(a: Any) -> Any:
    return a + gammaln(a) + (1.0 - a) * digamma(a)


def _beta_entropy(a: Any, b: Any) -> Any:
    found = betaln(a, b) - (a - 1.0) * digamma(a) - (b - 1.0) * digamma(b)
    return found + (a + b - 2.0) * digamma(a + b)


def _invgamma_var(a: Any) -> Any:
    c = np.where(a > 2, a, 3.0)
    return _moment(a > 2, 1.0 / ((c - 1.0) ** 2 * (c - 2.0)))


def _chi_mean(df: Any) -> Any:
    return math.sqrt(2.0) * np.exp(gammaln(0.5 * df + 0.5) - gammaln(0.5 * df))


def _triang_log_density(x: Any, c: Any) -> Any:
    rising = x < c
    left = np.where(rising, x, 1.0) / np.where(rising, c, 1.0)
    right = np.where(rising, 1.0, 1.0 - x) / np.where(rising | (c == 1), 1.0, 1.0 - c)
    found = np.where(rising, left, np.where(c == 1, x, right))
    return np.where(found > 0, _LOG_2 + np.log(np.where(found > 0, found, 1.0)), -np.inf)


def _triang_cdf(x: Any, c: Any) -> Any:
    rising = x < c
    left = x * x / np.where(rising, c, 1.0)
    return np.where(rising, left, 1.0 - (1.0 - x) ** 2 / np.where(rising | (c == 1), 1.0, 1.0 - c))


def _triang_ppf(q: Any, c: Any) -> Any:
    rising = q < c
    left = np.sqrt(np.where(rising, c * q, 1.0))
    return np.where(rising, left, 1.0 - np.sqrt(np.where(rising, 1.0, (1.0 - c) * (1.0 - q))))


def _power(x: Any, c: Any) -> Any:
    """x ** c for x >= 0."""
    return np.exp(xlogy(c, x))


_NORM = Distribution(
    log_density=log_normal,
    cdf=ndtr,
    logcdf=log_ndtr,
    ppf=ndtri,
    mean=lambda: 0.0,
    var=lambda: 1.0,
    entropy=lambda: 0.5 * (_LOG_2PI + 1.0),
    symmetric=True,
)
_EXPON = Distribution(
    log_density=lambda x: -x,
    cdf=lambda x: -np.expm1(-x),
    sf=lambda x: np.exp(-x),
    logsf=lambda x: -x,
    ppf=lambda q: -np.log1p(-q),
    isf=lambda q: -np.log(q),
    mean=lambda: 1.0,
    var=lambda: 1.0,
    entropy=lambda: 1.0,
)
_UNIFORM = Distribution(
    log_density=lambda x: 0.0 * x,
    cdf=lambda x: x,
    sf=lambda x: 1.0 - x,
    ppf=lambda q: q,
    isf=lambda q: 1.0 - q,
    mean=lambda: 0.5,
    var=lambda: 1.0 / 12.0,
    entropy=lambda: 0.0,
)
_LAPLACE = Distribution(
    log_density=lambda x: -np.abs(x) - _LOG_2,
    cdf=lambda x: np.where(x > 0, 1.0 - 0.5 * np.exp(-np.abs(x)), 0.5 * np.exp(-np.abs(x))),
    ppf=lambda q: np.where(
        q > 0.5,
        -_LOG_2 - np.log1p(-np.where(q > 0.5, q, 0.5)),
        _LOG_2 + np.log(np.where(q > 0.5, 0.5, q)),
    ),
    mean=lambda: 0.0,
    var=lambda: 2.0,
    entropy=lambda: _LOG_2 + 1.0,
    symmetric=True,
)
_CAUCHY = Distribution(
    log_density=lambda x: -math.log(math.pi) - np.log1p(x * x),
    cdf=lambda x: np.arctan2(1.0, -x) / math.pi,
    ppf=lambda q: -1.0 / np.tan(math.pi * q),
    mean=lambda: np.nan,
    var=lambda: np.nan,
    entropy=lambda: math.log(4.0 * math.pi),
    symmetric=True,
)
_LOGISTIC = Distribution(
    log_density=lambda x: -np.abs(x) - 2.0 * np.log1p(np.exp(-np.abs(x))),
    cdf=expit,
    logcdf=log_expit,
    ppf=logit,
    mean=lambda: 0.0,
    var=lambda: math.pi**2 / 3.0,
    entropy=lambda: 2.0,
    symmetric=True,
)
_GUMBEL_R = Distribution(
    log_density=lambda x: -x - np.exp(-x),
    cdf=lambda x: np.exp(-np.exp(-x)),
    logcdf=lambda x: -np.exp(-x),
    sf=lambda x: -np.expm1(-np.exp(-x)),
    ppf=lambda q: -np.log(-np.log(q)),
    isf=lambda q: -np.log(-np.log1p(-q)),
    mean=lambda: _EULER,
    var=lambda: math.pi**2 / 6.0,
    entropy=lambda: _EULER + 1.0,
)
_GUMBEL_L = Distribution(
    log_density=lambda x: x - np.exp(x),
    cdf=lambda x: -np.expm1(-np.exp(x)),
    sf=lambda x: np.exp(-np.exp(x)),
    logsf=lambda x: -np.exp(x),
    ppf=lambda q: np.log(-np.log1p(-q)),
    isf=lambda q: np.log(-np.log(q)),
    mean=lambda: -_EULER,
    var=lambda: math.pi**2 / 6.0,
    entropy=lambda: _EULER + 1.0,
)
_HALFNORM = Distribution(
    log_density=lambda x: log_normal(x) + _LOG_2,
    cdf=lambda x: erf(x * math.sqrt(0.5)),
    sf=lambda x: 2.0 * ndtr(-x),
    ppf=lambda q: ndtri(0.5 * (1.0 + q)),
    isf=lambda q: -ndtri(0.5 * q),
    mean=lambda: math.sqrt(2.0 / math.pi),
    var=lambda: 1.0 - 2.0 / math.pi,
    entropy=lambda: 0.5 * math.log(0.5 * math.pi) + 0.5,
)
_HALFCAUCHY = Distribution(
    log_density=lambda x: math.log(2.0 / math.pi) - np.log1p(x * x),
    cdf=lambda x: 2.0 / math.pi * np.arctan(x),
    sf=lambda x: 2.0 / math.pi * np.arctan2(1.0, x),
    ppf=lambda q: np.tan(0.5 * math.pi * q),
    isf=lambda q: 1.0 / np.tan(0.5 * math.pi * q),
    mean=lambda: np.inf,
    var=lambda: np.inf,
    entropy=lambda: math.log(2.0 * math.pi),
)
_RAYLEIGH = Distribution(
    open=True,
    log_density=lambda x: np.log(x) - 0.5 * x * x,
    cdf=lambda x: -np.expm1(-0.5 * x * x),
    sf=lambda x: np.exp(-0.5 * x * x),
    logsf=lambda x: -0.5 * x * x,
    ppf=lambda q: np.sqrt(-2.0 * np.log1p(-q)),
    isf=lambda q: np.sqrt(-2.0 * np.log(q)),
    mean=lambda: math.sqrt(0.5 * math.pi),
    var=lambda: 2.0 - 0.5 * math.pi,
    entropy=lambda: 1.0 + 0.5 * _EULER - 0.5 * _LOG_2,
)
_MAXWELL = Distribution(
    open=True,
    log_density=lambda x: 0.5 * math.log(2.0 / math.pi) + 2.0 * np.log(x) - 0.5 * x * x,
    cdf=lambda x: gammainc(1.5, 0.5 * x * x),
    sf=lambda x: gammaincc(1.5, 0.5 * x * x),
    ppf=lambda q: np.sqrt(2.0 * gammaincinv(1.5, q)),
    isf=lambda q: np.sqrt(2.0 * gammainccinv(1.5, q)),
    mean=lambda: 2.0 * math.sqrt(2.0 / math.pi),
    var=lambda: 3.0 - 8.0 / math.pi,
    entropy=lambda: _EULER + 0.5 * _LOG_2PI - 0.5,
)
_GAMMA = Distribution(
    log_density=lambda x, a: xlogy(a - 1.0, x) - x - gammaln(a),
    cdf=lambda x, a: gammainc(a, x),
    sf=lambda x, a: gammaincc(a, x),
    ppf=lambda q, a: gammaincinv(a, q),
    isf=lambda q, a: gammainccinv(a, q),
    mean=lambda a: a,
    var=lambda a: a,
    entropy=_gamma_entropy,
)
_INVGAMMA = Distribution(
    open=True,
    log_density=lambda x, a: -(a + 1.0) * np.log(x) - gammaln(a) - 1.0 / x,
    cdf=lambda x, a: gammaincc(a, 1.0 / x),
    sf=lambda x, a: gammainc(a, 1.0 / x),
    ppf=lambda q, a: 1.0 / gammainccinv(a, q),
    isf=lambda q, a: 1.0 / gammaincinv(a, q),
    mean=lambda a: _moment(a > 1, 1.0 / (np.where(a > 1, a, 2.0) - 1.0)),
    var=_invgamma_var,
    entropy=lambda a: a - (a + 1.0) * digamma(a) + gammaln(a),
)
_CHI2 = Distribution(
    log_density=lambda x, df: (
        xlogy(0.5 * df - 1.0, x) - 0.5 * x - gammaln(0.5 * df) - 0.5 * _LOG_2 * df
    ),
    cdf=lambda x, df: gammainc(0.5 * df, 0.5 * x),
    sf=lambda x, df: gammaincc(0.5 * df, 0.5 * x),
    ppf=lambda q, df: 2.0 * gammaincinv(0.5 * df, q),
    isf=lambda q, df: 2.0 * gammainccinv(0.5 * df, q),
    mean=lambda df: df,
    var=lambda df: 2.0 * df,
    entropy=lambda df: _gamma_entropy(0.5 * df) + _LOG_2,
)
_CHI = Distribution(
    log_density=lambda x, df: (
        _LOG_2 - 0.5 * _LOG_2 * df - gammaln(0.5 * df) + xlogy(df - 1.0, x) - 0.5 * x * x
    ),
    cdf=lambda x, df: gammainc(0.5 * df, 0.5 * x * x),
    sf=lambda x, df: gammaincc(0.5 * df, 0.5 * x * x),
    ppf=lambda q, df: np.sqrt(2.0 * gammaincinv(0.5 * df, q)),
    isf=lambda q, df: np.sqrt(2.0 * gammainccinv(0.5 * df, q)),
    mean=_chi_mean,
    var=lambda df: df - _chi_mean(df) ** 2,
)
_NAKAGAMI = Distribution(
    log_density=lambda x, nu: (
        _LOG_2 + xlogy(nu, nu) - gammaln(nu) + xlogy(2.0 * nu - 1.0, x) - nu * x * x
    ),
    cdf=lambda x, nu: gammainc(nu, nu * x * x),
    sf=lambda x, nu: gammaincc(nu, nu * x * x),
    ppf=lambda q, nu: np.sqrt(gammaincinv(nu, q) / nu),
    isf=lambda q, nu: np.sqrt(gammainccinv(nu, q) / nu),
)
_BETA = Distribution(
    log_density=lambda x, a, b: xlog1py(b - 1.0, -x) + xlogy(a - 1.0, x) - betaln(a, b),
    cdf=lambda x, a, b: betainc(a, b, x),
    sf=lambda x, a, b: betainc(b, a, 1.0 - x),
    ppf=lambda q, a, b: betaincinv(a, b, q),
    isf=lambda q, a, b: 1.0 - betaincinv(b, a, q),
    mean=lambda a, b: a / (a + b),
    var=lambda a, b: a * b / ((a + b) ** 2 * (a + b + 1.0)),
    entropy=_beta_entropy,
)
_T = Distribution(
    log_density=_t_log_density,
    cdf=lambda x, df: stdtr(df, x),
    ppf=lambda q, df: stdtrit(df, q),
    mean=lambda df: _moment(df > 1, 0.0 * np.where(df > 1, 1.0, 0.0)),
    var=lambda df: _moment(
        df > 2,
        np.where(
            df == np.inf,
            1.0,
            np.where((df > 2) & (df < np.inf), df, 3.0)
            / (np.where((df > 2) & (df < np.inf), df, 3.0) - 2.0),
        ),
        np.where(df > 1, np.inf, np.nan),
    ),
    entropy=_t_entropy,
    symmetric=True,
)
_F = Distribution(
    log_density=_f_log_density,
    cdf=lambda x, n, m: betainc(0.5 * n, 0.5 * m, n * x / (m + n * x)),
    sf=lambda x, n, m: betainc(0.5 * m, 0.5 * n, m / (m + n * x)),
    ppf=_f_ppf,
    mean=lambda n, m: _moment(m > 2, np.where(m > 2, m, 3.0) / (np.where(m > 2, m, 3.0) - 2.0)),
    var=_f_var,
)
_LOGNORM = Distribution(
    open=True,
    log_density=lambda x, s: log_normal(np.log(x) / s) - np.log(x) - np.log(s),
    cdf=lambda x, s: ndtr(np.log(x) / s),
    sf=lambda x, s: ndtr(-np.log(x) / s),
    logcdf=lambda x, s: log_ndtr(np.log(x) / s),
    logsf=lambda x, s: log_ndtr(-np.log(x) / s),
    ppf=lambda q, s: np.exp(s * ndtri(q)),
    isf=lambda q, s: np.exp(-s * ndtri(q)),
    mean=lambda s: np.exp(0.5 * s * s),
    var=lambda s: np.expm1(s * s) * np.exp(s * s),
    entropy=lambda s: 0.5 * (1.0 + _LOG_2PI + 2.0 * np.log(s)),
)
_WEIBULL_MIN = Distribution(
    log_density=lambda x, c: np.log(c) + xlogy(c - 1.0, x) - _power(x, c),
    cdf=lambda x, c: -np.expm1(-_power(x, c)),
    sf=lambda x, c: np.exp(-_power(x, c)),
    logsf=lambda x, c: -_power(x, c),
    ppf=lambda q, c: (-np.log1p(-q)) ** (1.0 / c),
    isf=lambda q, c: (-np.log(q)) ** (1.0 / c),
    mean=lambda c: gamma(1.0 + 1.0 / c),
    var=_weibull_var,
    entropy=lambda c: -_EULER / c - np.log(c) + _EULER + 1.0,
)
_WEIBULL_MAX = Distribution(
    log_density=lambda x, c: np.log(c) + xlogy(c - 1.0, -x) - _power(-x, c),
    cdf=lambda x, c: np.exp(-_power(-x, c)),
    sf=lambda x, c: -np.expm1(-_power(-x, c)),
    logcdf=lambda x, c: -_power(-x, c),
    ppf=lambda q, c: -((-np.log(q)) ** (1.0 / c)),
    isf=lambda q, c: -((-np.log1p(-q)) ** (1.0 / c)),
    mean=lambda c: -gamma(1.0 + 1.0 / c),
    var=_weibull_var,
    entropy=lambda c: -_EULER / c - np.log(c) + _EULER + 1.0,
)
_PARETO = Distribution(
    log_density=lambda x, b: np.log(b) - (b + 1.0) * np.log(x),
    cdf=lambda x, b: -np.expm1(-b * np.log(x)),
    sf=lambda x, b: x**-b,
    logsf=lambda x, b: -b * np.log(x),
    ppf=lambda q, b: np.exp(-np.log1p(-q) / b),
    isf=lambda q, b: np.exp(-np.log(q) / b),
    mean=lambda b: _moment(b > 1, np.where(b > 1, b, 2.0) / (np.where(b > 1, b, 2.0) - 1.0)),
    var=_pareto_var,
    entropy=lambda b: 1.0 + 1.0 / b - np.log(b),
)
_LOMAX = Distribution(
    log_density=lambda x, c: np.log(c) - (c + 1.0) * np.log1p(x),
    cdf=lambda x, c: -np.expm1(-c * np.log1p(x)),
    sf=lambda x, c: np.exp(-c * np.log1p(x)),
    logsf=lambda x, c: -c * np.log1p(x),
    ppf=lambda q, c: np.expm1(-np.log1p(-q) / c),
    isf=lambda q, c: np.expm1(-np.log(q) / c),
    mean=lambda c: _moment(c > 1, 1.0 / (np.where(c > 1, c, 2.0) - 1.0)),
    var=_pareto_var,
    entropy=lambda c: 1.0 + 1.0 / c - np.log(c),
)
_FISK = Distribution(
    log_density=lambda x, c: np.log(c) + xlogy(c - 1.0, x) - 2.0 * np.log1p(_power(x, c)),
    cdf=lambda x, c: expit(c * np.log(x)),
    sf=lambda x, c: expit(-c * np.log(x)),
    logcdf=lambda x, c: log_expit(c * np.log(x)),
    logsf=lambda x, c: log_expit(-c * np.log(x)),
    ppf=lambda q, c: np.exp(logit(q) / c),
    isf=lambda q, c: np.exp(-logit(q) / c),
    entropy=lambda c: 2.0 - np.log(c),
)
_TRUNCNORM = Distribution(
    log_density=lambda x, a, b: log_normal(x) - log_mass(a, b),
    cdf=lambda x, a, b: np.exp(log_mass(a, x) - log_mass(a, b)),
    sf=lambda x, a, b: np.exp(log_mass(x, b) - log_mass(a, b)),
    logcdf=lambda x, a, b: log_mass(a, x) - log_mass(a, b),
    logsf=lambda x, a, b: log_mass(x, b) - log_mass(a, b),
    ppf=lambda q, a, b: _truncated(q, a, b),
    mean=_truncnorm_mean,
    var=_truncnorm_var,
    support=lambda a, b: (a, b),
    valid=lambda a, b: a < b,
    usual=(-1.0, 1.0),
)
_POWERLAW = Distribution(
    log_density=lambda x, a: np.log(a) + xlogy(a - 1.0, x),
    cdf=lambda x, a: x**a,
    logcdf=lambda x, a: a * np.log(x),
    ppf=lambda q, a: q ** (1.0 / a),
    mean=lambda a: a / (a + 1.0),
    var=lambda a: a / ((a + 2.0) * (a + 1.0) ** 2),
    entropy=lambda a: 1.0 - 1.0 / a - np.log(a),
)
_LOGUNIFORM = Distribution(
    log_density=lambda x, a, b: -np.log(x) - np.log(np.log(b) - np.log(a)),
    cdf=lambda x, a, b: (np.log(x) - np.log(a)) / (np.log(b) - np.log(a)),
    ppf=lambda q, a, b: np.exp(np.log(a) + q * (np.log(b) - np.log(a))),
    entropy=lambda a, b: 0.5 * (np.log(a) + np.log(b)) + np.log(np.log(b) - np.log(a)),
    support=lambda a, b: (a, b),
    valid=lambda a, b: (a > 0) & (b > a),
)
_TRIANG = Distribution(
    log_density=_triang_log_density,
    cdf=_triang_cdf,
    ppf=_triang_ppf,
    mean=lambda c: (c + 1.0) / 3.0,
    var=lambda c: (1.0 - c + c * c) / 18.0,
    entropy=lambda c: 0.5 - _LOG_2 + 0.0 * c,
    valid=lambda c: (c >= 0) & (c <= 1),
    usual=(0.5,),
)
_VONMISES = Distribution(
    log_density=lambda x, kappa: kappa * (np.cos(x) - 1.0) - _LOG_2PI - np.log(i0e(kappa)),
    density=lambda x, kappa: np.exp(kappa * (np.cos(x) - 1.0)) / (2.0 * math.pi * i0e(kappa)),
    valid=lambda kappa: kappa >= 0,
)
_INVGAUSS = Distribution(
    open=True,
    log_density=lambda x, mu: -0.5 * _LOG_2PI - 1.5 * np.log(x) - (x / mu - 1.0) ** 2 / (2.0 * x),
    cdf=invgauss_cdf,
    sf=invgauss_sf,
    mean=lambda mu: mu,
    var=lambda mu: mu**3,
)
_SKEWNORM = Distribution(
    log_density=lambda x, a: _LOG_2 + log_normal(x) + log_ndtr(a * x),
    valid=lambda a: np.isfinite(a),
    mean=lambda a: math.sqrt(2.0 / math.pi) * a / np.sqrt(1.0 + a * a),
    var=lambda a: 1.0 - 2.0 / math.pi * a * a / (1.0 + a * a),
)
_GENNORM = Distribution(
    log_density=lambda x, beta: np.log(0.5 * beta) - gammaln(1.0 / beta) - _power(np.abs(x), beta),
    cdf=gennorm_cdf,
    ppf=gennorm_ppf,
    symmetric=True,
    mean=lambda beta: 0.0 * beta,
    var=lambda beta: np.exp(gammaln(3.0 / beta) - gammaln(1.0 / beta)),
    entropy=lambda beta: 1.0 / beta - np.log(0.5 * beta) + gammaln(1.0 / beta),
)
_RICE = Distribution(
    open=True,
    log_density=lambda x, b: np.log(x) - 0.5 * (x - b) ** 2 + np.log(i0e(x * b)),
    valid=lambda b: b >= 0,
)

CONTINUOUS: Mapping[str, Distribution] = {
    "norm": _NORM,
    "expon": _EXPON,
    "uniform": _UNIFORM,
    "laplace": _LAPLACE,
    "cauchy": _CAUCHY,
    "logistic": _LOGISTIC,
    "gumbel_r": _GUMBEL_R,
    "gumbel_l": _GUMBEL_L,
    "halfnorm": _HALFNORM,
    "halfcauchy": _HALFCAUCHY,
    "rayleigh": _RAYLEIGH,
    "maxwell": _MAXWELL,
    "gamma": _GAMMA,
    "invgamma": _INVGAMMA,
    "chi2": _CHI2,
    "chi": _CHI,
    "nakagami": _NAKAGAMI,
    "beta": _BETA,
    "t": _T,
    "f": _F,
    "lognorm": _LOGNORM,
    "weibull_min": _WEIBULL_MIN,
    "weibull_max": _WEIBULL_MAX,
    "pareto": _PARETO,
    "lomax": _LOMAX,
    "fisk": _FISK,
    "truncnorm": _TRUNCNORM,
    "powerlaw": _POWERLAW,
    "loguniform": _LOGUNIFORM,
    "reciprocal": _LOGUNIFORM,
    "triang": _TRIANG,
    "vonmises": _VONMISES,
    "invgauss": _INVGAUSS,
    "skewnorm": _SKEWNORM,
    "gennorm": _GENNORM,
    "rice": _RICE,
    **MORE,
}
"""By scipy's names."""
