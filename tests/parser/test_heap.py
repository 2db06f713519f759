"""Aliases, views and writes: the store follows CPython's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anvil.errors import UnsupportedError
from anvil.ir.analysis import op_counts
from tests.parser.harness import agree, compile_for, run


def swapped_buffers(n, x):
    u, v = np.zeros(8), np.zeros(8)
    u[3] = x
    for _ in range(n):
        for i in range(1, 7):
            v[i] = u[i] + 0.1 * (u[i - 1] - 2 * u[i] + u[i + 1])
        u, v = v, u
    return u, v


def stencil_with_slices(n, x):
    u = np.zeros(6)
    u[2] = x
    old = np.empty(6)
    for _ in range(n):
        old[:] = u
        u[1:-1] = old[1:-1] + 0.1 * (old[2:] - 2 * old[1:-1] + old[:-2])
    return u


def two_rows_of_one_array(x):
    buf, cur = np.zeros((2, 4)), 0
    for _ in range(5):
        buf[1 - cur] = buf[cur] * 0.5 + x
        cur = 1 - cur
    return buf, cur


def write_through_views(x):
    y = x.copy()
    row = y[1]
    row[0] = 5.0
    row[1:] = row[1:] * 2
    turned = y.T
    turned[0, 0] = 7.0
    flat = y.reshape(-1)
    flat[2] = 9.0
    return y, row, turned, flat


def view_of_a_view(x):
    y = x.copy()
    part = y[:, ::2].T[1:]
    part += 1
    part[0][1] = -1
    return y, part


def write_under_if_in_a_loop(x):
    y = x * 0
    for i in range(5):
        if x[i] > 0:
            y[i] = x[i]
        else:
            y[i] += 1.0
    return y


def fill(buf, v):
    for i in range(3):
        buf[i] = v * i


def helper_fills_a_buffer(v):
    b = np.zeros(3)
    fill(b, v)
    c = b
    c += 1
    return b, c


def fill_twice(a, b, v):
    a[0] = v
    b[0] += v
    return a


def helper_with_aliased_arguments(v):
    a = np.zeros(2)
    same = fill_twice(a, a, v)
    other = fill_twice(np.zeros(2), a, v)
    same[1] = 4.0
    return a, same, other


def rebound_in_a_loop(x):
    a = np.zeros(3) + x
    for i in range(3):
        b = a * 2
        b[i] = 0
        a = b
    return a, b


def list_of_arrays(x):
    rows = [np.zeros(2) for _ in range(3)]
    alias = rows[1]
    for i in range(3):
        rows[i][0] = x * i
    alias[1] = 7
    return rows


def shared_in_a_tuple(x):
    a = np.zeros(3)
    t = (a, a)
    t[0][1] = x
    return t


def dict_of_arrays(x):
    d = {"m": np.zeros(2)}

    def step(d, k):
        d["m"][k] += x
        d["n"] = k

    for k in range(2):
        step(d, k)
    return d


def captured_buffer(x):
    buf = np.zeros(3)

    def put(i):
        buf[i] = x

    put(0)
    put(2)
    return buf


def alias_inside_a_branch(x):
    a = np.zeros(3)
    b = np.ones(3)
    if x > 0:
        b = a
        b[0] = 5.0
    return a, b


def zero_d(x):
    s = np.array(0.0)
    t = s
    s += x
    s[()] = s * 2
    return t, s[()]


def masked_stores(a):
    b = a.copy()
    b[b > 1] = 0.0
    b[a < 0.5] += 9
    half = b[::2]
    half *= 10
    return b


GRID = np.arange(6.0).reshape(2, 3)
PROGRAMS: list[tuple[Any, tuple[Any, ...]]] = [
    (swapped_buffers, (0, 1.5)),
    (swapped_buffers, (4, 1.5)),
    (swapped_buffers, (5, 1.5)),
    (stencil_with_slices, (4, 1.0)),
    (two_rows_of_one_array, (1.0,)),
    (write_through_views, (GRID,)),
    (view_of_a_view, (np.arange(12.0).reshape(3, 4),)),
    (write_under_if_in_a_loop, (np.array([1.0, -2, 3, -4, 5]),)),
    (helper_fills_a_buffer, (2.5,)),
    (helper_with_aliased_arguments, (2.5,)),
    (rebound_in_a_loop, (1.5,)),
    (list_of_arrays, (1.5,)),
    (shared_in_a_tuple, (1.5,)),
    (dict_of_arrays, (1.5,)),
    (captured_buffer, (1.5,)),
    (alias_inside_a_branch, (-1.0,)),
    (zero_d, (1.5,)),
    (masked_stores, (np.arange(5.0),)),
]


@pytest.mark.parametrize("fn, args", PROGRAMS, ids=lambda p: getattr(p, "__name__", None))
def test_agrees_with_cpython(fn, args):
    agree(fn, *args)


def test_the_stencil_stays_two_loops():
    parsed, _ = compile_for(swapped_buffers, 100, 1.0)
    assert op_counts(parsed.program)["for"] == 2


def maybe_shared(x):
    a = np.zeros(3)
    b = a
    if x > 0:
        b = np.ones(3)
    b[0] = 5.0
    return a, b


def maybe_shared_and_dead(x):
    a = np.zeros(3)
    b = a
    if x > 0:
        b = np.ones(3)
    b[0] = 5.0
    return b


def maybe_shared_and_only_read(x):
    a = np.zeros(3)
    b = a
    if x > 0:
        b = np.ones(3)
    return a + b


@pytest.mark.parametrize("x", [1.0, -1.0])
def test_a_write_to_what_may_be_shared_reaches_it(x):
    agree(maybe_shared, x)


@pytest.mark.parametrize("fn", [maybe_shared_and_dead, maybe_shared_and_only_read])
@pytest.mark.parametrize("x", [1.0, -1.0])
def test_what_may_be_shared_may_be_read_and_written_when_nobody_else_looks(fn, x):
    agree(fn, x)


def writes_argument(x):
    x[0] = 1.0
    return x


def writes_alias_of_argument(x):
    y = x[1:]
    y += 1.0
    return y


def calls_a_writer(x):
    fill(x, 2.0)
    return x


def writes_list(items):
    items.append(1.0)
    return items


@pytest.mark.parametrize(
    "fn, args",
    [
        (writes_argument, (np.ones(3),)),
        (writes_alias_of_argument, (np.ones(3),)),
        (calls_a_writer, (np.ones(3),)),
        (writes_list, ([1.0],)),
    ],
)
def test_writing_to_an_argument_is_refused_by_name(fn, args):
    with pytest.raises(UnsupportedError, match=r"writes to its argument `(x|items)`"):
        run(fn, *args)
