"""Calls of functions of the host program.

host_call(token, live, x..., c...)      y..., [code, ticket], [token]
    calls the function `host` with its operands x (the first `count`), unless a check has failed or
    `live` does not hold: then y are zeros. c are what its derivative rule captures.

`types` are those of y. A call that is not `pure` gives a token: it happens once, in its place
among the effects. One that is pure happens only if y is used, and equal ones happen once. Where
exceptions are caught (`caught`), `code` says of which class one was that the function raised (0:
none), and `ticket` is its number (anvil.ir.hosts).

`batch` is a pair (size, mapped operands) for every axis of lanes, outermost first: the function is
called once per lane, in order, and results carry these axes.

`rule` is "jvp" (`fwd`: (gate, live, x..., c..., y..., dx of `wrt`) -> dy of `outs`) or "vjp"
(`fwd`: (gate, live, x..., c..., y..., ybar of `outs`) -> xbar of `wrt`), "fd" (the function has
derivatives that are functions of the host, see `HostFunction`), or "": then there is none, and
`why` says more. The gate is a token: nothing is called after a failure. `wrt` are positions among
the operands of the op.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from anvil.errors import AnvilError, error, located
from anvil.ir.hosts import HostError, function_named, park
from anvil.ir.opkind import RuleError
from anvil.ir.ops.structure import Structural
from anvil.ir.records import Op
from anvil.ir.types import BOOL, I32, TOKEN, Array, ArrayType, Type, array

FIRST = 2
"""The first operand that the function gets."""


class HostCall(Structural):
    """Calls a function of the host program; see `anvil.extern`."""

    name = "host_call"
    attrs = {
        "host": "",
        "count": 0,
        "types": (),
        "pure": False,
        "caught": False,
        "batch": (),
        "rule": "",
        "why": "",
        "fwd": None,
        "wrt": (),
        "outs": (),
    }

    @staticmethod
    def type(
        token: Type,
        live: Type,
        *args: Type,
        count: int,
        types: tuple[ArrayType, ...],
        pure: bool,
        caught: bool,
        batch: tuple[Any, ...],
        **rest: Any,
    ) -> tuple[Type, ...]:
        """Results of all lanes, what was caught, the token."""
        if token is not TOKEN or not isinstance(live, ArrayType) or live.dtype is not BOOL:
            raise RuleError(f"host_call expects a token and a bool, got {token}, {live}")
        if count > len(args):
            raise RuleError(f"host_call passes {count} operands on and has {len(args)}")
        sizes = tuple(size for size, _ in batch)
        outs: list[Type] = [t.with_shape((*sizes, *t.shape)) for t in types]
        if caught:
            outs += [array(I32, sizes)] * 2
        return (*outs, *(() if pure else (TOKEN,)))

    @staticmethod
    def evaluate(ev: Any, op: Op, args: Sequence[Any]) -> tuple[Any, ...]:
        """Calls the function."""
        outs = host_results(op, args)
        return outs if op.attrs["pure"] else (*outs, args[0])


def host_results(op: Op, args: Sequence[Any]) -> tuple[Array, ...]:
    """Calls the function of an op for each live lane; its results, the token apart. Raises
    HostError with what the function raises.
    """
    attrs = op.attrs
    sizes = tuple(size for size, _ in attrs["batch"])
    outs = tuple(np.zeros((*sizes, *t.shape), t.dtype.np) for t in attrs["types"])
    caught = tuple(np.zeros(sizes, np.int32) for _ in range(2 * attrs["caught"]))
    if int(args[0]):
        return (*outs, *caught)
    function = function_named(attrs["host"])
    for lane in np.ndindex(*sizes):
        live, *given = _lane(op, args, lane)
        if not live:
            continue
        try:
            results = function.run(given)
        except BaseException as problem:
            if isinstance(problem, AnvilError):
                problem.locate(op.loc)
            else:
                located(problem, op.loc)
            code = function.code(problem) if caught else 0
            if not code:
                raise HostError(problem) from None
            if code < 0:
                raise HostError(_of_two_kinds(problem, op)) from problem
            for out, number in zip(caught, (code, park(problem.with_traceback(None))), strict=True):
                out[lane] = number
            continue
        for out, result in zip(outs, results, strict=True):
            out[lane] = result
    return (*outs, *caught)


def _of_two_kinds(problem: BaseException, op: Op) -> AnvilError:
    cls = type(problem).__name__
    what = f"a host function has raised {cls}, which handlers around catch as two unrelated classes"
    hint = f"Let the handlers name {cls}."
    return error("unsupported-value", what, op.loc, hint=hint)


def _lane(op: Op, args: Sequence[Any], lane: tuple[int, ...]) -> list[Array]:
    """The operands of one call, `live` first."""
    axes = op.attrs["batch"]
    return [
        np.asarray(a[tuple(i for i, (_, mapped) in zip(lane, axes, strict=True) if k in mapped)])
        for k, a in enumerate(args[: FIRST + op.attrs["count"]])
        if k
    ]


def happens_again(op: Op) -> bool:
    """Whether derivatives may make the call of an op again, since it gives the same results."""
    return bool(op.attrs["pure"] or op.attrs["rule"])


def only_acts(op: Op) -> bool:
    """Whether an op prints, or calls a function that gives nothing."""
    return op.kind.name == "print" or (
        op.kind is HostCall and all(v.type is TOKEN for v in op.outs)
    )
