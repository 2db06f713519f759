"""Zeros that mean "no path" stay zero whatever they are multiplied with; `strict` switches that
off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from anvil.ir.analysis import op_counts
from anvil.ir.records import Atom, Program
from tests.ad.oracle import Orders
from tests.ad.programs import V, X, branch, func, item, loop, program, put


def guarded() -> Program:
    """where(x > 0, sqrt(x), 0)."""
    return program(func("f", {"x": X}, lambda b, x: [b.select(b.gt(x, 0.0), b.sqrt(x), 0.0)]))


def guarded_first() -> Program:
    """sqrt(where(x > 0, x, 0))."""
    return program(func("f", {"x": X}, lambda b, x: [b.sqrt(b.select(b.gt(x, 0.0), x, 0.0))]))


def branched() -> Program:
    """s = sqrt(x); s if x > 0 else 0."""

    def f(b: Any, x: Atom) -> Sequence[Atom]:
        s = b.sqrt(x)
        return branch(b, b.gt(x, 0.0), lambda: [s], lambda: [b.const(0.0)])

    return program(func("f", {"x": X}, f))


def branched_first() -> Program:
    """sqrt(x if x > 0 else 0)."""

    def f(b: Any, x: Atom) -> Sequence[Atom]:
        (y,) = branch(b, b.gt(x, 0.0), lambda: [x], lambda: [b.const(0.0)])
        return [b.sqrt(y)]

    return program(func("f", {"x": X}, f))


def in_a_loop() -> Program:
    """s += where(a > 0, log(a), 0) with a state a that is 0 from the second step on."""

    def f(b: Any, x: Atom) -> Sequence[Atom]:
        def body(i: Atom, s: Atom, a: Atom) -> Sequence[Atom]:
            return [b.add(s, b.select(b.gt(a, 0.0), b.log(a), 0.0)), b.mul(a, 0.0)]

        return loop(b, b.i64(3), [b.const(0.0), x], body)[:1]

    return program(func("f", {"x": X}, f))


def in_a_call() -> Program:
    """A guard in the caller, the square root in the callee."""
    g = func("g", {"y": X}, lambda b, y: [b.sqrt(y)])

    def f(b: Any, x: Atom) -> Sequence[Atom]:
        (r,) = b.call(g, [b.select(b.gt(x, 0.0), x, 0.0)])
        (s,) = b.call(g, [x])
        return [b.add(r, b.select(b.gt(x, 0.0), s, 0.0))]

    return program(func("f", {"x": X}, f), g)


AT_ZERO = [guarded, guarded_first, branched, branched_first, in_a_loop, in_a_call]


@pytest.mark.parametrize("make", AT_ZERO)
@pytest.mark.parametrize("path", ["J", "R", "JJ", "JR", "RJ", "RR", "RRR"])
def test_derivative_of_a_guard_is_zero(make: Callable[[], Program], path: str) -> None:
    """At x = 0, where sqrt and log have infinite slope, at every order and in both modes."""
    orders = Orders(make())
    name, args = "f", [0.0]
    for letter in path:
        count = len(orders.session.funcs[name].results)
        more = len(args) if letter == "J" else count
        name = orders.jvp(name) if letter == "J" else orders.vjp(name)
        args = [*args, *[1.0] * more]
    found = orders.run(name, args)[count:]
    assert np.isfinite(found).all()
    if len(path) == 1:
        assert found == [0.0]


def test_parts_of_arrays_that_do_not_take_part() -> None:
    """y = sqrt(x); y[0] = 1: the slope of sqrt at x[0] = 0 does not matter."""

    def f(b: Any, x: Atom) -> Sequence[Atom]:
        y = put(b, b.sqrt(x), b.i64(0), b.const(1.0))
        return [b.add(b.reduce_sum(y, axes=(0,)), item(b, b.sqrt(x), b.i64(2)))]

    orders = Orders(program(func("f", {"x": V}, f)))
    x = np.array([0.0, 1.0, 4.0, 1.0])
    (g,) = orders.cotangents("f", [x], [1.0])
    np.testing.assert_allclose(g, [0.0, 0.5, 0.5, 0.5])


def test_strict_and_genuine_nans() -> None:
    """`strict` gives the plain product; an unguarded sqrt has an infinite slope in any case."""
    assert np.isnan(Orders(guarded(), strict=True).cotangents("f", [0.0], [1.0])[0])
    plain = program(func("f", {"x": X}, lambda b, x: [b.sqrt(b.mul(x, x))]))
    assert np.isnan(Orders(plain).tangents("f", [0.0], [1.0])[0])


def test_masks_cost_nothing_where_there_are_none() -> None:
    """No mulz in a smooth program, nor with factors that are certainly finite."""
    smooth = program(func("f", {"x": X}, lambda b, x: [b.mul(b.sin(x), b.exp(x))]))
    orders = Orders(smooth)
    orders.vjp(orders.vjp("f"))
    assert op_counts(orders.session.program("f", "core"))["mulz"] == 0
    relu = program(func("f", {"x": X}, lambda b, x: [b.mul(b.select(b.gt(x, 0.0), x, 0.0), 2.0)]))
    orders = Orders(relu)
    orders.jvp("f")
    assert op_counts(orders.session.program("f", "core"))["mulz"] == 0
