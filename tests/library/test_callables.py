"""Library functions as values: transformed, passed, mapped, bound, wrapped by np.vectorize."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference

XS = np.array([0.5, -1.25, 2.0])
WEIGHTS = np.array([1.0, 2.0, -3.0])


def reference(function: Any, *args: Any) -> Any:
    return call_reference(function, args, {})


@pytest.mark.parametrize(
    ("fn", "args"),
    [
        (np.sin, (0.5,)),
        (np.add, (1.5, XS)),
        (np.linalg.norm, (XS,)),
        (np.add.reduce, (XS,)),
        (np.maximum.accumulate, (XS,)),
        (np.multiply.outer, (XS, XS)),
        (np.median, (XS,)),
        (np.ndarray.sum, (XS,)),
        (WEIGHTS.dot, (XS,)),
        (math.hypot, (3.0, 4.0)),
        (operator.mul, (3.0, XS)),
        (functools.partial(np.power, 2.0), (XS,)),
        (functools.partial(np.clip, a_min=0.0, a_max=1.0), (XS,)),
        (np.vectorize(lambda x: x * 2 if x > 0 else -x), (XS,)),
        (np.vectorize(math.sin, otypes=[float]), (XS,)),
    ],
)
def test_a_library_function_is_compiled_as_it_is(fn: Any, args: tuple[Any, ...]) -> None:
    np.testing.assert_allclose(reference(anvil.jit(fn), *args), fn(*args), rtol=1e-14)


def test_gradients_of_library_functions() -> None:
    assert reference(anvil.grad(np.sin), 0.5) == pytest.approx(math.cos(0.5))
    np.testing.assert_allclose(reference(anvil.grad(np.linalg.norm), XS), XS / np.linalg.norm(XS))
    np.testing.assert_allclose(reference(anvil.grad(WEIGHTS.dot), XS), WEIGHTS)
    np.testing.assert_allclose(reference(anvil.grad(anvil.grad(np.exp)), 0.5), math.exp(0.5))


leaky = np.vectorize(lambda x, slope: x if x > 0 else slope * x, excluded=["slope"])


@np.vectorize
def bounded(x: float) -> float:
    return math.tanh(x)


def fold(f: Any, xs: Any) -> Any:
    total = xs[0]
    for x in xs[1:]:
        total = f(total, x)
    return total


def passed_on(xs: Any) -> Any:
    return fold(np.add, xs) * fold(np.maximum, xs) - fold(np.hypot, xs)


def mapped(xs: list[float]) -> Any:
    return sum(map(np.exp, xs)) + functools.reduce(np.multiply, xs)


def chosen(xs: Any, kind: str) -> Any:
    table = {"sum": np.sum, "mean": np.mean, "peak": np.max}
    return table[kind](xs)


def composed(xs: Any) -> Any:
    def compose(*fs: Any) -> Any:
        return functools.reduce(lambda f, g: lambda x: f(g(x)), fs)

    return compose(np.sum, np.square, np.sin)(xs)


def in_a_list(xs: Any) -> Any:
    return np.stack([f(xs) for f in (np.sin, np.cos, np.tanh, np.cumsum)])


def method_held(xs: Any) -> Any:
    total, largest = xs.sum, xs.max
    return total() / largest()


def vectorised(xs: Any) -> Any:
    return leaky(xs, slope=0.1) + bounded(xs)


@pytest.mark.parametrize(
    ("fn", "args"),
    [
        (passed_on, (XS,)),
        (mapped, ([0.5, -1.25, 2.0],)),
        (chosen, (XS, "mean")),
        (composed, (XS,)),
        (in_a_list, (XS,)),
        (method_held, (XS,)),
        (vectorised, (XS,)),
    ],
)
def test_functions_are_passed_like_any_value(fn: Any, args: tuple[Any, ...]) -> None:
    np.testing.assert_allclose(reference(anvil.jit(fn), *args), fn(*args), rtol=1e-14)


def test_a_gradient_through_np_vectorize() -> None:
    got = reference(anvil.grad(lambda xs: np.sum(vectorised(xs))), XS)
    want = np.where(XS > 0, 1.0, 0.1) + 1 / np.cosh(XS) ** 2
    np.testing.assert_allclose(got, want)


def test_library_functions_run_through_xla() -> None:
    np.testing.assert_allclose(anvil.jit(vectorised)(XS), vectorised(XS))
    np.testing.assert_allclose(anvil.jit(np.logaddexp.reduce)(XS), np.logaddexp.reduce(XS))
