"""The reference semantics: runs a program of any stage with NumPy.

    evaluate(program, args) -> results of the entry: arrays, tokens as ints, histories as lists

One environment per function activation: a value is defined once in the text, so a region that runs
again overwrites its own values, and captures read the enclosing region's current ones. Each result
must have exactly the dtype and shape its op declares.

Kinds are run by `kind.numpy(*arrays, **attrs)` or by `kind.evaluate(ev, op, args)`, which may use

    ev.region(region, args)    the region's results
    ev.call(name, args)        another function's results
    ev.nested(name, args)      the same for a recursive call; None if it is nested too deeply
    ev.failed(state)           whether a check has failed among these values
    ev.merge_tokens(lanes)     one token of several lanes
    ev.expanded(op, args)      the results of an op that the callback `expand` removes
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from anvil.ir.analysis import captures
from anvil.ir.deep import deep_stack
from anvil.ir.hosts import HostError
from anvil.ir.loc import describe, primary
from anvil.ir.opkind import REGISTRY
from anvil.ir.records import Atom, Const, Func, Op, Origin, Program, Region, Value
from anvil.ir.types import TOKEN, ArrayType, HistType, TokenState, Type, type_of

Expand = Callable[[Program], Program]

_FRAMES = 40
"""Python frames for one call in a program, at most: five and three for each nested region."""


class EvaluationError(Exception):
    """An op could not be evaluated; the message names it and its location."""


@dataclass
class Counts:
    """How often things were evaluated: by kind, by source line (file, line) and by op."""

    kinds: Counter[str] = field(default_factory=Counter)
    lines: Counter[tuple[str, int]] = field(default_factory=Counter)
    ops: Counter[Op] = field(default_factory=Counter)

    def add(self, op: Op) -> None:
        """Counts one evaluation of `op`."""
        loc = primary(op.loc)
        self.kinds[op.kind.name] += 1
        self.lines[loc.file, loc.line] += 1
        self.ops[op] += 1


def evaluate(
    program: Program,
    args: Sequence[Any],
    *,
    entry: str | None = None,
    expand: Expand | None = None,
    counts: Counts | None = None,
) -> tuple[Any, ...]:
    """The results of `entry` (the program's own if None) for `args`, one array per parameter.

    `expand` maps a program to one without transform calls and `loop_vjp`; it is asked about one op
    at a time.
    `counts` is filled with the number of evaluations. Raises EvaluationError, and what functions
    of the host program raise.
    """
    name = program.entry if entry is None else entry
    func = program.funcs[name]
    if len(args) != len(func.params):
        raise EvaluationError(f"@{name} takes {len(func.params)} arguments, {len(args)} were given")
    values = [_argument(a, p, name) for a, p in zip(args, func.params, strict=True)]
    try:
        room = sys.getrecursionlimit() * _FRAMES
        with np.errstate(all="ignore"), deep_stack(room):
            return Evaluator(program, expand, counts).call(name, values)
    except HostError as failure:
        problem = failure.error
    raise problem


class Evaluator:
    """What the kinds' `evaluate` rules see: the program and the running function's environment."""

    def __init__(
        self, program: Program, expand: Expand | None = None, counts: Counts | None = None
    ) -> None:
        self.program = program
        self.counts = counts
        self._expand = expand
        self._env: dict[Value, Any] = {}
        self._splats: dict[Const, Any] = {}
        self._expansions: dict[Op, Program] = {}
        self._nested = 0

    def call(self, name: str, args: Sequence[Any]) -> tuple[Any, ...]:
        """The results of a function of the program."""
        func = self.program.funcs.get(name)
        if func is None:
            raise EvaluationError(f"the program has no function @{name}")
        saved, self._env = self._env, {}
        try:
            return self.region(func.body, args)
        finally:
            self._env = saved

    def nested(self, name: str, args: Sequence[Any]) -> tuple[Any, ...] | None:
        """The results of a recursive call; None beyond Python's own limit."""
        if self._nested >= sys.getrecursionlimit() // _FRAMES:
            return None
        self._nested += 1
        try:
            return self.call(name, args)
        finally:
            self._nested -= 1

    def region(self, region: Region, args: Sequence[Any]) -> tuple[Any, ...]:
        """What `region` yields when its parameters are `args`."""
        env = self._env
        env.update(zip(region.params, args, strict=True))
        for op in region.ops[:-1]:
            env.update(zip(op.outs, self._run(op), strict=True))
        return tuple(self._read(a) for a in region.results)

    def failed(self, state: Sequence[Any]) -> bool:
        """Whether one of these values is a token that a failed check has marked."""
        return any(isinstance(s, TokenState) and s for s in state)

    def merge_tokens(self, lanes: Sequence[Any]) -> int:
        """The first failure in program order among lanes of a mapped effect."""
        return min((t for t in lanes if int(t)), key=int, default=0)

    def expanded(self, op: Op, args: Sequence[Any]) -> tuple[Any, ...]:
        """The results of an op that `expand` knows how to remove from a program."""
        if self._expand is None:
            raise EvaluationError(
                f"{op.kind.name} has no value before the pass that removes it; give `expand`"
            )
        captured = captures(op)
        if op not in self._expansions:
            self._expansions[op] = self._expand(_alone(op, captured, self.program))
        inner = Evaluator(self._expansions[op], self._expand, self.counts)
        return inner.call(inner.program.entry, [*args, *map(self._read, captured)])

    def _read(self, atom: Atom) -> Any:
        if type(atom) is Value:
            return self._env[atom]
        assert isinstance(atom, Const)
        found = self._splats.get(atom)
        if found is None:
            found = np.full(atom.type.shape, atom.value, atom.type.dtype.np)
            found.flags.writeable = False
            self._splats[atom] = found
        return found

    def _run(self, op: Op) -> tuple[Any, ...]:
        if self.counts is not None:
            self.counts.add(op)
        kind = op.kind
        try:
            args = [self._read(a) for a in op.args]
            if kind.evaluate is not None:
                out = kind.evaluate(self, op, args)
            else:
                out = kind.numpy(*args, **op.attrs)
            results = out if type(out) is tuple else (out,)
            if len(results) != len(op.outs):
                raise EvaluationError(f"it gave {len(results)} results, not {len(op.outs)}")
            return tuple(_checked(r, v.type) for r, v in zip(results, op.outs, strict=True))
        except (_Located, HostError):
            raise
        except Exception as error:
            raise _located(op, error) from error


class _Located(EvaluationError):
    """An evaluation error that already names its op."""


def _located(op: Op, error: Exception) -> _Located:
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], Value):
        what = f"%{error.args[0].hint or '_'} has no value here"
    else:
        what = str(error) or type(error).__name__
    types = ", ".join(str(a.type) for a in op.args)
    return _Located(f"while executing {op.kind.name}({types}) at {describe(op.loc)}: {what}")


def _checked(value: Any, type_: Type) -> Any:
    if isinstance(type_, ArrayType):
        a = np.asarray(value)
        if a.dtype != type_.dtype.np or a.shape != type_.shape:
            raise EvaluationError(f"the result is {_describe(a)}, the op declares {type_}")
        return a
    return TokenState.of(value) if type_ is TOKEN else value


def _argument(value: Any, param: Value, name: str) -> Any:
    type_ = param.type
    if isinstance(type_, HistType):
        return value
    if type_ is TOKEN:
        return TokenState(value)
    assert isinstance(type_, ArrayType)
    plain = isinstance(value, bool | int | float | complex) and not isinstance(value, np.generic)
    a = np.asarray(value, dtype=type_.dtype.np if plain else None)
    if a.dtype != type_.dtype.np or a.shape != type_.shape:
        raise EvaluationError(
            f"argument %{param.hint} of @{name} is {_describe(a)}, its parameter {type_}"
        )
    return a


def _describe(a: Any) -> str:
    try:
        return str(type_of(a))
    except KeyError:
        return f"{a.dtype}{list(a.shape)}"


def _alone(op: Op, captured: tuple[Value, ...], program: Program) -> Program:
    """A program whose entry is `op` alone: operands and captures are its parameters."""
    params = tuple(Value(a.type, getattr(a, "hint", "")) for a in op.args)
    outs = tuple(Value(v.type, v.hint) for v in op.outs)
    alone = Op(op.kind, params, outs, op.attrs, op.regions, op.loc)
    end = Op(REGISTRY["return"], outs, (), {}, (), op.loc)
    body = Region("body", (*params, *captured), (alone, end))
    name = "expanded"
    while name in program.funcs:
        name += "_"
    types = tuple(v.type for v in outs)
    func = Func(name, body.params, types, body, Origin(f"{op.kind.name} alone", op.loc))
    return Program({**program.funcs, name: func}, name, program.stage)
