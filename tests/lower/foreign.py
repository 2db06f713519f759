"""Modules made from jax functions, with rules by jax's own transforms: any order, any nesting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from anvil.lower.library_call import library_func_text, library_out_types
from anvil.lower.module import LeafType, Mask, Module

F64 = np.dtype("f8")
I32 = np.dtype("i4")
Function = Callable[..., tuple[Any, ...]]


def module_of(function: Function, in_types: Sequence[LeafType]) -> Module:
    """The module of a jax function of flat leaves which returns a tuple."""
    text = library_func_text(function, in_types, "main").replace("private @main(", "public @main(")
    outs = library_out_types(function, in_types)
    return Module(text, tuple(in_types), outs, "made", rules=MadeRules(function, in_types))


class MadeRules:
    """jax's derivatives of `function` as modules."""

    def __init__(self, function: Function, in_types: Sequence[LeafType]) -> None:
        self.function = function
        self.types = list(in_types)
        self.count = len(in_types)

    def _moving(self, nonzero: Mask) -> list[LeafType]:
        return [t for t, n in zip(self.types, nonzero, strict=True) if n]

    def _split(self, nonzero: Mask, args: Sequence[Any]) -> tuple[Function, list[Any]]:
        fixed = [a for a, n in zip(args, nonzero, strict=True) if not n]

        def restricted(*moving: Any) -> tuple[Any, ...]:
            still, move = iter(fixed), iter(moving)
            return self.function(*(next(move) if n else next(still) for n in nonzero))

        return restricted, [a for a, n in zip(args, nonzero, strict=True) if n]

    def jvp(self, nonzero: Mask) -> tuple[Module, Mask]:
        def derived(*args: Any) -> tuple[Any, ...]:
            f, x = self._split(nonzero, args[: self.count])
            outs, tangents = jax.jvp(f, tuple(x), tuple(args[self.count :]))
            return (*outs, *tangents)

        made = module_of(derived, self.types + self._moving(nonzero))
        return made, (True,) * (len(made.out_types) // 2)

    def vjp(self, nonzero: Mask) -> tuple[Module, Module, Mask]:
        outs = library_out_types(self.function, self.types)

        def forward(*args: Any) -> tuple[Any, ...]:
            return (*self.function(*args), *args)

        def backward(*args: Any) -> tuple[Any, ...]:
            f, x = self._split(nonzero, args[: self.count])
            return jax.vjp(f, *x)[1](tuple(args[self.count :]))

        forward_module = module_of(forward, self.types)
        return forward_module, module_of(backward, [*self.types, *outs]), (True,) * len(outs)

    def batch(self, batched: Mask, size: int) -> tuple[Module, Mask]:
        pairs = zip(self.types, batched, strict=True)
        types = [(d, (size, *s)) if b else (d, s) for (d, s), b in pairs]
        axes = tuple(0 if b else None for b in batched)
        count = len(library_out_types(self.function, self.types))
        mask = tuple(self._is_batched(i, axes, types) for i in range(count))
        outs = tuple(0 if b else None for b in mask)
        return module_of(jax.vmap(self.function, axes, outs), types), mask

    def _is_batched(self, index: int, axes: Sequence[int | None], types: list[LeafType]) -> bool:
        alone = jax.vmap(lambda *args: self.function(*args)[index], axes, None)
        try:
            library_out_types(alone, types)
        except ValueError:
            return True
        return False
