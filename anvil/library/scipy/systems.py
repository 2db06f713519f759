"""Bases, banded systems, equations of control and more functions of matrices in scipy.linalg, in
plain Python.

    solve_discrete_are      A' = A M A, G' = G + A M G A^T, H' = H + A^T H M A, M = (1 + G H)^-1
                            from (A, B R^-1 B^T, Q); H converges quadratically     Chu et al. (2004)
    solve_continuous_are    the same after a Cayley transform
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.arrays.linalg import LinAlgError
from anvil.library.refusal import refuse, static
from anvil.library.scipy.linalg import expm, toeplitz
from anvil.library.scipy.matrices import (
    circulant,
    coshm,
    cosm,
    logm,
    mirrored,
    sinhm,
    sinm,
    square_matrix,
)

# ---- bases


def _limit(s: Any, rcond: Any, size: Any) -> Any:
    rcond = np.finfo(s.dtype).eps * size if rcond is None else rcond
    return np.max(s, initial=0.0) * rcond


def _full_rank(a: Any, rcond: Any, name: Any) -> None:
    """The size of a basis is the rank, which must be known while compiling: it is the full one."""
    s = np.linalg.svdvals(a)
    if np.any(s <= _limit(s, rcond, max(a.shape))):
        raise ValueError(f"{name} is compiled for matrices of full rank, and this one is not")


def _null_space(
    A: Any,
    rcond: Any = None,
    *,
    overwrite_a: Any = False,
    check_finite: Any = True,
    lapack_driver: Any = "gesdd",
) -> Any:
    a = np.asarray(A)
    _full_rank(a, rcond, "null_space")
    _, _, vh = np.linalg.svd(a, True)
    return np.conj(vh[min(a.shape) :].T)


def _orth(A: Any, rcond: Any = None) -> Any:
    a = np.asarray(A)
    _full_rank(a, rcond, "orth")
    u, _, _ = np.linalg.svd(a, False)
    return u


def _subspace_angles(A: Any, B: Any) -> Any:
    x, y = _orth(A), _orth(B)
    both = np.conj(x.T) @ y
    sigma = np.linalg.svdvals(both)
    rest = y - x @ both if x.shape[1] >= y.shape[1] else x - y @ np.conj(both.T)
    near = sigma**2 >= 0.5
    sines = np.linalg.svdvals(rest)[: sigma.shape[0]]
    small = np.arcsin(np.where(near, np.minimum(sines, 1.0), 0.0))
    cosines = sigma[::-1]
    return np.where(near, small, np.arccos(np.where(near, 0.0, np.minimum(cosines, 1.0))))


def _orthogonal_procrustes(A: Any, B: Any, check_finite: Any = True) -> Any:
    a, b = np.asarray(A), np.asarray(B)
    if a.ndim != 2:
        raise ValueError(f"expected ndim to be 2, but observed {a.ndim}")
    if a.shape != b.shape:
        raise ValueError(f"the shapes of A and B differ ({a.shape} vs {b.shape})")
    u, w, vt = np.linalg.svd((b.T @ np.conj(a)).T)
    return u @ vt, np.sum(w)


def _eig(
    a: Any,
    b: Any = None,
    left: Any = False,
    right: Any = True,
    overwrite_a: Any = False,
    overwrite_b: Any = False,
    check_finite: Any = True,
    homogeneous_eigvals: Any = False,
) -> Any:
    """Eigenvectors of a real matrix are real where all eigenvalues are; here complex ones are
    refused as results of real matrices, as in np.linalg.eig."""
    if left or homogeneous_eigvals or b is not None:
        refuse("unsupported-argument", "eig is compiled for right vectors of one matrix")
    a = np.asarray(a)
    if not right:
        return np.linalg.eigvals(a.astype(np.result_type(a.dtype, np.complex64)))
    w, v = np.linalg.eig(a)
    return w.astype(np.result_type(w.dtype, np.complex64)), v


# ---- bands


def _of_bands(ab: Any, lower: Any) -> Any:
    """A Hermitian matrix, of which the diagonals of one triangle are given as rows."""
    n, width = ab.shape[1], ab.shape[0] - 1
    a = np.zeros((n, n), dtype=ab.dtype)
    for k in range(width + 1):
        row = ab[k][: n - k] if lower else ab[width - k][k:]
        a = a + np.diag(row, -k if lower else k)
    return mirrored(a, lower, True)


def _to_bands(a: Any, ab: Any, lower: Any) -> Any:
    """The diagonals of a triangle as rows; beside them, what stood there."""
    n, width, rows = a.shape[0], ab.shape[0] - 1, []
    for k in range(width + 1):
        diagonal = np.diagonal(a, -k if lower else k)
        beside = ab[k][n - k :] if lower else ab[width - k][:k]
        rows.append(np.concatenate((diagonal, beside) if lower else (beside, diagonal)))
    return np.stack(rows if lower else rows[::-1])


def _solveh_banded(
    ab: Any,
    b: Any,
    overwrite_ab: Any = False,
    overwrite_b: Any = False,
    lower: Any = False,
    check_finite: Any = True,
) -> Any:
    factor = np.linalg.cholesky(_of_bands(np.asarray(ab), static(lower)))
    return np.linalg.solve(np.conj(factor.T), np.linalg.solve(factor, b))


def _cholesky_banded(
    ab: Any, overwrite_ab: Any = False, lower: Any = False, check_finite: Any = True
) -> Any:
    ab, lower = np.asarray(ab), static(lower)
    factor = np.linalg.cholesky(_of_bands(ab, lower))
    return _to_bands(factor if lower else np.conj(factor.T), ab, lower)


def _cho_solve_banded(
    cb_and_lower: Any, b: Any, overwrite_b: Any = False, check_finite: Any = True
) -> Any:
    cb, lower = cb_and_lower
    cb, lower = np.asarray(cb), static(lower)
    n, width = cb.shape[1], cb.shape[0] - 1
    factor = np.zeros((n, n), dtype=cb.dtype)
    for k in range(width + 1):
        row = cb[k][: n - k] if lower else np.conj(cb[width - k][k:])
        factor = factor + np.diag(row, -k)
    return np.linalg.solve(np.conj(factor.T), np.linalg.solve(factor, b))


def _eigvalsh_tridiagonal(
    d: Any,
    e: Any,
    select: Any = "a",
    select_range: Any = None,
    check_finite: Any = True,
    tol: Any = 0.0,
    lapack_driver: Any = "auto",
) -> Any:
    if select not in ("a", "all", 0):
        refuse("unsupported-argument", "eigvalsh_tridiagonal is compiled for all eigenvalues")
    d, e = np.asarray(d), np.asarray(e)
    if d.ndim != 1 or e.ndim != 1:
        raise ValueError("expected a 1-D array")
    if d.dtype.kind == "c" or e.dtype.kind == "c":
        raise TypeError("Only real arrays currently supported")
    if d.size != e.size + 1:
        raise ValueError(f"d ({d.size}) must have one more element than e ({e.size})")
    return np.linalg.eigvalsh(np.diag(d) + np.diag(e, -1))


def _solve_circulant(
    c: Any,
    b: Any,
    singular: Any = "raise",
    tol: Any = None,
    caxis: Any = -1,
    baxis: Any = 0,
    outaxis: Any = 0,
) -> Any:
    c, b = np.asarray(c), np.asarray(b)
    if c.ndim != 1 or b.ndim > 2 or (baxis, outaxis) != (0, 0) or singular != "raise":
        refuse("unsupported-argument", "solve_circulant is compiled for one matrix, columns in b")
    sizes = np.abs(np.fft.fft(c))
    limit = np.max(sizes) * c.shape[0] * np.finfo(float).eps if tol is None else tol
    if np.any(sizes <= limit):
        raise LinAlgError("near singular circulant matrix.")
    return np.linalg.solve(circulant(c), b)


def _matmul_toeplitz(c_or_cr: Any, x: Any, check_finite: Any = False, workers: Any = None) -> Any:
    if isinstance(c_or_cr, tuple):
        return toeplitz(c_or_cr[0], c_or_cr[1]) @ np.asarray(x)
    return toeplitz(c_or_cr) @ np.asarray(x)


# ---- equations


def _equation(a: Any, b: Any, q: Any, r: Any) -> Any:
    """The matrices of a Riccati equation, of one dtype."""
    a, b, q, r = (np.atleast_2d(np.asarray(x) + 0.0) for x in (a, b, q, r))
    for x, name in ((q, "q"), (r, "r")):
        skew = np.linalg.norm(x - np.conj(x.T), 1)
        if skew > 100.0 * np.finfo(float).eps * np.linalg.norm(x, 1):
            raise ValueError(f"Matrix {name} should be symmetric/hermitian.")
    return a, b, q, r


def _doubled(a: Any, g: Any, h: Any) -> Any:
    """The limit of H."""
    eye = np.eye(a.shape[0], dtype=a.dtype)
    eps = np.finfo(a.dtype).eps
    more, n = 3, 0
    while more > 0 and n < 60:
        n += 1
        m = np.linalg.solve(eye + g @ h, a)
        step = np.conj(a.T) @ h @ m
        g = g + a @ np.linalg.solve(eye + g @ h, g) @ np.conj(a.T)
        h, a = h + step, a @ m
        still = np.max(np.abs(step)) > 8.0 * eps * np.max(np.abs(h))
        more = more if still else more - 1
    if not more == 0:
        raise LinAlgError("Failed to find a finite solution.")
    return 0.5 * (h + np.conj(h.T))


def _solve_discrete_are(
    a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: Any = True
) -> Any:
    if e is not None or s is not None:
        refuse("unsupported-argument", "solve_discrete_are is compiled without e= and s=")
    a, b, q, r = _equation(a, b, q, r)
    return _doubled(a, b @ np.linalg.solve(r, np.conj(b.T)), q)


def _solve_continuous_are(
    a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: Any = True
) -> Any:
    if e is not None or s is not None:
        refuse("unsupported-argument", "solve_continuous_are is compiled without e= and s=")
    a, b, q, r = _equation(a, b, q, r)
    g = b @ np.linalg.solve(r, np.conj(b.T))
    eye = np.eye(a.shape[0], dtype=a.dtype)
    shift = 1.0 + np.max(np.sum(np.abs(a), axis=1))
    inverse = np.linalg.inv(a - shift * eye)
    w = np.conj(a.T) - shift * eye + q @ inverse @ g
    turned = np.linalg.inv(w)
    first = eye + 2.0 * shift * np.conj(turned.T)
    second = 2.0 * shift * inverse @ g @ turned
    third = 2.0 * shift * turned @ q @ inverse
    return _doubled(first, second, third)


# ---- functions of matrices, forms


def _fractional_matrix_power(A: Any, t: Any) -> Any:
    a = square_matrix(A)
    if isinstance(t, int):
        return np.linalg.matrix_power(a, t)
    return expm(t * logm(a))


def _expm_frechet(
    A: Any, E: Any, method: Any = None, compute_expm: Any = True, check_finite: Any = True
) -> Any:
    a, e = np.asarray(A), np.asarray(E)
    if a.ndim != 2 or a.shape != e.shape:
        raise ValueError("expected A and E to be square matrices of one shape")
    n = a.shape[0]
    both = expm(np.block([[a, e], [np.zeros_like(a), a]]))
    return (both[:n, :n], both[:n, n:]) if compute_expm else both[:n, n:]


def _tanm(A: Any) -> Any:
    return np.linalg.solve(cosm(A), sinm(A))


def _tanhm(A: Any) -> Any:
    return np.linalg.solve(coshm(A), sinhm(A))


def _pinvh(
    a: Any,
    atol: Any = None,
    rtol: Any = None,
    lower: Any = True,
    return_rank: Any = False,
    check_finite: Any = True,
) -> Any:
    if atol is not None or return_rank:
        refuse("unsupported-argument", "pinvh is compiled with rtol=, without return_rank=")
    a = mirrored(np.asarray(a) + 0.0, static(lower), True)
    limit = max(a.shape) * np.finfo(a.dtype).eps if rtol is None else rtol
    return np.linalg.pinv(a, limit)


def _is_symmetric(a: Any, atol: Any = None, rtol: Any = None) -> Any:
    a = np.asarray(a)
    return _equal(a, a.T, atol, rtol)


def _is_hermitian(a: Any, atol: Any = None, rtol: Any = None) -> Any:
    a = np.asarray(a)
    return _equal(a, np.conj(a.T), atol, rtol)


def _equal(a: Any, b: Any, atol: Any, rtol: Any) -> Any:
    if a.shape != b.shape:
        return False
    if atol is None and rtol is None:
        return bool(np.all(a == b))
    return np.allclose(a, b, 0.0 if rtol is None else rtol, 0.0 if atol is None else atol)


def _leslie(f: Any, s: Any) -> Any:
    f, s = np.asarray(f), np.asarray(s)
    if f.shape[-1] != s.shape[-1] + 1:
        raise ValueError(
            "Incorrect lengths for f and s. The length of s along the last axis must be one less "
            "than the length of f."
        )
    low = np.diag(s, -1)
    return np.concatenate((f[np.newaxis, :] + low[:1], low[1:]))


def _convolution_matrix(a: Any, n: Any, mode: Any = "full") -> Any:
    a, n, mode = np.asarray(a), static(n), static(mode)
    size = a.shape[0]
    if n <= 0:
        raise ValueError("n must be a positive integer.")
    if size == 0:
        raise ValueError("len(a) must be at least 1.")
    zero = np.zeros(n - 1, dtype=a.dtype)
    full = toeplitz(np.concatenate((a, zero)), np.concatenate((a[:1], zero)))
    if mode == "full":
        return full
    if mode not in ("same", "valid"):
        raise ValueError("'mode' argument must be one of ('full', 'valid', 'same')")
    short, long = min(n, size), max(n, size)
    first = (short - 1) // 2 if mode == "same" else short - 1
    count = long if mode == "same" else long - short + 1
    return full[first : first + count]


def _diagsvd(s: Any, M: Any, N: Any) -> Any:
    s, m, n = np.asarray(s), static(M), static(N)
    if s.shape[0] not in (m, n):
        raise ValueError("Length of s must be M or N.")
    found = np.zeros((m, n), dtype=s.dtype)
    k = s.shape[0]
    found[np.arange(k), np.arange(k)] = s
    return found


_RULES = {
    "null_space": _null_space,
    "orth": _orth,
    "subspace_angles": _subspace_angles,
    "orthogonal_procrustes": _orthogonal_procrustes,
    "eig": _eig,
    "solveh_banded": _solveh_banded,
    "cholesky_banded": _cholesky_banded,
    "cho_solve_banded": _cho_solve_banded,
    "eigvalsh_tridiagonal": _eigvalsh_tridiagonal,
    "solve_circulant": _solve_circulant,
    "matmul_toeplitz": _matmul_toeplitz,
    "solve_discrete_are": _solve_discrete_are,
    "solve_continuous_are": _solve_continuous_are,
    "fractional_matrix_power": _fractional_matrix_power,
    "expm_frechet": _expm_frechet,
    "tanm": _tanm,
    "tanhm": _tanhm,
    "pinvh": _pinvh,
    "issymmetric": _is_symmetric,
    "ishermitian": _is_hermitian,
    "leslie": _leslie,
    "convolution_matrix": _convolution_matrix,
    "diagsvd": _diagsvd,
}

SCIPY: dict[str, Any] = {f"scipy.linalg.{name}": rule for name, rule in _RULES.items()}
