"""Computed keys of dicts whose keys are known: numbers, or tuples of numbers.

The place of a key among the known ones is computed by comparing it with all of them. A key is made
known while compiling if it can be; else `d[k]`, `d.get(k)` and `k in d` take what stands at its
place, and `d[k] = v` writes there once `d[k]` has been read on the same path, so that the key is
there: an entry that only data decide cannot be added.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from anvil.errors import error as make_error
from anvil.ir.loc import AnyLoc
from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, F64, I64, ArrayType, array
from anvil.parser.control.choices import choose, number_of, unlike_numbers
from anvil.parser.state.number_choices import is_numeric
from anvil.parser.state.roots import roots_of
from anvil.parser.state.signals import Blocked, NeedStatic
from anvil.parser.state.values import Abstract, Known, Scalar, TupleV, scalar

if TYPE_CHECKING:
    from anvil.parser.context import Context

Number = bool | int | float | np.bool_ | np.integer | np.floating


@dataclass(slots=True)
class Place:
    """Where a key is among the known `keys` that it can equal, and whether it is there."""

    keys: tuple[Any, ...]
    same: tuple[Atom, ...]
    found: Atom

    def at(self, ctx: Context) -> Abstract:
        """The place among `keys`, the first one if it is not there."""
        i: Atom = Const(array(I64), 0)
        for n, same in enumerate(self.same[1:], 1):
            i = ctx.b.select(same, Const(array(I64), n), i)
        return scalar(i, True)


def place(ctx: Context, keys: Iterable[Any], key: Abstract, what: str) -> Place | None:
    """The place of a key that only data decide; None for a key that is known, or to be known."""
    given = _given(key)
    if not all(isinstance(g, Scalar | Known) for g in given):
        return None
    if not any(isinstance(g, Scalar) and g.dtype.kind in "biuf" for g in given):
        return None
    if ctx.loc not in ctx.session.exact and not _stays_open(ctx, given):
        try:
            ctx.key(key, what)
        except NeedStatic as need:
            ctx.session.choosable[need.error] = ctx.loc
            raise
        return None
    plain = type(key) is not TupleV
    fitting = [(k, same) for k in keys if (same := _same(ctx, given, _parts(k, plain))) is not None]
    found: Atom = Const(array(BOOL), False)
    for _, same in fitting:
        found = ctx.b.or_(found, same)
    return Place(tuple(k for k, _ in fitting), tuple(s for _, s in fitting), found)


def _stays_open(ctx: Context, given: Iterable[Abstract]) -> bool:
    """Whether a key is not to be made known, since it comes from an array."""
    return not ctx.session.known_keys and any(_from_array(ctx, g) for g in given)


def may_be_table(ctx: Context, v: Any) -> bool:
    """Whether a dict or set may become one whose keys the data decide."""
    return v.made is not None and v.made not in ctx.session.tables and not ctx.session.known_keys


def asked_for_table(ctx: Context, v: Any, key: Abstract, what: str) -> None:
    """Makes a dict or set a table if a key that is stored in it comes from an array, or cannot be
    known. What depends on int arguments alone is made known rather.
    """
    if may_be_table(ctx, v) and any(_from_array(ctx, g) for g in _given(key)):
        become_table(ctx, v.made, what)


def known_key(ctx: Context, v: Any, key: Abstract, what: str) -> Any:
    """A key that is stored in a dict or set; if it cannot be made known, that becomes a table."""
    asked_for_table(ctx, v, key, what)
    return read_key(ctx, v, key, what)


def read_key(ctx: Context, v: Any, key: Abstract, what: str) -> Any:
    """A key that is looked for in a dict or set; if it cannot be made known, that becomes a
    table.
    """
    try:
        return ctx.key(key, what)
    except NeedStatic as need:
        if may_be_table(ctx, v):
            ctx.session.tabled[need.error] = v.made
        raise


def _given(key: Abstract) -> tuple[Abstract, ...]:
    return key.items if type(key) is TupleV else (key,)


def _from_array(ctx: Context, v: Abstract) -> bool:
    if not isinstance(v, Scalar) or v.dtype.kind not in "biuf":
        return False
    types: list[Any] = [r.type for r in roots_of(ctx.b, v.atom)]
    return any(t.shape or t.dtype.kind not in "biu" for t in types if isinstance(t, ArrayType))


def become_table(ctx: Context, made: AnyLoc | None, what: str) -> NoReturn:
    """Asks for a dict or set, which is made at `made`, to be a table."""
    text = f"{what} is needed while compiling, and depends on data"
    raise Blocked(make_error("value-needed", text, ctx.loc), table=made)


def _parts(key: Any, plain: bool) -> tuple[Any, ...]:
    return (key,) if plain else key if type(key) is tuple else ()


def _same(ctx: Context, given: tuple[Abstract, ...], parts: tuple[Any, ...]) -> Atom | None:
    """Whether the computed parts of a key equal those of a known one; None if they cannot."""
    if len(given) != len(parts):
        return None
    same: Atom = Const(array(BOOL), True)
    for g, part in zip(given, parts, strict=True):
        if isinstance(g, Known):
            if g.value != part:
                return None
        elif isinstance(g, Scalar) and isinstance(part, Number):
            same = ctx.b.and_(same, _equal(ctx, g, part))
        else:
            return None
    return same


def _equal(ctx: Context, g: Scalar, part: Any) -> Atom:
    whole = g.dtype.kind in "biu"
    if whole and part != int(part):
        return Const(array(BOOL), False)
    t = I64 if whole else F64
    out: Atom = ctx.b.eq(ctx.b.cast(g.atom, t), Const(array(t), t.np.type(part).item()))
    return out


def value_at(ctx: Context, entries: dict[Any, Abstract], where: Place) -> Abstract:
    """The value at a computed key that is there."""
    values = tuple(entries[k] for k in where.keys)
    if len(values) == 1:
        return values[0]
    if unlike_numbers(values):
        return number_of(ctx, values, where.same)
    return ctx.call(operator.getitem, TupleV(values), where.at(ctx))


def get(
    ctx: Context, box: int, entries: dict[Any, Abstract], where: Place, missing: Abstract
) -> Abstract:
    """`d[key]`.

    Raises:
        KeyError: at run time and with the argument `missing`, if no key equals it.
    """
    ctx.check(where.found, KeyError, missing)
    ctx.state.present |= {_fact(box, entries, where)}
    return value_at(ctx, entries, where)


def get_or(ctx: Context, entries: dict[Any, Abstract], where: Place, default: Abstract) -> Abstract:
    """`d.get(key, default)`."""
    if not where.keys:
        return default
    return choose(ctx, where.found, lambda: value_at(ctx, entries, where), lambda: default)


def put(
    ctx: Context, box: int, entries: dict[Any, Abstract], where: Place, value: Abstract
) -> dict[Any, Abstract] | None:
    """The entries after `d[key] = value`; None where the key is not known to be there."""
    if _fact(box, entries, where) not in ctx.state.present:
        return None
    out = dict(entries)
    for k, same in zip(where.keys, where.same, strict=True):
        out[k] = _either(ctx, same, value, entries[k])
    return out


def _fact(box: int, entries: dict[Any, Abstract], where: Place) -> tuple[Any, ...]:
    return box, tuple(entries), where.found


def _either(ctx: Context, same: Atom, new: Abstract, old: Abstract) -> Abstract:
    """`new` where `same` holds, else `old`."""
    if all(isinstance(v, Scalar | Known) and is_numeric(v) for v in (new, old)):
        strengths = {ctx.strength(v) for v in (new, old)}
        if len(strengths) == 1:
            ((_, py),) = strengths
            return scalar(ctx.b.select(same, ctx.atom(new), ctx.atom(old)), py)
    return choose(ctx, same, lambda: new, lambda: old)
