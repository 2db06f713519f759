"""Source locations: where in the user's Python an op came from, and through which transforms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Loc:
    """A range of source in the function `func`.

    As in `ast`, lines count from 1 and columns from 0 in UTF-8 bytes.
    """

    file: str
    line: int
    col: int = 0
    end_line: int = 0
    end_col: int = 0
    func: str = ""

    def source_range(self) -> Loc:
        """The range itself."""
        return self

    def transforms(self) -> str:
        """No transform: the user wrote it."""
        return ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.file else "unknown"


@dataclass(frozen=True, slots=True)
class Derived:
    """A location seen through a transform: `Derived("vjp", loc)` prints as `vjp of net.py:3`."""

    how: str
    loc: AnyLoc

    def source_range(self) -> Loc:
        """The user's source range behind it."""
        return primary(self)

    def transforms(self) -> str:
        """The transforms, outermost first: `vjp of jvp`."""
        inner = self.loc.transforms()
        return f"{self.how} of {inner}" if inner else self.how

    def __str__(self) -> str:
        return f"{self.how} of {self.loc}"


@dataclass(frozen=True, slots=True)
class Fused:
    """The locations of several ops that became one; the first is the primary one."""

    locs: tuple[AnyLoc, ...]

    def source_range(self) -> Loc:
        """The range of the first."""
        return primary(self)

    def transforms(self) -> str:
        """The transforms of the first."""
        return self.locs[0].transforms()

    def __str__(self) -> str:
        return ", ".join(map(str, self.locs))


AnyLoc: TypeAlias = "Loc | Derived | Fused"
UNKNOWN = Loc("", 0)


def primary(loc: AnyLoc) -> Loc:
    """The user's source range behind a location."""
    while not isinstance(loc, Loc):
        loc = loc.loc if isinstance(loc, Derived) else loc.locs[0]
    return loc


def describe(loc: AnyLoc) -> str:
    """One line for people, such as `vjp of net.py:3`."""
    return str(loc)
