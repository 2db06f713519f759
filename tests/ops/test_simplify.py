"""Folding and peepholes are exact bit for bit, nan, infinities and signed zeros included.

Elementwise kinds are applied to every combination of parameters, constants, and other kinds'
results; what the builder makes of it must evaluate to the same bits as the ops as written.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from anvil.ir.analysis import op_counts
from anvil.ir.builder import Builder
from anvil.ir.families import Elementwise
from anvil.ir.opkind import OpKind
from anvil.ir.records import Const
from anvil.ir.types import BOOL, C128, F64, I8, U8, DType, array
from tests.ops.harness import KINDS, build, numpy_run, same_bits, samples

INF, NAN = float("inf"), float("nan")
POOL = {
    F64: [0.0, -0.0, 1.0, -1.0, 2.0, -3.5, INF, -INF, NAN, 5e-324, 1e308],
    C128: [0j, complex(-0.0, -0.0), 1 + 0j, -1 + 0j, 2 - 3j, complex(INF, 1), complex(NAN, 0)],
    I8: [0, 1, -1, 2, -128, 127, 7],
    U8: [0, 1, 2, 255, 7],
    BOOL: [False, True],
}


def simplifying(dtype: DType, arity: int) -> list[type[OpKind]]:
    """Elementwise kinds of this arity with peepholes, and select's kin."""
    return [
        k
        for k in KINDS
        if issubclass(k, Elementwise) and k.simplify and dtype in k.dtypes and not k.attrs
        if len(samples(k, dtype)[0].args) == arity
    ]


def atoms(b: Builder, params: Sequence[Any], dtype: DType) -> list[Any]:
    """Parameters, constants, and each unary kind of a parameter that keeps the dtype."""
    shape = params[0].type.shape
    constants = [Const(array(dtype, shape), v) for v in POOL[dtype]]
    unary = [
        b.emit(k, params[:1])
        for k in KINDS
        if issubclass(k, Elementwise) and dtype in k.dtypes and not k.attrs
        if len(samples(k, dtype)[0].args) == 1 and k.result_dtype(dtype) is dtype
    ]
    return [*params, *constants, *unary]


def combinations(kinds: Sequence[type[OpKind]], dtype: DType, arity: int) -> Any:
    """A writer that applies each of `kinds` to every combination of atoms."""

    def write(b: Builder, *params: Any) -> Any:
        operands = list(itertools.product(atoms(b, params, dtype), repeat=arity))
        return [b.emit(k, xs) for k in kinds for xs in operands]

    return write


@pytest.mark.parametrize("arity", [1, 2])
@pytest.mark.parametrize("dtype", POOL, ids=str)
def test_elementwise_peepholes_are_exact(dtype: DType, arity: int) -> None:
    """On the special values of the dtype, both operands ranging over all of them."""
    grid = np.array(list(itertools.product(POOL[dtype], repeat=2)), dtype.np).T
    args = [np.ascontiguousarray(row) for row in grid]
    write = combinations(simplifying(dtype, arity), dtype, arity)
    simplified, written = numpy_run(args, write), numpy_run(args, write, raw=True)
    for i, (a, b) in enumerate(zip(simplified, written, strict=True)):
        assert same_bits(a, b), (i, build(args, write, raw=True).main.body.results[i])


@pytest.mark.parametrize("dtype", POOL, ids=str)
def test_folding_is_evaluating(dtype: DType) -> None:
    """A foldable kind of constants is the constant that the evaluator computes."""
    for kind in KINDS:
        if not issubclass(kind, Elementwise) or dtype not in kind.dtypes or kind.attrs:
            continue
        arity = len(samples(kind, dtype)[0].args)
        for values in itertools.product(POOL[dtype][:7], repeat=arity):

            def write(b: Builder, values: Any = values, kind: Any = kind) -> Any:
                return [b.emit(kind, [Const(array(dtype), v) for v in values])]

            (folded,), (computed,) = numpy_run([], write), numpy_run([], write, raw=True)
            assert same_bits(folded, computed), (kind.name, values)


def test_choices() -> None:
    """select by constants, by negations, of equal, of truth values, of choices."""

    def write(b: Builder, p: Any, x: Any, y: Any) -> Any:
        yes, no = (Const(p.type, v) for v in (True, False))
        inner = b.select(p, x, y)
        return [
            b.select(yes, x, y),
            b.select(no, x, y),
            b.select(p, x, x),
            b.select(b.not_(p), x, y),
            b.select(p, yes, no),
            b.select(p, no, yes),
            b.select(p, inner, b.neg(y)),
            b.select(p, b.neg(y), inner),
        ]

    args = [np.array([True, False]), np.array([1.0, NAN]), np.array([-0.0, 2.0])]
    check_same(args, write)
    counts = op_counts(build(args, write))
    assert counts["select"] <= 4
    assert counts["not"] == 1


def check_same(args: Sequence[Any], write: Any) -> None:
    """The same bits with and without peepholes."""
    for a, b in zip(numpy_run(args, write), numpy_run(args, write, raw=True), strict=True):
        assert same_bits(a, b)


ONES = {"strides": (1, 1)}
X = np.arange(12.0).reshape(3, 4)
MOVES: dict[str, Any] = {
    "transpose twice": lambda b, x: b.transpose(b.transpose(x, perm=(1, 0)), perm=(1, 0)),
    "transpose as is": lambda b, x: b.transpose(x, perm=(0, 1)),
    "reshape back": lambda b, x: b.reshape(b.reshape(x, shape=(12,)), shape=(3, 4)),
    "whole slice": lambda b, x: b.slice(x, starts=(0, 0), limits=(3, 4), **ONES),
    "reverse twice": lambda b, x: b.reverse(b.reverse(x, axes=(0, 1)), axes=(1, 0)),
    "reverse nothing": lambda b, x: b.reverse(x, axes=()),
    "pad by nothing": lambda b, x: b.pad(x, 0.0, low=(0, 0), high=(0, 0), interior=(0, 0)),
    "one part": lambda b, x: b.concatenate(x, axis=0),
    "empty parts": lambda b, x: b.concatenate(x, b.zeros(array(F64, (0, 4))), axis=0),
    "broadcast as is": lambda b, x: b.broadcast(x, shape=(3, 4), dims=(0, 1)),
    "whole block": lambda b, x: b.dynamic_slice(x, b.i64(7), b.i64(0), sizes=(3, 4)),
    "no axes": lambda b, x: b.reduce_max(x, axes=()),
    "write whole": lambda b, x: b.dynamic_update_slice(b.neg(x), x, b.i64(1), b.i64(1)),
    "convert back": lambda b, x: b.convert(x, dtype=F64),
    "there and back": lambda b, x: b.real(b.convert(x, dtype=C128)),
    "parts": lambda b, x: b.real(b.complex(x, b.neg(x))),
    "bits": lambda b, x: b.bitcast(b.bitcast(x, dtype=array(F64).dtype), dtype=F64),
    "nothing added": lambda b, x: b.scatter_add(
        x, b.zeros(array(b.i64(0).type.dtype, (0, 1))), b.zeros(array(F64, (0, 4))), axes=(0,)
    ),
}


@pytest.mark.parametrize("name", MOVES)
def test_moves_that_change_nothing(name: str) -> None:
    """They leave no op behind."""

    def write(b: Builder, x: Any) -> Any:
        return [MOVES[name](b, x)]

    check_same([X], write)
    p = build([X], write)
    if name != "there and back":
        assert p.main.body.results[0] is p.main.params[0]


COMPOSED: dict[str, Any] = {
    "slice": lambda b, x: b.slice(
        b.slice(x, starts=(1, 0), limits=(3, 4), strides=(1, 2)),
        starts=(0, 1),
        limits=(2, 2),
        strides=(1, 1),
    ),
    "transpose": lambda b, x: b.transpose(
        b.transpose(b.reshape(x, shape=(3, 2, 2)), perm=(2, 0, 1)), perm=(1, 0, 2)
    ),
    "reshape": lambda b, x: b.reshape(b.reshape(x, shape=(2, 6)), shape=(4, 3)),
    "broadcast": lambda b, x: b.broadcast(
        b.broadcast(x, shape=(3, 2, 4), dims=(0, 2)), shape=(5, 3, 2, 4), dims=(1, 2, 3)
    ),
    "convert": lambda b, x: b.convert(
        b.convert(b.convert(b.lt(x, 5.0), dtype=I8), dtype=F64), dtype=C128
    ),
}


@pytest.mark.parametrize("name", COMPOSED)
def test_compositions(name: str) -> None:
    """Two of a kind become one."""

    def write(b: Builder, x: Any) -> Any:
        return [COMPOSED[name](b, x)]

    check_same([X], write)
    p = build([X], write)
    last = p.main.body.ops[-2]
    assert last.kind.name == name
    made = {v for op in p.main.body.ops for v in op.outs if op.kind.name == name}
    assert not made.intersection(last.args)
