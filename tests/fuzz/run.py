"""A range of seeds: every program on the evaluator, a part of them in one XLA module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.fuzz.generate import Program, generate
from tests.fuzz.oracle import Verdict, batch, examine, forget, function_of, outcome, quiet
from tests.fuzz.reduce import reduced

DERIVATIVES, SECOND, OPTIMISED, ON_XLA = 6, 24, 4, 9  # one in so many


@dataclass(frozen=True)
class Found:
    """A program, what became of it, and what was tried."""

    program: Program
    verdict: Verdict
    raises: bool
    derivatives: bool = False
    second: bool = False
    xla: bool = False


def examined(program: Program) -> Found:
    """The program on the evaluator; which of the other tests it gets depends on its seed."""
    seed = program.seed
    derivatives, second = seed % DERIVATIVES == 0, seed % SECOND == 0
    verdict = examine(program, derivatives, second, seed % OPTIMISED == 1)
    raises = False if verdict.kind == "late" else fails(program)
    return Found(program, verdict, raises, derivatives, second)


def fails(program: Program) -> bool:
    """Whether CPython raises."""
    function = function_of(program.source)
    with quiet():
        raised = isinstance(outcome(function, program.cases[0]), Exception)
    forget(function)
    return raised


def chunk(seeds: Sequence[int]) -> tuple[list[Found], int]:
    """What became of the programs of these seeds, and how many of them XLA ran too."""
    found = [examined(generate(seed)) for seed in seeds]
    chosen = [f for f in found if f.program.seed % ON_XLA == 2 and f.verdict.kind == "ok"]
    together = [f.program for f in chosen if not f.raises]
    alone = [f.program for f in chosen if f.raises][:1]
    pairs = [*batch(together), *(pair for p in alone for pair in batch([p]))]
    failed = {p.seed: v for p, v in pairs if v.failed}
    found = [
        replace(f, verdict=failed[f.program.seed], xla=True) if f.program.seed in failed else f
        for f in found
    ]
    return found, len(pairs)


def smallest(found: Found) -> Program:
    """The failing program, reduced while it fails in the same way."""

    def fails(program: Program) -> bool:
        if found.xla:
            return batch([program])[0][1].label == found.verdict.label
        options = (found.derivatives, found.second, found.program.seed % OPTIMISED == 1)
        return examine(program, *options, patience=2).label == found.verdict.label

    return reduced(found.program, fails, 100 if found.xla else 800)
