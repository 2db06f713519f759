"""Classes that derive from list and from tuple; `super()` after branches on data."""

from __future__ import annotations

import math
import operator

import pytest

import anvil
from tests.parser.harness import agree


class Stack(list):
    def push(self, x):
        self.append(x)
        return self

    def peek(self):
        return self[-1]

    @property
    def size(self):
        return len(self)


def stack(a, b):
    s = Stack()
    s.push(a).push(b)
    t = Stack([a, b, 3.0])
    t += [1.0]
    t.sort(reverse=True)
    plain = t[1:], list(t), t + [2.0], t.copy(), type(t[:2]).__name__, type(t + s).__name__
    found = t.index(b), a in t, len(t), type(t).__name__, isinstance(s, list)
    return s.peek(), s.size, s.pop(), sum(s), s == [a], t, plain, found, [v * 2.0 for v in t]


class Vector(list):
    def __init__(self, *xs):
        super().__init__(xs)

    def __add__(self, o):
        return Vector(*(a + b for a, b in zip(self, o, strict=True)))

    def __mul__(self, k):
        return Vector(*(a * k for a in self))

    __rmul__ = __mul__

    def dot(self, o):
        return sum(map(operator.mul, self, o))


def vectors(a, b):
    v = Vector(a, b)
    w = 2 * v + Vector(b, b)
    v[0] = 5.0
    u = t = Vector(*v)
    u *= 2.0
    t += [1.0]
    return w, v.dot(w), w[0], v == [5.0, b], v == Vector(5.0, b), u, u is t, t


class Bounded(list):
    limit = 3

    def append(self, x):
        if len(self) >= self.limit:
            self.pop(0)
        super().append(x)

    def __getitem__(self, i):
        return super().__getitem__(i) * 10

    def __setitem__(self, i, v):
        super().__setitem__(i, v + 1)


def bounded(x):
    b = Bounded()
    for i in range(5):
        b.append(x * i)
    b[0] = 7.0
    return b[0], len(b), list(b), sum(b)


class Point(tuple):
    __slots__ = ()

    def __new__(cls, x, y):
        return super().__new__(cls, (x, y))

    x = property(operator.itemgetter(0))
    y = property(lambda self: self[1])

    def __add__(self, o):
        return Point(self.x + o.x, self.y + o.y)

    def norm(self):
        return math.hypot(*self)


class Row(tuple):
    def total(self):
        return sum(self)


def points(a, b):
    s = Point(a, b) + Point(b, b)
    x, y = s
    rows = Row([a, b, 3.0]).total(), (*Row((a,)), b), Row(), s[0:1]
    return x, s.y + y, len(s), s == (a + b, 2 * b), list(s), s, s.norm(), rows


class Base:
    def step(self, x):
        return x + 1.0


class Doubling(Base):
    def step(self, x):
        if x > 0:
            x = x * 2.0
        return super().step(x)


class Repeated(Base):
    def step(self, x):
        for i in range(5):
            if x > i:
                x = x * 2.0
            x = super().step(x)
        return x


def above(x):
    return Doubling().step(x), Repeated().step(x)


def unlike_lengths(x):
    a, b = (1.0, x), (1.0, x, 3.0)
    return a < b, a >= b, b > a, [x] <= [x, 1.0], (x,) < (x - 1.0, 5.0), (x,) > ()


PROGRAMS = [
    (stack, (1.0, 2.0)),
    (vectors, (1.0, 2.0)),
    (bounded, (1.5,)),
    (points, (1.0, 2.0)),
    (above, (1.5,)),
    (above, (-0.5,)),
    (unlike_lengths, (2.0,)),
]


@pytest.mark.parametrize(("program", "args"), PROGRAMS)
def test_as_in_python(program, args):
    agree(program, *args)


def test_derivatives():
    assert anvil.grad(lambda a: vectors(a, 3.0)[1])(2.0) == 10.0
    assert anvil.grad(lambda a: points(a, 3.0)[6])(1.0) == pytest.approx(4.0 / math.hypot(4.0, 6.0))
    assert anvil.grad(lambda x: Doubling().step(x))(1.5) == 2.0
