"""Calls whose results the arguments do not decide: clocks, and random numbers of a global
generator. They are refused, with what to write instead.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from anvil.errors.snippet import segment
from anvil.parser.state.values import Known

if TYPE_CHECKING:
    from anvil.parser.context import Context

_STATEFUL = ("random", "secrets", "uuid", "time", "datetime", "os", "posix", "nt")

Rewrite = tuple[str, Callable[[Sequence[str]], Sequence[str]]]


def refuse_state(ctx: Context, fn: Known) -> None:
    """Refuses clocks and random numbers: compiled code would give the same ones at every call."""
    obj = fn.value
    owner = getattr(obj, "__self__", None)
    module = getattr(obj, "__module__", None) or type(owner).__module__
    stateful = module in _STATEFUL or module.startswith("numpy.random")
    if stateful or (isinstance(owner, types.ModuleType) and owner.__name__ in _STATEFUL):
        message = f"the result of {fn.describe()} is not decided by the arguments"
        ctx.error("hidden-state", message, hint=_hint(ctx, obj, module))


def _hint(ctx: Context, obj: object, module: str) -> str:
    """What to write for a draw of random numbers; nothing for other state."""
    name = getattr(obj, "__name__", "")
    table = _PYTHON if module == "random" else _NUMPY if module.startswith("numpy.random") else {}
    found = table.get(name)
    if found is None:
        return ""
    new, rewrite = found
    parts = _arguments(ctx, name)
    given = "..." if parts is None else ", ".join(rewrite(parts))
    if new == "key":
        return f"Write `key = anvil.random.key({given})`, and pass the key to what draws."
    call = f"anvil.random.{new}(key, {given})" if given else f"anvil.random.{new}(key)"
    return (
        f"Write `{call}`, with the key as an argument: `anvil.random.key(0)` makes one, "
        "`key, sub = anvil.random.split(key)` one for each further draw."
    )


def _arguments(ctx: Context, name: str) -> Sequence[str] | None:
    """The arguments of the call that is being compiled, as they are written."""
    try:
        node = ast.parse(segment(ctx.loc.source_range()), mode="eval").body
    except SyntaxError:
        return None
    called = getattr(node, "func", None)
    if not isinstance(node, ast.Call) or name not in ast.unparse(called or node):
        return None
    named = [f"{k.arg}={ast.unparse(k.value)}" for k in node.keywords]
    return [*map(ast.unparse, node.args), *named]


def _same(given: Sequence[str]) -> Sequence[str]:
    return given


def _shaped(given: Sequence[str]) -> Sequence[str]:
    """Of rand(3, 4)."""
    if not given:
        return given
    return [f"size={given[0]}" if len(given) == 1 else f"size=({', '.join(given)})"]


def _sized(given: Sequence[str]) -> Sequence[str]:
    return [g if "=" in g else f"size={g}" for g in given]


def _inclusive(given: Sequence[str]) -> Sequence[str]:
    """Of random.randint(a, b), which may give b."""
    return [*given, "endpoint=True"]


def _without_replacement(given: Sequence[str]) -> Sequence[str]:
    return [*given, "replace=False"]


def _rate(given: Sequence[str]) -> Sequence[str]:
    """Of random.expovariate(rate)."""
    return [f"1 / ({given[0]})"] if given else given


def _table(*names: str) -> dict[str, Rewrite]:
    return {name: (name, _same) for name in names}


_NUMPY: dict[str, Rewrite] = {
    **_table("beta", "binomial", "chisquare", "choice", "dirichlet", "exponential", "f", "gamma"),
    **_table("geometric", "gumbel", "laplace", "logistic", "lognormal", "multinomial"),
    **_table("multivariate_normal", "negative_binomial", "normal", "pareto", "permutation"),
    **_table("poisson", "power", "rayleigh", "shuffle", "standard_cauchy", "standard_exponential"),
    **_table("standard_gamma", "standard_normal", "standard_t", "triangular", "uniform", "weibull"),
    "rand": ("random", _shaped),
    "randn": ("standard_normal", _shaped),
    "randint": ("integers", _same),
    **dict.fromkeys(("random", "random_sample", "ranf", "sample"), ("random", _sized)),
    "seed": ("key", _same),
}
_PYTHON: dict[str, Rewrite] = {
    "random": ("random", _same),
    "uniform": ("uniform", _same),
    "gauss": ("normal", _same),
    "normalvariate": ("normal", _same),
    "lognormvariate": ("lognormal", _same),
    "expovariate": ("exponential", _rate),
    "gammavariate": ("gamma", _same),
    "betavariate": ("beta", _same),
    "randint": ("integers", _inclusive),
    "randrange": ("integers", _same),
    "choice": ("choice", _same),
    "sample": ("choice", _without_replacement),
    "shuffle": ("shuffle", _same),
    "seed": ("key", _same),
}
