"""What is known about a function before it is interpreted: parameters, scopes, liveness, locations.

CodeInfo        facts about one `def` or `lambda` node, kept on the node
FunctionInfo    a CodeInfo with the module globals that the function sees
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from anvil.ir.loc import Loc
from anvil.parser.liveness import Liveness, names_used
from anvil.parser.source import FunctionSource

FunctionNode: TypeAlias = "ast.FunctionDef | ast.Lambda"
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(slots=True)
class Parameters:
    """The parameter list of a function."""

    positional: tuple[str, ...]
    only: int
    keyword: tuple[str, ...]
    star: str | None
    star_star: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, in the order of the `def` line."""
        extra = [n for n in (self.star, self.star_star) if n]
        return (*self.positional, *self.keyword, *extra)


class CodeInfo:
    """Facts about one function node."""

    def __init__(self, node: FunctionNode, source: FunctionSource, qualname: str) -> None:
        self.node = node
        self.source = source
        self.qualname = qualname
        a = node.args
        self.params = Parameters(
            tuple(p.arg for p in (*a.posonlyargs, *a.args)),
            len(a.posonlyargs),
            tuple(p.arg for p in a.kwonlyargs),
            a.vararg.arg if a.vararg else None,
            a.kwarg.arg if a.kwarg else None,
        )
        self.body: list[ast.stmt] = (
            [ast.copy_location(ast.Return(node.body), node.body)]
            if isinstance(node, ast.Lambda)
            else node.body
        )
        self.declared, self.bound = _bindings(self.body)
        self.bound |= set(self.params.names)
        self.bound -= self.declared
        self.inner = _inner_free(self.body)
        self.cells = frozenset(self.bound & self.inner)

    @cached_property
    def free(self) -> frozenset[str]:
        """Names that are used, here or in inner functions, and not bound here."""
        used: set[str] = set(self.inner)
        for stmt in self.body:
            used |= names_used(stmt)
            used |= {n.id for n in ast.walk(stmt) if isinstance(n, ast.Name)}
        return frozenset(used - self.bound)

    @cached_property
    def live(self) -> Liveness:
        """Which variables are live after each statement."""
        return Liveness(self.body)

    @cached_property
    def has_yield(self) -> bool:
        """Whether the function is a generator."""
        return any(isinstance(n, ast.Yield | ast.YieldFrom | ast.Await) for n in _own(self.body))

    def loc(self, node: Any) -> Loc:
        """The location of a node, made once."""
        try:
            found: Loc = node._anvil_loc
        except AttributeError:
            found = node._anvil_loc = Loc(
                self.source.filename,
                node.lineno,
                node.col_offset,
                node.end_lineno or node.lineno,
                node.end_col_offset or 0,
                self.qualname,
            )
        return found


def code_info(node: Any, source: FunctionSource, qualname: str) -> CodeInfo:
    """The facts about `node`, computed once."""
    try:
        found: CodeInfo = node._anvil_code
    except AttributeError:
        found = node._anvil_code = CodeInfo(node, source, qualname)
    return found


@dataclass(slots=True, eq=False)
class FunctionInfo:
    """A function as the front end sees it: compared by identity."""

    code: CodeInfo
    globals: dict[str, Any]
    free: tuple[str, ...]
    library: bool = False
    inner: dict[ast.AST, FunctionInfo] = field(default_factory=dict)
    host_cells: dict[str, Any] = field(default_factory=dict)
    run: Callable[[Any], Any] | None = None

    @classmethod
    def host(cls, name: str, run: Callable[[Any], Any]) -> FunctionInfo:
        """A function whose body is host code: `run(interpreter)` gives the result."""
        node = ast.parse(f"def {name}(): pass").body[0]
        assert isinstance(node, ast.FunctionDef)
        source = FunctionSource(node, "", 0, "", name, name, "")
        return cls(CodeInfo(node, source, name), {}, (), library=True, run=run)

    @property
    def name(self) -> str:
        """The name for people and for the program."""
        node = self.code.node
        return "lambda" if isinstance(node, ast.Lambda) else node.name

    def nested(self, node: FunctionNode, visible: frozenset[str]) -> FunctionInfo:
        """The function defined by `node` inside this one; it may capture the names `visible`."""
        found = self.inner.get(node)
        if found is None:
            name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
            code = code_info(node, self.code.source, f"{self.code.qualname}.{name}")
            free = tuple(sorted(code.free & visible))
            found = self.inner[node] = FunctionInfo(
                code, self.globals, free, self.library, host_cells=self.host_cells
            )
        return found


def _own(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Nodes of this scope: inner functions and classes only by their header."""
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, _SCOPES):
            todo.extend(getattr(node, "decorator_list", []))
            if not isinstance(node, ast.ClassDef):
                todo.extend(d for d in (*node.args.defaults, *node.args.kw_defaults) if d)
        else:
            todo.extend(ast.iter_child_nodes(node))


def _bindings(body: list[ast.stmt]) -> tuple[set[str], set[str]]:
    """Names declared global or nonlocal, and names bound in this scope."""
    declared: set[str] = set()
    bound: set[str] = set()
    hidden = _comprehension_targets(body)
    for node in _own(body):
        if isinstance(node, ast.Global | ast.Nonlocal):
            declared |= set(node.names)
        elif isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load) and node not in hidden:
                bound.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            bound.add(node.rest)
    return declared, bound


def _comprehension_targets(body: list[ast.stmt]) -> set[ast.AST]:
    return {
        name
        for node in _own(body)
        if isinstance(node, _COMPREHENSIONS)
        for gen in node.generators
        for name in ast.walk(gen.target)
        if isinstance(name, ast.Name)
    }


def comprehension_names(node: Any) -> frozenset[str]:
    """The variables of a comprehension."""
    return frozenset(
        name.id
        for gen in node.generators
        for name in ast.walk(gen.target)
        if isinstance(name, ast.Name)
    )


def captured_names(node: ast.AST) -> frozenset[str]:
    """Names that functions inside an expression capture from around it."""
    return frozenset(_inner_free([node]))


def _inner_free(body: Any) -> set[str]:
    """Names that inner functions and classes use without binding them."""
    found: set[str] = set()
    for node in _own(body):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            inner = node.body if isinstance(node, ast.FunctionDef) else [node.body]
            declared, bound = _bindings(inner)  # type: ignore[arg-type]
            args = node.args
            params = {a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
            params |= {a.arg for a in (args.vararg, args.kwarg) if a}
            used = {n.id for s in inner for n in ast.walk(s) if isinstance(n, ast.Name)}
            found |= (used | declared | _inner_free(inner)) - ((bound | params) - declared)
        elif isinstance(node, ast.ClassDef):
            found |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return found
