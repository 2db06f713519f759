"""Dead code elimination over the whole program, as one reachability problem.

    needed       the entry's results, then whatever a needed value is computed from:
    if           the predicate and the yields of that result
    for, while   that state's initial value and yield, the count or condition; a parameter needs
                 its state likewise
    call         that result of the callee; a callee's parameter needs the operands of live calls

What is not needed goes: ops, results of branches, states of loops (not of one whose history is
used), parameters and results of functions, functions. A history that nobody reads is not recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import is_
from typing import TypeVar
from weakref import WeakKeyDictionary

from anvil.ir.analysis import captures, refs
from anvil.ir.records import Atom, Func, Op, Program, Region, Value
from anvil.opt.passes import ALL, less_of, register, with_funcs
from anvil.opt.states import STATES

T = TypeVar("T")


@register(
    "dce",
    stages=ALL,
    after={
        "inline": "inlined functions are no longer called",
        "simplify": "rules leave the operands of what they replaced behind",
    },
)
def dce(program: Program) -> Program:
    """Removes ops, loop states, branch results, parameters and functions that nothing needs."""
    if _clean.get(program.main) == _others(program):
        return program
    needs = Needs(program)
    trim = _Trim(needs)
    done = with_funcs(program, (trim.func(f) for f in program.funcs.values() if f in needs.funcs))
    _clean[done.main] = _others(done)
    return done


_clean: WeakKeyDictionary[Func, tuple[Func, ...]] = WeakKeyDictionary()
"""Entries of programs without dead code, and the functions that come with them."""


def _others(program: Program) -> tuple[Func, ...]:
    return tuple(f for f in program.funcs.values() if f is not program.main)


class Needs:
    """What the entry's results need: values, and the functions reached."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.values: set[Value] = set()
        self.funcs: set[Func] = set()
        self.whole: set[Func] = set()
        self.results: dict[Func, set[int]] = {}
        self._owner: dict[Value, tuple[Op | Func, Region | None, int]] = {}
        self._calls: dict[Func, list[Op]] = {}
        self._seen: set[Op] = set()
        self._todo: list[Value] = []
        self._whole(program.main)
        while self._todo:
            self._follow(self._todo.pop())

    def _whole(self, func: Func) -> None:
        """The whole signature of a function is needed (the entry, or the callee of a transform)."""
        self._reach(func)
        self.whole.add(func)
        self.results[func] = set(range(len(func.results)))
        self._need(func.body.results)
        self._need(func.params)

    def _reach(self, func: Func) -> None:
        if func not in self.funcs:
            self.funcs.add(func)
            self.results[func] = set()
            self._calls[func] = []
            for i, p in enumerate(func.params):
                self._owner[p] = (func, None, i)
            self._index(func.body)

    def _index(self, region: Region) -> None:
        for op in region.ops:
            for i, v in enumerate(op.outs):
                self._owner[v] = (op, None, i)
            for inner in op.regions:
                for i, p in enumerate(inner.params):
                    self._owner[p] = (op, inner, i)
                self._index(inner)

    def _need(self, atoms: Iterable[Atom]) -> None:
        for a in atoms:
            if type(a) is Value and a not in self.values:
                self.values.add(a)
                self._todo.append(a)

    def _follow(self, value: Value) -> None:
        owner, region, i = self._owner[value]
        if isinstance(owner, Func):
            for call in self._calls[owner]:
                self._need(call.args[i : i + 1])
            return
        name = owner.kind.name
        if name == "call":
            self._call(owner, i)
        elif name == "if":
            self._need((owner.args[0], *(r.results[i] for r in owner.regions)))
        elif name in STATES and not _records(owner, i if region is None else -1):
            self._state(owner, region, i)
        else:
            self._everything(owner)

    def _state(self, op: Op, region: Region | None, i: int) -> None:
        """State `i` of a loop, or parameter `i` of one of its regions."""
        states = STATES[op.kind.name]
        self._need(states.control(op))
        if region is not None:
            i -= states.before(op, region)
            if i < 0:
                return
        self._need((op.args[states.first(op) + i], op.regions[-1].results[i]))

    def _call(self, op: Op, i: int) -> None:
        callee = self.program.funcs[op.attrs["callee"].name]
        self._reach(callee)
        if i not in self.results[callee]:
            self.results[callee].add(i)
            self._need((callee.body.results[i],))
        if op not in self._seen:
            self._seen.add(op)
            self._calls[callee].append(op)
            needed = (callee in self.whole or p in self.values for p in callee.params)
            self._need(a for a, n in zip(op.args, needed, strict=True) if n)

    def _everything(self, op: Op) -> None:
        """All operands, captures and yields of an op, and functions it refers to."""
        if op not in self._seen:
            self._seen.add(op)
            self._need(op.args)
            if op.regions:
                self._need(captures(op))
            for region in op.regions:
                self._need((*region.results, *region.params))
            if op.kind.structural:
                for name in refs(op.attrs):
                    self._whole(self.program.funcs[name])


def _records(op: Op, out: int) -> bool:
    """Whether result `out` is the history of the loop."""
    return bool(op.attrs.get("hist")) and out == len(op.outs) - 1


class _Trim:
    """Rebuilds functions without what is not needed; what stays whole stays the same object."""

    def __init__(self, needs: Needs) -> None:
        self.needs = needs
        self.values = needs.values
        self.reshaped = False
        """Whether an op with regions of the current function changed: a new chance for others."""

    def func(self, func: Func) -> Func:
        """A function with its needed parameters and results."""
        self.reshaped = False
        keep_in = [p in self.values for p in func.params]
        keep_out = [i in self.needs.results[func] for i in range(len(func.results))]
        params = _where(func.params, keep_in)
        body = self.region(func.body, keep_in, keep_out)
        if body is func.body:
            return func
        results = _where(func.results, keep_out)
        new = replace(func, params=params, results=results, body=body)
        return new if self.reshaped else less_of(func, new)

    def region(self, region: Region, keep_in: Sequence[bool], keep_out: Sequence[bool]) -> Region:
        """A region with some of its parameters and results."""
        ops = [new for op in region.ops[:-1] if (new := self.op(op)) is not None]
        end = region.ops[-1]
        if not all(keep_out):
            end = replace(end, args=_where(end.args, keep_out))
        ops.append(end)
        params = _where(region.params, keep_in)
        same = len(ops) == len(region.ops) and all(map(is_, ops, region.ops))
        if same and len(params) == len(region.params):
            return region
        return replace(region, params=params, ops=tuple(ops))

    def op(self, op: Op) -> Op | None:
        """The op, part of it, or None."""
        kept = [v in self.values for v in op.outs]
        if not any(kept):
            return None
        name = op.kind.name
        if name == "call":
            return self.call(op)
        if name == "if":
            return self.rebuilt(op, op.args, kept, [(), ()], kept)
        if name in STATES and not (op.attrs.get("hist") and kept[-1]):
            return self.loop(op, kept)
        return self.inside(op)

    def inside(self, op: Op) -> Op:
        """The op itself, its regions trimmed inside."""
        regions = tuple(
            self.region(r, (True,) * len(r.params), (True,) * len(r.results)) for r in op.regions
        )
        if all(map(is_, regions, op.regions)):
            return op
        self.reshaped = True
        return replace(op, regions=regions)

    def call(self, op: Op) -> Op:
        """A call with the operands and results that the callee still has."""
        callee = self.needs.program.funcs[op.attrs["callee"].name]
        args = _where(op.args, [p in self.values for p in callee.params])
        outs = _where(op.outs, [i in self.needs.results[callee] for i in range(len(op.outs))])
        if len(args) == len(op.args) and len(outs) == len(op.outs):
            return op
        return replace(op, args=args, outs=outs)

    def loop(self, op: Op, kept: Sequence[bool]) -> Op:
        """A loop with the states that are read, inside or after."""
        states = STATES[op.kind.name]
        first = states.first(op)
        n = len(op.args) - first
        keep = [
            kept[i] or any(r.params[states.before(op, r) + i] in self.values for r in op.regions)
            for i in range(n)
        ]
        args = op.args[:first] + _where(op.args[first:], keep)
        params = [(True,) * states.before(op, r) + tuple(keep) for r in op.regions]
        if op.attrs.get("hist"):
            op = replace(op, attrs={**op.attrs, "hist": False}, outs=op.outs[:-1])
        return self.rebuilt(op, args, keep, params, keep)

    def rebuilt(
        self,
        op: Op,
        args: Sequence[Atom],
        outs: Sequence[bool],
        params: Sequence[Sequence[bool]],
        results: Sequence[bool],
    ) -> Op:
        """The op with fewer operands, results, region parameters and yields."""
        regions = tuple(
            self.region(
                r, keep, results if r is op.regions[-1] or op.kind.name == "if" else (True,)
            )
            for r, keep in zip(op.regions, params, strict=True)
        )
        if all(outs) and len(args) == len(op.args) and all(map(is_, regions, op.regions)):
            return op
        self.reshaped = True
        return replace(op, args=tuple(args), outs=_where(op.outs, outs), regions=regions)


def _yields_states(op: Op, region: Region) -> bool:
    """Whether a region yields the op's results; the condition of a loop does not."""
    return op.kind.name == "if" or region is op.regions[-1]


def _where(items: Sequence[T], keep: Sequence[bool]) -> tuple[T, ...]:
    return tuple(x for x, k in zip(items, keep, strict=True) if k)
