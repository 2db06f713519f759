"""Lists whose length the data decide: what programs do with them."""

from __future__ import annotations

import bisect
import heapq
from collections import deque

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.parser.harness import agree

X = np.array([1.0, -2.0, 3.0, 0.5, -1.5])
PROGRAMS = []


def given(*argsets):
    """Registers a program with several lists of arguments."""

    def add(program):
        PROGRAMS.extend((program, a if isinstance(a, tuple) else (a,)) for a in argsets)
        return program

    return add


def pos(x):
    out = []
    for v in x:
        if v > 0:
            out.append(v)
    return out


def gen(x):
    for v in x:
        if v > 0:
            yield v * 2


@given((X,))
def list_gen(x):
    a = list(gen(x))
    return a, len(a)


@given((X,))
def sorted_gen(x):
    return sorted(gen(x)), sorted(v for v in x if v > 0)


@given((X,), (-np.abs(X),))
def max_default(x):
    return max((v for v in x if v > 0), default=0), min(gen(x), default=7.0)


@given((X,), (-np.abs(X),))
def aggregates(x):
    ys = [v for v in x if v > 0]
    return sum(ys), any(v > 2 for v in ys), all(v > 0.7 for v in ys), len(ys)


@given((X,), (-np.abs(X),))
def minmax_list(x):
    ys = [v for v in x if v > 0]
    return min(ys), max(ys), min(ys, key=lambda v: -v)


@given((np.array([0, 1, 2, 2, 3]),))
def bfs_pop0(nxt):
    q = [0]
    seen = [False] * 5
    order = []
    while q:
        u = q.pop(0)
        if seen[u]:
            continue
        seen[u] = True
        order.append(u)
        q.append((u + 1) % 5)
        q.append(nxt[u])
    return order


@given((X, 3.0), (X, 9.0))
def index_in(x, v):
    ys = pos(x)
    return ys.index(v)


@given((X, 3.0), (X, 9.0))
def contains(x, v):
    ys = pos(x)
    return v in ys, v not in ys, ys.count(v)


@given((X, 3.0), (X, 9.0))
def remove(x, v):
    ys = pos(x)
    ys.remove(v)
    return ys


@given((X, 1), (X, 0))
def delitem(x, i):
    ys = pos(x)
    del ys[i]
    del ys[-1]
    return ys


@given((X,))
def slices(x):
    ys = pos(x)
    return ys[1:], ys[-2:], ys[::-1], ys[:-1], ys[:2], ys[::2]


@given((X,))
def equal(x):
    ys = pos(x)
    zs = [v for v in x if v > 0]
    return ys == zs, ys == pos(-x), ys != zs, ys == [1.0, 3.0, 0.5]


@given((X,))
def loops(x):
    ys = pos(x)
    t = 0.0
    for i, v in enumerate(ys):
        t += i * v
    for a, b in zip(ys[:-1], ys[1:], strict=True):  # noqa: RUF007
        t += a * b
    for v in reversed(ys):
        t = t * 0.5 + v
    return t


@given((X,))
def comp_on(x):
    ys = pos(x)
    return [v * 2 for v in ys], [v for v in ys if v > 0.7], sum(v * v for v in ys)


@given((X,))
def truth(x):
    ys = pos(x)
    n = 0
    while ys:
        ys.pop()
        n += 1
    return n, not ys, bool(ys)


@given((X,))
def np_on(x):
    ys = pos(x)
    a = np.array(ys)
    return a.mean(), np.sum(a * 2), np.max(ys), np.sort(a), len(a)


@given((X,))
def sort_it(x):
    ys = pos(x)
    ys.sort()
    zs = sorted(ys, reverse=True)
    ys.reverse()
    return ys, zs


@given((np.array([5, 3, 5, 1, 3]),))
def dedup(a):
    seen = []
    for v in a:
        if v not in seen:
            seen.append(v)
    return seen


@given((X,))
def deq(x):
    q = deque()
    for v in x:
        if v > 0:
            q.append(v)
        else:
            q.appendleft(v)
    q.popleft()
    return list(q), len(q), q[0], q[-1]


@given((X,))
def heap(x):
    h = []
    for v in x:
        if v > -1.8:
            heapq.heappush(h, v)
    out = []
    while h:
        out.append(heapq.heappop(h))
    return out


@given((X,))
def insort(x):
    out = []
    for v in x:
        if v > -1.8:
            bisect.insort(out, v)
    return out


@given((X,))
def lmap(x):
    ys = list(map(lambda v: v * 2, filter(lambda v: v > 0, x)))  # noqa: C417
    pairs = list(zip(ys, pos(x)))  # noqa: B905
    return ys, pairs, list(enumerate(ys)), list(reversed(ys))


@given((X, 2))
def rotate(x, k):
    ys = pos(x)
    for _ in range(k):
        ys.append(ys.pop(0))
    return ys


@given((X,))
def nxt(x):
    return next((i for i, v in enumerate(x) if v > 2), None), next(v for v in x if v < 0)


@given((X,))
def concat(x):
    ys = pos(x)
    zs = [v for v in x if v < 0]
    return ys + zs, ys + [x[0]], [x[1]] + zs, ys * 2


@given((X,), (-np.abs(X),))
def by_key(x):
    pairs = [(v, i) for i, v in enumerate(x) if v > 0]
    pairs.sort(key=lambda p: -p[0])
    return pairs, sorted(pairs), sorted(pairs, key=lambda p: p[1] % 2, reverse=True)


@given((X,), (-np.abs(X),))
def extended(x):
    ys = pos(x)
    ys.extend(v for v in x if v < 0)
    ys.extend(gen(x))
    ys.extend([x[0], x[1]])
    ys += pos(x)
    return ys


@given((X, 1), (X, -1), (X, -9), (X, 9))
def computed_slices(x, k):
    ys = pos(x)
    j = int(x[0] * k)
    return ys[j:], ys[:j], ys[j::-1], ys[:j:-1], ys[::3], ys[::-2]


@given((X,), (-np.abs(X),))
def as_indices(x):
    m = np.stack([x, 2 * x], 1)
    at = [i for i, v in enumerate(x) if v > 0]
    y = x.copy()
    y[at] = 0.0
    return x[at], m[at, 1].sum(), m[at].sum(axis=0), len(m[at]), y


@given((X,))
def index_beyond(x):
    return x[[i + 2 for i, v in enumerate(x) if v > 0]]


@pytest.mark.parametrize(("program", "args"), PROGRAMS, ids=lambda v: getattr(v, "__name__", ""))
def test_open_lists(program, args):
    agree(program, *args)


def weighted(x):
    """A sum over sorted and joined parts."""
    low, high = [v for v in x if v < 0], pos(x)
    total = 0.0
    for k, v in enumerate(sorted(low, reverse=True) + high[::-1]):
        total += (k + 1) * v * v
    return total


def test_derivatives():
    def reference(fn):
        return call_reference(anvil.jit(fn), (X,), {}, "O2")

    np.testing.assert_allclose(reference(weighted), weighted(X), rtol=1e-12)
    slope = reference(lambda x: anvil.grad(weighted)(x))
    places = {-1.5: 1, -2.0: 2, 0.5: 3, 3.0: 4, 1.0: 5}
    np.testing.assert_allclose(slope, [2 * places[v] * v for v in X])
    curve = reference(lambda x: anvil.jvp(anvil.grad(weighted), (x,), (np.ones(5),))[1])
    np.testing.assert_allclose(curve, [2.0 * places[v] for v in X])
    assert anvil.jit(weighted)(X) == weighted(X)
    np.testing.assert_allclose(anvil.grad(weighted)(X), slope)
