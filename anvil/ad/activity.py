"""Forward activity: which values depend on differentiated inputs, and whose tangents may be
masked zeros.

    IDLE          no tangent
    PLAIN         a tangent
    MASKED        a tangent whose zeros may mean "no path"

    op            out = max of the operands; nondiff kinds, integer and bool results: IDLE
                  MASKED where a joining kind (select, max, pad ...) has both moving and idle
                  inexact operands
    if            out = join(then, else), where joining IDLE with a tangent gives MASKED
    for, while    least fixed point of  state = join(init, yield)
    call          the callee's body, once per level of its parameters
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from anvil.ad.context import Session, inexact
from anvil.ir.analysis import captures
from anvil.ir.records import Atom, Op, Region, Value

IDLE: Final = 0
PLAIN: Final = 1
MASKED: Final = 2

Levels = tuple[int, ...]

JOINING: Final = frozenset(
    {
        "select", "max", "min", "clamp", "reduce_max", "reduce_min", "concatenate", "pad",
        "scatter", "scatter_add", "dynamic_update_slice", "dynamic_add_slice",
    }
)  # fmt: skip
"""Kinds whose tangent is zero in the part that came from an idle operand."""


def join(a: int, b: int) -> int:
    """The level where two ways meet."""
    if a == b:
        return a
    return MASKED if IDLE in (a, b) else max(a, b)


def joins(op: Op, moving: Sequence[int]) -> bool:
    """Whether the tangent of a plain op is zero in parts; `moving` are the levels of its inexact
    operands.
    """
    return op.kind.name in ("mulz", "mulz_columns") or (op.kind.name in JOINING and IDLE in moving)


class Activity:
    """Levels of the values of a piece of program; `outer` gives those of values defined before
    it.
    """

    def __init__(self, session: Session, outer: Callable[[Value], int] = lambda v: IDLE) -> None:
        self.session = session
        self.outer = outer
        self.level: dict[Value, int] = {}

    def of(self, a: Atom) -> int:
        """The level of an atom."""
        if type(a) is not Value:
            return IDLE
        found = self.level.get(a)
        return self.outer(a) if found is None else found

    def set(self, values: Sequence[Value], levels: Sequence[int]) -> None:
        """Records levels; values that cannot have a tangent stay idle."""
        for v, level in zip(values, levels, strict=True):
            self.level[v] = level if inexact(v) else IDLE

    def region(self, region: Region, levels: Sequence[int]) -> Levels:
        """Levels of what a region yields, given those of its parameters."""
        self.set(region.params, levels)
        self.ops(region.ops)
        return tuple(map(self.of, region.results))

    def ops(self, ops: Sequence[Op]) -> None:
        """Levels of the results of `ops`."""
        for op in ops:
            if not op.kind.terminator:
                rule = _RULES.get(op.kind.name, _plain)
                self.set(op.outs, rule(self, op))

    def func(self, name: str, levels: Sequence[int]) -> Levels:
        """Levels of the results of a function, given those of its parameters."""
        key = ("activity", name, tuple(levels))
        body = self.session.funcs[name].body
        return self.session.once(key, lambda: Activity(self.session).region(body, levels))


def _plain(a: Activity, op: Op) -> Levels:
    moving = [a.of(x) for x in op.args if inexact(x)]
    level = IDLE if op.kind.nondiff or not moving else max(moving)
    if level == PLAIN and joins(op, moving):
        level = MASKED
    return (level,) * len(op.outs)


def _if(a: Activity, op: Op) -> Levels:
    then, orelse = (a.region(r, ()) for r in op.regions)
    return tuple(map(join, then, orelse))


def _loop(a: Activity, op: Op) -> Levels:
    k = int(op.kind.name == "for")
    levels = tuple(map(a.of, op.args[k:]))
    while True:
        ends = a.region(op.regions[-1], (*(IDLE,) * k, *levels))
        following = tuple(map(join, levels, ends))
        if following == levels:
            return (*levels, *(IDLE,) * (len(op.outs) - len(levels)))
        levels = following


def _loop_vjp(a: Activity, op: Op) -> Levels:
    level = max(map(a.of, (*op.args, *captures(op))), default=IDLE)
    return ((MASKED if level else IDLE),) * len(op.outs)


def _call(a: Activity, op: Op) -> Levels:
    return a.func(op.attrs["callee"].name, [a.of(x) for x in op.args])


def _custom(a: Activity, op: Op) -> Levels:
    moving = any(a.of(op.args[i]) for i in op.attrs["wrt"])
    return tuple(MASKED if moving and i in op.attrs["outs"] else IDLE for i in range(len(op.outs)))


def _none(a: Activity, op: Op) -> Levels:
    return (IDLE,) * len(op.outs)


_RULES: Final[dict[str, Callable[[Activity, Op], Levels]]] = {
    "if": _if,
    "for": _loop,
    "while": _loop,
    "loop_vjp": _loop_vjp,
    "call": _call,
    "custom_call": _custom,
    "host_call": _custom,
    "check": _none,
    "print": _none,
}
