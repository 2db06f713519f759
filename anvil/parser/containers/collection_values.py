"""Values of more containers: deques, sets, random generators. Each is a box of the store."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass

from anvil.ir.loc import AnyLoc
from anvil.parser.state.values import Abstract, ListV, Parts


@dataclass(slots=True, eq=False)
class DequeV(ListV):
    """A deque: a box as that of a list, and the greatest length."""

    maxlen: int | None = None

    def open(self) -> tuple[Hashable, Parts]:
        return ("deque", self.maxlen), (self.box,)

    @property
    def cls(self) -> type:
        return deque

    def close(self, parts: Parts) -> Abstract:
        return DequeV(parts[0], self.maxlen)  # type: ignore[arg-type]

    def describe(self) -> str:
        return "a deque"


@dataclass(slots=True, eq=False)
class OwnListV(ListV):
    """An instance of a subclass of list: a box as that of a list."""

    own: type = list

    def open(self) -> tuple[Hashable, Parts]:
        return ("list", self.own), (self.box,)

    @property
    def cls(self) -> type:
        return self.own

    def close(self, parts: Parts) -> Abstract:
        return OwnListV(parts[0], self.own)  # type: ignore[arg-type]

    def describe(self) -> str:
        return f"a {self.own.__name__}"


@dataclass(slots=True, eq=False)
class OpenTupleV(ListV):
    """A tuple whose length the data decide: a box as that of a list, which is not written."""

    def open(self) -> tuple[Hashable, Parts]:
        return "open tuple", (self.box,)

    @property
    def cls(self) -> type:
        return tuple

    def close(self, parts: Parts) -> Abstract:
        return OpenTupleV(parts[0])  # type: ignore[arg-type]

    def describe(self) -> str:
        return "a tuple"


@dataclass(slots=True, eq=False)
class SetV(Abstract):
    """A set: a box with a `SetBox` or, if the data decide its elements, a `TableBox`; `made` is
    where the program makes it.
    """

    box: int
    made: AnyLoc | None = None

    def open(self) -> tuple[Hashable, Parts]:
        return "set", (self.box,)

    def close(self, parts: Parts) -> Abstract:
        return SetV(parts[0], self.made)  # type: ignore[arg-type]

    def describe(self) -> str:
        return "a set"


@dataclass(slots=True, eq=False)
class RandomV(Abstract):
    """A random generator with a known state: a box with a `RandomBox`."""

    box: int
    cls: type

    def open(self) -> tuple[Hashable, Parts]:
        return ("random", self.cls), (self.box,)

    def close(self, parts: Parts) -> Abstract:
        return RandomV(parts[0], self.cls)  # type: ignore[arg-type]

    def describe(self) -> str:
        return f"a {self.cls.__name__}"
