"""Descriptions of arguments and results: what a specialisation is keyed on, and how leaves are laid
out.

A `Spec` is a tree; its leaves that are computed with (`ArraySpec`, `ScalarSpec`), in order, are the
parameters or results of the program. Everything else is known while compiling.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

import numpy as np

from anvil.errors import error
from anvil.ir.host_dicts import new_dict
from anvil.ir.types import I64, ArrayType, DType, array, dtype_of
from anvil.parser.state.inputs import refuse
from anvil.parser.state.values import is_number, is_py_number, known_key, number_dtype

Container: TypeAlias = "TupleSpec | ListSpec | DictSpec | ObjectSpec"
Counted: TypeAlias = "StackSpec | TrimmedSpec"
Spec: TypeAlias = (
    "ArraySpec | ScalarSpec | StaticSpec | Container | Counted | TableSpec | ChoiceSpec | TextSpec"
)
Take: TypeAlias = "Callable[[ArraySpec | ScalarSpec], Any]"


@dataclass(frozen=True, slots=True)
class ArraySpec:
    """An ndarray (or a jax array) of this type."""

    type: ArrayType


@dataclass(frozen=True, slots=True)
class KeySpec(ArraySpec):
    """Keys that the data decide: they are what they are in tangents, too."""


@dataclass(frozen=True, slots=True)
class ScalarSpec:
    """A number whose value is not known: of a Python type (`py`) or a NumPy scalar."""

    dtype: DType
    py: bool

    @property
    def type(self) -> ArrayType:
        """Its type as an array."""
        return array(self.dtype)


@dataclass(frozen=True, slots=True)
class LengthSpec(ScalarSpec):
    """How many elements of a list or an array count: the program says it."""


LENGTH = LengthSpec(I64, True)


@dataclass(frozen=True, slots=True)
class NumberSpec(ScalarSpec):
    """Which one of several unlike things a part is."""


NUMBER = NumberSpec(I64, True)


class StaticSpec:
    """An object known while compiling. Equal when a program cannot tell the objects apart."""

    __slots__ = ("_key", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self._key: Hashable = known_key(value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StaticSpec) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"StaticSpec({self.value!r})"


@dataclass(frozen=True, slots=True)
class TupleSpec:
    """A tuple; `cls` is the class of a namedtuple."""

    items: tuple[Spec, ...]
    cls: type | None = None


@dataclass(frozen=True, slots=True)
class ListSpec:
    """A list, or a deque of a greatest length."""

    items: tuple[Spec, ...]
    cls: type = list
    maxlen: int | None = None


@dataclass(frozen=True, slots=True)
class StackSpec:
    """A list of `n` like things in a result; the leaves hold those of all elements, stacked.

    `counted`: the data decide how many they are, `n` at most; the first leaf is their number.
    """

    n: int
    item: Spec
    counted: bool = False
    cls: type = list
    maxlen: int | None = None
    keys: bool = False

    @property
    def items(self) -> tuple[Spec, ...]:
        """The element."""
        return (self.item,)

    def stacked(self) -> Iterator[ArraySpec]:
        """The leaves of the elements, stacked."""
        for leaf in leaves(self.item):
            kept = self.keys or isinstance(leaf, LengthSpec | KeySpec)
            kind = KeySpec if kept else ArraySpec
            yield kind(array(leaf.type.dtype, (self.n, *leaf.type.shape)))

    def rebuild(self, take: Take) -> Any:
        """The list of elements whose leaves these are."""
        n = _counted(take(LENGTH)) if self.counted else self.n
        items = self._elements(n, [take(leaf) for leaf in self.stacked()])
        if self.cls is deque:
            return deque(items, self.maxlen)
        return items if self.cls is list else tuple(items)

    def _elements(self, n: int, arrays: list[Any]) -> list[Any]:
        if isinstance(self.item, ScalarSpec) and isinstance(arrays[0], np.ndarray):
            whole = arrays[0][:n]
            return whole.tolist() if self.item.py else list(whole)
        out = []
        for i in range(n):
            parts = iter([a[i] for a in arrays])
            out.append(rebuild(self.item, lambda leaf: _part(leaf, next(parts))))  # noqa: B023
        return out


@dataclass(frozen=True, slots=True)
class TrimmedSpec:
    """An array in a result of which the data decide how long it is along `axes`: the leaves are
    the lengths, and an array of the greatest lengths whose first elements count.
    """

    type: ArrayType
    axes: tuple[int, ...]

    @property
    def items(self) -> tuple[Spec, ...]:
        """The leaves."""
        return (*(LENGTH for _ in self.axes), ArraySpec(self.type))

    def rebuild(self, take: Take) -> Any:
        """The array, as long as it is."""
        lengths = {k: _counted(take(LENGTH)) for k in self.axes}
        value = take(ArraySpec(self.type))
        part = value[tuple(slice(lengths.get(k)) for k in range(self.type.ndim))]
        return part.copy() if isinstance(part, np.ndarray) and part.shape != value.shape else part


def _counted(length: Any) -> int:
    """The number of elements that count. While jax traces, it is not there."""
    try:
        return int(length)
    except TypeError:
        what = "the data decide how long the result is, and jax does not know it yet"
        raise error("value-needed", what) from None


def _part(leaf: ArraySpec | ScalarSpec, value: Any) -> Any:
    """The leaf of an element: a number, or an array of its own."""
    if isinstance(leaf, ArraySpec):
        return value.copy() if isinstance(value, np.ndarray) else value
    return value.item() if leaf.py and isinstance(value, np.generic) else value


@dataclass(frozen=True, slots=True)
class DictSpec:
    """A dict with these keys in this order; `factory` is that of a defaultdict."""

    keys: tuple[Any, ...]
    items: tuple[Spec, ...]
    cls: type = dict
    factory: Any = None

    def rebuild(self, items: list[Any]) -> dict[Any, Any]:
        """The dict with these values."""
        return new_dict(self.cls, self.factory, zip(self.keys, items, strict=True))


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A dict or set whose keys the data decide: the list of its keys and, for a dict, that of its
    values; `factory` is that of a defaultdict.
    """

    items: tuple[Spec, ...]
    cls: type
    factory: Any = None

    def rebuild(self, items: list[Any]) -> Any:
        """The dict or set of these keys (and values)."""
        if len(items) == 1:
            return self.cls(items[0])
        return new_dict(self.cls, self.factory, zip(*items, strict=True))


@dataclass(frozen=True, slots=True)
class ObjectSpec:
    """An instance of a Python class with these attributes."""

    cls: type
    names: tuple[str, ...]
    items: tuple[Spec, ...]


@dataclass(frozen=True, slots=True)
class ChoiceSpec:
    """One of several unlike results: the first item is its number, the others are the options.

    Where all options are numbers (`numeric`), the second item is the number converted to the type
    that all fit.
    """

    items: tuple[Spec, ...]
    numeric: bool


class Missing:
    """Stands in a text for a value that could not be had."""

    def __repr__(self) -> str:
        return "?"


@dataclass(frozen=True, slots=True)
class Piece:
    """A value inside a text: `{value!conversion:format}`. The text may do without an `optional`
    one: it reads `?` where the value cannot be had.
    """

    spec: Spec
    conversion: str = ""
    format: str = ""
    optional: bool = False

    def text(self, value: Any) -> str:
        """The value as Python formats it."""
        if isinstance(value, Missing):
            return str(value)
        convert: Any = {"s": str, "r": repr, "a": ascii}.get(self.conversion)
        return format(value if convert is None else convert(value), self.format)


@dataclass(frozen=True, slots=True)
class TextSpec:
    """A string with values in it, formatted on the host."""

    pieces: tuple[str | Piece, ...]

    @property
    def items(self) -> tuple[Spec, ...]:
        """The values."""
        return tuple(p.spec for p in self.pieces if isinstance(p, Piece))

    def text(self, take: Callable[[ArraySpec | ScalarSpec], Any]) -> str:
        """The string, its values taken in order."""

        def known(spec: ArraySpec | ScalarSpec) -> Any:
            value = take(spec)
            return value if isinstance(value, Missing) else host_leaf(spec, value)

        return "".join(
            p if isinstance(p, str) else p.text(rebuild(p.spec, known)) for p in self.pieces
        )


def host_leaf(spec: ArraySpec | ScalarSpec, value: Any) -> Any:
    """A computed leaf as the number or NumPy array that Python has there."""
    if isinstance(spec, ScalarSpec):
        number = np.asarray(value, spec.dtype.np)[()]
        return number.item() if spec.py else number
    return np.array(value)


def leaves(spec: Spec) -> Iterator[ArraySpec | ScalarSpec]:
    """The computed leaves, in order."""
    if isinstance(spec, ArraySpec | ScalarSpec):
        yield spec
    elif isinstance(spec, StackSpec):
        if spec.counted:
            yield LENGTH
        yield from spec.stacked()
    elif not isinstance(spec, StaticSpec):
        for item in spec.items:
            yield from leaves(item)


def in_texts(spec: Spec) -> Iterator[bool]:
    """For each computed leaf, whether it is a number inside a text, which has no derivative."""
    if isinstance(spec, ArraySpec | ScalarSpec | StackSpec | TextSpec):
        inside = isinstance(spec, TextSpec)
        yield from (inside for _ in leaves(spec))
    elif not isinstance(spec, StaticSpec):
        for item in spec.items:
            yield from in_texts(item)


def describe_argument(value: Any, found: list[Any] | None = None) -> Spec:
    """The spec of a Python object; its computed leaves are appended to `found`.

    bools, ints, floats, complex numbers, NumPy scalars and arrays are leaves (jax's arrays of shape
    () are NumPy scalars); strings, None, functions, types and so on are static; dataclasses and
    instances of plain Python classes are objects.
    """
    if isinstance(value, Enum) or (isinstance(value, int) and not -(2**63) <= value < 2**63):
        return StaticSpec(value)
    if is_number(value):
        refuse_number(value)
        _found(found, value)
        return ScalarSpec(number_dtype(value), is_py_number(value))
    if is_array(value):
        refuse(value)
        _found(found, value)
        dtype = dtype_of(value.dtype)
        if not value.shape and not isinstance(value, np.ndarray):
            return ScalarSpec(dtype, False)  # no program can write to jax's
        return ArraySpec(array(dtype, tuple(value.shape)))
    if isinstance(value, tuple):
        cls = type(value) if type(value) is not tuple else None
        return TupleSpec(tuple(describe_argument(v, found) for v in value), cls)
    if type(value) is list:
        return ListSpec(tuple(describe_argument(v, found) for v in value))
    if isinstance(value, dict):
        _refuse_dict(type(value))
        items = tuple(describe_argument(v, found) for v in value.values())
        return DictSpec(tuple(value), items, type(value), getattr(value, "default_factory", None))
    if type(value) is deque:
        return ListSpec(tuple(describe_argument(v, found) for v in value), deque, value.maxlen)
    refuse(value)
    if is_record(value):
        attrs = record_attributes(value)
        items = tuple(describe_argument(v, found) for v in attrs.values())
        return ObjectSpec(type(value), tuple(attrs), items)
    return StaticSpec(value)


_DICTS = frozenset(vars(dict)) - {"__init__", "__new__", "__doc__", "__repr__"}


def own_methods(cls: type) -> list[str]:
    """The methods of dict that a subclass defines of its own."""
    bases = [c for c in cls.__mro__ if c.__module__ not in ("builtins", "collections", "typing")]
    return [n for c in bases for n in vars(c) if n in _DICTS]


def _refuse_dict(cls: type) -> None:
    """Refuses subclasses of dict that change what a dict does."""
    for name in own_methods(cls):
        text = f"an argument is a {cls.__name__}, which defines `{name}` of its own"
        raise error("unsupported-value", text, hint="Pass `dict(...)` of it.")


def refuse_number(value: Any, what: str = "an argument") -> None:
    """Refuses numbers that compiled code cannot hold."""
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise error("overflow", f"{what} is the int {value}, which does not fit int64")
    refuse(value, what)


def _found(found: list[Any] | None, value: Any) -> None:
    if found is not None:
        found.append(value)


def host_number(value: Any) -> Any:
    """The number that an int or bool leaf is. TypeError for a placeholder of a jax transform."""
    if isinstance(value, bool):
        return value
    return int(value) if isinstance(value, int) else np.asarray(value)[()]


def host_value(value: Any) -> Any:
    """The number, or a copy of the array, that an int or bool leaf is."""
    return np.array(value) if getattr(value, "shape", ()) else host_number(value)


def static_key(value: Any) -> Hashable:
    """`known_key` of a leaf that programs depend on; for an array, its contents."""
    if getattr(value, "shape", ()):
        a = np.ascontiguousarray(value)
        return (a.dtype.str, a.shape, a.tobytes())
    return known_key(host_number(value) if getattr(value, "shape", None) == () else value)


def is_array(value: Any) -> bool:
    """Whether an object is an array of a dtype that anvil computes with (NumPy's or jax's)."""
    if not hasattr(value, "dtype") or not hasattr(value, "shape"):
        return False
    if not isinstance(value, np.ndarray) and not type(value).__module__.startswith("jax"):
        return False
    try:
        dtype_of(value.dtype)
    except (KeyError, TypeError):
        return False
    return True


def is_record(value: Any) -> bool:
    """Whether an object is a dataclass instance or an instance of a class written in Python with
    plain attributes.
    """
    cls = type(value)
    if isinstance(value, type | Enum) or (callable(value) and not _calls_python(cls)):
        return False
    if dataclasses.is_dataclass(cls):
        return True
    plain = cls.__init__ is object.__init__ or hasattr(cls.__init__, "__code__")
    own_new = any("__new__" in vars(base) for base in cls.__mro__[:-1])
    return plain and not own_new and cls.__module__ != "builtins" and _has_attributes(value)


def _has_attributes(value: Any) -> bool:
    """Whether an instance holds all of its attributes in its `__dict__`."""
    slots = any(vars(base).get("__slots__") for base in type(value).__mro__)
    return not slots and bool(getattr(value, "__dict__", None))


def _calls_python(cls: type) -> bool:
    """Whether instances are called through a method of the user's, as layers of networks are."""
    return hasattr(cls.__call__, "__code__") and cls.__module__.partition(".")[0] not in _HOUSES


_HOUSES = ("anvil", "jax", "jaxlib", "numpy", "scipy", "functools", "torch", "builtins")


def record_attributes(value: Any) -> dict[str, Any]:
    """The attributes of a record, dataclass fields first."""
    names = [f.name for f in dataclasses.fields(value)] if dataclasses.is_dataclass(value) else []
    attrs = {n: getattr(value, n) for n in names if hasattr(value, n)}
    attrs.update(getattr(value, "__dict__", {}))
    return attrs


def rebuild(spec: Spec, take: Take) -> Any:
    """The Python object of a spec; `take` gives the leaves, in order. Objects are built without
    `__init__`.
    """
    if isinstance(spec, ArraySpec | ScalarSpec):
        return take(spec)
    if isinstance(spec, StaticSpec):
        return set(spec.value) if type(spec.value) is set else spec.value
    if isinstance(spec, StackSpec | TrimmedSpec):
        return spec.rebuild(take)
    if isinstance(spec, TextSpec):
        return _text(spec, take)
    items = [rebuild(item, take) for item in spec.items]
    if isinstance(spec, TupleSpec):
        return tuple(items) if spec.cls is None else tuple.__new__(spec.cls, items)
    if isinstance(spec, ListSpec):
        return _listed(spec, items)
    if isinstance(spec, ChoiceSpec):
        return _chosen(items, spec.numeric)
    if isinstance(spec, DictSpec | TableSpec):
        return spec.rebuild(items)
    obj: Any = object.__new__(spec.cls)
    for name, item in zip(spec.names, items, strict=True):
        object.__setattr__(obj, name, item)
    return obj


def _listed(spec: ListSpec, items: list[Any]) -> Any:
    if issubclass(spec.cls, deque):
        return deque(items, spec.maxlen)
    if spec.cls is list:
        return items
    made: Any = list.__new__(spec.cls)
    list.extend(made, items)
    return made


def _text(spec: TextSpec, take: Callable[[ArraySpec | ScalarSpec], Any]) -> str:
    """The string. While jax traces, its numbers are not there."""
    try:
        return spec.text(take)
    except TypeError as problem:
        if "jax" not in type(problem).__module__:
            raise
        what = "the result is a text with numbers in it, which jax does not know yet"
        raise error("value-needed", what) from None


def _chosen(items: list[Any], numeric: bool) -> Any:
    """The option of a number. While jax traces, the number is not there: of several types of
    numbers, the common one is given then.
    """
    try:
        return items[1 + numeric + int(items[0])]
    except TypeError:
        if numeric:
            return items[1]
        raise error(
            "value-needed",
            "the result is one of several unlike things, and jax does not know yet which",
        ) from None
