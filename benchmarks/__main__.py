"""Every benchmark: `make bench` prints the tables and writes docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from benchmarks import checks, frontend, library, runtime
from benchmarks.harness import ROUNDS, Table, setting

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PARTS: dict[str, Callable[[], list[Table]]] = {
    "before XLA": frontend.run,
    "library calls": library.run,
    "run time": lambda: [runtime.run_time()],
    "checks": lambda: [checks.cost()],
    "calls": lambda: [runtime.calls()],
    "loops": lambda: [runtime.loop_compile_time()],
    "import": lambda: [runtime.import_time()],
}


def page(tables: list[Table]) -> str:
    """docs/benchmarks.md."""
    head = (
        "# Benchmarks\n\nWritten by `make bench`; do not edit. "
        f"Measured on {setting()}.\n\n"
        "anvil and jax take turns; a ratio is anvil's time over jax's in the same round, and the "
        f"interval holds the median of {ROUNDS} ratios with 95 % confidence. jax runs with x64 on: "
        "both sides compute in float64. Compare ratios, not times.\n"
    )
    return "\n".join([head, *(f"{table.markdown()}\n" for table in tables)])


def main() -> None:
    """Measure, print, write."""
    tables: list[Table] = []
    bar = tqdm(PARTS.items())
    for name, measure in bar:
        bar.set_description(name)
        tables += measure()
    print(setting(), end="\n\n")
    for table in tables:
        print(table.text(), end="\n\n")
    PAGE.write_text(page(tables), encoding="utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
