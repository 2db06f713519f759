"""The NumPy evaluator: structure, captures, effects, counting, errors that name the op."""

from dataclasses import replace

import numpy as np
import pytest

from anvil.ir.builder import Builder
from anvil.ir.evaluate import Counts, EvaluationError, evaluate
from anvil.ir.opkind import REGISTRY
from anvil.ir.records import Const, FuncRef, Op, Program, Region, Value
from tests.ir import programs
from tests.ir.programs import N, X, at, program


def test_if_evaluates_one_region():
    counts = Counts()
    assert evaluate(programs.branch(), (True, 3.0), counts=counts) == (3.0,)
    assert evaluate(programs.branch(), (False, 3.0)) == (2.0,)
    assert counts.kinds["if"] == 1


def test_for_swaps_n_times():
    assert evaluate(programs.counted(), (3, 1.0, 2.0)) == (2.0, 1.0)
    assert evaluate(programs.counted(), (-1, 1.0, 2.0)) == (1.0, 2.0)


def test_calls_and_captures():
    counts = Counts()
    out = evaluate(programs.calling(), (2, False, 1.0, 2.0), counts=counts)
    assert out == (1.0, 2.0)
    assert counts.kinds["call"] == 2
    assert counts.lines["net.py", 4] == 5


def test_first_failing_check_wins_and_silences_print(capsys):
    assert evaluate(programs.checked(), (False, False, 2.0)) == (1, 2.0)
    assert evaluate(programs.checked(), (True, False, 2.0)) == (2, 2.0)
    assert capsys.readouterr().out == ""
    assert evaluate(programs.checked(), (True, True, 2.0)) == (0, 2.0)
    assert capsys.readouterr().out == "x = 2.0\n"


def test_a_loop_stops_when_a_check_failed():
    b = Builder((N, programs.P), ("n", "p"), at(1))
    n, p = b.params
    token = b.emit("token", ())
    body = b.begin("body", (N, token.type, N), ("i", "t", "last"))
    i, t, _ = body.params
    checked = b.emit("check", (t, p), {"site": 7})
    region = b.end([checked, i])
    out = b.emit("for", (n, token, b.i64(-1)), {}, (region,))
    prog = program(b.finish("f", out))
    assert evaluate(prog, (5, True)) == (0, 4)
    assert evaluate(prog, (5, False)) == (7, 0)


def test_history_is_the_states_entered_with():
    b = Builder((N, X, X), ("n", "a", "b"))
    n, s, t = b.params
    body = b.begin("body", (N, X, X))
    region = b.end([body.params[2], body.params[1]])
    *_, history = b.emit("for", (n, s, t), {"hist": True}, (region,))
    frame = b.begin("step", (N, X, X, X))
    step = b.end([frame.params[1]])
    out = b.emit("loop_rev", (history, b.const(0.0)), {}, (step,))
    prog = program(b.finish("f", [out]), stage="adjoint")
    assert evaluate(prog, (2, 1.0, 2.0)) == (1.0,)


def test_vmap_call_runs_lanes_and_merges_tokens():
    inner = programs.checked().main
    b = Builder((programs.P.with_shape((3,)), programs.P, X), ("p", "q", "x"))
    attrs = {"callee": FuncRef(inner.name), "mapped": (0,), "size": 3}
    types = (inner.results[0], X.with_shape((3,)))
    out = b.emit("vmap_call", b.params, attrs, out_types=types)
    prog = program(b.finish("main", out), inner)
    token, x = evaluate(prog, (np.array([True, False, True]), np.False_, 1.0))
    assert token == 1
    np.testing.assert_array_equal(x, np.ones(3))


def test_expanded_ops_go_through_the_callback():
    inner = programs.counted().main
    b = Builder((N, X, X), ("n", "x", "dx"))
    n, x, dx = b.params
    attrs = {"callee": FuncRef("f"), "wrt": (1,), "outs": (0,)}
    out = b.emit("jvp_call", (n, x, x, dx), attrs, out_types=(X, X, X))
    prog = program(b.finish("main", [out[2]]), inner)

    def expand(p: Program) -> Program:
        body = p.main.body
        end = Op(REGISTRY["return"], (*body.params[1:3], body.params[3]), (), {}, (), at(1))
        func = replace(p.main, body=Region("body", body.params, (end,)))
        return Program({**p.funcs, p.entry: func}, p.entry, "core")

    assert evaluate(prog, (1, 2.0, 5.0), expand=expand) == (5.0,)
    with pytest.raises(EvaluationError, match="jvp_call has no value before the pass"):
        evaluate(prog, (1, 2.0, 5.0))


def test_errors_name_the_op_and_its_line():
    b = Builder((X,), ("x",), at(7))
    out = b.call(programs.counted().main, (b.i64(1), b.params[0], b.params[0]))
    with pytest.raises(EvaluationError, match=r"executing call\(i64, f64, f64\) at net.py:7: "):
        evaluate(program(b.finish("g", [out[0]])), (1.0,))


def test_a_result_of_another_type_is_refused():
    bad = Op(REGISTRY["token"], (), (Value(N, "y"),), {}, (), at(8))
    end = Op(REGISTRY["return"], bad.outs, (), {}, (), at(8))
    func = Builder().finish("f", [Const(N, 0)])
    func = replace(func, body=Region("body", (), (bad, end)))
    with pytest.raises(EvaluationError, match="the result is i32, the op declares i64"):
        evaluate(program(func), ())


def test_arguments_must_have_the_parameters_types():
    with pytest.raises(EvaluationError, match=r"argument %a of @f is f64\[2\], its parameter f64"):
        evaluate(programs.counted(), (1, np.ones(2), 1.0))
    with pytest.raises(EvaluationError, match="takes 3 arguments, 1 were given"):
        evaluate(programs.counted(), (1,))
