"""Families of op kinds: what most ops share, so that a declaration is only what is particular.

Elementwise    operands of one shape; `partials`, type, literals, folding and batching supplied
Compare        elementwise with a bool result and no derivative
Linear         jvp is the op itself applied to the tangents of its linear operands, jointly
Bilinear       linear in each of the operands `linear` by itself
Reduction      [axes] disappear
Movement       rearranges or repeats the elements of its first operand, whatever their dtype
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from inspect import signature
from typing import Any, ClassVar

import numpy as np

from anvil.ir.opkind import OpKind, RuleError
from anvil.ir.records import Atom, Const, Value
from anvil.ir.types import ALL_DTYPES, BOOL, ArrayType, DType, Shape, Type, array

Batched = Sequence[bool]
Args = Sequence[Any]
Axes = tuple[int, ...]


def arrays(name: str, types: Sequence[Type]) -> tuple[ArrayType, ...]:
    """The operand types as array types, or RuleError."""
    for t in types:
        if not isinstance(t, ArrayType):
            raise RuleError(f"{name} expects arrays, got {t}")
    return tuple(types)  # type: ignore[arg-type]


def type_at(a: Any) -> ArrayType:
    """The array type of an atom that has passed its op's type rule."""
    t: ArrayType = a.type
    return t


def same_shape(name: str, types: Sequence[ArrayType]) -> Shape:
    """The common shape of the operands, or RuleError."""
    shape = types[0].shape
    if any(t.shape != shape for t in types):
        raise RuleError(f"{name} expects operands of one shape, got {', '.join(map(str, types))}")
    return shape


def same_dtype(name: str, types: Sequence[ArrayType]) -> DType:
    """The common dtype of the operands, or RuleError."""
    dtype = types[0].dtype
    if any(t.dtype is not dtype for t in types):
        raise RuleError(f"{name} expects operands of one dtype, got {', '.join(map(str, types))}")
    return dtype


def check_dtype(kind: type[OpKind], dtype: DType) -> DType:
    """`dtype`, or RuleError if the kind is not defined for it."""
    if dtype not in kind.dtypes:
        known = ", ".join(d.name for d in kind.dtypes)
        raise RuleError(f"{kind.name} is not defined for {dtype}, only for {known}")
    return dtype


def check_axes(name: str, t: ArrayType, axes: Sequence[int]) -> None:
    """RuleError unless `axes` are distinct axes of `t`."""
    if len(set(axes)) != len(axes) or any(not 0 <= a < t.ndim for a in axes):
        raise RuleError(f"{name} over axes {tuple(axes)} of {t}: no such axes")


def expand_unbatched(b: Any, args: Sequence[Atom], batched: Batched, size: int) -> list[Atom]:
    """All operands with the mapped axis in front: unmapped ones are broadcast along it."""
    return [a if mapped else add_axis(b, a, size) for a, mapped in zip(args, batched, strict=True)]


def add_axis(b: Any, x: Atom, size: int) -> Atom:
    """`x` repeated `size` times along a new axis 0."""
    t = type_at(x)
    shape = (size, *t.shape)
    if isinstance(x, Const):
        return Const(t.with_shape(shape), x.value)
    out: Atom = b.broadcast(x, shape=shape, dims=tuple(range(1, t.ndim + 1)))
    return out


def move_axis(b: Any, x: Atom, source: int, target: int) -> Atom:
    """`x` with one axis moved, as np.moveaxis."""
    order = [i for i in range(type_at(x).ndim) if i != source]
    order.insert(target, source)
    out: Atom = b.transpose(x, perm=tuple(order))
    return out


def is_const(a: Any, *values: Any) -> bool:
    """Whether an atom is a splat of one of `values`, which its dtype has; zeros are told apart by
    their sign.
    """
    if type(a) is not Const:
        return False
    x = a.value
    return any(x == v and (x != 0 or _sign(x) == _sign(v)) for v in values)


def _sign(zero: complex) -> tuple[float, float]:
    return math.copysign(1.0, zero.real), math.copysign(1.0, zero.imag)


def made_by(b: Any, a: Any, *names: str) -> Sequence[Any] | None:
    """The operands of the op that made `a`, if its kind is one of these and none is constant."""
    op = b.producer(a)
    if op is None or op.kind.name not in names or any(isinstance(x, Const) for x in op.args):
        return None
    found: Sequence[Any] = op.args
    return found


# ---- elementwise


def real_dtype(dtype: DType) -> DType:
    """The dtype of the real part."""
    return dtype.real


@cache
def operand_count(cls: Any) -> int:
    """The number of operands of an elementwise kind: that of its NumPy function."""
    if isinstance(cls.numpy, np.ufunc):
        return int(cls.numpy.nin)
    params = signature(cls.numpy).parameters.values()
    return sum(p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty for p in params)


_TYPES: dict[object, ArrayType] = {}


def _elementwise_type(cls: type[Elementwise], /, *types: Type, **attrs: Any) -> Type:
    """Found once per kind and operand types, which are interned."""
    found = _TYPES.get((cls, types))
    if found is None:
        ts = arrays(cls.name, types)
        kind: Any = cls
        n = operand_count(kind)
        if len(ts) != n:
            raise RuleError(f"{cls.name} takes {n} operand{'s' * (n != 1)}, got {len(ts)}")
        shape = same_shape(cls.name, ts)
        dtype = check_dtype(cls, same_dtype(cls.name, ts))
        found = _TYPES[cls, types] = array(cls.result_dtype(dtype), shape)
    return found


def _literal(cls: type[OpKind], args: Args) -> ArrayType | None:
    for a in args:
        if isinstance(a, Value | Const) and isinstance(a.type, ArrayType):
            return a.type
    return None


def _elementwise_batch(
    cls: type[OpKind], /, b: Any, args: Args, batched: Batched, size: int, **attrs: Any
) -> Any:
    return b.emit(cls, expand_unbatched(b, args, batched, size), attrs)


def _elementwise_jvp(
    cls: type[OpKind], /, b: Any, args: Args, outs: Args, tangents: Args, **attrs: Any
) -> Any:
    total = None
    for t, partial in zip(tangents, cls.partials or (), strict=True):
        p = None if t is None or partial is None else partial(b, outs[0], *args, **attrs)
        if p is not None:
            term = b.scale(t, p)
            total = term if total is None else b.add(total, term)
    return total


class Elementwise(OpKind, abstract=True):
    """Maps operands of one shape and dtype to a result of that shape, element by element.

    `result` is the result's dtype, or a function of the operands', where it is not the same.
    """

    foldable = True
    result: ClassVar[Any] = None

    type: ClassVar[Any] = classmethod(_elementwise_type)
    literal: ClassVar[Any] = classmethod(_literal)
    batch: ClassVar[Any] = classmethod(_elementwise_batch)
    jvp: ClassVar[Any] = classmethod(_elementwise_jvp)

    @classmethod
    def result_dtype(cls, dtype: DType) -> DType:
        """The dtype of the result for operands of `dtype`."""
        if cls.result is None:
            return dtype
        found: DType = cls.result if isinstance(cls.result, DType) else cls.result(dtype)
        return found


class Compare(Elementwise, abstract=True):
    """An elementwise predicate; it has no derivative."""

    result = BOOL
    dtypes: ClassVar[tuple[DType, ...]] = ALL_DTYPES
    nondiff = True


# ---- linear


def _linear_jvp(
    cls: type[OpKind], /, b: Any, args: Args, outs: Args, tangents: Args, **attrs: Any
) -> Any:
    where = linear_operands(cls, args)
    if all(tangents[i] is None for i in where):
        return None
    moved = list(args)
    for i in where:
        moved[i] = b.zeros_like(args[i]) if tangents[i] is None else tangents[i]
    return b.emit(cls, moved, attrs)


def linear_operands(kind: type[OpKind], args: Args) -> Sequence[int]:
    """Indices of the operands that an op is linear in; kinds of any arity have `linear_in`."""
    find = getattr(kind, "linear_in", None)
    found: Sequence[int] = find(args) if find is not None else kind.linear
    return found


class Linear(OpKind, abstract=True):
    """An op linear in the operands `linear` (jointly): its jvp is itself on their tangents."""

    jvp: ClassVar[Any] = classmethod(_linear_jvp)


def _bilinear_jvp(
    cls: type[OpKind], /, b: Any, args: Args, outs: Args, tangents: Args, **attrs: Any
) -> Any:
    total = None
    for i in cls.linear:
        if tangents[i] is not None:
            moved = list(args)
            moved[i] = tangents[i]
            term = b.emit(cls, moved, attrs)
            total = term if total is None else b.add(total, term)
    return total


class Bilinear(OpKind, abstract=True):
    """An op linear in each of the operands `linear` while the others stand still."""

    jvp: ClassVar[Any] = classmethod(_bilinear_jvp)


# ---- reductions and movements


def _reduction_type(cls: type[OpKind], x: Type, *, axes: Axes) -> Type:
    (t,) = arrays(cls.name, (x,))
    check_dtype(cls, t.dtype)
    check_axes(cls.name, t, axes)
    return t.drop(axes)


def _reduction_batch(
    cls: type[OpKind], b: Any, args: Args, batched: Batched, size: int, *, axes: Axes
) -> Any:
    return b.emit(cls, args, {"axes": tuple(a + 1 for a in axes)})


def _reduction_simplify(cls: type[OpKind], b: Any, args: Args, attrs: Any) -> Any:
    """Over axes of length 1 only, a reduction is a reshape."""
    (x,), axes = args, attrs["axes"]
    t = type_at(x)
    if all(t.shape[a] == 1 for a in axes):
        return b.reshape(x, shape=t.drop(axes).shape)
    return None


class Reduction(OpKind, abstract=True):
    """Combines the elements along `axes`, which disappear."""

    attrs = {"axes": ()}
    type: ClassVar[Any] = classmethod(_reduction_type)
    batch: ClassVar[Any] = classmethod(_reduction_batch)
    simplify: ClassVar[Any] = classmethod(_reduction_simplify)


class Movement(Linear, abstract=True):
    """Rearranges or repeats the elements of its first operand; linear in it, for every dtype."""

    dtypes: ClassVar[tuple[DType, ...]] = ALL_DTYPES
    linear: ClassVar[tuple[int, ...]] = (0,)


def broadcast_back(b: Any, y: Atom, x: Atom, axes: Axes) -> Any:
    """`y`, a reduction of `x` over `axes`, repeated along them to the shape of `x`."""
    shape = type_at(x).shape
    dims = tuple(i for i in range(len(shape)) if i not in axes)
    return b.broadcast(y, shape=shape, dims=dims)
