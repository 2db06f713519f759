"""In-place operators: what changes an object rather than a name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from anvil.parser.arrays import float_errors
from anvil.parser.arrays.operators import DUNDER, binary
from anvil.parser.arrays.ragged import Ragged
from anvil.parser.arrays.ragged_stores import store_ragged
from anvil.parser.arrays.stores import store
from anvil.parser.containers import methods
from anvil.parser.control.choices import each
from anvil.parser.objects import overloading
from anvil.parser.state.number_choices import NumberChoice
from anvil.parser.state.values import Abstract, Choice, Known, NDArray

if TYPE_CHECKING:
    from anvil.parser.context import Context


def _done(ctx: Context, op: str, target: Abstract, value: Abstract) -> Abstract:
    """What `target` is after `target op= value`."""
    done = in_place(ctx, op, target, value)
    return binary(ctx, op, target, value) if done is None else done


def _stored(ctx: Context, op: str, target: NDArray, result: Abstract) -> None:
    store(ctx, target, result, op)


def in_place(ctx: Context, op: str, target: Abstract, value: Abstract) -> Abstract | None:
    """`target op= value` where that changes the object; None where the name is rebound to `target
    op value`.
    """
    if isinstance(target, Choice) and not isinstance(target, NumberChoice):
        return each(ctx, target, lambda o: _done(ctx, op, o, value))
    if type(target) is NDArray:
        compute = partial(binary, ctx, op, target, value)
        if ctx.raising:
            keep = partial(_stored, ctx, op, target)
            float_errors.in_place(ctx, op, target, value, compute, keep)
        else:
            store(ctx, target, compute(), op)
        return target
    if type(target) is Ragged:
        store_ragged(ctx, target, binary(ctx, op, target, value), op)
        return target
    name = f"__i{DUNDER[op]}__"
    if overloading.defines(target, name):
        found: Abstract = ctx.session.calls.method(ctx, target, name, [value])
        return None if type(found) is Known and found.value is NotImplemented else found
    if op == "*" and overloading.defines(target, "__mul__"):
        return None  # comes before the repetition of the base class
    return target if methods.in_place(ctx, op, target, value) else None
