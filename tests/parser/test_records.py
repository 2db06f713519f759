# ruff: noqa
"""Dataclasses, named tuples, copies, and classes made inside a compiled function."""

from __future__ import annotations

import abc
import copy
import dataclasses
import enum
import functools
import math
import operator
import typing
from dataclasses import InitVar, dataclass, field
from typing import Any

import numpy as np
import pytest

from anvil import grad
from anvil.errors import AnvilTypeError
from tests.parser.harness import agree, run

X = np.array([0.5, -1.0, 2.0, 3.0])


class Base(abc.ABC):
    k = 2.0

    @abc.abstractmethod
    def f(s, x): ...
    def g(s, x):
        return s.f(x) * s.k


class Mix:
    def g(s, x):
        return super().g(x) + 1


class D1(Mix, Base):
    def f(s, x):
        return x * x


class D2(D1):
    k = 3.0

    def f(s, x):
        return super().f(x) + x

    def g(s, x):
        return super(D2, s).g(x) * 2


def b8(x):
    return D1().g(x), D2().g(x), isinstance(D2(), Base), [c.__name__ for c in D2.__mro__[:3]]


@dataclass(order=True)
class Ord:
    a: float
    b: float = field(default=1.0, compare=False)


def b15(x):
    return (
        Ord(1.0) < Ord(2.0),
        Ord(x) == Ord(x, 5.0),
        Ord(x) >= Ord(2.0),
        sorted([Ord(3.0), Ord(1.0)])[0].a,
        max(Ord(1.0), Ord(2.0)).a,
    )


@dataclass
class Par:
    w: typing.Any
    scale: InitVar[float] = 1.0
    n: int = field(init=False, default=3)
    extra: dict = field(default_factory=dict)

    def __post_init__(s, scale):
        s.w = s.w * scale


@dataclass(kw_only=True, slots=True)
class Chi(Par):
    bias: float


def b16(x):
    p = Par(x, 2.0)
    p.extra["k"] = x
    return p.w, p.n, p.extra


def b17(x):
    c = Chi(w=x, bias=2.0) if False else Par(x)
    return c


class NT(typing.NamedTuple):
    a: float
    b: float = 2.0

    def s(self):
        return self.a + self.b

    @property
    def p(self):
        return self.a * self.b


def b18(x):
    t = NT(x)
    u = t._replace(b=3.0)
    return (
        t.s(),
        u.p,
        u._asdict(),
        NT._make([x, 1.0]),
        t._fields,
        u == NT(x, 3.0),
        t[0],
        len(t),
        NT(*u),
        t + (1.0,),
    )


T = typing.TypeVar("T")


class Stack(typing.Generic[T]):
    def __init__(s):
        s.items = []

    def push(s, v: T):
        s.items.append(v)
        return s

    def pop(s) -> T:
        return s.items.pop()


def b19(x):
    return Stack[float]().push(x).push(2 * x).pop(), Stack().push(x).pop()


class Proto(typing.Protocol):
    def f(self, x): ...


@typing.runtime_checkable
class RP(typing.Protocol):
    def f(self, x): ...


def b20(x):
    return isinstance(D1(), RP)


def b21(x):
    a = [[x], [2 * x]]
    b = copy.copy(a)
    c = copy.deepcopy(a)
    b[0].append(1.0)
    a.append(3)
    return a, b, c


class Count:
    n = 0

    def __init__(s):
        s.h = []

    def log(s, v):
        s.h.append(v)
        return s


def b23(x):
    return Count().log(x).log(2 * x).h


def reg(cls):
    cls.tag = 5.0
    return cls


@reg
class Tagged:
    pass


def b25(x):
    return Tagged.tag * x, Tagged().tag


def b26(x):
    @dataclass
    class P:
        x: float
        y: float = 2.0

        def norm(self):
            return math.hypot(self.x, self.y)

    p = P(x)
    p.y += 1
    return p.norm(), dataclasses.asdict(p)


def b27(x):
    k = x * 2

    class Net:
        scale = 3.0

        def __init__(self, w):
            self.w = w

        def __call__(self, v):
            return np.tanh(self.w * v) * k * self.scale

        @staticmethod
        def zero():
            return k * 0

    class Deep(Net):
        def __call__(self, v):
            return super().__call__(v) + 1

    return Deep(x)(2.0) + Net.zero()


def b28(x):
    class E(enum.Enum):
        A = 1
        B = 2

    class N(typing.NamedTuple):
        a: float

    return N(x).a * E.B.value


def b29(x):
    def helper(v):
        return v + x

    class C:
        def f(self, v):
            return helper(v) * 2

    t = 0.0
    for i in range(3):
        t += C().f(i)
    return t


def b30(x):
    class Cnt:
        total = x

        def g(self):
            return self.total * 2

    return Cnt().g()


def b31(x):
    count = 0

    class A:
        def hit(self):
            nonlocal count
            count += 1
            return count

    a = A()
    a.hit()
    a.hit()
    return count * x


def b32(x):
    class G:
        def rows(self):
            for v in range(3):
                yield v * x

    return sum(G().rows()), [v for v in G().rows()]


CASES: list[tuple[Any, ...]] = [
    (b15, 1.5),
    (b16, 1.5),
    (b17, 1.5),
    (b18, 1.5),
    (b19, 1.5),
    (b20, 1.5),
    (b21, 1.5),
    (b23, 1.5),
    (b25, 1.5),
    (b26, 1.5),
    (b27, 1.5),
    (b28, 1.5),
    (b29, 1.5),
    (b30, 1.5),
    (b31, 1.5),
    (b32, 1.5),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c[0].__name__)
def test_agrees(case: tuple[Any, ...]) -> None:
    agree(*case)


def test_classes_inside_differentiate() -> None:
    h = 1e-6
    for fn in (b26_norm, b27, b29):
        assert grad(fn)(1.5) == pytest.approx((fn(1.5 + h) - fn(1.5 - h)) / (2 * h), rel=1e-5)


def b26_norm(x: float) -> float:
    return b26(x)[0]


def test_an_object_that_captures_is_no_result() -> None:
    def f(x: float) -> Any:
        class Line:
            def at(self, t: float) -> float:
                return x * t

        return Line()

    with pytest.raises(AnvilTypeError, match="methods use variables of the function"):
        run(f, 1.5)


def test_an_instance_of_a_class_made_inside() -> None:
    def f(x: float) -> Any:
        @dataclass
        class P:
            x: float

            def twice(self) -> float:
                return 2 * self.x

        return P(x)

    assert run(f, 1.5).twice() == 3.0


def test_a_cached_property_of_an_argument() -> None:
    class Lazy:
        def __init__(self, x: float) -> None:
            self.x = x

        @functools.cached_property
        def square(self) -> float:
            return self.x**2

    given = Lazy(3.0)
    assert run(lambda v: v.square + v.square, given) == 18.0
    assert "square" not in vars(given)
