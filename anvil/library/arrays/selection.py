"""Choosing elements: where, clip, take, sort, rounding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import BOOL, F16, F64, I64
from anvil.library.arrays.formulas import MAXIMUM, MINIMUM
from anvil.library.arrays.ufuncs import deliver
from anvil.library.atoms import (
    absent,
    along,
    dtype_argument,
    dtype_in,
    flat,
    shape_in,
    truth,
    type_in,
    whole,
)
from anvil.parser.arrays.bounds import check_all, of_axis
from anvil.parser.arrays.ragged import Picked, ragged
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract, NDArray


def _where(ctx: Context, condition: Any, x: Any = None, y: Any = None) -> Abstract:
    if absent(ctx, x) != absent(ctx, y):
        ctx.error("bad-value", "either both or neither of x and y should be given")
    if absent(ctx, x):
        return _nonzero(ctx, condition)
    c = truth(ctx, condition)
    common = ctx.promote(x, y)
    first, second = ctx.atom(x, common), ctx.atom(y, common)
    shape = ctx.broadcast_shapes(shape_in(c), shape_in(first), shape_in(second))
    picked = ctx.b.select(*(ctx.broadcast(v, shape) for v in (c, first, second)))
    return ctx.array(picked) if not shape else ctx.result(picked)


def _nonzero(ctx: Context, a: Any) -> Abstract:
    """The indices of what is not zero: along one axis, as ragged as a selection by that mask."""
    known, shape = ctx.known_array(a), ctx.shape_of(a)
    if known is not None and shape:
        return ctx.tuple([ctx.constant(i) for i in np.nonzero(known)])
    if len(shape) == 1:
        return ctx.tuple([_flat_nonzero(ctx, a)])
    mask = flat(ctx, truth(ctx, a))
    picked = Picked(shape_in(mask)[0], mask)
    places = [ctx.constant(p) for p in _coordinates(ctx, shape)]
    return ctx.tuple([ragged(ctx, p, [picked]) for p in places])


def _coordinates(ctx: Context, shape: tuple[int, ...]) -> list[Any]:
    """For each axis, the coordinates of all elements of an array of several axes, in order."""
    if not shape:
        ctx.error(
            "bad-value",
            "Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar).nonzero() "
            "instead.",
        )
    return [np.ascontiguousarray(p.reshape(-1)) for p in np.indices(shape)]


def _argwhere(ctx: Context, a: Any) -> Abstract:
    """The coordinates of what is not zero, a row each."""
    known = ctx.known_array(a)
    if known is not None:
        return ctx.constant(np.argwhere(known))
    mask = flat(ctx, truth(ctx, a))
    rows = ctx.constant(np.stack(_coordinates(ctx, ctx.shape_of(a)), axis=1))
    return ragged(ctx, rows, [Picked(shape_in(mask)[0], mask), None])  # type: ignore[no-any-return]


def _flat_nonzero(ctx: Context, a: Any) -> Abstract:
    known = ctx.known_array(a)
    if known is not None:
        return ctx.constant(np.flatnonzero(known))
    mask = flat(ctx, truth(ctx, a))
    places = ctx.array(ctx.b.iota(shape=shape_in(mask), axis=0, dtype=I64))
    found: Abstract = ragged(ctx, places, [Picked(shape_in(mask)[0], mask)])
    return found


_NOT_GIVEN = object()


def _clip(
    ctx: Context,
    a: Any,
    a_min: Any = _NOT_GIVEN,
    a_max: Any = _NOT_GIVEN,
    out: Any = None,
    *,
    min: Any = _NOT_GIVEN,
    max: Any = _NOT_GIVEN,
    dtype: Any = None,
    where: Any = True,
) -> Abstract:
    low, high = _clip_bounds(ctx, (a_min, a_max), (min, max))
    a = a if isinstance(a, NDArray) else ctx.array(ctx.atom(a))
    if absent(ctx, low) and absent(ctx, high):
        found: Abstract = ctx.call(np.positive, a, **({} if absent(ctx, out) else {"out": out}))
        return found
    bounds = [_inside(ctx, v, a) for v in (low, high) if not absent(ctx, v)]
    x, *rest = ctx.operands(a, *bounds, dtype=dtype_argument(ctx, dtype))
    if len(rest) == 2:
        x = MINIMUM(ctx.b, MAXIMUM(ctx.b, x, rest[0]), rest[1])
    elif rest:
        x = (MINIMUM if absent(ctx, low) else MAXIMUM)(ctx.b, x, rest[0])
    return deliver(ctx, x, out, where)


def _clip_bounds(ctx: Context, named: tuple[Any, Any], other: tuple[Any, Any]) -> Any:
    """The bounds, by one of the two pairs of names that `clip` has for them."""
    given = [v is not _NOT_GIVEN for v in named]
    if given[0] != given[1]:
        name = ("a_min", "a_max")[given.index(False)]
        words = f"clip() missing 1 required positional argument: '{name}'"
        ctx.error("wrong-arguments", words, hint="Use `min=` or `max=` for one bound.")
    if all(given) and any(v is not _NOT_GIVEN for v in other):
        ctx.error(
            "bad-value",
            "Passing `min` or `max` keyword argument when `a_min` and `a_max` are provided is "
            "forbidden.",
        )
    return [None if v is _NOT_GIVEN else v for v in (named if all(given) else other)]


def _clip_method(
    ctx: Context,
    a: Any,
    min: Any = None,
    max: Any = None,
    out: Any = None,
    *,
    dtype: Any = None,
    where: Any = True,
) -> Abstract:
    return _clip(ctx, a, min, max, out, dtype=dtype, where=where)


def _inside(ctx: Context, bound: Any, a: Any) -> Any:
    """A Python int beyond the range of the clipped integers, as the end of that range."""
    dtype, weak = ctx.strength(a)
    python = ctx.kind_of(bound) == "py" and ctx.is_known(bound) and not weak
    if not python or dtype.kind not in "iu" or not isinstance(ctx.known(bound), int):
        return bound
    info, value = np.iinfo(dtype.np), int(ctx.known(bound))
    return int(info.min) if value < info.min else int(info.max) if value > info.max else bound


def _take(
    ctx: Context, a: Any, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise"
) -> Abstract:
    x, at = along(ctx, a, axis)
    if ctx.strength(indices)[0].inexact:
        ctx.error("bad-index", "the indices of take must be integers")
    i = in_range(ctx, ctx.atom(indices, I64), shape_in(x)[at], at, ctx.known(mode))
    return deliver(ctx, gather_along(ctx, x, i, at), out)


def in_range(ctx: Context, i: Atom, n: int, axis: int | None, mode: str = "raise") -> Atom:
    """Indices as numbers from 0 to n - 1, by one of NumPy's modes."""
    b = ctx.b
    if mode == "clip":
        clipped: Atom = b.min(b.max(i, b.const(0, type_in(i))), b.const(n - 1, type_in(i)))
        return clipped
    if mode == "wrap":
        wrapped: Atom = b.mod(i, b.const(n, type_in(i)))
        return wrapped
    if math.prod(shape_in(i)):
        check_all(ctx, i, b.and_(b.ge(i, -n), b.lt(i, n)), of_axis(axis, n))
    out: Atom = b.select(b.lt(i, 0), b.add(i, n), i)
    return out


def gather_along(ctx: Context, x: Atom, i: Atom, at: int) -> Atom:
    """x[..., i, ...] at one axis; the axes of i stand in its place."""
    found = ctx.b.gather(x, ctx.b.reshape(i, shape=(*shape_in(i), 1)), axes=(at,))
    k = len(shape_in(i))
    rest = list(range(k, len(shape_in(found))))
    perm = (*rest[:at], *range(k), *rest[at:])
    out: Atom = ctx.b.transpose(found, perm=perm)
    return out


def _take_along_axis(ctx: Context, arr: Any, indices: Any, axis: Any = -1) -> Abstract:
    x, at = along(ctx, arr, axis)
    if ctx.strength(indices)[0].kind not in "iu":
        ctx.error("bad-index", "`indices` must be an integer array")
    i = ctx.atom(indices, I64)
    n, m = len(shape_in(x)), len(shape_in(i))
    if n != m:
        ctx.error("bad-shape", "`indices` and `arr` must have the same number of dimensions")
    lengths = list(shape_in(x))
    lengths[at] = shape_in(i)[at]
    shape = ctx.broadcast_shapes(tuple(lengths), shape_in(i))
    i = in_range(ctx, ctx.broadcast(i, shape), shape_in(x)[at], at)
    places = []
    for k, size in enumerate(shape_in(x)):
        place = i if k == at else ctx.b.iota(shape=shape, axis=k, dtype=I64)
        if size == 1 and k != at:
            place = ctx.b.zeros_like(place)
        places.append(ctx.b.reshape(place, shape=(*shape, 1)))
    every = places[0] if n == 1 else ctx.b.concatenate(*places, axis=n)
    return ctx.result(ctx.b.gather(x, every, axes=tuple(range(n))))


def sorted_atom(ctx: Context, x: Atom, axis: int) -> Atom:
    """The elements in order along an axis, nan last; complex numbers by their parts."""
    b = ctx.b
    if dtype_in(x).kind != "c":
        out: Atom = b.sort(x, axis=axis, num_keys=1)
        return out
    joined: Atom = b.complex(*b.sort(b.real(x), b.imag(x), axis=axis, num_keys=2))
    return joined


def order_of(ctx: Context, keys: Sequence[Atom], axis: int) -> Atom:
    """The stable order of elements by several keys, the first one deciding most."""
    places = ctx.b.iota(shape=shape_in(keys[0]), axis=axis, dtype=I64)
    parts: list[Atom] = []
    for k in keys:
        parts += [ctx.b.real(k), ctx.b.imag(k)] if dtype_in(k).kind == "c" else [k]
    found: Atom = ctx.b.sort(*parts, places, axis=axis, num_keys=len(parts))[-1]
    return found


def _sort(
    ctx: Context, a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Abstract:
    _one_kind(ctx, kind, stable)
    return ctx.array(sorted_atom(ctx, *_in_rows(ctx, a, axis)))


def _in_rows(ctx: Context, a: Any, axis: Any) -> tuple[Atom, int]:
    """As `along`; a 0-d array has no axis to sort along."""
    if not absent(ctx, axis):
        ctx.axis(axis, len(ctx.shape_of(a)))
    return along(ctx, a, axis)


def _argpartition(
    ctx: Context, a: Any, kth: Any, axis: Any = -1, kind: Any = None, order: Any = None
) -> Abstract:
    """The order of a sort: one of those that a partition may have."""
    x, at = along(ctx, a, axis)
    _checked_kth(ctx, x, at, kth)
    return ctx.array(order_of(ctx, [x], at))


def _sort_in_place(
    ctx: Context, a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Abstract:
    x = ctx.atom(a)
    ctx.write(a, sorted_atom(ctx, x, ctx.axis(axis, x)))
    return ctx.constant(None)


def _partition_in_place(
    ctx: Context, a: Any, kth: Any, axis: Any = -1, kind: Any = None, order: Any = None
) -> Abstract:
    _checked_kth(ctx, *_in_rows(ctx, a, axis), kth)
    return _sort_in_place(ctx, a, axis)


def _checked_kth(ctx: Context, x: Atom, at: int, kth: Any) -> None:
    """Raises what NumPy raises for a place that the axis does not have."""
    dtype, n = ctx.strength(kth)[0], shape_in(x)[at]
    if dtype.kind not in "iu":
        words = "Booleans unacceptable as partition index"
        if dtype is BOOL:
            ctx.fail(ValueError, words)
        ctx.error("bad-operand", "Partition index must be integer")
    if 0 in shape_in(x):
        return
    k = ctx.atom(kth, I64)
    inside = ctx.b.and_(ctx.b.ge(k, -n), ctx.b.lt(k, n))

    def outside(ctx: Context, k: Atom) -> Any:
        after = ctx.b.select(ctx.b.lt(k, 0), ctx.b.add(k, n), k)
        return ctx.text("kth(=", ctx.py_scalar(after), f") out of bounds ({n})")

    check_all(ctx, k, inside, outside, ValueError)


def _partition(
    ctx: Context, a: Any, kth: Any, axis: Any = -1, kind: Any = None, order: Any = None
) -> Abstract:
    """Sorted: one of the orders that a partition may have."""
    x, at = _in_rows(ctx, a, axis)
    _checked_kth(ctx, x, at, kth)
    return ctx.array(sorted_atom(ctx, x, at))


def _argsort(
    ctx: Context, a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Abstract:
    _one_kind(ctx, kind, stable)
    x, at = along(ctx, a, axis)
    return ctx.array(order_of(ctx, [x], at))


def _one_kind(ctx: Context, kind: Any, stable: Any) -> None:
    if not absent(ctx, kind) and not absent(ctx, stable):
        ctx.error(
            "bad-value",
            "`kind` and keyword parameters can't be provided at the same time. Use only one of "
            "them.",
        )


def _lexsort(ctx: Context, keys: Any, axis: Any = -1) -> Abstract:
    given = ctx.items(keys) if ctx.kind_of(keys) == "sequence" else list(rows_of(ctx, keys))
    if not given:
        ctx.error("bad-operand", "need sequence of keys with len > 0 in lexsort")
    atoms = [ctx.atom(k) for k in reversed(given)]
    return ctx.array(order_of(ctx, atoms, ctx.axis(axis, atoms[0])))


def rows_of(ctx: Context, a: Any) -> list[Abstract]:
    """The rows of an array, as fresh arrays (numbers, of a vector)."""
    x = ctx.atom(a)
    shape = shape_in(x)
    if not shape:
        ctx.error("bad-operand", "iteration over a 0-d array")
    rows: list[Abstract] = []
    for i in range(shape[0]):
        limits = (i + 1, *shape[1:])
        starts = (i, *(0,) * (len(shape) - 1))
        row = ctx.b.slice(x, starts=starts, limits=limits, strides=(1,) * len(shape))
        rows.append(ctx.result(ctx.b.reshape(row, shape=shape[1:])))
    return rows


def _round(ctx: Context, a: Any, decimals: Any = 0, out: Any = None) -> Abstract:
    x, digits = ctx.atom(a), whole(ctx, decimals, "decimals")
    t = dtype_in(x)
    if t is BOOL and digits:
        pair = "from dtype('float64') to dtype('bool')"
        words = f"Cannot cast ufunc 'multiply' output {pair} with casting rule 'same_kind'"
        ctx.error("bad-operand", words)
    if t is BOOL:
        return deliver(ctx, ctx.cast(x, F16), out)
    if t.kind == "c":
        parts = (rounded(ctx, ctx.b.real(x), digits), rounded(ctx, ctx.b.imag(x), digits))
        return deliver(ctx, ctx.b.complex(*parts), out)
    if t.kind in "iu" and digits < 0:
        return deliver(ctx, ctx.cast(rounded(ctx, ctx.cast(x, F64), digits), t), out)
    return deliver(ctx, rounded(ctx, x, digits) if t.kind == "f" else x, out)


def rounded(ctx: Context, x: Atom, digits: int) -> Atom:
    """NumPy's rounding: scaled, to the nearest (halves to even), scaled back."""
    b = ctx.b
    if digits == 0:
        out: Atom = b.round(x)
        return out
    scale = float(10 ** abs(digits))
    near = b.round(b.mul(x, scale) if digits > 0 else b.div(x, scale))
    back: Atom = b.div(near, scale) if digits > 0 else b.mul(near, scale)
    return back


_CLIP, _TAKE, _ROUND = Intrinsic(_clip), Intrinsic(_take), Intrinsic(_round)
_ARGSORT = Intrinsic(_argsort)


FUNCTIONS: dict[Any, Intrinsic] = {
    np.where: Intrinsic(_where),
    np.nonzero: Intrinsic(_nonzero),
    np.argwhere: Intrinsic(_argwhere),
    np.flatnonzero: Intrinsic(_flat_nonzero),
    np.clip: _CLIP,
    np.take: _TAKE,
    np.take_along_axis: Intrinsic(_take_along_axis),
    np.sort: Intrinsic(_sort),
    np.argsort: _ARGSORT,
    np.lexsort: Intrinsic(_lexsort),
    np.partition: Intrinsic(_partition),
    np.argpartition: Intrinsic(_argpartition),
    np.round: _ROUND,
    np.around: _ROUND,
}

METHODS: dict[str, Intrinsic] = {
    "nonzero": Intrinsic(_nonzero),
    "clip": Intrinsic(_clip_method),
    "take": _TAKE,
    "sort": Intrinsic(_sort_in_place),
    "argsort": _ARGSORT,
    "partition": Intrinsic(_partition_in_place),
    "argpartition": Intrinsic(_argpartition),
    "round": _ROUND,
}
