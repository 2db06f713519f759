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
from anvil.ir.records import Const
from anvil.ir.types import I64, DType, array
from anvil.parser.arrays.promotion import Strength
from anvil.parser.containers import row_lists
from anvil.parser.containers.columns import (
    _NUMBER_START,
    ELEMENT,
    TWICE,
    Column,
    _made,
    add_row,
    all_rows,
    boxed,
    check_whole,
    group_parts,
    grown,
    is_part,
    length_atom,
    object_of,
    pack,
    pools_of,
    row,
    rows_of,
    share,
    share_frozen,
    stacked_rows,
    write_rows,
)
from anvil.parser.containers.options import Packed, converted
from anvil.parser.containers.templates import (
    Block,
    Fixed,
    Group,
    Heap,
    Many,
    Number,
    OneOf,
    Ref,
    Rows,
    Template,
    carried,
    common_template,
    has_identity,
    leaves_of,
    loosely,
    names_of,
    roomy,
    template_of,
    unified,
)
from anvil.parser.state.heap import (
    ColumnBox,
    DictBox,
    ListBox,
    RowBox,
    StackBox,
    fresh_box,
    reachable,
)
from anvil.parser.state.number_choices import NumberChoice, joined_strength, strength_of
from anvil.parser.state.values import (
    Abstract,
    Known,
    ListV,
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
        pools = _widened_pools(ctx, t, content)
        rows, n = _widened_rows(ctx, t, content)
        boxes.extend(c.box for c in content.columns)  # type: ignore[attr-defined]
    else:
        assert isinstance(content, ListBox)
        items, n = content.items, len(content.items)
        if _pool_parts(ctx, items):
            form = stackable(ctx, ListV(box)) or t
            restack(ctx, box, form, capacity, kinds, guessed, known)
            return
        pools = adopt(ctx, t, items, (), known)
        rows = stacked_rows(ctx, t, items, boxes) if items else _no_rows(t, kinds)
    lists = [v.box for v in items if isinstance(v, ListV)] if isinstance(t, Many) else []
    if len(lists) != len(set(lists)):
        made = boxed(ctx, t, rows, n, TWICE, boxes, pools)
    else:
        made = boxed(ctx, t, rows, n, None, [b for b in boxes if b not in lists], pools)
    if isinstance(content, StackBox):
        made = replace(made, length=content.length, room=content.room)
    made = replace(grown(ctx, made, capacity), guessed=guessed)
    _held(ctx, box, made, lists if len(lists) == len(set(lists)) else ())


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


def _widened_rows(ctx: Context, t: Template, content: StackBox) -> tuple[Packed, int]:
    """The rows of a stacked list in the types of the form `t`, and how many they are."""
    n = content.length
    rows = rows_of(ctx, content) if isinstance(n, Known) else all_rows(ctx, content)
    count = int(n.value) if isinstance(n, Known) else content.capacity
    return converted(ctx, content.template, t, iter(rows), (count,)), count


def _no_rows(t: Template, kinds: list[Strength] | None) -> Packed:
    out: Packed = []
    for k, (leaf, lengths) in enumerate(leaves_of(t)):
        shape = leaf.type.shape if isinstance(leaf, Block) else ()
        dtype, py = kinds[k] if kinds is not None else _NUMBER_START
        if isinstance(leaf, Block):
            dtype = leaf.type.dtype
        elif isinstance(leaf, OneOf | Ref):
            dtype = I64
        out.append((Const(array(dtype, (0, *lengths, *shape)), 0), py))
    return out


def capacity(c: Any) -> int:
    """How many elements the contents of a list have room for."""
    return len(c.items) if isinstance(c, ListBox) else int(c.capacity)


def common_form(x: Any, y: Any, heap_x: Heap, heap_y: Heap) -> Any:
    """The form of the elements of two lists, and the dtypes of its leaves; None if there is none.

    Two lists of numbers of equal length need no form: they are joined element by element.
    """
    forms = []
    for c, heap in ((x, heap_x), (y, heap_y)):
        stacked = isinstance(c, StackBox)
        own = common_template(c.items, heap, join=loosely) if not stacked else c.template
        forms.append(own)
    a, b = forms
    if (a is None and capacity(x)) or (b is None and capacity(y)) or a is b is None:
        return None
    form = b if a is None else a if b is None else loosely(a, b)
    if form is None:
        return None
    c, heap = (x, heap_x) if a is not None else (y, heap_y)
    if isinstance(c, StackBox):
        kinds = iter(column_kinds(c, heap))
        return form, list(carried(c.template, form, kinds, (I64, True)))
    return form, kinds_of(form, c.items[0], heap)


def kinds_of(t: Template, v: Any, heap: Heap) -> list[Strength]:
    """The dtypes of the leaves of a value of form `t`, and whether they are Python numbers."""
    if isinstance(t, Number):
        strength = joined_strength(v) if isinstance(v, NumberChoice) else strength_of(v)
        return [strength or _NUMBER_START]
    if isinstance(t, Block):
        return [(t.type.dtype, False)]
    if isinstance(t, OneOf | Ref):
        return [(I64, True)]
    if isinstance(t, Fixed):
        return []
    content: Any = v if isinstance(v, TupleV) else heap[v.box]
    if isinstance(content, StackBox):
        return column_kinds(content, heap)
    if isinstance(content, DictBox):
        named: Any = content.entries
        items = tuple(named.values())
    else:
        items = content.items
    if isinstance(t, Many):
        return kinds_of(t.item, items[0], heap)
    assert isinstance(t, Group)
    return [
        k for part, item in zip(t.items, items, strict=True) for k in kinds_of(part, item, heap)
    ]


def column_kinds(stack: StackBox, heap: Heap) -> list[Strength]:
    """The dtypes of the columns of a list."""
    out: list[tuple[DType, bool]] = []
    for col in stack.columns:
        c: Any = heap[col.box]  # type: ignore[attr-defined]
        out.append(
            (type_at(c.atom).dtype, c.py) if isinstance(c, ColumnBox) else (c.type.dtype, False)
        )
    return out


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
        if item is not last and any(isinstance(leaf, Ref) for leaf in leaves):
            for found, more in zip(held, _objects(ctx, t, item), strict=True):
                found.extend(more)
        last = item
    return [
        pool_of(ctx, leaf.item, objects, pool, known) if isinstance(leaf, Ref) else 0
        for leaf, objects, pool in zip(leaves, held, given or [0] * len(leaves), strict=True)
    ]


def _objects(ctx: Context, t: Template, v: Any) -> list[list[Abstract]]:
    """The objects of a value, or columns of places of objects, for each leaf of its form."""
    if isinstance(t, Number | Block | OneOf):
        return [[]]
    if isinstance(t, Ref):
        return [[v]]
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
    pools, fresh = [pool] if pool else [], {}
    if not objects and not pool and known.get(form) in heap:
        return known[form]
    for v in objects:
        held = heap[v.box]
        if isinstance(held, StackBox) and is_part(held):
            row_lists.pool_whole(ctx, held)
            held = heap[v.box]
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


def pools_to_widen(
    pairs: Sequence[tuple[int, int]], heaps: tuple[Heap, Heap], room: int
) -> list[tuple[int, int, Any]]:
    """Pools of lists on one side that lists of the other side do not fit in: the side, the pool,
    and the form that it needs.
    """
    out = []
    for pair in pairs:
        for side in (0, 1):
            here: Any = heaps[side][pair[side]]
            there = heaps[1 - side][pair[1 - side]]
            if not isinstance(here, RowBox) or isinstance(there, RowBox):
                continue
            have: Any = heaps[side][here.pool].template  # type: ignore[union-attr]
            if have.kind != "list":
                continue
            found = template_of(ListV(pair[1 - side]), heaps[1 - side])
            form: Any = loosely(Ref(have), found)
            if form is not None and form.item != have:
                out.append((side, here.pool, roomy(form.item, room)))
    return out


def widen_pool(ctx: Context, pool: int, form: Any) -> None:
    """Gives a pool of lists a wider form."""
    stack: Any = ctx.content(pool, "list")
    if stack.template != form:
        restack(ctx, pool, form, stack.capacity)


def adopt_like(ctx: Context, pairs: Sequence[tuple[int, int]], side: int, other: Heap) -> None:
    """Moves objects into pools that, in each pair of boxes, are in a pool on the other side:
    `other` holds what boxes have there.
    """
    groups: dict[int, list[Any]] = {}
    for pair in pairs:
        there: Any = other[pair[1 - side]]
        if isinstance(there, RowBox) and not isinstance(ctx.state.heap[pair[side]], RowBox):
            groups.setdefault(there.pool, []).append(pair[side])
    for pool, boxes in groups.items():
        form: Any = other[pool].template  # type: ignore[union-attr]
        objects = [object_of(form, box) for box in dict.fromkeys(boxes)]
        pool_of(ctx, form, objects, pool if pool in ctx.state.heap else 0)


def _new_pool(ctx: Context, form: Any, objects: list[Any], known: Pools) -> int:
    """A pool of these objects."""
    for v in objects:
        form = _wide_enough(ctx, form, v)
    if isinstance(form, Rows):
        return _new_rows(ctx, form, objects, known)
    parts = [TupleV(group_parts(ctx.content(v.box, "object"))) for v in objects]
    flat = Group("tuple", None, form.items)
    pools = adopt(ctx, flat, parts, (), known)
    boxes: list[int] = []
    rows = stacked_rows(ctx, flat, tuple(parts), boxes) if parts else _no_rows(flat, None)
    box = fresh_box()
    ctx.state.heap[box] = boxed(ctx, form, rows, len(parts), None, boxes, pools)
    _freeze(ctx, box, objects)
    for i, v in enumerate(objects):
        ctx.state.heap[v.box] = RowBox(box, Const(array(I64), i))
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
    rows = stacked_rows(ctx, form, tuple(objects), boxes) if objects else _no_rows(form, None)
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
    """Moves an object into a pool."""
    ctx.touch(pool)
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
        stack = ctx.state.heap[pool]
    boxes: list[int] = []
    if isinstance(form, Rows):
        adopt(ctx, Many(0, form.item), [v], pools_of(stack)[1:])
        leaves = pack(ctx, form, v, boxes)
    else:
        parts = TupleV(group_parts(ctx.content(v.box, "object")))
        flat = Group("tuple", None, form.items)  # type: ignore[union-attr]
        adopt(ctx, flat, [parts], pools_of(stack))
        leaves = pack(ctx, flat, parts, boxes)
    stack = ctx.state.heap[pool]
    place = length_atom(stack)
    ctx.state.heap[pool] = add_row(ctx, stack, leaves, boxes)
    _freeze(ctx, pool, [v])
    ctx.state.heap[v.box] = RowBox(pool, place)


def _merge(ctx: Context, pool: int, other: int) -> None:
    """Moves all objects of another pool into a pool."""
    x: Any = ctx.content(pool, "object")
    y: Any = ctx.content(other, "object")
    form = loosely(x.template, y.template)
    known = isinstance(x.length, Known) and isinstance(y.length, Known)
    if form is None or not known:
        ctx.error(
            "unlike-elements",
            "objects of two lists, of which the data decide how many there are, meet in one",
            hint="Make one list of all objects, and let other lists hold some of them.",
        )
    for box in (pool, other):
        restack(ctx, box, form, 0)
    x, y = ctx.state.heap[pool], ctx.state.heap[other]
    for first, second in zip(pools_of(x), pools_of(y), strict=True):
        if first != second:
            _merge(ctx, first, second)
    x, y = ctx.state.heap[pool], ctx.state.heap[other]
    start, more = int(x.length.value), int(y.length.value)
    x = grown(ctx, x, start + more)
    rows = rows_of(ctx, y)
    boxes = [c.box for c in y.columns]
    for col, (atom, py) in zip(x.columns, rows, strict=True):
        write_rows(ctx, _span(col, start, more), atom, py)
        if has_identity(form):
            share(ctx.state, col.box, boxes)
    n = Known(start + more)
    ctx.state.heap[pool] = replace(x, length=n, room=0)
    _readdress(ctx, other, pool, start)


def _span(col: Any, start: int, n: int) -> Column:
    """Rows of a whole column."""
    base = col.shape
    rest = len(base) - 1
    counts = (n, *base[1:])
    window = Window(base, (start, *((0,) * rest)), counts, (1,) * len(base), counts, ())
    return Column(col.box, (window,), counts, col.pool)


def _readdress(ctx: Context, old: int, new: int, start: int) -> None:
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
        by = b.broadcast_to(b.i64(start), type_at(held.atom).shape)
        heap[box] = ColumnBox(b.add(held.atom, by), held.py)


def _widened_pools(ctx: Context, t: Template, stack: StackBox) -> list[int]:
    """The pools of a list that takes the form `t`, brought into their new forms."""
    pools = list(carried(stack.template, t, iter(pools_of(stack)), 0))
    for (leaf, _), pool in zip(leaves_of(t), pools, strict=True):
        held: Any = ctx.state.heap.get(pool)
        if isinstance(leaf, Ref) and isinstance(held, StackBox) and held.template != leaf.item:
            restack(ctx, pool, leaf.item, held.capacity)
    return pools
