"""Loop-invariant code motion: what depends on nothing inside a loop is computed before it."""

from __future__ import annotations

from dataclasses import replace

from anvil.ir.records import Func, Op, Program, Region, Value
from anvil.opt.passes import ALL, each_func, memo, register

LOOPS = ("for", "while", "loop_rev")
SPREADING = ("broadcast", "iota", "const")
"""Cheap inside a loop, an array in memory outside: moved only for the sake of others that move."""


@register("licm", stages=ALL, needs={"simplify": "constant loop states become captures there"})
def licm(program: Program) -> Program:
    """Moves ops that depend on nothing inside a loop to before it; not out of loops with a history.

    Ops with regions and calls stay: they might not end, and the loop might not run.
    """
    return each_func(program, _func, _idle, once=True)


_idle = memo()


def _func(func: Func) -> Func:
    body = _region(func.body)
    return func if body is func.body else replace(func, body=body)


def _region(region: Region) -> Region:
    ops: list[Op] = []
    for op in region.ops:
        regions = tuple(map(_region, op.regions))
        new = op
        if any(a is not b for a, b in zip(regions, op.regions, strict=True)):
            new = replace(op, regions=regions)
        if new.kind.name in LOOPS and not new.attrs.get("hist"):
            moved, new = _hoist(new)
            ops += moved
        ops.append(new)
    if len(ops) == len(region.ops) and all(a is b for a, b in zip(ops, region.ops, strict=True)):
        return region
    return replace(region, ops=tuple(ops))


def _hoist(loop: Op) -> tuple[list[Op], Op]:
    """Ops to put before the loop, and the loop without them."""
    inside: set[Value] = set()
    movable: dict[Value, Op] = {}
    for region in loop.regions:
        inside.update(region.params)
        for op in region.ops:
            if _invariant(op, inside):
                movable.update((v, op) for v in op.outs)
            else:
                inside.update(op.outs)
    wanted: dict[Op, None] = {}
    todo = [op for op in movable.values() if op.kind.name not in SPREADING]
    while todo:
        op = todo.pop()
        if op not in wanted:
            wanted[op] = None
            todo += [movable[a] for a in op.args if type(a) is Value and a in movable]
    if not wanted:
        return [], loop
    moved = [op for region in loop.regions for op in region.ops if op in wanted]
    regions = tuple(
        replace(r, ops=tuple(op for op in r.ops if op not in wanted)) for r in loop.regions
    )
    return moved, replace(loop, regions=regions)


def _invariant(op: Op, inside: set[Value]) -> bool:
    if op.kind.structural or op.regions:
        return False
    return not any(type(a) is Value and a in inside for a in op.args)
