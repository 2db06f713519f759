"""The verifier: what must hold of every program, between any two passes.

    values      defined once, in scope, before they are read; histories stay inside their region
    ops         a kind the stage allows, its attributes, its region labels, types by the kind's rule
    regions     end with `yield` (a function with `return`), and only there
    functions   results match, callees exist and take these operands, no recursion
    locations   known, where asked for

Errors (VerificationError) show the op with a window of the function around it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from anvil.errors import AnvilError, error
from anvil.ir.analysis import RecursionRefused, call_order, callees, free_values
from anvil.ir.loc import UNKNOWN, describe, primary
from anvil.ir.opkind import REGISTRY, RuleError, types_of
from anvil.ir.printer import is_attr, window
from anvil.ir.records import Atom, Func, Op, Program, Region, Value
from anvil.ir.stages import STAGES, Stage
from anvil.ir.types import HistType, Type


def refusal(what: str, func: Func | None = None, op: Op | None = None) -> AnvilError:
    """The error that `what` is wrong with `op` of `func` (with its head if None)."""
    if func is None:
        return error("air-invalid", what)
    loc = func.origin.loc if op is None else op.loc
    return error(
        "air-invalid",
        what,
        loc,
        notes=[f"in @{func.name} ({describe(loc)}):", *window(func, op).splitlines()],
    )


def check_level() -> int:
    """How much to check between passes: ANVIL_CHECK, or 1 under pytest, or 0."""
    found = os.environ.get("ANVIL_CHECK", "")
    if found.isdigit():
        return int(found)
    return int("pytest" in sys.modules)


def verify(program: Program, *, locations: bool = False) -> Program:
    """Returns `program`, or raises VerificationError. `locations` demands one of every op."""
    stage = STAGES.get(program.stage)
    if stage is None:
        raise refusal(f"no stage is called {program.stage!r}; there are {', '.join(STAGES)}")
    if program.entry not in program.funcs:
        raise refusal(f"the program has no function @{program.entry}, its entry")
    for name, func in program.funcs.items():
        if name != func.name:
            raise refusal(f"@{func.name} is filed under the name @{name}", func)
        for callee in callees(func):
            if callee not in program.funcs:
                raise refusal(f"@{callee} is not a function of the program", func)
    try:
        call_order(program)
    except RecursionRefused as problem:
        raise refusal(str(problem)) from problem
    defined: set[Value] = set()
    for func in program.funcs.values():
        _Scope(program, stage, func, locations, defined).function()
    return program


class _Scope:
    """The walk over one function, with the values in scope."""

    def __init__(
        self, program: Program, stage: Stage, func: Func, locations: bool, defined: set[Value]
    ) -> None:
        self.program, self.stage, self.func, self.locations = program, stage, func, locations
        self.defined = defined
        self.visible: set[Value] = set()

    def function(self) -> None:
        """The signature, then the body."""
        func = self.func
        if func.params != func.body.params:
            raise refusal("the function's parameters are not those of its body", func)
        if any(isinstance(t, HistType) for t in (*types_of(func.params), *func.results)):
            raise refusal("a history cannot cross a function's boundary", func)
        self.region(func.body, "return", None)
        got = types_of(func.body.results)
        if got != func.results:
            raise refusal(
                f"@{func.name} declares results ({_list(func.results)}), returns ({_list(got)})",
                func,
                func.body.ops[-1],
            )

    def region(self, region: Region, terminator: str, owner: Op | None) -> None:
        """Parameters, ops in order, the terminator; what was defined inside goes out of scope."""
        outer = self.visible
        self.visible = set(outer)
        self.define(region.params, owner)
        if not region.ops or region.ops[-1].kind.name != terminator:
            last = region.ops[-1] if region.ops else owner
            raise refusal(f"region {region.label} must end with {terminator}", self.func, last)
        for i, op in enumerate(region.ops, 1):
            if op.kind.terminator and i < len(region.ops):
                raise refusal(f"{op.kind.name} before the end of a region", self.func, op)
            self.op(op)
        self.visible = outer

    def define(self, values: Sequence[Value], op: Op | None) -> None:
        """Adds values that must be new to the whole program."""
        for value in values:
            if value in self.defined:
                raise refusal(f"%{value.hint or '_'} is defined twice", self.func, op)
            self.defined.add(value)
            self.visible.add(value)

    def op(self, op: Op) -> None:
        """One op: operands, kind, attributes, regions, types."""
        for i, a in enumerate(op.args):
            if isinstance(a, Value) and a not in self.visible:
                raise self.error(op, self.unseen(op, i, a))
        self.kind(op)
        self.attributes(op)
        for region in op.regions:
            self.region(region, "yield", op)
        self.types(op)
        if self.locations and primary(op.loc) == UNKNOWN:
            raise self.error(op, f"{op.kind.name} has no source location")
        self.define(op.outs, op)

    def error(self, op: Op, what: str) -> AnvilError:
        """An error at `op`."""
        return refusal(what, self.func, op)

    def unseen(self, op: Op, i: int, value: Value) -> str:
        """Why an operand cannot be read."""
        name = f"operand {i} of {op.kind.name}, %{value.hint or '_'}"
        if value in self.defined:
            return f"{name}, is out of scope: it was defined in another region or function"
        return f"{name}, is read before it is defined, or never defined"

    def kind(self, op: Op) -> None:
        """The op's kind is registered, and legal in the stage."""
        kind, stage = op.kind, self.stage
        if REGISTRY.get(kind.name) is not kind:
            raise self.error(op, f"{kind.name} is not a registered op kind")
        if kind.name in stage.forbidden:
            reason = stage.forbidden[kind.name]
            raise self.error(op, f"{kind.name} is not allowed in stage {stage.name}: {reason}")
        if not stage.histories and any(isinstance(v.type, HistType) for v in op.outs):
            raise self.error(op, f"{kind.name} makes a history in stage {stage.name}")

    def attributes(self, op: Op) -> None:
        """Exactly the kind's attributes, all of legal types."""
        if tuple(op.attrs) != tuple(op.kind.attrs):
            raise self.error(
                op,
                f"{op.kind.name} has attributes ({', '.join(op.attrs)}),"
                f" its kind declares ({', '.join(op.kind.attrs)})",
            )
        for name, value in op.attrs.items():
            if not is_attr(value):
                raise self.error(
                    op, f"attribute {name} of {op.kind.name} is a {type(value).__name__}"
                )

    def types(self, op: Op) -> None:
        """Result types are what the kind's rule derives; region labels are the kind's."""
        kind = op.kind
        labels = tuple(r.label for r in op.regions)
        if not _subsequence(labels, kind.labels) or bool(labels) != bool(kind.labels):
            raise self.error(
                op, f"{kind.name} has regions ({', '.join(labels)}), not ({', '.join(kind.labels)})"
            )
        if any(isinstance(a.type, HistType) for r in op.regions for a in _boundary(r)):
            raise self.error(op, f"a history crosses the boundary of a region of {kind.name}")
        found = self.derived(op)
        got = types_of(op.outs)
        if found != got:
            raise self.error(
                op, f"{kind.name} has results ({_list(got)}), its type rule says ({_list(found)})"
            )

    def derived(self, op: Op) -> tuple[Type, ...]:
        """The result types by the kind's rule."""
        signature = getattr(op.kind, "signature", None)
        try:
            if signature is not None:
                found = signature(self.program.funcs, op)
            else:
                extra = {"regions": op.regions} if op.regions else {}
                found = op.kind.type(*types_of(op.args), **op.attrs, **extra)
        except RuleError as problem:
            raise self.error(op, str(problem)) from problem
        except (ValueError, TypeError, IndexError, KeyError, AttributeError) as problem:
            what = f"{op.kind.name} has operands ({_list(types_of(op.args))}) its type rule refuses"
            raise self.error(op, f"{what}: {type(problem).__name__}: {problem}") from problem
        return found if type(found) is tuple else (found,)


def _boundary(region: Region) -> Sequence[Atom]:
    return (*region.params, *free_values(region), *region.results)


def _subsequence(part: Sequence[str], whole: Sequence[str]) -> bool:
    rest = iter(whole)
    return all(label in rest for label in part)


def _list(types: Sequence[Type]) -> str:
    return ", ".join(map(str, types))
