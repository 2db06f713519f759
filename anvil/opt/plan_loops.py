"""The pass `plan-loops`: how the history of each loop is stored.

    known trip count n      exact tape: row i of every tape holds what the reverse of step i needs
    unknown trip count      scheme A*: a tape of the last block of K steps and a ring of M snapshots
                            of the state, in fixed memory and inside one program

Scheme A*. Block q keeps its snapshot iff q is a multiple of 2^k, in slot q mod M with M odd. When q
reaches M * 2^k, k grows by one and nothing moves: M is odd, so q = M * 2^k is no multiple of
2^(k+1), and two live blocks p < q share a slot only if q - p = cM is a multiple of 2^k, hence at
least M * 2^k, which exceeds q. The first block is taped as it runs, so a loop of at most K steps
never replays; up to M * K steps cost one more evaluation of the body; beyond, replays restart at
the nearest snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from anvil.ir.analysis import nbytes
from anvil.ir.builder import Builder, Env
from anvil.ir.records import Atom, Func, Op, Program, Region, Value
from anvil.ir.types import I64, TOKEN, ArrayType, HistType, Type, array
from anvil.opt.histories import (
    Split,
    adjoint,
    constant_count,
    load,
    power_of_two,
    residuals,
    split_step,
    store,
    tape_bytes,
    tape_types,
)

_I64 = array(I64)
_BLOCK_BYTES = 256 << 10
_RING_BYTES = 1 << 20
_EXACT_BYTES = 1 << 30
_MAX_BLOCK, _MIN_BLOCK = 1024, 16
_TAPE_PER_STATE, _MAX_LONG_BLOCK = 2, 1 << 20
"""A tape of so many times the state pays for the snapshots of a state that is mostly left alone."""
_MAX_RING, _MIN_RING = 1024, 16


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """One row per step. `tapes[u]` are the arrays of the u-th reverse loop over the history."""

    count: Atom
    steps: dict[Op, Split]
    tapes: dict[Op, list[Atom]]


@dataclass(frozen=True, slots=True, eq=False)
class Ring:
    """Scheme A*: steps taken, stride exponent, snapshots, and the tapes of the first block."""

    count: Atom
    exponent: Atom
    snaps: list[Atom]
    block: int
    ring: int
    body: Callable[[Atom, Sequence[Atom]], tuple[Atom, ...]]
    steps: dict[Op, Split]
    tapes: dict[Op, list[Atom]]


def plan_loops(program: Program) -> Program:
    """Expands loop histories: stage "adjoint" -> "planned"."""
    funcs = {name: _plan(f) for name, f in program.funcs.items()}
    return Program(funcs, program.entry, "planned")


def _plan(func: Func) -> Func:
    if not _has_history(func.body):
        return func
    b = _Planner([p.type for p in func.params], [p.hint for p in func.params])
    results = b.inline(func.body, b.params)
    return b.finish(func.name, results, func.origin)


def _has_history(region: Region) -> bool:
    return any(
        any(isinstance(v.type, HistType) for v in op.outs) or any(map(_has_history, op.regions))
        for op in region.ops
    )


class _Planner(Builder):
    """Replays a function, expanding loops with a history and the loops that run them back."""

    def __init__(self, params: Sequence[Type], hints: Sequence[str]) -> None:
        super().__init__(params, hints)
        self.users: dict[Value, list[Op]] = {}
        self.plans: dict[Value, Exact | Ring] = {}
        self.later: dict[Value, frozenset[Value]] = {}

    def replay(self, ops: Sequence[Op], env: Env) -> None:
        """`Builder.replay`; a history is live only if a reverse loop among `ops` consumes it."""
        saved, self.users = self.users, {}
        for op in ops:
            if op.kind.name == "loop_rev":
                self.users.setdefault(op.args[0], []).append(op)  # type: ignore[arg-type]
        later: set[Value] = set()
        for op in reversed(ops):
            later.update(op.outs)
            if op.outs and isinstance(op.outs[-1].type, HistType):
                self.later[op.outs[-1]] = frozenset(later)
        super().replay(ops, env)
        self.users = saved

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """Loops with a history and reverse loops are expanded, the rest is copied."""
        if op.kind.name == "loop_rev":
            return self._reverse(op, env)
        if not (op.outs and isinstance(op.outs[-1].type, HistType)):
            return super().copy(op, env)
        users = self.users.get(op.outs[-1], [])
        self.loc, saved = op.loc, self.loc
        args = [env.get(a, a) if isinstance(a, Value) else a for a in op.args]
        outs = self._forward(op, args, users, env)
        self.loc = saved
        env.update(zip(op.outs[:-1], outs, strict=True))
        return tuple(outs)

    # ---- forward

    def _forward(self, op: Op, args: list[Atom], users: list[Op], env: Env) -> Sequence[Atom]:
        if not users:
            regions = tuple(self.copy_region(r, env) for r in op.regions)
            return self.emit_tuple(op.kind, args, {"hist": False}, regions)
        history = op.outs[-1].type
        assert isinstance(history, HistType)
        later = self.later[op.outs[-1]]
        steps = {u: split_step(u.regions[0], history, later) for u in users}
        count = constant_count(args[0]) if history.counted else None
        per_step = sum(tape_bytes(s.kept) for s in steps.values())
        if count is not None and count * per_step <= _EXACT_BYTES:
            return self._exact(op, args, count, steps, env)
        return self._ring(op, args, steps, env)

    def _exact(
        self, op: Op, args: list[Atom], count: int, steps: dict[Op, Split], env: Env
    ) -> Sequence[Atom]:
        inits, rows = args[1:], max(count, 1)
        tapes = [self.zeros(t) for s in steps.values() for t in tape_types(s.kept, rows)]
        types = [_I64, *(a.type for a in inits), *(t.type for t in tapes)]
        frame = self.begin("body", types, [p.hint for p in op.regions[0].params])
        i, state = frame.params[0], frame.params[1 : 1 + len(inits)]
        following = self.inline(op.regions[0], (i, *state), env)
        written = self._record(steps, [i], state, frame.params[1 + len(inits) :], i, env)
        body = self.end((*following, *written))
        outs = self.emit_tuple("for", (args[0], *inits, *tapes), {"hist": False}, (body,))
        ends = outs[len(inits) :]
        self.plans[op.outs[-1]] = Exact(args[0], steps, _deal(steps, ends))
        return outs[: len(inits)]

    def _record(
        self,
        steps: dict[Op, Split],
        index: Sequence[Atom],
        state: Sequence[Atom],
        tapes: Sequence[Atom],
        slot: Atom,
        env: Env,
    ) -> list[Atom]:
        """Computes the kept values of a step and writes them into row `slot` of the tapes."""
        values = [
            r for s in steps.values() for r in residuals(self, s, index[: len(s.index)], state, env)
        ]
        return [store(self, t, v, slot) for t, v in zip(tapes, values, strict=True)]

    def _ring(self, op: Op, args: list[Atom], steps: dict[Op, Split], env: Env) -> Sequence[Atom]:
        loop = _Loop(self, op, args, env)
        size = sum(nbytes(a.type) for a in loop.inits)
        per_step = max(1, sum(tape_bytes(s.kept) for s in steps.values()))
        block = max(
            power_of_two(_BLOCK_BYTES / per_step, _MIN_BLOCK, _MAX_BLOCK),
            power_of_two(_TAPE_PER_STATE * size / per_step, _MIN_BLOCK, _MAX_LONG_BLOCK),
        )
        ring = power_of_two(_RING_BYTES / max(size, 1), _MIN_RING, _MAX_RING) - 1
        tapes = [self.zeros(t) for s in steps.values() for t in tape_types(s.kept, block)]
        i, state, tapes = self._first_block(loop, block, steps, tapes, env)
        snaps = [
            store(self, self.zeros(array(t.dtype, (ring + 1, *t.shape))), s, self.i64(0))
            for s, t in loop.arrays(loop.inits)
        ]
        count, exponent, state, snaps = self._blocks(loop, block, ring, i, state, snaps)
        self.plans[op.outs[-1]] = Ring(
            count, exponent, snaps, block, ring, loop.quiet, steps, _deal(steps, tapes)
        )
        return state

    def _first_block(
        self, loop: _Loop, block: int, steps: dict[Op, Split], tapes: list[Atom], env: Env
    ) -> tuple[Atom, list[Atom], list[Atom]]:
        """while i < K and cond(s): tape the step and take it."""
        n = len(loop.inits)

        def cond(p: Sequence[Atom]) -> Atom:
            return self._both(self.lt(p[0], block), loop.cond(p[0], p[1 : 1 + n]))

        def body(p: Sequence[Atom]) -> list[Atom]:
            i, state = p[0], p[1 : 1 + n]
            following = loop.body(i, state)
            written = self._record(steps, [i], state, p[1 + n :], i, env)
            return [self.add(i, 1), *following, *written]

        outs = self.while_loop([self.i64(0), *loop.inits, *tapes], cond, body)
        return outs[0], list(outs[1 : 1 + n]), list(outs[1 + n :])

    def _blocks(
        self, loop: _Loop, block: int, ring: int, i: Atom, state: list[Atom], snaps: list[Atom]
    ) -> tuple[Atom, Atom, list[Atom], list[Atom]]:
        """while cond(s): snapshot if on the grid, then up to K plain steps."""
        n, shift = len(state), block.bit_length() - 1

        def cond(p: Sequence[Atom]) -> Atom:
            return loop.cond(p[0], p[2 : 2 + n])

        def body(p: Sequence[Atom]) -> list[Atom]:
            i, k, state = p[0], p[1], p[2 : 2 + n]
            q = self.shift_right_arithmetic(i, shift)
            full = self.eq(q, self.shift_left(self.i64(ring), k))
            k = self.add(k, self.convert(full, dtype=I64))
            mask = self.sub(self.shift_left(self.i64(1), k), 1)
            keep = self.eq(self.and_(q, mask), 0)
            slot = self.select(keep, self.rem(q, ring), self.i64(ring))
            kept = [
                store(self, a, s, slot)
                for a, (s, _) in zip(p[2 + n :], loop.arrays(state), strict=True)
            ]
            high = self.add(i, block)
            i, *state = self.while_loop(
                [i, *state],
                lambda q: self._both(self.lt(q[0], high), loop.cond(q[0], q[1:])),
                lambda q: [self.add(q[0], 1), *loop.body(q[0], q[1:])],
            )
            return [i, k, *state, *kept]

        outs = self.while_loop([i, self.i64(0), *state, *snaps], cond, body)
        return outs[0], outs[1], list(outs[2 : 2 + n]), list(outs[2 + n :])

    # ---- reverse

    def _reverse(self, op: Op, env: Env) -> tuple[Atom, ...]:
        plan = self.plans[op.args[0]]  # type: ignore[index]
        self.loc, saved = op.loc, self.loc
        carried = [env.get(a, a) if isinstance(a, Value) else a for a in op.args[1:]]
        if isinstance(plan, Exact):
            outs = self._reverse_exact(op, plan, carried, env)
        else:
            outs = self._reverse_ring(op, plan, carried, env)
        self.loc = saved
        env.update(zip(op.outs, outs, strict=True))
        return tuple(outs)

    def _reverse_exact(self, op: Op, plan: Exact, carried: list[Atom], env: Env) -> Sequence[Atom]:
        last = self.sub(plan.count, 1)

        def body(j: Atom, p: Sequence[Atom]) -> Sequence[Atom]:
            i = self.sub(last, j)
            return self._back(op, plan, plan.tapes[op], i, i, p, env)

        return self.for_loop(plan.count, carried, body)

    def _back(
        self,
        op: Op,
        plan: Exact | Ring,
        tapes: Sequence[Atom],
        i: Atom,
        slot: Atom,
        carried: Sequence[Atom],
        env: Env,
    ) -> Sequence[Atom]:
        split = plan.steps[op]
        kept = [load(self, t, slot) for t in tapes]
        return adjoint(self, split, [i][: len(split.index)], kept, carried, env)

    def _reverse_ring(self, op: Op, plan: Ring, carried: list[Atom], env: Env) -> Sequence[Atom]:
        shift, n = plan.block.bit_length() - 1, plan.count
        blocks = self.shift_right_arithmetic(self.add(n, plan.block - 1), shift)
        taped = self.le(n, plan.block)
        c = len(carried)

        def block(j: Atom, p: Sequence[Atom]) -> Sequence[Atom]:
            q = self.sub(self.sub(blocks, 1), j)
            start = self.shift_left(q, shift)
            length = self.min(self.i64(plan.block), self.sub(n, start))
            replayed = self.select(taped, self.i64(0), length)
            tapes = self._retape(op, plan, q, start, replayed, p[c:], env)
            outs = self.for_loop(
                length,
                p[:c],
                lambda t, lam: self._step_back(op, plan, tapes, start, length, t, lam, env),
            )
            return [*outs, *tapes]

        return self.for_loop(blocks, [*carried, *plan.tapes[op]], block)[:c]

    def _step_back(
        self,
        op: Op,
        plan: Ring,
        tapes: Sequence[Atom],
        start: Atom,
        length: Atom,
        t: Atom,
        carried: Sequence[Atom],
        env: Env,
    ) -> Sequence[Atom]:
        slot = self.sub(self.sub(length, 1), t)
        return self._back(op, plan, tapes, self.add(start, slot), slot, carried, env)

    def _retape(
        self,
        op: Op,
        plan: Ring,
        q: Atom,
        start: Atom,
        replayed: Atom,
        tapes: Sequence[Atom],
        env: Env,
    ) -> Sequence[Atom]:
        """Replays from the nearest snapshot to block q and tapes `replayed` steps of it."""
        shift = plan.block.bit_length() - 1
        q0 = self.shift_left(self.shift_right_arithmetic(q, plan.exponent), plan.exponent)
        slot = self.rem(q0, plan.ring)
        state = [load(self, s, slot) for s in plan.snaps]
        first = self.shift_left(q0, shift)
        state = list(
            self.for_loop(
                self.sub(start, first), state, lambda t, s: plan.body(self.add(first, t), s)
            )
        )
        m, split = len(state), plan.steps[op]

        def body(j: Atom, p: Sequence[Atom]) -> Sequence[Atom]:
            i, state = self.add(start, j), p[:m]
            full = _with_tokens(self, split.states, state)
            written = self._record({op: split}, [i], full, p[m:], j, env)
            return [*plan.body(i, state), *written]

        return self.for_loop(replayed, [*state, *tapes], body)[m:]

    def _both(self, a: Atom, c: Atom) -> Atom:
        out: Atom = self.and_(a, c)
        return out

    # ---- loops from functions

    def while_loop(
        self,
        inits: Sequence[Atom],
        cond: Callable[[Sequence[Atom]], Atom],
        body: Callable[[Sequence[Atom]], Sequence[Atom]],
    ) -> tuple[Atom, ...]:
        """Emits a `while` whose regions are written by functions of the parameters."""
        types = [a.type for a in inits]
        frame = self.begin("cond", types)
        first = self.end([cond(frame.params)])
        frame = self.begin("body", types)
        second = self.end(body(frame.params))
        return self.emit_tuple("while", inits, {"hist": False}, (first, second))

    def for_loop(
        self,
        count: Atom,
        inits: Sequence[Atom],
        body: Callable[[Atom, Sequence[Atom]], Sequence[Atom]],
    ) -> tuple[Atom, ...]:
        """Emits a `for` whose body is written by a function of the index and the parameters."""
        frame = self.begin("body", [_I64, *(a.type for a in inits)])
        region = self.end(body(frame.params[0], frame.params[1:]))
        return self.emit_tuple("for", [count, *inits], {"hist": False}, (region,))


class _Loop:
    """A loop op as functions of (index, state), whichever its kind."""

    def __init__(self, b: _Planner, op: Op, args: list[Atom], env: Env) -> None:
        self.b, self.op, self.env = b, op, dict(env)
        self.counted = op.kind.name == "for"
        self.count = args[0]
        self.inits = args[1:] if self.counted else args

    def cond(self, i: Atom, state: Sequence[Atom]) -> Atom:
        """Whether another step is taken."""
        if self.counted:
            out: Atom = self.b.lt(i, self.count)
            return out
        return self.b.inline(self.op.regions[0], state, self.env)[0]

    def body(self, i: Atom, state: Sequence[Atom]) -> tuple[Atom, ...]:
        """The next state."""
        args = (i, *state) if self.counted else tuple(state)
        return self.b.inline(self.op.regions[-1], args, self.env)

    def quiet(self, i: Atom, state: Sequence[Atom]) -> tuple[Atom, ...]:
        """The next state without effects: of the states that are arrays."""
        params = self.op.regions[-1].params[int(self.counted) :]
        full = self.body(i, _with_tokens(self.b, params, state))
        return tuple(s for s, _ in self.arrays(full))

    def arrays(self, state: Sequence[Atom]) -> list[tuple[Atom, ArrayType]]:
        """The states that are arrays, with their types."""
        return [(s, s.type) for s in state if isinstance(s.type, ArrayType)]


def _with_tokens(b: Builder, like: Sequence[Value], arrays: Sequence[Atom]) -> list[Atom]:
    rest = iter(arrays)
    return [b.zeros(TOKEN) if v.type is TOKEN else next(rest) for v in like]


def _deal(steps: dict[Op, Split], tapes: Sequence[Atom]) -> dict[Op, list[Atom]]:
    rest = iter(tapes)
    return {u: [next(rest) for _ in s.kept] for u, s in steps.items()}
