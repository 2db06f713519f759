"""Inlining of calls: the optimiser sees no further than one function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from anvil.ir.analysis import call_order, call_sites, callees, size, walk
from anvil.ir.builder import Env
from anvil.ir.records import Atom, Func, Op, Program, Region, Value
from anvil.opt.passes import ALL, register, with_funcs
from anvil.opt.replay import substitute

SMALL = 64
"""Functions of up to this many ops are inlined at every call."""
LIMIT = 4000
"""A function is not grown beyond this many ops by inlining what has several callers."""


@register("inline", stages=ALL)
def inline(program: Program) -> Program:
    """Replaces calls of small functions, and of functions with one call, by their bodies.

    Works from callees to callers. A function with one call moves there and is gone; others are
    copied, and `dce` removes those that nobody refers to any more.
    """
    sites = call_sites(program)
    done: dict[str, Func] = {}
    gone: set[str] = set()
    for name in call_order(program):
        func = program.funcs[name]
        chosen = _chosen(func, sites, done)
        done[name] = _Inliner(chosen, sites).func(func) if chosen else func
        gone.update(callee for callee in chosen if sites[callee] == 1)
    return with_funcs(program, (done[name] for name in program.funcs if name not in gone))


def _chosen(func: Func, sites: Mapping[str, int], done: dict[str, Func]) -> dict[str, Func]:
    """Callees to inline into `func`: single-call ones always, small ones while it stays small."""
    chosen: dict[str, Func] = {}
    if not callees(func):
        return chosen
    total = size(func)
    for op in walk(func):
        if op.kind.name != "call":
            continue
        callee = done[op.attrs["callee"].name]
        cost = size(callee)
        if sites[callee.name] == 1 or (cost <= SMALL and total + cost <= LIMIT):
            chosen[callee.name] = callee
            total += cost
    return chosen


def with_bodies(region: Region, chosen: dict[str, Func]) -> Region:
    """A region with the bodies of these functions in place of their calls."""
    return _Inliner(chosen, dict.fromkeys(chosen, 2)).region(region, {}, False)


class _Inliner:
    """Rebuilds a function with the bodies of chosen callees in place of calls.

    Bodies are substituted as they are: the passes that follow simplify across the old boundary.
    """

    def __init__(self, chosen: dict[str, Func], sites: Mapping[str, int]) -> None:
        self.chosen, self.sites = chosen, sites

    def func(self, func: Func) -> Func:
        """The function without the chosen calls."""
        return replace(func, body=self.region(func.body, {}, False))

    def region(self, region: Region, env: Env, copied: bool) -> Region:
        """The region under `env`, which it extends; with results of its own if `copied`."""
        params = region.params
        if copied:
            params = tuple(Value(p.type, p.hint) for p in params)
            env.update(zip(region.params, params, strict=True))
        ops: list[Op] = []
        self.ops(region, env, copied, ops)
        end = region.ops[-1]
        ops.append(replace(end, args=substitute(end.args, env)))
        return Region(region.label, params, tuple(ops))

    def ops(self, region: Region, env: Env, copied: bool, into: list[Op]) -> None:
        """Adds the ops of a region, its terminator apart, to a list."""
        for op in region.ops[:-1]:
            callee = self.chosen.get(op.attrs["callee"].name) if op.kind.name == "call" else None
            args = substitute(op.args, env)
            if callee is None:
                into.append(self.op(op, args, env, copied))
                continue
            inner: Env = dict(zip(callee.params, args, strict=True))
            self.ops(callee.body, inner, copied or self.sites[callee.name] > 1, into)
            env.update(zip(op.outs, substitute(callee.body.results, inner), strict=True))

    def op(self, op: Op, args: tuple[Atom, ...], env: Env, copied: bool) -> Op:
        """One op that stays; the same object if nothing about it changes."""
        outs, regions = op.outs, op.regions
        if copied:
            outs = tuple(Value(v.type, v.hint) for v in outs)
            env.update(zip(op.outs, outs, strict=True))
        if regions:
            regions = tuple(self.region(r, env, copied) for r in regions)
        elif args is op.args and outs is op.outs:
            return op
        return Op(op.kind, args, outs, op.attrs, regions, op.loc)
