"""Sorting by an order of the user's: `__lt__`, dataclasses, comparison functions; heaps."""

from __future__ import annotations

import bisect
import functools
import heapq
import itertools
import operator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree, run

X = np.array([3.0, 1.0, 2.0, 1.5])


class Job:
    def __init__(self, name: Any, cost: Any) -> None:
        self.name, self.cost = name, cost

    def __lt__(self, other: Job) -> Any:
        return self.cost < other.cost


@dataclass(order=True)
class Entry:
    rank: float
    data: Any = field(compare=False)


@functools.total_ordering
class Ordered:
    def __init__(self, v: float) -> None:
        self.v = v

    def __eq__(self, other: object) -> Any:
        return self.v == other.v  # type: ignore[attr-defined]

    def __lt__(self, other: Ordered) -> Any:
        return self.v < other.v


class Pair(NamedTuple):
    a: float
    b: float

    def area(self) -> float:
        return self.a * self.b


def jobs_of(x):
    return [Job(i, v) for i, v in enumerate(x)]


def by_less(x):
    jobs = jobs_of(x)
    return [j.cost * k for k, j in enumerate(sorted(jobs))], [j.name for j in sorted(jobs)]


def in_place_backwards(x):
    jobs = jobs_of(x)
    first = jobs[0]
    jobs.sort(reverse=True)
    jobs[0].cost = np.float64(10.0)
    return first.cost, [j.cost for j in jobs], jobs[0] is first, jobs.index(first)


def dataclasses_in_order(x):
    entries = sorted(Entry(v, np.array([v, v * v])) for v in x)
    entries.sort(reverse=True)
    return entries[0].data + 2 * entries[-1].data, max(entries).rank, bool(entries[0] > entries[1])


def totally_ordered(x):
    vs = [Ordered(v) for v in x]
    keyed = sorted(vs, key=lambda v: (v.v > 1.7, v))
    return [v.v for v in keyed], min(vs).v, vs[0] >= vs[1], vs[0] <= vs[1]


def named_tuples(x):
    return [p.area() for p in sorted(Pair(v, 2 * v) for v in x)]


def lists_by_comparison(x):
    rows = [[v, v**2] for v in x]
    rows.sort(key=functools.cmp_to_key(lambda a, b: -1 if a[1] > b[1] else int(a[1] < b[1])))
    return rows


def known_by_comparison(x):
    by_length = functools.cmp_to_key(lambda a, b: len(b) - len(a))
    return sorted(["bb", "a", "ccc", "dd"], key=by_length), x[0]


def stable(x):
    jobs = [Job(i, v > 1.7) for i, v in enumerate(x)]
    return [j.name for j in sorted(jobs)], [j.name for j in sorted(jobs, reverse=True)]


def unlike_items(x):
    d = {"a": x[0], "b": x[1], "c": x[2]}
    top = sorted(d.items(), key=lambda kv: -kv[1])
    return [d[k] for k, _ in top], top[0][0], d[sorted(d, key=d.get)[0]]


def attributes(x):
    jobs = jobs_of(x)
    jobs.sort(key=operator.attrgetter("cost"))
    rows = sorted([{"k": float(v), "w": 1.0 / float(v)} for v in x], key=operator.itemgetter("k"))
    return [j.name for j in jobs], [r["w"] for r in rows]


def heap_of_objects(x):
    h = jobs_of(x)
    heapq.heapify(h)
    a = heapq.heappop(h)
    heapq.heappush(h, Job(9, 0.5 * a.cost))
    return (
        heapq.heappop(h).cost,
        heapq.heappushpop(h, Job(1, np.float64(1.7))).cost,
        heapq.nsmallest(1, h)[0].cost,
    )


def merged(x):
    pairs = heapq.merge([(x[1], 1)], [(x[0], 2)], key=lambda t: t[0])
    down = heapq.merge(sorted(x, reverse=True), x[:1], reverse=True)
    return list(heapq.merge(x[1:2], sorted(x))), list(pairs), list(down)


def bisected(x):
    jobs = sorted(jobs_of(x))
    place = bisect.bisect(jobs, 1.6, key=lambda j: j.cost)
    return place, bisect.bisect_left(jobs, Job(0, 1.5))


def copied_iterators(x):
    a, b = itertools.tee(v * 2 for v in x)
    next(b, None)
    c, d = itertools.tee(itertools.count(1))
    take = iter([float(v) for v in x]).__next__
    return (
        [w - u for u, w in zip(a, b, strict=False)],
        [next(c), next(c), next(d)],
        take() + 2 * take(),
    )


ALL = [
    f for n, f in list(vars().items()) if getattr(f, "__module__", "") == __name__ and n.islower()
]


@pytest.mark.parametrize("f", [f for f in ALL if f is not jobs_of])
def test_agrees_with_python(f):
    agree(f, X)
    agree(f, np.array([0.5, 2.5, 2.5, -1.0]))


def test_many_items_are_compared_in_a_loop():
    def longest(x):
        jobs = sorted(Job(i, v) for i, v in enumerate(x))
        return jobs[0].cost, jobs[-1].cost, jobs[3].name

    agree(longest, np.arange(50.0)[::-1] % 17)


def test_derivatives():
    def weighted(x):
        return sum(k * j.cost**2 for k, j in enumerate(sorted(jobs_of(x))))

    want = 2 * X * np.argsort(np.argsort(X))
    np.testing.assert_allclose(anvil.grad(weighted)(X), want)
    np.testing.assert_allclose(anvil.jvp(weighted, (X,), (np.ones(4),))[1], want.sum())
    np.testing.assert_allclose(np.diag(anvil.hessian(weighted)(X)), want / X)


def test_what_is_not_one_order_is_an_error():
    def with_nan(x):
        return sorted(jobs_of(x))[0].cost

    def unsorted(x):
        return list(heapq.merge([x[0], x[1]], [x[2]]))

    with pytest.raises(ValueError, match="do not put the items in one order"):
        run(with_nan, np.array([1.0, np.nan, 0.5]))
    with pytest.raises(ValueError, match=r"an input of heapq\.merge is not sorted"):
        run(unsorted, X)
