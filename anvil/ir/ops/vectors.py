"""Some of the vectors of a decomposition. Their derivatives need no others, as those of

    eigenvectors   V[:, c]                           dV[:, c] = V (F o X)[:, c]
    singular_vectors   U[:, c] or V[:, c]            (see anvil.ir.ops.spectra)
    completing_vectors   U2 = U[:, k:]               dU2 = -U1 (U2^H dA V / s)^H

so equal values among the others do not matter. Programs that read some columns get these ops
(anvil.opt.spectral_forms).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.ir.families import Args, Batched, arrays, expand_unbatched, type_at
from anvil.ir.opkind import OpKind, RuleError
from anvil.ir.ops.factorizations import adjoint, matmul
from anvil.ir.ops.matrices import MATRIX_DTYPES, MatrixOp, each, matrix, part
from anvil.ir.ops.spectra import Eigh, Svd, gaps, hermitian, in_basis, moved_vectors, turned_rest
from anvil.ir.samples import Sample, draw
from anvil.ir.types import I64, ArrayType, DType, Type


class _Columns(OpKind, abstract=True):
    """`places` are positions among the values, the same for every matrix."""

    dtypes = MATRIX_DTYPES
    keep = "outputs"

    @classmethod
    def batch(cls, b: Any, args: Args, batched: Batched, size: int, **attrs: Any) -> Any:
        """Matrices are counted by the leading axes; places that differ choose among all."""
        a, places = args
        if not batched[1]:
            return b.emit(cls, args, attrs)
        (a,) = expand_unbatched(b, (a,), (batched[0],), size)
        t = type_at(a)
        every = b.const(np.arange(cls.count(t), dtype=np.int64))
        vectors = b.emit(cls, (a, every), attrs)
        shape = type_at(vectors).shape
        k = type_at(places).shape[-1]
        wide = b.broadcast(places, shape=(*shape[:-1], k), dims=(0, len(shape) - 1))
        return _taken(b, vectors, wide)

    @staticmethod
    def count(t: ArrayType) -> int:
        """How many there are."""
        return min(t.shape[-2:])


def _taken(b: Any, x: Any, places: Any) -> Any:
    """Elements along the last axis, by a position for each."""
    t, to = type_at(x), type_at(places)
    grids = [b.iota(shape=to.shape, axis=i, dtype=I64) for i in range(to.ndim - 1)]
    rows = [b.reshape(g, shape=(*to.shape, 1)) for g in (*grids, places)]
    return b.gather(x, b.concatenate(*rows, axis=to.ndim), axes=tuple(range(t.ndim)))


def _columns_of(b: Any, x: Any, places: Any) -> Any:
    """The columns of each matrix at these places."""
    t = type_at(x)
    rows = b.reshape(places, shape=(type_at(places).shape[0], 1))
    found = b.gather(x, rows, axes=(t.ndim - 1,))
    return b.transpose(found, perm=(*range(1, t.ndim), 0))


def _chosen_type(name: str, places: Type, t: ArrayType, rows: int) -> ArrayType:
    """Matrices of that many rows, a column for each place."""
    (p,) = arrays(name, (places,))
    if p.ndim != 1 or p.dtype is not I64 or (p.shape[0] and not min(t.shape[-2:])):
        raise RuleError(f"{name}: {p} are no places of vectors of {t}")
    return t.with_shape((*t.shape[:-2], rows, p.shape[0]))


def _eigen_samples(dtype: DType) -> list[Sample]:
    return [
        Sample((draw(dtype, (3, 3), -2.0, 2.0, 130), np.array([2, 0])), {"lower": True}),
        Sample((draw(dtype, (2, 2, 2), -2.0, 2.0, 131), np.array([1])), {"lower": False}),
    ]


class Eigenvectors(_Columns):
    """Eigenvectors of Hermitian matrices as columns, those of the eigenvalues at `places` in
    ascending order."""

    name, samples, attrs = "eigenvectors", _eigen_samples, {"lower": True}
    at_kinks = "of an eigenvalue that equals another: nan"

    @staticmethod
    def type(a: Type, places: Type, *, lower: bool) -> Type:
        """Of A, with a column for each place."""
        t = Eigh.type(a, lower=lower)[1]
        assert isinstance(t, ArrayType)
        return _chosen_type("eigenvectors", places, t, t.shape[-1])

    @staticmethod
    def numpy(a: Any, places: Any, *, lower: bool) -> Any:
        """Of np.linalg.eigh."""
        n = a.shape[-1]
        found = each(lambda x: (np.linalg.eigh(x, "L" if lower else "U")[1],), a, _one(n, n, a))
        return np.take(found, places, axis=-1, mode="clip")

    @staticmethod
    def decompose(b: Any, a: Any, places: Any, *, lower: bool) -> Any:
        """Columns of all."""
        return _columns_of(b, b.eigh(a, lower=lower)[1], places)

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args, *, lower: bool) -> Any:
        """Columns of V (F o X)."""
        (a, places), da = args, tangents[0]
        w, v = b.eigh(a, lower=lower)
        x = in_basis(b, hermitian(b, da, lower), v)
        x, f = (_columns_of(b, m, places) for m in (x, gaps(b, w, type_at(v).dtype)))
        return matmul(b, v, b.mulz_columns(x, f))

    @staticmethod
    def determined(b: Any, v: Any) -> Any:
        """The projections."""
        t = type_at(v)
        if t.shape[-1] > 1:
            v = part(b, v, t.shape[-2], 1)
        return (matmul(b, v, adjoint(b, v)),)


def _one(rows: int, cols: int, a: Any) -> tuple[tuple[Any, Any]]:
    return (((rows, cols), a.dtype),)


def _singular_samples(dtype: DType) -> list[Sample]:
    cases = (((3, 3), "u"), ((2, 3, 2), "v"), ((2, 3), "v"), ((3, 2), "u"))
    return [
        Sample(
            (draw(dtype, shape, -2.0, 2.0, 140 + k), np.array([1, 0][: 1 + k % 2])),
            {"side": side, "full_matrices": k == 3},
        )
        for k, (shape, side) in enumerate(cases)
    ]


class SingularVectors(_Columns):
    """Left (`side` "u") or right ("v") singular vectors as columns, those of the singular values at
    `places` in descending order."""

    name, samples = "singular_vectors", _singular_samples
    attrs = {"side": "u", "full_matrices": False}
    at_kinks = "of a singular value that equals another, or 0: nan or inf"

    @staticmethod
    def type(a: Type, places: Type, *, side: str, full_matrices: bool) -> Type:
        """Of A, with a column for each place."""
        Svd.type(a, full_matrices=full_matrices)
        assert isinstance(a, ArrayType)
        return _chosen_type("singular_vectors", places, a, a.shape[-2 if side == "u" else -1])

    @staticmethod
    def numpy(a: Any, places: Any, *, side: str, full_matrices: bool) -> Any:
        """Of np.linalg.svd."""

        (m, n), k, at = a.shape[-2:], min(a.shape[-2:]), 0 if side == "u" else 2
        shape = (m, m if full_matrices else k) if side == "u" else (n if full_matrices else k, n)
        found = each(lambda x: (np.linalg.svd(x, full_matrices)[at],), a, _one(*shape, a))
        found = found[..., :k] if side == "u" else np.conj(np.swapaxes(found[..., :k, :], -1, -2))
        return np.take(found, places, axis=-1, mode="clip")

    @staticmethod
    def decompose(b: Any, a: Any, places: Any, *, side: str, full_matrices: bool) -> Any:
        """Columns of all."""
        (m, n), k = type_at(a).shape[-2:], min(type_at(a).shape[-2:])
        u, _, vh = b.svd(a, full_matrices=full_matrices)
        every = part(b, u, m, k) if side == "u" else adjoint(b, part(b, vh, k, n))
        return _columns_of(b, every, places)

    @staticmethod
    def jvp(
        b: Any, args: Args, outs: Args, tangents: Args, *, side: str, full_matrices: bool
    ) -> Any:
        """Columns of dU or dV."""
        (a, places), da = args, tangents[0]
        svd = b.svd(a, full_matrices=full_matrices)
        du, dv = moved_vectors(b, svd, da, lambda x: _columns_of(b, x, places))
        return du if side == "u" else dv

    @staticmethod
    def determined(b: Any, v: Any) -> Any:
        """The projections."""
        return Eigenvectors.determined(b, v)


def _completing_samples(dtype: DType) -> list[Sample]:
    return [
        Sample((draw(dtype, (4, 2), -2.0, 2.0, 150),), {"side": "u"}),
        Sample((draw(dtype, (2, 2, 3), -2.0, 2.0, 151),), {"side": "v"}),
    ]


class CompletingVectors(MatrixOp):
    """What completes the left (`side` "u") or right ("v") singular vectors to a basis, as columns:
    an orthonormal basis of what a tall matrix does not reach, or of what a wide one maps to 0."""

    name, samples, attrs = "completing_vectors", _completing_samples, {"side": "u"}
    at_kinks = "of a matrix without full rank: inf or nan"

    @staticmethod
    def type(a: Type, *, side: str) -> Type:
        """As many columns as there are too many rows (columns)."""
        t, lead, m, n = matrix(CompletingVectors, a)
        size, rest = (m, m - n) if side == "u" else (n, n - m)
        return t.with_shape((*lead, size, max(rest, 0)))

    @staticmethod
    def numpy(a: Any, *, side: str) -> Any:
        """Of np.linalg.svd."""
        (m, n), k, at = a.shape[-2:], min(a.shape[-2:]), 0 if side == "u" else 2
        size = m if side == "u" else n
        found = each(lambda x: (np.linalg.svd(x)[at],), a, _one(size, size, a))
        return found[..., k:] if side == "u" else np.conj(np.swapaxes(found[..., k:, :], -1, -2))

    @staticmethod
    def decompose(b: Any, a: Any, *, side: str) -> Any:
        """Columns of all."""
        return _bases(b, a, side)[2]

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args, *, side: str) -> Any:
        """They turn as little as they must."""
        svd, left, rest = _bases(b, args[0], side)
        return turned_rest(b, svd, tangents[0], left, rest, side)

    @staticmethod
    def determined(b: Any, v: Any) -> Any:
        """The projector."""
        return (matmul(b, v, adjoint(b, v)),)


def _bases(b: Any, a: Any, side: str) -> tuple[Args, Any, Any]:
    """The svd, the vectors that belong to values, and those that complete them."""
    u, s, vh = b.svd(a, full_matrices=True)
    k = type_at(s).shape[-1]
    every = u if side == "u" else adjoint(b, vh)
    n = type_at(every).shape[-1]
    return (u, s, vh), part(b, every, n, k), part(b, every, n, n - k, 0, k)


__all__ = ["CompletingVectors", "Eigenvectors", "SingularVectors"]
