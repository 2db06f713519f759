"""dot_general: sums of products over pairs of axes.

result[batch..., lhs free..., rhs free...] = sum over contracted axes of lhs * rhs
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anvil.ir.families import (
    Args,
    Axes,
    Batched,
    Bilinear,
    arrays,
    check_axes,
    check_dtype,
    move_axis,
    same_dtype,
    type_at,
)
from anvil.ir.opkind import RuleError
from anvil.ir.records import Op
from anvil.ir.samples import shaped
from anvil.ir.types import NUMBERS, ArrayType, Type, array


def dims(
    lhs_contract: Axes = (), rhs_contract: Axes = (), lhs_batch: Axes = (), rhs_batch: Axes = ()
) -> dict[str, Axes]:
    """The attributes of a dot_general."""
    return {
        "lhs_contract": lhs_contract,
        "rhs_contract": rhs_contract,
        "lhs_batch": lhs_batch,
        "rhs_batch": rhs_batch,
    }


def _free(ndim: int, *taken: Axes) -> Axes:
    used = {a for axes in taken for a in axes}
    return tuple(i for i in range(ndim) if i not in used)


def _list(axes: Axes) -> str:
    return f"[{', '.join(map(str, axes))}]"


def _check_pairs(lhs: ArrayType, rhs: ArrayType, a: Axes, b: Axes, what: str) -> None:
    if len(a) != len(b):
        raise RuleError(f"dot_general {what} axes {a} of {lhs} with axes {b} of {rhs}")
    for i, j in zip(a, b, strict=True):
        if lhs.shape[i] != rhs.shape[j]:
            raise RuleError(
                f"dot_general {what} axis {i} of {lhs} with axis {j} of {rhs}: "
                f"lengths {lhs.shape[i]} and {rhs.shape[j]}"
            )


class DotGeneral(Bilinear):
    """Sums of products over pairs of contracted axes, for each index of the batch axes; the
    result's axes are batch, free of the left, free of the right operand."""

    name, attrs, dtypes, linear = "dot_general", dims(), NUMBERS, (0, 1)
    samples = shaped(
        ((2, 3), (3, 4), dims((1,), (0,))),
        ((3,), (3,), dims((0,), (0,))),
        ((3, 2, 4), (4, 2, 5), dims((2,), (0,), (1,), (1,))),
        ((2,), (3,), dims()),
    )

    @staticmethod
    def type(x: Type, y: Type, **d: Axes) -> Type:
        """Batch axes, then the free ones."""
        lhs, rhs = arrays("dot_general", (x, y))
        dtype = check_dtype(DotGeneral, same_dtype("dot_general", (lhs, rhs)))
        left, right = (d["lhs_contract"], d["lhs_batch"]), (d["rhs_contract"], d["rhs_batch"])
        check_axes("dot_general", lhs, left[0] + left[1])
        check_axes("dot_general", rhs, right[0] + right[1])
        _check_pairs(lhs, rhs, left[0], right[0], "contracts")
        _check_pairs(lhs, rhs, left[1], right[1], "pairs")
        shape = [lhs.shape[i] for i in left[1]]
        shape += [lhs.shape[i] for i in _free(lhs.ndim, *left)]
        shape += [rhs.shape[i] for i in _free(rhs.ndim, *right)]
        return array(dtype, tuple(shape))

    @staticmethod
    def numpy(
        x: Any, y: Any, *, lhs_contract: Any, rhs_contract: Any, lhs_batch: Any, rhs_batch: Any
    ) -> Any:
        """A matrix product of operands in standard form."""
        x_free = [i for i in range(x.ndim) if i not in (*lhs_contract, *lhs_batch)]
        y_free = [i for i in range(y.ndim) if i not in (*rhs_contract, *rhs_batch)]
        batch = [x.shape[i] for i in lhs_batch]
        k = math.prod(x.shape[i] for i in lhs_contract)
        rows, cols = [x.shape[i] for i in x_free], [y.shape[i] for i in y_free]
        m, n = math.prod(rows), math.prod(cols)
        left = np.transpose(x, (*lhs_batch, *x_free, *lhs_contract)).reshape([*batch, m, k])
        right = np.transpose(y, (*rhs_batch, *rhs_contract, *y_free)).reshape([*batch, k, n])
        return np.matmul(left, right).reshape((*batch, *rows, *cols))

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """At the full precision of the dtype, also where hardware has a coarser one."""
        a, (out,) = op.attrs, op.outs
        x, y = (e.operand(arg) for arg in op.args)
        batch = f"batching_dims = {_list(a['lhs_batch'])} x {_list(a['rhs_batch'])}, "
        e.result(
            out,
            f"stablehlo.dot_general {x}, {y}, {batch if a['lhs_batch'] else ''}"
            f"contracting_dims = {_list(a['lhs_contract'])} x {_list(a['rhs_contract'])}, "
            f"precision = [HIGHEST, HIGHEST] : ({e.mlir(op.args[0].type)}, "
            f"{e.mlir(op.args[1].type)}) -> {e.mlir(out.type)}",
        )

    @staticmethod
    def transpose(t: Any, ct: Any, args: Args, **d: Axes) -> None:
        """The cotangent contracted with the other operand over that one's free axes."""
        left, right = (d["lhs_contract"], d["lhs_batch"]), (d["rhs_contract"], d["rhs_batch"])
        if t.needs(0):
            t.add(0, _cotangent(t.b, ct, args[0], args[1], left, right, first=True))
        if t.needs(1):
            t.add(1, _cotangent(t.b, ct, args[1], args[0], right, left, first=False))

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int, **d: Axes) -> Any:
        """A mapped axis of both is a batch axis; of one, a free axis moved to the front."""
        x, y = args
        moved = {
            key: tuple(i + batched[key.startswith("rhs")] for i in axes) for key, axes in d.items()
        }
        if all(batched):
            moved["lhs_batch"] = (0, *moved["lhs_batch"])
            moved["rhs_batch"] = (0, *moved["rhs_batch"])
            return b.dot_general(x, y, **moved)
        out = b.dot_general(x, y, **moved)
        place = len(d["lhs_batch"])
        if batched[1]:
            place += len(_free(type_at(x).ndim, d["lhs_contract"], d["lhs_batch"]))
        return move_axis(b, out, place, 0)


Pair = tuple[Axes, Axes]


def _cotangent(b: Any, ct: Any, x: Any, y: Any, own: Pair, other: Pair, first: bool) -> Any:
    """The cotangent of operand x beside y; `own`, `other`: their (contracted, batch) axes."""
    x_free, y_free = (
        _free(type_at(x).ndim, *own),
        _free(type_at(y).ndim, *other),
    )
    n = len(own[1])
    start = n + (len(x_free) if first else 0)
    over = tuple(range(start, start + len(y_free)))
    out = b.dot_general(ct, y, **dims(over, y_free, tuple(range(n)), other[1]))
    # axes of `out`: batch, free of x, contracted (in the order in which y has them)
    contracted = [own[0][other[0].index(j)] for j in sorted(other[0])]
    layout = (*own[1], *x_free, *contracted)
    return b.transpose(out, perm=tuple(layout.index(i) for i in range(len(layout))))
