"""Programs with dicts and sets whose keys the data decide."""

# ruff: noqa: B905, E741, RET504

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import Any

import numpy as np

X = np.array([3.3, 1.2, 3.4, 2.1, 1.6, 3.7])
I = np.array([3, 1, 3, 2, 1, 3])
PROGRAMS: list[tuple[Callable[..., Any], Any]] = []


def program(*given: Any) -> Callable[..., Any]:
    """A function that is compared with Python for these arguments."""

    def add(fn: Callable[..., Any]) -> Callable[..., Any]:
        PROGRAMS.extend((fn, a if isinstance(a, tuple) else (a,)) for a in given)
        return fn

    return add


@program(X)
def count_get(x):
    counts = {}
    for v in x:
        k = int(v)
        counts[k] = counts.get(k, 0) + 1
    return counts


@program(I)
def count_in(x):
    counts = {}
    for v in x:
        if v in counts:
            counts[v] += 1
        else:
            counts[v] = 1
    return counts


@program((I, 5), (I, 4), (I, 100))
def two_sum(nums, target):
    seen = {}
    for i, v in enumerate(nums):
        if target - v in seen:
            return seen[target - v], i
        seen[v] = i
    return -1, -1


@program((X, I))
def group_sum(x, lab):
    sums = defaultdict(float)
    for l, v in zip(lab, x):
        sums[int(l)] += v * v
    return dict(sums)


@program((X, I))
def group_list(x, lab):
    groups = defaultdict(list)
    for l, v in zip(lab, x):
        groups[int(l)].append(v)
    return [sum(g) for g in groups.values()]


@program(I)
def counter_make(x):
    c = Counter(x.tolist())
    return c


@program(I)
def counter_common(x):
    c = Counter(x.tolist())
    return c.most_common(1)[0]


@program(I)
def mode(x):
    counts = {}
    for v in x.tolist():
        counts[v] = counts.get(v, 0) + 1
    best, n = None, 0
    for k, c in counts.items():
        if c > n:
            best, n = k, c
    return best


@program(I)
def mode3(x):
    counts = {}
    for v in x.tolist():
        counts[v] = counts.get(v, 0) + 1
    return max(counts.items(), key=lambda kv: kv[1])[0]


@program(I)
def entropy(x):
    counts = {}
    for v in x.tolist():
        counts[v] = counts.get(v, 0) + 1
    n = len(x)
    h = 0.0
    for c in counts.values():
        q = c / n
        h -= q * np.log(q)
    return h


@program(I)
def uniq_set(x):
    seen = set()
    out = []
    for v in x.tolist():
        if v not in seen:
            seen.add(v)
            out.append(v)
    return out, len(seen)


@program(I)
def set_sorted(x):
    return sorted(set(x.tolist()))


@program((X, 2), (X, 5))
def keyerr(x, k):
    d = {}
    for v in x:
        d[int(v)] = v
    return d[k + 0]


@program(X)
def dcomp(x):
    return {int(v): v * v for v in x}


@program(X)
def scomp(x):
    return sorted({int(v) for v in x})


@program((X,))
def hist2d_ret(x):
    grid = {}
    for i in range(len(x) - 1):
        key = (int(x[i]), int(x[i + 1]))
        grid[key] = grid.get(key, 0.0) + x[i] * x[i + 1]
    return grid


@program(X)
def float_keys(x):
    d = {}
    for i, v in enumerate(x):
        d[v] = i
    return d


@program(X)
def del_key(x):
    d = {}
    for v in x:
        d[int(v)] = v
    del d[int(x[0])]
    return d


@program(X)
def pop_key(x):
    d = {}
    for v in x:
        d[int(v)] = v
    a = d.pop(int(x[1]))
    b = d.pop(77, -1.0)
    return a, b, len(d)


@program((X, I))
def arr_values(x, lab):
    d = {}
    for l, v in zip(lab, x):
        k = int(l)
        if k not in d:
            d[k] = np.zeros(2)
        d[k][0] += v
        d[k][1] += v * v
    return sum(a[1] - a[0] for a in d.values())


@program((I, np.array([2, 3, 9])))
def inter(a, b):
    s = set(a.tolist())
    return [v for v in b.tolist() if v in s]


@program((I, np.array([2, 3, 9])))
def setops(a, b):
    s, t = set(a.tolist()), set(b.tolist())
    return len(s & t), len(s | t), sorted(s - t), s & t == {2, 3}


@program(I)
def ret_set(a):
    return set(a.tolist())


@program(I)
def cumul(a):
    pref = {0: 1}
    s = 0
    n = 0
    for v in a.tolist():
        s += v
        n += pref.get(s - 4, 0)
        pref[s] = pref.get(s, 0) + 1
    return n


@program(I)
def lru(a):
    cache = {}
    hits = 0
    for v in a.tolist():
        if v in cache:
            hits += 1
            del cache[v]
        elif len(cache) >= 2:
            del cache[next(iter(cache))]
        cache[v] = True
    return hits, list(cache)


@program(I)
def index_map(a):
    return {v: i for i, v in enumerate(np.unique(a))}


@program((np.array([[0, 1], [1, 2], [0, 3]]), 0))
def adj_bfs(edges, s):
    adj = {}
    for u, v in edges.tolist():
        adj.setdefault(u, []).append(v)
        adj.setdefault(v, []).append(u)
    seen = {s}
    q = deque([s])
    order = []
    while q:
        u = q.popleft()
        order.append(u)
        for v in adj[u]:
            if v not in seen:
                seen.add(v)
                q.append(v)
    return order


@program((X, I))
def inv(x, lab):
    d = {}
    for l, v in zip(lab.tolist(), x):
        d[l] = v
    return {v: k for k, v in d.items()}


@program((X, I))
def mean_by(x, lab):
    tot, cnt = defaultdict(float), defaultdict(int)
    for l, v in zip(lab.tolist(), x):
        tot[l] += v
        cnt[l] += 1
    return {k: tot[k] / cnt[k] for k in tot}


@program((X, I))
def dict_tuple(x, lab):
    d = {}
    for l, v in zip(lab.tolist(), x):
        lo, hi = d.get(l, (v, v))
        d[l] = (min(lo, v), max(hi, v * 2))
    return d


@program(X)
def update_(x):
    d = {}
    for v in x:
        d.update({int(v): v})
    return d


@program(X)
def known_mix(x):
    d = {1: 10.0, 2: 20.0}
    d[int(x[0])] = 5.0
    return d


@program(X)
def key_err_catch(x):
    d = {}
    s = 0.0
    for v in x:
        try:
            s += d[int(v)]
        except KeyError:
            d[int(v)] = v * 2
    return s


@program(X)
def dict_sorted_items(x):
    d = {}
    for v in x:
        d[int(v)] = d.get(int(v), 0.0) + v
    return sorted(d.items())


@program(X)
def dict_list(x):
    d = {}
    for v in x:
        d[int(v)] = d.get(int(v), 0.0) + v
    return list(d), list(d.keys()), list(d.values()), list(d.items()), bool(d), 3 in d
