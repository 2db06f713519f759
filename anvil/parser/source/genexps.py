"""Generator expressions that are not used up where they stand become generator functions.

    g = (f(v) for v in x if v > 0)        def gen(items):
                                              for v in items:
                                                  if v > 0:
                                                      yield f(v)
                                          g = gen(x)

so that they read their variables, raise and stop when they are asked for an item, as in Python. One
that is the argument of a call is used up by the call; it is left as it is unless what it reads is
bound or written to later, and the call is not one that is known to use it up.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

FIRST = "_first_items"


_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_EAGER = frozenset(
    """sum list tuple set dict frozenset sorted max min any all next join array asarray stack prod
    fsum reduce Counter deque extend update fromiter concatenate mean nlargest nsmallest""".split()  # noqa: SIM905
)
_MUTATORS = frozenset(
    """append extend insert pop remove clear sort reverse update add discard popleft appendleft fill
    setdefault popitem put""".split()  # noqa: SIM905
)


def mark(body: Sequence[ast.stmt]) -> None:
    """Notes, at such generator expressions in the statements of a function, the functions."""
    if not any(isinstance(n, ast.GeneratorExp) for s in body for n in ast.walk(s)):
        return
    written = [found for s in body for found in _writes(s)]
    for stmt in body:
        _mark(stmt, written, [])


def function_of(gen: ast.AST) -> ast.FunctionDef | None:
    """The generator function that an expression is compiled as; None if it is used up at once."""
    return getattr(gen, "_anvil_function", None)


def _writes(stmt: ast.stmt) -> Iterator[tuple[str, int]]:
    """The variables that are bound, or whose values are written to, and the lines."""
    for n in ast.walk(stmt):
        if isinstance(n, ast.Name | ast.Subscript | ast.Attribute):
            if not isinstance(n.ctx, ast.Load):
                yield _root(n), n.lineno
        elif isinstance(n, ast.Call) and _called(n.func) in _MUTATORS:
            yield _root(n.func), n.lineno


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _mark(node: Any, written: list[tuple[str, int]], loops: list[ast.AST]) -> None:
    """Marks what is below a node; `loops` are those around it."""
    inside = [*loops, node] if isinstance(node, ast.For | ast.While) else loops
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.GeneratorExp) and _is_lazy(node, child, written, inside):
            child._anvil_function = _function(child)  # type: ignore[attr-defined]
        if isinstance(child, ast.GeneratorExp):
            _mark(child.generators[0].iter, written, inside)
        elif not isinstance(child, (*_INNER, *_COMPREHENSIONS)):
            _mark(child, written, inside)


def _is_lazy(
    parent: Any, gen: ast.GeneratorExp, written: list[tuple[str, int]], loops: list[ast.AST]
) -> bool:
    if any(isinstance(n, ast.NamedExpr | ast.Await) for n in ast.walk(gen)):
        return False
    if any(g.is_async for g in gen.generators) or isinstance(parent, ast.Starred):
        return False
    if isinstance(parent, ast.Assign) and not isinstance(parent.targets[0], ast.Name):
        return False
    if not isinstance(parent, ast.Call | ast.keyword):
        return True
    if isinstance(parent, ast.Call) and _called(parent.func) in _EAGER:
        return False
    reads = {n.id for n in ast.walk(gen) if isinstance(n, ast.Name)}
    last = gen.end_lineno or gen.lineno
    spans = [(loop.lineno, loop.end_lineno) for loop in loops]  # type: ignore[attr-defined]
    return any(
        name in reads and (line > last or any(a <= line <= b for a, b in spans))
        for name, line in written
    )


def _called(fn: ast.expr) -> str:
    return fn.attr if isinstance(fn, ast.Attribute) else fn.id if isinstance(fn, ast.Name) else ""


def _function(gen: ast.GeneratorExp) -> ast.FunctionDef:
    """The generator function that an expression abbreviates."""
    inner: ast.stmt = ast.copy_location(ast.Expr(_at(ast.Yield(gen.elt), gen.elt)), gen.elt)
    for i, part in reversed(list(enumerate(gen.generators))):
        for test in reversed(part.ifs):
            inner = ast.copy_location(ast.If(test, [inner], []), test)
        items = _at(ast.Name(FIRST, ast.Load()), part.iter) if i == 0 else part.iter
        inner = ast.copy_location(ast.For(part.target, items, [inner], [], None), part.target)
    names = ast.arguments([_at(ast.arg(FIRST), gen)], [], None, [], [], None, [])
    made = ast.FunctionDef("<genexpr>", names, [inner], [], None)
    made.type_params = []  # type: ignore[attr-defined]
    return ast.copy_location(made, gen)


def _at(new: Any, old: ast.AST) -> Any:
    return ast.copy_location(new, old)
