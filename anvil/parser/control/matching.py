"""`match`: patterns as tests of a subject, in CPython's order.

A pattern is True or False while compiling wherever structure decides, and a scalar bool where data
does. What it captures waits in hidden variables until the whole pattern has matched; a test that
data decides puts the tests after it into a branch, unless they are pure.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.parser.arrays.comparisons import compare
from anvil.parser.calls.builtin_functions import has_attribute
from anvil.parser.containers.dicts import dict_entries, new_dict
from anvil.parser.control.branches import branch
from anvil.parser.control.choices import CAPTURE, by_option, choose, settled
from anvil.parser.control.iteration import listed
from anvil.parser.interp import Interp, statement
from anvil.parser.objects.attributes import type_of_value
from anvil.parser.state.values import FALSE, TRUE, Abstract, Choice, Known, scalar

Test = bool | Atom
_ATOMIC = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)


@statement(ast.Match)
def _match(it: Interp, node: ast.Match, rest: Sequence[ast.stmt]) -> bool:
    v = settled(it, it.eval(node.subject))
    if not isinstance(v, Choice):
        return _cases(it, node, v, 0, rest)
    by_option(it, v, lambda option: _cases(it, node, option, 0, ()))
    return False


def _cases(it: Interp, node: ast.Match, v: Abstract, k: int, rest: Sequence[ast.stmt]) -> bool:
    """The cases from number `k` on; whether `rest` has been interpreted too."""
    if k == len(node.cases):
        return False
    case = node.cases[k]
    it.at(case.pattern)
    test = _guarded(it, case, _pattern(it, case.pattern, v))
    if test is False:
        _captured(it)
        return _cases(it, node, v, k + 1, rest)
    if test is True:
        _bind(it)
        it.block(case.body)
        return False
    captured = _captured(it)

    def then() -> None:
        it.state.locals.update(captured)
        _bind(it)
        it.block(case.body)

    def otherwise() -> None:
        _cases(it, node, v, k + 1, ())

    it.at(case.pattern)
    live = it.info.code.live
    last = live.at_end([node, *rest])
    return branch(it, test, then, otherwise, rest, live.after.get(node), last)


def _guarded(it: Interp, case: ast.match_case, test: Test) -> Test:
    """Whether a pattern holds and its guard too; names are bound before the guard is evaluated."""
    guard = case.guard
    if guard is None or test is False:
        return test

    def holds() -> Test:
        _bind(it)
        return it.truth(it.eval(guard))

    return _and(it, test, holds)


# ---- what is captured


def _capture(it: Interp, name: str, v: Abstract) -> Test:
    it.state.locals[CAPTURE + name] = v
    return True


def _captured(it: Interp) -> dict[str, Abstract]:
    """Takes away what the present pattern has captured."""
    names = [n for n in it.state.locals if n.startswith(CAPTURE)]
    return {n: it.state.locals.pop(n) for n in names}


def _bind(it: Interp) -> None:
    for name, v in _captured(it).items():
        it.store(name.removeprefix(CAPTURE), v)


# ---- tests in order


def _value(test: Test) -> Abstract:
    return Known(test) if isinstance(test, bool) else scalar(test, True)


def _and(it: Interp, test: Test, more: Callable[[], Test]) -> Test:
    """`test and more()`."""
    if isinstance(test, bool):
        return more() if test else False
    return it.truth(choose(it, test, lambda: _value(more()), lambda: FALSE, True))


def _all(it: Interp, tests: Sequence[Callable[[], Test]]) -> Test:
    """Whether all hold, asked in order."""
    if not tests:
        return True
    return _and(it, tests[0](), lambda: _all(it, tests[1:]))


# ---- patterns


def _pattern(it: Interp, p: Any, v: Abstract) -> Test:
    """Whether the value `v` matches a pattern."""
    it.at(p)
    return _PATTERNS[type(p)](it, p, v)


def _test(it: Interp, p: ast.pattern, v: Abstract) -> Callable[[], Test]:
    return lambda: _pattern(it, p, v)


def _literal(it: Interp, p: ast.MatchValue, v: Abstract) -> Test:
    wanted = it.eval(p.value)
    it.at(p)
    return it.truth(compare(it, "==", v, wanted))


def _singleton(it: Interp, p: ast.MatchSingleton, v: Abstract) -> Test:
    return it.truth(compare(it, "is", v, Known(p.value)))


def _as(it: Interp, p: ast.MatchAs, v: Abstract) -> Test:
    test: Test = True if p.pattern is None else _pattern(it, p.pattern, v)
    name = p.name
    if name is None or test is False:
        return test
    _capture(it, name, v)
    return test


def _or(it: Interp, p: ast.MatchOr, v: Abstract) -> Test:
    return _alternatives(it, p.patterns, v)


def _alternatives(it: Interp, patterns: Sequence[ast.pattern], v: Abstract) -> Test:
    """Whether one of the patterns matches; the first one that does captures."""
    before = _captured(it)
    test = _pattern(it, patterns[0], v)
    mine = _captured(it)
    it.state.locals.update(before)
    if test is False and len(patterns) > 1:
        return _alternatives(it, patterns[1:], v)
    if isinstance(test, bool) or len(patterns) == 1:
        it.state.locals.update(mine)
        return test

    def first() -> Abstract:
        it.state.locals.update(mine)
        return TRUE

    def others() -> Abstract:
        return _value(_alternatives(it, patterns[1:], v))

    if mine:
        return it.truth(choose(it, test, first, others))
    return it.truth(choose(it, it.b.not_(test), others, first, False))


def _sequence(it: Interp, p: ast.MatchSequence, v: Abstract) -> Test:
    kind = type_of_value(v)
    if issubclass(kind, str | bytes | bytearray | np.ndarray) or not _is_sequence(kind):
        return False
    items = listed(it, v)
    stars = [i for i, q in enumerate(p.patterns) if isinstance(q, ast.MatchStar)]
    if not stars:
        if len(items) != len(p.patterns):
            return False
        pairs = list(zip(p.patterns, items, strict=True))
        return _all(it, [_test(it, q, x) for q, x in pairs])
    head, tail = stars[0], len(p.patterns) - stars[0] - 1
    if len(items) < head + tail:
        return False
    end = len(items) - tail
    star: Any = p.patterns[head]
    tests = [_test(it, q, x) for q, x in zip(p.patterns, items[:head], strict=False)]
    if star.name is not None:
        tests.append(lambda: _capture(it, star.name, it.list(items[head:end])))
    last = zip(p.patterns[head + 1 :], items[end:], strict=True)
    return _all(it, [*tests, *(_test(it, q, x) for q, x in last)])


def _is_sequence(kind: type) -> bool:
    """Whether instances of a class match sequence patterns."""
    return bool(kind.__flags__ & 1 << 5)


def _mapping(it: Interp, p: ast.MatchMapping, v: Abstract) -> Test:
    if not type_of_value(v).__flags__ & 1 << 6:
        return False
    wanted = [it.key(it.eval(k)) for k in p.keys]
    entries: Mapping[Any, Abstract] = dict_entries(it, v)
    if any(k not in entries for k in wanted):
        return False

    def rest() -> Test:
        left = {k: x for k, x in entries.items() if k not in wanted}
        return _capture(it, str(p.rest), new_dict(it, left))

    pairs = list(zip(p.patterns, wanted, strict=True))
    tests = [_test(it, q, entries[k]) for q, k in pairs]
    return _all(it, [*tests, *([rest] if p.rest is not None else [])])


def _class(it: Interp, p: ast.MatchClass, v: Abstract) -> Test:
    cls = it.known(it.eval(p.cls), "the class of a pattern")
    it.at(p)
    if not isinstance(cls, type):
        it.error("bad-operand", "called match pattern must be a class")
    if not issubclass(type_of_value(v), cls):
        return False
    named = list(zip(p.kwd_attrs, p.kwd_patterns, strict=True))
    if p.patterns and cls in _ATOMIC:
        if len(p.patterns) > 1:
            given = f"{cls.__name__}() accepts 1 positional sub-pattern ({len(p.patterns)} given)"
            it.error("wrong-arguments", given)
        whole = [_test(it, p.patterns[0], v)]
    else:
        whole = []
        named = [*zip(_positional(it, cls, len(p.patterns)), p.patterns, strict=True), *named]
    return _all(it, [*whole, *(partial(_attribute, it, v, n, q) for n, q in named)])


def _positional(it: Interp, cls: type, count: int) -> Sequence[str]:
    names: tuple[str, ...] = getattr(cls, "__match_args__", ())
    if count > len(names):
        accepts = f"{cls.__name__}() accepts {len(names)} positional sub-pattern"
        it.error("wrong-arguments", f"{accepts}{'s' * (len(names) != 1)} ({count} given)")
    return names[:count]


def _attribute(it: Interp, v: Abstract, name: str, p: ast.pattern) -> Test:
    found = has_attribute(it, v, name)
    if found is False:
        return False
    return _all(it, [lambda: found, lambda: _pattern(it, p, it.attribute(v, name))])


_PATTERNS: dict[type, Callable[[Interp, Any, Abstract], Test]] = {
    ast.MatchValue: _literal,
    ast.MatchSingleton: _singleton,
    ast.MatchSequence: _sequence,
    ast.MatchMapping: _mapping,
    ast.MatchClass: _class,
    ast.MatchAs: _as,
    ast.MatchOr: _or,
}
