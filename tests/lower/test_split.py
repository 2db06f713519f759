"""Long stretches of elementwise ops are cut into functions of their own."""

from __future__ import annotations

import numpy as np

from anvil.ir.analysis import walk
from anvil.ir.builder import Builder
from anvil.ir.records import Func, Program
from anvil.ir.types import F64, array
from anvil.lower.decompose import decompose
from anvil.lower.emit import to_module
from anvil.lower.runtime import Executable
from anvil.lower.split import LIMIT, PART, split, weigher
from anvil.lower.tuning import compiler_options


def chain(length: int, size: int = 7) -> Program:
    """tanh and a product in turn; every fourth value is read again at the end."""
    b = Builder([array(F64, (size,))], ["x"])
    x = b.params[0]
    kept = []
    for i in range(length):
        x = b.tanh(x) if i % 2 else b.mul(x, 1.5)
        if i % 4 == 0:
            kept.append(x)
    for y in kept:
        x = b.add(x, b.sin(y))
    return Program({"main": b.finish("main", [x])}, "main", "planned")


def parts(program: Program) -> list[Func]:
    """The functions that splitting makes."""
    found, helpers = decompose(program)
    made = split(found, helpers)
    return [f for name, f in made.funcs.items() if name.startswith(PART)]


def test_short_programs_are_left_alone() -> None:
    program, helpers = decompose(chain(10))
    assert split(program, helpers) is program


def test_no_kernel_is_longer_than_the_limit() -> None:
    program = chain(400)
    _, helpers = decompose(program)
    weigh = weigher(helpers)
    found = parts(program)
    assert len(found) > 1
    assert all(sum(map(weigh, walk(f))) <= LIMIT * 1.1 for f in found)


def test_the_pieces_compute_the_same() -> None:
    program = chain(400)
    x = np.linspace(-1.0, 1.0, 7)
    y = x
    kept = []
    for i in range(400):
        y = np.tanh(y) if i % 2 else y * 1.5
        if i % 4 == 0:
            kept.append(y)
    for k in kept:
        y = y + np.sin(k)
    (result,) = Executable(to_module(program))([x])
    np.testing.assert_allclose(result, y, rtol=1e-12)


def test_cheap_values_are_computed_again_rather_than_kept() -> None:
    for func in parts(chain(400)):
        made = {v: op for op in func.body.ops for v in op.outs}
        ends = func.body.ops[-1].args
        assert not any(v in made and made[v].kind.name == "mul" for v in ends)


def test_small_programs_run_in_one_thread() -> None:
    program, helpers = decompose(chain(10))
    weigh = weigher(helpers)
    assert "xla_disable_hlo_passes" in compiler_options(program, weigh)
    large, helpers = decompose(chain(10, size=1 << 16))
    assert "xla_disable_hlo_passes" not in compiler_options(large, weigh)
