"""Recursion that remembers: dicts that each level makes longer."""

from __future__ import annotations

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree

X = np.array([3.3, 1.2, 2.1])


def fibonacci(x):
    memo = {}

    def fib(n):
        if n in memo:
            return memo[n]
        r = float(n) if n < 2 else fib(n - 1) + fib(n - 2)
        memo[n] = r
        return r

    return fib(int(x)), len(memo)


def best(x, room):
    memo = {}

    def take(i, left):
        if i == len(x):
            return 0.0
        key = (i, left)
        if key not in memo:
            without = take(i + 1, left)
            need = int(x[i])
            if need <= left:
                without = max(without, x[i] * x[i] + take(i + 1, left - need))
            memo[key] = without
        return memo[key]

    return take(0, int(room))


PROGRAMS = [(fibonacci, 6.0), (best, X, 7.0)]


@pytest.mark.parametrize("case", PROGRAMS, ids=lambda c: c[0].__name__)
def test_value(case):
    agree(*case)


def test_on_xla():
    assert anvil.jit(fibonacci)(7.0) == fibonacci(7.0)
