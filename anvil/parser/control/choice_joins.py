"""Joining unlike values: the options of two paths brought together, and the number of the one that
it is.

    first path    None                    which 0 of (None,)
    second path   an array                which 0 of (an array,)
    joined        None or an array        which 0 or 1 of (None, an array)

Options that have a common form (two functions made by one `def`, arrays of one shape, numbers)
become one option.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anvil.ir.records import Const
from anvil.parser.control.remapped import MOST, WHICH, renumbered
from anvil.parser.state.heap import RowBox, State, open_content
from anvil.parser.state.number_choices import NumberChoice, is_numeric
from anvil.parser.state.values import (
    Abstract,
    Choice,
    Conflict,
    DictV,
    ListV,
    NDArray,
    ObjectV,
    TupleV,
)

if TYPE_CHECKING:
    from anvil.parser.control.joins import Join

_FIRST = Const(WHICH, 0)
BOXED = (NDArray, ListV, DictV, ObjectV)
_GROWING = (NDArray, ListV, TupleV, DictV)


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
    if partners and not (isinstance(x, Choice) or isinstance(y, Choice)):
        return None  # of one form, and what they hold is not
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
    moved_y = renumbered(moved_y, places)
    source_x, source_y = (moved_y, moved_x) if swapped else (moved_x, moved_y)
    which = join.leaf(source_x, source_y, WHICH)
    return Choice(which, tuple(options)).close((which, *options))


def _opened(v: Abstract) -> tuple[tuple[Abstract, ...], Any]:
    if isinstance(v, Choice) and not isinstance(v, NumberChoice):
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
    if is_numeric(x) and is_numeric(y):
        return True
    if isinstance(x, NDArray) and isinstance(y, NDArray):
        if not join.manner.exact:
            return x.type is y.type
        return x.open()[0] == y.open()[0] and not join.apart(x, y)
    if x.open()[0] != y.open()[0]:
        return False
    if isinstance(x, BOXED) and isinstance(y, BOXED):
        held = first.heap[x.box], second.heap[y.box]
        if isinstance(held[0], RowBox) != isinstance(held[1], RowBox):
            return True  # the one that is in no pool is moved into that of the other
        tags = open_content(held[0])[0], open_content(held[1])[0]
        pair = (x.box, y.box) if first is join.a else (y.box, x.box)
        if isinstance(join.state.heap.get(join.pairs.get(pair, 0)), Conflict):
            return False  # objects of pools that cannot be joined
        return tags[0] == tags[1] and not join.apart(x, y)
    return True


def _grows(join: Join, base: tuple[Abstract, ...], fresh: list[Abstract]) -> bool:
    """Whether a new option is made in the loop and of a kind that is among the options already."""
    return any(
        isinstance(f, _GROWING)
        and any(type(f) is type(b) for b in base)
        and getattr(f, "box", None) not in join.a.heap
        for f in fresh
    )
