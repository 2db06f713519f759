"""Programs without their checks: `jit(..., checks=False)`."""

from __future__ import annotations

from anvil.ir.analysis import walk
from anvil.ir.builder import Env
from anvil.ir.records import Atom, Op, Program
from anvil.opt.passes import ALL, each_func, register
from anvil.opt.replay import Replay, substitute


@register("drop-checks", stages=ALL)
def drop_checks(program: Program) -> Program:
    """Removes every check: its token is the one it was given. Prints stay."""
    if not any(op.kind.name == "check" for op in walk(program)):
        return program
    return each_func(program, lambda func: _Unchecked(func).rebuild())


class _Unchecked(Replay):
    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """A check becomes the token before it."""
        if op.kind.name != "check":
            return super().copy(op, env)
        return self.become(op, substitute(op.args[:1], env), env)
