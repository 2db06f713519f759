"""Subscripts: elements of arrays, sequences and dicts, read and written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from anvil.ir.records import Atom
from anvil.parser.arrays.array_items import get_array, set_array
from anvil.parser.arrays.arraylike import is_arraylike
from anvil.parser.arrays.indices import checked_index
from anvil.parser.arrays.ragged import Ragged
from anvil.parser.arrays.ragged_items import get_ragged, set_ragged
from anvil.parser.arrays.whole import as_index, index_into, sequence_kind
from anvil.parser.containers import computed_ranges, list_arrays, open_lists, options, stack_lists
from anvil.parser.containers.collection_values import DequeV, OpenTupleV
from anvil.parser.containers.dicts import get_key, set_key
from anvil.parser.containers.stacks import stackable, transient
from anvil.parser.containers.templates import fixed
from anvil.parser.control import streams
from anvil.parser.control.choices import apart, chosen, distinct, number_of, spread, unlike_numbers
from anvil.parser.control.remapped import MOST
from anvil.parser.objects import overloading
from anvil.parser.reports import texts
from anvil.parser.state.heap import ListBox
from anvil.parser.state.number_choices import integral, is_numeric
from anvil.parser.state.signals import NeedStatic
from anvil.parser.state.values import (
    Abstract,
    Choice,
    Conflict,
    DictV,
    Known,
    ListV,
    NDArray,
    ObjectV,
    RangeV,
    Scalar,
    SliceV,
    TupleV,
    scalar,
)

if TYPE_CHECKING:
    from anvil.parser.context import Context


# ---- reading and writing


def _whole(ctx: Context, base: Abstract, index: Abstract) -> Abstract:
    """An index into `base` without objects that have `__index__`."""
    if isinstance(base, DictV | ObjectV) or overloading.defines(base, "__getitem__"):
        return index
    if isinstance(base, Known) and isinstance(base.value, dict):
        return index
    if isinstance(base, NDArray | Ragged) or (isinstance(base, Scalar) and not base.py):
        if isinstance(index, TupleV | SliceV):
            _, parts = index.open()
            return index.close(tuple(_whole(ctx, base, i) for i in parts))  # type: ignore[arg-type]
        if isinstance(index, ListV):
            return list_arrays.as_indices(ctx, index)
        return as_index(ctx, index) if isinstance(index, ObjectV) else index
    kind = sequence_kind(base)
    return index_into(ctx, kind, index) if kind else as_index(ctx, index)


def get_item(ctx: Context, base: Abstract, index: Abstract) -> Abstract:
    """`base[index]`."""
    index = integral(index)
    if isinstance(base, Choice) or isinstance(index, Choice):
        return spread(ctx, [base, index], lambda vs: get_item(ctx, *vs))
    base = texts.settled(ctx, base)
    index = _whole(ctx, base, index)
    if isinstance(base, NDArray):
        return get_array(ctx, base, index)
    if isinstance(base, Ragged):
        return get_ragged(ctx, base, index)
    if isinstance(base, ObjectV) or overloading.defines(base, "__getitem__"):
        return ctx.session.calls.method(ctx, base, "__getitem__", [index])
    if isinstance(base, DictV | ListV | TupleV):
        return _get_contained(ctx, base, index)
    if isinstance(base, Known):
        return _get_known(ctx, base, index)
    if isinstance(base, RangeV):
        return computed_ranges.get(ctx, base, index)
    if isinstance(base, Scalar) and not base.py:
        return get_array(ctx, ctx.array(base.atom), index)
    ctx.error("bad-operand", f"{base.describe()} is not subscriptable", raises=TypeError)


def _get_contained(ctx: Context, base: DictV | ListV | TupleV, index: Abstract) -> Abstract:
    if isinstance(base, DictV):
        found = get_key(ctx, base, index)
    else:
        found = _get_sequence(ctx, base, index)
    if isinstance(found, Conflict):
        ctx.refuse_conflict("this element", found)
    return found


def set_item(ctx: Context, base: Abstract, index: Abstract, value: Abstract) -> None:
    """`base[index] = value`."""
    index = integral(index)
    parts = [base, index]
    held = base.data if isinstance(base, Ragged) else base
    if isinstance(held, NDArray) and not (held.type.dtype.inexact and is_numeric(value)):
        parts.append(value)
    if any(isinstance(p, Choice) for p in parts):
        apart(ctx, parts, lambda vs: set_item(ctx, vs[0], vs[1], vs[2] if len(vs) > 2 else value))
        return
    index = _whole(ctx, base, index)
    if isinstance(base, NDArray):
        set_array(ctx, base, index, value)
    elif isinstance(base, Ragged):
        set_ragged(ctx, base, index, value)
    elif isinstance(base, ObjectV) or overloading.defines(base, "__setitem__"):
        ctx.session.calls.method(ctx, base, "__setitem__", [index, value])
    elif isinstance(base, DictV):
        set_key(ctx, base, index, value)
    elif isinstance(base, ListV) and not isinstance(base, OpenTupleV):
        _set_list(ctx, base, index, value)
    elif isinstance(base, Known) and base.origin is not None:
        ctx.error("mutated-global", f"`{base.origin.name}` is outside the compiled function")
    else:
        ctx.error(
            "bad-operand", f"{base.describe()} does not support item assignment", raises=TypeError
        )


def _get_sequence(ctx: Context, base: Abstract, index: Abstract) -> Abstract:
    stack = stack_lists.stack_of(ctx, base)
    if stack is not None:
        whole: Any = stack_lists.get(ctx, base, stack, index)  # type: ignore[arg-type]
        part = isinstance(index, SliceV) or isinstance(getattr(index, "value", None), slice)
        return OpenTupleV(whole.box) if part and isinstance(base, OpenTupleV) else whole
    items = ctx.items(base)
    if isinstance(index, Scalar) and items:
        found = _computed_item(ctx, base, items, index)
        if found is not None:
            return found
    cut = _computed_part(ctx, base, index)
    if cut is not None:
        return cut
    i = _known_index(ctx, items, index)
    if isinstance(i, slice) and isinstance(base, DequeV):
        ctx.fail(TypeError, "sequence index must be integer, not 'slice'")
    if isinstance(i, slice):
        return ctx.list(items[i]) if isinstance(base, ListV) else ctx.tuple(items[i])
    n = int(i)
    if not -len(items) <= n < len(items):
        ctx.fail(IndexError, f"{sequence_kind(base)} index out of range")
    return items[n]


def _computed_item(
    ctx: Context, base: Abstract, items: tuple[Abstract, ...], index: Scalar
) -> Abstract | None:
    """An element at an index that only data decide; None where it has to be known."""
    if _uniform(ctx, items):
        return _dynamic_item(ctx, base, items, index)
    if len(items) <= MOST and unlike_numbers(items):
        at = _checked(ctx, base, items, index)
        return number_of(ctx, items, [ctx.b.eq(at, n) for n in range(len(items))])
    if len({i.open() for i in items}) == 1 or _apart(ctx, items):
        return chosen(ctx, _checked(ctx, base, items, index), items)
    found = _like_item(ctx, base, items, index)
    return _one_of(ctx, base, items, index) if found is None else found


def _computed_part(ctx: Context, base: Abstract, index: Abstract) -> Abstract | None:
    """A slice with computed bounds of a list of like things; None for others."""
    if not isinstance(index, SliceV) or type(base) is not ListV or stack_lists.fixed(index):
        return None
    form = stackable(ctx, base)
    return None if form is None else stack_lists.part(ctx, transient(ctx, base, form), index)


def _uniform(ctx: Context, items: tuple[Abstract, ...]) -> bool:
    """Whether all items are numbers of one host type, so that a computed index can choose among
    them.
    """
    if not items or not all(isinstance(i, Scalar | Known) and is_arraylike(ctx, i) for i in items):
        return False
    return len({(ctx.kind_of(i), ctx.strength(i)) for i in items}) == 1


def _dynamic_item(
    ctx: Context, base: Abstract, items: tuple[Abstract, ...], index: Scalar
) -> Abstract:
    i = _checked(ctx, base, items, index)
    stacked = ctx.atom(ctx.tuple(items))
    row = ctx.b.dynamic_slice(stacked, i, sizes=(1,))
    return scalar(ctx.b.reshape(row, shape=()), ctx.kind_of(items[0]) == "py")


def _apart(ctx: Context, items: tuple[Abstract, ...]) -> bool:
    """Whether the elements of a short list are to be kept apart, having been found to be objects
    that are written to by other names too.
    """
    return ctx.loc in ctx.session.exact and distinct(items) <= MOST


def _like_item(
    ctx: Context, base: Abstract, items: tuple[Abstract, ...], index: Scalar
) -> Abstract | None:
    """An element of a list or tuple of like things at a computed index; None if they are unlike."""
    if stackable(ctx, base) is None:
        return None
    before, marks = dict(ctx.state.marks), ctx.state.marks
    found = stack_lists.element_of(ctx, base, _checked(ctx, base, items, index))
    if len(items) <= MOST:  # what forbids a write is gone if they are kept apart
        new = {b: m for b, m in marks.items() if before.get(b) is not m and m.at is None}
        marks.update({b: replace(m, at=ctx.loc) for b, m in new.items()})
    return found


def _checked(ctx: Context, base: Abstract, items: tuple[Abstract, ...], index: Scalar) -> Atom:
    return checked_index(ctx, index, len(items), f"{sequence_kind(base)} index out of range")


def _one_of(
    ctx: Context, base: Abstract, items: tuple[Abstract, ...], index: Scalar
) -> Abstract | None:
    """An element of a short list or tuple of unlike things at an index that only data decide: one
    of several values. None at first, so that the index is made known if it can be.
    """
    if ctx.loc not in ctx.session.exact:
        return None
    if type(base) is ListV and None in map(fixed, items):
        stack = stack_lists.stacked_if_computed(ctx, base, index)
        if stack is not None:
            return stack_lists.get(ctx, base, stack, index)
    return chosen(ctx, _checked(ctx, base, items, index), items)


def _known_index(ctx: Context, items: tuple[Abstract, ...], index: Abstract) -> Any:
    try:
        return ctx.known(index, "the index into a list or tuple")
    except NeedStatic as need:
        if not any(isinstance(i, Conflict) for i in items) and distinct(items) <= MOST:
            ctx.session.choosable[need.error] = ctx.loc
        raise


def _set_list(ctx: Context, base: ListV, index: Abstract, value: Abstract) -> None:
    if isinstance(index, Scalar):
        ctx.touch(base.box)
    stack = stack_lists.stacked_if_computed(ctx, base, index)
    whole = isinstance(index, Known) and isinstance(index.value, slice)
    if stack is not None and not whole and stack_lists.put(ctx, base, stack, index, value):
        return
    if stack is not None and open_lists.open_stack(ctx, base) is not None:
        bounds = open_lists.plain_slice(ctx, index)
        if bounds is not None:
            open_lists.called(ctx, streams.put_part_, base, *bounds, value)
            return
    items = list(ctx.items(base))
    ctx.touch(base.box)
    i = options.known_index(ctx, base, index, "the index into a list")
    if isinstance(i, slice):
        items[i] = ctx.items(value)
    else:
        n = int(i)
        if not -len(items) <= n < len(items):
            ctx.fail(IndexError, "list assignment index out of range")
        items[n] = value
    ctx.replace(base.box, ListBox(tuple(items)))


def _get_known(ctx: Context, base: Known, index: Abstract) -> Abstract:
    obj = base.value
    if isinstance(obj, range) and isinstance(index, Scalar):
        return computed_ranges.get(ctx, computed_ranges.opened(obj), index)
    if isinstance(obj, tuple | list | str) and isinstance(index, Scalar):
        return _get_sequence(ctx, ctx.tuple(ctx.items(base)), index)
    entry = ctx.session.library.items.get(obj) if _is_object(obj) else None
    if entry is not None:
        return ctx.session.calls.call_entry(ctx, entry, [index], {})
    key = ctx.known(index, "an index")
    try:
        return ctx.constant(obj[key])
    except (LookupError, TypeError) as error:
        if isinstance(error, LookupError):
            ctx.fail(type(error), *error.args)
        wrong = "not subscriptable" in str(error)
        ctx.error("bad-operand" if wrong else "bad-index", str(error))


def _is_object(obj: Any) -> bool:
    """Whether an object is told from others by its identity."""
    return getattr(type(obj), "__hash__", None) is getattr(object, "__hash__")  # noqa: B009
