"""Structural kinds: control flow, calls, loop histories, transforms as ops, effects.

if(pred) {then} {else}                     both regions yield the same types; captures are lexical
for(count, s0...) {body(i, s...)}          s = body(i, s) for i = 0 .. count-1; count is an i64
scalar while(s0...) {cond(s...)} {body(s...)}     s = body(s) while cond(s)
  both with [hist=true] yield one more result: the history of the states the body was entered with

loop_vjp(hist, [count,] s0..., caps..., lam..., acc...) {[cond(s..., caps...)]} {body([i,] s...,
caps...)}
    the vector-Jacobian product of that loop (regions closed over its active captures `caps`):
    `lam` are cotangents of the final states `active`, `acc` accumulators for the captures `wrt`;
    returns cotangents of the initial states and the accumulators
loop_rev(hist, c0...) {step([i,] s..., c...)}
    c = step(i, s_i, c) for i = n-1 .. 0 over the recorded states: what loop_vjp becomes once its
    adjoint step is derived

call(args) [callee]                        results as the callee's; the call graph is acyclic
recur(args, token) [callee, site]          a call that closes a cycle of calls, removed by the pass
                                           `stackify`; fails at `site` if nested too deeply
jvp_call, vjp_call, vmap_call, custom_call transforms of a callee, removed by the pass `expand`
check(token, pred, values...) [site]       token; print(token, args...) [fmt, to]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from anvil.ir.opkind import OpKind, RuleError
from anvil.ir.records import Op, Region
from anvil.ir.tell import To, told
from anvil.ir.types import BOOL, I64, TOKEN, ArrayType, HistType, TokenState, Type, array, hist

_PRED = array(BOOL)
_COUNT = array(I64)


def _match(what: str, expected: Sequence[Type], got: Sequence[Type]) -> None:
    if tuple(expected) != tuple(got):
        raise RuleError(
            f"{what}: expected ({', '.join(map(str, expected))}), got ({', '.join(map(str, got))})"
        )


def _params(region: Region) -> tuple[Type, ...]:
    return tuple(p.type for p in region.params)


def _yields(region: Region) -> tuple[Type, ...]:
    return tuple(a.type for a in region.results)


class Structural(OpKind, abstract=True):
    """A kind whose transforms live in one file each rather than in rules of its own."""

    structural = True


class Yield(Structural):
    """Ends a region with its results."""

    name, terminator = "yield", True

    @staticmethod
    def type(*types: Type) -> tuple[Type, ...]:
        """No results."""
        return ()

    @staticmethod
    def numpy(*args: Any) -> tuple[Any, ...]:
        """Handled by the enclosing region."""
        return ()


class Return(Structural):
    """Ends a function with its results."""

    name, terminator = "return", True
    type = Yield.type
    numpy = Yield.numpy


class If(Structural):
    """Runs `then` where the scalar predicate holds, `else` otherwise; only the chosen region is
    evaluated."""

    name, labels = "if", ("then", "else")

    @staticmethod
    def type(pred: Type, *, regions: tuple[Region, ...]) -> tuple[Type, ...]:
        """What both regions yield."""
        if pred is not _PRED:
            raise RuleError(f"if expects a scalar bool predicate, got {pred}")
        then, orelse = regions
        _match("the else region of if", _yields(then), _yields(orelse))
        return _yields(then)

    @staticmethod
    def evaluate(ev: Any, op: Any, args: Sequence[Any]) -> tuple[Any, ...]:
        """One of the two regions."""
        out: tuple[Any, ...] = ev.region(op.regions[0 if bool(args[0]) else 1], ())
        return out


class For(Structural):
    """A counted loop: `s = body(i, s)` for i = 0 .. count-1; stops when a check has failed."""

    name, labels, attrs = "for", ("body",), {"hist": False}

    @staticmethod
    def type(
        count: Type, *states: Type, hist: bool, regions: tuple[Region, ...]
    ) -> tuple[Type, ...]:
        """The states' types, then the history."""
        if count is not _COUNT:
            raise RuleError(f"for expects an i64 scalar count, got {count}")
        _match("the body of for", (_COUNT, *states), _params(regions[0]))
        _match("the yield of for", states, _yields(regions[0]))
        return (*states, *_history(states, True, hist))

    @staticmethod
    def evaluate(ev: Any, op: Any, args: Sequence[Any]) -> tuple[Any, ...]:
        """Runs the body, recording states where a history is asked for."""
        state, seen = tuple(args[1:]), []
        for i in range(int(args[0])):
            if ev.failed(state):
                break
            seen.append(state)
            state = ev.region(op.regions[0], (np.int64(i), *state))
        return (*state, seen) if op.attrs["hist"] else state


class While(Structural):
    """`s = body(s)` while `cond(s)`; a loop that carries a token stops when a check has failed."""

    name, labels, attrs = "while", ("cond", "body"), {"hist": False}

    @staticmethod
    def type(*states: Type, hist: bool, regions: tuple[Region, ...]) -> tuple[Type, ...]:
        """The states' types, then the history."""
        cond, body = regions
        _match("the condition of while", states, _params(cond))
        _match("the condition's yield", (_PRED,), _yields(cond))
        _match("the body of while", states, _params(body))
        _match("the yield of while", states, _yields(body))
        return (*states, *_history(states, False, hist))

    @staticmethod
    def evaluate(ev: Any, op: Any, args: Sequence[Any]) -> tuple[Any, ...]:
        """Runs the body while the condition holds."""
        state, seen = tuple(args), []
        while not ev.failed(state) and bool(ev.region(op.regions[0], state)[0]):
            seen.append(state)
            state = ev.region(op.regions[1], state)
        return (*state, seen) if op.attrs["hist"] else state


def _history(states: tuple[Type, ...], counted: bool, wanted: bool) -> tuple[Type, ...]:
    return (hist(states, counted),) if wanted else ()


class LoopVjp(Structural):
    """The vector-Jacobian product of a loop, in terms of the loop's own regions (closed over
    `caps`).

    `active` are the indices of states with a cotangent, `wrt` the indices of captures with an
    accumulator, `caps` the number of explicit captures. `masked` are the positions among the
    cotangents and accumulators whose zeros may mean "no path" (see anvil.ad.context).
    """

    name, labels = "loop_vjp", ("cond", "body")
    attrs = {"active": (), "wrt": (), "caps": 0, "masked": ()}

    @staticmethod
    def type(
        history: Type,
        *rest: Type,
        active: tuple[int, ...],
        wrt: tuple[int, ...],
        caps: int,
        masked: tuple[int, ...],
        regions: tuple[Region, ...],
    ) -> tuple[Type, ...]:
        """Cotangents of the initial states `active`, then the accumulators."""
        if not isinstance(history, HistType):
            raise RuleError(f"loop_vjp expects a history, got {history}")
        k = int(history.counted)
        n = len(history.states)
        states, captured = rest[k : k + n], rest[k + n : k + n + caps]
        _match("loop_vjp's initial states", history.states, states)
        body = regions[-1]
        _match("loop_vjp's body", (*(_COUNT,) * k, *states, *captured), _params(body))
        _match("loop_vjp's body yield", states, _yields(body))
        if not history.counted:
            _match("loop_vjp's condition", (*states, *captured), _params(regions[0]))
        carried = (*(states[j] for j in active), *(captured[j] for j in wrt))
        _match("loop_vjp's cotangents and accumulators", carried, rest[k + n + caps :])
        return carried

    @staticmethod
    def evaluate(ev: Any, op: Any, args: Sequence[Any]) -> tuple[Any, ...]:
        """Through the pass `derive-steps`, which derives the adjoint step."""
        out: tuple[Any, ...] = ev.expanded(op, args)
        return out


class LoopRev(Structural):
    """Runs `c = step(i, s_i, c)` backwards over a history."""

    name, labels = "loop_rev", ("step",)

    @staticmethod
    def type(history: Type, *carried: Type, regions: tuple[Region, ...]) -> tuple[Type, ...]:
        """The carried types."""
        if not isinstance(history, HistType):
            raise RuleError(f"loop_rev expects a history, got {history}")
        index = (_COUNT,) if history.counted else ()
        _match("loop_rev's step", (*index, *history.states, *carried), _params(regions[0]))
        _match("loop_rev's yield", carried, _yields(regions[0]))
        return carried

    @staticmethod
    def evaluate(ev: Any, op: Any, args: Sequence[Any]) -> tuple[Any, ...]:
        """The recorded states, last first."""
        seen, carried = args[0], tuple(args[1:])
        counted = op.args[0].type.counted
        for i in range(len(seen) - 1, -1, -1):
            index = (np.int64(i),) if counted else ()
            carried = ev.region(op.regions[0], (*index, *seen[i], *carried))
        return carried


class Call(Structural):
    """Calls another function of the program."""

    name, attrs = "call", {"callee": None}

    @staticmethod
    def signature(funcs: Any, op: Any) -> tuple[Type, ...]:
        """The callee's results, after its parameters have been matched."""
        callee = funcs[op.attrs["callee"].name]
        _match(
            f"call of @{callee.name}",
            tuple(p.type for p in callee.params),
            [a.type for a in op.args],
        )
        return tuple(callee.results)

    @staticmethod
    def evaluate(ev: Any, op: Any, args: Sequence[Any]) -> tuple[Any, ...]:
        """The callee's body."""
        out: tuple[Any, ...] = ev.call(op.attrs["callee"].name, args)
        return out


class Recur(Structural):
    """A call that closes a cycle of the call graph. It takes a token and returns one: calls nested
    too deeply fail at `site`, and after a failure nothing is called."""

    name, attrs = "recur", {"callee": None, "site": 0}

    @staticmethod
    def signature(funcs: Any, op: Any) -> tuple[Type, ...]:
        """The callee's results, after its parameters have been matched."""
        if [a.type for a in op.args].count(TOKEN) != 1:
            raise RuleError("recur expects one token among its operands")
        found = Call.signature(funcs, op)
        if found[-1:] != (TOKEN,):
            raise RuleError(f"recur expects a callee that returns a token, got ({found})")
        return found

    @staticmethod
    def evaluate(ev: Any, op: Any, args: Sequence[Any]) -> tuple[Any, ...]:
        """The callee's body, unless a check has failed or fails here."""
        token = next(t for a, t in zip(op.args, args, strict=True) if a.type is TOKEN)
        if not int(token):
            found: tuple[Any, ...] | None = ev.nested(op.attrs["callee"].name, args)
            if found is not None:
                return found
            token = op.attrs["site"]
        zeros = (np.zeros(v.type.shape, v.type.dtype.np) for v in op.outs[:-1])
        return (*zeros, token)


def _diff_signature(funcs: Any, op: Any, extra_in: Any, extra_out: Any) -> tuple[Type, ...]:
    callee = funcs[op.attrs["callee"].name]
    params = tuple(p.type for p in callee.params)
    _match(
        f"{op.kind.name} of @{callee.name}",
        (*params, *extra_in(params, callee.results)),
        [a.type for a in op.args],
    )
    return (*callee.results, *extra_out(params, callee.results))


class JvpCall(Structural):
    """Forward mode of a callee: (x..., dx of `wrt`) -> (y..., dy of `outs`)."""

    name, attrs = "jvp_call", {"callee": None, "wrt": (), "outs": ()}

    @staticmethod
    def signature(funcs: Any, op: Any) -> tuple[Type, ...]:
        """Results and the tangents of the results `outs`."""
        wrt, outs = op.attrs["wrt"], op.attrs["outs"]
        return _diff_signature(
            funcs, op, lambda p, r: [p[i] for i in wrt], lambda p, r: [r[i] for i in outs]
        )

    @staticmethod
    def evaluate(ev: Any, op: Any, args: Sequence[Any]) -> tuple[Any, ...]:
        """Through the interpreter's expansion of transforms."""
        out: tuple[Any, ...] = ev.expanded(op, args)
        return out


class VjpCall(Structural):
    """Reverse mode of a callee: (x..., cotangents of the results `outs`) -> (y..., cotangents of
    the parameters `wrt`).

    `transform` names the reverse-mode transform in the registry of `anvil.ad`.
    """

    name = "vjp_call"
    attrs = {"callee": None, "wrt": (), "outs": (), "transform": "default"}

    @staticmethod
    def signature(funcs: Any, op: Any) -> tuple[Type, ...]:
        """Results and the cotangents of the parameters `wrt`."""
        wrt, outs = op.attrs["wrt"], op.attrs["outs"]
        return _diff_signature(
            funcs, op, lambda p, r: [r[i] for i in outs], lambda p, r: [p[i] for i in wrt]
        )

    evaluate = JvpCall.evaluate


class VmapCall(Structural):
    """A callee mapped over axis 0 of the parameters `mapped`; every result carries the mapped
    axis
    at 0."""

    name, attrs = "vmap_call", {"callee": None, "mapped": (), "size": 0}

    @staticmethod
    def signature(funcs: Any, op: Any) -> tuple[Type, ...]:
        """The callee's results with the mapped axis in front."""
        callee = funcs[op.attrs["callee"].name]
        size, mapped = op.attrs["size"], op.attrs["mapped"]
        expected = [
            _add_axis(p.type, size) if i in mapped else p.type for i, p in enumerate(callee.params)
        ]
        _match(f"vmap_call of @{callee.name}", expected, [a.type for a in op.args])
        return tuple(_add_axis(t, size) for t in callee.results)

    @staticmethod
    def evaluate(ev: Any, op: Any, args: Sequence[Any]) -> tuple[Any, ...]:
        """The callee once per lane, stacked."""
        size, mapped = op.attrs["size"], op.attrs["mapped"]
        name = op.attrs["callee"].name
        if size == 0:
            return tuple(np.zeros(v.type.shape, v.type.dtype.np) for v in op.outs)
        lanes = []
        for lane in range(size):
            row = [a[lane] if i in mapped else a for i, a in enumerate(args)]
            lanes.append(ev.call(name, row))
        return tuple(
            ev.merge_tokens(column) if v.type is TOKEN else np.stack(column)
            for v, column in zip(op.outs, zip(*lanes, strict=True), strict=True)
        )


def _add_axis(t: Type, size: int) -> Type:
    return t.with_shape((size, *t.shape)) if isinstance(t, ArrayType) else t


class CustomCall(Structural):
    """A callee with a derivative rule given by the user.

    `rule` is "jvp" (`fwd` names a function (x..., dx...) -> (y..., dy...)) or "vjp" (`fwd`: x...
    -> (y..., residuals...), `bwd`: (residuals..., cotangents...) -> cotangents of x...). `wrt`
    are the float parameters, `outs` the float results that the rule speaks of.
    """

    name = "custom_call"
    attrs = {"callee": None, "rule": "", "fwd": None, "bwd": None, "wrt": (), "outs": ()}
    signature = Call.signature
    evaluate = Call.evaluate


class Token(Structural):
    """The initial effect token: nothing has happened yet."""

    name = "token"

    @staticmethod
    def type() -> Type:
        """A token."""
        return TOKEN

    @staticmethod
    def numpy() -> Any:
        """No failure."""
        return np.int32(0)


class Check(Structural):
    """Fails at `site` (a positive number in program order) unless the scalar predicate holds or
    an
    earlier check failed."""

    name, attrs = "check", {"site": 0}

    @staticmethod
    def type(token: Type, pred: Type, *values: Type, site: int) -> Type:
        """A token."""
        _match("check", (TOKEN, _PRED), (token, pred))
        for value in values:
            if not isinstance(value, ArrayType):
                raise RuleError(f"check carries arrays, not {value}")
        return TOKEN

    @staticmethod
    def numpy(token: Any, pred: Any, *values: Any, site: int) -> Any:
        """The first failing site, with its values."""
        return token if int(token) or bool(pred) else TokenState.failed(site, values)


class Print(Structural):
    """Prints its operands on the host; `fmt` is a format string with one `{}` per operand. The text
    goes to standard output, or where `to` says (`anvil.ir.tell`).
    """

    name, attrs = "print", {"fmt": "", "end": "\n", "to": ()}

    @staticmethod
    def type(token: Type, *args: Type, fmt: str, end: str, to: To) -> Type:
        """A token."""
        if token is not TOKEN:
            raise RuleError(f"print expects a token first, got {token}")
        return TOKEN

    @staticmethod
    def evaluate(ev: Any, op: Op, args: Sequence[Any]) -> Any:
        """Shows the text unless a check has failed."""
        told(op, args)
        return args[0]
