"""Forward mode: a function computes its results and their tangents side by side.

    f.jvp(x..., dx of wrt...) = (y..., dy of the active results...)

    op            y = op(x);  dy = kind.jvp(x, y, dx); no tangent (None) is a symbolic zero
    if            one `if` that yields the results and their tangents
    loops         one loop over states and tangents of the states that move (loops.py)
    call @f       call @f.jvp for the moving parameters (calls.py)

Only values that depend on a moving input get a tangent; None never leaves this package: where a
result needs a tangent and has none, a zero is made (and is masked, see context.py). The primal
ops keep their effects: the dual program takes the place of the primal one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from anvil.ad.activity import IDLE, MASKED, PLAIN, Activity, Levels, joins
from anvil.ad.context import (
    ADBuilder,
    Indices,
    Session,
    inexact,
    mapped,
    tangent_hint,
)
from anvil.errors import error
from anvil.ir.builder import Env
from anvil.ir.loc import Derived
from anvil.ir.records import Atom, Func, Op, Origin, Region, Value

Tangent = Atom | None
Rule = Callable[["Forward", Op], None]
RULES: dict[str, Rule] = {}
"""Forward rules of the structural kinds, by name; each file of the package adds its own."""


def forward_rule(*names: str) -> Callable[[Rule], Rule]:
    """Registers the forward rule of structural kinds."""

    def register(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, rule))
        return rule

    return register


class Forward:
    """Replays ops with their tangents: `env` maps old values to new ones, `tan` old values to
    tangents.

    `duals` are the old histories whose loop became a dual loop.
    """

    def __init__(self, b: ADBuilder) -> None:
        self.b = b
        self.session = b.session
        self.env: Env = {}
        self.tan: Env = {}
        self.duals: set[Value] = set()

    def child(self) -> Forward:
        """A copy for the inside of a region."""
        inner = Forward(self.b)
        inner.env, inner.tan, inner.duals = dict(self.env), dict(self.tan), set(self.duals)
        return inner

    def read(self, atoms: Sequence[Atom]) -> tuple[Atom, ...]:
        """The new values of old ones."""
        return mapped(atoms, self.env)

    def tangent(self, a: Atom) -> Tangent:
        """The tangent of an old value, None for a symbolic zero."""
        return self.tan.get(a) if type(a) is Value else None

    def dense(self, a: Atom) -> Atom:
        """The tangent of an old value, zeros if it has none."""
        found = self.tangent(a)
        return self.b.zeros(a.type) if found is None else found

    def bind(self, old: Sequence[Value], new: Sequence[Atom]) -> None:
        """Records the new values of old ones."""
        for v, a in zip(old, new, strict=True):
            if v is not a:
                self.env[v] = a

    def move(self, old: Value, t: Tangent, masked: bool = False) -> None:
        """Records the tangent of an old value; `masked` if its zeros may mean "no path"."""
        if t is None or not inexact(old):
            return
        if t.type is not old.type:
            message = f"a tangent of type {t.type} for a value of type {old.type}"
            raise error("internal", message, self.b.loc)
        if masked:
            self.b.mark(t)
        self.tan[old] = t

    def level(self, v: Value) -> int:
        """The activity level of an old value."""
        t = self.tan.get(v)
        if t is None:
            return IDLE
        return MASKED if self.b.is_masked(t) else PLAIN

    def activity(self) -> Activity:
        """The analysis of what follows."""
        return Activity(self.session, self.level)

    def moves(self, op: Op) -> bool:
        """Whether an operand of `op` has a tangent."""
        return any(self.tangent(a) is not None for a in op.args)

    def region(self, region: Region, args: Sequence[Atom]) -> tuple[Atom, ...]:
        """Replays the body of `region` here; its parameters' tangents are already in `tan`."""
        self.bind(region.params, args)
        self.ops(region.ops)
        return self.read(region.results)

    def ops(self, ops: Sequence[Op]) -> None:
        """Replays ops with tangents."""
        for op in ops:
            if not op.kind.terminator:
                with self.b.at(Derived("jvp", op.loc)):
                    RULES.get(op.kind.name, _plain)(self, op)


def _plain(fw: Forward, op: Op) -> None:
    args = fw.read(op.args)
    outs = fw.b.copy(op, fw.env)
    if op.kind.nondiff or not fw.moves(op) or not any(map(inexact, op.outs)):
        return
    tangents = [fw.tangent(a) for a in op.args]
    masked = joins(op, [int(fw.tangent(a) is not None) for a in op.args if inexact(a)])
    for v, t in zip(op.outs, apply_jvp(fw.b, op, args, outs, tangents), strict=True):
        fw.move(v, t, masked)


def apply_jvp(
    b: ADBuilder, op: Op, args: Sequence[Atom], outs: Sequence[Atom], tangents: Sequence[Tangent]
) -> tuple[Tangent, ...]:
    """Runs the jvp rule of the kind of `op` on given operands and results; one tangent or None
    per result.
    """
    if op.kind.jvp is None:
        raise error("no-derivative", f"{op.kind.name} has no derivative rule", op.loc)
    found: Any = op.kind.jvp(b, args, outs, tangents, **op.attrs)
    return tuple(found) if isinstance(found, tuple | list) else (found,) * len(op.outs)


@forward_rule("token", "check", "print")
def _effect(fw: Forward, op: Op) -> None:
    """Effects happen once and have no tangent."""
    fw.b.copy(op, fw.env)


@forward_rule("jvp_call", "vjp_call", "vmap_call", "loop_rev")
def _refused(fw: Forward, op: Op) -> None:
    """These are removed (loop_rev: made) at another stage."""
    raise error("internal", f"{op.kind.name} cannot be differentiated at this stage", op.loc)


@forward_rule("if")
def _if(fw: Forward, op: Op) -> None:
    """if p {y, dy of the moving results} {...}"""
    levels = _if_levels(fw, op)
    moving = [i for i, level in enumerate(levels) if level]
    regions = []
    masked = {i for i in moving if levels[i] == MASKED}
    for r in op.regions:
        fw.b.begin(r.label)
        inner = fw.child()
        ends = inner.region(r, ())
        masked |= {i for i in moving if inner.tangent(r.results[i]) is None}
        regions.append(fw.b.end((*ends, *(inner.dense(r.results[i]) for i in moving))))
    outs = fw.b.emit_tuple("if", fw.read(op.args), {}, tuple(regions))
    n = len(op.outs)
    fw.bind(op.outs, outs[:n])
    for i, t in zip(moving, outs[n:], strict=True):
        fw.move(op.outs[i], t, masked=i in masked)


def _if_levels(fw: Forward, op: Op) -> Levels:
    activity = fw.activity()
    activity.ops((op,))
    return tuple(map(activity.of, op.outs))


# ---- functions


def jvp_of(session: Session, name: str, wrt: Indices, masked: bool = False) -> tuple[Func, Indices]:
    """`name.jvp` for the moving parameters `wrt`, and the results that have a tangent in it.

    `masked` says that zeros among the tangents may mean "no path".
    """
    key = ("jvp", name, wrt, masked and not session.strict)
    return session.once(key, lambda: _make_jvp(session, session.funcs[name], wrt, masked))


def _make_jvp(session: Session, f: Func, wrt: Indices, masked: bool) -> tuple[Func, Indices]:
    moving = [f.params[i] for i in wrt]
    types = [p.type for p in (*f.params, *moving)]
    hints = [*(p.hint for p in f.params), *(tangent_hint(p.hint) for p in moving)]
    b = ADBuilder(session, types, hints)
    fw = Forward(b)
    n = len(f.params)
    for p, t in zip(moving, b.params[n:], strict=True):
        fw.move(p, t, masked)
    results = fw.region(f.body, b.params[:n])
    tangents = [fw.tangent(a) for a in f.body.results]
    outs = tuple(i for i, t in enumerate(tangents) if t is not None)
    origin = Origin(f"jvp(@{f.name}, wrt={list(wrt)})", f.origin.loc)
    name = session.fresh_name(f"{f.name}.jvp")
    func = b.finish(name, (*results, *(t for t in tangents if t is not None)), origin)
    return session.add(func), outs


def emit_jvp(
    b: ADBuilder, name: str, args: Sequence[Atom], wrt: Indices, tangents: Sequence[Atom]
) -> tuple[tuple[Atom, ...], dict[int, Atom]]:
    """Calls `name.jvp`: the results, and the tangents by index of the result they belong to."""
    masked = any(map(b.is_masked, tangents))
    func, outs = jvp_of(b.session, name, wrt, masked)
    out = b.call(func, (*args, *tangents))
    n = len(b.session.funcs[name].results)
    found = dict(zip(outs, out[n:], strict=True))
    if masked or _masked_results(b.session, name, wrt, outs):
        b.mark(*found.values())
    return out[:n], found


def _masked_results(session: Session, name: str, wrt: Indices, outs: Indices) -> bool:
    func = session.funcs[name]
    levels = [PLAIN if i in wrt else IDLE for i in range(len(func.params))]
    found = Activity(session).func(name, levels)
    return any(found[i] == MASKED for i in outs)


@forward_rule("call")
def _call(fw: Forward, op: Op) -> None:
    """(y, dy) = f.jvp(x, dx)"""
    wrt = tuple(i for i, a in enumerate(op.args) if fw.tangent(a) is not None)
    if not wrt:
        fw.b.copy(op, fw.env)
        return
    moving = [fw.dense(op.args[i]) for i in wrt]
    outs, tangents = emit_jvp(fw.b, op.attrs["callee"].name, fw.read(op.args), wrt, moving)
    fw.bind(op.outs, outs)
    for i, t in tangents.items():
        fw.move(op.outs[i], t)
