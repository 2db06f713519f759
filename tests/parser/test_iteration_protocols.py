"""Objects that give their items by `__next__`, `__iter__` or `__getitem__`; `__index__`; what is
largest and smallest.
"""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.parser.harness import agree


class Count:
    def __init__(self, n):
        self.n = n
        self.i = 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.i >= self.n:
            raise StopIteration
        self.i += 1
        return self.i


class Halves:
    def __init__(self, v):
        self.v = v

    def __iter__(self):
        return self

    def __next__(self):
        if self.v < 1:
            raise StopIteration
        self.v /= 2
        return self.v


class Multiples:
    def __init__(self, x):
        self.x = x

    def __getitem__(self, i):
        if i >= 3:
            raise IndexError(i)
        return self.x * i


class Yielding:
    def __init__(self, x):
        self.x = x

    def __iter__(self):
        for k in range(3):
            yield self.x * k


class Two:
    def __index__(self):
        return 2


def count(x):
    total = x
    for v in Count(4):
        if v == 2:
            continue
        total = total * v
    else:
        total += 1
    return total


def count_broken(x):
    for v in Count(5):
        if v * x > 5:
            break
    else:
        v = -1
    return v


def count_by_hand(x):
    c = Count(3)
    first = next(c)
    return first * x, list(c), next(c, 9)


def count_in_builtins(x):
    doubled = [v * x for v in Count(2)]
    return list(Count(3)), sum(Count(3)), doubled, tuple(Count(2)), max(Count(3)), 2 in Count(3)


def halves(x):
    total = 0.0
    for v in Halves(x):
        total += v
    return total, sum(Halves(x), 0.0), sum([2 * v for v in Halves(1.0)])


def multiples(x):
    total = 0.0
    for v in Multiples(x):
        total += v
    a, b, c = Multiples(x)
    return total, list(Multiples(x)), sum(Multiples(x)), a, b, c


def multiples_in_builtins(x):
    it = iter(Multiples(x))
    pairs = list(zip(Multiples(x), range(3), strict=True))
    return next(it), next(it), x * 2 in Multiples(x), 7.0 in Multiples(x), pairs


def yielding(x):
    a, *rest = Yielding(x)
    together = dict(zip("ab", Yielding(x), strict=False))
    pairs = list(zip(Count(2), Yielding(x), strict=False))
    return a, rest, list(enumerate(Yielding(x))), together, pairs


def rows(x):
    class Rows:
        def __init__(self, a):
            self.a = a

        def __getitem__(self, i):
            return self.a[i]

    return [np.sum(row) for row in Rows(np.ones((2, 3)) * x)]


def indices(x):
    a = np.arange(4.0) * x
    b = [1.0, x, 3.0]
    b[Two()] = 5.0
    a[Two()] = 7.0
    return a[Two()], b[Two()], b[np.array(1)], "abc"[Two()], (1, 2, x)[np.array(2)], a, b


def ranges(x):
    total = 0.0
    for i in range(np.array(3)):
        total += x * i
    return total, list(range(Two())), sum(range(np.int64(3)))


def largest(x):
    return heapq.nlargest(2, [x, 3.0, 2 * x]), heapq.nsmallest(2, [x, 3.0, 2 * x])


def largest_by_key(x):
    nearest = heapq.nsmallest(2, [x, 3.0, 2 * x], key=lambda v: abs(v - 2.5))
    return nearest, heapq.nlargest(5, [x, 1.0]), heapq.nsmallest(0, [x]), sorted([x, 1.0], key=None)


PROGRAMS = [
    count, count_broken, count_by_hand, count_in_builtins, halves, multiples,
    multiples_in_builtins, yielding, rows, indices, ranges, largest, largest_by_key,
]  # fmt: skip


@pytest.mark.parametrize("fn", PROGRAMS, ids=lambda fn: fn.__name__)
def test_as_in_python(fn: Any) -> None:
    for x in (2.0, 0.75):
        agree(fn, x)


def test_a_range_over_a_number_in_an_array() -> None:
    agree(lambda n: sum([1.0 * i for i in range(n)]), np.array(4))


@pytest.mark.parametrize(
    "fn",
    [
        lambda x: halves(x)[0],
        lambda x: sum(Multiples(x)) * x,
        lambda x: sum([v * x for v in Count(3)]),
        lambda x: heapq.nlargest(2, [x, 3 * x, 1.0])[1] * x,
    ],
)
def test_derivatives(fn: Any) -> None:
    slope = (fn(2.5 + 1e-6) - fn(2.5 - 1e-6)) / 2e-6
    assert call_reference(anvil.grad(fn), (2.5,), {}) == pytest.approx(slope, rel=1e-8)


def test_what_is_no_iterator() -> None:
    class Wrong:
        def __iter__(self):
            return Two()

    def f(x):
        return [v * x for v in Wrong()]

    with pytest.raises(TypeError, match="non-iterator of type 'Two'"):
        anvil.jit(f).ir(1.0)
