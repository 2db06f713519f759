"""Programs built by hand that the tests of the IR share; they use only what every stage has."""

from __future__ import annotations

import numpy as np

import anvil.ir.ops.structure  # noqa: F401
from anvil.ir.builder import Builder
from anvil.ir.loc import Loc
from anvil.ir.records import Func, Program
from anvil.ir.types import BOOL, F64, I64, array

X = array(F64)
N = array(I64)
P = array(BOOL)


def program(*funcs: Func, stage: str = "surface") -> Program:
    """A program whose entry is the first function."""
    return Program({f.name: f for f in funcs}, funcs[0].name, stage)


def at(line: int) -> Loc:
    """A range on a line of a file that does not exist."""
    return Loc("net.py", line, 4, line, 9, "f")


def branch(hint: str = "y") -> Program:
    """y = x if p else 2.0."""
    b = Builder((P, X), ("p", "x"), at(1))
    p, x = b.params
    b.loc = at(2)
    b.begin("then")
    then = b.end([x])
    b.begin("else")
    orelse = b.end([b.const(2.0)])
    y = b.emit("if", (p,), {}, (then, orelse), hint=hint)
    return program(b.finish("f", [y]))


def counted(hist: bool = False) -> Program:
    """Swaps (a, b) n times; both states are read through the loop."""
    b = Builder((N, X, X), ("n", "a", "b"), at(3))
    n, s, t = b.params
    body = b.begin("body", (N, X, X), ("i", "a", "b"))
    _, u, v = body.params
    region = b.end([v, u])
    out = b.emit("for", (n, s, t), {"hist": hist}, (region,))
    return program(b.finish("f", out[:2]))


def calling() -> Program:
    """Calls a helper twice, through an `if` in a loop."""
    h = Builder((X, X), ("a", "b"), at(10))
    helper = h.finish("swap", [h.params[1], h.params[0]])
    b = Builder((N, P, X, X), ("n", "p", "a", "b"), at(4))
    n, p, s, t = b.params
    body = b.begin("body", (N, X, X), ("i", "a", "b"))
    _, u, v = body.params
    b.begin("then")
    then = b.end(b.call(helper, (u, v)))
    b.begin("else")
    orelse = b.end(b.call(helper, (v, s)))
    region = b.end(b.emit("if", (p,), {}, (then, orelse)))
    out = b.emit("for", (n, s, t), {}, (region,))
    return program(b.finish("f", out), helper)


def checked() -> Program:
    """Checks p, then q; prints; returns the token and x."""
    b = Builder((P, P, X), ("p", "q", "x"), at(5))
    p, q, x = b.params
    token = b.emit("token", ())
    for site, pred in ((1, p), (2, q)):
        token = b.emit("check", (token, pred), {"site": site})
    token = b.emit("print", (token, x), {"fmt": "x = {}"})
    return program(b.finish("f", [token, x]))


ALL = {
    "branch": (branch(), (np.True_, 3.0)),
    "counted": (counted(), (3, 1.0, 2.0)),
    "calling": (calling(), (3, np.False_, 1.0, 2.0)),
    "checked": (checked(), (np.True_, np.False_, 2.0)),
}
