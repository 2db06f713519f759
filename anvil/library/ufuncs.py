"""NumPy's universal functions: one table of (name, op kind or formula, dtype rule).

Dtype rules, applied to NumPy's promotion of the operands:

    same       computed and returned in it
    float      converted to floating point first (int8 -> f16, int16 -> f32, wider -> f64)
    ratio      integers to f64 (true division)
    whole      as `float`, but integers are returned as they are (floor, ceil, trunc)
    compare    returns bool
    logical    operands converted to bool
    number     as `same`, bool refused (NumPy has no such loop)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import BOOL, ArrayType, DType, dtype_of
from anvil.parser.context import Context, Intrinsic
from anvil.parser.promotion import castable, float_of, mean_of
from anvil.parser.values import Abstract, NDArray

Formula = Callable[..., Atom]


def apply(
    ctx: Context,
    name: str,
    formula: Formula,
    rule: str,
    xs: Sequence[Any],
    dtype: Any = None,
) -> Atom:
    """The atom of a ufunc applied to array-likes."""
    wanted = dtype_argument(ctx, dtype)
    common = wanted or ctx.promote(*xs)
    if rule == "logical":
        shape = ctx.broadcast_shapes(*(ctx.shape_of(x) for x in xs))
        return formula(ctx.b, *(ctx.broadcast(truth(ctx, x), shape) for x in xs))
    if rule == "number" and common is BOOL:
        ctx.error("bad-operand", f"NumPy's {name} is not defined for booleans")
    if rule == "whole" and not common.inexact:
        return ctx.operands(*xs, dtype=common)[0]
    if wanted is None and rule in ("float", "whole"):
        common = float_of(common)
    if wanted is None and rule == "ratio":
        common = mean_of(common)
    return formula(ctx.b, *ctx.operands(*xs, dtype=common))


def truth(ctx: Context, x: Any) -> Atom:
    """The array-like as booleans: whether each element differs from zero."""
    atom = ctx.atom(x)
    if dtype_in(atom) is BOOL:
        return atom
    out: Atom = ctx.b.ne(atom, ctx.b.zeros_like(atom))
    return out


def type_in(atom: Atom) -> ArrayType:
    """The array type of an atom."""
    t = atom.type
    assert isinstance(t, ArrayType)
    return t


def dtype_in(atom: Atom) -> DType:
    """The dtype of an atom."""
    return type_in(atom).dtype


def shape_in(atom: Atom) -> tuple[int, ...]:
    """The shape of an atom."""
    return type_in(atom).shape


def dtype_argument(ctx: Context, dtype: Any) -> DType | None:
    """A `dtype=` argument as an IR dtype (None if it was not given)."""
    known = ctx.known(dtype, "the dtype")
    if known is None:
        return None
    try:
        return dtype_of(known)
    except (KeyError, TypeError):
        ctx.error("bad-operand", f"anvil has no dtype {known!r}")


def deliver(ctx: Context, atom: Atom, out: Any, where: Any = True) -> Abstract:
    """A ufunc's result: fresh, or written into `out` (NumPy's same_kind rule), only where `where`
    holds."""
    target = ctx.items(out)[0] if ctx.kind_of(out) == "sequence" else out
    if ctx.is_known(target) and ctx.known(target) is None:
        if ctx.is_known(where) and ctx.known(where) is True:
            return ctx.result(atom)
        ctx.error(
            "unsupported-argument",
            "with where= and without out= the other elements are undefined",
            hint="pass out=, or use np.where",
        )
    if not isinstance(target, NDArray):
        ctx.error("bad-operand", f"out must be an array, not {ctx.describe(target)}")
    if not castable(dtype_in(atom), target.type.dtype):
        ctx.error(
            "dtype-mismatch",
            f"NumPy does not cast {dtype_in(atom)} to out's {target.type.dtype} (same_kind)",
        )
    if shape_in(atom) != target.type.shape:
        atom = ctx.broadcast(atom, target.type.shape)
    atom = ctx.cast(atom, target.type.dtype)
    if not (ctx.is_known(where) and ctx.known(where) is True):
        mask = ctx.broadcast(truth(ctx, where), target.type.shape)
        atom = ctx.b.select(mask, atom, ctx.read(target))
    ctx.write(target, atom)
    return target


def ufunc(name: str, arity: int, formula: Formula, rule: str) -> Intrinsic:
    """The intrinsic of a ufunc with NumPy's keywords."""

    def run(
        ctx: Context,
        *xs: Any,
        out: Any = None,
        where: Any = True,
        dtype: Any = None,
        casting: Any = "same_kind",
        order: Any = "K",
        subok: Any = True,
    ) -> Abstract:
        if len(xs) == arity + 1:
            xs, out = xs[:arity], xs[arity]
        if len(xs) != arity:
            ctx.error("wrong-arguments", f"{name} takes {arity} operands, got {len(xs)}")
        return deliver(ctx, apply(ctx, name, formula, rule, xs, dtype), out, where)

    return Intrinsic(run)


def op(name: str) -> Formula:
    """The formula that is one op."""

    def formula(b: Any, *xs: Atom) -> Atom:
        out: Atom = b.emit(name, xs)
        return out

    return formula


def _hypot(b: Any, x: Atom, y: Atom) -> Atom:
    """Scaled by the larger leg, so that it neither overflows nor underflows."""
    x, y = b.abs(x), b.abs(y)
    high, low = b.max(x, y), b.min(x, y)
    flat = b.or_(b.eq(high, b.zeros_like(high)), b.eq(low, np.inf))
    ratio = b.div(low, b.select(flat, 1.0, high))
    out: Atom = b.select(flat, high, b.mul(high, b.sqrt(b.add(b.mul(ratio, ratio), 1.0))))
    return out


def _logaddexp(b: Any, x: Atom, y: Atom) -> Atom:
    same = b.eq(x, y)
    gap = b.select(same, b.zeros_like(x), b.sub(x, y))
    out: Atom = b.add(b.max(x, y), b.log1p(b.exp(b.neg(b.abs(gap)))))
    return out


def _square(b: Any, x: Atom) -> Atom:
    out: Atom = b.mul(x, x)
    return out


def _reciprocal(b: Any, x: Atom) -> Atom:
    one = b.const(1, x.type)
    out: Atom = b.div(one, x) if dtype_in(x).inexact else b.floor_div(one, x)
    return out


def _add(b: Any, x: Atom, y: Atom) -> Atom:
    out: Atom = b.or_(x, y) if dtype_in(x) is BOOL else b.add(x, y)
    return out


def _multiply(b: Any, x: Atom, y: Atom) -> Atom:
    out: Atom = b.and_(x, y) if dtype_in(x) is BOOL else b.mul(x, y)
    return out


def _maximum(b: Any, x: Atom, y: Atom) -> Atom:
    out: Atom = b.or_(x, y) if dtype_in(x) is BOOL else b.max(x, y)
    return out


def _minimum(b: Any, x: Atom, y: Atom) -> Atom:
    out: Atom = b.and_(x, y) if dtype_in(x) is BOOL else b.min(x, y)
    return out


def _either(b: Any, x: Atom, y: Atom, pick: Formula) -> Atom:
    """fmax and fmin: a nan loses to a number."""
    found = pick(b, x, y)
    if not dtype_in(x).inexact:
        return found
    out: Atom = b.select(b.is_nan(x), y, b.select(b.is_nan(y), x, found))
    return out


def _is_inf(b: Any, x: Atom) -> Atom:
    if not dtype_in(x).inexact:
        none: Atom = b.const(False, type_in(x).with_dtype(BOOL))
        return none
    out: Atom = b.not_(b.or_(b.is_finite(x), b.is_nan(x)))
    return out


def _on_floats(name: str, otherwise: bool) -> Formula:
    def formula(b: Any, x: Atom) -> Atom:
        if dtype_in(x).inexact:
            out: Atom = b.emit(name, (x,))
            return out
        t = x.type
        assert isinstance(t, ArrayType)
        constant: Atom = b.const(otherwise, t.with_dtype(BOOL))
        return constant

    return formula


def _identity(b: Any, x: Atom) -> Atom:
    return x


def _heaviside(b: Any, x: Atom, y: Atom) -> Atom:
    zero = b.zeros_like(x)
    step = b.select(b.gt(x, zero), 1.0, b.select(b.lt(x, zero), 0.0, y))
    out: Atom = b.select(b.is_nan(x), x, step)
    return out


def _conj(b: Any, x: Atom) -> Atom:
    out: Atom = b.conj(x) if dtype_in(x).kind == "c" else x
    return out


def _sign_bit(b: Any, x: Atom) -> Atom:
    out: Atom = b.lt(b.atan2(x, b.const(-1.0, x.type)), b.zeros_like(x))
    return out


_UNARY_FLOAT = (
    *("exp", "exp2", "expm1", "log", "log1p", "log2", "log10"),
    *("sqrt", "cbrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"),
)

_TABLE: dict[Any, tuple[int, Formula, str]] = {
    **{getattr(np, name): (1, op(name), "float") for name in _UNARY_FLOAT},
    np.arcsin: (1, op("asin"), "float"),
    np.arccos: (1, op("acos"), "float"),
    np.arctan: (1, op("atan"), "float"),
    np.arcsinh: (1, op("asinh"), "float"),
    np.arccosh: (1, op("acosh"), "float"),
    np.arctanh: (1, op("atanh"), "float"),
    np.arctan2: (2, op("atan2"), "float"),
    np.hypot: (2, _hypot, "float"),
    np.logaddexp: (2, _logaddexp, "float"),
    np.heaviside: (2, _heaviside, "float"),
    np.signbit: (1, _sign_bit, "float"),
    np.radians: (1, lambda b, x: b.mul(x, np.pi / 180), "float"),
    np.degrees: (1, lambda b, x: b.mul(x, 180 / np.pi), "float"),
    np.floor: (1, op("floor"), "whole"),
    np.ceil: (1, op("ceil"), "whole"),
    np.trunc: (1, op("trunc"), "whole"),
    np.rint: (1, op("round"), "float"),
    np.negative: (1, op("neg"), "number"),
    np.positive: (1, _identity, "number"),
    np.absolute: (1, op("abs"), "same"),
    np.sign: (1, op("sign"), "number"),
    np.square: (1, _square, "same"),
    np.reciprocal: (1, _reciprocal, "same"),
    np.conjugate: (1, _conj, "same"),
    np.add: (2, _add, "same"),
    np.subtract: (2, op("sub"), "number"),
    np.multiply: (2, _multiply, "same"),
    np.divide: (2, op("div"), "ratio"),
    np.floor_divide: (2, op("floor_div"), "number"),
    np.remainder: (2, op("mod"), "number"),
    np.fmod: (2, op("rem"), "number"),
    np.power: (2, op("pow"), "number"),
    np.float_power: (2, op("pow"), "ratio"),
    np.maximum: (2, _maximum, "same"),
    np.minimum: (2, _minimum, "same"),
    np.fmax: (2, lambda b, x, y: _either(b, x, y, _maximum), "same"),
    np.fmin: (2, lambda b, x, y: _either(b, x, y, _minimum), "same"),
    np.equal: (2, op("eq"), "same"),
    np.not_equal: (2, op("ne"), "same"),
    np.less: (2, op("lt"), "same"),
    np.less_equal: (2, op("le"), "same"),
    np.greater: (2, op("gt"), "same"),
    np.greater_equal: (2, op("ge"), "same"),
    np.logical_and: (2, op("and"), "logical"),
    np.logical_or: (2, op("or"), "logical"),
    np.logical_xor: (2, op("xor"), "logical"),
    np.logical_not: (1, op("not"), "logical"),
    np.bitwise_and: (2, op("and"), "same"),
    np.bitwise_or: (2, op("or"), "same"),
    np.bitwise_xor: (2, op("xor"), "same"),
    np.invert: (1, op("not"), "same"),
    np.left_shift: (2, op("shift_left"), "number"),
    np.right_shift: (2, op("shift_right_arithmetic"), "number"),
    np.isfinite: (1, _on_floats("is_finite", True), "same"),
    np.isnan: (1, _on_floats("is_nan", False), "same"),
    np.isinf: (1, _is_inf, "same"),
}

FUNCTIONS: dict[Any, Intrinsic] = {
    fn: ufunc(fn.__name__, arity, formula, rule) for fn, (arity, formula, rule) in _TABLE.items()
}
"""Intrinsics by ufunc."""
