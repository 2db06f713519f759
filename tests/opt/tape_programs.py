"""Loops of O(n) steps that each touch a few elements of an array: their reverse must cost O(n).

`FLAT` are single loops whose branches read what they wrote, `NESTED` have short inner loops.
"""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np


def written_in_one_branch(x: Any) -> Any:
    a, s = x.copy(), 0.0
    for i in range(1, len(x)):
        if x[i] > 0:
            a[i] = 0.5 * a[i - 1] * a[i]
        s += a[i]
    return s


def read_after_written(x: Any) -> Any:
    a, s = x.copy(), 0.0
    for i in range(1, len(x)):
        if x[i] > 0:
            a[i] = np.sin(a[i - 1]) * a[i]
            s += a[i] * a[i]
        else:
            a[i] = a[i] * 2.0
            s -= a[i] * a[i - 1]
    return s


def branches_in_branches(x: Any) -> Any:
    a, s = x.copy(), 0.0
    for i in range(2, len(x)):
        if a[i] > 0:
            if a[i - 1] > 0:
                a[i] = a[i] * a[i - 2]
                s += a[i] * a[i]
            else:
                a[i - 1] = a[i] * a[i]
                s += a[i - 1] * a[i]
        elif a[i - 2] < 0.5:
            a[i - 2] = a[i] * a[i - 1]
            a[i] = a[i - 2] * a[i - 2]
            s += a[i] ** 2
    return s


def two_arrays(x: Any) -> Any:
    a, b = x.copy(), np.zeros(len(x))
    for i in range(1, len(x)):
        if a[i] > b[i - 1]:
            b[i] = a[i] * b[i - 1]
            a[i] = b[i] * a[i - 1]
        else:
            a[i] = b[i - 1] * a[i]
            b[i] = a[i] * a[i]
    return np.sum(a) * b[len(x) - 1]


def rows_as_views(x: Any) -> Any:
    a, s = x.reshape(len(x) // 4, 4).copy(), 0.0
    for i in range(1, len(a)):
        row = a[i]
        if row[0] > 0:
            row *= a[i - 1]
        else:
            row[1] = a[i - 1, 2] * row[2]
        s += np.sum(row * row)
    return s


def early_return(x: Any) -> Any:
    a, s = x.copy(), 0.0
    for i in range(1, len(x)):
        if a[i] > 0:
            a[i] = a[i] * a[i - 1]
        if s > 1e9:
            return s * a[0]
        s += a[i] * a[i]
    return s + a[len(x) - 1]


def unknown_trip_count(x: Any) -> Any:
    a, i, s = x.copy(), 1, 0.0
    while i < len(x) and s < 1e9:
        if a[i] > 0:
            a[i] = np.sin(a[i]) * a[i - 1]
        else:
            a[i] = a[i] * a[i - 1] + 0.5
        i += 1
        s += a[i - 1] ** 2
    return s


def _relaxed(a: Any, i: int, w: float) -> Any:
    if a[i] > w * a[i - 1]:
        a[i] = w * a[i - 1] * a[i]
    return a[i]


def helper_that_writes(x: Any) -> Any:
    a, s = x.copy(), 0.0
    for i in range(1, len(x)):
        s += _relaxed(a, i, 0.3) ** 2
    return s


def stack_machine(x: Any) -> Any:
    stack, top, s = np.zeros(len(x) + 1), 0, 0.0
    for i in range(len(x)):
        if x[i] > 0 or top < 2:
            stack[top] = x[i]
            top += 1
        else:
            stack[top - 2] = stack[top - 1] * stack[top - 2] + x[i]
            top -= 1
    for k in range(top):
        s += stack[k] * stack[k]
    return s


def growing_list(x: Any) -> Any:
    out, s = [1.0], 0.0
    for v in x:
        if v > 0:
            out.append(v * out[-1] * 0.5)
        else:
            out[-1] = out[-1] + v
    for o in out:
        s += o * o
    return s


def running_best(x: Any) -> Any:
    a, best = x.copy(), -1e9
    for i in range(1, len(x)):
        if a[i - 1] > 0:
            a[i] += a[i - 1] * x[i]
        best = max(best, a[i])
    return best * a[3]


FLAT = (
    written_in_one_branch,
    read_after_written,
    branches_in_branches,
    two_arrays,
    rows_as_views,
    early_return,
    unknown_trip_count,
    helper_that_writes,
    stack_machine,
    growing_list,
    running_best,
)


def insertion_sort(x: Any) -> Any:
    a, s = x.copy(), 0.0
    for i in range(1, len(a)):
        key, j = a[i], i - 1
        while j >= 0 and a[j] > key:
            a[j + 1] = a[j]
            j -= 1
        a[j + 1] = key
    for i in range(len(a)):
        s += a[i] * a[i] * i
    return s


def increasing_subsequence(x: Any) -> Any:
    d = np.ones(len(x))
    for i in range(len(x)):
        for j in range(max(0, i - 8), i):
            if x[j] < x[i] and d[j] * x[j] + 1.0 > d[i]:
                d[i] = d[j] * x[j] + 1.0
    return np.sum(d)


def edit_distance(x: Any) -> Any:
    n, m = len(x), 4
    d = np.zeros((n + 1, m + 1))
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            c = (x[i - 1] - 0.1 * j) ** 2
            best = d[i - 1, j - 1]
            if d[i - 1, j] < best:
                best = d[i - 1, j]
            if d[i, j - 1] < best:
                best = d[i, j - 1]
            d[i, j] = best + c * (1.0 + 0.1 * best)
    return d[n, m]


def union_find(x: Any) -> Any:
    n, total = len(x), 0.0
    parent, value = np.arange(n), x.copy()

    def root(i: Any) -> Any:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for k in range(n):
        a, b = root((k * 7) % n), root((k * 3 + 1) % n)
        if a != b:
            parent[a] = b
            value[b] = value[b] + 0.1 * value[a] * value[b]
            total += value[b] * x[k]
    return total


def quicksort(x: Any) -> Any:
    a, s = x.copy(), 0.0
    stack, top = np.zeros((64, 2), dtype=int), 1
    stack[0, 1] = len(a) - 1
    while top > 0:
        top -= 1
        low, high = stack[top, 0], stack[top, 1]
        if low >= high:
            continue
        pivot, i = a[high], low
        for j in range(low, high):
            if a[j] < pivot:
                a[i], a[j] = a[j], a[i]
                i += 1
        a[i], a[high] = a[high], a[i]
        stack[top, 0], stack[top, 1] = low, i - 1
        stack[top + 1, 0], stack[top + 1, 1] = i + 1, high
        top += 2
    for i in range(len(a)):
        s += a[i] * a[i] * np.sin(i)
    return s


def heap(x: Any) -> Any:
    h, s = [0.0], 0.0
    for v in x:
        heapq.heappush(h, v * v)
    for i in range(len(x)):
        s += heapq.heappop(h) * np.sin(i)
    return s


def monotone_stack(x: Any) -> Any:
    h, stack, top, area = x.copy(), np.zeros(len(x), dtype=int), 0, 0.0
    for i in range(len(x)):
        while top > 0 and h[stack[top - 1]] > h[i]:
            top -= 1
            area += h[stack[top]] ** 2 * (i - stack[top])
        h[i] = h[i] * 0.99
        stack[top] = i
        top += 1
    return area


def loop_in_a_branch(x: Any) -> Any:
    a, s = x.copy(), 0.0
    for i in range(1, len(a)):
        if a[i] > 0.5:
            j = i
            while j > 0 and a[j - 1] < a[j]:
                a[j - 1] = a[j - 1] * 0.5 + a[j] * 0.25
                j -= 1
            s += a[j] * a[i]
        else:
            s -= a[i] * a[i - 1]
    return s


def return_from_an_inner_loop(x: Any) -> Any:
    a, s = x.copy(), 0.0
    for i in range(1, len(a)):
        j = i
        while j > 0:
            if a[j] > a[j - 1]:
                break
            a[j], a[j - 1] = a[j - 1] * 0.9, a[j]
            j -= 1
            if s > 1e6:
                return s * a[2]
        s += a[j] * a[i]
    return s + a[5]


def three_levels(x: Any) -> Any:
    a, s = x.copy(), 0.0
    for i in range(2, len(a)):
        for k in range(2):
            j = i
            while j > 1 and a[j] < a[j - 1]:
                a[j] = a[j - 1] * 0.95 + a[j] * 0.1
                j -= 1 + k
            s += a[j] * a[i]
    return s


def two_inner_loops(x: Any) -> Any:
    a, b, s = x.copy(), np.zeros(len(x)), 0.0
    for i in range(1, len(a)):
        j = i
        while j > 0 and a[j] < 0:
            a[j] += 0.4 * b[j - 1] + 0.3
            j -= 1
        k = j
        while k < i and b[k] < 1.0:
            b[k] += 0.5 + 0.1 * a[k] * a[i]
            k += 1
        s += a[j] * b[k]
    return s


def neighbours(x: Any) -> Any:
    value, degree, s = x.copy(), np.arange(len(x)) % 4, 0.0
    for u in range(len(x)):
        for e in range(degree[u]):
            v = (u * 7 + e * 3) % len(x)
            value[v] = value[v] + 0.1 * value[u] * value[v]
        s += value[u]
    return s


def rows_moved(x: Any) -> Any:
    a, s = x.reshape(len(x) // 4, 4).copy(), 0.0
    for i in range(1, len(a)):
        j = i
        while j > 0 and a[j, 0] > a[j - 1, 0]:
            a[j] = 0.9 * a[j - 1] + 0.1 * a[j]
            j -= 1
        s += np.sum(a[j] * a[i])
    return s


NESTED = (
    insertion_sort,
    increasing_subsequence,
    edit_distance,
    union_find,
    quicksort,
    heap,
    monotone_stack,
    loop_in_a_branch,
    return_from_an_inner_loop,
    three_levels,
    two_inner_loops,
    neighbours,
    rows_moved,
)
