"""Sorting and searching on data, itertools, heaps, bisection, NumPy's iterators."""

from __future__ import annotations

import bisect
import functools
import heapq
import itertools
import operator
from types import SimpleNamespace

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree

X = np.array([0.3, -1.2, 0.8, 2.1, -0.4, 0.9, 1.5, -0.7])


def products(x):
    return [a * b for a, b in itertools.product(x[:2], x[:3])]


def combinations(x):
    return sum(a * b for a, b in itertools.combinations([float(v) for v in x[:4]], 2))


def running_sums(x):
    return list(itertools.accumulate([float(v) for v in x]))


def running_products(x):
    return list(itertools.accumulate(x, lambda a, b: a * b))


def differences(x):
    return [b - a for a, b in itertools.pairwise(x)]


def chains(x):
    return list(itertools.chain(x[:2], x[3:5])), list(itertools.chain.from_iterable([[1, 2], [3]]))


def sliced(x):
    return list(itertools.islice(x, 1, 5, 2))


def padded(x):
    return [(a, b) for a, b in itertools.zip_longest(x[:2], x[:3], fillvalue=0.0)]


def permutations(x):
    return len(list(itertools.permutations(range(3)))), list(itertools.repeat(x[0], 3))


def reductions(x):
    return functools.reduce(lambda a, b: a * b, x), functools.reduce(
        lambda a, b: a + b, list(x), 1.0
    )


def index_tuples(x):
    t = 0.0
    for i, j in np.ndindex(2, 3):
        t += x[i] * x[j]
    return t


def enumerated(x):
    t = 0.0
    for (i, j), v in np.ndenumerate(np.outer(x, x)):
        t += v * i * j
    return t


def namespace(x):
    s = SimpleNamespace(a=x[0], b=2.0)
    s.a = s.a * s.b
    return s.a


def heap_sort(x):
    h = []
    for v in x:
        heapq.heappush(h, float(v))
    return [heapq.heappop(h) for _ in range(len(x))]


def bisected(x):
    a = sorted([float(v) for v in x])
    return bisect.bisect_left(a, 0.5), bisect.bisect(np.array(a), 0.5)


def inserted(x):
    a = []
    for v in x:
        bisect.insort(a, float(v))
    return a


def sorted_numbers(x):
    return sorted(x), sorted([float(v) for v in x], reverse=True)


def sorted_tuples(x):
    return sorted([(float(v), i) for i, v in enumerate(x)], key=lambda p: -p[0])[0]


def sorted_in_place(x):
    a = [float(v) for v in x]
    a.sort()
    a.sort(key=lambda t: abs(t), reverse=True)
    return a


def argsorted(x):
    return sorted(range(len(x)), key=lambda i: x[i])


def searched(x):
    a = [float(v) for v in x]
    i = a.index(max(a))
    a.remove(min(a))
    return i, a, (0.8 in a), a.count(0.3)


def mapped(x):
    return (
        [t * 2 for t in x],
        list(filter(lambda k: k > 1, range(4))),
        list(reversed([1.0, x[0]])),
    )


def joined(x):
    return functools.reduce(operator.iadd, [[1.0], [x[0]]], []), [*x[:2], 3.0], [1] + [2] * 2


def tuple_index(x):
    idx = (int(x[0] > 0), int(x[1] > 0))
    return np.outer(x, x)[idx]


PROGRAMS = [
    products,
    combinations,
    running_sums,
    running_products,
    differences,
    chains,
    sliced,
    padded,
    permutations,
    reductions,
    index_tuples,
    enumerated,
    namespace,
    heap_sort,
    bisected,
    inserted,
    sorted_numbers,
    sorted_tuples,
    sorted_in_place,
    argsorted,
    searched,
    mapped,
    joined,
    tuple_index,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_same_as_python(program):
    agree(program, X)


def ties(x):
    pairs = [(float(int(v)), i) for i, v in enumerate(x)]
    ordered = sorted(pairs, key=lambda p: p[0])
    return ordered, sorted(pairs, key=lambda p: p[0], reverse=True), sorted(pairs)


def test_sorting_is_stable():
    agree(ties, X)


def missing(x):
    return [float(v) for v in x].index(7.0)


def test_a_missing_value_raises():
    with pytest.raises(ValueError, match=r"7\.0 is not in list"):
        anvil.jit(missing)(X)


def smooth(x):
    ordered = sorted([v * v for v in x])
    total = sum(k * v for k, v in enumerate(ordered))
    return total + sum(a * b for a, b in itertools.combinations(ordered, 2))


def test_derivatives():
    anvil.check_grads(smooth, (X[:4],), order=2)
