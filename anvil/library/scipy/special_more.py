"""More of scipy.special: integrals, elliptic functions, transformations, numbers that are known
while compiling.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from anvil.library.refusal import refuse, static
from anvil.library.scipy.special import elementwise, exprel, gammaln
from anvil.library.special import bessel, elliptic, integrals
from anvil.library.special import bessel_modified as modified
from anvil.library.special.lambert import lambert_lower, lambert_upper
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract

# ---- logarithms and powers


def cosm1(x: Any) -> Any:
    """cos(x) - 1"""
    half = np.sin(0.5 * x)
    return -2.0 * half * half


def powm1(x: Any, y: Any) -> Any:
    """x^y - 1"""
    log = y * np.log(np.where(x > 0, x, 1.0))
    near = (x > 0) & (np.abs(log) < 1.0)
    away = np.where(near, 1.0, x) ** np.where(near, 1.0, y) - 1.0
    return np.where(near, np.expm1(np.where(near, log, 0.0)), away)


def _log1p_ratio(u: Any) -> Any:
    """log(1 + u) / u, smooth at 0."""
    near = np.abs(u) < 0.05
    z = np.where(near, u, 0.0)
    series = np.zeros_like(z)
    for k in range(13, -1, -1):
        series = 1.0 / (k + 1.0) - series * z
    far = np.where(near, 1.0, u)
    return np.where(near, series, np.log1p(far) / far)


def _power_of(log: Any, lmbda: Any) -> Any:
    """(x^lmbda - 1) / lmbda, of log x."""
    log, lmbda = np.broadcast_arrays(log, lmbda)
    infinite = np.isinf(log)
    usual = np.where(infinite, 0.0, log)
    found = usual * exprel(lmbda * usual)
    bounded = infinite & (lmbda * log < 0)
    edge = np.where(bounded, -1.0 / np.where(bounded, lmbda, 1.0), log)
    return np.where(infinite, edge, found)


def boxcox(x: Any, lmbda: Any) -> Any:
    """(x^lmbda - 1) / lmbda, log x for 0."""
    return _power_of(_log(x), lmbda)


def boxcox1p(x: Any, lmbda: Any) -> Any:
    """The same of 1 + x."""
    edge = x == -1
    return _power_of(np.where(edge, -np.inf, np.log1p(np.where(edge, 0.0, x))), lmbda)


def _log(x: Any) -> Any:
    """-inf at 0, without a derivative there."""
    return np.where(x == 0, -np.inf, np.log(np.where(x == 0, 1.0, x)))


def inv_boxcox(y: Any, lmbda: Any) -> Any:
    """(lmbda y + 1)^(1 / lmbda), e^y for 0."""
    return np.exp(_inverse_log(y, lmbda))


def inv_boxcox1p(y: Any, lmbda: Any) -> Any:
    """The same less 1."""
    return np.expm1(_inverse_log(y, lmbda))


def _inverse_log(y: Any, lmbda: Any) -> Any:
    y, lmbda = np.broadcast_arrays(y, lmbda)
    u = y * lmbda
    edge, infinite = u == -1.0, np.isinf(y)
    found = y * _log1p_ratio(np.where(edge | infinite, 0.0, u))
    found = np.where(infinite & (u < 0), np.nan, found)
    return np.where(edge, np.where(lmbda > 0, -np.inf, np.inf), found)


def softplus(x: Any) -> Any:
    """log(1 + e^x)"""
    x = np.asarray(x)
    if x.dtype.kind == "c":
        refuse("bad-operand", "softplus is not defined for complex numbers")
    return np.logaddexp(0.0, x if x.dtype.kind == "f" else x.astype(float))


# ---- the gamma function


def poch(z: Any, m: Any) -> Any:
    """gamma(z + m) / gamma(z), for positive z and z + m."""
    if np.any((z <= 0) | (z + m <= 0)):
        raise ValueError("poch(z, m) is compiled for positive z and z + m")
    return np.exp(gammaln(z + m) - gammaln(z))


def multigammaln(a: Any, d: Any) -> Any:
    """The logarithm of the gamma function of d dimensions."""
    d, a = static(d), np.asarray(a)
    if d != int(d) or d < 1:
        refuse("bad-value", "d should be a positive integer (dimension)")
    n = int(d)
    if np.any(a <= 0.5 * (n - 1)):
        raise ValueError("condition a > 0.5 * (d-1) not met")
    total = np.zeros_like(a, dtype=float) + 0.25 * n * (n - 1) * math.log(math.pi)
    for j in range(n):
        total = total + gammaln(a - 0.5 * j)
    return total[()]


# ---- complex results of real numbers


def _complex(x: Any) -> Any:
    x = np.asarray(x)
    if x.dtype.kind == "c":
        refuse("bad-operand", "this function is compiled for real numbers")
    return x.astype(float)


def lambertw(z: Any, k: Any = 0, tol: Any = 1e-8) -> Any:
    """Lambert's W where it is real."""
    x, k = _complex(z), static(k)
    if k not in (0, -1):
        refuse("unsupported-argument", "lambertw is compiled for the branches k = 0 and -1")
    return (lambert_lower(x) if k else lambert_upper(x)) + 0j


def wofz(z: Any) -> Any:
    """e^(-z^2) erfc(-i z) of a real number."""
    x = _complex(z)
    return np.exp(-x * x) + 1j * (2.0 / math.sqrt(math.pi) * integrals.dawsn(x))


# ---- entries


def pair(name: str, *parts: Callable[..., Any]) -> Intrinsic:
    """A universal function of one real number with several results."""
    entries = [elementwise(name, part, 1) for part in parts]

    def run(ctx: Context, x: Any) -> Abstract:
        return ctx.tuple([entry.run(ctx, x) for entry in entries])

    return Intrinsic(run)


def computed(name: str) -> Intrinsic:
    """A function of known numbers: scipy's own result, taken while compiling."""
    package, _, attribute = name.rpartition(".")

    def run(ctx: Context, *args: Any, **kwargs: Any) -> Abstract:
        what = f"an argument of {attribute}"
        given = [ctx.known(a, what) for a in args]
        named = {k: ctx.known(v, what) for k, v in kwargs.items()}
        try:
            found = getattr(sys.modules[package], attribute)(*given, **named)
        except (ValueError, TypeError) as error:
            ctx.error("bad-value", f"{attribute}: {error}")
        return _lifted(ctx, found)

    return Intrinsic(run)


def _lifted(ctx: Context, found: Any) -> Abstract:
    if isinstance(found, tuple):
        return ctx.tuple([_lifted(ctx, v) for v in found])
    if isinstance(found, np.ndarray) and found.ndim:
        return ctx.array(ctx.b.const(found))
    return ctx.constant(found)


_ONE: dict[str, Callable[..., Any]] = {
    "y0": bessel.y0,
    "y1": bessel.y1,
    "k0": modified.k0,
    "k1": modified.k1,
    "k0e": modified.k0e,
    "k1e": modified.k1e,
    "exp1": integrals.exp1,
    "expi": integrals.expi,
    "dawsn": integrals.dawsn,
    "erfi": integrals.erfi,
    "spence": integrals.spence,
    "ellipk": elliptic.ellipk,
    "ellipkm1": elliptic.ellipkm1,
    "ellipe": elliptic.ellipe,
    "cosm1": cosm1,
    "exp2": lambda x: np.exp2(x),
    "exp10": lambda x: np.power(10.0, x),
    "cbrt": lambda x: np.cbrt(x),
    "log1p": lambda x: np.log1p(x),
    "expm1": lambda x: np.expm1(x),
}
_TWO: dict[str, Callable[..., Any]] = {
    "powm1": powm1,
    "boxcox": boxcox,
    "boxcox1p": boxcox1p,
    "inv_boxcox": inv_boxcox,
    "inv_boxcox1p": inv_boxcox1p,
    "poch": poch,
    "owens_t": integrals.owens_t,
    "agm": elliptic.agm,
    "ellipkinc": elliptic.ellipkinc,
    "ellipeinc": elliptic.ellipeinc,
}
_NODES = ("legendre", "chebyt", "chebyu", "hermite", "hermitenorm", "laguerre", "genlaguerre")
_MATRICES = (
    "dft",
    "fiedler",
    "hadamard",
    "helmert",
    "hilbert",
    "invhilbert",
    "invpascal",
    "pascal",
)
COMPUTED = [
    *(f"scipy.special.{name}" for name in ("bernoulli", "euler")),
    *(f"scipy.special.roots_{name}" for name in (*_NODES, "jacobi", "gegenbauer")),
    *(f"scipy.linalg.{name}" for name in _MATRICES),
]
"""Functions of known arguments, evaluated while compiling."""

SCIPY: dict[str, Any] = {
    **{f"scipy.special.{name}": elementwise(name, fn, 1) for name, fn in _ONE.items()},
    **{f"scipy.special.{name}": elementwise(name, fn, 2) for name, fn in _TWO.items()},
    **{name: computed(name) for name in COMPUTED},
    "scipy.special.sici": pair("sici", integrals.si, integrals.ci),
    "scipy.special.shichi": pair("shichi", integrals.shi, integrals.chi),
    "scipy.special.fresnel": pair("fresnel", integrals.fresnel_s, integrals.fresnel_c),
    "scipy.special.lambertw": lambertw,
    "scipy.special.wofz": wofz,
    "scipy.special.softplus": softplus,
    "scipy.special.multigammaln": multigammaln,
}
