"""`yield` inside of expressions, what generators return, and closing them."""

from __future__ import annotations

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree

X = np.array([3.0, 1.0, 2.0])


def operands(x):
    def f(u, v):
        return u if v is None else u + v

    def g():
        a = f(x[0], (yield 1.0)) + (yield 2.0) * 3
        yield a
        d = {"k": (yield x[1]), "m": [(yield 4.0), 5.0]}
        yield d["m"][1] + d["k"]
        yield x[(yield 7.0) : 2][0]

    c = g()
    first = [next(c), c.send(10.0), c.send(2.0), next(c), c.send(3.0), c.send(1.0)]
    return first, next(c), c.send(1)


def in_order(x):
    log = []

    def tell(v):
        log.append(v)
        return v

    def g():
        yield (tell(1), (yield tell(2)), tell(3))
        yield tell(4) if (yield tell(6)) else tell(7)

    c = g()
    return next(c), c.send(5.0), next(c), c.send(0), log


def statements(x):
    def g():
        total = 0.0
        total += yield x[0]
        while (yield total) is not None:
            total += 1.0
        if (yield total * 100) or total > 1e6:
            return total
        for v in (yield 0.0):
            yield v * 2
        return (yield "last")

    c = g()
    items = [
        next(c),
        c.send(2.0),
        c.send(1),
        next(c),
        next(c),
        c.send(x),
        next(c),
        next(c),
        next(c),
    ]
    try:
        c.send(4.5)
    except StopIteration as e:
        return items, e.value, str(e)


def results_of_generators(x):
    def part(n):
        yield x[n]
        return n * 2

    def g():
        return (yield from part(0)) + (yield from part(1))

    def h():
        r = yield from g()
        yield r

    it = part(1)
    next(it)
    try:
        next(it)
    except StopIteration as e:
        return list(h()), e.value


def closed(x):
    def g():
        yield x[0]
        yield x[1]

    it = g()
    a = next(it)
    it.close()
    return a, list(it), next(it, 7.0)


@pytest.mark.parametrize("f", [operands, in_order, statements, results_of_generators, closed])
def test_agrees_with_python(f):
    agree(f, X)


def test_loops_over_generators_with_inner_yields():
    def pairs(x):
        def g():
            for v in x:
                if (yield v) is None:
                    yield v**2

        return sum(v for v in g())

    agree(pairs, X)
    np.testing.assert_allclose(anvil.grad(pairs)(X), 1 + 2 * X)
