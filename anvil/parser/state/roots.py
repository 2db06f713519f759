"""Which parameters a value is computed from: what has to be known for the value to be known."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from anvil.errors import AnvilError
from anvil.ir.analysis import op_reads
from anvil.ir.builder import Builder
from anvil.ir.loc import AnyLoc
from anvil.ir.records import Atom, Op, Value
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
    return NeedStatic(error, found, why, loc, loop)


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
    found: set[Value] = set()
    seen: set[Value] = set()
    todo = [atom] if isinstance(atom, Value) else []
    while todo:
        value = todo.pop()
        if value in seen:
            continue
        seen.add(value)
        op = defs.get(value)
        if op is None:
            found.add(value)
        else:
            todo.extend(op_reads(op))
    return found, seen
