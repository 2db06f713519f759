"""Which boxes may be the same object after a join.

Of two names that are one array on one path and two on the other a join makes copies. They are
marked: a write through one of them is refused as long as the other can be reached. A mark tells
pairs: the boxes of its group may each be the same as this one, on one of the paths; boxes that
nothing refers to any more are left out.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from anvil.ir.loc import AnyLoc
from anvil.parser.state.heap import Content, Mark, RowBox, State, boxes_in, open_content, reachable

if TYPE_CHECKING:
    from anvil.parser.control.joins import Join

_SHARED = (
    "this array may be shared with another name: on one of the paths that lead here both were the "
    "same array, on the other they were not"
)
Partners = dict[int, set[int]]


def mark_shared(join: Join) -> None:
    """Marks boxes that may be one object on either path, or were marked there."""
    moved = join.copied or any(x != y for x, y in join.pairs)
    if not moved and not (join.a.marks or join.b.marks):
        return
    first, second = _partners(join)
    for (x, y), box in join.pairs.items():
        if x is not None and y is not None:
            _keep_frozen(join, box, (join.a.marks.get(x), join.b.marks.get(y)))
            shared = _shared_with(join, join.a, x, first) | _shared_with(join, join.b, y, second)
            _relate(join, box, shared)
    for box in _left_alone(join, first, second):
        shared = _shared_with(join, join.a, box, first) | _shared_with(join, join.b, box, second)
        _relate(join, box, shared)
    for copy, x, y in join.copied:
        _relate(
            join, copy, _shared_with(join, join.a, x, first) | _shared_with(join, join.b, y, second)
        )


def _keep_frozen(join: Join, box: int, marks: Collection[Mark | None]) -> None:
    """What must not be written on one path must not be after the join."""
    frozen = next((m for m in marks if m is not None and not m.group), None)
    if frozen is not None and not isinstance(join.state.heap.get(box), RowBox):
        join.state.marks[box] = frozen


def marks_of_second(join: Join) -> dict[int, Mark]:
    """The marks where only the second path leads here: what it shared, and what stands for one of
    its boxes more than once.
    """
    _, second = _partners(join)
    join.state.marks = dict(join.b.marks)
    for (_, y), box in join.pairs.items():
        if y is not None:
            mark = join.b.marks.get(y)
            if mark is not None:
                join.state.marks[box] = mark
            _relate(join, box, _shared_with(join, join.b, y, second))
    for box in _left_alone(join, second):
        _relate(join, box, _shared_with(join, join.b, box, second))
    for copy, _, y in join.copied:
        _relate(join, copy, _shared_with(join, join.b, y, second))
    return join.state.marks


def mark_copy(state: State, copy: int, options: Collection[int], at: AnyLoc) -> None:
    """Marks a copy of the array that is in one of these boxes, and these."""
    marks = [state.marks.get(o) for o in options]
    if any(mark is not None and not mark.group for mark in marks):
        state.marks[copy] = Mark(_SHARED, frozenset(), "alias-types", at)
        return
    others = {*options, *(b for mark in marks if mark is not None for b in mark.group)}
    state.marks[copy] = Mark(_SHARED, frozenset(others | {copy}), "alias-types", at)
    for box in others & state.heap.keys():
        old = state.marks.get(box)
        if old is None or old.group:
            group = {box, copy} if old is None else old.group | {copy}
            state.marks[box] = Mark(_SHARED, frozenset(group), "alias-types", at)


def forget_dead(state: State, roots: Collection[int]) -> None:
    """Leaves out of the marks the boxes that neither variables nor `roots` lead to. What an
    expression holds that is being evaluated keeps its own mark.
    """
    heap, marks = state.heap, state.marks
    if not any(mark.group for mark in marks.values()):
        return
    held = [*state.locals.values(), *roots, *(() if state.ret is None else (state.ret,))]
    live = reachable(iter(held), heap)
    state.marks = {}
    for box, mark in marks.items():
        group = mark.group & live
        if box in heap and (not mark.group or group - {box}):
            same = len(group) == len(mark.group)
            state.marks[box] = mark if same else replace(mark, group=group | {box})


def drop_leading_to(heap: dict[int, Content], gone: set[int]) -> None:
    """Drops the boxes, dead ones too, whose contents lead to boxes that are not there any more."""
    while gone:
        kept = {i: c for i, c in heap.items() if gone.isdisjoint(boxes_in(open_content(c)[1]))}
        gone = heap.keys() - kept.keys()
        for box in gone:
            del heap[box]


def _partners(join: Join) -> tuple[Partners, Partners]:
    """For each box of either state, the boxes that stand for it now."""
    first: Partners = {}
    second: Partners = {}
    copied = (((x, y), copy) for copy, x, y in join.copied)
    for (x, y), box in (*join.pairs.items(), *copied):
        for table, old in ((first, x), (second, y)):
            if old is not None:
                kept = {old} if old in join.state.heap else set()
                table.setdefault(old, kept).add(box)
    return first, second


def _left_alone(join: Join, *tables: Partners) -> list[int]:
    """The boxes with a group that are the same on both paths, and need no joining."""
    marks = {**join.a.marks, **join.b.marks}
    held = [b for b, mark in marks.items() if mark.group and b in join.state.heap]
    return [b for b in held if not any(b in table for table in tables)]


def _relate(join: Join, box: int, others: set[int]) -> None:
    """Marks a box and the others that may be the same object."""
    _mark(join, box, {box} | others)
    for other in others - {box}:
        _mark(join, other, {other, box})


def _mark(join: Join, box: int, group: set[int]) -> None:
    marks, heap = join.state.marks, join.state.heap
    old = marks.get(box)
    if old is not None:
        if not old.group:
            return
        group = group | old.group
    group = {b for b in group if b in heap}
    if len(group) > 1 and box in heap:
        marks[box] = Mark(_SHARED, frozenset(group), "alias-types", join.manner.at)


def _shared_with(join: Join, state: State, box: int, now: Partners) -> set[int]:
    """The boxes that stand for `box`, or for what it may have been the same as."""
    group = set(now.get(box, (box,)))
    rows = {b for b in group if isinstance(join.state.heap.get(b), RowBox)}
    if rows == group:  # a write goes to the pool, and reaches all of them
        group = set()
    mark = state.marks.get(box)
    if mark is not None:
        for other in mark.group - {box}:
            group |= now.get(other, {other})
    return group
