"""Splitting a joint program (primal, then adjoint) into a forward part and a backward part.

    joint(x, seeds) = (y, xbar)      ops that depend on the seeds: the adjoint; others: the primal
    forward(x)      = (y, r)         r: the residuals
    backward(x, y, r, seeds) = xbar  what it needs of the primal is recomputed from x, y and r

r is a minimum cut by bytes over the primal ops (ir/mincut.py). x and y are at hand and cost
nothing. Loops, contractions, calls, reductions, random accesses and transcendental functions are
never run twice, with one exception: a loop whose history the backward part needs, since a history
is not data and cannot be kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from anvil.ad.context import ADBuilder, has_hist
from anvil.ir.analysis import nbytes, op_reads, slice_of
from anvil.ir.builder import Env
from anvil.ir.mincut import INFINITE, residual_cut
from anvil.ir.records import Atom, Op, Value
from anvil.ir.types import ArrayType, HistType

_CHEAP = frozenset(
    {
        "add", "sub", "mul", "mulz", "neg", "abs", "sign", "max", "min", "clamp", "select",
        "convert", "not", "and", "or", "xor", "eq", "ne", "lt", "le", "gt", "ge", "floor", "ceil",
        "round", "trunc", "is_nan", "is_finite", "real", "imag", "conj", "complex", "broadcast",
        "reshape", "transpose", "slice", "reverse", "iota", "const", "stop_gradient",
        "concatenate", "pad", "shift_left", "shift_right_arithmetic", "shift_right_logical",
        "token",
    }
)  # fmt: skip
_SCALAR = frozenset({"div", "rem", "mod", "floor_div", "sqrt"})
_FREE = 1e-3
_PART = 4
"""What reads an array and is smaller by this factor is kept: the array might have to be, else."""


@dataclass(frozen=True, slots=True)
class Split:
    """A joint program in parts: `primal` ops, those of them run `again` backwards, the `adjoint`
    ops, the `kept` values.
    """

    primal: tuple[Op, ...]
    again: tuple[Op, ...]
    adjoint: tuple[Op, ...]
    kept: tuple[Value, ...]

    def forward_ops(self, results: Sequence[Atom]) -> tuple[Op, ...]:
        """The ops that compute `results` and what is kept."""
        return slice_of(self.primal, [*values(results), *self.kept])

    @property
    def reads(self) -> list[Value]:
        """Values that the backward part reads and does not compute."""
        made: set[Value] = set()
        found: dict[Value, None] = {}
        for op in (*self.again, *self.adjoint):
            found.update((v, None) for v in op_reads(op) if v not in made)
            made.update(op.outs)
        return list(found)


def split(
    ops: Sequence[Op], seeds: Iterable[Value], results: Sequence[Atom], wanted: Sequence[Atom]
) -> Split:
    """Cuts a joint program that computes `results` and, from the seeds too, `wanted`."""
    primal, late = _partition(ops, seeds)
    adjoint = slice_of(late, values(wanted))
    made = {v for op in adjoint for v in op.outs}
    needed = [v for op in adjoint for v in op_reads(op) if v not in made]
    needed += [v for v in values(wanted) if v not in made]
    wanted_hists = {v for v in needed if isinstance(v.type, HistType)}
    at_hand = set(values(results))

    def weight(v: Value) -> float:
        if isinstance(v.type, HistType):
            return INFINITE
        return _FREE if v in at_hand else float(max(nbytes(v.type), 1))

    def rerun(op: Op) -> bool:
        if has_hist(op):
            return op.outs[-1] in wanted_hists
        if op.kind.name in _CHEAP:
            return not _reads_part(op)
        return op.kind.name in _SCALAR and _small(op)

    kept = tuple(residual_cut(primal, needed, (), weight, rerun))
    return Split(tuple(primal), slice_of(primal, needed, kept), adjoint, kept)


def values(atoms: Iterable[Atom]) -> list[Value]:
    """The atoms that are values."""
    return [a for a in atoms if type(a) is Value]


def _partition(ops: Sequence[Op], seeds: Iterable[Value]) -> tuple[list[Op], list[Op]]:
    late = set(seeds)
    primal, adjoint = [], []
    for op in ops:
        if op.kind.terminator:
            continue
        if late.isdisjoint(op_reads(op)):
            primal.append(op)
        else:
            late.update(op.outs)
            adjoint.append(op)
    return primal, adjoint


def _small(op: Op) -> bool:
    return all(isinstance(v.type, ArrayType) and v.type.size <= 1 for v in op.outs)


def _reads_part(op: Op) -> bool:
    """Whether an op makes little of much: a read of a part of an array."""
    most = max((nbytes(a.type) for a in op.args), default=0)
    return most >= _PART * sum(nbytes(v.type) for v in op.outs)


def replay_forward(b: ADBuilder, ops: Sequence[Op], env: Env) -> None:
    """Re-emits forward ops; loops whose history nobody reads there become plain."""
    read = {v for op in ops for v in op_reads(op)}
    for op in ops:
        if has_hist(op) and op.outs[-1] not in read:
            attrs = {**op.attrs, "hist": False}
            b.copy(Op(op.kind, op.args, op.outs[:-1], attrs, op.regions, op.loc), env)
        else:
            b.copy(op, env)


def take_forward(b: ADBuilder, ops: Sequence[Op]) -> None:
    """`replay_forward` of ops that are nowhere else any more: most stay as they are."""
    read = {v for op in ops for v in op_reads(op)}
    for op in ops:
        if has_hist(op) and op.outs[-1] not in read:
            attrs = {**op.attrs, "hist": False}
            op = Op(op.kind, op.args, op.outs[:-1], attrs, op.regions, op.loc)
        b.take((op,))


def replay_backward(b: ADBuilder, parts: Split, env: Env) -> None:
    """Re-emits what is recomputed (without prints) and the adjoint ops."""
    saved, b.quiet = b.quiet, True
    b.replay(parts.again, env)
    b.quiet = saved
    b.replay(parts.adjoint, env)
