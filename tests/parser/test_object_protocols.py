# ruff: noqa
"""The protocols of Python's objects: special methods, descriptors, dataclasses, enums, classes made
inside.
"""

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

import anvil
from anvil import grad
from anvil.errors import AnvilError, AnvilTypeError
from tests.parser.harness import agree, run

X = np.array([0.5, -1.0, 2.0, 3.0])


class Temp:
    def __init__(s, c):
        s._c = c

    @property
    def f(s):
        return s._c * 1.8 + 32

    @f.setter
    def f(s, v):
        s._c = (v - 32) / 1.8

    @f.deleter
    def f(s):
        s._c = 0.0


def b1(x):
    t = Temp(x)
    t.f = t.f + 1.8
    a = t._c
    del t.f
    return a, t._c


class Attr:
    def __init__(s):
        s.d = {"q": 2.0}

    def __getattr__(s, n):
        if n == "zz":
            return 7.0
        raise AttributeError(n)


def b2(x):
    return Attr().zz * x, hasattr(Attr(), "zz"), getattr(Attr(), "zz")


class Vec:
    def __init__(s, d):
        s.d = d

    def __getitem__(s, i):
        return s.d[i]

    def __setitem__(s, i, v):
        s.d[i] = v

    def __delitem__(s, i):
        del s.d[i]

    def __len__(s):
        return len(s.d)

    def __contains__(s, v):
        return v in s.d

    def __iter__(s):
        return iter(s.d)

    def __eq__(s, o):
        return s.d == o.d

    def __hash__(s):
        return 3

    def __add__(s, o):
        return Vec([a + b for a, b in zip(s, o)])

    def __radd__(s, o):
        return Vec([o + a for a in s]) if o else s

    def __iadd__(s, o):
        s.d = [a + 1 for a in s.d]
        return s

    def __neg__(s):
        return Vec([-a for a in s])

    def __abs__(s):
        return sum(a * a for a in s)

    def __matmul__(s, o):
        return sum(a * b for a, b in zip(s, o))

    def __bool__(s):
        return len(s.d) > 0

    def __float__(s):
        return s.d[0] * 1.0

    def __round__(s, n=0):
        return s.d[0]

    def __repr__(s):
        return "V"

    def __call__(s, k):
        return s.d[k]

    def __lt__(s, o):
        return s.d[0] < o.d[0]

    def __reversed__(s):
        return iter(s.d[::-1])

    def __index__(s):
        return 1

    def __pow__(s, k):
        return Vec([a**k for a in s])

    def __invert__(s):
        return Vec(s.d[::-1])


def b3(x):
    v = Vec([x, 2 * x, 3 * x])
    v[1] = 5.0
    del v[0]
    return len(v), v[0], v[-1], 2.0 in [1.0, 2.0]


def b4(x):
    v = Vec([x, 2 * x])
    w = v + v
    z = sum([v, w], 0)
    u = -w
    return (
        w.d,
        z.d,
        u.d,
        abs(v),
        v @ w,
        bool(Vec([])),
        float(v),
        v(1),
        [a for a in v],
        (v**2).d,
        (~v).d,
    )


def b5(x):
    v = Vec([x, 2 * x])
    v += 1
    return (
        v.d,
        v < Vec([9.0]),
        Vec([x]) == Vec([x]),
        list(reversed(v)),
        sorted([Vec([3]), Vec([1])])[0].d,
        str(Vec([1])),
        f"{Vec([1])!r}",
    )


class Dual:
    __array_ufunc__ = None
    __array_priority__ = 100

    def __init__(s, v, d):
        s.v = v
        s.d = d

    def __mul__(s, o):
        o = o if isinstance(o, Dual) else Dual(o, 0.0)
        return Dual(s.v * o.v, s.v * o.d + s.d * o.v)

    __rmul__ = __mul__

    def __radd__(s, o):
        return Dual(s.v + o, s.d)

    def __rsub__(s, o):
        return Dual(o - s.v, -s.d)

    def __rmatmul__(s, o):
        return o @ s.v


def b6(x):
    d = Dual(x.sum(), 1.0)
    e = x * d
    g = 3.0 * d
    h = x + d
    k = x - d
    m = np.float64(2.0) * d
    return e.v, e.d, g.v, h.v, k.d, m.v, x @ Dual(x, 1.0)


class Arr:
    def __init__(s, v):
        s.v = v

    def __array__(s, dtype=None, copy=None):
        return s.v


def b7(x):
    return np.sum(Arr(x)), np.asarray(Arr(x)) * 2, x + np.asarray(Arr(x))


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


class Pos:
    def __set_name__(s, o, n):
        s.n = "_" + n

    def __get__(s, o, t=None):
        return getattr(o, s.n)

    def __set__(s, o, v):
        setattr(o, s.n, v * 2)


class HasD:
    a = Pos()

    def __init__(s, a):
        s.a = a


def b9(x):
    h = HasD(x)
    h.a = h.a + 1
    return h.a, h._a


class Col(enum.IntEnum):
    R = 1
    G = 2


class Fl(enum.Flag):
    A = 1
    B = 2


class Act(enum.Enum):
    RELU = "relu"
    TANH = "tanh"

    def __call__(s, x):
        return np.tanh(x) if s is Act.TANH else np.maximum(x, 0)

    @property
    def low(s):
        return s.value.lower()


def b10(x):
    return (
        x * Col.R + Col.G,
        Col(2).name,
        Act("tanh") is Act.TANH,
        Act["RELU"].value,
        [m.name for m in Act],
        (Fl.A | Fl.B) == Fl(3),
        Act.TANH.low,
        bool(Fl.A & Fl.B),
        len(Act),
    )


def b11(x):
    return Act.TANH(x), {Act.RELU: 1.0}[Act.RELU] * x


class Slots:
    __slots__ = ("a", "b")

    def __init__(s, a):
        s.a = a
        s.b = 2 * a


def b12(x):
    s = Slots(x)
    s.b += 1
    return s.a * s.b


class Single:
    def __new__(cls, *a):
        o = super().__new__(cls)
        o.tag = 1.0
        return o

    def __init__(s, x):
        s.x = x


def b13(x):
    return Single(x).x + Single(x).tag


class FT(float):
    def twice(s):
        return s * 2


class PT(tuple):
    def __new__(cls, a, b):
        return super().__new__(cls, (a, b))

    @property
    def a(s):
        return s[0]


def b14(x):
    return PT(x, 2.0).a


CASES: list[tuple[Any, ...]] = [
    (b1, 1.5),
    (b2, 1.5),
    (b3, 1.5),
    (b4, 1.5),
    (b5, 1.5),
    (b6, X),
    (b7, X),
    (b8, 1.5),
    (b9, 1.5),
    (b10, 1.5),
    (b11, X),
    (b12, 1.5),
    (b13, 1.5),
    (b14, 1.5),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c[0].__name__)
def test_agrees(case: tuple[Any, ...]) -> None:
    agree(*case)


class Bag:
    """Attributes by name."""

    def __init__(self, **given: Any) -> None:
        for name, value in given.items():
            setattr(self, name, value)

    def bumped(self) -> Any:
        for name in list(self.__dict__):
            setattr(self, name, self.__dict__[name] + 1)
        return self


def test_attributes_by_dict() -> None:
    def read(x: float) -> Any:
        bag = Bag(a=x, b=1.0)
        n, first = len(vars(bag)), dict(bag.__dict__)
        bag.c = 2.0
        return n, first, vars(bag.bumped())

    def alive(x: float) -> Any:
        bag = Bag(a=x)
        held = vars(bag)
        bag.a = 5.0
        held["b"] = x * 2
        bag.__dict__.update(c=x, d=held.pop("a"))
        held |= {"e": 3.0}
        del held["e"]
        return held["b"] + bag.b, held, hasattr(bag, "a"), bag

    def by_data(x: float) -> Any:
        bag = Bag(a=x)
        for _ in range(3):
            if bag.a < 4.0:
                bag.__dict__["a"] = bag.a * 2
        return bag.a

    def of_many(x: float) -> Any:
        bags = [Bag(a=x * i) for i in range(40)]
        for i in range(40):
            vars(bags[i])["a"] += i
        return sum(b.a for b in bags)

    for f in (read, alive, by_data, of_many):
        agree(f, 2.0)


class At:
    """A whole number."""

    def __init__(self, i: int) -> None:
        self.i = i

    def __index__(self) -> int:
        return self.i


class Length:
    """A float."""

    def __init__(self, x: float) -> None:
        self.x = x

    def __float__(self) -> float:
        return float(self.x)


class Zeros(dict):  # type: ignore[type-arg]
    """A dict whose missing values are 0."""

    def __missing__(self, key: str) -> float:
        return 0.0 if key < "n" else self["a"] * 2


def test_objects_that_are_numbers_where_these_are_meant() -> None:
    def indices(x: Any, i: int) -> Any:
        y = np.zeros(At(3)) + np.ones((At(2), At(3)))
        return x[At(i)], x[At(1) :], y, x.reshape(At(2), 2), sum(range(At(4))), x[1 : At(3) : At(1)]

    def floats(x: Any, i: int) -> Any:
        return math.sin(Length(x[0])), float(Length(x[1])), math.gcd(At(6), 4), math.sqrt(At(4))

    def missing(x: Any, i: int) -> Any:
        d = Zeros(a=x[0])
        return d["b"] + d["z"] + d["a"], len(d), d.get("q")

    for f in (indices, floats, missing):
        agree(f, np.arange(4.0), 2)


class Metres(float):
    """A float of its own class."""


def test_instances_of_classes_of_numbers_are_refused() -> None:
    with pytest.raises(AnvilError, match="Metres derives from float"):
        run(lambda x: Metres(x) * 2, 2.0)


def test_iterators_are_nothing_else() -> None:
    def f(x: Any) -> Any:
        it = iter(x)
        return it is iter(it), it is x, iter([x]) is None, np.uint8(3) + int(x[0])

    agree(f, np.arange(3.0))
    agree(f, np.array([300.0]))


def body_reads_values(x):
    class C:
        y = x
        pair = (x, 1.0)

        def m(self, k=x):
            return x + self.y + k

        @staticmethod
        def s(k=x, *, j=x):
            return k + j

    x *= 3.0
    return C.y, C().m(), C().y, C.s(), C.s(j=0.0), C.pair


def one_class_for_each_round(x):
    made = []
    for i in range(3):

        class C:
            k, v = i, x

            def m(self):
                return self.k * self.v

        made.append(C)
        x += 1.0
    return [c().m() for c in made], [c.v for c in made]


def fields_of_a_local_dataclass(x):
    @dataclasses.dataclass
    class P:
        a: float
        b: float = x

        def s(self):
            return self.a + self.b * x

    p = P(1.0)
    x = 10.0
    return p.s(), P(2.0).b, P(1.0, 2.0) == P(1.0, 2.0)


@pytest.mark.parametrize(
    "program", [body_reads_values, one_class_for_each_round, fields_of_a_local_dataclass]
)
def test_what_the_body_of_a_class_reads_stays(program):
    agree(program, 2.0)


def test_derivatives_through_a_local_class():
    anvil.check_grads(lambda x: body_reads_values(x)[1] * one_class_for_each_round(x)[0][2], (2.0,))


def list_of_data(x):
    class C:
        items = [x, 1.0]

    return C.items[0]


def written_class(x):
    class C:
        k = x

    C.k = 5.0
    return C.k


@pytest.mark.parametrize(
    "program, words",
    [(list_of_data, "`items` of the class C is a list of data"), (written_class, "is written to")],
)
def test_state_of_classes_is_refused(program, words):
    with pytest.raises(anvil.AnvilError, match=words):
        anvil.jit(program)(1.0)
