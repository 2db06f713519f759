"""Stacked lists as arrays, and arrays as stacked lists.

A list of numbers or arrays whose length is known is one array. One whose length the data decide is
an array that is as long: a `Ragged` one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import F64, I64, ArrayType, array
from anvil.parser.arrays.ragged import Ragged, Span, count_of
from anvil.parser.arrays.ragged_frames import compacted, moved
from anvil.parser.containers.chosen_arrays import joined_array
from anvil.parser.containers.columns import (
    all_rows,
    length_atom,
    new_stack,
    room_of,
    rows_of,
)
from anvil.parser.containers.stack_lists import known_length, stack_of
from anvil.parser.containers.templates import NUMBER, Block, Many, Number
from anvil.parser.state.heap import ListBox, StackBox
from anvil.parser.state.values import Abstract, Choice, Known, ListV, TupleV, scalar

if TYPE_CHECKING:
    from anvil.parser.context import Context


def column_type(ctx: Context, v: ListV) -> ArrayType | None:
    """The type that a stacked list of numbers or arrays (or lists of these) has as one array."""
    stack = _numbers(ctx, v)
    if stack is None:
        return None
    n = known_length(ctx, stack, "an array is made of a list, and the data decide how long that is")
    t = type_at(all_rows(ctx, stack)[0][0])
    return array(t.dtype, (n, *t.shape[1:]))


def _numbers(ctx: Context, v: Abstract) -> StackBox | None:
    """The contents of a stacked list of numbers or arrays, or lists of these; else None."""
    stack = stack_of(ctx, v)
    if stack is None or len(stack.columns) != 1:
        return None
    t = stack.template
    while isinstance(t, Many):
        t = t.item
    return stack if isinstance(t, Number | Block) else None


def column(ctx: Context, v: ListV) -> Atom:
    """A stacked list of numbers or arrays as one array."""
    stack = stack_of(ctx, v)
    assert stack is not None
    return rows_of(ctx, stack)[0][0]


def as_array(ctx: Context, v: Any, inside: bool = False) -> Any:
    """An argument of a NumPy function: a list whose length the data decide as an array of that
    length, also inside of a list or tuple, where an array that is one of several is one array, too;
    anything else as it is.
    """
    if isinstance(v, TupleV):
        items = tuple(as_array(ctx, i, True) for i in v.items)
        return v if all(i is j for i, j in zip(items, v.items, strict=True)) else TupleV(items)
    if isinstance(v, Choice) and (inside or any(isinstance(o, Ragged) for o in v.options)):
        return joined_array(ctx, v) or v
    if not isinstance(v, ListV):
        return v
    content = ctx.state.heap[v.box]
    if isinstance(content, ListBox):
        items = tuple(as_array(ctx, i, True) for i in content.items)
        same = all(i is j for i, j in zip(items, content.items, strict=True))
        return v if same else ctx.list(items)
    stack = _numbers(ctx, v)
    return v if stack is None or isinstance(stack.length, Known) else _ragged(ctx, stack)


def as_indices(ctx: Context, v: ListV) -> Abstract:
    """An index: a list of ints whose length the data decide as a vector, also where it is empty;
    any other as it is.
    """
    stack = _numbers(ctx, v)
    if stack is None or isinstance(stack.length, Known):
        return v
    t = type_at(all_rows(ctx, stack)[0][0])
    return _ragged(ctx, stack, True) if t.ndim == 1 and t.dtype.kind in "iu" else v


def _ragged(ctx: Context, stack: StackBox, index: bool = False) -> Ragged:
    """NumPy makes a vector of floats of an empty list, whatever else the elements might be, unless
    it is an index.
    """
    ((x, _),) = all_rows(ctx, stack)
    n, t = length_atom(stack), type_at(x)
    if not index and (t.shape[1:] or t.dtype is not F64):
        what = "an array of floats" if t.shape[1:] == () else "a vector"
        text = f"np.array of this list, which is empty, is {what}; otherwise it is another"
        ctx.check(ctx.b.gt(n, 0), TypeError, text)
    span = Span(stack.capacity, ctx.b.i64(0), n, room_of(stack), stack.guessed, True)
    return Ragged(ctx.array(x), (span, *(None for _ in t.shape[1:])), ctx.loc)


def as_list(ctx: Context, v: Ragged, py: bool) -> Abstract | None:
    """The list of the elements or rows of an array whose length the data decide; with `py` the
    rows are lists, and the numbers Python's. None if the rows are ragged too.
    """
    if any(v.axes[1:]):
        return None
    v = compacted(ctx, v, 0)
    (axis, *_), x = v.axes, ctx.read(v.data)
    assert isinstance(axis, Span)
    n = count_of(ctx, axis)
    if not (isinstance(axis.start, Const) and not axis.start.value):
        x = moved(ctx, x, 0, axis, Span(axis.size, ctx.b.i64(0), n))
    rest = type_at(x).shape[1:]
    template: Any = NUMBER if py or not rest else Block(array(v.dtype, rest))
    if py:
        for size in reversed(rest):
            template = Many(size, template)
    out = new_stack(ctx, template, [(x, py)], axis.size)
    held: Any = ctx.state.heap[out.box]
    ctx.state.heap[out.box] = replace(held, length=scalar(ctx.b.cast(n, I64), True))
    return out
