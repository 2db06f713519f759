"""Methods of lists and tuples."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from anvil.parser.arrays import operators
from anvil.parser.arrays.whole import position
from anvil.parser.containers import (
    joined_lists,
    open_lists,
    options,
    pools,
    sequences,
    sorting,
    stack_lists,
)
from anvil.parser.containers.dicts import write
from anvil.parser.control.choices import apart, is_split
from anvil.parser.control.iteration import listed
from anvil.parser.control.streams import list_
from anvil.parser.state.heap import GeneratorV, ListBox, RowBox
from anvil.parser.state.values import NONE, Abstract, Known, ListV, TupleV

if TYPE_CHECKING:
    from anvil.parser.context import Context


def _items(ctx: Context, v: ListV) -> tuple[Abstract, ...]:
    return ctx.items(v)


def append(ctx: Context, v: ListV, item: Abstract) -> Abstract:
    """`v.append(item)`."""
    if is_split(item) and stack_lists.stack_of(ctx, v) is not None:

        def add(one: list[Abstract]) -> None:
            append(ctx, v, *one)

        apart(ctx, [item], add)
        return NONE
    pools.growing(ctx, v, item)
    stack = stack_lists.stack_of(ctx, v) or open_lists.piled(ctx, v, item)
    if stack is not None and stack_lists.append(ctx, v, stack, item):
        return NONE
    write(ctx, v.box, ListBox((*_items(ctx, v), item)))
    return NONE


def extend(ctx: Context, v: ListV, more: Abstract) -> Abstract:
    """`v.extend(more)`."""
    if isinstance(ctx.state.heap[v.box], RowBox):
        pools.growing(ctx, v, *(ctx.items(more) if isinstance(more, TupleV) else ()))
    if not isinstance(more, ListV) and open_lists.is_open(ctx, more):
        more = open_lists.listed(ctx, more)
    if isinstance(more, GeneratorV):
        more = open_lists.called(ctx, list_, more)
    if isinstance(more, ListV) and stack_lists.extend(ctx, v, more):
        return NONE
    if open_lists.open_stack(ctx, more) is not None:
        write(ctx, v.box, ctx.content(joined_lists.chained(ctx, v, more).box, "list"))
        return NONE
    if stack_lists.stack_of(ctx, v) is not None:
        for item in listed(ctx, more):
            append(ctx, v, item)
        return NONE
    more_items = listed(ctx, more)
    write(ctx, v.box, ListBox((*_items(ctx, v), *more_items)))
    return NONE


def insert(ctx: Context, v: ListV, index: Abstract, item: Abstract) -> Abstract:
    """`v.insert(index, item)`."""
    index = position(ctx, index)
    pools.growing(ctx, v, item)
    stack = stack_lists.stacked_if_computed(ctx, v, index)
    if stack is not None and stack_lists.insert(ctx, v, stack, index, item):
        return NONE
    items = list(_items(ctx, v))
    items.insert(options.known_index(ctx, v, index, "the position"), item)
    write(ctx, v.box, ListBox(tuple(items)))
    return NONE


def pop(ctx: Context, v: ListV, index: Abstract = Known(-1)) -> Abstract:  # noqa: B008
    """`v.pop(index)`."""
    index = position(ctx, index)
    pools.growing(ctx, v)
    stack = stack_lists.stacked_if_computed(ctx, v, index)
    if stack is not None:
        return stack_lists.remove_at(ctx, v, stack, index, "pop")
    items = list(_items(ctx, v))
    i = options.known_index(ctx, v, index, "the position")
    if not -len(items) <= i < len(items):
        ctx.fail(IndexError, "pop index out of range" if items else "pop from empty list")
    item = items.pop(i)
    write(ctx, v.box, ListBox(tuple(items)))
    return item


def _clear(ctx: Context, v: ListV) -> Abstract:
    write(ctx, v.box, ListBox(()))
    return NONE


def _copy(ctx: Context, v: ListV) -> Abstract:
    return stack_lists.taken_whole(ctx, v)


def _reverse(ctx: Context, v: ListV) -> Abstract:
    stack = stack_lists.stack_of(ctx, v)
    opened = open_lists.open_stack(ctx, v)
    if opened is not None and opened.capacity:
        stack_lists.rearranged(ctx, v, opened, open_lists.mirrored(ctx, opened))
        return NONE
    if stack is not None:
        n = ctx.known(stack.length, "the length of a list that is reversed")
        order = np.arange(stack.capacity)
        order[:n] = order[:n][::-1]
        stack_lists.rearranged(ctx, v, stack, ctx.atom(ctx.constant(order)))
        return NONE
    write(ctx, v.box, ListBox(tuple(reversed(_items(ctx, v)))))
    return NONE


def _count(ctx: Context, v: Abstract, item: Abstract) -> Abstract:
    total: Abstract = Known(0)
    stack = open_lists.open_stack(ctx, v)
    if stack is not None and isinstance(v, ListV):
        return open_lists.count(ctx, v, stack, item)
    for x in ctx.items(v):
        same = ctx.truth(ctx.compare("==", x, item))
        one = Known(same) if isinstance(same, bool) else ctx.py_scalar(same)
        total = operators.binary(ctx, "+", total, one)
    return total


def _remove(ctx: Context, v: ListV, item: Abstract) -> Abstract:
    pop(ctx, v, sequences.index(ctx, v, item, method="remove"))
    return NONE


LIST: dict[str, Callable[..., Abstract]] = {
    "append": append,
    "extend": extend,
    "insert": insert,
    "pop": pop,
    "clear": _clear,
    "copy": _copy,
    "reverse": _reverse,
    "count": _count,
    "index": sequences.index,
    "remove": _remove,
    "sort": sorting.sort,
}
TUPLE: dict[str, Callable[..., Abstract]] = {"count": _count, "index": sequences.index}
