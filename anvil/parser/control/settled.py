"""What loops carried when they were last compiled from a state of the same structure.

A loop inside a loop is interpreted again at each attempt at the outer one. What its fixed point was
is remembered under the structure of its entry, and is the first guess the next time.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from anvil.ir.records import Atom, Value
from anvil.parser.state.heap import Mark, State, is_kept
from anvil.parser.state.walks import Renaming, Signature


class Unseen(set[Any]):
    """All values but these."""

    def __contains__(self, value: object) -> bool:
        return not super().__contains__(value)


def entry_signature(
    entry: State, names: frozenset[str], roots: Iterable[int]
) -> tuple[Signature, Hashable]:
    """The structure of the live part of a state."""
    signature = Signature(entry.heap)
    live = [(n, v) for n, v in entry.locals.items() if n in names or is_kept(n, v)]
    live.sort(key=itemgetter(0))
    parts = tuple((n, signature.key(v)) for n, v in live)
    outer = tuple(map(signature.key, sorted(roots)))
    return signature, (parts, outer, entry.token is None)


@dataclass(slots=True, eq=False)
class Settled:
    """The end of a loop's body, told in terms of the boxes and atoms of the loop's entry."""

    end: State
    boxes: list[int]
    atoms: list[Atom]
    token: Atom | None

    def renamed(self, signature: Signature, entry: State) -> State:
        """The same end for another entry of the same structure."""
        end, out = self.end, State(where=dict(entry.where))
        boxes = dict(zip(self.boxes, signature.boxes, strict=True))
        atoms: dict[Any, Any] = dict(zip(self.atoms, signature.atoms, strict=True))
        atoms[self.token] = entry.token
        renaming = Renaming(end.heap, out.heap, lambda a: atoms.get(a, a), boxes)
        for old, new in tuple(boxes.items()):
            if old in end.heap:
                out.heap[new] = renaming.content(end.heap[old])
        out.locals = {n: renaming.value(v) for n, v in end.locals.items()}
        out.token = atoms.get(end.token, end.token)
        out.status, out.may = end.status, end.may
        out.ret = None if end.ret is None else renaming.value(end.ret)
        for box, mark in end.marks.items():
            group = frozenset(boxes[b] for b in mark.group if b in boxes)
            if box in boxes and (len(group) > 1 or not mark.group):
                out.marks[boxes[box]] = Mark(mark.reason, group, mark.code, mark.at)
        return out

    def visible(self, signature: Signature) -> set[Value]:
        """For a join with the renamed end: what is not defined at the entry."""
        return Unseen(signature.atoms)
