"""Comparison, logic, bits and choice, element by element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from anvil.ir.families import (
    Args,
    Batched,
    Compare,
    Elementwise,
    Linear,
    arrays,
    check_dtype,
    expand_unbatched,
    is_const,
    made_by,
    same_dtype,
    same_shape,
    type_at,
)
from anvil.ir.opkind import RuleError
from anvil.ir.records import Const, Op
from anvil.ir.samples import Sample, draw, uniform
from anvil.ir.types import (
    ALL_DTYPES,
    BOOL,
    INEXACT,
    INTEGERS,
    REALS,
    ArrayType,
    DType,
    Type,
    array,
)

_SMALL = (0.0, 3.0)
_FLIP = {"eq": "ne", "ne": "eq"}


def _compare(direction: str) -> Any:
    def hlo(e: Any, op: Op) -> None:
        x, y = (e.operand(a) for a in op.args)
        t, r = e.mlir(op.args[0].type), e.mlir(op.outs[0].type)
        e.result(op.outs[0], f"stablehlo.compare {direction}, {x}, {y} : ({t}, {t}) -> {r}")

    return hlo


def _itself(value: bool, dtypes: str) -> Any:
    """Peephole: x compared with x, for dtype kinds where nan cannot make a difference."""

    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        x, y = args
        if x == y and type_at(x).dtype.kind in dtypes:
            return Const(array(BOOL, type_at(x).shape), value)
        return None

    return simplify


class Equal(Compare):
    """`x == y`."""

    name, python, numpy, hlo = "eq", (np.equal,), np.equal, _compare("EQ")
    samples, source = uniform(_SMALL, _SMALL), "{0} == {1}"

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """With itself, and of a truth value with a constant."""
        x, y = args
        if is_const(y, True, False) and type_at(y).dtype is BOOL:
            return x if y.value else b.not_(x)
        return _itself(True, "biu")(b, args, attrs)


class NotEqual(Compare):
    """`x != y`."""

    name, python, numpy, hlo = "ne", (np.not_equal,), np.not_equal, _compare("NE")
    samples, source = uniform(_SMALL, _SMALL), "{0} != {1}"

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """With itself, and of a truth value with a constant."""
        x, y = args
        if is_const(y, True, False) and type_at(y).dtype is BOOL:
            return b.not_(x) if y.value else x
        return _itself(False, "biu")(b, args, attrs)


class Less(Compare):
    """`x < y`."""

    name, python, numpy, hlo = "lt", (np.less,), np.less, _compare("LT")
    dtypes, samples, source = (BOOL, *REALS), uniform(_SMALL, _SMALL), "{0} < {1}"
    simplify = _itself(False, "biuf")


class LessEqual(Compare):
    """`x <= y`."""

    name, python, numpy, hlo = "le", (np.less_equal,), np.less_equal, _compare("LE")
    dtypes, samples, source = (BOOL, *REALS), uniform(_SMALL, _SMALL), "{0} <= {1}"
    simplify = _itself(True, "biu")


class Greater(Compare):
    """`x > y`."""

    name, python, numpy, hlo = "gt", (np.greater,), np.greater, _compare("GT")
    dtypes, samples, source = (BOOL, *REALS), uniform(_SMALL, _SMALL), "{0} > {1}"
    simplify = _itself(False, "biuf")


class GreaterEqual(Compare):
    """`x >= y`."""

    name, python, numpy, hlo = "ge", (np.greater_equal,), np.greater_equal, _compare("GE")
    dtypes, samples, source = (BOOL, *REALS), uniform(_SMALL, _SMALL), "{0} >= {1}"
    simplify = _itself(True, "biu")


class IsNan(Compare):
    """Whether x is nan, in either part of a complex number."""

    name, python, numpy, dtypes = "is_nan", (np.isnan,), np.isnan, INEXACT
    samples = uniform(_SMALL)

    @staticmethod
    def decompose(b: Any, x: Any) -> Any:
        """nan differs from itself."""
        return b.ne(x, x)


class IsFinite(Compare):
    """Whether x is neither nan nor infinite."""

    name, python, numpy, dtypes = "is_finite", (np.isfinite,), np.isfinite, INEXACT
    samples, hlo = uniform(_SMALL), "stablehlo.is_finite"

    @staticmethod
    def decompose(b: Any, x: Any) -> Any:
        """A complex number if both parts are."""
        if type_at(x).dtype.kind != "c":
            return None
        return b.and_(b.is_finite(b.real(x)), b.is_finite(b.imag(x)))


# ---- bits


class Bits(Elementwise, abstract=True):
    """Works on the bits of integers, or on truth values."""

    dtypes: ClassVar[tuple[DType, ...]] = (BOOL, *INTEGERS)
    nondiff, samples = True, uniform((-9.0, 9.0), (-9.0, 9.0))


def _ones(a: Any) -> Any:
    return True if type_at(a).dtype is BOOL else ~np.zeros((), type_at(a).dtype.np)


class Not(Bits):
    """Logical not of truth values, bitwise of integers."""

    name, python, numpy, hlo = "not", (np.invert, np.logical_not), np.invert, "stablehlo.not"
    samples, source = uniform((-9.0, 9.0)), "~{0}"

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of a not, and of == and !=."""
        inner = made_by(b, args[0], "not")
        if inner:
            return inner[0]
        op = b.producer(args[0])
        if op is not None and op.kind.name in _FLIP:
            return b.emit(_FLIP[op.kind.name], op.args)
        return None


class And(Bits):
    """Logical and of truth values, bitwise of integers."""

    name, python, numpy, hlo = "and", (np.bitwise_and,), np.bitwise_and, "stablehlo.and"
    source = "{0} & {1}"

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """With all ones, with 0 and with itself."""
        for x, y in (args, args[::-1]):
            if x == y or is_const(y, _ones(y)):
                return x
            if is_const(y, 0):
                return y
        return None


class Or(Bits):
    """Logical or of truth values, bitwise of integers."""

    name, python, numpy, hlo = "or", (np.bitwise_or,), np.bitwise_or, "stablehlo.or"
    source = "{0} | {1}"

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """With 0, with all ones and with itself."""
        for x, y in (args, args[::-1]):
            if x == y or is_const(y, 0):
                return x
            if is_const(y, _ones(y)):
                return y
        return None


class Xor(Bits):
    """Exclusive or of truth values, bitwise of integers."""

    name, python, numpy, hlo = "xor", (np.bitwise_xor,), np.bitwise_xor, "stablehlo.xor"
    source = "{0} ^ {1}"

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """With 0, with all ones and with itself."""
        for x, y in (args, args[::-1]):
            if is_const(y, 0):
                return x
            if is_const(y, _ones(y)):
                return b.not_(x)
        return b.zeros_like(args[0]) if args[0] == args[1] else None


class Shift(Bits, abstract=True):
    """Moves bits; by the width of the dtype or more nothing of them is left."""

    dtypes, samples = INTEGERS, uniform((-9.0, 9.0), (0.0, 7.0))

    @classmethod
    def simplify(cls, b: Any, args: Args, attrs: Any) -> Any:
        """By 0 places."""
        return args[0] if is_const(args[1], 0) else None


class ShiftLeft(Shift):
    """`x << n`."""

    name, python, numpy, hlo = "shift_left", (np.left_shift,), np.left_shift, "stablehlo.shift_left"
    source = "{0} << {1}"


class ShiftRightArithmetic(Shift):
    """`x >> n`, keeping the sign of signed integers."""

    name, python, numpy = "shift_right_arithmetic", (np.right_shift,), np.right_shift
    hlo, source = "stablehlo.shift_right_arithmetic", "{0} >> {1}"

    @staticmethod
    def decompose(b: Any, x: Any, n: Any) -> Any:
        """Unsigned numbers have no sign to keep."""
        return b.shift_right_logical(x, n) if type_at(x).dtype.kind == "u" else None


class ShiftRightLogical(Shift):
    """`x >> n` of the bits, zeros coming in."""

    name, hlo = "shift_right_logical", "stablehlo.shift_right_logical"

    @staticmethod
    def numpy(x: Any, n: Any) -> Any:
        """As unsigned numbers."""
        unsigned = np.dtype(f"u{x.dtype.itemsize}")
        return np.right_shift(x.view(unsigned), n.view(unsigned)).view(x.dtype)


# ---- choice


def _choices(dtype: DType) -> list[Sample]:
    out = []
    for shape in ((5,), ()):
        values = [draw(dtype, shape, -3, 3, seed) for seed in (1, 2)]
        out.append(Sample((draw(BOOL, shape, 0, 1, 0), *values)))
    return out


class Select(Linear):
    """`x` where the predicate holds, else `y`; the other one does not matter, not even if nan."""

    name, samples, dtypes = "select", _choices, ALL_DTYPES
    linear, foldable = (1, 2), True
    source = "np.where({0}, {1}, {2})"

    @staticmethod
    def numpy(pred: Any, x: Any, y: Any) -> Any:
        """np.where."""
        return np.where(pred, x, y)

    @staticmethod
    def type(*types: Type) -> Type:
        """Of the choices."""
        pred, *choices = arrays("select", types)
        shape = same_shape("select", (pred, *choices))
        if pred.dtype is not BOOL:
            raise RuleError(f"select expects a bool predicate, got {pred}")
        return array(check_dtype(Select, same_dtype("select", choices)), shape)

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int) -> Any:
        """All operands carry the mapped axis."""
        return b.select(*expand_unbatched(b, args, batched, size))

    @staticmethod
    def literal(args: Sequence[Any]) -> ArrayType | None:
        """Python numbers take the type of the other choice."""
        found: ArrayType | None = Elementwise.literal(args[1:])
        return found

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """The predicate has a type of its own."""
        names = ", ".join(e.operand(a) for a in op.args)
        e.result(
            op.outs[0],
            f"stablehlo.select {names} : {e.mlir(op.args[0].type)}, {e.mlir(op.outs[0].type)}",
        )

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args) -> None:
        """ct to what was chosen."""
        zero = t.b.zeros_like(ct)
        if t.needs(1):
            t.add(1, t.b.select(args[0], ct, zero))
        if t.needs(2):
            t.add(2, t.b.select(args[0], zero, ct))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Known or negated predicates, equal choices, truth values, the same predicate twice."""
        pred, x, y = args
        if isinstance(pred, Const):
            return x if pred.value else y
        if x == y:
            return x
        negated = made_by(b, pred, "not")
        if negated:
            return b.select(negated[0], y, x)
        if type_at(x).dtype is BOOL and isinstance(x, Const) and isinstance(y, Const):
            return pred if x.value else b.not_(pred)
        return _chosen(b, pred, x, y)


def _chosen(b: Any, pred: Any, x: Any, y: Any) -> Any:
    """A choice among choices by the same predicate."""
    inner_x, inner_y = _choice(b, pred, x, 1), _choice(b, pred, y, 2)
    if inner_x is None and inner_y is None:
        return None
    return b.select(pred, x if inner_x is None else inner_x, y if inner_y is None else inner_y)


def _choice(b: Any, pred: Any, a: Any, side: int) -> Any:
    op = b.producer(a)
    if op is None or op.kind.name != "select" or op.args[0] is not pred:
        return None
    return op.args[side]
