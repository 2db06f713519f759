"""Dicts with known keys, those of the classes of collections included."""

from __future__ import annotations

import inspect
import types
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from functools import wraps
from operator import getitem
from typing import TYPE_CHECKING, Any, NoReturn

from anvil.parser.containers import computed_keys, counting, table_methods, tables
from anvil.parser.containers.open_lists import is_open
from anvil.parser.containers.stack_lists import taken_whole
from anvil.parser.containers.table_boxes import (
    empty,
    key_value,
    known_empty,
    new_table,
    table_of,
    viewed,
)
from anvil.parser.containers.tables import is_key
from anvil.parser.containers.templates import template_of
from anvil.parser.control.iteration import listed
from anvil.parser.state.heap import Content, DictBox, TableBox, fresh_box
from anvil.parser.state.values import NONE, Abstract, Bound, DictV, Known, Lazy, ObjectV, TupleV

if TYPE_CHECKING:
    from anvil.parser.context import Context

KEY = "the key of a dict"


def new_dict(
    ctx: Context,
    entries: dict[Any, Abstract],
    cls: type = dict,
    factory: Abstract | None = None,
) -> DictV:
    """A fresh dict."""
    if ctx.loc in ctx.session.tables:
        keys = tuple(key_value(ctx, k) for k in entries)
        if all(is_key(template_of(k, ctx.state.heap)) for k in keys):
            return DictV(new_table(ctx, keys, tuple(entries.values())), cls, factory, ctx.loc)
    box = fresh_box()
    ctx.state.heap[box] = DictBox(entries)
    ctx.session.places[box] = ctx.loc
    return DictV(box, cls, factory, ctx.loc)


def filled_dict(
    ctx: Context,
    cls: type,
    factory: Abstract | None,
    v: Abstract | None,
    more: dict[str, Abstract],
) -> Abstract:
    """A fresh dict of what another one, or a sequence of pairs, holds."""
    start = new_dict(ctx, {}, cls, factory)
    if v is None:
        return new_dict(ctx, more, cls, factory)
    table, made = viewed(ctx, v) is not None, start.made in ctx.session.tables
    if made or (table and not computed_keys.may_be_table(ctx, start)):
        call_method: Any = ctx.session.calls.container_method
        call_method(ctx, start, "update", [v])
        for name, value in more.items():
            set_key(ctx, start, ctx.constant(name), value)
        return start
    if table or (not isinstance(v, DictV) and is_open(ctx, v)):
        computed_keys.become_table(ctx, start.made, KEY)
    return new_dict(ctx, {**dict_entries(ctx, v, start), **more}, cls, factory)


def write(ctx: Context, box: int, content: Content) -> None:
    """Replaces the contents of a list or dict, if it may be written."""
    ctx.touch(box)
    ctx.replace(box, content)


def dict_box(ctx: Context, v: DictV) -> DictBox:
    """The contents of a dict."""
    content = ctx.content(v.box, "dict")
    if isinstance(content, TableBox):
        refuse_table(ctx, v)
    assert isinstance(content, DictBox)
    return content


def refuse_table(ctx: Context, v: Abstract) -> NoReturn:
    """Refuses what needs the keys of a dict or set to be known."""
    ctx.error(
        "value-needed",
        f"the keys of {v.describe()} are needed while compiling, and the data decide them",
    )


def get_key(ctx: Context, v: DictV, key: Abstract) -> Abstract:
    """`v[key]`."""
    table = table_of(ctx, v)
    if table is not None:
        return _get_in_table(ctx, v, table, key)
    if v.factory is not None:
        known_key = computed_keys.known_key(ctx, v, key, KEY)
        return _entry(ctx, v, known_key)
    entries = dict_box(ctx, v).entries
    where = computed_keys.place(ctx, entries, key, KEY)
    if where is not None and v.cls is Counter:
        return computed_keys.get_or(ctx, entries, where, Known(0))
    if where is not None and not hasattr(v.cls, "__missing__"):
        return computed_keys.get(ctx, v.box, entries, where, key)
    return _entry(ctx, v, computed_keys.read_key(ctx, v, key, KEY))


def _entry(ctx: Context, v: DictV, key: Any) -> Abstract:
    entries = dict_box(ctx, v).entries
    return entries[key] if key in entries else missing(ctx, v, key)


def set_key(ctx: Context, v: DictV, key: Abstract, value: Abstract) -> None:
    """`v[key] = value`."""
    ctx.touch(v.box)
    table = _table_for(ctx, v, key)
    if table is not None:
        tables.put(ctx, table, key, value)
        return
    entries = dict_box(ctx, v).entries
    computed_keys.asked_for_table(ctx, v, key, KEY)
    where = computed_keys.place(ctx, entries, key, KEY)
    found = None if where is None else computed_keys.put(ctx, v.box, entries, where, value)
    if where is not None and found is None and computed_keys.may_be_table(ctx, v):
        computed_keys.become_table(ctx, v.made, KEY)
    ctx.replace(
        v.box,
        DictBox(
            {**entries, computed_keys.known_key(ctx, v, key, KEY): value}
            if found is None
            else found
        ),
    )


def _table_for(ctx: Context, v: DictV, key: Abstract) -> TableBox | None:
    """The table that a dict is; one that is empty is none if its keys are to be something else."""
    table = table_of(ctx, v)
    if table is None or not known_empty(ctx, table):
        return table
    if is_key(template_of(key, ctx.state.heap)):
        return table
    ctx.replace(v.box, DictBox({}))
    return None


def _get_in_table(ctx: Context, v: DictV, table: TableBox, key: Abstract) -> Abstract:
    """`v[key]` where the data decide the keys."""
    if v.cls is Counter:
        return tables.get_or(ctx, table, key, lambda: Known(0))
    hook = inspect.getattr_static(v.cls, "__missing__", None)
    if isinstance(hook, types.FunctionType):
        made = Bound("method", Known(hook), (v,))
        return tables.get_or(ctx, table, key, lambda: ctx.call(made, key))
    if v.factory is None:
        return tables.get(ctx, table, key)
    factory = v.factory
    ctx.touch(v.box)
    return tables.get_made(ctx, table, key, lambda: ctx.call(factory))


def _in_table(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A method that is compiled from Python for a table."""

    def wrap(method: Callable[..., Abstract]) -> Callable[..., Abstract]:
        @wraps(method)
        def run(ctx: Context, v: DictV, *args: Abstract, **more: Abstract) -> Abstract:
            if table_of(ctx, v) is None:
                _ask_for(ctx, v, *args[:1])
                return method(ctx, v, *args, **more)
            made: Abstract = ctx.session.calls.call_entry(ctx, rule, [v, *args], more)
            return made

        return run

    return wrap


def _ask_for(ctx: Context, v: DictV, given: Abstract = NONE) -> None:
    """Makes a dict a table if a method is given a key, or what has keys, that the data decide."""
    opened = viewed(ctx, given) is not None or is_open(ctx, given)
    if opened and computed_keys.may_be_table(ctx, v):
        computed_keys.become_table(ctx, v.made, KEY)
    computed_keys.asked_for_table(ctx, v, given, KEY)


def _get(ctx: Context, v: DictV, key: Abstract, default: Abstract = NONE) -> Abstract:
    table = table_of(ctx, v)
    if table is not None:
        return tables.get_or(ctx, table, key, lambda: default)
    entries = dict_box(ctx, v).entries
    where = computed_keys.place(ctx, entries, key, KEY)
    if where is not None:
        return computed_keys.get_or(ctx, entries, where, default)
    return entries.get(computed_keys.read_key(ctx, v, key, KEY), default)


def _keys(ctx: Context, v: DictV) -> Abstract:
    return Lazy("dict_keys", (v,))


def _values(ctx: Context, v: DictV) -> Abstract:
    return Lazy("dict_values", (v,))


def _dict_items(ctx: Context, v: DictV) -> Abstract:
    return Lazy("dict_items", (v,))


@_in_table(table_methods.update_)
def _update(ctx: Context, v: DictV, other: Abstract = NONE, **more: Abstract) -> Abstract:
    box = dict_box(ctx, v)
    entries = dict(box.entries)
    if other is not NONE:
        entries.update(dict_entries(ctx, other))
    write(ctx, v.box, DictBox({**entries, **more}))
    return NONE


@_in_table(table_methods.pop_)
def _dict_pop(ctx: Context, v: DictV, key: Abstract, default: Abstract | None = None) -> Abstract:
    box = dict_box(ctx, v)
    k = computed_keys.read_key(ctx, v, key, KEY)
    if k not in box.entries:
        if default is None:
            ctx.fail(KeyError, k)
        return default
    entries = dict(box.entries)
    item: Abstract = entries.pop(k)
    write(ctx, v.box, DictBox(entries))
    return item


@_in_table(table_methods.popitem_)
def _pop_item(ctx: Context, v: DictV) -> Abstract:
    entries = dict(dict_box(ctx, v).entries)
    if not entries:
        ctx.fail(KeyError, "popitem(): dictionary is empty")
    key, item = entries.popitem()
    write(ctx, v.box, DictBox(entries))
    return TupleV((ctx.constant(key), item))


def merged(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract | None:
    """An operator on two dicts; None if they have none."""
    if not isinstance(a, DictV) or not isinstance(b, DictV):
        return None
    if a.cls is Counter and b.cls is Counter and op in counting.OPERATORS:
        made: Abstract = ctx.session.calls.call_entry(ctx, counting.OPERATORS[op], [a, b], {})
        return made
    if op != "|" or Counter in (a.cls, b.cls):
        return None
    if table_of(ctx, a) is not None or table_of(ctx, b) is not None:
        start = new_dict(ctx, {}, *_class_of_both(a, b))
        for v in (a, b):
            ctx.session.calls.container_method(ctx, start, "update", [v])
        return start
    entries = {**dict_box(ctx, a).entries, **dict_box(ctx, b).entries}
    return new_dict(ctx, entries, *_class_of_both(a, b))


_OWN = (defaultdict, OrderedDict)
"""The classes of dicts whose operators and copies are of their class."""


def _class_of_both(a: DictV, b: DictV) -> tuple[type, Abstract | None]:
    """The class of `a | b`, and what makes missing values: `dict` asks a class that has an own
    operator.
    """
    if issubclass(a.cls, _OWN):
        return a.cls, a.factory
    return (b.cls, b.factory) if a.cls is dict and issubclass(b.cls, _OWN) else (dict, None)


def equal(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract | None:
    """A comparison of two dicts; None where there is none."""
    if not isinstance(a, DictV) or not isinstance(b, DictV):
        return None
    if issubclass(a.cls, Counter) and issubclass(b.cls, Counter):
        rule, turned = counting.COMPARED["==" if op == "!=" else op]
        return _compared(ctx, op, rule, *((b, a) if turned else (a, b)))
    if op not in ("==", "!="):
        return None
    ordered = issubclass(a.cls, OrderedDict) and issubclass(b.cls, OrderedDict)
    if table_of(ctx, a) is not None or table_of(ctx, b) is not None:
        rule = table_methods.equal_in_order if ordered else table_methods.equal_
        return _compared(ctx, op, rule, a, b)
    xs, ys = dict_box(ctx, a).entries, dict_box(ctx, b).entries
    if set(xs) != set(ys) or (ordered and list(xs) != list(ys)):
        return Known(op == "!=")
    values = TupleV(tuple(xs.values())), TupleV(tuple(ys[k] for k in xs))
    return ctx.compare(op, *values)


def _compared(ctx: Context, op: str, rule: Callable[..., Any], *vs: Abstract) -> Abstract:
    same: Abstract = ctx.session.calls.call_entry(ctx, rule, list(vs), {})
    return tables.negated(ctx, same) if op == "!=" else same


def delete(ctx: Context, v: DictV, key: Abstract) -> None:
    """`del v[key]`."""
    table = table_of(ctx, v)
    if table is not None:
        ctx.touch(v.box)
        take = tables.discard if v.cls is Counter else tables.remove
        take(ctx, table, key)
        return
    entries = dict_box(ctx, v).entries
    computed_keys.asked_for_table(ctx, v, key, KEY)
    known = computed_keys.read_key(ctx, v, key, KEY)
    if known not in entries:
        if v.cls is Counter:  # which lacks nothing
            return
        ctx.fail(KeyError, known)
    write(ctx, v.box, DictBox({k: x for k, x in entries.items() if k != known}))


def missing(ctx: Context, v: DictV, key: Any) -> Abstract:
    """`v[key]` for a key that the dict lacks."""
    if v.cls is Counter:
        return Known(0)
    hook = inspect.getattr_static(v.cls, "__missing__", None)
    if isinstance(hook, types.FunctionType):
        return ctx.call(Bound("method", Known(hook), (v,)), ctx.constant(key))
    mark = ctx.state.marks.get(v.box)
    if v.factory is not None and mark is not None and not mark.group and ctx.matters(v.box, mark):
        text = f"the key {key!r} is not in this {v.cls.__name__}, and reading it would add it there"
        ctx.error("missing-key", text)
    if v.factory is not None:
        made = ctx.call(v.factory)
        write(ctx, v.box, DictBox({**dict_box(ctx, v).entries, key: made}))
        return made
    return ctx.fail(KeyError, key)


@_in_table(table_methods.setdefault_)
def _setdefault(ctx: Context, v: DictV, key: Abstract, default: Abstract = NONE) -> Abstract:
    box = dict_box(ctx, v)
    k = computed_keys.known_key(ctx, v, key, KEY)
    if k not in box.entries:
        write(ctx, v.box, DictBox({**box.entries, k: default}))
        return default
    return box.entries[k]


def _dict_copy(ctx: Context, v: DictV) -> Abstract:
    cls = v.cls if issubclass(v.cls, (*_OWN, Counter)) else dict  # as those of users inherit it
    table = table_of(ctx, v)
    if table is not None:
        box = fresh_box()
        ctx.state.heap[box] = TableBox(tuple(taken_whole(ctx, held) for held in table.lists))  # type: ignore[arg-type]
        return DictV(box, cls, v.factory, v.made)
    return new_dict(ctx, dict(dict_box(ctx, v).entries), cls, v.factory)


def _dict_clear(ctx: Context, v: DictV) -> Abstract:
    table = table_of(ctx, v)
    if table is None:
        write(ctx, v.box, DictBox({}))
    else:
        ctx.touch(v.box)
        empty(ctx, table)
    return NONE


METHODS: dict[str, Callable[..., Abstract]] = {
    "get": _get,
    "keys": _keys,
    "values": _values,
    "items": _dict_items,
    "update": _update,
    "pop": _dict_pop,
    "popitem": _pop_item,
    "setdefault": _setdefault,
    "copy": _dict_copy,
    "clear": _dict_clear,
}


def dict_entries(ctx: Context, v: Abstract, start: DictV | None = None) -> Mapping[Any, Abstract]:
    """The entries of a mapping, or of a sequence of pairs; `start` is the dict that gets them."""
    found = mapping_entries(ctx, v)
    if found is not None:
        return found
    out: dict[Any, Abstract] = {}
    for i, pair in enumerate(listed(ctx, v)):
        parts = listed(ctx, pair)
        if len(parts) != 2:
            what = f"dictionary update sequence element #{i} has length {len(parts)}"
            ctx.fail(ValueError, f"{what}; 2 is required")
        if start is None:
            out[ctx.key(parts[0])] = parts[1]
        else:
            out[computed_keys.known_key(ctx, start, parts[0], KEY)] = parts[1]
    return out


def mapping_entries(ctx: Context, v: Abstract) -> Mapping[Any, Abstract] | None:
    """The entries of a dict, or of an object with `keys`; None for anything else."""
    if isinstance(v, DictV):
        return dict_box(ctx, v).entries
    if isinstance(v, Known) and isinstance(v.value, dict):
        return {k: ctx.constant(x) for k, x in v.value.items()}
    if not isinstance(v, ObjectV) or not hasattr(v.cls, "keys"):
        return None
    keys = listed(ctx, ctx.session.calls.method(ctx, v, "keys", []))
    return {ctx.key(k): ctx.call(getitem, v, k) for k in keys}
