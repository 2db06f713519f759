"""Calls of `anvil.extern` functions: the op host_call, and its derivative rule as a function.

    rule function   (gate, live, x, c, y, dx) -> dy       by the user's jvp
                    (gate, live, x, c, y, ybar) -> xbar   by the user's vjp: fwd, then bwd

x are the leaves of the arguments, c what the rule captures, y the results. `gate` is the token that
calls of the host in the rule wait for, `live` whether the call was made at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from anvil.errors import AnvilError
from anvil.errors import error as make_error
from anvil.ir.builder import Builder
from anvil.ir.ops.host import FIRST
from anvil.ir.records import Atom, Const, FuncRef
from anvil.ir.types import BOOL, TOKEN, ArrayType, array
from anvil.parser.control import exceptions
from anvil.parser.state.lengths import refuse_counted
from anvil.parser.state.values import Abstract, Bound, scalar
from anvil.parser.transforms.closing import Opened, is_inexact, open_argument, result_value
from anvil.parser.transforms.custom import (
    NESTED,
    Emit,
    Rule,
    check_rule,
    close_vjp,
    finished,
    jvp_emitter,
)

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

Kwargs = Mapping[str, Abstract]
_TRUE = Const(array(BOOL), True)
_HEAD = (TOKEN, array(BOOL))


def call_extern(it: Interp, fn: Bound, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    """A call of an extern function."""
    extern: Any = fn.static
    token = it.token()
    args, kwargs = _arranged(it, extern, args, kwargs)
    opened = [_opened(it, fn, a) for a in (*args, *kwargs.values())]
    specs = [o.spec for o in opened]
    refuse_counted(it, specs, "what a function on the host takes")
    named = dict(zip(kwargs, specs[len(args) :], strict=True))
    target = _declared(it, extern, specs[: len(args)], named)
    atoms = [a for o in opened for a in o.atoms]
    classes = _caught(it)
    attrs: dict[str, Any] = {
        "host": target.host(classes),
        "count": len(atoms),
        "types": target.types,
        "pure": extern.pure,
        "caught": bool(classes),
        "wrt": tuple(FIRST + i for i, a in enumerate(atoms) if is_inexact(a.type)),
        "outs": tuple(j for j, t in enumerate(target.types) if is_inexact(t)),
    }
    operands = list(atoms)
    if attrs["wrt"] and attrs["outs"] and it.session.rules.count(extern) < NESTED:
        attrs.update(_rule(it, fn, extern, target, opened, operands, attrs))
    outs = it.b.emit_tuple("host_call", (token, _TRUE, *operands), attrs)
    if not extern.pure:
        it.state.token = outs[-1]
    if classes:
        code, ticket = outs[len(target.types) :][:2]
        _leave(it, classes, code, ticket)
    return result_value(it, target.out, outs[: len(target.types)])


def _arranged(
    it: Interp, extern: Any, args: Sequence[Abstract], kwargs: Kwargs
) -> tuple[Sequence[Abstract], Kwargs]:
    try:
        found: tuple[Sequence[Abstract], Kwargs] = extern.arranged(args, kwargs)
    except TypeError as problem:
        it.error("wrong-arguments", f"{extern.__name__}(): {problem}")
    if found[1] and extern.functions:
        it.error("wrong-arguments", f"the rule of {extern.__name__} takes arguments by position")
    return found


def _opened(it: Interp, fn: Bound, v: Abstract) -> Opened:
    try:
        return open_argument(it, v)
    except AnvilError as problem:
        if problem.code != "unsupported-value":
            raise
        what = f"{fn.fn.describe()} is called on the host, and one of its arguments is"
        it.error("unsupported-value", f"{what} {v.describe()}")


def _declared(it: Interp, extern: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    try:
        return extern.target(args, kwargs)
    except AnvilError as problem:
        problem.locate(it.loc)
        raise
    except Exception as problem:
        what = f"`out` of {extern.__name__} has raised {type(problem).__name__}: {problem}"
        raise make_error("bad-option", what, it.loc) from problem


# ---- exceptions


def _caught(it: Interp) -> tuple[type[BaseException], ...]:
    """The classes that handlers around name, here and in callers."""
    outside = sorted(it.caught, key=lambda c: (c.__module__, c.__qualname__))
    return tuple(dict.fromkeys((*chain(*reversed(it.catchers)), *outside)))


def _leave(it: Interp, classes: Sequence[type[BaseException]], code: Atom, ticket: Atom) -> None:
    """The paths on which the function has raised something that is caught."""
    for k, cls in enumerate(classes, 1):
        exc = exceptions.host_exception(it, cls, scalar(ticket, True))
        exceptions.throw_unless(it, it.b.ne(code, Const(array_of(code), k)), exc)


def array_of(atom: Atom) -> ArrayType:
    """The type of an array atom."""
    assert isinstance(atom.type, ArrayType)
    return atom.type


# ---- rules


def _rule(
    it: Interp,
    fn: Bound,
    extern: Any,
    target: Any,
    opened: Sequence[Opened],
    operands: list[Atom],
    attrs: dict[str, Any],
) -> dict[str, Any]:
    """The attributes of the rule; what it captures becomes operands."""
    if extern.rule == "fd":
        types = [*(operands[i - FIRST].type for i in attrs["wrt"])]
        types += [target.types[j] for j in attrs["outs"]]
        if any(t.dtype.kind == "c" for t in types if isinstance(t, ArrayType)):
            return {"why": "fd=True takes differences of real numbers, and here are complex ones."}
        return {"rule": "fd"}
    if not extern.rule:
        return {}
    rule = Rule.of(extern.__name__, opened, gated=True)
    it.session.rules.append(extern)
    try:
        emit = _emitter(it, rule, extern.rule, fn.args)
    finally:
        it.session.rules.pop()
    operands[:] = rule.x.atoms
    return {"rule": extern.rule, "fwd": _rule_function(it, rule, target, emit, extern.rule, attrs)}


def _emitter(it: Interp, rule: Rule, kind: str, functions: Sequence[Abstract]) -> Emit:
    """What emits the user's rule."""
    if kind == "jvp":
        both = jvp_emitter(it, rule, functions[0])
        return lambda *args: both(*args)[1]
    parts = close_vjp(it, rule, functions[0], functions[1])

    def emit(b: Builder, x: Sequence[Atom], bars: Sequence[Atom], gate: Atom | None) -> list[Atom]:
        check_rule(it, [v.type for v in parts.moving], bars)
        found = parts.forward(b, x, gate)[len(parts.bars) :]
        return parts.backward(it, b, [*found, *bars], gate)

    return emit


def _rule_function(
    it: Interp, rule: Rule, target: Any, emit: Emit, kind: str, attrs: Mapping[str, Any]
) -> FuncRef:
    """The user's rule as a function of the common operands: zeros unless `live`."""
    x = [a.type for a in rule.x.atoms]
    wrt = [x[i - FIRST] for i in attrs["wrt"]]
    outs = [target.types[j] for j in attrs["outs"]]
    seeds, ends = (wrt, outs) if kind == "jvp" else (outs, wrt)
    b = Builder([*_HEAD, *x, *target.types, *seeds], loc=it.b.loc)
    gate, live, *rest = b.params
    b.begin("then")
    found = emit(b, rest[: len(x)], rest[len(x) + len(target.types) :], gate)
    check_rule(it, ends, found)
    then = b.end(found)
    b.begin("else")
    orelse = b.end([b.zeros(t) for t in ends])
    results = b.emit_tuple("if", (live,), {}, (then, orelse))
    return FuncRef(finished(it, b, f"{rule.name}.{kind}_rule", results).name)
