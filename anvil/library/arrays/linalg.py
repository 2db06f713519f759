"""np.linalg over the ops that factor matrices: systems, determinants, factorisations, spectra.

As NumPy does, float32 and complex64 are computed in double precision and rounded; integers and
booleans are double; half precision is refused. What NumPy raises LinAlgError for while it computes
is checked when the program runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.ir.families import type_at
from anvil.ir.ops.factorizations import adjoint, matmul, triangle
from anvil.ir.ops.matrices import columns, diagonal, eye, real_part, widened
from anvil.ir.records import Atom
from anvil.ir.types import C128, DTYPES, F64, ArrayType, DType
from anvil.library.atoms import dtype_in, shape_in
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract, TupleV

LinAlgError = np.linalg.LinAlgError
_ONE = np.eye(1)
_CLASSES = {
    name: type(getattr(np.linalg, name)(_ONE)) for name in ("qr", "svd", "eigh", "eig", "slogdet")
}


# ---- operands and results


def result_dtype(ctx: Context, *vs: Any) -> DType:
    """What NumPy's results have: single precision only of single operands."""
    dtypes = [ctx.type_of(v).dtype for v in vs]
    for d in dtypes:
        if d.name in ("f16", "bf16"):
            ctx.error("bad-operand", f"array type {d.np.name} is unsupported in linalg")
    kind = "c" if any(d.kind == "c" for d in dtypes) else "f"
    single = all(d.inexact and d.real.bits == 32 for d in dtypes)
    return DTYPES[{"f": ("f64", "f32"), "c": ("c128", "c64")}[kind][single]]


def matrices(ctx: Context, a: Any, square: bool = False, dtype: DType | None = None) -> Atom:
    """A stack of matrices in double precision."""
    shape = ctx.shape_of(a)
    if len(shape) < 2:
        need = f"{len(shape)}-dimensional array given. Array must be at least two-dimensional"
        ctx.error("bad-matrix", need)
    if square and shape[-1] != shape[-2]:
        ctx.error("bad-matrix", "Last 2 dimensions of the array must be square")
    wanted = dtype or result_dtype(ctx, a)
    return ctx.atom(a, C128 if wanted.kind == "c" else F64)


def rounded(ctx: Context, x: Atom, like: DType) -> Atom:
    """In the precision of `like`."""
    have = dtype_in(x)
    if have.kind == "c":
        return ctx.cast(x, DTYPES["c64" if like.real.bits == 32 else "c128"])
    return ctx.cast(x, like.real)


def given(ctx: Context, x: Atom, like: DType) -> Abstract:
    """A result, in the precision of `like`."""
    return ctx.result(rounded(ctx, x, like))


def _named(kind: str, *items: Abstract) -> TupleV:
    return TupleV(items, _CLASSES[kind])


def everywhere(ctx: Context, x: Atom) -> Atom:
    """Whether an array of booleans is true throughout."""
    out: Atom = ctx.b.reduce_and(x, axes=tuple(range(len(shape_in(x)))))
    return out


def no_nan(ctx: Context, x: Atom) -> Atom:
    """Whether there is no nan in an array."""
    return everywhere(ctx, ctx.b.eq(x, x))


def _require(ctx: Context, holds: Atom, message: str) -> None:
    ctx.check(holds, LinAlgError, message)


def regular(ctx: Context, a: Atom) -> None:
    """Raises LinAlgError where elimination meets a pivot that is 0."""
    b = ctx.b
    if 0 not in shape_in(a):
        pivots = diagonal(b, b.lu(a)[0])
        _require(ctx, everywhere(ctx, b.ne(pivots, b.zeros_like(pivots))), "Singular matrix")


def _empty(ctx: Context, x: Atom, *shape: int) -> Atom:
    t = type_at(x)
    return ctx.b.zeros(t.with_shape((*t.shape[:-2], *shape)))


def _identity(ctx: Context, x: Atom, n: int) -> Atom:
    out: Atom = eye(ctx.b, type_at(x), n)
    return out


def _swapped(ctx: Context, x: Atom) -> Atom:
    n = len(shape_in(x))
    out: Atom = ctx.b.transpose(x, perm=(*range(n - 2), n - 1, n - 2))
    return out


# ---- systems


def solved(ctx: Context, a: Atom, rhs: Atom) -> Atom:
    """The solutions for stacks of right sides, both stacks broadcast."""
    regular(ctx, a)
    (m, n), k = shape_in(a)[-2:], shape_in(rhs)[-1]
    if m != shape_in(rhs)[-2]:
        ctx.error("shape-mismatch", f"solve: shapes {shape_in(a)} and {shape_in(rhs)} do not fit")
    lead = ctx.broadcast_shapes(shape_in(a)[:-2], shape_in(rhs)[:-2])
    rhs = ctx.broadcast(rhs, (*lead, m, k))
    if 0 in shape_in(rhs):
        return rhs
    out: Atom = ctx.b.solve(ctx.broadcast(a, (*lead, m, n)), rhs)
    return out


def _solve(ctx: Context, a: Any, b: Any) -> Abstract:
    dtype = result_dtype(ctx, a, b)
    left = matrices(ctx, a, True, dtype)
    if len(ctx.shape_of(b)) != 1:
        return given(ctx, solved(ctx, left, matrices(ctx, b, False, dtype)), dtype)
    right = ctx.atom(b, dtype_in(left))
    column = ctx.b.reshape(right, shape=(*shape_in(right), 1))
    found = solved(ctx, left, column)
    return given(ctx, ctx.b.reshape(found, shape=shape_in(found)[:-1]), dtype)


def _inv(ctx: Context, a: Any) -> Abstract:
    x = matrices(ctx, a, True)
    return given(ctx, solved(ctx, x, _identity(ctx, x, shape_in(x)[-1])), result_dtype(ctx, a))


def inverse_or_nan(a: Any) -> Any:
    """The inverse; inf and nan where there is none. Only called in compiled code."""
    raise AssertionError(a)


def _inverse_or_nan(ctx: Context, a: Any) -> Abstract:
    x = matrices(ctx, a, True)
    return ctx.result(ctx.b.solve(x, _identity(ctx, x, shape_in(x)[-1])))


def _det(ctx: Context, a: Any) -> Abstract:
    x = matrices(ctx, a, True)
    if shape_in(x)[-1] == 0:
        return given(ctx, ctx.b.const(1.0, _numbers(x)), result_dtype(ctx, a))
    return given(ctx, ctx.b.det(x), result_dtype(ctx, a))


def _numbers(x: Atom) -> ArrayType:
    t = type_at(x)
    return t.with_shape(t.shape[:-2])


def _slogdet(ctx: Context, a: Any) -> Abstract:
    x, dtype, b = matrices(ctx, a, True), result_dtype(ctx, a), ctx.b
    packed, exchanged, _ = b.lu(x) if shape_in(x)[-1] else (x, None, None)
    if exchanged is None:
        one = b.const(1.0, _numbers(x))
        return _named(
            "slogdet", given(ctx, one, dtype), given(ctx, real_part(b, b.sub(one, one)), dtype)
        )
    pivots = diagonal(b, packed)
    size = b.abs(pivots)
    last = len(shape_in(pivots)) - 1
    place = b.iota(shape=shape_in(pivots), axis=last, dtype=dtype_in(exchanged))
    zero = b.eq(size, b.zeros_like(size))
    wide = widened(b, b.select(zero, b.const(1.0, type_at(size)), size), dtype_in(x))
    unit = b.sign(pivots) if dtype_in(x).kind == "f" else b.div(pivots, wide)
    unit = b.select(b.ne(exchanged, place), b.neg(unit), unit)
    sign = b.reduce_prod(unit, axes=(last,))
    total = b.reduce_sum(b.log(size), axes=(last,))
    return _named("slogdet", given(ctx, sign, dtype), given(ctx, total, dtype))


# ---- factorisations


def _cholesky(ctx: Context, a: Any, /, *, upper: Any = False) -> Abstract:
    x, dtype, b = matrices(ctx, a, True), result_dtype(ctx, a), ctx.b
    if 0 in shape_in(x):
        return given(ctx, x, dtype)
    above = bool(ctx.known(upper, "upper"))
    x = adjoint(b, x) if above else x
    low = b.cholesky(x)
    read = triangle(b, x)
    fine = b.or_(no_nan(ctx, diagonal(b, low)), b.not_(no_nan(ctx, read)))
    _require(ctx, fine, "Matrix is not positive definite")
    if ctx.catches(LinAlgError):  # the nan of a path that is not taken has no derivative
        every = b.broadcast_to(fine, shape_in(x))
        one = ctx.broadcast(_identity(ctx, x, shape_in(x)[-1]), shape_in(x))
        low = b.cholesky(b.select(every, x, one))
    return given(ctx, adjoint(b, low) if above else low, dtype)


def _qr(ctx: Context, a: Any, mode: Any = "reduced") -> Abstract:
    x, dtype, b = matrices(ctx, a), result_dtype(ctx, a), ctx.b
    how = ctx.known(mode, "the mode")
    if how == "raw":
        ctx.error("unsupported-argument", "qr is not compiled in the mode 'raw'")
    if how not in ("reduced", "complete", "r"):
        ctx.error("bad-value", f"Unrecognized mode {how!r}")
    (m, n), full = shape_in(x)[-2:], how == "complete"
    k = m if full else min(m, n)
    if 0 in shape_in(x):
        q = _identity(ctx, x, m) if full and m else _empty(ctx, x, m, k)
        r = _empty(ctx, x, k, n)
    else:
        q, r = b.qr(x, full_matrices=full)
    right = given(ctx, r, dtype)
    return right if how == "r" else _named("qr", given(ctx, q, dtype), right)


def _converged(ctx: Context, values: Atom, what: str) -> None:
    _require(ctx, no_nan(ctx, values), f"{what} did not converge")


def _svdvals_of(ctx: Context, x: Atom) -> Atom:
    if 0 in shape_in(x):
        s: Atom = real_part(ctx.b, ctx.b.zeros(type_at(x).with_shape((*shape_in(x)[:-2], 0))))
        return s
    s = ctx.b.svdvals(x)
    _converged(ctx, s, "SVD")
    return s


def singular_values(a: Any) -> Any:
    """np.linalg.svdvals."""
    return np.linalg.svd(a, compute_uv=False)


def _hermitian_svd(a: Any, compute_uv: Any) -> Any:
    """By eigenvalues, in the order of their size."""
    w, v = np.linalg.eigh(a)
    s = np.abs(w)
    if not compute_uv:
        return np.flip(np.sort(s, axis=-1), axis=-1)
    order = np.flip(np.argsort(s, axis=-1), axis=-1)
    w = np.take_along_axis(w, order, axis=-1)
    u = np.take_along_axis(v, order[..., np.newaxis, :], axis=-1)
    vh = np.conj(np.swapaxes(u * np.sign(w)[..., np.newaxis, :], -1, -2))
    return u, np.take_along_axis(s, order, axis=-1), vh


def _svd(
    ctx: Context, a: Any, full_matrices: Any = True, compute_uv: Any = True, hermitian: Any = False
) -> Abstract:
    full, vectors = bool(ctx.known(full_matrices)), bool(ctx.known(compute_uv))
    if ctx.known(hermitian):
        matrices(ctx, a, True)
        found = ctx.call(_hermitian_svd, a, vectors)
        return _named("svd", *ctx.items(found)) if vectors else found
    x, dtype, b = matrices(ctx, a), result_dtype(ctx, a), ctx.b
    if not vectors:
        return given(ctx, _svdvals_of(ctx, x), dtype)
    (m, n), k = shape_in(x)[-2:], min(shape_in(x)[-2:])
    if 0 in shape_in(x):
        u = _identity(ctx, x, m) if full and m else _empty(ctx, x, m, k)
        vh = _identity(ctx, x, n) if full and n else _empty(ctx, x, k, n)
        s = real_part(b, b.zeros(type_at(x).with_shape((*shape_in(x)[:-2], k))))
    else:
        u, s, vh = b.svd(x, full_matrices=full)
        _converged(ctx, s, "SVD")
    return _named("svd", *(given(ctx, y, dtype) for y in (u, s, vh)))


def _svdvals(ctx: Context, x: Any, /) -> Abstract:
    return given(ctx, _svdvals_of(ctx, matrices(ctx, x)), result_dtype(ctx, x))


# ---- eigenvalues


def _lower(ctx: Context, uplo: Any) -> bool:
    """Whether the lower triangle is read."""
    which = ctx.known(uplo, "UPLO")
    if not isinstance(which, str) or which.upper() not in ("L", "U"):
        ctx.error("bad-value", "UPLO argument must be 'L' or 'U'")
    return which.upper() == "L"


def _found(ctx: Context, x: Atom, w: Atom) -> None:
    """Raises LinAlgError where eigenvalues of numbers are nan."""
    fine = ctx.b.or_(no_nan(ctx, w), ctx.b.not_(no_nan(ctx, x)))
    _require(ctx, fine, "Eigenvalues did not converge")


def _eigh(ctx: Context, a: Any, UPLO: Any = "L") -> Abstract:
    x, dtype, b = matrices(ctx, a, True), result_dtype(ctx, a), ctx.b
    lower = _lower(ctx, UPLO)
    if 0 in shape_in(x):
        w, v = real_part(b, b.zeros(type_at(x).with_shape(shape_in(x)[:-1]))), x
    else:
        w, v = b.eigh(x, lower=lower)
        _found(ctx, triangle(b, x, lower=lower), w)
    return _named("eigh", given(ctx, w, dtype), given(ctx, v, dtype))


def _eigvalsh(ctx: Context, a: Any, UPLO: Any = "L") -> Abstract:
    x, dtype, b = matrices(ctx, a, True), result_dtype(ctx, a), ctx.b
    lower = _lower(ctx, UPLO)
    if 0 in shape_in(x):
        return given(ctx, real_part(b, b.zeros(type_at(x).with_shape(shape_in(x)[:-1]))), dtype)
    w = b.eigvalsh(x, lower=lower)
    _found(ctx, triangle(b, x, lower=lower), w)
    return given(ctx, w, dtype)


def _finite_matrices(ctx: Context, a: Any) -> Atom:
    x = matrices(ctx, a, True)
    if 0 in shape_in(x):
        ctx.error("unsupported-argument", "eigenvalues of matrices without entries")
    parts = (x,) if dtype_in(x).kind == "f" else (ctx.b.real(x), ctx.b.imag(x))
    for p in parts:
        holds = everywhere(ctx, ctx.b.is_finite(p))
        _require(ctx, holds, "Array must not contain infs or NaNs")
    return x


def _eig(ctx: Context, a: Any) -> Abstract:
    x, dtype = _finite_matrices(ctx, a), result_dtype(ctx, a)
    w, v = ctx.b.eig(x)
    _converged(ctx, w, "Eigenvalues")
    return _named("eig", given(ctx, w, dtype), given(ctx, v, dtype))


def _eigvals(ctx: Context, a: Any) -> Abstract:
    x, dtype = _finite_matrices(ctx, a), result_dtype(ctx, a)
    w = ctx.b.eigvals(x)
    _converged(ctx, w, "Eigenvalues")
    return given(ctx, w, dtype)


# ---- least squares


_MISSING = object()


def _tolerance(ctx: Context, rcond: Any, rtol: Any, t: ArrayType) -> float:
    eps = float(np.finfo(t.dtype.np if t.dtype.inexact else np.float64).eps)
    if ctx.known(rcond) is not None:
        if rtol is not _MISSING:
            ctx.error("bad-value", "`rtol` and `rcond` can't be both set.")
        return float(ctx.known(rcond, "rcond"))
    if rtol is _MISSING:
        return 1e-15
    given_ = ctx.known(rtol, "rtol")
    return max(t.shape[-2:]) * eps if given_ is None else float(given_)


def _pinv(
    ctx: Context, a: Any, rcond: Any = None, hermitian: Any = False, *, rtol: Any = _MISSING
) -> Abstract:
    known = bool(ctx.known(hermitian))
    x, dtype, b = matrices(ctx, a, known), result_dtype(ctx, a), ctx.b
    limit = _tolerance(ctx, rcond, rtol, ctx.type_of(a))
    if 0 in shape_in(x):
        return given(ctx, _swapped(ctx, x), dtype)
    if known:
        x = _whole(ctx, x)
    _require(ctx, no_nan(ctx, x), "SVD did not converge")
    return given(ctx, b.pinv(x, rcond=limit), dtype)


def _whole(ctx: Context, x: Atom) -> Atom:
    """Hermitian matrices with these lower triangles."""
    b = ctx.b
    low = triangle(b, x)
    middle = columns(b, diagonal(b, real_part(b, x)), shape_in(x)[-1])
    off = b.add(triangle(b, low, -1), adjoint(b, triangle(b, low, -1)))
    same = b.broadcast_to(b.const(np.eye(shape_in(x)[-1], dtype=bool)), shape_in(x))
    out: Atom = b.select(same, widened(b, middle, dtype_in(x)), off)
    return out


def _lstsq(ctx: Context, a: Any, b: Any, rcond: Any = None) -> Abstract:
    dtype, vector = result_dtype(ctx, a, b), len(ctx.shape_of(b)) == 1
    x, y = matrices(ctx, a, False, dtype), ctx.atom(b)
    y = ctx.cast(y, dtype_in(x))
    y = ctx.b.reshape(y, shape=(*shape_in(y), 1)) if vector else y
    if len(shape_in(x)) != 2 or len(shape_in(y)) != 2:
        words = "dimensional array given. Array must be two-dimensional"
        worst = next(len(shape_in(v)) for v in (x, y) if len(shape_in(v)) != 2)
        ctx.error("bad-matrix", f"{worst}-{words}")
    (m, n), k = shape_in(x), shape_in(y)[1]
    if m != shape_in(y)[0]:
        ctx.error("shape-mismatch", "lstsq: Incompatible dimensions")
    if 0 in (m, n, k):
        ctx.error("unsupported-argument", "lstsq of arrays without elements is not compiled")
    eps = float(np.finfo(np.float64).eps)
    asked = ctx.known(rcond, "rcond")
    limit = eps * max(m, n) if asked is None else eps if asked < 0 else float(asked)
    return _fitted(ctx, x, y, limit, dtype, vector)


def _fitted(ctx: Context, x: Atom, y: Atom, limit: float, dtype: DType, vector: bool) -> Abstract:
    """Solution, residuals (nan if the rank is not full), rank and singular values."""
    e, (m, n), k = ctx.b, shape_in(x), shape_in(y)[1]
    s = _svdvals_of(ctx, x)
    found = matmul(e, e.pinv(x, rcond=limit), y)
    bound = e.mul(e.reduce_max(s, axes=(0,)), limit)
    above = e.gt(s, e.broadcast(bound, shape=shape_in(s), dims=()))
    rank = e.reduce_sum(e.cast(above, DTYPES["i32"]), axes=(0,))
    if m > n:
        off = e.abs(e.sub(y, matmul(e, x, found)))
        squares = e.reduce_sum(e.mul(off, off), axes=(0,))
        full = e.broadcast(e.eq(rank, n), shape=(k,), dims=())
        rest = e.select(full, squares, float("nan"))
    else:
        rest = e.zeros(type_at(s).with_shape((0,)))
    found = e.reshape(found, shape=(n,)) if vector else found
    solution, residuals, values = (ctx.array(rounded(ctx, v, dtype)) for v in (found, rest, s))
    return ctx.tuple((solution, residuals, ctx.scalar(rank), values))


FUNCTIONS: dict[Any, Intrinsic] = {
    np.linalg.solve: Intrinsic(_solve),
    np.linalg.inv: Intrinsic(_inv),
    inverse_or_nan: Intrinsic(_inverse_or_nan),
    np.linalg.det: Intrinsic(_det),
    np.linalg.slogdet: Intrinsic(_slogdet),
    np.linalg.cholesky: Intrinsic(_cholesky),
    np.linalg.qr: Intrinsic(_qr),
    np.linalg.svd: Intrinsic(_svd),
    np.linalg.svdvals: Intrinsic(_svdvals),
    np.linalg.eigh: Intrinsic(_eigh),
    np.linalg.eigvalsh: Intrinsic(_eigvalsh),
    np.linalg.eig: Intrinsic(_eig),
    np.linalg.eigvals: Intrinsic(_eigvals),
    np.linalg.pinv: Intrinsic(_pinv),
    np.linalg.lstsq: Intrinsic(_lstsq),
}
