"""Random programs against CPython: values and derivatives in both modes (`make fuzz`: more)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

import anvil
from tests.fuzz.programs import SIZE, function_of, sources

pytestmark = pytest.mark.fuzz

# a program takes XLA a good part of a second
SLOW = settings(
    max_examples=max(1, settings().max_examples // 5),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
seeds = st.integers(0, 2**32 - 1)


def arguments(seed: int) -> tuple[float, np.ndarray, int]:
    rng = np.random.default_rng(seed)
    return float(rng.normal()), rng.normal(size=SIZE), int(rng.integers(0, SIZE))


def drawn(source: str) -> Callable[..., Any]:
    note(source)
    return function_of(source)


@pytest.mark.slow
@SLOW
@given(sources(), seeds)
def test_value(source: str, seed: int) -> None:
    program = drawn(source)
    x, v, n = arguments(seed)
    expected = program(x, v.copy(), n)
    np.testing.assert_allclose(anvil.jit(program)(x, v, n), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
@SLOW
@given(sources(), seeds)
def test_derivatives(source: str, seed: int) -> None:
    program = drawn(source)
    x, v, n = arguments(seed)
    dx, dv, _ = arguments(seed + 1)
    by_x, by_v = anvil.grad(program, argnums=(0, 1))(x, v, n)
    reverse = float(by_x * dx + by_v @ dv)

    def along(h: float) -> Any:
        return program(x + h * dx, v + h * dv, n)

    _, forward = anvil.jvp(lambda x, v: program(x, v, n), (x, v), (dx, dv))
    np.testing.assert_allclose(reverse, float(forward), rtol=1e-9, atol=1e-11)
    h = 1e-5
    central, half = ((along(s) - along(-s)) / (2 * s) for s in (h, h / 2))
    assume(abs(central - half) <= 1e-6 * (1 + abs(half)))  # no branch within h
    numeric = (4 * half - central) / 3
    np.testing.assert_allclose(reverse, numeric, rtol=1e-4, atol=1e-6)
