"""What Python asks of objects: operators in place, special methods looked up in a class, iterators
written by hand, the names of things.
"""

from __future__ import annotations

import math
import operator
from collections import Counter, deque
from dataclasses import dataclass
from enum import Flag, IntFlag, auto
from typing import NamedTuple

import pytest

import anvil
from tests.parser.harness import agree, run


def repeated_in_place(x):
    a = [x, 1.0]
    b = a
    a *= 2
    b[3] = 5.0
    held = {"k": a}
    held["k"] *= 2
    rows = [[x], [2.0]]
    first = rows[0]
    for row in rows:
        row *= 3
    empty = [x]
    kept = empty
    empty *= 0
    return b, a is b, first, rows, kept


def containers_in_place(x):
    s = {1, 2}
    t = s
    s |= {3}
    s &= {1, 3}
    s -= {1}
    s ^= {7}
    d = {"a": x}
    e = d
    d |= {"b": x}
    q = deque([x], maxlen=3)
    r = q
    q += [x]
    q *= 2
    c = Counter("ab")
    k = c
    c += Counter("a")
    c -= Counter("b")
    c |= Counter("zz")
    c &= Counter("az")
    return sorted(t), t is s, e, e is d, list(r), r is q, dict(k), k is c


def rebound(x):
    t = (1, x)
    u = t
    t += (3,)
    t *= 2
    s = "a"
    s *= 3
    return u, t, s


class Bag(dict):
    def __ior__(self, other):
        self["n"] = len(other)
        return self

    def __iadd__(self, other):
        return NotImplemented

    def __add__(self, other):
        return Bag(z=other)


class Box:
    def __init__(self, x):
        self.x = x

    def __imul__(self, k):
        return NotImplemented

    def __mul__(self, k):
        return Box(self.x * k)

    def __isub__(self, k):
        self.x -= k
        return self


def own_in_place(x):
    d = Bag(a=x)
    e = d
    d |= {"b": 1}
    d += x
    v = Box(x)
    w = v
    v -= 1.0
    same = v is w
    v *= 3
    return dict(e), dict(d), v.x, w.x, same


@dataclass
class Pair:
    x: float

    def __add__(self, o):
        return Pair(self.x + o.x)

    def __radd__(self, o):
        return self if o == 0 else NotImplemented

    def __iter__(self):
        yield self.x


def sums_of_iterables(x):
    both = [Pair(x), Pair(1.0)]
    from_items = sum((Pair(v) for v in (x, 1.0)), start=Pair(x))
    return sum(both, Pair(0.0)).x, sum(both).x, from_items.x


class Right(Flag):
    READ = auto()
    WRITE = auto()
    RUN = auto()


class Bits(IntFlag):
    A = 1
    B = 2


def flags(n):
    q = Right.READ | Right.RUN
    inverse = (~q).value, ~Right.READ & q == Right.RUN, ~Bits.A & 3, -Bits.B
    return inverse, Bits.A << n, [f.name for f in q], len(q), Right.WRITE in q


class Place:
    def __init__(self, i):
        self.i = i

    def __index__(self):
        return self.i


def indices(x):
    xs = [x, 2.0, 3.0]
    return xs[operator.index(Place(1))], hex(Place(10)), bin(Place(2)), chr(Place(65)), xs[Place(2)]


class Halves:
    def __init__(self, x):
        self.x = x

    def __iter__(self):
        return self

    def __next__(self):
        if self.x < 1.0:
            raise StopIteration
        self.x *= 0.5
        return self.x


def halves(x):
    while x > 1.0:
        yield x
        x = x * 0.5


def iterated(x):
    return [v * 2.0 for v in Halves(x)], list(Halves(x)), list(halves(x)), sum(halves(x))


def used_up(x):
    c = Halves(x)
    first = next(c)
    return first, list(c), next(c, -1.0), c.x


def looked_up(x, n):
    numbers = float.__add__(x, 1.0), (5).__add__(n), x.__mul__(2.0), n.__mod__(2), n.__rsub__(1)
    others = n.__add__(2.5) is NotImplemented, x.__eq__(2.0), n.__lt__(4), x.__neg__(), x.__int__()
    products = sum(map(float.__mul__, [x, 1.0], [x, 2.0])), x.__truediv__(n), n.__divmod__(2)
    return numbers, others, products, str.upper("a"), list.__len__([x]), n.__bool__()


class Scaled:
    def __init__(self, k):
        self.k = k

    def items(self, x):
        yield x
        yield x * self.k

    def shifted(self, x):
        return x + self.k


class Steeper(Scaled):
    def items(self, x):
        if x > 0:
            x = x * 2.0
        for q in super().items(x):
            if q > 1.0:
                q = q + 1.0
            yield super().shifted(q)


class Silent:
    def items(self, x):
        yield -5.0

    def shifted(self, x):
        return -1000.0


class Total(Silent):
    def of(self, source, x):
        total = 0.0
        for v in source.items(x):
            total += v
        return total, list(source.items(x)), sum(source.items(x))


def above_a_generator(x):
    return Total().of(Steeper(1.5), x)


class Sides:
    width = property(operator.attrgetter("a"))
    height = property(operator.itemgetter(1))
    doubled = property(lambda self: self.a * 2.0)

    def __init__(self, a, b):
        self.a, self.b = a, b

    def __getitem__(self, k):
        return (self.a, self.b)[k]


def getters(x):
    s = Sides(x, 2.0 * x)
    return s.width, s.height, s.doubled


def wrong_calls(x):
    def f(a, b=1, /, *, d):
        return a + b + d

    said = []
    for bad in (lambda: f(x), lambda: f(1, 2, 3, d=x), lambda: f(d=1.0), lambda: f(1, b=2, d=x)):
        try:
            bad()
        except TypeError as e:
            said.append(str(e))
    try:
        (lambda q: q)()
    except TypeError as e:
        said.append(str(e))
    return said, f(x, d=x)


PROGRAMS = [
    (repeated_in_place, (2.0,)),
    (containers_in_place, (2.0,)),
    (rebound, (2.0,)),
    (own_in_place, (2.0,)),
    (sums_of_iterables, (2.0,)),
    (flags, (2,)),
    (indices, (1.5,)),
    (iterated, (7.5,)),
    (iterated, (0.5,)),
    (used_up, (9.0,)),
    (looked_up, (2.0, 3)),
    (getters, (2.0,)),
    (above_a_generator, (0.7,)),
    (above_a_generator, (-2.0,)),
    (wrong_calls, (2.0,)),
]


@pytest.mark.parametrize(("program", "args"), PROGRAMS)
def test_as_in_python(program, args):
    agree(program, *args)


def test_a_class_inside_has_pythons_name():
    def f(x):
        class Inner(NamedTuple):
            a: float

            def twice(self):
                return self.a * 2.0

        return Inner(x), Inner.twice.__qualname__, Inner.__qualname__

    assert type(f(2.0)[0]).__qualname__ == type(run(f, 2.0)[0]).__qualname__
    assert f(2.0)[1:] == run(f, 2.0)[1:]


def test_derivatives_through_iterators():
    slope = anvil.grad(lambda x: math.exp(sum(list(halves(x))) * 0.1))
    x = 7.5
    total = sum(halves(x))
    assert slope(x) == pytest.approx(math.exp(total * 0.1) * 0.1 * (1 + 0.5 + 0.25))
