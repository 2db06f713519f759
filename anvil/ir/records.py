"""The records of a program: immutable, compared by identity, rebuilt by passes and never mutated.

    Program -> Func -> Region -> Op -> Atom (Value | Const)

A `Value` is defined once, by an `Op` or as a region parameter; its identity is its name. There are
no parent pointers and no use lists: analyses (`anvil.ir.analysis`) are pure functions of the
records.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from anvil.ir.loc import AnyLoc
from anvil.ir.types import Array, ArrayType, DType, Type

if TYPE_CHECKING:
    from anvil.ir.opkind import OpKind


APART: Final = "anvil.apart."
"""How the names of functions begin whose calls XLA must not inline: nothing is fused with them."""


@dataclass(frozen=True, slots=True)
class FuncRef:
    """A reference to a function of the program by name; prints as `@name`."""

    name: str

    def __repr__(self) -> str:
        return f"@{self.name}"


class ArrayData:
    """The contents of a `const` op: a read-only array compared and hashed by dtype, shape and
    bytes."""

    __slots__ = ("_hash", "data")

    def __init__(self, data: Any) -> None:
        copy = np.array(data, order="C")
        copy.flags.writeable = False
        self.data: Array = copy
        self._hash = 0

    @property
    def digest(self) -> str:
        """Hexadecimal content hash, the name of the array in side files of text programs."""
        h = hashlib.sha256(f"{self.data.dtype.str}{self.data.shape}".encode())
        h.update(self.data.tobytes())
        return h.hexdigest()[:16]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ArrayData):
            return NotImplemented
        a, b = self.data, other.data
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()

    def __hash__(self) -> int:
        if not self._hash:
            self._hash = hash((self.data.dtype.str, self.data.shape, self.data.tobytes()))
        return self._hash

    def __repr__(self) -> str:
        return f"ArrayData({self.data.tolist()!r})"


Attr: TypeAlias = (
    "int | float | bool | str | Type | DType | FuncRef | ArrayData | tuple[Attr, ...] | None"
)
Attrs: TypeAlias = Mapping[str, Any]
Scalar: TypeAlias = bool | int | float | complex


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A value defined once; `hint` is the Python variable's name, for printing only."""

    type: Type
    hint: str = ""


class Const:
    """A literal of an array type, all of whose elements equal `value` (a splat).

    Two constants are equal when type and bits are: 0.0 and -0.0 differ, nan equals itself.
    """

    __slots__ = ("_hash", "key", "type", "value")

    def __init__(self, type: ArrayType, value: Scalar) -> None:
        self.type = type
        kind = type.dtype.kind
        cast: Scalar
        if kind == "b":
            cast = bool(value)
        elif kind in "iu":
            cast = int(value)  # type: ignore[arg-type]
        elif kind == "f":
            cast = float(value)  # type: ignore[arg-type]
            if type.dtype.bits < 64:
                with np.errstate(over="ignore"):
                    cast = float(type.dtype.np.type(cast))
        else:
            cast = complex(type.dtype.np.type(complex(value)))
        self.value: Scalar = cast
        self.key = (type, _bits(cast))
        self._hash = hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Const) and self.key == other.key

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Const({self.type}, {self.value!r})"


def _bits(value: Scalar) -> object:
    if isinstance(value, float):
        if value != value:
            return "nan"
        return (value, math.copysign(1.0, value)) if value == 0.0 else value
    if isinstance(value, complex):
        return (_bits(value.real), _bits(value.imag))
    return value


Atom: TypeAlias = Value | Const


@dataclass(frozen=True, slots=True, eq=False)
class Op:
    """One operation: its kind's class, operands, results, attributes, regions and location."""

    kind: type[OpKind]
    args: tuple[Atom, ...]
    outs: tuple[Value, ...]
    attrs: Attrs
    regions: tuple[Region, ...]
    loc: AnyLoc


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Region:
    """A list of operations with parameters; the last op is `yield` (`return` for a function's
    body)."""

    label: str
    params: tuple[Value, ...]
    ops: tuple[Op, ...]

    @property
    def results(self) -> tuple[Atom, ...]:
        """Operands of the terminator."""
        return self.ops[-1].args


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a function came from: the Python function's name, or a transform of another
    (`grad(@f)`)."""

    text: str
    loc: AnyLoc


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Func:
    """A function: `params` are the body region's parameters, `results` the types it returns."""

    name: str
    params: tuple[Value, ...]
    results: tuple[Type, ...]
    body: Region
    origin: Origin


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Program:
    """Functions by name, the entry's name and the stage, which fixes the legal op kinds."""

    funcs: Mapping[str, Func]
    entry: str
    stage: str

    @property
    def main(self) -> Func:
        """The entry function."""
        return self.funcs[self.entry]
