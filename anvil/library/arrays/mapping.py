"""Functions applied along axes and element by element: np.vectorize and its like, as vmaps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from anvil.library.atoms import absent, dtype_argument, dtype_in, shape_in
from anvil.library.refusal import refuse, static
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract, Bound, Known, TupleV
from anvil.parser.transforms.options import Options


def mapped(ctx: Context, fn: Abstract, arrays: Sequence[Any]) -> Abstract:
    """`fn` of the elements along the first axes; the results stacked along a first axis."""
    over = Bound("vmap", fn, (), Options({"in_axes": 0, "out_axes": 0}))
    found: Abstract = ctx.session.calls.call(ctx, over, list(arrays), {})
    return found


def partial_of(fn: Any, *args: Abstract) -> Abstract:
    """A function with its first arguments given."""
    return Bound("partial", Known(fn), args, ())


# ---- np.vectorize


def with_elements(fn: Any, places: Any, names: Any, args: Any, kwargs: Any, *xs: Any) -> Any:
    """`fn` of numbers, as Python numbers, at some places and names, and of what is fixed."""
    given, named = list(args), dict(kwargs)
    for i, place in enumerate(places):
        given[place] = xs[i].item()
    for i, name in enumerate(names):
        named[name] = xs[len(places) + i].item()
    return fn(*given, **named)


def with_cores(fn: Any, places: Any, names: Any, args: Any, kwargs: Any, *xs: Any) -> Any:
    """As `with_elements`, with arrays."""
    given, named = list(args), dict(kwargs)
    for i, place in enumerate(places):
        given[place] = xs[i]
    for i, name in enumerate(names):
        named[name] = xs[len(places) + i]
    return fn(*given, **named)


def vectorized(ctx: Context, fn: Any, options: Any, *args: Any, **kwargs: Any) -> Abstract:
    """A call of what np.vectorize returned."""
    settings: Mapping[str, Any] = dict(ctx.known(options))
    fixed = settings["excluded"] or ()
    places = [i for i in range(len(args)) if i not in fixed]
    names = [k for k in kwargs if k not in fixed]
    xs = [*(args[i] for i in places), *(kwargs[k] for k in names)]
    if not xs:
        return ctx.call(fn, *args, **kwargs)
    blank = ctx.lifted(None)
    rest = ctx.tuple([blank if i in places else ctx.lifted(a) for i, a in enumerate(args)])
    kept = {k: ctx.lifted(v) for k, v in kwargs.items() if k not in names}
    held = ctx.call(dict, **kept)
    how = settings["signature"]
    one = with_elements if how is None else with_cores
    inner = partial_of(one, ctx.lifted(fn), Known(tuple(places)), Known(tuple(names)), rest, held)
    cores = [0] * len(xs) if how is None else _cores(ctx, how, len(xs))
    return _over_loops(ctx, inner, xs, cores, settings["otypes"], how is None)


def _cores(ctx: Context, signature: str, count: int) -> list[int]:
    """The number of core dimensions of each operand of a signature like `(m,n),(n)->(m)`."""
    left = signature.replace(" ", "").split("->")[0]
    groups = re.findall(r"\(([^()]*)\)", left)
    if len(groups) != count:
        ctx.error("bad-operand", f"wrong number of positional arguments: {count}")
    return [len(g.split(",")) if g else 0 for g in groups]


def _over_loops(
    ctx: Context, inner: Abstract, xs: list[Any], cores: list[int], otypes: Any, elements: bool
) -> Abstract:
    atoms = [ctx.atom(x) for x in xs]
    shapes = [shape_in(a) for a in atoms]
    if any(len(s) < k for s, k in zip(shapes, cores, strict=True)):
        ctx.error("bad-value", "an operand has fewer dimensions than its core")
    loop = ctx.broadcast_shapes(*(s[: len(s) - k] for s, k in zip(shapes, cores, strict=True)))
    n = prod(loop)
    rows = []
    for atom, shape, k in zip(atoms, shapes, cores, strict=True):
        core = shape[len(shape) - k :]
        wide = ctx.broadcast(atom, (*loop, *core))
        rows.append(ctx.array(ctx.b.reshape(wide, shape=(n, *core))))
    if n == 0:
        if otypes is None or not elements:
            ctx.error(
                "bad-value", "cannot call `vectorize` on size 0 inputs unless `otypes` is set"
            )
        empty = [ctx.call(np.zeros, Known(loop), Known(np.dtype(t))) for t in otypes]
        return ctx.tuple(empty) if len(empty) > 1 else empty[0]
    found = mapped(ctx, inner, rows)
    outs = list(found.items) if isinstance(found, TupleV) else [found]
    done = [
        _unrolled(ctx, v, loop, n, None if otypes is None else otypes[i], elements)
        for i, v in enumerate(outs)
    ]
    return ctx.tuple(done) if isinstance(found, TupleV) else done[0]


def _unrolled(
    ctx: Context, v: Abstract, loop: tuple[int, ...], n: int, otype: Any, elements: bool
) -> Abstract:
    """Stacked results in the shape of the loops."""
    x = ctx.atom(v)
    if ctx.is_known(v) or ctx.kind_of(v) != "array":
        x = ctx.broadcast(x, (n, *shape_in(x)))
    core = shape_in(x)[1:]
    if elements and core:
        ctx.error("bad-value", "setting an array element with a sequence.")
    x = ctx.b.reshape(x, shape=(*loop, *core))
    if otype is not None:
        x = ctx.cast(x, dtype_argument(ctx, Known(np.dtype(otype))) or dtype_in(x))
    return ctx.array(x)


def _vectorize(
    ctx: Context,
    pyfunc: Any = None,
    otypes: Any = None,
    doc: Any = None,
    excluded: Any = None,
    cache: Any = False,
    signature: Any = None,
) -> Abstract:
    if absent(ctx, pyfunc):
        ctx.error("unsupported-call", "np.vectorize without a function is not compiled")
    types = ctx.known(otypes, "otypes")
    if types is not None:
        types = tuple(np.dtype(t).char for t in types)
    fixed = ctx.known(excluded, "excluded")
    settings = _settings(types, fixed, ctx.known(signature, "signature"))
    return partial_of(vectorized, ctx.lifted(pyfunc), Known(settings))


def _settings(otypes: Any, excluded: Any, signature: Any) -> tuple[tuple[str, Any], ...]:
    return (
        ("otypes", None if otypes is None else tuple(otypes)),
        ("excluded", tuple(excluded or ())),
        ("signature", signature),
    )


def _vectorize_object(ctx: Context, obj: Any, *args: Any, **kwargs: Any) -> Abstract:
    """A call of an np.vectorize object that was made outside."""
    made = ctx.known(obj)
    if not callable(made.pyfunc):
        ctx.error("unsupported-call", "np.vectorize without a function is not compiled")
    fn = ctx.call(getattr, obj, "pyfunc")
    settings = _settings(made.otypes, made.excluded, made.signature)
    return vectorized(ctx, fn, Known(settings), *args, **kwargs)


# ---- along axes


def _apply_along_axis(
    ctx: Context, func1d: Any, axis: Any, arr: Any, *args: Any, **kwargs: Any
) -> Abstract:
    x = ctx.atom(arr)
    at, shape = ctx.axis(axis, x), shape_in(x)
    rest = (*shape[:at], *shape[at + 1 :])
    if 0 in rest:
        ctx.error("bad-value", "Cannot apply_along_axis when any iteration dimensions are 0")
    perm = (*(i for i in range(len(shape)) if i != at), at)
    rows = ctx.b.reshape(ctx.b.transpose(x, perm=perm), shape=(prod(rest), shape[at]))
    held = ctx.call(dict, **{k: ctx.lifted(v) for k, v in kwargs.items()})
    inner = partial_of(of_row, ctx.lifted(func1d), ctx.tuple(list(map(ctx.lifted, args))), held)
    found = mapped(ctx, inner, [ctx.array(rows)])
    y = ctx.atom(found)
    if ctx.is_known(found) or ctx.kind_of(found) != "array":
        y = ctx.broadcast(y, (prod(rest), *shape_in(y)))
    core = shape_in(y)[1:]
    y = ctx.b.reshape(y, shape=(*rest, *core))
    n, k = len(rest), len(core)
    order = (*range(at), *range(n, n + k), *range(at, n))
    return ctx.result(ctx.b.transpose(y, perm=order)) if n + k else ctx.array(y)


def of_row(fn: Any, args: Any, kwargs: Any, row: Any) -> Any:
    """`fn` of one row, as an array."""
    return np.asarray(fn(row, *args, **kwargs))


def _apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    val = np.asarray(a)
    for axis in axes if isinstance(axes, tuple | list) else (axes,):
        at = axis + val.ndim if axis < 0 else axis
        found = np.asarray(func(val, at))
        if found.ndim != val.ndim:
            found = np.expand_dims(found, at)
            if found.ndim != val.ndim:
                refuse("bad-value", "function is not returning an array of the correct shape")
        val = found
    return val


def _fromfunction(
    function: Any, shape: Any, *, dtype: Any = float, like: Any = None, **kwargs: Any
) -> Any:
    return function(*np.indices(static(shape)).astype(dtype), **kwargs)


FUNCTIONS: dict[Any, Any] = {
    vectorized: Intrinsic(vectorized),
    np.vectorize: Intrinsic(_vectorize),
    np.apply_along_axis: Intrinsic(_apply_along_axis),
    np.apply_over_axes: _apply_over_axes,
    np.fromfunction: _fromfunction,
}

INSTANCES: dict[type, Intrinsic] = {np.vectorize: Intrinsic(_vectorize_object)}
"""Calls of host objects, by their class."""
