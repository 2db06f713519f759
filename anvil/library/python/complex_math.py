"""The module `cmath`: functions of Python's complex numbers, with CPython's errors.

Where a finite argument gives a result that is not finite CPython raises: OverflowError for
functions that grow, `math domain error` at poles.
"""

from __future__ import annotations

import cmath
import math
from typing import Any

from anvil.ir.records import Atom
from anvil.ir.types import C128
from anvil.library.atoms import shape_in
from anvil.library.python.scalars import float_argument
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract

_GROWING = ("exp", "sinh", "cosh", "sin", "cos")
_WITH_POLES = ("log", "log10", "atanh", "atan", "tan", "tanh")
_DEFINED = ("sqrt", "asin", "acos", "asinh", "acosh")


def _complex(ctx: Context, z: Any, name: str) -> Atom:
    a = ctx.atom(z)
    if shape_in(a):
        ctx.error("bad-operand", f"{name} takes a number, not {ctx.describe(z)}")
    return ctx.cast(a, C128)


def _finite_or_raise(ctx: Context, z: Atom, w: Atom, error: type[Exception], text: str) -> None:
    b = ctx.b
    ctx.check(b.or_(b.is_finite(w), b.not_(b.is_finite(z))), error, text)


def _function(name: str) -> Intrinsic:
    def run(ctx: Context, z: Any) -> Abstract:
        a = _complex(ctx, z, f"cmath.{name}")
        w = ctx.b.emit(name, (a,))
        if name in _GROWING:
            _finite_or_raise(ctx, a, w, OverflowError, "math range error")
        elif name in _WITH_POLES:
            _finite_or_raise(ctx, a, w, ValueError, "math domain error")
        return ctx.py_scalar(w)

    return Intrinsic(run)


def _log(ctx: Context, z: Any, base: Any = None) -> Abstract:
    found = _function("log").run(ctx, z)
    if ctx.is_known(base) and ctx.known(base) is None:
        return found
    return ctx.binary("/", found, _function("log").run(ctx, base))


def _angle(ctx: Context, a: Atom) -> Atom:
    out: Atom = ctx.b.atan2(ctx.b.imag(a), ctx.b.real(a))
    return out


def _phase(ctx: Context, z: Any) -> Abstract:
    return ctx.py_scalar(_angle(ctx, _complex(ctx, z, "cmath.phase")))


def _polar(ctx: Context, z: Any) -> Abstract:
    a = _complex(ctx, z, "cmath.polar")
    return ctx.tuple([ctx.py_scalar(ctx.b.abs(a)), ctx.py_scalar(_angle(ctx, a))])


def _rect(ctx: Context, r: Any, phi: Any) -> Abstract:
    b = ctx.b
    size, angle = float_argument(ctx, r, "cmath.rect"), float_argument(ctx, phi, "cmath.rect")
    ctx.check(b.or_(b.is_finite(angle), b.is_nan(angle)), ValueError, "math domain error")
    return ctx.py_scalar(b.complex(b.mul(size, b.cos(angle)), b.mul(size, b.sin(angle))))


def _predicate(name: str) -> Intrinsic:
    def run(ctx: Context, z: Any) -> Abstract:
        a = _complex(ctx, z, f"cmath.{name}")
        parts = ctx.b.real(a), ctx.b.imag(a)
        if name == "isnan":
            return ctx.py_scalar(ctx.b.is_nan(a))
        if name == "isfinite":
            return ctx.py_scalar(ctx.b.is_finite(a))
        either = [ctx.b.eq(ctx.b.abs(p), math.inf) for p in parts]
        return ctx.py_scalar(ctx.b.or_(*either))

    return Intrinsic(run)


FUNCTIONS: dict[Any, Intrinsic] = {
    **{getattr(cmath, n): _function(n) for n in (*_GROWING, *_WITH_POLES, *_DEFINED)},
    cmath.log: Intrinsic(_log),
    cmath.phase: Intrinsic(_phase),
    cmath.polar: Intrinsic(_polar),
    cmath.rect: Intrinsic(_rect),
    cmath.isnan: _predicate("isnan"),
    cmath.isfinite: _predicate("isfinite"),
    cmath.isinf: _predicate("isinf"),
}
