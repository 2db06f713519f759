"""Arrays that a loop makes longer or shorter: what joins ask of them."""

from __future__ import annotations

from dataclasses import replace

from anvil.parser.arrays.ragged import Axis, Ragged, Span
from anvil.parser.state.values import Abstract, Choice, NDArray


def _sizes(v: Abstract) -> tuple[int, ...] | None:
    if isinstance(v, NDArray):
        return v.type.shape
    return v.data.type.shape if isinstance(v, Ragged) else None


def growth(x: Abstract, y: Abstract) -> tuple[int, int] | None:
    """The axis along which an array changes its size in a loop, and by how much at most; `x` and
    `y` are what it is before an iteration and after it.
    """
    before = _sizes(x)
    if before is None or (isinstance(x, Ragged) and not isinstance(y, Ragged | Choice)):
        return None
    axes: set[int] = set()
    most = 0
    for option in y.options if isinstance(y, Choice) else (y,):
        after = _sizes(option)
        if after is None or len(after) != len(before):
            return None
        changed = [k for k, (m, n) in enumerate(zip(before, after, strict=True)) if m != n]
        axes.update(changed)
        if isinstance(option, Ragged):
            axes.update(k for k, a in enumerate(option.axes) if a is not None)
        most = max([most, *(after[k] - before[k] for k in changed)])
    return (axes.pop(), most) if len(axes) == 1 else None


def agreed(x: Ragged, y: Ragged, loop: bool) -> tuple[Ragged, Ragged]:
    """Two ragged arrays as alike as they can be; on both paths there is the room that is left on
    each of them (at a loop's head: what there is before the loop).
    """
    if x.filled != y.filled:
        x, y = replace(x, filled=False), replace(y, filled=False)
    pairs = list(zip(x.axes, y.axes, strict=False))
    if len(x.axes) != len(y.axes) or all(
        not (isinstance(a, Span) and isinstance(b, Span)) or a.room == b.room for a, b in pairs
    ):
        return x, y
    sides: tuple[list[Axis | None], list[Axis | None]] = ([], [])
    for a, b in pairs:
        if isinstance(a, Span) and isinstance(b, Span):
            room = a.room if loop else min(a.room, b.room)
            a, b = replace(a, room=room), replace(b, room=room)
        sides[0].append(a)
        sides[1].append(b)
    return replace(x, axes=tuple(sides[0])), replace(y, axes=tuple(sides[1]))
