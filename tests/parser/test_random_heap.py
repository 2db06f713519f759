"""Random programs of aliases, views, swaps, helpers, branches, loops and exits, against CPython.

A program may be refused for what it shares; it must never give other numbers.
"""

from __future__ import annotations

import linecache
import os
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from anvil.errors import UnsupportedError
from tests.parser.harness import run

PROGRAMS = int(os.environ.get("ANVIL_RANDOM_HEAPS", "120"))
ARGUMENTS = ((1.25, 2), (-0.5, 3), (0.0, 0))
PRELUDE = """\
def fill(z, v):
    z[0] = v
    z[-1] = z[1] * 0.5
def first(z, w):
    return z
def total(z):
    return z[0] * 0.5 + z[1]
def out(a, b, c, s, t, k, L, M, d):
    return a, b, c, s, t, k, L[0], L[1], M, d["q"]
def f(x, n):
    a = np.zeros(4) + x; b = np.ones(4); c = np.arange(4.0)
    M = np.arange(8.0).reshape(2, 4) * 0.25
    s = x * 0.5; t = 1.0; k = 0
    L = [a, M[1]]
    d = {"q": b}
"""
END = "    return out(a, b, c, s, t, k, L, M, d)\n"


class Writer:
    """Writes the statements of one program."""

    end = END

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.loops = 0

    def pick(self, *options: str) -> str:
        return self.random.choice(options)

    def array(self) -> str:
        return self.pick("a", "b", "c")

    def view(self) -> str:
        a = self.array()
        return self.pick(a, a, f"{a}[::-1]", "M[0]", f"M[{self.index(2)}]", "L[0]", "L[1]")

    def index(self, size: int = 4) -> str:
        fixed = self.random.randrange(-size, size)
        loop = self.random.randrange(self.loops) if self.loops else None
        return self.pick(str(fixed), f"k % {size}" if loop is None else f"i{loop} % {size}")

    def scalar(self) -> str:
        fixed = str(self.random.randrange(-3, 4) * 0.5)
        item = f"{self.array()}[{self.index()}]"
        return self.pick(
            "s", "t", "x", "float(k)", "(s * 0.5 + t)", fixed, item, f"total({self.view()})"
        )

    def test(self) -> str:
        one, two = self.scalar(), self.scalar()
        return self.pick(f"{one} > {two}", "k % 2 == 0", "x > 0", f"{one} > 0 and {two} < 1")

    def simple(self) -> str:
        """A statement without a block."""
        one, two = self.random.sample("abc", 2)
        return self.pick(
            f"{one} = {self.view()}",
            f"{one} = {self.view()} * 0.5 + {self.scalar()}",
            f"{one} = {self.view()}.copy()",
            f"{self.view()}[{self.index()}] = {self.scalar()}",
            f"{self.view()}[{self.index()}] += {self.scalar()} * 0.25",
            f"{one} *= 0.5",
            f"{self.view()}[:] = {self.view()}",
            f"{one}, {two} = {two}, {one}",
            f"s = s * 0.5 + {self.scalar()}",
            f"t = {self.scalar()} if {self.test()} else {self.scalar()}",
            f"fill({self.view()}, {self.scalar()})",
            f"{one} = first({self.view()}, {self.view()})",
            f"L[{self.pick('0', '1')}] = {self.view()}",
            f"d['q'] = {self.view()}",
            "k += 1",
        )

    def block(self, depth: int, indent: int) -> None:
        for _ in range(self.random.randrange(1, 4)):
            self.statement(depth, indent)

    def statement(self, depth: int, indent: int) -> None:
        pad = "    " * indent
        form = self.random.randrange(8) if depth else 7
        if form == 0:
            self.lines.append(f"{pad}if {self.test()}:")
            self.block(depth - 1, indent + 1)
            if self.random.random() < 0.6:
                self.lines.append(f"{pad}else:")
                self.block(depth - 1, indent + 1)
        elif form == 1:
            self.lines.append(f"{pad}for i{self.loops} in range({self.pick('2', '3', 'n')}):")
            self.loops += 1
            self.block(depth - 1, indent + 1)
            if self.random.random() < 0.4:
                exit_ = self.pick("break", "continue")
                self.lines.append(f"{pad}    if {self.test()}: {exit_}")
                self.block(0, indent + 1)
            self.loops -= 1
        elif form == 2:
            count = f"w{indent}"
            self.lines += [f"{pad}{count} = 0", f"{pad}while {count} < {self.pick('2', 'n')}:"]
            self.lines.append(f"{pad}    {count} += 1")
            self.block(depth - 1, indent + 1)
        elif form == 3:
            self.lines.append(f"{pad}if {self.test()}: {self.end.strip()}")
        else:
            self.lines.append(pad + self.simple())


def compiled(writer: Writer, prelude: str, end: str, name: str, **names: Any) -> Callable[..., Any]:
    """The function of a random program; its text can be found under its name."""
    for _ in range(writer.random.randrange(2, 6)):
        writer.statement(3, 1)
    text = prelude + "\n".join(writer.lines) + "\n" + end
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    scope: dict[str, Any] = {"np": np, **names}
    exec(compile(text, name, "exec"), scope)
    found: Callable[..., Any] = scope["f"]
    return found


def program(seed: int) -> Callable[..., Any]:
    """The function of a random program."""
    return compiled(Writer(seed), PRELUDE, END, f"<heap {seed}>")


def numbers(result: Any) -> list[np.ndarray]:
    """The results as arrays: a scalar that is np.float64 on one path only is one everywhere."""
    return [np.asarray(r, float) for r in result]


@pytest.mark.parametrize("group", range(4))
def test_never_other_numbers(group):
    refused = 0
    for seed in range(group, PROGRAMS, 4):
        fn = program(seed)
        for args in ARGUMENTS:
            try:
                got = numbers(run(fn, *args))
            except UnsupportedError as error:
                if error.code != "alias-types":
                    raise
                refused += 1
                break
            for g, w in zip(got, numbers(fn(*args)), strict=True):
                np.testing.assert_allclose(
                    g, w, rtol=1e-9, atol=1e-12, err_msg=f"seed {seed} {args}"
                )
    assert refused <= PROGRAMS / 4 / 2


def test_a_swapped_name_that_a_list_still_holds():
    """The mark of what may be shared is part of what a loop's fixed point has to reproduce."""

    def fill(z, v):
        z[0] = v

    def fn(x):
        a = np.zeros(4) + x
        held = [a]
        for _ in range(2):
            c = np.ones(4)
            for _ in range(3):
                fill(c, 0.0)
                c, a = a, c
        return a, c, held[0]

    for g, w in zip(run(fn, 1.25), fn(1.25), strict=True):
        np.testing.assert_array_equal(g, w)
