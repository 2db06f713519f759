"""Arrays and lists of ints that decide shapes, beside what is differentiated: arguments, captured
arrays, arguments of functions with rules of their own.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.errors import UnsupportedError

X = np.array([0.5, 1.5, -0.3, 2.0, 0.7, -1.1])
COUNTS = [1, 2, 0, 1, 1, 3]


def repeated(x: Any, counts: Any) -> Any:
    return np.sum(np.sin(np.repeat(x, counts)))


def pieces(x: Any, at: Any) -> Any:
    return sum(np.prod(piece) for piece in np.split(x, at))


def cumulated(x: Any, sizes: Any) -> Any:
    parts = np.split(x, np.cumsum(sizes)[:-1])
    return sum(np.mean(p * p) for p in parts)


def segments(x: Any, labels: Any) -> Any:
    out = np.zeros(max(labels) + 1)
    np.add.at(out, labels, x**2)
    return np.sum(np.sqrt(out + 1.0))


def binned(x: Any, labels: Any) -> Any:
    return np.sum(np.bincount(labels, weights=x) ** 2)


def shaped(x: Any, shape: Any) -> Any:
    return np.sum(np.prod(x.reshape(shape), axis=0))


def reduced(x: Any, places: Any) -> Any:
    return np.sum(np.add.reduceat(x, places) ** 3)


def one_hot(x: Any, labels: Any) -> Any:
    rows = np.eye(int(np.max(labels)) + 1)[labels]
    return np.sum((x @ rows) ** 2)


def by_class(x: Any, labels: Any) -> Any:
    found = {int(c): (x[np.asarray(labels) == c] ** 2).sum() for c in set(labels)}
    return sum((c + 1) * v for c, v in found.items())


def unpacked(x: Any, shapes: Any) -> Any:
    out, i = {}, 0
    for name, shape in shapes.items():
        n = int(np.prod(shape))
        out[name] = x[i : i + n].reshape(shape)
        i += n
    return np.sum(np.tanh(out["w"] @ out["b"]))


def tree(x: Any, parent: Any) -> Any:
    below: list[list[int]] = [[] for _ in parent]
    for i, up in enumerate(parent):
        if up >= 0:
            below[up].append(i)

    def value(i: int) -> Any:
        return x[i] * (1 + sum(value(k) for k in below[i]))

    return value(0)


@dataclass
class Layout:
    dims: tuple[int, int]
    steps: int


def laid_out(x: Any, c: Layout) -> Any:
    y = x.reshape(c.dims)
    for _ in range(c.steps):
        y = y - 0.1 * y**3
    return y[:, : c.dims[1] - 1].sum()


LABELS = [0, 0, 1, 2, 2, 2]
CASES: list[tuple[Callable[..., Any], Any]] = [
    (repeated, COUNTS),
    (repeated, np.array(COUNTS)),
    (pieces, (2, 4)),
    (pieces, np.array([1, 3])),
    (cumulated, [1, 2, 3]),
    (cumulated, np.array([2, 1, 3])),
    (segments, np.array(LABELS)),
    (binned, np.array(LABELS)),
    (shaped, np.array([2, 3])),
    (shaped, (3, -1)),
    (reduced, np.array([0, 2, 3])),
    (one_hot, np.array(LABELS)),
    (by_class, np.array(LABELS)),
    (unpacked, {"w": (2, 2), "b": (2,)}),
    (tree, np.array([-1, 0, 0, 1, 1, 2])),
    (laid_out, Layout((2, 3), 2)),
]


def differences(f: Callable[..., Any], x: Any) -> Any:
    steps = 1e-6 * np.eye(len(x))
    return np.array([(f(x + h) - f(x - h)) / 2e-6 for h in steps])


@pytest.mark.parametrize(("f", "static"), CASES)
def test_what_decides_shapes_is_discovered_under_every_transform(f: Any, static: Any) -> None:
    want = differences(lambda x: f(x, static), X)
    v = np.cos(np.arange(6.0))

    def everything(x: Any, v: Any, static: Any) -> Any:
        g = anvil.grad(f)(x, static)
        tangent = anvil.jvp(lambda x: f(x, static), (x,), (v,))[1]
        cotangents = anvil.vjp(f, x, static)[1](1.0)
        lanes = anvil.vmap(anvil.grad(f), in_axes=(0, None))(np.stack([x, x]), static)
        second = anvil.hvp(f, (x, static), (v, None))[0]
        return g, tangent, cotangents[0], lanes, second

    found = call_reference(anvil.jit(everything), (X, v, static), {}, "O2")
    g, tangent, cotangent, lanes, second = found
    np.testing.assert_allclose(g, want, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(tangent, want @ v, rtol=1e-6, atol=1e-8)
    np.testing.assert_array_equal(cotangent, g)
    np.testing.assert_allclose(lanes, np.stack([g, g]), rtol=1e-12)
    h = 1e-5

    def at(x: Any) -> Any:
        return call_reference(anvil.grad(f), (x, static), {}, "O2")

    np.testing.assert_allclose(second, (at(X + h * v) - at(X - h * v)) / (2 * h), 1e-5, 1e-7)


def test_the_explanation_names_them() -> None:
    slope = anvil.grad(repeated)
    slope(X, np.array(COUNTS))
    assert "counts = array([1, 2, 0, 1, 1, 3]) is static: the repeat counts" in slope.explain()


counts_outside = np.array(COUNTS)


def captured(x: Any) -> Any:
    return repeated(x, counts_outside)


class Grouped:
    def __init__(self, labels: Any) -> None:
        self.labels = labels

    def loss(self, x: Any) -> Any:
        return np.sum(np.bincount(self.labels, weights=x) ** 2)


def test_captured_arrays_become_known_and_their_contents_are_guarded() -> None:
    slope = anvil.grad(captured)
    np.testing.assert_allclose(slope(X), np.array(COUNTS) * np.cos(X))
    assert "counts_outside = array([1, 2, 0, 1, 1, 3]) is static: the repeat" in slope.explain()
    counts_outside[0] = 4
    try:
        np.testing.assert_allclose(slope(X), counts_outside * np.cos(X))
    finally:
        counts_outside[0] = 1
    np.testing.assert_allclose(slope(X), np.array(COUNTS) * np.cos(X))
    assert "2 specialisation(s)" in slope.explain()


def test_arrays_of_objects_cells_and_partials_become_known() -> None:
    labels = np.array(LABELS)
    model = Grouped(labels)
    want = differences(model.loss, X)
    np.testing.assert_allclose(anvil.grad(model.loss)(X), want, rtol=1e-6)
    np.testing.assert_allclose(anvil.grad(lambda x: binned(x, labels))(X), want, rtol=1e-6)
    bound = functools.partial(binned, labels=labels)
    np.testing.assert_allclose(anvil.grad(bound)(X), want, rtol=1e-6)
    size = np.int64(3)
    got = call_reference(anvil.jit(lambda x: x.reshape(size, 2).sum(axis=1)), (X,), {}, "O2")
    np.testing.assert_array_equal(got, X.reshape(3, 2).sum(axis=1))


def test_arrays_that_decide_nothing_are_read_at_every_call() -> None:
    places = np.array([1, 0])
    picked = anvil.jit(lambda x: x[places])
    np.testing.assert_array_equal(picked(X), X[[1, 0]])
    places[:] = 3, 4
    np.testing.assert_array_equal(picked(X), X[[3, 4]])
    assert "1 specialisation(s)" in picked.explain()


def test_lanes_and_data_decide_no_shape() -> None:
    lanes = anvil.vmap(lambda x, c: np.repeat(x, c).sum())
    with pytest.raises(UnsupportedError, match="the repeat counts is needed while compiling"):
        lanes(np.stack([X, X]), np.ones((2, 6), int))
    with pytest.raises(UnsupportedError, match="is needed while compiling"):
        anvil.grad(lambda x: np.sum(np.repeat(x, np.argsort(x))))(X)


@anvil.custom_vjp
def spread(x: Any, counts: Any) -> Any:
    return np.repeat(x, counts)


def _spread_fwd(x: Any, counts: Any) -> Any:
    return np.repeat(x, counts), counts


def _spread_bwd(counts: Any, g: Any) -> Any:
    starts = np.cumsum(counts) - counts
    return np.array([g[s : s + n].sum() for s, n in zip(starts, counts, strict=True)]), None


spread.defvjp(_spread_fwd, _spread_bwd)


@anvil.custom_jvp
def widened(x: Any, counts: Any) -> Any:
    return np.repeat(x, counts)


widened.defjvp(lambda p, t: (np.repeat(p[0], p[1]), np.repeat(t[0], p[1])))


@pytest.mark.parametrize("rule", [spread, widened])
def test_functions_with_rules_of_their_own(rule: Any) -> None:
    counts = np.array(COUNTS)

    def loss(x: Any, counts: Any) -> Any:
        return np.sum(np.sin(rule(x, counts)))

    got = call_reference(anvil.grad(loss), (X, counts), {}, "O2")
    np.testing.assert_allclose(got, counts * np.cos(X))
    got = call_reference(anvil.grad(lambda x: loss(x, counts)), (X,), {}, "O2")
    np.testing.assert_allclose(got, counts * np.cos(X))


def test_a_flag_decides_the_structure_that_a_cotangent_has() -> None:
    def chosen(x: Any, whole: bool) -> Any:
        return x**2 if whole else np.sum(x)

    def pulled(x: Any, whole: bool, g: Any) -> Any:
        return anvil.vjp(chosen, x, whole)[1](g)[0]

    assert math.isclose(call_reference(anvil.jit(pulled), (X, False, 2.0), {})[0], 2.0)
    got = call_reference(anvil.jit(pulled), (X, True, np.ones(6)), {})
    np.testing.assert_allclose(got, 2 * X)
