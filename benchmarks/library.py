"""What calls of library functions add before XLA: `python -m benchmarks.library`.

A program is lowered with some calls of one function and without them (the arguments are summed
instead); the difference is what the calls add. For jax that is tracing and lowering jax.numpy's
versions, whose traces it keeps: its caches are empty each time, as in a process that starts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np

import anvil
from benchmarks.frontend import LIMIT, lowering
from benchmarks.harness import Comparison, Table, Timed, compare, comparison_table
from benchmarks.workloads import Function, fresh, workshop


@dataclass(frozen=True)
class Calls:
    """Calls of one function, as expressions in the matrices x (4, 5), y (5, 6) and the vector v."""

    title: str
    expressions: tuple[str, ...]

    def source(self, module: str, called: bool) -> str:
        """A module with the function `program`."""
        calls = [f"np.sum({e})" for e in self.expressions] if called else []
        total = " + ".join(["np.sum(x)", "np.sum(y)", "np.sum(v)", *calls])
        return f"import {module} as np\n\n\ndef program(x, y, v):\n    return {total}\n"


LIBRARY = (
    Calls("np.var", ("np.var(x)", "np.var(x, axis=0)", "np.var(v, ddof=1)")),
    Calls(
        "np.linalg.norm",
        ("np.linalg.norm(x)", "np.linalg.norm(x, axis=1)", "np.linalg.norm(v, 1)"),
    ),
    Calls(
        "np.einsum",
        (
            "np.einsum('ij,jk->ik', x, y)",
            "np.einsum('ij,kj,k->i', x, x, v)",
            "np.einsum('ii', x[:, :4])",
        ),
    ),
)


def _arguments() -> tuple[jax.Array, ...]:
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        return tuple(jax.numpy.asarray(rng.normal(size=s)) for s in ((4, 5), (5, 6), (4,)))


def added(calls: Calls, folder: Path, module: str, wrap: Callable[[Function], Function]) -> Timed:
    """A timer of what the calls add."""
    arguments = _arguments()

    def once(called: bool) -> float:
        path = folder / f"{module.replace('.', '_')}_library.py"
        path.write_text(calls.source(module, called), encoding="utf-8")
        function = wrap(fresh(path).program)
        jax.clear_caches()
        with jax.enable_x64(True):
            return lowering(function, arguments)

    return lambda: once(True) - once(False)


def measure() -> list[Comparison]:
    """Every function."""
    found = []
    with workshop() as folder:
        for calls in LIBRARY:
            ours = added(calls, folder, "numpy", anvil.jit)
            theirs = added(calls, folder, "jax.numpy", lambda f: f)
            ours(), theirs()  # what both import on first use
            found.append(compare(calls.title, ours, theirs))
    return found


def run() -> list[Table]:
    """The table of this file."""
    note = (
        "What three calls add before XLA: a program with them less the same program without them. "
        f"Asked for: at most {LIMIT:g}."
    )
    return [comparison_table("Library calls before XLA", note, LIMIT, measure())]


if __name__ == "__main__":
    for table in run():
        print(table.text())
