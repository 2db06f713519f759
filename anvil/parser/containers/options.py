"""Elements of lists that are one of a few objects known while compiling: a column holds which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import I64, Shape, array
from anvil.parser.arrays.arraylike import const
from anvil.parser.containers.templates import (
    Block,
    Fixed,
    Group,
    Link,
    Many,
    Number,
    OneOf,
    Ref,
    Rows,
    Template,
    common_template,
    fixed,
    with_options,
)
from anvil.parser.state.signals import NeedStatic
from anvil.parser.state.values import Abstract, Choice, ListV

if TYPE_CHECKING:
    from anvil.parser.context import Context

Packed = list[tuple[Atom, bool]]
"""The leaves of one value: atoms, and whether they are Python numbers."""


def place_of(ctx: Context, t: OneOf, v: Abstract) -> Atom:
    """The number of the option that a value is."""
    if not isinstance(v, Choice):
        return Const(array(I64), t.place(_option(v)))
    return looked_up(ctx, t.table([_option(o) for o in v.options]), v.which)


def _option(v: Abstract) -> Fixed:
    found = fixed(v)
    assert found is not None
    return found


def looked_up(ctx: Context, table: np.ndarray, at: Atom) -> Atom:
    """The entries of a table of ints at places of any shape."""
    if np.array_equal(table, np.arange(len(table))):
        return at
    shape = type_at(at).shape
    out: Atom = ctx.b.gather(const(ctx, table), ctx.b.reshape(at, shape=(*shape, 1)), axes=(0,))
    return out


def converted(
    ctx: Context, old: Any, new: Any, rows: Iterator[tuple[Atom, bool]], shape: Shape
) -> Packed:
    """Columns of elements of form `old` as those of the wider form `new`, of this leading shape."""
    if isinstance(new, OneOf):
        if isinstance(old, Fixed):
            return [(Const(array(I64, shape), new.place(old)), True)]
        x, py = next(rows)
        return [(looked_up(ctx, new.table(old.options), x), py)]
    if isinstance(new, Link):
        if isinstance(old, Fixed):
            return [(ctx.b.broadcast_to(ctx.b.i64(-1), shape), True)]
        return [next(rows)]
    if isinstance(new, Block):
        x, py = next(rows)
        return [(ctx.b.cast(x, new.type.dtype), py)]
    if isinstance(new, Number | Ref):
        return [next(rows)]
    if isinstance(new, Group):
        pairs = zip(old.items, new.items, strict=True)
        return [x for p, q in pairs for x in converted(ctx, p, q, rows, shape)]
    out = [next(rows)] if isinstance(new, Rows) else []
    if isinstance(new, Many | Rows):
        out += converted(ctx, old.item, new.item, rows, (*shape, new.n))
    return out


def form_of_options(ctx: Context, v: ListV) -> Template | None:
    """The form of elements with parts that are one of a few known things, once it has been found
    that an index here cannot be made known.
    """
    if ctx.loc not in ctx.session.exact:
        return None
    return common_template(ctx.items(v), ctx.state.heap, join=with_options)


def known_index(ctx: Context, v: Abstract, index: Abstract, what: str) -> Any:
    """An index into a list that is not stacked. If it cannot be made known, one of the elements may
    be chosen where there is a form for that.
    """
    try:
        return ctx.known(index, what)
    except NeedStatic as need:
        if common_template(ctx.items(v), ctx.state.heap, join=with_options) is not None:
            ctx.session.choosable[need.error] = ctx.loc
        raise
