"""Recursion whose depth the data decides: trees, halving, mutual calls, closures, methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.corpus.entries import entry

LEFT = np.array([1, 3, -1, -1, -1])
RIGHT = np.array([2, 4, -1, -1, -1])
LEAVES = np.array([0.0, 0.0, 0.3, 0.7, -0.2])


@entry(1.3, 5, xla=True)
def power(x: float, n: int) -> Any:
    return 1.0 if n == 0 else x * power(x, n - 1)


@entry(1.1, 13)
def power_by_squaring(x: float, n: int) -> Any:
    if n == 0:
        return 1.0
    half = power_by_squaring(x, n // 2)
    return half * half if n % 2 == 0 else half * half * x


@entry(LEFT, RIGHT, 0.8, LEAVES, 0, xla=True)
def fold_tree(left: Any, right: Any, w: float, leaves: Any, node: int) -> Any:
    if left[node] < 0:
        return leaves[node]
    below = fold_tree(left, right, w, leaves, left[node])
    return np.tanh(w * (below + fold_tree(left, right, w, leaves, right[node])))


def adaptive(f: Any, a: float, b: float, eps: float, depth: int = 0) -> Any:
    m = (a + b) / 2
    whole = (b - a) / 6 * (f(a) + 4 * f(m) + f(b))
    left = (m - a) / 6 * (f(a) + 4 * f((a + m) / 2) + f(m))
    right = (b - m) / 6 * (f(m) + 4 * f((m + b) / 2) + f(b))
    if abs(left + right - whole) < 15 * eps or depth > 20:
        return left + right + (left + right - whole) / 15
    first = adaptive(f, a, m, eps / 2, depth + 1)
    return first + adaptive(f, m, b, eps / 2, depth + 1)


@entry(1.3)
def adaptive_simpson(a: float) -> Any:
    return adaptive(lambda t: np.sin(a * t) / (1 + t), 0.0, 3.0, 1e-3)


@entry(1.0, 2.0, smooth=False, xla=True)
def newton(x: float, a: float) -> Any:
    y = 0.5 * (x + a / x)
    return y if abs(y - x) < 1e-12 else newton(y, a)


@entry(np.array([1.0, -2.0, 3.0, 0.5]), 0.7)
def horner(c: Any, x: float, i: int = 0) -> Any:
    if i == len(c) - 1:
        return c[i]
    return c[i] + x * horner(c, x, i + 1)


@entry(1.2, 6)
def continued_fraction(x: float, k: int) -> Any:
    return x if k == 0 else x + 1.0 / continued_fraction(x, k - 1)


@entry(0.3, 5)
def closure_with_accumulator(x: float, n: int) -> Any:
    def go(i: int, total: float) -> Any:
        if i == n:
            return total
        return go(i + 1, total + np.sin(x * i))

    return go(0, 0.0)


@dataclass
class Layered:
    w: float
    b: float

    def run(self, x: Any, n: int) -> Any:
        if n <= 0:
            return x
        return self.w * self.run(np.sin(x), n - 1) + self.b * x


@entry(Layered(1.5, 0.5), 0.4, 4)
def method(layer: Layered, x: float, n: int) -> Any:
    return layer.run(x, n)


@entry(0.7, 4)
def calls_in_a_for_loop(x: float, n: int) -> Any:
    total = x
    for i in range(n):
        total += x * calls_in_a_for_loop(x * 0.5, i)
    return total


@entry(0.7, 4)
def calls_in_a_while_loop(x: float, n: int) -> Any:
    total, i = x, 0
    while i < n:
        total += x * calls_in_a_while_loop(x * 0.5, i)
        i += 1
    return total


@entry(np.array([0.1, 0.2, 0.3]), 3)
def on_vectors(v: Any, n: int) -> Any:
    return v if n == 0 else np.cumsum(on_vectors(v * 0.5, n - 1)) + v


@entry(2.0, 8)
def fills_a_buffer(scale: float, n: int) -> Any:
    out = np.zeros(8)

    def go(lo: int, hi: int, depth: float) -> None:
        if hi - lo <= 0:
            return
        mid = (lo + hi) // 2
        out[mid] = depth * scale
        go(lo, mid, depth + 1.0)
        go(mid + 1, hi, depth + 1.0)

    go(0, n, 1.0)
    return out


@entry(0.6, 5)
def two_that_call_each_other(x: float, n: int) -> Any:
    def up(x: float, n: int) -> Any:
        return x if n <= 0 else 2.0 * down(x * x, n - 1)

    def down(x: float, n: int) -> Any:
        return -x if n <= 0 else np.cos(up(x + 0.1, n - 2))

    return up(x, n)


@entry(0.4, 3)
def tuple_of_results(x: float, n: int) -> Any:
    if n == 0:
        return x, 1
    a, k = tuple_of_results(np.sin(x), n - 1)
    return a * x + k, k + 1


@entry((0.5, (0.25, (0.7, None))))
def nested_tuples(node: Any) -> Any:
    if node is None:
        return 1.0
    value, rest = node
    return value * np.exp(value) + value * nested_tuples(rest)


@entry(np.array([3.0, 1.0, 2.0, 5.0, 4.0]))
def merge_sort(a: Any) -> Any:
    n = len(a)
    if n <= 1:
        return a.copy()
    left, right = merge_sort(a[: n // 2]), merge_sort(a[n // 2 :])
    out = np.empty(n)
    i = j = 0
    for k in range(n):
        if j >= len(right) or (i < len(left) and left[i] <= right[j]):
            out[k] = left[i]
            i += 1
        else:
            out[k] = right[j]
            j += 1
    return out


@entry(np.arange(8) * (0.5 + 0.25j))
def fft(x: Any) -> Any:
    n = len(x)
    if n == 1:
        return x
    even, odd = fft(x[::2]), fft(x[1::2])
    turned = np.exp(-2j * np.pi * np.arange(n // 2) / n) * odd
    return np.concatenate([even + turned, even - turned])


@entry(np.array([3.0, 1.0, 2.0, 5.0, 4.0, 0.5]))
def quicksort(a: Any) -> Any:
    def sort(a: Any, lo: int, hi: int) -> None:
        if lo >= hi:
            return
        pivot, i = a[hi], lo
        for j in range(lo, hi):
            if a[j] < pivot:
                a[i], a[j] = a[j], a[i]
                i += 1
        a[i], a[hi] = a[hi], a[i]
        sort(a, lo, i - 1)
        sort(a, i + 1, hi)

    a = a.copy()
    sort(a, 0, len(a) - 1)
    return a
