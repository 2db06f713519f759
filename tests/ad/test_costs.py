"""What derivatives cost: evaluations of bodies, residuals, growth with the order, sharing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from anvil.ad import Session, derive_steps
from anvil.ad.calls import call_rule
from anvil.ad.reverse import vjp_of
from anvil.ir.analysis import op_counts, size, walk
from anvil.ir.evaluate import Counts, evaluate
from anvil.ir.records import Atom
from anvil.ir.types import F64, array
from tests.ad.oracle import Orders
from tests.ad.programs import N, V, X, branch, branching, calling, func, item, loop, newton, program


def test_residuals_of_a_call_are_kept_not_recomputed() -> None:
    """exp is evaluated once per call in forward and backward parts together."""
    g = func("g", {"x": X}, lambda b, x: [b.mul(b.exp(b.sin(x)), x)])
    f = func("f", {"x": X}, lambda b, x: b.call(g, b.call(g, [x])))
    orders = Orders(program(f, g))
    counts = Counts()
    orders.run(orders.vjp("f"), [0.3, 1.0], counts)
    assert counts.kinds["exp"] == 2
    assert counts.kinds["sin"] == 2
    rule = call_rule(orders.session, "g", (0,), (0,), (), False)
    assert len(rule.forward.results) <= 1 + 3


def test_cheap_ops_are_recomputed_from_what_is_at_hand() -> None:
    """A call whose backward part needs only parameters and results keeps nothing and stays."""
    session = Session.of(
        program(func("g", {"x": X, "y": X}, lambda b, x, y: [b.mul(b.mul(x, y), x)]))
    )
    rule = call_rule(session, "g", (0, 1), (0,), (), False)
    assert rule.forward is session.funcs["g"]
    tanh = Session.of(program(func("g", {"x": V}, lambda b, x: [b.tanh(x)])))
    rule = call_rule(tanh, "g", (0,), (0,), (), False)
    assert rule.forward is tanh.funcs["g"]
    assert rule.results == (0,)
    assert rule.params == ()


def test_minimum_of_what_a_branch_keeps() -> None:
    """A scalar is kept rather than the vector it was computed from by a reduction."""

    def f(b: Any, x: Atom, p: Atom) -> Sequence[Atom]:
        def then() -> Sequence[Atom]:
            total = b.reduce_sum(b.sin(x), axes=(0,))
            return [b.mul(b.exp(total), p)]

        return branch(b, b.gt(p, 0.0), then, lambda: [b.const(0.0)])

    orders = Orders(program(func("f", {"x": V, "p": X}, f)))
    body = orders.session.funcs[orders.vjp("f")].body
    (forward, _) = [op for op in body.ops if op.kind.name == "if"]
    kept = [v.type for v in forward.outs[1:]]
    assert sum(t.size for t in kept) <= 1 + 4
    counts = Counts()
    orders.run(orders.vjp("f"), [np.ones(4), 0.5, 1.0], counts)
    assert counts.kinds["exp"] == 1


def test_branches_share_residual_slots() -> None:
    """The forward `if` yields as many residuals as the branch that has most, not the sum."""
    orders = Orders(branching())
    body = orders.session.funcs[orders.vjp("f")].body
    forward = next(op for op in body.ops if op.kind.name == "if")
    then, orelse = forward.regions
    assert len(then.results) == len(orelse.results) <= 2 + 3


def test_primal_loop_runs_once_and_its_body_once_more() -> None:
    """Reverse of n steps: n evaluations in the recorded loop, n in the adjoint steps."""

    def f(b: Any, x: Atom) -> Sequence[Atom]:
        return loop(b, b.i64(10), [x], lambda i, s: [b.sin(s)])

    orders = Orders(program(func("f", {"x": X}, f)))
    counts = Counts()
    orders.run(orders.vjp("f"), [0.3, 1.0], counts)
    assert counts.kinds["for"] == 1
    assert counts.kinds["loop_rev"] == 1
    assert counts.kinds["sin"] <= 20
    assert counts.kinds["cos"] == 10


def test_inner_loops_are_reversed_where_they_are() -> None:
    """Depth 3 of nested loops: work per innermost step grows linearly with the depth, code does
    not explode.
    """
    evaluations, sizes = [], []
    for depth in (1, 2, 3):

        def nest(b: Any, s: Atom, level: int) -> Atom:
            if level == 0:
                return b.sin(s)
            return loop(b, b.i64(3), [s], lambda i, t: [nest(b, t, level - 1)])[0]

        orders = Orders(program(func("f", {"x": X}, lambda b, x, depth=depth: [nest(b, x, depth)])))
        counts = Counts()
        name = orders.vjp("f")
        orders.run(name, [0.3, 1.0], counts)
        evaluations.append(counts.kinds["sin"] / 3**depth)
        sizes.append(size(derive_steps(orders.session.program("f", "core"))))
    assert evaluations == [2, 3, 4]
    assert sizes[2] - sizes[1] <= 2 * (sizes[1] - sizes[0])


def test_growth_with_the_order() -> None:
    """Programs grow by a bounded factor per order of reverse mode."""
    for make in (branching, calling, newton):
        orders = Orders(make())
        name, sizes = "f", []
        for _ in range(4):
            sizes.append(len(list(walk(orders.session.funcs[name]))))
            name = orders.vjp(name)
        assert all(b <= 5 * a + 40 for a, b in pairwise(sizes)), sizes


def test_derived_functions_are_shared() -> None:
    """Equal calls with equal masks use one forward and one backward function."""

    def f(b: Any, x: Atom, y: Atom) -> Sequence[Atom]:
        for _ in range(5):
            (x,) = b.call(g, [x, y])
        return [x]

    g = func("g", {"x": X, "y": X}, lambda b, x, y: [b.mul(b.sin(x), b.cos(y))])
    orders = Orders(program(func("f", {"x": X, "y": X}, f), g))
    orders.vjp("f")
    derived = [n for n in orders.session.funcs if n.startswith("g.")]
    assert sorted(derived) == ["g.bwd", "g.fwd"]


def test_reading_elements_in_a_loop_is_constant_work_per_step() -> None:
    """The adjoint step adds into the accumulator in place: no zeros, no sums of whole arrays."""
    long = array(F64, (1000,))

    def f(b: Any, x: Atom, n: Atom) -> Sequence[Atom]:
        return loop(b, n, [b.const(0.0)], lambda i, s: [b.add(s, b.sin(item(b, x, i)))])

    p = program(func("f", {"x": long, "n": N}, f))
    session = Session.of(p)
    joint = vjp_of(session, "f", (0,), (0,))
    ready = derive_steps(session.program("f", "core"))
    (rev,) = [op for op in walk(ready.funcs[joint.func.name]) if op.kind.name == "loop_rev"]
    big = [op for op in rev.regions[0].ops if any(v.type is long for v in op.outs)]
    assert [op.kind.name for op in big] == ["dynamic_add_slice"]
    x = np.linspace(0, 1, 1000)
    g = evaluate(ready, [x, 1000, 1.0], entry=joint.func.name)[1]
    np.testing.assert_allclose(g, np.cos(x))


def test_branch_in_a_loop_adds_in_place() -> None:
    """Also inside an `if`, and through a call: accumulators go in and come out."""
    g = func("g", {"x": V, "i": N}, lambda b, x, i: [b.sin(item(b, x, i))])

    def f(b: Any, x: Atom) -> Sequence[Atom]:
        def body(i: Atom, s: Atom) -> Sequence[Atom]:
            def then() -> Sequence[Atom]:
                (r,) = b.call(g, [x, i])
                return [b.add(s, r)]

            return branch(b, b.gt(s, -1.0), then, lambda: [s])

        return loop(b, b.i64(4), [b.const(0.0)], body)

    orders = Orders(program(func("f", {"x": V}, f), g))
    name = orders.vjp("f")
    ready = derive_steps(orders.session.program("f", "core"))
    adds = [
        op
        for fn in ready.funcs.values()
        for op in walk(fn)
        if op.kind.name == "add" and any(v.type is V for v in op.outs)
    ]
    assert adds == []
    x = np.linspace(0, 1, 4)
    np.testing.assert_allclose(evaluate(ready, [x, 1.0], entry=name)[1], np.cos(x))
    assert op_counts(ready.funcs[name])["loop_rev"] == 1
