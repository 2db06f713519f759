"""Tables: dicts and sets whose keys the data decide, as the lists that they consist of.

    keys    a list, in the order of insertion
    values  a list that is as long, where the table is a dict

What reads them as lists is here; searching and writing is in `tables`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anvil.parser.containers.collection_values import SetV
from anvil.parser.state.heap import ListBox, TableBox, fresh_box
from anvil.parser.state.signals import Blocked
from anvil.parser.state.values import Abstract, Conflict, DictV, Known, Lazy, TupleV

if TYPE_CHECKING:
    from anvil.parser.context import Context

VIEWS = ("dict_keys", "dict_values", "dict_items")


def table_of(ctx: Context, v: Abstract) -> TableBox | None:
    """The contents of a dict or set whose keys the data decide; None for anything else."""
    if not isinstance(v, DictV | SetV):
        return None
    try:
        content = ctx.content(v.box, "dict" if isinstance(v, DictV) else "set")
    except Blocked as unlike:  # a box of a callee: the value says where it was made
        if not ctx.session.known_keys:
            ctx.session.tabled[unlike.error] = ctx.session.tabled.get(unlike.error) or v.made
        raise
    return content if isinstance(content, TableBox) else None


def viewed(ctx: Context, v: Abstract) -> TableBox | None:
    """The table that a value is, or is a view of; None for anything else."""
    if isinstance(v, Lazy) and v.kind in VIEWS:
        v = v.items[0]
    return table_of(ctx, v)


def key_value(ctx: Context, key: Any) -> Abstract:
    """A known key as a value."""
    if type(key) is tuple:
        return TupleV(tuple(key_value(ctx, k) for k in key))
    return ctx.constant(key)


def new_table(ctx: Context, *lists: tuple[Abstract, ...]) -> int:
    """The box of a fresh table of these keys (and values)."""
    box = fresh_box()
    ctx.state.heap[box] = TableBox(tuple(map(ctx.list, lists)))
    return box


def empty(ctx: Context, table: TableBox) -> None:
    """Takes all entries away."""
    for held in table.lists:
        ctx.replace(held.box, ListBox(()))  # type: ignore[attr-defined]


def size_of(ctx: Context, table: TableBox) -> Abstract:
    """The number of entries."""
    held: Any = table.lists[0]
    if isinstance(held, Conflict):
        ctx.refuse_conflict("this dict", held)
    keys: Any = ctx.content(held.box, "list")
    return Known(len(keys.items)) if isinstance(keys, ListBox) else keys.length


def known_empty(ctx: Context, table: TableBox) -> bool:
    """Whether there are certainly no entries."""
    size = size_of(ctx, table)
    return isinstance(size, Known) and not size.value


def same_size(ctx: Context, table: TableBox, before: Any) -> Any:
    """Whether a table has as many entries as before: a bool or an atom."""
    size = size_of(ctx, table)
    if isinstance(size, Known) and isinstance(before, int):
        return bool(size.value == before)
    return ctx.b.eq(ctx.atom(size), before)
