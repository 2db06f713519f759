"""Lists that a loop makes, fills, puts into another list and begins anew."""

from __future__ import annotations

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.parser.harness import agree

A = np.array([0.5, -1.5, 2.0, 0.25, 3.0, -0.75])
INPUTS = [A, np.abs(A) + 0.1, np.array([-1.0, 2.0, 3.0, -0.5, -0.25])]


def runs(a):
    found, run = [], []
    for v in a:
        if v > 0:
            run.append(v)
        else:
            if run:
                found.append(run)
            run = []
    if run:
        found.append(run)
    return len(found), [len(r) for r in found], [sum(r) for r in found]


def batches(a):
    found, batch = [], []
    for v in a:
        batch.append(v)
        if sum(batch) > 1.25:
            found.append(batch)
            batch = []
    if batch:
        found.append(batch)
    return [sum(b) / len(b) for b in found]


def by_sign(a):
    positive, negative, group, sign = [], [], [], 0
    for v in a:
        now = 1 if v > 0 else -1
        if now != sign:
            if group:
                (positive if sign > 0 else negative).append(group)
            group, sign = [], now
        group.append(v)
    return len(positive), len(negative), sum(len(g) for g in positive), group


def split_at(a):
    chunks = [[]]
    for v in a:
        if v > 1:
            chunks.append([])
        chunks[-1].append(v)
    return [len(c) for c in chunks]


def copies(a):
    found, run = [], []
    for v in a:
        if v > 0:
            run.append(v)
        else:
            found.append(list(run))
    return len(found), [len(r) for r in found], run


def objects(a):
    class Group:
        def __init__(self):
            self.n, self.total = 0, 0.0

        def add(self, v):
            self.n += 1
            self.total += v

    groups, group = [], Group()
    for v in a:
        if v < 0 and group.n:
            groups.append(group)
            group = Group()
        group.add(v)
    groups.append(group)
    return [g.total for g in groups], max(g.n for g in groups)


def longest(a):
    best, run = [], []
    for v in a:
        if v > 0:
            run.append(v)
            if len(run) > len(best):
                best = list(run)
        else:
            run = []
    return best, run


def components(a):
    n = len(a)
    near = [[] for _ in range(n)]
    for i in range(n):
        for j in range(i + 1, n):
            if a[i] * a[j] > 0:
                near[i].append(j)
                near[j].append(i)
    seen, found = [False] * n, []
    for start in range(n):
        if seen[start]:
            continue
        stack, part = [start], []
        seen[start] = True
        while stack:
            u = stack.pop()
            part.append(u)
            for w in near[u]:
                if not seen[w]:
                    seen[w] = True
                    stack.append(w)
        found.append(part)
    return len(found), [len(c) for c in found], [sum(a[i] for i in c) for c in found]


def levels(a):
    level, sums = [0], []
    while level:
        below, total = [], 0.0
        for i in level:
            total += a[i]
            for c in (2 * i + 1, 2 * i + 2):
                if c < len(a) and a[i] > -1:
                    below.append(c)
        sums.append(total)
        level = below
    return sums


def level_lists(a):
    level, found = [0], []
    while level:
        below = []
        for i in level:
            for c in (2 * i + 1, 2 * i + 2):
                if c < len(a) and a[i] > -1:
                    below.append(c)
        found.append(level)
        level = below
    return len(found), [sum(a[i] for i in part) for part in found]


PROGRAMS = [
    runs,
    batches,
    by_sign,
    split_at,
    copies,
    objects,
    longest,
    components,
    levels,
    level_lists,
]


@pytest.mark.parametrize("f", PROGRAMS)
def test_values(f):
    for a in INPUTS:
        agree(f, a)


def weighted(a):
    return sum(s * s * (k + 1) for k, s in enumerate(runs(a)[2]))


@pytest.mark.parametrize("f", [weighted, lambda a: sum(v * v for v in levels(a))])
def test_derivatives(f):
    got = call_reference(anvil.grad(f), (A,), {})
    h = 1e-6
    slopes = [(f(A + h * e) - f(A - h * e)) / (2 * h) for e in np.eye(len(A))]
    np.testing.assert_allclose(got, slopes, rtol=1e-6, atol=1e-8)


def test_compiled():
    assert anvil.jit(runs)(A) == runs(A)


def insert(tree, v):
    if tree is None:
        return (v, None, None)
    if v < tree[0]:
        return (tree[0], insert(tree[1], v), tree[2])
    return (tree[0], tree[1], insert(tree[2], v))


def depth(tree):
    return 0 if tree is None else 1 + max(depth(tree[1]), depth(tree[2]))


def sorted_tree(a):
    tree = None
    for v in a:
        tree = insert(tree, v)
    return depth(tree)


def test_a_tree_that_each_iteration_makes_deeper():
    agree(sorted_tree, A[:5])
