"""Dataclasses, plain classes, namedtuples, dicts."""

from __future__ import annotations

import dataclasses
import enum
import math
from typing import Any, NamedTuple

import numpy as np
import pytest

from anvil.errors import AnvilAttributeError, AnvilTypeError, UnsupportedError
from tests.parser.harness import agree, run


@dataclasses.dataclass
class Point:
    x: float
    y: Any = 1.0
    tags: list = dataclasses.field(default_factory=list)

    def norm(self):
        return math.sqrt(self.x**2 + self.y**2)

    @property
    def double(self):
        return self.x * 2

    def move(self, d):
        self.x += d
        self.tags.append(d)
        return self

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)

    def __rmul__(self, k):
        return Point(k * self.x, k * self.y)

    def __neg__(self):
        return Point(-self.x, -self.y)

    def __getitem__(self, i):
        return self.x if i == 0 else self.y

    def __bool__(self):
        return self.x > 0

    @staticmethod
    def diagonal(v):
        return Point(v, v)

    @classmethod
    def steep(cls, v):
        return cls(v, 2 * v)


@dataclasses.dataclass(frozen=True)
class Frozen:
    a: float
    b: float = 2.0

    def __post_init__(self):
        object.__setattr__(self, "b", self.a * 3)


class Affine:
    scale = 3.0

    def __init__(self, w, b=0.0):
        self.w = w
        self.b = b

    def __call__(self, x):
        return self.scale * (self.w * x + self.b)

    def __len__(self):
        return 3


class Pair(NamedTuple):
    a: Any
    b: Any = 7


class Mode(enum.Enum):
    LOW = 1
    HIGH = 2


def points(x):
    p = Point(x)
    q = p
    q.move(2.0)
    r = p + Point.diagonal(x)
    s = Point.steep(x)
    t = -(2.0 * p)
    return p.x, q.y, p.norm(), p.double, r, s, t, len(p.tags), t[0], p == q, p == r


def truth_of_objects(x):
    return 1.0 if Point(x) else 2.0


def branches_on_objects(x):
    p = Point(x)
    if x > 0:
        p.x = p.x * 9
    else:
        p.move(1.0)
        p.tags.clear()
    return p


def objects_in_loops(n, x):
    p = Point(x, 0.0)
    for i in range(n):
        p.x = p.x * 0.5
        p.y += i
    return p.x, p.y


def frozen(x):
    f = Frozen(x)
    return f.a, f.b, f


def affine(x):
    m = Affine(x, b=1.0)
    return m(2.0), len(m), m.w, isinstance(m, Affine), hasattr(m, "w"), getattr(m, "zz", 5)


def namedtuples(x):
    n = Pair(x)
    _, b = n
    return n.a + b, n, n[0], Pair(b=x, a=1)


def enums(x, mode):
    return x * 2 if mode is Mode.HIGH else x, mode == Mode.LOW


def argument_objects(p):
    q = Point(p.x, p.y)
    q.x = q.norm()
    return q, p.x * 2


def dicts(x):
    d = {"a": x, "b": [x, x * 2]}
    d["c"] = d["a"] + 1
    for k, v in d.items():
        if k == "c":
            d["a"] = v * 3
    d.update(z=x)
    e = {**d, "q": 1}
    return (
        d,
        list(e),
        len(d),
        "a" in d,
        d.get("nope", 4),
        d.pop("z"),
        sorted(e),
        next(iter(d.values())),
    )


def comprehensions(x):
    d = {k: v * x for k, v in zip("abc", range(3), strict=True) if v != 1}
    return d, [i * x for i in range(4) if i % 2], [(i, j) for i in range(2) for j in range(i)]


def dict_in_branches(x):
    d = {"n": 0}
    if x > 0:
        d["n"] = 1.0
        d["m"] = x
    else:
        d["n"] = 2.5
        d["m"] = 1.5
    return d


def reflected_with_arrays(a):
    return (2 * Point(a, a)).x


PROGRAMS: list[tuple[Any, tuple[Any, ...]]] = [
    (points, (3.0,)),
    *((truth_of_objects, (x,)) for x in (1.0, -1.0)),
    *((branches_on_objects, (x,)) for x in (1.0, -1.0)),
    (objects_in_loops, (3, 2.0)),
    (frozen, (1.0,)),
    (affine, (2.0,)),
    (namedtuples, (1.0,)),
    *((enums, (1.0, m)) for m in Mode),
    (argument_objects, (Point(3.0, 4.0),)),
    (dicts, (1.5,)),
    (comprehensions, (1.5,)),
    *((dict_in_branches, (x,)) for x in (1.0, -1.0)),
    (reflected_with_arrays, (np.arange(3.0),)),
]


@pytest.mark.parametrize("fn, args", PROGRAMS, ids=lambda p: getattr(p, "__name__", None))
def test_agrees_with_cpython(fn, args):
    agree(fn, *args)


GLOBAL_MODEL = Affine(np.arange(3.0), 2.0)


def uses_a_global_object(x):
    return GLOBAL_MODEL(x), GLOBAL_MODEL.w * x


def test_objects_outside_are_read():
    agree(uses_a_global_object, 2.0)


def sets_a_global_attribute(x):
    GLOBAL_MODEL.b = x
    return x


def sets_an_argument_attribute(p):
    p.x = 1.0
    return p


def sets_a_frozen_field(x):
    f = Frozen(x)
    f.a = 2.0
    return f


def test_objects_that_are_not_ours_are_not_written():
    with pytest.raises(UnsupportedError, match="`GLOBAL_MODEL` is outside"):
        run(sets_a_global_attribute, 1.0)
    with pytest.raises(UnsupportedError, match="its argument `p`"):
        run(sets_an_argument_attribute, Point(1.0))
    agree(sets_a_frozen_field, 1.0)


@pytest.mark.parametrize(
    "fn, error, text",
    [
        (lambda x: Point(x).nope, AttributeError, "no attribute 'nope'"),
        (lambda x: x.nope, AnvilAttributeError, "no attribute 'nope'"),
        (lambda x: Point(), AnvilTypeError, "lacks the argument 'x'"),
        (lambda x: Point(x, 1, [], 4), AnvilTypeError, "takes 3 positional arguments"),
        (lambda x: Point(x, zz=1), AnvilTypeError, "unexpected argument 'zz'"),
        (lambda x: Affine(x) + 1, AnvilTypeError, "`+` is not defined"),
        (lambda x: np.nope(x), AnvilAttributeError, "nope"),
    ],
)
def test_misuse(fn, error, text):
    with pytest.raises(error, match=text.replace("+", r"\+")):
        run(fn, 1.0)
