"""Optimised derivatives: each pipeline on gradients to second order gives what was meant."""

from dataclasses import replace

import numpy as np
import pytest

from anvil.ad.expand import expand
from anvil.ad.steps import derive_steps
from anvil.ir.analysis import op_counts
from anvil.ir.builder import Builder
from anvil.ir.evaluate import evaluate
from anvil.ir.loc import Loc
from anvil.ir.reader import parse
from anvil.ir.records import Func, FuncRef, Program
from anvil.ir.types import ArrayType
from anvil.opt.compare import close
from anvil.opt.pipeline import PIPELINES, run
from tests.opt.programs import TEXTS, arguments, program

GIVEN = {"expand": expand, "derive-steps": derive_steps}


def moving(types):
    return tuple(i for i, t in enumerate(types) if isinstance(t, ArrayType) and t.dtype.inexact)


def gradient(func: Func, name: str) -> Func:
    """A function that calls the vjp of `func` with cotangents 1."""
    types = [p.type for p in func.params]
    wrt, outs = moving(types), moving(func.results)
    b = Builder(types, [p.hint for p in func.params], Loc("grad.py", 1))
    ones = [b.const(1.0, func.results[i]) for i in outs]
    attrs = {"callee": FuncRef(func.name), "wrt": wrt, "outs": outs}
    found = (*func.results, *(types[i] for i in wrt))
    made = b.emit("vjp_call", (*b.params, *ones), attrs, out_types=found)
    return b.finish(name, made[len(func.results) :])


def differentiated(name: str, order: int) -> Program:
    """The program with the gradient of its entry, `order` times, as entry."""
    prog = program(name, "surface")
    for i in range(order):
        new = gradient(prog.main, f"grad{i}")
        prog = Program({new.name: new, **prog.funcs}, new.name, "surface")
    return prog


SMOOTH = [name for name in TEXTS if name != "history"]


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("level", PIPELINES)
@pytest.mark.parametrize("name", SMOOTH)
def test_gradients(name, level, order):
    before = differentiated(name, order)
    args = arguments(before)

    def whole(p):
        return derive_steps(expand(p))

    expected = evaluate(before, args, expand=whole)
    after = run(before, level, given=GIVEN, check=2)
    found = evaluate(after, args)
    assert all(map(close, expected, found)), (expected, found)
    if level == "O2":
        assert "call" not in op_counts(after)


def test_stable_forms_are_found_before_differentiation():
    prog = parse("""air 1
stage surface
func @f(%x: f64) -> f64 {
  %e: f64 = exp %x
  %s: f64 = add %e, 1.0
  %y: f64 = log %s
  return %y
}
""")
    for order, expected in ((1, [0.0, 0.5, 1.0]), (2, [0.0, 0.25, 0.0])):
        made = prog
        for i in range(order):
            new = gradient(made.main, f"g{i}")
            made = replace(made, funcs={new.name: new, **made.funcs}, entry=new.name)
        ready = run(made, "O2", given=GIVEN)
        found = [float(evaluate(ready, [x])[0]) for x in (-1000.0, 0.0, 1000.0)]
        np.testing.assert_allclose(found, expected, atol=1e-15)
