"""Families of op kinds: what most ops share, so that a declaration is only what is particular to it.

    Elementwise    operands of one shape; `partials`, type and batching supplied
    Compare        elementwise with a bool result and no derivative
    Linear         jvp is the op itself applied to the tangents of its linear operands
    Reduction      [axes] disappear; Movement: rearranges the elements of its first operand
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from anvil.ir.opkind import OpKind, RuleError
from anvil.ir.records import Atom, Const, Value
from anvil.ir.types import ALL_DTYPES, BOOL, ArrayType, DType, Shape, Type, array

Batched = Sequence[bool]


def arrays(name: str, types: Sequence[Type]) -> tuple[ArrayType, ...]:
    """The operand types as array types, or RuleError."""
    for t in types:
        if not isinstance(t, ArrayType):
            raise RuleError(f"{name} expects arrays, got {t}")
    return tuple(types)  # type: ignore[arg-type]


def same_shape(name: str, types: Sequence[ArrayType]) -> Shape:
    """The common shape of the operands, or RuleError."""
    shape = types[0].shape
    if any(t.shape != shape for t in types):
        raise RuleError(f"{name} expects operands of one shape, got {', '.join(map(str, types))}")
    return shape


def expand_unbatched(b: Any, args: Sequence[Atom], batched: Batched, size: int) -> list[Atom]:
    """All operands with the mapped axis in front: unmapped ones are broadcast along it."""
    out = []
    for a, mapped in zip(args, batched, strict=True):
        out.append(a if mapped else add_axis(b, a, size))
    return out


def add_axis(b: Any, x: Atom, size: int) -> Atom:
    """`x` repeated `size` times along a new axis 0."""
    t = x.type
    assert isinstance(t, ArrayType)
    shape = (size, *t.shape)
    if isinstance(x, Const):
        return Const(t.with_shape(shape), x.value)
    out: Atom = b.broadcast(x, shape=shape, dims=tuple(range(1, t.ndim + 1)))
    return out


class Elementwise(OpKind, abstract=True):
    """An op that maps operands of one shape and dtype to a result of that shape, element by element."""

    foldable = True
    result: ClassVar[DType | None] = None
    """Dtype of the result where it is not that of the operands."""

    @classmethod
    def type(cls, *types: Type, **attrs: Any) -> Type:
        """One shape, one dtype out of `dtypes`."""
        ts = arrays(cls.name, types)
        shape = same_shape(cls.name, ts)
        dtype = ts[0].dtype
        if any(t.dtype is not dtype for t in ts):
            raise RuleError(
                f"{cls.name} expects operands of one dtype, got {', '.join(map(str, ts))}"
            )
        if dtype not in cls.dtypes:
            raise RuleError(f"{cls.name} is not defined for {dtype}")
        return array(cls.result or dtype, shape)

    @classmethod
    def literal(cls, args: Sequence[Any]) -> ArrayType | None:
        """Python numbers take the type of the first operand that has one."""
        for a in args:
            if isinstance(a, Value | Const) and isinstance(a.type, ArrayType):
                return a.type
        return None

    @classmethod
    def batch(
        cls, b: Any, args: Sequence[Atom], batched: Batched, size: int, **attrs: Any
    ) -> Atom:
        """The op itself on operands that all carry the mapped axis."""
        out: Atom = b.emit(cls, expand_unbatched(b, args, batched, size), attrs)
        return out

    @classmethod
    def jvp(
        cls, b: Any, args: Sequence[Atom], outs: Sequence[Atom], tangents: Sequence[Any], **attrs: Any
    ) -> Atom | None:
        """The sum over operands of tangent times partial derivative."""
        total: Atom | None = None
        assert cls.partials is not None
        for t, partial in zip(tangents, cls.partials, strict=True):
            if t is None:
                continue
            p = partial(b, outs[0], *args, **attrs)
            if p is None:
                continue
            term = b.scale(t, p)
            total = term if total is None else b.add(total, term)
        return total


class Compare(Elementwise, abstract=True):
    """An elementwise predicate; its derivative is zero everywhere it exists."""

    result = BOOL
    dtypes = ALL_DTYPES
    nondiff = True


class Linear(OpKind, abstract=True):
    """An op linear in the operands `linear` (jointly): its jvp is itself on their tangents."""

    @classmethod
    def jvp(
        cls, b: Any, args: Sequence[Atom], outs: Sequence[Atom], tangents: Sequence[Any], **attrs: Any
    ) -> Atom | None:
        """The op with tangents (zeros where symbolic) in its linear operands."""
        if all(tangents[i] is None for i in cls.linear_in(args)):
            return None
        moved = list(args)
        for i in cls.linear_in(args):
            t = tangents[i]
            moved[i] = b.zeros_like(args[i]) if t is None else t
        out: Atom = b.emit(cls, moved, attrs)
        return out

    @classmethod
    def linear_in(cls, args: Sequence[Atom]) -> Sequence[int]:
        """Indices of the linear operands; ops of any arity override."""
        return cls.linear


def axes_type(name: str, t: ArrayType, axes: Sequence[int]) -> ArrayType:
    """The type of a reduction over `axes`, or RuleError."""
    if len(set(axes)) != len(axes) or any(not 0 <= a < t.ndim for a in axes):
        raise RuleError(f"{name} over axes {tuple(axes)} of {t}: no such axes")
    return t.drop(tuple(axes))


class Reduction(OpKind, abstract=True):
    """Combines the elements along `axes`, which disappear."""

    attrs = {"axes": ()}

    @classmethod
    def type(cls, x: Type, *, axes: tuple[int, ...]) -> Type:
        """The operand's type without `axes`."""
        (t,) = arrays(cls.name, (x,))
        if t.dtype not in cls.dtypes:
            raise RuleError(f"{cls.name} is not defined for {t.dtype}")
        return axes_type(cls.name, t, axes)

    @classmethod
    def batch(
        cls, b: Any, args: Sequence[Atom], batched: Batched, size: int, *, axes: tuple[int, ...]
    ) -> Atom:
        """The same reduction, its axes moved by one."""
        out: Atom = b.emit(cls, args, {"axes": tuple(a + 1 for a in axes)})
        return out
