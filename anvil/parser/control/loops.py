"""`for` and `while`: compiled as loops where that is possible.

A loop that cannot be typed (something in its body is needed while compiling and changes, or has no
common form) is rolled back and, if the number of iterations is known, peeled (shapes that settle
after the first iterations) or unrolled.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from anvil.errors import AnvilError
from anvil.errors import error as make_error
from anvil.ir.loc import AnyLoc
from anvil.ir.records import Atom, Const, Value
from anvil.ir.types import I64, array
from anvil.parser.control import places
from anvil.parser.control.branches import scoped
from anvil.parser.control.choices import by_option, settled
from anvil.parser.control.generators import iterated, run_fused
from anvil.parser.control.guesses import with_guesses
from anvil.parser.control.items import Items
from anvil.parser.control.iteration import items_of, known_count
from anvil.parser.control.rolled import (
    TEST,
    RolledFor,
    RolledWhile,
    Rotate,
    evaluate_test,
    never_true,
    rename_exit,
    settle_exit,
)
from anvil.parser.control.streams import moving_, moving_zip_, rest_
from anvil.parser.source.functions import written
from anvil.parser.state.heap import BREAK, CONTINUE, FALL, LEFT, ONLY_FALL, GeneratorV
from anvil.parser.state.signals import Blocked, NeedStatic, Refused
from anvil.parser.state.values import Abstract, Known, Lazy, ListV, NDArray, RangeV, TupleV

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

PEELED = 2
UNROLL_WARN = 1_000
UNROLL_LIMIT = 10_000
EXITS_LIMIT = 100
"""A `while` that the data may end in each iteration is unrolled at most so far."""


def run_for(it: Interp, node: ast.For) -> None:
    """A `for` statement."""
    it.at(node.iter)
    source = settled(it, it.eval(node.iter))
    it.at(node)
    by_option(it, source, lambda v: _over(it, node, v))
    _after(it, node)


def _over(it: Interp, node: ast.For, source: Abstract) -> None:
    it.at(node.iter)
    at = it.loc
    source = iterated(it, _moving(it, source) if at in it.session.moving else source)
    if isinstance(source, Lazy) and source.box and _takes_more(node):
        source = it.session.calls.call_entry(it, rest_, [source], {})
    if isinstance(source, GeneratorV):
        it.at(node)
        run_fused(it, node, source)
        return
    early = any(map(_leaves, ast.walk(node)))
    before = places.started(it, source) if early else {}
    with it.holding(source), _moved(it, at):
        _over_items(it, node, places.tracked(it, items_of(it, source), before))


def _moving(it: Interp, v: Abstract) -> Abstract:
    """What a loop runs over whose body makes a list longer or shorter: it looks each time."""
    if isinstance(v, ListV):
        return it.session.calls.call_entry(it, moving_, [v], {})
    if isinstance(v, Lazy) and v.kind == "enumerate":
        inner, start = v.items
        return it.call(enumerate, _moving(it, inner), start)
    if isinstance(v, Lazy) and v.kind == "zip" and v.items[0].open() == Known(False).open():
        lists = v.items[1:]
        if all(isinstance(x, ListV | TupleV | NDArray | RangeV) for x in lists):
            return it.session.calls.call_entry(it, moving_zip_, list(lists), {})
    return v


@contextmanager
def _moved(it: Interp, at: AnyLoc) -> Iterator[None]:
    """Notes the loop over a list that its body makes longer or shorter."""
    try:
        yield
    except (Blocked, AnvilError) as problem:
        error = problem.error if isinstance(problem, Blocked) else problem
        movable = it.session.movable
        if error in movable and movable[error] is None:
            movable[error] = at
        raise


def _over_items(it: Interp, node: ast.For, items: Items) -> None:
    it.at(node)
    if items.count == 0:
        pass
    elif items.static or written(node) in it.unroll or _counted_out(it, node, items):
        _unrolled_for(it, node, items, 0)
    else:
        _rolled_from(it, node, items, 0)
    if it.state.may == ONLY_FALL and not any(map(_leaves, ast.walk(node))):
        items.finish()


def _rolled_from(it: Interp, node: ast.For, items: Items, start: int) -> None:
    """Compiles the iterations from `start` on as a loop, the first ones in place if it must be."""
    while start >= 0 and not _rolled_for(it, node, items, start):
        start = _peel(it, node, items, start)


def _takes_more(node: ast.For) -> bool:
    """Whether the body of a loop calls `next`, maybe of the iterator that it runs over."""
    calls = (n for s in node.body for n in ast.walk(s) if isinstance(n, ast.Call))
    return any(isinstance(n.func, ast.Name) and n.func.id == "next" for n in calls)


def _counted_out(it: Interp, node: ast.For, items: Items) -> bool:
    """Whether a loop over a known number of items has been unrolled before; where the data decide
    how many there are it is tried anew.
    """
    return node in it.counted_out and isinstance(items.count, int)


def _leaves(node: ast.AST) -> bool:
    """Whether a statement may end a loop early."""
    return isinstance(node, ast.Break | ast.Return | ast.Raise | ast.Try | ast.With)


def _rolled_for(it: Interp, node: ast.For, items: Items, start: int) -> bool:
    def attempt() -> Blocked | None:
        return _try(it, node, lambda: RolledFor(it, node, items, start).run())

    return with_guesses(it, node, attempt(), attempt) is None


def run_while(it: Interp, node: ast.While) -> None:
    """A `while` statement."""

    def attempt() -> Blocked | None:
        return _try(it, node, lambda: _rolled_while(it, node))

    blocked = None if written(node) in it.unroll else with_guesses(it, node, attempt(), attempt)
    if blocked is not None and _choose(it, node, blocked):
        again = attempt()
        lasting = again is None or again.error in it.session.growable
        blocked = again if lasting else blocked
    if blocked is not None or written(node) in it.unroll:
        with _growing(it, blocked), _refusing(blocked):
            _unrolled_while(it, node, 0, blocked)
    _after(it, node)


@contextmanager
def _growing(it: Interp, blocked: Blocked | None) -> Iterator[None]:
    """Unrolls a loop that a list which grows has blocked: whatever is refused there, the list may
    still be given room that is a guess.
    """
    growable = it.session.growable
    loop = None if blocked is None else growable.get(blocked.error)
    try:
        yield
    except (Blocked, AnvilError) as problem:
        error = problem.error if isinstance(problem, Blocked) else problem
        if loop is not None:
            growable.setdefault(error, loop)
        raise


@contextmanager
def _refusing(blocked: Blocked | None) -> Iterator[None]:
    """Unrolls a loop in which something was refused: if it is refused there too, the first refusal
    is the one to be read.
    """
    try:
        yield
    except AnvilError:
        if isinstance(blocked, Refused):
            raise blocked.error from None
        raise


def _choose(it: Interp, node: Any, blocked: Blocked) -> bool:
    """Whether a loop should be tried once more with variables that are one of several unlike
    things: where the number of its iterations is not known.
    """
    if node in it.choosing or isinstance(blocked, NeedStatic) or blocked.roots:
        return False
    it.choosing |= {node}
    return True


def _after(it: Interp, node: Any) -> None:
    """The `else` clause; a `break` in it leaves the loop around this one."""
    if not node.orelse:
        settle_exit(it, BREAK)
        return
    rename_exit(it, BREAK, LEFT)
    it.when_falling(lambda: it.block(node.orelse))
    settle_exit(it, LEFT)


def _rolled_while(it: Interp, node: ast.While) -> None:
    entry, depth = it.state, it.b.depth
    if never_true(it, node):
        return
    try:
        it.state = entry.fork()
        RolledWhile(it, node, rotated=False).run()
        return
    except Rotate:
        it.b.abort(depth)
        it.state = entry
    evaluate_test(it, node)
    if it.state.locals[TEST].open() == Known(False).open():
        return
    RolledWhile(it, node, rotated=True).run()


def _try(it: Interp, node: Any, attempt: Callable[[], None]) -> Blocked | None:
    """Runs an attempt; None if it succeeded. What blocked it, everything rolled back, if unrolling
    might help.
    """
    entry, depth, loc = it.state, it.b.depth, it.b.loc
    ops, table = len(it.b.frames[-1].ops), dict(it.b.frames[-1].table)
    it.state = entry.fork()
    mine: set[Value] = set()
    it.loop_params.append(mine)
    try:
        attempt()
        return None
    except (Blocked, AnvilError) as problem:
        blocked = problem if isinstance(problem, Blocked) else Refused(problem)
        if blocked.roots and not blocked.roots & mine:
            raise
        elsewhere = blocked.unroll is not None and blocked.unroll is not node
        elsewhere = elsewhere or blocked.table not in (None, *it.session.tables)
        if elsewhere or blocked.exact not in (None, *it.session.exact):
            raise
        it.b.abort(depth)
        frame = it.b.frames[-1]
        del frame.ops[ops:]
        frame.table = table
        it.state, it.b.loc = entry, loc
        if node not in it.choosing or node not in it.blocked:
            it.blocked[node] = blocked
        return blocked
    finally:
        it.loop_params.pop()


def _peel(it: Interp, node: ast.For, items: Items, start: int) -> int:
    """Runs one iteration in place, or all that are left; the next index, -1 if none is left."""
    blocked = it.blocked[node]
    if not isinstance(items.count, int) and _choose(it, node, blocked):
        return start
    count = _count(it, items, blocked)
    settles = not isinstance(blocked, NeedStatic) and not blocked.roots
    if settles and start < PEELED and count - start > 2:
        _iteration(it, node, items, start)
        if it.state.may == ONLY_FALL:
            return start + 1
        it.when_falling(lambda: _rolled_from(it, node, items, start + 1))
        return -1
    _warn_or_refuse(it, count, blocked)
    if isinstance(items.count, int):
        it.counted_out |= {node}
    else:
        it.unroll |= {written(node)}
    with _refusing(blocked):
        _unrolled_for(it, node, items, start)
    return -1


def _count(it: Interp, items: Items, blocked: Blocked) -> int:
    if isinstance(items.count, int):
        return items.count
    try:
        return known_count(it, items)
    except NeedStatic as need:
        raise NeedStatic(
            blocked.error, need.roots, need.why, need.loc, exact=need.exact
        ) from blocked


def _warn_or_refuse(it: Interp, count: int, blocked: Blocked) -> None:
    if count > UNROLL_LIMIT:
        raise blocked.error
    if count > UNROLL_WARN:
        it.warn(
            "many-unrolled",
            f"this loop is unrolled {count} times: {blocked.error.diagnostic.message}",
        )


def _iteration(it: Interp, node: ast.For, items: Items, k: int) -> None:
    def body() -> None:
        it.assign(node.target, items.item(Const(array(I64), k)))
        it.block(node.body)

    scoped(it, body)
    settle_exit(it, CONTINUE)
    if FALL in it.state.may:
        items.check(it)


def _unrolled_for(it: Interp, node: ast.For, items: Items, start: int) -> None:
    count = known_count(it, items)
    for k in range(start, count):
        it.at(node)
        _iteration(it, node, items, k)
        if FALL not in it.state.may:
            return
        if it.state.may != ONLY_FALL:
            it.when_falling(lambda: _unrolled_for(it, node, items, k + 1))  # noqa: B023
            return


def _unrolled_while(it: Interp, node: ast.While, done: int, blocked: Blocked | None) -> None:
    for k in range(done, UNROLL_LIMIT):
        it.at(node.test)
        test = it.truth(it.eval(node.test))
        if test is False:
            return
        if test is not True:
            _refuse_unrolled(it, test, blocked)
        it.block(node.body)
        settle_exit(it, CONTINUE)
        if FALL not in it.state.may:
            return
        if it.state.may != ONLY_FALL:
            if k >= EXITS_LIMIT or _guesses(it, k, blocked):
                break
            it.when_falling(lambda: _unrolled_while(it, node, k + 1, blocked))  # noqa: B023
            return
    raise blocked.error if blocked else make_error("loop-types", "this loop is too long", it.loc)


def _guesses(it: Interp, k: int, blocked: Blocked | None) -> bool:
    """Whether it is guessed how long the lists of a loop become that the data may end."""
    return blocked is not None and k > PEELED and blocked.error in it.session.growable


def _refuse_unrolled(it: Interp, test: Atom, blocked: Blocked | None) -> None:
    try:
        it.need_static(test, "the condition of this loop")
    except NeedStatic as need:
        error = need.error if blocked is None else blocked.error
        raise NeedStatic(error, need.roots, need.why, need.loc, exact=need.exact) from blocked
