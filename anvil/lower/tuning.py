"""XLA options that suit a program.

XLA's CPU backend splits an elementwise kernel over threads by a cost model that counts operations:
the formulas of `anvil.ir.ops.accurate*` look expensive to it, and an array of 500 elements is
split, which costs more than computing it. So programs of small arrays are compiled without.

A loop that XLA finds small is compiled to one native loop; others run operation by operation, each
dispatched for 0.1 us or more. The limit is raised for loops without matrix products (those would
lose the library that computes them).
"""

from __future__ import annotations

from typing import Any, Final

from anvil.ir.analysis import walk
from anvil.ir.records import Program, Value
from anvil.ir.types import ArrayType

LARGE: Final = 1 << 15
"""Arrays of at least this many elements are worth several threads."""

NATIVE_LOOP: Final = 1024
"""Bytes of code and state up to which a loop is compiled to a native one."""

EXTRA: Final = "xla_backend_extra_options"
_LOOPS: Final = frozenset({"for", "while", "loop_rev"})


def compiler_options(program: Program) -> dict[str, Any]:
    """The options for a program, before those that its user gives."""
    large = any(_is_large(p) for p in program.main.params)
    loops = products = False
    for op in walk(program):
        name = op.kind.name
        loops = loops or name in _LOOPS
        products = products or name == "dot_general"
        large = large or any(map(_is_large, op.outs))
    options: dict[str, Any] = {}
    if not large:
        options["xla_disable_hlo_passes"] = "cpu-parallel-task-assigner"
    if loops and not products:
        options[EXTRA] = {"xla_cpu_small_while_loop_byte_threshold": NATIVE_LOOP}
    return options


def _is_large(v: Value) -> bool:
    return type(v.type) is ArrayType and v.type.size >= LARGE
