"""Recursion that returns lists, as long as the data decide, or remembers in sets and dicts."""

from __future__ import annotations

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree

LEFT = np.array([1, 3, -1, -1, -1])
RIGHT = np.array([2, 4, -1, -1, -1])
LEAVES = np.array([0.5, 1.5, 0.3, 0.7, -0.2])
GRID = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 2.0], [0.0, 3.0, 1.0]])


def in_order(left, right, x):
    def walk(n):
        if n < 0:
            return []
        return walk(left[n]) + [x[n]] + walk(right[n])

    return walk(0)


def starred(left, right, x):
    def walk(n):
        if n < 0:
            return []
        return [x[n], *walk(left[n]), *walk(right[n])]

    return np.array(walk(0)) * 2


def with_a_count(left, right, x):
    def walk(n):
        if n < 0:
            return [], 0
        first, a = walk(left[n])
        second, b = walk(right[n])
        return [*first, x[n], *second], max(a, b) + 1

    return walk(0)


def argument_returned(left, right, x):
    def walk(n, out):
        if n < 0:
            return out
        out.append(x[n])
        walk(left[n], out)
        return walk(right[n], out)

    out = []
    same = walk(0, out)
    same.append(1.0)
    return len(out), sum(out)


def levels(left, right, x):
    found = []

    def go(n, d):
        if n < 0:
            return
        if d == len(found):
            found.append([])
        found[d].append(x[n])
        go(left[n], d + 1)
        go(right[n], d + 1)

    go(0, 0)
    return [sum(level) for level in found]


def seen_in_a_set(grid):
    h, w = grid.shape
    seen = set()

    def fill(i, j):
        if not (0 <= i < h and 0 <= j < w) or (i, j) in seen or grid[i, j] == 0:
            return 0.0
        seen.add((i, j))
        return grid[i, j] + sum(fill(i + di, j + dj) for di, dj in ((1, 0), (-1, 0), (0, 1)))

    return fill(0, 0), len(seen)


def sets_of_branches(x):
    found = set()
    if x[0] > 0:
        found.add(1)
    if x[1] > 0:
        found.add(2)
    return sum(x[i] for i in range(3) if i in found), len(found)


def dicts_of_branches(x):
    found = {}
    if x[0] > 0:
        found[1] = x[2]
    if x[1] > 0:
        found[2] = x[1]
    return sum(found.values()), 1 in found


def given_and_returned(x, k):
    def go(lo, hi, out):
        if hi - lo < 1:
            return [0.5]
        t = []
        out.insert(0, float(hi))
        if x[lo % 5] > 0:
            t.extend(go(lo + 1, hi, out))
        out.append(float(x[lo]) * 0.5)
        return t

    out = []
    return go(0, k, out), out


def uneven(x, k):
    def go(lo, hi):
        if hi - lo < 1:
            return [0.5]
        t = []
        if x[lo % 5] > 0:
            t.extend(go(lo, hi - 1))
        return t

    return go(0, k)


def parts_of_a_path(x, k):
    def go(lo, hi, path):
        if lo >= hi:
            if lo > 0:
                path.append(float(len(path)))
            return 0.5
        path.append(x[lo])
        t = float(hi)
        path[-1:] = []
        t += go(lo, (lo + hi) // 2, path)
        t = t * 0.5 + go((lo + hi) // 2 + 1, hi, path)
        path.append(x[hi])
        path.pop()
        return t

    path = []
    return go(0, k, path), path


TREE = LEFT, RIGHT, LEAVES
PROGRAMS = [
    (given_and_returned, LEAVES, 3),
    (uneven, LEAVES, 3),
    (parts_of_a_path, LEAVES, 3),
    (in_order, *TREE),
    (starred, *TREE),
    (with_a_count, *TREE),
    (argument_returned, *TREE),
    (levels, *TREE),
    (seen_in_a_set, GRID),
    (sets_of_branches, np.array([1.0, -2.0, 3.0])),
    (dicts_of_branches, np.array([1.0, -2.0, 3.0])),
]


@pytest.mark.parametrize("case", PROGRAMS, ids=lambda c: c[0].__name__)
def test_does_what_python_does(case):
    agree(*case)


def test_more_levels_than_there_is_room_for():
    n = 80
    left = np.arange(1, n + 1)
    left[-1] = -1
    args = left, np.full(n, -1), np.arange(n) * 0.5
    assert anvil.jit(in_order)(*args) == in_order(*args)


def kept_arrays(left, right, x):
    out = []

    def go(n, acc):
        if n < 0:
            return
        acc = acc + np.array([x[n], 1.0])
        out.append(acc)
        go(left[n], acc)
        go(right[n], acc)

    go(0, np.zeros(2))
    return sum(v[0] * v[1] for v in out)


def test_arrays_that_are_shared_with_the_list_are_refused():
    with pytest.raises(anvil.AnvilError) as caught:
        anvil.jit(kept_arrays)(*TREE)
    assert caught.value.diagnostic.code == "alias-types"


def lists_in_a_list(c, target):
    out = []

    def go(i, left, path):
        if left == 0:
            out.append(path)
            return
        for j in range(i, len(c)):
            if c[j] <= left:
                go(j, left - c[j], path + [c[j]])

    go(0, target, [])
    return out


def test_a_list_without_a_form_is_refused():
    with pytest.raises(anvil.AnvilError) as caught:
        anvil.jit(lists_in_a_list)(np.array([2, 3, 7]), 7.0)
    assert caught.value.diagnostic.code == "growing-list"
