"""`has_aux` of Jacobians and Hessians, `out_axes=None` of vmap."""

from __future__ import annotations

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference

X = np.array([1.0, 2.0])
ROWS = np.arange(6.0).reshape(3, 2)


def with_aux(x, c):
    y = np.stack([x[0] * x[1] * c, np.sin(x[1])])
    return y, {"sum": x.sum(), "name": "text", "n": 3}


@pytest.mark.parametrize("transform", [anvil.jacobian, anvil.jacfwd, anvil.jacrev])
def test_jacobians(transform):
    found, aux = call_reference(transform(with_aux, has_aux=True), (X, 2.0), {}, "O2")
    np.testing.assert_allclose(found, [[4.0, 2.0], [0.0, np.cos(2.0)]])
    assert aux == {"sum": 3.0, "name": "text", "n": 3}


def test_several_arguments():
    both = anvil.jacobian(with_aux, argnums=(0, 1), has_aux=True)
    (by_x, by_c), aux = call_reference(both, (X, 2.0), {}, "O2")
    np.testing.assert_allclose(by_x, [[4.0, 2.0], [0.0, np.cos(2.0)]])
    np.testing.assert_allclose(by_c, [2.0, 0.0])
    assert aux["n"] == 3


def test_hessian():
    def f(x):
        return np.sum(x**3), (x * 2, "a")

    found, (doubled, name) = call_reference(anvil.hessian(f, has_aux=True), (X,), {}, "O2")
    np.testing.assert_allclose(found, [[6.0, 0.0], [0.0, 12.0]])
    np.testing.assert_array_equal(doubled, [2.0, 4.0])
    assert name == "a"


def test_effects_happen_once(capsys):
    def f(x):
        print("called")
        return x * x, x[0]

    anvil.jacobian(f, has_aux=True)(X)
    assert capsys.readouterr().out == "called\n"


def test_exceptions():
    def f(x):
        if x[0] > 5:
            raise ValueError("big")
        return x * x, x[0]

    found, first = call_reference(anvil.jacobian(f, has_aux=True), (X,), {}, "O2")
    np.testing.assert_array_equal(found, [[2.0, 0.0], [0.0, 4.0]])
    assert first == 1.0
    with pytest.raises(ValueError, match="big"):
        anvil.jacobian(f, has_aux=True)(X + 9.0)


def test_no_pair():
    with pytest.raises(anvil.AnvilError) as refused:
        anvil.jacobian(lambda x: x * 2, has_aux=True)(X)
    assert refused.value.code == "grad-not-scalar"


def mixed(x, w):
    return x @ w, w * 2.0, 3.0, {"k": w.sum()}


AXES = (0, None, None, None)


def test_what_lanes_share():
    mapped = anvil.vmap(mixed, in_axes=(0, None), out_axes=AXES)
    first, doubled, three, rest = call_reference(mapped, (ROWS, X), {}, "O2")
    np.testing.assert_array_equal(first, ROWS @ X)
    np.testing.assert_array_equal(doubled, X * 2.0)
    assert type(three) is float
    assert isinstance(rest["k"], np.float64)
    assert rest == {"k": 3.0}


def test_derivatives_of_what_lanes_share():
    def loss(w):
        return np.sum(anvil.vmap(mixed, in_axes=(0, None), out_axes=AXES)(ROWS, w)[1] ** 2)

    np.testing.assert_allclose(anvil.grad(loss)(X), 8.0 * X)


@pytest.mark.parametrize(("rows", "axes"), [(ROWS, None), (ROWS[:0], (0, None, 0, 0))])
def test_what_they_do_not_share(rows, axes):
    with pytest.raises(anvil.AnvilError) as refused:
        anvil.vmap(mixed, in_axes=(0, None), out_axes=axes)(rows, X)
    assert refused.value.code == "bad-mapped-axis"
