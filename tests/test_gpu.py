"""The same programs on a GPU: values and derivatives agree with CPython's and with the CPU's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import anvil
from tests.test_acceptance import newton

pytestmark = pytest.mark.gpu


def network(w: Any, x: Any) -> Any:
    return np.sum(np.tanh(np.tanh(x @ w) @ w.T) ** 2)


def recurrence(y: Any) -> Any:
    y = y.copy()
    for i in range(1, len(y)):
        y[i] = 1.01 * np.sin(y[i - 1])
    return np.sum(y)


def guarded(x: Any) -> Any:
    return np.sum(np.where(x > 0, np.sqrt(x), 0.0))


def cases() -> list[tuple[Callable[..., Any], tuple[Any, ...]]]:
    rng = np.random.default_rng(0)
    return [
        (newton, (2.0,)),
        (network, (rng.normal(size=(4, 4)), rng.normal(size=(8, 4)))),
        (recurrence, (np.ones(50),)),
        (guarded, (np.array([-1.0, 0.0, 4.0]),)),
    ]


@pytest.mark.parametrize("f, args", cases())
def test_gpu_agrees_with_cpu(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    import jax

    cpu, gpu = jax.devices("cpu")[0], jax.devices("gpu")[0]
    with np.errstate(invalid="ignore"):
        expected = f(*args)
    np.testing.assert_allclose(anvil.jit(f, device=gpu)(*args), expected, rtol=1e-9)
    both = [anvil.jit(anvil.grad(f), device=d)(*args) for d in (cpu, gpu)]
    np.testing.assert_allclose(both[1], both[0], rtol=1e-8, atol=1e-12)
