"""StableHLO text of functions that jax.lax lowers: eigh, svd, fft, special functions, random bits.

    text = library_func_text(jax.lax.linalg.cholesky, [(f64, (3, 3))], "cholesky_0")

defines `func.func private @cholesky_0` and the helpers it needs, to be pasted into a module. The
text may call custom-call targets which jaxlib registers when it lowers the function, so it belongs
to the process that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import jax

from anvil.ir.opkind import JaxFunction
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


_TEXTS: dict[Any, str] = {}


def jax_function_text(
    function: JaxFunction, attrs: Mapping[str, Any], in_types: Sequence[LeafType], name: str
) -> str:
    """Private functions, the first called `name`, which compute an op with these attributes. Made
    once per process, under the first name.
    """
    key = (function, tuple(attrs.items()), tuple(in_types), jax.default_backend())
    made = _TEXTS.get(key)
    if made is None:
        run = reduce(getattr, function.path.split("."), jax)
        given = dict(function.arguments(**attrs))

        def call(*operands: Any) -> Any:
            out: Any = run(*operands, **given)  # type: ignore[operator]
            leaves = jax.tree.leaves(out)
            return [leaves[i] for i in function.outs or range(len(leaves))]

        made = _TEXTS[key] = library_func_text(call, in_types, _PLACE)
    return made.replace(_PLACE, name)


_PLACE = "anvil_library_function"
