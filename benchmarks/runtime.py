"""Run time, calls, compile time of loops, import time: `python -m benchmarks.runtime`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, cast

import jax
import numpy as np

import anvil
from benchmarks.harness import Comparison, Table, compare, comparison_table, duration, repeated
from benchmarks.workloads import RUN, Workload, fresh, workshop

RUN_LIMIT, CALL_LIMIT, IMPORT_LIMIT = 1.05, 1.5, 0.100
TRIPS = (10, 1_000, 100_000)
LOOPS = {
    "for": """
def loop(x):
    for _ in range({n}):
        x = 3.0 * x * (1.0 - x)
    return x
""",
    "while": """
def loop(x):
    i = 0
    while i < {n}:
        x = 3.0 * x * (1.0 - x)
        i += 1
    return x
""",
}


def waited(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Callable[[], Any]:
    """A call that ends when the result is there."""
    return lambda: jax.block_until_ready(function(*arguments))


def run_time() -> Table:
    """The workloads, compiled, on jax arrays."""
    with workshop() as folder:
        rows = [_compare_run(workload, folder) for workload in RUN]
    note = (
        "Compiled programs on float64 jax arrays, waiting for the results. Asked for: no interval "
        f"wholly above {RUN_LIMIT:g}."
    )
    return comparison_table("Run time", note, RUN_LIMIT, rows, Comparison.parity)


def _compare_run(workload: Workload, folder: Path) -> Comparison:
    arguments = workload.device_arguments()
    ours = waited(workload.ours(folder), arguments)
    theirs = waited(jax.jit(workload.theirs(folder)), arguments)
    with jax.enable_x64(True):
        expected = theirs()
    for a, b in zip(jax.tree.leaves(ours()), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-12, err_msg=workload.title)
    return compare(workload.title, repeated(ours), repeated(theirs, x64))


def x64() -> AbstractContextManager[object]:
    """What jax needs to compute in float64; anvil does so in a default process."""
    return cast("AbstractContextManager[object]", jax.enable_x64(True))


def doubled(x: Any) -> Any:
    """A scalar or array, doubled."""
    return x + x


def doubled_all(tree: dict[str, Any]) -> dict[str, Any]:
    """Every array of a dict, doubled."""
    return {name: x + x for name, x in tree.items()}


def calls() -> Table:
    """What a call costs when everything is compiled."""
    rng = np.random.default_rng(0)
    signatures = {
        "scalar": (doubled, np.float64(1.5)),
        "3-vector": (doubled, rng.normal(size=3)),
        "dict of 50 arrays": (
            doubled_all,
            {f"w{i}": rng.normal(size=(4, 4)) for i in range(50)},
        ),
    }
    rows = []
    for name, (function, value) in signatures.items():
        with x64():
            argument = jax.tree.map(jax.numpy.asarray, value)
        ours = partial(anvil.jit(function), argument)
        theirs = partial(jax.jit(function), argument)
        rows.append(compare(name, repeated(ours), repeated(theirs, x64)))
    note = (
        "Calls of an already compiled function on jax arrays, through the public surface, without "
        f"waiting. Asked for: at most {CALL_LIMIT:g}."
    )
    return comparison_table("A call", note, CALL_LIMIT, rows)


def loop_compile_time(rounds: int = 5) -> Table:
    """Compiling value and gradient of loops of different trip counts, XLA included."""
    rows = []
    with workshop() as folder:
        for kind, source in LOOPS.items():
            times: dict[int, list[float]] = {n: [] for n in TRIPS}
            for _ in range(rounds):
                for n in TRIPS:
                    path = folder / f"{kind}_{n}.py"
                    path.write_text(source.format(n=n), encoding="utf-8")
                    times[n].append(_compile_seconds(path))
            medians = [statistics.median(times[n]) for n in TRIPS]
            rows.append(
                [kind, *map(duration, medians), f"{medians[-1] / medians[0]:.2f}"],
            )
    columns = ("loop", *(f"{n:,} steps" for n in TRIPS), "longest / shortest")
    note = (
        "Seconds to compile `anvil.value_and_grad` of a loop, XLA included, by trip count. Asked "
        "for: no dependence."
    )
    return Table("Compiling loops", note, columns, rows)


def _compile_seconds(path: Path) -> float:
    function = anvil.value_and_grad(fresh(path).loop)
    with x64():
        x = jax.numpy.asarray(0.3)
        start = time.perf_counter()
        jax.jit(function).lower(x).compile()
        return time.perf_counter() - start


_IMPORT = """
import sys, time
start = time.perf_counter()
import {name}
print(time.perf_counter() - start, "jax" in sys.modules)
"""


def import_seconds(name: str, rounds: int = 15) -> tuple[float, bool]:
    """Median seconds of `import name` in a new process, and whether that imported jax."""
    times, with_jax = [], False
    for _ in range(rounds):
        command = [sys.executable, "-c", _IMPORT.format(name=name)]
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        seconds, loaded = answer.split()
        times.append(float(seconds))
        with_jax = with_jax or loaded == "True"
    return statistics.median(times), with_jax


def import_time() -> Table:
    """New processes that import anvil, and NumPy alone for comparison."""
    seconds, with_jax = import_seconds("anvil")
    alone, _ = import_seconds("numpy")
    met = seconds <= IMPORT_LIMIT and not with_jax
    rows = [
        ["anvil", duration(seconds), "yes" if with_jax else "no", "yes" if met else "no"],
        ["numpy alone", duration(alone), "no", ""],
    ]
    note = f"In a new process. Asked for: at most {duration(IMPORT_LIMIT)}, without jax."
    return Table("Import", note, ("import", "median", "imports jax", "within"), rows)


def run() -> list[Table]:
    """The tables of this file."""
    return [run_time(), calls(), loop_compile_time(), import_time()]


if __name__ == "__main__":
    for table in run():
        print(table.text(), end="\n\n")
