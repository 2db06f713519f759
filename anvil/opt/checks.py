"""Programs without their checks (`jit(..., checks=False)`), without the values that checks carry
for messages, and those that are run again to know them.
"""

from __future__ import annotations

from anvil.ir.analysis import walk
from anvil.ir.builder import Env
from anvil.ir.records import Atom, Func, Op, Program
from anvil.opt.passes import ALL, each_func, register
from anvil.opt.replay import Replay, substitute


@register("drop-checks", stages=ALL)
def drop_checks(program: Program) -> Program:
    """Removes every check: its token is the one it was given. Prints stay."""
    return unchecked(program, frozenset())


def unchecked(program: Program, kept: frozenset[int]) -> Program:
    """Removes the checks of all sites but those `kept`."""
    if not any(op.kind.name == "check" for op in walk(program)):
        return program
    return each_func(program, lambda func: _Unchecked(func, kept).rebuild())


@register("drop-values", stages=ALL)
def drop_values(program: Program) -> Program:
    """Checks carry no values: the site of the one that fails is all that a call returns."""
    return _carrying(program, 0)


def values_of(program: Program, site: int) -> Program:
    """The checks of one site carry their values; nothing is printed."""
    return each_func(_carrying(program, site), lambda func: _Silent(func).rebuild())


def _carrying(program: Program, site: int) -> Program:
    if not any(op.kind.name == "check" and len(op.args) > 2 for op in walk(program)):
        return program
    return each_func(program, lambda func: _Valueless(func, site).rebuild())


class _Valueless(Replay):
    def __init__(self, func: Func, site: int) -> None:
        super().__init__(func)
        self.site = site

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """Other checks keep their conditions only."""
        if op.kind.name != "check" or op.attrs["site"] == self.site or len(op.args) == 2:
            return super().copy(op, env)
        return self.settle(op, substitute(op.args[:2], env), op.regions, env)


class _Silent(Replay):
    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """A print becomes the token before it."""
        if op.kind.name != "print":
            return super().copy(op, env)
        return self.become(op, substitute(op.args[:1], env), env)


class _Unchecked(Replay):
    def __init__(self, func: Func, kept: frozenset[int]) -> None:
        super().__init__(func)
        self.kept = kept

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """A check becomes the token before it."""
        if op.kind.name != "check" or op.attrs["site"] in self.kept:
            return super().copy(op, env)
        return self.become(op, substitute(op.args[:1], env), env)
