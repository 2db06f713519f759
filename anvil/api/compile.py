"""From a parsed program to an executable: passes, lowering, and what the user may look at on the
way.

    surface --simplify, expand--> core --derive-steps--> adjoint --plan-loops--> planned -->
    StableHLO

`anvil.ad` hands its passes to the pipeline here, and the pipeline hands `expand` a simplifier, so
that a function is simplified before it is differentiated (the packages do not know each other).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from anvil import ad
from anvil.errors import error, warn
from anvil.ir.builder import Builder
from anvil.ir.deep import deep_stack
from anvil.ir.loc import primary
from anvil.ir.records import FuncRef, Program
from anvil.ir.types import ArrayType
from anvil.opt.passes import Transform
from anvil.opt.pipeline import PIPELINES, Report, run

if TYPE_CHECKING:
    from anvil.lower.module import Module

_DEPTH = 1024
"""The depth of stacks after the first overflow."""

_ROOM = 2**24
"""The greatest length of a list in a loop that the data decide how often runs."""

BEFORE_AD = ("simplify", "dce")
"""Passes that a function goes through before it is transformed."""

STAGES = ("parse", "core", "adjoint", "opt", "jvp", "vjp")
"""Stages of a program that `ir` shows; `jvp` and `vjp` are its derivatives, optimised."""


@deep_stack()
def optimise(
    program: Program,
    pipeline: str | Sequence[str] = "O2",
    *,
    skip: Sequence[str] = (),
    stop_after: str = "",
    report: Report | None = None,
    warnings: bool = False,
    check: int | None = None,
) -> Program:
    """Runs a pipeline, with the passes of `anvil.ad` in their places; options as for `run`.

    Raises AnvilError where a derivative cannot be formed; warns of gradients that are cut off.
    """

    def simplify(p: Program) -> Program:
        return p if pipeline == "O0" else run(p, BEFORE_AD)

    def expand(p: Program) -> Program:
        return ad.expand(p, simplify, warn=_warn_cut if warnings else None)

    given: dict[str, Transform] = {"expand": expand, "derive-steps": ad.derive_steps}
    return run(
        program,
        pipeline,
        given=given,
        skip=skip,
        stop_after=stop_after,
        report=report,
        check=check,
    )


def deeper(depth: int) -> int | None:
    """A larger depth for the stacks of recursive functions; None beyond Python's own limit."""
    limit = sys.getrecursionlimit()
    return None if depth >= limit else min(limit, max(2 * depth, _DEPTH))


def roomier(capacity: int) -> int | None:
    """More room for lists that nothing bounds; None beyond what can be meant."""
    return None if capacity >= _ROOM else min(_ROOM, 8 * capacity)


def _warn_cut(cut: ad.Cut) -> None:
    name = cut.hint or f"parameter {cut.param}"
    kind, loc = cut.ops[0]
    warn(
        "zero-gradient",
        f"the gradient with respect to {name} is identically zero: every path is cut,"
        f" first by {kind} at line {primary(loc).line}",
        loc,
    )


def stage_of(program: Program, stage: str) -> Program:
    """The program at one of STAGES. Raises AnvilError for another name."""
    if stage == "parse":
        return program
    if stage in ("jvp", "vjp"):
        return optimise(derivative(program, stage))
    if stage == "core":
        return optimise(program, stop_after="expand")
    if stage == "adjoint":
        whole = PIPELINES["O2"]
        return optimise(program, whole[: whole.index("plan-loops")])
    if stage != "opt":
        known = ", ".join((*STAGES, "stablehlo", "hlo", "numpy"))
        raise error("bad-option", f"no stage is called {stage!r}; there are {known}")
    return optimise(program)


def derivative(program: Program, mode: str, wrt: Sequence[int] | None = None) -> Program:
    """A program that calls the entry's forward ("jvp") or reverse ("vjp") derivative.

    With respect to its parameters `wrt` (all float ones) and all float results:
    (x..., dx...) -> (y..., dy...), or (x..., ybar...) -> (y..., xbar...).
    """
    main = program.main
    wrt = _inexact([p.type for p in main.params]) if wrt is None else tuple(wrt)
    outs = _inexact(main.results)
    params, results = [p.type for p in main.params], list(main.results)
    extra = [params[i] for i in wrt] if mode == "jvp" else [results[i] for i in outs]
    more = [results[i] for i in outs] if mode == "jvp" else [params[i] for i in wrt]
    prefix = "d" if mode == "jvp" else "bar"
    hints = [p.hint for p in main.params]
    named = [hints[i] for i in wrt] if mode == "jvp" else [""] * len(outs)
    b = Builder([*params, *extra], [*hints, *(f"{prefix}_{h}" if h else "" for h in named)])
    b.loc = main.origin.loc
    attrs: dict[str, Any] = {"callee": FuncRef(main.name), "wrt": wrt, "outs": outs}
    made = b.emit_tuple(f"{mode}_call", b.params, attrs, out_types=[*results, *more])
    name = f"{main.name}.{mode}_of"
    func = b.finish(name, made)
    return Program({**program.funcs, name: func}, name, "surface")


def _inexact(types: Sequence[Any]) -> tuple[int, ...]:
    return tuple(i for i, t in enumerate(types) if isinstance(t, ArrayType) and t.dtype.inexact)


@deep_stack()
def lower(program: Program, rules: Any = None, record: Callable[..., None] | None = None) -> Module:
    """The module of a planned program; `record` is told the values of a check that fails."""
    from anvil.lower.emit import to_module

    return to_module(program, rules, record)
