"""What the tests of NumPy source share: agreement with the evaluator, planned derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import anvil.ir.ops  # noqa: F401
from anvil import ad
from anvil.ir.analysis import walk
from anvil.ir.builder import Builder
from anvil.ir.evaluate import evaluate
from anvil.ir.records import FuncRef, Program
from anvil.lower.numpy_source import run_source, to_numpy
from anvil.opt.pipeline import run
from tests.ad import programs as known
from tests.ops.harness import same_bits

GIVEN = {"expand": ad.expand, "derive-steps": ad.derive_steps}
X, N, V = known.X, known.N, known.V


ROUNDING = {"float16": 4e-3, "float32": 1e-5, "complex64": 1e-5}


def agree(program: Program, args: Sequence[Any], **options: Any) -> str:
    """The source, whose results are the evaluator's: dtypes, shapes and values.

    Bit for bit but for products of matrices, which may be summed in another order, and of complex
    scalars, where NumPy rounds once more than for arrays.
    """
    text = to_numpy(program, **options)
    assert "fromhex" in text or max(map(len, text.splitlines())) <= 100, text
    got = run_source(text, program.entry)(*args)
    expected = evaluate(program, args, expand=GIVEN["derive-steps"])
    assert len(got) == len(expected)
    exact = not any(op.kind.name == "dot_general" for op in walk(program))
    for g, e in zip(map(np.asarray, got), map(np.asarray, expected), strict=True):
        assert (g.dtype, g.shape) == (e.dtype, e.shape), text
        if exact and e.dtype.kind != "c":
            assert same_bits(g, e), (text, g, e)
        else:
            near = ROUNDING.get(e.dtype.name, 1e-12)
            np.testing.assert_allclose(g, e, rtol=near, atol=near, err_msg=text)
    return text


def text_of(params: Sequence[Any], write: Any, hints: Sequence[str] = ()) -> str:
    """The body of a function that `write` emits."""
    b = Builder(list(params), list(hints))
    f = b.finish("f", tuple(write(b, *b.params)))
    text = to_numpy(Program({"f": f}, "f", "planned"), locations=False)
    return text.split('."""\n')[-1]


def planned(program: Program, pipeline: str = "O2") -> Program:
    """(x...) -> (y..., cotangents), planned."""
    f = program.main
    inexact = [i for i, p in enumerate(f.params) if p.type.dtype.inexact]
    outs = [i for i, t in enumerate(f.results) if t.dtype.inexact]
    g = Builder([p.type for p in f.params], [p.hint for p in f.params])
    attrs = {
        "callee": FuncRef(f.name),
        "wrt": tuple(inexact),
        "outs": tuple(outs),
        "transform": "default",
    }
    ones = [g.const(1.0, f.results[i]) for i in outs]
    types = [*f.results, *(f.params[i].type for i in inexact)]
    results = g.emit_tuple("vjp_call", [*g.params, *ones], attrs, out_types=types)
    funcs = {**program.funcs, "grad": g.finish("grad", results)}
    return run(Program(funcs, "grad", "surface"), pipeline, given=GIVEN, check=1)
