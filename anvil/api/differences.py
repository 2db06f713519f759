"""Derivatives of functions of the host by central differences.

    J[o][..., i] = (y_o(x + h e_i) - y_o(x - h e_i)) / 2h        h = step * max(1, |x_i|)

The error of y is about eps, that of J about eps^(2/3) for the best step, eps^(1/3). J is
differenced again for the next order, with the best step for its error: eps^(2/9), and so on. `eps`
is that of the coarser of the dtypes of x and y. Differences of x are taken as they were rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from anvil.ir.hosts import HostFunction, HostName, Run
from anvil.ir.types import ArrayType

ORDERS = 3
"""How often differences are differenced."""


class Differences:
    """The derivatives of a function by differences, of its inexact results with respect to one
    operand at a time.

    `inputs` and `types` are those of its operands and results.
    """

    def __init__(
        self,
        name: str,
        run: Run,
        inputs: Sequence[ArrayType],
        types: Sequence[ArrayType],
        step: float,
        order: int = 1,
    ) -> None:
        self.name, self.inputs, self.types = name, tuple(inputs), tuple(types)
        self.order, self.step = order, step
        self.outs = [i for i, t in enumerate(types) if t.dtype.inexact]
        self._run = run
        self._made: dict[int, tuple[HostName, tuple[ArrayType, ...]]] = {}

    def derive(self, w: int) -> tuple[HostName, tuple[ArrayType, ...]]:
        """The function of the derivatives with respect to operand `w`, and their types."""
        if w not in self._made:
            shape = self.inputs[w].shape
            given = (self.types[o] for o in self.outs)
            types = tuple(t.with_shape((*t.shape, *shape)) for t in given)

            def run(arrays: Sequence[Any]) -> list[Any]:
                return self._jacobian(arrays, w, types)

            following = Differences(self.name, run, self.inputs, types, self.step, self.order + 1)
            derive = following.derive if self.order < ORDERS else None
            self._made[w] = HostName(HostFunction(self.name, run, (), derive)), types
        return self._made[w]

    def _jacobian(self, arrays: Sequence[Any], w: int, types: Sequence[ArrayType]) -> list[Any]:
        found = [np.zeros(t.shape, t.dtype.np) for t in types]
        for i in np.ndindex(*arrays[w].shape):
            for jacobian, column in zip(found, self._column(arrays, w, i), strict=True):
                jacobian[(..., *i)] = column
        return found

    def _column(self, arrays: Sequence[Any], w: int, i: tuple[int, ...]) -> list[Any]:
        """The derivatives of the results with respect to one number."""
        x = float(arrays[w][i])
        h = (self.step or self._best(w)) * max(1.0, abs(x))
        points, ends = [], []
        for moved in (x + h, x - h):
            point = np.array(arrays[w], order="C")
            point[i] = moved
            points.append(float(point[i]))
            ends.append(self._run([*arrays[:w], point, *arrays[w + 1 :]]))
        width = points[0] - points[1]
        above, below = ends
        with np.errstate(all="ignore"):
            return [(above[o] - below[o]) / width for o in self.outs]

    def _best(self, w: int) -> float:
        kinds = (self.inputs[w], *(self.types[o] for o in self.outs))
        eps = max(float(np.finfo(t.dtype.np).eps) for t in kinds)
        return float(eps ** ((2 / 3) ** (self.order - 1) / 3))
