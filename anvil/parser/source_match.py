"""Whether a piece of text compiles to a given code object.

Bytecode, names, constants (nested functions included) and exception table must be equal. Only the
top-level statement around the function is compiled: scopes do not reach further.
"""

from __future__ import annotations
import __future__

import ast
import copy
import dis
import inspect
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from types import CodeType

_FUTURE: int = reduce(
    or_, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)
_VARARGS = inspect.CO_VARARGS
_VARKEYWORDS = inspect.CO_VARKEYWORDS
_NEW_LOCALS = inspect.CO_NEWLOCALS
_KIND = (
    _VARARGS
    | _VARKEYWORDS
    | inspect.CO_GENERATOR
    | inspect.CO_COROUTINE
    | inspect.CO_ASYNC_GENERATOR
)

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """A function in a parsed text; `owner` is the innermost class around it, or empty."""

    node: _Function
    owner: str


def find(code: CodeType, text: str) -> Definition | None:
    """The definition in `text` that is at the position of `code` and compiles to it."""
    flags = code.co_flags & _FUTURE
    found: list[tuple[Definition, CodeType]] = []
    for statement in _statements(text, code.co_firstlineno):
        candidates = [
            definition
            for definition in _definitions(statement)
            if _name_of(definition.node) == code.co_name
            and _first_line(definition.node) == code.co_firstlineno
        ]
        for definition, compiled in _compiled(statement, candidates, flags):
            if _same(code, compiled, definition.node):
                found.append((definition, compiled))
    if not found:
        return None
    # Equal functions on one line differ by their columns only.
    first = code.co_firstlineno
    where = _columns(code, first)
    return next((d for d, compiled in found if _columns(compiled, first) == where), found[0][0])


@lru_cache(maxsize=64)
def _parsed(text: str) -> tuple[ast.stmt, ...]:
    """The statements of a text; none if it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python showed them when it compiled the file
            return tuple(ast.parse(text).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def _statements(text: str, line: int) -> Iterator[ast.stmt]:
    """The top-level statements that cover a line."""
    for statement in _parsed(text):
        if _first_line(statement) <= line <= (statement.end_lineno or statement.lineno):
            yield statement


def _first_line(node: ast.stmt | ast.expr) -> int:
    """The line of a node, or of its first decorator: `co_firstlineno`."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return decorators[0].lineno if decorators else node.lineno


def _name_of(node: _Function) -> str:
    return "<lambda>" if isinstance(node, ast.Lambda) else node.name


def _definitions(node: ast.AST, owner: str = "") -> Iterator[Definition]:
    """The functions within a node, with the class whose private names they use."""
    if isinstance(node, _Function):
        yield Definition(node, owner)
    inside = node.name if isinstance(node, ast.ClassDef) else owner
    for child in ast.iter_child_nodes(node):  # a class's bases and decorators are outside it
        yield from _definitions(child, inside if isinstance(child, ast.stmt) else owner)


def _compiled(
    statement: ast.stmt, candidates: list[Definition], flags: int
) -> Iterator[tuple[Definition, CodeType]]:
    """The candidates with their code objects.

    Of several on one line, each gets a line number of its own for compiling, so that
    `co_firstlineno` tells them apart.
    """
    lines = [_first_line(definition.node) for definition in candidates]
    if len(candidates) > 1:
        statement, lines = _marked(statement, [definition.node for definition in candidates])
    by_line: dict[tuple[str, int], CodeType] = {
        (code.co_name, code.co_firstlineno): code
        for code in (_code_objects(statement, flags) if candidates else ())
    }
    for definition, line in zip(candidates, lines, strict=True):
        code = by_line.get((_name_of(definition.node), line))
        if code is not None:
            yield definition, code


def _marked(statement: ast.stmt, nodes: list[_Function]) -> tuple[ast.stmt, list[int]]:
    """A copy of a statement in which each of `nodes` begins on a line beyond its end."""
    memo: dict[int, ast.AST] = {}
    marked = copy.deepcopy(statement, memo)
    beyond = (statement.end_lineno or statement.lineno) + 1
    lines = [beyond + i for i in range(len(nodes))]
    for node, line in zip(nodes, lines, strict=True):
        twin = memo[id(node)]
        for part in (twin, *getattr(twin, "decorator_list", [])[:1]):
            part.lineno = part.end_lineno = line
            part.end_col_offset = part.col_offset + 1
    return marked, lines


@lru_cache(maxsize=64)
def _code_objects(statement: ast.stmt, flags: int) -> tuple[CodeType, ...]:
    """All functions that a statement defines, compiled."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.Module([statement], [])
            code = compile(module, "<source>", "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return tuple(inner for inner in _nested(code) if inner.co_flags & _NEW_LOCALS)


def _nested(code: CodeType) -> Iterator[CodeType]:
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield const
            yield from _nested(const)


def _columns(code: CodeType, first: int) -> list[tuple[int | None, int | None, int | None]]:
    """Where each instruction is; the function's first line may have been marked with another."""
    return [
        (None if line in (first, code.co_firstlineno) else line, start, end)
        for line, _, start, end in code.co_positions()
    ]


def _same(code: CodeType, other: CodeType, node: _Function) -> bool:
    """Whether `other`, compiled from `node`, means what `code` does."""
    if _rewritten(code):
        skip = {
            line
            for part in ast.walk(node)
            if isinstance(part, ast.Assert)
            for line in range(part.lineno, (part.end_lineno or part.lineno) + 1)
        }
        return _same_but_asserts(code, other, skip)
    return _same_code(code, other)


def _same_code(code: CodeType, other: CodeType) -> bool:
    return (
        _signature(code) == _signature(other)
        and code.co_code == other.co_code
        and code.co_names == other.co_names
        and code.co_varnames == other.co_varnames
        and code.co_cellvars == other.co_cellvars
        and code.co_exceptiontable == other.co_exceptiontable
        and _same_constants(code.co_consts, other.co_consts)
    )


def _signature(code: CodeType) -> tuple[object, ...]:
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & _VARARGS) + bool(code.co_flags & _VARKEYWORDS)
    return (
        code.co_name,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_varnames[:count],
        code.co_freevars,
        code.co_flags & _KIND,
    )


def _same_constants(left: tuple[object, ...], right: tuple[object, ...]) -> bool:
    return len(left) == len(right) and all(map(_same_constant, left, right))


def _same_constant(left: object, right: object) -> bool:
    """Equality that tells 1 from True and from 1.0, and 0.0 from -0.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, CodeType) and isinstance(right, CodeType):
        return _same_code(left, right)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return _same_constants(left, right)
    if isinstance(left, frozenset):
        return left == right
    return repr(left) == repr(right)


def _rewritten(code: CodeType) -> bool:
    """Whether the function was rewritten before it was compiled, as pytest does with `assert`.

    It shows in names that no source text can spell.
    """
    names = (*code.co_names, *code.co_varnames, *code.co_cellvars)
    return any("@" in name for name in names) or any(map(_rewritten, _nested(code)))


def _same_but_asserts(code: CodeType, other: CodeType, skip: set[int]) -> bool:
    """Equality line by line of what is read, stored, called and computed, off the lines `skip`."""
    if _signature(code) != _signature(other) or _events(code, skip) != _events(other, skip):
        return False
    inner, twins = _off(code, skip), _off(other, skip)
    return len(inner) == len(twins) and all(
        _same_but_asserts(a, b, skip) for a, b in zip(inner, twins, strict=True)
    )


def _off(code: CodeType, skip: set[int]) -> list[CodeType]:
    """The functions directly within, in order, but for those on the lines `skip`."""
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    return [const for const in inner if const.co_firstlineno not in skip]


def _events(code: CodeType, skip: set[int]) -> dict[int, list[str]]:
    events: dict[int, list[str]] = defaultdict(list)
    for instruction in dis.get_instructions(code):
        line = instruction.positions.lineno if instruction.positions else None
        if line is None or line in skip:
            continue
        events[line].extend(_event(instruction))
    return {line: found for line, found in events.items() if found}


def _event(instruction: dis.Instruction) -> list[str]:
    """What an instruction does, without the details that depend on its neighbours."""
    value = instruction.argval
    if instruction.opcode in _NAMED:
        return [str(name) for name in value] if isinstance(value, tuple) else [str(value)]
    if instruction.opname in ("BINARY_OP", "COMPARE_OP", "UNARY_OP"):
        return [instruction.argrepr]
    if instruction.opname.startswith("UNARY_"):
        return [instruction.opname]
    if instruction.opname in _LITERAL and value is not None:
        return ["function" if isinstance(value, CodeType) else repr(value)]
    return []


_NAMED = frozenset((*dis.hasname, *dis.haslocal, *dis.hasfree))
_LITERAL = ("LOAD_CONST", "RETURN_CONST", "LOAD_SMALL_INT")
