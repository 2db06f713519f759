"""Evaluates what stands beside vectors again, with another matrix in their place.

See anvil.opt.spectral_factors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from anvil.ir.ops.matrices import conj, eye, widened
from anvil.ir.records import Atom, Const, Op, Value
from anvil.ir.types import ArrayType
from anvil.opt.spectral_factors import Factor, Reader, plain_first
from anvil.opt.spectral_slopes import shape_of


class Writer:
    """Emits into `b`; `matrix` takes the place of the vectors that are not conjugated, the unit
    matrix that of the others."""

    def __init__(
        self,
        b: Any,
        reader: Reader,
        matrix: Atom,
        new: Callable[[tuple[Atom, ...]], tuple[Atom, ...]],
    ) -> None:
        self.b, self.reader, self.matrix, self.new = b, reader, matrix, new

    def rebuilt(self, a: Atom, plain: bool) -> Atom:
        """An array with one vector; `plain`: in the place of those that are not conjugated."""
        assert type(a) is Value
        op = self.reader.defs[a]
        if op.kind.name in ("eigh", "svd"):
            return self._root(op, op.outs.index(a), plain)
        with self.b.at(op.loc):
            return _WRITE.get(op.kind.name, _again)(self, op, plain)

    def inside(self, op: Op, k: int, plain: bool) -> Atom:
        """An operand of an op; two vectors meet inside of a product."""
        return self.rebuilt(op.args[k], plain)

    def factor(self, op: Op, k: int = 0) -> Factor:
        """Of an operand."""
        found = self.reader.factor(op.args[k])
        assert found is not None
        return found

    def _root(self, op: Op, k: int, plain: bool) -> Atom:
        b, t = self.b, op.outs[k].type
        assert isinstance(t, ArrayType)
        turned = (op.kind.name, k) == ("svd", 2)
        n = shape_of(self.matrix)[-1]
        if not plain:
            base = shape_of(op.outs[k])[-1 if turned else -2]
            return eye(b, t, base)  # type: ignore[no-any-return]
        if not turned:
            return self.matrix
        axes = len(shape_of(self.matrix))
        perm = (*range(axes - 2), axes - 1, axes - 2)
        assert n
        return conj(b, b.transpose(self.matrix, perm=perm))  # type: ignore[no-any-return]

    def resized(self, a: Atom, axis: int, n: int) -> Atom:
        """An array that is the same along an axis, with another length there."""
        if shape_of(a)[axis] == n:
            return self.new((a,))[0]
        t = a.type
        assert isinstance(t, ArrayType)
        if isinstance(a, Const):
            return Const(t.with_shape(_with(t.shape, axis, n)), a.value)
        op = self.reader.defs[a]
        if op.kind.name == "broadcast":
            attrs = {**op.attrs, "shape": _with(t.shape, axis, n)}
            return self.b.emit("broadcast", self.new(op.args), attrs)  # type: ignore[no-any-return]
        args = tuple(self.resized(x, axis, n) for x in op.args)
        return self.b.emit(op.kind, args, op.attrs)  # type: ignore[no-any-return]

    def alike(self, *args: Atom) -> tuple[Atom, ...]:
        """Operands of one dtype: complex if one is."""
        types = [a.type for a in args]
        wide = [t.dtype for t in types if isinstance(t, ArrayType) and t.dtype.kind == "c"]
        return tuple(widened(self.b, a, wide[0]) for a in args) if wide else args


def _with(shape: tuple[int, ...], axis: int, n: int) -> tuple[int, ...]:
    return (*shape[:axis], n, *shape[axis + 1 :])


def _again(w: Writer, op: Op, plain: bool) -> Atom:
    """As it was: neg, reduce_sum, transpose."""
    return w.b.emit(op.kind, (w.inside(op, 0, plain), *w.new(op.args[1:])), op.attrs)  # type: ignore[no-any-return]


def _conj(w: Writer, op: Op, plain: bool) -> Atom:
    return conj(w.b, w.inside(op, 0, plain))  # type: ignore[no-any-return]


def _complex(w: Writer, op: Op, plain: bool) -> Atom:
    t = op.outs[0].type
    assert isinstance(t, ArrayType)
    return widened(w.b, w.inside(op, 0, plain), t.dtype)  # type: ignore[no-any-return]


def _slice(w: Writer, op: Op, plain: bool) -> Atom:
    x, axis = w.inside(op, 0, plain), w.factor(op).axis
    n = shape_of(x)[axis]
    attrs = {
        "starts": _with(op.attrs["starts"], axis, 0),
        "limits": _with(op.attrs["limits"], axis, n),
        "strides": _with(op.attrs["strides"], axis, 1),
    }
    return w.b.emit("slice", (x,), attrs)  # type: ignore[no-any-return]


def _dynamic_slice(w: Writer, op: Op, plain: bool) -> Atom:
    x, axis = w.inside(op, 0, plain), w.factor(op).axis
    n = shape_of(x)[axis]
    sizes, starts = _with(op.attrs["sizes"], axis, n), list(w.new(op.args[1:]))
    if starts and op.attrs["sizes"][axis] != shape_of(op.args[0])[axis]:
        starts[axis] = w.b.const(0, starts[axis].type)
    return w.b.emit("dynamic_slice", (x, *starts), {"sizes": sizes})  # type: ignore[no-any-return]


def _shaped(w: Writer, op: Op, plain: bool) -> Atom:
    """reshape, broadcast."""
    x, found = w.inside(op, 0, plain), w.reader.factor(op.outs[0])
    assert found is not None
    shape = _with(op.attrs["shape"], found.axis, shape_of(x)[w.factor(op).axis])
    return w.b.emit(op.kind, (x,), {**op.attrs, "shape": shape})  # type: ignore[no-any-return]


def _sum(w: Writer, op: Op, plain: bool) -> Atom:
    args = w.alike(*(w.inside(op, k, plain) for k in (0, 1)))
    return w.b.emit(op.kind, args, op.attrs)  # type: ignore[no-any-return]


def _diagonal(w: Writer, op: Op) -> Atom:
    made, pair = w.reader.defs[op.args[0]], w.reader.factor(op.outs[0])  # type: ignore[index]
    assert pair is not None
    first = plain_first(pair)
    args = w.alike(w.inside(made, 0, first), w.inside(made, 1, not first))
    found = w.b.emit("dot_general", args, made.attrs)
    places = w.b.const(np.arange(shape_of(found)[0])[:, None].repeat(2, 1))
    return w.b.gather(found, places, axes=(0, 1))  # type: ignore[no-any-return]


def _gather(w: Writer, op: Op, plain: bool) -> Atom:
    if op.attrs["axes"] == (0, 1):
        return _diagonal(w, op)
    x, axis = w.inside(op, 0, plain), w.factor(op).axis
    if op.attrs["axes"] != (axis,):
        return w.b.emit("gather", (x, *w.new(op.args[1:])), op.attrs)  # type: ignore[no-any-return]
    rest = (i for i in range(len(shape_of(x))) if i != axis)
    return w.b.transpose(x, perm=(axis, *rest))  # type: ignore[no-any-return]


def _product(w: Writer, op: Op, plain: bool) -> Atom:
    found = w.reader.product(op)
    assert found is not None
    case, k, factor = found
    if case == "pair":
        first = plain_first(factor)
        args = w.alike(w.inside(op, 0, first), w.inside(op, 1, not first))
        return w.b.mul(*args)  # type: ignore[no-any-return]
    if case == "modulus":
        return _modulus(w, op)
    x = w.inside(op, k, plain)
    if case == "weight":
        return x
    axis = w.factor(op, k).axis
    other = w.resized(op.args[1 - k], axis, shape_of(x)[axis])
    args = w.alike(x, other) if k == 0 else w.alike(other, x)
    return w.b.emit(op.kind, args, op.attrs)  # type: ignore[no-any-return]


def _modulus(w: Writer, op: Op) -> Atom:
    """|c|^2 of c = g V^H b: the real part of a product with the conjugate."""
    made = w.reader.defs[op.args[0]]  # type: ignore[index]
    (_, turned), *_ = w.factor(made).of
    x, y = (w.inside(made, 0, side) for side in (not turned, turned))
    y = conj(w.b, y)
    product = w.b.mul(*w.alike(x, y))
    t = product.type
    return w.b.real(product) if t.dtype.kind == "c" else product  # type: ignore[no-any-return]


def _dot(w: Writer, op: Op, plain: bool) -> Atom:
    found = w.reader.contraction(op)
    assert found is not None
    case, k, factor = found
    if case == "pair":
        first = plain_first(factor) if k == 0 else not plain_first(factor)
        args = w.alike(w.inside(op, 0, first), w.inside(op, 1, not first))
        return w.b.emit("dot_general", args, op.attrs)  # type: ignore[no-any-return]
    x, inner = w.inside(op, k, plain), w.factor(op, k)
    if case == "constant":
        other = w.new((op.args[1 - k],))[0]
        args = w.alike(x, other) if k == 0 else w.alike(other, x)
        return w.b.emit("dot_general", args, op.attrs)  # type: ignore[no-any-return]
    axes = len(shape_of(x))
    if case == "diagonal":
        rest = tuple(i for i in range(axes) if i != inner.axis)
        perm = (*rest, inner.axis) if k == 0 else (inner.axis, *rest)
    else:
        batch = op.attrs["lhs_batch" if k == 0 else "rhs_batch"]
        perm = (*batch, *(i for i in range(axes) if i not in batch))
    return w.b.transpose(x, perm=perm)  # type: ignore[no-any-return]


_WRITE: dict[str, Callable[[Writer, Op, bool], Atom]] = {
    "conj": _conj,
    "complex": _complex,
    "convert": _complex,
    "slice": _slice,
    "dynamic_slice": _dynamic_slice,
    "reshape": _shaped,
    "broadcast": _shaped,
    "gather": _gather,
    "add": _sum,
    "sub": _sum,
    "mul": _product,
    "div": _product,
    "dot_general": _dot,
}


__all__ = ["Writer"]
