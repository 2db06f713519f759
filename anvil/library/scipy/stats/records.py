"""What is declared of a distribution: functions of standardised values (and of its shape
parameters) on the inside of its support. All that is generic is in `methods`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

Formula = Callable[..., Any]


@dataclass(frozen=True, eq=False, slots=True)
class Distribution:
    """Functions of (x, *shapes); moments are functions of the shapes."""

    log_density: Formula
    density: Any = None
    cdf: Any = None
    sf: Any = None
    logcdf: Any = None
    logsf: Any = None
    ppf: Any = None
    isf: Any = None
    mean: Any = None
    var: Any = None
    entropy: Any = None
    support: Any = None
    """Its ends, where they depend on the shapes; else those of scipy's object."""
    valid: Any = None
    """Which shapes are allowed; else the positive ones."""
    usual: tuple[float, ...] = (1.0, 2.0, 3.0)
    """Allowed shapes, which stand in for others where the result is nan."""
    symmetric: bool = False
    """About 0."""
    open: bool = False
    """Whether the density is 0 at the ends of the support."""


_OF_SCIPY = {
    "log_density": "_logpdf",
    "density": "_pdf",
    "cdf": "_cdf",
    "sf": "_sf",
    "logcdf": "_logcdf",
    "logsf": "_logsf",
    "ppf": "_ppf",
    "isf": "_isf",
    "mean": "",
    "support": "_get_support",
    "valid": "_argcheck",
}


def derived(dist: Any, bases: tuple[type, ...], discrete: bool) -> Distribution | None:
    """A record made of the methods that the class of a distribution defines in Python; None where
    it has no density.
    """
    found = {}
    for field, name in _OF_SCIPY.items():
        name = name.replace("pdf", "pmf") if discrete else name
        if name and any(name in c.__dict__ for c in type(dist).__mro__ if c not in bases):
            found[field] = getattr(dist, name)
    if "log_density" not in found and "density" in found:
        found["log_density"] = _logarithm(found["density"])
    return Distribution(**found) if "log_density" in found else None


def _logarithm(density: Formula) -> Formula:
    """The logarithm of a density, -inf where it is 0."""

    def log_density(x: Any, *shapes: Any) -> Any:
        p = density(x, *shapes)
        return np.where(p > 0, np.log(np.where(p > 0, p, 1.0)), -np.inf)

    return log_density


def method_names(record: Distribution) -> set[str]:
    """The fields that a record declares."""
    return {f.name for f in fields(record) if callable(getattr(record, f.name))}
