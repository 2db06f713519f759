"""`np.errstate(...="raise")`: what NumPy's floating-point flags say of an operation, as checks.

    divide    an infinite result of finite operands, at a pole of the function
    over      an infinite result of finite operands, elsewhere
    under     a result below the normal numbers that is not exact, of operands that are not zero
    invalid   nan as a result where no operand is nan

They are made for operators, ufuncs and some reductions; functions that only move numbers have none,
and others are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, I64, array
from anvil.parser.arrays import overflow
from anvil.parser.state.values import Abstract, NDArray, TupleV

if TYPE_CHECKING:
    from anvil.parser.context import Context

Compute = Callable[[], Abstract]

_UFUNCS = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "//": "floor_divide",
    "%": "remainder",
    "**": "power",
}
_QUOTIENTS = ("divide", "floor_divide", "divmod")
_BASES = ("reciprocal", "power", "float_power")
_LOGARITHMS = ("log", "log2", "log10", "log1p", "arctanh")
_SMALL = ("multiply", "divide", "exp", "exp2", "power", "float_power", "square", "reciprocal")
_NO_SMALL = (
    "logaddexp",
    "logaddexp2",
    "arctan2",
    "ldexp",
    "nextafter",
    "spacing",
    "floor_divide",
    "divmod",
)
_REDUCTIONS = {
    "sum": "reduce",
    "prod": "reduce",
    "mean": "reduce",
    "cumsum": "accumulate",
    "cumprod": "accumulate",
    "dot": "dot",
    "inner": "dot",
    "matmul": "matmul",
    "norm": "dot",
    "var": "square",
    "std": "square",
}
_PRODUCTS = ("prod", "cumprod", "dot", "inner", "matmul", "norm", "var", "std")
_NAMES = """
    all allclose amax amin any append arange argmax argmin argsort array array_equal asarray
    atleast_1d atleast_2d bool broadcast_to clip concatenate copy count_nonzero diag empty
    empty_like expand_dims eye fill flatnonzero flatten flip float32 float64 full full_like hstack
    identity int64 isclose item max min moveaxis nan_to_num ndim nonzero ones ones_like ravel
    repeat reshape roll searchsorted shape size sort split squeeze stack swapaxes take tile tolist
    transpose tril triu unique vstack where zeros zeros_like
"""
_MOVING = frozenset(_NAMES.split())
_HINT = (
    "Put `np.errstate` around operators and ufuncs only, give `under='ignore'`, or test the "
    "result: `if not np.isfinite(y): raise FloatingPointError`."
)


def modes(manager: Any, before: frozenset[str]) -> frozenset[str]:
    """The errors that are raised inside of an `np.errstate`."""
    now = set(before)
    for kind in ("divide", "over", "under", "invalid"):
        own = getattr(manager, f"_{kind}")
        mode = manager._all if own is None else own
        if mode is not None:
            now.discard(kind)
            now |= {kind} if mode == "raise" else set()
    return frozenset(now)


def operator(ctx: Context, op: str, a: Abstract, b: Abstract, compute: Compute) -> Abstract:
    """`a op b` of NumPy's numbers and arrays, with checks."""
    found = _quietly(ctx, compute)
    name = _UFUNCS.get(op)
    if name is not None:
        shown = name if isinstance(found, NDArray) else f"scalar {name}"
        _check(ctx, name, shown, (a, b), found)
    return found


def in_place(
    ctx: Context, op: str, target: NDArray, value: Abstract, compute: Compute, store: Any
) -> None:
    """`target op= value` of an array: what is found is stored before anything is raised."""
    before = [ctx.copy(v) if isinstance(v, NDArray) else v for v in (target, value)]
    found = _quietly(ctx, compute)
    store(found)
    name = _UFUNCS.get(op)
    if name is not None:
        _check(ctx, name, name, before, found)


def function(
    ctx: Context, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any], compute: Compute
) -> Abstract:
    """A call of a function of the library, or of a method of an array by name, with checks."""
    name = fn if isinstance(fn, str) else getattr(fn, "__name__", "")
    method = isinstance(fn, str)
    numpy = method or str(getattr(fn, "__module__", "")).split(".")[0] in ("numpy", "scipy")
    elementwise = isinstance(fn, np.ufunc) and fn.signature is None
    if isinstance(fn, np.ufunc):
        numpy = True
    if not numpy and fn is not sum:
        return compute()
    if name in _REDUCTIONS:
        return _reduced(ctx, name, args, compute)
    if elementwise and not set(kwargs) - {"dtype"}:
        found = _quietly(ctx, compute)
        _check(ctx, name, name, args[: fn.nin], found)
        return found
    if name not in _MOVING:
        _refuse(ctx, f"`{name}`")
    return _quietly(ctx, compute)


def _quietly(ctx: Context, compute: Compute) -> Abstract:
    """What NumPy does inside of an operation raises nothing by itself."""
    saved, ctx.raising = ctx.raising, frozenset()
    try:
        return compute()
    finally:
        ctx.raising = saved


def _refuse(ctx: Context, what: str) -> None:
    listed = ", ".join(f"{k}='raise'" for k in sorted(ctx.raising))
    ctx.error("unsupported-call", f"{what} under np.errstate({listed}) is not compiled", hint=_HINT)


def _reduced(ctx: Context, name: str, args: Sequence[Any], compute: Compute) -> Abstract:
    found = _quietly(ctx, compute)
    if not _inexact(ctx, found):
        return found
    shown = _REDUCTIONS[name]
    if name in _PRODUCTS and "under" in ctx.raising:
        _refuse(ctx, f"`{name}`")
    operands = [x for x in args[:2] if ctx.is_arraylike(x)]
    if name not in ("dot", "inner", "matmul"):
        operands = operands[:1]
    xs = [ctx.atom(x) for x in operands]
    if name in ("mean", "var", "std") and not all(type_at(x).size for x in xs):
        _refuse(ctx, f"the {name} of nothing")
    b, y = ctx.b, ctx.atom(found)
    clean, sound = _true(), _true()
    for x in xs:
        if type_at(x).dtype.inexact:
            clean = b.and_(clean, _all(ctx, b.is_finite(x)))
            sound = b.and_(sound, b.not_(_any(ctx, b.is_nan(x))))
    infinite = _any(ctx, b.not_(b.or_(b.is_finite(y), b.is_nan(y))))
    _unless(ctx, "over", b.and_(clean, infinite), f"overflow encountered in {shown}")
    nan = b.and_(sound, _any(ctx, b.is_nan(y)))
    _unless(ctx, "invalid", nan, f"invalid value encountered in {shown}")
    return found


def _check(ctx: Context, name: str, shown: str, args: Sequence[Any], found: Abstract) -> None:
    results = found.items if isinstance(found, TupleV) else (found,)
    if not all(map(ctx.is_arraylike, (*args, *results))):
        _refuse(ctx, f"`{name}` of these values")
    for result in results:
        y = ctx.atom(result)
        dtype = type_at(y).dtype
        if dtype.kind == "c":
            _refuse(ctx, f"`{name}` of complex numbers")
        elif dtype.inexact:
            xs = [ctx.atom(x, dtype, type_at(y).shape) for x in args]
            _of_floats(ctx, name, shown, xs, y)
        elif dtype is not BOOL:
            _of_ints(ctx, name, shown, args, y)


def _of_floats(ctx: Context, name: str, shown: str, xs: list[Atom], y: Atom) -> None:
    b = ctx.b
    finite, nan = b.is_finite(y), b.is_nan(y)
    clean, sound, nonzero = (
        b.is_finite(xs[0]),
        b.not_(b.is_nan(xs[0])),
        b.ne(xs[0], b.zeros_like(y)),
    )
    for x in xs[1:]:
        clean = b.and_(clean, b.is_finite(x))
        sound = b.and_(sound, b.not_(b.is_nan(x)))
        nonzero = b.and_(nonzero, b.ne(x, b.zeros_like(y)))
    infinite = b.and_(clean, b.not_(b.or_(finite, nan)))
    over = infinite
    if name in (*_QUOTIENTS, *_BASES, *_LOGARITHMS):
        pole = _pole(ctx, name, xs, y)
        at_pole = b.and_(infinite, pole)
        _unless(ctx, "divide", _any(ctx, at_pole), f"divide by zero encountered in {shown}")
        over = b.and_(infinite, b.not_(pole))
    if name not in _LOGARITHMS:
        _unless(ctx, "over", _any(ctx, over), f"overflow encountered in {shown}")
    if "under" in ctx.raising and name in _NO_SMALL:
        _refuse(ctx, f"`{name}`")
    if name in _SMALL and "under" in ctx.raising:
        tiny = np.finfo(type_at(y).dtype.np).tiny
        least = b.const(tiny, type_at(y))
        small = b.and_(b.lt(b.abs(y), least), b.and_(clean, _rounded(ctx, name, xs, y, nonzero)))
        _unless(ctx, "under", _any(ctx, small), f"underflow encountered in {shown}")
    invalid = _any(ctx, b.and_(sound, nan))
    _unless(ctx, "invalid", invalid, f"invalid value encountered in {shown}")


def _pole(ctx: Context, name: str, xs: list[Atom], y: Atom) -> Atom:
    b: Any = ctx.b
    out: Atom
    if name in _QUOTIENTS:
        out = b.eq(xs[1], b.zeros_like(y))
        return out
    if name in _BASES:
        out = b.eq(xs[0], b.zeros_like(y))
        return out
    out = b.const(True, type_at(y).with_dtype(BOOL))
    return out


def _rounded(ctx: Context, name: str, xs: list[Atom], y: Atom, nonzero: Atom) -> Atom:
    """Whether a small result is not exact."""
    b: Any = ctx.b
    out: Atom
    zero = b.eq(y, b.zeros_like(y))
    if name in ("exp", "exp2"):
        out = b.const(True, type_at(y).with_dtype(BOOL))
        return out
    if name == "multiply":
        out = b.and_(nonzero, b.or_(zero, b.ne(b.div(y, xs[1]), xs[0])))
        return out
    if name == "reciprocal":
        out = b.or_(zero, b.ne(b.mul(y, xs[0]), 1.0))
        return out
    if name == "divide":
        out = b.and_(nonzero, b.or_(zero, b.ne(b.mul(y, xs[1]), xs[0])))
        return out
    out = b.ne(xs[0], b.zeros_like(y))
    return out


def _of_ints(ctx: Context, name: str, shown: str, args: Sequence[Any], y: Atom) -> None:
    b, t = ctx.b, type_at(y)
    if name in ("floor_divide", "remainder", "fmod", "divmod"):
        x = ctx.atom(args[1], t.dtype)
        zero = _any(ctx, b.eq(x, b.zeros_like(x)))
        _unless(ctx, "divide", zero, f"divide by zero encountered in {shown}")
    op = {"add": "+", "subtract": "-", "multiply": "*"}.get(name)
    if op is None or not shown.startswith("scalar") or "over" not in ctx.raising:
        return
    if t.dtype is not I64:
        _refuse(ctx, f"`{name}` of {t.dtype.np.name}")
    first, second = (ctx.atom(x, I64) for x in args)
    fits = overflow.exact(ctx, op, first, second, y)
    _unless(ctx, "over", b.not_(fits), f"overflow encountered in {shown}")


def _unless(ctx: Context, kind: str, wrong: Atom, message: str) -> None:
    if kind in ctx.raising:
        ctx.check(ctx.b.not_(wrong), FloatingPointError, message)


def _inexact(ctx: Context, v: Abstract) -> bool:
    return ctx.is_arraylike(v) and type_at(ctx.atom(v)).dtype.inexact


def _true() -> Atom:
    return Const(array(BOOL), True)


def _any(ctx: Context, x: Atom) -> Atom:
    axes = tuple(range(len(type_at(x).shape)))
    return ctx.b.reduce_or(x, axes=axes) if axes else x


def _all(ctx: Context, x: Atom) -> Atom:
    axes = tuple(range(len(type_at(x).shape)))
    return ctx.b.reduce_and(x, axes=axes) if axes else x
