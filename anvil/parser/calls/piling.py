"""Recursion with a list that grows from level to level: what it collects, a path, a memo.

Where the data decides how deep a recursion goes, there is no end of specialisations for the lengths
of such a list. So it becomes one of computed length from the first level on, with room that is a
guess, once several levels have made it longer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from anvil.parser.containers.columns import is_part, length_atom, pools_of
from anvil.parser.containers.row_forms import capacity, common_form
from anvil.parser.containers.stacks import restack
from anvil.parser.containers.templates import roomy
from anvil.parser.state.heap import Content, ListBox, StackBox, open_content
from anvil.parser.state.values import (
    Abstract,
    Known,
    Scalar,
    is_py_number,
    known_number,
    number_dtype,
    scalar,
)

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

Heap = Mapping[int, Content]


@dataclass(slots=True, frozen=True)
class Pile:
    """A list that grows: its number among the boxes of a call, the form of its elements, and the
    dtypes of their leaves.
    """

    place: int
    form: Any
    kinds: Any


@dataclass(slots=True, frozen=True)
class Roots:
    """The arguments and captured variables of a call, the store that they are in, and the boxes
    that they lead to, in order.
    """

    heap: Heap
    values: Sequence[Abstract]
    boxes: Sequence[int]


def growing(first: Roots, now: Roots) -> tuple[Pile, ...]:
    """The lists that are longer at a level of a recursion than at its first one; none if anything
    else is of another structure.
    """
    pairs = _lists(first, now)
    number = {box: i for i, box in enumerate(first.boxes)}
    piles = []
    for x, y in pairs.items():
        a, b = first.heap[x], now.heap[y]
        if capacity(b) <= capacity(a) or x not in number or _is_part(a) or _is_part(b):
            continue
        found = common_form(a, b, first.heap, now.heap)
        if found is not None:
            piles.append(Pile(number[x], *found))
    return tuple(piles)


def _is_part(content: Content) -> bool:
    return isinstance(content, StackBox) and is_part(content)


def _lists(first: Roots, now: Roots) -> dict[int, int]:
    """The lists that two calls have in the same places; none if the calls are unlike in anything
    but the lengths of lists and the values of numbers.
    """
    boxes: dict[int, int] = {}
    lists: dict[int, int] = {}
    todo: list[tuple[Any, Any]] = list(zip(first.values, now.values, strict=True))
    while todo:
        a, b = todo.pop()
        if isinstance(a, int) and isinstance(b, int):
            if a in boxes:
                if boxes[a] != b:
                    return {}
                continue
            boxes[a] = b
            x, y = first.heap[a], now.heap[b]
            if isinstance(x, ListBox | StackBox) and isinstance(y, ListBox | StackBox):
                lists[a] = b
                todo.extend(_pools(x, y))
                continue
            inner = _pairs(open_content(x), open_content(y))
        elif isinstance(a, Abstract) and isinstance(b, Abstract):
            inner = [] if _number(a) == _number(b) != () else _pairs(a.open(), b.open())
        else:
            inner = [] if type(a) is type(b) and a.type is b.type else None
        if inner is None:
            return {}
        todo.extend(inner)
    return lists


def _number(v: Abstract) -> tuple[Any, ...]:
    """What is to be the same of two numbers."""
    if isinstance(v, Scalar):
        return v.dtype, v.py
    if known_number(v):
        assert isinstance(v, Known)
        return number_dtype(v.value), is_py_number(v.value)
    return ()


def _pairs(a: Any, b: Any) -> list[tuple[Any, Any]] | None:
    (tag, parts), (other, more) = a, b
    alike = tag == other and len(parts) == len(more)
    return list(zip(parts, more, strict=True)) if alike else None


def _pools(x: Content, y: Content) -> list[tuple[int, int]]:
    """The pools that the elements of two lists are in."""
    if not isinstance(x, StackBox) or not isinstance(y, StackBox):
        return []
    pairs = zip(pools_of(x), pools_of(y), strict=False)
    return [(a, b) for a, b in pairs if a and b]


def pile_up(it: Interp, boxes: Sequence[int], piles: Sequence[Pile]) -> None:
    """Gives the lists that grow a computed length, and room that is a guess."""
    heap, room = it.state.heap, it.session.capacity
    for pile in piles:
        box = boxes[pile.place]
        size = max(room, capacity(heap[box]) + 1)
        restack(it, box, roomy(pile.form, room), size, pile.kinds, guessed=True)
        held = heap[box]
        assert isinstance(held, StackBox)
        heap[box] = replace(held, length=scalar(length_atom(held), True))
