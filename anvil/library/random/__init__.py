"""`anvil.random`: distributions with explicit keys, in plain Python over a counter-based hash.

`base` holds keys and bits, the other modules the distributions; `ENTRIES` lists all of them, and
the documentation is made of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from anvil.library.random import base, choices, continuous, discrete, gammas
from anvil.library.random.base import FUNCTIONS as _PRIMITIVES


@dataclass(frozen=True, slots=True)
class Entry:
    """A public function: what its derivatives are in, and whether jax.random draws the same."""

    fn: Callable[..., Any]
    derivative: str = ""
    jax: str = ""

    @property
    def name(self) -> str:
        """As it is called."""
        return self.fn.__name__

    @property
    def signature(self) -> str:
        """Its parameters with their defaults, without annotations."""
        parts, starred = [], False
        for p in inspect.signature(self.fn).parameters.values():
            if p.kind is p.KEYWORD_ONLY and not starred:
                parts.append("*")
                starred = True
            default = p.default
            shown = default.__name__ if isinstance(default, type) else repr(default)
            parts.append(p.name if default is p.empty else f"{p.name}={shown}")
        return f"{self.name}({', '.join(parts)})"

    @property
    def doc(self) -> str:
        """What it draws."""
        return " ".join((self.fn.__doc__ or "").split("\n\n")[0].split())


_KEYS = (
    Entry(base.key, jax="key"),
    Entry(base.split, jax="split"),
    Entry(base.fold_in, jax="fold_in"),
    Entry(base.bits, jax="bits"),
)
_CONTINUOUS = (
    Entry(continuous.random, jax="uniform"),
    Entry(continuous.uniform, "low, high", "uniform"),
    Entry(continuous.standard_normal, jax="normal"),
    Entry(continuous.normal, "loc, scale", "normal"),
    Entry(continuous.lognormal, "mean, sigma", "lognormal"),
    Entry(continuous.truncated_normal, "low, high"),
    Entry(continuous.standard_exponential, jax="exponential"),
    Entry(continuous.exponential, "scale", "exponential"),
    Entry(continuous.laplace, "loc, scale", "laplace"),
    Entry(continuous.logistic, "loc, scale", "logistic"),
    Entry(continuous.gumbel, "loc, scale", "gumbel"),
    Entry(continuous.standard_cauchy),
    Entry(continuous.cauchy, "loc, scale"),
    Entry(continuous.pareto, "a"),
    Entry(continuous.weibull, "a"),
    Entry(continuous.rayleigh, "scale"),
    Entry(continuous.power, "a"),
    Entry(continuous.triangular, "left, mode, right"),
)
_GAMMAS = (
    Entry(gammas.gamma, "shape, scale"),
    Entry(gammas.standard_gamma, "shape"),
    Entry(gammas.loggamma, "shape"),
    Entry(gammas.chisquare, "df"),
    Entry(gammas.f, "dfnum, dfden"),
    Entry(gammas.standard_t, "df"),
    Entry(gammas.beta, "a, b"),
    Entry(gammas.dirichlet, "alpha"),
    Entry(gammas.multivariate_normal, "mean, cov"),
)
_DISCRETE = (
    Entry(discrete.bernoulli, "none", "bernoulli"),
    Entry(discrete.rademacher, jax="rademacher"),
    Entry(discrete.integers, jax="randint"),
    Entry(discrete.poisson, "none"),
    Entry(discrete.binomial, "none"),
    Entry(discrete.geometric, "none"),
    Entry(discrete.negative_binomial, "none"),
    Entry(discrete.multinomial, "none"),
    Entry(choices.categorical, "none", "categorical"),
    Entry(choices.choice, "a"),
    Entry(choices.permutation, "x"),
    Entry(choices.permuted, "x"),
)
ENTRIES: dict[str, Entry] = {e.name: e for e in (*_KEYS, *_CONTINUOUS, *_GAMMAS, *_DISCRETE)}
"""Every public function by name."""

FUNCTIONS: dict[Any, Any] = {**{e.fn: e.fn for e in ENTRIES.values()}, **_PRIMITIVES}
