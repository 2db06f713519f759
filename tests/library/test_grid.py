"""Derivatives of every differentiable function that the library declares, on a grid of points."""

from __future__ import annotations

import numpy as np
import pytest

from tests.library.grid import ITERATED, SPECIAL, Sampled, check, compiled, grid, points

for _name in ("special", "linalg", "signal", "ndimage", "integrate"):
    pytest.importorskip(f"scipy.{_name}")

GRID = list(grid())


def left_out(case: Sampled) -> tuple[str, ...]:
    """Points where many functions go through the same lines, or for which others are tested."""
    if "axis=" in case.body:
        return ("equal", "zeros", "empty", "of size one", "single", "complex")
    if case.name.startswith("numpy.ndarray"):
        return ("equal", "ties", "empty", "an empty axis", "of size one", "complex")
    if case.name.endswith(ITERATED):
        return ("empty", "an empty axis", "of size one", "no axes", "single", *SPECIAL["x"])
    if case.name.startswith("scipy.special"):
        return ("empty", "an empty axis", "of size one", "single")
    return ()


pytestmark = pytest.mark.filterwarnings("ignore::anvil.AnvilWarning")


def test_every_differentiable_function_has_samples() -> None:
    """A function that is declared is tested: its arguments are derived, or declared with it."""
    assert [case.name for case in GRID if not case.body] == []


@pytest.mark.parametrize("case", [c for c in GRID if c.body], ids=str)
def test_derivatives(case: Sampled) -> None:
    """At every point of the grid."""
    fn, leaves = compiled(case)
    failures = []
    for kind, args in points(leaves):
        if kind in left_out(case):
            continue
        try:
            with np.errstate(all="ignore"):
                check(case, kind, fn, args)
        except Exception as e:
            failures.append(f"{kind}: {type(e).__name__}: {e}")
    assert not failures, "\n".join(failures)
