"""Making arrays from pieces: np.r_, np.c_, matrices by vectors, conversions of layout."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.atoms import shape_in
from anvil.library.refusal import refuse
from anvil.parser.arrays.ragged import Ragged
from anvil.parser.containers.chosen_arrays import joined_array
from anvil.parser.context import Context
from anvil.parser.control.iteration import listed
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract, Choice, Known, SliceV, TupleV

_ROWS, _COLUMNS = (0, 1, -1), (-1, 2, 0)


def _piece(ctx: Context, v: Abstract) -> tuple[Abstract, bool]:
    """A piece between the brackets as an array, and whether it was a number."""
    if isinstance(v, SliceV) or (isinstance(v, Known) and isinstance(v.value, slice)):
        s = ctx.known(v, "a slice")
        return ctx.constant(np.r_[s]), False
    if isinstance(v, Choice):
        v = joined_array(ctx, v) or v
    return v, ctx.kind_of(v) in ("py", "np")


def _joined(ctx: Context, directive: tuple[int, int, int], pieces: list[Abstract]) -> Abstract:
    """The pieces with at least `ndmin` axes, the new ones in front of `start`, joined at `axis`."""
    axis, ndmin, start = directive
    made = [_piece(ctx, p) for p in pieces]
    if any(isinstance(v, Ragged) for v, _ in made):
        given = ctx.tuple([v for v, _ in made])
        if directive == _COLUMNS:
            return ctx.call(np.column_stack, given)
        if directive != _ROWS:
            ctx.error("dynamic-shape", "the data decide how long an array between brackets is")
        rows = [v if isinstance(v, Ragged) else ctx.call(np.atleast_1d, v) for v, _ in made]
        return ctx.call(np.concatenate, ctx.tuple(rows))
    dtype = ctx.promote(*(v for v, _ in made))
    parts = []
    for v, _ in made:
        x = ctx.atom(v, dtype)
        shape = shape_in(x)
        more = ndmin - len(shape)
        if more > 0:
            front = start if start >= 0 else more + len(shape) + 1 + start
            front = min(max(front, 0), more) if shape else 0
            ones = (1,) * more
            k = more if start == -1 or not shape else front
            x = ctx.b.reshape(x, shape=(*ones[:k], *shape, *ones[k:]))
        parts.append(ctx.array(x))
    return ctx.call(np.concatenate, ctx.tuple(parts), axis=Known(axis))


def _stacked(ctx: Context, directive: tuple[int, int, int], key: Any) -> Abstract:
    pieces = list(key.items) if isinstance(key, TupleV) else [key]
    if isinstance(key, Known) and isinstance(key.value, tuple):
        pieces = [ctx.constant(v) for v in key.value]
    first = ctx.known(pieces[0]) if pieces and isinstance(pieces[0], Known) else None
    if isinstance(first, str):
        pieces = pieces[1:]
        try:
            numbers = [int(n) for n in first.split(",")]
        except ValueError:
            ctx.error("bad-value", f"unknown special directive {first!r}")
        directive = (*numbers, *directive[len(numbers) :])[:3]  # type: ignore[assignment]
    if not pieces:
        ctx.error("bad-value", "need at least one array to concatenate")
    return _joined(ctx, directive, pieces)


def _rows(ctx: Context, key: Any) -> Abstract:
    return _stacked(ctx, _ROWS, key)


def _columns(ctx: Context, key: Any) -> Abstract:
    return _stacked(ctx, _COLUMNS, key)


def _matvec(x1: Any, x2: Any, /) -> Any:
    x1, x2 = np.asarray(x1), np.asarray(x2)
    if x1.ndim < 2 or x2.ndim < 1:
        refuse("bad-value", "matvec takes matrices and vectors")
    if x1.shape[-1] != x2.shape[-1]:
        refuse("bad-value", "matvec: mismatch in its core dimension")
    return np.matmul(x1, x2[..., None])[..., 0]


def _vecmat(x1: Any, x2: Any, /) -> Any:
    x1, x2 = np.asarray(x1), np.asarray(x2)
    if x1.ndim < 1 or x2.ndim < 2:
        refuse("bad-value", "vecmat takes vectors and matrices")
    if x1.shape[-1] != x2.shape[-2]:
        refuse("bad-value", "vecmat: mismatch in its core dimension")
    return np.matmul(np.conj(x1)[..., None, :], x2)[..., 0, :]


def _require(a: Any, dtype: Any = None, requirements: Any = None, *, like: Any = None) -> Any:
    """Layout is not seen in compiled code; an array that owns its data is a copy."""
    letters = [str(r).upper() for r in requirements or ()]
    if "O" in letters or "OWNDATA" in letters:
        return np.array(a, dtype=dtype)
    return np.asarray(a, dtype=dtype)


def _asfortranarray(a: Any, dtype: Any = None, *, like: Any = None) -> Any:
    return np.atleast_1d(np.asarray(a, dtype=dtype))


def _asarray_chkfinite(a: Any, dtype: Any = None, order: Any = None) -> Any:
    x = np.asarray(a, dtype=dtype)
    if x.dtype.kind in "fc" and not np.all(np.isfinite(x)):
        raise ValueError("array must not contain infs or NaNs")
    return x


def _fromiter(
    ctx: Context, iter: Any, dtype: Any, count: Any = -1, *, like: Any = None
) -> Abstract:
    items, n = listed(ctx, iter), ctx.known(count, "count")
    if n >= 0:
        if len(items) < n:
            ctx.error("bad-value", f"iterator too short: Expected {n}, got {len(items)} elements.")
        items = items[:n]
    found: Abstract = ctx.call(np.array, ctx.list(list(items)), dtype=ctx.lifted(dtype))
    return found


def _sort_complex(a: Any) -> Any:
    found = np.sort(a)
    if found.dtype.kind == "c":
        return found
    small = found.dtype.kind in "iu" and found.dtype.itemsize < 4
    return found.astype(np.complex64 if small else complex)


FUNCTIONS: dict[Any, Any] = {
    np.matvec: _matvec,
    np.vecmat: _vecmat,
    np.require: _require,
    np.asfortranarray: _asfortranarray,
    np.asarray_chkfinite: _asarray_chkfinite,
    np.fromiter: Intrinsic(_fromiter),
    np.sort_complex: _sort_complex,
}

ITEMS: dict[Any, Intrinsic] = {np.r_: Intrinsic(_rows), np.c_: Intrinsic(_columns)}
"""Subscripts of host objects."""


def _of_ragged(rule: Any) -> Any:
    """The rule for arrays whose length the data decide: the same."""

    def run(ctx: Context, call: Any, args: Any, kwargs: Any) -> Abstract:
        made: Abstract = rule(ctx, *args)
        return made

    return run


RAGGED: dict[Any, Any] = {entry: _of_ragged(entry.run) for entry in ITEMS.values()}
