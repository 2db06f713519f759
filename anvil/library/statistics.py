"""Averages, medians, quantiles, reductions without nan, covariances; in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.refusal import refuse


def _average(
    a: Any, axis: Any = None, weights: Any = None, returned: Any = False, *, keepdims: Any = False
) -> Any:
    a = np.asarray(a)
    if weights is None:
        mean = np.mean(a, axis=axis, keepdims=keepdims)
        return (mean, np.ones_like(mean) * (a.size / np.size(mean))) if returned else mean
    w = np.asarray(weights)
    if w.shape != a.shape:
        if axis is None:
            refuse("bad-operand", "Axis must be specified when shapes of a and weights differ.")
        if w.ndim != 1 or w.shape[0] != a.shape[axis]:
            refuse("bad-value", "Shape of weights must be consistent with shape of a along axis.")
        w = np.reshape(w, tuple(-1 if i == axis % a.ndim else 1 for i in range(a.ndim)))
        w = np.broadcast_to(w, a.shape)
    dtype = np.result_type(a, w, float) if a.dtype.kind in "biu" else np.result_type(a, w)
    scale = np.sum(w, axis=axis, keepdims=keepdims, dtype=dtype)
    mean = np.sum(np.multiply(a, w, dtype=dtype), axis=axis, keepdims=keepdims) / scale
    return (mean, scale) if returned else mean


def _without_nan(a: Any, value: Any) -> Any:
    a = np.asarray(a)
    return np.where(np.isnan(a), np.asarray(value, dtype=a.dtype), a)


def _nansum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, **kwargs: Any) -> Any:
    return np.sum(_without_nan(a, 0), axis=axis, dtype=dtype, out=out, **kwargs)


def _nanprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, **kwargs: Any) -> Any:
    return np.prod(_without_nan(a, 1), axis=axis, dtype=dtype, out=out, **kwargs)


def _present(a: Any) -> Any:
    return np.logical_not(np.isnan(np.asarray(a)))


def _nanmean(a: Any, axis: Any = None, dtype: Any = None, **kwargs: Any) -> Any:
    return np.mean(a, axis=axis, dtype=dtype, where=_present(a), **kwargs)


def _nanvar(a: Any, axis: Any = None, dtype: Any = None, **kwargs: Any) -> Any:
    return np.var(a, axis=axis, dtype=dtype, where=_present(a), **kwargs)


def _nanstd(a: Any, axis: Any = None, dtype: Any = None, **kwargs: Any) -> Any:
    return np.std(a, axis=axis, dtype=dtype, where=_present(a), **kwargs)


def _nanmax(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    if np.asarray(a).dtype.kind not in "fc":
        return np.max(a, axis=axis, out=out, keepdims=keepdims)
    found = np.max(_without_nan(a, -np.inf), axis=axis, keepdims=keepdims)
    some = np.any(_present(a), axis=axis, keepdims=keepdims)
    return np.add(found, np.where(some, 0, np.asarray(np.nan, dtype=found.dtype)), out=out)


def _nanmin(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    if np.asarray(a).dtype.kind not in "fc":
        return np.min(a, axis=axis, out=out, keepdims=keepdims)
    found = np.min(_without_nan(a, np.inf), axis=axis, keepdims=keepdims)
    some = np.any(_present(a), axis=axis, keepdims=keepdims)
    return np.add(found, np.where(some, 0, np.asarray(np.nan, dtype=found.dtype)), out=out)


def _cov(m: Any, y: Any = None, rowvar: Any = True, bias: Any = False, ddof: Any = None) -> Any:
    x = np.atleast_2d(np.asarray(m))
    if not rowvar and np.ndim(m) > 1:
        x = x.T
    if y is not None:
        other = np.atleast_2d(np.asarray(y))
        x = np.concatenate((x, other if rowvar or np.ndim(y) < 2 else other.T), axis=0)
    if x.dtype.kind not in "fc" or x.dtype.itemsize < 8:
        x = x.astype(float)
    free = (0 if bias else 1) if ddof is None else ddof
    centred = x - np.mean(x, axis=1, keepdims=True)
    return np.squeeze(centred @ np.conj(centred.T) / np.maximum(x.shape[1] - free, 0))


def _corrcoef(x: Any, y: Any = None, rowvar: Any = True) -> Any:
    c = _cov(x, y, rowvar)
    if np.ndim(c) == 0:
        return c / c
    size = np.sqrt(np.real(np.diag(c)))
    ratio = c / size[:, None] / size[None, :]
    return np.clip(ratio, -1, 1) if ratio.dtype.kind == "f" else ratio


FUNCTIONS: dict[Any, Any] = {
    np.average: _average,
    np.nansum: _nansum,
    np.nanprod: _nanprod,
    np.nanmean: _nanmean,
    np.nanvar: _nanvar,
    np.nanstd: _nanstd,
    np.nanmax: _nanmax,
    np.nanmin: _nanmin,
    np.cov: _cov,
    np.corrcoef: _corrcoef,
}
