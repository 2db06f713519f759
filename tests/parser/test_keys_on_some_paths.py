"""Dicts and sets that have a key on some of the paths only."""

from __future__ import annotations

from typing import Any

import pytest

from tests.parser.harness import agree


def added(x: float, n: int) -> Any:
    d = {n: x}
    if x > 2:
        d[n + 1] = 1.0
    return d.get(n + 1, 5.0), sorted(d), len(d), d


def removed(x: float, n: int) -> Any:
    d = {n: x, n + 1: 2.0}
    if x > 2:
        del d[n]
    return n in d, sum(d.values()), d


def added_in_a_loop(x: float, n: int) -> Any:
    d = {}
    for k in range(n):
        if x > k:
            d[k] = x + k
    return d, max(d, default=-1), [v * 2 for v in d.values()]


def added_and_left(x: float, n: int) -> Any:
    d = {n: x, n + 1: 2.5}
    for k in d:
        if d[k] > 2:
            d[k + 7] = x
            break
    return d


def removed_and_left(x: float, n: int) -> Any:
    d = {n: x, n + 1: 2.0}
    for k in d:
        if d[k] > 2:
            del d[k]
            return d
    return d


def set_on_one_path(x: float, n: int) -> Any:
    s = {n, 3}
    if x > 2:
        s.add(n + 2)
    return len(s), n + 2 in s, sorted(s)


PROGRAMS = [added, removed, added_in_a_loop, added_and_left, removed_and_left, set_on_one_path]


@pytest.mark.parametrize("fn", PROGRAMS)
def test_keys(fn: Any) -> None:
    agree(fn, 1.0, 4)
    agree(fn, 3.0, 4)
