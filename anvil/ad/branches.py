"""Reverse mode of `if`.

    y = if p {T} {E}          becomes    y, r = if p {T.fwd} {E.fwd}
    xbar' = if p {T.bwd(r, ybar, xbar)} {E.bwd(r, ybar, xbar)}

where x are the captures that either branch adds to. Each branch is first written as one joint
region (primal ops, then their adjoint sweep, reading the accumulators lexically) and then split
by residuals.py. Residuals of equal type share a slot of r; a branch that has fewer yields zeros.
A branch that adds nothing to x yields its accumulator as it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from anvil.ad.activity import Activity
from anvil.ad.context import ADBuilder
from anvil.ad.residuals import Split, replay_backward, split, take_forward
from anvil.ad.reverse import Cotangents, Sweep, reverse_rule, run_backwards
from anvil.ir.analysis import captures
from anvil.ir.builder import Env, Frame
from anvil.ir.records import Atom, Op, Region, Value
from anvil.ir.types import Type


@dataclass(slots=True)
class _Branch:
    """A branch as a joint region: what it yields, and the accumulators it changed, by capture."""

    label: str
    b: ADBuilder
    frame: Frame
    results: tuple[Atom, ...]
    accs: dict[Value, Atom]
    parts: Split | None = None


@reverse_rule("if")
def _reverse_if(sweep: Sweep, k: int, op: Op, cts: Cotangents) -> None:
    read = captures(op)
    captured = [v for v in read if sweep.active(v)]
    branches = [_joint(sweep, r, captured, cts) for r in op.regions]
    targets = [v for v in captured if any(v in br.accs for br in branches)]
    if not targets:
        return
    given = [*cts, *(sweep.ct.get(v) for v in targets)]
    given += [] if sweep.gate in read else [sweep.gate]  # there before, or made after the branch
    seeds = {v for v in given if type(v) is Value}
    for br in branches:
        wanted = [br.accs.get(v, sweep.dense(v)) for v in targets]
        br.parts = split(br.frame.ops, seeds, br.results, wanted)
    stored = _store(sweep, k, op, branches)
    _emit_backward(sweep, op, branches, targets, stored)


def _joint(sweep: Sweep, region: Region, captured: Sequence[Value], cts: Cotangents) -> _Branch:
    b = sweep.b.fresh()
    b.take(region.ops)
    results = region.results
    inner = Sweep(b, Activity(sweep.session, sweep.activity.of))
    inner.gate = sweep.gate
    inner.ct = {v: sweep.ct[v] for v in captured if v in sweep.ct}
    run_backwards(inner, results, cts)
    accs = {v: inner.ct[v] for v in captured if inner.ct.get(v) is not sweep.ct.get(v)}
    return _Branch(region.label, b, b.frames[-1], results, accs)


def _store(sweep: Sweep, k: int, op: Op, branches: Sequence[_Branch]) -> list[dict[Value, Value]]:
    """Patches the forward `if` to yield the residuals; returns where each branch finds what it
    kept.
    """
    slots: list[Type] = []
    places = [_assign(br, slots) for br in branches]
    regions = tuple(
        _forward_region(sweep.b, br, place, slots)
        for br, place in zip(branches, places, strict=True)
    )
    extra = sweep.patch(k, regions=regions, more=slots)
    found = []
    for br, place in zip(branches, places, strict=True):
        where = {v: extra[slot] for v, slot in place.items()}
        for a, out in zip(br.results, op.outs, strict=True):
            if type(a) is Value and _kept(br, a):
                where[a] = out
        found.append(where)
    return found


def _kept(br: _Branch, a: Atom) -> bool:
    return br.parts is not None and a in br.parts.kept


def _assign(br: _Branch, slots: list[Type]) -> dict[Value, int]:
    """A slot for each kept value that the branch does not yield anyway; `slots` grows as needed."""
    assert br.parts is not None
    place: dict[Value, int] = {}
    at_hand = set(br.results)
    free: dict[Type, list[int]] = {}
    for i in reversed(range(len(slots))):
        free.setdefault(slots[i], []).append(i)
    for v in br.parts.kept:
        if v in at_hand:
            continue
        if free.get(v.type):
            place[v] = free[v.type].pop()
        else:
            place[v] = len(slots)
            slots.append(v.type)
    return place


def _forward_region(
    b: ADBuilder, br: _Branch, place: dict[Value, int], slots: Sequence[Type]
) -> Region:
    assert br.parts is not None
    out = b.fresh()
    out.begin(br.label)
    take_forward(out, br.parts.forward_ops(br.results))
    at = {slot: v for v, slot in place.items()}
    stored = [at[i] if i in at else out.zeros(t) for i, t in enumerate(slots)]
    return out.end((*br.results, *stored))


def _emit_backward(
    sweep: Sweep,
    op: Op,
    branches: Sequence[_Branch],
    targets: Sequence[Value],
    stored: Sequence[dict[Value, Value]],
) -> None:
    b = sweep.b
    regions = []
    masked = [False] * len(targets)
    for br, where in zip(branches, stored, strict=True):
        assert br.parts is not None
        b.begin(br.label)
        env: Env = dict(where)
        replay_backward(b, br.parts, env)
        ends = []
        for i, v in enumerate(targets):
            a = br.accs.get(v, sweep.dense(v))
            masked[i] |= b.is_masked(a) or (v not in br.accs and v not in sweep.ct)
            ends.append(env.get(a, a) if type(a) is Value else a)
        regions.append(b.end(ends))
    outs = b.emit_tuple("if", op.args, {}, tuple(regions))
    for v, acc, m in zip(targets, outs, masked, strict=True):
        sweep.ct[v] = acc
        if m:
            b.mark(acc)
