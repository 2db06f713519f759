"""The registry's constraints and the runner: stages, switches, reports, dumps, bisection."""

from dataclasses import replace

import pytest

from anvil.errors import VerificationError
from anvil.ir.reader import parse
from anvil.opt import passes
from anvil.opt.compare import Mismatch
from anvil.opt.passes import PASSES, PassError, check_order
from anvil.opt.pipeline import PIPELINES, Report, run
from tests.opt.programs import program


@pytest.fixture
def registry(monkeypatch):
    """The registry, restored after the test."""
    monkeypatch.setattr(passes, "PASSES", dict(PASSES))
    return passes.PASSES


def test_order_is_checked():
    with pytest.raises(PassError, match="cse must follow inline: equal ops of caller and callee"):
        check_order(("cse", "inline"), "mine")
    with pytest.raises(PassError, match="licm needs simplify before it"):
        check_order(("licm",), "mine")
    with pytest.raises(PassError, match=r"plan-loops \(pass 1\) is not legal in stage surface"):
        check_order(("plan-loops",), "mine")
    with pytest.raises(PassError, match="ends in stage core, not planned"):
        check_order(("expand",), "mine", end="planned")
    with pytest.raises(PassError, match="no pass is called 'csee'"):
        check_order(("csee",), "mine")


def test_registration_is_checked(registry):
    with pytest.raises(PassError, match="has no docstring"):
        passes.register("x", stages=("core",))(lambda p: p)
    with pytest.raises(PassError, match="is registered twice"):
        passes.declare("expand", "Again.", stage="core", result="", removes=())
    with pytest.raises(PassError, match="is declared for stages half"):
        passes.declare("x", "New.", stage="half", result="", removes=())


def test_whole_pipelines_start_where_the_program_is():
    report = Report()
    run(program("nested", "core"), "O1", report=report)
    assert "expand" not in [s.name for s in report.steps]
    report = Report()
    run(program("nested", "surface"), "O1", report=report)
    assert [s.name for s in report.steps] == list(PIPELINES["O1"])


def test_transforms_must_be_given():
    prog = parse("""air 1
stage surface
func @f(%x: f64) -> f64 {
  %a: f64, %b: f64 = jvp_call[callee=@g, wrt=(0,), outs=(0,)] %x, %x
  return %b
}

func @g(%x: f64) -> f64 {
  %y: f64 = sin %x
  return %y
}
""")
    with pytest.raises(PassError, match="pass expand was not given"):
        run(prog, "O0")

    def expand(p):
        return replace(program("straight", "core"))

    assert run(prog, ("expand",), given={"expand": expand}).stage == "core"


def test_switches(monkeypatch):
    report = Report()
    after = run(program("straight"), "O2", skip=["simplify"], stop_after="dce", report=report)
    names = [s.name for s in report.steps]
    assert "simplify" not in names
    assert names[-1] == "dce"
    assert after.stage == "adjoint"
    monkeypatch.setenv("ANVIL_SKIP", "cse, dce".replace(" ", ""))
    monkeypatch.setenv("ANVIL_STOP_AFTER", "licm")
    report = Report()
    run(program("straight"), "O2", report=report)
    assert {"cse", "dce"}.isdisjoint(s.name for s in report.steps)
    with pytest.raises(PassError, match="plan-loops cannot be skipped"):
        run(program("history"), "O1", skip=["plan-loops"], stop_after="")
    with pytest.raises(PassError, match="no pass is called 'nothing'"):
        run(program("straight"), "O1", skip=["nothing"])
    with pytest.raises(PassError, match="no pipeline is called 'O3'"):
        run(program("straight"), "O3")


def test_report_has_times_counts_and_stages():
    report = Report(keep=True)
    run(program("straight"), ("cse", "dce"), report=report)
    cse, dce = report.steps
    assert cse.changed
    assert dce.delta == {"sin": -1}
    assert cse.seconds > 0
    assert [name for name, _ in report.stages] == ["cse", "dce"]
    assert str(report).splitlines()[1].split()[0] == "dce"
    assert "sin -1" in str(report)


def test_dump_writes_every_stage(tmp_path, monkeypatch):
    monkeypatch.setenv("ANVIL_DUMP", str(tmp_path))
    run(program("straight"), ("cse", "dce"))
    files = sorted(f.name for f in (tmp_path / "f").iterdir())
    assert files == ["00-input.air", "01-cse.air", "02-dce.air"]
    assert parse((tmp_path / "f" / "02-dce.air").read_text()).entry == "f"


def broken(prog):
    """Returns the first parameter whatever the program computes."""
    func = prog.main
    end = replace(func.body.ops[-1], args=(func.params[0],) * len(func.results))
    body = replace(func.body, ops=(*func.body.ops[:-1], end))
    return replace(prog, funcs={**prog.funcs, func.name: replace(func, body=body)})


def invalid(prog):
    """Drops the first op."""
    func = prog.main
    body = replace(func.body, ops=func.body.ops[1:])
    return replace(prog, funcs={**prog.funcs, func.name: replace(func, body=body)})


def test_wrong_passes_are_named(registry):
    passes.register("broken", stages=passes.ALL)(broken)
    passes.register("invalid", stages=passes.ALL)(invalid)
    with pytest.raises(VerificationError) as info:
        run(program("straight"), ("invalid",))
    assert "after pass invalid (6 -> 5 ops)" in info.value.__notes__
    run(program("straight"), ("broken",), check=1)
    with pytest.raises(Mismatch, match="result 0 differs on sample 0") as info:
        run(program("straight"), ("broken",), check=2)
    assert "after pass broken (6 -> 6 ops)" in info.value.__notes__
    run(program("straight"), ("invalid",), check=0)


def test_errors_inside_a_pass_name_it(registry):
    def fails(prog):
        """Fails."""
        raise ValueError("no")

    passes.register("fails", stages=passes.ALL)(fails)
    with pytest.raises(ValueError, match="no") as info:
        run(program("straight"), ("fails",))
    assert info.value.__notes__ == ["in pass fails"]
