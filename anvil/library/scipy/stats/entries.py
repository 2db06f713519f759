"""The methods of scipy.stats' distributions, found by the function that scipy has for all of them:
`stats.norm.logpdf`, a frozen distribution's and a subclass's are one `rv_continuous.logpdf`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from anvil.library.scipy.stats import methods
from anvil.library.scipy.stats.continuous import CONTINUOUS
from anvil.library.scipy.stats.discrete import DISCRETE
from anvil.library.scipy.stats.records import Distribution, derived
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract, Known

Needs = tuple[str, ...]
_CDF, _PPF = ("cdf", "sf"), ("ppf",)

POINTWISE: Mapping[bool, Mapping[str, tuple[Callable[..., Any], Needs]]] = {
    False: {
        "logpdf": (methods.log_density, ()),
        "pdf": (methods.density, ()),
        "cdf": (methods.cdf, _CDF),
        "sf": (methods.sf, _CDF),
        "logcdf": (methods.logcdf, (*_CDF, "logcdf")),
        "logsf": (methods.logsf, (*_CDF, "logsf")),
        "ppf": (methods.ppf, _PPF),
        "isf": (methods.isf, (*_PPF, "isf")),
    },
    True: {
        "logpmf": (methods.log_mass, ()),
        "pmf": (methods.mass, ()),
        "cdf": (methods.step_cdf, _CDF),
        "sf": (methods.step_sf, _CDF),
        "logcdf": (methods.step_logcdf, (*_CDF, "logcdf")),
        "logsf": (methods.step_logsf, (*_CDF, "logsf")),
        "ppf": (methods.step_ppf, _CDF),
    },
}
"""Methods of continuous and of discrete distributions: rule, and which of these fields it needs."""

MOMENTS: Mapping[str, Callable[..., Any]] = {
    "mean": methods.mean,
    "var": methods.var,
    "std": methods.std,
    "entropy": methods.entropy,
}
_DRAWS = "Draw outside and pass the numbers, or use `anvil.random` with a key."
_CALL = "Call it outside of compiled code."
OUTSIDE: Mapping[str, str] = {
    "rvs": _DRAWS,
    "fit": "Minimise the sum of -logpdf, with its gradient by `anvil.grad`.",
    **dict.fromkeys(("fit_loc_scale", "expect", "moment", "stats", "nnlf"), _CALL),
}
"""Methods that are refused whatever the distribution, and what to do instead."""


def record_of(dist: Any, discrete: bool) -> Distribution | None:
    """What is declared of a distribution, else what its class says in Python."""
    stats = sys.modules["scipy.stats"]
    table = DISCRETE if discrete else CONTINUOUS
    public: Any = getattr(stats, dist.name, None) if dist.name in table else None
    if type(public) is type(dist) and (public.a, public.b) == (dist.a, dist.b):
        return table[dist.name]
    base = stats.rv_discrete if discrete else stats.rv_continuous
    return derived(dist, tuple(base.__mro__), discrete)


def _declared(ctx: Context, dist: Any, discrete: bool, name: str, needs: Needs) -> Distribution:
    record = record_of(dist, discrete)
    if record is None or (needs and not any(getattr(record, n) for n in needs)):
        ctx.error(
            "unsupported-method",
            f"`{name}` of the distribution {dist.name} is not compiled",
            hint="The table of distributions is in docs/scipy.md.",
        )
    return record


def _bound(ctx: Context, dist: Any, discrete: bool, args: Any, kwargs: Any) -> Any:
    """(shapes, loc, scale) of a call."""
    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    shapes = [s.strip() for s in (dist.shapes or "").split(",") if s.strip()]
    usual = {"loc": 0} if discrete else {"loc": 0, "scale": 1}
    parameters = [inspect.Parameter(s, either) for s in shapes]
    parameters += [inspect.Parameter(n, either, default=d) for n, d in usual.items()]
    try:
        given = inspect.Signature(parameters).bind(*args, **kwargs)
    except TypeError as error:
        ctx.error("wrong-arguments", f"{dist.name}: {error}")
    found = {**usual, "scale": 1, **given.arguments}
    return [found[s] for s in shapes], found["loc"], found["scale"]


def _arrays(ctx: Context, shapes: Any, loc: Any, scale: Any) -> list[Abstract]:
    def one(v: Any) -> Abstract:
        v = ctx.lifted(v)
        return ctx.call(np.asarray, v) if ctx.kind_of(v) == "sequence" else v

    return [one(loc), one(scale), ctx.tuple([one(s) for s in shapes])]


def _pointwise(name: str, discrete: bool) -> Intrinsic:
    rule, needs = POINTWISE[discrete][name]

    def run(ctx: Context, self: Any, x: Any, *args: Any, **kwargs: Any) -> Abstract:
        dist = ctx.known(self, "a distribution")
        record = _declared(ctx, dist, discrete, name, needs)
        for v in (x, *args, *kwargs.values()):
            if ctx.is_arraylike(v) and ctx.strength(v)[0].kind == "c":
                ctx.error("bad-operand", f"`{name}` of {dist.name} is compiled for real numbers")
        given = _arrays(ctx, *_bound(ctx, dist, discrete, args, kwargs))
        return ctx.call_library(rule, Known(record), Known((dist.a, dist.b)), x, *given)

    return Intrinsic(run)


def _of_kind(ctx: Context, dist: Any) -> bool:
    """Whether a distribution is discrete."""
    return isinstance(dist, sys.modules["scipy.stats"].rv_discrete)


def _moment(name: str) -> Intrinsic:
    def run(ctx: Context, self: Any, *args: Any, **kwargs: Any) -> Abstract:
        dist = ctx.known(self, "a distribution")
        discrete = _of_kind(ctx, dist)
        needs = ("var",) if name == "std" else (name,)
        record = _declared(ctx, dist, discrete, name, needs)
        given = _arrays(ctx, *_bound(ctx, dist, discrete, args, kwargs))
        return ctx.call_library(MOMENTS[name], Known(record), *given)

    return Intrinsic(run)


def _support(ctx: Context, self: Any, *args: Any, **kwargs: Any) -> Abstract:
    dist = ctx.known(self, "a distribution")
    discrete = _of_kind(ctx, dist)
    record = _declared(ctx, dist, discrete, "support", ())
    given = _arrays(ctx, *_bound(ctx, dist, discrete, args, kwargs))
    return ctx.call_library(methods.support, Known(record), Known((dist.a, dist.b)), *given)


def _freeze(self: Any, dist: Any, *args: Any, **kwds: Any) -> None:
    """A distribution with its parameters."""
    self.args = args
    self.kwds = kwds
    self.dist = dist
    self.a, self.b = dist.support(*args, **kwds)


def _median(self: Any, *args: Any, **kwds: Any) -> Any:
    return self.ppf(0.5, *args, **kwds)


def _interval(self: Any, confidence: Any, *args: Any, **kwds: Any) -> Any:
    tail = (1.0 - np.asarray(confidence)) / 2.0
    return self.ppf(tail, *args, **kwds), self.ppf(1.0 - tail, *args, **kwds)


def _outside(name: str) -> Intrinsic:
    def run(ctx: Context, *args: Any, **kwargs: Any) -> Abstract:
        ctx.error(
            "unsupported-method",
            f"`{name}` of a distribution is not compiled",
            hint=OUTSIDE[name],
        )

    return Intrinsic(run)


def _entries() -> dict[str, Any]:
    found: dict[str, Any] = {"distributions.rv_frozen.__init__": _freeze}
    for discrete, base in ((False, "rv_continuous"), (True, "rv_discrete")):
        found |= {f"{base}.{n}": _pointwise(n, discrete) for n in POINTWISE[discrete]}
        found |= {f"{base}.{n}": _moment(n) for n in MOMENTS}
        found |= {f"{base}.{n}": _outside(n) for n in OUTSIDE}
        found[f"{base}.support"] = Intrinsic(_support)
        found[f"{base}.median"] = _median
        found[f"{base}.interval"] = _interval
    return {f"scipy.stats.{name}": entry for name, entry in found.items()}


SCIPY: dict[str, Any] = _entries()
