"""Histograms with a known number of bins, counts; in plain Python."""

from __future__ import annotations

from builtins import range as each
from typing import Any

import numpy as np

from anvil.library.arrays.known import or_rule
from anvil.library.atoms import whole
from anvil.library.refusal import refuse, static
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract


def _edges(a: Any, bins: Any, range: Any) -> Any:
    """The edges of the bins: those given, or as many equal ones as told, over range or data."""
    if isinstance(bins, str):
        refuse("dynamic-shape", f"the data decide how many bins {bins!r} makes")
    if np.ndim(bins) == 1:
        edges = np.asarray(bins)
        if np.any(edges[:-1] > edges[1:]):
            raise ValueError("`bins` must increase monotonically, when an array")
        return edges
    n = static(bins)
    if n < 1:
        refuse("bad-value", "`bins` must be positive, when an integer")
    if range is not None:
        low, high = range
        if low > high:
            raise ValueError("max must be larger than min in range parameter.")
        if not (np.isfinite(low) and np.isfinite(high)):
            raise ValueError("supplied range is not finite")
    elif np.size(a) == 0:
        low, high = 0, 1
    else:
        low, high = np.min(a), np.max(a)
        if not (np.isfinite(low) and np.isfinite(high)):
            raise ValueError("autodetected range is not finite")
    level = low == high
    kind = np.result_type(low, high, np.asarray(a))
    kind = np.result_type(kind, float) if kind.kind in "biu" else kind
    first, last = np.where(level, low - 0.5, low), np.where(level, high + 0.5, high)
    return np.linspace(first, last, n + 1, dtype=kind)


def _bin_of(x: Any, edges: Any) -> Any:
    """The bin of each number, and whether it is in any: the last one holds its right edge too."""
    index = np.searchsorted(edges, x, side="right") - 1
    index = np.where(x == edges[-1], edges.shape[0] - 2, index)
    return np.clip(index, 0, edges.shape[0] - 2), (x >= edges[0]) & (x <= edges[-1])


def _histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    a = np.asarray(a)
    if weights is not None:
        weights = np.asarray(weights)
        if weights.shape != a.shape:
            refuse("bad-value", "weights should have the same shape as a.")
        weights = np.ravel(weights)
    a = np.ravel(a)
    a = a.astype(np.uint8) if a.dtype.kind == "b" else a
    edges = _edges(a, bins, range)
    index, inside = _bin_of(a, edges)
    w = np.ones(a.shape, dtype=int) if weights is None else weights
    counts = np.zeros(edges.shape[0] - 1, dtype=w.dtype)
    np.add.at(counts, index, np.where(inside, w, np.zeros((), dtype=w.dtype)))
    if density:
        widths = np.diff(edges) * 1.0
        return counts / widths / np.sum(counts), edges
    return counts, edges


def _histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    return _edges(np.ravel(a), bins, range)


def _histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    if isinstance(sample, tuple | list):
        x = np.stack([np.asarray(s) for s in sample], axis=1)
    else:
        x = np.asarray(sample)
        x = x[:, None] if x.ndim == 1 else x
    d = x.shape[1]
    several = isinstance(bins, tuple | list)
    if several and len(bins) != d:
        refuse("bad-value", "The dimension of bins must be equal to the dimension of the sample x.")
    if range is not None and len(range) != d:
        refuse("bad-value", "range argument must have one entry per dimension")
    edges, inside, place, size = [], np.ones(x.shape[0], dtype=bool), 0, 1
    for k, column in enumerate([x[:, i] for i in each(d)]):
        one = _edges(column, bins[k] if several else bins, None if range is None else range[k])
        index, within = _bin_of(column, one)
        place = place * (one.shape[0] - 1) + index
        size, inside = size * (one.shape[0] - 1), inside & within
        edges.append(one)
    w = (
        np.ones(x.shape[0])
        if weights is None
        else np.asarray(weights).astype(float, casting="safe")
    )
    counts = np.zeros(size)
    np.add.at(counts, place, np.where(inside, w, 0.0))
    counts = counts.reshape(tuple(e.shape[0] - 1 for e in edges))
    if density:
        total = np.sum(counts)
        for k, e in enumerate(edges):
            shape = tuple(-1 if i == k else 1 for i in each(d))
            counts = counts / np.reshape(np.diff(e), shape)
        counts = counts / total
    return counts, edges


def _histogram2d(
    x: Any,
    y: Any,
    bins: Any = 10,
    range: Any = None,
    density: Any = None,
    weights: Any = None,
) -> Any:
    if np.shape(x) != np.shape(y):
        refuse("bad-value", "x and y must have the same length.")
    both = bins
    if isinstance(bins, np.ndarray) or (isinstance(bins, list) and len(bins) != 2):
        both = [bins, bins]
    counts, edges = _histogramdd((x, y), both, range, density, weights)
    return counts, edges[0], edges[1]


def _bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Any:
    x = np.asarray(x)
    if x.ndim != 1:
        refuse("bad-value", "object too deep for desired array")
    if x.dtype.kind not in "iu":
        refuse("bad-operand", "bincount counts integers")
    n = static(minlength)
    if n < 0:
        refuse("bad-value", "'minlength' must not be negative")
    if np.any(x < 0):
        raise ValueError("'list' argument must have no negative elements")
    if np.any(x >= n):
        raise ValueError("an element of bincount's argument is not below minlength")
    if weights is None:
        counts = np.zeros(n, dtype=int)
        np.add.at(counts, x, 1)
        return counts
    w = np.asarray(weights, dtype=float)
    if w.shape != x.shape:
        refuse("bad-value", "The weights and list don't have the same length.")
    counts = np.zeros(n)
    np.add.at(counts, x, w)
    return counts


def _counted(ctx: Context, x: Any, /, weights: Any = None, minlength: Any = 0) -> Abstract:
    """The length is that of known contents, else `minlength=`."""
    least = whole(ctx, minlength, "minlength")
    found = ctx.known_array(x)
    if found is None and ctx.type_of(x).size and not least:
        if ctx.type_of(x).dtype.kind not in "iu":
            ctx.error("bad-operand", "bincount counts integers")
        found = ctx.known(x, "the largest element, which decides the length (or minlength=),")
    if found is not None and found.size and found.dtype.kind in "iu":
        least = max(least, int(found.max()) + 1)
    given = [ctx.lifted(v) for v in (x, weights, least)]
    counts: Abstract = ctx.session.calls.call_entry(ctx, _bincount, given, {})
    return counts


FUNCTIONS: dict[Any, Any] = {
    np.histogram: _histogram,
    np.histogram_bin_edges: or_rule(np.histogram_bin_edges, _histogram_bin_edges),
    np.histogramdd: _histogramdd,
    np.histogram2d: _histogram2d,
    np.bincount: Intrinsic(_counted),
}
