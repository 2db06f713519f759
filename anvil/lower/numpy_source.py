"""IR -> NumPy source: any program, derivatives included, as Python that people can read and run.

    print(anvil.grad(f).source(x))

Each function of the program becomes a Python function, regions become `if` / `for` / `while`
blocks, a loop history a list of states. The text needs nothing but NumPy and computes what
`anvil.ir.evaluate` does: values keep their dtypes because Python numbers stand only where NumPy
gives them the dtype of the other operand.

What is read once is written where it is read, unless the user's program gave it a name. Names are
never reassigned except the states of loops, at the end of each step, so it does not matter when an
expression is evaluated.

    numpy_writer      names, statements, folding
    numpy_text        expressions, literals, long lines
    numpy_uses        who reads a value
    numpy_ops         spellings of particular kinds
    numpy_places      reading and writing parts of arrays
    numpy_structure   if, for, while, loop_rev, call, effects
    numpy_helpers     functions copied into the module
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from anvil.errors import error
from anvil.ir.analysis import call_order, walk
from anvil.ir.records import Program
from anvil.lower.decompose import written_out
from anvil.lower.numpy_structure import STRUCTURE
from anvil.lower.numpy_text import identifier
from anvil.lower.numpy_writer import Writer


def to_numpy(
    program: Program,
    *,
    locations: bool = True,
    expand: Callable[[Program], Program] | None = None,
) -> str:
    """The program as the source of a Python module; the entry keeps its name.

    A function of one result returns it, of several a tuple. With `locations` comments name the
    user's lines. `expand` maps a program to one without transform calls and `loop_vjp`; without it
    these are refused with ValueError.
    """
    if expand is not None and _unprintable(program):
        program = expand(program)
    left = _unprintable(program)
    if left:
        _refuse_host(program)
        raise ValueError(f"NumPy source has no {left[0]}; give `expand`, which removes it")
    program = written_out(program)
    writer = Writer(program, locations)
    for name in call_order(program):
        writer.func(program.funcs[name])
    return writer.module()


def _unprintable(program: Program) -> list[str]:
    known = ("if", "for", "while", "yield", "return")
    return [
        op.kind.name
        for op in walk(program)
        if op.kind.structural and op.kind.name not in known and op.kind.name not in STRUCTURE
    ]


def _refuse_host(program: Program) -> None:
    for op in walk(program):
        if op.kind.name == "host_call":
            name = op.attrs["host"].partition("#")[0]
            what = f"NumPy source cannot call `{name}`, a function of this process"
            raise error("no-host-function", what, op.loc)


def run_source(source: str, name: str) -> Callable[..., tuple[Any, ...]]:
    """Executes source made by `to_numpy`; its function `name`, which returns a tuple of results."""
    space: dict[str, Any] = {}
    exec(compile(source, "<anvil source>", "exec"), space)
    found = space[identifier(name)]

    @functools.wraps(found)
    def run(*args: Any) -> tuple[Any, ...]:
        with np.errstate(all="ignore"):
            results = found(*args)
        return results if isinstance(results, tuple) else (results,)

    return run
