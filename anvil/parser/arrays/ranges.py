"""Intervals of Python ints: what proves an index to be in range, and a comparison to be decided.

Bounds are kept for the atoms of loop indices and what simple arithmetic makes of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const, Op, Value
from anvil.ir.types import BOOL
from anvil.parser.arrays.affine import difference, extremum, form_of
from anvil.parser.state.values import Abstract, Known, Scalar, is_number

if TYPE_CHECKING:
    from anvil.parser.context import Context

Bounds = tuple[int, int]
_LIMIT = 2**62
_ANY = (-(2**63), 2**63)


def bounds_of(ctx: Context, v: Abstract) -> Bounds | None:
    """The least and the greatest value an int may have, if that is known."""
    if type(v) is Known:
        if isinstance(v.value, bool) or not isinstance(v.value, int):
            return None
        return v.value, v.value
    if type(v) is Scalar:
        return bounds_of_atom(ctx, v.atom)
    return None


def bounds_of_atom(ctx: Context, atom: Atom) -> Bounds | None:
    """The bounds of an i64 atom."""
    if type(atom) is Const:
        return (atom.value, atom.value) if isinstance(atom.value, int) else None
    return _bounds(ctx, atom, {})


def _bounds(ctx: Context, atom: Atom, known: dict[Atom, Bounds | None]) -> Bounds | None:
    """`known` are those that have been asked for already."""
    if type(atom) is Const:
        return (atom.value, atom.value) if isinstance(atom.value, int) else None
    found = ctx.bounds.get(atom)
    if found is None and type(atom) is Value:
        if atom not in known:
            known[atom] = None
            known[atom] = _derived(ctx, atom, known)
        found = known[atom]
    return found


def _derived(ctx: Context, atom: Value, known: dict[Atom, Bounds | None]) -> Bounds | None:
    """The bounds of a sum, or of the larger or smaller of two ints, from those of its parts."""
    found = extremum(ctx.b, atom)
    if found is not None:
        pick = max if found[0] == "max" else min
        x, y = (_bounds(ctx, a, known) or _ANY for a in found[1:])
        return _limited(pick(x[0], y[0]), pick(x[1], y[1]))
    op = ctx.b.producer(atom)
    if op is None:
        return None
    if op.kind.name not in ("add", "sub", "neg", "mul"):
        return _measured(ctx, op, atom, ctx.b.made_by)
    low, high = 0, 0
    for value, factor in form_of(ctx.b, atom).items():
        part = (1, 1) if value is None else _ANY if value is atom else _bounds(ctx, value, known)
        if part is None:
            return None
        ends = sorted(factor * end for end in part)
        low, high = low + ends[0], high + ends[1]
    return _limited(low, high)


def _measured(ctx: Context, op: Op, atom: Value, made: Mapping[Any, Op]) -> Bounds | None:
    """The bounds of a position, of a count, and of a remainder."""
    name = op.kind.name
    if name in ("argmax", "argmin"):
        return 0, max(type_at(op.args[0]).shape[op.attrs["axis"]] - 1, 0)
    if name == "reduce_sum":
        source = made.get(op.args[0]) if isinstance(op.args[0], Value) else None
        counts = source is not None and source.kind.name == "convert"
        if source is not None and counts and type_at(source.args[0]).dtype is BOOL:
            return 0, type_at(op.args[0]).size
    if name == "mod" and isinstance(op.args[1], Const) and int(op.args[1].value) > 0:  # type: ignore[arg-type]
        return 0, int(op.args[1].value) - 1  # type: ignore[arg-type]
    if name == "call":
        func = ctx.session.funcs.get(op.attrs["callee"].name)
        found = None if func is None else func.body.results[op.outs.index(atom)]
        inner = {v: o for o in (func.body.ops if func else ()) for v in o.outs}
        if isinstance(found, Value) and found in inner:
            return _measured(ctx, inner[found], found, inner)
    return None


def most(
    ctx: Context,
    high: Atom,
    low: Atom,
    bounds: Callable[[Context, Atom], Bounds | None] = bounds_of_atom,
) -> int | None:
    """The greatest value of `high - low`, if it is known: by what they are the larger or the
    smaller of, or by their bounds.
    """
    found = []
    for stop in _operands(ctx, high, "min"):
        for start in _operands(ctx, low, "max"):
            known = difference(ctx.b, stop, start)
            above, below = bounds(ctx, stop), bounds(ctx, start)
            if known is not None:
                found.append(known)
            elif above is not None and below is not None:
                found.append(above[1] - below[0])
    return min(found, default=None)


def _operands(ctx: Context, atom: Atom, name: str) -> list[Atom]:
    """An atom and, if it is the larger (or smaller) of two, these, and so on."""
    found = extremum(ctx.b, atom)
    if found is None or found[0] != name:
        return [atom]
    return [atom, *(part for a in found[1:] for part in _operands(ctx, a, name))]


def _limited(low: int, high: int) -> Bounds | None:
    return (low, high) if -_LIMIT < low <= high < _LIMIT else None


def is_natural(ctx: Context, v: Abstract) -> bool:
    """Whether an int is known not to be negative, bounded or not."""
    return isinstance(v, Scalar) and _is_natural(ctx, v.atom)


def _is_natural(ctx: Context, atom: Atom) -> bool:
    bounds = bounds_of_atom(ctx, atom)
    if bounds is not None:
        return bounds[0] >= 0
    found = extremum(ctx.b, atom)
    if found is None:
        return False
    parts = (_is_natural(ctx, a) for a in found[1:])
    return any(parts) if found[0] == "max" else all(parts)


def set_bounds(ctx: Context, atom: Atom, low: int, high: int) -> None:
    """Records that `low <= atom <= high`."""
    if type(atom) is Value and -_LIMIT < low <= high < _LIMIT:
        ctx.bounds[atom] = (low, high)


def note(ctx: Context, op: str, a: Abstract, b: Abstract, atom: Atom) -> None:
    """Records the bounds of `a op b`."""
    if type(atom) is not Value:
        return
    if op == "%":
        by = bounds_of(ctx, b)
        if by is not None and by[0] > 0:
            set_bounds(ctx, atom, 0, by[1] - 1)
        return
    x, y = bounds_of(ctx, a), bounds_of(ctx, b)
    if x is None or y is None:
        return
    if op == "+":
        set_bounds(ctx, atom, x[0] + y[0], x[1] + y[1])
    elif op == "-":
        set_bounds(ctx, atom, x[0] - y[1], x[1] - y[0])
    elif op == "*":
        corners = [i * j for i in x for j in y]
        set_bounds(ctx, atom, min(corners), max(corners))
    elif op == "//" and y[0] > 0:
        corners = [i // j for i in x for j in y]
        set_bounds(ctx, atom, min(corners), max(corners))


def note_unary(ctx: Context, op: str, v: Abstract, atom: Atom) -> None:
    """Records the bounds of `-v`."""
    found = bounds_of(ctx, v)
    if found is not None and op == "-":
        set_bounds(ctx, atom, -found[1], -found[0])


def nonzero(ctx: Context, v: Abstract) -> bool:
    """Whether a number is known not to be zero."""
    if type(v) is Known and is_number(v.value):
        return bool(v.value != 0)
    found = bounds_of(ctx, v)
    return found is not None and (found[0] > 0 or found[1] < 0)


def decide(ctx: Context, op: str, a: Abstract, b: Abstract) -> bool | None:
    """The answer of a comparison of ints that their bounds decide."""
    x, y = bounds_of(ctx, a), bounds_of(ctx, b)
    if x is None or y is None:
        return None
    if op in (">", ">="):
        x, y, op = y, x, "<" if op == ">" else "<="
    if op == "<":
        return True if x[1] < y[0] else False if x[0] >= y[1] else None
    if op == "<=":
        return True if x[1] <= y[0] else False if x[0] > y[1] else None
    disjoint = x[1] < y[0] or y[1] < x[0]
    return (op == "!=") if disjoint else None
