"""Integrals of samples: scipy.integrate, in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.refusal import refuse


def _last(y: Any, x: Any, axis: Any) -> Any:
    """(y, x) with their axis moved to the end."""
    y = np.moveaxis(np.asarray(y), axis, -1)
    if x is None:
        return y, None
    x = np.asarray(x)
    if x.ndim > 1:
        x = np.moveaxis(x, axis, -1)
    if x.shape[-1] != y.shape[-1]:
        refuse("bad-value", "If given, length of x along axis must be the same as y.")
    return y, x


def _ratio(a: Any, b: Any) -> Any:
    """a / b, 0 where b is."""
    empty = b == 0
    return np.where(empty, 0.0, a / np.where(empty, 1.0, b))


def _parabolas(y: Any, x: Any, dx: Any) -> Any:
    """Simpson's rule for an odd number of samples."""
    first, middle, last = y[..., :-2:2], y[..., 1:-1:2], y[..., 2::2]
    if x is None:
        return np.sum(first + 4.0 * middle + last, axis=-1) * (dx / 3.0)
    h = np.diff(x)
    h0, h1 = h[..., ::2], h[..., 1::2]
    both, ratio = h0 + h1, _ratio(h0, h1)
    found = first * (2.0 - _ratio(1.0, ratio)) + middle * (both * _ratio(both, h0 * h1))
    return np.sum(both / 6.0 * (found + last * (2.0 - ratio)), axis=-1)


def _simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: Any = -1) -> Any:
    """An even number of samples ends with the correction of Cartwright (2017)."""
    y, x = _last(y, x, axis)
    n = y.shape[-1]
    if n % 2:
        return _parabolas(y, x, dx)
    if n == 2:
        step = dx if x is None else x[..., -1] - x[..., -2]
        return 0.5 * step * (y[..., -1] + y[..., -2])
    h0 = h1 = np.asarray(dx, dtype=float)
    if x is not None:
        h0, h1 = x[..., -2] - x[..., -3], x[..., -1] - x[..., -2]
    alpha = _ratio(2.0 * h1**2 + 3.0 * h0 * h1, 6.0 * (h1 + h0))
    beta = _ratio(h1**2 + 3.0 * h0 * h1, 6.0 * h0)
    eta = _ratio(h1**3, 6.0 * h0 * (h0 + h1))
    end = alpha * y[..., -1] + beta * y[..., -2] - eta * y[..., -3]
    return end + _parabolas(y[..., :-1], None if x is None else x[..., :-1], dx)


def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Any:
    return np.trapezoid(y, x, dx, axis)


def _cumulative_trapezoid(
    y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1, initial: Any = None
) -> Any:
    y, x = _last(y, x, axis)
    step = dx if x is None else np.diff(x)
    found = np.cumsum(step * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)
    if initial is not None:
        if initial != 0:
            refuse("bad-value", "`initial` must be `None` or `0`.")
        found = np.concatenate((np.zeros_like(found[..., :1]), found), axis=-1)
    return np.moveaxis(found, -1, axis)


SCIPY: dict[str, Any] = {
    "scipy.integrate.trapezoid": _trapezoid,
    "scipy.integrate.simpson": _simpson,
    "scipy.integrate.cumulative_trapezoid": _cumulative_trapezoid,
}
