"""The table of the corpus: functions as users write them, with sample arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Entry:
    """A function of the corpus. `smooth`: its derivatives can be compared with differences.
    `xla`: it is run through XLA too.
    `refused`: the code of the error, where it is one that is not compiled.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    smooth: bool
    xla: bool
    rtol: float
    refused: str

    @property
    def name(self) -> str:
        """Module and name, for the report of a test."""
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}"


CORPUS: list[Entry] = []


def entry(
    *args: Any, smooth: bool = True, xla: bool = False, rtol: float = 1e-12, refused: str = ""
) -> Callable[[F], F]:
    """Adds a function to the corpus with these arguments."""

    def add(function: F) -> F:
        CORPUS.append(Entry(function, args, smooth, xla, rtol, refused))
        return function

    return add
