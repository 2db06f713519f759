"""Which values differ from lane to lane under vmap: what vmap.py and vmap_loops.py build by.

A value is *mapped* when its batched form carries the axis of lanes. In a *masked* context some
lanes are not live.

    op           mapped if an operand is, or if it updates, under a mask, what a masked region
                 passes on in place (inplace.py)
    if           mapped predicate: both regions run, masked; a result is mapped unless both yield
                 the same unmapped value. Otherwise: a result is mapped if either region's is
    for, while   least fixed point over the states. A mapped count or condition *freezes* the
                 states of finished lanes, so a state that changes at all is mapped
    loop_vjp     has the states of its loop; active states and captures with an accumulator are
                 mapped if anything is, and so are they in the loop that recorded the history
    call         the callee's results, memoised per (callee, mapped parameters, masked)

Everything grows monotonically, so whole functions are swept until nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from anvil.ad.context import Indices, Session
from anvil.ad.inplace import UPDATES, origin
from anvil.ir.analysis import callees, op_reads, walk
from anvil.ir.builder import Builder
from anvil.ir.loc import UNKNOWN, AnyLoc, describe
from anvil.ir.records import Atom, Func, Op, Region, Value
from anvil.ir.types import ArrayType, HistType

_MASKABLE = UPDATES | {"for", "while", "check", "print", "host_call", "loop_vjp", "loop_rev"}


class VmapRefused(Exception):
    """A program that vmap cannot map; the message names the op and its place."""

    def __init__(self, message: str, loc: AnyLoc = UNKNOWN) -> None:
        self.loc = loc
        super().__init__(message if loc is UNKNOWN else f"{message} ({describe(loc)})")


@dataclass
class LoopPlan:
    """How a loop is mapped: its mapped states, whether lanes freeze, whether it carries `live`."""

    states: set[int] = field(default_factory=set)
    freeze: bool = False
    extended: bool = False


@dataclass(frozen=True)
class Join:
    """How a result of an `if` with a mapped predicate is made.

    `way` is "then" or "else" (that region's result, masked), "select", or "both": the else region
    updates what the then region has updated, in place of `root`.
    """

    way: str
    root: Atom | None = None


def wants_mask(session: Session, name: str) -> bool:
    """Whether a function does anything that must not happen in lanes that are not live."""

    def look() -> bool:
        func = session.funcs[name]
        return any(op.kind.name in _MASKABLE for op in walk(func)) or any(
            wants_mask(session, callee) for callee in callees(func)
        )

    return session.once(("wants_mask", name), look)


class Lanes:
    """The mapped values of a function, the plans of its loops and the joins of its branches."""

    def __init__(self, session: Session, func: Func, mapped: Indices, masked: bool) -> None:
        self.session = session
        self.func = func
        self.mapped: set[Value] = set()
        self.masked_updates: set[Op] = set()
        self.plans: dict[Op | Value, LoopPlan] = {}
        self.joins: dict[Op, tuple[Join, ...]] = {}
        self._size = -1
        self.mark(func.params[i] for i in mapped)
        self._sweep(masked)

    @property
    def results(self) -> tuple[bool, ...]:
        """Which results of the function are mapped."""
        return tuple(map(self.is_mapped, self.func.body.results))

    def is_mapped(self, a: Atom) -> bool:
        """Whether the batched form of an atom carries the axis of lanes."""
        return type(a) is Value and a in self.mapped

    def mark(self, values: Iterable[Atom]) -> None:
        """Makes arrays among `values` mapped."""
        self.mapped.update(v for v in values if type(v) is Value and isinstance(v.type, ArrayType))

    def touches(self, op: Op) -> bool:
        """Whether `op` reads anything mapped, also from inside."""
        return any(v in self.mapped for v in op_reads(op))

    def plan(self, op: Op) -> LoopPlan:
        """The plan of a loop, or of the loop whose history `op` reads."""
        key: Op | Value = op
        if op.kind.name in ("loop_vjp", "loop_rev"):
            key = op.args[0]  # type: ignore[assignment]
        elif op.attrs["hist"]:
            key = op.outs[-1]
        return self.plans.setdefault(key, LoopPlan())

    def _sweep(self, masked: bool) -> None:
        body = self.func.body
        while self._progress():
            self.ops(body.ops, masked)
            if masked:
                for a in body.results:
                    found, passed = origin(self.session, body, a)
                    if found in body.params:
                        self.masked_updates.update(passed)

    def _progress(self) -> bool:
        plans = self.plans.values()
        size = len(self.mapped) + len(self.masked_updates)
        size += sum(len(p.states) + p.freeze + p.extended for p in plans)
        grown, self._size = size != self._size, size
        return grown

    def ops(self, ops: Sequence[Op], masked: bool) -> None:
        """One sweep over ops."""
        for op in ops:
            if not op.kind.terminator:
                _RULES.get(op.kind.name, _plain)(self, op, masked)

    def keeps(self, region: Region, a: Atom, state: Value) -> bool:
        """Whether a frozen lane keeps `state` because all that makes `a` of it is masked."""
        return origin(self.session, region, a)[0] is state

    def frozen(self, region: Region, states: Sequence[Value]) -> Indices:
        """States that change in a body whose lanes freeze; updates of the others are masked."""
        changing = []
        for j, (a, s) in enumerate(zip(region.results, states, strict=True)):
            found, passed = origin(self.session, region, a)
            if found is s:
                self.masked_updates.update(passed)
            if a is not s:
                changing.append(j)
        return tuple(changing)


def lanes_of(session: Session, name: str, mapped: Indices, masked: bool) -> Lanes:
    """The analysis of a function, memoised."""

    def make() -> Lanes:
        session.once(("one token", name), lambda: _one_token(session, name))
        return Lanes(session, session.funcs[name], mapped, masked)

    return session.once(("lanes", name, mapped, masked), make)


def _one_token(session: Session, name: str) -> None:
    """Lets all effects of a function begin with one token: those of two branches are related."""
    f = session.funcs[name]
    inside = (op for top in f.body.ops for r in top.regions for op in walk(r))
    if any(op.kind.name == "token" for op in inside):
        b = Builder([p.type for p in f.params], [p.hint for p in f.params], f.origin.loc)
        b.token()
        session.funcs[name] = b.finish(name, b.inline(f.body, b.params), f.origin)


def _plain(lanes: Lanes, op: Op, masked: bool) -> None:
    if any(map(lanes.is_mapped, op.args)) or (masked and op in lanes.masked_updates):
        lanes.mark(op.outs)


def _none(lanes: Lanes, op: Op, masked: bool) -> None:
    """Tokens are never mapped."""


def _refused(lanes: Lanes, op: Op, masked: bool) -> None:
    raise VmapRefused(f"{op.kind.name} must be expanded before the function is mapped", op.loc)


# ---- branches and calls


def _if(lanes: Lanes, op: Op, masked: bool) -> None:
    both = lanes.is_mapped(op.args[0])
    for r in op.regions:
        lanes.ops(r.ops, masked or both)
    then, orelse = (r.results for r in op.regions)
    if both and op not in lanes.joins:
        lanes.joins[op] = _joins(lanes, op)
    for k, (v, t, e) in enumerate(zip(op.outs, then, orelse, strict=True)):
        if lanes.is_mapped(t) or lanes.is_mapped(e) or (both and t != e):
            lanes.mark((v,))
        if both and lanes.joins[op][k].way == "both":
            lanes.mark((lanes.joins[op][k].root or v,))


def _joins(lanes: Lanes, op: Op) -> tuple[Join, ...]:
    paths: list[tuple[Atom | None, tuple[Op, ...], tuple[Op, ...]]] = []
    for k in range(len(op.outs)):
        (x, first), (y, second) = (origin(lanes.session, r, r.results[k]) for r in op.regions)
        paths.append((x if x == y else None, first, second))
    threaded: set[Atom] = set()
    joins: list[Join | None] = [None] * len(paths)
    for k, (root, then, orelse) in enumerate(paths):
        if type(root) is Value and then and orelse and root not in threaded:
            threaded.add(root)
            joins[k] = Join("both", root)
    for k, (root, then, orelse) in enumerate(paths):
        if joins[k] is None and root is not None and not (orelse and (then or root in threaded)):
            joins[k] = Join("else" if orelse else "then")
        if joins[k] is not None:
            lanes.masked_updates.update(then + orelse)
        elif not isinstance(op.outs[k].type, ArrayType):
            raise VmapRefused("the branches of a mapped `if` have unrelated effect tokens", op.loc)
    return tuple(j or Join("select") for j in joins)


def _call(lanes: Lanes, op: Op, masked: bool) -> None:
    name = op.attrs["callee"].name
    mapped = tuple(i for i, a in enumerate(op.args) if lanes.is_mapped(a))
    masked = masked and wants_mask(lanes.session, name)
    if mapped or masked:
        found = lanes_of(lanes.session, name, mapped, masked).results
        lanes.mark(v for v, m in zip(op.outs, found, strict=True) if m)


def _custom(lanes: Lanes, op: Op, masked: bool) -> None:
    if any(map(lanes.is_mapped, op.args)) or (masked and custom_wants_mask(lanes.session, op)):
        lanes.mark(op.outs)


def custom_wants_mask(session: Session, op: Op) -> bool:
    """`wants_mask` of the callee of a custom_call or of one of its rules."""
    refs = (op.attrs[role] for role in ("callee", "fwd", "bwd"))
    return any(wants_mask(session, ref.name) for ref in refs if ref is not None)


# ---- loops


def _loop(lanes: Lanes, op: Op, masked: bool) -> None:
    k = int(op.kind.name == "for")
    plan, inits = lanes.plan(op), op.args[k:]
    plan.states.update(j for j, a in enumerate(inits) if lanes.is_mapped(a))
    plan.freeze |= masked and op.attrs["hist"]
    plan.freeze |= bool(k) and lanes.is_mapped(op.args[0])
    _regions(lanes, op, plan, len(inits), masked)
    lanes.mark(op.outs[j] for j in plan.states)


def _regions(lanes: Lanes, op: Op, plan: LoopPlan, n: int, masked: bool) -> None:
    """Sweeps the regions of a loop of `n` states, or of a loop_vjp (captures follow the states)."""
    body = op.regions[-1]
    states = body.params[int(len(op.regions) == 1) :][:n]
    lanes.mark(states[j] for j in plan.states)
    if len(op.regions) == 2:
        cond = op.regions[0]
        lanes.mark(cond.params[j] for j in plan.states)
        lanes.ops(cond.ops, masked or plan.freeze)
        if lanes.is_mapped(cond.results[0]):
            plan.freeze = plan.extended = True
    lanes.ops(body.ops, masked or plan.freeze)
    found = [j for j, a in enumerate(body.results) if lanes.is_mapped(a)]
    if plan.freeze:
        found += lanes.frozen(body, states)
    plan.states.update(j for j in found if isinstance(states[j].type, ArrayType))


def _loop_vjp(lanes: Lanes, op: Op, masked: bool) -> None:
    plan, n = lanes.plan(op), len(op.regions[-1].results)
    if not (lanes.touches(op) or plan.states or plan.freeze):
        return
    caps, wrt = op.attrs["caps"], op.attrs["wrt"]
    first = int(len(op.regions) == 1) + n
    given = op.args[1 + first : 1 + first + caps]
    plan.states.update(op.attrs["active"])
    for r in op.regions:
        params = r.params[len(r.params) - caps :] if caps else ()
        lanes.mark(p for q, p in enumerate(params) if q in wrt or lanes.is_mapped(given[q]))
    _regions(lanes, op, plan, n, masked)
    lanes.mark(op.outs)


def _loop_rev(lanes: Lanes, op: Op, masked: bool) -> None:
    plan, (step,) = lanes.plan(op), op.regions
    carried = step.params[len(step.params) - len(op.outs) :]
    states = step.params[: len(step.params) - len(op.outs)]
    history = op.args[0].type
    assert isinstance(history, HistType)
    k = int(history.counted)
    lanes.mark(states[k + j] for j in plan.states)
    lanes.mark(c for c, a in zip(carried, op.args[1:], strict=True) if lanes.is_mapped(a))
    lanes.ops(step.ops, masked or plan.freeze)
    lanes.mark(c for c, a in zip(carried, step.results, strict=True) if lanes.is_mapped(a))
    if plan.freeze:
        lanes.mark(carried[j] for j in lanes.frozen(step, carried))
    lanes.mark(v for v, c in zip(op.outs, carried, strict=True) if lanes.is_mapped(c))


_RULES: dict[str, Callable[[Lanes, Op, bool], None]] = {
    "if": _if,
    "call": _call,
    "custom_call": _custom,
    "for": _loop,
    "while": _loop,
    "loop_vjp": _loop_vjp,
    "loop_rev": _loop_rev,
    **dict.fromkeys(("token", "check", "print"), _none),
    **dict.fromkeys(("jvp_call", "vjp_call", "vmap_call"), _refused),
}
