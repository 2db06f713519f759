"""Random smooth programs: nested control flow, calls, vectors and captures, for the oracle.

Every value stays of order one and away from kinks: branches depend on differences that are far
from zero for the inputs drawn, loops have fixed or data-independent trip counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from anvil.ir.records import Atom, Func, Program
from tests.ad.programs import N, V, X, branch, func, item, loop, loop_while, program, put


class Writer:
    """Writes ops into a builder, drawing from the values in scope."""

    def __init__(self, rng: np.random.Generator, callees: Sequence[Func]) -> None:
        self.rng = rng
        self.callees = callees

    def pick(self, pool: Sequence[Atom]) -> Atom:
        """One of the values in scope, a recent one more often."""
        k = len(pool)
        return pool[max(0, k - 1 - int(self.rng.geometric(0.35)) + 1) if k else 0]

    def block(self, b: Any, xs: list[Atom], vs: list[Atom], ints: list[Atom], depth: int) -> None:
        """A few statements; results are appended to the pools."""
        for _ in range(int(self.rng.integers(2, 5))):
            self.statement(b, xs, vs, ints, depth)

    def statement(
        self, b: Any, xs: list[Atom], vs: list[Atom], ints: list[Atom], depth: int
    ) -> None:
        """One statement."""
        kinds = ["plain"] * 3 + ["read", "write"]
        if depth:
            kinds += ["if", "for", "while"] + ["call"] * bool(self.callees)
        kind = str(self.rng.choice(kinds))
        if kind in ("if", "for", "while"):
            getattr(self, f"{kind}_")(b, xs, vs, ints, depth - 1)
        else:
            getattr(self, kind)(b, xs, vs, ints)

    def plain(self, b: Any, xs: list[Atom], vs: list[Atom], ints: list[Atom]) -> None:
        """An elementwise expression of scalars or vectors."""
        pool = xs if self.rng.random() < 0.7 else vs
        x, y = self.pick(pool), self.pick(pool)
        name = str(self.rng.choice(["sin", "mul", "tanh", "add", "exp", "div", "sub"]))
        if name == "exp":
            z = b.exp(b.sin(x))
        elif name == "div":
            z = b.div(x, b.add(b.mul(y, y), 2.0))
        elif name in ("sin", "tanh"):
            z = b.emit(name, (x,))
        else:
            z = b.tanh(b.emit(name, (x, y)))
        pool.append(z)

    def read(self, b: Any, xs: list[Atom], vs: list[Atom], ints: list[Atom]) -> None:
        """An element of a vector, or its sum."""
        v = self.pick(vs)
        xs.append(item(b, v, self.pick(ints)) if ints else b.tanh(b.reduce_sum(v, axes=(0,))))

    def write(self, b: Any, xs: list[Atom], vs: list[Atom], ints: list[Atom]) -> None:
        """A vector with one element replaced."""
        if ints:
            vs.append(put(b, self.pick(vs), self.pick(ints), self.pick(xs)))

    def call(self, b: Any, xs: list[Atom], vs: list[Atom], ints: list[Atom]) -> None:
        """A call of one of the helper functions."""
        f = self.callees[int(self.rng.integers(len(self.callees)))]
        x, v = b.call(f, [self.pick(xs), self.pick(vs)])
        xs.append(x)
        vs.append(v)

    def if_(self, b: Any, xs: list[Atom], vs: list[Atom], ints: list[Atom], depth: int) -> None:
        """A branch on a value that is away from the threshold."""
        pred = b.gt(b.tanh(self.pick(xs)), 2.0 * float(self.rng.integers(0, 2)) - 1.0)
        if self.rng.random() < 0.5 and ints:
            pred = b.gt(self.pick(ints), 1)

        def way() -> Sequence[Atom]:
            pools = list(xs), list(vs), list(ints)
            self.block(b, *pools, depth)
            return [self.pick(pools[0]), self.pick(pools[1])]

        x, v = branch(b, pred, way, way)
        xs.append(x)
        vs.append(v)

    def for_(self, b: Any, xs: list[Atom], vs: list[Atom], ints: list[Atom], depth: int) -> None:
        """A counted loop with a scalar and a vector state."""
        count = self.pick(ints) if ints and self.rng.random() < 0.5 else b.i64(3)
        inits = [self.pick(xs), self.pick(vs)]
        if self.rng.random() < 0.3:
            inits[0] = b.const(0.0)

        def body(i: Atom, x: Atom, v: Atom) -> Sequence[Atom]:
            pools = [*xs, x], [*vs, v], [*ints, i]
            self.block(b, *pools, depth)
            return [self.pick(pools[0]), self.pick(pools[1])]

        x, v = loop(b, count, inits, body)
        xs.append(x)
        vs.append(v)

    def while_(self, b: Any, xs: list[Atom], vs: list[Atom], ints: list[Atom], depth: int) -> None:
        """A loop that counts in a state."""

        def body(k: Atom, x: Atom, y: Atom) -> Sequence[Atom]:
            pools = [*xs, x, y], list(vs), [*ints, k]
            self.block(b, *pools, depth)
            return [b.add(k, 1), self.pick(pools[0]), self.pick(pools[0])]

        inits = [b.i64(0), self.pick(xs), self.pick(xs)]
        _, x, y = loop_while(b, inits, lambda k, x, y: b.lt(k, 3), body)
        xs += [x, y]


def random_program(seed: int, depth: int = 2) -> tuple[Program, list[Any]]:
    """A program of a scalar, a vector and a count, and arguments for it."""
    rng = np.random.default_rng(seed)
    helpers: list[Func] = []
    for name in ("g", "h"):
        helpers.append(_function(rng, name, helpers, depth - 1))
    main = _function(rng, "f", helpers, depth, counted=True)
    args = [rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8, 4), int(rng.integers(0, 4))]
    return program(main, *helpers), args


def _function(
    rng: np.random.Generator, name: str, callees: Sequence[Func], depth: int, counted: bool = False
) -> Func:
    def write(b: Any, x: Atom, v: Atom, *n: Atom) -> Sequence[Atom]:
        xs, vs = [x], [v]
        w = Writer(rng, list(callees))
        w.block(b, xs, vs, list(n), depth)
        w.block(b, xs, vs, list(n), depth)
        return [w.pick(xs), w.pick(vs)]

    params = {"x": X, "v": V, **({"n": N} if counted else {})}
    return func(name, params, write)
