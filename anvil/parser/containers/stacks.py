"""Lists of like things at an index that the program computes: held as stacked arrays.

A list whose elements have one form (see `templates`) may be held as one array for each leaf of an
element (see `columns`), with the elements along the first axis. Binding an element that is an array
or a list to another object gives the list columns of its own, and marks these and the old ones as
possibly shared.

Elements that are objects move into a pool, where each has a place; the list holds the places. So
two lists, or two names, that have an object in common see each other's writes to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import I64, array
from anvil.parser.arrays.promotion import Strength
from anvil.parser.containers import row_lists
from anvil.parser.containers.appending import appended
from anvil.parser.containers.columns import (
    ELEMENT,
    Column,
    _made,
    add_row,
    all_rows,
    boxed,
    check_whole,
    grown,
    is_part,
    length_atom,
    pack,
    pools_of,
    row,
    rows_of,
    stacked_rows,
    write_rows,
)
from anvil.parser.containers.group_contents import group_parts
from anvil.parser.containers.marking import TWICE, related, share, share_frozen
from anvil.parser.containers.options import Packed
from anvil.parser.containers.row_forms import no_rows, widened_rows
from anvil.parser.containers.templates import (
    Block,
    Fixed,
    Group,
    Heap,
    Link,
    Many,
    Number,
    OneOf,
    Ref,
    Rows,
    Template,
    carried,
    common_template,
    has_identity,
    has_links,
    is_link,
    leaves_of,
    linked,
    loosely,
    names_of,
    roomy,
    template_of,
    unified,
)
from anvil.parser.state.heap import (
    ColumnBox,
    Content,
    ListBox,
    ObjectBox,
    RowBox,
    StackBox,
    fresh_box,
    reachable,
)
from anvil.parser.state.values import (
    Abstract,
    Known,
    ListV,
    ObjectV,
    TupleV,
)
from anvil.parser.state.views import Window

if TYPE_CHECKING:
    from anvil.parser.context import Context

Pools = Mapping[Template, int]
NO_POOLS: Pools = {}

# ---- making stacked lists


def stackable(ctx: Context, v: Abstract) -> Template | None:
    """The form of the elements of a list or tuple, if they have one."""
    if isinstance(v, ListV):
        content = ctx.content(v.box, "list")
        if isinstance(content, StackBox):
            found: Template = content.template
            return found
    return common_template(ctx.items(v), ctx.state.heap)


def transient(ctx: Context, v: Abstract, t: Template) -> StackBox:
    """The elements of a list or tuple, stacked for reading; what is read cannot be written to."""
    boxes: list[int] = []
    items = ctx.items(v)
    pools = adopt(ctx, t, items)
    rows = stacked_rows(ctx, t, items, boxes)
    made = boxed(ctx, t, rows, len(items), ELEMENT, boxes, pools)
    if has_identity(t):
        share_frozen(ctx.state, made, boxes, ctx.loc)
    return made


def restack(
    ctx: Context,
    box: int,
    t: Template,
    capacity: int,
    kinds: list[Strength] | None = None,
    guessed: bool = False,
    known: Pools = NO_POOLS,
) -> None:
    """Holds the list in `box` as stacked rows of form `t`, with room for `capacity` elements, which
    may be `guessed`; `known` are pools for the objects of a list without any.
    """
    content = ctx.state.heap[box]
    if isinstance(content, StackBox) and content.template != t and row_lists.reformed(ctx, box, t):
        _fill_pools(ctx, box, known)
        restack(ctx, box, t, capacity, kinds, guessed, known)
        return
    guessed = guessed or (isinstance(content, StackBox) and content.guessed)
    if isinstance(content, StackBox) and content.template == t:
        found = grown(ctx, content, capacity)
        ctx.state.heap[box] = found if found.guessed == guessed else replace(found, guessed=guessed)
        return
    boxes: list[int] = []
    items: tuple[Abstract, ...] = ()
    if isinstance(content, StackBox):
        check_whole(ctx, content)
        pools = _widened_pools(ctx, t, content, box)
        rows, n = widened_rows(ctx, t, content)
        boxes.extend(c.box for c in content.columns)  # type: ignore[attr-defined]
    else:
        assert isinstance(content, ListBox)
        items, n = content.items, len(content.items)
        if _pool_parts(ctx, items):
            form = stackable(ctx, ListV(box)) or t
            restack(ctx, box, form, capacity, kinds, guessed, known)
            return
        pools = adopt(ctx, t, items, (), known)
        rows = stacked_rows(ctx, t, items, boxes) if items else no_rows(t, kinds)
    lists = [v.box for v in items if isinstance(v, ListV)] if isinstance(t, Many) else []
    alike = related(ctx.state, lists)
    twice = len(lists) != len(set(lists)) or alike is not None
    if twice:
        mark = TWICE if alike is None else replace(TWICE, at=alike.at)
        made = boxed(ctx, t, rows, n, mark, boxes, pools)
    else:
        made = boxed(ctx, t, rows, n, None, [b for b in boxes if b not in lists], pools)
    if isinstance(content, StackBox):
        made = replace(made, length=content.length, room=content.room)
    made = replace(grown(ctx, made, capacity), guessed=guessed)
    _held(ctx, box, made, () if twice else lists)


def _held(ctx: Context, box: int, made: StackBox, lists: Sequence[int]) -> None:
    """Puts stacked rows into a list; the lists among its elements are rows of it now."""
    mark = ctx.state.marks.get(box)
    if mark is not None and not mark.group:
        for col in made.columns:
            ctx.state.marks[col.box] = mark  # type: ignore[attr-defined]
    ctx.state.heap[box] = made
    for i, inner in enumerate(lists):
        rows = iter([row(c, Const(array(I64), i)) for c in made.columns])
        view = _made(ctx, made.template, rows)
        ctx.state.heap[inner] = ctx.state.heap.pop(view.box)  # type: ignore[attr-defined]


# ---- pools


def _pool_parts(ctx: Context, items: Sequence[Abstract]) -> bool:
    """Moves lists that are rows of another list into a pool, so that they stay these rows; whether
    there are any.
    """
    found = False
    for v in items:
        held = ctx.state.heap[v.box] if isinstance(v, ListV) else None
        if isinstance(held, StackBox) and is_part(held):
            row_lists.pool_whole(ctx, held)
            found = True
    return found


def pools_near(boxes: Sequence[int], *heaps: Heap) -> Pools:
    """The pools of the objects that these boxes lead to, by the form of the objects."""
    out: dict[Template, int] = {}
    for heap in heaps:
        for box in reachable(iter([b for b in boxes if b in heap]), heap):
            c = heap[box]
            found = [c.pool] if isinstance(c, RowBox) else []
            found += [p for p in pools_of(c) if p] if isinstance(c, StackBox) else []
            for pool in found:
                held = heap[pool]
                if isinstance(held, StackBox):
                    out.setdefault(held.template, pool)
    return out


def adopt(
    ctx: Context,
    t: Template,
    items: Sequence[Abstract],
    given: Sequence[int] = (),
    known: Pools = NO_POOLS,
) -> list[int]:
    """Moves the objects that values of form `t` consist of into pools, one for each leaf (0 for
    leaves that are not objects); `given` are the pools that they have to be in, `known` those that
    are taken if there are no objects.
    """
    leaves = [leaf for leaf, _ in leaves_of(t)]
    held: list[list[Abstract]] = [[] for _ in leaves]
    last: Abstract | None = None
    for item in items:
        if item is not last and any(isinstance(leaf, Ref | Link) for leaf in leaves):
            for found, more in zip(held, _objects(ctx, t, item), strict=True):
                found.extend(more)
        last = item
    pools = []
    for leaf, objects, pool in zip(leaves, held, given or [0] * len(leaves), strict=True):
        if isinstance(leaf, Link) and objects and pool:
            pool_of(ctx, None, objects, pool, known)
        new = pool_of(ctx, leaf.item, objects, pool, known) if isinstance(leaf, Ref) else pool
        pools.append(new)
    return pools


def _objects(ctx: Context, t: Template, v: Any) -> list[list[Abstract]]:
    """The objects of a value, or columns of places of objects, for each leaf of its form."""
    if isinstance(t, Number | Block | OneOf):
        return [[]]
    if isinstance(t, Ref):
        return [[v]]
    if isinstance(t, Link):
        return [list(linked(v))]
    if isinstance(t, Fixed):
        return []
    content = None if isinstance(v, TupleV) else ctx.content(v.box, "list")
    if isinstance(t, Many) and isinstance(content, StackBox):
        held = iter([[c] for c in content.columns])
        none: list[Abstract] = []
        return list(carried(content.template, t.item, held, none))
    if isinstance(t, Many):
        out: list[list[Abstract]] = [[] for _ in leaves_of(t)]
        for item in content.items:  # type: ignore[union-attr]
            for found, more in zip(out, _objects(ctx, t.item, item), strict=True):
                found.extend(more)
        return out
    assert isinstance(t, Group)
    parts = v.items if content is None else group_parts(content)
    return [x for part, p in zip(t.items, parts, strict=True) for x in _objects(ctx, part, p)]


def pool_of(
    ctx: Context, form: Any, objects: Sequence[Any], pool: int = 0, known: Pools = NO_POOLS
) -> int:
    """The pool in which these objects are now: `pool`, or the first that one of them is in, or a
    new one.
    """
    heap = ctx.state.heap
    if pool:
        ctx.content(pool, "object")
    pools, fresh = [pool] if pool else [], {}
    if not objects and not pool and known.get(form) in heap:
        return known[form]
    for v in objects:
        held = heap[v.box]
        held = _in_pools(ctx, form, v, held)
        if isinstance(v, Column):
            pools += [v.pool] if v.pool else []
        elif isinstance(held, RowBox):
            pools.append(held.pool)
        else:
            fresh[v.box] = v
    pools = list(dict.fromkeys(pools))
    if not pools:
        return _new_pool(ctx, form, list(fresh.values()), known)
    for other in pools[1:]:
        _merge(ctx, pools[0], other)
    for v in fresh.values():
        _join_pool(ctx, pools[0], v)
    return pools[0]


def _in_pools(ctx: Context, form: Any, v: Any, held: Content) -> Content:
    """What is in the box of an object, after lists that are rows of others have become places in a
    pool: itself, or those it consists of.
    """
    if isinstance(held, StackBox) and is_part(held):
        row_lists.pool_whole(ctx, held)
        held = ctx.state.heap[v.box]
    of_lists = isinstance(form, Rows) and isinstance(form.item, Ref)
    if isinstance(held, StackBox) and isinstance(held.template, Many) and of_lists:
        row_lists.pooled(ctx, held.columns, held.template.n)
    return held


def _new_pool(ctx: Context, form: Any, objects: list[Any], known: Pools) -> int:
    """A pool of these objects."""
    for v in objects:
        form = _wide_enough(ctx, form, v)
    if isinstance(form, Rows):
        return _new_rows(ctx, form, objects, known)
    if has_links(form):
        return _new_links(ctx, form, objects)
    parts = [TupleV(group_parts(ctx.content(v.box, "object"))) for v in objects]
    flat = Group("tuple", None, form.items)
    pools = adopt(ctx, flat, parts, (), known)
    boxes: list[int] = []
    rows = stacked_rows(ctx, flat, tuple(parts), boxes) if parts else no_rows(flat, None)
    box = fresh_box()
    ctx.state.heap[box] = boxed(ctx, form, rows, len(parts), None, boxes, pools)
    _freeze(ctx, box, objects)
    for i, v in enumerate(objects):
        ctx.state.heap[v.box] = RowBox(box, Const(array(I64), i))
    return box


def _new_links(ctx: Context, form: Any, objects: Sequence[Any]) -> int:
    """A pool of objects that refer to each other."""
    box = fresh_box()
    flat = Group("tuple", None, form.items)
    found = adopt(ctx, flat, [])
    leaves = [leaf for leaf, _ in leaves_of(form)]
    pools = [box if isinstance(x, Link) else p for x, p in zip(leaves, found, strict=True)]
    ctx.state.heap[box] = boxed(ctx, form, no_rows(flat, None), 0, None, [], pools)
    for v in objects:
        if not isinstance(ctx.state.heap[v.box], RowBox):
            _join_pool(ctx, box, v)
    return box


def _wide_enough(ctx: Context, form: Any, v: Any) -> Any:
    """The form of objects one of which may be a list of a number of things that is not theirs."""
    if isinstance(form, Rows) or not isinstance(ctx.state.heap[v.box], StackBox):
        return form
    found: Any = template_of(v, ctx.state.heap)
    inner = found.item if isinstance(found, Ref) else found
    wide = unified(Rows(inner.n, inner.item), form) if isinstance(inner, Many | Rows) else None
    return _unlike(ctx, form, v) if wide is None else wide


def _unlike(ctx: Context, form: Any, v: Abstract) -> NoReturn:
    ctx.error(
        "unlike-elements",
        f"{v.describe()} is one of several objects, each a {names_of(form)} with parts of other "
        "types",
        hint="Give the attributes of like objects the same types and shapes.",
    )


def _fill_pools(ctx: Context, box: int, known: Pools) -> None:
    """Gives columns of places the pools that they lack."""
    stack: Any = ctx.state.heap[box]
    columns = [
        replace(col, pool=pool_of(ctx, leaf.item, (), 0, known))
        if isinstance(leaf, Ref) and not col.pool
        else col
        for (leaf, _), col in zip(leaves_of(stack.template), stack.columns, strict=True)
    ]
    ctx.state.heap[box] = replace(ctx.state.heap[box], columns=tuple(columns))  # type: ignore[type-var]


def _new_rows(ctx: Context, form: Rows, objects: list[Any], known: Pools) -> int:
    """A pool of these lists."""
    boxes: list[int] = []
    pools = [0, *adopt(ctx, Many(0, form.item), objects, (), known)]
    rows = stacked_rows(ctx, form, tuple(objects), boxes) if objects else no_rows(form, None)
    box = fresh_box()
    ctx.state.heap[box] = boxed(ctx, form, rows, len(objects), None, boxes, pools)
    _freeze(ctx, box, objects)
    for i, v in enumerate(objects):
        ctx.state.heap[v.box] = RowBox(box, Const(array(I64), i))
    return box


def _freeze(ctx: Context, pool: int, objects: Sequence[Any]) -> None:
    """Arrays of objects that must not be written must not be written in the pool either."""
    marks = ctx.state.marks
    frozen = [m for v in objects if (m := marks.get(v.box)) is not None and not m.group]
    stack: Any = ctx.state.heap[pool]
    if frozen:
        marks.update({c.box: frozen[0] for c in stack.columns})


def _join_pool(ctx: Context, pool: int, v: Any) -> None:
    """Moves an object, with those that it refers to by its attributes, into a pool."""
    ctx.touch(pool)
    group = [v]
    for one in group:
        group += _followers(ctx, pool, one, group)
    for one in group:
        _widen_for(ctx, pool, one)
    stack: Any = ctx.state.heap[pool]
    form, heap = stack.template, ctx.state.heap
    if isinstance(form, Rows):
        boxes: list[int] = []
        adopt(ctx, Many(0, form.item), [v], pools_of(stack)[1:])
        leaves = pack(ctx, form, v, boxes)
        _added(ctx, pool, v, leaves, boxes)
        return
    flat = Group("tuple", None, form.items)
    parts = [TupleV(group_parts(ctx.content(one.box, "object"))) for one in group]
    for inner in parts:
        adopt(ctx, flat, [inner], [0 if p == pool else p for p in pools_of(heap[pool])])  # type: ignore[arg-type]
    start = length_atom(heap[pool])  # type: ignore[arg-type]
    for k, one in enumerate(group):
        heap[one.box] = RowBox(pool, ctx.b.add(start, k))
    for one, inner in zip(group, parts, strict=True):
        boxes = []
        leaves = pack(ctx, flat, inner, boxes)
        _added(ctx, pool, one, leaves, boxes)


def _added(ctx: Context, pool: int, v: Any, leaves: Packed, boxes: list[int]) -> None:
    """Gives a pool the row of an object."""
    stack: Any = ctx.state.heap[pool]
    place = length_atom(stack)
    ctx.state.heap[pool] = add_row(ctx, stack, leaves, boxes)
    _freeze(ctx, pool, [v])
    ctx.state.heap[v.box] = RowBox(pool, place)


def _followers(ctx: Context, pool: int, v: Any, known: Sequence[Any]) -> list[Any]:
    """The objects of its class that an object refers to, and that are in no pool yet; those of
    another pool are moved.
    """
    out: dict[int, Any] = {}
    content = ctx.content(v.box, "object")
    if not isinstance(v, ObjectV) or not isinstance(content, ObjectBox):
        return []
    for part in content.attrs.values():
        for other in linked(part) if is_link(part, v.cls) else ():
            held = ctx.state.heap[other.box]
            if isinstance(held, RowBox) and held.pool != pool:
                _merge(ctx, pool, held.pool)
            elif not isinstance(held, RowBox) and all(other.box != k.box for k in known):
                out[other.box] = other
    return list(out.values())


def _widen_for(ctx: Context, pool: int, v: Any) -> None:
    """Gives a pool a form that an object fits in."""
    stack: Any = ctx.content(pool, "object")
    found = template_of(v, ctx.state.heap)
    rows = isinstance(stack.template, Rows)
    form = None
    if isinstance(found, Ref) or (rows and isinstance(found, Many)):
        form = unified(stack.template, found.item if isinstance(found, Ref) else found)
    if form is None:
        wider: Any = roomy(loosely(Ref(stack.template), found), ctx.session.capacity)
        form = None if wider is None else wider.item
    if form is None:
        _unlike(ctx, stack.template, v)
    if form != stack.template:
        restack(ctx, pool, form, stack.capacity)


def _merge(ctx: Context, pool: int, other: int) -> None:
    """Moves all objects of another pool into a pool."""
    x: Any = ctx.content(pool, "object")
    y: Any = ctx.content(other, "object")
    form = loosely(x.template, y.template)
    if form is None:
        ctx.error(
            "unlike-elements",
            "objects of two lists that hold unlike things meet in one",
            hint="Give the attributes of like objects the same types and shapes.",
        )
    if other in ctx.external:  # a caller may have more that refers to it
        what = "objects of two lists meet in one, in a function that is given both"
        ctx.error("unlike-elements", what, hint="Put them into one list before the call.")
    ctx.touch(pool)
    ctx.touch(other)
    for box in (pool, other):
        if ctx.state.heap[box].template != form:  # type: ignore[union-attr]
            restack(ctx, box, form, 0)
    x, y = ctx.state.heap[pool], ctx.state.heap[other]
    for first, second in zip(pools_of(x), pools_of(y), strict=True):
        if first != second and first != pool:
            _merge(ctx, first, second)
    x = ctx.state.heap[pool]
    start = length_atom(x)
    _readdress(ctx, other, pool, start)
    y = ctx.state.heap[other]
    boxes = [c.box for c in y.columns]
    ctx.state.heap[pool] = _with_rows(ctx, x, y)
    for col, old in zip(x.columns, boxes, strict=True):
        mark = ctx.state.marks.get(old)
        if has_identity(form):
            share(ctx.state, col.box, boxes)
        elif mark is not None and not mark.group:
            ctx.state.marks[col.box] = mark


def _with_rows(ctx: Context, x: StackBox, y: StackBox) -> StackBox:
    """A pool with the rows of another one."""
    if not y.capacity:
        return x
    if not isinstance(x.length, Known) or not isinstance(y.length, Known) or x.guessed:
        return appended(ctx, x, all_rows(ctx, y), y)
    start, more = int(x.length.value), int(y.length.value)
    x = grown(ctx, x, start + more)
    for col, (atom, py) in zip(x.columns, rows_of(ctx, y), strict=True):
        write_rows(ctx, _span(col, start, more), atom, py)
    return replace(x, length=Known(start + more), room=0)


def _span(col: Any, start: int, n: int) -> Column:
    """Rows of a whole column."""
    base = col.shape
    rest = len(base) - 1
    counts = (n, *base[1:])
    window = Window(base, (start, *((0,) * rest)), counts, (1,) * len(base), counts, ())
    return Column(col.box, (window,), counts, col.pool)


def _readdress(ctx: Context, old: int, new: int, start: Atom) -> None:
    """Everything that refers to objects of the pool `old` refers to them in `new`."""
    heap, b = ctx.state.heap, ctx.b
    moved: set[int] = set()
    for box, c in list(heap.items()):
        if isinstance(c, RowBox) and c.pool == old:
            heap[box] = RowBox(new, b.add(c.index, start))
        if isinstance(c, StackBox) and old in pools_of(c):
            columns = [replace(k, pool=new) if k.pool == old else k for k in c.columns]  # type: ignore[attr-defined, type-var]
            heap[box] = replace(c, columns=tuple(columns))
            moved |= {k.box for k in c.columns if k.pool == old}  # type: ignore[attr-defined]
    for box in moved:
        held: Any = heap[box]
        shape = type_at(held.atom).shape
        moved_to = b.add(held.atom, b.broadcast_to(start, shape))
        none = b.lt(held.atom, b.broadcast_to(b.i64(0), shape))
        heap[box] = ColumnBox(b.select(none, held.atom, moved_to), held.py)


def _widened_pools(ctx: Context, t: Template, stack: StackBox, box: int) -> list[int]:
    """The pools of a list in `box` that takes the form `t`, brought into their new forms."""
    pools = list(carried(stack.template, t, iter(pools_of(stack)), 0))
    for (leaf, _), pool in zip(leaves_of(t), pools, strict=True):
        held: Any = ctx.state.heap.get(pool)
        if isinstance(leaf, Ref) and isinstance(held, StackBox):
            form = unified(held.template, leaf.item) or leaf.item  # it may be the wider one
            if form != held.template:
                restack(ctx, pool, form, held.capacity)
    leaves = [leaf for leaf, _ in leaves_of(t)]
    return [box if isinstance(x, Link) else p for x, p in zip(leaves, pools, strict=True)]
