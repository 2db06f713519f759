"""The kinds of random programs, and what becomes of one."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from tests.fuzz import oracle
from tests.fuzz.generate import Program
from tests.fuzz.kinds import classes, effects, recursion, tables, views, wrong
from tests.fuzz.oracle import PATIENCE, Verdict

KINDS: dict[str, ModuleType] = {
    "views": views,
    "effects": effects,
    "wrong": wrong,
    "classes": classes,
    "tables": tables,
    "recursion": recursion,
}


def examine(kind: str, program: Program, patience: int = PATIENCE) -> Verdict:
    """The verdict on a program of this kind, by its own comparison if it has one."""
    own = getattr(KINDS[kind], "examine", None)
    if own is not None:
        found: Verdict = own(program, patience)
        return found
    seed = program.seed
    return oracle.examine(program, seed % 4 == 0, seed % 12 == 0, seed % 3 == 1, patience)


def failing(kind: str, verdict: Verdict) -> Callable[[Program], bool]:
    """Whether a program fails in this way."""
    return lambda program: examine(kind, program, 5).label == verdict.label
