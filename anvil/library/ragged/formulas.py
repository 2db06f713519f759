"""Functions of arrays whose length the data decides, in terms of simpler ones: index arrays that
are computed, masks, joins. All but the last few are of vectors.

A rule binds the arguments; a call with others than these is not compiled for such arrays.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from anvil.library.arrays.calculus import digitized
from anvil.library.ragged.systems import positions_in_order
from anvil.library.refusal import static
from anvil.parser.arrays.ragged import Ragged, dense
from anvil.parser.context import Context
from anvil.parser.state.values import Abstract


def _said_of_nothing(fn: Callable[[Any], Any]) -> str:
    """What Python says of the greatest or least of no things."""
    try:
        fn(())
    except ValueError as error:
        return str(error)
    return ""


_NO_GREATEST, _NO_LEAST = _said_of_nothing(max), _said_of_nothing(min)

# ---- rearranged


def _roll(a: Any, shift: Any) -> Any:
    return a[(np.arange(len(a)) - shift) % np.maximum(len(a), 1)]


def _tile(A: Any, reps: Any) -> Any:
    return A[np.arange(len(A) * static(reps)) % np.maximum(len(A), 1)]


def _repeat(a: Any, repeats: Any) -> Any:
    return a[np.arange(len(a) * static(repeats)) // static(repeats)]


def _kron(a: Any, b: Any) -> Any:
    a, b = np.asarray(a), np.asarray(b)
    i = np.arange(len(a) * len(b))
    n = np.maximum(len(b), 1)
    return a[i // n] * b[i % n]


def _pad(array: Any, pad_width: Any, mode: Any = "constant", *, constant_values: Any = 0) -> Any:
    n = len(array)
    before, after = np.broadcast_to(np.asarray(static(pad_width)).ravel(), (2,)).tolist()
    if mode == "edge":
        if n == 0:
            raise ValueError(
                "can't extend empty axis 0 using modes other than 'constant' or 'empty'"
            )
        return array[np.clip(np.arange(n + before + after) - before, 0, np.maximum(n - 1, 0))]
    value = np.asarray(static(constant_values), dtype=array.dtype)
    return np.concatenate([np.full(before, value), array, np.full(after, value)])


def _insert(arr: Any, obj: Any, values: Any) -> Any:
    n = len(arr)
    if obj < -n or obj > n:
        raise IndexError(f"index {obj} is out of bounds for axis 0 with size {n}")
    at = obj + n if obj < 0 else obj
    new = np.atleast_1d(np.asarray(values)).astype(arr.dtype)
    return np.concatenate([arr[:at], new, arr[at:]])


def _stack(arrays: Any, axis: Any = 0) -> Any:
    if static(axis) == 0:
        return np.concatenate([np.asarray(a)[None] for a in arrays], axis=0)
    return np.concatenate([np.asarray(a)[:, None] for a in arrays], axis=1)


def _take(a: Any, indices: Any, axis: Any = None) -> Any:
    indices = np.asarray(indices)
    if len(a) == 0 and indices.size > 0:
        raise IndexError("cannot do a non-empty take from an empty axes.")
    return a[indices]


def _partition(a: Any, kth: Any) -> Any:
    _check_kth(a, kth)
    return np.sort(a)


def _check_kth(a: Any, kth: Any) -> None:
    n = len(a)
    for k in np.atleast_1d(kth):
        if k < -n or k >= n:
            raise ValueError(f"kth(={k + n if k < 0 else k}) out of bounds ({n})")


def _argpartition(a: Any, kth: Any) -> Any:
    _check_kth(a, kth)
    return positions_in_order(a)


def _expand_dims(a: Any, axis: Any) -> Any:
    return a[None] if static(axis) in (0, -2) else a[:, None]


def _atleast_1d(a: Any) -> Any:
    return a


def _atleast_2d(a: Any) -> Any:
    return a[None]


# ---- found


def _nonzero(a: Any) -> Any:
    return (np.arange(len(a))[a != 0],)


def _flatnonzero(a: Any) -> Any:
    return np.arange(len(a))[a != 0]


def _argwhere(a: Any) -> Any:
    return np.arange(len(a))[a != 0][:, None]


def _compress(condition: Any, a: Any) -> Any:
    return a[np.asarray(condition) != 0]


def _argsort(a: Any, axis: Any = -1, *, kind: Any = None, stable: Any = None) -> Any:
    return positions_in_order(a)


def _unique(ar: Any) -> Any:
    s = np.sort(ar)
    before = s[np.maximum(np.arange(len(s)) - 1, 0)]
    return s[(np.arange(len(s)) == 0) | ((s != before) & ~(np.isnan(s) & np.isnan(before)))]


def _searchsorted(a: Any, v: Any, side: Any = "left") -> Any:
    v = np.asarray(v)
    ends = np.isnan(v)[..., None] & ~np.isnan(a)
    below = a < v[..., None] if side == "left" else ~(v[..., None] < a)
    return np.sum(np.where(ends, True, below), axis=-1)


def _digitize(x: Any, bins: Any, right: Any = False) -> Any:
    return digitized(_searchsorted, x, bins, right)


def _bincount(x: Any, weights: Any = None, minlength: Any = 0) -> Any:
    """With more than `minlength` numbers the result would be longer."""
    n = static(minlength)
    hit = x[:, None] == np.arange(n)
    if np.any(x < 0):
        raise ValueError("'list' argument must have no negative elements")
    assert np.all(x < n), "bincount: minlength is less than the greatest number requires"
    return np.sum(hit, axis=0) if weights is None else np.asarray(weights, dtype=float) @ hit


def _histogram(a: Any, bins: Any = 10, range: Any = None) -> Any:
    if np.ndim(bins) == 0:
        low, high = (np.min(a), np.max(a)) if range is None else range
        edges = np.linspace(low, high, static(bins) + 1)
    else:
        edges = np.asarray(bins)
    place = np.sum(edges <= a[:, None], axis=1) - 1
    n = len(edges) - 1
    place = np.where(a == edges[-1], n - 1, place)
    return np.sum(place[:, None] == np.arange(n), axis=0), edges


def _interp(x: Any, xp: Any, fp: Any) -> Any:
    n = len(xp)
    if n == 0:
        raise ValueError("array of sample points is empty")
    x = np.asarray(x)
    j = np.clip(np.sum(xp <= x[..., None], axis=-1) - 1, 0, np.maximum(n - 2, 0))
    k = np.minimum(j + 1, n - 1)
    width = xp[k] - xp[j]
    slope = (fp[k] - fp[j]) / np.where(width == 0, 1, width)
    inside = np.where(x == xp[k], fp[k], slope * (x - xp[j]) + fp[j])
    return np.where(x < xp[0], fp[0], np.where(x > xp[n - 1], fp[n - 1], inside))[()]


# ---- Python's functions of things in order


def _sum(iterable: Any) -> Any:
    return np.sum(iterable) if len(iterable) > 0 else 0


def _greatest(a: Any) -> Any:
    if len(a) == 0:
        raise ValueError(_NO_GREATEST)
    best = a[0]
    for v in a:
        if v > best:
            best = v
    return best


def _least(a: Any) -> Any:
    if len(a) == 0:
        raise ValueError(_NO_LEAST)
    best = a[0]
    for v in a:
        if v < best:
            best = v
    return best


# ---- beside nan


def _nansum(a: Any) -> Any:
    return np.sum(np.where(np.isnan(a), np.zeros_like(a), a))


def _nanprod(a: Any) -> Any:
    return np.prod(np.where(np.isnan(a), np.ones_like(a), a))


def _nanmean(a: Any) -> Any:
    return np.mean(a[~np.isnan(a)])


def _nanvar(a: Any, *, ddof: Any = 0) -> Any:
    return np.var(a[~np.isnan(a)], ddof=ddof)


def _nanstd(a: Any, *, ddof: Any = 0) -> Any:
    return np.std(a[~np.isnan(a)], ddof=ddof)


def _nanmedian(a: Any) -> Any:
    return np.median(a[~np.isnan(a)])


def _nanmax(a: Any) -> Any:
    if len(a) == 0:
        raise ValueError("zero-size array to reduction operation fmax which has no identity")
    found = np.max(np.where(np.isnan(a), -np.inf, a))
    return np.where(np.all(np.isnan(a)), np.nan, found)[()]


def _nanmin(a: Any) -> Any:
    if len(a) == 0:
        raise ValueError("zero-size array to reduction operation fmin which has no identity")
    found = np.min(np.where(np.isnan(a), np.inf, a))
    return np.where(np.all(np.isnan(a)), np.nan, found)[()]


# ---- sums of products


def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0) -> Any:
    width = dx if x is None else x[1:] - x[:-1]
    return np.sum(width * (y[1:] + y[:-1]) / 2.0)


def _convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    return _sums(a, v, mode, True)


def _sums(a: Any, v: Any, mode: Any, direct: Any) -> Any:
    a, v = np.asarray(a), np.asarray(v)
    n, m = len(a), len(v)
    if n == 0:
        raise ValueError("a cannot be empty" if direct else "first array argument cannot be empty")
    if m == 0:
        raise ValueError("v cannot be empty" if direct else "second array argument cannot be empty")
    place = np.arange(n + m - 1)[:, None] - np.arange(n)
    terms = np.where((place >= 0) & (place < m), v[np.clip(place, 0, m - 1)], 0)
    full = terms @ a
    few, many = np.minimum(n, m), np.maximum(n, m)
    if mode == "full":
        return full
    if mode == "same":
        return full[(few - 1) // 2 : (few - 1) // 2 + many]
    return full[few - 1 : many]


def _correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    return _sums(a, np.conj(np.asarray(v)[::-1]), mode, False)


def _fft(a: Any) -> Any:
    if len(a) == 0:
        raise ValueError("Invalid number of FFT data points (0) specified.")
    k = np.arange(len(a))
    turns = (k[:, None] * k) % np.maximum(len(a), 1) / len(a)
    return np.exp(-2j * np.pi * turns) @ a


def _ifft(a: Any) -> Any:
    return np.conj(_fft(np.conj(a))) / len(a)


def _rfft(a: Any) -> Any:
    return _fft(a)[: len(a) // 2 + 1]


def _vander(x: Any, N: Any) -> Any:
    return x[:, None] ** np.arange(static(N))[::-1]


# ---- matrices


def _diag(v: Any, k: Any = 0) -> Any:
    if v.ndim == 1:
        i = np.arange(len(v))
        return np.where(i[:, None] == i, v[:, None], 0)
    i = np.arange(np.minimum(v.shape[0], v.shape[1]))
    return v[i, i]


def _trace(a: Any) -> Any:
    return np.sum(_diag(a))


def _triu(m: Any, k: Any = 0) -> Any:
    return np.where(np.arange(m.shape[1]) - np.arange(m.shape[0])[:, None] >= k, m, 0)


def _tril(m: Any, k: Any = 0) -> Any:
    return np.where(np.arange(m.shape[1]) - np.arange(m.shape[0])[:, None] <= k, m, 0)


# ---- the table

_ANY_RANK = frozenset((_diag, _trace, _triu, _tril, _vander))


def _formula(fn: Callable[..., Any]) -> Any:
    """The rule that calls `fn`."""
    signature = inspect.signature(fn)

    def rule(ctx: Context, call: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Abstract:
        try:
            signature.bind(*args, **kwargs)
        except TypeError:
            _refuse(ctx, (*args, *kwargs.values()))
        if fn not in _ANY_RANK:
            _refuse(ctx, [v for v in args if isinstance(v, Ragged) and len(v.axes) > 1])
        given = {name: ctx.lifted(v) for name, v in kwargs.items()}
        found: Abstract = ctx.session.calls.call_entry(ctx, fn, list(map(ctx.lifted, args)), given)
        return found

    return rule


def _of_rows(rule: Any) -> Any:
    """np.stack: a list of arrays, as many as the data decide, is their stack already."""

    def run(ctx: Context, call: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Abstract:
        if len(args) == 1 and not kwargs and isinstance(args[0], Ragged):
            return args[0]
        found: Abstract = rule(ctx, call, args, kwargs)
        return found

    return run


def _refuse(ctx: Context, values: Sequence[Any]) -> None:
    for v in values:
        if isinstance(v, Ragged):
            dense(ctx, v)


FORMULAS: dict[Any, Any] = {
    np.roll: _formula(_roll),
    np.tile: _formula(_tile),
    np.repeat: _formula(_repeat),
    np.kron: _formula(_kron),
    np.pad: _formula(_pad),
    np.insert: _formula(_insert),
    np.stack: _of_rows(_formula(_stack)),
    np.take: _formula(_take),
    np.partition: _formula(_partition),
    np.argpartition: _formula(_argpartition),
    np.expand_dims: _formula(_expand_dims),
    np.atleast_1d: _formula(_atleast_1d),
    np.atleast_2d: _formula(_atleast_2d),
    np.nonzero: _formula(_nonzero),
    np.flatnonzero: _formula(_flatnonzero),
    np.argwhere: _formula(_argwhere),
    np.compress: _formula(_compress),
    np.extract: _formula(_compress),
    np.argsort: _formula(_argsort),
    np.unique: _formula(_unique),
    np.searchsorted: _formula(_searchsorted),
    np.digitize: _formula(_digitize),
    np.bincount: _formula(_bincount),
    np.histogram: _formula(_histogram),
    np.interp: _formula(_interp),
    sum: _formula(_sum),
    max: _formula(_greatest),
    min: _formula(_least),
    np.nansum: _formula(_nansum),
    np.nanprod: _formula(_nanprod),
    np.nanmean: _formula(_nanmean),
    np.nanvar: _formula(_nanvar),
    np.nanstd: _formula(_nanstd),
    np.nanmedian: _formula(_nanmedian),
    np.nanmax: _formula(_nanmax),
    np.nanmin: _formula(_nanmin),
    np.trapezoid: _formula(_trapezoid),
    np.convolve: _formula(_convolve),
    np.correlate: _formula(_correlate),
    np.fft.fft: _formula(_fft),
    np.fft.ifft: _formula(_ifft),
    np.fft.rfft: _formula(_rfft),
    np.vander: _formula(_vander),
    np.diag: _formula(_diag),
    np.trace: _formula(_trace),
    np.triu: _formula(_triu),
    np.tril: _formula(_tril),
}
"""Rules by the callable whose entry they stand beside."""
