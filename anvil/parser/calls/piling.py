"""Recursion with a list that grows from level to level: what it collects, a path, a memo.

Where the data decides how deep a recursion goes, there is no end of specialisations for the lengths
of such a list. So it becomes one of computed length from the first level on, with room that is a
guess, once several levels have made it longer. So does a list that a function returns, and that is
longer the more levels there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from anvil.parser.containers.chosen_lists import joined_list
from anvil.parser.containers.columns import (
    all_rows,
    boxed,
    check_fits,
    is_part,
    length_atom,
    pools_of,
    resized,
)
from anvil.parser.containers.row_forms import capacity, common_form
from anvil.parser.containers.stacks import restack
from anvil.parser.containers.templates import roomy
from anvil.parser.state.heap import Content, ListBox, StackBox, open_content, reachable
from anvil.parser.state.values import (
    Abstract,
    Choice,
    Known,
    ListV,
    Part,
    Scalar,
    TupleV,
    is_py_number,
    known_key,
    known_number,
    number_dtype,
)

if TYPE_CHECKING:
    from anvil.parser.calls.recursion import Activation
    from anvil.parser.context import Context
    from anvil.parser.interp import Interp
    from anvil.parser.source.functions import FunctionInfo

Heap = Mapping[int, Content]


@dataclass(slots=True, frozen=True)
class Pile:
    """A list that grows: its number among the boxes of a call, the form of its elements, and the
    dtypes of their leaves; `roomy` if it has room that is a guess already.
    """

    place: int
    form: Any
    kinds: Any
    roomy: bool


@dataclass(slots=True, frozen=True)
class Roots:
    """The arguments and captured variables of a call, the store that they are in, and the boxes
    that they lead to, in order.
    """

    heap: Heap
    values: Sequence[Abstract]
    boxes: Sequence[int]


def growing(first: Roots, now: Roots) -> tuple[tuple[Pile, ...], bool]:
    """The lists that are longer at a level of a recursion than at its first one, none if anything
    else is of another structure; whether they are all that is known to differ.
    """
    pairs, moved = _lists(first, now)
    number = {box: i for i, box in enumerate(first.boxes)}
    piles = []
    for x, y in pairs.items():
        a, b = first.heap[x], now.heap[y]
        if capacity(b) <= capacity(a) or x not in number or _is_part(a) or _is_part(b):
            continue
        found = common_form(a, b, first.heap, now.heap)
        if found is not None:
            piles.append(Pile(number[x], found[0], found[1], _is_roomy(a)))
    return tuple(piles), not moved


def _is_part(content: Content) -> bool:
    return isinstance(content, StackBox) and is_part(content)


def _lists(first: Roots, now: Roots) -> tuple[dict[int, int], bool]:
    """The lists that two calls have in the same places; none if the calls are unlike in anything
    but the lengths of lists and the values of numbers. Whether known numbers differ.
    """
    moved = False
    boxes: dict[int, int] = {}
    lists: dict[int, int] = {}
    todo: list[tuple[Any, Any]] = list(zip(first.values, now.values, strict=True))
    while todo:
        a, b = todo.pop()
        if isinstance(a, int) and isinstance(b, int):
            if a in boxes:
                if boxes[a] != b:
                    return {}, moved
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
            moved = moved or differ(a, b)
        else:
            inner = [] if type(a) is type(b) and a.type is b.type else None
        if inner is None:
            return {}, moved
        todo.extend(inner)
    return lists, moved


def differ(a: Abstract, b: Abstract) -> bool:
    """Whether two numbers are known, and are not the same."""
    if not known_number(a) or not known_number(b):
        return False
    assert isinstance(a, Known)
    assert isinstance(b, Known)
    return not isinstance(a.value, bool) and known_key(a.value) != known_key(b.value)


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


def _is_roomy(content: Content) -> bool:
    """Whether a list has room that is a guess."""
    return isinstance(content, StackBox) and content.guessed and not is_part(content)


def keep_room(it: Interp, info: FunctionInfo, now: Roots) -> bool:
    """Gives lists that have more room than at the first level of a recursion, where it is a guess,
    that room again; whether there are any.
    """
    levels = [a.outline.roots for a in it.session.active if a.info is info and not a.flat]
    heap, found = it.state.heap, False
    for first in levels:
        for x, y in _lists(first, now)[0].items():
            a, b = first.heap[x], heap[y]
            if _is_roomy(a) and capacity(b) > capacity(a) and isinstance(b, StackBox):
                _fit(it, y, capacity(a))
                held = heap[y]
                assert isinstance(held, StackBox)
                heap[y] = replace(held, length=Scalar(length_atom(b), True), guessed=True)
                found = True
    return found


def pile_up(it: Interp, boxes: Sequence[int], piles: Sequence[Pile]) -> None:
    """Gives the lists that grow a computed length, and room that is a guess."""
    heap, room = it.state.heap, it.session.capacity
    for pile in piles:
        box = boxes[pile.place]
        size = max(room, capacity(heap[box]) + 1)
        restack(it, box, roomy(pile.form, room), size, pile.kinds, guessed=True)
        held = heap[box]
        assert isinstance(held, StackBox)
        heap[box] = replace(held, length=Scalar(length_atom(held), True))


# ---- results

Forms = dict[tuple[int, ...], tuple[Any, Any]]
"""The places in a result (in tuples) of lists that grow, the forms of their elements and the dtypes
of their leaves.
"""


def with_open_lists(child: Interp, active: Activation, ret: Abstract) -> Abstract:
    """The result of a function, the lists in it that are longer in each round of a recursion as
    ones of computed length; notes those of several lengths.
    """
    if active.hit and not active.flat:
        before = active.assumed
        if before is not None and not active.forms:
            active.forms = growing_results(child, ret, before.ret, before.state.heap)
        active.uneven = uneven_results(child, ret)
    return open_results(child, ret, active.forms, child.argument_boxes)


def growing_results(ctx: Context, now: Abstract, before: Abstract, earlier: Heap) -> Forms:
    """The lists in a result that are not as long as they were in the round before."""
    if isinstance(now, TupleV) and isinstance(before, TupleV):
        if len(now.items) != len(before.items):
            return {}
        pairs = enumerate(zip(now.items, before.items, strict=True))
        found = ((i, growing_results(ctx, x, y, earlier)) for i, (x, y) in pairs)
        return {(i, *path): form for i, forms in found for path, form in forms.items()}
    if not _lists_of(before):
        return {}
    if isinstance(now, ListV):
        sizes = {capacity(earlier[v.box]) for v in _lists_of(before)}
        if {capacity(ctx.content(now.box, "list"))} == sizes:
            return {}
    return _form_of(ctx, now)


def uneven_results(ctx: Context, now: Abstract) -> Forms:
    """The places in a result of lists of several lengths, as the data decide."""
    if isinstance(now, TupleV):
        found = ((i, uneven_results(ctx, x)) for i, x in enumerate(now.items))
        return {(i, *path): form for i, forms in found for path, form in forms.items()}
    sizes = {capacity(ctx.state.heap[v.box]) for v in _lists_of(now)}
    return _form_of(ctx, now) if len(sizes) > 1 else {}


def _form_of(ctx: Context, now: Abstract) -> Forms:
    """The form of the elements of a list, or of all that it may be."""
    joined = joined_list(ctx, now) if isinstance(now, Choice) else now
    if type(joined) is not ListV:
        return {}
    held = ctx.state.heap[joined.box]
    form = common_form(held, held, ctx.state.heap, ctx.state.heap)
    return {} if form is None else {(): form}


def _lists_of(v: Abstract) -> list[ListV]:
    """A list, or all that it may be."""
    options = v.options if isinstance(v, Choice) else (v,)
    lists = [o for o in options if type(o) is ListV]
    return lists if len(lists) == len(options) else []


def open_results(ctx: Context, ret: Abstract, forms: Forms, others: Iterable[int]) -> Abstract:
    """The result with those lists as ones of computed length, with room that is a guess; lists that
    `others` lead to stay as they are.
    """
    if not forms:
        return ret

    def visit(v: Abstract, path: tuple[int, ...], beside: tuple[Part, ...]) -> Abstract:
        if path in forms and _lists_of(v):
            held = reachable(iter(beside), ctx.state.heap)
            if not any(o.box in held for o in _lists_of(v)):
                return _opened(ctx, v, *forms[path])
        if not isinstance(v, TupleV):
            return v
        items = list(v.items)
        for i, x in enumerate(items):
            rest = (*beside, *items[:i], *items[i + 1 :])
            items[i] = visit(x, (*path, i), rest)
        return TupleV(tuple(items), v.cls)

    return visit(ret, (), tuple(others))


def _opened(ctx: Context, v: Abstract, form: Any, kinds: Any) -> Abstract:
    """A list, or one of several, with room that is a guess."""
    room = ctx.session.capacity
    for option in _lists_of(v):
        restack(ctx, option.box, roomy(form, room), room, kinds, guessed=True)
        _fit(ctx, option.box, room)
    joined = joined_list(ctx, v) if isinstance(v, Choice) else v
    if type(joined) is not ListV:
        return v
    held = ctx.state.heap[joined.box]
    assert isinstance(held, StackBox)
    computed = Scalar(length_atom(held), True)
    ctx.state.heap[joined.box] = replace(held, length=computed, guessed=True, room=0)
    return joined


def _fit(ctx: Context, box: int, room: int) -> None:
    """Cuts the room of a list, the elements of which are checked to fit."""
    held = ctx.state.heap[box]
    assert isinstance(held, StackBox)
    if held.capacity == room:
        return
    check_fits(ctx, ctx.b.le(length_atom(held), room))
    rows = [(resized(ctx, x, 0, room), py) for x, py in all_rows(ctx, held)]
    made = boxed(ctx, held.template, rows, room, None, [], pools_of(held))
    ctx.state.heap[box] = replace(held, columns=made.columns, capacity=room)
