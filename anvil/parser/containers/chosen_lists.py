"""A list that is one of several, read as one list: as long as the one that it is.

    which 0 of [a], [b, c]      length 1 or 2, rows a or b, no matter or c

That is a copy: it stands for the list where nothing depends on which object it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anvil.ir.families import type_at
from anvil.ir.records import Atom
from anvil.parser.containers.columns import (
    all_rows,
    boxed,
    length_atom,
    pools_of,
    resized,
)
from anvil.parser.containers.options import Packed
from anvil.parser.containers.stack_lists import stack_of
from anvil.parser.containers.stacks import stackable, transient
from anvil.parser.containers.templates import Template, has_identity, leaves_of
from anvil.parser.state.heap import StackBox, fresh_box
from anvil.parser.state.values import Abstract, Choice, ListV, scalar

if TYPE_CHECKING:
    from anvil.parser.context import Context


def form_of_all(ctx: Context, v: Choice) -> Template | None:
    """The form of the elements of lists of values, where all have one."""
    found: list[Template] = []
    for option in v.options:
        if type(option) is not ListV:
            return None
        form = stackable(ctx, option)
        if form is None and (stack_of(ctx, option) or ctx.items(option)):
            return None
        if form is not None:
            found.append(form)
    if not found or any(form != found[0] for form in found):
        return None
    return None if has_identity(found[0]) or not any(leaves_of(found[0])) else found[0]


def joined_list(ctx: Context, v: Choice) -> ListV | None:
    """A copy of the list that `v` is; None where its options have no common form."""
    form = form_of_all(ctx, v)
    if form is None:
        return None
    stacks = [_stack(ctx, o, form) for o in v.options]
    filled = [(s, all_rows(ctx, s)) for s in stacks if s is not None and s.capacity]
    kinds = {tuple((type_at(x).dtype, py) for x, py in rows) for _, rows in filled}
    if len(kinds) != 1:
        return None
    size = max(s.capacity for s, _ in filled)
    rows: Packed = []
    for k, (_, py) in enumerate(filled[0][1]):
        columns = [
            None if s is None else resized(ctx, all_rows(ctx, s)[k][0], 0, size) for s in stacks
        ]
        rows.append((picked_of(ctx, v.which, columns), py))
    lengths: list[Atom | None] = [ctx.b.i64(0) if s is None else length_atom(s) for s in stacks]
    made = boxed(ctx, form, rows, size, None, [], pools_of(filled[0][0]))
    box = fresh_box()
    length = scalar(picked_of(ctx, v.which, lengths), True)
    ctx.state.heap[box] = StackBox(length, form, made.columns, size)
    return ListV(box)


def _stack(ctx: Context, v: Any, form: Template) -> StackBox | None:
    """The elements as rows; None if there are certainly none."""
    stack = stack_of(ctx, v)
    if stack is None:
        return transient(ctx, v, form) if ctx.items(v) else None
    return stack if stack.capacity else None


def picked_of(ctx: Context, which: Atom, options: list[Atom | None]) -> Atom:
    """The option of that number; one that is None does not matter."""
    out: Atom | None = None
    for k, x in enumerate(options):
        if x is None:
            continue
        if out is None:
            out = x
            continue
        t = type_at(x)
        test = ctx.b.broadcast_to(ctx.b.eq(which, k), t.shape)
        out = ctx.b.select(test, x, out)
    assert out is not None
    return out


def contents(ctx: Context, v: Choice) -> list[Any]:
    """What the options hold now: the same objects as long as nothing has written to them."""
    out: list[Any] = []
    for option in v.options:
        assert isinstance(option, ListV)
        out.append(ctx.state.heap[option.box])
        stack = stack_of(ctx, option)
        out += [] if stack is None else [ctx.state.heap[c.box] for c in stack.columns]  # type: ignore[attr-defined]
    return out


def is_joinable(ctx: Context, v: Abstract) -> bool:
    """Whether a value is one of several lists that have a common form."""
    return isinstance(v, Choice) and form_of_all(ctx, v) is not None
