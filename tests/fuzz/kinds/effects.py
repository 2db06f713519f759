"""Random programs of exceptions and effects: raise and try in helpers and loops, exits through
finally, managers, generators that are taken in part; what they print and warn of is compared too.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from anvil.errors import AnvilError, AnvilWarning
from tests.fuzz.generate import Program
from tests.fuzz.kinds.writer import Writer, is_program
from tests.fuzz.oracle import (
    OK,
    PATIENCE,
    Late,
    Verdict,
    compiled,
    forget,
    function_of,
    judged,
    quiet,
)
from tests.fuzz.oracle import outcome as plain_outcome

HEAD = """import contextlib
import math
import warnings

import numpy as np

class Bad(ValueError):
    pass

class Worse(Bad):
    def __init__(self, amount, limit=1.0):
        super().__init__("worse", limit)
        self.amount = amount

class Log:
    def __init__(self, name, hides):
        self.name, self.hides, self.count = name, hides, 0
    def __enter__(self):
        print("enter", self.name)
        return self
    def __exit__(self, kind, value, trace):
        self.count += 1
        print("exit", self.name, kind is None, self.count)
        return self.hides and kind is not None and issubclass(kind, ArithmeticError)

@contextlib.contextmanager
def guard(a):
    saved = a.copy()
    try:
        yield saved
    except LookupError:
        print("restored")
        a[:] = saved
    finally:
        a[0] += 0.5

def steps(s, c):
    yield s
    try:
        yield 1.0 / c
        print("second")
        yield math.sqrt(s)
    finally:
        print("closed")

def parts(s, c):
    yield s
    if s > 1.5:
        raise Bad("part")
    yield 1.0 / c
    print("third")
    yield math.sqrt(s)

def checked(s, limit):
    if s > limit:
        raise Worse(s, limit)
    return s * 0.5
"""
KINDS = (
    *("ZeroDivisionError", "IndexError", "KeyError", "ValueError", "Bad", "Worse", "LookupError"),
    *("ArithmeticError", "Exception", "AssertionError", "(ValueError, KeyError)", "RuntimeError"),
    *("(ZeroDivisionError, IndexError)", "StopIteration"),
)
MOST = 6


class Effects(Writer):
    """`handled`: the names of the exceptions that handlers around have bound."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.handled: list[str] = []
        self.helpers: list[str] = []
        self.result = "s, c"
        self.catching = 0

    def number(self) -> str:
        """A float that does not raise."""
        options = ["s", "x", "s * 0.5", str(self.random.randrange(-2, 5) * 0.5), "float(c)"]
        if not self.helping:
            options += [f"a[{self.at(4)}]", "d['a']", "xs[-1]"]
        options += [f"{e}.amount" for e in self.handled if e.startswith("w")]
        return str(self.pick(*options))

    helping = False

    def at(self, size: int) -> str:
        return str(self.pick("0", "-1", f"c % {size}", *[f"{i} % {size}" for i in self.loops]))

    def count(self) -> str:
        return str(self.pick("c", "n", "c - 1", "n - 2", "c + n", *self.loops, *self.loops))

    def test(self) -> str:
        return str(
            self.pick(
                f"{self.number()} > {self.number()}",
                f"{self.count()} > {self.random.randrange(3)}",
                f"{self.count()} == {self.random.randrange(3)}",
                "c % 2 == 0",
                "x > 0",
            )
        )

    def risky(self) -> str:
        """A float whose computation may raise, mostly where that is caught."""
        if not self.catching and self.chance(0.7):
            return self.number()
        n = self.count()
        options = [
            f"1.0 / ({n})",
            f"{self.number()} / {self.number()}",
            f"math.sqrt({self.number()})",
            f"math.log({self.number()})",
            f"float(6 // ({n}))",
            f"float(7 % ({n}))",
            f"checked({self.number()}, {self.pick('1.0', '0.0', '2.5')})",
            f"(1.0, 2.5, s)[{n}]",
            f"float([0, 2, 4].index({n}))",
            *[f"{h}({self.number()}, {n})" for h in self.helpers] * 2,
        ]
        if not self.helping:
            options += [f"a[{n}]", f"float(a[{n}])", f"xs[{n}]", "d[key]", f"float(v[{n}])"]
        return str(self.pick(*options))

    def raised(self) -> str:
        n = self.count()
        return str(
            self.pick(
                "Bad(c)",
                'ValueError(f"c is {c}")',
                'KeyError("k")',
                f"Worse({self.number()})",
                f"Worse({self.number()}, 2.0)",
                f'IndexError("at", {n})',
                'RuntimeError("s %d" % c)',
                "ZeroDivisionError",
                "Bad",
            )
        )

    def simple(self, indent: int) -> None:
        w = 1.5 if self.catching else 0.2
        self.weighted(
            {
                lambda: self.emit(indent, f"s = {self.risky()}"): 4,
                lambda: self.emit(indent, f"s = s * 0.5 + {self.number()}"): 2,
                lambda: self.emit(indent, "c += 1"): 1.5,
                lambda: self.emit(indent, f"print({self.tag()}, c)"): 2,
                lambda: self.emit(indent, f"if {self.test()}:", f"    raise {self.raised()}"): w,
                lambda: self.exit(indent): 1,
                lambda: self.emit(indent, f'assert {self.test()}, f"{{c}} of {{n}}"'): w / 3,
                lambda: self.emit(indent, f"assert {self.test()}"): w / 5,
                lambda: self.emit(indent, f"warnings.warn(f{self.tag()[:-1]} {{c}}')"): 0.5,
                lambda: self.stateful(indent): 3,
            }
        )

    def tag(self) -> str:
        return f"'{self.fresh('p')}'"

    def exit(self, indent: int) -> None:
        """A way out, under a condition mostly."""
        ways = [f"return {self.result}"]
        if self.loops:
            ways += ["break", "continue"] * 2
        if self.handled:
            ways += ["raise"] * 2
        way = self.pick(*ways)
        if self.chance(0.85):
            self.emit(indent, f"if {self.test()}:", f"    {way}")
        else:
            self.emit(indent, way)

    def stateful(self, indent: int) -> None:
        """A statement that leaves something behind before it raises, or not."""
        n = self.count()
        options = [
            f"c, s = c + 1, {self.risky()}",
            f"c = int({self.risky()})",
            f"s += {self.risky()}",
            f"s = {self.risky()} if {self.test()} else {self.number()}",
        ]
        if not self.helping:
            n = n if self.catching else self.at(4)
            options += [
                f"a[{n}] = {self.number()}",
                f"a[{self.at(4)}] = {self.risky()}",
                f"a[1:] += {self.risky()}",
                f"xs[{n if self.catching else -1}] = {self.risky()}",
                f"d['b'] = {self.risky()}",
                f"xs.append({self.risky()})" if not self.loops else f"xs[-1] = {self.risky()}",
                f"a *= {self.risky()}",
            ]
        self.emit(indent, self.pick(*options))

    # Compound statements

    def forms(self) -> Any:
        return {
            **super().forms(),
            self.tried: 6,
            self.managed: 1.5,
            self.generated: 1,
            self.otherwise: 0.7,
        }

    def tried(self, depth: int, indent: int) -> None:
        self.emit(indent, "try:")
        self.catching += 1
        self.block(depth, indent + 1)
        self.catching -= 1
        bare = self.chance(0.2)
        if not bare:
            for _ in range(self.random.choice((1, 1, 2, 3))):
                self.handler(depth, indent)
            if self.chance(0.3):
                self.emit(indent, "else:")
                self.block(depth, indent + 1, 1, 2)
        if bare or self.chance(0.35):
            self.emit(indent, "finally:")
            held, self.handled = self.handled, []
            self.block(depth, indent + 1, 1, 2)
            self.handled = held

    def handler(self, depth: int, indent: int) -> None:
        kind = self.pick(*KINDS)
        name = self.fresh("w" if kind == "Worse" else "e")
        self.emit(indent, f"except {kind} as {name}:")
        self.handled.append(name)
        self.block(depth, indent + 1, 1, 2)
        if self.chance(0.3):
            way = self.pick("raise", f"raise {self.raised()} from {name}", f"raise {self.raised()}")
            test = [f"if {self.test()}:", f"    {way}"]
            self.emit(indent + 1, *(test if self.chance(0.7) else [way]))
        elif self.chance(0.4):
            self.emit(indent + 1, f"print({self.tag()}, len({name}.args))")
        self.handled.pop()

    def managed(self, depth: int, indent: int) -> None:
        name = self.fresh("m")
        options = [
            f"with Log('{name}', {self.test()}) as {name}:",
            f"with contextlib.suppress({self.pick(*KINDS[:6])}):",
        ]
        if not self.helping:
            options.append(f"with guard(a) as {name}:")
        self.emit(indent, self.pick(*options))
        self.block(depth, indent + 1)

    def generated(self, depth: int, indent: int) -> None:
        name = self.fresh("g")
        if self.chance(0.5):
            self.emit(indent, f"for {name} in steps({self.number()}, {self.count()}):")
            self.emit(indent + 1, f"s = s * 0.5 + {name}")
            self.loops.append("c")
            self.inside_loop(depth, indent + 1)
            self.loops.pop()
        else:
            self.emit(indent, f"{name} = parts({self.number()}, {self.count()})")
            for _ in range(self.random.randint(1, 4)):
                self.emit(indent, f"s = s * 0.5 + next({name})")

    def otherwise(self, depth: int, indent: int) -> None:
        """A loop with an else."""
        self.counted(depth, indent)
        self.emit(indent, "else:")
        self.block(depth, indent + 1, 1, 2)

    def helper(self) -> list[str]:
        """The lines of a function of a float and an int."""
        name = self.fresh("h")
        self.lines, self.helping, self.result = [], True, "s"
        self.emit(0, f"def {name}(s, n):")
        self.emit(1, "c, x = n, s - 1.0")
        self.block(2, 1, 2, 4)
        self.emit(1, "return s")
        self.helpers.append(name)
        self.helping, self.loops = False, []
        return self.lines


def drawn(seed: int) -> str:
    """The text of a program; not always Python's, since `finally` bars some exits."""
    g = Effects(seed)
    helpers = [line for _ in range(g.random.randint(0, 2)) for line in [*g.helper(), ""]]
    g.lines, g.result = [], "s, c, a, xs, d"
    g.emit(0, "def program(x, n, v):")
    g.emit(1, "a = v.copy(); s = x * 0.5; c = n - 1; xs = [x, 2.0, 0.5]")
    g.emit(1, f"d = {{'a': x, 'b': 1.0}}; key = {g.pick(repr('a'), repr('b'), repr('z'))}")
    g.block(3, 1, 3, 6)
    g.emit(1, f"return {g.result}")
    return "\n".join([HEAD, *helpers, *g.lines, ""])


def generate(seed: int) -> Program:
    """The program of a seed."""
    source = next(s for s in (drawn(k) for k in iter_seeds(seed)) if is_program(s))
    rng = np.random.default_rng(seed)
    cases = tuple(
        (x, n, np.round(rng.normal(size=4), 3))
        for x, n in ((1.5, 2), (-0.75, 3), (0.0, 0), (4.0, 1))
    )
    return Program(seed, source, cases)


def iter_seeds(seed: int) -> Iterator[int]:
    while True:
        yield seed
        seed += 1_000_003


def outcome(function: Any, args: Any) -> tuple[Any, str]:
    """What a function returns or raises, and what it says."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", AnvilWarning)
        warnings.showwarning = lambda message, kind, *_: print(kind.__name__, message)
        found = plain_outcome(function, args)
    return found, out.getvalue()


def examine(program: Program, patience: int = PATIENCE) -> Verdict:
    """The verdict of the reference semantics, for all cases."""
    function = function_of(program.source)
    try:
        with quiet(patience):
            return values(function, program)
    except Late:
        return Verdict("late")
    finally:
        forget(function)


def values(function: Any, program: Program) -> Verdict:
    noted, ran = OK, None
    for args in program.cases:
        want, said = outcome(function, args)
        if ran is None or isinstance(ran, Exception):
            ran = compiled(function, args)
        got, heard = (ran, said) if isinstance(ran, Exception) else outcome(ran, args)
        verdict = judged(want, got)
        if verdict is OK and isinstance(want, Exception) and type(want) is type(got):
            held = [{n: x for n, x in vars(e).items() if n[0] != "_"} for e in (want, got)]
            if held[0] != held[1]:
                verdict = Verdict("value", f"attributes: {held[1]} for {held[0]}")
        if verdict is OK and said != heard and not isinstance(got, AnvilError):
            verdict = Verdict("value", f"printed: {heard!r} for {said!r}")
        if verdict.failed:
            return verdict
        noted = verdict if noted is OK else noted
    return noted
