"""The distributions of scipy.stats: every method of every record against scipy, derivatives
against differences.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.errors import AnvilError
from anvil.library.scipy.page import compiled
from anvil.library.scipy.stats.continuous import CONTINUOUS
from anvil.library.scipy.stats.discrete import DISCRETE
from anvil.library.scipy.stats.entries import MOMENTS

stats = pytest.importorskip("scipy.stats")

SHAPES: dict[str, tuple[float, ...]] = {
    **dict.fromkeys(("gamma", "lognorm", "nakagami"), (2.5,)),
    **dict.fromkeys(("chi2", "chi", "skewnorm", "rice"), (3.2,)),
    **dict.fromkeys(("weibull_min", "weibull_max", "powerlaw", "vonmises", "gennorm"), (1.7,)),
    **dict.fromkeys(("pareto", "lomax", "fisk"), (3.3,)),
    **dict.fromkeys(("loguniform", "reciprocal"), (0.5, 3.0)),
    **dict.fromkeys(("bernoulli", "geom", "logser"), (0.3,)),
    **dict.fromkeys(("poisson", "zipf", "invgauss"), (2.4,)),
    **dict.fromkeys(("genextreme", "genpareto"), (0.2,)),
    **dict.fromkeys(("gengamma", "betaprime", "burr"), (2.2, 1.6)),
    "loggamma": (1.4,),
    "invgamma": (5.0,),
    "beta": (2.0, 3.5),
    "t": (4.5,),
    "f": (5.0, 7.0),
    "truncnorm": (-1.0, 2.0),
    "triang": (0.3,),
    "binom": (6, 0.3),
    "nbinom": (2.5, 0.3),
    "betabinom": (6, 1.5, 2.0),
    "hypergeom": (12, 5, 4),
    "randint": (1, 7),
}
X = np.array([-np.inf, -3.0, -1, -0.5, 0, 0.25, 0.5, 1, 1.5, 2, 3, 7, np.inf, np.nan])
Q = np.array([-0.1, 0, 1e-6, 0.1, 0.5, 0.73, 0.999, 1, 1.1, np.nan])
PROBABILITIES = ("ppf", "isf")


def methods(name: str, discrete: bool) -> list[str]:
    """What a record declares."""
    return compiled((DISCRETE if discrete else CONTINUOUS)[name], discrete)


def written(text: str, **scope: Any) -> Callable[..., Any]:
    """A lambda with a source."""
    file = f"<stats {text}>"
    linecache.cache[file] = (len(text), None, [text + "\n"], file)
    return eval(compile(text, file, "eval"), scope)  # type: ignore[no-any-return]


def all_methods(name: str, discrete: bool, frozen: bool = False) -> Callable[..., Any]:
    """Each method of a distribution, with computed parameters."""
    names = [f"s{i}" for i in range(len(SHAPES.get(name, ())))]
    names += ["loc"] if discrete else ["loc", "scale"]
    given = ", ".join(names)
    calls = []
    for m in methods(name, discrete):
        argument = "" if m in MOMENTS else "q" if m in PROBABILITIES else "x"
        calls.append(f"d({given}).{m}({argument})" if frozen else f"d.{m}({argument}, {given})")
    text = f"lambda x, q, {given}: ({', '.join(calls)},)".replace("(, ", "(")
    return written(text, d=getattr(stats, name))


NAMES = [(n, False) for n in CONTINUOUS if n != "reciprocal"] + [(n, True) for n in DISCRETE]


@pytest.mark.parametrize("name, discrete", NAMES)
def test_values_are_scipys(name: str, discrete: bool) -> None:
    """Outside of the support, at its ends, at infinity and nan too."""
    args = (X, Q, *SHAPES.get(name, ()), *((1,) if discrete else (0.5, 1.5)))
    f = all_methods(name, discrete, frozen=name in ("norm", "gamma", "poisson"))
    with np.errstate(all="ignore"):
        want = f(*args)
    for m, g, w in zip(
        methods(name, discrete), call_reference(anvil.jit(f), args, {}), want, strict=True
    ):
        assert type(g) is type(w), m
        if m in ("pdf", "logpdf"):  # scipy has nan at infinity for some
            w = np.where(np.isinf(X), -np.inf if m == "logpdf" else 0.0, w)
        if name == "hypergeom":  # scipy has other numbers between whole ones
            w = np.where(X == 1.5, g, w) if np.shape(w) == X.shape else w
        np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-12 if "log" in m else 1e-300, err_msg=m)


def slopes(f: Callable[..., Any], args: list[Any], k: int) -> Any:
    """Differences along one argument, of a function that works element by element."""
    h = 1e-3 * max(float(np.max(np.abs(args[k]))), 0.5)

    def at(c: float) -> Any:
        return f(*(a + c * h if i == k else a for i, a in enumerate(args)))

    return (45 * (at(1) - at(-1)) - 9 * (at(2) - at(-2)) + at(3) - at(-3)) / (60 * h)


def curvatures(f: Callable[..., Any], args: list[Any], i: int) -> tuple[Any, Any]:
    """A second derivative, and the differences of the first."""
    once = anvil.grad(f, i)
    second = call_reference(anvil.grad(lambda *a: np.sum(once(*a)), i), args, {})
    return second, slopes(lambda *a: np.sum(call_reference(once, a, {})), args, i)


INSIDE = np.array([0.9, 1.3, 1.85])
POINTS = {
    "weibull_max": -INSIDE,
    "truncnorm": INSIDE - 0.5,
    "triang": np.array([0.7, 0.9, 1.7]),
    "pareto": INSIDE + 1.5,
    "loguniform": INSIDE + 0.5,
    "reciprocal": INSIDE + 0.5,
    "bernoulli": np.array([1.0]),
}
TWICE = ("norm",)


def total(name: str, discrete: bool) -> Callable[..., Any]:
    """The sum of everything that depends on a value."""
    f = all_methods(name, discrete)
    n = len([m for m in methods(name, discrete) if m not in MOMENTS])
    names = [f"s{i}" for i in range(len(SHAPES.get(name, ())))]
    given = ", ".join(["x", "q", *names, "loc"] + ([] if discrete else ["scale"]))
    sums = " + ".join(f"np.sum(r[{i}])" for i in range(n))
    return written(f"lambda {given}: (lambda r: {sums})(f({given}))", f=f, np=np)


@pytest.mark.parametrize("name, discrete", NAMES)
def test_derivatives_are_those_of_differences(name: str, discrete: bool) -> None:
    """In the value and every parameter that is not a whole number; some to second order."""
    x = POINTS.get(name, np.array([2.0, 3.0, 5.0]) if discrete else INSIDE)
    shapes = [s if discrete and float(s).is_integer() else float(s) for s in SHAPES.get(name, ())]
    args = [x, np.array([0.2, 0.6]), *shapes, *([1] if discrete else [0.25, 1.75])]
    f = total(name, discrete)
    wrt = [i for i, a in enumerate(args) if not isinstance(a, int) and not (discrete and i < 2)]
    if not wrt:
        return
    g = call_reference(anvil.grad(f, tuple(wrt)), args, {})
    for i, found in zip(wrt, g, strict=True):
        want = slopes(f, args, i)
        np.testing.assert_allclose(np.sum(found), want, rtol=1e-6, atol=1e-7)
    if name in TWICE:
        for i in wrt:
            second, want = curvatures(f, args, i)
            np.testing.assert_allclose(np.sum(second), want, rtol=1e-5, atol=1e-6)


def test_outside_of_the_support_derivatives_are_zero_and_at_its_ends_never_nan() -> None:
    def f(x: Any, a: Any) -> Any:
        return np.sum(stats.gamma.pdf(x, a)) + np.sum(stats.beta.cdf(x, a, 2.0))

    x = np.array([-1.0, 0.0, 1.0, 3.0])
    for a in (1.0, 2.0):
        by_x, by_a = call_reference(anvil.grad(f, (0, 1)), (x, a), {})
        assert by_x[0] == 0
        assert np.all(np.isfinite(by_x))
        assert np.isfinite(by_a)
    bad = call_reference(anvil.jit(lambda s: stats.norm.logpdf(x, 0.0, s)), (-1.0,), {})
    assert np.all(np.isnan(bad))


def posterior(w: Any, X: Any, y: Any) -> Any:
    """A model as people write it."""
    prior = stats.norm(0.0, 2.5).logpdf(w).sum()
    noise = stats.halfnorm(scale=1.5)
    sigma = np.exp(w[0])
    fit = stats.t(df=4.0, loc=X @ w, scale=sigma).logpdf(y).sum()
    return prior + noise.logpdf(sigma) + fit + stats.norm.logcdf(w[1], [0.0, 1.0]).sum()


FROZEN = stats.gamma(2.0, scale=3.0)


def test_models_frozen_distributions_and_xla() -> None:
    rng = np.random.default_rng(0)
    w, data, y = rng.normal(size=3), rng.normal(size=(5, 3)), rng.normal(size=5)
    value, grad = anvil.value_and_grad(posterior)(w, data, y)
    np.testing.assert_allclose(value, posterior(w, data, y), rtol=1e-13)
    for i in range(3):
        h = 1e-6 * np.eye(3)[i]
        want = (posterior(w + h, data, y) - posterior(w - h, data, y)) / 2e-6
        np.testing.assert_allclose(grad[i], want, rtol=1e-6)
    captured = call_reference(anvil.jit(lambda x: FROZEN.logpdf(x)), (2.0,), {})
    np.testing.assert_allclose(captured, FROZEN.logpdf(2.0), rtol=1e-14)
    given = call_reference(anvil.jit(lambda d, x: d.cdf(x)), (stats.expon(1.0), 2.0), {})
    np.testing.assert_allclose(given, stats.expon(1.0).cdf(2.0), rtol=1e-14)
    made = call_reference(anvil.jit(lambda s: stats.norm(1.0, s)), (2.0,), {})
    np.testing.assert_allclose(made.pdf(0.5), stats.norm(1.0, 2.0).pdf(0.5))


def test_intervals_medians_supports() -> None:
    def f(a: Any) -> Any:
        d = stats.gamma(a, loc=1.0)
        return d.median(), d.interval(0.9), d.support(), stats.uniform.support(2, 3)

    got, want = call_reference(anvil.jit(f), (2.0,), {}), f(2.0)
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-12)


@pytest.mark.parametrize("name", ["genextreme", "genpareto"])
def test_shapes_about_zero(name: str) -> None:
    """Negative ones, and the limit."""
    d, x, q = getattr(stats, name), np.array([-1.5, 0.2, 0.7, 2.5, 9.0]), np.array([0.1, 0.8])

    def f(c: Any) -> Any:
        return d.logpdf(x, c), d.cdf(x, c), d.sf(x, c), d.ppf(q, c), d.isf(q, c)

    def total(c: Any) -> Any:
        return np.sum(d.logpdf(x[1:3], c) + d.cdf(x[1:3], c)) + np.sum(d.ppf(q, c))

    for c in (-0.4, -1e-9, 0.0, 1e-3, 0.3):
        for g, w in zip(call_reference(anvil.jit(f), (c,), {}), f(c), strict=True):
            np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-14)
        args = [c]
        slope = call_reference(anvil.jit(anvil.grad(total)), (c,), {})
        np.testing.assert_allclose(slope, slopes(total, args, 0), rtol=1e-6, atol=1e-8)
        second, want = curvatures(total, args, 0)
        np.testing.assert_allclose(second, want, rtol=1e-6, atol=1e-7)


class Kumaraswamy(stats.rv_continuous):  # type: ignore[misc]
    """A distribution of the user's own."""

    def _pdf(self, x: Any, a: Any, b: Any) -> Any:
        return a * b * x ** (a - 1) * (1 - x**a) ** (b - 1)

    def _cdf(self, x: Any, a: Any, b: Any) -> Any:
        return 1 - (1 - x**a) ** b


OWN = Kumaraswamy(a=0.0, b=1.0, name="kumaraswamy")


def test_other_distributions_are_compiled_from_their_classes() -> None:
    def f(x: Any) -> Any:
        return OWN.logpdf(x, 2.0, 3.0), OWN.cdf(x, 2.0, 3.0), stats.erlang.logpdf(x, 3)

    x = np.array([-0.5, 0.25, 0.75, 1.5])
    for g, w in zip(call_reference(anvil.jit(f), (x,), {}), f(x), strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-12)


@pytest.mark.parametrize(
    "f, message",
    [
        (lambda x: stats.norm.rvs(size=3), "`rvs` of a distribution"),
        (lambda x: stats.lomax.fit(x), "anvil.grad"),
        (lambda x: stats.rice.cdf(x, 1.0), "`cdf` of the distribution rice"),
        (lambda x: stats.gamma.logpdf(x), "missing a required argument: 'a'"),
        (lambda x: stats.norm.logpdf(x, 0, 1, 2), "too many positional"),
    ],
)
def test_what_is_not_compiled_is_refused(f: Any, message: str) -> None:
    with pytest.raises(AnvilError, match=message):
        call_reference(anvil.jit(f), (X,), {})
