"""Calls of functions with a derivative rule of their own: custom_jvp and custom_vjp.

The op wants functions of one and the same list of operands x, so thin functions are built around
the user's:

    primal   x -> y            x = leaves of the arguments, then whatever the function and its rules
             capture
    fwd      x, dx -> y, dy    (jvp)         x -> y, residuals   (vjp)
    bwd      residuals, ybar -> xbar

Where there are effects, the token so far is one of the captured operands, and the last of y is the
token afterwards; bwd waits for it as one of the residuals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from anvil.ir.builder import Builder
from anvil.ir.records import Atom, Const, Func, FuncRef, Value
from anvil.ir.types import TOKEN, Type
from anvil.parser.state.lengths import refuse_counted
from anvil.parser.state.signature import Spec, TupleSpec, leaves
from anvil.parser.state.values import Abstract, Bound, TupleV
from anvil.parser.transforms.closing import (
    Closed,
    Opened,
    around,
    close,
    is_inexact,
    open_argument,
    result_value,
)

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

Kwargs = Mapping[str, Abstract]


@dataclass(slots=True, eq=False)
class Operands:
    """The operands of a custom_call: the arguments' leaves first, captured atoms after them, each
    once.
    """

    atoms: list[Atom] = field(default_factory=list)
    place: dict[Atom, int] = field(default_factory=dict)

    def add(self, atom: Atom) -> int:
        """The position of an operand."""
        if isinstance(atom, Const) or atom not in self.place:
            self.atoms.append(atom)
            if isinstance(atom, Const):
                return len(self.atoms) - 1
            self.place[atom] = len(self.atoms) - 1
        return self.place[atom]


@dataclass(slots=True, eq=False)
class Rule:
    """A derivative rule in the making: the name of its function, the arguments, the common
    operands.
    """

    name: str
    opened: list[Opened]
    x: Operands
    leaves: dict[Value, int]
    gated: bool
    """Whether what the rule does waits for a gate, instead of having effects of its own."""
    acts: bool = False
    """Whether the function or its rule has effects."""

    @staticmethod
    def of(name: str, opened: Sequence[Opened], gated: bool = False) -> Rule:
        """The rule of a call with these arguments; their leaves come first among the operands."""
        x = Operands()
        places: dict[Value, int] = {}
        for o in opened:
            for placeholder, atom in zip(o.placeholders, o.atoms, strict=True):
                places[placeholder] = len(x.atoms)
                x.atoms.append(atom)
        return Rule(name, list(opened), x, places, gated)

    @property
    def wrt(self) -> tuple[int, ...]:
        """Operands that carry derivatives."""
        return tuple(self.leaves[o.placeholders[i]] for o in self.opened for i in o.inexact)

    @property
    def origins(self) -> dict[Atom, Atom]:
        """What the placeholders of the arguments stand for."""
        pairs = ((o.placeholders, o.atoms) for o in self.opened)
        return {p: a for ps, atoms in pairs for p, a in zip(ps, atoms, strict=True)}

    @property
    def wrt_leaves(self) -> list[Value]:
        """Their placeholders."""
        return [o.placeholders[i] for o in self.opened for i in o.inexact]


NESTED = 3
"""How deep a rule is used inside itself."""


def call_custom(it: Interp, fn: Bound, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    """A call of a function with a custom rule.

    A rule may call its own function (`y = f(x)`): there the function has its rule again, which
    serves the next order of derivative, and so on up to NESTED; below that it is a plain function.
    """
    if kwargs:
        it.error("wrong-arguments", f"{fn.describe()} takes its arguments by position")
    nested, name = it.session.rules, fn.fn.open()[0]
    if nested.count(name) >= NESTED:
        return it.session.calls.call(it, fn.fn, list(args), {})
    rule, primal = _open(it, fn.fn, args)
    nested.append(name)
    try:
        if fn.kind == "custom_jvp":
            fwd, bwd = _jvp_rule(it, rule, fn.args[0]), None
        else:
            fwd, bwd = _vjp_rule(it, rule, fn.args[0], fn.args[1])
    finally:
        nested.pop()
    return _emit(it, rule, primal, fwd, bwd)


def _open(it: Interp, fn: Abstract, args: Sequence[Abstract]) -> tuple[Rule, Closed]:
    rule = Rule.of("", [open_argument(it, a) for a in args])
    given = [o.value for o in rule.opened]
    primal = close(it, fn, given, {}, _actual(rule), origins=rule.origins)
    if primal.spec.written:
        it.error("unsupported-call", f"{fn.describe()} writes to a captured array")
    specs = [primal.out, *(o.spec for o in rule.opened)]
    refuse_counted(it, specs, "what a function with a rule of its own takes or returns")
    rule.name, rule.acts = primal.spec.func.name, primal.spec.gives_token
    return rule, primal


def _actual(rule: Rule) -> dict[Atom, Atom]:
    return {p: p for p in rule.leaves}


def _inputs(rule: Rule, closed: Closed) -> list[int | None]:
    """For each operand of a closed function its place among the common ones; None for the gate."""
    gated = rule.gated
    return [None if gated and a.type is TOKEN else _place(rule, a) for a in closed.operands]


def _place(rule: Rule, atom: Atom) -> int:
    if isinstance(atom, Value) and atom in rule.leaves:
        return rule.leaves[atom]
    return rule.x.add(atom)


def _call(
    b: Builder,
    closed: Closed,
    inputs: Sequence[int | None],
    x: Sequence[Atom],
    gate: Atom | None = None,
) -> tuple[list[Atom], Atom | None]:
    """Calls a closed function inside a thin one; its leaves, and the token that it gives."""
    args = [gate if i is None else x[i] for i in inputs]
    outs = b.emit_tuple("call", args, {"callee": closed.callee}, out_types=closed.results)
    token = outs[len(closed.results) - 1] if closed.spec.gives_token else None
    return [outs[i] for i in closed.spec.leaves], token


def _ended(b: Builder, x: Sequence[Atom], token: Atom | None) -> Atom:
    """The token that a function gives, or the one that it was given."""
    return token or next((a for a in x if a.type is TOKEN), None) or b.zeros(TOKEN)


def _emit(it: Interp, rule: Rule, closed: Closed, fwd: Any, bwd: Any) -> Abstract:
    """Builds the thin functions, now that all operands are known, and emits the op."""
    inputs = _inputs(rule, closed)
    types = [a.type for a in rule.x.atoms]
    b = Builder(types, loc=it.b.loc)
    y, token = _call(b, closed, inputs, b.params)
    if rule.acts:
        y.append(_ended(b, b.params, token))
    primal = finished(it, b, f"{rule.name}.primal", y)
    attrs: dict[str, Any] = {
        "callee": FuncRef(primal.name),
        "rule": "jvp" if bwd is None else "vjp",
        "fwd": FuncRef(finished(it, *fwd(types)).name),
        "bwd": None if bwd is None else FuncRef(finished(it, *bwd(types)).name),
        "wrt": rule.wrt,
        "outs": tuple(i for i, a in enumerate(y) if is_inexact(a.type)),
    }
    outs = it.b.emit_tuple("custom_call", rule.x.atoms, attrs, out_types=primal.results)
    if rule.acts:
        it.state.token = outs[-1]
    return result_value(it, closed.out, outs)


def finished(it: Interp, b: Builder, name: str, outs: Sequence[Atom]) -> Func:
    """Closes a thin function and adds it to the program."""
    unique = it.session.name(name)
    func = b.finish(unique, outs)
    it.session.funcs[unique] = func
    return func


# ---- jvp rules

Emit = Callable[[Builder, Sequence[Atom], Sequence[Atom], "Atom | None"], list[Atom]]
"""Emits a rule: of the common operands, the moving ones, and the token to begin with."""


def jvp_emitter(
    it: Interp, rule: Rule, jvp: Abstract
) -> Callable[..., tuple[list[Atom], list[Atom]]]:
    """The user's jvp(primals, tangents) -> (y, dy): what emits y and dy, of arguments as `Emit`."""
    tangents = [Value(p.type) for p in rule.wrt_leaves]
    moved = iter(tangents)
    values = []
    for o in rule.opened:
        active = set(o.inexact)
        atoms = [
            next(moved) if i in active else it.b.zeros(p.type) for i, p in enumerate(o.placeholders)
        ]
        values.append(around(it, o.spec, atoms))
    actual = _actual(rule)
    actual.update((t, t) for t in tangents)
    primals = TupleV(tuple(o.value for o in rule.opened))
    given = [primals, TupleV(tuple(values))]
    closed = close(it, jvp, given, {}, actual, origins={**actual, **rule.origins})
    out = closed.out
    if not isinstance(out, TupleSpec) or len(out.items) != 2:
        it.error("bad-rule", "a jvp rule returns (value, tangent)")
    first = len(list(leaves(out.items[0])))
    rule.acts |= closed.spec.gives_token
    place = {t: k for k, t in enumerate(tangents)}
    inputs: list[Any] = []
    for a in closed.operands:
        if isinstance(a, Value) and a in place:
            inputs.append(("dx", place[a]))
        else:
            inputs.append(None if rule.gated and a.type is TOKEN else _place(rule, a))

    def emit(
        b: Builder, x: Sequence[Atom], dx: Sequence[Atom], gate: Atom | None = None
    ) -> tuple[list[Atom], list[Atom]]:
        order = [len(x) + i[1] if isinstance(i, tuple) else i for i in inputs]
        found, token = _call(b, closed, order, [*x, *dx], gate)
        y = [*found[:first], *([_ended(b, x, token)] if rule.acts and not rule.gated else [])]
        return y, [t for t in found[first:] if is_inexact(t.type)]

    return emit


def _jvp_rule(it: Interp, rule: Rule, jvp: Abstract) -> Any:
    """The user's rule as a function of the common operands and their tangents."""
    emit = jvp_emitter(it, rule, jvp)

    def make(types: Sequence[Type]) -> tuple[Builder, str, list[Atom]]:
        b = Builder([*types, *(p.type for p in rule.wrt_leaves)], loc=it.b.loc)
        n = len(types)
        y, moved = emit(b, b.params[:n], b.params[n:])
        check_rule(it, [a.type for a in y if is_inexact(a.type)], moved)
        return b, f"{rule.name}.jvp_rule", [*y, *moved]

    return make


def check_rule(it: Interp, want: Sequence[Type], moved: Sequence[Atom]) -> None:
    """Refuses derivatives of other types than these."""
    if list(want) != [t.type for t in moved]:
        have = ", ".join(str(t.type) for t in moved)
        given = ", ".join(map(str, want))
        it.error("bad-rule", f"the rule gives derivatives of types ({have}) for ({given})")


# ---- vjp rules


@dataclass(slots=True, eq=False)
class Reverse:
    """The user's fwd(*args) -> (y, residuals) and bwd(residuals, ybar) -> xbar, closed.

    `residuals` and `bars` are placeholders; `captured` is what bwd captures, which stands at `kept`
    among the common operands.
    """

    rule: Rule
    fwd: Closed
    bwd: Closed
    inputs: list[int | None]
    residuals: list[Value]
    bars: list[Value]
    captured: list[Atom]
    kept: list[int]

    @property
    def moving(self) -> list[Value]:
        """The cotangents that bwd is given."""
        return [v for v in self.bars if is_inexact(v.type)]

    @property
    def waits(self) -> list[Atom]:
        """The token among the operands of bwd, if there are effects."""
        gone = self.rule.gated or not self.rule.acts
        return [] if gone else [a for a in self.bwd.operands if a.type is TOKEN]

    @property
    def given(self) -> list[Atom]:
        """What bwd is called with."""
        return [*self.residuals, *self.captured, *self.waits, *self.moving]

    def forward(self, b: Builder, x: Sequence[Atom], gate: Atom | None = None) -> list[Atom]:
        """y, residuals and what is captured."""
        found, token = _call(b, self.fwd, self.inputs, x, gate)
        if self.rule.gated or not self.rule.acts:
            return [*found, *(x[i] for i in self.kept)]
        ny, end = len(self.bars), _ended(b, x, token)
        waits = [end] if self.waits else []
        return [*found[:ny], end, *found[ny:], *(x[i] for i in self.kept), *waits]

    def backward(
        self, it: Interp, b: Builder, given: Sequence[Atom], gate: Atom | None = None
    ) -> list[Atom]:
        """xbar of residuals, what is captured and cotangents."""
        place: dict[Atom, Atom] = dict(zip(self.given, given, strict=True))
        if gate is not None:
            place.update((a, gate) for a in self.bwd.operands if a.type is TOKEN)
        args = [place[a] if a in place else b.zeros(a.type) for a in self.bwd.operands]
        attrs = {"callee": self.bwd.callee}
        outs = b.emit_tuple("call", args, attrs, out_types=self.bwd.results)
        return _xbar(it, b, self.rule, self.bwd, outs)


def close_vjp(it: Interp, rule: Rule, fwd: Abstract, bwd: Abstract) -> Reverse:
    """Closes the two functions of a vjp rule."""
    args = [o.value for o in rule.opened]
    f = close(it, fwd, args, {}, _actual(rule), origins=rule.origins)
    out = f.out
    if not isinstance(out, TupleSpec) or len(out.items) != 2:
        it.error("bad-rule", "a fwd rule returns (value, residuals)")
    ny = len(list(leaves(out.items[0])))
    types = [f.results[i] for i in f.spec.leaves]
    residuals = [Value(t) for t in types[ny:]]
    bars = [Value(t) for t in types[:ny]]
    value = around(it, out.items[1], residuals)
    cotangent = around(it, out.items[0], bars)
    actual: dict[Atom, Atom] = {v: v for v in (*residuals, *bars)}
    origins = {**actual, **_passed_on(it, rule, f, residuals)}
    g = close(it, bwd, [value, cotangent], {}, actual, origins=origins)
    rule.acts |= f.spec.gives_token
    inputs = _inputs(rule, f)
    captured = [a for a in g.operands if a not in actual and a.type is not TOKEN]
    kept = [_place(rule, a) for a in captured]
    return Reverse(rule, f, g, inputs, residuals, bars, captured, kept)


def _passed_on(
    it: Interp, rule: Rule, f: Closed, residuals: Sequence[Value]
) -> Mapping[Atom, Atom]:
    """Where residuals come from that fwd has been given; what it knows is known of them."""
    func, origins = f.spec.func, rule.origins
    kept = [func.body.results[i] for i in f.spec.leaves[len(f.spec.leaves) - len(residuals) :]]
    place = {p: i for i, p in enumerate(func.params)}
    found: dict[Atom, Atom] = {}
    for residual, atom in zip(residuals, kept, strict=True):
        if isinstance(atom, Value) and atom in place:
            operand = f.operands[place[atom]]
            found[residual] = origins.get(operand, operand)
        elif atom in it.session.constants and not is_inexact(residual.type):
            it.session.constants[residual] = it.session.constants[atom]
    return found


def _vjp_rule(it: Interp, rule: Rule, fwd: Abstract, bwd: Abstract) -> tuple[Any, Any]:
    """The user's rule as two functions, of the common operands and of residuals and cotangents."""
    parts = close_vjp(it, rule, fwd, bwd)

    def make_fwd(x: Sequence[Type]) -> tuple[Builder, str, list[Atom]]:
        b = Builder(x, loc=it.b.loc)
        return b, f"{rule.name}.fwd_rule", parts.forward(b, b.params)

    def make_bwd(x: Sequence[Type]) -> tuple[Builder, str, list[Atom]]:
        b = Builder([a.type for a in parts.given], loc=it.b.loc)
        return b, f"{rule.name}.bwd_rule", parts.backward(it, b, b.params)

    return make_fwd, make_bwd


def _xbar(it: Interp, b: Builder, rule: Rule, g: Closed, outs: Sequence[Any]) -> list[Atom]:
    """The cotangents that bwd returns, one per operand that carries derivatives."""
    out: Spec = g.out
    parts = out.items if isinstance(out, TupleSpec) and out.cls is None else (out,)
    if len(parts) != len(rule.opened):
        message = f"bwd gives {len(parts)} cotangents for {len(rule.opened)} arguments"
        it.error("bad-rule", message)
    atoms = [outs[i] for i in g.spec.leaves]
    found: list[Atom] = []
    for part, o in zip(parts, rule.opened, strict=True):
        n = len(list(leaves(part)))
        mine, atoms = atoms[:n], atoms[n:]
        types = [o.placeholders[i].type for i in o.inexact]
        if not n:
            found.extend(b.zeros(t) for t in types)
            continue
        given = [a for a in mine if is_inexact(a.type)]
        if [a.type for a in given] != types:
            have = ", ".join(str(a.type) for a in mine)
            it.error(
                "bad-rule", f"bwd gives ({have}) for an argument of ({', '.join(map(str, types))})"
            )
        found.extend(given)
    return found
