"""Objects in pools: what they hold, and writing to them.

An object that is an element of a list at a computed index is a row of a pool (see `stacks`). Its
parts are read from the columns of the pool, and a write goes to its row there, so that every name
of the object sees it. A part that is an array or a list and is bound to another one gets a column
of its own: what other names share with the old one stays there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from anvil.errors import error as make_error
from anvil.ir.records import Const
from anvil.parser.containers import row_lists
from anvil.parser.containers.columns import (
    Column,
    _made,
    pack,
    pools_of,
    row,
    write_rows,
)
from anvil.parser.containers.group_contents import group_content, group_parts
from anvil.parser.containers.marking import share
from anvil.parser.containers.stacks import adopt, restack
from anvil.parser.containers.templates import (
    Many,
    Ref,
    Rows,
    common_template,
    has_identity,
    leaves_of,
    names_of,
    roomy,
    template_of,
    unified,
    with_options,
)
from anvil.parser.state.heap import Content, RowBox, StackBox, fresh_box, open_content
from anvil.parser.state.signals import Blocked
from anvil.parser.state.values import Abstract, Known, ListV

if TYPE_CHECKING:
    from anvil.parser.context import Context


def contents(ctx: Context, held: RowBox) -> Content:
    """What an object in a pool holds now."""
    stack = _stack(ctx, held)
    if isinstance(stack.template, Rows):
        return row_lists.contents(ctx, stack, held.index)
    cols = iter([row(c, held.index) for c in stack.columns])
    return group_content(stack.template, tuple(_made(ctx, t, cols) for t in stack.template.items))


def _stack(ctx: Context, held: RowBox) -> Any:
    stack = ctx.content(held.pool, "object")
    assert isinstance(stack, StackBox)
    return stack


def replace_contents(ctx: Context, held: RowBox, content: Content) -> None:
    """Writes to an object in a pool."""
    row_lists.touched(ctx, held)
    stack = _stack(ctx, held)
    if isinstance(stack.template, Rows):
        _replace_row(ctx, held, stack, content)
        return
    before = contents(ctx, held)
    if open_content(before)[0] != open_content(content)[0]:
        _unlike(ctx, held, "something is added to it, or taken away")
    for k, (was, now) in enumerate(zip(group_parts(before), group_parts(content), strict=True)):
        if not _same(ctx, was, now):
            _write(ctx, held, k, now)


def _replace_row(ctx: Context, held: RowBox, stack: StackBox, content: Content) -> None:
    """Gives a list in a pool of lists other elements."""
    box = fresh_box()
    ctx.state.heap[box] = content
    v = ListV(box)
    found = template_of(v, ctx.state.heap)
    found = found.item if isinstance(found, Ref) else found
    form = unified(stack.template, found)
    if form is None:
        _unlike(ctx, held, "it gets elements of another form")
    if form != stack.template:
        restack(ctx, held.pool, form, stack.capacity)
    stack = _stack(ctx, held)
    adopt(ctx, Many(0, stack.template.item), [v], pools_of(stack)[1:])
    for col, (x, py) in zip(stack.columns, pack(ctx, stack.template, v, []), strict=True):
        write_rows(ctx, row(col, held.index), x, py)


def growing(ctx: Context, v: ListV, *items: Abstract) -> bool:
    """Makes a list that is an element of a list at a computed index one to which something (like
    `items`) can be added, or from which it can be taken; False if it is none.
    """
    held = ctx.state.heap[v.box]
    if isinstance(held, StackBox) and any(c.path for c in held.columns):  # type: ignore[attr-defined]
        n = int(held.length.value) if isinstance(held.length, Known) else held.capacity
        return row_lists.pooled(ctx, held.columns, n)
    if not isinstance(held, RowBox):
        return False
    stack = _stack(ctx, held)
    if isinstance(stack.template, Rows):
        if items and stack.template.n < ctx.session.capacity:
            row_lists.touched(ctx, held)
            row_lists.reform(ctx, held.pool, roomy(stack.template, ctx.session.capacity))
        return True
    wanted = None
    parts = () if stack.template.kind != "list" else stack.template.items
    form = next(iter(parts), None)
    if items:
        form = common_template(items, ctx.state.heap)
    if form is not None and stack.template.kind == "list":
        n = max(ctx.session.capacity, 2 * len(stack.template.items))
        wanted = unified(Rows(n, form), stack.template)
    if wanted is None:
        return False
    row_lists.touched(ctx, held)
    assert form is not None
    found = zip(leaves_of(form), adopt(ctx, form, items), strict=True)
    known = {leaf.item: pool for (leaf, _), pool in found if isinstance(leaf, Ref)}
    restack(ctx, held.pool, wanted, stack.capacity, known=known)
    return True


def _same(ctx: Context, p: Any, q: Any) -> bool:
    """Whether two values, boxes or atoms are one."""
    if p is q or (isinstance(p, Const) and p == q):
        return True
    if isinstance(p, int) and isinstance(q, int):
        c, d = ctx.state.heap[p], ctx.state.heap[q]
        views = isinstance(c, RowBox | StackBox) and isinstance(d, RowBox | StackBox)
        return p == q or (views and _all_same(ctx, open_content(c), open_content(d)))
    if isinstance(p, Abstract) and isinstance(q, Abstract):
        return _all_same(ctx, p.open(), q.open())
    return False


def _all_same(ctx: Context, x: Any, y: Any) -> bool:
    (tag, parts), (tag_y, parts_y) = x, y
    alike = tag == tag_y and len(parts) == len(parts_y)
    return alike and all(_same(ctx, p, q) for p, q in zip(parts, parts_y, strict=True))


def _write(ctx: Context, held: RowBox, k: int, value: Abstract) -> None:
    """Binds part `k` of an object in a pool."""
    stack = _stack(ctx, held)
    items = stack.template.items
    owner = stack.template.meta[0] if stack.template.kind == "object" else None
    part = with_options(items[k], template_of(value, ctx.state.heap, owner=owner))
    if part is None:
        _unlike(ctx, held, f"{value.describe()} is stored where each has a {names_of(items[k])}")
    if part != items[k]:
        form = replace(stack.template, items=(*items[:k], part, *items[k + 1 :]))
        restack(ctx, held.pool, form, stack.capacity)
        stack = _stack(ctx, held)
    first = sum(len(list(leaves_of(t))) for t in items[:k])
    places = slice(first, first + len(list(leaves_of(part))))
    columns = list(stack.columns)
    adopt(ctx, part, [value], pools_of(stack)[places])
    boxes: list[int] = []
    leaves = pack(ctx, part, value, boxes)
    columns = list(_stack(ctx, held).columns)
    if has_identity(part):
        columns[places] = [_own(ctx, c, boxes) for c in columns[places]]
    else:
        for col in columns[places]:
            ctx.touch(col.box)
    for col, (x, py) in zip(columns[places], leaves, strict=True):
        write_rows(ctx, row(col, held.index), x, py)
    ctx.state.heap[held.pool] = replace(_stack(ctx, held), columns=tuple(columns))


def _own(ctx: Context, col: Any, boxes: list[int]) -> Column:
    """A copy of a column in a box of its own."""
    box, heap = fresh_box(), ctx.state.heap
    heap[box] = heap[col.box]
    share(ctx.state, box, list(dict.fromkeys((col.box, *boxes))))
    return Column(box, (), col.shape, col.pool)


def _unlike(ctx: Context, held: RowBox, what: str) -> NoReturn:
    name = names_of(_stack(ctx, held).template)
    error = make_error(
        "unlike-elements",
        f"this {name} is an element of a list at an index that the data decide, and {what}",
        ctx.loc,
        hint="Give like objects the same attributes, of the same types and shapes, from the start.",
    )
    raise Blocked(error)
