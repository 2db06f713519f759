"""What the writers of random programs share: random choices, blocks, branches and loops."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable
from typing import Any


class Writer:
    """Writes the statements of one program, line by line."""

    loop_counts = ("2", "3", "n")

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.loops: list[str] = []
        self.serial = 0

    def pick(self, *options: Any) -> Any:
        """One of these; a function among them is called for its text."""
        option = self.random.choice(options)
        return option() if callable(option) else option

    def weighted(self, table: dict[Callable[[], Any], float]) -> Any:
        """What one of these functions gives."""
        return self.random.choices(list(table), list(table.values()))[0]()

    def chance(self, p: float) -> bool:
        return self.random.random() < p

    def fresh(self, stem: str) -> str:
        self.serial += 1
        return f"{stem}{self.serial}"

    def emit(self, indent: int, *lines: str) -> None:
        self.lines += ["    " * indent + line for line in lines]

    def at(self, size: int) -> str:
        """An index that is in range."""
        fixed = str(self.random.randrange(-size, size))
        return self.pick(fixed, f"k % {size}", f"(n + {fixed}) % {size}", *self.turns(size))

    def turns(self, size: int) -> list[str]:
        return [f"({i} + {self.random.randrange(3)}) % {size}" for i in self.loops]

    def test(self) -> str:
        """A condition; of data, mostly."""
        raise NotImplementedError

    def simple(self, indent: int) -> None:
        """Emits a statement without a block."""
        raise NotImplementedError

    def block(self, depth: int, indent: int, least: int = 1, most: int = 3) -> None:
        for _ in range(self.random.randint(least, most)):
            self.statement(depth, indent)

    def statement(self, depth: int, indent: int) -> None:
        if depth and self.chance(0.35):
            forms = self.forms()
            form = self.random.choices(list(forms), list(forms.values()))[0]
            form(depth - 1, indent)
        else:
            self.simple(indent)

    def forms(self) -> dict[Callable[[int, int], None], float]:
        """The compound statements."""
        return {self.branch: 2, self.counted: 2, self.conditioned: 0.7}

    def branch(self, depth: int, indent: int) -> None:
        self.emit(indent, f"if {self.test()}:")
        self.block(depth, indent + 1)
        if self.chance(0.5):
            self.emit(indent, "else:")
            self.block(depth, indent + 1)

    def counted(self, depth: int, indent: int) -> None:
        name = self.fresh("i")
        self.emit(indent, f"for {name} in range({self.pick(*self.loop_counts)}):")
        self.loops.append(name)
        self.inside_loop(depth, indent + 1)
        self.loops.pop()

    def conditioned(self, depth: int, indent: int) -> None:
        name = self.fresh("t")
        self.emit(indent, f"{name} = 0", f"while {name} < {self.pick(*self.loop_counts)}:")
        self.emit(indent + 1, f"{name} += 1")
        self.loops.append(name)
        self.inside_loop(depth, indent + 1)
        self.loops.pop()

    def inside_loop(self, depth: int, indent: int) -> None:
        self.block(depth, indent)
        if self.chance(0.25):
            self.emit(indent, f"if {self.test()}:", "    " + self.pick("break", "continue"))
            self.block(0, indent)


def is_program(source: str) -> bool:
    """Whether Python takes the text."""
    try:
        compile(ast.parse(source), "", "exec")
    except SyntaxError:
        return False
    return True
