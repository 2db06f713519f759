"""Objects that are in a pool on one of two paths, brought into pools of one form on both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from anvil.parser.containers.group_contents import object_of
from anvil.parser.containers.stacks import pool_of, restack
from anvil.parser.containers.templates import Heap, Ref, loosely, roomy, template_of
from anvil.parser.state.heap import RowBox
from anvil.parser.state.values import ListV

if TYPE_CHECKING:
    from anvil.parser.context import Context


def pools_to_widen(
    pairs: Sequence[tuple[int, int]], heaps: tuple[Heap, Heap], room: int
) -> list[tuple[int, int, Any]]:
    """Pools of lists on one side that lists of the other side do not fit in: the side, the pool,
    and the form that it needs.
    """
    out = []
    for pair in pairs:
        for side in (0, 1):
            here: Any = heaps[side][pair[side]]
            there = heaps[1 - side][pair[1 - side]]
            if not isinstance(here, RowBox) or isinstance(there, RowBox):
                continue
            have: Any = heaps[side][here.pool].template  # type: ignore[union-attr]
            if have.kind != "list":
                continue
            found = template_of(ListV(pair[1 - side]), heaps[1 - side])
            form: Any = loosely(Ref(have), found)
            if form is not None and form.item != have:
                out.append((side, here.pool, roomy(form.item, room)))
    return out


def widen_pool(ctx: Context, pool: int, form: Any) -> None:
    """Gives a pool of lists a wider form."""
    stack: Any = ctx.content(pool, "list")
    if stack.template != form:
        restack(ctx, pool, form, stack.capacity)


def adopt_like(ctx: Context, pairs: Sequence[tuple[int, int]], side: int, other: Heap) -> None:
    """Moves objects into pools that, in each pair of boxes, are in a pool on the other side:
    `other` holds what boxes have there.
    """
    groups: dict[int, list[Any]] = {}
    for pair in pairs:
        there: Any = other[pair[1 - side]]
        if isinstance(there, RowBox) and not isinstance(ctx.state.heap[pair[side]], RowBox):
            groups.setdefault(there.pool, []).append(pair[side])
    for pool, boxes in groups.items():
        form: Any = other[pool].template  # type: ignore[union-attr]
        objects = [object_of(form, box) for box in dict.fromkeys(boxes)]
        for v in objects:
            _same_attributes(ctx, form, v)
        pool_of(ctx, form, objects, pool if pool in ctx.state.heap else 0)


def _same_attributes(ctx: Context, form: Any, v: Any) -> None:
    """Refuses an object that has other attributes than those of a pool."""
    content: Any = ctx.state.heap[v.box]
    if form.kind == "object" and tuple(content.entries) != form.meta[1]:
        names = sorted({*content.entries} ^ {*form.meta[1]}, key=str)
        what = ", ".join(f"`{n}`" for n in names) or "those in another order"
        ctx.error(
            "unlike-elements",
            f"{v.describe()} is one of several objects, of which only some have {what}",
            hint="Give like objects the same attributes, in `__init__`.",
        )
