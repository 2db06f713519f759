"""Expressions: literals, names, operators, lambdas, calls, formatting."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from anvil.errors import AnvilError
from anvil.ir.types import BOOL
from anvil.parser.arrays import comparisons, operators
from anvil.parser.arrays.subscripts import get_item
from anvil.parser.calls.making import make_function
from anvil.parser.containers.chosen_lists import joined_list
from anvil.parser.containers.comprehensions import fused
from anvil.parser.containers.computed_keys import become_table, known_key, may_be_table
from anvil.parser.containers.dicts import KEY, mapping_entries, new_dict, set_key
from anvil.parser.containers.sets import ELEMENT, new_set
from anvil.parser.containers.table_boxes import viewed
from anvil.parser.control.choices import choose, each
from anvil.parser.control.iteration import listed
from anvil.parser.control.narrowing import narrowed
from anvil.parser.interp import Interp, expression
from anvil.parser.objects.attributes import type_of_value
from anvil.parser.reports import texts
from anvil.parser.reports.blame import name_operands
from anvil.parser.state.values import (
    Abstract,
    CellRef,
    Choice,
    Conflict,
    DictV,
    Known,
    Partial,
    Scalar,
    SliceV,
    TupleV,
    Undefined,
    scalar,
)

BINARY: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
_UNARY: dict[type, str] = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}
_COMPARE: dict[type, str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


@expression(ast.Constant)
def _constant(it: Interp, node: ast.Constant) -> Abstract:
    return Known(node.value)


@expression(ast.Name)
def _name(it: Interp, node: ast.Name) -> Abstract:
    found = it.state.locals.get(node.id)
    if found is not None and type(found) not in _INDIRECT:
        return found
    it.at(node)
    return it.load(it.mangled(node.id))


_INDIRECT = (CellRef, Undefined, Partial, Conflict)


@expression(ast.BinOp)
def _binary(it: Interp, node: ast.BinOp) -> Abstract:
    spine = [node]
    left = node.left
    while isinstance(left, ast.BinOp):  # long sums are nested to the left
        spine.append(left)
        left = left.left
    value = it.eval(left)
    for op in reversed(spine):
        right = it.eval(op.right)
        it.at(op)
        try:
            value = operators.binary(it, BINARY[type(op.op)], value, right)
        except AnvilError as error:
            name_operands(it, error, ((op.left, value), (op.right, right)))
            raise
    return value


@expression(ast.UnaryOp)
def _unary(it: Interp, node: ast.UnaryOp) -> Abstract:
    value = it.eval(node.operand)
    it.at(node)
    if isinstance(node.op, ast.Not):
        return comparisons.negated(it, value)
    return operators.unary(it, _UNARY[type(node.op)], value)


# ---- short circuit


@expression(ast.BoolOp)
def _bool_op(it: Interp, node: ast.BoolOp) -> Abstract:
    is_and = isinstance(node.op, ast.And)
    first, *rest = node.values
    if not is_and and _equal_alike(first, rest[0]):
        same = _same(it, first)
        if same is not None:
            return _short_circuit(it, False, rest, same)
    return _short_circuit(it, is_and, node.values, it.eval(first))


def _equal_alike(first: ast.expr, second: ast.expr) -> bool:
    """Whether these are `a is b` and `a == b` of two variables."""
    match first, second:
        case (
            ast.Compare(ast.Name(a), [ast.Is()], [ast.Name(b)]),
            ast.Compare(ast.Name(c), [ast.Eq()], [ast.Name(d)]),
        ):
            return {a, b} == {c, d}
    return False


def _same(it: Interp, node: Any) -> Abstract | None:
    """The value of `a is b or a == b` for two numbers, whose identity has no answer of its own;
    None for anything else.
    """
    a, b = it.eval(node.left), it.eval(node.comparators[0])
    if not (isinstance(a, Scalar) or isinstance(b, Scalar)):
        return None
    it.at(node)
    found = comparisons.same(it, a, b)
    return Known(found) if isinstance(found, bool) else scalar(found, True)


def _short_circuit(it: Interp, is_and: bool, nodes: list[ast.expr], value: Abstract) -> Abstract:
    """`value and nodes[1] and ...`; `value` is that of the first node."""
    if len(nodes) == 1:
        return value
    it.at(nodes[1])
    test = it.truth(value)
    rest = nodes[1:]
    if isinstance(test, bool):
        if test is not is_and:
            return value
        return _short_circuit(it, is_and, rest, it.eval(rest[0]))
    found = choose(
        it,
        test if is_and else it.b.not_(test),
        lambda: _short_circuit(it, is_and, rest, it.eval(rest[0])),
        lambda: narrowed(it, value, test, not is_and),
        is_and,
    )
    if isinstance(found, Scalar) and found.dtype is BOOL and found.atom is not test:
        it.session.short_circuits[found.atom] = (is_and, test)
    return found


@expression(ast.Compare)
def _compare(it: Interp, node: ast.Compare) -> Abstract:
    return _chain(it, node, 0, it.eval(node.left))


def _chain(it: Interp, node: ast.Compare, i: int, left: Abstract) -> Abstract:
    right = it.eval(node.comparators[i])
    it.at(node)
    try:
        value = comparisons.compare(it, _COMPARE[type(node.ops[i])], left, right)
    except AnvilError as error:
        first = node.comparators[i - 1] if i else node.left
        name_operands(it, error, ((first, left), (node.comparators[i], right)))
        raise
    if i + 1 == len(node.ops):
        return value
    test = it.truth(value)
    if isinstance(test, bool):
        return _chain(it, node, i + 1, right) if test else value
    return choose(it, test, lambda: _chain(it, node, i + 1, right), lambda: value, True)


@expression(ast.IfExp)
def _ternary(it: Interp, node: ast.IfExp) -> Abstract:
    test = it.truth(it.eval(node.test))
    if isinstance(test, bool):
        return it.eval(node.body if test else node.orelse)
    it.at(node)
    return choose(it, test, lambda: it.eval(node.body), lambda: it.eval(node.orelse))


@expression(ast.NamedExpr)
def _walrus(it: Interp, node: ast.NamedExpr) -> Abstract:
    value = it.eval(node.value)
    it.assign(node.target, value)
    return value


# ---- displays


@expression(ast.Tuple)
def _tuple(it: Interp, node: ast.Tuple) -> Abstract:
    return TupleV(tuple(_elements(it, node.elts)))


@expression(ast.List)
def _list(it: Interp, node: ast.List) -> Abstract:
    if not any(isinstance(e, ast.Starred) for e in node.elts):
        return it.list(_elements(it, node.elts))
    out = it.list([])
    for e in node.elts:
        star = isinstance(e, ast.Starred)
        v = it.eval(e.value if isinstance(e, ast.Starred) else e)
        it.at(node)
        if star and isinstance(v, Choice):
            v = joined_list(it, v) or v
        it.session.calls.container_method(it, out, "extend" if star else "append", [v])
    return out


@expression(ast.Set)
def _set(it: Interp, node: ast.Set) -> Abstract:
    items = _elements(it, node.elts)
    it.at(node)
    start = new_set(it, [])
    if start.made not in it.session.tables:
        return new_set(it, [known_key(it, start, v, ELEMENT) for v in items])
    for v in items:
        it.session.calls.container_method(it, start, "add", [v])
    return start


def _elements(it: Interp, nodes: list[ast.expr]) -> list[Abstract]:
    out: list[Abstract] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            out.extend(listed(it, it.eval(node.value)))
        else:
            out.append(it.eval(node))
    return out


@expression(ast.Dict)
def _dict(it: Interp, node: ast.Dict) -> Abstract:
    entries: dict[Any, Abstract] = {}
    start = new_dict(it, {})
    if start.made in it.session.tables:
        return _filled(it, node, start)
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            given = it.eval(value)
            if viewed(it, given) is not None and may_be_table(it, start):
                become_table(it, start.made, KEY)
            found = mapping_entries(it, given)
            if found is None:
                it.at(value)
                kind = type_of_value(given).__name__
                it.error("bad-operand", f"{kind!r} object is not a mapping", raises=TypeError)
            entries.update(found)
        else:
            held, item = it.eval(key), it.eval(value)
            it.at(node)
            entries[known_key(it, start, held, KEY)] = item
    return new_dict(it, entries)


def _filled(it: Interp, node: ast.Dict, start: DictV) -> Abstract:
    """A dict in which keys are stored that the data decide."""
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            it.session.calls.container_method(it, start, "update", [it.eval(value)])
        else:
            held, item = it.eval(key), it.eval(value)
            it.at(node)
            set_key(it, start, held, item)
    return start


# ---- functions, calls, attributes, subscripts


@expression(ast.Lambda)
def _lambda(it: Interp, node: ast.Lambda) -> Abstract:
    return make_function(it, node)


@expression(ast.Call)
def _call(it: Interp, node: ast.Call) -> Abstract:
    if it.session.choices and isinstance(node.func, ast.Attribute):
        base = it.eval(node.func.value)
        if isinstance(base, Choice):
            args, kwargs = _arguments(it, node)
            it.at(node)
            return _call_of_choice(it, node.func, base, args, kwargs)
        it.at(node.func)
        fn = it.attribute(base, it.mangled(node.func.attr))
    else:
        fn = it.eval(node.func)
    made = fused(it, fn, node)
    if made is not None:
        return made
    args, kwargs = _arguments(it, node)
    it.at(node)
    try:
        return it.session.calls.call(it, fn, args, kwargs)
    except AnvilError as error:
        if len(args) == len(node.args):
            name_operands(it, error, tuple(zip(node.args, args, strict=True)))
        raise


def _call_of_choice(
    it: Interp, node: ast.Attribute, base: Choice, args: list[Abstract], kwargs: dict[str, Abstract]
) -> Abstract:
    """A method of one of several objects: of each with its own class's method."""

    def use(option: Abstract) -> Abstract:
        method = it.attribute(option, it.mangled(node.attr))
        found: Abstract = it.session.calls.call(it, method, args, kwargs)
        return found

    return each(it, base, use)


def _arguments(it: Interp, node: ast.Call) -> tuple[list[Abstract], dict[str, Abstract]]:
    args = _elements(it, node.args)
    kwargs: dict[str, Abstract] = {}
    for keyword in node.keywords:
        value = it.eval(keyword.value)
        if keyword.arg is not None:
            given: Mapping[Any, Abstract] = {keyword.arg: value}
        else:
            it.at(keyword.value)
            given = _keywords(it, value)
        for name in given:
            if name in kwargs:
                it.error("wrong-arguments", f"got multiple values for keyword argument {name!r}")
        kwargs.update(given)
    return args, kwargs


def _keywords(it: Interp, v: Abstract) -> Mapping[Any, Abstract]:
    """The keyword arguments that `**v` gives."""
    found = mapping_entries(it, v)
    if found is None:
        kind = type_of_value(v).__name__
        it.error("wrong-arguments", f"argument after ** must be a mapping, not {kind}")
    if not all(isinstance(name, str) for name in found):
        it.error("wrong-arguments", "keywords must be strings")
    return found


@expression(ast.Attribute)
def _attribute(it: Interp, node: ast.Attribute) -> Abstract:
    base = it.eval(node.value)
    it.at(node)
    return it.attribute(base, it.mangled(node.attr))


@expression(ast.Subscript)
def _subscript(it: Interp, node: ast.Subscript) -> Abstract:
    base = it.eval(node.value)
    index = it.eval(node.slice)
    it.at(node)
    return get_item(it, base, index)


@expression(ast.Slice)
def _slice(it: Interp, node: ast.Slice) -> Abstract:
    parts = [Known(None) if p is None else it.eval(p) for p in (node.lower, node.upper, node.step)]
    if all(isinstance(p, Known) for p in parts):
        return Known(slice(*(p.value for p in parts)))  # type: ignore[attr-defined]
    return SliceV(*parts)


# ---- formatting


@expression(ast.JoinedStr)
def _f_string(it: Interp, node: ast.JoinedStr) -> Abstract:
    pieces: list[str | texts.Slot] = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            pieces.append(str(part.value))
            continue
        assert isinstance(part, ast.FormattedValue)
        v = it.eval(part.value)
        spec = "" if part.format_spec is None else it.known(it.eval(part.format_spec))
        it.at(part)
        conversion = chr(part.conversion) if part.conversion > 0 else ""
        pieces += texts.text_of(it, v, conversion, spec)
    return texts.joined(pieces)


@expression(ast.Starred)
def _starred(it: Interp, node: ast.Starred) -> Abstract:
    it.unsupported(node, "a star here")
