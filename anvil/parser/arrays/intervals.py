"""Intervals of ints through branches, loops and calls: abstract interpretation of finished ops.

    x in I, y = rule(x)            y in rule(I)                     `interval_rules`
    if p: a else: b                the hull of a where p and b where not p
    while p(s): s = f(s)           a small I with init in I and f(I where p) in I: first made wider
                                   to ints that the loop speaks of, then narrowed
    for i in range(n): s = f(s)    the same with i in [0, n-1]; a sum s + d, d in [u, v] in each
                                   iteration, lies in init + n [u, v]
    f(x)                           the results of f's body for the intervals of its arguments

A comparison that holds narrows what it compares, and the parts of a sum that it compares. So does a
check: nothing is returned of a program in which one fails.

The ints that an open loop carries are guessed (`guessed`), and it is seen when the body is there
which of them may leave their guesses (`unproved`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from anvil.ir.records import Atom, Const, Op, Region, Value
from anvil.ir.types import I64, ArrayType, array
from anvil.parser.arrays.interval_rules import (
    EMPTY,
    RULES,
    TOP,
    WRAPPING,
    Interval,
    fitting,
    hull,
    inside,
    meet,
    of_type,
    product,
)

if TYPE_CHECKING:
    from anvil.parser.context import Context

Bounds = tuple[int, int]
_STEPS, _NEAR = 20_000, 200
_ROUNDS, _MOST = 3, 24
"""Rounds in which a loop may settle before what still grows is made wider, and in all."""
_FAR = 2**62
_INT = array(I64)


class _Endless(Exception):
    """The analysis has taken too many steps."""


class Scope:
    """The values of one region, and what is assumed of them there."""

    def __init__(
        self, outer: Scope | None, ops: Iterable[Op], assumed: Mapping[Value, Interval]
    ) -> None:
        self.outer = outer
        self.ops = tuple(ops)
        self.made = {v: op for op in self.ops for v in op.outs}
        self.assumed = dict(assumed)
        self.found: dict[Value, Interval] = {}
        self.alias: dict[Value, Atom] = {}
        """Parameters of a test that stand for other values."""


def bounds_in(ctx: Context, atom: Atom) -> Bounds | None:
    """The least and the greatest value of an i64 at the place that is being compiled."""
    analysis = _Analysis(ctx)
    try:
        low, high = analysis.of(atom, analysis.here())
    except _Endless:
        return None
    if low > high:
        return 0, 0  # nothing gets here
    if not -_FAR < low <= high < _FAR:
        return None
    return int(low), int(high)


def guessed(ctx: Context, ends: Sequence[Any], wider: int) -> Bounds | None:
    """From the least to the greatest int that one of these is known to be."""
    found: list[float] = []
    analysis = _Analysis(ctx)
    try:
        here = analysis.here()
        for atom in ends:
            if getattr(atom, "type", None) is _INT:
                found += [e for e in analysis.of(atom, here) if not math.isinf(e)]
    except _Endless:
        return None
    return (int(min(found)) - wider, int(max(found)) + wider) if found else None


def unproved(ctx: Context, op: Op, guesses: Mapping[int, Bounds]) -> list[int]:
    """The states of a loop, by their positions, that may leave their guesses."""
    analysis = _Analysis(ctx)
    try:
        here = analysis.here()
        found = analysis.of_loop(op, here)
        return [k for k, g in guesses.items() if not inside(found[k], g)]
    except _Endless:
        return list(guesses)


COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")
_NEGATED = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}
_MIRRORED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}


class _Analysis:
    """One question about an interval; it may take a limited number of steps."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.left = _STEPS

    def here(self) -> Scope:
        """What is known at the place that is being compiled."""
        scope = Scope(None, (), {})
        for frame in self.ctx.b.frames:
            if frame.given is not None:
                pred, holds, ops = frame.given
                scope.made.update({v: op for op in ops for v in op.outs})
                self.narrow(scope, pred, holds)
            self._checked(scope, frame.ops[-_NEAR:])
        scope.found.clear()
        return scope

    def _checked(self, scope: Scope, ops: Iterable[Op]) -> None:
        """Narrows a scope by the checks among its ops, which have held."""
        for op in ops:
            if op.kind.name == "check":
                self.narrow(scope, op.args[1], True)

    # ---- values

    def of(self, atom: Atom, scope: Scope) -> Interval:
        """The interval of an atom seen from a scope."""
        if type(atom) is Const:
            value = atom.value
            return (value, value) if isinstance(value, int) else TOP
        atom = self._meant(atom, scope)
        if not isinstance(atom, Value):
            return self.of(atom, scope)
        level: Scope | None = scope
        while level is not None:
            if atom in level.assumed:
                return level.assumed[atom]
            if atom in level.found:
                return level.found[atom]
            if atom in level.made or level.outer is None:
                break
            level = level.outer
        assert level is not None
        found = self._value(atom, level)
        level.found[atom] = found
        return found

    def _value(self, atom: Value, scope: Scope) -> Interval:
        self.left -= 1
        if self.left < 0:
            raise _Endless
        session = self.ctx.session
        most = of_type(atom.type)
        known = session.bounds.get(atom)
        most = most if known is None else meet(most, known)
        data = session.constants.get(atom)
        if data is not None and data.data.size and data.data.dtype.kind in "biu":
            return int(data.data.min()), int(data.data.max())
        op = scope.made.get(atom) or self.ctx.b.maker(atom)
        if op is None or not isinstance(atom.type, ArrayType) or atom.type.dtype.kind not in "biu":
            return most
        return meet(most, self._result(op, op.outs.index(atom), scope))

    def _result(self, op: Op, k: int, scope: Scope) -> Interval:
        name = op.kind.name
        if name in ("for", "while"):
            return self.of_loop(op, scope)[k]
        if name == "if":
            return self._branch(op, k, scope)
        if name == "select":
            return self._select(op, scope)
        if name == "call":
            return self._call(op, k, scope)
        if name == "sort":
            return self.of(op.args[k], scope)
        rule = RULES.get(name)
        if rule is None or any(_empty(a) for a in op.args):
            return TOP
        args = [self.of(a, scope) for a in op.args]
        if EMPTY in args:
            return EMPTY
        found = rule(op, args)
        wraps = name in WRAPPING and op.outs[0] not in self.ctx.session.unwrapped
        return fitting(op, found) if wraps else found

    # ---- control flow

    def inner(
        self,
        scope: Scope,
        region: Region,
        given: Sequence[Interval],
        pred: Atom | None,
        holds: bool,
    ) -> Scope:
        """The scope of a region whose parameters are `given`, where a condition holds, or fails."""
        pairs = zip(region.params, given, strict=True)
        made = Scope(scope, region.ops, {p: meet(x, of_type(p.type)) for p, x in pairs})
        if pred is not None:
            self.narrow(made, pred, holds)
        self._checked(made, region.ops)
        made.found.clear()
        return made

    def _branch(self, op: Op, k: int, scope: Scope) -> Interval:
        parts = []
        for region, holds in zip(op.regions, (True, False), strict=True):
            made = self.inner(scope, region, (), op.args[0], holds)
            possible = EMPTY not in made.assumed.values()
            parts.append(self.of(region.results[k], made) if possible else EMPTY)
        return hull(*parts)

    def _select(self, op: Op, scope: Scope) -> Interval:
        pred, *ends = op.args
        parts = []
        for end, holds in zip(ends, (True, False), strict=True):
            made = Scope(scope, (), {})
            t: Any = pred.type
            if not t.shape:
                self.narrow(made, pred, holds)
            possible = EMPTY not in made.assumed.values()
            parts.append(self.of(end, made) if possible else EMPTY)
        return hull(*parts)

    def _call(self, op: Op, k: int, scope: Scope) -> Interval:
        func = self.ctx.session.funcs.get(op.attrs["callee"].name)
        if func is None:
            return TOP
        args = [self.of(a, scope) for a in op.args]
        made = self.inner(Scope(None, (), {}), func.body, args, None, True)
        self.left -= 10
        for v, atom in zip(op.outs, func.body.results, strict=True):
            scope.found[v] = self.of(atom, made)
        return scope.found[op.outs[k]]

    # ---- loops

    def of_loop(self, op: Op, scope: Scope) -> list[Interval]:
        """The states with which iterations begin and with which the loop ends."""
        trips = self.of(op.args[0], scope) if op.kind.name == "for" else (0, math.inf)
        inits = [self.of(a, scope) for a in _inits(op)]
        begun = self._tested(op, scope, _inits(op), inits)
        states = list(begun)
        ends = self._thresholds(op, inits, trips)
        for attempt in range(_MOST):
            after = self._after(op, states, scope, trips)[0]
            wider = [hull(s, a) for s, a in zip(states, after, strict=True)]
            if wider == states:
                break
            if attempt >= _ROUNDS:
                pairs = zip(states, wider, strict=True)
                wider = [_widened(s, w, ends, attempt >= _MOST - 4) for s, w in pairs]
            states = wider
        else:
            states = [of_type(a.type) for a in _inits(op)]
        for _ in range(2):
            after = self._after(op, states, scope, trips)[0]
            around = (hull(i, a) for i, a in zip(begun, after, strict=True))
            states = [meet(s, a) for s, a in zip(states, around, strict=True)]
        self._sums(op, inits, states, scope, trips)
        last = self._after(op, states, scope, trips)[1]
        found = [hull(*parts) for parts in zip(inits, states, last, strict=True)]
        scope.found.update(zip(op.outs, found, strict=False))
        return found

    def _after(
        self, op: Op, states: Sequence[Interval], scope: Scope, trips: Interval
    ) -> tuple[list[Interval], list[Interval]]:
        """The states after an iteration that begins with these, if another one follows, and in any
        case.
        """
        made = self._body(op, states, scope, trips)
        if made is None:
            return [EMPTY for _ in states], [EMPTY for _ in states]
        results = op.regions[-1].results
        ended = [self.of(a, made) for a in results]
        return self._tested(op, made, results, ended), ended

    def _tested(
        self, op: Op, scope: Scope, states: Sequence[Atom], known: list[Interval]
    ) -> list[Interval]:
        """The states for which the test of a loop holds."""
        if op.kind.name == "for":
            return known
        test = op.regions[0]
        made = Scope(scope, (*scope.ops, *test.ops), {})
        made.made = {**scope.made, **made.made}
        made.alias = dict(zip(test.params, states, strict=True))
        self.narrow(made, test.results[0], True)
        if EMPTY in made.assumed.values():
            return [EMPTY for _ in known]
        return [meet(self.of(a, made), k) for a, k in zip(states, known, strict=True)]

    def _body(
        self, op: Op, states: Sequence[Interval], scope: Scope, trips: Interval
    ) -> Scope | None:
        """The scope of an iteration; None if there is none."""
        body = op.regions[-1]
        if op.kind.name == "for":
            given = [(0, trips[1] - 1), *states]
            return self.inner(scope, body, given, None, True) if trips[1] >= 1 else None
        test = op.regions[0]
        tested = self.inner(scope, test, states, test.results[0], True)
        narrowed = [self.of(p, tested) for p in test.params]
        return None if EMPTY in narrowed else self.inner(scope, body, narrowed, None, True)

    def _thresholds(self, op: Op, inits: Sequence[Interval], trips: Interval) -> list[float]:
        """Ints that the states of a loop may not go beyond: those that its ops speak of."""
        found = {e for x in (*inits, trips) for e in x if not math.isinf(e)}
        self._constants(op.regions, found, 3)
        return sorted({e + d for e in found for d in (-1, 0, 1)})

    def _constants(self, regions: Iterable[Region], found: set[float], depth: int) -> None:
        for inner in (o for region in regions for o in region.ops):
            if len(found) >= _MOST // 4 or not depth:
                return
            found.update(int(a.value.real) for a in inner.args if _is_int(a))  # type: ignore[union-attr]
            self._constants(inner.regions, found, depth)
            func = None
            if inner.kind.name == "call":
                func = self.ctx.session.funcs.get(inner.attrs["callee"].name)
            self._constants((func.body,) if func else (), found, depth - 1)

    def _sums(
        self,
        op: Op,
        inits: Sequence[Interval],
        states: list[Interval],
        scope: Scope,
        trips: Interval,
    ) -> None:
        """Narrows the states that grow by at most so much in each iteration."""
        open_ = [k for k, s in enumerate(states) if math.inf in (-s[0], s[1])]
        made = self._body(op, states, scope, trips) if open_ and trips[1] < _FAR else None
        if made is None:
            return
        body = op.regions[-1]
        params = body.params[1:]
        for k in open_:
            is_int = params[k].type is _INT
            grown = self._growth(body.results[k], params[k], made) if is_int else None
            if grown is not None:
                low, high = product(hull(grown, (0, 0)), (0, trips[1]))
                last = (inits[k][0] + low, inits[k][1] + high)
                states[k] = meet(states[k], last if inside(last, (-_FAR, _FAR)) else TOP)

    def _growth(self, atom: Atom, param: Value, scope: Scope) -> Interval | None:
        """What is added to a parameter; None if an atom is no such sum."""
        if atom is param:
            return 0, 0
        op = scope.made.get(atom) if isinstance(atom, Value) else None
        if op is None:
            return None
        if op.kind.name in ("add", "sub"):
            sign = -1 if op.kind.name == "sub" else 1
            for i in (0,) if sign < 0 else (0, 1):
                grown = self._growth(op.args[i], param, scope)
                if grown is not None:
                    other = product(self.of(op.args[1 - i], scope), (sign, sign))
                    return grown[0] + other[0], grown[1] + other[1]
            return None
        return self._grown_branches(op, op.outs.index(atom), param, scope)

    def _grown_branches(self, op: Op, k: int, param: Value, scope: Scope) -> Interval | None:
        name = op.kind.name
        if name == "select":
            parts = [self._growth(a, param, scope) for a in op.args[1:]]
        elif name == "if":
            parts = []
            for region, holds in zip(op.regions, (True, False), strict=True):
                made = self.inner(scope, region, (), op.args[0], holds)
                made.made.update({v: o for v, o in scope.made.items() if v not in made.made})
                parts.append(self._growth(region.results[k], param, made))
        else:
            return None
        known = [p for p in parts if p is not None]
        return hull(*known) if len(known) == len(parts) else None

    # ---- conditions

    def _meant(self, atom: Atom, scope: Scope) -> Any:
        """What a parameter of a test stands for."""
        level: Scope | None = scope
        while level is not None and type(atom) is Value:
            atom = level.alias.get(atom, atom)
            level = level.outer
        return atom

    def narrow(self, scope: Scope, pred: Atom, holds: bool) -> None:
        """Assumes that a condition holds, or fails, in a scope."""
        pred = self._meant(pred, scope)
        if type(pred) is Const and bool(pred.value) is not holds:
            scope.assumed[Value(_INT)] = EMPTY
        if not isinstance(pred, Value) or getattr(pred.type, "shape", ()) != ():
            return
        scope.assumed[pred] = (int(holds), int(holds))
        op = self._maker(pred, scope)
        name = "" if op is None else op.kind.name
        if op is None:
            return
        if name == "not":
            self.narrow(scope, op.args[0], not holds)
        elif name == ("and" if holds else "or"):
            for part in op.args:
                self.narrow(scope, part, holds)
        elif name == "if":
            self._narrow_by_branches(scope, op, op.outs.index(pred), holds)
        elif name in COMPARISONS:
            x, y = op.args
            name = name if holds else _NEGATED[name]
            self._compared(scope, x, name, self.of(y, scope))
            self._compared(scope, y, _MIRRORED[name], self.of(x, scope))

    def _narrow_by_branches(self, scope: Scope, op: Op, k: int, holds: bool) -> None:
        """`p and q` and `p or q` whose second part is skipped are branches."""
        results = [region.results[k] for region in op.regions]
        for i, end in enumerate(results):
            made = self.inner(scope, op.regions[i], (), op.args[0], i == 0)
            if self.of(end, made) == (not holds, not holds):
                other = op.regions[1 - i]
                self.narrow(scope, op.args[0], i == 1)
                scope.made.update({v: o for o in other.ops for v in o.outs})
                self.narrow(scope, results[1 - i], holds)
                return

    def _maker(self, atom: Value, scope: Scope) -> Op | None:
        level: Scope | None = scope
        while level is not None:
            if atom in level.made:
                return level.made[atom]
            level = level.outer
        return self.ctx.b.maker(atom)

    def _compared(self, scope: Scope, x: Atom, name: str, y: Interval) -> None:
        """Assumes that `x` compares so with something in `y`."""
        x = self._meant(x, scope)
        if not isinstance(x, Value) or y == EMPTY or x.type is not _INT:
            return
        low, high = y
        within = {
            "lt": (-math.inf, high - 1),
            "le": (-math.inf, high),
            "gt": (low + 1, math.inf),
            "ge": (low, math.inf),
            "eq": y,
        }.get(name)
        if within is not None:
            self._assume(scope, x, within)
        elif low == high:
            had = self.of(x, scope)
            ends = (had[0] + (had[0] == low), had[1] - (had[1] == low))
            self._assume(scope, x, ends)

    def _assume(self, scope: Scope, x: Atom, within: Interval, depth: int = 4) -> None:
        """Assumes that `x` lies within an interval, and so its parts if it is a sum."""
        if not isinstance(x, Value) or not depth:
            return
        had = self.of(x, scope)
        now = meet(had, within)
        if now == had:
            return
        scope.assumed[x] = now
        op = self._maker(x, scope)
        wraps = not inside(had, (-_FAR, _FAR))
        if op is None or op.kind.name not in ("add", "sub") or now == EMPTY or wraps:
            return
        p, q = op.args
        a, b = (self.of(v, scope) for v in op.args)
        if op.kind.name == "add":
            self._assume(scope, p, (now[0] - b[1], now[1] - b[0]), depth - 1)
            self._assume(scope, q, (now[0] - a[1], now[1] - a[0]), depth - 1)
        else:
            self._assume(scope, p, (now[0] + b[0], now[1] + b[1]), depth - 1)
            self._assume(scope, q, (a[0] - now[1], a[1] - now[0]), depth - 1)


def _widened(before: Interval, now: Interval, ends: Sequence[float], far: bool) -> Interval:
    """What has grown is taken to grow on, to the next threshold or (`far`) without end."""
    ends, (low, high) = () if far else ends, now
    if low < before[0]:
        low = max((e for e in ends if e <= low), default=-math.inf)
    if high > before[1]:
        high = min((e for e in ends if e >= high), default=math.inf)
    return low, high


def _inits(op: Op) -> Sequence[Atom]:
    return op.args[1:] if op.kind.name == "for" else op.args


def _is_int(a: Atom) -> bool:
    return type(a) is Const and a.type is _INT


def _empty(a: Any) -> bool:
    return isinstance(a.type, ArrayType) and not a.type.size
