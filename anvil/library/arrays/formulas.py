"""The elementwise functions of NumPy that are more than one op, in terms of ops."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import BOOL, DTYPES
from anvil.library.atoms import dtype_in, type_in

Formula = Callable[..., Atom]


def op(name: str) -> Formula:
    """The formula that is one op."""

    def formula(b: Any, *xs: Atom) -> Atom:
        out: Atom = b.emit(name, xs)
        return out

    return formula


def boolean_or(name: str, on_booleans: str) -> Formula:
    """One op, another one on booleans."""

    def formula(b: Any, *xs: Atom) -> Atom:
        out: Atom = b.emit(on_booleans if dtype_in(xs[0]) is BOOL else name, xs)
        return out

    return formula


def identity(b: Any, x: Atom) -> Atom:
    """x"""
    return x


def hypot(b: Any, x: Atom, y: Atom) -> Atom:
    """Scaled by the larger leg, so that it neither overflows nor underflows."""
    wide, tall = b.abs(x), b.abs(y)
    high, low = _ordered(b, b.ge(wide, tall), x, y)
    infinite = b.or_(b.eq(wide, np.inf), b.eq(tall, np.inf))
    plain = b.or_(b.eq(high, b.zeros_like(high)), infinite)
    ratio = b.div(b.select(plain, 0.0, low), b.select(plain, 1.0, high))
    size = b.abs(high)
    found = b.mul(size, b.sqrt(b.add(b.mul(ratio, ratio), 1.0)))
    out: Atom = b.select(plain, b.select(infinite, math.inf, size), found)
    return out


def _ordered(b: Any, holds: Atom, x: Atom, y: Atom) -> tuple[Atom, Atom]:
    """(x, y) where it holds, else (y, x). What is symmetric in them has the same derivatives
    either way, which max and min would halve where they are equal."""
    return b.select(holds, x, y), b.select(holds, y, x)


def _logaddexp(b: Any, x: Atom, y: Atom, rest: Callable[[Atom], Atom]) -> Atom:
    high, low = _ordered(b, b.ge(x, y), x, y)
    same = b.and_(b.eq(x, y), is_inf(b, x))
    gap = b.select(same, b.zeros_like(x), b.sub(low, high))
    out: Atom = b.select(same, b.max(x, y), b.add(high, rest(gap)))
    return out


def logaddexp(b: Any, x: Atom, y: Atom) -> Atom:
    """max + log1p(exp(-|x - y|)); of equal infinities that infinity."""
    return _logaddexp(b, x, y, lambda gap: b.log1p(b.exp(gap)))


def logaddexp2(b: Any, x: Atom, y: Atom) -> Atom:
    """As logaddexp, to base 2."""
    return _logaddexp(b, x, y, lambda gap: b.mul(b.log1p(b.exp2(gap)), 1 / math.log(2.0)))


def rint(b: Any, x: Atom) -> Atom:
    """To the nearest integer; complex numbers by their parts."""
    if dtype_in(x).kind != "c":
        out: Atom = b.round(x)
        return out
    both: Atom = b.complex(b.round(b.real(x)), b.round(b.imag(x)))
    return both


def square(b: Any, x: Atom) -> Atom:
    """x * x"""
    out: Atom = b.mul(x, x)
    return out


def reciprocal(b: Any, x: Atom) -> Atom:
    """1 / x; truncated for integers."""
    one = b.const(1, x.type)
    if dtype_in(x).inexact:
        out: Atom = b.div(one, x)
        return out
    big = b.gt(b.abs(x), one) if dtype_in(x).kind == "i" else b.gt(x, one)
    whole: Atom = b.select(big, b.zeros_like(x), b.floor_div(one, x))
    return whole


def absolute(b: Any, x: Atom) -> Atom:
    """|x|; booleans as they are."""
    out: Atom = x if dtype_in(x) is BOOL else b.abs(x)
    return out


def sign(b: Any, x: Atom) -> Atom:
    """sign(x); z / |z| for complex z."""
    if dtype_in(x).kind != "c":
        out: Atom = b.sign(x)
        return out
    size = b.abs(x)
    zero = b.eq(size, b.zeros_like(size))
    wide = b.complex(b.select(zero, 1.0, size), b.zeros_like(size))
    unit: Atom = b.select(zero, x, b.div(x, wide))
    return unit


def ordered(name: str) -> Formula:
    """A comparison; complex numbers are ordered by real parts, then by imaginary parts."""

    def formula(b: Any, x: Atom, y: Atom) -> Atom:
        if dtype_in(x).kind != "c":
            out: Atom = b.emit(name, (x, y))
            return out
        re, im = (b.real(x), b.real(y)), (b.imag(x), b.imag(y))
        nan = b.or_(b.is_nan(im[0]), b.is_nan(im[1]))
        first = b.and_(b.emit(name[:1] + "t", re), b.not_(nan))
        both: Atom = b.or_(first, b.and_(b.eq(*re), b.emit(name, im)))
        return both

    return formula


def extremum(name: str, on_booleans: str, compare: str) -> Formula:
    """maximum and minimum; complex numbers by their order, a nan stays."""

    def formula(b: Any, x: Atom, y: Atom) -> Atom:
        if dtype_in(x).kind != "c":
            return boolean_or(name, on_booleans)(b, x, y)
        keep = b.or_(_is_nan(b, x), ordered(compare)(b, x, y))
        out: Atom = b.select(b.or_(keep, b.not_(b.or_(_is_nan(b, y), keep))), x, y)
        return b.select(b.and_(b.not_(keep), b.not_(_is_nan(b, y))), y, out)  # type: ignore[no-any-return]

    return formula


def _is_nan(b: Any, x: Atom) -> Atom:
    if dtype_in(x).kind != "c":
        out: Atom = b.is_nan(x)
        return out
    either: Atom = b.or_(b.is_nan(b.real(x)), b.is_nan(b.imag(x)))
    return either


MAXIMUM = extremum("max", "or", "ge")
MINIMUM = extremum("min", "and", "le")


def number_over_nan(pick: Formula) -> Formula:
    """fmax and fmin: a nan loses to a number."""

    def formula(b: Any, x: Atom, y: Atom) -> Atom:
        found = pick(b, x, y)
        if not dtype_in(x).inexact:
            return found
        out: Atom = b.select(_is_nan(b, x), y, b.select(_is_nan(b, y), x, found))
        return out

    return formula


def is_inf(b: Any, x: Atom) -> Atom:
    """Neither finite nor nan."""
    if not dtype_in(x).inexact:
        none: Atom = b.const(False, type_in(x).with_dtype(BOOL))
        return none
    if dtype_in(x).kind == "c":
        either: Atom = b.or_(is_inf(b, b.real(x)), is_inf(b, b.imag(x)))
        return either
    out: Atom = b.not_(b.or_(b.is_finite(x), b.is_nan(x)))
    return out


def infinite(positive: bool) -> Formula:
    """isposinf and isneginf."""

    def formula(b: Any, x: Atom) -> Atom:
        if not dtype_in(x).inexact:
            return is_inf(b, x)
        out: Atom = b.eq(x, math.inf if positive else -math.inf)
        return out

    return formula


def on_floats(name: str, otherwise: bool) -> Formula:
    """An op of floats that is `otherwise` for all integers."""

    def formula(b: Any, x: Atom) -> Atom:
        if dtype_in(x).inexact:
            out: Atom = b.emit(name, (x,))
            return out
        constant: Atom = b.const(otherwise, type_in(x).with_dtype(BOOL))
        return constant

    return formula


def is_real(b: Any, x: Atom) -> Atom:
    """Whether the imaginary part is 0."""
    if dtype_in(x).kind != "c":
        constant: Atom = b.const(True, type_in(x).with_dtype(BOOL))
        return constant
    part = b.imag(x)
    out: Atom = b.eq(part, b.zeros_like(part))
    return out


def is_complex(b: Any, x: Atom) -> Atom:
    """Whether the imaginary part is not 0."""
    out: Atom = b.not_(is_real(b, x))
    return out


def heaviside(b: Any, x: Atom, y: Atom) -> Atom:
    """0, y or 1 by the sign of x."""
    zero = b.zeros_like(x)
    step = b.select(b.gt(x, zero), 1.0, b.select(b.lt(x, zero), 0.0, y))
    out: Atom = b.select(b.is_nan(x), x, step)
    return out


def conj(b: Any, x: Atom) -> Atom:
    """The conjugate; real numbers as they are."""
    out: Atom = b.conj(x) if dtype_in(x).kind == "c" else x
    return out


def sign_bit(b: Any, x: Atom) -> Atom:
    """Whether the sign bit is set, of zeros and nans too."""
    bits = b.bitcast(x, dtype=DTYPES[f"i{dtype_in(x).bits}"])
    out: Atom = b.lt(bits, b.zeros_like(bits))
    return out


def copysign(b: Any, x: Atom, y: Atom) -> Atom:
    """|x| with the sign of y."""
    size = b.abs(x)
    out: Atom = b.select(sign_bit(b, y), b.neg(size), size)
    return out


def scaled(factor: float) -> Formula:
    """A multiple."""

    def formula(b: Any, x: Atom) -> Atom:
        out: Atom = b.mul(x, factor)
        return out

    return formula


def sinc(b: Any, x: Atom) -> Atom:
    """sin(pi x) / (pi x); near 0 its series, which has the derivatives too."""
    near = b.lt(b.abs(x), 0.05)
    y = b.mul(b.select(near, b.const(1.0, type_in(x)), x), math.pi)
    z = b.mul(b.select(near, x, b.zeros_like(x)), math.pi)
    square, series = b.mul(z, z), b.const(_SINC[-1], type_in(x))
    for c in _SINC[-2::-1]:
        series = b.add(b.mul(series, square), c)
    out: Atom = b.select(near, series, b.div(b.sin(y), y))
    return out


_SINC = tuple((-1.0) ** k / math.factorial(2 * k + 1) for k in range(9))


def mod_parts(b: Any, x: Atom) -> tuple[Atom, Atom]:
    """The fractional and the whole part, both with the sign of x."""
    far = is_inf(b, x)
    rest = b.rem(x, b.add(b.zeros_like(x), 1.0))
    return b.select(far, copysign(b, b.zeros_like(x), x), rest), b.trunc(x)


def div_mod(b: Any, x: Atom, y: Atom) -> tuple[Atom, Atom]:
    """Floored quotient and remainder."""
    return b.floor_div(x, y), b.mod(x, y)


def scale_by_power(b: Any, x: Atom, n: Atom) -> Atom:
    """x * 2**n, in steps so that no power overflows or vanishes before the product does; only the
    last can round.
    """

    def within(m: Atom, limit: float) -> Atom:
        bound = b.add(b.zeros_like(m), limit)
        out: Atom = b.clamp(b.neg(bound), m, bound)
        return out

    n = within(n, 2100.0)
    last = within(n, 1022.0)
    rest = b.sub(n, last)
    half = b.trunc(b.mul(rest, 0.5))
    x = b.mul(b.mul(x, b.exp2(half)), b.exp2(b.sub(rest, half)))
    scaled: Atom = b.mul(x, b.exp2(last))
    return scaled
