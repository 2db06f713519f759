"""Which results of a region are a value from outside with parts of it updated.

    y = dynamic_update_slice(x, ...)  from x; likewise scatter, check, print (first operand)
    t = host_call(t0, ...)            from t0
    y = if p {y1} {y2}                from x, if y1 and y2 are
    y = for, while, loop_rev          from the initial state, if the body's yield is from the state
    y = call @f(.., x, ..)            from x, if the result of f is from that parameter

Such a result needs no select where lanes are masked: masking the updates on its way leaves x as it
was (mask.py). Carried arrays and tokens are of this kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from anvil.ad.context import Session
from anvil.ir.analysis import cached
from anvil.ir.records import Atom, Op, Region, Value
from anvil.ir.types import TOKEN, HistType

UPDATES: Final = frozenset({"dynamic_update_slice", "dynamic_add_slice", "scatter", "scatter_add"})
"""Kinds that return their first operand with a part of it updated."""

_FIRST: Final = UPDATES | {"check", "print"}

Path = tuple[Atom, tuple[Op, ...]]


@cached
def _made_by(region: Region) -> Mapping[Value, Op]:
    return {v: op for op in region.ops for v in op.outs}


def origin(session: Session, region: Region, a: Atom) -> Path:
    """Where `a` comes from: the last value on its way that `region` did not make by updates, and
    the ops on that way.
    """
    made, passed = _made_by(region), []
    while type(a) is Value and a in made:
        op = made[a]
        before = _before(session, op, op.outs.index(a))
        if before is None:
            break
        a, inner = before
        passed += [op, *inner]
    return a, tuple(passed)


def _before(session: Session, op: Op, k: int) -> Path | None:
    """What result `k` of `op` is an update of, and the ops inside that update it."""
    name = op.kind.name
    if name in _FIRST:
        return op.args[0], ()
    if name in ("host_call", "custom_call"):
        given = [a for a in op.args if a.type is TOKEN]
        return (given[0], ()) if given and op.outs[k].type is TOKEN else None
    if name == "if":
        then, orelse = (origin(session, r, r.results[k]) for r in op.regions)
        return (then[0], then[1] + orelse[1]) if then[0] == orelse[0] else None
    if name in ("for", "while"):
        return _carried(session, op, op.args[int(name == "for") :], k)
    if name == "loop_rev":
        return _carried(session, op, op.args[1:], k)
    if name == "loop_vjp":
        return op.args[len(op.args) - len(op.outs) + k], ()
    if name == "call":
        return _called(session, op, k)
    return None


def _carried(session: Session, op: Op, inits: Sequence[Atom], k: int) -> Path | None:
    if isinstance(op.outs[k].type, HistType):
        return None
    body = op.regions[-1]
    found, passed = origin(session, body, body.results[k])
    state = body.params[len(body.params) - len(body.results) + k]
    return (inits[k], passed) if found is state else None


def _called(session: Session, op: Op, k: int) -> Path | None:
    body = session.funcs[op.attrs["callee"].name].body
    found, _ = origin(session, body, body.results[k])
    if type(found) is Value and found in body.params:
        return op.args[body.params.index(found)], ()
    return None
