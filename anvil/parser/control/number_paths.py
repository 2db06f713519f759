"""Operations on numbers whose type depends on the path (see `parser/state/number_choices`).

    once      the result has one type whatever the operands are: it is computed from their common
              values
    for each  the operation is carried out for each combination of types, without branches, its
              checks under the condition that the numbers are of these types; results of one type
              are brought together by selects

What does anything else (raises for one of the types, gives something that is no number) is left to
branches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from anvil.errors import AnvilError
from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, I64, array
from anvil.parser.arrays.promotion import Strength
from anvil.parser.state.heap import State
from anvil.parser.state.number_choices import (
    NumberChoice,
    exact,
    holding,
    number_choice,
    own_atom,
    strength_of,
    strengths,
)
from anvil.parser.state.signals import PathEnd, Signal
from anvil.parser.state.values import Abstract, Known, scalar

if TYPE_CHECKING:
    from anvil.parser.context import Context

Operands = list[Abstract]
Use = Callable[[Operands], Abstract]
_MOST = 16


@dataclass(slots=True, eq=False)
class Case:
    """One combination of types: the option of each operand, the operands, the result on trial and
    the checks that it makes.
    """

    numbers: tuple[int | None, ...]
    operands: Operands
    found: Abstract
    checks: list[Any]


def over_numbers(
    ctx: Context, vs: Sequence[Abstract], use: Use, straight: bool = False
) -> Abstract | None:
    """`use` of operands some of which are numbers of several types; None if it needs branches.

    `straight`: results of the widest type are those for the common values.
    """
    picks = [range(len(v.options)) if isinstance(v, NumberChoice) else (None,) for v in vs]
    cases: list[Case] = []
    for numbers in product(*picks):
        case = _tried(ctx, vs, numbers, use) if len(cases) < _MOST else None
        if case is None:
            return None
        cases.append(case)
    kinds = list(dict.fromkeys(strength_of(c.found) for c in cases))
    if None in kinds:
        return None
    exactly = all(map(exact, vs))
    if len(kinds) == 1 and all(c.checks == cases[0].checks for c in cases):
        answers = {c.found.open() for c in cases}
        if len(answers) == 1 and isinstance(cases[0].found, Known):
            return cases[0].found
        once = kinds[0][0].inexact or (straight and exactly)  # type: ignore[index]
        common = _representatives(vs) if once else None
        if common is not None:
            return use(common)
    direct = straight and (exactly or BOOL not in (k[0] for k in kinds if k is not None))
    return _for_each(ctx, vs, cases, use, direct or all(map(_alike, vs)))


def _alike(v: Abstract) -> bool:
    """Whether the types of a number differ in being Python's or NumPy's only."""
    return not isinstance(v, NumberChoice) or all(
        array(dtype) is v.common.type for dtype, _ in strengths(v)
    )


def _tried(
    ctx: Context, vs: Sequence[Abstract], numbers: tuple[int | None, ...], use: Use
) -> Case | None:
    """The case of these types, carried out on trial; None if it fails or has effects."""
    pairs = zip(vs, numbers, strict=True)
    operands = [v if k is None else v.options[k] for v, k in pairs]  # type: ignore[attr-defined]
    entry, depth, checks = ctx.state, ctx.b.depth, ctx.checks
    ctx.state, ctx.checks = entry.fork(), []
    ctx.b.begin("then")
    try:
        found = use(operands)
        if not _pure(entry, ctx.state) or strength_of(found) is None:
            return None
        return Case(numbers, operands, found, ctx.checks)
    except (AnvilError, PathEnd, Signal):
        return None
    finally:
        ctx.b.abort(depth)
        ctx.state, ctx.checks = entry, checks


def _pure(before: State, after: State) -> bool:
    """Whether nothing but checks was done."""
    if before.locals.keys() != after.locals.keys() or before.may != after.may:
        return False
    if any(after.locals[n] is not v for n, v in before.locals.items()):
        return False
    return all(after.heap.get(i) is c for i, c in before.heap.items())


def _representatives(vs: Sequence[Abstract]) -> Operands | None:
    """The common values, as numbers of the one of their types that holds them all; None if there is
    no such type.
    """
    out: Operands = []
    for v in vs:
        if isinstance(v, NumberChoice):
            kinds = [s for s in strengths(v) if array(s[0]) is v.common.type]
            if not kinds:
                return None
            out.append(scalar(v.common, all(py for _, py in kinds)))
        else:
            out.append(v)
    return out


@dataclass(slots=True, eq=False)
class Group:
    """The cases whose results have one type: when it is one of them, and the result then."""

    kind: Strength
    when: Atom
    value: Abstract

    def add(self, ctx: Context, when: Atom, found: Abstract) -> None:
        """One more case."""
        if found.open() != self.value.open():
            atom = ctx.b.select(when, own_atom(found), own_atom(self.value))
            self.value = scalar(atom, self.kind[1])
        self.when = ctx.b.or_(self.when, when)


def _for_each(
    ctx: Context, vs: Sequence[Abstract], cases: list[Case], use: Use, straight: bool
) -> Abstract:
    groups: dict[Strength, Group] = {}
    for case in cases:
        when = _condition(ctx, vs, case)
        saved, ctx.only_if = ctx.only_if, when
        found = use(case.operands)
        ctx.only_if = saved
        kind = strength_of(found)
        assert kind is not None
        if kind in groups:
            groups[kind].add(ctx, when, found)
        else:
            groups[kind] = Group(kind, when, found)
    return _assembled(ctx, list(groups.values()), _directly(ctx, vs, use) if straight else None)


def _condition(ctx: Context, vs: Sequence[Abstract], case: Case) -> Atom:
    """Whether the operands are of the types of a case."""
    out: Atom = Const(array(BOOL), True)
    for v, k in zip(vs, case.numbers, strict=True):
        if isinstance(v, NumberChoice):
            out = ctx.b.and_(out, ctx.b.eq(v.which, k))
    return out


def _directly(ctx: Context, vs: Sequence[Abstract], use: Use) -> Abstract | None:
    """The result for the common values."""
    common = _representatives(vs)
    return None if common is None else use(common)


def _assembled(ctx: Context, groups: list[Group], direct: Abstract | None) -> Abstract:
    """The number that is the result of one of these groups; `direct` is the result for the common
    values, where that is a number of the widest type.
    """
    if len(groups) == 1:
        return groups[0].value
    b = ctx.b
    dtype = holding(*(g.kind[0] for g in groups))
    if direct is not None and type_at(own_atom(direct)).dtype is not dtype:
        direct = None
    common: Atom = b.cast(own_atom(direct or groups[-1].value), dtype)
    which: Atom = Const(array(I64), len(groups) - 1)
    for k in reversed(range(len(groups))):
        g = groups[k]
        which = which if k + 1 == len(groups) else b.select(g.when, Const(array(I64), k), which)
        if direct is None or g.kind[0] is not dtype:
            common = b.select(g.when, b.cast(own_atom(g.value), dtype), common)
    options = [
        scalar(common, g.kind[1])
        if g.kind[0] is dtype and not isinstance(g.value, Known)
        else g.value
        for g in groups
    ]
    ctx.session.choices = True
    return number_choice(which, options, common)
