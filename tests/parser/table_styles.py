"""More programs with dicts and sets whose keys the data decide, in several styles."""

# ruff: noqa: B007, B905, C401, C402, SIM102

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from dataclasses import dataclass

import numpy as np

from tests.parser.table_programs import I, X, program


@program((X,))
def graph_weights(x):
    w = {}
    for i in range(len(x) - 1):
        a, b = int(x[i]), int(x[i + 1])
        w[(a, b)] = x[i] * x[i + 1]
        w[(b, a)] = w[a, b]
    tot = 0.0
    for (a, b), v in w.items():
        if a < b:
            tot += v
    return tot


@program((X,))
def norm_counts(x):
    c = {}
    for v in x:
        k = int(v)
        c[k] = c.get(k, 0) + 1
    n = sum(c.values())
    for k in c:
        c[k] /= n
    return c


@program((X,))
def norm_counts2(x):
    c = {}
    for v in x:
        k = int(v)
        c[k] = c.get(k, 0) + 1
    return {k: v / len(x) for k, v in c.items()}


@program((X,))
def norm_items(x):
    c = {}
    for v in x:
        c[int(v)] = v
    for k, v in c.items():
        c[k] = v * 2
    return c


@program((X,))
def size_change(x):
    c = {}
    for v in x:
        c[int(v)] = v
    for k in c:
        c[k + 10] = 1.0
    return len(c)


@program((X,))
def counter_ops(x):
    a = Counter(int(v) for v in x)
    b = Counter([1, 1, 2])
    return a + b, a - b, a.total(), a[99]


class LRU:
    def __init__(self, size):
        self.size = size
        self.data = OrderedDict()
        self.hits = 0

    def get(self, k):
        if k in self.data:
            self.hits += 1
            self.data.move_to_end(k)
            return self.data[k]
        return None

    def put(self, k, v):
        self.data[k] = v
        if len(self.data) > self.size:
            self.data.popitem(last=False)


@program((X,))
def lru_class(x):
    c = LRU(2)
    s = 0.0
    for v in x:
        k = int(v)
        got = c.get(k)
        if got is None:
            c.put(k, v * v)
        else:
            s += got
    return s, c.hits, len(c.data)


class Memo:
    def __init__(self, f):
        self.f = f
        self.cache = {}

    def __call__(self, k):
        if k not in self.cache:
            self.cache[k] = self.f(k)
        return self.cache[k]


@program((X, I))
def sparse_vec(x, idx):
    v = {}
    for i, a in zip(idx, x):
        v[int(i)] = v.get(int(i), 0.0) + a
    w = {1: 2.0, 3: 4.0}
    return sum(a * w.get(i, 0.0) for i, a in v.items())


@program((X,))
def two_sets(x):
    seen, dup = set(), set()
    for v in x:
        k = int(v)
        if k in seen:
            dup.add(k)
        else:
            seen.add(k)
    return len(seen), len(dup), sorted(dup), seen - dup == {2}


@program((X,))
def set_iter(x):
    s = {int(v) for v in x}
    t = 0
    for k in s:
        t = t * 10 + k
    return t, max(s), min(s), sum(s), len(s), 2 in s


@program((X,))
def set_discard(x):
    s = set(int(v) for v in x)
    s.discard(3)
    s.discard(77)
    s.remove(1)
    return s


@program((X,))
def set_remove_err(x):
    s = set(int(v) for v in x)
    s.remove(int(x[0]) + 50)
    return len(s)


@program((X,))
def set_update(x):
    s = set()
    s.update(int(v) for v in x)
    s |= {7, 8}
    s &= {1, 7, 9}
    return s, s.issubset({1, 7, 5}), s.isdisjoint([5])


@program((X,))
def coords(x):
    seen = {(0, 0)}
    a = b = 0
    for v in x:
        if v > 2:
            a += 1
        else:
            b -= 1
        seen.add((a, b))
    return len(seen), (1, 0) in seen


@program((X,))
def default_int(x):
    d = defaultdict(int)
    for v in x:
        d[round(v)] += 1
    return d, d[100], len(d)


@program((X,))
def default_lambda(x):
    d = defaultdict(lambda: 1.0)
    for v in x:
        d[int(v)] *= v
    return dict(d)


@program((X,))
def default_list_sorted(x):
    d = defaultdict(list)
    for v in x:
        d[int(v)].append(v)
    return sorted((k, len(v), max(v)) for k, v in d.items())


@program((X,))
def default_list_mean(x):
    d = defaultdict(list)
    for v in x:
        d[int(v)].append(v)
    return {k: sum(v) / len(v) for k, v in d.items()}


@dataclass
class Stats:
    n: int = 0
    s: float = 0.0

    def add(self, v):
        self.n += 1
        self.s += v


@program((X,))
def default_obj(x):
    d = defaultdict(Stats)
    for v in x:
        d[int(v)].add(v)
    return sum(st.s / st.n for st in d.values())


@program((X,))
def dict_from_pairs(x):
    return dict((int(v), v) for v in x)


@program((X,))
def copy_dict(x):
    d = {}
    for v in x:
        d[int(v)] = v
    e = d.copy()
    e[99] = 1.0
    f = dict(d)
    f.pop(3)
    g = {**d, 5: 0.5}
    h = d | {7: 1.0}
    return len(d), len(e), len(f), len(g), len(h), d == e, d == dict(d)


@program((X,))
def dict_clear(x):
    d = {}
    n = 0
    for v in x:
        if v > 3.5:
            n += len(d)
            d.clear()
        d[int(v)] = v
    return n, d


@program((X, 3))
def knap(x, cap):
    best = {0: 0.0}
    for i, v in enumerate(x):
        new = dict(best)
        for w, val in best.items():
            w2 = w + int(v)
            if w2 <= 8:
                if w2 not in new or new[w2] < val + v:
                    new[w2] = val + v
        best = new
    return max(best.values())


@program((X,))
def state_prob(x):
    dist = {0: 1.0}
    for v in x[:4]:
        nxt = {}
        for s, q in dist.items():
            up, dn = s + int(v), s - 1
            nxt[up] = nxt.get(up, 0.0) + 0.5 * q * v
            nxt[dn] = nxt.get(dn, 0.0) + 0.5 * q
        dist = nxt
    return sum(s * q for s, q in dist.items())


@program((X,))
def in_values(x):
    d = {}
    for v in x:
        d[int(v)] = v
    return (
        3.7 in d.values(),
        list(d.keys()),
        next(iter(d)),
        next(iter(d.values())),
        list(reversed(list(d))),
    )


@program((X,))
def min_key(x):
    d = {}
    for v in x:
        d[int(v)] = v
    return (
        min(d, key=d.get),
        max(d, key=lambda k: d[k] * k),
        sorted(d, key=d.get, reverse=True),
        min(d.items()),
    )


@program((X,))
def err_type(x):
    d = {}
    for v in x:
        d[int(v)] = v
    return d[17]


@program((X,))
def popitem_(x):
    d = {}
    for v in x:
        d[int(v)] = v
    a = d.popitem()
    return a, len(d)


@program((X,))
def f_string(x):
    d = {}
    for v in x:
        d[int(v)] = d.get(int(v), 0) + 1
    return f"{len(d)} keys, most {max(d.values())}"


@program((X,))
def enumerate_items(x):
    d = {}
    for v in x:
        d[int(v)] = v
    return [(i, k * v) for i, (k, v) in enumerate(d.items())]


@program((X,))
def arr_from(x):
    d = {}
    for v in x:
        d[int(v)] = v
    a = np.array(list(d.values()))
    return a.mean(), a, np.array(list(d))


@program((X,))
def rank(x):
    r = {v: i for i, v in enumerate(sorted(set(x.tolist())))}
    return [r[v] for v in x.tolist()]


@program((X,))
def edges_set(x):
    e = set()
    for i in range(len(x)):
        for j in range(i):
            e.add((int(x[i]), int(x[j])))
    return len(e), sum(a * b for a, b in sorted(e))


@program((X,))
def first_seen(x):
    first = {}
    for i, v in enumerate(x):
        first.setdefault(int(v), i)
    return first


@program((X,))
def while_pop(x):
    todo = {int(v) for v in x}
    n = 0
    while todo:
        k = min(todo)
        todo.remove(k)
        n = n * 10 + k
    return n
