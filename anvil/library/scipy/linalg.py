"""scipy.linalg, in plain Python over np.linalg and a few intrinsics.

What scipy may compute in place (`overwrite_a`) it may also compute elsewhere; inputs are not
searched for nan (`check_finite`), which raises ValueError there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.ir.types import DTYPES
from anvil.library.arrays.linalg import LinAlgError, everywhere, matrices, result_dtype
from anvil.library.atoms import shape_in
from anvil.library.refusal import refuse, static
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract


def block_diag(*arrs: Any) -> Any:
    """The matrices along the diagonal, zeros elsewhere."""
    if len(arrs) == 0:
        arrs = ([],)
    blocks = [np.atleast_2d(a) for a in arrs]
    lead = np.broadcast_shapes(*[a.shape[:-2] for a in blocks])
    total = sum([a.shape[-1] for a in blocks])
    dtype, rows, before = np.result_type(*blocks), [], 0
    for a in blocks:
        wide = np.broadcast_to(a, lead + a.shape[-2:]).astype(dtype)
        after = total - before - a.shape[-1]
        rows.append(np.pad(wide, ((0, 0),) * len(lead) + ((0, 0), (before, after))))
        before = before + a.shape[-1]
    return np.concatenate(rows, axis=-2)


def toeplitz(c: Any, r: Any = None) -> Any:
    """Of the vectors along the last axis."""
    c = np.atleast_1d(c)
    r = (np.conj(c) if c.dtype.kind == "c" else c) if r is None else np.atleast_1d(r)
    lead = np.broadcast_shapes(c.shape[:-1], r.shape[:-1])
    m, n = c.shape[-1], r.shape[-1]
    c, r = np.broadcast_to(c, (*lead, m)), np.broadcast_to(r, (*lead, n))
    values = np.concatenate((c[..., ::-1], r[..., 1:]), axis=-1)
    places = np.arange(m - 1, -1, -1)[:, np.newaxis] + np.arange(n)[np.newaxis, :]
    return values[..., places]


# ---- triangles


def triangular(a: Any, b: Any, lower: Any, adjoint: Any, unit: Any) -> Any:
    """The solution of a triangular system. Only called in compiled code."""
    raise AssertionError((a, b, lower, adjoint, unit))


def _triangular(ctx: Context, a: Any, b: Any, lower: Any, adjoint: Any, unit: Any) -> Abstract:
    dtype, e = result_dtype(ctx, a, b), ctx.b
    left = matrices(ctx, a, True, dtype)
    right = matrices(ctx, b, False, dtype)
    if shape_in(left)[:-1] != shape_in(right)[:-1]:
        shapes = f"{shape_in(left)} and {shape_in(right)}"
        ctx.error("shape-mismatch", f"incompatible shapes of a triangular system: {shapes}")
    how = {
        "lower": bool(ctx.known(lower)),
        "adjoint": bool(ctx.known(adjoint)),
        "unit": bool(ctx.known(unit)),
    }
    return ctx.array(ctx.cast(e.triangular_solve(left, right, **how), dtype))


def singular_if(zero: Any) -> Any:
    """Raises LinAlgError where an element of the argument is true. Only called in compiled code."""
    raise AssertionError(zero)


def _singular_if(ctx: Context, zero: Any) -> Abstract:
    ctx.check(everywhere(ctx, ctx.b.not_(ctx.atom(zero))), LinAlgError, "singular matrix")
    return ctx.constant(None)


def _as_columns(b: Any) -> Any:
    b = np.asarray(b)
    return b[:, np.newaxis] if b.ndim == 1 else b


def _solve_triangular(
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: Any = False,
    unit_diagonal: Any = False,
    overwrite_b: Any = False,
    check_finite: Any = True,
) -> Any:
    a, b, trans = np.asarray(a), np.asarray(b), static(trans)
    if a.ndim != 2:
        refuse("unsupported-argument", "solve_triangular is compiled for one matrix")
    if not unit_diagonal:
        singular_if(np.diagonal(a) == 0)
    if trans in (1, "T"):
        a = np.conj(a)
    x = triangular(a, _as_columns(b), lower, trans not in (0, "N"), unit_diagonal)
    return np.reshape(x, b.shape)


def _cho_factor(
    a: Any, lower: Any = False, overwrite_a: Any = False, check_finite: Any = True
) -> Any:
    """The factor; the other triangle is as it was in `a`, which scipy leaves undefined."""
    a = np.asarray(a)
    factor = np.linalg.cholesky(a if lower else np.conj(np.swapaxes(a, -1, -2)))
    if lower:
        return factor + np.triu(a, 1), True
    return np.conj(np.swapaxes(factor, -1, -2)) + np.tril(a, -1), False


def _cho_solve(c_and_lower: Any, b: Any, overwrite_b: Any = False, check_finite: Any = True) -> Any:
    c, lower = c_and_lower
    lower, b = static(lower), np.asarray(b)
    y = triangular(c, _as_columns(b), lower, not lower, False)
    return np.reshape(triangular(c, y, lower, lower, False), b.shape)


# ---- elimination


def eliminated(a: Any) -> Any:
    """(LU in one matrix, exchanged rows, permutation). Only called in compiled code."""
    raise AssertionError(a)


def _eliminated(ctx: Context, a: Any) -> Abstract:
    x, dtype = matrices(ctx, a), result_dtype(ctx, a)
    packed, exchanged, order = ctx.b.lu(x)
    found = [ctx.cast(packed, dtype), exchanged, ctx.cast(order, DTYPES["i64"])]
    return ctx.tuple([ctx.array(v) for v in found])


def _lu_factor(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    packed, exchanged, _ = eliminated(np.asarray(a))
    return packed, exchanged


def _lu(
    a: Any,
    permute_l: Any = False,
    overwrite_a: Any = False,
    check_finite: Any = True,
    p_indices: Any = False,
) -> Any:
    a = np.asarray(a)
    if a.ndim != 2:
        refuse("unsupported-argument", "lu is compiled for one matrix")
    packed, _, order = eliminated(a)
    m, n = a.shape
    k = min(m, n)
    lower = np.tril(packed[:, :k], -1) + np.eye(m, k, dtype=packed.dtype)
    upper = np.triu(packed[:k])
    back = np.argsort(order)
    if permute_l:
        return lower[back], upper
    if p_indices:
        return back, lower, upper
    return np.eye(m, dtype=np.real(packed).dtype)[back], lower, upper


def _lu_solve(
    lu_and_piv: Any, b: Any, trans: Any = 0, overwrite_b: Any = False, check_finite: Any = True
) -> Any:
    packed, exchanged = lu_and_piv
    b, trans = np.asarray(b), static(trans)
    order = np.arange(packed.shape[0])
    for i in range(packed.shape[0]):
        j = exchanged[i]
        here, there = order[i], order[j]
        order[i], order[j] = there, here
    columns = _as_columns(b)
    if trans == 0:
        y = triangular(packed, columns[order], True, False, True)
        return np.reshape(triangular(packed, y, False, False, False), b.shape)
    turned = np.conj(packed) if trans == 1 else packed
    y = triangular(turned, columns, False, True, False)
    y = triangular(turned, y, True, True, True)
    return np.reshape(y[np.argsort(order)], b.shape)


# ---- the exponential


_PADE = (
    64764752532480000.0,
    32382376266240000.0,
    7771770303897600.0,
    1187353796428800.0,
    129060195264000.0,
    10559470521600.0,
    670442572800.0,
    33522128640.0,
    1323241920.0,
    40840800.0,
    960960.0,
    16380.0,
    182.0,
    1.0,
)


def expm(A: Any) -> Any:
    """The Pade approximant of order 13, scaled and squared (Higham 2005)."""
    a = np.asarray(A)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        refuse("bad-shape", "expected a square matrix, or a stack of them")
    a = a if a.dtype.kind in "fc" else a.astype(float)
    size = np.max(np.sum(np.abs(a), axis=-2), initial=0)
    scalable = np.isfinite(size) & (size > 5.37)
    squarings = int(np.where(scalable, np.ceil(np.log2(np.where(scalable, size, 5.37) / 5.37)), 0))
    a = a / 2.0**squarings
    c, eye = _PADE, np.eye(a.shape[-1], dtype=a.dtype)
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a4 @ a2
    odd = a6 @ (c[13] * a6 + c[11] * a4 + c[9] * a2)
    odd = a @ (odd + c[7] * a6 + c[5] * a4 + c[3] * a2 + c[1] * eye)
    even = a6 @ (c[12] * a6 + c[10] * a4 + c[8] * a2)
    even = even + c[6] * a6 + c[4] * a4 + c[2] * a2 + c[0] * eye
    found = np.linalg.solve(even - odd, even + odd)
    for _ in range(squarings):
        found = found @ found
    return found


FUNCTIONS: dict[Any, Intrinsic] = {
    triangular: Intrinsic(_triangular),
    singular_if: Intrinsic(_singular_if),
    eliminated: Intrinsic(_eliminated),
}

SCIPY: dict[str, Any] = {
    "scipy.linalg.block_diag": block_diag,
    "scipy.linalg.toeplitz": toeplitz,
    "scipy.linalg.solve_triangular": _solve_triangular,
    "scipy.linalg.cho_factor": _cho_factor,
    "scipy.linalg.cho_solve": _cho_solve,
    "scipy.linalg.lu_factor": _lu_factor,
    "scipy.linalg.lu": _lu,
    "scipy.linalg.lu_solve": _lu_solve,
    "scipy.linalg.expm": expm,
}
