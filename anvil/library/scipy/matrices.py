"""More of scipy.linalg, in plain Python over np.linalg: what has another convention there, matrix
equations, functions of matrices, matrices of a special form.

    sqrtm    X' = (X + Y^-1) / 2, Y' = (Y + X^-1) / 2 from (A, 1)    Denman and Beavers (1976)
    logm     2^k 2 artanh((R - 1) (R + 1)^-1), R = A^(1 / 2^k)       Higham (2008), chapter 11
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.refusal import refuse, static
from anvil.library.scipy.linalg import expm, toeplitz

_FEW = 3
"""Iterations after the last one that changed the value: derivatives converge behind it."""


def mirrored(a: Any, lower: Any, conjugate: Any) -> Any:
    """The matrix of which one triangle is given."""
    half = np.tril(a, -1) if lower else np.triu(a, 1)
    other = np.swapaxes(half, -1, -2)
    diagonal = np.triu(np.tril(a))
    return half + diagonal + (np.conj(other) if conjugate else other)


def _assumed(a: Any, structure: Any, lower: Any) -> Any:
    """The part of a matrix that is read."""
    if structure in (None, "gen", "general"):
        return a
    if structure in ("sym", "symmetric"):
        return mirrored(a, lower, False)
    if structure in ("her", "hermitian", "pos", "positive definite"):
        return mirrored(a, lower, True)
    if structure in ("diagonal", "tridiagonal"):
        width = 0 if structure == "diagonal" else 1
        return np.triu(np.tril(a, width), -width)
    if structure in ("upper triangular", "lower triangular"):
        return np.triu(a) if structure == "upper triangular" else np.tril(a)
    refuse("unsupported-argument", f"solve is not compiled with assume_a={structure!r}")


def _solve(
    a: Any,
    b: Any,
    lower: Any = False,
    overwrite_a: Any = False,
    overwrite_b: Any = False,
    check_finite: Any = True,
    assume_a: Any = None,
    transposed: Any = False,
) -> Any:
    a, b, assume_a = np.asarray(a), np.asarray(b), static(assume_a)
    a = _assumed(a, assume_a, static(lower))
    if transposed:
        a = np.swapaxes(a, -1, -2)
    if assume_a in ("pos", "positive definite"):
        factor = np.linalg.cholesky(a)
        half = np.linalg.solve(factor, b)
        return np.linalg.solve(np.conj(np.swapaxes(factor, -1, -2)), half)
    return np.linalg.solve(a, b)


def _inv(
    a: Any,
    overwrite_a: Any = False,
    check_finite: Any = True,
    *,
    assume_a: Any = None,
    lower: Any = False,
) -> Any:
    return np.linalg.inv(_assumed(np.asarray(a), static(assume_a), static(lower)))


def _det(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    return np.linalg.det(a)


def _qr(
    a: Any,
    overwrite_a: Any = False,
    lwork: Any = None,
    mode: Any = "full",
    pivoting: Any = False,
    check_finite: Any = True,
) -> Any:
    mode = static(mode)
    if pivoting or mode not in ("full", "r", "economic"):
        refuse("unsupported-argument", "qr is compiled without pivoting, not in mode 'raw'")
    q, r = np.linalg.qr(a, mode="reduced" if mode == "economic" else "complete")
    return (r,) if mode == "r" else (q, r)


def _svd(
    a: Any,
    full_matrices: Any = True,
    compute_uv: Any = True,
    overwrite_a: Any = False,
    check_finite: Any = True,
    lapack_driver: Any = "gesdd",
) -> Any:
    if not compute_uv:
        return np.linalg.svd(a, compute_uv=False)
    u, s, vh = np.linalg.svd(a, full_matrices)
    return u, s, vh


def _svdvals(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    return np.linalg.svd(a, compute_uv=False)


def _cholesky(
    a: Any, lower: Any = False, overwrite_a: Any = False, check_finite: Any = True
) -> Any:
    a = np.asarray(a)
    if lower:
        return np.linalg.cholesky(a)
    return np.linalg.cholesky(a, upper=True)


def _eigh(
    a: Any,
    b: Any = None,
    *,
    lower: Any = True,
    eigvals_only: Any = False,
    overwrite_a: Any = False,
    overwrite_b: Any = False,
    type: Any = 1,
    check_finite: Any = True,
    subset_by_index: Any = None,
    subset_by_value: Any = None,
    driver: Any = None,
) -> Any:
    if type != 1 or subset_by_index is not None or subset_by_value is not None:
        refuse("unsupported-argument", "eigh is compiled for all eigenvalues of type 1")
    side: Any = "L" if lower else "U"
    if b is None:
        if eigvals_only:
            return np.linalg.eigvalsh(a, side)
        w, v = np.linalg.eigh(a, side)
        return w, v
    factor = np.linalg.cholesky(mirrored(np.asarray(b), lower, True))
    reduced = np.linalg.solve(factor, mirrored(np.asarray(a), lower, True))
    reduced = np.linalg.solve(factor, np.conj(np.swapaxes(reduced, -1, -2)))
    if eigvals_only:
        return np.linalg.eigvalsh(reduced)
    w, v = np.linalg.eigh(reduced)
    return w, np.linalg.solve(np.conj(np.swapaxes(factor, -1, -2)), v)


def _eigvalsh(a: Any, b: Any = None, *, lower: Any = True, check_finite: Any = True) -> Any:
    return _eigh(a, b, lower=lower, eigvals_only=True)


def _eigvals(a: Any, b: Any = None, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    a = np.asarray(a) if b is None else np.linalg.solve(b, a)
    return np.linalg.eigvals(a.astype(np.result_type(a.dtype, np.complex64)))


def _lstsq(
    a: Any,
    b: Any,
    cond: Any = None,
    overwrite_a: Any = False,
    overwrite_b: Any = False,
    check_finite: Any = True,
    lapack_driver: Any = None,
) -> Any:
    a = np.asarray(a)
    limit = np.finfo((a + 0.0).dtype).eps if cond is None else cond
    x, residues, rank, values = np.linalg.lstsq(a, b, rcond=limit)
    return x, residues, int(rank), values


def _pinv(
    a: Any,
    *,
    atol: Any = None,
    rtol: Any = None,
    return_rank: Any = False,
    check_finite: Any = True,
) -> Any:
    if atol is not None or return_rank:
        refuse("unsupported-argument", "pinv is compiled with rtol=, without return_rank=")
    a = np.asarray(a)
    limit = max(a.shape[-2:]) * np.finfo((a + 0.0).dtype).eps if rtol is None else rtol
    return np.linalg.pinv(a, limit)


def _norm(
    a: Any, ord: Any = None, axis: Any = None, keepdims: Any = False, check_finite: Any = True
) -> Any:
    a = np.asarray(a)
    found = np.linalg.norm(a, ord, axis, keepdims)
    plain = axis is None and not keepdims and a.dtype.kind in "fc"
    if plain and (ord in (None, 2) if a.ndim == 1 else a.ndim == 2 and ord == 1):
        return float(found)
    return found


# ---- matrix equations


def _solve_banded(
    l_and_u: Any,
    ab: Any,
    b: Any,
    overwrite_ab: Any = False,
    overwrite_b: Any = False,
    check_finite: Any = True,
) -> Any:
    (below, above), ab = static(l_and_u), np.asarray(ab)
    n = ab.shape[1]
    if ab.shape[0] != below + above + 1:
        refuse("bad-value", "invalid values for the number of lower and upper diagonals")
    a = np.zeros((n, n), dtype=ab.dtype)
    for k in range(-below, above + 1):
        row = ab[above - k]
        part = row[k:] if k >= 0 else row[:k]
        a = a + np.diag(part, k)
    return np.linalg.solve(a, b)


def _solve_toeplitz(c_or_cr: Any, b: Any, check_finite: Any = True) -> Any:
    if isinstance(c_or_cr, tuple):
        return np.linalg.solve(toeplitz(c_or_cr[0], c_or_cr[1]), b)
    return np.linalg.solve(toeplitz(c_or_cr), b)


def _solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """a x + x b = q, as one system."""
    a, b, q = np.asarray(a), np.asarray(b), np.asarray(q)
    left = np.kron(a, np.eye(b.shape[0])) + np.kron(np.eye(a.shape[0]), b.T)
    return np.reshape(np.linalg.solve(left, np.ravel(q)), q.shape)


def _solve_continuous_lyapunov(a: Any, q: Any) -> Any:
    a = np.asarray(a)
    return _solve_sylvester(a, np.conj(a.T), q)


def _solve_discrete_lyapunov(a: Any, q: Any, method: Any = None) -> Any:
    a, q = np.asarray(a), np.asarray(q)
    left = np.eye(a.shape[0] ** 2) - np.kron(a, np.conj(a))
    return np.reshape(np.linalg.solve(left, np.ravel(q)), q.shape)


# ---- functions of matrices


def square_matrix(a: Any) -> Any:
    a = np.asarray(a)
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        refuse("bad-shape", "expected one square matrix")
    return a if a.dtype.kind in "fc" else a.astype(float)


def _sqrtm(A: Any) -> Any:
    """The principal square root. Of a real matrix it is real, or ValueError is raised."""
    a = square_matrix(A)
    x, y = a, np.eye(a.shape[0], dtype=a.dtype)
    eps = np.finfo(a.dtype).eps
    moved, n, more = np.max(np.abs(a), initial=0.0) + 1.0, 0, _FEW
    while more > 0 and n < 80:
        n += 1
        last = x
        x, y = 0.5 * (x + np.linalg.inv(y)), 0.5 * (y + np.linalg.inv(x))
        moved = np.max(np.abs(x - last), initial=0.0)
        still = moved > 8.0 * eps * np.max(np.abs(x), initial=0.0) * a.shape[0]
        more = more if still else more - 1
    miss = np.max(np.abs(x @ x - a), initial=0.0)
    if not miss <= 1e3 * np.sqrt(eps) * np.max(np.abs(a), initial=0.0):
        raise ValueError("no square root found: of a real matrix it may be complex; pass a complex")
    return x


def logm(A: Any) -> Any:
    """The principal logarithm, of the same kind as the matrix."""
    a = square_matrix(A)
    eye = np.eye(a.shape[0], dtype=a.dtype)
    root, scale = a, 1.0
    while np.max(np.sum(np.abs(root - eye), axis=0), initial=0.0) > 0.25 and scale < 2.0**40:
        root = _sqrtm(root)
        scale = 2.0 * scale
    z = np.linalg.solve(root + eye, root - eye)
    square = z @ z
    total = eye / 25.0
    for k in range(23, 0, -2):
        total = total @ square + eye / k
    return 2.0 * scale * (z @ total)


def cosm(A: Any) -> Any:
    a = square_matrix(A)
    if a.dtype.kind == "c":
        return 0.5 * (expm(1j * a) + expm(-1j * a))
    return np.real(expm(1j * a))


def sinm(A: Any) -> Any:
    a = square_matrix(A)
    if a.dtype.kind == "c":
        return -0.5j * (expm(1j * a) - expm(-1j * a))
    return np.imag(expm(1j * a))


def coshm(A: Any) -> Any:
    a = square_matrix(A)
    return 0.5 * (expm(a) + expm(-a))


def sinhm(A: Any) -> Any:
    a = square_matrix(A)
    return 0.5 * (expm(a) - expm(-a))


def _polar(a: Any, side: Any = "right") -> Any:
    if np.ndim(a) != 2:
        refuse("unsupported-argument", "polar is compiled for one matrix")
    w, s, vh = np.linalg.svd(a, full_matrices=False)
    u = w @ vh
    if side == "right":
        return u, np.conj(vh.T) @ (s[:, np.newaxis] * vh)
    return u, (w * s) @ np.conj(w.T)


# ---- forms


def circulant(c: Any) -> Any:
    c = np.ravel(np.asarray(c))
    n = c.shape[0]
    return c[(np.arange(n)[:, np.newaxis] - np.arange(n)[np.newaxis, :]) % n]


def _hankel(c: Any, r: Any = None) -> Any:
    c = np.ravel(np.asarray(c))
    r = np.zeros_like(c) if r is None else np.ravel(np.asarray(r))
    values = np.concatenate((c, r[1:]))
    return values[np.arange(c.shape[0])[:, np.newaxis] + np.arange(r.shape[0])[np.newaxis, :]]


def _companion(a: Any) -> Any:
    a = np.asarray(a)
    n = a.shape[0]
    row = -a[1:] / (1.0 * a[0])
    return np.concatenate((row[np.newaxis, :], np.eye(n - 2, n - 1, dtype=row.dtype)))


def _khatri_rao(a: Any, b: Any) -> Any:
    a, b = np.asarray(a), np.asarray(b)
    if a.ndim != 2 or b.ndim != 2:
        refuse("unsupported-argument", "khatri_rao is compiled for two matrices")
    if a.shape[1] != b.shape[1]:
        refuse("shape-mismatch", "The number of columns for both arrays should be equal.")
    return np.reshape(a[:, np.newaxis, :] * b[np.newaxis, :, :], (-1, a.shape[1]))


_RULES = {
    "solve": _solve,
    "inv": _inv,
    "det": _det,
    "qr": _qr,
    "svd": _svd,
    "svdvals": _svdvals,
    "cholesky": _cholesky,
    "eigh": _eigh,
    "eigvalsh": _eigvalsh,
    "eigvals": _eigvals,
    "lstsq": _lstsq,
    "pinv": _pinv,
    "norm": _norm,
    "solve_banded": _solve_banded,
    "solve_toeplitz": _solve_toeplitz,
    "solve_sylvester": _solve_sylvester,
    "solve_continuous_lyapunov": _solve_continuous_lyapunov,
    "solve_lyapunov": _solve_continuous_lyapunov,
    "solve_discrete_lyapunov": _solve_discrete_lyapunov,
    "sqrtm": _sqrtm,
    "logm": logm,
    "cosm": cosm,
    "sinm": sinm,
    "coshm": coshm,
    "sinhm": sinhm,
    "polar": _polar,
    "circulant": circulant,
    "hankel": _hankel,
    "companion": _companion,
    "khatri_rao": _khatri_rao,
}

SCIPY: dict[str, Any] = {f"scipy.linalg.{name}": rule for name, rule in _RULES.items()}
