"""Nested loops as one: what the pass `flatten-loops` builds (see flatten_loops.py).

The loop and the loops in its body that are to be flattened are cut into blocks (blocks.py); `pc`
names the block that runs next, 0 the end:

    while pc != 0:  (pc, registers) = the block that pc names (registers)

What blocks read of each other lives in registers. Values that follow each other, as versions of an
array that is updated in place or as rounds of a loop, share a register, unless a block reads both.
A register that a block does not set keeps its value. The states of the loop come first, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from anvil.ir.analysis import walk
from anvil.ir.builder import Builder, Env
from anvil.ir.records import Atom, Const, Func, Op, Origin, Region, Value
from anvil.ir.types import I64, ArrayType, Type, array
from anvil.opt.blocks import Bind, Block, Choose, Cutter, Jump, Return, Tree, resolved
from anvil.opt.mailbox import WORTH, WRITES
from anvil.opt.states import STATES

_I64 = array(I64)


@dataclass(frozen=True, slots=True)
class Flat:
    """A flattened loop: `cond` and `body` over the states, then `more` registers."""

    cond: Region
    body: Region
    more: tuple[Atom | Type, ...]
    """What pc and the registers after the states begin with; a type stands for zeros."""


class LoopCutter(Cutter):
    """Cuts one loop, which is all there is in a function, at the loops `chosen`."""

    def __init__(self, func: Func, chosen: Collection[Op]) -> None:
        self.chosen = chosen
        super().__init__({func.name: func})

    def inside(self, op: Op) -> bool:
        """Whether the op is a chosen loop or has one in a region."""
        return op in self.chosen or any(o in self.chosen for r in op.regions for o in walk(r))

    def calls(self, op: Op) -> bool:
        """Calls are ops like others here."""
        return False


def flattened(loop: Op, chosen: Collection[Op]) -> Flat | None:
    """`loop`, without a history, and the loops `chosen` inside of it as one; None where a state
    would have to move from register to register."""
    first = STATES[loop.kind.name].first(loop)
    given = tuple(Value(a.type) for a in loop.args[first:])
    b = Builder(loc=loop.loc)
    b.begin("end")
    end = b.end(loop.outs).ops
    op = Op(loop.kind, (*loop.args[:first], *given), loop.outs, loop.attrs, loop.regions, loop.loc)
    types = tuple(v.type for v in loop.outs)
    func = Func("loop", given, types, Region("body", given, (op, *end)), Origin("loop", loop.loc))
    cut = LoopCutter(func, {op, *chosen} - {loop})
    return _Flattener(cut, func, op).run()


class _Flattener:
    def __init__(self, cut: LoopCutter, func: Func, op: Op) -> None:
        self.cut, self.op, self.given = cut, op, func.params
        inside = {v for o in walk(func) for v in o.outs}
        inside |= {p for o in walk(func) for r in o.regions for p in r.params}
        inside |= set(func.params)
        cut.liveness(lambda v: v not in inside)
        self.entry = cut.entries["loop"]
        self.blocks = [block for block in cut.blocks if block is not self.entry]
        self.number = {block: i for i, block in enumerate(self.blocks, 1)}
        self.webs = _Webs([op.outs, *(block.reads for block in self.blocks)])
        for block in cut.blocks:
            self._join(block.code)
        self.registers = list(dict.fromkeys(map(self.webs.of, op.outs)))
        reads = [v for block in self.blocks for v in block.reads]
        self.registers = list(dict.fromkeys([*self.registers, *map(self.webs.of, reads)]))
        self.place = {web: k for k, web in enumerate(self.registers)}

    def _join(self, tree: Tree) -> None:
        for item in tree.items:
            if isinstance(item, Bind):
                for v, a in zip(item.values, item.atoms, strict=True):
                    self.webs.join(v, a)
            else:
                self._join_op(item)
        if isinstance(tree.end, Choose):
            self._join(tree.end.first)
            self._join(tree.end.second)
        elif isinstance(tree.end, Return):
            for v, a in zip(self.op.outs, tree.end.values, strict=True):
                self.webs.join(v, a)

    def _join_op(self, op: Op) -> None:
        """Versions of an array: results of updates, also inside of branches and loops."""
        for region in op.regions:
            for inner in region.ops:
                self._join_op(inner)
        if op.kind.name in WRITES or op.kind.name == "check":
            self.webs.join(op.outs[0], op.args[0])
        elif op.kind.name == "if":
            for region in op.regions:
                for v, a in zip(op.outs, region.results, strict=True):
                    self.webs.join(v, a)
        elif op.kind.name in STATES:
            inits = op.args[STATES[op.kind.name].first(op) :]
            body = op.regions[-1]
            params = body.params[len(body.params) - len(inits) :]
            for v, a, p, r in zip(op.outs, inits, params, body.results, strict=False):
                self.webs.join(v, a)
                self.webs.join(p, a)
                self.webs.join(r, p)

    # ---- the loop

    def run(self) -> Flat | None:
        n = len(self.op.outs)
        starts = self._starts()
        if starts is None:
            return None
        pc, values = starts
        given: list[Atom | None] = [*self.given, *(None for _ in self.registers[n:])]
        for web, a in values.items():
            k = self.place[web]
            if k < n and a is not self.given[k]:
                return None
            given[k] = a
        types = [v.type for v in self.registers]
        if any(isinstance(t, ArrayType) and t.size >= WORTH for t in types[n:]):
            return None
        b = Builder(loc=self.op.loc)
        more = [t if g is None else g for g, t in zip(given[n:], types[n:], strict=True)]
        hints = [v.hint for v in self.registers]
        all_types = [*types[:n], _I64, *types[n:]]
        all_hints = [*hints[:n], "pc", *hints[n:]]
        frame = b.begin("cond", all_types, all_hints)
        cond = b.end([b.ne(frame.params[n], b.i64(0))])
        frame = b.begin("body", all_types, all_hints)
        registers = [*frame.params[:n], *frame.params[n + 1 :]]
        body = b.end(_Step(self, b, registers).switch(frame.params[n], self.blocks))
        return Flat(cond, body, (Const(_I64, pc), *more))

    def _starts(self) -> tuple[int, dict[Value, Atom]] | None:
        """The block to begin with, and what its registers begin with."""
        tree = self.entry.code
        env: Env = {}
        for item in tree.items:
            if not isinstance(item, Bind):
                return None
            env.update(zip(item.values, resolved(env, item.atoms), strict=True))
        if not isinstance(tree.end, Jump):
            return None
        block = tree.end.block
        return self.number[block], {self.webs.of(v): env.get(v, v) for v in block.reads}


class _Step:
    """The body of the flat loop in builder `b`."""

    def __init__(self, flat: _Flattener, b: Builder, registers: Sequence[Atom]) -> None:
        self.flat, self.b, self.registers = flat, b, list(registers)
        self.n = len(flat.op.outs)

    def switch(self, pc: Atom, blocks: Sequence[Block]) -> list[Atom]:
        """The states, pc and registers after the block that pc names."""
        if len(blocks) == 1:
            return self._block(blocks[0])
        half = len(blocks) // 2
        pred = self.b.lt(pc, self.b.i64(self.flat.number[blocks[half]]))
        return self._either(
            pred, lambda: self.switch(pc, blocks[:half]), lambda: self.switch(pc, blocks[half:])
        )

    def _either(
        self, pred: Atom, first: Callable[[], list[Atom]], second: Callable[[], list[Atom]]
    ) -> list[Atom]:
        b = self.b
        regions = []
        for label, make in (("then", first), ("else", second)):
            b.begin(label)
            regions.append(b.end(make()))
        return list(b.emit_tuple("if", (pred,), {}, tuple(regions)))

    def _block(self, block: Block) -> list[Atom]:
        flat = self.flat
        env: Env = {v: self.registers[flat.place[flat.webs.of(v)]] for v in block.reads}
        return self._run(block.code, env)

    def _run(self, tree: Tree, env: Env) -> list[Atom]:
        tree.emit(self.b, env)
        end = tree.end
        if isinstance(end, Choose):
            (pred,) = resolved(env, (end.pred,))
            first, second = end.first, end.second
            return self._either(
                pred, lambda: self._run(first, dict(env)), lambda: self._run(second, dict(env))
            )
        if isinstance(end, Jump):
            reads = end.block.reads
            return self._leave(self.flat.number[end.block], reads, resolved(env, reads))
        assert isinstance(end, Return)
        return self._leave(0, self.flat.op.outs, resolved(env, end.values))

    def _leave(self, pc: int, values: Sequence[Value], atoms: Sequence[Atom]) -> list[Atom]:
        now, flat = list(self.registers), self.flat
        for v, a in zip(values, atoms, strict=True):
            now[flat.place[flat.webs.of(v)]] = a
        return [*now[: self.n], self.b.i64(pc), *now[self.n :]]


class _Webs:
    """Values that share a register, by one of them; no two that are read `together` do."""

    def __init__(self, together: Sequence[Sequence[Value]]) -> None:
        self.parent: dict[Value, Value] = {}
        self.groups: dict[Value, set[int]] = {}
        for k, values in enumerate(together):
            for v in values:
                self.groups.setdefault(v, set()).add(k)

    def of(self, v: Value) -> Value:
        """The value that stands for all that share its register."""
        while v in self.parent:
            v = self.parent[v]
        return v

    def join(self, v: Atom, w: Atom) -> None:
        """Lets two values share a register if they can."""
        if not (isinstance(v, Value) and isinstance(w, Value)) or v.type is not w.type:
            return
        v, w = self.of(v), self.of(w)
        mine, theirs = self.groups.get(v, set()), self.groups.get(w, set())
        if v is not w and mine.isdisjoint(theirs):
            self.parent[w] = v
            self.groups[v] = mine | theirs
