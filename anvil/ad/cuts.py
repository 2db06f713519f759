"""Gradients that are identically zero because every path is cut, and by which ops.

    param -> ... -> op -> ...      op is a cut: an operand moves with the parameter, no result does

Rounding, comparisons, conversions to integers and stop_gradient cut. A parameter that nothing
reads, or only checks and prints do, is no cut.
"""

from __future__ import annotations

from collections.abc import Iterator

from anvil.ad.activity import IDLE, PLAIN, Activity
from anvil.ad.context import Cut, Indices, Session, inexact
from anvil.ir.analysis import slice_of
from anvil.ir.loc import AnyLoc
from anvil.ir.records import Func, Op, Region, Value
from anvil.ir.types import TOKEN


def find_cuts(session: Session, f: Func, params: Indices) -> Iterator[Cut]:
    """The cuts of those of `params`, which are known to have no gradient, that reach some op."""
    for i in params:
        ops = _cuts(session, f, tuple(PLAIN if j == i else IDLE for j in range(len(f.params))))
        if ops:
            yield Cut(f.name, i, f.params[i].hint, tuple(dict.fromkeys(ops)))


def _cuts(session: Session, f: Func, levels: tuple[int, ...]) -> list[tuple[str, AnyLoc]]:
    activity = Activity(session)
    activity.region(f.body, levels)
    found: list[tuple[str, AnyLoc]] = []
    for op in _leading_to_results(f.body):
        if not any(inexact(a) and activity.of(a) for a in op.args):
            continue
        if op.kind.name == "call":
            callee = session.funcs[op.attrs["callee"].name]
            found += _cuts(session, callee, tuple(map(activity.of, op.args)))
        elif _is_cut(op) and not any(map(activity.of, op.outs)):
            found.append((op.kind.name, op.loc))
    return found


def _leading_to_results(region: Region) -> Iterator[Op]:
    """The ops that the results depend on, effects apart (a failed check is not a derivative)."""
    wanted = [a for a in region.results if isinstance(a, Value) and a.type is not TOKEN]
    for op in slice_of(region.ops, wanted):
        yield op
        for inner in op.regions:
            yield from _leading_to_results(inner)


def _is_cut(op: Op) -> bool:
    effect = op.kind.name in ("check", "print")
    return not (effect or op.kind.terminator or op.regions)
