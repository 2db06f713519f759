"""Gamma variates and what is made of them.

Sampled by G. Marsaglia and W. W. Tsang, A simple method for generating gamma variables, ACM TOMS 26
(2000), all elements in step: attempt i draws from fold_in(key, i). For a < 1 a variate of a + 1 is
multiplied by U^(1 / a). Logarithms are kept, since a small shape gives numbers below the smallest
float. The derivative in the shape is that at a fixed quantile (`gamma_transport`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.ir.opkind import REGISTRY
from anvil.ir.types import F64
from anvil.library.random.base import (
    delivered,
    fold_in,
    primitive,
    real,
    require,
    sized,
    split,
    unit,
)
from anvil.library.random.continuous import standard_normal
from anvil.library.special.primitives import constant
from anvil.parser.context import Context
from anvil.parser.state.values import Abstract

transported = REGISTRY["gamma_transport"].numpy


def _transport(ctx: Context, a: Any, a0: Any, y0: Any) -> Abstract:
    return ctx.result(ctx.b.gamma_transport(*ctx.operands(a, a0, y0, dtype=F64)))


primitive(_transport)(transported)


def _attempts(key: Any, a: Any, shape: Any) -> Any:
    """The logarithm of a gamma variate of shape a >= 1, nan where a is not finite."""
    d = a - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * d)
    pending = np.isfinite(a) & np.ones(shape, bool)
    found = np.full(shape, np.nan)
    i = 0
    while np.any(pending):
        first, second = split(fold_in(key, i))
        z = standard_normal(first, shape)
        u = 1.0 - unit(second, shape, float)
        root = 1.0 + c * z
        inside = root > 0.0
        v = np.where(inside, root, 1.0) ** 3
        fine = inside & (np.log(u) < 0.5 * z * z + d * (1.0 - v + np.log(v)))
        found = np.where(pending & fine, np.log(v), found)
        pending = pending & ~fine
        i += 1
    return delivered(np.log(d) + found, shape, float)


def log_gamma(key: Any, a: Any, shape: Any) -> Any:
    """The logarithm of gamma variates of shape parameter `a`; -inf where that is 0."""
    a = np.where(a > 0, a, np.where(a == 0, 1.0, np.nan)) + np.zeros(shape)
    fixed = constant(a)
    first, second = split(key)
    small = fixed < 1.0
    y = _attempts(first, np.where(small, fixed + 1.0, fixed), shape)
    u = 1.0 - unit(second, shape, float)
    y = y + np.where(small, np.log(u) * (1.0 / np.where(small, fixed, 1.0)), 0.0)
    return transported(a, fixed, y)


def loggamma(key: Any, shape: Any, size: Any = None, dtype: Any = float) -> Any:
    """The logarithm of a gamma number of scale 1: also where that is below the smallest float."""
    extent = sized(size, shape)
    a = real(shape)
    require(~(a < 0), "shape < 0")
    y = np.where(a == 0, -np.inf, log_gamma(key, a, extent))
    return delivered(y, extent, dtype)


def gamma(key: Any, shape: Any, scale: Any = 1.0, size: Any = None, dtype: Any = float) -> Any:
    """Gamma of shape `shape` and scale `scale`."""
    extent = sized(size, shape, scale)
    a, scale = real(shape), real(scale)
    require(~(a < 0), "shape < 0")
    require(~(scale < 0), "scale < 0")
    x = np.where(a == 0, 0.0, np.exp(log_gamma(key, a, extent)))
    return delivered(scale * x, extent, dtype)


def standard_gamma(key: Any, shape: Any, size: Any = None, dtype: Any = float) -> Any:
    """Gamma of shape `shape` and scale 1."""
    return gamma(key, shape, 1.0, size, dtype)


def chisquare(key: Any, df: Any, size: Any = None, dtype: Any = float) -> Any:
    """Chi-square with `df` degrees of freedom."""
    shape = sized(size, df)
    df = real(df)
    require(df > 0, "df <= 0")
    return delivered(2.0 * np.exp(log_gamma(key, 0.5 * df, shape)), shape, dtype)


def f(key: Any, dfnum: Any, dfden: Any, size: Any = None, dtype: Any = float) -> Any:
    """Fisher's F: the ratio of two chi-square numbers over their degrees of freedom."""
    shape = sized(size, dfnum, dfden)
    m, n = real(dfnum), real(dfden)
    require(m > 0, "dfnum <= 0")
    require(n > 0, "dfden <= 0")
    first, second = split(key)
    ratio = log_gamma(first, 0.5 * m, shape) - log_gamma(second, 0.5 * n, shape)
    return delivered(np.exp(ratio) * (n * (1.0 / m)), shape, dtype)


def standard_t(key: Any, df: Any, size: Any = None, dtype: Any = float) -> Any:
    """Student's t with `df` degrees of freedom."""
    shape = sized(size, df)
    df = real(df)
    require(df > 0, "df <= 0")
    first, second = split(key)
    half = 0.5 * df
    spread = np.exp(0.5 * (np.log(half) - log_gamma(second, half, shape)))
    return delivered(standard_normal(first, shape) * spread, shape, dtype)


def beta(key: Any, a: Any, b: Any, size: Any = None, dtype: Any = float) -> Any:
    """Beta on [0, 1]."""
    shape = sized(size, a, b)
    a, b = real(a), real(b)
    require(a > 0, "a <= 0")
    require(b > 0, "b <= 0")
    first, second = split(key)
    x, y = log_gamma(first, a, shape), log_gamma(second, b, shape)
    return delivered(np.exp(x - np.logaddexp(x, y)), shape, dtype)


def dirichlet(key: Any, alpha: Any, size: Any = None, dtype: Any = float) -> Any:
    """Dirichlet: numbers that add up to 1, along the last axis."""
    alpha = np.asarray(real(alpha))
    if alpha.ndim < 1:
        raise ValueError("alpha must be an array")
    require(~(alpha < 0), "alpha < 0")
    shape = (*sized(size), *np.shape(alpha)) if size is not None else np.shape(alpha)
    y = log_gamma(key, alpha, shape)
    y = np.where(alpha == 0, -np.inf, y)
    top = np.max(constant(y), axis=-1, keepdims=True)
    parts = np.exp(y - np.where(np.isinf(top), 0.0, top))
    total = np.sum(parts, axis=-1, keepdims=True)
    return delivered(parts / np.where(total == 0, 1.0, total), shape, dtype)


def multivariate_normal(
    key: Any, mean: Any, cov: Any, size: Any = None, *, method: Any = "cholesky", dtype: Any = float
) -> Any:
    """Normal vectors with a mean and a covariance, along the last axis.

    `method` is what factors the covariance: "cholesky", or "eigh" where it may be singular.
    """
    mean, cov = real(mean), real(cov)
    if np.ndim(mean) < 1 or np.ndim(cov) < 2 or np.shape(cov)[-2:] != (np.shape(mean)[-1],) * 2:
        raise ValueError("mean and cov must have same length")
    lead = np.broadcast_shapes(np.shape(mean)[:-1], np.shape(cov)[:-2])
    shape = (*(sized(size) if size is not None else lead), np.shape(mean)[-1])
    z = standard_normal(key, shape)
    if method == "cholesky":
        factor = np.linalg.cholesky(cov)
    elif method == "eigh":
        w, v = np.linalg.eigh(cov)
        factor = v * np.sqrt(np.maximum(w, 0.0))[..., None, :]
    else:
        raise ValueError("method must be one of {'eigh', 'cholesky'}")
    return delivered(mean + (factor @ z[..., None])[..., 0], shape, dtype)
