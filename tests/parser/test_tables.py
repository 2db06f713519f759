"""Dicts and sets whose keys the data decide."""

from __future__ import annotations

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.corpus.test_corpus import derivatives_agree
from tests.parser import nested_table_programs, table_programs, table_styles
from tests.parser.harness import agree, run, same
from tests.parser.table_programs import PROGRAMS, X

assert table_styles.X is table_programs.X
assert nested_table_programs.K.size
NAMES = [f"{fn.__name__}-{i}" for i, (fn, _) in enumerate(PROGRAMS)]


@pytest.mark.parametrize(("fn", "args"), PROGRAMS, ids=NAMES)
def test_value(fn, args):
    agree(fn, *args)


SMOOTH = """group_sum group_list dcomp hist2d_ret key_err_catch dict_sorted_items pop_key arr_values
mean_by dict_tuple lru_class default_lambda default_obj default_list_mean state_prob norm_items
graph_in graph_missing table lists_inside normalised weights
aliases views_as_sets bounded rotated dijkstra arrays_missing"""


@pytest.mark.parametrize("name", SMOOTH.split())
def test_derivatives(name):
    fn, args = next((f, a) for f, a in PROGRAMS if f.__name__ == name)
    derivatives_agree(fn, *args)


@pytest.mark.parametrize("name", ["count_get", "group_list", "lru_class", "table"])
def test_xla(name):
    fn, args = next((f, a) for f, a in PROGRAMS if f.__name__ == name)
    same(fn(*args), anvil.jit(fn)(*args), fn.__name__)


def grown(n):
    """More entries than there is room for at first."""
    seen = {}
    k = 1
    while k not in seen:
        seen[k] = len(seen)
        k = (k * 5) % 1009
    return seen[k], len(seen), n


def test_more_entries_than_expected():
    assert anvil.jit(grown)(2.0) == grown(2.0)


def test_cotangents_by_key():
    def squares(x):
        return {int(v): v * v for v in x}

    x = np.array([3.5, 1.5])

    def pulled(w):
        return call_reference(anvil.jit(lambda x: anvil.vjp(squares, x)[1](w)), (x,), {}, "O2")

    np.testing.assert_allclose(pulled({1: 10.0, 3: 1.0})[0], [7.0, 30.0])
    with pytest.raises(ValueError, match="other keys"):
        pulled({1: 10.0, 2: 1.0})


def unlike_keys(x):
    d = {}
    d[int(x[0])] = 1.0
    d[(int(x[1]), 2)] = 2.0
    return len(d)


def unlike_values(x):
    d = {}
    for v in x:
        d[int(v)] = x[1:]
    d[int(x[0])] = x
    return len(d)


def whole_and_real(x):
    d = {}
    for v in x:
        d[int(v)] = v
        d[v] = v
    return d


@pytest.mark.parametrize("fn", [unlike_keys, unlike_values, whole_and_real])
def test_unlike_entries(fn):
    with pytest.raises(anvil.AnvilError) as caught:
        anvil.jit(fn).ir(X)
    assert caught.value.diagnostic.code == "unlike-elements"


def test_nan_is_no_key():
    def add(x):
        d = {}
        for v in x:
            d[v] = 1
        return len(d)

    with pytest.raises(ValueError, match="nan cannot be a key"):
        run(add, np.array([1.0, np.nan]))


def test_order_of_sets():
    def digits(x):
        total = 0
        for k in {int(v) for v in x}:
            total = total * 10 + k
        return total

    agree(digits, X)
    agree(digits, np.array([1e9]))
    with pytest.raises(ValueError, match="order of the elements of a set"):
        run(digits, np.array([1e9, 2.0]))


def test_one_program_for_all_labels():
    counts = anvil.jit(count_get_ints)
    for seed in range(3):
        labels = np.random.default_rng(seed).integers(0, 9, 50)
        assert call_reference(counts, (labels,), {}, "O2") == count_get_ints(labels)
    assert "static" not in counts.explain()


def count_get_ints(labels):
    counts = {}
    for k in labels:
        counts[k] = counts.get(k, 0) + 1
    return counts
