"""Reverse mode: cotangents flow backwards over the ops that were emitted.

    f.vjp(x..., ybar of outs..., accumulators of accs...) = (y..., xbar of wrt...)

A `Sweep` walks the ops of the frame under construction from last to first and keeps one
accumulator per active value:

    y = op(x)        xbar += J(x)^T ybar                                 (transpose.py)
    if, loops, call  a backward op that adds to captures' accumulators   (branches, loops, calls)

The forward sweep is a plain copy of the primal ops. A backward rule that wants more from the
forward op (residuals, a history) *patches* it: the op is replaced by one with further results,
which is sound because its frame is still open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from anvil.ad.activity import IDLE, PLAIN, Activity
from anvil.ad.context import (
    ADBuilder,
    Indices,
    Session,
    tangent_hint,
)
from anvil.errors import error
from anvil.ir.builder import Frame
from anvil.ir.loc import Derived
from anvil.ir.opkind import OpKind
from anvil.ir.records import Atom, Attrs, Func, Op, Origin, Region, Value
from anvil.ir.types import TOKEN, Type

Cotangents = list["Atom | None"]
Rule = Callable[["Sweep", int, Op, Cotangents], None]
RULES: dict[str, Rule] = {}
"""Reverse rules of the structural kinds, by name; each file of the package adds its own."""

PLAIN_OP = "*"
"""The name under which the rule of all other kinds is registered."""


def reverse_rule(*names: str) -> Callable[[Rule], Rule]:
    """Registers the reverse rule of structural kinds."""

    def register(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, rule))
        return rule

    return register


class Sweep:
    """The backward walk over ops of the builder's innermost frame, with one accumulator per
    active value.
    """

    def __init__(self, b: ADBuilder, activity: Activity) -> None:
        self.b = b
        self.session = b.session
        self.activity = activity
        self.ct: dict[Value, Atom] = {}
        self.gate: Atom | None = None
        """The token that what the backward ops call waits for: that of the end, where known."""

    @property
    def frame(self) -> Frame:
        """The frame whose ops are walked and to which the backward ops are added."""
        return self.b.frames[-1]

    def active(self, a: Atom) -> bool:
        """Whether an atom wants a cotangent."""
        return type(a) is Value and self.activity.of(a) > IDLE

    def add(self, a: Atom, ct: Atom | None, masked: bool = False) -> None:
        """Adds a cotangent to the accumulator of an active value."""
        if ct is None or not self.active(a):
            return
        assert isinstance(a, Value)
        if ct.type is not a.type:
            message = f"a cotangent of type {ct.type} for a value of type {a.type}"
            raise error("internal", message, self.b.loc)
        old = self.ct.get(a)
        total: Atom = ct if old is None else self.b.add(old, ct)
        self.ct[a] = total
        if masked:
            self.b.mark(total)

    def dense(self, a: Atom) -> Atom:
        """The accumulator of a value, zeros if nothing has arrived."""
        found = self.ct.get(a) if type(a) is Value else None
        return self.b.zeros(a.type) if found is None else found

    def run(self, start: int, end: int) -> None:
        """Walks the ops `start .. end-1` of the frame backwards."""
        for k in range(end - 1, start - 1, -1):
            self.reverse(k, self.frame.ops[k])

    def reverse(self, k: int, op: Op) -> None:
        """Reverses one op, the k-th of the frame."""
        cts: Cotangents = [self.ct.pop(v, None) for v in op.outs]
        if all(ct is None for ct in cts):
            return
        with self.b.at(Derived("vjp", op.loc)):
            rule = RULES.get(op.kind.name) or RULES[PLAIN_OP]
            rule(self, k, op, cts)

    def patch(
        self,
        k: int,
        *,
        kind: type[OpKind] | None = None,
        args: tuple[Atom, ...] | None = None,
        attrs: Attrs | None = None,
        regions: tuple[Region, ...] | None = None,
        outs: Sequence[Value] | None = None,
        more: Sequence[Type] = (),
    ) -> tuple[Value, ...]:
        """Replaces the k-th op by one with further results, which are returned."""
        op = self.frame.ops[k]
        extra = tuple(Value(t) for t in more)
        self.frame.ops[k] = Op(
            kind or op.kind,
            op.args if args is None else args,
            (*(op.outs if outs is None else outs), *extra),
            op.attrs if attrs is None else attrs,
            op.regions if regions is None else regions,
            op.loc,
        )
        return extra


@reverse_rule("token", "check", "print")
def _effect(sweep: Sweep, k: int, op: Op, cts: Cotangents) -> None:
    """Effects have no cotangent."""


@reverse_rule("jvp_call", "vjp_call", "vmap_call", "loop_rev")
def _refused(sweep: Sweep, k: int, op: Op, cts: Cotangents) -> None:
    raise error("internal", f"{op.kind.name} cannot be differentiated at this stage", op.loc)


# ---- functions


@dataclass(frozen=True, slots=True)
class Joint:
    """A function and its reverse in one: `primal` parameters x, then seeds (cotangents,
    accumulators); `results` results y, then cotangents of parameters.

    `masked` says which of these may be masked zeros, `dead` are the parameters that have none.
    """

    func: Func
    primal: int
    results: int
    masked: tuple[bool, ...]
    dead: Indices


def vjp_of(
    session: Session,
    name: str,
    wrt: Indices,
    outs: Indices,
    accs: Indices = (),
    masked: bool = False,
) -> Joint:
    """`name.vjp`: cotangents of the parameters `wrt` from cotangents of the results `outs`.

    For the parameters `accs` (a subset of `wrt`) the caller hands in accumulators, to which the
    cotangents are added.
    """
    key = ("vjp", name, wrt, outs, accs, masked and not session.strict)

    def make() -> Joint:
        joint = make_joint(session, name, wrt, outs, accs, masked)
        session.add(joint.func)
        return joint

    return session.once(key, make)


def make_joint(
    session: Session,
    name: str,
    wrt: Indices,
    outs: Indices,
    accs: Indices,
    masked: bool,
    gated: bool = False,
) -> Joint:
    """`vjp_of` without making the result part of the program. If `gated`, the last parameter is the
    token that what the backward ops call waits for.
    """
    f = session.funcs[name]
    seeds = [*(f.body.results[i] for i in outs), *(f.params[i] for i in accs)]
    hints = [tangent_hint(a.hint) if type(a) is Value else "" for a in seeds]
    b = ADBuilder(
        session,
        [*(p.type for p in f.params), *(a.type for a in seeds), *((TOKEN,) if gated else ())],
        [*(p.hint for p in f.params), *hints],
    )
    n = len(f.params)
    params, seeded = b.params[:n], b.params[n:]
    if masked:
        b.mark(*seeded)
    results = b.inline(f.body, params)
    moving = {params[i]: PLAIN for i in wrt}
    sweep = Sweep(b, Activity(session, lambda v: moving.get(v, IDLE)))
    ends = b.params[-1:] if gated else results[-1:]
    sweep.gate = ends[0] if ends and ends[0].type is TOKEN else None
    for i, acc in zip(accs, seeded[len(outs) :], strict=False):
        sweep.ct[params[i]] = acc
    run_backwards(sweep, [results[i] for i in outs], seeded[: len(outs)])
    dead = tuple(i for i in wrt if params[i] not in sweep.ct)
    bars = [sweep.dense(params[i]) for i in wrt]
    origin = Origin(f"vjp(@{f.name}, wrt={list(wrt)})", f.origin.loc)
    func = b.finish(session.fresh_name(f"{f.name}.vjp"), (*results, *bars), origin)
    return Joint(func, n, len(results), tuple(map(b.is_masked, bars)), dead)


def run_backwards(sweep: Sweep, results: Sequence[Atom], cts: Sequence[Atom | None]) -> None:
    """Seeds the cotangents of `results` and walks everything that is in the frame so far."""
    ops = tuple(sweep.frame.ops)
    sweep.activity.ops(ops)
    for a, ct in zip(results, cts, strict=True):
        sweep.add(a, ct, masked=ct is not None and sweep.b.is_masked(ct))
    sweep.run(0, len(ops))
