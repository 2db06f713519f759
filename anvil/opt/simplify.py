"""The pass `simplify`: all rewrite rules of the default classes."""

from __future__ import annotations

from functools import cache

from anvil.ir.records import Program
from anvil.opt.passes import ALL, register
from anvil.opt.rewrite import DEFAULT, RULES, Rule, apply
from anvil.opt.rules import algebra, contraction, reductions, shapes, stable

MODULES = (algebra, contraction, reductions, shapes, stable)
"""The modules whose import registers the rules."""


@cache
def _rules() -> tuple[Rule, ...]:
    return tuple(r for r in RULES.values() if r.equal in DEFAULT)


@register("simplify", stages=ALL)
def simplify(program: Program) -> Program:
    """Applies the rewrite rules: algebra, stable forms, shapes, contractions (`anvil rules`)."""
    return apply(program, _rules())
