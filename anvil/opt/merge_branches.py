"""The pass `merge-branches`: conditionals with the same predicate become one.

    y = if p {Y} else {Y'}               y, z = if p {Y; Z} else {Y'; Z'}
    z = if p {Z} else {Z'}       ->

The second may read what the first yields (in the merged branches it reads what each yields) but
nothing else that depends on it; what it needs besides is computed before. The histories of loops
make such pairs: one conditional takes the step, another finds again what the step's reverse needs.
As one they share their ops, and what is read of an array is read before the array is updated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import is_

from anvil.ir.analysis import op_reads
from anvil.ir.loc import Fused
from anvil.ir.records import Atom, Func, Op, Program, Region, Value
from anvil.opt.cse import share
from anvil.opt.passes import each_func, memo


def merge_branches(program: Program) -> Program:
    """Makes one conditional of those with the same predicate: stage "planned" -> "planned"."""
    return each_func(program, _func, _idle, once=True)


_idle = memo()


def _func(func: Func) -> Func:
    body = _region(func.body)
    return func if body is func.body else replace(func, body=body)


def _region(region: Region) -> Region:
    ops: list[Op] = []
    same: dict[Value, Atom] = {}
    for op in _merged(region.ops):
        new = _inside(_renamed(op, same))
        ops.append(_distinct(new, same) if new.kind.name == "if" else new)
    if len(ops) == len(region.ops) and all(map(is_, ops, region.ops)):
        return region
    return replace(region, ops=tuple(ops))


def _inside(op: Op) -> Op:
    if not op.regions:
        return op
    regions = tuple(map(_region, op.regions))
    return op if all(map(is_, regions, op.regions)) else replace(op, regions=regions)


def _merged(ops: Sequence[Op]) -> list[Op]:
    """The ops, conditionals merged into the nearest earlier ones on the same predicate."""
    done: list[Op] = []
    last: dict[Atom, int] = {}
    for op in ops:
        if op.kind.name == "if":
            at = last.get(op.args[0])
            moved = None if at is None else _moved(done[at], done[at + 1 :], op)
            if at is not None and moved is not None:
                rest = [o for o in done[at + 1 :] if o not in moved]
                pair = _pair(done[at], op)
                done = [*done[:at], *moved, pair, *rest]
                last = {o.args[0]: k for k, o in enumerate(done) if o.kind.name == "if"}
                continue
            last[op.args[0]] = len(done)
        done.append(op)
    return done


def _moved(first: Op, between: Sequence[Op], second: Op) -> dict[Op, None] | None:
    """The ops to put before `first` so that `second` can stand there; None if it cannot."""
    late = set(first.outs)
    for op in between:
        if not late.isdisjoint(op_reads(op)):
            late.update(op.outs)
    needed = set(op_reads(second)).difference(first.outs)
    moved = []
    for op in reversed(between):
        if not needed.isdisjoint(op.outs):
            moved.append(op)
            needed.update(op_reads(op))
    return None if not needed.isdisjoint(late) else dict.fromkeys(reversed(moved))


def _pair(first: Op, second: Op) -> Op:
    """Both as one."""
    regions = tuple(
        share(_joined(first.outs, a, b)) for a, b in zip(first.regions, second.regions, strict=True)
    )
    loc = first.loc if first.loc == second.loc else Fused((first.loc, second.loc))
    return replace(first, outs=(*first.outs, *second.outs), regions=regions, loc=loc)


def _distinct(op: Op, same: dict[Value, Atom]) -> Op:
    """A conditional without results that equal others, which `same` maps to those."""
    columns = dict[tuple[Atom, ...], Value]()
    keep = []
    for k, column in enumerate(zip(*(r.results for r in op.regions), strict=True)):
        if column in columns:
            same[op.outs[k]] = columns[column]
        else:
            columns[column] = op.outs[k]
            keep.append(k)
    if len(keep) == len(op.outs):
        return op
    ends = (replace(r.ops[-1], args=tuple(r.results[k] for k in keep)) for r in op.regions)
    regions = (replace(r, ops=(*r.ops[:-1], end)) for r, end in zip(op.regions, ends, strict=True))
    return replace(op, outs=tuple(op.outs[k] for k in keep), regions=tuple(regions))


def _joined(outs: Sequence[Value], a: Region, b: Region) -> Region:
    """Branch `a`, then `b`, which reads the results `outs` of the first conditional."""
    env = dict(zip(outs, a.results, strict=True))
    end = replace(a.ops[-1], args=(*a.results, *(_read(env, r) for r in b.results)))
    return replace(a, ops=(*a.ops[:-1], *(_renamed(op, env) for op in b.ops[:-1]), end))


def _renamed(op: Op, env: dict[Value, Atom]) -> Op:
    if env.keys().isdisjoint(op_reads(op)):
        return op
    args = tuple(_read(env, a) for a in op.args)
    regions = tuple(replace(r, ops=tuple(_renamed(o, env) for o in r.ops)) for r in op.regions)
    return replace(op, args=args, regions=regions)


def _read(env: dict[Value, Atom], a: Atom) -> Atom:
    return env.get(a, a) if isinstance(a, Value) else a
