"""Where loops keep their states among operands, region parameters and results."""

from __future__ import annotations

from collections.abc import Sequence

from anvil.ir.records import Atom, Op, Region
from anvil.ir.types import TOKEN


class Loop:
    """Where a loop keeps its states: operands from `first`, parameters from `before`."""

    def __init__(self, first: int) -> None:
        self._first = first

    def first(self, op: Op) -> int:
        """The operand that is state 0."""
        return self._first

    def before(self, op: Op, region: Region) -> int:
        """The number of parameters of a region before state 0."""
        return len(region.params) - len(op.args) + self._first

    def control(self, op: Op) -> Sequence[Atom]:
        """What decides how often the loop runs."""
        return op.args[: self._first]


class While(Loop):
    """A loop with a condition."""

    def control(self, op: Op) -> Sequence[Atom]:
        """The condition, and the checks in the body: one that fails ends the loop."""
        cond, body = op.regions
        pairs = zip(body.params, body.results, strict=True)
        checked = [r for p, r in pairs if r.type is TOKEN and r is not p]
        return (*cond.results, *checked)


STATES: dict[str, Loop] = {"for": Loop(1), "while": While(0), "loop_rev": Loop(1)}
"""Loops whose states can be dropped one by one."""
