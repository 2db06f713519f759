"""XLA options that suit a program.

XLA's CPU backend splits an elementwise kernel over threads by a cost model that counts operations:
the formulas of `anvil.ir.ops.accurate*` look expensive to it, and an array of 500 elements is
split, which costs more than computing it. So programs of small arrays are compiled without.

A loop that XLA finds small is compiled to one native loop; others run operation by operation, each
dispatched for 0.1 us or more. The limit is raised for loops without matrix products (those would
lose the library that computes them).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from anvil.ir.analysis import walk, walk_regions
from anvil.ir.records import Op, Program, Value
from anvil.ir.types import ArrayType

LARGE: Final = 1 << 15
"""Arrays of at least this many elements are worth several threads."""

HEAVY: Final = 1 << 22
"""Operations, over all elements of a kernel, that are worth several threads."""

NATIVE_LOOP: Final = 1 << 16
"""Bytes of code and state up to which a loop is compiled to a native one."""

EXTRA: Final = "xla_backend_extra_options"
_LOOPS: Final = frozenset({"for", "while", "loop_rev"})


def compiler_options(program: Program, weigh: Callable[[Op], int]) -> dict[str, Any]:
    """The options for a program, before those that its user gives.

    `weigh` says how many operations an op adds to a kernel, 0 if it ends one.
    """
    kinds = {op.kind.name for op in walk(program)}
    options: dict[str, Any] = {}
    if _is_small(program, weigh):
        options["xla_disable_hlo_passes"] = "cpu-parallel-task-assigner"
    if kinds & _LOOPS and "dot_general" not in kinds:
        options[EXTRA] = {"xla_cpu_small_while_loop_byte_threshold": NATIVE_LOOP}
    return options


def _is_small(program: Program, weigh: Callable[[Op], int]) -> bool:
    """Whether no array is large and no kernel heavy."""
    if any(_elements(p) >= LARGE for p in program.main.params):
        return False
    for region in walk_regions(program):
        work = 0
        for op in region.ops:
            size, weight = max(map(_elements, op.outs), default=0), weigh(op)
            work = work + weight * size if weight else 0
            if size >= LARGE or work >= HEAVY:
                return False
    return True


def _elements(v: Value) -> int:
    return v.type.size if type(v.type) is ArrayType else 0
