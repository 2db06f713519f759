"""From a Python function and descriptions of its arguments to a program."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from anvil.errors import AnvilError
from anvil.errors import error as make_error
from anvil.ir.builder import Builder
from anvil.ir.deep import deep_stack
from anvil.ir.loc import AnyLoc, Loc
from anvil.ir.records import Atom, Program, Value
from anvil.ir.types import ArrayType
from anvil.parser import expressions, statements
from anvil.parser.arrays.arraylike import const
from anvil.parser.calls import callables as calls
from anvil.parser.calls.specialise import finish, run_body
from anvil.parser.control import generators, managers, matching, trying
from anvil.parser.interp import Interp
from anvil.parser.library_table import Library
from anvil.parser.objects import classes
from anvil.parser.source.functions import FunctionInfo, written
from anvil.parser.state.guards import Guarded, Hidden, Origin
from anvil.parser.state.heap import Mark
from anvil.parser.state.results import build, describe_result
from anvil.parser.state.session import CAPACITY, Fixed, Promoted, Session, Site, Warned
from anvil.parser.state.signals import Blocked, NeedStatic, PathEnd
from anvil.parser.state.signature import (
    ArraySpec,
    ScalarSpec,
    Spec,
    StaticSpec,
    host_value,
)
from anvil.parser.state.values import NONE, Abstract, Known, Scalar
from anvil.parser.transforms.api import Transforms

HANDLERS = tuple(
    m.__name__ for m in (classes, expressions, generators, managers, matching, statements, trying)
)
"""The modules that fill the interpreter's tables; importing them is what matters."""

ATTEMPTS = 64
LARGEST = 100_000
"""Elements of an array that becomes known because its contents decide a shape."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A compiled function at stage "surface", and what accompanies it.

    The entry's parameters are the leaves of the arguments, in order, without those in `promoted`,
    then the hidden inputs; `fixed` are arrays from outside that became known. Its results are the
    leaves of `out`, then, if `effects`, the token: 0, or the number (from 1) of the site that
    failed.
    """

    program: Program
    out: Spec
    hidden: tuple[Hidden, ...]
    effects: bool
    sites: tuple[Site, ...]
    promoted: tuple[Promoted, ...]
    fixed: tuple[Promoted, ...]
    guarded: Guarded
    warnings: tuple[Warned, ...]

    def holds(self) -> bool:
        """Whether what was read outside is as it was, for the function that was compiled."""
        return self.guarded.bind(self.guarded.guards.root)[0]()


class _Again(Exception):
    """The program is to be compiled again, with a branch or a loop treated otherwise."""


class _Promote(Exception):
    """Arguments have to be known: the function is specialised again."""

    def __init__(self, leaves: Sequence[int], outside: Sequence[Hidden], cause: NeedStatic) -> None:
        super().__init__()
        self.leaves, self.outside = tuple(leaves), tuple(outside)
        self.cause = cause


@deep_stack()
def parse(
    fn: Any,
    args: Sequence[Spec],
    kwargs: Mapping[str, Spec] | None = None,
    *,
    library: Library,
    transforms: Transforms | None = None,
    values: Sequence[Any] = (),
    capacity: int = CAPACITY,
) -> Parsed:
    """Compiles `fn` for arguments of these descriptions.

    `values` are the leaves' own values, in order: an int or bool leaf becomes a known constant when
    the program needs its value while compiling (reported in `promoted`; the specialisation then
    holds for that value only). Lists that nothing bounds get room for `capacity` elements. Raises
    AnvilError.
    """
    given = fn, args, kwargs or {}, library, transforms or Transforms()
    search = _Search(lambda: _Attempt(*given), values, capacity)
    try:
        return search.run()
    except AnvilError as error:
        if not search.tables:
            raise
        other = _Search(search.make, values, capacity)
        other.known_keys = True
        try:
            return other.run()
        except AnvilError:
            raise error from None


class _Search:
    """The attempts to compile a function, and what they have found. With `known_keys` dicts and
    sets whose keys come from data are not held as tables: the keys are made known.
    """

    def __init__(self, make: Callable[[], _Attempt], values: Sequence[Any], capacity: int) -> None:
        self.make, self.values, self.capacity = make, values, capacity
        self.known_keys = False
        self.promoted: dict[int, Promoted] = {}
        self.exact: set[AnyLoc] = set()
        self.refused: list[AnvilError] = []
        self.unroll: set[ast.AST] = set()
        self.growing: set[ast.AST] = set()
        self.open_lengths: set[bool] = set()
        self.tables: set[AnyLoc] = set()
        self.piling: set[bool] = set()
        self.fixed: dict[int, Fixed] = {}
        self.unbounded: set[bool] = set()
        self.unpooled: set[bool] = set()
        self.attributed: set[AnyLoc] = set()
        self.moving: set[AnyLoc] = set()

    def run(self) -> Parsed:
        """The program of the first attempt that succeeds."""
        for _ in range(ATTEMPTS):
            attempt = self.make()
            attempt.promoted, attempt.values = self.promoted, self.values
            attempt.unroll, attempt.refused = self.unroll, self.refused
            attempt.open_lengths, attempt.unbounded = self.open_lengths, self.unbounded
            session = attempt.session
            session.exact, session.growing, session.tables = self.exact, self.growing, self.tables
            session.capacity, session.known_keys = self.capacity, self.known_keys
            session.fixed, session.attributed = self.fixed, self.attributed
            session.moving = self.moving
            session.open_lengths = bool(self.open_lengths)
            session.bounding, session.pooling = not self.unbounded, not self.unpooled
            attempt.unpooled = self.unpooled
            session.piling, attempt.piling = bool(self.piling), self.piling
            try:
                return attempt.run()
            except _Again:
                continue
            except _Promote as wanted:
                for leaf in wanted.leaves:
                    self.promoted[leaf] = attempt.promotion(leaf, wanted.cause)
                for hidden in wanted.outside:
                    found = _fixed(hidden, wanted.cause)
                    self.fixed[id(found.obj)] = found
        raise make_error("value-needed", "too many arguments are needed while compiling")


class _Attempt:
    """One specialisation of the entry function, with the arguments that are known so far."""

    promoted: dict[int, Promoted]
    unroll: set[ast.AST]
    refused: list[AnvilError]
    open_lengths: set[bool]
    piling: set[bool]
    unbounded: set[bool]
    unpooled: set[bool]
    values: Sequence[Any]

    def __init__(
        self,
        fn: Any,
        args: Sequence[Spec],
        kwargs: Mapping[str, Spec],
        library: Library,
        transforms: Transforms,
    ) -> None:
        self.fn, self.args, self.kwargs = fn, args, kwargs
        self.session = Session(library, transforms, calls, fn)
        self.leaves: list[Value | None] = []
        self.names: list[str] = []

    def run(self) -> Parsed:
        """The program, or _Promote."""
        session = self.session
        try:
            return self._direct() if self._is_plain() else self._wrapped()
        except Blocked as blocked:
            error = blocked.error
            self._again(None, blocked.table, session.tables)
            self._again(error, blocked.exact, session.exact)
            self._again(error, written(blocked.unroll), self.unroll)
            self._again(error, session.attributable.get(error), session.attributed)
            self._again(error, session.movable.get(error), session.moving)
            self._promote(blocked)
            self._again(error, session.choosable.get(error), session.exact)
            unlike = error if error.diagnostic.code == "branch-types" else None
            self._again(unlike, session.tabled.get(error), session.tables)
            self._again(error, error in session.lengths or None, self.open_lengths)
            endless = error.diagnostic.code == "recursion-limit"
            self._again(error, endless or None, self.piling)
            self._again(error, session.bounded or None, self.unbounded)
            self._unpool(error)
            self._grow(error)
            self._whole(error)
            raise (self.refused or [error])[0] from None
        except AnvilError as error:
            self._again(error, session.attributable.get(error), session.attributed)
            self._again(error, session.movable.get(error), session.moving)
            self._again(error, session.bounded or None, self.unbounded)
            self._unpool(error)
            self._grow(error)
            self._whole(error)
            raise

    def _unpool(self, error: AnvilError) -> None:
        """Asks for another beginning, in which objects are not moved into one pool at joins."""
        if self.session.pooled and not self.unpooled:
            self.session.exact.clear()
            self._again(error, True, self.unpooled)

    def _grow(self, error: AnvilError) -> None:
        """Asks for another attempt in which the lists of a loop have room that is a guess."""
        loop, known = written(self.session.growable.get(error)), self.session.growing
        if loop is not None and loop not in known:
            known.add(loop)
            if error.diagnostic.code == "loop-types":
                self.refused.append(error)
            raise _Again from None

    def _whole(self, error: AnvilError) -> None:
        """Asks for another attempt in which windows have their full length, that they might be
        shorter being nothing that can be compiled.
        """
        new = set(self.session.windows.values()) - self.session.exact
        if new:
            self.session.exact.update(new)
            self.refused.append(error)
            raise _Again from None

    def _again(self, error: AnvilError | None, found: Any, known: set[Any]) -> None:
        """Asks for another attempt that knows what was found."""
        if found is not None and found not in known:
            known.add(found)
            self.refused += [] if error is None else [error]
            raise _Again from None

    def _is_plain(self) -> bool:
        fn = self.fn
        return isinstance(fn, FunctionType) and fn not in self.session.library.functions

    def _direct(self) -> Parsed:
        """The function itself becomes the entry."""
        info = calls.function_info(_root(self.session), self.fn)
        self.session.guards.rooted(self.fn, "root")
        it = Interp(self.session, Builder(loc=info.code.loc(info.code.node)), info)
        it.unroll, it.is_entry = frozenset(self.unroll), True
        self.session.entries = [info]
        name = self.session.name(info.name)
        args, kwargs = self._arguments(it, info)
        bound = calls.bind_host(it, self.fn, info, args, kwargs)
        it.external = set(it.state.heap)
        for variable, v in bound.items():
            if variable in info.code.cells:
                it.state.locals[variable] = it.new_cell(variable)
            it.store(variable, v)
        for variable in info.code.cells:
            if variable not in it.state.locals:
                it.state.locals[variable] = it.new_cell(variable)
        return self._finish(it, name, run_body(it))

    def _wrapped(self) -> Parsed:
        """Anything else that can be called: the entry calls it."""
        it = _root(self.session)
        name = self.session.name("main")
        args, kwargs = self._arguments(it, None)
        it.external = set(it.state.heap)
        origin = self.session.guards.object(self.fn)
        try:
            value = calls.call(it, Known(self.fn, origin), args, kwargs)
        except PathEnd:
            value = NONE
        return self._finish(it, name, value)

    def _arguments(
        self, it: Interp, info: FunctionInfo | None
    ) -> tuple[list[Abstract], dict[str, Abstract]]:
        positional = info.code.params.positional if info else self._wrapped_names()
        args = []
        for i, spec in enumerate(self.args):
            name = positional[i] if i < len(positional) else f"argument {i}"
            args.append(self._value(it, spec, name))
        return args, {n: self._value(it, spec, n) for n, spec in self.kwargs.items()}

    def _wrapped_names(self) -> tuple[str, ...]:
        """The parameters of the function inside transforms, so that leaves have names."""
        fn, opened = self.fn, self.session.transforms.opened(self.fn)
        while opened is not None:
            fn = opened.fn
            opened = self.session.transforms.opened(fn)
        code = getattr(fn, "__code__", None)
        skip = 1 if isinstance(fn, MethodType) else 0
        return () if code is None else code.co_varnames[skip : code.co_argcount]

    def _finish(self, it: Interp, name: str, value: Abstract) -> Parsed:
        out, atoms = describe_result(it, value)
        effects = it.state.token is not None
        outs: list[Atom] = [*atoms, *([it.token()] if effects else [])]
        finish(it, name, [v for v in self.leaves if v is not None], outs)
        session = self.session
        hidden = tuple(session.guards.hidden[text] for text in it.hidden)
        return Parsed(
            Program(session.program_funcs(), name, "surface"),
            out,
            hidden,
            effects,
            tuple(session.sites),
            tuple(self.promoted[i] for i in sorted(self.promoted)),
            tuple(f.report for f in session.fixed.values()),
            session.guards.compile(hidden),
            tuple(session.warnings),
        )

    # ---- arguments

    def _value(self, it: Interp, spec: Spec, name: str) -> Abstract:
        mark = Mark(f"the compiled function writes to its argument `{name}`")

        def leaf(spec: ArraySpec | ScalarSpec | StaticSpec, path: str) -> Abstract:
            if isinstance(spec, StaticSpec):
                return self._static(spec.value, path)
            return self._leaf(it, spec, path, mark)

        return build(it, spec, leaf, name, mark)

    def _static(self, value: Any, path: str) -> Known:
        """A known argument; what is read of an object's attributes is guarded."""
        if isinstance(value, str | bytes | int | float | complex | np.generic | type(None)):
            return Known(value)
        return Known(value, Origin(self.session.guards.base(value), path))

    def _leaf(self, it: Interp, spec: ArraySpec | ScalarSpec, name: str, mark: Mark) -> Abstract:
        number = len(self.leaves)
        self.names.append(name)
        if number in self.promoted:
            self.leaves.append(None)
            found = self.promoted[number].value
            if isinstance(spec, ScalarSpec):
                return Known(found)
            a = it.array(const(it, found))
            it.state.marks[a.box] = mark
            return a
        value = Value(spec.type, name if name.isidentifier() else "")
        self.leaves.append(value)
        if isinstance(spec, ScalarSpec):
            return Scalar(value, spec.py)
        a = it.array(value)
        it.state.marks[a.box] = mark
        return a

    # ---- static discovery

    def _promote(self, blocked: Blocked) -> None:
        """Asks for the int and bool arguments, and captured arrays, that a needed value depends on.
        That it depends on others too is no matter: which value it is may be decided where it is not
        needed.
        """
        if not isinstance(blocked, NeedStatic):
            return
        place = {v: i for i, v in enumerate(self.leaves) if v is not None} if self.values else {}
        roots = [r for r in blocked.roots if _may_be_known(r.type)]
        wanted = [place[r] for r in roots if r in place]
        hidden = self.session.hidden
        outside = [hidden[r] for r in roots if r in hidden]
        if wanted or outside:
            raise _Promote(wanted, outside, blocked)

    def promotion(self, leaf: int, cause: NeedStatic) -> Promoted:
        """The record of an argument that is promoted now.

        Raises AnvilError for a placeholder of a jax transform, which has no value.
        """
        try:
            value = host_value(self.values[leaf])
        except TypeError:
            raise cause.error from None
        return Promoted(leaf, self.names[leaf], value, cause.why, cause.loc)


def _fixed(hidden: Hidden, cause: NeedStatic) -> Fixed:
    """What is known from now on of an array read from outside."""
    obj = hidden.get()
    data = np.array(obj)
    return Fixed(obj, data, Promoted(-1, hidden.origin.name, data, cause.why, cause.loc))


def _may_be_known(t: Any) -> bool:
    return isinstance(t, ArrayType) and t.dtype.kind in "biu" and t.size <= LARGEST


def _root(session: Session) -> Interp:
    """An interpreter outside all functions: what calls the entry."""
    return Interp(session, Builder(loc=Loc("", 0)), FunctionInfo.host("main", lambda it: NONE))
