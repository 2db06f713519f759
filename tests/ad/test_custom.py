"""Custom derivative rules: either one, in both modes, at second order, inside loops; refusals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from anvil.ad import Session, derive_steps, expand
from anvil.ad.forward import jvp_of
from anvil.ad.reverse import vjp_of
from anvil.errors import UnsupportedError
from anvil.ir.analysis import op_counts
from anvil.ir.evaluate import evaluate
from anvil.ir.records import Atom, Func, FuncRef, Program
from anvil.ir.verify import verify
from tests.ad.oracle import Orders, check
from tests.ad.programs import X, branch, func, loop, program

CUBE = func("cube", {"x": X}, lambda b, x: [b.mul(x, b.mul(x, x))])
CUBE_JVP = func(
    "cube.rule",
    {"x": X, "dx": X},
    lambda b, x, dx: [b.mul(x, b.mul(x, x)), b.mul(dx, b.mul(7.0, b.mul(x, x)))],
)
CUBE_FWD = func("cube.fwd", {"x": X}, lambda b, x: [b.mul(x, b.mul(x, x)), b.mul(7.0, b.mul(x, x))])
CUBE_BWD = func("cube.bwd", {"r": X, "ct": X}, lambda b, r, ct: [b.mul(r, ct)])
SEVEN = "the rules say 7 x^2 where the derivative is 3 x^2, so that their use shows"


def apply(b: Any, x: Atom, rule: str, bwd: str = "cube.bwd") -> Atom:
    """cube(x) with a custom rule."""
    attrs = {
        "callee": FuncRef("cube"),
        "rule": rule,
        "fwd": FuncRef("cube.rule" if rule == "jvp" else "cube.fwd"),
        "bwd": None if rule == "jvp" else FuncRef(bwd),
        "wrt": (0,),
        "outs": (0,),
    }
    return b.emit("custom_call", (x,), attrs, out_types=(X,))


def custom(rule: str, *more: Func, bwd: str = "cube.bwd") -> Program:
    """sin(cube(x)) with a custom rule for cube."""
    f = func("f", {"x": X}, lambda b, x: [b.sin(apply(b, x, rule, bwd))])
    return program(f, CUBE, CUBE_JVP, CUBE_FWD, CUBE_BWD, *more)


def looping(rule: str) -> Program:
    """cube with a custom rule in a branch in a loop."""

    def f(b: Any, x: Atom) -> Sequence[Atom]:
        def body(i: Atom, s: Atom) -> Sequence[Atom]:
            def then() -> Sequence[Atom]:
                return [b.mul(x, b.sin(apply(b, s, rule)))]

            return branch(b, b.gt(s, 0.0), then, lambda: [b.cos(s)])

        return loop(b, b.i64(4), [x], body)

    return program(func("f", {"x": X}, f), CUBE, CUBE_JVP, CUBE_FWD, CUBE_BWD)


@pytest.mark.parametrize("rule", ["jvp", "vjp"])
def test_one_rule_gives_both_modes(rule: str) -> None:
    """Both modes use the rule given."""
    orders = Orders(custom(rule))
    expected = np.cos(0.5**3) * 7 * 0.25
    assert orders.tangents("f", [0.5], [1.0])[0] == pytest.approx(expected)
    assert orders.cotangents("f", [0.5], [1.0])[0] == pytest.approx(expected)


@pytest.mark.parametrize("rule", ["jvp", "vjp"])
def test_second_order_differentiates_the_rule(rule: str) -> None:
    """All four nestings agree: the derivative of cos(y) 7 x^2, where y = cube(x) is read from the
    rule's function.
    """
    x = 0.5
    found = {}
    for first in "JR":
        for second in "JR":
            session = Session.of(custom(rule))
            one = (
                jvp_of(session, "f", (0,))[0]
                if first == "J"
                else vjp_of(session, "f", (0,), (0,)).func
            )
            two = (
                jvp_of(session, one.name, (0,))[0]
                if second == "J"
                else vjp_of(session, one.name, (0,), (1,)).func
            )
            p = derive_steps(verify(session.program("f", "core")))
            found[first + second] = evaluate(p, [x, 1.0, 1.0], entry=two.name)[-1]
    through = -np.sin(x**3) * 3 * x * x * 7 * x * x + np.cos(x**3) * 14 * x
    assert found == {k: pytest.approx(through) for k in found}


@pytest.mark.parametrize("rule", ["jvp", "vjp"])
def test_rule_inside_a_reversed_loop(rule: str) -> None:
    """The rule survives until the adjoint step is derived."""
    orders = Orders(looping(rule))
    (t,) = orders.tangents("f", [0.6], [1.0])
    (g,) = orders.cotangents("f", [0.6], [1.0])
    assert t == pytest.approx(g, rel=1e-13)
    s, ds = 0.6, 1.0
    for _ in range(4):
        s, ds = (
            (0.6 * np.sin(s**3), np.sin(s**3) + 0.6 * np.cos(s**3) * 7 * s * s * ds)
            if s > 0
            else (np.cos(s), -np.sin(s) * ds)
        )
    assert t == pytest.approx(ds)


def test_consistent_rules_pass_the_oracle() -> None:
    """With the true derivative in the rule, every nesting agrees with differences."""
    true_jvp = func(
        "cube.rule",
        {"x": X, "dx": X},
        lambda b, x, dx: [b.mul(x, b.mul(x, x)), b.mul(dx, b.mul(3.0, b.mul(x, x)))],
    )
    true_fwd = func(
        "cube.fwd", {"x": X}, lambda b, x: [b.mul(x, b.mul(x, x)), b.mul(3.0, b.mul(x, x))]
    )
    for rule in ("jvp", "vjp"):
        p = looping(rule)
        funcs = {**p.funcs, "cube.rule": true_jvp, "cube.fwd": true_fwd}
        check(Program(funcs, p.entry, "core"), [0.6], 2)


def test_clipping_bwd_works_in_reverse_and_is_refused_in_forward_mode() -> None:
    """A bwd that is not linear in the cotangent; the message names it."""

    def clip(b: Any, r: Atom, ct: Atom) -> Sequence[Atom]:
        return [b.mul(r, b.select(b.gt(ct, 1.0), 1.0, ct))]

    p = custom("vjp", func("clip", {"r": X, "ct": X}, clip), bwd="clip")
    orders = Orders(p)
    assert orders.cotangents("f", [0.5], [50.0])[0] == pytest.approx(7 * 0.25)
    with pytest.raises(UnsupportedError, match="the vjp rule of cube is not linear"):
        orders.tangents("f", [0.5], [1.0])


def test_bwd_with_a_loop_is_linear() -> None:
    """Linearity is seen through loops and branches."""

    def bwd(b: Any, r: Atom, ct: Atom) -> Sequence[Atom]:
        (s,) = loop(b, b.i64(3), [b.const(0.0)], lambda i, s: [b.add(s, b.mul(ct, b.div(r, 3.0)))])
        return branch(b, b.gt(r, 0.0), lambda: [s], lambda: [b.neg(b.mul(-1.0, s))])

    orders = Orders(custom("vjp", func("slow", {"r": X, "ct": X}, bwd), bwd="slow"))
    expected = np.cos(0.5**3) * 7 * 0.25
    assert orders.tangents("f", [0.5], [1.0])[0] == pytest.approx(expected)


def test_without_differentiation_a_custom_call_is_a_call() -> None:
    """expand leaves a plain call when nothing is to be reversed later."""
    p = custom("jvp")
    core = expand(Program(p.funcs, p.entry, "surface"))
    assert op_counts(core.main.body)["call"] == 1
    assert op_counts(core.main.body)["custom_call"] == 0
    assert evaluate(core, [0.5])[0] == pytest.approx(np.sin(0.125))
