# ruff: noqa: UP030, UP031, UP032
"""Instances as text: `__format__`, `__str__`, `__repr__`, dataclasses, containers of them."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict, defaultdict, deque
from enum import Enum
from typing import Any, NamedTuple

import pytest

import anvil
from tests.parser.harness import agree


@dataclasses.dataclass
class Point:
    x: float
    n: int = 2
    tag: str = dataclasses.field(default="a", repr=False)


@dataclasses.dataclass
class Placed(Point):
    z: float = 0.5


class Named:
    def __init__(self, x):
        self.x = x

    def __str__(self):
        return f"<{self.x:.2f}>"


class Shown:
    def __init__(self, x):
        self.x = x

    def __repr__(self):
        return f"Shown({self.x!r})"


class Formatted(Shown):
    def __format__(self, spec):
        return f"[{self.x:{spec or '.1f'}}]"

    def __str__(self):
        return "other"


class Pair(NamedTuple):
    a: Any
    b: Any

    def __str__(self):
        return f"{self.a}~{self.b}"


class Level(Enum):
    LOW = 1

    def __str__(self):
        return f"level {self.value}"


class Wordless:
    def __str__(self):
        return 3  # type: ignore[return-value]


class Custom(Exception):
    def __repr__(self):
        return f"Custom<{self.args[0]}>"


def dataclasses_(x, n):
    p = Point(x)
    return str(p), repr(Point(x, n)), f"{p}", f"{p!r:}", "{}".format(p), "%s" % p, str(Placed(x))


def named(x, n):
    s = Named(x)
    return str(s), f"{s}", "{}".format(s), "%s" % s, f"{s!s}", "{0!s} {0}".format(s)


def shown(x, n):
    r = Shown(x)
    return str(r), f"{r}", f"{[r, r]}", str((r, n)), str({"a": r}), f"{r!r}", "%r" % (r,)


def formatted(x, n):
    f, known = Formatted(x), Formatted(2.5)
    both = f"{f}", f"{f:.3f}", format(f), format(f, ".2f"), "{:.2f} {}".format(f, f), f"{f!s:>6}"
    return both, f"{known} {known:.3f} {known!r}", str([known])


def named_tuples(x, n):
    return str(Pair(x, n)), repr(Pair(x, n)), f"{Pair(1, 'b')}", [str(Pair(n, x))]


def enums(x, n):
    return f"{Level.LOW}", str(Level.LOW), f"{Level.LOW!r} {x}", f"{Level.LOW.name:>5}"


def containers(x, n):
    d = deque([x, n], maxlen=3)
    counts = defaultdict(list)
    counts["a"].append(x)
    return str(d), f"{deque([x])}", str(counts), str(OrderedDict(a=x)), str(OrderedDict())


def fields(x, n):
    d, p = {"x": x, "k": [n, x]}, Point(x)
    return (
        "{d[x]:.2f} {d[k][0]}".format(d=d),
        "{p.x:.2f} {p.n} {0.n}".format(p, p=p),
        "{0[1]:.1f} {1}".format([n, x], n),
        "{:{w}.{k}f}|{:>{}}".format(x, "ab", 5, w=9, k=2),
    )


def exceptions(x, n):
    return repr(Custom(x)), str(Custom(x)), f"{ValueError(n)}", f"{[Custom(n)]}"


def printed(x, n):
    print(Point(x), Named(x), [Shown(x)], sep="; ")
    return x


def no_format(x, n):
    return f"{Named(x):.2f}"


def no_string(x, n):
    return str(Wordless()) + f"{x}"


def no_argument(x, n):
    return "{} {}".format(x)  # noqa: F524


def no_name(x, n):
    return "{a} {b}".format(a=x)  # noqa: F524


PROGRAMS = (
    dataclasses_,
    named,
    shown,
    formatted,
    named_tuples,
    enums,
    containers,
    fields,
    exceptions,
    no_format,
    no_string,
    no_argument,
    no_name,
)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_objects_as_text(program):
    agree(program, 1.25, 3)


def test_printed(capfd):
    anvil.jit(printed)(1.25, 3)
    assert capfd.readouterr().out == "Point(x=1.25, n=2); <1.25>; [Shown(1.25)]\n"


SHOWN = Named(1.5)


def global_object(x):
    return f"{SHOWN} {x}"


def test_the_text_of_a_global_object_is_guarded():
    compiled = anvil.jit(global_object)
    assert compiled(1.0) == "<1.50> 1.0"
    SHOWN.x = 2.0
    try:
        assert compiled(1.0) == "<2.00> 1.0"
    finally:
        SHOWN.x = 1.5


def test_default_text_is_refused():
    class Plain:
        pass

    with pytest.raises(anvil.AnvilError, match="cannot be formatted"):
        anvil.jit(lambda x: f"{Plain()}")(1.0)
