"""Lists inside lists that grow: rows of a pool, each with room for a number of elements.

A list that is an element of a list at a computed index, and to which something is added, is a
place in a pool of lists, as an object is (see `stacks`). The pool holds how many elements each list
has, and the elements of all of them. How many there is room for is a guess, which what makes a list
longer checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import I64, array
from anvil.parser.arrays.arraylike import const
from anvil.parser.containers.columns import (
    Column,
    all_rows,
    check_whole,
    empty,
    length_atom,
    read_rows,
    refuse_growth,
    resized,
    row,
    write_rows,
)
from anvil.parser.containers.options import Packed, converted
from anvil.parser.containers.templates import (
    Block,
    Group,
    Many,
    Ref,
    Rows,
    carried,
    has_identity,
    leaves_of,
    same_refs,
)
from anvil.parser.state.heap import (
    ColumnBox,
    RowBox,
    StackBox,
    fresh_box,
)
from anvil.parser.state.values import scalar
from anvil.parser.state.views import Window

if TYPE_CHECKING:
    from anvil.parser.context import Context

# ---- reading and writing


def contents(ctx: Context, pool: StackBox, index: Atom) -> StackBox:
    """The list at a place of a pool of lists, its columns views of the pool's."""
    form = pool.template
    count, *columns = (row(c, index) for c in pool.columns)
    length = scalar(read_rows(ctx, count), True)
    return StackBox(length, form.item, tuple(columns), form.n, 0, True)


def store(ctx: Context, box: int, stack: StackBox) -> None:
    """Says what a list is now, whose columns have been written."""
    held = ctx.state.heap[box]
    if not isinstance(held, RowBox):
        ctx.state.heap[box] = stack
        return
    touched(ctx, held)
    pool: Any = ctx.content(held.pool, "list")
    write_rows(ctx, row(pool.columns[0], held.index), length_atom(stack), True)


def touched(ctx: Context, held: RowBox) -> None:
    """To be called before an object in a pool is written."""
    for box in {*ctx.external, *ctx.state.marks}:
        found = ctx.state.heap.get(box)
        pools = [found.pool] if isinstance(found, RowBox) else []
        mark = ctx.state.marks.get(box)
        shared = mark is not None and bool(mark.group) and box not in ctx.external
        if isinstance(found, StackBox) and not shared:  # a list that a callee holds in a pool now
            pools = [c.pool for c in found.columns]  # type: ignore[attr-defined]
        if held.pool in pools:
            ctx.touch(box)
    ctx.touch(held.pool)
    pool: Any = ctx.content(held.pool, "list")
    if isinstance(pool.template, Rows):  # attributes of objects are bound anew, and may be shared
        _touch_columns(ctx, pool)


def _touch_columns(ctx: Context, stack: Any) -> None:
    """What other names share with the columns of a list is not to be changed behind their back."""
    for col in stack.columns:
        mark = ctx.state.marks.get(col.box)
        if mark is not None and mark.group:
            ctx.touch(col.box)


# ---- other forms become rows


def reformed(ctx: Context, box: int, t: Any) -> bool:
    """Gives lists of rows, or pools of lists, the form `t`; False for all other lists and forms."""
    stack: Any = ctx.state.heap[box]
    if isinstance(t, Rows):
        reform(ctx, box, t)
    elif isinstance(t, Ref) and isinstance(t.item, Rows) and isinstance(stack.template, Ref):
        held: Any = ctx.state.heap.get(stack.columns[0].pool)
        if held is not None and held.template != t.item:
            reform(ctx, stack.columns[0].pool, t.item)
        ctx.state.heap[box] = replace(stack, template=t)
    elif isinstance(stack.template, Many) and isinstance(t, Ref):
        if not pooled(ctx, stack.columns, stack.template.n):
            refuse_growth(ctx, stack.columns[0].box)
        pool: Any = ctx.state.heap[ctx.state.heap[box].columns[0].pool]  # type: ignore[union-attr]
        if pool.template != t.item and isinstance(t.item, Rows):
            reform(ctx, ctx.state.heap[box].columns[0].pool, t.item)  # type: ignore[union-attr]
        ctx.state.heap[box] = replace(ctx.state.heap[box], template=t)  # type: ignore[type-var]
    else:
        return False
    return True


def reform(ctx: Context, box: int, t: Rows) -> None:
    """Gives a pool of lists the form `t`: of lists of unlike things, or of shorter rows, before."""
    pool: Any = ctx.content(box, "list")
    if isinstance(pool.template, Group):
        rows = _of_group(ctx, pool, t)
    else:
        if not same_refs(pool.template, t):
            refuse_growth(ctx, pool.columns[0].box)
        (count, py), *rest = all_rows(ctx, pool)
        held = [(count, py), *((resized(ctx, x, 1, t.n), py) for x, py in rest)]
        rows = converted(ctx, pool.template, t, iter(held), (pool.capacity,))
    columns = []
    old = [0, *(c.pool for c in pool.columns)] if isinstance(pool.template, Group) else []
    before = iter([c.pool for c in pool.columns])
    pools = list(carried(pool.template, t, before, 0)) if not old else [0] * len(rows)
    if old and old[1:]:
        per = len(list(leaves_of(t.item)))
        pools = [0, *old[1 : 1 + per]]
    for (leaf, _), (x, py), place in zip(leaves_of(t), rows, pools, strict=True):
        new = fresh_box()
        if isinstance(leaf, Block):
            x = ctx.b.cast(x, leaf.type.dtype)
        ctx.state.heap[new] = x if isinstance(leaf, Block) else ColumnBox(x, py)
        columns.append(Column(new, (), type_at(x).shape, place))
    ctx.state.heap[box] = replace(pool, template=t, columns=tuple(columns))


def _of_group(ctx: Context, pool: StackBox, t: Rows) -> Packed:
    """The columns of lists of a known number of items each."""
    k = len(pool.template.items)
    size = pool.capacity
    out: Packed = [(Const(array(I64, (size,)), k), True)]
    leaves = list(leaves_of(t.item))
    if not k:
        for x, py in empty(t.item):
            shape = type_at(x).shape[1:]
            out.append((Const(array(type_at(x).dtype, (size, t.n, *shape)), 0), py))
        return out
    held = iter(all_rows(ctx, pool))
    items = pool.template.items
    rows = [x for i in items for x in converted(ctx, i, t.item, held, (size,))]
    for j in range(len(leaves)):
        parts = rows[j :: len(leaves)]
        dtype = ctx.promote(*(ctx.array(x) for x, _ in parts))
        wide = [ctx.b.cast(x, dtype) for x, _ in parts]
        wide = [
            ctx.b.reshape(x, shape=(type_at(x).shape[0], 1, *type_at(x).shape[1:])) for x in wide
        ]
        x = wide[0] if len(wide) == 1 else ctx.b.concatenate(*wide, axis=1)
        out.append((resized(ctx, x, 1, t.n), all(py for _, py in parts)))
    return out


def pool_whole(ctx: Context, part: StackBox) -> None:
    """Makes the rows of the list that a list is a row of places in a pool."""
    if not pooled(ctx, part.columns, part.capacity):
        check_whole(ctx, part)


def pooled(ctx: Context, columns: Sequence[Any], n: int) -> bool:
    """Makes the rows of a list of lists of `n` elements each, whose columns these are views of,
    places in a pool; False if that cannot be done.
    """
    heap = ctx.state.heap
    boxes = {c.box for c in columns}
    users: list[tuple[int, Any]] = [
        (b, c)
        for b, c in heap.items()
        if isinstance(c, StackBox) and any(k.box in boxes for k in c.columns)  # type: ignore[attr-defined]
    ]
    owners = [(b, c) for b, c in users if not any(k.path for k in c.columns)]
    views = [(b, c) for b, c in users if any(k.path for k in c.columns)]
    places = [_place(c) for _, c in views]
    if len(owners) != 1 or None in places:
        return False
    ((box, owner),) = owners
    t = owner.template
    if not isinstance(t, Many) or has_identity(t.item):
        return False
    _touch_columns(ctx, owner)
    size = owner.capacity
    form = Rows(max(ctx.session.capacity, 2 * n), t.item)
    count = fresh_box()
    heap[count] = ColumnBox(Const(array(I64, (size,)), n), True)
    made = [Column(count, (), (size,))]
    for col, (x, py) in zip(owner.columns, all_rows(ctx, owner), strict=True):
        new = fresh_box()
        x = resized(ctx, x, 1, form.n)
        heap[new] = ColumnBox(x, py)
        made.append(Column(new, (), type_at(x).shape, col.pool))
    pool = fresh_box()
    heap[pool] = replace(owner, template=form, columns=tuple(made))
    index = fresh_box()
    heap[index] = ColumnBox(const(ctx, np.arange(size)), True)
    column = Column(index, (), (size,), pool)
    heap[box] = replace(owner, template=Ref(form), columns=(column,))
    for (view, _), place in zip(views, places, strict=True):
        assert place is not None
        heap[view] = RowBox(pool, place)
    return True


def _place(view: Any) -> Atom | None:
    """Which row of a list of lists a list is; None if it is none of its rows."""
    found = None
    for col in view.columns:
        step = col.path[0] if len(col.path) == 1 else None
        if not isinstance(step, Window) or len(step.base) - len(step.shape) != 1:
            return None
        first = step.starts[0]
        found = step.atoms[0] if first is None else Const(array(I64), first)
    return found
