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
