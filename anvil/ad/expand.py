"""The pass `expand`: transforms of functions become functions. Stage "surface" -> "core".

    jvp_call @f     call @f.jvp                (forward.py)
    vjp_call @f     call @f.vjp                (reverse.py, or what the op's attribute names)
    vmap_call @f    call of what TRANSFORMS["vmap_call"] makes of f

Innermost first: the callee is expanded before it is transformed, and the callback `optimise`, if
given, simplifies it in between, since what is simplified before it is differentiated pays twice.
A custom_call stays where a loop is still to be reversed through it (a loop_vjp is left in the
program; `derive-steps` resolves it then) and becomes a call otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from anvil.ad.context import ADBuilder, Cut, Session, mapped
from anvil.ad.custom import resolve_custom_calls
from anvil.ad.cuts import find_cuts
from anvil.ad.forward import emit_jvp
from anvil.ad.reverse import vjp_of
from anvil.errors import error
from anvil.ir.analysis import call_order, reachable, walk
from anvil.ir.builder import Builder, Env
from anvil.ir.records import Atom, Func, FuncRef, Op, Program, Region

Optimise = Callable[[Program], Program]
Transform = Callable[[ADBuilder, Op, tuple[Atom, ...]], tuple[Atom, ...]]
"""Emits what takes the place of a transform call with these operands and returns its results."""

TRANSFORMS: dict[str, Transform] = {}
"""Transforms of functions by the name of their op; `anvil.ad.vmap` adds its own."""

REVERSE: dict[str, Transform] = {}
"""Reverse-mode transforms by the name that the attribute `transform` of vjp_call gives."""


def register(table: dict[str, Transform], name: str) -> Callable[[Transform], Transform]:
    """Adds a transform to TRANSFORMS or REVERSE."""

    def add(transform: Transform) -> Transform:
        table[name] = transform
        return transform

    return add


def expand(
    program: Program,
    optimise: Optimise | None = None,
    *,
    strict: bool = False,
    warn: Callable[[Cut], None] | None = None,
    rules: bool = False,
) -> Program:
    """Removes transform calls. `strict` multiplies without masks (context.py); `warn` is told of
    gradients that are identically zero because every path is cut. Custom rules are kept if
    derivatives are still to be taken (`rules`).
    """
    session = Session.of(program, strict)
    for name in call_order(program):
        f = session.funcs[name]
        if any(op.kind.name in TRANSFORMS for op in walk(f)):
            _prepare(session, f, optimise)
            b = _Expand(session, [p.type for p in f.params], [p.hint for p in f.params])
            session.funcs[name] = b.finish(name, b.inline(f.body, b.params), f.origin)
    loops = any(op.kind.name == "loop_vjp" for f in session.funcs.values() for op in walk(f))
    if not (rules or loops):
        resolve_custom_calls(session)
    if warn is not None:
        for cut in dict.fromkeys(session.cuts):
            warn(cut)
    return session.program(program.entry, "core")


def _prepare(session: Session, f: Func, optimise: Optimise | None) -> None:
    """Simplifies the functions that `f` transforms, once each, before they are transformed."""
    if optimise is None:
        return
    for op in walk(f):
        if op.kind.name in TRANSFORMS:
            name = op.attrs["callee"].name
            session.once(("optimised", name), partial(_optimise, session, name, optimise))


def _optimise(session: Session, name: str, optimise: Optimise) -> bool:
    """Takes over the simplified functions; one that lost parameters or results under a new name.

    (What was derived from it before still calls it by the old name.)
    """
    whole = session.program(name, "core")
    funcs = {callee: whole.funcs[callee] for callee in reachable(whole)}
    better = optimise(Program(funcs, name, "core"))
    names = {
        f.name: session.fresh_name(f.name)
        for f in better.funcs.values()
        if not _same_signature(f, session.funcs[f.name])
    }
    for f in better.funcs.values():
        if names:
            f = replace(f, body=_calling(f.body, names))
        session.add(_copied(f, names[f.name]) if f.name in names else f)
    return True


def _copied(f: Func, name: str) -> Func:
    """The function under another name, with values of its own."""
    b = Builder([p.type for p in f.params], [p.hint for p in f.params])
    return b.finish(name, b.inline(f.body, b.params), f.origin)


def _same_signature(f: Func, g: Func) -> bool:
    return f.results == g.results and [p.type for p in f.params] == [p.type for p in g.params]


def _calling(region: Region, names: Mapping[str, str]) -> Region:
    """The region with its references to functions renamed."""
    ops = []
    for op in region.ops:
        attrs = {k: _reference(v, names) for k, v in op.attrs.items()}
        regions = tuple(_calling(r, names) for r in op.regions)
        ops.append(replace(op, attrs=attrs, regions=regions))
    return replace(region, ops=tuple(ops))


def _reference(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, FuncRef) and value.name in names:
        return FuncRef(names[value.name])
    return value


class _Expand(ADBuilder):
    """Replays a function with its transform calls replaced."""

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """`Builder.copy`, transforms replaced."""
        transform = TRANSFORMS.get(op.kind.name)
        if transform is None:
            return super().copy(op, env)
        with self.at(op.loc):
            outs = transform(self, op, mapped(op.args, env))
        env.update(zip(op.outs, outs, strict=True))
        return outs


@register(TRANSFORMS, "jvp_call")
def _jvp_call(b: ADBuilder, op: Op, args: tuple[Atom, ...]) -> tuple[Atom, ...]:
    wrt, outs = op.attrs["wrt"], op.attrs["outs"]
    n = len(args) - len(wrt)
    results, tangents = emit_jvp(b, op.attrs["callee"].name, args[:n], wrt, args[n:])
    dense = [tangents[i] if i in tangents else b.zeros(results[i].type) for i in outs]
    return (*results, *dense)


@register(TRANSFORMS, "vjp_call")
def _vjp_call(b: ADBuilder, op: Op, args: tuple[Atom, ...]) -> tuple[Atom, ...]:
    name = op.attrs["transform"]
    if name not in REVERSE:
        known = ", ".join(sorted(REVERSE))
        message = f"no reverse transform is called {name!r}; there are: {known}"
        raise error("bad-option", message, op.loc)
    return REVERSE[name](b, op, args)


@register(REVERSE, "default")
def _vjp_default(b: ADBuilder, op: Op, args: tuple[Atom, ...]) -> tuple[Atom, ...]:
    session, f = b.session, b.session.funcs[op.attrs["callee"].name]
    joint = vjp_of(session, f.name, op.attrs["wrt"], op.attrs["outs"])
    session.cuts.extend(find_cuts(session, f, joint.dead))
    return b.call(joint.func, args)
