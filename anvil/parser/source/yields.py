"""`yield` inside of expressions: taken out, so that each is a statement of its own.

    f(a, (yield b)) + c        t1 = f;  t2 = a;  t3 = yield b;  t1(t2, t3) + c

What Python evaluates before the `yield` is evaluated before it. Where whether a `yield` is reached
depends on an operand (`and`, `or`, conditional expressions, chained comparisons) it is left where
it is, and refused when it is interpreted.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

_YIELDS = (ast.Yield, ast.YieldFrom)
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
Parts = list[tuple[Any, str, int]]
"""Expressions as (node, field, index): index -1 where the field is the expression itself."""


def hoisted(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The statements of a generator with its inner `yield`s taken out."""
    return _Hoisting().block(body)


def _has(node: Any) -> bool:
    if isinstance(node, _YIELDS):
        return True
    return not isinstance(node, _INNER) and any(map(_has, ast.iter_child_nodes(node)))


class _Hoisting:
    """One pass over the statements of a function."""

    def __init__(self) -> None:
        self.count = 0

    def block(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for stmt in body:
            out += self.statement(stmt) if _has(stmt) else [stmt]
        return out

    def statement(self, stmt: Any) -> list[ast.stmt]:
        """A statement with a `yield` inside."""
        for name in ("body", "orelse", "finalbody"):
            if isinstance(getattr(stmt, name, None), list):
                setattr(stmt, name, self.block(getattr(stmt, name)))
        for part in (*getattr(stmt, "handlers", ()), *getattr(stmt, "cases", ())):
            part.body = self.block(part.body)
        if isinstance(stmt, ast.While) and _has(stmt.test) and not stmt.orelse:
            self._test_inside(stmt)
        before: list[ast.stmt] = []
        for name in _HEADS.get(type(stmt), ()):
            value = getattr(stmt, name)
            if value is None or not _has(value):
                continue
            if isinstance(value, _YIELDS) and not isinstance(stmt, _COMPLEX):
                self.operand(before, (value, "value", -1))
            else:
                setattr(stmt, name, self.expression(before, value))
        return [*before, stmt]

    def _test_inside(self, stmt: ast.While) -> None:
        """`while test: ...` as `while True: if not test: break; ...`."""
        test = stmt.test
        untrue = _at(ast.UnaryOp(ast.Not(), test), test)
        stop = _at(ast.If(untrue, [_at(ast.Break(), test)], []), test)
        stmt.test = _at(ast.Constant(True), test)
        stmt.body = [*self.statement(stop), *stmt.body]

    def expression(self, before: list[ast.stmt], node: Any) -> Any:
        """The value of an expression with a `yield` inside; `before` gets what comes first."""
        if isinstance(node, _YIELDS):
            self.operand(before, (node, "value", -1))
            return self.held(before, node)
        parts = _operands(node)
        if parts is None:
            return node
        last = max(i for i, part in enumerate(parts) if _has(_get(part)))
        for i, part in enumerate(parts[: last + 1]):
            self.operand(before, part)
            value = _get(part)
            if i < last and not isinstance(value, ast.Constant) and not _is_held(value):
                _set(part, self.held(before, value))
        return node

    def operand(self, before: list[ast.stmt], part: tuple[Any, str, int]) -> None:
        """Takes the `yield`s out of an operand."""
        value = _get(part)
        if value is not None and _has(value):
            _set(part, self.expression(before, value))

    def held(self, before: list[ast.stmt], value: ast.expr) -> ast.expr:
        """A variable that holds a value."""
        self.count += 1
        name = f"{_HELD}{self.count}>"
        before.append(_at(ast.Assign([_at(ast.Name(name, ast.Store()), value)], value), value))
        return _at(ast.Name(name, ast.Load()), value)  # type: ignore[no-any-return]


_HELD = "<held "


def _is_held(value: Any) -> bool:
    return isinstance(value, ast.Name) and value.id.startswith(_HELD)


def _at(new: Any, old: ast.AST) -> Any:
    return ast.copy_location(new, old)


def _get(part: tuple[Any, str, int]) -> Any:
    node, name, i = part
    value = getattr(node, name)
    return value if i < 0 else value[i]


def _set(part: tuple[Any, str, int], value: Any) -> None:
    node, name, i = part
    if i < 0:
        setattr(node, name, value)
    else:
        getattr(node, name)[i] = value


def _operands(node: Any) -> Parts | None:
    """The operands of an expression in the order of evaluation; None where that depends."""
    found = _ORDERS.get(type(node))
    parts = None if found is None else found(node)
    if parts is None or any(isinstance(_get(p), ast.Starred) for p in parts):
        return None
    return parts


def _all(*names: str) -> Callable[[Any], Parts]:
    def order(node: Any) -> Parts:
        parts: Parts = []
        for name in names:
            value = getattr(node, name)
            if isinstance(value, list):
                parts += [(node, name, i) for i in range(len(value))]
            elif value is not None:
                parts.append((node, name, -1))
        return parts

    return order


def _call(node: ast.Call) -> Parts | None:
    if any(k.arg is None for k in node.keywords):
        return None
    named: Parts = [(k, "value", -1) for k in node.keywords]
    return [(node, "func", -1), *((node, "args", i) for i in range(len(node.args))), *named]


def _dict(node: ast.Dict) -> Parts | None:
    if None in node.keys:
        return None
    return [(node, name, i) for i in range(len(node.keys)) for name in ("keys", "values")]


def _first(parts: Parts, others: Sequence[ast.expr]) -> Parts | None:
    """Operands that are always evaluated, if the others hold no `yield`."""
    return None if any(map(_has, others)) else parts


def _compare(node: ast.Compare) -> Parts | None:
    return _first([(node, "left", -1), (node, "comparators", 0)], node.comparators[1:])


def _either(node: ast.BoolOp) -> Parts | None:
    return _first([(node, "values", 0)], node.values[1:])


def _conditional(node: ast.IfExp) -> Parts | None:
    return _first([(node, "test", -1)], [node.body, node.orelse])


def _text(node: ast.JoinedStr) -> Parts:
    return [(p, "value", -1) for p in node.values if isinstance(p, ast.FormattedValue)]


_ORDERS: dict[type, Callable[[Any], Parts | None]] = {
    ast.Tuple: _all("elts"),
    ast.List: _all("elts"),
    ast.Set: _all("elts"),
    ast.BinOp: _all("left", "right"),
    ast.UnaryOp: _all("operand"),
    ast.Attribute: _all("value"),
    ast.Subscript: _all("value", "slice"),
    ast.Slice: _all("lower", "upper", "step"),
    ast.Dict: _dict,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.JoinedStr: _text,
    ast.BoolOp: _either,
    ast.IfExp: _conditional,
}
_COMPLEX = (ast.If, ast.For, ast.AugAssign, ast.AnnAssign, ast.Raise, ast.Assert)
_HEADS: dict[type, tuple[str, ...]] = {
    ast.Expr: ("value",),
    ast.Assign: ("value",),
    ast.Return: ("value",),
    ast.AnnAssign: ("value",),
    ast.AugAssign: ("value",),
    ast.If: ("test",),
    ast.For: ("iter",),
    ast.Raise: ("exc",),
    ast.Assert: ("test",),
}
"""The expressions of a statement that are evaluated before anything else of it. A `yield` that is
the whole of one is a statement already where it is not `_COMPLEX`.
"""
