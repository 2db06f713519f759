"""Objects of the host program as values: what a compiled function reads from globals, closures and
attributes.

Numbers, strings, functions, modules and the like are known, and guarded. Tuples, lists and dicts
become containers of lifted elements. Arrays become hidden inputs: parameters that the caller does
not see. Other objects stay known, and their attributes are lifted when they are read.
"""

from __future__ import annotations

import os
import types
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.records import Value
from anvil.ir.types import array, dtype_of
from anvil.parser.containers.collection_values import DequeV
from anvil.parser.source.functions import Captured
from anvil.parser.state.guards import Hidden, Origin
from anvil.parser.state.heap import DictBox, ListBox, Mark, fresh_box
from anvil.parser.state.inputs import refuse
from anvil.parser.state.signature import is_array, own_methods
from anvil.parser.state.values import (
    Abstract,
    DictV,
    Known,
    ListV,
    NDArray,
    TupleV,
    number_dtype,
    scalar,
)

if TYPE_CHECKING:
    from anvil.parser.interp import Interp
    from anvil.parser.state.session import Session

_UNGUARDED = ("numpy", "math", "cmath", "anvil", "builtins", "functools", "operator", "scipy")


@dataclass(frozen=True, slots=True, eq=False)
class Lifted:
    """A host object that needs boxes or parameters in each function that uses it."""

    kind: str
    origin: Origin
    items: tuple[Any, ...] = ()
    keys: tuple[Hashable, ...] = ()
    cls: Any = None
    hidden: Hidden | None = None
    own: Any = None
    """The default factory of a dict, the greatest length of a deque."""


def lifted(session: Session, obj: Any, origin: Origin, inside: bool = False) -> Any:
    """The object found at `origin`: a Known, or a `Lifted` to be adopted by each function. `inside`
    a container floats vary.
    """
    guards = session.guards
    if isinstance(obj, Captured):
        return Known(obj)
    if inside and type(obj) in (float, complex):
        return Lifted("array", origin, hidden=guards.array(origin, array(number_dtype(obj)), "py"))
    if is_array(obj):
        refuse(obj, f"`{origin.name}`")
        fixed = session.fixed.get(id(obj))
        if fixed is not None and isinstance(obj, np.generic):
            guards.value(origin, obj)
            return Known(obj, origin)
        if fixed is not None:
            guards.contents(origin, fixed.data)
            return Lifted("constant", origin, (fixed.data,))
        type_ = array(dtype_of(obj.dtype), tuple(obj.shape))
        host = "np" if isinstance(obj, np.generic) else "array"
        return Lifted("array", origin, hidden=guards.array(origin, type_, host))
    if type(obj) in (list, deque) or isinstance(obj, tuple):
        guards.structure(origin, obj)
        items = tuple(lifted(session, v, guards.item(origin, i), True) for i, v in enumerate(obj))
        own = getattr(obj, "maxlen", None)
        kind = "list" if isinstance(obj, list | deque) else "tuple"
        return Lifted(kind, origin, items, (), type(obj), own=own)
    if isinstance(obj, dict) and not own_methods(type(obj)) and not getattr(obj, "__dict__", None):
        guards.structure(origin, obj)
        items = tuple(lifted(session, v, guards.item(origin, k), True) for k, v in obj.items())
        own = getattr(obj, "default_factory", None)
        return Lifted("dict", origin, items, tuple(obj), type(obj), own=own)
    refuse(obj, f"`{origin.name}`")
    guards.value(origin, obj)
    return Known(obj, origin)


def lifted_attribute(session: Session, base: Known, name: str, obj: Any) -> Any:
    """The attribute `name` of a known object, which is `obj`."""
    if base.origin is None or _trusted(base.value):
        return Known(obj) if not is_array(obj) else obj
    origin = session.guards.attribute(base.origin, name)
    inside = not isinstance(base.value, types.ModuleType)
    return lifted(session, obj, origin, inside)


def _trusted(obj: Any) -> bool:
    """Whether attributes of a module or class are taken to be constant (numpy, math, anvil)."""
    if isinstance(obj, types.ModuleType):
        return obj.__name__.split(".")[0] in _UNGUARDED
    module = getattr(obj, "__module__", None) if isinstance(obj, type) else None
    return isinstance(module, str) and module.split(".")[0] in _UNGUARDED


def adopt(it: Interp, x: Any) -> Abstract:
    """A lifted object as a value of this function; one object is one box."""
    if isinstance(x, Known) and _captures(x.value):
        held = x.value
        return it.load(held.key) if isinstance(held, Captured) else _captured_tuple(it, held)
    if isinstance(x, Abstract):
        if isinstance(x, Known) and x.value is os.environ:
            it.error("hidden-state", "os.environ is not decided by the arguments")
        return x
    if not isinstance(x, Lifted):
        return it.constant(x)
    if x.kind == "array":
        assert x.hidden is not None
        return _hidden_value(it, x.hidden)
    if x.kind == "constant":
        return _boxed(it, x.origin, lambda: it.atom(it.constant(x.items[0])))
    if x.kind == "tuple":
        cls = None if x.cls is tuple else x.cls
        return TupleV(tuple(adopt(it, i) for i in x.items), cls)
    box = it.hidden_boxes.get(x.origin.text)
    if box is None or box not in it.state.heap:
        box = it.hidden_boxes.setdefault(x.origin.text, fresh_box())
        items = tuple(adopt(it, i) for i in x.items)
        content = (
            ListBox(items) if x.kind == "list" else DictBox(dict(zip(x.keys, items, strict=True)))
        )
        it.state.heap[box] = content
        it.state.marks[box] = outside(x.origin.name)
    if x.kind == "list":
        return ListV(box) if x.cls is list else DequeV(box, x.own)
    return DictV(box, x.cls, None if x.own is None else Known(x.own))


def _captures(obj: Any) -> bool:
    """Whether a value is, or holds, a variable of the function that made a class."""
    return isinstance(obj, Captured) or (type(obj) is tuple and any(map(_captures, obj)))


def _captured_tuple(it: Interp, items: tuple[Any, ...]) -> Abstract:
    return TupleV(tuple(adopt(it, Known(i)) for i in items))


def _hidden_value(it: Interp, hidden: Hidden) -> Abstract:
    atom = hidden_atom(it, hidden)
    if hidden.host != "array":
        return scalar(atom, hidden.host == "py")
    return _boxed(it, hidden.origin, lambda: atom)


def _boxed(it: Interp, origin: Origin, atom: Callable[[], Any]) -> NDArray:
    """The array found at `origin`, in the one box that it has in this function."""
    box = it.hidden_boxes.get(origin.text)
    if box is None or box not in it.state.heap:
        box = it.hidden_boxes.setdefault(origin.text, fresh_box())
        it.state.heap[box] = atom()
        it.state.marks[box] = outside(origin.name)
    content: Any = it.state.heap[box]
    return NDArray(box, (), content.type)


def hidden_atom(it: Interp, hidden: Hidden) -> Value:
    """The parameter that carries a hidden input; added to the function when it is first read."""
    text = hidden.origin.text
    atom = it.hidden.get(text)
    if atom is None:
        atom = it.hidden[text] = Value(hidden.type, hidden.origin.name.split(".")[-1])
        it.session.hidden[atom] = hidden
    return atom


def outside(name: str) -> Mark:
    """Why something read from outside must not be written."""
    return Mark(
        f"`{name}` is outside the compiled function, which must not write to it",
        code="mutated-global",
    )
