# ruff: noqa: B007, B023, E741
"""Generators, graphs, trees and the containers of other authors."""

from __future__ import annotations

import functools
import math
import operator
from collections import ChainMap, defaultdict, deque
from collections.abc import MutableMapping
from functools import (
    partial,
    reduce,
)
from itertools import (
    accumulate,
)
from operator import mul

import numpy as np

from tests.corpus.entries import entry

rng = np.random.default_rng(0)


def read(xs):
    yield from xs


def window(it, n):
    buf = deque(maxlen=n)
    for x in it:
        buf.append(x)
        if len(buf) == n:
            yield tuple(buf)


def smooth(it):
    for w in it:
        yield sum(w) / len(w)


def only(pred, it):
    return (x for x in it if pred(x))


@entry(np.array([1.0, 4.0, -2.0, 6.0, 3.5]))
def pipeline(x):
    g = only(lambda v: v > 1.5, smooth(window(read(x), 2)))
    return sum(v**2 for v in g)


def make_pid(kp, ki, kd):
    integral = 0.0
    prev = None

    def step(err, dt):
        nonlocal integral, prev
        integral += err * dt
        der = 0.0 if prev is None else (err - prev) / dt
        prev = err
        return kp * err + ki * integral + kd * der

    def reset():
        nonlocal integral, prev
        integral, prev = 0.0, None

    step.reset = reset
    return step


@entry(2.0, 0.5, 0.1, 1.0)
def pid(kp, ki, kd, target):
    ctl = make_pid(kp, ki, kd)
    y = v = 0.0
    hist = []
    for i in range(20):
        u = ctl(target - y, 0.05)
        v += 0.05 * (u - v)
        y += 0.05 * v
        hist.append(y)
    ctl.reset()
    return hist, ctl(1.0, 1.0)


class DSU:
    def __init__(self, n):
        self.parent = list(range(n))
        self.rank = [0] * n
        self.components = n

    def find(self, x):
        while self.parent[x] != x:
            self.parent[x] = self.parent[self.parent[x]]
            x = self.parent[x]
        return x

    def union(self, a, b):
        ra, rb = self.find(a), self.find(b)
        if ra == rb:
            return False
        if self.rank[ra] < self.rank[rb]:
            ra, rb = rb, ra
        self.parent[rb] = ra
        if self.rank[ra] == self.rank[rb]:
            self.rank[ra] += 1
        self.components -= 1
        return True


@entry(rng.normal(size=(6, 2)))
def mst(pts):
    n = len(pts)
    edges = sorted(
        (float(np.hypot(*(pts[i] - pts[j]))), i, j) for i in range(n) for j in range(i + 1, n)
    )
    dsu = DSU(n)
    total, chosen = 0.0, []
    for wgt, i, j in edges:
        if dsu.union(i, j):
            total += wgt
            chosen.append((i, j))
        if dsu.components == 1:
            break
    return total, chosen


TASKS = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"], "e": ["d", "a"]}


@entry({"a": 1.0, "b": 2.5, "c": 3.0, "d": 0.5, "e": 1.0})
def critical_path(dur):
    indeg = {k: len(v) for k, v in TASKS.items()}
    succ = defaultdict(list)
    for k, deps in TASKS.items():
        for d in deps:
            succ[d].append(k)
    ready = deque(k for k, d in indeg.items() if d == 0)
    finish = {}
    order = []
    while ready:
        k = ready.popleft()
        order.append(k)
        start = max((finish[d] for d in TASKS[k]), default=0.0)
        finish[k] = start + dur[k]
        for s in succ[k]:
            indeg[s] -= 1
            if indeg[s] == 0:
                ready.append(s)
    return finish, max(finish, key=finish.get), order


@entry(1.0, 1.5, 0.7)
def edit(ins, dele, sub):
    a, b = "kitten", "sitting"

    @functools.cache
    def d(i, j):
        if i == 0:
            return j * ins
        if j == 0:
            return i * dele
        if a[i - 1] == b[j - 1]:
            return d(i - 1, j - 1)
        return min(d(i - 1, j) + dele, d(i, j - 1) + ins, d(i - 1, j - 1) + sub)

    return d(len(a), len(b))


GRAMMAR = {("NP", "VP"): "S", ("V", "NP"): "VP", ("Det", "N"): "NP"}


LEX = {"the": {"Det"}, "dog": {"N", "V"}, "saw": {"V", "N"}, "cat": {"N"}}


@entry({"S": 0.9, "VP": 0.5, "NP": 0.7})
def cyk(prob):
    words = ["the", "dog", "saw", "the", "cat"]
    n = len(words)
    table = [[{} for _ in range(n + 1)] for _ in range(n)]
    for i, w in enumerate(words):
        for tag in sorted(LEX[w]):
            table[i][i + 1][tag] = 1.0
    for span in range(2, n + 1):
        for i in range(n - span + 1):
            j = i + span
            for k in range(i + 1, j):
                for l, pl in table[i][k].items():
                    for r, pr in table[k][j].items():
                        if (l, r) in GRAMMAR:
                            head = GRAMMAR[l, r]
                            cand = pl * pr * prob[head]
                            table[i][j][head] = max(cand, table[i][j].get(head, 0.0))
    return table[0][n]["S"]


class Node:
    __slots__ = "key", "left", "right", "val"

    def __init__(self, key, val):
        self.key, self.val, self.left, self.right = key, val, None, None


class BST:
    def __init__(self):
        self.root = None
        self.size = 0

    def insert(self, key, val):
        if self.root is None:
            self.root = Node(key, val)
        else:
            cur = self.root
            while True:
                if key == cur.key:
                    cur.val = val
                    return
                nxt = cur.left if key < cur.key else cur.right
                if nxt is None:
                    if key < cur.key:
                        cur.left = Node(key, val)
                    else:
                        cur.right = Node(key, val)
                    break
                cur = nxt
        self.size += 1

    def items(self):
        def walk(n):
            if n is not None:
                yield from walk(n.left)
                yield n.key, n.val
                yield from walk(n.right)

        yield from walk(self.root)

    def height(self):
        def h(n):
            return 0 if n is None else 1 + max(h(n.left), h(n.right))

        return h(self.root)


@entry(1.0, 2.0, 3.0)
def bst_known(a, b, c):
    t = BST()
    for k, v in zip([5, 2, 8, 1, 9, 3], [a, b, c, a * b, b * c, a * c], strict=False):
        t.insert(k, v)
    return list(t.items()), t.height(), t.size


class Cell:
    def __init__(self, v, nxt=None):
        self.v = v
        self.next = nxt


class LinkedList:
    def __init__(self, it=()):
        self.head = None
        for v in it:
            self.push(v)

    def push(self, v):
        self.head = Cell(v, self.head)

    def __iter__(self):
        c = self.head
        while c:
            yield c.v
            c = c.next

    def reverse(self):
        prev, c = None, self.head
        while c is not None:
            c.next, prev, c = prev, c, c.next
        self.head = prev
        return self

    def __len__(self):
        return sum(1 for _ in self)


@entry(1.0, 2.0, 3.0)
def linked(a, b, c):
    l = LinkedList([a, b, c, a * c])
    fwd = list(l)
    l.reverse()
    return fwd, [v * i for i, v in enumerate(l)], len(l)


DEFAULTS = {"lr": 0.1, "beta": 0.9, "steps": 3}


@entry(2.0, 0.05)
def config(x, lr):
    cfg = ChainMap({"lr": lr}, {"beta": 0.5}, DEFAULTS)

    def train(x, *, lr, beta, steps, **rest):
        v = 0.0
        for _ in range(steps):
            v = beta * v - lr * 2 * x
            x += v
        return x, sorted(rest)

    a = train(x, **cfg)
    b = train(x, **(DEFAULTS | {"extra": 1, "lr": lr * 2}))
    c = train(x, **{**DEFAULTS, "beta": 0.0})
    return (
        a,
        b,
        c,
        "lr" in cfg,
        cfg.maps[0],
        len(cfg),
        dict(cfg) == {**DEFAULTS, "lr": lr, "beta": 0.5},
    )


class Params(MutableMapping):
    def __init__(self, **kw):
        self._d = dict(kw)

    def __getitem__(self, k):
        return self._d[k]

    def __setitem__(self, k, v):
        self._d[k] = v

    def __delitem__(self, k):
        del self._d[k]

    def __iter__(self):
        return iter(self._d)

    def __len__(self):
        return len(self._d)

    def __getattr__(self, k):
        try:
            return self.__dict__["_d"][k]
        except KeyError:
            raise AttributeError(k) from None


@entry(1.0, 2.0)
def mapping(a, b):
    q = Params(a=a, b=b)
    q["c"] = q.a * q["b"]
    q.update(b=b + 1)
    del q["a"]
    s = q.setdefault("d", 5.0)
    return (
        dict(q.items()),
        len(q),
        q.get("zz", -1.0),
        "b" in q,
        q.pop("c"),
        list(q.keys()),
        sum(q.values()),
        s,
        hasattr(q, "nope"),
    )


def compose(*fs):
    return reduce(lambda f, g: lambda x: g(f(x)), fs)


@entry(0.5)
def functional(x):
    pipe = compose(math.sin, lambda v: v**2, partial(pow, 2.0), lambda v: v + x)
    xs = list(map(pipe, (x, x + 1)))
    return (
        xs,
        sum(map(mul, xs, reversed(xs))),
        list(filter(lambda v: v > 1, [1, 2, 3])),
        reduce(operator.add, accumulate(xs)),
    )


class Subject:
    def __init__(self):
        self._obs = []

    def attach(self, f):
        self._obs.append(f)
        return lambda: self._obs.remove(f)

    def notify(self, *a, **k):
        for f in list(self._obs):
            f(*a, **k)


@entry(1.0)
def observer(x):
    log = []
    s = Subject()
    s.attach(lambda v, *, w=1.0: log.append(v * w))
    d2 = s.attach(log.append)
    s.notify(x)
    d2()
    s.notify(x + 1, w=3.0)
    return log, len(s._obs)


@entry(2.0)
def late_binding(x):
    fs = []
    for i in range(3):
        fs.append(lambda v: v * i + x)
    x = 10.0
    return [f(1.0) for f in fs]


@entry(2.0)
def gen_return(x):
    def inner():
        yield 1.0
        yield x
        return x * 10

    def outer():
        r = yield from inner()
        yield r
        try:
            yield 5.0
        finally:
            pass

    return list(outer()), sum(outer())


@entry(2.0)
def trie(x):
    root = {}
    for i, word in enumerate(["car", "cat", "dog"]):
        node = root
        for ch in word:
            node = node.setdefault(ch, {})
        node["$"] = x * i

    def walk(n, depth=0):
        return sum(v if k == "$" else walk(v, depth + 1) for k, v in n.items())

    return walk(root), root["c"]["a"]["t"]["$"], len(root)
