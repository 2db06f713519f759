"""Replaces ops that are lowered in terms of other ops (`decompose` of their kind) before text is
written.

Decomposing on the IR rather than in the text lets the Builder share pieces between ops: exp(x)
inside sinh(x) and cosh(x), say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from anvil.ir.builder import Builder
from anvil.ir.opkind import REGISTRY, OpKind
from anvil.ir.records import Atom, Func, Op, Program, Region
from anvil.ir.types import Type


def decompose(program: Program) -> Program:
    """The program without ops whose kind decomposes; the same object if there are none."""
    funcs = {name: _func(f) for name, f in program.funcs.items()}
    if all(funcs[n] is f for n, f in program.funcs.items()):
        return program
    return Program(funcs, program.entry, program.stage)


def _func(func: Func) -> Func:
    if not _touched(func.body):
        return func
    b = _Decomposer([p.type for p in func.params], [p.hint for p in func.params])
    results = b.inline(func.body, b.params)
    return b.finish(func.name, results, func.origin)


def _touched(region: Region) -> bool:
    return any(
        op.kind.decompose is not None or any(_touched(r) for r in op.regions) for op in region.ops
    )


class _Decomposer(Builder):
    """A builder that expands decomposable kinds as they are emitted.

    Inside the rule of a kind the kind itself means XLA's own op, so a rule may correct what it
    decomposes.
    """

    def __init__(self, params: Sequence[Type], hints: Sequence[str]) -> None:
        super().__init__(params, hints)
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
            out = self._expand(kind, self._atoms(kind, args), {**kind.attrs, **attrs})
            if out is not None:
                return out
        return super().emit(kind, args, attrs, regions, out_types, hint)

    def again(self, op: Op, args: tuple[Atom, ...], regions: tuple[Region, ...] = ()) -> Any:
        """`Builder.again`, through the kind's decomposition if it has one."""
        if op.kind.decompose is not None and op.kind not in self.active:
            out = self._expand(op.kind, args, op.attrs)
            if out is not None:
                return out
        return super().again(op, args, regions)

    def _expand(self, kind: type[OpKind], args: tuple[Atom, ...], attrs: Mapping[str, Any]) -> Any:
        self.active.add(kind)
        out = kind.decompose(self, *args, **attrs)
        self.active.discard(kind)
        return out
