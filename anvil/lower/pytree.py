"""Arguments as flat leaves: a pytree registry of anvil's own, in jaxlib's C++.

Tuples, lists, dicts, namedtuples, dataclasses and instances of plain Python classes are containers;
everything else, None and strings included, is a leaf. Dicts keep their order. Nothing is registered
with jax.

A class is learned when an instance is first met. Instances are rebuilt without running `__init__`;
instances of one class with different attributes have different treedefs.
"""

from __future__ import annotations

import dataclasses
import threading
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Any, Final

import numpy as np

from anvil.errors import AnvilError, error
from anvil.ir.host_dicts import new_dict
from anvil.lower import jax_bridge as bridge

__all__ = ["Registry", "flatten", "is_record", "registry", "unflatten"]

_NEVER_RECORDS: Final = (
    *(bool, int, float, complex, str, bytes, bytearray, type(None), Enum, np.ndarray, np.generic),
    *(tuple, list, dict, set, frozenset, type, BaseException, types.ModuleType),
    *(types.FunctionType, types.BuiltinFunctionType, types.MethodType, np.dtype),
)

Parts = tuple[Iterable[Any], Any]

_RECORDS_UNCHECKED: Final = 300
_DEEPEST: Final = 300


class _Budget(threading.local):
    """How many records may still be opened before a tree is searched for cycles.

    jaxlib recurses, and running out of stack there leaves the interpreter's recursion counter
    spent; so opening stops (as if empty) when the budget is spent, and `flatten` looks why.
    """

    left = _RECORDS_UNCHECKED


_budget: Final = _Budget()


def _bottomless() -> AnvilError:
    return error("recursion-limit", "an argument contains itself, or is nested too deeply")


class Registry:
    """Flattens and rebuilds containers; learns classes as it meets them."""

    def __init__(self) -> None:
        self._tree = bridge.new_registry()
        self._known: set[type[Any]] = {float, int, np.ndarray, bridge.JaxArray}
        self._tree.register_node(dict, _dict_parts, _dict_build, _dict_keyed)
        self._tree.register_node(OrderedDict, _dict_parts, _ordered_build, _dict_keyed)
        self._tree.register_node(defaultdict, _default_parts, _default_build, _default_keyed)
        self._tree.register_node(deque, _deque_parts, _deque_build, _deque_keyed)

    def flatten(self, tree: Any) -> tuple[list[Any], Any]:
        """Leaves, left to right, and the treedef, which can be hashed and compared."""
        _budget.left = _RECORDS_UNCHECKED
        try:
            leaves, treedef = self._tree.flatten(tree)
            while not self._known.issuperset(map(type, leaves)) and self._learn(leaves):
                leaves, treedef = self._tree.flatten(tree)
        except SystemError:  # jaxlib's way to say that it ran out of stack
            raise _bottomless() from None
        if _budget.left < 0:
            return self._flatten_large(tree)
        return leaves, treedef

    def _flatten_large(self, tree: Any) -> tuple[list[Any], Any]:
        _budget.left = 1 << 60
        self._refuse_cycles(tree, ())
        return self._flatten_finite(tree)

    def _flatten_finite(self, tree: Any) -> tuple[list[Any], Any]:
        leaves, treedef = self._tree.flatten(tree)
        while self._learn(leaves):
            leaves, treedef = self._tree.flatten(tree)
        return leaves, treedef

    def _refuse_cycles(self, node: Any, above: tuple[int, ...]) -> None:
        parts = self._tree.flatten_one_level(node)
        if parts is None:
            return
        if id(node) in above or len(above) > _DEEPEST:
            raise _bottomless()
        for child in parts[0]:
            self._refuse_cycles(child, (*above, id(node)))

    def unflatten(self, treedef: Any, leaves: Sequence[Any]) -> Any:
        """The containers of `treedef` around other leaves."""
        return treedef.unflatten(leaves)

    def paths(self, tree: Any) -> list[str]:
        """The Python path of each leaf, for messages: `[0]['w'].bias`."""
        self.flatten(tree)
        pairs, _ = self._tree.flatten_with_path(tree)
        return ["".join(map(str, path)) for path, _ in pairs]

    def keep_whole(self, cls: type[Any]) -> None:
        """Treat instances of this class as leaves."""
        self._known.add(cls)

    def _learn(self, leaves: Sequence[Any]) -> bool:
        """Register the containers among the leaves' classes; whether there were any."""
        new = {type(leaf) for leaf in leaves} - self._known
        records = [cls for cls in new if is_record(cls)]
        for cls in records:
            self._tree.register_node(cls, _record_parts, _record_build(cls), _record_keyed)
        dicts = [cls for cls in new if issubclass(cls, dict)]
        for cls in dicts:
            self._tree.register_node(cls, _subclass_parts, _subclass_build(cls), _subclass_keyed)
        self._known |= new
        return bool(records or dicts)


def is_record(cls: type[Any]) -> bool:
    """Whether instances are their attributes: dataclasses, and classes written in Python.

    Not so: classes with a `__new__` of their own, with `__slots__` (unless dataclasses), and
    subclasses of built-in types.
    """
    if issubclass(cls, _NEVER_RECORDS) or cls is bridge.JaxArray or bridge.is_tracer_type(cls):
        return False
    if dataclasses.is_dataclass(cls):
        return True
    slots = any(vars(base).get("__slots__") for base in cls.__mro__)
    own_new = any("__new__" in vars(base) for base in cls.__mro__[:-1])
    return cls.__dictoffset__ != 0 and not own_new and not slots


def _attributes(value: Any) -> tuple[str, ...]:
    """Names of the attributes that make up an object: a dataclass's fields, then all others."""
    fields = getattr(value, "__dataclass_fields__", {})
    own = getattr(value, "__dict__", {})
    return (*(n for n in fields if hasattr(value, n)), *(n for n in own if n not in fields))


def _record_parts(value: Any) -> Parts:
    _budget.left -= 1
    if _budget.left < 0:
        return (), ()
    names = _attributes(value)
    return [getattr(value, n) for n in names], names


def _record_keyed(value: Any) -> Parts:
    names = _attributes(value)
    return [(bridge.AttributeKey(n), getattr(value, n)) for n in names], names


def _record_build(cls: type[Any]) -> Callable[[tuple[str, ...], Iterable[Any]], Any]:
    def build(names: tuple[str, ...], children: Iterable[Any]) -> Any:
        value = object.__new__(cls)
        for name, child in zip(names, children, strict=True):
            object.__setattr__(value, name, child)
        return value

    return build


def _dict_parts(value: dict[Any, Any]) -> Parts:
    return tuple(value.values()), tuple(value)


def _dict_keyed(value: dict[Any, Any]) -> Parts:
    return [(bridge.ItemKey(k), v) for k, v in value.items()], tuple(value)


def _dict_build(keys: tuple[Any, ...], children: Iterable[Any]) -> dict[Any, Any]:
    return dict(zip(keys, children, strict=True))


def _ordered_build(keys: tuple[Any, ...], children: Iterable[Any]) -> OrderedDict[Any, Any]:
    return OrderedDict(zip(keys, children, strict=True))


def _default_parts(value: defaultdict[Any, Any]) -> Parts:
    return tuple(value.values()), (value.default_factory, tuple(value))


def _default_keyed(value: defaultdict[Any, Any]) -> Parts:
    return _dict_keyed(value)[0], (value.default_factory, tuple(value))


def _default_build(aux: tuple[Any, tuple[Any, ...]], children: Iterable[Any]) -> Any:
    factory, keys = aux
    return defaultdict(factory, zip(keys, children, strict=True))


def _subclass_parts(value: dict[Any, Any]) -> Parts:
    return tuple(value.values()), (getattr(value, "default_factory", None), tuple(value))


def _subclass_keyed(value: dict[Any, Any]) -> Parts:
    return _dict_keyed(value)[0], _subclass_parts(value)[1]


def _subclass_build(cls: type[Any]) -> Callable[[Any, Iterable[Any]], Any]:
    def build(aux: Any, children: Iterable[Any]) -> Any:
        return new_dict(cls, aux[0], zip(aux[1], children, strict=True))

    return build


def _deque_parts(value: deque[Any]) -> Parts:
    return tuple(value), value.maxlen


def _deque_keyed(value: deque[Any]) -> Parts:
    return [(bridge.ItemKey(i), v) for i, v in enumerate(value)], value.maxlen


def _deque_build(maxlen: int | None, children: Iterable[Any]) -> deque[Any]:
    return deque(children, maxlen)


registry: Final = Registry()
"""The registry of the process; classes are learned once."""

flatten: Final = registry.flatten
unflatten: Final = registry.unflatten
