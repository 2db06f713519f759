"""Small loops run several iterations at a time.

XLA keeps the state of a loop in memory, and reads and writes it in every iteration: more work than
the few scalar operations of a small body. Done before differentiation, it also divides the length
of what reverse mode records.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from anvil.ir.builder import Builder, Env
from anvil.ir.records import Atom, Const, Op, Program, Region
from anvil.ir.types import ArrayType
from anvil.opt.passes import each_func, memo, register
from anvil.opt.replay import Replay, substitute

SHORTEST: Final = 32
"""Loops of fewer iterations stay as they are."""

LONGEST_BODY: Final = 64
"""Ops in the body of an unrolled loop; it holds at most EIGHT times the original one."""

EIGHT: Final = 8


@register(
    "unroll",
    stages=("surface",),
    needs={"simplify": "what is constant in a loop should not count as work"},
)
def unroll(program: Program) -> Program:
    """Runs up to eight iterations at a time of a counted loop over scalars with a small body."""
    return each_func(program, lambda func: _Unroll(func).rebuild(), _idle, once=True)


_idle = memo()


class _Unroll(Replay):
    """Replays a function, its small loops unrolled."""

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """Emits one op again; a loop that can be unrolled, so."""
        many = copies(op)
        if many < 2:
            return super().copy(op, env)
        count, *states = substitute(op.args, env)
        assert isinstance(count, Const)
        (region,), total = op.regions, int(count.value)  # type: ignore[arg-type]
        saved, self.loc = self.loc, op.loc
        frame = self.begin(
            region.label, [p.type for p in region.params], [p.hint for p in region.params]
        )
        index, *inner = frame.params
        first = self.mul(index, many)
        now: Sequence[Atom] = inner
        for k in range(many):
            now = self._once(region, (self.add(first, k), *now), env)
        body = self.end(now)
        outs = self.emit_tuple("for", (self.i64(total // many), *states), op.attrs, (body,))
        for k in range(total - total % many, total):
            outs = tuple(self._once(region, (self.i64(k), *outs), env))
        self.loc = saved
        return self.become(op, outs, env)

    def _once(self, region: Region, args: Sequence[Atom], env: Env) -> Sequence[Atom]:
        """New ops for one iteration; what it yields."""
        inner: Env = {**env, **dict(zip(region.params, args, strict=True))}
        for op in region.ops[:-1]:
            Builder.copy(self, op, inner)
        return substitute(region.results, inner)


def copies(op: Op) -> int:
    """How many iterations of a loop to run at a time; 1 for anything else."""
    if op.kind.name != "for" or type(op.args[0]) is not Const or op.attrs["hist"]:
        return 1
    ops = op.regions[0].ops[:-1]
    if int(op.args[0].value) < SHORTEST or not ops or not all(map(_scalar, ops)):  # type: ignore[arg-type]
        return 1
    return max(1, min(EIGHT, LONGEST_BODY // len(ops)))


def _scalar(op: Op) -> bool:
    if op.kind.structural or op.regions:
        return False
    return all(type(v.type) is ArrayType and v.type.size == 1 for v in op.outs)
