"""What ops of matrices share: matrices are the last two axes, the others count them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from anvil.ir.families import Args, Batched, arrays, check_dtype, type_at
from anvil.ir.opkind import OpKind, RuleError
from anvil.ir.samples import Sample, draw
from anvil.ir.types import DTYPES, I64, ArrayType, DType, Shape, Type

MATRIX_DTYPES = tuple(DTYPES[name] for name in ("f32", "f64", "c64", "c128"))


class MatrixOp(OpKind, abstract=True):
    """Of one stack of matrices; mapped, the stack has one axis more."""

    dtypes = MATRIX_DTYPES
    keep = "outputs"

    @classmethod
    def batch(cls, b: Any, args: Args, batched: Batched, size: int, **attrs: Any) -> Any:
        """Matrices are counted by the leading axes."""
        return b.emit(cls, args, attrs)


def matrix(kind: type[OpKind], a: Type) -> tuple[ArrayType, Shape, int, int]:
    """The type of a stack of matrices, its leading axes, rows and columns; RuleError."""
    (t,) = arrays(kind.name, (a,))
    check_dtype(kind, t.dtype)
    if t.ndim < 2:
        raise RuleError(f"{kind.name} of {t}: a matrix has two axes")
    return t, t.shape[:-2], t.shape[-2], t.shape[-1]


def each(fn: Callable[[Any], Any], a: Any, outs: Sequence[tuple[Any, Any]]) -> Any:
    """`fn` on every matrix of `a`; nan (0 for ints) where it raises LinAlgError. `outs` are the
    shapes and dtypes of its results.
    """
    lead = a.shape[:-2]
    found = [np.zeros((*lead, *shape), dtype) for shape, dtype in outs]
    for at in np.ndindex(lead):
        try:
            results = fn(a[at])
        except np.linalg.LinAlgError:
            results = [np.full(shape, np.nan).astype(dtype) for shape, dtype in outs]
        for out, result in zip(found, results, strict=True):
            out[at] = result
    return tuple(found) if len(found) > 1 else found[0]


def general(*shapes: Shape, seed: int = 11, **attrs: Any) -> Callable[[DType], list[Sample]]:
    """Matrices without structure, as samples."""

    def make(dtype: DType) -> list[Sample]:
        return [Sample((draw(dtype, s, -2.0, 2.0, seed + i),), attrs) for i, s in enumerate(shapes)]

    return make


def part(b: Any, x: Any, rows: int, cols: int, row: int = 0, col: int = 0) -> Any:
    """The block of each matrix of that size which starts at (row, col)."""
    t = type_at(x)
    lead = t.shape[:-2]
    if (rows, cols, row, col) == (*t.shape[-2:], 0, 0):
        return x
    return b.slice(
        x,
        starts=(*(0 for _ in lead), row, col),
        limits=(*lead, row + rows, col + cols),
        strides=(1,) * t.ndim,
    )


def eye(b: Any, t: ArrayType, n: int) -> Any:
    """Identity matrices, as many as `t` has matrices."""
    return b.broadcast_to(b.const(np.eye(n, dtype=t.dtype.np)), (*t.shape[:-2], n, n))


def diagonal(b: Any, x: Any) -> Any:
    """The main diagonal of each matrix."""
    t = type_at(x)
    k = min(t.shape[-2:])
    x = part(b, x, k, k)
    inside = b.broadcast_to(b.const(np.eye(k, dtype=bool)), type_at(x).shape)
    return b.reduce_sum(b.select(inside, x, b.zeros_like(x)), axes=(t.ndim - 1,))


def columns(b: Any, v: Any, rows: int) -> Any:
    """A vector for each matrix as the factors of `rows` rows: entry [i, j] is v[j]."""
    t = type_at(v)
    dims = (*range(t.ndim - 1), t.ndim)
    return b.broadcast(v, shape=(*t.shape[:-1], rows, t.shape[-1]), dims=dims)


def rows(b: Any, v: Any, cols: int) -> Any:
    """As `columns`, but entry [i, j] is v[i]."""
    t = type_at(v)
    return b.broadcast(v, shape=(*t.shape, cols), dims=tuple(range(t.ndim)))


def diagonal_matrix(b: Any, v: Any) -> Any:
    """Matrices with these diagonals."""
    n = type_at(v).shape[-1]
    wide = columns(b, v, n)
    inside = b.broadcast_to(b.const(np.eye(n, dtype=bool)), type_at(wide).shape)
    return b.select(inside, wide, b.zeros_like(wide))


def real_part(b: Any, x: Any) -> Any:
    """The real part; real numbers as they are."""
    return b.real(x) if type_at(x).dtype.kind == "c" else x


def widened(b: Any, x: Any, dtype: DType) -> Any:
    """Real numbers as numbers of `dtype`, which may be complex."""
    return x if type_at(x).dtype is dtype else b.complex(x, b.zeros_like(x))


def conj(b: Any, x: Any) -> Any:
    """The conjugate; real numbers as they are."""
    return b.conj(x) if type_at(x).dtype.kind == "c" else x


def placed(b: Any, x: Any, t: ArrayType, row: int = 0, col: int = 0) -> Any:
    """The blocks `x` at (row, col) of matrices of zeros of type `t`."""
    have = type_at(x).shape
    low = (*(0 for _ in have[:-2]), row, col)
    high = (
        *(0 for _ in have[:-2]),
        t.shape[-2] - row - have[-2],
        t.shape[-1] - col - have[-1],
    )
    zero = b.const(0.0 if t.dtype.kind == "f" else 0j, type_at(x).with_shape(()))
    return b.pad(x, zero, low=low, high=high, interior=(0,) * len(have))


def order(b: Any, shape: Shape, axis: int) -> Any:
    """The position along an axis."""
    return b.iota(shape=shape, axis=axis, dtype=I64)
