"""Operators that the user's classes define: those of instances and of named tuples with methods."""

from __future__ import annotations

import inspect
import types
from typing import TYPE_CHECKING

from anvil.parser.state.values import Abstract, DictV, Known, ListV, ObjectV, TupleV

if TYPE_CHECKING:
    from anvil.parser.context import Context


def class_of(v: Abstract) -> type | None:
    """The class of an instance, a tuple, list or dict of a class of the user; None for values of
    Python's own types.
    """
    if isinstance(v, ObjectV | TupleV):
        return v.cls
    if isinstance(v, DictV | ListV):
        return None if v.cls.__module__ in ("builtins", "collections") else v.cls
    if type(v) is Known and isinstance(v.value, tuple) and type(v.value) is not tuple:
        return type(v.value)
    return None


def defines(v: Abstract, name: str) -> bool:
    """Whether a value's class has a special method: any for an instance, one written in Python for
    a named tuple.
    """
    cls = class_of(v)
    if cls is None:
        return False
    if isinstance(v, ObjectV):  # not by its metaclass
        return any(name in vars(base) for base in cls.__mro__)
    return isinstance(inspect.getattr_static(cls, name, None), types.FunctionType)


def operator(ctx: Context, name: str, a: Abstract, b: Abstract) -> Abstract | None:
    """`a op b` by the methods `__name__` and `__rname__`; None if there is none that takes them."""
    for left, right, method in _order(name, a, b):
        if defines(left, method):
            result: Abstract = ctx.session.calls.method(ctx, left, method, [right])
            if not (type(result) is Known and result.value is NotImplemented):
                return result
    return None


def _order(name: str, a: Abstract, b: Abstract) -> list[tuple[Abstract, Abstract, str]]:
    """The methods that Python asks: of the left operand first, but of the right one if its class
    refines that of the left one; once where both have one class.
    """
    forward, reflected = (a, b, f"__{name}__"), (b, a, f"__r{name}__")
    x, y = class_of(a), class_of(b)
    if x is None or y is None:
        return [forward, reflected]
    if x is y:
        return [forward]
    method = reflected[2]
    own = inspect.getattr_static(y, method, None)
    refines = issubclass(y, x) and own is not inspect.getattr_static(x, method, None)
    return [reflected, forward] if refines else [forward, reflected]
