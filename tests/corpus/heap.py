"""Arrays that are written to: views, aliases, swaps, buffers filled by helpers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.corpus.entries import entry

VECTOR = np.array([0.3, -1.2, 0.8, 2.1, -0.4, 0.9])
MATRIX = np.array([[1.2, -0.3, 0.5], [0.4, 1.9, -0.7], [-0.6, 0.2, 1.1], [0.1, 0.8, -1.4]])


@entry(VECTOR, 4, xla=True)
def swapped_stencil(u: Any, steps: int) -> Any:
    old, new = u.copy(), np.zeros_like(u)
    for _ in range(steps):
        for i in range(1, len(u) - 1):
            new[i] = old[i] + 0.1 * (old[i - 1] - 2 * old[i] + np.sin(old[i + 1]))
        new[0], new[-1] = old[0], old[-1]
        old, new = new, old
    return old


@entry(VECTOR, 3)
def swapped_stencil_slices(u: Any, steps: int) -> Any:
    a = u.copy()
    b = np.empty_like(a)
    for _ in range(steps):
        b[1:-1] = 0.25 * a[:-2] + 0.5 * a[1:-1] * a[1:-1] + 0.25 * a[2:]
        b[0] = b[1]
        b[-1] = b[-2]
        a, b = b, a
    return a, b


@entry(MATRIX)
def rows_are_views(m: Any) -> Any:
    m = m.copy()
    for row in m:
        row *= np.sin(row.sum())
    first = m[0]
    first[1] = first[0] * first[2]
    return m


@entry(MATRIX)
def transposed_view(m: Any) -> Any:
    out = np.zeros((3, 4))
    t = out.T
    t[:] = np.cos(m)
    t[1:3, 0] += m[1:3, 1] ** 2
    flat = out.reshape(-1)
    flat[::5] *= 2.0
    return out


def fill(buffer: Any, value: Any) -> None:
    for i in range(len(buffer)):
        buffer[i] = value * (i + 1) ** 0.5


@entry(0.7, xla=True)
def helper_fills_buffer(x: float) -> Any:
    buf = np.zeros(5)
    fill(buf, np.exp(x))
    fill(buf[1:3], x * x)
    return buf


@entry(VECTOR)
def alias_chain(v: Any) -> Any:
    a = v * 2.0
    b = a
    c = b[1:4]
    c += 1.0
    b[2] = b[0] * b[1]
    a *= a[3]
    return a, c.sum()


@entry(VECTOR, 0.5)
def write_under_branch(v: Any, cut: float) -> Any:
    out = v.copy()
    for i in range(len(out)):
        if out[i] > cut:
            out[i] = cut + np.log1p(out[i] - cut)
        elif out[i] < -cut:
            out[i] *= 0.1
    return out


@entry(VECTOR, True, refused="alias-types")
def alias_chosen_by_data(v: Any, flag: bool) -> Any:
    a, b = v * 1.0, v * 3.0
    c = a if v[0] > 0 else b
    d = np.sin(c)
    if flag:
        c = d
    c[1] = 7.0 * v[2]
    return a.sum() + 2 * b.sum() + d.sum()


@entry(VECTOR)
def bubble_sort(v: Any) -> Any:
    v = v.copy()
    n = len(v)
    for i in range(n):
        for j in range(n - 1 - i):
            if v[j] > v[j + 1]:
                v[j], v[j + 1] = v[j + 1], v[j]
    return v


@entry(VECTOR)
def insertion_sort(v: Any) -> Any:
    a = np.array(v)
    for i in range(1, a.size):
        key = a[i]
        j = i - 1
        while j >= 0 and a[j] > key:
            a[j + 1] = a[j]
            j -= 1
        a[j + 1] = key
    return a


@entry(VECTOR, xla=True)
def reverse_in_place(v: Any) -> Any:
    v = v.copy()
    lo, hi = 0, len(v) - 1
    while lo < hi:
        v[lo], v[hi] = np.sin(v[hi]), v[lo] ** 2
        lo += 1
        hi -= 1
    return v


@entry(MATRIX)
def row_operations(m: Any) -> Any:
    m = m.copy()
    m[[0, 2]] = m[[2, 0]]
    m[:, 1] += m[:, 0] * m[:, 2]
    m[-1, ::2] = m[0, ::-2]
    m[1:, 0] = 0.0
    return m


@entry(VECTOR)
def closure_writes_to_buffer(v: Any) -> Any:
    total = np.zeros(3)
    count = 0

    def add(i: int, x: Any) -> None:
        nonlocal count
        total[i] += x * x
        count += 1

    for k in range(len(v)):
        add(k % 3, v[k])
    return total, count


@entry(MATRIX, smooth=False)
def overlapping_shift(m: Any) -> Any:
    m = m.copy()
    m[1:] = m[:-1]
    v = m[:, 0].copy()
    v[:-1] = v[1:]
    v[1:] += v[:-1]
    return m, v


@entry(VECTOR)
def list_of_arrays(v: Any) -> Any:
    parts = [np.zeros(2) for _ in range(3)]
    for i, p in enumerate(parts):
        p[0] = v[i]
        p[1] = v[i + 3] * p[0]
    parts[1] += parts[0]
    parts.append(parts[0])
    parts[3][0] = 9.0
    return parts[0], parts[1] * parts[2]


@entry(VECTOR)
def same_array_twice(v: Any) -> Any:
    def mix(a: Any, b: Any) -> None:
        a[0] = b[1] * 2
        b[1] = a[0] * a[2]
        a += b

    x = v.copy()
    mix(x, x)
    return x


@entry(MATRIX, 2)
def write_at_dynamic_row(m: Any, k: int) -> Any:
    out = m.copy()
    i = int(np.argmax(m[:, k]))
    out[i] = out[i] ** 2
    out[i, k] -= 1.0
    row = out[i]
    row[0] = 5.0 * row[1]
    return out, i


@entry(VECTOR)
def in_place_ufunc_style(v: Any) -> Any:
    acc = np.ones(3)
    acc *= v[:3]
    acc /= 1.0 + v[3:] ** 2
    acc **= 2
    acc -= v[0]
    return acc


@entry(VECTOR)
def copy_breaks_alias(v: Any) -> Any:
    a = v.copy()
    b = a[:]
    c = a.copy()
    d = np.array(a)
    e = np.asarray(a)
    b[0] = 10.0 * v[1]
    e[1] = 20.0 * v[2]
    return a, b, c, d, e


@entry(VECTOR, xla=True)
def masked_stores(v: Any) -> Any:
    out = v * 1.0
    out[out < 0] = 0.0
    out[v > 1.0] *= 0.5
    mask = out == 0.0
    out[mask] = np.exp(v[mask])
    return out


@entry(np.array([0, 2, 2, 1]), VECTOR)
def index_arrays(idx: Any, v: Any) -> Any:
    out = np.zeros(4)
    out[idx] = v[:4] ** 2
    np.add.at(out, idx, v[1:5])
    picked = v[idx] * v[idx + 2]
    picked[0] = 3.0
    return out, picked


@entry(VECTOR, 5)
def ring_buffer(v: Any, n: int) -> Any:
    ring = np.zeros(3)
    out = np.zeros(n)
    for i in range(n):
        ring[i % 3] = v[i] + 0.5 * ring[(i + 1) % 3]
        out[i] = ring.mean()
    return out
