"""What the transforms share: the functions under construction, memo, and the builder that masks
zeros.

    scale(t, p) = t * p        plain
                = mulz(t, p)   where a zero of t may stand for "no path" and p may be non-finite
    mulz(t, p)  = where(t == 0, 0, t * p)

A tangent or cotangent is *masked* when it came through a select, a guard, a part of an array that
was not touched, or a zero that was made because the other way of a join carries none. A product
with such a zero must be zero whatever the factor is: inf and nan there belong to values that were
never used. `strict` switches this off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from anvil.ir.analysis import walk
from anvil.ir.builder import Builder, Env
from anvil.ir.loc import AnyLoc
from anvil.ir.opkind import REGISTRY, OpKind
from anvil.ir.ops.host import only_acts
from anvil.ir.records import Atom, Attrs, Const, Func, FuncRef, Op, Program, Region, Value
from anvil.ir.types import ArrayType, HistType, Type

T = TypeVar("T")
Indices = tuple[int, ...]

_FINITE = frozenset(
    {
        "add", "sub", "mul", "neg", "abs", "select", "max", "min", "convert", "broadcast",
        "reshape", "transpose", "slice", "reverse", "concatenate", "conj", "real", "imag",
    }
)  # fmt: skip
"""Kinds that give finite results for small finite operands."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A gradient that is identically zero: the parameter, and the ops that cut every path from
    it.
    """

    func: str
    param: int
    hint: str
    ops: tuple[tuple[str, AnyLoc], ...]


@dataclass
class Session:
    """The functions of a program under transformation, and every derived function made so far."""

    funcs: dict[str, Func]
    strict: bool = False
    memo: dict[object, Any] = field(default_factory=dict)
    cuts: list[Cut] = field(default_factory=list)

    @staticmethod
    def of(program: Program, strict: bool = False) -> Session:
        """A session on the functions of `program`."""
        return Session(dict(program.funcs), strict)

    def fresh_name(self, base: str) -> str:
        """`base`, or the first `base.N` that is free."""
        name, n = base, 2
        while name in self.funcs:
            name, n = f"{base}.{n}", n + 1
        return name

    def add(self, func: Func) -> Func:
        """Makes `func` part of the program."""
        self.funcs[func.name] = func
        return func

    def once(self, key: object, make: Callable[[], T]) -> T:
        """`make()`, remembered under `key`."""
        if key not in self.memo:
            self.memo[key] = make()
        return cast(T, self.memo[key])

    def program(self, entry: str, stage: str) -> Program:
        """The functions as a program."""
        return Program(dict(self.funcs), entry, stage)


class ADBuilder(Builder):
    """A Builder that knows which (co)tangents are masked; `quiet` copies pass tokens through
    prints and the like.
    """

    def __init__(
        self,
        session: Session,
        params: Sequence[Type] = (),
        hints: Sequence[str] = (),
        masked: set[Value] | None = None,
    ) -> None:
        self.session = session
        self.masked: set[Value] = set() if masked is None else masked
        self.finite: set[Value] = set()
        self.quiet = False
        super().__init__(params, hints)

    def fresh(self) -> ADBuilder:
        """A builder that numbers nothing against this one, but shares what is known of masks."""
        other = ADBuilder(self.session, masked=self.masked)
        other.loc, other.quiet, other.finite = self.loc, self.quiet, self.finite
        return other

    def mark(self, *atoms: Atom | None) -> None:
        """Declares (co)tangents to be masked."""
        if not self.session.strict:
            self.masked.update(a for a in atoms if type(a) is Value)

    def is_masked(self, a: Atom) -> bool:
        """Whether a zero of `a` may stand for "no path"."""
        return type(a) is Value and a in self.masked

    def scale(self, t: Atom, p: Any) -> Atom:
        """The product of a (co)tangent and a primal factor, masked where that can matter."""
        if isinstance(t, Const) and t.value == 0 and not self.session.strict:
            return t
        name = "mulz" if self.is_masked(t) and not self.is_finite_factor(p) else "mul"
        return cast(Atom, self.emit(name, (t, p)))

    def is_finite_factor(self, p: Any) -> bool:
        """Whether a primal factor is finite whatever the inputs are: it comes from constants and
        integers.
        """
        if isinstance(p, Const):
            p = p.value
        if isinstance(p, Value):
            return p in self.finite or not _inexact(p.type)
        return math.isfinite(p.real) and math.isfinite(p.imag)

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
        if type(out) is Value and not regions:
            if kind.name in _FINITE and all(map(self.is_finite_factor, args)):
                self.finite.add(out)
            if self.masked and not self.masked.isdisjoint(args):
                self.masked.add(out)
        return out

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """`Builder.copy`; a quiet builder leaves out what only acts, also in callees."""
        if self.quiet and only_acts(op):
            (token,) = mapped(op.args[:1], env)
            env[op.outs[0]] = token
            return (token,)
        if self.quiet and op.kind.name in ("call", "custom_call"):
            attrs = {k: quiet_ref(self.session, v) for k, v in op.attrs.items()}
            op = Op(op.kind, op.args, op.outs, attrs, op.regions, op.loc)
        return super().copy(op, env)

    def placeholder(self, type: Type) -> Value:
        """A zero with an identity of its own: the point at which a linear piece of program is
        reversed.
        """
        assert isinstance(type, ArrayType)
        kind = REGISTRY["broadcast"]
        zero = Const(type.with_shape(()), 0)
        attrs = {"shape": type.shape, "dims": ()}
        return cast(Value, super()._append(kind, (zero,), attrs, (), (type,), ""))


def quiet_ref(session: Session, attr: Any) -> Any:
    """A reference to a function that prints nothing, instead of one that prints; other attributes
    as they are.
    """
    if not isinstance(attr, FuncRef):
        return attr
    f = session.funcs[attr.name]
    return FuncRef(session.once(("quiet", attr.name), lambda: _quiet(session, f).name))


def _quiet(session: Session, f: Func) -> Func:
    silent = all(
        not only_acts(op) and all(quiet_ref(session, v) == v for v in op.attrs.values())
        for op in walk(f)
    )
    if silent:
        return f
    b = ADBuilder(session, [p.type for p in f.params], [p.hint for p in f.params])
    b.quiet = True
    results = b.inline(f.body, b.params)
    return session.add(b.finish(session.fresh_name(f"{f.name}.quiet"), results, f.origin))


def mapped(atoms: Iterable[Atom], env: Mapping[Value, Atom]) -> tuple[Atom, ...]:
    """Atoms under a substitution."""
    return tuple(env.get(a, a) if type(a) is Value else a for a in atoms)


def _inexact(t: Type) -> bool:
    return isinstance(t, ArrayType) and t.dtype.inexact


def inexact(a: Atom) -> bool:
    """Whether an atom can have a derivative: a float or complex array."""
    return _inexact(a.type)


def has_hist(op: Op) -> bool:
    """Whether the last result of `op` is a history."""
    return bool(op.outs) and isinstance(op.outs[-1].type, HistType)


def tangent_hint(hint: str) -> str:
    """The name of the tangent of a named value."""
    return f"d{hint}" if hint else ""
