"""Derivative rules given by the user: custom_call with rule "jvp" or "vjp". One suffices; the
other mode is derived, at any order.

    rule "jvp"    fwd(x, dx) = (y, dy), linear in dx
        forward   (y, dy) = call fwd(x, dx)
        reverse   (y, _) = call fwd(x, 0), reversed with respect to dx:
                  a function that is linear in dx has the same transpose everywhere
    rule "vjp"    fwd(x) = (y, r);  bwd(r, ybar) = xbar
        reverse   (y, r) = call fwd(x);  xbar = call bwd(r, ybar)
        forward   (y, r) = call fwd(x);  dy = transpose of bwd(r, .) applied to dx:
                  the reverse of bwd with respect to ybar, at 0

A bwd that is not linear in ybar (clipping, say) has no forward mode and is refused by name;
reverse mode takes it. Derivatives of derivatives go through fwd and bwd as through any function.
What is left after differentiation is a plain call of the function.
"""

from __future__ import annotations

from collections.abc import Sequence

from anvil.ad.calls import reverse_call
from anvil.ad.context import ADBuilder, Session
from anvil.ad.forward import Forward, forward_rule
from anvil.ad.host import without_rule
from anvil.ad.linearity import nonlinear_in
from anvil.ad.reverse import Cotangents, Sweep, reverse_rule, vjp_of
from anvil.errors import error
from anvil.ir.analysis import walk
from anvil.ir.builder import Env
from anvil.ir.opkind import REGISTRY
from anvil.ir.records import Atom, Func, FuncRef, Op

# ---- forward mode


@forward_rule("custom_call")
def _jvp_custom(fw: Forward, op: Op) -> None:
    wrt, outs = op.attrs["wrt"], op.attrs["outs"]
    if not any(fw.tangent(op.args[i]) is not None for i in wrt):
        fw.b.copy(op, fw.env)
        return
    args = fw.read(op.args)
    tangents = [fw.dense(op.args[i]) for i in wrt]
    masked = any(fw.tangent(op.args[i]) is None for i in wrt) or any(map(fw.b.is_masked, tangents))
    rule = _by_jvp if op.attrs["rule"] == "jvp" else _by_bwd
    results, moved = rule(fw.b, op, args, tangents)
    fw.bind(op.outs, results)
    for i, t in zip(outs, moved, strict=True):
        fw.move(op.outs[i], t, masked)


def _by_jvp(
    b: ADBuilder, op: Op, args: Sequence[Atom], tangents: Sequence[Atom]
) -> tuple[Sequence[Atom], Sequence[Atom]]:
    out = b.call(_named(b.session, op, "fwd"), (*args, *tangents))
    return out[: len(op.outs)], out[len(op.outs) :]


def _by_bwd(
    b: ADBuilder, op: Op, args: Sequence[Atom], tangents: Sequence[Atom]
) -> tuple[Sequence[Atom], Sequence[Atom]]:
    bwd = _named(b.session, op, "bwd")
    out = b.call(_named(b.session, op, "fwd"), args)
    residuals = out[len(op.outs) :]
    seeds = range(len(residuals), len(bwd.params))
    why = nonlinear_in(b.session, bwd.name, tuple(seeds))
    if why is not None:
        raise error(
            "no-derivative",
            f"the vjp rule of {_of(b.session, op)} is not linear in the cotangent",
            why.loc,
            notes=[
                f"`{why.kind.name}` here is not linear in it: forward mode cannot be derived"
                " from such a rule."
            ],
            hint="use reverse mode, or give the rule as `anvil.custom_jvp`",
        )
    zeros = [b.zeros(bwd.params[i].type) for i in seeds]
    joint = vjp_of(b.session, bwd.name, tuple(seeds), tuple(range(len(bwd.results))))
    moved = b.call(joint.func, (*residuals, *zeros, *tangents))[joint.results :]
    return out[: len(op.outs)], moved


def _of(session: Session, op: Op) -> str:
    """The name of the function that has the rule."""
    return session.funcs[op.attrs["callee"].name].origin.text.removesuffix(".primal")


def _named(session: Session, op: Op, role: str) -> Func:
    return session.funcs[op.attrs[role].name]


# ---- reverse mode


@reverse_rule("custom_call")
def _vjp_custom(sweep: Sweep, k: int, op: Op, cts: Cotangents) -> None:
    if op.attrs["rule"] == "jvp":
        _reverse_jvp(sweep, k, op, cts)
    else:
        _reverse_vjp(sweep, k, op, cts)


def _reverse_vjp(sweep: Sweep, k: int, op: Op, cts: Cotangents) -> None:
    b, fwd = sweep.b, _named(sweep.session, op, "fwd")
    residuals = sweep.patch(
        k,
        kind=REGISTRY["call"],
        attrs={"callee": FuncRef(fwd.name)},
        more=fwd.results[len(op.outs) :],
    )
    given = _given(sweep, op, cts)
    bars = b.call(_named(sweep.session, op, "bwd"), (*residuals, *given))
    masked = any(map(b.is_masked, given)) or any(cts[j] is None for j in op.attrs["outs"])
    for i, bar in zip(op.attrs["wrt"], bars, strict=True):
        sweep.add(op.args[i], bar, masked)


def _given(sweep: Sweep, op: Op, cts: Cotangents) -> list[Atom]:
    found = [(cts[j], op.outs[j]) for j in op.attrs["outs"]]
    return [sweep.b.zeros(v.type) if ct is None else ct for ct, v in found]


def _reverse_jvp(sweep: Sweep, k: int, op: Op, cts: Cotangents) -> None:
    """Patches the call to fwd at zero tangents and reverses that call with respect to them."""
    fwd = _named(sweep.session, op, "fwd")
    wrt, n = op.attrs["wrt"], len(op.args)
    why = nonlinear_in(sweep.session, fwd.name, range(n, n + len(wrt)), len(op.outs))
    if why is not None:
        raise error(
            "bad-rule",
            f"the jvp rule of {_of(sweep.session, op)} is not linear in the tangents",
            why.loc,
            notes=[
                f"`{why.kind.name}` here is not linear in a tangent: reverse mode cannot be"
                " derived from such a rule."
            ],
            hint="the tangent of the result is a sum of tangents times values that do not depend"
            " on tangents",
        )
    zeros = tuple(sweep.b.zeros(op.args[i].type) for i in wrt)
    sweep.patch(
        k,
        kind=REGISTRY["call"],
        args=(*op.args, *zeros),
        attrs={"callee": FuncRef(fwd.name)},
        more=fwd.results[len(op.outs) :],
    )
    seeds = [*(None for _ in op.outs), *(cts[j] for j in op.attrs["outs"])]
    points = {n + q: op.args[i] for q, i in enumerate(wrt) if sweep.active(op.args[i])}
    reverse_call(sweep, k, seeds, points)


# ---- what is left


def resolve_custom_calls(session: Session) -> None:
    """Makes every custom_call a plain call of its function; calls of the host lose their rules."""
    for name, f in list(session.funcs.items()):
        if any(op.kind.name == "custom_call" or op.attrs.get("fwd") for op in walk(f)):
            b = _Resolve(session, [p.type for p in f.params], [p.hint for p in f.params])
            session.funcs[name] = b.finish(name, b.inline(f.body, b.params), f.origin)


class _Resolve(ADBuilder):
    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        if op.kind.name == "custom_call":
            attrs = {"callee": op.attrs["callee"]}
            op = Op(REGISTRY["call"], op.args, op.outs, attrs, (), op.loc)
        elif op.kind.name == "host_call":
            op = without_rule(op)
        return super().copy(op, env)
