"""Abstract values: what a Python object is known to be while a function is being compiled.

    Known       a Python object known while compiling: number, string, None, dtype, module,
                function, slice ...
    Scalar      a number that the program computes: of a Python type (weak promotion, exceptions) or
                a NumPy scalar
    NDArray     an ndarray: a box of the store and the path of views that leads from the box to it
    TupleV ...  containers; lists, dicts, objects are boxes, so that aliases see each other's writes
    Closure ... things that can be called

Values are immutable. Each one opens into a hashable tag and its parts (other values, IR atoms, box
numbers as ints) and closes again around other parts of the same kind, so that traversals
(signatures, renaming, joins) are written once.
"""

from __future__ import annotations

import ast
import math
import re
import types
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from anvil.ir.families import type_at
from anvil.ir.loc import AnyLoc
from anvil.ir.records import Atom, Const, Value
from anvil.ir.types import BOOL, C128, F64, I64, ArrayType, DType, dtype_of

if TYPE_CHECKING:
    from anvil.ir.loc import AnyLoc
    from anvil.parser.source.functions import FunctionInfo
    from anvil.parser.state.guards import Origin
    from anvil.parser.state.views import Step

Part: TypeAlias = "Abstract | Value | Const | int"
Parts: TypeAlias = tuple[Part, ...]


class Abstract:
    """Base of abstract values."""

    __slots__ = ()

    def open(self) -> tuple[Hashable, Parts]:
        """What is the same for all values of this kind and structure, and the parts that may
        differ.
        """
        raise NotImplementedError

    def close(self, parts: Parts) -> Abstract:
        """The value of the same tag around other parts."""
        raise NotImplementedError

    def describe(self) -> str:
        """What it is, for messages: `f64[3] array`, `a list`."""
        raise NotImplementedError


@dataclass(slots=True, eq=False)
class Known(Abstract):
    """A Python object known while compiling. `origin` says from where in the host program it was
    read, if it was.
    """

    value: Any
    origin: Origin | None = None

    def open(self) -> tuple[Hashable, Parts]:
        return ("known", known_key(self.value)), ()

    def close(self, parts: Parts) -> Abstract:
        return self

    def describe(self) -> str:
        v = self.value
        if isinstance(v, types.ModuleType):
            return f"the module {v.__name__}"
        if callable(v) and hasattr(v, "__name__"):
            return qualified(v)
        if isinstance(v, np.ndarray):
            return f"a NumPy array of dtype {v.dtype}"
        text = repr(v)
        kind = type(v)
        return (
            text if len(text) < 60 and " at 0x" not in text else f"{article(kind.__name__)} object"
        )


@dataclass(slots=True, eq=False)
class Scalar(Abstract):
    """A number of shape (). `py`: a Python bool, int, float or complex; else a NumPy scalar."""

    atom: Atom
    py: bool

    @property
    def type(self) -> ArrayType:
        """The type of the atom."""
        return type_at(self.atom)

    @property
    def dtype(self) -> DType:
        """The dtype of the atom."""
        return type_at(self.atom).dtype

    def open(self) -> tuple[Hashable, Parts]:
        return ("scalar", self.py), (self.atom,)

    def close(self, parts: Parts) -> Abstract:
        return scalar(parts[0], self.py)  # type: ignore[arg-type]

    def describe(self) -> str:
        return PY_NAMES[self.dtype.kind] if self.py else f"{article(self.dtype.np.name)} scalar"


PY_NAMES = {"b": "a bool", "i": "an int", "u": "an int", "f": "a float", "c": "a complex number"}
PY_DTYPES: dict[type, DType] = {bool: BOOL, int: I64, float: F64, complex: C128}


@dataclass(slots=True, eq=False)
class NDArray(Abstract):
    """An ndarray: the array held by `box`, seen through the views `path`. `type` is that of the
    view.
    """

    box: int
    path: tuple[Step, ...]
    type: ArrayType

    def open(self) -> tuple[Hashable, Parts]:
        if not self.path:
            return ("ndarray", self.type, ()), (self.box,)
        tags = tuple(s.tag for s in self.path)
        atoms = tuple(a for s in self.path for a in s.atoms)
        return ("ndarray", self.type, tags), (self.box, *atoms)

    def close(self, parts: Parts) -> Abstract:
        box: int = parts[0]  # type: ignore[assignment]
        if not self.path:
            return NDArray(box, (), self.type)
        path, at = [], 1
        for s in self.path:
            n = len(s.atoms)
            path.append(s.with_atoms(parts[at : at + n]) if n else s)
            at += n
        return NDArray(box, tuple(path), self.type)

    @property
    def writable(self) -> bool:
        """Whether no step on the way is a read-only view."""
        return all(getattr(step, "writable", True) for step in self.path)

    def describe(self) -> str:
        return f"{article(str(self.type))} array"


@dataclass(slots=True, eq=False)
class TupleV(Abstract):
    """A tuple; `cls` is the class of a namedtuple."""

    items: tuple[Abstract, ...]
    cls: type | None = None

    def open(self) -> tuple[Hashable, Parts]:
        return ("tuple", self.cls, len(self.items)), self.items

    def close(self, parts: Parts) -> Abstract:
        return TupleV(parts, self.cls)  # type: ignore[arg-type]

    def describe(self) -> str:
        return f"a tuple of {len(self.items)}" if self.cls is None else article(self.cls.__name__)


@dataclass(slots=True, eq=False)
class ListV(Abstract):
    """A list: a box with a `ListBox`."""

    box: int

    def open(self) -> tuple[Hashable, Parts]:
        return "list", (self.box,)

    @property
    def cls(self) -> type:
        """The class that the program sees."""
        return list

    def close(self, parts: Parts) -> Abstract:
        return ListV(parts[0])  # type: ignore[arg-type]

    def describe(self) -> str:
        return "a list"


@dataclass(slots=True, eq=False)
class DictV(Abstract):
    """A dict: a box with a `DictBox` or, if the data decide its keys, a `TableBox`. `cls` is dict
    or a subclass; `factory` makes the values that a defaultdict lacks; `made` is where the program
    makes it.
    """

    box: int
    cls: type = dict
    factory: Abstract | None = None
    made: AnyLoc | None = None

    def open(self) -> tuple[Hashable, Parts]:
        own = () if self.factory is None else (self.factory,)
        return ("dict", self.cls, len(own)), (self.box, *own)

    def close(self, parts: Parts) -> Abstract:
        factory = parts[1] if len(parts) > 1 else None
        return DictV(parts[0], self.cls, factory, self.made)  # type: ignore[arg-type]

    def describe(self) -> str:
        return article(self.cls.__name__)


@dataclass(slots=True, eq=False)
class ObjectV(Abstract):
    """An instance of a Python class: a box with an `ObjectBox` of its attributes."""

    box: int
    cls: type

    def open(self) -> tuple[Hashable, Parts]:
        return ("object", self.cls), (self.box,)

    def close(self, parts: Parts) -> Abstract:
        return ObjectV(parts[0], self.cls)  # type: ignore[arg-type]

    def describe(self) -> str:
        return f"{article(self.cls.__name__)} object"


@dataclass(slots=True, eq=False)
class SliceV(Abstract):
    """A slice object with parts that may not be known."""

    start: Abstract
    stop: Abstract
    step: Abstract

    def open(self) -> tuple[Hashable, Parts]:
        return "slice", (self.start, self.stop, self.step)

    def close(self, parts: Parts) -> Abstract:
        return SliceV(*parts)  # type: ignore[arg-type]

    def describe(self) -> str:
        return "a slice"


@dataclass(slots=True, eq=False)
class RangeV(Abstract):
    """A range whose bounds are not all known."""

    start: Abstract
    stop: Abstract
    step: Abstract

    def open(self) -> tuple[Hashable, Parts]:
        return "range", (self.start, self.stop, self.step)

    def close(self, parts: Parts) -> Abstract:
        return RangeV(*parts)  # type: ignore[arg-type]

    def describe(self) -> str:
        return "a range"


@dataclass(slots=True, eq=False)
class Lazy(Abstract):
    """An iterator (`enumerate`, `zip`, a generator expression ...) or a view of a dict.

    `box` holds how far an iterator has been used; it is 0 for views, which start anew each time.
    """

    kind: str
    items: tuple[Abstract, ...]
    box: int = 0

    def open(self) -> tuple[Hashable, Parts]:
        own = (self.box,) if self.box else ()
        return ("lazy", self.kind, len(self.items)), (*own, *self.items)

    def close(self, parts: Parts) -> Abstract:
        if not self.box:
            return Lazy(self.kind, parts)  # type: ignore[arg-type]
        return Lazy(self.kind, parts[1:], parts[0])  # type: ignore[arg-type]

    def describe(self) -> str:
        return f"{self.kind}(...)"


@dataclass(slots=True, eq=False)
class Closure(Abstract):
    """A function made while compiling: its code, the boxes of its free variables, its default
    values. `attrs` is the box of its attributes, 0 for a function that is given none.
    """

    info: FunctionInfo
    cells: tuple[int, ...]
    defaults: tuple[Abstract, ...] = ()
    kw_defaults: tuple[Abstract, ...] = ()
    attrs: int = 0

    def open(self) -> tuple[Hashable, Parts]:
        own = (self.attrs,) if self.attrs else ()
        n = len(self.cells), len(self.defaults), len(own)
        return ("closure", self.info, n), (*own, *self.cells, *self.defaults, *self.kw_defaults)

    def close(self, parts: Parts) -> Abstract:
        own = 1 if self.attrs else 0
        c = own + len(self.cells)
        d = c + len(self.defaults)
        attrs: Any = parts[0] if own else 0
        return Closure(self.info, parts[own:c], parts[c:d], parts[d:], attrs)  # type: ignore[arg-type]

    def describe(self) -> str:
        return "a lambda" if self.info.name == "lambda" else f"the function {self.info.name}"


@dataclass(slots=True, eq=False)
class Bound(Abstract):
    """A callable with its first arguments bound: a method with its object, `functools.partial`, a
    transformed function.

    `kind` says which ("method", "array method", "partial", or a transform); `static` is hashable
    and known.
    """

    kind: str
    fn: Abstract
    args: tuple[Abstract, ...]
    static: Hashable = None

    def open(self) -> tuple[Hashable, Parts]:
        return ("bound", self.kind, self.static, len(self.args)), (self.fn, *self.args)

    def close(self, parts: Parts) -> Abstract:
        return Bound(self.kind, parts[0], parts[1:], self.static)  # type: ignore[arg-type]

    def describe(self) -> str:
        if self.kind in ("wrapper", "cached"):
            return self.args[0].describe()
        if self.kind in ("method", "partial", "array method", "container method"):
            return self.fn.describe()
        return f"{self.kind}({self.fn.describe()})"


@dataclass(slots=True, eq=False)
class Undefined(Abstract):
    """A variable that has no value on the path that leads here."""

    def open(self) -> tuple[Hashable, Parts]:
        return "undefined", ()

    def close(self, parts: Parts) -> Abstract:
        return self

    def describe(self) -> str:
        return "undefined"


UNDEFINED = Undefined()


@dataclass(slots=True, eq=False)
class CellRef(Abstract):
    """In the table of local variables: the variable lives in a box, because inner functions share
    it.
    """

    box: int

    def open(self) -> tuple[Hashable, Parts]:
        return "cell", (self.box,)

    def close(self, parts: Parts) -> Abstract:
        return CellRef(parts[0])  # type: ignore[arg-type]

    def describe(self) -> str:
        return "a shared variable"


@dataclass(slots=True, eq=False)
class Partial(Abstract):
    """A variable that has a value on some paths: reading it checks `defined`, a scalar bool."""

    value: Abstract
    defined: Atom

    def open(self) -> tuple[Hashable, Parts]:
        return "partial", (self.value, self.defined)

    def close(self, parts: Parts) -> Abstract:
        value, defined = parts
        if isinstance(defined, Const):
            return value if defined.value else UNDEFINED  # type: ignore[return-value]
        return Partial(value, defined)  # type: ignore[arg-type]

    def describe(self) -> str:
        return self.value.describe()


@dataclass(slots=True, eq=False)
class Conflict(Abstract):
    """Values of two paths that have no common form; reading it is refused, unless `pred`, which
    decides between the paths, can be known. `grows`: an array that a loop makes longer or shorter.
    """

    first: str
    second: str
    first_loc: AnyLoc | None = None
    second_loc: AnyLoc | None = None
    loop: ast.AST | None = None
    pred: Atom | None = None
    grows: bool = False

    def open(self) -> tuple[Hashable, Parts]:
        return "conflict", ()

    def close(self, parts: Parts) -> Abstract:
        return self

    def describe(self) -> str:
        return f"{self.first} or {self.second}"


@dataclass(slots=True, eq=False)
class Choice(Abstract):
    """One of several unlike values (a function or another one, None or an array): the paths that
    led here have different ones. `which`, an i64 scalar, numbers the one that it is.
    """

    which: Atom
    options: tuple[Abstract, ...]

    def open(self) -> tuple[Hashable, Parts]:
        return ("choice", len(self.options)), (self.which, *self.options)

    def close(self, parts: Parts) -> Abstract:
        which, options = parts[0], parts[1:]
        if isinstance(which, Const):
            return options[int(which.value)]  # type: ignore[return-value, arg-type]
        return Choice(which, options)  # type: ignore[arg-type]

    def decided(self, which: Atom) -> Abstract:
        """What it is if `which` is the number."""
        return self.close((which, *self.options))

    def describe(self) -> str:
        return " or ".join(dict.fromkeys(v.describe() for v in self.options))


NONE = Known(None)
TRUE = Known(True)
FALSE = Known(False)

_PLAIN_NUMBERS = (bool, int, float, complex)


def scalar(atom: Atom, py: bool) -> Abstract:
    """The scalar of an atom; known if the atom is a constant."""
    if type(atom) is Const:
        return Known(atom.value if py else atom.type.dtype.np.type(atom.value))
    return Scalar(atom, py)


def is_number(value: Any) -> bool:
    """Whether a Python object is a number that programs compute with (Python's or NumPy's)."""
    if isinstance(value, _PLAIN_NUMBERS):
        return True
    return isinstance(value, np.generic) and value.dtype.kind in "biufc"


_DTYPE_TEXT = re.compile(r"[fi]\d+(\[|$)")


def article(noun: str) -> str:
    """`an f64[3]`, `an int64`, `a bool[2]`."""
    return f"an {noun}" if noun[0] in "aeioAEIO" or _DTYPE_TEXT.match(noun) else f"a {noun}"


def qualified(v: Any) -> str:
    """The name of a callable, with its package for library functions: `np.linalg.svd`."""
    name: str = v.__name__
    owner = getattr(v, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"np.{owner.__name__}.{name}"
    if owner is not None and not isinstance(owner, types.ModuleType | type):
        return f"{type(owner).__name__}.{name}"
    module = getattr(v, "__module__", None) or "builtins"
    host = isinstance(v, types.BuiltinFunctionType) and module != "builtins"
    if not host and module.split(".")[0] not in ("numpy", "math", "scipy"):
        return name
    return f"{module}.{name}".replace("numpy", "np", 1)


def known_number(v: Abstract) -> bool:
    """Whether `v` is a number known while compiling."""
    return type(v) is Known and is_number(v.value)


def number_dtype(value: Any) -> DType:
    """The dtype of a number; KeyError for the few that anvil lacks (longdouble)."""
    found = PY_DTYPES.get(type(value))
    if found is not None:
        return found
    if isinstance(value, np.generic):
        return dtype_of(value.dtype)
    return next(d for t, d in PY_DTYPES.items() if isinstance(value, t))


def is_py_number(value: Any) -> bool:
    """Whether a number is of a Python type (np.float64 and np.complex128 are not, though they
    derive from one).
    """
    return not isinstance(value, np.generic)


def known_key(value: Any) -> Hashable:
    """What two known objects have in common exactly if a program cannot tell them apart."""
    kind = type(value)
    if kind is float:
        return (kind, "nan" if value != value else (value, math.copysign(1.0, value)))
    if kind is tuple:
        return (kind, tuple(map(known_key, value)))
    if isinstance(value, np.generic):
        return (kind, value.tobytes())
    if isinstance(value, complex):
        return (kind, known_key(value.real), known_key(value.imag))
    if kind in (int, bool, str, bytes, type(None), type(Ellipsis)):
        return (kind, value)
    if kind is slice:
        return (kind, known_key(value.start), known_key(value.stop), known_key(value.step))
    if kind is range:
        return (kind, value.start, value.stop, value.step)
    if isinstance(value, np.dtype):
        return (np.dtype, value.str)
    return _contents_key(value)


def _contents_key(value: Any) -> Hashable:
    """The key of a container by its contents, of other objects by identity."""
    kind = type(value)
    if isinstance(value, set | frozenset):
        return (kind, frozenset(map(known_key, value)))
    if isinstance(value, list | deque | bytearray):
        return (kind, tuple(map(known_key, value)))
    if isinstance(value, dict):
        return (kind, tuple((known_key(k), known_key(v)) for k, v in value.items()))
    if kind is types.SimpleNamespace:
        return (kind, known_key(vars(value)))
    return Identity(value)


class Identity:
    """Equal to another exactly if both hold the same object, which is kept alive."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)
