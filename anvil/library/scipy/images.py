"""scipy.ndimage: interpolation and filters, in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.refusal import refuse, static

_PADS = {
    "reflect": "symmetric",
    "grid-mirror": "symmetric",
    "mirror": "reflect",
    "nearest": "edge",
    "wrap": "wrap",
    "grid-wrap": "wrap",
    "constant": "constant",
    "grid-constant": "constant",
}


def _within(index: Any, n: Any, mode: Any) -> Any:
    """Places on an axis of length n, for those beyond its ends."""
    if mode in ("reflect", "grid-mirror"):
        turned = index % (2 * n)
        return np.where(turned < n, turned, 2 * n - 1 - turned)
    if mode == "mirror":
        period = max(2 * (n - 1), 1)
        turned = index % period
        return np.where(turned < n, turned, period - turned)
    if mode == "grid-wrap":
        return index % n
    return np.clip(index, 0, n - 1)


def _neighbours(x: Any, n: Any, mode: Any, order: Any) -> Any:
    """(place, weight) of the elements that a coordinate reads."""
    if mode == "wrap":
        period = max(n - 1, 1)
        around = np.where(x < 0, x + period * (np.trunc(-x / period) + 1.0), x)
        x = np.where(x > n - 1, x - period * np.trunc(x / period), around)
    low = np.floor(x + 0.5) if order == 0 else np.floor(x)
    index = low.astype(int)
    if order == 0:
        found = [(index, np.ones_like(x))]
    else:
        found = [(index, 1.0 - (x - low)), (index + 1, x - low)]
    beyond = np.zeros(x.shape, dtype=bool)
    if mode == "constant":
        beyond = (x < 0) | (x > n - 1)
    if mode == "grid-constant":
        return [(_within(i, n, mode), w, (i < 0) | (i > n - 1)) for i, w in found]
    return [(_within(i, n, mode), w, beyond) for i, w in found]


def _real(a: Any) -> Any:
    a = np.asarray(a)
    if a.dtype.kind == "c":
        refuse("bad-operand", "filters and interpolation are compiled for real arrays")
    if a.size == 0:
        refuse("bad-shape", "filters and interpolation are compiled for arrays with elements")
    return a


def _map_coordinates(
    input: Any,
    coordinates: Any,
    output: Any = None,
    order: Any = 3,
    mode: Any = "constant",
    cval: Any = 0.0,
    prefilter: Any = True,
) -> Any:
    a, places = _real(input), np.asarray(_real(coordinates), dtype=float)
    order, mode = static(order), static(mode)
    if order not in (0, 1) or output is not None:
        refuse("unsupported-argument", "map_coordinates is compiled for order=0 and 1, no output=")
    if mode not in _PADS:
        refuse("bad-value", "boundary mode not supported")
    if places.shape[0] != a.ndim:
        refuse("bad-value", "invalid shape for coordinate array")
    axes = [_neighbours(places[k], a.shape[k], mode, order) for k in range(a.ndim)]
    total = np.zeros(places.shape[1:])
    for corner in range(len(axes[0]) ** a.ndim):
        weight, index, beyond = np.ones(places.shape[1:]), [], np.zeros(places.shape[1:], bool)
        for k, options in enumerate(axes):
            place, w, outside = options[corner // len(options) ** k % len(options)]
            index.append(place)
            weight, beyond = weight * w, beyond | outside
        total = total + weight * np.where(beyond, cval, a[tuple(index)])
    if a.dtype.kind in "iu":
        total = np.trunc(total + np.where(total >= 0, 0.5, -0.5))
    return total.astype(a.dtype)


# ---- filters


def _padded(a: Any, widths: Any, mode: Any, cval: Any) -> Any:
    mode = static(mode)
    if mode not in _PADS:
        refuse("bad-value", "boundary mode not supported")
    if _PADS[mode] == "constant":
        return np.pad(a, widths, constant_values=cval)
    how: Any = _PADS[mode]
    return np.pad(a, widths, mode=how)


def _of_type(found: Any, dtype: Any) -> Any:
    return found.astype(dtype)


def _correlate1d(
    input: Any,
    weights: Any,
    axis: Any = -1,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
) -> Any:
    if output is not None:
        refuse("unsupported-argument", "filters are compiled without output=")
    a, weights = _real(input), np.asarray(_real(weights), dtype=float)
    size, rows = weights.shape[0], np.moveaxis(a, axis, -1).astype(float)
    before = size // 2 + static(origin)
    widths = ((0, 0),) * (a.ndim - 1) + ((before, size - 1 - before),)
    wide = _padded(rows, widths, mode, cval)
    windows = np.lib.stride_tricks.sliding_window_view(wide, size, axis=-1)
    return _of_type(np.moveaxis(windows @ weights, -1, axis), a.dtype)


def _convolve1d(
    input: Any,
    weights: Any,
    axis: Any = -1,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
) -> Any:
    weights = np.asarray(weights)
    shift = -static(origin) - (0 if weights.shape[0] % 2 else 1)
    return _correlate1d(input, weights[::-1], axis, output, mode, cval, shift)


def _correlate(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
) -> Any:
    return _windowed(input, weights, output, mode, cval, static(origin), False)


def _convolve(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
) -> Any:
    return _windowed(input, weights, output, mode, cval, static(origin), True)


def _windowed(
    input: Any, weights: Any, output: Any, mode: Any, cval: Any, origin: Any, flip: Any
) -> Any:
    if output is not None or origin != 0:
        refuse("unsupported-argument", "filters are compiled without output= and origin=")
    a, weights = _real(input), np.asarray(_real(weights), dtype=float)
    weights = np.flip(weights) if flip else weights
    widths = []
    for n in weights.shape:
        before = n // 2 - (1 if flip and n % 2 == 0 else 0)
        widths.append((before, n - 1 - before))
    wide = _padded(a.astype(float), tuple(widths), mode, cval)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)
    return _of_type(np.tensordot(windows, weights, axes=a.ndim), a.dtype)


def _bell(sigma: Any, radius: Any) -> Any:
    x = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 / (sigma * sigma) * x**2)
    return weights / np.sum(weights)


def _radius(sigma: Any, truncate: Any, radius: Any) -> Any:
    if radius is not None:
        return static(radius)
    return int(static(truncate) * float(static(sigma)) + 0.5)


def _gaussian_filter1d(
    input: Any,
    sigma: Any,
    axis: Any = -1,
    order: Any = 0,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    truncate: Any = 4.0,
    *,
    radius: Any = None,
) -> Any:
    """A sigma that is not known needs `radius=`."""
    if static(order) != 0:
        refuse("unsupported-argument", "gaussian filters are compiled for order=0")
    weights = _bell(sigma, _radius(sigma, truncate, radius))
    return _correlate1d(input, weights, axis, output, mode, cval)


def _each(value: Any, n: Any) -> Any:
    return value if isinstance(value, tuple | list) else (value,) * n


def _gaussian_filter(
    input: Any,
    sigma: Any,
    order: Any = 0,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    truncate: Any = 4.0,
    *,
    radius: Any = None,
    axes: Any = None,
) -> Any:
    a = np.asarray(input)
    axes = tuple(range(a.ndim)) if axes is None else _each(axes, 1)
    sigmas, radii = _each(sigma, len(axes)), _each(radius, len(axes))
    for axis, s, r in zip(axes, sigmas, radii, strict=True):
        a = _gaussian_filter1d(a, s, axis, order, output, mode, cval, truncate, radius=r)
    return a


def _uniform_filter1d(
    input: Any,
    size: Any,
    axis: Any = -1,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
) -> Any:
    a = np.asarray(input)
    if size < 1:
        refuse("bad-value", "incorrect filter size")
    if a.dtype.kind == "c":
        refuse("bad-operand", "filters and interpolation are compiled for real arrays")
    sums = _correlate1d(a.astype(float), np.ones(size), axis, output, mode, cval, origin)
    return _of_type(sums / size, a.dtype)


def _uniform_filter(
    input: Any,
    size: Any = 3,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    a = np.asarray(input)
    axes = tuple(range(a.ndim)) if axes is None else _each(axes, 1)
    for axis, n in zip(axes, _each(size, len(axes)), strict=True):
        a = _uniform_filter1d(a, n, axis, output, mode, cval, origin)
    return a


_RULES = {
    "map_coordinates": _map_coordinates,
    "correlate1d": _correlate1d,
    "convolve1d": _convolve1d,
    "correlate": _correlate,
    "convolve": _convolve,
    "gaussian_filter1d": _gaussian_filter1d,
    "gaussian_filter": _gaussian_filter,
    "uniform_filter1d": _uniform_filter1d,
    "uniform_filter": _uniform_filter,
}

SCIPY: dict[str, Any] = {f"scipy.ndimage.{name}": rule for name, rule in _RULES.items()}
