"""Averages, medians, quantiles, reductions without nan, covariances; in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.arrays.resolution import selected
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
    if np.any(scale == 0):
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    mean = np.sum(np.multiply(a, w, dtype=dtype), axis=axis, keepdims=keepdims) / scale
    return (mean, scale) if returned else mean


def _without_nan(a: Any, value: Any) -> Any:
    a = np.asarray(a)
    return np.where(np.isnan(a), np.asarray(value, dtype=a.dtype), a)


def _nansum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, **kwargs: Any) -> Any:
    return np.sum(_without_nan(a, 0), axis=axis, dtype=dtype, out=out, **kwargs)


def _nanprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, **kwargs: Any) -> Any:
    return np.prod(_without_nan(a, 1), axis=axis, dtype=dtype, out=out, **kwargs)


def _present(a: Any, where: Any) -> Any:
    """What is no nan, and selected."""
    return np.logical_and(np.logical_not(np.isnan(np.asarray(a))), selected(where))


def _nanmean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    where: Any = True,
) -> Any:
    here = _present(a, where)
    return np.mean(a, axis=axis, dtype=dtype, out=out, keepdims=keepdims, where=here)


def _nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    given = (a, axis, dtype, out, ddof, keepdims)
    return _nan_spread(np.var, given, where, mean, correction)


def _nanstd(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    given = (a, axis, dtype, out, ddof, keepdims)
    return _nan_spread(np.std, given, where, mean, correction)


def _nan_spread(spread: Any, given: Any, where: Any, mean: Any, correction: Any) -> Any:
    """A variance or its root; nan, not infinite, where too few elements are left."""
    a, axis, dtype, out, ddof, keepdims = given
    here = _present(a, where)
    found = spread(
        a, axis, dtype, None, ddof, keepdims, where=here, mean=mean, correction=correction
    )
    if np.asarray(a).dtype.kind in "fc":
        here = np.broadcast_to(here, np.broadcast_shapes(np.shape(here), np.shape(a)))
        count = np.sum(here, axis=axis, keepdims=keepdims)
        few = count <= (ddof if correction is None else correction)
        found = np.where(few, np.asarray(np.nan, dtype=found.dtype), found)[()]
    if out is None:
        return found
    np.copyto(out, found, casting="unsafe")
    return out


def _nanmax(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    return _nan_extremum(np.max, -np.inf, a, axis, out, keepdims, initial, where)


def _nanmin(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    return _nan_extremum(np.min, np.inf, a, axis, out, keepdims, initial, where)


def _nan_extremum(
    reduce: Any,
    worst: Any,
    a: Any,
    axis: Any,
    out: Any,
    keepdims: Any,
    initial: Any,
    where: Any,
) -> Any:
    """The extremum of what is no nan; nan where all are."""
    a = np.asarray(a)
    if a.dtype.kind not in "fc":
        return reduce(a, axis=axis, out=out, keepdims=keepdims, initial=initial, where=where)
    found = reduce(
        _without_nan(a, worst), axis=axis, keepdims=keepdims, initial=initial, where=where
    )
    if initial is None:
        some = np.any(_present(a, True), axis=axis, keepdims=keepdims)
        return np.add(found, np.where(some, 0, np.asarray(np.nan, dtype=found.dtype)), out=out)
    return np.add(found, np.zeros((), dtype=found.dtype), out=out)


def _cov(
    m: Any,
    y: Any = None,
    rowvar: Any = True,
    bias: Any = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    if ddof is not None and ddof != int(ddof):
        refuse("bad-value", "ddof must be integer")
    x = _variables(m, y, rowvar, dtype)
    free = (0 if bias else 1) if ddof is None else ddof
    w = _frequencies(fweights, x.shape[1])
    if aweights is not None:
        importance = np.asarray(aweights, dtype=float)
        if importance.ndim != 1 or importance.shape[0] != x.shape[1]:
            refuse("bad-value", "incompatible numbers of samples and aweights")
        if np.any(importance < 0):
            raise ValueError("aweights cannot be negative")
        w = importance if w is None else w * importance
    if w is None:
        centred = x - np.mean(x, axis=1, keepdims=True)
        left = np.maximum(x.shape[1] - free, 0)
        product = centred @ np.conj(centred.T)
        return np.squeeze((product / left).astype(product.dtype))
    total = np.sum(w)
    centred = x - (np.sum(x * w, axis=1) / total)[:, None]
    if aweights is None:
        left = total - free
    elif free == 0:
        left = total
    else:
        left = total - free * np.sum(w * np.asarray(aweights)) / total
    product = centred @ np.conj((centred * w.astype(x.dtype)).T)
    return np.squeeze((product / np.maximum(left, 0.0)).astype(product.dtype))


def _variables(m: Any, y: Any, rowvar: Any, dtype: Any) -> Any:
    """One variable in each row."""
    if np.ndim(m) > 2:
        refuse("bad-value", "m has more than 2 dimensions")
    if y is not None and np.ndim(y) > 2:
        refuse("bad-value", "y has more than 2 dimensions")
    x = np.atleast_2d(np.asarray(m))
    if not rowvar and np.ndim(m) > 1:
        x = x.T
    if y is not None:
        other = np.atleast_2d(np.asarray(y))
        x = np.concatenate((x, other if rowvar or np.ndim(y) < 2 else other.T), axis=0)
    return x.astype(np.result_type(x, np.float64) if dtype is None else dtype)


def _frequencies(fweights: Any, n: Any) -> Any:
    if fweights is None:
        return None
    counts = np.asarray(fweights)
    if counts.dtype.kind not in "iu":
        refuse("bad-operand", "fweights must be integer")
    if counts.ndim != 1 or counts.shape[0] != n:
        refuse("bad-value", "incompatible numbers of samples and fweights")
    if np.any(counts < 0):
        raise ValueError("fweights cannot be negative")
    return counts * 1.0


def _corrcoef(x: Any, y: Any = None, rowvar: Any = True, *, dtype: Any = None) -> Any:
    c = _cov(x, y, rowvar, dtype=dtype)
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
