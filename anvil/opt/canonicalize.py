"""Control flow with known outcomes, and everything the Builder does at birth, applied again.

if(const)                          the region that is taken
if with empty regions              select
results equal in both regions      that value
for(0), for(1), while(false)       the initial states; the body once
a state that is its own next       its initial value
"""

from __future__ import annotations

from anvil.ir.builder import Env
from anvil.ir.records import Atom, Const, Op, Program, Region
from anvil.ir.types import ArrayType
from anvil.opt.passes import ALL, each_func, memo, register
from anvil.opt.replay import Replay, substitute
from anvil.opt.states import STATES


@register("canonicalize", stages=ALL)
def canonicalize(program: Program) -> Program:
    """Replays each function through the Builder and resolves control flow of known outcome."""
    return each_func(program, lambda func: Control(func).rebuild(), _idle)


_idle = memo()


class Control(Replay):
    """Resolves `if` and loops as they are replayed."""

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """Known branches and trip counts; the rest as it is."""
        if op.regions:
            if op.kind.name == "if":
                return self._if(op, env)
            if op.kind.name in STATES and not op.attrs.get("hist"):
                return self._loop(op, env)
        return super().copy(op, env)

    def _if(self, op: Op, env: Env) -> tuple[Atom, ...]:
        args = substitute(op.args, env)
        then, orelse = op.regions
        if isinstance(args[0], Const):
            taken = then if args[0].value else orelse
            return self.become(op, self.inline(taken, (), env), env)
        regions = self.same(op.regions, tuple(self.copy_region(r, env) for r in op.regions))
        pairs = list(zip(regions[0].results, regions[1].results, strict=True))
        if all(len(r.ops) == 1 for r in regions) and all(map(_selectable, pairs)):
            saved, self.loc = self.loc, op.loc
            outs = tuple(a if a == b else self._select(args[0], a, b) for a, b in pairs)
            self.loc = saved
        else:
            made = self.settle(op, args, regions, env)
            outs = tuple(a if a == b else r for (a, b), r in zip(pairs, made, strict=True))
        return self.become(op, outs, env)

    def _select(self, pred: Atom, a: Atom, b: Atom) -> Atom:
        assert isinstance(a.type, ArrayType)
        chosen: Atom = self.emit("select", (self.broadcast_to(pred, a.type.shape), a, b))
        return chosen

    def _loop(self, op: Op, env: Env) -> tuple[Atom, ...]:
        args = substitute(op.args, env)
        states = STATES[op.kind.name]
        inits = args[states.first(op) :]
        if op.kind.name == "for" and isinstance(args[0], Const) and int(args[0].value.real) <= 1:
            if int(args[0].value.real) == 1:
                inits = self.inline(op.regions[0], (self.i64(0), *inits), env)
            return self.become(op, inits, env)
        fixed = _constant_states(op)
        regions = []
        for region in op.regions:
            params = region.params[states.before(op, region) :]
            regions.append(self.copy_with(region, env, {params[i]: inits[i] for i in fixed}))
        if op.kind.name == "while" and _never(regions[0]):
            return self.become(op, inits, env)
        made = self.settle(op, args, self.same(op.regions, tuple(regions)), env)
        outs = tuple(inits[i] if i in fixed else r for i, r in enumerate(made))
        return self.become(op, outs, env)


def _selectable(pair: tuple[Atom, Atom]) -> bool:
    return pair[0] == pair[1] or isinstance(pair[0].type, ArrayType)


def _constant_states(op: Op) -> set[int]:
    """The states that the body yields as it got them."""
    states = STATES[op.kind.name]
    body = op.regions[-1]
    before = states.before(op, body)
    return {i for i, r in enumerate(body.results) if r is body.params[before + i]}


def _never(cond: Region) -> bool:
    (result,) = cond.results
    return isinstance(result, Const) and not result.value
