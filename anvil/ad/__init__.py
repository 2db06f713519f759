"""Derivatives: forward, reverse, custom rules, loops. Program -> Program; see each file's
equations.

    expand(program, optimise=None)    removes transform calls: "surface" -> "core"
    derive_steps(program)             writes the adjoint steps of reverse loops: "core" -> "adjoint"
    jvp_func, vjp_func                one derivative of one function, added to the program
    batch_func                        a function mapped over an axis of some of its parameters
"""

from __future__ import annotations

from collections.abc import Sequence

from anvil.ad import (  # noqa: F401  (they register rules)
    branches,
    calls,
    custom,
    host,
    loops,
    transpose,
    vmap_loops,
)
from anvil.ad.context import Cut, Session
from anvil.ad.expand import REVERSE, TRANSFORMS, expand, register
from anvil.ad.forward import jvp_of
from anvil.ad.lanes import VmapRefused
from anvil.ad.reverse import vjp_of
from anvil.ad.steps import derive_steps
from anvil.ad.vmap import batch_func
from anvil.ir.records import Program

__all__ = [
    "REVERSE",
    "TRANSFORMS",
    "Cut",
    "Session",
    "VmapRefused",
    "batch_func",
    "derive_steps",
    "expand",
    "jvp_func",
    "register",
    "vjp_func",
]


def jvp_func(
    program: Program, name: str, wrt: Sequence[int], *, strict: bool = False
) -> tuple[Program, str, tuple[int, ...]]:
    """`program` with `name.jvp`: (x..., dx of `wrt`) -> (y..., dy of some results); its name, and
    which results those are.
    """
    session = Session.of(program, strict)
    func, outs = jvp_of(session, name, tuple(wrt))
    return session.program(program.entry, program.stage), func.name, outs


def vjp_func(
    program: Program, name: str, wrt: Sequence[int], outs: Sequence[int], *, strict: bool = False
) -> tuple[Program, str]:
    """`program` with `name.vjp`: (x..., ybar of `outs`) -> (y..., xbar of `wrt`), and its name."""
    session = Session.of(program, strict)
    joint = vjp_of(session, name, tuple(wrt), tuple(outs))
    return session.program(program.entry, program.stage), joint.func.name
