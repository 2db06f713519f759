"""Literals of the text form: every scalar of every dtype as text, and back to the same bits.

2.0    an f64        true         a bool        2.0:f32[3]    any other type, or a splat
2      an i64        1.0-0.0j     a c128        -0.0, nan, inf, 1e-05 as Python spells them
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from anvil.ir.records import Const, Scalar
from anvil.ir.types import BOOL, C128, F64, I64, Array, ArrayType, DType, array

_PLAIN = {array(F64), array(I64), array(BOOL), array(C128)}
_OWN: dict[type, ArrayType] = {
    float: array(F64),
    int: array(I64),
    bool: array(BOOL),
    complex: array(C128),
}


class LiteralError(Exception):
    """A literal has no value of its type."""


def literal(const: Const) -> str:
    """A constant operand; its type is spelled unless it is the literal's own."""
    value = literal_of(const.type.dtype, const.value)
    return value if const.type in _PLAIN else f"{value}:{const.type}"


def literal_of(dtype: DType, value: Any) -> str:
    """A scalar as text that reads back to the same bits of `dtype` (all nan are one)."""
    if dtype.kind == "b":
        return "true" if value else "false"
    if dtype.kind in "iu":
        return str(int(value))
    if dtype.kind == "f":
        return _float(dtype, float(value))
    part = dtype.real
    re_, im = _float(part, value.real), _float(part, value.imag)
    return f"{re_}{im if im.startswith('-') else '+' + im}j"


def _float(dtype: DType, value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    if dtype.bits < 64:
        short = str(dtype.np.type(value))
        with np.errstate(over="ignore"):
            if float(dtype.np.type(float(short))) == value:
                return short
    return repr(value)


def scalar_of(kind: str, spelled: str) -> Scalar:
    """The number a token of this kind (int, float, complex, true, false) spells."""
    if kind == "int":
        return int(spelled)
    if kind == "float":
        return float(spelled)
    if kind == "complex":
        return _complex(spelled)
    return kind == "true"


def _complex(spelled: str) -> complex:
    """By parts, so that zeros keep their signs and `nan+infj` is read."""
    body = spelled[:-1]
    at = max(i for i, c in enumerate(body) if c in "+-" and i > 0 and body[i - 1] not in "eE")
    return complex(float(body[:at]), float(body[at:]))


def const_of(value: Scalar, type_: ArrayType | None) -> Const:
    """The constant a literal stands for; without a type, the literal's own. Raises LiteralError."""
    if type_ is None:
        type_ = _OWN[type(value)]
    _check(type_.dtype, value)
    return Const(type_, value)


def data_of(values: Sequence[Scalar], type_: ArrayType) -> Array:
    """An array of literals in row-major order. Raises LiteralError."""
    if len(values) != type_.size:
        raise LiteralError(f"{type_} has {type_.size} elements, {len(values)} are given")
    for value in values:
        _check(type_.dtype, value)
    with np.errstate(over="ignore"):
        return np.array(values, type_.dtype.np).reshape(type_.shape)


def _check(dtype: DType, value: Scalar) -> None:
    allowed: dict[str, tuple[type, ...]] = {
        "b": (bool,),
        "i": (int,),
        "u": (int,),
        "f": (int, float),
        "c": (int, float, complex),
    }
    if type(value) not in allowed[dtype.kind]:
        raise LiteralError(f"{value} is no literal of type {dtype}")
    if dtype.kind in "iu":
        limits = np.iinfo(dtype.np)
        if not limits.min <= int(value.real) <= limits.max:
            raise LiteralError(f"{value} is out of range for {dtype}")
