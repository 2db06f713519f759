"""Programs that the whole of anvil stands for, through the public functions and XLA."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import anvil

SCALE = 2.0


# ---- derivatives inside compiled code


def test_grad_inside_a_jitted_function_and_inside_a_loop() -> None:
    def loss(w: Any, x: Any) -> Any:
        return np.sum(np.tanh(x @ w) ** 2)

    @anvil.jit
    def descend(w: Any, x: Any, steps: int) -> Any:
        for _ in range(steps):
            w = w - 0.1 * anvil.grad(loss)(w, x)
        return w, loss(w, x)

    rng = np.random.default_rng(0)
    w, x = rng.normal(size=3), rng.normal(size=(5, 3))
    gradient = anvil.grad(loss)
    expected = w
    for _ in range(4):
        expected = expected - 0.1 * gradient(expected, x)
    got, value = descend(w, x, 4)
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    np.testing.assert_allclose(value, loss(expected, x), rtol=1e-12)


def test_perturbation_confusion() -> None:
    def outer(x: float) -> Any:
        return x * anvil.grad(lambda y: x + y)(1.0)

    def nested(x: float) -> Any:
        return x * anvil.grad(lambda y: x * y * y)(3.0)

    assert anvil.grad(outer)(2.0) == 1.0
    assert anvil.grad(nested)(2.0) == pytest.approx(2 * 2.0 * 6.0)
    moved = anvil.jvp(lambda x: x * anvil.jvp(lambda y: x + y, (1.0,), (1.0,))[1], (2.0,), (1.0,))
    assert moved[1] == 1.0


def newton(a: float) -> float:
    x = a
    while abs(x * x - a) > 1e-13 * a:
        x = 0.5 * (x + a / x)
    return x


def test_newton_is_differentiated_three_times() -> None:
    first = anvil.grad(newton)
    second = anvil.grad(first)
    third = anvil.grad(second)
    assert anvil.jit(newton)(2.0) == newton(2.0)
    assert first(2.0) == pytest.approx(0.5 * 2**-0.5, rel=1e-12)
    assert second(2.0) == pytest.approx(-0.25 * 2**-1.5, rel=1e-10)
    assert third(2.0) == pytest.approx(0.375 * 2**-2.5, rel=1e-8)
    assert anvil.jvp(first, (2.0,), (1.0,))[1] == pytest.approx(-0.25 * 2**-1.5, rel=1e-10)


def test_vmap_of_newton_with_lanes_of_different_lengths() -> None:
    a = np.array([3.0, 2.0, 1e4, 1e-6])
    np.testing.assert_allclose(anvil.vmap(newton)(a), np.sqrt(a), rtol=1e-12)
    slopes = anvil.vmap(anvil.grad(newton))(a)
    np.testing.assert_allclose(slopes, 0.5 / np.sqrt(a), rtol=1e-9)


def test_where_sqrt_has_derivative_zero_at_zero() -> None:
    def f(x: float) -> Any:
        return np.where(x > 0, np.sqrt(x), 0.0)

    assert anvil.grad(f)(0.0) == 0.0
    assert anvil.jvp(f, (0.0,), (1.0,))[1] == 0.0
    assert anvil.grad(anvil.grad(f))(0.0) == 0.0
    assert anvil.jvp(anvil.grad(f), (0.0,), (1.0,))[1] == 0.0
    assert anvil.grad(f)(4.0) == pytest.approx(0.25)


# ---- loops over arrays


def test_recurrence_tapes_linearly_and_copies_nothing() -> None:
    def recurrence(y: Any) -> Any:
        y = y.copy()
        for i in range(1, len(y)):
            y[i] = 1.01 * np.sin(y[i - 1])
        return np.sum(y)

    n = 10_000
    y = np.ones(n)
    f = anvil.value_and_grad(recurrence)
    value, slope = f(y)
    assert value == pytest.approx(recurrence(y), rel=1e-12)
    states = [1.0]
    for _ in range(n - 1):
        states.append(1.01 * np.sin(states[-1]))
    carry = 0.0
    for s in reversed(states[:-1]):
        carry = (1.0 + carry) * 1.01 * np.cos(s)
    assert slope[0] == pytest.approx(1.0 + carry, rel=1e-10)
    assert not slope[1:].any()
    whole = re.compile(r"f64\[(9999|10000)\]\S* copy\((?!%?leaves)")
    assert not [line for line in f.hlo(y).splitlines() if whole.search(line)]
    assert f.cost(y)["temp bytes"] < 4 * y.nbytes


# ---- values in, values out


@dataclass
class Layer:
    w: np.ndarray
    b: np.ndarray
    name: str


def test_containers_and_float64_in_a_default_process() -> None:
    def loss(layer: Layer, x: Any) -> Any:
        return np.mean((x @ layer.w + layer.b) ** 2)

    layer = Layer(np.ones((3, 2)), np.zeros(2), "first")
    x = np.arange(12.0).reshape(4, 3)
    value, grads = anvil.value_and_grad(loss)(layer, x)
    assert isinstance(grads, Layer)
    assert grads.name is None
    for g in (grads.w, grads.b):
        assert type(g) is np.ndarray
        assert g.dtype == np.float64
        g *= 0.5
    w = layer.w
    w -= 0.1 * grads.w
    assert w.dtype == np.float64
    assert value == pytest.approx(loss(Layer(np.ones((3, 2)), np.zeros(2), ""), x))


@pytest.mark.parametrize("megabytes", [1, 32])
def test_mutating_an_argument_after_the_call_never_matters(megabytes: int) -> None:
    f = anvil.jit(lambda x: x * 2.0)
    x = np.ones(megabytes << 17)
    for _ in range(3):
        x[:] = 1.0
        y = f(x)
        x[:] = 0.0
        assert (y == 2.0).all()


def test_a_changed_global_is_seen_by_the_next_call() -> None:
    global SCALE
    f = anvil.jit(lambda x: x * SCALE)
    try:
        SCALE = 2.0
        assert f(3.0) == 6.0
        SCALE = 5.0
        assert f(3.0) == 15.0
    finally:
        SCALE = 2.0


def test_results_follow_the_inputs() -> None:
    import jax

    f = anvil.jit(lambda x: x * 2.0)
    assert type(f(1.5)) is float
    assert type(f(np.float64(1.5))) is np.float64
    assert type(f(np.ones(2))) is np.ndarray
    with jax.enable_x64(True):
        x = jax.numpy.ones(2)
    assert isinstance(f(x), jax.Array)
    assert f(x).dtype == np.float64


def test_loops_compile_to_programs_whose_size_does_not_depend_on_the_trip_count() -> None:
    def f(x: float, n: int) -> float:
        for i in range(n):
            x = x * 0.5 + i
        return x

    g = anvil.jit(f, static_argnums=1)
    assert g(1.0, 10) == f(1.0, 10)
    assert g(1.0, 100_000) == f(1.0, 100_000)
    assert len(str(g.ir(1.0, 1_000))) == pytest.approx(len(str(g.ir(1.0, 100_000))), abs=8)


# ---- custom rules


@anvil.custom_jvp
def softplus(x: Any) -> Any:
    return np.log1p(np.exp(x))


@softplus.defjvp
def softplus_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    y = softplus(x)
    return y, (1.0 - np.exp(-y)) * dx


def test_a_custom_rule_may_call_its_own_function() -> None:
    s = 1 / (1 + np.exp(-0.3))
    assert anvil.grad(softplus)(0.3) == pytest.approx(s, rel=1e-14)
    assert anvil.grad(anvil.grad(softplus))(0.3) == pytest.approx(s * (1 - s), rel=1e-12)
    third = anvil.grad(anvil.grad(anvil.grad(softplus)))
    assert third(0.3) == pytest.approx(s * (1 - s) * (1 - 2 * s), rel=1e-10)


def test_a_failing_check_ends_loops_that_are_run_again_for_a_gradient() -> None:
    def f(x: Any) -> Any:
        s = 1.0
        for k in range(2):
            i = 0
            while x[i] > 0:
                s = s * np.sin(x[i] + k)
                i += 1
        return s

    g = anvil.grad(f)
    np.testing.assert_allclose(
        g(np.array([1.0, -1.0])), [np.sin(2) * np.cos(1) + np.sin(1) * np.cos(2), 0.0]
    )
    with pytest.raises(IndexError):
        g(np.ones(2))
