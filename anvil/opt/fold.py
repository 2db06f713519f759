"""Constant folding of whole ops: what has only constants for operands is computed now, by NumPy."""

from __future__ import annotations

import numpy as np

from anvil.ir.analysis import nbytes
from anvil.ir.builder import Builder, Env
from anvil.ir.records import Atom, Const, Op, Program
from anvil.ir.types import Array, ArrayType, Type
from anvil.opt.passes import ALL, each_func, memo, register
from anvil.opt.replay import Replay, substitute

SMALL = 256
"""A folded constant may be this large in bytes, or as large as the constants it replaces."""


@register("fold", stages=ALL)
def fold(program: Program) -> Program:
    """Computes ops on constants, unless the result is larger than what it is computed from."""
    return each_func(program, lambda func: _Folder(func).rebuild(), _idle)


_idle = memo()


class _Folder(Replay):
    """Replays a function, computing what has only constants for operands."""

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """An op on constants becomes its value."""
        outs = folded(self, op, substitute(op.args, env))
        return super().copy(op, env) if outs is None else self.become(op, outs, env)


def folded(b: Builder, op: Op, args: tuple[Atom, ...]) -> tuple[Atom, ...] | None:
    """The results of an op as constants, or None if they are not, or grow the program."""
    kind = op.kind
    if not args or kind.structural or op.regions or kind.numpy is None:
        return None
    given = 0
    for a in args:
        if type(a) is Const:
            continue
        source = b.producer(a)
        if source is None or source.kind.name != "const":
            return None
        given += nbytes(a.type)
    if not all(isinstance(v.type, ArrayType) for v in op.outs):
        return None
    if sum(nbytes(v.type) for v in op.outs) > max(given, SMALL):
        return None
    with np.errstate(all="ignore"):
        found = kind.numpy(*(_array(b, a) for a in args), **op.attrs)
    results = found if type(found) is tuple else (found,)
    with b.at(op.loc):
        return tuple(_constant(b, r, v.type) for r, v in zip(results, op.outs, strict=True))


def _array(b: Builder, atom: Atom) -> Array:
    if isinstance(atom, Const):
        return np.full(atom.type.shape, atom.value, atom.type.dtype.np)
    source = b.producer(atom)
    assert source is not None
    data: Array = source.attrs["data"].data
    return data


def _constant(b: Builder, value: object, type_: Type) -> Atom:
    assert isinstance(type_, ArrayType)
    return b.const(np.asarray(value, type_.dtype.np))
