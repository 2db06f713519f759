"""Columns: the arrays that hold the elements of stacked lists, one for each leaf of an element.

Elements that are values (numbers, tuples of numbers) are read and written in place. Elements that
are arrays or lists are read as views of the columns, so that writes through them reach the list.
Elements that are objects are places in a pool: another stacked list, of the objects' contents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from anvil.errors import error as make_error
from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, I64, Shape, array
from anvil.parser.arrays.arraylike import const
from anvil.parser.arrays.promotion import Strength, join_dtypes
from anvil.parser.containers.group_contents import group_content, group_parts, object_of
from anvil.parser.containers.marking import TWICE, behind, related, share
from anvil.parser.containers.options import Packed, converted, place_of
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
    has_identity,
    leaves_of,
    same_refs,
    template_of,
)
from anvil.parser.reports.messages import Raised, static
from anvil.parser.state.heap import (
    ColumnBox,
    ListBox,
    Mark,
    RowBox,
    StackBox,
    State,
    fresh_box,
)
from anvil.parser.state.signals import Blocked
from anvil.parser.state.values import (
    NONE,
    Abstract,
    Choice,
    Known,
    ListV,
    NDArray,
    ObjectV,
    Parts,
    Scalar,
    TupleV,
    scalar,
)
from anvil.parser.state.views import Step, Window

if TYPE_CHECKING:
    from anvil.parser.context import Context

ELEMENT = Mark(
    "this is an element of a list at an index that the data decide, which cannot be written to",
    code="alias-types",
)
_NUMBER_START: Strength = (BOOL, True)


@dataclass(slots=True, eq=False)
class Column(Abstract):
    """The rows of a column of a stacked list: its box, and the views that lead to them. If they are
    places of objects, `pool` is the box of the pool that the objects are in.
    """

    box: int
    path: tuple[Step, ...]
    shape: Shape
    pool: int = 0

    def open(self) -> tuple[Any, Parts]:
        tags = tuple(s.tag for s in self.path)
        atoms = tuple(a for s in self.path for a in s.atoms)
        boxes = (self.box, self.pool) if self.pool else (self.box,)
        return ("rows", self.shape, tags, len(boxes)), (*boxes, *atoms)

    def close(self, parts: Parts) -> Abstract:
        path, at = [], 2 if self.pool else 1
        for s in self.path:
            n = len(s.atoms)
            path.append(s.with_atoms(parts[at : at + n]) if n else s)
            at += n
        pool = parts[1] if self.pool else 0
        return Column(parts[0], tuple(path), self.shape, pool)  # type: ignore[arg-type]

    def describe(self) -> str:
        return "a column of a list"


# ---- columns


def _content(state: State, col: Any) -> tuple[Atom, bool | None]:
    """The array in a column's box; whether its numbers are Python's, None for arrays."""
    c: Any = state.heap[col.box]
    return (c.atom, c.py) if isinstance(c, ColumnBox) else (c, None)


def read_rows(ctx: Context, col: Any) -> Atom:
    """The rows of a column as an atom."""
    x, _ = _content(ctx.state, col)
    for step in col.path:
        x = step.read(ctx.b, x)
    return x


def write_rows(ctx: Context, col: Any, atom: Atom, py: bool) -> None:
    """Replaces the rows of a column of numbers, which takes the wider of the two types."""
    x, old = _content(ctx.state, col)
    if old is not None:
        dtype, host = join_dtypes((type_at(x).dtype, old), (type_at(atom).dtype, py))
        x, atom = ctx.b.cast(x, dtype), ctx.b.cast(atom, dtype)
    seen = [x]
    for step in col.path[:-1]:
        seen.append(step.read(ctx.b, seen[-1]))
    for step, base in zip(reversed(col.path), reversed(seen), strict=False):
        atom = step.write(ctx.b, base, atom)
    ctx.state.heap[col.box] = atom if old is None else ColumnBox(atom, host)


def row(col: Any, i: Atom) -> Column:
    """The part of a column that belongs to element `i`."""
    shape = col.shape[1:]
    known = isinstance(i, Const)
    fixed = int(i.value) if isinstance(i, Const) else None  # type: ignore[arg-type]
    starts: tuple[int | None, ...]
    last = col.path[-1] if col.path else None
    if isinstance(last, Window) and _prefix(last):
        k = len(last.base) - len(last.shape)
        starts = (*last.starts[:k], fixed)
        atoms = last.atoms if known else (*last.atoms, i)
        path = (*col.path[:-1], _window(last.base, starts, atoms))
        return Column(col.box, path, shape, col.pool)
    starts = (fixed,)
    path = (*col.path, _window(col.shape, starts, () if known else (i,)))
    return Column(col.box, path, shape, col.pool)


def _prefix(w: Window) -> bool:
    k = len(w.base) - len(w.shape)
    return w.shape == w.base[k:] and w.counts == ((1,) * k + w.base[k:]) and k > 0


def _window(base: Shape, starts: tuple[int | None, ...], atoms: tuple[Atom, ...]) -> Window:
    k, n = len(starts), len(base)
    counts = (1,) * k + base[k:]
    return Window(base, (*starts, *((0,) * (n - k))), counts, (1,) * n, base[k:], atoms)


# ---- elements


def element(ctx: Context, stack: StackBox, i: Atom) -> Abstract:
    """Element `i` (in range) of a stacked list."""
    parts = [row(c, i) for c in stack.columns]
    return _made(ctx, stack.template, iter(parts))


def _made(ctx: Context, t: Template, cols: Iterator[Column]) -> Abstract:
    if isinstance(t, Number):
        col = next(cols)
        return scalar(read_rows(ctx, col), bool(_content(ctx.state, col)[1]))
    if isinstance(t, Block):
        col = next(cols)
        return NDArray(col.box, col.path, t.type)
    if isinstance(t, Ref):
        col = next(cols)
        box = fresh_box()
        ctx.state.heap[box] = RowBox(col.pool, _place(ctx, col))
        return object_of(t.item, box)
    if isinstance(t, Fixed):
        return t.value
    if isinstance(t, OneOf):
        which = read_rows(ctx, next(cols))
        ctx.session.choices = True
        values = tuple(o.value for o in t.options)
        return Choice(which, values).close((which, *values))
    if isinstance(t, Link):
        return _linked_object(ctx, t.cls, next(cols))
    if isinstance(t, Many):
        inner = tuple(next(cols) for _ in leaves_of(t.item))
        box = fresh_box()
        ctx.state.heap[box] = StackBox(Known(t.n), t.item, inner, t.n)
        return ListV(box)
    assert isinstance(t, Group), "lists that may grow are in pools"
    items = tuple(_made(ctx, part, cols) for part in t.items)
    if t.kind == "tuple":
        return TupleV(items, t.meta)  # type: ignore[arg-type]
    box = fresh_box()
    ctx.state.marks[box] = ELEMENT
    ctx.state.heap[box] = group_content(t, items)
    return object_of(t, box)


def _linked_object(ctx: Context, cls: type, col: Column) -> Abstract:
    """None or an object of the pool."""
    place = read_rows(ctx, col)
    if isinstance(place, Const) and place.value < 0:  # type: ignore[operator]
        return NONE
    box = fresh_box()
    there = ctx.b.ge(place, 0)
    ctx.state.heap[box] = RowBox(col.pool, ctx.b.max(place, 0))
    ctx.session.choices = True
    which = ctx.b.select(there, ctx.b.i64(1), ctx.b.i64(0))
    ctx.session.truths.setdefault(there, (which, [0], [1]))
    return Choice(which, (NONE, ObjectV(box, cls))).close((which, NONE, ObjectV(box, cls)))


def _place(ctx: Context, col: Column) -> Atom:
    """The place of an object in its pool; what a list of all objects in order holds is known."""
    held = read_rows(ctx, Column(col.box, (), ()))
    (last,) = col.path if len(col.path) == 1 else (None,)
    if isinstance(held, Const) and isinstance(last, Window) and len(last.atoms) == 1:
        n = type_at(held).shape
        if len(n) == 1 and np.array_equal(np.asarray(held.value), np.arange(n[0])):
            return last.atoms[0]
    return read_rows(ctx, col)


# ---- taking values apart


def pack(ctx: Context, t: Template, v: Abstract, boxes: list[int]) -> Packed:
    """The leaves of a value of form `t`; `boxes` gets the boxes of what it shares."""
    if isinstance(t, Number):
        return [(ctx.atom(v), ctx.kind_of(v) == "py")]
    if isinstance(t, Block):
        if not isinstance(v, NDArray):
            what = f"{v.describe()} is a part of an object in a list, where others have one array"
            ctx.error("unlike-elements", what)
        boxes.append(v.box)
        return [(ctx.b.cast(ctx.read(v), t.type.dtype), False)]
    if isinstance(t, Ref | Link | OneOf):
        place = place_of(ctx, t, v) if isinstance(t, OneOf) else _row_place(ctx, v)
        return [(place, True)]
    if isinstance(t, Fixed):
        return _pack_nothing(ctx, t, v)
    if isinstance(t, Many):
        return _pack_list(ctx, t, v, boxes)
    if isinstance(t, Rows):
        return _pack_rows(ctx, t, v, boxes)
    out: Packed = []
    for part, item in zip(t.items, _parts(ctx, v, boxes), strict=True):
        out.extend(pack(ctx, part, item, boxes))
    return out


def _pack_nothing(ctx: Context, t: Fixed, v: Abstract) -> Packed:
    """No leaves, for what the form knows."""
    if template_of(v, ctx.state.heap) != t:
        what = f"{v.describe()} is a part of an object, where others have {t.value.describe()}"
        ctx.error("unlike-elements", what)
    return []


def _row_place(ctx: Context, v: Abstract) -> Atom:
    """The place of an object in its pool, -1 for None."""
    if not isinstance(v, Choice):
        box = getattr(v, "box", None)
        held: Any = None if box is None else ctx.state.heap[box]
        return ctx.b.i64(-1) if held is None else held.index
    *others, last = v.options
    out = _row_place(ctx, last)
    for k, option in enumerate(others):
        out = ctx.b.select(ctx.b.eq(v.which, k), _row_place(ctx, option), out)
    return out


def _parts(ctx: Context, v: Any, boxes: list[int]) -> tuple[Abstract, ...]:
    if isinstance(v, TupleV):
        return v.items
    boxes.append(v.box)
    content = ctx.content(v.box, "list")
    return ctx.items(v) if isinstance(content, StackBox) else group_parts(content)


def _pack_list(ctx: Context, t: Many, v: Any, boxes: list[int]) -> Packed:
    boxes.append(v.box)
    content = ctx.content(v.box, "list")
    if isinstance(content, StackBox):
        boxes.extend(c.box for c in content.columns)  # type: ignore[attr-defined]
        rows = iter(rows_of(ctx, content))
        return converted(ctx, content.template, t.item, rows, (t.n,))
    assert isinstance(content, ListBox)
    return stacked_rows(ctx, t.item, content.items, boxes)


def _pack_rows(ctx: Context, t: Rows, v: Any, boxes: list[int]) -> Packed:
    """The leaves of a list as one of form `t`: its length, and its elements with room behind."""
    boxes.append(v.box)
    content = ctx.content(v.box, "list")
    if isinstance(content, StackBox):
        if not same_refs(content.template, t.item):
            refuse_growth(ctx, content.columns[0].box)  # type: ignore[attr-defined]
        boxes.extend(c.box for c in content.columns)  # type: ignore[attr-defined]
        length = length_atom(content)
        held = iter(all_rows(ctx, content))
        rows = converted(ctx, content.template, t.item, held, (content.capacity,))
    else:
        assert isinstance(content, ListBox)
        length = Const(array(I64), len(content.items))
        rows = stacked_rows(ctx, t.item, content.items, boxes) if content.items else empty(t.item)
    out: Packed = [(length, True)]
    for (x, py), (leaf, _) in zip(rows, leaves_of(t.item), strict=True):
        x = ctx.b.cast(x, leaf.type.dtype) if isinstance(leaf, Block) else x
        out.append((resized(ctx, x, 0, t.n), py))
    return out


def empty(t: Any) -> Packed:
    """The columns of no elements of form `t`."""
    out: Packed = []
    for leaf, lengths in leaves_of(t):
        shape = leaf.type.shape if isinstance(leaf, Block) else ()
        dtype = leaf.type.dtype if isinstance(leaf, Block) else BOOL
        dtype = I64 if isinstance(leaf, OneOf | Ref | Link) else dtype
        out.append((Const(array(dtype, (0, *lengths, *shape)), 0), True))
    return out


def resized(ctx: Context, x: Atom, axis: int, n: int) -> Atom:
    """The first `n` along an axis; zeros behind them where there are fewer."""
    t = type_at(x)
    have = t.shape[axis]
    if have == n:
        return x
    if have > n:
        ends = tuple(n if i == axis else size for i, size in enumerate(t.shape))
        zeros, ones = (0,) * t.ndim, (1,) * t.ndim
        return ctx.b.slice(x, starts=zeros, limits=ends, strides=ones)  # type: ignore[no-any-return]
    if not have:
        return Const(array(t.dtype, (*t.shape[:axis], n, *t.shape[axis + 1 :])), 0)
    high = tuple(n - have if i == axis else 0 for i in range(t.ndim))
    none = (0,) * t.ndim
    zero = Const(array(t.dtype), 0)
    return ctx.b.pad(x, zero, low=none, high=high, interior=none)  # type: ignore[no-any-return]


def all_rows(ctx: Context, stack: StackBox) -> Packed:
    """The columns of a list, with the rows beyond its length."""
    return [(read_rows(ctx, c), bool(_content(ctx.state, c)[1])) for c in stack.columns]


def rows_of(ctx: Context, stack: StackBox) -> Packed:
    """The columns of a list of known length, without the rows beyond it."""
    n = int(ctx.known(stack.length, "the length of a list"))
    out: Packed = []
    for col in stack.columns:
        x = read_rows(ctx, col)
        if n != stack.capacity:
            shape = type_at(x).shape
            starts, strides = (0,) * len(shape), (1,) * len(shape)
            x = ctx.b.slice(x, starts=starts, limits=(n, *shape[1:]), strides=strides)
        out.append((x, bool(_content(ctx.state, col)[1])))
    return out


def stacked_rows(
    ctx: Context, t: Template, items: tuple[Abstract, ...], boxes: list[int]
) -> Packed:
    """Elements of form `t`, stacked: one array for each leaf."""
    last: Abstract | None = None
    rows: list[Packed] = []
    for item in items:
        if item is not last:
            found, last = pack(ctx, t, item, boxes), item
        rows.append(found)
    out: Packed = []
    for k, (_, lengths) in enumerate(leaves_of(t)):
        if not rows:
            leaf_shape = lengths
            out.append((Const(array(BOOL, (0, *leaf_shape)), False), True))
            continue
        out.append(_stacked(ctx, [r[k] for r in rows]))
    return out


def _stacked(ctx: Context, parts: Packed) -> tuple[Atom, bool]:
    dtype, py = _NUMBER_START if parts[0][1] else (type_at(parts[0][0]).dtype, False)
    for x, host in dict.fromkeys((type_at(x).dtype, host) for x, host in parts):
        dtype, py = join_dtypes((dtype, py), (x, host))
    atoms = [ctx.b.cast(x, dtype) for x, _ in parts]
    shape = type_at(atoms[0]).shape
    if all(isinstance(a, Const) for a in atoms):
        values = [a.value for a in atoms]  # type: ignore[union-attr]
        data = np.array(values, dtype.np).reshape(len(atoms), *(1 for _ in shape))
        return const(ctx, np.broadcast_to(data, (len(atoms), *shape))), py
    rows = [ctx.b.reshape(a, shape=(1, *shape)) for a in atoms]
    return (rows[0] if len(rows) == 1 else ctx.b.concatenate(*rows, axis=0)), py


# ---- lists of rows


def boxed(
    ctx: Context,
    t: Template,
    rows: Packed,
    n: int,
    mark: Mark | None,
    boxes: list[int],
    pools: Sequence[int],
) -> StackBox:
    """A list of `n` elements held by stacked rows; `pools` are those of its leaves."""
    state = ctx.state
    columns = []
    if mark is None and has_identity(t) and (found := related(state, boxes)) is not None:
        mark = replace(TWICE, at=found.at)
    others = behind(state, boxes)
    for (leaf, _), (x, py), pool in zip(leaves_of(t), rows, pools, strict=True):
        box = fresh_box()
        number = not isinstance(leaf, Block)
        state.heap[box] = ColumnBox(x, py) if number else x
        if mark is not None:
            state.marks[box] = mark
        elif has_identity(t):
            share(state, box, boxes, others)
        columns.append(Column(box, (), type_at(x).shape, pool))
    return StackBox(Known(n), t, tuple(columns), n)


def new_stack(ctx: Context, t: Template, rows: Packed, n: int) -> ListV:
    """A fresh list of `n` elements held by stacked rows."""
    box = fresh_box()
    ctx.state.heap[box] = boxed(ctx, t, rows, n, None, [], [0] * len(rows))
    return ListV(box)


def grown(ctx: Context, stack: StackBox, capacity: int) -> StackBox:
    more = capacity - stack.capacity
    if more <= 0:
        return stack
    check_whole(ctx, stack)
    columns = []
    for col in stack.columns:
        assert isinstance(col, Column)
        x, py = _content(ctx.state, col)
        shape = type_at(x).shape
        pad = Const(array(type_at(x).dtype, (more, *shape[1:])), 0)
        x = pad if not shape[0] else ctx.b.concatenate(x, pad, axis=0)
        ctx.state.heap[col.box] = x if py is None else ColumnBox(x, py)
        columns.append(Column(col.box, (), (capacity, *shape[1:]), col.pool))
    return replace(stack, columns=tuple(columns), capacity=capacity, room=stack.room + more)


def is_part(stack: StackBox) -> bool:
    """Whether a list is a row of a stacked list."""
    return any(c.path for c in stack.columns)  # type: ignore[attr-defined]


def check_whole(ctx: Context, stack: StackBox) -> None:
    """Refuses another length or form of a list that is a row of a stacked list."""
    part = next((c for c in stack.columns if c.path), None)  # type: ignore[attr-defined]
    if part is not None:
        refuse_growth(ctx, part.box)  # type: ignore[attr-defined]


def refuse_growth(ctx: Context, column: int) -> NoReturn:
    """Refuses that a row of a column grows."""
    what = "a list inside a list of lists cannot grow"
    mark = ctx.state.marks.get(column)
    if mark is not None and mark.at is not None:  # of a few lists, which can be kept apart
        raise Blocked(make_error("unsupported-value", what, ctx.loc), exact=mark.at)
    ctx.error("unsupported-value", what)


def room_of(stack: StackBox) -> int:
    """How many more elements certainly fit."""
    n = stack.length
    if stack.guessed:
        return 0
    return stack.capacity - int(n.value) if isinstance(n, Known) else stack.room


def pools_of(stack: StackBox) -> list[int]:
    """The pools of the columns of a list."""
    return [c.pool for c in stack.columns]  # type: ignore[attr-defined]


def length_atom(stack: StackBox) -> Atom:
    """The length of a stacked list."""
    n = stack.length
    if isinstance(n, Known):
        return Const(array(I64), int(n.value))
    assert isinstance(n, Scalar)
    return n.atom


OUTGROWN = "a list or array has outgrown the room that the compiled program has for it"


def with_room(ctx: Context, stack: StackBox) -> StackBox:
    """A list with room for one more element; where its capacity is a guess that is checked: if it
    fails, the host compiles again with more room.
    """
    if not stack.guessed and not room_of(stack):
        piling = ctx.session.piling and ctx.session.recurs()
        size = max(ctx.session.capacity, stack.capacity + 1) if piling else stack.capacity + 1
        return replace(grown(ctx, stack, size), guessed=piling)
    if not stack.guessed:
        return stack
    check_fits(ctx, ctx.b.lt(length_atom(stack), stack.capacity))
    return stack


def check_fits(ctx: Context, fits: Atom) -> None:
    """Checks that there is room where a capacity is a guess."""
    if not isinstance(fits, Const) or not fits.value:
        site = ctx.session.site(Raised(MemoryError, (static(OUTGROWN),)), ctx.loc, grows=True)
        ctx.state.token = ctx.b.check(ctx.token(), fits, site=site)


def add_row(ctx: Context, stack: StackBox, leaves: Packed, boxes: list[int]) -> StackBox:
    """A list with the leaves of one more element, which shares `boxes`."""
    stack = with_room(ctx, stack)
    i = length_atom(stack)
    others = behind(ctx.state, boxes)
    for col, (x, py) in zip(stack.columns, leaves, strict=True):
        write_rows(ctx, row(col, i), x, py)
        if has_identity(stack.template):
            share(ctx.state, col.box, boxes, others)  # type: ignore[attr-defined]
    n = scalar(ctx.b.add(i, 1), True)
    return replace(stack, length=n, room=max(room_of(stack) - 1, 0))
