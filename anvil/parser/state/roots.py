"""Which parameters a value is computed from: what has to be known for the value to be known."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from anvil.errors import AnvilError
from anvil.ir.analysis import op_reads
from anvil.ir.builder import Builder
from anvil.ir.loc import AnyLoc
from anvil.ir.records import Atom, Op, Value
from anvil.ir.types import ArrayType
from anvil.parser.state.number_choices import NumberChoice
from anvil.parser.state.signals import NeedStatic
from anvil.parser.state.values import Choice, NDArray, Scalar

if TYPE_CHECKING:
    from anvil.parser.context import Context


def deciding(ctx: Context, v: Any) -> Atom | None:
    """The atom that has to be known for a number, one of several things, or an array of indices to
    be known; None for anything else.
    """
    if isinstance(v, NumberChoice):
        return v.common
    if isinstance(v, Choice):
        return v.which
    if isinstance(v, NDArray):
        return ctx.read(v) if v.type.dtype.kind in "biu" else None
    return v.atom if isinstance(v, Scalar) else None


def asked_for(ctx: Context, error: AnvilError, atom: Atom, why: str, loc: AnyLoc) -> NeedStatic:
    """What is raised to know an atom: asks for parameters, or a loop that calculates it."""
    found = roots_of(ctx.b, atom)
    loop = None if found else loop_of(ctx.b, atom, ctx.session.rolled)
    return NeedStatic(error, found, why, loc, loop, window_of(ctx, atom))


def varies(ctx: Context, atom: Atom) -> bool:
    """Whether an int depends on numbers other than int arguments: on data, or on a loop."""
    inside = set().union(*getattr(ctx, "loop_params", ()))
    return any(
        r in inside or not isinstance(r.type, ArrayType) or r.type.dtype.kind not in "biu"
        for r in roots_of(ctx.b, atom)
    )


def window_of(ctx: Context, atom: Atom) -> AnyLoc | None:
    """The place of a window that the array may shorten, if an atom depends on how much."""
    windows = ctx.session.windows
    return next((windows[v] for v in _behind(ctx.b, atom)[1] if v in windows), None)


def definitions(b: Builder) -> dict[Value, Op]:
    """The ops of all open regions by their results."""
    return {v: op for frame in b.frames for op in frame.ops for v in op.outs}


def loop_of(b: Builder, atom: Atom, loops: Mapping[Value, ast.AST]) -> ast.AST | None:
    """A loop that calculates `atom`; `loops` are those of the program by their results."""
    return next((loops[v] for v in _behind(b, atom)[1] if v in loops), None)


def roots_of(b: Builder, atom: Atom) -> frozenset[Value]:
    """The parameters, of the function and of open regions, that `atom` depends on."""
    return frozenset(_behind(b, atom)[0])


def _behind(b: Builder, atom: Atom) -> tuple[set[Value], set[Value]]:
    """The parameters behind a value, and all values behind it."""
    defs = definitions(b)
    carried: dict[Value, list[Value]] = {}
    found: set[Value] = set()
    seen: set[Value] = set()
    todo = [atom] if isinstance(atom, Value) else []
    while todo:
        value = todo.pop()
        if value in seen:
            continue
        seen.add(value)
        op = defs.get(value)
        if op is not None:
            todo.extend(_sources(op, value, defs, carried))
        elif value in carried:
            todo.extend(carried[value])
        else:
            found.add(value)
    return found, seen


def _sources(
    op: Op, value: Value, defs: dict[Value, Op], carried: dict[Value, list[Value]]
) -> list[Value]:
    """What one result of an op is computed from: of a branch or a loop what this result depends on
    (`carried`: what the parameters of loops stand for), of others all that they read.
    """
    if op.kind.name not in ("if", "for", "while"):
        return list(op_reads(op))
    k = op.outs.index(value)
    for region in op.regions:
        defs.update({v: inner for inner in region.ops for v in inner.outs})
    if op.kind.name == "if":
        return _values([op.args[0], *(region.results[k] for region in op.regions)])
    *tests, body = op.regions
    first = 1 if op.kind.name == "for" else 0
    inits = op.args[first:]
    for region in op.regions:
        carried.update({p: [] for p in region.params[:first]})
        for p, init, out in zip(region.params[first:], inits, op.outs, strict=True):
            carried[p] = _values([init, out])
    ends = [*op.args[:first], *(r for region in tests for r in region.results)]
    return _values([*ends, inits[k], body.results[k]])


def _values(atoms: Iterable[Atom]) -> list[Value]:
    return [a for a in atoms if isinstance(a, Value)]
