"""Places of iterators: how many of its items a loop has taken that is left early."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from anvil.ir.records import Atom, Const
from anvil.ir.types import I64, array
from anvil.parser.arrays import ranges
from anvil.parser.control.items import Items
from anvil.parser.state.heap import CellBox
from anvil.parser.state.values import Abstract, Known, Lazy, Scalar, scalar

if TYPE_CHECKING:
    from anvil.parser.context import Context

_INT = array(I64)
_MOVED = "an iterator moves on inside a loop over it that may be left early"


def rest(ctx: Context, items: Items, place: Atom) -> Items:
    """What is left of items from a computed place on."""
    b, n = ctx.b, items.count
    count = b.max(b.sub(Const(_INT, n) if isinstance(n, int) else n, place), 0)

    def item(i: Atom) -> Abstract:
        at = b.add(i, place)
        if items.bound is not None:
            ranges.set_bounds(ctx, at, 0, max(items.bound - 1, 0))
        return items.item(at)

    return Items(count, item, inner=(items,), most=items.bound)


def started(ctx: Context, v: Abstract) -> dict[int, Abstract]:
    """The places, before a loop over `v`, of the iterators that each iteration takes one item of;
    by their boxes.
    """
    found: dict[int, Abstract] = {}
    while isinstance(v, Lazy) and v.box:
        cell = ctx.state.heap[v.box]
        if isinstance(cell, CellBox) and isinstance(cell.value, Known | Scalar):
            found[v.box] = cell.value
        if v.kind != "enumerate":
            break
        v = v.items[0]
    return {box: place for box, place in found.items() if not _is_none(place)}


def tracked(ctx: Context, items: Items, before: dict[int, Abstract]) -> Items:
    """The same items; the iterators at the places `before` know how many have been taken."""
    if not before:
        return items
    now: dict[int, Abstract] = dict(before)
    for box, place in before.items():
        ctx.state.heap[box] = CellBox(place, "iterator")

    def item(i: Atom) -> Abstract:
        found = items.item(i)
        for box, place in before.items():
            start: Any = Const(_INT, place.value) if isinstance(place, Known) else ctx.atom(place)
            taken = ctx.b.add(ctx.b.add(i, start), 1)
            if items.bound is not None and type(start) is Const:
                ranges.set_bounds(ctx, taken, 1, items.bound + int(start.value.real))
            now[box] = scalar(taken, True)
            ctx.state.heap[box] = CellBox(now[box], "iterator")
        return found

    def unmoved() -> None:
        for box, place in now.items():
            cell: Any = ctx.state.heap[box]
            if not _same(cell.value, place):
                ctx.error("unsupported-value", _MOVED, hint="Make a list of it first.")

    return replace(items, item=item, unmoved=unmoved)


def _same(a: Abstract, b: Abstract) -> bool:
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return a.atom is b.atom
    return isinstance(a, Known) and isinstance(b, Known) and bool(a.value == b.value)


def _is_none(place: Abstract) -> bool:
    return isinstance(place, Known) and place.value is None
