"""Containers of known things as Python objects."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from anvil.parser.containers.collection_values import DequeV, SetV
from anvil.parser.containers.set_order import elements_of
from anvil.parser.state.values import Abstract, DictV, ListV, TupleV

if TYPE_CHECKING:
    from anvil.parser.context import Context


def known_container(ctx: Context, v: Abstract, what: str) -> Any:
    """The Python container that `v` is; `what` names it in messages."""
    if isinstance(v, SetV):
        return set(elements_of(ctx, v) or ())
    if isinstance(v, DictV):
        return {k: ctx.known(x, what) for k, x in ctx.dict_entries(v).items()}
    items = [ctx.known(i, what) for i in ctx.items(v)]
    if isinstance(v, DequeV):
        return deque(items, v.maxlen)
    if isinstance(v, ListV):
        return items
    cls = v.cls if isinstance(v, TupleV) else None
    return tuple(items) if cls is None else cls(*items)
