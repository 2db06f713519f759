"""How NumPy source looks: operators, names, loops; a gradient that people can read."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np

import anvil.ir.ops  # noqa: F401
from anvil.ir.evaluate import evaluate
from anvil.ir.loc import Loc
from anvil.ir.records import Program
from anvil.ir.types import (
    DTYPES,
    F32,
    F64,
    array,
)
from anvil.lower.numpy_source import run_source, to_numpy
from tests.ad import programs as known
from tests.lower.numpy_programs import N, V, X, agree, planned, text_of


def test_only_needed_parentheses() -> None:
    def f(b: Any, x: Any, y: Any) -> Any:
        return [
            b.sub(x, b.sub(y, b.mul(b.add(x, 7.0), 2.0))),
            b.neg(b.mul(b.neg(x), b.div(y, b.div(x, y)))),
            b.div(b.mul(b.sub(b.add(x, y), 1.0), x), -3.0),
        ]

    assert text_of([V, V], f, "xy").split("return ")[1] == (
        "x - (y - (x + 7.0) * 2.0), -(-x * (y / (x / y))), (x + y - 1.0) * x / -3.0\n"
    )


def test_small_integers_and_bits_keep_their_dtype() -> None:
    i8 = array(DTYPES["i8"], (2,))
    text = text_of(
        [i8], lambda b, x: [b.reduce_sum(b.or_(b.shift_left(x, 1), b.add(x, 3)), axes=(0,))], "x"
    )
    assert text == "    return np.sum((x << 1) | (x + 3), dtype=np.int8)\n"


def test_constants_are_plain_numbers_where_the_dtype_is_clear() -> None:
    f32 = array(F32, (3,))

    def f(b: Any, x: Any) -> Any:
        return [
            b.mul(x, 2.0),
            b.max(x, 0.0),
            b.select(b.gt(x, 0.0), x, b.const(0.0, f32)),
            b.select(b.gt(x, 1.0), b.const(1.0, f32), b.const(0.0, f32)),
            b.const(-0.0, f32),
        ]

    text = " ".join(text_of([f32], f, "x").split())
    assert "= np.where(x > 1.0, np.float32(1.0), 0.0)" in text
    assert "= np.where(x > 0.0, x, 0.0)" in text
    assert "return x * 2.0, np.maximum(x, 0.0), t2, t1, np.full(3, -0.0, np.float32)" in text


def test_broadcasting_stands_for_broadcasts() -> None:
    m = array(F64, (4, 3))

    def f(b: Any, a: Any, row: Any, col: Any, s: Any) -> Any:
        wide = b.broadcast(row, shape=(4, 3), dims=(1,))
        tall = b.broadcast(col, shape=(4, 3), dims=(0,))
        every = b.broadcast(s, shape=(4, 3), dims=())
        return [b.add(b.mul(b.mul(a, wide), tall), every), b.sub(every, a)]

    text = text_of([m, array(F64, (3,)), V, X], f, ["a", "row", "col", "s"])
    assert "return a * row * col[:, None] + s, s - a" in text
    text = text_of(
        [array(F64, (3,)), V],
        lambda b, row, col: [
            b.mul(
                b.broadcast(row, shape=(4, 3), dims=(1,)), b.broadcast(col, shape=(4, 3), dims=(0,))
            )
        ],
        ["row", "col"],
    )
    assert "return np.broadcast_to(row, (4, 3)) * col[:, None]" in text


def test_indices_that_fit_are_plain() -> None:
    def f(b: Any, x: Any, n: Any) -> Any:
        def body(i: Any, s: Any) -> Any:
            return [b.add(s, b.mul(known.item(b, x, i), known.item(b, x, b.sub(b.i64(3), i))))]

        return [*known.loop(b, b.i64(4), [b.const(0.0)], body), known.item(b, x, n)]

    text = text_of([V, N], f, "xn")
    assert "for i in range(4):" in text
    assert "x[i] * x[3 - i]" in text
    assert "_item(x, n)" in text


def test_counters_that_python_would_treat_otherwise_are_int64() -> None:
    def f(b: Any, n: Any) -> Any:
        def body(i: Any, s: Any, last: Any) -> Any:
            return [b.add(s, b.floor_div(b.const(7, N), i)), i]

        return known.loop(b, n, [b.i64(0), b.i64(-1)], body)

    program = known.program(known.func("f", {"n": N}, f))
    assert "for i in np.arange(n):" in agree(program, [3])

    def g(b: Any, n: Any) -> Any:
        def body(i: Any, s: Any) -> Any:
            big = b.mul(b.mul(b.mul(i, 2**30), 2**30), 2**30)
            return [b.add(s, b.mul(big, 3))]

        return known.loop(b, n, [b.i64(0)], body)

    agree(known.program(known.func("f", {"n": N}, g)), [5])


def test_matrix_products() -> None:
    a, c = array(F64, (2, 3)), array(F64, (3, 4))

    def f(b: Any, x: Any, y: Any, v: Any) -> Any:
        def dot(p: Any, q: Any, i: int, j: int) -> Any:
            none: tuple[int, ...] = ()
            return b.dot_general(
                p, q, lhs_contract=(i,), rhs_contract=(j,), lhs_batch=none, rhs_batch=none
            )

        return [dot(x, y, 1, 0), dot(x, x, 0, 0), dot(x, x, 1, 1), dot(y, v, 1, 0), dot(v, v, 0, 0)]

    text = " ".join(text_of([a, c, V], f, "xyv").split())
    for product in ("x @ y", "x.T @ x", "x @ x.T", "y @ v", "v @ v"):
        assert product in text


def test_names_do_not_collide() -> None:
    def f(b: Any, *params: Any) -> Any:
        with_hints = [b.emit("sin", (p,), hint=h) for p, h in zip(params, HINTS, strict=True)]
        return [*with_hints, *params]

    f = known.func("lambda", dict.fromkeys(HINTS, X), f)
    again = known.func("_item", {"x": X}, lambda b, x: [b.sin(x)])
    program = known.program(
        known.func("f.1", {"x": X}, lambda b, x: b.call(f, [x] * len(HINTS))), f, again
    )
    agree(program, [0.5])


HINTS = ["np", "range", "x", "f_1", "def", "t1", "2x", "_item", "x.y", "é", "print", "x_2", "_"]


def test_swapped_states_and_long_steps() -> None:
    def f(b: Any, x: Any, n: Any) -> Any:
        def body(i: Any, *s: Any) -> Any:
            return [b.add(b.mul(b.sin(s[-1]), 1.0 / 3), b.mul(p, 0.123456789)) for p in s[::-1]]

        return known.loop(b, n, [b.add(x, float(k)) for k in range(7)], body)

    agree(known.program(known.func("f", {"x": X, "n": N}, f)), [0.5, 4])

    def g(b: Any, x: Any, n: Any) -> Any:
        return known.loop(
            b, n, [b.add(x, float(k)) for k in range(30)], lambda i, *s: [*s[1:], s[0]]
        )

    agree(known.program(known.func("f", {"x": X, "n": N}, g)), [0.5, 4])


def test_it_needs_numpy_only() -> None:
    make, args = known.PROGRAMS["everything"]
    text = to_numpy(planned(make()))
    code = f"{text}\nimport sys\nassert not any('anvil' in m or 'jax' in m for m in sys.modules)\n"
    code += f"print(repr(grad(np.array({list(args[0])!r}))[1].tolist()))".replace("np.float64", "")
    out = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    np.testing.assert_allclose(eval(out.stdout), evaluate(planned(make()), args)[1])


def test_python_numbers_are_taken_as_the_parameters_say() -> None:
    make, _ = known.PROGRAMS["for"]
    found = run_source(to_numpy(make()), "f")
    for a, e in zip(found(1, 2, 3), evaluate(make(), [1.0, 2.0, 3]), strict=True):
        assert a.dtype == np.float64
        assert a == e


# ---- a network


def network() -> Program:
    """The gradient of the squared error of two layers, with the lines of net.py."""

    def f(b: Any, w1: Any, b1: Any, w2: Any, x: Any, y: Any) -> Any:
        def layer(line: int, w: Any, h: Any) -> Any:
            none: tuple[int, ...] = ()
            with b.at(Loc("net.py", line, 8, line, 20, "loss")):
                return b.dot_general(
                    w, h, lhs_contract=(1,), rhs_contract=(0,), lhs_batch=none, rhs_batch=none
                )

        z = layer(4, w1, x)
        with b.at(Loc("net.py", 4, 8, 4, 30, "loss")):
            h = b.emit("tanh", (b.add(z, b1),), hint="h")
        out = layer(5, w2, h)
        with b.at(Loc("net.py", 5, 8, 5, 30, "loss")):
            r = b.emit("sub", (out, y), hint="r")
        with b.at(Loc("net.py", 6, 8, 6, 30, "loss")):
            return [b.mul(b.reduce_sum(b.mul(r, r), axes=(0,)), 0.5)]

    types = {
        "w1": array(F64, (4, 3)),
        "b1": V,
        "w2": array(F64, (2, 4)),
        "x": array(F64, (3,)),
        "y": array(F64, (2,)),
    }
    return known.program(known.func("loss", types, f))


def test_gradient_of_a_network(golden: Any) -> None:
    program = planned(network())
    rng = np.random.default_rng(0)
    golden(
        "network.py.txt",
        agree(program, [rng.normal(size=p.type.shape) for p in program.main.params]),
    )
