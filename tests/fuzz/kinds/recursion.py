"""Random programs that recurse as deep as the data say, with effects: helpers over arrays of
children and parents, ranges and numbers that shrink, which append, mark, memoise, count and raise.
"""

from __future__ import annotations

import numpy as np

from tests.fuzz.generate import Program
from tests.fuzz.kinds.effects import iter_seeds
from tests.fuzz.kinds.writer import Writer, is_program

HEAD = """import math

import numpy as np

class Found(Exception):
    pass

class Tally:
    def __init__(self):
        self.count, self.total = 0, 0.0
        self.items = []
"""
SHARE = 5
"""The suite runs one in so many: these programs compile for seconds."""
STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "tree": ("u", ("left[u]", "right[u]")),
    "chain": ("u", ("parent[u]",)),
    "number": ("u", ("u - 1", "u // 2", "u - 2")),
    "range": (
        "lo, hi",
        ("lo, (lo + hi) // 2", "(lo + hi) // 2 + 1, hi", "lo + 1, hi", "lo, hi - 1"),
    ),
    "graph": ("u", ("v",)),
}
"""What helpers recurse over: their parameters, and what they call themselves with."""
STARTS = {
    "tree": ("0", "k % 2"),
    "chain": ("5", "k % 6"),
    "number": ("k", "4", "k + 1"),
    "range": ("0, len(x) - 1", "0, k"),
    "graph": ("0", "k % 4"),
}
ENDS = {
    "tree": ("u < 0", "u == -1"),
    "chain": ("u < 0", "u <= 0"),
    "number": ("u <= 0", "u < 1"),
    "range": ("lo >= hi", "hi <= lo", "hi - lo < 1"),
    "graph": ("u in seen", "used[u]"),
}
STATE = {
    "out": "out = []",
    "path": "path = []",
    "seen": "seen = set()",
    "memo": "memo = {}",
    "cells": "cells = np.zeros(6)",
    "used": "used = np.zeros(6, dtype=bool)",
    "count": "count = 0",
    "best": "best = -1.0",
    "tally": "tally = Tally()",
}
NUMBERS = ("count", "best")


class Recursion(Writer):
    """`held`: the names of the state of the program; `over`: what this helper recurses over."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.over = self.pick(*STEPS)
        self.held = self.random.sample(sorted(STATE), self.random.randint(1, 3))
        self.end = self.pick(*ENDS[self.over])
        if self.over == "graph":
            self.mark = "used" if "used" in self.end else "seen"
            self.held = sorted({*self.held, self.mark})
        self.style = self.pick("nested", "nested", "nested", "module", "method")
        if self.style != "nested":
            self.held = [name for name in self.held if name not in NUMBERS] or ["out"]
        self.gives = self.pick("number", "number", "nothing", "list", "pair", "truth")
        self.depth = self.chance(0.3)
        self.names = ["go", "turn"] if self.chance(0.2) else ["go"]
        self.raises = self.chance(0.25)

    # what helpers are called with

    def call(self, name: str, args: str) -> str:
        """A call; helpers outside the program get all that they use."""
        if self.style == "module":
            args = f"{args}, {', '.join(self.shared())}"
        if self.depth and name in self.names and args[0] != "!":
            args += ", depth + 1" if self.style != "module" else ", depth=depth + 1"
        return f"self.{name}({args})" if self.style == "method" else f"{name}({args})"

    def shared(self) -> list[str]:
        return ["x", *self.arrays(), *self.held]

    def arrays(self) -> list[str]:
        return {"tree": ["left", "right"], "chain": ["parent"], "graph": ["near"]}.get(
            self.over, []
        )

    def again(self, step: str) -> str:
        return self.call(self.pick(*self.names), step)

    def node(self) -> str:
        """An int of the call."""
        return str(self.pick("lo", "hi", "(lo + hi)")) if self.over == "range" else "u"

    def number(self) -> str:
        node = self.node()
        options = [f"x[{node} % 4]", f"x[{node} % 4] * 0.5", "1.0", f"float({node})"]
        options += [f"cells[{node} % 6]"] if "cells" in self.held else []
        options += ["count * 0.5"] if "count" in self.held else []
        options += ["best"] if "best" in self.held else []
        options += ["float(len(out))"] if "out" in self.held else []
        options += ["out[-1] if out else 0.25"] if "out" in self.held else []
        options += ["float(len(path))"] if "path" in self.held else []
        options += ["tally.total"] if "tally" in self.held else []
        options += ["depth * 0.25"] if self.depth else []
        return str(self.pick(*options))

    def test(self) -> str:
        node = self.node()
        options = [f"{self.number()} > {self.number()}", f"{node} % 2 == 0", f"{node} > k0"]
        options += [f"{node} in seen"] if "seen" in self.held else []
        options += [f"{node} in memo"] if "memo" in self.held else []
        options += ["len(out) > 2"] if "out" in self.held else []
        options += ["not path", "len(path) > 1"] if "path" in self.held else []
        options += [f"used[{node} % 6]"] if "used" in self.held else []
        return str(self.pick(*options)).replace("k0", str(self.random.randrange(3)))

    # effects

    def simple(self, indent: int) -> None:
        self.emit(indent, self.effect(self.pick(*self.held)))

    def effect(self, name: str) -> str:
        node, number = self.node(), self.number()
        texts = {
            "out": (
                f"out.append({number})",
                f"out.append({number})",
                f"out.extend([{number}, 0.5])",
                f"out += [{number}]",
                f"out.insert(0, {number})",
            ),
            "path": (f"path.append({number})", "path[-1:] = []", f"path.append({number})"),
            "seen": (f"seen.add({node})", f"seen.discard({node})"),
            "memo": (
                f"memo[{node}] = {number}",
                f"memo[{node}] = memo.get({node}, 0.0) + {number}",
                f"memo.setdefault({node}, {number})",
            ),
            "cells": (
                f"cells[{node} % 6] = {number}",
                f"cells[{node} % 6] += {number}",
                "cells *= 0.5",
            ),
            "used": (f"used[{node} % 6] = True", f"used[{node} % 6] = not used[{node} % 6]"),
            "count": ("count += 1", "count = count * 2 + 1", f"count += {node}"),
            "best": (f"best = max(best, {number})", f"best = {number}"),
            "tally": (
                "tally.count += 1",
                f"tally.total += {number}",
                f"tally.items.append({number})",
            ),
        }
        return str(self.pick(*texts[name]))

    def effects(self, indent: int, least: int = 0) -> None:
        for _ in range(self.random.randint(least, 2)):
            if self.chance(0.3):
                self.emit(indent, f"if {self.test()}:")
                self.simple(indent + 1)
            else:
                self.simple(indent)

    # results

    def base(self) -> str:
        """What the deepest call gives."""
        number = self.number() if self.chance(0.5) else "0.5"
        return {
            "number": number,
            "nothing": "",
            "list": str(self.pick("[]", f"[{number}]")),
            "pair": str(self.pick("(0, 0.5)", f"({self.node()}, {number})", f"(1, {number})")),
            "truth": str(self.pick("True", "False", self.test)),
        }[self.gives]

    def start(self, indent: int) -> None:
        """The local that results are combined in."""
        first = {
            "number": self.number(),
            "list": self.pick("[]", f"[{self.number()}]"),
            "pair": None,
            "truth": "False",
            "nothing": None,
        }[self.gives]
        if self.gives == "pair":
            self.emit(indent, f"n, t = 1, {self.number()}")
        elif first is not None:
            self.emit(indent, f"t = {first}")

    def combine(self, indent: int, step: str) -> None:
        call = self.again(step)
        texts: dict[str, tuple[tuple[str, ...], ...]] = {
            "nothing": ((call,),),
            "number": (
                (f"t += {call}",),
                (f"t = max(t, {call})",),
                (f"t = t * 0.5 + {call}",),
                (f"r = {call}", "t = r + t if r > t else t - r"),
            ),
            "list": (
                (f"t = t + {call}",),
                (f"t += {call}",),
                (f"t.extend({call})",),
                (f"for r in {call}:", "    t.append(r * 0.5)"),
            ),
            "pair": (
                (f"m, r = {call}", "n, t = n + m, t + r"),
                (f"m, r = {call}", "if r > t:", "    n, t = m, r"),
            ),
            "truth": (
                (f"t = {call} or t",),
                (f"t = t or {call}",),
                (f"if {call}:", "    return True"),
                (f"t = not {call}",),
            ),
        }
        self.emit(indent, *self.pick(*texts[self.gives]))

    def result(self) -> str:
        return {"nothing": "", "pair": "n, t"}.get(self.gives, "t")

    # helpers

    def helper(self, name: str, indent: int) -> None:
        own = STEPS[self.over][0]
        if self.style == "module":
            own = f"{own}, {', '.join(self.shared())}"
        elif self.style == "method":
            own = f"self, {own}"
        self.emit(indent, f"def {name}({own}{', depth=0' if self.depth else ''}):")
        inner = indent + 1
        held = [n for n in self.held if n in NUMBERS]
        if held:
            self.emit(inner, f"nonlocal {', '.join(held)}")
        if "out" in self.held and self.style == "nested":
            self.emit(inner, "nonlocal out")
        if "cells" in self.held and self.style == "nested":
            self.emit(inner, "nonlocal cells")
        if self.style == "method":
            self.emit(inner, *[f"{n} = self.{n}" for n in self.shared()])
        self.opening(inner)
        self.start(inner)
        self.effects(inner)
        self.descent(inner)
        self.effects(inner)
        if "path" in self.held and self.pushes:
            self.emit(inner, "path.pop()")
        if "memo" in self.held and self.gives == "number" and self.chance(0.7):
            self.emit(inner, f"memo[{self.node()}] = t")
        self.emit(inner, f"return {self.result()}".rstrip())

    pushes = False

    def opening(self, indent: int) -> None:
        """The ends of the recursion, and what is noted on entry."""
        if self.chance(0.3) and self.over != "graph":
            self.effects(indent)
        self.emit(indent, f"if {self.end}:")
        self.effects(indent + 1)
        self.emit(indent + 1, f"return {self.base()}".rstrip())
        if self.over == "graph":
            mark = "used[u] = True" if self.mark == "used" else "seen.add(u)"
            self.emit(indent, mark)
        if self.depth and self.chance(0.7):
            self.emit(indent, f"if depth > {self.random.randint(1, 3)}:")
            self.emit(indent + 1, f"return {self.base()}".rstrip())
        if "memo" in self.held and self.gives == "number" and self.chance(0.7):
            self.emit(indent, f"if {self.node()} in memo:", f"    return memo[{self.node()}]")
        if self.raises:
            self.emit(indent, f"if {self.test()}:")
            self.emit(
                indent + 1,
                self.pick(
                    "raise Found",
                    f"raise Found({self.node()})",
                    f"raise Found('deep', {self.number()})",
                ),
            )
        self.pushes = self.chance(0.7)
        if "path" in self.held and self.pushes:
            self.emit(indent, f"path.append({self.number()})")

    def descent(self, indent: int) -> None:
        """The recursive calls."""
        if self.over == "graph":
            self.looped(indent, "v", "near[u]", "v")
            return
        steps = list(STEPS[self.over][1])
        if len(self.lines) % 3 == 0 and self.over in ("tree", "range"):
            self.looped(
                indent,
                "v",
                f"({steps[0]}, {steps[1]})" if self.over == "tree" else "range(lo, hi)",
                "v" if self.over == "tree" else "v + 1, hi",
            )
            return
        if self.over == "range":
            steps = self.pick(steps[:2], steps[:2], steps[2:3], steps[3:])
        if self.over == "number":
            steps = self.pick(steps[:1], steps[1:2], steps[1:], [steps[0], steps[2]])
        for step in steps:
            self.descend(indent, step)
            if self.chance(0.4):
                self.effects(indent)

    def descend(self, indent: int, step: str) -> None:
        """One recursive call, perhaps under a condition or caught."""
        if self.chance(0.25):
            self.emit(indent, f"if {self.test()}:")
            indent += 1
        if self.raises and self.chance(0.3):
            self.emit(indent, "try:")
            self.combine(indent + 1, step)
            self.emit(indent, f"except Found{self.pick('', ' as e')}:")
            self.effects(indent + 1, 1)
            return
        self.combine(indent, step)

    def looped(self, indent: int, name: str, over: str, step: str) -> None:
        self.emit(indent, f"for {name} in {over}:")
        inner = indent + 1
        seen = "used[v]" if self.over == "graph" and self.mark == "used" else "v in seen"
        guard = {"graph": seen, "tree": "v < 0"}.get(self.over)
        if guard and self.chance(0.6):
            self.emit(inner, f"if {guard}:", "    continue")
        self.effects(inner)
        self.descend(inner, step)
        if self.chance(0.35):
            self.emit(inner, f"if {self.test()}:")
            self.effects(inner + 1)
            self.emit(inner + 1, self.pick("break", "break", f"return {self.result()}".rstrip()))
        self.effects(inner)

    # the program

    def program(self) -> str:
        self.emit(0, *HEAD.splitlines(), "")
        if self.style == "module":
            self.helpers(0)
        elif self.style == "method":
            self.emit(0, "class Walk:")
            names = self.shared()
            self.emit(1, f"def __init__(self, {', '.join(names)}):")
            self.emit(2, *[f"self.{n} = {n}" for n in names], "")
            self.helpers(1)
        self.emit(0, "def program(x, k, left, right, parent, near):")
        self.emit(1, *[STATE[name] for name in self.held])
        if self.style == "nested":
            self.helpers(1)
        if self.style == "method":
            self.emit(1, f"walk = Walk({', '.join(self.shared())})")
        returned = [name for name in self.held if name != "tally"]
        if "tally" in self.held:
            returned += ["tally.count", "tally.total", "tally.items"]
        found = self.outer()
        returned = [r.replace("seen", "sorted(seen)") for r in returned]
        self.emit(1, f"return {', '.join([*found, *returned])}")
        return "\n".join([*self.lines, ""])

    def helpers(self, indent: int) -> None:
        for name in self.names:
            self.helper(name, indent)
            self.lines.append("")

    def outer(self) -> list[str]:
        """The calls from the program; the names of their results."""
        args = self.pick(*STARTS[self.over])
        depth, self.depth = self.depth, False
        call = self.call("go", args)
        if self.style == "method":
            call = call.replace("self.", "walk.")
        self.depth = depth
        keep = "" if self.gives == "nothing" else "r1 = "
        form = self.pick("once", "once", "loop", "twice")
        indent = 1
        if keep and (self.raises or form == "loop"):
            self.emit(1, f"r1 = {self.base_outside()}")
        if form == "loop" and len(STARTS[self.over]) > 1:
            start = {"range": "0, j"}.get(self.over, "j")
            self.emit(1, f"for j in range({self.pick('2', '3', 'k')}):")
            call, indent = call.replace(f"({args}", f"({start}", 1), 2
        if self.raises and self.chance(0.8):
            self.emit(indent, "try:", f"    {keep}{call}", "except Found as e:")
            note = "out.append(-1.0)" if "out" in self.held else "pass"
            self.emit(indent + 1, note)
        else:
            self.emit(indent, f"{keep}{call}")
        if form == "twice":
            self.emit(1, f"{'r2 = ' if keep else ''}{call}")
            return ["r1", "r2"] if keep else []
        return ["r1"] if keep else []

    def base_outside(self) -> str:
        return {"number": "0.0", "list": "[]", "pair": "(0, 0.0)", "truth": "False"}[self.gives]


def generate(seed: int) -> Program:
    """The program of a seed."""
    source = next(s for s in (Recursion(k).program() for k in iter_seeds(seed)) if is_program(s))
    rng = np.random.default_rng(seed)
    left = np.array([1, 3, -1, -1, 5, -1])
    right = np.array([2, 4, -1, -1, -1, -1])
    bare = np.array([-1, 2, -1, 4, -1, -1])
    parent = np.array([-1, 0, 0, 1, 1, 4])
    near = np.array([[1, 2], [3, 0], [3, 1], [0, 3], [5, 4], [4, 0]])
    far = np.array([[4, 1], [1, 1], [5, 3], [2, 0], [2, 5], [0, 3]])

    def x() -> np.ndarray:
        return np.round(rng.normal(size=4), 3)

    cases = (
        (x(), 3, left, right, parent, near),
        (x(), 1, bare, right, parent[::-1] - 1, far),
        (x(), 2, right, left, np.arange(6) - 1, near),
        (x(), 0, right, bare, parent, far),
    )
    return Program(seed, source, cases)
