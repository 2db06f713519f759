"""Analyses of the records."""

from dataclasses import replace

import pytest

from anvil.ir import analysis
from anvil.ir.builder import Builder
from anvil.ir.loc import UNKNOWN
from anvil.ir.records import Func, Origin
from anvil.ir.types import C64, TOKEN, array, hist
from tests.ir import programs
from tests.ir.programs import N, X, program


def names(values):
    return [v.hint for v in values]


def test_free_values_are_captures_in_order_of_first_use():
    loop = programs.calling().main.body.ops[0]
    assert names(analysis.free_values(loop.regions[0])) == ["p", "a"]
    assert analysis.free_values(programs.calling().main.body) == ()
    assert names(analysis.captures(loop)) == ["p", "a"]
    branch = loop.regions[0].ops[0]
    assert names(analysis.captures(branch)) == ["a", "b", "a"]


def test_uses_and_definitions_see_nested_regions():
    body = programs.calling().main.body
    n, p, s, t = body.params
    uses = analysis.uses(body)
    assert (uses[n], uses[p], uses[s], uses[t]) == (1, 1, 2, 1)
    calls = [op for op in analysis.walk(body) if op.kind.name == "call"]
    assert all(analysis.definitions(body)[v] is op for op in calls for v in op.outs)


def test_walk_is_in_order_of_text():
    kinds = [op.kind.name for op in analysis.walk(programs.calling().main)]
    assert kinds == ["for", "if", "call", "yield", "call", "yield", "yield", "return"]
    labels = [r.label for r in analysis.walk_regions(programs.calling())]
    assert labels == ["body", "body", "then", "else", "body"]
    assert analysis.op_counts(programs.calling()) == {"for": 1, "if": 1, "call": 2}
    assert analysis.size(programs.calling()) == 4


def test_results_are_remembered_per_record():
    body = programs.calling().main.body
    assert analysis.free_values(body) is analysis.free_values(body)


def call(name: str, *callees: str) -> Func:
    b = Builder()
    for c in callees:
        b.call(Func(c, (), (), Builder().finish(c, []).body, Origin(c, UNKNOWN)), ())
    return b.finish(name, [])


def test_call_order_puts_callees_first():
    prog = program(call("a", "b", "c"), call("b", "c"), call("c"), call("d"))
    assert analysis.call_order(prog) == ("c", "b", "a", "d")
    assert set(analysis.reachable(prog)) == {"a", "b", "c"}
    assert analysis.call_sites(prog) == {"a": 0, "b": 1, "c": 2, "d": 0}


@pytest.mark.parametrize(
    "edges, cycle",
    [
        ({"a": ["a"]}, "@a -> @a"),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, "@b -> @c -> @b"),
    ],
)
def test_recursion_is_named(edges, cycle):
    prog = program(*(call(name, *callees) for name, callees in edges.items()))
    with pytest.raises(analysis.RecursionRefused, match=cycle):
        analysis.call_order(prog)


def test_deep_call_chains_need_no_python_recursion():
    funcs = [call(f"f{i}", f"f{i + 1}") for i in range(3000)] + [call("f3000")]
    assert analysis.call_order(program(*funcs))[0] == "f3000"


def test_bytes():
    assert analysis.nbytes(array(C64, (2, 3))) == 48
    assert analysis.nbytes(array(N.dtype)) == 8
    assert analysis.nbytes(hist((X, TOKEN), True)) == 12


def test_tokens_are_effects():
    assert analysis.touches_tokens(programs.checked().main.body)
    assert not analysis.touches_tokens(programs.calling().main.body)
    clean = replace(programs.branch().main)
    assert not analysis.touches_tokens(clean.body)
