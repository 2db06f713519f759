"""Random programs of classes and closures: hierarchies whose methods call each other and `super()`,
operators, properties, dataclasses; their instances are stored, aliased, swapped, chosen by data and
written to; functions that keep state in the variables around them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.fuzz.generate import Program
from tests.fuzz.kinds.hierarchies import Hierarchy
from tests.fuzz.kinds.writer import Writer, is_program

HEAD = """import functools
import math
from dataclasses import FrozenInstanceError, dataclass, field, replace

import numpy as np

class Holder:
    def __init__(self, o):
        self.o, self.spare = o, None

@dataclass
class Point:
    u: float
    w: float = 0.5
    hits: int = 0
    marks: list = field(default_factory=list)
    owner: object = None
    def __post_init__(self):
        self.total = self.u + self.w
    def move(self, s):
        self.u, self.hits = self.u + 0.5 * s, self.hits + 1
        return self.u

@dataclass(frozen=True, order=True)
class Fixed:
    u: float
    m: int = 1
    def grown(self, s):
        return replace(self, u=self.u + s, m=self.m + 1)
    def __add__(self, other):
        return Fixed(self.u + other.u, self.m + other.m)

class Counted:
    def __init__(self, function):
        self.function, self.calls = function, 0
    def __call__(self, *args):
        self.calls += 1
        return self.function(*args)

def logged(store):
    def decorate(f):
        @functools.wraps(f)
        def inner(*args):
            found = f(*args)
            store.append(found)
            return found
        return inner
    return decorate

def touch(o, s):
    o.x += 0.5 * s
    o.k = o.k + 1
    return o

def swap(u, w):
    u.x, w.x = w.x, u.x

def largest(os):
    best = os[0]
    for o in os[1:]:
        if o.x > best.x:
            best = o
    return best

def chosen(os, i):
    return os[i % len(os)]
"""
NAMES = ("a", "b", "c")


class Classes(Writer):
    """`kinds`: the classes that instances are made of; `functions`: of one float, in scope;
    `points`, `fixed`: the names of the dataclasses' instances.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.hierarchy = Hierarchy(self.random)
        names = self.hierarchy.names
        self.kinds = names if self.chance(0.4) else [self.pick(*names)]
        self.functions: list[str] = []
        self.points = ["p", "q"]
        self.fixed = ["f1", "f2"]
        self.depth = 0

    # Expressions

    def name(self) -> str:
        return str(self.pick(*NAMES))

    def thing(self) -> str:
        """An instance of a class of the hierarchy."""
        n = self.count()
        return str(
            self.pick(
                self.name,
                self.name,
                self.name,
                lambda: f"os[{self.at(3)}]",
                lambda: f"d[{self.pick(repr('one'), repr('two'))}]",
                "hold.o",
                "p.owner",
                lambda: f"pair[{self.pick(0, 1, '-1')}]",
                lambda: f"({self.name()} if {self.test()} else {self.name()})",
                lambda: f"chosen(os, {n})",
                lambda: self.pick("largest(os)", "max(os, key=lambda o: o.x)", "min(os)"),
            )
        )

    def made(self) -> str:
        """A new one."""
        cls = self.pick(*self.kinds)
        k = self.pick("", f", {self.count()}", f", k={self.count()}")
        one = f"{cls}({self.number()}{k})"
        t = self.thing()
        options = [one, one, f"{cls}.of({self.number()})", f"type({t})({self.number()})"]
        options += [f"{t} + {self.number()}", f"{self.number()} - {t}", f"{t} * {self.thing()}"]
        options += [f"-{t}", f"{self.pick('2.0', 's')} * {t}", f"{t}.copy()"]
        return str(self.pick(*options))

    def count(self) -> str:
        options = ["n", "k", "n + 1", "2", "3", *self.loops, *self.loops]
        return str(self.pick(*options, lambda: f"{self.name()}.k", lambda: f"len({self.name()})"))

    def number(self) -> str:
        if self.depth > 2:
            return str(self.pick("s", "x", "0.5", "v[0]", "a.x"))
        self.depth += 1
        text = self.pick(
            *("s", "x", "1.5", "-0.5"),
            lambda: f"v[{self.at(3)}]",
            lambda: f"{self.thing()}.x",
            lambda: f"{self.thing()}.{self.pick('size', 'rate', 'items[0]', 'items[-1]')}",
            lambda: f"{self.thing()}.{self.pick('get', 'step')}({self.number()})",
            lambda: f"{self.thing()}({self.number()})",
            lambda: f"{self.thing()}[{self.at(3)}]",
            lambda: self.pick("sum({})", "abs({})", "float({})", "max({})").format(self.thing()),
            lambda: f"{self.thing()}.scaled({self.number()})",
            lambda: f"sum({self.thing()}.parts({self.pick(1, 2, 'n')}))",
            lambda: f"{self.point()}.{self.pick('u', 'w', 'total')}",
            lambda: f"{self.pick(*self.fixed)}.u",
            *[lambda f=f: f"{f}({self.number()})" for f in self.functions[-3:]] * 2,
        )
        self.depth -= 1
        return str(text)

    def point(self) -> str:
        points = self.points
        return str(self.pick(*points, f"({points[0]} if {self.flag()} else {points[1]})"))

    def flag(self) -> str:
        return str(self.pick("x > 0", "n % 2 == 0", "s > 0.5", "k > 1"))

    def test(self) -> str:
        if self.depth > 2:
            return self.flag()
        self.depth += 1
        text = self.pick(
            self.flag,
            self.flag,
            lambda: f"{self.number()} > {self.number()}",
            lambda: f"{self.thing()} < {self.thing()}",
            lambda: f"{self.thing()} == {self.thing()}",
            lambda: f"{self.thing()} is {self.name()}",
            lambda: f"{self.number()} in {self.thing()}",
            self.thing,
            lambda: f"not {self.thing()}",
            lambda: f"isinstance({self.thing()}, {self.pick(*self.hierarchy.names)})",
            lambda: f"{self.thing()}.nxt is None",
            lambda: f"hold.spare {self.pick('is', 'is not')} None",
            lambda: f"{self.thing()} in {self.pick('os', 'pair')}",
            "f1 < f2",
            "f1 == f2",
            "p == q",
        )
        self.depth -= 1
        return str(text)

    # Statements

    def simple(self, indent: int) -> None:
        self.weighted(
            {
                lambda: self.emit(indent, f"s = 0.5 * s + {self.number()}"): 3,
                lambda: self.emit(indent, self.pick("k += 1", f"k = {self.count()} % 5")): 1,
                lambda: self.bound(indent): 3,
                lambda: self.written(indent): 5,
                lambda: self.linked(indent): 2,
                lambda: self.updated(indent): 2,
                lambda: self.data(indent): 2.5,
                lambda: self.function(indent): 2.5,
                lambda: self.guarded(indent): 1.2,
            }
        )

    def bound(self, indent: int) -> None:
        """A name or place gets an instance."""
        one, i = self.pick(self.thing, self.thing, self.made), self.at(3)
        target = self.pick(self.name(), self.name(), f"os[{i}]", "d['one']", "hold.o", "hold.spare")
        other = self.name()
        self.emit(
            indent,
            self.pick(
                f"{target} = {one}",
                f"{target} = {one}",
                f"{target} = {one}",
                f"{other}, {self.name()} = {self.thing()}, {one}",
                f"os[{i}], os[{self.at(3)}] = os[{self.at(3)}], os[{i}]",
                f"pair = ({one}, {self.name()})",
                f"{target} = {one} if {self.test()} else {self.thing()}",
                f"p.owner = {one}",
                "os.reverse()",
                "os.sort(key=lambda o: o.x)",
                f"os = [touch(o, {self.number()}) for o in os]",
                f"os = sorted(os{self.pick('', ', reverse=True')})",
            ),
        )

    def written(self, indent: int) -> None:
        """An instance is written to."""
        t, i = self.thing(), self.at(3)
        self.emit(
            indent,
            self.pick(
                f"{t}.x = {self.number()}",
                f"{t}.x += {self.number()}",
                f"{t}.{self.pick('x', 'size', 'rate')} *= 0.5",
                f"{t}.k += 1",
                f"{t}.size = {self.number()}",
                f"{t}.rate = {self.number()}",
                f"{t}.items[{i}] = {self.number()}",
                f"{t}.items = [{self.number()}, s, 0.25]",
                f"{t}[{i}] = {self.number()}",
                f"{t}[{i}] += {self.number()}",
                f"{t}.items, {self.name()}.items = {self.name()}.items, {self.name()}.items",
                f"{t}.step({self.number()})",
                f"touch({t}, {self.number()})",
                f"swap({t}, {self.thing()})",
                f"{t}.join({self.thing()})",
                f"setattr({t}, {self.pick(repr('x'), repr('rate'))}, {self.number()})",
                f"{t}.items.reverse()",
            ),
        )

    def linked(self, indent: int) -> None:
        """The attribute that is None first."""
        t, w = self.thing(), self.fresh("w")
        self.emit(
            indent,
            *self.pick(
                [f"{t}.nxt = {self.pick(self.thing, self.made)}"],
                [f"{t}.nxt = None"],
                [f"{t}.nxt = {self.thing()}.nxt"],
                [f"{w} = {t}.nxt", f"if {w} is not None:", f"    {w}.x += {self.number()}"],
                [f"{w} = {t}.nxt or {self.name()}", f"{w}.k += 1"],
                [f"if {self.name()}.nxt is None:", f"    {self.name()}.nxt = {t}"],
                [
                    f"{w} = {t}",
                    "for _ in range(3):",
                    f"    if {w}.nxt is None:",
                    "        break",
                    f"    {w} = {w}.nxt",
                    f"    {w}.x = 0.5 * {w}.x + {self.number()}",
                ],
                ["if hold.spare is not None:", f"    hold.spare.x -= {self.number()}"],
            ),
        )

    def updated(self, indent: int) -> None:
        """Operators in place: on a name, a place and an attribute."""
        target = self.pick(self.name(), self.name(), f"os[{self.at(3)}]", "hold.o", "d['two']")
        by = self.pick(self.number, self.number, self.thing)
        self.emit(indent, f"{target} {self.pick('+=', '+=', '*=', '-=')} {by}")

    def data(self, indent: int) -> None:
        """Dataclasses."""
        p, f, g = self.point(), self.pick(*self.fixed), self.pick(*self.fixed)
        names = self.pick(*self.points), self.pick(*self.points)
        self.emit(
            indent,
            self.pick(
                f"{p}.u += {self.number()}",
                f"{p}.move({self.number()})",
                f"{p}.hits += {self.pick('1', 'n')}",
                f"{names[0]} = {names[1]}",
                "p, q = q, p",
                f"{names[0]} = Point({self.number()}, w={self.number()}, owner={self.name()})",
                f"{names[0]} = replace({names[1]}, u={self.number()})",
                f"{f} = {g}.grown({self.number()})",
                f"{f} = f1 + f2",
                f"{f} = replace({g}, u={self.number()})",
                f"{f} = {self.pick('min', 'max')}(f1, f2)",
                "f1, f2 = f2, f1",
                f"{p}.total -= {self.number()}",
            ),
        )

    def function(self, indent: int) -> None:
        """A function of a float is defined; outside of branches and loops it stays in scope."""
        f, c, t = self.fresh("g"), self.fresh("c"), self.name()
        given, new = self.number(), self.made()
        lines = self.pick(
            [
                f"{c} = {given}",
                f"def {f}(y):",
                f"    return {c} + 0.5 * y",
            ],
            [f"def {f}(y):", "    nonlocal s, k", "    s, k = 0.5 * s + y, k + 1", "    return s"],
            [
                f"def {f}(y):",
                f"    nonlocal {t}",
                f"    {t} = {new}",
                f"    return y + {t}.x",
            ],
            [f"{f} = lambda y, z={given}: 0.5 * y + z"],
            [f"{f} = lambda y, o={t}: o.x - y"],
            [f"{f} = functools.partial({t}.get)"],
            [f"{f} = functools.partial(lambda z, y: z - 0.5 * y, {given})"],
            [f"{f} = {t}.{self.pick('step', 'get', '__call__')}"],
            [f"{f} = {self.thing()}"],
            [f"{f} = Counted({t}.{self.pick('get', 'step')})"],
            ["@Counted", f"def {f}(y):", f"    {t}.x += 0.5 * y", f"    return {t}.x"],
            ["@logged(log)", f"def {f}(y):", f"    return {t}.get(y) - {given}"],
            [f"{f} = {t}.get if {self.test()} else {self.name()}.step"],
            [f"{f} = (lambda y: y + s) if {self.test()} else (lambda y: y * {given})"],
            [f"{f} = [{t}.get, {self.name()}.step, abs][{self.at(3)}]"],
            [f"{f} = counter({given})"],
            [
                f"{f}s = [lambda y, i=i: y + i * {given} for i in range(3)]",
                f"{f} = {f}s[{self.at(3)}]",
            ],
            [f"{f}s = [counter({given}), {t}.get]", f"{f} = {f}s[{self.at(2)}]"],
        )
        self.emit(indent, *lines)
        use = self.pick(
            [f"s = {f}({self.number()})"],
            [f"for _ in range({self.pick(2, 3, 'n')}):", f"    s = 0.5 * {f}(s)"],
            [f"if {self.test()}:", f"    s = {f}(0.5) - {f}(s)"],
            [f"back.append({f})"] if not self.loops and indent == 1 else ["pass"],
            [f"s += sum(map({f}, [x, 0.5]))"],
        )
        self.emit(indent, *use)
        self.functions.append(f)

    def guarded(self, indent: int) -> None:
        """What raises, caught, mostly."""
        n, t = self.count(), self.thing()
        risky = self.pick(
            f"s += {t}[{n}]",
            f"{t}[{n}] = s",
            "f1.u = s",
            f"s = {t}.checked({self.number()})",
            f"s += {t}.absent",
            f"{t}.fixed = s",
            f"s += {t}.nxt.x",
            f"s += ({self.pick(repr('one'), t)} - {t}).x",
        )
        kinds = ("IndexError", "FrozenInstanceError", "ValueError", "AttributeError", "Exception")
        if self.chance(0.1):
            self.emit(indent, f"if {self.flag()}:", f"    {risky}")
            return
        self.emit(indent, "try:", f"    {risky}")
        self.emit(indent, f"except {self.pick(*kinds)}:", "    k += 2")
        if self.chance(0.4):
            self.emit(indent, "except (AttributeError, ValueError, TypeError, IndexError) as e:")
            self.emit(indent, f"    {self.name()}.x -= 1.0", "    k += len(e.args)")

    # Compound statements

    def forms(self) -> dict[Callable[[int, int], None], float]:
        return {**super().forms(), self.each: 1.5}

    def each(self, depth: int, indent: int) -> None:
        """A loop over instances."""
        t = self.fresh("t")
        over = self.pick("os", "os[::-1]", "pair", "d.values()", "(a, b)", "[a, hold.o]")
        self.emit(indent, f"for {t} in {over}:")
        self.emit(indent + 1, self.pick(f"{t}.x += {self.number()}", f"s += {t}.step(s)"))
        self.inside_loop(depth, indent + 1)

    def branch(self, depth: int, indent: int) -> None:
        before = list(self.functions)
        super().branch(depth, indent)
        self.functions = before

    def inside_loop(self, depth: int, indent: int) -> None:
        before = list(self.functions)
        super().inside_loop(depth, indent)
        self.functions = before


COUNTER = """def counter(start):
    total, calls = start, 0
    def add(y):
        nonlocal total, calls
        total, calls = 0.5 * total + y, calls + 1
        return total - calls
    return add
"""
OUT = (
    "[(o.x, o.k, o.size, o.rate, list(o.items), o.nxt is None, type(o).__name__)"
    " for o in [a, b, c, *os, *pair, *d.values(), hold.o]],"
    " [(u.u, u.w, u.hits, u.total) for u in (p, q)],"
    " (f1.u, f1.m, f2.u, f2.m), [a is b, a is c, b is os[0], a is os[0]], len(log), s, k"
)


def drawn(seed: int) -> str:
    """The text of a program."""
    g = Classes(seed)
    made = g.hierarchy.written()
    inside = g.chance(0.35)
    g.emit(1, "s, k, log, back = 0.5 * x, n, [], []")
    names = g.kinds
    for name in NAMES:
        g.emit(
            1, f"{name} = {g.pick(*names)}({g.pick('x', 's', 'v[0]', '1.5')}, {g.pick('n', '1')})"
        )
    g.emit(1, f"os = [a, {g.pick('b', 'a')}, {g.pick(*names)}(v[1])]")
    g.emit(1, f"d = {{'one': {g.pick(*NAMES)}, 'two': {g.pick(*names)}(x)}}; pair = (b, c)")
    g.emit(1, "hold = Holder(os[2]); p = Point(x); q = Point(0.5, s, owner=a); p.owner = c")
    g.emit(1, "f1 = Fixed(s); f2 = Fixed(v[2], 2)")
    g.block(g.pick(1, 1, 2), 1, 2, 5)
    g.emit(1, "for f in back:", "    s = 0.5 * s + f(0.25)")
    g.emit(1, f"return {OUT}")
    head = [HEAD, COUNTER] + ([] if inside else ["\n".join(made), ""])
    local = ["    " + line for line in made] if inside else []
    return "\n".join([*head, "def program(x, n, v):", *local, *g.lines, ""])


def generate(seed: int) -> Program:
    """The program of a seed."""
    source = next(s for s in (drawn(seed + i * 1_000_003) for i in range(99)) if is_program(s))
    rng = np.random.default_rng(seed)
    cases: Any = tuple(
        (x, n, [float(y) for y in np.round(rng.normal(size=3), 3)])
        for x, n in ((1.25, 2), (-0.375, 3), (0.5, 0))
    )
    return Program(seed, source, cases)
