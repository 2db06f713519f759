"""Unpacking, slices and tuples of sequences whose length the data decide."""

# ruff: noqa: C416, RUF059

from __future__ import annotations

import numpy as np
import pytest

import anvil
from tests.corpus.test_corpus import derivatives_agree
from tests.parser.harness import agree

X = np.array([3.3, -1.2, 2.2, 5.1, -2.3, 4.4])


def starred(x):
    first, *rest = [v for v in x if v > 0]
    return first, rest


def starred_middle(x):
    a, *_, b, c = [v * v for v in x if v > 0]
    return a + b * c


def four(x):
    a, b, c, d = (v for v in x if v > 0)
    return a * b + c * d


def two(x):
    a, b = [v for v in x if v > 0]
    return a * b


def ten(x):
    *a, b, c, d, e, f = x[x > 0]
    return a, b


def rows(x):
    a, b, c, d = x[x > 0]
    return a * b * c * d


def first_key(x):
    counts = {}
    for v in x:
        counts[int(v)] = counts.get(int(v), 0) + 1
    ((key, n), *_) = sorted(counts.items(), key=lambda item: -item[1])
    return key, n


def as_tuple(x):
    xs = tuple(v * 2 for v in x if v > 0)
    return xs, len(xs), xs[0], xs[-1], sum(xs), xs[1:], max(xs), 4.4 in xs, xs == xs[:]


def joined_tuples(x):
    xs = tuple([v for v in x if v > 0])
    ys = xs + (x[0], x[1])
    ys += xs
    return ys, xs * 2, isinstance(xs, tuple), ys.index(x[0]), [v for v in xs]


def tuple_of_pairs(x):
    pairs = tuple((v, i) for i, v in enumerate(x) if v > 0)
    return pairs, [i for _, i in pairs]


def slice_bound(x):
    xs = [v for v in x if v > 0]
    xs[1:3] = [x[0]]
    xs[:0] = [x[1], x[2]]
    xs[-1:] = x[x < 0]
    return xs


def slice_deleted(x):
    xs = [v for v in x if v > 0]
    del xs[0]
    del xs[1:2]
    return xs


def by_place(x):
    xs = [v for v in x if v > 0]
    last = max(range(len(xs)), key=lambda i: xs[i])
    return last, sorted(range(len(xs)), key=xs.__getitem__), list(range(1, len(xs)))


def far(x):
    return [v for v in x if v > 0][10]


def written(x):
    xs = tuple(v for v in x if v > 0)
    xs[0] = 1.0
    return xs


PROGRAMS = [starred, starred_middle, four, two, ten, rows, first_key, as_tuple, joined_tuples]
PROGRAMS += [tuple_of_pairs, slice_bound, slice_deleted, by_place, far]


@pytest.mark.parametrize("fn", PROGRAMS)
def test_value(fn):
    agree(fn, X)
    agree(fn, -X)


@pytest.mark.parametrize("fn", [starred, starred_middle, four, rows, as_tuple, slice_bound])
def test_derivatives(fn):
    derivatives_agree(fn, X)


def test_tuples_are_not_written():
    with pytest.raises(TypeError, match="does not support item assignment"):
        anvil.jit(written)(X)
