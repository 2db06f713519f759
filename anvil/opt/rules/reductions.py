"""Reductions of reductions, of repeated elements, of signs and of transposes."""

from __future__ import annotations

import math
from typing import Any

from anvil.ir.builder import Builder
from anvil.ir.records import Atom, Const, Op
from anvil.ir.types import ArrayType
from anvil.opt.patterns import OpPattern, P, X
from anvil.opt.rewrite import Example, rule
from anvil.opt.rules.shapes import shape

KINDS = ("reduce_sum", "reduce_prod", "reduce_max", "reduce_min")
NUMBERS = "iuf"


def reduce(b: Builder, kind: str, x: Atom, axes: tuple[int, ...]) -> Any:
    """The reduction `kind` over `axes`, nothing if there are none."""
    return b.emit(kind, (x,), {"axes": axes}) if axes else x


def _example(kind: str, types: str, inner: Any, axes: tuple[int, ...]) -> Example:
    return types, lambda b, x: reduce(b, kind, inner(b, x), axes)


def _twice(b: Builder, x: Atom, s: Op, t: Op) -> Any:
    """Two reductions of one kind are one over the axes of both."""
    left = [a for a in range(len(shape(x))) if a not in s.attrs["axes"]]
    axes = (*s.attrs["axes"], *(left[a] for a in t.attrs["axes"]))
    return reduce(b, s.kind.name, x, tuple(sorted(axes)))


def _of_transpose(b: Builder, x: Atom, s: Op, t: Op) -> Any:
    """A reduction of a transpose reduces the axes before it, if the others keep their order."""
    perm, axes = s.attrs["perm"], t.attrs["axes"]
    left = [p for i, p in enumerate(perm) if i not in axes]
    if left != sorted(left):
        return None
    return reduce(b, t.kind.name, x, tuple(sorted(perm[a] for a in axes)))


def _of_broadcast(b: Builder, x: Atom, s: Op, t: Op) -> Any:
    """A reduction over axes along which elements repeat needs one of each."""
    dims, axes = s.attrs["dims"], t.attrs["axes"]
    whole: tuple[int, ...] = s.attrs["shape"]
    if any(shape(x)[i] != whole[d] for i, d in enumerate(dims)):
        return None
    repeated = math.prod(whole[a] for a in axes if a not in dims)
    kind, scalar = t.kind.name, t.outs[0].type
    if repeated == 0 or (repeated > 1 and kind == "reduce_prod"):
        return None
    x = reduce(b, kind, x, tuple(i for i, d in enumerate(dims) if d in axes))
    if kind == "reduce_sum" and repeated > 1:
        assert isinstance(x.type, ArrayType)
        x = b.mul(x, Const(x.type, repeated))
    left = [a for a in range(len(whole)) if a not in axes]
    assert isinstance(scalar, ArrayType)
    kept = tuple(left.index(d) for d in dims if d not in axes)
    return x if scalar is x.type else b.broadcast(x, shape=scalar.shape, dims=kept)


def _declare(kind: str) -> None:
    def root(inner: OpPattern) -> OpPattern:
        return OpPattern(kind, (inner.as_("s"),)).as_("t")

    def row(b: Builder, x: Atom) -> Any:
        return reduce(b, kind, x, (1,))

    def turned(b: Builder, x: Atom) -> Any:
        return b.transpose(x, perm=(2, 0, 1))

    def spread(b: Builder, x: Atom) -> Any:
        return b.broadcast(x, shape=(3, 2, 4), dims=(0, 2))

    short = kind.removeprefix("reduce_")
    rule(
        root(OpPattern(kind, (X,))),
        kinds=NUMBERS,
        equal="reassociating",
        name=f"{short}_{short}",
        examples=[_example(kind, "f64[2,3,4]", row, (0,))],
    )(_twice)
    rule(
        root(P.transpose(X)),
        kinds=NUMBERS,
        equal="reassociating",
        name=f"{short}_transpose",
        examples=[_example(kind, "f64[2,3,4]", turned, (0, 1))],
    )(_of_transpose)
    rule(
        root(P.broadcast(X)),
        kinds=NUMBERS,
        equal="reassociating",
        name=f"{short}_broadcast",
        examples=[
            _example(kind, "f64[3,4]", spread, (0, 1) if kind != "reduce_prod" else (0,)),
        ],
    )(_of_broadcast)


for _kind in KINDS:
    _declare(_kind)


@rule(
    P.reduce_sum(P.neg(X)).as_("t"),
    kinds="ifc",
    equal="reassociating",
    examples=[_example("reduce_sum", "f64[3,4]", lambda b, x: b.neg(x), (0,))],
)
def sum_neg(b: Builder, x: Atom, t: Op) -> Any:
    """sum(-x) = -sum(x)"""
    return b.neg(reduce(b, "reduce_sum", x, t.attrs["axes"]))
