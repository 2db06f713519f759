"""The module `math`: functions of Python scalars, with CPython's domain and range errors.

A check stands where CPython would raise: `math domain error` for arguments outside the domain,
OverflowError where a finite argument gives an infinite result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import F64, I64
from anvil.library.arrays.formulas import copysign, mod_parts, scale_by_power
from anvil.library.atoms import dtype_in, shape_in
from anvil.library.python import math_formulas as python_math
from anvil.library.python.numbers import accumulated, evaluated, not_infinite, to_int
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract

Test = Callable[[Any, Atom], Atom]


def float_argument(ctx: Context, x: Any, name: str) -> Atom:
    """The argument of a function of `math`: a real number of any kind, as float64."""
    atom = ctx.atom(x)
    if shape_in(atom):
        ctx.error("bad-operand", f"{name} takes a number, not {ctx.describe(x)}")
    if dtype_in(atom).kind == "c":
        ctx.error("bad-operand", f"{name} takes a real number, not complex")
    return ctx.cast(atom, F64)


def _inside(b: Any, x: Atom) -> Atom:
    """|x| <= 1 or nan."""
    out: Atom = b.not_(b.gt(b.abs(x), 1.0))
    return out


def _not_below(limit: float) -> Test:
    def test(b: Any, x: Atom) -> Atom:
        out: Atom = b.not_(b.lt(x, limit))
        return out

    return test


def _above(limit: float) -> Test:
    def test(b: Any, x: Atom) -> Atom:
        out: Atom = b.not_(b.le(x, limit))
        return out

    return test


def _within_one(b: Any, x: Atom) -> Atom:
    out: Atom = b.not_(b.ge(b.abs(x), 1.0))
    return out


def _function(name: str, op: str, domain: Test | None = None, grows: bool = False) -> Intrinsic:
    def run(ctx: Context, x: Any) -> Abstract:
        a = float_argument(ctx, x, f"math.{name}")
        if domain is not None:
            ctx.check(domain(ctx.b, a), ValueError, "math domain error")
        y = ctx.b.emit(op, (a,))
        if grows:
            fine = ctx.b.or_(ctx.b.not_(ctx.b.is_finite(a)), ctx.b.is_finite(y))
            ctx.check(fine, OverflowError, "math range error")
        return ctx.py_scalar(y)

    return Intrinsic(run)


def _rounding(name: str, op: str) -> Intrinsic:
    def run(ctx: Context, x: Any) -> Abstract:
        if ctx.type_of(x).dtype.kind in "biu":
            return ctx.py_scalar(ctx.cast(ctx.atom(x), I64))
        return ctx.py_scalar(to_int(ctx, ctx.b.emit(op, (float_argument(ctx, x, f"math.{name}"),))))

    return Intrinsic(run)


def _log(ctx: Context, x: Any, base: Any = None) -> Abstract:
    a = float_argument(ctx, x, "math.log")
    ctx.check(_above(0.0)(ctx.b, a), ValueError, "math domain error")
    y = ctx.b.log(a)
    if ctx.is_known(base) and ctx.known(base) is None:
        return ctx.py_scalar(y)
    c = float_argument(ctx, base, "math.log")
    ctx.check(_above(0.0)(ctx.b, c), ValueError, "math domain error")
    d = ctx.b.log(c)
    ctx.check(ctx.b.ne(d, 0.0), ZeroDivisionError, "float division by zero")
    return ctx.py_scalar(ctx.b.div(y, d))


def _pow(ctx: Context, x: Any, y: Any) -> Abstract:
    b = ctx.b
    a, e = float_argument(ctx, x, "math.pow"), float_argument(ctx, y, "math.pow")
    r = b.pow(a, e)
    finite = b.and_(b.is_finite(a), b.is_finite(e))
    defined = b.or_(b.not_(b.is_nan(r)), b.not_(finite))
    zero = b.and_(b.eq(a, 0.0), b.and_(b.lt(e, 0.0), b.is_finite(e)))
    ctx.check(b.and_(defined, b.not_(zero)), ValueError, "math domain error")
    ctx.check(b.or_(b.not_(finite), b.is_finite(r)), OverflowError, "math range error")
    return ctx.py_scalar(r)


def _binary(name: str, op: str) -> Intrinsic:
    def run(ctx: Context, x: Any, y: Any) -> Abstract:
        a, c = float_argument(ctx, x, f"math.{name}"), float_argument(ctx, y, f"math.{name}")
        return ctx.py_scalar(ctx.b.emit(op, (a, c)))

    return Intrinsic(run)


def _math_fmod(ctx: Context, x: Any, y: Any) -> Abstract:
    a, c = float_argument(ctx, x, "math.fmod"), float_argument(ctx, y, "math.fmod")
    r = ctx.b.rem(a, c)
    nan = ctx.b.or_(ctx.b.is_nan(a), ctx.b.is_nan(c))
    ctx.check(ctx.b.or_(nan, ctx.b.not_(ctx.b.is_nan(r))), ValueError, "math domain error")
    return ctx.py_scalar(r)


def _math_copysign(ctx: Context, x: Any, y: Any) -> Abstract:
    a, c = float_argument(ctx, x, "math.copysign"), float_argument(ctx, y, "math.copysign")
    return ctx.py_scalar(copysign(ctx.b, a, c))


def _math_hypot(ctx: Context, *xs: Any) -> Abstract:
    values = [float_argument(ctx, x, "math.hypot") for x in xs]
    found = ctx.constant(0.0)
    for v in values:
        found = ctx.call(np.hypot, found, ctx.py_scalar(v))
    return ctx.py_scalar(ctx.atom(found, F64))


def _predicate(op: str, negate: bool = False) -> Intrinsic:
    def run(ctx: Context, x: Any) -> Abstract:
        y = ctx.b.emit(op, (float_argument(ctx, x, "math"),))
        return ctx.py_scalar(ctx.b.not_(y) if negate else y)

    return Intrinsic(run)


def _isinf(ctx: Context, x: Any) -> Abstract:
    return ctx.py_scalar(ctx.b.not_(not_infinite(ctx.b, float_argument(ctx, x, "math.isinf"))))


def _scaled(name: str, factor: float) -> Intrinsic:
    def run(ctx: Context, x: Any) -> Abstract:
        return ctx.py_scalar(ctx.b.mul(float_argument(ctx, x, f"math.{name}"), factor))

    return Intrinsic(run)


def _math_fabs(ctx: Context, x: Any) -> Abstract:
    return ctx.py_scalar(ctx.b.abs(float_argument(ctx, x, "math.fabs")))


def _math_prod(ctx: Context, iterable: Any, *, start: Any = 1) -> Abstract:
    return accumulated(ctx, "*", np.prod, iterable, start)


def _math_modf(ctx: Context, x: Any) -> Abstract:
    return ctx.tuple(
        [ctx.py_scalar(v) for v in mod_parts(ctx.b, float_argument(ctx, x, "math.modf"))]
    )


def _math_ldexp(ctx: Context, x: Any, i: Any) -> Abstract:
    if ctx.strength(i)[0].inexact:
        ctx.error("bad-operand", "Expected an int as second argument to ldexp.")
    a, n = float_argument(ctx, x, "math.ldexp"), float_argument(ctx, i, "math.ldexp")
    y = scale_by_power(ctx.b, a, n)
    fine = ctx.b.or_(ctx.b.not_(ctx.b.is_finite(a)), ctx.b.is_finite(y))
    ctx.check(fine, OverflowError, "math range error")
    return ctx.py_scalar(y)


def _exact(host: Any, compiled: Any) -> Intrinsic:
    """A function of ints: by Python on known ones, else as the loop that computes it."""

    def run(ctx: Context, *args: Any) -> Abstract:
        for a in args:
            if ctx.strength(a)[0].kind not in "biu":
                ctx.error("bad-operand", f"{ctx.describe(a)} cannot be interpreted as an integer")
        if all(map(ctx.is_known, args)):
            return evaluated(ctx, host, *args)
        return ctx.call(compiled, *args)

    return Intrinsic(run)


_FINITE_ONLY = ("sin", "cos", "tan")
_GROWING = ("exp", "expm1", "sinh", "cosh", "exp2")

FUNCTIONS: dict[Any, Any] = {
    **{getattr(math, n): _function(n, n, not_infinite) for n in _FINITE_ONLY},
    **{getattr(math, n): _function(n, n, grows=True) for n in _GROWING if hasattr(math, n)},
    math.tanh: _function("tanh", "tanh"),
    math.atan: _function("atan", "atan"),
    math.asinh: _function("asinh", "asinh"),
    math.sqrt: _function("sqrt", "sqrt", _not_below(0.0)),
    math.cbrt: _function("cbrt", "cbrt"),
    math.erf: _function("erf", "erf"),
    math.erfc: _function("erfc", "erfc"),
    math.log1p: _function("log1p", "log1p", _above(-1.0)),
    math.log2: _function("log2", "log2", _above(0.0)),
    math.log10: _function("log10", "log10", _above(0.0)),
    math.asin: _function("asin", "asin", _inside),
    math.acos: _function("acos", "acos", _inside),
    math.acosh: _function("acosh", "acosh", _not_below(1.0)),
    math.atanh: _function("atanh", "atanh", _within_one),
    math.log: Intrinsic(_log),
    math.pow: Intrinsic(_pow),
    math.atan2: _binary("atan2", "atan2"),
    math.fmod: Intrinsic(_math_fmod),
    math.copysign: Intrinsic(_math_copysign),
    math.hypot: Intrinsic(_math_hypot),
    math.fabs: Intrinsic(_math_fabs),
    math.isnan: _predicate("is_nan"),
    math.isfinite: _predicate("is_finite"),
    math.isinf: Intrinsic(_isinf),
    math.radians: _scaled("radians", math.pi / 180),
    math.degrees: _scaled("degrees", 180 / math.pi),
    math.floor: _rounding("floor", "floor"),
    math.ceil: _rounding("ceil", "ceil"),
    math.trunc: _rounding("trunc", "trunc"),
    **python_math.FUNCTIONS,
    math.prod: Intrinsic(_math_prod),
    math.modf: Intrinsic(_math_modf),
    math.ldexp: Intrinsic(_math_ldexp),
    math.gcd: _exact(math.gcd, python_math.gcd),
    math.lcm: _exact(math.lcm, python_math.lcm),
    math.isqrt: _exact(math.isqrt, python_math.isqrt),
    math.comb: _exact(math.comb, python_math.comb),
    math.perm: _exact(math.perm, python_math.perm),
    math.factorial: _exact(math.factorial, python_math.factorial),
}
