"""anvil.random: jax's bits, the distributions, the same numbers inside and outside, derivatives."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import pytest

import anvil
from anvil import random
from anvil.api.programs import call_reference
from anvil.library.random import ENTRIES
from anvil.lower import jax_bridge

stats = pytest.importorskip("scipy.stats")

KEY = np.array([2837442, 992837], np.uint32)


def drawn(name: str, *params: Any, **given: Any) -> Any:
    """A sample by the reference semantics."""
    return call_reference(getattr(random, name), (KEY, *params), given)


# ---- keys and bits


@pytest.mark.parametrize("seed", [0, 42, -3, 2**63 - 1, -(2**63)])
def test_keys_are_jaxs(seed: int) -> None:
    with jax_bridge.x64():
        want = np.asarray(jax.random.PRNGKey(seed))
    for got in (call_reference(random.key, (seed,), {}), anvil.jit(lambda s: random.key(s))(seed)):
        assert got.dtype == np.uint32
        np.testing.assert_array_equal(got, want)


def test_a_seed_of_64_bits_without_a_sign() -> None:
    got = call_reference(anvil.jit(lambda: random.key(2**64 - 1)), (), {})
    np.testing.assert_array_equal(got, [2**32 - 1, 2**32 - 1])


def test_split_and_fold_in_are_jaxs() -> None:
    np.testing.assert_array_equal(drawn("split"), np.asarray(jax.random.split(KEY)))
    np.testing.assert_array_equal(drawn("split", (2, 3)), np.asarray(jax.random.split(KEY, (2, 3))))
    np.testing.assert_array_equal(drawn("fold_in", 17), np.asarray(jax.random.fold_in(KEY, 17)))
    np.testing.assert_array_equal(drawn("fold_in", 17), drawn("split", 18)[17])
    np.testing.assert_array_equal(random.split(KEY, 3), drawn("split", 3))


@pytest.mark.parametrize("width", [8, 16, 32, 64])
def test_bits_are_jaxs(width: int) -> None:
    dtype = np.dtype(f"u{width // 8}")
    with jax_bridge.x64():
        want = np.asarray(jax.random.bits(KEY, (2, 3), dtype))
    got = drawn("bits", (2, 3), dtype)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_uniform_numbers_are_jaxs(dtype: Any) -> None:
    with jax_bridge.x64():
        plain = np.asarray(jax.random.uniform(KEY, (50,), dtype))
        moved = np.asarray(jax.random.uniform(KEY, (50,), dtype, -1.5, 2.25))
    got = drawn("random", 50, dtype)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, plain)
    np.testing.assert_array_equal(random.uniform(KEY, -1.5, 2.25, 50, dtype), moved)


@pytest.mark.parametrize(
    "dtype, low, high",
    [
        (np.int64, -5, 1000),
        (np.int64, -(2**63), 2**63 - 1),
        (np.int32, 0, 7),
        (np.int16, -5, 300),
        (np.int8, -128, 127),
        (np.uint8, 0, 256),
    ],
)
def test_integers_are_jaxs(dtype: Any, low: int, high: int) -> None:
    with jax_bridge.x64():
        want = np.asarray(jax.random.randint(KEY, (40,), low, high, dtype))
    got = drawn("integers", low, high, 40, dtype)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, want)


SAME = ("normal", "exponential", "laplace", "logistic", "gumbel")


@pytest.mark.parametrize("name", SAME)
def test_where_the_formula_is_jaxs(name: str) -> None:
    """The same numbers up to the accuracy of jax's elementary functions."""
    with jax_bridge.x64():
        want = np.asarray(getattr(jax.random, name)(KEY, shape=(200,), dtype=np.float64))
    np.testing.assert_allclose(drawn(name, size=200), want, rtol=1e-11)


def test_choices_of_jax() -> None:
    logits = np.log(np.array([[0.2, 0.3, 0.5], [0.6, 0.2, 0.2]]))
    with jax_bridge.x64():
        category = np.asarray(jax.random.categorical(KEY, logits, shape=(6, 2)))
        coins = np.asarray(jax.random.bernoulli(KEY, 0.3, (40,)))
        signs = np.asarray(jax.random.rademacher(KEY, (40,)))
    np.testing.assert_array_equal(drawn("categorical", logits, size=(6, 2)), category)
    np.testing.assert_array_equal(drawn("bernoulli", 0.3, 40), coins)
    np.testing.assert_array_equal(drawn("rademacher", 40), signs)


# ---- distributions

CONTINUOUS = [
    ("random", (), stats.uniform()),
    ("uniform", (-1.0, 2.0), stats.uniform(-1.0, 3.0)),
    ("normal", (0.3, 1.7), stats.norm(0.3, 1.7)),
    ("lognormal", (0.3, 0.7), stats.lognorm(0.7, scale=np.exp(0.3))),
    ("truncated_normal", (-0.5, 2.0), stats.truncnorm(-0.5, 2.0)),
    ("truncated_normal", (10.0, 11.0), stats.truncnorm(10.0, 11.0)),
    ("exponential", (1.7,), stats.expon(scale=1.7)),
    ("laplace", (0.3, 1.7), stats.laplace(0.3, 1.7)),
    ("logistic", (0.3, 1.7), stats.logistic(0.3, 1.7)),
    ("gumbel", (0.3, 1.7), stats.gumbel_r(0.3, 1.7)),
    ("standard_cauchy", (), stats.cauchy()),
    ("cauchy", (0.3, 1.7), stats.cauchy(0.3, 1.7)),
    ("pareto", (2.0,), stats.lomax(2.0)),
    ("weibull", (1.7,), stats.weibull_min(1.7)),
    ("rayleigh", (2.0,), stats.rayleigh(scale=2.0)),
    ("power", (2.5,), stats.powerlaw(2.5)),
    ("triangular", (-1.0, 0.5, 2.0), stats.triang(0.5, -1.0, 3.0)),
    ("gamma", (0.05, 1.0), stats.gamma(0.05)),
    ("gamma", (0.7, 2.0), stats.gamma(0.7, scale=2.0)),
    ("standard_gamma", (1.0,), stats.gamma(1.0)),
    ("gamma", (40.0, 1.0), stats.gamma(40.0)),
    ("loggamma", (0.5,), stats.loggamma(0.5)),
    ("chisquare", (3.0,), stats.chi2(3.0)),
    ("f", (4.0, 7.0), stats.f(4.0, 7.0)),
    ("standard_t", (2.5,), stats.t(2.5)),
    ("beta", (0.5, 2.0), stats.beta(0.5, 2.0)),
]


@pytest.mark.parametrize("name, params, law", CONTINUOUS)
def test_distribution(name: str, params: Any, law: Any) -> None:
    """Kolmogorov and Smirnov's distance of a fixed sample."""
    sample = drawn(name, *params, size=3000)
    assert sample.dtype == np.float64
    assert stats.kstest(sample, law.cdf).statistic < 0.03


DISCRETE = [
    ("poisson", (0.3,), stats.poisson(0.3)),
    ("poisson", (9.9,), stats.poisson(9.9)),
    ("poisson", (10.0,), stats.poisson(10.0)),
    ("poisson", (300.0,), stats.poisson(300.0)),
    ("binomial", (10, 0.3), stats.binom(10, 0.3)),
    ("binomial", (50, 0.5), stats.binom(50, 0.5)),
    ("binomial", (1000, 0.97), stats.binom(1000, 0.97)),
    ("binomial", (30, 0.9), stats.binom(30, 0.9)),
    ("geometric", (0.3,), stats.geom(0.3)),
    ("negative_binomial", (3.5, 0.3), stats.nbinom(3.5, 0.3)),
    ("integers", (3, 9), stats.randint(3, 9)),
]


@pytest.mark.parametrize("name, params, law", DISCRETE)
def test_counts(name: str, params: Any, law: Any) -> None:
    sample = drawn(name, *params, size=3000)
    assert sample.dtype == np.int64
    values = np.arange(sample.min(), sample.max() + 1)
    shares = np.array([np.mean(sample <= v) for v in values])
    assert np.max(np.abs(shares - law.cdf(values))) < 0.03
    assert abs(sample.mean() - law.mean()) < 4 * law.std() / np.sqrt(3000)


def test_vectors() -> None:
    alpha, p = np.array([1.0, 2.0, 3.0]), np.array([0.2, 0.3, 0.5])
    found = drawn("dirichlet", alpha, size=2000)
    np.testing.assert_allclose(found.sum(axis=-1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(found.mean(axis=0), alpha / 6, atol=0.02)
    counts = drawn("multinomial", 20, p, size=2000)
    assert (counts.sum(axis=-1) == 20).all()
    np.testing.assert_allclose(counts.mean(axis=0), 20 * p, atol=0.2)
    cov = np.array([[2.0, 0.5], [0.5, 1.0]])
    for method in ("cholesky", "eigh"):
        found = drawn("multivariate_normal", [1.0, 2.0], cov, size=4000, method=method)
        np.testing.assert_allclose(np.cov(found.T), cov, atol=0.15)
        np.testing.assert_allclose(found.mean(axis=0), [1.0, 2.0], atol=0.1)


def test_shares_of_choices() -> None:
    p = np.array([0.2, 0.0, 0.5, 0.3])
    found = np.bincount(drawn("choice", 4, 3000, p=p), minlength=4) / 3000
    np.testing.assert_allclose(found, p, atol=0.03)
    assert found[1] == 0
    pairs = call_reference(
        anvil.vmap(lambda k: random.choice(k, 4, 2, replace=False, p=p)),
        (drawn("split", 500),),
        {},
    )
    assert (pairs[:, 0] != pairs[:, 1]).all()
    np.testing.assert_allclose(np.bincount(pairs[:, 0], minlength=4) / 500, p, atol=0.06)
    orders = call_reference(
        anvil.vmap(lambda k: random.permutation(k, 3)), (drawn("split", 600),), {}
    )
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 6
    assert counts.min() > 70


def test_permutations_permute() -> None:
    x = np.arange(12.0).reshape(4, 3)
    rows = drawn("permutation", x)
    assert sorted(map(tuple, rows)) == sorted(map(tuple, x))
    columns = drawn("permutation", x, axis=1)
    assert sorted(map(tuple, columns.T)) == sorted(map(tuple, x.T))
    lanes = drawn("permuted", x, axis=1)
    np.testing.assert_array_equal(np.sort(lanes, axis=1), x)
    assert sorted(drawn("permuted", x).ravel()) == sorted(x.ravel())
    y = x.copy()
    random.shuffle(KEY, y)
    np.testing.assert_array_equal(y, rows)


def test_edges() -> None:
    np.testing.assert_array_equal(drawn("gamma", [0.0, 0.0]), [0.0, 0.0])
    np.testing.assert_array_equal(drawn("normal", 2.0, 0.0, 3), 2.0)
    np.testing.assert_array_equal(drawn("binomial", [0, 5, 5], [0.5, 0.0, 1.0]), [0, 0, 5])
    np.testing.assert_array_equal(drawn("poisson", [0.0, 0.0]), 0)
    assert drawn("geometric", 1e-25) == np.iinfo(np.int64).max
    assert (drawn("geometric", 1.0, 5) == 1).all()
    tiny = drawn("loggamma", 1e-4, 100)
    assert np.isfinite(tiny).all()
    assert tiny.min() < -1e3
    found = drawn("dirichlet", [1e-3, 1e-3, 0.0])
    assert found.sum() == pytest.approx(1.0)
    assert found[2] == 0
    assert drawn("normal", size=(2, 0)).shape == (2, 0)
    assert drawn("gamma", np.ones(0)).shape == (0,)
    assert (drawn("truncated_normal", -np.inf, -8.0, 50) <= -8.0).all()


def test_without_a_size_a_scalar() -> None:
    assert type(drawn("normal")) is np.float64
    assert type(drawn("normal", dtype=np.float32)) is np.float32
    assert type(drawn("poisson", 3.0)) is np.int64
    assert type(drawn("bernoulli")) is np.bool_
    assert type(drawn("choice", 5)) is np.int64
    assert drawn("normal", np.zeros((2, 1)), np.ones(3)).shape == (2, 3)


CHECKED = [
    ("normal", (0.0, -1.0), "scale < 0"),
    ("uniform", (1.0, 0.0), "high - low < 0"),
    ("exponential", (-1.0,), "scale < 0"),
    ("gamma", (-1.0,), "shape < 0"),
    ("gamma", (1.0, -1.0), "scale < 0"),
    ("beta", (0.0, 1.0), "a <= 0"),
    ("beta", (1.0, 0.0), "b <= 0"),
    ("poisson", (-1.0,), "lam < 0 or lam is NaN"),
    ("poisson", (1e19,), "lam value too large"),
    ("binomial", (-1, 0.5), "n < 0"),
    ("binomial", (1, 1.5), "p < 0, p > 1 or p is NaN"),
    ("geometric", (0.0,), "p <= 0, p > 1 or p contains NaNs"),
    ("chisquare", (0.0,), "df <= 0"),
    ("standard_t", (0.0,), "df <= 0"),
    ("f", (0.0, 1.0), "dfnum <= 0"),
    ("pareto", (0.0,), "a <= 0"),
    ("power", (0.0,), "a <= 0"),
    ("rayleigh", (-1.0,), "scale < 0"),
    ("lognormal", (0.0, -1.0), "sigma < 0"),
    ("triangular", (1.0, 0.0, 2.0), "left > mode"),
    ("triangular", (1.0, 3.0, 2.0), "mode > right"),
    ("triangular", (1.0, 1.0, 1.0), "left == right"),
    ("dirichlet", ([-1.0, 2.0],), "alpha < 0"),
    ("integers", (3, 3), "low >= high"),
    ("negative_binomial", (0.0, 0.5), "n <= 0"),
    ("multinomial", (5, [-0.5, 0.6]), "pvals < 0, pvals > 1 or pvals contains NaNs"),
]


@pytest.mark.parametrize("name, params, message", CHECKED)
def test_parameters_are_checked_as_numpy_does(name: str, params: Any, message: str) -> None:
    rng = np.random.default_rng(0)
    for draw in (lambda: drawn(name, *params), lambda: getattr(rng, name)(*params)):
        with pytest.raises(ValueError, match=re.escape(message)) as caught:
            draw()
        assert caught.value.args == (message,)


@pytest.mark.parametrize(
    "a, given",
    [
        (3, {"p": [0.5, 0.4, 0.05]}),
        (3, {"p": [-0.5, 1.4, 0.1]}),
        (3, {"p": [0.5, 0.5]}),
        (3, {"size": 5, "replace": False}),
        (3, {"size": 3, "replace": False, "p": [0.5, 0.5, 0.0]}),
        (0, {}),
    ],
)
def test_choice_is_checked_as_numpy_does(a: Any, given: Any) -> None:
    with pytest.raises(ValueError, match=r"\w") as want:
        np.random.default_rng(0).choice(a, **given)
    with pytest.raises(ValueError, match=re.escape(want.value.args[0])):
        drawn("choice", a, **given)


def test_a_draw_that_is_not_reached_checks_nothing() -> None:
    def f(key: Any, scale: Any) -> Any:
        return random.normal(key, 0.0, scale) if scale > 0 else 0.0

    assert call_reference(anvil.jit(f), (KEY, -1.0), {}) == 0.0


# ---- programs: the same bits compiled and in plain Python


def carried(key: Any) -> Any:
    x = np.zeros(3)
    total = 0.0
    for i in range(3):
        key, sub = random.split(key)
        x[i] = random.normal(sub, 0.3, 1.7)
        total += x[i] * random.exponential(key)
    return x, total, key


def folded(key: Any) -> Any:
    out = []
    for i in range(3):
        out.append(random.normal(random.fold_in(key, i)))
    return np.array(out)


def walked(key: Any) -> Any:
    out = np.zeros((2, 3))
    keys = random.split(key, (2, 3))
    for i in range(2):
        for j, k in enumerate(keys[i]):
            out[i, j] = random.normal(k) + random.uniform(k, -1.0, 2.5)
    return out


@dataclass
class Chain:
    x: Any
    key: Any
    accepted: int = 0


def metropolis(key: Any) -> Any:
    chain = Chain(0.5, key)
    for _ in range(30):
        chain.key, a, b = random.split(chain.key, 3)
        y = chain.x + random.normal(a, 0.0, 0.7)
        if np.log(random.random(b)) < 0.5 * (chain.x**2 - y**2):
            chain.x = y
            chain.accepted += 1
    return chain


def waited(key: Any) -> Any:
    t, n = 0.0, 0
    while t < 4.0:
        key, sub = random.split(key)
        t += random.exponential(sub, 0.5)
        n += 1
    return t, n


def branched(key: Any, x: Any) -> Any:
    if x > 1.0:
        key = random.fold_in(key, 3)
        y = random.normal(key)
    else:
        y = random.uniform(key)
    return y + random.normal(key)


def recursive(key: Any) -> Any:
    def walk(key: Any, x: Any, n: Any) -> Any:
        if n == 0:
            return x
        key, sub = random.split(key)
        return walk(key, x + random.normal(sub), n - 1)

    return walk(key, 0.0, 4)


def rejected(key: Any) -> Any:
    g = random.gamma(key, np.array([0.5, 2.0, 9.0]))
    return g, 2.0 * g + random.cauchy(key)


PROGRAMS = [
    (carried, ()),
    (folded, ()),
    (walked, ()),
    (metropolis, ()),
    (waited, ()),
    (branched, (1.5,)),
    (branched, (0.5,)),
    (recursive, ()),
    (rejected, ()),
]


@pytest.mark.parametrize("f, args", PROGRAMS)
def test_the_same_numbers_as_plain_python(f: Any, args: Any) -> None:
    same(anvil.jit(f)(KEY, *args), f(KEY, *args))
    close(call_reference(anvil.jit(f), (KEY, *args), {}), f(KEY, *args))


def same(got: Any, want: Any) -> None:
    """Bit for bit."""
    for g, w in zip(leaves(got), leaves(want), strict=True):
        assert np.asarray(g).dtype == np.asarray(w).dtype
        np.testing.assert_array_equal(g, w)


def close(got: Any, want: Any) -> None:
    """Up to the accuracy of elementary functions."""
    for g, w in zip(leaves(got), leaves(want), strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-12)


def leaves(x: Any) -> list[Any]:
    if isinstance(x, Chain):
        return leaves((x.x, x.key, x.accepted))
    return [leaf for part in x for leaf in leaves(part)] if isinstance(x, tuple) else [x]


def test_known_parameters_give_the_same_bits() -> None:
    """A number that is known while compiling, and one that is passed."""

    def known(key: Any) -> Any:
        x = random.pareto(key, 2.3, size=40), random.weibull(key, 2.3, size=40)
        return *x, random.normal(key, 0.3, 1.7, size=40), random.uniform(key, -1.3, 2.7, size=40)

    got = anvil.jit(known)(KEY)
    same(got[:2], (random.pareto(KEY, 2.3, size=40), random.weibull(KEY, 2.3, size=40)))
    same(got[2], random.normal(KEY, 0.3, 1.7, size=40))
    same(got[3], random.uniform(KEY, -1.3, 2.7, size=40))


def test_vmap_is_a_loop() -> None:
    keys = random.split(KEY, 4)
    shapes = np.array([0.3, 1.0, 4.0, 30.0])

    def f(key: Any, a: Any) -> Any:
        return random.normal(key, a, size=2), random.gamma(key, a), random.poisson(key, a)

    got = call_reference(anvil.vmap(f), (keys, shapes), {})
    want = [call_reference(anvil.jit(f), (k, a), {}) for k, a in zip(keys, shapes, strict=True)]
    close(got, tuple(np.stack(parts) for parts in zip(*want, strict=True)))
    same(anvil.vmap(random.normal)(keys), np.array([random.normal(k) for k in keys]))


def test_sizes_are_static_by_discovery() -> None:
    f = anvil.jit(lambda key, n: random.normal(key, size=(n, 2)))
    assert call_reference(f, (KEY, 3), {}).shape == (3, 2)
    assert (
        call_reference(anvil.jit(lambda key, n: random.permutation(key, n)), (KEY, 3), {}).size == 3
    )


def test_the_program_is_short() -> None:
    """A draw is a few ops, the hash one of them."""
    counted = str(anvil.jit(lambda key: random.normal(key, size=5)).ir(KEY)).count(" = ")
    assert counted < 40


# ---- the table


def test_every_entry_is_public_and_described() -> None:
    assert set(random.__all__) == {*ENTRIES, "shuffle"}
    for name, entry in ENTRIES.items():
        assert getattr(random, name).__name__ == name
        assert entry.doc.endswith(".")
        assert entry.jax == "" or hasattr(jax.random, entry.jax)


def test_no_warning_of_its_own() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn("gamma", [1e-3, 1e3])
        drawn("poisson", [0.0, 1e6])
