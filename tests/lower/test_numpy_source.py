"""NumPy source of programs computes what the evaluator computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anvil.ir.ops  # noqa: F401
from anvil.ad import derive_steps
from anvil.ir.evaluate import evaluate
from anvil.ir.records import Const, Program
from anvil.ir.types import (
    BOOL,
    C128,
    DTYPES,
    F32,
    F64,
    TOKEN,
    DType,
    array,
    type_of,
)
from anvil.ir.verify import verify
from anvil.lower.numpy_source import run_source, to_numpy
from anvil.opt import plan_loops
from tests.ad import programs as known
from tests.ad.oracle import Orders
from tests.ad.random_programs import random_program
from tests.ir import programs as ir_programs
from tests.lower.numpy_programs import X, agree, planned
from tests.ops.harness import build, every_case
from tests.opt import programs as opt_programs

# ---- every op


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=str)
@pytest.mark.parametrize("raw", [True, False], ids=["raw", "simplified"])
def test_every_sample(dtype: DType, raw: bool) -> None:
    for kind, sample in every_case(dtype):
        program = build(
            sample.args, lambda b, *p, k=kind, s=sample: b.emit_tuple(k, p, s.attrs), raw
        )
        agree(program, sample.args)


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=str)
def test_results_feed_each_other(dtype: DType) -> None:
    """What is folded into a use, into arithmetic and into several levels of it."""
    for kind, sample in every_case(dtype):

        def write(b: Any, *params: Any, kind: Any = kind, sample: Any = sample) -> Any:
            out = []
            for y in b.emit_tuple(kind, params, sample.attrs):
                again = b.select(b.eq(y, y), y, y)
                if y.type.dtype is not BOOL:
                    again = b.sub(b.mul(y, 1), b.sub(y, b.add(again, 1)))
                out.append(b.reshape(again, shape=(1, again.type.size)))
            return out

        agree(build(sample.args, write, raw=True), sample.args)


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=str)
def test_constant_operands(dtype: DType) -> None:
    """One operand after the other, and all of them, as a splat."""
    for kind, sample in every_case(dtype):
        n = len(sample.args)
        for fixed in [{i} for i in range(n)] + [set(range(n))]:
            if any(sample.args[i].size == 0 for i in fixed):
                continue

            def write(b: Any, *p: Any, k: Any = kind, s: Any = sample, c: Any = fixed) -> Any:
                atoms = [
                    Const(type_of(a), a.reshape(-1)[0].item()) if i in c else p[i]  # type: ignore
                    for i, a in enumerate(s.args)
                ]
                return b.emit_tuple(k, atoms, s.attrs)

            agree(build(sample.args, write, raw=True), sample.args)


SPECIAL = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, 0.1, 1e300]


@pytest.mark.parametrize("dtype", [F32, F64, C128], ids=str)
def test_special_numbers_as_constants(dtype: DType) -> None:
    values = [complex(a, b) for a in SPECIAL for b in SPECIAL] if dtype is C128 else SPECIAL
    for shape in ((), (2,)):
        t = array(dtype, shape)
        x = np.full(shape, 1.5, dtype.np)
        f = build([x], lambda b, x, t=t: [*(Const(t, v) for v in values)], raw=True)
        agree(f, [x])
        f = build([x], lambda b, x, t=t: [b.add(x, Const(t, v)) for v in values], raw=True)
        agree(f, [x])


@pytest.mark.parametrize("dtype", [d for d in DTYPES.values() if d.kind in "iu"], ids=str)
def test_extreme_integers_as_constants(dtype: DType) -> None:
    info = np.iinfo(dtype.np)
    for shape in ((), (2,)):
        t = array(dtype, shape)
        x = np.full(shape, 3, dtype.np)
        f = build(
            [x],
            lambda b, x, t=t: [
                f(x, Const(t, v)) for v in (info.min, info.max) for f in (b.add, b.mul, b.max)
            ],
            raw=True,
        )
        agree(f, [x])


def test_arrays_as_constants() -> None:
    arrays = [
        np.array(SPECIAL),
        np.arange(6, dtype=np.int8).reshape(2, 3),
        np.array([True, False]),
        np.linspace(0, 1, 300, dtype=np.float32).reshape(3, 100),
        np.zeros((0, 3)),
        np.array(2.5),
        np.array([[1 + 2j, complex(-0.0, np.nan)]]),
    ]
    f = build([], lambda b: [b.emit("const", (), {"data": _data(a)}) for a in arrays], raw=True)
    agree(f, [])


def _data(a: Any) -> Any:
    from anvil.ir.records import ArrayData

    return ArrayData(a)


# ---- programs and their derivatives


@pytest.mark.parametrize("name", known.PROGRAMS)
def test_programs(name: str) -> None:
    make, args = known.PROGRAMS[name]
    agree(make(), args)


@pytest.mark.parametrize("name", known.PROGRAMS)
@pytest.mark.parametrize("path", ["J", "R", "RR", "JR"])
def test_derivatives_with_histories(name: str, path: str) -> None:
    """In stage adjoint: lists of states, loops over them backwards."""
    make, args = known.PROGRAMS[name]
    orders = Orders(make())
    entry = orders.entry
    for step in path:
        entry = orders.jvp(entry) if step == "J" else orders.vjp(entry)
    ready = derive_steps(verify(orders.session.program(entry, "core")))
    params = ready.main.params
    given = [*args, *(np.full(p.type.shape, 0.5) for p in params[len(args) :])]
    agree(ready, given)


@pytest.mark.parametrize("name", known.PROGRAMS)
@pytest.mark.parametrize("pipeline", ["O0", "O2"])
def test_planned_derivatives(name: str, pipeline: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tapes, rings and replays."""
    for bound in ("_MAX_BLOCK", "_MIN_BLOCK", "_MAX_RING", "_MIN_RING"):
        monkeypatch.setattr(plan_loops, bound, 4)
    make, args = known.PROGRAMS[name]
    agree(planned(make(), pipeline), args)


@pytest.mark.parametrize("seed", range(12))
def test_random_programs(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for bound in ("_MAX_BLOCK", "_MIN_BLOCK", "_MAX_RING", "_MIN_RING"):
        monkeypatch.setattr(plan_loops, bound, 4)
    program, args = random_program(seed, depth=3)
    agree(program, args)
    agree(planned(program), args)


@pytest.mark.parametrize("name", opt_programs.TEXTS)
def test_programs_in_text_form(name: str) -> None:
    program = opt_programs.program(name)
    agree(program, opt_programs.arguments(program))


@pytest.mark.parametrize("name", ir_programs.ALL)
def test_programs_of_the_ir(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    program, args = ir_programs.ALL[name]
    agree(program, args)
    out = capsys.readouterr().out.splitlines()
    assert out[: len(out) // 2] == out[len(out) // 2 :]


def test_loop_vjp_needs_its_step() -> None:
    make, args = known.PROGRAMS["newton"]
    orders = Orders(make())
    core = orders.session.program(orders.vjp("f"), "core")
    with pytest.raises(ValueError, match="no loop_vjp; give `expand`"):
        to_numpy(core)
    agree(core, [*args, 1.0], expand=derive_steps)


# ---- effects


def failing(limit: float) -> Program:
    """A loop whose third step fails; then a print that must not happen."""

    def f(b: Any, x: Any) -> Any:
        def body(i: Any, t: Any, s: Any) -> Any:
            t = b.emit("check", (t, b.lt(s, limit)), {"site": 7})
            return [b.print(t, s, fmt="s = {}"), b.mul(s, 2.0)]

        t, s = known.loop(b, b.i64(5), [b.emit("token", ()), x], body)
        t = b.emit("check", (t, b.gt(s, 0.0)), {"site": 9})
        return [b.print(t, fmt="done"), s]

    return known.program(known.func("f", {"x": X}, f))


@pytest.mark.parametrize("limit", [4.0, 100.0])
def test_checks_stop_loops_and_prints(limit: float, capsys: pytest.CaptureFixture[str]) -> None:
    program = failing(limit)
    run_source(to_numpy(program), "f")(1.0)
    out = capsys.readouterr().out
    token, _ = evaluate(program, [1.0])
    assert out == capsys.readouterr().out
    assert ("done" in out) == (token == 0)
    agree(program, [1.0])


def test_checks_stop_a_while() -> None:
    def f(b: Any, x: Any) -> Any:
        types = [TOKEN, F]
        first = b.begin("cond", types)
        test = b.end([b.lt(first.params[1], 100.0)])
        t, s = b.begin("body", types).params
        t = b.emit("check", (t, b.lt(s, 10.0)), {"site": 3})
        body = b.end([t, b.mul(s, 2.0)])
        return b.emit_tuple("while", [b.emit("token", ()), x], {}, (test, body))

    F = array(F64)
    text = agree(known.program(known.func("f", {"x": X}, f)), [1.0])
    assert "while not t1 and s < 100.0:" in text or "while not t1 and x < 100.0:" in text
