"""Whether a piece of program is linear in some of its inputs.

ZERO < FIXED        does not depend on the inputs (ZERO: a constant zero)
ZERO < LINEAR       linear in them
OTHER               anything else

sums (add, select, concatenate ...)    all operands LINEAR or ZERO
mul, dot_general ...                   one operand LINEAR, the others FIXED
if, for, while                         control FIXED, states join; call: the callee's body
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from anvil.ad.context import Session, inexact
from anvil.ir.analysis import captures
from anvil.ir.records import Atom, Const, Op, Region, Value

ZERO: Final = 0
FIXED: Final = 1
LINEAR: Final = 2
OTHER: Final = 3

_SUMS: Final = frozenset(
    {
        "add", "sub", "select", "concatenate", "pad", "dynamic_update_slice", "dynamic_add_slice",
        "scatter", "scatter_add", "complex",
    }
)  # fmt: skip
_FIRST: Final = frozenset({"div", "neg", "convert", "real", "imag", "conj"})
_PRODUCTS: Final = frozenset({"mul", "mulz", "mulz_columns"})


def join(a: int, b: int) -> int:
    """The level where two ways meet."""
    if a == b or ZERO in (a, b):
        return max(a, b)
    return OTHER


def linear_in(op: Op) -> Sequence[int]:
    """The operands in which a plain op is linear, jointly or one at a time."""
    find = getattr(op.kind, "linear_in", None)
    found: Sequence[int] = find(op.args) if find is not None else op.kind.linear
    return found


def plain_level(op: Op, levels: Sequence[int]) -> int:
    """The level of the results of a plain op whose operands have these levels."""
    moving = [i for i, level in enumerate(levels) if level >= LINEAR]
    if not moving:
        return FIXED
    if OTHER in levels or op.kind.nondiff:
        return OTHER
    name = op.kind.name
    if name in _SUMS:
        rest = [levels[i] for i, a in enumerate(op.args) if inexact(a)]
        return LINEAR if FIXED not in rest and all(inexact(op.args[i]) for i in moving) else OTHER
    if name in _PRODUCTS:
        return LINEAR if len(moving) == 1 else OTHER
    if name in _FIRST:
        return LINEAR if moving == [0] else OTHER
    one = op.kind.transpose is not None and len(moving) == 1 and moving[0] in linear_in(op)
    return LINEAR if one else OTHER


def nonlinear_in(session: Session, name: str, inputs: Sequence[int], first: int = 0) -> Op | None:
    """The first op that keeps the results of a function, from the one numbered `first` on, from
    being linear in the parameters `inputs`, or None.
    """
    body = session.funcs[name].body
    levels = [LINEAR if i in inputs else FIXED for i in range(len(body.params))]
    found = _Linearity(session)
    ends = found.region(body, levels)
    if all(
        level in (ZERO, LINEAR) or not inexact(a)
        for a, level in list(zip(body.results, ends, strict=True))[first:]
    ):
        return None
    return found.culprit or body.ops[-1]


class _Linearity:
    """Levels of values; `culprit` is the first op that was not linear."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.level: dict[Value, int] = {}
        self.culprit: Op | None = None

    def of(self, a: Atom) -> int:
        if isinstance(a, Const):
            return ZERO if a.value == 0 else FIXED
        return self.level.get(a, FIXED)

    def region(self, region: Region, levels: Sequence[int]) -> list[int]:
        self.level.update(zip(region.params, levels, strict=True))
        for op in region.ops:
            if not op.kind.terminator:
                found = _RULES.get(op.kind.name, _Linearity._plain)(self, op)
                if OTHER in found and self.culprit is None:
                    self.culprit = op
                self.level.update(zip(op.outs, found, strict=True))
        return list(map(self.of, region.results))

    def _plain(self, op: Op) -> list[int]:
        return [plain_level(op, list(map(self.of, op.args)))] * len(op.outs)

    def _if(self, op: Op) -> list[int]:
        then, orelse = (self.region(r, ()) for r in op.regions)
        if self.of(op.args[0]) >= LINEAR:
            return [OTHER] * len(op.outs)
        return list(map(join, then, orelse))

    def _loop(self, op: Op) -> list[int]:
        k = len(op.regions[-1].params) - len(op.regions[-1].results)
        levels = list(map(self.of, op.args[k:]))
        while True:
            ends = self.region(op.regions[-1], [FIXED] * k + levels)
            following = list(map(join, levels, ends))
            if following == levels:
                break
            levels = following
        control = [self.of(op.args[0])] if k else self.region(op.regions[0], levels)
        if max(control) >= LINEAR:
            levels = [OTHER] * len(levels)
        return levels + [FIXED] * (len(op.outs) - len(levels))

    def _loop_vjp(self, op: Op) -> list[int]:
        seeds = len(op.outs)
        fixed = (*op.args[: len(op.args) - seeds], *captures(op))
        if any(self.of(a) >= LINEAR for a in fixed):
            return [OTHER] * seeds
        level = ZERO
        for a in op.args[len(op.args) - seeds :]:
            level = join(level, self.of(a))
        return [level] * seeds

    def _call(self, op: Op) -> list[int]:
        inner = _Linearity(self.session)
        body = self.session.funcs[op.attrs["callee"].name].body
        found = inner.region(body, list(map(self.of, op.args)))
        self.culprit = self.culprit or inner.culprit
        return found


_RULES: Final[dict[str, Callable[[_Linearity, Op], list[int]]]] = {
    "if": _Linearity._if,
    "for": _Linearity._loop,
    "while": _Linearity._loop,
    "loop_vjp": _Linearity._loop_vjp,
    "call": _Linearity._call,
    "custom_call": _Linearity._call,
}
