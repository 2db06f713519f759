"""Types of IR values: arrays of static shape, effect tokens and loop histories.

Every type is interned: two equal types are the same object, so types are compared with `is` and
hash in constant time.

    f64[3, 4]                 an array; `f64` alone is a scalar (shape ())
    token                     orders effects; lowers to an i32 that names the first failed check
    hist<for; f64, i64[3]>    whatever lets the reverse of a loop be run (DESIGN 5); states in order
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Shape = tuple[int, ...]
Array = npt.NDArray[Any]


class DType:
    """An element type. Interned: compare with `is`. `kind` is one of b (bool), i, u, f, c."""

    __slots__ = ("bits", "kind", "name", "np")

    def __init__(self, name: str, np_name: str, kind: str, bits: int) -> None:
        self.name = name
        self.np: np.dtype[Any] = np.dtype(np_name)
        self.kind = kind
        self.bits = bits

    def __repr__(self) -> str:
        return self.name

    @property
    def inexact(self) -> bool:
        """Whether values of this dtype carry derivatives (float or complex)."""
        return self.kind in "fc"

    @property
    def real(self) -> DType:
        """The dtype of the real part."""
        return {"c64": F32, "c128": F64}.get(self.name, self)


BOOL: Final = DType("bool", "bool", "b", 8)
I8: Final = DType("i8", "int8", "i", 8)
I16: Final = DType("i16", "int16", "i", 16)
I32: Final = DType("i32", "int32", "i", 32)
I64: Final = DType("i64", "int64", "i", 64)
U8: Final = DType("u8", "uint8", "u", 8)
U16: Final = DType("u16", "uint16", "u", 16)
U32: Final = DType("u32", "uint32", "u", 32)
U64: Final = DType("u64", "uint64", "u", 64)
F16: Final = DType("f16", "float16", "f", 16)
F32: Final = DType("f32", "float32", "f", 32)
F64: Final = DType("f64", "float64", "f", 64)
C64: Final = DType("c64", "complex64", "c", 64)
C128: Final = DType("c128", "complex128", "c", 128)

DTYPES: Final[dict[str, DType]] = {
    d.name: d for d in (BOOL, I8, I16, I32, I64, U8, U16, U32, U64, F16, F32, F64, C64, C128)
}
_BY_NUMPY: Final[dict[np.dtype[Any], DType]] = {d.np: d for d in DTYPES.values()}

FLOATS: Final = (F16, F32, F64)
COMPLEXES: Final = (C64, C128)
INTS: Final = (I8, I16, I32, I64)
UINTS: Final = (U8, U16, U32, U64)
INTEGERS: Final = INTS + UINTS
INEXACT: Final = FLOATS + COMPLEXES
REALS: Final = INTEGERS + FLOATS
NUMBERS: Final = INTEGERS + INEXACT
ALL_DTYPES: Final = (BOOL, *NUMBERS)


def dtype_of(dtype: npt.DTypeLike) -> DType:
    """The IR dtype of a NumPy dtype. Raises KeyError when anvil has none (object, str, longdouble
    ...)."""
    return _BY_NUMPY[np.dtype(dtype)]


class Type:
    """Base of all IR types."""

    __slots__ = ()


class ArrayType(Type):
    """An array of static shape. Build with `array(dtype, shape)`, never directly."""

    __slots__ = ("dtype", "ndim", "shape", "size")

    def __init__(self, dtype: DType, shape: Shape) -> None:
        self.dtype = dtype
        self.shape = shape
        self.ndim = len(shape)
        self.size = math.prod(shape)

    def __repr__(self) -> str:
        if not self.shape:
            return self.dtype.name
        return f"{self.dtype.name}[{','.join(map(str, self.shape))}]"

    def with_shape(self, shape: Shape) -> ArrayType:
        """The same dtype with another shape."""
        return array(self.dtype, shape)

    def with_dtype(self, dtype: DType) -> ArrayType:
        """The same shape with another dtype."""
        return array(dtype, self.shape)

    def drop(self, axes: tuple[int, ...]) -> ArrayType:
        """The type without `axes`."""
        return array(self.dtype, tuple(n for i, n in enumerate(self.shape) if i not in axes))


class TokenType(Type):
    """The type of effect tokens (`TOKEN` is its one instance)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "token"


class HistType(Type):
    """The history of a loop: the states its body was entered with. Build with `hist(...)`."""

    __slots__ = ("counted", "states")

    def __init__(self, states: tuple[Type, ...], counted: bool) -> None:
        self.states = states
        self.counted = counted

    def __repr__(self) -> str:
        kind = "for" if self.counted else "while"
        return f"hist<{kind}; {', '.join(map(repr, self.states))}>"


TOKEN: Final = TokenType()


class TokenState(int):
    """An effect token at run time: 0, or the site of the first check that failed, with the values
    that it carried.
    """

    values: tuple[Any, ...] = ()

    @classmethod
    def failed(cls, site: int, values: tuple[Any, ...]) -> TokenState:
        """The token after a check that failed."""
        token = cls(site)
        token.values = values
        return token

    @classmethod
    def of(cls, value: Any) -> TokenState:
        """A token of a plain number; tokens as they are."""
        return value if isinstance(value, cls) else cls(value)


_ARRAYS: dict[tuple[DType, Shape], ArrayType] = {}


def array(dtype: DType, shape: Shape = ()) -> ArrayType:
    """The interned array type of this dtype and shape."""
    key = (dtype, shape)
    found = _ARRAYS.get(key)
    if found is None:
        found = _ARRAYS.setdefault(key, ArrayType(dtype, tuple(int(n) for n in shape)))
    return found


@cache
def hist(states: tuple[Type, ...], counted: bool) -> HistType:
    """The interned history type of a `for` (counted) or `while` loop with these carried types."""
    return HistType(states, counted)


def type_of(value: Any) -> ArrayType:
    """The array type of a NumPy array, NumPy scalar or Python number (ints are i64, floats f64)."""
    a = np.asarray(value)
    return array(dtype_of(a.dtype), a.shape)
