"""Special functions as primitives of the library's plain Python, in `math` and in NumPy.

Computed in float64 whatever the operand, returned in its dtype.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from anvil.ir.opkind import REGISTRY
from anvil.ir.records import Atom
from anvil.ir.types import F64
from anvil.library.arrays.ufuncs import ufunc
from anvil.library.atoms import dtype_in
from anvil.library.python.scalars import float_argument
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract


def _in_double(name: str) -> Callable[..., Atom]:
    def formula(b: Any, x: Atom) -> Atom:
        out: Atom = b.cast(b.emit(name, (b.cast(x, F64),)), dtype_in(x))
        return out

    return formula


gamma, lgamma, digamma = (REGISTRY[n].numpy for n in ("gamma", "lgamma", "digamma"))
erf, erfc, erfcx = (REGISTRY[n].numpy for n in ("erf", "erfc", "erfcx"))
erfinv, erfcinv, ndtri = (REGISTRY[n].numpy for n in ("erfinv", "erfcinv", "ndtri"))
i0e, i1e = (REGISTRY[n].numpy for n in ("i0e", "i1e"))
constant = REGISTRY["stop_gradient"].numpy
_polygamma = REGISTRY["polygamma"].numpy


def polygamma(n: Any, x: Any) -> Any:
    """The n-th derivative of digamma, n > 0 known while compiling."""
    return _polygamma(x, n=n)


def _polygamma_entry(ctx: Context, n: Any, x: Any) -> Abstract:
    atom = ctx.b.polygamma(ctx.atom(x, F64), n=int(ctx.known(n, "the order of polygamma")))
    return ctx.result(atom)


def _np_i0(x: Any) -> Any:
    a = np.asarray(x)
    if a.dtype.kind == "c":
        raise TypeError("i0 not supported for complex values")
    a = a if a.dtype.kind == "f" else a.astype(float)
    return np.asarray(np.exp(np.abs(a)) * i0e(a))


def _math(name: str, poles_below: float) -> Intrinsic:
    def run(ctx: Context, x: Any) -> Abstract:
        a = float_argument(ctx, x, f"math.{name}")
        b = ctx.b
        pole = b.and_(b.le(a, 0.0), b.eq(a, b.floor(a)))
        ctx.check(b.not_(b.and_(pole, b.ge(a, poles_below))), ValueError, "math domain error")
        y = b.emit(name, (a,))
        fine = b.or_(b.not_(b.is_finite(a)), b.is_finite(y))
        ctx.check(fine, OverflowError, "math range error")
        return ctx.py_scalar(y)

    return Intrinsic(run)


_PRIMITIVES = {
    "gamma": gamma,
    "lgamma": lgamma,
    "digamma": digamma,
    "erf": erf,
    "erfc": erfc,
    "erfcx": erfcx,
    "erfinv": erfinv,
    "erfcinv": erfcinv,
    "ndtri": ndtri,
    "i0e": i0e,
    "i1e": i1e,
}

FUNCTIONS: dict[Any, Any] = {
    **{fn: ufunc(name, 1, _in_double(name), "float") for name, fn in _PRIMITIVES.items()},
    constant: Intrinsic(lambda ctx, x: ctx.result(ctx.b.stop_gradient(ctx.atom(x)))),
    polygamma: Intrinsic(_polygamma_entry),
    math.gamma: _math("gamma", -math.inf),
    math.lgamma: _math("lgamma", -1e308),
    np.i0: _np_i0,
}
