"""The pass `derive-steps`: every loop_vjp becomes a loop_rev with an explicit adjoint step. Stage
"core" -> "adjoint".

    loop_vjp{body}(hist, s0, c, lam, acc)  =  loop_rev{step}(hist, lam, acc)

    step([i,] s, lam, acc):
        y = body([i,] s, c)                             the primal ops again, without prints
        (lam', acc') = lam . dy/ds, acc + lam . dy/dc   the adjoint sweep over them; c is lexical

What the sweep needs of inner loops, branches and calls it asks for inside the step, so innermost
loops are re-run there with a history of their own. The planner cuts the step where values do not
depend on (lam, acc). Custom rules, which the core stage keeps for this pass, are resolved at its
end.
"""

from __future__ import annotations

from collections.abc import Sequence

from anvil.ad.activity import IDLE, MASKED, PLAIN, Activity
from anvil.ad.context import ADBuilder, Session, mapped, tangent_hint
from anvil.ad.custom import resolve_custom_calls
from anvil.ad.dual import Parts, loop_parts
from anvil.ad.reverse import Sweep, run_backwards
from anvil.ir.analysis import walk
from anvil.ir.builder import Env
from anvil.ir.loc import Derived
from anvil.ir.records import Atom, Func, Op, Program, Region, Value
from anvil.ir.types import TOKEN


def derive_steps(program: Program, *, strict: bool = False) -> Program:
    """Derives the adjoint steps of all reverse loops. Stage "core" -> "adjoint"."""
    session = Session.of(program, strict)
    done: set[str] = set()
    while len(done) < len(session.funcs):
        for name in [name for name in session.funcs if name not in done]:
            session.funcs[name] = _rewrite(session, session.funcs[name])
            done.add(name)
    resolve_custom_calls(session)
    return session.program(program.entry, "adjoint")


def _rewrite(session: Session, f: Func) -> Func:
    if not any(op.kind.name == "loop_vjp" for op in walk(f)):
        return f
    b = _Steps(session, [p.type for p in f.params], [p.hint for p in f.params])
    return b.finish(f.name, b.inline(f.body, b.params), f.origin)


class _Steps(ADBuilder):
    """Replays a function; loop_vjp is replaced as it comes, also in the steps that are derived."""

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """`Builder.copy`, with loop_vjp replaced."""
        if op.kind.name != "loop_vjp":
            return super().copy(op, env)
        with self.at(op.loc):
            outs = self._loop_rev(op, env)
        env.update(zip(op.outs, outs, strict=True))
        return outs

    def _loop_rev(self, op: Op, env: Env) -> tuple[Atom, ...]:
        parts = loop_parts(op)
        args = mapped(op.args, env)
        first = 1 + int(parts.counted) + parts.states
        caps, seeds = args[first : first + parts.caps], args[first + parts.caps :]
        step = _step(self.session, parts, op)
        k = len(step.params) - parts.caps
        hints = [p.hint for p in step.params[:k]]
        frame = self.begin("step", [p.type for p in step.params[:k]], hints)
        ends = self.inline(step, (*frame.params, *caps), env)
        region = self.end(ends)
        return self.emit_tuple("loop_rev", (args[0], *seeds), {}, (region,))


def _step(session: Session, parts: Parts, op: Op) -> Region:
    """The adjoint step, closed: parameters [i,] s, lam, acc, then the captures."""
    active, wrt = op.attrs["active"], op.attrs["wrt"]
    seeds = [*(parts.state_params[j] for j in active), *(parts.cap_params[q] for q in wrt)]
    head = [*parts.index, *parts.state_params]
    like = [*head, *seeds, *parts.cap_params]
    hints = [
        *(v.hint for v in head),
        *(tangent_hint(v.hint) for v in seeds),
        *(v.hint for v in parts.cap_params),
    ]
    b = ADBuilder(session)
    params = b.begin("step", [v.type for v in like], hints).params
    n, m = len(head), len(head) + len(seeds)
    given, seeded, caps = params[:n], params[n:m], params[m:]
    b.mark(*(seeded[i] for i in op.attrs["masked"]))
    with b.at(Derived("vjp", op.loc)):
        b.quiet = True
        ends = b.inline(parts.body, (*given, *caps))
        b.quiet = False
        states = given[int(parts.counted) :]
        sweep = _sweep(b, [states[j] for j in active], [caps[q] for q in wrt], seeded)
        sweep.gate = next((c for c in caps if c.type is TOKEN), None)
        run_backwards(sweep, [ends[j] for j in active], seeded[: len(active)])
        results = [sweep.dense(states[j]) for j in active] + [sweep.dense(caps[q]) for q in wrt]
        return b.end(results)


def _sweep(
    b: ADBuilder, states: Sequence[Value], caps: Sequence[Value], seeded: Sequence[Value]
) -> Sweep:
    moving = {
        v: MASKED if b.is_masked(seed) else PLAIN
        for v, seed in zip([*states, *caps], seeded, strict=True)
    }
    sweep = Sweep(b, Activity(b.session, lambda v: moving.get(v, IDLE)))
    sweep.ct = dict(zip(caps, seeded[len(states) :], strict=True))
    return sweep
