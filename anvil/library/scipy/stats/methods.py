"""Densities, distribution functions and quantiles of any record, in plain Python.

A value is standardised, y = (x - loc) / scale, and the record's function is evaluated where y is
inside the support and the parameters are allowed; elsewhere at a point that is, so that the
derivative of the branch not taken is finite. Outside, a density is 0 and its derivative is, too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.refusal import is_known
from anvil.library.scipy.stats.records import Distribution
from anvil.library.special.primitives import constant

_FAR = 1e300


def _allowed(record: Distribution, shapes: Any) -> Any:
    if record.valid is not None:
        return record.valid(*shapes)
    fine = True
    for s in shapes:
        fine = fine & (s > 0)
    return fine


def _replaced(record: Distribution, ok: Any, shapes: Any) -> Any:
    """The shapes, allowed ones where they are not."""
    return tuple([np.where(ok, s, u) for s, u in zip(shapes, record.usual, strict=False)])


def _ends(record: Distribution, ends: Any, shapes: Any) -> Any:
    """The support."""
    return ends if record.support is None else record.support(*shapes)


def _between(low: Any, high: Any) -> Any:
    """A point inside the support, without a derivative."""
    if is_known(low) and is_known(high):
        if low == -np.inf:
            return 0.0 if high == np.inf else high - 1.0
        return low + 1.0 if high == np.inf else 0.5 * (low + high)
    low, high = constant(np.asarray(low, dtype=float)), constant(np.asarray(high, dtype=float))
    left, right = np.maximum(low, -_FAR), np.minimum(high, _FAR)
    middle = np.where(high == np.inf, left + 1.0, 0.5 * left + 0.5 * right)
    middle = np.where(low == -np.inf, right - 1.0, middle)
    return np.where((low == -np.inf) & (high == np.inf), 0.0, middle)


def _standard(x: Any, loc: Any, scale: Any) -> Any:
    x = np.asarray(x)
    return np.asarray((x - loc) / scale, dtype=np.float64)


def _from_unit(bound: Any, loc: Any, scale: Any) -> Any:
    """A place on the standard axis, moved; inf and nan stay what they are."""
    finite = np.isfinite(bound)
    return np.where(finite, np.where(finite, bound, 0.0) * scale + loc, bound)


def _exp(x: Any) -> Any:
    """e^x, without a derivative where it is 0."""
    none = x == -np.inf
    return np.where(none, 0.0, np.exp(np.where(none, 0.0, x)))


def _log(x: Any) -> Any:
    """log x, without a derivative where x is 0."""
    some = x > 0
    return np.where(some, np.log(np.where(some, x, 1.0)), -np.inf)


# ---- the functions that a record leaves out


def _density(record: Distribution, x: Any, shapes: Any) -> Any:
    if record.density is not None:
        return record.density(x, *shapes)
    return _exp(record.log_density(x, *shapes))


def _lower(record: Distribution, x: Any, shapes: Any) -> Any:
    if record.cdf is not None:
        return record.cdf(x, *shapes)
    return 1.0 - record.sf(x, *shapes)


def _upper(record: Distribution, x: Any, shapes: Any) -> Any:
    if record.sf is not None:
        return record.sf(x, *shapes)
    if record.symmetric:
        return record.cdf(-x, *shapes)
    return 1.0 - record.cdf(x, *shapes)


def _log_lower(record: Distribution, x: Any, shapes: Any) -> Any:
    if record.logcdf is not None:
        return record.logcdf(x, *shapes)
    return _log(_lower(record, x, shapes))


def _log_upper(record: Distribution, x: Any, shapes: Any) -> Any:
    if record.logsf is not None:
        return record.logsf(x, *shapes)
    if record.symmetric and record.logcdf is not None:
        return record.logcdf(-x, *shapes)
    return _log(_upper(record, x, shapes))


def _quantile(record: Distribution, q: Any, shapes: Any) -> Any:
    return record.ppf(q, *shapes)


def _upper_quantile(record: Distribution, q: Any, shapes: Any) -> Any:
    if record.isf is not None:
        return record.isf(q, *shapes)
    if record.symmetric:
        return -record.ppf(q, *shapes)
    return record.ppf(1.0 - q, *shapes)


# ---- continuous


def _of_density(
    record: Distribution, ends: Any, x: Any, loc: Any, scale: Any, shapes: Any, log: Any
) -> Any:
    ok = _allowed(record, shapes) & (scale > 0)
    spread = np.where(ok, scale, 1.0)
    y, shapes = _standard(x, loc, spread), _replaced(record, ok, shapes)
    low, high = _ends(record, ends, shapes)
    inside = (y > low) & (y < high) if record.open else (y >= low) & (y <= high)
    inside = ok & inside & np.isfinite(y)
    z = np.where(inside, y, _between(low, high))
    if log:
        found = record.log_density(z, *shapes) - np.log(spread)
        found = np.where(inside, found, -np.inf)
    else:
        found = np.where(inside, _density(record, z, shapes) / spread, 0.0)
    return np.where(ok & ~np.isnan(y), found, np.nan)[()]


def log_density(record: Distribution, ends: Any, x: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    """`logpdf`"""
    return _of_density(record, ends, x, loc, scale, shapes, True)


def density(record: Distribution, ends: Any, x: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    """`pdf`"""
    return _of_density(record, ends, x, loc, scale, shapes, False)


def _cumulative(
    record: Distribution, ends: Any, x: Any, loc: Any, scale: Any, shapes: Any, rule: Any
) -> Any:
    """A rule is (function, its value left of the support, right of it)."""
    function, before, after = rule
    ok = _allowed(record, shapes) & (scale > 0)
    y, shapes = _standard(x, loc, np.where(ok, scale, 1.0)), _replaced(record, ok, shapes)
    low, high = _ends(record, ends, shapes)
    inside = ok & (y > low) & (y < high)
    found = function(record, np.where(inside, y, _between(low, high)), shapes)
    found = np.where(inside, found, np.where(y >= high, after, before))
    return np.where(ok & ~np.isnan(y), found, np.nan)[()]


def cdf(record: Distribution, ends: Any, x: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    """`cdf`"""
    return _cumulative(record, ends, x, loc, scale, shapes, (_lower, 0.0, 1.0))


def sf(record: Distribution, ends: Any, x: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    """`sf`"""
    return _cumulative(record, ends, x, loc, scale, shapes, (_upper, 1.0, 0.0))


def logcdf(record: Distribution, ends: Any, x: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    """`logcdf`"""
    return _cumulative(record, ends, x, loc, scale, shapes, (_log_lower, -np.inf, 0.0))


def logsf(record: Distribution, ends: Any, x: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    """`logsf`"""
    return _cumulative(record, ends, x, loc, scale, shapes, (_log_upper, 0.0, -np.inf))


def _inverted(
    record: Distribution, ends: Any, q: Any, loc: Any, scale: Any, shapes: Any, upper: Any
) -> Any:
    q = np.asarray(q)
    ok = _allowed(record, shapes) & (scale > 0) & (loc == loc)
    shapes = _replaced(record, ok, shapes)
    low, high = _ends(record, ends, shapes)
    if upper:
        low, high = high, low
    inside = ok & (q > 0) & (q < 1)
    p = np.where(inside, q, 0.5)
    found = (_upper_quantile if upper else _quantile)(record, p, shapes) * scale + loc
    edge = np.where(ok & (q == 1), _from_unit(high, loc, scale), np.nan)
    edge = np.where(ok & (q == 0), _from_unit(low, loc, scale), edge)
    return np.where(inside, found, edge)[()]


def ppf(record: Distribution, ends: Any, q: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    """`ppf`"""
    return _inverted(record, ends, q, loc, scale, shapes, False)


def isf(record: Distribution, ends: Any, q: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    """`isf`"""
    return _inverted(record, ends, q, loc, scale, shapes, True)


# ---- discrete


def _of_mass(record: Distribution, ends: Any, k: Any, loc: Any, shapes: Any, log: Any) -> Any:
    y = np.asarray(np.asarray(k) - loc, dtype=float)
    ok = _allowed(record, shapes)
    shapes = _replaced(record, ok, shapes)
    low, high = _ends(record, ends, shapes)
    inside = ok & (y >= low) & (y <= high) & (np.floor(y) == y)
    z = np.where(inside, y, np.ceil(_between(low, high)))
    if log:
        found = np.where(inside, record.log_density(z, *shapes), -np.inf)
    else:
        found = np.where(inside, _density(record, z, shapes), 0.0)
    return np.where(ok & ~np.isnan(y), found, np.nan)[()]


def log_mass(record: Distribution, ends: Any, k: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    """`logpmf`"""
    return _of_mass(record, ends, k, loc, shapes, True)


def mass(record: Distribution, ends: Any, k: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    """`pmf`"""
    return _of_mass(record, ends, k, loc, shapes, False)


def _steps(record: Distribution, ends: Any, k: Any, loc: Any, shapes: Any, rule: Any) -> Any:
    """A function that is constant between whole numbers."""
    function, before, after = rule
    y = np.asarray(np.asarray(k) - loc, dtype=float)
    ok = _allowed(record, shapes)
    shapes = _replaced(record, ok, shapes)
    low, high = _ends(record, ends, shapes)
    inside = ok & (y >= low) & (y < high)
    found = function(record, np.floor(np.where(inside, y, low)), shapes)
    found = np.where(inside, found, np.where(y >= high, after, before))
    return np.where(ok & ~np.isnan(y), found, np.nan)[()]


def step_cdf(record: Distribution, ends: Any, k: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    """`cdf`"""
    return _steps(record, ends, k, loc, shapes, (_lower, 0.0, 1.0))


def step_sf(record: Distribution, ends: Any, k: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    """`sf`"""
    return _steps(record, ends, k, loc, shapes, (_upper, 1.0, 0.0))


def step_logcdf(record: Distribution, ends: Any, k: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    """`logcdf`"""
    return _steps(record, ends, k, loc, shapes, (_log_lower, -np.inf, 0.0))


def step_logsf(record: Distribution, ends: Any, k: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    """`logsf`"""
    return _steps(record, ends, k, loc, shapes, (_log_upper, 0.0, -np.inf))


def _first_whole(record: Distribution, low: Any, high: Any, q: Any, shapes: Any) -> Any:
    """The least k with cdf(k) >= q: doubled distances, then halved intervals."""
    below, above = low - 1.0, np.minimum(low, high)
    width = np.ones_like(above)
    while np.any((_lower(record, above, shapes) < q) & (above < high) & (width < _FAR)):
        short = (_lower(record, above, shapes) < q) & (above < high)
        below = np.where(short, above, below)
        above = np.where(short, np.minimum(above + width, high), above)
        width = 2.0 * width
    while np.any(above - below > 1.0):
        middle = np.floor(0.5 * below + 0.5 * above)
        apart = above - below > 1.0
        short = _lower(record, middle, shapes) < q
        below = np.where(apart & short, middle, below)
        above = np.where(apart & ~short, middle, above)
    return above


def step_ppf(record: Distribution, ends: Any, q: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    """`ppf`, a whole number; without a derivative but that of `loc`."""
    q = np.asarray(q)
    ok = _allowed(record, shapes) & (loc == loc)
    shapes = tuple([constant(s) for s in _replaced(record, ok, shapes)])
    low, high = _ends(record, ends, shapes)
    inside = ok & (q > 0) & (q < 1)
    p = constant(np.where(inside, q, 0.5))
    shapes = tuple([s + 0.0 * p for s in shapes])
    found = constant(_first_whole(record, low + 0.0 * p, high + 0.0 * p, p, shapes))
    edge = np.where(ok & (q == 1), high + loc, np.nan)
    edge = np.where(ok & (q == 0), low - 1.0 + loc, edge)
    return np.where(inside, found + loc, edge)[()]


# ---- moments


def _moment(record: Distribution, found: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    ok = _allowed(record, shapes) & (scale > 0) & (loc == loc)
    return np.where(ok, found, np.nan)[()]


def mean(record: Distribution, loc: Any, scale: Any, shapes: Any) -> Any:
    """`mean`"""
    found = _from_unit(record.mean(*shapes), loc, scale)
    return _moment(record, found, loc, scale, shapes)


def var(record: Distribution, loc: Any, scale: Any, shapes: Any) -> Any:
    """`var`"""
    found = _from_unit(record.var(*shapes), 0.0, scale * scale)
    return _moment(record, found, loc, scale, shapes)


def std(record: Distribution, loc: Any, scale: Any, shapes: Any) -> Any:
    """`std`"""
    return np.sqrt(var(record, loc, scale, shapes))


def entropy(record: Distribution, loc: Any, scale: Any, shapes: Any) -> Any:
    """`entropy`"""
    found = record.entropy(*shapes) + np.log(scale)
    return _moment(record, found, loc, scale, shapes)


def support(record: Distribution, ends: Any, loc: Any, scale: Any, shapes: Any) -> Any:
    """`support`"""
    ok = _allowed(record, shapes) & (scale > 0) & (loc == loc)
    low, high = _ends(record, ends, shapes)
    return tuple([np.where(ok, _from_unit(e, loc, scale), np.nan)[()] for e in (low, high)])
