"""Dicts and sets whose keys the data decide: searched and written.

A key is looked for among all keys at once. What is added goes to the end, so that the order is that
of insertion. A dict becomes a table where the program makes it, once it is found that keys are
stored in it that only data decide; then the program is compiled again.

Facts that hold on a path (`k in d` has been tested, `d[k]` has been read) are in `State.present`:
an atom that says whether a key is there, and which of the two it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import F64, I64
from anvil.parser.containers import pools
from anvil.parser.containers.collection_values import SetV
from anvil.parser.containers.columns import all_rows, element, pack
from anvil.parser.containers.computed_keys import become_table, may_be_table
from anvil.parser.containers.open_lists import inside, piled
from anvil.parser.containers.options import converted
from anvil.parser.containers.set_order import SLOTS, unordered
from anvil.parser.containers.stack_lists import append as append_row
from anvil.parser.containers.stack_lists import put as put_row
from anvil.parser.containers.stack_lists import remove_row, stack_of, taken_whole
from anvil.parser.containers.stacks import restack
from anvil.parser.containers.table_boxes import size_of, table_of
from anvil.parser.containers.templates import (
    Block,
    Fixed,
    Group,
    Number,
    OneOf,
    Ref,
    Template,
    common_template,
    template_of,
    with_options,
)
from anvil.parser.control.branches import branch, go_on
from anvil.parser.control.choices import choose
from anvil.parser.state.heap import ListBox, StackBox, TableBox
from anvil.parser.state.values import Abstract, DictV, Known, ListV, NDArray, scalar

if TYPE_CHECKING:
    from anvil.parser.context import Context


ANY = 1 << 30
"""As many names as there may be where they are only compared."""


@dataclass(slots=True)
class Found:
    """Whether a key is there, and at which place (any, if it is not)."""

    there: Atom
    at: Atom


# ---- what becomes a table


def is_key(t: Template | None) -> bool:
    """Whether values of a form can be keys of a table: numbers, names, and tuples of these."""
    if isinstance(t, Group):
        return t.kind == "tuple" and bool(t.items) and all(map(is_key, t.items))
    names = t.options if isinstance(t, OneOf) else (t,)
    return isinstance(t, Number) or all(isinstance(n, Fixed) and _is_name(n.value) for n in names)


def _is_name(v: Abstract) -> bool:
    return isinstance(v, Known) and isinstance(v.value, str | Enum | None)


def keys_of(v: TableBox) -> ListV:
    """The list of the keys."""
    keys: Any = v.lists[0]
    return keys  # type: ignore[no-any-return]


def values_of(v: TableBox) -> ListV:
    """The list of the values of a dict."""
    values: Any = v.lists[1]
    return values  # type: ignore[no-any-return]


# ---- searching


def find(ctx: Context, table: TableBox, key: Abstract) -> Found | None:
    """Where a key is; None if it is certainly not there."""
    form = template_of(key, ctx.state.heap)
    if form is None or not is_key(form):
        ctx.key(key, "the key of a dict")
        return None
    stack = _key_rows(ctx, table)
    if stack is None or not stack.capacity:
        return None
    both = with_options(stack.template, form, ANY)
    if both is None:
        return None
    same = inside(ctx, stack)
    for (x, _), (k, _) in zip(rows_as(ctx, stack, both), pack(ctx, both, key, []), strict=True):
        same = ctx.b.and_(same, _equal(ctx, x, k))
    at = ctx.atom(ctx.call(np.argmax, ctx.array(same)), I64)
    return Found(ctx.b.reduce_or(same, axes=(0,)), at)


def _key_rows(ctx: Context, table: TableBox) -> Any:
    """The keys as rows; None if there are certainly none."""
    keys = keys_of(table)
    stack = as_rows(ctx, keys)
    if stack is None and ctx.items(keys):
        _refuse_key(ctx, keys)
    return stack


def rows_as(ctx: Context, stack: Any, form: Template) -> Any:
    """The columns of a list, as those of a wider form."""
    rows = all_rows(ctx, stack)
    if form == stack.template:
        return rows
    return converted(ctx, stack.template, form, iter(rows), (stack.capacity,))


def as_rows(ctx: Context, v: ListV) -> Any:
    """A list as rows; None if it is certainly empty."""
    stack = stack_of(ctx, v)
    if stack is not None or not ctx.items(v):
        return stack
    form = common_template(ctx.items(v), ctx.state.heap, join=with_options)
    if form is None:
        return None
    restack(ctx, v.box, form, 0)
    return stack_of(ctx, v)


def _equal(ctx: Context, x: Atom, k: Atom) -> Atom:
    """Which numbers of a column equal a number: exactly, whatever their types."""
    b, size = ctx.b, type_at(x).shape
    have, want = type_at(x).dtype, type_at(k).dtype
    if have is want:
        return b.eq(x, b.broadcast_to(k, size))  # type: ignore[no-any-return]
    if not have.inexact and not want.inexact:
        return b.eq(b.cast(x, I64), b.broadcast_to(b.cast(k, I64), size))  # type: ignore[no-any-return]
    if have.inexact and want.inexact:
        wide = ctx.promote(ctx.array(x), ctx.array(k))
        return b.eq(b.cast(x, wide), b.broadcast_to(b.cast(k, wide), size))  # type: ignore[no-any-return]
    whole, real = (k, x) if have.inexact else (x, k)
    near = b.cast(whole, F64)
    fits = b.eq(b.cast(near, I64), b.cast(whole, I64))
    real = b.cast(real, F64)
    equal = b.eq(b.broadcast_to(near, size), b.broadcast_to(real, size))
    return b.and_(b.broadcast_to(fits, size), equal)  # type: ignore[no-any-return]


def contains(ctx: Context, table: TableBox, key: Abstract) -> Abstract:
    """`key in v`."""
    found = find(ctx, table, key)
    if found is None:
        return Known(False)
    ctx.session.searched.add(found.there)
    return scalar(found.there, True)


def remember(ctx: Context, table: TableBox, key: Abstract) -> None:
    """Says that a key is there, as one of the keys is."""
    found = find(ctx, table, key)
    if found is not None:
        ctx.state.present |= {(found.there, True)}


def negated(ctx: Context, v: Abstract) -> Abstract:
    """`not v` of a bool."""
    test = ctx.truth(v)
    return Known(not test) if isinstance(test, bool) else scalar(ctx.b.not_(test), True)


def _known_there(ctx: Context, found: Found | None) -> bool | None:
    """Whether a key is there, as far as that is known on this path."""
    if found is None:
        return False
    if isinstance(found.there, Const):
        return bool(found.there.value)
    for holds in (True, False):
        if (found.there, holds) in ctx.state.present:
            return holds
    return None


def _must_be_there(ctx: Context, found: Found | None, key: Abstract) -> Found:
    known = _known_there(ctx, found)
    if found is None or known is False:
        ctx.fail(KeyError, key)
    if known is None:
        ctx.check(found.there, KeyError, key)
        ctx.state.present |= {(found.there, True)}
    return found


def value_at(ctx: Context, table: TableBox, at: Atom) -> Abstract:
    """The value at a place."""
    values = values_of(table)
    stack = as_rows(ctx, values)
    if stack is None:
        ctx.error(
            "unlike-elements",
            "the values of this dict are unlike things, and the data decide which is read",
            hint="A dict whose keys the data decide holds things of one type and shape.",
        )
    return element(ctx, stack, at)


def get(ctx: Context, table: TableBox, key: Abstract) -> Abstract:
    """`v[key]` of a dict that lacks nothing.

    Raises:
        KeyError: at run time, if the key is not there.
    """
    found = _must_be_there(ctx, find(ctx, table, key), key)
    return value_at(ctx, table, found.at)


def get_or(
    ctx: Context, table: TableBox, key: Abstract, default: Callable[[], Abstract]
) -> Abstract:
    """The value of a key, or another one."""
    found = find(ctx, table, key)
    known = _known_there(ctx, found)
    if found is None or known is False:
        return default()
    if known is True:
        return value_at(ctx, table, found.at)
    return choose(ctx, found.there, lambda: value_at(ctx, table, found.at), default)


def get_made(
    ctx: Context, table: TableBox, key: Abstract, make: Callable[[], Abstract]
) -> Abstract:
    """The value of a key, which is added if it is not there."""
    found = find(ctx, table, key)
    known = _known_there(ctx, found)
    if found is not None and known is True:
        return value_at(ctx, table, found.at)
    if found is None or known is False:
        value = make()
        add(ctx, table, key, value)
        return value if found is None else _last(ctx, table)
    _where(ctx, found.there, lambda: None, lambda: add(ctx, table, key, make()))
    remember(ctx, table, key)  # its place is the one that a store to the key finds
    found = find(ctx, table, key)
    assert found is not None
    return value_at(ctx, table, found.at)


def _last(ctx: Context, table: TableBox) -> Abstract:
    return value_at(ctx, table, ctx.b.sub(ctx.atom(size_of(ctx, table), I64), 1))


def _where(ctx: Any, test: Atom, then: Callable[[], None], orelse: Callable[[], None]) -> None:
    branch(ctx, test, then, orelse)
    go_on(ctx)


def in_order(ctx: Context, v: Abstract) -> Abstract:
    """The elements of a set in CPython's order of iteration, where that depends on them alone: ints
    that stand at their own places in the least table that has room for them.

    Raises:
        ValueError: at run time, if there are others.
    """
    table: Any = table_of(ctx, v)
    keys = taken_whole(ctx, keys_of(table))
    stack = as_rows(ctx, keys)
    if stack is None or not stack.capacity:
        return keys
    (x, _), *more = all_rows(ctx, stack)
    if more or not isinstance(stack.template, Number) or type_at(x).dtype.inexact:
        unordered(ctx)
    b, size = ctx.b, (stack.capacity,)
    n = ctx.atom(size_of(ctx, table), I64)
    x = b.cast(x, I64)
    slots: Atom = b.i64(SLOTS)
    for k in range(1, max(stack.capacity, 1).bit_length()):
        small = b.ge(b.mul(n, 5), ((SLOTS << (k - 1)) - 1) * 3)
        slots = b.select(small, b.i64(SLOTS << k), slots)
    fits = b.and_(b.ge(x, b.zeros_like(x)), b.lt(x, b.broadcast_to(slots, size)))
    fits = b.or_(fits, b.not_(inside(ctx, stack)))
    fixed = b.or_(b.reduce_and(fits, axes=(0,)), b.le(n, 1))
    text = "the order of the elements of a set is not fixed by the program"
    ctx.check(fixed, ValueError, text)
    return ctx.call(sorted, keys)


# ---- writing


def put(ctx: Context, table: TableBox, key: Abstract, value: Abstract) -> None:
    """`v[key] = value`."""
    found = find(ctx, table, key)
    known = _known_there(ctx, found)
    if found is None or known is False:
        add(ctx, table, key, value)
    elif known is True:
        _store(ctx, table, found.at, value)
    else:
        _where(
            ctx,
            found.there,
            lambda: _store(ctx, table, found.at, value),
            lambda: add(ctx, table, key, value),
        )


def put_key(ctx: Context, table: TableBox, key: Abstract) -> None:
    """`v.add(key)`."""
    found = find(ctx, table, key)
    known = _known_there(ctx, found)
    if found is None or known is False:
        add(ctx, table, key)
    elif known is None:
        _where(ctx, found.there, lambda: None, lambda: add(ctx, table, key))


def _store(ctx: Context, table: TableBox, at: Atom, value: Abstract) -> None:
    values = values_of(table)
    one_kind(ctx, values, value)
    stack = as_rows(ctx, values)
    if stack is not None and _is_element(ctx, stack, at, value):
        return  # after `v[key] += x`, which has written to it
    if stack is None or not put_row(ctx, values, stack, scalar(at, True), value, sure=True):
        items = ctx.items(values)
        form = None if not items else template_of(items[0], ctx.state.heap)
        what = "nothing" if form is None else items[0].describe()
        ctx.error(
            "unlike-elements",
            f"{value.describe()} is stored in a dict whose values are each {what}",
            hint="A dict whose keys the data decide holds things of one type and shape.",
        )


def _is_element(ctx: Context, stack: StackBox, at: Atom, value: Abstract) -> bool:
    """Whether an array is the one that stands at a place."""
    arrays = isinstance(value, NDArray) and isinstance(stack.template, Block)
    return arrays and value.open() == element(ctx, stack, at).open()


def add(ctx: Context, table: TableBox, key: Abstract, *value: Abstract) -> None:
    """Adds a key that is not there."""
    _check_key(ctx, keys_of(table), key)
    for held, item in zip(table.lists, (key, *value), strict=True):
        _append(ctx, held, item)


def _check_key(ctx: Context, keys: ListV, key: Abstract) -> None:
    """Refuses a key of another form than the others, and nan, which is only equal to itself."""
    form = template_of(key, ctx.state.heap)
    if form is None or not is_key(form) or not _alike(ctx, keys, form, key):
        _refuse_key(ctx, key)
    for x, _ in pack(ctx, form, key, []):
        if type_at(x).dtype.inexact:
            ctx.check(
                ctx.b.not_(ctx.b.is_nan(x)), ValueError, "nan cannot be a key that the data decide"
            )


def _refuse_key(ctx: Context, key: Abstract) -> NoReturn:
    ctx.error(
        "unlike-elements",
        f"{key.describe()} is a key beside keys of another form, which the data decide",
        hint="Keys that the data decide are numbers, texts, or tuples of as many of these.",
    )


def _alike(ctx: Context, keys: ListV, form: Template, key: Abstract) -> bool:
    """Whether a key may stand beside others: as many numbers, each whole or real as theirs are."""
    stack = as_rows(ctx, keys)
    if stack is None:
        return not isinstance(ctx.content(keys.box, "list"), ListBox) or not ctx.items(keys)
    both = with_options(stack.template, form)
    if both is None:
        return False
    own, theirs = pack(ctx, both, key, []), rows_as(ctx, stack, both)
    pairs = zip(own, theirs, strict=True)
    return all(type_at(x).dtype.inexact == type_at(y).dtype.inexact for (x, _), (y, _) in pairs)


def one_kind(ctx: Context, v: ListV, item: Abstract) -> None:
    """Makes dicts or sets tables if others are, beside which they are in a list."""
    content = ctx.content(v.box, "list")
    have: Any = content.template if isinstance(content, StackBox) else None
    if isinstance(content, ListBox) and content.items:
        have = template_of(content.items[0], ctx.state.heap)
    form: Any = have.item if isinstance(have, Ref) else None
    if form is None or not isinstance(item, DictV | SetV):
        return
    own = table_of(ctx, item) is not None
    if form.kind == "table" and not own and may_be_table(ctx, item):
        become_table(ctx, item.made, "what a dict of dicts holds")
    other = form.meta[-1] if form.kind in ("dict", "set") else None
    if own and other is not None and may_be_table(ctx, other):
        become_table(ctx, other.made, "what a dict of dicts holds")


def _append(ctx: Context, v: Any, item: Abstract) -> None:
    one_kind(ctx, v, item)
    pools.growing(ctx, v, item)
    stack = stack_of(ctx, v) or piled(ctx, v, item)
    if stack is not None and append_row(ctx, v, stack, item):
        return
    ctx.touch(v.box)
    ctx.replace(v.box, ListBox((*ctx.items(v), item)))


def remove(ctx: Context, table: TableBox, key: Abstract) -> Abstract | None:
    """`del v[key]`; the value that was there.

    Raises:
        KeyError: at run time, if the key is not there.
    """
    found = _must_be_there(ctx, find(ctx, table, key), key)
    return _remove_at(ctx, table, found.at)


def discard(ctx: Context, table: TableBox, key: Abstract) -> None:
    """`v.discard(key)`."""
    found = find(ctx, table, key)
    known = _known_there(ctx, found)
    if found is None or known is False:
        return
    if known is True:
        _remove_at(ctx, table, found.at)
    else:
        _where(ctx, found.there, lambda: _dropped(ctx, table, found.at), lambda: None)


def _dropped(ctx: Context, table: TableBox, at: Atom) -> None:
    _remove_at(ctx, table, at)


def _remove_at(ctx: Context, table: TableBox, at: Atom) -> Abstract | None:
    item = None
    for held in table.lists:
        pools.growing(ctx, held)  # type: ignore[arg-type]
        stack = as_rows(ctx, held)  # type: ignore[arg-type]
        item = remove_row(ctx, held, stack, at)  # type: ignore[arg-type]
    return item if len(table.lists) > 1 else None
