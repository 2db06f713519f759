"""How two programs are compared: turn by turn, by ratio, with an interval.

The machine that measures is shared and its clock drifts, so absolute times say little. Every round
times both sides, in alternating order; a round gives one ratio. Reported are the medians and the
interval that holds the median of the ratios with 95 % confidence, read off the sorted ratios
(distribution-free: for 20 ratios it runs from the 6th to the 15th).
"""

from __future__ import annotations

import datetime
import gc
import importlib.metadata
import math
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 20
Timed = Callable[[], float]


@dataclass(frozen=True)
class Comparison:
    """Median seconds of either side, and the ratio ours / theirs with its 95 % interval."""

    name: str
    ours: float
    theirs: float
    ratio: float
    low: float
    high: float

    def met(self, limit: float) -> bool:
        """Whether the median of the ratios is at most `limit`."""
        return self.ratio <= limit

    def parity(self, limit: float) -> bool:
        """Whether the interval is not wholly above `limit`."""
        return self.low <= limit


@dataclass(frozen=True)
class Table:
    """One table of the report; `note` says what was measured and what is asked for."""

    title: str
    note: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """As a section of a page."""
        lines = [f"## {self.title}", "", self.note, "", _row(self.columns)]
        lines.append(_row(["---"] + ["---:"] * (len(self.columns) - 1)))
        lines += [_row(row) for row in self.rows]
        return "\n".join(lines)

    def text(self) -> str:
        """For a terminal."""
        cells = [list(self.columns), *[list(row) for row in self.rows]]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        lines = [self.title]
        for row in cells:
            first, *rest = [c.rjust(w) for c, w in zip(row, widths, strict=True)]
            lines.append("  " + "  ".join([first.strip().ljust(widths[0]), *rest]))
        return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def median_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Order statistics that enclose the median with at least `confidence` (all of few values)."""
    n, values = len(values), sorted(values)
    outside, skip = 0.0, 0
    for k in range(n // 2):
        outside += 2 * math.comb(n, k) / 2**n
        if outside > 1 - confidence:
            break
        skip = k + 1
    # `skip` values may be left out at either end; none of too few
    return values[max(skip - 1, 0)], values[n - max(skip, 1)]


def compare(name: str, ours: Timed, theirs: Timed, rounds: int = ROUNDS) -> Comparison:
    """Alternates the two timers, whose order changes every round."""
    a, b = [], []
    for i in range(rounds):
        gc.collect()
        if i % 2:
            a.append(ours())
            b.append(theirs())
        else:
            b.append(theirs())
            a.append(ours())
    ratios = [x / y for x, y in zip(a, b, strict=True)]
    low, high = median_interval(ratios)
    return Comparison(
        name,
        statistics.median(a),
        statistics.median(b),
        statistics.median(ratios),
        low,
        high,
    )


def repeated(
    call: Callable[[], object],
    context: Callable[[], AbstractContextManager[object]] = nullcontext,
    seconds: float = 0.02,
) -> Timed:
    """A timer of one call in `context`, averaged over as many calls as take `seconds`."""
    with context():
        call()
        start = time.perf_counter()
        call()
        once = time.perf_counter() - start
    count = max(1, int(seconds / max(once, 1e-9)))

    def timed() -> float:
        with context():
            start = time.perf_counter()
            for _ in range(count):
                call()
            return (time.perf_counter() - start) / count

    return timed


def duration(seconds: float) -> str:
    """With a unit that leaves one to three digits before the point."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def comparison_table(
    title: str,
    note: str,
    limit: float,
    rows: Iterable[Comparison],
    verdict: Callable[[Comparison, float], bool] = Comparison.met,
) -> Table:
    """Comparisons under one limit: name, both times, ratio, interval, verdict."""
    columns = ("program", "anvil", "jax", "ratio", "95 % interval", f"within {limit:g}")
    cells = [
        [
            c.name,
            duration(c.ours),
            duration(c.theirs),
            f"{c.ratio:.2f}",
            f"{c.low:.2f} to {c.high:.2f}",
            "yes" if verdict(c, limit) else "no",
        ]
        for c in rows
    ]
    return Table(title, note, columns, cells)


def setting() -> str:
    """Versions, machine and date: what the numbers belong to."""
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("jax", "jaxlib", "numpy")
    )
    day = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    return f"{day}; Python {platform.python_version()}, {versions}; {_processor()}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
