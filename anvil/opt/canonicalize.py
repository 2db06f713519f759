"""Control flow with known outcomes, and everything the Builder does at birth, applied again.

if(const)                          the region that is taken
if with empty regions              select
results equal in both regions      that value
for(0), for(1), while(false)       the initial states; the body once
a state that is its own next       its initial value
"""

from __future__ import annotations

from collections.abc import Sequence

from anvil.ir.builder import Env
from anvil.ir.records import Atom, Const, Op, Program, Region
from anvil.ir.types import ArrayType
from anvil.opt.passes import ALL, each_func, register
from anvil.opt.replay import Replay
from anvil.opt.states import STATES


@register("canonicalize", stages=ALL)
def canonicalize(program: Program) -> Program:
    """Replays each function through the Builder and resolves control flow of known outcome."""
    return each_func(program, lambda func: _Canon(func).rebuild())


class _Canon(Replay):
    """Resolves `if` and loops as they are copied."""

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """Known branches and trip counts; the rest as it is."""
        if op.kind.name == "if":
            return self._if(op, env)
        if op.kind.name in STATES and not op.attrs.get("hist"):
            return self._loop(op, env)
        return super().copy(op, env)

    def _if(self, op: Op, env: Env) -> tuple[Atom, ...]:
        (pred,) = self.read(op.args, env)
        then, orelse = op.regions
        if isinstance(pred, Const):
            return self.become(op, self.inline(then if pred.value else orelse, (), env), env)
        saved, self.loc = self.loc, op.loc
        regions = tuple(self.copy_with(r, env, {}) for r in op.regions)
        pairs = list(zip(regions[0].results, regions[1].results, strict=True))
        empty = all(len(r.ops) == 1 for r in regions)
        if empty and all(a == b or isinstance(a.type, ArrayType) for a, b in pairs):
            outs: Sequence[Atom] = [a if a == b else self._select(pred, a, b) for a, b in pairs]
        else:
            made = self.again(op, (pred,), regions)
            results = made if type(made) is tuple else (made,)
            outs = [a if a == b else r for (a, b), r in zip(pairs, results, strict=True)]
        self.loc = saved
        return self.become(op, outs, env)

    def _select(self, pred: Atom, a: Atom, b: Atom) -> Atom:
        assert isinstance(a.type, ArrayType)
        chosen: Atom = self.emit("select", (self.broadcast_to(pred, a.type.shape), a, b))
        return chosen

    def _loop(self, op: Op, env: Env) -> tuple[Atom, ...]:
        args = self.read(op.args, env)
        states = STATES[op.kind.name]
        first = states.first(op)
        inits = args[first:]
        if op.kind.name == "for" and isinstance(args[0], Const) and int(args[0].value.real) <= 1:
            if int(args[0].value.real) == 1:
                inits = self.inline(op.regions[0], (self.i64(0), *inits), env)
            return self.become(op, inits, env)
        fixed = _constant_states(op)
        saved, self.loc = self.loc, op.loc
        regions = []
        for region in op.regions:
            params = region.params[states.before(op, region) :]
            regions.append(self.copy_with(region, env, {params[i]: inits[i] for i in fixed}))
        if op.kind.name == "while" and _never(regions[0]):
            outs: Sequence[Atom] = inits
        else:
            made = self.again(op, args, tuple(regions))
            results = made if type(made) is tuple else (made,)
            outs = [inits[i] if i in fixed else r for i, r in enumerate(results)]
        self.loc = saved
        return self.become(op, outs, env)


def _constant_states(op: Op) -> set[int]:
    """The states that the body yields as it got them."""
    states = STATES[op.kind.name]
    body = op.regions[-1]
    before = states.before(op, body)
    return {i for i, r in enumerate(body.results) if r is body.params[before + i]}


def _never(cond: Region) -> bool:
    (result,) = cond.results
    return isinstance(result, Const) and not result.value
