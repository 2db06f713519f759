"""Extrema, bounds and rounding, element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from anvil.ir.families import Args, Elementwise, made_by
from anvil.ir.records import Const
from anvil.ir.samples import uniform
from anvil.ir.types import BOOL, FLOATS, REALS

_ANY = (-3.0, 3.0)
_NONZERO = (0.5, 3.0)


def _side(compare: str) -> Callable[..., Any]:
    """1 where the operand wins, 1/2 where both are equal."""

    def partial(b: Any, out: Any, x: Any, y: Any) -> Any:
        full = [Const(x.type, v) for v in (0, 0.5, 1)]
        wins = getattr(b, compare)(x, y)
        return b.select(wins, full[2], b.select(b.eq(x, y), full[1], full[0]))

    return partial


def _same(b: Any, args: Args, attrs: Any) -> Any:
    """Of x and x: x."""
    return args[0] if args[0] == args[1] else None


class Max(Elementwise):
    """The larger of x and y; nan if either is."""

    name, python, numpy, hlo = "max", (np.maximum,), np.maximum, "stablehlo.maximum"
    dtypes, samples, simplify = (BOOL, *REALS), uniform(_ANY, _ANY), _same
    partials = (_side("gt"), _side("lt"))
    at_kinks, kinks = "ties share 1/2", ((1.0, 1.0, 0.5, 0.5),)


class Min(Elementwise):
    """The smaller of x and y; nan if either is."""

    name, python, numpy, hlo = "min", (np.minimum,), np.minimum, "stablehlo.minimum"
    dtypes, samples, simplify = (BOOL, *REALS), uniform(_ANY, _ANY), _same
    partials = (_side("lt"), _side("gt"))
    at_kinks, kinks = "ties share 1/2", ((1.0, 1.0, 0.5, 0.5),)


def _where(b: Any, pred: Any, like: Any) -> Any:
    return b.select(pred, Const(like.type, 1), Const(like.type, 0))


class Clamp(Elementwise):
    """`min(max(x, low), high)` of (low, x, high)."""

    name, source = "clamp", "np.minimum(np.maximum({1}, {0}), {2})"
    dtypes, samples = REALS, uniform((-1.0, 0.0), _ANY, (0.5, 1.0))
    at_kinks = "x = low or x = high: as inside, 1 for x and 0 for the bound"
    kinks = ((0.0, 0.0, 1.0, 0.0, 1.0, 0.0), (0.0, 1.0, 1.0, 0.0, 1.0, 0.0))
    partials = (
        lambda b, out, lo, x, hi: _where(b, b.and_(b.lt(x, lo), b.le(lo, hi)), x),
        lambda b, out, lo, x, hi: _where(b, b.and_(b.le(lo, x), b.le(x, hi)), x),
        lambda b, out, lo, x, hi: _where(b, b.gt(b.max(x, lo), hi), x),
    )

    @staticmethod
    def numpy(low: Any, x: Any, high: Any) -> Any:
        """Like np.clip."""
        return np.minimum(np.maximum(x, low), high)

    @staticmethod
    def decompose(b: Any, low: Any, x: Any, high: Any) -> Any:
        """Two extrema, which XLA fuses."""
        return b.min(b.max(x, low), high)


class _Rounding(Elementwise, abstract=True):
    dtypes, samples, nondiff, at_kinks = FLOATS, uniform((-4.0, 4.0)), True, "0 everywhere"

    @classmethod
    def simplify(cls, b: Any, args: Args, attrs: Any) -> Any:
        """What is rounded stays."""
        done = made_by(b, args[0], "floor", "ceil", "round", "trunc")
        return args[0] if done else None


class Floor(_Rounding):
    """The largest integer <= x."""

    name, python, numpy, hlo = "floor", (np.floor,), np.floor, "stablehlo.floor"


class Ceil(_Rounding):
    """The smallest integer >= x."""

    name, python, numpy, hlo = "ceil", (np.ceil,), np.ceil, "stablehlo.ceil"


class Round(_Rounding):
    """The nearest integer, halves to even."""

    name, python, numpy, hlo = "round", (np.rint,), np.rint, "stablehlo.round_nearest_even"


class Trunc(_Rounding):
    """x without its fraction."""

    name, python, numpy = "trunc", (np.trunc,), np.trunc

    @staticmethod
    def decompose(b: Any, x: Any) -> Any:
        """Towards 0."""
        return b.select(b.lt(x, 0), b.ceil(x), b.floor(x))
