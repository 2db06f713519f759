"""Methods of dict and tuple, called on instances of subclasses: what the base class does."""

from __future__ import annotations

import operator
import types
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from anvil.parser.arrays.subscripts import get_item, set_item
from anvil.parser.containers import methods
from anvil.parser.containers.dicts import get_key
from anvil.parser.objects.overloading import class_of
from anvil.parser.state.values import NONE, Abstract, DictV, TupleV

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

_BUILTINS: dict[str, Any] = {"__len__": len, "__iter__": iter, "__reversed__": reversed}
_OPERATORS: dict[str, Any] = {
    "__contains__": operator.contains,
    "__eq__": operator.eq,
    "__ne__": operator.ne,
}
_DESCRIPTORS = types.WrapperDescriptorType | types.MethodDescriptorType


def plain(v: Abstract) -> Abstract | None:
    """An instance of a subclass of dict or tuple as one of the base class: the same object."""
    if class_of(v) is None:
        return None
    if isinstance(v, DictV):
        return DictV(v.box, dict, v.factory, v.made)
    return TupleV(v.items) if isinstance(v, TupleV) else None


def call_base(
    it: Interp, method: object, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]
) -> Abstract | None:
    """A call of a method of dict or tuple as it is looked up in the class; None for others."""
    if not isinstance(method, _DESCRIPTORS) or method.__objclass__ not in (dict, tuple) or not args:
        return None
    v = plain(args[0])
    if v is None:
        return None
    rest, name = list(args[1:]), method.__name__
    if name == "__init__":
        if isinstance(v, DictV):
            methods.call_method(it, v, "update", rest, dict(kwargs))
        return NONE
    if not name.startswith("__"):
        return methods.call_method(it, v, name, rest, dict(kwargs))
    return _special(it, args[0], v, name, rest)


def _special(
    it: Interp, obj: Abstract, v: Abstract, name: str, rest: Sequence[Abstract]
) -> Abstract | None:
    """A special method of `obj`, which is `v` to its base class."""
    if name == "__getitem__":  # a dict asks the class for `__missing__`
        return get_key(it, obj, rest[0]) if isinstance(obj, DictV) else get_item(it, v, rest[0])
    if name == "__setitem__":
        set_item(it, v, rest[0], rest[1])
        return NONE
    if name in _OPERATORS:
        return it.call(_OPERATORS[name], v, *rest)
    return it.call(_BUILTINS[name], v) if name in _BUILTINS else None
