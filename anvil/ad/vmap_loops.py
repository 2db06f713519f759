"""vmap of loops. Lanes may finish at different times; a *frozen* lane keeps its states.

for n, n mapped     for max(n) with body masked by i < n
while c, c mapped   states (s, live), live = c(s0)
                    while any(live): s' = body(s) masked by live;  live' = live and c(s')
otherwise           the loop of the mapped body
in a masked context lanes that are not live do not iterate; if none is live, nothing happens

masked by live      s' = select(live, body(s), s) for scalars and dense states; what the body
                    updates in place is masked where it is updated (mask.py)

loop[hist]          the history of the mapped (and extended) states
loop_vjp, loop_rev  of the same loop: the same regions, masked the same way, so that their
                    states are those of the history. A frozen step has s' = s: its cotangents
                    pass through and its accumulators stay as they are. loop_rev (which may
                    have mapped cotangents over a history that is the same for all lanes)
                    freezes its carried values likewise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from anvil.ad import mask
from anvil.ad.lanes import LoopPlan
from anvil.ad.vmap import Batcher, batch_rule
from anvil.ir.families import add_axis
from anvil.ir.records import Atom, Const, Op, Region, Value
from anvil.ir.types import BOOL, array


@dataclass(frozen=True)
class Mapped:
    """A loop being mapped: its plan, the number of states, and the atoms that rule its lanes."""

    plan: LoopPlan
    states: int
    outer: Atom | None
    """Lanes that are live around the loop, None for all."""
    count: tuple[Atom, ...] = ()
    """The number of iterations of a counted loop."""
    counts: Atom | None = None
    """The number of iterations of each lane, where they differ."""
    start: tuple[Atom, ...] = ()
    """The initial `live` state of an extended loop."""

    @property
    def counted(self) -> bool:
        """Whether the loop is a `for`."""
        return bool(self.count)


@batch_rule("for", "while")
def _loop(run: Batcher, op: Op) -> None:
    plan = run.lanes.plan(op)
    if run.live is None and not (run.lanes.touches(op) or plan.states):
        run.same(op)
        if op.attrs["hist"]:
            k = int(op.kind.name == "for")
            run.loops[op.outs[-1]] = Mapped(plan, len(op.args) - k, None, run.read(op.args[:k]))
        return
    k = int(op.kind.name == "for")
    states = op.regions[-1].params[k:]
    inits = [run.aligned(a, s) for a, s in zip(op.args[k:], states, strict=True)]
    loop = _rule(run, op, plan, inits)
    regions = _regions(run, op, loop)
    args = [*loop.count, *inits, *loop.start]
    outs = run.b.emit_tuple(op.kind, args, op.attrs, regions)
    n = len(states)
    run.bind_all(op.outs[:n], outs[:n])
    if op.attrs["hist"]:
        run.env[op.outs[n]] = outs[-1]
        run.loops[op.outs[n]] = loop


def _rule(run: Batcher, op: Op, plan: LoopPlan, inits: Sequence[Atom]) -> Mapped:
    n = len(inits)
    if op.kind.name == "for":
        count, counts = _count(run, op.args[0])
        return Mapped(plan, n, run.live, (count,), counts)
    if not plan.extended:
        return Mapped(plan, n, run.live)
    start = mask.narrow(run.b, run.live, _condition(run, op.regions[0], inits))
    return Mapped(plan, n, run.live, start=(start,))


def _count(run: Batcher, count: Atom) -> tuple[Atom, Atom | None]:
    """The number of iterations, and that of each lane if they differ."""
    b, (n,) = run.b, run.read((count,))
    if run.lanes.is_mapped(count):
        if run.live is not None:
            n = mask.choose(b, run.live, n, b.zeros(n.type))
        return cast(Atom, b.reduce_max(n, axes=(0,))), n
    if run.live is not None and not isinstance(n, Const):
        n = cast(Atom, b.select(mask.any_live(b, run.live), n, b.i64(0)))
    return n, None


def _condition(run: Batcher, cond: Region, states: Sequence[Atom]) -> Atom:
    """Emits the condition of each lane on states that carry the axis where they are mapped."""
    run.bind_all(cond.params[: len(states)], states)
    run.ops(cond.ops)
    return run.lifted(cond.results[0])


# ---- regions


def _regions(run: Batcher, op: Op, loop: Mapped) -> tuple[Region, ...]:
    """The regions of a loop or loop_vjp for all lanes: parameters [i,] states, [live,] captures."""
    body = _body(run, op, loop)
    if loop.counted:
        return (body,)
    return (_while(run, op, loop), body)


def _open(run: Batcher, region: Region, loop: Mapped, k: int) -> tuple[list[Value], Atom | None]:
    """Begins a region and binds its parameters; returns them without `live`, and `live`."""
    n = k + loop.states
    types, hints = run.types(region.params), [p.hint for p in region.params]
    if loop.plan.extended:
        types.insert(n, array(BOOL, (run.size,)))
        hints.insert(n, "live")
    params = list(run.b.begin(region.label, types, hints).params)
    live = params.pop(n) if loop.plan.extended else None
    run.bind_all(region.params, params)
    return params, live


def _while(run: Batcher, op: Op, loop: Mapped) -> Region:
    cond = op.regions[0]
    _, live = _open(run, cond, loop, 0)
    if live is not None:
        return run.b.end([mask.any_live(run.b, live)])
    run.ops(cond.ops)
    (pred,) = run.read(cond.results)
    if loop.outer is not None:
        pred = mask.narrow(run.b, mask.any_live(run.b, loop.outer), pred)
    return run.b.end([pred])


def _body(run: Batcher, op: Op, loop: Mapped) -> Region:
    body, k = op.regions[-1], int(loop.counted)
    params, own = _open(run, body, loop, k)
    live = _live(run, loop, params[:k], own)
    states = body.params[k : k + loop.states]
    with run.under(live):
        run.ops(body.ops)
        ends = _ends(run, loop, live, body, states)
        if own is not None:
            captured = params[k + loop.states :]
            cond = op.regions[0]
            run.bind_all(cond.params[loop.states :], captured)
            ends.append(mask.narrow(run.b, own, _condition(run, cond, ends)))
    return run.b.end(ends)


def _live(run: Batcher, loop: Mapped, index: Sequence[Atom], own: Atom | None) -> Atom | None:
    """The lanes that take part in an iteration."""
    if own is not None:
        return own
    if loop.counts is None:
        return loop.outer
    i = add_axis(run.b, index[0], run.size)
    return cast(Atom, run.b.lt(i, loop.counts))


def _ends(
    run: Batcher, loop: Mapped, live: Atom | None, region: Region, carried: Sequence[Value]
) -> list[Atom]:
    """What a region yields for its carried values; lanes that are not live keep theirs."""
    ends = []
    for a, s in zip(region.results, carried, strict=True):
        new = run.aligned(a, s)
        if loop.plan.freeze and live is not None and not run.lanes.keeps(region, a, s):
            new = mask.choose(run.b, live, new, run.env[s])
        ends.append(new)
    return ends


# ---- reversed loops


@batch_rule("loop_vjp")
def _loop_vjp(run: Batcher, op: Op) -> None:
    plan = run.lanes.plan(op)
    if not (run.lanes.touches(op) or plan.states or plan.freeze):
        run.same(op)
        return
    loop = cast(Mapped, run.loops[op.args[0]])
    k, n = int(loop.counted), loop.states
    body, active, wrt = op.regions[-1], op.attrs["active"], op.attrs["wrt"]
    first = 1 + k
    given = [run.aligned(a, p) for a, p in zip(op.args[first:], body.params[k:], strict=False)]
    seeds = op.args[first + len(given) :]
    like = [*(body.params[k + j] for j in active), *(body.params[k + n + q] for q in wrt)]
    moved = [run.aligned(a, p) for a, p in zip(seeds, like, strict=True)]
    regions = _regions(run, op, loop)
    (history,) = run.read(op.args[:1])
    args = [history, *loop.count, *given[:n], *loop.start, *given[n:], *moved]
    run.bind_all(op.outs, run.b.emit_tuple("loop_vjp", args, op.attrs, regions))


@batch_rule("loop_rev")
def _loop_rev(run: Batcher, op: Op) -> None:
    plan = run.lanes.plan(op)
    if not (run.lanes.touches(op) or plan.states or plan.freeze):
        run.same(op)
        return
    loop = cast(Mapped, run.loops[op.args[0]])
    (step,) = op.regions
    k = int(loop.counted)
    carried = step.params[k + loop.states :]
    inits = [run.aligned(a, c) for a, c in zip(op.args[1:], carried, strict=True)]
    params, own = _open(run, step, loop, k)
    live = _live(run, loop, params[:k], own)
    with run.under(live):
        run.ops(step.ops)
        ends = _ends(run, loop, live, step, carried)
    region = run.b.end(ends)
    (history,) = run.read(op.args[:1])
    run.bind_all(op.outs, run.b.emit_tuple("loop_rev", [history, *inits], {}, (region,)))
