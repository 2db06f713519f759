"""scipy.special on grids: values against scipy, derivatives against differences, XLA, dtypes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.errors import AnvilError

sp = pytest.importorskip("scipy.special")

EDGES = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -1.0, 1.0, 2.0, 0.5, 1e-9, -1e-9, 100.0])
LINE = np.concatenate([np.linspace(-7.9, 7.9, 61), EDGES])
UNIT = np.array([0.0, 1e-300, 1e-20, 1e-3, 0.2, 0.5, 0.7, 0.999, 1.0, np.nan, -1.0, 2.0])
CORNERS = [a.ravel() for a in np.meshgrid(*[[-1.0, 0, 1e-5, 0.3, 1, 2, np.inf, np.nan]] * 2)]
rng = np.random.default_rng(0)
A, B = 10 ** rng.uniform(-3, 3, 60), 10 ** rng.uniform(-3, 3, 60)
NEAR = A * rng.uniform(0.3, 2.5, 60)

ON_A_LINE = (
    *("gamma", "gammaln", "digamma", "psi", "erf", "erfc", "erfcx", "i0", "i1", "i0e", "i1e"),
    *("j0", "j1", "ndtr", "log_ndtr", "expit", "log_expit", "entr", "exprel", "gammasgn", "zeta"),
)
CASES: list[tuple[str, tuple[Any, ...]]] = [
    *((name, (LINE,)) for name in ON_A_LINE),
    *((name, (UNIT,)) for name in ("erfinv", "erfcinv", "ndtri", "logit")),
    *((n, tuple(CORNERS)) for n in ("xlogy", "xlog1py", "rel_entr", "kl_div", "huber")),
    *((n, tuple(CORNERS)) for n in ("pseudo_huber", "gammainc", "gammaincc")),
    *((n, (A, B)) for n in ("beta", "betaln", "gammainc", "gammaincc")),
    *((n, (A, NEAR)) for n in ("gammainc", "gammaincc")),
    ("betainc", (A, B, rng.uniform(0, 1, 60))),
    ("betainc", (2.0, 0.5, UNIT)),
    ("loggamma", (LINE,)),
    *((n, (A[:20], rng.uniform(0, 1, 20))) for n in ("gammaincinv", "gammainccinv")),
    ("stdtrit", (A[:20] + 0.01, rng.uniform(0, 1, 20))),
    ("betaincinv", (A[:20], B[:20] ** 0.5, rng.uniform(0, 1, 20))),
    *((n, (2.5, UNIT)) for n in ("gammaincinv", "gammainccinv")),
    ("stdtrit", (2.5, UNIT[2:])),
    ("betainccinv", (2.5, 1.5, UNIT)),
    ("betaincc", (2.5, 1.5, UNIT)),
    ("stdtr", tuple(CORNERS)),
    ("stdtr", (A, 20 * NEAR / A - 20)),
    ("zeta", (1.0 + A[:30], B[:30])),
    ("binom", (np.arange(25.0)[:, None], np.arange(25.0))),
    ("binom", (rng.uniform(0, 50, 20), rng.uniform(0, 9, 20))),
]


def host(f: Callable[..., Any], *args: Any) -> Any:
    with np.errstate(all="ignore"):
        return f(*args)


def applied(f: Callable[..., Any], n: int) -> Any:
    """A function of n arguments that calls f."""
    if n == 1:
        return lambda a: f(a)
    return (lambda a, b: f(a, b)) if n == 2 else (lambda a, b, c: f(a, b, c))


def summed(f: Callable[..., Any], n: int) -> Any:
    """The sum of what it gives."""
    if n == 1:
        return lambda a: np.sum(f(a))
    return (lambda a, b: np.sum(f(a, b))) if n == 2 else (lambda a, b, c: np.sum(f(a, b, c)))


def run(f: Any, *args: Any) -> Any:
    return call_reference(anvil.jit(f), args, {})


@pytest.mark.parametrize("name, args", CASES, ids=lambda x: x if isinstance(x, str) else "")
def test_values_are_scipys(name: str, args: tuple[Any, ...]) -> None:
    f = getattr(sp, name)
    got, want = run(applied(f, len(args)), *args), host(f, *args)
    assert type(got) is type(want)
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, rtol=1e-10, atol={"betaln": 1e-12}.get(name, 1e-300))


DERIVATIVES = {
    **dict.fromkeys(ON_A_LINE[:4], ((0.3, 1.0, 2.4, 5.5),)),
    **dict.fromkeys(ON_A_LINE[4:], ((-2.0, 0.7, 3.0, 30.0),)),
    **dict.fromkeys(("erfinv", "erfcinv", "ndtri", "logit", "entr"), ((0.05, 0.4, 0.9),)),
    **dict.fromkeys(("xlogy", "xlog1py", "rel_entr", "kl_div", "huber"), ((0.3, 2), (0.8, 0.7))),
    **dict.fromkeys(("beta", "betaln"), ((0.3, 2.0, 30.0), (0.7, 11.0, 40.0))),
    **dict.fromkeys(("gammainc", "gammaincc"), ((0.3, 5.0, 30.0), (0.7, 2.0, 40.0))),
    "betainc": ((0.3, 5.0, 30.0), (0.7, 2.0, 40.0), (0.8, 0.3, 0.5)),
    **dict.fromkeys(("gammaincinv", "stdtrit"), ((0.7, 5.0), (0.3, 0.6))),
    "betaincinv": ((0.8, 5.0), (0.7, 2.0), (0.8, 0.3)),
    "stdtr": ((0.7, 5.0, 30.0), (0.0, -0.3, 3.0)),
    "zeta": ((1.5, 3.0), (0.3, 4.0)),
    "binom": ((5.5, 30.0), (2.2, 3.0)),
}
del DERIVATIVES["gammasgn"]
ITERATED = ("gammaincinv", "betaincinv", "stdtrit")


@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives_are_those_of_differences(name: str) -> None:
    """First and second order, in every parameter."""
    f, args = getattr(sp, name), [np.array(a, float) for a in DERIVATIVES[name]]
    n = len(args)
    for i in range(n):
        g = anvil.grad(summed(f, n), i)
        step = 2e-3 * np.maximum(np.abs(args[i]), 0.05)

        def moved(h: Any, run: Any, i: int = i) -> Any:
            return run(*(a + h if i == k else a for k, a in enumerate(args)))

        def slope(run: Any, h: Any = step) -> Any:
            parts = [moved(k * h, run) - moved(-k * h, run) for k in (1, 2, 3)]
            return (45 * parts[0] - 9 * parts[1] + parts[2]) / (60 * h)

        got, want = call_reference(g, args, {}), slope(f)
        np.testing.assert_allclose(got, want, rtol=2e-7, atol=1e-8)
        if name in ITERATED and (name, i) != ("gammaincinv", 1):
            continue  # slow in the evaluator
        again = call_reference(anvil.grad(summed(g, n), i), args, {})
        second = slope(lambda *z, g=g: call_reference(g, z, {}))
        np.testing.assert_allclose(again, second, rtol=2e-5, atol=1e-7)


def test_polygamma_and_bessel_functions_of_whole_orders() -> None:
    x = np.array([0.3, 1.0, 4.5, 20.0, 60.0])
    for n in (0, 1, 2, 5):
        got = run(lambda x, n=n: sp.polygamma(n, x), x)
        np.testing.assert_allclose(got, sp.polygamma(n, x), rtol=1e-12)
    for n in (-3, 0, 2, 7, 25):
        got = run(lambda x, n=n: sp.jv(n, x), x)
        np.testing.assert_allclose(got, sp.jv(n, x), rtol=1e-11)
    slope = call_reference(anvil.grad(lambda x: np.sum(sp.jv(3, x))), (x,), {})
    np.testing.assert_allclose(slope, sp.jvp(3, x), rtol=1e-9)
    with pytest.raises(AnvilError, match="whole orders"):
        run(lambda x: sp.jv(0.5, x), x)


def test_dtypes_scalars_and_out() -> None:
    f4, f8 = np.array([0.5, 2.5], np.float32), np.array([0.5, 2.5])
    for f, *args in (
        *((g, v) for g in (sp.gamma, sp.erfinv, sp.expit) for v in (f4, f8, 2, True, np.int8(1))),
        *((g, f4, v) for g in (sp.xlogy, sp.huber) for v in (f4, 2.0, f8)),
    ):
        got, want = run(applied(f, len(args)), *args), host(f, *args)
        assert (type(got), got.dtype) == (type(want), want.dtype)
    with pytest.raises(AnvilError, match="real numbers"):
        run(lambda z: sp.gamma(z), f8 + 1j)
    with pytest.raises(AnvilError):
        run(lambda x: sp.gamma(x, x, x, x), f8)


def stable(x: Any, w: Any) -> Any:
    """What programs do with sums of exponentials."""
    total, sign = sp.logsumexp(x, axis=1, b=w, return_sign=True)
    plain = sp.logsumexp(x), sp.logsumexp(x, axis=0, keepdims=True), sp.softmax(x, axis=-1)
    counts = sp.comb(5, 2), sp.factorial(np.minimum(x, 3.0)), sp.binom(7.0, w)
    return total, sign, *plain, sp.log_softmax(x, axis=0), *counts


def test_sums_of_exponentials_counts_and_xla() -> None:
    x = np.array([[700.0, 701.0, -3.0], [0.5, 0.25, 1.0]])
    w = np.array([1.0, -2.0, 0.0])
    for got in (run(stable, x, w), anvil.jit(stable)(x, w)):
        for g, e in zip(got, host(stable, x, w), strict=True):
            np.testing.assert_allclose(g, e, rtol=1e-12)


def mixed(a: Any, x: Any) -> Any:
    """Functions that are loops, ops and formulas."""
    p = sp.gammainc(a, x)
    return np.sum(p * sp.ndtri(0.1 + 0.8 * sp.expit(x)) + math.lgamma(2.5) * sp.i0e(x))


def test_xla_gives_what_the_evaluator_gives() -> None:
    a, x = np.array([0.5, 3.0]), np.array([1.5, 0.7])
    both = anvil.value_and_grad(mixed, (0, 1))
    got, want = both(a, x), call_reference(both, (a, x), {})
    np.testing.assert_allclose(got[0], mixed(a, x), rtol=1e-13)
    np.testing.assert_allclose(got[1], want[1], rtol=1e-12)


def test_math_gamma_and_numpys_i0() -> None:
    for x in (1, 5.0, 0.5, -2.5, 23.0, 170.5, math.inf):
        for f in (math.gamma, math.lgamma):
            np.testing.assert_allclose(run(applied(f, 1), x), f(x), rtol=2e-13)
    for f, x in ((math.gamma, 0.0), (math.gamma, -3.0), (math.gamma, -math.inf)):
        with pytest.raises(ValueError, match="math domain error"):
            run(applied(f, 1), x)
    with pytest.raises(ValueError, match="math domain error"):
        run(lambda x: math.lgamma(x), -2.0)
    with pytest.raises(OverflowError):
        run(lambda x: math.gamma(x), 172.0)
    x = np.linspace(-9, 9, 7)
    np.testing.assert_allclose(run(lambda x: np.i0(x), x), np.i0(x), rtol=1e-13)
    slope = call_reference(anvil.grad(lambda x: np.sum(np.i0(x))), (x,), {})
    np.testing.assert_allclose(slope, sp.i1(x), rtol=1e-12)
    assert run(lambda x: np.i0(x), 2.0).shape == np.i0(2.0).shape
