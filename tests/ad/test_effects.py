"""Effects happen once, as in the primal program; failed checks stop copied loops as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from anvil.ir.records import Atom, Program
from anvil.ir.types import TOKEN
from tests.ad.oracle import Orders
from tests.ad.programs import N, X, branch, func, loop, loop_while, program


def printing() -> Program:
    """Prints in straight-line code, in a loop, in a branch and in a callee of the loop."""
    g = func("g", {"t": TOKEN, "x": X}, lambda b, t, x: [b.print(t, x, fmt="callee {}"), b.sin(x)])

    def f(b: Any, t: Atom, x: Atom) -> Sequence[Atom]:
        t = b.print(t, x, fmt="start {}")

        def body(i: Atom, t: Atom, s: Atom) -> Sequence[Atom]:
            t, r = b.call(g, [b.print(t, i, fmt="step {}"), s])
            return branch(
                b,
                b.gt(r, 0.0),
                lambda: [b.print(t, r, fmt="positive {}"), b.mul(r, x)],
                lambda: [t, r],
            )

        return loop(b, b.i64(2), [t, x], body)

    return program(func("f", {"t": TOKEN, "x": X}, f), g)


@pytest.mark.parametrize("path", ["J", "R", "JR", "RJ", "RR"])
def test_prints_happen_once(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is differentiated how often, the lines are those of the primal program."""
    orders = Orders(printing())
    orders.run("f", [0, 0.5])
    expected = capsys.readouterr().out
    assert len(expected.splitlines()) == 7
    name = "f"
    for letter in path:
        name = orders.jvp(name) if letter == "J" else orders.vjp(name)
    params = orders.session.funcs[name].params
    orders.run(name, [0, 0.5, *[1.0] * (len(params) - 2)])
    assert capsys.readouterr().out == expected


def test_a_failed_check_stops_the_loops_of_the_derivative() -> None:
    """A `while` that only a check ends is not run forever by its copies, and the site is
    reported.
    """

    def f(b: Any, t: Atom, x: Atom) -> Sequence[Atom]:
        def body(t: Atom, s: Atom, k: Atom) -> Sequence[Atom]:
            return [b.check(t, b.lt(k, 5), site=3), b.mul(s, x), b.add(k, 1)]

        t, s, _ = loop_while(b, [t, x, b.i64(0)], lambda t, s, k: b.gt(s, 0.0), body)
        return [t, s]

    p = program(func("f", {"t": TOKEN, "x": X}, f))
    orders = Orders(p)
    name = orders.vjp(orders.vjp("f"))
    params = orders.session.funcs[name].params
    results = orders.run(name, [0, 0.5, *[1.0] * (len(params) - 2)])
    assert int(results[0]) == 3


def test_a_failed_check_before_a_loop_in_a_call() -> None:
    """The loop that the backward part of a call runs again gets the token that the loop got."""
    g = func(
        "g",
        {"t": TOKEN, "x": X, "tol": X},
        lambda b, t, x, tol: loop_while(
            b,
            [b.check(t, b.gt(tol, 0.0), site=1), x],
            lambda t, s: b.gt(s, tol),
            lambda t, s: [t, b.mul(s, b.sin(s))],
        ),
    )

    def f(b: Any, t: Atom, x: Atom, tol: Atom) -> Sequence[Atom]:
        t, y = b.call(g, [t, x, tol])
        return [t, b.mul(y, y)]

    orders = Orders(program(func("f", {"t": TOKEN, "x": X, "tol": X}, f), g))
    name = orders.vjp("f")
    assert int(orders.run(name, [0, 0.9, -1.0, 1.0])[0]) == 1
    assert int(orders.run(name, [0, 0.9, 0.1, 1.0])[0]) == 0


def test_counts_are_integers_and_stay() -> None:
    """Integer parameters and results have no derivative and no part in the signature of one."""
    p = program(func("f", {"n": N, "x": X}, lambda b, n, x: [b.add(n, 1), b.mul(x, x)]))
    orders = Orders(p)
    assert orders.moving("f") == ((1,), (1,))
    assert [float(v) for v in orders.run(orders.vjp("f"), [3, 2.0, 1.0])] == [4.0, 4.0, 4.0]
