"""Backward reach: which active values receive a cotangent, and which cotangents may be masked
zeros.

Levels are those of `activity`. Through an op every active operand receives the level of the
results, MASKED where the kind drops parts of its operands (select, slices, extrema). A value read
in one branch of an `if` only is MASKED. Loops are least fixed points:

    for, while    lam = join(final cotangent, that of the yield); captures: maximum over the steps
    loop_vjp      every active operand, since its own reverse is a loop of the dual body
    call          the callee's body, once per level of its results
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from anvil.ad.activity import IDLE, MASKED, Activity, Levels, join
from anvil.ir.analysis import captures
from anvil.ir.records import Atom, Op, Region, Value

DROPPING: Final = frozenset(
    {
        "select", "max", "min", "clamp", "reduce_max", "reduce_min", "slice", "gather", "mulz",
        "dynamic_slice", "dynamic_update_slice", "scatter", "scatter_add", "sort",
    }
)  # fmt: skip
"""Kinds whose cotangent is zero in parts of an operand that did not take part."""

Got = dict[Value, int]


class Reach:
    """Cotangent levels of values, given the forward activity of the same piece of program."""

    def __init__(self, activity: Activity) -> None:
        self.activity = activity

    def region(self, region: Region, levels: Sequence[int]) -> Got:
        """Levels received by parameters, captures and inner values when what is yielded has
        `levels`.
        """
        got: Got = {}
        for a, level in zip(region.results, levels, strict=True):
            self._give(got, a, level)
        for op in reversed(region.ops):
            if not op.kind.terminator:
                outs = [got.get(v, IDLE) for v in op.outs]
                if any(outs):
                    _RULES.get(op.kind.name, Reach._plain)(self, got, op, outs)
        return got

    def func(self, name: str, levels: Sequence[int], outs: Sequence[int]) -> Levels:
        """Levels received by the parameters of a function with these forward levels."""
        session = self.activity.session

        def solve() -> Levels:
            inner = Activity(session)
            body = session.funcs[name].body
            inner.region(body, levels)
            got = Reach(inner).region(body, outs)
            return tuple(got.get(p, IDLE) for p in body.params)

        return session.once(("reach", name, tuple(levels), tuple(outs)), solve)

    def loop(self, op: Op, lam: Sequence[int]) -> tuple[Levels, Got]:
        """Levels of the cotangents a loop carries backwards, and of what its captures receive."""
        body = op.regions[-1]
        states = body.params[int(op.kind.name == "for") :]
        levels = tuple(lam)
        while True:
            got = self.region(body, levels)
            active = [self.activity.of(s) for s in states]
            back = [got.get(s, IDLE) if a else IDLE for s, a in zip(states, active, strict=True)]
            following = tuple(
                join(old, new) if a else IDLE
                for old, new, a in zip(levels, back, active, strict=True)
            )
            if following == levels:
                return levels, {v: got[v] for v in captures(op) if v in got}
            levels = following

    def _give(self, got: Got, a: Atom, level: int) -> None:
        if type(a) is Value and level and self.activity.of(a):
            got[a] = max(got.get(a, IDLE), level)

    def _plain(self, got: Got, op: Op, outs: Sequence[int]) -> None:
        if op.kind.nondiff:
            return
        level = MASKED if op.kind.name in DROPPING else max(outs)
        for a in op.args:
            self._give(got, a, level)

    def _if(self, got: Got, op: Op, outs: Sequence[int]) -> None:
        then, orelse = (self.region(r, outs) for r in op.regions)
        for v in captures(op):
            self._give(got, v, join(then.get(v, IDLE), orelse.get(v, IDLE)))

    def _loop(self, got: Got, op: Op, outs: Sequence[int]) -> None:
        k = int(op.kind.name == "for")
        n = len(op.args) - k
        levels, captured = self.loop(op, outs[:n])
        for a, level in zip(op.args[k:], levels, strict=True):
            self._give(got, a, level)
        for v, level in captured.items():
            self._give(got, v, level)

    def _everything(self, got: Got, op: Op, outs: Sequence[int]) -> None:
        for a in (*op.args, *captures(op)):
            self._give(got, a, MASKED)

    def _call(self, got: Got, op: Op, outs: Sequence[int]) -> None:
        levels = [self.activity.of(a) for a in op.args]
        back = self.func(op.attrs["callee"].name, levels, outs)
        for a, level in zip(op.args, back, strict=True):
            self._give(got, a, level)


_RULES: Final[dict[str, Callable[[Reach, Got, Op, Sequence[int]], None]]] = {
    "if": Reach._if,
    "for": Reach._loop,
    "while": Reach._loop,
    "loop_vjp": Reach._everything,
    "call": Reach._call,
    "custom_call": Reach._everything,
    "host_call": Reach._everything,
}
