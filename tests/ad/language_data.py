"""Functions to differentiate over lists, arrays that are written, windows, sorting and records."""

from __future__ import annotations

import bisect
import functools
import heapq
import itertools
import math
from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from tests.ad.language_control import P, program

W = np.array([0.3, 1.1, -0.7, 0.9, 2.2, -1.6, 0.5])


@program(0.7, 0)
@program(0.7, 1)
@program(0.7, 40)
def appended(x: float, n: int) -> Any:
    ys = [x]
    for _ in range(n):
        ys.append(math.sin(ys[-1]) + 0.1 * x)
    return sum(ys) + ys[n // 2] * ys[-1]


@program(W)
def append_if(v: Any) -> Any:
    kept = []
    for x in v:
        if x > 0:
            kept.append(x**2)
    total = 0.0
    for i in range(len(kept)):
        total += kept[i] * (i + 1)
    return total


@program(W, np.array([3, 0, 6, 3]))
def list_at_data(v: Any, ks: Any) -> Any:
    items = [v[0] * v[1], v[2] ** 2, math.exp(v[3]), v[4] * 2, v[5] * v[0], v[6], v[1]]
    total = 0.0
    for k in ks:
        total += items[k] * items[-1 - k]
        items[k] = items[k] * 0.5 + total
    return total + sum(items)


@program(P, 12)
def fibonacci_list(v: Any, n: int) -> Any:
    f = [v[0], v[1]]
    for i in range(2, n):
        f.append(0.6 * f[i - 1] + 0.3 * f[i - 2] * v[2])
    return f[-1]


@program(W, np.array([0.2, -0.4, 1.0, 0.6]))
def edit_distance(v: Any, w: Any) -> Any:
    n, m = len(v), len(w)
    d = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(1, n + 1):
        d[i][0] = d[i - 1][0] + 1.0
    for j in range(1, m + 1):
        d[0][j] = d[0][j - 1] + 1.1
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            cost = (v[i - 1] - w[j - 1]) ** 2
            d[i][j] = min(d[i - 1][j] + 1.0, d[i][j - 1] + 1.1, d[i - 1][j - 1] + cost)
    return d[n][m]


@program(W, np.array([0.2, -0.4, 1.0, 0.6]))
def dtw(v: Any, w: Any) -> Any:
    n, m = len(v), len(w)
    d = np.full((n + 1, m + 1), np.inf)
    d[0, 0] = 0.0
    for i in range(n):
        for j in range(m):
            c = abs(v[i] - w[j]) ** 1.5
            d[i + 1, j + 1] = c + min(d[i, j + 1], d[i + 1, j], d[i, j])
    return d[n, m]


@program(P, np.array([2, 3, 1, 2]), 7)
def knapsack(values: Any, sizes: Any, room: int) -> Any:
    best = [0.0] * (room + 1)
    for i in range(len(values)):
        for c in range(room, int(sizes[i]) - 1, -1):
            best[c] = max(best[c], best[c - int(sizes[i])] + values[i] ** 2)
    return best[-1]


@program(P)
def viterbi(v: Any) -> Any:
    states = range(3)
    score = [v[0] * s for s in states]
    for t in range(1, 4):
        score = [
            max(score[q] - abs(q - s) * v[1] for q in states) + math.sin(v[t] * s) for s in states
        ]
    return max(score)


@program(W)
def argsort_loss(v: Any) -> Any:
    order = np.argsort(v)
    return np.sum(v[order] * np.arange(len(v)) ** 2) + v[order[0]] * v[order[-1]]


@program(W)
def sorted_list(v: Any) -> Any:
    s = sorted(v, key=lambda t: -t * t)
    return sum(x * (i + 1) ** 2 for i, x in enumerate(s)) * s[0]


@program(W)
def sort_in_place(v: Any) -> Any:
    a = [x * x for x in v]
    a.sort(reverse=True)
    return a[0] * a[1] + a[-1] ** 2 + a[len(a) // 2]


@program(W)
def insertion_sort(v: Any) -> Any:
    a = v.copy()
    for i in range(1, len(a)):
        x = a[i]
        j = i - 1
        while j >= 0 and a[j] > x:
            a[j + 1] = a[j]
            j -= 1
        a[j + 1] = x
    return np.sum(a * np.arange(1.0, 8.0))


@program(W)
def bubble_sort_list(v: Any) -> Any:
    a = [float(x) for x in v]
    swapped = True
    while swapped:
        swapped = False
        for i in range(len(a) - 1):
            if a[i] > a[i + 1]:
                a[i], a[i + 1] = a[i + 1], a[i]
                swapped = True
    return sum(i * x**2 for i, x in enumerate(a))


@program(W)
def list_to_array(v: Any) -> Any:
    rows = []
    for i in range(4):
        rows.append(v[i : i + 3] * (i + 1))
    m = np.array(rows)
    return np.sum(m @ m.T)


@program(W, 2)
def dynamic_window(v: Any, n: int) -> Any:
    total = 0.0
    for i in range(len(v)):
        lo, hi = max(0, i - n), min(len(v), i + n + 1)
        total += v[lo:hi].mean() * v[i]
    return total


@program(W)
def boolean_selection(v: Any) -> Any:
    chosen = v[v > 0]
    return chosen.sum() ** 2 + (chosen**3).mean() + len(chosen) * v[0]


@program(W)
def boolean_store(v: Any) -> Any:
    w = v.copy()
    w[w < 0] *= -0.5
    w[v > 1] = v[0] * 2
    return np.sum(w**2)


@program(W)
def prefix_of_data(v: Any) -> Any:
    n = int(np.sum(v > 0))
    return np.sum(v[:n] ** 2) * np.prod(v[n:])


@program(W)
def closure_writes(v: Any) -> Any:
    grid = np.zeros((3, 4))

    def put(i: int, j: int, x: Any) -> None:
        grid[i, j] += x

    for k in range(7):
        put(k % 3, (k * k) % 4, v[k] ** 2)
        put(k % 3, 1, v[k] * v[0])
    return np.sum(grid**2)


@program(W)
def scatter_add_loop(v: Any) -> Any:
    h = np.zeros(4)
    for i, x in enumerate(v):
        k = int(abs(x) * 2.2) % 4
        h[k] += x * v[i - 1]
    return h @ h + h[0]


@program(W)
def views_written(v: Any) -> Any:
    m = np.outer(v, v)
    row = m[2]
    row *= 0.5
    m[:, 1] += row
    m.T[3][:2] = v[:2]
    return np.sum(m**2) * 0.1


@program(W)
def heap_of_numbers(v: Any) -> Any:
    h: list[Any] = []
    for x in v:
        heapq.heappush(h, x)
    a, b = heapq.heappop(h), heapq.heappop(h)
    return a * b + h[0] ** 2


@program(W)
def deque_average(v: Any) -> Any:
    last: Any = deque(maxlen=3)
    total = 0.0
    for x in v:
        last.append(x)
        total += (sum(last) / len(last)) ** 2
    return total


@program(W)
def counts_in_dict(v: Any) -> Any:
    groups: Any = defaultdict(float)
    for i, x in enumerate(v):
        groups[i % 3] += x * x
    return sum(g * g for g in groups.values()) + groups[1]


@program(W)
def long_comprehension(v: Any) -> Any:
    table = [[v[i] * math.cos(k * v[j]) for j in range(7)] for i in range(7) for k in range(3)]
    return sum(sum(row) for row in table) + table[5][2] * table[-1][-1]


@program(W)
def filtered_comprehension(v: Any) -> Any:
    pos = [x for x in v if x > 0]
    neg = [x for x in v if x <= 0]
    return sum(a * b for a in pos for b in neg) + len(pos) * sum(pos)


@dataclass(frozen=True)
class Layer:
    w: Any
    b: Any
    act: str = "tanh"


@dataclass
class Model:
    layers: list[Layer]
    scale: float = 1.0
    history: list[Any] = field(default_factory=list)

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = x @ layer.w + layer.b
            x = np.tanh(x) if layer.act == "tanh" else np.maximum(x, 0.0)
        return x * self.scale


MODEL = Model(
    [
        Layer(np.array([[0.3, -0.2], [0.5, 0.1]]), np.array([0.1, 0.2])),
        Layer(np.array([[0.7], [-0.4]]), np.array([0.3]), "relu"),
    ]
)


@program(MODEL, np.array([[1.0, 2.0], [0.5, -0.3]]))
def model_loss(model: Model, x: Any) -> Any:
    small = replace(model, scale=model.scale * 0.5, history=[np.mean(model(x) ** 2)])
    small.history.append(np.sum(small(x)))
    return small.history[0] + small.history[1] ** 2


class Particle(NamedTuple):
    x: Any
    v: Any


@program([Particle(0.1, 0.5), Particle(-0.4, 0.2), Particle(0.8, -0.6)])
def particles(ps: list[Particle]) -> Any:
    for _ in range(5):
        ps = [p._replace(v=p.v - 0.1 * math.sin(p.x)) for p in ps]
        ps = [Particle(p.x + 0.1 * p.v, p.v) for p in ps]
    return sum(p.x**2 + p.v for p in ps)


@program({"a": 0.4, "b": [1.0, np.array([0.2, 0.3])], "n": 3})
def dict_of_everything(p: Any) -> Any:
    acc = p["b"][1] * p["a"]
    p = dict(p)
    for _ in range(p["n"]):
        acc = acc + np.sin(acc) * p["b"][0]
        p["a"] = p["a"] * 0.5
    return acc.sum() + p["a"] ** 2


@program(W)
def prefix_sums(v: Any) -> Any:
    s = list(itertools.accumulate(v, lambda a, b: a * 0.5 + b))
    return sum(a * b for a, b in itertools.pairwise(s)) + functools.reduce(
        lambda a, b: a + b * b, s, 0.0
    )


@program(W, 0.4)
def interpolation(v: Any, t: float) -> Any:
    xs = [0.0, 0.1, 0.35, 0.5, 0.8, 0.9, 1.0]
    total = 0.0
    for k in range(3):
        s = t + 0.15 * k
        i = bisect.bisect_right(xs, s) - 1
        u = (s - xs[i]) / (xs[i + 1] - xs[i])
        total += (1 - u) * v[i] ** 2 + u * v[i + 1] ** 2
    return total


@program(W)
def interval_search(v: Any) -> Any:
    xs = np.cumsum(np.exp(v))
    i = int(np.searchsorted(xs, 5.0))
    return xs[i] * v[i] + xs[i - 1]


@program(W)
def thomas(v: Any) -> Any:
    n = len(v)
    b, c, d = [2.0 + x**2 for x in v], [0.5] * n, list(v)
    for i in range(1, n):
        m = 0.4 / b[i - 1]
        b[i] -= m * c[i - 1]
        d[i] -= m * d[i - 1]
    x = [0.0] * n
    x[-1] = d[-1] / b[-1]
    for i in reversed(range(n - 1)):
        x[i] = (d[i] - c[i] * x[i + 1]) / b[i]
    return sum(t * t for t in x)


@program(np.array([[4.0, 1.0, 0.5], [0.2, 3.0, 1.0], [0.6, 0.1, 5.0]]))
def gauss_pivot(a: Any) -> Any:
    a = a.copy()
    n = len(a)
    det = 1.0
    for k in range(n):
        p = k + int(np.argmax(np.abs(a[k:, k])))
        if p != k:
            a[[k, p]] = a[[p, k]]
            det = -det
        det *= a[k, k]
        for i in range(k + 1, n):
            a[i, k:] = a[i, k:] - a[i, k] / a[k, k] * a[k, k:]
    return det


@program(np.array([[4.0, 1.0, 0.5], [0.2, 3.0, 1.0], [0.6, 0.1, 5.0]]))
def power_iteration(a: Any) -> Any:
    x = np.ones(3)
    lam = 0.0
    for _ in range(40):
        y = a @ x
        new = np.linalg.norm(y)
        x = y / new
        if abs(new - lam) < 1e-10:
            break
        lam = new
    return x @ a @ x


@program(W)
def floyd_warshall(v: Any) -> Any:
    d = np.abs(np.subtract.outer(v, v)) ** 1.5 + 0.1
    for k in range(7):
        for i in range(7):
            for j in range(7):
                if d[i, k] + d[k, j] < d[i, j]:
                    d[i, j] = d[i, k] + d[k, j]
    return d[0, 5] + d[2, 4] + d[5, 4]


@program(W)
def stack_of_pairs(v: Any) -> Any:
    stack: list[Any] = []
    total = 0.0
    for i in range(len(v)):
        while stack and stack[-1][0] < v[i]:
            x, j = stack.pop()
            total += (i - j) * x * v[i]
        stack.append((v[i], i))
    return total + sum(x for x, _ in stack)


@program(W)
def ragged_rows(v: Any) -> Any:
    rows = [[v[0]], [v[1], v[2]], [v[3], v[4], v[5]]]
    total = 0.0
    for row in rows:
        for k, x in enumerate(row):
            total += x ** (k + 1)
    return total * len(rows[-1])


@program(W)
def slices_of_lists(v: Any) -> Any:
    a = list(v)
    for i in range(2):
        a[i : i + 2] = [a[i + 1] * 2, a[i] * a[i + 1]]
    b = a[::-1] + a[1:3]
    del b[0]
    b.insert(1, v[0] ** 2)
    return sum(x * (i + 1) for i, x in enumerate(b))


@program(W)
def memoised(v: Any) -> Any:
    cache: Any = {}

    def f(i: int) -> Any:
        if i < 2:
            return v[i]
        if i not in cache:
            cache[i] = f(i - 1) * 0.5 + f(i - 2) * v[i]
        return cache[i]

    return f(6)


@program(W)
def unique_and_where(v: Any) -> Any:
    (idx,) = np.where(v > 0.4)
    total = 0.0
    for k in idx:
        total += v[k] * v[k - 1]
    return total + np.sum(v[idx]) ** 2


@program(0.6)
def taylor_terms(x: float) -> Any:
    terms = []
    term = 1.0
    for n in range(1, 20):
        if abs(term) < 1e-8:
            break
        terms.append(term)
        term = term * x / n
    return sum(terms) * terms[len(terms) // 2]


@program(W)
def polynomial_division(v: Any) -> Any:
    num, den = list(v), [1.0, 0.5, v[0]]
    out = []
    while len(num) >= len(den):
        q = num[0] / den[0]
        out.append(q)
        for i in range(len(den)):
            num[i] -= q * den[i]
        num.pop(0)
    return sum(o * o for o in out) + sum(num)


@program(W)
def two_lists_in_step(v: Any) -> Any:
    xs, ys = [v[0]], [v[1]]
    for i in range(2, 7):
        if xs[-1] < ys[-1]:
            xs.append(xs[-1] + v[i] ** 2)
        else:
            ys.append(ys[-1] * 0.5 + v[i])
    return sum(xs) * sum(ys) + len(xs)
