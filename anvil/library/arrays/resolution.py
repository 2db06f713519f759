"""Arguments of ufuncs and of their methods: `casting=`, `where=`, and the dtypes of reductions."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import BOOL, DTYPES, DType, dtype_of
from anvil.library.atoms import absent, dtype_argument, dtype_in, shape_in, truth
from anvil.parser.arrays.resolution import loop_at
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract, NDArray

RULES = ("no", "equiv", "safe", "same_kind", "unsafe")


def casting_rule(ctx: Context, casting: Any) -> Any:
    """A `casting=` argument."""
    rule = ctx.known(casting, "the casting rule")
    if rule not in RULES:
        text = ", ".join(f"'{r}'" for r in RULES)
        ctx.error("bad-value", f"casting must be one of {text} (got {rule!r})")
    return rule


@cache
def _combining(
    fn: np.ufunc, array: DType, dtype: DType | None, out: DType | None, method: str
) -> DType | str:
    """The dtype that combines results with elements, or what NumPy says if there is none."""
    first = dtype
    if dtype is None and out is None and fn in (np.add, np.multiply) and not array.inexact:
        first = DTYPES["u64" if array.kind == "u" else "i64"]
    given: Any = (None if out is None else out.np, array.np, None)
    signature: Any = {} if first is None else {"signature": (first.np, None, None)}
    try:
        found = fn.resolve_dtypes(given, **signature, casting="unsafe", reduction=True)
    except TypeError as error:
        return str(error)
    same = found[0] == found[2] and (method == "reduce" or found[0] == found[1])
    if not same and found[2].kind != "b":
        shown = ", ".join(map(repr, found))
        words = "the resolved dtypes are not compatible with"
        return f"{words} {fn.__name__}.{method}. Resolved ({shown})"
    return dtype_of(found[2])


def combined_in(fn: Any, array: Any, dtype: Any, out: Any, method: Any) -> Any:
    """The dtype in which `ufunc.reduce` and its kin combine the elements of an array; only called
    in compiled code."""
    raise AssertionError((fn, array, dtype, out, method))


def combining_dtype(
    ctx: Context, fn: np.ufunc, array: Any, dtype: Any, out: Any, method: str = "reduce"
) -> DType:
    """The dtype in which a reduction by a ufunc computes."""
    target = ctx.items(out)[0] if ctx.kind_of(out) == "sequence" else out
    into = None if absent(ctx, target) else ctx.strength(target)[0]
    element = dtype_in(ctx.atom(array))
    found = _combining(fn, element, dtype_argument(ctx, dtype), into, method)
    if isinstance(found, str):
        ctx.error("bad-operand", found, raises=TypeError)
    return found


def _combined_in(ctx: Context, fn: Any, array: Any, dtype: Any, out: Any, method: Any) -> Abstract:
    found = combining_dtype(ctx, ctx.known(fn), array, dtype, out, ctx.known(method))
    return ctx.constant(found.np)


def stepped_in(fn: Any, a: Any, operands: Any) -> Any:
    """The dtypes in which `ufunc.at` computes each step; only called in compiled code."""
    raise AssertionError((fn, a, operands))


def _stepped_in(ctx: Context, fn: Any, a: Any, operands: Any) -> Abstract:
    found = loop_at(ctx, ctx.known(fn), (a, *ctx.items(operands)))
    return ctx.constant(tuple(d.np for d in found))


def selection(ctx: Context, where: Any) -> Atom:
    """A `where=` argument; an array has to be of booleans, numbers and lists are converted."""
    atom = ctx.atom(where)
    if not isinstance(where, NDArray):
        return truth(ctx, where)
    if dtype_in(atom) is not BOOL:
        what = "array data" if shape_in(atom) else "scalar"
        pair = f"from dtype('{dtype_in(atom).np}') to dtype('bool')"
        ctx.error("dtype-mismatch", f"Cannot cast {what} {pair} according to the rule 'safe'")
    return atom


def selected(where: Any) -> Any:
    """A `where=` argument, which has to be of booleans; only called in compiled code."""
    raise AssertionError(where)


def _selected(ctx: Context, where: Any) -> Abstract:
    return ctx.result(selection(ctx, where))


FUNCTIONS: dict[Any, Intrinsic] = {
    selected: Intrinsic(_selected),
    combined_in: Intrinsic(_combined_in),
    stepped_in: Intrinsic(_stepped_in),
}
"""What the methods of ufuncs ask, which are plain Python."""
