"""np.fft, in plain Python over transforms along the last axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.ir.opkind import REGISTRY
from anvil.library.refusal import refuse, static
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract

_transform, _real_transform = REGISTRY["fft"].numpy, REGISTRY["rfft"].numpy
_real_inverse = REGISTRY["irfft"].numpy


def _transform_entry(ctx: Context, x: Any, inverse: Any) -> Abstract:
    return ctx.array(ctx.b.fft(ctx.atom(x), inverse=bool(ctx.known(inverse))))


def _real_transform_entry(ctx: Context, x: Any) -> Abstract:
    return ctx.array(ctx.b.rfft(ctx.atom(x)))


def _real_inverse_entry(ctx: Context, x: Any, n: Any) -> Abstract:
    return ctx.array(ctx.b.irfft(ctx.atom(x), n=int(ctx.known(n))))


# ---- along one axis


def _single(dtype: Any) -> bool:
    """Whether NumPy transforms it in single precision."""
    return dtype in (np.float16, np.float32, np.complex64)


def _signal(a: Any, axis: Any) -> tuple[Any, Any]:
    """The array, its axis made the last."""
    a = np.asarray(a)
    axis = static(axis)
    if not -a.ndim <= axis < a.ndim:
        refuse("bad-axis", f"axis {axis} is out of bounds for array of dimension {a.ndim}")
    return np.moveaxis(a, axis, -1), axis


def _length(n: Any, default: int) -> Any:
    n = default if n is None else static(n)
    if n < 1:
        refuse("bad-value", f"Invalid number of FFT data points ({n}) specified.")
    return n


def _resized(rows: Any, n: int) -> Any:
    """Cut to n elements along the last axis, or filled with zeros."""
    have = rows.shape[-1]
    if have >= n:
        return rows[..., :n]
    return np.pad(rows, ((0, 0),) * (rows.ndim - 1) + ((0, n - have),))


def _scale(norm: Any, n: int, forward: bool) -> Any:
    """By what the transform (unscaled forward, 1/n backward) is multiplied."""
    norm = static(norm)
    if norm is None or norm == "backward":
        return 1.0
    if norm == "ortho":
        return n**-0.5 if forward else n**0.5
    if norm == "forward":
        return 1.0 / n if forward else 1.0 * n
    refuse("bad-value", f'Invalid norm value {norm}; should be "backward","ortho" or "forward".')


def _delivered(rows: Any, axis: int, scale: float, out: Any) -> Any:
    if out is not None:
        refuse("unsupported-argument", "out= of np.fft is not compiled")
    scaled = rows if scale == 1.0 else rows * scale
    return np.moveaxis(scaled, -1, axis)


def _complex(a: Any, n: Any, axis: Any, norm: Any, out: Any, inverse: bool) -> Any:
    rows, axis = _signal(a, axis)
    n = _length(n, rows.shape[-1])
    rows = _resized(rows.astype(np.complex64 if _single(rows.dtype) else np.complex128), n)
    return _delivered(_transform(rows, inverse=inverse), axis, _scale(norm, n, not inverse), out)


def _fft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    return _complex(a, n, axis, norm, out, False)


def _ifft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    return _complex(a, n, axis, norm, out, True)


def _rfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    rows, axis = _signal(a, axis)
    if rows.dtype.kind == "c":
        refuse("bad-operand", "ufunc 'rfft_n_even' did not contain a loop for complex numbers")
    n = _length(n, rows.shape[-1])
    rows = _resized(rows.astype(np.float32 if _single(rows.dtype) else np.float64), n)
    return _delivered(_real_transform(rows), axis, _scale(norm, n, True), out)


def _irfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    rows, axis = _signal(a, axis)
    n = _length(n, 2 * (rows.shape[-1] - 1))
    rows = rows.astype(np.complex64 if _single(rows.dtype) else np.complex128)
    rows = _resized(rows, n // 2 + 1)
    return _delivered(_real_inverse(rows, n=n), axis, _scale(norm, n, False), out)


def _swapped(norm: Any) -> Any:
    norm = static(norm)
    if norm is None:
        return "forward"
    if norm not in ("forward", "backward", "ortho"):
        refuse(
            "bad-value", f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".'
        )
    return "ortho" if norm == "ortho" else ("backward" if norm == "forward" else "forward")


def _hfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    return _irfft(np.conj(np.asarray(a)), n, axis, _swapped(norm), out)


def _ihfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    return np.conj(_rfft(a, n, axis, _swapped(norm), out))


# ---- along several


def _lengths(a: Any, s: Any, axes: Any, halved: bool = False) -> tuple[Any, Any]:
    """A length for each axis, NumPy's defaults."""
    s, axes = static(s), static(axes)
    shape = np.shape(a)
    if axes is None:
        axes = tuple(range(-len(s), 0)) if s is not None else tuple(range(len(shape)))
    if s is None:
        s = [shape[i] for i in axes]
        if halved:
            s[-1] = 2 * (shape[axes[-1]] - 1)
    elif len(s) != len(axes):
        refuse("bad-value", "Shape and axes have different lengths.")
    lengths = tuple([shape[i] if n == -1 else n for n, i in zip(s, axes, strict=True)])
    return lengths, tuple(axes)


def _fftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    a = np.asarray(a)
    lengths, axes = _lengths(a, s, axes)
    for n, axis in reversed(list(zip(lengths, axes, strict=True))):
        a = _fft(a, n, axis, norm, out)
    return a


def _ifftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    a = np.asarray(a)
    lengths, axes = _lengths(a, s, axes)
    for n, axis in reversed(list(zip(lengths, axes, strict=True))):
        a = _ifft(a, n, axis, norm, out)
    return a


def _rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    a = np.asarray(a)
    lengths, axes = _lengths(a, s, axes)
    a = _rfft(a, lengths[-1], axes[-1], norm, out)
    for n, axis in reversed(list(zip(lengths[:-1], axes[:-1], strict=True))):
        a = _fft(a, n, axis, norm, out)
    return a


def _irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    a = np.asarray(a)
    lengths, axes = _lengths(a, s, axes, True)
    for n, axis in zip(lengths[:-1], axes[:-1], strict=True):
        a = _ifft(a, n, axis, norm, out)
    return _irfft(a, lengths[-1], axes[-1], norm, out)


def _fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    return _fftn(a, s, axes, norm, out)


def _ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    return _ifftn(a, s, axes, norm, out)


def _rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    return _rfftn(a, s, axes, norm, out)


def _irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    return _irfftn(a, s, axes, norm, out)


# ---- order of frequencies


def _shift_axes(x: Any, axes: Any) -> Any:
    axes = static(axes)
    if axes is None:
        return tuple(range(x.ndim))
    return (axes,) if isinstance(axes, int) else tuple(axes)


def _fftshift(x: Any, axes: Any = None) -> Any:
    x = np.asarray(x)
    axes = _shift_axes(x, axes)
    return np.roll(x, tuple([x.shape[i] // 2 for i in axes]), axes)


def _ifftshift(x: Any, axes: Any = None) -> Any:
    x = np.asarray(x)
    axes = _shift_axes(x, axes)
    return np.roll(x, tuple([-(x.shape[i] // 2) for i in axes]), axes)


def _fftfreq(n: Any, d: Any = 1.0, device: Any = None) -> Any:
    n = static(n)
    scale = 1.0 / (n * d)
    half = (n - 1) // 2 + 1
    return np.concatenate([np.arange(0, half), np.arange(-(n // 2), 0)]) * scale


def _rfftfreq(n: Any, d: Any = 1.0, device: Any = None) -> Any:
    n = static(n)
    return np.arange(0, n // 2 + 1) * (1.0 / (n * d))


FUNCTIONS: dict[Any, Any] = {
    _transform: Intrinsic(_transform_entry),
    _real_transform: Intrinsic(_real_transform_entry),
    _real_inverse: Intrinsic(_real_inverse_entry),
    np.fft.fft: _fft,
    np.fft.ifft: _ifft,
    np.fft.rfft: _rfft,
    np.fft.irfft: _irfft,
    np.fft.hfft: _hfft,
    np.fft.ihfft: _ihfft,
    np.fft.fftn: _fftn,
    np.fft.ifftn: _ifftn,
    np.fft.rfftn: _rfftn,
    np.fft.irfftn: _irfftn,
    np.fft.fft2: _fft2,
    np.fft.ifft2: _ifft2,
    np.fft.rfft2: _rfft2,
    np.fft.irfft2: _irfft2,
    np.fft.fftshift: _fftshift,
    np.fft.ifftshift: _ifftshift,
    np.fft.fftfreq: _fftfreq,
    np.fft.rfftfreq: _rfftfreq,
}
