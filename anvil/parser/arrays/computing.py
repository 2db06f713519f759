"""What an op on known operands gives, computed while compiling; also calls of small functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.evaluate import Evaluator
from anvil.ir.records import ArrayData, Const, Func, Op, Program, Region
from anvil.ir.types import Array, ArrayType

if TYPE_CHECKING:
    from anvil.parser.context import Context

_LARGEST = 100_000
"""Elements of an array that is computed while compiling."""

_WORK = 10_000
"""Ops that a called function may execute for it."""


def computed(ctx: Context, op: Op, args: Sequence[Array]) -> ArrayData | None:
    """The only result of an op; None where that is too much for the compiler to compute."""
    t = op.outs[0].type
    assert isinstance(t, ArrayType)
    if op.kind.name == "call":
        name = op.attrs["callee"].name
        if _work(ctx.session.funcs, name) > _WORK:
            return None
        program = Program(ctx.session.program_funcs(), name, "surface")
        with np.errstate(all="ignore"):
            value = Evaluator(program).call(name, args)[0]
    else:
        with np.errstate(all="ignore"):
            value = np.asarray(op.kind.numpy(*args, **op.attrs))
    return ArrayData(value.astype(t.dtype.np).reshape(t.shape))


def computable(op: Op) -> bool:
    """Whether an op is of a kind that is computed while compiling."""
    t = op.outs[0].type
    if not isinstance(t, ArrayType) or t.size > _LARGEST:
        return False
    return op.kind.name == "call" or not (op.regions or op.kind.structural)


def _work(funcs: Mapping[str, Func | None], name: str) -> float:
    """How many ops a call executes; infinite where that is not known, and where it has effects."""
    func = funcs.get(name)
    if func is None or any(_size(p.type) > _LARGEST for p in func.params):
        return float("inf")
    return _region_work(funcs, func.body)


def _region_work(funcs: Mapping[str, Func | None], region: Region) -> float:
    return sum(_op_work(funcs, op) for op in region.ops)


def _op_work(funcs: Mapping[str, Func | None], op: Op) -> float:
    name = op.kind.name
    if name == "call":
        return _work(funcs, op.attrs["callee"].name)
    inside = sum(_region_work(funcs, r) for r in op.regions)
    if name == "for":
        trips = op.args[0]
        return inside * int(trips.value.real) if type(trips) is Const else float("inf")
    if name == "if" or op.kind.terminator:
        return inside + 1
    return float("inf") if op.kind.structural or name == "host_call" else 1


def _size(t: Any) -> int:
    return t.size if isinstance(t, ArrayType) else 0
