"""Recursion with a known number that differs at each level: a depth that is counted, say.

Where the data decides how deep a recursion goes, there is no end of specialisations for such a
number. So it becomes one that the program computes, from the first level on, once it has had
several values. Should the function need it while compiling after all, its levels are specialised
one by one.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anvil.errors import AnvilError
from anvil.errors import error as make_error
from anvil.ir.loc import AnyLoc
from anvil.parser.calls.piling import Pile, Roots, differ, growing
from anvil.parser.calls.recursion import Activation, computed
from anvil.parser.state.heap import ONLY_FALL, Content, close_content, open_content
from anvil.parser.state.number_choices import NumberChoice
from anvil.parser.state.signals import Blocked, Signal
from anvil.parser.state.values import (
    Abstract,
    Known,
    Scalar,
    is_py_number,
    known_number,
    number_dtype,
)

if TYPE_CHECKING:
    from anvil.parser.interp import Interp
    from anvil.parser.source.functions import FunctionInfo
    from anvil.parser.state.session import Session

LEVELS = 2
"""So many levels may differ in a known number where the data decides."""
STATIC_LEVELS = 100
"""So many may where known values decide."""


@dataclass(slots=True, frozen=True)
class Outline:
    """What the arguments of a call are apart from the values of numbers, and these in order."""

    info: FunctionInfo
    key: Hashable
    numbers: tuple[Abstract, ...]
    roots: Roots


class Widen(Signal):
    """From the activation of `key` on the numbers at `places` are to be computed ones, and `piles`
    the lists that grow.
    """

    def __init__(self, key: Hashable, places: frozenset[int], piles: tuple[Pile, ...] = ()) -> None:
        super().__init__()
        self.key, self.places, self.piles = key, places, piles


def outline(heap: Mapping[int, Content], info: FunctionInfo, roots: list[Abstract]) -> Outline:
    """The outline of a call of a function with these arguments and captured variables."""
    boxes: dict[int, int] = {}
    numbers: list[Abstract] = []

    def visit(part: Any) -> Hashable:
        if isinstance(part, int):
            if part in boxes:
                return boxes[part]
            boxes[part] = n = len(boxes)
            tag, parts = open_content(heap[part])
            return (n, tag, *map(visit, parts))
        if not isinstance(part, Abstract):
            return part.type  # type: ignore[no-any-return]
        if isinstance(part, NumberChoice):
            return ("number choice", part.common.type, *map(visit, part.options))
        if isinstance(part, Scalar):
            numbers.append(part)
            return ("number", part.dtype, part.py)
        if known_number(part):
            assert isinstance(part, Known)
            numbers.append(part)
            return ("number", number_dtype(part.value), is_py_number(part.value))
        tag, parts = part.open()
        return (tag, *map(visit, parts))

    key = (info, *map(visit, roots))
    return Outline(info, key, tuple(numbers), Roots(heap, roots, tuple(boxes)))


def conditional(it: Interp) -> bool:
    """Whether the data decides that this point is reached."""
    return it.b.depth > 1 or it.state.may != ONLY_FALL


def check_levels(it: Interp, now: Outline) -> None:
    """Raises Widen if known numbers differ at too many levels of a recursion."""
    active = it.session.active
    same = [i for i, a in enumerate(active) if a.outline.key == now.key]
    if len(same) < LEVELS:
        _check_lists(it, now)
    if len(same) < LEVELS or now.key in it.session.narrow:
        return
    if not _by_data(it, same[0]) and len(same) < STATIC_LEVELS:
        return
    first: Activation = active[same[0]]
    places = _differing(first.outline, now)
    if places:
        raise Widen(first.key, places)


def _by_data(it: Interp, first: int) -> bool:
    """Whether the data decides that the recursion goes on, from one of its levels on."""
    return conditional(it) or any(a.conditional for a in it.session.active[first + 1 :])


def _check_lists(it: Interp, now: Outline) -> None:
    """Raises Widen if lists are longer at each level of a recursion; refuses it if they cannot be
    of computed length, and nothing else that is known changes.
    """
    active, info = it.session.active, now.info
    alike = [i for i, a in enumerate(active) if a.info is info and not a.flat]
    hopeless = info in it.session.unpiled
    for i in alike[: 1 - LEVELS]:
        piles, alone = (
            growing(active[i].outline.roots, now.roots) if _by_data(it, i) else ((), False)
        )
        if any(not p.roomy for p in piles) and not hopeless:
            raise Widen(active[i].key, frozenset(), piles)
        if piles and alone:
            raise Blocked(_endless_list(info, it.b.loc))


def _endless_list(info: FunctionInfo, loc: AnyLoc) -> AnvilError:
    """The error that a list grows for which there is no form with room."""
    return make_error(
        "growing-list",
        f"a list is longer at each level of {info.name}, and the data decide how many there are",
        loc,
        hint="Hold it in a list of its greatest length, `items = [0.0] * n`, with a "
        "counter for how much of it is used.",
    )


def _differing(first: Outline, now: Outline) -> frozenset[int]:
    pairs = enumerate(zip(first.numbers, now.numbers, strict=True))
    return frozenset(i for i, (a, b) in pairs if differ(a, b))


def widened(
    it: Interp, bound: dict[str, Abstract], cells: Mapping[str, Abstract], places: frozenset[int]
) -> dict[str, Abstract]:
    """The arguments with the numbers at `places` as computed ones, in the store as well."""
    heap = it.state.heap
    seen: set[int] = set()
    count = 0

    def visit(part: Any) -> Any:
        nonlocal count
        if isinstance(part, int):
            if part not in seen:
                seen.add(part)
                content = heap[part]
                parts = open_content(content)[1]
                new = tuple(map(visit, parts))
                if any(p is not q for p, q in zip(parts, new, strict=True)):
                    heap[part] = close_content(content, new)
            return part
        if not isinstance(part, Abstract):
            return part
        if isinstance(part, Scalar) or known_number(part):
            count += 1
            return computed(part) if count - 1 in places and isinstance(part, Known) else part
        if isinstance(part, NumberChoice):
            options = tuple(map(visit, part.options))
            kept = all(p is q for p, q in zip(part.options, options, strict=True))
            return part if kept else NumberChoice(part.which, options, part.common)
        parts = part.open()[1]
        new = tuple(map(visit, parts))
        same = all(p is q for p, q in zip(parts, new, strict=True))
        return part if same else part.close(new)

    out = {name: visit(v) for name, v in bound.items()}
    for cell in cells.values():
        visit(cell)
    return out


def forget_widening(session: Session, key: Hashable) -> None:
    """The numbers of these calls stay known."""
    session.wide.pop(key, None)
    session.narrow.add(key)
