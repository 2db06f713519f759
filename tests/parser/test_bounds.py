"""Bounds of ints through loops, branches and calls: how long arrays of computed length may be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.errors import UnsupportedError
from anvil.ir.analysis import op_counts
from tests.parser.harness import agree, compile_for

X = np.array([0.3, -1.2, 0.8, 0.1, 2.0, -0.4, 0.6, -0.9])
SORTED = np.sort(X)


def bisected(a, v):
    lo, hi = 0, len(a)
    while lo < hi:
        m = (lo + hi) // 2
        if a[m] < v:
            lo = m + 1
        else:
            hi = m
    return a[:lo] @ np.linspace(0, 1, lo) + np.arange(lo).sum()


def counted(x, v):
    k = 0
    while k < len(x) and x[k] < v:
        k += 1
    return np.zeros(k).sum() + np.arange(k).sum() + x[:k].sum()


def packed(x, v):
    k = 0
    for t in x:
        if t > v:
            k += 1
    out = np.zeros(k)
    j = 0
    for t in x:
        if t > v:
            out[j] = t * t
            j += 1
    return out


def first_place(x, v):
    place = -1
    for i in range(len(x)):
        if x[i] > v:
            place = i
            break
    if place >= 0:
        return np.arange(place).sum() + x[:place].sum()
    return 0.0


def sliding(x, v):
    lo, total, best = 0, 0.0, v
    for hi in range(len(x)):
        total += abs(x[hi])
        while total > 2.0:
            total -= abs(x[lo])
            lo += 1
        w = np.arange(lo, hi + 1)
        best = max(best, (w * x[lo : hi + 1]).sum())
    return best


def halved(x, v):
    lo, hi = 0, len(x)
    total = 0.0
    while hi - lo > 1:
        m = (lo + hi) // 2
        total += (np.arange(lo, hi) * x[lo:hi]).sum()
        if x[m] > v:
            lo = m
        else:
            hi = m
    return total


def two_pointers(x, v):
    i, j = 0, len(x) - 1
    total = v
    while i < j:
        total += x[i:j].sum() * len(np.arange(i, j))
        if x[i] < x[j]:
            i += 1
        else:
            j -= 1
    return total


def partitioned(x, v):
    def partition(a, lo, hi):
        i = lo
        for j in range(lo, hi):
            if a[j] < v:
                a[i], a[j] = a[j], a[i]
                i += 1
        return i

    a = x.copy()
    i = partition(a, 0, len(a))
    return np.zeros(i).sum() + (a[:i] * np.arange(i)).sum()


def picked_length(x, v):
    if x[0] > v:
        n = 3
    elif x[1] > v:
        n = 5
    else:
        n = 2
    return np.arange(n) @ x[:n] + np.full(n, 2.0).sum()


def ends(x, v):
    i, j = int(np.argmax(x)), int(np.argmin(x))
    lo, hi = (i, j) if i < j else (j, i)
    return x[lo:hi].sum() * v + np.zeros(hi - lo).sum() + np.ones(abs(i - j)).sum()


class Window:
    def __init__(self, x):
        self.x, self.n = x, 0

    def push(self):
        if self.n < len(self.x):
            self.n += 1

    def head(self):
        return self.x[: self.n] @ np.arange(self.n)


def held(x, v):
    w = Window(x)
    for t in x:
        if t > v:
            w.push()
    return w.head()


def clipped(x, v):
    i = min(max(int(v * len(x)), 0), len(x) - 1)
    return x[:i] @ np.arange(i) + np.ones(i).sum()


FUNCTIONS = [
    bisected,
    counted,
    packed,
    first_place,
    sliding,
    halved,
    two_pointers,
    partitioned,
    picked_length,
    ends,
    held,
    clipped,
]


@pytest.mark.parametrize("f", FUNCTIONS)
def test_lengths_are_bounded_through_loops_and_branches(f: Any) -> None:
    for v in (-2.0, 0.2, 0.7, 3.0):
        agree(f, SORTED if f is bisected else X, v)
    program = compile_for(f, X, 0.2)[0].program
    assert op_counts(program).get("dynamic_slice", 0) < 12, "the loops are unrolled"


@pytest.mark.parametrize("f", [sliding, halved, held, picked_length])
def test_their_derivatives(f: Any) -> None:
    h = 1e-6 * np.eye(len(X))
    x = 1.07 * X
    want = np.array([(f(x + d, 0.2) - f(x - d, 0.2)) / 2e-6 for d in h])
    got = call_reference(anvil.grad(f), (x, 0.2), {}, "O2")
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-8)


def weights(n):
    return np.full(n, 1.0 / n)


def ramp(lo, hi):
    return np.arange(lo, hi)


def windowed_means(x, w):
    out = np.zeros(len(x))
    for i in range(len(x)):
        lo, hi = max(0, i - w), min(len(x), i + w + 1)
        out[i] = x[lo:hi] @ weights(hi - lo) + ramp(lo, hi).sum()
    return out


class Pieces:
    def __init__(self, x):
        self.x = x

    def ramp(self, lo, hi):
        return np.arange(lo, hi) * self.x[lo:hi]


def pieces(x, w):
    q = Pieces(x)

    def scaled(n):
        return np.ones(n) / (n + 1)

    total = 0.0
    for i in range(len(x)):
        total += q.ramp(i // 2, i + 1).sum() + w * scaled(i).sum()
    return total


@pytest.mark.parametrize("f", [windowed_means, pieces])
def test_helpers_know_the_bounds_of_their_arguments(f: Any) -> None:
    agree(f, X, 2)
    program = compile_for(f, X, 2)[0].program
    assert op_counts(program)["for"] == 1
    long = np.concatenate([X] * 100)
    np.testing.assert_allclose(call_reference(anvil.jit(f), (long, 2), {}), f(long, 2), rtol=1e-12)


def test_shifts_may_be_computed() -> None:
    def rolled(x, s):
        total = 0.0
        for i in range(len(x)):
            total += np.roll(x, i * s) @ x
        k = int(np.argmax(x)) - 4
        grid = x.reshape(2, 4)
        return total, np.roll(grid, k), np.roll(grid, k, axis=(0, 1)), np.roll(x[:0], k)

    for s in (1, -3, 0):
        agree(rolled, X, s)


def test_a_guess_that_does_not_hold_is_not_used() -> None:
    def outgrown(x, v):
        n, total = 1, v
        while total < 50.0:
            total += np.ones(n).sum()
            n *= 2
        return total

    with pytest.raises(UnsupportedError, match="the shape is needed while compiling"):
        compile_for(outgrown, X, 0.5)

    def wrapped(x, v):
        n = np.int64(x[0] > v) + 1
        for _ in range(70):
            n = n * np.int64(3)
        return np.zeros(n % 7)

    agree(wrapped, X, 0.0)


def test_bounds_are_those_of_the_path() -> None:
    def below(x, v):
        k = int(v)
        if k >= 0 and k < 6:
            return np.arange(k) @ x[:k]
        if k == 7:
            return np.arange(k) @ x[:k]
        return -1.0

    def checked(x, v):
        k = int(v)
        first = x[k]
        return first * np.arange(k + 8).sum()

    for v in (-1.0, 0.0, 3.0, 6.0, 7.0, 9.0):
        agree(below, X, v)
        agree(checked, X, v)
