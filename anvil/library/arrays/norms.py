"""Norms and further products of arrays, in plain Python; the Euclidean norm of an array by its ops,
since programs are full of it.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from anvil.ir.types import Shape
from anvil.library.atoms import absent, dtype_in, kept_axes, shape_in
from anvil.library.refusal import refuse, static
from anvil.parser.arrays.promotion import mean_of
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract, NDArray


def _root(s: Any) -> Any:
    """The square root, with derivative 0 at 0."""
    zero = s == 0
    return np.where(zero, s, np.sqrt(np.where(zero, 1, s)))[()]


def _floats(x: Any) -> Any:
    x = np.asarray(x)
    return x if x.dtype.kind in "fc" else x.astype(float)


def _squares(x: Any) -> Any:
    return np.real(x) ** 2 + np.imag(x) ** 2 if x.dtype.kind == "c" else x * x


def _norm(
    ctx: Context, x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False
) -> Abstract:
    order = None if absent(ctx, ord) else ctx.known(ord, "the order of a norm")
    along = None if absent(ctx, axis) else ctx.known(axis, "the axis")
    if isinstance(x, NDArray) and (along is None or isinstance(along, int)):
        vector = along is not None or x.type.ndim == 1
        if order is None or (vector and order == 2):
            return _euclidean(ctx, x, ctx.axes(axis, x.type.ndim), keepdims)
    return ctx.call(_any_norm, x, ord, axis, keepdims)


def _euclidean(ctx: Context, x: NDArray, axes: Shape, keepdims: Any) -> Abstract:
    """The root of the sum of squares, with derivative 0 at 0 (as `_root`)."""
    b, a = ctx.b, ctx.cast(ctx.read(x), mean_of(x.type.dtype))
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape_in(a)))
    parts = (b.real(a), b.imag(a)) if dtype_in(a).kind == "c" else (a,)
    squares = functools.reduce(b.add, [b.mul(p, p) for p in parts])
    total = b.reduce_sum(squares, axes=axes)
    zero = b.eq(total, 0.0)
    root = b.select(zero, total, b.sqrt(b.select(zero, 1.0, total)))
    whole = kept_axes(ctx, keepdims)
    return ctx.result(b.reshape(root, shape=kept) if whole else root)


def _any_norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    x, ord, axis = _floats(x), static(ord), static(axis)
    if axis is None and ord is None:
        return _root(np.sum(_squares(x), keepdims=keepdims))
    axes = tuple(range(x.ndim)) if axis is None else axis
    axes = axes if isinstance(axes, tuple) else (axes,)
    if x.ndim == 0 and axis is not None:
        refuse("bad-axis", f"axis {axis} is out of bounds for array of dimension 0")
    if len(axes) == 1:
        return _vector(x, ord, axes[0], keepdims)
    if len(axes) == 2:
        return _matrix(x, ord, axes[0] % x.ndim, axes[1] % x.ndim, keepdims)
    refuse("bad-value", "Improper number of dimensions to norm.")


def _vector(x: Any, ord: Any, axis: Any, keepdims: Any) -> Any:
    if ord is None or ord == 2:
        return _root(np.sum(_squares(x), axis=axis, keepdims=keepdims))
    if isinstance(ord, str):
        refuse("bad-value", f"Invalid norm order {ord!r} for vectors")
    size = np.abs(x)
    if ord == np.inf:
        return np.max(size, axis=axis, keepdims=keepdims, initial=0)
    if ord == -np.inf:
        return np.min(size, axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum((x != 0).astype(size.dtype), axis=axis, keepdims=keepdims)
    if ord == 1:
        return np.sum(size, axis=axis, keepdims=keepdims)
    total = np.sum(size**ord, axis=axis, keepdims=keepdims)
    if ord < 0:
        return total ** (1 / ord)
    zero = total == 0
    return np.where(zero, total, np.where(zero, 1, total) ** (1 / ord))[()]


def _matrix(x: Any, ord: Any, row: Any, column: Any, keepdims: Any) -> Any:
    if row == column:
        refuse("bad-value", "Duplicate axes given.")
    if ord is None or ord in ("fro", "f"):
        return _root(np.sum(_squares(x), axis=(row, column), keepdims=keepdims))
    if ord in (2, -2, "nuc"):
        s = np.linalg.svd(np.moveaxis(x, (row, column), (-2, -1)), compute_uv=False)
        pick = np.sum if ord == "nuc" else np.max if ord == 2 else np.min
        found = pick(s, axis=-1)
        return np.expand_dims(found, (row, column)) if keepdims else found
    if ord not in (1, -1, np.inf, -np.inf):
        refuse("bad-value", "Invalid norm order for matrices.")
    over, along = (row, column) if ord in (1, -1) else (column, row)
    sums = np.sum(np.abs(x), axis=over, keepdims=True)
    found = (np.max if ord > 0 else np.min)(sums, axis=along, keepdims=True)
    return found if keepdims else np.squeeze(found, axis=(row, column))[()]


def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: Any = False, ord: Any = 2) -> Any:
    x = _floats(x)
    if x.ndim == 0 and axis is not None:
        refuse("bad-axis", f"axis {axis} is out of bounds for array of dimension 0")
    if axis is None:
        found = _vector(np.ravel(x), ord, 0, False)
        return np.reshape(found, (1,) * x.ndim) if keepdims else found
    if isinstance(axis, tuple):
        axes = tuple([i % x.ndim for i in axis])
        rest = tuple([i for i in range(x.ndim) if i not in axes])
        shape = tuple([x.shape[i] for i in rest])
        found = _vector(np.reshape(np.transpose(x, axes + rest), (-1,) + shape), ord, 0, False)
        return np.expand_dims(found, axes) if keepdims else found
    return _vector(x, ord, axis, keepdims)


def _matrix_norm(x: Any, /, *, keepdims: Any = False, ord: Any = "fro") -> Any:
    return np.linalg.norm(x, ord, (-2, -1), keepdims)


def _kron(a: Any, b: Any) -> Any:
    a, b = np.asarray(a), np.asarray(b)
    n = max(a.ndim, b.ndim)
    left, right = (1,) * (n - a.ndim) + a.shape, (1,) * (n - b.ndim) + b.shape
    wide_a = np.reshape(a, tuple(m for i in left for m in (i, 1)))
    wide_b = np.reshape(b, tuple(m for i in right for m in (1, i)))
    if n == 0:
        return a * b
    return np.reshape(wide_a * wide_b, tuple(i * j for i, j in zip(left, right, strict=True)))


def _cross(
    a: Any, b: Any, axisa: Any = -1, axisb: Any = -1, axisc: Any = -1, axis: Any = None
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(np.asarray(a), axisa, -1), np.moveaxis(np.asarray(b), axisb, -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        refuse(
            "bad-value",
            "incompatible dimensions for cross product\n(dimension must be 2 or 3)",
        )
    a0, a1, b0, b1 = a[..., 0], a[..., 1], b[..., 0], b[..., 1]
    if a.shape[-1] == 2 and b.shape[-1] == 2:
        return np.asarray(a0 * b1 - a1 * b0)
    a2 = a[..., 2] if a.shape[-1] == 3 else np.zeros_like(a0)
    b2 = b[..., 2] if b.shape[-1] == 3 else np.zeros_like(b0)
    parts = (a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0)
    return np.moveaxis(np.stack(parts, axis=-1), -1, axisc)


def _vecdot(x1: Any, x2: Any, /, *, axis: Any = -1) -> Any:
    if np.ndim(x1) == 0 or np.ndim(x2) == 0:
        refuse(
            "bad-value",
            f"vecdot: Input operand {0 if np.ndim(x1) == 0 else 1} does not have enough dimensions "
            "(has 0, gufunc core with signature (n),(n)->() requires 1)",
        )
    x1, x2 = np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1)
    if x1.shape[-1] != x2.shape[-1]:
        refuse(
            "shape-mismatch",
            "vecdot: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature "
            f"(n),(n)->() (size {x2.shape[-1]} is different from {x1.shape[-1]})",
        )
    if x1.dtype.kind == "b":
        return np.any(x1 & x2, axis=-1)
    return np.sum(np.conj(x1) * x2, axis=-1, dtype=x1.dtype)


def _multi_dot(arrays: Any, *, out: Any = None) -> Any:
    """Products from left to right."""
    if len(arrays) < 2:
        refuse("bad-value", "Expecting at least two arrays.")
    if any(np.ndim(a) == 0 for a in arrays):
        refuse("bad-matrix", "0-dimensional array given. Array must be two-dimensional")
    for i, a in enumerate(arrays):
        allowed = (1, 2) if i in (0, len(arrays) - 1) else (2,)
        if len(arrays) > 2 and np.ndim(a) not in allowed:
            words = f"{np.ndim(a)}-dimensional array given. Array must be two-dimensional"
            refuse("bad-matrix", words)
    product = arrays[0]
    for factor in arrays[1:]:
        product = np.dot(product, factor)
    return product if out is None else np.positive(product, out=out)


FUNCTIONS: dict[Any, Any] = {
    np.linalg.norm: Intrinsic(_norm),
    np.linalg.vector_norm: _vector_norm,
    np.linalg.matrix_norm: _matrix_norm,
    np.linalg.multi_dot: _multi_dot,
    np.kron: _kron,
    np.cross: _cross,
    np.vecdot: _vecdot,
}
