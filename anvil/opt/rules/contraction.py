"""Transposes folded into dot_general, which contracts and batches any axes."""

from __future__ import annotations

from typing import Any

from anvil.ir.builder import Builder
from anvil.ir.records import Atom, Op
from anvil.ir.types import ArrayType
from anvil.opt.patterns import P, X, Y
from anvil.opt.rewrite import rule

ANY = "biufc"
_MATMUL = {"lhs_contract": (1,), "rhs_contract": (0,), "lhs_batch": (), "rhs_batch": ()}


def _lhs(b: Builder, x: Atom, y: Atom) -> Any:
    return b.dot_general(b.transpose(x, perm=(1, 0)), y, **_MATMUL)


def _rhs(b: Builder, x: Atom, y: Atom) -> Any:
    return b.dot_general(x, b.transpose(y, perm=(1, 0)), **_MATMUL)


def _through(perm: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(perm[a] for a in axes)


def _free_order(perm: tuple[int, ...], taken: tuple[int, ...]) -> bool:
    """Whether the free axes keep their order when the transpose is left out."""
    free = [p for i, p in enumerate(perm) if i not in taken]
    return free == sorted(free)


@rule(
    P.dot_general(P.transpose(X).as_("t"), Y).as_("d"),
    kinds=ANY,
    equal="reassociating",
    examples=[("f64[4,3], f64[4,5]", _lhs)],
)
def dot_of_transposed_lhs(b: Builder, x: Atom, y: Atom, t: Op, d: Op) -> Any:
    """dot(x^T, y) contracts x's other axis"""
    perm, attrs = t.attrs["perm"], dict(d.attrs)
    if not _free_order(perm, attrs["lhs_contract"] + attrs["lhs_batch"]):
        return None
    for key in ("lhs_contract", "lhs_batch"):
        attrs[key] = _through(perm, attrs[key])
    return b.dot_general(x, y, **attrs)


@rule(
    P.dot_general(X, P.transpose(Y).as_("t")).as_("d"),
    kinds=ANY,
    equal="reassociating",
    examples=[("f64[3,4], f64[5,4]", _rhs)],
)
def dot_of_transposed_rhs(b: Builder, x: Atom, y: Atom, t: Op, d: Op) -> Any:
    """dot(x, y^T) contracts y's other axis"""
    perm, attrs = t.attrs["perm"], dict(d.attrs)
    if not _free_order(perm, attrs["rhs_contract"] + attrs["rhs_batch"]):
        return None
    for key in ("rhs_contract", "rhs_batch"):
        attrs[key] = _through(perm, attrs[key])
    return b.dot_general(x, y, **attrs)


def _transposed_result(b: Builder, x: Atom, y: Atom) -> Any:
    return b.transpose(b.dot_general(x, y, **_MATMUL), perm=(1, 0))


@rule(
    P.transpose(P.dot_general(X, Y).as_("d")).as_("t"),
    kinds=ANY,
    equal="reassociating",
    examples=[("f64[3,4], f64[4,5]", _transposed_result)],
)
def transpose_of_dot(b: Builder, x: Atom, y: Atom, d: Op, t: Op) -> Any:
    """dot(x, y)^T = dot(y, x) with the operands exchanged"""
    assert isinstance(x.type, ArrayType)
    assert isinstance(y.type, ArrayType)
    a = d.attrs
    batch = len(a["lhs_batch"])
    left = x.type.ndim - batch - len(a["lhs_contract"])
    right = y.type.ndim - batch - len(a["rhs_contract"])
    swapped = (
        *range(batch),
        *range(batch + left, batch + left + right),
        *range(batch, batch + left),
    )
    if t.attrs["perm"] != swapped or not left or not right:
        return None
    return b.dot_general(
        y,
        x,
        lhs_contract=a["rhs_contract"],
        rhs_contract=a["lhs_contract"],
        lhs_batch=a["rhs_batch"],
        rhs_batch=a["lhs_batch"],
    )
