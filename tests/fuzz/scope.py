"""What a random program has in scope: places with types, and the drawing of numbers and choices."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Type:
    """A type of values: `kind` f (float64), g (float32), i (int64) or b (bool); scalars are
    Python's (`py`) or NumPy's; arrays have a shape.
    """

    kind: str
    shape: tuple[int, ...] = ()
    py: bool = False

    @property
    def family(self) -> str:
        """The name under which productions are found: PF, NF, PI, NI, PB, NB, NG, V, Q, H or M."""
        if len(self.shape) == 2:
            return "M"
        if self.shape:
            return {"f": "V", "i": "Q", "g": "H", "b": "B"}[self.kind]
        return ("P" if self.py else "N") + self.kind.upper()


PF, PI, PB = Type("f", py=True), Type("i", py=True), Type("b", py=True)
NF, NI, NB, NG = Type("f"), Type("i"), Type("b"), Type("g")
DIMS = (3, 4)


def vector(n: int, kind: str = "f") -> Type:
    return Type(kind, (n,))


def matrix(m: int, n: int) -> Type:
    return Type("f", (m, n))


@dataclass(frozen=True)
class Place:
    """An expression that can be read and perhaps assigned: a name, an attribute, an item.
    `fresh`: its array belongs to the program, so that it may be written to.
    """

    text: str
    type: Type
    fresh: bool = False
    assignable: bool = True


@dataclass(frozen=True)
class Helper:
    """A local function, how it is called, and what it gives."""

    name: str
    params: tuple[Type, ...]
    result: Type
    style: str = "plain"


@dataclass(frozen=True)
class Scope:
    """Everything that a statement may use."""

    places: tuple[Place, ...] = ()
    helpers: tuple[Helper, ...] = ()
    results: tuple[Type, ...] = ()
    container: str = "tuple"
    depth: int = 0
    loop: int = 0
    function: int = 0

    def of(self, type_: Type) -> list[Place]:
        return [p for p in self.places if p.type == type_]

    def where(self, test: Callable[[Place], Any]) -> list[Place]:
        return [p for p in self.places if test(p)]

    def add(self, *places: Place) -> Scope:
        """A scope with these places, in the place of those of the same text."""
        texts = {p.text for p in places}
        kept = (p for p in self.places if p.text not in texts)
        return replace(self, places=(*kept, *places))

    def deeper(self, loop: bool = False) -> Scope:
        return replace(self, depth=self.depth + 1, loop=self.loop + loop)

    def locked(self) -> Scope:
        """The scope inside a local function: outer names can be read, and written through."""
        places = (
            replace(p, assignable=p.assignable and not p.text.isidentifier()) for p in self.places
        )
        return replace(
            self, places=tuple(places), function=self.function + 1, depth=self.depth + 1, loop=0
        )


class Draw:
    """Choices from a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.names = 0
        self.uses: set[str] = set()

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.rng.random() * len(options))]

    def weighted(self, options: dict[T, float]) -> T:
        return self.rng.choices(list(options), list(options.values()))[0]

    def fresh(self, stem: str) -> str:
        self.names += 1
        return f"{stem}{self.names}"

    def dim(self) -> int:
        return self.pick(DIMS)

    def array_type(self) -> Type:
        """Mostly a vector of floats."""
        drawn = self.rng.random()
        if drawn < 0.55:
            return vector(self.dim())
        if drawn < 0.75:
            return matrix(self.dim(), self.dim())
        return vector(self.dim(), "i") if drawn < 0.9 else vector(self.dim(), "g")

    def scalar_type(self) -> Type:
        return self.weighted({PF: 5, NF: 3, PI: 4, NI: 1, PB: 1, NG: 0.4})
