"""Sets of elements that are known while compiling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from anvil.ir.families import type_at
from anvil.parser.containers import table_boxes, table_methods, tables
from anvil.parser.containers.collection_values import SetV
from anvil.parser.containers.columns import all_rows
from anvil.parser.containers.computed_keys import (
    asked_for_table,
    become_table,
    known_key,
    may_be_table,
    read_key,
)
from anvil.parser.containers.known_containers import refuse_objects
from anvil.parser.containers.open_lists import called, is_open
from anvil.parser.containers.set_order import elements_of, ordered, unordered
from anvil.parser.containers.stack_lists import stack_of, taken_whole
from anvil.parser.containers.table_boxes import (
    key_value,
    known_empty,
    new_table,
    table_of,
    viewed,
)
from anvil.parser.containers.tables import is_key
from anvil.parser.containers.templates import template_of
from anvil.parser.control.iteration import listed
from anvil.parser.state.heap import SetBox, TableBox, fresh_box
from anvil.parser.state.values import NONE, Abstract, DictV, Known, Lazy, NDArray

if TYPE_CHECKING:
    from anvil.parser.context import Context

ELEMENT = "an element of a set"


def new_set(ctx: Context, elements: Iterable[Any]) -> SetV:
    """A fresh set."""
    elements = list(elements)
    if ctx.loc in ctx.session.tables:
        keys = tuple(key_value(ctx, k) for k in elements)
        if all(is_key(template_of(k, ctx.state.heap)) for k in keys):
            return SetV(new_table(ctx, keys), ctx.loc)
    box = fresh_box()
    ctx.state.heap[box] = SetBox(frozenset(elements))
    ctx.session.places[box] = ctx.loc
    return SetV(box, ctx.loc)


def set_of(ctx: Context, v: Abstract) -> Abstract:
    """`set(v)`."""
    if ctx.loc in ctx.session.tables or viewed(ctx, v) is not None:
        return called(ctx, table_methods.union, v)
    out = new_set(ctx, ())
    if (_unknown(ctx, v) or is_open(ctx, v)) and may_be_table(ctx, out):
        become_table(ctx, out.made, ELEMENT)
    if elements_of(ctx, v) is not None or isinstance(v, DictV):
        return new_set(ctx, keys_in(ctx, v))
    items = listed(ctx, v)
    return new_set(ctx, [known_key(ctx, out, i, ELEMENT) for i in items])


_ANY_ORDER = (max, min, any, all, len, set, frozenset)


def in_any_order(
    ctx: Context, fn: Any, args: Sequence[Abstract], keyed: bool
) -> Sequence[Abstract]:
    """The arguments of a builtin, a set whose elements the data decide as the list of these where
    their order is no matter.
    """
    if len(args) != 1 or not isinstance(args[0], SetV) or keyed:
        return args
    table = table_of(ctx, args[0])
    if table is None:
        return args
    whole = elements(ctx, args[0])
    if fn in _ANY_ORDER or fn is sorted or (fn is sum and _ints(ctx, whole)):
        return [whole]
    return args


def _ints(ctx: Context, v: Abstract) -> bool:
    stack = stack_of(ctx, v)
    return stack is None or all(not type_at(x).dtype.inexact for x, _ in all_rows(ctx, stack))


def keys_in(ctx: Context, v: Abstract, into: SetV | None = None) -> frozenset[Any]:
    """The elements of an iterable, as those of a set; `into` is the set that gets them."""
    found = elements_of(ctx, v)
    if found is not None:
        return found
    if isinstance(v, DictV):
        return frozenset(ctx.dict_entries(v))
    if into is None:
        return frozenset(ctx.key(i, ELEMENT) for i in listed(ctx, v))
    return frozenset(known_key(ctx, into, i, ELEMENT) for i in listed(ctx, v))


def made(ctx: Context, like: Abstract, elements: Iterable[Any]) -> Abstract:
    """A set, or a frozenset where `like` is one."""
    frozen = isinstance(like, Known) and isinstance(like.value, frozenset)
    elements = frozenset(elements)
    if frozen:
        refuse_objects(ctx, elements, "a frozenset")
    return Known(frozenset(elements)) if frozen else new_set(ctx, elements)


def binary(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract | None:
    """An operator on two sets; None if these are not."""
    if op in _OPERATORS and (_is_view(a) or _is_view(b)):
        a, b = set_of(ctx, a), set_of(ctx, b)
    if _tables(ctx, a, b) and op in _OPERATORS:
        return called(ctx, table_methods.NEW[_OPERATORS[op]], a, b)
    x, y = elements_of(ctx, a), elements_of(ctx, b)
    if x is None or y is None or op not in _OPERATORS:
        return None
    return made(ctx, a, getattr(x, _OPERATORS[op])(y))


def compare(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract | None:
    """A comparison of two sets; None if these are not."""
    if _is_view(a) or _is_view(b):
        a, b = (set_of(ctx, v) if _is_view(v) else v for v in (a, b))
    if _tables(ctx, a, b):
        rule, turned = table_methods.COMPARED["==" if op == "!=" else op]
        found = called(ctx, rule, *((b, a) if turned else (a, b)))
        return tables.negated(ctx, found) if op == "!=" else found
    x, y = elements_of(ctx, a), elements_of(ctx, b)
    if x is None or y is None:
        return None
    equal, within, around = x == y, x <= y, x >= y
    answers = {"==": equal, "!=": not equal, "<=": within, ">=": around}
    return Known(answers.get(op, (within if op == "<" else around) and not equal))


def _tables(ctx: Context, *vs: Abstract) -> bool:
    """Whether these are sets, and the data decide the elements of one."""
    found = [isinstance(v, SetV) and table_of(ctx, v) is not None for v in vs]
    return any(found) and all(
        t or elements_of(ctx, v) is not None for t, v in zip(found, vs, strict=True)
    )


def _is_view(v: Abstract) -> bool:
    """Whether it is what `keys` or `items` of a dict gives: like a set of these."""
    return isinstance(v, Lazy) and v.kind in ("dict_keys", "dict_items")


_OPERATORS = {
    "|": "union",
    "&": "intersection",
    "-": "difference",
    "^": "symmetric_difference",
}


# ---- methods


def opens(ctx: Context, *vs: Abstract) -> bool:
    """Whether the data decide the elements of one of these."""
    return any(is_open(ctx, v) or _unknown(ctx, v) for v in vs)


def _unknown(ctx: Context, v: Abstract) -> bool:
    """Whether it is an array whose contents are not known."""
    return isinstance(v, NDArray) and ctx.known_array(v) is None


def _combined(name: str) -> Callable[..., Abstract]:
    """A method that gives a new set."""

    def method(ctx: Context, v: Abstract, *others: Abstract) -> Abstract:
        if opens(ctx, v, *others):
            return called(ctx, table_methods.NEW[name], v, *others)
        found = keys_in(ctx, v)
        for other in others:
            found = getattr(found, name)(keys_in(ctx, other))
        return made(ctx, v, found)

    return method


def _updated(name: str) -> Callable[..., Abstract]:
    """A method that writes to the set."""

    def method(ctx: Context, v: SetV, *others: Abstract) -> Abstract:
        if table_of(ctx, v) is not None:
            rule = table_methods.NEW[name]
            called(ctx, table_methods.replace, v, called(ctx, rule, v, *others))
            return NONE
        if opens(ctx, *others) and may_be_table(ctx, v):
            become_table(ctx, v.made, ELEMENT)
        found = keys_in(ctx, v)
        for other in others:
            found = getattr(found, name)(keys_in(ctx, other, v))
        write(ctx, v, found)
        return NONE

    return method


def _asked(name: str) -> Callable[..., Abstract]:
    """A method that answers a question."""

    def method(ctx: Context, v: Abstract, other: Abstract) -> Abstract:
        if opens(ctx, v, other):
            return called(ctx, table_methods.NEW[name], v, other)
        return Known(getattr(keys_in(ctx, v), name)(keys_in(ctx, other)))

    return method


def write(ctx: Context, v: SetV, elements: frozenset[Any]) -> None:
    """Replaces the elements of a set, if it may be written."""
    ctx.touch(v.box)
    ctx.replace(v.box, SetBox(elements))


def _table_for(ctx: Context, v: SetV, item: Abstract) -> TableBox | None:
    """The table that a set is; one that is empty is none if its elements are something else."""
    table = table_of(ctx, v)
    if table is None:
        asked_for_table(ctx, v, item, ELEMENT)
    elif known_empty(ctx, table) and not is_key(template_of(item, ctx.state.heap)):
        ctx.replace(v.box, SetBox(frozenset()))
        return None
    return table


def _add(ctx: Context, v: SetV, item: Abstract) -> Abstract:
    ctx.touch(v.box)
    table = _table_for(ctx, v, item)
    if table is not None:
        tables.put_key(ctx, table, item)
        return NONE
    write(ctx, v, keys_in(ctx, v) | {known_key(ctx, v, item, ELEMENT)})
    return NONE


def _discard(ctx: Context, v: SetV, item: Abstract) -> Abstract:
    ctx.touch(v.box)
    table = _table_for(ctx, v, item)
    if table is not None:
        tables.discard(ctx, table, item)
        return NONE
    write(ctx, v, keys_in(ctx, v) - {read_key(ctx, v, item, ELEMENT)})
    return NONE


def _remove(ctx: Context, v: SetV, item: Abstract) -> Abstract:
    if _table_for(ctx, v, item) is not None:
        return called(ctx, table_methods.remove, v, item)
    key = read_key(ctx, v, item, ELEMENT)
    if key not in keys_in(ctx, v):
        ctx.fail(KeyError, key)
    return _discard(ctx, v, item)


def _pop(ctx: Context, v: SetV) -> Abstract:
    if table_of(ctx, v) is not None:
        return called(ctx, table_methods.pop_first, v)
    found = keys_in(ctx, v)
    if not found:
        ctx.fail(KeyError, "pop from an empty set")
    first = ordered(ctx, found)[0]
    if len(found) > 1:
        unordered(ctx)
    write(ctx, v, found - {first})
    return ctx.constant(first)


def _clear(ctx: Context, v: SetV) -> Abstract:
    ctx.touch(v.box)
    table = table_of(ctx, v)
    if table is None:
        ctx.replace(v.box, SetBox(frozenset()))
    else:
        table_boxes.empty(ctx, table)
    return NONE


def elements(ctx: Context, v: Abstract) -> Abstract:
    """The elements of a set in any order; anything else as it is."""
    table = table_of(ctx, v) if isinstance(v, SetV) else None
    if table is not None:
        return taken_whole(ctx, table.lists[0])  # type: ignore[arg-type]
    found = elements_of(ctx, v)
    return v if found is None else ctx.list([key_value(ctx, x) for x in found])


def empty(ctx: Context) -> Abstract:
    """A set without elements, to which those are added that the data decide."""
    return SetV(new_table(ctx, ()), ctx.loc)


def _copy(ctx: Context, v: Abstract) -> Abstract:
    if viewed(ctx, v) is not None:
        return called(ctx, table_methods.union, v)
    return made(ctx, v, keys_in(ctx, v))


FROZEN: dict[str, Callable[..., Abstract]] = {
    "copy": _copy,
    **{n: _combined(n) for n in _OPERATORS.values()},
    **{n: _asked(n) for n in ("isdisjoint", "issubset", "issuperset")},
}
METHODS: dict[str, Callable[..., Abstract]] = {
    **FROZEN,
    "add": _add,
    "clear": _clear,
    "discard": _discard,
    "pop": _pop,
    "remove": _remove,
    "update": _updated("union"),
    "intersection_update": _updated("intersection"),
    "difference_update": _updated("difference"),
    "symmetric_difference_update": _updated("symmetric_difference"),
}
IN_PLACE = {
    "|": "update",
    "&": "intersection_update",
    "-": "difference_update",
    "^": "symmetric_difference_update",
}
"""Methods that operators in place stand for."""
