# ruff: noqa
"""Functions as values: closures, decorators, memoisation, dispatch, operators."""

from __future__ import annotations

import dataclasses
import functools
import math
import operator
import typing
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache, partial, reduce, singledispatch
from functools import total_ordering, wraps
from typing import Any

import numpy as np
import pytest

from anvil import AnvilError, grad
from tests.parser.harness import agree, run

X = np.array([0.5, -1.0, 2.0, 3.0])


def a1(x):
    fs = [lambda t: t * i for i in range(3)]
    return sum(f(x) for f in fs)


def a2(x):
    fs = [lambda t, i=i: t * i for i in range(3)]
    return sum(f(x) for f in fs)


def deco(k):
    def outer(f):
        @wraps(f)
        def inner(*a, **kw):
            return k * f(*a, **kw)

        return inner

    return outer


@deco(3.0)
def scaled(x, y=1.0):
    return x + y


def a3(x):
    return scaled(x) + scaled(x, y=2.0)


@lru_cache(maxsize=None)
def lc(n):
    return 1 if n < 2 else lc(n - 1) + lc(n - 2)


def a4(x):
    return x * lc(10)


@cache
def lcx(x):
    return x * x


def a5(x):
    return lcx(x) + lcx(x)


class CP:
    def __init__(s, x):
        s.x = x

    @cached_property
    def sq(s):
        return s.x**2


def a6(x):
    c = CP(x)
    a = c.sq
    c.x = c.x * 2
    return a + c.sq


@singledispatch
def area(s):
    return 0.0


@area.register
def _(s: int):
    return s * 2.0


@area.register(list)
def _(s):
    return sum(s)


def a7(x):
    return area(3) + area([x, x]) + area("a")


@total_ordering
class V:
    def __init__(s, x):
        s.x = x

    def __eq__(s, o):
        return s.x == o.x

    def __lt__(s, o):
        return s.x < o.x


def a8(x):
    return V(1) <= V(2), V(x) > V(2.0), V(x) >= V(x)


def a9(x):
    g = operator.attrgetter("x")
    h = operator.itemgetter(1)
    m = operator.methodcaller("sum")
    return (
        g(V(x.sum())),
        h([1.0, x.sum()]),
        m(x),
        operator.itemgetter(0, 2)(x),
        operator.attrgetter("x.real")(V(1.5)),
    )


def a10(x):
    return operator.add(x, 1) * operator.mul(2, x) - operator.neg(x) + operator.truediv(
        x, 3
    ), reduce(operator.mul, [x, x, 2.0])


def a11(x, /, y=2.0, *args, z=3.0, **kw):
    return x * y + z + sum(args) + sum(kw.values())


def a12(x):
    return a11(x, 1.0, 2.0, 3.0, z=x, q=4.0)


def fwd(f, *a, **k):
    return f(*a, **k)


def a13(x):
    return fwd(a11, x, **{"z": 2.0}), fwd(partial(a11, z=5.0), x)


table = {"sin": np.sin, "sq": lambda v: v * v}


def a14(x):
    return sum(table[k](x) for k in ("sin", "sq"))


def withattr(x):
    return x * withattr.k


withattr.k = 2.0


def a15(x):
    return withattr(x)


def memo(n, cache={}):
    return len(cache) + n


def a16(x):
    return memo(2) * x


def a17(x):
    count = 0

    def tick():
        nonlocal count
        count += 1
        return count

    a = tick() * x
    b = tick() * x
    return a + b, count


def a18(x):
    return (
        type(x) is float,
        isinstance(x, (int, float)),
        callable(a17),
        hasattr(x, "real"),
        getattr(x, "nope", 3.0),
        issubclass(bool, int),
    )


def a19(x):
    v = V(x)
    setattr(v, "y", 2 * x)
    return getattr(v, "y") + v.x, vars(v)["x"], sorted(vars(v)), v.__dict__["y"]


def a20(x):
    f = lambda *a, k=1.0, **kw: sum(a) * k + len(kw)
    return f(x, x, k=2.0, z=1)


def order(x):
    log = []

    def f(n, v):
        log.append(n)
        return v

    d = {}
    d[f(1, "a")] = f(0, x)
    r = f(2, x) + f(3, x) * f(4, x)
    return r, log


def a23(x):
    s = "a,b,c".split(",")
    return (
        len(s) * x,
        "-".join(s),
        "x".upper(),
        f"{len(s):03d}|{'b' in s}",
        "abc".startswith("ab"),
        "%d" % 3,
        "{:>5}".format("a"),
        [c for c in "abc"],
        "abc"[::-1],
        b"ab"[0],
    )


def a24(x):
    sl = slice(1, 3)
    t = (slice(None), None)
    return x[sl], x[t], x[slice(None, None, 2)], sl.start, sl.stop


def a25(x):
    compose = lambda *fs: reduce(lambda f, g: lambda t: g(f(t)), fs)
    return compose(np.sin, np.cos, lambda t: t * 2)(x)


class Meta:
    count = 3

    @staticmethod
    def st(x):
        return x + 1

    @classmethod
    def mk(cls, x):
        o = cls()
        o.x = x * cls.count
        return o


class Sub(Meta):
    count = 4


def a26(x):
    return (
        Sub.st(x),
        Sub.mk(x).x,
        Meta.mk(x).x,
        type(Sub.mk(x)).__name__,
        Sub.__name__,
        isinstance(Sub(), Meta),
    )


def curry(f):
    return lambda a: lambda b: f(a, b)


def a28(x):
    return curry(operator.sub)(x)(2.0)


def a29(x):
    try_ = [g for g in (math.sin, math.cos)]
    return sum(g(x) for g in try_)


def many(x):
    return x * 1.0001


def a30(x):
    for i in range(50):
        x = many(x)
    return x


def a31(x):
    (lambda: None)()
    return (lambda y: y + 1)(x), (lambda y: y * 2)(x)


def a32(x):
    return max([x, 2.0], key=lambda v: -v) if False else min(3.0, x)


def a33(x):
    return functools.partial(pow, exp=2)(x) if False else pow(x, 2)


def a34(x):
    return list(map(partial(operator.mul, x), [1, 2, 3]))


def a37(x):
    return [f.__name__ for f in (a1, lambda: 0)], a1.__doc__, 1


def a38(x):
    f = partial(a11, x, z=1.0)
    return f.func is a11, f.args[0], f.keywords["z"], f(2.0)


@dataclass(frozen=True)
class Lin:
    w: typing.Any
    b: float = 0.0

    def __call__(self, x):
        return self.w * x + self.b


def a39(x):
    layers = [Lin(2.0), Lin(3.0, 1.0), math.tanh]
    for l in layers:
        x = l(x)
    return x


def a40(x):
    r = dataclasses.replace(Lin(x), b=2 * x)
    return (
        r,
        dataclasses.asdict(r),
        dataclasses.astuple(r),
        [f.name for f in dataclasses.fields(r)],
        dataclasses.is_dataclass(r),
        r == Lin(x, 2 * x),
    )


CASES: list[tuple[Any, ...]] = [
    (a1, 1.5),
    (a2, 1.5),
    (a3, 1.5),
    (a4, 1.5),
    (a5, 1.5),
    (a6, 1.5),
    (a7, 1.5),
    (a8, 1.5),
    (a9, X),
    (a10, 1.5),
    (a11, 1.5),
    (a12, 1.5),
    (a13, 1.5),
    (a14, 1.5),
    (a15, 1.5),
    (a16, 1.5),
    (a17, 1.5),
    (a18, 1.5),
    (a19, 1.5),
    (a20, 1.5),
    (order, 1.5),
    (a23, 1.5),
    (a24, X),
    (a25, 1.5),
    (a26, 1.5),
    (a28, 1.5),
    (a29, 1.5),
    (a30, 1.5),
    (a31, 1.5),
    (a32, 1.5),
    (a33, 1.5),
    (a34, 1.5),
    (a37, 1.5),
    (a38, 1.5),
    (a39, 1.5),
    (a40, 1.5),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c[0].__name__)
def test_agrees(case: tuple[Any, ...]) -> None:
    agree(*case)


@pytest.mark.filterwarnings("ignore:this call has compiled")
@pytest.mark.parametrize("fn", [a1, a3, a5, a6, a12, a17, a25, a39])
def test_differentiates(fn: Any) -> None:
    h = 1e-6

    def first(x: float) -> Any:
        out = fn(x)
        return out[0] if isinstance(out, tuple) else out

    assert grad(first)(1.5) == pytest.approx(
        (first(1.5 + h) - first(1.5 - h)) / (2 * h), rel=1e-4, abs=1e-9
    )


@lru_cache
def grid(n):
    return np.linspace(0.0, 1.0, n)


@lru_cache
def told(n):
    print("told", n)
    return n


def test_cached_functions_are_called_where_that_makes_no_difference():
    def paths(x, n):
        @lru_cache(maxsize=None)
        def count(i, j):
            return 1 if i == 0 or j == 0 else count(i - 1, j) + count(i, j - 1)

        @cache
        def best(i):
            return 0.0 if i < 0 else max(best(i - 1), best(i - 2) + x[i])

        return count(4, 3), best(n), grid(3) + grid(3)

    def unhashable(x, n):
        @cache
        def f(x):
            return x

        try:
            return f(x)
        except TypeError as e:
            return str(e)

    agree(paths, np.arange(5.0), 4)
    agree(unhashable, np.arange(5.0), 4)


def test_cached_functions_that_would_differ_are_refused():
    def effects(x):
        return told(3) * x

    def written(x):
        g = grid(3)
        g[0] = x
        return g

    def written_through(x):
        @cache
        def f(k):
            return [k, x]

        def g():
            return f(1)

        a = g()
        a.append(2.0)
        return f(1)

    def counted(x):
        n = 0

        @cache
        def f(k):
            nonlocal n
            n += 1
            return k

        return f(1) + f(1) + n * x

    def stale(x):
        scale = 1.0

        @cache
        def f(k):
            return k * scale

        first = f(2.0)
        scale = x
        return first + f(2.0)

    class Model:
        def __init__(self, v):
            self.v = v

        @cache  # noqa: B019
        def twice(self):
            return self.v * 2

    def stale_attribute(x):
        m = Model(x)
        first = m.twice()
        m.v = 5.0
        return first + m.twice()

    refused = {
        effects: "is cached, and has effects",
        written: "a cached function returns this object",
        written_through: "a cached function returns this object",
        counted: "is cached, and writes",
        stale: "something that has changed",
        stale_attribute: "something that has changed",
    }
    for f, what in refused.items():
        with pytest.raises(AnvilError, match=what):
            run(f, 2.0)
