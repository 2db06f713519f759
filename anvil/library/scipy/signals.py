"""scipy.signal: convolutions, filters; in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.refusal import refuse, static

_DIRECT = 4096
"""The largest kernel that is not convolved by Fourier transforms."""


def _full(a: Any, b: Any, fourier: Any) -> Any:
    """Every sum of products a[i] b[j] with i + j the same."""
    if a.size < b.size:
        a, b = b, a
    shape = tuple([m + n - 1 for m, n in zip(a.shape, b.shape, strict=True)])
    if fourier or b.size > _DIRECT:
        axes = tuple(range(a.ndim))
        if np.result_type(a, b).kind == "c":
            product = np.fft.fftn(a, shape, axes) * np.fft.fftn(b, shape, axes)
            return np.fft.ifftn(product, shape, axes)
        product = np.fft.rfftn(a, shape, axes) * np.fft.rfftn(b, shape, axes)
        return np.fft.irfftn(product, shape, axes)
    padded = np.pad(a, tuple([(n - 1, n - 1) for n in b.shape]))
    windows = np.lib.stride_tricks.sliding_window_view(padded, b.shape)
    return np.tensordot(windows, np.flip(b), axes=b.ndim)


def _middle(a: Any, shape: Any) -> Any:
    for axis, n in enumerate(shape):
        start = (a.shape[axis] - n) // 2
        a = np.take(a, np.arange(start, start + n), axis=axis)
    return a


def _convolved(a: Any, b: Any, mode: Any, fourier: Any = False) -> Any:
    mode = static(mode)
    if a.ndim != b.ndim:
        refuse("bad-value", "in1 and in2 should have the same dimensionality")
    if mode not in ("full", "same", "valid"):
        refuse("bad-value", "acceptable mode flags are 'valid', 'same', or 'full'")
    if a.ndim == 0:
        return a * b
    dtype = np.result_type(a, b)
    if mode == "valid":
        larger = [m >= n for m, n in zip(a.shape, b.shape, strict=True)]
        if not all(larger) and any(larger) and a.shape != b.shape:
            smaller = [m <= n for m, n in zip(a.shape, b.shape, strict=True)]
            if not all(smaller):
                refuse("bad-value", "one input must be at least as large as the other everywhere")
    full = _full(a, b, fourier)
    if dtype.kind in "iu":
        full = np.rint(full)
    full = full.astype(dtype)
    if mode == "full":
        return full
    if mode == "same":
        return _middle(full, a.shape)
    return _middle(full, [abs(m - n) + 1 for m, n in zip(a.shape, b.shape, strict=True)])


def _convolve(in1: Any, in2: Any, mode: Any = "full", method: Any = "auto") -> Any:
    return _convolved(np.asarray(in1), np.asarray(in2), mode, static(method) == "fft")


def _fftconvolve(in1: Any, in2: Any, mode: Any = "full", axes: Any = None) -> Any:
    if axes is not None:
        refuse("unsupported-argument", "fftconvolve is compiled for all axes")
    a, b = np.asarray(in1), np.asarray(in2)
    a = a if a.dtype.kind in "fc" else a.astype(float)
    return _convolved(a, b if b.dtype.kind in "fc" else b.astype(float), mode, True)


def _correlate(in1: Any, in2: Any, mode: Any = "full", method: Any = "auto") -> Any:
    a, b = np.asarray(in1), np.flip(np.conj(np.asarray(in2)))
    return _convolved(a, b, mode, static(method) == "fft")


def _lfilter(b: Any, a: Any, x: Any, axis: Any = -1, zi: Any = None) -> Any:
    """The direct form II, transposed."""
    b, a, x = np.atleast_1d(b), np.atleast_1d(a), np.moveaxis(np.asarray(x), axis, -1)
    dtype = np.result_type(b, a, x, np.float32 if x.dtype == np.float32 else np.float64)
    n = max(b.shape[0], a.shape[0])
    lead = a[0]
    b, a = b.astype(dtype) / lead, a.astype(dtype) / lead
    b = np.concatenate((b, np.zeros(n - b.shape[0], dtype=dtype)))
    a = np.concatenate((a, np.zeros(n - a.shape[0], dtype=dtype)))
    state = np.zeros((*x.shape[:-1], n), dtype=dtype)
    if zi is not None:
        state[..., : n - 1] = np.moveaxis(np.asarray(zi), axis, -1)
    y = np.zeros(x.shape, dtype=dtype)
    for i in range(x.shape[-1]):
        value = x[..., i]
        out = state[..., 0] + b[0] * value
        moved = np.zeros_like(state)
        moved[..., : n - 1] = (
            state[..., 1:] + b[1:] * value[..., np.newaxis] - a[1:] * out[..., np.newaxis]
        )
        state = moved
        y[..., i] = out
    y = np.moveaxis(y, -1, axis)
    return y if zi is None else (y, np.moveaxis(state[..., : n - 1], -1, axis))


def _detrend(
    data: Any,
    axis: Any = -1,
    type: Any = "linear",
    bp: Any = 0,
    overwrite_data: Any = False,
) -> Any:
    if static(type) not in ("linear", "l", "constant", "c"):
        refuse("bad-value", "Trend type must be 'linear' or 'constant'.")
    if np.ndim(static(bp)) > 0 or bp != 0:
        refuse("unsupported-argument", "detrend is compiled without break points")
    x = np.moveaxis(np.asarray(data), axis, -1)
    x = x if x.dtype.kind in "fc" and x.dtype.itemsize > 2 else x.astype(float)
    found = x - np.mean(x, axis=-1, keepdims=True)
    if static(type) in ("linear", "l"):
        n = x.shape[-1]
        t = np.arange(n) - 0.5 * (n - 1)
        slope = np.sum(found * t, axis=-1, keepdims=True) / max(np.sum(t * t), 0.5)
        found = found - slope * t
    return np.moveaxis(found.astype(x.dtype), -1, axis)


SCIPY: dict[str, Any] = {
    "scipy.signal.convolve": _convolve,
    "scipy.signal.fftconvolve": _fftconvolve,
    "scipy.signal.oaconvolve": _fftconvolve,
    "scipy.signal.correlate": _correlate,
    "scipy.signal.lfilter": _lfilter,
    "scipy.signal.detrend": _detrend,
}
