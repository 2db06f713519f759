"""Lists of lists whose lengths the data decide, as results and with derivatives."""

from __future__ import annotations

import numpy as np
import pytest

import anvil
from tests.corpus.test_corpus import derivatives_agree
from tests.parser.harness import agree

X = np.array([3.3, -1.2, 2.2, 5.1, -2.3, 4.4])


def ascending_runs(x):
    runs = [[x[0]]]
    for a, b in zip(x, x[1:]):  # noqa: B905, RUF007
        if b > a:
            runs[-1].append(b * a)
        else:
            runs.append([b])
    return runs


def chunks(x):
    xs = [v * v for v in x if v > 0]
    return [xs[i : i + 2] for i in range(0, len(xs), 2)]


def products(x):
    xs = [v for v in x if v > 0]
    return [[a * b for a in xs] for b in xs]


def grouped(x):
    groups = {}
    for v in x:
        groups.setdefault(int(v) % 3, []).append(v * v)
    return groups


def above(x):
    return [[v for v in x if v > t] for t in x[:3]]


def placed(x):
    return [[(v, i) for i, v in enumerate(x) if v > t] for t in x[:3]]


PROGRAMS = [ascending_runs, chunks, products, grouped, above, placed]


@pytest.mark.parametrize("fn", PROGRAMS)
def test_value(fn):
    agree(fn, X)
    agree(fn, -X)


@pytest.mark.parametrize("fn", PROGRAMS)
def test_derivatives(fn):
    derivatives_agree(fn, X)


def test_on_xla():
    assert anvil.jit(ascending_runs)(X) == ascending_runs(X)
