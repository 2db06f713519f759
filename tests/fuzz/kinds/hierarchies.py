"""Random hierarchies of classes with one interface, so that any instance can stand for another."""

from __future__ import annotations

import random
from typing import Any

SHAPES: tuple[tuple[tuple[str, ...], ...], ...] = (
    ((),),
    ((), ("A",)),
    ((), ("A",), ("B",)),
    ((), ("A",), ("A",)),
    ((), ("A",), ("A",), ("B", "C")),
    ((), ("A",), ("A",), ("C", "B")),
)
LETTERS = "ABCD"
METHODS: dict[str, tuple[str, int]] = {
    "__abs__": ("self", 1),
    "get": ("self, s", 2),
    "__call__": ("self, s", 3),
    "checked": ("self, s", 3),
    "step": ("self, s", 4),
    "join": ("self, other", 5),
}
"""Parameters, and a rank: a method calls those of lower rank, so that every call ends."""


class Hierarchy:
    """Writes the classes; `names` are known before."""

    def __init__(self, source: random.Random) -> None:
        self.random = source
        self.shape = source.choice(SHAPES)
        self.names = list(LETTERS[: len(self.shape)])

    def pick(self, *options: Any) -> Any:
        return self.random.choice(options)

    def chance(self, p: float) -> bool:
        return self.random.random() < p

    def written(self) -> list[str]:
        """The lines of all classes."""
        lines = []
        for name, bases in zip(self.names, self.shape, strict=True):
            heading = f"class {name}({', '.join(bases)}):" if bases else f"class {name}:"
            lines += [heading, *["    " + line for line in self.body(bool(bases))]]
        return lines

    def body(self, derived: bool) -> list[str]:
        if not derived:
            return [*self.attributes(), *self.start(), *self.methods(False), *self.operators()]
        lines = [f"rate = {self.pick(0.25, 0.75)}"] if self.chance(0.5) else []
        if self.chance(0.4):
            lines += ["def __init__(self, x, k=2):", f"    super().__init__({self.number(0)}, k)"]
            lines[-1] = lines[-1].replace("self.x", "x").replace("self.k", "k")
            lines[-1] = lines[-1].replace("self.items[0]", "x").replace("self.rate", "0.5")
            lines += [
                f"    self.{self.pick('rate', 'x', 'items[1]')} = {self.pick('x', '0.5 * x')}"
            ]
        lines += self.methods(True)
        if self.chance(0.3):
            lines += self.properties(True)
        if self.chance(0.3):
            lines += ["def __add__(self, other):", "    found = super().__add__(other)"]
            lines += ["    found.k += 1", "    return found"]
        if self.chance(0.2):
            lines += ["@staticmethod", "def scaled(s):", "    return 2.0 * s"]
        return lines or ["pass"]

    def attributes(self) -> list[str]:
        lines = [f"rate = {self.pick(0.5, 1.5)}", "made = 0"]
        return lines + self.properties(False)

    def properties(self, derived: bool) -> list[str]:
        get = (
            "super().size + 1.0" if derived else self.pick("self.x + self.k", "self.x * self.rate")
        )
        lines = ["@property", "def size(self):", f"    return {get}"]
        setter = "A.size.fset(self, 0.5 * value)" if derived else "self.x = 0.5 * value"
        lines += ["@size.setter", "def size(self, value):"]
        if not derived and self.chance(0.4):
            lines += ["    if value > 40.0:", '        raise ValueError("too large")']
        lines += [f"    {setter}"]
        if not derived:
            lines += ["@property", "def fixed(self):", "    return self.x"]
        return lines

    def start(self) -> list[str]:
        items = self.pick("[x, 0.5, 1.0]", "[0.0, 1.0, x]", "[0.5] * 3")
        return [
            f"def __init__(self, x, k={self.pick(0, 1)}):",
            f"    self.x, self.k, self.items = x, k, {items}",
            "    self.nxt = None",
            "@classmethod",
            "def of(cls, s):",
            f"    return cls({self.pick('s', 's * cls.rate')}, 2)",
            "@staticmethod",
            "def scaled(s):",
            "    return 0.5 * s",
            "def copy(self):",
            "    found = type(self)(self.x, self.k)",
            "    found.items = list(self.items)",
            "    return found",
            "def parts(self, n):",
            "    for i in range(n):",
            f"        {self.pick('self.x = 0.5 * self.x', 'self.k += 1', 'pass')}",
            f"        yield {self.pick('self.x', 'self.items[i % 3]', 'self.get(0.5)')} + i",
        ]

    def number(self, rank: int) -> str:
        """An expression in a method."""
        options = ["self.x", "self.x", "self.rate", "0.5", "self.items[0]", "self.x * 0.5"]
        options += ["self.x + self.k"]
        if rank > 0:
            options += ["self.size", "self.scaled(self.x)"]
        if rank > 1:
            options += ["abs(self)", "sum(self.items)"]
        if rank > 2:
            options += ["self.get(0.5)", "self.get(self.x)"] * 2
        if rank > 3:
            options += ["self(0.25)"] * 2
        return str(self.pick(*options))

    def methods(self, derived: bool) -> list[str]:
        lines = []
        for name, (params, rank) in METHODS.items():
            if derived and not self.chance(0.4):
                continue
            lines += [f"def {name}({params}):"]
            lines += ["    " + line for line in self.method(name, params, rank, derived)]
        return lines

    def method(self, name: str, params: str, rank: int, derived: bool) -> list[str]:
        first, second = self.number(rank), self.number(rank)
        lines = []
        if rank > 3:
            lines += self.effects(rank)
        if name == "checked":
            lines += [f"if {first} > s:", '    raise ValueError(f"at {self.k}")']
        if name == "join":
            given = self.pick(
                "other.x += 0.5 * self.x", "self.nxt = other", "self.x += other.get(0.5)"
            )
            return [
                *lines,
                given,
                *(["return super().join(other)"] if derived else ["return self"]),
            ]
        own = "s" if "s" in params.split(", ") else second
        found = f"{first} + 0.5 * {own}" if rank > 1 else f"max({first}, 0.5)"
        if derived and self.chance(0.6):
            given = params.partition(", ")[2]
            found = f"super().{name}({given}) - {first}"
        elif self.chance(0.3):
            lines += [f"if {second} > {self.pick('0.5', '1.0')}:", f"    return {first}"]
        return [*lines, f"return {found}"]

    def effects(self, rank: int) -> list[str]:
        options = [
            [f"self.x = 0.5 * self.x + {self.number(rank)}"],
            ["self.k += 1"],
            [f"self.items[self.k % 3] = {self.number(rank)}"],
            [f"if {self.number(rank)} > 1.0:", f"    self.rate = {self.number(rank)}"],
            ["self.size = 0.75"],
            ["if self.nxt is not None:", "    self.nxt.x += 0.25"],
        ]
        return [line for _ in range(self.random.randint(1, 2)) for line in self.pick(*options)]

    def operators(self) -> list[str]:
        """The operators; whether those in place are there, and give a new object, is drawn."""
        lines = []
        for sign, op, own in (("add", "+", "0.5 * self.x"), ("sub", "-", "self.x")):
            lines += self.arithmetic(sign, op, own)
        lines += self.arithmetic("mul", "*", "0.5 * self.x")
        lines += ["def __neg__(self):", "    return type(self)(-self.x, self.k)"]
        lines += ["def __float__(self):", f"    return {self.number(2)} + 0.5"]
        lines += ["def __lt__(self, other):", "    return self.x < other.x"]
        if self.chance(0.6):
            equal = self.pick("isinstance(other, A) and self.x == other.x", "self.k == other.k")
            lines += ["def __eq__(self, other):", f"    return {equal}"]
        return lines + self.container()

    def arithmetic(self, sign: str, op: str, own: str) -> list[str]:
        value = "(other.x if isinstance(other, A) else other)"
        known = ["    if not isinstance(other, (A, float, int)):", "        return NotImplemented"]
        known = known if sign == "sub" else []
        lines = [f"def __{sign}__(self, other):", *known]
        lines += [f"    return type(self)({own} {op} {value}, self.k + 1)"]
        lines += [f"def __r{sign}__(self, other):", *known]
        lines += [f"    return {self.pick('A', 'type(self)')}(other {op} {own}, self.k)"]
        if self.chance(0.6):
            lines += [f"def __i{sign}__(self, other):", f"    self.x = {own} {op} {value}"]
            lines += [f"    return {self.pick('self', 'self', 'self', 'type(self)(self.x)')}"]
        return lines

    def container(self) -> list[str]:
        size = self.pick("3", "len(self.items)", "self.k % 4")
        lines = ["def __len__(self):", f"    return {size}"]
        lines += ["def __getitem__(self, i):"]
        if self.chance(0.5):
            lines += ["    if i >= 3:", '        raise IndexError(f"no {i}")']
        lines += [f"    return {self.pick('self.items[i]', 'self.items[i] * self.rate')}"]
        half = self.pick("", "0.5 * ")
        lines += ["def __setitem__(self, i, value):", f"    self.items[i] = {half}value"]
        if self.chance(0.7):
            whole, part = "return iter(self.items)", "return (0.5 * y for y in self.items)"
            lines += ["def __iter__(self):"]
            lines += [f"    {self.pick(whole, 'yield from self.items', part)}"]
        if self.chance(0.6):
            lines += ["def __contains__(self, value):", "    return value > self.x"]
        if self.chance(0.5):
            true = self.pick("self.x > 0.5", "self.k > 1")
            lines += ["def __bool__(self):", f"    return {true}"]
        return lines
