"""Interpolation in scipy.interpolate: objects of classes of our own, which compiled code makes and
calls as it would SciPy's.

    s'' continuous:    dx_i s_{i-1} + 2 (dx_{i-1} + dx_i) s_i + dx_{i-1} s_{i+1}
                           = 3 (dx_i m_{i-1} + dx_{i-1} m_i)       slopes s, differences m = dy / dx
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.refusal import refuse, static


def _double(x: Any) -> Any:
    x = np.asarray(x)
    if x.dtype.kind == "c":
        refuse("bad-operand", "places are compiled for real numbers")
    return x.astype(float)


class Linear:
    """A polygon through points, as `interp1d(x, y)`."""

    def __init__(self, x: Any, y: Any, bounds: Any, fill: Any) -> None:
        self.x, self.y, self.bounds, self.fill = x, y, bounds, fill

    def __call__(self, x: Any) -> Any:
        t, n = np.asarray(x) + 0.0, self.x.shape[0]
        if t.dtype.kind == "c":
            refuse("bad-operand", "places are compiled for real numbers")
        below, above = t < self.x[0], t > self.x[-1]
        if self.bounds and np.any(below):
            first = np.ravel(t)[np.argmax(np.ravel(below))]
            raise ValueError(
                f"A value ({first}) in x_new is below the interpolation range's minimum value "
                f"({self.x[0]})."
            )
        if self.bounds and np.any(above):
            first = np.ravel(t)[np.argmax(np.ravel(above))]
            raise ValueError(
                f"A value ({first}) in x_new is above the interpolation range's maximum value "
                f"({self.x[-1]})."
            )
        i = np.clip(np.searchsorted(self.x, t), 1, n - 1)
        left, low = self.x[i - 1], self.y[i - 1]
        slope = (self.y[i] - low) / (self.x[i] - left)
        found = slope * (t - left) + low
        if isinstance(self.fill, str):
            return np.asarray(found)
        first, last = self.fill if isinstance(self.fill, tuple) else (self.fill, self.fill)
        return np.where(below, first, np.where(above, last, found))


def _interp1d(
    x: Any,
    y: Any,
    kind: Any = "linear",
    axis: Any = -1,
    copy: Any = True,
    bounds_error: Any = None,
    fill_value: Any = np.nan,
    assume_sorted: Any = False,
) -> Any:
    x, y = np.asarray(x) + 0.0, np.asarray(y) + 0.0
    if static(kind) != "linear" or x.ndim != 1 or y.ndim != 1:
        refuse("unsupported-argument", "interp1d is compiled for kind='linear' and vectors")
    if x.shape != y.shape:
        raise ValueError("x and y arrays must be equal in length along interpolation axis.")
    if not assume_sorted:
        order = np.argsort(x, kind="mergesort")
        x, y = x[order], y[order]
    open_ended = isinstance(fill_value, str)
    bounds = not open_ended if bounds_error is None else bounds_error
    return Linear(x, y, bounds and not open_ended, fill_value)


class Cubic:
    """A cubic spline through points with given slopes."""

    def __init__(self, x: Any, y: Any, slopes: Any, extrapolate: Any) -> None:
        dx = np.diff(x)
        dx = np.reshape(dx, dx.shape + (1,) * (y.ndim - 1))
        m = np.diff(y, axis=0) / dx
        t = (slopes[:-1] + slopes[1:] - 2.0 * m) / dx
        self.x, self.extrapolate = x, extrapolate
        self.c = np.stack([t / dx, (m - slopes[:-1]) / dx - t, slopes[:-1], y[:-1]])

    def __call__(self, x: Any, nu: Any = 0, extrapolate: Any = None) -> Any:
        t, nu = _double(x), static(nu)
        i = np.clip(np.searchsorted(self.x, t, side="right") - 1, 0, self.x.shape[0] - 2)
        h = t - self.x[i]
        h = np.reshape(h, h.shape + (1,) * (self.c.ndim - 2))
        found: Any = np.zeros_like(self.c[0][i] + h)
        for k in range(4 - nu):
            factor = 1.0
            for j in range(nu):
                factor = factor * (3 - k - j)
            found = found * h + factor * self.c[k][i]
        if self.extrapolate if extrapolate is None else extrapolate:
            return np.asarray(found)
        outside = (t < self.x[0]) | (t > self.x[-1])
        outside = np.reshape(outside, outside.shape + (1,) * (self.c.ndim - 2))
        return np.where(outside, np.nan, found)


def _end(kind: Any) -> Any:
    """(order of the derivative, its value) of a condition at an end; 0 for a knot that is none."""
    if isinstance(kind, str):
        named = {"not-a-knot": (0, 0.0), "clamped": (1, 0.0), "natural": (2, 0.0)}
        if kind not in named:
            refuse("unsupported-argument", f"CubicSpline is not compiled with bc_type={kind!r}")
        return named[kind]
    return kind[0], kind[1]


def _row(end: Any, dx: Any, m: Any, n: Any) -> Any:
    """The equation at the first end: (coefficients of the slopes there, right side)."""
    order, value = end
    if order == 1:
        return (1.0, 0.0), value + 0.0 * m[0]
    if order == 2:
        return (2.0, 1.0), 3.0 * m[0] - 0.5 * value * dx[0]
    if n == 2:
        return (1.0, 0.0), m[0]
    if n == 3:
        return (1.0, 1.0), 2.0 * m[0]
    d = dx[0] + dx[1]
    right = ((dx[0] + 2.0 * d) * dx[1] * m[0] + dx[0] ** 2 * m[1]) / d
    return (dx[1], d), right


def _spline_slopes(x: Any, y: Any, first: Any, last: Any) -> Any:
    n, dx = x.shape[0], np.diff(x)
    m = np.diff(y, axis=0) / np.reshape(dx, dx.shape + (1,) * (y.ndim - 1))
    a = np.zeros((n, n))
    b = np.zeros_like(y)
    for i in range(1, n - 1):
        a[i, i - 1], a[i, i], a[i, i + 1] = dx[i], 2.0 * (dx[i - 1] + dx[i]), dx[i - 1]
        b[i] = 3.0 * (dx[i] * m[i - 1] + dx[i - 1] * m[i])
    (p, q), b[0] = _row(first, dx, m, n)
    a[0, 0] = p
    a[0, 1] = a[0, 1] + q
    order, value = last
    (p, q), b[n - 1] = _row((order, -value if order == 2 else value), dx[::-1], m[::-1], n)
    a[n - 1, n - 1] = p
    a[n - 1, n - 2] = a[n - 1, n - 2] + q
    return np.linalg.solve(a, np.reshape(b, (n, -1))).reshape(y.shape)


def _cubic_spline(
    x: Any, y: Any, axis: Any = 0, bc_type: Any = "not-a-knot", extrapolate: Any = None
) -> Any:
    x, y = _double(x), np.asarray(y)
    y = np.moveaxis(y.astype(np.complex128 if y.dtype.kind == "c" else float), axis, 0)
    if x.ndim != 1 or x.shape[0] < 2 or axis != 0:
        refuse("unsupported-argument", "CubicSpline is compiled for two points or more, axis=0")
    if x.shape[0] != y.shape[0]:
        raise ValueError(f"The length of `y` along `axis`={axis} doesn't match the length of `x`")
    if np.any(np.diff(x) <= 0):
        raise ValueError("`x` must be strictly increasing sequence.")
    ends = (bc_type, bc_type) if isinstance(bc_type, str) else bc_type
    first, last = _end(ends[0]), _end(ends[1])
    return Cubic(x, y, _spline_slopes(x, y, first, last), extrapolate is None or extrapolate)


SCIPY: dict[str, Any] = {
    "scipy.interpolate.interp1d": _interp1d,
    "scipy.interpolate.CubicSpline": _cubic_spline,
}
