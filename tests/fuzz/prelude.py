"""The classes, managers and functions that random programs use."""

from __future__ import annotations

import enum
import functools
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np


class Bad(ValueError):
    """Raised by random programs, with a text and an amount."""


class TooLarge(Bad):
    """Carries what was too large."""

    def __init__(self, amount: float, limit: float = 1.0) -> None:
        super().__init__("too large", limit)
        self.amount = amount
        self.limit = limit


def checked(x: float, limit: float = 1.0) -> float:
    """The number, unless it is too large."""
    if x > limit:
        raise TooLarge(x, limit)
    return x


class Mode(enum.Enum):
    """Ways to do something."""

    LINEAR = 1
    CUBIC = 3


class Level(enum.IntEnum):
    """Numbered levels."""

    LOW = 0
    MID = 1
    HIGH = 2


@dataclass
class Box:
    """A mutable state with methods."""

    a: float
    u: np.ndarray
    k: int = 1

    def value(self, f: float) -> float:
        return self.a * f + self.u.sum() * 0.1

    def push(self, e: float) -> float:
        self.a += e * 0.5
        self.k = self.k + 1
        return self.a

    @property
    def size(self) -> int:
        return len(self.u) + self.k


@dataclass(frozen=True)
class Option:
    """A frozen record of a parameter, a count, a name and a mode."""

    rate: float
    steps: int = 2
    name: str = "fast"
    mode: Mode = Mode.LINEAR

    def scaled(self, x: float) -> float:
        return x * self.rate if self.mode is Mode.LINEAR else x**3 * self.rate


@dataclass
class Config:
    """A record of records."""

    box: Box
    rates: list[float]
    table: dict[str, float] = field(default_factory=dict)


class Pair(NamedTuple):
    """A number and a vector."""

    x: float
    u: np.ndarray

    def norm(self) -> float:
        return abs(self.x) + np.abs(self.u).sum()


class Vec:
    """Two numbers with operators."""

    def __init__(self, x: float, y: float) -> None:
        self.x = x
        self.y = y

    def __add__(self, other: Vec) -> Vec:
        return Vec(self.x + other.x, self.y + other.y)

    def __sub__(self, other: Vec) -> Vec:
        return Vec(self.x - other.x, self.y - other.y)

    def __mul__(self, k: float) -> Vec:
        return Vec(self.x * k, self.y * k)

    def __rmul__(self, k: float) -> Vec:
        return self * k

    def __neg__(self) -> Vec:
        return Vec(-self.x, -self.y)

    def __call__(self, t: float) -> float:
        return self.x * t + self.y

    def __getitem__(self, i: int) -> float:
        return self.x if i == 0 else self.y

    def __lt__(self, other: Vec) -> bool:
        return self.x < other.x

    def __iter__(self) -> Iterator[float]:
        yield self.x
        yield self.y

    def dot(self, other: Vec) -> float:
        return self.x * other.x + self.y * other.y


class Turned(Vec):
    """A Vec that calls in another order."""

    def __call__(self, t: float) -> float:
        return super().__call__(t) - self.y * t


class Grid:
    """Cells with indices that wrap around, and a count of writes."""

    def __init__(self, n: int, start: float = 0.0) -> None:
        self.cells = [start] * n
        self.writes = 0

    def __len__(self) -> int:
        return len(self.cells)

    def __getitem__(self, i: int) -> float:
        return self.cells[i % len(self.cells)]

    def __setitem__(self, i: int, x: float) -> None:
        self.cells[i % len(self.cells)] = x
        self.writes += 1

    def __contains__(self, x: float) -> bool:
        return any(c == x for c in self.cells)

    def total(self) -> float:
        return sum(self.cells)


class Shape:
    """The base of a hierarchy with hooks."""

    factor = 1.0

    def __init__(self, r: float) -> None:
        self._r = r

    @property
    def r(self) -> float:
        return self._r

    @r.setter
    def r(self, value: float) -> None:
        self._r = abs(value)

    def area(self) -> float:
        return self.factor * self._r**2

    def describe(self) -> float:
        return self.area() + self.edge()

    def edge(self) -> float:
        return 4.0 * self._r

    @classmethod
    def unit(cls) -> Shape:
        return cls(1.0)

    @staticmethod
    def mean(a: float, b: float) -> float:
        return 0.5 * (a + b)


class Disk(Shape):
    """Overrides a factor and a method."""

    factor = math.pi

    def edge(self) -> float:
        return 2.0 * math.pi * self._r


class Ring(Disk):
    """Extends what it inherits."""

    def __init__(self, r: float, hole: float = 0.5) -> None:
        super().__init__(r)
        self.hole = hole

    def area(self) -> float:
        return super().area() - math.pi * self.hole**2

    @property
    def width(self) -> float:
        return self._r - self.hole


class Lowered:
    """A manager: the number of a box is lower inside."""

    def __init__(self, box: Box, e: float) -> None:
        self.box = box
        self.e = e

    def __enter__(self) -> Box:
        self.box.a -= self.e
        return self.box

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.box.a += self.e


class Guarded:
    """A manager that swallows Bad and remembers that it did."""

    failed = False

    def __enter__(self) -> Guarded:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        self.failed = kind is not None and issubclass(kind, Bad)
        return self.failed


@contextmanager
def shifted(u: np.ndarray, e: float) -> Iterator[np.ndarray]:
    """The array is shifted inside."""
    u += e
    try:
        yield u
    finally:
        u -= e


@contextmanager
def scaled(x: float, factor: float = 2.0) -> Iterator[float]:
    """Gives a multiple of the number."""
    yield x * factor


def halved(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs) * 0.5

    return wrapper


def composed(*functions: Callable[[float], float]) -> Callable[[float], float]:
    """One function after the other."""

    def call(x: float) -> float:
        for f in functions:
            x = f(x)
        return x

    return call
