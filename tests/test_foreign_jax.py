"""Compiled functions with control flow under jax's own transforms, in jax's default mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest

import anvil

X = np.array([1.0, 2.0, -3.0])


def branch(x: Any) -> Any:
    if x[0] > 0:
        return np.sum(x**3)
    return np.sum(x**2)


def loop(x: Any) -> Any:
    s = 0.0
    for i in range(len(x)):
        if x[i] > 0:
            s += x[i] ** 3
        else:
            s -= x[i] ** 2 * x[0]
    return s


def fixed_point(x: Any) -> Any:
    s = x
    while np.sum(s**2) < 100:
        s = s * 1.5 + 0.1 * s**2
    return np.sum(s**2)


TRANSFORMS: dict[str, Callable[[Any], Any]] = {
    "forward over reverse": jax.hessian,
    "forward over forward": lambda f: jax.jacfwd(jax.jacfwd(f)),
    "reverse over forward": lambda f: jax.jacrev(jax.jacfwd(f)),
}


@pytest.mark.parametrize("function", [branch, loop, fixed_point])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_second_derivatives(function: Callable[..., Any], transform: str) -> None:
    """Results of a derivative that are the primal's are not mapped with its tangents."""
    found = TRANSFORMS[transform](anvil.jit(function))(X)
    np.testing.assert_allclose(found, anvil.hessian(function)(X), rtol=1e-6)


@pytest.mark.parametrize("function", [loop, fixed_point])
def test_hessians_of_many_points(function: Callable[..., Any]) -> None:
    """The primals are mapped too where the points are."""
    points = np.stack([X, X[::-1], 0.5 * X])
    found = jax.vmap(jax.hessian(anvil.jit(function)))(points)
    want = [anvil.hessian(function)(p) for p in points]
    np.testing.assert_allclose(found, want, rtol=1e-6)


def test_float64_arrays_are_rounded_as_jax_rounds_them() -> None:
    """jax shows the placeholder of a float64 array as float32, so that is what is computed with."""
    x = np.array([1.0 + 2.0**-30])
    assert float(jax.jacfwd(anvil.jit(lambda x: (x[0] - 1.0) ** 2))(x)[0]) == 0.0
