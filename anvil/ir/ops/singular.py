"""Functions of singular values with their vectors, M = U diag(g) V^H of A = U diag(s) V^H.

    P = U^H dA V,  H = (P + P^H) / 2,  K = (P - P^H) / 2,  h = g / s
    dM = U (H o D + K o T + diag(dg)) V^H
         + (1 - U U^H) dA V diag(h) V^H + U diag(h) U^H dA (1 - V V^H)
    D_ij = (g_j - g_i) / (s_j - s_i),      g'_i where s_i and s_j agree
    T_ij = (g_j + g_i) / (s_j + s_i),      g'_i where both are 0 and g(0) = 0

and of U diag(g) U^H (V diag(g) V^H is that of A^H):

    dM = U (Q o E + diag(dg)) U^H + R + R^H,  Q_ij = s_j P_ij + s_i conj(P_ji),  E = D / (s_j + s_i)
    R = (1 - U U^H) dA V diag(h) U^H

Such a product depends on no choice of vectors if g takes equal values at equal s. Where it does
not, or at s = 0 where the product has no derivative, the factors are nan or infinite. dg is the
derivative along the same vectors: those of the svd with the same `full_matrices`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.ir.families import Args, Batched, arrays, expand_unbatched, type_at
from anvil.ir.opkind import RuleError
from anvil.ir.ops.factorizations import adjoint, matmul
from anvil.ir.ops.matrices import MatrixOp, columns, each, part, rows, widened
from anvil.ir.ops.spectra import Svdvals
from anvil.ir.ops.spectral import divided
from anvil.ir.samples import Sample, draw
from anvil.ir.types import ArrayType, DType, Type


def _samples(dtype: DType) -> list[Sample]:
    """Of every form."""
    found = []
    cases = (((3, 3), "uv"), ((2, 3, 2), "uv"), ((2, 3), "uv"), ((3, 2), "uu"), ((3, 2), "vv"))
    for k, (shape, side) in enumerate(cases):
        a = draw(dtype, shape, -2.0, 2.0, 110 + k)
        size = (*shape[:-2], min(shape[-2:]))
        g, slope = (draw(dtype.real, size, -2.0, 2.0, 120 + 2 * k + i) for i in range(2))
        found.append(Sample((a, g, slope), {"side": side, "full_matrices": k == 3}))
    return found


class Singular(MatrixOp):
    """U diag(g) V^H for the singular vectors of matrices A, in the order of descending values;
    `side` "uu" or "vv": with U or V on both sides. `slope` is g' where values are equal."""

    name, samples, attrs = "singular", _samples, {"side": "uv", "full_matrices": False}
    at_kinks = "equal values: the limit, if g is a function of them; second derivatives nan"

    @staticmethod
    def type(a: Type, g: Type, slope: Type, *, side: str, full_matrices: bool) -> Type:
        """Of A, or square."""
        s = Svdvals.type(a)
        for t in arrays("singular", (g, slope)):
            if t != s:
                raise RuleError(f"singular of {a}: {t} are no factors of singular vectors")
        assert isinstance(a, ArrayType)
        m, n = (a.shape[{"u": -2, "v": -1}[c]] for c in side)
        return a.with_shape((*a.shape[:-2], m, n))

    @staticmethod
    def numpy(a: Any, g: Any, slope: Any, *, side: str, full_matrices: bool) -> Any:
        """Of np.linalg.svd."""
        (m, n), k = a.shape[-2:], g.shape[-1]
        shapes = (((m, k), a.dtype), ((k, n), a.dtype))
        u, vh = each(lambda x: np.linalg.svd(x, full_matrices=False)[::2], a, shapes)
        v = np.conj(np.swapaxes(vh, -1, -2))
        left, right = ({"u": u, "v": v}[c] for c in side)
        return (left * g[..., None, :]) @ np.conj(np.swapaxes(right, -1, -2))

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int, **attrs: Any) -> Any:
        """Matrices are counted by the leading axes."""
        return b.singular(*expand_unbatched(b, args, batched, size), **attrs)

    @staticmethod
    def decompose(b: Any, a: Any, g: Any, slope: Any, *, side: str, full_matrices: bool) -> Any:
        """By the singular vectors."""
        u, _, v = _vectors(b, a, full_matrices)
        return _weighted(b, *_sides(u, v, side), g)

    @staticmethod
    def jvp(
        b: Any, args: Args, outs: Args, tangents: Args, *, side: str, full_matrices: bool
    ) -> Any:
        """Within the spaces of the singular vectors, and out of them."""
        (a, g, slope), (da, dg, _) = args, tangents
        u, s, v = _vectors(b, a, full_matrices)
        moved = None if dg is None else _weighted(b, *_sides(u, v, side), dg)
        if da is None:
            return moved
        if side == "uv":
            turned = _turned(b, (u, s, v), (g, slope), da)
        elif side == "uu":
            turned = _turned_alike(b, (u, s, v), (g, slope), da)
        else:
            turned = _turned_alike(b, (v, s, u), (g, slope), adjoint(b, da))
        return turned if moved is None else b.add(turned, moved)


def _vectors(b: Any, a: Any, full_matrices: bool) -> tuple[Any, Any, Any]:
    """U, s and V, without what completes them."""
    u, s, vh = b.svd(a, full_matrices=full_matrices)
    (m, n), k = type_at(a).shape[-2:], type_at(s).shape[-1]
    return part(b, u, m, k), s, adjoint(b, part(b, vh, k, n))


def _sides(u: Any, v: Any, side: str) -> tuple[Any, Any]:
    return (u, v) if side == "uv" else (u, u) if side == "uu" else (v, v)


def _weighted(b: Any, left: Any, right: Any, g: Any) -> Any:
    """L diag(g) R^H."""
    return matmul(b, _times(b, left, g), adjoint(b, right))


def _times(b: Any, x: Any, g: Any) -> Any:
    """The columns of X times numbers."""
    t = type_at(x)
    return b.mul(x, widened(b, columns(b, g, t.shape[-2]), t.dtype))


def _turned(b: Any, svd: Args, weights: Args, da: Any) -> Any:
    """The derivative of U diag(g) V^H along A."""
    (u, s, v), (g, slope) = svd, weights
    dtype, m, n, k = type_at(u).dtype, *_sizes(u, v), type_at(s).shape[-1]
    across = matmul(b, da, v)
    p = matmul(b, adjoint(b, u), across)
    half = 0.5 if dtype.kind == "f" else 0.5 + 0j
    back = adjoint(b, p)
    h, skew = b.mul(b.add(p, back), half), b.mul(b.sub(p, back), half)
    inner = b.add(
        b.mul(h, widened(b, divided(b, s, g, slope), dtype)),
        b.mul(skew, widened(b, _sums(b, s, g, slope), dtype)),
    )
    found = matmul(b, u, matmul(b, inner, adjoint(b, v)))
    ratio = _ratios(b, s, g, slope) if max(m, n) > k else None
    if m > k:
        out = b.sub(across, matmul(b, u, p))
        found = b.add(found, _weighted(b, out, v, ratio))
    if n > k:
        out = b.sub(matmul(b, adjoint(b, da), u), matmul(b, v, back))
        found = b.add(found, adjoint(b, _weighted(b, out, u, ratio)))
    return found


def _turned_alike(b: Any, svd: Args, weights: Args, da: Any) -> Any:
    """The derivative of U diag(g) U^H along A."""
    (u, s, v), (g, slope) = svd, weights
    dtype, m, k = type_at(u).dtype, type_at(u).shape[-2], type_at(s).shape[-1]
    across = matmul(b, da, v)
    p = matmul(b, adjoint(b, u), across)
    q = _times(b, p, s)
    q = b.add(q, adjoint(b, q))
    sums, slopes = _plus(b, s), divided(b, s, g, slope)
    still = b.eq(slopes, 0.0)
    factors = b.div(slopes, b.select(still, b.const(1.0, type_at(sums)), sums))
    found = matmul(b, u, matmul(b, b.mul(q, widened(b, factors, dtype)), adjoint(b, u)))
    if m > k:
        nothing = b.and_(b.eq(g, 0.0), b.eq(slope, 0.0))
        ratio = b.div(g, b.select(nothing, b.const(1.0, type_at(s)), s))
        steep = b.and_(b.not_(nothing), _lost(b, s, s))
        ratio = b.select(steep, b.const(np.nan, type_at(s)), ratio)
        out = _weighted(b, b.sub(across, matmul(b, u, p)), u, ratio)
        found = b.add(found, b.add(out, adjoint(b, out)))
    return found


def _sizes(u: Any, v: Any) -> tuple[int, int]:
    return type_at(u).shape[-2], type_at(v).shape[-2]


def _plus(b: Any, x: Any) -> Any:
    """x_j + x_i."""
    k = type_at(x).shape[-1]
    return b.add(columns(b, x, k), rows(b, x, k))


def _lost(b: Any, x: Any, s: Any) -> Any:
    """Whether numbers are 0 up to the rounding of the largest of `s`."""
    t = type_at(s)
    eps = 2.0 * t.shape[-1] * float(np.finfo(t.dtype.np).eps)
    largest = b.mul(b.reduce_max(s, axes=(t.ndim - 1,)), eps)
    limit = b.broadcast(largest, shape=type_at(x).shape, dims=tuple(range(t.ndim - 1)))
    return b.le(b.abs(x), limit)


def _odd(b: Any, over: Any, under: Any, slope: Any, s: Any) -> Any:
    """over / under; the slope where under is 0, and over too."""
    zero = _lost(b, under, s)
    quotient = b.div(over, b.select(zero, b.const(1.0, type_at(under)), under))
    fits = b.le(b.abs(b.sub(over, b.mul(slope, under))), b.mul(b.abs(over), 1e-3))
    fits = b.or_(fits, b.le(b.abs(over), b.mul(b.abs(b.mul(slope, under)), 1.001)))
    nan = b.const(np.nan, type_at(under))
    return b.select(zero, b.select(fits, slope, nan), quotient)


def _sums(b: Any, s: Any, g: Any, slope: Any) -> Any:
    """T; 0 on the diagonal of real matrices, where nothing meets it."""
    return _odd(b, _plus(b, g), _plus(b, s), b.mul(_plus(b, slope), 0.5), s)


def _ratios(b: Any, s: Any, g: Any, slope: Any) -> Any:
    """g / s."""
    return _odd(b, g, s, slope, s)


__all__ = ["Singular"]
