"""Indices that are out of bounds, in NumPy's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from anvil.ir.families import type_at
from anvil.ir.records import Atom
from anvil.ir.types import I8, I64
from anvil.parser.state.values import Abstract, scalar

if TYPE_CHECKING:
    from anvil.parser.context import Context

Message: TypeAlias = "str | Callable[[Context, Atom], Abstract]"
"""What is said of an index; a function of it where the message names it."""


def of_axis(axis: int | None, n: int | Atom) -> Callable[[Context, Atom], Abstract]:
    """`index i is out of bounds for axis k with size n`; for no axis of a flattened array."""

    def message(ctx: Context, i: Atom) -> Abstract:
        size = str(n) if isinstance(n, int) else scalar(n, True)
        where = "" if axis is None else f"axis {axis} with "
        return ctx.text("index ", scalar(i, True), f" is out of bounds for {where}size ", size)

    return message


def message_of(ctx: Context, message: Message, i: Atom) -> Any:
    """What is said of the index `i`."""
    return message if isinstance(message, str) else message(ctx, i)


def check_all(
    ctx: Context, i: Atom, fine: Atom, message: Message, raises: type[Exception] = IndexError
) -> None:
    """Checks an array of indices, which are all `fine` or not; the message is about the first that
    is not.
    """
    b = ctx.b
    if not type_at(i).size:
        return
    axes = tuple(range(type_at(i).ndim))
    every = b.reduce_and(fine, axes=axes)
    if isinstance(message, str):
        ctx.check(every, raises, message)
        return
    size = type_at(i).size
    at = b.argmax(b.cast(b.reshape(b.not_(fine), shape=(size,)), I8), axis=0)
    first = b.dynamic_slice(b.reshape(i, shape=(size,)), at, sizes=(1,))
    ctx.check(every, raises, message(ctx, b.cast(b.reshape(first, shape=()), I64)))
