"""The number of an option, renumbered for the value that stands for those of two paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anvil.ir.records import Atom, Const
from anvil.ir.types import I64, array

if TYPE_CHECKING:
    from anvil.ir.builder import Builder

MOST = 8
"""A value is one of at most so many unlike things."""
WHICH = array(I64)


@dataclass(frozen=True, slots=True)
class Remapped:
    """The source of a leaf: a number of an option on one path, renumbered for the joined value."""

    which: Atom
    places: tuple[int, ...]
    type = WHICH

    def atom(self, b: Builder) -> Atom:
        """The new number."""
        out: Atom = Const(WHICH, self.places[-1])
        for k, place in enumerate(self.places[:-1]):
            out = b.select(b.eq(self.which, k), Const(WHICH, place), out)
        return out


def renumbered(which: Any, places: list[int]) -> Any:
    """The number of an option whose new numbers are `places`."""
    if isinstance(which, Const):
        return Const(WHICH, places[int(which.value)])  # type: ignore[arg-type]
    return which if places == list(range(len(places))) else Remapped(which, tuple(places))
