"""The pass `simplify`: all rewrite rules of the default classes, in one replay."""

from __future__ import annotations

from functools import cache

from anvil.ir.records import Program
from anvil.opt.passes import ALL, memo, register
from anvil.opt.rewrite import DEFAULT, RULES, Rule, apply
from anvil.opt.rules import algebra, contraction, reductions, shapes, stable

MODULES = (algebra, contraction, reductions, shapes, stable)
"""The modules whose import registers the rules."""


@cache
def _rules() -> tuple[Rule, ...]:
    return tuple(r for r in RULES.values() if r.equal in DEFAULT)


@register("simplify", stages=ALL)
def simplify(program: Program) -> Program:
    """Applies the rewrite rules (`anvil rules`), and does what canonicalize and fold do."""
    return apply(program, _rules(), None, _idle)


_idle = memo()
