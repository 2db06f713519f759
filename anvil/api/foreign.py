"""How jax's own transforms act on a compiled function that foreign jax code calls.

The primitive asks for modules; each is a derivative of the parsed program, made by `anvil.ad` and
compiled like any other. A token among the results stays one: a number that does not move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anvil import ad
from anvil.api.compile import lower, optimise
from anvil.ir.builder import Builder
from anvil.ir.records import FuncRef, Program

if TYPE_CHECKING:
    from anvil.lower.module import Mask, Module


class ForeignRules:
    """The rules of one program; derived modules carry rules of their own."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def _module(self, program: Program) -> Module:
        return lower(optimise(program), ForeignRules(program))

    def jvp(self, nonzero: Mask) -> tuple[Module, Mask]:
        """(primals, tangents) -> (results, tangents of the results that move)."""
        p = self.program
        wrt = tuple(i for i, n in enumerate(nonzero) if n)
        made, name, outs = ad.jvp_func(p, p.entry, wrt)
        mask = tuple(i in outs for i in range(len(p.main.results)))
        return self._module(Program(made.funcs, name, "surface")), mask

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
        """The program mapped over axis 0 of the batched inputs; unmapped results stay so."""
        p = ad.expand(self.program)
        mapped = tuple(i for i, m in enumerate(batched) if m)
        made, name, mask = ad.batch_func(p, p.entry, mapped, size)
        return self._module(Program(made.funcs, name, "surface")), mask
