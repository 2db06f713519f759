"""`with`: what context managers do on every path, against CPython."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.parser.harness import outcome, same
from tests.parser.with_programs import (
    CASES,
    Timer,
    X,
    data_decides_to_suppress,
    finally_and_with,
    generated_except,
    leaves_a_loop,
)


@pytest.mark.parametrize(("fn", "args"), CASES)
def test_managers_take_pythons_paths(fn: Any, args: Any) -> None:
    with np.errstate(all="ignore"):
        want = outcome(fn, args)
    compiled = anvil.jit(fn)
    got = outcome(lambda *a: call_reference(compiled, a, {}), args)
    if isinstance(got, Exception) and not isinstance(want, Exception):
        raise got
    same(want, got, fn.__name__)


def test_managers_in_xla() -> None:
    for fn, args in (
        (leaves_a_loop, (np.array([1.0, -2.0, 3.0]),)),
        (generated_except, (np.array([1.0, 2.0]), 1, 0.0)),
        (finally_and_with, (2.0,)),
        (data_decides_to_suppress, (-0.5,)),
    ):
        same(fn(*args), anvil.jit(fn)(*args), fn.__name__)


def test_managers_differentiate() -> None:
    def f(x, y):
        total = 0.0
        for k in range(3):
            with Timer() as t, contextlib.suppress(ZeroDivisionError), scaled_by(x) as s:
                t.spend(s * x)
                total += t.total + s / (y - k)
        return total

    def want(x, y):
        return sum(2 * x + 1 / (y - k) for k in range(3) if y != k)

    for y in (1.0, 0.5):
        assert call_reference(anvil.grad(f), (1.5, y), {}) == pytest.approx(want(1.5, y))
        second = call_reference(anvil.grad(anvil.grad(f)), (1.5, y), {})
        assert second == pytest.approx(sum(2.0 for k in range(3) if y != k))

        def forward(x, y):
            return anvil.jvp(lambda t: f(t, y), (x,), (1.0,))[1]

        got = call_reference(anvil.jit(forward), (1.5, y), {})
        assert got == pytest.approx(want(1.5, y))


@contextlib.contextmanager
def scaled_by(x):
    try:
        yield x
    except ZeroDivisionError:
        raise


def items(x):
    for v in x:
        try:
            yield v
        except ValueError:
            yield -v


def raised_in_a_loop(x):
    for v in items(x):
        if v < 0:
            raise ValueError("negative")
    return 1.0


def caught_around_a_call(x):
    try:
        return raised_in_a_loop(x)
    except ValueError:
        return 0.0


def caught_around_a_loop(x):
    try:
        for v in items(x):
            if v < 0:
                raise ValueError("negative")
    except ValueError:
        return 0.0
    return 1.0


def test_a_consumer_raises_past_its_generator() -> None:
    with pytest.raises(ValueError, match="negative"):
        anvil.jit(raised_in_a_loop)(-X)
    for fn in (caught_around_a_call, caught_around_a_loop):
        with pytest.raises(anvil.errors.UnsupportedError, match="handlers around this `yield`"):
            anvil.jit(fn)(-X)


def test_a_loop_that_leaves_a_generator_in_its_with() -> None:
    def items(x):
        with Timer() as t:
            for v in x:
                yield v * t.depth

    def f(x):
        for v in items(x):
            if v > 1:
                return v
        return 0.0

    with pytest.raises(anvil.errors.UnsupportedError, match="inside the generator's `with`"):
        anvil.jit(f)(X)
