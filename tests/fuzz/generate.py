"""A random program from a seed: its source, its arguments, what is known about it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.fuzz import arrays, data, flow, functions, idioms, writes
from tests.fuzz import numbers as _numbers
from tests.fuzz.prelude import Box, Config, Option, Pair
from tests.fuzz.scope import (
    DICT,
    NF,
    PB,
    PC,
    PF,
    PI,
    TEXT,
    Place,
    Scope,
    Type,
    matrix,
    numbers,
    vector,
)
from tests.fuzz.statements import Statements, indent

GRAMMAR = (arrays, data, flow, functions, idioms, _numbers, writes)  # they add to the tables

HEAD = """import cmath
import copy
import functools
import itertools
import math
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np

from tests.fuzz.prelude import (
    Bad, Box, Config, Disk, Grid, Guarded, Level, Lowered, Mode, Option, Pair, Ring, Shape,
    TooLarge, Turned, Vec, checked, composed, halved, scaled, shifted,
)

"""


@dataclass(frozen=True)
class Program:
    """Source text of a module with a function `program`, and two sets of arguments for it."""

    seed: int
    source: str
    cases: tuple[tuple[Any, ...], ...]


def read_only(**types: Type) -> list[Place]:
    """Parts of an argument, which belong to the caller."""
    return [Place(text, t, assignable=False) for text, t in types.items()]


PARAMS: dict[str, tuple[float, list[Place]]] = {
    "x": (3, [Place("x", PF)]),
    "y": (2, [Place("y", PF)]),
    "s": (1.2, [Place("s", NF)]),
    "n": (2.5, [Place("n", PI)]),
    "k": (1.5, [Place("k", PI)]),
    "flag": (1, [Place("flag", PB)]),
    "v": (3, [Place("v", vector(4))]),
    "w": (2, [Place("w", vector(3))]),
    "m": (1.5, [Place("m", matrix(3, 4))]),
    "q": (1, [Place("q", vector(4, "i"))]),
    "h": (0.3, [Place("h", vector(4, "g"))]),
    "j": (0.3, [Place("j", vector(3, "x"))]),
    "z": (0.2, [Place("z", PC)]),
    "p": (0.6, read_only(**{"p[0]": PF, "p[1]": vector(3)})),
    "d": (0.7, read_only(**{"d['a']": PF, "d['b']": vector(4)})),
    "rates": (0.7, read_only(rates=numbers(3))),
    "table": (0.6, read_only(table=DICT)),
    "box": (0.5, read_only(**{"box.a": PF, "box.u": vector(4), "box.k": PI, "box.value(0.5)": NF})),
    "pair": (0.4, read_only(**{"pair.x": PF, "pair.u": vector(3), "pair.norm()": NF})),
    "option": (
        0.5,
        read_only(**{"option.rate": PF, "option.steps": PI, "option.scaled(0.5)": PF})
        + read_only(**{"option.name": TEXT}),
    ),
    "config": (
        0.4,
        read_only(**{"config.box.a": PF, "config.box.u": vector(4), "config.rates": numbers(3)})
        + read_only(**{"config.table['a']": PF, "len(config.rates)": PI}),
    ),
    "parts": (0.3, read_only(**{"parts[0]": vector(3), "parts[-1]": vector(3)})),
    "mode": (0.4, read_only(mode=TEXT)),
}


def value(name: str, rng: np.random.Generator) -> Any:
    """An argument for a parameter of this name."""

    def f() -> float:
        return float(np.round(rng.normal(), 3))

    def u(*shape: int) -> np.ndarray:
        return np.round(rng.normal(size=shape), 3)

    makers: dict[str, Any] = {
        "x": f,
        "y": f,
        "s": lambda: np.float64(f()),
        "n": lambda: int(rng.integers(0, 4)),
        "k": lambda: int(rng.integers(-3, 6)),
        "flag": lambda: bool(rng.integers(0, 2)),
        "v": lambda: u(4),
        "w": lambda: u(3),
        "m": lambda: u(3, 4),
        "q": lambda: rng.integers(-2, 5, size=4),
        "h": lambda: u(4).astype(np.float32),
        "j": lambda: rng.integers(-2, 5, size=3).astype(np.int32),
        "z": lambda: complex(f(), f()),
        "p": lambda: (f(), u(3)),
        "d": lambda: {"a": f(), "b": u(4)},
        "rates": lambda: [f(), f(), f()],
        "table": lambda: {"a": f(), "b": f(), "c": f()},
        "box": lambda: Box(f(), u(4), int(rng.integers(0, 3))),
        "pair": lambda: Pair(f(), u(3)),
        "option": lambda: Option(f(), int(rng.integers(1, 4))),
        "config": lambda: Config(Box(f(), u(4), 1), [f(), f(), f()], {"a": f()}),
        "parts": lambda: [u(3), u(3)],
        "mode": lambda: "fast",
    }
    return makers[name]()


CONTAINERS = {"one": 4, "tuple": 4, "dict": 0.7, "list": 0.7, "Pair": 0.2}


def drawn(g: Statements) -> str:
    """The parameters of a program, comma-separated, and its text."""
    names = [name for name, (weight, _) in PARAMS.items() if g.chance(weight / 5)] or ["x", "v"]
    places = [p for name in names for p in PARAMS[name][1]]
    container = g.weighted(CONTAINERS)
    count = 1 if container == "one" else g.rng.randint(1, 3)
    results: tuple[Type, ...] = tuple(g.any_value(Scope()) for _ in range(count))
    if container == "Pair":
        results = (PF, vector(3))
    scope = Scope(tuple(places), results=results, container=container)
    lines, scope = g.block(scope, 3, 8)
    lines.append(f"return {g.result(scope, last=True)}")
    return "\n".join([HEAD, f"def program({', '.join(names)}):", *indent(lines), ""])


def generate(seed: int) -> Program:
    """The program of a seed."""
    g = Statements(seed)
    while True:
        source = drawn(g)
        try:  # a few are no Python, with := where it must not be
            tree = ast.parse(source)
            compile(tree, "", "exec")
            break
        except SyntaxError:
            continue
    names = [a.arg for a in tree.body[-1].args.args]  # type: ignore[attr-defined]
    rng = np.random.default_rng(seed)
    cases = tuple(tuple(value(name, rng) for name in names) for _ in range(2))
    return Program(seed, source, cases)
