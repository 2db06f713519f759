"""What programs do with stacked lists: elements read and bound, growing, shrinking, rearranging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from anvil.errors import AnvilError
from anvil.errors import error as make_error
from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import I64, array
from anvil.parser.arrays.arraylike import const
from anvil.parser.arrays.indices import checked_index
from anvil.parser.containers.appending import appended
from anvil.parser.containers.columns import (
    Column,
    add_row,
    all_rows,
    boxed,
    element,
    length_atom,
    pack,
    pools_of,
    read_rows,
    room_of,
    row,
    write_rows,
)
from anvil.parser.containers.marking import TWICE, behind, share
from anvil.parser.containers.options import form_of_options
from anvil.parser.containers.row_lists import store
from anvil.parser.containers.stacks import adopt, restack, stackable, transient
from anvil.parser.containers.templates import (
    Many,
    Ref,
    common_template,
    has_identity,
    leaves_of,
    loosely,
    names_of,
    roomy,
    template_of,
    unified,
    with_options,
)
from anvil.parser.state.heap import ColumnBox, Content, ListBox, RowBox, StackBox, fresh_box
from anvil.parser.state.roots import asked_for
from anvil.parser.state.values import (
    Abstract,
    Known,
    ListV,
    NDArray,
    Scalar,
    SliceV,
    TupleV,
    scalar,
)

if TYPE_CHECKING:
    from anvil.parser.context import Context

UNSTACK = 256
"""A stacked list of at most so many elements is taken apart where it has to hold unlike things."""


def stack_of(ctx: Context, v: Abstract) -> StackBox | None:
    """The contents of a list that is stacked; None for anything else."""
    if not isinstance(v, ListV):
        return None
    content = ctx.content(v.box, "list")
    return content if isinstance(content, StackBox) else None


def stacked_if_computed(ctx: Context, v: ListV, index: Abstract) -> StackBox | None:
    """The contents of a list that is stacked, or is now because the index is not known."""
    if isinstance(index, Scalar) and stack_of(ctx, v) is None:
        form = stackable(ctx, v) or form_of_options(ctx, v)
        if form is not None:
            restack(ctx, v.box, form, 0)
    return stack_of(ctx, v)


def all_items(ctx: Context, stack: StackBox) -> tuple[Abstract, ...]:
    """All elements of a stacked list, the length of which has to be known."""
    n = known_length(ctx, stack, "the data decide how long this list is")
    return tuple(element(ctx, stack, Const(array(I64), i)) for i in range(n))


def known_length(ctx: Context, stack: StackBox, why: str) -> int:
    """The length of a list where it is needed while compiling; asked for if it is not known."""
    n = stack.length
    if isinstance(n, Known):
        return int(n.value)
    error = make_error(
        "dynamic-shape",
        why,
        ctx.loc,
        hint="Fill an array or a list of the greatest length, and mask or count what is used.",
    )
    what = "the length of a list"
    raise asked_for(ctx, error, length_atom(stack), what, ctx.loc)


def place(ctx: Context, stack: StackBox, index: Abstract, message: str) -> Atom:
    """An index brought into the range of the list, and checked."""
    n = stack.length
    if isinstance(n, Known):
        return checked_index(ctx, index, int(n.value), message)
    b, length = ctx.b, length_atom(stack)
    i = ctx.atom(index, I64)
    if isinstance(i, Const):
        negative = int(i.value) < 0  # type: ignore[arg-type]
        if not -stack.capacity <= int(i.value) < stack.capacity:  # type: ignore[arg-type]
            ctx.fail(IndexError, message)
        i = b.add(length, i) if negative else i
        ctx.check(b.ge(i, 0) if negative else b.lt(i, length), IndexError, message)
        return i
    ctx.check(b.and_(b.ge(i, b.neg(length)), b.lt(i, length)), IndexError, message)
    return b.select(b.lt(i, 0), b.add(i, length), i)  # type: ignore[no-any-return]


def get(ctx: Context, v: ListV, stack: StackBox, index: Abstract) -> Abstract:
    """`v[index]`."""
    if isinstance(index, Known) and isinstance(index.value, slice):
        at = index.value
        index = SliceV(ctx.constant(at.start), ctx.constant(at.stop), ctx.constant(at.step))
    if isinstance(index, SliceV):
        return part(ctx, stack, index)
    return element(ctx, stack, place(ctx, stack, index, "list index out of range"))


def get_row(ctx: Context, v: ListV, i: Atom) -> Abstract:
    """Element `i`, which is in range."""
    stack = stack_of(ctx, v)
    if stack is not None:
        return element(ctx, stack, i)
    if isinstance(i, Const):
        return ctx.items(v)[int(i.value)]  # type: ignore[arg-type]
    return element_of(ctx, v, i)


def part(ctx: Context, stack: StackBox, at: SliceV) -> Abstract:
    """`v[start:stop:step]`: a fresh list, whose length may be computed."""
    step = ctx.known(at.step, "the step of a slice")
    if step == 0:
        ctx.fail(ValueError, "slice step cannot be zero")
    known = isinstance(stack.length, Known)
    if (known and fixed(at)) or not stack.capacity:
        n = ctx.known(stack.length, "the length of a list that is sliced")
        return taken(ctx, stack, range(n)[ctx.known(at, "the bounds of a slice")])
    return _open_part(ctx, stack, at, 1 if step is None else int(step))


def _open_part(ctx: Context, stack: StackBox, at: SliceV, step: int) -> ListV:
    """`v[start:stop:step]` of a list of computed length, or with computed bounds."""
    b, n, size = ctx.b, length_atom(stack), stack.capacity
    low: Atom = b.i64(0 if step > 0 else -1)
    high: Atom = n if step > 0 else b.sub(n, 1)
    ends = (low, high) if step > 0 else (high, low)
    first, last = (
        _bound_in(ctx, p, n, low, high, e) for p, e in zip((at.start, at.stop), ends, strict=True)
    )
    gap = b.sub(last, first) if step > 0 else b.sub(first, last)
    places = b.iota(shape=(size,), axis=0, dtype=I64)
    away = places if abs(step) == 1 else b.mul(places, b.broadcast_to(b.i64(abs(step)), (size,)))
    many = b.reduce_sum(b.cast(b.lt(away, b.broadcast_to(gap, (size,))), I64), axes=(0,))
    places = away if step > 0 else b.neg(away)
    places = b.add(places, b.broadcast_to(first, (size,)))
    places = b.min(b.max(places, b.zeros_like(places)), b.broadcast_to(b.i64(size - 1), (size,)))
    out = rows_at(ctx, stack, places)
    held: Any = ctx.state.heap[out.box]
    ctx.state.heap[out.box] = replace(held, length=scalar(many, True))
    return out


def _bound_in(ctx: Context, v: Abstract, n: Atom, low: Atom, high: Atom, default: Atom) -> Atom:
    """A bound of a slice, brought into the list."""
    if isinstance(v, Known) and v.value is None:
        return default
    b, i = ctx.b, ctx.atom(v, I64)
    return b.select(b.lt(i, 0), b.max(b.add(i, n), low), b.min(i, high))  # type: ignore[no-any-return]


def fixed(at: SliceV) -> bool:
    """Whether the bounds of a slice are known."""
    return all(isinstance(p, Known) for p in (at.start, at.stop, at.step))


def element_of(ctx: Context, v: Abstract, i: Atom) -> Abstract:
    """Element `i` (in range) of a list or tuple of like things.

    A list made here is stacked for good if its elements are arrays or lists, so that writes through
    them reach it.
    """
    stack = stack_of(ctx, v)
    if stack is not None:
        return element(ctx, stack, i)
    form = stackable(ctx, v)
    assert form is not None
    if isinstance(v, ListV) and has_identity(form) and ctx.owns(v.box):
        restack(ctx, v.box, form, 0)
        return element_of(ctx, v, i)
    return element(ctx, transient(ctx, v, form), i)


def put(
    ctx: Context, v: ListV, stack: StackBox, index: Abstract, value: Abstract, sure: bool = False
) -> bool:
    """`v[index] = value`; False if the list has been taken apart instead, for that to be done.
    `sure`: the index is in range, and not from the end.
    """
    ctx.touch(v.box)
    form = with_options(stack.template, template_of(value, ctx.state.heap))
    if form is None:
        if isinstance(index, Scalar):
            what = "where a list holds something of another type"
            raise asked_for(ctx, _unlike_error(ctx, stack, value), index.atom, what, ctx.loc)
        _unlike(ctx, v, stack, value)
        return False
    if form != stack.template:
        stack = reformed(ctx, v, stack, form)
    message = "list assignment index out of range"
    i = ctx.atom(index, I64) if sure else place(ctx, stack, index, message)
    if _is_element(stack, value, i):  # `v[i] += x` has written to it already
        return True
    adopt(ctx, form, [value], pools_of(stack))
    boxes: list[int] = []
    leaves = pack(ctx, form, value, boxes)
    if not has_identity(form):
        for col, (x, py) in zip(stack.columns, leaves, strict=True):
            ctx.touch(col.box)  # type: ignore[attr-defined]
            write_rows(ctx, row(col, i), x, py)
        return True
    columns = _own_columns(ctx, stack, boxes, i)
    for col, old, (x, py) in zip(columns, stack.columns, leaves, strict=True):
        write_rows(ctx, row(col, i), x, py)
        if old.box in boxes and not old.pool:  # type: ignore[attr-defined]
            mark = ctx.state.marks.get(col.box)
            places = (i, *_place_of(ctx, value)) if mark is None or mark.group else ()
            ctx.state.marks[col.box] = replace(TWICE, places=places)
    _replace(ctx, v, stack, columns)
    return True


def _place_of(ctx: Context, v: Abstract) -> tuple[Atom, ...]:
    """Where an element is in its list."""
    held = stack_of(ctx, v)
    path: Any = v.path if isinstance(v, NDArray) else held.columns[0].path if held else ()  # type: ignore[attr-defined]
    return tuple(path[0].atoms) if path else ()


def _is_element(stack: StackBox, value: Abstract, i: Atom) -> bool:
    """Whether a value is the array that is element `i` already."""
    if not isinstance(value, NDArray) or len(stack.columns) != 1:
        return False
    (col,) = stack.columns
    have, new = value.path, row(col, i).path
    same = [(s.tag, *s.atoms) == (t.tag, *t.atoms) for s, t in zip(have, new, strict=False)]
    return value.box == col.box and len(have) == len(new) and all(same)  # type: ignore[attr-defined]


def refuse_part(ctx: Context, stack: StackBox) -> None:
    """Refuses another length or form of a list that is a part of a stacked list."""
    if not stack.guessed and any(c.path for c in stack.columns):  # type: ignore[attr-defined]
        ctx.error("unsupported-value", "a list inside a list of lists keeps its length and form")


def replace_contents(ctx: Context, box: int, content: Content) -> None:
    """Writes other elements to a stacked list; as many, if it is a part of another one."""
    held = ctx.state.heap[box]
    assert isinstance(held, StackBox)
    if all(not c.path for c in held.columns):  # type: ignore[attr-defined]
        ctx.state.heap[box] = content
        return
    items = content.items if isinstance(content, ListBox) else ()
    if len(items) != known_length(ctx, held, "the length of a list"):
        refuse_part(ctx, held)
    for i, item in enumerate(items):
        put(ctx, ListV(box), held, Known(i), item)


def reformed(ctx: Context, v: ListV, stack: StackBox, form: Any) -> StackBox:
    """The list with elements of a wider form."""
    held = ctx.state.heap[v.box]
    if isinstance(held, RowBox):
        pool: Any = ctx.content(held.pool, "list")
        restack(ctx, held.pool, replace(pool.template, item=form), pool.capacity)
        return stack_of(ctx, v) or stack
    refuse_part(ctx, stack)
    restack(ctx, v.box, form, stack.capacity)
    content = ctx.state.heap[v.box]
    assert isinstance(content, StackBox)
    return content


def _replace(ctx: Context, v: ListV, stack: StackBox, columns: Sequence[Abstract]) -> None:
    store(ctx, v.box, replace(stack, columns=tuple(columns)))


def _own_columns(
    ctx: Context, stack: StackBox, boxes: list[int], at: Atom | None = None
) -> list[Column]:
    """Copies of the columns in boxes of their own: what other names share with the old ones stays
    there. `at` is where another element will be stored.
    """
    out = []
    state = ctx.state
    others = behind(state, [*boxes, *(c.box for c in stack.columns)])  # type: ignore[attr-defined]
    for (leaf, _), col in zip(leaves_of(stack.template), stack.columns, strict=True):
        assert isinstance(col, Column)
        if col.path:
            ctx.error(
                "unsupported-value",
                "an element of a list inside a list of lists cannot be bound to another object",
                hint=f"Write into the {names_of(leaf)}, or hold the whole in one array.",
            )
        box = fresh_box()
        state.heap[box] = state.heap[col.box]
        mark = state.marks.get(col.box)
        thawed = mark is not None and any(at is p or at == p for p in mark.places)
        known = list(dict.fromkeys((col.box, *boxes)))
        share(state, box, known, others, col.box if thawed else 0)
        out.append(Column(box, (), col.shape, col.pool))
    return out


def _unlike(ctx: Context, v: ListV, stack: StackBox, item: Abstract) -> None:
    """Takes a short list apart, so that it can hold unlike things; refused for others."""
    n = stack.length
    plain = all(not c.path for c in stack.columns)  # type: ignore[attr-defined]
    if isinstance(n, Known) and n.value <= UNSTACK and plain:
        ctx.state.heap[v.box] = ListBox(all_items(ctx, stack))
        return
    unlike(ctx, stack, item)


def unlike(ctx: Context, stack: StackBox, item: Abstract) -> NoReturn:
    """Refuses an element of another form."""
    raise _unlike_error(ctx, stack, item)


def _unlike_error(ctx: Context, stack: StackBox, item: Abstract) -> AnvilError:
    have = names_of(stack.template)
    return make_error(
        "unlike-elements",
        f"{item.describe()} is stored in a list whose elements are each a {have}",
        ctx.loc,
        hint="A list at an index that the data decide holds things of one type and shape.",
    )


# ---- growing and shrinking


def append(ctx: Context, v: ListV, stack: StackBox, item: Abstract) -> bool:
    """`v.append(item)`; False if the list has been taken apart instead."""
    ctx.touch(v.box)
    form = _form_with(ctx, stack, item)
    if form is None:
        _unlike(ctx, v, stack, item)
        return False
    if form != stack.template:
        stack = reformed(ctx, v, stack, form)
    adopt(ctx, form, [item], pools_of(stack))
    boxes: list[int] = []
    leaves = pack(ctx, form, item, boxes)
    stack = stack_of(ctx, v) or stack
    again = has_identity(form) and _holds(ctx, stack, item, boxes)
    added = add_row(ctx, stack, leaves, boxes)
    if again:
        ctx.state.marks.update((c.box, TWICE) for c in added.columns)  # type: ignore[attr-defined]
    store(ctx, v.box, added)
    return True


def _holds(ctx: Context, stack: StackBox, item: Abstract, boxes: list[int]) -> bool:
    """Whether an item, whose boxes these are, may be an element of a list already."""
    marks = ctx.state.marks
    own = [c.box for c in stack.columns]  # type: ignore[attr-defined]
    known = frozenset().union(*(marks[c].group for c in own if c in marks)) - set(own)
    return not set(own).isdisjoint(boxes) or not known.isdisjoint(_whole(ctx, item))


def _whole(ctx: Context, v: Abstract) -> list[int]:
    """The boxes of arrays and lists in a value that are no parts of others."""
    if isinstance(v, TupleV):
        return [box for item in v.items for box in _whole(ctx, item)]
    if isinstance(v, NDArray):
        return [] if v.path else [v.box]
    stack = stack_of(ctx, v)
    if stack is not None:
        return [c.box for c in stack.columns if not c.path]  # type: ignore[attr-defined]
    return [v.box] if isinstance(v, ListV) else []


def _form_with(ctx: Context, stack: StackBox, item: Abstract) -> Any:
    """The form of the elements of a list with one more; lists of unlike lengths are such that may
    grow, where it is not known how many there are.
    """
    other = template_of(item, ctx.state.heap)
    form = unified(stack.template, other)
    if form is not None or isinstance(stack.length, Known):
        return form
    wider = roomy(loosely(stack.template, other), ctx.session.capacity)
    return stack.template if wider is not None and isinstance(stack.template, Ref) else wider


def extend(ctx: Context, v: ListV, more: ListV) -> bool:
    """`v.extend(more)` by a list whose length is computed; False if that cannot be done so."""
    other = stack_of(ctx, more)
    stack = stack_of(ctx, v)
    have = stack.template if stack is not None else form_of(ctx, v)
    if other is None or isinstance(other.length, Known) or not other.capacity:
        return False
    form = other.template if have is None and not stack and not ctx.items(v) else have
    form = None if form is None else unified(form, other.template)
    if form is None or form != other.template or has_identity(form):
        return False
    ctx.touch(v.box)
    if stack is not None and form != stack.template:
        reformed(ctx, v, stack, form)
    elif stack is None:
        restack(ctx, v.box, form, 0)
    held: Any = stack_of(ctx, v)
    adopt(ctx, Many(0, form), [more], pools_of(held))
    if other.guessed:
        restack(ctx, v.box, form, other.capacity, guessed=True)
    held = stack_of(ctx, v)
    other = stack_of(ctx, more)
    assert other is not None
    store(ctx, v.box, appended(ctx, held, all_rows(ctx, other), other))
    return True


def remove_at(ctx: Context, v: ListV, stack: StackBox, index: Abstract, what: str) -> Abstract:
    """The element at an index, which is taken out of the list."""
    ctx.touch(v.box)
    refuse_part(ctx, stack)
    b, length = ctx.b, length_atom(stack)
    if what == "pop":
        ctx.check(b.gt(length, 0), IndexError, "pop from empty list")
    message = "pop index out of range" if what == "pop" else "list assignment index out of range"
    last = isinstance(index, Known) and index.value == -1
    i = b.add(length, -1) if last else place(ctx, stack, index, message)
    return remove_row(ctx, v, stack, i, last)


def remove_row(ctx: Context, v: ListV, stack: StackBox, i: Atom, last: bool = False) -> Abstract:
    """The element at a place, which is taken out of the list."""
    ctx.touch(v.box)
    b, length = ctx.b, length_atom(stack)
    item = element(ctx, stack, i)
    columns: Sequence[Abstract] = stack.columns
    if not last:
        at = b.iota(shape=(stack.capacity,), axis=0, dtype=I64)
        after = b.cast(b.ge(at, b.broadcast_to(i, (stack.capacity,))), I64)
        at = b.min(b.add(at, after), b.broadcast_to(b.i64(stack.capacity - 1), at.type.shape))
        columns = _gathered(ctx, stack, at)
    elif has_identity(stack.template):
        columns = stack.columns if stack.columns[0].path else _own_columns(ctx, stack, [])  # type: ignore[attr-defined]
    n = scalar(b.add(length, -1), True)
    room = 0 if stack.guessed else room_of(stack) + 1
    store(ctx, v.box, replace(stack, length=n, columns=tuple(columns), room=room))
    return item


def insert(ctx: Context, v: ListV, stack: StackBox, index: Abstract, item: Abstract) -> bool:
    """`v.insert(index, item)`; False if the list has been taken apart instead."""
    b = ctx.b
    length = length_atom(stack)
    i = ctx.atom(index, I64)
    i = b.select(b.lt(i, 0), b.max(b.add(i, length), 0), b.min(i, length))
    if not append(ctx, v, stack, item):
        return False
    stack = ctx.content(v.box, "list")  # type: ignore[assignment]
    n = stack.capacity
    at = b.iota(shape=(n,), axis=0, dtype=I64)
    where = b.broadcast_to(i, (n,))
    moved = b.select(b.gt(at, where), b.sub(at, 1), at)
    moved = b.select(b.eq(at, where), b.broadcast_to(length, (n,)), moved)
    inside = b.le(at, b.broadcast_to(length, (n,)))
    _replace(ctx, v, stack, _gathered(ctx, stack, b.select(inside, moved, at)))
    return True


def _gathered(ctx: Context, stack: StackBox, at: Atom) -> list[Abstract]:
    """The columns with their rows rearranged."""
    out: list[Abstract] = []
    n = type_at(at).shape[0]
    places = ctx.b.reshape(at, shape=(n, 1))
    identity = has_identity(stack.template)
    columns: Sequence[Any] = _own_columns(ctx, stack, []) if identity else stack.columns
    for col in columns:
        if not identity:
            ctx.touch(col.box)
        x = ctx.b.gather(read_rows(ctx, col), places, axes=(0,))
        c: Any = ctx.state.heap[col.box]
        write_rows(ctx, col, x, c.py if isinstance(c, ColumnBox) else False)
        out.append(col)
    return out


def rearranged(ctx: Context, v: ListV, stack: StackBox, at: Atom) -> None:
    """Puts the elements of a list of known length in the order `at`, in place."""
    ctx.touch(v.box)
    _replace(ctx, v, stack, _gathered(ctx, stack, at))


def taken(ctx: Context, stack: StackBox, places: Sequence[int] | Atom) -> ListV:
    """A fresh list of the elements at these places."""
    if isinstance(places, Sequence):
        data = np.array(places, np.int64).reshape(-1)
        places = const(ctx, data)
    return rows_at(ctx, stack, places)


def rows_at(ctx: Context, stack: StackBox, places: Atom) -> ListV:
    """A fresh list of the rows at these places."""
    n = type_at(places).shape[0]
    at = ctx.b.reshape(places, shape=(n, 1))
    rows = [(ctx.b.gather(x, at, axes=(0,)), py) for x, py in all_rows(ctx, stack)]
    boxes = [c.box for c in stack.columns]  # type: ignore[attr-defined]
    box = fresh_box()
    ctx.state.heap[box] = boxed(ctx, stack.template, rows, n, None, boxes, pools_of(stack))
    return ListV(box)


def form_of(ctx: Context, v: ListV) -> Any:
    """The form of the elements of a list of known length; None for others."""
    content = ctx.content(v.box, "list")
    if isinstance(content, StackBox):
        return content.template if isinstance(content.length, Known) else None
    return common_template(ctx.items(v), ctx.state.heap)


def taken_whole(ctx: Context, v: ListV) -> ListV:
    """A copy of a list."""
    stack = stack_of(ctx, v)
    if stack is None:
        return ctx.list(ctx.items(v))
    if isinstance(stack.length, Known):
        return taken(ctx, stack, range(int(stack.length.value)))
    box = fresh_box()
    values = not has_identity(stack.template)
    if values or any(c.path for c in stack.columns):  # type: ignore[attr-defined]
        boxes = [c.box for c in stack.columns]  # type: ignore[attr-defined]
        rows, pools = all_rows(ctx, stack), pools_of(stack)
        made = boxed(ctx, stack.template, rows, stack.capacity, None, boxes, pools)
        held = replace(made, length=stack.length, guessed=stack.guessed, room=stack.room)
        ctx.state.heap[box] = held
        return ListV(box)
    columns = _own_columns(ctx, stack, [])
    ctx.state.heap[box] = replace(stack, columns=tuple(columns))
    return ListV(box)
