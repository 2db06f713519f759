"""Algorithms on arrays: tables, graphs, bits, grids, geometry and sequences."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import Counter, defaultdict, deque
from itertools import groupby, pairwise, product

import numpy as np

from tests.corpus.entries import entry

GRAPH = np.array(
    [[0.0, 2.0, 9.0, 0.0], [2.0, 0.0, 4.0, 8.0], [9.0, 4.0, 0.0, 1.5], [0.0, 8.0, 1.5, 0.0]]
)


@entry(GRAPH)
def kruskal(w):
    n = len(w)
    edges = sorted(
        (w[i, j], i, j) for i in range(n) for j in range(i) if i != j and (i, j) != (3, 0)
    )
    parent = list(range(n))

    def find(a):
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        return a

    total = 0.0
    for c, i, j in edges:
        a, b = find(i), find(j)
        if a != b:
            parent[a] = b
            total += c
    return total


@entry(np.array([[0, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]]), smooth=False)
def topological_levels(adj):
    n = len(adj)
    indeg = adj.sum(axis=0)
    level = np.zeros(n, dtype=np.int64)
    queue = deque(i for i in range(n))
    seen = 0
    for i in range(n):
        if indeg[i] == 0:
            seen += 1
            for j in range(n):
                if adj[i, j]:
                    level[j] = max(level[j], level[i] + 1)
    return level, seen, len(queue)


@entry(np.array([0.85, 0.1]), np.array([[0, 1, 1], [1, 0, 0], [0, 1, 0]]))
def page_rank_teleport(params, links):
    damping, tol = params
    n = links.shape[0]
    out = links.sum(1, keepdims=True)
    M = (links / np.where(out == 0, 1, out)).T
    r = np.ones(n) / n
    for it in range(100):
        new = damping * M @ r + (1 - damping) / n
        if np.abs(new - r).sum() < tol * 1e-6:
            return new, it
        r = new
    return r, -1


@entry(np.array([10.0, 30.0, 5.0, 60.0, 20.0]))
def matrix_chain(p):
    n = len(p) - 1
    m = np.zeros((n, n))
    for length in range(2, n + 1):
        for i in range(n - length + 1):
            j = i + length - 1
            m[i, j] = min(m[i, k] + m[k + 1, j] + p[i] * p[k + 1] * p[j + 1] for k in range(i, j))
    return m[0, n - 1]


@entry(np.array([5.0, 1.0, 4.0, 2.0, 3.0, 9.0]), smooth=False)
def longest_increasing(a):
    n = len(a)
    best = [1] * n
    prev = [-1] * n
    for i in range(n):
        for j in range(i):
            if a[j] < a[i] and best[j] + 1 > best[i]:
                best[i] = best[j] + 1
                prev[i] = j
    k = best.index(max(best))
    total = 0.0
    while k >= 0:
        total += a[k]
        k = prev[k]
    return max(best), total


@entry("kitten", "sitting", 1.0, 1.5)
def edit_distance(s, t, indel, sub):
    D = np.zeros((len(s) + 1, len(t) + 1))
    D[:, 0] = np.arange(len(s) + 1) * indel
    D[0] = np.arange(len(t) + 1) * indel
    for i, a in enumerate(s, 1):
        for j, b in enumerate(t, 1):
            D[i, j] = min(
                D[i - 1, j] + indel, D[i, j - 1] + indel, D[i - 1, j - 1] + (a != b) * sub
            )
    return D[-1, -1]


@entry(np.array([[0.1, 0.2], [1.0, 0.3], [0.5, 0.5], [0.9, 1.1], [0.2, 0.8], [0.45, 0.4]]))
def hull_area(points):
    n = len(points)
    used = np.zeros(n, dtype=bool)
    start = int(np.argmin(points[:, 0]))
    p = start
    area = 0.0
    for _ in range(n):
        q = (p + 1) % n
        for r in range(n):
            cross = (points[q, 0] - points[p, 0]) * (points[r, 1] - points[p, 1]) - (
                points[q, 1] - points[p, 1]
            ) * (points[r, 0] - points[p, 0])
            if cross < 0:
                q = r
        used[p] = True
        area += 0.5 * (points[p, 0] * points[q, 1] - points[q, 0] * points[p, 1])
        p = q
        if p == start:
            break
    return area, used.sum()


@entry(np.array([[0, 0], [4, 0], [4, 3], [0, 3]]) * 1.0, np.array([1.0, 3.5]), smooth=False)
def point_in_polygon(poly, q):
    inside = False
    j = len(poly) - 1
    for i in range(len(poly)):
        (xi, yi), (xj, yj) = poly[i], poly[j]
        if (yi > q[1]) != (yj > q[1]) and q[0] < (xj - xi) * (q[1] - yi) / (yj - yi) + xi:
            inside = not inside
        j = i
    return inside


@entry(np.array([[1, 1, 0, 2], [1, 0, 0, 2], [2, 2, 2, 2]]), (0, 0), 7, smooth=False)
def flood_fill_stack(grid, seed, colour):
    g = grid.copy()
    h, w = g.shape
    stack = np.zeros((h * w * 4, 2), dtype=int)
    stack[0] = seed
    top = 1
    old = g[seed]
    while top > 0:
        top -= 1
        i, j = stack[top]
        if i < 0 or j < 0 or i >= h or j >= w or g[i, j] != old:
            continue
        g[i, j] = colour
        for di, dj in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            stack[top] = i + di, j + dj
            top += 1
    return g


@entry(np.array([3, 10, 255, 128]), smooth=False)
def bit_tricks(v):
    pop = np.zeros_like(v)
    x = v.copy()
    while np.any(x):
        pop += x & 1
        x >>= 1
    gray = v ^ (v >> 1)
    low = v & -v
    power = (v & (v - 1)) == 0
    rev = sum(((v >> k) & 1) << (7 - k) for k in range(8))
    return pop, gray, low, power, rev, np.bitwise_xor.reduce(v), bin(9).count("1")


@entry(12345, 20, smooth=False)
def linear_congruential(seed, n):
    state = seed
    out = []
    for _ in range(n):
        state = (1103515245 * state + 12345) % 2**31
        out.append(state / 2**31)
    h = np.histogram(out, bins=4, range=(0, 1))[0]
    return out[-1], h


@entry(30, smooth=False)
def sieve(n):
    prime = np.ones(n + 1, dtype=bool)
    prime[:2] = False
    for i in range(2, int(n**0.5) + 1):
        if prime[i]:
            prime[i * i :: i] = False
    return prime, prime.sum()


@entry(np.array([[0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 1], [0, 0, 0, 1]]), smooth=False)
def life_by_convolution(board):
    for _ in range(3):
        nb = sum(
            np.roll(np.roll(board, i, 0), j, 1)
            for i, j in product((-1, 0, 1), repeat=2)
            if (i, j) != (0, 0)
        )
        board = ((nb == 3) | ((board == 1) & (nb == 2))).astype(board.dtype)
    return board, board.sum()


@entry(np.array([2.0, 3.1, 1.2, 4.0]), np.array([3, 4, 2, 5]), 7)
def knapsack_table(value, weight, cap):
    n = len(value)
    best = [[0.0] * (cap + 1) for _ in range(n + 1)]
    for i in range(1, n + 1):
        for c in range(cap + 1):
            best[i][c] = best[i - 1][c]
            if weight[i - 1] <= c:
                best[i][c] = max(best[i][c], best[i - 1][c - weight[i - 1]] + value[i - 1])
    return best[n][cap]


@entry(np.array([3.0, 1.0, 4.0, 1.5, 5.0]))
def sorted_insertions(x):
    kept = []
    medians = []
    for v in x:
        insort(kept, v)
        m = len(kept)
        medians.append(kept[m // 2] if m % 2 else (kept[m // 2 - 1] + kept[m // 2]) / 2)
    return medians, bisect_left([1, 3, 5], 4)


@entry(np.array([1.0, 1.0, 2.0, 2.0, 2.0, 3.0]), smooth=False)
def run_lengths(x):
    change = np.flatnonzero(np.diff(x)) + 1
    longest = best = 1
    for a, b in pairwise(x):
        longest = longest + 1 if a == b else 1
        best = max(best, longest)
    return best, len(change)


@entry("abracadabra", np.array([0.5, 0.2, 0.1, 0.1, 0.1]), smooth=False)
def huffman_cost(text, p):
    counts = Counter(text)
    heap = sorted((n, c) for c, n in counts.items())
    total = 0
    while len(heap) > 1:
        (a, x), (b, y), *heap = heap
        total += a + b
        heap = sorted([*heap, (a + b, x + y)])
    entropy = -sum(v * math.log2(v) for v in p)
    return total, entropy, ["".join(g) for _, g in groupby("aabbb")]


@entry(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 10.0]]))
def summed_area(img):
    s = np.pad(img.cumsum(0).cumsum(1), ((1, 0), (1, 0)))

    def box(r0, c0, r1, c1):
        return s[r1, c1] - s[r0, c1] - s[r1, c0] + s[r0, c0]

    return np.array([[box(i, j, i + 2, j + 2) for j in range(2)] for i in range(2)])


@entry(np.array([0.3, 0.6, 0.1]), np.array([0, 2, 1, 1]))
def scatter_and_gather(w, idx):
    hist = np.bincount(idx, weights=w[idx], minlength=3)
    onehot = np.eye(3)[idx]
    out = np.zeros(3)
    np.add.at(out, idx, w[idx] ** 2)
    np.maximum.at(out, idx[:2], 0.5)
    inverse = np.empty_like(idx[:3])
    inverse[np.argsort(w)] = np.arange(3)
    return hist, onehot.T @ w[idx], out, inverse


@entry(np.array([0.9, 0.4, 0.7, 0.1]))
def soft_sorting(x):
    d = np.abs(x[:, None] - x[None, :]).sum(1)
    n = len(x)
    scaling = n + 1 - 2 * np.arange(1, n + 1)
    logits = (np.outer(scaling, x) - d) / 0.1
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    return p @ x, sorted(x, reverse=True), sorted(range(n), key=lambda i: x[i])


@entry(np.array([4, 2, 7, 1]), smooth=False)
def merge_counts(a):
    inv = 0
    a = a.copy()
    width = 1
    while width < len(a):
        for lo in range(0, len(a), 2 * width):
            mid, hi = lo + width, lo + 2 * width
            left, right = a[lo:mid].copy(), a[mid:hi].copy()
            i = j = 0
            for k in range(lo, hi):
                if j >= width or (i < width and left[i] <= right[j]):
                    a[k] = left[i]
                    i += 1
                else:
                    a[k] = right[j]
                    inv += width - i
                    j += 1
        width *= 2
    return a, inv


@entry((1, (2.5, (3.0, None, None), None), (4.0, None, (0.5, None, None))), 2.0)
def walk_of_nested_tuples(tree, x):
    def inorder(node):
        if node is None:
            return
        v, left, right = node
        yield from inorder(left)
        yield v * x
        yield from inorder(right)

    def depth(n):
        return 0 if n is None else 1 + max(map(depth, n[1:]))

    return list(inorder(tree)), depth(tree)


@entry(np.array([1.0, 2.0, 3.0, 4.0]), [(0, 1), (1, 2), (0, 3)])
def message_passing(h, edges):
    nbrs = defaultdict(set)
    for a, b in edges:
        nbrs[a].add(b)
        nbrs[b].add(a)
    for _ in range(2):
        h = np.array(
            [
                0.5 * h[i] + 0.5 * sum(h[j] for j in sorted(nbrs[i])) / max(len(nbrs[i]), 1)
                for i in range(len(h))
            ]
        )
    return h
