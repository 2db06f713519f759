"""Names that were perhaps meant; shapes as NumPy writes them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def meant(name: str, names: Iterable[object]) -> str:
    """A hint about a name that does not exist; empty if none is like it."""
    near = get_close_matches(name, [n for n in map(str, names) if not n.startswith("__")], 2, 0.75)
    return f"Did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else ""


def spelled(shape: Iterable[int]) -> str:
    """A shape in NumPy's messages: `(2,3)`."""
    sizes = list(map(str, shape))
    return f"({','.join(sizes)}{',' if len(sizes) == 1 else ''})"


def nothing_has(name: str) -> str:
    """That None has no attribute of this name, in CPython's words."""
    return f"'NoneType' object has no attribute {name!r}"


def property_lacks(cls: type, name: str, what: str) -> str:
    """That a property has no setter, getter or deleter, in CPython's words."""
    return f"property {name!r} of {cls.__qualname__!r} object has no {what}"


def no_attribute(cls: type, name: str) -> str:
    """That an instance has no such attribute, in CPython's words."""
    return f"'{cls.__name__}' object has no attribute '{name}'"
