"""The elements of sets, and their order.

The order in which CPython iterates over a set depends on hashes and on how the set came about. Only
where it does not, for small ints, a set may be iterated over.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.parser.containers.collection_values import SetV
from anvil.parser.state.heap import SetBox, TableBox
from anvil.parser.state.object_keys import ByIdentity
from anvil.parser.state.values import Abstract, Known

if TYPE_CHECKING:
    from anvil.parser.context import Context

SLOTS = 8
"""The least number of places in the table of a set."""


def elements_of(ctx: Context, v: Abstract) -> frozenset[Any] | None:
    """The elements of a set or frozenset; None for anything else."""
    if isinstance(v, SetV):
        content = ctx.content(v.box, "set")
        if isinstance(content, TableBox):
            text = "the elements of a set are needed while compiling, and the data decide them"
            ctx.error("value-needed", text)
        assert isinstance(content, SetBox)
        return content.elements
    if isinstance(v, Known) and isinstance(v.value, set | frozenset):
        return frozenset(v.value)
    return None


def ordered(ctx: Context, elements: Iterable[Any]) -> list[Any]:
    """The elements in CPython's order of iteration; refused where that depends on more than them.

    A table has at least as many places as this, and ints below that number stand at their own.
    """
    items = list(elements)
    if items and all(type(i) is ByIdentity for i in items):
        return sorted(items, key=lambda i: i.box)  # CPython's order is that of addresses
    slots = SLOTS
    while len(items) * 5 >= (slots - 1) * 3:
        slots *= 2
    if len(items) > 1 and not all(
        isinstance(i, int | np.integer) and 0 <= i < slots for i in items
    ):
        unordered(ctx)
    return sorted(items) if len(items) > 1 else items


def unordered(ctx: Context) -> None:
    """Refuses what depends on the order of a set."""
    ctx.error(
        "unsupported-value",
        "the order of the elements of a set is not fixed by the program",
        hint="Iterate over `sorted(...)` of it, or over a tuple or a dict.",
    )
