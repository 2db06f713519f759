"""Random programs that take arrays, lists and objects at computed indices, under several names, and
write to them by all of these, against CPython.

A program may be refused for what it shares; it must never give other numbers.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from anvil.errors import AnvilError
from tests.parser.harness import run, same
from tests.parser.test_random_heap import ARGUMENTS, Writer, compiled

PROGRAMS = int(os.environ.get("ANVIL_RANDOM_CHOICES", "24"))
REFUSED = ("alias-types", "value-needed", "unsupported-value", "unlike-elements", "growing-list")
PRELUDE = """\
def put(z, i, v):
    z[i] = v
def push(q, v):
    q.append(v)
def out(a, b, c, M, s, k, xs, ys, us, P, T, L, p, o, e):
    return a, b, c, M, s, k, xs, ys, us, P, T, L, p.v, p.z, o.v, o.z, e.v, e.z
def f(x, n):
    a = np.zeros(3) + x; b = np.ones(3); c = np.arange(3.0); M = np.arange(6.0).reshape(2, 3) * 0.25
    s = x * 0.5; k = int(abs(x) * 3); u = a
    xs, ys = [x, 1.0], [2.0, x * 3]
    us, P, T, L = xs, [xs, ys], (a, b, c), [a, M[1]]
    D = {0: b, 1: M[0]}
    p, o = Cell(s, a), Cell(x, c)
    e = p
"""
END = "    return out(a, b, c, M, s, k, xs, ys, us, P, T, L, p, o, e)\n"


class Cell:
    def __init__(self, v: Any, z: Any) -> None:
        self.v, self.z = v, z


class Chooser(Writer):
    """Statements that take things at computed indices."""

    end = END

    def array(self) -> str:
        return self.pick("a", "b", "c", "u")

    def at(self, size: int) -> str:
        more = self.pick("", "", " + 1", " + n")
        loop = [f"i{i}" for i in range(self.loops)]
        return f"({self.pick('k', 'k', *loop)}{more}) % {size}"

    def index(self, size: int = 3) -> str:
        return self.pick(str(self.random.randrange(size)), self.at(size))

    def view(self) -> str:
        a, b = self.random.sample(("a", "b", "c", "u", "M[0]"), 2)
        return self.pick(
            a,
            self.cell() + ".z",
            f"({a}, {b})[{self.at(2)}]",
            f"[{a}, {b}][{self.at(2)}]",
            f"T[{self.at(3)}]",
            f"L[{self.at(2)}]",
            f"D[{self.at(2)}]",
            f"M[{self.at(2)}]",
        )

    def cell(self) -> str:
        return self.pick("p", "o", "e", f"(p, o)[{self.at(2)}]", f"[o, e][{self.at(2)}]")

    def list(self) -> str:
        at = self.at(2)
        return self.pick("xs", "ys", "us", f"P[{at}]", f"(xs, ys)[{at}]", f"[ys, us][{at}]")

    def scalar(self) -> str:
        fixed = str(self.random.randrange(-3, 4) * 0.5)
        taken = f"{self.view()}[{self.index()}]", f"{self.list()}[{self.index(2)}]"
        return self.pick("s", "x", "float(k)", fixed, self.cell() + ".v", *taken)

    def simple(self) -> str:
        return self.pick(
            f"{self.array()} = {self.view()}",
            f"{self.view()}[{self.index()}] = {self.scalar()}",
            f"{self.view()}[:] = {self.view()} * 0.5",
            f"put({self.view()}, {self.index()}, {self.scalar()})",
            f"s = s * 0.5 + {self.scalar()}",
            f"us = {self.list()}",
            f"{self.list()}[{self.index(2)}] = {self.scalar()}",
            f"{self.list()}.append({self.scalar()})",
            f"push({self.list()}, {self.scalar()})",
            f"s = s * 0.5 + sum({self.list()})",
            f"e = {self.cell()}",
            f"{self.cell()}.v = {self.scalar()}",
            f"{self.cell()}.z = {self.view()}",
            f"{self.cell()}.v += s",
            "k += 1",
        )


def plain(v: Any) -> Any:
    """A result with one type for all its numbers: those of stacked lists are joined."""
    if isinstance(v, list | tuple):
        return [plain(i) for i in v]
    return np.asarray(v, float) if isinstance(v, np.ndarray) else float(v)


def never_other_numbers(
    group: int, programs: int, made: Callable[[int], Any], arguments: Any, refused: Any
) -> None:
    """One program in four gives CPython's numbers or is refused; a third of them compile."""
    compiled_at_all = 0
    for seed in range(group, programs, 4):
        fn = made(seed)
        for args in arguments:
            try:
                got = run(fn, *args)
            except AnvilError as error:
                if error.code not in refused:
                    raise
                break
            same(plain(fn(*args)), plain(got), f"seed {seed} {args}")
        else:
            compiled_at_all += 1
    assert compiled_at_all >= programs / 4 / 3


@pytest.mark.parametrize("group", range(4))
def test_never_other_numbers(group: int) -> None:
    def made(seed: int) -> Any:
        return compiled(Chooser(seed), PRELUDE, END, f"<choices {seed}>", Cell=Cell)

    never_other_numbers(group, PROGRAMS, made, ARGUMENTS, REFUSED)
