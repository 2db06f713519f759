"""The error function and its complement: XLA's own, evaluated by Python's `math`."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from anvil.ir.families import Elementwise
from anvil.ir.ops.elementary import chlo
from anvil.ir.samples import uniform
from anvil.ir.types import F64, DType

_SLOPE = 2.0 / math.sqrt(math.pi)


def _erf(x: Any) -> Any:
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), dtype=np.float64)


def _erfc(x: Any) -> Any:
    return np.asarray(np.frompyfunc(math.erfc, 1, 1)(x), dtype=np.float64)


def _bell(b: Any, x: Any) -> Any:
    """The derivative of erf: 2 / sqrt(pi) e^(-x^2)."""
    return b.mul(_SLOPE, b.exp(b.neg(b.mul(x, x))))


class Special(Elementwise, abstract=True):
    """A special function of one real operand."""

    dtypes: ClassVar[tuple[DType, ...]] = (F64,)
    samples = uniform((-2.0, 2.0))


class Erf(Special):
    """The error function."""

    name, numpy, hlo = "erf", _erf, chlo("chlo.erf")
    partials = (lambda b, y, x: _bell(b, x),)


class Erfc(Special):
    """`1 - erf(x)`, accurate where it is small."""

    name, numpy, hlo = "erfc", _erfc, chlo("chlo.erfc")
    partials = (lambda b, y, x: b.neg(_bell(b, x)),)
