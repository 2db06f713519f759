"""Averages, medians, quantiles, reductions without nan, covariances; in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.refusal import refuse, static


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


def _sorted_rows(a: Any, axis: Any) -> Any:
    """The sorted elements along the last axis; all of them for None."""
    a = np.asarray(a)
    axis = static(axis)
    if axis is None:
        return np.sort(np.ravel(a))
    if isinstance(axis, tuple | list):
        refuse("unsupported-argument", "medians and quantiles are compiled along one axis")
    return np.sort(np.moveaxis(a, axis, -1), axis=-1)


def _kept(found: Any, a: Any, axis: Any, keepdims: Any) -> Any:
    if not keepdims:
        return found
    return np.reshape(found, (1,) * np.ndim(a)) if axis is None else np.expand_dims(found, axis)


def _median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: Any = False, keepdims: Any = False
) -> Any:
    rows = _sorted_rows(a, axis)
    n = rows.shape[-1]
    if n == 0:
        refuse("bad-value", "the median of no elements is not compiled")
    middle = np.mean(rows[..., (n - 1) // 2 : n // 2 + 1], axis=-1)
    if rows.dtype.kind == "f":
        middle = np.where(np.isnan(rows[..., -1]), rows[..., -1], middle)
    return np.add(_kept(middle, a, axis, keepdims), 0, out=out)


def _quantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: Any = False,
    method: Any = "linear",
    keepdims: Any = False,
) -> Any:
    if method != "linear":
        refuse("unsupported-argument", f"quantile by the method {method!r} is not compiled")
    rows = np.moveaxis(_sorted_rows(a, axis), -1, 0)
    if rows.dtype.kind != "f":
        rows = rows.astype(float)
    q = np.asarray(q, dtype=rows.dtype)
    if np.any(np.logical_or(q < 0, q > 1)):
        raise ValueError("Quantiles must be in the range [0, 1]")
    place = q * (rows.shape[0] - 1)
    low = np.floor(place)
    share = np.reshape(place - low, q.shape + (1,) * (rows.ndim - 1))
    index = low.astype(int)
    first = np.take(rows, index, axis=0)
    second = np.take(rows, np.minimum(index + 1, rows.shape[0] - 1), axis=0)
    step = second - first
    found = np.where(share >= 0.5, second - step * (1 - share), first + step * share)
    last = np.broadcast_to(rows[-1], found.shape)
    found = np.where(np.isnan(last), last, found)
    if keepdims:
        found = np.reshape(found, q.shape + _kept_shape(np.shape(a), axis))
    return np.add(found, 0, out=out)


def _kept_shape(shape: Any, axis: Any) -> Any:
    n = len(shape)
    return tuple(1 if axis is None or i == axis % n else m for i, m in enumerate(shape))


def _percentile(a: Any, q: Any, axis: Any = None, out: Any = None, **kwargs: Any) -> Any:
    return _quantile(a, np.true_divide(q, 100), axis, out, **kwargs)


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


def _bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Any:
    x = np.asarray(x)
    n = static(minlength)
    if n == 0:
        refuse("dynamic-shape", "bincount needs minlength=: the data decides the length otherwise")
    if x.dtype.kind not in "iu":
        refuse("bad-operand", "bincount counts integers")
    if np.any(x < 0):
        raise ValueError("'list' argument must have no negative elements")
    if np.any(x >= n):
        raise ValueError("an element of bincount's argument is not below minlength")
    hits = x[:, None] == np.arange(n)
    if weights is None:
        return np.sum(hits, axis=0)
    return np.sum(np.where(hits, np.asarray(weights, dtype=float)[:, None], 0.0), axis=0)


FUNCTIONS: dict[Any, Any] = {
    np.average: _average,
    np.nansum: _nansum,
    np.nanprod: _nanprod,
    np.nanmean: _nanmean,
    np.nanvar: _nanvar,
    np.nanstd: _nanstd,
    np.nanmax: _nanmax,
    np.nanmin: _nanmin,
    np.median: _median,
    np.quantile: _quantile,
    np.percentile: _percentile,
    np.cov: _cov,
    np.corrcoef: _corrcoef,
    np.bincount: _bincount,
}
