"""Slices with computed bounds: windows that move, and spans of computed length.

    x[i:i+3], A[k*b:(k+1)*b]    Moving: `stop - start` is a constant, so only the start is computed
    x[:i], x[i:j], x[i::-1]     Chosen: the length is computed; NumPy's clipping is computed with it
    x[max(0, i-w):i+w+1]        Chosen, in a window of the greatest length (if that is a constant)
    x[i::k]                     Chosen, by the mask of every k-th position

NumPy shortens a slice that reaches beyond the array. Where bounds do not exclude that of a window,
its length is computed; if a fixed shape is needed, that it was not shortened is checked instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anvil.ir.records import Atom, Const, Value
from anvil.ir.types import BOOL, I64, array
from anvil.parser.arrays import ranges
from anvil.parser.arrays.affine import difference
from anvil.parser.arrays.ragged import Axis, Picked, Span
from anvil.parser.state.roots import varies
from anvil.parser.state.values import Abstract, Scalar, SliceV

if TYPE_CHECKING:
    from anvil.parser.context import Context

_FAR = 2**60
_BEYOND = (
    "this slice reaches beyond the array, where NumPy makes it shorter; it was compiled for its "
    "full length"
)

_BACKWARD = (
    "the step of this slice is negative; it was compiled for steps that are positive, since the "
    "data decide it"
)


@dataclass(slots=True)
class Moving:
    """`count` positions `step` apart, the lowest one computed and in range."""

    at: Atom
    count: int
    step: int


@dataclass(slots=True)
class Chosen:
    """A selection along one axis: by a slice, of the reversed axis if `flipped`, or by a mask. If
    `at` is given, `axis` is that of the window that begins there.
    """

    axis: Axis
    flipped: bool = False
    by_mask: bool = False
    at: Atom | None = None


Entry = tuple[int, int, int] | Moving | Chosen


def static_slice(ctx: Context, p: slice, n: int) -> tuple[int, int, int]:
    """A known slice of n positions as start, count and step."""
    try:
        start, stop, step = p.indices(n)
    except TypeError:
        ctx.error("bad-operand", f"{_shown(p)}: slice indices must be integers or None")
    except ValueError:
        ctx.fail(ValueError, "slice step cannot be zero")
    return start, len(range(start, stop, step)), step


def _shown(p: slice) -> str:
    start, stop, step = ("" if v is None else repr(v) for v in (p.start, p.stop, p.step))
    return f"[{start}:{stop}:{step}]" if step else f"[{start}:{stop}]"


def resolved(ctx: Context, p: slice | SliceV, n: int) -> Entry:
    """A slice of an axis of n positions."""
    if isinstance(p, slice):
        return static_slice(ctx, p, n)
    parts = [_bound(ctx, v, name) for v, name in _named(p)]
    if not any(isinstance(v, Scalar) for v in parts):
        return static_slice(ctx, slice(*parts), n)
    step = parts[2]
    if isinstance(step, Scalar):
        found = ranges.bounds_of(ctx, step)
        if found is None or found[0] < 1:
            _positive_step(ctx, step)
    elif step == 0:
        ctx.fail(ValueError, "slice step cannot be zero")
    elif step is not None and step < -1:
        for v, name in _named(p):
            ctx.known(v, f"the {name} of a slice")
    start, stop = (_atom(ctx, v) for v in parts[:2])
    if step is not None and not isinstance(step, Scalar) and step < 0:
        return _backward(ctx, start, stop, n)
    return _forward(ctx, start, stop, n, step)


def _positive_step(ctx: Context, step: Scalar) -> None:
    """Asks for a computed step, or checks that it is positive where it cannot be known."""
    at = ctx.b.cast(step.atom, I64)
    if not varies(ctx, at):
        ctx.known(step, "the step of a slice")
    ctx.check(ctx.b.ne(at, 0), ValueError, "slice step cannot be zero")
    ctx.check(ctx.b.gt(at, 0), ValueError, _BACKWARD)


def _named(p: SliceV) -> tuple[tuple[Abstract, str], ...]:
    return (p.start, "start"), (p.stop, "stop"), (p.step, "step")


def _bound(ctx: Context, v: Abstract, name: str) -> Any:
    """A part of a slice: a computed int, or what it is known to be."""
    if isinstance(v, Scalar) and (v.dtype.kind in "iu" or (v.py and v.dtype is BOOL)):
        found = ctx.known_array(v)
        return v if found is None else int(found)
    if isinstance(v, Scalar):
        ctx.error("bad-operand", f"slice indices must be integers or None, not {v.describe()}")
    return ctx.known(v, f"the {name} of a slice")


def _atom(ctx: Context, v: Any) -> Atom | None:
    if v is None:
        return None
    if isinstance(v, Scalar):
        return ctx.b.cast(v.atom, I64)
    if not hasattr(v, "__index__"):
        ctx.error("bad-operand", f"slice indices must be integers or None, not {v!r}")
    return Const(array(I64), v.__index__())


# ---- positions in order


def _forward(ctx: Context, start: Atom | None, stop: Atom | None, n: int, step: Any) -> Entry:
    low: Atom = Const(array(I64), 0) if start is None else start
    high: Atom = Const(array(I64), n) if stop is None else _from_end(stop, n)
    k = step if isinstance(step, int) else 1 if step is None else None
    if k is not None:
        moving = _moving(ctx, _from_end(low, n), high, n, k)
        if moving is not None:
            return moving
    start, stop = clipped(ctx, low, n), clipped(ctx, high, n)
    if k == 1:
        return _narrow(ctx, start, stop, n, _longest(ctx, _from_end(low, n), high, n))
    span = Span(n, start, stop)
    return Chosen(strided(ctx, span, step))


def _from_end(atom: Atom, n: int) -> Atom:
    """A known position counted from the front."""
    if isinstance(atom, Const) and -n <= atom.value < 0:  # type: ignore[operator]
        return Const(atom.type, int(atom.value) + n)  # type: ignore[arg-type]
    return atom


def _moving(ctx: Context, low: Atom, high: Atom, n: int, step: int) -> Entry | None:
    """The window from `low` to `high`, if it has a constant length and NumPy would not clip it."""
    if isinstance(low, Const) or isinstance(high, Const):
        return None
    length = difference(ctx.b, high, low)
    if length is None:
        return None
    least, most = ranges.bounds_of_atom(ctx, low) or (-(2**62), 2**62)
    if most < 0 and least >= -n and most + length < 0:
        low, least, most = ctx.b.add(low, n), least + n, most + n
    if length <= 0:
        return (0, 0, 1) if step > 0 and least + length >= 0 else None
    if length > n or -_FAR < least < 0 or n - length < most < _FAR:
        return None
    if (least < 0 or most > n - length) and ctx.loc not in ctx.session.exact:
        return _shortened(ctx, low, high, n, length) if step == 1 else None
    if least < 0:
        ctx.check(ctx.b.ge(low, 0), ValueError, _BEYOND)
    if most > n - length:
        ctx.check(ctx.b.le(low, n - length), ValueError, _BEYOND)
    if step < 0:
        return Moving(low, length, -1)
    return Moving(low, -(-length // step), step)


def _shortened(ctx: Context, low: Atom, high: Atom, n: int, length: int) -> Chosen:
    """A window that NumPy may make shorter. Where its length is needed, the place of the slice is
    among `Session.exact` at the next attempt.
    """
    return _noted(ctx, _narrow(ctx, clipped(ctx, low, n), clipped(ctx, high, n), n, length))


def _noted(ctx: Context, chosen: Chosen) -> Chosen:
    ctx.session.windows.update({a: ctx.loc for a in chosen.axis.atoms if isinstance(a, Value)})
    return chosen


def _narrow(ctx: Context, start: Atom, stop: Atom, n: int, longest: int) -> Chosen:
    """The positions from `start` to `stop`, at most `longest`, in a window of that size."""
    if longest >= n:
        return Chosen(Span(n, start, stop))
    b = ctx.b
    at = b.min(start, n - longest)
    ranges.set_bounds(ctx, at, 0, n - longest)
    ends = []
    for end in (start, stop):
        place = b.max(b.sub(end, at), 0)
        ranges.set_bounds(ctx, place, 0, longest)
        ends.append(place)
    return Chosen(Span(longest, *ends), at=at)


def _longest(ctx: Context, low: Atom, high: Atom, n: int) -> int:
    """The greatest length of a slice: n, or less if `max` and `min` in its bounds show it."""
    above = ranges.bounds_of_atom(ctx, high)
    if above is None or above[0] < 0:
        return n
    longest = ranges.most(ctx, high, low)
    return n if longest is None else min(n, max(longest, 0))


def clipped(ctx: Context, at: Atom, n: int | Atom) -> Atom:
    """A bound of a slice of n elements as NumPy takes it: from the end if negative, at most at
    either end.
    """
    b = ctx.b
    least, most = ranges.bounds_of_atom(ctx, at) or (-(2**62), 2**62)
    few, many = _ends(ctx, n)
    if least < 0:
        from_end = b.add(at, n)
        at = from_end if most < 0 else b.select(b.lt(at, 0), from_end, at)
        if least < -few:
            at = b.max(at, 0)
    if most > few:
        at = b.min(at, n)
    if ranges.bounds_of_atom(ctx, at) is None:
        ranges.set_bounds(ctx, at, 0, many)
    return at


def _ends(ctx: Context, n: int | Atom) -> tuple[int, int]:
    """The least and the largest number of elements."""
    if isinstance(n, int):
        return n, n
    low, high = ranges.bounds_of_atom(ctx, n) or (0, 2**62)
    return max(low, 0), high


def strided(ctx: Context, span: Span, step: Any) -> Picked:
    """Every step-th position of a span."""
    b, shape = ctx.b, (span.size,)
    places = b.iota(shape=shape, axis=0, dtype=I64)
    by: Atom = Const(array(I64), step) if isinstance(step, int) else b.cast(step.atom, I64)
    start, stop = b.broadcast_to(span.start, shape), b.broadcast_to(span.stop, shape)
    due = b.eq(b.mod(b.sub(places, start), b.broadcast_to(by, shape)), 0)
    return Picked(span.size, b.and_(b.and_(b.ge(places, start), b.lt(places, stop)), due))


# ---- from the end to the front


def _backward(ctx: Context, start: Atom | None, stop: Atom | None, n: int) -> Entry:
    """A step of -1: the positions above `stop` up to `start`."""
    b = ctx.b
    if start is not None and stop is not None:
        least = ranges.bounds_of_atom(ctx, stop)
        if least is not None and least[0] >= 0:
            moving = _moving(ctx, b.add(stop, 1), b.add(start, 1), n, -1)
            if moving is not None:
                return moving
    high = last_of(ctx, start, n) if start is not None else b.i64(n)
    low = last_of(ctx, stop, n) if stop is not None else b.i64(0)
    chosen = Chosen(Span(n, low, high), True)
    if start is not None and stop is not None and difference(b, start, stop) is not None:
        _noted(ctx, chosen)
    return chosen


def last_of(ctx: Context, at: Atom, n: int | Atom) -> Atom:
    """One beyond a bound of a backward slice: -1 before the first element, n - 1 at most."""
    b = ctx.b
    least, most = ranges.bounds_of_atom(ctx, at) or (-(2**62), 2**62)
    few, many = _ends(ctx, n)
    if least < 0:
        from_end = b.max(b.add(at, n), -1)
        at = from_end if most < 0 else b.select(b.lt(at, 0), from_end, at)
    if most >= few:
        at = b.min(at, b.sub(b.i64(n) if isinstance(n, int) else n, 1))
    out: Atom = b.add(at, 1)
    if ranges.bounds_of_atom(ctx, out) is None:
        ranges.set_bounds(ctx, out, 0, many)
    return out


def flipped(ctx: Context, axis: Axis) -> Axis:
    """The axis of the reversed array."""
    b = ctx.b
    if isinstance(axis, Picked):
        return Picked(axis.size, b.reverse(axis.mask, axes=(0,)))
    return Span(axis.size, b.sub(axis.size, axis.stop), b.sub(axis.size, axis.start))
