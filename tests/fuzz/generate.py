"""A random program from a seed: its source, its arguments, what is known about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tests.fuzz.prelude import Box, Pair
from tests.fuzz.scope import NF, PB, PF, PI, Place, Scope, Type, matrix, vector
from tests.fuzz.statements import Statements, indent

HEAD = """import math
from functools import partial
from itertools import pairwise

import numpy as np

from tests.fuzz.prelude import Bad, Box, Option, Pair, Turned, Vec

"""


@dataclass(frozen=True)
class Program:
    """Source text of a module with a function `program`, and two sets of arguments for it."""

    seed: int
    source: str
    cases: tuple[tuple[Any, ...], ...]


PARAMS: dict[str, tuple[float, list[Place]]] = {
    "x": (3, [Place("x", PF)]),
    "y": (2, [Place("y", PF)]),
    "s": (1.5, [Place("s", NF)]),
    "n": (2.5, [Place("n", PI)]),
    "k": (1.5, [Place("k", PI)]),
    "flag": (1, [Place("flag", PB)]),
    "v": (3, [Place("v", vector(4))]),
    "w": (2, [Place("w", vector(3))]),
    "m": (1.5, [Place("m", matrix(3, 4))]),
    "q": (1, [Place("q", vector(4, "i"))]),
    "h": (0.3, [Place("h", vector(4, "g"))]),
    "p": (0.8, [Place("p[0]", PF, assignable=False), Place("p[1]", vector(3), assignable=False)]),
    "d": (
        0.8,
        [Place("d['a']", PF, assignable=False), Place("d['b']", vector(4), assignable=False)],
    ),
    "box": (
        0.5,
        [
            Place("box.a", PF, assignable=False),
            Place("box.u", vector(4), assignable=False),
            Place("box.k", PI, assignable=False),
        ],
    ),
    "pair": (
        0.5,
        [Place("pair.x", PF, assignable=False), Place("pair.u", vector(3), assignable=False)],
    ),
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
        "p": lambda: (f(), u(3)),
        "d": lambda: {"a": f(), "b": u(4)},
        "box": lambda: Box(f(), u(4), int(rng.integers(0, 3))),
        "pair": lambda: Pair(f(), u(3)),
    }
    return makers[name]()


def generate(seed: int) -> Program:
    """The program of a seed."""
    g = Statements(seed)
    names = [name for name, (weight, _) in PARAMS.items() if g.chance(weight / 4)] or ["x", "v"]
    places = [p for name in names for p in PARAMS[name][1]]
    container = g.weighted({"one": 4, "tuple": 4, "dict": 0.7, "list": 0.7})
    count = 1 if container == "one" else g.rng.randint(1, 3)
    results: tuple[Type, ...] = tuple(g.any_value(Scope()) for _ in range(count))
    scope = Scope(tuple(places), results=results, container=container)
    lines, scope = g.block(scope, 2, 7)
    lines.append(f"return {g.result(replace(scope, results=results, container=container))}")
    source = "\n".join([HEAD, f"def program({', '.join(names)}):", *indent(lines), ""])
    rng = np.random.default_rng(seed)
    cases = tuple(tuple(value(name, rng) for name in names) for _ in range(2))
    return Program(seed, source, cases)
