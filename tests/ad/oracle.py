"""Derivatives of a program of any order against differences and against each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from anvil.ad import Session, derive_steps
from anvil.ad.forward import jvp_of
from anvil.ad.reverse import vjp_of
from anvil.ir.evaluate import Counts, evaluate
from anvil.ir.records import Program
from anvil.ir.types import ArrayType, Type
from anvil.ir.verify import verify


class Orders:
    """A program and its derivatives, each a function of the same session; paths read `JR`:
    reverse of the jvp.
    """

    def __init__(self, program: Program, strict: bool = False) -> None:
        self.entry = program.entry
        self.session = Session.of(program, strict)

    def run(self, name: str, args: Sequence[Any], counts: Counts | None = None) -> list[Any]:
        """Evaluates one of the functions."""
        core = verify(self.session.program(self.entry, "core"))
        ready = verify(derive_steps(core, strict=self.session.strict))
        return list(evaluate(ready, args, entry=name, counts=counts))

    def moving(self, name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The inexact parameters and results of a function."""
        f = self.session.funcs[name]
        return _inexact([p.type for p in f.params]), _inexact(f.results)

    def jvp(self, name: str) -> str:
        """The name of the jvp with respect to every inexact parameter."""
        return jvp_of(self.session, name, self.moving(name)[0])[0].name

    def vjp(self, name: str) -> str:
        """The name of the vjp of every inexact result with respect to every inexact parameter."""
        return vjp_of(self.session, name, *self.moving(name)).func.name

    def tangents(self, name: str, args: Sequence[Any], moved: Sequence[Any]) -> list[Any]:
        """Tangents of the inexact results."""
        func, outs = jvp_of(self.session, name, self.moving(name)[0])
        results = self.session.funcs[name].results
        found = dict(zip(outs, self.run(func.name, [*args, *moved])[len(results) :], strict=True))
        return [found.get(i, np.zeros(results[i].shape)) for i in self.moving(name)[1]]

    def cotangents(self, name: str, args: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
        """Cotangents of the inexact parameters."""
        results = self.session.funcs[name].results
        return self.run(self.vjp(name), [*args, *cts])[len(results) :]

    def differences(self, name: str, args: Sequence[Any], moved: Sequence[Any]) -> list[Any]:
        """Tangents by Richardson's extrapolation of central differences."""
        coarse, fine = (self._central(name, args, moved, h) for h in (2e-4, 1e-4))
        return [(4 * f - c) / 3 for c, f in zip(coarse, fine, strict=True)]

    def _central(self, name: str, args: Sequence[Any], moved: Sequence[Any], h: float) -> list[Any]:
        wrt, outs = self.moving(name)
        ends = []
        for sign in (1, -1):
            at = list(args)
            for i, v in zip(wrt, moved, strict=True):
                at[i] = args[i] + sign * h * v
            results = self.run(name, at)
            ends.append([results[i] for i in outs])
        return [(p - m) / (2 * h) for p, m in zip(*ends, strict=True)]


def _inexact(types: Sequence[Type]) -> tuple[int, ...]:
    return tuple(i for i, t in enumerate(types) if isinstance(t, ArrayType) and t.dtype.inexact)


def _draw(rng: np.random.Generator, t: ArrayType) -> Any:
    values = rng.normal(size=t.shape)
    return values + 1j * rng.normal(size=t.shape) if t.dtype.kind == "c" else values


def check(program: Program, args: Sequence[Any], depth: int) -> None:
    """Every nesting of forward and reverse mode up to `depth`: jvp = differences, <w, Jv> = <J'w,
    v>.
    """
    _check(Orders(program), program.entry, list(args), depth, "f", np.random.default_rng(7))


def _check(
    orders: Orders, name: str, args: list[Any], depth: int, path: str, rng: np.random.Generator
) -> None:
    f = orders.session.funcs[name]
    wrt, outs = orders.moving(name)
    v = [_draw(rng, f.params[i].type) for i in wrt]
    w = [_draw(rng, f.results[i]) for i in outs]
    jv = orders.tangents(name, args, v)
    for got, expected in zip(jv, orders.differences(name, args, v), strict=True):
        np.testing.assert_allclose(got, expected, rtol=2e-7, atol=2e-7, err_msg=path)
    bars = orders.cotangents(name, args, w)
    left = sum(np.sum(a * b).real for a, b in zip(w, jv, strict=True))
    right = sum(np.sum(a * b).real for a, b in zip(bars, v, strict=True))
    size = sum(np.abs(a * b).sum() for a, b in zip(bars, v, strict=True))
    assert abs(left - right) <= 1e-12 * max(1.0, size), (path, left, right)
    if depth > 1:
        _check(orders, orders.jvp(name), [*args, *v], depth - 1, path + "J", rng)
        _check(orders, orders.vjp(name), [*args, *w], depth - 1, path + "R", rng)
