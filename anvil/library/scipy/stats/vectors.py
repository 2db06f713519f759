"""Distributions of vectors: the normal, the Dirichlet and the multinomial one; in plain Python."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anvil.library.refusal import refuse, static
from anvil.library.scipy.linalg import triangular
from anvil.library.scipy.special import gammaln, xlogy
from anvil.library.special.primitives import constant, digamma

_LOG_2PI = math.log(2.0 * math.pi)


class GivenCovariance:
    """The covariance that a frozen distribution made in compiled code holds."""

    def __init__(self, covariance: Any) -> None:
        self.covariance = covariance
        self._allow_singular = False


def _without_seed(self: Any, seed: Any = None) -> None:
    """scipy's objects keep a random state, which compiled code does not have."""
    if seed is not None:
        refuse("hidden-state", "a distribution with a seed")


# ---- the normal distribution


def _parameters(mean: Any, cov: Any) -> tuple[Any, Any]:
    """(vector, matrix)"""
    cov = np.asarray(1.0 if cov is None else cov, dtype=float)
    if mean is None:
        dim = 1 if cov.ndim < 2 else cov.shape[0]
        mean = np.zeros(dim)
    mean = np.asarray(mean, dtype=float)
    dim = mean.size
    if dim == 1:
        mean, cov = np.reshape(mean, (1,)), np.reshape(cov, (1, 1))
    if mean.ndim != 1:
        refuse("bad-value", f"Array 'mean' must be a vector of length {dim}.")
    if cov.ndim == 0:
        cov = cov * np.eye(dim)
    elif cov.ndim == 1:
        cov = np.diag(cov)
    if cov.shape != (dim, dim):
        refuse("bad-value", "Dimension mismatch: 'cov' does not go with 'mean'")
    return mean, cov


def _factor(cov: Any) -> Any:
    """The Cholesky factor, by scipy's rule of what is singular."""
    w = constant(np.linalg.eigvalsh(cov))
    least = 1e6 * 2.220446049250313e-16 * np.max(np.abs(w))
    if np.min(w) < -least:
        raise ValueError("The input matrix must be symmetric positive semidefinite.")
    if np.min(w) <= least:
        raise np.linalg.LinAlgError(
            "When `allow_singular is False`, the input matrix must be symmetric positive definite."
        )
    return np.linalg.cholesky(cov)


def _regular(allow_singular: Any) -> None:
    if static(allow_singular):
        refuse("unsupported-argument", "multivariate_normal is compiled for regular covariances")


def normal_logpdf(
    self: Any, x: Any, mean: Any = None, cov: Any = 1, allow_singular: Any = False
) -> Any:
    """Of vectors along the last axis."""
    _regular(allow_singular)
    mean, cov = _parameters(mean, cov)
    dim, x = mean.shape[0], np.asarray(x, dtype=float)
    if x.ndim < 2:
        x = np.reshape(x, (-1, 1) if dim == 1 else (1, -1))
    factor = _factor(cov)
    gaps = x - mean
    white = triangular(factor, np.reshape(gaps, (-1, dim)).T, True, False, False)
    distance = np.reshape(np.sum(white * white, axis=0), gaps.shape[:-1])
    volume = 2.0 * np.sum(np.log(np.diagonal(factor)))
    return np.squeeze(-0.5 * (dim * _LOG_2PI + volume + distance))[()]


def _normal_pdf(
    self: Any, x: Any, mean: Any = None, cov: Any = 1, allow_singular: Any = False
) -> Any:
    return np.exp(normal_logpdf(self, x, mean, cov, allow_singular))


def _normal_entropy(self: Any, mean: Any = None, cov: Any = 1) -> Any:
    mean, cov = _parameters(mean, cov)
    volume = 2.0 * np.sum(np.log(np.diagonal(_factor(cov))))
    return 0.5 * (mean.shape[0] * (_LOG_2PI + 1.0) + volume)


def _process_parameters(self: Any, mean: Any, cov: Any, allow_singular: Any = True) -> Any:
    _regular(allow_singular)
    mean, cov = _parameters(mean, cov)
    _factor(cov)
    return mean.shape[0], mean, GivenCovariance(cov)


def _frozen_logpdf(self: Any, x: Any) -> Any:
    _regular(self.allow_singular)
    return normal_logpdf(None, x, self.mean, self.cov_object.covariance)


def _frozen_pdf(self: Any, x: Any) -> Any:
    return np.exp(_frozen_logpdf(self, x))


def _frozen_entropy(self: Any) -> Any:
    return _normal_entropy(None, self.mean, self.cov_object.covariance)


# ---- the Dirichlet distribution


def _simplex(alpha: Any, x: Any) -> tuple[Any, Any]:
    alpha, x = np.asarray(alpha), np.asarray(x)
    if np.min(alpha) <= 0:
        raise ValueError("All parameters must be greater than 0")
    if x.shape[0] + 1 == alpha.shape[0]:
        x = np.concatenate((x, 1.0 - np.sum(x, axis=0, keepdims=True)))
    if alpha.ndim != 1 or x.shape[0] != alpha.shape[0]:
        refuse("bad-value", "Vector 'x' must have as many entries as 'a', or one fewer")
    if np.min(x) < 0:
        raise ValueError("Each entry in 'x' must be greater than or equal to zero.")
    if np.max(x) > 1:
        raise ValueError("Each entry in 'x' must be smaller or equal one.")
    alpha = np.reshape(alpha, (-1,) + (1,) * (x.ndim - 1))
    if np.any((x == 0) & (alpha < 1)):
        raise ValueError(
            "Each entry in 'x' must be greater than zero if its alpha is less than one."
        )
    if np.any(np.abs(np.sum(x, axis=0) - 1.0) > 10e-10):
        raise ValueError("The input vector 'x' must lie within the normal simplex.")
    return alpha, x


def _log_beta(alpha: Any) -> Any:
    return np.sum(gammaln(alpha)) - gammaln(np.sum(alpha))


def _dirichlet_logpdf(self: Any, x: Any, alpha: Any) -> Any:
    alpha, x = _simplex(alpha, x)
    return np.squeeze(np.sum(xlogy(alpha - 1.0, x), axis=0) - _log_beta(alpha))[()]


def _dirichlet_pdf(self: Any, x: Any, alpha: Any) -> Any:
    return np.exp(_dirichlet_logpdf(self, x, alpha))


def _dirichlet_mean(self: Any, alpha: Any) -> Any:
    alpha = np.asarray(alpha)
    return np.squeeze(alpha / np.sum(alpha))[()]


def _dirichlet_var(self: Any, alpha: Any) -> Any:
    alpha = np.asarray(alpha)
    total = np.sum(alpha)
    return np.squeeze(alpha * (total - alpha) / (total * total * (total + 1.0)))[()]


def _dirichlet_entropy(self: Any, alpha: Any) -> Any:
    alpha = np.asarray(alpha)
    total = np.sum(alpha)
    found = _log_beta(alpha) + (total - alpha.shape[0]) * digamma(total)
    return np.squeeze(found - np.sum((alpha - 1.0) * digamma(alpha)))[()]


# ---- the multinomial distribution


def _multinomial_parameters(self: Any, n: Any, p: Any) -> Any:
    """(n, p, whether they are not allowed). A row of `p` that does not sum to 1 has its last entry
    replaced, as scipy does.
    """
    n, p = np.asarray(n), np.asarray(p, dtype=float)
    last = 1.0 - np.sum(p[..., :-1], axis=-1)
    apart = np.abs(1.0 - np.sum(p, axis=-1)) > 2.3e-15
    end = np.where(apart, last, p[..., -1])[..., np.newaxis]
    p = np.concatenate((p[..., :-1], end), axis=-1)
    return n, p, np.any((p < 0) | (p > 1), axis=-1) | (n < 0)


def _multinomial_logpmf(self: Any, x: Any, n: Any, p: Any) -> Any:
    x = np.asarray(x)
    n, p, undefined = _multinomial_parameters(self, n, p)
    if x.ndim == 0 or x.shape[-1] != p.shape[-1]:
        refuse("bad-value", "Size of each quantile should be size of p")
    outside = np.any((x != np.trunc(x)) | (x < 0), axis=-1) | (np.sum(x, axis=-1) != n)
    bad = outside | undefined
    k = np.where(bad[..., np.newaxis], 0.0, x)
    q = np.where(bad[..., np.newaxis], 0.5, p)
    found = gammaln(np.where(bad, 1.0, n) + 1.0) + np.sum(xlogy(k, q) - gammaln(k + 1.0), axis=-1)
    return np.where(undefined, np.nan, np.where(outside, -np.inf, found))[()]


def _multinomial_pmf(self: Any, x: Any, n: Any, p: Any) -> Any:
    found = _multinomial_logpmf(self, x, n, p)
    empty = found == -np.inf
    return np.where(empty, 0.0, np.exp(np.where(empty, 0.0, found)))[()]


_NORMAL, _NORMAL_FROZEN = "multivariate_normal_gen", "multivariate_normal_frozen"
_RULES = {
    f"{_NORMAL}.__init__": _without_seed,
    f"{_NORMAL}.logpdf": normal_logpdf,
    f"{_NORMAL}.pdf": _normal_pdf,
    f"{_NORMAL}.entropy": _normal_entropy,
    f"{_NORMAL}._process_parameters": _process_parameters,
    f"{_NORMAL_FROZEN}.logpdf": _frozen_logpdf,
    f"{_NORMAL_FROZEN}.pdf": _frozen_pdf,
    f"{_NORMAL_FROZEN}.entropy": _frozen_entropy,
    "dirichlet_gen.__init__": _without_seed,
    "dirichlet_gen.logpdf": _dirichlet_logpdf,
    "dirichlet_gen.pdf": _dirichlet_pdf,
    "dirichlet_gen.mean": _dirichlet_mean,
    "dirichlet_gen.var": _dirichlet_var,
    "dirichlet_gen.entropy": _dirichlet_entropy,
    "multinomial_gen.__init__": _without_seed,
    "multinomial_gen._process_parameters": _multinomial_parameters,
    "multinomial_gen.logpmf": _multinomial_logpmf,
    "multinomial_gen.pmf": _multinomial_pmf,
}

SCIPY: dict[str, Any] = {f"scipy.stats._multivariate.{name}": r for name, r in _RULES.items()}
