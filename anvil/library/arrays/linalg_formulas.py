"""Functions of np.linalg in terms of others, in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.arrays.linalg import inverse_or_nan
from anvil.library.refusal import refuse, static


def _with_nan_as_inf(r: Any, x: Any) -> Any:
    lost = np.isnan(r) & ~np.any(np.isnan(x), axis=(-2, -1))
    return np.where(lost, np.asarray(np.inf, dtype=r.dtype), r)[()]


def _cond(x: Any, p: Any = None) -> Any:
    x, p = np.asarray(x), static(p)
    if 0 in x.shape[-2:]:
        refuse("bad-value", "cond is not defined on empty arrays")
    if p is None or p in (2, -2):
        s = np.linalg.svd(x, compute_uv=False)
        r = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
        return _with_nan_as_inf(r, x)
    inverse = inverse_or_nan(x)
    r = np.linalg.norm(x, p, axis=(-2, -1)) * np.linalg.norm(inverse, p, axis=(-2, -1))
    if x.dtype in (np.float32, np.complex64):
        r = r.astype(np.float32)
    return _with_nan_as_inf(r, x)


def _matrix_rank(A: Any, tol: Any = None, hermitian: Any = False, *, rtol: Any = None) -> Any:
    if tol is not None and rtol is not None:
        refuse("bad-value", "`tol` and `rtol` can't be both set.")
    A = np.asarray(A)
    if A.ndim < 2:
        return int(np.any(A != 0))
    s = np.linalg.svd(A, compute_uv=False, hermitian=hermitian)
    if tol is None:
        relative = max(A.shape[-2:]) * np.finfo(s.dtype).eps
        factor = relative if rtol is None else np.asarray(rtol)[..., np.newaxis]
        limit = np.max(s, axis=-1, keepdims=True, initial=0) * factor
    else:
        limit = np.asarray(tol)[..., np.newaxis]
    return np.count_nonzero(s > limit, axis=-1)


def _tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = np.asarray(a), np.asarray(b)
    n = a.ndim
    if axes is not None:
        order = list(range(n))
        for k in axes:
            order.remove(k)
            order.insert(n, k)
        a = np.transpose(a, order)
    shape = a.shape[b.ndim :]
    total = 1
    for k in shape:
        total *= k
    if a.size != total**2:
        refuse("bad-shape", "prod(a.shape[b.ndim:]) must be prod(a.shape[:b.ndim])")
    found = np.linalg.solve(np.reshape(a, (total, total)), np.ravel(b))
    return np.reshape(found, shape)


def _tensorinv(a: Any, ind: Any = 2) -> Any:
    a, ind = np.asarray(a), static(ind)
    if ind <= 0:
        refuse("bad-value", "Invalid ind argument.")
    total = 1
    for k in a.shape[ind:]:
        total *= k
    shape = a.shape[ind:] + a.shape[:ind]
    return np.reshape(np.linalg.inv(np.reshape(a, (total, -1))), shape)


def _cross(x1: Any, x2: Any, /, *, axis: Any = -1) -> Any:
    x1, x2 = np.asarray(x1), np.asarray(x2)
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        refuse("bad-value", "Both input arrays must be (arrays of) 3-dimensional vectors")
    return np.cross(x1, x2, axis=axis)


def _outer(x1: Any, x2: Any, /) -> Any:
    x1, x2 = np.asarray(x1), np.asarray(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        refuse("bad-value", "Input arrays must be one-dimensional")
    return np.outer(x1, x2)


def _diagonal(x: Any, /, *, offset: Any = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


def _trace(x: Any, /, *, offset: Any = 0, dtype: Any = None) -> Any:
    return np.trace(x, offset, -2, -1, dtype)


def _matmul(x1: Any, x2: Any, /) -> Any:
    return np.matmul(x1, x2)


def _matrix_transpose(x: Any, /) -> Any:
    x = np.asarray(x)
    if x.ndim < 2:
        refuse("bad-value", "the array must have at least two dimensions")
    return np.swapaxes(x, -1, -2)


def _vecdot(x1: Any, x2: Any, /, *, axis: Any = -1) -> Any:
    return np.vecdot(x1, x2, axis=axis)  # type: ignore[call-overload]


def _tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return np.tensordot(x1, x2, axes=axes)


def _matrix_power(a: Any, n: Any) -> Any:
    a, times = np.asarray(a), static(n)
    if not isinstance(times, int | np.integer):
        refuse("bad-operand", "exponent must be an integer")
    if a.ndim < 2:
        words = f"{a.ndim}-dimensional array given. Array must be at least two-dimensional"
        refuse("bad-matrix", words)
    if a.shape[-1] != a.shape[-2]:
        refuse("bad-matrix", "Last 2 dimensions of the array must be square")
    if times == 0:
        return np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape) + np.zeros_like(a)
    if times < 0:
        a, times = np.linalg.inv(a), -times
    found, square = None, a
    while times:
        if times % 2:
            found = square if found is None else found @ square
        times = times // 2
        if times:
            square = square @ square
    return found


FUNCTIONS: dict[Any, Any] = {
    np.linalg.cond: _cond,
    np.linalg.matrix_rank: _matrix_rank,
    np.linalg.tensorsolve: _tensorsolve,
    np.linalg.tensorinv: _tensorinv,
    np.linalg.cross: _cross,
    np.linalg.outer: _outer,
    np.linalg.diagonal: _diagonal,
    np.linalg.trace: _trace,
    np.linalg.matmul: _matmul,
    np.linalg.matrix_transpose: _matrix_transpose,
    np.linalg.vecdot: _vecdot,
    np.linalg.tensordot: _tensordot,
    np.linalg.matrix_power: _matrix_power,
}
