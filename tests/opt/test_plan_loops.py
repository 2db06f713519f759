"""Loop histories: exact tapes, scheme A* around its thresholds, arrays kept in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import anvil.ir.ops  # noqa: F401
from anvil import ad
from anvil.ir.builder import Builder
from anvil.ir.evaluate import Counts, evaluate
from anvil.ir.records import Atom, FuncRef, Program
from anvil.ir.types import F64, I64, Type, array
from anvil.lower.emit import to_module
from anvil.lower.runtime import Executable
from anvil.opt import plan_loops
from anvil.opt.pipeline import run

S, N = array(F64), array(I64)
GIVEN = {"expand": ad.expand, "derive-steps": ad.derive_steps}
Build = Callable[..., Sequence[Atom]]


def gradient(
    build: Build, types: Sequence[Type], wrt: tuple[int, ...], result: Type = S
) -> Program:
    """The planned program (x...) -> (y, dy/dx of `wrt`), the cotangent of y being ones."""
    b = Builder(types)
    f = b.finish("f", build(b, *b.params))
    g = Builder(types)
    attrs = {"callee": FuncRef("f"), "wrt": wrt, "outs": (0,), "transform": "default"}
    one = g.const(1.0, result)  # type: ignore[arg-type]
    outs = g.emit_tuple(
        "vjp_call", [*g.params, one], attrs, out_types=[result, *(types[i] for i in wrt)]
    )
    program = Program({"f": f, "g": g.finish("g", outs)}, "g", "surface")
    return run(program, "O2", given=GIVEN, check=1)


def logistic(b: Any, x: Atom, r: Atom, n: Atom) -> list[Atom]:
    p = b.begin("body", [N, S]).params
    body = b.end([b.mul(r, b.mul(p[1], b.sub(1.0, p[1])))])
    return [b.emit("for", [n, x], {}, (body,))]


def by_hand(x: float, r: float, n: int) -> tuple[float, float, float]:
    dx, dr = 1.0, 0.0
    for _ in range(n):
        dx, dr = r * (1 - 2 * x) * dx, x * (1 - x) + r * (1 - 2 * x) * dr
        x = r * x * (1 - x)
    return x, dx, dr


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 4 steps and a ring of 3 snapshots, so that short loops pass every threshold."""
    monkeypatch.setattr(plan_loops, "_MAX_BLOCK", 4)
    monkeypatch.setattr(plan_loops, "_MAX_LONG_BLOCK", 4)
    monkeypatch.setattr(plan_loops, "_MIN_BLOCK", 4)
    monkeypatch.setattr(plan_loops, "_MAX_RING", 4)
    monkeypatch.setattr(plan_loops, "_MIN_RING", 4)


@pytest.mark.usefixtures("small_blocks")
def test_unknown_trip_count_in_every_regime() -> None:
    program = gradient(logistic, [S, S, N], (0, 1))
    for n in (0, 1, 3, 4, 5, 8, 12, 13, 16, 17, 24, 25, 31, 48, 49, 70, 100):
        got = evaluate(program, [np.float64(0.3), np.float64(2.9), np.int64(n)])
        np.testing.assert_allclose(
            got, by_hand(0.3, 2.9, n), rtol=1e-9, atol=1e-300, err_msg=f"{n}"
        )


@pytest.mark.parametrize("n", [0, 1, 20])
def test_known_trip_count(n: int) -> None:
    program = gradient(lambda b, x, r: logistic(b, x, r, b.i64(n)), [S, S], (0, 1))
    got = evaluate(program, [np.float64(0.3), np.float64(1.7)])
    np.testing.assert_allclose(got, by_hand(0.3, 1.7, n), rtol=1e-10)


def newton(b: Any, a: Atom) -> list[Atom]:
    (x,) = b.begin("cond", [S]).params
    cond = b.end([b.gt(b.abs(b.sub(b.mul(x, x), a)), 1e-12)])
    (x,) = b.begin("body", [S]).params
    body = b.end([b.mul(0.5, b.add(x, b.div(a, x)))])
    return [b.emit("while", [a], {}, (cond, body))]


def test_body_of_a_short_while_runs_once_per_step() -> None:
    program = gradient(newton, [S], (0,))
    counts = Counts()
    value, slope = evaluate(program, [np.float64(2.0)], counts=counts)
    assert value == pytest.approx(np.sqrt(2))
    assert slope == pytest.approx(0.5 / np.sqrt(2))
    # every step, also in a replay, writes its state to the tape; one more write is s0 itself
    steps = 5
    assert counts.kinds["dynamic_update_slice"] == steps + 1
    assert counts.kinds["gt"] == steps + 2


def test_recurrence_tapes_linearly_and_copies_nothing() -> None:
    n = 10_000
    row = array(F64, (n,))

    def recurrence(b: Any, y: Atom) -> list[Atom]:
        i, y_ = b.begin("body", [N, row]).params
        v = b.reshape(b.dynamic_slice(y_, i, sizes=(1,)), shape=())
        v = b.reshape(b.mul(1.01, b.sin(v)), shape=(1,))
        body = b.end([b.dynamic_update_slice(y_, v, b.add(i, 1))])
        return [b.reduce_sum(b.emit("for", [b.i64(n - 1), y], {}, (body,)), axes=(0,))]

    executable = Executable(to_module(gradient(recurrence, [row], (0,))))
    y = np.ones(n)
    _, slope = executable([y])
    expected, carry = np.zeros(n), 0.0
    states = [1.0]
    for _ in range(n - 1):
        states.append(1.01 * np.sin(states[-1]))
    for s in reversed(states):
        carry = 1.0 + carry * 1.01 * np.cos(s)
    expected[0] = carry
    np.testing.assert_allclose(slope, expected, rtol=1e-10)
    in_body = re.compile(r"f64\[\d{4,}\]\S* copy\((?!%?leaves)")
    assert not [line for line in executable.hlo().splitlines() if in_body.search(line)]
    assert executable.memory()["temp"] < 8 * n * 4
