"""Python's operators on abstract values: folding, NEP 50, Python's exceptions, NumPy's integer rules."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, F64, I8, I64, DType, array
from anvil.parser import ranges
from anvil.parser.arraylike import is_arraylike, kind_of, strength
from anvil.parser.promotion import castable, mean_of, promote
from anvil.parser.values import (
    Abstract,
    Closure,
    Known,
    ListV,
    NDArray,
    ObjectV,
    Scalar,
    TupleV,
    is_number,
    scalar,
)

if TYPE_CHECKING:
    from anvil.parser.context import Context

HOST: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
KINDS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "div",
    "//": "floor_div",
    "%": "mod",
    "**": "pow",
    "&": "and",
    "|": "or",
    "^": "xor",
    "<<": "shift_left",
    ">>": "shift_right_arithmetic",
    "==": "eq",
    "!=": "ne",
    "<": "lt",
    "<=": "le",
    ">": "gt",
    ">=": "ge",
}
DUNDER = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
    "&": "and",
    "|": "or",
    "^": "xor",
    "<<": "lshift",
    ">>": "rshift",
}
COMPARE_DUNDER = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_SWAPPED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_DIVISION_MESSAGE = {
    "/": ("division by zero", "float division by zero"),
    "//": ("integer division or modulo by zero", "float floor division by zero"),
    "%": ("integer modulo by zero", "float modulo"),
}
_NUMBERS = ("py", "np", "array")


def binary(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract:
    """`a op b`."""
    if type(a) is Known and type(b) is Known:
        return folded(ctx, op, a, b)
    ka, kb = kind_of(a), kind_of(b)
    if isinstance(a, ObjectV) or isinstance(b, ObjectV):
        return _overloaded(ctx, op, a, b)
    if op == "@":
        return ctx.call(np.matmul, a, b)
    if ka in _NUMBERS and kb in _NUMBERS:
        if ka == kb == "py":
            return _python(ctx, op, a, b)
        return _numpy(ctx, op, a, b)
    return _sequence(ctx, op, a, b, ka, kb)


def folded(ctx: Context, op: str, a: Known, b: Known) -> Abstract:
    """The operator on two known objects, evaluated by Python."""
    try:
        with np.errstate(all="ignore"):
            return ctx.constant(HOST[op](a.value, b.value))
    except ZeroDivisionError as error:
        ctx.fail(ZeroDivisionError, *error.args)
    except (TypeError, ValueError, OverflowError) as error:
        ctx.error("bad-operand", f"{a.describe()} {op} {b.describe()}: {error}")


# ---- Python numbers


def _python(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract:
    sa, sb = strength(ctx, a), strength(ctx, b)
    dtype = promote(sa, sb)
    if op in ("&", "|", "^"):
        if dtype.kind not in "bi":
            _refuse(ctx, op, a, b)
        return scalar(ctx.b.emit(KINDS[op], (ctx.atom(a, dtype), ctx.atom(b, dtype))), True)
    if dtype is BOOL:
        dtype = I64
    if op in ("/", "//", "%"):
        return _python_division(ctx, op, a, b, dtype)
    if op == "**":
        return _python_power(ctx, a, b, dtype)
    if op in ("<<", ">>"):
        return _shift(ctx, op, a, b, dtype)
    atom = ctx.b.emit(KINDS[op], (ctx.atom(a, dtype), ctx.atom(b, dtype)))
    if dtype is I64:
        ranges.note(ctx, op, a, b, atom)
    return scalar(atom, True)


def _python_division(ctx: Context, op: str, a: Abstract, b: Abstract, dtype: DType) -> Abstract:
    message = _DIVISION_MESSAGE[op][dtype is not I64 and dtype.kind == "f"]
    if dtype.kind == "c" and op != "/":
        _refuse(ctx, op, a, b)
    compute = F64 if op == "/" and dtype is I64 else dtype
    y = ctx.atom(b, compute)
    if not ranges.nonzero(ctx, b):
        ctx.check(ctx.b.ne(y, 0), ZeroDivisionError, message)
    atom = ctx.b.emit(KINDS[op], (ctx.atom(a, compute), y))
    if dtype is I64:
        ranges.note(ctx, op, a, b, atom)
    return scalar(atom, True)


def _python_power(ctx: Context, a: Abstract, b: Abstract, dtype: DType) -> Abstract:
    if dtype is I64:
        exponent = ctx.known(b, "the exponent of an int")
        if exponent >= 0:
            return scalar(_repeated(ctx, ctx.atom(a, I64), int(exponent)), True)
        dtype = F64
    x, y = ctx.atom(a, dtype), ctx.atom(b, dtype)
    if dtype is F64:
        _check_power(ctx, x, y)
    return scalar(power(ctx, x, y), True)


def _check_power(ctx: Context, x: Atom, y: Atom) -> None:
    """Python raises for 0.0 ** -1 and leaves the reals for (-1.0) ** 0.5."""
    b = ctx.b
    if isinstance(x, Const) and float(x.value) > 0:  # type: ignore[arg-type]
        return
    whole = y.value == int(y.value) if isinstance(y, Const) and np.isfinite(y.value) else None
    if not (isinstance(y, Const) and y.value >= 0):  # type: ignore[operator]
        fine = b.or_(b.ne(x, 0), b.ge(y, 0))
        ctx.check(fine, ZeroDivisionError, "0.0 cannot be raised to a negative power")
    if not whole:
        fine = b.or_(b.ge(x, 0), b.eq(y, b.floor(y)))
        ctx.check(fine, ValueError, "a negative number to a fractional power is complex")


def _repeated(ctx: Context, x: Atom, n: int) -> Atom:
    """x ** n for an int n >= 0 by repeated squaring."""
    result: Atom | None = None
    while n:
        if n & 1:
            result = x if result is None else ctx.b.mul(result, x)
        n >>= 1
        if n:
            x = ctx.b.mul(x, x)
    return Const(x.type, 1) if result is None else result  # type: ignore[arg-type]


def _shift(ctx: Context, op: str, a: Abstract, b: Abstract, dtype: DType) -> Abstract:
    if dtype.kind not in "i":
        _refuse(ctx, op, a, b)
    n = ctx.atom(b, I64)
    ctx.check(ctx.b.ge(n, 0), ValueError, "negative shift count")
    return scalar(ctx.b.emit(KINDS[op], (ctx.atom(a, I64), n)), True)


# ---- NumPy scalars and arrays


def _numpy(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract:
    dtype = ctx.promote(a, b)
    if dtype is BOOL:
        dtype = _bool_rule(ctx, op, a, b)
    if op == "/":
        dtype = mean_of(dtype)
    if op in ("&", "|", "^", "<<", ">>") and dtype.inexact:
        _refuse(ctx, op, a, b)
    if op == "**":
        return ctx.result(_numpy_power(ctx, a, b, dtype))
    x, y = ctx.operands(a, b, dtype=dtype)
    kind = KINDS[op]
    if dtype is BOOL and op in "+*":
        kind = "or" if op == "+" else "and"
    return ctx.result(ctx.b.emit(kind, (x, y)))


def _bool_rule(ctx: Context, op: str, a: Abstract, b: Abstract) -> DType:
    if op == "-":
        hint = "Use `^` or np.logical_xor."
        ctx.error("bad-operand", "NumPy does not subtract booleans with `-`", hint=hint)
    return I8 if op in ("//", "%", "**", "<<", ">>") else BOOL


def _numpy_power(ctx: Context, a: Abstract, b: Abstract, dtype: DType) -> Atom:
    x, y = ctx.operands(a, b, dtype=dtype)
    if not dtype.inexact:
        negative = "Integers to negative integer powers are not allowed."
        if isinstance(y, Const):
            if int(y.value) < 0:  # type: ignore[arg-type]
                ctx.fail(ValueError, negative)
            return _repeated(ctx, x, int(y.value))  # type: ignore[arg-type]
        if dtype.kind == "i":
            fine = ctx.b.ge(y, 0)
            axes = tuple(range(len(fine.type.shape)))
            ctx.check(ctx.b.reduce_and(fine, axes=axes) if axes else fine, ValueError, negative)
    return power(ctx, x, y)


def power(ctx: Context, x: Atom, y: Atom) -> Atom:
    """x ** y of one inexact dtype, with the exact forms NumPy uses for the exponents -1, 0.5, 1 and 2."""
    b = ctx.b
    if isinstance(y, Const):
        if y.value == 2:
            return b.mul(x, x)  # type: ignore[no-any-return]
        if y.value == 1:
            return x
        if y.value == 0.5:
            return b.sqrt(x)  # type: ignore[no-any-return]
        if y.value == -1:
            return b.div(Const(x.type, 1), x)  # type: ignore[arg-type, no-any-return]
    return b.pow(x, y)  # type: ignore[no-any-return]


# ---- unary operators


def unary(ctx: Context, op: str, v: Abstract) -> Abstract:
    """`-v`, `+v` or `~v`."""
    if isinstance(v, ObjectV):
        name = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}[op]
        return ctx.session.calls.method(ctx, v, name, [])
    if type(v) is Known and is_number(v.value):
        fn = {"-": operator.neg, "+": operator.pos, "~": operator.invert}[op]
        try:
            with np.errstate(all="ignore"):
                return Known(fn(v.value))
        except TypeError as error:
            ctx.error("bad-operand", str(error))
    kind = kind_of(v)
    if kind not in _NUMBERS:
        ctx.error("bad-operand", f"bad operand for unary {op}: {ctx.describe(v)}")
    x = ctx.atom(v)
    dtype = x.type.dtype  # type: ignore[union-attr]
    if kind == "py" and dtype is BOOL:
        x, dtype = ctx.cast(x, I64), I64
    if op == "-" and dtype is BOOL:
        ctx.error("bad-operand", "NumPy does not negate booleans with `-`", hint="Use `~`.")
    if op == "~" and dtype.inexact:
        ctx.error("bad-operand", f"~ is not defined for {dtype.np.name}")
    if op != "+":
        x = ctx.b.neg(x) if op == "-" else ctx.b.not_(x)
    if kind == "py" and dtype is I64:
        ranges.note_unary(ctx, op, v, x)
    return scalar(x, True) if kind == "py" else ctx.result(x)


# ---- comparison and truth


def compare(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract:
    """`a op b` for a comparison operator."""
    if op in ("is", "is not", "in", "not in"):
        found = _identity(ctx, a, b) if op.startswith("is") else contains(ctx, b, a)
        return negated(ctx, found) if "not" in op else found
    if type(a) is Known and type(b) is Known:
        return folded(ctx, op, a, b)
    ka, kb = kind_of(a), kind_of(b)
    if isinstance(a, ObjectV) or isinstance(b, ObjectV):
        return _overloaded_comparison(ctx, op, a, b)
    if ka in _NUMBERS and kb in _NUMBERS:
        return _compare_numbers(ctx, op, a, b, ka == kb == "py")
    if "array" in (ka, kb) and is_arraylike(ctx, a) and is_arraylike(ctx, b):
        return _compare_numbers(ctx, op, a, b, False)
    if ka == kb == "sequence":
        return _compare_sequences(ctx, op, a, b)
    if op in ("==", "!="):
        return Known(op == "!=")
    _refuse(ctx, op, a, b)


def _compare_numbers(ctx: Context, op: str, a: Abstract, b: Abstract, py: bool) -> Abstract:
    known = ranges.decide(ctx, op, a, b)
    if known is not None:
        return Known(known)
    x, y = ctx.operands(a, b)
    if x.type.dtype.kind == "c" and op not in ("==", "!="):  # type: ignore[union-attr]
        _refuse(ctx, op, a, b)
    atom = ctx.b.emit(KINDS[op], (x, y))
    return scalar(atom, True) if py else ctx.result(atom)


def _compare_sequences(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract:
    xs, ys = ctx.items(a), ctx.items(b)
    if op not in ("==", "!="):
        if len(xs) != len(ys):
            _refuse(ctx, op, a, b)
        return _lexicographic(ctx, op, xs, ys)
    if len(xs) != len(ys) or isinstance(a, ListV) != isinstance(b, ListV):
        return Known(op == "!=")
    atoms = [ctx.truth(compare(ctx, "==", x, y)) for x, y in zip(xs, ys, strict=True)]
    equal = conjunction(ctx, atoms)
    return negated(ctx, equal) if op == "!=" else equal


def _lexicographic(
    ctx: Context, op: str, xs: tuple[Abstract, ...], ys: tuple[Abstract, ...]
) -> Abstract:
    if not xs:
        return Known("=" in op)
    first = _as_bool(ctx, ctx.truth(compare(ctx, op[0], xs[0], ys[0])))
    if len(xs) == 1:
        return compare(ctx, op, xs[0], ys[0])
    same = _as_bool(ctx, ctx.truth(compare(ctx, "==", xs[0], ys[0])))
    rest = _as_bool(ctx, ctx.truth(_lexicographic(ctx, op, xs[1:], ys[1:])))
    return scalar(ctx.b.or_(first, ctx.b.and_(same, rest)), True)


def _as_bool(ctx: Context, v: bool | Atom) -> Atom:
    return Const(array(BOOL), v) if isinstance(v, bool) else v


def conjunction(ctx: Context, parts: list[bool | Atom]) -> Abstract:
    """Whether all of these hold."""
    if any(p is False for p in parts):
        return Known(False)
    atoms = [p for p in parts if not isinstance(p, bool)]
    if not atoms:
        return Known(True)
    total = atoms[0]
    for atom in atoms[1:]:
        total = ctx.b.and_(total, atom)
    return scalar(total, True)


def negated(ctx: Context, v: Abstract) -> Abstract:
    """`not v`."""
    t = truth(ctx, v)
    return Known(not t) if isinstance(t, bool) else scalar(ctx.b.not_(t), True)


def _identity(ctx: Context, a: Abstract, b: Abstract) -> Abstract:
    if type(a) is Known and type(b) is Known:
        if is_number(a.value) or isinstance(a.value, str):
            return Known(a.open()[0] == b.open()[0])
        return Known(a.value is b.value)
    if type(a) is Known or type(b) is Known:
        other, known = (b, a) if type(a) is Known else (a, b)
        if isinstance(known, Known) and isinstance(known.value, bool):
            if type(other) is Scalar and other.py and other.dtype is BOOL:
                return compare(ctx, "==", a, b)
        return Known(False)
    if type(a) is type(b) and not isinstance(a, Scalar | TupleV | Closure):
        return Known(a.open() == b.open())
    ctx.error("bad-operand", f"`is` of {a.describe()} and {b.describe()} has no fixed answer")


def contains(ctx: Context, container: Abstract, item: Abstract) -> Abstract:
    """`item in container`."""
    calls = ctx.session.calls
    keys = calls.dict_keys(ctx, container)
    if keys is not None:
        return Known(ctx.known(item, "the key") in keys)
    if type(container) is Known and type(item) is Known:
        try:
            return Known(item.value in container.value)
        except TypeError as error:
            ctx.error("bad-operand", str(error))
    if isinstance(container, ObjectV):
        return calls.method(ctx, container, "__contains__", [item])
    if isinstance(container, NDArray):
        x, y = ctx.operands(container, item)
        axes = tuple(range(x.type.ndim))  # type: ignore[union-attr]
        return scalar(ctx.b.reduce_or(ctx.b.eq(x, y), axes=axes), True)
    found = [ctx.truth(compare(ctx, "==", x, item)) for x in ctx.items(container)]
    absent = conjunction(ctx, [(not f) if isinstance(f, bool) else ctx.b.not_(f) for f in found])
    return negated(ctx, absent)


def truth(ctx: Context, v: Abstract) -> bool | Atom:
    """The truth of a value: known, or a scalar bool atom."""
    if type(v) is Scalar:
        return v.atom if v.dtype is BOOL else ctx.b.ne(v.atom, 0)  # type: ignore[no-any-return]
    if type(v) is Known:
        return bool(v.value)
    if type(v) is NDArray:
        if v.type.size != 1:
            message = f"the truth value of {v.describe()} is ambiguous"
            ctx.error("ambiguous-truth", message)
        x = ctx.b.reshape(ctx.read(v), shape=())
        return truth(ctx, scalar(x, False))
    if isinstance(v, ListV | TupleV):
        return bool(ctx.items(v))
    return ctx.session.calls.truth(ctx, v)  # type: ignore[no-any-return]


# ---- sequences, in-place operators, overloading


def _sequence(ctx: Context, op: str, a: Abstract, b: Abstract, ka: str, kb: str) -> Abstract:
    if "array" in (ka, kb) or "np" in (ka, kb):
        if is_arraylike(ctx, a) and is_arraylike(ctx, b):
            return _numpy(ctx, op, a, b)
    if op == "+" and ka == kb == "sequence":
        items = (*ctx.items(a), *ctx.items(b))
        if isinstance(a, ListV) and isinstance(b, ListV):
            return ctx.list(items)
        if not isinstance(a, ListV) and not isinstance(b, ListV):
            return ctx.tuple(items)
    if op == "*" and "sequence" in (ka, kb):
        seq, n = (a, b) if ka == "sequence" else (b, a)
        items = ctx.items(seq) * int(ctx.known(n, "the number of repetitions"))
        return ctx.list(items) if isinstance(seq, ListV) else ctx.tuple(items)
    _refuse(ctx, op, a, b)


def in_place(ctx: Context, op: str, target: Abstract, value: Abstract) -> Abstract | None:
    """`target op= value` where that changes the object; None where the name is rebound to `target op value`."""
    if type(target) is NDArray:
        result = binary(ctx, op, target, value)
        store(ctx, target, result, op)
        return target
    if isinstance(target, ListV) and op == "+":
        ctx.session.calls.extend(ctx, target, value)
        return target
    if isinstance(target, ObjectV):
        name = f"__i{DUNDER[op]}__"
        if hasattr(target.cls, name):
            return ctx.session.calls.method(ctx, target, name, [value])  # type: ignore[no-any-return]
    return None


def store(ctx: Context, target: NDArray, value: Abstract, op: str = "") -> None:
    """Writes `value` into an array as NumPy does: broadcast and cast (in-place operators: same kind only)."""
    t = target.type
    source = strength(ctx, value)[0]
    if source is not t.dtype and source.kind == "c" and t.dtype.kind != "c":
        ctx.error("dtype-mismatch", f"a complex value cannot be stored in {target.describe()}")
    if op and not castable(source, t.dtype):
        names = f"{source.np.name} to {t.dtype.np.name}"
        ctx.error("dtype-mismatch", f"`{op}=` cannot cast its result from {names} (same_kind)")
    x = ctx.atom(value, t.dtype)
    shape = x.type.shape  # type: ignore[union-attr]
    if shape != t.shape:
        while len(shape) > len(t.shape) and shape[0] == 1:
            shape = shape[1:]
            x = ctx.b.reshape(x, shape=shape)
        x = ctx.broadcast(x, t.shape)
    ctx.write(target, x)


def _overloaded(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract:
    name = DUNDER[op]
    calls = ctx.session.calls
    for left, right, method in ((a, b, f"__{name}__"), (b, a, f"__r{name}__")):
        if isinstance(left, ObjectV) and hasattr(left.cls, method):
            result: Abstract = calls.method(ctx, left, method, [right])
            if not (type(result) is Known and result.value is NotImplemented):
                return result
    _refuse(ctx, op, a, b)


def _overloaded_comparison(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract:
    calls = ctx.session.calls
    for left, right, sign in ((a, b, op), (b, a, _SWAPPED[op])):
        if isinstance(left, ObjectV):
            result = calls.comparison(ctx, left, COMPARE_DUNDER[sign], right)
            if result is not None:
                return result  # type: ignore[no-any-return]
    if op in ("==", "!="):
        same = isinstance(a, ObjectV) and isinstance(b, ObjectV) and a.box == b.box
        return Known(same == (op == "=="))
    _refuse(ctx, op, a, b)


def _refuse(ctx: Context, op: str, a: Abstract, b: Abstract) -> Any:
    ctx.error("bad-operand", f"`{op}` is not defined for {a.describe()} and {b.describe()}")
