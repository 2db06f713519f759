"""Derivatives of functions on the host, and their calls in lanes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.test_extern import (
    MATRIX,
    caught,
    caught_outside,
    in_a_branch,
    in_a_comprehension,
    in_a_loop,
    in_a_recursion,
    in_a_while,
    inner,
    log,
    note,
    noting,
    outcome,
    plain,
    root,
    seen,
    sine,
    solve,
    solve_by_vjp,
    with_keywords,
)

DIFFERENTIABLE = [
    plain, caught, caught_outside, in_a_loop, in_a_while, in_a_branch, in_a_recursion,
    in_a_comprehension, with_keywords,
]  # fmt: skip


@pytest.mark.parametrize("fn", DIFFERENTIABLE, ids=lambda fn: fn.__name__)
def test_derivatives_are_those_of_differences(fn: Any) -> None:
    x, h = 2.0, 1e-5
    slope = (fn(x + h) - fn(x - h)) / (2 * h)
    for made in (anvil.grad(fn), anvil.jacfwd(fn)):
        assert call_reference(made, (x,), {}) == pytest.approx(slope, rel=1e-7)
    assert anvil.grad(fn)(x) == pytest.approx(slope, rel=1e-7)
    curve = (fn(x + 1e-3) - 2 * fn(x) + fn(x - 1e-3)) / 1e-6
    second = call_reference(anvil.hessian(fn), (x,), {})
    assert second == pytest.approx(curve, rel=1e-4, abs=1e-4)


# ---- derivatives


@pytest.mark.parametrize("fn", [solve, solve_by_vjp], ids=["jvp", "vjp"])
def test_rules_of_the_user(fn: Any) -> None:
    b = np.array([1.0, 2.0])
    inverse = np.linalg.inv(MATRIX)

    def f(b):
        return np.sum(fn(b) ** 2)

    slope, curve = 2 * inverse.T @ inverse @ b, 2 * inverse.T @ inverse
    np.testing.assert_allclose(anvil.grad(f)(b), slope)
    np.testing.assert_allclose(call_reference(anvil.jacfwd(f), (b,), {}), slope)
    np.testing.assert_allclose(call_reference(anvil.hessian(f), (b,), {}), curve)
    rows = np.stack([b, 2 * b, -b])
    wanted = np.stack([slope, 2 * slope, -slope])
    np.testing.assert_allclose(anvil.vmap(anvil.grad(f))(rows), wanted)
    total = anvil.grad(lambda rows: np.sum(anvil.vmap(f)(rows)))
    np.testing.assert_allclose(call_reference(total, (rows,), {}), wanted)


def test_a_rule_uses_the_value_that_is_there() -> None:
    def f(a):
        return root(a) ** 3

    assert outcome(lambda: anvil.value_and_grad(f)(4.0)) == ((8.0, 3.0), [4.0])
    assert call_reference(anvil.hessian(f), (4.0,), {}) == pytest.approx(0.375)


def test_differences_in_several_dtypes() -> None:
    widen = anvil.extern(
        lambda x: x.astype(np.float64) ** 2, out=lambda x: anvil.ShapeDtype(x.shape), fd=True
    )
    slope = anvil.grad(lambda x: np.sum(widen(x)))(np.ones(3, np.float32))
    assert slope.dtype == np.float32
    np.testing.assert_allclose(slope, 2.0, rtol=1e-4)
    coarse = anvil.extern(lambda x: x * x, out=anvil.like(0), fd=1e-2)
    assert coarse(3.0) == 9.0
    seen.clear()
    assert anvil.grad(lambda x: coarse(x))(3.0) == pytest.approx(6.0)
    np.testing.assert_allclose(anvil.jacobian(sine)(np.zeros(2)), np.eye(2), rtol=1e-9)


def test_only_what_moves_is_differenced() -> None:
    table = np.linspace(0.0, 1.0, 100)
    look = anvil.extern(noting(lambda x, t: float(x * t.sum())), out=float, fd=True)

    def f(x):
        return look(x, table) ** 2

    for made, calls in ((anvil.grad(f), 3), (anvil.jacfwd(f), 3), (anvil.hessian(f), 9)):
        wanted = 5000.0 if calls == 9 else 7500.0
        result, found = outcome(lambda made=made: made(1.5))
        assert result == pytest.approx(wanted)
        assert len(found) == calls


def test_keywords_are_arguments_by_name() -> None:
    square = anvil.extern(
        lambda x, n=2: x**n, out=anvil.like(0), jvp=lambda p, t: (p[0] ** 2, 2 * p[0] * t[0])
    )
    assert anvil.grad(lambda x: square(x=x))(3.0) == 6.0
    assert square(x=3.0) == anvil.jit(lambda x: square(x=x))(3.0) == 9.0
    with pytest.raises(TypeError, match="missing a required argument"):
        anvil.jit(lambda x: square(n=x))(3.0)


def test_nothing_of_a_derivative_runs_after_a_failure() -> None:
    def f(x):
        y = log(x)
        assert y > 5, "small"
        return y

    def g(x):
        total = 0.0
        for _ in range(3):
            total += log(x) * x
        assert total > 100, "small"
        return total

    def h(x):
        return inner(x)

    def k(x):
        y = h(x) * x
        assert y > 5, "small"
        return y

    for fn, calls in ((f, [2.0]), (g, [2.0] * 3), (k, [2.0])):
        for run in (
            lambda fn=fn: anvil.grad(fn)(2.0),
            lambda fn=fn: call_reference(anvil.grad(fn), (2.0,), {}),
        ):
            result, made = outcome(run)
            assert isinstance(result, AssertionError)
            assert set(made) == set(calls)


def test_a_handler_has_its_own_derivative() -> None:
    assert anvil.grad(caught)(-1.0) == 0.0
    xs = np.array([-1.0, 2.0, 0.5])
    np.testing.assert_allclose(anvil.vmap(anvil.grad(caught))(xs), [0.0, 1.0, 4.0], rtol=1e-6)


def test_custom_functions_keep_the_order_of_effects() -> None:
    @anvil.custom_jvp
    def double(x):
        note("double", x)
        return x * 2

    @double.defjvp
    def double_jvp(primals, tangents):
        return double(primals[0]), tangents[0] * 7

    def f(x):
        assert x > 0, "negative"
        note("before")
        return double(x)

    for fn, value in ((anvil.jit(f), 2.0), (anvil.grad(f), 7.0)):
        assert outcome(lambda fn=fn: fn(1.0)) == (value, ["before", ("double", 1.0)])
        result, calls = outcome(lambda fn=fn: fn(-1.0))
        assert isinstance(result, AssertionError)
        assert calls == []


def test_checks_of_custom_functions_count() -> None:
    @anvil.custom_vjp
    def pick(x, k):
        return x[k]

    def fwd(x, k):
        return pick(x, k), (x, k)

    def bwd(residuals, ct):
        x, k = residuals
        bar = np.zeros_like(x)
        bar[k] = ct
        return bar, None

    pick.defvjp(fwd, bwd)
    f = anvil.jit(lambda x, k: pick(x, np.int64(k * 2)))
    g = anvil.grad(lambda x, k: pick(x, np.int64(k * 2)))
    x = np.arange(3.0)
    assert f(x, np.int64(1)) == 2.0
    np.testing.assert_array_equal(g(x, np.int64(1)), [0.0, 0.0, 1.0])
    for fn in (f, g):
        with pytest.raises(IndexError):
            fn(x, np.int64(2))


# ---- lanes


def test_lanes_are_called_in_order() -> None:
    xs = np.array([-1.0, 2.0, 8.0])
    (result, calls) = outcome(lambda: anvil.vmap(in_a_branch)(xs))
    np.testing.assert_allclose(result, [-1.0, np.log(2.0), np.log(8.0)])
    assert calls == [2.0, 8.0]
    (result, calls) = outcome(lambda: anvil.vmap(in_a_while)(np.array([8.0, 2.0])))
    np.testing.assert_allclose(result, [in_a_while(8.0), in_a_while(2.0)])
    grid = anvil.vmap(anvil.vmap(lambda x, y: log(x + y), (0, None)), (None, 0))
    (result, calls) = outcome(lambda: grid(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    np.testing.assert_allclose(result, np.log([[2.0, 3.0], [5.0, 6.0]]))
    assert calls == [2.0, 3.0, 5.0, 6.0]


def test_a_lane_that_raises_is_caught_alone() -> None:
    result, calls = outcome(lambda: anvil.vmap(caught)(np.array([-1.0, 1.0])))
    np.testing.assert_allclose(result, [-14.0, 0.0])
    assert calls == [-1.0, 1.0]
