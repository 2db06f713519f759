"""NumPy's universal functions: one table of (arity, formula, dtype rule).

The dtype in which a ufunc computes is that of NumPy's loop for its operands (resolution.py). Rules:

    loop       computed in the loop's dtype
    whole      as `loop`; integers and booleans are returned as they are (floor, ceil, trunc)
    power      as `loop`; integers to negative powers raise ValueError
    compare    as `loop`; integers of two dtypes compare exactly
    logical    operands converted to bool

and of functions that are no ufuncs, applied to NumPy's promotion of the operands:

    same       computed in it
    float      converted to floating point first (int8 -> f16, int16 -> f32, wider -> f64)
    ratio      integers to f64
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import BOOL, I64, DType
from anvil.library.arrays import formulas as f
from anvil.library.arrays.formulas import Formula, op
from anvil.library.arrays.resolution import casting_rule, selection
from anvil.library.atoms import (
    dtype_argument,
    dtype_in,
    everywhere,
    order_of,
    shape_in,
    truth,
)
from anvil.parser.arrays import exact
from anvil.parser.arrays.promotion import float_of, mean_of
from anvil.parser.arrays.resolution import loop_of
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.reports.spelling import spelled
from anvil.parser.state.memory import laid_out
from anvil.parser.state.values import Abstract, NDArray


def apply(
    ctx: Context,
    fn: Any,
    formula: Formula,
    rule: str,
    xs: Sequence[Any],
    dtype: Any = None,
    casting: str = "same_kind",
) -> Any:
    """The atom of a ufunc applied to array-likes (a pair for those with two results)."""
    common = _computed_in(ctx, fn, rule, xs, dtype_argument(ctx, dtype), casting)
    if rule == "logical":
        shape = ctx.broadcast_shapes(*(ctx.shape_of(x) for x in xs))
        return formula(ctx.b, *(ctx.broadcast(truth(ctx, x), shape) for x in xs))
    if rule == "whole" and not common.inexact:
        return ctx.operands(*xs, dtype=common)[0]
    if rule == "compare":
        exactly = exact.exactly(ctx, _SIGNS[fn], *map(ctx.lifted, xs))
        if exactly is not None:
            return exactly
    atoms = ctx.operands(*xs, dtype=common)
    if rule == "power" and common.kind == "i":
        _not_negative(ctx, atoms[1])
    return formula(ctx.b, *atoms)


def _computed_in(
    ctx: Context, fn: Any, rule: str, xs: Sequence[Any], dtype: DType | None, casting: str
) -> DType:
    if isinstance(fn, np.ufunc):
        return loop_of(ctx, fn, xs, dtype, casting)[0]
    common = ctx.promote(*xs)
    if common.kind == "c" and fn in (np.isposinf, np.isneginf):
        words = "This operation is not supported for"
        ctx.error("bad-operand", f"{words} {common.np} values because it would be ambiguous.")
    if rule == "whole" and not common.inexact:
        return common
    if rule == "ratio":
        return mean_of(common)
    return float_of(common) if rule in ("float", "whole") else common


def _not_negative(ctx: Context, exponent: Atom) -> None:
    fine = ctx.b.ge(exponent, ctx.b.zeros_like(exponent))
    every = ctx.b.reduce_and(fine, axes=tuple(range(len(shape_in(fine)))))
    ctx.check(every, ValueError, "Integers to negative integer powers are not allowed.")


def deliver(
    ctx: Context,
    atom: Atom,
    out: Any,
    where: Any = True,
    casting: str = "same_kind",
    name: str = "",
) -> Abstract:
    """A result: fresh, or written into `out` (by NumPy's rule of casting), only where `where`
    holds. `name` is the ufunc's.
    """
    target = ctx.items(out)[0] if ctx.kind_of(out) == "sequence" else out
    if ctx.is_known(target) and ctx.known(target) is None:
        if everywhere(ctx, where):
            return ctx.result(atom)
        ctx.error(
            "unsupported-argument",
            "with where= and without out= the other elements are undefined",
            hint="pass out=, or use np.where",
        )
    if not isinstance(target, NDArray):
        ctx.error("bad-operand", f"return arrays must be of ArrayType, not {ctx.describe(target)}")
    _castable(ctx, dtype_in(atom), target.type.dtype, casting, name)
    shape = target.type.shape
    if not everywhere(ctx, where):
        mask = selection(ctx, where)
        shape = ctx.broadcast_shapes(shape_in(mask), shape_in(atom), shape)
    if _broadcast(shape_in(atom), shape) != target.type.shape:
        shown = _broadcast(shape_in(atom), shape)
        words = "non-broadcastable output operand with shape"
        ctx.error(
            "shape-mismatch",
            f"{words} {spelled(target.type.shape)} doesn't match the broadcast shape "
            f"{spelled(shown)}",
        )
    if not target.writable:
        ctx.fail(ValueError, "output array is read-only")
    atom = ctx.cast(ctx.broadcast(atom, shape), target.type.dtype)
    if not everywhere(ctx, where):
        atom = ctx.b.select(ctx.broadcast(mask, shape), atom, ctx.read(target))
    ctx.write(target, atom)
    return target


def _broadcast(shape: Sequence[int], wide: tuple[int, ...]) -> tuple[int, ...]:
    """The common shape, if there is one."""
    try:
        return np.broadcast_shapes(tuple(shape), wide)
    except ValueError:
        return tuple(shape)


def _castable(ctx: Context, have: DType, wanted: DType, casting: str, name: str) -> None:
    """Refuses an output that NumPy would not convert the result to."""
    if np.can_cast(have.np, wanted.np, casting_rule(ctx, casting)):
        return
    what = f"ufunc '{name}' output" if name else "array data"
    rule = f"with casting rule '{casting}'" if name else f"according to the rule '{casting}'"
    pair = f"from dtype('{have.np}') to dtype('{wanted.np}')"
    ctx.error("dtype-mismatch", f"Cannot cast {what} {pair} {rule}")


def ufunc(fn: Any, arity: int, formula: Formula, rule: str) -> Intrinsic:
    """The intrinsic of a ufunc with NumPy's keywords."""
    name = _name(fn)

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
            _wrong_count(ctx, fn, arity, 1, len(xs))
        how = casting_rule(ctx, casting)
        found = deliver(ctx, apply(ctx, fn, formula, rule, xs, dtype, how), out, where, how, name)
        fresh = order_of(ctx, order) == "K" and out is None
        return laid_out(ctx, found, xs) if fresh else found

    return Intrinsic(run)


def _function(fn: Any, arity: int, formula: Formula, rule: str) -> Intrinsic:
    """The intrinsic of a function of one array that is no ufunc."""

    def into(ctx: Context, x: Any, out: Any = None) -> Abstract:
        return deliver(ctx, apply(ctx, fn, formula, rule, (x,)), out)

    def run(ctx: Context, x: Any) -> Abstract:
        found = apply(ctx, fn, formula, rule, (x,))
        python = fn is np.isreal and ctx.kind_of(x) == "py"
        return ctx.py_scalar(found) if python else ctx.result(found)

    return Intrinsic(into if fn in (np.fix, np.isposinf, np.isneginf) else run)


def _name(fn: Any) -> str:
    """How NumPy's messages call a ufunc."""
    return str(fn.__name__) if callable(fn) else str(fn)


def _wrong_count(ctx: Context, fn: Any, nin: int, nout: int, given: int) -> None:
    """Refuses a number of operands in NumPy's words."""
    takes = f"from {nin} to {nin + nout}"
    ctx.error(
        "wrong-arguments",
        f"{_name(fn)}() takes {takes} positional arguments but {given} were given",
    )


def outer(fn: Any, formula: Formula, rule: str) -> Intrinsic:
    """`ufunc.outer`: every element of the first with every element of the second operand, Python
    numbers as arrays.
    """

    def run(ctx: Context, A: Any, B: Any, /, **kwargs: Any) -> Abstract:
        x, y = ctx.atom(A), ctx.array(ctx.atom(B))
        trailing = len(y.type.shape)
        left = ctx.array(ctx.b.reshape(x, shape=(*shape_in(x), *(1,) * trailing)))
        found: Abstract = ufunc(fn, 2, formula, rule).run(ctx, left, y, **kwargs)
        return found

    return Intrinsic(run)


def _paired(fn: Any, arity: int, formula: Any, rule: str) -> Intrinsic:
    """The intrinsic of a ufunc with two results."""

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
        outs = ctx.items(out) if ctx.kind_of(out) == "sequence" else (out, out)
        if arity < len(xs) <= arity + 2:
            xs, outs = xs[:arity], (*xs[arity:], None)[:2]
        if len(xs) != arity:
            _wrong_count(ctx, fn, arity, 2, len(xs))
        how = casting_rule(ctx, casting)
        found = apply(ctx, fn, formula, rule, xs, dtype, how)
        pairs = zip(found, outs, strict=True)
        return ctx.tuple([deliver(ctx, x, o, where, how, fn.__name__) for x, o in pairs])

    return Intrinsic(run)


_UNARY_FLOAT = (
    *("exp", "exp2", "expm1", "log", "log1p", "log2", "log10"),
    *("sqrt", "cbrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"),
)

TABLE: dict[Any, tuple[int, Formula, str]] = {
    **{getattr(np, name): (1, op(name), "loop") for name in _UNARY_FLOAT},
    np.arcsin: (1, op("asin"), "loop"),
    np.arccos: (1, op("acos"), "loop"),
    np.arctan: (1, op("atan"), "loop"),
    np.arcsinh: (1, op("asinh"), "loop"),
    np.arccosh: (1, op("acosh"), "loop"),
    np.arctanh: (1, op("atanh"), "loop"),
    np.arctan2: (2, op("atan2"), "loop"),
    np.hypot: (2, f.hypot, "loop"),
    np.logaddexp: (2, f.logaddexp, "loop"),
    np.logaddexp2: (2, f.logaddexp2, "loop"),
    np.heaviside: (2, f.heaviside, "loop"),
    np.copysign: (2, f.copysign, "loop"),
    np.signbit: (1, f.sign_bit, "loop"),
    np.radians: (1, f.scaled(np.pi / 180), "loop"),
    np.deg2rad: (1, f.scaled(np.pi / 180), "loop"),
    np.degrees: (1, f.scaled(180 / np.pi), "loop"),
    np.rad2deg: (1, f.scaled(180 / np.pi), "loop"),
    np.fabs: (1, op("abs"), "loop"),
    np.sinc: (1, f.sinc, "ratio"),
    np.floor: (1, op("floor"), "whole"),
    np.ceil: (1, op("ceil"), "whole"),
    np.trunc: (1, op("trunc"), "whole"),
    np.fix: (1, op("trunc"), "whole"),
    np.rint: (1, f.rint, "loop"),
    np.negative: (1, op("neg"), "loop"),
    np.positive: (1, f.identity, "loop"),
    np.absolute: (1, f.absolute, "loop"),
    np.sign: (1, f.sign, "loop"),
    np.square: (1, f.square, "loop"),
    np.reciprocal: (1, f.reciprocal, "loop"),
    np.conjugate: (1, f.conj, "loop"),
    np.add: (2, f.boolean_or("add", "or"), "loop"),
    np.subtract: (2, op("sub"), "loop"),
    np.multiply: (2, f.boolean_or("mul", "and"), "loop"),
    np.divide: (2, op("div"), "loop"),
    np.floor_divide: (2, op("floor_div"), "loop"),
    np.remainder: (2, op("mod"), "loop"),
    np.fmod: (2, op("rem"), "loop"),
    np.power: (2, op("pow"), "power"),
    np.float_power: (2, op("pow"), "loop"),
    np.maximum: (2, f.MAXIMUM, "loop"),
    np.minimum: (2, f.MINIMUM, "loop"),
    np.fmax: (2, f.number_over_nan(f.MAXIMUM), "loop"),
    np.fmin: (2, f.number_over_nan(f.MINIMUM), "loop"),
    np.equal: (2, op("eq"), "compare"),
    np.not_equal: (2, op("ne"), "compare"),
    np.less: (2, f.ordered("lt"), "compare"),
    np.less_equal: (2, f.ordered("le"), "compare"),
    np.greater: (2, f.ordered("gt"), "compare"),
    np.greater_equal: (2, f.ordered("ge"), "compare"),
    np.logical_and: (2, op("and"), "logical"),
    np.logical_or: (2, op("or"), "logical"),
    np.logical_xor: (2, op("xor"), "logical"),
    np.logical_not: (1, op("not"), "logical"),
    np.bitwise_and: (2, op("and"), "loop"),
    np.bitwise_or: (2, op("or"), "loop"),
    np.bitwise_xor: (2, op("xor"), "loop"),
    np.invert: (1, op("not"), "loop"),
    np.left_shift: (2, op("shift_left"), "loop"),
    np.right_shift: (2, op("shift_right_arithmetic"), "loop"),
    np.isfinite: (1, f.on_floats("is_finite", True), "loop"),
    np.isnan: (1, f.on_floats("is_nan", False), "loop"),
    np.isinf: (1, f.is_inf, "loop"),
    np.isposinf: (1, f.infinite(True), "same"),
    np.isneginf: (1, f.infinite(False), "same"),
    np.isreal: (1, f.is_real, "same"),
    np.iscomplex: (1, f.is_complex, "same"),
}
"""Arity, formula and dtype rule by function."""


_SIGNS = {
    np.equal: "==",
    np.not_equal: "!=",
    np.less: "<",
    np.less_equal: "<=",
    np.greater: ">",
    np.greater_equal: ">=",
}


def _ldexp(ctx: Context, x1: Any, x2: Any) -> Abstract:
    """x1 * 2**x2 in the float dtype of x1."""
    x, n = ctx.operands(x1, x2, dtype=loop_of(ctx, np.ldexp, (x1, x2))[0])
    return ctx.result(f.scale_by_power(ctx.b, x, n))


FUNCTIONS: dict[Any, Intrinsic] = {
    **{
        fn: ufunc(fn, *row) if isinstance(fn, np.ufunc) else _function(fn, *row)
        for fn, row in TABLE.items()
    },
    **{
        fn.outer: outer(fn, *row[1:])
        for fn, row in TABLE.items()
        if isinstance(fn, np.ufunc) and row[0] == 2
    },
    np.divmod: _paired(np.divmod, 2, f.div_mod, "loop"),
    np.modf: _paired(np.modf, 1, f.mod_parts, "loop"),
    np.ldexp: Intrinsic(_ldexp),
}
"""Intrinsics by function."""


def _conjugate(ctx: Context, a: Any) -> Abstract:
    x = ctx.atom(a)
    if ctx.kind_of(a) == "py":
        if dtype_in(x) is BOOL:
            x = ctx.cast(x, I64)
        return ctx.py_scalar(f.conj(ctx.b, x))
    return ctx.result(f.conj(ctx.b, x))


METHODS: dict[str, Intrinsic] = {name: Intrinsic(_conjugate) for name in ("conj", "conjugate")}
