"""Python's ints never wrap: 64-bit arithmetic on them is checked where bounds do not exclude it.

    x + y, x - y     the signs of operands and result disagree (one comparison for a constant y)
    x * y            the product of the floats reaches 2^63; 4,096 less, for their rounding
    -x               x is the least integer
    x << n           shifting back does not give x

NumPy's integers wrap, as NumPy does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anvil.ir.records import Atom, Const, Value
from anvil.ir.types import F64
from anvil.parser.arrays import ranges

if TYPE_CHECKING:
    from anvil.parser.context import Context

_MIN, _MAX = -(2**63), 2**63 - 1
_PRODUCT = float(2**63 - 4096)
_MESSAGE = "a Python int in compiled code went beyond 64 bits"


def check(ctx: Context, op: str, x: Atom, y: Atom, result: Atom) -> None:
    """Raises OverflowError at run time if `result`, of i64 operands, is not `x op y`."""
    if type(result) is not Value or ranges.bounds_of_atom(ctx, result) is not None:
        return
    if op in "+*" and isinstance(x, Const):
        x, y = y, x
    test = {"+": _sum, "-": _difference, "*": _product, "<<": _shifted}.get(op)
    made = ctx.b.frames[-1].ops
    if test is not None and made and result in made[-1].outs:
        ctx.session.unwrapped.add(result)
    if test is not None:
        _require(ctx, test(ctx.b, x, y, result))


def exact(ctx: Context, op: str, x: Atom, y: Atom, result: Atom) -> Atom:
    """Whether `result`, of i64 operands, is `x op y`."""
    if op in "+*" and isinstance(x, Const):
        x, y = y, x
    return {"+": _sum, "-": _difference, "*": _product}[op](ctx.b, x, y, result)


def check_negation(ctx: Context, x: Atom) -> None:
    """Raises OverflowError at run time if `-x` (or its absolute value) does not exist."""
    if type(x) is Value and ranges.bounds_of_atom(ctx, x) is None:
        _require(ctx, ctx.b.ne(x, _MIN))


def _require(ctx: Context, pred: Atom) -> None:
    ctx.check(pred, OverflowError, _MESSAGE)


def _constant(atom: Atom) -> int | None:
    return int(atom.value) if isinstance(atom, Const) else None  # type: ignore[arg-type]


def _sum(b: Any, x: Atom, y: Atom, r: Atom) -> Atom:
    c = _constant(y)
    if c is not None:
        return b.ge(r, x) if c >= 0 else b.le(r, x)  # type: ignore[no-any-return]
    out: Atom = b.ge(b.and_(b.xor(x, r), b.xor(y, r)), 0)
    return out


def _difference(b: Any, x: Atom, y: Atom, r: Atom) -> Atom:
    c = _constant(y)
    if c is not None:
        return b.le(r, x) if c >= 0 else b.ge(r, x)  # type: ignore[no-any-return]
    out: Atom = b.ge(b.and_(b.xor(x, y), b.xor(x, r)), 0)
    return out


def _product(b: Any, x: Atom, y: Atom, r: Atom) -> Atom:
    c = _constant(y)
    if c is not None and abs(c) > 1:
        limit = _MAX // abs(c)
        within: Atom = b.and_(b.ge(x, -limit), b.le(x, limit))
        return within
    small: Atom = b.lt(b.abs(b.mul(b.cast(x, F64), b.cast(y, F64))), _PRODUCT)
    return small


def _shifted(b: Any, x: Atom, n: Atom, r: Atom) -> Atom:
    out: Atom = b.eq(b.shift_right_arithmetic(r, n), x)
    return out
