"""Passes that replay a function through the Builder, changing some ops on the way."""

from __future__ import annotations

from collections.abc import Sequence

from anvil.ir.builder import Builder, Env
from anvil.ir.equal import equal_funcs
from anvil.ir.records import Atom, Func, Op, Region, Value


class Replay(Builder):
    """Re-emits a function op by op: typed, folded, numbered and simplified anew.

    Subclasses override `copy(op, env)`, which emits something for one op, maps the op's results in
    `env` and returns what they became.
    """

    def __init__(self, func: Func) -> None:
        super().__init__([p.type for p in func.params], [p.hint for p in func.params])
        self.source = func
        self.loc = func.body.ops[-1].loc

    def rebuild(self) -> Func:
        """The new function; the old one if they are equal."""
        func = self.source
        results = self.inline(func.body, self.params)
        new = self.finish(func.name, results, func.origin)
        return func if equal_funcs(func, new) else new

    def read(self, atoms: Sequence[Atom], env: Env) -> tuple[Atom, ...]:
        """What operands of the old function have become."""
        return tuple(env.get(a, a) if type(a) is Value else a for a in atoms)

    def become(self, op: Op, outs: Sequence[Atom], env: Env) -> tuple[Atom, ...]:
        """Records what an op's results became."""
        env.update(zip(op.outs, outs, strict=True))
        return tuple(outs)

    def copy_with(self, region: Region, env: Env, fixed: Env) -> Region:
        """`copy_region` with some parameters known: they read as `fixed` says."""
        types, hints = [p.type for p in region.params], [p.hint for p in region.params]
        frame = self.begin(region.label, types, hints)
        inner = {**env, **dict(zip(region.params, frame.params, strict=True)), **fixed}
        self.replay(region.ops, inner)
        with self.at(region.ops[-1].loc):
            return self.end(self.read(region.results, inner))
