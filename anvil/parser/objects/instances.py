"""Making instances of Python classes: `__new__`, `__init__`, dataclasses, named tuples; comparing
dataclasses.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from anvil.parser.containers.dicts import dict_entries, new_dict
from anvil.parser.objects.attributes import raw_set, set_attribute, type_of_value
from anvil.parser.source.functions import Captured
from anvil.parser.state.heap import ObjectBox, fresh_box
from anvil.parser.state.values import Abstract, Bound, Known, ObjectV, TupleV

if TYPE_CHECKING:
    from anvil.parser.interp import Interp


def instantiate(
    it: Interp, cls: Any, args: Sequence[Abstract], kwargs: dict[str, Abstract]
) -> Abstract:
    """`cls(*args, **kwargs)` for a class written in Python."""
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return _named_tuple(it, cls, args, kwargs)
    if isinstance(inspect.getattr_static(type(cls), "__call__", None), types.FunctionType):
        it.error("unsupported-call", f"the metaclass of {cls.__name__} makes its instances")
    plain = not any(base.__module__ == "collections" for base in cls.__mro__)
    if issubclass(cls, dict) and cls.__new__ is dict.__new__ and plain:
        return _dict(it, cls, args, kwargs)
    if cls.__new__ is list.__new__ and plain:
        return _list(it, cls, args, kwargs)
    if cls.__new__ is tuple.__new__ and plain:
        return it.call(Known(tuple.__new__), Known(cls), *args)
    new = inspect.getattr_static(cls, "__new__")
    if not isinstance(new, staticmethod):
        obj: Abstract = new_object(it, Known(cls))
    else:
        obj = it.call(Known(new.__func__), Known(cls), *args, **kwargs)
    if isinstance(obj, ObjectV) and issubclass(obj.cls, cls):
        _initialise(it, obj, args, kwargs, isinstance(new, staticmethod))
    return obj


def new_object(it: Interp, cls: Abstract, *args: Abstract, **kwargs: Abstract) -> Abstract:
    """`object.__new__(cls)`."""
    made = it.known(cls, "a class")
    if made.__new__ is not object.__new__ and not isinstance(
        inspect.getattr_static(made, "__new__"), staticmethod
    ):
        bases = (b for b in made.__mro__ if b.__module__ in ("builtins", "numpy"))
        what = f"{made.__name__} derives from {next(bases).__name__}"
        hint = "Hold that value in an attribute of a plain class."
        it.error("unsupported-call", f"{what}, and its instances are not compiled", hint=hint)
    if inspect.isabstract(made):
        try:
            object.__new__(made)
        except TypeError as error:
            it.fail(TypeError, *error.args)
    box = fresh_box()
    it.state.heap[box] = ObjectBox({})
    return ObjectV(box, made)


def _initialise(
    it: Interp, obj: ObjectV, args: Sequence[Abstract], kwargs: dict[str, Abstract], own_new: bool
) -> None:
    """`obj.__init__(*args, **kwargs)`."""
    cls: Any = obj.cls
    init = inspect.getattr_static(cls, "__init__")
    if dataclasses.is_dataclass(cls) and _generated(cls):
        _dataclass_init(it, obj, args, kwargs)
    elif init is object.__init__:
        if (args or kwargs) and not own_new:
            it.error("wrong-arguments", f"{cls.__name__}() takes no arguments")
    else:
        it.session.calls.call(it, Bound("method", Known(init), (obj,)), list(args), kwargs)


def _generated(cls: Any) -> bool:
    """Whether `__init__` is the one that `dataclass` wrote."""
    owner = next(c for c in cls.__mro__ if "__init__" in vars(c))
    params = vars(owner).get("__dataclass_params__")
    code = getattr(vars(owner)["__init__"], "__code__", None)
    return bool(params and params.init and code is not None and code.co_filename == "<string>")


def _dataclass_init(
    it: Interp, obj: ObjectV, args: Sequence[Abstract], kwargs: dict[str, Abstract]
) -> None:
    fields = [f for f in _all_fields(obj.cls) if not _is(f, "_FIELD_CLASSVAR")]
    given = _given(it, obj, fields, args, kwargs)
    frozen = obj.cls.__dataclass_params__.frozen  # type: ignore[attr-defined]
    extra = []
    for f in fields:
        value = _field_value(it, obj, f, given)
        if _is(f, "_FIELD_INITVAR"):
            assert value is not None
            extra.append(value)
        elif value is not None:
            (raw_set if frozen else set_attribute)(it, obj, f.name, value)
    post = getattr(obj.cls, "__post_init__", None)
    if post is not None:
        it.call(Bound("method", Known(post), (obj,)), *extra)


def _all_fields(cls: Any) -> list[Any]:
    """The fields of a dataclass, those that are only arguments of its `__init__` included."""
    return list(cls.__dataclass_fields__.values())


def _is(f: Any, kind: str) -> bool:
    return f._field_type is getattr(dataclasses, kind)


def _given(
    it: Interp,
    obj: ObjectV,
    fields: list[Any],
    args: Sequence[Abstract],
    kwargs: dict[str, Abstract],
) -> dict[str, Abstract]:
    """The arguments by field."""
    positional = [f.name for f in fields if f.init and not f.kw_only]
    if len(args) > len(positional):
        takes = f"{obj.cls.__name__}() takes {len(positional)} positional arguments"
        it.error("wrong-arguments", f"{takes} but {len(args)} were given")
    given = dict(zip(positional, args, strict=False))
    for name, value in kwargs.items():
        if name in given or not any(f.name == name and f.init for f in fields):
            it.error("wrong-arguments", f"{obj.cls.__name__}() got an unexpected argument {name!r}")
        given[name] = value
    return given


def _field_value(it: Interp, obj: ObjectV, f: Any, given: dict[str, Abstract]) -> Abstract | None:
    """What a field starts with, None where only `__post_init__` gives it a value."""
    if f.init and f.name in given:
        return given[f.name]
    if not f.init and f.default is not dataclasses.MISSING:
        return None  # an attribute of the class
    if isinstance(f.default, Captured):
        return it.load(f.default.key)
    if f.default is not dataclasses.MISSING:
        return it.constant(f.default)
    if f.default_factory is not dataclasses.MISSING:
        return it.call(Known(f.default_factory))
    if f.init:
        it.error("wrong-arguments", f"{obj.cls.__name__}() lacks the argument {f.name!r}")
    return None


def _dict(it: Interp, cls: Any, args: Sequence[Abstract], kwargs: dict[str, Abstract]) -> Abstract:
    """An instance of a subclass of dict."""
    if cls.__init__ is dict.__init__:
        entries = dict_entries(it, args[0]) if args else {}
        return new_dict(it, {**entries, **kwargs}, dict if typing.is_typeddict(cls) else cls)
    made = new_dict(it, {}, cls)
    it.session.calls.call(it, Bound("method", Known(cls.__init__), (made,)), list(args), kwargs)
    return made


def _list(it: Interp, cls: Any, args: Sequence[Abstract], kwargs: dict[str, Abstract]) -> Abstract:
    """An instance of a subclass of list."""
    made = it.call(Known(list.__new__), Known(cls))
    it.session.calls.call(it, Bound("method", Known(cls.__init__), (made,)), list(args), kwargs)
    return made


def _named_tuple(
    it: Interp, cls: Any, args: Sequence[Abstract], kwargs: dict[str, Abstract]
) -> Abstract:
    given = dict(zip(cls._fields, args, strict=False))
    given.update(kwargs)
    for name, default in cls._field_defaults.items():
        given.setdefault(name, it.constant(default))
    if set(given) != set(cls._fields) or len(args) > len(cls._fields):
        it.error("wrong-arguments", f"{cls.__name__} has the fields {', '.join(cls._fields)}")
    return TupleV(tuple(given[f] for f in cls._fields), cls)


def compare_dataclasses(it: Interp, obj: ObjectV, name: str, other: Abstract) -> Abstract | None:
    """A comparison that `dataclass` wrote: of the fields that take part in comparisons."""
    if type_of_value(other) is not obj.cls:
        return None
    names = [f.name for f in dataclasses.fields(obj.cls) if f.compare]
    left, right = (it.tuple([it.attribute(v, n) for n in names]) for v in (obj, other))
    ops = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
    return it.compare(ops[name], left, right)
