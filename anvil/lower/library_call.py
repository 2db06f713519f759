"""StableHLO text of functions that jax.lax lowers: eigh, svd, fft, special functions, random bits.

    text = library_func_text(jax.lax.linalg.cholesky, [(f64, (3, 3))], "cholesky_0")

defines `func.func private @cholesky_0` and the helpers it needs, to be pasted into a module. The
text may call custom-call targets which jaxlib registers when it lowers the function, so it belongs
to the process that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax

from anvil.lower import jax_bridge as bridge
from anvil.lower.module import LeafType


def library_func_text(
    function: Callable[..., Any],
    in_types: Sequence[LeafType],
    name: str,
    platform: str | None = None,
) -> str:
    """Private functions, the first called `name`, which compute `function`.

    Results are flattened in jax's order. `platform` ("cpu", "cuda") defaults to where jax runs.
    """
    with bridge.x64():
        jitted: Any = jax.jit(function, keep_unused=True)
        traced = jitted.trace(*bridge.avals(in_types))
        platforms = None if platform is None else (platform,)
        return bridge.functions_text(traced.lower(lowering_platforms=platforms), name)


def library_out_types(
    function: Callable[..., Any], in_types: Sequence[LeafType]
) -> tuple[LeafType, ...]:
    """The flat result types of `function`."""
    with bridge.x64():
        found = jax.tree.leaves(jax.eval_shape(function, *bridge.avals(in_types)))
    return tuple((leaf.dtype, tuple(leaf.shape)) for leaf in found)
