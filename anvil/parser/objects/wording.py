"""Instances as text: `__format__`, `__str__` and `__repr__` as Python looks them up, and the
`__repr__` that `dataclass` writes.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
import types
from typing import TYPE_CHECKING, Any

from anvil.parser.control import exceptions
from anvil.parser.reports import texts
from anvil.parser.state.values import Abstract, Bound, DictV, Known, ObjectV, TupleV

if TYPE_CHECKING:
    from anvil.parser.context import Context


def speaks(cls: type) -> bool:
    """Whether the text of an instance is more than its class and its address."""
    return any(getattr(cls, n) is not getattr(object, n) for n in ("__str__", "__repr__"))


def words(ctx: Context, v: Abstract, conversion: str, spec: str) -> texts.Pieces | None:
    """`{v!conversion:spec}` where the class of `v` words it; None for values of other classes."""
    cls = _class(v)
    if cls is None:
        return None
    if not conversion:
        if (found := _said(ctx, v, cls, "__format__", Known(spec))) is not None:
            return found
        if spec and cls.__format__ is object.__format__:
            what = f"unsupported format string passed to {cls.__name__}.__format__"
            ctx.fail(TypeError, what)
    text = _plain(ctx, v, cls, conversion)
    if text is None or not spec:
        return text
    return texts.text_of(ctx, texts.joined(text), "", spec)


def _class(v: Abstract) -> Any:
    """The class of a value that is not one of Python's own."""
    if isinstance(v, ObjectV):
        return v.cls
    if isinstance(v, TupleV | DictV) and v.cls is not None:
        cls = v.cls
    elif isinstance(v, Known) and not isinstance(v.value, type | types.FunctionType):
        cls = type(v.value)
    else:
        return None
    return cls if any(_own(cls, n) for n in ("__format__", "__str__", "__repr__")) else None


def _own(cls: type, name: str) -> Any:
    """A special method of the user's; None if Python has it from elsewhere."""
    found = inspect.getattr_static(cls, name, None)
    if not isinstance(found, types.FunctionType):
        return None
    home = str(found.__globals__.get("__name__")).partition(".")[0]
    return None if home in sys.stdlib_module_names else found


def _said(ctx: Context, v: Abstract, cls: type, name: str, *args: Abstract) -> texts.Pieces | None:
    """What a method written in Python says."""
    method = _own(cls, name)
    if method is None or method.__code__.co_filename == "<string>":
        return None
    ctx.session.guards.member(cls, name, method)
    said: Abstract = ctx.call(Bound("method", Known(method), (v,)), *args)
    if not texts.is_string(said):
        kind = ctx.known(ctx.call(type, said)).__name__
        what = f"{name} returned non-string (type {kind})"
        ctx.fail(
            TypeError, what if name != "__format__" else f"{name} must return a str, not {kind}"
        )
    return texts.text_of(ctx, said)


def _plain(ctx: Context, v: Abstract, cls: Any, conversion: str) -> texts.Pieces | None:
    """`str(v)` or `repr(v)`."""
    exception = isinstance(v, ObjectV) and issubclass(cls, BaseException)
    if conversion not in ("r", "a"):
        if (found := _said(ctx, v, cls, "__str__")) is not None:
            return found
        if cls.__str__ is not object.__str__:
            return exceptions.text(ctx, v, conversion) if exception else None
    if (found := _said(ctx, v, cls, "__repr__")) is not None:
        return found
    if exception:
        return exceptions.text(ctx, v, conversion)
    return _fields(ctx, v) if dataclasses.is_dataclass(cls) and _generated(cls) else None


def _generated(cls: Any) -> bool:
    """Whether `__repr__` is the one that `dataclass` wrote."""
    owner = next(c for c in cls.__mro__ if "__repr__" in vars(c))
    params = vars(owner).get("__dataclass_params__")
    return params is not None and params.repr


def _fields(ctx: Context, v: Abstract) -> texts.Pieces:
    """`Point(x=1.0, y=2.0)`."""
    cls = _class(v)
    owner = next(c for c in cls.__mro__ if "__repr__" in vars(c))
    out: list[str | texts.Slot] = [f"{cls.__qualname__}("]
    shown = [f.name for f in dataclasses.fields(owner) if f.repr]
    for i, name in enumerate(shown):
        out += [f"{', ' if i else ''}{name}=", *texts.text_of(ctx, ctx.call(getattr, v, name), "r")]
    return [*out, ")"]
