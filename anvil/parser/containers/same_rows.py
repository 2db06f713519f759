"""Whether two objects, which may be rows of pools, are one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anvil.errors import error as make_error
from anvil.ir.records import Atom, Const
from anvil.parser.state.heap import Mark, RowBox
from anvil.parser.state.signals import Blocked
from anvil.parser.state.values import Abstract

if TYPE_CHECKING:
    from anvil.parser.context import Context


def _apart(ctx: Context, a: Abstract, b: Abstract) -> bool:
    """False, for two boxes that cannot be one object; else the branch is asked to keep its paths
    apart that made one box of several.
    """
    (first, ours), (second, others) = _group(ctx, a), _group(ctx, b)
    if first & second:
        text = f"the data decide whether {a.describe()} is the same as {b.describe()}"
        at = next(m.at for m in (*ours, *others) if m.group)
        raise Blocked(make_error("value-needed", text, ctx.loc), exact=at)
    return False


def _group(ctx: Context, v: Abstract) -> tuple[set[int], list[Mark]]:
    """The boxes that may be the one of an object, or its pool, and the marks that say so."""
    held, box = ctx.state.heap[v.box], v.box  # type: ignore[attr-defined]
    boxes = {box, held.pool} if isinstance(held, RowBox) else {box}
    marks = [m for box in sorted(boxes) if (m := ctx.state.marks.get(box)) is not None]
    return boxes.union(*(m.group for m in marks)), marks


def is_same(ctx: Context, a: Abstract, b: Abstract) -> bool | Atom:
    """Whether two objects are one."""
    x, y = (ctx.state.heap[v.box] for v in (a, b))  # type: ignore[attr-defined]
    if not isinstance(x, RowBox) or not isinstance(y, RowBox) or x.pool != y.pool:
        one: bool = a.box == b.box  # type: ignore[attr-defined]
        return one or _apart(ctx, a, b)
    found: Atom = ctx.b.eq(x.index, y.index)
    return bool(found.value) if isinstance(found, Const) else found
