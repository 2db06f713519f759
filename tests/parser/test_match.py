"""`match`: patterns on known values, on structure, and on data."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from anvil import grad, jit
from anvil.errors import AnvilTypeError, AnvilValueError
from tests.parser.harness import agree, run

X = np.array([0.5, -1.0, 2.0])


@dataclass
class Circle:
    radius: float


@dataclass
class Box:
    width: float
    height: float = 1.0


class Pair(NamedTuple):
    first: Any
    second: Any


class Mode(enum.Enum):
    SUM = 1
    MEAN = 2


class Ratio:
    __match_args__ = ("value",)

    def __init__(self, a, b):
        self.a, self.b = a, b

    @property
    def value(self):
        return self.a / self.b


def on_number(n, x):
    match n:
        case 0:
            return x * 2.0
        case 1 | 2:
            y = x + 1.0
        case 3 if x > 0:
            y = x * x
        case k:
            y = x * k
    return y + 0.5


def on_shape(s):
    match s:
        case Circle(r):
            return 3.0 * r * r
        case Box(width=w, height=h) if w > h:
            return w * h
        case Box(w, h):
            return -w * h
        case _:
            return 0.0


def on_sequence(v):
    match v:
        case []:
            return 0.0
        case [x]:
            return x
        case [x, y] if x > y:
            return x - y
        case [x, *middle, y]:
            return x * y + sum(middle)


def on_mapping(d, x):
    match d:
        case {"kind": "poly", "coefs": [*cs], **rest}:
            total = 0.0
            for c in cs:
                total = total * x + c
            return total + len(rest)
        case {"kind": "exp" | "e", "rate": r}:
            return np.exp(r * x)
        case {}:
            return x


def on_builtin(v):
    match v:
        case bool():
            return 1.0
        case int(n):
            return n * 2
        case float(f):
            return f * 3
        case str() as s:
            return len(s)
        case np.ndarray():
            return v.sum()
        case None:
            return -1
        case _:
            return "other"


def not_a_sequence(x):
    match x:
        case [a, b, c]:
            return a + b + c
        case _:
            return x.sum() * 2.0


def on_enum(mode, x):
    match mode:
        case Mode.SUM:
            return x.sum()
        case Mode.MEAN:
            return x.mean()


def captured_or(v):
    match v:
        case (0.0, a) | (a, 0.0):
            return a
        case (a, b):
            return a * b


def data_then_property(n, a, b):
    match (n, Ratio(a, b)):
        case (0, Ratio(v)):
            return v
        case (1, _):
            return a
        case _:
            return 0.0


def in_loop(n, x):
    total = 0.0
    for i in range(n):
        match i % 3:
            case 0:
                total += x
            case 1:
                continue
            case _:
                if total > 10.0:
                    break
                total *= 1.5
        total += 0.25
    return total


def guard_binds(n, x):
    y = 0.0
    match (n, x):
        case (k, y) if k > 1:
            return y * k
    return y + 1.0


def nested(t):
    match t:
        case ("add", a, b):
            return nested(a) + nested(b)
        case ("mul", a, b):
            return nested(a) * nested(b)
        case ("neg", a):
            return -nested(a)
        case float() | int():
            return t


def falls_through(n):
    r = -1.0
    match n:
        case 1:
            r = 1.0
        case 2:
            r = 4.0
    return r


def some_paths(n, x):
    match n:
        case 0:
            y = x
        case 1:
            x = 0.0
    return y


def negative_literals(v):
    match v:
        case -1:
            return 10.0
        case 1.5:
            return 20.0
        case "a" | "b":
            return v * 2
        case True:
            return 30.0
        case [1, [2, z], {"k": (p, q)}]:
            return z + p * q
    return 0.5


def namedtuple_pattern(p):
    match p:
        case Pair(first="0", second=s):
            return s
        case Pair(a, Pair(b, c)):
            return a + b * c
        case (a, b):
            return a - b


CASES: list[tuple[Any, ...]] = [
    *((on_number, n, 1.5) for n in (0, 1, 2, 3, 4)),
    (on_number, 3, -1.5),
    (on_shape, Circle(2.0)),
    (on_shape, Box(2.0, 1.0)),
    (on_shape, Box(2.0, 3.0)),
    (on_shape, 4.0),
    (on_sequence, []),
    (on_sequence, [2.0]),
    (on_sequence, (2.0, 1.0)),
    (on_sequence, (1.0, 2.0)),
    (on_sequence, [1.0, 2.0, 3.0, 4.0]),
    (on_mapping, {"kind": "poly", "coefs": [1.0, 2.0, 3.0], "extra": 1}, 0.5),
    (on_mapping, {"kind": "e", "rate": 0.3}, 0.5),
    (on_mapping, {"other": 1}, 0.5),
    *((on_builtin, v) for v in (True, 2, 2.5, "abc", X, None, (1,))),
    (not_a_sequence, X),
    (on_enum, Mode.SUM, X),
    (on_enum, Mode.MEAN, X),
    *((captured_or, v) for v in ((0.0, 2.0), (3.0, 0.0), (3.0, 2.0))),
    *((data_then_property, n, 1.0, b) for n in (0, 1, 2) for b in (2.0, 0.0)),
    (in_loop, 17, 0.7),
    (in_loop, 0, 0.7),
    (guard_binds, 1, 2.0),
    (guard_binds, 3, 2.0),
    (nested, ("add", 1.0, ("mul", ("neg", 2.0), 3))),
    *((falls_through, n) for n in (1, 2, 3)),
    *((some_paths, n, 2.0) for n in (0, 1, 2)),
    *((negative_literals, v) for v in (-1, 1.5, "b", True, [1, [2, 3.0], {"k": (4.0, 5.0)}], 7)),
    *((namedtuple_pattern, p) for p in (Pair("0", 1.5), Pair(1.0, Pair(2.0, 3.0)), (4.0, 1.0))),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c[0].__name__)
def test_agrees(case: tuple[Any, ...]) -> None:
    agree(*case)


def test_too_many_positional_patterns() -> None:
    def f(s):
        match s:
            case Circle(a, b):
                return a + b

    with pytest.raises(AnvilTypeError, match=r"Circle\(\) accepts 1 positional sub-pattern \(2"):
        run(f, Circle(1.0))


def test_array_against_a_number_is_ambiguous() -> None:
    def f(x):
        match x:
            case 0:
                return 1.0
        return 2.0

    with pytest.raises(AnvilValueError, match="ambiguous"):
        run(f, X)


def test_differentiates() -> None:
    assert grad(lambda x: on_number(3, x))(1.5) == pytest.approx(3.0)
    assert grad(on_number, 1)(4, 1.5) == pytest.approx(4.0)
    assert grad(on_shape)(Box(2.0, 1.0)) == Box(1.0, 2.0)
    assert grad(grad(lambda x: in_loop(9, x * x)))(0.7) == pytest.approx(
        2 * (in_loop(9, 1.0) - in_loop(9, 0.0)), rel=1e-6
    )
    assert jit(on_number)(2, 1.0) == 2.5
