"""Loops taken apart and put together again: closed over captures, doubled with tangents.

    closed      regions take captures as further parameters:   cond(s, c), body([i,] s, c)
    dual        cond(s, s', c, c') = cond(s, c);   body([i,] s, s', c, c') = (body, its tangent)

A closed body is a piece of program of its own, so a value of the enclosing program that happens
to be computed by the same op cannot take the place of one that depends on a capture, and every
cotangent of a capture passes through its parameter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from anvil.ad.activity import IDLE, MASKED, Activity, join
from anvil.ad.context import ADBuilder, Indices, Session, tangent_hint
from anvil.ad.forward import Forward
from anvil.ir.builder import Env
from anvil.ir.records import Atom, Op, Region, Value


@dataclass(frozen=True, slots=True)
class Parts:
    """The regions of a loop with `states` carried values, closed over `caps` captures."""

    counted: bool
    states: int
    caps: int
    cond: Region | None
    body: Region

    @property
    def index(self) -> tuple[Value, ...]:
        """The loop index of a counted body."""
        return self.body.params[: int(self.counted)]

    @property
    def state_params(self) -> tuple[Value, ...]:
        """The body's parameters for the states."""
        k = int(self.counted)
        return self.body.params[k : k + self.states]

    @property
    def cap_params(self) -> tuple[Value, ...]:
        """The body's parameters for the captures."""
        return self.body.params[int(self.counted) + self.states :]

    @property
    def regions(self) -> tuple[Region, ...]:
        """The condition, if any, and the body."""
        return (self.body,) if self.cond is None else (self.cond, self.body)


def loop_parts(op: Op) -> Parts:
    """The parts of a `for`, `while` or `loop_vjp`."""
    cond = op.regions[0] if len(op.regions) == 2 else None
    caps = op.attrs.get("caps", 0)
    counted = cond is None
    states = len(op.regions[-1].params) - int(counted) - caps
    return Parts(counted, states, caps, cond, op.regions[-1])


def close(session: Session, parts: Parts, extra: Sequence[Value]) -> Parts:
    """`parts` with the values `extra` of the enclosing program as further captures."""
    if not extra:
        return parts
    b = ADBuilder(session)
    regions = []
    for r in parts.regions:
        params = [*r.params, *extra]
        frame = b.begin(r.label, [p.type for p in params], [p.hint for p in params])
        n = len(r.params)
        ends = b.inline(r, frame.params[:n], dict(zip(extra, frame.params[n:], strict=True)))
        regions.append(b.end(ends))
    cond = None if parts.cond is None else regions[0]
    return Parts(parts.counted, parts.states, parts.caps + len(extra), cond, regions[-1])


def dual(
    session: Session,
    parts: Parts,
    states: Indices,
    caps: Indices,
    state_levels: Sequence[int],
    cap_levels: Sequence[int],
) -> Parts:
    """The loop of the dual body: tangents of the given states and captures, which start at these
    levels.
    """
    levels = _fixed_point(
        session, parts, dict(zip(states, state_levels, strict=True)), caps, cap_levels
    )
    b = ADBuilder(session)
    b.quiet = True
    regions = []
    for r in parts.regions:
        k, n = len(r.params) - parts.states - parts.caps, parts.states
        primal_s, primal_c = r.params[k : k + n], r.params[k + n :]
        d_s, d_c = [primal_s[j] for j in states], [primal_c[q] for q in caps]
        frame = _begin_dual(b, r, [*r.params[: k + n], *d_s, *primal_c, *d_c])
        s, ds, c, dc = _deal(frame, (k + n, len(d_s), len(primal_c), len(d_c)))
        fw = Forward(b)
        for j, v, t in zip(states, d_s, ds, strict=True):
            fw.move(v, t, levels[j] == MASKED)
        for v, t, level in zip(d_c, dc, cap_levels, strict=True):
            fw.move(v, t, level == MASKED)
        ends = fw.region(r, (*s, *c))
        moving = [fw.dense(r.results[j]) for j in states] if r is parts.body else []
        regions.append(b.end((*ends, *moving)))
    cond = None if parts.cond is None else regions[0]
    m = parts.states + len(states)
    return Parts(parts.counted, m, parts.caps + len(caps), cond, regions[-1])


def _begin_dual(b: ADBuilder, r: Region, like: Sequence[Value]) -> Sequence[Value]:
    """Opens a region; the second parameter like the same value is its tangent."""
    seen: set[Value] = set()
    hints = []
    for v in like:
        hints.append(tangent_hint(v.hint) if v in seen else v.hint)
        seen.add(v)
    return b.begin(r.label, [v.type for v in like], hints).params


def _deal(values: Sequence[Value], sizes: Sequence[int]) -> list[Sequence[Value]]:
    out, at = [], 0
    for n in sizes:
        out.append(values[at : at + n])
        at += n
    return out


def _fixed_point(
    session: Session,
    parts: Parts,
    start: Mapping[int, int],
    caps: Indices,
    cap_levels: Sequence[int],
) -> list[int]:
    """Levels of the tangents that the dual loop carries."""
    captured = [IDLE] * parts.caps
    for q, level in zip(caps, cap_levels, strict=True):
        captured[q] = level
    levels = [start.get(j, IDLE) for j in range(parts.states)]
    while True:
        head = (IDLE,) * int(parts.counted)
        ends = Activity(session).region(parts.body, (*head, *levels, *captured))
        following = [
            join(a, e) if j in start else IDLE
            for j, (a, e) in enumerate(zip(levels, ends, strict=True))
        ]
        if following == levels:
            return levels
        levels = following


def dual_body(fw: Forward, region: Region, moving: Indices, masked: Sequence[bool]) -> Region:
    """A region of a loop with its tangents: states, then tangents of the states `moving`;
    captures stay lexical.
    """
    is_body = region.label == "body"
    states = region.params[len(region.params) - len(region.results) :] if is_body else region.params
    like = [*region.params, *(states[j] for j in moving)]
    hints = [*(p.hint for p in region.params), *(tangent_hint(states[j].hint) for j in moving)]
    frame = fw.b.begin(region.label, [v.type for v in like], hints)
    inner = fw.child()
    n = len(region.params)
    for j, t, m in zip(moving, frame.params[n:], masked, strict=True):
        inner.move(states[j], t, m)
    ends = inner.region(region, frame.params[:n])
    tangents = [inner.dense(region.results[j]) for j in moving] if is_body else []
    return fw.b.end((*ends, *tangents))


def emit_loop(
    b: ADBuilder, parts: Parts, args: Sequence[Atom], caps: Sequence[Atom], history: bool
) -> tuple[Atom, ...]:
    """Emits the loop of closed parts; the captures become lexical again. `args` are the count, if
    any, and the states.
    """
    regions = []
    for r in parts.regions:
        params = r.params[: len(r.params) - parts.caps]
        frame = b.begin(r.label, [p.type for p in params], [p.hint for p in params])
        regions.append(b.end(_quiet_inline(b, r, (*frame.params, *caps), {})))
    kind = "for" if parts.counted else "while"
    return b.emit_tuple(kind, args, {"hist": history}, tuple(regions))


def _quiet_inline(b: ADBuilder, r: Region, args: Sequence[Atom], env: Env) -> tuple[Atom, ...]:
    saved, b.quiet = b.quiet, True
    ends = b.inline(r, args, env)
    b.quiet = saved
    return ends


def emit_loop_vjp(
    b: ADBuilder,
    parts: Parts,
    head: Sequence[Atom],
    inits: Sequence[Atom],
    caps: Sequence[Atom],
    lam: Mapping[int, Atom],
    acc: Mapping[int, Atom],
    env: Env,
    plain: Collection[tuple[str, int]] = (),
) -> tuple[dict[int, Atom], dict[int, Atom]]:
    """Emits the loop_vjp of closed parts and returns cotangents of the states `lam` and the
    accumulators `acc`.

    `head` is the history and the count, if any. The cotangents in `plain` ("s" or "c", index) are
    known not to be masked.
    """
    active, wrt = tuple(sorted(lam)), tuple(sorted(acc))
    names = [*(("s", j) for j in active), *(("c", q) for q in wrt)]
    masked = () if b.session.strict else tuple(i for i, n in enumerate(names) if n not in plain)
    regions = []
    for r in parts.regions:
        frame = b.begin(r.label, [p.type for p in r.params], [p.hint for p in r.params])
        regions.append(b.end(_quiet_inline(b, r, frame.params, env)))
    carried = [*(lam[j] for j in active), *(acc[q] for q in wrt)]
    attrs = {"active": active, "wrt": wrt, "caps": parts.caps, "masked": masked}
    outs = b.emit_tuple("loop_vjp", (*head, *inits, *caps, *carried), attrs, tuple(regions))
    b.mark(*(outs[i] for i in masked))
    n = len(active)
    return dict(zip(active, outs[:n], strict=True)), dict(zip(wrt, outs[n:], strict=True))
