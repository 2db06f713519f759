"""What `checks=` costs: `python -m benchmarks.checks`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import anvil
from benchmarks import numpy_workloads as programs
from benchmarks.harness import Table, compare, duration, repeated

_RNG = np.random.default_rng(0)
CHECKED: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "indices from data, 1,000 steps": (
        programs.gathered,
        (_RNG.normal(size=500), _RNG.integers(0, 500, 1_000)),
    ),
    "the same, gradient": (
        anvil.grad(programs.gathered),
        (_RNG.normal(size=500), _RNG.integers(0, 500, 1_000)),
    ),
    "Python ints that may overflow": (programs.collatz, (837_799,)),
    "Python divisions, 1,000 steps": (programs.harmonic, (0.5, 1_000)),
}


def cost() -> Table:
    """Programs with checks in their loops, compiled with them and without."""
    rows = []
    for name, (function, arguments) in CHECKED.items():
        with_checks = partial(anvil.jit(function), *arguments)
        without = partial(anvil.jit(function, checks=False), *arguments)
        np.testing.assert_allclose(with_checks(), without())
        found = compare(name, repeated(with_checks), repeated(without))
        interval = f"{found.low:.2f} to {found.high:.2f}"
        rows.append(
            [name, duration(found.ours), duration(found.theirs), f"{found.ratio:.2f}", interval]
        )
    columns = ("program", "checks", "checks=False", "ratio", "95 % interval")
    note = (
        "Compiled programs on NumPy arguments. A check is a comparison and a flag that ends the "
        "loop; those that bounds exclude are not made."
    )
    return Table("Checks", note, columns, rows)


if __name__ == "__main__":
    print(cost().text())
