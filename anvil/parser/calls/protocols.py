"""What functions of the host ask of instances: special methods by name, and `singledispatch`."""

from __future__ import annotations

import inspect
import itertools
import math
import operator
import types
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from anvil.parser.containers.list_arrays import as_array
from anvil.parser.objects import attributes as objects
from anvil.parser.objects.overloading import class_of
from anvil.parser.state.values import Abstract, Bound, Known, ObjectV

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

PROTOCOL: dict[Any, str] = {
    abs: "__abs__",
    float: "__float__",
    int: "__int__",
    complex: "__complex__",
    round: "__round__",
    divmod: "__divmod__",
    pow: "__pow__",
    reversed: "__reversed__",
    hash: "__hash__",
    operator.index: "__index__",
    math.floor: "__floor__",
    math.ceil: "__ceil__",
    math.trunc: "__trunc__",
}
"""What builtins ask of an instance."""


INDEXED = (hex, bin, oct, chr)
"""Builtins that take an instance with `__index__` for the int that it gives."""


def streams(v: Abstract) -> TypeGuard[ObjectV]:
    """Whether an object gives its items one by one, when it is asked for them."""
    if not isinstance(v, ObjectV):
        return False
    iterates = inspect.getattr_static(v.cls, "__iter__", None)
    if iterates is None:
        return hasattr(v.cls, "__getitem__")
    return hasattr(v.cls, "__next__") or inspect.isgeneratorfunction(iterates)


_ALL = (zip, itertools.chain)
_FUNCTION_FIRST = (
    map,
    filter,
    itertools.filterfalse,
    itertools.takewhile,
    itertools.dropwhile,
)


def iterables(obj: Any, n: int) -> range:
    """The places of the arguments, of `n`, that a function iterates over."""
    if obj in _ALL:
        return range(n)
    return range(1, n) if obj in _FUNCTION_FIRST else range(1)


def stops(obj: Any) -> bool:
    """Whether a function decides by its items which ones it gives, whatever it is given."""
    return obj is itertools.takewhile or obj is itertools.dropwhile


def protocol(v: Abstract, name: str) -> bool:
    """Whether the class of an instance defines a special method in Python."""
    cls = class_of(v)
    static = None if cls is None else inspect.getattr_static(cls, name, None)
    return isinstance(static, types.FunctionType) and static.__code__.co_filename != "<string>"


_OF_INTS = (math.gcd, math.lcm, math.comb, math.perm, math.isqrt, math.factorial)


def as_numeric(it: Interp, fn: Any, v: Abstract) -> Abstract:
    """An argument of a function of NumPy or math: an instance with `__array__` is what that gives,
    for math one with `__float__` or `__index__`.
    """
    if not isinstance(v, ObjectV):
        python = getattr(fn, "__module__", None) in ("math", "_operator")
        return v if python else as_array(it, v)
    if getattr(fn, "__module__", None) == "math":
        names = ("__index__",) if fn in _OF_INTS else ("__float__", "__index__")
        found = next((n for n in names if protocol(v, n)), None)
        return v if found is None else it.session.calls.method(it, v, found, [])
    if not protocol(v, "__array__"):
        return v
    if protocol(v, "__array_function__"):
        it.error(
            "unsupported-call", f"{v.cls.__name__} has a meaning of its own for NumPy functions"
        )
    return it.session.calls.method(it, v, "__array__", [])


def of_instances(
    it: Interp, ufunc: np.ufunc, args: Sequence[Abstract], kwargs: dict[str, Abstract]
) -> Abstract | None:
    """A ufunc of instances: the first `__array_ufunc__` that knows an answer gives it; None where
    no argument has one. What has no array form is asked for a method of the ufunc's name.
    """
    calls = it.session.calls
    own = [a for a in args if isinstance(a, ObjectV) and protocol(a, "__array_ufunc__")]
    for v in own:
        given = [Known(ufunc), Known("__call__"), *args]
        static = inspect.getattr_static(v.cls, "__array_ufunc__")
        found: Abstract = calls.call(it, Bound("method", Known(static), (v,)), given, kwargs)
        if not (isinstance(found, Known) and found.value is NotImplemented):
            return found
    if own:
        it.fail(TypeError, f"__array_ufunc__ of no operand knows {ufunc.__name__}")
    if len(args) == 1 and not kwargs and isinstance(args[0], ObjectV):
        v, name = args[0], ufunc.__name__
        forms = any(hasattr(v.cls, n) for n in _ARRAY_FORMS)
        if protocol(v, name) and not forms:
            return calls.method(it, v, name, [])
    return None


_ARRAY_FORMS = ("__array_ufunc__", "__array__", "__len__", "__getitem__")


def dispatched(obj: Any, args: Sequence[Abstract]) -> Any:
    """The implementation that a `functools.singledispatch` function chooses, None for others."""
    if not isinstance(obj, types.FunctionType) or not args:
        return None
    if not hasattr(obj, "dispatch") or not hasattr(obj, "registry"):
        return None
    return obj.dispatch(objects.type_of_value(args[0]))
