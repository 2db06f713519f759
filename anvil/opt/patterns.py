"""Patterns of expressions, written as the expressions themselves.

    P.exp(P.log(X))                     an op of that kind on operands that match
    P.mul(X, X)                         the same variable matches the same operand
    P.log(P.add(1, P.exp(X)))           a number matches a constant all of whose elements equal it
    P.pow(X, C)                         C matches any constant and is bound to it
    P.reduce_sum(X).as_("s")            the matched op is bound too, for its attributes
    P.concatenate(REST)                 all operands, as a tuple

Operands of commutative kinds match in either order. A match binds names to atoms and ops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from anvil.ir.records import Atom, Const, Op

COMMUTATIVE = frozenset({"add", "mul", "max", "min", "and", "or", "xor", "eq", "ne"})
Bindings = dict[str, Any]
Producer = Callable[[Atom], "Op | None"]


@dataclass(frozen=True)
class Var:
    """Matches any operand; `const` only constants."""

    name: str
    const: bool = False

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Rest:
    """As last operand: matches all that are left, as a tuple."""

    name: str

    def __str__(self) -> str:
        return "..."


@dataclass(frozen=True)
class OpPattern:
    """Matches an op of kind `kind`; `name` binds the op itself."""

    kind: str
    args: tuple[Pattern, ...]
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(map(str, self.args))})"

    def as_(self, name: str) -> OpPattern:
        """The pattern with the matched op bound to `name`."""
        return OpPattern(self.kind, self.args, name)


Pattern: TypeAlias = "Var | Rest | OpPattern | int | float"


class _Kinds:
    """`P.<kind>(*patterns)`; Python keywords take a trailing underscore."""

    def __getattr__(self, kind: str) -> Callable[..., OpPattern]:
        return lambda *args: OpPattern(kind.rstrip("_"), args)


P = _Kinds()
X, Y, Z = Var("x"), Var("y"), Var("z")
C, D = Var("c", const=True), Var("d", const=True)
REST = Rest("rest")


def match(pattern: Pattern, atom: Atom, producer: Producer, found: Bindings) -> Iterator[Bindings]:
    """The ways in which `atom` matches, given what is already bound."""
    if isinstance(pattern, OpPattern):
        op = producer(atom)
        if op is not None:
            yield from match_op(pattern, op, producer, found)
    elif isinstance(pattern, Var | Rest):
        if isinstance(pattern, Var) and pattern.const and not isinstance(atom, Const):
            return
        known = found.get(pattern.name)
        if known is None:
            yield {**found, pattern.name: atom}
        elif known == atom:
            yield found
    elif isinstance(atom, Const) and _equals(atom, pattern):
        yield found


def match_op(pattern: OpPattern, op: Op, producer: Producer, found: Bindings) -> Iterator[Bindings]:
    """The ways in which `op` matches."""
    if op.kind.name != pattern.kind:
        return
    if pattern.name:
        found = {**found, pattern.name: op}
    yield from _all(pattern.args, op.args, producer, found)
    if pattern.kind in COMMUTATIVE:
        yield from _all(pattern.args, op.args[::-1], producer, found)


def _all(
    patterns: Sequence[Pattern], atoms: Sequence[Atom], producer: Producer, found: Bindings
) -> Iterator[Bindings]:
    if patterns and isinstance(patterns[0], Rest):
        name = patterns[0].name
        if found.get(name, atoms) == atoms:
            yield {**found, name: atoms}
        return
    if not patterns or not atoms:
        if len(patterns) == len(atoms):
            yield found
        return
    for inner in match(patterns[0], atoms[0], producer, found):
        yield from _all(patterns[1:], atoms[1:], producer, inner)


def _equals(const: Const, number: int | float) -> bool:
    """Equal in value; 0 does not match -0.0, since rules rarely mean both."""
    value = const.value
    if isinstance(value, bool) or value != number:
        return False
    return str(value)[0] == "-" or (number >= 0 and str(number)[0] != "-")
