"""Inlining of calls: the optimiser sees no further than one function."""

from __future__ import annotations

from collections.abc import Mapping

from anvil.ir.analysis import call_order, call_sites, size, walk
from anvil.ir.builder import Env
from anvil.ir.records import Atom, Func, Op, Program, Value
from anvil.opt.passes import ALL, register, with_funcs
from anvil.opt.replay import Replay

SMALL = 64
"""Functions of up to this many ops are inlined at every call."""
LIMIT = 4000
"""A function is not grown beyond this many ops by inlining what has several callers."""


@register("inline", stages=ALL)
def inline(program: Program) -> Program:
    """Replaces calls of small functions, and of functions with one call, by their bodies.

    Works from callees to callers. Functions that transforms refer to stay as they are, and remain
    for them; `dce` removes those that nobody calls any more.
    """
    sites = call_sites(program)
    done: dict[str, Func] = {}
    for name in call_order(program):
        func = program.funcs[name]
        chosen = _chosen(func, sites, done)
        done[name] = _Inliner(func, chosen).rebuild() if chosen else func
    return with_funcs(program, (done[name] for name in program.funcs))


def _chosen(func: Func, sites: Mapping[str, int], done: dict[str, Func]) -> dict[str, Func]:
    """Callees to inline into `func`: single-call ones always, small ones while it stays small."""
    chosen: dict[str, Func] = {}
    total = size(func)
    for op in walk(func):
        if op.kind.name != "call":
            continue
        callee = done[op.attrs["callee"].name]
        cost = size(callee)
        single = sites[callee.name] == 1
        if single or (cost <= SMALL and total + cost <= LIMIT):
            chosen[callee.name] = callee
            total += cost
    return chosen


class _Inliner(Replay):
    """Replays a function, emitting the bodies of chosen callees in place of calls."""

    def __init__(self, func: Func, chosen: dict[str, Func]) -> None:
        super().__init__(func)
        self.chosen = chosen

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """A chosen call becomes the callee's body."""
        callee = self.chosen.get(op.attrs["callee"].name) if op.kind.name == "call" else None
        if callee is None:
            return super().copy(op, env)
        args = tuple(env.get(a, a) if type(a) is Value else a for a in op.args)
        outs = self.inline(callee.body, args)
        env.update(zip(op.outs, outs, strict=True))
        return outs
