"""Functions that NumPy source defines for itself, and how they get there.

A helper's own source is copied, annotations stripped, with every function that it calls. The ones
here read and write blocks at computed places, which clamp where Python would wrap around or raise.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

import numpy as np


def inside(x: Any, index: Any) -> Any:
    """An index, each entry moved inside x."""
    return tuple([min(max(int(i), 0), n - 1) for i, n in zip(index, x.shape, strict=False)])


def item(x: Any, *index: Any) -> Any:
    """x[index], each entry moved inside x."""
    return x[inside(x, index)]


def place(x: Any, starts: Any, sizes: Any) -> Any:
    """The slices of the block of x at `starts`, moved inside x."""
    spans = zip(starts, sizes, x.shape, strict=True)
    first = [(min(max(int(i), 0), n - k), k) for i, k, n in spans]
    return tuple([slice(i, i + k) for i, k in first])


def block(x: Any, starts: Any, sizes: Any) -> Any:
    """The block of x at `starts`, moved inside x."""
    return x[place(x, starts, sizes)]


def with_block(x: Any, starts: Any, update: Any) -> Any:
    """x with the block at `starts` replaced."""
    out = x.copy()
    out[place(x, starts, update.shape)] = update
    return out


def plus_block(x: Any, starts: Any, update: Any) -> Any:
    """x with `update` added to the block at `starts`."""
    out = x.copy()
    out[place(x, starts, update.shape)] += update
    return out


def with_item(x: Any, value: Any, *index: Any) -> Any:
    """x with x[index] replaced."""
    out = x.copy()
    out[inside(x, index)] = value
    return out


def plus_item(x: Any, value: Any, *index: Any) -> Any:
    """x with `value` added to x[index]."""
    out = x.copy()
    out[inside(x, index)] += value
    return out


def mulz(t: Any, p: Any) -> Any:
    """t * p, but t where t is 0."""
    return np.where(t == 0, t, t * p)


class Helpers:
    """The helpers of one module: a name for each function, and their texts."""

    def __init__(self) -> None:
        self._names: dict[FunctionType, str] = {}
        self._texts: dict[str, str] = {}

    def name(self, fn: FunctionType, hint: str = "") -> str:
        """The name under which the module has `fn`; adds it and what it calls."""
        found = self._names.get(fn)
        if found is not None:
            return found
        base = name = f"_{(hint or fn.__name__).lstrip('_')}"
        n = 1
        while name in self._texts:
            n += 1
            name = f"{base}_{n}"
        self._names[fn] = name
        self._texts[name] = ""
        self._texts[name] = self._text(fn, name)
        return name

    def texts(self, users: str) -> list[str]:
        """The definitions that a text needs."""
        wanted: list[str] = []
        unread = [users]
        while unread:
            text = unread.pop()
            for name, definition in self._texts.items():
                if name not in wanted and re.search(rf"(?<!\w){name}\(", text):
                    wanted.append(name)
                    unread.append(definition)
        return [self._texts[name] for name in wanted]

    def _text(self, fn: FunctionType, name: str) -> str:
        tree = _definition(fn)
        called: dict[str, str] = {}
        for used in _globals(fn, tree):
            value = fn.__globals__[used]
            if isinstance(value, FunctionType):
                called[used] = self.name(value)
            elif not (isinstance(value, ModuleType) and used in ("np", "math")):
                raise TypeError(f"{fn.__qualname__} uses {used}, which NumPy source does not have")
        return ast.unparse(ast.fix_missing_locations(_Plain(name, called).visit(tree)))


def _globals(fn: FunctionType, tree: ast.FunctionDef) -> list[str]:
    """The module's names that the body reads."""
    nodes = [n for statement in tree.body for n in ast.walk(statement)]
    names = [n.id for n in nodes if isinstance(n, ast.Name) and n.id in fn.__globals__]
    return [n for n in dict.fromkeys(names) if n not in fn.__code__.co_varnames]


@cache
def _source(fn: FunctionType) -> str:
    return textwrap.dedent(inspect.getsource(fn))


def _definition(fn: FunctionType) -> ast.FunctionDef:
    tree = ast.parse(_source(fn)).body[0]
    if not isinstance(tree, ast.FunctionDef):
        raise TypeError(f"{fn.__qualname__} is not a function definition")
    return tree


class _Plain(ast.NodeTransformer):
    """A definition without decorators and annotations, calling helpers by their new names."""

    def __init__(self, name: str, called: dict[str, str]) -> None:
        self._name = name
        self._called = called

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """The outermost definition."""
        node.name, node.decorator_list, node.returns = self._name, [], None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """A parameter."""
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        """`x: T = v` becomes `x = v`."""
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value is not None else None

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A helper that is called."""
        node.id = self._called.get(node.id, node.id)
        return node
