"""Constant folding of whole ops: what has only constants for operands is computed now, by NumPy."""

from __future__ import annotations

import numpy as np

from anvil.ir.analysis import nbytes
from anvil.ir.builder import Env
from anvil.ir.records import Atom, Const, Func, Op, Program
from anvil.ir.types import Array, ArrayType
from anvil.opt.passes import ALL, each_func, register
from anvil.opt.replay import Replay

SMALL = 256
"""A folded constant may be this large in bytes, or as large as the constants it replaces."""


@register("fold", stages=ALL)
def fold(program: Program) -> Program:
    """Computes ops on constants, unless the result is larger than what it is computed from."""
    return each_func(program, lambda func: _Folder(func).rebuild())


class _Folder(Replay):
    """Replays a function, remembering which values are constant arrays."""

    def __init__(self, func: Func) -> None:
        super().__init__(func)
        self.known: dict[Atom, Array] = {}

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """An op on constants becomes its value."""
        outs = self._folded(op, env)
        if outs is not None:
            return self.become(op, outs, env)
        made = super().copy(op, env)
        if op.kind.name == "const":
            self.known[made[0]] = op.attrs["data"].data
        return made

    def _folded(self, op: Op, env: Env) -> list[Atom] | None:
        kind = op.kind
        if kind.structural or kind.numpy is None or op.regions or not op.args:
            return None
        args = self.read(op.args, env)
        if not all(isinstance(a, Const) or a in self.known for a in args):
            return None
        if not all(isinstance(v.type, ArrayType) for v in op.outs):
            return None
        given = sum(nbytes(a.type) for a in args if not isinstance(a, Const))
        if sum(nbytes(v.type) for v in op.outs) > max(given, SMALL):
            return None
        with np.errstate(all="ignore"):
            found = kind.numpy(*map(self._array, args), **op.attrs)
        results = found if type(found) is tuple else (found,)
        saved, self.loc = self.loc, op.loc
        outs = [self._constant(r, v.type) for r, v in zip(results, op.outs, strict=True)]
        self.loc = saved
        return outs

    def _array(self, atom: Atom) -> Array:
        if isinstance(atom, Const):
            return np.full(atom.type.shape, atom.value, atom.type.dtype.np)
        return self.known[atom]

    def _constant(self, value: object, type_: object) -> Atom:
        assert isinstance(type_, ArrayType)
        array = np.asarray(value, type_.dtype.np)
        made = self.const(array)
        if not isinstance(made, Const):
            self.known[made] = array
        return made
