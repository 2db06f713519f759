"""The classes that random programs use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Bad(ValueError):
    """Raised by random programs."""


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
    """A frozen record of a parameter, a count and a name."""

    rate: float
    steps: int = 2
    name: str = "fast"


class Pair(NamedTuple):
    """A number and a vector."""

    x: float
    u: np.ndarray


class Vec:
    """Two numbers with operators."""

    def __init__(self, x: float, y: float) -> None:
        self.x = x
        self.y = y

    def __add__(self, other: Vec) -> Vec:
        return Vec(self.x + other.x, self.y + other.y)

    def __mul__(self, k: float) -> Vec:
        return Vec(self.x * k, self.y * k)

    def __rmul__(self, k: float) -> Vec:
        return self * k

    def __call__(self, t: float) -> float:
        return self.x * t + self.y

    def __getitem__(self, i: int) -> float:
        return self.x if i == 0 else self.y

    def dot(self, other: Vec) -> float:
        return self.x * other.x + self.y * other.y


class Turned(Vec):
    """A Vec that calls in another order."""

    def __call__(self, t: float) -> float:
        return super().__call__(t) - self.y * t
