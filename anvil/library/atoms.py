"""What library functions ask of atoms: type, dtype, shape, truth; and of optional arguments."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import BOOL, ArrayType, DType, dtype_of
from anvil.parser.arrays.whole import position
from anvil.parser.context import Context
from anvil.parser.state.values import Abstract


def type_in(atom: Atom) -> ArrayType:
    """The array type of an atom."""
    t = atom.type
    assert isinstance(t, ArrayType)
    return t


def dtype_in(atom: Atom) -> DType:
    """The dtype of an atom."""
    return type_in(atom).dtype


def shape_in(atom: Atom) -> tuple[int, ...]:
    """The shape of an atom."""
    return type_in(atom).shape


def truth(ctx: Context, x: Any) -> Atom:
    """The array-like as booleans: whether each element differs from zero."""
    atom = ctx.atom(x)
    if dtype_in(atom) is BOOL:
        return atom
    out: Atom = ctx.b.ne(atom, ctx.b.zeros_like(atom))
    return out


def absent(ctx: Context, v: Any) -> bool:
    """Whether an optional argument is None."""
    return ctx.is_known(v) and ctx.known(v) is None


def everywhere(ctx: Context, where: Any) -> bool:
    """Whether a `where=` argument is True."""
    return ctx.is_known(where) and ctx.known(where) is True


def flat(ctx: Context, x: Atom) -> Atom:
    """The elements in C order."""
    out: Atom = ctx.b.reshape(x, shape=(math.prod(shape_in(x)),))
    return out


def is_scalar_axis(ctx: Context, axis: Any, x: Atom) -> bool:
    """Whether NumPy lets an axis of a 0-d array pass: 0 and -1, in most functions."""
    known = ctx.known(axis, "the axis") if shape_in(x) == () else None
    return isinstance(known, int | np.integer) and known in (0, -1)


def along(ctx: Context, a: Any, axis: Any) -> tuple[Atom, int]:
    """An array-like and a known axis of it; its elements in C order and axis 0 for None."""
    x = ctx.atom(a)
    if absent(ctx, axis) or is_scalar_axis(ctx, axis, x):
        return flat(ctx, x), 0
    return x, ctx.axis(axis, x)


def dtype_argument(ctx: Context, dtype: Any) -> DType | None:
    """A `dtype=` argument as an IR dtype (None if it was not given)."""
    known = ctx.known(dtype, "the dtype")
    if known is None:
        return None
    try:
        return dtype_of(known)
    except (KeyError, TypeError):
        ctx.error("bad-operand", f"anvil has no dtype {known!r}")


def whole(ctx: Context, v: Any, what: str) -> int:
    """A known count, place or number of digits.

    Raises:
        TypeError: as CPython does, for what is no whole number.
    """
    return int(ctx.known(position(ctx, v) if isinstance(v, Abstract) else v, what))


def kept_axes(ctx: Context, keepdims: Any) -> bool:
    """Whether `keepdims=` says so: a bool or an int."""
    known = ctx.known(keepdims, "keepdims")
    if not isinstance(known, int):
        words = f"'{type(known).__name__}' object cannot be interpreted as an integer"
        if isinstance(known, float):
            words = "integer argument expected, got float"
        ctx.error("bad-operand", words, raises=TypeError)
    return bool(known)


def order_of(ctx: Context, order: Any) -> str | None:
    """What `order=` says."""
    known = ctx.known(order, "the order")
    if known is not None and not isinstance(known, str):
        words = f"order must be str, not {type(known).__name__}"
        ctx.error("bad-operand", words, raises=TypeError)
    if known is not None and known.upper() not in ("C", "F", "A", "K"):
        ctx.error("bad-value", f"order must be one of 'C', 'F', 'A', or 'K' (got {known!r})")
    return None if known is None else known.upper()
