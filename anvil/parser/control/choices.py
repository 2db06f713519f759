"""Values that depend on which path was taken: one of two expressions, and operations on a value
that is one of several.

    each(ctx, v, use)      `use` of the option that `v` is: a branch for each option
    settled(ctx, v)        `v` as one array or number, where its options have a common form
    choose(ctx, test, ..)  the value of one of two expressions

An operation that Python does not define for one of the options (None + 1) raises when it is
reached with that option, as in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.errors import AnvilError
from anvil.ir.records import Atom
from anvil.ir.types import BOOL
from anvil.parser.control.branches import branch, go_on
from anvil.parser.control.narrowing import narrow, possible
from anvil.parser.control.number_joins import picked
from anvil.parser.control.number_paths import over_numbers
from anvil.parser.control.sharing import mark_copy
from anvil.parser.state.heap import unchanged
from anvil.parser.state.number_choices import (
    NumberChoice,
    is_numeric,
    options_of,
    own_atom,
    strength_of,
)
from anvil.parser.state.signals import PathEnd
from anvil.parser.state.values import (
    NONE,
    Abstract,
    Choice,
    Conflict,
    Known,
    NDArray,
    TupleV,
    scalar,
)

if TYPE_CHECKING:
    from anvil.parser.context import Context

Use = Callable[[Any], Abstract]
Thunk = Callable[[], Abstract]

_RESULT = "<value>"
CAPTURE = "<case>"
"""Begins the hidden variables that hold what a pattern has captured so far."""

_PURE_OPS = 12
_RAISED: dict[str, type[Exception]] = {
    "bad-operand": TypeError,
    "bad-index": IndexError,
    "not-callable": TypeError,
    "no-attribute": AttributeError,
}


def is_option(ctx: Context, v: Choice, k: int) -> Atom:
    """Whether `v` is its option of that number."""
    found: Atom = ctx.b.eq(v.which, k)
    return found


def each(ctx: Context, v: Choice, use: Use, probe: bool = False) -> Abstract:
    """`use` of the option that `v` is. With `probe` it may be a question with a known answer."""
    if probe or all(isinstance(o, Known) for o in v.options):
        found = _answered(ctx, v, use)
        if found is not None:
            return found
    return _each(ctx, v, use, possible(ctx, v))


def _each(ctx: Context, v: Choice, use: Use, left: Sequence[int]) -> Abstract:
    k, *others = left
    if not others:
        return _used(ctx, v, use, k)
    test = is_option(ctx, v, k)
    return choose(ctx, test, lambda: _used(ctx, v, use, k), lambda: _each(ctx, v, use, others))


def _used(ctx: Context, v: Choice, use: Use, k: int) -> Abstract:
    option = v.options[k]
    if option.open() != NONE.open() and not isinstance(v, NumberChoice):
        return use(option)
    try:
        return use(option)
    except AnvilError as error:
        raised = _RAISED.get(error.diagnostic.code)
        if raised is None:
            raise
        ctx.fail(raised, error.diagnostic.message)


def _answered(ctx: Context, v: Choice, use: Use) -> Abstract | None:
    """`use` that gives a known bool for each option: a test of which one it is. None if it gives
    something else, or does something.
    """
    entry, depth = ctx.state, ctx.b.depth
    answers: list[bool] = []
    left = possible(ctx, v)
    for option in (v.options[k] for k in left):
        ctx.state = entry.fork()
        ctx.b.begin("then")
        try:
            found = use(option)
            if not unchanged(entry, ctx.state):
                return None
        except (AnvilError, PathEnd):
            return None
        finally:
            ctx.b.abort(depth)
            ctx.state = entry
        if not isinstance(found, Known) or not isinstance(found.value, bool):
            return None
        answers.append(found.value)
    if len(set(answers)) == 1:
        return Known(answers[0])
    wanted = answers.count(True) <= answers.count(False)
    hits = [is_option(ctx, v, k) for k, a in zip(left, answers, strict=True) if a is wanted]
    total = hits[0]
    for hit in hits[1:]:
        total = ctx.b.or_(total, hit)
    return scalar(total if wanted else ctx.b.not_(total), True)


def settled(ctx: Context, v: Abstract) -> Abstract:
    """One array with the contents of the option that `v` is, where all are arrays of one shape and
    dtype; anything else as it is. The array is marked: where it, or a view of it, is written
    while an option lives, or the other way round, the options stay apart at the next attempt.
    """
    if not isinstance(v, Choice) or ctx.loc in ctx.session.exact:
        return v
    if not alike(v):
        return v
    found = each(ctx, v, lambda a: ctx.copy(a))
    if isinstance(found, NDArray):
        mark_copy(ctx.state, found.box, {o.box for o in v.options}, ctx.loc)  # type: ignore[attr-defined]
    return found


def alike(v: Choice) -> bool:
    """Whether a value is one of several arrays of one shape and dtype."""
    first: Any = v.options[0]
    return all(isinstance(o, NDArray) and o.type is first.type for o in v.options)


def spread(
    ctx: Context,
    vs: Sequence[Abstract],
    use: Callable[[list[Abstract]], Abstract],
    probe: bool = False,
    straight: bool = False,
) -> Abstract:
    """`use` of values none of which is one of several. `straight`: for numbers, results
    of the widest type are those for the common values.
    """
    k = next((k for k, v in enumerate(vs) if is_split(v)), None)
    if k is None:
        return _spread_numbers(ctx, list(vs), use, probe, straight)
    one = settled(ctx, vs[k])
    if not isinstance(one, Choice):
        return spread(ctx, [*vs[:k], one, *vs[k + 1 :]], use, probe, straight)

    def apart(o: Abstract) -> Abstract:
        return spread(ctx, [*vs[:k], o, *vs[k + 1 :]], use, probe, straight)

    return each(ctx, one, apart, probe)


def is_split(v: Abstract, numbers: bool = False) -> bool:
    """Whether a value is one of several; `numbers`: numbers of several types are that too."""
    return isinstance(v, Choice) and (numbers or not isinstance(v, NumberChoice))


def _spread_numbers(
    ctx: Context,
    vs: list[Abstract],
    use: Callable[[list[Abstract]], Abstract],
    probe: bool,
    straight: bool,
) -> Abstract:
    """`use` of numbers of one type, by branches only where there must be some."""
    k = next((k for k, v in enumerate(vs) if isinstance(v, Choice)), None)
    if k is None:
        return use(vs)
    found = None if probe and not straight else over_numbers(ctx, vs, use, straight)
    if found is not None:
        return found

    def apart(o: Abstract) -> Abstract:
        return _spread_numbers(ctx, [*vs[:k], o, *vs[k + 1 :]], use, probe, straight)

    one: Any = vs[k]
    return each(ctx, one, apart, probe)


def not_none(ctx: Context, v: Abstract) -> Abstract:
    """The value that a transformed function returns: where it is None or one thing on data, that
    thing, and a TypeError at run time if it is None.
    """
    if isinstance(v, TupleV):
        return replace(v, items=tuple(not_none(ctx, i) for i in v.items))
    if not isinstance(v, Choice) or len(v.options) != 2:
        return v
    k = next((k for k, o in enumerate(v.options) if o.open() == NONE.open()), None)
    if k is None:
        return v
    fine = ctx.b.ne(v.which, k)
    ctx.check(fine, TypeError, "a function that is transformed has returned None")
    return v.options[1 - k]


def apart(ctx: Context, vs: Sequence[Abstract], act: Callable[[list[Abstract]], None]) -> None:
    """Does something to values none of which is one of several; arrays are not copied for it."""
    k = next((k for k, v in enumerate(vs) if isinstance(v, Choice)), None)
    if k is None:
        act(list(vs))
        return

    def use(option: Abstract) -> Abstract:
        apart(ctx, [*vs[:k], option, *vs[k + 1 :]], act)
        return NONE

    each(ctx, vs[k], use)  # type: ignore[arg-type]


def by_option(it: Any, v: Abstract, act: Callable[[Abstract], Any]) -> None:
    """Runs statements on the option that `v` is: they may leave the loop or the function."""
    if isinstance(v, Choice):
        _by_option(it, v, act, possible(it, v))
    else:
        act(v)


def _by_option(it: Any, v: Choice, act: Callable[[Abstract], Any], left: Sequence[int]) -> None:
    k, *others = left
    if not others:
        act(v.options[k])
        return
    test = is_option(it, v, k)
    branch(it, test, lambda: act(v.options[k]), lambda: _by_option(it, v, act, others))


def choose(
    it: Any,
    test: Atom,
    then: Thunk,
    orelse: Thunk,
    conjunction: bool | None = None,
) -> Abstract:
    """The value of one of two expressions. `conjunction`: `orelse` is False (True) whenever it is
    chosen by an and (or).
    """
    if conjunction is not None:
        merged = _without_branch(it, test, then, orelse, conjunction)
        if merged is not None:
            return merged
    saved = it.state.locals.get(_RESULT)

    def run(value: Callable[[], Abstract]) -> Callable[[], None]:
        def body() -> None:
            it.state.locals[_RESULT] = value()
            it.state.where[_RESULT] = it.b.loc

        return body

    branch(it, test, run(then), run(orelse))
    go_on(it)
    value: Abstract | None = it.state.locals.pop(_RESULT, None)
    if saved is not None:
        it.state.locals[_RESULT] = saved
    if value is None:
        raise PathEnd
    if isinstance(value, Conflict):
        it.refuse_conflict("this expression", value)
    return value


def unlike_numbers(values: Sequence[Abstract]) -> bool:
    """Whether these are numbers, not all of one type."""
    return all(map(is_numeric, values)) and len(set().union(*map(_kinds, values))) > 1


def number_of(ctx: Context, values: Sequence[Abstract], which: Sequence[Atom]) -> Abstract:
    """The number whose flag holds, of its own type: the first one, if none does."""
    found = values[0]
    for flag, value in zip(which[1:], values[1:], strict=True):
        found = choose(ctx, flag, partial(_itself, value), partial(_itself, found))
    return found


def chosen(ctx: Context, at: Atom, items: Sequence[Abstract]) -> Abstract:
    """The item of that number; where items are one of several values themselves, one of all."""
    ctx.session.choices = True
    options: list[Abstract] = []
    which: Atom = at
    for k, item in enumerate(items):
        parts, inner = (item.options, item.which) if isinstance(item, Choice) else ((item,), 0)
        if len(options) != k or len(parts) > 1:
            which = ctx.b.select(ctx.b.eq(at, k), ctx.b.add(inner, len(options)), which)
        options += parts
    return _grouped(ctx, which, options)


def distinct(items: Sequence[Abstract]) -> int:
    """Of how many options an element of these is one."""
    options = [o for i in items for o in (i.options if isinstance(i, Choice) else (i,))]
    return len({strength_of(o) or o.open() for o in options})


def _grouped(ctx: Context, which: Atom, options: Sequence[Abstract]) -> Abstract:
    """One of these values; those that are one object, or numbers of one type, are one option."""
    groups: dict[Any, list[int]] = {}
    for k, option in enumerate(options):
        groups.setdefault(strength_of(option) or option.open(), []).append(k)
    kinds: list[Abstract] = []
    table = np.zeros(len(options), np.int64)
    for n, members in enumerate(groups.values()):
        table[members] = n
        value = options[members[0]]
        for k in members:
            value = _selected(ctx, ctx.b.eq(which, k), options[k], value)
        kinds.append(value)
    if len(kinds) < len(options):
        row = ctx.b.dynamic_slice(ctx.atom(ctx.constant(table)), which, sizes=(1,))
        which = ctx.b.reshape(row, shape=())
    return Choice(which, tuple(kinds)).close((which, *kinds)) if len(kinds) > 1 else kinds[0]


def _selected(ctx: Context, flag: Atom, one: Abstract, other: Abstract) -> Abstract:
    """One of two numbers of a type, or the one thing that both are."""
    if one.open() == other.open():
        return other
    atom = ctx.b.select(flag, ctx.atom(one), ctx.atom(other))
    strength = strength_of(one)
    return scalar(atom, strength is not None and strength[1])


def _itself(v: Abstract) -> Abstract:
    return v


def _without_branch(
    it: Context,
    test: Atom,
    then: Callable[[], Abstract],
    orelse: Callable[[], Abstract],
    conjunction: bool,
) -> Abstract | None:
    """`a and b` as one op where evaluating `b` anyway does no harm: few cheap ops, no effects; None
    where it could.
    """
    b, entry = it.b, it.state
    other = orelse()
    if not _is_bool(other):
        return None
    frame = b.begin("then")
    depth = b.depth
    base = narrow(it, entry, test, True)
    it.state = base.fork()
    try:
        value = then()
    except PathEnd:
        b.abort(depth - 1)
        it.state = entry
        return None
    harmless = (
        b.depth == depth
        and it.state.token is entry.token
        and _is_bool(value)
        and len(frame.ops) <= _PURE_OPS
        and not any(op.regions or op.kind.structural for op in frame.ops)
        and all(
            base.locals.get(n) is v or n.startswith(CAPTURE) for n, v in it.state.locals.items()
        )
        and all(it.state.heap.get(i) is c for i, c in base.heap.items())
    )
    b.abort(depth - 1)
    made, it.state = it.state, entry
    if not harmless:
        return None
    entry.heap.update({i: c for i, c in made.heap.items() if i not in entry.heap})
    entry.locals.update({n: v for n, v in made.locals.items() if n.startswith(CAPTURE)})
    b.frames[-1].ops.extend(frame.ops)
    b.frames[-1].table.update(frame.table)
    y = own_atom(value)
    first = test if conjunction else b.not_(test)
    both: Atom = b.and_(first, y) if conjunction else b.or_(first, y)
    if _kinds(value) == _kinds(other) and len(_kinds(value)) == 1:
        return scalar(both, all(py for _, py in _kinds(value)))
    found = picked(it, test, value, other)
    return found.with_common(both) if isinstance(found, NumberChoice) else found


def _kinds(v: Abstract) -> set[Any]:
    return {strength_of(o) for o in options_of(v)}


def _is_bool(v: Abstract) -> bool:
    return all(s is not None and s[0] is BOOL for s in _kinds(v))
