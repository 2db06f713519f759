"""Jacobians and Hessians inside compiled code: jvp or vjp mapped over basis vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.builder import Builder
from anvil.ir.records import Atom, Func, FuncRef
from anvil.ir.types import ArrayType, Type
from anvil.parser.state.lengths import refuse_counted
from anvil.parser.state.results import build
from anvil.parser.state.signature import ArraySpec, ScalarSpec, Spec, StaticSpec, leaves
from anvil.parser.state.values import NONE, Abstract, Bound
from anvil.parser.transforms.closing import Closed, result_value
from anvil.parser.transforms.derivatives import (
    Differentiated,
    argnums_of,
    call_jvp,
    called,
    differentiate,
    misuse,
    value_spec,
)
from anvil.parser.transforms.mapped import with_axis
from anvil.parser.transforms.options import Options

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

Kwargs = Mapping[str, Abstract]


def call_jacobian(it: Interp, fn: Bound, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    """`jacobian(f)(*args)`: for each leaf of the result, its derivative by each leaf of the
    arguments.
    """
    options: Any = fn.static
    nums, single = argnums_of(it, fn.fn, options, len(args))
    d = differentiate(it, fn.fn, args, kwargs, nums)
    if not d.wrt:
        what = " and ".join(args[i].describe() for i in nums)
        misuse(it, fn.fn, "grad-not-float", f"{fn.describe()} with respect to {what}")
    if d.closed.spec.written:
        it.error("unsupported-call", f"{fn.fn.describe()} writes to a captured array")
    has_aux = bool(options.get("has_aux", False))
    spec = value_spec(it, fn, d.closed, has_aux)
    refuse_counted(it, [spec, *(o.spec for o in d.opened)], "what a Jacobian is taken of, or by,")
    run = d.closed.spec.raised or has_aux
    found = d.closed.finish(it, called(it, d.closed)) if run else []
    value = set(d.closed.spec.leaves[: len(list(leaves(spec)))])
    work = _Work(d, [o for o in d.closed.inexact_outs if o in value], _acts(d.closed) and not run)
    tree = _tree(it, work, spec, _blocks(it, work, _forward(fn.kind, work)), single)
    if not has_aux:
        return tree
    return it.tuple([tree, it.items(result_value(it, d.closed.out, found))[1]])


@dataclass(slots=True)
class _Work:
    """What is differentiated, of which results; whether effects are those of the probes: not where
    the function has been called before.
    """

    d: Differentiated
    outs: list[int]
    acts: bool


def call_hessian(it: Interp, fn: Bound, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    """`hessian(f)(*args)`: the forward Jacobian of the gradient."""
    options: Any = fn.static
    gradient = Bound("grad", fn.fn, (), Options(dict(options.values)))
    return call_jacobian(it, Bound("jacfwd", gradient, (), options), args, kwargs)


def call_hvp(it: Interp, fn: Abstract, primals: Abstract, tangents: Abstract) -> Abstract:
    """`hvp(f, primals, tangents)`: the Hessian times a vector, forward over reverse."""
    nums = tuple(range(len(it.items(primals))))
    options = Options({"argnums": nums if len(nums) > 1 else 0})
    pair = call_jvp(it, Bound("grad", fn, (), options), primals, tangents)
    return it.items(pair)[1]


def _size(t: Type) -> int:
    assert isinstance(t, ArrayType)
    return t.size


def _forward(kind: str, work: _Work) -> bool:
    """Which mode: as asked for, or the one with fewer passes."""
    if kind != "jacobian":
        return kind == "jacfwd"
    c = work.d.closed
    rows = sum(_size(c.results[i]) for i in work.outs)
    return sum(_size(c.operands[i].type) for i in work.d.wrt) <= rows


def _blocks(it: Interp, work: _Work, forward: bool) -> dict[tuple[int, int], Atom]:
    """The derivative of result `o` by operand `w`, of shape (*result, *operand), for all pairs."""
    d, c, outs = work.d, work.d.closed, work.outs
    blocks: dict[tuple[int, int], Atom] = {}
    sources = d.wrt if forward else outs
    for source in sources:
        t: Any = c.operands[source].type if forward else c.results[source]
        probe = (_push_func if forward else _pull_func)(it, work, source)
        rows = _mapped(it, work, probe, t)
        targets = outs if forward else d.wrt
        for target, block in zip(targets, rows, strict=True):
            shape: Any = c.results[target] if forward else c.operands[target].type
            laid = it.b.reshape(block, shape=(*t.shape, *shape.shape))
            if forward:
                n, m = t.ndim, shape.ndim
                laid = it.b.transpose(laid, perm=(*range(n, n + m), *range(n)))
                blocks[target, source] = laid
            else:
                blocks[source, target] = laid
    return blocks


def _mapped(it: Interp, work: _Work, probe: Func, t: ArrayType) -> list[Atom]:
    """The probe at all basis vectors of a type, stacked."""
    c = work.d.closed
    size = t.size
    basis = it.b.const(np.eye(size, dtype=t.dtype.np).reshape(size, *t.shape))
    types = tuple(with_axis(r, size) for r in probe.results)
    attrs = {"callee": FuncRef(probe.name), "mapped": (len(c.operands),), "size": size}
    outs = it.b.emit_tuple("vmap_call", [*c.operands, basis], attrs, out_types=types)
    if work.acts:
        it.state.token = outs[-1]
        outs = outs[:-1]
    return list(outs)


def _acts(c: Closed) -> bool:
    return c.spec.gives_token and not c.spec.raised


def _push_func(it: Interp, work: _Work, source: int) -> Func:
    """(operands, direction of one operand) -> tangents of the results."""
    c, wrt = work.d.closed, work.d.wrt
    types = [a.type for a in c.operands]
    b = Builder([*types, types[source]], loc=it.b.loc)
    x, direction = list(b.params[:-1]), b.params[-1]
    tangents = [direction if w == source else b.zeros(types[w]) for w in wrt]
    outs = tuple(work.outs)
    attrs = {"callee": c.callee, "wrt": tuple(wrt), "outs": outs}
    all_types = (*c.results, *(c.results[i] for i in outs))
    found = b.emit_tuple("jvp_call", [*x, *tangents], attrs, out_types=all_types)
    return _probe(it, b, work, found)


def _pull_func(it: Interp, work: _Work, source: int) -> Func:
    """(operands, cotangent of one result) -> cotangents of the operands."""
    c, wrt = work.d.closed, work.d.wrt
    types = [a.type for a in c.operands]
    b = Builder([*types, c.results[source]], loc=it.b.loc)
    attrs = {"callee": c.callee, "wrt": tuple(wrt), "outs": (source,), "transform": "default"}
    all_types = (*c.results, *(types[w] for w in wrt))
    found = b.emit_tuple("vjp_call", list(b.params), attrs, out_types=all_types)
    return _probe(it, b, work, found)


def _probe(it: Interp, b: Builder, work: _Work, found: tuple[Any, ...]) -> Func:
    c = work.d.closed
    n = len(c.results)
    token = [found[n - 1]] if work.acts else []
    name = it.session.name(f"{c.spec.func.name}.probe")
    func = b.finish(name, [*found[n:], *token])
    it.session.funcs[name] = func
    return func


# ---- structure


def _tree(
    it: Interp, work: _Work, value: Spec, blocks: dict[tuple[int, int], Atom], single: bool
) -> Abstract:
    """The value's structure, each leaf replaced by the arguments' structure of blocks."""
    d, outs = work.d, set(work.outs)
    places = iter(d.closed.spec.leaves)

    def outer(spec: ArraySpec | ScalarSpec | StaticSpec, path: str) -> Abstract:
        if isinstance(spec, StaticSpec):
            return NONE
        o = next(places)
        if o not in outs:
            return NONE
        trees = [_row(it, d, blocks, o, k) for k in range(len(d.opened))]
        return trees[0] if single else it.tuple(trees)

    return build(it, value, outer)


def _row(
    it: Interp, d: Differentiated, blocks: dict[tuple[int, int], Atom], o: int, k: int
) -> Abstract:
    opened = d.opened[k]
    atoms = iter(opened.placeholders)

    def inner(spec: ArraySpec | ScalarSpec | StaticSpec, path: str) -> Abstract:
        if isinstance(spec, StaticSpec):
            return NONE
        place = d.closed.places[next(atoms)]
        block = blocks.get((o, place))
        return NONE if block is None else it.result(block)

    return build(it, opened.spec, inner)
