"""Functions with dicts and sets in dicts and lists, all keys of which the data decide; counters,
views of dicts as sets, and deques whose length the data decide.
"""

# ruff: noqa: B905

from __future__ import annotations

import heapq
import math
from collections import Counter, OrderedDict, defaultdict, deque

import numpy as np

from tests.parser.table_programs import program

E = np.array([[0, 1], [1, 2], [2, 0], [3, 1], [3, 4], [4, 2]]) + 0.25
W = np.array([1.5, 2.0, 0.5, 3.0, 1.0, 2.5])
K = np.array([3.25, 1.25, 2.25, 1.25, 3.25, 3.25])
V = np.array([1.25, 2.25, 3.25, 4.25, 5.25, 6.25])


def ends(e):
    return int(e[0]), int(e[1])


@program((E, W))
def graph_in(edges, w):
    g = {}
    for e, c in zip(edges, w):
        u, v = ends(e)
        if u not in g:
            g[u] = {}
        g[u][v] = c
    total = 0.0
    for u in g:
        for v in g[u]:
            total += g[u][v] * (u + 1)
    return total


@program((E, W))
def graph_setdefault(edges, w):
    g = {}
    for k in range(len(edges)):
        u, v = ends(edges[k])
        g.setdefault(u, {})[v] = w[k]
        g.setdefault(v, {})[u] = w[k]
    return g[2][0] * g[1][3], len(g), len(g[1]), {u: len(row) for u, row in g.items()}


@program((E, W))
def graph_missing(edges, w):
    g = defaultdict(lambda: defaultdict(float))
    for e, c in zip(edges, w.tolist()):
        u, v = ends(e)
        g[u][v] += c
        g[v][u] += 2 * c
    return g[0][1], g[1][0], g[4][3], g[7][8]


@program((E, W))
def graph_key_error(edges, w):
    g = defaultdict(dict)
    for e, c in zip(edges, w):
        u, v = ends(e)
        g[u][v] = c
    return g[0][1] + g[4][0]


@program((E,))
def neighbours(edges):
    near = defaultdict(set)
    for e in edges:
        u, v = ends(e)
        near[u].add(v)
        near[v].add(u)
    triangles = 0
    for u in near:
        for v in near[u]:
            triangles += len(near[u] & near[v])
    return triangles // 6, sorted(near[1] - {0})


@program((E,))
def distances(edges):
    near = {}
    for e in edges:
        u, v = ends(e)
        near.setdefault(u, set()).add(v)
        near.setdefault(v, set()).add(u)
    found, queue = {0: 0}, deque([0])
    while queue:
        u = queue.popleft()
        for v in sorted(near[u]):
            if v not in found:
                found[v] = found[u] + 1
                queue.append(v)
    return found


@program((K, V))
def table(k, x):
    t = {}
    for i in range(len(k) - 1):
        a, b = int(k[i]), int(k[i + 1])
        t.setdefault(a, {}).setdefault(b, 0.0)
        t[a][b] += x[i]
    return [(a, b, v) for a, row in t.items() for b, v in row.items()]


@program((K, V))
def lists_inside(k, x):
    d = defaultdict(lambda: defaultdict(list))
    for a, v in zip(k, x.tolist()):
        d[int(a)][int(v) % 2].append(v)
    return sum(sum(g) * len(g) for row in d.values() for g in row.values()), len(d[1][0])


@program((K, V))
def returned(k, x):
    d = defaultdict(dict)
    for a, v in zip(k, x.tolist()):
        d[int(a)][int(v) % 3] = v * v
    return d, {a: {b: [v] for b, v in row.items()} for a, row in d.items()}


@program((K, V))
def list_of_dicts(k, x):
    ds = [{} for _ in range(4)]
    for a, v in zip(k, x.tolist()):
        ds[int(a)][int(v)] = v
    return [len(d) for d in ds], ds[3][5] * ds[1][2], 4 in ds[1], 4 in ds[3]


@program((K, V))
def list_of_sets(k, x):
    ss = [set() for _ in range(4)]
    for a, v in zip(k, x):
        ss[int(a)].add(int(v) % 2)
    return [len(s) for s in ss]


@program((K, V))
def aliases(k, x):
    d = {}
    for a, v in zip(k, x.tolist()):
        row = d.setdefault(int(a), {})
        row[int(v)] = v
        same = d[int(a)]
        same[int(v)] += 1.0
        row[int(v)] *= 2.0
    row = d[3]
    del row[5]
    row.update({9: 1.0})
    return list(d[3].items()), d[3].pop(9), len(row), d[3].get(5, -1.0)


@program((K, V))
def normalised(k, x):
    counts = {}
    for i in range(len(k) - 1):
        a, b = math.floor(k[i]), math.floor(k[i + 1])
        if a not in counts:
            counts[a] = {}
        if b not in counts[a]:
            counts[a][b] = 0.0
        counts[a][b] += x[i]
    for a in counts:
        total = sum(counts[a].values())
        for b in counts[a]:
            counts[a][b] /= total
    return counts[3][1], counts[1][2], len(counts)


@program((K, V))
def weights(k, x):
    c = Counter()
    for a, v in zip(k, x.tolist()):
        c[int(a)] += v - 2.5
    return list((+c).items()), list((-c).items()), c.most_common(1)


@program((K, V[:3]), (K, K), (K, K[1:]))
def counters_compared(k, x):
    a, b = Counter(map(int, k)), Counter(map(int, x))
    b[9] += 0
    return a <= b, a == b, a >= b, Counter([1]) <= a, a < b, a > b, a != b


@program((K, V))
def counters_in_place(k, x):
    a, b = Counter(map(int, k)), Counter(map(int, x))
    alias = a
    a += b
    a -= Counter([3])
    c = Counter(map(int, k))
    c &= a
    c |= b
    return a, c, alias, alias is a


@program((K, V))
def views_as_sets(k, x):
    d = {int(a): v for a, v in zip(k, x)}
    e = {1: 0.5, 9: 2.0}
    total = sum(d[i] * e[i] for i in d.keys() & e.keys())
    same = d.keys() == {1, 2, 3}, d.keys() >= {1}, d.keys() != e.keys()
    return total, sorted(d.keys() | {5}), sorted(d.keys() - e.keys()), same, d.keys() - [3]


@program((K,))
def ordered_equal(k):
    a = OrderedDict((int(v), 1) for v in k)
    b = OrderedDict((int(v), 1) for v in sorted(k))
    return a == b, a == dict(b), a != b, a == a.copy()


@program((V,))
def bounded(x):
    q, means = deque(maxlen=2), []
    for v in x.tolist():
        if v > 1.5 and not 4.0 < v < 5.0:
            q.append(v)
        if len(q) == q.maxlen:
            a, b = q
            means.append(0.5 * (a + b))
    q.extend(v for v in x.tolist() if v < 2.5)
    return list(q), means


@program((V, 1), (V, -7))
def rotated(x, n):
    q = deque()
    for v in x.tolist():
        if v > 1.5:
            q.appendleft(v)
    for i in range(len(x)):
        q.rotate(n if x[i] > 2.5 else i)
    r = q.copy()
    r.append(0.0)
    return list(q), r[0], len(r)


@program((V[:1],), (V,))
def full(x):
    q = deque(maxlen=2)
    for v in x:
        if v > 0.5:
            q.append(v)
    q.insert(0, 1.0)
    return len(q)


@program((E, W, 0, 3))
def dijkstra(edges, w, start, goal):
    near = defaultdict(dict)
    for e, c in zip(edges, w.tolist()):
        u, v = ends(e)
        near[u][v] = near[v][u] = c
    best, heap, before = {start: 0.0}, [(0.0, start)], {}
    while heap:
        d, u = heapq.heappop(heap)
        if d > best[u]:
            continue
        for v, c in near[u].items():
            if d + c < best.get(v, math.inf):
                best[v] = d + c
                before[v] = u
                heapq.heappush(heap, (d + c, v))
    path = [goal]
    while path[-1] != start:
        path.append(before[path[-1]])
    return best[goal], path[::-1]


@program((K, V))
def arrays_missing(k, x):
    d = defaultdict(lambda: np.zeros(2))
    for a, v in zip(k, x):
        d[int(a)] += np.array([v, v * v])
    return [d[a][0] * d[a][1] for a in (1, 2, 3)]


@program((K, V))
def arrays_written(k, x):
    d = {}
    for a, v in zip(k, x):
        if int(a) not in d:
            d[int(a)] = np.zeros(2)
        d[int(a)][0] += v
        d[int(a)][1] *= 2.0
    return [d[a] for a in (1, 2, 3)]


@program((K, V))
def kept_alias(k, x):
    outer = {}
    inner = {}
    for a, v in zip(k, x.tolist()):
        inner[int(a)] = v
    outer[int(x[0])] = inner
    inner[9] = 7.0
    return len(outer[1]), outer[1][9], len(inner)


@program((K, V))
def twice(k, x):
    inner = {}
    for a, v in zip(k, x.tolist()):
        inner[int(a)] = v
    outer = {int(x[0]): inner, int(x[1]): inner}
    outer[int(x[1])][8] = 2.0
    return len(outer[1]), len(inner), outer[1] is outer[2]


@program((K, V))
def copied(k, x):
    d = defaultdict(dict)
    for a, v in zip(k, x.tolist()):
        d[int(a)][int(v)] = v
    c = {a: dict(r) for a, r in d.items()}
    c[3][100] = 1.0
    e = d[3].copy()
    e[101] = 1.0
    return len(d[3]), len(c[3]), len(e)


@program((K, V))
def swapped(k, x):
    d = defaultdict(dict)
    for a, v in zip(k, x.tolist()):
        d[int(a)][int(v)] = v
    d[1], d[3] = d[3], d[1]
    d[1][50] = 1.0
    old = d[2]
    d[2] = {}
    old[7] = 3.0
    return [len(d[a]) for a in (1, 2, 3)], len(old)
