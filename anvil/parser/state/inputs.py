"""What may be passed to a compiled function, or captured by one: one table, accepted or refused.

The rows that are refused decide (`refuse`); the documentation lists all of them, and the tests try
each.
"""

from __future__ import annotations

import array
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from anvil.errors import error
from anvil.ir.types import DTYPES, dtype_of


@dataclass(frozen=True, slots=True)
class Accepted:
    """A kind of input, and what it is in compiled code."""

    title: str
    inside: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A kind of input that compiled code cannot take: how to tell it, why, and what to pass."""

    title: str
    matches: Callable[[Any], bool]
    why: str
    hint: str


def _module(value: Any) -> str:
    return type(value).__module__.split(".")[0]


def _kind(kinds: str) -> Callable[[Any], bool]:
    """NumPy arrays and scalars whose dtype is of one of these kinds."""

    def matches(value: Any) -> bool:
        if not isinstance(value, np.ndarray):
            return False
        return value.dtype.kind in kinds and (kinds != "V" or value.dtype.names is not None)

    return matches


def _subclass(value: Any) -> bool:
    return isinstance(value, np.ndarray) and type(value) not in (np.ndarray, np.memmap)


def _swapped(value: Any) -> bool:
    return isinstance(value, np.ndarray) and not value.dtype.isnative


def _extended(value: Any) -> bool:
    if not isinstance(value, np.ndarray | np.generic) or value.dtype.kind not in "fc":
        return False
    return value.dtype.itemsize > (8 if value.dtype.kind == "f" else 16)


def _jax_key(value: Any) -> bool:
    dtype = getattr(value, "dtype", None)
    return _is_jax(value) and type(dtype).__name__ == "KeyTy"


def _is_jax(value: Any) -> bool:
    return _module(value) in ("jax", "jaxlib") and hasattr(value, "dtype")


def _unknown_dtype(value: Any) -> bool:
    if not isinstance(value, np.ndarray) and not (_is_jax(value) and hasattr(value, "shape")):
        return False
    try:
        dtype_of(value.dtype)
    except (KeyError, TypeError):
        return True
    return False


def _number_subclass(value: Any) -> bool:
    if isinstance(value, np.generic | Enum):
        return False
    return isinstance(value, int | float | complex) and type(value) not in (
        bool,
        int,
        float,
        complex,
    )


_KNOWN = ", ".join(d.np.name for d in DTYPES.values())
_OWN = "The class defines operations of its own; compiled code has NumPy's."

REFUSED: tuple[Refused, ...] = (
    Refused(
        "masked arrays",
        lambda v: isinstance(v, np.ma.MaskedArray),
        _OWN,
        "pass x.filled(value), or x.data and x.mask as two arguments",
    ),
    Refused(
        "np.matrix",
        lambda v: isinstance(v, np.matrix),
        "Its `*` is a matrix product and its slices keep two axes; compiled code has arrays.",
        "pass np.asarray(x)",
    ),
    Refused("other subclasses of ndarray", _subclass, _OWN, "pass np.asarray(x)"),
    Refused(
        "structured arrays",
        _kind("V"),
        f"Compiled code computes with {_KNOWN}.",
        "pass the fields: {name: x[name] for name in x.dtype.names}",
    ),
    Refused(
        "arrays of strings or bytes",
        _kind("US"),
        f"Compiled code computes with {_KNOWN}.",
        "pass numbers that stand for them: np.unique(x, return_inverse=True)",
    ),
    Refused(
        "arrays of objects",
        _kind("O"),
        f"Compiled code computes with {_KNOWN}.",
        "pass a list, or an array of one of these: x.astype(float)",
    ),
    Refused(
        "dates and time differences",
        _kind("Mm"),
        f"Compiled code computes with {_KNOWN}.",
        'pass numbers: x.astype("int64"), or (x - x[0]) / np.timedelta64(1, "s")',
    ),
    Refused(
        "arrays of the other byte order",
        _swapped,
        f"Compiled code computes with {_KNOWN}.",
        'pass x.astype(x.dtype.newbyteorder("="))',
    ),
    Refused(
        "long double",
        _extended,
        f"Compiled code computes with {_KNOWN}.",
        "pass np.float64 (or np.complex128): x.astype(np.float64)",
    ),
    Refused(
        "keys of jax.random",
        _jax_key,
        "A key is no array of numbers.",
        "pass jax.random.key_data(key), or the random numbers",
    ),
    Refused(
        "other dtypes (bfloat16, float8 ...)",
        _unknown_dtype,
        f"Compiled code computes with {_KNOWN}.",
        "pass x.astype(np.float32)",
    ),
    Refused(
        "subclasses of int, float and complex",
        _number_subclass,
        "The class may define operations of its own; compiled code has Python's.",
        "pass the number: float(x) or int(x)",
    ),
    Refused(
        "torch tensors",
        lambda v: _module(v) == "torch" and hasattr(v, "dtype") and hasattr(v, "shape"),
        "Compiled code has NumPy's arrays and operations.",
        "pass x.detach().cpu().numpy()",
    ),
    Refused(
        "pandas objects",
        lambda v: _module(v) == "pandas" and not isinstance(v, type) and not callable(v),
        "Compiled code has NumPy's arrays and operations, without labels.",
        "pass x.to_numpy(), or a dict of columns",
    ),
    Refused(
        "sparse matrices of scipy",
        lambda v: type(v).__module__.startswith("scipy.sparse") and hasattr(v, "toarray"),
        "Compiled code has dense arrays.",
        "pass x.toarray(), or x.data, x.indices and x.indptr and write the product with them",
    ),
    Refused(
        "array.array and memoryview",
        lambda v: isinstance(v, array.array | memoryview),
        "It can be written to between calls, and has no arithmetic.",
        "pass np.asarray(x)",
    ),
    Refused(
        "generators and iterators",
        lambda v: isinstance(v, Iterator) and not isinstance(v, type | io.IOBase),
        "Compiling would use it up, and the next call would find it empty.",
        "pass list(x)",
    ),
)

ACCEPTED: tuple[Accepted, ...] = (
    Accepted("bool, int, float, complex", "a Python number"),
    Accepted("an int that does not fit 64 bits", "a known number"),
    Accepted("NumPy scalars (np.float32(1), np.bool_(True) ...)", "a NumPy scalar"),
    Accepted(f"ndarray of {_KNOWN}", "an array, 0-d included"),
    Accepted("read-only, non-contiguous, reversed arrays, np.memmap", "an array"),
    Accepted("jax arrays of these dtypes, also weakly typed", "an array; () is a NumPy scalar"),
    Accepted("tuples, lists, dicts and their subclasses, named tuples", "the same, any depth"),
    Accepted("dataclasses, instances of Python classes", "the same, attribute by attribute"),
    Accepted("None, strings, bytes, Ellipsis, slices, ranges, dtypes, types", "known"),
    Accepted("members of enums (IntEnum included)", "known"),
    Accepted("functions, modules", "known, and guarded"),
    Accepted("sets, bytearray", "known by their contents"),
    Accepted("Fraction, Decimal and other objects", "known by identity"),
)


def refuse(value: Any, what: str = "an argument") -> None:
    """Raises AnvilError for what compiled code cannot take."""
    row = next((row for row in REFUSED if row.matches(value)), None)
    if row is None:
        return
    plain = isinstance(value, np.ndarray | np.generic) or _is_jax(value)
    if plain and not _subclass(value):
        scalar = isinstance(value, np.generic)
        said = f"{what} is {'a NumPy scalar' if scalar else 'an array'} of dtype {value.dtype}"
    else:
        name = type(value).__name__
        said = f"{what} is {'an' if name[0] in 'aeioAEIO' else 'a'} {name}"
        said += ", not a plain NumPy array" if isinstance(value, np.ndarray) else ""
    raise error("unsupported-value", said, notes=[row.why], hint=row.hint)


def render() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The rows for the documentation: accepted, refused."""
    accepted = [(row.title, row.inside) for row in ACCEPTED]
    return accepted, [(row.title, row.hint) for row in REFUSED]
