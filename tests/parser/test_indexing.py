"""Subscripts, read and written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anvil.errors import AnvilError
from tests.parser.harness import agree, run

A = np.arange(6.0).reshape(2, 3)
S = np.arange(9.0).reshape(3, 3)
T = np.arange(24.0).reshape(2, 3, 4)


def basic(a):
    return a[0], a[-1], a[0, 1], a[:, 1], a[..., 0], a[None], a[:, None, 1:], a[1:1], a[()]


def strides(a):
    return a[::-1], a[::2, ::-2], a[1::-1], a[:, ::3], a[-2:, :-1]


def dynamic(a, i):
    return a[i], a[i, 1], a[:, i], a[i, :2], a[-i - 1], a[i][1], a[i, i], a[..., i]


def lists(a):
    return a[[0, 1, 0]], a[[0, 1], [1, 2]], a[:, [2, 0]], a[[True, False]], a[[]]


def index_arrays(a, idx):
    return a[idx], a[idx, idx], a[:, idx], a[idx][:, 0], a[idx, 1:], a[idx[:, None], idx]


def where_the_indexed_axes_go(a, i):
    return a[:, [0, 1], [1, 2]], a[[0, 1], :, [1, 2]], a[0, :, [0, 1]], a[i, [0, 2]], a[[1], None]


def stores(a):
    b = a.copy()
    b[0] = 5
    b[1, 1] = 7
    b[:, 2] = b[:, 0]
    b[::-1] = b * 1
    c = b[1]
    c += 1
    b[:, 1:] *= 2
    b[...] += 1
    return b, c


def strided_stores(a):
    b = a.copy()
    b[1::2, ::2] = 5.0
    b[::2, ::-1][0] = b[0] * 2
    b[:, 1::2] += b[:, ::2]
    return b


def index_array_stores(a, idx):
    b = a.copy()
    b[idx] = 10
    b[idx, 0] = [1, 2]
    b[0, idx] += 5
    b[:, idx] *= 2
    return b


def repeated_indices(a):
    b = a.copy()
    b[[0, 0, 1]] += 1.0
    return b


def mask_stores(a, m):
    b = a.copy()
    b[m] = -1
    b[a > 3] += 1
    return b


def dynamic_stores(a, i):
    b = a.copy()
    b[i] = a[i - 1]
    b[i, 0] += 3
    b[:, i] = 0
    b[i, i:][0] = 4 if i is None else 5
    return b


def dynamic_strided_store(a, i):
    b = a.copy()
    b[i, ::2] = 7.0
    b[i, ::-1] -= 1.0
    return b


def unpacking(a):
    x, y = a
    (p, *q), r = [1, 2, 3], a[0]
    *s, t = a[1]
    return x + y, p, q, r, s, t


def known_selection(a):
    mask = np.array([True, False, True])
    return a[:, mask], a[0, mask]


def computed_item(x, i):
    t, items = (1.0, 2.0, 3.0), [x, x * 2, x * 3]
    return items[i], t[i]


def slice_objects(a):
    s = slice(1, None)
    return a[s], a[s, slice(None, None, 2)], [1, 2, 3][s]


PROGRAMS: list[tuple[Any, tuple[Any, ...]]] = [
    (basic, (A,)),
    (strides, (A,)),
    *((dynamic, (A, i)) for i in (0, 1, -2, 5, -3)),
    (lists, (A,)),
    (index_arrays, (S, np.array([0, 2, -1]))),
    (index_arrays, (S, np.array([0, 2, 3]))),
    (where_the_indexed_axes_go, (T, 1)),
    (stores, (A,)),
    (strided_stores, (np.arange(16.0).reshape(4, 4),)),
    (index_array_stores, (S, np.array([0, 2]))),
    (repeated_indices, (S,)),
    (mask_stores, (A, A > 2)),
    *((dynamic_strided_store, (S, i)) for i in (0, 2, -1)),
    (unpacking, (A,)),
    (known_selection, (A,)),
    *((computed_item, (1.0, i)) for i in (1, -1, 7)),
    (slice_objects, (S,)),
]


@pytest.mark.parametrize("fn, args", PROGRAMS, ids=lambda p: getattr(p, "__name__", None))
def test_agrees_with_cpython(fn, args):
    agree(fn, *args)


@pytest.mark.parametrize("i", [0, 2, -1])
def test_a_slice_with_a_computed_bound_makes_the_index_known(i):
    agree(dynamic_stores, S, i)


@pytest.mark.parametrize(
    "fn, args, text",
    [
        (lambda a: a[0, 0, 0], (A,), "too many indices"),
        (lambda a: a[2], (A,), "index 2 is out of bounds for axis 0 with size 2"),
        (lambda a: a["x"], (A,), "arrays are indexed by"),
        (lambda a: a[1.0], (A,), "arrays are indexed by"),
        (lambda a: a[..., ...], (A,), "single ellipsis"),
        (lambda a: {"x": 1}["y"], (A,), "y"),
        (lambda a: [1][3], (A,), "list index out of range"),
    ],
)
def test_bad_indices(fn, args, text):
    with pytest.raises((AnvilError, IndexError, KeyError), match=text):
        run(fn, *args)


def test_ranges_are_indices() -> None:
    def picked(x: Any, labels: Any, n: int) -> Any:
        y = x.copy()
        y[range(n), range(n)] = -1.0
        return x[range(len(labels)), labels], x[range(n)], x[range(0)], y

    agree(picked, np.arange(12.0).reshape(4, 3), np.array([0, 2, 1, 1]), 2)
