"""Polynomials by their coefficients, highest power first, and windows; in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.arrays.known import or_rule
from anvil.library.refusal import about, refuse, static
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract

_DEGREE = "the leading coefficient is 0: the degree, and so the shape, would depend on data"


def _coefficients(p: Any) -> Any:
    """A vector of coefficients with a leading one that is not zero, as NumPy trims it."""
    p = np.atleast_1d(np.asarray(p))
    if p.ndim != 1:
        refuse("bad-value", "Polynomial must be 1d only.")
    p = p[min(known_zeros(p), p.shape[0] - 1) :]
    if p.shape[0] > 1 and p[0] == 0:
        raise ValueError(_DEGREE)
    return p


def known_zeros(p: Any) -> int:
    """How many leading elements are zero, as far as that is known while compiling."""
    return 0 if np.all(p == 0) else int(np.argmax(np.asarray(p) != 0))


def _known_zeros(ctx: Context, p: Any) -> Abstract:
    found = ctx.known_array(p)
    return ctx.constant(0 if found is None else known_zeros(found))


def _aligned(a1: Any, a2: Any) -> Any:
    a1, a2 = np.atleast_1d(a1), np.atleast_1d(a2)
    n = max(a1.shape[0], a2.shape[0])
    wide = []
    for a in (a1, a2):
        wide.append(np.concatenate((np.zeros(n - a.shape[0], dtype=a.dtype), a)))
    return wide


def _polyadd(a1: Any, a2: Any) -> Any:
    left, right = _aligned(a1, a2)
    return left + right


def _polysub(a1: Any, a2: Any) -> Any:
    left, right = _aligned(a1, a2)
    return left - right


def _polymul(a1: Any, a2: Any) -> Any:
    return np.convolve(_coefficients(a1), _coefficients(a2))


def _polydiv(u: Any, v: Any) -> Any:
    """Long division; the remainder has the degree that is below the divisor's."""
    u, v = np.atleast_1d(u) + 0.0, np.atleast_1d(v) + 0.0
    kind = np.result_type(u, v)
    n = v.shape[0] - 1
    steps = max(u.shape[0] - n, 0)
    quotient = np.zeros(max(steps, 1), dtype=kind)
    rest = u.astype(kind)
    scale = 1.0 / v[0]
    for k in range(steps):
        d = scale * rest[k]
        quotient[k] = d
        rest[k : k + n + 1] -= d * v
    rest = rest[min(steps, rest.shape[0] - 1) :]
    if rest.shape[0] > 1 and np.abs(rest[0]) <= 1e-8:
        raise ValueError("the remainder has a lower degree, which would depend on data")
    return quotient, rest


def _polyder(p: Any, m: Any = 1) -> Any:
    if m < 0:
        refuse("bad-value", "Order of derivative must be positive (see polyint)")
    p = np.asarray(p)
    for _ in range(static(m)):
        p = p[:-1] * np.arange(p.shape[0] - 1, 0, -1)
    return p


def _polyint(p: Any, m: Any = 1, k: Any = None) -> Any:
    m = static(m)
    if m < 0:
        refuse("bad-value", "Order of integral must be positive (see polyder)")
    constants = np.zeros(m) if k is None else np.atleast_1d(k)
    if constants.shape[0] == 1 and m > 1:
        constants = constants[0] * np.ones(m)
    if constants.shape[0] < m:
        refuse("bad-value", "k must be a scalar or a rank-1 array of length 1 or >m.")
    p = np.asarray(p)
    for i in range(m):
        grown = p / np.arange(p.shape[0], 0, -1)
        p = np.concatenate((grown, np.reshape(constants[i], (1,))))
    return p


def _poly(seq_of_zeros: Any) -> Any:
    zeros = np.atleast_1d(seq_of_zeros)
    if zeros.ndim == 2 and zeros.shape[0] == zeros.shape[1] and zeros.shape[0] > 0:
        real = zeros.dtype.kind != "c"
        found = _product_of(np.linalg.eigvals(zeros))
        return np.real(found) if real else found
    if zeros.ndim != 1:
        refuse("bad-value", "input must be 1d or non-empty square 2d array.")
    if zeros.shape[0] == 0:
        return 1.0
    inexact = zeros.dtype.kind == "f"
    if zeros.dtype.kind == "c":
        refuse("dynamic-shape", "conjugate roots would make the dtype real: the data decide it")
    return _product_of(zeros.astype(float) if zeros.dtype.itemsize < 4 or not inexact else zeros)


def _product_of(zeros: Any) -> Any:
    """The coefficients of the product of all `x - zero`."""
    found = np.ones(1, dtype=zeros.dtype)
    for i in range(zeros.shape[0]):
        factor = np.stack((np.ones((), dtype=zeros.dtype), -zeros[i]))
        found = np.convolve(found, factor)
    return found


def _polyfit(
    x: Any, y: Any, deg: Any, rcond: Any = None, full: Any = False, w: Any = None, cov: Any = False
) -> Any:
    """Least squares by QR of the scaled Vandermonde matrix; of full rank only."""
    if full or cov:
        refuse("unsupported-argument", "polyfit is compiled for the coefficients alone")
    x, y = np.asarray(x) + 0.0, np.asarray(y) + 0.0
    order = static(deg) + 1
    if order < 1:
        refuse("bad-value", "expected deg >= 0")
    if x.ndim != 1 or y.ndim < 1 or y.ndim > 2:
        refuse("bad-operand", "expected 1D vector for x, and 1D or 2D array for y")
    if x.shape[0] != y.shape[0] or x.shape[0] == 0:
        refuse("bad-operand", "expected x and y to have same length, not 0")
    lhs, rhs = np.vander(x, order), y
    if w is not None:
        weight = np.asarray(w) + 0.0
        if weight.ndim != 1 or weight.shape[0] != y.shape[0]:
            refuse("bad-operand", "expected a 1-d array for weights, as long as y")
        lhs = lhs * weight[:, None]
        rhs = rhs * (weight[:, None] if rhs.ndim == 2 else weight)
    scale = np.sqrt(np.sum(lhs * lhs, axis=0))
    found = np.linalg.lstsq(lhs / scale, rhs, rcond)[0]
    return found / (scale[:, None] if rhs.ndim == 2 else scale)


def _roots(p: Any) -> Any:
    """The eigenvalues of the companion matrix."""
    p = _coefficients(p)
    p = p if p.dtype.kind in "fc" else p.astype(float)
    n = p.shape[0]
    if n < 2:
        return np.zeros(0)
    if p[-1] == 0:
        raise ValueError("the last coefficient is 0: the number of zero roots would depend on data")
    companion = np.diag(np.ones(n - 2, dtype=np.result_type(p, 1.0)), -1)
    companion[0, :] = -p[1:] / p[0]
    return np.linalg.eigvals(companion)


# ---- windows


def _steps(M: Any) -> Any:
    return np.arange(1 - M, M, 2)


def _small(M: Any) -> Any:
    """The windows of no points and of one."""
    return np.ones(max(int(M), 0))


def _bartlett(M: Any) -> Any:
    if M < 2:
        return _small(M)
    n = _steps(M)
    return np.where(n <= 0, 1 + n / (M - 1), 1 - n / (M - 1))


def _blackman(M: Any) -> Any:
    if M < 2:
        return _small(M)
    turn = np.pi * _steps(M) / (M - 1)
    return 0.42 + 0.5 * np.cos(turn) + 0.08 * np.cos(2.0 * turn)


def _hamming(M: Any) -> Any:
    if M < 2:
        return _small(M)
    return 0.54 + 0.46 * np.cos(np.pi * _steps(M) / (M - 1))


def _hanning(M: Any) -> Any:
    if M < 2:
        return _small(M)
    return 0.5 + 0.5 * np.cos(np.pi * _steps(M) / (M - 1))


def _kaiser(M: Any, beta: Any) -> Any:
    if M == 1:
        return np.ones(1)
    half, beta = (M - 1) / 2.0, np.asarray(beta) * np.float64(1.0)
    place = (np.arange(0, M) - half) / half
    return np.i0(beta * np.sqrt(1 - place**2.0)) / np.i0(beta * 1.0)


_SIZE = ("M",)

FUNCTIONS: dict[Any, Any] = {
    np.polyadd: _polyadd,
    np.polysub: _polysub,
    known_zeros: Intrinsic(_known_zeros),
    np.polymul: or_rule(np.polymul, _polymul),
    np.polydiv: or_rule(np.polydiv, _polydiv),
    np.polyder: _polyder,
    np.polyint: _polyint,
    np.poly: or_rule(np.poly, _poly),
    np.polyfit: _polyfit,
    np.roots: or_rule(np.roots, _roots),
    np.bartlett: about(_bartlett, known=_SIZE),
    np.blackman: about(_blackman, known=_SIZE),
    np.hamming: about(_hamming, known=_SIZE),
    np.hanning: about(_hanning, known=_SIZE),
    np.kaiser: about(_kaiser, known=_SIZE),
}
