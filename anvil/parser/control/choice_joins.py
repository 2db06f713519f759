"""Joining unlike values: the options of two paths brought together, and the number of the one that
it is.

    first path    None                    which 0 of (None,)
    second path   an array                which 0 of (an array,)
    joined        None or an array        which 0 or 1 of (None, an array)

Options that have a common form (two functions made by one `def`, arrays of one shape, numbers)
become one option.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anvil.ir.records import Atom, Const
from anvil.ir.types import I64, array
from anvil.parser.arrays.promotion import Strength
from anvil.parser.state.heap import State, open_content
from anvil.parser.state.values import (
    Abstract,
    Choice,
    Conflict,
    DictV,
    Known,
    ListV,
    NDArray,
    ObjectV,
    Scalar,
    TupleV,
    is_number,
    is_py_number,
    number_dtype,
)

if TYPE_CHECKING:
    from anvil.ir.builder import Builder
    from anvil.parser.control.joins import Join

MOST = 8
_WHICH = array(I64)
_FIRST = Const(_WHICH, 0)
BOXED = (NDArray, ListV, DictV, ObjectV)
_GROWING = (NDArray, ListV, TupleV, DictV)


@dataclass(frozen=True, slots=True)
class Remapped:
    """The source of a leaf: a number of an option on one path, renumbered for the joined value."""

    which: Atom
    places: tuple[int, ...]
    type = _WHICH

    def atom(self, b: Builder) -> Atom:
        """The new number."""
        out: Atom = Const(_WHICH, self.places[-1])
        for k, place in enumerate(self.places[:-1]):
            out = b.select(b.eq(self.which, k), Const(_WHICH, place), out)
        return out


def merged(join: Join, x: Abstract, y: Abstract) -> Abstract | None:
    """What stands for `x` on the first path and `y` on the second; None if there are too many
    options, or a loop would add one at each step.
    """
    (xs, which_x), (ys, which_y) = _opened(x), _opened(y)
    swapped = len(ys) > len(xs)
    base, more = (ys, xs) if swapped else (xs, ys)
    partners, places, fresh = _matched(join, base, more, swapped)
    if len(base) + len(fresh) > MOST or (join.loop is not None and _grows(join, base, fresh)):
        return None
    join.chose = True
    options = []
    for k, option in enumerate(base):
        partner = partners.get(k)
        if partner is None:
            options.append(join.one_sided(option, left=not swapped))
        else:
            options.append(join.value(partner, option) if swapped else join.value(option, partner))
    options += [join.one_sided(option, left=swapped) for option in fresh]
    moved_x, moved_y = (which_y, which_x) if swapped else (which_x, which_y)
    moved_y = _renumbered(moved_y, places)
    source_x, source_y = (moved_y, moved_x) if swapped else (moved_x, moved_y)
    which = join.leaf(source_x, source_y, _WHICH)
    return Choice(which, tuple(options)).close((which, *options))


def _opened(v: Abstract) -> tuple[tuple[Abstract, ...], Any]:
    if isinstance(v, Choice):
        return v.options, v.which
    return (v,), _FIRST


def _matched(
    join: Join, base: tuple[Abstract, ...], more: tuple[Abstract, ...], swapped: bool
) -> tuple[dict[int, Abstract], list[int], list[Abstract]]:
    """For each option of `more` its place among the options of both, those that are new last."""
    partners: dict[int, Abstract] = {}
    places: list[int] = []
    fresh: list[Abstract] = []
    states = (join.b, join.a) if swapped else (join.a, join.b)
    for option in more:
        free = [k for k in range(len(base)) if k not in partners]
        free.sort(key=lambda k: not _one_object(base[k], option))
        k = next((k for k in free if _alike(join, base[k], option, *states)), None)
        if k is None:
            places.append(len(base) + len(fresh))
            fresh.append(option)
        else:
            places.append(k)
            partners[k] = option
    return partners, places, fresh


def _one_object(x: Abstract, y: Abstract) -> bool:
    return isinstance(x, BOXED) and isinstance(y, BOXED) and x.box == y.box


def _alike(join: Join, x: Abstract, y: Abstract, first: State, second: State) -> bool:
    """Whether two options have a common form; `first` and `second` are their states."""
    sx, sy = strength_of(x), strength_of(y)
    if sx is not None and sy is not None:
        return sx == sy or not join.typed
    if isinstance(x, NDArray) and isinstance(y, NDArray):
        if not join.manner.exact:
            return x.type.shape == y.type.shape
        return x.open()[0] == y.open()[0] and not join.apart(x, y)
    if x.open()[0] != y.open()[0]:
        return False
    if isinstance(x, BOXED) and isinstance(y, BOXED):
        tags = open_content(first.heap[x.box])[0], open_content(second.heap[y.box])[0]
        pair = (x.box, y.box) if first is join.a else (y.box, x.box)
        if isinstance(join.state.heap.get(join.pairs.get(pair, 0)), Conflict):
            return False  # objects of pools that cannot be joined
        return tags[0] == tags[1] and not join.apart(x, y)
    return True


def strength_of(v: Abstract) -> Strength | None:
    """The dtype of a number and whether it is Python's; None for anything else."""
    if type(v) is Scalar:
        return v.dtype, v.py
    if type(v) is Known and is_number(v.value):
        return number_dtype(v.value), is_py_number(v.value)
    return None


def _grows(join: Join, base: tuple[Abstract, ...], fresh: list[Abstract]) -> bool:
    """Whether a new option is made in the loop and of a kind that is among the options already."""
    return any(
        isinstance(f, _GROWING)
        and any(type(f) is type(b) for b in base)
        and getattr(f, "box", None) not in join.a.heap
        for f in fresh
    )


def _renumbered(which: Any, places: list[int]) -> Any:
    if isinstance(which, Const):
        return Const(_WHICH, places[int(which.value)])  # type: ignore[arg-type]
    return which if places == list(range(len(places))) else Remapped(which, tuple(places))
