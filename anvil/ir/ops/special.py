"""Special functions of one real number. The error function and its complement are XLA's own and
evaluated by Python's `math`; the others are formulas over basic ops (`special_parts`).
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from anvil.ir.families import Elementwise
from anvil.ir.ops import special_parts as parts
from anvil.ir.ops.elementary import chlo
from anvil.ir.ops.special_parts import on_arrays
from anvil.ir.samples import shaped, uniform
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


class Formula(Special, abstract=True):
    """A special function whose decomposition is evaluated, too."""

    formula = True


class Gamma(Formula):
    """The gamma function; nan at the negative poles."""

    name, numpy, decompose = "gamma", on_arrays(parts.gamma), parts.gamma
    samples = uniform((0.3, 4.0))
    partials = (lambda b, y, x: b.mul(y, b.digamma(x)),)


class Lgamma(Formula):
    """`log |gamma(x)|`; inf at the poles."""

    name, numpy, decompose = "lgamma", on_arrays(parts.lgamma), parts.lgamma
    samples = uniform((0.3, 4.0))
    partials = (lambda b, y, x: b.digamma(x),)


class Digamma(Formula):
    """The derivative of `log gamma`; nan at the negative poles."""

    name, numpy, decompose = "digamma", on_arrays(parts.digamma), parts.digamma
    samples = uniform((0.3, 4.0))
    partials = (lambda b, y, x: b.polygamma(x, n=1),)


class Polygamma(Formula):
    """The `n`-th derivative of digamma, n > 0."""

    name, attrs = "polygamma", {"n": 1}
    numpy, decompose = on_arrays(parts.polygamma), parts.polygamma
    samples = shaped(((5,), {}), ((3,), {"n": 3}), low=0.5, high=4.0)
    partials = (lambda b, y, x, *, n: b.polygamma(x, n=n + 1),)


class ErfInv(Formula):
    """The inverse of erf."""

    name, numpy, decompose = "erfinv", on_arrays(parts.erfinv), parts.erfinv
    samples = uniform((-0.95, 0.95))
    partials = (lambda b, y, x: b.mul(1.0 / _SLOPE, b.exp(b.mul(y, y))),)


class ErfcInv(Formula):
    """The inverse of erfc, accurate where it is small."""

    name, numpy, decompose = "erfcinv", on_arrays(parts.erfcinv), parts.erfcinv
    samples = uniform((0.02, 1.9))
    partials = (lambda b, y, x: b.mul(-1.0 / _SLOPE, b.exp(b.mul(y, y))),)


class Ndtri(Formula):
    """The quantile of the normal distribution."""

    name, numpy, decompose = "ndtri", on_arrays(parts.ndtri), parts.ndtri
    samples = uniform((0.02, 0.98))
    partials = (lambda b, y, x: b.mul(math.sqrt(2.0 * math.pi), b.exp(b.mul(0.5, b.mul(y, y)))),)


class Erfcx(Formula):
    """`e^(x^2) erfc(x)`, which does not vanish."""

    name, numpy, decompose = "erfcx", on_arrays(parts.erfcx), parts.erfcx
    partials = (lambda b, y, x: b.sub(b.mul(2.0, b.mul(x, y)), _SLOPE),)


class I0e(Formula):
    """The modified Bessel function of order 0, times `e^-|x|`."""

    name, numpy, decompose = "i0e", on_arrays(parts.i0e), parts.i0e
    samples = uniform((0.1, 3.0))
    partials = (lambda b, y, x: b.sub(b.i1e(x), b.mul(b.sign(x), y)),)


class I1e(Formula):
    """The modified Bessel function of order 1, times `e^-|x|`."""

    name, numpy, decompose = "i1e", on_arrays(parts.i1e), parts.i1e
    samples = uniform((0.1, 3.0))
    partials = (lambda b, y, x: _i1e_slope(b, y, x),)


def _i1e_slope(b: Any, y: Any, x: Any) -> Any:
    """I0 - I1 / x, of which 1/2 is left at 0; less the sign of x times i1e."""
    zero = b.eq(x, 0.0)
    ratio = b.select(zero, 0.5, b.div(y, b.select(zero, 1.0, x)))
    return b.sub(b.sub(b.i0e(x), ratio), b.mul(b.sign(x), y))
