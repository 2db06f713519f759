"""`if` on data: both branches are interpreted on forked states, each in a region of its own, and
joined.

If exactly one branch can fall through, the statements after the `if` are interpreted inside that
branch, so that an early return gives if/else and no flags. A branch that does nothing but raise
becomes a check.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from anvil.ir.builder import Frame
from anvil.ir.loc import AnyLoc
from anvil.ir.opkind import REGISTRY
from anvil.ir.records import Atom, Const, Op, Value
from anvil.parser.containers.columns import is_part
from anvil.parser.containers.group_contents import object_of
from anvil.parser.containers.joined_pools import adopt_like, pools_to_widen, widen_pool
from anvil.parser.containers.row_lists import pool_whole
from anvil.parser.containers.stacks import (
    Pools,
    pool_of,
    pools_near,
    restack,
)
from anvil.parser.containers.templates import Group, Ref, roomy
from anvil.parser.control.joins import Join, Manner, Want, materialise
from anvil.parser.control.narrowing import narrow, widen
from anvil.parser.state.heap import FALL, STATUS, ListBox, RowBox, StackBox, State
from anvil.parser.state.signals import PathEnd
from anvil.parser.state.values import Known

if TYPE_CHECKING:
    from anvil.ir.records import Region
    from anvil.parser.interp import Interp


@dataclass(slots=True, eq=False)
class Branch:
    """A branch that has been interpreted: the state at its end and its unfinished region."""

    state: State
    frame: Frame


def open_branch(
    it: Interp, entry: State, pred: Atom, holds: bool, body: Callable[[], None]
) -> Branch:
    """Interprets `body` on a fork of `entry` in a region of its own."""
    frame = it.b.begin("then" if holds else "else")
    frame.given = pred, holds, ()
    out = Branch(entry.fork(), frame)
    it.b.frames.pop()
    resume(it, out, body)
    return out


def resume(it: Interp, branch: Branch, body: Callable[[], None]) -> None:
    """Goes on in a branch."""
    it.b.frames.append(branch.frame)
    it.state = branch.state
    scoped(it, body)
    branch.state = it.state
    popped = it.b.frames.pop()
    assert popped is branch.frame


@dataclass(slots=True, eq=False)
class Guard:
    """A check that a handler may catch: the rest of its scope is interpreted in `frame`, where
    `pred` holds; `state` is that of the path that leaves.
    """

    pred: Atom
    state: State
    frame: Frame
    depth: int
    loc: AnyLoc


def open_guard(it: Interp, pred: Atom, leaving: State) -> None:
    """Goes on under the condition `pred`; otherwise the path leaves in the state `leaving`."""
    depth = it.b.depth
    frame = it.b.begin("then")
    frame.given = pred, True, ()
    it.guards.append(Guard(pred, leaving, frame, depth, it.b.loc))


def go_on(it: Any) -> None:
    """Inside an expression: goes on where nothing was raised; the other paths leave the scope."""
    state = it.state
    if FALL not in state.may:
        raise PathEnd
    if len(state.may) > 1:
        pred = it.b.eq(state.status, Const(STATUS, FALL))
        leaving = state.fork()
        leaving.may -= {FALL}
        state.fall()
        open_guard(it, pred, leaving)


def scoped(it: Interp, body: Callable[[], None], then: Callable[[], None] | None = None) -> bool:
    """Runs `body`; the paths that leave it through guards meet at its end.

    If there is one such path, `then` goes on with either before they meet. Whether it has.
    """
    depth = it.b.depth
    try:
        body()
    except PathEnd:
        if FALL in it.state.may:
            it.state.dead()
    guards = _open_guards(it, depth)
    apart = then is not None and len(guards) == 1
    for guard in reversed(guards):
        it.b.abort(guard.depth + 1)
        it.b.frames.pop()
        it.guards.pop()
        loc, it.b.loc = it.b.loc, guard.loc
        inner, outer = Branch(it.state, guard.frame), Branch(guard.state, Frame("else", ()))
        if apart and then is not None:
            resume(it, inner, then)
            resume(it, outer, then)
        join_branches(it, guard.pred, inner, outer, None)
        it.b.loc = loc
    it.b.abort(depth)
    return apart


def _open_guards(it: Interp, depth: int) -> list[Guard]:
    """The guards opened since `depth` regions were open, without those that were rolled back."""
    frames = it.b.frames
    it.guards = [g for g in it.guards if g.depth < len(frames) and frames[g.depth] is g.frame]
    return [g for g in it.guards if g.depth >= depth]


def branch(
    it: Interp,
    pred: Atom,
    then: Callable[[], None],
    orelse: Callable[[], None],
    rest: Sequence[ast.stmt] = (),
    live: frozenset[str] | None = None,
    live_after_rest: frozenset[str] | None = None,
) -> bool:
    """Emits `if pred`; returns whether `rest` has been interpreted inside one of the branches.

    `live` are the variables that may be read after the `if`, None for all.
    """
    entry, loc = it.state, it.b.loc
    heads = narrow(it, entry, pred, True), narrow(it, entry, pred, False)
    first = open_branch(it, heads[0], pred, True, then)
    it.b.loc = loc
    second = open_branch(it, heads[1], pred, False, orelse)
    consumed = False
    falls = FALL in first.state.may, FALL in second.state.may
    if falls[0] != falls[1]:
        inner, other = (first, second) if falls[0] else (second, first)
        if _only_raises(entry, other) and _harmless(inner):
            _raise_as_check(it, pred, inner, other, negate=other is first)
            return False
        if rest:
            resume(it, inner, lambda: it.guarded(rest, live_after_rest))
            consumed, live = True, live_after_rest
    it.b.loc = loc
    widen(entry, heads, (first.state, second.state))
    join_branches(it, pred, first, second, live)
    return consumed


def join_branches(
    it: Interp, pred: Atom, first: Branch, second: Branch, live: frozenset[str] | None
) -> None:
    """Emits the `if` op and continues in the joined state."""
    join, joined = _joined(it, pred, first, second, live, True)
    inside = bool(it.loop_params)
    while (wants := [w for w in join.wants if _stacks(w, join, inside)]) or join.adoptions:
        done = adopt_sides(it, first, second, join) or stack_sides(it, first, second, wants)
        join, joined = _joined(it, pred, first, second, live, done)
    it.session.choices |= join.chose
    leaves = join.leaves
    regions = tuple(
        _close(it, side, [(leaf.a if i == 0 else leaf.b, leaf.out) for leaf in leaves])
        for i, side in enumerate((first, second))
    )
    it.state = joined
    if leaves:
        outs = tuple(leaf.out for leaf in leaves)
        place(it, "if", (pred,), outs, regions)


def _joined(
    it: Interp,
    pred: Atom,
    first: Branch,
    second: Branch,
    live: frozenset[str] | None,
    stacks: bool,
) -> tuple[Join, State]:
    at = it.b.loc
    manner = Manner(at, pred, at in it.session.exact)
    join = Join(first.state, second.state, live, manner=manner)
    join.stacks = stacks
    join.inner = defined(first.frame), defined(second.frame)
    return join, join.run(it.roots())


def adopt_sides(it: Interp, first: Branch, second: Branch, join: Join) -> bool:
    """Moves objects that are in a pool at the end of one branch into one at that of the other;
    whether there are any.
    """
    room, heaps = it.session.capacity, (first.state.heap, second.state.heap)
    for k, pool, form in pools_to_widen(join.adoptions, heaps, room):
        resume(it, (first, second)[k], partial(widen_pool, it, pool, form))
    for k, side in enumerate((first, second)):
        other = (second, first)[k].state.heap
        resume(it, side, partial(adopt_like, it, join.adoptions, k, other))
    return bool(join.adoptions)


def is_open_stack(content: Any) -> bool:
    """Whether the data decide how long a list is."""
    return isinstance(content, StackBox) and not isinstance(content.length, Known)


def _stacks(want: Want, join: Join, inside: bool) -> bool:
    """Whether a list that the branches leave in different forms is one list, or both are lists of
    computed length. Other new lists may as well be told apart by which branch was taken, but for
    those that a loop makes: there would be more of them in each iteration.
    """
    x, y = want.boxes
    held = join.a.heap[x], join.b.heap[y]
    known = x == y or want.boxes in join.pools
    return known or inside or all(map(is_open_stack, held))


def stack_sides(it: Interp, first: Branch, second: Branch, wants: list[Want]) -> bool:
    """Holds lists that two branches leave in different forms as stacked lists of one form; False
    if that changes nothing.
    """
    changed = False
    for want in wants:
        near = pools_near(want.boxes, first.state.heap, second.state.heap)
        own = _pooled_alike(it, (first, second), want)
        for side, box, pools in zip((first, second), want.boxes, own, strict=True):
            before = side.state.heap[box]
            resume(it, side, partial(_restacked, it, box, want, {**near, **pools}))
            changed |= side.state.heap[box] is not before
    return changed


def _pooled_alike(it: Interp, sides: tuple[Branch, Branch], want: Want) -> list[Pools]:
    """Moves the objects that lists of either branch hold, and that there were before, into one pool
    in each branch; the pool in each, by the form of the objects.
    """
    form = want.template.item if isinstance(want.template, Ref) else None
    if not isinstance(form, Group) or form.kind == "list":
        return [{}, {}]
    heaps = [side.state.heap for side in sides]
    held = [heap[box] for heap, box in zip(heaps, want.boxes, strict=True)]
    items: list[Any] = [v for c in held if isinstance(c, ListBox) for v in c.items]
    boxes = dict.fromkeys(v.box for v in items)
    objects = [object_of(form, b) for b in boxes if all(b in heap for heap in heaps)]
    pools: list[Pools] = []

    def adopt() -> None:
        pools.append({form: pool_of(it, form, objects)})

    it.session.pooled |= it.session.pooling and bool(objects)
    for side in sides if it.session.pooling and objects else ():
        resume(it, side, adopt)
    return pools or [{}, {}]


def _restacked(it: Interp, box: int, want: Want, near: Pools) -> None:
    held = it.state.heap[box]
    if isinstance(held, RowBox):
        return  # the list that it is an element of has taken it along
    room, template = max(want.capacities), roomy(want.template, it.session.capacity)
    if isinstance(held, StackBox) and is_part(held) and room > held.capacity:
        pool_whole(it, held)
        return
    restack(it, box, template, room, want.kinds, want.guessed, near)


def defined(frame: Frame) -> set[Value]:
    """The values that the ops of an open region define."""
    return {v for op in frame.ops for v in op.outs}


def _close(it: Interp, side: Branch, results: list[tuple[object, Value]]) -> Region:
    it.b.frames.append(side.frame)
    it.state = side.state
    return it.b.end([materialise(it, source, out.type) for source, out in results])


def place(
    it: Interp,
    name: str,
    args: tuple[Atom, ...],
    outs: tuple[Value, ...],
    regions: tuple[Region, ...],
) -> None:
    """Emits a structural op whose results were made beforehand."""
    kind = REGISTRY[name]
    attrs = dict(kind.attrs)
    op = Op(kind, args, outs, attrs, regions, it.b.loc)
    it.b.frames[-1].ops.append(op)
    it.b.parts.update(dict.fromkeys(outs, op))


def _only_raises(entry: State, branch: Branch) -> bool:
    """Whether a branch does nothing but fail a check."""
    if branch.state.may:
        return False
    acting = ("check", "print", "call", "host_call")
    effects = [op for op in branch.frame.ops if op.regions or op.kind.name in acting]
    if len(effects) != 1 or effects[0].kind.name != "check":
        return False
    token, pred, *_ = effects[0].args
    started = token is entry.token or (
        entry.token is None and any(op.kind.name == "token" for op in branch.frame.ops)
    )
    return started and isinstance(pred, Const) and not pred.value


def _harmless(branch: Branch) -> bool:
    """Whether a branch may run whatever the condition: it has no effects and always ends."""
    return not any(op.regions or op.kind.structural for op in branch.frame.ops)


def _raise_as_check(it: Interp, pred: Atom, inner: Branch, failing: Branch, negate: bool) -> None:
    """Instead of `if c: raise ...`: check(not c), then the other branch without a region."""
    (op,) = (op for op in failing.frame.ops if op.kind.name == "check")
    frame = it.b.frames[-1]
    for side in (failing, inner):
        frame.ops.extend(o for o in side.frame.ops if o is not op and o.kind.name != "token")
    frame.table.update(inner.frame.table)
    it.state = inner.state
    fine = it.b.not_(pred) if negate else pred
    it.state.token = it.b.check(it.token(), fine, *op.args[2:], **op.attrs)
