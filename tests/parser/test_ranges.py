"""Ranges with computed bounds, and functions that the standard library wraps."""

from __future__ import annotations

import functools
import itertools
import statistics
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.parser.harness import agree


def _elements(n: int, i: int) -> Any:
    r = range(2, n)
    return r[-1], r[i], r.start, r.stop, r[1:3][0], len(r), range(10)[i], max(r)


def _members(x: float, n: int) -> Any:
    return x in range(n), x in range(0, 20, 3), x not in range(10, 2, -2), n in range(10**6)


def _truth(n: int, d: dict[str, float]) -> Any:
    return (1 if range(n) else 2), bool(range(1, n)), (1 if d.items() else 2), bool(d.keys())


def _sieve(n: int, w: float) -> Any:
    prime, i = np.ones(n + 1, dtype=bool), 2
    prime[:2] = False
    while i * i <= n:
        if prime[i]:
            for j in range(i * i, n + 1, i):
                prime[j] = False
        i += 1
    return prime, prime.sum() * w


def _both_ways(x: Any, v: float) -> Any:
    step, total = int(v), 0.0
    for n, i in enumerate(range(5, 0, step)):
        total += x[i] * n
    for i in reversed(range(0, 6, -step)):
        total = total * 0.5 + x[i]
    picks = [x[i] for i in range(5, -1, step)]
    return total, picks, 3 in range(5, 0, step), len(range(-3, 9, -step)), range(0, 9, -step)[-1]


X6 = np.array([3.0, 1.0, 2.0, 9.0, 4.0, 7.0])


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (_sieve, (30, 1.5)),
        *((_both_ways, (X6, v)) for v in (-1.0, -2.5, -7.0, 0.5)),
        *((_elements, (7, i)) for i in (0, 2, -2, 9, -9)),
        *((_members, (x, n)) for x, n in ((3.0, 7), (2.5, 9), (np.int64(6), 4), (-3, 2))),
        (_truth, (3, {"a": 1.0})),
        (_truth, (0, {})),
    ],
)
def test_ranges(function: Any, args: Any) -> None:
    agree(function, *args)


def test_wrapped_functions() -> None:
    def logged(fn: Any) -> Any:
        @functools.wraps(fn)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return fn(*args, **kwargs) * 2

        return wrapper

    def uses(x: float) -> Any:
        @logged
        def square(t: float, *, bias: float = 1.0) -> float:
            """A square."""
            return t * t + bias

        inner = square.__wrapped__(x)
        return square(x), square(x, bias=0.0), square.__name__, square.__doc__, inner

    agree(uses, 3.0)


def test_caches_made_inside() -> None:
    def counted(k: int) -> Any:
        @functools.cache
        def fib(i: int) -> int:
            return i if i < 2 else fib(i - 1) + fib(i - 2)

        @functools.cache
        def paths(i: int, j: int) -> int:
            return 1 if i == 0 or j == 0 else paths(i - 1, j) + paths(i, j - 1)

        return fib(k), paths(k, 2)

    agree(counted, 5)


def _length(x: Any) -> Any:
    try:
        n = len(x)
    except TypeError:
        n = 1
    return np.sum(x) * n


def _each(x: Any) -> Any:
    try:
        it = iter(x)
    except TypeError:
        return x * 2
    return sum(v for v in it)


def _number(x: Any) -> Any:
    try:
        return float(x) * 3
    except TypeError:
        return x.sum()


def _either(a: Any, b: Any) -> Any:
    try:
        return a + b
    except TypeError:
        return b


@pytest.mark.parametrize(
    ("function", "args"),
    [
        *((f, (x,)) for f in (_length, _each, _number) for x in (2.0, np.arange(3.0))),
        (_either, (None, 2.0)),
        (_either, (1.0, 2.0)),
    ],
)
def test_type_errors_are_caught(function: Any, args: Any) -> None:
    agree(function, *args)


def test_groups_of_known_keys() -> None:
    def grouped(names: Any, values: Any) -> Any:
        pairs = itertools.groupby(zip(names, values, strict=True), key=lambda pair: pair[0])
        return [(name, sum(v for _, v in group)) for name, group in pairs]

    agree(grouped, ["a", "a", "b", "a"], [1.0, 2.0, 3.0, 4.0])


def test_statistics() -> None:
    def moments(xs: Any) -> Any:
        mean = statistics.mean(xs)
        spread = statistics.stdev(xs), statistics.pvariance(xs), statistics.variance(xs, mean)
        return mean, statistics.fmean(xs), spread, statistics.pstdev(xs), statistics.median(xs)

    agree(moments, [1.0, 2.5, 4.0, 4.5])
    agree(moments, [1.0])
    agree(lambda xs: statistics.mean(xs), [])


def test_indices_of_a_loop_over_known_arrays() -> None:
    def shifted(x: Any, perm: Any) -> Any:
        steps, out = np.array([(0, 0), (1, 0), (0, 1)]), np.zeros_like(x)
        for k in range(3):
            out = out + (k + 1) * np.roll(x, steps[k], axis=(0, 1))
        return out, np.transpose(x, perm), x.reshape(np.array([3, 2]))

    agree(shifted, np.arange(6.0).reshape(2, 3), np.array([1, 0]))


def test_derivatives_through_a_computed_step() -> None:
    def strided(x: Any, v: float) -> Any:
        total = 0.0
        for i in range(0, 6, int(v)):
            total += x[i] ** 2
        return total

    got = call_reference(anvil.grad(strided), (X6, 2.5), {})
    np.testing.assert_array_equal(got, [6.0, 0.0, 4.0, 0.0, 8.0, 0.0])
