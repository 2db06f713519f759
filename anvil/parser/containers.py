"""Methods of lists, dicts, tuples and strings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.parser import operators, sequences, stack_lists
from anvil.parser.heap import Content, DictBox, ListBox, fresh_box
from anvil.parser.iteration import listed
from anvil.parser.values import NONE, Abstract, DictV, Known, Lazy, ListV

if TYPE_CHECKING:
    from anvil.parser.context import Context

TUPLE_METHODS = ("count", "index")
Args = Sequence[Abstract]


def new_dict(ctx: Context, entries: dict[Any, Abstract], cls: type = dict) -> DictV:
    """A fresh dict."""
    box = fresh_box()
    ctx.state.heap[box] = DictBox(entries, cls)
    return DictV(box)


def write(ctx: Context, box: int, content: Content) -> None:
    """Replaces the contents of a list or dict, if it may be written."""
    ctx.touch(box)
    ctx.state.heap[box] = content


def dict_box(ctx: Context, v: DictV) -> DictBox:
    """The contents of a dict."""
    content = ctx.content(v.box, "dict")
    assert isinstance(content, DictBox)
    return content


def has_method(v: Abstract, name: str) -> bool:
    """Whether a container has a method that is compiled."""
    table = _LIST if isinstance(v, ListV) else _DICT if isinstance(v, DictV) else _TUPLE
    return name in table


def call_method(
    ctx: Context, v: Abstract, name: str, args: Args, kwargs: dict[str, Abstract]
) -> Abstract:
    """`v.name(*args, **kwargs)`."""
    table: dict[str, Callable[..., Abstract]] = (
        _LIST if isinstance(v, ListV) else _DICT if isinstance(v, DictV) else _TUPLE
    )
    try:
        return table[name](ctx, v, *args, **kwargs)
    except TypeError as error:
        if error.__traceback__ is None or error.__traceback__.tb_next is not None:
            raise
        ctx.error("wrong-arguments", f"wrong arguments for .{name}() of {v.describe()}")


# ---- lists


def _items(ctx: Context, v: ListV) -> tuple[Abstract, ...]:
    return ctx.items(v)


def _append(ctx: Context, v: ListV, item: Abstract) -> Abstract:
    stack = stack_lists.stack_of(ctx, v)
    if stack is not None and stack_lists.append(ctx, v, stack, item):
        return NONE
    write(ctx, v.box, ListBox((*_items(ctx, v), item)))
    return NONE


def extend(ctx: Context, v: ListV, more: Abstract) -> Abstract:
    """`v.extend(more)`."""
    if stack_lists.stack_of(ctx, v) is not None:
        for item in listed(ctx, more):
            _append(ctx, v, item)
        return NONE
    write(ctx, v.box, ListBox((*_items(ctx, v), *listed(ctx, more))))
    return NONE


def _insert(ctx: Context, v: ListV, index: Abstract, item: Abstract) -> Abstract:
    stack = stack_lists.stacked_if_computed(ctx, v, index)
    if stack is not None and stack_lists.insert(ctx, v, stack, index, item):
        return NONE
    items = list(_items(ctx, v))
    items.insert(ctx.known(index, "the position"), item)
    write(ctx, v.box, ListBox(tuple(items)))
    return NONE


def _pop(ctx: Context, v: ListV, index: Abstract = Known(-1)) -> Abstract:  # noqa: B008
    stack = stack_lists.stacked_if_computed(ctx, v, index)
    if stack is not None:
        return stack_lists.remove_at(ctx, v, stack, index, "pop")
    items = list(_items(ctx, v))
    i = ctx.known(index, "the position")
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
    for x in ctx.items(v):
        total = operators.binary(ctx, "+", total, ctx.compare("==", x, item))
    return total


def _remove(ctx: Context, v: ListV, item: Abstract) -> Abstract:
    _pop(ctx, v, sequences.index(ctx, v, item))
    return NONE


_LIST: dict[str, Callable[..., Abstract]] = {
    "append": _append,
    "extend": extend,
    "insert": _insert,
    "pop": _pop,
    "clear": _clear,
    "copy": _copy,
    "reverse": _reverse,
    "count": _count,
    "index": sequences.index,
    "remove": _remove,
    "sort": sequences.sort,
}
_TUPLE: dict[str, Callable[..., Abstract]] = {"count": _count, "index": sequences.index}


# ---- dicts


def _get(ctx: Context, v: DictV, key: Abstract, default: Abstract = NONE) -> Abstract:
    return dict_box(ctx, v).entries.get(ctx.key(key), default)


def _keys(ctx: Context, v: DictV) -> Abstract:
    return Lazy("dict_keys", (v,))


def _values(ctx: Context, v: DictV) -> Abstract:
    return Lazy("dict_values", (v,))


def _dict_items(ctx: Context, v: DictV) -> Abstract:
    return Lazy("dict_items", (v,))


def _update(ctx: Context, v: DictV, other: Abstract = NONE, **more: Abstract) -> Abstract:
    box = dict_box(ctx, v)
    entries = dict(box.entries)
    if other is not NONE:
        entries.update(dict_entries(ctx, other))
    write(ctx, v.box, DictBox({**entries, **more}, box.cls))
    return NONE


def _dict_pop(ctx: Context, v: DictV, key: Abstract, default: Abstract | None = None) -> Abstract:
    box = dict_box(ctx, v)
    k = ctx.key(key)
    if k not in box.entries:
        if default is None:
            ctx.fail(KeyError, k)
        return default
    entries = dict(box.entries)
    item: Abstract = entries.pop(k)
    write(ctx, v.box, DictBox(entries, box.cls))
    return item


def _setdefault(ctx: Context, v: DictV, key: Abstract, default: Abstract = NONE) -> Abstract:
    box = dict_box(ctx, v)
    k = ctx.key(key)
    if k not in box.entries:
        write(ctx, v.box, DictBox({**box.entries, k: default}, box.cls))
        return default
    return box.entries[k]


def _dict_copy(ctx: Context, v: DictV) -> Abstract:
    box = dict_box(ctx, v)
    return new_dict(ctx, dict(box.entries), box.cls)


def _dict_clear(ctx: Context, v: DictV) -> Abstract:
    write(ctx, v.box, DictBox({}, dict_box(ctx, v).cls))
    return NONE


_DICT: dict[str, Callable[..., Abstract]] = {
    "get": _get,
    "keys": _keys,
    "values": _values,
    "items": _dict_items,
    "update": _update,
    "pop": _dict_pop,
    "setdefault": _setdefault,
    "copy": _dict_copy,
    "clear": _dict_clear,
}


def dict_entries(ctx: Context, v: Abstract) -> dict[Any, Abstract]:
    """The entries of a dict, or of a sequence of pairs."""
    if isinstance(v, DictV):
        return dict_box(ctx, v).entries
    if isinstance(v, Known) and isinstance(v.value, dict):
        return {k: ctx.constant(x) for k, x in v.value.items()}
    out: dict[Any, Abstract] = {}
    for pair in listed(ctx, v):
        key, value = listed(ctx, pair)
        out[ctx.key(key)] = value
    return out
