"""Arrays that are one of several lengths, joined with others; recursion with arrays."""

from __future__ import annotations

import numpy as np
import pytest

import anvil
from tests.corpus.test_corpus import derivatives_agree
from tests.parser.harness import agree

X = np.array([3.3, -1.2, 2.2, 5.1, -2.3, 4.4])


def quicksort(x):
    def sort(a):
        if len(a) <= 1:
            return a
        pivot = a[len(a) // 2]
        return np.concatenate([sort(a[a < pivot]), a[a == pivot], sort(a[a > pivot])])

    return sort(x)


def sort_with_numbers(a):
    if a.size < 2:
        return a
    pivot, rest = a[0], a[1:]
    less, more = sort_with_numbers(rest[rest < pivot]), sort_with_numbers(rest[rest >= pivot])
    return np.hstack((less, [pivot], more))


def positive(a):
    if len(a) == 0:
        return a
    head, tail = a[0], a[1:]
    if head > 0:
        return np.append(head * head, positive(tail))
    return positive(tail)


def grown(x):
    out = np.array([1.0])
    if x[0] > 0:
        out = np.append(out, x[1])
    if x[1] > 0:
        out = np.append(out, x[2] * x[3])
    return out, out.sum(), out * 2, len(out)


def bracketed(x):
    out = np.zeros(0)
    for v in x:
        if v > 0:
            out = np.r_[out, v, v * v]
    return out


def of_two_lengths(x):
    y = x[:3] if x[0] > 0 else x
    return np.concatenate([y, y * 2, [1.0]]), np.r_[0.0, y], np.c_[y, y]


def padded(x):
    y = x[x > 0]
    if len(y) < 5:
        y = np.append(y, [0.0, x[0]])
    return y, y.mean()


def rows_and_columns(x):
    a = np.outer(x, x)
    b = a[x > 0]
    c = b[:, x > 0]
    return c, c.shape, c.sum(), b[:, 1:3]


def of_rows(x):
    rows = [np.array([v, v * v]) for v in x if v > 0]
    return np.stack(rows), np.vstack(rows).sum(axis=0)


PROGRAMS = [quicksort, sort_with_numbers, positive, grown, bracketed, of_two_lengths]
PROGRAMS += [padded, rows_and_columns, of_rows]


@pytest.mark.parametrize("fn", PROGRAMS)
def test_value(fn):
    agree(fn, X)
    agree(fn, -X)


@pytest.mark.parametrize("fn", PROGRAMS)
def test_derivatives(fn):
    derivatives_agree(fn, X)


def test_on_xla():
    x = np.random.default_rng(0).normal(size=100)
    np.testing.assert_array_equal(anvil.jit(quicksort)(x), np.sort(x))
