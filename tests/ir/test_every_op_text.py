"""Every op kind on its samples, in every dtype: text round trip, verification, optimisation."""

import re
from pathlib import Path

import numpy as np
import pytest

import anvil.ir.ops  # noqa: F401
from anvil.ir.equal import difference
from anvil.ir.evaluate import evaluate
from anvil.ir.printer import text
from anvil.ir.reader import parse
from anvil.ir.types import DTYPES
from anvil.ir.verify import verify
from anvil.opt.compare import close
from anvil.opt.pipeline import run
from tests.ops.harness import all_at_once, build, every_case


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=str)
def test_every_sample(dtype):
    args, write = all_at_once(list(every_case(dtype)))
    for raw in (True, False):
        prog = build(args, write, raw)
        arrays = {}
        shown = text(prog, arrays=arrays)
        again = verify(parse(shown, arrays=arrays))
        assert difference(prog, again) is None
        assert difference(prog, parse(text(prog, locs="suffix")), locs=True) is None
        optimised = run(again, ("simplify", "cse", "dce"))
        for x, y in zip(evaluate(prog, args), evaluate(optimised, args), strict=True):
            np.testing.assert_array_equal(np.shape(x), np.shape(y))
            assert close(x, y)


def test_the_document_shows_a_program_that_works():
    page = (Path(__file__).parents[2] / "docs" / "air.md").read_text()
    (source,) = re.findall(r"```\n(air 1\n.*?)```", page, re.DOTALL)
    prog = verify(parse(source))
    (found,) = evaluate(prog, [2.0, 3])
    assert found == np.sin(2.0) * 8 + 2
    assert text(prog) == source
