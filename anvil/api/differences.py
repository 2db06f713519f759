"""Derivatives of functions of the host by central differences.

    J[o, w][..., i] = (y_o(x + h e_i) - y_o(x - h e_i)) / 2h        h = step * max(1, |x_i|)

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


class Differences:
    """The Jacobian of a function: one result per pair of a result in `outs` and an input in `wrt`,
    of the shape of the one, then that of the other.
    """

    def __init__(
        self,
        name: str,
        run: Run,
        inputs: Sequence[ArrayType],
        types: Sequence[ArrayType],
        wrt: tuple[int, ...],
        outs: tuple[int, ...],
        step: float,
        order: int = 1,
    ) -> None:
        self.name, self.inputs, self.wrt, self.outs = name, tuple(inputs), wrt, outs
        self.order, self.step = order, step
        self._run, self._given = run, tuple(types)
        self._next: Differences | None = None
        self.types = tuple(
            types[o].with_shape((*types[o].shape, *inputs[w].shape)) for o in outs for w in wrt
        )
        self.host = HostName(HostFunction(name, self.run))

    def next(self) -> Differences:
        """The Jacobian of this Jacobian."""
        if self._next is None:
            outs = tuple(range(len(self.types)))
            given = (self.name, self.run, self.inputs, self.types, self.wrt, outs)
            self._next = Differences(*given, self.step, self.order + 1)
        return self._next

    def run(self, arrays: Sequence[Any]) -> list[Any]:
        """The Jacobian at these inputs."""
        found = {(o, w): np.zeros(t.shape, t.dtype.np) for (o, w), t in self._pairs()}
        for w in self.wrt:
            for i in np.ndindex(*arrays[w].shape):
                for o, column in zip(self.outs, self._column(arrays, w, i), strict=True):
                    found[o, w][(..., *i)] = column
        return list(found.values())

    def _pairs(self) -> Any:
        return zip(((o, w) for o in self.outs for w in self.wrt), self.types, strict=True)

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
        kinds = (self.inputs[w], *(self._given[o] for o in self.outs))
        eps = max(float(np.finfo(t.dtype.np).eps) for t in kinds)
        return float(eps ** ((2 / 3) ** (self.order - 1) / 3))
