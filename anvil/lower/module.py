"""A StableHLO module as text, with what is needed to run and to transform it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from anvil.errors.mismatch import SignatureMismatch

__all__ = ["NOT_INLINED", "LeafType", "Mask", "Module", "Rules", "SignatureMismatch"]

LeafType = tuple[np.dtype[Any], tuple[int, ...]]
"""Element type and shape of one flat argument or result."""

Mask = tuple[bool, ...]

NOT_INLINED = ' {mhlo.frontend_attributes = {inlineable = "false"}}'
"""Of a call in a module's text: XLA's CPU backend keeps the callee a function. Dropped for others.
"""


class Rules(Protocol):
    """How jax's transforms act on a module when it is called inside foreign jax code.

    Each rule returns modules that carry rules of their own, so transforms nest to any order.
    """

    def jvp(self, nonzero: Mask) -> tuple[Module, Mask]:
        """(primals, tangents of the nonzero inputs) -> (results, tangents of marked results)."""
        ...

    def vjp(self, nonzero: Mask) -> tuple[Module, Module, Mask]:
        """`forward`, `backward` and the mask of results that move, which must be that of `jvp`.

        forward: primals -> (results, residuals);
        backward: (residuals, cotangents of the marked results) -> cotangents of the nonzero inputs.
        """
        ...

    def batch(self, batched: Mask, size: int) -> tuple[Module, Mask]:
        """Batched inputs have the batch axis in front; the mask says which results do.

        A result that depends on no batched input must not be batched: jax.jacfwd relies on it.
        """
        ...


@dataclass(frozen=True, eq=False)
class Module:
    """A StableHLO module and its flat signature. Compared by identity.

    text        defines `@main`; its other functions are helpers, renamed where names clash
    name        shown in compiled programs and profiles
    callbacks   host functions: `stablehlo.custom_call @anvil_host_call(%token, %a, ...)` with
                `{backend_config = "3", has_side_effect = true}` calls `callbacks[3](a, ...)`. If
                that gives None, the one result is the token, so data flow orders the calls;
                otherwise it is a tuple of the results
    rules       for jax.grad, jax.vmap ... of foreign code that calls this module
    options     XLA's, where the module is compiled on its own; the user's come before them
    """

    text: str
    in_types: tuple[LeafType, ...]
    out_types: tuple[LeafType, ...]
    name: str = "anvil_call"
    callbacks: tuple[Callable[..., Any], ...] = ()
    rules: Rules | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
