"""`anvil.custom_jvp` and `anvil.custom_vjp` of functions that are made while compiling, as Python
that is compiled: objects that hold the function and, once it is given, the rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from anvil.parser.state.values import NONE, Abstract, Bound
from anvil.parser.transforms.custom import call_custom
from anvil.parser.transforms.options import Options

if TYPE_CHECKING:
    from anvil.parser.interp import Interp


class Forward:
    """A function with a forward rule of its own."""

    def __init__(self, fun: Any) -> None:
        self.fun = fun
        self.__wrapped__ = fun
        self.rule = None

    def defjvp(self, rule: Any) -> Any:
        """Sets the rule."""
        self.rule = rule
        return rule

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return by_jvp(self.fun, self.rule, *args, **kwargs)


class Reverse:
    """A function with a reverse rule of its own."""

    def __init__(self, fun: Any) -> None:
        self.fun = fun
        self.__wrapped__ = fun
        self.fwd = None
        self.bwd = None

    def defvjp(self, fwd: Any, bwd: Any) -> None:
        """Sets the rule."""
        self.fwd = fwd
        self.bwd = bwd

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return by_vjp(self.fun, self.fwd, self.bwd, *args, **kwargs)


CLASSES = {"custom_jvp": Forward, "custom_vjp": Reverse}


def by_jvp(fun: Any, rule: Any, *args: Any, **kwargs: Any) -> Any:
    """`fun(*args)` with a forward rule."""
    raise NotImplementedError


def by_vjp(fun: Any, fwd: Any, bwd: Any, *args: Any, **kwargs: Any) -> Any:
    """`fun(*args)` with a reverse rule."""
    raise NotImplementedError


def _by_jvp(it: Interp, fun: Abstract, rule: Abstract, *args: Abstract, **kw: Abstract) -> Abstract:
    _given(it, fun, rule, "defjvp")
    return call_custom(it, Bound("custom_jvp", fun, (rule,), Options({})), args, kw)


def _by_vjp(
    it: Interp, fun: Abstract, fwd: Abstract, bwd: Abstract, *args: Abstract, **kw: Abstract
) -> Abstract:
    _given(it, fun, bwd, "defvjp")
    return call_custom(it, Bound("custom_vjp", fun, (fwd, bwd), Options({})), args, kw)


def _given(it: Interp, fun: Abstract, rule: Abstract, how: str) -> None:
    if rule.open() == NONE.open():
        it.error("bad-rule", f"{fun.describe()} has no rule: give one with {how}")


FUNCTIONS: dict[Any, Callable[..., Abstract]] = {by_jvp: _by_jvp, by_vjp: _by_vjp}
