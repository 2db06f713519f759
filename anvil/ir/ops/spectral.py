"""Matrix functions of Hermitian matrices, S = V diag(g) V^H with A V = V diag(w).

    dS = V (L o X) V^H + V diag(dg) V^H,   X = V^H dA V off the diagonal,
    L_ij = (g_j - g_i) / (w_j - w_i),      g'_i where w_i and w_j agree    (Daleckii, Krein 1965)

Where eigenvalues agree the vectors have no derivative, but S has one if g takes equal values there,
and equal slopes g' along w. Where it does not (a projector on a part of the vectors of an
eigenvalue), L is nan. The second derivative at equal eigenvalues is nan.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.ir.families import (
    Args,
    Batched,
    Bilinear,
    arrays,
    check_dtype,
    expand_unbatched,
    type_at,
)
from anvil.ir.opkind import RuleError
from anvil.ir.ops.factorizations import adjoint, matmul
from anvil.ir.ops.matrices import MATRIX_DTYPES, MatrixOp, columns, each, rows, widened
from anvil.ir.ops.spectra import Eigh, hermitian, in_basis
from anvil.ir.samples import Sample, draw
from anvil.ir.types import DType, Type

_NEAR, _SAME = 1e-5, 1e-7
"""Eigenvalues that are closer, relatively, use the slope; g must agree with it to so much."""


def _samples(dtype: DType) -> list[Sample]:
    found = []
    for k, shape in enumerate(((3, 3), (2, 2, 2))):
        a = draw(dtype, shape, -2.0, 2.0, 60 + k)
        g, slope = (draw(dtype.real, shape[:-1], -2.0, 2.0, 70 + 2 * k + i) for i in range(2))
        found.append(Sample((a, g, slope), {"lower": k != 1}))
    return found


class Spectral(MatrixOp):
    """V diag(g) V^H for the eigenvectors V of Hermitian matrices A, in the order of ascending
    eigenvalues; `slope` is g' where eigenvalues are equal."""

    name, samples, attrs = "spectral", _samples, {"lower": True}
    at_kinks = "equal eigenvalues: the limit, if g is a function of them; second derivatives nan"

    @staticmethod
    def type(a: Type, g: Type, slope: Type, *, lower: bool) -> Type:
        """Of A."""
        w, v = Eigh.type(a, lower=lower)
        for t in arrays("spectral", (g, slope)):
            if t != w:
                raise RuleError(f"spectral of {a}: {t} are no factors of eigenvectors")
        return v

    @staticmethod
    def numpy(a: Any, g: Any, slope: Any, *, lower: bool) -> Any:
        """Of np.linalg.eigh."""
        n = a.shape[-1]
        (v,) = (
            each(lambda x: (np.linalg.eigh(x, "L" if lower else "U")[1],), a, (((n, n), a.dtype),)),
        )
        return (v * g[..., None, :]) @ np.conj(np.swapaxes(v, -1, -2))

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int, **attrs: Any) -> Any:
        """Matrices are counted by the leading axes."""
        return b.spectral(*expand_unbatched(b, args, batched, size), **attrs)

    @staticmethod
    def decompose(b: Any, a: Any, g: Any, slope: Any, *, lower: bool) -> Any:
        """By the eigenvectors."""
        return _sum(b, b.eigh(a, lower=lower)[1], g)

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args, *, lower: bool) -> Any:
        """V (L o X) V^H + V diag(dg) V^H."""
        (a, g, slope), (da, dg, _) = args, tangents
        w, v = b.eigh(a, lower=lower)
        moved = None if dg is None else _sum(b, v, dg)
        if da is None:
            return moved
        x = in_basis(b, hermitian(b, da, lower), v)
        x = b.mul(x, widened(b, divided(b, w, g, slope), type_at(v).dtype))
        turned = matmul(b, v, matmul(b, x, adjoint(b, v)))
        return turned if moved is None else b.add(turned, moved)


class MulzColumns(Bilinear):
    """`t * p`, but `t` in columns that are 0 throughout: vectors that do not move stay so beside a
    factor that is nan. Its transpose is a plain product: a cotangent of 0 does not tell that
    nothing depends on a vector, for numbers beside it may be 0 at this matrix."""

    name, linear = "mulz_columns", (0, 1)
    dtypes = MATRIX_DTYPES

    @staticmethod
    def samples(dtype: DType) -> list[Sample]:
        """With a column of zeros."""
        t = draw(dtype, (3, 3), -2.0, 2.0, 90) * np.array([1, 0, 1], dtype.np)
        return [Sample((t, draw(dtype, (3, 3), -2.0, 2.0, 91)))]

    @staticmethod
    def type(t: Type, p: Type) -> Type:
        """Of both."""
        x, y = arrays("mulz_columns", (t, p))
        if x != y or x.ndim < 2:
            raise RuleError(f"mulz_columns of {x} and {y}: not two equal stacks of matrices")
        check_dtype(MulzColumns, x.dtype)
        return x

    @staticmethod
    def numpy(t: Any, p: Any) -> Any:
        """By np.all along the columns."""
        return np.where(np.all(t == 0, axis=-2, keepdims=True), t, t * p)

    @staticmethod
    def decompose(b: Any, t: Any, p: Any) -> Any:
        """A select."""
        x = type_at(t)
        still = b.reduce_and(b.eq(t, b.zeros(x)), axes=(x.ndim - 2,))
        return b.select(columns(b, still, x.shape[-2]), t, b.mul(t, p))

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args) -> Any:
        """Both factors, masked."""
        (t, p), (dt, dp) = args, tangents
        first = None if dt is None else b.mulz_columns(dt, p)
        second = None if dp is None else b.mulz_columns(t, dp)
        return first if second is None else second if first is None else b.add(first, second)

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args) -> None:
        """Plain, for the tangents."""
        if t.needs(0):
            t.add(0, t.b.mul(ct, args[1]))
        if t.needs(1):
            t.add(1, t.b.mulz_columns(args[0], ct))

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int) -> Any:
        """Matrices are counted by the leading axes."""
        return b.mulz_columns(*expand_unbatched(b, args, batched, size))


def _sum(b: Any, v: Any, g: Any) -> Any:
    """V diag(g) V^H."""
    t = type_at(v)
    return matmul(b, b.mul(v, widened(b, columns(b, g, t.shape[-2]), t.dtype)), adjoint(b, v))


def divided(b: Any, w: Any, g: Any, slope: Any) -> Any:
    """The divided differences of g, 0 on the diagonal."""
    t = type_at(w)
    n = t.shape[-1]

    def pairs(v: Any) -> tuple[Any, Any]:
        return rows(b, v, n), columns(b, v, n)

    (w0, w1), (g0, g1), (s0, s1) = pairs(w), pairs(g), pairs(slope)
    gap, step = b.sub(w1, w0), b.sub(g1, g0)
    mean = b.mul(b.add(s0, s1), 0.5)
    largest = b.reduce_max(b.abs(w), axes=(t.ndim - 1,))
    dims = tuple(range(t.ndim - 1))
    eps = float(n * np.finfo(t.dtype.np).eps)
    lost = b.broadcast(b.mul(largest, eps), shape=type_at(gap).shape, dims=dims)
    equal = b.le(b.abs(gap), lost)
    close = b.le(b.abs(gap), b.mul(b.min(b.abs(w0), b.abs(w1)), _NEAR))
    off = b.abs(b.sub(step, b.mul(mean, gap)))
    fits = b.le(off, b.mul(b.max(b.abs(g0), b.abs(g1)), _SAME))
    alike = b.le(b.abs(b.sub(s0, s1)), b.mul(b.max(b.abs(s0), b.abs(s1)), 1e-3))
    smooth = b.and_(b.or_(equal, close), b.and_(fits, alike))
    apart = b.not_(b.or_(equal, smooth))
    one = b.const(1.0, type_at(gap))
    quotient = b.div(b.select(apart, step, one), b.select(apart, gap, one))
    nan = b.const(np.nan, type_at(gap))
    found = b.select(smooth, mean, b.select(equal, nan, quotient))
    same = b.broadcast_to(b.const(np.eye(n, dtype=bool)), type_at(gap).shape)
    return b.select(same, b.zeros_like(found), found)


__all__ = ["MulzColumns", "Spectral", "divided"]
