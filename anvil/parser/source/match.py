"""Whether a piece of text compiles to a given code object.

Bytecode, names, constants (nested functions included) and exception table must be equal. At first
only the top-level statement around the function is compiled, with the module's imports (a method
call on an imported name has bytecode of its own); where that gives something else, the module is.
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
    module = _parsed(text)
    candidates = [
        definition
        for statement in _covering(module, code.co_firstlineno)
        for definition in _definitions(statement)
        if _name_of(definition.node) == code.co_name
        and _first_line(definition.node) == code.co_firstlineno
    ]
    if not candidates:
        return None
    around = tuple(_covering(module, code.co_firstlineno))
    for scope in ((*_imports(module), *around), module):
        found = [
            (definition, compiled)
            for definition, compiled in _compiled(scope, candidates, code.co_flags & _FUTURE)
            if _same(code, compiled, definition.node)
        ]
        if found:  # equal functions on one line differ by their positions only
            where = _positions(code)
            return next((d for d, other in found if _positions(other) == where), found[0][0])
    return None


@lru_cache(maxsize=64)
def _parsed(text: str) -> tuple[ast.stmt, ...]:
    """The statements of a text; none if it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python showed them when it compiled the file
            return tuple(ast.parse(text).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def _covering(module: tuple[ast.stmt, ...], line: int) -> Iterator[ast.stmt]:
    """The top-level statements that cover a line."""
    for statement in module:
        if _first_line(statement) <= line <= (statement.end_lineno or statement.lineno):
            yield statement


@lru_cache(maxsize=64)
def _imports(module: tuple[ast.stmt, ...]) -> tuple[ast.stmt, ...]:
    """The imports of a module, those within its `if` and `try` statements included."""
    found: list[ast.stmt] = []
    pending = list(reversed(module))
    while pending:
        statement = pending.pop()
        if isinstance(statement, ast.Import | ast.ImportFrom):
            found.append(statement)
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            parts = ast.iter_child_nodes(statement)
            pending += [part for part in parts if isinstance(part, ast.stmt)]
    return tuple(found)


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
    scope: tuple[ast.stmt, ...], candidates: list[Definition], flags: int
) -> Iterator[tuple[Definition, CodeType]]:
    """The candidates with their code objects; several on one line are compiled one by one."""
    for definition in candidates:
        whole, line = scope, _first_line(definition.node)
        if len(candidates) > 1 and isinstance(definition.node, ast.Lambda):
            whole, line = _moved_away(scope, definition.node)
        key = (_name_of(definition.node), line)
        codes = _code_objects(whole, flags)
        compiled = next((c for c in codes if (c.co_name, c.co_firstlineno) == key), None)
        if compiled is not None:
            yield definition, compiled


def _moved_away(scope: tuple[ast.stmt, ...], node: ast.Lambda) -> tuple[tuple[ast.stmt, ...], int]:
    """A copy of the statements with one lambda on lines of its own, and the first of these.

    Lambdas in its body move along and come after it; those in its defaults stay.
    """
    memo: dict[int, ast.AST] = {}
    moved = tuple(copy.deepcopy(statement, memo) for statement in scope)
    twin = memo[id(node)]
    assert isinstance(twin, ast.Lambda)
    distance = max(statement.end_lineno or statement.lineno for statement in scope)
    ast.increment_lineno(twin.body, distance)
    twin.lineno += distance
    twin.end_lineno = (twin.end_lineno or 0) + distance
    return moved, twin.lineno


@lru_cache(maxsize=64)
def _code_objects(scope: tuple[ast.stmt, ...], flags: int) -> tuple[CodeType, ...]:
    """All functions that the statements define, compiled; each before those within it."""
    body = [s for s in scope if not (isinstance(s, ast.ImportFrom) and s.module == "__future__")]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(ast.Module(body, []), "<source>", "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return tuple(inner for inner in _nested(code) if inner.co_flags & _NEW_LOCALS)


def _nested(code: CodeType) -> Iterator[CodeType]:
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield const
            yield from _nested(const)


def _positions(code: CodeType) -> list[tuple[int | None, ...]]:
    """Where each instruction is, lines counted from the function's first."""
    return [
        (line and line - code.co_firstlineno, end and end - code.co_firstlineno, *columns)
        for line, end, *columns in code.co_positions()
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
