"""Deques: lists that are also written at their left end, and may have a greatest length."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from anvil.ir.records import Atom
from anvil.ir.types import I64
from anvil.parser.arrays.whole import position
from anvil.parser.containers import list_methods as containers
from anvil.parser.containers import open_lists, stack_lists
from anvil.parser.containers.collection_values import DequeV
from anvil.parser.containers.columns import length_atom
from anvil.parser.containers.dicts import write
from anvil.parser.control.branches import branch, go_on
from anvil.parser.control.iteration import listed
from anvil.parser.state.heap import ListBox, StackBox, fresh_box
from anvil.parser.state.values import NONE, Abstract, Known

if TYPE_CHECKING:
    from anvil.parser.context import Context

FIRST = Known(0)
LAST = Known(-1)


def new_deque(ctx: Context, items: Sequence[Abstract], maxlen: int | None = None) -> DequeV:
    """A fresh deque, which keeps the last `maxlen` of the items."""
    box = fresh_box()
    kept = tuple(items) if maxlen is None else tuple(items)[max(len(items) - maxlen, 0) :]
    ctx.state.heap[box] = ListBox(kept)
    return DequeV(box, maxlen)


def make(ctx: Context, iterable: Abstract = NONE, maxlen: Abstract = NONE) -> Abstract:
    """`deque(iterable, maxlen)`."""
    none = isinstance(maxlen, Known) and maxlen.value is None
    length = maxlen if none else position(ctx, maxlen)
    most = ctx.known(length, "the greatest length of a deque")
    if most is not None and most < 0:
        ctx.fail(ValueError, "maxlen must be non-negative")
    if iterable is not NONE and open_lists.is_open(ctx, iterable):
        out = new_deque(ctx, (), None if most is None else int(most))
        extend(ctx, out, iterable)
        return out
    items = [] if iterable is NONE else listed(ctx, iterable)
    return new_deque(ctx, items, None if most is None else int(most))


def binary(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract | None:
    """`a + b` or `a * n` of deques; None if these are not."""
    if op == "+" and isinstance(a, DequeV) and isinstance(b, DequeV):
        return new_deque(ctx, (*ctx.items(a), *ctx.items(b)), a.maxlen)
    v, n = (a, b) if isinstance(a, DequeV) else (b, a)
    if op != "*" or not isinstance(v, DequeV) or ctx.kind_of(n) not in ("py", "np"):
        return None
    times = int(ctx.known(position(ctx, n), "the number of repetitions"))
    return new_deque(ctx, ctx.items(v) * times, v.maxlen)


def _full(ctx: Context, v: DequeV) -> bool | Atom:
    """Whether nothing can be added unless something is taken out."""
    if v.maxlen is None:
        return False
    stack = open_lists.open_stack(ctx, v)
    if stack is not None:
        return ctx.b.ge(length_atom(stack), v.maxlen)  # type: ignore[no-any-return]
    return ctx.known_length(v, "the length of a bounded deque") >= v.maxlen


def _make_room(ctx: Any, v: DequeV, end: Known) -> None:
    """Takes an element out at an end of a deque that is full."""
    full = _full(ctx, v)
    if not isinstance(full, bool):
        branch(ctx, full, lambda: _drop(ctx, v, end), lambda: None)
        go_on(ctx)
    elif full:
        _drop(ctx, v, end)


def _drop(ctx: Context, v: DequeV, end: Known) -> None:
    containers.pop(ctx, v, end)


def _append(ctx: Context, v: DequeV, item: Abstract) -> Abstract:
    if v.maxlen == 0:
        return NONE
    _make_room(ctx, v, FIRST)
    return containers.append(ctx, v, item)


def _append_left(ctx: Context, v: DequeV, item: Abstract) -> Abstract:
    if v.maxlen == 0:
        return NONE
    _make_room(ctx, v, LAST)
    return containers.insert(ctx, v, FIRST, item)


def extend(ctx: Context, v: DequeV, more: Abstract) -> Abstract:
    """`v.extend(more)`."""
    if open_lists.is_open(ctx, more):
        return open_lists.called(ctx, extend_, v, more)
    for item in listed(ctx, more):
        _append(ctx, v, item)
    return NONE


def _extend_left(ctx: Context, v: DequeV, more: Abstract) -> Abstract:
    if open_lists.is_open(ctx, more):
        return open_lists.called(ctx, extend_left_, v, more)
    for item in listed(ctx, more):
        _append_left(ctx, v, item)
    return NONE


def extend_(self: Any, more: Any) -> None:
    """As `deque.extend`; compiled."""
    for item in builtins.list(more):
        self.append(item)


def extend_left_(self: Any, more: Any) -> None:
    """As `deque.extendleft`; compiled."""
    for item in builtins.list(more):
        self.appendleft(item)


def _pop(ctx: Context, v: DequeV) -> Abstract:
    return _taken(ctx, v, LAST)


def _pop_left(ctx: Context, v: DequeV) -> Abstract:
    return _taken(ctx, v, FIRST)


def _taken(ctx: Context, v: DequeV, index: Known) -> Abstract:
    """The element at an end, which is taken out."""
    stack = stack_lists.stack_of(ctx, v)
    if stack is None and not ctx.items(v):
        ctx.fail(IndexError, "pop from an empty deque")
    return containers.pop(ctx, v, index)


def _insert(ctx: Context, v: DequeV, index: Abstract, item: Abstract) -> Abstract:
    full, text = _full(ctx, v), "deque already at its maximum size"
    if not isinstance(full, bool):
        ctx.check(ctx.b.not_(full), IndexError, text)
    elif full:
        ctx.fail(IndexError, text)
    return containers.insert(ctx, v, index, item)


def _rotate(ctx: Context, v: DequeV, n: Abstract = Known(1)) -> Abstract:  # noqa: B008
    by = position(ctx, n)
    stack = stack_lists.stacked_if_computed(ctx, v, by)
    if stack is not None:
        stack_lists.rearranged(ctx, v, stack, _rotated(ctx, stack, by))
        return NONE
    items = ctx.items(v)
    at = -int(ctx.known(by, "the number of places that a deque is rotated by"))
    at = at % len(items) if items else 0
    write(ctx, v.box, ListBox((*items[at:], *items[:at])))
    return NONE


def _rotated(ctx: Context, stack: StackBox, by: Abstract) -> Atom:
    """For each place the one whose element stands there after a rotation."""
    b, size = ctx.b, (stack.capacity,)
    places = b.iota(shape=size, axis=0, dtype=I64)
    n = ctx.array(b.max(length_atom(stack), b.i64(1)))
    there = ctx.binary("%", ctx.binary("-", ctx.array(places), by), n)
    return b.select(open_lists.inside(ctx, stack), ctx.atom(there), places)  # type: ignore[no-any-return]


def _copy(ctx: Context, v: DequeV) -> Abstract:
    return DequeV(stack_lists.taken_whole(ctx, v).box, v.maxlen)


METHODS: dict[str, Callable[..., Abstract]] = {
    **{n: containers.LIST[n] for n in ("clear", "reverse", "count", "index", "remove")},
    "append": _append,
    "appendleft": _append_left,
    "copy": _copy,
    "extend": extend,
    "extendleft": _extend_left,
    "insert": _insert,
    "pop": _pop,
    "popleft": _pop_left,
    "rotate": _rotate,
}
