"""Generators: made by a call, fused into the loop that runs over them, or advanced item by item.

A generator is a box that holds where it is suspended and its variables. `for v in gen(...)` over a
generator that has not started is fused (`fusing`): its loops stay loops. `next(g)`, and everything
else that takes one item at a time, interprets its statements up to the next `yield`; where that is
has to be known while compiling. A place is a stack of frames `(node, kind, index)`; what varies
(iterators of its loops, the value sent) is among the variables.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from anvil.parser.control.branches import go_on
from anvil.parser.control.exceptions import exception_class, waiting
from anvil.parser.control.fusing import RESULT, Emit, Exit, fused
from anvil.parser.control.iteration import iterator, next_item, opened_object
from anvil.parser.control.rolled import rename_exit, settle_exit
from anvil.parser.control.streams import END, next_, rest_, stepped_
from anvil.parser.interp import CLEANUP, Interp, statement
from anvil.parser.source.functions import FunctionInfo
from anvil.parser.state.heap import (
    BREAK,
    CONTINUE,
    NO_EXIT,
    ONLY_FALL,
    RETURN,
    GeneratorBox,
    GeneratorV,
    State,
    fresh_box,
    reachable,
)
from anvil.parser.state.values import NONE, Abstract, CellRef, Known, Lazy, ObjectV

if TYPE_CHECKING:
    from anvil.parser.context import Context

Frame: TypeAlias = "tuple[ast.AST, str, int]"
_SENT = "<sent>"
_END = Known(END)


def make_generator(
    it: Interp, info: FunctionInfo, bound: dict[str, Abstract], cells: dict[str, CellRef]
) -> GeneratorV:
    """What the call of a generator function gives."""
    box = fresh_box()
    it.state.heap[box] = GeneratorBox(((info.code.node, "body", 0),), {**bound, **cells})
    return GeneratorV(info, box)


def content(ctx: Context, v: GeneratorV) -> GeneratorBox:
    """Where a generator is suspended; refused if that is not known."""
    box = ctx.content(v.box, "generator")
    assert isinstance(box, GeneratorBox)
    if box.lost:
        ctx.error(
            "unsupported-value",
            f"{v.describe()} is used after a loop that may leave it early",
            hint="Call the generator function again, or use one loop.",
        )
    return box


def not_started(ctx: Context, v: GeneratorV) -> bool:
    """Whether a generator is where its call left it."""
    place = content(ctx, v).place
    return place == ((v.info.code.node, "body", 0),)


# ---- fused into a loop


def iterated(it: Interp, v: Abstract) -> Abstract:
    """What a `for` runs over: `__iter__` called, a generator one that has not started."""
    if isinstance(v, ObjectV):
        v = opened_object(it, v) or v
    if isinstance(v, GeneratorV) and not not_started(it, v):
        v = it.session.calls.call_entry(it, rest_, [v], {})
    return v


def run_fused(it: Interp, node: ast.For, v: GeneratorV) -> None:
    """`for ... in v`, its `else` apart, for a generator that has not started."""
    box = content(it, v)
    made = fused(it.info, node, v.info)
    it.inlined[made.prefix] = v.info
    it.around[made.prefix] = len(it.catchers), it.managers
    it.touch(v.box)
    enter(it, made.prefix, v.info, box)
    it.state.heap[v.box] = GeneratorBox((), {})
    it.block(made.body)
    it.stmt = node
    settle_exit(it, made.done)
    result = it.state.locals.get(made.prefix + RESULT, NONE)
    name = getattr(node, "_anvil_result", None)
    if name is not None:
        it.state.locals[name] = result
    early = made.stop in it.state.may
    rename_exit(it, made.stop, BREAK)
    for name in [n for n in it.state.locals if n.startswith(made.prefix)]:
        del it.state.locals[name]
    it.state.heap[v.box] = GeneratorBox((), {RESULT: result}, early)


def enter(it: Interp, prefix: str, info: FunctionInfo, box: GeneratorBox) -> None:
    """The variables of a fused generator at its start."""
    scope = it.state.locals
    for name in info.code.bound:
        scope.pop(prefix + name, None)
    for name in info.code.cells:
        scope[prefix + name] = it.new_cell(name)
    for name, value in box.locals.items():
        it.store(prefix + name, value)
    scope[prefix + RESULT] = NONE


@statement(Emit)
def _emit(it: Interp, node: Any, rest: Any) -> bool:
    value = it.eval(node.value)
    handlers, managers = it.around[node.prefix]
    own = it.catchers[handlers:]
    it.catchers[handlers:] = [c for c in own if c is CLEANUP]
    try:
        it.at(node.target)
        it.assign(node.target, value)
        it.block(node.body)
    finally:
        it.catchers[handlers:] = own
    settle_exit(it, node.code)
    it.at(node)
    _leaving(it, [c for c in own if c is not CLEANUP], it.managers > managers)
    return False


def _leaving(it: Interp, handlers: list[Any], managed: bool) -> None:
    """Refuses what the consumer of a generator does not do in Python: its exceptions do not reach
    the generator's handlers, and `with` is told that the generator is closed.
    """
    seen = [exception_class(it, c) for c in it.state.raised]
    if any(issubclass(cls, h) for cls in seen for h in handlers):
        what = "an exception of the loop passes handlers around this `yield`"
    elif managed and it.state.may - ONLY_FALL:
        what = "the loop over this generator is left inside the generator's `with`"
    else:
        return
    it.error("unsupported-syntax", what, hint="Make the list of items first: `list(gen(...))`.")


@statement(Exit)
def _exit(it: Interp, node: Any, rest: Any) -> bool:
    if node.value is not None:
        it.state.locals[node.result] = it.eval(node.value)
    it.state.exit(node.code)
    return False


# ---- item by item


def iterator_of(it: Interp, v: Abstract) -> Abstract:
    """`iter(v)`."""
    if isinstance(v, GeneratorV) or (isinstance(v, Lazy) and v.box):
        return v
    if isinstance(v, ObjectV) and hasattr(v.cls, "__iter__"):
        found = it.session.calls.method(it, v, "__iter__", [])
        return found if isinstance(found, ObjectV) else iterator_of(it, found)
    if isinstance(v, ObjectV):
        v = opened_object(it, v) or v
        if isinstance(v, GeneratorV):
            return v
    return iterator(it, "iter", (v,))


def step(it: Interp, v: Abstract) -> Abstract | None:
    """The next item of an iterator, None at its end."""
    if isinstance(v, GeneratorV):
        return advance(it, v)
    if isinstance(v, ObjectV):
        v = it.session.calls.call_entry(it, stepped_, [v], {})
        return step(it, v)
    item = next_item(it, v, _END)
    return None if item is _END else item


def next_of(it: Interp, v: Abstract, default: Abstract | None = None) -> Abstract:
    """`next(v)` and `next(v, default)`."""
    if isinstance(v, ObjectV) and default is not None:
        return it.session.calls.call_entry(it, next_, [v, default], {})
    if isinstance(v, ObjectV):
        return it.session.calls.method(it, v, "__next__", [])
    if not isinstance(v, GeneratorV):
        return next_item(it, v, default)
    item = advance(it, v)
    if item is not None:
        return item
    return stop(it, v) if default is None else default


def stop(it: Interp, v: GeneratorV) -> Abstract:
    """Raises StopIteration with what a generator has returned."""
    result = content(it, v).locals.get(RESULT, NONE)
    return it.fail(StopIteration, *(() if result is NONE else (result,)))


def advance(it: Interp, v: GeneratorV, sent: Abstract = NONE) -> Abstract | None:
    """Runs a generator to its next `yield`; what that gives, None at the end."""
    box = content(it, v)
    if not box.place:
        return None
    it.touch(v.box)
    outer, loc, stmt, opened = it.state, it.b.loc, it.stmt, len(it.guards)
    child = _suspended(it, v.info, box, sent)
    run = _Run(child, list(box.place))
    value = None
    try:
        value = run.next()
    finally:
        inner = child.state
        it.state, it.guards, it.stmt = _outside(inner, outer), child.guards, stmt
        for guard in it.guards[opened:]:
            guard.state = _outside(guard.state, outer)
            guard.state.heap[v.box] = GeneratorBox((), {})
        it.state.heap[v.box] = GeneratorBox((), {RESULT: run.result})
    it.b.loc = loc
    if value is not None:
        held = it.state.heap[v.box] = GeneratorBox(tuple(run.frames), inner.locals)
        it.session.suspended |= _in_try(held)
    return value


def _outside(inner: State, outer: State) -> State:
    """The state of a generator at its `yield`, or where an exception leaves it, as that of what
    asks for an item.
    """
    raised = {n: inner.locals[n] for n in map(waiting, inner.raised)}
    scope = {**outer.locals, **raised}
    return replace(inner, locals=scope, where=outer.where, ret=outer.ret)


def refuse_suspended(it: Interp, result: Abstract) -> None:
    """Refuses the end of a function that drops a generator which is suspended inside `try`: CPython
    runs its `finally` then.
    """
    kept = it.external | reachable(iter((result,)), it.state.heap)
    for box, held in it.state.heap.items():
        if isinstance(held, GeneratorBox) and box not in kept and _in_try(held):
            it.error(
                "unsupported-syntax",
                "a generator is dropped while it is suspended inside `try`; CPython runs its "
                "`finally` when it is collected",
                hint="Consume the generator with one `for` loop.",
            )


def _in_try(box: GeneratorBox) -> bool:
    return any(kind == "finalbody" for _, kind, _ in box.place)


def close(it: Interp, v: GeneratorV) -> Abstract:
    """`v.close()` of a generator that is suspended outside of `try` and `with`."""
    box = content(it, v)
    if _in_try(box):
        it.error(
            "unsupported-method",
            f"`.close` of {v.describe()}, which is suspended inside `try`, is not compiled",
        )
    it.touch(v.box)
    it.state.heap[v.box] = GeneratorBox((), {})
    return NONE


def _suspended(it: Interp, info: FunctionInfo, box: GeneratorBox, sent: Abstract) -> Interp:
    """The interpreter of a generator that goes on, in the store of `it`."""
    child = copy.copy(it)
    child.info, child.fixed_loc, child.inlined = info, info.library, {}
    child.guards, child.catchers = list(it.guards), list(it.catchers)
    seen = (v for v in it.state.locals.values())
    child.external = it.external | reachable(iter(list(seen)), it.state.heap)
    state = it.state
    child.state = State({}, state.heap, state.marks, {}, state.token)
    if box.place[0][2] == 0 and len(box.place) == 1:
        for name in info.code.cells:
            child.state.locals[name] = child.new_cell(name)
    for name, value in box.locals.items():
        if type(value) is CellRef:
            child.state.locals[name] = value
        else:
            child.store(name, value)
    child.state.locals[_SENT] = sent
    return child


class _Run:
    """A generator that goes on from a place."""

    def __init__(self, child: Interp, frames: list[Frame]) -> None:
        self.child, self.frames = child, frames
        self.result: Abstract = NONE

    def next(self) -> Abstract | None:
        """The next item, None at the end."""
        catchers = list(self.child.catchers)
        while self.frames:
            pending = any(kind == "finalbody" for _, kind, _ in self.frames[:-1])
            self.child.catchers = [*catchers, CLEANUP] if pending else catchers
            opened = len(self.child.guards)
            node, kind, i = self.frames.pop()
            try:
                value = _KINDS[kind](self, node, kind, i)
            finally:
                if pending:
                    self.uncaught(opened)
            if value is not None:
                return value
        return None

    def uncaught(self, opened: int) -> None:
        """Refuses exceptions on which a `finally` would have to be run."""
        child = self.child
        if child.state.raised or len(child.guards) > opened:
            child.error(
                "unsupported-syntax",
                "an exception may be raised inside the `try` of a generator that is advanced item "
                "by item",
                hint="Consume the generator with one `for` loop.",
            )

    def sequence(self, node: Any, kind: str, i: int) -> Abstract | None:
        """A list of statements, from number `i` on."""
        stmts = getattr(node, kind)
        if i == len(stmts):
            return None
        self.frames.append((node, kind, i + 1))
        stmt = stmts[i]
        if not has_yield(stmt):
            self.child.block([stmt])
            self.leave()
            return None
        self.child.stmt = stmt
        self.child.at(stmt)
        rule = _SUSPENDING.get(type(stmt))
        if rule is None:
            name = type(stmt).__name__.lower()
            self.child.unsupported(
                stmt,
                f"`yield` inside `{name}` of a generator that is advanced item by item",
                hint="Consume the generator with one `for` loop.",
            )
        return rule(self, stmt)

    def leave(self) -> None:
        """Carries out an exit."""
        state = self.child.state
        if state.may == ONLY_FALL:
            return
        if state.may - state.raised <= ONLY_FALL:
            go_on(self.child)
            return
        if len(state.may) > 1:
            self.child.error(
                "unsupported-value",
                "where this generator goes on depends on data",
                hint="Consume the generator with one `for` loop.",
            )
        (code,) = state.may
        state.status, state.may = NO_EXIT, ONLY_FALL
        if code == RETURN and state.ret is not None:
            self.result, state.ret = state.ret, None
        self.unwind(code)

    def unwind(self, code: int) -> None:
        """Drops the frames that an exit leaves; `finally` is run all the same."""
        pending: list[Frame] = []
        while self.frames:
            frame = self.frames.pop()
            if frame[1] == "finalbody":
                pending.append(frame)
            elif code in (BREAK, CONTINUE) and frame[1] in ("while", "for"):
                if code == CONTINUE:
                    self.frames.append(frame)
                break
        self.frames.extend(reversed(pending))

    # ---- statements with a `yield` inside

    def value_of(self, stmt: Any) -> Abstract | None:
        """`yield e` or `yield from e`, its value dropped or bound."""
        node, child = stmt.value, self.child
        if isinstance(node, ast.Yield) and not (node.value and has_yield(node.value)):
            value = NONE if node.value is None else child.eval(node.value)
            self.frames.append((stmt, "resume", 0))
            return value
        if isinstance(node, ast.YieldFrom):
            child.state.locals[_iterator_name(stmt)] = iterator_of(child, child.eval(node.value))
            self.frames.append((stmt, "from", 0))
            return None
        child.unsupported(stmt, "`yield` inside an expression")

    def resume(self, stmt: Any, kind: str, i: int) -> Abstract | None:
        """After a `yield`: its value is what was sent."""
        self.bind(stmt, self.child.state.locals.get(_SENT, NONE))
        return None

    def bind(self, stmt: Any, value: Abstract) -> None:
        """Binds the value of a `yield`."""
        if isinstance(stmt, ast.Assign):
            for target in stmt.targets:
                self.child.assign(target, value)
        elif isinstance(stmt, ast.Return):
            self.result = value
            self.unwind(RETURN)

    def delegate(self, stmt: Any, kind: str, i: int) -> Abstract | None:
        """One more item of `yield from`."""
        child, name = self.child, _iterator_name(stmt)
        inner = child.state.locals[name]
        item = step(child, inner)
        if item is not None:
            self.frames.append((stmt, kind, i))
            return item
        del child.state.locals[name]
        result = NONE
        if isinstance(inner, GeneratorV):
            result = content(child, inner).locals.get(RESULT, NONE)  # type: ignore[assignment]
        self.bind(stmt, result)
        return None

    def decide(self, test: ast.expr) -> bool:
        """A condition that decides where the generator goes on."""
        child = self.child
        found = child.truth(child.eval(test))
        child.at(test)
        if not isinstance(found, bool):
            child.need_static(found, "the condition on which this generator goes on")
        return found

    def if_(self, stmt: ast.If) -> None:
        """A known branch."""
        self.frames.append((stmt, "body" if self.decide(stmt.test) else "orelse", 0))

    def while_(self, stmt: ast.While) -> None:
        """A loop."""
        self.frames.append((stmt, "while", 0))

    def again(self, stmt: Any, kind: str, i: int) -> Abstract | None:
        """The test of a `while`."""
        self.child.stmt = stmt
        if self.decide(stmt.test):
            self.frames.extend(((stmt, kind, 0), (stmt, "body", 0)))
        else:
            self.frames.append((stmt, "orelse", 0))
        return None

    def for_(self, stmt: ast.For) -> None:
        """A loop over an iterator."""
        child = self.child
        child.state.locals[_iterator_name(stmt)] = iterator_of(child, child.eval(stmt.iter))
        self.frames.append((stmt, "for", 0))

    def item(self, stmt: Any, kind: str, i: int) -> Abstract | None:
        """The next round of a `for`."""
        child = self.child
        child.stmt = stmt
        value = step(child, child.state.locals[_iterator_name(stmt)])
        if value is None:
            del child.state.locals[_iterator_name(stmt)]
            self.frames.append((stmt, "orelse", 0))
        else:
            child.assign(stmt.target, value)
            self.frames.extend(((stmt, kind, 0), (stmt, "body", 0)))
        return None

    def try_(self, stmt: ast.Try) -> None:
        """`try` with `finally` alone."""
        if stmt.handlers or stmt.orelse:
            self.child.unsupported(stmt, "`yield` inside `try` with handlers")
        self.frames.extend(((stmt, "finalbody", 0), (stmt, "body", 0)))


def _iterator_name(stmt: ast.stmt) -> str:
    return f"<iterator {stmt.lineno}:{stmt.col_offset}>"


_KINDS: dict[str, Callable[[_Run, Any, str, int], Abstract | None]] = {
    "body": _Run.sequence,
    "orelse": _Run.sequence,
    "finalbody": _Run.sequence,
    "resume": _Run.resume,
    "from": _Run.delegate,
    "while": _Run.again,
    "for": _Run.item,
}
_SUSPENDING: dict[type, Callable[[_Run, Any], Abstract | None]] = {
    ast.Expr: _Run.value_of,
    ast.Assign: _Run.value_of,
    ast.Return: _Run.value_of,
    ast.If: _Run.if_,
    ast.While: _Run.while_,
    ast.For: _Run.for_,
    ast.Try: _Run.try_,
}


def has_yield(node: ast.AST) -> bool:
    """Whether a statement can suspend the generator it is in."""
    if isinstance(node, ast.Yield | ast.YieldFrom):
        return True
    if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
        return False
    return any(map(has_yield, ast.iter_child_nodes(node)))
