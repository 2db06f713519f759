"""Programs built by hand that the tests of derivatives share, and small helpers to build more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import anvil.ir.ops  # noqa: F401
from anvil.ir.builder import Builder
from anvil.ir.loc import Loc
from anvil.ir.records import Atom, Func, Program
from anvil.ir.types import F64, I64, Type, array

X = array(F64)
N = array(I64)
V = array(F64, (4,))

Write = Callable[..., Sequence[Atom]]


def func(name: str, params: dict[str, Type], write: Write) -> Func:
    """A function whose results are what `write(b, *params)` returns."""
    b = Builder(list(params.values()), list(params), Loc("net.py", 1, 0, 1, 9, name))
    return b.finish(name, write(b, *b.params))


def program(*funcs: Func, stage: str = "core") -> Program:
    """A program whose entry is the first function."""
    return Program({f.name: f for f in funcs}, funcs[0].name, stage)


def loop(b: Any, count: Atom, inits: Sequence[Atom], write: Write) -> tuple[Atom, ...]:
    """A `for` whose body yields `write(i, *states)`."""
    frame = b.begin("body", [N, *(a.type for a in inits)], ["i"])
    return b.emit_tuple("for", (count, *inits), {}, (b.end(write(*frame.params)),))


def loop_while(
    b: Any, inits: Sequence[Atom], cond: Callable[..., Atom], write: Write
) -> tuple[Atom, ...]:
    """A `while` with a condition and a body written by functions of the states."""
    types = [a.type for a in inits]
    first = b.begin("cond", types)
    test = b.end([cond(*first.params)])
    second = b.begin("body", types)
    body = b.end(write(*second.params))
    return b.emit_tuple("while", inits, {}, (test, body))


def branch(b: Any, pred: Atom, then: Write, orelse: Write) -> tuple[Atom, ...]:
    """An `if` whose regions yield `then()` and `orelse()`."""
    b.begin("then")
    first = b.end(then())
    b.begin("else")
    second = b.end(orelse())
    return b.emit_tuple("if", (pred,), {}, (first, second))


def item(b: Any, x: Atom, i: Atom) -> Atom:
    """x[i] of a vector."""
    return b.reshape(b.dynamic_slice(x, i, sizes=(1,)), shape=())


def put(b: Any, x: Atom, i: Atom, v: Atom) -> Atom:
    """A vector with x[i] = v."""
    return b.dynamic_update_slice(x, b.reshape(v, shape=(1,)), i)


def smooth() -> Program:
    """Two results of two scalars, straight-line."""

    def f(b: Any, x: Atom, y: Atom) -> Sequence[Atom]:
        r = b.add(b.mul(b.sin(x), y), b.exp(b.mul(x, b.tanh(y))))
        return [r, b.div(r, y)]

    return program(func("f", {"x": X, "y": X}, f))


def branching() -> Program:
    """An `if` with two results, one of which is a capture itself."""

    def f(b: Any, x: Atom, y: Atom) -> Sequence[Atom]:
        def then() -> Sequence[Atom]:
            s = b.sin(b.mul(x, y))
            return [b.mul(s, s), x]

        u, v = branch(b, b.gt(x, 0.0), then, lambda: [b.mul(y, b.exp(x)), b.mul(y, y)])
        return [b.mul(u, v)]

    return program(func("f", {"x": X, "y": X}, f))


def calling() -> Program:
    """Calls of one function: chained, and with one value twice."""
    g = func("g", {"x": X, "y": X}, lambda b, x, y: [b.mul(b.sin(x), b.exp(b.mul(x, y)))])

    def f(b: Any, x: Atom, y: Atom) -> Sequence[Atom]:
        (u,) = b.call(g, [x, y])
        (v,) = b.call(g, [u, x])
        return b.call(g, [v, v])

    return program(func("f", {"x": X, "y": X}, f), g)


def counted() -> Program:
    """A `for` with a dynamic count, two states and a capture."""

    def f(b: Any, x: Atom, y: Atom, n: Atom) -> Sequence[Atom]:
        def body(i: Atom, s: Atom, q: Atom) -> Sequence[Atom]:
            return [b.mul(b.sin(b.mul(s, y)), x), b.add(q, b.mul(s, s))]

        return loop(b, n, [x, b.const(0.0)], body)

    return program(func("f", {"x": X, "y": X, "n": N}, f))


def newton() -> Program:
    """Newton's square root: a `while` that stops by its state."""

    def f(b: Any, a: Atom) -> Sequence[Atom]:
        s, _ = loop_while(
            b,
            [b.const(1.0), b.i64(0)],
            lambda s, k: b.gt(b.abs(b.sub(b.mul(s, s), a)), 1e-13),
            lambda s, k: [b.mul(0.5, b.add(s, b.div(a, s))), b.add(k, 1)],
        )
        return [s]

    return program(func("f", {"a": X}, f))


def recurrence() -> Program:
    """y[i] = sin(w y[i-1] + x[i]) in place."""

    def f(b: Any, x: Atom, w: Atom) -> Sequence[Atom]:
        def body(i: Atom, y: Atom) -> Sequence[Atom]:
            before = item(b, y, b.sub(i, 1))
            return [put(b, y, i, b.sin(b.add(b.mul(before, w), item(b, x, i))))]

        return loop(b, b.i64(4), [x], body)

    return program(func("f", {"x": V, "w": X}, f))


def nested() -> Program:
    """A `while` in a `for`, whose trip counts depend on the data and whose body reads outer
    states.
    """

    def f(b: Any, x: Atom, w: Atom, n: Atom) -> Sequence[Atom]:
        def body(i: Atom, s: Atom) -> Sequence[Atom]:
            u, _ = loop_while(
                b,
                [b.add(b.mul(s, s), 1.5), b.i64(0)],
                lambda u, k: b.gt(u, 0.4),
                lambda u, k: [b.mul(b.mul(u, w), b.cos(b.mul(s, 0.3))), b.add(k, 1)],
            )
            return [b.add(b.sin(s), b.mul(u, x))]

        return loop(b, n, [x], body)

    return program(func("f", {"x": X, "w": X, "n": N}, f))


def everything() -> Program:
    """A `while` in a function, called in a `for`, in an `if`, reading a vector."""

    def root(b: Any, a: Atom, s0: Atom) -> Sequence[Atom]:
        return loop_while(
            b,
            [s0],
            lambda s: b.gt(b.abs(b.sub(b.mul(s, s), a)), 1e-13),
            lambda s: [b.mul(0.5, b.add(s, b.div(a, s)))],
        )

    g = func("root", {"a": X, "s": X}, root)

    def f(b: Any, x: Atom) -> Sequence[Atom]:
        def body(i: Atom, s: Atom) -> Sequence[Atom]:
            (r,) = b.call(g, [item(b, x, i), b.const(1.0)])
            return [b.add(b.mul(s, 0.7), b.sin(r))]

        positive = b.gt(b.reduce_sum(x, axes=(0,)), 0.0)
        return branch(
            b, positive, lambda: loop(b, b.i64(4), [b.const(0.5)], body), lambda: [b.const(0.0)]
        )

    return program(func("f", {"x": V}, f), g)


def branch_in_loop() -> Program:
    """An `if` with a call in one branch, in a `for` over a vector."""
    g = func(
        "g",
        {"u": X, "v": X},
        lambda b, u, v: [b.mul(b.exp(b.mul(u, 0.5)), b.sin(v)), b.tanh(b.mul(u, v))],
    )

    def f(b: Any, x: Atom, w: Atom) -> Sequence[Atom]:
        def body(i: Atom, s: Atom) -> Sequence[Atom]:
            xi = item(b, x, i)

            def then() -> Sequence[Atom]:
                p, q = b.call(g, [xi, w])
                return [b.add(p, b.mul(s, q))]

            return branch(b, b.gt(xi, s), then, lambda: [b.sub(s, b.mul(xi, xi))])

        return [*loop(b, b.i64(4), [w], body), b.reduce_sum(x, axes=(0,))]

    return program(func("f", {"x": V, "w": X}, f), g)


def same_value_everywhere() -> Program:
    """One value as initial state, capture, argument and result; an outer op equal to one of the
    body's.
    """

    def f(b: Any, x: Atom) -> Sequence[Atom]:
        z = b.mul(x, x)

        def body(i: Atom, s: Atom, t: Atom) -> Sequence[Atom]:
            return [b.add(b.sin(s), b.mul(x, x)), b.add(t, b.mul(z, s))]

        return [*loop(b, b.i64(3), [x, x], body), z, x]

    return program(func("f", {"x": X}, f))


SCALARS = np.array([0.3, 0.7, 1.1, 0.4])

PROGRAMS: dict[str, tuple[Callable[[], Program], list[Any]]] = {
    "smooth": (smooth, [0.3, 0.7]),
    "branch taken": (branching, [0.3, 0.7]),
    "branch not taken": (branching, [-0.3, 0.7]),
    "calls": (calling, [0.3, 0.7]),
    "for": (counted, [0.3, 0.7, 4]),
    "for, no step": (counted, [0.3, 0.7, 0]),
    "newton": (newton, [2.0]),
    "recurrence": (recurrence, [SCALARS, 0.7]),
    "nested": (nested, [0.7, 0.8, 3]),
    "everything": (everything, [SCALARS]),
    "everything, other way": (everything, [-SCALARS]),
    "branch in loop": (branch_in_loop, [SCALARS, 0.2]),
    "same value": (same_value_everywhere, [0.4]),
}
