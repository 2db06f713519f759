"""Making arrays: zeros, ones, full, arange, linspace, eye, array, copies."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from anvil.ir.records import Atom, Const
from anvil.ir.types import F64, I64, DType, array
from anvil.library.atoms import absent, dtype_argument, dtype_in, order_of, shape_in, type_in, whole
from anvil.parser.arrays import ranges
from anvil.parser.arrays.intervals import bounds_in
from anvil.parser.arrays.ragged import Axis, Span, ragged
from anvil.parser.arrays.whole import known_whole
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.memory import laid_out
from anvil.parser.state.values import NONE, Abstract, Known, NDArray, Scalar

_BIG = 4096
"""Known arrays of more elements are computed in the program rather than written into it."""
_MOST = 2**24
"""The greatest length of an array of computed length."""


def shape_argument(ctx: Context, shape: Any) -> tuple[int, ...]:
    """A shape argument: an int or a sequence of ints, all known while compiling."""
    known = known_whole(ctx, shape, "the shape")
    single = not isinstance(known, tuple | list | np.ndarray) or np.ndim(known) == 0
    try:
        dims = tuple(map(operator.index, (known,) if single else known))
    except TypeError:
        ctx.error("bad-operand", f"a shape is made of ints, not {known!r}")
    if any(n < 0 for n in dims):
        ctx.error("bad-shape", "negative dimensions are not allowed")
    return dims


def computed_shape(ctx: Context, shape: Any) -> tuple[tuple[int, ...], list[Axis | None]]:
    """A shape argument of which computed ints may be parts, if they have bounds: the greatest
    shape, and its ragged axes.
    """
    parts = ctx.items(shape) if ctx.kind_of(shape) == "sequence" else (shape,)
    lengths = [computed_length(ctx, v) for v in parts]
    if not any(lengths):
        dims = shape_argument(ctx, shape)
        return dims, [None] * len(dims)
    dims = tuple(
        shape_argument(ctx, v)[0] if found is None else found.size
        for v, found in zip(parts, lengths, strict=True)
    )
    return dims, list(lengths)


def computed_length(ctx: Context, v: Any) -> Span | None:
    """The axis of an array of computed length; None if the length is known, or has no bounds."""
    if not isinstance(v, Scalar) or v.dtype.kind not in "iu" or ctx.known_array(v) is not None:
        return None
    n = ctx.b.cast(v.atom, I64)
    most = bounds_in(ctx, n)
    if isinstance(n, Const) or most is None or most[1] > _MOST:
        return None
    if most[0] < 0:
        ctx.check(ctx.b.ge(n, 0), ValueError, "negative dimensions are not allowed")
        n = ctx.b.max(n, 0)
    return Span(max(most[1], 0), ctx.b.i64(0), n)


def _known_order(ctx: Context, order: Any) -> None:
    """Refuses an order that new arrays do not have."""
    if order_of(ctx, order) not in ("C", "F", None):
        ctx.error("bad-value", "only 'C' or 'F' order is permitted")


def _filled(value: int) -> Intrinsic:
    def run(
        ctx: Context, shape: Any, dtype: Any = None, order: Any = "C", *, like: Any = None
    ) -> Abstract:
        _known_order(ctx, order)
        dims, axes = computed_shape(ctx, shape)
        t = array(dtype_argument(ctx, dtype) or F64, dims)
        made = _kept(ctx, ctx.array(ctx.b.const(value, t)), NONE, order)
        return ragged(ctx, made, axes)  # type: ignore[no-any-return]

    return Intrinsic(run)


def _filled_like(value: int) -> Intrinsic:
    def run(
        ctx: Context,
        a: Any,
        dtype: Any = None,
        order: Any = "K",
        subok: Any = True,
        shape: Any = None,
    ) -> Abstract:
        found = ctx.array(ctx.b.const(value, _like(ctx, a, dtype, shape)))
        return _kept(ctx, found, a, order)

    return Intrinsic(run)


def _like(ctx: Context, a: Any, dtype: Any, shape: Any) -> Any:
    t = ctx.type_of(a)
    wanted = dtype_argument(ctx, dtype) or t.dtype
    given = ctx.is_known(shape) and ctx.known(shape) is None
    return array(wanted, t.shape if given else shape_argument(ctx, shape))


def _full(
    ctx: Context,
    shape: Any,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "C",
    *,
    like: Any = None,
) -> Abstract:
    _known_order(ctx, order)
    wanted = dtype_argument(ctx, dtype) or ctx.type_of(fill_value).dtype
    single = ctx.kind_of(fill_value) in ("py", "np")
    dims, axes = computed_shape(ctx, shape) if single else (shape_argument(ctx, shape), [])
    made = _kept(ctx, ctx.array(ctx.atom(fill_value, wanted, dims)), NONE, order)
    return ragged(ctx, made, axes)  # type: ignore[no-any-return]


def _full_like(
    ctx: Context,
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: Any = True,
    shape: Any = None,
) -> Abstract:
    t = _like(ctx, a, dtype, shape)
    return _kept(ctx, ctx.array(ctx.atom(fill_value, t.dtype, t.shape)), a, order)


def _kept(ctx: Context, made: NDArray, a: Any, order: Any) -> NDArray:
    """A fresh array with its elements in this order, which may be that of `a`."""
    wanted = order_of(ctx, order)
    if wanted == "F" and len(made.type.shape) > 1:
        ctx.session.orders[made.box] = tuple(reversed(range(len(made.type.shape))))
    return laid_out(ctx, made, (a,)) if wanted in ("K", "A") else made


def _array(
    ctx: Context,
    object: Any,
    dtype: Any = None,
    *,
    copy: Any = True,
    order: Any = "K",
    subok: Any = False,
    ndmin: Any = 0,
) -> Abstract:
    a = object
    order_of(ctx, order)
    wanted = dtype_argument(ctx, dtype)
    same = isinstance(a, NDArray) and wanted in (None, a.type.dtype)
    if not ctx.known(copy) and not absent(ctx, copy) and not same:
        ctx.error("bad-value", "Unable to avoid copy while creating an array as requested.")
    x = ctx.atom(a, wanted)
    missing = whole(ctx, ndmin, "ndmin") - len(shape_in(x))
    if missing > 0:
        x = ctx.b.reshape(x, shape=(1,) * missing + shape_in(x))
    if same and not ctx.known(copy):
        return ctx.reshaped(a, shape_in(x))
    return _kept(ctx, ctx.array(x), a, order)


def _asarray(
    ctx: Context, a: Any, dtype: Any = None, order: Any = None, *, copy: Any = None
) -> Abstract:
    order_of(ctx, order)
    wanted = dtype_argument(ctx, dtype)
    if isinstance(a, NDArray) and wanted in (None, a.type.dtype) and not ctx.known(copy):
        return a
    if not ctx.known(copy) and not absent(ctx, copy):
        ctx.error("bad-value", "Unable to avoid copy while creating an array as requested.")
    return ctx.array(ctx.atom(a, wanted))


def _contiguous(ctx: Context, a: Any, dtype: Any = None, *, like: Any = None) -> Abstract:
    made = _asarray(ctx, a, dtype)
    if ctx.shape_of(made):
        return made
    return ctx.array(ctx.b.reshape(ctx.atom(made), shape=(1,)))


def _copy(ctx: Context, a: Any, order: Any = "K", subok: Any = False) -> Abstract:
    return _kept(ctx, ctx.array(ctx.atom(a)), a, order)


def _copy_method(ctx: Context, a: Any, order: Any = "C") -> Abstract:
    """A NumPy scalar is its own copy."""
    return _copy(ctx, a, order) if isinstance(a, NDArray) else ctx.lifted(a)


def _arange(
    ctx: Context,
    start: Any,
    stop: Any = None,
    step: Any = None,
    dtype: Any = None,
    *,
    device: Any = None,
    like: Any = None,
) -> Abstract:
    wanted = dtype_argument(ctx, dtype)
    found = _computed_range(ctx, start, stop, step)
    if found is not None:
        return found if wanted in (None, I64) else ctx.call(np.astype, found, wanted.np)
    known = [ctx.known(v, "an argument of arange") for v in (start, stop, step)]
    if known[1] is None and known[0] is not None:
        known[:2] = [0, known[0]]
    if known[2] is None:
        known[2] = 1
    if known[2] == 0:
        ctx.fail(ZeroDivisionError, "division by zero")
    try:
        values = np.arange(*known, dtype=wanted.np if wanted else None)
    except (TypeError, ValueError) as error:
        ctx.error("bad-operand", str(error), raises=type(error))
    if values.size <= _BIG or values.dtype.kind not in "iu":
        return ctx.constant(values)
    index = ctx.b.iota(shape=values.shape, axis=0, dtype=I64)
    scaled = ctx.b.add(ctx.b.mul(index, int(known[2])), int(known[0]))
    return ctx.array(ctx.cast(scaled, wanted or I64))


def _computed_range(ctx: Context, start: Any, stop: Any, step: Any) -> Abstract | None:
    """A range of computed ints whose greatest length is known."""
    if absent(ctx, stop):
        start, stop = Known(0), start
    by = 1 if absent(ctx, step) else ctx.known_or_none(step)
    ends = (start, stop)
    if not isinstance(by, int) or not by or not any(isinstance(v, Scalar) for v in ends):
        return None
    if all(ctx.known_array(v) is not None for v in ends):
        return None
    if not all(ctx.strength(v)[0].kind in "iu" for v in ends):
        return None
    b = ctx.b
    low, high = (ctx.atom(v, I64) for v in ends)
    if by < 0:
        low, high = high, low
    most = ranges.most(ctx, high, low, bounds_in)
    if most is None or most > _MOST or (isinstance(low, Const) and isinstance(high, Const)):
        return None
    size = -(-max(most, 0) // abs(by))
    count = b.sub(high, low)
    if abs(by) > 1:
        count = b.floor_div(b.add(count, abs(by) - 1), abs(by))
    count = b.max(count, 0)
    ranges.set_bounds(ctx, count, 0, size)
    steps = b.mul(b.iota(shape=(size,), axis=0, dtype=I64), by)
    first = low if by > 0 else high
    values = b.add(steps, b.broadcast_to(first, (size,)))
    return ragged(ctx, ctx.array(values), [Span(size, b.i64(0), count)])  # type: ignore[no-any-return]


def _linspace(
    ctx: Context,
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: Any = True,
    retstep: Any = False,
    dtype: Any = None,
    axis: Any = 0,
) -> Abstract:
    """`start + i * step`, the last element `stop` itself, as NumPy computes it."""
    if computed_length(ctx, num) is not None and ctx.known(endpoint) and not ctx.known(retstep):
        places = _computed_range(ctx, Known(0), num, None)
        found = ctx.call_library(_spaced, start, stop, num, places)
        return found if dtype_argument(ctx, dtype) is None else ctx.call(np.astype, found, dtype)
    b, n, last = ctx.b, whole(ctx, num, "num"), bool(ctx.known(endpoint))
    if n < 0:
        ctx.error("bad-value", f"number of samples, {n}, must be non-negative")
    low, high = ctx.operands(start, stop, dtype=_float_of(ctx, start, stop))
    t, rest = dtype_in(low), shape_in(low)
    parts = n - 1 if last else n
    step = b.div(b.sub(high, low), b.const(float(parts) if parts else float("nan"), type_in(low)))
    shape = (n, *rest)
    index = b.cast(b.iota(shape=shape, axis=0, dtype=I64), t)
    wide = [b.broadcast_to(v, shape) for v in (low, high, step)]
    values = b.add(b.mul(index, wide[2]), wide[0]) if parts > 0 else wide[0]
    if last and n > 1:
        values = b.select(b.eq(index, float(n - 1)), wide[1], values)
    at = ctx.axis(axis, len(shape))
    if at:
        order = list(range(1, len(shape)))
        values = b.transpose(values, perm=(*order[:at], 0, *order[at:]))
    wanted = dtype_argument(ctx, dtype) or t
    if wanted.kind in "iu":
        values = b.floor(values)
    result = ctx.array(ctx.cast(values, wanted))
    if not ctx.known(retstep):
        return result
    return ctx.tuple((result, ctx.result(step) if parts > 0 else Known(float("nan"))))


def _spaced(start: Any, stop: Any, num: Any, i: Any) -> Any:
    """Evenly spaced numbers, of computed number; `i` are their indices."""
    spaced = i * ((stop - start) / np.maximum(num - 1, 1)) + start
    return np.where((i == num - 1) & (i > 0), stop, spaced)


def _float_of(ctx: Context, *vs: Any) -> DType:
    common = ctx.promote(*vs)
    return common if common.inexact else F64


def _eye(
    ctx: Context,
    N: Any,
    M: Any = None,
    k: Any = 0,
    dtype: Any = None,
    order: Any = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Abstract:
    if absent(ctx, M) and isinstance(k, int) and computed_length(ctx, N) is not None:
        found = ctx.call_library(_unit, _computed_range(ctx, Known(0), N, None))
        return ctx.call(np.astype, found, (dtype_argument(ctx, dtype) or F64).np)
    rows, columns = ctx.known(N, "N"), ctx.known(M, "M")
    wanted = dtype_argument(ctx, dtype) or F64
    shape = shape_argument(ctx, (rows, rows if columns is None else columns))
    return ctx.array(ctx.cast(diagonal_mask(ctx, shape, whole(ctx, k, "k")), wanted))


def _unit(i: Any) -> Any:
    """The unit matrix with these indices."""
    return i[:, None] == i


def _identity(ctx: Context, n: Any, dtype: Any = None, *, like: Any = None) -> Abstract:
    return _eye(ctx, n, dtype=dtype)


def diagonal_mask(ctx: Context, shape: tuple[int, ...], k: int, op: str = "eq") -> Atom:
    """Booleans over the last two axes: column - row compared (`eq`, `le`, `ge`) with k."""
    n = len(shape)
    row = ctx.b.iota(shape=shape, axis=n - 2, dtype=I64)
    column = ctx.b.iota(shape=shape, axis=n - 1, dtype=I64)
    out: Atom = ctx.b.emit(op, (column, ctx.b.add(row, k)))
    return out


_ZEROS, _ONES = _filled(0), _filled(1)

FUNCTIONS: dict[Any, Intrinsic] = {
    np.zeros: _ZEROS,
    np.empty: _ZEROS,
    np.ones: _ONES,
    np.full: Intrinsic(_full),
    np.zeros_like: _filled_like(0),
    np.empty_like: _filled_like(0),
    np.ones_like: _filled_like(1),
    np.full_like: Intrinsic(_full_like),
    np.array: Intrinsic(_array),
    np.asarray: Intrinsic(_asarray),
    np.ascontiguousarray: Intrinsic(_contiguous),
    np.asanyarray: Intrinsic(_asarray),
    np.copy: Intrinsic(_copy),
    np.arange: Intrinsic(_arange),
    np.linspace: Intrinsic(_linspace),
    np.eye: Intrinsic(_eye),
    np.identity: Intrinsic(_identity),
}

METHODS: dict[str, Intrinsic] = {"copy": Intrinsic(_copy_method)}
