"""Selections, comparisons and logic."""

from __future__ import annotations

from typing import Any

from anvil.ir.builder import Builder
from anvil.ir.records import Atom
from anvil.opt.patterns import P, X, Y, Z
from anvil.opt.rewrite import rule

ANY = "biufc"
_BRANCHES = "bool[4], f64[4], f64[4]"


@rule(
    P.select(X, Y, Y), kinds=ANY, examples=[("bool[4], f64[4]", lambda b, p, x: b.select(p, x, x))]
)
def select_same(b: Builder, y: Atom) -> Any:
    """select(p, y, y) = y"""
    return y


@rule(
    P.select(P.not_(X), Y, Z),
    kinds=ANY,
    examples=[(_BRANCHES, lambda b, p, x, y: b.select(b.not_(p), x, y))],
)
def select_not(b: Builder, x: Atom, y: Atom, z: Atom) -> Any:
    """select(not p, y, z) = select(p, z, y)"""
    return b.select(x, z, y)


@rule(
    P.select(X, P.select(X, Y, Z), Z),
    kinds=ANY,
    examples=[(_BRANCHES, lambda b, p, x, y: b.select(p, b.select(p, x, y), y))],
)
def select_nested_same(b: Builder, x: Atom, y: Atom, z: Atom) -> Any:
    """select(p, select(p, y, z), z) = select(p, y, z)"""
    return b.select(x, y, z)


@rule(P.not_(P.not_(X)), kinds="b", examples=[("bool[4]", lambda b, p: b.not_(b.not_(p)))])
def not_not(b: Builder, x: Atom) -> Any:
    """not not p = p"""
    return x


@rule(P.and_(X, X), kinds="biu", examples=[("bool[4]", lambda b, p: b.and_(p, p))])
def and_same(b: Builder, x: Atom) -> Any:
    """p and p = p"""
    return x


@rule(P.or_(X, X), kinds="biu", examples=[("bool[4]", lambda b, p: b.or_(p, p))])
def or_same(b: Builder, x: Atom) -> Any:
    """p or p = p"""
    return x
