"""NEP 50: the dtype of a result from the dtypes of its operands, Python numbers being weak."""

from __future__ import annotations

from functools import cache

import numpy as np

from anvil.ir.types import BOOL, C128, DTYPES, F64, I64, DType, dtype_of

_WEAK = {"b": False, "i": 0, "f": 0.0, "c": 0j}
_PYTHON = {"b": BOOL, "i": I64, "f": F64, "c": C128}

Strength = tuple[DType, bool]
"""A dtype, and whether it is weak (a Python number's)."""


@cache
def promote(*operands: Strength) -> DType:
    """The dtype in which NumPy 2 computes with these operands; TypeError if there is none."""
    strong = [d.np for d, weak in operands if not weak]
    weak = [_WEAK[d.kind] for d, weak in operands if weak]
    if not strong:
        kinds = "".join(d.kind for d, _ in operands)
        return _PYTHON[max(kinds, key="bifc".index)]
    return dtype_of(np.result_type(*strong, *weak))


@cache
def join_dtypes(first: Strength, second: Strength) -> Strength:
    """The dtype of a variable that is `first` on one path and `second` on another.

    Two Python numbers give the wider Python type. A Python number takes the dtype that it would be
    converted to by the other.
    """
    return promote(first, second), first[1] and second[1]


@cache
def castable(source: DType, target: DType) -> bool:
    """NumPy's rule `same_kind`, which in-place operators follow."""
    return bool(np.can_cast(source.np, target.np, "same_kind"))


def float_of(dtype: DType) -> DType:
    """The dtype in which NumPy evaluates a transcendental function of `dtype` (bool and int8 give
    f16 ...).
    """
    if dtype.inexact:
        return dtype
    return DTYPES["f16" if dtype.bits == 8 else "f32" if dtype.bits == 16 else "f64"]


def mean_of(dtype: DType) -> DType:
    """The dtype of a mean or a true division of integers: f64."""
    return dtype if dtype.inexact else F64


def fits(value: int, dtype: DType) -> bool:
    """Whether an integer is in the range of an integer dtype (always, for the others)."""
    if dtype.kind not in "iu":
        return True
    info = np.iinfo(dtype.np)
    return int(info.min) <= value <= int(info.max)
