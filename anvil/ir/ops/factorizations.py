"""Matrix factorisations and triangular systems, over the last two axes.

A matrix that cannot be factored gives nan; the library raises LinAlgError where NumPy does.

    triangular_solve   A X = B      dX = A^-1 (dB - dA X)
    cholesky           A = L L^H    dL = L phi(L^-1 dA L^-H), where phi takes the lower triangle and
                                    halves its diagonal (Murray, arXiv:1602.07527)
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
from anvil.ir.records import Op
from anvil.ir.samples import Sample, draw
from anvil.ir.types import DTYPES, I64, ArrayType, DType, Type

_DTYPES = tuple(DTYPES[name] for name in ("f32", "f64", "c64", "c128"))


def square(name: str, t: ArrayType) -> int:
    """The order of the matrices; RuleError if they are not square."""
    if t.ndim < 2 or t.shape[-1] != t.shape[-2]:
        raise RuleError(f"{name} of {t}: the last two axes must be equal")
    return t.shape[-1]


def adjoint(b: Any, x: Any) -> Any:
    """The conjugate transpose of each matrix."""
    t = type_at(x)
    n = t.ndim
    out = b.transpose(x, perm=(*range(n - 2), n - 1, n - 2))
    return b.conj(out) if t.dtype.kind == "c" else out


def matmul(b: Any, x: Any, y: Any) -> Any:
    """The product of each pair of matrices."""
    lead = tuple(range(type_at(x).ndim - 2))
    n = len(lead)
    return b.dot_general(
        x, y, lhs_batch=lead, rhs_batch=lead, lhs_contract=(n + 1,), rhs_contract=(n,)
    )


def triangle(b: Any, x: Any, diagonal: int = 0, lower: bool = True) -> Any:
    """Each matrix with zeros outside its triangle, as np.tril and np.triu."""
    t = type_at(x)
    n = t.ndim
    rows, cols = (b.iota(shape=t.shape, axis=axis, dtype=I64) for axis in (n - 2, n - 1))
    limit = b.add(rows, diagonal)
    inside = b.ge(limit, cols) if lower else b.le(limit, cols)
    return b.select(inside, x, b.zeros(t))


def _positive(dtype: DType, shape: tuple[int, ...], seed: int) -> Any:
    """Hermitian positive definite matrices."""
    x = draw(dtype, shape, -1.0, 1.0, seed)
    n = shape[-1]
    found = x @ np.conj(np.swapaxes(x, -1, -2)) + n * np.eye(n)
    return np.asarray(found, dtype.np)


class TriangularSolve(OpKind):
    """The solution X of A X = B, of which only a triangle of A is read; `adjoint`: of A^H X = B."""

    name, dtypes, linear = "triangular_solve", _DTYPES, (1,)
    attrs = {"lower": True, "adjoint": False, "unit": False}

    @staticmethod
    def samples(dtype: DType) -> list[Sample]:
        """Well-conditioned triangles."""
        made = []
        for k, attrs in enumerate(({}, {"lower": False}, {"adjoint": True}, {"unit": True})):
            lead = (2,) if k == 1 else ()
            a = _positive(dtype, (*lead, 3, 3), k)
            rhs = draw(dtype, (*lead, 3, 2), -1.0, 1.0, 7 + k)
            made.append(Sample((a, rhs), {**TriangularSolve.attrs, **attrs}))
        return made

    @staticmethod
    def type(a: Type, rhs: Type, *, lower: bool, adjoint: bool, unit: bool) -> Type:
        """Of B."""
        x, y = arrays("triangular_solve", (a, rhs))
        check_dtype(TriangularSolve, same_dtype("triangular_solve", (x, y)))
        n = square("triangular_solve", x)
        if y.shape[:-1] != x.shape[:-1]:
            raise RuleError(f"triangular_solve of {x} and {y}: the right sides must have {n} rows")
        return y

    @staticmethod
    def numpy(a: Any, rhs: Any, *, lower: bool, adjoint: bool, unit: bool) -> Any:
        """np.linalg.solve of the triangle."""
        a = np.tril(a) if lower else np.triu(a)
        if unit:
            eye = np.eye(a.shape[-1], dtype=bool)
            a = np.where(eye, a.dtype.type(1), a)
        a = np.conj(np.swapaxes(a, -1, -2)) if adjoint else a
        return _substituted(a, rhs, lower != adjoint)

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """stablehlo.triangular_solve."""
        a, rhs = op.args
        given = op.attrs
        how = (
            ("ADJOINT" if type_at(a).dtype.kind == "c" else "TRANSPOSE")
            if given["adjoint"]
            else "NO_TRANSPOSE"
        )
        lower, unit = (str(given[k]).lower() for k in ("lower", "unit"))
        types = f"({e.mlir(a.type)}, {e.mlir(rhs.type)}) -> {e.mlir(rhs.type)}"
        e.result(
            op.outs[0],
            f'"stablehlo.triangular_solve"({e.operand(a)}, {e.operand(rhs)}) '
            f"{{left_side = true, lower = {lower}, unit_diagonal = {unit}, "
            f"transpose_a = #stablehlo<transpose {how}>}} : {types}",
        )

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args, **attrs: Any) -> Any:
        """The solution for dB - dA X, of dA its triangle."""
        da, right = tangents
        if da is not None:
            da = _read(b, da, attrs)
            da = adjoint(b, da) if attrs["adjoint"] else da
            moved = b.neg(matmul(b, da, outs[0]))
            right = moved if right is None else b.add(right, moved)
        return None if right is None else b.triangular_solve(args[0], right, **attrs)

    @staticmethod
    def transpose(t: Any, ct: Any, args: Any, **attrs: Any) -> None:
        """The solution with the transposed matrix: its adjoint, conjugated before and after."""
        b = t.b
        turned = {**attrs, "adjoint": not attrs["adjoint"]}
        conj = b.conj if type_at(ct).dtype.kind == "c" else lambda x: x
        t.add(1, conj(b.triangular_solve(args[0], conj(ct), **turned)))

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int, **attrs: Any) -> Any:
        """Matrices are counted by the leading axes."""
        return b.triangular_solve(*expand_unbatched(b, args, batched, size), **attrs)


def _read(b: Any, a: Any, attrs: Any) -> Any:
    """The part of a matrix that a triangular solve reads."""
    return triangle(b, a, (-1 if attrs["lower"] else 1) if attrs["unit"] else 0, attrs["lower"])


def _substituted(a: Any, rhs: Any, lower: bool) -> Any:
    """Row by row: division by zero gives what IEEE says, as on XLA."""
    n = a.shape[-1]
    out = np.array(rhs, copy=True)
    with np.errstate(all="ignore"):
        for i in range(n) if lower else reversed(range(n)):
            done = slice(0, i) if lower else slice(i + 1, n)
            known = np.einsum("...k,...kj->...j", a[..., i, done], out[..., done, :])
            out[..., i, :] = (out[..., i, :] - known) / a[..., i, i, None]
    return out


class Cholesky(OpKind):
    """The lower triangular L of A = L L^H; only the lower triangle of A is read. nan where A is not
    positive definite.
    """

    name, dtypes = "cholesky", _DTYPES
    hlo = JaxFunction("lax.linalg.cholesky", lambda: {"symmetrize_input": False})
    keep = "outputs"

    @staticmethod
    def samples(dtype: DType) -> list[Sample]:
        """Positive definite matrices."""
        return [Sample((_positive(dtype, shape, 3),)) for shape in ((3, 3), (2, 2, 2), (1, 1))]

    @staticmethod
    def type(a: Type) -> Type:
        """Of A."""
        (t,) = arrays("cholesky", (a,))
        check_dtype(Cholesky, t.dtype)
        square("cholesky", t)
        return t

    @staticmethod
    def numpy(a: Any) -> Any:
        """np.linalg.cholesky, matrix by matrix."""
        out = np.empty_like(a)
        for at in np.ndindex(a.shape[:-2]):
            try:
                out[at] = np.linalg.cholesky(a[at])
            except np.linalg.LinAlgError:
                out[at] = np.nan
        return out

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args) -> Any:
        """L phi(L^-1 dA L^-H)."""
        (da,), (low,) = tangents, outs
        below = triangle(b, da, -1)
        full = b.add(_hermitian(b, triangle(b, da)), adjoint(b, below))
        left = b.triangular_solve(low, full)
        middle = adjoint(b, b.triangular_solve(low, adjoint(b, left)))
        half = b.mul(_halves(b, type_at(low)), middle)
        return matmul(b, low, half)

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int) -> Any:
        """Matrices are counted by the leading axes."""
        return b.cholesky(*args)


def _hermitian(b: Any, lower: Any) -> Any:
    """A lower triangle whose diagonal is real: only that part is read."""
    t = type_at(lower)
    if t.dtype.kind != "c":
        return lower
    n = t.ndim
    rows, cols = (b.iota(shape=t.shape, axis=axis, dtype=I64) for axis in (n - 2, n - 1))
    real = b.real(lower)
    return b.select(b.eq(rows, cols), b.complex(real, b.zeros(real.type)), lower)


def _halves(b: Any, t: ArrayType) -> Any:
    """1 below the diagonal, 1/2 on it, 0 above."""
    n = t.shape[-1]
    mask = np.tril(np.ones((n, n))) - 0.5 * np.eye(n)
    return b.broadcast_to(b.const(np.asarray(mask, t.dtype.np)), t.shape)


__all__ = ["Cholesky", "TriangularSolve", "adjoint", "matmul", "square", "triangle"]
