"""Comprehensions and generator expressions: short ones, long ones, filters on data."""

from __future__ import annotations

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree, compile_for

X = np.array([0.3, -1.2, 0.8, 2.1, -0.4, 0.9, 1.5, -0.7])
L = np.linspace(-1, 1, 100)


def doubled(x):
    return [v * 2 for v in x]


def indexed(x):
    return np.array([np.sin(v) * i for i, v in enumerate(x)])


def extremes(x):
    return sum(v * v for v in x), max(v for v in x), min(abs(v) for v in x)


def outer(x):
    return [[x[i] * x[j] for j in range(len(x))] for i in range(len(x))]


def quantified(x):
    return any(v > 0.95 for v in x), all(v < 5 for v in x), any(v > 9 for v in x)


def dynamic_count(x, n):
    return sum(np.sin(x[i]) for i in range(n))


def filtered_sum(x):
    return sum(v for v in x if v > 0)


def filtered_length(x):
    return len([v for v in x if v > 0])


def counted(x):
    return sum(1 for v in x if v > 0)


def filtered_by_index(x):
    return [v for i, v in enumerate(x) if i % 3 == 0]


def triangle(x):
    return sum(x[i] * x[j] for i in range(len(x)) for j in range(i))


def dict_made(x):
    return {k: x[i] for i, k in enumerate("abc")}


def stops_early(x):
    return all(1.0 / v < 100 for v in [float(a) for a in x] if v != 0), any(
        1 / (v - 1.0) > 100 for v in [3.0, 1.0]
    )


def pairs(x):
    return [a * b for a, b in zip(x, x[::-1], strict=True)], [r.sum() for r in np.outer(x, x)]


def static_filter(x, k):
    return [i * x[0] for i in range(10) if i % k == 0]


def sum_in_loop(x):
    t = 0.0
    for i in range(3):
        t += sum(x[i] * v for v in x)
    return t


def rows(x):
    rows = [x * i for i in range(50)]
    return np.stack(rows), sum(rows), rows[3]


def tuples(x):
    return [(v, v * 2) for v in x][5], tuple(v for v in x[:3])


def distances(x):
    n = len(x)
    dist = [[abs(x[i] - x[j]) for j in range(n)] for i in range(n)]
    best = 0.0
    for i in range(n):
        for j in range(n):
            if dist[i][j] > best:
                best = dist[i][j]
    return best, max(max(r) for r in dist)


def functions(x):
    return [f(v) for f in (np.sin, np.cos) for v in x[:2]]


def best_of_list(x):
    return max([v * v for v in x]), min([(v * v, i) for i, v in enumerate(x)])


def not_evaluated(x, i):
    return any(x[k] / (k - i) > 0.5 for k in range(5) if k != i)


def table(x):
    return np.array([[i + j for j in range(10)] for i in range(10)]).sum() * x[0]


def closures(x):
    fs = [lambda v, k=k: v * k for k in range(3)]
    return [f(x[0]) for f in fs]


def mean_of_positive(x):
    return sum([v for v in x if v > 0]) / len([v for v in x if v > 0])


def keyed(x):
    a = [v * v - v for v in x]
    return (
        max(a),
        min(a, key=lambda t: abs(t - 0.1)),
        max([(v, i) for i, v in enumerate(x)]),
        min((v, i) for i, v in enumerate(x)),
        max(a, default=3.0),
        max(range(5)),
    )


PROGRAMS = [
    (keyed, L),
    (keyed, X),
    (doubled, X),
    (doubled, L),
    (indexed, X),
    (indexed, L),
    (extremes, X),
    (extremes, L),
    (outer, X),
    (outer, L[:40]),
    (quantified, X),
    (quantified, L),
    (dynamic_count, X, 5),
    (dynamic_count, L, 70),
    (filtered_sum, X),
    (filtered_sum, L),
    (filtered_length, X),
    (filtered_length, L),
    (counted, L),
    (filtered_by_index, X),
    (filtered_by_index, L),
    (triangle, X),
    (triangle, L[:20]),
    (dict_made, X),
    (stops_early, X),
    (pairs, X),
    (pairs, L[:40]),
    (static_filter, X, 3),
    (sum_in_loop, X),
    (sum_in_loop, L),
    (rows, X),
    (tuples, X),
    (tuples, L),
    (distances, X),
    (distances, L[:30]),
    (functions, X),
    (best_of_list, L),
    (not_evaluated, X, 2),
    (table, X),
    (closures, X),
    (mean_of_positive, X),
    (mean_of_positive, L),
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: f"{p[0].__name__}_{len(p[1])}")
def test_same_as_python(program):
    agree(*program)


def long_sum(x, n):
    squares = [x * i for i in range(n)]
    return sum(a * b for a, b in zip(squares, squares[::-1], strict=True)) + max(v for v in squares)


def test_the_program_does_not_grow_with_the_comprehension():
    sizes = set()
    for n in (50, 5000):
        parsed, _ = compile_for(lambda x, n=n: long_sum(x, n), 0.5)
        sizes.add(sum(len(f.body.ops) for f in parsed.program.funcs.values()))
    assert len(sizes) == 1


def smooth(x):
    grid = [[x[0] * i - x[1] * j for j in range(7)] for i in range(7)]
    return sum(np.sin(v) for row in grid for v in row) + max(x[2] * g for g in grid[3])


def test_derivatives():
    anvil.check_grads(smooth, (X[:3],), order=2)
    anvil.check_grads(filtered_sum, (L + 0.003,), order=1)
