"""The pass `flatten-loops`: a loop whose history is kept, and loops in its body, become one.

The reverse of a loop runs inner loops of its body again, for which it needs the arrays they update
as they were: all of each array, at every step of the outer loop. Where an inner loop touches a few
elements (the moves of an insertion sort, the path that a union-find compresses) that is O(n) for
O(1) work. In one loop over the steps of both, what a step keeps is elements again. Steps are of
unknown number then, so memory is bounded by scheme A* (plan_loops.py).

Flattened are loops over versions of an array that the outer loop carries and updates in place, if
they do not run through as much as the array by a known number of steps. Nothing is done where any
other op of the outer body makes something of the arrays' size: that would be kept at each step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from anvil.ir.analysis import callees, op_reads, slice_of, walk
from anvil.ir.builder import Builder, Env
from anvil.ir.records import Atom, Const, Func, Op, Program, Region, Value
from anvil.ir.types import ArrayType, HistType, Type
from anvil.opt.blocks import resolved
from anvil.opt.flat_loops import Flat, flattened
from anvil.opt.histories import constant_count
from anvil.opt.inline import with_bodies
from anvil.opt.mailbox import WORTH, WRITES, first_state, is_loop, update_of

_DENSE = 8
"""A loop that takes a step for so many elements of the array is left as it is."""
_PART = 4
"""What is larger than such a part of the array counts as large."""


def flatten_loops(program: Program) -> Program:
    """Makes one loop of loops in loops with a history: stage "core" -> "core"."""
    funcs = {name: _func(program, f) for name, f in program.funcs.items()}
    if all(funcs[n] is f for n, f in program.funcs.items()):
        return program
    return Program(funcs, program.entry, program.stage)


def _func(program: Program, func: Func) -> Func:
    plans = dict(_plans(program, func.body))
    if not plans:
        return func
    b = _Flattening([p.type for p in func.params], [p.hint for p in func.params])
    b.plans = plans
    results = b.inline(func.body, b.params)
    return b.finish(func.name, results, func.origin)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A flattened loop in terms of the parameters `caps` for what is `captured`."""

    flat: Flat
    caps: tuple[Value, ...]
    captured: tuple[Atom, ...]
    before: tuple[Op, ...]
    """What makes captures only after the loop."""


def _plans(program: Program, region: Region) -> Iterator[tuple[Op, _Plan]]:
    """The loops with a history to flatten; the ops that reverse them are in the same region."""
    users: dict[Atom, list[Op]] = {}
    for op in region.ops:
        if op.kind.name == "loop_vjp":
            users.setdefault(op.args[0], []).append(op)
    for k, op in enumerate(region.ops):
        mine = users.get(op.outs[-1], []) if _recorded(op) else []
        plan = _planned(program, op, mine, region.ops[k + 1 :]) if mine else None
        if plan is not None:
            yield op, plan
        else:
            for r in op.regions:
                yield from _plans(program, r)


def _recorded(op: Op) -> bool:
    return is_loop(op) and bool(op.attrs["hist"])


def _planned(program: Program, op: Op, users: Sequence[Op], later: Sequence[Op]) -> _Plan | None:
    """A plan for a loop that `users` reverse, all `later` in its region."""
    if any(_captured(u) != _captured(users[0]) for u in users):
        return None
    if any(o.kind.name in ("print", "host_call") for r in op.regions for o in walk(r)):
        return None
    captured = _captured(users[0])
    before = slice_of(later, (a for a in captured if isinstance(a, Value)))
    if any(o.regions or not set(op.outs).isdisjoint(op_reads(o)) for o in before):
        return None
    caps, loop = _closed(program, op, users[0])
    chosen = _chosen(loop)
    flat = flattened(loop, chosen) if chosen else None
    return None if flat is None else _Plan(flat, caps, captured, before)


def _captured(vjp: Op) -> tuple[Atom, ...]:
    first = _first_cap(vjp)
    return vjp.args[first : first + vjp.attrs["caps"]]


def _first_cap(vjp: Op) -> int:
    history = vjp.args[0].type
    assert isinstance(history, HistType)
    return 1 + int(history.counted) + len(history.states)


def _closed(program: Program, op: Op, vjp: Op) -> tuple[tuple[Value, ...], Op]:
    """The loop that `vjp` reverses, with calls of functions with loops inlined, and the parameters
    that stand for its captures."""
    m = vjp.attrs["caps"]
    regions = [_inlined(program, r) for r in vjp.regions]
    caps = regions[-1].params[len(regions[-1].params) - m :]
    b = Builder()
    closed = []
    for r in regions:
        n = len(r.params) - m
        frame = b.begin(r.label, [p.type for p in r.params[:n]], [p.hint for p in r.params[:n]])
        with b.at(op.loc):
            closed.append(b.end(b.inline(r, (*frame.params, *caps))))
    outs = tuple(Value(v.type, v.hint) for v in op.outs[:-1])
    attrs = {**op.attrs, "hist": False}
    return caps, Op(op.kind, op.args, outs, attrs, tuple(closed), op.loc)


def _inlined(program: Program, region: Region) -> Region:
    while True:
        names = {o.attrs["callee"].name for o in walk(region) if o.kind.name == "call"}
        chosen = {n: program.funcs[n] for n in names if _has_loop(program, program.funcs[n])}
        if not chosen:
            return region
        region = with_bodies(region, chosen)


def _has_loop(program: Program, func: Func) -> bool:
    if any(map(is_loop, walk(func))):
        return True
    return any(_has_loop(program, program.funcs[n]) for n in callees(func))


# ---- which loops


def _chosen(loop: Op) -> list[Op]:
    """The loops in the body of `loop` to be flattened; none if it does not pay."""
    body = loop.regions[-1]
    states = body.params[len(body.params) - len(body.results) :]
    moving = {
        p
        for p, r in zip(states, body.results, strict=True)
        if r is not p and _size(p.type) >= WORTH
    }
    if not moving:
        return []
    versions = _Versions(moving)
    versions.region(body)
    most = max(_size(v.type) for v in moving)
    found = [op for op in _loops(body) if _sparse(op, versions.known)]
    if any(isinstance(v.type, HistType) for op in walk(body) for v in op.outs):
        return []
    return found if found and _small(body, found, versions.known, most) else []


class _Versions:
    """The values that are an array of the outer loop with parts of it updated."""

    def __init__(self, known: set[Value]) -> None:
        self.known = known

    def region(self, region: Region) -> None:
        """Adds the versions that ops of a region make."""
        for op in region.ops:
            if op.kind.name in WRITES and op.args[0] in self.known:
                self.known.add(op.outs[0])
            elif is_loop(op):
                self._loop(op)
            else:
                for r in op.regions:
                    self.region(r)
                    self._results(op.outs, r.results)

    def _loop(self, op: Op) -> None:
        inits = op.args[first_state(op) :]
        for r in op.regions:
            self._results(r.params[len(r.params) - len(inits) :], inits)
            self.region(r)
        self._results(op.outs, inits)

    def _results(self, values: Sequence[Value], atoms: Sequence[Atom]) -> None:
        self.known.update(v for v, a in zip(values, atoms, strict=False) if a in self.known)


def _loops(region: Region) -> Iterator[Op]:
    """The loops of a region, those inside of them and of branches too."""
    return (op for op in walk(region) if is_loop(op))


def _sparse(op: Op, versions: set[Value]) -> bool:
    """Whether a loop reads a version of an array and may do little beside the array's size."""
    sizes = [_size(v.type) for v in op_reads(op) if v in versions]
    if not sizes:
        return False
    count = op.args[0] if op.kind.name == "for" else None
    steps = constant_count(count) if count is not None else None
    return steps is None or steps * _DENSE < max(sizes)


def _small(body: Region, chosen: Sequence[Op], versions: set[Value], most: float) -> bool:
    """Whether nothing in the blocks is as large as the arrays, but versions of them."""
    for op in _cut_ops(body, chosen):
        made = [v for v in op.outs if v not in versions]
        made += [p for r in op.regions for p in r.params if p not in versions]
        read = [a for a in op.args if isinstance(a, Const)]
        written = [update_of(op)] if op.kind.name in WRITES else []
        if any(_size(a.type) * _PART > most for a in (*made, *read, *written)):
            return False
    return True


def _cut_ops(region: Region, chosen: Sequence[Op]) -> Iterator[Op]:
    """The ops of the blocks: all that are not in a loop that stays as it is."""
    for op in region.ops:
        yield op
        cut = op in chosen or any(o in chosen for r in op.regions for o in walk(r))
        if cut or not is_loop(op):
            for r in op.regions:
                yield from _cut_ops(r, chosen)


def _size(t: Type) -> float:
    return t.size if isinstance(t, ArrayType) else 0


# ---- the program


class _Flattening(Builder):
    """Replays a function; loops with a plan and what reverses them are replaced."""

    plans: Mapping[Op, _Plan]

    def __init__(self, params: Sequence[Type], hints: Sequence[str]) -> None:
        super().__init__(params, hints)
        self.made: dict[Value, _Plan] = {}

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """`Builder.copy`, but for planned loops."""
        plan = self.plans.get(op)
        if plan is None and (op.kind.name != "loop_vjp" or op.args[0] not in self.made):
            return super().copy(op, env)
        with self.at(op.loc):
            outs = self._reverse(op, env) if plan is None else self._loop(op, plan, env)
        env.update(zip(op.outs, outs, strict=True))
        return outs

    def _loop(self, op: Op, plan: _Plan, env: Env) -> tuple[Atom, ...]:
        """The flattened loop with its history; the results of the loop as it was."""
        self.made[op.outs[-1]] = plan
        self.replay(plan.before, env)
        captured = resolved(env, plan.captured)
        inner = {**env, **dict(zip(plan.caps, captured, strict=True))}
        regions = tuple(self.copy_region(r, inner) for r in (plan.flat.cond, plan.flat.body))
        inits = self._inits(resolved(env, op.args[first_state(op) :]), plan, env)
        outs = self.emit_tuple("while", inits, {"hist": True}, regions)
        return (*outs[: len(op.outs) - 1], outs[-1])

    def _reverse(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """The reverse of the flattened loop; its results for the states and captures of old."""
        plan = self.made[op.args[0]]  # type: ignore[index]
        first, m, active = _first_cap(op), op.attrs["caps"], op.attrs["active"]
        history, *args = resolved(env, op.args)
        assert isinstance(history.type, HistType)
        old = op.args[0].type
        assert isinstance(old, HistType)
        n = len(old.states)
        inits = self._inits(args[first - 1 - n : first - 1], plan, env)
        caps, seeds = args[first - 1 : first - 1 + m], args[first - 1 + m :]
        more = [k for k, a in enumerate(inits) if k >= n and _inexact(a.type)]
        p, q = len(active), len(more)
        lam = [*seeds[:p], *(self.zeros(inits[k].type) for k in more)]
        attrs = {
            **op.attrs,
            "active": (*active, *more),
            "masked": (
                *(i for i in op.attrs["masked"] if i < p),
                *range(p, p + q),
                *(i + q for i in op.attrs["masked"] if i >= p),
            ),
        }
        regions = tuple(self._closed(r, plan, env) for r in (plan.flat.cond, plan.flat.body))
        given = (history, *inits, *caps, *lam, *seeds[p:])
        outs = self.emit_tuple("loop_vjp", given, attrs, regions)
        return (*outs[:p], *outs[p + q :])

    def _inits(self, states: Sequence[Atom], plan: _Plan, env: Env) -> list[Atom]:
        more = (a if isinstance(a, Value | Const) else self.zeros(a) for a in plan.flat.more)
        return [*states, *resolved(env, list(more))]

    def _closed(self, region: Region, plan: _Plan, env: Env) -> Region:
        """A region with the captures for further parameters."""
        params = (*region.params, *plan.caps)
        frame = self.begin(region.label, [p.type for p in params], [p.hint for p in params])
        inner = {**env, **dict(zip(params, frame.params, strict=True))}
        self.replay(region.ops, inner)
        return self.end(resolved(inner, region.results))


def _inexact(t: Type) -> bool:
    return isinstance(t, ArrayType) and t.dtype.inexact
