"""scipy.special, in plain Python over the primitives of `special`; formulas by number are DLMF's.

Functions are computed in float64 and returned in scipy's dtype. Where a formula does not hold its
operand is replaced before it is used, so that derivatives of the branch not taken are finite.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from anvil.ir.types import F32, F64, DType
from anvil.library.arrays.ufuncs import deliver
from anvil.library.refusal import refuse
from anvil.library.special import primitives as special
from anvil.library.special.bessel import i0, i1, j0, j1
from anvil.library.special.incomplete import betainc, betaln, gammainc, gammaincc
from anvil.library.special.primitives import constant, erfc, erfcx, gamma
from anvil.library.special.zeta import polygamma, riemann, zeta
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract

_HALF = math.sqrt(0.5)


def elementwise(name: str, fn: Callable[..., Any], arity: int) -> Intrinsic:
    """A universal function of real numbers, with scipy's dtypes."""

    def run(ctx: Context, *xs: Any, out: Any = None, where: Any = True, **given: Any) -> Abstract:
        if len(xs) == arity + 1:
            xs, out = xs[:arity], xs[arity]
        if len(xs) != arity:
            ctx.error("wrong-arguments", f"{name} takes {arity} operands, got {len(xs)}")
        if given:
            ctx.error("unsupported-argument", f"{', '.join(given)} of {name} is not compiled")
        if ctx.promote(*xs).kind == "c":
            ctx.error("bad-operand", f"{name} is compiled for real numbers")
        atoms = ctx.operands(*xs, dtype=F64)
        found = ctx.call(fn, *(ctx.result(a) for a in atoms))
        return deliver(ctx, ctx.cast(ctx.atom(found), _dtype(ctx, name, xs)), out, where)

    return Intrinsic(run)


def _dtype(ctx: Context, name: str, xs: Sequence[Any]) -> DType:
    """What scipy's loops give: where the one in float64 comes first, it is taken unless every
    operand is float32; else float32 is wherever it holds all operands.
    """
    loops = getattr(getattr(sys.modules["scipy.special"], name), "types", ["d"])
    if loops[0][0] == "d":
        strong = all(ctx.kind_of(x) != "py" and ctx.type_of(x).dtype is F32 for x in xs)
        return F32 if strong else F64
    return F32 if np.can_cast(ctx.promote(*xs).np, np.float32) else F64


# ---- the normal distribution and logistic functions


def ndtr(x: Any) -> Any:
    """The normal distribution function."""
    return 0.5 * erfc(-_HALF * x)


def log_ndtr(x: Any) -> Any:
    """Its logarithm; on the left through erfcx."""
    left = x < -1.0
    low, high = np.where(left, x, -1.0), np.where(left, 0.0, x)
    tail = np.log(0.5 * erfcx(-_HALF * low)) - 0.5 * low * low
    return np.where(left, tail, np.log1p(-0.5 * erfc(_HALF * high)))


def logit(p: Any) -> Any:
    """log(p / (1 - p))"""
    middle = np.abs(p - 0.5) < 0.25
    s = np.where(middle, 2.0 * (p - 0.5), 0.0)
    q = np.where(middle, 0.5, p)
    return np.where(middle, np.log1p(s) - np.log1p(-s), np.log(q / (1.0 - q)))


def expit(x: Any) -> Any:
    """1 / (1 + e^-x)"""
    left = x < 0
    e = np.exp(np.where(left, x, -x))
    return np.where(left, e, 1.0) / (1.0 + e)


def log_expit(x: Any) -> Any:
    """Its logarithm."""
    left = x < 0
    return np.where(left, x, 0.0) - np.log1p(np.exp(np.where(left, x, -x)))


# ---- entropies


def xlogy(x: Any, y: Any) -> Any:
    """x log y, 0 for x = 0."""
    zero = (x == 0) & ~((y > 0) & (y < np.inf)) & ~np.isnan(y)
    return np.where(zero, 0.0, x * np.log(np.where(zero, 1.0, y)))


def xlog1py(x: Any, y: Any) -> Any:
    """x log(1 + y), 0 for x = 0."""
    zero = (x == 0) & ~((y > -1) & (y < np.inf)) & ~np.isnan(y)
    return np.where(zero, 0.0, x * np.log1p(np.where(zero, 0.0, y)))


def entr(x: Any) -> Any:
    """-x log x"""
    inside = (x > 0) | np.isnan(x)
    found = -x * np.log(np.where(inside, x, 1.0))
    return np.where(inside, found, np.where(x == 0, 0.0, -np.inf))


def rel_entr(x: Any, y: Any) -> Any:
    """x log(x / y)"""
    undefined = np.isnan(x) | np.isnan(y)
    inside = ((x > 0) & (y > 0)) | undefined
    ratio = np.where(inside, x, 1.0) / np.where(inside, y, 1.0)
    edge = np.where((x == 0) & (y >= 0), 0.0, np.inf)
    return np.where(inside, x * np.log(ratio), edge)


def kl_div(x: Any, y: Any) -> Any:
    """x log(x / y) - x + y"""
    undefined = np.isnan(x) | np.isnan(y)
    inside = ((x > 0) & (y > 0)) | undefined
    ratio = np.where(inside, x, 1.0) / np.where(inside, y, 1.0)
    edge = np.where((x == 0) & (y >= 0), y, np.inf)
    return np.where(inside, x * np.log(ratio) - x + y, edge)


def huber(delta: Any, r: Any) -> Any:
    """Quadratic up to delta, linear beyond."""
    size = np.abs(r)
    found = np.where(size <= delta, 0.5 * r * r, delta * (size - 0.5 * delta))
    return np.where(delta < 0, np.inf, found)


def pseudo_huber(delta: Any, r: Any) -> Any:
    """delta^2 (sqrt(1 + (r / delta)^2) - 1)"""
    empty = (delta == 0) | (r == 0)
    v = np.where(empty, 1.0, r) / np.where(empty, 1.0, delta)
    far = np.abs(v) > 1e16
    w = np.where(far, 1.0, v)
    root = np.where(far, np.abs(v), w * w / (1.0 + np.sqrt(1.0 + w * w)))
    found = delta * delta * np.where(empty, 0.0, root)
    found = np.where(r == 0, 0.5 * r * r, found)
    return np.where(delta < 0, np.inf, found)


def exprel(x: Any) -> Any:
    """(e^x - 1) / x"""
    near = np.abs(x) < 0.5
    small, large = np.where(near, x, 0.0), np.where(near, 1.0, x)
    series = np.ones_like(small)
    for k in range(17, 1, -1):
        series = 1.0 + series * small / k
    found = np.where(near, series, np.expm1(large) / large)
    return np.where(x == np.inf, np.inf, found)


# ---- sums of exponentials


def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: Any = False, return_sign: Any = False
) -> Any:
    """log sum b e^a"""
    a = np.asarray(a)
    a = a if a.dtype.kind in "fc" else a.astype(float)
    if a.dtype.kind == "c" and (b is not None or return_sign):
        refuse("bad-operand", "logsumexp of complex numbers is compiled without b= and signs")
    if b is not None:
        b = np.asarray(b)
        a, b = np.broadcast_arrays(a, b)
        a = np.where(b == 0, -np.inf, a)
    top = np.max(np.real(a), axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0).astype(top.dtype)
    parts = np.exp(a - top)
    total = np.sum(parts if b is None else b * parts, axis=axis, keepdims=True)
    sign = np.sign(total)
    if return_sign:
        total = np.abs(total)
    found = np.log(total) + top
    if not keepdims:
        shape = np.sum(a, axis=axis).shape
        found, sign = np.reshape(found, shape)[()], np.reshape(sign, shape)[()]
    return (found, sign) if return_sign else found


def softmax(x: Any, axis: Any = None) -> Any:
    """e^x over its sum."""
    x = np.asarray(x)
    parts = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return parts / np.sum(parts, axis=axis, keepdims=True)


def log_softmax(x: Any, axis: Any = None) -> Any:
    """Its logarithm."""
    x = np.asarray(x)
    if x.dtype.kind == "c":
        refuse("bad-operand", "log_softmax is compiled for real numbers")
    x = x if x.dtype.kind == "f" else x.astype(float)
    top = np.max(x, axis=axis, keepdims=True)
    moved = x - np.where(np.isfinite(top), top, 0.0).astype(x.dtype)
    return moved - np.log(np.sum(np.exp(moved), axis=axis, keepdims=True))


# ---- gamma, beta and their kin


def beta(a: Any, b: Any) -> Any:
    """The beta function, for positive arguments."""
    if np.any((a < 0) | (b < 0)):
        raise ValueError("beta is compiled for positive arguments")
    return np.exp(betaln(a, b))


def gammasgn(x: Any) -> Any:
    """The sign of the gamma function."""
    odd = np.floor(x) % 2 != 0
    found = np.where((x < 0) & odd, -1.0, 1.0)
    pole = (x < 0) & (x == np.floor(x))
    return np.where(np.isnan(x) | pole, np.nan, np.where(x == 0, np.copysign(1.0, x), found))


def binom(n: Any, k: Any) -> Any:
    """gamma(n + 1) / (gamma(k + 1) gamma(n - k + 1)); for whole k up to 20 the value is that
    of a product, so exact, the derivative that of the quotient.
    """
    inside = (n > -1) & (k > -1) & (n - k > -1)
    undefined = ((n < 0) & (n == np.floor(n))) | np.isnan(n + k)
    outside = ~inside & ~undefined
    if np.any(outside & (np.abs(n) + np.abs(k) > 160.0)):
        raise ValueError("binom(n, k) is compiled for -1 < k < n + 1, and for moderate n and k")
    a, c = np.where(inside, n - k + 1.0, 1.0), np.where(inside, k + 1.0, 1.0)
    smooth = np.exp(-betaln(a, c)) / np.where(inside, n + 1.0, 1.0)
    smooth = smooth + constant(_whole_binom(n, k, inside, smooth))
    m, j = np.where(outside, n, 1.0), np.where(outside, k, 1.0)
    ratio = gamma(m + 1.0) * _reciprocal_gamma(j + 1.0) * _reciprocal_gamma(m - j + 1.0)
    return np.where(inside, smooth, np.where(outside, ratio, np.nan))


def _whole_binom(n: Any, k: Any, inside: Any, smooth: Any) -> Any:
    """What the quotient lacks, 0 where k is not whole."""
    nearer = np.where((n == np.floor(n)) & (k > 0.5 * n), n - k, k)
    whole = inside & (nearer == np.floor(nearer)) & (nearer >= 0) & (nearer < 20)
    m = np.where(whole, nearer, 0.0)
    over, under = np.ones_like(m + n), np.ones_like(m + n)
    for i in range(1, 20):
        over = np.where(i <= m, over * (n - m + i), over)
        under = np.where(i <= m, under * i, under)
    return np.where(whole, over / under - smooth, 0.0)


def _reciprocal_gamma(x: Any) -> Any:
    """1 / gamma(x), by reflection on the left: smooth, 0 at the poles."""
    left = x < 0.5
    y = np.where(left, 1.0 - x, x)
    nearest = np.rint(x)
    sine = np.sin(math.pi * (x - nearest)) * np.where(nearest % 2 == 0, 1.0, -1.0)
    return np.where(left, sine * gamma(y) / math.pi, 1.0 / gamma(y))


def gammaln(x: Any) -> Any:
    """log |gamma(x)|"""
    return np.where(x == -np.inf, -np.inf, special.lgamma(x))


def loggamma(x: Any) -> Any:
    """log gamma(x), nan on the left of 0."""
    return np.where(x < 0, np.nan, gammaln(np.abs(x)))


def comb(N: Any, k: Any, *, exact: Any = False, repetition: Any = False) -> Any:
    """Combinations of k of N things."""
    if repetition:
        return comb(N + k - 1, k, exact=exact)
    if exact:
        n, m = int(N), int(k)
        return math.comb(n, m) if 0 <= m <= n else 0
    things, chosen = np.asarray(N, dtype=float), np.asarray(k, dtype=float)
    inside = (chosen <= things) & (things >= 0) & (chosen >= 0)
    found = np.where(
        inside, _binom(np.where(inside, things, 1.0), np.where(inside, chosen, 1.0)), 0.0
    )
    return found[()]


def factorial(n: Any, exact: Any = False, extend: Any = "zero") -> Any:
    """gamma(n + 1), 0 for negative n."""
    if extend != "zero":
        refuse("unsupported-argument", "factorial is compiled with extend='zero'")
    if exact:
        whole = int(n)
        return math.factorial(whole) if whole >= 0 else 0
    x = np.asarray(n)
    x = x if x.dtype.kind == "f" else x.astype(float)
    low = x < 0
    return np.where(low, 0.0, gamma(np.where(low, 0.0, x) + 1.0)).astype(x.dtype)[()]


def _binom(n: Any, k: Any) -> Any:
    return binom(n, k)


_GAMMAS = {"gamma": gamma, "gammaln": gammaln, "digamma": special.digamma}
_ERRORS = {
    "erf": special.erf,
    "erfc": special.erfc,
    "erfcx": special.erfcx,
    "erfinv": special.erfinv,
    "erfcinv": special.erfcinv,
    "ndtri": special.ndtri,
}
_ONE: dict[str, Callable[..., Any]] = {
    **_GAMMAS,
    **_ERRORS,
    "psi": special.digamma,
    "i0e": special.i0e,
    "i1e": special.i1e,
    "i0": i0,
    "i1": i1,
    "j0": j0,
    "j1": j1,
    "ndtr": ndtr,
    "log_ndtr": log_ndtr,
    "logit": logit,
    "expit": expit,
    "log_expit": log_expit,
    "entr": entr,
    "exprel": exprel,
    "gammasgn": gammasgn,
    "loggamma": loggamma,
}
_TWO: dict[str, Callable[..., Any]] = {
    "xlogy": xlogy,
    "xlog1py": xlog1py,
    "rel_entr": rel_entr,
    "kl_div": kl_div,
    "huber": huber,
    "pseudo_huber": pseudo_huber,
    "beta": beta,
    "betaln": betaln,
    "gammainc": gammainc,
    "gammaincc": gammaincc,
    "binom": binom,
}


_zeta, _riemann = elementwise("zeta", zeta, 2), elementwise("zeta", riemann, 1)


def _zeta_entry(ctx: Context, x: Any, q: Any = None, out: Any = None) -> Abstract:
    """Hurwitz's function, Riemann's without q."""
    if ctx.is_known(q) and ctx.known(q) is None:
        return _riemann.run(ctx, x, out=out)
    return _zeta.run(ctx, x, q, out=out)


SCIPY: dict[str, Any] = {
    **{f"scipy.special.{name}": elementwise(name, fn, 1) for name, fn in _ONE.items()},
    **{f"scipy.special.{name}": elementwise(name, fn, 2) for name, fn in _TWO.items()},
    "scipy.special.betainc": elementwise("betainc", betainc, 3),
    "scipy.special.zeta": Intrinsic(_zeta_entry),
    "scipy.special.polygamma": polygamma,
    "scipy.special.logsumexp": logsumexp,
    "scipy.special.softmax": softmax,
    "scipy.special.log_softmax": log_softmax,
    "scipy.special.comb": comb,
    "scipy.special.factorial": factorial,
}
