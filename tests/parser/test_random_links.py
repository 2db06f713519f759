"""Random programs that link objects in loops, keep some of these and of the lists that they fill,
and write to them by all names, against CPython.

A program may be refused for what it shares; it must never give other numbers.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from tests.parser.test_random_choices import never_other_numbers
from tests.parser.test_random_heap import Writer, compiled

PROGRAMS = int(os.environ.get("ANVIL_RANDOM_LINKS", "24"))
ARGUMENTS = ((np.array([1.25, -0.5, 0.75, 2.0, -1.5, 0.25]), 3), (np.array([-0.5, 1.0]), 1))
REFUSED = (
    "alias-types",
    "value-needed",
    "unsupported-value",
    "unlike-elements",
    "growing-list",
    "loop-types",
    "branch-types",
    "dynamic-shape",
)
PRELUDE = """\
def add(p, v):
    p.v += v
def linked(v, p):
    return Node(v, p)
def weigh(p, n):
    s = 0.0; i = 0
    while p is not None and i < n:
        s = s * 0.75 + p.v; p = p.next; i += 1
    return s
def valued(ps):
    s = 0.0
    for p in ps:
        s = s * 0.5 + p.v
    return s
def out(s, a, b, c, h, us, vs, ws, ps, qs):
    nodes = weigh(a, 9), weigh(b, 9), weigh(c, 9), weigh(h, 9)
    return s, nodes, sum(us), sum(vs), sum(ws), valued(ps), valued(qs)
def f(x, n):
    a = Node(1.0, None); b = a; c = Node(2.0, a); h = None
    us = [0.5]; vs = [2.0]; ws = us; ps = [Node(v, None) for v in (0.5, 1.5, -1.0)]; qs = [b]
    s = x[0]; k = 0
"""
END = "    return out(s, a, b, c, h, us, vs, ws, ps, qs)\n"


class Node:
    def __init__(self, v: Any, next: Any) -> None:
        self.v, self.next = v, next


class Linker(Writer):
    """Statements about nodes and lists."""

    end = END

    def node(self) -> str:
        return self.pick("a", "b", "c")

    def list(self) -> str:
        return self.pick("us", "vs", "ws")

    def scalar(self) -> str:
        at = self.pick(
            "s", "k * 0.5", "x[0]", *(f"x[i{i} % x.shape[0]]" for i in range(self.loops))
        )
        return self.pick(at, at, f"{self.node()}.v", f"{self.list()}[-1]", "float(k)", "0.25")

    def test(self) -> str:
        one, two = self.scalar(), self.scalar()
        p, q = self.node(), self.node()
        return self.pick(
            f"{one} > {two}", "k % 2 == 0", f"{p} is {q}", f"len({self.list()}) > k", f"{one} > 0"
        )

    def simple(self) -> str:
        p, q, v = self.node(), self.node(), self.scalar()
        us, vs = self.list(), self.list()
        return self.pick(
            f"{p} = Node({v}, {q})",
            f"{p} = linked({v}, {q})",
            f"{p} = {q}",
            f"h = {p}",
            f"h = Node({v}, h)",
            f"{p}, {q} = {q}, {p}",
            f"{p}.v = {v}",
            f"{p}.v += 0.5",
            f"add({p}, {v})",
            f"{p} = {p}.next or {q}",
            f"{p}.next = {self.pick(q, 'h', 'None')}",
            f"{us} = {vs}",
            f"{us} = [{v}]",
            f"{us}.append({v})",
            f"{us}[-1] = {v}",
            f"{us} = {vs}[:]",
            f"s = s * 0.5 + {v}",
            f"s = s * 0.5 + weigh({p}, 3)",
            "k += 1",
            *self.selections(p, q, v),
        )

    def selections(self, p: str, q: str, v: str) -> tuple[str, ...]:
        """Statements about lists of nodes."""
        one, two = self.random.sample(("ps", "qs"), 2)
        return (
            f"{one}.append({p})",
            f"{one} = [o for o in {two} if o.v > {v}]",
            f"{one} = [o for o in {one} if o.v < 1.0]",
            f"{one} = {one} + {two}",
            f"{one}.extend({two})",
            f"{one} = sorted({two}, key=lambda o: o.v)",
            f"{p} = {one}[-1] if {one} else {q}",
            f"for o in {one}: o.v = o.v * 0.5 + {v}",
            "ps, qs = qs, ps",
        )


@pytest.mark.parametrize("group", range(4))
def test_never_other_numbers(group: int) -> None:
    def made(seed: int) -> Any:
        return compiled(Linker(seed), PRELUDE, END, f"<links {seed}>", Node=Node)

    never_other_numbers(group, PROGRAMS, made, ARGUMENTS, REFUSED)
