"""How jax's own transforms act on a compiled function that foreign jax code calls.

The primitive asks for modules; each is a derivative of the parsed program, made by `anvil.ad` and
compiled like any other. A token among the results stays one: a number that does not move.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from anvil import ad
from anvil.api.compile import lower, optimise
from anvil.ir.builder import Builder
from anvil.ir.families import type_at
from anvil.ir.records import Atom, FuncRef, Program
from anvil.opt.spectral_forms import with_spectral_forms

if TYPE_CHECKING:
    from anvil.lower.module import Mask, Module


class ForeignRules:
    """The rules of one program; derived modules carry rules of their own."""

    def __init__(self, program: Program, depends: Sequence[frozenset[int]] | None = None) -> None:
        self.program = program = with_spectral_forms(program)
        main = program.main
        everything = frozenset(range(len(main.params)))
        self.depends = tuple(depends or [everything] * len(main.results))
        """Which parameters each result may depend on, known by how the program was made."""

    def _module(self, program: Program, depends: Sequence[frozenset[int]] | None = None) -> Module:
        return lower(optimise(program), ForeignRules(program, depends))

    def jvp(self, nonzero: Mask) -> tuple[Module, Mask]:
        """(primals, tangents) -> (results, tangents of the results that move)."""
        p = self.program
        wrt = tuple(i for i, n in enumerate(nonzero) if n)
        made, name, outs = ad.jvp_func(p, p.entry, wrt)
        mask = tuple(i in outs for i in range(len(p.main.results)))
        everything = frozenset(range(len(p.main.params) + len(wrt)))
        depends = [*self.depends, *(everything for _ in outs)]
        return self._module(Program(made.funcs, name, "surface"), depends), mask

    def vjp(self, nonzero: Mask) -> tuple[Module, Module, Mask]:
        """`forward` returns the primals as residuals; `backward` evaluates once more."""
        p = self.program
        main = p.main
        wrt = tuple(i for i, n in enumerate(nonzero) if n)
        _, mask = self.jvp(nonzero)
        outs = tuple(i for i, m in enumerate(mask) if m)
        params = [q.type for q in main.params]
        loc = main.origin.loc
        b = Builder(params, loc=loc)
        name = f"{main.name}.forward"
        forward = b.finish(name, [*b.call(main, b.params), *b.params])
        b = Builder([*params, *(main.results[i] for i in outs)], loc=loc)
        attrs: dict[str, Any] = {"callee": FuncRef(main.name), "wrt": wrt, "outs": outs}
        types = [*main.results, *(params[i] for i in wrt)]
        made = b.emit_tuple("vjp_call", b.params, attrs, out_types=types)
        backward = b.finish(f"{main.name}.backward", made[len(main.results) :])
        first = Program({**p.funcs, name: forward}, name, "surface")
        second = Program({**p.funcs, backward.name: backward}, backward.name, "surface")
        return self._module(first), self._module(second), mask

    def batch(self, batched: Mask, size: int) -> tuple[Module, Mask]:
        """The program mapped over axis 0 of the batched inputs; unmapped results stay so.

        `ad.batch_func` maps a loop's states together where it has to; jax relies on the primals
        of a derivative not being mapped with the tangents (`depends`): they are the first lane's.
        """
        p = ad.expand(self.program, rules=True)
        mapped = tuple(i for i, m in enumerate(batched) if m)
        made, name, mask = ad.batch_func(p, p.entry, mapped, size)
        differ = [not deps.isdisjoint(mapped) or size == 0 for deps in self.depends]
        exact = tuple(m and d for m, d in zip(mask, differ, strict=True))
        program = Program(made.funcs, name, "surface")
        if exact != mask:
            program = _first_lanes(program, [m and not d for m, d in zip(mask, exact, strict=True)])
        return self._module(program, self.depends), exact


def _first_lanes(program: Program, same: Sequence[bool]) -> Program:
    """The program with the first lane of some results, which are the same for all lanes."""
    main = program.main
    b = Builder([p.type for p in main.params], loc=main.origin.loc)
    outs = [_first(b, a) if s else a for a, s in zip(b.call(main, b.params), same, strict=True)]
    name = f"{main.name}.first"
    return Program({**program.funcs, name: b.finish(name, outs)}, name, "surface")


def _first(b: Builder, a: Atom) -> Atom:
    shape = type_at(a).shape
    zeros, ones = (0,) * len(shape), (1,) * len(shape)
    lane = b.slice(a, starts=zeros, limits=(1, *shape[1:]), strides=ones)
    out: Atom = b.reshape(lane, shape=shape[1:])
    return out
