"""Which names a function binds and which its inner functions share: one pass over its nodes."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from anvil.parser.source.genexps import function_of

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_OWN_FRAME = _COMPREHENSIONS if sys.version_info < (3, 12) else (ast.GeneratorExp,)  # PEP 709
_LEAVES = (ast.Constant, ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)


@dataclass
class Scope:
    """Names of one scope. `declared` are global or nonlocal; `used` are all that occur."""

    declared: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    inner: list[Any] = field(default_factory=list)
    generator: bool = False

    @property
    def bound(self) -> set[str]:
        """Names that are local variables."""
        return self.stored - self.declared

    @cached_property
    def captured(self) -> set[str]:
        """Names that inner functions and classes use without binding them."""
        found: set[str] = set()
        for node in self.inner:
            found |= free_names(node)
        return found


def scan(body: Sequence[ast.AST]) -> Scope:
    """The names of the scope whose statements (or expressions) are `body`."""
    scope = Scope()
    hidden: set[ast.AST] = set()
    todo: list[Any] = list(reversed(body))
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name):
            scope.used.add(node.id)
            if not isinstance(node.ctx, ast.Load) and node not in hidden:
                scope.stored.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            _header(scope, node, todo)
        elif (function := function_of(node)) is not None:
            scope.inner.append(function)
            todo.append(node.generators[0].iter)
        else:
            if not isinstance(node, ast.expr) or isinstance(node, _UNUSUAL):
                _unusual(scope, node, hidden)
            _children(node, todo)
    return scope


def _children(node: ast.AST, todo: list[Any]) -> None:
    for name in node._fields:
        value = getattr(node, name)
        if type(value) is list:
            todo.extend(v for v in reversed(value) if isinstance(v, ast.AST))
        elif isinstance(value, ast.AST) and not isinstance(value, _LEAVES):
            todo.append(value)


_UNUSUAL = (*_COMPREHENSIONS, ast.Yield, ast.YieldFrom, ast.Await)


def _header(scope: Scope, node: Any, todo: list[Any]) -> None:
    """Of an inner function or class only the header belongs to this scope."""
    scope.inner.append(node)
    if not isinstance(node, ast.Lambda):
        scope.stored.add(node.name)
        todo.extend(node.decorator_list)
    if not isinstance(node, ast.ClassDef):
        todo.extend(d for d in (*node.args.defaults, *node.args.kw_defaults) if d)


def _unusual(scope: Scope, node: Any, hidden: set[ast.AST]) -> None:
    """Nodes that declare or bind in ways of their own."""
    if isinstance(node, ast.Global | ast.Nonlocal):
        scope.declared |= set(node.names)
    elif isinstance(node, _COMPREHENSIONS):
        hidden.update(t for gen in node.generators for t in ast.walk(gen.target))
    elif isinstance(node, ast.alias):
        scope.stored.add((node.asname or node.name).split(".")[0])
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        scope.stored.add(node.name)
    elif isinstance(node, ast.MatchMapping) and node.rest:
        scope.stored.add(node.rest)
    elif isinstance(node, ast.Yield | ast.YieldFrom | ast.Await):
        scope.generator = True


def free_names(node: Any) -> set[str]:
    """Names that a function or class uses and does not bind."""
    if isinstance(node, ast.ClassDef):
        return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    scope = scan(node.body if isinstance(node, ast.FunctionDef) else [node.body])
    args = node.args
    params = {a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
    params |= {a.arg for a in (args.vararg, args.kwarg) if a}
    return (scope.used | scope.declared | scope.captured) - (scope.bound | params)


def in_comprehension(body: Sequence[ast.AST], line: int, col: int) -> bool:
    """Whether a position is in a comprehension that CPython runs as a function of its own; what it
    first iterates over is not.
    """
    around = [n for s in body for n in ast.walk(s) if isinstance(n, _OWN_FRAME)]
    return any(_holds(n, line, col) and not _holds(n.generators[0].iter, line, col) for n in around)


def _holds(node: ast.expr, line: int, col: int) -> bool:
    end = node.end_lineno or node.lineno, node.end_col_offset or 0
    return (node.lineno, node.col_offset) <= (line, col) < end


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
    try:
        found: frozenset[str] = node._anvil_captured  # type: ignore[attr-defined]
    except AttributeError:
        found = node._anvil_captured = frozenset(scan([node]).captured)  # type: ignore[attr-defined]
    return found
