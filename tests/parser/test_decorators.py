"""`functools.wraps` and `update_wrapper` on functions made while compiling."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.parser.harness import agree


def doubled(f: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(f)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return f(*args, **kwargs) * 2

    return wrapper


def scaled(c: float) -> Callable[..., Any]:
    def decorate(f: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(f)
        def inner(x: float) -> float:
            return c * f(x)

        return inner

    return decorate


def decorated(x):
    @doubled
    def g(y, z=1.0):
        "A doc."
        return y * y + z

    return g(x) + g.__wrapped__(x) + len(g.__name__) + len(g.__doc__)


def stacked_decorators(x):
    @scaled(3.0)
    @doubled
    def g(y):
        return math.sin(y)

    f = doubled(math.cos) if x > 0 else g
    return f(x), doubled(np.sin)(x)


def in_a_list(x):
    h = functools.update_wrapper(lambda t: t * x, decorated)
    fs = [h, doubled(lambda t: t + 1)]
    return sum(f(x) for f in fs), h.__name__


@pytest.mark.parametrize("fn", [decorated, stacked_decorators, in_a_list])
@pytest.mark.parametrize("x", [0.3, -0.4])
def test_wraps(fn: Callable[..., Any], x: float) -> None:
    agree(fn, x)


def test_derivative() -> None:
    slope = anvil.jit(anvil.grad(lambda x: stacked_decorators(x)[0]))
    assert call_reference(slope, (-0.4,), {}) == pytest.approx(6 * math.cos(0.4))
