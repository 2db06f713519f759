"""Elements at computed indices that other names hold too: they are the objects themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.parser.harness import agree


def put(z: Any, i: Any) -> None:
    z[i] = 7.0


class Cell:
    def __init__(self, v: Any, z: Any) -> None:
        self.v, self.z = v, z


def bound_in_a_loop(x: float, n: int) -> Any:
    a = np.zeros(3) + x
    b = np.ones(3)
    c = np.arange(3.0)
    k = int(abs(x) * 3)
    T = (a, b, c)
    z = a
    w = 0
    while w < n:
        w += 1
        z = T[k % 3]
    b[0] = 7.0
    c[0] = 8.0
    return z, T


def objects_of_a_loop(x: float, n: int) -> Any:
    a = np.zeros(3) + x
    b = np.ones(3)
    c = np.arange(3.0)
    k = int(abs(x) * 3)
    T = (a, b, c)
    L = [a, c]
    p = Cell(x, a)
    o = Cell(x, c)
    w = 0
    while w < n:
        w += 1
        e = o
        p.z = T[k % 3]
        [o, e][(k + 1) % 2].z = L[(k + 1) % 2]
    b[0] = 7.0
    c[0] = 8.0
    return p.z, T, o.z


def written_by_a_helper(x: float, n: int) -> Any:
    a = np.zeros(3) + x
    b = np.ones(3)
    c = np.arange(3.0)
    k = int(abs(x) * 3)
    T = (a, b, c)
    p = Cell(x, a)
    o = Cell(x, c)
    w = 0
    while w < n:
        w += 1
        p.z = T[k % 3]
        [o, o][(k + 1) % 2].v = x
    put(b, k % 3)
    return p.z, T, o.z


def rows_in_another_list(x: float, n: int) -> Any:
    k = int(abs(x) * 3)
    xs, ys = [x, 1.0], [2.0, x * 3]
    P = [xs, ys]
    us = P[(k + n) % 2]
    [ys, us][k % 2].append(x)
    return xs, ys, us, P


def a_row_under_two_names(x: float, n: int) -> Any:
    k = int(abs(x) * 3)
    xs, ys = [x, 1.0], [2.0, x * 3]
    P = [xs, ys]
    us = P[(k + n) % 2]
    if x > (xs, ys)[k % 2][1]:
        [ys, us][k % 2].append(x)
    else:
        ys.append(x)
    return xs, ys, us, P


def one_of_a_tuple_in_a_list(x: float, n: int) -> Any:
    k = int(abs(x) * 3)
    xs, ys = [x, 1.0], [2.0, x * 3]
    us = (xs, ys)[(k + n) % 2]
    [ys, us][k % 2].append(x)
    return xs, ys, us


def grown_by_three_names(x: float, n: int) -> Any:
    k = int(abs(x) * 3)
    xs, ys = [x, 1.0], [2.0, x * 3]
    us = (xs, ys)[(k + n) % 2]
    ys.append(1.0)
    us.append(x)
    [xs, ys][k % 2].append(x)
    return xs, ys, us


def lists_of_unlike_lengths(x: float, n: int) -> Any:
    k = int(abs(x) * 3)
    xs, ys = [x, 1.0], [2.0, x * 3]
    if k % 2:
        ys.append(x)
    else:
        xs.append(x)
    [xs, ys][k % 2].append(x)
    return xs, ys


def grown_twice(x: float, n: int) -> Any:
    k = int(abs(x) * 3)
    xs, ys = [x, 1.0], [2.0, x * 3]
    if k % 2:
        ys.append(x)
    P = [xs, ys]
    P[k % 2].append(x)
    P[k % 2].append(x)
    return xs, ys, P


PROGRAMS = (
    bound_in_a_loop,
    objects_of_a_loop,
    written_by_a_helper,
    rows_in_another_list,
    a_row_under_two_names,
    one_of_a_tuple_in_a_list,
    grown_by_three_names,
    lists_of_unlike_lengths,
    grown_twice,
)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("x", [0.7, 1.25])
def test_agrees_with_cpython(program: Any, x: float) -> None:
    agree(program, x, 2)
