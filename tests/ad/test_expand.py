"""Transforms as ops: nesting, perturbation confusion, callbacks, research transforms, refusals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from anvil.ad import REVERSE, derive_steps, expand, jvp_func, register, vjp_func
from anvil.errors import UsageError
from anvil.ir.analysis import walk
from anvil.ir.evaluate import evaluate
from anvil.ir.records import Atom, FuncRef, Op, Program
from anvil.ir.verify import verify
from tests.ad.programs import N, X, func, loop, loop_while, program


def grad_call(
    b: Any, name: str, args: Sequence[Atom], wrt: int = 0, transform: str = "default"
) -> Atom:
    """The gradient of the scalar function `name` through a vjp_call."""
    attrs = {"callee": FuncRef(name), "wrt": (wrt,), "outs": (0,), "transform": transform}
    return b.emit("vjp_call", (*args, b.const(1.0)), attrs, out_types=(X, X))[1]


def jvp_call(b: Any, name: str, args: Sequence[Atom], moved: Atom, wrt: int = 0) -> Atom:
    """The directional derivative of the scalar function `name` through a jvp_call."""
    attrs = {"callee": FuncRef(name), "wrt": (wrt,), "outs": (0,)}
    return b.emit("jvp_call", (*args, moved), attrs, out_types=(X, X))[1]


def run(p: Program, *args: Any, **options: Any) -> Any:
    """The results after expansion."""
    core = verify(expand(verify(p), **options))
    results = evaluate(verify(derive_steps(core)), args)
    return results[0] if len(results) == 1 else results


def sine() -> Any:
    return func("sine", {"x": X}, lambda b, x: [b.sin(x)])


def test_grad_of_grad_of_grad() -> None:
    """Three transforms, innermost first, whatever the order in the table."""
    d1 = func("d1", {"x": X}, lambda b, x: [grad_call(b, "sine", [x])])
    d2 = func("d2", {"x": X}, lambda b, x: [jvp_call(b, "d1", [x], b.const(1.0))])
    d3 = func("d3", {"x": X}, lambda b, x: [grad_call(b, "d2", [x])])
    p = program(d3, d2, d1, sine(), stage="surface")
    assert run(p, 0.3) == pytest.approx(-np.cos(0.3), rel=1e-15)


@pytest.mark.parametrize("outer", [grad_call, lambda b, n, a: jvp_call(b, n, a, b.const(1.0))])
@pytest.mark.parametrize("inner", [grad_call, lambda b, n, a: jvp_call(b, n, a, b.const(1.0))])
def test_perturbations_are_not_confused(outer: Any, inner: Any) -> None:
    """d/dx (x * d/dy (x + y)) = 1, and d/dx (x * d/dy (x y)) = 2 x."""
    plus = func("plus", {"y": X, "x": X}, lambda b, y, x: [b.add(x, y)])
    times = func("times", {"y": X, "x": X}, lambda b, y, x: [b.mul(x, y)])
    for g, expected in ((plus, 1.0), (times, 2 * 0.7)):
        f = func("f", {"x": X}, lambda b, x, g=g: [b.mul(x, inner(b, g.name, [b.const(2.0), x]))])
        top = func("top", {"x": X}, lambda b, x: [outer(b, "f", [x])])
        assert run(program(top, f, g, stage="surface"), 0.7) == pytest.approx(expected)


def test_gradient_inside_a_loop() -> None:
    """Gradient descent in a `for`, differentiated: the inner gradient is part of the outer body."""

    def objective(b: Any, x: Atom, a: Atom) -> Sequence[Atom]:
        d = b.sub(b.mul(x, x), a)
        return [b.mul(d, d)]

    def descend(b: Any, a: Atom) -> Sequence[Atom]:
        def body(i: Atom, x: Atom) -> Sequence[Atom]:
            return [b.sub(x, b.mul(0.05, grad_call(b, "objective", [x, a])))]

        return loop(b, b.i64(60), [b.const(1.0)], body)

    top = func("top", {"a": X}, lambda b, a: [grad_call(b, "descend", [a])])
    p = program(
        top,
        func("descend", {"a": X}, descend),
        func("objective", {"x": X, "a": X}, objective),
        stage="surface",
    )
    assert run(p, 2.0) == pytest.approx(0.5 / np.sqrt(2.0), rel=1e-8)


def test_gradient_of_a_loop_inside_a_loop() -> None:
    """A vjp_call of a function with a `while`, inside a `while`: Newton's method on its
    derivative.
    """

    def power(b: Any, x: Atom) -> Sequence[Atom]:
        s, _ = loop_while(
            b,
            [b.const(1.0), b.i64(0)],
            lambda s, k: b.lt(k, 3),
            lambda s, k: [b.mul(s, x), b.add(k, 1)],
        )
        return [s]

    def solve(b: Any, a: Atom) -> Sequence[Atom]:
        def step(x: Atom) -> Sequence[Atom]:
            (value,) = b.emit_tuple("call", (x,), {"callee": FuncRef("power")}, out_types=(X,))
            return [b.sub(x, b.div(b.sub(value, a), grad_call(b, "power", [x])))]

        def far(x: Atom) -> Atom:
            return b.gt(b.abs(b.sub(b.mul(x, b.mul(x, x)), a)), 1e-12)

        return loop_while(b, [b.const(1.5)], far, step)

    top = func("top", {"a": X}, lambda b, a: [grad_call(b, "solve", [a])])
    p = program(
        top, func("solve", {"a": X}, solve), func("power", {"x": X}, power), stage="surface"
    )
    assert run(p, 5.0) == pytest.approx(5.0 ** (-2 / 3) / 3, rel=1e-6)


def test_optimise_runs_once_per_transformed_function_before_it_is_transformed() -> None:
    """Between orders, on a core program whose entry is the function."""
    seen = []

    def optimise(p: Program) -> Program:
        verify(p)
        seen.append((p.entry, p.stage, sorted(p.funcs)))
        return p

    d1 = func("d1", {"x": X}, lambda b, x: [grad_call(b, "sine", [x])])
    d2 = func(
        "d2", {"x": X}, lambda b, x: [b.add(grad_call(b, "d1", [x]), grad_call(b, "d1", [x]))]
    )
    run(program(d2, d1, sine(), stage="surface"), 0.3, optimise=optimise)
    assert [name for name, *_ in seen] == ["sine", "d1"]
    assert all(stage == "core" for _, stage, _ in seen)
    assert "d2" not in seen[1][2]


def test_nothing_to_do() -> None:
    """A program without transforms keeps its functions."""
    p = program(sine(), stage="surface")
    assert expand(p).funcs["sine"] is p.funcs["sine"]


def test_reverse_transforms_are_chosen_by_name() -> None:
    """A research transform: a vjp_call through it, and the message for an unknown name."""

    @register(REVERSE, "test-forward")
    def by_forward(b: Any, op: Op, args: tuple[Atom, ...]) -> tuple[Atom, ...]:
        x, ct = args
        y, t = b.emit(
            "jvp_call",
            (x, ct),
            {"callee": op.attrs["callee"], "wrt": (0,), "outs": (0,)},
            out_types=(X, X),
        )
        return y, t

    try:
        top = func(
            "top", {"x": X}, lambda b, x: [grad_call(b, "sine", [x], transform="test-forward")]
        )
        core = expand(program(top, sine(), stage="surface"))
        assert any(op.kind.name == "jvp_call" for op in walk(core))
        bad = func("top", {"x": X}, lambda b, x: [grad_call(b, "sine", [x], transform="nope")])
        with pytest.raises(UsageError, match=r"nope.*default"):
            expand(program(bad, sine(), stage="surface"))
    finally:
        del REVERSE["test-forward"]


def test_single_derivatives() -> None:
    """The entry points that add one derivative to a program."""
    p = program(sine())
    q, name, outs = jvp_func(p, "sine", [0])
    assert outs == (0,)
    assert evaluate(q, [0.3, 2.0], entry=name)[1] == pytest.approx(2 * np.cos(0.3))
    r, name = vjp_func(p, "sine", [0], [0])
    assert evaluate(r, [0.3, 2.0], entry=name)[1] == pytest.approx(2 * np.cos(0.3))
    assert set(p.funcs) == {"sine"}


def test_unused_and_integer_results_have_no_tangent() -> None:
    """A parameter that does not reach a result: symbolic zero in the function, zeros at the op."""
    g = func("g", {"x": X, "y": X}, lambda b, x, y: [b.mul(x, x), b.mul(y, 2.0)])
    _, _, outs = jvp_func(program(g), "g", [0])
    assert outs == (0,)
    attrs = {"callee": FuncRef("g"), "wrt": (0,), "outs": (0, 1)}
    top = func(
        "top",
        {"x": X},
        lambda b, x: list(b.emit("jvp_call", (x, x, b.const(1.0)), attrs, out_types=(X,) * 4)),
    )
    assert [float(v) for v in run(program(top, g, stage="surface"), 3.0)] == [9.0, 6.0, 6.0, 0.0]


def test_the_evaluator_runs_every_stage() -> None:
    """Surface and core programs run op by op through the passes, to the numbers of the whole
    pipeline.
    """

    def passes(p: Program) -> Program:
        return derive_steps(expand(p))

    def descend(b: Any, x: Atom, n: Atom) -> Sequence[Atom]:
        return loop(b, n, [x], lambda i, s: [b.sub(s, b.mul(0.1, grad_call(b, "sine", [s])))])

    attrs = {"callee": FuncRef("descend"), "wrt": (0,), "outs": (0,), "transform": "default"}
    top = func(
        "top",
        {"x": X, "n": N},
        lambda b, x, n: list(b.emit("vjp_call", (x, n, b.const(1.0)), attrs, out_types=(X, X))),
    )
    p = program(top, func("descend", {"x": X, "n": N}, descend), sine(), stage="surface")
    expected = [float(v) for v in run(p, 0.3, 5)]
    for stage in (p, expand(p)):
        found = evaluate(stage, [0.3, 5], expand=passes)
        assert [float(v) for v in found] == pytest.approx(expected, rel=1e-14)
