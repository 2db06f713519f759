"""Containers of known things as Python objects."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from anvil.parser.arrays.whole import class_name
from anvil.parser.containers.collection_values import DequeV, SetV
from anvil.parser.containers.set_order import elements_of
from anvil.parser.state.heap import RowBox
from anvil.parser.state.object_keys import ByIdentity, ByValue, hashed_by_identity
from anvil.parser.state.values import (
    Abstract,
    Bound,
    DictV,
    ListV,
    NDArray,
    ObjectV,
    TupleV,
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
    return tuple(items) if cls is None else tuple.__new__(cls, items)


def refuse_objects(ctx: Context, keys: Iterable[Any], what: str) -> None:
    """Refuses objects of the program as keys or elements of what has to be known."""
    if any(isinstance(k, ByIdentity) for k in keys):
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
    if isinstance(v, ObjectV):
        return ByValue(v.box, v.cls, _host(ctx, v, what))
    key = ctx.known(v, what)
    try:
        hash(key)
    except TypeError as problem:
        ctx.error("bad-operand", str(problem))
    return key


def _host(ctx: Context, v: ObjectV, what: str) -> Any:
    """An instance of the class of `v` with the attributes that its hash and its `==` ask for, which
    must not be bound anew from now on.
    """
    if v.cls in ctx.session.local_classes:
        text = f"{what} is {v.describe()}, whose methods use variables of the function"
        ctx.error("value-needed", text, hint="Use a tuple of what it is made of.")
    content: Any = ctx.content(v.box, "object")
    guards = ctx.session.guards
    for method in ("__eq__", "__hash__"):
        guards.member(v.cls, method, inspect.getattr_static(v.cls, method))
    hosts: list[Any] = [object.__new__(v.cls), object.__new__(v.cls)]
    for host in hosts:
        for attribute in content.attrs:
            object.__setattr__(host, attribute, _Unread(attribute))
    while (name := _asked(ctx, v, what, *hosts)) is not None:
        part = content.attrs[name]
        value = _host(ctx, part, what) if isinstance(part, ObjectV) else ctx.known(part, what)
        ctx.session.hashed.add((v.cls, name))
        for host in hosts:
            object.__setattr__(host, name, value)
    return hosts[0]


class _Asked(BaseException):
    """An attribute has been used of which the value is not there yet."""


class _Unread:
    """Stands for an attribute until it is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattribute__(self, name: str) -> Any:
        raise _Asked(object.__getattribute__(self, "_name"))

    def _use(self, *_: object) -> Any:
        raise _Asked(object.__getattribute__(self, "_name"))

    __hash__ = __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = __bool__ = __len__ = _use
    __iter__ = __getitem__ = __str__ = __repr__ = __format__ = __int__ = __float__ = _use
    __index__ = __neg__ = __abs__ = __round__ = __call__ = __contains__ = _use
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __mod__ = __rmod__ = _use
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __pow__ = __rpow__ = _use
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = _use
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = __invert__ = _use


def _asked(ctx: Context, v: ObjectV, what: str, a: Any, b: Any) -> str | None:
    """An attribute that the hash of an instance, or comparing it with a like one, asks for."""
    try:
        hash(a)
        bool(a == b)
    except _Asked as asked:
        return str(asked.args[0])
    except Exception as problem:
        text = f"the hash of {v.describe()} raises {type(problem).__name__}: {problem}"
        ctx.error("value-needed", text, hint="Use a tuple of what it is made of.")
    return None


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
