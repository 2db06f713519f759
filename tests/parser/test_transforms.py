"""Transforms inside compiled code become ops on closed functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.transforms import TRANSFORMS
from anvil.errors import AnvilError
from anvil.ir.analysis import op_counts
from tests.parser.harness import compile_for


def surface(fn, *args):
    """The program before transforms are expanded."""
    return compile_for(fn, *args, transforms=TRANSFORMS)[0].program


def close(got: Any, want: Any) -> None:
    np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=1e-12)


def test_a_gradient_is_one_op_on_the_function():
    def loss(w, x):
        return np.sin(w) * x

    def fn(w):
        return anvil.grad(loss)(w, 3.0)

    program = surface(fn, 1.5)
    assert op_counts(program)["vjp_call"] == 1
    assert list(program.funcs) == ["fn", "loss"]
    close(anvil.jit(fn)(1.5), 3 * np.cos(1.5))


def test_perturbations_are_not_confused():
    def fn(x):
        return anvil.grad(lambda y: x * anvil.grad(lambda z: y * z * z + x * z)(y))(x)

    close(anvil.jit(fn)(1.5), 4 * 1.5 * 1.5)


def test_one_array_as_argument_and_as_capture():
    def fn(x):
        return anvil.grad(lambda w: (w * x).sum())(x), anvil.grad(lambda a, b: (a * b).sum())(x, x)

    first, second = anvil.jit(fn)(np.arange(3.0))
    close(first, np.arange(3.0))
    close(second, np.arange(3.0))


def test_gradients_keep_the_container():
    def fn(p):
        def loss(p, x):
            return (p["w"] * x + p["b"][0]).sum() * p["n"]

        return anvil.value_and_grad(loss)(p, np.ones(2))

    value, gradient = anvil.jit(fn)({"w": np.ones(2), "b": (2.0, "name"), "n": 3})
    assert value == 18.0
    assert list(gradient) == ["w", "b", "n"]
    close(gradient["w"], [3.0, 3.0])
    close(gradient["b"][0], 6.0)
    assert gradient["b"][1] is None
    assert gradient["n"] is None


def test_a_gradient_in_a_loop():
    def fn(w, n):
        for _ in range(n):
            w = w - 0.1 * anvil.grad(lambda v: (v - 3.0) ** 2)(w)
        return w

    program = surface(fn, 0.0, 50)
    assert op_counts(program)["for"] == op_counts(program)["vjp_call"] == 1
    close(anvil.jit(fn)(0.0, 50), 3.0 * (1 - 0.8**50))


def test_a_buffer_inside_the_differentiated_function():
    def body(v):
        buf = np.zeros(3)
        for i in range(3):
            buf[i] = v * i
        return (buf**2).sum()

    def fn(x):
        return anvil.grad(body)(x), anvil.vmap(body)(np.arange(3.0) * x)

    gradient, lanes = anvil.jit(fn)(2.0)
    close(gradient, 20.0)
    close(lanes, [0.0, 20.0, 80.0])


def test_ints_are_known_through_transforms():
    def fn(x, n):
        return anvil.grad(lambda v: (np.ones(n) * v).sum())(x)

    close(anvil.jit(fn)(2.0, 3), 3.0)
    close(anvil.grad(lambda x, n: (x * np.arange(n)).sum())(2.0, 4), 6.0)


def test_forward_mode():
    def fn(x):
        return anvil.jvp(lambda a, b: (a * b, 1.0, 3), (x, 2.0), (1.0, None))

    value, tangent = anvil.jit(fn)(3.0)
    assert value == (6.0, 1.0, 3)
    assert tangent == (2.0, 0.0, None)


def test_pullbacks_are_values():
    def fn(x):
        y, pull = anvil.vjp(lambda p, q: {"s": p * q, "t": p + 1}, x, x * 2)
        first = pull({"s": np.ones(3), "t": np.zeros(3)})
        return y, first, pull({"s": np.zeros(3), "t": np.ones(3)})[0]

    y, (by_p, by_q), other = anvil.jit(fn)(np.arange(3.0))
    close(y["t"], np.arange(3.0) + 1)
    close(by_p, [0.0, 2.0, 4.0])
    close(by_q, [0.0, 1.0, 2.0])
    close(other, np.ones(3))


def test_linear_maps_are_values():
    def fn(x):
        y, differential = anvil.linearize(np.sin, x)
        return y, differential(1.0), differential(2.0)

    close(anvil.jit(fn)(1.0), [np.sin(1.0), np.cos(1.0), 2 * np.cos(1.0)])


def test_mapping():
    def fn(x, c):
        inner = anvil.vmap(lambda a, b: a * b + c, in_axes=(0, None))
        return anvil.vmap(inner, in_axes=(None, 0), out_axes=1)(x, x)

    x = np.arange(3.0)
    close(anvil.jit(fn)(x, 2.0), np.outer(x, x) + 2)


def test_mapping_containers():
    def fn(p):
        return anvil.vmap(
            lambda q, k: {"v": q["a"] @ q["b"] * k}, in_axes=({"a": 0, "b": None}, 0)
        )(p, np.arange(2.0))

    out = anvil.jit(fn)({"a": np.ones((2, 3)), "b": np.ones(3)})
    close(out["v"], [0.0, 3.0])


@pytest.mark.parametrize("kind", [anvil.jacobian, anvil.jacfwd, anvil.jacrev])
def test_jacobians(kind):
    def fn(x):
        return kind(lambda a: np.array([a[0] * a[1], a[1] ** 2, a[0]]))(x)

    close(anvil.jit(fn)(np.array([2.0, 3.0])), [[3.0, 2.0], [0.0, 6.0], [1.0, 0.0]])


def test_jacobians_of_containers():
    def fn(p, s):
        return anvil.jacobian(lambda p, s: {"y": p["w"] * s, "z": s**2}, argnums=(0, 1))(p, s)

    out = anvil.jit(fn)({"w": np.arange(2.0)}, 3.0)
    close(out["y"][0]["w"], 3 * np.eye(2))
    close(out["y"][1], np.arange(2.0))
    close(out["z"][1], 6.0)


def test_second_order():
    def fn(x, v):
        f = lambda a: (a**3).sum()  # noqa: E731
        return anvil.hessian(f)(x), anvil.hvp(f, (x,), (v,)), anvil.grad(anvil.grad(np.sin))(x[0])

    x = np.array([1.0, 2.0])
    hessian, product, second = anvil.jit(fn)(x, np.array([1.0, -1.0]))
    close(hessian, np.diag(6 * x))
    close(product, [6.0, -12.0])
    close(second, -np.sin(1.0))


def test_custom_rules_with_captures():
    def fn(x, k):
        @anvil.custom_vjp
        def f(v):
            return v * v * k

        return f(x)

    with pytest.raises(AnvilError):  # rules are given by a statement that compiled code lacks
        anvil.jit(fn)(2.0, 3.0)

    square = anvil.custom_vjp(lambda v: v * v)
    square.defvjp(lambda v: (v * v, v), lambda r, ct: (100.0 * r * ct,))
    double = anvil.custom_jvp(lambda v: v + v)
    double.defjvp(lambda primals, tangents: (primals[0] * 2, 7.0 * tangents[0]))

    def uses(x):
        return anvil.grad(lambda v: square(v) * 2.0)(x), square(x), anvil.grad(double)(x)

    close(anvil.jit(uses)(3.0), [600.0, 9.0, 7.0])


def test_stop_gradient():
    def fn(x):
        return anvil.grad(lambda a: anvil.stop_gradient(a) * a)(x)

    close(anvil.jit(fn)(3.0), 3.0)


def test_transformed_functions_from_outside_and_as_decorators():
    outside = anvil.grad(lambda w, x: w * w * x)

    def fn(x):
        @anvil.grad
        def slope(v):
            return v**3

        return outside(x, 2.0), slope(x), anvil.jit(lambda v: v + 1)(x)

    close(anvil.jit(fn)(3.0), [12.0, 27.0, 4.0])


def test_methods_and_partials_are_differentiated():
    class Model:
        def __init__(self):
            self.w = np.ones(3)

        def loss(self, x):
            return (self.w * x * x).sum()

    close(anvil.grad(Model().loss)(np.arange(3.0)), 2 * np.arange(3.0))


@pytest.mark.parametrize(
    "fn, x, code",
    [
        (lambda x: anvil.grad(lambda v: v * 2)(x), np.ones(3), "grad-not-scalar"),
        (lambda x: anvil.grad(lambda v: (v, v))(x), 1.0, "grad-not-scalar"),
        (lambda x: anvil.grad(lambda v: 1)(x), 1.0, "grad-not-scalar"),
        (lambda x: anvil.grad(lambda v: v * 1.0)(x), 2, "grad-not-float"),
        (lambda x: anvil.grad(lambda v: v, argnums=1)(x), 2.0, "bad-argnums"),
        (lambda x: anvil.jvp(np.sin, (x,), (np.ones(2),)), 1.0, "bad-tangent"),
        (lambda x: anvil.vmap(lambda a: a, in_axes=1)(x), np.ones(3), "bad-mapped-axis"),
        (lambda x: anvil.vmap(lambda a, b: a)(x, x[:2]), np.ones(3), "bad-mapped-axis"),
        (lambda x: anvil.vmap(lambda a: a, in_axes=None)(x), np.ones(3), "bad-mapped-axis"),
        (lambda x: anvil.grad(sum_in_place)(x), np.ones(3), "mutated-argument"),
    ],
)
def test_misuse(fn, x, code):
    with pytest.raises(AnvilError) as refused:
        surface(fn, x)
    assert refused.value.code == code


def sum_in_place(v):
    v[0] = 1.0
    return v.sum()


class Model:
    """A callable object with things of all kinds inside."""

    def __init__(self, w):
        self.w, self.act, self.name, self.part = w, np.tanh, "net", slice(0, 2)
        self.dtype, self.sizes, self.none, self.n = np.float64, range(3), None, 2

    def __call__(self, x):
        return np.sum(self.act(self.w * x)[self.part]) * self.n


class Table(dict):
    pass


def test_a_gradient_comes_back_as_what_was_given():
    model = Model(np.ones(3))
    found = anvil.grad(lambda m, x: m(x))(model, 2.0)
    assert type(found) is Model
    np.testing.assert_allclose(found.w, [4 / np.cosh(2.0) ** 2] * 2 + [0.0])
    assert {k for k, v in vars(found).items() if v is None} == vars(model).keys() - {"w"}
    table = anvil.grad(lambda t: t["a"] ** 2 * t["k"])(Table(a=3.0, k=2))
    assert type(table) is Table
    assert table == {"a": 12.0, "k": None}


def test_a_rule_inside_has_to_be_given():
    def f(x):
        @anvil.custom_jvp
        def g(x):
            return x * x

        return g(x)

    with pytest.raises(anvil.AnvilError, match="g has no rule: give one with defjvp"):
        anvil.jit(f).ir(2.0)
