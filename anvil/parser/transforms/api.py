"""What the public package tells the parser about its transforms, so that they can be used inside
compiled code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Opened:
    """A transformed function object seen from inside: `kind(fn, **options)`.

    kind       jit, checkpoint, grad, value_and_grad, jvp, vjp, linearize, jacobian, jacfwd, jacrev,
    hessian, hvp, vmap,
               custom_jvp, custom_vjp, extern
    options    as the public function takes them (`argnums`, `has_aux`, `in_axes` ...); for
    custom_jvp `jvp`, for custom_vjp
               `fwd` and `bwd`
    """

    kind: str
    fn: Any
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transforms:
    """`markers` maps public functions by identity (`anvil.grad`) to their kind; `opened` looks into
    the objects they return.

    `opened(obj)` returns None for everything else. The kind "stop_gradient" is a marker as well.
    """

    markers: Mapping[Any, str] = field(default_factory=dict)
    opened: Callable[[Any], Opened | None] = lambda obj: None
