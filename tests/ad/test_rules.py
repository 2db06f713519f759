"""The protocol of derivative rules: fragments with branches, several results, refusals; cut
gradients.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from anvil.ad import Cut, expand, vjp_func
from anvil.errors import InternalError
from anvil.ir.analysis import walk
from anvil.ir.evaluate import evaluate
from anvil.ir.opkind import REGISTRY, OpKind
from anvil.ir.records import Atom, FuncRef
from tests.ad.oracle import Orders, check
from tests.ad.programs import X, branch, func, loop, program


def declare(name: str, numpy: Any, jvp: Any, results: int = 1) -> None:
    """A kind for this module: scalars to scalars, its derivative given by a jvp rule only."""
    fields = {
        "name": name,
        "__doc__": "A kind of the tests.",
        "numpy": staticmethod(numpy),
        "type": staticmethod(lambda *types, **_: types[:1] * results if results > 1 else types[0]),
        "hlo": "none",
        "jvp": staticmethod(jvp),
        "batch": staticmethod(lambda *_: None),
        "samples": (),
    }
    type(name, (OpKind,), fields)


def _huber_jvp(b: Any, args: Sequence[Atom], outs: Sequence[Atom], tangents: Sequence[Any]) -> Atom:
    (x,), (dx,) = args, tangents
    (t,) = branch(
        b,
        b.lt(b.abs(x), 1.0),
        lambda: [b.scale(dx, x)],
        lambda: [b.scale(b.neg(b.neg(dx)), b.sign(x))],
    )
    return t


def _polar_jvp(
    b: Any, args: Sequence[Atom], outs: Sequence[Atom], tangents: Sequence[Any]
) -> tuple[Atom | None, ...]:
    """x = r cos a, y = r sin a."""
    (_, a), (dr, da), (x, y) = args, tangents, outs
    dx = dy = None
    if dr is not None:
        dx, dy = b.scale(dr, b.cos(a)), b.scale(dr, b.sin(a))
    if da is not None:
        dx1, dy1 = b.neg(b.scale(da, y)), b.scale(da, x)
        dx, dy = (dx1, dy1) if dx is None else (b.add(dx, dx1), b.add(dy, dy1))
    return dx, dy


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    """The kinds of this module, for the length of a test."""
    before = dict(REGISTRY)
    declare("huber", lambda x: np.where(np.abs(x) < 1, x * x / 2, np.abs(x) - 0.5), _huber_jvp)
    declare("polar", lambda r, a: (r * np.cos(a), r * np.sin(a)), _polar_jvp, results=2)
    declare("squared", lambda x: x * x, lambda b, a, o, t: b.mul(t[0], t[0]))
    declare("affine", lambda x: x, lambda b, a, o, t: b.add(t[0], 1.0))
    declare("exponential", lambda x: x, lambda b, a, o, t: b.exp(t[0]))
    yield
    for name in set(REGISTRY) - set(before):
        del REGISTRY[name]


def test_a_rule_may_branch() -> None:
    """An `if` in a jvp rule is transposed; both ways, to second order."""
    p = program(func("f", {"x": X}, lambda b, x: [b.mul(b.emit("huber", (x,)), x)]))
    check(p, [0.4], 2)
    check(p, [-1.7], 2)


def test_several_results() -> None:
    """A kind with two results, one or both of which have a cotangent, in a loop."""

    def f(b: Any, x: Atom, y: Atom) -> Sequence[Atom]:
        u, v = b.emit("polar", (x, b.mul(x, y)))
        w, _ = b.emit("polar", (u, v))
        return loop(b, b.i64(3), [w, y], lambda i, s, t: list(b.emit("polar", (s, t))))

    check(program(func("f", {"x": X, "y": X}, f)), [0.9, 0.3], 2)


@pytest.mark.parametrize("name", ["squared", "affine", "exponential"])
def test_rules_that_are_not_linear_are_refused(name: str) -> None:
    """The message names the op."""
    p = program(func("f", {"x": X}, lambda b, x: [b.emit(name, (x,))]))
    with pytest.raises(InternalError, match=rf"{name} is not linear in the tangents"):
        vjp_func(p, "f", [0], [0])


def test_discarded_fragments_leave_nothing_behind() -> None:
    """Every value read in the result is defined there (the verifier's business), and no tangent
    op is left.
    """
    p = program(func("f", {"x": X, "y": X}, lambda b, x, y: [b.emit("polar", (x, y))[0]]))
    q, name = vjp_func(p, "f", [0, 1], [0])
    kinds = [op.kind.name for op in walk(q.funcs[name])]
    assert kinds.count("cos") == 1


def test_one_value_in_two_operands() -> None:
    """x * x, select(p, x, x), f(x, x): contributions add up."""

    def f(b: Any, x: Atom) -> Sequence[Atom]:
        u, v = b.emit("polar", (x, x))
        return [b.mul(x, x), b.select(b.gt(x, 0.0), x, x), b.sub(u, v)]

    check(program(func("f", {"x": X}, f)), [0.8], 2)


def test_nondifferentiable_ops_cut_and_are_reported() -> None:
    """floor: zero derivative in both modes; the ops that cut every path are named."""
    g = func("g", {"x": X}, lambda b, x: [b.add(b.floor(x), b.stop_gradient(x))])

    def f(b: Any, x: Atom, y: Atom, unused: Atom) -> Sequence[Atom]:
        (r,) = b.call(g, [b.sin(x)])
        return [b.add(b.mul(r, y), b.select(b.gt(x, 0.0), y, 1.0))]

    inner = func("f", {"x": X, "y": X, "unused": X}, f)
    attrs = {"callee": FuncRef("f"), "wrt": (0, 1, 2), "outs": (0,)}

    def top(b: Any, *xs: Atom) -> Sequence[Atom]:
        found: Sequence[Atom] = b.emit(
            "vjp_call", (*xs, b.const(1.0)), attrs, out_types=(X, X, X, X)
        )
        return found

    seen: list[Cut] = []
    params = {"x": X, "y": X, "unused": X}
    p = expand(program(func("top", params, top), inner, g, stage="surface"), warn=seen.append)
    (cut,) = seen
    assert (cut.func, cut.param, cut.hint) == ("f", 0, "x")
    assert sorted(kind for kind, _ in cut.ops) == ["floor", "gt", "stop_gradient"]
    _, dx, dy, du = evaluate(p, [2.5, 3.0, 1.0])
    assert (float(dx), float(dy), float(du)) == (0.0, np.sin(2.5) + 1.0, 0.0)
    assert Orders(program(inner, g)).tangents("f", [2.5, 3.0, 1.0], [1.0, 0.0, 0.0]) == [0.0]
