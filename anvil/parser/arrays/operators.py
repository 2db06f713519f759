"""Arithmetic on abstract values: folding, NEP 50, Python's exceptions, NumPy's integer rules."""

from __future__ import annotations

import enum
import operator
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, F64, I64, DType
from anvil.parser.arrays import float_errors, overflow, ranges
from anvil.parser.arrays.arraylike import is_arraylike, kind_of, strength
from anvil.parser.arrays.promotion import promote
from anvil.parser.arrays.ragged import Ragged
from anvil.parser.arrays.ragged_frames import elementwise
from anvil.parser.arrays.resolution import loop_of
from anvil.parser.arrays.whole import class_name, is_whole
from anvil.parser.containers import counting, joined_lists
from anvil.parser.containers.collection_values import DequeV, OpenTupleV
from anvil.parser.control.choices import is_split, spread
from anvil.parser.objects import overloading
from anvil.parser.reports import texts
from anvil.parser.state.memory import laid_out
from anvil.parser.state.roots import varies
from anvil.parser.state.signals import NeedStatic
from anvil.parser.state.values import (
    Abstract,
    Choice,
    DictV,
    Known,
    ListV,
    NDArray,
    ObjectV,
    Scalar,
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
UFUNCS = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.remainder,
    "**": np.power,
    "&": np.bitwise_and,
    "|": np.bitwise_or,
    "^": np.bitwise_xor,
    "<<": np.left_shift,
    ">>": np.right_shift,
}
_UNARY = {"-": np.negative, "+": np.positive, "~": np.invert}
_DIVISION_MESSAGE = {
    "/": ("division by zero", "float division by zero"),
    "//": ("integer division or modulo by zero", "float floor division by zero"),
    "%": ("integer modulo by zero", "float modulo"),
}
_NUMBERS = ("py", "np", "array")


def binary(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract:
    """`a op b`."""
    if type(a) is Known and type(b) is Known:
        known = isinstance(a.value, np.generic) or isinstance(b.value, np.generic)
        if known and ctx.raising:
            return float_errors.operator(ctx, op, a, b, lambda: folded(ctx, op, a, b))
        return folded(ctx, op, a, b)
    if isinstance(a, NDArray) and isinstance(b, NDArray) and _dense(op, a, b) and not ctx.raising:
        return laid_out(ctx, ctx.array(ctx.b.emit(KINDS[op], (ctx.read(a), ctx.read(b)))), (a, b))
    if is_split(a, True) or is_split(b, op != "%" or not _is_text(a)):
        return spread(ctx, [a, b], lambda vs: binary(ctx, op, *vs), straight=op in ("+", "-", "*"))
    own = overloading.operator(ctx, DUNDER[op], a, b)
    if own is not None:
        return own
    if isinstance(a, ObjectV) or (isinstance(b, ObjectV) and not (op == "%" and _is_text(a))):
        refuse(ctx, op, a, b)
    return _plain(ctx, op, a, b)


def _plain(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract:
    """The operator on values of Python's and NumPy's own types."""
    if op == "@":
        if kind_of(a) in ("py", "np") and kind_of(b) in ("py", "np"):
            refuse(ctx, op, a, b)
        return ctx.call(np.matmul, a, b)
    if type(a) is Ragged or type(b) is Ragged:
        fill = "zero" if op in "+-*&|^" and op != "**" else "sample"
        return elementwise(ctx, lambda x, y: binary(ctx, op, x, y), (a, b), fill)
    ka, kb = kind_of(a), kind_of(b)
    if ka in _NUMBERS and kb in _NUMBERS:
        if python_numbers(ctx, a, b):
            return _python(ctx, op, a, b)
        if ctx.raising:
            return float_errors.operator(ctx, op, a, b, lambda: _numpy(ctx, op, a, b))
        return _numpy(ctx, op, a, b)
    text = texts.operator(ctx, op, a, b)
    if text is not None:
        return text
    return _sequence(ctx, op, a, b, ka, kb)


def python_numbers(ctx: Context, a: Abstract, b: Abstract) -> bool:
    """Whether Python's own operators take these numbers: both Python's, or a complex number on the
    left of a np.float64, which is a float to it.
    """
    ka, kb = kind_of(a), kind_of(b)
    if ka == kb == "py":
        return True
    if ka != "py" or kb != "np" or strength(ctx, a)[0].kind != "c":
        return False
    return strength(ctx, b)[0] is F64


def _dense(op: str, a: NDArray, b: NDArray) -> bool:
    """Two arrays of one float type, where there is nothing to decide."""
    t = a.type
    return t is b.type and op in "+-*/" and t.dtype.inexact and t.shape != ()


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
            refuse(ctx, op, a, b)
        return scalar(ctx.b.emit(KINDS[op], (ctx.atom(a, dtype), ctx.atom(b, dtype))), True)
    if dtype is BOOL:
        dtype = I64
    if op in ("/", "//", "%"):
        return _python_division(ctx, op, a, b, dtype)
    if op == "**":
        return _python_power(ctx, a, b, dtype)
    if op in ("<<", ">>"):
        return _shift(ctx, op, a, b, dtype)
    x, y = ctx.atom(a, dtype), ctx.atom(b, dtype)
    atom = ctx.b.emit(KINDS[op], (x, y))
    if dtype is I64:
        ranges.note(ctx, op, a, b, atom)
        overflow.check(ctx, op, x, y, atom)
    return scalar(atom, True)


def _python_division(ctx: Context, op: str, a: Abstract, b: Abstract, dtype: DType) -> Abstract:
    if dtype.kind == "c" and op != "/":
        refuse(ctx, op, a, b)
    message = "complex division by zero"
    if dtype.kind != "c":
        message = _DIVISION_MESSAGE[op][dtype is not I64]
    compute = F64 if op == "/" and dtype is I64 else dtype
    y = ctx.atom(b, compute)
    if not ranges.nonzero(ctx, b):
        ctx.check(ctx.b.ne(y, 0), ZeroDivisionError, message)
    atom = ctx.b.emit(KINDS[op], (ctx.atom(a, compute), y))
    if dtype is I64:
        ranges.note(ctx, op, a, b, atom)
    return scalar(atom, True)


def _int_power(base: Any, exponent: Any, bits: Any) -> Any:
    """A power of Python ints by squares; `exponent` has so many bits."""
    power = 1
    for k in range(bits):
        if exponent >> k & 1:
            power = power * base
        if exponent >> (k + 1):
            base = base * base
    return power


def _whole_power(base: Any, exponent: Any) -> Any:
    """The same for an exponent that nothing bounds."""
    power = 1
    while exponent:
        if exponent & 1:
            power = power * base
        exponent = exponent >> 1
        if exponent:
            base = base * base
    return power


def _either_power(base: Any, exponent: Any) -> Any:
    """A power of Python ints: a float where the exponent is negative."""
    return _whole_power(base, exponent) if exponent >= 0 else float(base) ** exponent


def _power_of_ints(ctx: Context, a: Abstract, b: Abstract) -> Abstract | None:
    """`a ** b` of ints; None where `b` is known to be negative. The sign decides the type of the
    power, so the exponent is asked for first.
    """
    if not ctx.is_known(b):
        bounds = ranges.bounds_of(ctx, b)
        if bounds is not None and 0 <= bounds[0] <= bounds[1] < 64:
            return ctx.call_library(_int_power, a, b, bounds[1].bit_length())
        if ranges.is_natural(ctx, b):
            return ctx.call_library(_whole_power, a, b)
        if ctx.loc in ctx.session.exact:
            return ctx.call_library(_either_power, a, b)
    try:
        exponent = ctx.known(b, "the exponent of an int")
    except NeedStatic as need:
        ctx.session.choosable[need.error] = ctx.loc
        raise
    if exponent < 0:
        return None
    return scalar(_repeated(ctx, ctx.atom(a, I64), int(exponent), True), True)


def _python_power(ctx: Context, a: Abstract, b: Abstract, dtype: DType) -> Abstract:
    if dtype is I64:
        found = _power_of_ints(ctx, a, b)
        if found is not None:
            return found
        dtype = F64
    x, y = ctx.atom(a, dtype), ctx.atom(b, dtype)
    if dtype is F64:
        return scalar(_float_power(ctx, x, y), True)
    return scalar(_complex_power(ctx, x, y), True)


def _float_power(ctx: Context, x: Atom, y: Atom) -> Atom:
    """Python raises for 0.0 ** -1, leaves the reals for (-1.0) ** 0.5, and does not overflow."""
    b = ctx.b
    above = isinstance(x, Const) and x.value > 0  # type: ignore[operator]
    exponent = float(y.value) if isinstance(y, Const) else None  # type: ignore[arg-type]
    finite = b.and_(b.is_finite(x), b.is_finite(y))
    if not above and not (exponent is not None and exponent >= 0):
        fine = b.or_(b.or_(b.ne(x, 0), b.not_(b.lt(y, 0))), b.not_(b.is_finite(y)))
        ctx.check(fine, ZeroDivisionError, "0.0 cannot be raised to a negative power")
    if not above and not (exponent is not None and exponent.is_integer()):
        fine = b.or_(b.not_(b.lt(x, 0)), b.eq(y, b.floor(y)))
        if exponent != 0.5:
            fine = b.or_(fine, b.not_(finite))
        ctx.check(fine, ValueError, "a negative number to a fractional power is complex")
    if exponent == 0.5:
        return b.sqrt(x)  # type: ignore[no-any-return]
    out = power(ctx, x, y)
    if exponent is None or exponent not in (0.0, 1.0):
        fine = b.or_(b.is_finite(out), b.not_(finite))
        ctx.check(fine, OverflowError, 34, "Numerical result out of range")
    return out


def _complex_power(ctx: Context, x: Atom, y: Atom) -> Atom:
    """Python raises for 0j to anything that is not a positive real, and does not overflow."""
    b = ctx.b
    re, im = b.real(y), b.imag(y)
    one, zero = Const(type_at(x), 1), b.eq(y, 0)
    legal = b.or_(zero, b.and_(b.eq(im, 0), b.not_(b.lt(re, 0))))
    fine = b.or_(b.ne(x, 0), legal)
    ctx.check(fine, ZeroDivisionError, "0.0 to a negative or complex power")
    out = b.select(zero, one, power(ctx, x, y))
    given = b.and_(b.is_finite(x), b.is_finite(y))
    ctx.check(b.or_(b.is_finite(out), b.not_(given)), OverflowError, "complex exponentiation")
    return out  # type: ignore[no-any-return]


def _repeated(ctx: Context, x: Atom, n: int, python: bool = False) -> Atom:
    """x ** n for an int n >= 0 by repeated squaring, checked for Python's ints."""
    result: Atom | None = None

    def product(p: Atom, q: Atom) -> Atom:
        found: Atom = ctx.b.mul(p, q)
        if python:
            overflow.check(ctx, "*", p, q, found)
        return found

    while n:
        if n & 1:
            result = x if result is None else product(result, x)
        n >>= 1
        if n:
            x = product(x, x)
    return Const(x.type, 1) if result is None else result  # type: ignore[arg-type]


def _shift(ctx: Context, op: str, a: Abstract, b: Abstract, dtype: DType) -> Abstract:
    if dtype.kind not in "i":
        refuse(ctx, op, a, b)
    x, n = ctx.atom(a, I64), ctx.atom(b, I64)
    ctx.check(ctx.b.ge(n, 0), ValueError, "negative shift count")
    atom = ctx.b.emit(KINDS[op], (x, n))
    overflow.check(ctx, op, x, n, atom)
    return scalar(atom, True)


# ---- NumPy scalars and arrays


def _numpy(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract:
    dtype = loop_of(ctx, UFUNCS[op], (a, b))[0]
    if op == "**":
        return laid_out(ctx, ctx.result(_numpy_power(ctx, a, b, dtype)), (a, b))
    x, y = ctx.operands(a, b, dtype=dtype)
    kind = KINDS[op]
    if dtype is BOOL and op in "+*":
        kind = "or" if op == "+" else "and"
    return laid_out(ctx, ctx.result(ctx.b.emit(kind, (x, y))), (a, b))


def _numpy_power(ctx: Context, a: Abstract, b: Abstract, dtype: DType) -> Atom:
    x, y = ctx.operands(a, b, dtype=dtype)
    if not dtype.inexact:
        negative = "Integers to negative integer powers are not allowed."
        if isinstance(y, Const):
            if y.value < 0:  # type: ignore[operator]
                ctx.fail(ValueError, negative)
            return _repeated(ctx, x, int(y.value))  # type: ignore[arg-type]
        if dtype.kind == "i":
            fine = ctx.b.ge(y, 0)
            axes = tuple(range(len(fine.type.shape)))
            ctx.check(ctx.b.reduce_and(fine, axes=axes) if axes else fine, ValueError, negative)
    return power(ctx, x, y)


def power(ctx: Context, x: Atom, y: Atom) -> Atom:
    """x ** y of one inexact dtype, with the exact forms NumPy uses for the exponents -1, 0.5, 1 and
    2.
    """
    b = ctx.b
    special = y.value if isinstance(y, Const) else None
    out: Atom = x
    if special == 2:
        out = b.mul(x, x)
    elif special == 0.5:
        out = b.sqrt(x)
    elif special == -1:
        out = b.div(Const(type_at(x), 1), x)
    elif special != 1:
        out = b.pow(x, y)
    return out


# ---- unary operators


def unary(ctx: Context, op: str, v: Abstract) -> Abstract:
    """`-v`, `+v` or `~v`."""
    name = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}[op]
    if isinstance(v, ObjectV) or overloading.defines(v, name):
        return ctx.session.calls.method(ctx, v, name, [])
    if type(v) is Known and (is_number(v.value) or isinstance(v.value, enum.Flag)):
        fn: Any = {"-": operator.neg, "+": operator.pos, "~": operator.invert}[op]
        try:
            with np.errstate(all="ignore"):
                return Known(fn(v.value))
        except TypeError as error:
            ctx.error("bad-operand", str(error), raises=TypeError, words=str(error))
    if isinstance(v, Choice):
        return spread(ctx, [v], lambda vs: unary(ctx, op, *vs))
    if isinstance(v, Ragged):
        return elementwise(ctx, lambda x: unary(ctx, op, x), (v,), "zero")
    if isinstance(v, DictV) and issubclass(v.cls, Counter) and op in counting.UNARY:
        made: Abstract = ctx.session.calls.call_entry(ctx, counting.UNARY[op], [v], {})
        return made
    if kind_of(v) not in _NUMBERS:
        ctx.error("bad-operand", f"bad operand for unary {op}: {ctx.describe(v)}", raises=TypeError)
    return _unary_number(ctx, op, v, kind_of(v) == "py")


def _unary_number(ctx: Context, op: str, v: Abstract, py: bool) -> Abstract:
    x = ctx.atom(v)
    dtype = type_at(x).dtype
    if py and dtype is BOOL:
        x, dtype = ctx.cast(x, I64), I64
    if py and op == "~" and dtype.inexact:
        ctx.error("bad-operand", f"bad operand type for unary ~: '{dtype.np.name.strip('12468')}'")
    if not py:
        loop_of(ctx, _UNARY[op], (v,))
    if py and op == "-" and dtype is I64:
        overflow.check_negation(ctx, x)
    if op != "+":
        x = ctx.b.neg(x) if op == "-" else ctx.b.not_(x)
    if not py:
        return laid_out(ctx, ctx.result(x), (v,))
    if dtype is I64:
        ranges.note_unary(ctx, op, v, x)
    return scalar(x, True)


# ---- sequences and overloading


def _sequence(ctx: Context, op: str, a: Abstract, b: Abstract, ka: str, kb: str) -> Abstract:
    numpy = "array" in (ka, kb) or "np" in (ka, kb)
    if op == "*" and {ka, kb} == {"sequence", "np"}:
        numpy = False  # NumPy's scalars leave it to the sequence, which takes integers
        if strength(ctx, a if ka == "np" else b)[0].kind not in "iu":
            refuse(ctx, op, a, b)
    if numpy and is_arraylike(ctx, a) and is_arraylike(ctx, b):
        return _numpy(ctx, op, a, b)
    if isinstance(a, DequeV) or isinstance(b, DequeV):
        return _container(ctx, op, a, b)
    if op == "+" and ka == kb == "sequence" and _sequence_class(a) is _sequence_class(b):
        return _joined(ctx, a, b)
    if op == "*" and "sequence" in (ka, kb):
        return _repeated_sequence(ctx, *((a, b) if ka == "sequence" else (b, a)))
    if op in "*%" and (_is_text(a) or (op == "*" and _is_text(b))):
        other, kind = (b, kb) if _is_text(a) else (a, ka)
        if op == "*" and (kind not in _NUMBERS or strength(ctx, other)[0].kind not in "biu"):
            refuse(ctx, op, a, b)
        ctx.known(a, "the operand of an operator on strings")
        ctx.known(b, "the operand of an operator on strings")
        return folded(ctx, op, a, b)  # type: ignore[arg-type]
    return _container(ctx, op, a, b)


def _container(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract:
    """An operator on dicts, sets or deques."""
    found: Abstract | None = ctx.session.calls.container_operator(ctx, op, a, b)
    return refuse(ctx, op, a, b) if found is None else found


def _sequence_class(v: Abstract) -> type:
    """list or tuple; the class of another known sequence."""
    if isinstance(v, Known):
        kind = type(v.value)
        return tuple if isinstance(v.value, tuple) else kind
    if isinstance(v, ListV):
        return list if issubclass(v.cls, list) else v.cls
    return tuple


def _joined(ctx: Context, a: Abstract, b: Abstract) -> Abstract:
    """`a + b` of two lists or two tuples."""
    if isinstance(a, OpenTupleV) or isinstance(b, OpenTupleV):
        x, y = (v if isinstance(v, ListV) else ctx.list(ctx.items(v)) for v in (a, b))
        whole = joined_lists.joined(ctx, x, y)
        if whole is None:
            ctx.error(
                "unlike-elements", "two tuples of unlike things, whose length the data decide"
            )
        return OpenTupleV(whole.box)
    if isinstance(a, ListV) and isinstance(b, ListV):
        both = joined_lists.joined(ctx, a, b)
        return ctx.list((*ctx.items(a), *ctx.items(b))) if both is None else both
    return ctx.tuple((*ctx.items(a), *ctx.items(b)))


def _repeated_sequence(ctx: Context, seq: Abstract, n: Abstract) -> Abstract:
    """`seq * n` of a list or tuple."""
    if isinstance(n, Scalar | Known) and not is_whole(n):
        wrong = class_name(n)
        ctx.error("bad-operand", f"can't multiply sequence by non-int of type {wrong!r}")
    if isinstance(n, Scalar) and varies(ctx, n.atom):
        held = seq if isinstance(seq, ListV) else ctx.list(ctx.items(seq))
        out = joined_lists.repeated_by_data(ctx, held, n)
        return out if type(seq) is ListV else OpenTupleV(out.box)
    times = int(ctx.known(n, "the number of repetitions"))
    if not isinstance(seq, ListV):
        return ctx.tuple(ctx.items(seq) * times)
    long = joined_lists.repeated(ctx, seq, times)
    if isinstance(seq, OpenTupleV) and long is not None:
        return OpenTupleV(long.box)
    return ctx.list(ctx.items(seq) * times) if long is None else long


def _is_text(v: Abstract) -> bool:
    return isinstance(v, Known) and isinstance(v.value, str | bytes)


def refuse(ctx: Context, op: str, a: Abstract, b: Abstract) -> NoReturn:
    """Refuses an operator that is not defined for its operands."""
    ctx.error(
        "bad-operand",
        f"`{op}` is not defined for {a.describe()} and {b.describe()}",
        raises=TypeError,
    )
