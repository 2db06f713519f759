"""Replaces ops that are lowered in terms of other ops (`decompose` of their kind).

A decomposed op becomes a call of a private function, one per kind and operand types, which XLA
inlines. The functions are made once per process, and so is their text: a program with a hundred
`tanh` pays for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from anvil.ir.analysis import walk
from anvil.ir.builder import Builder, Env
from anvil.ir.opkind import REGISTRY, OpKind
from anvil.ir.records import Atom, Func, Op, Origin, Program, Region, Value
from anvil.ir.types import Type

_INLINE = 4
"""Decompositions of at most this many ops are written in place."""

Key = tuple[type[OpKind], tuple[Type, ...], tuple[Any, ...]]
_MADE: dict[Key, Func | None] = {}


def decompose(program: Program) -> tuple[Program, dict[str, Func]]:
    """The program with its decomposable ops replaced, and the functions they call, by name."""
    used: dict[str, Func] = {}
    funcs = {name: _func(f, used) for name, f in program.funcs.items()}
    return Program(funcs, program.entry, program.stage), used


def written_out(program: Program) -> Program:
    """The program with ops whose NumPy meaning is their decomposition as calls of functions."""
    used: dict[str, Func] = {}
    made: dict[Key, Func] = {}

    def spell(func: Func) -> Func:
        b = _Speller([p.type for p in func.params], [p.hint for p in func.params], used, made)
        return b.finish(func.name, b.inline(func.body, b.params), func.origin)

    if not any(op.kind.formula for op in walk(program)):
        return program
    funcs = {name: spell(f) for name, f in program.funcs.items()}
    return Program({**funcs, **used}, program.entry, program.stage)


def _func(func: Func, used: dict[str, Func]) -> Func:
    if not _touched(func.body):
        return func
    b = _Caller([p.type for p in func.params], [p.hint for p in func.params], used)
    return b.finish(func.name, b.inline(func.body, b.params), func.origin)


def _touched(region: Region) -> bool:
    return any(op.kind.decompose is not None or any(map(_touched, op.regions)) for op in region.ops)


def _made(kind: type[OpKind], types: tuple[Type, ...], attrs: Mapping[str, Any]) -> Func | None:
    """The function that computes the op, or None where XLA's own is used."""
    key = (kind, types, tuple(attrs.values()))
    if key not in _MADE:
        b = _Decomposer(types)
        out = b.expand(kind, b.params, attrs)
        name = f"anvil.{kind.name}.{len(_MADE)}"
        outs = out if isinstance(out, tuple) else (out,)
        origin = Origin(f"{kind.name} of {', '.join(map(str, types))}", b.loc)
        _MADE[key] = None if out is None else b.finish(name, outs, origin)
    return _MADE[key]


class _Caller(Builder):
    """Replays a function, decomposable ops as calls."""

    def __init__(self, params: Sequence[Type], hints: Sequence[str], used: dict[str, Func]) -> None:
        super().__init__(params, hints)
        self.used = used

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """`Builder.copy`, through the kind's decomposition if it has one."""
        if op.kind.decompose is None:
            return super().copy(op, env)
        args = tuple(env.get(a, a) if isinstance(a, Value) else a for a in op.args)
        simpler = op.kind.simplify and op.kind.simplify(self, args, op.attrs)
        if simpler is not None and len(op.outs) == 1:  # where decompositions made operands equal
            env[op.outs[0]] = simpler
            return (simpler,)
        func = _made(op.kind, tuple(a.type for a in args), op.attrs)
        if func is None:
            return super().copy(op, env)
        saved, self.loc = self.loc, op.loc
        if len(func.body.ops) <= _INLINE:
            outs = self.inline(func.body, args)
        else:
            self.used[func.name] = func
            outs = self.call(func, args)
        self.loc = saved
        env.update(zip(op.outs, outs, strict=True))
        return outs


class _Speller(Builder):
    """Replays a function, ops that are formulas as calls."""

    def __init__(
        self,
        params: Sequence[Type],
        hints: Sequence[str],
        used: dict[str, Func],
        made: dict[Key, Func],
    ) -> None:
        super().__init__(params, hints)
        self.used, self.made = used, made

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """`Builder.copy`, formulas as calls."""
        if not op.kind.formula:
            return super().copy(op, env)
        args = tuple(env.get(a, a) if isinstance(a, Value) else a for a in op.args)
        outs = self.call(self._formula(op.kind, tuple(a.type for a in args), op.attrs), args)
        env.update(zip(op.outs, outs, strict=True))
        return outs

    def _formula(
        self, kind: type[OpKind], types: tuple[Type, ...], attrs: Mapping[str, Any]
    ) -> Func:
        key = (kind, types, tuple(attrs.values()))
        if key not in self.made:
            plain = Builder(types)
            out = kind.decompose(plain, *plain.params, **attrs)
            origin = Origin(f"{kind.name} of {', '.join(map(str, types))}", self.loc)
            body = plain.finish(kind.name, (out,), origin).body
            b = _Speller(types, [""] * len(types), self.used, self.made)
            outs = b.inline(body, b.params)
            func = b.finish(f"{kind.name}.{len(self.made)}", outs, origin)
            self.made[key] = self.used[func.name] = func
        return self.made[key]


class _Decomposer(Builder):
    """A builder that expands decomposable kinds as they are emitted.

    Inside the rule of a kind the kind itself means XLA's own op, so a rule may correct what it
    decomposes.
    """

    def __init__(self, params: Sequence[Type]) -> None:
        super().__init__(params)
        self.active: set[type[OpKind]] = set()

    def emit(
        self,
        kind: type[OpKind] | str,
        args: Sequence[Any],
        attrs: Mapping[str, Any] = MappingProxyType({}),
        regions: tuple[Region, ...] = (),
        out_types: Sequence[Type] | None = None,
        hint: str = "",
    ) -> Any:
        """`Builder.emit`, through the kind's decomposition if it has one."""
        if isinstance(kind, str):
            kind = REGISTRY[kind]
        if kind.decompose is not None and kind not in self.active:
            out = self.expand(kind, self._atoms(kind, args), {**kind.attrs, **attrs})
            if out is not None:
                return out
        return super().emit(kind, args, attrs, regions, out_types, hint)

    def expand(self, kind: type[OpKind], args: tuple[Atom, ...], attrs: Mapping[str, Any]) -> Any:
        """What the kind's rule makes of the operands."""
        self.active.add(kind)
        out = kind.decompose(self, *args, **attrs)
        self.active.discard(kind)
        return out
