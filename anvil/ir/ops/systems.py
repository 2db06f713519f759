"""Gaussian elimination and what is solved by it.

lu      P A = L U    X = L^-1 P dA U^-1,  dL = L tril(X, -1),  dU = triu(X) U, where L and U are
                     completed by the identity to square matrices
solve   A X = B      dX = A^-1 (dB - dA X)                          (Giles 2008)
det                  d det A = tr(adj(A) dA)
pinv    P = A^+      dP = -P dA P + P P^H dA^H (I - A P) + (I - P A) dA^H P^H P
                                                                    (Golub, Pereyra 1973)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.ir.families import (
    Args,
    Batched,
    arrays,
    check_dtype,
    expand_unbatched,
    same_dtype,
    type_at,
)
from anvil.ir.opkind import JaxFunction, OpKind, RuleError
from anvil.ir.ops.factorizations import adjoint, matmul, square, triangle
from anvil.ir.ops.matrices import (
    MATRIX_DTYPES,
    MatrixOp,
    columns,
    conj,
    diagonal,
    each,
    eye,
    general,
    matrix,
    part,
    placed,
    rows,
    widened,
)
from anvil.ir.samples import Sample, draw
from anvil.ir.types import DTYPES, I64, DType, Type, array

_I32 = DTYPES["i32"]


class Lu(MatrixOp):
    """L and U in one matrix (the diagonal of L is 1 and left out), the row that each step has
    exchanged its row with, and the permutation of the rows: A[permutation] = L U."""

    name = "lu"
    hlo = JaxFunction("lax.linalg.lu")
    samples = general((3, 3), (2, 2, 3), (4, 2), (2, 2, 2))

    @staticmethod
    def type(a: Type) -> tuple[Type, ...]:
        """Of A, and of integers."""
        t, lead, m, n = matrix(Lu, a)
        return t, array(_I32, (*lead, min(m, n))), array(_I32, (*lead, m))

    @staticmethod
    def numpy(a: Any) -> Any:
        """Elimination with the largest pivot of each column."""
        m, n = a.shape[-2:]
        ints = np.dtype(np.int32)
        outs = (((m, n), a.dtype), ((min(m, n),), ints), ((m,), ints))
        return each(lambda x: _eliminate(x), a, outs)

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args) -> Any:
        """L tril(X, -1) + triu(X) U."""
        packed, _, permutation = outs
        t = type_at(packed)
        m, n = t.shape[-2:]
        k = min(m, n)
        low, up = _completed(b, packed)
        moved = _permuted(b, tangents[0], permutation)
        x = b.triangular_solve(low, moved, unit=True)
        x = adjoint(b, b.triangular_solve(up, adjoint(b, x), lower=False, adjoint=True))
        d_low = matmul(b, low, triangle(b, x, -1))
        d_up = matmul(b, triangle(b, x, lower=False), up)
        d_up = part(b, d_up, k, n)
        d_low = part(b, d_low, m, k)
        whole = t
        found = b.add(
            placed(b, triangle(b, d_low, -1), whole),
            placed(b, triangle(b, d_up, lower=False), whole),
        )
        return found, None, None


def _eliminate(a: Any) -> Any:
    a = np.array(a)
    m, n = a.shape
    k = min(m, n)
    pivots, order = np.zeros(k, np.int32), np.arange(m, dtype=np.int32)
    with np.errstate(all="ignore"):
        for i in range(k):
            column = a[i:, i]
            size = np.abs(column.real) + np.abs(column.imag)
            nan = np.isnan(size)
            p = i + int(np.argmax(np.where(nan, -1.0, size)) if not nan.all() else 0)
            pivots[i] = p
            a[[i, p]], order[[i, p]] = a[[p, i]], order[[p, i]]
            if a[i, i] != 0:
                a[i + 1 :, i] /= a[i, i]
            a[i + 1 :, i + 1 :] -= np.outer(a[i + 1 :, i], a[i, i + 1 :])
    return a, pivots, order


def _completed(b: Any, packed: Any) -> tuple[Any, Any]:
    """L and U as square matrices: completed by the identity."""
    t = type_at(packed)
    lead, (m, n) = t.shape[:-2], t.shape[-2:]
    k = min(m, n)
    low, up = part(b, packed, m, k), part(b, packed, k, n)
    if m > k:
        rest = placed(b, eye(b, t, m - k), t.with_shape((*lead, m, m)), k, k)
        low = b.add(placed(b, triangle(b, low, -1), t.with_shape((*lead, m, m))), rest)
    if n > k:
        rest = placed(b, eye(b, t, n - k), t.with_shape((*lead, n, n)), k, k)
        up = b.add(placed(b, triangle(b, up, lower=False), t.with_shape((*lead, n, n))), rest)
    unit = b.broadcast_to(b.const(np.eye(m, dtype=bool)), (*lead, m, m))
    one = b.const(1.0 if t.dtype.kind == "f" else 1 + 0j, t.with_shape((*lead, m, m)))
    return b.select(unit, one, triangle(b, low, -1)), triangle(b, up, lower=False)


def _permuted(b: Any, x: Any, permutation: Any, back: bool = False) -> Any:
    """The rows of each matrix in that order; `back`: the inverse."""
    t, p = type_at(x), type_at(permutation)
    m = p.shape[-1]
    there = rows(b, b.cast(permutation, I64), m)
    equal = b.eq(there, b.iota(shape=type_at(there).shape, axis=p.ndim, dtype=I64))
    matrix_ = b.cast(equal, t.dtype.real)
    matrix_ = widened(b, matrix_, t.dtype)
    if back:
        matrix_ = adjoint(b, matrix_)
    return matmul(b, matrix_, x)


class Solve(OpKind):
    """The solution X of A X = B (`adjoint`: of A^H X = B) for square A; inf or nan where A is
    singular."""

    name, dtypes, linear = "solve", MATRIX_DTYPES, (1,)
    attrs = {"adjoint": False}

    @staticmethod
    def samples(dtype: DType) -> list[Sample]:
        """Well-conditioned matrices."""
        found = []
        for k, turned in enumerate((False, True)):
            lead = (2,) if k else ()
            a = draw(dtype, (*lead, 3, 3), -1.0, 1.0, k) + 3 * np.eye(3)
            rhs = draw(dtype, (*lead, 3, 2), -1.0, 1.0, 5)
            found.append(Sample((np.asarray(a, dtype.np), rhs), {"adjoint": turned}))
        return found

    @staticmethod
    def type(a: Type, rhs: Type, *, adjoint: bool) -> Type:
        """Of B."""
        x, y = arrays("solve", (a, rhs))
        check_dtype(Solve, same_dtype("solve", (x, y)))
        n = square("solve", x)
        if y.shape[:-1] != x.shape[:-1]:
            raise RuleError(f"solve of {x} and {y}: the right sides must have {n} rows")
        return y

    @staticmethod
    def numpy(a: Any, rhs: Any, *, adjoint: bool) -> Any:
        """np.linalg.solve, matrix by matrix."""
        a = np.conj(np.swapaxes(a, -1, -2)) if adjoint else a
        out = np.empty_like(rhs)
        for at in np.ndindex(a.shape[:-2]):
            try:
                out[at] = np.linalg.solve(a[at], rhs[at])
            except np.linalg.LinAlgError:
                out[at] = np.nan
        return out

    @staticmethod
    def decompose(b: Any, a: Any, rhs: Any, *, adjoint: bool) -> Any:
        """By elimination: the same for all systems with this matrix."""
        packed, _, permutation = b.lu(a)
        if not adjoint:
            y = b.triangular_solve(packed, _permuted(b, rhs, permutation), unit=True)
            return b.triangular_solve(packed, y, lower=False)
        y = b.triangular_solve(packed, rhs, lower=False, adjoint=True)
        y = b.triangular_solve(packed, y, adjoint=True, unit=True)
        return _permuted(b, y, permutation, back=True)

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args, *, adjoint: bool) -> Any:
        """The solution for dB - dA X."""
        da, right = tangents
        if da is not None:
            da = _adjoint(b, da) if adjoint else da
            moved = b.neg(matmul(b, da, outs[0]))
            right = moved if right is None else b.add(right, moved)
        return None if right is None else b.solve(args[0], right, adjoint=adjoint)

    @staticmethod
    def transpose(t: Any, ct: Any, args: Any, *, adjoint: bool) -> None:
        """The solution with the transposed matrix: its adjoint, conjugated before and after."""
        b = t.b
        t.add(1, conj(b, b.solve(args[0], conj(b, ct), adjoint=not adjoint)))

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int, *, adjoint: bool) -> Any:
        """Matrices are counted by the leading axes."""
        return b.solve(*expand_unbatched(b, args, batched, size), adjoint=adjoint)


_adjoint = adjoint


class Det(MatrixOp):
    """The determinant. Its derivatives are those of the polynomial it is, also where A is singular
    (of rank n - 3 and less: to third order)."""

    name = "det"
    samples = general((3, 3), (2, 2, 2), (1, 1), (4, 4))

    @staticmethod
    def type(a: Type) -> Type:
        """A number for each matrix."""
        t, lead, _, _ = matrix(Det, a)
        square("det", t)
        return t.with_shape(lead)

    @staticmethod
    def numpy(a: Any) -> Any:
        """np.linalg.det."""
        return np.asarray(np.linalg.det(a))

    @staticmethod
    def decompose(b: Any, a: Any) -> Any:
        """The product of the pivots, with the sign of the permutation."""
        packed, exchanged, _ = b.lu(a)
        pivots = diagonal(b, packed)
        t = type_at(pivots)
        place = b.iota(shape=type_at(exchanged).shape, axis=t.ndim - 1, dtype=_I32)
        signs = b.select(b.ne(exchanged, place), b.neg(pivots), pivots)
        return b.reduce_prod(signs, axes=(t.ndim - 1,))

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args) -> Any:
        """tr(adj(A) dA)."""
        (a,), (da,) = args, tangents
        n = type_at(a).shape[-1]
        if n == 0:
            return None
        if n <= 3:
            return _inner(b, _cofactors(b, a), da)
        return _shifted_jvp(b, a, da)


def _inner(b: Any, x: Any, y: Any) -> Any:
    """The sum of the products of the entries of two matrices."""
    n = type_at(x).ndim
    return b.reduce_sum(b.mul(x, y), axes=(n - 2, n - 1))


def _entry(b: Any, a: Any, i: int, j: int) -> Any:
    return b.reshape(part(b, a, 1, 1, i, j), shape=type_at(a).shape[:-2])


def _cofactors(b: Any, a: Any) -> Any:
    """The matrix of cofactors, of matrices of order 1 to 3, by its definition."""
    t = type_at(a)
    n = t.shape[-1]
    if n == 1:
        return b.const(1.0 if t.dtype.kind == "f" else 1 + 0j, t)
    found = []
    for i in range(n):
        for j in range(n):
            r, c = ([k for k in range(n) if k != q] for q in (i, j))
            minor = _entry(b, a, r[0], c[0])
            if n == 3:
                minor = b.sub(
                    b.mul(minor, _entry(b, a, r[1], c[1])),
                    b.mul(_entry(b, a, r[0], c[1]), _entry(b, a, r[1], c[0])),
                )
            minor = b.neg(minor) if (i + j) % 2 else minor
            found.append(b.reshape(minor, shape=(*t.shape[:-2], 1)))
    flat = b.concatenate(*found, axis=t.ndim - 2)
    return b.reshape(flat, shape=t.shape)


def _shifted_jvp(b: Any, a: Any, da: Any) -> Any:
    """With U, V the singular vectors of the three smallest singular values, kept constant,

        B = A + U D V^H   is regular   and   det A = det B det(1 - D V^H B^-1 U) = det B det G

    so that d det A = det B (tr(B^-1 dA) det G + tr(adj(G) dG)), dG = D V^H B^-1 dA B^-1 U. Of a
    rank below n - 3 the three first derivatives are 0.
    """
    t = type_at(a)
    n, k = t.shape[-1], 3
    u, s, vh = b.svd(b.stop_gradient(a), full_matrices=False)
    largest = b.reduce_max(s, axes=(t.ndim - 2,))
    lost = b.le(_at(b, s, n - 4), b.mul(largest, float(n * np.finfo(t.dtype.real.np).eps)))
    shift = widened(b, b.select(b.eq(largest, 0.0), 1.0, largest), t.dtype)
    left, right = part(b, u, n, k, 0, n - k), part(b, vh, k, n, n - k, 0)
    safe = b.select(_filled(b, lost, n, n), b.mul(eye(b, t, n), _filled(b, shift, n, n)), a)
    regular = b.add(safe, matmul(b, b.mul(left, _filled(b, shift, n, k)), right))
    moved, inner = b.solve(regular, da), b.solve(regular, left)
    d = _filled(b, shift, k, k)
    g = b.sub(eye(b, t, k), b.mul(d, matmul(b, right, inner)))
    dg = b.mul(d, matmul(b, right, matmul(b, moved, inner)))
    cofactors = _cofactors(b, g)
    det_g = _inner(b, part(b, g, 1, k), part(b, cofactors, 1, k))
    trace = b.reduce_sum(diagonal(b, moved), axes=(t.ndim - 2,))
    found = b.mul(b.add(b.mul(trace, det_g), _inner(b, dg, cofactors)), b.det(regular))
    return b.select(lost, b.zeros_like(found), found)


def _filled(b: Any, x: Any, m: int, n: int) -> Any:
    """Matrices whose entries are all the same number."""
    lead = type_at(x).shape
    return b.broadcast(x, shape=(*lead, m, n), dims=tuple(range(len(lead))))


def _at(b: Any, s: Any, i: int) -> Any:
    t = type_at(s)
    lead = t.shape[:-1]
    cut = b.slice(s, starts=(*(0 for _ in lead), i), limits=(*lead, i + 1), strides=(1,) * t.ndim)
    return b.reshape(cut, shape=lead)


class PseudoInverse(MatrixOp):
    """The pseudo-inverse: singular values of at most `rcond` times the largest count as 0. Its
    derivative is that of matrices of the same rank."""

    name, attrs = "pinv", {"rcond": 1e-15}
    samples = general((3, 3), (2, 2, 3), (4, 2), rcond=1e-6)
    at_kinks = "where the rank changes: the derivative along matrices of the same rank"

    @staticmethod
    def type(a: Type, *, rcond: float) -> Type:
        """Of the transposed matrix."""
        t, lead, m, n = matrix(PseudoInverse, a)
        return t.with_shape((*lead, n, m))

    @staticmethod
    def numpy(a: Any, *, rcond: float) -> Any:
        """np.linalg.pinv."""
        m, n = a.shape[-2:]
        return each(lambda x: (np.linalg.pinv(x, rcond),), a, (((n, m), a.dtype),))

    @staticmethod
    def decompose(b: Any, a: Any, *, rcond: float) -> Any:
        """V S^+ U^H."""
        t = type_at(a)
        u, s, vh = b.svd(conj(b, a), full_matrices=False)
        last = type_at(s).ndim - 1
        largest = b.reduce_max(s, axes=(last,))
        bound = b.mul(largest, rcond)
        bound = b.broadcast(bound, shape=type_at(s).shape, dims=tuple(range(last)))
        kept = b.gt(s, bound)
        inverse = b.select(kept, b.div(1.0, b.select(kept, s, 1.0)), b.zeros_like(s))
        scaled = b.mul(columns(b, widened(b, inverse, t.dtype), t.shape[-1]), _turned(b, vh))
        return matmul(b, scaled, _turned(b, u))

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args, *, rcond: float) -> Any:
        """Three terms: of the inverse, and of the turning row and column spaces."""
        (a,), (p,), (da,) = args, outs, tangents
        m, n = type_at(a).shape[-2:]
        t = type_at(a)
        found = b.neg(matmul(b, matmul(b, p, da), p))
        turned = adjoint(b, da)
        ph = adjoint(b, p)
        off = b.sub(eye(b, t, m), matmul(b, a, p))
        found = b.add(found, matmul(b, matmul(b, p, ph), matmul(b, turned, off)))
        off = b.sub(eye(b, t, n), matmul(b, p, a))
        return b.add(found, matmul(b, matmul(b, off, turned), matmul(b, ph, p)))


def _turned(b: Any, x: Any) -> Any:
    """The transpose of each matrix."""
    n = type_at(x).ndim
    return b.transpose(x, perm=(*range(n - 2), n - 1, n - 2))


__all__ = ["Det", "Lu", "PseudoInverse", "Solve"]
