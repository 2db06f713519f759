# ruff: noqa: B023
"""Generators: fused into loops, advanced item by item, given to builtins."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from anvil import grad, jit
from anvil.errors import AnvilTypeError, UnsupportedError
from tests.parser.harness import agree, compile_for, run

X = np.array([0.5, -1.0, 2.0, 3.0])
SCALE = 2.0


def rows(x):
    for r in x:
        yield r * SCALE


def f1(x):
    t = 0.0
    for v in rows(x):
        t += v
    return t


def f2(x):
    return sum(rows(x))


def f3(x):
    return list(rows(x))


def newton(a):
    x = a
    while True:
        yield x
        x = 0.5 * (x + a / x)


def f4(a):
    last = 0.0
    for v in newton(a):
        if abs(v - last) < 1e-9:
            break
        last = v
    return v, last


def f5(a):
    g = newton(a)
    next(g)
    u = next(g)
    return next(g) * u


def f6(a, x):
    t = 0.0
    for v, w in zip(newton(a), x, strict=False):
        t += v * w
    return t


def f7(a, x):
    t = 0.0
    for w, v in zip(x, newton(a), strict=False):
        t += v * w
    return t


def f8(a):
    return sum(itertools.islice(newton(a), 5))


def tree(t):
    if isinstance(t, tuple):
        for c in t:
            yield from tree(c)
    else:
        yield t


def f9(t):
    return sum(tree(t)), list(tree(t))


def pairs(n):
    for i in range(n):
        for j in range(i):
            if (i + j) % 2:
                continue
            yield i, j


def f10(n, x):
    t = 0.0
    for i, j in pairs(n):
        if i * j > 20:
            break
        t += x * i - j
    else:
        t = -t
    return t


def squares(g):
    for v in g:
        yield v * v


def evens(g):
    for i, v in enumerate(g):
        if i % 2 == 0:
            yield v


def f11(x):
    t = 0.0
    for v in evens(squares(rows(x))):
        t += v
    return t


def f12(x):
    a, b, *c = rows(x)
    return a * b + c[0]


def two(x):
    yield x
    yield x + 1
    return x * 5


def three(x):
    r = yield from two(x)
    yield r


def f13(x):
    return list(three(x)), sum(three(x))


def f14(x):
    t = 0.0
    for v in three(x):
        if v > 3.0:
            return v * 100
        t += v
    return t


class Net:
    def __init__(s, w):
        s.w = w

    def layers(s):
        for w in s.w:
            yield w * 2

    def __iter__(s):
        yield from s.layers()


def f15(x):
    n = Net(x)
    t = 1.0
    for w in n:
        t = t * w + 1
    return t, sum(n.layers())


def counter():
    n = 0

    def tick():
        nonlocal n
        n += 1
        return n

    while n < 5:
        yield tick()


def f16(x):
    t = 0
    for k in counter():
        t += k * x
    return t, list(counter())


def f17(x):
    def gen(k):
        for i in range(k):
            yield lambda z: z * x + i

    t = 1.0
    for fn in gen(3):
        t = fn(t)
    return t


def f18(x, n):
    def gen(k):
        for i in range(k):
            yield x * i

    t = 0.0
    for v in gen(n):
        for w in gen(2):
            if w > 1:
                continue
            t += v * w
            if t > 50:
                break
    return t


def acc():
    total = 0.0
    while True:
        v = yield total
        if v is None:
            v = 1.0
        total += v


def f19(x):
    g = acc()
    next(g)
    g.send(x)
    g.send(x * 2)
    return next(g)


def f20(x):
    g = rows(x)
    a = next(g)
    t = 0.0
    for v in g:
        t += v
    return a * t, next(g, None)


def f21(x):
    return any(v > 5 for v in rows(x)), any(rows(x)), max(rows(x)), dict(enumerate(rows(x)))


def f22(x):
    return dict(enumerate(rows(x))), tuple(rows(x)), np.array(list(rows(x)))


def fib(n):
    a, b = 0, 1
    for _ in range(n):
        yield a
        a, b = b, a + b


def f23(n, x):
    t = x
    for k in fib(n):
        t = t + k
    return t


def f24(x):
    g = (v * 2 for v in rows(x))
    return sum(g)


def checked(x):
    for v in x:
        if v < 0:
            raise ValueError("negative")
        yield math.sqrt(v)


def f25(x):
    t = 0.0
    for s in checked(x):
        t += s
        if t > 1.0:
            break
    return t


CASES: list[tuple[Any, ...]] = [
    (f1, X),
    (f2, X),
    (f3, X),
    (f4, 2.0),
    (f5, 2.0),
    (f6, 2.0, X),
    (f7, 2.0, X),
    (f8, 2.0),
    (f9, ((1.0, 2.0), (3.0, (4.0,)))),
    (f10, 6, 1.5),
    (f10, 12, 1.5),
    (f11, X),
    (f12, X),
    (f13, 2.0),
    (f14, 2.0),
    (f14, 0.5),
    (f15, X),
    (f16, 2.0),
    (f17, 2.0),
    (f18, 2.0, 4),
    (f19, 2.0),
    (f20, X),
    (f21, X),
    (f22, X),
    (f23, 7, 1.0),
    (f24, X),
    (f25, [0.5, 4.0, -1.0]),
    (f25, [0.1, 0.2, -1.0]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c[0].__name__)
def test_agrees(case: tuple[Any, ...]) -> None:
    agree(*case)


def ops(fn: Any, *args: Any) -> list[str]:
    parsed, _ = compile_for(fn, *args)
    return [op.kind.name for f in parsed.program.funcs.values() for op in f.body.ops]


def test_a_fused_loop_stays_a_loop() -> None:
    assert ops(f1, X).count("for") == 1
    assert ops(f4, 2.0).count("while") == 1
    assert len(ops(f10, 100, 1.5)) == len(ops(f10, 6, 1.5))
    assert ops(f7, 2.0, np.ones(50)).count("for") == 1


def test_differentiates() -> None:
    def close(fn: Any, x: float) -> None:
        h = 1e-6
        assert grad(fn)(x) == pytest.approx((fn(x + h) - fn(x - h)) / (2 * h), rel=1e-5)

    close(lambda a: f4(a)[0], 2.0)
    close(f5, 2.0)
    close(f8, 2.0)
    close(lambda x: f18(x, 4), 1.5)
    assert grad(grad(f5))(2.0) == pytest.approx(
        (f5(2.001) - 2 * f5(2.0) + f5(1.999)) / 1e-6, rel=1e-3
    )
    assert jit(f18)(2.0, 4) == f18(2.0, 4)


def test_data_decides_where_it_is() -> None:
    def gen(x: Any) -> Any:
        if x > 0:
            yield x
        yield 2 * x

    def f(x: float) -> Any:
        g = gen(x)
        return next(g)

    with pytest.raises(UnsupportedError, match="condition on which this generator goes on"):
        run(f, 1.5)


def test_after_an_early_exit() -> None:
    def f(x: Any) -> Any:
        g = rows(x)
        for v in g:
            if v > 0:
                break
        return v + next(g)

    with pytest.raises(AnvilTypeError, match="after a loop that may leave it early"):
        run(f, X)


def test_a_yield_that_may_be_skipped() -> None:
    def gen(x: Any) -> Any:
        y = x > 1 and (yield x)
        yield y

    with pytest.raises(UnsupportedError, match="yield"):
        run(lambda x: sum(gen(x)), 1.5)
    with pytest.raises(UnsupportedError, match="yield"):
        run(lambda x: next(gen(x)), 1.5)


def test_a_generator_is_no_result() -> None:
    with pytest.raises(AnvilTypeError, match="rows is a generator function"):
        run(rows, X)
    with pytest.raises(AnvilTypeError, match="cannot return the generator"):
        run(lambda x: rows(x), X)


def defaults_of_inner_functions(x, y):
    def items(x):
        double = lambda x=x: x * 2  # noqa: E731
        for i in range(3):

            def h(q, b=x * i, *args, c=y):
                return (b + q) * c + sum(args)

            yield h(y) + double() + double(i)
            yield h(y, 1.0, 2.0, c=x) + (lambda q, b=x: q + b)(y)

    return list(items(x + 1))


def test_defaults_are_of_the_generator():
    agree(defaults_of_inner_functions, 1.0, 4.0)


def classes_inside(x, y):
    def items(x):
        for i in range(3):

            class Scaled:
                base = x

                def value(self):
                    return self.base * y + i + x

            yield Scaled().value()
            x += 1

    return list(items(x + 1))


def test_methods_use_variables_of_the_generator():
    agree(classes_inside, 1.0, 4.0)
