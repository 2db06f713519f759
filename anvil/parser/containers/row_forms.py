"""The columns of lists in the form that their elements take together with others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anvil.ir.families import type_at
from anvil.ir.records import Const
from anvil.ir.types import I64, DType, array
from anvil.parser.arrays.promotion import Strength
from anvil.parser.containers.columns import _NUMBER_START, all_rows, rows_of
from anvil.parser.containers.options import Packed, converted
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
    Template,
    carried,
    common_template,
    leaves_of,
    loosely,
)
from anvil.parser.state.heap import ColumnBox, DictBox, ListBox, StackBox
from anvil.parser.state.number_choices import NumberChoice, joined_strength, strength_of
from anvil.parser.state.values import Known, TupleV

if TYPE_CHECKING:
    from anvil.parser.context import Context


def widened_rows(ctx: Context, t: Template, content: StackBox) -> tuple[Packed, int]:
    """The rows of a stacked list in the types of the form `t`, and how many they are."""
    n = content.length
    rows = rows_of(ctx, content) if isinstance(n, Known) else all_rows(ctx, content)
    count = int(n.value) if isinstance(n, Known) else content.capacity
    return converted(ctx, content.template, t, iter(rows), (count,)), count


def no_rows(t: Template, kinds: list[Strength] | None) -> Packed:
    out: Packed = []
    for k, (leaf, lengths) in enumerate(leaves_of(t)):
        shape = leaf.type.shape if isinstance(leaf, Block) else ()
        dtype, py = kinds[k] if kinds is not None else _NUMBER_START
        if isinstance(leaf, Block):
            dtype = leaf.type.dtype
        elif isinstance(leaf, OneOf | Ref | Link):
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
    if isinstance(t, OneOf | Ref | Link):
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
