"""Eigenvalues and singular values, with or without their vectors.

    eigh   A V = V W        X = V^H dA V, dw = diag(X), dV = V (F o X),  F_ij = 1 / (w_j - w_i)
    eig    A V = V W        the same with X = V^-1 dA V, then V keeps its norm and its real entry
                            (Giles 2008; Boeddeker et al., arXiv:1701.00392)
    svd    A = U S V^H      P = U^H dA V, ds = re diag(P),
                            G = (P + P^H) o 1/(s_j - s_i) / 2, K = (P - P^H) o 1/(s_j + s_i) / 2,
                            dU = U (G + K) + (1 - U U^H) dA V / s
                            dV = V (G - K) + (1 - V V^H) dA^H U / s       (Townsend 2016)

Vectors of eigenvalues that are equal (up to rounding) have no derivative: it is nan, but for
directions along which they stand still (mulz_columns). Some of the vectors, without the others, and
products V diag(f(w)) V^H have one (anvil.ir.ops.vectors, anvil.ir.ops.spectral). Phases of complex
vectors of eigh and svd stand still. Values by themselves have a derivative everywhere: of equal
ones, along the vectors that were found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from anvil.ir.families import Args, type_at
from anvil.ir.opkind import JaxFunction
from anvil.ir.ops.factorizations import adjoint, matmul, square, triangle
from anvil.ir.ops.matrices import (
    MATRIX_DTYPES,
    MatrixOp,
    columns,
    diagonal,
    each,
    general,
    matrix,
    part,
    real_part,
    rows,
    widened,
)
from anvil.ir.samples import Sample, draw
from anvil.ir.types import C128, F64, I64, ArrayType, DType, Type, array

_EQUAL = "vectors of equal values: nan"


def hermitian(b: Any, x: Any, lower: bool = True) -> Any:
    """The Hermitian matrices that have these triangles."""
    x = x if lower else adjoint(b, x)
    t = type_at(x)
    low = triangle(b, x)
    if t.dtype.kind == "c":
        n = t.ndim
        at, to = (b.iota(shape=t.shape, axis=axis, dtype=I64) for axis in (n - 2, n - 1))
        real = b.real(low)
        low = b.select(b.eq(at, to), b.complex(real, b.zeros_like(real)), low)
    return b.add(low, adjoint(b, triangle(b, x, -1)))


def _off_diagonal(b: Any, differences: Any, size: Any, n: int) -> Any:
    """1 / differences, nan where they are lost in rounding of numbers of that size, 0 on the
    diagonal."""
    t = type_at(differences)
    dims = tuple(range(t.ndim - 2))
    eps = float(n * np.finfo(t.dtype.real.np).eps)
    limit = b.broadcast(b.mul(size, eps), shape=t.shape, dims=dims)
    near = b.le(b.abs(differences), limit)
    one = 1.0 if t.dtype.kind == "f" else 1 + 0j
    unknown = b.const(np.nan if t.dtype.kind == "f" else complex(np.nan, 0.0), t)
    found = b.select(near, unknown, b.div(one, b.select(near, b.const(one, t), differences)))
    same = b.broadcast_to(b.const(np.eye(n, dtype=bool)), t.shape)
    return b.select(same, b.zeros(t), found)


def _largest(b: Any, values: Any) -> Any:
    return b.reduce_max(b.abs(values), axes=(type_at(values).ndim - 1,))


def gaps(b: Any, values: Any, dtype: DType) -> Any:
    """F_ij = 1 / (w_j - w_i), of `dtype`."""
    n = type_at(values).shape[-1]
    found = _off_diagonal(
        b, b.sub(columns(b, values, n), rows(b, values, n)), _largest(b, values), n
    )
    return widened(b, found, dtype)


def _hermitian_samples(dtype: DType) -> list[Sample]:
    found = []
    for k, shape in enumerate(((3, 3), (2, 2, 2), (1, 1))):
        x = draw(dtype, shape, -2.0, 2.0, 20 + k)
        found.append(Sample((x,), {"lower": k != 1}))
    return found


class Eigh(MatrixOp):
    """Ascending eigenvalues and orthonormal eigenvectors of Hermitian matrices, of which a triangle
    is read."""

    name, samples, at_kinks = "eigh", _hermitian_samples, _EQUAL
    attrs = {"lower": True}
    hlo = JaxFunction(
        "lax.linalg.eigh", lambda lower: {"lower": lower, "symmetrize_input": False}, (1, 0)
    )

    @staticmethod
    def type(a: Type, *, lower: bool) -> tuple[Type, ...]:
        """Real numbers, and of A."""
        t, lead, n, _ = matrix(Eigh, a)
        square("eigh", t)
        return array(t.dtype.real, (*lead, n)), t

    @staticmethod
    def numpy(a: Any, *, lower: bool) -> Any:
        """np.linalg.eigh."""
        n = a.shape[-1]
        outs = (((n,), a.real.dtype), ((n, n), a.dtype))
        return each(lambda x: np.linalg.eigh(x, "L" if lower else "U"), a, outs)

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args, *, lower: bool) -> Any:
        """diag(X) and V (F o X)."""
        w, v = outs
        x = in_basis(b, hermitian(b, tangents[0], lower), v)
        turned = matmul(b, v, b.mulz_columns(x, gaps(b, w, type_at(v).dtype)))
        return real_part(b, diagonal(b, x)), turned

    @staticmethod
    def determined(b: Any, w: Any, v: Any) -> Any:
        """The values, and a sum of the projections on the vectors."""
        return w, _projections(b, v, v)


def in_basis(b: Any, da: Any, v: Any) -> Any:
    return matmul(b, adjoint(b, v), matmul(b, da, v))


def _projections(b: Any, u: Any, v: Any) -> Any:
    """The sum of j u_j v_j^H over the columns."""
    t = type_at(u)
    n = t.shape[-1]
    weights = b.broadcast_to(b.const(np.arange(1.0, n + 1).astype(t.dtype.np)), t.shape)
    return matmul(b, b.mul(u, weights), adjoint(b, v))


class Eigvalsh(MatrixOp):
    """Ascending eigenvalues of Hermitian matrices, of which a triangle is read."""

    name, samples, attrs = "eigvalsh", _hermitian_samples, {"lower": True}
    at_kinks = "equal eigenvalues: along the vectors found; second derivatives nan"
    hlo = JaxFunction(
        "lax.linalg.eigh", lambda lower: {"lower": lower, "symmetrize_input": False}, (1,)
    )

    @staticmethod
    def type(a: Type, *, lower: bool) -> Type:
        """Real numbers."""
        return Eigh.type(a, lower=lower)[0]

    @staticmethod
    def numpy(a: Any, *, lower: bool) -> Any:
        """np.linalg.eigvalsh."""
        outs = (((a.shape[-1],), a.real.dtype),)
        return each(lambda x: (np.linalg.eigvalsh(x, "L" if lower else "U"),), a, outs)

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args, *, lower: bool) -> Any:
        """diag(X)."""
        _, v = b.eigh(args[0], lower=lower)
        return real_part(b, diagonal(b, in_basis(b, hermitian(b, tangents[0], lower), v)))


# ---- matrices without symmetry


class Eig(MatrixOp):
    """Complex eigenvalues and eigenvectors, of norm 1 and with a real largest entry."""

    dtypes = (F64, C128)
    name, samples, at_kinks = "eig", general((3, 3), (2, 2, 2), (1, 1), seed=51), _EQUAL
    hlo = JaxFunction("lax.linalg.eig", lambda: {"compute_left_eigenvectors": False})

    @staticmethod
    def type(a: Type) -> tuple[Type, ...]:
        """Complex numbers."""
        t, lead, n, _ = matrix(Eig, a)
        square("eig", t)
        dtype = _complex(t)
        return array(dtype, (*lead, n)), array(dtype, t.shape)

    @staticmethod
    def numpy(a: Any) -> Any:
        """np.linalg.eig."""
        n, dtype = a.shape[-1], np.result_type(a.dtype, np.complex64)
        return each(np.linalg.eig, a, (((n,), dtype), ((n, n), dtype)))

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args) -> Any:
        """diag(X) and V (F o X), which keep norm and phase."""
        w, v = outs
        dtype = type_at(v).dtype
        x = b.solve(v, matmul(b, widened(b, tangents[0], dtype), v))
        n = type_at(w).shape[-1]
        gaps = _off_diagonal(b, b.sub(columns(b, w, n), rows(b, w, n)), _complex_size(b, w), n)
        return diagonal(b, x), _normalised(b, v, matmul(b, v, b.mulz_columns(x, gaps)))


def _complex(t: ArrayType) -> DType:
    """The complex dtype of the same precision."""
    return next(d for d in MATRIX_DTYPES if d.kind == "c" and d.real is t.dtype.real)


def _complex_size(b: Any, w: Any) -> Any:
    return b.reduce_max(b.abs(w), axes=(type_at(w).ndim - 1,))


def _normalised(b: Any, v: Any, dv: Any) -> Any:
    """dV + V z, with the z for which norms and the phase of the real entry stand still."""
    t = type_at(v)
    n = t.shape[-1]
    down = t.ndim - 2
    along = b.reduce_sum(b.real(b.mul(b.conj(v), dv)), axes=(down,))
    real = b.eq(b.imag(v), 0.0)
    size = b.select(real, b.abs(b.real(v)), b.const(-1.0, type_at(real).with_dtype(t.dtype.real)))
    first = b.argmax(size, axis=down)
    place = b.iota(shape=t.shape, axis=down, dtype=I64)
    chosen = b.eq(place, columns(b, b.cast(first, I64), n))
    zero = b.zeros(t.with_dtype(t.dtype.real))
    entry = b.reduce_sum(b.select(chosen, b.real(v), zero), axes=(down,))
    moved = b.reduce_sum(b.select(chosen, b.imag(dv), zero), axes=(down,))
    phase = b.scale(moved, b.div(1.0, entry))
    z = b.complex(b.neg(along), b.neg(phase))
    return b.add(dv, b.mul(v, columns(b, z, n)))


class Eigvals(MatrixOp):
    """Complex eigenvalues."""

    dtypes = (F64, C128)
    name, samples = "eigvals", general((3, 3), (2, 2, 2), (1, 1))
    at_kinks = "of a matrix without a basis of eigenvectors: inf or nan"
    hlo = JaxFunction(
        "lax.linalg.eig",
        lambda: {"compute_left_eigenvectors": False, "compute_right_eigenvectors": False},
    )

    @staticmethod
    def type(a: Type) -> Type:
        """Complex numbers."""
        return Eig.type(a)[0]

    @staticmethod
    def numpy(a: Any) -> Any:
        """np.linalg.eigvals."""
        dtype = np.result_type(a.dtype, np.complex64)
        return each(lambda x: (np.linalg.eigvals(x),), a, (((a.shape[-1],), dtype),))

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args) -> Any:
        """diag(V^-1 dA V)."""
        _, v = b.eig(args[0])
        da = widened(b, tangents[0], type_at(v).dtype)
        return diagonal(b, b.solve(v, matmul(b, da, v)))


# ---- singular values


class Svd(MatrixOp):
    """U, the descending singular values, and V^H; `full_matrices`: completed to square unitary
    matrices."""

    name, attrs, at_kinks = "svd", {"full_matrices": True}, _EQUAL
    hlo = JaxFunction("lax.linalg.svd")

    @staticmethod
    def samples(dtype: DType) -> list[Sample]:
        """Of every form."""
        shapes: tuple[tuple[tuple[int, ...], bool], ...] = (
            ((3, 3), False),
            ((2, 4, 2), False),
            ((2, 3), False),
            ((4, 2), True),
            ((2, 3), True),
        )
        return [
            Sample((draw(dtype, s, -2.0, 2.0, 30 + i),), {"full_matrices": full})
            for i, (s, full) in enumerate(shapes)
        ]

    @staticmethod
    def type(a: Type, *, full_matrices: bool) -> tuple[Type, ...]:
        """Of A, but the values are real."""
        t, lead, m, n = matrix(Svd, a)
        k = min(m, n)
        left, right = (m, n) if full_matrices else (k, k)
        return (
            t.with_shape((*lead, m, left)),
            array(t.dtype.real, (*lead, k)),
            t.with_shape((*lead, right, n)),
        )

    @staticmethod
    def numpy(a: Any, *, full_matrices: bool) -> Any:
        """np.linalg.svd."""
        (m, n), k = a.shape[-2:], min(a.shape[-2:])
        left, right = (m, n) if full_matrices else (k, k)
        outs = (((m, left), a.dtype), ((k,), a.real.dtype), ((right, n), a.dtype))
        return each(lambda x: np.linalg.svd(x, full_matrices), a, outs)

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args, *, full_matrices: bool) -> Any:
        """Within the spaces of the singular vectors, out of them, and of what completes them."""
        u, s, vh = outs
        da = tangents[0]
        m, n, k = type_at(u).shape[-2], type_at(vh).shape[-1], type_at(s).shape[-1]
        left, right = part(b, u, m, k), adjoint(b, part(b, vh, k, n))
        p = in_bases(b, left, da, right)
        du, dv = moved_vectors(b, outs, da)
        if full_matrices and m > k:
            rest = turned_rest(b, outs, da, left, part(b, u, m, m - k, 0, k), "u")
            du = b.concatenate(du, rest, axis=type_at(u).ndim - 1)
        if full_matrices and n > k:
            last = adjoint(b, part(b, vh, n - k, n, k, 0))
            dv = b.concatenate(
                dv, turned_rest(b, outs, da, right, last, "v"), axis=type_at(u).ndim - 1
            )
        return du, real_part(b, diagonal(b, p)), adjoint(b, dv)

    @staticmethod
    def determined(b: Any, u: Any, s: Any, vh: Any) -> Any:
        """The values, sums of products of vectors, and the projections on what completes them."""
        m, n, k = type_at(u).shape[-2], type_at(vh).shape[-1], type_at(s).shape[-1]
        found = [s, _projections(b, part(b, u, m, k), adjoint(b, part(b, vh, k, n)))]
        for x, size in ((u, m), (adjoint(b, vh), n)):
            rest = type_at(x).shape[-1] - k
            if rest:
                last = part(b, x, size, rest, 0, k)
                found.append(matmul(b, last, adjoint(b, last)))
        return found


def in_bases(b: Any, u: Any, da: Any, v: Any) -> Any:
    """P = U^H dA V."""
    return matmul(b, adjoint(b, u), matmul(b, da, v))


def moved_vectors(
    b: Any, svd: Args, da: Any, taken: Callable[[Any], Any] | None = None
) -> tuple[Any, Any]:
    """dU and dV of the vectors that belong to values; of the columns that `taken` takes."""
    taken = taken or _all
    u, s, vh = svd
    m, n, k = type_at(u).shape[-2], type_at(vh).shape[-1], type_at(s).shape[-1]
    left, right = part(b, u, m, k), adjoint(b, part(b, vh, k, n))
    p = in_bases(b, left, da, right)
    in_u, in_v = _rotations(b, p, s, taken)
    du, dv = matmul(b, left, in_u), matmul(b, right, in_v)
    if m > k:
        out = b.sub(matmul(b, da, right), matmul(b, left, p))
        du = b.add(du, _over(b, out, s, taken))
    if n > k:
        out = b.sub(matmul(b, adjoint(b, da), left), matmul(b, right, adjoint(b, p)))
        dv = b.add(dv, _over(b, out, s, taken))
    return du, dv


def _rotations(b: Any, p: Any, s: Any, taken: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Columns of U^H dU and V^H dV among the singular vectors."""
    t = type_at(p)
    k = t.shape[-1]
    h, skew = taken(b.add(p, adjoint(b, p))), taken(b.sub(p, adjoint(b, p)))
    half = 0.5 if t.dtype.kind == "f" else 0.5 + 0j
    h = b.mul(b.mulz_columns(h, taken(gaps(b, s, t.dtype))), half)
    sums = b.div(1.0, b.add(columns(b, s, k), rows(b, s, k)))
    diagonal_ = taken(b.broadcast_to(b.const(np.eye(k, dtype=bool)), t.shape))
    skew = b.mul(b.mulz_columns(skew, taken(widened(b, sums, t.dtype))), half)
    zeros = b.zeros(type_at(skew))
    if t.dtype.kind == "f":
        off = b.select(diagonal_, zeros, skew)
        return b.add(h, off), b.sub(h, off)
    whole = b.select(diagonal_, b.add(skew, skew), skew)
    return b.add(h, whole), b.sub(h, b.select(diagonal_, zeros, skew))


def _all(x: Any) -> Any:
    """All columns."""
    return x


def _over(b: Any, x: Any, s: Any, taken: Callable[[Any], Any] = _all) -> Any:
    """Columns of X divided by s."""
    t = type_at(x)
    inverse = columns(b, widened(b, b.div(1.0, s), t.dtype), t.shape[-2])
    return b.mulz_columns(taken(x), taken(inverse))


def turned_rest(b: Any, svd: Args, da: Any, first: Any, rest: Any, side: str) -> Any:
    """How the columns beyond `first` turn: by what leaves those, divided by s, whatever the vectors
    do within their space.
    """
    u, s, vh = svd
    k = type_at(s).shape[-1]
    if side == "u":
        out = matmul(b, da, adjoint(b, part(b, vh, k, type_at(vh).shape[-1])))
    else:
        out = matmul(b, adjoint(b, da), part(b, u, type_at(u).shape[-2], k))
    return _rest(b, first, rest, _over(b, out, s))


def _rest(b: Any, first: Any, rest: Any, out: Any) -> Any:
    """-U1 (U2^H dU1)^H: the columns beyond U1 turn as little as they must."""
    return b.neg(matmul(b, first, adjoint(b, matmul(b, adjoint(b, rest), out))))


class Svdvals(MatrixOp):
    """The descending singular values."""

    name, samples = "svdvals", general((3, 3), (2, 4, 2), (2, 3))
    at_kinks = "equal values, 0: along the vectors found; second derivatives nan"
    hlo = JaxFunction("lax.linalg.svd", lambda: {"compute_uv": False})

    @staticmethod
    def type(a: Type) -> Type:
        """Real numbers."""
        t, lead, m, n = matrix(Svdvals, a)
        return array(t.dtype.real, (*lead, min(m, n)))

    @staticmethod
    def numpy(a: Any) -> Any:
        """np.linalg.svdvals."""
        outs = (((min(a.shape[-2:]),), a.real.dtype),)
        return each(lambda x: (np.linalg.svd(x, compute_uv=False),), a, outs)

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args) -> Any:
        """re diag(U^H dA V)."""
        u, _, vh = b.svd(args[0], full_matrices=False)
        p = matmul(b, adjoint(b, u), matmul(b, tangents[0], adjoint(b, vh)))
        return real_part(b, diagonal(b, p))


# ---- orthogonal triangles


class Qr(MatrixOp):
    """Orthonormal columns Q and the upper triangular R of A = Q R, whose diagonal is real;
    `full_matrices`: Q completed to a square matrix."""

    name, attrs = "qr", {"full_matrices": False}
    at_kinks = "where R is singular: inf or nan"
    hlo = JaxFunction("lax.linalg.qr")

    @staticmethod
    def samples(dtype: DType) -> list[Sample]:
        """Square, tall, wide."""
        shapes: tuple[tuple[tuple[int, ...], bool], ...] = (
            ((3, 3), False),
            ((2, 3, 2), False),
            ((2, 3), False),
            ((4, 2), True),
            ((1, 2), False),
        )
        return [
            Sample((draw(dtype, s, -2.0, 2.0, 40 + i),), {"full_matrices": full})
            for i, (s, full) in enumerate(shapes)
        ]

    @staticmethod
    def type(a: Type, *, full_matrices: bool) -> tuple[Type, ...]:
        """Of A."""
        t, lead, m, n = matrix(Qr, a)
        k = m if full_matrices else min(m, n)
        return t.with_shape((*lead, m, k)), t.with_shape((*lead, k, n))

    @staticmethod
    def numpy(a: Any, *, full_matrices: bool) -> Any:
        """np.linalg.qr."""
        m, n = a.shape[-2:]
        k = m if full_matrices else min(m, n)
        how = "complete" if full_matrices else "reduced"
        return each(lambda x: np.linalg.qr(x, how), a, (((m, k), a.dtype), ((k, n), a.dtype)))  # type: ignore[call-overload]

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args, *, full_matrices: bool) -> Any:
        """Q1^H dA1 R1^-1 = skew + upper triangle (Walter, Lehmann, arXiv:1009.6112)."""
        (q, r), (da,) = outs, tangents
        m, n = type_at(da).shape[-2:]
        k = min(m, n)
        q1, r1 = part(b, q, m, k), part(b, r, k, k)
        solved = _divided(b, part(b, da, m, k), r1)
        c = matmul(b, adjoint(b, q1), solved)
        dq, upper = b.sub(solved, matmul(b, q1, c)), c
        turns = k > 1 or type_at(c).dtype.kind == "c"
        omega = _skew(b, c) if turns else None
        if turns:
            dq, upper = b.add(matmul(b, q1, omega), dq), b.sub(c, omega)
        dr = matmul(b, upper, r1)
        if n > k:
            beyond = matmul(b, adjoint(b, q1), part(b, da, m, n - k, 0, k))
            if turns:
                beyond = b.sub(beyond, matmul(b, omega, part(b, r, k, n - k, 0, k)))
            dr = b.concatenate(dr, beyond, axis=type_at(dr).ndim - 1)
        if full_matrices and m > k:
            last = part(b, q, m, m - k, 0, k)
            dq = b.concatenate(dq, _rest(b, q1, last, dq), axis=type_at(q).ndim - 1)
            zeros = b.zeros(type_at(dr).with_shape((*type_at(dr).shape[:-2], m - k, n)))
            dr = b.concatenate(dr, zeros, axis=type_at(dr).ndim - 2)
        return dq, triangle(b, dr, lower=False)

    @staticmethod
    def determined(b: Any, q: Any, r: Any) -> Any:
        """All but a basis of what completes Q."""
        m, n = type_at(q).shape[-2], type_at(r).shape[-1]
        found = [part(b, q, m, min(m, n)), r]
        if type_at(q).shape[-1] > n:
            last = part(b, q, m, m - n, 0, n)
            found.append(matmul(b, last, adjoint(b, last)))
        return found


def _divided(b: Any, x: Any, r: Any) -> Any:
    """X R^-1."""
    turned = b.triangular_solve(r, adjoint(b, x), lower=False, adjoint=True)
    return adjoint(b, turned)


def _skew(b: Any, c: Any) -> Any:
    """The skew-Hermitian matrix with the lower triangle of C and the imaginary part of its
    diagonal."""
    low = triangle(b, c, -1)
    found = b.sub(low, adjoint(b, low))
    t = type_at(c)
    if t.dtype.kind == "f":
        return found
    imaginary = b.imag(c)
    inside = b.broadcast_to(b.const(np.eye(t.shape[-1], dtype=bool)), t.shape)
    return b.select(inside, b.complex(b.zeros_like(imaginary), imaginary), found)


__all__ = [
    *("Eig", "Eigh", "Eigvals", "Eigvalsh", "Qr", "Svd", "Svdvals"),
    *("gaps", "hermitian", "in_bases", "in_basis", "moved_vectors", "turned_rest"),
]
