"""Medians, quantiles and percentiles, with and without nan, by all of NumPy's methods; in plain
Python.

A quantile q of n sorted numbers stands at the place `n q + alpha + q (1 - alpha - beta) - 1`,
linearly between its neighbours, or at a neighbour by a rule of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.refusal import refuse, static

CONTINUOUS = {
    "linear": (1.0, 1.0),
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
"""alpha and beta by method."""

DISCRETE = (
    *("lower", "higher", "nearest", "midpoint"),
    *("inverted_cdf", "averaged_inverted_cdf", "closest_observation"),
)


def rows_in_front(a: Any, axis: Any) -> Any:
    """The elements along some axes as one axis in front; all of them for None."""
    a = np.asarray(a)
    if axis is None:
        return np.ravel(a)
    several = isinstance(axis, (tuple, list))
    axes = [i + a.ndim if i < 0 else i for i in (axis if several else (axis,))]
    for i in axes:
        if i < 0 or i >= a.ndim:
            refuse("bad-axis", f"axis {axis} is out of bounds for array of dimension {a.ndim}")
    n = 1
    for i in axes:
        n = n * a.shape[i]
    rest = [i for i in range(a.ndim) if i not in axes]
    a = np.transpose(a, (*axes, *rest))
    return np.reshape(a, (n, *a.shape[len(axes) :]))


def kept_shape(shape: Any, axis: Any) -> Any:
    """The shape with those axes as ones."""
    n = len(shape)
    several = isinstance(axis, (tuple, list))
    axes = [i % n for i in (axis if several else (axis,))] if axis is not None else []
    return tuple(1 if axis is None or i in axes else m for i, m in enumerate(shape))


def _delivered(found: Any, out: Any) -> Any:
    if out is None:
        return found
    np.copyto(out, found, casting="same_kind")
    return out


def _places(q: Any, n: Any, method: Any) -> Any:
    """The lower neighbour of each quantile, the share of the upper one, before clipping."""
    if method in CONTINUOUS:
        alpha, beta = CONTINUOUS[method]
        place = n * q + (alpha + q * (1 - alpha - beta)) - 1
        if method == "linear":
            place = (n - 1) * q
        low = np.floor(place)
        return low, place - low
    if method in ("lower", "higher", "nearest", "midpoint"):
        place = (n - 1) * q
        if method == "lower":
            return np.floor(place), np.zeros_like(place)
        if method == "higher":
            return np.ceil(place), np.zeros_like(place)
        if method == "nearest":
            return np.round(place), np.zeros_like(place)
        low = 0.5 * (np.floor(place) + np.ceil(place))
        return np.floor(low), low - np.floor(low)
    if method == "closest_observation":
        place = n * q - 1 - 0.5
        low = np.floor(place)
        even = (place == low) & (np.mod(low, 2) == 1)
        return np.where(even, low, low + 1), np.zeros_like(place)
    place = n * q
    low = np.ceil(place) - 1
    if method == "averaged_inverted_cdf":
        return low, np.where(place == np.floor(place), 0.5, 0.0)
    return low, np.zeros_like(place)


def _picked(rows: Any, index: Any, share: Any, n: Any) -> Any:
    """Between element `index` of the sorted rows and the next one."""
    top = np.maximum(n - 1, 0)
    low = np.clip(index, 0, top).astype(int)
    high = np.clip(index + 1, 0, top).astype(int)
    share = np.where(index < 0, np.zeros((), share.dtype), share)
    first = np.take_along_axis(rows, low, axis=0)
    second = np.take_along_axis(rows, high, axis=0)
    step = second - first
    return np.where(share >= 0.5, second - step * (1 - share), first + step * share)


def _quantile_of(a: Any, q: Any, axis: Any, method: Any, keepdims: Any, skip: Any) -> Any:
    """Quantiles of the rows; `skip` tells whether nan are left out."""
    axis, method = static(axis), static(method)
    if method not in CONTINUOUS and method not in DISCRETE:
        refuse("bad-value", f"{method!r} is not a valid method")
    rows = rows_in_front(a, axis)
    if rows.dtype.kind == "c":
        refuse("bad-operand", "a must be an array of real numbers")
    between = method == "midpoint" or method == "averaged_inverted_cdf" or method in CONTINUOUS
    if rows.dtype.kind == "b" and between:
        refuse(
            "bad-operand",
            "numpy boolean subtract, the `-` operator, is not supported, use the bitwise_xor, the "
            "`^` operator, or the logical_xor function instead.",
        )
    if method in ("linear", "midpoint") or method in CONTINUOUS or rows.dtype.kind == "b":
        rows = rows if rows.dtype.kind == "f" else rows.astype(float)
    if np.ndim(q) == 0 and rows.dtype.kind == "f":
        q = np.asarray(q, dtype=rows.dtype)
    else:
        q = np.asarray(q) * 1.0
    if np.any(np.logical_or(q < 0, q > 1)):
        raise ValueError("Quantiles must be in the range [0, 1]")
    if rows.shape[0] == 0 and not skip:
        refuse("bad-index", "index -1 is out of bounds for axis 0 with size 0")
    if rows.shape[0] == 0:
        found = np.full(q.shape + rows.shape[1:], np.nan)
    else:
        found = _of_rows(np.sort(rows, axis=0), q, method, skip)
    if keepdims:
        return np.reshape(found, q.shape + kept_shape(np.shape(a), axis))
    return found[()]


def _of_rows(rows: Any, q: Any, method: Any, skip: Any) -> Any:
    shape = q.shape + rows.shape[1:]
    flat = np.reshape(q, (-1,) + (1,) * (rows.ndim - 1))
    n = np.sum(~np.isnan(rows), axis=0) if skip and rows.dtype.kind == "f" else rows.shape[0]
    index, share = _places(np.broadcast_to(flat, (q.size, *rows.shape[1:])), n, method)
    if method in CONTINUOUS or method in ("midpoint", "averaged_inverted_cdf"):
        share = share.astype(q.dtype)
        found = _picked(rows, index, share, n)
    else:
        top = np.maximum(np.asarray(n) - 1, 0)
        found = np.take_along_axis(rows, np.clip(index, 0, top).astype(int), axis=0)
    if rows.dtype.kind == "f":
        last = np.broadcast_to(rows[-1], found.shape)
        empty = np.broadcast_to(np.asarray(n) == 0, found.shape)
        lost = empty if skip else np.isnan(last)
        found = np.where(lost, np.asarray(np.nan, dtype=rows.dtype), found)
    return np.reshape(found, shape)


def _quantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: Any = False,
    method: Any = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    if weights is not None:
        refuse("unsupported-argument", "quantiles with weights are not compiled")
    return _delivered(_quantile_of(a, q, axis, method, keepdims, False), out)


def _percentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: Any = False,
    method: Any = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    return _quantile(
        a, np.true_divide(q, 100), axis, out, method=method, keepdims=keepdims, weights=weights
    )


def _nanquantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: Any = False,
    method: Any = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    if weights is not None:
        refuse("unsupported-argument", "quantiles with weights are not compiled")
    return _delivered(_quantile_of(a, q, axis, method, keepdims, True), out)


def _nanpercentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: Any = False,
    method: Any = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    return _nanquantile(
        a, np.true_divide(q, 100), axis, out, method=method, keepdims=keepdims, weights=weights
    )


def _middle(a: Any, axis: Any, keepdims: Any, skip: Any) -> Any:
    rows = np.sort(rows_in_front(a, axis), axis=0)
    n = rows.shape[0]
    if n == 0:
        found = np.full(rows.shape[1:], np.nan)
    elif skip and rows.dtype.kind == "f":
        count = np.sum(~np.isnan(rows), axis=0, keepdims=True)
        low = np.take_along_axis(rows, np.maximum(count - 1, 0) // 2, axis=0)[0]
        high = np.take_along_axis(rows, np.minimum(count // 2, n - 1), axis=0)[0]
        found = np.where(count[0] % 2 == 1, low, (low + high) / 2)
    else:
        found = np.mean(rows[(n - 1) // 2 : n // 2 + 1], axis=0)
        if rows.dtype.kind == "f":
            found = np.where(np.isnan(rows[-1]), rows[-1], found)
    return np.reshape(found, kept_shape(np.shape(a), axis)) if keepdims else found[()]


def _median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: Any = False, keepdims: Any = False
) -> Any:
    return _delivered(_middle(a, static(axis), keepdims, False), out)


def _nanmedian(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: Any = False, keepdims: Any = False
) -> Any:
    return _delivered(_middle(a, static(axis), keepdims, True), out)


# ---- positions and running reductions without nan


def _nanarg(a: Any, axis: Any, worst: Any) -> Any:
    a = np.asarray(a)
    if a.dtype.kind not in "fc":
        return a
    nan = np.isnan(a)
    if np.any(np.all(nan, axis=axis)):
        raise ValueError("All-NaN slice encountered")
    return np.where(nan, np.asarray(worst, dtype=a.dtype), a)


def _nanargmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    return np.argmax(_nanarg(a, axis, -np.inf), axis=axis, out=out, keepdims=keepdims)


def _nanargmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    return np.argmin(_nanarg(a, axis, np.inf), axis=axis, out=out, keepdims=keepdims)


def _nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    a = np.asarray(a)
    return np.cumsum(np.where(np.isnan(a), np.zeros((), a.dtype), a), axis, dtype, out)


def _nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    a = np.asarray(a)
    return np.cumprod(np.where(np.isnan(a), np.ones((), a.dtype), a), axis, dtype, out)


FUNCTIONS: dict[Any, Any] = {
    np.median: _median,
    np.quantile: _quantile,
    np.percentile: _percentile,
    np.nanmedian: _nanmedian,
    np.nanquantile: _nanquantile,
    np.nanpercentile: _nanpercentile,
    np.nanargmax: _nanargmax,
    np.nanargmin: _nanargmin,
    np.nancumsum: _nancumsum,
    np.nancumprod: _nancumprod,
}
