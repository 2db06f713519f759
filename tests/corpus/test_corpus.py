"""The corpus against CPython: values, dtypes, shapes and host types; derivatives in forward and
reverse mode and at second order against differences. Run by the reference semantics, a part by XLA.
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.parser.state.signature import ArraySpec, ScalarSpec, Spec, describe_argument, rebuild
from tests.corpus.entries import CORPUS, Entry

MODULES = (
    "adbench",
    "authors",
    "chemistry",
    "classics",
    "containers",
    "control",
    "dispatch",
    "estimators",
    "fields",
    "finance",
    "frameworks",
    "heap",
    "idioms",
    "inference",
    "learning",
    "machines",
    "markets",
    "matrices",
    "orbits",
    "pipelines",
    "networks",
    "numbers",
    "odes",
    "optimisers",
    "probability",
    "puzzles",
    "quantities",
    "quantum",
    "rays",
    "recipes",
    "recurrences",
    "recursion",
    "collecting",
    "search",
    "selections",
    "simulation",
    "solvers",
    "styles",
    "textbooks",
)
for module in MODULES:
    importlib.import_module(f"tests.corpus.{module}")


def entries(wanted: Callable[[Entry], Any]) -> Any:
    return pytest.mark.parametrize("case", list(filter(wanted, CORPUS)), ids=lambda e: e.name)


@entries(lambda e: e.refused)
def test_refused(case: Entry) -> None:
    with pytest.raises(anvil.AnvilError) as caught:
        anvil.jit(case.function).ir(*case.args)
    assert caught.value.diagnostic.code == case.refused


@entries(lambda e: not e.refused)
def test_value(case: Entry) -> None:
    expected = case.function(*copy.deepcopy(case.args))
    args = copy.deepcopy(case.args)
    compiled = anvil.jit(case.function)
    for pipeline in ("O0", "O2"):
        check_same(call_reference(compiled, args, {}, pipeline), expected, case)
    if case.xla:
        check_same(compiled(*args), expected, case)
        check_same(compiled(*args), expected, case)
    check_same(args, case.args, case)


@pytest.mark.filterwarnings("ignore::anvil.AnvilWarning")
@entries(lambda e: e.smooth and not e.refused)
def test_derivatives(case: Entry) -> None:
    args = copy.deepcopy(case.args)
    v = directions(args, seed=1)
    w = directions(case.function(*copy.deepcopy(args)), seed=2)

    def back(*args: Any) -> Any:
        return anvil.vjp(case.function, *args)[1](w)

    def all_of_them(*args: Any) -> Any:
        tangent = anvil.jvp(case.function, args, v)[1]
        return tangent, back(*args), anvil.jvp(back, args, v)[1]

    compiled = anvil.jit(all_of_them)
    for pipeline in ("O0", "O2"):
        check_derivatives(case, call_reference(compiled, args, {}, pipeline), v, w)
    if case.xla:
        check_derivatives(case, compiled(*args), v, w)


def check_same(got: Any, expected: Any, case: Entry) -> None:
    xs: list[Any] = []
    ys: list[Any] = []
    assert plain(describe_argument(got, xs)) == plain(describe_argument(expected, ys))
    for x, y in zip(xs, ys, strict=True):
        exact = np.asarray(y).dtype.kind in "biu"
        single = np.asarray(y).dtype in (np.float32, np.complex64)
        rtol = 0.0 if exact else 1e-5 if single else case.rtol
        np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol)


def plain(spec: Spec) -> Any:
    """A description in which an array of no axes is a NumPy scalar."""
    zero = {}

    def leaf(s: Any) -> Any:
        if isinstance(s, ArraySpec) and not s.type.shape:
            return ScalarSpec(s.type.dtype, False)
        if isinstance(s, ArraySpec | ScalarSpec) or not hasattr(s, "items"):
            return s
        return (type(s), getattr(s, "cls", zero), [leaf(i) for i in s.items])

    return leaf(spec)


def check_derivatives(case: Entry, got: Any, v: Any, w: Any) -> None:
    tangent, bars, bars_moved = got

    def along(t: float) -> float:
        moved = shifted(case.args, v, t)
        return dot(w, case.function(*moved))

    first, second = differences(along)
    scale = 1 + abs(first) + abs(second)
    forward, reverse = dot(w, tangent), dot(bars, v)
    np.testing.assert_allclose(forward, reverse, rtol=1e-9, atol=1e-10 * scale)
    np.testing.assert_allclose(forward, first, rtol=1e-6, atol=1e-7 * scale)
    np.testing.assert_allclose(dot(bars_moved, v), second, rtol=1e-4, atol=1e-5 * scale)
    check_kinds(bars, case.args)


def derivatives_agree(fn: Any, *args: Any) -> None:
    """Forward and reverse mode, and the second derivative, agree with each other and with
    differences; in the evaluator.
    """
    v, w = directions(args, seed=1), directions(fn(*copy.deepcopy(args)), seed=2)

    def back(*args: Any) -> Any:
        return anvil.vjp(fn, *args)[1](w)

    def all_of_them(*args: Any) -> Any:
        return anvil.jvp(fn, args, v)[1], back(*args), anvil.jvp(back, args, v)[1]

    got = call_reference(anvil.jit(all_of_them), args, {}, "O2")
    check_derivatives(Entry(fn, args, True, False, 1e-12, ""), got, v, w)


def check_kinds(bars: Any, args: Any) -> None:
    """Cotangents have the dtypes and shapes of the float leaves they belong to."""
    xs = [np.asarray(x) for x in floats(bars)]
    ys = [np.asarray(x) for x in floats(args)]
    assert [(x.dtype, x.shape) for x in xs] == [(y.dtype, y.shape) for y in ys]


def differences(along: Any) -> tuple[float, float]:
    """First and second derivative at 0, of fourth order in the step."""
    h, k = 1e-4, 2e-3
    first = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
    near, far = along(k) + along(-k), along(2 * k) + along(-2 * k)
    return first, (16 * near - far - 30 * along(0.0)) / (12 * k * k)


def floats(tree: Any) -> list[Any]:
    found: list[Any] = []
    describe_argument(tree, found)
    return [x for x in found if np.asarray(x).dtype.kind == "f"]


def dot(xs: Any, ys: Any) -> float:
    pairs = zip(floats(xs), floats(ys), strict=True)
    return float(sum((np.sum(np.asarray(x) * y) for x, y in pairs), 0.0))


def directions(tree: Any, seed: int) -> Any:
    """Random tangents of the float leaves, None for the others, in the same containers."""
    rng = np.random.default_rng(seed)

    def take(leaf: Any) -> Any:
        if leaf.type.dtype.kind != "f":
            return None
        return np.asarray(rng.normal(size=leaf.type.shape), leaf.type.dtype.np)[()]

    return rebuild(describe_argument(tree), take)


def shifted(args: Any, v: Any, t: float) -> Any:
    steps = iter(floats(v))
    leaves: list[Any] = []
    spec = describe_argument(args, leaves)
    values = iter(leaves)

    def take(leaf: Any) -> Any:
        x = copy.deepcopy(next(values))
        if leaf.type.dtype.kind != "f":
            return x
        moved = x + t * next(steps)
        return float(moved) if isinstance(leaf, ScalarSpec) and leaf.py else moved

    return rebuild(spec, take)
