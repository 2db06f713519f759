"""Products of arrays: matmul, dot, inner, outer, vdot, tensordot, trace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import I32
from anvil.library.arrays.formulas import boolean_or
from anvil.library.arrays.repetition import diagonal_of
from anvil.library.arrays.ufuncs import deliver
from anvil.library.atoms import absent, dtype_argument, dtype_in, flat, shape_in, type_in, whole
from anvil.parser.arrays.promotion import promote
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.reports.spelling import spelled
from anvil.parser.state.values import Abstract


def contract(
    ctx: Context,
    x: Atom,
    y: Atom,
    over: tuple[Sequence[int], Sequence[int]],
    batch: tuple[Sequence[int], Sequence[int]] = ((), ()),
) -> Atom:
    """dot_general: batch axes, then free axes of x, then free axes of y. Booleans add as `or`."""
    boolean = dtype_in(x).kind == "b"
    if boolean:
        x, y = (ctx.b.convert(v, dtype=I32) for v in (x, y))
    out: Atom = ctx.b.dot_general(
        x,
        y,
        lhs_contract=tuple(over[0]),
        rhs_contract=tuple(over[1]),
        lhs_batch=tuple(batch[0]),
        rhs_batch=tuple(batch[1]),
    )
    return ctx.b.ne(out, ctx.b.zeros_like(out)) if boolean else out


def _pair(ctx: Context, a: Any, c: Any) -> tuple[Atom, Atom]:
    """Two operands in one dtype, Python numbers as the arrays that NumPy makes of them."""
    x, y = ctx.atom(a), ctx.atom(c)
    common = promote((dtype_in(x), False), (dtype_in(y), False))
    return ctx.cast(x, common), ctx.cast(y, common)


def _mismatch(ctx: Context, x: Atom, y: Atom, i: int, j: int) -> None:
    """Refuses axes i of x and j of y that have different sizes."""
    m, n = shape_in(x)[i], shape_in(y)[j]
    if m != n:
        shapes = f"{spelled(shape_in(x))} and {spelled(shape_in(y))}"
        sizes = f"{m} (dim {i}) != {n} (dim {j})"
        ctx.error("shape-mismatch", f"shapes {shapes} not aligned: {sizes}")


def _matmul(
    ctx: Context,
    x1: Any,
    x2: Any,
    out: Any = None,
    *,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: Any = True,
) -> Abstract:
    return deliver(ctx, matmul(ctx, x1, x2, dtype_argument(ctx, dtype)), out)


def matmul(ctx: Context, x1: Any, x2: Any, dtype: Any = None) -> Atom:
    """The operator `@`: the last axis of x1 with the last but one of x2, the others broadcast."""
    common = dtype or ctx.promote(x1, x2)
    x, y = ctx.atom(x1, common), ctx.atom(x2, common)
    m, n = len(shape_in(x)), len(shape_in(y))
    if not m or not n:
        core = "(n?,k),(k,m?)->(n?,m?)"
        ctx.error(
            "bad-value",
            f"matmul: Input operand {int(m > 0)} does not have enough dimensions (has 0, gufunc "
            f"core with signature {core} requires 1)",
            hint="Use `*` to multiply with a number.",
        )
    if shape_in(x)[-1] != shape_in(y)[max(n - 2, 0)]:
        sizes = f"size {shape_in(y)[max(n - 2, 0)]} is different from {shape_in(x)[-1]}"
        ctx.error(
            "shape-mismatch",
            "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc "
            f"signature (n?,k),(k,m?)->(n?,m?) ({sizes})",
        )
    if n <= 2 and (m <= 2 or n == 1):
        return contract(ctx, x, y, ((m - 1,), (max(n - 2, 0),)))
    if m == 1:
        return _vector_left(ctx, x, y)
    if n == 2:
        return contract(ctx, x, y, ((m - 1,), (0,)))
    batch = ctx.broadcast_shapes(shape_in(x)[:-2], shape_in(y)[:-2])
    x = ctx.broadcast(x, (*batch, *shape_in(x)[-2:]))
    y = ctx.broadcast(y, (*batch, *shape_in(y)[-2:]))
    k = len(batch)
    lead = tuple(range(k))
    return contract(ctx, x, y, ((k + 1,), (k,)), (lead, lead))


def _vector_left(ctx: Context, x: Atom, y: Atom) -> Atom:
    n = len(shape_in(y))
    return contract(ctx, y, x, ((n - 2,), (0,)))


def _dot(ctx: Context, a: Any, b: Any, out: Any = None) -> Abstract:
    x, y = _pair(ctx, a, b)
    m, n = len(shape_in(x)), len(shape_in(y))
    if not m or not n:
        return _acceptable(ctx, _times(ctx, x, y), out)
    _mismatch(ctx, x, y, m - 1, max(n - 2, 0))
    return _acceptable(ctx, contract(ctx, x, y, ((m - 1,), (max(n - 2, 0),))), out)


def _times(ctx: Context, x: Atom, y: Atom) -> Atom:
    """The product of a scalar with anything."""
    pair = ctx.operands(*map(ctx.array, (x, y)))
    return boolean_or("mul", "and")(ctx.b, *pair)


def _acceptable(ctx: Context, found: Atom, out: Any) -> Abstract:
    """The result of `dot`, whose `out=` has to be of its very type."""
    if not absent(ctx, out) and ctx.type_of(out) != type_in(found):
        ctx.error(
            "bad-value",
            "output array is not acceptable (must have the right datatype, number of dimensions, "
            "and be a C-Array)",
        )
    return deliver(ctx, found, out)


def _inner(ctx: Context, a: Any, b: Any) -> Abstract:
    x, y = _pair(ctx, a, b)
    m, n = len(shape_in(x)), len(shape_in(y))
    if not m or not n:
        return ctx.result(_times(ctx, x, y))
    _mismatch(ctx, x, y, m - 1, n - 1)
    return ctx.result(contract(ctx, x, y, ((m - 1,), (n - 1,))))


def _outer(ctx: Context, a: Any, b: Any, out: Any = None) -> Abstract:
    x, y = (flat(ctx, v) for v in _pair(ctx, a, b))
    shape = (*shape_in(x), *shape_in(y))
    wide = (ctx.b.broadcast(x, shape=shape, dims=(0,)), ctx.b.broadcast(y, shape=shape, dims=(1,)))
    return deliver(ctx, boolean_or("mul", "and")(ctx.b, *wide), out)


def _vdot(ctx: Context, a: Any, b: Any) -> Abstract:
    x, y = (flat(ctx, v) for v in _pair(ctx, a, b))
    _mismatch(ctx, x, y, 0, 0)
    if dtype_in(x).kind == "c":
        x = ctx.b.conj(x)
    return ctx.result(contract(ctx, x, y, ((0,), (0,))))


def _tensordot(ctx: Context, a: Any, b: Any, axes: Any = 2) -> Abstract:
    x, y = _pair(ctx, a, b)
    m, n = len(shape_in(x)), len(shape_in(y))
    known = ctx.known(axes, "the axes")
    if isinstance(known, int):
        left, right = list(range(m - known, m)), list(range(known))
    else:
        left, right = (list(v) if isinstance(v, tuple | list) else [v] for v in known)
    left, right = [ctx.axis(i, m) for i in left], [ctx.axis(i, n) for i in right]
    if [shape_in(x)[i] for i in left] != [shape_in(y)[i] for i in right]:
        ctx.error("shape-mismatch", "shape-mismatch for sum")
    return ctx.array(contract(ctx, x, y, (left, right)))


def _trace(
    ctx: Context,
    a: Any,
    offset: Any = 0,
    axis1: Any = 0,
    axis2: Any = 1,
    dtype: Any = None,
    out: Any = None,
) -> Abstract:
    x = ctx.atom(a)
    axes = ctx.axis(axis1, x), ctx.axis(axis2, x)
    diagonal = diagonal_of(ctx, x, whole(ctx, offset, "the offset"), axes)
    last = ctx.constant(len(shape_in(diagonal)) - 1)
    return ctx.call(np.sum, ctx.array(diagonal), axis=last, dtype=dtype, out=out)


FUNCTIONS: dict[Any, Intrinsic] = {
    np.matmul: Intrinsic(_matmul),
    np.dot: Intrinsic(_dot),
    np.inner: Intrinsic(_inner),
    np.outer: Intrinsic(_outer),
    np.vdot: Intrinsic(_vdot),
    np.tensordot: Intrinsic(_tensordot),
    np.trace: Intrinsic(_trace),
}

METHODS: dict[str, Intrinsic] = {"dot": Intrinsic(_dot), "trace": Intrinsic(_trace)}
