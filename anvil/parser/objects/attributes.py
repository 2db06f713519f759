"""Attributes, methods and instances: arrays, containers, dataclasses, objects of Python classes,
host objects.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import operator
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, cast

import numpy as np

from anvil.ir.types import BOOL, I64
from anvil.parser.arrays.ragged import Ragged, dense, length
from anvil.parser.arrays.stores import store
from anvil.parser.arrays.whole import index_into, sequence_kind
from anvil.parser.containers import computed_ranges, dicts, methods, open_lists, stack_lists
from anvil.parser.containers import list_methods as containers
from anvil.parser.containers.collection_values import DequeV, RandomV, SetV
from anvil.parser.control import exceptions, streams
from anvil.parser.control.choices import apart, choose, each
from anvil.parser.objects import function_attributes, overloading
from anvil.parser.reports import texts
from anvil.parser.reports.spelling import meant, no_attribute, nothing_has, property_lacks
from anvil.parser.source.functions import Captured
from anvil.parser.state.heap import GeneratorV, ListBox, ObjectBox
from anvil.parser.state.lift import adopt, lifted, lifted_attribute
from anvil.parser.state.values import (
    PY_DTYPES,
    Abstract,
    Bound,
    Choice,
    Closure,
    Conflict,
    DictV,
    Known,
    ListV,
    NDArray,
    ObjectV,
    Partial,
    RangeV,
    Scalar,
    TupleV,
    is_number,
    scalar,
)
from anvil.parser.state.views import FLAT, RealPart

if TYPE_CHECKING:
    from anvil.parser.interp import Interp


def get_attribute(it: Interp, base: Abstract, name: str) -> Abstract:
    """`base.name`."""
    if isinstance(base, Choice):
        return each(it, base, lambda o: get_attribute(it, o, name), probe=True)
    if name in _CONTAINED and isinstance(base, NDArray | ListV | DictV | TupleV | SetV):
        cls = type_of_value(base)
        own = isinstance(inspect.getattr_static(cls, name, None), types.FunctionType)
        if hasattr(cls, name) and not own:
            return Bound("partial", Known(_CONTAINED[name]), (base,), ())
    return _attribute_of(it, texts.settled(it, base), name)


def _attribute_of(it: Interp, base: Abstract, name: str) -> Abstract:
    if name == "__class__":
        return Known(type_of_value(base))
    if isinstance(base, NDArray | Ragged | Scalar) or (
        isinstance(base, Known) and is_number(base.value)
    ):
        return _number_attribute(it, base, name)
    if isinstance(base, ObjectV):
        return _object_attribute(it, base, name)
    if isinstance(base, ListV | DictV | TupleV | SetV | RandomV) or _is_frozenset(base):
        return _container_attribute(it, base, name)
    if isinstance(base, Known):
        return _known_attribute(it, base, name)
    if isinstance(base, Bound) and base.kind == "super":
        return _super_attribute(it, base, name)
    if isinstance(base, RangeV):
        found = computed_ranges.attribute(it, base, name)
        return (
            _known_attribute(it, Known(it.known(base, "a range")), name) if found is None else found
        )
    found = function_attributes.get(it, base, name)
    if found is None and hasattr(type_of_value(base), name):
        it.error("unsupported-method", f"`.{name}` of {base.describe()} is not compiled")
    if found is None:
        _missing(it, base, name)
    return found


_CONTAINED: dict[str, Any] = {
    "__getitem__": operator.getitem,
    "__setitem__": operator.setitem,
    "__contains__": operator.contains,
    "__len__": len,
    "__iter__": iter,
    "__reversed__": reversed,
}
"""Methods of containers by name, as `key=x.__getitem__` uses them, and the functions they are."""


# ---- numbers and arrays


def _ragged_attribute(it: Interp, base: Ragged, name: str) -> Abstract:
    lengths = [length(it, base, k) for k in range(len(base.axes))]
    if name == "shape":
        return it.tuple(lengths)
    if name == "size":
        total: Abstract = Known(1)
        for n in lengths:
            total = it.binary("*", total, n)
        return total
    if name == "T":
        data = it.permuted(base.data, tuple(reversed(range(len(base.axes)))))
        return Ragged(data, base.axes[::-1], base.loc, base.filled)
    if name in ("real", "imag"):
        return Ragged(it.attribute(base.data, name), base.axes, base.loc)  # type: ignore[arg-type]
    if name in it.session.library.methods:
        return Bound("array method", Known(name), (base,))
    if name in it.session.library.attributes or name not in ("ndim", "dtype", "itemsize"):
        dense(it, base)
    return it.attribute(base.data, name)


def _number_attribute(it: Interp, base: Abstract, name: str) -> Abstract:
    simple: Abstract | None
    if isinstance(base, Ragged):
        return _ragged_attribute(it, base, name)
    if isinstance(base, NDArray):
        simple = _array_attribute(it, base, name)
    elif isinstance(base, Scalar):
        simple = _scalar_attribute(it, base, name)
    else:
        assert isinstance(base, Known)
        simple = _known_number_attribute(it, base, name)
    if simple is not None:
        return simple
    library = it.session.library
    if name in library.attributes:
        return it.call_entry(library.attributes[name], [base], {})
    if isinstance(base, Scalar) and base.py and not hasattr(type_of_value(base), name):
        _missing(it, base, name)
    if name in library.methods:
        return Bound("array method", Known(name), (base,))
    if isinstance(base, Known):
        return Known(getattr(base.value, name))
    if hasattr(type_of_value(base), name):
        it.error("unsupported-method", f"`.{name}` of {base.describe()} is not compiled")
    _missing(it, base, name)


def type_of_value(v: Abstract) -> type:
    """What `type(v)` is."""
    if isinstance(v, texts.TextV):
        return str
    if isinstance(v, Known):
        return type(v.value)
    if isinstance(v, Scalar):
        if not v.py:
            return v.dtype.np.type
        return next(t for t, d in PY_DTYPES.items() if d is v.dtype)
    if isinstance(v, ObjectV):
        return v.cls
    if isinstance(v, TupleV):
        return v.cls or tuple
    if isinstance(v, ListV | DictV | RandomV):
        return v.cls
    simple: dict[type, type] = {
        NDArray: np.ndarray,
        Ragged: np.ndarray,
        SetV: set,
        RangeV: range,
        GeneratorV: types.GeneratorType,
    }
    found = simple.get(type(v))
    if found is None:
        found = type(lambda: None) if isinstance(v, Closure | Bound) else type(v)
    return found


def _missing(it: Interp, base: Abstract, name: str) -> NoReturn:
    text = f"{base.describe()} has no attribute {name!r}"
    it.error("no-attribute", text, hint=meant(name, dir(type_of_value(base))))


def _known_number_attribute(it: Interp, base: Known, name: str) -> Abstract | None:
    if not hasattr(base.value, name):
        _missing(it, base, name)
    found = getattr(base.value, name)
    return it.constant(found) if not callable(found) or isinstance(found, type) else None


def _array_attribute(it: Interp, base: NDArray, name: str) -> Abstract | None:
    entry = ARRAY_ATTRIBUTES.get(name)
    return None if entry is None else entry(it, base)


def _real(it: Interp, base: NDArray) -> Abstract:
    complex_ = base.type.dtype.kind == "c"
    return _complex_part(it, base, False) if complex_ else base


def _imag(it: Interp, base: NDArray) -> Abstract:
    if base.type.dtype.kind == "c":
        return _complex_part(it, base, True)
    return it.frozen(base, "imag", lambda b, x: b.zeros_like(x))


def _complex_part(it: Interp, base: NDArray, imaginary: bool) -> Abstract:
    return it.view(base, RealPart(imaginary), base.type.shape, base.type.dtype.real)


def _flat(it: Interp, base: NDArray) -> Abstract:
    return it.frozen(base, FLAT, lambda b, x: b.reshape(x, shape=(base.type.size,)))


ARRAY_ATTRIBUTES: dict[str, Callable[[Interp, NDArray], Abstract]] = {
    "shape": lambda it, a: Known(a.type.shape),
    "ndim": lambda it, a: Known(a.type.ndim),
    "size": lambda it, a: Known(a.type.size),
    "dtype": lambda it, a: Known(a.type.dtype.np),
    "itemsize": lambda it, a: Known(a.type.dtype.np.itemsize),
    "device": lambda it, a: Known("cpu"),
    "flat": _flat,
    "T": lambda it, a: it.permuted(a, tuple(reversed(range(a.type.ndim)))),
    "real": _real,
    "imag": _imag,
}
"""Attributes of arrays that are no functions of the library."""


def _scalar_attribute(it: Interp, base: Scalar, name: str) -> Abstract | None:
    if name in ("real", "imag"):
        if base.dtype.kind == "c":
            return scalar(it.b.emit(name, (base.atom,)), base.py)
        if base.py and base.dtype is BOOL:
            base = Scalar(it.b.cast(base.atom, I64), True)
        return base if name == "real" else scalar(it.b.zeros(base.type), base.py)
    if name in ("numerator", "denominator") and base.dtype.kind in ("biu" if base.py else "iu"):
        if base.py and base.dtype is BOOL:
            base = Scalar(it.b.cast(base.atom, I64), True)
        return base if name == "numerator" else Known(1 if base.py else base.dtype.np.type(1))
    if base.py:
        static = getattr(type_of_value(base), name, None) if name.startswith("__") else None
        return None if static is None else Bound("method", Known(static), (base,))
    simple = {"shape": (), "ndim": 0, "size": 1, "dtype": base.dtype.np}
    if name in simple:
        return Known(simple[name])
    return base if name == "T" else None


# ---- containers


def _container_attribute(it: Interp, base: Abstract, name: str) -> Abstract:
    if isinstance(base, TupleV) and base.cls is not None:
        fields = getattr(base.cls, "_fields", ())
        if name in fields:
            return base.items[fields.index(name)]
        static = inspect.getattr_static(base.cls, name, None)
        if static is not None and name not in containers.TUPLE:
            return _bind(it, base, base.cls, name, static)
    if isinstance(base, DequeV) and name == "maxlen":
        return Known(base.maxlen)
    if isinstance(base, DictV) and name == "default_factory" and base.factory is not None:
        return base.factory
    if isinstance(base, DictV | ListV) and overloading.class_of(base) is not None:
        owner = next((c for c in base.cls.__mro__ if name in vars(c)), object)
        if owner.__module__ not in ("builtins", "collections"):
            return _bind(it, base, base.cls, name, vars(owner)[name])
    if methods.has_method(base, name):
        return Bound("container method", Known(name), (base,))
    fallback = special_of(type_of_value(base), "__getattr__") if isinstance(base, DictV) else None
    if fallback is not None:
        return it.call(Bound("method", Known(fallback), (base,)), Known(name))
    _missing(it, base, name)


def _is_frozenset(v: Abstract) -> bool:
    return isinstance(v, Known) and isinstance(v.value, frozenset | set)


# ---- instances


def content(it: Interp, base: ObjectV) -> ObjectBox:
    """The attributes of an instance."""
    box = it.content(base.box, "object")
    assert isinstance(box, ObjectBox)
    return box


def _object_attribute(it: Interp, base: ObjectV, name: str) -> Abstract:
    attrs = content(it, base).attrs
    if name == "__dict__":
        return DictV(base.box)
    if isinstance(base.cls.__getattribute__, types.FunctionType):
        it.error("unsupported-call", f"{base.cls.__name__} has a `__getattribute__` of its own")
    static = inspect.getattr_static(base.cls, name, None)
    own = special(static, "__get__") and (
        special(static, "__set__") or special(static, "__delete__")
    )
    if not isinstance(static, property) and not own and name in attrs:
        value = attrs[name]
        if isinstance(value, Conflict):
            it.refuse_conflict(f"`.{name}`", value)
        if isinstance(value, Partial):
            return _perhaps(it, base, name, value, static)
        return value
    return _of_class(it, base, name, static)


def _perhaps(it: Interp, base: ObjectV, name: str, found: Partial, static: Any) -> Abstract:
    """An attribute that an instance has on some of the paths that lead here."""
    if static is None and not hasattr(base.cls, "__getattr__"):
        it.check(found.defined, AttributeError, no_attribute(base.cls, name))
        return found.value
    value, other = found.value, lambda: _of_class(it, base, name, static)
    return choose(it, found.defined, lambda: value, other)


def _of_class(it: Interp, base: ObjectV, name: str, static: Any) -> Abstract:
    """`base.name` that is not among the attributes of the instance."""
    attrs = content(it, base).attrs
    slot = isinstance(static, types.MemberDescriptorType | types.GetSetDescriptorType)
    if static is not None and not slot:
        return _bind(it, base, base.cls, name, static)
    if name == "value" and issubclass(base.cls, StopIteration):
        return next(iter(it.items(attrs["args"])), Known(None))
    if slot and static.__objclass__ in exceptions.OWN:
        return exceptions.slot(it, base, name)
    fallback = inspect.getattr_static(base.cls, "__getattr__", None)
    if fallback is not None:
        return it.call(Bound("method", Known(fallback), (base,)), Known(name))
    it.fail(AttributeError, no_attribute(base.cls, name))


def _super_attribute(it: Interp, base: Bound, name: str) -> Abstract:
    """An attribute of a class above `base.static`, bound to the object (or class) of `super()`."""
    obj, cls = base.fn, cast(type, base.static)
    if isinstance(obj, Choice):
        return each(it, obj, lambda o: _super_attribute(it, dataclasses.replace(base, fn=o), name))
    own = obj.value if isinstance(obj, Known) and isinstance(obj.value, type) else None
    order = (own or type_of_value(obj)).__mro__
    if cls not in order:
        it.fail(TypeError, "super(type, obj): obj must be an instance or subtype of type")
    for above in order[order.index(cls) + 1 :]:
        if name in vars(above):
            static = vars(above)[name]
            if static in (object.__init__, tuple.__new__, list.__new__):
                return Known(_nothing if static is object.__init__ else static)
            hook = static in (object.__setattr__, object.__delattr__)
            raw = isinstance(static, types.WrapperDescriptorType | types.MethodDescriptorType)
            if hook or (raw and (name == "__init__" or isinstance(obj, DictV | ListV | TupleV))):
                return Bound("method", Known(static), (obj,))
            return _bind(it, obj, own or type_of_value(obj), name, static)
    it.fail(AttributeError, f"'super' object has no attribute '{name}'")


def special(obj: Any, name: str) -> Any:
    """A special method written in Python of the class of a host object; None if it has none."""
    return special_of(type(obj), name)


def special_of(cls: Any, name: str) -> Any:
    """A special method of a class that is written in Python; None if it has none."""
    found = inspect.getattr_static(cls, name, None)
    return found if isinstance(found, types.FunctionType) else None


def _nothing() -> None:
    """What `object.__init__` does."""


def _bind(it: Interp, base: Abstract, cls: type, name: str, static: Any) -> Abstract:
    """What a class attribute gives when it is read through an instance."""
    it.session.guards.member(cls, name, static)
    if isinstance(static, property):
        if static.fget is None:
            it.fail(AttributeError, property_lacks(cls, name, "getter"))
        return it.call(Known(static.fget), base)
    if isinstance(static, staticmethod):
        return Known(static.__func__)
    if isinstance(static, classmethod):
        return Bound("method", Known(static.__func__), (Known(cls),))
    if isinstance(static, types.FunctionType):
        return Bound("method", Known(static), (base,))
    if isinstance(static, functools.cached_property):
        return _cached(it, base, name, it.call(Known(static.func), base))
    if isinstance(static, Captured):
        held = it.load(static.key)
        function = isinstance(held, Bound) and held.kind in ("wrapper", "cached")
        return Bound("method", held, (base,)) if function else held
    if special(static, "__get__"):
        return it.call(Known(special(static, "__get__")), Known(static), base, Known(cls))
    wraps = hasattr(static, "cache_info") or it.session.transforms.opened(static) is not None
    if callable(static) and wraps:
        return Bound("method", Known(static), (base,))
    session = it.session
    origin = session.guards.attribute(session.guards.object(cls), name)
    return adopt(it, lifted(session, static, origin))


def _cached(it: Interp, base: Abstract, name: str, value: Abstract) -> Abstract:
    """Keeps what a cached property has computed; an object of the caller stays as it is."""
    if isinstance(base, ObjectV):
        mark = it.state.marks.get(base.box)
        if mark is None or not it.matters(base.box, mark):
            raw_set(it, base, name, value)
    return value


def _sets(cls: type) -> Any:
    """The `__setattr__` of a class that the user has written; None if there is none."""
    own = special_of(cls, "__setattr__")
    return None if own is None or own.__code__.co_filename == "<string>" else own


def _set_of_instance(it: Interp, base: ObjectV | DictV, name: str, value: Abstract) -> None:
    if isinstance(base, ObjectV):
        _refuse_frozen(it, base, f"cannot assign to field '{name}'")
    own = _sets(base.cls)
    if own is not None:
        it.call(Bound("method", Known(own), (base,)), Known(name), value)
    elif isinstance(base, ObjectV):
        generic_set(it, base, name, value)


def set_attribute(it: Interp, base: Abstract, name: str, value: Abstract) -> None:
    """`base.name = value`."""
    if isinstance(base, Choice):
        apart(it, [base], lambda vs: set_attribute(it, vs[0], name, value))
        return
    if isinstance(base, ObjectV) or (isinstance(base, DictV) and _sets(base.cls) is not None):
        _set_of_instance(it, base, name, value)
    elif isinstance(base, NDArray) and name == "flat":
        repeated = it.call(np.resize, value, it.constant(base.type.size))
        store(it, base, it.reshaped(repeated, base.type.shape))  # type: ignore[arg-type]
    elif isinstance(base, NDArray) and name in ("real", "imag"):
        if name == "imag" and base.type.dtype.kind != "c":
            it.fail(TypeError, "array does not have imaginary part to set")
        store(it, get_attribute(it, base, name), value)  # type: ignore[arg-type]
    elif isinstance(base, Known) and base.origin is not None and base.value is not None:
        it.error("mutated-global", f"`{base.origin.name}` is outside the compiled function")
    elif function_attributes.is_function(base):
        function_attributes.put(it, base, name, value)
    elif isinstance(base, Known) and isinstance(base.value, type) and _writable(base.value):
        text = f"the class {base.value.__name__}, which its instances share, is written to"
        it.error("mutated-global", text)
    else:
        text = f"the attribute {name!r} of {base.describe()} cannot be set"
        it.error("no-attribute", nothing_has(name) if base.describe() == "None" else text)


def _writable(cls: type) -> bool:
    """Whether Python lets a program set attributes of a class."""
    return bool(cls.__flags__ & 1 << 9)  # made by a `class` statement


def _refuse_frozen(it: Interp, base: ObjectV, message: str) -> None:
    params = getattr(base.cls, "__dataclass_params__", None)
    if params is not None and params.frozen:
        it.fail(dataclasses.FrozenInstanceError, message)


def generic_set(it: Interp, base: ObjectV, name: str, value: Abstract) -> None:
    """`object.__setattr__(base, name, value)`: by a property or descriptor, or in the instance."""
    static = inspect.getattr_static(base.cls, name, None)
    if isinstance(static, property):
        if static.fset is None:
            it.fail(AttributeError, property_lacks(base.cls, name, "setter"))
        it.call(Known(static.fset), base, value)
    elif special(static, "__set__"):
        it.call(Known(special(static, "__set__")), Known(static), base, value)
    elif not base.cls.__dictoffset__ and not isinstance(static, types.MemberDescriptorType):
        it.fail(AttributeError, no_attribute(base.cls, name))
    else:
        raw_set(it, base, name, value)


def delete_attribute(it: Interp, base: Abstract, name: str) -> None:
    """`del base.name`."""
    if function_attributes.is_function(base):
        function_attributes.delete(it, base, name)
        return
    if not isinstance(base, ObjectV):
        it.error("bad-operand", f"the attribute {name!r} of {base.describe()} cannot be deleted")
    _refuse_frozen(it, base, f"cannot delete field '{name}'")
    own = inspect.getattr_static(base.cls, "__delattr__")
    if isinstance(own, types.FunctionType) and own.__code__.co_filename != "<string>":
        it.call(Bound("method", Known(own), (base,)), Known(name))
    else:
        generic_delete(it, base, name)


def generic_delete(it: Interp, base: ObjectV, name: str) -> None:
    """`object.__delattr__(base, name)`."""
    static = inspect.getattr_static(base.cls, name, None)
    attrs = dict(content(it, base).attrs)
    if isinstance(static, property) and static.fdel is not None:
        it.call(Known(static.fdel), base)
    elif special(static, "__delete__"):
        it.call(Known(special(static, "__delete__")), Known(static), base)
    elif isinstance(static, property):
        it.fail(AttributeError, property_lacks(base.cls, name, "deleter"))
    elif name not in attrs:
        it.fail(AttributeError, no_attribute(base.cls, name))
    else:
        value = attrs[name]
        if isinstance(value, Partial):
            it.check(value.defined, AttributeError, no_attribute(base.cls, name))
        it.touch(base.box)
        del attrs[name]
        it.replace(base.box, ObjectBox(attrs))


def raw_set(it: Interp, base: ObjectV, name: str, value: Abstract) -> None:
    """Stores an attribute of an instance."""
    it.touch(base.box)
    attrs = dict(content(it, base).attrs)
    if name in attrs and (base.cls, name) in it.session.hashed:
        text = f"`.{name}` decides what {base.describe()} is equal to, as a key of a dict or a set"
        it.error("unsupported-value", f"{text}, and is bound anew")
    attrs[name] = value
    it.replace(base.box, ObjectBox(attrs))


def delete_item(it: Interp, base: Abstract, index: Abstract) -> None:
    """`del base[index]`."""
    if isinstance(base, Choice):
        apart(it, [base], lambda vs: delete_item(it, vs[0], index))
        return
    if isinstance(base, ObjectV):
        it.session.calls.method(it, base, "__delitem__", [index])
        return
    if (kind := sequence_kind(base)) is not None:
        index = index_into(it, kind, index)
    stack = stack_lists.stacked_if_computed(it, base, index) if isinstance(base, ListV) else None
    if stack is not None and not (isinstance(index, Known) and isinstance(index.value, slice)):
        stack_lists.remove_at(it, base, stack, index, "del")  # type: ignore[arg-type]
        return
    if isinstance(base, DictV):
        dicts.delete(it, base, index)
        return
    opened = open_lists.open_stack(it, base)
    part = None if opened is None else open_lists.plain_slice(it, index)
    if part is not None:
        open_lists.called(it, streams.put_part_, base, *part, it.list(()))
        return
    key = it.known(index, "the key")
    if isinstance(base, ListV):
        items = list(it.items(base))
        try:
            del items[key]
        except IndexError:
            it.fail(IndexError, "list assignment index out of range")
        dicts.write(it, base.box, ListBox(tuple(items)))
    else:
        it.error("bad-operand", f"items of {base.describe()} cannot be deleted")


# ---- objects of the host program


def _known_attribute(it: Interp, base: Known, name: str) -> Abstract:
    obj = base.value
    try:
        found = getattr(obj, name)
    except AttributeError as error:
        it.error("no-attribute", str(error), hint=meant(name, dir(obj)))
    if isinstance(obj, types.ModuleType | type) or not _is_instance(obj):
        if isinstance(obj, type):
            static = inspect.getattr_static(obj, name, None)
            if isinstance(static, classmethod):
                it.session.guards.member(obj, name, static)
                return Bound("method", Known(static.__func__), (base,))
        return it.lifted_once(base, name, lambda: lifted_attribute(it.session, base, name, found))
    static = inspect.getattr_static(type(obj), name, None)
    kinds = (types.FunctionType, property, staticmethod, classmethod)
    if name not in getattr(obj, "__dict__", {}) and isinstance(static, kinds):
        if hasattr(obj, "__dict__") and not isinstance(static, property):
            origin = base.origin or it.session.guards.object(obj)
            it.session.guards.unshadowed(origin, name)
        return _bind(it, base, type(obj), name, static)
    return it.lifted_once(base, name, lambda: lifted_attribute(it.session, base, name, found))


def _is_instance(obj: Any) -> bool:
    """Whether attributes of an object may be Python methods to be compiled."""
    cls = type(obj)
    return cls.__module__ not in ("builtins", "numpy") and not isinstance(
        obj, types.FunctionType | types.BuiltinFunctionType | np.ufunc | np.dtype
    )
