"""Attributes of functions made while compiling, of partials and generators.

A function that is given attributes is an object with an identity. Whether one is given any is not
known where it is made: when the first is set, the program is compiled again with a box for the
attributes of each function that this `def` makes.
"""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING, Any, NoReturn

from anvil.errors import error as make_error
from anvil.parser.containers import dicts
from anvil.parser.state.heap import GeneratorV, ObjectBox, fresh_box
from anvil.parser.state.values import Abstract, Bound, Closure, Known, Lazy, ObjectV, TupleV

if TYPE_CHECKING:
    from anvil.parser.interp import Interp
    from anvil.parser.source.functions import FunctionInfo


def own_box(it: Interp, info: FunctionInfo) -> int:
    """The box of the attributes of a function that is made now; 0 where it is given none."""
    if info.code.loc(info.code.node) not in it.session.attributed:
        return 0
    box = fresh_box()
    it.state.heap[box] = ObjectBox({})
    return box


def own_attributes(it: Interp, fn: Abstract) -> dict[str, Abstract]:
    """The attributes that a function has been given."""
    if isinstance(fn, Bound) and fn.kind == "wrapper":
        return own_attributes(it, fn.fn)
    if not isinstance(fn, Closure) or not fn.attrs:
        return {}
    content = it.content(fn.attrs, "function")
    assert isinstance(content, ObjectBox)
    return content.attrs


def get(it: Interp, base: Abstract, name: str) -> Abstract | None:
    """`base.name`; None if there is none that is compiled."""
    found = own_attributes(it, base).get(name)
    if found is not None:
        return found
    if isinstance(base, Closure):
        node = base.info.code.node
        if name == "__doc__":
            return Known(None if isinstance(node, ast.Lambda) else ast.get_docstring(node))
        label = "<lambda>" if isinstance(node, ast.Lambda) else node.name
        return Known(label) if name in ("__name__", "__qualname__") else None
    if isinstance(base, Bound) and base.kind in ("wrapper", "cached"):
        if name == "__wrapped__":
            return base.args[0]
        copied = name in functools.WRAPPER_ASSIGNMENTS
        return it.attribute(base.args[0] if copied else base.fn, name)
    if isinstance(base, Bound) and base.kind == "partial":
        names: Any = base.static
        n = len(base.args) - len(names)
        if name == "keywords":
            return dicts.new_dict(it, dict(zip(names, base.args[n:], strict=True)))
        return {"func": base.fn, "args": TupleV(base.args[:n])}.get(name)
    if isinstance(base, GeneratorV) and name in ("send", "__next__", "__iter__", "close"):
        return Bound("generator method", base, (base,), name)
    if isinstance(base, Lazy) and base.box and name in ("__next__", "__iter__"):
        return Bound("generator method", base, (base,), name)
    return None


def put(it: Interp, base: Abstract, name: str, value: Abstract) -> None:
    """`base.name = value`."""
    if isinstance(base, Bound) and base.kind == "wrapper":
        base = base.fn
    if not isinstance(base, Closure):
        _refuse(it, base, name)
    if not base.attrs:
        error = make_error("no-attribute", f"{base.describe()} has no attributes", it.loc)
        it.session.attributable[error] = base.info.code.loc(base.info.code.node)
        raise error
    it.touch(base.attrs)
    it.replace(base.attrs, ObjectBox({**own_attributes(it, base), name: value}))


def delete(it: Interp, base: Abstract, name: str) -> None:
    """`del base.name`."""
    attrs = dict(own_attributes(it, base))
    fn = base.fn if isinstance(base, Bound) else base
    if attrs.pop(name, None) is None or not isinstance(fn, Closure):
        _refuse(it, base, name)
    it.touch(fn.attrs)
    it.replace(fn.attrs, ObjectBox(attrs))


def _refuse(it: Interp, base: Abstract, name: str) -> NoReturn:
    it.error("no-attribute", f"the attribute {name!r} of {base.describe()} cannot be set")


def is_function(v: Abstract) -> bool:
    """Whether a value may be given attributes as functions are."""
    return isinstance(v, Closure) or (isinstance(v, Bound) and v.kind == "wrapper")


def update_wrapper(it: Interp, wrapper: Abstract, wrapped: Abstract) -> Abstract:
    """`functools.update_wrapper(wrapper, wrapped)`: a function, or an instance, shows the name and
    text of another function, and has its attributes.
    """
    if isinstance(wrapper, Known):
        it.error("mutated-global", f"{wrapper.describe()} is outside the compiled function")
    if isinstance(wrapper, ObjectV):
        names = [n for n in _NAMES if it.known(it.call(hasattr, wrapped, n))]
        named = {n: it.attribute(wrapped, n) for n in names}
        _give(it, wrapper, {**named, **_held(it, wrapped), "__wrapped__": wrapped})
        return wrapper
    if is_function(wrapper):
        _give(it, wrapper, _held(it, wrapped))
    return Bound("wrapper", wrapper, (wrapped,))


_NAMES = ("__name__", "__qualname__", "__doc__")


def _held(it: Interp, fn: Abstract) -> dict[str, Abstract]:
    """What is in the `__dict__` of a function."""
    if isinstance(fn, Known):
        given = getattr(fn.value, "__dict__", None) or {}
        return {n: it.attribute(fn, n) for n in given if n != "__wrapped__"}
    return own_attributes(it, fn)


def _give(it: Interp, fn: Abstract, attrs: dict[str, Abstract]) -> None:
    for name, value in attrs.items():
        it.call(setattr, fn, name, value)
