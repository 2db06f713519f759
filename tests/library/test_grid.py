"""Derivatives of every differentiable function that the library declares, on a grid of points."""

from __future__ import annotations

import numpy as np
import pytest

import anvil
from tests.library.grid import (
    ITERATED,
    LAYOUTS,
    SPECIAL,
    Sampled,
    check,
    compiled,
    grid,
    points,
)

for _name in (
    "special",
    "linalg",
    "signal",
    "ndimage",
    "integrate",
    "interpolate",
    "spatial",
    "stats",
):
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


def mixture(a, b):
    """Functions that go along axes, reduce, sort, contract and transform."""
    rows = np.sum(np.cumsum(a, axis=0) * b) + np.sum(np.sort(a, axis=-1)[..., ::2])
    pairs = np.linalg.norm(a @ b.T) + np.einsum("ij,kj->", a, b) + np.sum(np.kron(a, b[::-1]) ** 2)
    return rows + pairs + np.sum(np.abs(np.fft.fft(a))) + np.max(b, axis=0) @ np.exp(b.mean(axis=0))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout: str) -> None:
    """Arguments of other strides, negative ones too, on XLA."""
    rng = np.random.default_rng(0)
    plain = [rng.normal(size=(3, 4)) for _ in range(2)]
    strided = [LAYOUTS[layout](x) for x in plain]
    assert all(x.strides != y.strides for x, y in zip(plain, strided, strict=True))
    slopes = anvil.value_and_grad(mixture, argnums=(0, 1))
    value, bars = slopes(*plain)
    np.testing.assert_allclose(value, mixture(*plain), rtol=1e-13)
    again, turned = slopes(*strided)
    assert again == value
    for x, y in zip(bars, turned, strict=True):
        np.testing.assert_array_equal(x, y)
