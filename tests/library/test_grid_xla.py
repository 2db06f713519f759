"""Differentiable functions of the library on XLA: the numbers are the evaluator's. Many functions
share a program, which XLA compiles at once; NumPy's come with their reverse derivatives. Special
functions, whose loops take XLA long, have programs of their own in test_scipy_special.py and
test_scipy_functions.py.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.library.grid import Array, Sampled, compiled, direction, grid, host, points

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

SIZE = 40
"""Functions in a program."""

pytestmark = pytest.mark.filterwarnings("ignore::anvil.AnvilWarning")


def chosen() -> Iterator[list[Sampled]]:
    """The bodies of every function."""
    found: dict[str, list[Sampled]] = {}
    for case in grid():
        if case.body and not case.name.startswith("scipy.special"):
            found.setdefault(case.name, []).append(case)
    return iter(found.values())


CASES = list(chosen())
CHUNKS = [CASES[i : i + SIZE] for i in range(0, len(CASES), SIZE)]
Part = tuple[Callable[..., Any], list[Array], Any]


def part(cases: list[Sampled]) -> Part | None:
    """A function, its arguments and a cotangent of its result, of the first body that NumPy takes;
    None without floats.
    """
    for case in cases:
        fn, needed = compiled(case)
        args = next(args for kind, args in points(needed) if kind == "plain")
        try:
            value = host(fn, args)
        except (TypeError, ValueError):
            continue
        return (fn, args, direction(value, 2)) if args else None
    return None


def together(parts: list[tuple[Sampled, Part]]) -> Callable[..., Any]:
    """All of them, in one function of tuples of arguments."""
    functions = [(fn, w, case.name.startswith("numpy")) for case, (fn, _, w) in parts]

    def run(*given: Any) -> Any:
        found = []
        for (fn, w, derived), args in zip(functions, given, strict=True):
            if derived:
                value, pullback = anvil.vjp(fn, *args)
                found.append((value, pullback(w)))
            else:
                found.append((fn(*args), None))
        return found

    return run


def leaves(tree: Any) -> Iterator[Array]:
    """Arrays in lists and tuples."""
    if isinstance(tree, list | tuple):
        for item in tree:
            yield from leaves(item)
    elif tree is not None:
        yield np.asarray(tree)


@pytest.mark.parametrize("chunk", CHUNKS, ids=lambda c: f"{c[0][0].name} to {c[-1][0].name}")
def test_xla(chunk: list[list[Sampled]]) -> None:
    """Values and cotangents, function by function."""
    parts = [(cases[0], p) for cases in chunk if (p := part(cases)) is not None]
    f = together(parts)
    args = tuple(tuple(p[1]) for _, p in parts)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got, want = anvil.jit(f)(*args), call_reference(anvil.jit(f), args, {})
    failures = []
    for (case, _), one, other in zip(parts, got, want, strict=True):
        for x, y in zip(leaves(one), leaves(other), strict=True):
            scale = float(np.max(np.abs(y), initial=0.0, where=np.isfinite(y)))
            close = np.allclose(x, y, rtol=1e-9, atol=1e-10 * scale + 1e-13, equal_nan=True)
            if x.dtype != y.dtype or not close:
                failures.append(f"{case}: {x} for {y}")
    assert not failures, "\n".join(failures)
