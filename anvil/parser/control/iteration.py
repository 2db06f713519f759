"""What a loop runs over: a number of items, each made from its index.

`Items` with a `count` and an `item` rule can stay a loop; a sequence of unlike things (`static`) is
unrolled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from enum import EnumType, Flag
from typing import TYPE_CHECKING, Any, NoReturn

from anvil.ir.records import Atom, Const
from anvil.ir.types import I64, array
from anvil.parser.arrays import operators, ranges
from anvil.parser.arrays.array_items import element as row_of
from anvil.parser.arrays.ragged import Ragged, count_of, ragged
from anvil.parser.arrays.ragged_frames import compacted
from anvil.parser.arrays.ragged_items import get_ragged
from anvil.parser.containers import chosen_lists, stack_lists, tables
from anvil.parser.containers.collection_values import SetV
from anvil.parser.containers.columns import element, length_atom
from anvil.parser.containers.open_lists import computed_place
from anvil.parser.containers.set_order import elements_of, ordered
from anvil.parser.containers.stacks import stackable
from anvil.parser.containers.table_boxes import size_of, table_of, viewed
from anvil.parser.control import places, range_items
from anvil.parser.control.choices import alike, choose, each, settled
from anvil.parser.control.items import ChosenItems, Items, entries_of
from anvil.parser.control.streams import by_index, list_, stepped_
from anvil.parser.objects.overloading import defines
from anvil.parser.reports import texts
from anvil.parser.state.heap import CellBox, GeneratorV, StackBox, fresh_box
from anvil.parser.state.values import (
    Abstract,
    Choice,
    DictV,
    Known,
    Lazy,
    ListV,
    NDArray,
    ObjectV,
    RangeV,
    Scalar,
    TupleV,
    scalar,
)

if TYPE_CHECKING:
    from anvil.parser.context import Context

_ENDLESS = 2**61
FEW = 32
"""A loop over a list or tuple of more like things than this stays a loop."""


def items_of(ctx: Context, v: Abstract) -> Items:
    """How to iterate over a value; refused for what Python does not iterate over."""
    v = texts.settled(ctx, v)
    if isinstance(v, Choice):
        return _chosen(ctx, v)
    if isinstance(v, NDArray | Ragged):
        return _rows(ctx, v)
    if isinstance(v, RangeV):
        return _range(ctx, v.start, v.stop, v.step)
    if isinstance(v, Known):
        known = _known_items(ctx, v.value)
        if known is not None:
            return known
    if defines(v, "__iter__") and not isinstance(v, ObjectV):
        found = ctx.session.calls.method(ctx, v, "__iter__", [])
        return items_of(ctx, _iterable(ctx, found) if isinstance(found, GeneratorV) else found)
    if isinstance(v, TupleV | ListV):
        return _elements(ctx, v)
    if isinstance(v, Lazy):
        return _lazy(ctx, v)
    keys = _keys(ctx, v)
    return items_of(ctx, _iterable(ctx, v)) if keys is None else keys


def _keys(ctx: Context, v: Abstract) -> Items | None:
    """The keys of a dict, or elements of a set; None for anything else."""
    if table_of(ctx, v) is not None:
        if isinstance(v, SetV):
            return replace(items_of(ctx, tables.in_order(ctx, v)), source=v)
        return entries_of(ctx, v, "keys")
    elements = elements_of(ctx, v)
    if elements is not None:
        return _static([ctx.constant(x) for x in ordered(ctx, elements)])
    keys = ctx.dict_keys(v)
    if keys is None:
        return None
    names = [ctx.constant(k) for k in keys]
    return Items(len(names), lambda i: names[_index(i)], True, v)


def _iterable(ctx: Context, v: Abstract) -> Abstract:
    """What stands for a generator, or an object with `__iter__`, where all of its items are
    taken.
    """
    if isinstance(v, GeneratorV):
        return ctx.session.calls.call_entry(ctx, list_, [v], {})
    found = opened_object(ctx, v) if isinstance(v, ObjectV) else None
    if found is None:
        ctx.error("bad-operand", f"{v.describe()} cannot be iterated over", raises=TypeError)
    return _iterable(ctx, found) if isinstance(found, GeneratorV) else found


def opened_object(ctx: Context, v: ObjectV) -> Abstract | None:
    """What gives the items of an object with `__iter__`, or with `__getitem__` only; else None."""
    calls = ctx.session.calls
    if not hasattr(v.cls, "__iter__"):
        return calls.call_entry(ctx, by_index, [v], {}) if hasattr(v.cls, "__getitem__") else None
    found = calls.method(ctx, v, "__iter__", [])
    if not isinstance(found, ObjectV):
        return found
    if not hasattr(found.cls, "__next__"):
        ctx.error("bad-operand", f"iter() returned non-iterator of type '{found.cls.__name__}'")
    return calls.call_entry(ctx, stepped_, [found], {})


def _refuse_choice(ctx: Context, v: Choice) -> NoReturn:
    text = f"{v.describe()}, as the data decide, is iterated over inside of an expression"
    hint = "Loop over it with a `for` statement, or choose between lists of like numbers."
    ctx.error("unsupported-value", text, hint=hint)


def _chosen(ctx: Context, v: Choice) -> Items:
    """The elements of one of several lists, read from a copy of all as long as none is written
    to.
    """
    one = settled(ctx, v)
    if isinstance(one, NDArray):
        return _rows(ctx, one)
    if alike(v):
        first: Any = v.options[0]
        return replace(_rows(ctx, first), item=lambda i: each(ctx, v, lambda a: row_of(ctx, a, i)))
    copy = chosen_lists.joined_list(ctx, v)
    if copy is None:
        _refuse_choice(ctx, v)
    before = chosen_lists.contents(ctx, v)

    def item(i: Atom) -> Abstract:
        now = chosen_lists.contents(ctx, v)
        same = len(now) == len(before) and all(x is y for x, y in zip(now, before, strict=True))
        read = copy if same else chosen_lists.joined_list(ctx, v)
        return stack_lists.element_of(ctx, v if read is None else read, i)

    inner = tuple(items_of(ctx, o) for o in v.options)
    return ChosenItems(length_of(ctx, copy), item, False, None, inner)


def length_of(ctx: Context, v: ListV) -> int | Atom:
    """The length of a stacked list."""
    stack = stack_lists.stack_of(ctx, v)
    assert stack is not None
    return _count_of(ctx, stack)


def _count_of(ctx: Context, stack: StackBox) -> int | Atom:
    """The length of a stacked list, which is at most its capacity."""
    length = length_atom(stack)
    ranges.set_bounds(ctx, length, 0, stack.capacity)
    return int(length.value) if isinstance(length, Const) else length  # type: ignore[arg-type]


def _elements(ctx: Context, v: TupleV | ListV) -> Items:
    """The elements of a list or tuple."""
    stack = stack_lists.stack_of(ctx, v)
    if stack is not None:
        return _stacked(ctx, v, stack)
    if len(ctx.items(v)) > FEW and stackable(ctx, v) is not None:
        return _like(ctx, v)
    if isinstance(v, TupleV):
        return _static(list(v.items))
    return Items(len(ctx.items(v)), lambda i: ctx.items(v)[_index(i)], True, v)


def _like(ctx: Context, v: TupleV | ListV) -> Items:
    """The elements of a long list or tuple of like things."""

    def item(i: Atom) -> Abstract:
        if isinstance(i, Const):
            return ctx.items(v)[_index(i)]
        return stack_lists.element_of(ctx, v, i)

    return Items(len(ctx.items(v)), item, False, v if isinstance(v, ListV) else None)


def _stacked(ctx: Context, v: Abstract, stack: StackBox) -> Items:
    """The elements of a stacked list, as it is when they are taken."""

    def item(i: Atom) -> Abstract:
        now = stack_lists.stack_of(ctx, v)
        if now is None:
            return ctx.items(v)[_index(i)]
        return element(ctx, now, i)

    return Items(_count_of(ctx, stack), item, False, v, most=stack.capacity)


def is_long(ctx: Context, v: Abstract) -> bool:
    """Whether there are so many items that a loop over them is better than one expression each, or
    the data decide how many there are.
    """
    if isinstance(v, Lazy) and v.box:
        if not isinstance(computed_place(ctx, v), int):
            return True
        return any(is_long(ctx, part) for part in v.items)
    table = viewed(ctx, v)
    if table is not None:
        size = size_of(ctx, table)
        return not isinstance(size, Known) or bool(size.value > FEW)
    if isinstance(v, Choice):
        return chosen_lists.is_joinable(ctx, v) or any(is_long(ctx, o) for o in v.options)
    stack = stack_lists.stack_of(ctx, v)
    if stack is not None:
        return not isinstance(stack.length, Known) or bool(stack.length.value > FEW)
    if isinstance(v, TupleV | ListV):
        return len(ctx.items(v)) > FEW
    if isinstance(v, NDArray):
        return bool(v.type.shape) and v.type.shape[0] > FEW
    if isinstance(v, Known):
        return isinstance(v.value, range) and len(v.value) > FEW
    return isinstance(v, RangeV)


def _known_items(ctx: Context, obj: Any) -> Items | None:
    if type(obj) is range:
        return _range(ctx, Known(obj.start), Known(obj.stop), Known(obj.step))
    if isinstance(obj, tuple | list) and len(obj) > FEW:
        long = TupleV(tuple(map(ctx.constant, obj)))
        return _like(ctx, long) if stackable(ctx, long) is not None else _static(list(long.items))
    if isinstance(obj, str | tuple | list | bytes | deque | dict):
        return _static([ctx.constant(x) for x in obj])
    if isinstance(obj, EnumType | Flag) and hasattr(obj, "__iter__"):
        members: list[Any] = list(obj)
        return _static([Known(x) for x in members])
    return None


def listed(ctx: Context, v: Abstract) -> list[Abstract]:
    """All items, the number of which has to be known."""
    if isinstance(v, Choice):
        v = each(ctx, v, lambda o: TupleV(tuple(listed(ctx, o))))
    items = items_of(ctx, v)
    n = known_count(ctx, items)
    found = [items.item(Const(array(I64), i)) for i in range(n)]
    items.finish()
    return found


def known_count(ctx: Context, items: Items) -> int:
    """The number of items, asked for if it is not known."""
    if isinstance(items.count, int):
        if items.count >= _ENDLESS:
            what = "this iterator has no end, and all of its items are asked for"
            ctx.error("unsupported-value", what, hint="Stop it by `zip` or `itertools.islice`.")
        return items.count
    return int(ctx.known(scalar(items.count, True), "the number of iterations"))


def _static(values: list[Abstract]) -> Items:
    return Items(len(values), lambda i: values[_index(i)], True)


def _index(i: Atom) -> int:
    assert isinstance(i, Const)
    return int(i.value)  # type: ignore[arg-type]


def _rows(ctx: Context, a: NDArray | Ragged) -> Items:
    if isinstance(a, Ragged):
        return _ragged_rows(ctx, a)
    if not a.type.shape:
        ctx.error("bad-operand", "a 0-d array cannot be iterated over", raises=TypeError)
    return Items(a.type.shape[0], lambda i: row_of(ctx, a, i))


def _ragged_rows(ctx: Context, v: Ragged) -> Items:
    v = compacted(ctx, v, 0)
    axis = v.axes[0]
    if axis is None:
        return Items(v.data.type.shape[0], lambda i: get_ragged(ctx, v, scalar(i, True)))
    count = count_of(ctx, axis)

    def item(i: Atom) -> Abstract:
        at = ctx.b.add(axis.start, i)  # type: ignore[union-attr]
        ranges.set_bounds(ctx, at, 0, axis.size - 1)
        row = row_of(ctx, v.data, at)
        return ragged(ctx, row, v.axes[1:])  # type: ignore[no-any-return]

    known = isinstance(count, Const)
    return Items(int(count.value) if known else count, item, most=axis.size)  # type: ignore[arg-type, union-attr]


def _range(ctx: Context, start: Abstract, stop: Abstract, step: Abstract) -> Items:
    return Items(*range_items.numbers(ctx, start, stop, step))


def index_bounds(ctx: Context, items: Items, index: Atom) -> None:
    """Records the range of a loop's index."""
    if isinstance(items.count, int):
        high = items.count - 1
    else:
        found = ranges.bounds_of_atom(ctx, items.count)
        high = _ENDLESS if found is None else min(found[1] - 1, _ENDLESS)
    ranges.set_bounds(ctx, index, 0, high)


def iterator(ctx: Context, kind: str, items: tuple[Abstract, ...]) -> Lazy:
    """A fresh iterator."""
    box = fresh_box()
    ctx.state.heap[box] = CellBox(Known(0), "iterator")
    return Lazy(kind, items, box)


def _position(ctx: Context, v: Lazy) -> int:
    """How many items of an iterator have been taken; refused if a loop has used it."""
    cell = ctx.state.heap[v.box]
    taken = cell.value if isinstance(cell, CellBox) else None
    if isinstance(taken, Scalar):
        return int(ctx.known(taken, "the place of an iterator"))
    if not isinstance(taken, Known) or taken.value is None:
        ctx.error(
            "unsupported-value",
            f"{v.describe()} is used a second time; CPython would go on where it stopped",
            hint="Make a list of it first: `items = list(...)`.",
        )
    return int(taken.value)


def _lazy(ctx: Context, v: Lazy) -> Items:
    rule = _LAZY[v.kind]
    if not v.box:
        return rule(ctx, *v.items)
    place = computed_place(ctx, v)
    taken = _position(ctx, v) if isinstance(place, int) else 0
    ctx.state.heap[v.box] = CellBox(Known(None), "iterator")
    inner = rule(ctx, *v.items)
    if not isinstance(place, int) and v.kind in ("iter", "generator"):
        inner = _rolling(ctx, v.items[0], inner)
    if not isinstance(place, int) and (inner.static or inner.count == _ENDLESS):
        taken = int(ctx.known(scalar(place, True), "the place of an iterator"))

    def finish() -> None:
        inner.finish()
        ctx.state.heap[v.box] = CellBox(Known(_ENDLESS), "iterator")

    if not isinstance(place, int) and not taken:
        return replace(places.rest(ctx, inner, place), finish=finish)
    if not taken:
        return replace(inner, finish=finish)
    endless = isinstance(inner.count, int) and inner.count >= _ENDLESS
    count = _ENDLESS if endless else max(known_count(ctx, inner) - taken, 0)

    def item(i: Atom) -> Abstract:
        return inner.item(ctx.b.add(i, taken))

    return Items(count, item, inner.static, finish=finish)


def next_item(ctx: Context, v: Abstract, default: Abstract | None = None) -> Abstract:
    """`next(v)`: one more item of an iterator."""
    if not isinstance(v, Lazy) or not v.box:
        ctx.error("bad-operand", f"{v.describe()} is not an iterator", raises=TypeError)
    items = _LAZY[v.kind](ctx, *v.items)
    if v.kind in ("iter", "generator") and not isinstance(computed_place(ctx, v), int):
        items = _rolling(ctx, v.items[0], items)
    if not items.static and not isinstance(place := computed_place(ctx, v), int):
        return _next_at(ctx, v, place, items, default)
    taken = _position(ctx, v)
    if taken < _ENDLESS == items.count:
        pass
    elif not isinstance(items.count, int):
        return _next_open(ctx, v, taken, items, default)
    elif taken >= known_count(ctx, items):
        return ctx.fail(StopIteration) if default is None else default
    ctx.state.heap[v.box] = CellBox(Known(taken + 1), "iterator")
    return items.item(Const(array(I64), taken))


def _next_at(
    ctx: Context, v: Lazy, place: Atom, items: Items, default: Abstract | None
) -> Abstract:
    """`next(v)` at a computed place."""
    there = ctx.b.lt(place, _count_atom(items))
    if default is None:
        ctx.check(there, StopIteration)
        found, moved = items.item(place), ctx.b.add(place, 1)
    else:
        found = choose(ctx, there, lambda: items.item(place), lambda: default)
        moved = ctx.b.add(place, ctx.b.cast(there, I64))
    ctx.state.heap[v.box] = CellBox(scalar(moved, True), "iterator")
    return found


def _next_open(
    ctx: Context, v: Lazy, taken: int, items: Items, default: Abstract | None
) -> Abstract:
    """`next(v)` where the data decide how many items there are."""
    there = ctx.b.gt(items.count, taken)
    place = Const(array(I64), taken)
    if default is not None:
        found = choose(ctx, there, lambda: items.item(place), lambda: default)
        ctx.state.heap[v.box] = CellBox(Known(None), "iterator")
        return found
    ctx.check(there, StopIteration)
    ctx.state.heap[v.box] = CellBox(Known(taken + 1), "iterator")
    return items.item(place)


def _enumerate(ctx: Context, v: Abstract, start: Abstract) -> Items:
    inner = items_of(ctx, v)

    def item(i: Atom) -> Abstract:
        return TupleV((operators.binary(ctx, "+", start, scalar(i, True)), inner.item(i)))

    return Items(inner.count, item, inner.static, inner=(inner,), finish=inner.finish)


def _check_lengths(ctx: Context, counts: list[Atom]) -> None:
    """Raises what `zip(..., strict=True)` raises of the first argument that is the shortest, or of
    one that is longer than the first.
    """
    least = counts[:1]
    for n in counts[1:]:
        least.append(ctx.b.min(least[-1], n))
    for i in reversed(range(1, len(counts))):
        before = "argument 1" if i == 1 else f"arguments 1-{i}"
        fine = ctx.b.ge(counts[i], least[i - 1])
        ctx.check(fine, ValueError, f"zip() argument {i + 1} is shorter than {before}")
    for i in range(1, len(counts)):
        before = "argument 1" if i == 1 else f"arguments 1-{i}"
        fine = ctx.b.le(counts[i], counts[0])
        ctx.check(fine, ValueError, f"zip() argument {i + 1} is longer than {before}")


def _zip(ctx: Context, strict: Abstract, *vs: Abstract) -> Items:
    boxes = {v.box if isinstance(v, Lazy) else 0 for v in vs}
    if len(vs) > 1 and len(boxes) == 1 and 0 not in boxes and not ctx.known(strict):
        return _dealt(ctx, vs[0], len(vs))
    inner = tuple(items_of(ctx, v) for v in vs)
    if any(not isinstance(i.count, int) for i in inner):
        inner = tuple(_rolling(ctx, v, i) for v, i in zip(vs, inner, strict=True))
    counts = [i.count for i in inner]
    if ctx.known(strict):
        _check_lengths(ctx, [_count_atom(i) for i in inner])
    known = [c for c in counts if isinstance(c, int)]
    total: int | Atom = min(known) if known else 0
    for c in counts:
        if not isinstance(c, int):
            total = c if not known and total == 0 else ctx.b.min(c, total)
    return Items(
        total,
        lambda i: TupleV(tuple(x.item(i) for x in inner)),
        any(x.static for x in inner),
        inner=inner,
    )


def _rolling(ctx: Context, v: Abstract, items: Items) -> Items:
    """The items of a short list or tuple of like things as those of a long one."""
    if isinstance(v, Known) and isinstance(v.value, tuple | list):
        v = TupleV(tuple(map(ctx.constant, v.value)))
    short = items.static and isinstance(v, TupleV | ListV) and bool(items.count)
    return _like(ctx, v) if short and stackable(ctx, v) is not None else items  # type: ignore[arg-type]


def _dealt(ctx: Context, v: Abstract, n: int) -> Items:
    """`zip(it, it ...)`: each item is the next `n` of one iterator."""
    inner = items_of(ctx, v)
    count = inner.count // n if isinstance(inner.count, int) else ctx.b.floor_div(inner.count, n)

    def item(i: Atom) -> Abstract:
        first = ctx.b.mul(i, n)
        return TupleV(tuple(inner.item(ctx.b.add(first, k)) for k in range(n)))

    return Items(count, item, inner.static, inner=(inner,), finish=inner.finish)


def _islice(ctx: Context, v: Abstract, start: Abstract, stop: Abstract, step: Abstract) -> Items:
    """`itertools.islice` of an iterator; the bounds are known."""
    taken = _position(ctx, v) if isinstance(v, Lazy) and v.box else 0
    inner = items_of(ctx, v)
    first, last, by = (int(b.value) for b in (start, stop, step))  # type: ignore[attr-defined]
    n = min(known_count(ctx, inner), last) if last < _ENDLESS else known_count(ctx, inner)

    def item(i: Atom) -> Abstract:
        return inner.item(ctx.b.add(ctx.b.mul(i, by), first))

    def finish() -> None:
        if isinstance(v, Lazy) and v.box:
            place = taken + n if n == last else _ENDLESS
            ctx.state.heap[v.box] = CellBox(Known(place), "iterator")

    return Items(len(range(first, n, by)), item, inner.static, inner=(inner,), finish=finish)


def _reversed(ctx: Context, v: Abstract) -> Items:
    inner = items_of(ctx, v)
    last = ctx.b.sub(_count_atom(inner), 1)

    def item(i: Atom) -> Abstract:
        return inner.item(ctx.atom(operators.binary(ctx, "-", scalar(last, True), scalar(i, True))))

    return Items(inner.count, item, inner.static, inner=(inner,))


def _count_atom(items: Items) -> Atom:
    return Const(array(I64), items.count) if isinstance(items.count, int) else items.count


def _count(ctx: Context, start: Abstract, step: Abstract) -> Items:
    """`itertools.count` of ints."""

    def item(i: Atom) -> Abstract:
        return operators.binary(ctx, "+", start, operators.binary(ctx, "*", step, scalar(i, True)))

    return Items(_ENDLESS, item)


def _cycle(ctx: Context, v: Abstract) -> Items:
    inner = items_of(ctx, v)
    n = known_count(ctx, inner)

    def item(i: Atom) -> Abstract:
        return inner.item(ctx.b.mod(i, n))

    return Items(_ENDLESS if n else 0, item, inner.static)


def _repeat(ctx: Context, v: Abstract) -> Items:
    return Items(_ENDLESS, lambda i: v)


def _nditer(ctx: Context, flat: Abstract) -> Items:
    """`np.nditer` of one operand: 0-d arrays that are only read."""
    inner = items_of(ctx, flat)

    def item(i: Atom) -> Abstract:
        return ctx.frozen(ctx.array(ctx.atom(inner.item(i))), "nditer", lambda b, x: x)

    return Items(inner.count, item)


def _map(ctx: Context, fn: Abstract, *vs: Abstract) -> Items:
    zipped = _zip(ctx, Known(False), *vs)

    def item(i: Atom) -> Abstract:
        args = zipped.item(i)
        return ctx.call(fn, *ctx.items(args))

    return Items(zipped.count, item, zipped.static, inner=(zipped,))


def _iterator(ctx: Context, v: Abstract) -> Items:
    return items_of(ctx, v)


def _view(what: str, part: Callable[[Any, Abstract], Abstract]) -> Callable[..., Items]:
    """The keys, values or items of a dict, each as it is when it is taken."""

    def rule(ctx: Context, v: Abstract) -> Items:
        if isinstance(v, Choice):
            _refuse_choice(ctx, v)
        if table_of(ctx, v) is not None:
            return entries_of(ctx, v, what)
        keys = list(ctx.dict_entries(v))

        def item(i: Atom) -> Abstract:
            key = keys[_index(i)]
            entries = ctx.dict_entries(v)
            if key not in entries:
                ctx.error("unsupported-value", "the keys of a dict change while it is looped over")
            return part(ctx.constant(key), entries[key])

        return Items(len(keys), item, True, v if isinstance(v, DictV) else None)

    return rule


_LAZY: dict[str, Callable[..., Items]] = {
    "enumerate": _enumerate,
    "zip": _zip,
    "reversed": _reversed,
    "map": _map,
    "iter": _iterator,
    "generator": _iterator,
    "count": _count,
    "nditer": _nditer,
    "cycle": _cycle,
    "islice": _islice,
    "repeat": _repeat,
    "dict_keys": _view("keys", lambda k, x: k),
    "dict_values": _view("values", lambda k, x: x),
    "dict_items": _view("items", lambda k, x: TupleV((k, x))),
}
