"""Functions of Python scalars: `math`, and the builtins that compute. Domain and range errors as in
CPython.

A check stands where CPython would raise: `math domain error` for arguments outside the domain,
OverflowError where a finite argument gives an infinite result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import BOOL, C128, DTYPES, F64, I64
from anvil.library.atoms import dtype_in, shape_in, truth
from anvil.library.formulas import copysign
from anvil.parser.context import Context, Intrinsic
from anvil.parser.values import Abstract, NDArray

Test = Callable[[Any, Atom], Atom]


def _float(ctx: Context, x: Any, name: str) -> Atom:
    atom = ctx.atom(x)
    if math.prod(shape_in(atom)) != 1:
        ctx.error("bad-operand", f"{name} takes a number, not {ctx.describe(x)}")
    if dtype_in(atom).kind == "c":
        ctx.error("bad-operand", f"{name} takes a real number, not complex")
    out: Atom = ctx.b.reshape(ctx.cast(atom, F64), shape=())
    return out


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


def _not_infinite(b: Any, x: Atom) -> Atom:
    out: Atom = b.or_(b.is_finite(x), b.is_nan(x))
    return out


def _within_one(b: Any, x: Atom) -> Atom:
    out: Atom = b.not_(b.ge(b.abs(x), 1.0))
    return out


def _function(name: str, op: str, domain: Test | None = None, grows: bool = False) -> Intrinsic:
    def run(ctx: Context, x: Any) -> Abstract:
        a = _float(ctx, x, f"math.{name}")
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
        return ctx.py_scalar(_to_int(ctx, ctx.b.emit(op, (_float(ctx, x, f"math.{name}"),))))

    return Intrinsic(run)


def _to_int(ctx: Context, x: Atom) -> Atom:
    """A whole float as int64; nan, infinities and what does not fit raise."""
    b = ctx.b
    ctx.check(b.not_(b.is_nan(x)), ValueError, "cannot convert float NaN to integer")
    ctx.check(_not_infinite(b, x), OverflowError, "cannot convert float infinity to integer")
    fits = b.and_(b.ge(x, -(2.0**63)), b.lt(x, 2.0**63))
    ctx.check(fits, OverflowError, "Python int too large for anvil's 64-bit integers")
    return ctx.cast(x, I64)


def _log(ctx: Context, x: Any, base: Any = None) -> Abstract:
    a = _float(ctx, x, "math.log")
    ctx.check(_above(0.0)(ctx.b, a), ValueError, "math domain error")
    y = ctx.b.log(a)
    if ctx.is_known(base) and ctx.known(base) is None:
        return ctx.py_scalar(y)
    c = _float(ctx, base, "math.log")
    ctx.check(_above(0.0)(ctx.b, c), ValueError, "math domain error")
    d = ctx.b.log(c)
    ctx.check(ctx.b.ne(d, 0.0), ZeroDivisionError, "float division by zero")
    return ctx.py_scalar(ctx.b.div(y, d))


def _pow(ctx: Context, x: Any, y: Any) -> Abstract:
    b = ctx.b
    a, e = _float(ctx, x, "math.pow"), _float(ctx, y, "math.pow")
    r = b.pow(a, e)
    finite = b.and_(b.is_finite(a), b.is_finite(e))
    defined = b.or_(b.not_(b.is_nan(r)), b.not_(finite))
    zero = b.and_(b.eq(a, 0.0), b.and_(b.lt(e, 0.0), b.is_finite(e)))
    ctx.check(b.and_(defined, b.not_(zero)), ValueError, "math domain error")
    ctx.check(b.or_(b.not_(finite), b.is_finite(r)), OverflowError, "math range error")
    return ctx.py_scalar(r)


def _binary(name: str, op: str) -> Intrinsic:
    def run(ctx: Context, x: Any, y: Any) -> Abstract:
        a, c = _float(ctx, x, f"math.{name}"), _float(ctx, y, f"math.{name}")
        return ctx.py_scalar(ctx.b.emit(op, (a, c)))

    return Intrinsic(run)


def _math_fmod(ctx: Context, x: Any, y: Any) -> Abstract:
    a, c = _float(ctx, x, "math.fmod"), _float(ctx, y, "math.fmod")
    r = ctx.b.rem(a, c)
    nan = ctx.b.or_(ctx.b.is_nan(a), ctx.b.is_nan(c))
    ctx.check(ctx.b.or_(nan, ctx.b.not_(ctx.b.is_nan(r))), ValueError, "math domain error")
    return ctx.py_scalar(r)


def _math_copysign(ctx: Context, x: Any, y: Any) -> Abstract:
    a, c = _float(ctx, x, "math.copysign"), _float(ctx, y, "math.copysign")
    return ctx.py_scalar(copysign(ctx.b, a, c))


def _math_hypot(ctx: Context, *xs: Any) -> Abstract:
    values = [_float(ctx, x, "math.hypot") for x in xs]
    found = ctx.constant(0.0)
    for v in values:
        found = ctx.call(np.hypot, found, ctx.py_scalar(v))
    return ctx.py_scalar(ctx.atom(found, F64))


def _predicate(op: str, negate: bool = False) -> Intrinsic:
    def run(ctx: Context, x: Any) -> Abstract:
        y = ctx.b.emit(op, (_float(ctx, x, "math"),))
        return ctx.py_scalar(ctx.b.not_(y) if negate else y)

    return Intrinsic(run)


def _isinf(ctx: Context, x: Any) -> Abstract:
    return ctx.py_scalar(ctx.b.not_(_not_infinite(ctx.b, _float(ctx, x, "math.isinf"))))


def _scaled(name: str, factor: float) -> Intrinsic:
    def run(ctx: Context, x: Any) -> Abstract:
        return ctx.py_scalar(ctx.b.mul(_float(ctx, x, f"math.{name}"), factor))

    return Intrinsic(run)


def _math_fabs(ctx: Context, x: Any) -> Abstract:
    return ctx.py_scalar(ctx.b.abs(_float(ctx, x, "math.fabs")))


# ---- builtins


def _abs(ctx: Context, x: Any) -> Abstract:
    if ctx.kind_of(x) != "py":
        return ctx.call(np.absolute, x)
    atom = ctx.atom(x)
    if dtype_in(atom) is BOOL:
        atom = ctx.cast(atom, I64)
    return ctx.py_scalar(ctx.b.abs(atom))


def _int(ctx: Context, x: Any = 0, base: Any = None) -> Abstract:
    if ctx.is_known(x) and not isinstance(x, NDArray):
        radix = ctx.known(base)
        return _parsed(ctx, int, *(ctx.known(v) for v in ((x,) if radix is None else (x, radix))))
    a = _single(ctx, x, "int")
    if dtype_in(a).kind == "c":
        ctx.error("bad-operand", "int() argument must be a real number, not 'complex'")
    return ctx.py_scalar(
        _to_int(ctx, ctx.b.trunc(ctx.cast(a, F64))) if dtype_in(a).inexact else ctx.cast(a, I64)
    )


def _parsed(ctx: Context, convert: Any, *args: Any) -> Abstract:
    """A conversion of known values, texts included."""
    try:
        return ctx.constant(convert(*args))
    except (ValueError, OverflowError) as problem:
        ctx.fail(type(problem), *problem.args)
    except TypeError as problem:
        ctx.error("bad-operand", str(problem))


def _single(ctx: Context, x: Any, name: str) -> Atom:
    a = ctx.atom(x)
    if shape_in(a):
        ctx.error(
            "bad-operand",
            "only 0-dimensional arrays can be converted to Python scalars",
            hint=f"{name}(x[0]), or x.item()",
        )
    return a


def _to_float(ctx: Context, x: Any = 0.0) -> Abstract:
    if ctx.is_known(x) and not isinstance(x, NDArray):
        return _parsed(ctx, float, ctx.known(x))
    a = _single(ctx, x, "float")
    if dtype_in(a).kind == "c":
        ctx.error("bad-operand", "float() argument must be a real number, not 'complex'")
    return ctx.py_scalar(ctx.cast(a, F64))


def _to_complex(ctx: Context, real: Any = 0, imag: Any = None) -> Abstract:
    a = ctx.cast(_single(ctx, real, "complex"), C128)
    if ctx.is_known(imag) and ctx.known(imag) is None:
        return ctx.py_scalar(a)
    c = ctx.cast(_single(ctx, imag, "complex"), C128)
    return ctx.py_scalar(ctx.b.add(a, ctx.b.mul(c, 1j)))


def _to_bool(ctx: Context, x: Any = False) -> Abstract:
    t = ctx.truth(x)
    return ctx.constant(t) if isinstance(t, bool) else ctx.py_scalar(t)


def _round(ctx: Context, number: Any, ndigits: Any = None) -> Abstract:
    if ctx.kind_of(number) != "py":
        return ctx.call(np.round, number, 0 if ctx.known(ndigits) is None else ndigits)
    if ctx.is_known(number):
        return ctx.constant(round(ctx.known(number), ctx.known(ndigits)))
    a = ctx.atom(number)
    if dtype_in(a).kind in "bi":
        return ctx.py_scalar(ctx.cast(a, I64))
    if ctx.known(ndigits) is not None:
        ctx.error(
            "unsupported-argument",
            "round(x, n) of a Python float rounds its decimal text, which has no compiled form",
            hint="np.round(x, n) rounds x * 10**n",
        )
    return ctx.py_scalar(_to_int(ctx, ctx.b.round(a)))


def _fold(name: str, better: Callable[[Context, Any, Any], Any]) -> Intrinsic:
    """min and max of Python: the first of equals, an element replaced only if another is better."""

    def run(ctx: Context, *args: Any, **kwargs: Any) -> Abstract:
        if kwargs:
            ctx.error("unsupported-argument", f"{name} with {', '.join(kwargs)} is not compiled")
        if len(args) == 1 and ctx.kind_of(args[0]) == "array":
            return _of_array(ctx, name, args[0])
        items = ctx.items(args[0]) if len(args) == 1 else args
        if not items:
            ctx.error("bad-value", f"{name}() arg is an empty sequence")
        if all(map(ctx.is_known, items)):
            pick = max if name == "max" else min
            return ctx.constant(pick(map(ctx.known, items)))
        best = items[0]
        for item in items[1:]:
            best = better(ctx, item, best)
        return best

    return Intrinsic(run)


def _of_array(ctx: Context, name: str, a: Any) -> Abstract:
    if len(ctx.shape_of(a)) != 1:
        ctx.error("ambiguous-truth", f"{name}() of an array of more than one dimension")
    return ctx.call(getattr(np, name), a)


def _pick(op: str) -> Callable[[Context, Any, Any], Any]:
    def better(ctx: Context, item: Any, best: Any) -> Any:
        if ctx.shape_of(item) or ctx.shape_of(best):
            ctx.error(
                "ambiguous-truth",
                "comparing arrays of more than one element with Python's min or max",
                hint="np.minimum and np.maximum compare element by element",
            )
        x, y = ctx.operands(item, best)
        chosen = ctx.b.select(ctx.b.emit(op, (x, y)), x, y)
        python = ctx.kind_of(item) == "py" and ctx.kind_of(best) == "py"
        return ctx.py_scalar(chosen) if python else ctx.scalar(chosen)

    return better


def _sum(ctx: Context, iterable: Any, start: Any = 0) -> Abstract:
    if ctx.kind_of(iterable) == "array" and len(ctx.shape_of(iterable)) == 1:
        return ctx.binary("+", start, ctx.call(np.sum, iterable))
    if ctx.kind_of(iterable) == "array":
        return ctx.binary("+", start, ctx.call(np.sum, iterable, axis=ctx.constant(0)))
    total = ctx.lifted(start)
    for item in ctx.items(iterable):
        total = ctx.binary("+", total, item)
    return total


def _divmod(ctx: Context, a: Any, b: Any) -> Abstract:
    return ctx.tuple((ctx.binary("//", a, b), ctx.binary("%", a, b)))


def _builtin_pow(ctx: Context, base: Any, exp: Any, mod: Any = None) -> Abstract:
    if not (ctx.is_known(mod) and ctx.known(mod) is None):
        if all(map(ctx.is_known, (base, exp, mod))):
            return ctx.constant(pow(ctx.known(base), ctx.known(exp), ctx.known(mod)))
        ctx.error("unsupported-argument", "pow with a modulus is compiled for known ints only")
    return ctx.binary("**", base, exp)


def _numpy_type(dtype: Any) -> Intrinsic:
    def run(ctx: Context, x: Any = 0) -> Abstract:
        return ctx.result(ctx.atom(x, dtype))

    return Intrinsic(run)


def _quantifier(op: str, neutral: bool) -> Intrinsic:
    def run(ctx: Context, iterable: Any) -> Abstract:
        if ctx.kind_of(iterable) == "array":
            x = truth(ctx, iterable)
            if len(shape_in(x)) != 1:
                ctx.error("ambiguous-truth", "the truth of rows of an array is ambiguous")
            kind = "reduce_and" if neutral else "reduce_or"
            return ctx.py_scalar(ctx.b.emit(kind, (x,), {"axes": (0,)}))
        found: Any = neutral
        for item in ctx.items(iterable):
            t = ctx.truth(item)
            if isinstance(t, bool) and isinstance(found, bool):
                found = (found and t) if neutral else (found or t)
            elif isinstance(t, bool):
                found = found if t is neutral else (not neutral)
            elif isinstance(found, bool):
                found = t if found is neutral else found
            else:
                found = ctx.b.emit(op, (found, t))
        return ctx.constant(found) if isinstance(found, bool) else ctx.py_scalar(found)

    return Intrinsic(run)


_FINITE_ONLY = ("sin", "cos", "tan")
_GROWING = ("exp", "expm1", "sinh", "cosh", "exp2")

FUNCTIONS: dict[Any, Intrinsic] = {
    **{getattr(math, n): _function(n, n, _not_infinite) for n in _FINITE_ONLY},
    **{getattr(math, n): _function(n, n, grows=True) for n in _GROWING if hasattr(math, n)},
    math.tanh: _function("tanh", "tanh"),
    math.atan: _function("atan", "atan"),
    math.asinh: _function("asinh", "asinh"),
    math.sqrt: _function("sqrt", "sqrt", _not_below(0.0)),
    math.cbrt: _function("cbrt", "cbrt"),
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
    abs: Intrinsic(_abs),
    int: Intrinsic(_int),
    float: Intrinsic(_to_float),
    complex: Intrinsic(_to_complex),
    bool: Intrinsic(_to_bool),
    round: Intrinsic(_round),
    max: _fold("max", _pick("gt")),
    min: _fold("min", _pick("lt")),
    sum: Intrinsic(_sum),
    divmod: Intrinsic(_divmod),
    pow: Intrinsic(_builtin_pow),
    all: _quantifier("and", True),
    any: _quantifier("or", False),
    **{d.np.type: _numpy_type(d) for d in DTYPES.values()},
}
