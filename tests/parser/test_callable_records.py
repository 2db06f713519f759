"""Objects that can be called, as arguments: their attributes are inputs like those of others."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.parser.harness import agree

X = np.array([1.0, 2.0, 3.0])


@dataclass
class Layer:
    """A layer with a named activation."""

    w: Any
    activation: str = "tanh"

    def __call__(self, x: Any) -> Any:
        table = {"tanh": np.tanh, "linear": lambda t: t}
        return table[self.activation](self.w * x).sum()


class Scaled:
    """A function and a factor."""

    def __init__(self, w: Any, f: Any) -> None:
        self.w, self.f = w, f

    def __call__(self, x: Any) -> Any:
        return self.f(self.w * x).sum()


def apply(layer: Any, x: Any) -> Any:
    return layer(x)


def test_values() -> None:
    agree(apply, Layer(X), X)
    agree(apply, Layer(X, "linear"), X)
    agree(apply, Scaled(X, np.sin), X)


def test_gradients_come_back_as_objects() -> None:
    got = call_reference(anvil.grad(apply), (Layer(X), X), {})
    assert isinstance(got, Layer)
    np.testing.assert_allclose(got.w, X / np.cosh(X * X) ** 2)
    got = call_reference(anvil.grad(apply), (Scaled(X, np.sin), X), {})
    np.testing.assert_allclose(got.w, X * np.cos(X * X))


def test_functions_stay_functions() -> None:
    agree(apply, np.sum, X)
    agree(apply, lambda x: x[0], X)
    agree(apply, len, X)


def test_rebinding_in_loops_is_no_write_to_an_argument() -> None:
    def normalise(u: Any) -> Any:
        for _ in range(3):
            u = u * u
            u /= u.sum()
        return u

    def twice(w: Any) -> Any:
        return normalise(w) + w

    def while_loop(w: Any) -> Any:
        k = 0
        while k < 3:
            w = np.sin(w)
            w[0] = 0.5
            k += 1
        return w

    agree(twice, X)
    agree(while_loop, X)
    for f in (twice, while_loop):
        both = anvil.jit(lambda x, f=f: anvil.jvp(f, (x,), (x,)))
        _, tangent = call_reference(both, (X,), {})
        h = 1e-6
        numeric = (f(X * (1 + h)) - f(X * (1 - h))) / (2 * h)
        np.testing.assert_allclose(tangent, numeric, rtol=1e-7, atol=1e-9)


def test_pairwise_of_arrays_and_lists() -> None:
    def of_array(x: Any) -> Any:
        total = 0.0
        for a, b in pairwise(x):
            total += a * b
        return total

    agree(of_array, X)
    agree(lambda x: [a - b for a, b in pairwise([x[0], x[1], x[2]])], X)


def test_identity_of_a_bool_of_either_kind() -> None:
    def f(n: int, v: Any) -> int:
        return 1 if (1.25 < n <= v.min()) is False else 2

    for n in (1, 2, 100):
        agree(f, n, X)


def test_identity_of_a_bool_of_numpys_kind_is_refused() -> None:
    def f(n: int, v: Any) -> int:
        return 1 if (n <= v.min()) is False else 2

    with pytest.raises(anvil.AnvilError, match="no fixed answer"):
        call_reference(anvil.jit(f), (1, X), {})
