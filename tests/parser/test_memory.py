"""Whether a reshape is a view or a copy, as NumPy has the elements in memory; views of arrays that
are one of several.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.parser.harness import agree

X = np.arange(12.0)


def reversed_rows(x):
    y = x * 1.0
    y[::-1].reshape(3, 4)[1] = 7.0
    y[::2].reshape(2, 3)[0, 1:] *= 2.0
    return y


def of_columns(x):
    m = x.reshape(3, 4) * 1.0
    np.expand_dims(m.T, 1)[0] = 5.0
    m[:, 1:].reshape(9)[0] = 100.0
    m.T.reshape(12)[2] = 100.0
    m.T[:, ::-1].reshape(2, 2, 3)[1, 1] = -1.0
    return m


def raveled(x):
    m = x.reshape(3, 4) * 1.0
    m.ravel()[3] = 20.0
    m[::2].ravel()[0] = 100.0
    m[1].ravel()[1] = 30.0
    y = x * 1.0
    y[::2].ravel()[0] = 100.0
    y[::-1].ravel()[1] = 100.0
    return m, y


def by_columns(x):
    m, y = x.reshape(3, 4) * 1.0, x * 1.0
    y.reshape((3, 4), order="F")[1] = 0.0
    m.T.ravel("F")[0] = 50.0
    m.ravel("F")[1] = 100.0
    m.T.reshape((4, 3), order="A")[1] += 1.0
    return m, y, m.T.ravel("K"), m.T.ravel("A"), m.T.ravel(), m[:, ::2].T.ravel("A")


def parts_of_complex(x):
    z = x * (1 + 2j)
    z.real.reshape(3, 4)[1] = 0.0
    z.imag[:6].reshape(2, 3)[:, 0] = -1.0
    return z


def diagonals(x):
    m = x[:9].reshape(3, 3) * 1.0
    np.broadcast_to(m[0], (2, 3)).reshape(6)[0] = 9.0
    m.diagonal().reshape(1, 3)[0] = 1.0
    return m


@pytest.mark.parametrize(
    "fn", [reversed_rows, of_columns, raveled, by_columns, parts_of_complex, diagonals]
)
def test_views_and_copies(fn):
    agree(fn, X)


class Cell:
    def __init__(self, z):
        self.z = z


def part_of_one(x, v):
    a, c = v * 1.0, np.arange(12.0)
    z = a if x > 0 else c
    part = z[2:5]
    part[0] = 50.0
    z[:3][1] -= 1.0
    return a, c


def attribute_of_one(x, v):
    a, o = v * 1.0, Cell(np.arange(12.0))
    before = o.z
    if x > 0:
        o.z = a
    np.split(o.z, 3)[1][:] = 9.0
    o.z.reshape(3, 4).T[1] += 1.0
    return a, before


def row_of_one(x, v):
    m, n = v.reshape(3, 4) * 1.0, np.zeros((3, 4))
    z = n
    if x > 0:
        z = m
    for row in z:
        row[1] = 5.0
    first, *_ = z
    first += 1.0
    return m, n


def read_while_written(x, v):
    a, b = v * 1.0, np.ones(12)
    b[1] = 3.0
    if x > 0:
        a = b
    for j, e in enumerate(a):
        a[-j] = e
    return a, b


def old_view(x, v):
    a, c = v * 1.0, np.arange(12.0)
    z = a if x > 0 else c
    tail = z[1:]
    a[2] = 40.0
    c[2] = 50.0
    return tail.sum(), a, c


def computed_part_of_one(x, v):
    a, b = v * 1.0, np.ones(12, int)
    z = a if x > 0 else b
    k = int(v[3])
    z[:k] += 1
    z[k:][::2] *= 3
    return a, b, z[:k].sum()


@pytest.mark.parametrize("x", [1.0, -1.0])
@pytest.mark.parametrize(
    "fn",
    [
        part_of_one,
        attribute_of_one,
        row_of_one,
        read_while_written,
        old_view,
        computed_part_of_one,
    ],
)
def test_views_of_one_of_several(fn, x):
    agree(fn, x, X)


def in_the_order_of_operands(x):
    m = x.reshape(3, 4)
    a = m.T * 2
    a.ravel()[0] = 99.0
    b = np.exp(m.T) + m.T
    b.T.ravel()[1] = 50.0
    b.T.reshape(4, 3)[2, 0] = 9.0
    c = -m.T > 2
    c.ravel()[0] = True
    d = m.T + np.ones((4, 3))
    d.ravel()[1] = 7.0
    e = np.stack([m, m]).transpose(2, 0, 1) * 2
    e.reshape(4, 6)[0, 0] = 100.0
    e.transpose(1, 2, 0).ravel()[3] = 55.0
    return a, b, c, d, e


def made_in_an_order(x):
    m = x.reshape(3, 4)
    made = [np.zeros_like(m.T), np.zeros((4, 3), order="F"), np.array(m.T), np.copy(m.T)]
    made += [np.array(m, order="F"), m.T.copy(), m.T.astype(int), np.full_like(m.T, 3.0)]
    for y in made:
        y.ravel()[1] = 5.0
        y.T.ravel()[2] = 7.0
    return made


@pytest.mark.parametrize("fn", [in_the_order_of_operands, made_in_an_order])
def test_fresh_arrays_lie_in_memory_as_numpys(fn):
    agree(fn, X)
