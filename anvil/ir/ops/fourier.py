"""Discrete Fourier transforms along the last axis; sums without a scale forward, 1/n backward.

They are linear, and F is symmetric, so with the pairing Re(ct x) the transposes are

    fft      fft                                ifft     ifft
    rfft     the real part of fft(ct, padded to n)
    irfft    conj(rfft(ct)) w / n, where w = 1 at frequency 0 and n / 2, else 2
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from anvil.ir.families import Args, Batched, Linear, arrays, check_dtype, type_at
from anvil.ir.opkind import RuleError
from anvil.ir.records import Op
from anvil.ir.samples import shaped
from anvil.ir.types import DTYPES, ArrayType, DType, Type, array

_REAL = tuple(DTYPES[n] for n in ("f32", "f64"))
_COMPLEX = tuple(DTYPES[n] for n in ("c64", "c128"))


def _operand(kind: Any, x: Type) -> ArrayType:
    (t,) = arrays(kind.name, (x,))
    check_dtype(kind, t.dtype)
    if t.ndim < 1 or t.shape[-1] < 1:
        raise RuleError(f"{kind.name} of {t}: the last axis must have elements")
    return t


def _write(e: Any, op: Op, kind: str, n: int) -> None:
    (x,) = op.args
    e.result(
        op.outs[0],
        f'"stablehlo.fft"({e.operand(x)}) {{fft_type = #stablehlo<fft_type {kind}>, '
        f"fft_length = array<i64: {n}>}} : ({e.mlir(x.type)}) -> {e.mlir(op.outs[0].type)}",
    )


class Fft(Linear):
    """The discrete Fourier transform, or its inverse."""

    name, attrs, linear = "fft", {"inverse": False}, (0,)
    dtypes: ClassVar[tuple[DType, ...]] = _COMPLEX
    samples = shaped(((5,), {}), ((2, 4), {"inverse": True}))

    @staticmethod
    def type(x: Type, *, inverse: bool) -> Type:
        """Of x."""
        return _operand(Fft, x)

    @staticmethod
    def numpy(x: Any, *, inverse: bool) -> Any:
        """np.fft."""
        return (np.fft.ifft(x) if inverse else np.fft.fft(x)).astype(x.dtype)

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """stablehlo.fft."""
        n = type_at(op.args[0]).shape[-1]
        _write(e, op, "IFFT" if op.attrs["inverse"] else "FFT", n)

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args, *, inverse: bool) -> None:
        """Itself."""
        t.add(0, t.b.fft(ct, inverse=inverse))

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int, *, inverse: bool) -> Any:
        """Along the last axis."""
        return b.fft(*args, inverse=inverse)


class Rfft(Linear):
    """The frequencies from 0 to n / 2 of a real signal."""

    name, linear = "rfft", (0,)
    dtypes: ClassVar[tuple[DType, ...]] = _REAL
    samples = shaped(((5,), {}), ((2, 4), {}), ((1,), {}))

    @staticmethod
    def type(x: Type) -> Type:
        """Complex, n / 2 + 1 along the last axis."""
        t = _operand(Rfft, x)
        return array(_COMPLEX[_REAL.index(t.dtype)], (*t.shape[:-1], t.shape[-1] // 2 + 1))

    @staticmethod
    def numpy(x: Any) -> Any:
        """np.fft.rfft."""
        return np.fft.rfft(x).astype(np.result_type(x.dtype, np.complex64))

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """stablehlo.fft."""
        _write(e, op, "RFFT", type_at(op.args[0]).shape[-1])

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args) -> None:
        """The real part of the transform of what it lacks zeros."""
        b, n = t.b, type_at(args[0]).shape[-1]
        c = type_at(ct)
        low, inner = (0,) * c.ndim, (0,) * c.ndim
        high = (*low[1:], n - c.shape[-1])
        full = b.pad(ct, b.zeros(array(c.dtype)), low=low, high=high, interior=inner)
        t.add(0, b.real(b.fft(full)))

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int) -> Any:
        """Along the last axis."""
        return b.rfft(*args)


class Irfft(Linear):
    """The real signal of `n` elements that has these frequencies from 0 to n / 2."""

    name, attrs, linear = "irfft", {"n": 1}, (0,)
    dtypes: ClassVar[tuple[DType, ...]] = _COMPLEX
    samples = shaped(((3,), {"n": 5}), ((2, 3), {"n": 4}), ((1,), {"n": 1}))

    @staticmethod
    def type(x: Type, *, n: int) -> Type:
        """Real, n along the last axis."""
        t = _operand(Irfft, x)
        if n < 1 or t.shape[-1] != n // 2 + 1:
            raise RuleError(f"irfft of {t} to {n} elements takes {n // 2 + 1} frequencies")
        return array(t.dtype.real, (*t.shape[:-1], n))

    @staticmethod
    def numpy(x: Any, *, n: int) -> Any:
        """np.fft.irfft."""
        return np.fft.irfft(x, n).astype(x.real.dtype)

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """stablehlo.fft."""
        _write(e, op, "IRFFT", op.attrs["n"])

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args, *, n: int) -> None:
        """conj(rfft(ct)) w / n."""
        b = t.b
        weights = np.full(n // 2 + 1, 2.0 / n)
        weights[0] = 1.0 / n
        if n % 2 == 0:
            weights[-1] = 1.0 / n
        spectrum = b.conj(b.rfft(ct))
        c = type_at(spectrum)
        t.add(0, b.mul(spectrum, b.broadcast_to(b.const(weights.astype(c.dtype.np)), c.shape)))

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int, *, n: int) -> Any:
        """Along the last axis."""
        return b.irfft(*args, n=n)
