"""Arguments whose contents or bounds a callee needs: what the caller knows of them.

An array is a parameter of the callee whatever it holds, so that calls share a specialisation. Where
the callee turns out to need what an argument holds (for a shape, or a branch that decides a length)
and the caller knows it, the call is specialised on the contents. So it is on the bounds of an int
that decides the length of an array, where the caller has them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING

from anvil.ir.families import type_at
from anvil.ir.records import ArrayData, Atom, Value
from anvil.ir.types import I64, array
from anvil.parser.arrays.arraylike import contents
from anvil.parser.arrays.intervals import Bounds, bounds_in
from anvil.parser.state.signals import Blocked, NeedStatic, Signal
from anvil.parser.state.walks import Signature

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

_INT = array(I64)
Contents = tuple[tuple[int, ArrayData | Bounds], ...]


class Reveal(Signal):
    """The contents of the arguments at `places` are to be known in the activation of `key`."""

    def __init__(self, key: Hashable, places: frozenset[int]) -> None:
        super().__init__()
        self.key, self.places = key, places


def sources(signature: Signature) -> list[Atom]:
    """Where the contents of each argument may be known from. Of what a transform is about these are
    the integers that are the same for all that it does: not what is differentiated, not lanes.
    """
    if not signature.given:
        return signature.atoms
    pairs = zip(signature.atoms, signature.given, strict=True)
    return [given if _is_constant(a, given) else a for a, given in pairs]


def _is_constant(placeholder: Atom, given: Atom) -> bool:
    t = type_at(given)
    return t is type_at(placeholder) and not t.dtype.inexact


def contents_of(it: Interp, atoms: Sequence[Atom], places: Iterable[int]) -> Contents:
    """What the caller knows of the arguments at these places."""
    found: list[tuple[int, ArrayData | Bounds]] = []
    for i in sorted(places):
        data = contents(it, atoms[i])
        if data is not None:
            found.append((i, ArrayData(data)))
        elif atoms[i].type is _INT and (bounds := bounds_in(it, atoms[i])) is not None:
            found.append((i, bounds))
    return tuple(found)


def assume(it: Interp, params: Sequence[Value], known: Contents) -> None:
    """What is known of the parameters of a callee."""
    for i, fact in known:
        if isinstance(fact, ArrayData):
            it.session.constants[params[i]] = fact
        else:
            it.bounds[params[i]] = fact


def wanted_contents(
    it: Interp, blocked: Blocked, params: Sequence[Value], atoms: Sequence[Atom]
) -> frozenset[int]:
    """The places of arguments that blocked a callee, and whose contents or bounds its caller
    knows.
    """
    if not isinstance(blocked, NeedStatic):
        return frozenset()
    wanted = blocked.roots
    if any(r.type is _INT for r in wanted):  # bounds of differences need those of both ints
        wanted = wanted | {p for p in params if p.type is _INT}
    places = [i for i, _ in enumerate(atoms) if params[i] in wanted]
    return frozenset(i for i, _ in contents_of(it, atoms, places))
