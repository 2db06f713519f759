"""What an operation *kind* is: one class per op, whose body is the whole record (DESIGN 3).

A kind is never instantiated: its class attributes and static methods are the record.
`__init_subclass__` registers it under `name` and refuses an incomplete one, so an op that is
missing its type rule, evaluation, lowering, derivative or batching rule cannot be imported. The
registry drives the generated tests and the reference pages.

Rules receive what they need as arguments (builder `b`, emitter `e`, transposer `t`), so
declarations import nothing upward:

    type(*types, **attrs)                       result type(s); raises RuleError with one sentence
    numpy(*arrays, **attrs)                     reference semantics
    evaluate(ev, op, args)                      instead of numpy, for kinds with regions or callees
    hlo                                         "stablehlo.name", hlo(e, op), or JaxFunction
    decompose(b, *args, **attrs)                in terms of other kinds, used by the lowering; None
                                                = use hlo
    simplify(b, args, attrs)                    exact peephole at birth; None = emit
    partials = (p0, p1, ...)                    elementwise: p_i(b, y, *args) = dy/dx_i, None for 0
    jvp(b, args, outs, tangents, **attrs)       tangents of the outputs; None is a symbolic zero
    linear = (i, ...)                           operands the kind is linear in (of any number of
                                                operands: linear_in(args)), with
    transpose(t, ct, args, **attrs)             which adds into their accumulators
    vjp(t, cts, args, outs, **attrs)            override of the derived reverse rule
    kinks = ((x, ..., dy/dx, ...), ...)         conventions where an elementwise kind is not smooth
    batch(b, args, batched, size, **attrs)      mapped operands carry the mapped axis at 0, so do
                                                results
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from anvil.ir.records import Atom, Op
from anvil.ir.types import DType, Type

if TYPE_CHECKING:
    from anvil.ir.builder import Builder

Rule = Callable[..., Any]
K = TypeVar("K", bound="type[OpKind]")


class RuleError(Exception):
    """A type rule refused its operands; one sentence that names dtypes and shapes."""


@dataclass(frozen=True, slots=True)
class JaxFunction:
    """How a kind outside anvil's purpose is lowered: as jax lowers the function at `path`, a dotted
    name inside jax. `arguments` makes its keyword arguments from the op's attributes; `outs` picks
    the results by their places, where jax gives others.
    """

    path: str
    arguments: Callable[..., Mapping[str, Any]] = lambda **attrs: attrs
    outs: tuple[int, ...] = ()


class Transposer(Protocol):
    """What transpose and vjp rules write to: an accumulator per operand of the reversed op."""

    b: Builder

    def needs(self, i: int) -> bool:
        """Whether operand `i` wants a cotangent."""

    def add(self, i: int, ct: Atom | None) -> None:
        """Adds a dense cotangent to operand `i`'s accumulator (None adds nothing)."""

    def update(self, i: int, into: Callable[[Atom], Atom]) -> None:
        """Replaces operand `i`'s accumulator `a` by `into(a)`: adds to a part of it, in place."""


class OpKind:
    """Base of all op kinds. Subclass with the fields described in the module docstring."""

    name: ClassVar[str] = ""
    python: ClassVar[tuple[Any, ...]] = ()
    attrs: ClassVar[Mapping[str, Any]] = {}
    dtypes: ClassVar[tuple[DType, ...]] = ()
    samples: ClassVar[Any] = None
    at_kinks: ClassVar[str] = ""
    kinks: ClassVar[tuple[tuple[float, ...], ...]] = ()
    """Where an elementwise derivative is a convention: rows of operands, then partials."""
    labels: ClassVar[tuple[str, ...]] = ()
    structural: ClassVar[bool] = False
    terminator: ClassVar[bool] = False
    foldable: ClassVar[bool] = False
    keep: ClassVar[str] = ""
    linear: ClassVar[tuple[int, ...]] = ()
    nondiff: ClassVar[bool] = False
    formula: ClassVar[bool] = False
    """Whether `numpy` is the decomposition run on arrays: NumPy source spells that out."""
    partials: ClassVar[tuple[Any, ...] | None] = None
    source: ClassVar[str] = ""
    """How NumPy source spells the op: a format of operands {0}, {1} ... and attributes by name; by
    default its NumPy function. Spellings that depend on shapes are in `anvil.lower.numpy_ops`."""
    type: ClassVar[Any] = None
    numpy: ClassVar[Any] = None
    evaluate: ClassVar[Any] = None
    hlo: ClassVar[Any] = None
    decompose: ClassVar[Any] = None
    simplify: ClassVar[Any] = None
    jvp: ClassVar[Any] = None
    transpose: ClassVar[Any] = None
    vjp: ClassVar[Any] = None
    batch: ClassVar[Any] = None
    literal: ClassVar[Any] = None
    determined: ClassVar[Any] = None
    """determined(b, *outs): what of the results does not depend on a choice (of phases, of bases),
    where not all does; derivatives are compared of this."""

    def __init_subclass__(cls, abstract: bool = False) -> None:
        if abstract:
            return
        missing = [what for what, present in _requirements(cls) if not present]
        if missing:
            raise TypeError(f"op kind {cls.__name__} lacks: {', '.join(missing)}")
        if cls.name in REGISTRY:
            raise TypeError(f"op kind {cls.name!r} is declared twice")
        REGISTRY[cls.name] = cls
        for fn in cls.python:
            PYTHON.setdefault(fn, cls)


def _requirements(cls: type[OpKind]) -> Sequence[tuple[str, object]]:
    derivative = (
        cls.nondiff or cls.partials is not None or cls.jvp or (cls.linear and cls.transpose)
    )
    basic: list[tuple[str, object]] = [
        ("name", cls.name),
        ("docstring", cls.__doc__),
        ("numpy or evaluate", cls.numpy or cls.evaluate),
    ]
    if cls.structural:
        return basic
    return [
        *basic,
        ("type", cls.type),
        ("hlo or decompose", cls.hlo or cls.decompose),
        ("partials, jvp, linear + transpose or nondiff", derivative),
        ("batch", cls.batch),
        ("samples", cls.samples is not None),
    ]


REGISTRY: dict[str, type[OpKind]] = {}
"""Every op kind by name."""

PYTHON: dict[Any, type[OpKind]] = {}
"""The op kind that a NumPy, math or builtin callable stands for, by identity."""


def kind_named(name: str) -> type[OpKind]:
    """The op kind called `name`. Raises KeyError."""
    return REGISTRY[name]


def types_of(args: Sequence[Atom]) -> tuple[Type, ...]:
    """Types of atoms."""
    return tuple(a.type for a in args)


def is_kind(op: Op, *names: str) -> bool:
    """Whether the op's kind has one of these names."""
    return op.kind.name in names
