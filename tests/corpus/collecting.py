"""Recursion that collects: lists, dicts, sets, arrays and objects that each level writes to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.corpus.entries import entry

L = np.array([1, 3, -1, -1, -1])
R = np.array([2, 4, -1, -1, -1])
V = np.array([0.5, 1.5, 0.3, 0.7, -0.2])
DAG = np.array([[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]])
CYCLES = np.array(
    [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [1, 0, 0, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 1, 0]]
)


@entry(L, R, V)
def inorder_list(left: Any, right: Any, vals: Any) -> Any:
    out = []

    def go(node):
        if left[node] >= 0:
            go(left[node])
        out.append(float(vals[node]))
        if right[node] >= 0:
            go(right[node])

    go(0)
    return out


@entry(np.array([1.5, -2.0, 3.0]))
def permutations_sum(x: Any) -> Any:
    n = len(x)
    best = 0.0
    used = [False] * n
    path = []

    def rec():
        nonlocal best
        if len(path) == n:
            s = 0.0
            for j in range(n):
                s += (j + 1) * path[j]
            best += s * s
            return
        for i in range(n):
            if not used[i]:
                used[i] = True
                path.append(x[i])
                rec()
                path.pop()
                used[i] = False

    rec()
    return best


@entry(np.array([1.5, -2.0, 3.0]), smooth=False)
def subset_sums(x: Any) -> Any:
    out = []

    def rec(i, s):
        if i == len(x):
            out.append(s)
            return
        rec(i + 1, s)
        rec(i + 1, s + x[i])

    rec(0, 0.0)
    return np.array(out)


@entry(np.array([3, 5, 2, 7]), 10.0, smooth=False)
def count_subsets_data(x: Any, target: Any) -> Any:
    path = []
    count = 0

    def rec(i):
        nonlocal count
        if sum(path) == target:
            count += 1
        for j in range(i, len(x)):
            if sum(path) + x[j] <= target:
                path.append(x[j])
                rec(j + 1)
                path.pop()

    rec(0)
    return count


@entry(DAG, np.array([1.0, 2.0, 3.0, 4.0]), smooth=False)
def toposort(adj: Any, w: Any) -> Any:
    n = len(adj)
    seen = [False] * n
    order = []

    def visit(u):
        if seen[u]:
            return
        seen[u] = True
        for v in range(n):
            if adj[u, v]:
                visit(v)
        order.append(u)

    for u in range(n):
        visit(u)
    order.reverse()
    t = 0.0
    for k, u in enumerate(order):
        t += (k + 1) * w[u]
    return t


@entry(3.0, smooth=False)
def hanoi_moves_data(x: Any) -> Any:
    moves = []

    def go(k, a, b, c):
        if k == 0:
            return
        go(k - 1, a, c, b)
        moves.append((a, c))
        go(k - 1, b, a, c)

    go(int(x), 0, 1, 2)
    return len(moves), moves


@entry(CYCLES, smooth=False)
def tarjan(adj: Any) -> Any:
    n = len(adj)
    index = np.full(n, -1)
    low = np.zeros(n, dtype=int)
    on = np.zeros(n, dtype=bool)
    stack = []
    counter = 0
    comps = 0

    def strong(v):
        nonlocal counter, comps
        index[v] = counter
        low[v] = counter
        counter += 1
        stack.append(v)
        on[v] = True
        for w in range(n):
            if adj[v, w]:
                if index[w] < 0:
                    strong(w)
                    low[v] = min(low[v], low[w])
                elif on[w]:
                    low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            comps += 1
            while on[v]:
                on[stack.pop()] = False

    strong(0)
    return comps, low


@entry(np.array([[0, 1], [2, 3], [1, 2]]), np.array([1.0, 2.0, 3.0]))
def kruskal_like(edges: Any, w: Any) -> Any:
    parent = np.arange(6)

    def find(x):
        if parent[x] == x:
            return x
        parent[x] = find(parent[x])
        return parent[x]

    total = 0.0
    for k in np.argsort(w):
        a, b = find(edges[k, 0]), find(edges[k, 1])
        if a != b:
            parent[a] = b
            total += w[k]
    return total


@entry(np.array([3.0, 1.0, 2.0, 5.0, 4.0, 7.0]), 1, 4)
def segtree(a: Any, ql: Any, qr: Any) -> Any:
    n = len(a)
    tree = np.zeros(4 * n)

    def build(v, lo, hi):
        if lo == hi:
            tree[v] = a[lo]
            return
        m = (lo + hi) // 2
        build(2 * v, lo, m)
        build(2 * v + 1, m + 1, hi)
        tree[v] = tree[2 * v] + tree[2 * v + 1]

    def query(v, lo, hi, i, j):
        if i > j:
            return 0.0
        if i == lo and j == hi:
            return tree[v]
        m = (lo + hi) // 2
        return query(2 * v, lo, m, i, min(j, m)) + query(2 * v + 1, m + 1, hi, max(i, m + 1), j)

    build(1, 0, n - 1)
    return query(1, 0, n - 1, ql, qr)


@entry(np.array([2.1, 3.2, 1.05]), np.array([3.0, 5.0, 2.5]), 4.4)
def knapsack(wt: Any, val: Any, cap: Any) -> Any:
    memo = {}

    def best(i, c):
        if i == len(wt) or c <= 0:
            return 0.0
        if (i, c) in memo:
            return memo[(i, c)]
        r = best(i + 1, c)
        if wt[i] <= c:
            r = max(r, val[i] + best(i + 1, c - wt[i]))
        memo[(i, c)] = r
        return r

    return best(0, cap)


@entry(np.array([1, 2, 3, 4]), np.array([2, 3, 5]), 0.7)
def edit_distance(a: Any, b: Any, cost: Any) -> Any:
    memo = {}

    def d(i, j):
        if i == 0:
            return j * 1.0
        if j == 0:
            return i * 1.0
        if (i, j) in memo:
            return memo[i, j]
        if a[i - 1] == b[j - 1]:
            r = d(i - 1, j - 1)
        else:
            r = min(d(i - 1, j) + 1.0, d(i, j - 1) + 1.0, d(i - 1, j - 1) + cost)
        memo[i, j] = r
        return r

    return d(len(a), len(b))


@entry(np.array([5.0, 2.0, 9.0, 1.0, 7.0, 3.0]), 2, smooth=False)
def quickselect(a: Any, k: Any) -> Any:
    a = a.copy()

    def partition(lo, hi):
        pivot = a[hi]
        i = lo
        for j in range(lo, hi):
            if a[j] < pivot:
                a[i], a[j] = a[j], a[i]
                i += 1
        a[i], a[hi] = a[hi], a[i]
        return i

    def select(lo, hi):
        q = partition(lo, hi)
        if q == k:
            return a[q]
        if q < k:
            return select(q + 1, hi)
        return select(lo, q - 1)

    return select(0, len(a) - 1)


@entry(np.array([3.0, 1.0, 2.0, 5.0]), smooth=False)
def bst_arrays(keys: Any) -> Any:
    n = len(keys)
    left = np.full(n, -1)
    right = np.full(n, -1)

    def insert(node, i):
        if keys[i] < keys[node]:
            if left[node] < 0:
                left[node] = i
            else:
                insert(left[node], i)
        else:
            if right[node] < 0:
                right[node] = i
            else:
                insert(right[node], i)

    for i in range(1, n):
        insert(0, i)
    out = []

    def walk(node):
        if node < 0:
            return
        walk(left[node])
        out.append(keys[node])
        walk(right[node])

    walk(0)
    return np.array(out)


@entry(np.array([1.0, 2.0, 3.0, 4.0]), 2, smooth=False)
def combinations_prod(x: Any, k: Any) -> Any:
    total = 0.0

    def rec(start, chosen):
        nonlocal total
        if len(chosen) == k:
            t = 1.0
            for c in chosen:
                t *= x[c]
            total += t
            return
        for i in range(start, len(x)):
            rec(i + 1, chosen + [i])

    rec(0, [])
    return total


@entry(np.array([1.0, -2.0, 0.5, 3.0]), smooth=False)
def attribute_state(x: Any) -> Any:
    class Acc:
        def __init__(self):
            self.total = 0.0
            self.count = 0

        def visit(self, i):
            if i >= len(x):
                return
            self.count += 1
            self.total += x[i] ** 2
            self.visit(2 * i + 1)
            self.visit(2 * i + 2)

    a = Acc()
    a.visit(0)
    return a.total, a.count


@entry(np.array([1.0, -2.0, 0.5, 3.0]), 0.3, smooth=False)
def dict_counts(x: Any, t: Any) -> Any:
    depth_sum = {}

    def go(i, d):
        if i >= len(x):
            return
        depth_sum[d] = depth_sum.get(d, 0.0) + x[i] * t
        go(2 * i + 1, d + 1)
        go(2 * i + 2, d + 1)

    go(0, 0)
    return [depth_sum[k] for k in sorted(depth_sum)]


@entry(np.array([0.5, 1.5]))
def adaptive_list(x: Any) -> Any:
    pts = []

    def go(a, b):
        m = 0.5 * (a + b)
        if abs(np.sin(m * x[0]) - 0.5 * (np.sin(a * x[0]) + np.sin(b * x[0]))) < 1e-2:
            pts.append(m * x[1])
            return
        go(a, m)
        go(m, b)

    go(0.0, 3.0)
    return sum(pts)


@entry(np.array([1.0, 2.0, 3.0]), 9.5)
def memo_dict_grad(x: Any, m: Any) -> Any:
    memo = {}

    def f(n):
        if n < 3:
            return x[n]
        if n in memo:
            return memo[n]
        memo[n] = f(n - 1) * 0.5 + f(n - 2) * x[0]
        return memo[n]

    return f(int(m))


@entry(np.array([3, 5, 2, 7]), 12.0, smooth=False)
def first_subset(x: Any, target: Any) -> Any:
    path = []

    def rec(i, left):
        if left == 0:
            return True
        if i == len(x) or left < 0:
            return False
        path.append(x[i])
        if rec(i + 1, left - x[i]):
            return True
        path.pop()
        return rec(i + 1, left)

    ok = rec(0, target)
    return ok, path


@entry(L, R, V, smooth=False)
def root_to_leaf_paths(left: Any, right: Any, vals: Any) -> Any:
    paths = []

    def go(n, path):
        path = path + [vals[n]]
        if left[n] < 0:
            paths.append(sum(path))
            return
        go(left[n], path)
        go(right[n], path)

    go(0, [])
    return paths


@entry(L, R)
def root_to_leaf_lists(left: Any, right: Any) -> Any:
    paths = []

    def go(n, path):
        path.append(int(n))
        if left[n] < 0:
            paths.append(list(path))
        else:
            go(left[n], path)
            go(right[n], path)
        path.pop()

    go(0, [])
    return paths


@entry(L, R, V)
def append_dicts(left: Any, right: Any, vals: Any) -> Any:
    out = []

    def go(n, d):
        if n < 0:
            return
        out.append({"depth": d, "v": vals[n]})
        go(left[n], d + 1)
        go(right[n], d + 1)

    go(0, 0)
    return sum(o["depth"] * o["v"] for o in out)


@entry(
    np.array([[0, 1, 1, 0], [1, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 0]]),
    np.array([1.0, 2.0, 3.0, 4.0]),
)
def dfs_adj_matrix(adj: Any, w: Any) -> Any:
    visited = []

    def dfs(u):
        visited.append(u)
        for v in range(len(adj)):
            if adj[u][v] and v not in visited:
                dfs(v)

    dfs(0)
    return visited, sum((i + 1) * w[u] for i, u in enumerate(visited))


@entry(np.array([[1, 1, 0], [0, 1, 0], [1, 1, 1]]), smooth=False)
def maze_path(grid: Any) -> Any:
    h, w = grid.shape
    path = []
    seen = np.zeros_like(grid)

    def go(i, j):
        if i < 0 or j < 0 or i >= h or j >= w or not grid[i, j] or seen[i, j]:
            return False
        seen[i, j] = 1
        path.append((i, j))
        if (i, j) == (h - 1, w - 1):
            return True
        for di, dj in [(0, 1), (1, 0), (0, -1), (-1, 0)]:
            if go(i + di, j + dj):
                return True
        path.pop()
        return False

    ok = go(0, 0)
    return ok, path


@entry(np.array([1.0, 2.0, 3.0]), 5.5)
def memo_decorator(x: Any, n: Any) -> Any:
    def memoize(fn):
        cache = {}

        def wrapper(k):
            if k not in cache:
                cache[k] = fn(k)
            return cache[k]

        return wrapper

    @memoize
    def f(k):
        if k <= 1:
            return x[k]
        return f(k - 1) * x[2] + f(k - 2)

    return f(int(n))


@entry(np.array([40.0, 20.0, 30.0, 10.0, 30.0]))
def matrix_chain(p_: Any) -> Any:
    memo = {}

    def f(i, j):
        if j == i + 1:
            return 0.0
        if (i, j) in memo:
            return memo[(i, j)]
        best = math.inf
        for k in range(i + 1, j):
            best = min(best, f(i, k) + f(k, j) + p_[i] * p_[k] * p_[j])
        memo[(i, j)] = best
        return best

    return f(0, len(p_) - 1)
