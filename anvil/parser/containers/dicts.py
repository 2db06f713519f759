"""Dicts with known keys, those of the classes of collections included."""

from __future__ import annotations

import inspect
import types
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from operator import getitem
from typing import TYPE_CHECKING, Any

from anvil.parser.containers import computed_keys, counting
from anvil.parser.control.iteration import listed
from anvil.parser.state.heap import Content, DictBox, fresh_box
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
    box = fresh_box()
    ctx.state.heap[box] = DictBox(entries)
    return DictV(box, cls, factory)


def write(ctx: Context, box: int, content: Content) -> None:
    """Replaces the contents of a list or dict, if it may be written."""
    ctx.touch(box)
    ctx.replace(box, content)


def dict_box(ctx: Context, v: DictV) -> DictBox:
    """The contents of a dict."""
    content = ctx.content(v.box, "dict")
    assert isinstance(content, DictBox)
    return content


def get_key(ctx: Context, v: DictV, key: Abstract) -> Abstract:
    """`v[key]`."""
    entries = dict_box(ctx, v).entries
    where = computed_keys.place(ctx, entries, key, KEY)
    if where is not None and v.cls is Counter:
        return computed_keys.get_or(ctx, entries, where, Known(0))
    if where is not None and v.factory is None and not hasattr(v.cls, "__missing__"):
        return computed_keys.get(ctx, v.box, entries, where, key)
    known = ctx.key(key)
    return entries[known] if known in entries else missing(ctx, v, known)


def set_key(ctx: Context, v: DictV, key: Abstract, value: Abstract) -> None:
    """`v[key] = value`."""
    ctx.touch(v.box)
    entries = dict_box(ctx, v).entries
    where = computed_keys.place(ctx, entries, key, KEY)
    found = None if where is None else computed_keys.put(ctx, v.box, entries, where, value)
    ctx.replace(v.box, DictBox({**entries, ctx.key(key): value} if found is None else found))


def _get(ctx: Context, v: DictV, key: Abstract, default: Abstract = NONE) -> Abstract:
    entries = dict_box(ctx, v).entries
    where = computed_keys.place(ctx, entries, key, KEY)
    if where is not None:
        return computed_keys.get_or(ctx, entries, where, default)
    return entries.get(ctx.key(key), default)


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
    write(ctx, v.box, DictBox({**entries, **more}))
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
    write(ctx, v.box, DictBox(entries))
    return item


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
    entries = {**dict_box(ctx, a).entries, **dict_box(ctx, b).entries}
    like = a if a.cls is not dict else b
    return new_dict(ctx, entries, like.cls, like.factory)


def equal(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract | None:
    """`a == b` or `a != b` of two dicts; None for anything else."""
    if op not in ("==", "!=") or not isinstance(a, DictV) or not isinstance(b, DictV):
        return None
    xs, ys = dict_box(ctx, a).entries, dict_box(ctx, b).entries
    if a.cls is Counter and b.cls is Counter:
        xs, ys = ({**dict.fromkeys(o, Known(0)), **m} for m, o in ((xs, ys), (ys, xs)))
    ordered = a.cls is OrderedDict and b.cls is OrderedDict
    if set(xs) != set(ys) or (ordered and list(xs) != list(ys)):
        return Known(op == "!=")
    values = TupleV(tuple(xs.values())), TupleV(tuple(ys[k] for k in xs))
    return ctx.compare(op, *values)


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


def _setdefault(ctx: Context, v: DictV, key: Abstract, default: Abstract = NONE) -> Abstract:
    box = dict_box(ctx, v)
    k = ctx.key(key)
    if k not in box.entries:
        write(ctx, v.box, DictBox({**box.entries, k: default}))
        return default
    return box.entries[k]


def _dict_copy(ctx: Context, v: DictV) -> Abstract:
    box = dict_box(ctx, v)
    return new_dict(ctx, dict(box.entries), v.cls, v.factory)


def _dict_clear(ctx: Context, v: DictV) -> Abstract:
    write(ctx, v.box, DictBox({}))
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


def dict_entries(ctx: Context, v: Abstract) -> Mapping[Any, Abstract]:
    """The entries of a mapping, or of a sequence of pairs."""
    found = mapping_entries(ctx, v)
    if found is not None:
        return found
    out: dict[Any, Abstract] = {}
    for i, pair in enumerate(listed(ctx, v)):
        parts = listed(ctx, pair)
        if len(parts) != 2:
            what = f"dictionary update sequence element #{i} has length {len(parts)}"
            ctx.fail(ValueError, f"{what}; 2 is required")
        out[ctx.key(parts[0])] = parts[1]
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
