"""Handlers around transformed functions see what these raise."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.parser.harness import outcome, same

X = np.array([1.0, 2.0])
BAD = np.array([1.0, -2.0])


def agree(f, x):
    """The compiled function does what CPython does, where each transform is compiled alone."""
    want = outcome(f, (x,))
    got = outcome(lambda x: call_reference(anvil.jit(f), (x,), {}), (x,))
    if isinstance(got, Exception) and not isinstance(want, Exception):
        raise got
    same(want, got, f.__name__)


def square(x):
    if x < 0:
        raise ValueError(f"negative: {x}", x * 2)
    return x**2


def inverse(x):
    return 1.0 / x


def until(x):
    s = 0.0
    while True:
        s += x
        if s > 9.5:
            return s * x
        if s < -3.0:
            raise ArithmeticError(f"went to {s}", s)


def gradient(x):
    try:
        return anvil.grad(square)(x)
    except ValueError as e:
        return e.args[1]


def value_and_gradient(x):
    try:
        value, slope = anvil.value_and_grad(square)(x)
    except ValueError:
        return 0.0, x
    else:
        return value, slope


def twice(x):
    try:
        return anvil.grad(anvil.grad(inverse))(x - 2.0)
    except ZeroDivisionError:
        return -1.0


def of_a_loop(x):
    try:
        return anvil.grad(until)(x)
    except ArithmeticError as e:
        return e.args[1]


def forward(x):
    try:
        y, t = anvil.jvp(square, (x,), (3.0,))
    except ValueError:
        return x, x
    return y, t


def pulled_back(x):
    try:
        y, back = anvil.vjp(square, x)
        return y, back(1.0)[0]
    except ValueError:
        return x, x


def auxiliary(x):
    def loss(p):
        r = square(p["a"])
        return r, {"r": r}

    try:
        (v, aux), g = anvil.value_and_grad(loss, has_aux=True)({"a": x, "b": 1.0})
    except ValueError:
        return 0.0, 0.0, x
    return v, aux["r"], g["a"]


def in_a_loop(x):
    total = 0.0
    for i in range(3):
        try:
            total += anvil.grad(square)(x + 0.5 - i)
        except ValueError as e:
            total += 100.0 * e.args[1]
    return total


def in_a_helper(x):
    def step(x):
        try:
            return x - 0.1 * anvil.grad(square)(x)
        except ValueError:
            return -x

    return anvil.grad(step)(x)


def suppressed(x):
    g = 0.5
    with contextlib.suppress(ValueError):
        g = float(anvil.grad(square)(x))
    return g


def another_class(x):
    try:
        return anvil.grad(square)(x)
    except KeyError:
        return 5.0


def raised_again(x):
    try:
        return anvil.grad(square)(x)
    except ValueError as e:
        raise RuntimeError(f"failed: {e.args[0]}") from e


def lanes(xs):
    try:
        return anvil.vmap(anvil.grad(square))(xs)
    except ValueError as e:
        return xs * e.args[1]


def jacobians(xs):
    def cubes(x):
        if x[1] < 0:
            raise ValueError("bad")
        return x**3

    try:
        return anvil.jacobian(cubes)(xs), anvil.hessian(lambda x: np.sum(cubes(x)))(xs)
    except ValueError:
        return np.outer(xs, xs), np.zeros((2, 2))


SCALARS = [
    gradient,
    value_and_gradient,
    twice,
    of_a_loop,
    forward,
    pulled_back,
    auxiliary,
    in_a_loop,
    in_a_helper,
    suppressed,
    another_class,
    raised_again,
]


@pytest.mark.parametrize("f", SCALARS)
@pytest.mark.parametrize("x", [2.0, -1.25])
def test_scalars(f, x):
    agree(f, x)


@pytest.mark.parametrize("f", [lanes, jacobians])
@pytest.mark.parametrize("x", [X, BAD, -X, X[:0]])
def test_arrays(f, x):
    if len(x) or f is lanes:
        agree(f, x)


def test_derivatives_of_what_is_handled():
    def step(x):
        try:
            return x * anvil.grad(square)(x)
        except ValueError as e:
            return e.args[1] ** 3

    for x, slope in ((1.5, 6.0), (-0.5, 6 * 4 * 0.25)):
        both = anvil.jit(lambda x: (anvil.grad(step)(x), anvil.jvp(step, (x,), (1.0,))[1]))
        assert call_reference(both, (x,), {}) == pytest.approx((slope, slope))
    assert float(anvil.grad(step)(-0.5)) == pytest.approx(6.0)
    np.testing.assert_array_equal(anvil.jit(lanes)(BAD), BAD * -4.0)


def test_effects_happen_once(capsys):
    def traced(x):
        print("at", x)
        return square(x)

    def f(x):
        try:
            return anvil.jacobian(traced)(x)
        except ValueError:
            return x

    anvil.jit(f)(2.0)
    assert capsys.readouterr().out == "at 2.0\n"


def test_a_function_that_always_raises():
    def never(x):
        raise KeyError("k")

    def f(x):
        try:
            return anvil.grad(never)(x)
        except KeyError:
            return x

    assert call_reference(anvil.jit(f), (2.0,), {}, "O2") == 2.0
