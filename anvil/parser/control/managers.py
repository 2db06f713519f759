"""`with`: context managers.

    with A as t: body       v = A.__enter__();  t = v; body
                            left by an exception e: A.__exit__(type(e), e, ...), e again if false
                            left otherwise: A.__exit__(None, None, None), then the exit that waits

A manager made of a generator function is the generator's statements around the body of the `with`
(`fusing`): what the body raises is raised at the `yield`, its other exits wait until the generator
has ended.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import warnings
from collections.abc import Callable, Iterator, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from anvil.ir.records import Const
from anvil.parser.arrays import float_errors
from anvil.parser.control import exceptions
from anvil.parser.control.branches import branch, scoped
from anvil.parser.control.choices import by_option
from anvil.parser.control.fusing import Managed, fused
from anvil.parser.control.generators import content, enter, not_started
from anvil.parser.control.rolled import settle_exit
from anvil.parser.control.trying import afterwards, again, guarded, handle, release, where_falling
from anvil.parser.interp import Interp, statement
from anvil.parser.objects.attributes import content as object_content
from anvil.parser.reports.telling import filtered
from anvil.parser.state.heap import (
    FALL,
    ONLY_FALL,
    SCRATCH,
    STATUS,
    GeneratorBox,
    GeneratorV,
    ObjectBox,
    fresh_box,
)
from anvil.parser.state.values import NONE, Abstract, Bound, Known, ObjectV, Partial, Scalar, scalar

Rest = Sequence[ast.stmt]
Kwargs = dict[str, Abstract]

REFUSED = (contextlib.ExitStack, contextlib.AsyncExitStack)
AROUND = "Put the `with` statement around the call of the compiled function."
NESTED = "Write `with` statements, or `try` and `finally`."
HELPER = contextlib.contextmanager(lambda: iter(())).__code__
"""The code of all functions that `contextmanager` makes."""
GENERATED: Any = contextlib._GeneratorContextManager


class _Traceback:
    """What stands for a traceback in compiled code."""


TRACEBACK = Known(_Traceback())
NEVER, THROWN, ENTERED = range(3)


# ---- with


@statement(ast.With)
def _with(it: Interp, node: ast.With, rest: Rest) -> bool:
    node = _nested(it, node)
    item = node.items[0]
    manager = it.eval(item.context_expr)
    it.at(item.context_expr)
    by_option(it, manager, lambda m: _run(it, node, item, m))
    return False


def _run(it: Interp, node: ast.With, item: ast.withitem, manager: Abstract) -> None:
    """A `with` statement of one manager."""
    if isinstance(manager, ObjectV) and manager.cls is GENERATED:
        _run_generated(it, node, manager)
        return
    if isinstance(manager, Known) and type(manager.value) in HOSTS:
        saved = it.raising
        _bind(it, item, HOSTS[type(manager.value)](it, manager.value))
        try:
            it.block(node.body)
        finally:
            it.raising = saved
        return
    leave, value = _entered(it, manager)

    def body() -> None:
        _bind(it, item, value)
        it.block(node.body)

    def finish(*args: Abstract) -> Abstract:
        it.stmt = node
        it.at(item.context_expr)
        return it.call(leave, *args)

    with it.holding(leave):
        with _counted(it):
            guarded(it, body)
        _leave(it, finish)


@contextlib.contextmanager
def _counted(it: Interp) -> Iterator[None]:
    """Inside, a manager is entered."""
    it.managers += 1
    try:
        yield
    finally:
        it.managers -= 1


def _nested(it: Interp, node: ast.With) -> ast.With:
    """A `with` of one item around those of the others, made once."""
    if len(node.items) == 1:
        return node
    try:
        found: ast.With = node._anvil_nested  # type: ignore[attr-defined]
    except AttributeError:
        inner = ast.With(node.items[1:], node.body, None)
        found = ast.With(node.items[:1], [inner], None)
        live = it.info.code.live
        for new in (inner, found):
            ast.copy_location(new, node)
            new._anvil_loc = it.info.code.loc(node)  # type: ignore[attr-defined]
            for name in ("_anvil_owner", "_anvil_source"):
                if hasattr(node, name):
                    setattr(new, name, getattr(node, name))
            for table in (live.after, live.exits):
                if node in table:
                    table[new] = table[node]
        node._anvil_nested = found  # type: ignore[attr-defined]
    return found


def _bind(it: Interp, item: ast.withitem, value: Abstract) -> None:
    if item.optional_vars is not None:
        it.at(item.optional_vars)
        it.assign(item.optional_vars, value)


def _entered(it: Interp, manager: Abstract) -> tuple[Abstract, Abstract]:
    """`__exit__` of a manager, and what its `__enter__` gives."""
    cls = manager.cls if isinstance(manager, ObjectV) else None
    if cls is None and isinstance(manager, Known):
        cls = type(manager.value)
    methods = [inspect.getattr_static(cls, n, None) for n in ("__enter__", "__exit__")]
    for name, method in zip(("__enter__", "__exit__"), methods, strict=True):
        if method is None:
            missed = " (missed __exit__ method)" if name == "__exit__" else ""
            text = f"{manager.describe()} does not support the context manager protocol{missed}"
            it.error("bad-operand", text)
        if not isinstance(method, FunctionType):
            it.error(
                "unsupported-syntax",
                f"`with` of {manager.describe()} is not compiled",
                hint=AROUND,
            )
    leave = it.attribute(manager, "__exit__")
    return leave, it.call(it.attribute(manager, "__enter__"))


def _leave(it: Interp, finish: Callable[..., Abstract]) -> None:
    """Calls `__exit__` on every path that left the body."""
    state = it.state
    raised = state.raised

    def failed() -> None:
        it.state.may &= raised
        _each(it, sorted(raised), finish)

    def normal() -> None:
        _drop(it, raised)
        afterwards(it, lambda: _ignore(finish(NONE, NONE, NONE)))

    if not raised:
        normal()
    elif raised == state.may:
        failed()
    else:
        branch(it, exceptions.among(it, raised), failed, normal)
    release(it)


def _ignore(value: Abstract) -> None:
    """The value of a call is dropped."""


def _drop(it: Interp, codes: frozenset[int]) -> None:
    """On a path that is not left by these exceptions."""
    it.state.may -= codes
    for code in codes:
        it.state.locals.pop(exceptions.waiting(code), None)


def _each(it: Interp, codes: list[int], finish: Callable[..., Abstract]) -> None:
    """Hands each exception to `__exit__`, one class and place at a time."""
    code = codes[0]

    def caught() -> None:
        handle(it, frozenset((code,)), None, lambda: _hand_over(it, code, finish))

    def passing() -> None:
        _drop(it, frozenset((code,)))
        _each(it, codes[1:], finish)

    if len(codes) == 1:
        caught()
    else:
        branch(it, exceptions.among(it, [code]), caught, passing)


def _hand_over(it: Interp, code: int, finish: Callable[..., Abstract]) -> None:
    exc = it.state.locals[it.handling[-1].held[code]]
    cls = exceptions.exception_class(it, code)
    suppress = it.truth(finish(Known(cls), exc, TRACEBACK))
    if suppress is False:
        again(it)
    elif suppress is not True:
        branch(it, suppress, lambda: None, lambda: again(it))


# ---- managers made of generator functions


def decorated(it: Interp, fn: Abstract) -> Abstract:
    """`contextmanager(fn)`."""
    return Bound("context manager", fn, ())


def new_manager(it: Interp, fn: Abstract, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    """What a function made by `contextmanager` from `fn` gives."""
    gen = it.session.calls.call(it, fn, args, kwargs)
    if not isinstance(gen, GeneratorV):
        it.error("bad-operand", f"{fn.describe()} is not a generator function")
    box = fresh_box()
    it.state.heap[box] = ObjectBox({"gen": gen})
    return ObjectV(box, GENERATED)


def _run_generated(it: Interp, node: ast.With, manager: ObjectV) -> None:
    gen = object_content(it, manager).attrs["gen"]
    assert isinstance(gen, GeneratorV)
    if not not_started(it, gen):
        it.error(
            "unsupported-syntax",
            "this context manager has been used before",
            hint="Call its function again: a generator runs only once.",
        )
    made = fused(it.info, node, gen.info)
    it.inlined[made.prefix] = gen.info
    it.held[made.prefix] = set()
    it.touch(gen.box)
    enter(it, made.prefix, gen.info, content(it, gen))
    locals_ = it.state.locals
    locals_[_entry(made.prefix)] = Known(NEVER)
    locals_[_held(made.prefix)] = Known(FALL)
    with _counted(it):
        it.block(made.body)
    it.stmt = node
    it.at(node.items[0].context_expr)
    settle_exit(it, made.done)
    scoped(it, lambda: where_falling(it, lambda: _resume(it, made.prefix)))
    scratch = tuple(name(made.prefix) for name in (_entry, _held, _result))
    for name in [n for n in it.state.locals if n.startswith((made.prefix, *scratch))]:
        del it.state.locals[name]
    it.state.heap[gen.box] = GeneratorBox((), {})
    release(it)


def _entry(prefix: str) -> str:
    return f"{SCRATCH}entered {prefix}>"


def _held(prefix: str) -> str:
    return f"{SCRATCH}held {prefix}>"


def _result(prefix: str) -> str:
    return f"{SCRATCH}result {prefix}>"


@statement(Managed)
def _managed(it: Interp, node: Any, rest: Rest) -> bool:
    prefix = node.prefix
    value = it.eval(node.value)
    _unless_entered(it, prefix)
    it.state.locals[_entry(prefix)] = Known(THROWN)

    def body() -> None:
        if node.target is not None:
            it.at(node.target)
            it.assign(node.target, value)
        it.block(node.body)

    scoped(it, body)
    state = it.state
    raised = state.raised
    normal = state.may - raised

    def leaving() -> None:
        _drop(it, raised)
        _hold(it, prefix)

    def failing() -> None:
        it.state.may -= normal

    if normal and not raised:
        _hold(it, prefix)
    elif normal:
        branch(it, exceptions.among(it, normal), leaving, failing)
    return False


def _unless_entered(it: Interp, prefix: str) -> None:
    """A second `yield` is an error."""
    entered = it.state.locals[_entry(prefix)]
    messages = (
        (ENTERED, "generator didn't stop"),
        (THROWN, "generator didn't stop after throw()"),
    )
    for code, message in messages:
        if isinstance(entered, Known):
            if entered.value == code:
                it.fail(RuntimeError, message)
        else:
            fine = it.b.ne(it.atom(entered), Const(STATUS, code))
            it.check(fine, RuntimeError, message)


def _hold(it: Interp, prefix: str) -> None:
    """Lets the exits that are pending wait until the generator has ended."""
    state = it.state
    state.locals[_held(prefix)] = scalar(state.status, True)
    state.locals[_entry(prefix)] = Known(ENTERED)
    it.held[prefix] |= state.may
    if state.ret is not None:
        state.locals[_result(prefix)] = state.ret
    state.fall()


def _resume(it: Interp, prefix: str) -> None:
    """Carries out the exit that has waited for the end of the generator."""
    entered = it.state.locals[_entry(prefix)]
    message = "generator didn't yield"
    if not isinstance(entered, Known):
        it.check(it.b.ne(it.atom(entered), Const(STATUS, NEVER)), RuntimeError, message)
    elif entered.value == NEVER:
        it.fail(RuntimeError, message)
    state, held = it.state, it.state.locals[_held(prefix)]
    result = state.locals.get(_result(prefix))
    if result is not None:
        state.ret = result.value if isinstance(result, Partial) else result
    if isinstance(held, Scalar) and not isinstance(held.atom, Const):
        state.status, state.may = held.atom, frozenset(it.held[prefix]) | ONLY_FALL
    elif it.known(held) != FALL:
        state.exit(it.known(held))


# ---- managers of the host that have no effect in compiled code


def _errstate(it: Interp, manager: Any) -> Abstract:
    modes = {n: getattr(manager, f"_{n}") for n in ("all", "divide", "over", "under", "invalid")}
    for name, mode in modes.items():
        if mode == "call":
            it.error(
                "unsupported-syntax",
                f"`np.errstate({name}={mode!r})` is not compiled",
                hint=_ERRORS,
            )
    it.raising = float_errors.modes(manager, it.raising)
    return NONE


def _no_warnings(it: Interp, manager: Any) -> Abstract:
    if manager._record:
        it.error("unsupported-syntax", "`warnings.catch_warnings(record=True)` is not compiled")
    return NONE


HOSTS: dict[type, Callable[[Interp, Any], Abstract]] = {
    np.errstate: _errstate,
    warnings.catch_warnings: _no_warnings,
}


def _filter(it: Interp, action: Abstract, *args: Abstract, **kwargs: Abstract) -> Abstract:
    if it.known(action) == "error":
        it.error("unsupported-argument", "warnings that are errors are not compiled")
    filtered(it)
    return NONE


def _print_options(it: Interp, **kwargs: Abstract) -> Abstract:
    it.error("unsupported-call", "np.printoptions is not compiled", hint=AROUND)


def _set_errors(it: Interp, **kwargs: Abstract) -> Abstract:
    it.error(
        "unsupported-call", "np.seterr is not compiled: it changes all of the program", hint=_ERRORS
    )


_ERRORS = "Test for the value: `if not np.isfinite(y): raise FloatingPointError`."

FUNCTIONS: dict[Any, Callable[..., Abstract]] = {
    np.seterr: _set_errors,
    contextlib.contextmanager: decorated,
    np.printoptions: _print_options,
    warnings.simplefilter: _filter,
    warnings.filterwarnings: _filter,
    warnings.resetwarnings: lambda it: NONE,
}
"""Functions that are not compiled from their source."""
