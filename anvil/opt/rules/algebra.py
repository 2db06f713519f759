"""Algebra of elementwise ops that IEEE arithmetic allows."""

from __future__ import annotations

import math
from typing import Any

from anvil.ir.builder import Builder
from anvil.ir.records import Atom, Const
from anvil.opt.patterns import C, P, X, Y
from anvil.opt.rewrite import rule


def number(const: Const) -> float | None:
    """The value of a real constant."""
    return None if isinstance(const.value, complex) else float(const.value)


@rule(P.div(P.neg(X), P.neg(Y)), kinds="f")
def div_neg_neg(b: Builder, x: Atom, y: Atom) -> Any:
    """(-x) / (-y) = x / y"""
    return b.div(x, y)


@rule(P.abs(P.mul(X, X)), kinds="f")
def abs_square(b: Builder, x: Atom) -> Any:
    """|x x| = x x"""
    return b.mul(x, x)


@rule(P.neg(P.sub(X, Y)), equal="finite", kinds="f")
def neg_sub(b: Builder, x: Atom, y: Atom) -> Any:
    """-(x - y) = y - x, but for the sign of zero"""
    return b.sub(y, x)


@rule(P.sub(X, X), equal="finite", kinds="f")
def sub_self(b: Builder, x: Atom) -> Any:
    """x - x = 0, but for nan and inf"""
    return b.zeros_like(x)


@rule(P.mul(X, 0), equal="finite", kinds="f")
def mul_zero(b: Builder, x: Atom) -> Any:
    """0 x = 0, but for nan and inf, and the sign of zero"""
    return b.zeros_like(x)


def _double(b: Builder, x: Atom) -> Any:
    return b.div(x, 8.0)


@rule(P.div(X, C), kinds="f", examples=[("f64[6]", _double), ("f32[6]", _double)])
def div_power_of_two(b: Builder, x: Atom, c: Const) -> Any:
    """x / 2^k = x 2^-k"""
    value = number(c)
    if value is None or not math.isfinite(value) or value == 0 or abs(math.frexp(value)[0]) != 0.5:
        return None
    inverse = 1 / value
    normal = 2.0**-14 if c.type.dtype.bits == 16 else 2.0**-126
    if not normal <= abs(inverse) <= 1 / normal:
        return None
    return b.mul(x, inverse)


def _cube(b: Builder, x: Atom) -> Any:
    return b.pow(x, 3.0)


def _square(b: Builder, x: Atom) -> Any:
    return b.pow(x, 2.0)


def _inverse_square(b: Builder, x: Atom) -> Any:
    return b.pow(x, -2.0)


@rule(
    P.pow(X, C),
    equal="reassociating",
    examples=[
        ("f64[6]", _square),
        ("f64[6]", _cube),
        ("f32[6]", _square),
        ("f64[6]", _inverse_square),
    ],
)
def pow_small(b: Builder, x: Atom, c: Const) -> Any:
    """x ** n for n of -1, +-2, 3, 4 by multiplication"""
    powers = {-2.0: -2, -1.0: -1, 2.0: 2, 3.0: 3, 4.0: 4}
    n = powers.get(number(c) or 0.0)
    if n is None:
        return None
    if n < 0:
        return b.div(Const(c.type, 1), x if n == -1 else b.mul(x, x))
    square = b.mul(x, x)
    return {2: lambda: square, 3: lambda: b.mul(square, x), 4: lambda: b.mul(square, square)}[n]()


def _seventh(b: Builder, x: Atom) -> Any:
    return b.pow(x, 7)


@rule(P.pow(X, C), kinds="iu", examples=[("i64[6]", _seventh), ("u8[6]", _seventh)])
def pow_integer(b: Builder, x: Atom, c: Const) -> Any:
    """x ** n of integers by repeated squaring, up to n = 64"""
    n = int(number(c) or 0)
    if not 1 <= n <= 64:
        return None
    result: Atom | None = None
    while n:
        if n & 1:
            result = x if result is None else b.mul(result, x)
        n >>= 1
        if n:
            x = b.mul(x, x)
    return result
