"""Derivatives of NumPy's functions against differences: forward, reverse and second order."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.library import coverage
from tests.corpus.entries import Entry
from tests.corpus.test_corpus import check_derivatives, directions
from tests.library.cases_derivatives import CASES
from tests.library.harness import arguments, function


@pytest.mark.filterwarnings("ignore::anvil.AnvilWarning")
@pytest.mark.parametrize("text", CASES)
def test_derivatives_are_those_of_differences(text: str) -> None:
    """By the reference semantics; integers and bools stand still."""
    fn, names = function(text)
    args = tuple(arguments(names))
    v, w = directions(args, seed=1), directions(fn(*arguments(names)), seed=2)

    def back(*args: Any) -> Any:
        return anvil.vjp(fn, *args)[1](w)

    def all_of_them(*args: Any) -> Any:
        tangent = anvil.jvp(fn, args, v)[1]
        return tangent, back(*args), anvil.jvp(back, args, v)[1]

    got = call_reference(anvil.jit(all_of_them), args, {})
    check_derivatives(Entry(fn, args, True, False, 1e-12, ""), got, v, w)


ELSEWHERE = {
    "einsum_path": "shapes",
    "extract": "as compress",
    "vectorize": "a class",
    "union1d": "as unique",
    "unique": "of known contents",
    "unique_values": "as unique",
    "flatnonzero": "positions",
    "nonzero": "positions",
    "ndenumerate": "Python's iteration",
}
"""Differentiable functions without a case here."""


def test_every_differentiable_function_has_a_case() -> None:
    """By the object, so that aliases count together."""
    seen = {id(o) for text in CASES for o in _objects(text)}
    missing = []
    for row in coverage.rows("numpy"):
        obj = getattr(np, row.name)
        plain = row.kind == "function" and not isinstance(obj, type)
        meant = row.name not in coverage.NO_DERIVATIVE | ELSEWHERE.keys()
        if plain and meant and id(obj) not in seen:
            missing.append(row.name)
    assert missing == []


def _objects(text: str) -> Iterator[Any]:
    for node in ast.walk(ast.parse(text.replace("return ", ""))):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np":
            yield getattr(np, node.attr)
