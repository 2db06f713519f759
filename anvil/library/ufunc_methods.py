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

from anvil.library.atoms import absent
from anvil.library.refusal import about, refuse, static
from anvil.library.ufuncs import TABLE, deliver
from anvil.parser.context import Context, Intrinsic
from anvil.parser.state.values import Abstract

UNORDERED = (np.maximum, np.minimum, np.fmax, np.fmin)
"""Ufuncs without an identity that may combine elements in any order."""


def _into(found: Any, out: Any) -> Any:
    """A result, written into `out=` if that was given."""
    target = out[0] if isinstance(out, tuple) else out
    if target is None:
        return found
    np.copyto(target, found, casting="same_kind")
    return target


def _converted(fn: Any, x: Any, dtype: Any) -> Any:
    """The elements in the dtype in which the ufunc combines them."""
    x = x if dtype is None else x.astype(dtype)
    kind = fn(x[:0], x[:0]).dtype
    if kind.kind == "b" and x.dtype.kind != "b" and fn is not np.logical_xor:
        refuse("bad-operand", f"No loop of {fn.__name__} combines its results with elements")
    return x.astype(kind)


def _in_front(x: Any, axes: Any) -> Any:
    """The axes to reduce as one axis in front."""
    rest = [i for i in range(x.ndim) if i not in axes]
    n = 1
    for i in axes:
        n = n * x.shape[i]
    x = np.transpose(x, (*axes, *rest))
    return np.reshape(x, (n, *x.shape[len(axes) :]))


def _axes(fn: Any, axis: Any, ndim: Any) -> Any:
    axis = static(axis)
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
    return tuple(i % ndim for i in axes)


def _reduce(
    fn: Any,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """Combined from left to right."""
    array = np.asarray(array)
    axes = _axes(fn, axis, array.ndim)
    kept = tuple(1 if i in axes else m for i, m in enumerate(array.shape))
    x = _converted(fn, _in_front(array, axes), dtype)
    everywhere = where is True
    first, start = fn.identity if initial is None else initial, 0
    if initial is None and everywhere and x.shape[0] > 0 and fn is not np.hypot:
        total, start = x[0], 1
    elif first is None:
        refuse("bad-value", f"reduction operation '{fn.__name__}' does not have an identity")
    else:
        total = np.full(x.shape[1:], first, dtype=x.dtype)[()]
    if everywhere:
        for i in range(start, x.shape[0]):
            total = fn(total, x[i])
    else:
        mask = _in_front(np.broadcast_to(np.asarray(where, dtype=bool), array.shape), axes)
        for i in range(start, x.shape[0]):
            total = np.where(mask[i], fn(total, x[i]), total)[()]
    return _into(np.reshape(total, kept) if keepdims else total, out)


def _accumulate(fn: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    array = np.asarray(array)
    if array.ndim == 0:
        refuse("bad-operand", "cannot accumulate on a scalar")
    at = _axes(fn, axis, array.ndim)[0]
    x = _converted(fn, np.moveaxis(array, at, 0), dtype)
    found = np.array(x)
    if x.shape[0] > 0:
        total = x[0]
        for i in range(1, x.shape[0]):
            total = fn(total, x[i])
            found[i] = total
    return _into(np.moveaxis(found, 0, at), out)


def _reduce_at(
    fn: Any, array: Any, indices: Any, axis: Any = 0, dtype: Any = None, out: Any = None
) -> Any:
    """Reductions from each index to the next one; the element itself where that comes before."""
    array, places = np.asarray(array), static(indices)
    at = _axes(fn, axis, array.ndim)[0]
    x = np.moveaxis(array, at, 0)
    n, ends = x.shape[0], [*places, x.shape[0]]
    parts = []
    for k in range(len(places)):
        low, high = int(ends[k]), int(ends[k + 1])
        if low < 0 or low >= n:
            refuse("index-out-of-range", f"index {low} out-of-bounds in {fn.__name__}.reduceat")
        parts.append(fn.reduce(x[low : max(high, low + 1)], axis=0, dtype=dtype))
    return _into(np.stack(parts, axis=at), out)


def _at(fn: Any, a: Any, indices: Any, *operands: Any) -> None:
    """`a[indices] = fn(a[indices], b)`, element after element: repeated places count repeatedly."""
    if len(operands) != fn.nin - 1:
        refuse("wrong-arguments", f"{fn.__name__}.at takes {fn.nin - 1} operands")
    places = np.arange(a.size).reshape(a.shape)[indices]
    order = np.ravel(places)
    flat = np.ravel(a).copy()
    values = [np.ravel(np.broadcast_to(b, np.shape(places))) for b in operands]
    kind = fn(flat[:0], *[v[:0] for v in values]).dtype
    if not np.can_cast(kind, a.dtype, "same_kind"):
        refuse("dtype-mismatch", f"Cannot cast ufunc '{fn.__name__}' output to {a.dtype}")
    for k in range(order.size):
        flat[order[k]] = fn(flat[order[k]], *[v[k] for v in values])
    a[...] = flat.reshape(a.shape)


def _outer(fn: Any, A: Any, B: Any, **kwargs: Any) -> Any:
    a = np.asarray(A)
    return fn(a.reshape(a.shape + (1,) * np.ndim(B)), B, **kwargs)


def _methods(fn: np.ufunc) -> dict[Any, Intrinsic]:
    """The methods of one ufunc, those that it has rules of its own for included."""
    found: dict[Any, Intrinsic] = {fn.at: about(_at, fn)}
    if fn.nin == 2 and fn.nout == 1:
        found[fn.reduce] = about(_reduce, fn)
        found[fn.accumulate] = about(_accumulate, fn)
        found[fn.reduceat] = about(_reduce_at, fn, known=("indices",))
        found[fn.outer] = about(_outer, fn)
    return found


def methods(functions: Mapping[Any, Any]) -> dict[Any, Intrinsic]:
    """The methods of all elementwise ufuncs among some functions."""
    found: dict[Any, Intrinsic] = {}
    for fn in functions:
        if isinstance(fn, np.ufunc) and fn.signature is None and fn.nout == 1:
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
        if len(xs) > fn.nin:
            xs, out = xs[: fn.nin], ctx.tuple([ctx.lifted(x) for x in xs[fn.nin :]])
        if not absent(ctx, dtype):
            if fn.nout > 1 or fn.nin < 2:
                ctx.error("unsupported-argument", f"{fn.__name__} with dtype= is not compiled")
            xs = tuple(ctx.call(np.positive, x, dtype=dtype, casting=casting) for x in xs)
        if fn.signature is not None and where is not True:
            ctx.error("wrong-arguments", f"{fn.__name__} does not take where=")
        given = list(map(ctx.lifted, xs))
        rest = {k: ctx.lifted(v) for k, v in own.items()}
        found: Abstract = ctx.session.calls.call_entry(ctx, entry, given, rest)
        results = ctx.items(found) if fn.nout > 1 else (found,)
        outs = ctx.items(out) if ctx.kind_of(out) == "sequence" else (out,) * fn.nout
        if absent(ctx, out) and where is True:
            return found
        outs = (*outs, *(None,) * (fn.nout - len(outs)))
        done = [
            deliver(ctx, ctx.atom(r), o, where, casting) for r, o in zip(results, outs, strict=True)
        ]
        return ctx.tuple(done) if fn.nout > 1 else done[0]

    parameters = [p for p in inspect.signature(run).parameters.values() if p.name != "own"]
    own_names = inspect.signature(entry.run if isinstance(entry, Intrinsic) else entry).parameters
    parameters += [p for p in own_names.values() if p.kind is p.KEYWORD_ONLY]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return Intrinsic(run)


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
