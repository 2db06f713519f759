"""Common subexpressions: an op equal to an earlier one in scope is replaced by its results.

Ops are compared by kind, operands, attributes and, for those with regions, the regions up to
renaming of what they define. Every op is pure, so nothing else can differ; tokens are operands like
any other.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from anvil.ir.loc import AnyLoc, Fused
from anvil.ir.records import ArrayData, Atom, Func, Op, Program, Region, Value
from anvil.opt.passes import ALL, each_func, register

_MANY = 8


@register(
    "cse",
    stages=ALL,
    after={"inline": "equal ops of caller and callee meet in one function"},
)
def cse(program: Program) -> Program:
    """Shares equal ops, loops and branches included, whose earlier copy is in scope."""
    return each_func(program, _func)


def _func(func: Func) -> Func:
    body = _Sharing().region(func.body, ChainMap())
    return func if body is func.body else replace(func, body=body)


@dataclass(slots=True)
class _First:
    """The op that stays, where it is in the list being made, and the locations it stands for."""

    outs: tuple[Value, ...]
    ops: list[Op]
    index: int
    locs: list[AnyLoc]


Table = ChainMap[object, _First]


class _Sharing:
    """The walk over one function; `same` maps values to the earlier ones they equal."""

    def __init__(self) -> None:
        self.same: dict[Value, Value] = {}

    def region(self, region: Region, table: Table) -> Region:
        """The region without the ops that repeat one of the table or of its own."""
        ops: list[Op] = []
        firsts: list[_First] = []
        for op in region.ops:
            new = self.op(op, table)
            key = op_key(new, {})
            first = table.get(key)
            if first is not None and not new.kind.terminator:
                self.same.update(zip(op.outs, first.outs, strict=True))
                first.locs.append(op.loc)
                continue
            first = table[key] = _First(new.outs, ops, len(ops), [op.loc])
            firsts.append(first)
            ops.append(new)
        for first in firsts:
            locs = tuple(dict.fromkeys(first.locs))
            if 1 < len(locs) <= _MANY:
                ops[first.index] = replace(ops[first.index], loc=Fused(locs))
        if len(ops) == len(region.ops) and all(map(_is, ops, region.ops)):
            return region
        return replace(region, ops=tuple(ops))

    def op(self, op: Op, table: Table) -> Op:
        """The op on the values that stay."""
        args = tuple(self.same.get(a, a) if type(a) is Value else a for a in op.args)
        regions = tuple(self.region(r, table.new_child()) for r in op.regions)
        if all(map(_is, args, op.args)) and all(map(_is, regions, op.regions)):
            return op
        return replace(op, args=args, regions=regions)


def op_key(op: Op, names: Mapping[Value, int]) -> object:
    """Equal for ops that compute the same; `names` numbers values of enclosing keyed regions."""
    args = tuple(_name(a, names) for a in op.args)
    regions = tuple(_region_key(r, names) for r in op.regions)
    return (op.kind, args, tuple(map(_attr_key, op.attrs.values())), regions)


def _region_key(region: Region, names: Mapping[Value, int]) -> object:
    inner = dict(names)
    for p in region.params:
        inner[p] = len(inner)
    keys = []
    for op in region.ops:
        keys.append(op_key(op, inner))
        for v in op.outs:
            inner[v] = len(inner)
    return (region.label, tuple(p.type for p in region.params), tuple(keys))


def _name(atom: Atom, names: Mapping[Value, int]) -> object:
    return names.get(atom, atom) if type(atom) is Value else atom


def _attr_key(value: Any) -> object:
    """Unlike keys for attributes that compare equal but are not the same: 1 and True, +-0.0."""
    if isinstance(value, tuple):
        return tuple(map(_attr_key, value))
    return value if isinstance(value, ArrayData) else (type(value), repr(value))


def _is(a: object, b: object) -> bool:
    return a is b
