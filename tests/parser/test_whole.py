"""Whole numbers where Python asks for them: floats are no indices, positions, counts or bounds."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest

import anvil
from tests.parser.harness import same

X = np.arange(6.0)


def item(k):
    return [1.0, 2.0, 3.0][k]


def item_of_tuple(k):
    return (1.0, 2.0, 3.0)[k]


def item_of_deque(k):
    return deque([1.0, 2.0])[k]


def store(k):
    xs = [1.0, 2.0, 3.0]
    xs[k] = 4.0
    return xs


def store_in_row(k):
    rows = [[1.0, 2.0], [3.0, 4.0]]
    rows[0][k] = 4.0
    return rows


def deleted(k):
    xs = [1.0, 2.0, 3.0]
    del xs[k]
    return xs


def popped(k):
    return [1.0, 2.0].pop(k)


def inserted(k):
    xs = [1.0, 2.0]
    xs.insert(k, 3.0)
    return xs


def sliced(k):
    return sum([1.0, 2.0, 3.0][:k])


def of_selected(k):
    return X[X > 2][k]


def sliced_selected(k):
    return X[X > 2][:k].sum()


def counted(k):
    return list(range(k))


def of_array(k):
    return X.item(k)


def chosen(k):
    return np.choose(k, [X, X])


def partitioned(k):
    return np.partition(X, k)


PROGRAMS = [
    item,
    item_of_tuple,
    item_of_deque,
    store,
    store_in_row,
    deleted,
    popped,
    inserted,
    sliced,
    of_selected,
    sliced_selected,
    counted,
    of_array,
    chosen,
    partitioned,
]


@pytest.mark.parametrize("k", [1.0, np.float64(1.0)])
@pytest.mark.parametrize("program", PROGRAMS)
def test_floats_are_refused(program, k):
    with pytest.raises(Exception) as expected:  # noqa: PT011
        program(k)
    with pytest.raises(expected.type) as found:
        anvil.jit(program)(k)
    if program not in (chosen,):
        assert str(expected.value) in str(found.value)


def caught(xs, k):
    try:
        return xs[k]
    except TypeError:
        return -1.0


def test_refusals_are_caught():
    assert anvil.jit(caught)([1.0, 2.0], 1.0) == -1.0
    assert anvil.jit(caught)([1.0, 2.0], 1) == 2.0


def places(xs, k):
    return xs.index(2.0, 2), xs.index(1.0, -3), xs.index(2.0, 1, k), xs.index(2.0, k - 3)


def test_index_within_a_part():
    xs = [1.0, 2.0, 3.0, 2.0, 1.0]
    same(places(xs, 4), anvil.jit(places)(xs, 4), "places")
    with pytest.raises(ValueError, match=r"2\.0 is not in list"):
        anvil.jit(places)(xs, 1)


def ordered(x, k):
    return np.partition(x, k)[k], np.argpartition(x, k)[k], np.partition(x, [-1, 0])[-1]


def test_places_of_a_partition():
    same(ordered(X[::-1], 2), anvil.jit(ordered)(X[::-1], 2), "order")
    with pytest.raises(ValueError, match=r"kth\(=7\) out of bounds \(6\)"):
        anvil.jit(ordered)(X, 7)
    with pytest.raises(ValueError, match=r"kth\(=-1\) out of bounds \(6\)"):
        anvil.jit(ordered)(X, -7)


def in_comprehension(x):
    if x < 0:
        y = 1.0
    return [y for _ in range(2)]


def in_closure(x):
    if x < 0:
        y = 1.0
    return (lambda: y + 1)()


def first_iterable(x):
    if x < 0:
        y = 1
    return [i for i in range(y)]  # noqa: C416


@pytest.mark.parametrize("program", [in_comprehension, in_closure, first_iterable])
def test_words_of_variables_without_values(program):
    with pytest.raises(NameError) as expected:
        program(1.0)
    with pytest.raises(NameError) as found:
        anvil.jit(program)(1.0)
    assert type(found.value) is expected.type
    assert found.value.args == expected.value.args
