"""Searches that find nothing, and containers that change while they are looped over."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree, run

SEARCHES = [
    lambda x, n: [1, n, 3].index(n + 4),
    lambda x, n: [x, 2.0].index(x + 1),
    lambda x, n: (1, n).index(n + 7),
    lambda x, n: [1.0, x].remove(x + 5),
    lambda x, n: ["a", "b"].index("c") + x,
    lambda x, n: [1, 2, 3].index(7) + x,
    lambda x, n: deque([1, n]).index(n + 4),
    lambda x, n: [1, n, 5].index(np.int64(n) + 4),
]


@pytest.mark.parametrize("fn", SEARCHES)
def test_what_a_search_that_finds_nothing_says(fn: Callable[..., Any]) -> None:
    agree(fn, 1.5, 3)


EMPTY = [
    lambda x, n: max([z for z in [x] if not n]),
    lambda x, n: max(z for z in (1.0, 2.0) if z > 100),
    lambda x, n: min([], key=lambda t: t),
]


@pytest.mark.parametrize("fn", EMPTY)
def test_the_largest_of_nothing(fn: Callable[..., Any]) -> None:
    agree(fn, 1.5, 3)


def enumerated(x):
    items = [x]
    for i, e in enumerate(items):
        if i < 3:
            items.append(e + 1)
    return items


def zipped(x):
    items = [1.0, x]
    for a, b in zip(items, [0, 1, 2, 3], strict=False):
        if len(items) < 5:
            items.append(a + b)
    return items


def keyed(x):
    table = {"a": x, "b": 2.0}
    for k, e in table.items():
        table[k + "c"] = e
    return table


def removed(x):
    items = [x, 1.0, 2.0, 3.0]
    for v in items:
        if v < 2.5:
            items.remove(v)
    return items


@pytest.mark.parametrize("fn", [enumerated, zipped, removed])
def test_a_list_that_changes_under_a_loop(fn: Callable[..., Any]) -> None:
    agree(fn, 1.5)


def test_a_dict_that_grows_under_a_loop_is_refused() -> None:
    with pytest.raises(anvil.AnvilError, match="while a loop runs over it"):
        run(keyed, 1.5)


def shorter(rows):
    rows[0][:2] = [1.0]


def emptied(rows):
    rows[0].clear()


def popped(rows):
    rows[0].pop()


def removed(rows):
    rows[0].remove(1.0)


def deleted(rows):
    del rows[0][0]


@pytest.mark.parametrize("change", [popped, removed])
def test_rows_that_get_shorter(change: Callable[..., Any]) -> None:
    def program(x, k):
        rows = [[1.0, x, 1.0] for _ in range(2)]
        rows[k % 2][0] = 2.0
        change(rows)
        return rows

    agree(program, 1.5, 1)


@pytest.mark.parametrize("change", [shorter, emptied, deleted])
def test_rows_keep_their_length(change: Callable[..., Any]) -> None:
    def program(x, k):
        rows = [[0.0, x, 1.0] for _ in range(2)]
        rows[k % 2][0] = 1.0
        change(rows)
        return rows

    with pytest.raises(anvil.AnvilError, match="keeps its length"):
        run(program, 1.5, 1)
