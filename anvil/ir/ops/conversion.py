"""Between dtypes: conversion, bits, and the parts of complex numbers.

Tangents and cotangents of complex values are complex and transposes plain: the pairing of a
cotangent c with a tangent t is the real part of c t.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.ir.families import Args, Elementwise, Linear, arrays, made_by, real_dtype, type_at
from anvil.ir.opkind import RuleError
from anvil.ir.records import Op
from anvil.ir.samples import Sample, draw, uniform
from anvil.ir.types import (
    ALL_DTYPES,
    BOOL,
    C64,
    C128,
    COMPLEXES,
    DTYPES,
    F16,
    F32,
    F64,
    FLOATS,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    DType,
    Type,
)

_MANTISSA = {F16: 11, F32: 24, F64: 53, C64: 24, C128: 53}
_ORDER = "biufc"


def _lossless(source: DType, target: DType) -> bool:
    """Whether every value of `source` is one of `target`."""
    if source is target or source is BOOL:
        return True
    if source.kind in "iu" and target.kind in "iu":
        sign = int(target.kind == "i") - int(source.kind == "i")
        return sign >= 0 and target.bits - sign >= source.bits
    if source.kind in "iu":
        return target in _MANTISSA and source.bits <= _MANTISSA[target] and target is not F16
    if target not in _MANTISSA or _ORDER.index(source.kind) > _ORDER.index(target.kind):
        return False
    return _MANTISSA[source] <= _MANTISSA[target]


def _conversions(dtype: DType) -> list[Sample]:
    low = 0 if dtype.kind == "u" else -3
    x = draw(dtype, (5,), low, 3, 0)
    wanted = [BOOL, I8, I32, I64, F16, F32, F64, C64, C128]
    if dtype.kind in "bu":
        wanted += [U8, U64]
    if dtype.kind == "c":
        wanted = [BOOL, C64, C128]
    return [Sample((x,), {"dtype": d}) for d in wanted if d is not dtype]


class Convert(Linear, Elementwise):
    """`x` as another dtype. Floats truncate to integers; complex numbers keep their real part."""

    name, attrs = "convert", {"dtype": F64}
    dtypes, samples, linear = ALL_DTYPES, _conversions, (0,)

    @staticmethod
    def type(x: Type, *, dtype: DType) -> Type:
        """Of the other dtype."""
        return arrays("convert", (x,))[0].with_dtype(dtype)

    @staticmethod
    def numpy(x: Any, *, dtype: DType) -> Any:
        """astype."""
        if np.iscomplexobj(x) and dtype.kind not in "bc":
            x = x.real
        return x.astype(dtype.np)

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """Complex numbers other than 0 are true."""
        (x,), (out,) = op.args, op.outs
        t = e.mlir(x.type)
        e.result(out, f"stablehlo.convert {e.operand(x)} : ({t}) -> {e.mlir(out.type)}")

    @staticmethod
    def decompose(b: Any, x: Any, *, dtype: DType) -> Any:
        """Truth is being different from 0; the real part of a complex number is an op."""
        source = type_at(x).dtype
        if dtype is BOOL:
            return b.ne(x, 0)
        if source.kind == "c" and dtype.kind != "c":
            return b.cast(b.real(x), dtype)
        return None

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args, *, dtype: DType) -> Any:
        """The tangent converted; none through integers."""
        return b.cast(tangents[0], dtype) if dtype.inexact else None

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args, *, dtype: DType) -> None:
        """The cotangent converted back."""
        if type_at(args[0]).dtype.inexact:
            t.add(0, t.b.cast(ct, type_at(args[0]).dtype))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """To the dtype it has; after a conversion that has lost nothing."""
        (x,), dtype = args, attrs["dtype"]
        if type_at(x).dtype is dtype:
            return x
        inner = made_by(b, x, "convert")
        if inner and _lossless(type_at(inner[0]).dtype, type_at(x).dtype):
            return b.cast(inner[0], dtype)
        return None


def _bitcasts(dtype: DType) -> list[Sample]:
    pairs = [(I8, U8), (I16, U16, F16), (I32, U32, F32), (I64, U64, F64)]
    same = next(p for p in pairs if dtype in p)
    return [Sample((draw(dtype, (5,), 0, 9, 0),), {"dtype": d}) for d in same if d is not dtype]


class Bitcast(Elementwise):
    """The bits of x read as another dtype of the same width."""

    name, attrs, nondiff, source = "bitcast", {"dtype": I64}, True, "{0}.view({dtype})"
    dtypes = (I8, U8, I16, U16, F16, I32, U32, F32, I64, U64, F64)
    samples = _bitcasts

    @staticmethod
    def type(x: Type, *, dtype: DType) -> Type:
        """Of the other dtype."""
        (t,) = arrays("bitcast", (x,))
        if t.dtype not in Bitcast.dtypes or dtype not in Bitcast.dtypes:
            raise RuleError(f"bitcast is not defined from {t.dtype} to {dtype}")
        if t.dtype.bits != dtype.bits:
            raise RuleError(f"bitcast of {t} to {dtype}, which has another width")
        return t.with_dtype(dtype)

    @staticmethod
    def numpy(x: Any, *, dtype: DType) -> Any:
        """A view."""
        return x.view(dtype.np)

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """With both types."""
        (x,), (out,) = op.args, op.outs
        t = e.mlir(x.type)
        e.result(out, f"stablehlo.bitcast_convert {e.operand(x)} : ({t}) -> {e.mlir(out.type)}")

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """To the dtype it has; after another one."""
        (x,), dtype = args, attrs["dtype"]
        if type_at(x).dtype is dtype:
            return x
        inner = made_by(b, x, "bitcast")
        return b.bitcast(inner[0], dtype=dtype) if inner else None


class Real(Linear, Elementwise):
    """The real part of a complex number."""

    name, numpy, hlo, source = "real", np.real, "stablehlo.real", "{0}.real"
    dtypes, samples, linear, result = COMPLEXES, uniform((-3, 3)), (0,), real_dtype

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args) -> None:
        """ct + 0i."""
        t.add(0, t.b.complex(ct, t.b.zeros_like(ct)))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of complex(x, y): x."""
        op = b.producer(args[0])
        return op.args[0] if op is not None and op.kind is Complex else None


class Imag(Linear, Elementwise):
    """The imaginary part of a complex number."""

    name, numpy, hlo, source = "imag", np.imag, "stablehlo.imag", "{0}.imag"
    dtypes, samples, linear, result = COMPLEXES, uniform((-3, 3)), (0,), real_dtype

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args) -> None:
        """0 - i ct, since the imaginary part of t is the real part of -i t."""
        t.add(0, t.b.complex(t.b.zeros_like(ct), t.b.neg(ct)))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of complex(x, y): y."""
        op = b.producer(args[0])
        return op.args[1] if op is not None and op.kind is Complex else None


class Conj(Linear, Elementwise):
    """The complex conjugate."""

    name, python, numpy, dtypes = "conj", (np.conjugate,), np.conjugate, COMPLEXES
    samples, linear = uniform((-3, 3)), (0,)

    @staticmethod
    def decompose(b: Any, z: Any) -> Any:
        """From its parts."""
        return b.complex(b.real(z), b.neg(b.imag(z)))

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args) -> None:
        """The conjugate of ct."""
        t.add(0, t.b.conj(ct))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of a conj."""
        inner = made_by(b, args[0], "conj")
        return inner[0] if inner else None


def _complex_dtype(dtype: DType) -> DType:
    return C64 if dtype is F32 else C128


class Complex(Linear, Elementwise):
    """`x + iy`."""

    name, dtypes, samples, linear = "complex", FLOATS[1:], uniform((-3, 3), (-3, 3)), (0, 1)
    result = _complex_dtype

    @staticmethod
    def numpy(x: Any, y: Any) -> Any:
        """Part by part: 1j * inf would be nan + inf j."""
        z = np.empty(np.shape(x), np.result_type(x.dtype, np.complex64))
        z.real, z.imag = x, y
        return z

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """Written with the result's type."""
        x, y = (e.operand(a) for a in op.args)
        e.result(op.outs[0], f"stablehlo.complex {x}, {y} : {e.mlir(op.outs[0].type)}")

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args) -> None:
        """The real part of ct, and minus its imaginary part."""
        if t.needs(0):
            t.add(0, t.b.real(ct))
        if t.needs(1):
            t.add(1, t.b.neg(t.b.imag(ct)))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of both parts of z: z."""
        x, y = (b.producer(a) for a in args)
        if x is None or y is None or (x.kind, y.kind) != (Real, Imag):
            return None
        return x.args[0] if x.args == y.args else None


class StopGradient(Elementwise):
    """`x`, constant for every derivative."""

    name, nondiff, dtypes, samples = "stop_gradient", True, ALL_DTYPES, uniform((-3, 3))
    source = "{0}"

    @staticmethod
    def numpy(x: Any) -> Any:
        """x itself."""
        return x

    @staticmethod
    def decompose(b: Any, x: Any) -> Any:
        """Nothing is left of it."""
        return x

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of numbers without a derivative; of itself."""
        if not type_at(args[0]).dtype.inexact or made_by(b, args[0], "stop_gradient"):
            return args[0]
        return None


class Rounded(Elementwise):
    """`x`, rounded to its dtype: never part of a multiply-add with a sum or product around it."""

    name, dtypes, samples = "rounded", FLOATS, uniform((-3, 3))
    source = "{0}"

    @staticmethod
    def numpy(x: Any) -> Any:
        """x itself."""
        return x

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args) -> Any:
        """The tangent as it is."""
        return tangents[0]

    @staticmethod
    def decompose(b: Any, x: Any) -> Any:
        """Through its bits: one nan is replaced by another, which no compiler can leave out."""
        dtype = type_at(x).dtype
        whole = DTYPES[f"u{dtype.bits}"]
        nan = int(np.array(np.nan, dtype.np).view(whole.np))
        bits = b.bitcast(x, dtype=whole)
        return b.bitcast(b.select(b.eq(bits, nan + 1), nan, bits), dtype=dtype)
