"""Exponentials, logarithms, roots, trigonometric and hyperbolic functions.

Where XLA's own op is off by more than 4 ulp of NumPy the lowering goes through `accurate`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from anvil.ir.families import Elementwise
from anvil.ir.ops import accurate
from anvil.ir.records import Op
from anvil.ir.samples import uniform
from anvil.ir.types import FLOATS, INEXACT, DType

_ANY = (-2.0, 2.0)
_POSITIVE = (0.2, 3.0)
_UNIT = (-0.9, 0.9)


def chlo(name: str) -> Callable[[Any, Op], None]:
    """Writes an op of the CHLO dialect."""

    def hlo(e: Any, op: Op) -> None:
        t = e.mlir(op.outs[0].type)
        e.result(op.outs[0], f"{name} {e.operand(op.args[0])} : {t} -> {t}")

    return hlo


class Elementary(Elementwise, abstract=True):
    """An analytic function of one operand."""

    dtypes: ClassVar[tuple[DType, ...]] = INEXACT
    samples = uniform(_ANY)


class Exp(Elementary):
    """`e ** x`."""

    name, python, numpy, hlo = "exp", (np.exp,), np.exp, "stablehlo.exponential"
    decompose = accurate.exp
    partials = (lambda b, y, x: y,)


class Exp2(Elementary):
    """`2 ** x`."""

    name, python, numpy, decompose = "exp2", (np.exp2,), np.exp2, accurate.exp2
    partials = (lambda b, y, x: b.mul(y, math.log(2)),)


class Expm1(Elementary):
    """`e ** x - 1`, accurate near 0."""

    name, python, numpy, hlo = "expm1", (np.expm1,), np.expm1, "stablehlo.exponential_minus_one"
    decompose = accurate.expm1
    partials = (lambda b, y, x: b.exp(x),)


class Log(Elementary):
    """Natural logarithm; -inf at 0, nan for x < 0."""

    name, python, numpy, hlo = "log", (np.log,), np.log, "stablehlo.log"
    decompose, samples, at_kinks = accurate.log, uniform(_POSITIVE), "1 / x: inf at 0"
    kinks = ((0.0, math.inf),)
    partials = (lambda b, y, x: b.div(1, x),)


class Log2(Elementary):
    """Logarithm to base 2."""

    name, python, numpy, decompose = "log2", (np.log2,), np.log2, accurate.log2
    samples = uniform(_POSITIVE)
    partials = (lambda b, y, x: b.div(1 / math.log(2), x),)


class Log10(Elementary):
    """Logarithm to base 10."""

    name, python, numpy, decompose = "log10", (np.log10,), np.log10, accurate.log10
    samples = uniform(_POSITIVE)
    partials = (lambda b, y, x: b.div(1 / math.log(10), x),)


class Log1p(Elementary):
    """`log(1 + x)`, accurate near 0."""

    name, python, numpy, hlo = "log1p", (np.log1p,), np.log1p, "stablehlo.log_plus_one"
    decompose, samples = accurate.log1p, uniform((-0.7, 3.0))
    partials = (lambda b, y, x: b.div(1, b.add(x, 1)),)


class Sqrt(Elementary):
    """Square root; nan for x < 0."""

    name, python, numpy, hlo = "sqrt", (np.sqrt,), np.sqrt, "stablehlo.sqrt"
    decompose, samples, at_kinks = accurate.sqrt, uniform(_POSITIVE), "inf at 0"
    kinks = ((0.0, math.inf),)
    partials = (lambda b, y, x: b.div(0.5, y),)


class Rsqrt(Elementary):
    """`1 / sqrt(x)`."""

    name, hlo = "rsqrt", "stablehlo.rsqrt"
    decompose, samples, at_kinks = accurate.rsqrt, uniform(_POSITIVE), "-inf at 0"
    kinks = ((0.0, -math.inf),)
    partials = (lambda b, y, x: b.mul(b.div(y, x), -0.5),)

    @staticmethod
    def numpy(x: Any) -> Any:
        """By division."""
        return np.reciprocal(np.sqrt(x))


class Cbrt(Elementary):
    """Cube root, negative for x < 0."""

    name, python, numpy, hlo = "cbrt", (np.cbrt,), np.cbrt, "stablehlo.cbrt"
    decompose, dtypes, at_kinks = accurate.cbrt, FLOATS, "inf at 0"
    samples, kinks = uniform(_POSITIVE), ((0.0, math.inf),)
    partials = (lambda b, y, x: b.div(1 / 3, b.mul(y, y)),)


class Sin(Elementary):
    """Sine."""

    name, python, numpy, hlo = "sin", (np.sin,), np.sin, "stablehlo.sine"
    decompose = accurate.sin
    partials = (lambda b, y, x: b.cos(x),)


class Cos(Elementary):
    """Cosine."""

    name, python, numpy, hlo = "cos", (np.cos,), np.cos, "stablehlo.cosine"
    decompose = accurate.cos
    partials = (lambda b, y, x: b.neg(b.sin(x)),)


class Tan(Elementary):
    """Tangent."""

    name, python, numpy, hlo = "tan", (np.tan,), np.tan, "stablehlo.tan"
    decompose, samples = accurate.tan, uniform((-1.2, 1.2))
    partials = (lambda b, y, x: b.add(b.mul(y, y), 1),)


def _rest(b: Any, x: Any) -> Any:
    """1 - x^2, accurate near 1."""
    return b.mul(b.sub(1, x), b.add(x, 1))


class Asin(Elementary):
    """Arc sine; nan outside [-1, 1]."""

    name, python, numpy, hlo = "asin", (np.arcsin,), np.arcsin, chlo("chlo.asin")
    decompose, samples, at_kinks = accurate.asin, uniform(_UNIT), "inf at -1 and 1"
    kinks = ((1.0, math.inf), (-1.0, math.inf))
    partials = (lambda b, y, x: b.rsqrt(_rest(b, x)),)


class Acos(Elementary):
    """Arc cosine; nan outside [-1, 1]."""

    name, python, numpy, hlo = "acos", (np.arccos,), np.arccos, chlo("chlo.acos")
    decompose, samples, at_kinks = accurate.acos, uniform(_UNIT), "-inf at -1 and 1"
    kinks = ((1.0, -math.inf), (-1.0, -math.inf))
    partials = (lambda b, y, x: b.neg(b.rsqrt(_rest(b, x))),)


class Atan(Elementary):
    """Arc tangent."""

    name, python, numpy, hlo = "atan", (np.arctan,), np.arctan, chlo("chlo.atan")
    decompose, samples = accurate.atan, uniform(_UNIT)
    partials = (lambda b, y, x: b.div(1, b.add(b.mul(x, x), 1)),)


class Sinh(Elementary):
    """Hyperbolic sine."""

    name, python, numpy, hlo = "sinh", (np.sinh,), np.sinh, chlo("chlo.sinh")
    decompose = accurate.sinh
    partials = (lambda b, y, x: b.cosh(x),)


class Cosh(Elementary):
    """Hyperbolic cosine."""

    name, python, numpy, hlo = "cosh", (np.cosh,), np.cosh, chlo("chlo.cosh")
    decompose = accurate.cosh
    partials = (lambda b, y, x: b.sinh(x),)


class Tanh(Elementary):
    """Hyperbolic tangent."""

    name, python, numpy, hlo = "tanh", (np.tanh,), np.tanh, "stablehlo.tanh"
    decompose, samples = accurate.tanh, uniform((-1.2, 1.2))
    partials = (lambda b, y, x: _rest(b, y),)


class Asinh(Elementary):
    """Inverse hyperbolic sine."""

    name, python, numpy, hlo = "asinh", (np.arcsinh,), np.arcsinh, chlo("chlo.asinh")
    decompose, samples = accurate.asinh, uniform(_UNIT)
    partials = (lambda b, y, x: b.rsqrt(b.add(b.mul(x, x), 1)),)


class Acosh(Elementary):
    """Inverse hyperbolic cosine; nan for x < 1."""

    name, python, numpy, hlo = "acosh", (np.arccosh,), np.arccosh, chlo("chlo.acosh")
    decompose, samples, at_kinks = accurate.acosh, uniform((1.2, 4.0)), "inf at 1"
    kinks = ((1.0, math.inf),)
    partials = (lambda b, y, x: b.mul(b.rsqrt(b.sub(x, 1)), b.rsqrt(b.add(x, 1))),)


class Atanh(Elementary):
    """Inverse hyperbolic tangent; nan outside [-1, 1]."""

    name, python, numpy, hlo = "atanh", (np.arctanh,), np.arctanh, chlo("chlo.atanh")
    decompose, samples, at_kinks = accurate.atanh, uniform(_UNIT), "inf at -1 and 1"
    kinks = ((1.0, math.inf), (-1.0, math.inf))
    partials = (lambda b, y, x: b.div(1, _rest(b, x)),)


def _direction(b: Any, y: Any, x: Any) -> tuple[Any, Any, Any]:
    """(y / r, x / r, r) for r = max(|x|, |y|), 1 at the origin; no overflow, no underflow.

    The derivatives below do not depend on r, so it may stand still in further ones.
    """
    size = b.stop_gradient(b.max(b.abs(x), b.abs(y)))
    size = b.select(b.eq(size, 0), b.const(1, size.type), size)
    return b.div(y, size), b.div(x, size), size


def _turn(b: Any, y: Any, x: Any, part: int) -> Any:
    """x / (x^2 + y^2) or y / (x^2 + y^2), 0 at the origin."""
    *parts, size = _direction(b, y, x)
    square = b.add(b.mul(parts[0], parts[0]), b.mul(parts[1], parts[1]))
    square = b.select(b.eq(square, 0), b.const(1, square.type), square)
    return b.div(b.div(parts[part], square), size)


class Atan2(Elementwise):
    """The angle of the point (x, y), operands (y, x)."""

    name, python, numpy, hlo = "atan2", (np.arctan2,), np.arctan2, "stablehlo.atan2"
    decompose, dtypes, samples = accurate.atan2, FLOATS, uniform(_POSITIVE, _ANY)
    at_kinks, kinks = "0 at the origin", ((0.0, 0.0, 0.0, 0.0),)
    partials = (
        lambda b, out, y, x: _turn(b, y, x, 1),
        lambda b, out, y, x: b.neg(_turn(b, y, x, 0)),
    )
