"""Derivatives taken inside compiled code and of each other, against formulas."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference

X = np.array([0.3, -1.2, 0.8])


def run(function: Any, *args: Any) -> Any:
    """The result by the reference semantics; both pipelines agree."""
    compiled = anvil.jit(function)
    plain = call_reference(compiled, args, {})
    optimised = call_reference(compiled, args, {}, "O2")
    np.testing.assert_allclose(flat(optimised), flat(plain), rtol=1e-12, atol=1e-13)
    return plain


def flat(tree: Any) -> Any:
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, tuple | list):
        return np.concatenate([flat(t) for t in tree])
    return np.ravel(tree)


def test_grad_in_a_loop_with_swapped_buffers() -> None:
    def energy(u: Any) -> Any:
        a, b = u.copy(), np.zeros_like(u)
        for _ in range(3):
            for i in range(len(u)):
                b[i] = a[i] * a[i - 1]
            a, b = b, a
        return a.sum()

    def f(u: Any) -> Any:
        for _ in range(2):
            u = u - 0.1 * anvil.grad(energy)(u)
        return u

    def product_gradient(u: Any) -> Any:
        def value(v: Any) -> Any:
            for _ in range(3):
                v = v * np.roll(v, 1)
            return v.sum()

        h = 1e-20
        return np.array([value(u + 1j * h * e).imag / h for e in np.eye(3)])

    expected = X
    for _ in range(2):
        expected = expected - 0.1 * product_gradient(expected)

    np.testing.assert_allclose(run(f, X), expected, rtol=1e-12)


def test_hessian_jacobian_and_vmap_agree() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.sin(x) * x[0]) + x[1] * x[2] ** 2

    def all_of_them(x: Any) -> Any:
        g = anvil.grad(f)
        rows = anvil.vmap(lambda v: anvil.jvp(g, (x,), (v,))[1])(np.eye(3))
        return anvil.hessian(f)(x), anvil.jacobian(g)(x), anvil.jacfwd(g)(x), rows

    first, *others = run(all_of_them, X)
    np.testing.assert_allclose(first, first.T, atol=1e-14)
    for other in others:
        np.testing.assert_allclose(other, first, rtol=1e-12)


def test_argnums_and_aux() -> None:
    def loss(w: Any, x: Any, scale: float) -> Any:
        return scale * np.sum(w["a"] * x), {"norm": np.sum(x**2), "n": len(x)}

    def f(w: Any, x: Any, scale: float) -> Any:
        return anvil.value_and_grad(loss, argnums=(0, 2), has_aux=True)(w, x, scale)

    (value, aux), (dw, ds) = run(f, {"a": X}, X * 2, 1.5)
    assert value == pytest.approx(3 * np.sum(X**2))
    assert aux == {"norm": pytest.approx(4 * np.sum(X**2)), "n": 3}
    np.testing.assert_allclose(dw["a"], 3 * X)
    assert ds == pytest.approx(2 * np.sum(X**2))


def test_captured_active_values_and_partial() -> None:
    def f(x: float, y: float) -> Any:
        def inner(a: float, b: float) -> Any:
            return a * b * x + b**2 * y

        return anvil.grad(partial(inner, 2.0))(y) + anvil.grad(lambda t: inner(t, x))(y)

    def outer(x: float, y: float) -> Any:
        return anvil.grad(f, argnums=(0, 1))(x, y)

    # f = 2x + 2y*y + x*x
    assert run(f, 0.7, 1.3) == pytest.approx(1.4 + 2 * 1.3**2 + 0.49)
    np.testing.assert_allclose(run(outer, 0.7, 1.3), (2 + 1.4, 5.2))


@anvil.custom_jvp
def soft(x: Any) -> Any:
    return np.log1p(np.exp(x))


@soft.defjvp
def soft_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    return soft(x), t / (1 + np.exp(-x))


@anvil.custom_vjp
def clipped(x: Any) -> Any:
    return x * 1.0


clipped.defvjp(lambda x: (x * 1.0, x), lambda x, ct: (np.clip(ct, -1.0, 1.0),))


def test_custom_rules_in_loops() -> None:
    def f(x: float) -> Any:
        for _ in range(3):
            x = soft(x)
        return x

    def composed(x: float) -> float:
        for _ in range(3):
            x = np.log1p(np.exp(x))
        return x

    h = 1e-4
    first = (composed(0.4 + h) - composed(0.4 - h)) / (2 * h)
    second = (composed(0.4 + h) + composed(0.4 - h) - 2 * composed(0.4)) / h**2
    assert run(anvil.grad(f), 0.4) == pytest.approx(first, rel=1e-7)
    assert run(lambda x: anvil.grad(anvil.grad(f))(x), 0.4) == pytest.approx(second, rel=1e-5)
    assert run(anvil.grad(lambda x: 5.0 * clipped(x)), 2.0) == 1.0


def test_stop_gradient_and_linearize() -> None:
    def f(x: Any) -> Any:
        return np.sum(anvil.stop_gradient(x) * x**2)

    np.testing.assert_allclose(run(anvil.grad(f), X), 2 * X * X)

    def linear(x: Any) -> Any:
        y, push = anvil.linearize(lambda v: np.sin(v) * v[0], x)
        return y, push(np.ones(3)), push(x)

    y, ones, along = run(linear, X)
    np.testing.assert_allclose(y, np.sin(X) * X[0])
    np.testing.assert_allclose(ones, np.cos(X) * X[0] + np.sin(X))
    np.testing.assert_allclose(along, np.cos(X) * X * X[0] + np.sin(X) * X[0])


def test_vmap_over_loops_and_branches() -> None:
    def f(x: Any, n: Any) -> Any:
        for k in range(10):
            if k >= n:
                break
            x = np.sin(x) if x > 0 else x * 1.5
        return x

    def g(xs: Any, ns: Any) -> Any:
        mapped = anvil.vmap(f)(xs, ns)
        slopes = anvil.vmap(anvil.grad(f), in_axes=(0, None))(xs, ns[1])
        return mapped, slopes, anvil.grad(lambda v: anvil.vmap(f)(v, ns).sum())(xs)

    ns = np.array([0, 3, 5])
    mapped, slopes, summed = run(g, X, ns)
    np.testing.assert_allclose(mapped, [f(x, n) for x, n in zip(X, ns, strict=True)])
    h = 1e-6
    at = [(f(x + h, 3) - f(x - h, 3)) / (2 * h) for x in X]
    np.testing.assert_allclose(slopes, at, rtol=1e-8)
    at = [(f(x + h, n) - f(x - h, n)) / (2 * h) for x, n in zip(X, ns, strict=True)]
    np.testing.assert_allclose(summed, at, rtol=1e-8)


def test_gradient_penalty_and_descent_in_while() -> None:
    def loss(x: Any) -> Any:
        return np.sum(np.cosh(x)) + x[0] * x[1]

    def descend(x: Any) -> Any:
        n = 0
        while (anvil.grad(loss)(x) ** 2).sum() > 1e-3 and n < 100:
            x = x - 0.2 * anvil.grad(loss)(x)
            n += 1
        return x, n

    x, n = run(descend, X)
    y, m = X, 0
    while True:
        g = np.sinh(y) + np.array([y[1], y[0], 0.0])
        if not (np.sum(g**2) > 1e-3 and m < 100):
            break
        y, m = y - 0.2 * g, m + 1
    assert n == m
    np.testing.assert_allclose(x, y, rtol=1e-10)

    def penalty(v: Any) -> Any:
        return np.sum(anvil.grad(loss)(v) ** 2)

    g = np.sinh(X) + np.array([X[1], X[0], 0.0])
    hessian = np.diag(np.cosh(X)) + np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(run(anvil.grad(penalty), X), 2 * hessian @ g, rtol=1e-12)
