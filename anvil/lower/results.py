"""jax Arrays as writable NumPy results.

Small results are copied. A large one becomes a view of the memory XLA wrote, kept alive by the
view's base: no other array refers to that memory, so it may be written to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from anvil.lower.module import LeafType

VIEW_BYTES: Final = 1 << 14
"""Results of at least this many bytes are handed out without a copy."""

Convert = Callable[[Any], Any]


class Owner:
    """Keeps the memory of a result alive and presents it as writable."""

    __slots__ = ("__array_interface__", "source")

    def __init__(self, source: npt.NDArray[Any]) -> None:
        interface = source.__array_interface__
        interface["data"] = (interface["data"][0], False)
        self.source = source
        self.__array_interface__ = interface


def scalar(value: Any) -> Any:
    """A NumPy scalar from a 0-d jax Array."""
    return np.asarray(value)[()]


def copied(value: Any) -> npt.NDArray[Any]:
    """A fresh NumPy array."""
    return np.array(value)


def viewed(value: Any) -> npt.NDArray[Any]:
    """A writable NumPy array over the memory of `value`, which must not be used again."""
    return np.asarray(Owner(np.asarray(value)))


def converter(leaf: LeafType) -> Convert:
    """How a result of this type is made a NumPy value."""
    dtype, shape = leaf
    if not shape:
        return scalar
    described_by_typestr = dtype.kind in "biufc"
    large = dtype.itemsize * int(np.prod(shape)) >= VIEW_BYTES
    return viewed if large and described_by_typestr else copied
