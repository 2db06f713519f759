"""The module `statistics`: values, kinds of numbers, errors, derivatives."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.errors import UnsupportedError


def outcome(run: Any) -> Any:
    """A result, or the exception instead."""
    try:
        return run()
    except statistics.StatisticsError as error:
        return error


FUNCTIONS = [
    statistics.mean, statistics.fmean, statistics.variance, statistics.pvariance,
    statistics.stdev, statistics.pstdev, statistics.median, statistics.median_low,
    statistics.median_high, statistics.geometric_mean, statistics.harmonic_mean,
]  # fmt: skip
DATA = [[1.5, 2.5, 4.0], [3.0, 1.0, 2.0, 10.0], [0.1, 0.1, 0.1], (2.0, 5.0)]


@pytest.mark.parametrize("fn", FUNCTIONS, ids=lambda fn: fn.__name__)
def test_values(fn: Any) -> None:
    compiled = anvil.jit(lambda data: fn(data))
    mixed = [] if "median_" in fn.__name__ else [[2.0, 1], [np.float64(1.0), 3.0]]
    for data in (*DATA, np.array([1.0, 4.0, 2.0]), *mixed):
        want, got = fn(data), call_reference(compiled, (data,), {})
        assert got == pytest.approx(want, rel=1e-15, abs=1e-18)
        assert type(got) is type(want)


@pytest.mark.parametrize("fn", FUNCTIONS, ids=lambda fn: fn.__name__)
def test_too_few_points(fn: Any) -> None:
    for data in ([], [-1.0]):
        want = outcome(lambda data=data: fn(data))
        compiled = anvil.jit(lambda data: fn(data))
        got = outcome(lambda data=data, call=compiled: call_reference(call, (data,), {}))
        assert type(got) is type(want)
        assert str(got) == str(want)


@pytest.mark.parametrize("fn", FUNCTIONS, ids=lambda fn: fn.__name__)
def test_derivatives(fn: Any) -> None:
    def f(x):
        return fn([x, x * x, 3.5])

    slope = (f(1.7 + 1e-6) - f(1.7 - 1e-6)) / 2e-6
    assert call_reference(anvil.grad(f), (1.7,), {}) == pytest.approx(slope, rel=1e-7)


def test_known_data_and_ints() -> None:
    def f(x):
        whole = statistics.mean([1, 3]), statistics.mode([1, 1, 2]), statistics.median([1, 4])
        return x * statistics.stdev([1, 2, 4]), whole

    want, got = f(2.0), call_reference(anvil.jit(f), (2.0,), {})
    assert got == want
    assert list(map(type, got[1])) == list(map(type, want[1]))
    with pytest.raises(UnsupportedError, match="compiled for floats"):
        anvil.jit(lambda n: statistics.mean([n, n + 1])).ir(np.int64(2))


def test_a_mean_of_what_is_expected() -> None:
    def about(xs):
        return statistics.variance(xs, 2.0), statistics.pvariance(xs, 2.0)

    xs = [1.0, 2.0, 4.0]
    assert call_reference(anvil.jit(about), (xs,), {}) == pytest.approx(about(xs))
