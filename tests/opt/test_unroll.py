"""Small counted loops run several iterations at a time."""

from __future__ import annotations

import numpy as np
import pytest

from anvil.ir.analysis import walk
from anvil.ir.builder import Builder
from anvil.ir.evaluate import evaluate
from anvil.ir.records import Program
from anvil.ir.types import F64, I64, array
from anvil.ir.verify import verify
from anvil.opt.pipeline import run
from anvil.opt.unroll import copies


def loop(count: int, shape: tuple[int, ...] = (), work: int = 1) -> Program:
    """x = x * 0.5 + i, `work` times over."""
    b = Builder([array(F64, shape)], ["x"])
    frame = b.begin("body", [array(I64), array(F64, shape)])
    i, x = frame.params
    step = b.broadcast_to(b.convert(i, dtype=F64), shape)
    for _ in range(work):
        x = b.add(b.mul(x, 0.5), step)
    body = b.end([x])
    out = b.emit_tuple("for", (b.i64(count), b.params[0]), {}, (body,))
    return Program({"main": b.finish("main", out)}, "main", "surface")


@pytest.mark.parametrize("count", [32, 33, 39, 1000])
def test_an_unrolled_loop_computes_the_same(count: int) -> None:
    program = loop(count)
    unrolled = run(program, ("simplify", "unroll"))
    verify(unrolled)
    (op,) = (op for op in walk(unrolled) if op.kind.name == "for")
    assert op.args[0].value == count // 8  # type: ignore[union-attr]
    for x in (0.0, 3.5):
        assert evaluate(unrolled, [np.float64(x)]) == evaluate(program, [np.float64(x)])


def test_long_bodies_are_unrolled_less() -> None:
    (op,) = (op for op in walk(loop(1000, work=10)) if op.kind.name == "for")
    assert copies(op) == 3


@pytest.mark.parametrize("program", [loop(31), loop(1000, shape=(3,)), loop(1000, work=40)])
def test_other_loops_stay(program: Program) -> None:
    (op,) = (op for op in walk(program) if op.kind.name == "for")
    assert copies(op) == 1
