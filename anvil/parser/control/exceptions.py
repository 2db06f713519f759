"""Exception objects while compiling, and how they are raised.

An exception made by the program is an instance like any other: a box of its attributes, `args`
among them. Raising it ends the path. Where a handler of this function or of a caller may catch its
class, that is an exit of the state (`heap.RAISE`), and the exception waits in a variable of the
front end's own; otherwise it is a check that always fails.
"""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from anvil.errors import AnvilError
from anvil.errors import error as make_error
from anvil.ir.hosts import RAISE_AGAIN
from anvil.ir.loc import AnyLoc
from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, array
from anvil.parser.control.branches import open_guard
from anvil.parser.reports import texts
from anvil.parser.reports.messages import Raised, static
from anvil.parser.state.heap import FALL, RAISE, RAISED, STATUS, ObjectBox, State, fresh_box
from anvil.parser.state.results import describe_result
from anvil.parser.state.signals import PathEnd
from anvil.parser.state.signature import Spec, StaticSpec
from anvil.parser.state.values import (
    NONE,
    Abstract,
    Bound,
    Choice,
    Known,
    ObjectV,
    Parts,
    TupleV,
)

if TYPE_CHECKING:
    from anvil.parser.context import Context
    from anvil.parser.interp import Interp

CAUSE = "__cause__"
QUIET = "__suppress_context__"
_TYPES = [c for c in vars(builtins).values() if isinstance(c, type)]
OWN = frozenset(c for c in _TYPES if issubclass(c, BaseException))
"""Python's own classes of exceptions."""

PYTHONS: dict[str, type[Exception]] = {
    "no-attribute": AttributeError,
    "undefined-name": NameError,
    "unbound-local": UnboundLocalError,
    "shape-mismatch": ValueError,
    "bad-shape": ValueError,
    "bad-matrix": np.linalg.LinAlgError,
    "bad-axis": np.exceptions.AxisError,
    "ambiguous-truth": ValueError,
}
"""Errors that Python or NumPy would raise at the same place, and their classes there."""


@dataclass(slots=True, eq=False)
class Unstated(Abstract):
    """The argument of an exception that Python words in its own way; `error` is anvil's."""

    error: AnvilError

    def open(self) -> tuple[Hashable, Parts]:
        return "unstated", ()

    def close(self, parts: Parts) -> Abstract:
        return self

    def describe(self) -> str:
        return "the message of an exception"


# ---- values


def new_exception(ctx: Context, cls: type[BaseException], args: Sequence[Any]) -> ObjectV:
    """An instance with these arguments; its own `__init__` is not run."""
    box = fresh_box()
    items = tuple(
        a if isinstance(a, Abstract) else Known(a) if isinstance(a, str) else ctx.constant(a)
        for a in args
    )
    ctx.state.heap[box] = ObjectBox({"args": TupleV(items)})
    return ObjectV(box, cls)


def instantiate_exception(
    it: Interp, cls: Any, args: Sequence[Abstract], kwargs: dict[str, Abstract]
) -> Abstract:
    """`cls(*args, **kwargs)`."""
    exc = new_exception(it, cls, args)
    init = inspect.getattr_static(cls, "__init__")
    if isinstance(init, FunctionType):
        it.session.calls.call(it, Bound("method", Known(init), (exc,)), list(args), kwargs)
    elif kwargs:
        it.error("wrong-arguments", f"{cls.__name__}() takes no keyword arguments")
    return exc


def base_init(it: Interp, fn: Known, args: Sequence[Abstract]) -> Abstract:
    """`BaseException.__init__(exc, *args)`, or that of another exception of Python's own."""
    exc = args[0] if args else None
    if fn.value.__name__ != "__init__" or not isinstance(exc, ObjectV):
        it.error("unsupported-call", f"{fn.describe()} is not compiled")
    set_attributes(it, exc, args=TupleV(tuple(args[1:])))
    return NONE


def attributes(ctx: Context, exc: ObjectV) -> dict[str, Abstract]:
    """The attributes of an exception."""
    content = ctx.content(exc.box, "exception")
    assert isinstance(content, ObjectBox)
    return content.attrs


def slot(it: Interp, exc: ObjectV, name: str) -> Abstract:
    """An attribute that Python's own exceptions have, and that was not set."""
    attrs = attributes(it, exc)
    if name == CAUSE:
        return NONE
    if name == "__suppress_context__":
        return Known(CAUSE in attrs or QUIET in attrs)
    why = f"`{name}` of an exception is not known to compiled code"
    it.error("unsupported-value", why, hint="Its `args`, its `__cause__` and its text are known.")


def set_attributes(ctx: Context, exc: ObjectV, **attrs: Abstract) -> None:
    """Replaces some."""
    ctx.replace(exc.box, ObjectBox({**attributes(ctx, exc), **attrs}))


def text(ctx: Context, v: Abstract, conversion: str) -> texts.Pieces | None:
    """`str(v)` or `repr(v)` of an exception as pieces; None for anything else."""
    if not isinstance(v, ObjectV) or not issubclass(v.cls, BaseException):
        return None
    if isinstance(inspect.getattr_static(v.cls, "__str__"), FunctionType) and conversion != "r":
        return texts.text_of(ctx, ctx.session.calls.method(ctx, v, "__str__", []))
    args = ctx.items(attributes(ctx, v)["args"])
    if all(map(ctx.is_known, args)):
        host: Any = BaseException if not issubclass(v.cls, KeyError | OSError) else v.cls
        made = host(*map(ctx.known, args))
        if conversion == "r":
            return [repr(made).replace(type(made).__name__, v.cls.__name__, 1)]
        return [str(made)]
    if conversion == "r":
        tail = ")" if len(args) != 1 else ""
        return [v.cls.__name__, *_inside(ctx, args), tail]
    if len(args) == 1:
        return texts.text_of(ctx, args[0], "r" if issubclass(v.cls, KeyError) else "s")
    return texts.text_of(ctx, TupleV(tuple(args)))


def _inside(ctx: Context, args: Sequence[Abstract]) -> texts.Pieces:
    if len(args) == 1:
        return ["(", *texts.text_of(ctx, args[0], "r"), ")"]
    return texts.text_of(ctx, TupleV(tuple(args)))[:-1]


TICKET = "<ticket>"
"""The attribute of an exception that the host has raised which holds its number."""


def host_exception(ctx: Context, cls: type[BaseException], ticket: Abstract) -> ObjectV:
    """An exception of this class that a function of the host has raised."""
    what = f"the {cls.__name__} that was raised on the host is not known to compiled code"
    unknown = make_error("value-needed", what, ctx.loc, notes=[_WHERE], hint=_HOST)
    exc = new_exception(ctx, cls, [Unstated(unknown)])
    set_attributes(ctx, exc, **{TICKET: ticket})
    return exc


_WHERE = "A handler uses the exception that this call may raise."
_HOST = "Raise it again (`raise`), or a new exception `from None`."


def _thrown_again(it: Any, pred: Atom, exc: ObjectV) -> bool:
    """Raises an exception of the host again where `pred` holds; False if it is no such one."""
    ticket = attributes(it, exc).get(TICKET)
    if ticket is None:
        return False
    attrs = {"host": RAISE_AGAIN, "count": 1}
    it.state.token = it.b.emit("host_call", (it.token(), pred, it.atom(ticket)), attrs)
    return True


# ---- templates


def described(ctx: Any, exc: ObjectV) -> tuple[Raised, list[Atom]]:
    """An exception as a template, and the values that it needs at run time."""
    atoms: list[Atom] = []

    def template(v: Abstract) -> Spec:
        if isinstance(v, Unstated):
            raise v.error
        if ctx.is_known(v):
            return static(ctx.known(v))
        spec, found = describe_result(ctx, v, known_numbers=False)
        atoms.extend(found)
        return spec

    def whole(exc: ObjectV) -> Raised:
        attrs = dict(attributes(ctx, exc))
        args = tuple(template(a) for a in ctx.items(attrs.pop("args")))
        cause, quiet = attrs.pop(CAUSE, None), attrs.pop(QUIET, None) is not None
        others = tuple((n, template(a)) for n, a in attrs.items())
        above = whole(cause) if isinstance(cause, ObjectV) else None
        return Raised(exc.cls, args, others, above, quiet)

    return whole(exc), atoms


# ---- raising


def throw(it: Any, exc: ObjectV) -> NoReturn:
    """Raises an exception when this point is reached: the path ends here."""
    if it.catches(exc.cls):
        leave(it.state, _exit_of(it, exc), exc)
    else:
        if not _thrown_again(it, Const(array(BOOL), True), exc):
            raised, atoms = described(it, exc)
            site = it.session.site(raised, it.loc)
            it.state.token = it.b.check(it.token(), Const(array(BOOL), False), *atoms, site=site)
        it.state.dead()
    raise PathEnd


def conditional(ctx: Context, pred: Atom, raised: Any) -> Atom:
    """What a check tests: it is noted on a trial, and made only under `ctx.only_if`."""
    if ctx.checks is not None:
        ctx.checks.append(raised)
    unless = ctx.only_if
    return pred if unless is None else ctx.b.or_(ctx.b.not_(unless), pred)


def throw_unless(it: Any, pred: Atom, exc: ObjectV) -> None:
    """Raises an exception unless `pred` holds, at run time."""
    if it.catches(exc.cls):
        leaving = it.state.fork()
        leave(leaving, _exit_of(it, exc), exc)
        open_guard(it, pred, leaving)
    else:
        raised, atoms = described(it, exc)
        site = it.session.site(raised, it.loc)
        it.state.token = it.b.check(it.token(), pred, *atoms, site=site)


def _exit_of(it: Any, exc: ObjectV) -> int:
    """The exit for an exception raised here: one per place and kind of exception."""
    tags = tuple(a.open()[0] for a in it.items(attributes(it, exc)["args"]))
    raised = Raised(exc.cls, (StaticSpec(tags),))
    number: int = RAISE + it.session.site(raised, it.loc)
    return number


def leave(state: State, code: int, exc: Abstract) -> None:
    """Ends the path of a state by an exception."""
    state.locals[waiting(code)] = exc
    state.exit(code)


def waiting(code: int) -> str:
    """The variable that holds a pending exception."""
    return f"{RAISED}{code}>"


def exception_class(it: Any, code: int) -> type[BaseException]:
    """The class of a pending exception."""
    found: type[BaseException] = it.session.sites[code - RAISE - 1].exception
    return found


def among(it: Any, codes: Iterable[int]) -> Atom:
    """Whether the exit that is pending is one of these."""
    pred: Atom = Const(array(BOOL), False)
    for code in sorted(codes):
        pred = it.b.or_(pred, it.b.eq(it.state.status, Const(STATUS, code)))
    return pred


def escape(it: Any, codes: Iterable[int]) -> None:
    """Pending exceptions that nothing catches become checks."""
    state = it.state
    for code in sorted(codes):
        pending = it.b.eq(state.status, Const(STATUS, code))
        loc = it.session.sites[code - RAISE - 1].loc
        exc = state.locals.pop(waiting(code))
        if isinstance(exc, Choice):  # raised at one place, by one path or another
            for k, option in enumerate(exc.options):
                _escape(it, it.b.and_(pending, it.b.eq(exc.which, k)), option, loc)
        else:
            _escape(it, pending, exc, loc)
        state.may -= {code}
    if state.may == {FALL}:
        state.fall()


def _escape(it: Any, pred: Atom, exc: Any, loc: AnyLoc) -> None:
    """Raises an exception where `pred` holds."""
    if _thrown_again(it, pred, exc):
        return
    raised, atoms = described(it, exc)
    site = it.session.site(raised, loc)
    it.state.token = it.b.check(it.token(), it.b.not_(pred), *atoms, site=site)
