"""What happens before XLA: `python -m benchmarks.frontend`.

Both sides go through `jax.jit(g).lower(arguments)`, which ends with the module that XLA is given:
for jax `g` is `jax.grad(f)`; for anvil it is `anvil.grad(f)`, so the time covers reading the
source, differentiating, optimising, writing StableHLO and merging it into jax's module. Every time
the programs are new copies in new files, and jax's caches are empty.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import jax

from benchmarks.harness import Comparison, Table, Timed, compare, comparison_table
from benchmarks.workloads import COMPILED, Function, Workload, workshop

LIMIT = 1.0


def lowering(function: Function, arguments: tuple[Any, ...]) -> float:
    """Seconds of jax.jit(function).lower(arguments)."""
    start = time.perf_counter()
    jax.jit(function).lower(*arguments)
    return time.perf_counter() - start


def timers(workload: Workload, folder: Path) -> tuple[Timed, Timed]:
    """The two timers of one program."""
    arguments = workload.device_arguments()

    def ours() -> float:
        function = workload.ours(folder)
        jax.clear_caches()
        with jax.enable_x64(True):
            return lowering(function, arguments)

    def theirs() -> float:
        function = workload.theirs(folder)
        jax.clear_caches()
        with jax.enable_x64(True):
            return lowering(function, arguments)

    return ours, theirs


def measure() -> list[Comparison]:
    """Every compiled workload."""
    found = []
    with workshop() as folder:
        for workload in COMPILED:
            ours, theirs = timers(workload, folder)
            ours(), theirs()  # modules load on first use
            found.append(compare(workload.title, ours, theirs))
    return found


def run() -> list[Table]:
    """The tables of this file."""
    note = (
        "From the call to the module that XLA is given: for anvil reading the source, "
        "differentiating, optimising and writing StableHLO; for jax tracing and lowering. "
        f"Asked for: at most {LIMIT:g}."
    )
    return [comparison_table("Before XLA", note, LIMIT, measure())]


if __name__ == "__main__":
    for table in run():
        print(table.text())
