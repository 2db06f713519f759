"""Comparisons that hold for the numbers as they are, where a common dtype would round them.

int, float       r = float(x) decides where it differs from f; where it is f, f is whole and the
                 ints are compared (2^63, which is no int64, is above them all)
signed, uint64   a negative x is below; otherwise both are compared as uint64
a Python int that the other's dtype does not hold is on one side of all its values
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, DTYPES, F64, I64, DType, array
from anvil.parser.arrays import ranges
from anvil.parser.arrays.arraylike import strength
from anvil.parser.arrays.promotion import fits
from anvil.parser.state.values import Abstract, Known

if TYPE_CHECKING:
    from anvil.parser.context import Context

_KINDS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_BELOW = {"==": False, "!=": True, "<": True, "<=": True, ">": False, ">=": False}
_SWAPPED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_U64 = DTYPES["u64"]
_WHOLE = 2**53
_TOP = 2.0**63


def exactly(ctx: Context, op: str, a: Abstract, b: Abstract) -> Atom | None:
    """`a op b` of two numbers or arrays; None where converting them to one dtype is exact, or what
    NumPy does.
    """
    (da, weak_a), (db, weak_b) = strength(ctx, a), strength(ctx, b)
    if da.kind not in "biuf" or db.kind not in "biuf":
        return None
    for x, y, sign in ((a, b, op), (b, a, _SWAPPED[op])):
        outside = _outside(ctx, sign, x, y)
        if outside is not None:
            return outside
    if weak_a and weak_b and {da, db} == {I64, F64}:
        return _mixed(ctx, op, a, b) if da is I64 else _mixed(ctx, _SWAPPED[op], b, a)
    if da.kind in "iu" and db.kind in "iu" and da is not db:
        return _integers(ctx, op, a, b, (da, db))
    return None


def _outside(ctx: Context, op: str, x: Abstract, y: Abstract) -> Atom | None:
    """A known Python int beside integers whose dtype does not hold it."""
    dtype = strength(ctx, y)[0]
    value = x.value if type(x) is Known else None
    if dtype.kind not in "iu" or type(value) is not int or fits(value, dtype):
        return None
    below = op if value < 0 else _SWAPPED[op]
    return Const(array(BOOL, ctx.shape_of(y)), _BELOW[below])


def _mixed(ctx: Context, op: str, n: Abstract, x: Abstract) -> Atom | None:
    """A Python int and a Python float."""
    bounds = ranges.bounds_of(ctx, n)
    if bounds is not None and -_WHOLE <= bounds[0] <= bounds[1] <= _WHOLE:
        return None
    if type(x) is Known and not abs(x.value) >= _WHOLE:
        return None
    b, i, f = ctx.b, ctx.atom(n, I64), ctx.atom(x, F64)
    kind = _KINDS[op]
    near = b.cast(i, F64)
    same = b.eq(near, f)
    top = b.eq(f, _TOP)
    whole = b.cast(b.select(b.and_(same, b.not_(top)), f, 0.0), I64)
    tie = b.select(top, Const(array(BOOL), _BELOW[op]), b.emit(kind, (i, whole)))
    out: Atom = b.select(same, tie, b.emit(kind, (near, f)))
    return out


def _integers(
    ctx: Context, op: str, a: Abstract, b: Abstract, dtypes: tuple[DType, DType]
) -> Atom | None:
    """Integers of two dtypes, one of them unsigned or weak."""
    if _U64 not in dtypes:
        x, y = ctx.operands(a, b, dtype=I64)
        narrow: Atom = ctx.b.emit(_KINDS[op], (x, y))
        return narrow
    if dtypes[1] is not _U64:
        a, b, op = b, a, _SWAPPED[op]
    signed = strength(ctx, a)[0]
    if signed.kind == "u":
        return None
    x, y = ctx.b.cast(ctx.atom(a), I64), ctx.atom(b)
    shape = ctx.broadcast_shapes(type_at(x).shape, type_at(y).shape)
    x, y = ctx.broadcast(x, shape), ctx.broadcast(y, shape)
    found = ctx.b.emit(_KINDS[op], (ctx.b.cast(x, _U64), y))
    below = ctx.broadcast(Const(array(BOOL), _BELOW[op]), shape)
    out: Atom = ctx.b.select(ctx.b.lt(x, 0), below, found)
    return out
