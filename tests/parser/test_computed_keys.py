"""Keys of dicts that only data decide."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree

X = np.array([0.2, 1.7, 2.1, 2.2, 0.4])


def table(x, w):
    t = {0: w[0], 1: w[1] * x, 2: 5.0, "name": 7.0}
    return t[int(x)] * 2


def histogram(x):
    h = dict.fromkeys(range(3), 0)
    for v in x:
        h[int(v)] += 1
    return h


def weighted(x):
    h = {0: 0.0, 1: 0.0, 2: 0.0}
    for v in x:
        k = int(v)
        if h[k] < 3.0:
            h[k] = h[k] + v * v
    return h[0] * h[1] + h[2]


def by_pairs(x, y):
    rules = {(0, 0): 1.0, (0, 1): 2.0, (1, 0): x, (1, 1): y, 3: 0.0}
    return rules[(int(x), int(y))]


def by_known_part(x):
    return {(0, 0): 1.0, (0, 1): x, (1, 0): 3.0}[(0, int(x))]


def functions(x, v):
    ops = {0: np.sin, 1: np.cos, 2: lambda a: a * a}
    return ops[int(x)](v).sum()


def nested(obs):
    rows = {0: {0: 0.5, 1: 0.3, 2: 0.2}, 1: {0: 0.1, 1: 0.6, 2: 0.3}, 2: {0: 0.3, 1: 0.3, 2: 0.4}}
    state, total = 0, 0.0
    for o in obs:
        total += math.log(rows[state][int(o)])
        state = int(o)
    return total


def caught(x):
    try:
        return {0: 1.0, 1: 2.0}[int(x)]
    except KeyError:
        return -x


def with_default(x):
    d = {0: 1.5, 1: 2.5, 5: 7.0}
    k = int(x)
    return d.get(k, 0.5 * x), d.get(k), k in d, k not in d


def guarded(x):
    d = {1: 2.0}
    k = int(x)
    if k in d:
        d[k] *= x
    return d


def of_floats(x):
    return {1.0: 2.0, 2.5: 5.0, 3: 7.0}[x]


def unlike(x):
    d = {0: 1, 1: 2.5, 2: 7}
    return d[int(x)], d.get(int(x)), d.get(int(x) + 5), d[int(x)] // 2


def counted(x):
    c = Counter({1: 3, 2: 0})
    return c[int(x)], c.most_common(1)


CASES = [
    (table, 1.2, [1.0, 2.0]),
    (table, 2.7, [1.0, 2.0]),
    (table, 9.0, [1.0, 2.0]),
    (histogram, X),
    (weighted, X),
    (by_pairs, 0.4, 1.2),
    (by_pairs, 1.4, 1.2),
    (by_pairs, 3.4, 1.2),
    (by_known_part, 1.5),
    (functions, 1.5, X),
    (functions, 2.5, X),
    (nested, X),
    (caught, 1.5),
    (caught, 4.5),
    (with_default, 5.5),
    (with_default, 3.5),
    (guarded, 1.5),
    (guarded, 2.5),
    (of_floats, 2.5),
    (of_floats, 2.0),
    (unlike, 0.5),
    (unlike, 1.5),
    (unlike, 2.5),
    (counted, 1.5),
    (counted, 4.5),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c[0].__name__)
def test_as_python(case):
    agree(*case)


def test_on_xla_with_derivative():
    assert anvil.jit(histogram)(X) == histogram(X)
    np.testing.assert_allclose(anvil.grad(weighted)(X), [1.156, 0.68, 4.2, 0.0, 2.312])


def added(x):
    d = {}
    d[int(x)] = 1.0
    return d


def written_unread(x):
    d = {0: 1.0, 1: 2.0}
    d[int(x)] = 3.0
    return d


@pytest.mark.parametrize("program", [added, written_unread])
def test_entries_that_only_data_decide(program):
    agree(program, 1.5)
