"""Bessel functions, integrals, elliptic functions, polynomials of scipy.special: values against
scipy, dtypes, derivatives, XLA. Several functions share a program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.errors import AnvilError
from anvil.library.differences import limits
from tests.library.test_stats import written

sp = pytest.importorskip("scipy.special")

LINE = np.array([-np.inf, -30, -2.5, -1, -0.2, -0.0, 0, 1e-9, 0.3, 0.7, 1, 2.2, 5, 26, 45, np.inf])
FINITE = np.append(LINE[1:-1], np.nan)
LINE = np.append(LINE, np.nan)
GRID = [a.ravel() for a in np.meshgrid(FINITE, FINITE)]
PLANE = tuple(a[abs(GRID[0]) + abs(GRID[1]) < 40] + 0.0 for a in GRID)
NAMES = """y0(x) y1(x) yn(3,x) yv(-2,x) k0(x) k1(x) k0e(x) k1e(x) kn(3,x) kv(1.5,x) kve(2,x)
iv(3,x) ive(1,x) jv(2,x) exp1(x) expi(x) expn(0,x) expn(1,x) expn(4,x) dawsn(x) erfi(x) spence(x)
cosm1(x) exp2(x) exp10(x) cbrt(x) log1p(x) expm1(x) sici(x)[0] sici(x)[1] shichi(x)[0]
shichi(x)[1] fresnel(x)[0] fresnel(x)[1] softplus(x) eval_legendre(4,x) eval_sh_legendre(3,x)
eval_chebyt(5,x) eval_sh_chebyt(2,x) eval_chebyu(4,x) eval_sh_chebyu(2,x) eval_chebyc(3,x)
eval_chebys(3,x) eval_hermite(4,x) eval_hermitenorm(4,x) eval_laguerre(3,x)
eval_genlaguerre(3,1.5,x) eval_gegenbauer(4,0.7,x) eval_jacobi(4,1.5,0.5,x) lambertw(x).real
wofz(x).imag wofz(x).real poch(x,2.5) multigammaln(x+2,3) ellipkm1(x) ellipk(1-x) ellipe(1-x)
owens_t(x,0.7) owens_t(-0.3,-3*x) ellipkinc(2*x,0.4) ellipkinc(2.1,1-x) ellipeinc(2*x,-0.4)
ellipeinc(2.1,1-x) agm(x,0.3) agm(2.5,x) boxcox(x,0.5) boxcox(2,x) boxcox1p(x,0.0)
inv_boxcox(x,0.1) inv_boxcox1p(0.7,x) powm1(x,0.3)"""
SMOOTH = NAMES.split()
EVERYWHERE = [t for t in SMOOTH if not any(n in t for n in ("eval", "lambertw", "poch", "multi"))]
LIMITS = limits()
OF_TWO = ("powm1", "boxcox", "boxcox1p", "inv_boxcox", "inv_boxcox1p", "owens_t", "agm")
OF_TWO += ("ellipkinc", "ellipeinc")


def program(calls: list[str], *names: str) -> Callable[..., Any]:
    """A function that returns a list of results."""
    body = ", ".join(f"sp.{t}" for t in calls)
    return written(f"lambda {', '.join(names)}: ({body},)", sp=sp, np=np)


def host(f: Callable[..., Any], *args: Any) -> Any:
    with np.errstate(all="ignore"):
        return f(*args)


def run(f: Any, *args: Any) -> Any:
    return call_reference(anvil.jit(f), args, {})


def compare(calls: list[str], x: Any) -> None:
    f = program(calls, "x")
    for text, got, want in zip(calls, run(f, x), host(f, x), strict=True):
        assert (type(got), got.dtype) == (type(want), want.dtype), text
        usual = ~np.isinf(x) if text.partition("(")[0] in LIMITS else np.ones(x.shape, bool)
        np.testing.assert_allclose(got[usual], want[usual], 1e-10, 1e-300, err_msg=text)


def test_values_are_scipys_on_the_whole_line() -> None:
    compare(EVERYWHERE, LINE)


def test_values_of_polynomials_and_of_functions_with_a_domain() -> None:
    compare([t for t in SMOOTH if "eval" in t], FINITE)
    compare(["eval_legendre(-3,x)", "eval_chebyt(-3,x)", "eval_chebyu(-3,x)"], FINITE)
    compare(["lambertw(x)", "poch(x,2.5)", "multigammaln(x+1,3)"], LINE[(LINE > 0) & (LINE < 1e9)])
    compare(["lambertw(x)", "lambertw(x,-1)"], np.array([-0.367, -0.3, -1e-3, 0.0]))


def test_values_of_two_operands() -> None:
    f = program([f"{n}(x,y)" for n in OF_TWO], "x", "y")
    for name, got, want in zip(OF_TWO, run(f, *PLANE), host(f, *PLANE), strict=True):
        if name == "ellipkinc":  # scipy's F(x, 1) is inf for x < 0 too
            got = np.where(np.isinf(want), np.abs(got), got)
        tolerance = 1e-8 if name == "owens_t" else 1e-10  # scipy's own error
        np.testing.assert_allclose(got, want, tolerance, 1e-300, err_msg=name)


def slope(f: Callable[..., Any], x: Any) -> Any:
    """Differences of sixth order."""
    h = 1e-2 * np.minimum(x, 1.0)
    parts = [np.array(f(x + k * h)) - np.array(f(x - k * h)) for k in (1, 2, 3)]
    return (45 * parts[0] - 9 * parts[1] + parts[2]) / (60 * h)


@pytest.mark.parametrize("part", range(4))
def test_derivatives_are_those_of_differences(part: int) -> None:
    """Of two orders, the second against the differences of the first; both modes."""
    calls, x = SMOOTH[part::4], np.array([0.21, 0.45, 1.3, 2.6])
    f = program(calls, "x")

    def moved(x: Any, v: Any) -> Any:
        return anvil.jvp(f, (x,), (v,))[1]

    def twice(x: Any, v: Any) -> Any:
        return anvil.jvp(moved, (x, v), (v, np.zeros(4)))[1]

    one = np.ones(4)
    first = anvil.jit(moved)
    once = call_reference(first, (x, one), {})
    for t, got, want in zip(calls, once, slope(f, x), strict=True):
        np.testing.assert_allclose(got, want, 1e-7, 1e-8, err_msg=t)
    second = run(twice, x, one)
    want = slope(lambda x: call_reference(first, (x, one), {}), x)
    for t, got, expected in zip(calls, second, want, strict=True):
        np.testing.assert_allclose(got, expected, 1e-7, 1e-8, err_msg=t)
    back = call_reference(anvil.grad(lambda x: sum([np.sum(y) for y in f(x)])), (x,), {})
    np.testing.assert_allclose(back, np.sum(once, axis=0), rtol=1e-12)


def test_the_third_derivative_where_a_rule_calls_its_own_function() -> None:
    def third(x: Any) -> Any:
        return anvil.grad(anvil.grad(anvil.grad(lambda x: sp.dawsn(x) + sp.lambertw(x).real)))(x)

    x = 0.8
    f, w = sp.dawsn(x), sp.lambertw(x).real
    dawson = -4 + 4 * x * x + f * (12 * x - 8 * x**3)
    lambert = (2 * w * w + 8 * w + 9) * np.exp(-3 * w) / (1 + w) ** 5
    np.testing.assert_allclose(run(third, x), dawson + lambert, rtol=1e-11)


def test_derivatives_at_points_where_a_formula_changes() -> None:
    def f(x: Any) -> Any:
        return sp.sici(x)[0] + sp.shichi(x)[0] + sp.fresnel(x)[0] + sp.dawsn(x) + sp.spence(1 + x)

    g = anvil.grad(f)
    assert call_reference(g, (0.0,), {}) == 2.0
    np.testing.assert_allclose(call_reference(anvil.grad(g), (0.0,), {}), 0.5, rtol=1e-15)
    h = anvil.grad(lambda x: sp.boxcox(3.0, x) + sp.inv_boxcox(0.5, x) + sp.ellipkinc(0.7, x))
    exact = 0.5 * np.log(3.0) ** 2 - 0.125 * np.exp(0.5) + 0.25 * (0.7 - 0.5 * np.sin(1.4))
    np.testing.assert_allclose(call_reference(h, (0.0,), {}), exact, rtol=1e-14)


def test_dtypes_of_orders_and_of_float32() -> None:
    f4 = np.array([0.5, 2.5], np.float32)
    names = ("jv", "yn", "yv", "kn", "kv", "ive", "expn", "eval_legendre")
    calls = [f"{n}({k}, x)" for n in names for k in ("2", "2.0", "np.int64(2)")]
    calls += ["y0(x)", "sici(x)[0]", "ellipk(x/9)", "owens_t(x,x)", "boxcox(x,2.0)"]
    f = program(calls, "x")
    for x in (f4, 2, True):
        for text, got, want in zip(calls, run(f, x), host(f, x), strict=True):
            assert (type(got), got.dtype) == (type(want), want.dtype), (text, x)


def constants(x: Any) -> Any:
    """Numbers that are known while compiling."""
    nodes, weights = sp.roots_legendre(5)
    return sp.bernoulli(6), sp.euler(4), np.sum(weights * np.exp(x * nodes))


def test_known_numbers_and_xla() -> None:
    for g, w in zip(anvil.jit(constants)(0.7), constants(0.7), strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-14)

    def f(x: Any) -> Any:
        return np.sum(sp.kve(1, x) + sp.exp1(x) + sp.ellipe(0.3 * x) + sp.sici(x)[1])

    x = np.array([0.4, 3.0])
    got, want = anvil.value_and_grad(f)(x), call_reference(anvil.value_and_grad(f), (x,), {})
    np.testing.assert_allclose(got[0], f(x), rtol=1e-12)
    np.testing.assert_allclose(got[1], want[1], rtol=1e-12)


@pytest.mark.parametrize(
    "f, message",
    [
        (lambda x: sp.jv(0.5, x), "whole orders"),
        (lambda x: sp.kv(0.25, x), "whole and half orders"),
        (lambda x: sp.kn(500, x), "up to 200"),
        (lambda x: sp.expn(x.astype(int), x), "the order of expn"),
        (lambda x: sp.y0(x + 1j), "real numbers"),
        (lambda x: sp.lambertw(x + 1j), "real numbers"),
        (lambda x: sp.lambertw(x, 2), "branches"),
    ],
)
def test_what_is_not_compiled_is_refused(f: Any, message: str) -> None:
    with pytest.raises(AnvilError, match=message):
        run(f, FINITE)


def test_operands_outside_of_what_is_compiled_raise() -> None:
    with pytest.raises(ValueError, match="real results"):
        run(lambda x: sp.lambertw(x), -0.5)
    with pytest.raises(ValueError, match="positive z"):
        run(lambda x: sp.poch(x, 2.0), -0.5)
    with pytest.raises(ValueError, match=r"a > 0\.5"):
        run(lambda x: sp.multigammaln(x, 4), 1.0)
