"""Calls of functions with a derivative rule of their own: custom_jvp and custom_vjp.

The op wants functions of one and the same list of operands x, so thin functions are built around
the user's:

    primal   x -> y            x = leaves of the arguments, then whatever the function and its rules
             capture
    fwd      x, dx -> y, dy    (jvp)         x -> y, residuals   (vjp)
    bwd      residuals, ybar -> xbar
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from anvil.ir.builder import Builder
from anvil.ir.records import Atom, Const, Func, FuncRef, Value
from anvil.ir.types import TOKEN, Type
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
    """A custom call in the making: the closed primal, the arguments, the common operands."""

    primal: Closed
    opened: list[Opened]
    x: Operands
    leaves: dict[Value, int]

    @property
    def wrt(self) -> tuple[int, ...]:
        """Operands that carry derivatives."""
        return tuple(self.leaves[o.placeholders[i]] for o in self.opened for i in o.inexact)

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
    rule = _open(it, fn.fn, args)
    nested.append(name)
    try:
        if fn.kind == "custom_jvp":
            fwd, bwd = _jvp_rule(it, rule, fn.args[0]), None
        else:
            fwd, bwd = _vjp_rule(it, rule, fn.args[0], fn.args[1])
    finally:
        nested.pop()
    return _emit(it, rule, fwd, bwd)


def _open(it: Interp, fn: Abstract, args: Sequence[Abstract]) -> Rule:
    opened = [open_argument(it, a) for a in args]
    x = Operands()
    places: dict[Value, int] = {}
    actual: dict[Atom, Atom] = {}
    for o in opened:
        for placeholder, atom in zip(o.placeholders, o.atoms, strict=True):
            places[placeholder] = len(x.atoms)
            x.atoms.append(atom)
            actual[placeholder] = placeholder
    primal = close(it, fn, [o.value for o in opened], {}, actual)
    if primal.spec.written:
        it.error("unsupported-call", f"{fn.describe()} writes to a captured array")
    return Rule(primal, opened, x, places)


def _actual(rule: Rule) -> dict[Atom, Atom]:
    return {p: p for p in rule.leaves}


def _inputs(rule: Rule, closed: Closed) -> list[int | None]:
    """For each operand of a closed function its place among the common ones; None for a token."""
    out: list[int | None] = []
    for atom in closed.operands:
        if atom.type is TOKEN:
            out.append(None)
        elif isinstance(atom, Value) and atom in rule.leaves:
            out.append(rule.leaves[atom])
        else:
            out.append(rule.x.add(atom))
    return out


def _call(b: Builder, closed: Closed, inputs: Sequence[int | None], x: Sequence[Atom]) -> list[Any]:
    """Calls a closed function inside a thin one; its leaves. Its checks are not carried on."""
    args = [b.token() if i is None else x[i] for i in inputs]
    outs = b.emit_tuple("call", args, {"callee": closed.callee}, out_types=closed.results)
    return [outs[i] for i in closed.spec.leaves]


def _emit(it: Interp, rule: Rule, fwd: Any, bwd: Any) -> Abstract:
    """Builds the thin functions, now that all operands are known, and emits the op."""
    inputs = _inputs(rule, rule.primal)
    types = [a.type for a in rule.x.atoms]
    b = Builder(types, loc=it.b.loc)
    y = _call(b, rule.primal, inputs, b.params)
    name = rule.primal.spec.func.name
    primal = _finish(it, b, f"{name}.primal", y)
    attrs: dict[str, Any] = {
        "callee": FuncRef(primal.name),
        "rule": "jvp" if bwd is None else "vjp",
        "fwd": FuncRef(_finish(it, *fwd(types)).name),
        "bwd": None if bwd is None else FuncRef(_finish(it, *bwd(types)).name),
        "wrt": rule.wrt,
        "outs": tuple(i for i, a in enumerate(y) if is_inexact(a.type)),
    }
    outs = it.b.emit_tuple("custom_call", rule.x.atoms, attrs, out_types=primal.results)
    return result_value(it, rule.primal.out, outs)


def _finish(it: Interp, b: Builder, name: str, outs: Sequence[Atom]) -> Func:
    unique = it.session.name(name)
    func = b.finish(unique, outs)
    it.session.funcs[unique] = func
    return func


# ---- jvp rules


def _jvp_rule(it: Interp, rule: Rule, jvp: Abstract) -> Any:
    """The user's jvp(primals, tangents) -> (y, dy), as a function of the common operands."""
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
    closed = close(it, jvp, [primals, TupleV(tuple(values))], {}, actual)
    out = closed.out
    if not isinstance(out, TupleSpec) or len(out.items) != 2:
        it.error("bad-rule", "a jvp rule returns (value, tangent)")
    first = len(list(leaves(out.items[0])))
    place = {t: k for k, t in enumerate(tangents)}
    split: list[Any] = []
    for atom in closed.operands:
        split.append(("dx", place[atom]) if isinstance(atom, Value) and atom in place else atom)
    inputs = [
        s if isinstance(s, tuple) else None if s.type is TOKEN else _place(rule, s) for s in split
    ]

    def make(types: Sequence[Type]) -> tuple[Builder, str, list[Atom]]:
        b = Builder([*types, *(t.type for t in tangents)], loc=it.b.loc)
        n = len(types)
        order = [n + i[1] if isinstance(i, tuple) else i for i in inputs]
        found = _call(b, closed, order, b.params)
        y, dy = found[:first], found[first:]
        moved = [t for t in dy if is_inexact(t.type)]
        _check_rule(it, [a for a in y if is_inexact(a.type)], moved)
        return b, f"{rule.primal.spec.func.name}.jvp_rule", [*y, *moved]

    return make


def _place(rule: Rule, atom: Atom) -> int:
    if isinstance(atom, Value) and atom in rule.leaves:
        return rule.leaves[atom]
    return rule.x.add(atom)


def _check_rule(it: Interp, primals: Sequence[Atom], moved: Sequence[Atom]) -> None:
    if [a.type for a in primals] != [t.type for t in moved]:
        have = ", ".join(str(t.type) for t in moved)
        want = ", ".join(str(a.type) for a in primals)
        it.error("bad-rule", f"the rule gives derivatives of types ({have}) for ({want})")


# ---- vjp rules


def _vjp_rule(it: Interp, rule: Rule, fwd: Abstract, bwd: Abstract) -> tuple[Any, Any]:
    """The user's fwd(*args) -> (y, residuals) and bwd(residuals, ybar) -> xbar."""
    f = close(it, fwd, [o.value for o in rule.opened], {}, _actual(rule))
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
    g = close(it, bwd, [value, cotangent], {}, actual)
    inputs = _inputs(rule, f)
    captured = [a for a in g.operands if a not in actual and a.type is not TOKEN]
    kept = [_place(rule, a) for a in captured]

    def make_fwd(x: Sequence[Type]) -> tuple[Builder, str, list[Atom]]:
        b = Builder(x, loc=it.b.loc)
        found = _call(b, f, inputs, b.params)
        return b, f"{rule.primal.spec.func.name}.fwd_rule", [*found, *(b.params[i] for i in kept)]

    def make_bwd(x: Sequence[Type]) -> tuple[Builder, str, list[Atom]]:
        inexact = [v for v in bars if is_inexact(v.type)]
        params = [*residuals, *captured, *inexact]
        b = Builder([p.type for p in params], loc=it.b.loc)
        place: dict[Atom, Atom] = dict(zip(params, b.params, strict=True))
        args = [
            b.token() if a.type is TOKEN else place[a] if a in place else b.zeros(a.type)
            for a in g.operands
        ]
        outs = b.emit_tuple("call", args, {"callee": g.callee}, out_types=g.results)
        return b, f"{rule.primal.spec.func.name}.bwd_rule", _xbar(it, b, rule, g, outs)

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
