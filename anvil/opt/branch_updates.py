"""What `hoist-updates` takes out of a conditional, and in which phase (see hoist_updates.py).

A chain is what a branch does to an array that enters it: updates, and loops that carry it. Every op
of a branch has a phase: an update stands at the end of the first phase in which its operands are
known; what reads its result belongs to the next one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from anvil.ir.analysis import free_values, op_reads
from anvil.ir.records import Atom, Op, Region, Value
from anvil.ir.types import TOKEN, ArrayType, Type
from anvil.opt.mailbox import WORTH, first_state, is_loop, ordered, update_of

_BLOCKS = frozenset({"dynamic_update_slice", "dynamic_add_slice"})
_SCATTERS = frozenset({"scatter", "scatter_add"})
"""What leaves a branch too if the array is large: scatters are dear where they change nothing."""
_LARGE = 4096
_MOST_PHASES = 6


@dataclass
class Branch:
    """One branch: its chains of updates, the phase of each op, and of each value's first use."""

    region: Region
    chains: dict[Value, tuple[Op, ...]]
    """What updates each array that enters, in order: updates and loops."""
    ops: Sequence[Op] = ()
    phase: dict[Op, int] = field(default_factory=dict)
    least: dict[Op, int] = field(default_factory=dict)
    """The first phase of updates that have no place in an earlier one."""
    written: dict[Value, int] = field(default_factory=dict)
    """The first phase in which what updates this version of an array next may stand."""

    @property
    def last(self) -> int:
        """The last phase in which anything happens."""
        loops = (p + 1 for op, p in self.phase.items() if op in self.leaving and is_loop(op))
        return max([*self.phase.values(), *loops], default=0)

    def inside(self, f: int) -> list[Op]:
        """What stays in the conditional of a phase."""
        return [op for op in self.ops if self.phase[op] == f and op not in self.leaving]

    def loops_of(self, f: int) -> list[Op]:
        """The loops that follow the conditional of a phase."""
        loops = (op for op in self.ops if op in self.leaving and is_loop(op))
        return [op for op in loops if self.phase[op] == f]

    @cached_property
    def leaving(self) -> frozenset[Op]:
        """The updates and loops that leave the branch."""
        return frozenset(op for ops in self.chains.values() for op in ops)

    def updated(self, op: Op) -> dict[Value, list[Value]]:
        """The versions of arrays that `op` updates and the new ones, if it leaves the branch."""
        if op not in self.leaving:
            return {}
        first = first_state(op) if is_loop(op) else 0
        found = dict[Value, list[Value]]()
        for out, a in zip(op.outs, op.args[first:], strict=False):
            if isinstance(a, Value) and out in self.versions:
                found.setdefault(a, []).append(out)
        return found

    @cached_property
    def versions(self) -> frozenset[Value]:
        """What the chains make: of each op, the array that the next one updates."""
        found = set[Value]()
        for root, ops in self.chains.items():
            now: Value = root
            for op in ops:
                first = first_state(op) if is_loop(op) else 0
                now = op.outs[op.args.index(now) - first]
                found.add(now)
        return frozenset(found)


@dataclass(slots=True)
class Plan:
    """How a conditional is cut. `places` are the results that are arrays updated in place."""

    branches: tuple[Branch, Branch]
    places: dict[int, Value]
    token: tuple[int, Value] | None = None
    """The result that is a token, and the token that enters."""
    phases: int = 1

    def others(self, values: Sequence[Atom]) -> list[Atom]:
        """Those of the results, or of what makes them, that the last conditional yields."""
        token = self.token[0] if self.token else -1
        return [v for k, v in enumerate(values) if k not in self.places and k != token]


def planned(op: Op) -> Plan | None:
    then, orelse = op.regions
    places: dict[int, Value] = {}
    chains: tuple[dict[Value, tuple[Op, ...]], dict[Value, tuple[Op, ...]]] = {}, {}
    for k, (a, b) in enumerate(zip(then.results, orelse.results, strict=True)):
        if not isinstance(a.type, ArrayType) or a.type.size < WORTH:
            continue
        (root, first), (other, second) = _chain(then, a), _chain(orelse, b)
        if root is other and isinstance(root, Value) and (first or second):
            if root in chains[0]:
                return None
            places[k] = root
            chains[0][root], chains[1][root] = first, second
    token = _token(op)
    if not places or token is False:
        return None
    plan = Plan((Branch(then, chains[0]), Branch(orelse, chains[1])), places, token or None)
    return plan if _scheduled(plan) and _crossing(plan) else None


def _token(op: Op) -> tuple[int, Value] | Literal[False] | None:
    """The place of the token among the results and the token that enters; False if several do."""
    found = {k for k, v in enumerate(op.outs) if v.type is TOKEN}
    entering = {v for r in op.regions for v in free_values(r) if v.type is TOKEN}
    if not found:
        return None if not entering else False
    if len(found) > 1 or len(entering) != 1:
        return False
    return found.pop(), entering.pop()


def _chain(region: Region, a: Atom) -> tuple[Atom | None, tuple[Op, ...]]:
    """What makes `a` of an array that enters `region`: that array, and updates and loops."""
    made = {v: op for op in region.ops for v in op.outs}
    found: list[Op] = []
    while isinstance(a, Value) and a in made:
        op = made[a]
        if _leaves(op):
            before = op.args[0]
        elif is_loop(op) and not op.attrs["hist"]:
            before = op.args[op.outs.index(a) + first_state(op)]
        else:
            break
        if op.args.count(before) > 1:
            break
        found.append(op)
        a = before
    outside = isinstance(a, Value) and a not in made
    return (a if outside else None), tuple(reversed(found))


def _leaves(op: Op) -> bool:
    """Whether an op is an update of a small part of an array that pays after the branch."""
    if op.kind.name not in _BLOCKS | _SCATTERS:
        return False
    t, whole = update_of(op).type, op.outs[0].type
    assert isinstance(t, ArrayType)
    assert isinstance(whole, ArrayType)
    large = whole.size >= _LARGE or op.kind.name in _BLOCKS
    return large and t.size * 4 <= whole.size


def _scheduled(plan: Plan) -> bool:
    """Gives every op its phase; updates that do not go together with the others' wait for one."""
    for branch in plan.branches:
        branch.ops = [op for op in ordered(branch.region) if not op.kind.terminator]
        if _late(branch):
            return False
    while True:
        for branch in plan.branches:
            _set_phases(branch)
        plan.phases = 1 + max(b.last for b in plan.branches)
        if plan.phases > _MOST_PHASES:
            return False
        stuck = _stuck(plan)
        if stuck is None:
            return True
        side, op = stuck
        plan.branches[side].least[op] = plan.branches[side].phase[op] + 1


def _late(branch: Branch) -> bool:
    """Whether a version of an array is read after it has been updated."""
    gone = set[Value]()
    for op in branch.ops:
        updated = branch.updated(op)
        if any(v in gone for v in op_reads(op)):
            return True
        gone.update(updated)
    return False


def _stuck(plan: Plan) -> tuple[int, Op] | None:
    """An update, and its branch, that has no place beside those of its phase."""
    for f in range(plan.phases):
        for root in plan.branches[0].chains:
            stuck = _paired(plan, root, f)[1]
            if stuck is not None:
                return stuck
    return None


def _set_phases(branch: Branch) -> None:
    ready = dict[Value, int]()
    read_in = dict[Value, int]()
    for op in branch.ops:
        updated = branch.updated(op)
        reads = [v for v in op_reads(op) if v not in updated]
        p = max([branch.least.get(op, 0), *(ready.get(v, 0) for v in reads)])
        for version in updated:
            p = max(p, branch.written.get(version, 0), read_in.get(version, 0))
            for out in updated[version]:
                branch.written[out] = p + int(is_loop(op))
        ready.update(dict.fromkeys(op.outs, p + bool(updated)))
        for v in reads:
            read_in[v] = max(read_in.get(v, 0), p)
        branch.phase[op] = p


def _crossing(plan: Plan) -> bool:
    """Whether what one phase leaves to a later one is small."""
    most = max(_size(root.type) for root in plan.places.values()) // 4
    for side, branch in enumerate(plan.branches):
        for f in range(plan.phases):
            if any(_size(v.type) > most for v in left_by(plan, side, f)):
                return False
        kept = {*branch.versions, *branch.chains}
        if any(r in kept for r in plan.others(branch.region.results)):
            return False
        if any(_size(r.type) >= WORTH for r in plan.others(branch.region.results)):
            return False
    return True


def _size(t: Type) -> float:
    return t.size if isinstance(t, ArrayType) else math.inf


def left_by(plan: Plan, side: int, f: int) -> list[Value]:
    """What branch `side` makes in phase `f` or before and reads after that phase's conditional."""
    branch = plan.branches[side]
    made = {
        v
        for op in branch.ops
        if branch.phase[op] <= f and op not in branch.leaving
        for v in op.outs
        if v.type is not TOKEN
    }
    used: dict[Value, None] = {}
    for op in branch.ops:
        loop = op in branch.leaving and is_loop(op)
        if branch.phase[op] > f or (branch.phase[op] == f and loop):
            used.update(dict.fromkeys(v for v in op_reads(op) if v in made))
    if f < plan.phases - 1:
        results = plan.others(branch.region.results)
        used.update(dict.fromkeys(r for r in results if isinstance(r, Value) and r in made))
    return list(used)


Pair = tuple[Op | None, Op | None]


def pairs_of(plan: Plan, root: Value, f: int) -> list[Pair]:
    """The updates of `root` in phase `f` by twos; None where a branch has no partner."""
    return _paired(plan, root, f)[0]


def _paired(plan: Plan, root: Value, f: int) -> tuple[list[Pair], tuple[int, Op] | None]:
    """The pairs, and the first update that cannot stand in this phase, with its branch.

    A branch can be idle beside an update that adds, before its own first one (it writes what is
    there), and after one of the same form (it repeats it).
    """
    sides = [
        [op for op in branch.chains[root] if branch.phase[op] == f and not is_loop(op)]
        for branch in plan.branches
    ]
    found: list[Pair] = []
    at = [0, 0]
    while at[0] < len(sides[0]) or at[1] < len(sides[1]):
        heads = [ops[k] if k < len(ops) else None for ops, k in zip(sides, at, strict=True)]
        step = _step(heads, [ops[:k] for ops, k in zip(sides, at, strict=True)])
        if step is None:
            side = 0 if heads[0] is not None else 1
            stuck = heads[side]
            assert stuck is not None
            return found, (side, stuck)
        found.append((heads[0] if 0 in step else None, heads[1] if 1 in step else None))
        at = [k + (side in step) for side, k in enumerate(at)]
    return found, None


def _step(heads: Sequence[Op | None], before: Sequence[Sequence[Op]]) -> tuple[int, ...] | None:
    """The branches whose next update comes next: both, or the one beside which the other idles."""
    first, second = heads
    if first is not None and second is not None and _form(first) == _form(second):
        return (0, 1)
    for side, op in enumerate(heads):
        done = before[1 - side]
        if op is not None and (not done or adds(op) or _form(done[-1]) == _form(op)):
            return (side,)
    return None


def _form(op: Op) -> tuple[object, ...]:
    return (op.kind, tuple(a.type for a in op.args), tuple(op.attrs.items()))


def adds(op: Op) -> bool:
    return op.kind.name in ("dynamic_add_slice", "scatter_add")
