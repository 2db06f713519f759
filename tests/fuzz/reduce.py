"""Reduces a program while a test of it holds: fewer statements, then smaller expressions."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.fuzz.generate import Program

Edit = Callable[[], Callable[[], None]]  # makes a change and gives what undoes it
BLOCKS = ("body", "orelse", "finalbody")
SIMPLE = ("0", "1", "1.0")


def reduced(program: Program, fails: Callable[[Program], bool], tries: int = 1500) -> Program:
    """A smaller program that still fails; at most `tries` are tested."""
    left = [tries]

    def holds(tree: ast.Module) -> bool:
        left[0] -= 1
        candidate = replace(program, source=ast.unparse(tree) + "\n")
        try:
            return fails(candidate)
        except (SyntaxError, ValueError, RecursionError):
            return False

    tree = ast.parse(program.source)
    for edits in (removals, unwrapped, simpler, removals):
        while left[0] > 0 and improved(tree, edits, holds, left):
            pass
    return without_unused(replace(program, source=ast.unparse(tree) + "\n"), fails)


def improved(tree: ast.Module, edits: Any, holds: Any, left: list[int]) -> bool:
    """Tries each edit once, keeping those that hold; whether any did."""
    done, found = 0, False
    while left[0] > 0:
        options = list(edits(function_in(tree)))
        if done >= len(options):
            return found
        undo = options[done]()
        if holds(tree):
            found = True
        else:
            undo()
            done += 1
    return False


def function_in(tree: ast.Module) -> ast.FunctionDef:
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "program"]
    return found[0]


def blocks(root: ast.AST) -> Iterator[tuple[Any, str, list[Any]]]:
    for node in ast.walk(root):
        for field in BLOCKS:
            block = getattr(node, field, None)
            if isinstance(block, list) and block:
                yield node, field, block


def setting(node: Any, field: str, value: Any) -> Edit:
    def edit() -> Callable[[], None]:
        old = getattr(node, field)
        setattr(node, field, value)
        return lambda: setattr(node, field, old)

    return edit


def removals(root: ast.FunctionDef) -> Iterator[Edit]:
    """Statements left out, large parts first."""
    for node, field, block in blocks(root):
        size = len(block)
        while size:
            for start in range(0, len(block), size):
                rest = block[:start] + block[start + size :]
                if rest or field != "body":
                    yield setting(node, field, rest)
                elif not isinstance(block[0], ast.Pass):
                    yield setting(node, field, [ast.Pass()])
            size //= 2


def unwrapped(root: ast.FunctionDef) -> Iterator[Edit]:
    """Compound statements replaced by their bodies."""
    for node, field, block in blocks(root):
        for i, statement in enumerate(block):
            for part in BLOCKS:
                inner = getattr(statement, part, None)
                if isinstance(inner, list) and inner:
                    yield setting(node, field, block[:i] + inner + block[i + 1 :])


def simpler(root: ast.FunctionDef) -> Iterator[Edit]:
    """Expressions replaced by parts of themselves or by numbers."""
    for node in ast.walk(root):
        for field, value in ast.iter_fields(node):
            if isinstance(value, ast.expr) and not isinstance(
                getattr(value, "ctx", None), ast.Store
            ):
                yield from (setting(node, field, v) for v in parts(value))
            elif isinstance(value, list) and value and isinstance(value[0], ast.expr):
                yield from list_edits(node, field, value)


def list_edits(node: Any, field: str, values: list[Any]) -> Iterator[Edit]:
    for i, value in enumerate(values):
        if isinstance(getattr(value, "ctx", None), ast.Store):
            continue
        if len(values) > 1 and field != "targets":
            yield setting(node, field, values[:i] + values[i + 1 :])
        for part in parts(value):
            yield setting(node, field, [*values[:i], part, *values[i + 1 :]])


def parts(value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(value, ast.Constant | ast.Name):
        return
    for text in SIMPLE:
        yield ast.parse(text, mode="eval").body
    for child in ast.iter_child_nodes(value):
        if isinstance(child, ast.expr):
            yield copy.deepcopy(child)
        for grandchild in ast.iter_child_nodes(child):
            if isinstance(grandchild, ast.expr):
                yield copy.deepcopy(grandchild)


def without_unused(program: Program, fails: Callable[[Program], bool]) -> Program:
    """The program without parameters that it does not read, if it still fails."""
    tree = ast.parse(program.source)
    function = function_in(tree)
    read = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
    keep = [i for i, a in enumerate(function.args.args) if a.arg in read]
    function.args.args = [function.args.args[i] for i in keep]
    cases = tuple(tuple(case[i] for i in keep) for case in program.cases)
    smaller = replace(program, source=ast.unparse(tree) + "\n", cases=cases)
    return smaller if fails(smaller) else program
