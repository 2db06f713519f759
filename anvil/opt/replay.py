"""Passes that replay a function through the Builder, changing some ops on the way.

What does not change is kept, not copied: an op whose operands and regions are as they were stays
the same object with the same results. So an idle pass costs little and returns what it got.
"""

from __future__ import annotations

from dataclasses import replace
from operator import is_
from typing import Any

from anvil.ir.builder import Builder, Env, Frame
from anvil.ir.records import Atom, Func, Op, Region, Value


class Replay(Builder):
    """Emits a function again op by op: folded, numbered and simplified anew.

    Subclasses override `copy(op, env)`, which emits something for one op, maps the op's results in
    `env` where they changed, and returns what they became.
    """

    def __init__(self, func: Func) -> None:
        super().__init__()
        self.source = func
        self.params = func.params
        self.frames = [Frame(func.body.label, func.params)]

    def rebuild(self) -> Func:
        """The new function; the old one if nothing changed."""
        func = self.source
        body = self._finish_region(func.body, {})
        return func if body is func.body else replace(func, body=body)

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """Emits one op again."""
        regions = op.regions
        if regions:
            regions = self.same(regions, tuple(self.copy_region(r, env) for r in regions))
        return self.settle(op, substitute(op.args, env) if env else op.args, regions, env)

    def settle(
        self, op: Op, args: tuple[Atom, ...], regions: tuple[Region, ...], env: Env
    ) -> tuple[Atom, ...]:
        """Emits an op whose operands and regions have been seen to."""
        saved, self.loc = self.loc, op.loc
        if args is op.args and regions is op.regions:
            out = self._kept(op)
        else:
            out = self.again(op, args, regions)
        self.loc = saved
        if out is op.outs[0] and len(op.outs) == 1:
            return op.outs
        return self.become(op, out if type(out) is tuple else (out,), env)

    def become(self, op: Op, outs: tuple[Atom, ...], env: Env) -> tuple[Atom, ...]:
        """Records what an op's results became."""
        if outs is not op.outs:
            for old, new in zip(op.outs, outs, strict=True):
                if old is not new:
                    env[old] = new
        return outs

    def copy_region(self, region: Region, env: Env) -> Region:
        """The region under the substitution `env`; itself if nothing in it changed."""
        return self.copy_with(region, env, {})

    def copy_with(self, region: Region, env: Env, fixed: Env) -> Region:
        """`copy_region` with some parameters known: they read as `fixed` says."""
        self.frames.append(Frame(region.label, region.params))
        return self._finish_region(region, {**env, **fixed})

    def same(self, old: tuple[Region, ...], new: tuple[Region, ...]) -> tuple[Region, ...]:
        """`old` if the new regions are the old ones."""
        return old if all(map(is_, old, new)) else new

    def _finish_region(self, region: Region, env: Env) -> Region:
        """Replays the ops of `region` into the open frame, and closes that."""
        self.replay(region.ops, env)
        end = region.ops[-1]
        results = substitute(end.args, env)
        ops = self.frames.pop().ops
        ops.append(end if results is end.args else replace(end, args=results))
        if len(ops) == len(region.ops) and all(map(is_, ops, region.ops)):
            return region
        return replace(region, ops=tuple(ops))

    def _kept(self, op: Op) -> Any:
        """The results of an op on its old operands: folded, shared, simplified, or its own."""
        if not op.regions:
            short = self._shortcut(op.kind, op.args, op.attrs, [v.type for v in op.outs])
            if short is not None:
                return short
        return self._admit(op)

    def _admit(self, op: Op) -> Any:
        """Puts the op itself into the open frame."""
        frame, outs = self.frames[-1], op.outs
        frame.ops.append(op)
        if not op.regions:
            frame.table[number(op)] = outs
        if len(outs) != 1:
            return outs
        self.made_by[outs[0]] = op
        return outs[0]


def substitute(atoms: tuple[Atom, ...], env: Env) -> tuple[Atom, ...]:
    """Atoms under `env`; the same tuple if it says nothing about them."""
    for a in atoms:
        if type(a) is Value and a in env:
            return tuple(env.get(a, a) if type(a) is Value else a for a in atoms)
    return atoms


def number(op: Op) -> object:
    """The key under which the Builder numbers an op."""
    return (op.kind, op.args, tuple(op.attrs.values())) if op.attrs else (op.kind, op.args)
