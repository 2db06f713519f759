"""Blocks of arrays at computed places: scalar starts, clamped so that the block fits.

dynamic_slice(x, i, j)             x[i:i+m, j:j+n]
dynamic_update_slice(x, u, i, j)   x with u written there, u added by dynamic_add_slice
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anvil.ir.families import (
    Args,
    Axes,
    Batched,
    Linear,
    add_axis,
    arrays,
    same_dtype,
    type_at,
)
from anvil.ir.opkind import OpKind, RuleError
from anvil.ir.records import Const, Op
from anvil.ir.samples import shaped
from anvil.ir.types import ALL_DTYPES, I64, NUMBERS, ArrayType, Type, array

_INDEX = array(I64)


def _check_starts(name: str, t: ArrayType, sizes: Axes, starts: Sequence[Type]) -> None:
    if any(s is not _INDEX for s in starts) or len(starts) != t.ndim:
        raise RuleError(f"{name} of {t} at ({_join(starts)}): one i64 scalar per axis")
    if len(sizes) != t.ndim or any(not 0 <= k <= n for k, n in zip(sizes, t.shape, strict=True)):
        raise RuleError(f"{name} of {t}: a block of shape {sizes} does not fit")


def _join(items: Sequence[Any]) -> str:
    return ", ".join(map(str, items))


def _block(x: Any, sizes: Axes, starts: Sequence[Any]) -> Any:
    """The NumPy index of the block, clamped."""
    first = [min(max(int(s), 0), n - k) for s, n, k in zip(starts, x.shape, sizes, strict=True)]
    return tuple(slice(s, s + k) for s, k in zip(first, sizes, strict=True))


def _known(x: Any, sizes: Axes, starts: Args) -> Axes | None:
    """The clamped starts, if all are constants or have no choice."""
    out = []
    for s, n, k in zip(starts, type_at(x).shape, sizes, strict=True):
        if k == n:
            out.append(0)
        elif isinstance(s, Const):
            out.append(min(max(int(s.value.real), 0), n - k))
        else:
            return None
    return tuple(out)


def _rows(b: Any, shape: Axes, sizes: Axes, starts: Args, batched: Batched, size: int) -> Any:
    """(indices[size, block along `axes`..., len(axes)], axes): where the block of each lane lies.

    `axes` are those along which the block is not the whole of the array.
    """
    axes = tuple(i for i, (n, k) in enumerate(zip(shape, sizes, strict=True)) if n != k)
    full = (size, *(sizes[a] for a in axes), 1)
    columns = []
    for place, a in enumerate(axes):
        last = shape[a] - sizes[a]
        start = starts[a] if batched[a] else add_axis(b, starts[a], size)
        start = b.clamp(b.zeros_like(start), start, Const(type_at(start), last))
        start = b.broadcast(start, shape=full, dims=(0,))
        columns.append(b.add(start, b.iota(shape=full, axis=place + 1, dtype=I64)))
    if not columns:
        return Const(array(I64, (size, 0)), 0), axes
    return b.concatenate(*columns, axis=len(full) - 1), axes


def _lanes(b: Any, indices: Any) -> Any:
    """`indices` with the number of the lane in front."""
    shape = (*type_at(indices).shape[:-1], 1)
    lane = b.iota(shape=shape, axis=0, dtype=I64)
    return b.concatenate(lane, indices, axis=len(shape) - 1)


def _to_rows(b: Any, block: Any, axes: Axes) -> Any:
    """A mapped block with the axes that are indexed right after the lane."""
    rest = [i for i in range(1, type_at(block).ndim) if i - 1 not in axes]
    return b.transpose(block, perm=(0, *(a + 1 for a in axes), *rest))


def _from_rows(b: Any, rows: Any, axes: Axes) -> Any:
    ndim = type_at(rows).ndim
    rest = [i for i in range(1, ndim) if i - 1 not in axes]
    order = [0, *(a + 1 for a in axes), *rest]
    return b.transpose(rows, perm=tuple(order.index(i) for i in range(ndim)))


class DynamicSlice(Linear):
    """The block of shape `sizes` of `x` at scalar starts, one per axis."""

    name, attrs, dtypes, linear = "dynamic_slice", {"sizes": ()}, ALL_DTYPES, (0,)
    samples = shaped(
        ((5,), 3, {"sizes": (1,)}),
        ((5, 4), 2, 1, {"sizes": (2, 4)}),
        ((5, 4), 4, -1, {"sizes": (3, 2)}),
    )

    @staticmethod
    def type(x: Type, *starts: Type, sizes: Axes) -> Type:
        """Of the block."""
        (t,) = arrays("dynamic_slice", (x,))
        _check_starts("dynamic_slice", t, sizes, starts)
        return t.with_shape(sizes)

    @staticmethod
    def numpy(x: Any, *starts: Any, sizes: Axes) -> Any:
        """Basic indexing."""
        return x[_block(x, sizes, starts)]

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """It clamps too."""
        sizes = _join(op.attrs["sizes"])
        if not op.args[1:]:
            e.alias(op.outs[0], e.operand(op.args[0]))
            return
        e.result(
            op.outs[0],
            f"stablehlo.dynamic_slice {_join([e.operand(a) for a in op.args])}, sizes = [{sizes}]"
            f" : ({_join([e.mlir(a.type) for a in op.args])}) -> {e.mlir(op.outs[0].type)}",
        )

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args, *, sizes: Axes) -> None:
        """Added in place, where it was read."""
        t.update(0, lambda acc: t.b.dynamic_add_slice(acc, ct, *args[1:]))

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int, *, sizes: Axes) -> Any:
        """Mapped starts gather rows."""
        x, *starts = args
        if not any(batched[1:]):
            return b.dynamic_slice(x, b.i64(0), *starts, sizes=(size, *sizes))
        shape = type_at(x).shape[int(batched[0]) :]
        indices, axes = _rows(b, shape, sizes, starts, batched[1:], size)
        if batched[0]:
            lanes = _lanes(b, indices)
            rows = b.gather(x, lanes, axes=(0, *(a + 1 for a in axes)))
        else:
            rows = b.gather(x, indices, axes=axes)
        return _from_rows(b, rows, axes)

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """At known starts; from a splat."""
        (x, *starts), sizes = args, attrs["sizes"]
        if isinstance(x, Const):
            return Const(x.type.with_shape(sizes), x.value)
        first = _known(x, sizes, starts)
        if first is None:
            return None
        limits = tuple(s + k for s, k in zip(first, sizes, strict=True))
        return b.slice(x, starts=first, limits=limits, strides=(1,) * len(sizes))


def _write_type(cls: type[OpKind], x: Type, update: Type, *starts: Type) -> ArrayType:
    t, u = arrays(cls.name, (x, update))
    same_dtype(cls.name, (t, u))
    _check_starts(cls.name, t, u.shape, starts)
    return t


def _write_batch(cls: type[OpKind], b: Any, args: Args, batched: Batched, size: int) -> Any:
    x, update, *starts = args
    x = x if batched[0] else add_axis(b, x, size)
    update = update if batched[1] else add_axis(b, update, size)
    if not any(batched[2:]):
        return b.emit(cls, (x, update, b.i64(0), *starts))
    shape, sizes = type_at(x).shape[1:], type_at(update).shape[1:]
    indices, axes = _rows(b, shape, sizes, starts, batched[2:], size)
    write = b.scatter if cls is DynamicUpdateSlice else b.scatter_add
    rows = _to_rows(b, update, axes)
    return write(x, _lanes(b, indices), rows, axes=(0, *(a + 1 for a in axes)))


_WRITES = shaped(
    ((5,), (1,), 3, {}),
    ((5, 4), (2, 4), 2, 1, {}),
    ((5, 4), (3, 2), 4, -1, {}),
)


class DynamicUpdateSlice(Linear):
    """`x` with the block at scalar starts replaced by `update`."""

    name, dtypes, linear, samples = "dynamic_update_slice", ALL_DTYPES, (0, 1), _WRITES
    type, batch = classmethod(_write_type), classmethod(_write_batch)

    @staticmethod
    def numpy(x: Any, update: Any, *starts: Any) -> Any:
        """Into a copy."""
        out = x.copy()
        out[_block(x, update.shape, starts)] = update
        return out

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """It clamps too."""
        names = [e.operand(a) for a in op.args]
        types = _join([e.mlir(a.type) for a in op.args])
        text = f"stablehlo.dynamic_update_slice {_join(names)} : ({types})"
        e.result(op.outs[0], f"{text} -> {e.mlir(op.outs[0].type)}")

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args) -> None:
        """Zero where it was written; that block to the update."""
        b, (_, update, *starts) = t.b, args
        if t.needs(0):
            t.add(0, b.dynamic_update_slice(ct, b.zeros_like(update), *starts))
        if t.needs(1):
            t.add(1, b.dynamic_slice(ct, *starts, sizes=type_at(update).shape))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of the whole; of nothing."""
        x, update, *_ = args
        if x.type is update.type:
            return update
        return x if type_at(update).size == 0 else None


class DynamicAddSlice(Linear):
    """`x` with `update` added to the block at scalar starts."""

    name, dtypes, linear, samples = "dynamic_add_slice", NUMBERS, (0, 1), _WRITES
    type, batch = classmethod(_write_type), classmethod(_write_batch)

    @staticmethod
    def numpy(x: Any, update: Any, *starts: Any) -> Any:
        """Into a copy."""
        out = x.copy()
        out[_block(x, update.shape, starts)] += update
        return out

    @staticmethod
    def decompose(b: Any, x: Any, update: Any, *starts: Any) -> Any:
        """Read, add, write: XLA updates in place."""
        old = b.dynamic_slice(x, *starts, sizes=type_at(update).shape)
        return b.dynamic_update_slice(x, b.add(old, update), *starts)

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args) -> None:
        """ct to x; its block to the update."""
        t.add(0, ct)
        if t.needs(1):
            sizes = type_at(args[1]).shape
            t.add(1, t.b.dynamic_slice(ct, *args[2:], sizes=sizes))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """To the whole; of nothing."""
        x, update, *_ = args
        if x.type is update.type:
            return b.add(x, update)
        return x if type_at(update).size == 0 else None
