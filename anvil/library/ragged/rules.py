"""What library functions do with arrays whose length the data decides: one table of rules.

    elementwise     on all positions, those that belong to no element filled harmlessly
    reduction       the other positions filled with the neutral element
    product         the other positions filled with zeros
    running         as a reduction, the result as ragged as the operand

A rule is `rule(ctx, call, args, kwargs)`; `call` is the function itself, for arrays of fixed shape.
Functions in plain Python that are not in the table are compiled as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, F64, I64, array
from anvil.library.arrays import selection
from anvil.library.arrays.ufuncs import TABLE
from anvil.library.atoms import absent, dtype_argument, dtype_in, shape_in, type_in
from anvil.library.ragged.formulas import FORMULAS
from anvil.library.ragged.joining import JOINING
from anvil.library.ragged.systems import RULES as SYSTEMS
from anvil.parser.arrays.ragged import (
    Axis,
    Picked,
    Ragged,
    Span,
    alike,
    count_of,
    dense,
    length,
    ragged,
    rank_of,
    replaced,
    sampled,
    some,
)
from anvil.parser.arrays.ragged_frames import (
    Frame,
    elementwise,
    frame_of,
    moved,
    packed,
    taken,
)
from anvil.parser.arrays.ragged_items import get_ragged
from anvil.parser.arrays.ragged_stores import store_ragged
from anvil.parser.containers.list_arrays import as_list
from anvil.parser.context import Context
from anvil.parser.state.values import NONE, Abstract, Known, TupleV

Call = Callable[..., Abstract]
Args = Sequence[Any]
Kwargs = dict[str, Any]
Rule = Callable[[Context, Call, Args, Kwargs], Abstract]


def _refuse(ctx: Context, args: Args, kwargs: Kwargs) -> None:
    """Asks for a fixed shape of whatever is ragged."""
    for v in (*args, *kwargs.values()):
        for item in (v, *(ctx.items(v) if ctx.kind_of(v) == "sequence" else ())):
            if isinstance(item, Ragged):
                dense(ctx, item)


def _elementwise(count: int | None, fill: str = "sample") -> Rule:
    """The first `count` arguments (all if None) are operands; the others are passed as they are."""

    def rule(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
        n = len(args) if count is None else min(count, len(args))
        rest = args[n:]
        out = kwargs.pop("out", None)
        _refuse(ctx, rest, kwargs)
        operands = [ctx.lifted(a) for a in args[:n]]
        found = elementwise(ctx, lambda *xs: call(*xs, *rest, **kwargs), operands, fill)
        if out is None or absent(ctx, out):
            return found
        if not isinstance(out, Ragged):
            _refuse(ctx, args, {})
        store_ragged(ctx, out, found, "out")
        return out  # type: ignore[no-any-return]

    return rule


# ---- reductions


def _axes_of(ctx: Context, v: Ragged, args: Args, kwargs: Kwargs) -> tuple[int, ...]:
    axis = args[1] if len(args) > 1 else kwargs.get("axis")
    return ctx.axes(axis, len(v.axes))


def _left(ctx: Context, v: Ragged, axes: tuple[int, ...], keepdims: Any) -> Frame:
    """The ragged axes of a reduction's result."""
    if ctx.known(keepdims, "keepdims"):
        return [None if k in axes else a for k, a in enumerate(v.axes)]
    return [a for k, a in enumerate(v.axes) if k not in axes]


def _over(v: Ragged, axes: tuple[int, ...]) -> Frame:
    return [a if k in axes else None for k, a in enumerate(v.axes)]


def _operand(ctx: Context, args: Args, kwargs: Kwargs) -> Ragged:
    v = args[0]
    if not isinstance(v, Ragged):
        _refuse(ctx, args, kwargs)
    _refuse(ctx, args[1:], kwargs)
    assert isinstance(v, Ragged)
    return v


Neutral = Callable[[Any], Any]


def _lowest(dtype: Any) -> Any:
    return False if dtype.kind == "b" else _end(dtype, "min")


def _highest(dtype: Any) -> Any:
    return True if dtype.kind == "b" else _end(dtype, "max")


def _end(dtype: Any, which: str) -> Any:
    if dtype.kind == "f":
        return -np.inf if which == "min" else np.inf
    return int(getattr(np.iinfo(dtype.np), which))


def _reduction(neutral: Neutral, empty: str = "") -> Rule:
    """`empty`: what NumPy says where there is nothing to reduce."""

    def rule(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
        where, kwargs = kwargs.get("where", True), {k: v for k, v in kwargs.items() if k != "where"}
        initial = empty and not absent(ctx, kwargs.get("initial"))
        if where is not True and not initial and empty:
            _refuse(ctx, args, {"where": where, **kwargs})
        v = _where_true(ctx, args[0], where, neutral) if where is not True else args[0]
        v = _operand(ctx, [v, *args[1:]], kwargs)
        if kwargs.keys() - {"axis", "keepdims", "dtype", "initial"} or len(args) > 2:
            dense(ctx, v)
        axes = _axes_of(ctx, v, args, kwargs)
        over = _over(v, axes)
        x = ctx.read(v.data)
        if dtype_in(x).kind == "c" and empty:
            dense(ctx, v)
        if empty and not initial:
            ctx.check(some(ctx, over), ValueError, empty)
        x = replaced(ctx, x, over, neutral(dtype_in(x)))
        found = call(ctx.array(x), *args[1:], **kwargs)
        return ragged(ctx, found, _left(ctx, v, axes, kwargs.get("keepdims", False)))  # type: ignore[no-any-return]

    return rule


def _where_true(ctx: Context, v: Any, where: Any, neutral: Neutral) -> Any:
    """An array with what changes nothing where `where` is false."""
    dtype = v.dtype if isinstance(v, Ragged) else ctx.type_of(v).dtype
    filler = ctx.constant(dtype.np.type(neutral(dtype)))
    return ctx.call(np.where, where, v, filler)


def _first(rule: Rule) -> Rule:
    """A reduction along the first axis, where no other is given."""

    def found(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
        return rule(ctx, call, args, kwargs if len(args) > 1 else {"axis": 0, **kwargs})

    return found


def _moment(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    """Means and variances, which know `where`."""
    v = _operand(ctx, args, kwargs)
    if kwargs.keys() - {"axis", "keepdims", "dtype", "ddof"} or len(args) > 2:
        dense(ctx, v)
    axes = _axes_of(ctx, v, args, kwargs)
    x = ctx.read(v.data)
    mask = replaced(ctx, Const(type_in(x).with_dtype(BOOL), True), _over(v, axes), False)
    found = call(ctx.array(x), *args[1:], where=ctx.array(mask), **kwargs)
    return ragged(ctx, found, _left(ctx, v, axes, kwargs.get("keepdims", False)))  # type: ignore[no-any-return]


def _position(name: str) -> Rule:
    def rule(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
        v = _operand(ctx, args, kwargs)
        axis = args[1] if len(args) > 1 else kwargs.get("axis")
        if (len(v.axes) != 1 and absent(ctx, axis)) or kwargs.keys() - {"axis", "keepdims"}:
            dense(ctx, v)
        k = 0 if absent(ctx, axis) else ctx.axis(axis, len(v.axes))
        along = v.axes[k]
        x = ctx.read(v.data)
        if along is not None:
            empty = f"attempt to get {name} of an empty sequence"
            ctx.check(some(ctx, [along]), ValueError, empty)
            x = sampled(ctx, x, _over(v, (k,)))
        found = call(ctx.array(x), *args[1:], **kwargs)
        if along is not None:
            at = ctx.atom(found, I64)
            found = ctx.result(taken(ctx, rank_of(ctx, along), 0, _flat(ctx, at)))
            found = ctx.result(ctx.b.reshape(ctx.atom(found), shape=shape_in(at)))
        return ragged(ctx, found, _left(ctx, v, (k,), kwargs.get("keepdims", False)))  # type: ignore[no-any-return]

    return rule


def _flat(ctx: Context, x: Atom) -> Atom:
    out: Atom = ctx.b.reshape(x, shape=(type_in(x).size,))
    return out


def _ptp(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    high, low = ctx.call(np.max, *args, **kwargs), ctx.call(np.min, *args, **kwargs)
    return ctx.binary("-", high, low)


def _running(neutral: Neutral) -> Rule:
    def rule(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
        v = _operand(ctx, args, kwargs)
        axis = args[1] if len(args) > 1 else kwargs.get("axis")
        if (len(v.axes) > 1 and absent(ctx, axis)) or kwargs.keys() - {"axis", "dtype"}:
            dense(ctx, v)
        x = ctx.read(v.data)
        x = replaced(ctx, x, v.axes, neutral(dtype_in(x)))
        return ragged(ctx, call(ctx.array(x), *args[1:], **kwargs), v.axes)  # type: ignore[no-any-return]

    return rule


# ---- products


def _product(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    """matmul, dot, inner and vdot: the contracted axes brought to the same positions."""
    _refuse(ctx, args[2:], kwargs)
    a, b = (ctx.lifted(v) for v in args[:2])
    m, n = _ndim(ctx, a), _ndim(ctx, b)
    if not m or not n:
        return ctx.binary("*", a, b)
    if max(m, n) > 2 or min(m, n) < 1:
        _refuse(ctx, args, {})
    i, j = m - 1, max(n - 2, 0)
    frame = frame_of(ctx, [_vector(ctx, a, i), _vector(ctx, b, j)])[0]
    x, own = _contracted(ctx, a, i, frame)
    y, other = _contracted(ctx, b, j, frame)
    found = call(ctx.array(x), ctx.array(y), *args[2:], **kwargs)
    left = [q for k, q in enumerate(own) if k != i] + [q for k, q in enumerate(other) if k != j]
    return ragged(ctx, found, left)  # type: ignore[no-any-return]


def _ndim(ctx: Context, v: Any) -> int:
    return len(v.axes) if isinstance(v, Ragged) else len(ctx.shape_of(v))


def _vector(ctx: Context, v: Abstract, k: int) -> Abstract:
    """A vector as long as axis k of an array."""
    shape = v.data.type.shape if isinstance(v, Ragged) else ctx.shape_of(v)
    flat = ctx.array(ctx.b.const(0, _vector_type(shape[k])))
    return ragged(ctx, flat, [v.axes[k]]) if isinstance(v, Ragged) else flat


def _vector_type(n: int) -> Any:
    return array(I64, (n,))


def _contracted(ctx: Context, v: Abstract, k: int, frame: Axis | None) -> tuple[Atom, Frame]:
    """An operand of a product with zeros where nothing belongs to it."""
    if isinstance(v, Ragged):
        x, axes = ctx.read(v.data), list(v.axes)
    else:
        x = ctx.atom(v)
        axes = [None] * len(shape_in(x))
    x = replaced(ctx, x, axes, 0)
    if frame is not None and not alike(ctx, axes[k], frame):
        x = moved(ctx, x, k, axes[k], frame)
        axes[k] = frame
        x = replaced(ctx, x, [frame if i == k else None for i in range(len(axes))], 0)
    return x, axes


def _outer(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    _refuse(ctx, args[2:], kwargs)
    axes: Frame = []
    parts: list[Abstract] = []
    for v in (ctx.lifted(a) for a in args[:2]):
        if isinstance(v, Ragged):
            if len(v.axes) != 1:
                dense(ctx, v)
            axes.append(v.axes[0])
            parts.append(ctx.array(replaced(ctx, ctx.read(v.data), v.axes, 0)))
        else:
            axes.append(None)
            parts.append(v)
    return ragged(ctx, call(*parts, *args[2:], **kwargs), axes)  # type: ignore[no-any-return]


# ---- order


def _sorted(ctx: Context, v: Ragged, k: int) -> Ragged:
    """In order along axis k, the selected elements in front."""
    axis = v.axes[k]
    x = ctx.read(v.data)
    if axis is None:
        return Ragged(ctx.array(selection.sorted_atom(ctx, x, k)), v.axes, v.loc)
    if len(v.axes) != 1:
        dense(ctx, v)
    order = selection.order_of(ctx, [x], 0)
    mask = replaced(ctx, Const(type_in(x).with_dtype(BOOL), True), v.axes, False)
    picked = Picked(axis.size, taken(ctx, mask, 0, order))
    y, span = packed(ctx, taken(ctx, x, 0, order), 0, picked)
    return Ragged(ctx.array(y), (Span(axis.size, span.start, count_of(ctx, axis)),), v.loc)


def _sort(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    v = _operand(ctx, args, kwargs)
    axis = args[1] if len(args) > 1 else kwargs.get("axis", -1)
    return _sorted(ctx, v, ctx.axis(axis, len(v.axes)))


def _sort_in_place(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    v = _operand(ctx, args, kwargs)
    store_ragged(ctx, v, _sort(ctx, call, args, kwargs))
    return NONE


def _median(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    return _quantiles(ctx, args[:1], [0.5, *args[1:]], kwargs)


def _quantile(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    _not_empty(ctx, args[0])
    return _quantiles(ctx, args[:1], args[1:], kwargs)


def _percentile(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    if len(args) < 2:
        _refuse(ctx, args, kwargs)
    _not_empty(ctx, args[0])
    share = ctx.call(np.true_divide, args[1], 100)
    return _quantiles(ctx, args[:1], [share, *args[2:]], kwargs)


def _not_empty(ctx: Context, v: Any) -> None:
    """NumPy looks for the last element, to see whether it is nan."""
    if isinstance(v, Ragged):
        message = "index -1 is out of bounds for axis 0 with size 0"
        ctx.check(some(ctx, v.axes), IndexError, message)


def _quantiles(ctx: Context, args: Args, rest: Args, kwargs: Kwargs) -> Abstract:
    v = _operand(ctx, args, kwargs)
    axis = rest[1] if len(rest) > 1 else kwargs.get("axis")
    plain = len(v.axes) == 1 and kwargs.keys() <= {"axis"} and len(rest) <= 2
    if not plain or not (absent(ctx, axis) or ctx.known(axis) in (0, -1)):
        dense(ctx, v)
    x = ctx.read(v.data)
    if dtype_in(x).kind in "biu":
        v = Ragged(ctx.array(ctx.cast(x, F64)), v.axes, v.loc)
    found = _sorted(ctx, v, 0)
    (axis_of,) = found.axes
    assert axis_of is not None
    n = ctx.py_scalar(count_of(ctx, axis_of))
    rows = ctx.array(sampled(ctx, ctx.read(found.data), found.axes))
    return ctx.session.calls.call_entry(ctx, _quantile_of, [rows, n, ctx.lifted(rest[0])], {})


def _quantile_of(rows: Any, n: Any, q: Any) -> Any:
    """The quantiles of the first n of sorted numbers; nan for none, or with a nan among them."""
    q = np.asarray(q, dtype=rows.dtype)
    place = q * np.maximum(n - 1, 0)
    low = np.floor(place)
    share = place - low
    index = low.astype(int)
    top = np.maximum(n - 1, 0)
    first = np.take(rows, index)
    second = np.take(rows, np.minimum(index + 1, top))
    step = second - first
    found = np.where(share >= 0.5, second - step * (1 - share), first + step * share)
    last = rows[top]
    found = np.where(np.isnan(last) | (n == 0), np.nan, found)
    return found.astype(rows.dtype)[()]


# ---- shapes and copies


def _same(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    """asarray and the like: the array itself."""
    v = _operand(ctx, args, kwargs)
    dtype = args[1] if len(args) > 1 else kwargs.get("dtype")
    if kwargs.keys() - {"dtype"} or len(args) > 2:
        dense(ctx, v)
    if dtype is None or dtype_argument(ctx, dtype) in (None, v.dtype):
        return v
    return ctx.call(np.astype, v, dtype)


def _ravel(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    v = _operand(ctx, args, kwargs)
    if len(v.axes) != 1:
        dense(ctx, v)
    return v


def _flattened(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    v = _ravel(ctx, call, args, kwargs)
    assert isinstance(v, Ragged)
    return Ragged(ctx.copy(v.data), v.axes, v.loc, v.filled)


def _astype(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    """Always a copy, so `copy=False` is refused: the result may be written to."""
    if len(args) > 2 or kwargs.keys() - {"dtype"}:
        _refuse(ctx, args, kwargs)
    return _ONE(ctx, call, args, kwargs)


def _where(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    if len(args) != 3:
        _refuse(ctx, args, kwargs)
    return _elementwise(3)(ctx, call, args, kwargs)


def _vdot(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    if any(_ndim(ctx, ctx.lifted(v)) != 1 for v in args):
        _refuse(ctx, args, kwargs)
    return _product(ctx, call, args, kwargs)


def _copied(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    v = _operand(ctx, args, kwargs)
    return ragged(ctx, call(v.data, *args[1:], **kwargs), v.axes)  # type: ignore[no-any-return]


_WHOLE, _NEW = Known(slice(None)), Known(None)
_BESIDE: dict[Any, Abstract] = {(1, -1): TupleV((_NEW, _WHOLE)), (-1, 1): TupleV((_WHOLE, _NEW))}


def _reshape(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    v = _operand(ctx, args, kwargs)
    shape = args[1:] if len(args) != 2 else (args[1],)
    known = [ctx.known_or_none(s) for s in shape]
    flat = known[0] if len(known) == 1 and isinstance(known[0], tuple) else tuple(known)
    if len(v.axes) == 1 and flat == (-1,):
        return v
    if len(v.axes) == 1 and flat in _BESIDE:
        return get_ragged(ctx, v, _BESIDE[flat])
    dense(ctx, v)


def _transpose(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    v = _operand(ctx, args, kwargs)
    if len(args) > 1 or kwargs:
        dense(ctx, v)
    n = len(v.axes)
    return Ragged(ctx.permuted(v.data, tuple(reversed(range(n)))), v.axes[::-1], v.loc, v.filled)


def _shape(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    v = _operand(ctx, args, kwargs)
    return ctx.tuple([length(ctx, v, k) for k in range(len(v.axes))])


def _to_list(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    v = _operand(ctx, args, kwargs)
    found = as_list(ctx, v, py=True)
    return dense(ctx, v) if found is None else found


def _size(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    v = _operand(ctx, args, kwargs)
    axis = args[1] if len(args) > 1 else kwargs.get("axis")
    total: Abstract = Known(1)
    for k in ctx.axes(axis, len(v.axes)):
        total = ctx.binary("*", total, length(ctx, v, k))
    return total


def _rank(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    return Known(len(_operand(ctx, args, kwargs).axes))


def _fill(ctx: Context, call: Call, args: Args, kwargs: Kwargs) -> Abstract:
    store_ragged(ctx, _operand(ctx, args, kwargs), ctx.lifted(args[1]))
    return NONE


# ---- the table

_ANY, _ONE = _elementwise(None), _elementwise(1)
_OPERANDS = {fn: _elementwise(row[0]) for fn, row in TABLE.items()}
_NO_MAX = "zero-size array to reduction operation maximum which has no identity"
_NO_MIN = "zero-size array to reduction operation minimum which has no identity"
_ZERO, _UNIT = _reduction(lambda t: 0), _reduction(lambda t: 1)

_GREATEST, _LEAST = _reduction(_lowest, _NO_MAX), _reduction(_highest, _NO_MIN)

RULES: dict[Any, Rule | None] = {
    np.add.at: None,
    np.subtract.at: None,
    np.delete: None,
    **_OPERANDS,
    np.divmod: _elementwise(2),
    np.modf: _ONE,
    np.ldexp: _elementwise(2),
    np.where: _where,
    np.clip: _elementwise(3),
    np.round: _ONE,
    np.real: _ONE,
    np.imag: _ONE,
    np.angle: _ONE,
    np.nan_to_num: _ONE,
    np.astype: _astype,
    np.zeros_like: _ONE,
    np.ones_like: _ONE,
    np.full_like: _elementwise(2),
    np.sum: _ZERO,
    np.prod: _UNIT,
    np.any: _ZERO,
    np.all: _UNIT,
    np.count_nonzero: _ZERO,
    np.max: _GREATEST,
    np.min: _LEAST,
    np.mean: _moment,
    np.var: _moment,
    np.std: _moment,
    np.argmax: _position("argmax"),
    np.argmin: _position("argmin"),
    np.ptp: _ptp,
    np.cumsum: _running(lambda t: 0),
    np.cumprod: _running(lambda t: 1),
    np.matmul: _product,
    np.dot: _product,
    np.vdot: _vdot,
    np.outer: _outer,
    np.sort: _sort,
    np.median: _median,
    np.quantile: _quantile,
    np.percentile: _percentile,
    np.asarray: _same,
    np.array: _copied,
    np.copy: _copied,
    np.ascontiguousarray: _same,
    np.ravel: _ravel,
    np.reshape: _reshape,
    np.transpose: _transpose,
    np.shape: _shape,
    np.size: _size,
    np.ndim: _rank,
    np.linalg.norm: None,
    np.result_type: None,
    np.iscomplexobj: None,
    np.isrealobj: None,
    np.add.reduce: _first(_ZERO),
    np.multiply.reduce: _first(_UNIT),
    np.maximum.reduce: _first(_GREATEST),
    np.minimum.reduce: _first(_LEAST),
    np.add.accumulate: _running(lambda t: 0),
    np.multiply.accumulate: _running(lambda t: 1),
    np.maximum.accumulate: _running(_lowest),
    np.minimum.accumulate: _running(_highest),
    np.inner: _vdot,
    **JOINING,
    **FORMULAS,
    **SYSTEMS,
    abs: _ONE,
}
"""Rules by the callable whose entry they stand beside; None for one that knows ragged indices."""

METHODS: dict[str, Rule | None] = {
    "reshape": _reshape,
    "clip": RULES[np.clip],
    "copy": _copied,
    "sort": _sort_in_place,
    "flatten": _flattened,
    "fill": _fill,
    "dot": _product,
    "conj": _ONE,
    "conjugate": _ONE,
    "tolist": _to_list,
    "cumsum": RULES[np.cumsum],
}
"""Rules of methods that are no functions."""
