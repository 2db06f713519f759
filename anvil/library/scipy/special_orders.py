"""Functions of scipy.special whose first argument is an order or a degree, known while compiling:
Bessel functions, E_n, orthogonal polynomials.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from anvil.ir.types import DTYPES, F64, DType
from anvil.library.arrays.ufuncs import deliver
from anvil.library.special import bessel_modified as modified
from anvil.library.special import orthogonal
from anvil.library.special.bessel import bessel, bessel_second
from anvil.library.special.integrals import expn
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract, Known

_WHOLE, _HALVES = 1.0, 0.5


def _order(ctx: Context, name: str, v: Any, grain: float, least: int, most: int) -> Any:
    """The order, an int or half of one."""
    value = ctx.known(v, f"the order of {name}")
    whole = "whole orders" if grain == _WHOLE else "whole and half orders"
    span = f"up to {most}" if least == -most else f"from {least} up to {most}"
    number = isinstance(value, int | float | np.integer | np.floating)
    if not number or float(value) % grain or not least <= value <= most:
        ctx.error("unsupported-argument", f"{name} is compiled for one order: {whole} {span}")
    return int(value) if float(value).is_integer() else float(value)


def _dtype(ctx: Context, name: str, v: Any, xs: tuple[Any, ...]) -> DType:
    """What scipy's loops give, for Python's numbers too."""
    function = getattr(sys.modules["scipy.special"], name)
    value = ctx.known(v)
    kinds: list[Any] = [type(value) if type(value) in (int, float) else np.asarray(value).dtype]
    for x in xs:
        dtype, weak = ctx.strength(x)
        kinds.append({"b": np.dtype(bool), "i": int, "f": float}[dtype.kind] if weak else dtype.np)
    found = function.resolve_dtypes((*kinds, None))[-1]
    return DTYPES["f32"] if found == np.float32 else F64


def of_order(
    name: str,
    rule: Callable[..., Any],
    arity: int = 1,
    grain: float = _WHOLE,
    least: int = -200,
    most: int = 200,
) -> Intrinsic:
    """A universal function of an order and of `arity` real operands."""

    def run(ctx: Context, v: Any, *xs: Any, out: Any = None) -> Abstract:
        if len(xs) == arity + 1:
            xs, out = xs[:arity], xs[arity]
        if len(xs) != arity:
            ctx.error("wrong-arguments", f"{name} takes {arity + 1} operands, got {len(xs) + 1}")
        n = _order(ctx, name, v, grain, least, most)
        if ctx.promote(*xs).kind == "c":
            ctx.error("bad-operand", f"{name} is compiled for real numbers")
        atoms = ctx.operands(*xs, dtype=F64)
        found = ctx.call_library(rule, Known(n), *(ctx.result(a) for a in atoms))
        return deliver(ctx, ctx.cast(ctx.atom(found), _dtype(ctx, name, v, xs)), out, True)

    return Intrinsic(run)


def _shifted(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A polynomial on [0, 1] instead of [-1, 1]."""

    def on_unit(n: int, x: Any) -> Any:
        return rule(n, 2.0 * x - 1.0)

    return on_unit


def _plain_laguerre(n: int, x: Any) -> Any:
    return orthogonal.laguerre(n, 0.0, x)


def _halved(rule: Callable[..., Any], factor: float) -> Callable[..., Any]:
    """A polynomial on [-2, 2]."""

    def on_two(n: int, x: Any) -> Any:
        return factor * rule(n, 0.5 * x)

    return on_two


_BESSEL = {
    "jv": of_order("jv", bessel, least=-25, most=25),
    "yv": of_order("yv", bessel_second),
    "yn": of_order("yn", bessel_second),
    "iv": of_order("iv", modified.modified, least=-25, most=25),
    "ive": of_order("ive", modified.modified_scaled, least=-25, most=25),
    "kv": of_order("kv", modified.second, grain=_HALVES),
    "kve": of_order("kve", modified.second_scaled, grain=_HALVES),
    "kn": of_order("kn", modified.second),
    "expn": of_order("expn", expn, least=0),
}
_POLYNOMIALS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "legendre": (orthogonal.legendre, 1, -200),
    "sh_legendre": (_shifted(orthogonal.legendre), 1, -200),
    "chebyt": (orthogonal.chebyshev, 1, -200),
    "sh_chebyt": (_shifted(orthogonal.chebyshev), 1, -200),
    "chebyu": (orthogonal.chebyshev_second, 1, -200),
    "sh_chebyu": (_shifted(orthogonal.chebyshev_second), 1, -200),
    "chebyc": (_halved(orthogonal.chebyshev, 2.0), 1, -200),
    "chebys": (_halved(orthogonal.chebyshev_second, 1.0), 1, -200),
    "hermite": (orthogonal.hermite, 1, 0),
    "hermitenorm": (orthogonal.hermite_normal, 1, 0),
    "laguerre": (_plain_laguerre, 1, 0),
    "genlaguerre": (orthogonal.laguerre, 2, 0),
    "gegenbauer": (orthogonal.gegenbauer, 2, 0),
    "jacobi": (orthogonal.jacobi, 3, 0),
}

SCIPY: dict[str, Any] = {
    **{f"scipy.special.{name}": entry for name, entry in _BESSEL.items()},
    **{
        f"scipy.special.eval_{name}": of_order(f"eval_{name}", rule, arity, least=least)
        for name, (rule, arity, least) in _POLYNOMIALS.items()
    },
}
