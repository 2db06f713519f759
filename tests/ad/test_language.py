"""Whatever compiles differentiates: programs over the features of the language, in every mode."""

from __future__ import annotations

import copy
import importlib
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.ad.language_control import PROGRAMS
from tests.corpus.test_corpus import differences, directions, dot, shifted

importlib.import_module("tests.ad.language_data")
NUMBERS = [p for p in PROGRAMS if isinstance(p[1][0], float | np.ndarray)]


def named(cases: Any) -> Any:
    return pytest.mark.parametrize(("f", "args"), cases, ids=lambda p: getattr(p, "__name__", ""))


def reference(f: Any, *args: Any, pipeline: str = "O0") -> Any:
    return call_reference(anvil.jit(f), copy.deepcopy(args), {}, pipeline)


@pytest.mark.filterwarnings("ignore::anvil.AnvilWarning")
@named(PROGRAMS)
def test_both_modes_and_second_order(f: Any, args: Any) -> None:
    x, *rest = args
    v = directions(x, seed=3)

    def compute(x: Any, v: Any, rest: Any) -> Any:
        def g(x: Any) -> Any:
            return f(x, *rest)

        def slope(x: Any) -> Any:
            return anvil.jvp(g, (x,), (v,))[1]

        value, bars = anvil.value_and_grad(g)(x)
        moved = anvil.jvp(anvil.grad(g), (x,), (v,))[1]
        return value, slope(x), bars, moved, anvil.grad(slope)(x)

    def along(t: float) -> float:
        return float(f(shifted(x, v, t), *copy.deepcopy(rest)))

    first, second = differences(along)
    value, forward, bars, moved, back = reference(compute, x, v, rest)
    np.testing.assert_allclose(value, along(0.0), rtol=1e-12)
    scale = 1 + abs(first) + abs(second)
    np.testing.assert_allclose(forward, dot(bars, v), rtol=1e-9, atol=1e-12 * scale)
    np.testing.assert_allclose(forward, first, rtol=1e-6, atol=1e-8 * scale)
    np.testing.assert_allclose(dot(moved, v), second, rtol=1e-4, atol=1e-6 * scale)
    np.testing.assert_allclose(dot(moved, v), dot(back, v), rtol=1e-9, atol=1e-12 * scale)


@pytest.mark.filterwarnings("ignore::anvil.AnvilWarning")
@named(NUMBERS)
def test_hessian_is_the_gradient_of_the_gradient(f: Any, args: Any) -> None:
    x, *rest = args

    def compute(x: Any, v: Any, rest: Any) -> Any:
        def g(x: Any) -> Any:
            return f(x, *rest)

        rows = anvil.grad(lambda x: np.sum(anvil.grad(g)(x) * v))(x)
        return anvil.jacobian(g)(x), anvil.grad(g)(x), anvil.hessian(g)(x), rows

    v = directions(x, seed=4)
    jacobian, gradient, hessian, rows = reference(compute, x, v, rest, pipeline="O2")
    np.testing.assert_allclose(jacobian, gradient, rtol=1e-9, atol=1e-11)
    n = np.ndim(x)
    np.testing.assert_allclose(np.tensordot(hessian, v, n), rows, rtol=1e-9, atol=1e-10)


@pytest.mark.filterwarnings("ignore::anvil.AnvilWarning")
@named(NUMBERS)
def test_lanes_are_the_calls(f: Any, args: Any) -> None:
    x, *rest = args
    lanes = np.stack([x, np.multiply(x, 0.9), np.add(x, 0.05)])

    def compute(xs: Any, rest: Any) -> Any:
        def g(x: Any) -> Any:
            return f(x, *rest)

        return anvil.vmap(g)(xs), anvil.vmap(anvil.grad(g))(xs)

    def one(x: Any, rest: Any) -> Any:
        return anvil.value_and_grad(lambda x: f(x, *rest))(x)

    values, slopes = reference(compute, lanes, rest)
    for lane, value, slope in zip(lanes, values, slopes, strict=True):
        want, bars = reference(one, lane[()], rest)
        np.testing.assert_allclose(value, want, rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(slope, bars, rtol=1e-9, atol=1e-11)
