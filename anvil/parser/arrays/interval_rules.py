"""Intervals of ints, and what ops make of them.

An interval is (least, greatest), infinite where nothing is known, and empty where no value is
possible. That of an array holds all of its elements.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from anvil.ir.records import Op
from anvil.ir.types import BOOL, ArrayType

Interval = tuple[float, float]
Rule = Callable[[Op, Sequence[Interval]], Interval]

_INF = math.inf
TOP: Interval = (-_INF, _INF)
EMPTY: Interval = (_INF, -_INF)
_FAR = 2**62


def hull(*parts: Interval) -> Interval:
    """The least interval around these."""
    return min(p[0] for p in parts), max(p[1] for p in parts)


def meet(x: Interval, y: Interval) -> Interval:
    """What two intervals have in common."""
    low, high = max(x[0], y[0]), min(x[1], y[1])
    return (low, high) if low <= high else EMPTY


def inside(x: Interval, y: Interval) -> bool:
    """Whether all of `x` lies in `y`."""
    return x[0] > x[1] or (y[0] <= x[0] and x[1] <= y[1])


def of_type(t: Any) -> Interval:
    """What values of a type may be."""
    if not isinstance(t, ArrayType):
        return TOP
    if t.dtype is BOOL:
        return 0, 1
    if t.dtype.kind not in "iu" or t.dtype.np.itemsize == 8:
        return (0, _INF) if t.dtype.kind == "u" else TOP
    info = np.iinfo(t.dtype.np)
    return int(info.min), int(info.max)


def fitting(op: Op, x: Interval) -> Interval:
    """The result of integer arithmetic, which wraps where it does not fit."""
    most = of_type(op.outs[0].type)
    if x[0] > x[1] or (inside(x, most) and inside(x, (-_FAR, _FAR))):
        return x
    return most


def product(x: Interval, y: Interval) -> Interval:
    """All products."""
    corners = [0 if not p or not q else p * q for p in x for q in y]
    return min(corners), max(corners)


def _add(op: Op, args: Sequence[Interval]) -> Interval:
    (a, b), (c, d) = args
    return a + c, b + d


def _sub(op: Op, args: Sequence[Interval]) -> Interval:
    (a, b), (c, d) = args
    return a - d, b - c


def _abs(op: Op, args: Sequence[Interval]) -> Interval:
    low, high = args[0]
    return max(0, low, -high), max(-low, high)


def _floor_div(op: Op, args: Sequence[Interval]) -> Interval:
    x, y = args
    if y[0] < 1:
        return of_type(op.outs[0].type)
    return min(_part(p, q) for p in x[:1] for q in y), max(_part(p, q) for p in x[1:] for q in y)


def _part(p: float, q: float) -> float:
    if math.isinf(p):
        return p
    if math.isinf(q):
        return -1 if p < 0 else 0
    return p // q


def _mod(op: Op, args: Sequence[Interval]) -> Interval:
    x, y = args
    if y[0] < 1:
        return of_type(op.outs[0].type)
    high = min(y[1] - 1, x[1]) if x[0] >= 0 else y[1] - 1
    return (x[0], high) if x[0] >= 0 and x[1] < y[0] else (0, high)


def _convert(op: Op, args: Sequence[Interval]) -> Interval:
    source: Any = op.args[0].type
    if source.dtype.kind not in "biu":
        return of_type(op.outs[0].type)
    return args[0]


def _and(op: Op, args: Sequence[Interval]) -> Interval:
    tops = [x[1] for x in args if x[0] >= 0]
    return (0, min(tops)) if tops else of_type(op.outs[0].type)


def _shift(op: Op, args: Sequence[Interval]) -> Interval:
    x, y = args
    if y[0] != y[1] or not 0 <= y[0] < 63:
        return of_type(op.outs[0].type)
    return _floor_div(op, (x, (2 ** y[0], 2 ** y[0])))


def _places(op: Op, args: Sequence[Interval]) -> Interval:
    t: Any = op.args[0].type
    return 0, max(t.shape[op.attrs["axis"]] - 1, 0)


def _sum(op: Op, args: Sequence[Interval]) -> Interval:
    given: Any = op.args[0].type
    made: Any = op.outs[0].type
    n = given.size // max(made.size, 1)
    return product(args[0], (n, n))


def _iota(op: Op, args: Sequence[Interval]) -> Interval:
    return 0, max(op.attrs["shape"][op.attrs["axis"]] - 1, 0)


def _min(op: Op, args: Sequence[Interval]) -> Interval:
    return min(x[0] for x in args), min(x[1] for x in args)


def _max(op: Op, args: Sequence[Interval]) -> Interval:
    return max(x[0] for x in args), max(x[1] for x in args)


def _clamp(op: Op, args: Sequence[Interval]) -> Interval:
    low, x, high = args
    return _min(op, (_max(op, (low, x)), high))


def _first(op: Op, args: Sequence[Interval]) -> Interval:
    return args[0]


def _any(op: Op, args: Sequence[Interval]) -> Interval:
    return hull(*args)


_FIRST = (
    "reshape",
    "broadcast",
    "slice",
    "transpose",
    "reverse",
    "dynamic_slice",
    "gather",
    "reduce_max",
    "reduce_min",
    "stop_gradient",
)
RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_FIRST, _first),
    **dict.fromkeys(("concatenate", "pad"), _any),
    "dynamic_update_slice": lambda op, args: hull(*args[:2]),
    "add": _add,
    "sub": _sub,
    "mul": lambda op, args: product(*args),
    "neg": lambda op, args: (-args[0][1], -args[0][0]),
    "abs": _abs,
    "floor_div": _floor_div,
    "mod": _mod,
    "min": _min,
    "max": _max,
    "clamp": _clamp,
    "sign": lambda op, args: (-1, 1),
    "convert": _convert,
    "and": _and,
    "shift_right_arithmetic": _shift,
    "argmax": _places,
    "argmin": _places,
    "reduce_sum": _sum,
    "iota": _iota,
}
"""The interval of an op's only result, given those of its operands, if it does not wrap."""
WRAPPING = frozenset(("add", "sub", "mul", "neg", "abs", "reduce_sum", "convert"))
"""Ops whose results may wrap; then they are `fitting`."""
