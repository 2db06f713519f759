"""Statements: assignment, control flow, definitions, exits."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Sequence
from typing import Any

from anvil.errors import AnvilError
from anvil.ir.records import Atom
from anvil.parser.arrays import operators
from anvil.parser.arrays.inplace import in_place
from anvil.parser.arrays.subscripts import get_item, set_item
from anvil.parser.calls.making import make_function
from anvil.parser.containers import open_lists
from anvil.parser.containers.open_lists import is_open
from anvil.parser.control.branches import branch
from anvil.parser.control.choices import apart, settled
from anvil.parser.control.iteration import listed
from anvil.parser.control.loops import run_for, run_while
from anvil.parser.expressions import BINARY
from anvil.parser.interp import ASSIGN, Interp, statement
from anvil.parser.objects.attributes import delete_attribute, delete_item, set_attribute
from anvil.parser.reports.blame import name_operands
from anvil.parser.state.heap import BREAK, CONTINUE, RETURN
from anvil.parser.state.values import (
    NONE,
    UNDEFINED,
    Abstract,
    CellRef,
    Choice,
    DictV,
    Known,
    ListV,
    TupleV,
)

Rest = Sequence[ast.stmt]


@statement(ast.Assign)
def _assign(it: Interp, node: ast.Assign, rest: Rest) -> bool:
    value = it.eval(node.value)
    try:
        for target in node.targets:
            it.assign(target, value)
    except AnvilError as error:
        if isinstance(target, ast.Tuple | ast.List):
            name_operands(it, error, ((node.value, value),))
        raise
    return False


@statement(ast.AnnAssign)
def _annotated(it: Interp, node: ast.AnnAssign, rest: Rest) -> bool:
    if node.value is not None:
        it.assign(node.target, it.eval(node.value))
    return False


def assign(it: Interp, target: ast.expr, value: Abstract) -> None:
    """Binds a target: a name, a pattern of names, an element, an attribute."""
    if isinstance(target, ast.Name):
        it.store(target.id, value)
    elif isinstance(target, ast.Tuple | ast.List):
        it.at(target)
        _unpack(it, target.elts, value)
    elif isinstance(target, ast.Subscript):
        base = it.eval(target.value)
        index = it.eval(target.slice)
        it.at(target)
        set_item(it, base, index, value)
    elif isinstance(target, ast.Attribute):
        obj = it.eval(target.value)
        it.at(target)
        set_attribute(it, obj, it.mangled(target.attr), value)
    else:
        it.unsupported(target)


ASSIGN.append(assign)


def _counts(value: Abstract) -> bool:
    """Whether this version of Python says how long a sequence is that is too long."""
    return sys.version_info >= (3, 14) and isinstance(value, ListV | TupleV | DictV)


def _unpack(it: Interp, targets: list[ast.expr], value: Abstract) -> None:
    if isinstance(value, Choice):
        apart(it, [settled(it, value)], lambda vs: _unpack(it, targets, vs[0]))
        return
    stars = [i for i, t in enumerate(targets) if isinstance(t, ast.Starred)]
    opened = is_open(it, value) and open_lists.taken_apart(
        it, value, len(targets), stars[0] if stars else None, _counts(value)
    )
    if opened:
        for target, item in zip(targets, opened, strict=True):
            starred: Any = target
            it.assign(starred.value if isinstance(target, ast.Starred) else target, item)
        return
    items = listed(it, value)
    if not stars:
        if len(items) != len(targets):
            many = len(items) > len(targets)
            got = f", got {len(items)}" if not many or _counts(value) else ""
            few = "too many" if many else "not enough"
            it.fail(ValueError, f"{few} values to unpack (expected {len(targets)}{got})")
        for target, item in zip(targets, items, strict=True):
            it.assign(target, item)
        return
    head, tail = stars[0], len(targets) - stars[0] - 1
    if len(items) < head + tail:
        wanted = f"expected at least {head + tail}, got {len(items)}"
        it.fail(ValueError, f"not enough values to unpack ({wanted})")
    middle = items[head : len(items) - tail]
    starred = targets[head]
    for target, item in zip(targets[:head], items[:head], strict=True):
        it.assign(target, item)
    it.assign(starred.value, it.list(middle))
    for target, item in zip(targets[head + 1 :], items[len(items) - tail :], strict=True):
        it.assign(target, item)


@statement(ast.AugAssign)
def _augmented(it: Interp, node: ast.AugAssign, rest: Rest) -> bool:
    op = BINARY[type(node.op)]
    target = node.target
    if isinstance(target, ast.Name):
        old = it.load(target.id)
        new = _combined(it, node, op, old)
        if new is not old:
            it.store(target.id, new)
    elif isinstance(target, ast.Subscript):
        base = it.eval(target.value)
        index = it.eval(target.slice)
        it.at(node)
        old = get_item(it, base, index)
        new = _combined(it, node, op, old)
        it.at(node)
        set_item(it, base, index, new)
    elif isinstance(target, ast.Attribute):
        obj = it.eval(target.value)
        name = it.mangled(target.attr)
        old = it.attribute(obj, name)
        set_attribute(it, obj, name, _combined(it, node, op, old))
    return False


def _combined(it: Interp, node: ast.AugAssign, op: str, old: Abstract) -> Abstract:
    value = it.eval(node.value)
    it.at(node)
    try:
        done = in_place(it, op, old, value)
        return operators.binary(it, op, old, value) if done is None else done
    except AnvilError as error:
        name_operands(it, error, ((node.target, old), (node.value, value)))
        raise


@statement(ast.Expr)
def _expression(it: Interp, node: ast.Expr, rest: Rest) -> bool:
    if not isinstance(node.value, ast.Constant):
        it.eval(node.value)
    return False


@statement(ast.Pass, ast.Global, ast.Nonlocal)
def _pass(it: Interp, node: ast.stmt, rest: Rest) -> bool:
    return False


@statement(ast.If)
def _if(it: Interp, node: ast.If, rest: Rest) -> bool:
    test = it.truth(it.eval(node.test))
    if isinstance(test, bool):
        it.block(node.body if test else node.orelse)
        return False
    return if_data(it, node, test, rest)


def if_data(it: Interp, node: ast.If, test: Atom, rest: Rest) -> bool:
    """An `if` whose test the program computes."""
    it.at(node.test)
    live = it.info.code.live
    return branch(
        it,
        test,
        lambda: it.block(node.body),
        lambda: it.block(node.orelse),
        rest,
        live.after.get(node),
        live.at_end([node, *rest]),
    )


@statement(ast.For)
def _for(it: Interp, node: ast.For, rest: Rest) -> bool:
    run_for(it, node)
    return False


@statement(ast.While)
def _while(it: Interp, node: ast.While, rest: Rest) -> bool:
    run_while(it, node)
    return False


@statement(ast.Return)
def _return(it: Interp, node: ast.Return, rest: Rest) -> bool:
    _give(it, node.value)
    return False


def _give(it: Interp, node: ast.expr | None) -> None:
    """Returns the value of an expression; of a ternary one of the outermost function, each path
    its own, so that the types of numbers stay what they are.
    """
    if isinstance(node, ast.IfExp) and it.is_entry:
        test = it.truth(it.eval(node.test))
        it.at(node)
        if isinstance(test, bool):
            _give(it, node.body if test else node.orelse)
        else:
            branch(it, test, lambda: _give(it, node.body), lambda: _give(it, node.orelse))
        return
    it.state.ret = NONE if node is None else it.eval(node)
    it.state.where["return"] = it.b.loc
    it.state.exit(RETURN)


@statement(ast.Break)
def _break(it: Interp, node: ast.Break, rest: Rest) -> bool:
    it.state.exit(BREAK)
    return False


@statement(ast.Continue)
def _continue(it: Interp, node: ast.Continue, rest: Rest) -> bool:
    it.state.exit(CONTINUE)
    return False


@statement(ast.FunctionDef)
def _def(it: Interp, node: ast.FunctionDef, rest: Rest) -> bool:
    decorators = [it.eval(d) for d in node.decorator_list]
    value: Abstract = make_function(it, node)
    for decorator in reversed(decorators):
        value = it.call(decorator, value)
    it.store(node.name, value)
    return False


@statement(ast.Delete)
def _delete(it: Interp, node: ast.Delete, rest: Rest) -> bool:
    for target in node.targets:
        if isinstance(target, ast.Name):
            it.load(target.id)
            if isinstance(it.state.locals.get(target.id), CellRef):
                it.store(target.id, UNDEFINED)
            else:
                it.state.locals[target.id] = UNDEFINED
        elif isinstance(target, ast.Subscript):
            base, index = it.eval(target.value), it.eval(target.slice)
            it.at(target)
            delete_item(it, base, index)
        elif isinstance(target, ast.Attribute):
            base = it.eval(target.value)
            it.at(target)
            delete_attribute(it, base, it.mangled(target.attr))
        elif isinstance(target, ast.Tuple | ast.List):
            _delete(it, ast.Delete(target.elts), rest)
        else:
            it.unsupported(node)
    return False


@statement(ast.Import)
def _import(it: Interp, node: ast.Import, rest: Rest) -> bool:
    for alias in node.names:
        module = _module(it, alias.name)
        if alias.asname:
            it.store(alias.asname, Known(module))
        else:
            name = alias.name.split(".")[0]
            it.store(name, Known(_module(it, name)))
    return False


@statement(ast.ImportFrom)
def _import_from(it: Interp, node: ast.ImportFrom, rest: Rest) -> bool:
    package = it.info.globals.get("__package__") or ""
    name = "." * node.level + (node.module or "")
    module = _module(it, name, package)
    for alias in node.names:
        if not hasattr(module, alias.name):
            it.fail(ImportError, f"cannot import name {alias.name!r} from {name!r}")
        it.store(alias.asname or alias.name, Known(getattr(module, alias.name)))
    return False


def _module(it: Interp, name: str, package: str = "") -> Any:
    try:
        return importlib.import_module(name, package or None)
    except ImportError as error:
        it.fail(type(error), *error.args)
