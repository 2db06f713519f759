"""Functions of the host program that compiled programs call (the op `host_call`).

A program names such a function by a `HostName`: a string, as far as programs and their texts are
concerned, that keeps the function alive for as long as a program mentions it. A name that was read
from a text finds the function only while something else keeps it.

What a function raises travels as a `HostError` where Python code is in between, and *parked* under
a number where compiled code is: the number is in the message of the error that comes out.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any, Final
from weakref import WeakValueDictionary

from anvil.errors import error
from anvil.ir.types import ArrayType

Run = Callable[[Sequence[Any]], Sequence[Any]]
"""From one array per operand, not to be written to, to one array per result."""

Derive = Callable[[int], "tuple[HostName, tuple[ArrayType, ...]]"]

_numbers = itertools.count(1)
_functions: WeakValueDictionary[str, HostFunction] = WeakValueDictionary()
_MOST: Final = 256
"""Exceptions that are remembered, the oldest forgotten first."""


class HostFunction:
    """A function as programs call it; exceptions of the classes `catches` are results.

    `derive(w)` is the function of the derivatives with respect to operand `w`: for each inexact
    result one of its shape, then that of the operand, with their types. None: there is none.
    """

    __slots__ = ("__weakref__", "catches", "derive", "name", "run")

    def __init__(
        self,
        name: str,
        run: Run,
        catches: Sequence[type[BaseException]] = (),
        derive: Derive | None = None,
        number: bool = True,
    ) -> None:
        self.name = f"{name}#{next(_numbers)}" if number else name
        self.run, self.derive = run, derive
        self.catches = tuple(catches)
        _functions[self.name] = self

    def code(self, problem: BaseException) -> int:
        """Which of `catches` an exception is of, from 1: the most special class; 0 for none, -1 if
        there are several.
        """
        found = [c for c in self.catches if isinstance(problem, c)]
        special = [c for c in found if not any(d is not c and issubclass(d, c) for d in found)]
        if len(special) > 1:
            return -1
        return self.catches.index(special[0]) + 1 if special else 0


class HostName(str):
    """The name of a host function in a program."""

    __slots__ = ("function",)
    function: HostFunction

    def __new__(cls, function: HostFunction) -> HostName:
        made = super().__new__(cls, function.name)
        made.function = function
        return made

    def __getnewargs__(self) -> Any:
        raise TypeError(f"{self} is a function of this process, which cannot be pickled")


def function_named(name: str) -> HostFunction:
    """The function that a program calls by this name. Raises AnvilError if it is gone."""
    found = name.function if isinstance(name, HostName) else _functions.get(name)
    if found is None:
        what = f"there is no host function {name!r} in this process"
        hint = "A program that calls `anvil.extern` functions runs where it was compiled."
        raise error("no-host-function", what, hint=hint)
    return found


class HostError(Exception):
    """Carries what a host function raised, `error`."""

    def __init__(self, problem: BaseException) -> None:
        super().__init__(f"{type(problem).__name__}: {problem}")
        self.error = problem


# ---- exceptions by number

_parked: dict[int, BaseException] = {}
_MARK: Final = "anvil host error"
_FOUND: Final = re.compile(rf"{_MARK} (\d+)")


def park(problem: BaseException) -> int:
    """Remembers an exception; its number."""
    number = next(_numbers)
    _parked[number] = problem
    while len(_parked) > _MOST:
        del _parked[next(iter(_parked))]
    return number


def parked_message(problem: BaseException) -> str:
    """A message from which `unpark` gets the exception back."""
    return f"{_MARK} {park(problem)}: {type(problem).__name__}: {problem}"


def unpark(message: str) -> BaseException | None:
    """The exception whose number is in a message; None if there is none."""
    found = _FOUND.search(message)
    return None if found is None else _parked.pop(int(found[1]), None)


def _raise_again(arrays: Sequence[Any]) -> Sequence[Any]:
    problem = _parked.get(int(arrays[0]))
    if problem is None:
        raise error("internal", "an exception that was caught is no longer remembered")
    raise problem


RAISE_AGAIN: Final = HostName(HostFunction("raise", _raise_again, number=False))
"""The function that raises the exception of a number that `park` has given."""
