"""Random programs: source text of functions of a scalar, a vector and an int, drawn by hypothesis.

The programs are smooth where they are defined and bounded everywhere (each value passes through a
squashing function before it is stored), so that values compare with CPython to a few ulp and
derivatives with differences. They use what ordinary functions use: branches on data, counted and
unbounded loops, writes into arrays and through views, helpers that close over variables.
"""

from __future__ import annotations

import itertools
import linecache
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

SIZE = 4
_serial = itertools.count()


@dataclass(frozen=True)
class Scope:
    """What a statement may use: names of float scalars and of vectors, and how deep it stands."""

    scalars: tuple[str, ...] = ("x",)
    vectors: tuple[str, ...] = ("v",)
    writable: tuple[str, ...] = ()
    depth: int = 0


@dataclass
class Writer:
    """Draws source lines; `draw` is hypothesis's."""

    draw: Callable[..., Any]
    names: int = 0

    def pick(self, options: tuple[str, ...]) -> str:
        return self.draw(st.sampled_from(options))

    def number(self) -> str:
        return repr(self.draw(st.sampled_from((-1.5, -0.5, 0.25, 0.75, 1.25, 2.0))))

    def fresh(self, kind: str) -> str:
        self.names += 1
        return f"{kind}{self.names}"

    def scalar(self, scope: Scope, depth: int = 2) -> str:
        """A float scalar expression."""
        forms = ["name", "element", "number"]
        if depth:
            forms += ["unary", "binary", "sum", "dot", "ternary"]
        form = self.pick(tuple(forms))
        inner = depth - 1
        if form == "name":
            return self.pick(scope.scalars)
        if form == "element":
            return f"{self.pick(scope.vectors)}[{self.draw(st.integers(-SIZE, SIZE - 1))}]"
        if form == "number":
            return self.number()
        if form == "unary":
            function = self.pick(("np.sin", "np.tanh", "math.cos", "-", "np.arctan"))
            return f"{function}({self.scalar(scope, inner)})"
        if form == "binary":
            operator = self.pick(("+", "-", "*"))
            return f"({self.scalar(scope, inner)} {operator} {self.scalar(scope, inner)})"
        return self.reduction(scope, form, inner)

    def reduction(self, scope: Scope, form: str, depth: int) -> str:
        if form == "sum":
            return f"{self.vector(scope, depth)}.sum()"
        if form == "dot":
            return f"({self.vector(scope, 0)} @ {self.vector(scope, depth)})"
        then, otherwise = self.scalar(scope, depth), self.scalar(scope, depth)
        return f"({then} if {self.condition(scope)} else {otherwise})"

    def vector(self, scope: Scope, depth: int = 2) -> str:
        """An expression of a vector of SIZE floats."""
        forms = ["name"] + (["unary", "binary", "scaled", "where", "reversed"] if depth else [])
        form = self.pick(tuple(forms))
        if form == "name":
            return self.pick(scope.vectors)
        first = self.vector(scope, depth - 1)
        if form == "unary":
            return f"{self.pick(('np.sin', 'np.tanh', '-'))}({first})"
        if form == "reversed":
            return f"({first})[::-1]"
        if form == "scaled":
            return f"({first} * {self.scalar(scope, depth - 1)})"
        second = self.vector(scope, depth - 1)
        if form == "where":
            return f"np.where({first} > {self.number()}, {first}, {second})"
        return f"({first} {self.pick(('+', '-', '*'))} {second})"

    def condition(self, scope: Scope) -> str:
        comparison = f"{self.scalar(scope, 1)} {self.pick(('<', '>='))} {self.number()}"
        return self.pick((comparison, f"not {comparison}", f"({comparison} or n > 2)"))

    def block(self, scope: Scope, least: int = 1) -> tuple[list[str], Scope]:
        """A few statements, and the scope after them."""
        lines: list[str] = []
        for _ in range(self.draw(st.integers(least, 3))):
            more, scope = self.statement(scope)
            lines += more
        return lines, scope

    def statement(self, scope: Scope) -> tuple[list[str], Scope]:
        forms = ["scalar", "vector", "rebind"]
        if scope.writable:
            forms += ["store", "add", "view"]
        if scope.depth < 2:
            forms += ["if", "for", "while", "helper"]
        return getattr(self, "make_" + self.pick(tuple(forms)))(scope)

    def make_scalar(self, scope: Scope) -> tuple[list[str], Scope]:
        name = self.fresh("a")
        line = f"{name} = np.tanh({self.scalar(scope)})"
        return [line], replace(scope, scalars=(*scope.scalars, name))

    def make_vector(self, scope: Scope) -> tuple[list[str], Scope]:
        name = self.fresh("u")
        line = f"{name} = np.sin({self.vector(scope)})"
        return [line], replace(
            scope, vectors=(*scope.vectors, name), writable=(*scope.writable, name)
        )

    def make_rebind(self, scope: Scope) -> tuple[list[str], Scope]:
        name = self.pick(scope.scalars)
        return [f"{name} = np.tanh({self.scalar(scope)})"], scope

    def make_store(self, scope: Scope) -> tuple[list[str], Scope]:
        index = self.pick(("0", "-1", "n % 4", "n"))
        return [f"{self.pick(scope.writable)}[{index}] = np.sin({self.scalar(scope)})"], scope

    def make_add(self, scope: Scope) -> tuple[list[str], Scope]:
        name = self.pick(scope.writable)
        return [f"{name} += np.tanh({self.vector(scope)})", f"{name} *= 0.5"], scope

    def make_view(self, scope: Scope) -> tuple[list[str], Scope]:
        name, part = self.pick(scope.writable), self.fresh("w")
        return [f"{part} = {name}[1:3]", f"{part}[:] = np.sin({self.scalar(scope)})"], scope

    def make_if(self, scope: Scope) -> tuple[list[str], Scope]:
        inner = replace(scope, depth=scope.depth + 1)
        then, _ = self.block(inner)
        otherwise, _ = self.block(inner)
        lines = [f"if {self.condition(scope)}:", *indent(then), "else:", *indent(otherwise)]
        return lines, scope

    def make_for(self, scope: Scope) -> tuple[list[str], Scope]:
        index = self.fresh("i")
        body, after = self.block(replace(scope, depth=scope.depth + 1))
        if self.draw(st.booleans()):
            body += [f"if {self.condition(after)}:", "    break"]
        return [f"for {index} in range({self.pick(('3', 'n'))}):", *indent(body)], scope

    def make_while(self, scope: Scope) -> tuple[list[str], Scope]:
        count = self.fresh("k")
        body, _ = self.block(replace(scope, depth=scope.depth + 1))
        condition = f"{count} < 4 and {self.condition(scope)}"
        return [f"{count} = 0", f"while {condition}:", *indent([*body, f"{count} += 1"])], scope

    def make_helper(self, scope: Scope) -> tuple[list[str], Scope]:
        helper, argument, result = self.fresh("f"), self.fresh("p"), self.fresh("a")
        inside = replace(scope, scalars=(*scope.scalars, argument))
        lines = [
            f"def {helper}({argument}):",
            f"    return np.sin({self.scalar(inside)})",
            f"{result} = {helper}({self.scalar(scope, 1)})",
        ]
        return lines, replace(scope, scalars=(*scope.scalars, result))


def indent(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


@st.composite
def sources(draw: Callable[..., Any]) -> str:
    """The source of a function `program(x, v, n)` with a float result."""
    writer = Writer(draw)
    lines, scope = writer.block(Scope(), least=2)
    lines.append(f"return {writer.scalar(scope)} + {writer.vector(scope)}.sum()")
    return "\n".join(["def program(x, v, n):", *indent(lines), ""])


def function_of(source: str) -> Callable[..., Any]:
    """The function, its source registered as interactive shells register theirs."""
    name = f"<program {next(_serial)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    scope: dict[str, Any] = {"np": np, "math": math}
    exec(compile(source, name, "exec"), scope)
    return scope["program"]
