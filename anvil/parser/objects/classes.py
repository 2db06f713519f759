"""`class` inside a compiled function: a class of the host program, made while compiling.

The statement is run by CPython, in cells that hold what the function knows: modules, classes,
constants. Variables that it does not know (arrays, functions made inside) are cells that hold a
`Captured`: methods read them from the box of the variable, which every call hands on. What the body
itself reads has the value of that moment: such a variable is another one, with a box of its own.
"""

from __future__ import annotations

import ast
import copy
import types
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from anvil.errors import AnvilError
from anvil.parser.interp import Interp, statement
from anvil.parser.source.functions import Captured, FunctionInfo
from anvil.parser.source.scopes import scan
from anvil.parser.state.heap import CellBox
from anvil.parser.state.signals import Signal
from anvil.parser.state.values import CellRef, Known, known_key


@statement(ast.ClassDef)
def _class(it: Interp, node: ast.ClassDef, rest: Sequence[ast.stmt]) -> bool:
    known: dict[str, Any] = {}
    captured: dict[str, int] = {}
    by_body, by_methods = _needed(node)
    for name in sorted((by_body | by_methods) - {node.name}):
        v = it.state.locals.get(name)
        if isinstance(v, CellRef):
            _variable(it, name, v, known, captured)
    renamed = {n: f"_{n}_now" for n in by_body & captured.keys()}
    for name, now in renamed.items():
        captured[now] = it.new_cell(name, it.load(name)).box
        if name not in by_methods:
            del captured[name]
    _guard_globals(it, node)
    key = (node, tuple((n, known_key(v)) for n, v in known.items()), tuple(captured))
    if key not in it.info.fused:
        it.info.fused[key] = _made(it, node, known, captured, renamed)
    cls, cells = it.info.fused[key]
    for name, box in captured.items():
        it.state.locals[cells[name].cell_contents.key] = CellRef(box)
    it.store(node.name, Known(cls))
    return False


def _needed(node: ast.ClassDef) -> tuple[set[str], set[str]]:
    """Names that a class statement reads from around it: itself, and by its methods."""
    direct = {n.id for n in _read(node)}
    scope = scan(node.body)
    return direct - scope.stored, scope.captured


def _read(node: ast.ClassDef) -> Iterator[ast.Name]:
    """The variables that the statement itself reads."""
    todo: list[ast.AST] = list(ast.iter_child_nodes(node))
    while todo:
        n = todo.pop()
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load):
            yield n
        if isinstance(n, ast.FunctionDef | ast.Lambda):
            todo.extend(d for d in (*n.args.defaults, *n.args.kw_defaults) if d is not None)
            todo.extend(getattr(n, "decorator_list", ()))
        else:
            todo.extend(ast.iter_child_nodes(n))


def _variable(
    it: Interp, name: str, v: CellRef, known: dict[str, Any], captured: dict[str, int]
) -> None:
    """Sorts a variable of the function: known for good, or captured."""
    content = it.state.heap[v.box]
    value = content.value if isinstance(content, CellBox) else None
    if isinstance(value, Known) and value.origin is None and _stores(it.info, name) == 1:
        known[name] = value.value
    else:
        captured[name] = v.box


def _stores(info: FunctionInfo, name: str) -> int:
    """How often a function binds a variable."""
    count = int(name in info.code.params.names)
    for n in ast.walk(info.code.node):
        if isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load):
            count += 1
        elif isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == name:
            count += n is not info.code.node
        elif isinstance(n, ast.alias):
            count += (n.asname or n.name.split(".")[0]) == name
    return count


def _guard_globals(it: Interp, node: ast.ClassDef) -> None:
    """Reads what the class body reads itself from outside, so that a change is noticed."""
    todo: list[ast.AST] = [*node.body, *node.bases, *node.decorator_list]
    while todo:
        n = todo.pop()
        if isinstance(n, ast.FunctionDef | ast.Lambda):
            todo.extend(d for d in (*n.args.defaults, *n.args.kw_defaults) if d is not None)
            continue
        outside = isinstance(n, ast.Name) and n.id in it.info.globals
        if isinstance(n, ast.Name) and outside and n.id not in it.state.locals:
            it.load_outside(n.id)
        todo.extend(ast.iter_child_nodes(n))


def _made(
    it: Interp,
    node: ast.ClassDef,
    known: dict[str, Any],
    captured: dict[str, int],
    renamed: dict[str, str],
) -> tuple[type, dict[str, Any]]:
    """The class, and its cells by name; its own variables are `renamed`."""
    cells: dict[str, Any] = {n: types.CellType(v) for n, v in known.items()}
    for name in captured:
        cell = cells[name] = types.CellType()
        cell.cell_contents = Captured(f"<cell {len(it.session.cells) + 1}>", name)
        it.session.cells[id(cell)] = cell
    used = set().union(*_needed(node))
    every = {**{n: c for n, c in it.info.host_cells.items() if n in used}, **cells}
    try:
        cls = _factory(it, node, every, renamed)()
    except (AnvilError, Signal):
        raise
    except Exception as problem:
        text = f"{type(problem).__name__}: {problem}"
        if Captured.__name__ in text:
            text = "its body computes with data"
        it.error(
            "unsupported-syntax",
            f"the class {node.name} cannot be made while compiling: {text}",
            hint="Compute before the class what its body needs; methods may use any variable.",
        )
    if captured:
        it.session.local_classes.add(cls)
    for name, value in vars(cls).items():
        own = isinstance(value, list | dict | set) and not name.startswith("__")
        if own and Captured.__name__ in repr(value):
            text = f"`{name}` of the class {node.name} is a {type(value).__name__} of data"
            it.error("unsupported-syntax", text, hint="Make it in `__init__`, or before the class.")
    return cls, cells


def _factory(it: Interp, node: ast.ClassDef, cells: dict[str, Any], renamed: dict[str, str]) -> Any:
    """A function that runs the class statement, with these free variables."""
    if renamed:
        notes = (v for n in ast.walk(node) for k, v in vars(n).items() if k.startswith("_anvil"))
        node = copy.deepcopy(node, {id(v): v for v in notes})
        for n in list(_read(node)):
            n.id = renamed.get(n.id, n.id)
    leave = ast.Return(ast.Name(node.name, ast.Load()))
    empty = ast.arguments([], [], None, [], [], None, [])
    factory = ast.FunctionDef("factory", empty, [node, leave], [], None)
    names = ast.arguments([], [ast.arg(n) for n in cells], None, [], [], None, [])
    maker = ast.FunctionDef("maker", names, [factory], [], None)
    for new in (factory, maker):
        new.type_params = []  # type: ignore[attr-defined]
    module = ast.Module([ast.fix_missing_locations(ast.copy_location(maker, node))], [])
    code = compile(module, it.info.code.source.filename, "exec")
    inner = _inner(_inner(code))
    inner = _named(inner, f"{inner.co_qualname}.", f"{it.info.code.path}.")
    _remember(it, node, inner)
    closure = tuple(cells[n] for n in inner.co_freevars)
    return types.FunctionType(inner, it.info.globals, "factory", None, closure)


def _named(code: types.CodeType, old: str, new: str) -> types.CodeType:
    """Code in which the qualified names that begin with `old` begin with `new`."""
    consts = tuple(
        _named(c, old, new)
        if isinstance(c, types.CodeType)
        else c.replace(old, new, 1)
        if isinstance(c, str) and c.startswith(old)
        else c
        for c in code.co_consts
    )
    qualname = code.co_qualname
    named = qualname.replace(old, new, 1) if qualname.startswith(old) else qualname
    return code.replace(co_consts=consts, co_qualname=named)


def _remember(it: Interp, node: ast.ClassDef, code: types.CodeType) -> None:
    """Notes where the methods come from."""
    source = replace(it.info.code.source, owner=node.name)
    defs: dict[Any, Any] = {}
    for n in ast.walk(node):
        if isinstance(n, ast.FunctionDef):
            line = min([n.lineno, *(d.lineno for d in n.decorator_list)])
            defs[n.name, line] = n
    todo = [code]
    while todo:
        found = todo.pop()
        it.session.keep.append(found)
        todo.extend(c for c in found.co_consts if isinstance(c, types.CodeType))
        method = defs.get((found.co_name, found.co_firstlineno))
        if method is not None:
            qualname = f"{it.info.code.qualname}.{node.name}.{method.name}"
            path = found.co_qualname
            it.session.sources[id(found)] = replace(
                source, node=method, qualname=qualname, path=path
            )


def _inner(code: types.CodeType) -> types.CodeType:
    return next(c for c in code.co_consts if isinstance(c, types.CodeType))
