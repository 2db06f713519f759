"""Sample operands of op kinds: small, fixed, one list per dtype. They drive the generated tests.

samples = uniform((-3, 3))                            an elementwise op of one operand
samples = shaped(((2, 3), {"axes": (0,)}))            operand shapes, then attributes
samples = shaped(((4, 3), [[1], [3]], {"axes": (0,)})) a list is an i64 operand as it stands
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from anvil.ir.types import Array, DType


@dataclass(frozen=True)
class Sample:
    """Operands and attributes of one application of an op."""

    args: tuple[Array, ...]
    attrs: Mapping[str, Any] = field(default_factory=dict)


Samples = Callable[[DType], list[Sample]]
Range = tuple[float, float]


def draw(dtype: DType, shape: tuple[int, ...], low: float, high: float, seed: int) -> Array:
    """Reproducible values of `dtype` in [low, high], clipped to what the dtype holds."""
    rng = np.random.default_rng((seed, zlib.crc32(dtype.name.encode())))
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype.kind in "iu":
        info = np.iinfo(dtype.np)
        return rng.integers(int(max(low, info.min)), int(min(high, info.max)) + 1, shape).astype(
            dtype.np
        )
    values = rng.uniform(low, high, shape)
    if dtype.kind == "c":
        values = values + 1j * rng.uniform(low, high, shape)
    return np.asarray(values, dtype.np)


def uniform(*ranges: Range) -> Samples:
    """Operands of an elementwise op, one (low, high) each: a vector of 5 and scalars."""

    def make(dtype: DType) -> list[Sample]:
        return [
            Sample(tuple(draw(dtype, shape, lo, hi, i) for i, (lo, hi) in enumerate(ranges)))
            for shape in ((5,), ())
        ]

    return make


def shaped(*cases: Any, low: float = -2.0, high: float = 2.0) -> Samples:
    """One sample per case: operands (a tuple is a shape, a list i64 data), then the attributes."""

    def operand(spec: Any, dtype: DType, seed: int) -> Array:
        if isinstance(spec, tuple):
            return draw(dtype, spec, low, high, seed)
        return np.asarray(spec, np.int64 if isinstance(spec, list | int) else None)

    def make(dtype: DType) -> list[Sample]:
        return [
            Sample(tuple(operand(s, dtype, i) for i, s in enumerate(specs)), attrs)
            for *specs, attrs in cases
        ]

    return make
