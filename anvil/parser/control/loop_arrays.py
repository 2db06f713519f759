"""Arrays that a loop makes longer or shorter, by np.append, np.vstack, slices and the like.

Such an array is held as a ragged one before the loop, in a buffer with room for what all iterations
add; its bounds are carried by the loop. After a loop in which each iteration adds the same number
of elements the length is known, and it is an ordinary array again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from anvil.errors import error as make_error
from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import array
from anvil.parser.arrays.array_items import get_array
from anvil.parser.arrays.growing import growth
from anvil.parser.arrays.ragged import Ragged, Span
from anvil.parser.containers.loop_lists import guess
from anvil.parser.control import fits
from anvil.parser.source.functions import written
from anvil.parser.state.signals import Blocked
from anvil.parser.state.values import Abstract, Known, NDArray, TupleV

if TYPE_CHECKING:
    from anvil.parser.control.joins import Join
    from anvil.parser.control.rolled import Rolled

FEW = 32
"""Loops of at most so many iterations are unrolled, unless the data decide how lengths change."""


def hold(loop: Rolled, growths: list[tuple[Abstract, Abstract]]) -> bool:
    """Gives arrays that the loop makes longer room before it; whether that can be done."""
    trips = loop.trips()
    guessed = trips is None
    state, changed = loop.entry, False
    loop.it.state = state
    for x, y in growths:
        found = growth(x, y)
        if found is not None and fits.wanted(loop, x, y, found[1]):
            held = fits.fitted(loop, x, *found)
            loop.fitted.append(held)
            changed = _replaced(state, x, held) or changed
            continue
        if guessed and written(loop.node) not in loop.it.session.growing:
            continue
        if isinstance(x, Ragged) and any(isinstance(a, Span) and a.room for a in x.axes):
            continue  # it has room, but what makes it longer has no use for it
        plain = isinstance(x, NDArray) and isinstance(y, NDArray)
        if found is None or (plain and trips is not None and trips <= FEW):
            continue
        if plain and trips is not None:
            loop.unrollable.append(x)
        k, more = found
        room = max(loop.it.session.capacity, 2 * more) if trips is None else more * trips
        held = _held(loop, x, k, room, guessed and more > 0)
        changed = _replaced(state, x, held) or changed
        loop.unrollable = [held if v is x else v for v in loop.unrollable]
    return changed


def _held(loop: Rolled, x: Any, k: int, room: int, guessed: bool) -> Ragged:
    """An array in a buffer that is longer by `room`."""
    it, data = loop.it, x.data if isinstance(x, Ragged) else x
    atom = it.read(data)
    t = type_at(atom)
    n = t.shape[k]
    if room:
        high = tuple(room if i == k else 0 for i in range(t.ndim))
        none = (0,) * t.ndim
        atom = it.b.pad(atom, Const(array(t.dtype), 0), low=none, high=high, interior=none)
    span = Span(n + room, it.b.i64(0), it.b.i64(n), 0 if guessed else room, guessed, room > 0)
    axes: list[Any] = [None] * t.ndim
    old = x.axes[k] if isinstance(x, Ragged) else None
    if isinstance(x, Ragged):
        axes = list(x.axes)
    if isinstance(old, Span):
        room = 0 if guessed else span.room + old.room
        span = replace(span, start=old.start, stop=old.stop, room=room, front=old.front)
    axes[k] = span
    return Ragged(it.array(atom), tuple(axes), loop.loc)


def _replaced(state: Any, x: Abstract, held: Ragged) -> bool:
    """Puts the array that is held in the place of `x` among the variables."""
    done = False
    for name, v in state.locals.items():
        if v is x:
            state.locals[name] = held
            done = True
    return done


def make_room(loop: Rolled, joined: Join, end: Any) -> bool:
    """Gives arrays the room that all iterations need; whether any had less."""
    trips, changed = loop.trips(), False
    for x, y in _pairs(loop, joined, end):
        for k, (a, b) in enumerate(zip(x.axes, y.axes, strict=True)):
            used = a.room - b.room if isinstance(a, Span) and isinstance(b, Span) else 0
            if used <= 0 or (trips is not None and used * trips <= a.room):  # type: ignore[union-attr]
                continue
            room = guess(loop, a.size) if trips is None else used * trips - a.room  # type: ignore[union-attr]
            loop.it.state = loop.entry
            held = _held(loop, x, k, room, trips is None)
            loop.unrollable = [held if v is x else v for v in loop.unrollable]
            changed = _replaced(loop.entry, x, held) or changed
    return changed


def _pairs(loop: Rolled, joined: Join, end: Any) -> list[tuple[Ragged, Ragged]]:
    found = []
    for name, v in joined.state.locals.items():
        x, y = loop.entry.locals.get(name), end.locals.get(name)
        if isinstance(v, Ragged) and isinstance(x, Ragged) and isinstance(y, Ragged):
            found.append((x, y))
    return found


def settle(loop: Rolled, joined: Join, end: Any, steps: Mapping[Atom, int]) -> None:
    """After a loop: arrays whose length is known again, and the room that is left."""
    trips = loop.trips()
    state, it = joined.state, loop.it
    for name, v in list(state.locals.items()):
        x, y = loop.entry.locals.get(name), end.locals.get(name)
        if not (isinstance(v, Ragged) and isinstance(x, Ragged) and isinstance(y, Ragged)):
            continue
        axes = list(v.axes)
        known = trips is not None and loop.counted
        for k, (a, b, now) in enumerate(zip(x.axes, y.axes, v.axes, strict=True)):
            if not (isinstance(a, Span) and isinstance(b, Span) and isinstance(now, Span)):
                continue
            room = max(a.room - max(a.room - b.room, 0) * (trips or 0), 0)
            now = replace(now, room=room)
            if known:
                ends = [
                    it.b.add(first, steps[last] * trips) if last in steps else last  # type: ignore[operator]
                    for first, last in zip(a.atoms, now.atoms, strict=True)
                ]
                now = now.around(ends)
            axes[k] = now
        found = _settled(loop, state, replace(v, axes=tuple(axes)))
        apart = loop.counted and any(u is x for u in loop.unrollable)
        if isinstance(found, Ragged) and apart:
            message = f"the data decide how long `{name}` is after this loop"
            raise Blocked(make_error("loop-types", message, loop.loc))
        state.locals[name] = found


def _settled(loop: Rolled, state: Any, v: Ragged) -> Abstract:
    """An ordinary array if all bounds are known."""
    spans = [a for a in v.axes if a is not None]
    if not all(isinstance(a, Span) and all(isinstance(e, Const) for e in a.atoms) for a in spans):
        return v
    it = loop.it
    shape = v.data.type.shape
    starts = [0 if a is None else int(a.start.value) for a in v.axes]  # type: ignore[union-attr, arg-type]
    stops = [
        n if a is None else max(int(a.stop.value), start)  # type: ignore[union-attr, arg-type]
        for a, n, start in zip(v.axes, shape, starts, strict=True)
    ]
    if not any(starts) and tuple(stops) == shape:
        return v.data
    before, it.state = it.state, state
    found: Abstract
    if loop.fitted:
        parts = [Known(slice(p, q)) for p, q in zip(starts, stops, strict=True)]
        found = get_array(it, v.data, TupleV(tuple(parts)))
    else:
        x = it.read(v.data)
        x = it.b.slice(x, starts=tuple(starts), limits=tuple(stops), strides=(1,) * len(shape))
        found = it.array(x)
    it.state = before
    return found
