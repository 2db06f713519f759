"""What a branch knows: on the path where a test holds, a value of several options is the one that
was tested for.

    if best is None or x > best:      best is None or a number; `x > best` is only evaluated, and
        best = x                      the other branch only entered, where it is a number
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from anvil.ir.records import Atom, Const, Value
from anvil.parser.state.heap import State, close_content, open_content
from anvil.parser.state.values import Abstract, Choice

if TYPE_CHECKING:
    from anvil.parser.context import Context

Facts = dict[tuple[Atom, int], bool]
"""Whether the value numbered by an atom is the option of that number."""

SEARCHED = -1
"""Instead of the number of an option: whether an atom holds that says whether a key is there."""


def narrow(ctx: Context, state: State, pred: Atom, holds: bool) -> State:
    """The state on the path where `pred` is `holds`; the same one if that tells nothing."""
    if not ctx.session.choices and not ctx.session.searched:
        return state
    facts: Facts = {}
    _learn(ctx, pred, holds, facts)
    if not facts:
        return state
    facts = dict.fromkeys(state.excluded, False) | facts
    out = state.fork()
    out.excluded = frozenset(fact for fact, held in facts.items() if not held)
    out.present |= {(atom, found) for (atom, k), found in facts.items() if k == SEARCHED}
    for name, v in state.locals.items():
        out.locals[name] = _narrowed(v, facts)
    for box, content in state.heap.items():
        parts = open_content(content)[1]
        new = tuple(_narrowed(p, facts) if isinstance(p, Abstract) else p for p in parts)
        if any(p is not q for p, q in zip(parts, new, strict=True)):
            out.heap[box] = close_content(content, new)
    if out.ret is not None:
        out.ret = _narrowed(out.ret, facts)
    return out


def narrowed(ctx: Context, v: Abstract, pred: Atom, holds: bool) -> Abstract:
    """A value on the path where `pred` is `holds`."""
    facts: Facts = {}
    if ctx.session.choices:
        _learn(ctx, pred, holds, facts)
    return _narrowed(v, dict.fromkeys(ctx.state.excluded, False) | facts) if facts else v


def possible(ctx: Context, v: Choice) -> list[int]:
    """The numbers of the options that `v` may be on this path."""
    excluded = ctx.state.excluded
    return [k for k in range(len(v.options)) if (v.which, k) not in excluded]


def widen(entry: State, heads: tuple[State, State], ends: tuple[State, State]) -> None:
    """Gives back its options to what both of two branches have left as they found it."""
    if heads[0] is entry and heads[1] is entry:
        return
    for table in ("locals", "heap"):
        original = getattr(entry, table)
        found, left = [getattr(s, table) for s in heads], [getattr(s, table) for s in ends]
        for key, v in original.items():
            kept = all(e.get(key) is h[key] for h, e in zip(found, left, strict=True))
            if kept and any(h[key] is not v for h in found):
                for end in left:
                    end[key] = v


def _learn(ctx: Context, pred: Atom, holds: bool, facts: Facts) -> None:
    """Adds what follows from `pred` being `holds`."""
    if pred in ctx.session.searched:
        facts[pred, SEARCHED] = holds
    op = ctx.b.made_by.get(pred) if isinstance(pred, Value) else None
    name = "" if op is None else op.kind.name
    which, *excluded = ctx.session.truths.get(pred, (None, [], []))
    for k in excluded[not holds]:
        facts[which, k] = False  # type: ignore[index]
    implied = ctx.session.short_circuits.get(pred)
    if implied is not None and implied[0] is holds:
        _learn(ctx, implied[1], holds, facts)
    if op is None:
        return
    if name == "not":
        _learn(ctx, op.args[0], not holds, facts)
    elif name == ("and" if holds else "or"):
        for arg in op.args:
            _learn(ctx, arg, holds, facts)
    elif name in ("eq", "ne"):
        which, number = op.args
        if isinstance(number, Const) and isinstance(number.value, int):
            facts[which, number.value] = holds == (name == "eq")


def _narrowed(v: Abstract, facts: Facts) -> Abstract:
    """`v` without the options that are excluded."""
    if not isinstance(v, Choice):
        return _inside(v, lambda p: _narrowed(p, facts))
    numbers = range(len(v.options))
    here = next((k for k in numbers if facts.get((v.which, k)) is True), None)
    if here is None:
        left = [k for k in numbers if facts.get((v.which, k)) is not False]
        here = left[0] if len(left) == 1 else None
    return v if here is None else _narrowed(v.options[here], facts)


def _inside(v: Abstract, change: Callable[[Abstract], Abstract]) -> Abstract:
    """`v` with its parts changed."""
    parts = v.open()[1]
    if not any(isinstance(p, Abstract) for p in parts):
        return v
    new: tuple[Any, ...] = tuple(change(p) if isinstance(p, Abstract) else p for p in parts)
    return v if all(p is q for p, q in zip(parts, new, strict=True)) else v.close(new)
