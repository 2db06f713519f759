"""Which loop of a ufunc NumPy runs: asked of NumPy itself while compiling.

`np.ufunc.resolve_dtypes` knows the dtypes that the operands are converted to, those of the results,
and the words of the error where there is no loop for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.types import DType, dtype_of
from anvil.parser.arrays.arraylike import strength
from anvil.parser.arrays.promotion import Strength

if TYPE_CHECKING:
    from anvil.parser.context import Context

_PYTHON = {"b": np.dtype(bool), "i": int, "f": float, "c": complex}
_HINTS = {
    np.subtract: "Use `^` or np.logical_xor for booleans.",
    np.negative: "Use `~` for booleans.",
}


def loop_of(
    ctx: Context,
    fn: np.ufunc,
    xs: Sequence[Any],
    dtype: DType | None = None,
    casting: str = "same_kind",
) -> tuple[DType, ...]:
    """The dtypes of the loop for these operands: of each operand, then of each result."""
    return _loop(ctx, fn, tuple(strength(ctx, x) for x in xs), dtype, casting)


def loop_at(ctx: Context, fn: np.ufunc, xs: Sequence[Any]) -> tuple[DType, ...]:
    """The loop of `ufunc.at`, where Python numbers are arrays and any cast is made."""
    return _loop(ctx, fn, tuple((strength(ctx, x)[0], False) for x in xs), None, "unsafe")


def _loop(
    ctx: Context, fn: np.ufunc, given: tuple[Strength, ...], dtype: DType | None, casting: str
) -> tuple[DType, ...]:
    found = _resolved(fn, given, dtype, casting)
    if isinstance(found, str):
        ctx.error("bad-operand", found, raises=TypeError, hint=_HINTS.get(fn, ""))
    return found


@cache
def _resolved(
    fn: np.ufunc, given: tuple[Strength, ...], dtype: DType | None, casting: str
) -> tuple[DType, ...] | str:
    """The loop, or what NumPy says if there is none."""
    python = all(weak for _, weak in given)
    asked: Any = tuple(_PYTHON[d.kind] if weak and not python else d.np for d, weak in given)
    signature: Any = {}
    if dtype is not None:
        signature["signature"] = (*(None,) * fn.nin, *(dtype.np,) * fn.nout)
    rule: Any = "no" if casting == "equiv" else casting  # NumPy crashes on `equiv` of weak numbers
    try:
        found = fn.resolve_dtypes((*asked, *(None,) * fn.nout), **signature, casting=rule)
    except TypeError as error:
        return str(error).replace("casting rule 'no'", f"casting rule '{casting}'")
    return tuple(map(dtype_of, found))
