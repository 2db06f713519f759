"""Containers of known things as Python objects."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from anvil.parser.arrays.whole import class_name
from anvil.parser.containers.collection_values import DequeV, SetV
from anvil.parser.containers.set_order import elements_of
from anvil.parser.state.heap import RowBox
from anvil.parser.state.values import (
    Abstract,
    Bound,
    ByIdentity,
    DictV,
    ListV,
    NDArray,
    ObjectV,
    TupleV,
    hashed_by_identity,
)

if TYPE_CHECKING:
    from anvil.parser.context import Context


def known_container(ctx: Context, v: Abstract, what: str) -> Any:
    """The Python container that `v` is; `what` names it in messages."""
    if isinstance(v, SetV):
        elements = elements_of(ctx, v) or frozenset()
        refuse_objects(ctx, elements, what)
        return set(elements)
    if isinstance(v, DictV):
        refuse_objects(ctx, ctx.dict_entries(v), what)
        return {k: ctx.known(x, what) for k, x in ctx.dict_entries(v).items()}
    items = [ctx.known(i, what) for i in ctx.items(v)]
    if isinstance(v, DequeV):
        return deque(items, v.maxlen)
    if isinstance(v, ListV):
        return items
    cls = v.cls if isinstance(v, TupleV) else None
    return tuple(items) if cls is None else cls(*items)


def refuse_objects(ctx: Context, keys: Iterable[Any], what: str) -> None:
    """Refuses objects of the program as keys or elements of what has to be known."""
    if any(type(k) is ByIdentity for k in keys):
        ctx.error("value-needed", f"{what} has to be known while compiling, and is made of objects")


def key_of(ctx: Context, v: Any, what: str) -> Any:
    """A value as a key of a dict or an element of a set: an object by its box, where no other box
    may be the same object.
    """
    number = isinstance(v, Bound) and v.kind == "id"
    if number:
        v = v.fn
    if number or (isinstance(v, ObjectV) and hashed_by_identity(v.cls)):
        mark = ctx.state.marks.get(v.box)
        if isinstance(ctx.state.heap[v.box], RowBox) or (mark is not None and mark.group):
            text = f"{what} is {v.describe()}, and the data decide which"
            ctx.error("value-needed", text, hint="Give each object a number, and use that.")
        return ByIdentity(v.box, v.cls, number)
    refuse_unhashable(ctx, v)
    key = ctx.known(v, what)
    try:
        hash(key)
    except TypeError as problem:
        ctx.error("bad-operand", str(problem))
    return key


def refuse_unhashable(ctx: Context, v: Abstract) -> None:
    """Raises Python's TypeError for what has no hash."""
    own: Any = getattr(v, "cls", None) if isinstance(v, ObjectV) else None
    if isinstance(v, ListV | DictV | SetV | NDArray) or (own and own.__hash__ is None):
        kind = own.__name__ if own else class_name(v)
        ctx.error("bad-operand", f"unhashable type: {kind!r}", raises=TypeError)


def object_of(key: ByIdentity) -> Abstract:
    """The object, or the id of it, that is a key."""
    held = ObjectV(key.box, key.cls)
    return Bound("id", held, ()) if key.number else held
