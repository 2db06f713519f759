"""One loop that runs a recursive group: a program counter, registers, and a stack.

    while pc != 0 and there is room:
        pc, y, frame, move = the block that pc names (t, y)     one of nested ifs
        stack[sp] = frame                                       above the top it does no harm
        t = stack[sp - 1]
        sp += move                                              a call +1, a return -1, else 0
        pc = t.pc if it was a return

`y` holds what a block hands to the next one: arguments, results, or what a loop carries. `t` is
the frame below: what a caller wanted to keep, and the block where it goes on. The bottom frame
goes on at 0, which ends the loop. The frame is written before it is read, so both happen in place,
and the reverse of a step touches two rows. Without a call that keeps something there is no stack.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from anvil.ir.analysis import nbytes
from anvil.ir.builder import Builder, Env
from anvil.ir.records import Atom, Const, Func, Value
from anvil.ir.types import BOOL, I64, TOKEN, ArrayType, Type, array
from anvil.opt.blocks import (
    Block,
    Choose,
    Cutter,
    End,
    Enter,
    Jump,
    Return,
    Tail,
    Tree,
    ends,
    resolved,
)
from anvil.opt.histories import load, power_of_two, store

_I64 = array(I64)
_ZERO, _ONE = Const(_I64, 0), Const(_I64, 1)
_FALSE, _TRUE = Const(array(BOOL), False), Const(array(BOOL), True)
_STACK_BYTES = 32 << 10
_MIN_DEPTH, _MAX_DEPTH = 32, 1024
TAIL_CALLS = 10_000_000
"""So many tail calls in a row are taken for a recursion without end."""


class Layout:
    """Numbered slots by type, as many as the longest of several lists of values needs."""

    def __init__(self) -> None:
        self.types: list[Type] = []

    def places(self, types: Sequence[Type]) -> list[int]:
        """The slots of values of these types, in order; made where there are too few."""
        taken: set[int] = set()
        found = []
        for t in types:
            free = (i for i, s in enumerate(self.types) if s is t and i not in taken)
            at = next(free, len(self.types))
            if at == len(self.types):
                self.types.append(t)
            taken.add(at)
            found.append(at)
        return found


@dataclass(slots=True, eq=False)
class _Outcome:
    """What a block leaves: next block, move of the stack pointer, whether it was a tail call,
    registers, the frame.
    """

    pc: Atom
    move: Atom
    tail: Atom
    y: list[Atom]
    frame: list[Atom]

    def atoms(self) -> list[Atom]:
        """All of it as results of a branch."""
        return [self.pc, self.move, self.tail, *self.y, *self.frame]


class Machine:
    """Emits the loop for calls of `head` into builder `b`; `env` has what all blocks may read."""

    def __init__(self, b: Builder, cut: Cutter, head: Func, env: Env, depth: int) -> None:
        self.b, self.cut, self.env = b, cut, env
        cut.liveness(env.__contains__)
        self.number = {block: i for i, block in enumerate(cut.blocks, 1)}
        self.params = {n: [p for p in f.params if p not in env] for n, f in cut.group.items()}
        self.y, self.frame = Layout(), Layout()
        found = [end for block in cut.blocks for end in ends(block.code)]
        self.pushes = any(isinstance(end, Enter) for end in found)
        self.tails = any(isinstance(end, Tail) for end in found)
        self.pc_slot = self.frame.places([_I64])[0] if self.pushes else -1
        for func in cut.group.values():
            self.y.places(func.results)
        for block in cut.blocks:
            self.y.places(_types(self._handed(block)))
            self._kept_places(block)
        self.token = self.y.types.index(TOKEN)
        size = sum(nbytes(t) for t in self.frame.types)
        self.depth = max(depth, power_of_two(_STACK_BYTES / max(size, 1), _MIN_DEPTH, _MAX_DEPTH))
        self.head = head
        self.now: Sequence[Atom] = ()
        """The registers as the block that is being written finds them."""

    def _handed(self, block: Block) -> list[Value]:
        """What a block finds in the registers."""
        if block in self.cut.entries.values():
            return [v for v in block.given if v not in self.env]
        return list(block.given) or block.reads

    def _kept(self, block: Block) -> list[Value]:
        """What a block finds in the top frame."""
        entry = block in self.cut.entries.values()
        return list(block.reads) if block.given and not entry else []

    def _kept_places(self, block: Block) -> list[int]:
        kept = self._kept(block)
        return self.frame.places([_I64, *_types(kept)])[1:] if kept else []

    # ---- the loop

    def run(self, args: Sequence[Atom], site: int) -> list[Atom]:
        """Emits the loop; returns the results of the head called with `args`, the token checked."""
        b = self.b
        given = [a for a, p in zip(args, self.head.params, strict=True) if p not in self.env]
        y: list[Atom] = [b.zeros(t) if t is not TOKEN else _ZERO for t in self.y.types]
        for i, a in zip(self.y.places(_types(self.params[self.head.name])), given, strict=True):
            y[i] = a
        start = Const(_I64, self.number[self.cut.entries[self.head.name]])
        inits: list[Atom] = [start, *([_ZERO] if self.tails else []), *y]
        if self.pushes:
            shapes = [t for t in self.frame.types if isinstance(t, ArrayType)]
            rows = [t.with_shape((self.depth + 1, *t.shape)) for t in shapes]
            inits += [_ONE, *map(b.zeros, self.frame.types), *map(b.zeros, rows)]
        outs = self._while(inits)
        done = b.eq(outs[0], _ZERO)
        first = 1 + self.tails
        ends = outs[first : first + len(y)]
        results = [ends[i] for i in self.y.places(self.head.results)]
        token = b.check(ends[self.token], done, site=site)
        return [token if t is TOKEN else v for t, v in zip(self.head.results, results, strict=True)]

    def _while(self, inits: Sequence[Atom]) -> list[Atom]:
        b, types = self.b, _types(inits)
        frame = b.begin("cond", types)
        more = b.ne(frame.params[0], _ZERO)
        if self.tails:
            more = b.and_(more, b.lt(frame.params[1], Const(_I64, TAIL_CALLS)))
        if self.pushes:
            sp = frame.params[1 + self.tails + len(self.y.types)]
            more = b.and_(more, b.le(sp, Const(_I64, self.depth)))
        cond = b.end([more])
        frame = b.begin("body", types)
        body = b.end(self._step(frame.params))
        return list(b.emit_tuple("while", inits, {"hist": False}, (cond, body)))

    def _step(self, state: Sequence[Atom]) -> list[Atom]:
        b, n, m = self.b, len(self.y.types), len(self.frame.types)
        first = 1 + self.tails
        y, rest = state[first : first + n], state[first + n :]
        top, stacks = list(rest[1 : 1 + m]), rest[1 + m :]
        out = self._switch(state[0], list(self.cut.blocks), y, top)
        tails = [b.select(out.tail, b.add(state[1], _ONE), _ZERO)] if self.tails else []
        if not self.pushes:
            return [out.pc, *tails, *out.y]
        sp = b.add(rest[0], out.move)
        below = b.sub(rest[0], _ONE)
        stacks = [store(b, s, v, rest[0]) for s, v in zip(stacks, out.frame, strict=True)]
        top = [load(b, s, below) for s in stacks]
        pc = b.select(b.lt(out.move, _ZERO), top[self.pc_slot], out.pc)
        return [pc, *tails, *out.y, sp, *top, *stacks]

    def _switch(
        self, pc: Atom, blocks: list[Block], y: Sequence[Atom], top: Sequence[Atom]
    ) -> _Outcome:
        if len(blocks) == 1:
            return self._block(blocks[0], y, top)
        half = len(blocks) // 2
        pred = self.b.lt(pc, Const(_I64, self.number[blocks[half]]))
        return self._either(
            pred,
            lambda: self._switch(pc, blocks[:half], y, top),
            lambda: self._switch(pc, blocks[half:], y, top),
        )

    def _either(
        self, pred: Atom, first: Callable[[], _Outcome], second: Callable[[], _Outcome]
    ) -> _Outcome:
        b = self.b
        regions = []
        for label, make in (("then", first), ("else", second)):
            b.begin(label)
            regions.append(b.end(make().atoms()))
        outs = list(b.emit_tuple("if", (pred,), {}, tuple(regions)))
        at = 3 + len(self.y.types)
        return _Outcome(outs[0], outs[1], outs[2], outs[3:at], outs[at:])

    # ---- one block

    def _block(self, block: Block, y: Sequence[Atom], top: Sequence[Atom]) -> _Outcome:
        env = dict(self.env)
        self.now = y
        handed, kept = self._handed(block), self._kept(block)
        env.update(zip(handed, (y[i] for i in self.y.places(_types(handed))), strict=True))
        env.update(zip(kept, (top[i] for i in self._kept_places(block)), strict=True))
        return self._run(block.code, env, y[self.token])

    def _run(self, tree: Tree, env: Env, token: Atom) -> _Outcome:
        tree.emit(self.b, env)
        end = tree.end
        if isinstance(end, Choose):
            (pred,) = resolved(env, (end.pred,))
            first, second = end.first, end.second
            return self._either(
                pred,
                lambda: self._run(first, dict(env), token),
                lambda: self._run(second, dict(env), token),
            )
        return self._end(end, env, token)

    def _end(self, end: End, env: Env, token: Atom) -> _Outcome:
        frame = self._zeros(self.frame)
        if isinstance(end, Return):
            y = self._registers(resolved(env, end.values), token)
            move = Const(_I64, -1) if self.pushes else _ZERO
            return _Outcome(_ZERO, move, _FALSE, y, frame)
        if isinstance(end, Jump):
            y = self._registers(resolved(env, self._handed(end.block)), token)
            at = Const(_I64, self.number[end.block])
            return _Outcome(at, _ZERO, _FALSE, y, frame)
        assert isinstance(end, Enter | Tail)
        params = self.cut.group[end.func].params
        given = [a for a, p in zip(end.args, params, strict=True) if p not in self.env]
        y = self._registers(resolved(env, given), token)
        entry = Const(_I64, self.number[self.cut.entries[end.func]])
        if isinstance(end, Tail):
            return _Outcome(entry, _ZERO, _TRUE, y, frame)
        frame[self.pc_slot] = Const(_I64, self.number[end.then])
        kept = resolved(env, self._kept(end.then))
        for i, a in zip(self._kept_places(end.then), kept, strict=True):
            frame[i] = a
        return _Outcome(entry, _ONE, _FALSE, y, frame)

    def _registers(self, values: Sequence[Atom], token: Atom) -> list[Atom]:
        """What the next block finds: these values, in other registers nothing, but arrays stay."""
        y = [a if _is_array(a) else z for a, z in zip(self.now, self._zeros(self.y), strict=True)]
        y[self.token] = token
        for i, a in zip(self.y.places(_types(values)), values, strict=True):
            y[i] = a
        return y

    def _zeros(self, layout: Layout) -> list[Atom]:
        return [_ZERO if t is TOKEN else self.b.zeros(t) for t in layout.types]


def _is_array(a: Atom) -> bool:
    return isinstance(a.type, ArrayType) and bool(a.type.ndim)


def _types(values: Sequence[Atom]) -> list[Type]:
    return [v.type for v in values]
