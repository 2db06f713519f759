"""Other shapes and orders of axes for the same elements."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from anvil.ir.families import (
    Args,
    Axes,
    Batched,
    Movement,
    arrays,
    made_by,
    type_at,
)
from anvil.ir.opkind import RuleError
from anvil.ir.records import Const, Op
from anvil.ir.samples import shaped
from anvil.ir.types import Type


def ints(values: Sequence[int]) -> str:
    """`1, 2, 3`."""
    return ", ".join(map(str, values))


def functional(e: Any, op: Op) -> str:
    """The functional type of an op."""
    types = ", ".join(e.mlir(a.type) for a in op.args)
    return f"({types}) -> {e.mlir(op.outs[0].type)}"


class Broadcast(Movement):
    """Repeats `x` to `shape`: axis i of x becomes axis dims[i], increasing; other axes are new."""

    name, attrs = "broadcast", {"shape": (), "dims": ()}
    samples = shaped(
        ((3,), {"shape": (2, 3), "dims": (1,)}),
        ((), {"shape": (2,), "dims": ()}),
        ((2, 3), {"shape": (2, 4, 3), "dims": (0, 2)}),
    )

    @staticmethod
    def type(x: Type, *, shape: Axes, dims: Axes) -> Type:
        """Of the given shape."""
        (t,) = arrays("broadcast", (x,))
        where = [d for d in dims if 0 <= d < len(shape)]
        if len(where) != t.ndim or list(where) != sorted(set(dims)):
            raise RuleError(f"broadcast of {t} to {shape}: {dims} are no places for its axes")
        if any(shape[d] != n for d, n in zip(dims, t.shape, strict=True)):
            raise RuleError(f"broadcast of {t} to {shape} along {dims}: lengths differ")
        return t.with_shape(shape)

    @staticmethod
    def numpy(x: Any, *, shape: Axes, dims: Axes) -> Any:
        """np.broadcast_to."""
        lengths = [1] * len(shape)
        for d, n in zip(dims, np.shape(x), strict=True):
            lengths[d] = n
        return np.broadcast_to(np.reshape(x, lengths), shape)

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """broadcast_in_dim."""
        x = e.operand(op.args[0])
        dims = ints(op.attrs["dims"])
        e.result(
            op.outs[0], f"stablehlo.broadcast_in_dim {x}, dims = [{dims}] : {functional(e, op)}"
        )

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args, *, shape: Axes, dims: Axes) -> None:
        """The sum over the new axes."""
        t.add(0, t.b.reduce_sum(ct, axes=tuple(i for i in range(len(shape)) if i not in dims)))

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int, *, shape: Axes, dims: Axes) -> Any:
        """The mapped axis stays in front."""
        return b.broadcast(args[0], shape=(size, *shape), dims=(0, *(d + 1 for d in dims)))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of a splat, to its own shape, of a broadcast."""
        (x,), shape, dims = args, attrs["shape"], attrs["dims"]
        if isinstance(x, Const):
            return Const(x.type.with_shape(shape), x.value)
        if type_at(x).shape == shape:
            return x
        inner = made_by(b, x, "broadcast")
        if inner:
            inside = b.producer(x).attrs["dims"]
            return b.broadcast(inner[0], shape=shape, dims=tuple(dims[d] for d in inside))
        return None


class Reshape(Movement):
    """The elements of `x`, in C order, in another shape."""

    name, attrs = "reshape", {"shape": ()}
    samples = shaped(((2, 3), {"shape": (3, 2)}), ((1,), {"shape": ()}), ((4,), {"shape": (2, 2)}))

    @staticmethod
    def type(x: Type, *, shape: Axes) -> Type:
        """Of the given shape."""
        (t,) = arrays("reshape", (x,))
        if math.prod(shape) != t.size or any(n < 0 for n in shape):
            raise RuleError(f"reshape of {t} to {shape}: sizes {t.size} and {math.prod(shape)}")
        return t.with_shape(shape)

    @staticmethod
    def numpy(x: Any, *, shape: Axes) -> Any:
        """np.reshape."""
        return np.reshape(x, shape)

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """With both types."""
        text = f"stablehlo.reshape {e.operand(op.args[0])} : {functional(e, op)}"
        e.result(op.outs[0], text)

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args, *, shape: Axes) -> None:
        """The reshape back."""
        t.add(0, t.b.reshape(ct, shape=type_at(args[0]).shape))

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int, *, shape: Axes) -> Any:
        """The mapped axis stays in front."""
        return b.reshape(args[0], shape=(size, *shape))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of a splat, to its own shape, of a reshape, of a repeated scalar."""
        (x,), shape = args, attrs["shape"]
        if isinstance(x, Const):
            return Const(x.type.with_shape(shape), x.value)
        if type_at(x).shape == shape:
            return x
        inner = made_by(b, x, "reshape")
        if inner:
            return b.reshape(inner[0], shape=shape)
        inner = made_by(b, x, "broadcast")
        if inner and type_at(inner[0]).ndim == 0:
            return b.broadcast(inner[0], shape=shape, dims=())
        return None


def _inverse(perm: Axes) -> Axes:
    return tuple(perm.index(i) for i in range(len(perm)))


class Transpose(Movement):
    """Axes in another order: axis i of the result is axis perm[i] of `x`."""

    name, attrs = "transpose", {"perm": ()}
    samples = shaped(((2, 3), {"perm": (1, 0)}), ((2, 3, 4), {"perm": (2, 0, 1)}))

    @staticmethod
    def type(x: Type, *, perm: Axes) -> Type:
        """The permuted shape."""
        (t,) = arrays("transpose", (x,))
        if sorted(perm) != list(range(t.ndim)):
            raise RuleError(f"transpose of {t}: {perm} is no order of its axes")
        return t.with_shape(tuple(t.shape[i] for i in perm))

    @staticmethod
    def numpy(x: Any, *, perm: Axes) -> Any:
        """np.transpose."""
        return np.transpose(x, perm)

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """With its permutation."""
        x, perm = e.operand(op.args[0]), ints(op.attrs["perm"])
        e.result(op.outs[0], f"stablehlo.transpose {x}, dims = [{perm}] : {functional(e, op)}")

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args, *, perm: Axes) -> None:
        """The axes put back."""
        t.add(0, t.b.transpose(ct, perm=_inverse(perm)))

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int, *, perm: Axes) -> Any:
        """The mapped axis stays in front."""
        return b.transpose(args[0], perm=(0, *(i + 1 for i in perm)))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of a splat, in the same order, of a transpose."""
        (x,), perm = args, attrs["perm"]
        if isinstance(x, Const):
            return Const(x.type.with_shape(tuple(x.type.shape[i] for i in perm)), x.value)
        if perm == tuple(range(len(perm))):
            return x
        inner = made_by(b, x, "transpose")
        if inner:
            inside = b.producer(x).attrs["perm"]
            return b.transpose(inner[0], perm=tuple(inside[i] for i in perm))
        return None


class Reverse(Movement):
    """The elements along `axes` in reverse order."""

    name, attrs = "reverse", {"axes": ()}
    samples = shaped(((3,), {"axes": (0,)}), ((2, 3, 2), {"axes": (0, 2)}))

    @staticmethod
    def type(x: Type, *, axes: Axes) -> Type:
        """Of x."""
        (t,) = arrays("reverse", (x,))
        if len(set(axes)) != len(axes) or any(not 0 <= a < t.ndim for a in axes):
            raise RuleError(f"reverse along axes {axes} of {t}: no such axes")
        return t

    @staticmethod
    def numpy(x: Any, *, axes: Axes) -> Any:
        """np.flip."""
        return np.flip(x, axes)

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """With its dimensions."""
        x, out = e.operand(op.args[0]), op.outs[0]
        dims = ints(op.attrs["axes"])
        e.result(out, f"stablehlo.reverse {x}, dims = [{dims}] : {e.mlir(out.type)}")

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args, *, axes: Axes) -> None:
        """Reversed again."""
        t.add(0, t.b.reverse(ct, axes=axes))

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int, *, axes: Axes) -> Any:
        """Along the axes moved by one."""
        return b.reverse(args[0], axes=tuple(a + 1 for a in axes))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of axes of length 1, of a splat, of a reverse along the same axes."""
        (x,), axes = args, attrs["axes"]
        if isinstance(x, Const) or all(type_at(x).shape[a] <= 1 for a in axes):
            return x
        inner = made_by(b, x, "reverse")
        return inner[0] if inner and set(b.producer(x).attrs["axes"]) == set(axes) else None
