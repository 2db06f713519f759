"""Every registered pass on every program: verified, the same results, idle the second time."""

import numpy as np
import pytest

from anvil.ir.equal import difference
from anvil.ir.evaluate import evaluate
from anvil.ir.printer import text
from anvil.ir.reader import parse
from anvil.ir.verify import verify
from anvil.opt import pipeline
from anvil.opt.compare import close
from anvil.opt.passes import PASSES
from tests.opt.programs import TEXTS, arguments, program

LOCAL = [n for n, p in PASSES.items() if p.run is not None and "adjoint" in p.stages]


def check(before, after):
    verify(after, locations=True)
    expected = evaluate(before, arguments(before))
    found = evaluate(after, arguments(after))
    assert len(expected) == len(found)
    assert all(map(close, expected, found))


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("which", LOCAL)
def test_keeps_meaning(which, name):
    before = program(name)
    run = PASSES[which].run
    after = run(before)
    check(before, after)
    if not PASSES[which].required:
        assert run(after) is after or which == "inline"
        fresh = parse(text(after, locs="suffix"))
        again = run(fresh)
        check(fresh, again)
        if which != "inline":
            assert difference(fresh, again, hints=False) is None


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("level", pipeline.PIPELINES)
def test_pipelines(level, name):
    before = program(name)
    after = pipeline.run(before, level, check=2)
    assert after.stage == "planned"
    check(before, after)
    surface = program(name, "surface") if name != "history" else before
    check(before, pipeline.run(surface, level, check=2))


@pytest.mark.parametrize("which", PASSES)
def test_is_documented(which):
    item = PASSES[which]
    assert item.doc.splitlines()[0].endswith(".")
    assert all(why and "\n" not in why for why in (*item.after.values(), *item.needs.values()))


def test_evaluation_of_samples_is_not_vacuous():
    for name in TEXTS:
        prog = program(name)
        assert all(np.all(np.isfinite(r)) for r in evaluate(prog, arguments(prog)))
