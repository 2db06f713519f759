"""Lists inside lists that grow at computed indices: buckets, adjacency lists, stacks of stacks."""

from __future__ import annotations

import copy
import itertools
from collections import deque
from dataclasses import dataclass

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.parser.harness import agree

X = np.array([1.1, -2.2, 3.3, 0.57, -1.52, 0.3])
Y = np.array([1.0, -2.0, 3.0, 0.5, -1.5])
K = np.array([0, 2, 1, 2, 0, 2])
E = np.array([[0, 1], [0, 2], [1, 3], [2, 3], [3, 4]])
GRAPH = [[1, 2], [0], [0, 3], [2], [], [1], [0], [2], [3], [4, 5, 6]]
PROGRAMS = []


def given(*argsets):
    """Registers a program with several lists of arguments."""

    def add(program):
        PROGRAMS.extend((program, a if isinstance(a, tuple) else (a,)) for a in argsets)
        return program

    return add


@dataclass
class P:
    x: float
    n: int


def put2(b, j, v):
    b[j].append(v)


def build(k, x, n=3):
    b = [[] for _ in range(n)]
    for i in range(len(k)):
        b[k[i]].append(x[i])
    return b


@given((K, X))
def pop_rows(k, x):
    b = build(k, x)
    t = 0.0
    for i in range(len(k)):
        if b[k[i]]:
            t += (i + 1) * b[k[i]].pop()
    return t, b


@given((K, X))
def in_branch(k, x):
    b = [[] for _ in range(3)]
    for i in range(len(k)):
        if x[i] > 0:
            b[k[i]].append(x[i])
        else:
            b[0].append(-x[i])
    return b


@given((K, X))
def known_and_computed(k, x):
    b = [[] for _ in range(3)]
    b[0].append(3.0)
    for i in range(len(k)):
        b[k[i]].append(x[i])
    b[1].append(2.0)
    b[0][0] = 8.0
    b[k[1]][0] = 5.0
    return b, b[2][-1]


@given((K, X))
def helper(k, x):
    b = [[] for _ in range(3)]

    def put(j, v):
        b[j].append(v)

    for i in range(len(k)):
        put(k[i], x[i] * 2)
    return b


@given((K, X))
def helper2(k, x):
    b = [[] for _ in range(3)]
    for i in range(len(k)):
        put2(b, k[i], x[i] * 2)
    return sum(b[2]), b


@given((K, X))
def objects(k, x):
    ps = [P(v, 0) for v in x]
    cells = [[] for _ in range(3)]
    for i in range(len(ps)):
        cells[k[i]].append(ps[i])
    for c in cells:
        for q in c:
            q.n += len(c)
            q.x *= 2
    return [q.n for q in ps], [q.x for q in ps]


@given((K, X))
def arrays(k, x):
    b = [[] for _ in range(3)]
    for i in range(len(k)):
        b[k[i]].append(np.array([x[i], 1.0]))
    return b[2][1] + b[0][0], len(b[2])


@given((K, X))
def class_graph(k, x):
    class G:
        def __init__(self, n):
            self.n = n
            self.adj = [[] for _ in range(n)]

        def edge(self, u, v):
            self.adj[u].append(v)
            self.adj[v].append(u)

        def degree(self, u):
            return len(self.adj[u])

    g = G(3)
    for i in range(len(k) - 1):
        g.edge(k[i], k[i + 1])
    return [g.degree(i) for i in range(3)], [sum(r) for r in g.adj]


@given((K, X))
def many_buckets(k, x):
    b = [[] for _ in range(100)]
    for i in range(len(k)):
        b[10 * k[i]].append(x[i])
    return b, len(b)


@given((K, X))
def grid(k, x):
    g = [[[] for _ in range(3)] for _ in range(2)]
    for i in range(len(k)):
        g[i % 2][k[i]].append(x[i])
    return [[len(c) for c in r] for r in g], g


@given(
    ([[1, 2], [0], [0, 3], [2], [], [1], [0], [2], [3], [4, 5, 6]], 9),
    ([[1, 2], [0], [0, 3], [2], [], [1], [0], [2], [3], [4, 5, 6]], 1),
)
def literal_graph(graph, s):
    seen = [False] * len(graph)
    stack = [s]
    n = 0
    while stack:
        u = stack.pop()
        if seen[u]:
            continue
        seen[u] = True
        n += 1
        for v in graph[u]:
            stack.append(v)
    return n, seen


@given((K, X))
def same_row_twice(k, x):
    r = []
    b = [r, r, []]
    for i in range(len(k)):
        b[k[i]].append(x[i])
    return b, r


@given((K, X))
def comp_of_comp(k, x):
    return [[x[i] for i in range(len(x)) if k[i] == j] for j in range(3)]


@given((K, X))
def count_dict(k, x):
    b = build(k, x)
    return {"b": b, "t": [(j, len(r)) for j, r in enumerate(b)]}


@given((K, X))
def enum_rows(k, x):
    b = build(k, x)
    t = 0.0
    for j, r in enumerate(b):
        for i, v in enumerate(r):
            t += (j + 1) * (i + 1) * v
    for r, s in itertools.pairwise(b):
        t += len(r) * len(s)
    return t, [v for r in b for v in r]


@given((np.array([3, 1, 0, 2, 5, 3, 9]),))
def buckets_sum(a):
    b = [[] for _ in range(10)]
    for v in a:
        b[v].append(v)
    return [len(x) for x in b]


@given((E,))
def bfs(edges):
    n = 5
    adj = [[] for _ in range(n)]
    for u, v in edges:
        adj[u].append(v)
        adj[v].append(u)
    dist = [-1] * n
    dist[0] = 0
    q = deque([0])
    while q:
        u = q.popleft()
        for v in adj[u]:
            if dist[v] < 0:
                dist[v] = dist[u] + 1
                q.append(v)
    return dist


@given((E,))
def adjacency(edges):
    adj = [[] for _ in range(5)]
    for u, v in edges:
        adj[u].append(int(v))
    return adj


@given((np.array([0, 1, 0, 2, 1]), Y))
def group_sums(labels, x):
    groups = [[] for _ in range(3)]
    for label, v in zip(labels, x, strict=True):
        groups[label].append(v)
    return [sum(g) for g in groups], [len(g) for g in groups]


@given((E,))
def topo(edges):
    n = 5
    indeg = np.zeros(n, int)
    adj = [[] for _ in range(n)]
    for u, v in edges:
        indeg[v] += 1
        adj[u].append(v)
    order = []
    stack = [i for i in range(n) if indeg[i] == 0]
    while stack:
        u = stack.pop()
        order.append(u)
        for v in adj[u]:
            indeg[v] -= 1
            if indeg[v] == 0:
                stack.append(v)
    return order


@given((E,))
def dfs_rec(edges):
    n = 5
    adj = [[] for _ in range(n)]
    for u, v in edges:
        adj[u].append(v)
    seen = np.zeros(n, bool)

    def visit(u):
        seen[u] = True
        for v in adj[u]:
            if not seen[v]:
                visit(v)

    visit(1)
    return seen


@given((np.array([5, 3, 8, 1]),))
def rows_pop(a):
    piles = []
    for v in a:
        k = 0
        while k < len(piles) and piles[k][-1] < v:
            k += 1
        if k == len(piles):
            piles.append([v])
        else:
            piles[k].append(v)
    return len(piles)


@given((np.array([2, 0, 1, 2]),))
def hanoi_pop(src):
    stacks = [[3, 2, 1], [], []]
    for k in src:
        if stacks[0]:
            stacks[k].append(stacks[0].pop())
    return [len(s) for s in stacks]


@given((Y, 1), (Y, 0))
def fn_table(x, k):
    fs = (np.sin, np.cos, lambda v: v * 2)
    t = 0.0
    for i in range(len(x)):
        t += fs[(i + k) % 3](x[i])
    return t


@given((Y,))
def gen_early(x):
    def g():
        for v in x:
            if v > 2:
                return
            yield v

    return [v * 2 for v in g()]


@given((np.array([0, 1, 1, 3]),))
def tree_children(parent):
    ch = [[] for _ in range(5)]
    for i in range(1, len(parent)):
        ch[parent[i]].append(i)

    def size(u):
        s = 1
        for v in ch[u]:
            s += size(v)
        return s

    return size(0), ch


@given((Y,))
def fixed_rows(x):
    hist = [[0.0], [1.0]]
    for v in x:
        hist[0].append(v)
        hist[1].append(v * 2)
    return hist[0][2] + hist[1][3], len(hist[0])


@pytest.mark.parametrize(("program", "args"), PROGRAMS, ids=lambda v: getattr(v, "__name__", ""))
def test_rows_that_grow(program, args):
    agree(program, *args)


def reference(fn, *args):
    return call_reference(anvil.jit(fn), copy.deepcopy(args), {}, "O2")


def spread(x, k):
    """Squared differences to the mean of each bucket."""
    total = 0.0
    for bucket in build(k, x):
        if bucket:
            mean = sum(bucket) / len(bucket)
            for v in bucket:
                total += (v - mean) ** 2
    return total


def test_derivatives_through_buckets():
    np.testing.assert_allclose(reference(spread, X, K), spread(X, K), rtol=1e-12)
    slope = reference(lambda x, k: anvil.grad(spread)(x, k), X, K)
    means = {j: X[j == K].mean() for j in range(3)}
    np.testing.assert_allclose(
        slope, [2 * (v - means[j]) for v, j in zip(X, K, strict=True)], atol=1e-12
    )
    moved = reference(lambda x, k: anvil.jvp(lambda x: spread(x, k), (x,), (np.ones(6),))[1], X, K)
    np.testing.assert_allclose(moved, 0.0, atol=1e-12)


def test_rows_get_more_room_when_they_need_it():
    many = np.arange(300.0)
    labels = np.arange(300) % 2
    compiled = anvil.jit(build)
    got = compiled(labels, many)
    assert [list(map(float, row)) for row in got] == [
        list(map(float, row)) for row in build(labels, many)
    ]
    slope = anvil.grad(spread)(X, K)
    np.testing.assert_allclose(slope, reference(lambda x, k: anvil.grad(spread)(x, k), X, K))


def test_rows_of_unlike_things():
    def mixed(k, x):
        b = [[] for _ in range(3)]
        for i in range(len(k)):
            b[k[i]].append(x[i])
            b[k[i]].append("text")
        return len(b[0])

    with pytest.raises(anvil.AnvilError) as refused:
        reference(mixed, K, X)
    assert refused.value.code == "unlike-elements"
