"""Whole numbers where Python asks for them: indices of sequences, positions, counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.parser.objects import overloading
from anvil.parser.state.values import (
    PY_NAMES,
    Abstract,
    DictV,
    Known,
    ListV,
    NDArray,
    ObjectV,
    RangeV,
    Scalar,
    SliceV,
    TupleV,
)

if TYPE_CHECKING:
    from anvil.parser.context import Context


def as_index(ctx: Context, v: Abstract) -> Abstract:
    """What an object with `__index__`, or a 0-d int array, is where a whole number is meant."""
    if isinstance(v, ObjectV) and overloading.defines(v, "__index__"):
        return ctx.session.calls.method(ctx, v, "__index__", [])
    if isinstance(v, NDArray) and not v.type.shape and v.type.dtype.kind in "iu":
        known = ctx.known_array(v)
        return Known(int(known)) if known is not None else ctx.py_scalar(ctx.read(v))
    return v


def known_whole(ctx: Context, v: Any, what: str) -> Any:
    """A known whole number, or several, objects with `__index__` included."""
    if isinstance(v, TupleV):
        return tuple(known_whole(ctx, i, what) for i in v.items)
    return ctx.known(position(ctx, v) if isinstance(v, ObjectV | Scalar) else v, what)


def sequence_kind(v: Abstract) -> str | None:
    """How CPython calls a sequence in messages; None for what is none."""
    if isinstance(v, ListV):
        return v.cls.__name__
    if isinstance(v, TupleV | RangeV):
        return "tuple" if isinstance(v, TupleV) else "range"
    if isinstance(v, Known):
        return next((t.__name__ for t in (list, tuple, range, str) if isinstance(v.value, t)), None)
    return None


def index_into(ctx: Context, kind: str, v: Abstract) -> Abstract:
    """An index into a sequence of this kind (list, tuple, range, str, deque): a whole number or a
    slice of whole numbers.

    Raises:
        TypeError: in CPython's words, for anything else.
    """
    v = as_index(ctx, v)
    if isinstance(v, SliceV):
        return SliceV(*(bound(ctx, part) for part in (v.start, v.stop, v.step)))
    if (wrong := _wrong(v)) is not None:
        ctx.error("bad-operand", _scalar_array(v) or _words(kind, wrong), raises=TypeError)
    return v


def bound(ctx: Context, v: Abstract) -> Abstract:
    """A part of a slice.

    Raises:
        TypeError: in CPython's words, for anything else than None and whole numbers.
    """
    v = as_index(ctx, v)
    none = isinstance(v, Known) and v.value is None
    if not none and _wrong(v) is not None:
        words = "slice indices must be integers or None or have an __index__ method"
        ctx.error("bad-operand", _scalar_array(v) or words, raises=TypeError)
    return v


def is_whole(v: Abstract) -> bool:
    """Whether a number is whole by its type."""
    return _wrong(v) is None


def _words(kind: str, wrong: str) -> str:
    if kind == "str":
        return f"string indices must be integers, not '{wrong}'"
    if kind == "deque":
        return f"sequence index must be integer, not '{wrong}'"
    return f"{kind} indices must be integers or slices, not {wrong}"


def position(ctx: Context, v: Abstract) -> Abstract:
    """A position or a count: a whole number.

    Raises:
        TypeError: in CPython's words, for anything else.
    """
    v = as_index(ctx, v)
    if (wrong := _wrong(v)) is not None:
        words = f"'{wrong}' object cannot be interpreted as an integer"
        ctx.error("bad-operand", _scalar_array(v) or words, raises=TypeError)
    return v


def class_name(v: Abstract) -> str | None:
    """CPython's name of the class of a number, an array or a container; None for others."""
    if isinstance(v, Scalar):
        return PY_NAMES[v.dtype.kind].split()[1] if v.py else f"numpy.{v.dtype.np.name}"
    if isinstance(v, Known):
        return _known_name(type(v.value))
    plain: dict[type, str] = {NDArray: "numpy.ndarray", ListV: "list", DictV: "dict"}
    if isinstance(v, TupleV):
        return getattr(v.cls, "__name__", "tuple")
    return plain.get(type(v))


def _known_name(cls: type) -> str:
    return f"numpy.{cls.__name__}" if cls.__module__ == "numpy" else cls.__name__


def _wrong(v: Abstract) -> str | None:
    """The name of the class of what is no whole number; None for whole ones and what only turns
    out later.
    """
    if isinstance(v, Scalar):
        return None if v.dtype.kind in ("iub" if v.py else "iu") else class_name(v)
    if isinstance(v, Known):
        whole = isinstance(v.value, slice) or _has_index(v.value)
        return None if whole else class_name(v)
    return class_name(v)


def _has_index(value: Any) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, np.ndarray | np.bool_)


def _scalar_array(v: Abstract) -> str | None:
    """NumPy's words for an array that is no whole number."""
    if isinstance(v, NDArray) or (isinstance(v, Known) and isinstance(v.value, np.ndarray)):
        return "only integer scalar arrays can be converted to a scalar index"
    return None
