"""What is known about a function before it is interpreted: parameters, scopes, liveness, locations.

CodeInfo        facts about one `def` or `lambda` node, kept on the node
FunctionInfo    a CodeInfo with the module globals that the function sees
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from anvil.ir.loc import Loc
from anvil.parser.source import genexps
from anvil.parser.source.function_source import FunctionSource
from anvil.parser.source.liveness import Liveness, mark_super
from anvil.parser.source.scopes import scan
from anvil.parser.source.yields import hoisted

FunctionNode: TypeAlias = "ast.FunctionDef | ast.Lambda"


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

    def __init__(
        self, node: FunctionNode, source: FunctionSource, qualname: str, path: str = ""
    ) -> None:
        self.node = node
        self.source = source
        self.qualname = qualname
        self.path = path or source.path
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
        genexps.mark(self.body)
        if self.params.positional:
            mark_super(self.body, self.params.positional[0])
        self.scope = scan(self.body)
        if self.scope.generator and isinstance(node, ast.FunctionDef):
            node.body = self.body = hoisted(node.body)
            self.scope = scan(self.body)
        self.declared = self.scope.declared
        self.bound = self.scope.bound | set(self.params.names)
        self.cells = frozenset(self.bound & self.scope.captured)

    @cached_property
    def free(self) -> frozenset[str]:
        """Names that are used, here or in inner functions, and not bound here."""
        scope = self.scope
        return frozenset((scope.used | scope.declared | scope.captured) - self.bound)

    @cached_property
    def live(self) -> Liveness:
        """Which variables are live after each statement."""
        return Liveness(self.body)

    @property
    def has_yield(self) -> bool:
        """Whether the function is a generator."""
        return self.scope.generator

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


def code_info(node: Any, source: FunctionSource, qualname: str, path: str = "") -> CodeInfo:
    """The facts about `node`, computed once; `path` is its qualified name, if not the source's."""
    try:
        found: CodeInfo = node._anvil_code
    except AttributeError:
        found = node._anvil_code = CodeInfo(node, source, qualname, path)
    return found


def written(node: Any) -> Any:
    """The loop in the source that a loop, which may be inside a fused generator, is a copy of."""
    return getattr(node, "_anvil_written", node)


@dataclass(frozen=True, slots=True)
class Captured:
    """In a cell of a class made while compiling: the variable `name` of the function, which the
    compiler knows by `key`.
    """

    key: str
    name: str


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
    fused: dict[Any, Any] = field(default_factory=dict)

    @classmethod
    def host(cls, name: str, run: Callable[[Any], Any]) -> FunctionInfo:
        """A function whose body is host code: `run(interpreter)` gives the result."""
        node = ast.parse(f"def {name}(): pass").body[0]
        assert isinstance(node, ast.FunctionDef)
        source = FunctionSource(node, "", 0, "", name, name, "", name)
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
            qualname = f"{self.code.qualname}.{name}"
            path = f"{self.code.path}.<locals>.{name}"
            code = code_info(node, self.code.source, qualname, path)
            free = tuple(sorted(code.free & visible))
            found = self.inner[node] = FunctionInfo(
                code, self.globals, free, self.library, host_cells=self.host_cells
            )
        return found
