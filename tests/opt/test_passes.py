"""What each pass does on purpose, beyond keeping the meaning."""

import numpy as np

from anvil.ir.analysis import op_counts, walk
from anvil.ir.evaluate import Counts, evaluate
from anvil.ir.loc import Fused
from anvil.ir.printer import text
from anvil.ir.reader import parse
from anvil.ir.verify import verify
from anvil.opt.canonicalize import canonicalize
from anvil.opt.cse import cse
from anvil.opt.dce import dce
from anvil.opt.fold import fold
from anvil.opt.inline import inline
from anvil.opt.licm import licm
from tests.opt.programs import program


def parsed(body, stage="core"):
    return verify(parse(f"air 1\nstage {stage}\n{body}"))


def loop_of(prog):
    return next(op for op in walk(prog) if op.kind.name in ("for", "while"))


def test_dce_drops_dead_states_and_branch_results():
    (loop,) = (op for op in walk(dce(program("loop states"))) if op.kind.name == "for")
    assert [v.hint for v in loop.outs] == ["s", "k"]
    loop = loop_of(dce(program("while")))
    assert [v.hint for v in loop.outs] == ["i", "s"]
    branch = next(op for op in walk(dce(program("branches"))) if op.kind.name == "if")
    assert [v.hint for v in branch.outs] == ["a", "b"]


def test_dce_drops_states_that_only_feed_each_other():
    prog = parsed("""
func @f(%n: i64, %x: f64) -> f64 {
  %a: f64, %b: f64, %c: f64 = for %n, %x, %x, %x body (%i: i64, %a: f64, %b: f64, %c: f64) {
    yield %a, %c, %b
  }
  return %a
}
""")
    assert len(loop_of(dce(prog)).outs) == 1


def test_dce_drops_parameters_results_and_functions():
    after = dce(program("calls"))
    assert set(after.funcs) == {"f", "g", "h"}
    assert [p.hint for p in after.funcs["g"].params] == ["x"]
    assert len(after.funcs["g"].results) == 1
    assert [p.hint for p in after.main.params] == ["x", "y"]
    assert "exp" not in op_counts(after)


def test_dce_drops_histories_that_nobody_reads():
    after = dce(program("history"))
    loops = [op for op in walk(after) if op.kind.name == "for"]
    assert [op.attrs["hist"] for op in loops] == [True]
    reverse = next(op for op in walk(after) if op.kind.name == "loop_rev")
    assert len(reverse.outs) == 1


def test_dce_keeps_what_transforms_refer_to():
    prog = parsed(
        """
func @f(%x: f64) -> f64 {
  %a: f64, %b: f64, %c: f64, %d: f64 = jvp_call[callee=@g, wrt=(0,), outs=(0, 1)] %x, %x
  return %c
}

func @g(%x: f64) -> (f64, f64) {
  %y: f64 = sin %x
  %dead: f64 = exp %x
  return %y, %x
}
""",
        "surface",
    )
    after = verify(dce(prog))
    assert len(after.funcs["g"].results) == 2
    assert "exp" not in op_counts(after)


def test_dce_keeps_checks_whose_token_is_returned():
    assert dce(program("effects")) is program("effects") or op_counts(
        dce(program("effects"))
    ) == op_counts(program("effects"))
    prog = parsed("""
func @f(%p: bool) -> f64 {
  %t: token = token
  %u: token = check[site=1] %t, %p
  return 1.0
}
""")
    assert op_counts(dce(prog)) == {}


def test_cse_shares_loops_and_fuses_locations():
    after = cse(program("equal loops"))
    assert op_counts(after)["for"] == 1
    assert isinstance(loop_of(after).loc, Fused)
    assert op_counts(cse(program("branches")))["sin"] == 1


def test_cse_does_not_share_across_sibling_regions():
    prog = parsed("""
func @f(%p: bool, %x: f64) -> f64 {
  %a: f64 = if %p then {
    %s: f64 = sin %x
    yield %s
  } else {
    %s: f64 = sin %x
    %t: f64 = neg %s
    yield %t
  }
  return %a
}
""")
    assert cse(prog) is prog


def test_cse_tells_attributes_apart():
    prog = parsed("""
func @f(%t: token, %p: bool) -> (token, token) {
  %a: token = check[site=1] %t, %p
  %b: token = check[site=2] %t, %p
  return %a, %b
}
""")
    assert cse(prog) is prog


def test_inline_leaves_no_small_calls():
    after = dce(inline(program("calls")))
    assert "call" not in op_counts(after)
    assert set(after.funcs) == {"f"}
    assert inline(after) is after


def test_inline_keeps_large_functions_with_several_calls():
    ops = "\n".join(f"  %x.{i + 1}: f64 = sin %x.{i}" for i in range(1, 70))
    prog = parsed(f"""
func @f(%x: f64) -> f64 {{
  %a: f64 = call[callee=@g] %x
  %b: f64 = call[callee=@g] %a
  return %b
}}

func @g(%x.1: f64) -> f64 {{
{ops}
  return %x.70
}}
""")
    assert inline(prog) is prog


def test_canonicalize_resolves_known_control_flow():
    after = dce(canonicalize(program("known loops")))
    assert op_counts(after) == {"cos": 1}
    after = canonicalize(program("known branches"))
    assert op_counts(after) == {"sin": 1, "select": 1}


def test_canonicalize_frees_constant_states():
    after = dce(canonicalize(program("loop states")))
    assert [v.hint for v in loop_of(after).outs] == ["s"]


def test_canonicalize_lifts_results_equal_in_both_branches():
    after = dce(canonicalize(program("branches")))
    (branch,) = (op for op in walk(after) if op.kind.name == "if")
    assert len(branch.outs) == 1
    assert after.main.body.results[1] is after.main.params[1]


def test_canonicalize_keeps_names_and_locations():
    before = program("nested")
    assert canonicalize(before) is before


def test_licm_hoists_through_all_levels():
    after = licm(canonicalize(program("nested")))
    counts = Counts()
    evaluate(after, [np.int64(5), 1.0, 2.0], counts=counts)
    assert counts.kinds["sin"] == 1
    assert counts.kinds["mul"] == 1
    assert counts.kinds["add"] == 5 + 25


def test_licm_stays_out_of_loops_with_a_history():
    after = licm(program("history"))
    loops = [op for op in walk(after) if op.kind.name == "for"]
    assert "sin" in {op.kind.name for op in loops[0].regions[0].ops}
    outside = {op.kind.name for op in after.main.body.ops}
    assert "cos" in outside
    assert "sin" not in outside


def test_licm_does_not_spread_scalars_without_need():
    prog = parsed("""
func @f(%n: i64, %x: f64, %v: f64[8]) -> f64[8] {
  %s: f64[8] = for %n, %v body (%i: i64, %s: f64[8]) {
    %w: f64[8] = broadcast[shape=(8,), dims=()] %x
    %t: f64[8] = mul %s, %w
    yield %t
  }
  return %s
}
""")
    assert licm(prog) is prog


def test_fold_computes_small_constants():
    prog = parsed("""
func @f() -> (f64[2], f64) {
  %a: f64[2] = const[data=f64[2]{1.0, 4.0}]
  %b: f64[2] = sqrt %a
  %c: f64 = reduce_sum[axes=(0,)] %b
  return %b, %c
}
""")
    after = dce(fold(prog))
    assert op_counts(after) == {"const": 1}
    assert text(after).count("f64[2]{1.0, 2.0}") == 1
    assert after.main.body.results[1].value == 3.0


def test_fold_does_not_grow_programs():
    prog = parsed("""
func @f() -> f64[1000] {
  %a: f64[2] = const[data=f64[2]{1.0, 4.0}]
  %b: f64[500,2] = broadcast[shape=(500, 2), dims=(1,)] %a
  %c: f64[1000] = reshape[shape=(1000,)] %b
  return %c
}
""")
    assert fold(prog) is prog
