"""The measuring itself: intervals, timers, tables, and that both sides compute the same."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from benchmarks.harness import (
    Comparison,
    Table,
    compare,
    comparison_table,
    duration,
    median_interval,
    repeated,
    setting,
)
from benchmarks.library import LIBRARY, Calls
from benchmarks.workloads import RUN, Workload, chain, fresh, workshop


def test_interval_of_twenty_runs_from_the_sixth_to_the_fifteenth() -> None:
    assert median_interval(range(20, 0, -1)) == (6, 15)


@pytest.mark.parametrize("n", [1, 2, 3, 6, 9, 30])
def test_interval_covers(n: int) -> None:
    low, high = median_interval(range(n))
    outside = 2 * sum(math.comb(n, k) for k in range(int(low) + 1)) / 2**n if low else 0.0
    assert low + high == n - 1
    assert outside <= 0.05


def test_comparison_takes_ratios_round_by_round() -> None:
    clock = iter(range(1, 1000))
    found = compare("x", lambda: 2.0 * next(clock), lambda: 1.0 * next(clock), rounds=20)
    assert found.low <= found.ratio <= found.high
    assert 1.0 < found.ratio < 3.0


def test_verdicts() -> None:
    at = Comparison("x", 1.0, 1.0, 1.08, 1.01, 1.2)
    assert at.parity(1.05)
    assert not at.met(1.05)
    table = comparison_table("T", "note", 1.05, [at], Comparison.parity)
    assert table.rows[0][-1] == "yes"


def test_repeated_measures_one_call() -> None:
    calls = []
    timed = repeated(lambda: calls.append(1), seconds=1e-4)
    before = len(calls)
    seconds = timed()
    assert len(calls) - before >= 1
    assert 0.0 < seconds < 1.0


@pytest.mark.parametrize(
    "seconds, text", [(2.5, "2.5 s"), (0.0123, "12.3 ms"), (4.5e-6, "4.5 us"), (3e-9, "3 ns")]
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_tables_print() -> None:
    table = Table("Title", "Note.", ("a", "b"), [["x", "1"], ["long", "22"]])
    assert table.text().splitlines() == ["Title", "  a      b", "  x      1", "  long  22"]
    assert "| long | 22 |" in table.markdown()
    assert "jax " in setting()


def test_the_chain_is_as_long_as_it_says() -> None:
    assert chain("numpy").count("    x = ") == 300


@pytest.mark.parametrize("workload", RUN, ids=lambda w: w.title)
def test_both_versions_compute_the_same(workload: Workload) -> None:
    """The NumPy program, run by Python, against the jax program in float64."""
    import jax

    with workshop() as folder:
        ours = getattr(fresh(folder / f"numpy_{workload.file}.py"), workload.entry)
        theirs = getattr(fresh(folder / f"jax_{workload.file}.py"), workload.entry)
        expected = ours(*workload.arguments())
        with jax.enable_x64(True):
            found = theirs(*workload.device_arguments())
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-11)


@pytest.mark.parametrize("calls", LIBRARY, ids=lambda c: c.title)
def test_library_calls_are_the_same_program(calls: Calls) -> None:
    scope: dict[str, dict[str, Any]] = {"numpy": {}, "jax.numpy": {}}
    for module, names in scope.items():
        exec(calls.source(module, True), names)
    x, y, v = (np.arange(float(m)) for m in (20, 30, 4))
    arguments = x.reshape(4, 5), y.reshape(5, 6), v
    found = [names["program"](*arguments) for names in scope.values()]
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6)
