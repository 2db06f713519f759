"""Arrays that a loop makes shorter, or binds to selections of bounded length.

    while len(a) > 1: a = a[1:]         Span: `start` and `stop` are carried, the array stays
    while ...: a = a[a > a.mean()]      what is selected is moved to the front, in each iteration
    best = x[:0]; ...; best = x[i:j]    in a buffer as long as the longest

Before the loop such an array becomes a span of its greatest length; after the body, what has
another form is brought to this one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import array
from anvil.parser.arrays.ragged import Axis, Picked, Ragged, Span, count_of
from anvil.parser.arrays.ragged_frames import packed
from anvil.parser.containers.columns import check_fits
from anvil.parser.control.remapped import WHICH
from anvil.parser.source.functions import written
from anvil.parser.state.heap import Mark, State
from anvil.parser.state.values import Abstract, Choice, NDArray

if TYPE_CHECKING:
    from anvil.parser.control.rolled import Rolled

_SHARED = (
    "this array may be shared with another name: a loop holds it in a buffer of its greatest length"
)


def wanted(loop: Rolled, x: Abstract, y: Abstract, more: int) -> bool:
    """Whether an array is to be held at the greatest length that it has after an iteration."""
    if any(x is held for held in loop.fitted) or _has_room(x):
        return False
    ragged = any(isinstance(v, Ragged) and not _has_room(v) for v in _options(y))
    return ragged or (more <= 0 and written(loop.node) in loop.it.session.growing)


def _has_room(v: Abstract) -> bool:
    axes = v.axes if isinstance(v, Ragged) else ()
    return any(isinstance(a, Span) and (a.room or a.guessed) for a in axes)


def _options(v: Abstract) -> tuple[Abstract, ...]:
    return v.options if isinstance(v, Choice) else (v,)


def fitted(loop: Rolled, x: Any, k: int, more: int) -> Ragged:
    """`x` as a span along axis k, in a buffer that is longer by `more`."""
    data = x.data if isinstance(x, Ragged) else x
    n = data.type.shape[k]
    if isinstance(x, NDArray) and more <= 0:
        whole = Span(n, loop.it.b.i64(0), loop.it.b.i64(n))
        return Ragged(x, _along(k, x.type.ndim, whole), loop.loc)
    axes: list[Axis | None] = list(x.axes) if isinstance(x, Ragged) else [None] * data.type.ndim
    size = n + max(more, 0)
    atom, start, stop = _span(loop, x, k, size)
    axes[k] = Span(size, start, stop)
    return Ragged(_shared(loop, loop.entry, data, atom), tuple(axes), loop.loc)


def _along(k: int, ndim: int, axis: Span) -> tuple[Span | None, ...]:
    return tuple(axis if i == k else None for i in range(ndim))


def _shared(loop: Rolled, state: State, old: NDArray, atom: Atom) -> NDArray:
    """A copy of an array, which other names may hold: writes to it are refused then."""
    new = loop.it.array(atom)
    mark = state.marks.get(old.box)
    if mark is None or mark.group:
        group = frozenset((new.box, old.box)) | (mark.group if mark else frozenset())
        mark = Mark(_SHARED, group, "alias-types", loop.loc)
        state.marks[old.box] = mark
    state.marks[new.box] = mark
    return new


def _span(loop: Rolled, v: Any, k: int, size: int) -> tuple[Atom, Atom, Atom]:
    """An array in a buffer of `size` along axis k, its elements from a start to a stop."""
    it, b = loop.it, loop.it.b
    axis = v.axes[k] if isinstance(v, Ragged) else None
    x = it.read(v.data if isinstance(v, Ragged) else v)
    n = type_at(x).shape[k]
    start: Atom = b.i64(0)
    stop: Atom = b.i64(n)
    if isinstance(axis, Picked):
        x, span = packed(it, x, k, axis)
        start, stop = span.start, span.stop
    elif axis is not None:
        start, stop = axis.start, b.add(axis.start, count_of(it, axis))
    t = type_at(x)
    none = (0,) * t.ndim
    if n != size:
        more = size - n if n < size else size
        high = tuple(more if i == k else 0 for i in range(t.ndim))
        x = b.pad(x, Const(array(t.dtype), 0), low=none, high=high, interior=none)
    if n > size:
        stop = b.max(b.sub(stop, start), 0)
        check_fits(it, b.le(stop, size))
        starts = [start if i == k else b.i64(0) for i in range(t.ndim)]
        x = b.dynamic_slice(x, *starts, sizes=(*t.shape[:k], size, *t.shape[k + 1 :]))
        start, stop = b.i64(0), b.min(stop, size)
    return x, start, stop


# ---- after the body


def conform(loop: Rolled, head: State, end: State) -> None:
    """Brings arrays to the form that they have at the head of a loop."""
    for name, h in head.locals.items():
        y = end.locals.get(name)
        if not isinstance(h, Ragged) or y is None or y is h or _alike(h, y):
            continue
        k = _only_axis(h)
        if k is None or not all(_can_be(h, k, v) for v in _options(y)):
            continue
        it = loop.it
        assert loop.frame is not None
        it.b.frames.append(loop.frame)
        it.state, it.b.loc = end, loop.loc
        end.locals[name] = _conformed(loop, h, k, y, end)
        popped = it.b.frames.pop()
        assert popped is loop.frame


def _alike(h: Ragged, y: Abstract) -> bool:
    if not isinstance(y, Ragged):
        return False
    pairs = zip(h.axes, y.axes, strict=False)
    return len(h.axes) == len(y.axes) and all(
        p is q or (p is not None and q is not None and p.tag == q.tag) for p, q in pairs
    )


def _only_axis(h: Ragged) -> int | None:
    """The axis of a span without known room, if it is the only ragged one."""
    ragged = [k for k, a in enumerate(h.axes) if a is not None]
    axis = h.axes[ragged[0]]
    plain = isinstance(axis, Span) and not axis.room and not axis.front
    return ragged[0] if len(ragged) == 1 and plain else None


def _can_be(h: Ragged, k: int, v: Abstract) -> bool:
    """Whether a value can take the form of `h`."""
    if not isinstance(v, NDArray | Ragged):
        return False
    shape = v.type.shape if isinstance(v, NDArray) else v.data.type.shape
    dtype = v.type.dtype if isinstance(v, NDArray) else v.dtype
    axes = v.axes if isinstance(v, Ragged) else ()
    want = h.data.type.shape
    axis = h.axes[k]
    any_length = isinstance(axis, Span) and axis.guessed
    sides = len(shape) == len(want) and all(
        (any_length or m <= n) if i == k else m == n
        for i, (m, n) in enumerate(zip(shape, want, strict=True))
    )
    return sides and dtype is h.dtype and not any(a for i, a in enumerate(axes) if i != k)


def _conformed(loop: Rolled, h: Ragged, k: int, y: Abstract, end: State) -> Ragged:
    b, size = loop.it.b, h.data.type.shape[k]
    options: Any = _options(y)
    found = [_span(loop, v, k, size) for v in options]
    parts = list(found[0])
    for i, other in enumerate(found[1:], 1):
        assert isinstance(y, Choice)
        chosen = b.eq(y.which, Const(WHICH, i))
        for j, (p, q) in enumerate(zip(parts, other, strict=True)):
            shape = type_at(q).shape
            parts[j] = b.select(b.broadcast_to(chosen, shape) if shape else chosen, q, p)
    data = None
    for v in options:
        data = _shared(loop, end, v.data if isinstance(v, Ragged) else v, parts[0])
    assert data is not None
    axis = h.axes[k]
    assert isinstance(axis, Span)
    span = replace(axis, start=parts[1], stop=parts[2])
    return Ragged(data, (*h.axes[:k], span, *h.axes[k + 1 :]), loop.loc)
