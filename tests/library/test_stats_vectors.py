"""The distributions of vectors of scipy.stats: values against scipy, derivatives, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.errors import AnvilError
from tests.library.test_linalg import check_derivatives

stats = pytest.importorskip("scipy.stats")

RNG = np.random.default_rng(3)
ROOT = RNG.normal(size=(3, 3))
COV = ROOT @ ROOT.T + np.eye(3)
MEAN, X = RNG.normal(size=3), RNG.normal(size=(4, 3))
ALPHA, P = np.array([0.8, 2.0, 3.5]), np.array([0.2, 0.3, 0.5])
SIMPLEX = np.array([[0.2, 0.1], [0.3, 0.6], [0.5, 0.3]])
COUNTS = np.array([[1, 2, 3], [0, 6, 0], [1, 1, 1], [-1, 3, 4]])
OUTSIDE = stats.multivariate_normal(MEAN, COV)

PROGRAMS = [
    lambda: stats.multivariate_normal.logpdf(X, MEAN, COV),
    lambda: stats.multivariate_normal.pdf(X[0], MEAN, COV),
    lambda: stats.multivariate_normal.logpdf(X, mean=MEAN, cov=2.0),
    lambda: stats.multivariate_normal.logpdf(X, cov=[1.0, 2.0, 3.0], mean=MEAN),
    lambda: stats.multivariate_normal.logpdf(X[:, 0]),
    lambda: stats.multivariate_normal.logpdf(X[None], cov=COV),
    lambda: stats.multivariate_normal(MEAN, COV).logpdf(X),
    lambda: stats.multivariate_normal(cov=COV).entropy(),
    lambda: OUTSIDE.logpdf(X),
    lambda: stats.dirichlet.logpdf(SIMPLEX, ALPHA),
    lambda: stats.dirichlet.pdf(SIMPLEX[:2, 0], ALPHA),
    lambda: stats.dirichlet(ALPHA).logpdf(SIMPLEX[:, 0]),
    lambda: (stats.dirichlet.mean(ALPHA), stats.dirichlet.var(ALPHA)),
    lambda: stats.dirichlet.entropy(ALPHA),
    lambda: stats.multinomial.logpmf(COUNTS, 6, P),
    lambda: stats.multinomial.pmf(COUNTS[0], n=6, p=P),
    lambda: stats.multinomial(6, P).logpmf(COUNTS),
]


@pytest.mark.parametrize("f", PROGRAMS)
def test_values_are_scipys(f: Any) -> None:
    got, want = call_reference(anvil.jit(f), (), {}), f()
    for g, w in zip(*((v if isinstance(v, tuple) else (v,)) for v in (got, want)), strict=True):
        assert np.shape(g) == np.shape(w)
        np.testing.assert_allclose(g, w, rtol=1e-11)


SMOOTH = {
    "covariance": lambda a: np.sum(stats.multivariate_normal.logpdf(X, MEAN, a @ a.T)),
    "mean and frozen": lambda a: np.sum(stats.multivariate_normal(a[0], COV).logpdf(a)),
    "dirichlet": lambda a: np.sum(stats.dirichlet.logpdf(SIMPLEX, np.exp(a[0]))),
    "multinomial": lambda a: np.sum(
        stats.multinomial.logpmf(COUNTS[:2], 6, np.exp(a[1]) / np.sum(np.exp(a[1])))
    ),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives(name: str) -> None:
    """To second order."""
    check_derivatives(SMOOTH[name], ROOT + 2.0 * np.eye(3))


def test_errors_are_scipys() -> None:
    flat = np.ones((3, 3))

    def f(cov: Any) -> Any:
        return stats.multivariate_normal.logpdf(X, MEAN, cov)

    for cov, error in ((flat, np.linalg.LinAlgError), (-flat, ValueError)):
        for run in (f, lambda c: call_reference(anvil.jit(f), (c,), {})):
            with pytest.raises(error):
                run(cov)
    with pytest.raises(ValueError, match="simplex"):
        call_reference(anvil.jit(lambda x: stats.dirichlet.logpdf(x, ALPHA)), (P / 2,), {})
    with pytest.raises(AnvilError, match="regular"):
        anvil.jit(lambda x: stats.multivariate_normal.logpdf(x, MEAN, COV, True)).ir(X)
