"""Arrays made from nothing: counters and constants."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.ir.families import Args, Axes, Batched, check_dtype
from anvil.ir.opkind import OpKind, RuleError
from anvil.ir.records import ArrayData, Const, Op
from anvil.ir.samples import Sample, draw
from anvil.ir.types import ALL_DTYPES, I64, NUMBERS, DType, Type, array, dtype_of


def _not_mapped(b: Any, args: Args, batched: Batched, size: int, **attrs: Any) -> Any:
    raise AssertionError("an op without operands is never mapped")


def _counters(dtype: DType) -> list[Sample]:
    return [
        Sample((), {"shape": (3,), "axis": 0, "dtype": dtype}),
        Sample((), {"shape": (2, 3), "axis": 1, "dtype": dtype}),
    ]


class Iota(OpKind):
    """0, 1, 2 ... along `axis`."""

    name, attrs = "iota", {"shape": (), "axis": 0, "dtype": I64}
    dtypes, samples, nondiff, batch = NUMBERS, _counters, True, _not_mapped

    @staticmethod
    def type(*, shape: Axes, axis: int, dtype: DType) -> Type:
        """As its attributes say."""
        if not 0 <= axis < len(shape):
            raise RuleError(f"iota along axis {axis} of {shape}: no such axis")
        return array(check_dtype(Iota, dtype), shape)

    @staticmethod
    def numpy(*, shape: Axes, axis: int, dtype: Any) -> Any:
        """np.arange, repeated."""
        lengths = [n if i == axis else 1 for i, n in enumerate(shape)]
        count = np.arange(shape[axis]).astype(getattr(dtype, "np", dtype))
        return np.broadcast_to(count.reshape(lengths), shape)

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """With its dimension."""
        (out,) = op.outs
        e.result(out, f"stablehlo.iota dim = {op.attrs['axis']} : {e.mlir(out.type)}")

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Along an axis of length 1 there is only 0."""
        shape, axis, dtype = attrs.values()
        return Const(array(dtype, shape), 0) if shape[axis] == 1 else None


def _constants(dtype: DType) -> list[Sample]:
    return [
        Sample((), {"data": ArrayData(draw(dtype, shape, -3, 3, 0))}) for shape in ((4,), (2, 3))
    ]


class Constant(OpKind):
    """An array known while compiling whose elements are not all equal."""

    name, attrs = "const", {"data": None}
    dtypes, samples, nondiff, batch = ALL_DTYPES, _constants, True, _not_mapped

    @staticmethod
    def type(*, data: ArrayData) -> Type:
        """Of the array."""
        return array(dtype_of(data.data.dtype), data.data.shape)

    @staticmethod
    def numpy(*, data: Any) -> Any:
        """The array."""
        return data.data

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """A dense constant."""
        (out,) = op.outs
        e.result(out, e.dense(op.attrs["data"].data, out.type))
