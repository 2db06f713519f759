"""`check_grads`: the derivatives of a function against differences of the function as Python runs
it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from anvil.api.transforms import jvp, vjp
from anvil.errors import boundary, error
from anvil.parser.state.signature import describe_argument, rebuild

Fn = Callable[..., Any]


@boundary
def check_grads(
    fun: Fn,
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    eps: float = 1e-4,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    seed: int = 0,
) -> None:
    """Checks derivatives of `fun` at `args` up to `order`, along a random direction.

    Forward mode is compared with a fourth-order difference of `fun` run by Python itself, reverse
    mode with forward mode by <J'w, v> = <w, Jv>; higher orders check the derivative's own. Raises
    AssertionError with both numbers. The step is `eps` times the size of an argument.
    """
    unknown = set(modes) - {"fwd", "rev"}
    if unknown:
        raise error("bad-option", f"modes are 'fwd' and 'rev', not {', '.join(sorted(unknown))}")
    rng = np.random.default_rng(seed)
    args = tuple(args)
    v = _random_like(args, rng)
    expected = _difference(fun, args, v, eps)
    out, moved = jvp(fun, args, v)
    if "fwd" in modes:
        _compare("forward mode", _floats(moved), expected, rtol, atol)
    if "rev" in modes:
        w = _random_like(out, rng)
        _, pullback = vjp(fun, *args)
        left = _dot(_floats(pullback(w)), _floats(v))
        right = _dot(_floats(w), _floats(moved))
        _compare("reverse mode", [np.asarray(left)], [np.asarray(right)], rtol, atol)
    if order > 1:
        _higher(fun, args, v, order, modes, eps, rtol, atol, seed)


def _higher(
    fun: Fn,
    args: tuple[Any, ...],
    v: tuple[Any, ...],
    order: int,
    modes: Sequence[str],
    eps: float,
    rtol: float,
    atol: float,
    seed: int,
) -> None:
    def along(*primals: Any) -> Any:
        return jvp(fun, primals, v)[1]

    check_grads(along, args, order - 1, modes, eps, rtol, atol, seed + 1)


def _random_like(tree: Any, rng: np.random.Generator) -> Any:
    """Random tangents of the float leaves, None for the others, in the same containers."""

    def take(leaf: Any) -> Any:
        dtype = leaf.type.dtype
        if not dtype.inexact:
            return None
        x = rng.normal(size=leaf.type.shape)
        if dtype.kind == "c":
            x = x + 1j * rng.normal(size=leaf.type.shape)
        return np.asarray(x, dtype.np)[()]

    return rebuild(describe_argument(tree), take)


def _floats(tree: Any) -> list[Any]:
    found: list[Any] = []
    describe_argument(tree, found)
    return [np.asarray(x) for x in found if np.asarray(x).dtype.kind in "fc"]


def _dot(xs: Sequence[Any], ys: Sequence[Any]) -> Any:
    return sum((np.sum(x * y) for x, y in zip(xs, ys, strict=True)), 0.0)


def _difference(fun: Fn, args: Any, v: Any, eps: float) -> list[Any]:
    """(8 f(h) - 8 f(-h) - f(2h) + f(-2h)) / 12h, leaf by leaf."""
    h = eps * max([1.0, *(float(np.max(np.abs(x), initial=0)) for x in _floats(args))])

    def at(t: float) -> list[Any]:
        return _floats(fun(*_moved(args, v, t)))

    pairs = zip(at(h), at(-h), at(2 * h), at(-2 * h), strict=True)
    return [(8 * (a - b) - (c - d)) / (12 * h) for a, b, c, d in pairs]


def _moved(args: Any, v: Any, t: float) -> Any:
    steps = iter(_floats(v))
    leaves: list[Any] = []
    spec = describe_argument(args, leaves)
    values = iter(leaves)

    def take(leaf: Any) -> Any:
        x = next(values)
        return x + t * next(steps)[()] if leaf.type.dtype.inexact else x

    return rebuild(spec, take)


def _compare(
    what: str, got: Sequence[Any], expected: Sequence[Any], rtol: float, atol: float
) -> None:
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol, err_msg=f"derivative in {what}")
