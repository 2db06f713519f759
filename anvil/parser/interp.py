"""The interpreter of one function specialisation: dispatch, names, assignment.

Handlers of expressions and statements are functions in tables keyed by AST class (`EXPRESSIONS`,
`STATEMENTS`), filled by the modules that define them.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from anvil.errors import AnvilError
from anvil.errors import error as make_error
from anvil.ir.builder import Builder
from anvil.ir.opkind import RuleError
from anvil.ir.records import Atom, Const, Value
from anvil.parser.context import Context
from anvil.parser.control.branches import Guard, branch, scoped
from anvil.parser.control.guesses import Guess
from anvil.parser.objects.attributes import get_attribute
from anvil.parser.reports import spelling
from anvil.parser.reports.blame import involve
from anvil.parser.source.functions import Captured, FunctionInfo
from anvil.parser.source.liveness import names_used
from anvil.parser.source.scopes import in_comprehension
from anvil.parser.state.heap import (
    FALL,
    ONLY_FALL,
    STATUS,
    CellBox,
    Mark,
    fresh_box,
    is_kept,
    reachable,
)
from anvil.parser.state.lift import adopt, lifted
from anvil.parser.state.number_choices import NumberChoice
from anvil.parser.state.session import Session
from anvil.parser.state.signals import Blocked, Signal
from anvil.parser.state.values import (
    UNDEFINED,
    Abstract,
    CellRef,
    Conflict,
    Known,
    NDArray,
    Partial,
    Scalar,
    Undefined,
)

EXPRESSIONS: dict[type, Callable[[Any, Any], Abstract]] = {}
STATEMENTS: dict[type, Callable[[Any, Any, Sequence[ast.stmt]], bool]] = {}
"""A statement handler gets the statements after it and returns whether it has interpreted them too.
"""


Classes = tuple[type[BaseException], ...]
CLEANUP: Classes = (BaseException, BaseException)
"""What `finally` catches, to raise it again."""

ASSIGN: list[Any] = []
"""The function that binds assignment targets."""


def expression(*kinds: type) -> Callable[[Any], Any]:
    """Registers a handler for expressions of these classes."""
    return _register(EXPRESSIONS, kinds)


def statement(*kinds: type) -> Callable[[Any], Any]:
    """Registers a handler for statements of these classes."""
    return _register(STATEMENTS, kinds)


def _register(table: dict[type, Any], kinds: tuple[type, ...]) -> Callable[[Any], Any]:
    def register(fn: Any) -> Any:
        table.update(dict.fromkeys(kinds, fn))
        return fn

    return register


class Interp(Context):
    """Interprets the body of one function for one signature."""

    def __init__(self, session: Session, b: Builder, info: FunctionInfo) -> None:
        super().__init__(session, b)
        self.info = info
        self.is_entry = False
        self.hidden: dict[str, Value] = {}
        self.hidden_boxes: dict[str, int] = {}
        self.unroll: frozenset[ast.AST] = frozenset()
        self.counted_out: frozenset[ast.AST] = frozenset()
        self.choosing: frozenset[ast.AST] = frozenset()
        self.blocked: dict[ast.AST, Blocked] = {}
        self.guessing: dict[ast.AST, Guess] = {}
        self.loop_params: list[set[Value]] = []
        self.argument_boxes: list[int] = []
        self.token_param: Value | None = None
        self.stmt: ast.stmt | None = None
        self.fixed_loc = info.library
        self.inlined: dict[str, FunctionInfo] = {}
        self.guards: list[Guard] = []
        self.catchers: list[tuple[type[BaseException], ...]] = []
        self.caught: frozenset[type[BaseException]] = frozenset()
        self.handling: list[Any] = []
        self.held: dict[str, set[int]] = {}
        self.held_boxes: set[int] = set()
        self.managers = 0
        self.around: dict[str, tuple[int, int]] = {}

    # ---- expressions

    def eval(self, node: ast.expr) -> Abstract:
        """The value of an expression."""
        handler = EXPRESSIONS.get(type(node))
        if handler is None:
            self.unsupported(node)
        return handler(self, node)

    def at(self, node: Any) -> None:
        """Stamps what follows with the location of `node`."""
        if not self.fixed_loc:
            self.b.loc = self.info.code.loc(node)

    def unsupported(self, node: Any, what: str = "", hint: str = "") -> NoReturn:
        """Refuses a construct."""
        self.at(node)
        what = what or f"`{_SYNTAX.get(type(node), type(node).__name__.lower())}`"
        self.error("unsupported-syntax", f"{what} is not compiled", hint=hint)

    # ---- statements

    def block(self, stmts: Sequence[ast.stmt]) -> None:
        """Interprets statements until the path ends; what follows an `if` may be interpreted inside
        one of its branches.
        """
        scoped(self, lambda: self.statements(stmts))

    def statements(self, stmts: Sequence[ast.stmt]) -> None:
        """`block` inside the present scope."""
        for i, stmt in enumerate(stmts):
            handler = STATEMENTS.get(type(stmt))
            if handler is None:
                self.unsupported(stmt)
            self.stmt = stmt
            if not self.fixed_loc:
                self.b.loc = self.info.code.loc(stmt)
            try:
                consumed = handler(self, stmt, stmts[i + 1 :])
            except Exception as problem:
                reported = self.reported(problem)
                raise reported from reported.__cause__
            if consumed or FALL not in self.state.may:
                return
            if self.state.may != ONLY_FALL:
                self.guarded(stmts[i + 1 :], self.info.code.live.at_end(stmts))
                return

    def reported(self, problem: Exception) -> Exception:
        """What is raised for a problem: the one of the user with the values involved; anything
        else as a mistake of anvil's, at the user's line.
        """
        if isinstance(problem, Blocked):
            involve(self, problem.error)
        elif isinstance(problem, AnvilError):
            problem.locate(self.loc)
            involve(self, problem)
        elif isinstance(problem, RuleError):
            refused = make_error("bad-operand", str(problem), self.loc)
            involve(self, refused)
            return refused
        elif isinstance(problem, RecursionError):
            return make_error("recursion-limit", "calls are nested too deeply", self.loc)
        elif not isinstance(problem, Signal):
            text = f"{type(problem).__name__}: {problem}"
            error = make_error("internal", text, self.loc)
            error.__cause__ = problem
            return error
        return problem

    def guarded(self, stmts: Sequence[ast.stmt], live: frozenset[str] | None) -> None:
        """Interprets statements on the paths that are still falling through."""
        if not stmts:
            return
        self.when_falling(lambda: self.block(stmts), live)

    def when_falling(self, then: Callable[[], None], live: frozenset[str] | None = None) -> None:
        """Runs `then` on the paths on which no exit is pending; `live` are the variables that may
        be read afterwards, None for all.
        """
        state = self.state
        if state.may == ONLY_FALL:
            then()
        elif FALL in state.may:
            pred = self.b.eq(state.status, Const(STATUS, FALL))

            def falling() -> None:
                self.state.fall()
                then()

            def leaving() -> None:
                self.state.may -= ONLY_FALL

            branch(self, pred, falling, leaving, live=live)

    def assign(self, target: ast.expr, value: Abstract) -> None:
        """Binds a target."""
        ASSIGN[0](self, target, value)

    def catches(self, cls: type[BaseException]) -> bool:
        """Whether a handler around this point, here or in a caller, may catch exceptions of a
        class.
        """
        return any(issubclass(cls, c) for c in self.catchers) or issubclass(cls, tuple(self.caught))

    def attribute(self, base: Abstract, name: str) -> Abstract:
        """`base.name`."""
        return get_attribute(self, base, name)

    def mangled(self, name: str) -> str:
        """A name as compiled: private names inside classes carry the class's name."""
        return self.info.code.source.mangle(name) if name.startswith("__") else name

    def call_entry(
        self, entry: Any, args: Sequence[Abstract], kwargs: dict[str, Abstract]
    ) -> Abstract:
        """Calls an entry of the library's table."""
        return self.session.calls.call_entry(self, entry, args, kwargs)

    def lifted_once(self, base: Known, name: str, lift: Callable[[], Any]) -> Abstract:
        """An attribute of a host object, lifted once per program."""
        key = (id(base.value), "." + name)
        if key not in self.session.lifted:
            self.session.lifted[key] = lift()
            self.session.keep.append(base.value)
        return adopt(self, self.session.lifted[key])

    # ---- names

    def load(self, name: str) -> Abstract:
        """The value of a variable."""
        v = self.state.locals.get(name)
        if v is None:
            return self.load_outside(name)
        if type(v) is CellRef:
            content = self.state.heap[v.box]
            assert isinstance(content, CellBox | Conflict)
            v = content.value if isinstance(content, CellBox) else content
        if isinstance(v, Undefined | Partial | Conflict):
            return self.checked(name, v)
        return v

    def checked(self, name: str, v: Abstract) -> Abstract:
        """Reads a variable that may have no value, or no single one."""
        if isinstance(v, Partial):
            self.check(v.defined, *unbound(self, name))
            self.store(name, v.value)
            return self.load(name)
        if isinstance(v, Conflict):
            self.refuse_conflict(f"`{name}`", v)
        self.unbound(name)

    def unbound(self, name: str) -> NoReturn:
        """Reads a variable that no path here has assigned: refused where every call reads it, and
        raised where the data decide whether it is read.
        """
        if self.is_entry and self.b.depth <= 1 and not self.catchers:
            self.error("unbound-local", unbound(self, name)[1])
        self.fail(*unbound(self, name))

    def load_outside(self, name: str) -> Abstract:
        """The value of a global or builtin name."""
        info, name = self.owner(name)
        scope = info.globals
        cell = info.host_cells.get(name)
        inside = self.captured(info, name)
        if inside is not None:
            return self.load(inside)
        key = (id(scope if cell is None else cell), name)
        found = self.session.lifted.get(key)
        if found is None:
            found = self._global(info, name)
            self.session.lifted[key] = found
        return self.adopt(found)

    def captured(self, info: FunctionInfo, name: str) -> str | None:
        """The key of a variable that a method of a class made while compiling captures."""
        cell = info.host_cells.get(name)
        if cell is None or id(cell) not in self.session.cells:
            return None
        held = cell.cell_contents
        return held.key if isinstance(held, Captured) and held.key in self.state.locals else None

    def owner(self, name: str) -> tuple[FunctionInfo, str]:
        """The function that a variable belongs to, and its name there: variables of a fused
        generator carry a prefix.
        """
        if name in self.info.host_cells:  # of a class made in a generator
            return self.info, name
        prefix, dot, plain = name.rpartition(".")
        return (self.inlined.get(prefix + dot, self.info), plain) if dot else (self.info, name)

    def _global(self, info: FunctionInfo, name: str) -> Any:
        if name in info.code.bound:
            self.unbound(name)
        scope, cell = info.globals, info.host_cells.get(name)
        if cell is not None:
            try:
                value = cell.cell_contents
            except ValueError:
                self.error("undefined-name", f"the captured variable {name!r} has no value yet")
            return lifted(self.session, value, self.session.guards.cell(cell, name))
        if name in scope:
            return lifted(self.session, scope[name], self.session.guards.global_(scope, name))
        if hasattr(builtins, name):
            host = getattr(builtins, name)
            return lifted(self.session, host, self.session.guards.builtin(scope, name, host))
        names = (*self.state.locals, *info.host_cells, *scope, *vars(builtins))
        self.error(
            "undefined-name", f"the name {name!r} is not defined", hint=spelling.meant(name, names)
        )

    def adopt(self, found: Any) -> Abstract:
        """A lifted host object as a value of this function: its arrays become hidden parameters."""
        return adopt(self, found)

    def store(self, name: str, v: Abstract) -> None:
        """Binds a variable."""
        state = self.state
        old = state.locals.get(name)
        if type(old) is CellRef:
            state.heap[old.box] = CellBox(v, name)
        elif (inside := self.captured(*self.owner(name))) and self._declared(name):
            self.store(inside, v)
        elif self._declared(name):
            self.error("mutated-global", f"`{name}` is outside the compiled function")
        else:
            state.locals[name] = v
        state.where[name] = self.b.loc
        self._hint(name, v)

    def _declared(self, name: str) -> bool:
        """Whether a name is global or nonlocal."""
        info, plain = self.owner(name)
        return plain in info.code.declared

    def _hint(self, name: str, v: Abstract) -> None:
        """Gives the IR value the variable's name, for printing, if it has none yet."""
        if type(v) is Scalar:
            atom: Any = v.atom
        elif type(v) is NumberChoice:
            atom = v.common
        elif type(v) is NDArray and not v.path:
            atom = self.state.heap[v.box]
        else:
            return
        if type(atom) is Value and not atom.hint:
            object.__setattr__(atom, "hint", name.rpartition(".")[2])

    def new_cell(self, name: str, v: Abstract = UNDEFINED) -> CellRef:
        """A variable that inner functions share."""
        box = fresh_box()
        self.state.heap[box] = CellBox(v, name)
        return CellRef(box)

    # ---- aliases

    def matters(self, box: int, mark: Mark) -> bool:
        """Whether a mark still stands: the box is frozen, or another one of its group can be
        reached.
        """
        return not mark.group or bool((mark.group - {box}) & self.reachable_now())

    def owns(self, box: int) -> bool:
        """Whether a list was made by this function, which may hold it in another form."""
        return box not in self.external and super().owns(box)

    def reachable_now(self) -> set[int]:
        """Boxes that the rest of the function, or its caller, can still reach."""
        live = names_used(self.stmt) if self.stmt is not None else frozenset()
        if self.stmt is not None:
            live |= self.info.code.live.after.get(self.stmt, frozenset(self.state.locals))
        state = self.state
        roots: list[Any] = [v for n, v in state.locals.items() if n in live or is_kept(n, v)]
        roots.extend(box for box in self.roots() if box in state.heap)
        if state.ret is not None:
            roots.append(state.ret)
        return reachable(iter(roots), state.heap)

    @contextmanager
    def holding(self, *values: Abstract) -> Iterator[None]:
        """While statements are interpreted, `values` live on, whatever the variables are."""
        before = self.held_boxes
        self.held_boxes = before | reachable(iter(values), self.state.heap)
        try:
            yield
        finally:
            self.held_boxes = before

    def roots(self) -> set[int]:
        """Boxes that live on whatever the variables are."""
        return self.external | {box for box in self.held_boxes if box in self.state.heap}

    def constant_atom(self, atom: Atom) -> Any:
        """The Python value of a constant atom."""
        return atom.value if isinstance(atom, Const) else None


def unbound(it: Interp, name: str) -> tuple[type[NameError], str]:
    """What CPython raises for a variable without a value, and its words."""
    info, name = it.owner(name)
    at = it.loc.source_range()
    value = "where it is not associated with a value"
    if name in info.code.bound and not in_comprehension(info.code.body, at.line, at.col):
        return UnboundLocalError, f"cannot access local variable '{name}' {value}"
    return NameError, f"cannot access free variable '{name}' {value} in enclosing scope"


_SYNTAX = {
    ast.AsyncWith: "async with",
    ast.AsyncFor: "async for",
    ast.Try: "try",
    ast.TryStar: "except*",
    ast.Match: "match",
    ast.ClassDef: "class",
    ast.Await: "await",
    ast.Yield: "yield",
    ast.YieldFrom: "yield from",
    ast.Delete: "del",
    ast.Set: "a set display",
    ast.SetComp: "a set comprehension",
}
