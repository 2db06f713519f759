"""Reverse mode of calls.

    y = call @f(x)     becomes    y, r = call @f.fwd(x)
    xbar = call @f.bwd(x, y, r, ybar, accumulators)

f.fwd and f.bwd are the two parts of the joint function f.vjp (reverse.py, residuals.py), made
once per moving parameters, cotangents and accumulators. If f.bwd needs nothing but parameters and
results, the forward call stays `call @f`. An argument whose accumulator exists already is handed
to f.bwd, so that contributions to a part of it are made in place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from anvil.ad.context import ADBuilder, Indices, Session
from anvil.ad.residuals import Split, replay_backward, replay_forward, split, values
from anvil.ad.reverse import Cotangents, Joint, Sweep, make_joint, reverse_rule
from anvil.ir.analysis import refs, walk
from anvil.ir.builder import Env
from anvil.ir.records import Atom, Func, FuncRef, Op, Origin, Region, Value
from anvil.ir.types import TOKEN, ArrayType


@dataclass(frozen=True, slots=True)
class CallRule:
    """How a call is reversed.

    `forward` returns the results and the residuals. `backward` takes the parameters `params`, the
    results `results`, the residuals, the cotangents and the accumulators.
    """

    forward: Func
    backward: Func
    params: Indices
    results: Indices
    masked: tuple[bool, ...]


def call_rule(
    session: Session, name: str, wrt: Indices, outs: Indices, accs: Indices, masked: bool
) -> CallRule:
    """The rule for calls of `name` with these moving parameters, cotangents and accumulators."""
    key = ("call", name, wrt, outs, accs, masked and not session.strict)

    def make() -> CallRule:
        joint = make_joint(session, name, wrt, outs, accs, masked, calls_rules(session, name))
        return _divide(session, session.funcs[name], joint)

    return session.once(key, make)


def _divide(session: Session, f: Func, joint: Joint) -> CallRule:
    body = joint.func.body
    n, m = joint.primal, joint.results
    params, seeds = body.params[:n], body.params[n:]
    results, bars = body.results[:m], body.results[m:]
    parts = split(body.ops, seeds, results, bars)
    stored = [v for v in parts.kept if v not in results]
    reads = {*parts.reads, *values(bars)}
    used = tuple(i for i, p in enumerate(params) if p in reads)
    again = tuple(j for j, a in enumerate(results) if a in parts.kept and results.index(a) == j)
    backward = _backward(session, f, joint, parts, used, again, stored)
    forward = _forward(session, f, joint, parts, stored) if stored else f
    return CallRule(forward, backward, used, again, joint.masked)


def _forward(
    session: Session, f: Func, joint: Joint, parts: Split, stored: Sequence[Value]
) -> Func:
    body = joint.func.body
    b = ADBuilder(session, [p.type for p in f.params], [p.hint for p in f.params])
    env: Env = dict(zip(body.params[: joint.primal], b.params, strict=True))
    results = body.results[: joint.results]
    replay_forward(b, parts.forward_ops(results), env)
    origin = Origin(f"forward part of {joint.func.origin.text}", f.origin.loc)
    return session.add(
        b.finish(session.fresh_name(f"{f.name}.fwd"), _read(env, (*results, *stored)), origin)
    )


def _backward(
    session: Session,
    f: Func,
    joint: Joint,
    parts: Split,
    used: Indices,
    again: Indices,
    stored: Sequence[Value],
) -> Func:
    body = joint.func.body
    given = [
        *(body.params[i] for i in used),
        *values(body.results[j] for j in again),
        *stored,
        *body.params[joint.primal :],
    ]
    b = ADBuilder(session, [v.type for v in given], [v.hint for v in given])
    env: Env = dict(zip(given, b.params, strict=True))
    replay_backward(b, parts, env)
    origin = Origin(f"backward part of {joint.func.origin.text}", f.origin.loc)
    bars = _read(env, body.results[joint.results :])
    return session.add(b.finish(session.fresh_name(f"{f.name}.bwd"), bars, origin))


def _read(env: Env, atoms: Sequence[Atom]) -> list[Atom]:
    return [env.get(a, a) if type(a) is Value else a for a in atoms]


@reverse_rule("call")
def _reverse_call(sweep: Sweep, k: int, op: Op, cts: Cotangents) -> None:
    """The backward part of the callee for the active arguments."""
    reverse_call(sweep, k, cts, {i: a for i, a in enumerate(op.args) if sweep.active(a)})


def reverse_call(sweep: Sweep, k: int, cts: Cotangents, targets: Mapping[int, Atom]) -> None:
    """Reverses the call that is the k-th op; the cotangent of operand `i` is added to
    `targets[i]`.
    """
    if not targets:
        return
    op, b = sweep.frame.ops[k], sweep.b
    wrt = tuple(targets)
    outs = tuple(j for j, ct in enumerate(cts) if ct is not None)
    accs = _accumulators(sweep, targets)
    seeds = [*(ct for ct in cts if ct is not None), *(sweep.dense(targets[i]) for i in accs)]
    masked = any(map(b.is_masked, seeds))
    name = op.attrs["callee"].name
    rule = call_rule(sweep.session, name, wrt, outs, accs, masked)
    kept: tuple[Value, ...] = ()
    if rule.forward.name != name:
        types = rule.forward.results[len(op.outs) :]
        kept = sweep.patch(k, attrs={"callee": FuncRef(rule.forward.name)}, more=types)
    given = [*(op.args[i] for i in rule.params), *(op.outs[j] for j in rule.results)]
    gate = [_gate(sweep, op)] if calls_rules(sweep.session, name) else []
    bars = b.call(rule.backward, (*given, *kept, *seeds, *gate))
    for i, bar, m in zip(wrt, bars, rule.masked, strict=True):
        if i in accs:
            sweep.ct.pop(targets[i])  # type: ignore[arg-type]
        sweep.add(targets[i], bar, masked=m)


def calls_rules(session: Session, name: str) -> bool:
    """Whether a function calls one of the host that has a derivative rule."""

    func = session.funcs[name]
    return session.once(("calls rules", name), lambda: region_calls_rules(session, func.body))


def region_calls_rules(session: Session, region: Region) -> bool:
    """`calls_rules` of a region."""
    for op in walk(region):
        if op.kind.name == "host_call" and op.attrs["rule"]:
            return True
        if op.kind.structural and any(calls_rules(session, name) for name in refs(op.attrs)):
            return True
    return False


def _gate(sweep: Sweep, op: Op) -> Atom:
    """The token that calls of the host in the backward part of a call wait for."""
    if sweep.gate is not None:
        return sweep.gate
    return next((v for v in op.outs if v.type is TOKEN), None) or sweep.b.zeros(TOKEN)


def _accumulators(sweep: Sweep, targets: Mapping[int, Atom]) -> Indices:
    """Operands whose targets are arrays with an accumulator, and no other operand's target."""
    wanted = list(targets.values())
    return tuple(
        i
        for i, a in targets.items()
        if a in sweep.ct and wanted.count(a) == 1 and isinstance(a.type, ArrayType) and a.type.ndim
    )
