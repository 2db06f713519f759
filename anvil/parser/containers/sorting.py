"""Sorting: by keys that are known while compiling, or by data.

numbers, tuples, dataclasses    a stable argsort of one column for each number, and a gather
anything else                   each pair is compared by `<`, or by the function that
                                `functools.cmp_to_key` was given
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.families import type_at
from anvil.ir.records import Atom
from anvil.ir.types import I64
from anvil.parser.arrays.subscripts import get_item
from anvil.parser.containers import open_lists, stack_lists
from anvil.parser.containers.set_order import elements_of
from anvil.parser.containers.stacks import restack, stackable
from anvil.parser.control.iteration import listed
from anvil.parser.control.streams import list_
from anvil.parser.state.heap import GeneratorV, ListBox, StackBox
from anvil.parser.state.values import NONE, Abstract, Bound, DictV, Known, ListV, ObjectV, TupleV

if TYPE_CHECKING:
    from anvil.parser.interp import Interp


def sorted_(it: Interp, v: Abstract, key: Abstract = NONE, reverse: Abstract = NONE) -> Abstract:
    """`sorted(v, key=, reverse=)`."""
    key = _given(key)
    elements = elements_of(it, v)
    if elements is not None and key is NONE:
        descending = bool(it.known(reverse, "`reverse`"))
        return it.list([it.constant(x) for x in sorted(elements, reverse=descending)])
    if isinstance(v, GeneratorV):
        v = open_lists.called(it, list_, v)
    opened = open_lists.is_open(it, v)
    out: Any = open_lists.listed(it, v) if opened else it.list(listed(it, v))
    source = v if isinstance(v, DictV) else None
    sort(it, out, key=key, reverse=reverse, source=source)
    return out  # type: ignore[no-any-return]


def _given(key: Abstract) -> Abstract:
    """A key function; NONE for any None."""
    return NONE if isinstance(key, Known) and key.value is None else key


def sort(
    it: Interp,
    v: ListV,
    *,
    key: Abstract = NONE,
    reverse: Abstract = NONE,
    source: Abstract | None = None,
) -> Abstract:
    """`v.sort(key=, reverse=)`; `source` is what it is a copy of."""
    key = _given(key)
    it.touch(v.box)
    opened = open_lists.open_stack(it, v)
    if opened is not None:
        how = None if key is NONE else key
        open_lists.sort(it, v, opened, how, bool(it.known(reverse)), source)
        return NONE
    items = it.items(v)
    backwards = bool(it.known(reverse))
    compare = _comparison(key)
    plain = key is NONE or compare is not NONE
    keys = list(items) if plain else [it.call(key, x) for x in items]
    places = _order(it, keys, compare, backwards)
    stack = stack_lists.stack_of(it, v)
    if stack is None and isinstance(places, list):
        it.state.heap[v.box] = ListBox(tuple(items[i] for i in places))
        return NONE
    if stack is None:
        form = stackable(it, v)
        if form is None:
            _picked(it, v, items, places)
            return NONE
        restack(it, v.box, form, 0)
        stack = stack_lists.stack_of(it, v)
    assert isinstance(stack, StackBox)
    at = it.atom(it.constant(np.array(places))) if isinstance(places, list) else places
    rest = np.arange(len(items), stack.capacity)
    if rest.size:
        at = it.b.concatenate(at, it.atom(it.constant(rest)), axis=0)
    stack_lists.rearranged(it, v, stack, at)
    return NONE


class _OnData(Exception):
    """The order depends on data."""


def _order(
    it: Interp, keys: Sequence[Abstract], compare: Abstract, backwards: bool
) -> list[int] | Atom:
    """The places of the items in sorted order."""
    entry, ops = it.state, len(it.b.frames[-1].ops)
    table = dict(it.b.frames[-1].table)
    it.state = entry.fork()

    def order(i: int, j: int) -> int:
        if compare is NONE:
            less = it.truth(it.compare("<", keys[i], keys[j]))
        else:
            sign = it.call(compare, keys[i], keys[j])
            less = it.truth(it.compare("<", sign, Known(0)))
        if not isinstance(less, bool):
            raise _OnData
        return -1 if less else int(j < i)

    try:
        compared = functools.cmp_to_key(order)
        return sorted(range(len(keys)), key=compared, reverse=backwards)
    except _OnData:
        frame = it.b.frames[-1]
        del frame.ops[ops:]
        frame.table = table
        it.state = entry
    if compare is not NONE:
        return _ranked(it, keys, compare, backwards)
    return _order_on_data(it, keys, backwards)


def _order_on_data(it: Interp, keys: Sequence[Abstract], backwards: bool) -> Atom:
    columns = _key_columns(it, list(reversed(keys)) if backwards else list(keys))
    if columns is None:
        return _ranked(it, keys, NONE, backwards)
    b = it.b
    for column in columns:
        x = it.atom(column)
        if type_at(x).dtype.inexact:
            fine = b.not_(b.reduce_or(b.is_nan(x), axes=(0,)))
            it.check(fine, ValueError, "nan has no place in a sorted order")
    places = it.atom(it.call(np.lexsort, it.tuple(list(reversed(columns)))), I64)
    if backwards:
        last = b.broadcast_to(b.i64(len(keys) - 1), type_at(places).shape)
        places = b.reverse(b.sub(last, places), axes=(0,))
    return places


def _key_columns(it: Interp, keys: list[Abstract]) -> list[Abstract] | None:
    """Keys as arrays to sort by, the most important first; None if they are not made of numbers."""
    if all(it.kind_of(k) in ("py", "np") for k in keys):
        return [it.array(it.atom(it.list(keys)))]
    rows = [_parts(it, k) for k in keys]
    first = rows[0]
    if any(r is None or first is None or r[0] != first[0] for r in rows):
        return None
    columns: list[Abstract] = []
    for parts in zip(*(r[1] for r in rows if r is not None), strict=True):
        found = _key_columns(it, list(parts))
        if found is None:
            return None
        columns.extend(found)
    return columns


def _parts(it: Interp, key: Abstract) -> tuple[Any, Sequence[Abstract]] | None:
    """What a key is compared by, one after the other: the items of a tuple, the fields of a
    dataclass; None for others.
    """
    if isinstance(key, TupleV):
        own = key.cls is not None and inspect.getattr_static(key.cls, "__lt__") is not _TUPLE_LESS
        return None if own else (len(key.items), key.items)
    if isinstance(key, ObjectV) and _generated_order(key.cls):
        names = [f.name for f in dataclasses.fields(key.cls) if f.compare]
        return key.cls, [it.attribute(key, n) for n in names]
    return None


_TUPLE_LESS = inspect.getattr_static(tuple, "__lt__")


def _generated_order(cls: type) -> bool:
    """Whether `dataclass(order=True)` wrote the comparisons of a class."""
    params = vars(cls).get("__dataclass_params__")
    less: Any = inspect.getattr_static(cls, "__lt__", None)
    generated = isinstance(less, types.FunctionType) and less.__qualname__.endswith("__lt__")
    return bool(params is not None and params.order and generated)


def _ranked(it: Interp, keys: Sequence[Abstract], compare: Abstract, backwards: bool) -> Atom:
    """The places of the items in the order that `<`, or a function of two of them, gives."""
    given = [it.list(keys), compare, Known(backwards)]
    found: Atom = it.atom(it.session.calls.call_entry(it, order_by, given, {}), I64)
    return found


def order_by(keys: Any, compare: Any, backwards: bool) -> Any:
    """The places of `keys` in stable order. The one that comes first of each pair is asked for, as
    sorting algorithms do: so many come before each one.
    """
    n = len(keys)
    before = np.zeros(n, dtype=np.int64)
    for i in range(n):
        for j in range(i + 1, n):
            a, b = (keys[i], keys[j]) if backwards else (keys[j], keys[i])
            if a < b if compare is None else compare(a, b) < 0:
                before[i] += 1
            else:
                before[j] += 1
    order = np.zeros(n, dtype=np.int64)
    order[before] = np.arange(n)
    if np.any(before[order] != np.arange(n)):
        raise ValueError("these comparisons do not put the items in one order")
    return order


def _picked(it: Interp, v: ListV, items: Sequence[Abstract], places: Any) -> None:
    """Sorts a list of unlike things: each place holds one of them."""
    order = it.array(places)
    whole = it.list(items)
    chosen = [get_item(it, whole, get_item(it, order, Known(i))) for i in range(len(items))]
    it.replace(v.box, ListBox(tuple(chosen)))


# ---- comparison functions


class ByFunction:
    """What `functools.cmp_to_key` makes of an item."""

    def __init__(self, compare: Any, obj: Any) -> None:
        self.compare, self.obj = compare, obj

    def __lt__(self, other: Any) -> Any:
        return self.compare(self.obj, other.obj) < 0

    def __gt__(self, other: Any) -> Any:
        return self.compare(self.obj, other.obj) > 0

    def __le__(self, other: Any) -> Any:
        return self.compare(self.obj, other.obj) <= 0

    def __ge__(self, other: Any) -> Any:
        return self.compare(self.obj, other.obj) >= 0

    def __eq__(self, other: object) -> Any:
        return self.compare(self.obj, other.obj) == 0  # type: ignore[attr-defined]

    __hash__ = None  # type: ignore[assignment]


def cmp_to_key(it: Interp, mycmp: Abstract) -> Abstract:
    """`functools.cmp_to_key(mycmp)`."""
    return Bound("partial", Known(ByFunction), (mycmp,), ())


def _comparison(key: Abstract) -> Abstract:
    """The function that `cmp_to_key` was given; NONE for other keys."""
    made = isinstance(key, Bound) and key.kind == "partial" and key.fn.open() == _BY.open()
    return key.args[0] if made else NONE  # type: ignore[attr-defined]


_BY = Known(ByFunction)
