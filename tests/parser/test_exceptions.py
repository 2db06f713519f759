"""try, raise, assert: the paths that exceptions take, against CPython."""

from __future__ import annotations

import contextlib
import io
import math
from typing import Any

import numpy as np
import pytest

import anvil
import tests.parser.handler_programs  # noqa: F401 (they add to the cases)
from anvil.api.programs import call_reference
from tests.parser.exception_programs import (
    CASES,
    break_in_finally,
    chained,
    continue_and_break_through_finally,
    did_not_converge,
    one_caught_one_not,
    one_of_two_raised_again,
    texts_of_numbers,
)
from tests.parser.harness import agree, outcome, same


def printed(fn: Any, args: Any) -> tuple[Any, str]:
    """The result or exception of a call, and what it prints."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text), np.errstate(all="ignore"):
        found = outcome(fn, args)
    return found, text.getvalue()


@pytest.mark.parametrize(("fn", "args"), CASES)
def test_exceptions_take_pythons_paths(fn: Any, args: Any) -> None:
    want, want_text = printed(fn, args)
    compiled = anvil.jit(fn)
    got, got_text = printed(lambda *a: call_reference(compiled, a, {}), args)
    if isinstance(got, Exception) and not isinstance(want, Exception):
        raise got
    same(want, got, fn.__name__)
    assert got_text == want_text
    if isinstance(want, Exception):
        ours = {k: v for k, v in vars(got).items() if not k.startswith("_")}
        assert ours == {k: v for k, v in vars(want).items() if not k.startswith("_")}
        assert repr(got.__cause__) == repr(want.__cause__)


@pytest.mark.parametrize(
    ("fn", "args"),
    [
        c.values
        for c in CASES
        if c.values[0]
        in (
            one_caught_one_not,
            chained,
            texts_of_numbers,
            break_in_finally,
            continue_and_break_through_finally,
            did_not_converge,
            one_of_two_raised_again,
        )
    ],
)
def test_exceptions_in_xla(fn: Any, args: Any) -> None:
    want, want_text = printed(fn, args)
    got, got_text = printed(anvil.jit(fn), args)
    if isinstance(got, Exception) and not isinstance(want, Exception):
        raise got
    same(want, got, fn.__name__)
    assert got_text == want_text


def test_handlers_differentiate() -> None:
    def f(x, y):
        total = 0.0
        for k in range(3):
            try:
                total += x**2 / (y - k)
            except ZeroDivisionError:
                total += 5 * x * y
        return total

    def value(x, y):
        return sum(x**2 / (y - k) if y != k else 5 * x * y for k in range(3))

    def forward(x, y):
        return anvil.jvp(lambda t: f(t, y), (x,), (1.0,))[1]

    for y in (1.0, 0.5):
        want = sum(2 * 1.5 / (y - k) if y != k else 5 * y for k in range(3))
        assert f(1.5, y) == pytest.approx(value(1.5, y))
        assert call_reference(anvil.grad(f), (1.5, y), {}) == pytest.approx(want)
        second = call_reference(anvil.grad(anvil.grad(f)), (1.5, y), {})
        assert second == pytest.approx(sum(2 / (y - k) for k in range(3) if y != k))
        assert call_reference(anvil.jit(forward), (1.5, y), {}) == pytest.approx(want)


def test_messages_carry_the_first_failing_lane() -> None:
    def f(x):
        t = 0.0
        for i in range(100):
            t = t + x
            assert t < 5, f"{t:.2f} at {i}"
        return t

    with pytest.raises(AssertionError, match=r"^5\.00 at 9\n"):
        anvil.vmap(f)(np.array([0.01, 0.2, 0.5]))
    with pytest.raises(AssertionError, match=r"^5\.10 at 16\n"):
        anvil.grad(f)(0.3)


def test_else_is_skipped_where_what_is_known_raises() -> None:
    def f(x: float) -> list[float]:
        out = []
        for rate in (0.1, 0.9, 0.2):
            try:
                if rate > 0.5:
                    raise ValueError(rate)
                x = x * 2.0
            except ValueError:
                out.append(rate)
            else:
                out.append(x)
        return out

    agree(f, 1.5)


def test_what_is_not_known_of_exceptions() -> None:
    def context(x: float) -> bool:
        try:
            math.sqrt(x)
        except ValueError as error:
            return error.__context__ is None
        return False

    def again() -> None:
        raise

    def elsewhere(x: float) -> float:
        try:
            return math.sqrt(x)
        except ValueError:
            again()
        return x

    with pytest.raises(anvil.AnvilError, match="`__context__` of an exception is not known"):
        anvil.jit(context)(-1.0)
    with pytest.raises(anvil.AnvilError, match="raises what the caller handles"):
        anvil.jit(elsewhere)(-1.0)
