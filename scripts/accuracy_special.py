"""Measures special functions against mpmath; writes docs/accuracy-special.md.

PYTHONPATH=. python scripts/accuracy_special.py [--points N]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import numpy.typing as npt
import scipy.special as sp

import anvil
from anvil.api.programs import call_reference

Array = npt.NDArray[Any]
Case = tuple[Callable[..., Any], Callable[..., Any], str]
DIGITS = 60
BOUND = 1e-10


def _log_ndtr(x: Any) -> Any:
    return mp.log1p(-mp.erfc(x / mp.sqrt(2)) / 2) if x > 0 else mp.log(mp.ncdf(x))


def _quantile(p: Any) -> Any:
    start = mp.mpf(float(sp.ndtri(float(p))))
    if p < 0.5:
        return mp.findroot(lambda t: mp.log(mp.ncdf(t)) - mp.log(p), start)
    return -mp.findroot(lambda t: mp.log(mp.ncdf(t)) - mp.log(1 - p), -start)


def _dawson(x: Any) -> Any:
    with mp.workdps(DIGITS + 20):
        return mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)


def _regularized(low: bool) -> Callable[..., Any]:
    if low:
        return lambda a, x: mp.gammainc(a, 0, x, regularized=True)
    return lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True)


CASES: dict[str, Case] = {
    "gamma": (lambda x: sp.gamma(x), mp.gamma, "real"),
    "gammaln": (lambda x: sp.gammaln(x), lambda x: mp.log(abs(mp.gamma(x))), "wide"),
    "digamma": (lambda x: sp.digamma(x), mp.digamma, "real"),
    "polygamma(1, x)": (lambda x: sp.polygamma(1, x), lambda x: mp.polygamma(1, x), "real"),
    "polygamma(5, x)": (lambda x: sp.polygamma(5, x), lambda x: mp.polygamma(5, x), "real"),
    "polygamma(20, x)": (lambda x: sp.polygamma(20, x), lambda x: mp.polygamma(20, x), "near"),
    "erf": (lambda x: sp.erf(x), mp.erf, "near"),
    "erfc": (lambda x: sp.erfc(x), mp.erfc, "near"),
    "erfcx": (lambda x: sp.erfcx(x), lambda x: mp.exp(x * x) * mp.erfc(x), "near"),
    "erfinv": (lambda x: sp.erfinv(x), mp.erfinv, "unit"),
    "erfcinv": (lambda p: sp.erfcinv(p), lambda p: -_quantile(p / 2) / mp.sqrt(2), "unit"),
    "ndtr": (lambda x: sp.ndtr(x), mp.ncdf, "near"),
    "log_ndtr": (lambda x: sp.log_ndtr(x), _log_ndtr, "near"),
    "ndtri": (lambda p: sp.ndtri(p), _quantile, "unit"),
    "i0": (lambda x: sp.i0(x), lambda x: mp.besseli(0, x), "real"),
    "i1": (lambda x: sp.i1(x), lambda x: mp.besseli(1, x), "real"),
    "j0": (lambda x: sp.j0(x), lambda x: mp.besselj(0, x), "real"),
    "j1": (lambda x: sp.j1(x), lambda x: mp.besselj(1, x), "real"),
    "jv(7, x)": (lambda x: sp.jv(7, x), lambda x: mp.besselj(7, x), "real"),
    "jv(25, x)": (lambda x: sp.jv(25, x), lambda x: mp.besselj(25, x), "real"),
    "logit": (lambda p: sp.logit(p), lambda p: mp.log(p / (1 - p)), "unit"),
    "expit": (lambda x: sp.expit(x), lambda x: 1 / (1 + mp.exp(-x)), "real"),
    "log_expit": (lambda x: sp.log_expit(x), lambda x: -mp.log1p(mp.exp(-x)), "real"),
    "exprel": (lambda x: sp.exprel(x), lambda x: mp.expm1(x) / x, "real"),
    "entr": (lambda x: sp.entr(x), lambda x: -x * mp.log(x), "positive"),
    "zeta": (lambda s: sp.zeta(s), mp.zeta, "real"),
    "beta": (lambda a, b: sp.beta(a, b), mp.beta, "shapes"),
    "betaln": (lambda a, b: sp.betaln(a, b), lambda a, b: mp.log(mp.beta(a, b)), "shapes"),
    "gammainc": (lambda a, x: sp.gammainc(a, x), _regularized(True), "around"),
    "gammaincc": (lambda a, x: sp.gammaincc(a, x), _regularized(False), "around"),
    "betainc": (
        lambda a, b, x: sp.betainc(a, b, x),
        lambda a, b, x: mp.betainc(a, b, 0, x, regularized=True),
        "beta",
    ),
    "y0": (lambda x: sp.y0(x), lambda x: mp.bessely(0, x), "tall"),
    "y1": (lambda x: sp.y1(x), lambda x: mp.bessely(1, x), "tall"),
    "yn(7, x)": (lambda x: sp.yn(7, x), lambda x: mp.bessely(7, x), "tall"),
    "ive(3, x)": (lambda x: sp.ive(3, x), lambda x: mp.besseli(3, x) * mp.exp(-x), "tall"),
    "ive(25, x)": (lambda x: sp.ive(25, x), lambda x: mp.besseli(25, x) * mp.exp(-x), "tall"),
    "k0e": (lambda x: sp.k0e(x), lambda x: mp.besselk(0, x) * mp.exp(x), "tall"),
    "k1e": (lambda x: sp.k1e(x), lambda x: mp.besselk(1, x) * mp.exp(x), "tall"),
    "kve(7.5, x)": (lambda x: sp.kve(7.5, x), lambda x: mp.besselk(7.5, x) * mp.exp(x), "tall"),
    "kn(20, x)": (lambda x: sp.kn(20, x), lambda x: mp.besselk(20, x), "tall"),
    "exp1": (lambda x: sp.exp1(x), mp.e1, "tall"),
    "expn(5, x)": (lambda x: sp.expn(5, x), lambda x: mp.expint(5, x), "tall"),
    "expi": (lambda x: sp.expi(x), mp.ei, "real"),
    "sici(x)[0]": (lambda x: sp.sici(x)[0], mp.si, "real"),
    "sici(x)[1]": (lambda x: sp.sici(x)[1], mp.ci, "tall"),
    "shichi(x)[0]": (lambda x: sp.shichi(x)[0], mp.shi, "real"),
    "shichi(x)[1]": (lambda x: sp.shichi(x)[1], mp.chi, "positive"),
    "fresnel(x)[0]": (lambda x: sp.fresnel(x)[0], mp.fresnels, "real"),
    "fresnel(x)[1]": (lambda x: sp.fresnel(x)[1], mp.fresnelc, "real"),
    "dawsn": (lambda x: sp.dawsn(x), _dawson, "real"),
    "spence": (lambda x: sp.spence(x), lambda x: mp.polylog(2, 1 - x).real, "tall"),
    "lambertw": (lambda x: sp.lambertw(x).real, lambda x: mp.lambertw(x).real, "positive"),
    "lambertw(x, -1)": (
        lambda x: sp.lambertw(-0.36 * x, -1).real,
        lambda x: mp.lambertw(mp.mpf(float(-0.36 * float(x))), -1).real,
        "unit",
    ),
    "ellipkm1": (
        lambda p: sp.ellipkm1(p),
        lambda p: mp.pi / 2 / mp.agm(1, mp.sqrt(p)),
        "positive",
    ),
    "ellipe": (lambda m: sp.ellipe(m), mp.ellipe, "unit"),
    "ellipkinc(x, 0.9)": (
        lambda x: sp.ellipkinc(x, 0.9),
        lambda x: mp.ellipf(x, mp.mpf(0.9)),
        "near",
    ),
    "ellipeinc(x, -3)": (lambda x: sp.ellipeinc(x, -3.0), lambda x: mp.ellipe(x, -3), "near"),
    "agm": (lambda a, b: sp.agm(a, b), mp.agm, "shapes"),
    "poch": (lambda a, b: sp.poch(a, b), lambda a, b: mp.gamma(a + b) / mp.gamma(a), "small"),
    "powm1": (lambda a, b: sp.powm1(a, b), lambda a, b: mp.powm1(a, b), "shapes"),
    "boxcox": (lambda a, b: sp.boxcox(a, b), lambda a, b: mp.powm1(a, b) / b, "small"),
}
"""By name: the function, mpmath's, and where it is measured."""


def operands(where: str, n: int) -> tuple[Array, ...]:
    """Random operands, the same every time."""
    rng = np.random.default_rng(0)
    near = np.concatenate(
        [rng.uniform(-20, 20, n), rng.choice([-1, 1], n) * 10 ** -rng.uniform(0, 12, n)]
    )
    shape = 10 ** rng.uniform(-3, 3, n)
    other = 10 ** rng.uniform(-2, 2.5, (2, n))
    found: dict[str, tuple[Array, ...]] = {
        "near": (near,),
        "real": (np.concatenate([near, rng.uniform(-170, 170, n)]),),
        "wide": (np.concatenate([near, 10 ** rng.uniform(-8, 8, n)]),),
        "positive": (10 ** rng.uniform(-8, 6, n),),
        "tall": (np.concatenate([10 ** rng.uniform(-8, 4, n), rng.uniform(0.1, 60, n)]),),
        "small": (10 ** rng.uniform(-1, 2, n), 10 ** rng.uniform(-1, 2, n)),
        "unit": (np.concatenate([rng.uniform(0, 1, n), 10 ** rng.uniform(-300, 0, n)]),),
        "shapes": (shape, 10 ** rng.uniform(-3, 3, n)),
        "around": (shape, shape * rng.uniform(0.2, 3, n)),
        "beta": (other[0], other[1], rng.uniform(0, 1, n)),
    }
    return found[where]


RANGES = {
    "near": "x up to 20, down to 1e-12",
    "real": "x up to 170, down to 1e-12",
    "wide": "x from -20 to 1e8",
    "positive": "x from 1e-8 to 1e6",
    "unit": "from 1e-300 to 1",
    "tall": "x from 1e-8 to 1e4",
    "small": "both from 0.1 to 100",
    "shapes": "both from 1e-3 to 1e3",
    "around": "a from 1e-3 to 1e3, x from a / 5 to 3 a",
    "beta": "a, b from 0.01 to 300, x from 0 to 1",
}


def errors(name: str, n: int) -> tuple[Array, tuple[Array, ...]]:
    """Relative errors, where the result is a normal number; and the operands."""
    function, exact, where = CASES[name]
    args = operands(where, n)
    got = call_reference(anvil.jit(function), args, {})
    found = []
    with mp.workdps(DIGITS):
        for g, *row in zip(got, *args, strict=True):
            want = exact(*[mp.mpf(float(v)) for v in row])
            usual = mp.isfinite(want) and 1e-290 < abs(want) < 1e300
            found.append(float(abs((mp.mpf(float(g)) - want) / want)) if usual else 0.0)
    return np.array(found), args


def page(n: int) -> str:
    """docs/accuracy-special.md."""
    lines = [INTRODUCTION]
    for name, (_, _, where) in CASES.items():
        error, args = errors(name, n)
        i = int(np.argmax(error))
        worst = ", ".join(f"{a[i]:.17g}" for a in args)
        lines.append(f"| `{name}` | {RANGES[where]} | {error[i]:.1e} | {worst} |")
    return "\n".join(lines) + "\n"


INTRODUCTION = """# Accuracy of special functions

Generated by `scripts/accuracy_special.py`: the largest relative error at random operands in float64
against mpmath. The bound is 1e-10. Exceptions: Bessel functions of the first and second kind,
`expi`, Ci and Chi beside their zeros, where the error is about 1e-15 of what they are around them
and not relative to the result; Fresnel's integrals of x > 100, where it is about 1e-16 x.

| function | measured at | largest error | at |
| --- | --- | --- | --- |"""


def main() -> None:
    """Measures and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=400)
    options = parser.parse_args()
    Path("docs/accuracy-special.md").write_text(page(options.points))


if __name__ == "__main__":
    main()
