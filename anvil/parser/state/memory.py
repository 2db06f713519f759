"""Where NumPy has the elements of a view in memory, which decides whether a reshape is a view too.

Compiled code has no memory layout. What NumPy would do is found by doing it, with an array that is
never read: its memory is reserved, not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from anvil.ir.types import ArrayType, Shape
from anvil.parser.state.values import NDArray
from anvil.parser.state.views import Bits, Permuted, RealPart, Reshaped, Step, Window

if TYPE_CHECKING:
    from anvil.parser.context import Context


T = TypeVar("T")


def viewed(x: np.ndarray, step: Step) -> np.ndarray | None:
    """`x` through a step; None where that is not known."""
    if isinstance(step, Window):
        return _window(x, step)
    if isinstance(step, Permuted):
        return x.transpose(step.perm)
    if isinstance(step, Reshaped):
        return reshaped(x, step.shape)
    if isinstance(step, RealPart):
        return x.real
    if isinstance(step, Bits):
        return x.view(step.dtype.np)
    return None if step.like is None else step.like(x)


def _window(x: np.ndarray, step: Window) -> np.ndarray:
    """Windows that differ in their places alone have the same strides."""
    axes = zip(step.starts, step.counts, step.strides, x.shape, strict=True)
    part = x[tuple(_slice(s, c, k, n) for s, c, k, n in axes)]
    if part.shape == step.shape:
        return part
    wide = iter([k for n, k in zip(part.shape, part.strides, strict=True) if n != 1])
    strides = tuple(next(wide) if n != 1 else 0 for n in step.shape)
    return np.lib.stride_tricks.as_strided(part, step.shape, strides)


def _slice(start: int | None, count: int, stride: int, size: int) -> slice:
    if start is None:
        start = (count - 1) * -stride if stride < 0 else 0
    if not count:
        return slice(0, 0)
    stop = start + count * stride
    return slice(start, None if stop < 0 else stop, stride)


def reshaped(x: np.ndarray, shape: Shape) -> np.ndarray | None:
    """`x` in another shape; None where NumPy makes a copy.

    Axes are merged to runs of equally spaced elements; a new axis must not reach beyond its run.
    """
    if x.shape == shape or not x.size:
        return x.reshape(shape)
    runs: list[list[int]] = []  # sizes and distances
    for n, k in zip(x.shape, x.strides, strict=True):
        if n != 1 and runs and runs[-1][1] == n * k:
            runs[-1] = [runs[-1][0] * n, k]
        elif n != 1:
            runs.append([n, k])
    strides = []
    for n in reversed(shape):
        if n != 1 and runs and runs[-1][0] == 1:
            runs.pop()
        left, k = runs[-1] if runs else (1, 0)
        if left % n:
            return None
        strides.append(k)
        if runs:
            runs[-1] = [left // n, n * k]
    return np.lib.stride_tricks.as_strided(x, shape, tuple(reversed(strides)))


def order_of(x: np.ndarray) -> tuple[int, ...]:
    """The axes of an array, the one with the widest steps first."""
    return tuple(sorted(range(x.ndim), key=lambda k: -abs(x.strides[k])))


def laid_out(ctx: Context, made: T, operands: Sequence[Any]) -> T:
    """A fresh array, whose elements NumPy puts in the order of the operands (its order 'K'): of
    those of its shape, if they agree on one.
    """
    if not isinstance(made, NDArray) or len(made.type.shape) < 2:
        return made
    whole = [x for x in operands if type(x) is NDArray and x.type.shape == made.type.shape]
    if any(x.path or x.box in ctx.session.orders for x in whole):
        lies = [ctx.memory(x) for x in whole]
        orders = {None if x is None else order_of(x) for x in lies}
        (first, *more) = orders
        if first is not None and not more and first != tuple(range(len(first))):
            ctx.session.orders[made.box] = first
    return made


def memory(a: NDArray, base: ArrayType, order: Sequence[int] | None = None) -> np.ndarray | None:
    """An array that lies in memory as NumPy has this view of an array of type `base`, whose own
    axes have this order.
    """
    axes = range(len(base.shape)) if order is None else order
    whole = np.empty([base.shape[k] for k in axes], base.dtype.np)
    x: np.ndarray | None = whole.transpose(np.argsort(axes))
    for step in a.path:
        x = None if x is None else viewed(x, step)
    return x
