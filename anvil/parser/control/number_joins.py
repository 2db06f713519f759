"""Numbers of unlike types brought together, where paths meet (`joined`) or by a select (`picked`);
see `parser/state/number_choices`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from anvil.ir.records import Atom, Const
from anvil.ir.types import I64, DType, array
from anvil.parser.control.remapped import MOST, Remapped, renumbered
from anvil.parser.state.number_choices import (
    NumberChoice,
    holding,
    number_choice,
    options_of,
    own_atom,
    strength_of,
)
from anvil.parser.state.values import Abstract, Known, scalar

if TYPE_CHECKING:
    from anvil.parser.context import Context
    from anvil.parser.control.joins import Join

_WHICH = array(I64)
_FIRST = Const(_WHICH, 0)


def joined(join: Join, x: Abstract, y: Abstract) -> Abstract | None:
    """The number `x` on the first path and `y` on the second; None if there are too many types."""

    def both(a: Abstract, b: Abstract) -> Abstract:
        return join.value(a, b)

    def one(v: Abstract, left: bool) -> Abstract:
        return join.one_sided(v, left)

    def which(places: list[int]) -> Atom:
        moved = renumbered(_which(y), places)
        found: Atom = join.leaf(_which(x), moved, _WHICH)
        return found

    def common(dtype: DType) -> Atom:
        found: Atom = join.leaf(own_atom(x), own_atom(y), array(dtype))
        return found

    made = _brought_together(x, y, both, one, which, common)
    join.chose |= isinstance(made, NumberChoice)
    return made


def picked(ctx: Context, pred: Atom, x: Abstract, y: Abstract) -> Abstract:
    """The number `x` where `pred` holds, `y` elsewhere, with its own type."""
    b = ctx.b

    def both(v: Abstract, w: Abstract) -> Abstract:
        if v.open() == w.open():
            return v
        strength = strength_of(v)
        assert strength is not None
        return scalar(b.select(pred, own_atom(v), own_atom(w)), strength[1])

    def which(places: list[int]) -> Atom:
        moved = renumbered(_which(y), places)
        second = moved.atom(b) if isinstance(moved, Remapped) else moved
        first = _which(x)
        return first if first == second else b.select(pred, first, second)  # type: ignore[no-any-return]

    def common(dtype: DType) -> Atom:
        found: Atom = b.select(pred, b.cast(own_atom(x), dtype), b.cast(own_atom(y), dtype))
        return found

    made = _brought_together(x, y, both, lambda v, left: v, which, common)
    ctx.session.choices |= isinstance(made, NumberChoice)
    assert made is not None
    return made


def _which(v: Abstract) -> Any:
    return v.which if isinstance(v, NumberChoice) else _FIRST


def _brought_together(
    x: Abstract,
    y: Abstract,
    both: Callable[[Abstract, Abstract], Abstract],
    one: Callable[[Abstract, bool], Abstract],
    which: Callable[[list[int]], Atom],
    common: Callable[[DType], Atom],
) -> Abstract | None:
    """`both` brings two numbers of one type together, `one` takes over one that the other path
    lacks, `which` and `common` make the parts of the choice.
    """
    base, more = options_of(x), options_of(y)
    kinds = [strength_of(o) for o in base]
    kinds += [s for o in more if (s := strength_of(o)) not in kinds]
    if len(kinds) == 1:
        return both(x, y)
    if len(kinds) > MOST:
        return None
    dtype = holding(*(s[0] for s in kinds if s is not None))
    number = which([kinds.index(strength_of(o)) for o in more])
    value = common(dtype)
    options: list[Abstract] = []
    for kind in kinds:
        assert kind is not None
        sides = [next((o for o in os if strength_of(o) == kind), None) for os in (base, more)]
        options.append(_option(sides, kind, dtype, value, both, one))
    return number_choice(number, options, value)


def _option(
    sides: list[Abstract | None],
    kind: tuple[DType, bool],
    dtype: DType,
    value: Atom,
    both: Callable[[Abstract, Abstract], Abstract],
    one: Callable[[Abstract, bool], Abstract],
) -> Abstract:
    v, w = sides
    known = [s for s in sides if isinstance(s, Known)]
    alone = v is None or w is None
    if known and (alone or (len(known) == 2 and v.open() == w.open())):  # type: ignore[union-attr]
        return known[0]
    if kind[0] is dtype:
        return scalar(value, kind[1])
    if v is None or w is None:
        return one(v, True) if v is not None else one(w, False)  # type: ignore[arg-type]
    return both(v, w)
