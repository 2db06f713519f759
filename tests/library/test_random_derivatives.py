"""Derivatives of random numbers in their parameters, the key held fixed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anvil
from anvil import random
from anvil.api.programs import call_reference
from anvil.errors import AnvilWarning
from anvil.ir.opkind import REGISTRY
from tests.library.test_random import KEY, close, drawn

stats = pytest.importorskip("scipy.stats")


def richardson(f: Any) -> Any:
    """The derivative of f at 0, by differences of the fourth order."""
    h = 1e-4
    return (8 * (f(h) - f(-h)) - f(2 * h) + f(-2 * h)) / (12 * h)


PARAMETERS = {
    "uniform": (0.3, 1.7),
    "normal": (0.3, 1.7),
    "lognormal": (0.3, 0.7),
    "truncated_normal": (-0.3, 1.7),
    "exponential": (1.7,),
    "laplace": (0.3, 1.7),
    "logistic": (0.3, 1.7),
    "gumbel": (0.3, 1.7),
    "cauchy": (0.3, 1.7),
    "pareto": (2.3,),
    "weibull": (2.3,),
    "rayleigh": (2.3,),
    "power": (2.3,),
    "triangular": (-1.1, 0.3, 1.3),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_derivatives_with_the_key_held_fixed(name: str) -> None:
    params = PARAMETERS[name]
    draw = getattr(random, name)
    every = tuple(range(len(params)))

    def f(*given: Any) -> Any:
        return np.sum(draw(KEY, *given, size=4) ** 2)

    def value(p: Any) -> Any:
        return call_reference(anvil.jit(f), tuple(map(float, p)), {})

    def slope(p: Any) -> Any:
        return np.array(call_reference(anvil.grad(f, every), tuple(map(float, p)), {}))

    at = np.array(params)
    for i in every:
        e = np.eye(len(params))[i]
        d = richardson(lambda h, e=e: np.asarray(value(at + h * e)))
        np.testing.assert_allclose(slope(at)[i], d, rtol=1e-7)
        _, forward = call_reference(
            anvil.jit(lambda p, t: anvil.jvp(f, p, t)), (tuple(at), tuple(map(float, e))), {}
        )
        np.testing.assert_allclose(forward, d, rtol=1e-7)
        hess = call_reference(anvil.hessian(f), tuple(map(float, at)), {}) if not i else None
        if hess is not None:
            second = richardson(lambda h, e=e: slope(at + h * e))[0]
            np.testing.assert_allclose(hess, second, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("a", [0.05, 0.3, 1.0, 3.99, 4.01, 30.0, 1e4])
def test_gamma_moves_as_its_quantile(a: float) -> None:
    """First and second derivative at a fixed quantile, against scipy's quantile function."""
    draw = anvil.jit(lambda a: random.gamma(KEY, a, size=5))
    u = stats.gamma(a).cdf(call_reference(draw, (a,), {}))

    def quantile(h: float) -> Any:
        return stats.gamma(a + h).ppf(u)

    h = 1e-4 * a
    first = (8 * (quantile(h) - quantile(-h)) - quantile(2 * h) + quantile(-2 * h)) / (12 * h)
    forward, reverse = anvil.jacfwd(draw), anvil.jacrev(draw)
    np.testing.assert_allclose(call_reference(forward, (a,), {}), first, rtol=1e-9)
    np.testing.assert_allclose(call_reference(reverse, (a,), {}), first, rtol=1e-9)
    h = 1e-2 * a
    near, far = quantile(h) + quantile(-h), quantile(2 * h) + quantile(-2 * h)
    second = (16 * near - far - 30 * quantile(0.0)) / (12 * h * h)
    got = call_reference(anvil.jacfwd(forward), (a,), {})
    np.testing.assert_allclose(got, second, rtol=1e-4, atol=1e-6 * np.max(np.abs(second)))


def test_what_gammas_are_made_into() -> None:
    """The derivative of a mean is the mean of derivatives."""

    def check(f: Any, at: float, want: float, tolerance: float) -> None:
        assert call_reference(anvil.grad(f), (at,), {}) == pytest.approx(want, rel=tolerance)

    check(lambda a: np.mean(random.gamma(KEY, a, 2.0, size=4000)), 2.5, 2.0, 0.02)
    check(lambda a: np.mean(random.beta(KEY, a, 3.0, size=4000)), 2.5, 3.0 / 5.5**2, 0.02)
    check(lambda d: np.mean(random.chisquare(KEY, d, size=4000)), 3.0, 1.0, 0.02)
    check(lambda d: np.mean(random.standard_t(KEY, d, size=8000) ** 2), 9.0, -2.0 / 49.0, 0.15)
    jac = call_reference(
        anvil.jacrev(lambda al: np.mean(random.dirichlet(KEY, al, size=3000), axis=0)),
        (np.array([1.0, 2.0, 3.0]),),
        {},
    )
    want = (np.eye(3) * 6.0 - np.array([[1.0], [2.0], [3.0]])) / 36.0
    np.testing.assert_allclose(jac, want, atol=0.004)


def test_a_gradient_compiled() -> None:
    f = anvil.value_and_grad(lambda a: random.gamma(KEY, a, 2.0))
    close(f(0.7), call_reference(f, (0.7,), {}))


def test_the_sample_costs_nothing_more_without_a_derivative() -> None:
    """What carries the derivative of a gamma variate is gone from a program without one."""
    text = anvil.jit(lambda a: random.gamma(KEY, a)).stablehlo(2.0)
    assert "gamma_transport" not in text


def test_covariances_have_derivatives() -> None:
    cov = np.array([[2.0, 0.3], [0.3, 1.0]])
    f = anvil.jit(lambda c: np.sum(random.multivariate_normal(KEY, np.zeros(2), c) ** 2))
    g = call_reference(anvil.grad(f), (cov,), {})
    step = np.array([[1.0, 0.2], [0.2, -0.5]])
    d = richardson(lambda h: np.asarray(call_reference(f, (cov + h * step,), {})))
    np.testing.assert_allclose(np.sum(g * step), d, rtol=1e-6)


@pytest.mark.parametrize("name, p", [("poisson", 3.0), ("bernoulli", 0.4), ("geometric", 0.4)])
def test_whole_numbers_cut_derivatives_and_say_so(name: str, p: float) -> None:
    draw = getattr(random, name)
    with pytest.warns(AnvilWarning, match="identically zero"):
        assert anvil.grad(lambda p: draw(KEY, p) * 2.0)(p) == 0.0


def test_values_that_are_chosen_have_derivatives() -> None:
    def f(a: Any) -> Any:
        return np.sum(random.choice(KEY, a, 6) ** 2) + random.permutation(KEY, a)[0]

    a = np.array([1.0, 2.0, 3.0])
    places = drawn("choice", 3, 6)
    want = np.bincount(places, minlength=3) * 2.0 * a
    want[drawn("permutation", 3)[0]] += 1.0
    np.testing.assert_allclose(call_reference(anvil.grad(f), (a,), {}), want)


def test_transport_follows_the_quantile() -> None:
    """Between unequal shapes too: from a0 to a and back."""
    transport = REGISTRY["gamma_transport"].numpy
    a0, y0 = np.array([0.7, 2.0, 5.0]), np.array([-0.4, 0.9, 1.5])
    a = a0 + 0.02
    want = np.log(stats.gamma(a).ppf(stats.gamma(a0).cdf(np.exp(y0))))
    np.testing.assert_allclose(transport(a, a0, y0), want, rtol=1e-9)
