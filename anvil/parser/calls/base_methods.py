"""Methods of Python's own classes, as they are looked up in the class: those of dict and tuple,
called on instances of subclasses, special methods of numbers, and the callables of `operator`.
"""

from __future__ import annotations

import math
import operator
import types
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from anvil.parser.arrays.operators import DUNDER
from anvil.parser.arrays.subscripts import get_item, set_item
from anvil.parser.containers import methods
from anvil.parser.containers.collection_values import OwnListV
from anvil.parser.containers.dicts import get_key
from anvil.parser.objects.attributes import delete_item, type_of_value
from anvil.parser.objects.overloading import class_of
from anvil.parser.state.values import NONE, Abstract, DictV, Known, ListV, ObjectV, TupleV

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

_BUILTINS: dict[str, Any] = {"__len__": len, "__iter__": iter, "__reversed__": reversed}
_OPERATORS: dict[str, Any] = {
    "__add__": operator.add,
    "__mul__": operator.mul,
    "__rmul__": operator.mul,
    "__iadd__": operator.iadd,
    "__imul__": operator.imul,
    "__lt__": operator.lt,
    "__le__": operator.le,
    "__gt__": operator.gt,
    "__ge__": operator.ge,
    "__contains__": operator.contains,
    "__eq__": operator.eq,
    "__ne__": operator.ne,
}
_GETTERS = (operator.itemgetter, operator.attrgetter, operator.methodcaller)
_NUMBERS: tuple[type, ...] = (bool, int, float, complex)
_BINARY = {f"__{name}__": getattr(operator, f"__{name}__") for name in DUNDER.values()}
_REFLECTED = {f"__r{name}__": getattr(operator, f"__{name}__") for name in DUNDER.values()}
_COMPARED = {f"__{n}__": getattr(operator, n) for n in ("lt", "le", "eq", "ne", "gt", "ge")}
_UNARY: dict[str, Any] = {
    "__neg__": operator.neg,
    "__pos__": operator.pos,
    "__invert__": operator.invert,
    "__abs__": abs,
    "__bool__": bool,
    "__int__": int,
    "__index__": operator.index,
    "__float__": float,
    "__complex__": complex,
    "__round__": round,
    "__floor__": math.floor,
    "__ceil__": math.ceil,
    "__trunc__": math.trunc,
    "__divmod__": divmod,
    "__str__": str,
    "__repr__": repr,
    "__format__": format,
}
_DESCRIPTORS = types.WrapperDescriptorType | types.MethodDescriptorType


def plain(v: Abstract) -> Abstract | None:
    """An instance of a subclass of dict, list or tuple as one of the base class."""
    if class_of(v) is None:
        return None
    if isinstance(v, ListV):
        return ListV(v.box)
    if isinstance(v, DictV):
        return DictV(v.box, dict, v.factory, v.made)
    return TupleV(v.items) if isinstance(v, TupleV) else None


def call_base(
    it: Interp, method: object, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]
) -> Abstract | None:
    """A call of a method as it is looked up in one of Python's own classes; None for others."""
    if isinstance(method, _GETTERS):
        made: Any = method.__reduce__()
        make, given = made[:2]
        return it.call(it.call(Known(make), *map(it.constant, given)), *args, **kwargs)
    if method is tuple.__new__ or method is list.__new__:
        return _made(it, args)
    if not isinstance(method, _DESCRIPTORS) or not args:
        return None
    if method.__objclass__ in _NUMBERS and type_of_value(args[0]) in _NUMBERS:
        return number_method(it, method.__objclass__, method.__name__, args)
    v = plain(args[0])
    if v is None or method.__objclass__ not in (dict, list, tuple):
        own = type_of_value(args[0]) is method.__objclass__ and not isinstance(args[0], ObjectV)
        return _of_value(it, method.__name__, args, kwargs) if own else None
    rest, name = list(args[1:]), method.__name__
    if name == "__init__":
        if isinstance(v, DictV):
            methods.call_method(it, v, "update", rest, dict(kwargs))
        if isinstance(v, ListV):
            methods.call_method(it, v, "clear", [], {})
            methods.call_method(it, v, "extend", rest or [it.tuple(())], {})
        return NONE
    if not name.startswith("__"):
        return methods.call_method(it, v, name, rest, dict(kwargs))
    return _special(it, args[0], v, name, rest)


def _made(it: Interp, args: Sequence[Abstract]) -> Abstract:
    """`tuple.__new__(cls, items)`, or that of list, which takes no notice of the items."""
    cls = it.known(args[0], "a class")
    if issubclass(cls, list):
        return OwnListV(it.list(()).box, cls)
    return TupleV(tuple(it.items(it.call(Known(tuple), *args[1:2]))), cls)


def _of_value(
    it: Interp, name: str, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]
) -> Abstract:
    """`args[0].name(...)` of a value of one of Python's own classes."""
    return it.call(it.attribute(args[0], name), *args[1:], **kwargs)


def is_number_method(name: str) -> bool:
    """Whether it is a special method of numbers that is compiled."""
    return any(name in table for table in (_BINARY, _REFLECTED, _COMPARED, _UNARY))


def number_method(it: Interp, cls: type, name: str, args: Sequence[Abstract]) -> Abstract | None:
    """A special method of Python's number `cls`: NotImplemented for operands of wider types."""
    wider = [a for a in args[1:] if not issubclass(type_of_value(a), _narrower(cls))]
    fn = _BINARY.get(name) or _COMPARED.get(name)
    if fn is not None or name in _REFLECTED:
        if wider:
            return Known(NotImplemented)
        return it.call(fn, *args) if fn is not None else it.call(_REFLECTED[name], *args[::-1])
    return it.call(_UNARY[name], *args) if name in _UNARY else None


def _narrower(cls: type) -> tuple[type, ...]:
    """The numbers that a number of a class takes as the other operand."""
    return _NUMBERS[: 2 if cls is bool else _NUMBERS.index(cls) + 1]


def _special(
    it: Interp, obj: Abstract, v: Abstract, name: str, rest: Sequence[Abstract]
) -> Abstract | None:
    """A special method of `obj`, which is `v` to its base class."""
    if name == "__getitem__":  # a dict asks the class for `__missing__`
        return get_key(it, obj, rest[0]) if isinstance(obj, DictV) else get_item(it, v, rest[0])
    if name == "__setitem__":
        set_item(it, v, rest[0], rest[1])
        return NONE
    if name == "__delitem__":
        delete_item(it, v, rest[0])
        return NONE
    if name in _OPERATORS:
        others = [plain(r) or r for r in rest]
        found = it.call(_OPERATORS[name], v, *others)
        return obj if found is v else found
    return it.call(_BUILTINS[name], v) if name in _BUILTINS else None
