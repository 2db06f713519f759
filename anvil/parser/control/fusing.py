"""A generator fused into the loop that consumes it.

`for target in gen(...): body` becomes the statements of the generator with every `yield e` replaced
by `target = e; body`. The generator's variables get names of their own (`gen.1.x`); `break` and
`continue` of the body, `return` of the generator leave by exit codes of their own, which no loop in
between takes for its own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from anvil.parser.source.functions import FunctionInfo, written
from anvil.parser.source.genexps import function_of
from anvil.parser.source.liveness import names_used
from anvil.parser.source.scopes import free_names
from anvil.parser.state.heap import LEFT

RESULT = "<return>"
"""The variable of a fused generator that holds what it returns."""

_REMEMBERED = ("_anvil_owner", "_anvil_source", "_anvil_result")


class Emit(ast.stmt):
    """A `yield`: binds `target` to `value` and runs the consumer's `body`; the exit `code` is its
    `continue`.
    """

    _fields = ("value", "target", "body")
    value: ast.expr
    target: ast.expr
    body: list[ast.stmt]
    code = 0
    prefix = ""


class Managed(ast.stmt):
    """The `yield` of a context manager: binds `target`, if any, to `value` and runs the `body` of
    the `with` statement, whose exits wait until the generator has ended.
    """

    _fields = ("value", "target", "body")
    value: ast.expr
    target: ast.expr | None
    body: list[ast.stmt]
    prefix = ""


class Exit(ast.stmt):
    """Leaves with an exit code; `value` is what a generator returns."""

    _fields = ("value",)
    value: ast.expr | None
    code = 0
    result = ""


@dataclass(slots=True, eq=False)
class Fused:
    """The statements, the prefix of the generator's variables, and the exit codes."""

    prefix: str
    stop: int
    skip: int
    done: int
    body: list[ast.stmt] = field(default_factory=list)


def fused(consumer: FunctionInfo, node: ast.For | ast.With, gen: FunctionInfo) -> Fused:
    """The fusion of a loop of `consumer`, or of a `with` statement of one item, with the generator
    function `gen`, made once.
    """
    found: Fused | None = consumer.fused.get((node, gen))
    if found is None:
        n = len(consumer.fused) + 1
        code = LEFT + 3 * n
        found = Fused(f"{gen.name}.{n}.", code - 2, code - 1, code)
        consumer.fused[node, gen] = found
        inlined = _Inlined if isinstance(node, ast.For) else _InlinedManager
        found.body = inlined(consumer, node, gen, found).block(gen.code.body)
        _extend_liveness(consumer, node, found)
    return found


def _extend_liveness(consumer: FunctionInfo, node: ast.For | ast.With, made: Fused) -> None:
    """Everything that the loop or the generator reads lives throughout."""
    live = consumer.code.live
    used = _names_of(made)
    around = live.head.get(node, frozenset()) | live.after.get(node, frozenset())
    if getattr(node, "_anvil_made", False):  # by a comprehension, inside some statement
        around |= frozenset(consumer.code.bound)  # and of the generators that it is in
        around = around.union(*map(_names_of, consumer.fused.values()))
    live.extend(made.body, used | around | names_used(node))


def _names_of(made: Fused) -> frozenset[str]:
    return frozenset().union(*map(names_used, made.body)) | {made.prefix + RESULT}


class _Copy:
    """Copies trees, with their places in the source."""

    def __init__(self, info: FunctionInfo) -> None:
        self.info = info

    def node(self, node: Any) -> Any:
        """The copy of a node."""
        rule: Callable[[Any], Any] | None = getattr(self, "at_" + type(node).__name__, None)
        return self.plain(node) if rule is None else rule(node)

    def plain(self, node: Any) -> Any:
        """A node of the same class around copies."""
        new = type(node)()
        for name in node._fields:
            setattr(new, name, self._field(getattr(node, name, None)))
        return self.placed(new, node)

    def _field(self, value: Any) -> Any:
        if isinstance(value, list):
            if value and isinstance(value[0], ast.stmt):
                return self.block(value)
            return [self._field(v) for v in value]
        if isinstance(value, ast.AST) and value._fields:
            return self.node(value)
        return value

    def block(self, stmts: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Copies of statements; one may become several."""
        out: list[ast.stmt] = []
        for stmt in stmts:
            new = self.node(stmt)
            out.extend(new if isinstance(new, list) else [new])
        return out

    def placed(self, new: Any, old: Any) -> Any:
        """Gives a node the place of another one."""
        if isinstance(old, ast.stmt | ast.expr | ast.pattern | ast.ExceptHandler):
            ast.copy_location(new, old)
            new._anvil_loc = self.info.code.loc(old)
        if isinstance(old, ast.For | ast.While):
            new._anvil_written = written(old)
        if isinstance(old, Managed | Emit):
            new.prefix = old.prefix
        if isinstance(old, Emit | Exit):
            new.code = old.code
            if isinstance(old, Exit):
                new.result = old.result
        function = function_of(old)
        if function is not None:
            new._anvil_function = self.node(function)
        for name in _REMEMBERED:
            if hasattr(old, name):
                setattr(new, name, getattr(old, name))
        return new


class _Body(_Copy):
    """The body of the consuming loop: its own `break` and `continue` become exits."""

    def __init__(self, info: FunctionInfo, made: Fused) -> None:
        super().__init__(info)
        self.made = made
        self.inside = False

    def at_Break(self, node: ast.Break) -> Any:
        """`break` ends the generator."""
        return self._exit(node, self.made.stop)

    def at_Continue(self, node: ast.Continue) -> Any:
        """`continue` goes on after the `yield`."""
        return self._exit(node, self.made.skip)

    def _exit(self, node: ast.stmt, code: int) -> Any:
        if self.inside:
            return self.plain(node)
        new = Exit()
        new.value = None
        new.code = code
        return self.placed(new, node)

    def at_For(self, node: Any) -> Any:
        """Exits in the body of an inner loop are its own, those in its `else` are not."""
        new = type(node)()
        for name in node._fields:
            outer, self.inside = self.inside, self.inside or name == "body"
            setattr(new, name, self._field(getattr(node, name, None)))
            self.inside = outer
        return self.placed(new, node)

    at_While = at_For

    def at_FunctionDef(self, node: Any) -> Any:
        """Functions and classes have loops of their own."""
        outer, self.inside = self.inside, True
        new = self.plain(node)
        self.inside = outer
        return new

    at_ClassDef = at_FunctionDef


class _Inlined(_Copy):
    """The body of a generator inside its consumer."""

    def __init__(self, consumer: FunctionInfo, loop: Any, gen: FunctionInfo, made: Fused) -> None:
        super().__init__(gen)
        self.consumer, self.loop, self.made = consumer, loop, made
        self.shadowed: frozenset[str] = frozenset()
        self.names = frozenset(gen.code.bound) | frozenset(gen.free)
        self.deep = False
        self.items = 0

    @property
    def around(self) -> Any:
        """The expression that gives the generator."""
        return self.loop.iter

    def renamed(self, name: str) -> str:
        """What a name of the generator is called in the consumer."""
        if self.deep and (name in self.shadowed or name not in self.names):
            return name
        return self.made.prefix + name

    def placed(self, new: Any, old: Any) -> Any:
        """Notes the source of the text, too."""
        new = super().placed(new, old)
        if self.info.library and hasattr(new, "lineno"):
            new._anvil_loc = self.consumer.code.loc(self.around)
        if not hasattr(new, "_anvil_source"):
            new._anvil_source = self.info.code.source
        return new

    # ---- names

    def at_Name(self, node: ast.Name) -> Any:
        """A variable."""
        return self.placed(ast.Name(self.renamed(node.id), node.ctx), node)

    def at_Call(self, node: ast.Call) -> Any:
        """`super()` is that of the generator's class and first parameter."""
        new = self.plain(node)
        cell, first = self.info.host_cells.get("__class__"), self.info.code.params.names[:1]
        bare = isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args
        if bare and cell is not None and first and not self.deep:
            cls = self.placed(ast.Constant(cell.cell_contents), node)
            new.args = [cls, self.placed(ast.Name(self.renamed(first[0]), ast.Load()), node)]
        return new

    def at_Attribute(self, node: ast.Attribute) -> Any:
        """Private attributes are those of the generator's class."""
        new = self.plain(node)
        new.attr = self.info.code.source.mangle(node.attr)
        return new

    def _named(self, node: Any) -> Any:
        new = self.plain(node)
        if node.name:
            new.name = self.renamed(node.name)
        return new

    at_MatchAs = at_MatchStar = at_ExceptHandler = _named

    def at_MatchMapping(self, node: ast.MatchMapping) -> Any:
        """`**rest` binds a name."""
        new = self.plain(node)
        new.rest = self.renamed(node.rest) if node.rest else None
        return new

    def at_alias(self, node: ast.alias) -> Any:
        """An import binds a name."""
        bound = node.asname or node.name.split(".")[0]
        return self.placed(ast.alias(node.name, self.renamed(bound)), node)

    def at_Nonlocal(self, node: ast.Nonlocal) -> Any:
        """Declarations of the generator have been taken into account; inner functions have their
        own.
        """
        if not self.deep:
            return self.placed(ast.Pass(), node)
        return self.placed(ast.Nonlocal([self.renamed(n) for n in node.names]), node)

    def at_Global(self, node: ast.Global) -> Any:
        """As for nonlocal ones; global names keep their names."""
        return self.plain(node) if self.deep else self.placed(ast.Pass(), node)

    def _scope(self, node: Any) -> Any:
        """A function inside the generator: what it uses of the generator's variables."""
        shadowed, deep = self.shadowed, self.deep
        new = type(node)()
        for name in node._fields:
            if name == "body":  # defaults belong to the generator
                free = free_names(node)
                self.deep, self.shadowed = True, shadowed | (self.names - free)
            value = getattr(node, name, None)
            if name == "name":
                value = self.renamed(str(value))
            setattr(new, name, self._field(value))
            self.shadowed, self.deep = shadowed, deep
        new._anvil_owner = self.info
        return self.placed(new, node)

    at_Lambda = at_FunctionDef = at_ClassDef = _scope

    # ---- exits and yields

    def at_Return(self, node: ast.Return) -> Any:
        """`return` ends the generator."""
        if self.deep:
            return self.plain(node)
        new = Exit()
        new.value = None if node.value is None else self.node(node.value)
        new.code = self.made.done
        new.result = self.made.prefix + RESULT
        return self.placed(new, node)

    def at_Expr(self, node: ast.Expr) -> Any:
        """A `yield` that is a statement."""
        found = self._yielded(node, node.value)
        return self.plain(node) if found is None else found[0]

    def at_Assign(self, node: ast.Assign) -> Any:
        """A `yield` whose value is bound: None in a loop."""
        found = self._yielded(node, node.value)
        if found is None:
            return self.plain(node)
        targets = [self.node(t) for t in node.targets]
        return [*found[0], self.placed(ast.Assign(targets, found[1]), node)]

    def _yielded(self, stmt: ast.stmt, value: Any) -> tuple[list[ast.stmt], ast.expr] | None:
        """Statements for a `yield` of the generator itself, and its value."""
        if self.deep:
            return None
        none = self.placed(ast.Constant(None), value)
        if isinstance(value, ast.Yield):
            given = none if value.value is None else self.node(value.value)
            return [self._emit(stmt, given)], none
        if not isinstance(value, ast.YieldFrom):
            return None
        self.items += 1
        item, result = (f"{self.made.prefix}<{w} {self.items}>" for w in ("item", "from"))
        read = self.placed(ast.Name(item, ast.Load()), value)
        body: list[ast.stmt] = [self._emit(stmt, read)]
        target = self.placed(ast.Name(item, ast.Store()), value)
        loop = ast.For(target, self.node(value.value), body, [], None)
        loop._anvil_result = result  # type: ignore[attr-defined]
        first = ast.Assign([self.placed(ast.Name(result, ast.Store()), value)], none)
        return (
            [self.placed(first, stmt), self.placed(loop, stmt)],
            self.placed(ast.Name(result, ast.Load()), value),
        )

    def _emit(self, stmt: ast.stmt, value: ast.expr) -> ast.stmt:
        copy = _Body(self.consumer, self.made)
        new = Emit()
        new.value, new.target = value, copy.node(self.loop.target)
        new.body = copy.block(self.loop.body)
        new.code, new.prefix = self.made.skip, self.made.prefix
        return self.placed(new, stmt)  # type: ignore[no-any-return]


class _InlinedManager(_Inlined):
    """The body of a generator around the body of a `with` statement."""

    @property
    def around(self) -> Any:
        """The expression that gives the context manager."""
        return self.loop.items[0].context_expr

    def _emit(self, stmt: ast.stmt, value: ast.expr) -> ast.stmt:
        copy = _Copy(self.consumer)
        target = self.loop.items[0].optional_vars
        new = Managed()
        new.value = value
        new.target = None if target is None else copy.node(target)
        new.body = copy.block(self.loop.body)
        new.prefix = self.made.prefix
        return self.placed(new, stmt)  # type: ignore[no-any-return]
