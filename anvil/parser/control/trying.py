"""`try`, `raise`, `assert`: exceptions as control flow.

    try: body               catch(handlers, finally): body
    except A as e: h        paths that left body by an A: e = ..., h
    else: o                 paths that fell through: o, outside these handlers
    finally: f              all paths, f; then the exit that was pending

What is raised where a handler around may catch it is an exit of the state, pending like `break`;
what leaves all handlers becomes a check again.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from anvil.ir.records import Atom
from anvil.parser.control import exceptions
from anvil.parser.control.branches import branch, go_on, scoped
from anvil.parser.control.choices import by_option
from anvil.parser.interp import CLEANUP, Classes, Interp, statement
from anvil.parser.state.heap import FALL, FINALLY, ONLY_FALL, State
from anvil.parser.state.signals import PathEnd
from anvil.parser.state.values import (
    NONE,
    UNDEFINED,
    Abstract,
    Conflict,
    Known,
    ObjectV,
    TupleV,
)

Rest = Sequence[ast.stmt]
EVERYTHING: Classes = (BaseException,)
_HANDLED = "<handled "
_PENDING = "<pending "


@dataclass(slots=True, eq=False)
class Handling:
    """The exceptions that the handler being interpreted has caught: their exits, the exit of the
    path, and the variables that hold the objects, by exit.
    """

    status: Atom
    held: dict[int, str]


# ---- raise, assert


@statement(ast.Assert)
def _assert(it: Interp, node: ast.Assert, rest: Rest) -> bool:
    test = it.truth(it.eval(node.test))
    if test is True:
        return False

    def failing() -> NoReturn:
        args = () if node.msg is None else (it.eval(node.msg),)
        it.at(node)
        it.fail(AssertionError, *args)

    if test is False:
        failing()
    it.at(node)
    branch(it, test, lambda: None, failing)
    go_on(it)
    return False


@statement(ast.Raise)
def _raise(it: Interp, node: ast.Raise, rest: Rest) -> bool:
    if node.exc is None:
        again(it)
    by_option(it, it.eval(node.exc), lambda v: _throw(it, node, v))
    raise PathEnd


def _throw(it: Interp, node: ast.Raise, v: Abstract) -> NoReturn:
    exc = _exception(it, node, v)
    if node.cause is not None:
        cause = it.eval(node.cause)
        quiet: dict[str, Abstract] = {exceptions.QUIET: Known(True)}
        if not (isinstance(cause, Known) and cause.value is None):
            quiet = {exceptions.CAUSE: _exception(it, node, cause)}
        exceptions.set_attributes(it, exc, **quiet)
    it.at(node)
    exceptions.throw(it, exc)


def _exception(it: Interp, node: ast.stmt, v: Abstract) -> ObjectV:
    """An exception, or one made of a class."""
    it.at(node)
    if isinstance(v, Known):
        if isinstance(v.value, type) and issubclass(v.value, BaseException):
            v = it.call(v)
        elif isinstance(v.value, BaseException):
            v = exceptions.new_exception(it, type(v.value), v.value.args)
    if isinstance(v, Conflict):
        it.refuse_conflict("this exception", v)
    if not isinstance(v, ObjectV) or not issubclass(v.cls, BaseException):
        text = f"exceptions must derive from BaseException, not {v.describe()}"
        it.error("bad-operand", text)
    return v


def again(it: Interp) -> NoReturn:
    """`raise` in a handler."""
    if not it.handling and not it.is_entry:
        what = "`raise` outside of a handler raises what the caller handles, if it handles anything"
        it.error("unsupported-syntax", what, hint="Pass the exception as an argument.")
    if not it.handling:
        it.fail(RuntimeError, "No active exception to reraise")
    handling: Handling = it.handling[-1]
    state = it.state
    for code, name in handling.held.items():
        state.locals[exceptions.waiting(code)] = state.locals[name]
    state.status, state.may = handling.status, frozenset(handling.held)
    release(it)
    raise PathEnd


def release(it: Interp) -> None:
    """What no handler around can catch any more becomes checks."""
    lost = [c for c in it.state.raised if not it.catches(exceptions.exception_class(it, c))]
    if lost:
        exceptions.escape(it, lost)


# ---- try


@statement(ast.Try)
def _try(it: Interp, node: ast.Try, rest: Rest) -> bool:
    handlers = [(_classes(it, h), h) for h in node.handlers]

    def body() -> None:
        with catching(it, [c for classes, _ in handlers for c in classes]):
            it.statements(node.body)

    def handled() -> None:
        if scoped(it, body, None if node.orelse else lambda: dispatch(it, handlers)):
            return  # what the handlers raise is not for them
        falls = FALL in it.state.may
        with_else = bool(node.orelse) and it.state.may != ONLY_FALL and falls
        if not with_else:
            dispatch(it, handlers)
            if node.orelse and falls:
                it.when_falling(lambda: it.block(node.orelse))
            return

        def leaving() -> None:
            it.state.may -= ONLY_FALL
            dispatch(it, handlers)

        def falling() -> None:
            it.state.fall()
            it.block(node.orelse)

        branch(it, exceptions.among(it, ONLY_FALL), falling, leaving)

    if node.finalbody:
        finally_(it, handled, lambda: it.block(node.finalbody))
    else:
        handled()
        release(it)
    return False


@contextmanager
def catching(it: Interp, classes: Sequence[type[BaseException]]) -> Iterator[None]:
    """Inside, exceptions of these classes are exits."""
    it.catchers.append(tuple(classes))
    try:
        yield
    finally:
        it.catchers.pop()


def _classes(it: Interp, handler: ast.ExceptHandler) -> Classes:
    if handler.type is None:
        return EVERYTHING
    v = it.eval(handler.type)
    it.at(handler.type)
    found = []
    for item in v.items if isinstance(v, TupleV) else [v]:
        known = it.known(item, "the class of an exception")
        for cls in known if isinstance(known, tuple) else (known,):
            if not isinstance(cls, type) or not issubclass(cls, BaseException):
                text = "catching classes that do not inherit from BaseException is not allowed"
                it.error("bad-operand", text)
            found.append(cls)
    return tuple(found)


def dispatch(it: Interp, handlers: list[tuple[Classes, ast.ExceptHandler]]) -> None:
    """Sends each pending exception to the first handler that catches its class."""
    for i, (classes, handler) in enumerate(handlers):
        codes = [
            c for c in it.state.raised if issubclass(exceptions.exception_class(it, c), classes)
        ]
        if codes:
            groups = [[c] for c in sorted(codes)] if handler.name else [codes]
            _catch(it, groups, handler, handlers[i + 1 :])
            return


def _catch(
    it: Interp,
    groups: list[list[int]],
    handler: ast.ExceptHandler,
    others: list[tuple[Classes, ast.ExceptHandler]],
) -> None:
    if not groups:
        dispatch(it, others)
        return
    codes = frozenset(groups[0])

    def caught() -> None:
        handle(it, codes, handler.name, lambda: it.block(handler.body))

    def passing() -> None:
        it.state.may -= codes
        for code in codes:
            it.state.locals.pop(exceptions.waiting(code), None)
        _catch(it, groups[1:], handler, others)

    if it.state.may == codes:
        caught()
    else:
        branch(it, exceptions.among(it, codes), caught, passing)


def handle(it: Interp, codes: frozenset[int], name: str | None, body: Callable[[], None]) -> None:
    """Runs a handler on a path that was left by one of these exceptions."""
    state = it.state
    level = len(it.handling)
    held = {code: f"{_HANDLED}{level} {code}>" for code in codes}
    for code, kept in held.items():
        state.locals[kept] = state.locals[exceptions.waiting(code)]
    it.handling.append(Handling(state.status, held))
    state.fall()
    try:
        if name is not None:
            (code,) = codes
            it.store(name, state.locals[held[code]])
        body()
    finally:
        it.handling.pop()
    for kept in held.values():
        it.state.locals.pop(kept, None)
    if name is not None:
        it.store(name, UNDEFINED)


# ---- finally


def finally_(it: Interp, body: Callable[[], None], last: Callable[[], None]) -> None:
    """Runs `body`, then `last` on every path that leaves it, then carries out the exit."""
    guarded(it, body, CLEANUP)
    afterwards(it, last)
    release(it)


def guarded(it: Interp, body: Callable[[], None], classes: Classes = EVERYTHING) -> None:
    """Runs `body`; something is to be done on every path that leaves it."""
    outer = it.state.locals.get(FINALLY)
    it.state.locals[FINALLY] = NONE

    def run() -> None:
        with catching(it, classes):
            body()

    scoped(it, run)
    if outer is None:
        it.state.locals.pop(FINALLY, None)


def afterwards(it: Interp, last: Callable[[], None]) -> None:
    """Runs `last`, then carries out the exit that is pending."""
    state = it.state
    if not state.may:
        return
    status, may = state.status, state.may
    prefix = _free_prefix(state)
    held = [exceptions.waiting(c) for c in state.raised]
    state.locals.update({prefix + name: state.locals[name] for name in held})
    if state.ret is not None:
        state.locals[prefix] = state.ret
    state.fall()
    scoped(it, last)
    where_falling(it, lambda: _resume(it.state, status, may, prefix))
    for name in (prefix, *(prefix + name for name in held)):
        it.state.locals.pop(name, None)


def _free_prefix(state: State) -> str:
    """A beginning of names under which nothing waits: `last` may hold a `finally` in its turn."""
    level = 0
    while any(name.startswith(f"{_PENDING}{level} ") for name in state.locals):
        level += 1
    return f"{_PENDING}{level} "


def where_falling(it: Interp, then: Callable[[], None]) -> None:
    """Runs `then`, which may leave any exit pending, on the paths that fall through."""

    def leaving() -> None:
        it.state.may -= ONLY_FALL

    if it.state.may == ONLY_FALL:
        then()
    elif FALL in it.state.may:
        branch(it, exceptions.among(it, ONLY_FALL), then, leaving)


def _resume(state: State, status: Atom, may: frozenset[int], prefix: str) -> None:
    """Makes the exit pending that `finally` has held up."""
    state.status, state.may = status, may
    if prefix in state.locals:
        state.ret = state.locals[prefix]
    for code in state.raised:
        name = exceptions.waiting(code)
        state.locals[name] = state.locals[prefix + name]
