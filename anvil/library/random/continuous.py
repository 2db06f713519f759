"""Continuous distributions: functions of uniform numbers, so differentiable in their parameters.

E = -log(1 - U) is exponential, Z = ndtri(U) normal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.random.base import delivered, real, require, sized, split, unit
from anvil.library.scipy.special import ndtr
from anvil.library.special.primitives import ndtri


def random(key: Any, size: Any = None, dtype: Any = float) -> Any:
    """Uniform on [0, 1)."""
    return unit(key, sized(size), dtype)


def uniform(key: Any, low: Any = 0.0, high: Any = 1.0, size: Any = None, dtype: Any = float) -> Any:
    """Uniform on [low, high)."""
    shape = sized(size, low, high)
    low, high = delivered(low, np.shape(low), dtype), delivered(high, np.shape(high), dtype)
    require(high >= low, "high - low < 0")
    u = unit(key, shape, dtype)
    return delivered(np.maximum(low, low + (high - low) * u), shape, dtype)


def between(key: Any, low: Any, shape: Any, dtype: Any) -> Any:
    """Uniform on [low, 1), low > -1 known."""
    least = delivered(low, (), dtype)
    return np.maximum(least, unit(key, shape, dtype) * (1.0 - least) + least)


def standard_normal(key: Any, size: Any = None, dtype: Any = float) -> Any:
    """Normal with mean 0 and variance 1."""
    shape = sized(size)
    lowest = np.nextafter(np.asarray(-1.0, dtype=dtype)[()], np.asarray(0.0, dtype=dtype)[()])
    u = between(key, lowest, shape, dtype)
    tail = ndtri(0.5 * (1.0 - np.abs(u)))
    return delivered(np.where(u < 0, tail, -tail), shape, dtype)


def normal(key: Any, loc: Any = 0.0, scale: Any = 1.0, size: Any = None, dtype: Any = float) -> Any:
    """Normal with mean `loc` and standard deviation `scale`."""
    shape = sized(size, loc, scale)
    loc, scale = real(loc), real(scale)
    require(~(scale < 0), "scale < 0")
    return delivered(loc + scale * standard_normal(key, shape, dtype), shape, dtype)


def lognormal(
    key: Any, mean: Any = 0.0, sigma: Any = 1.0, size: Any = None, dtype: Any = float
) -> Any:
    """e to the power of a normal number."""
    shape = sized(size, mean, sigma)
    mean, sigma = real(mean), real(sigma)
    require(~(sigma < 0), "sigma < 0")
    return delivered(np.exp(mean + sigma * standard_normal(key, shape, dtype)), shape, dtype)


def truncated_normal(key: Any, low: Any, high: Any, size: Any = None, dtype: Any = float) -> Any:
    """Standard normal, given that it is between `low` and `high`."""
    shape = sized(size, low, high)
    low, high = real(low), real(high)
    require(low < high, "low >= high")
    turned = low > 0
    a, c = np.where(turned, -high, low), np.where(turned, -low, high)
    u = unit(key, shape, float) + 2.0**-53
    p, q = ndtr(a), ndtr(c)
    found = np.clip(ndtri(p + (q - p) * u), a, c)
    return delivered(np.where(turned, -found, found), shape, dtype)


def standard_exponential(key: Any, size: Any = None, dtype: Any = float) -> Any:
    """Exponential with mean 1."""
    shape = sized(size)
    return delivered(-np.log1p(-unit(key, shape, dtype)), shape, dtype)


def exponential(key: Any, scale: Any = 1.0, size: Any = None, dtype: Any = float) -> Any:
    """Exponential with mean `scale`."""
    shape = sized(size, scale)
    scale = real(scale)
    require(~(scale < 0), "scale < 0")
    return delivered(scale * standard_exponential(key, shape, dtype), shape, dtype)


def laplace(
    key: Any, loc: Any = 0.0, scale: Any = 1.0, size: Any = None, dtype: Any = float
) -> Any:
    """Laplace (double exponential)."""
    shape = sized(size, loc, scale)
    loc, scale = real(loc), real(scale)
    require(~(scale < 0), "scale < 0")
    u = between(key, -1.0 + float(np.finfo(dtype).epsneg), shape, dtype)
    return delivered(loc + scale * (np.sign(u) * np.log1p(-np.abs(u))), shape, dtype)


def logistic(
    key: Any, loc: Any = 0.0, scale: Any = 1.0, size: Any = None, dtype: Any = float
) -> Any:
    """Logistic."""
    shape = sized(size, loc, scale)
    loc, scale = real(loc), real(scale)
    require(~(scale < 0), "scale < 0")
    u = between(key, float(np.finfo(dtype).eps), shape, dtype)
    return delivered(loc + scale * np.log(u / (1.0 - u)), shape, dtype)


def standard_gumbel(key: Any, shape: Any, dtype: Any) -> Any:
    """Gumbel with location 0 and scale 1."""
    return -np.log(-np.log(between(key, float(np.finfo(dtype).tiny), shape, dtype)))


def gumbel(key: Any, loc: Any = 0.0, scale: Any = 1.0, size: Any = None, dtype: Any = float) -> Any:
    """Gumbel."""
    shape = sized(size, loc, scale)
    loc, scale = real(loc), real(scale)
    require(~(scale < 0), "scale < 0")
    return delivered(loc + scale * standard_gumbel(key, shape, dtype), shape, dtype)


def standard_cauchy(key: Any, size: Any = None, dtype: Any = float) -> Any:
    """Cauchy with location 0 and scale 1."""
    shape = sized(size)
    first, second = split(key)
    ratio = standard_normal(first, shape, dtype) / standard_normal(second, shape, dtype)
    return delivered(ratio, shape, dtype)


def cauchy(key: Any, loc: Any = 0.0, scale: Any = 1.0, size: Any = None, dtype: Any = float) -> Any:
    """Cauchy with median `loc` and quartiles `loc - scale`, `loc + scale`."""
    shape = sized(size, loc, scale)
    loc, scale = real(loc), real(scale)
    require(~(scale < 0), "scale < 0")
    return delivered(loc + scale * standard_cauchy(key, shape, dtype), shape, dtype)


def pareto(key: Any, a: Any, size: Any = None, dtype: Any = float) -> Any:
    """Pareto II (Lomax) of shape `a`, from 0 on; 1 more is the classical one."""
    shape = sized(size, a)
    a = real(a)
    require(a > 0, "a <= 0")
    return delivered(np.expm1(standard_exponential(key, shape, dtype) * (1.0 / a)), shape, dtype)


def weibull(key: Any, a: Any, size: Any = None, dtype: Any = float) -> Any:
    """Weibull of shape `a` and scale 1."""
    shape = sized(size, a)
    a = real(a)
    require(a > 0, "a <= 0")
    return delivered(
        np.exp(np.log(standard_exponential(key, shape, dtype)) * (1.0 / a)), shape, dtype
    )


def rayleigh(key: Any, scale: Any = 1.0, size: Any = None, dtype: Any = float) -> Any:
    """Rayleigh: the length of a vector of two normal numbers."""
    shape = sized(size, scale)
    scale = real(scale)
    require(~(scale < 0), "scale < 0")
    return delivered(scale * np.sqrt(2.0 * standard_exponential(key, shape, dtype)), shape, dtype)


def power(key: Any, a: Any, size: Any = None, dtype: Any = float) -> Any:
    """On [0, 1] with density a x^(a - 1)."""
    shape = sized(size, a)
    a = real(a)
    require(a > 0, "a <= 0")
    return delivered(np.exp(np.log(1.0 - unit(key, shape, dtype)) * (1.0 / a)), shape, dtype)


def triangular(
    key: Any, left: Any, mode: Any, right: Any, size: Any = None, dtype: Any = float
) -> Any:
    """Triangular on [left, right] with its peak at `mode`."""
    shape = sized(size, left, mode, right)
    left, mode, right = real(left), real(mode), real(right)
    require(left <= mode, "left > mode")
    require(mode <= right, "mode > right")
    require(left != right, "left == right")
    u = unit(key, shape, dtype)
    width = right - left
    rising = u * width <= mode - left
    low = np.where(rising, u * width * (mode - left), 1.0)
    high = np.where(rising, 1.0, (1.0 - u) * width * (right - mode))
    found = np.where(rising, left + np.sqrt(low), right - np.sqrt(high))
    return delivered(found, shape, dtype)
