"""Loops of O(n) steps that each touch a few elements of an array: their reverse must cost O(n).

`FLAT` are single loops whose branches read what they wrote.
"""

from __future__ import annotations

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
