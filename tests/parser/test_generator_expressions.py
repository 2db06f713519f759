# ruff: noqa: C417
"""Generator expressions that are kept: they read, raise and stop when they are asked for items."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree

X = np.array([1.5, 2.0, 3.0])


def bound_later(x):
    y = x[0]
    g = (y * i for i in range(3))
    y = 5.0
    return list(g)


def written_later(x):
    a = x.copy()
    g = (a[i] * 2.0 for i in range(3))
    a[1] = 10.0
    return sum(g)


def raises_where_it_gets_to(x):
    g = (1.0 / float(v - 2.0) for v in x)
    return next(g)


def raises(x):
    g = (1.0 / float(v - 2.0) for v in x)
    return sum(g)


def one_after_the_other(x):
    squares = (v * v for v in x)
    large = (s for s in squares if s > 2.5)
    return sum(large), list(large), list(squares)


def a_loop_writes_what_is_read(x):
    a, t = x.copy(), 0.0
    for v in (a[i] for i in range(3)):
        a[2] += v
        t += v
    return t, a


def returned(x):
    def f():
        return (x[0] * k for k in range(4) if k % 2)

    return sum(f()), list(f()), dict(zip("ab", f(), strict=True)), tuple(f()), max(f())


def handed_to_map(x):
    y = x[0]
    m = map(lambda v: v + 1.0, (y * i for i in range(3)))
    y = 7.0
    return list(m)


def endless(x):
    primes = (n for n in itertools.count(2) if all(n % d for d in range(2, n)))
    return [next(primes) * x[0] for _ in range(4)]


def unpacked(x):
    rows = (tuple(i * j * x[0] for j in range(2)) for i in range(2))
    a, b = rows
    return a, b


def entries(x):
    g = ((name, v) for name, v in {"a": x[0], "b": 1}.items())
    return dict(g)


class Doubled:
    def __init__(self, values):
        self.values = values

    def __iter__(self):
        return (v * 2.0 for v in self.values)


def iterated_class(x):
    class Local:
        def __iter__(self):
            return (v * 2.0 for v in x)

    return list(Doubled([x[0], 1.0])), max(Doubled([x[1], 1.0])), sum(Local())


def in_a_generator(x):
    def gen():
        inner = (v * x[0] for v in x)
        for v in inner:
            yield v + 1.0

    return [v for v in gen() if v > 3.0], sum(gen())


def left_early(x):
    s = 0.0
    for v in (v * v for v in x if v > 1.0):
        if v > 8.0:
            break
        s += v
    return s


def unlike_items(x):
    g = (v for v in [x[0], "a", None, 2.0])
    return [v for v in g if isinstance(v, float)]


PROGRAMS = (
    bound_later,
    written_later,
    raises_where_it_gets_to,
    raises,
    one_after_the_other,
    a_loop_writes_what_is_read,
    returned,
    handed_to_map,
    endless,
    unpacked,
    entries,
    iterated_class,
    in_a_generator,
    left_early,
    unlike_items,
)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_kept_generator_expressions(program):
    agree(program, X)


def smooth(x):
    return written_later(x) * a_loop_writes_what_is_read(x)[0] + left_early(x)


def test_derivatives():
    anvil.check_grads(smooth, (X,), order=2)
