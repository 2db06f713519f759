"""NumPy's universal functions: one table of (arity, formula, dtype rule).

Dtype rules, applied to NumPy's promotion of the operands:

    same       computed and returned in it
    number     as `same`, booleans refused (NumPy has no such loop)
    small      as `same`, booleans as int8 (NumPy's first loop)
    integer    as `small`, floats refused
    power      as `small`; integers to negative powers raise ValueError
    float      converted to floating point first (int8 -> f16, int16 -> f32, wider -> f64)
    ratio      integers to f64 (true division)
    wide       at least f64
    whole      as `float`, but integers and booleans are returned as they are (floor, ceil, trunc)
    compare    as `same`; Python ints beyond the range of the other operand compare exactly
    logical    operands converted to bool
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import BOOL, F64, I8, I64, DType, array
from anvil.library import formulas as f
from anvil.library.atoms import dtype_argument, dtype_in, everywhere, shape_in, truth
from anvil.library.formulas import Formula, op
from anvil.parser.arrays.promotion import fits, float_of, mean_of
from anvil.parser.context import Context, Intrinsic
from anvil.parser.state.values import Abstract, NDArray


def apply(
    ctx: Context,
    name: str,
    formula: Formula,
    rule: str,
    xs: Sequence[Any],
    dtype: Any = None,
    casting: str = "same_kind",
) -> Any:
    """The atom of a ufunc applied to array-likes (a pair for those with two results)."""
    wanted = dtype_argument(ctx, dtype)
    if wanted is BOOL and rule in ("compare", "logical"):
        wanted = None
    if rule == "logical":
        shape = ctx.broadcast_shapes(*(ctx.shape_of(x) for x in xs))
        return formula(ctx.b, *(ctx.broadcast(truth(ctx, x), shape) for x in xs))
    common = _computed_in(ctx, name, rule, wanted or ctx.promote(*xs), wanted is not None)
    if wanted is not None or casting != "same_kind":
        _castable_operands(ctx, name, xs, common, casting)
    if rule == "whole" and not common.inexact:
        return ctx.operands(*xs, dtype=common)[0]
    if rule == "compare" and common.kind in "iu":
        beyond = _beyond(ctx, xs, common)
        if beyond is not None:
            return formula(ctx.b, *beyond)
    atoms = ctx.operands(*xs, dtype=common)
    if rule == "power" and common.kind == "i":
        _not_negative(ctx, atoms[1])
    return formula(ctx.b, *atoms)


def _computed_in(ctx: Context, name: str, rule: str, common: DType, given: bool) -> DType:
    if rule == "number" and common is BOOL:
        ctx.error("bad-operand", f"NumPy's {name} is not defined for booleans")
    if common.kind == "c" and name in _real_only():
        ctx.error("bad-operand", f"NumPy's {name} is not defined for complex numbers")
    if rule == "integer" and common.inexact:
        ctx.error("bad-operand", f"NumPy's {name} is not defined for {common.np.name}")
    if rule in ("small", "integer", "power") and common is BOOL:
        return I8
    if rule == "whole" and not common.inexact:
        return common
    if given:
        return common
    if rule in ("float", "whole"):
        return float_of(common)
    if rule == "wide" and common.kind != "c":
        return F64
    return mean_of(common) if rule == "ratio" else common


@functools.cache
def _real_only() -> frozenset[str]:
    """The functions that NumPy does not define for complex numbers."""
    ufuncs = (v for v in vars(np).values() if isinstance(v, np.ufunc))
    real = {f.__name__ for f in ufuncs if not any(t[0] in "FD" for t in f.types)}
    return frozenset((*real, "isposinf", "isneginf"))


def _beyond(ctx: Context, xs: Sequence[Any], common: DType) -> list[Atom] | None:
    """Operands that compare like these, if one is a Python int that `common` cannot hold."""
    for i, x in enumerate(xs):
        if ctx.kind_of(x) == "py" and ctx.is_known(x) and not fits(int(ctx.known(x)), common):
            shape = ctx.broadcast_shapes(*(ctx.shape_of(x) for x in xs))
            t = array(I64, shape)
            far = ctx.b.const(1 if ctx.known(x) > 0 else -1, t)
            return [far if i == j else ctx.b.zeros(t) for j in range(len(xs))]
    return None


def _not_negative(ctx: Context, exponent: Atom) -> None:
    fine = ctx.b.ge(exponent, ctx.b.zeros_like(exponent))
    every = ctx.b.reduce_and(fine, axes=tuple(range(len(shape_in(fine)))))
    ctx.check(every, ValueError, "Integers to negative integer powers are not allowed.")


def _castable_operands(
    ctx: Context, name: str, xs: Sequence[Any], common: DType, casting: str
) -> None:
    """Refuses operands that NumPy would not convert to the dtype that is computed in."""
    for i, x in enumerate(xs):
        dtype, weak = ctx.strength(x)
        fine = np.can_cast(dtype.np, common.np, _rule(ctx, casting))
        if weak:
            order = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}
            fine = order[dtype.kind] <= order[common.kind] or casting == "unsafe"
        if not fine:
            ctx.error(
                "dtype-mismatch",
                f"Cannot cast ufunc '{name}' input {i} from {dtype.np} to {common.np} with "
                f"casting rule '{casting}'",
            )


def _rule(ctx: Context, casting: Any) -> Any:
    """A `casting=` argument."""
    rule = ctx.known(casting, "the casting rule")
    if rule not in ("no", "equiv", "safe", "same_kind", "unsafe"):
        ctx.error(
            "bad-value", "casting must be one of 'no', 'equiv', 'safe', 'same_kind', or 'unsafe'"
        )
    return rule


def deliver(
    ctx: Context, atom: Atom, out: Any, where: Any = True, casting: str = "same_kind"
) -> Abstract:
    """A ufunc's result: fresh, or written into `out` (by NumPy's rule of casting), only where
    `where` holds."""
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
        ctx.error("bad-operand", f"out must be an array, not {ctx.describe(target)}")
    if not np.can_cast(dtype_in(atom).np, target.type.dtype.np, _rule(ctx, casting)):
        ctx.error(
            "dtype-mismatch",
            f"NumPy does not cast {dtype_in(atom)} to out's {target.type.dtype} ({casting})",
        )
    if shape_in(atom) != target.type.shape:
        atom = ctx.broadcast(atom, target.type.shape)
    atom = ctx.cast(atom, target.type.dtype)
    if not everywhere(ctx, where):
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
        how = _rule(ctx, casting)
        return deliver(ctx, apply(ctx, name, formula, rule, xs, dtype, how), out, where, how)

    return Intrinsic(run)


def outer(name: str, formula: Formula, rule: str) -> Intrinsic:
    """`ufunc.outer`: every element of the first with every element of the second operand."""

    def run(ctx: Context, a: Any, b: Any, **kwargs: Any) -> Abstract:
        x, trailing = ctx.atom(a), len(ctx.shape_of(b))
        left = ctx.array(ctx.b.reshape(x, shape=(*shape_in(x), *(1,) * trailing)))
        found: Abstract = ufunc(name, 2, formula, rule).run(ctx, left, b, **kwargs)
        return found

    return Intrinsic(run)


def _paired(name: str, arity: int, formula: Any, rule: str) -> Intrinsic:
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
        if len(xs) > arity:
            xs, outs = xs[:arity], (*xs[arity:], None)[:2]
        if len(xs) != arity:
            ctx.error("wrong-arguments", f"{name} takes {arity} operands, got {len(xs)}")
        how = _rule(ctx, casting)
        found = apply(ctx, name, formula, rule, xs, dtype, how)
        return ctx.tuple([deliver(ctx, x, o, where, how) for x, o in zip(found, outs, strict=True)])

    return Intrinsic(run)


_UNARY_FLOAT = (
    *("exp", "exp2", "expm1", "log", "log1p", "log2", "log10"),
    *("sqrt", "cbrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"),
)

TABLE: dict[Any, tuple[int, Formula, str]] = {
    **{getattr(np, name): (1, op(name), "float") for name in _UNARY_FLOAT},
    np.arcsin: (1, op("asin"), "float"),
    np.arccos: (1, op("acos"), "float"),
    np.arctan: (1, op("atan"), "float"),
    np.arcsinh: (1, op("asinh"), "float"),
    np.arccosh: (1, op("acosh"), "float"),
    np.arctanh: (1, op("atanh"), "float"),
    np.arctan2: (2, op("atan2"), "float"),
    np.hypot: (2, f.hypot, "float"),
    np.logaddexp: (2, f.logaddexp, "float"),
    np.logaddexp2: (2, f.logaddexp2, "float"),
    np.heaviside: (2, f.heaviside, "float"),
    np.copysign: (2, f.copysign, "float"),
    np.signbit: (1, f.sign_bit, "float"),
    np.radians: (1, f.scaled(np.pi / 180), "float"),
    np.deg2rad: (1, f.scaled(np.pi / 180), "float"),
    np.degrees: (1, f.scaled(180 / np.pi), "float"),
    np.rad2deg: (1, f.scaled(180 / np.pi), "float"),
    np.fabs: (1, op("abs"), "float"),
    np.sinc: (1, f.sinc, "float"),
    np.floor: (1, op("floor"), "whole"),
    np.ceil: (1, op("ceil"), "whole"),
    np.trunc: (1, op("trunc"), "whole"),
    np.fix: (1, op("trunc"), "whole"),
    np.rint: (1, f.rint, "float"),
    np.negative: (1, op("neg"), "number"),
    np.positive: (1, f.identity, "number"),
    np.absolute: (1, f.absolute, "same"),
    np.sign: (1, f.sign, "number"),
    np.square: (1, f.square, "small"),
    np.reciprocal: (1, f.reciprocal, "small"),
    np.conjugate: (1, f.conj, "same"),
    np.add: (2, f.boolean_or("add", "or"), "same"),
    np.subtract: (2, op("sub"), "number"),
    np.multiply: (2, f.boolean_or("mul", "and"), "same"),
    np.divide: (2, op("div"), "ratio"),
    np.floor_divide: (2, op("floor_div"), "small"),
    np.remainder: (2, op("mod"), "small"),
    np.fmod: (2, op("rem"), "small"),
    np.power: (2, op("pow"), "power"),
    np.float_power: (2, op("pow"), "wide"),
    np.maximum: (2, f.MAXIMUM, "same"),
    np.minimum: (2, f.MINIMUM, "same"),
    np.fmax: (2, f.number_over_nan(f.MAXIMUM), "same"),
    np.fmin: (2, f.number_over_nan(f.MINIMUM), "same"),
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
    np.bitwise_and: (2, op("and"), "same"),
    np.bitwise_or: (2, op("or"), "same"),
    np.bitwise_xor: (2, op("xor"), "same"),
    np.invert: (1, op("not"), "same"),
    np.left_shift: (2, op("shift_left"), "integer"),
    np.right_shift: (2, op("shift_right_arithmetic"), "integer"),
    np.isfinite: (1, f.on_floats("is_finite", True), "same"),
    np.isnan: (1, f.on_floats("is_nan", False), "same"),
    np.isinf: (1, f.is_inf, "same"),
    np.isposinf: (1, f.infinite(True), "same"),
    np.isneginf: (1, f.infinite(False), "same"),
    np.isreal: (1, f.is_real, "same"),
    np.iscomplex: (1, f.is_complex, "same"),
}
"""Arity, formula and dtype rule by function."""


def _ldexp(ctx: Context, x1: Any, x2: Any) -> Abstract:
    """x1 * 2**x2 in the float dtype of x1."""
    if ctx.strength(x2)[0].inexact:
        ctx.error("bad-operand", "the exponent of ldexp must be an integer")
    t = float_of(ctx.type_of(x1).dtype)
    x, n = ctx.operands(x1, x2, dtype=t)
    return ctx.result(f.scale_by_power(ctx.b, x, n))


FUNCTIONS: dict[Any, Intrinsic] = {
    **{fn: ufunc(fn.__name__, *row) for fn, row in TABLE.items()},
    **{
        fn.outer: outer(fn.__name__, *row[1:])
        for fn, row in TABLE.items()
        if isinstance(fn, np.ufunc) and row[0] == 2
    },
    np.divmod: _paired("divmod", 2, f.div_mod, "small"),
    np.modf: _paired("modf", 1, f.mod_parts, "float"),
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
