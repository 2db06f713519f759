"""Common subexpressions: an op equal to an earlier one in scope is replaced by its results.

Ops are compared by kind, operands, attributes and, for those with regions, the regions up to
renaming of what they define. Every op is pure, so nothing else can differ; tokens are operands like
any other.
"""

from __future__ import annotations

from dataclasses import replace
from operator import is_
from typing import Any

from anvil.ir.loc import AnyLoc, Fused
from anvil.ir.records import Func, Op, Program, Region, Value
from anvil.ir.types import HistType
from anvil.opt.passes import ALL, each_func, less_of, memo, register

_MANY = 8


@register(
    "cse",
    stages=ALL,
    after={"inline": "equal ops of caller and callee meet in one function"},
)
def cse(program: Program) -> Program:
    """Shares equal ops, loops and branches included, whose earlier copy is in scope."""
    return each_func(program, _func, _idle, once=True)


_idle = memo()


def _func(func: Func) -> Func:
    body = _Sharing().region(func.body)
    return func if body is func.body else less_of(func, replace(func, body=body))


def share(region: Region) -> Region:
    """The region without the ops that repeat one of its own."""
    return _Sharing().region(region)


class _Sharing:
    """The walk over one function.

    `same` maps values to the earlier ones they equal, `locs` the ops that stay to the locations
    they stand for. In scope are `plain` ops by key and `nested` ones, which have regions, with the
    depth of the region they are in, by their outlines: keys of whole regions are made only for
    those with equal outlines.
    """

    def __init__(self) -> None:
        self.same: dict[Value, Value] = {}
        self.locs: dict[Op, list[AnyLoc]] = {}
        self.plain: dict[object, Op] = {}
        self.nested: dict[object, list[tuple[Op, int]]] = {}
        self.keys: dict[Op, object] = {}
        self.depth = 0

    def region(self, region: Region) -> Region:
        """The region without the ops that repeat one of an enclosing region or of its own."""
        ops: list[Op] = []
        entered: list[tuple[bool, object]] = []
        self.depth += 1
        for op in region.ops:
            new = self.op(op)
            first = None if new.kind.terminator else self.earlier(new, entered)
            if first is None:
                ops.append(new)
            else:
                self.same.update(zip(op.outs, first.outs, strict=True))
                self.locs.setdefault(first, [first.loc]).append(op.loc)
        self.depth -= 1
        for plain, key in entered:
            if plain:
                del self.plain[key]
            else:
                self.nested[key].pop()
        if len(ops) < len(region.ops) or self.locs:
            ops = list(map(self.located, ops))
        if len(ops) == len(region.ops) and all(map(is_, ops, region.ops)):
            return region
        return replace(region, ops=tuple(ops))

    def earlier(self, op: Op, entered: list[tuple[bool, object]]) -> Op | None:
        """An equal op in scope; if there is none this one is entered."""
        if not op.regions:
            key = (_outline(op), self.depth) if makes_history(op) else _outline(op)
            found = self.plain.setdefault(key, op)
            if found is not op:
                return found
            entered.append((True, key))
            return None
        key = _outline(op)
        like = self.nested.setdefault(key, [])
        for other, depth in reversed(like):
            if depth < self.depth and makes_history(op):
                break
            if self.key(other) == self.key(op):
                return other
        like.append((op, self.depth))
        entered.append((False, key))
        return None

    def key(self, op: Op) -> object:
        """Equal for ops with regions that compute the same."""
        found = self.keys.get(op)
        if found is None:
            found = self.keys[op] = _key(op, {})
        return found

    def op(self, op: Op) -> Op:
        """The op on the values that stay."""
        args, regions, same = op.args, op.regions, self.same
        if same and any(a in same for a in args if type(a) is Value):
            args = tuple(same.get(a, a) if type(a) is Value else a for a in args)
        if regions:
            regions = tuple(map(self.region, regions))
        if args is op.args and all(map(is_, regions, op.regions)):
            return op
        return replace(op, args=args, regions=regions)

    def located(self, op: Op) -> Op:
        """The op with the locations of those it stands for."""
        locs = tuple(dict.fromkeys(self.locs.get(op, ())))
        return replace(op, loc=Fused(locs)) if 1 < len(locs) <= _MANY else op


def makes_history(op: Op) -> bool:
    """Whether a result is a history, which must be consumed in the region that makes it."""
    return bool(op.outs) and isinstance(op.outs[-1].type, HistType)


def _outline(op: Op) -> object:
    """Equal for ops that compute the same; of regions only how large they are."""
    if op.regions:
        sizes = tuple((r.label, len(r.ops)) for r in op.regions)
        return (op.kind, op.args, tuple(map(_attr_key, op.attrs.values())), sizes)
    if not op.attrs:
        return (op.kind, op.args)
    return (op.kind, op.args, tuple(map(_attr_key, op.attrs.values())))


def _key(op: Op, names: dict[Value, int]) -> object:
    """Equal for ops that compute the same; `names` numbers the values of regions around them."""
    args = tuple(names.get(a, a) if type(a) is Value else a for a in op.args)
    regions = tuple(_region_key(r, names) for r in op.regions)
    return (op.kind, args, tuple(map(_attr_key, op.attrs.values())), regions)


def _region_key(region: Region, names: dict[Value, int]) -> object:
    for p in region.params:
        names[p] = len(names)
    keys = []
    for op in region.ops:
        keys.append(_key(op, names))
        for v in op.outs:
            names[v] = len(names)
    return (region.label, tuple(p.type for p in region.params), tuple(keys))


def _attr_key(value: Any) -> object:
    """Unlike keys for attributes that compare equal but are not the same: 1 and True, +-0.0."""
    if isinstance(value, tuple):
        return tuple(map(_attr_key, value))
    if isinstance(value, float):
        return (float, repr(value))
    return (type(value), value)
