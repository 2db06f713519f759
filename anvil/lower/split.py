"""Long stretches of elementwise ops become functions that XLA's CPU backend does not inline.

XLA fuses everything elementwise into one kernel, and cuts the code of a kernel of more than 2,000
operations into functions that call each other anew for every use of a value: the time doubles with
every use (100 `tanh` in a row: 50 times slower). So a stretch is cut here where it would get there.
Called functions keep their results in memory, as separate kernels do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any, Final

from anvil.ir.analysis import op_reads
from anvil.ir.builder import Builder, Env
from anvil.ir.opkind import REGISTRY
from anvil.ir.records import Func, FuncRef, Op, Origin, Program, Region, Value

LIMIT: Final = 1200
"""Operations of one kernel; constants, which count for XLA too, are extra."""

PART: Final = "anvil.part."
"""How the names of these functions begin."""

_BARRIERS: Final = frozenset({
    "dot_general", "sort", "gather", "scatter", "scatter_add", "dynamic_update_slice",
    "dynamic_add_slice", "reduce_sum", "reduce_prod", "reduce_max", "reduce_min", "reduce_and",
    "reduce_or", "argmax", "argmin",
})  # fmt: skip
"""Kinds that XLA computes by themselves, or in place."""

_CHEAP: Final = frozenset({"add", "sub", "mul", "div", "neg", "abs", "convert", "not"})
"""Kinds computed again rather than kept, where one operand only is not constant."""


def split(program: Program, helpers: Mapping[str, Func]) -> Program:
    """The program with its long stretches in functions of their own; itself if it has none.

    Calls of `helpers` count as what these hold.
    """
    parts: dict[str, Func] = {}
    splitter = _Splitter(weigher(helpers), parts)
    funcs = {name: splitter.func(f) for name, f in program.funcs.items()}
    if not parts:
        return program
    return Program({**parts, **funcs}, program.entry, program.stage)


def weigher(helpers: Mapping[str, Func]) -> Callable[[Op], int]:
    """How many operations an op adds to a kernel; 0 if it ends one."""
    weights = {name: len(func.body.ops) for name, func in helpers.items()}

    def weigh(op: Op) -> int:
        kind = op.kind
        if kind.name == "call":
            callee = op.attrs["callee"]
            assert isinstance(callee, FuncRef)
            return weights.get(callee.name, 0)
        return 0 if kind.structural or op.regions or kind.name in _BARRIERS else 1

    return weigh


def _reads(piece: Sequence[Op]) -> dict[Value, None]:
    """The values that these ops read from elsewhere, in order."""
    made = {v for op in piece for v in op.outs}
    return dict.fromkeys(v for op in piece for v in op_reads(op) if v not in made)


class _Splitter:
    """Cuts region after region; `parts` collects the functions."""

    def __init__(self, weight: Callable[[Op], int], parts: dict[str, Func]) -> None:
        self.weight, self.parts = weight, parts

    def func(self, func: Func) -> Func:
        """A function with its stretches cut."""
        body = self.region(func.body)
        return func if body is func.body else replace(func, body=body)

    def region(self, region: Region) -> Region:
        """A region with its stretches cut; itself if none is too long."""
        ops: list[Op] = []
        stretch: list[Op] = []
        weight, changed = 0, False
        for op in region.ops:
            cost = self.weight(op)
            if cost:
                stretch.append(op)
                weight += cost
                continue
            changed |= self.flush(region, stretch, weight, ops)
            stretch, weight = [], 0
            inner = tuple(map(self.region, op.regions))
            if any(a is not b for a, b in zip(inner, op.regions, strict=True)):
                op, changed = replace(op, regions=inner), True
            ops.append(op)
        return replace(region, ops=tuple(ops)) if changed else region

    def flush(self, region: Region, stretch: list[Op], weight: int, ops: list[Op]) -> bool:
        """Adds a stretch to `ops`, cut if it is too long."""
        if weight <= LIMIT:
            ops += stretch
            return False
        pieces: list[list[Op]] = [[]]
        size, most = 0, weight / -(-weight // LIMIT)
        for op in stretch:
            cost = self.weight(op)
            if size + cost > most and pieces[-1]:
                pieces.append([])
                size = 0
            pieces[-1].append(op)
            size += cost
        inside = set(stretch)
        outside = {v for op in region.ops if op not in inside for v in op_reads(op)}
        pieces = self.recomputed(stretch, pieces)
        for i, piece in enumerate(pieces):
            wanted = {v for other in pieces[i + 1 :] for v in _reads(other)}
            ops.append(self.outline(piece, outside | wanted, ops))
        return True

    def recomputed(self, stretch: Sequence[Op], pieces: Sequence[list[Op]]) -> list[list[Op]]:
        """The pieces, each with copies of the cheap ops of earlier ones that it reads."""
        cheap = {op.outs[0]: op for op in stretch if self.is_cheap(op)}
        found = []
        for piece in pieces:
            copied = {cheap[v] for v in _reads(piece) if v in cheap}
            found.append([*(op for op in stretch if op in copied), *piece])
        return found

    def is_cheap(self, op: Op) -> bool:
        """Whether an op costs less than to keep its result: it reads one array."""
        return op.kind.name in _CHEAP and len({a for a in op.args if type(a) is Value}) == 1

    def outline(self, piece: Sequence[Op], wanted: Set[Any], before: Sequence[Op]) -> Op:
        """A call of a new function that holds these ops and returns those values of them that are
        wanted and not there yet."""
        reads = _reads(piece)
        there = {v for op in before for v in op.outs}
        outs = tuple(v for op in piece for v in op.outs if v in wanted and v not in there)
        name = f"{PART}{len(self.parts)}"
        b = Builder([v.type for v in reads], [v.hint for v in reads], piece[0].loc)
        env: Env = dict(zip(reads, b.params, strict=True))
        b.replay(piece, env)
        results = [env[v] for v in outs]
        self.parts[name] = b.finish(name, results, Origin(name, piece[0].loc))
        attrs = {"callee": FuncRef(name)}
        return Op(REGISTRY["call"], tuple(reads), outs, attrs, (), piece[0].loc)
