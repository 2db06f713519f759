"""Rewrite rules as data, and the pass `simplify` that applies them.

    @rule(P.log(P.add(1, X)), equal="stabilising")
    def log_of_one_plus(b, x):
        \"\"\"log(1 + x) = log1p(x), which is accurate near 0.\"\"\"
        return b.log1p(x)

`equal` says in which sense both sides are the same; a generated test evaluates both.

    exact           bit for bit, nan, inf and -0.0 included
    reassociating   up to a few roundings; nan and inf alike
    stabilising     up to rounding where the left side is finite and accurate, better elsewhere
    finite          where everything is finite; -0.0 may become 0.0. Only in pipelines that opt in

A replacement takes the builder and what the pattern bound, by name, and returns an atom, or None to
decline, before it has emitted anything. Rules apply as ops are emitted, also to what rules emit.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Mapping, MutableSet, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from anvil.ir.analysis import uses
from anvil.ir.builder import Env
from anvil.ir.opkind import OpKind
from anvil.ir.records import Atom, Attrs, Func, Op, Program, Region, Value
from anvil.ir.types import ArrayType, Type
from anvil.opt.canonicalize import Control
from anvil.opt.fold import folded
from anvil.opt.passes import PassError, each_func
from anvil.opt.patterns import Bindings, OpPattern, Pattern, match_op
from anvil.opt.replay import number, substitute

Equal = Literal["exact", "reassociating", "stabilising", "finite"]
CLASSES: tuple[Equal, ...] = ("exact", "reassociating", "stabilising", "finite")
DEFAULT: tuple[Equal, ...] = ("exact", "reassociating", "stabilising")
"""The classes that the pass `simplify` applies."""

Replacement = Callable[..., "Atom | None"]
Example = tuple[str, Callable[..., Atom]]
_DEEP = 24


@dataclass(frozen=True)
class Rule:
    """A pattern, its replacement and the sense in which they are equal."""

    name: str
    pattern: OpPattern
    replace: Replacement
    equal: Equal
    kinds: str
    doc: str
    examples: tuple[Example, ...]
    wants: tuple[str, ...]

    def applies(self, out: Type) -> bool:
        """Whether the dtype is one the rule speaks of."""
        return isinstance(out, ArrayType) and out.dtype.kind in self.kinds


RULES: dict[str, Rule] = {}
"""Every rule by name."""


def rule(
    pattern: Pattern,
    *,
    equal: Equal = "exact",
    kinds: str = "f",
    examples: Sequence[Example] = (),
    name: str = "",
) -> Callable[[Replacement], Replacement]:
    """Registers the decorated function as the replacement of `pattern`.

    `kinds` are the kinds of the result's dtype (of `b i u f c`). `examples` build left sides for
    the generated test: operand types, and a function of a builder and the operands; a pattern
    without attributes needs none. The rule is called `name`, or as the function.
    """

    def add(replace: Replacement) -> Replacement:
        called = name or replace.__name__
        if not isinstance(pattern, OpPattern) or not replace.__doc__:
            raise PassError(f"rule {called} needs a pattern with an op and a docstring")
        if called in RULES or equal not in CLASSES:
            raise PassError(f"rule {called} is declared twice or of no class")
        wants = tuple(inspect.signature(replace).parameters)[1:]
        RULES[called] = Rule(
            called, pattern, replace, equal, kinds, replace.__doc__, tuple(examples), wants
        )
        return replace

    return add


def index_of(rules: Sequence[Rule]) -> Mapping[str, tuple[Rule, ...]]:
    """Rules by the kind at the root of their pattern."""
    roots = dict.fromkeys(r.pattern.kind for r in rules)
    return {kind: tuple(r for r in rules if r.pattern.kind == kind) for kind in roots}


def apply(
    program: Program,
    rules: Sequence[Rule],
    hits: Counter[str] | None = None,
    idle: MutableSet[Func] | None = None,
) -> Program:
    """The program with these rules applied until none matches; `hits` counts what was applied.

    Known control flow and constants are resolved on the way. `idle` as for `each_func`.
    """
    index = index_of(rules)
    counter: Counter[str] = Counter() if hits is None else hits
    return each_func(program, lambda f: Rewriter(f, index, counter).rebuild(), idle, once=True)


class Rewriter(Control):
    """Replays a function, trying the rules of a kind on each op of that kind which it emits."""

    def __init__(self, func: Func, index: Mapping[str, Sequence[Rule]], hits: Counter[str]) -> None:
        self.index, self.hits, self.level = index, hits, 0
        super().__init__(func)

    def read_once(self, value: Value) -> bool:
        """Whether a value of the function as it was is read in one place."""
        return uses(self.source.body).get(value, 0) == 1

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """An op on constants becomes its value; others are emitted, and rewritten."""
        outs = folded(self, op, substitute(op.args, env))
        return super().copy(op, env) if outs is None else self.become(op, outs, env)

    def _append(
        self,
        kind: type[OpKind],
        args: tuple[Atom, ...],
        attrs: Attrs,
        regions: tuple[Region, ...],
        types: Sequence[Type],
        hint: str,
        hints: Sequence[str] = (),
    ) -> Any:
        out = super()._append(kind, args, attrs, regions, types, hint, hints)
        rules = self.index.get(kind.name)
        return out if rules is None else self._improved(rules, out)

    def _admit(self, op: Op) -> Any:
        out = super()._admit(op)
        rules = self.index.get(op.kind.name)
        return out if rules is None else self._improved(rules, out)

    def _improved(self, rules: Sequence[Rule], out: Any) -> Any:
        """What replaces the op just emitted, or its result."""
        if self.level > _DEEP or type(out) is tuple:
            return out
        self.level += 1
        found = self._rewritten(rules, out)
        self.level -= 1
        return out if found is None else found

    def _rewritten(self, rules: Sequence[Rule], out: Atom) -> Atom | None:
        """What the op just emitted is replaced by; it is taken back if so."""
        frame = self.frames[-1]
        op = frame.ops[-1]
        for r in rules:
            if not r.applies(out.type):
                continue
            for found in match_op(r.pattern, op, self.producer, {}):
                result = self._replaced(r, found, op)
                if result is None:
                    continue
                if result.type is not out.type:
                    raise PassError(f"rule {r.name} turns {out.type} into {result.type}")
                self.hits[r.name] += 1
                return result
        return None

    def _replaced(self, r: Rule, found: Bindings, op: Op) -> Atom | None:
        """Takes back `op`, the last one, and emits its replacement; puts it back if none."""
        frame, key = self.frames[-1], number(op)
        frame.ops.pop()
        outs = frame.table.pop(key)
        result = r.replace(self, **{k: found[k] for k in r.wants})
        if result is None:
            frame.ops.append(op)
        frame.table[key] = outs if result is None else (cast(Value, result),)
        return result
