"""Pipelines as tables, and the runner: verification, timing, dumps, switches.

    run(program, "O2", given={"expand": expand, "derive-steps": derive_steps})
    run(program, ("cse", "dce"))            any passes that are legal in the program's stage

The environment: ANVIL_CHECK=1 verifies after every pass (always under pytest), 2 evaluates before
and after as well; ANVIL_DUMP=DIR writes the program after every pass; ANVIL_SKIP=cse,licm leaves
passes out; ANVIL_STOP_AFTER=dce ends early.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from anvil.errors import AnvilError
from anvil.ir.analysis import op_counts, size
from anvil.ir.printer import text
from anvil.ir.records import Program
from anvil.ir.verify import check_level, verify
from anvil.opt import (
    canonicalize,
    cse,
    dce,
    flatten_loops,
    fold,
    hoist_updates,
    inline,
    licm,
    mailbox,
    merge_branches,
    plan_loops,
    simplify,
    spectral_forms,
    stackify,
    unroll,
)
from anvil.opt.compare import compare
from anvil.opt.passes import PASSES, Pass, PassError, Transform, check_order, named, register

STANDARD = (canonicalize, cse, dce, fold, inline, licm, simplify, spectral_forms, unroll)
"""The modules whose import registers passes; those of loops and recursion are
registered here."""

register("stackify", stages=("surface",))(stackify.stackify)
register(
    "flatten-loops",
    stages=("core",),
    after={"inline": "calls hide loops"},
)(flatten_loops.flatten_loops)
register("plan-loops", stages=("adjoint",), result="planned")(plan_loops.plan_loops)
register(
    "merge-branches",
    stages=("planned",),
    needs={"plan-loops": "what is taped is computed in conditionals beside those of the step"},
)(merge_branches.merge_branches)
register(
    "hoist-updates",
    stages=("planned",),
    needs={
        "plan-loops": "branches write to tapes too",
        "merge-branches": "arrays are read before the updates that leave a conditional",
    },
)(hoist_updates.hoist_updates)
register(
    "mailbox",
    stages=("planned",),
    needs={
        "plan-loops": "the tapes that it makes are carried arrays too",
        "hoist-updates": "updates that leave conditionals are ordered after reads too",
        "simplify": "what is known of reads, and reads for nothing, need no order",
    },
)(mailbox.mailbox)

PIPELINES: Mapping[str, tuple[str, ...]] = {
    "O0": ("stackify", "spectral-forms", "expand", "derive-steps", "plan-loops", "dce"),
    "O1": (
        *("stackify", "spectral-forms", "simplify", "dce"),
        *("expand", "inline", "dce", "simplify", "dce"),
        *("flatten-loops", "derive-steps", "plan-loops", "merge-branches", "hoist-updates"),
        *("simplify", "dce", "mailbox", "simplify", "cse", "dce"),
    ),
    "O2": (
        *("stackify", "spectral-forms", "simplify", "dce", "unroll"),
        *("expand", "inline", "dce", "simplify", "cse", "licm", "dce"),
        *("flatten-loops", "derive-steps", "simplify", "cse", "licm", "dce"),
        *("plan-loops", "merge-branches", "hoist-updates", "simplify", "cse", "dce"),
        *("mailbox", "simplify", "cse", "licm", "dce"),
    ),
}
"""The pipelines, from a parsed program to one that the lowering accepts."""


@dataclass(frozen=True)
class Step:
    """What one pass did."""

    name: str
    seconds: float
    before: Counter[str]
    after: Counter[str]
    changed: bool

    @property
    def delta(self) -> dict[str, int]:
        """The change in the number of ops of each kind."""
        kinds = dict.fromkeys((*self.before, *self.after))
        return {k: d for k in kinds if (d := self.after[k] - self.before[k])}

    def __str__(self) -> str:
        change = ", ".join(f"{k} {d:+}" for k, d in self.delta.items()) if self.changed else "-"
        total = sum(self.after.values())
        return f"{self.name:<13} {self.seconds * 1e3:8.2f} ms  {total:5} ops  {change}"


@dataclass
class Report:
    """What a run did, pass by pass; `stages` keeps the program after each pass where asked for."""

    steps: list[Step] = field(default_factory=list)
    keep: bool = False
    stages: list[tuple[str, Program]] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(map(str, self.steps))


def run(
    program: Program,
    pipeline: str | Sequence[str] = "O2",
    *,
    given: Mapping[str, Transform] | None = None,
    skip: Sequence[str] = (),
    stop_after: str = "",
    report: Report | None = None,
    check: int | None = None,
    dump: str | Path | None = None,
) -> Program:
    """The program after the passes of `pipeline`; `given` has those declared without a function.

    Passes of the table whose stage the program is already past are left out. Raises PassError.
    """
    runner = _Runner(given or {}, check_level() if check is None else check, report)
    runner.dump = _directory(dump, program)
    skipped = {*skip, *filter(None, os.environ.get("ANVIL_SKIP", "").split(","))}
    stop = stop_after or os.environ.get("ANVIL_STOP_AFTER", "")
    for name in (*skipped, *filter(None, [stop])):
        named(name)
    for item in passes_of(pipeline, program.stage):
        if item.name in skipped:
            if item.required and not item.idle(program):
                raise PassError(f"{item.name} cannot be skipped: later passes need its stage")
            program = replace(program, stage=item.result) if item.required else program
        else:
            program = runner.step(item, program)
        if item.name == stop:
            break
    return program


def passes_of(pipeline: str | Sequence[str], stage: str) -> tuple[Pass, ...]:
    """The passes to run on a program of that stage."""
    if isinstance(pipeline, str):
        if pipeline not in PIPELINES:
            raise PassError(f"no pipeline is called {pipeline!r}; there are {', '.join(PIPELINES)}")
        names = _from_stage(PIPELINES[pipeline], stage)
    else:
        names = tuple(pipeline)
        check_order(names, "these passes", stage)
    return tuple(map(named, names))


def _from_stage(names: tuple[str, ...], stage: str) -> tuple[str, ...]:
    """The part of a whole pipeline that is left to do from `stage`."""
    results = [named(name).result for name in names]
    return names[results.index(stage) + 1 :] if stage in results else names


def _directory(dump: str | Path | None, program: Program) -> Path | None:
    chosen = dump or os.environ.get("ANVIL_DUMP")
    if not chosen:
        return None
    path = Path(chosen) / program.entry
    path.mkdir(parents=True, exist_ok=True)
    (path / "00-input.air").write_text(text(program, locs="comment"), encoding="utf-8")
    return path


class _Runner:
    """Runs passes one by one, with what was asked for around each."""

    def __init__(self, given: Mapping[str, Transform], check: int, report: Report | None) -> None:
        self.given, self.check, self.report = given, check, report
        self.dump: Path | None = None
        self.count = 0

    def step(self, item: Pass, program: Program) -> Program:
        """One pass."""
        transform = self.implementation(item, program)
        start = time.perf_counter()
        try:
            result = transform(program)
        except Exception as error:
            if not isinstance(error, AnvilError):
                error.add_note(f"in pass {item.name}")
            raise
        seconds = time.perf_counter() - start
        self.count += 1
        if self.report is not None:
            self.record(self.report, item, program, result, seconds)
        if self.dump is not None:
            path = self.dump / f"{self.count:02}-{item.name}.air"
            path.write_text(text(result, locs="comment"), encoding="utf-8")
        if self.check and result is not program:
            self.verify(item, program, result)
        return result

    def implementation(self, item: Pass, program: Program) -> Transform:
        """The function to run; one that was not handed in may only be missing if it is idle."""
        found = item.run or self.given.get(item.name)
        if found is not None:
            return found
        if item.idle(program):
            return lambda p: replace(p, stage=item.result)
        raise PassError(f"pass {item.name} was not given to the runner, and the program needs it")

    def record(
        self, report: Report, item: Pass, before: Program, after: Program, seconds: float
    ) -> None:
        """Adds a line to the report."""
        changed = after is not before
        old = op_counts(before)
        report.steps.append(
            Step(item.name, seconds, old, op_counts(after) if changed else old, changed)
        )
        if report.keep:
            report.stages.append((item.name, after))

    def verify(self, item: Pass, before: Program, after: Program) -> None:
        """Verifies a result; at level 2 also evaluates both on sampled inputs."""
        try:
            verify(after)
            if self.check >= 2:
                compare(before, after, self.expansion())
        except Exception as error:
            error.add_note(f"after pass {item.name} ({size(before)} -> {size(after)} ops)")
            raise

    def expansion(self) -> Transform | None:
        """What the evaluator needs for ops that the given passes remove."""
        names = [n for n, item in PASSES.items() if item.run is None]
        if not all(name in self.given for name in names):
            return None

        def expand(program: Program) -> Program:
            for name in names:
                if program.stage in named(name).stages:
                    program = self.given[name](program)
            return program

        return expand


for _name, _table in PIPELINES.items():
    check_order(_table, f"pipeline {_name}", end="planned")
