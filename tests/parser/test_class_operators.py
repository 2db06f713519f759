"""Operators, comparisons and builtins by the special methods of classes and named tuples."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree


class Vector(NamedTuple):
    x: float
    y: float

    def __add__(self, other: Any) -> Vector:  # type: ignore[override]
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, k: Any) -> Any:  # type: ignore[override]
        if isinstance(k, Vector):
            return self.x * k.x + self.y * k.y
        return Vector(self.x * k, self.y * k)

    __rmul__ = __mul__  # type: ignore[assignment]

    def __neg__(self) -> Vector:
        return Vector(-self.x, -self.y)

    def __abs__(self) -> float:
        return math.hypot(self.x, self.y)

    def __lt__(self, other: Any) -> bool:  # type: ignore[override]
        return abs(self) < abs(other)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vector) and abs(self) == abs(other)

    def __hash__(self) -> int:
        return 0

    def __contains__(self, v: object) -> bool:
        return v == self.x

    def __bool__(self) -> bool:
        return abs(self) > 1.0

    def __len__(self) -> int:
        return 7

    def __call__(self, t: float) -> float:
        return self.x + t * self.y


class Item(NamedTuple):
    first: float
    second: float

    def __getitem__(self, i: Any) -> Any:
        return (self.second, self.first)[i]


class Base:
    def __init__(self, v: float) -> None:
        self.v = v

    def __add__(self, other: Any) -> float:
        return self.v + 10.0

    def __radd__(self, other: Any) -> float:
        return self.v + 100.0

    def __lt__(self, other: Any) -> bool:
        return self.v < other.v

    def __gt__(self, other: Any) -> bool:
        return self.v > other.v


class Refined(Base):
    def __radd__(self, other: Any) -> float:
        return self.v + 1000.0

    def __gt__(self, other: Any) -> bool:
        return bool(self.v > 2.0 * other.v)


class Plain(Base):
    pass


class One:
    def __init__(self, v: float) -> None:
        self.v = v

    def __radd__(self, other: Any) -> float:
        return self.v


def arithmetic(a: float, b: float) -> Any:
    u, v = Vector(a, b), Vector(b, 1.0)
    return u + v, 2.0 * u, u * 3, u * v, -u, abs(u)


def compared(a: float, b: float) -> Any:
    u, v = Vector(a, b), Vector(b, a)
    return u < v, u == v, u != v, a in u, b in u, bool(u), len(u), u(2.0)


def element(a: float) -> Any:
    return Item(a, 2.0)[0], Item(a, 2.0).first


def refined(a: float) -> Any:
    return Base(a) + Refined(1.0), Base(a) + Plain(1.0), Plain(a) + Base(1.0), Base(a) + 1.0


def refined_order(a: float) -> Any:
    return Base(a) < Refined(1.0), Base(a) < Plain(1.0)


def once(a: float) -> Any:
    return One(a) + One(a)


def folded(x: np.ndarray) -> float:
    total = Vector(0.0, 0.0)
    for v in x:
        total = total + Vector(float(v), 1.0) * 0.5
    return abs(total)


@pytest.mark.parametrize(
    ("fn", "args"),
    [
        (arithmetic, (1.5, -0.5)),
        (compared, (1.5, 0.5)),
        (compared, (0.5, 0.5)),
        (element, (1.0,)),
        (refined, (3.0,)),
        (refined_order, (0.7,)),
        (folded, (np.array([1.0, 2.0, 3.0]),)),
    ],
)
def test_methods_of_classes_take_the_operators(fn: Any, args: Any) -> None:
    agree(fn, *args)


def test_the_reflected_method_is_not_asked_of_one_class() -> None:
    with pytest.raises(TypeError, match="is not defined for"):
        anvil.jit(once)(1.0)


def test_derivative_through_operators_of_named_tuples() -> None:
    x = np.array([1.0, 2.0, 3.0])
    got = anvil.grad(folded)(x)
    np.testing.assert_allclose(got, np.full(3, 0.5 * 3.0 / math.hypot(3.0, 1.5)), rtol=1e-12)


def by_method(xs: list[float]) -> Any:
    order = sorted(range(len(xs)), key=xs.__getitem__)
    return order, {"a": xs[0]}.__contains__("a"), list(map(xs.__getitem__, (0, 2)))


def largest(a: float, b: float) -> Any:
    shapes = [Base(a), Refined(b), Plain(0.5)]
    return max(shapes, key=lambda s: s.v).v, min([[a], [b, a]], key=lambda s: s[0])


def counted(a: float) -> Iterator[float]:
    while True:
        yield a
        a = a * 0.5


def stopping(a: float) -> Any:
    from itertools import dropwhile, takewhile

    return (
        sum(takewhile(lambda t: t > 1e-3, (a / k for k in range(1, 9)))),
        sum(takewhile(lambda t: t > 0.1, counted(a))),
        sum(dropwhile(lambda t: t > 0.5, [a, 0.3, 0.9])),
    )


@pytest.mark.parametrize(
    ("fn", "args"),
    [(by_method, ([3.0, 1.0, 2.0],)), (stopping, (1.0,))],
)
def test_bound_methods_of_containers_and_streams(fn: Any, args: Any) -> None:
    agree(fn, *args)


def test_the_best_of_unlike_things() -> None:
    agree(largest, 1.0, 2.0)
    agree(largest, 2.0, 1.0)
