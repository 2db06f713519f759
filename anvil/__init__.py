"""anvil compiles plain Python + NumPy functions, and their derivatives, to XLA.

    import anvil, numpy as np

    @anvil.jit
    def step(w, x, y):
        return w - 0.1 * anvil.grad(loss)(w, x, y)

Names are loaded when they are first used, jax when a compiled function is first called.
"""

from __future__ import annotations as _annotations

import importlib as _importlib
import typing as _t

if _t.TYPE_CHECKING:
    from anvil import random
    from anvil.api.check import check_grads
    from anvil.api.extern import ShapeDtype, extern, like
    from anvil.api.transforms import (
        custom_jvp,
        custom_vjp,
        grad,
        hessian,
        hvp,
        jacfwd,
        jacobian,
        jacrev,
        jit,
        jvp,
        linearize,
        stop_gradient,
        value_and_grad,
        vjp,
        vmap,
    )
    from anvil.errors import AnvilError, AnvilWarning

__version__ = "0.1.0.dev0"

__all__ = [
    "AnvilError",
    "AnvilWarning",
    "ShapeDtype",
    "check_grads",
    "custom_jvp",
    "custom_vjp",
    "extern",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "like",
    "linearize",
    "random",
    "stop_gradient",
    "value_and_grad",
    "vjp",
    "vmap",
]

_HOMES = {"AnvilError": "anvil.errors", "AnvilWarning": "anvil.errors"}
_MODULES = ("random",)
_HOMES["check_grads"] = "anvil.api.check"
_HOMES |= dict.fromkeys(("ShapeDtype", "extern", "like"), "anvil.api.extern")


def __getattr__(name: str) -> _t.Any:
    if name not in __all__:
        raise AttributeError(f"module 'anvil' has no attribute {name!r}")
    if name in _MODULES:
        return _importlib.import_module(f"anvil.{name}")
    value = getattr(_importlib.import_module(_HOMES.get(name, "anvil.api.transforms")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
