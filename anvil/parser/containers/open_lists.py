"""Lists whose length the data decide: searched, sliced, compared, sorted and copied.

Where elements are numbers of one dtype all of them are looked at at once, those that do not count
masked; elsewhere one after the other, by a loop compiled from Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.families import type_at
from anvil.ir.records import Atom
from anvil.ir.types import I64
from anvil.parser.arrays.ragged import Ragged
from anvil.parser.containers import stack_lists
from anvil.parser.containers.chosen_lists import is_joinable
from anvil.parser.containers.columns import all_rows, element, length_atom, resized
from anvil.parser.containers.list_arrays import as_list
from anvil.parser.containers.options import looked_up
from anvil.parser.containers.row_forms import kinds_of
from anvil.parser.containers.stacks import restack
from anvil.parser.containers.table_boxes import table_of, viewed
from anvil.parser.containers.templates import (
    Fixed,
    Group,
    Number,
    OneOf,
    common_template,
    has_identity,
    has_refs,
    leaves_of,
    template_of,
    unified,
)
from anvil.parser.control import streams
from anvil.parser.state.heap import CellBox, StackBox
from anvil.parser.state.roots import varies
from anvil.parser.state.values import (
    NONE,
    Abstract,
    DictV,
    Known,
    Lazy,
    ListV,
    RangeV,
    Scalar,
    SliceV,
    scalar,
)

if TYPE_CHECKING:
    from anvil.parser.context import Context


def open_stack(ctx: Context, v: Abstract) -> StackBox | None:
    """The contents of a list whose length the data decide; None for anything else."""
    stack = stack_lists.stack_of(ctx, v)
    return None if stack is None or isinstance(stack.length, Known) else stack


def is_open(ctx: Context, v: Abstract) -> bool:
    """Whether the data decide how many items there are: of a list, an array, or an iterator over
    these.
    """
    if viewed(ctx, v) is not None:
        return True
    if isinstance(v, RangeV):
        return any(isinstance(p, Scalar) and varies(ctx, p.atom) for p in (v.start, v.stop))
    if isinstance(v, Lazy):
        if v.box and not isinstance(computed_place(ctx, v), int):
            return True
        return any(is_open(ctx, i) or is_joinable(ctx, i) for i in v.items)
    return isinstance(v, Ragged) or open_stack(ctx, v) is not None


def computed_place(ctx: Context, v: Lazy) -> int | Atom:
    """The place of an iterator where it is computed; 0 where it is known, or not at all."""
    cell = ctx.state.heap[v.box]
    found = cell.value if isinstance(cell, CellBox) else None
    if not isinstance(found, Scalar) or ctx.known_array(found) is not None:
        return 0
    return found.atom


def called(ctx: Context, rule: Any, *args: Abstract) -> Abstract:
    """A call of a function written in Python."""
    found: Abstract = ctx.session.calls.call_entry(ctx, rule, list(args), {})
    return found


def listed(ctx: Context, v: Abstract) -> Abstract:
    """`list(v)` of what is open."""
    if isinstance(v, ListV):
        return stack_lists.taken_whole(ctx, v)
    table = table_of(ctx, v)
    if table is not None and isinstance(v, DictV):
        return stack_lists.taken_whole(ctx, table.lists[0])  # type: ignore[arg-type]
    found = as_list(ctx, v, py=False) if isinstance(v, Ragged) else None
    return called(ctx, streams.list_, v) if found is None else found


def plain_slice(ctx: Context, index: Abstract) -> tuple[Abstract, Abstract] | None:
    """The bounds of a slice whose step is 1; None for anything else."""
    if isinstance(index, Known) and isinstance(index.value, slice):
        at = index.value
        index = SliceV(ctx.constant(at.start), ctx.constant(at.stop), ctx.constant(at.step))
    if not isinstance(index, SliceV) or ctx.known(index.step, "the step of a slice") not in (
        None,
        1,
    ):
        return None
    return index.start, index.stop


def taken_apart(
    ctx: Context, v: Abstract, n: int, star: int | None, counts: bool
) -> list[Abstract]:
    """The `n` parts into which what is open is unpacked, the one at `star` being a list; no parts
    for what is no list of like things. `counts`: an error says how many items are too many.

    Raises:
        ValueError: at run time and in CPython's words, if there are too few or too many items.
    """
    whole = v if type(v) is ListV else listed(ctx, v)
    stack = stack_lists.stack_of(ctx, whole)
    if stack is None:
        return []
    b, length = ctx.b, length_atom(stack)
    got = scalar(length, True)
    least = n if star is None else n - 1
    wanted = f"expected at least {least}" if star is not None else f"expected {n}"
    few = ctx.text(f"not enough values to unpack ({wanted}, got ", got, ")")
    if stack.capacity < least:
        ctx.fail(ValueError, few)
    ctx.check(b.ge(length, least), ValueError, few)
    if star is None:
        many = f"too many values to unpack (expected {n}"
        text = ctx.text(many, ", got ", got, ")") if counts else f"{many})"
        ctx.check(b.le(length, n), ValueError, text)
    stack = stack_lists.stack_of(ctx, whole)
    assert stack is not None
    head = n if star is None else star
    tail = n - head - 1
    out = [element(ctx, stack, b.i64(i)) for i in range(min(head, stack.capacity))]
    if star is None:
        return out
    ends: Abstract = NONE if not tail else Known(-tail)
    middle = stack_lists.part(ctx, stack, SliceV(Known(head), ends, NONE))
    last = [element(ctx, stack, b.add(length, k - tail)) for k in range(tail)]
    return [*out, middle, *last]


def piled(ctx: Context, v: ListV, item: Abstract) -> StackBox | None:
    """A list of values, to which each level of a recursion adds some, as rows with room that is a
    guess: so that it has one form at all levels. None for other lists.
    """
    if not ctx.session.piling or not ctx.session.recurs():
        return None
    form, items = template_of(item, ctx.state.heap), ctx.items(v)
    if items:
        have = common_template(items, ctx.state.heap)
        form = None if have is None else unified(have, form)
    if form is None or has_identity(form) or has_refs(form):
        return None
    kinds = kinds_of(form, item, ctx.state.heap)
    restack(ctx, v.box, form, ctx.session.capacity, kinds, guessed=True)
    return stack_lists.stack_of(ctx, v)


# ---- searching


def inside(ctx: Context, stack: StackBox) -> Atom:
    """Which rows of a list are elements of it."""
    b, size = ctx.b, (stack.capacity,)
    places = b.iota(shape=size, axis=0, dtype=I64)
    out: Atom = b.lt(places, b.broadcast_to(length_atom(stack), size))
    return out


def _equal_rows(ctx: Context, stack: StackBox, item: Abstract) -> Atom | None:
    """Which elements are equal to a number of their own dtype; None where that is not so."""
    if not isinstance(stack.template, Number) or not isinstance(item, Scalar | Known):
        return None
    ((x, _),) = all_rows(ctx, stack)
    if not ctx.is_arraylike(item) or ctx.strength(item)[0] is not type_at(x).dtype:
        return None
    size = (stack.capacity,)
    same = ctx.b.eq(x, ctx.b.broadcast_to(ctx.atom(item), size))
    return ctx.b.and_(same, inside(ctx, stack))  # type: ignore[no-any-return]


def index(ctx: Context, v: Abstract, stack: StackBox, item: Abstract, message: Any) -> Abstract:
    """The first place of an item; ValueError with this message if it is not there."""
    found = _equal_rows(ctx, stack, item)
    if found is None or not stack.capacity:
        at = ctx.atom(called(ctx, streams.place_, v, item), I64)
        ctx.check(ctx.b.ge(at, 0), ValueError, message)
        return scalar(at, True)
    ctx.check(ctx.b.reduce_or(found, axes=(0,)), ValueError, message)
    return scalar(ctx.atom(ctx.call(np.argmax, ctx.array(found)), I64), True)


def contains(ctx: Context, v: Abstract, stack: StackBox, item: Abstract) -> Abstract:
    """`item in v`."""
    found = _equal_rows(ctx, stack, item)
    if found is None:
        return called(ctx, streams.contains_, v, item)
    return scalar(ctx.b.reduce_or(found, axes=(0,)), True)


def count(ctx: Context, v: ListV, stack: StackBox, item: Abstract) -> Abstract:
    """`v.count(item)`."""
    found = _equal_rows(ctx, stack, item)
    if found is None:
        return called(ctx, streams.times_, v, item)
    return scalar(ctx.b.reduce_sum(ctx.b.cast(found, I64), axes=(0,)), True)


# ---- sorting


def sort(
    ctx: Context,
    v: ListV,
    stack: StackBox,
    key: Abstract | None,
    backwards: bool,
    source: Abstract | None = None,
) -> None:
    """Sorts a list by numbers, or tuples of numbers; stable. `source` is what it is a copy of."""
    b, size = ctx.b, stack.capacity
    if not size:
        return
    keys = v if key is None else called(ctx, streams.applied_, key, v if source is None else source)
    held = stack_lists.stack_of(ctx, keys)
    if held is None or not _plain(held.template):
        ctx.error(
            "unsupported-value",
            "a list whose length the data decide is sorted by numbers or texts, or tuples of them",
        )
    columns = [resized(ctx, x, 0, size) for x in _columns(ctx, held)]
    counts = inside(ctx, stack)
    for x in columns:
        if type_at(x).dtype.inexact:
            odd = b.reduce_or(b.and_(b.is_nan(x), counts), axes=(0,))
            ctx.check(b.not_(odd), ValueError, "nan has no place in a sorted order")
    mirror = mirrored(ctx, stack) if backwards else None
    if mirror is not None:
        columns = [_taken(ctx, x, mirror) for x in columns]
    ranks: Sequence[Abstract] = [ctx.array(x) for x in (b.cast(b.not_(counts), I64), *columns)]
    order = ctx.atom(ctx.call(np.lexsort, ctx.tuple(list(reversed(ranks)))), I64)
    if mirror is not None:
        order = _taken(ctx, _taken(ctx, mirror, order), mirror)
    stack_lists.rearranged(ctx, v, stack, order)


def mirrored(ctx: Context, stack: StackBox) -> Atom:
    """For each place the one with as many elements behind it as that has before it."""
    b, size = ctx.b, (stack.capacity,)
    places = b.iota(shape=size, axis=0, dtype=I64)
    last = b.broadcast_to(b.add(length_atom(stack), -1), size)
    return b.select(inside(ctx, stack), b.sub(last, places), places)  # type: ignore[no-any-return]


def _plain(t: Any) -> bool:
    """Whether elements are numbers, texts, or tuples of these."""
    if isinstance(t, Group):
        return t.kind == "tuple" and all(map(_plain, t.items))
    options = t.options if isinstance(t, OneOf) else (t,)
    return isinstance(t, Number) or all(_text(o) is not None for o in options)


def _text(t: Any) -> str | None:
    value = t.value if isinstance(t, Fixed) else None
    return value.value if isinstance(value, Known) and isinstance(value.value, str) else None


def _columns(ctx: Context, stack: StackBox) -> Iterator[Atom]:
    """The numbers to sort by: of texts, their places in the order of all."""
    for (leaf, _), (x, _) in zip(leaves_of(stack.template), all_rows(ctx, stack), strict=True):
        if isinstance(leaf, OneOf):
            texts = [_text(o) or "" for o in leaf.options]
            x = looked_up(ctx, np.array([sorted(texts).index(t) for t in texts]), x)
        yield x


def _taken(ctx: Context, x: Atom, at: Atom) -> Atom:
    places = ctx.b.reshape(at, shape=(*type_at(at).shape, 1))
    return ctx.b.gather(x, places, axes=(0,))  # type: ignore[no-any-return]
