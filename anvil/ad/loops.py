"""Both modes of `for`, `while` and `loop_vjp`.

Write a loop as W(s0, c) with captures c, and s' c' for tangents. D is the loop of the dual body
(s, s') -> (body(s), body'(s, s')).

    jvp(W)          (s_n, s_n') = D(s0, s0')
    vjp(W)          W with a history in the forward sweep;
                    loop_vjp{W}(hist, s0, c, lam, acc) in the backward sweep
    jvp(loop_vjp)   loop_vjp{D}(hist of D, (s0, s0'), (c, c'),
                                lam' on s, lam on s', acc' on c, acc on c')
                    its results for s', c' are the primal results, those for s, c their tangents
                    (second derivatives commute)
    vjp(loop_vjp)   with cotangents mu of (s0bar, accbar); D runs from (s0, mu), with c' = mu:
                    lambar = s_n',  accbar = mu,
                    (s0bar, cbar) = those parts of loop_vjp{D}(hist, ..., 0 on s, lam on s')

So any order is again these ops on a bigger body, and what the planner makes of a history is never
differentiated. The history itself has no tangent or cotangent. In `loop_vjp`, the active captures
are explicit operands and parameters of its regions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from anvil.ad.activity import IDLE, MASKED, PLAIN, Activity
from anvil.ad.calls import region_calls_rules
from anvil.ad.context import Indices, inexact
from anvil.ad.dual import Parts, close, dual, dual_body, emit_loop, emit_loop_vjp, loop_parts
from anvil.ad.forward import Forward, forward_rule
from anvil.ad.host import refuse_again
from anvil.ad.reach import Reach
from anvil.ad.reverse import Cotangents, Sweep, reverse_rule
from anvil.ir.analysis import captures
from anvil.ir.records import Atom, Op, Value
from anvil.ir.types import hist

# ---- forward mode


@forward_rule("for", "while")
def _jvp_loop(fw: Forward, op: Op) -> None:
    """The loop over states and the tangents of those that move (with a history: of all inexact
    ones).
    """
    k, wanted = int(op.kind.name == "for"), bool(op.attrs["hist"])
    states = op.args[k:]
    activity = fw.activity()
    activity.ops((op,))
    levels = [activity.of(v) for v in op.outs[: len(states)]]
    if not any(levels):
        fw.b.copy(op, fw.env)
        return
    if wanted:
        levels = [max(level, MASKED * inexact(a)) for level, a in zip(levels, states, strict=True)]
    moving = tuple(j for j, level in enumerate(levels) if level)
    masked = [levels[j] == MASKED for j in moving]
    regions = tuple(dual_body(fw, r, moving, masked) for r in op.regions)
    inits = [*fw.read(op.args), *(fw.dense(states[j]) for j in moving)]
    outs = fw.b.emit_tuple(op.kind, inits, op.attrs, regions)
    n = len(states)
    fw.bind(op.outs[:n], outs[:n])
    for j, t, m in zip(moving, outs[n:], masked, strict=False):
        fw.move(op.outs[j], t, m)
    if wanted:
        fw.bind(op.outs[n:], outs[-1:])
        fw.duals.add(op.outs[n])


@forward_rule("loop_vjp")
def _jvp_loop_vjp(fw: Forward, op: Op) -> None:
    """loop_vjp of the dual loop if the loop moves, else once more on the tangents."""
    view = _View(op)
    if op.args[0] in fw.duals:
        _jvp_dual(fw, view)
        return
    fw.b.copy(op, fw.env)
    seeds = op.args[view.first_seed :]
    if any(fw.tangent(a) is not None for a in seeds):
        fixed = fw.read(op.args[: view.first_seed])
        tangents = [fw.dense(a) for a in seeds]
        attrs = {**op.attrs, "masked": tuple(range(len(seeds)))}
        regions = tuple(fw.b.copy_region(r, fw.env) for r in op.regions)
        outs = fw.b.emit_tuple("loop_vjp", (*fixed, *tangents), attrs, regions)
        for v, t in zip(op.outs, outs, strict=True):
            fw.move(v, t, masked=True)


class _View:
    """The operands of a `loop_vjp` by role."""

    def __init__(self, op: Op) -> None:
        self.op = op
        self.parts = loop_parts(op)
        k, n, m = int(self.parts.counted), self.parts.states, self.parts.caps
        self.active: Indices = op.attrs["active"]
        self.wrt: Indices = op.attrs["wrt"]
        self.count = op.args[1 : 1 + k]
        self.inits = op.args[1 + k : 1 + k + n]
        self.caps = op.args[1 + k + n : 1 + k + n + m]
        self.first_seed = 1 + k + n + m
        self.lam = op.args[self.first_seed : self.first_seed + len(self.active)]
        self.acc = op.args[self.first_seed + len(self.active) :]


def _jvp_dual(fw: Forward, view: _View) -> None:
    b = fw.b
    extra = [v for v in captures(view.op) if fw.tangent(v) is not None]
    parts = close(fw.session, view.parts, extra)
    caps = (*view.caps, *extra)
    n, m = parts.states, parts.caps
    moving = tuple(j for j, a in enumerate(view.inits) if inexact(a))
    moved = tuple(j for j, a in enumerate(caps) if inexact(a))
    both = dual(fw.session, parts, moving, moved, [MASKED] * len(moving), [MASKED] * len(moved))
    at_s = {j: n + q for q, j in enumerate(moving)}
    at_c = {j: m + q for q, j in enumerate(moved)}
    seeds = fw.read((*view.lam, *view.acc))
    moved_seeds = [fw.dense(a) for a in (*view.lam, *view.acc)]
    p = len(view.lam)
    lam, acc = emit_loop_vjp(
        b,
        both,
        fw.read((view.op.args[0], *view.count)),
        [*fw.read(view.inits), *(fw.dense(view.inits[j]) for j in moving)],
        [*fw.read(caps), *(fw.dense(caps[j]) for j in moved)],
        _swapped(view.active, at_s, moved_seeds[:p], seeds[:p]),
        _swapped(view.wrt, at_c, moved_seeds[p:], seeds[p:]),
        fw.env,
    )
    primal = [*(lam[at_s[j]] for j in view.active), *(acc[at_c[j]] for j in view.wrt)]
    tangents = [*(lam[j] for j in view.active), *(acc[j] for j in view.wrt)]
    fw.bind(view.op.outs, primal)
    for v, t in zip(view.op.outs, tangents, strict=True):
        fw.move(v, t, masked=True)


def _swapped(
    indices: Indices, at: Mapping[int, int], tangents: Sequence[Atom], primals: Sequence[Atom]
) -> dict[int, Atom]:
    """Cotangents for a dual loop: their tangents on the primal part, they on the tangent part."""
    found = dict(zip(indices, tangents, strict=True))
    found.update((at[j], a) for j, a in zip(indices, primals, strict=True))
    return found


# ---- reverse mode


@reverse_rule("for", "while")
def _vjp_loop(sweep: Sweep, k: int, op: Op, cts: Cotangents) -> None:
    """The history from the forward loop; loop_vjp here."""
    b = sweep.b
    refuse_again(sweep.session, op)
    counted = int(op.kind.name == "for")
    inits = op.args[counted:]
    n = len(inits)
    lam = [_level(sweep, ct) for ct in cts[:n]]
    levels, captured = Reach(sweep.activity).loop(op, lam)
    caps = [v for v in captures(op) if sweep.active(v)]
    if type(sweep.gate) is Value and any(region_calls_rules(sweep.session, r) for r in op.regions):
        caps.append(sweep.gate)
    parts = close(sweep.session, loop_parts(op), caps)
    history = op.outs[-1] if op.attrs["hist"] else _ask_history(sweep, k, op, inits)
    seeds = {j: _dense(sweep, inits[j], cts[j]) for j, level in enumerate(levels) if level}
    accs = {q: sweep.dense(v) for q, v in enumerate(caps) if v in captured}
    plain = {("s", j) for j, level in enumerate(levels) if level == PLAIN}
    started = [_level(sweep, sweep.ct.get(v)) for v in caps]
    plain |= {("c", q) for q, v in enumerate(caps) if captured.get(v) == started[q] == PLAIN}
    head = (history, *op.args[:counted])
    lam_out, acc_out = emit_loop_vjp(b, parts, head, inits, caps, seeds, accs, {}, plain)
    for q, acc in acc_out.items():
        sweep.ct[caps[q]] = acc
    for j, bar in lam_out.items():
        sweep.add(inits[j], bar, masked=b.is_masked(bar))


def _ask_history(sweep: Sweep, k: int, op: Op, inits: Sequence[Atom]) -> Value:
    types = tuple(a.type for a in inits)
    wanted = hist(types, op.kind.name == "for")
    return sweep.patch(k, attrs={**op.attrs, "hist": True}, more=[wanted])[0]


def _dense(sweep: Sweep, like: Atom, ct: Atom | None) -> Atom:
    return sweep.b.zeros(like.type) if ct is None else ct


def _level(sweep: Sweep, ct: Atom | None) -> int:
    if ct is None:
        return IDLE
    return MASKED if sweep.b.is_masked(ct) else PLAIN


@reverse_rule("loop_vjp")
def _vjp_loop_vjp(sweep: Sweep, k: int, op: Op, cts: Cotangents) -> None:
    """lambar from the dual loop, (s0bar, cbar) from its reverse."""
    b, view = sweep.b, _View(op)
    extra = [v for v in captures(op) if sweep.active(v)]
    parts = close(sweep.session, view.parts, extra)
    caps = (*view.caps, *extra)
    p = len(view.active)
    mu = [_dense(sweep, a, ct) for a, ct in zip((*view.lam, *view.acc), cts, strict=True)]
    mu_s, mu_c = mu[:p], mu[p:]
    levels = [_level(sweep, ct) or MASKED for ct in cts]
    both = dual(sweep.session, parts, view.active, view.wrt, levels[:p], levels[p:])
    inits, captured = [*view.inits, *mu_s], [*caps, *mu_c]
    again = any(map(sweep.active, (*view.inits, *caps)))
    outs = emit_loop(b, both, (*view.count, *inits), captured, again)
    n = parts.states
    for a, bar in zip(view.lam, outs[n : n + p], strict=True):
        sweep.add(a, bar, masked=True)
    for a, ct in zip(view.acc, cts[p:], strict=True):
        sweep.add(a, ct)
    if again:
        _second_reverse(sweep, view, both, (outs[-1], *view.count), inits, captured)


def _second_reverse(
    sweep: Sweep,
    view: _View,
    both: Parts,
    head: Sequence[Atom],
    inits: Sequence[Atom],
    captured: Sequence[Atom],
) -> None:
    b, n = sweep.b, view.parts.states
    m = both.caps - len(view.wrt)
    active_s = [j for j in range(n) if sweep.active(inits[j])]
    active_c = [q for q in range(m) if sweep.active(captured[q])]
    tangent = range(n, both.states)
    seeds = [*(IDLE for _ in range(n)), *(MASKED for _ in tangent)]
    levels, reached = _reach_closed(sweep, both, active_s, active_c, seeds)
    lam: dict[int, Atom] = {j: b.zeros(inits[j].type) for j in range(n) if levels[j]}
    lam.update(zip(tangent, view.lam, strict=True))
    wanted = [q for q in active_c if q in reached]
    first = {q for q in wanted if captured.index(captured[q]) == q}
    accs = {q: _dense(sweep, captured[q], None) for q in wanted}
    accs.update((q, sweep.dense(captured[q])) for q in first)
    lam_out, acc_out = emit_loop_vjp(b, both, head, inits, captured, lam, accs, {})
    for q in sorted(acc_out, key=lambda q: q not in first):
        if q in first:
            sweep.ct[captured[q]] = acc_out[q]  # type: ignore[index]
        else:
            sweep.add(captured[q], acc_out[q], masked=True)
    for j in range(n):
        if j in lam_out:
            sweep.add(inits[j], lam_out[j], masked=True)


def _reach_closed(
    sweep: Sweep, parts: Parts, states: Sequence[int], caps: Sequence[int], lam: Sequence[int]
) -> tuple[list[int], set[int]]:
    """Which states of a closed loop carry a cotangent and which captures receive one."""
    moving = {parts.cap_params[q] for q in caps}
    activity = Activity(sweep.session)
    head = (IDLE,) * int(parts.counted)
    captured = [PLAIN if v in moving else IDLE for v in parts.cap_params]
    levels = [PLAIN if j in states or lam[j] else IDLE for j in range(parts.states)]
    while True:
        ends = activity.region(parts.body, (*head, *levels, *captured))
        following = [
            max(a, e) if inexact(v) else IDLE
            for a, e, v in zip(levels, ends, parts.state_params, strict=True)
        ]
        if following == levels:
            break
        levels = following
    back = list(lam)
    while True:
        got = Reach(activity).region(parts.body, back)
        further = [max(a, got.get(v, IDLE)) for a, v in zip(back, parts.state_params, strict=True)]
        if further == back:
            return back, {q for q, v in enumerate(parts.cap_params) if got.get(v, IDLE)}
        back = further
