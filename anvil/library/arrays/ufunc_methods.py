"""`reduce`, `accumulate`, `reduceat`, `outer` and `at` of every binary ufunc, and the keywords
`out=`, `where=` and `dtype=` of ufuncs that are written in plain Python.

A method is one rule in plain Python whose first parameter is the ufunc. Sums, products, extrema and
the like have reductions of their own (reductions.py, calculus.py, selection.py).
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from anvil.ir.types import BOOL, DType
from anvil.library.arrays.resolution import (
    casting_rule,
    combined_in,
    selected,
    stepped_in,
)
from anvil.library.arrays.ufuncs import TABLE, deliver
from anvil.library.atoms import absent, dtype_argument
from anvil.library.refusal import about, refuse, static
from anvil.parser.arrays.array_items import accumulate
from anvil.parser.arrays.ragged import Ragged
from anvil.parser.arrays.resolution import loop_at, loop_of
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import NONE, Abstract, Known, NDArray

UNORDERED = (np.maximum, np.minimum, np.fmax, np.fmin)
"""Ufuncs without an identity that may combine elements in any order."""

_SCATTERED = {np.add: "+", np.subtract: "-"}

OWN = "the identity"
"""What `initial=` is unless it is given."""


def into(fn: Any, found: Any, out: Any) -> Any:
    """A result, written into `out=` if that was given, by any cast."""
    target = out[0] if isinstance(out, tuple) else out
    if target is None:
        return found
    if np.shape(found) != target.shape:
        words = f"provided out is the wrong size for the reduction: {fn.__name__}"
        refuse("shape-mismatch", words)
    np.copyto(target, found, casting="unsafe")
    return target


def _elements(fn: Any, array: Any, dtype: Any, out: Any, method: Any) -> Any:
    """The elements in the dtype in which they are combined."""
    target = out[0] if isinstance(out, tuple) else out
    return array.astype(combined_in(fn, array, dtype, target, method))


def _in_front(x: Any, axes: Any) -> Any:
    """The axes to reduce as one axis in front."""
    rest = [i for i in range(x.ndim) if i not in axes]
    n = 1
    for i in axes:
        n = n * x.shape[i]
    x = np.transpose(x, (*axes, *rest))
    return np.reshape(x, (n, *x.shape[len(axes) :]))


def _axes(fn: Any, axis: Any, ndim: Any) -> Any:
    """The axes of a reduction; an array without axes lets 0 and -1 pass."""
    axis = static(axis)
    if ndim == 0 and (axis == 0 or axis == -1):
        return ()
    if axis is None:
        axis = tuple(range(ndim))
    axes = axis if isinstance(axis, tuple) else (axis,)
    for i in axes:
        if i < -ndim or i >= ndim:
            refuse("bad-axis", f"axis {i} is out of bounds for array of dimension {ndim}")
    if len(axes) > 1 and fn.identity is None and fn not in UNORDERED:
        refuse(
            "bad-value",
            f"reduction operation '{fn.__name__}' is not reorderable, so at most one axis may be "
            "specified",
        )
    found = tuple(i % ndim for i in axes)
    if len(set(found)) < len(found):
        refuse("bad-value", "duplicate value in 'axis'")
    return found


def _reduce(
    fn: Any,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = OWN,
    where: Any = True,
) -> Any:
    """Combined from left to right."""
    array = np.asarray(array)
    elements = _elements(fn, array, dtype, out, "reduce")
    axes = _axes(fn, axis, array.ndim)
    kept = tuple(1 if i in axes else m for i, m in enumerate(array.shape))
    x = _in_front(elements, axes)
    everywhere = where is True
    first, start = fn.identity if initial is OWN else initial, 0
    if initial is OWN and first is not None:
        total = np.full(x.shape[1:], first).astype(x.dtype)[()]
    elif first is not None:
        total = np.full(x.shape[1:], first, dtype=x.dtype)[()]
    elif not everywhere:
        refuse(
            "bad-value",
            f"reduction operation '{fn.__name__}' does not have an identity, so to use a where "
            "mask one has to specify 'initial'",
        )
    elif x.shape[0] == 0:
        words = f"zero-size array to reduction operation {fn.__name__} which has no identity"
        refuse("bad-value", words)
    else:
        total, start = x[0], 1
    if everywhere:
        for i in range(start, x.shape[0]):
            total = fn(total, x[i]).astype(x.dtype)
    else:
        mask = _in_front(np.broadcast_to(selected(where), array.shape), axes)
        for i in range(start, x.shape[0]):
            total = np.where(mask[i], fn(total, x[i]).astype(x.dtype), total)[()]
    if keepdims and array.ndim > 0:
        total = np.reshape(total, kept)
    return into(fn, total, out)


def _accumulate(fn: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    array = np.asarray(array)
    if array.ndim == 0:
        refuse("bad-operand", "cannot accumulate on a scalar")
    elements = _elements(fn, array, dtype, out, "accumulate")
    at = _axes(fn, axis, array.ndim)[0]
    x = np.moveaxis(elements, at, 0)
    found = np.array(x)
    if x.shape[0] > 0:
        total = x[0]
        for i in range(1, x.shape[0]):
            total = fn(total, x[i]).astype(x.dtype)
            found[i] = total
    return into(fn, np.moveaxis(found, 0, at), out)


def _reduce_at(
    fn: Any, array: Any, indices: Any, axis: Any = 0, dtype: Any = None, out: Any = None
) -> Any:
    """Reductions from each index to the next one; the element itself where that comes before."""
    array, places = np.asarray(array), static(indices)
    if array.ndim == 0:
        refuse("bad-operand", "cannot reduceat on a scalar")
    elements = _elements(fn, array, dtype, out, "reduceat")
    at = _axes(fn, axis, array.ndim)[0]
    x = np.moveaxis(elements, at, 0)
    n, ends = x.shape[0], [*places, x.shape[0]]
    parts = []
    for k in range(len(places)):
        low, high = int(ends[k]), int(ends[k + 1])
        if low < 0 or low >= n:
            words = f"index {low} out-of-bounds in {fn.__name__}.reduceat [0, {n})"
            refuse("index-out-of-range", words)
        part = x[low : max(high, low + 1)]
        parts.append(fn.reduce(part, axis=0, dtype=x.dtype, initial=None))
    found = np.stack(parts, axis=at) if parts else np.moveaxis(x[:0], 0, at)
    return into(fn, found, out)


def _at(fn: Any, a: Any, indices: Any, *operands: Any) -> None:
    """`a[indices] = fn(a[indices], b)`, element after element: repeated places count repeatedly.
    Results are converted to the array's dtype by any cast.
    """
    if len(operands) < fn.nin - 1:
        refuse("bad-value", "second operand needed for ufunc")
    if len(operands) > fn.nin - 1:
        refuse("bad-value", "second operand provided when ufunc is unary")
    given = [np.asarray(b) for b in operands]
    kinds = stepped_in(fn, a, given)
    places = np.arange(a.size).reshape(a.shape)[indices]
    order = np.ravel(places)
    flat = np.ravel(a).copy()
    shape = np.shape(places)
    values = [
        np.ravel(np.broadcast_to(b, shape)).astype(d)
        for b, d in zip(given, kinds[1:], strict=False)
    ]
    for k in range(order.size):
        one = flat[order[k]].astype(kinds[0])
        flat[order[k]] = fn(one, *[v[k] for v in values]).astype(a.dtype)
    a[...] = flat.reshape(a.shape)


def _accumulated_at(fn: np.ufunc, op: str) -> Intrinsic:
    """`add.at` and `subtract.at`: one scatter where the array's own dtype computes."""

    def run(ctx: Context, a: Any, indices: Any, b: Any, /) -> Abstract:
        if not isinstance(a, NDArray):
            ctx.error("bad-operand", "first operand must be array")
        own = a.type.dtype
        if isinstance(b, Ragged):
            accumulate(ctx, a, indices, b, op)
            return NONE
        if own is not BOOL and own in (ctx.strength(b)[0], loop_at(ctx, fn, (a, b))[-1]):
            accumulate(ctx, a, indices, ctx.array(ctx.atom(ctx.array(ctx.atom(b)), own)), op)
            return NONE
        found: Abstract = ctx.session.calls.call_entry(ctx, _at, [Known(fn), a, indices, b], {})
        return found

    return Intrinsic(run)


def _outer(fn: Any, A: Any, B: Any, /, **kwargs: Any) -> Any:
    a, b = np.asarray(A), np.asarray(B)
    return fn(a.reshape(a.shape + (1,) * b.ndim), b, **kwargs)


def _several(fn: np.ufunc, method: str) -> Intrinsic:
    """A method that ufuncs with two results do not have."""

    def run(ctx: Context, *args: Any, **kwargs: Any) -> Abstract:
        words = f"{method} only supported for functions returning a single value"
        if method == "at":
            words = "Only single output ufuncs supported at this time"
        elif fn.nin == 1:
            words = f"{method} only supported for binary functions"
        ctx.error("bad-value", words)

    return Intrinsic(run)


def _methods(fn: np.ufunc) -> dict[Any, Intrinsic]:
    """The methods of one ufunc, those that it has rules of its own for included."""
    found: dict[Any, Intrinsic] = {}
    if fn.nout == 1:
        found[fn.at] = about(_at, fn)
    if fn.nin == 2:
        found[fn.outer] = about(_outer, fn)
    if fn.nin == 2 and fn.nout == 1:
        found[fn.reduce] = about(_reduce, fn)
        found[fn.accumulate] = about(_accumulate, fn)
        found[fn.reduceat] = about(_reduce_at, fn, known=("indices",))
    if fn in _SCATTERED:
        found[fn.at] = _accumulated_at(fn, _SCATTERED[fn])
    for name in ("at", "reduce", "accumulate", "reduceat"):
        found.setdefault(getattr(fn, name), _several(fn, name))
    return found


def methods(functions: Mapping[Any, Any]) -> dict[Any, Intrinsic]:
    """The methods of all elementwise ufuncs among some functions."""
    found: dict[Any, Intrinsic] = {}
    for fn in functions:
        if isinstance(fn, np.ufunc) and fn.signature is None:
            found.update(_methods(fn))
    return found


def with_keywords(fn: np.ufunc, entry: Any) -> Intrinsic:
    """A ufunc that is no row of the table, with NumPy's keywords."""

    def run(
        ctx: Context,
        *xs: Any,
        out: Any = None,
        where: Any = True,
        dtype: Any = None,
        casting: Any = "same_kind",
        order: Any = "K",
        subok: Any = True,
        **own: Any,
    ) -> Abstract:
        if fn.nin < len(xs) <= fn.nin + fn.nout:
            xs, out = xs[: fn.nin], ctx.tuple([ctx.lifted(x) for x in xs[fn.nin :]])
        how = casting_rule(ctx, casting)
        if fn.signature is not None and where is not True:
            ctx.error("wrong-arguments", f"{fn.__name__} does not take where=")
        if len(xs) == fn.nin and all(map(ctx.is_arraylike, xs)):
            loop = loop_of(ctx, fn, xs, dtype_argument(ctx, dtype), how)
            xs = tuple(_in_dtype(ctx, x, d) for x, d in zip(xs, loop, strict=False))
        given = list(map(ctx.lifted, xs))
        rest = {k: ctx.lifted(v) for k, v in own.items()}
        found: Abstract = ctx.session.calls.call_entry(ctx, entry, given, rest)
        results = ctx.items(found) if fn.nout > 1 else (found,)
        outs = ctx.items(out) if ctx.kind_of(out) == "sequence" else (out,) * fn.nout
        if absent(ctx, out) and where is True:
            return found
        outs = (*outs, *(None,) * (fn.nout - len(outs)))
        done = [
            deliver(ctx, ctx.atom(r), o, where, how, fn.__name__)
            for r, o in zip(results, outs, strict=True)
        ]
        return ctx.tuple(done) if fn.nout > 1 else done[0]

    parameters = [p for p in inspect.signature(run).parameters.values() if p.name != "own"]
    own_names = inspect.signature(entry.run if isinstance(entry, Intrinsic) else entry).parameters
    parameters += [p for p in own_names.values() if p.kind is p.KEYWORD_ONLY]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return Intrinsic(run)


def _in_dtype(ctx: Context, x: Any, dtype: DType) -> Any:
    """An operand in the dtype of the loop."""
    if ctx.strength(x) == (dtype, False) or type(x) is Ragged:
        return x
    return ctx.result(ctx.atom(x, dtype))


def completed(functions: Mapping[Any, Any]) -> dict[Any, Any]:
    """Some functions, their ufuncs with keywords and methods."""
    named = {
        fn: with_keywords(fn, entry)
        for fn, entry in functions.items()
        if isinstance(fn, np.ufunc) and fn not in TABLE and not _takes_out(entry)
    }
    return {**methods(functions), **functions, **named}


def _takes_out(entry: Any) -> bool:
    run = entry.run if isinstance(entry, Intrinsic) else entry
    return "out" in inspect.signature(run).parameters
