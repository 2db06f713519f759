"""Marks of the columns of lists: which boxes may be the same objects as elements of a list."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from anvil.ir.loc import AnyLoc
from anvil.parser.state.heap import Mark, StackBox, State

TWICE = Mark(
    "elements of this list are one object, so that a write through one of them changes others",
    code="alias-types",
)
SHARED = "this may be the same object as an element of a list"


def share(
    state: State, box: int, others: Sequence[int], behind: Collection[int] = (), thawed: int = 0
) -> None:
    """Marks a column as what may be shared with others, and with what is `behind` them; it is
    frozen if one of them is, other than `thawed`.
    """
    marks = state.marks
    frozen = (m for o in others if o != thawed and (m := marks.get(o)) is not None and not m.group)
    mark = next(frozen, None)
    known = [o for o in others if o in state.heap]
    if mark is None and len(known) != len(set(known)):
        mark = TWICE
    known += [o for o in behind if o != box]
    if mark is not None:
        marks[box] = mark
        _group_with(state, known, frozenset((box,)), None)
        return
    for other in known:
        for first, second in ((box, other), (other, box)):
            _group_with(state, [first], frozenset((second,)), None)


def behind(state: State, boxes: Sequence[int]) -> list[int]:
    """What these boxes may be the same objects as."""
    marks = (m for o in boxes if (m := state.marks.get(o)) is not None)
    return [o for o in dict.fromkeys(o for m in marks for o in m.group) if o in state.heap]


def related(state: State, boxes: Sequence[int]) -> Mark | None:
    """The mark of one of these boxes that may be the same object as another of them."""
    marks = ((o, state.marks.get(o)) for o in boxes)
    return next((m for o, m in marks if m and not (m.group - {o}).isdisjoint(boxes)), None)


def share_frozen(state: State, stack: StackBox, others: list[int], at: AnyLoc) -> None:
    """Marks boxes that must not be written to while elements of `stack`, their copies, are in use;
    `at` is where they were made.
    """
    columns = frozenset(c.box for c in stack.columns)  # type: ignore[attr-defined]
    _group_with(state, others, columns, at)


def _group_with(
    state: State, boxes: Iterable[int], more: frozenset[int], at: AnyLoc | None
) -> None:
    """Marks boxes as what may be the same objects as `more`; frozen ones stay that."""
    for box in dict.fromkeys(boxes):
        old = state.marks.get(box)
        if box not in more and box in state.heap and (old is None or old.group):
            group = more | {box} | (old.group if old is not None else frozenset())
            state.marks[box] = Mark(SHARED, group, "alias-types", at)
