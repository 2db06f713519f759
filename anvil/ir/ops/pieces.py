"""Pieces of arrays: slices, padding, joining."""

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
    add_axis,
    arrays,
    expand_unbatched,
    made_by,
    same_dtype,
    type_at,
)
from anvil.ir.opkind import RuleError
from anvil.ir.ops.shape import functional, ints
from anvil.ir.records import Const, Op
from anvil.ir.samples import shaped
from anvil.ir.types import BOOL, ArrayType, Type, array


class Concatenate(Movement):
    """The operands one after another along `axis`."""

    name, attrs = "concatenate", {"axis": 0}
    samples = shaped(((2, 3), (1, 3), {"axis": 0}), ((2, 1), (2, 2), (2, 1), {"axis": 1}))

    @staticmethod
    def linear_in(args: Args) -> Sequence[int]:
        """All operands."""
        return range(len(args))

    @staticmethod
    def type(*types: Type, axis: int) -> ArrayType:
        """The lengths along `axis` add up."""
        ts = arrays("concatenate", types)
        if not ts or not 0 <= axis < ts[0].ndim:
            raise RuleError(f"concatenate along axis {axis} of ({_join(ts)})")
        dtype = same_dtype("concatenate", ts)
        if any(t.drop((axis,)) is not ts[0].drop((axis,)) or t.ndim != ts[0].ndim for t in ts):
            raise RuleError(f"concatenate along axis {axis} of ({_join(ts)}): shapes differ")
        shape = list(ts[0].shape)
        shape[axis] = sum(t.shape[axis] for t in ts)
        return array(dtype, tuple(shape))

    @staticmethod
    def numpy(*args: Any, axis: int) -> Any:
        """np.concatenate."""
        return np.concatenate(args, axis=axis)

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """With its dimension."""
        names = ", ".join(e.operand(a) for a in op.args)
        dim = op.attrs["axis"]
        e.result(op.outs[0], f"stablehlo.concatenate {names}, dim = {dim} : {functional(e, op)}")

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args, *, axis: int) -> None:
        """Its piece to each operand."""
        start = 0
        for i, a in enumerate(args):
            stop = start + type_at(a).shape[axis]
            if t.needs(i):
                t.add(i, piece(t.b, ct, axis, start, stop))
            start = stop

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int, *, axis: int) -> Any:
        """Along the axis moved by one."""
        return b.concatenate(*expand_unbatched(b, args, batched, size), axis=axis + 1)

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of one operand, of empty ones, of equal splats."""
        axis = attrs["axis"]
        kept = [a for a in args if type_at(a).shape[axis]] or list(args[:1])
        if len(kept) == 1:
            return kept[0]
        if all(isinstance(a, Const) and a == Const(a.type, kept[0].value) for a in kept) and (
            isinstance(kept[0], Const)
        ):
            total = Concatenate.type(*(a.type for a in kept), axis=axis)
            return Const(total, kept[0].value)
        return b.concatenate(*kept, axis=axis) if len(kept) < len(args) else None


def _join(types: Sequence[Type]) -> str:
    return ", ".join(map(str, types))


def piece(b: Any, x: Any, axis: int, start: int, stop: int) -> Any:
    """`x[start:stop]` along `axis`."""
    shape = type_at(x).shape
    starts, limits = [0] * len(shape), list(shape)
    starts[axis], limits[axis] = start, stop
    ones = (1,) * len(shape)
    return b.slice(x, starts=tuple(starts), limits=tuple(limits), strides=ones)


class Slice(Movement):
    """`x[starts:limits:strides]`, one of each per axis, all positive."""

    name, attrs = "slice", {"starts": (), "limits": (), "strides": ()}
    samples = shaped(
        ((5, 3), {"starts": (1, 0), "limits": (4, 3), "strides": (1, 1)}),
        ((7,), {"starts": (1,), "limits": (6,), "strides": (2,)}),
        ((20,), {"starts": (3,), "limits": (8,), "strides": (3,)}),
    )

    @staticmethod
    def type(x: Type, *, starts: Axes, limits: Axes, strides: Axes) -> ArrayType:
        """The lengths of the slices."""
        (t,) = arrays("slice", (x,))
        if not len(starts) == len(limits) == len(strides) == t.ndim:
            raise RuleError(f"slice of {t}: one start, limit and stride per axis")
        for n, low, high, step in zip(t.shape, starts, limits, strides, strict=True):
            if not 0 <= low <= high <= n or step < 1:
                raise RuleError(f"slice {low}:{high}:{step} of an axis of length {n} of {t}")
        return t.with_shape(
            tuple(-((lo - hi) // s) for lo, hi, s in zip(starts, limits, strides, strict=True))
        )

    @staticmethod
    def numpy(x: Any, *, starts: Axes, limits: Axes, strides: Axes) -> Any:
        """Basic indexing."""
        return x[tuple(slice(*bounds) for bounds in zip(starts, limits, strides, strict=True))]

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """start:limit:stride per axis."""
        bounds = zip(op.attrs["starts"], op.attrs["limits"], op.attrs["strides"], strict=True)
        text = ", ".join(f"{lo}:{hi}" if s == 1 else f"{lo}:{hi}:{s}" for lo, hi, s in bounds)
        e.result(
            op.outs[0], f"stablehlo.slice {e.operand(op.args[0])} [{text}] : {functional(e, op)}"
        )

    @staticmethod
    def transpose(
        t: Any, ct: Any, args: Args, *, starts: Axes, limits: Axes, strides: Axes
    ) -> None:
        """Padding with zeros; a small slice is added in place."""
        shape, took = type_at(args[0]).shape, type_at(ct).shape
        if 0 in took:
            return
        spans = [(n - 1) * s + 1 for n, s in zip(took, strides, strict=True)]
        inner = tuple(s - 1 for s in strides)
        zero = t.b.zeros(type_at(ct).with_shape(()))
        if 4 * math.prod(spans) >= math.prod(shape):
            high = [n - lo - k for n, lo, k in zip(shape, starts, spans, strict=True)]
            t.add(0, t.b.pad(ct, zero, low=starts, high=tuple(high), interior=inner))
            return
        none = (0,) * len(shape)
        dense = t.b.pad(ct, zero, low=none, high=none, interior=inner)
        t.update(0, lambda acc: t.b.dynamic_add_slice(acc, dense, *starts))

    @staticmethod
    def batch(
        b: Any, args: Args, batched: Batched, size: int, starts: Axes, limits: Axes, strides: Axes
    ) -> Any:
        """The whole mapped axis."""
        return b.slice(args[0], starts=(0, *starts), limits=(size, *limits), strides=(1, *strides))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of the whole, of a splat, of a slice."""
        (x,), (starts, limits, strides) = args, attrs.values()
        out = Slice.type(x.type, starts=starts, limits=limits, strides=strides)
        if out is x.type:
            return x
        if isinstance(x, Const):
            return Const(out, x.value)
        inner = made_by(b, x, "slice")
        if not inner:
            return None
        low, _, step = b.producer(x).attrs.values()
        first = [lo + s * k for lo, s, k in zip(low, starts, step, strict=True)]
        steps = [s * k for s, k in zip(strides, step, strict=True)]
        last = [lo + (n - 1) * s + 1 for lo, n, s in zip(first, out.shape, steps, strict=True)]
        if 0 in out.shape:
            return None
        return b.slice(inner[0], starts=tuple(first), limits=tuple(last), strides=tuple(steps))


class Pad(Movement):
    """`x` with `low`, `high` elements of the scalar before and after and `interior` between, per
    axis."""

    name, attrs, linear = "pad", {"low": (), "high": (), "interior": ()}, (0, 1)
    samples = shaped(
        ((3,), (), {"low": (1,), "high": (2,), "interior": (1,)}),
        ((2, 2), (), {"low": (0, 1), "high": (1, 0), "interior": (0, 2)}),
    )

    @staticmethod
    def type(x: Type, value: Type, *, low: Axes, high: Axes, interior: Axes) -> ArrayType:
        """The padded lengths."""
        t, scalar = arrays("pad", (x, value))
        if scalar is not array(t.dtype):
            raise RuleError(f"pad of {t} with {scalar}, not with a scalar of its dtype")
        if not len(low) == len(high) == len(interior) == t.ndim or min((*low, *high, *interior, 0)):
            raise RuleError(f"pad of {t} by {low}, {high}, {interior}: one >= 0 of each per axis")
        padded = zip(t.shape, low, high, interior, strict=True)
        return t.with_shape(tuple(lo + n + max(n - 1, 0) * k + hi for n, lo, hi, k in padded))

    @staticmethod
    def literal(args: Args) -> Any:
        """The scalar takes the dtype of x."""
        return type_at(args[0]).with_shape(())

    @staticmethod
    def numpy(x: Any, value: Any, *, low: Axes, high: Axes, interior: Axes) -> Any:
        """Writes x into an array full of the scalar."""
        ends = [
            lo + n + max(n - 1, 0) * k for n, lo, k in zip(np.shape(x), low, interior, strict=True)
        ]
        out = np.full([e + hi for e, hi in zip(ends, high, strict=True)], value)
        where = zip(low, ends, interior, strict=True)
        out[tuple(slice(lo, end, k + 1) for lo, end, k in where)] = x
        return out

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """With its three lists."""
        x, value = (e.operand(a) for a in op.args)
        low, high, interior = (ints(v) for v in op.attrs.values())
        e.result(
            op.outs[0],
            f"stablehlo.pad {x}, {value}, low = [{low}], high = [{high}], "
            f"interior = [{interior}] : {functional(e, op)}",
        )

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args, *, low: Axes, high: Axes, interior: Axes) -> None:
        """The part of x; all the rest to the scalar."""
        shape = type_at(args[0]).shape
        strides = tuple(k + 1 for k in interior)
        ends = (lo + max((n - 1) * s + 1, 0) for lo, n, s in zip(low, shape, strides, strict=True))
        own = t.b.slice(ct, starts=low, limits=tuple(ends), strides=strides)
        t.add(0, own)
        if t.needs(1):
            both = (t.b.reduce_sum(c, axes=tuple(range(len(shape)))) for c in (ct, own))
            t.add(1, t.b.sub(*both))

    @staticmethod
    def batch(
        b: Any, args: Args, batched: Batched, size: int, low: Axes, high: Axes, interior: Axes
    ) -> Any:
        """A mapped scalar goes where padding with true shows."""
        (x, value), none = args, {"low": (0, *low), "high": (0, *high), "interior": (0, *interior)}
        x = x if batched[0] else add_axis(b, x, size)
        if not batched[1]:
            return b.pad(x, value, **none)
        t = type_at(x)
        out = b.pad(x, b.zeros(t.with_shape(())), **none)
        padded = b.pad(Const(array(BOOL, t.shape), False), Const(array(BOOL), True), **none)
        values = b.broadcast(value, shape=type_at(out).shape, dims=(0,))
        return b.select(padded, values, out)

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """By nothing; of a splat with its own value."""
        x, value = args
        out = Pad.type(x.type, value.type, **attrs)
        if out is x.type:
            return x
        if isinstance(value, Const) and x == Const(x.type, value.value):
            return Const(out, value.value)
        return None
