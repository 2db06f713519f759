"""What a compiled function has read from outside: guards, and hidden inputs.

Each object read from a global, a closure cell or an attribute has an `Origin`, a Python expression
that reads it again. Numbers, strings, functions and the structure of containers are guarded: all
guards of a program become one compiled expression. Arrays, and floats inside containers, are inputs
of the program that its caller does not see.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from anvil.ir.types import ArrayType, DType
from anvil.parser.values import known_key

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
    """Collects origins and what was found there."""

    def __init__(self) -> None:
        self.env: dict[str, Any] = {
            "same": same,
            "array_is": array_is,
            "known_key": known_key,
        }
        self._bases: dict[int, str] = {}
        self._tests: dict[str, str] = {}
        self.hidden: dict[str, Hidden] = {}

    def __len__(self) -> int:
        return len(self._tests)

    @property
    def names(self) -> tuple[str, ...]:
        """The expressions that are guarded, for `explain`."""
        return tuple(self._tests)

    def base(self, obj: Any) -> str:
        """A name for an object in the guards' expressions."""
        found = self._bases.get(id(obj))
        if found is None:
            found = self._bases[id(obj)] = f"_{len(self.env)}"
            self.env[found] = obj
        return found

    def global_(self, scope: dict[str, Any], name: str) -> Origin:
        """The origin of a module global (or builtin)."""
        return Origin(f"{self.base(scope)}[{name!r}]", name)

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
        name = self.base(value)
        test = f"{origin.text} is {name}"
        if isinstance(value, int | float | complex | str | bytes | np.generic):
            test = f"({test} or same({origin.text}, {name}))"
        elif isinstance(value, CONTAINERS):
            key = known_key(value)
            test += f" and known_key({name}) == {self.base(key)}"
        self._tests[origin.text] = test

    def structure(self, origin: Origin, value: Any) -> None:
        """Guards the class and the length or keys of a container."""
        cls = self.base(type(value))
        test = f"type({origin.text}) is {cls}"
        if isinstance(value, dict):
            test += f" and list({origin.text}) == {self.base(list(value))}"
        else:
            test += f" and len({origin.text}) == {len(value)}"
        self._tests[origin.text + " structure"] = test

    def array(self, origin: Origin, type_: ArrayType, host: str) -> Hidden:
        """Makes what is at `origin` a hidden input of this type."""
        found = self.hidden.get(origin.text)
        if found is None:
            get = eval(f"lambda: {origin.text}", self.env)
            found = self.hidden[origin.text] = Hidden(origin, type_, host, get)
            dtype, shape = self.base(type_.dtype), self.base(type_.shape)
            test = f"array_is({origin.text}, {dtype}, {shape}, {host!r})"
            self._tests[origin.text] = test
        return found

    def compile(self) -> Callable[[], bool]:
        """A function that says whether everything read is still as it was."""
        if not self._tests:
            return _always
        test: Callable[[], bool] = eval("lambda: " + " and ".join(self._tests.values()), self.env)

        def holds() -> bool:
            try:
                return test()
            except (LookupError, AttributeError, ValueError, NameError):
                return False

        return holds


def _always() -> bool:
    return True


def same(a: Any, b: Any) -> bool:
    """Whether two numbers or strings cannot be told apart."""
    return type(a) is type(b) and known_key(a) == known_key(b)


def array_is(a: Any, dtype: DType, shape: tuple[int, ...], host: str) -> bool:
    """Whether a captured array still has its dtype, shape and kind."""
    if host == "py":
        return type(a) is float or type(a) is complex
    return bool(
        a.shape == shape and a.dtype == dtype.np and isinstance(a, np.generic) == (host == "np")
    )
