"""Summaries of samples in scipy.stats, in plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from anvil.library.refusal import refuse
from anvil.library.scipy.special import entr, rel_entr


def _sample(a: Any, nan_policy: Any) -> Any:
    a = np.atleast_1d(a)
    if nan_policy != "propagate":
        refuse("unsupported-argument", "samples are compiled with nan_policy='propagate'")
    if a.dtype.kind == "c":
        refuse("bad-operand", "samples are compiled for real numbers")
    return a if a.dtype.kind == "f" else a.astype(float)


def _constant(m2: Any, mean: Any) -> Any:
    """Whether a sample is constant but for rounding."""
    return m2 <= (np.finfo(m2.dtype).eps * mean) ** 2


def _central(a: Any, k: Any, axis: Any, keepdims: Any) -> Any:
    d = a - np.mean(a, axis=axis, keepdims=True)
    return np.mean(d**k, axis=axis, keepdims=keepdims)


def _zscore(a: Any, axis: Any = 0, ddof: Any = 0, nan_policy: Any = "propagate") -> Any:
    a = _sample(a, nan_policy) if np.ndim(a) else np.asarray(a) + 0.0
    mean = np.mean(a, axis=axis, keepdims=True)
    std = np.std(a, axis=axis, ddof=ddof, keepdims=True)
    flat = std <= np.abs(np.finfo(a.dtype).eps * mean)
    return np.where(flat, np.nan, (a - mean) / np.where(flat, 1.0, std))


def _gzscore(a: Any, *, axis: Any = 0, ddof: Any = 0, nan_policy: Any = "propagate") -> Any:
    return _zscore(np.log(a), axis, ddof, nan_policy)


def _size(a: Any, axis: Any) -> Any:
    return a.size if axis is None else a.shape[axis]


def _skew(
    a: Any,
    axis: Any = 0,
    bias: Any = True,
    nan_policy: Any = "propagate",
    *,
    keepdims: Any = False,
) -> Any:
    a = _sample(a, nan_policy)
    mean = np.mean(a, axis=axis, keepdims=keepdims)
    m2, m3 = (_central(a, k, axis, keepdims) for k in (2, 3))
    flat = _constant(m2, mean)
    found = m3 / np.where(flat, 1.0, m2) ** 1.5
    n = _size(a, axis)
    if not bias and n > 2:
        found = found * np.sqrt((n - 1.0) * n) / (n - 2.0)
    return np.where(flat, np.nan, found)[()]


def _kurtosis(
    a: Any,
    axis: Any = 0,
    fisher: Any = True,
    bias: Any = True,
    nan_policy: Any = "propagate",
    *,
    keepdims: Any = False,
) -> Any:
    a = _sample(a, nan_policy)
    mean = np.mean(a, axis=axis, keepdims=keepdims)
    m2, m4 = (_central(a, k, axis, keepdims) for k in (2, 4))
    flat = _constant(m2, mean)
    found = m4 / np.where(flat, 1.0, m2) ** 2
    n = _size(a, axis)
    if not bias and n > 3:
        found = ((n**2 - 1.0) * found - 3.0 * (n - 1.0) ** 2) / ((n - 2.0) * (n - 3.0)) + 3.0
    found = np.where(flat, np.nan, found)[()]
    return found - 3.0 if fisher else found


def _moment(
    a: Any,
    order: Any = 1,
    axis: Any = 0,
    nan_policy: Any = "propagate",
    *,
    center: Any = None,
    keepdims: Any = False,
) -> Any:
    a = _sample(a, nan_policy)
    middle = np.mean(a, axis=axis, keepdims=True) if center is None else center
    return np.mean((a - middle) ** order, axis=axis, keepdims=keepdims)


def _averaged(a: Any, axis: Any, weights: Any, keepdims: Any) -> Any:
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    return np.average(a, axis=axis, weights=weights, keepdims=keepdims)


def _gmean(
    a: Any,
    axis: Any = 0,
    dtype: Any = None,
    weights: Any = None,
    *,
    nan_policy: Any = "propagate",
    keepdims: Any = False,
) -> Any:
    a = _sample(a, nan_policy)
    return np.exp(_averaged(np.log(a), axis, weights, keepdims))


def _hmean(
    a: Any,
    axis: Any = 0,
    dtype: Any = None,
    *,
    weights: Any = None,
    nan_policy: Any = "propagate",
    keepdims: Any = False,
) -> Any:
    a = _sample(a, nan_policy)
    some = np.where(a >= 0, a, np.nan)
    return 1.0 / _averaged(1.0 / some, axis, weights, keepdims)


def _pmean(
    a: Any,
    p: Any,
    *,
    axis: Any = 0,
    dtype: Any = None,
    weights: Any = None,
    nan_policy: Any = "propagate",
    keepdims: Any = False,
) -> Any:
    a = _sample(a, nan_policy)
    if p == 0:
        return _gmean(a, axis, weights=weights, keepdims=keepdims)
    some = np.where(a >= 0, a, np.nan)
    return _averaged(some**p, axis, weights, keepdims) ** (1.0 / p)


def _sem(
    a: Any,
    axis: Any = 0,
    ddof: Any = 1,
    nan_policy: Any = "propagate",
    *,
    keepdims: Any = False,
) -> Any:
    a = _sample(a, nan_policy)
    return np.std(a, axis=axis, ddof=ddof, keepdims=keepdims) / _size(a, axis) ** 0.5


def _variation(
    a: Any,
    axis: Any = 0,
    nan_policy: Any = "propagate",
    ddof: Any = 0,
    *,
    keepdims: Any = False,
) -> Any:
    a = _sample(a, nan_policy)
    if ddof >= _size(a, axis):
        refuse("unsupported-argument", "variation is compiled with ddof= less than the size")
    std = np.std(a, axis=axis, ddof=ddof, keepdims=keepdims)
    return std / np.mean(a, axis=axis, keepdims=keepdims)


def _entropy(
    pk: Any,
    qk: Any = None,
    base: Any = None,
    axis: Any = 0,
    *,
    nan_policy: Any = "propagate",
    keepdims: Any = False,
) -> Any:
    p = _sample(pk, nan_policy)
    p = p / np.sum(p, axis=axis, keepdims=True)
    if qk is None:
        terms = entr(p)
    else:
        q = _sample(qk, nan_policy)
        p, q = np.broadcast_arrays(p, q)
        terms = rel_entr(p, q / np.sum(q, axis=axis, keepdims=True))
    found = np.sum(terms, axis=axis, keepdims=keepdims)
    found = found if base is None else found / np.log(base)
    return np.asarray(found, dtype=p.dtype)[()]


def _iqr(
    x: Any,
    axis: Any = None,
    rng: Any = (25, 75),
    scale: Any = 1.0,
    nan_policy: Any = "propagate",
    interpolation: Any = "linear",
    keepdims: Any = False,
) -> Any:
    x = _sample(x, nan_policy)
    if scale == "normal":
        scale = 1.3489795003921634
    low, high = np.percentile(x, rng, axis=axis, method=interpolation, keepdims=keepdims)
    return np.asarray((high - low) / scale, dtype=x.dtype)[()]


def _median_abs_deviation(
    x: Any,
    axis: Any = 0,
    center: Any = np.median,
    scale: Any = 1.0,
    nan_policy: Any = "propagate",
    *,
    keepdims: Any = False,
) -> Any:
    x = _sample(x, nan_policy)
    if scale == "normal":
        scale = 0.6744897501960817
    if axis is None:
        x, axis = np.ravel(x), 0
    middle = np.expand_dims(center(x, axis=axis), axis)
    return np.median(np.abs(x - middle), axis=axis, keepdims=keepdims) / scale


def _trim_mean(
    a: Any,
    proportiontocut: Any,
    axis: Any = 0,
    *,
    nan_policy: Any = "propagate",
    keepdims: Any = False,
) -> Any:
    a = _sample(a, nan_policy)
    if axis is None:
        a, axis = np.ravel(a), 0
    n = a.shape[axis]
    cut = int(proportiontocut * n)
    if cut > n - cut:
        raise ValueError("Proportion too big.")
    a = np.moveaxis(np.sort(a, axis=axis), axis, 0)
    found = np.mean(a[cut : n - cut], axis=0)
    return np.expand_dims(found, axis) if keepdims else found


_RULES: dict[str, Callable[..., Any]] = {
    "zscore": _zscore,
    "gzscore": _gzscore,
    "skew": _skew,
    "kurtosis": _kurtosis,
    "moment": _moment,
    "gmean": _gmean,
    "hmean": _hmean,
    "pmean": _pmean,
    "sem": _sem,
    "variation": _variation,
    "entropy": _entropy,
    "iqr": _iqr,
    "median_abs_deviation": _median_abs_deviation,
    "trim_mean": _trim_mean,
}

SCIPY: dict[str, Any] = {f"scipy.stats.{name}": rule for name, rule in _RULES.items()}
