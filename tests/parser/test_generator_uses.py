# ruff: noqa: B007, SIM113
"""Generators in programs of many styles."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import anvil
from anvil import grad
from tests.parser.harness import agree
from tests.parser.test_generators import X, rows


def h2(x):
    for v in rows(x):
        if v > 1:
            return v
    return -1.0


def h3(n, x):
    def gen():
        i = 0
        while i < n:
            if i % 2:
                yield i * x
            else:
                yield x
                yield -i
            i += 1

    s = 0.0
    for v in gen():
        if v < -3:
            continue
        s = s * 0.9 + v
    return s


def h4(x):
    g = rows(x)
    out = []
    while True:
        v = next(g, None)
        if v is None:
            break
        out.append(v * 2)
    return out


def bisect(f, a, b):
    while True:
        m = (a + b) / 2
        yield m
        if f(a) * f(m) <= 0:
            b = m
        else:
            a = m


def h5(c):
    for i, m in enumerate(bisect(lambda t: t * t - c, 0.0, 4.0)):
        if i == 20:
            return m


def batches(x, k):
    for i in range(0, len(x), k):
        yield x[i : i + k]


def h7(x):
    w = 0.0
    for b in batches(x, 2):
        w = w - 0.1 * (w - b.mean())
    return w


def windows(seq, n):
    it = iter(seq)
    win = [next(it) for _ in range(n)]
    yield tuple(win)
    for v in it:
        win = win[1:] + [v]
        yield tuple(win)


def h8(x):
    return [sum(w) for w in windows(x, 2)]


def h9(x):
    return sum(a * b for a, b in windows(x, 2))


def grid(n, m):
    for i in range(n):
        for j in range(m):
            yield i, j


def h10(x, n):
    a = np.zeros((3, 3))
    for i, j in grid(3, 3):
        a[i, j] = x * i - j + n
    return a


def fill(buf):
    for i in range(len(buf)):
        buf[i] += 1
        yield buf[i]


def h11(x):
    b = x.copy()
    s = 0.0
    for v in fill(b):
        s += v
        b *= 0.5
    return b, s


def h12(x):
    b = x.copy()
    g = fill(b)
    next(g)
    u = next(g)
    return b, u


def rk(f, y, dt):
    t = 0.0
    while True:
        yield t, y
        k = f(y)
        y = y + dt * f(y + 0.5 * dt * k)
        t += dt


def h13(y):
    for t, v in rk(lambda y: -y * y, y, 0.1):
        if t > 1.0:
            break
    return v


def h14(y):
    hist = []
    for _t, v in itertools.islice(rk(lambda y: -y, y, 0.1), 4):
        hist.append(v)
    return np.array(hist)


def h15(x):
    g = rows(x)
    t = 0.0
    for v in g:
        t += v
    for v in g:
        t += 1000
    return t


def opt(x, lr):
    while True:
        g = 2 * x
        x = x - lr * g
        yield x


def h16(x):
    o = opt(x, 0.1)
    for _ in range(10):
        x = next(o)
    return x


def h17(x, n):
    o = opt(x, 0.1)
    for _ in range(n):
        x = next(o)
    return x


def h18(x):
    def inner(a, *, b=2.0, **kw):
        yield a
        yield b
        for _k, v in kw.items():
            yield v

    return list(inner(x, c=3.0 * x))


def h19(x):
    total = 0.0
    for k, (a, b) in enumerate(zip(rows(x), rows(x[::-1]), strict=False), 1):
        total += k * a * b
    return total


def h20(x):
    return [a + 1 for a in rows(x)], list(itertools.chain(rows(x), rows(x)))


def h21(x, n):
    t = 0.0
    for v in takew(x, n):
        t += v
    return t


def takew(x, n):
    k = 0
    for v in x:
        if k >= n:
            return
        yield v
        k += 1


def h22(x):
    a = [0.0]
    for a[0] in rows(x):
        pass
    return a[0]


def h23(x):
    for v in rows(x):
        pass
    return v


def h24(x):
    gs = [rows(x), rows(x * 2)]
    return sum(sum(g) for g in gs)


def h25(n):
    def g():
        yield 1.0
        if n > 3:
            yield 2.0
        else:
            return
        yield 3.0

    s = 0.0
    for v in g():
        s += v
    return s


CASES: list[tuple[Any, ...]] = [
    (h2, X),
    (h3, 5, 1.5),
    (h4, X),
    (h5, 2.0),
    (h7, X),
    (h8, X),
    (h9, X),
    (h10, 1.5, 2),
    (h11, X),
    (h12, X),
    (h13, 1.0),
    (h14, 1.0),
    (h15, X),
    (h16, 1.0),
    (h17, 1.0, 5),
    (h18, 1.0),
    (h19, X),
    (h20, X),
    (h21, X, 2),
    (h21, X, 9),
    (h22, X),
    (h23, X),
    (h24, X),
    (h25, 2),
    (h25, 5),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c[0].__name__)
def test_agrees(case: tuple[Any, ...]) -> None:
    agree(*case)


def test_next_in_a_loop_differentiates() -> None:
    assert grad(h17)(1.0, 5) == pytest.approx(0.8**5)


class Branch:
    def __init__(self, key, left=None, right=None):
        self.key, self.left, self.right = key, left, right

    def items(self):
        def walk(node):
            if node is not None:
                yield from walk(node.left)
                yield node.key, node.key * 2.0
                yield from walk(node.right)

        yield from walk(self)


def inner_generators(x):
    tree = Branch(x[1], Branch(x[0]), Branch(x[2]))
    return list(tree.items()), sum(a * b for a, b in tree.items())


def test_generators_made_by_generators():
    agree(inner_generators, X)


def _halves(s, c):
    yield s
    if s > 2:
        raise ValueError("too large", s)
    yield 1.0 / c
    yield 7.0


def _quotients(s, c):
    yield s
    yield s / c
    yield 7.0


def items_of_a_generator_that_raises(x, n):
    s, items = 5.0, _halves(x, n)
    try:
        s = next(items)
        s += next(items)
    except ZeroDivisionError:
        s *= 10.0
    except ValueError as e:
        s += len(e.args)
    return s


def the_end_of_a_generator_that_has_raised(x, n):
    s, items = 5.0, _quotients(x, n)
    try:
        next(items)
        s = next(items)
    except ZeroDivisionError:
        pass
    return s, next(items, -1.0)


def own_variables_of_a_generator(x):
    s = -x
    try:
        items = _halves(x, 0)
        next(items)
        next(items)
    except ArithmeticError:
        pass
    return s


@pytest.mark.parametrize(
    "case",
    [
        (items_of_a_generator_that_raises, 1.0, 2),
        (items_of_a_generator_that_raises, 1.0, 0),
        (items_of_a_generator_that_raises, 3.0, 1),
        (the_end_of_a_generator_that_has_raised, 1.0, 2),
        (the_end_of_a_generator_that_has_raised, 1.0, 0),
        (own_variables_of_a_generator, 1.0),
        (own_variables_of_a_generator, 3.0),
    ],
    ids=lambda c: c[0].__name__,
)
def test_exceptions_of_generators_that_are_advanced(case):
    agree(*case)


def _logged(log):
    try:
        yield 1
        yield 2
    finally:
        log.append(7)


def ended(x):
    log = []
    items = _logged(log)
    next(items)
    x += sum(items)
    return x, log


def dropped(x):
    log = []
    next(_logged(log))
    return x, log


def test_generators_that_are_dropped_inside_try():
    agree(ended, 1.0)
    with pytest.raises(anvil.AnvilError, match="dropped while it is suspended inside `try`"):
        anvil.jit(dropped)(1.0)
