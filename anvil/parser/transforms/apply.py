"""Transforms used inside compiled code: `anvil.grad(f)(x)` and its kin become ops.

A transform of a function is a value (`Bound` with the transform's name as kind); calling it closes
the function and emits `jvp_call`, `vjp_call`, `vmap_call` or `custom_call`. Nothing is
differentiated here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from anvil.parser.state.lift import adopt, lifted
from anvil.parser.state.values import Abstract, Bound, Known
from anvil.parser.transforms import ruled
from anvil.parser.transforms.api import Opened
from anvil.parser.transforms.custom import call_custom
from anvil.parser.transforms.derivatives import (
    call_gradient,
    call_jvp,
    call_linear,
    call_pullback,
    call_vjp,
    make_linear,
    stop_gradient,
)
from anvil.parser.transforms.extern import call_extern
from anvil.parser.transforms.jacobians import call_hessian, call_hvp, call_jacobian
from anvil.parser.transforms.mapped import call_mapped
from anvil.parser.transforms.options import Options

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

Kwargs = Mapping[str, Abstract]
Caller = Callable[["Interp", Bound, Sequence[Abstract], Kwargs], Abstract]

_CALLS: dict[str, Caller] = {
    "grad": call_gradient,
    "value_and_grad": call_gradient,
    "jacobian": call_jacobian,
    "jacfwd": call_jacobian,
    "jacrev": call_jacobian,
    "hessian": call_hessian,
    "vmap": call_mapped,
    "pullback": call_pullback,
    "linear": call_linear,
    "custom_jvp": call_custom,
    "custom_vjp": call_custom,
    "extern": call_extern,
}
_OPTIONS = {
    "grad": ("argnums", "has_aux"),
    "value_and_grad": ("argnums", "has_aux"),
    "jacobian": ("argnums", "has_aux"),
    "jacfwd": ("argnums", "has_aux"),
    "jacrev": ("argnums", "has_aux"),
    "hessian": ("argnums", "has_aux"),
    "vmap": ("in_axes", "out_axes"),
}
_AT_ONCE: dict[str, Callable[..., Abstract]] = {
    "jvp": call_jvp,
    "vjp": call_vjp,
    "linearize": make_linear,
    "hvp": call_hvp,
    "stop_gradient": stop_gradient,
}
_TRANSPARENT = ("jit", "checkpoint")
_OUTSIDE = "Call `anvil.extern` outside, and use here what it returns."


def make_transform(it: Interp, kind: str, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    """A call of a transform: of `anvil.grad` with a function, or of `anvil.jvp` with everything."""
    if kind in _AT_ONCE:
        return _AT_ONCE[kind](it, *args, **kwargs)
    if not args:
        return Bound("transform", Known(kind), tuple(kwargs.values()), tuple(kwargs))
    if kind in _TRANSPARENT:
        return args[0]
    if kind == "extern":
        it.error("unsupported-call", "a compiled function cannot make an extern one", hint=_OUTSIDE)
    if kind in ruled.CLASSES:
        return it.session.calls.call(it, Known(ruled.CLASSES[kind]), list(args), dict(kwargs))
    if kind not in _OPTIONS:
        it.error("unsupported-call", f"anvil.{kind} is not compiled inside a function")
    names = _OPTIONS[kind]
    given = dict(zip(names, args[1:], strict=False))
    unknown = [n for n in kwargs if n not in (*names, "transform", "strict")]
    if len(args) - 1 > len(names) or unknown:
        it.error(
            "wrong-arguments", f"anvil.{kind}(f, {', '.join(names)}) does not take these arguments"
        )
    given.update(kwargs)
    options = {n: it.known(v, f"`{n}`") for n, v in given.items()}
    return Bound(kind, args[0], (), Options(options))


def apply_transform(it: Interp, fn: Bound, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    """A call of what a transform returned."""
    if fn.kind == "transform":
        names: Any = fn.static
        given = dict(zip(names, fn.args, strict=True))
        kind: Any = fn.fn.value  # type: ignore[attr-defined]
        return make_transform(it, kind, args, {**given, **kwargs})
    return _CALLS[fn.kind](it, fn, args, kwargs)


def opened_value(it: Interp, fn: Known, opened: Opened) -> Abstract:
    """A transformed function object of the host program as a value."""
    guards = it.session.guards
    origin = fn.origin if fn.origin is not None else guards.object(fn.value)
    if opened.kind == "extern":
        return Bound("extern", Known(opened.fn), tuple(map(Known, fn.value.functions)), fn.value)
    inner = _host_value(it, opened.fn, guards.attribute(origin, "__wrapped__"))
    if opened.kind in _TRANSPARENT:
        return inner
    if opened.kind in ("custom_jvp", "custom_vjp"):
        names = ("jvp",) if opened.kind == "custom_jvp" else ("fwd", "bwd")
        rules = tuple(Known(opened.options[n]) for n in names)
        return Bound(opened.kind, inner, rules, Options({}))
    return Bound(opened.kind, inner, (), Options(dict(opened.options)))


def _host_value(it: Interp, obj: Any, origin: Any) -> Abstract:
    if isinstance(obj, Abstract):
        return obj
    if it.session.transforms.opened(obj) is not None:
        return Known(obj, origin)
    return adopt(it, lifted(it.session, obj, origin))
