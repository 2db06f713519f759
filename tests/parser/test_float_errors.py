"""`np.errstate(...="raise")`: FloatingPointError where NumPy's flags say so."""

from __future__ import annotations

import math

import numpy as np
import pytest

import anvil
from anvil import AnvilError
from tests.parser.harness import agree, run

S = np.float64
OPERATIONS = [
    lambda a, b: a / b,
    lambda a, b: a // b,
    lambda a, b: a % b,
    lambda a, b: a * b,
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: np.abs(a) ** b,
    lambda a, b: np.power(a, 3.0) + np.divide(b, a),
    lambda a, b: np.exp(a) + np.exp(-b),
    lambda a, b: np.log(np.abs(a)),
    lambda a, b: np.sqrt(a) + np.arcsin(b),
    lambda a, b: np.sinh(a) + np.square(b),
    lambda a, b: np.reciprocal(a) + np.log1p(-b),
    lambda a, b: np.maximum(a, b) + np.sin(b),
]
NUMBERS = [(2.0, 3.0), (1.0, 0.0), (0.0, 0.0), (1e300, 1e300), (-1.0, 0.5), (-800.0, 800.0)]
NUMBERS += [(np.inf, np.inf), (np.nan, 0.0), (0.0, -1.0), (1e-200, 1e-200), (-1e308, 1e308)]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kind", ["scalars", "arrays", "mixed"])
def test_operations_raise_as_in_numpy(operation, kind):
    under = "ignore" if operation is OPERATIONS[1] else None

    def f(a, b):
        with np.errstate(all="raise", under=under):
            return operation(a, b)

    for a, b in NUMBERS if kind == "scalars" else NUMBERS[1::3]:
        x, y = {
            "scalars": (S(a), S(b)),
            "arrays": (np.array([1.5, a]), np.array([2.5, b])),
            "mixed": (np.array([a, 1.5]), b),
        }[kind]
        agree(f, x, y)


def reductions(a):
    with np.errstate(over="raise", invalid="raise"):
        return np.sum(a), a.mean(), np.dot(a, a) * 0.5, a.max(), np.cumsum(a), a @ a, np.std(a)


def nested(a):
    with np.errstate(all="raise"):
        with np.errstate(over="ignore"):
            y = np.exp(a)
        return y, np.where(a > 2, a, 0.5).sum(), np.clip(a, -1, 1), (a > 2).any(), -a


def helper(a):
    return np.sqrt(a) + 1


def in_helpers(a):
    with np.errstate(invalid="raise"):
        try:
            return helper(a)
        except FloatingPointError:
            pass
    return helper(np.abs(a)) + helper(a)[0]


def in_loops(a):
    s = S(1.0)
    with np.errstate(divide="raise"):
        for v in a:
            try:
                s = s + 1 / v
            except FloatingPointError:
                s = s * 2
    return s


def stored_before_it_is_raised(a):
    r = np.ones(3)
    with np.errstate(divide="raise"):
        try:
            r /= a
        except FloatingPointError as e:
            return r, str(e)
    return r, ""


def of_python(a):
    with np.errstate(all="raise"):
        return math.exp(-800.0) + float(a[0]) / 2.0, 1e-300 * float(a[1]) * 1e-300


ARRAYS = [np.array([1.0, 4.0, 2.0]), np.array([-1.0, 0.0, 3.0]), np.array([1e308, 1e308, 800.0])]
ARRAYS += [np.array([np.inf, -np.inf, 1.0]), np.array([np.nan, 2.0, 0.5])]
PROGRAMS = [reductions, nested, in_helpers, in_loops, stored_before_it_is_raised, of_python]


@pytest.mark.parametrize("f", PROGRAMS)
def test_programs_agree(f):
    for a in ARRAYS:
        agree(f, a)


@pytest.mark.parametrize(("a", "b"), [(7, 0), (7, 2), (2**62, 2**62), (-(2**63), 1)])
def test_ints(a, b):
    def f(a, b):
        with np.errstate(divide="raise", over="raise"):
            try:
                return a // b, a % b, a + b, a - b
            except FloatingPointError as e:
                return str(e)

    agree(f, np.int64(a), np.int64(b))


def test_derivatives_and_xla():
    def f(x):
        with np.errstate(invalid="raise", divide="raise"):
            try:
                return np.sum(np.sqrt(x) / x)
            except FloatingPointError:
                return np.sum(x**2)

    good, bad = np.array([1.0, 4.0]), np.array([1.0, -4.0])
    np.testing.assert_allclose(anvil.grad(f)(good), -0.5 * good**-1.5)
    np.testing.assert_allclose(anvil.grad(f)(bad), 2 * bad)
    assert anvil.jit(f)(bad) == 17.0


def test_what_is_refused():
    def median(x):
        with np.errstate(invalid="raise"):
            return np.median(x)

    def small(x):
        with np.errstate(all="raise"):
            return x @ x

    def masked(x):
        with np.errstate(divide="raise"):
            return np.log(x, where=x > 0, out=np.zeros(3))

    for f in (median, small, masked):
        with pytest.raises(AnvilError, match=r"under np\.errstate"):
            run(f, ARRAYS[0])
