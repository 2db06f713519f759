"""Lists of like things at an index that the program computes: held as stacked arrays.

A list whose elements have one form (see `templates`) may be held as one array for each leaf of an
element, with the elements along the first axis. Elements that are values (numbers, tuples of
numbers) are read and written in place. Elements that are objects (arrays, lists) are read as views
of the columns, so that writes through them reach the list; binding an element to another object
gives the list columns of its own, and marks these and the old ones as possibly shared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, I64, DType, Shape, array
from anvil.parser.arrays.arraylike import const
from anvil.parser.arrays.promotion import Strength, join_dtypes
from anvil.parser.containers.templates import (
    Block,
    Fixed,
    Group,
    Heap,
    Many,
    Number,
    Template,
    common_template,
    has_identity,
    leaves_of,
    unified,
)
from anvil.parser.state.heap import (
    ColumnBox,
    DictBox,
    ListBox,
    Mark,
    ObjectBox,
    StackBox,
    State,
    fresh_box,
)
from anvil.parser.state.values import (
    Abstract,
    DictV,
    Known,
    ListV,
    NDArray,
    ObjectV,
    Parts,
    Scalar,
    TupleV,
    is_py_number,
    number_dtype,
    scalar,
)
from anvil.parser.state.views import Step, Window

if TYPE_CHECKING:
    from anvil.parser.context import Context

Packed = list[tuple[Atom, bool]]
"""The leaves of one value: atoms, and whether they are Python numbers."""

ELEMENT = Mark(
    "this is an element of a list at an index that the data decide, which cannot be written to",
    code="alias-types",
)
TWICE = Mark(
    "elements of this list are one object, so that a write through one of them changes others",
    code="alias-types",
)
SHARED = "this may be the same object as an element of a list"
_NUMBER_START: Strength = (BOOL, True)


@dataclass(slots=True, eq=False)
class Column(Abstract):
    """The rows of a column of a stacked list: its box, and the views that lead to them."""

    box: int
    path: tuple[Step, ...]
    shape: Shape

    def open(self) -> tuple[Any, Parts]:
        tags = tuple(s.tag for s in self.path)
        atoms = tuple(a for s in self.path for a in s.atoms)
        return ("rows", self.shape, tags), (self.box, *atoms)

    def close(self, parts: Parts) -> Abstract:
        path, at = [], 1
        for s in self.path:
            n = len(s.atoms)
            path.append(s.with_atoms(parts[at : at + n]) if n else s)
            at += n
        return Column(parts[0], tuple(path), self.shape)  # type: ignore[arg-type]

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
        return Column(col.box, (*col.path[:-1], _window(last.base, starts, atoms)), shape)
    starts = (fixed,)
    return Column(col.box, (*col.path, _window(col.shape, starts, () if known else (i,))), shape)


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
    if isinstance(t, Fixed):
        return t.value
    if isinstance(t, Many):
        inner = tuple(next(cols) for _ in leaves_of(t.item))
        box = fresh_box()
        ctx.state.heap[box] = StackBox(Known(t.n), t.item, inner, t.n)
        return ListV(box)
    items = tuple(_made(ctx, part, cols) for part in t.items)
    return _group(ctx, t, items)


def _group(ctx: Context, t: Group, items: tuple[Abstract, ...]) -> Abstract:
    meta: Any = t.meta
    if t.kind == "tuple":
        return TupleV(items, meta)
    box = fresh_box()
    ctx.state.marks[box] = ELEMENT
    if t.kind == "list":
        ctx.state.heap[box] = ListBox(items)
        return ListV(box)
    named = dict(zip(meta[1], items, strict=True))
    if t.kind == "dict":
        ctx.state.heap[box] = DictBox(named)
        return DictV(box, meta[0])
    ctx.state.heap[box] = ObjectBox(named)
    return ObjectV(box, meta[0])


# ---- taking values apart


def pack(ctx: Context, t: Template, v: Abstract, boxes: list[int]) -> Packed:
    """The leaves of a value of form `t`; `boxes` gets the boxes of what it shares."""
    if isinstance(t, Number):
        return [(ctx.atom(v), ctx.kind_of(v) == "py")]
    if isinstance(t, Block):
        assert isinstance(v, NDArray)
        boxes.append(v.box)
        return [(ctx.b.cast(ctx.read(v), t.type.dtype), False)]
    if isinstance(t, Fixed):
        return []
    if isinstance(t, Many):
        return _pack_list(ctx, t, v, boxes)
    out: Packed = []
    for part, item in zip(t.items, _parts(ctx, v, boxes), strict=True):
        out.extend(pack(ctx, part, item, boxes))
    return out


def _parts(ctx: Context, v: Any, boxes: list[int]) -> tuple[Abstract, ...]:
    if isinstance(v, TupleV):
        return v.items
    boxes.append(v.box)
    content = ctx.content(v.box, "list")
    if isinstance(content, ListBox):
        return content.items
    if isinstance(content, StackBox):
        return ctx.items(v)
    named: Any = content.entries if isinstance(content, DictBox) else content.attrs  # type: ignore[union-attr]
    return tuple(named.values())


def _pack_list(ctx: Context, t: Many, v: Any, boxes: list[int]) -> Packed:
    boxes.append(v.box)
    content = ctx.content(v.box, "list")
    if isinstance(content, StackBox):
        boxes.extend(c.box for c in content.columns)  # type: ignore[attr-defined]
        return [
            (ctx.b.cast(x, leaf.type.dtype) if isinstance(leaf, Block) else x, py)
            for (x, py), (leaf, _) in zip(rows_of(ctx, content), leaves_of(t.item), strict=True)
        ]
    assert isinstance(content, ListBox)
    return stacked_rows(ctx, t.item, content.items, boxes)


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
    rows = stacked_rows(ctx, t, items, boxes)
    return boxed(ctx, t, rows, len(items), ELEMENT, boxes)


def boxed(
    ctx: Context, t: Template, rows: Packed, n: int, mark: Mark | None, boxes: list[int]
) -> StackBox:
    state = ctx.state
    columns = []
    for (leaf, _), (x, py) in zip(leaves_of(t), rows, strict=True):
        box = fresh_box()
        number = isinstance(leaf, Number)
        state.heap[box] = ColumnBox(x, py) if number else x
        if mark is not None:
            state.marks[box] = mark
        elif has_identity(t):
            share(state, box, boxes)
        columns.append(Column(box, (), type_at(x).shape))
    return StackBox(Known(n), t, tuple(columns), n)


def share(state: State, box: int, others: list[int]) -> None:
    """Marks a column as what may be shared with others; it is frozen if one of them is."""
    marks = state.marks
    for other in others:
        mark = marks.get(other)
        if mark is not None and not mark.group:
            marks[box] = mark
            return
    known = [o for o in others if o in state.heap]
    if len(known) != len(set(known)):
        marks[box] = TWICE
        return
    for other in known:
        for first, second in ((box, other), (other, box)):
            old = marks.get(first)
            group = frozenset((first, second)) | (old.group if old is not None else frozenset())
            if old is None or old.group:
                marks[first] = Mark(SHARED, group, "alias-types")


def new_stack(ctx: Context, t: Template, rows: Packed, n: int) -> ListV:
    """A fresh list of `n` elements held by stacked rows."""
    box = fresh_box()
    ctx.state.heap[box] = boxed(ctx, t, rows, n, None, [])
    return ListV(box)


def restack(
    ctx: Context,
    box: int,
    t: Template,
    capacity: int,
    kinds: list[Strength] | None = None,
    guessed: bool = False,
) -> None:
    """Holds the list in `box` as stacked rows of form `t`, with room for `capacity` elements, which
    may be `guessed`.
    """
    content = ctx.state.heap[box]
    guessed = guessed or (isinstance(content, StackBox) and content.guessed)
    if isinstance(content, StackBox) and content.template == t:
        found = grown(ctx, content, capacity)
        ctx.state.heap[box] = found if found.guessed == guessed else replace(found, guessed=guessed)
        return
    boxes: list[int] = []
    items: tuple[Abstract, ...] = ()
    if isinstance(content, StackBox):
        rows = rows_of(ctx, content)
        n = int(ctx.known(content.length, "the length of a list"))
        rows = [
            (ctx.b.cast(x, leaf.type.dtype) if isinstance(leaf, Block) else x, py)
            for (x, py), (leaf, _) in zip(rows, leaves_of(t), strict=True)
        ]
        boxes.extend(c.box for c in content.columns)  # type: ignore[attr-defined]
    else:
        assert isinstance(content, ListBox)
        items, n = content.items, len(content.items)
        rows = stacked_rows(ctx, t, items, boxes) if items else _no_rows(t, kinds)
    lists = [v.box for v in items if isinstance(v, ListV)] if isinstance(t, Many) else []
    if len(lists) != len(set(lists)):
        made = boxed(ctx, t, rows, n, TWICE, boxes)
    else:
        made = boxed(ctx, t, rows, n, None, [b for b in boxes if b not in lists])
    made = replace(grown(ctx, made, capacity), guessed=guessed)
    mark = ctx.state.marks.get(box)
    if mark is not None and not mark.group:
        for col in made.columns:
            ctx.state.marks[col.box] = mark  # type: ignore[attr-defined]
    ctx.state.heap[box] = made
    if len(lists) == len(set(lists)):
        for i, inner in enumerate(lists):
            view = _made(ctx, t, iter([row(c, Const(array(I64), i)) for c in made.columns]))
            ctx.state.heap[inner] = ctx.state.heap.pop(view.box)  # type: ignore[attr-defined]


def _no_rows(t: Template, kinds: list[Strength] | None) -> Packed:
    out: Packed = []
    for k, (leaf, lengths) in enumerate(leaves_of(t)):
        shape = leaf.type.shape if isinstance(leaf, Block) else ()
        dtype, py = kinds[k] if kinds is not None else _NUMBER_START
        if isinstance(leaf, Block):
            dtype = leaf.type.dtype
        out.append((Const(array(dtype, (0, *lengths, *shape)), 0), py))
    return out


def grown(ctx: Context, stack: StackBox, capacity: int) -> StackBox:
    more = capacity - stack.capacity
    if more <= 0:
        return stack
    columns = []
    for col in stack.columns:
        assert isinstance(col, Column)
        if col.path:
            ctx.error("unsupported-value", "a list inside a list of lists cannot grow")
        x, py = _content(ctx.state, col)
        shape = type_at(x).shape
        pad = Const(array(type_at(x).dtype, (more, *shape[1:])), 0)
        x = pad if not shape[0] else ctx.b.concatenate(x, pad, axis=0)
        ctx.state.heap[col.box] = x if py is None else ColumnBox(x, py)
        columns.append(Column(col.box, (), (capacity, *shape[1:])))
    return replace(stack, columns=tuple(columns), capacity=capacity, room=stack.room + more)


def room_of(stack: StackBox) -> int:
    """How many more elements certainly fit."""
    n = stack.length
    if stack.guessed:
        return 0
    return stack.capacity - int(n.value) if isinstance(n, Known) else stack.room


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
        forms.append(c.template if stacked else common_template(c.items, heap))
    a, b = forms
    if (a is None and capacity(x)) or (b is None and capacity(y)) or a is b is None:
        return None
    form = b if a is None else a if b is None else unified(a, b)
    if form is None:
        return None
    c, heap = (x, heap_x) if a is not None else (y, heap_y)
    if isinstance(c, StackBox):
        return form, column_kinds(c, heap)
    return form, kinds_of(form, c.items[0], heap)


def kinds_of(t: Template, v: Any, heap: Heap) -> list[Strength]:
    """The dtypes of the leaves of a value of form `t`, and whether they are Python numbers."""
    if isinstance(t, Number):
        if isinstance(v, Scalar):
            return [(v.dtype, v.py)]
        return [(number_dtype(v.value), is_py_number(v.value))]
    if isinstance(t, Block):
        return [(t.type.dtype, False)]
    if isinstance(t, Fixed):
        return []
    content: Any = v if isinstance(v, TupleV) else heap[v.box]
    if isinstance(content, StackBox):
        return column_kinds(content, heap)
    if isinstance(content, DictBox | ObjectBox):
        named: Any = content.entries if isinstance(content, DictBox) else content.attrs
        items = tuple(named.values())
    else:
        items = content.items
    if isinstance(t, Many):
        return kinds_of(t.item, items[0], heap)
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
