"""What a compiled function has read from outside: guards, and hidden inputs.

Each object read from a global, a closure cell or an attribute has an `Origin`, a Python expression
that reads it again. Numbers, strings, functions and the structure of containers are guarded: all
guards of a program become one compiled expression. Arrays, and floats inside containers, are inputs
of the program that its caller does not see.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import FunctionType, MethodType, SimpleNamespace
from typing import Any

import numpy as np

from anvil.ir.types import ArrayType, DType
from anvil.parser.state.values import known_key

CONTAINERS = (set, list, dict, deque, bytearray, SimpleNamespace)
"""Host containers that are known while compiling: their contents are guarded."""

_IDENTICAL = (bool, str, int, type(None))


@dataclass(frozen=True, slots=True)
class Origin:
    """A Python expression over the names of `Guards.env` that reads an object; `name` is what the
    user calls it.
    """

    text: str
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Hidden:
    """An array (or float) that the program reads from outside: fed by the caller at every call.

    `host`: "array", "np" or "py", as for arguments.
    """

    origin: Origin
    type: ArrayType
    host: str
    get: Callable[[], Any]


class Guards:
    """Collects origins and what was found there.

    `root` is the function that is compiled. Expressions name it `root`, so that they can be read
    for another one made by the same code (see `bind`).
    """

    def __init__(self, root: Any = None) -> None:
        self.env: dict[str, Any] = {
            "same": same,
            "array_is": array_is,
            "array_holds": array_holds,
            "known_key": known_key,
        }
        self.root = root
        self._bases: dict[int, str] = {id(root): "root"}
        self._kept: list[Any] = []
        self._tests: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self.hidden: dict[str, Hidden] = {}

    def __len__(self) -> int:
        return len(self._tests)

    @property
    def names(self) -> tuple[str, ...]:
        """What is guarded, as the user calls it, for `explain`."""
        return tuple(dict.fromkeys(self._names.values()))

    def base(self, obj: Any) -> str:
        """A name for an object in the guards' expressions."""
        found = self._bases.get(id(obj))
        if found is None:
            found = self._bases[id(obj)] = f"_{len(self.env)}"
            self.env[found] = obj
        return found

    def _place(self, obj: Any, text: str) -> None:
        """From now on an object is what the expression `text` gives. If it has been read through
        another one, both must go on giving one object.
        """
        known = self._bases.setdefault(id(obj), text)
        self._kept.append(obj)
        if known != text:
            self._test(f"{text} is {known}", f"{text} is {known}", "functions")

    def _test(self, key: str, test: str, name: str) -> None:
        self._tests.setdefault(key, test)
        self._names.setdefault(key, name)

    def global_(self, scope: dict[str, Any], name: str) -> Origin:
        """The origin of a module global."""
        return Origin(f"{self.base(scope)}[{name!r}]", name)

    def builtin(self, scope: dict[str, Any], name: str, value: Any) -> Origin:
        """The origin of a builtin that no global of that name hides."""
        return Origin(f"{self.base(scope)}.get({name!r}, {self.base(value)})", name)

    def cell(self, cell: Any, name: str) -> Origin:
        """The origin of a closure variable of a host function."""
        return Origin(f"{self.base(cell)}.cell_contents", name)

    def object(self, obj: Any) -> Origin:
        """The origin of an object that is itself fixed (a class)."""
        return Origin(self.base(obj), getattr(obj, "__name__", "object"))

    def attribute(self, origin: Origin, name: str) -> Origin:
        """The origin of an attribute."""
        return Origin(f"{origin.text}.{name}", f"{origin.name}.{name}")

    def item(self, origin: Origin, key: Any) -> Origin:
        """The origin of an element of a container."""
        text = repr(key) if type(key) in (int, str) else self.base(key)
        return Origin(f"{origin.text}[{text}]", f"{origin.name}[{key!r}]")

    def value(self, origin: Origin, value: Any) -> None:
        """Guards that the object found at `origin` is still this one (numbers and strings: an equal
        one).
        """
        if origin.text in self._tests:
            return
        if isinstance(value, FunctionType):
            self.function(origin, value)
            return
        if isinstance(value, partial):
            self.partial(origin, value)
            return
        name = self.base(value)
        test = f"{origin.text} is {name}"
        if isinstance(value, int | float | complex | str | bytes | np.generic):
            test = f"({test} or same({origin.text}, {name}))"
        elif isinstance(value, MethodType):
            fn, obj = self.base(value.__func__), self.base(value.__self__)
            test = f"{origin.text}.__func__ is {fn} and {origin.text}.__self__ is {obj}"
        elif isinstance(value, CONTAINERS):
            key = known_key(value)
            test += f" and known_key({name}) == {self.base(key)}"
        self._test(origin.text, test, origin.name)

    def function(self, origin: Origin, fn: FunctionType) -> None:
        """Guards the function found at `origin`.

        One made inside another function may be made again by the same code: its captured variables
        and defaults are read, and guarded, where they are then.
        """
        text, code = origin.text, self.base(fn.__code__)
        if _ROOT.fullmatch(text):
            self.rooted(fn, text)  # its code is compared by the caller
        elif remade(fn):
            scope = self.base(fn.__globals__)
            test = f"{text}.__code__ is {code} and {text}.__globals__ is {scope}"
            self._test(text, test, origin.name)
            self.rooted(fn, text)
        else:
            name = self.base(fn)
            self._test(text, f"{text} is {name} and {name}.__code__ is {code}", origin.name)

    def partial(self, origin: Origin, value: partial[Any]) -> None:
        """Guards how many arguments a partial holds and their names; each is guarded where it is
        read.
        """
        text, names = origin.text, self.base(list(value.keywords))
        test = f"type({text}) is {self.base(partial)} and len({text}.args) == {len(value.args)}"
        test += f" and list({text}.keywords) == {names}"
        self._test(text, test, origin.name)

    def rooted(self, fn: Any, text: str) -> None:
        """A function's cells and defaults are found through the expression `text`."""
        self._place(fn, text)
        for i, cell in enumerate(fn.__closure__ or ()):
            self._place(cell, f"{text}.__closure__[{i}]")

    def identity(self, origin: Origin, value: Any) -> None:
        """Guards that `origin` still gives this very object."""
        key = f"{origin.text} identity"
        self._test(key, f"{origin.text} is {self._fixed(value)}", origin.name)

    def _fixed(self, value: Any) -> str:
        """A name for an object itself, wherever it was found."""
        name = f"_{len(self.env)}"
        self.env[name] = value
        return name

    def member(self, cls: type, name: str, static: Any) -> None:
        """Guards that a class has this function (or property) under a name."""
        if not name.isidentifier() or not isinstance(static, _MEMBERS):
            return
        text = f"{self.base(cls)}.{name}"
        shown = f"{cls.__name__}.{name}"
        if isinstance(static, classmethod):
            text += ".__func__"
        found = static if isinstance(static, property | FunctionType) else static.__func__
        test = f"{text} is {self.base(found)}"
        inner = found.fget if isinstance(found, property) else found
        if isinstance(inner, FunctionType):
            test += f" and {self.base(inner)}.__code__ is {self.base(inner.__code__)}"
        self._test(text, test, shown)

    def unshadowed(self, origin: Origin, name: str) -> None:
        """Guards that an object has no attribute of its own that hides one of its class."""
        key = f"{origin.text}.{name} of the class"
        self._test(key, f"{name!r} not in {origin.text}.__dict__", f"{origin.name}.{name}")

    def has(self, origin: Origin, name: str, value: bool) -> None:
        """Guards whether an object has an attribute."""
        test = f"hasattr({origin.text}, {name!r}) is {value}"
        self._test(f"hasattr({origin.text}, {name!r})", test, f"{origin.name}.{name}")

    def answers(self, cls: type, name: str, value: list[Any]) -> None:
        """Guards what a method of a class itself gives."""
        text = f"{self.base(cls)}.{name}()"
        self._test(text, f"{text} == {self.base(value)}", f"{cls.__name__}.{name}()")

    def structure(self, origin: Origin, value: Any) -> None:
        """Guards the class and the length or keys of a container."""
        cls = self.base(type(value))
        test = f"type({origin.text}) is {cls}"
        if isinstance(value, dict):
            test += f" and list({origin.text}) == {self.base(list(value))}"
            if isinstance(value, defaultdict):
                test += f" and {origin.text}.default_factory is {self.base(value.default_factory)}"
        else:
            test += f" and len({origin.text}) == {len(value)}"
        self._test(origin.text + " structure", test, origin.name)

    def array(self, origin: Origin, type_: ArrayType, host: str) -> Hidden:
        """Makes what is at `origin` a hidden input of this type."""
        found = self.hidden.get(origin.text)
        if found is None:
            get = eval(f"lambda root: lambda: {origin.text}", self.env)(self.root)
            found = self.hidden[origin.text] = Hidden(origin, type_, host, get)
            dtype, shape = self.base(type_.dtype), self.base(type_.shape)
            test = f"array_is({origin.text}, {dtype}, {shape}, {host!r})"
            self._test(origin.text, test, origin.name)
        return found

    def contents(self, origin: Origin, data: np.ndarray[Any, Any]) -> None:
        """Guards that an array found at `origin` holds this."""
        test = f"array_holds({origin.text}, {self._fixed(data)})"
        self._test(origin.text, test, origin.name)

    def compile(self, hidden: Sequence[Hidden]) -> Guarded:
        """The guards, and the reads of the hidden inputs, for any function made by the same
        code.
        """
        tests = " and ".join(self._tests.values()) or "True"
        reads = "".join(f"lambda: {h.origin.text}, " for h in hidden)
        make = eval(f"lambda root: (lambda: {tests}, ({reads}))", self.env)
        return Guarded(make, self, bool(self._tests))

    def changed(self, root: Any) -> list[str]:
        """The names of what is not as it was."""
        tests = {
            key: eval(f"lambda root: lambda: {test}", self.env)(root)
            for key, test in self._tests.items()
        }
        found = [self._names[key] for key, test in tests.items() if not _holds(test)()]
        return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True, eq=False)
class Guarded:
    """What a compiled program has read from outside, in a form that any function made by the same
    code can be put into.
    """

    make: Callable[[Any], tuple[Callable[[], bool], tuple[Callable[[], Any], ...]]]
    guards: Guards
    tests: bool

    def bind(self, root: Any) -> tuple[Callable[[], bool], tuple[Callable[[], Any], ...]]:
        """Whether everything read is as it was, and the hidden inputs, for this function."""
        test, reads = self.make(root)
        return (_holds(test) if self.tests else _always), reads


def remade(fn: FunctionType) -> bool:
    """Whether a function is one of many that the same code makes: a lambda, or a nested `def`."""
    return fn.__name__ == "<lambda>" or "<locals>" in fn.__code__.co_qualname


_ROOT = re.compile(r"root(\.__wrapped__)*")
_MEMBERS = (FunctionType, property, staticmethod, classmethod)


def _holds(test: Callable[[], bool]) -> Callable[[], bool]:
    def holds() -> bool:
        try:
            return test()
        except (LookupError, AttributeError, ValueError, NameError, TypeError):
            return False

    return holds


def _always() -> bool:
    return True


def same(a: Any, b: Any) -> bool:
    """Whether two numbers or strings cannot be told apart."""
    return type(a) is type(b) and known_key(a) == known_key(b)


def array_holds(a: Any, data: np.ndarray[Any, Any]) -> bool:
    """Whether a captured array still holds what it held."""
    return isinstance(a, np.ndarray) and a.dtype == data.dtype and np.array_equal(a, data)


def array_is(a: Any, dtype: DType, shape: tuple[int, ...], host: str) -> bool:
    """Whether a captured array still has its dtype, shape and kind."""
    if host == "py":
        return type(a) is float or type(a) is complex
    return bool(
        a.shape == shape and a.dtype == dtype.np and isinstance(a, np.generic) == (host == "np")
    )
