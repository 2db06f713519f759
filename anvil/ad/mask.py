"""Masking: ops that leave lanes alone that are not live. `live` is a bool per lane.

    select(live, y, x)         of scalars and dense arrays, where masked regions meet
    x[i] = u        becomes    x[i] = select(live, u, x[i])
    x[i] += u                  x[i] += select(live, u, 0)
    scatter(x, i, u)           rows of lanes that are not live get an index out of range, which
                               drops them
    check(token, p, x)         check(token, all(p or not live), x of the first lane that fails)
    print(token, x)            if any(live) { print(token, x) }: once, of the arrays of all lanes

So a carried array of n elements costs what its updates cost, not n per step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from anvil.ir.builder import Builder
from anvil.ir.families import Batched, add_axis
from anvil.ir.opkind import REGISTRY, OpKind
from anvil.ir.records import Atom, Attrs, Const, Op
from anvil.ir.types import BOOL, I64, ArrayType, Shape, array


def spread(b: Builder, live: Atom, like: Atom) -> Atom:
    """A bool per lane, repeated to the shape of an array with the axis of lanes."""
    t = like.type
    assert isinstance(t, ArrayType)
    if t.ndim == 1:
        return live
    if isinstance(live, Const):
        return Const(array(BOOL, t.shape), live.value)
    return cast(Atom, b.broadcast(live, shape=t.shape, dims=(0,)))


def choose(b: Builder, live: Atom, new: Atom, old: Atom) -> Atom:
    """`new` in live lanes, `old` in the others; both carry the axis of lanes."""
    if new == old:
        return new
    return cast(Atom, b.select(spread(b, live, new), new, old))


def any_live(b: Builder, live: Atom) -> Atom:
    """Whether a lane is live."""
    return cast(Atom, b.reduce_or(live, axes=(0,)))


def narrow(b: Builder, live: Atom | None, p: Atom) -> Atom:
    """The lanes of `live` (None: all) where `p` holds."""
    return p if live is None else cast(Atom, b.and_(live, p))


def batch(
    b: Builder, kind: type[OpKind], args: Sequence[Atom], mapped: Batched, size: int, attrs: Attrs
) -> tuple[Atom, ...]:
    """The batching rule of a kind, as a tuple of results that carry the axis of lanes."""
    out = kind.batch(b, tuple(args), tuple(mapped), size, **attrs)
    return tuple(out) if isinstance(out, tuple | list) else (out,)


def masked_update(
    b: Builder, op: Op, args: Sequence[Atom], mapped: Batched, size: int, live: Atom
) -> Atom:
    """An op of `inplace.UPDATES` that changes live lanes only."""
    given, flags = list(args), list(mapped)
    name = op.kind.name
    at = 1 if name.startswith("dynamic") else 2
    update = given[at] if flags[at] else add_axis(b, given[at], size)
    if name == "dynamic_update_slice":
        update = choose(b, live, update, _current(b, op, args, mapped, size))
    elif name == "scatter":
        rows = given[1] if flags[1] else add_axis(b, given[1], size)
        given[1], flags[1] = choose(b, live, rows, _nowhere(op, rows)), True
    else:
        update = choose(b, live, update, b.zeros(update.type))
    given[at], flags[at] = update, True
    if not flags[0]:
        given[0], flags[0] = add_axis(b, given[0], size), True
    return batch(b, op.kind, given, flags, size, op.attrs)[0]


def _current(b: Builder, op: Op, args: Sequence[Atom], mapped: Batched, size: int) -> Atom:
    """What the slice that `op` updates holds, with the axis of lanes."""
    sizes = {"sizes": _shape(op.args[1])}
    given, flags = (args[0], *args[2:]), (mapped[0], *mapped[2:])
    kind = REGISTRY["dynamic_slice"]
    if any(flags):
        return batch(b, kind, given, flags, size, sizes)[0]
    return add_axis(b, cast(Atom, b.emit(kind, given, sizes)), size)


def _nowhere(op: Op, rows: Atom) -> Atom:
    """Indices beyond every axis of the array that `op` updates."""
    t = rows.type
    assert isinstance(t, ArrayType)
    return Const(t, max(_shape(op.args[0]), default=0))


def _shape(a: Atom) -> Shape:
    assert isinstance(a.type, ArrayType)
    return a.type.shape


def masked_check(
    b: Builder, op: Op, args: Sequence[Atom], mapped: Sequence[bool], live: Atom | None
) -> Atom:
    """A check of all live lanes; it carries the values of the first lane that fails."""
    token, pred, *values = args
    failing: Atom | None = live
    if mapped[1]:
        if live is not None:
            pred = b.or_(pred, b.not_(live))
        failing = b.not_(pred)
        pred = b.reduce_and(pred, axes=(0,))
    elif live is not None:
        pred = b.or_(pred, b.not_(any_live(b, live)))
    carried = [_lane(b, v, failing) if m else v for v, m in zip(values, mapped[2:], strict=True)]
    return cast(Atom, b.emit("check", (token, pred, *carried), op.attrs))


def _lane(b: Builder, x: Atom, lanes: Atom | None) -> Atom:
    """What `x` holds in the first of the lanes (in lane 0 if all are meant)."""
    sizes = (1, *_shape(x)[1:])
    first: Atom = Const(array(I64), 0)
    if lanes is not None:
        first = b.argmax(b.cast(lanes, I64), axis=0)
    rest = [Const(array(I64), 0)] * (len(sizes) - 1)
    row = b.dynamic_slice(x, first, *rest, sizes=sizes)
    return cast(Atom, b.reshape(row, shape=sizes[1:]))


def masked_print(b: Builder, op: Op, args: Sequence[Atom], live: Atom | None) -> Atom:
    """A print unless no lane is live."""
    if live is None:
        return cast(Atom, b.emit("print", args, op.attrs))
    regions = []
    for label in ("then", "else"):
        b.begin(label)
        out = b.emit("print", args, op.attrs) if label == "then" else args[0]
        regions.append(b.end([out]))
    return cast(Atom, b.emit("if", (any_live(b, live),), {}, tuple(regions)))
