"""Running sums, differences, interpolation, polynomials, convolution; in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.arrays.resolution import combined_in
from anvil.library.arrays.ufunc_methods import into
from anvil.library.refusal import refuse, static


def _running(fn: Any, a: Any, axis: Any, dtype: Any, out: Any) -> Any:
    """The array in the dtype that NumPy accumulates in, with the axis in front."""
    x = np.asarray(a)
    x = np.ravel(x) if x.ndim == 0 and axis in (0, -1) else x
    x = x.astype(combined_in(fn, x, dtype, out, "accumulate"))
    return np.ravel(x) if axis is None else np.moveaxis(x, axis, 0)


def _cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    x = _running(np.add, a, axis, dtype, out)
    sums = np.zeros(x.shape, dtype=x.dtype)
    total = np.zeros(x.shape[1:], dtype=x.dtype)
    if x.dtype.kind in "fc":
        total = -total  # -0.0 + x is x, if x is -0.0 too
    for i in range(x.shape[0]):
        total = total + x[i]
        sums[i] = total
    return into(np.add, sums if axis is None else np.moveaxis(sums, 0, axis), out)


def _cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    x = _running(np.multiply, a, axis, dtype, out)
    products = np.zeros(x.shape, dtype=x.dtype)
    total = np.ones(x.shape[1:], dtype=x.dtype)
    for i in range(x.shape[0]):
        total = total * x[i]
        products[i] = total
    return into(np.multiply, products if axis is None else np.moveaxis(products, 0, axis), out)


def _accumulated_sum(array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    if np.ndim(array) == 0:
        refuse("bad-operand", "cannot accumulate on a scalar")
    return _cumsum(array, axis, dtype, out)


def _accumulated_product(array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    if np.ndim(array) == 0:
        refuse("bad-operand", "cannot accumulate on a scalar")
    return _cumprod(array, axis, dtype, out)


def _cumulative(running: Any, first: Any, x: Any, axis: Any, dtype: Any, out: Any) -> Any:
    """The running sums or products, with the neutral element in front if asked for."""
    x = np.atleast_1d(x)
    if axis is None:
        if x.ndim > 1:
            refuse("bad-value", "For arrays which have more than one dimension `axis` is required.")
        axis = 0
    found = running(x, axis, dtype)
    if first is not None:
        shape = tuple(1 if i == axis % found.ndim else m for i, m in enumerate(found.shape))
        head = np.full(shape, first, dtype=found.dtype)
        found = np.concatenate((head, found), axis=axis)
    if out is None:
        return found
    np.copyto(out, found, casting="same_kind")
    return out


def _cumulative_sum(
    x: Any,
    /,
    *,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: Any = False,
) -> Any:
    return _cumulative(_cumsum, 0 if include_initial else None, x, axis, dtype, out)


def _cumulative_prod(
    x: Any,
    /,
    *,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: Any = False,
) -> Any:
    return _cumulative(_cumprod, 1 if include_initial else None, x, axis, dtype, out)


# ---- differences


def _cut(a: Any, axis: Any, low: Any, high: Any) -> Any:
    return a[tuple(slice(low, high) if i == axis % a.ndim else slice(None) for i in range(a.ndim))]


def _edge(a: Any, edge: Any, axis: Any) -> Any:
    edge = np.asarray(edge)
    if edge.ndim:
        return edge
    return np.broadcast_to(
        edge, tuple(1 if i == axis % a.ndim else m for i, m in enumerate(a.shape))
    )


def _diff(a: Any, n: Any = 1, axis: Any = -1, prepend: Any = None, append: Any = None) -> Any:
    a = np.asarray(a)
    if a.ndim == 0:
        refuse("bad-value", "diff requires input that is at least one dimensional")
    if axis < -a.ndim or axis >= a.ndim:
        refuse("bad-axis", f"axis {axis} is out of bounds for array of dimension {a.ndim}")
    if static(n) < 0:
        refuse("bad-value", f"order must be non-negative but got {n}")
    if n == 0:
        return a
    if prepend is not None:
        a = np.concatenate((_edge(a, prepend, axis), a), axis=axis)
    if append is not None:
        a = np.concatenate((a, _edge(a, append, axis)), axis=axis)
    for _ in range(n):
        high, low = _cut(a, axis, 1, None), _cut(a, axis, None, -1)
        a = np.not_equal(high, low) if a.dtype.kind == "b" else high - low
    return a


def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    ary = np.asarray(ary)
    for name, ends in (("to_end", to_end), ("to_begin", to_begin)):
        if ends is not None and not np.can_cast(np.asanyarray(ends).dtype, ary.dtype, "same_kind"):
            words = f"dtype of `{name}` must be compatible with input `ary` under the `same_kind`"
            refuse("bad-operand", f"{words} rule.")
    flat = np.ravel(ary)
    inner = flat[1:] - flat[:-1]
    if to_begin is not None:
        inner = np.concatenate((np.ravel(to_begin), inner), dtype=inner.dtype)
    if to_end is not None:
        inner = np.concatenate((inner, np.ravel(to_end)), dtype=inner.dtype)
    return inner


def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: Any = 1) -> Any:
    f = np.asarray(f)
    order = static(edge_order)
    if order > 2:
        refuse("bad-value", "'edge_order' greater than 2 not supported")
    axes = range(f.ndim) if axis is None else (axis if isinstance(axis, tuple) else (axis,))
    if len(varargs) not in (0, 1, len(axes)):
        refuse("wrong-arguments", "gradient takes one spacing, or one for each axis")
    steps = varargs if len(varargs) == len(axes) else (*varargs, 1.0)[:1] * len(axes)
    if f.dtype.kind == "b":
        f[:0] - f[:0]  # there is no difference of booleans
    if f.dtype.kind in "iu":
        f = f.astype(float)
    found = []
    for at, step in zip(axes, steps, strict=True):
        if at < -f.ndim or at >= f.ndim:
            refuse("bad-axis", f"axis {at} is out of bounds for array of dimension {f.ndim}")
        if f.shape[at] < order + 1:
            refuse(
                "bad-value",
                "Shape of array too small to calculate a numerical gradient, at least "
                "(edge_order + 1) elements are required.",
            )
        if np.ndim(step) == 0:
            found.append(_even_slope(f, at, step, order))
        else:
            found.append(_uneven_slope(f, at, step, order))
    return found[0] if len(axes) == 1 else tuple(found)


def _even_slope(f: Any, at: Any, step: Any, order: Any) -> Any:
    inner = (_cut(f, at, 2, None) - _cut(f, at, None, -2)) / (2.0 * step)
    first = (_cut(f, at, 1, 2) - _cut(f, at, 0, 1)) / step
    last = (_cut(f, at, -1, None) - _cut(f, at, -2, -1)) / step
    if order == 2:
        first = (
            -1.5 / step * _cut(f, at, 0, 1)
            + 2.0 / step * _cut(f, at, 1, 2)
            + -0.5 / step * _cut(f, at, 2, 3)
        )
        last = (
            0.5 / step * _cut(f, at, -3, -2)
            + -2.0 / step * _cut(f, at, -2, -1)
            + 1.5 / step * _cut(f, at, -1, None)
        )
    return np.concatenate((first, inner, last), axis=at)


def _uneven_slope(f: Any, at: Any, places: Any, order: Any) -> Any:
    shape = tuple(-1 if i == at % f.ndim else 1 for i in range(f.ndim))
    d = np.reshape(_diff(np.asarray(places)), shape)
    low, high = _cut(d, at, None, -1), _cut(d, at, 1, None)
    inner = (
        -high / (low * (low + high)) * _cut(f, at, None, -2)
        + (high - low) / (low * high) * _cut(f, at, 1, -1)
        + low / (high * (low + high)) * _cut(f, at, 2, None)
    )
    first = (_cut(f, at, 1, 2) - _cut(f, at, 0, 1)) / _cut(d, at, 0, 1)
    last = (_cut(f, at, -1, None) - _cut(f, at, -2, -1)) / _cut(d, at, -1, None)
    if order == 2:
        a, b = _cut(d, at, 0, 1), _cut(d, at, 1, 2)
        first = (
            -(2.0 * a + b) / (a * (a + b)) * _cut(f, at, 0, 1)
            + (a + b) / (a * b) * _cut(f, at, 1, 2)
            - a / (b * (a + b)) * _cut(f, at, 2, 3)
        )
        a, b = _cut(d, at, -2, -1), _cut(d, at, -1, None)
        last = (
            b / (a * (a + b)) * _cut(f, at, -3, -2)
            - (b + a) / (a * b) * _cut(f, at, -2, -1)
            + (2.0 * b + a) / (b * (a + b)) * _cut(f, at, -1, None)
        )
    return np.concatenate((first, inner, last), axis=at)


def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Any:
    y = np.asarray(y)
    if y.ndim == 0:
        refuse("bad-index", "list assignment index out of range")
    d = dx
    if x is not None:
        d = _diff(np.asarray(x), axis=axis if np.ndim(x) > 1 else -1)
        if np.ndim(x) == 1:
            d = np.reshape(d, tuple(-1 if i == axis % y.ndim else 1 for i in range(y.ndim)))
    return np.sum(d * (_cut(y, axis, 1, None) + _cut(y, axis, None, -1)) / 2.0, axis=axis)


def _unwrap(p: Any, discont: Any = None, axis: Any = -1, *, period: Any = 2 * np.pi) -> Any:
    p = np.asarray(p)
    d = _diff(p, axis=axis)
    whole = np.result_type(d, period).kind in "iu"
    half = period // 2 if whole else period / 2
    limit = half if discont is None else np.maximum(discont, half)
    turned = np.mod(d + half, period) - half
    turned = np.where((turned == -half) & (d > 0), half, turned)
    correction = np.where(np.abs(d) < limit, 0, turned - d)
    rest = _cut(p, axis, 1, None) + _cumsum(correction, axis=axis)
    return np.concatenate((_cut(p, axis, 0, 1).astype(rest.dtype), rest), axis=axis)


# ---- searching and interpolation


def _searchsorted(a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    """The number of elements that come before v: nan is the largest number."""
    a = np.asarray(a) if sorter is None else np.take(a, sorter)
    if a.ndim != 1:
        refuse("bad-value", "object too deep for desired array")
    if side not in ("left", "right"):
        refuse("bad-value", "search side must be one of 'left' or 'right'")
    wide = np.asarray(v)[..., None]
    before = a < wide if side == "left" else a <= wide
    if np.result_type(a, wide).kind == "f":
        last = np.isnan(wide) & np.logical_not(np.isnan(a)) if side == "left" else np.isnan(wide)
        before = before | last
    return np.sum(before, axis=-1)


def _digitize(x: Any, bins: Any, right: Any = False) -> Any:
    return digitized(_searchsorted, x, bins, right)


def digitized(search: Any, x: Any, bins: Any, right: Any) -> Any:
    """`np.digitize` by a function that counts bounds in order."""
    bins = np.asarray(bins)
    side = "left" if right else "right"
    up = search(bins, x, side)
    if bins.shape[0] < 2:
        return up
    rising, falling = np.all(bins[:-1] <= bins[1:]), np.all(bins[:-1] >= bins[1:])
    if not (rising or falling):
        raise ValueError("bins must be monotonically increasing or decreasing")
    return np.where(rising, up, bins.shape[0] - search(bins[::-1], x, side))[()]


def _periodic(x: Any, xp: Any, fp: Any, period: Any) -> Any:
    """Places within one period, the samples in order, with one more at each end."""
    x, xp, fp = np.asarray(x, dtype=float) % period, np.asarray(xp, dtype=float) % period, fp
    order = np.argsort(xp)
    xp, fp = xp[order], np.asarray(fp)[order]
    xp = np.concatenate((xp[-1:] - period, xp, xp[0:1] + period))
    return x, xp, np.concatenate((fp[-1:], fp, fp[0:1]))


def _interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    if period is not None:
        if static(period) == 0:
            refuse("bad-value", "period must be a non-zero value")
        x, xp, fp = _periodic(x, xp, fp, abs(period))
        left, right = None, None
    if "c" in np.asarray(x).dtype.kind + np.asarray(xp).dtype.kind:
        refuse("bad-operand", "interp takes real positions x and xp")
    x, xp, fp = np.asarray(x, dtype=float), np.asarray(xp, dtype=float), np.asarray(fp)
    fp = fp if fp.dtype.kind == "c" else fp.astype(float)
    n = xp.shape[0]
    if n == 0 or xp.shape != fp.shape:
        refuse("bad-value", "fp and xp are not of the same length, or empty")
    low, high = fp[0] if left is None else left, fp[-1] if right is None else right
    if n == 1:
        inside = fp[0] + 0 * x
    else:
        i = np.clip(_searchsorted(xp, x, "right") - 1, 0, n - 2)
        start, level = np.take(xp, i), np.take(fp, i)
        slope = (np.take(fp, i + 1) - level) / (np.take(xp, i + 1) - start)
        inside = np.where(x == start, level, slope * (x - start) + level)
        inside = np.where(x == xp[-1], fp[-1], inside)
    found = np.where(x < xp[0], low, np.where(x > xp[-1], high, inside))
    return np.where(np.isnan(x), x, found)[()]


# ---- polynomials and convolution


def _polyval(p: Any, x: Any) -> Any:
    p, x = np.asarray(p), np.asarray(x)
    y = np.zeros_like(x)
    for i in range(p.shape[0]):
        y = y * x + p[i]
    return y


def _convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    a, v = np.atleast_1d(a), np.atleast_1d(v)
    if a.ndim != 1 or v.ndim != 1 or not a.size or not v.size:
        refuse("bad-value", "convolve needs two vectors that are not empty")
    long, short = (a, v) if a.shape[0] >= v.shape[0] else (v, a)
    n, m = long.shape[0], short.shape[0]
    dtype = np.result_type(long, short)
    padded = np.pad(long.astype(dtype), m - 1)
    windows = np.stack([padded[k : k + n + m - 1] for k in range(m)], axis=1)
    full = windows @ short.astype(dtype)[::-1]
    if mode == "full":
        return full
    if mode == "same":
        return full[(m - 1) // 2 : (m - 1) // 2 + n]
    if mode == "valid":
        return full[m - 1 : n]
    refuse("bad-value", "mode must be one of 'full', 'same' or 'valid'")


def _correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    if np.ndim(a) == 0 or np.ndim(v) == 0:
        refuse("bad-shape", "object of too small depth for desired array")
    a, v = np.atleast_1d(a), np.atleast_1d(v)
    v = np.conj(v) if v.dtype.kind == "c" else v
    n, m = a.shape[0], v.shape[0]
    if n >= m:
        return _convolve(a, v[::-1], mode)
    full = _convolve(a, v[::-1], "full")
    if mode == "full":
        return full
    if mode == "same":
        start = n - 1 - (n - 1) // 2
        return full[start : start + m]
    if mode == "valid":
        return full[n - 1 : m]
    refuse("bad-value", "mode must be one of 'full', 'same' or 'valid'")


FUNCTIONS: dict[Any, Any] = {
    np.cumsum: _cumsum,
    np.cumprod: _cumprod,
    np.cumulative_sum: _cumulative_sum,
    np.cumulative_prod: _cumulative_prod,
    np.add.accumulate: _accumulated_sum,
    np.multiply.accumulate: _accumulated_product,
    np.diff: _diff,
    np.ediff1d: _ediff1d,
    np.gradient: _gradient,
    np.trapezoid: _trapezoid,
    np.unwrap: _unwrap,
    np.searchsorted: _searchsorted,
    np.digitize: _digitize,
    np.interp: _interp,
    np.polyval: _polyval,
    np.convolve: _convolve,
    np.correlate: _correlate,
}

METHODS: dict[str, Any] = {
    "cumsum": _cumsum,
    "cumprod": _cumprod,
    "searchsorted": _searchsorted,
}
