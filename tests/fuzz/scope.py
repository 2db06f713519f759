"""What a random program has in scope: places with types, and the drawing of numbers and choices."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Type:
    """A type of values: `kind` f (float64), g (float32), i (int64), x (int32), c (complex128) or b
    (bool); scalars are Python's (`py`) or NumPy's; arrays have a shape. Of another `form` are lists
    of Python numbers, dicts of floats, numbers that may be None, functions of a float, strings, and
    the classes of the prelude.
    """

    kind: str
    shape: tuple[int, ...] = ()
    py: bool = False
    form: str = ""

    @property
    def family(self) -> str:
        """The name under which productions are found: PF, NF, PI, NI, PB, NB, V, Q, M, L, D ..."""
        if self.form:
            return "LI" if self.form == "L" and self.kind == "i" else self.form
        if len(self.shape) == 2:
            return "M"
        if self.shape:
            return {"f": "V", "i": "Q", "g": "H", "x": "X", "c": "Z", "b": "B"}[self.kind]
        return ("P" if self.py else "N") + self.kind.upper()

    @property
    def array(self) -> bool:
        return bool(self.shape) and not self.form


PF, PI, PB, PC = (Type(kind, py=True) for kind in "fibc")
NF, NI, NB, NG, NC = (Type(kind) for kind in "fibgc")
DICT, MAYBE, FUNCTION, TEXT = (Type("f", py=True, form=form) for form in ("D", "O", "FN", "S"))
BOX, VEC, GRID, SHAPE = (Type("f", form=form) for form in ("Box", "Vec", "Grid", "Shape"))
DIMS = (3, 4)
KEYS = ("a", "b", "c")


def vector(n: int, kind: str = "f") -> Type:
    return Type(kind, (n,))


def matrix(m: int, n: int) -> Type:
    return Type("f", (m, n))


def numbers(n: int, kind: str = "f") -> Type:
    """A list of Python numbers."""
    return Type(kind, (n,), True, "L")


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

    def recent(self, options: Sequence[T]) -> T:
        """One of these, the last ones more often."""
        return options[int(max(self.rng.random(), self.rng.random()) * len(options))]

    def dim(self) -> int:
        return self.pick(DIMS)

    def array_type(self) -> Type:
        """Mostly a vector of floats."""
        n = self.dim()
        types = {vector(n): 5.5, matrix(n, self.dim()): 2, vector(n, "i"): 1.5}
        return self.weighted({**types, vector(n, "g"): 0.5, vector(n, "x"): 0.4})

    def scalar_type(self) -> Type:
        return self.weighted({PF: 6, NF: 3, PI: 4, NI: 1, PB: 0.8, NG: 0.3, PC: 0.3})

    def other_type(self) -> Type:
        """A type of another form."""
        n = self.dim()
        lists = {numbers(n): 3.0, numbers(n, "i"): 1.5}
        return self.weighted(
            {**lists, DICT: 1.5, MAYBE: 1, FUNCTION: 1, TEXT: 0.5, BOX: 1, VEC: 1, GRID: 0.7}
            | {SHAPE: 0.7}
        )
