"""Derivatives of calls of the host: host_call with rule "jvp" or "vjp".

    rule "jvp"    dy = fwd(gate, live, x, c, y, dx), linear in dx
        forward   y = host_call(x);  dy = call fwd(x, y, dx)
        reverse   in the backward sweep, call fwd(x, y, 0) reversed with respect to dx
    rule "fd"     J = host_call of the derivative of the host function, one for each w that moves
        forward   dy = sum over w of J_w dx_w
        reverse   xbar_w = sum over y of J_w^T ybar
    rule "vjp"    xbar = fwd(gate, live, x, c, y, ybar), linear in ybar
        reverse   in the backward sweep, call fwd(x, y, ybar)
        forward   dy = transpose of fwd(x, y, .) applied to dx

The primal call stays as it is, with its effects. What a rule calls itself it calls through the
gate, a token: not after a check has failed, and only where the call was made and raised nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from anvil.ad.calls import reverse_call
from anvil.ad.context import ADBuilder, Indices, Session, mapped
from anvil.ad.forward import Forward, forward_rule
from anvil.ad.linearity import nonlinear_in
from anvil.ad.reverse import Cotangents, Sweep, reverse_rule, vjp_of
from anvil.errors import AnvilError, error
from anvil.ir.analysis import walk
from anvil.ir.builder import Env
from anvil.ir.families import type_at
from anvil.ir.hosts import function_named
from anvil.ir.ops.contraction import dims
from anvil.ir.ops.host import FIRST, happens_again, only_acts
from anvil.ir.records import Atom, Func, Op, Region
from anvil.ir.types import I32, ArrayType, Shape


def without_rule(op: Op) -> Op:
    """The call once nothing is differentiated any more."""
    return Op(op.kind, op.args, op.outs, {**op.attrs, "fwd": None}, (), op.loc)


def described(op: Op) -> str:
    """The name of the function, for people."""
    return f"`{op.attrs['host'].partition('#')[0]}`"


def _no_rule(op: Op) -> AnvilError:
    what = f"{described(op)} is called on the host and has no derivative"
    notes = [op.attrs["why"]] if op.attrs["why"] else []
    hint = (
        "Give `anvil.extern` a rule (`jvp=`) or `fd=True` for differences, or stop derivatives "
        "before the call (`anvil.stop_gradient`)."
    )
    return error("extern-derivative", what, op.loc, notes=notes, hint=hint)


def _nonlinear(op: Op, why: Op, mode: str) -> AnvilError:
    what = f"the {op.attrs['rule']} rule of {described(op)} is not linear in the {mode}s"
    notes = [f"`{why.kind.name}` here is not linear in a {mode}."]
    return error("bad-rule", what, why.loc, notes=notes)


def _rule(session: Session, op: Op) -> Func:
    """The rule, in which the call itself is not made again: y is there."""
    func = session.funcs[op.attrs["fwd"].name]

    def make() -> Func:
        b = _Reuse(session, func, op)
        if not b.repeats(func):
            return func
        results = b.inline(func.body, b.params)
        return session.add(b.finish(session.fresh_name(func.name), results, func.origin))

    return session.once(("reuse", func), make)


class _Reuse(ADBuilder):
    """Copies the rule of a call, where y takes the place of equal calls."""

    def __init__(self, session: Session, func: Func, op: Op) -> None:
        super().__init__(session, [p.type for p in func.params], [p.hint for p in func.params])
        self.host = function_named(op.attrs["host"])
        self.given = self.params[FIRST : FIRST + op.attrs["count"]]
        first = len(op.args)
        self.values = self.params[first : first + len(op.attrs["types"])]

    def repeats(self, func: Func) -> bool:
        """Whether a function, or one that it calls, calls the function of the host."""
        return any(
            self.same(op) or any(self.repeats(self.session.funcs[n]) for n in callees_of(op))
            for op in walk(func)
        )

    def same(self, op: Op) -> bool:
        """Whether an op calls the function of the host."""
        if op.kind.name != "host_call":
            return False
        return function_named(op.attrs["host"]).run == self.host.run

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """`Builder.copy`; calls that lead to the function of the host are inlined."""
        outs: tuple[Atom, ...]
        if op.kind.name == "call" and self.repeats(self.session.funcs[op.attrs["callee"].name]):
            body = self.session.funcs[op.attrs["callee"].name].body
            outs = self.inline(body, mapped(op.args, env))
        elif self.same(op) and mapped(op.args[FIRST:], env)[: len(self.given)] == self.given:
            token = () if op.attrs["pure"] else mapped(op.args[:1], env)
            outs = (*self.values, *token)
        else:
            return super().copy(op, env)
        env.update(zip(op.outs, outs, strict=True))
        return outs


def _reversible(session: Session, op: Op) -> Func:
    """The rule, which is going to be transposed."""
    func = _rule(session, op)
    moving = range(len(func.params) - _seeds(op), len(func.params))
    why = nonlinear_in(session, func.name, moving)
    if why is not None:
        raise _nonlinear(op, why, "tangent" if op.attrs["rule"] == "jvp" else "cotangent")
    return func


def _seeds(op: Op) -> int:
    return len(op.attrs["wrt" if op.attrs["rule"] == "jvp" else "outs"])


def _given(
    b: ADBuilder, op: Op, args: Sequence[Atom], outs: Sequence[Atom], gate: Atom | None
) -> list[Atom]:
    """The operands of the rule, tangents or cotangents apart."""
    n, live = len(op.attrs["types"]), args[1]
    if op.attrs["caught"]:
        code = outs[n]
        assert isinstance(code.type, ArrayType)
        live = b.and_(live, b.eq(code, b.const(0, code.type.with_dtype(I32))))
    if gate is None:
        gate = args[0] if op.attrs["pure"] else outs[-1]
    return [gate, live, *args[FIRST:], *outs[:n]]


# ---- derivatives that are functions of the host


def _derivatives(b: ADBuilder, op: Op, given: Sequence[Atom], i: int) -> Sequence[Atom]:
    """Calls the derivative with respect to operand `i`; one array per result in `outs`."""
    derive = function_named(op.attrs["host"]).derive
    assert derive is not None
    host, types = derive(i - FIRST)
    further = host.function.derive is not None
    attrs = {
        "host": host,
        "count": op.attrs["count"],
        "types": types,
        "pure": True,
        "batch": op.attrs["batch"],
        "rule": "fd" if further else "",
        "why": "" if further else "Differences are differenced no further.",
        "wrt": op.attrs["wrt"],
        "outs": tuple(range(len(types))),
    }
    found: Sequence[Atom] = b.emit_tuple("host_call", given[: FIRST + op.attrs["count"]], attrs)
    return found


def _along(b: ADBuilder, op: Op, given: Sequence[Atom], moving: Mapping[int, Atom]) -> list[Atom]:
    """The tangents of the results `outs`."""
    lanes = tuple(range(len(op.attrs["batch"])))
    found: list[Atom] = []
    for i, dx in moving.items():
        axes = tuple(range(len(lanes), type_at(dx).ndim))
        for k, jacobian in enumerate(_derivatives(b, op, given, i)):
            end = type_at(op.outs[op.attrs["outs"][k]])
            t = b.cast(dx, end.dtype)
            if axes:
                last = tuple(range(end.ndim, end.ndim + len(axes)))
                term = b.dot_general(jacobian, t, **dims(last, axes, lanes, lanes))
            else:
                term = b.scale(_spread(b, t, end.shape, lanes), jacobian)
            if k < len(found):
                found[k] = b.add(found[k], term)
            else:
                found.append(term)
    return found


def _back(b: ADBuilder, op: Op, given: Sequence[Atom], i: int, bars: Sequence[Atom | None]) -> Atom:
    """The cotangent of operand `i`."""
    lanes = tuple(range(len(op.attrs["batch"])))
    end = type_at(op.args[i])
    total: Atom | None = None
    for jacobian, ct in zip(_derivatives(b, op, given, i), bars, strict=True):
        if ct is None:
            continue
        axes = tuple(range(len(lanes), type_at(ct).ndim))
        if axes:
            term = b.dot_general(ct, jacobian, **dims(axes, axes, lanes, lanes))
        else:
            term = b.scale(_spread(b, ct, type_at(jacobian).shape, lanes), jacobian)
        term = b.cast(term, end.dtype)
        total = term if total is None else b.add(total, term)
    assert total is not None
    return total


def _spread(b: ADBuilder, x: Atom, shape: Shape, lanes: Indices) -> Atom:
    """A number per lane in an array of this shape."""
    if type_at(x).shape == shape:
        return x
    out: Atom = b.broadcast(x, shape=shape, dims=lanes)
    return out


# ---- forward mode


@forward_rule("host_call")
def _jvp_host(fw: Forward, op: Op) -> None:
    b, attrs = fw.b, op.attrs
    args = fw.read(op.args)
    outs = b.copy(op, fw.env)
    wrt = attrs["wrt"]
    if not attrs["outs"] or not any(fw.tangent(op.args[i]) is not None for i in wrt):
        return
    if not attrs["rule"]:
        raise _no_rule(op)
    given = _given(b, op, args, outs, None)
    tangents = [fw.dense(op.args[i]) for i in wrt]
    moved: Sequence[Atom]
    if attrs["rule"] == "fd":
        moving = {i: t for i in wrt if (t := fw.tangent(op.args[i])) is not None}
        moved = _along(b, op, given, moving)
    elif attrs["rule"] == "jvp":
        moved = b.call(_rule(fw.session, op), (*given, *tangents))
    else:
        func = _reversible(fw.session, op)
        seeds = tuple(range(len(given), len(func.params)))
        joint = vjp_of(fw.session, func.name, seeds, tuple(range(len(func.results))))
        zeros = [b.zeros(func.params[i].type) for i in seeds]
        moved = b.call(joint.func, (*given, *zeros, *tangents))[joint.results :]
    for i, t in zip(attrs["outs"], moved, strict=True):
        fw.move(op.outs[i], t, masked=True)


# ---- reverse mode


@reverse_rule("host_call")
def _vjp_host(sweep: Sweep, k: int, op: Op, cts: Cotangents) -> None:
    b, attrs = sweep.b, op.attrs
    active = [i for i in attrs["wrt"] if sweep.active(op.args[i])]
    bars = [cts[j] for j in attrs["outs"]]
    if not active or all(ct is None for ct in bars):
        return
    if not attrs["rule"]:
        raise _no_rule(op)
    given = _given(b, op, op.args, op.outs, sweep.gate)
    if attrs["rule"] == "fd":
        for i in active:
            sweep.add(op.args[i], _back(b, op, given, i, bars), masked=True)
        return
    if attrs["rule"] == "vjp":
        func = _rule(sweep.session, op)
        types = [op.outs[j].type for j in attrs["outs"]]
        dense = [b.zeros(t) if ct is None else ct for ct, t in zip(bars, types, strict=True)]
        for i, bar in zip(attrs["wrt"], b.call(func, (*given, *dense)), strict=True):
            sweep.add(op.args[i], bar, masked=True)
        return
    seeds = [b.placeholder(op.args[i].type) for i in attrs["wrt"]]
    b.call(_reversible(sweep.session, op), (*given, *seeds))
    points = {len(given) + q: op.args[i] for q, i in enumerate(attrs["wrt"]) if i in active}
    reverse_call(sweep, len(sweep.frame.ops) - 1, bars, points)


# ---- calls that must not be made again


def refuse_again(session: Session, op: Op) -> None:
    """Refuses to reverse a loop whose calls of the host may give other results the next time: the
    reverse of a loop may run it again.
    """
    for region in op.regions:
        found = _not_again(session, region)
        if found is not None:
            what = f"{described(found)} is called in a loop that is differentiated in reverse"
            raise error("extern-again", what, found.loc)


def _not_again(session: Session, x: Region | Func) -> Op | None:
    for op in walk(x):
        if op.kind.name == "host_call" and not only_acts(op) and not happens_again(op):
            return op
        for name in callees_of(op):
            func = session.funcs[name]
            found = session.once(("not again", func), partial(_not_again, session, func))
            if found is not None:
                return found
    return None


def callees_of(op: Op) -> Sequence[str]:
    """The functions that an op calls (not those of a rule)."""
    return (op.attrs["callee"].name,) if "callee" in op.attrs else ()
