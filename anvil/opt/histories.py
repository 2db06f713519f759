"""What the reverse of a loop needs from its forward run, and how it is put on a tape.

A step region of `loop_rev` splits into the ops that depend on the carried cotangents (`adjoint`)
and those that do not (`primal`, the recomputation of the body from the state). Values that cross
from primal to adjoint must come from somewhere: a minimum cut chooses which are taped in the
forward loop; the rest is recomputed from them. Loop invariants, the index and constants cost
nothing; loops, contractions and calls are never run twice.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from anvil.ir.analysis import cached, nbytes, op_reads, slice_of, walk
from anvil.ir.builder import Builder, Env
from anvil.ir.mincut import INFINITE, residual_cut
from anvil.ir.records import Atom, Const, Op, Region, Value
from anvil.ir.types import TOKEN, ArrayType, HistType

_COSTLY = frozenset(
    {"for", "while", "loop_rev", "call", "host_call", "dot_general", "sort", "reduce_window"}
)


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A step region cut into what is taped (`kept`), recomputed (`again`) and run in reverse
    (`adjoint`). Effect `tokens` that would have to be kept are begun anew: nothing fails twice.
    """

    step: Region
    index: tuple[Value, ...]
    states: tuple[Value, ...]
    carried: tuple[Value, ...]
    primal: tuple[Op, ...]
    adjoint: tuple[Op, ...]
    kept: tuple[Value, ...]
    tokens: tuple[Value, ...]
    again: tuple[Op, ...]


def split_step(step: Region, history: HistType, later: Collection[Value] = ()) -> Split:
    """Cuts the step region of a `loop_rev` over `history`.

    What depends on the loop's results, or on captures defined `later`, cannot be taped by it.
    """
    k, n = int(history.counted), len(history.states)
    index, states, carried = step.params[:k], step.params[k : k + n], step.params[k + n :]
    primal, adjoint = _partition(step.ops, (*carried, *later))
    needed = _reads(adjoint)
    cut = residual_cut(primal, needed, states, _weight, _cheap)
    kept = tuple(v for v in cut if v.type is not TOKEN)
    tokens = tuple(v for v in cut if v.type is TOKEN)
    again = slice_of(primal, needed, cut)
    return Split(step, index, states, carried, primal, adjoint, kept, tokens, again)


def _partition(
    ops: Sequence[Op], carried: Iterable[Value]
) -> tuple[tuple[Op, ...], tuple[Op, ...]]:
    late = set(carried)
    primal, adjoint = [], []
    for op in ops:
        if op.kind.terminator or any(v in late for v in op_reads(op)):
            late.update(op.outs)
            adjoint.append(op)
        else:
            primal.append(op)
    return tuple(primal), tuple(adjoint)


def _reads(ops: Iterable[Op]) -> list[Value]:
    return list(dict.fromkeys(v for op in ops for v in op_reads(op)))


def _weight(v: Value) -> float:
    if isinstance(v.type, HistType):
        return INFINITE
    return float(max(nbytes(v.type), 1))


def _cheap(op: Op) -> bool:
    if any(isinstance(v.type, HistType) for v in op.outs):
        return True
    return op.kind.name not in _COSTLY and not any(map(_calls_host, op.regions))


@cached
def _calls_host(region: Region) -> bool:
    return any(op.kind.name == "host_call" for op in walk(region))


# ---- tapes: one array [slots, ...] per kept value


def tape_types(values: Sequence[Value], slots: int) -> list[ArrayType]:
    """Types of the tapes of `values`."""
    types = [v.type for v in values]
    assert all(isinstance(t, ArrayType) for t in types)
    return [t.with_shape((slots, *t.shape)) for t in types if isinstance(t, ArrayType)]


def store(b: Builder, tape: Atom, value: Atom, slot: Atom) -> Atom:
    """`tape` with `value` in row `slot`."""
    t = value.type
    assert isinstance(t, ArrayType)
    row = b.reshape(value, shape=(1, *t.shape))
    out: Atom = b.dynamic_update_slice(tape, row, slot, *(b.i64(0),) * t.ndim)
    return out


def load(b: Builder, tape: Atom, slot: Atom) -> Atom:
    """Row `slot` of `tape`."""
    t = tape.type
    assert isinstance(t, ArrayType)
    row = b.dynamic_slice(tape, slot, *(b.i64(0),) * (t.ndim - 1), sizes=(1, *t.shape[1:]))
    out: Atom = b.reshape(row, shape=t.shape[1:])
    return out


def residuals(
    b: Builder, split: Split, index: Sequence[Atom], states: Sequence[Atom], env: Env
) -> list[Atom]:
    """Emits the kept values of one step from its index and state."""
    inner = dict(env)
    inner.update(zip(split.index, index, strict=True))
    inner.update(zip(split.states, states, strict=True))
    b.replay(slice_of(split.primal, split.kept), inner)
    return [inner.get(v, v) for v in split.kept]


def adjoint(
    b: Builder,
    split: Split,
    index: Sequence[Atom],
    kept: Sequence[Atom],
    carried: Sequence[Atom],
    env: Env,
) -> tuple[Atom, ...]:
    """Emits one reverse step from the kept values; returns the new carried values."""
    inner = dict(env)
    inner.update(zip(split.index, index, strict=True))
    inner.update(zip(split.carried, carried, strict=True))
    inner.update(zip(split.kept, kept, strict=True))
    inner.update((t, b.zeros(TOKEN)) for t in split.tokens)
    b.replay((*split.again, *split.adjoint), inner)
    return tuple(inner.get(a, a) if isinstance(a, Value) else a for a in split.step.results)


def tape_bytes(values: Sequence[Value]) -> int:
    """Bytes per step of a tape of these values."""
    return sum(nbytes(v.type) for v in values)


def power_of_two(limit: float, low: int, high: int) -> int:
    """The largest power of two that is at most `limit`, clamped to [low, high]."""
    if limit < low:
        return low
    return min(high, 1 << int(math.log2(limit)))


def constant_count(count: Atom) -> int | None:
    """The trip count of a counted loop if it is a constant."""
    return int(count.value) if isinstance(count, Const) else None  # type: ignore[arg-type]
