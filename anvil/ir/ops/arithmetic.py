"""Arithmetic, element by element.

Peepholes are exact bit for bit: x + (-0.0) is x, x + 0.0 is not (it turns -0.0 into 0.0).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.ir.families import (
    Args,
    Bilinear,
    Elementwise,
    Linear,
    is_const,
    made_by,
    real_dtype,
    type_at,
)
from anvil.ir.ops import accurate
from anvil.ir.records import Const
from anvil.ir.samples import uniform
from anvil.ir.types import INEXACT, INTEGERS, NUMBERS, REALS

_ANY = (-3.0, 3.0)
_NONZERO = (1.0, 3.0)


def _integer(a: Any) -> bool:
    return type_at(a).dtype.kind in "iu"


class Neg(Linear, Elementwise):
    """`-x`."""

    name, python, numpy, hlo = "neg", (np.negative,), np.negative, "stablehlo.negate"
    dtypes, samples, source, linear = NUMBERS, uniform(_ANY), "-{0}", (0,)

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args) -> None:
        """-ct."""
        t.add(0, t.b.neg(ct))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """-(-x) is x."""
        inner = made_by(b, args[0], "neg")
        return inner[0] if inner else None


def _abs_jvp(b: Any, args: Args, outs: Args, tangents: Args) -> Any:
    """sign(x) dx; for complex z the real part of conj(z) dz / |z|, 0 at 0."""
    (x,), (y,), (t,) = args, outs, tangents
    if type_at(x).dtype.kind != "c":
        return b.scale(t, b.sign(x))
    size = b.select(b.eq(y, 0.0), b.const(1.0, y.type), y)
    along = b.scale(b.real(t), b.div(b.real(x), size))
    return b.add(along, b.scale(b.imag(t), b.div(b.imag(x), size)))


class Abs(Elementwise):
    """`|x|`, of the real dtype for complex x."""

    name, python, numpy, hlo = "abs", (np.absolute, abs), np.absolute, "stablehlo.abs"
    dtypes, samples, jvp, result = NUMBERS, uniform(_ANY), _abs_jvp, real_dtype
    at_kinks, kinks = "0 at 0", ((0.0, 0.0),)

    @staticmethod
    def decompose(b: Any, x: Any) -> Any:
        """Of complex numbers by a scaled hypotenuse."""
        return accurate.abs_complex(b, x) if type_at(x).dtype.kind == "c" else None

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of an abs: itself; of -x: that of x; unsigned numbers."""
        unsigned = type_at(args[0]).dtype.kind == "u"
        if unsigned or (made_by(b, args[0], "abs") and _plain(args[0])):
            return args[0]
        inner = made_by(b, args[0], "neg")
        return b.abs(inner[0]) if inner else None


class Sign(Elementwise):
    """-1, 0 or 1 with the sign of x; nan for nan."""

    name, python, numpy = "sign", (np.sign,), np.sign
    dtypes, samples, nondiff, at_kinks = REALS, uniform(_ANY), True, "0 everywhere"

    @staticmethod
    def decompose(b: Any, x: Any) -> Any:
        """XLA's sign keeps -0.0 and knows no unsigned numbers."""
        t = type_at(x)
        one, zero = Const(t, 1), Const(t, 0)
        if t.dtype.kind == "u":
            return b.select(b.eq(x, zero), zero, one)
        rest = b.select(b.lt(x, zero), b.neg(one), b.select(b.eq(x, zero), zero, x))
        return b.select(b.gt(x, zero), one, rest)


class Add(Linear, Elementwise):
    """`x + y`."""

    name, python, numpy, hlo = "add", (np.add,), np.add, "stablehlo.add"
    dtypes, samples, source, linear = NUMBERS, uniform(_ANY, _ANY), "{0} + {1}", (0, 1)

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args) -> Any:
        """dx + dy."""
        t, u = tangents
        return t if u is None else u if t is None else b.add(t, u)

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args) -> None:
        """ct for both."""
        t.add(0, ct)
        t.add(1, ct)

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """x + (-0.0) is x; x + (-y) is x - y."""
        x, y = args
        for u, v in ((x, y), (y, x)):
            if is_const(v, 0) if _integer(v) else is_const(v, -0.0):
                return u
            inner = made_by(b, v, "neg")
            if inner:
                return b.sub(u, inner[0])
        return None


class Sub(Linear, Elementwise):
    """`x - y`."""

    name, python, numpy, hlo = "sub", (np.subtract,), np.subtract, "stablehlo.subtract"
    dtypes, samples, source, linear = NUMBERS, uniform(_ANY, _ANY), "{0} - {1}", (0, 1)

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args) -> Any:
        """dx - dy."""
        t, u = tangents
        return t if u is None else b.neg(u) if t is None else b.sub(t, u)

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args) -> None:
        """ct and -ct."""
        t.add(0, ct)
        if t.needs(1):
            t.add(1, t.b.neg(ct))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """x - 0 is x; (-0.0) - x is -x; x - (-y) is x + y; for integers x - x is 0."""
        x, y = args
        if is_const(y, 0):
            return x
        if is_const(x, 0 if _integer(x) else -0.0):
            return b.neg(y)
        if _integer(x) and x == y:
            return b.zeros_like(x)
        inner = made_by(b, y, "neg")
        return b.add(x, inner[0]) if inner else None


class Mul(Elementwise):
    """`x * y`."""

    name, python, numpy, hlo = "mul", (np.multiply,), np.multiply, "stablehlo.multiply"
    dtypes, samples, source = NUMBERS, uniform(_ANY, _ANY), "{0} * {1}"
    partials = (lambda b, out, x, y: y, lambda b, out, x, y: x)

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """x 1 is x, x (-1) is -x, (-x) (-y) is x y, (-x) c is x (-c); for integers x 0 is 0."""
        x, y = args
        for u, v in ((x, y), (y, x)):
            if is_const(v, 1) and _plain(v):
                return u
            if is_const(v, -1) and _plain(v):
                return b.neg(u)
            if _integer(v) and is_const(v, 0):
                return v
            inner = made_by(b, u, "neg") if _plain(u) else None
            other = _negated(b, v) if inner else None
            if inner and other is not None:
                return b.mul(inner[0], other)
        return None


def _plain(a: Any) -> bool:
    return bool(type_at(a).dtype.kind != "c")


def _negated(b: Any, a: Any) -> Any:
    """-a where that is at hand: for a constant or a negation."""
    inner = made_by(b, a, "neg")
    return b.neg(a) if isinstance(a, Const) else inner[0] if inner else None


class Mulz(Bilinear, Elementwise):
    """`t * p`, but `t` where `t` is 0: a tangent that does not move stays 0 beside an infinite
    derivative."""

    name, dtypes, samples, linear = "mulz", INEXACT, uniform(_ANY, _ANY), (0, 1)

    @staticmethod
    def numpy(t: Any, p: Any) -> Any:
        """t where it is 0, else t p."""
        return np.where(t == 0, t, t * p)

    @staticmethod
    def decompose(b: Any, t: Any, p: Any) -> Any:
        """A select, which XLA fuses."""
        return b.select(b.eq(t, 0), t, b.mul(t, p))

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args) -> Any:
        """mulz(dt, p) + mulz(t, dp)."""
        (t, p), (dt, dp) = args, tangents
        first = None if dt is None else b.mulz(dt, p)
        second = None if dp is None else b.mulz(t, dp)
        return first if second is None else second if first is None else b.add(first, second)

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args) -> None:
        """Masked as the product is."""
        if t.needs(0):
            t.add(0, t.b.mulz(ct, args[1]))
        if t.needs(1):
            t.add(1, t.b.mulz(args[0], ct))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """0 stays 0; a positive finite constant needs no mask."""
        t, p = args
        if isinstance(t, Const) and t.value == 0:
            return t
        if isinstance(p, Const) and isinstance(p.value, float) and 0.0 < p.value < np.inf:
            return b.mul(t, p)
        return None


class Div(Elementwise):
    """`x / y`."""

    name, python, numpy, hlo = "div", (np.true_divide,), np.true_divide, "stablehlo.divide"
    dtypes, samples, source = INEXACT, uniform(_ANY, _NONZERO), "{0} / {1}"
    at_kinks = "IEEE at y = 0: inf or nan"
    partials = (lambda b, out, x, y: b.div(1, y), lambda b, out, x, y: b.neg(b.div(out, y)))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """x / 1 is x, x / -1 is -x."""
        x, y = args
        if not _plain(y) or not is_const(y, 1, -1):
            return None
        return x if is_const(y, 1) else b.neg(x)


class Quot(Elementwise):
    """The quotient of integers truncated towards 0, for y other than 0 and without overflow; the
    lowering of floor_div makes these."""

    name, hlo, nondiff = "quot", "stablehlo.divide", True
    dtypes, samples = INTEGERS, uniform((-9.0, 9.0), _NONZERO)

    @staticmethod
    def numpy(x: Any, y: Any) -> Any:
        """Without the remainder."""
        return np.floor_divide(x - np.fmod(x, y), y)


class FloorDiv(Elementwise):
    """`x // y`, rounded towards minus infinity; integers by 0 give 0."""

    name, python, numpy = "floor_div", (np.floor_divide,), np.floor_divide
    dtypes, samples, nondiff = REALS, uniform((-9.0, 9.0), _NONZERO), True
    decompose, source, at_kinks = accurate.floor_div, "{0} // {1}", "0 everywhere"

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """For integers x // 1 is x."""
        return args[0] if _integer(args[0]) and is_const(args[1], 1) else None


class Mod(Elementwise):
    """`x % y` with the sign of y; integers by 0 give 0."""

    name, python, numpy = "mod", (np.remainder,), np.remainder
    dtypes, samples = REALS, uniform((-9.0, 9.0), _NONZERO)
    decompose, source, at_kinks = accurate.mod, "{0} % {1}", "right-hand derivative at jumps"
    partials = (
        lambda b, out, x, y: Const(x.type, 1),
        lambda b, out, x, y: b.neg(b.floor_div(x, y)),
    )


class Rem(Elementwise):
    """The remainder with the sign of x, as np.fmod; integers by 0 give 0."""

    name, python, numpy, hlo = "rem", (np.fmod,), np.fmod, "stablehlo.remainder"
    dtypes, samples = REALS, uniform((-9.0, 9.0), _NONZERO)
    decompose, at_kinks = accurate.rem, "derivative away from 0 at jumps"
    partials = (
        lambda b, out, x, y: Const(x.type, 1),
        lambda b, out, x, y: b.neg(b.round(b.div(b.sub(x, out), y))),
    )


def _pow_by_x(b: Any, out: Any, x: Any, y: Any) -> Any:
    """y x^(y-1); 0 where y is 0, also at x = 0 and nan, by a choice that leaves the derivative in y
    alone elsewhere."""
    slope = b.mul(y, b.pow(x, b.sub(y, 1)))
    if isinstance(y, Const) and y.value != 0:
        return slope
    lost = b.and_(b.eq(y, 0), b.or_(b.eq(x, 0), b.ne(x, x)))
    return b.select(lost, b.zeros_like(slope), slope)


def _pow_by_y(b: Any, out: Any, x: Any, y: Any) -> Any:
    """x^y log(x), 0 at x = 0."""
    return _unless_zero(b, x, b.mul(out, b.log(b.select(b.eq(x, 0), Const(x.type, 1), x))))


def _unless_zero(b: Any, x: Any, y: Any) -> Any:
    return b.select(b.eq(x, 0), b.zeros_like(y), y)


class Pow(Elementwise):
    """`x ** y`. A negative power of an integer is its reciprocal truncated to an integer."""

    name, python, hlo = "pow", (np.power,), "stablehlo.power"
    dtypes, samples, partials = NUMBERS, uniform((0.3, 2.0), (0.0, 4.0)), (_pow_by_x, _pow_by_y)
    at_kinks = "d/dx 0 at y = 0; d/dy 0 at x = 0"
    kinks = ((0.0, 0.0, 0.0, 0.0), (0.0, 2.0, 0.0, 0.0), (0.0, 1.0, 1.0, 0.0))

    @staticmethod
    def numpy(x: Any, y: Any) -> Any:
        """np.power, which refuses negative integers."""
        if x.dtype.kind != "i":
            return np.power(x, y)
        unit = np.where(x == 1, 1, np.where(x == -1, 1 - 2 * (y & 1), 0)).astype(x.dtype)
        return np.where(y < 0, unit, np.power(x, np.maximum(y, 0)))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """x ** 1 is x; x ** 0 and 1 ** y are 1."""
        x, y = args
        if not _plain(x):
            return None
        if is_const(y, 1):
            return x
        return Const(x.type, 1) if is_const(y, 0, -0.0) or is_const(x, 1) else None
