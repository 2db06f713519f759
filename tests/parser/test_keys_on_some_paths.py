"""Dicts and sets that have a key on some of the paths only."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.errors import AnvilTypeError
from tests.corpus.test_corpus import derivatives_agree
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


def labels(x: Any) -> Any:
    out = {}
    for v in x:
        label = "neg" if v < 0 else "small" if v < 1 else "big"
        out[label] = out.get(label, 0.0) + v * v
    return out


def options(x: float) -> Any:
    config = {"rate": 0.1, "momentum": 0.9}
    if x > 2:
        config["decay"] = 0.5
    rate = config["rate"] * config.get("decay", 1.0)
    return rate * x, "decay" in config, list(config), sorted(config.items())


class Color(Enum):
    RED = 1
    GREEN = 2


def members(x: float) -> Any:
    d = {Color.RED: x}
    if x > 2:
        d[Color.GREEN] = x * x
    if Color.RED in d:
        d[Color.RED] += 1
    return d.get(Color.GREEN, 0.0), len(d), sum(d.values())


def popped(x: float) -> Any:
    d = {"a": x, "b": 2.0, "c": 4.0}
    v = d.pop("a") if x > 2 else d.pop("b")
    try:
        z, why = d["a"], ""
    except KeyError as error:
        z, why = -1.0, str(error)
    return v, z, why, max(d, key=d.get), sorted(d, reverse=True)


def names_and_numbers(x: Any) -> Any:
    d = {}
    for i, v in enumerate(x):
        d["p" if v > 0 else "n", i % 2] = v
    return d, len(d), d[("p", 0)]


def updated(x: float) -> Any:
    d = {"a": x}
    e = {"b": 1.0, "a": 2.0}
    if x > 2:
        d.update(e)
    else:
        d |= {"c": 3.0}
    return {**d, "z": 0.0}, d == e, d


def set_of_names(x: float) -> Any:
    s = {"a", "b"}
    if x > 2:
        s.add("c")
    else:
        s.discard("a")
    return "a" in s, "c" in s, len(s), sorted(s), s


XS = np.array([0.5, -1.0, 2.0, 3.5, -0.2])
NAMED = [
    (labels, (XS,)),
    (options, (1.0,)),
    (options, (3.0,)),
    (members, (3.0,)),
    (popped, (1.0,)),
    (popped, (3.0,)),
    (names_and_numbers, (XS,)),
    (updated, (1.0,)),
    (updated, (3.0,)),
    (set_of_names, (1.0,)),
    (set_of_names, (3.0,)),
]


@pytest.mark.parametrize(("fn", "args"), NAMED)
def test_names(fn: Any, args: Any) -> None:
    agree(fn, *args)


@pytest.mark.parametrize(("fn", "args"), [NAMED[0], NAMED[8]])
def test_derivatives(fn: Any, args: Any) -> None:
    derivatives_agree(fn, *args)


def test_names_on_xla() -> None:
    assert anvil.jit(labels)(XS) == pytest.approx(labels(XS))
    assert anvil.jit(popped)(3.0) == popped(3.0)


def test_values_of_unlike_forms_are_refused() -> None:
    def unlike(x: float) -> Any:
        d = {"name": "foo", "x": x}
        if x > 2:
            d["more"] = np.ones(3)
        return d["x"]

    with pytest.raises(AnvilTypeError, match="a dict whose values are each"):
        anvil.jit(unlike)(1.0)


PROGRAMS = [added, removed, added_in_a_loop, added_and_left, removed_and_left, set_on_one_path]


@pytest.mark.parametrize("fn", PROGRAMS)
def test_keys(fn: Any) -> None:
    agree(fn, 1.0, 4)
    agree(fn, 3.0, 4)
