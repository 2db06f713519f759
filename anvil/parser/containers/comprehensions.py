"""Comprehensions and generator expressions, as what they abbreviate.

A short one is evaluated element by element. A long one, one over a number of items that the data
decide, or one with a filter that the data decide becomes the `for` statement it stands for, which
is compiled like any other. A generator expression that is at once consumed by sum, prod, any, all,
min, max or next is fused with its consumer, so that it stops where Python stops.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from typing import Any

from anvil.errors import AnvilError
from anvil.ir.records import Const
from anvil.ir.types import I64, ArrayType, array
from anvil.parser.calls.making import make_function
from anvil.parser.containers.computed_keys import asked_for_table, may_be_table
from anvil.parser.containers.dicts import KEY, new_dict
from anvil.parser.containers.sets import ELEMENT, new_set
from anvil.parser.containers.stack_lists import stack_of
from anvil.parser.control.branches import go_on
from anvil.parser.control.iteration import items_of, iterator, known_count
from anvil.parser.control.loops import run_for
from anvil.parser.interp import Interp, expression
from anvil.parser.source.genexps import function_of
from anvil.parser.source.scopes import captured_names, comprehension_names
from anvil.parser.state.roots import loop_of, roots_of
from anvil.parser.state.signals import Blocked, NeedStatic, PathEnd, Signal
from anvil.parser.state.values import FALSE, NONE, TRUE, UNDEFINED, Abstract, Choice, Known, scalar

LONG = 32
"""A comprehension that evaluates its element more often becomes a loop."""
MANY = 1_000
"""One with a filter does if it runs over more items: what is known of an index may decide it."""
ITER = "<items>"


class AsLoop(Signal):
    """A comprehension that is not evaluated element by element."""


@expression(ast.ListComp, ast.GeneratorExp)
def _list_comprehension(it: Interp, node: Any) -> Abstract:
    function = function_of(node)
    if function is not None:
        return _generator(it, node, function)
    made = listed_comprehension(it, node)
    if isinstance(node, ast.GeneratorExp):
        stacked = stack_of(it, made) is not None
        return iterator(it, "generator", (made if stacked else it.tuple(it.items(made)),))
    return made


def _generator(it: Interp, node: ast.GeneratorExp, function: ast.FunctionDef) -> Abstract:
    """The generator that an expression stands for; what it runs over is evaluated at once."""
    first = it.eval(node.generators[0].iter)
    made = make_function(it, function)
    it.at(node)
    return it.session.calls.call(it, made, [first], {})


def listed_comprehension(it: Interp, node: Any) -> Abstract:
    """The list that a comprehension makes."""
    out: list[Abstract] = []

    def each() -> Abstract:
        _comprehend(it, node, lambda: out.append(it.eval(node.elt)), exact=True)
        return it.list(out)

    found = _attempt(it, each)
    return as_loop(it, node, "list", it.list([])) if found is None else found


@expression(ast.DictComp)
def _dict_comprehension(it: Interp, node: ast.DictComp) -> Abstract:
    out: dict[Any, Abstract] = {}
    start = new_dict(it, {})

    def add() -> None:
        key = it.eval(node.key)
        asked_for_table(it, start, key, KEY)
        known = it.key(key)
        out[known] = it.eval(node.value)

    if not _keyed(it, node, start, add):
        return as_loop(it, node, "dict", start)
    return new_dict(it, out)


@expression(ast.SetComp)
def _set_comprehension(it: Interp, node: ast.SetComp) -> Abstract:
    out: list[Any] = []
    start = new_set(it, [])

    def add() -> None:
        item = it.eval(node.elt)
        asked_for_table(it, start, item, ELEMENT)
        out.append(it.key(item, ELEMENT))

    if not _keyed(it, node, start, add):
        return as_loop(it, node, "set", start)
    return new_set(it, out)


def _keyed(it: Interp, node: Any, start: Any, add: Callable[[], None]) -> bool:
    """Evaluates the elements of a dict or set one by one; False if the data decide the keys. How
    many there are is asked for first.
    """
    if start.made in it.session.tables:
        return False
    try:
        _comprehend(it, node, add, always=True)
    except NeedStatic as need:
        if may_be_table(it, start):
            it.session.tabled[need.error] = start.made
        raise
    return True


# ---- element by element


def _attempt(it: Interp, each: Callable[[], Abstract], pure: bool = False) -> Abstract | None:
    """The result of evaluating element by element; None, everything rolled back, if that cannot be
    done (or, with `pure`, has effects).
    """
    entry, depth, loc = it.state, it.b.depth, it.b.loc
    ops, table = len(it.b.frames[-1].ops), dict(it.b.frames[-1].table)
    it.state = entry.fork()
    try:
        found = each()
        if not pure or (it.state.token is entry.token and it.b.depth == depth):
            return found
    except AsLoop:
        pass
    except (AnvilError, PathEnd, Blocked):
        if not pure:
            raise
    it.b.abort(depth)
    frame = it.b.frames[-1]
    del frame.ops[ops:]
    frame.table = table
    it.state, it.b.loc = entry, loc
    return None


def _comprehend(
    it: Interp, node: Any, add: Callable[[], None], always: bool = False, exact: bool = False
) -> None:
    saved, first = _enter(it, node)
    _generate(it, node.generators, 0, first, add, 0 if always else 1, exact)
    _leave(it, saved)


def _enter(it: Interp, node: Any) -> tuple[dict[str, Abstract | None], Abstract]:
    """Makes the variables of a comprehension; what they hide, and the first iterable."""
    names = comprehension_names(node)
    saved = {n: it.state.locals.get(n) for n in names}
    shared = captured_names(node) & names
    first = it.eval(node.generators[0].iter)
    for name in names:
        it.state.locals[name] = it.new_cell(name) if name in shared else UNDEFINED
    return saved, first


def _leave(it: Interp, saved: dict[str, Abstract | None]) -> None:
    for name, old in saved.items():
        if old is None:
            it.state.locals.pop(name, None)
        else:
            it.state.locals[name] = old


def _generate(
    it: Interp,
    generators: list[ast.comprehension],
    k: int,
    source: Abstract,
    add: Callable[[], None],
    times: int,
    exact: bool,
) -> None:
    gen = generators[k]
    if gen.is_async:
        it.unsupported(gen.target, "an asynchronous comprehension")
    items = items_of(it, source)
    if times and not isinstance(items.count, int):
        raise AsLoop
    count = known_count(it, items)
    times *= count
    filtered = any(g.ifs for g in generators)
    if times > (MANY if filtered else LONG) and not items.static:
        raise AsLoop
    for i in range(count):
        it.assign(gen.target, items.item(Const(array(I64), i)))
        if all(_holds(it, test, times > 0, exact) for test in gen.ifs):
            if k + 1 == len(generators):
                add()
            else:
                _generate(it, generators, k + 1, it.eval(generators[k + 1].iter), add, times, exact)
    items.finish()


def _static(it: Interp, test: Any) -> bool:
    """Whether a filter depends on int arguments, or a loop over what is known, alone: these can be
    made known.
    """
    types = [r.type for r in roots_of(it.b, test)]
    if not types:
        return loop_of(it.b, test, it.session.rolled) is not None
    return all(isinstance(t, ArrayType) and not t.shape and t.dtype.kind in "ib" for t in types)


def _holds(it: Interp, node: ast.expr, loops: bool, exact: bool) -> bool:
    test = it.truth(it.eval(node))
    it.at(node)
    if isinstance(test, bool):
        return test
    if loops and not (exact and _static(it, test)):
        raise AsLoop
    return bool(it.known(scalar(test, True), "a filter"))


# ---- as a loop


def as_loop(it: Interp, node: Any, kind: str, start: Abstract) -> Abstract:
    """Runs the `for` statement that a comprehension stands for; `start` is the first value of what
    it makes.
    """
    name = f"<{kind} {node.lineno}:{node.col_offset}>"
    saved, first = _enter(it, node)
    stmt, outer = it.stmt, {n: it.state.locals.get(n) for n in (ITER, name)}
    it.state.locals.update({ITER: first, name: start})
    run_for(it, _statement(node, kind, name))
    it.stmt = stmt
    go_on(it)
    it.at(node)
    found = it.state.locals.get(name, UNDEFINED)
    _leave(it, {**saved, **outer})
    return it.checked("the result", found) if isinstance(found, type(UNDEFINED)) else found


def _statement(node: Any, kind: str, name: str) -> ast.For:
    """The `for` statement of a comprehension, remembered on its node."""
    made: dict[str, ast.For] = node.__dict__.setdefault("_anvil_loops", {})
    if kind not in made:
        shown = node.value if kind == "dict" else node.elt
        body = [_step(shown, kind, name, getattr(node, "key", None))]
        for k in range(len(node.generators) - 1, -1, -1):
            gen = node.generators[k]
            for test in reversed(gen.ifs):
                body = [ast.If(test, body, [])]
            source = ast.Name(ITER, ast.Load()) if k == 0 else gen.iter
            loop = ast.For(gen.target, source, body, [], None)
            stop = _STOP.get(kind)
            body = [loop] if stop is None else [loop, _parsed(stop, name)]
        made[kind] = body[0]  # type: ignore[assignment]
        for inner in ast.walk(body[0]):
            if isinstance(inner, ast.stmt | ast.Name) and not hasattr(inner, "lineno"):
                ast.copy_location(inner, shown)
            if isinstance(inner, ast.For):
                inner._anvil_made = True  # type: ignore[attr-defined]
        ast.fix_missing_locations(ast.copy_location(body[0], shown))
    return made[kind]


_STEPS = {
    "list": "RESULT.append(ELEMENT)",
    "set": "RESULT.add(ELEMENT)",
    "dict": "RESULT.__setitem__(KEY, ELEMENT)",
    "sum": "RESULT = RESULT + ELEMENT",
    "prod": "RESULT = RESULT * ELEMENT",
    "any": "if ELEMENT:\n    RESULT = True\n    break",
    "all": "if not (ELEMENT):\n    RESULT = False\n    break",
    "next": "if True:\n    RESULT = (True, ELEMENT)\n    break",
}
_STOP = {
    "any": "if RESULT:\n    break",
    "all": "if not RESULT:\n    break",
    "next": "if RESULT[0]:\n    break",
}


class _Filled(ast.NodeTransformer):
    """Puts the name of the result, the element and its key into a statement."""

    def __init__(self, name: str, element: Any, key: Any) -> None:
        self.name, self.element, self.key = name, element, key

    def visit_Name(self, node: ast.Name) -> Any:
        """Replaces the placeholders."""
        if node.id == "ELEMENT":
            return self.element
        if node.id == "KEY":
            return self.key
        return ast.Name(self.name, node.ctx) if node.id == "RESULT" else node


def _step(element: ast.expr, kind: str, name: str, key: ast.expr | None = None) -> ast.stmt:
    return _parsed(_STEPS[kind], name, element, key)


def _parsed(text: str, name: str, element: Any = None, key: Any = None) -> ast.stmt:
    stmt = ast.parse(text).body[0]
    for part in ast.walk(stmt):
        for field in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
            part.__dict__.pop(field, None)
    filled: ast.stmt = _Filled(name, element, key).visit(stmt)
    return filled


# ---- fused with the consumer


def fused(it: Interp, fn: Abstract, node: ast.Call) -> Abstract | None:
    """A call that consumes a generator expression: sum, prod, any or all; None for other calls."""
    if not isinstance(fn, Known) or not node.args or node.keywords:
        return None
    gen = node.args[0]
    if fn.value is next and isinstance(gen, ast.GeneratorExp) and len(node.args) < 3:
        return _first(it, gen, [it.eval(a) for a in node.args[1:]])
    kind = next((k for f, k in _CONSUMERS if f is fn.value), None)
    if kind is None or not isinstance(gen, ast.GeneratorExp):
        return None
    rest = [it.eval(a) for a in node.args[1:]]
    if kind in ("any", "all"):
        return None if rest else _quantified(it, fn, gen, kind)
    if kind == "list":
        return None if rest else listed_comprehension(it, gen)
    return _accumulated(it, fn, gen, kind, rest)


_CONSUMERS: Sequence[tuple[Any, str]] = (
    (sum, "sum"),
    (math.prod, "prod"),
    (any, "any"),
    (all, "all"),
    (list, "list"),
)


def _quantified(it: Interp, fn: Abstract, gen: ast.GeneratorExp, kind: str) -> Abstract:
    """any and all: element by element where that has no effects, else by a loop that stops."""
    found = _attempt(it, lambda: it.call(fn, it.tuple(_elements(it, gen))), pure=True)
    return as_loop(it, gen, kind, FALSE if kind == "any" else TRUE) if found is None else found


def _elements(it: Interp, gen: ast.GeneratorExp) -> list[Abstract]:
    out: list[Abstract] = []
    _comprehend(it, gen, lambda: out.append(it.eval(gen.elt)))
    return out


def _first(it: Interp, gen: ast.GeneratorExp, default: list[Abstract]) -> Abstract:
    """`next` of a generator expression: a loop that stops at the first item."""
    start = it.tuple([FALSE, default[0] if default else NONE])
    found, item = it.items(as_loop(it, gen, "next", start))
    if default:
        return item
    test = it.truth(found)
    if isinstance(test, bool):
        return item if test else it.fail(StopIteration)
    it.check(test, StopIteration)
    options = [o for o in item.options if o is not NONE] if isinstance(item, Choice) else []
    return options[0] if len(options) == 1 else item


def _accumulated(
    it: Interp, fn: Abstract, gen: ast.GeneratorExp, kind: str, rest: list[Abstract]
) -> Abstract:
    found = _attempt(it, lambda: it.call(fn, it.tuple(_elements(it, gen)), *rest))
    if found is not None:
        return found
    start = rest[0] if rest else Known(0 if kind == "sum" else 1)
    return as_loop(it, gen, kind, start)
