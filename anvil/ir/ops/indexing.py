"""Reading and writing parts of arrays at computed places.

gather, scatter, scatter_add    rows: `indices[..., j]` is a position along axis axes[j]
dynamic_*                       one block, at scalar starts which are clamped so that it fits

What is read is added back in place: the transpose of a read updates the accumulator, O(what was
read).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from anvil.ir.families import (
    Args,
    Axes,
    Batched,
    Linear,
    add_axis,
    arrays,
    check_axes,
    move_axis,
    type_at,
)
from anvil.ir.opkind import OpKind, RuleError
from anvil.ir.records import Const, Op
from anvil.ir.samples import shaped
from anvil.ir.types import ALL_DTYPES, I64, NUMBERS, ArrayType, Type, array

_INDEX = array(I64)


# ---- rows


def _rows_type(name: str, x: ArrayType, indices: ArrayType, axes: Axes) -> ArrayType:
    """The type of the rows of `x` at `indices`, or RuleError."""
    check_axes(name, x, axes)
    if indices.dtype is not I64 or not indices.ndim or indices.shape[-1] != len(axes):
        raise RuleError(f"{name} along axes {axes} with indices {indices}: i64[..., {len(axes)}]")
    return x.with_shape((*indices.shape[:-1], *x.drop(axes).shape))


def _numbers(values: Sequence[int]) -> str:
    return f"[{', '.join(map(str, values))}]"


def _limits(b: Any, x: Any, axes: Axes, indices: Any) -> Any:
    """The last valid index of each of `axes`, in the shape of `indices`."""
    last = np.array([type_at(x).shape[a] - 1 for a in axes])
    return b.const(np.broadcast_to(last, type_at(indices).shape))


def _clamped(b: Any, x: Any, axes: Axes, indices: Any) -> Any:
    return b.clamp(b.zeros_like(indices), indices, _limits(b, x, axes, indices))


def _along_lanes(b: Any, indices: Any) -> Any:
    """Mapped indices with the number of their lane in front, for an axis 0 that is mapped too."""
    shape = (*type_at(indices).shape[:-1], 1)
    lane = b.iota(shape=shape, axis=0, dtype=I64)
    return b.concatenate(lane, indices, axis=len(shape) - 1)


def _shifted(axes: Axes) -> Axes:
    return tuple(a + 1 for a in axes)


class Gather(Linear):
    """The rows of `x` at `indices[..., :]` along `axes`, clamped; the axes of the indices come
    first, then the other ones of x."""

    name, attrs, dtypes, linear = "gather", {"axes": ()}, ALL_DTYPES, (0,)
    samples = shaped(
        ((4, 3), [[1], [3], [1]], {"axes": (0,)}),
        ((4, 3), [[1, 2], [3, 0]], {"axes": (0, 1)}),
        ((2, 3, 4), [[[2], [0]]], {"axes": (1,)}),
        ((3,), [2], {"axes": (0,)}),
        ((3,), [[7], [-1]], {"axes": (0,)}),
    )

    @staticmethod
    def type(x: Type, indices: Type, *, axes: Axes) -> ArrayType:
        """Rows."""
        t, i = arrays("gather", (x, indices))
        out = _rows_type("gather", t, i, axes)
        if out.size and any(t.shape[a] == 0 for a in axes):
            raise RuleError(f"gather of {i} from {t}: an axis without elements")
        return out

    @staticmethod
    def numpy(x: Any, indices: Any, *, axes: Axes) -> Any:
        """Advanced indexing of the axes moved to the front."""
        moved = np.moveaxis(x, axes, range(len(axes)))
        if 0 in x.shape:
            return np.zeros(indices.shape[:-1] + moved.shape[len(axes) :], x.dtype)
        last = [x.shape[a] - 1 for a in axes]
        places = np.clip(indices, 0, np.array(last, dtype=np.int64))
        return moved[tuple(np.moveaxis(places, -1, 0))]

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """stablehlo.gather, which clamps."""
        x, i = (type_at(a) for a in op.args)
        (out,), axes = op.outs, op.attrs["axes"]
        n = i.ndim - 1
        sizes = [1 if a in axes else size for a, size in enumerate(x.shape)]
        e.result(
            out,
            f'"stablehlo.gather"({e.operand(op.args[0])}, {e.operand(op.args[1])}) '
            f"{{dimension_numbers = #stablehlo.gather<"
            f"offset_dims = {_numbers(range(n, n + x.ndim - len(axes)))}, "
            f"collapsed_slice_dims = {_numbers(sorted(axes))}, "
            f"start_index_map = {_numbers(axes)}, index_vector_dim = {n}>, "
            f"slice_sizes = array<i64{_sizes(sizes)}>, indices_are_sorted = false}} : "
            f"({e.mlir(x)}, {e.mlir(i)}) -> {e.mlir(out.type)}",
        )

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args, *, axes: Axes) -> None:
        """Rows added in place, where they were read."""
        places = _clamped(t.b, args[0], axes, args[1])
        t.update(0, lambda acc: t.b.scatter_add(acc, places, ct, axes=axes))

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int, *, axes: Axes) -> Any:
        """Mapped indices read their own lane of a mapped x."""
        x, indices = args
        if all(batched):
            return b.gather(x, _along_lanes(b, indices), axes=(0, *_shifted(axes)))
        if batched[1]:
            return b.gather(x, indices, axes=axes)
        out = b.gather(x, indices, axes=_shifted(axes))
        return move_axis(b, out, type_at(indices).ndim - 1, 0)

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of nothing; from a splat."""
        out = Gather.type(args[0].type, args[1].type, **attrs)
        if isinstance(args[0], Const) or not out.size:
            return Const(out, args[0].value if isinstance(args[0], Const) else 0)
        return None


def _sizes(values: Sequence[int]) -> str:
    return f": {', '.join(map(str, values))}" if values else ""


def _scatter_type(
    cls: type[OpKind], x: Type, indices: Type, updates: Type, *, axes: Axes
) -> ArrayType:
    t, i, u = arrays(cls.name, (x, indices, updates))
    rows = _rows_type(cls.name, t, i, axes)
    if u is not rows:
        raise RuleError(f"{cls.name} of {u} into {t} at {i} along {axes}: expected {rows}")
    return t


def _scatter_batch(
    cls: type[OpKind], b: Any, args: Args, batched: Batched, size: int, *, axes: Axes
) -> Any:
    x, indices, updates = args
    x = x if batched[0] else add_axis(b, x, size)
    updates = updates if batched[2] else add_axis(b, updates, size)
    if batched[1]:
        return b.emit(cls, (x, _along_lanes(b, indices), updates), {"axes": (0, *_shifted(axes))})
    updates = move_axis(b, updates, 0, type_at(indices).ndim - 1)
    return b.emit(cls, (x, indices, updates), {"axes": _shifted(axes)})


def _scatter_hlo(combine: str) -> Any:
    def hlo(e: Any, op: Op) -> None:
        x, i, u = (type_at(a) for a in op.args)
        names = ", ".join(e.operand(a) for a in op.args)
        (out,), axes, n = op.outs, op.attrs["axes"], i.ndim - 1
        scalar = e.mlir(x.with_shape(()))
        old, new = e.fresh(), e.fresh()
        result = new
        body = ""
        if combine:
            result = e.fresh()
            body = f"{result} = {combine} {old}, {new} : {scalar}\n"
        e.result(
            out,
            f'"stablehlo.scatter"({names}) ({{\n^bb0({old}: {scalar}, {new}: {scalar}):\n{body}'
            f"stablehlo.return {result} : {scalar}\n}}) "
            f"{{scatter_dimension_numbers = #stablehlo.scatter<"
            f"update_window_dims = {_numbers(range(n, u.ndim))}, "
            f"inserted_window_dims = {_numbers(sorted(axes))}, "
            f"scatter_dims_to_operand_dims = {_numbers(axes)}, index_vector_dim = {n}>, "
            f"indices_are_sorted = false, unique_indices = false}} : "
            f"({e.mlir(x)}, {e.mlir(i)}, {e.mlir(u)}) -> {e.mlir(out.type)}",
        )

    return hlo


def _inside(b: Any, x: Any, indices: Any, axes: Axes, like: Any) -> Any:
    """Whether each row of `like` has a place in `x`."""
    fits = b.eq(_clamped(b, x, axes, indices), indices)
    fits = b.reduce_and(fits, axes=(type_at(indices).ndim - 1,))
    dims = tuple(range(type_at(fits).ndim))
    return b.broadcast(fits, shape=type_at(like).shape, dims=dims)


def _scatter_simplify(cls: type[OpKind], b: Any, args: Args, attrs: Any) -> Any:
    return args[0] if type_at(args[2]).size == 0 else None


def _write(x: Any, indices: Any, updates: Any, axes: Axes, add: bool) -> Any:
    """x with rows written or added; rows outside are dropped."""
    out = np.moveaxis(x, axes, range(len(axes))).copy()
    flat = indices.reshape(-1, len(axes))
    rows = updates.reshape(len(flat), *out.shape[len(axes) :])
    kept = np.all((flat >= 0) & (flat < np.array(out.shape[: len(axes)])), axis=1)
    places = tuple(flat[kept].T)
    if add:
        np.add.at(out, places, rows[kept])
    else:
        for i, row in enumerate(rows[kept]):
            out[tuple(p[i] for p in places)] = row
    return np.moveaxis(out, range(len(axes)), axes)


_SCATTERS = shaped(
    ((4, 3), [[1], [3]], (2, 3), {"axes": (0,)}),
    ((4, 3), [[1, 2], [3, 0], [9, 0]], (3,), {"axes": (0, 1)}),
    ((2, 5), [[2], [4], [2]], (3, 2), {"axes": (1,)}),
    ((3,), [2], (), {"axes": (0,)}),
)


class Scatter(Linear):
    """`x` with the rows at `indices` replaced by `updates`; the last one wins, rows outside are
    dropped."""

    name, attrs, dtypes, linear = "scatter", {"axes": ()}, ALL_DTYPES, (0, 2)
    samples, hlo = _SCATTERS, _scatter_hlo("")
    type, batch = classmethod(_scatter_type), classmethod(_scatter_batch)
    simplify = classmethod(_scatter_simplify)

    @staticmethod
    def numpy(x: Any, indices: Any, updates: Any, *, axes: Axes) -> Any:
        """In order."""
        return _write(x, indices, updates, axes, False)

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args, *, axes: Axes) -> None:
        """Zero where rows were written; each row that survived to its update."""
        b, (x, indices, updates) = t.b, args
        if t.needs(0):
            t.add(0, b.scatter(ct, indices, b.zeros_like(updates), axes=axes))
        if t.needs(2):
            rows = b.gather(ct, indices, axes=axes)
            mine = b.broadcast(
                _survived(b, x, indices, axes),
                shape=type_at(rows).shape,
                dims=tuple(range(type_at(indices).ndim - 1)),
            )
            t.add(2, b.select(mine, rows, b.zeros_like(rows)))


def _survived_few(b: Any, x: Any, indices: Any, axes: Axes, n: int) -> Any:
    """`_survived` by comparison of each row's place with those of the rows after it."""
    t = type_at(indices)
    m = t.shape[-1]
    places = b.reshape(indices, shape=(n, m))
    mine = b.broadcast(places, shape=(n, n, m), dims=(0, 2))
    others = b.broadcast(places, shape=(n, n, m), dims=(1, 2))
    same = b.reduce_and(b.eq(mine, others), axes=(2,))
    row, column = (b.iota(shape=(n, n), axis=k, dtype=I64) for k in (0, 1))
    over = b.reduce_or(b.and_(same, b.gt(column, row)), axes=(1,))
    fits = b.reduce_and(b.eq(_clamped(b, x, axes, indices), indices), axes=(t.ndim - 1,))
    return b.and_(fits, b.not_(b.reshape(over, shape=t.shape[:-1])))


def _survived(b: Any, x: Any, indices: Any, axes: Axes) -> Any:
    """Which rows were written and not written over: their numbers are scattered and read back."""
    shape = type_at(indices).shape[:-1]
    n = math.prod(shape)
    if n * n <= math.prod(type_at(x).shape[a] for a in axes):
        return _survived_few(b, x, indices, axes, n)
    number = b.reshape(b.iota(shape=(n,), axis=0, dtype=I64), shape=shape)
    board = Const(array(I64, tuple(type_at(x).shape[a] for a in axes)), -1)
    everywhere = tuple(range(len(axes)))
    written = b.scatter(board, indices, number, axes=everywhere)
    return b.eq(b.gather(written, indices, axes=everywhere), number)


class ScatterAdd(Linear):
    """`x` with `updates` added to the rows at `indices`, repeated ones too; rows outside are
    dropped."""

    name, attrs, dtypes, linear = "scatter_add", {"axes": ()}, NUMBERS, (0, 2)
    samples, hlo = _SCATTERS, _scatter_hlo("stablehlo.add")
    type, batch = classmethod(_scatter_type), classmethod(_scatter_batch)
    simplify = classmethod(_scatter_simplify)

    @staticmethod
    def numpy(x: Any, indices: Any, updates: Any, *, axes: Axes) -> Any:
        """np.add.at."""
        return _write(x, indices, updates, axes, True)

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args, *, axes: Axes) -> None:
        """ct to x; its rows to the updates that were not dropped."""
        b, (x, indices, _) = t.b, args
        t.add(0, ct)
        if t.needs(2):
            rows = b.gather(ct, indices, axes=axes)
            t.add(2, b.select(_inside(b, x, indices, axes, rows), rows, b.zeros_like(rows)))
