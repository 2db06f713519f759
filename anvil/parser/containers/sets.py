"""Sets of elements that are known while compiling."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from anvil.parser.containers.collection_values import SetV
from anvil.parser.containers.known_containers import refuse_objects
from anvil.parser.containers.set_order import elements_of, ordered, unordered
from anvil.parser.control.iteration import listed
from anvil.parser.state.heap import SetBox, fresh_box
from anvil.parser.state.values import NONE, Abstract, DictV, Known

if TYPE_CHECKING:
    from anvil.parser.context import Context


def new_set(ctx: Context, elements: Iterable[Any]) -> SetV:
    """A fresh set."""
    box = fresh_box()
    ctx.state.heap[box] = SetBox(frozenset(elements))
    return SetV(box)


def keys_in(ctx: Context, v: Abstract) -> frozenset[Any]:
    """The elements of an iterable, as those of a set."""
    found = elements_of(ctx, v)
    if found is not None:
        return found
    if isinstance(v, DictV):
        return frozenset(ctx.dict_entries(v))
    return frozenset(ctx.key(i, "an element of a set") for i in listed(ctx, v))


def made(ctx: Context, like: Abstract, elements: Iterable[Any]) -> Abstract:
    """A set, or a frozenset where `like` is one."""
    frozen = isinstance(like, Known) and isinstance(like.value, frozenset)
    elements = frozenset(elements)
    if frozen:
        refuse_objects(ctx, elements, "a frozenset")
    return Known(frozenset(elements)) if frozen else new_set(ctx, elements)


def binary(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract | None:
    """An operator on two sets; None if these are not."""
    x, y = elements_of(ctx, a), elements_of(ctx, b)
    if x is None or y is None or op not in _OPERATORS:
        return None
    return made(ctx, a, getattr(x, _OPERATORS[op])(y))


def compare(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract | None:
    """A comparison of two sets; None if these are not."""
    x, y = elements_of(ctx, a), elements_of(ctx, b)
    if x is None or y is None:
        return None
    equal, within, around = x == y, x <= y, x >= y
    answers = {"==": equal, "!=": not equal, "<=": within, ">=": around}
    return Known(answers.get(op, (within if op == "<" else around) and not equal))


_OPERATORS = {
    "|": "union",
    "&": "intersection",
    "-": "difference",
    "^": "symmetric_difference",
}


# ---- methods


def _combined(name: str) -> Callable[..., Abstract]:
    """A method that gives a new set."""

    def method(ctx: Context, v: Abstract, *others: Abstract) -> Abstract:
        found = keys_in(ctx, v)
        for other in others:
            found = getattr(found, name)(keys_in(ctx, other))
        return made(ctx, v, found)

    return method


def _updated(name: str) -> Callable[..., Abstract]:
    """A method that writes to the set."""

    def method(ctx: Context, v: SetV, *others: Abstract) -> Abstract:
        found = keys_in(ctx, v)
        for other in others:
            found = getattr(found, name)(keys_in(ctx, other))
        write(ctx, v, found)
        return NONE

    return method


def _asked(name: str) -> Callable[..., Abstract]:
    """A method that answers a question."""

    def method(ctx: Context, v: Abstract, other: Abstract) -> Abstract:
        return Known(getattr(keys_in(ctx, v), name)(keys_in(ctx, other)))

    return method


def write(ctx: Context, v: SetV, elements: frozenset[Any]) -> None:
    """Replaces the elements of a set, if it may be written."""
    ctx.touch(v.box)
    ctx.state.heap[v.box] = SetBox(elements)


def _add(ctx: Context, v: SetV, item: Abstract) -> Abstract:
    write(ctx, v, keys_in(ctx, v) | {ctx.key(item, "an element of a set")})
    return NONE


def _discard(ctx: Context, v: SetV, item: Abstract) -> Abstract:
    write(ctx, v, keys_in(ctx, v) - {ctx.key(item, "an element of a set")})
    return NONE


def _remove(ctx: Context, v: SetV, item: Abstract) -> Abstract:
    key = ctx.key(item, "an element of a set")
    if key not in keys_in(ctx, v):
        ctx.fail(KeyError, key)
    return _discard(ctx, v, item)


def _pop(ctx: Context, v: SetV) -> Abstract:
    found = keys_in(ctx, v)
    if not found:
        ctx.fail(KeyError, "pop from an empty set")
    first = ordered(ctx, found)[0]
    if len(found) > 1:
        unordered(ctx)
    write(ctx, v, found - {first})
    return ctx.constant(first)


def _clear(ctx: Context, v: SetV) -> Abstract:
    write(ctx, v, frozenset())
    return NONE


def _copy(ctx: Context, v: Abstract) -> Abstract:
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
