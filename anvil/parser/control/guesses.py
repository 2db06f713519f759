"""Bounds of the ints that a loop carries: guessed where its body needs them, and proved afterwards.

What is bounded by the ints that the loop begins with and compares with (two pointers, the ends of
an interval that is halved, a counter) may be the length of an array, and the loop stays a loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from anvil.ir.records import Atom, Op
from anvil.ir.types import I64, array
from anvil.parser.arrays.intervals import COMPARISONS, Bounds, guessed, unproved
from anvil.parser.state.signals import Blocked, NeedStatic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anvil.parser.control.joins import Leaf
    from anvil.parser.interp import Interp

_INT = array(I64)
_TRIES = 4


@dataclass(slots=True)
class Guess:
    """How much wider than what is seen bounds are guessed, and of which states none are."""

    wider: int
    excluded: set[int] = field(default_factory=set)


class Unproved(Blocked):
    """The bounds of the states at these places do not hold, as far as can be seen."""

    def __init__(self, blocked: Blocked, places: frozenset[int]) -> None:
        super().__init__(blocked.error)
        self.places = places


def assume(
    it: Interp, node: Any, leaves: Sequence[Leaf], status: Any, ends: Sequence[Any]
) -> dict[int, Bounds]:
    """Guesses bounds of the ints that a loop carries, if that has been asked for, by what they are
    before it and by what they are compared with (`ends`); the guesses by their places.
    """
    guess = it.guessing.get(node)
    places = {k: x for k, x in enumerate(leaves) if x.out.type is _INT and x.out is not status}
    if guess is None or not places:
        return {}
    found = guessed(it, [*(x.a for x in places.values()), *ends], guess.wider)
    if found is None:
        return {}
    made: dict[int, Bounds] = {k: found for k in places if k not in guess.excluded}
    it.bounds.update((leaves[k].out, found) for k in made)
    return made


def prove(it: Interp, node: Any, guesses: dict[int, Bounds], first: int) -> None:
    """Proves the bounds that were guessed of the loop that has just been emitted; its states begin
    at the place `first`.
    """
    if not guesses:
        return
    op = it.b.frames[-1].ops[-1]
    wrong = unproved(it, op, {k + first: g for k, g in guesses.items()})
    if wrong:
        raise Unproved(it.blocked[node], frozenset(k - first for k in wrong))


def with_guesses(
    it: Interp, node: Any, blocked: Blocked | None, attempt: Callable[[], Blocked | None]
) -> Blocked | None:
    """Attempts a loop again with guesses, if what blocked it needs bounds; what blocks it then."""
    if blocked is None or not _needs_bounds(it, blocked):
        return blocked
    try:
        for wider in (0, 1):
            guess = it.guessing[node] = Guess(wider)
            for _ in range(_TRIES):
                again = attempt()
                if again is None:
                    return None
                if not isinstance(again, Unproved):
                    break
                guess.excluded |= again.places
            if not guess.excluded:
                break  # bounds are not what it needs
    finally:
        it.guessing.pop(node, None)
        it.blocked[node] = blocked
    return blocked


def _needs_bounds(it: Interp, blocked: Blocked) -> bool:
    return isinstance(blocked, NeedStatic) and any(
        r.type is _INT and r not in it.bounds for r in blocked.roots
    )


def compared(ops: Sequence[Op]) -> list[Atom]:
    """What these ops compare."""
    return [a for op in ops if op.kind.name in COMPARISONS for a in op.args]
