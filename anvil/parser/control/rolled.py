"""One loop compiled as a loop: the fixed point of what it carries, and the op around it.

    entry   the state before the loop
    head    the state at the top of an iteration: what changes is replaced by parameters of the
            joined type
    end     the state after the body

The first head is a guess from the syntax (names and arrays the body assigns). The body is
interpreted once on it; if joining entry and end gives the head again, the run stands and is
emitted; otherwise the join is the next head.
"""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from anvil.errors import AnvilError
from anvil.errors import error as make_error
from anvil.ir.builder import Frame
from anvil.ir.records import Atom, Const, Value
from anvil.ir.types import BOOL, I64, TOKEN, array
from anvil.parser.arrays.ranges import bounds_of_atom
from anvil.parser.containers import loop_lists
from anvil.parser.control import fits, links, loop_arrays
from anvil.parser.control.branches import defined, place, scoped
from anvil.parser.control.guesses import assume, compared, prove
from anvil.parser.control.items import Items
from anvil.parser.control.iteration import index_bounds
from anvil.parser.control.joins import Join, Leaf, Manner, materialise
from anvil.parser.control.settled import Settled, entry_signature
from anvil.parser.control.sharing import marks_of_second
from anvil.parser.source.liveness import names_stored, names_used, names_written_through
from anvil.parser.state.heap import (
    CONTINUE,
    FALL,
    NO_EXIT,
    ONLY_FALL,
    STATUS,
    State,
    open_content,
    unchanged,
)
from anvil.parser.state.signals import Blocked, PathEnd, Signal
from anvil.parser.state.values import Abstract, Choice, Known, Partial, Scalar, scalar
from anvil.parser.state.walks import Signature, head_key, scrambled

if TYPE_CHECKING:
    from anvil.ir.records import Op, Region
    from anvil.parser.interp import Interp

ROUNDS = 12
MANY = 40
MOST_TRIPS = 1 << 14
"""A computed number of iterations with a greater bound counts as having none."""
_NEAR = 40
"""Ops before a rotated loop among which its first test is."""
TEST = "<test>"
Pairs = dict[tuple[int | None, int | None], int]
_STAYS = frozenset((FALL, CONTINUE))


class Rolled:
    """One attempt to compile a loop as a loop, from the present state."""

    def __init__(self, it: Interp, node: Any) -> None:
        self.it, self.node = it, node
        self.entry = it.state
        self.loc = it.b.loc
        live = it.info.code.live
        self.names = live.head.get(node, frozenset()) | live.after.get(node, frozenset()) | {TEST}
        if getattr(node, "_anvil_made", False):  # by a comprehension, inside some statement
            self.names |= frozenset(it.state.locals) | names_used(node) | names_stored(node)
        self.params = it.loop_params[-1]
        self.frame: Frame | None = None
        exact, choosing = self.loc in it.session.exact, node in it.choosing
        self.manner = Manner(self.loc, None, exact, choosing)
        self.counted = False
        self.head_leaves: list[Leaf] = []
        self.unrollable: list[Abstract] = []
        self.fitted: list[Abstract] = []
        self.pools: set[str] = set()
        self.head_pairs: Pairs = {}
        self.guessed: dict[int, tuple[int, int]] = {}

    # ---- the fixed point

    def settle(self) -> tuple[Join, Join, State]:
        """The head, the join of entry and end (equal to it), the end; `frame` holds the body."""
        loops = self.it.session.loops
        loop_lists.stack_written(self)
        head, signature, key = self._first_head()
        sizes: list[int] = []
        for attempt in range(ROUNDS):
            self.params.update(leaf.out for leaf in head.leaves)
            self.head_leaves, self.head_pairs = head.leaves, head.pairs
            end = self.iterate(head.state)
            fits.conform(self, head.state, end)
            joined = self._in_one_form(self._join(end), end)
            if joined is None or (joined.growths and loop_arrays.hold(self, joined.growths)):
                head, signature, key = self._first_head()
                continue
            self.it.session.choices |= joined.chose
            roots = self.it.roots()
            if head_key(joined, self.names, roots) == head_key(head, self.names, roots):
                longer = loop_arrays.make_room(self, joined, end)
                if loop_lists.make_room(self, joined, end) or longer:
                    head, signature, key = self._first_head()
                    continue
                if attempt:
                    boxes, atoms = list(signature.boxes), signature.atoms
                    loops[key] = Settled(end, boxes, atoms, self.entry.token)
                self.head_leaves = head.leaves
                self._keep_unwritten(head, joined)
                return head, joined, end
            head = joined
            sizes.append(len(joined.leaves))
            if _explodes(sizes):
                break
        error = make_error("loop-types", "the types of this loop do not settle", self.loc)
        raise Blocked(error)

    def _in_one_form(self, joined: Join, end: State) -> Join | None:
        """The join after lists that differ have been brought into one form; None if that has
        changed the entry.
        """
        changed = links.pool_sides(self, joined, end)
        if changed:
            return None if changed == "entry" else self._in_one_form(self._join(end), end)
        if not (joined.adoptions or joined.wants):
            return joined
        if joined.adoptions:
            changed = loop_lists.adopt_sides(self, joined.adoptions, end)
        if changed != "entry" and joined.wants:
            changed = loop_lists.stack_sides(self, joined.wants, end) or changed
        return None if changed == "entry" else self._join(end, bool(changed))

    def _first_head(self) -> tuple[Join, Signature, Any]:
        """The head of the first round, and what the fixed point is remembered under."""
        signature, structure = entry_signature(self.entry, self.names, self.it.roots())
        key = (self.node, type(self), self.manner, structure)
        memo: Settled | None = self.it.session.loops.get(key)
        return (
            (self._guess() if memo is None else self._remembered(memo, signature)),
            signature,
            key,
        )

    def trips(self) -> int | None:
        """The number of iterations, if it is known."""
        return None

    def most(self) -> int | None:
        """The greatest number of iterations; None if nothing bounds it."""
        return self.trips()

    def given(self) -> tuple[Atom, bool, list[Op]] | None:
        """What holds in an iteration, and the ops that compute it."""
        return None

    def ends(self) -> list[Atom]:
        """What the loop compares what it carries with, before an iteration."""
        return []

    def _keep_unwritten(self, head: Join, joined: Join) -> None:
        """Boxes that the guess took for written, and the body leaves as they are, hold after the
        loop what they held before.
        """
        pairs = zip(head.leaves, joined.leaves, strict=True)
        same = {
            new.out: new.a
            for old, new in pairs
            if new.b is old.out and getattr(new.a, "type", None) is new.out.type
        }
        before, heap = self.entry.heap, joined.state.heap
        for box, content in heap.items():
            if box in before and content is not before[box]:
                parts, old = open_content(content), open_content(before[box])
                if same and _same_contents(parts, old, same):
                    heap[box] = before[box]

    def _remembered(self, memo: Settled, signature: Signature) -> Join:
        """The head that this loop had when it was last entered with a state of this structure."""
        end = memo.renamed(signature, self.entry)
        join = Join(self.entry, end, self.names, self.node, self.manner)
        join.inner = set(), memo.visible(signature)
        join.run(self.it.roots())
        return join

    def _guess(self) -> Join:
        body = self.node.body
        stored = frozenset().union(*map(names_stored, body)) & self.names
        written = frozenset().union(*map(names_written_through, body))
        if isinstance(self.node, ast.For):
            stored |= names_stored(self.node.target) & self.names
        fake = scrambled(self.entry, stored, written & self.names)
        if isinstance(self.node, ast.While) and fake.token is not None:
            fake.token = Value(TOKEN)  # a check that has failed must stop a loop that may not end
        join = Join(self.entry, fake, self.names, self.node, self.manner)
        join.run(self.it.roots())
        return join

    def _join(self, end: State, stacks: bool = True) -> Join:
        assert self.frame is not None
        join = Join(self.entry, end, self.names, self.node, self.manner)
        join.stacks = stacks
        join.inner = set(), defined(self.frame) | self.params
        join.run(self.it.roots())
        return join

    def iterate(self, head: State) -> State:
        """Interprets the body once, from `head`, in a region that is kept in `frame`."""
        it = self.it
        self.guessed = assume(it, self.node, self.head_leaves, head.status, self.ends())
        frame = self.frame = Frame("body", ())
        frame.given = self.given()
        it.b.frames.append(frame)
        it.b.loc = self.loc
        it.state = head.fork()
        it.state.status, it.state.may = NO_EXIT, ONLY_FALL
        scoped(it, self.body)
        it.b.loc = self.loc
        popped = it.b.frames.pop()
        assert popped is frame
        return it.state

    def body(self) -> None:
        """One iteration."""
        self.it.block(self.node.body)
        settle_exit(self.it, CONTINUE)

    # ---- emission

    def body_region(self, index: tuple[Value, ...], head: Join, joined: Join, end: State) -> Region:
        """The body with its parameters and what it yields (after the next index, if it carries
        one).
        """
        it, frame = self.it, self.frame
        assert frame is not None
        frame.params = (*index, *(leaf.out for leaf in head.leaves))
        it.b.frames.append(frame)
        it.state = end
        first = self.next_index(index)
        return it.b.end([*first, *(materialise(it, x.b, x.out.type) for x in joined.leaves)])

    def next_index(self, index: tuple[Value, ...]) -> list[Atom]:
        """What the body yields for the index; `for` ops count by themselves."""
        return []

    def inits(self, joined: Join) -> tuple[Atom, ...]:
        """The carried values at the entry."""
        self.it.state = self.entry
        return tuple(materialise(self.it, leaf.a, leaf.out.type) for leaf in joined.leaves)

    def leave(self, joined: Join, end: State, natural: bool, ran: bool) -> None:
        """Continues after the loop: `natural` if its test can end it, `ran` if the body ran at
        least once.
        """
        state = joined.state
        for name in self.pools:
            state.locals.pop(name, None)
        state.may = (ONLY_FALL if natural else frozenset()) | (end.may - _STAYS)
        steps = loop_lists.steps_of(self, joined)
        loop_lists.settle_lengths(self, joined, end, steps)
        loop_arrays.settle(self, joined, end, steps)
        if ran:
            known = {x.out: x.b for x in joined.leaves if type(x.b) is Const}
            replace_known(state, known)
            state.marks = marks_of_second(joined)
        self.it.state = state


def _explodes(sizes: list[int]) -> bool:
    """Whether what a loop carries has become half as large again in each of the last rounds: a tree
    that every iteration makes deeper, say.
    """
    last = sizes[-4:]
    return len(last) == 4 and last[-1] > MANY and all(2 * b >= 3 * a for a, b in pairwise(last))


def _same_contents(now: Any, before: Any, same: dict[Any, Any]) -> bool:
    """Whether contents taken apart are the same, given what carried values are the same as."""
    (tag, parts), (old_tag, old_parts) = now, before
    if tag != old_tag or len(parts) != len(old_parts):
        return False
    return all(
        _same_contents(p.open(), q.open(), same)
        if isinstance(p, Abstract) and isinstance(q, Abstract)
        else p is q or (type(p) is int and p == q) or (isinstance(p, Value) and same.get(p) is q)
        for p, q in zip(parts, old_parts, strict=True)
    )


def replace_known(state: State, known: dict[Any, Any]) -> None:
    """Replaces carried values by what they are known to be after the loop."""
    for name, v in state.locals.items():
        if isinstance(v, Partial) and v.defined in known:
            state.locals[name] = v.close((v.value, known[v.defined]))
        elif isinstance(v, Scalar) and v.atom in known:
            state.locals[name] = scalar(known[v.atom], v.py)
        elif isinstance(v, Choice) and v.which in known:
            state.locals[name] = v.decided(known[v.which])


class RolledFor(Rolled):
    """`for` over items that are made from an index."""

    def __init__(self, it: Interp, node: ast.For, items: Items, start: int) -> None:
        super().__init__(it, node)
        self.items, self.start = items, start
        self.index = Value(array(I64), "")
        self.params.add(self.index)
        self.counted = True
        index_bounds(it, items, self.index)

    def body(self) -> None:
        """Binds the target and runs the body."""
        it = self.it
        index: Atom = self.index
        if self.start:
            index = it.b.add(index, self.start)
            index_bounds(it, self.items, index)
        it.assign(self.node.target, self.items.item(index))
        super().body()
        if FALL in it.state.may:
            self.items.check(it)

    def run(self) -> None:
        """Emits the loop."""
        head, joined, end = self.settle()
        self.counted = not end.may - _STAYS
        count = self.items.count
        n: Atom = Const(array(I64), count - self.start) if isinstance(count, int) else count
        if not isinstance(count, int) and self.start:
            n = self.it.b.max(self.it.b.sub(count, self.start), 0)
        body = self.body_region((self.index,), head, joined, end)
        inits = self.inits(joined)
        outs = tuple(leaf.out for leaf in joined.leaves)
        it = self.it
        it.b.loc = self.loc
        if self.counted:
            if outs:
                place(it, "for", (n, *inits), outs, (body,))
                prove(it, self.node, self.guessed, 0)
                it.session.rolled.update(dict.fromkeys(outs, self.node))
        else:
            cond = self._condition(n, joined)
            zero = Const(array(I64), 0)
            place(it, "while", (zero, *inits), (Value(array(I64)), *outs), (cond, body))
            prove(it, self.node, self.guessed, 1)
            it.session.rolled.update(dict.fromkeys(outs, self.node))
        self.leave(joined, end, True, isinstance(count, int) and count > self.start)
        if self.counted and isinstance(n, Value):
            flags = [x.out for x in joined.leaves if _flag(x.a, False) and _flag(x.b, True)]
            replace_known(it.state, {out: it.b.gt(n, 0) for out in flags})

    def ends(self) -> list[Atom]:
        """The number of iterations."""
        count = self.items.count
        return [Const(array(I64), count) if isinstance(count, int) else count]

    def trips(self) -> int | None:
        """The number of iterations, if it is known."""
        count = self.items.count
        return count - self.start if isinstance(count, int) else None

    def most(self) -> int | None:
        """The greatest number of iterations, by the bounds of a number that is computed; these
        differ at each level of a recursion, whose lists have room that is a guess.
        """
        count, session = self.items.count, self.it.session
        if isinstance(count, int) or not session.bounding or session.recurs():
            return self.trips()
        bounds, bound = bounds_of_atom(self.it, count), self.items.bound
        found = [] if bounds is None else [bounds[1]]
        found += [] if bound is None else [bound]
        if not found or min(found) > MOST_TRIPS:
            return None
        session.bounded = True
        return max(min(found) - self.start, 0)

    def next_index(self, index: tuple[Value, ...]) -> list[Atom]:
        """A loop that may be left early counts by itself."""
        return [] if self.counted else [self.it.b.add(index[0], 1)]

    def _condition(self, count: Atom, joined: Join) -> Region:
        b = self.it.b
        types = [array(I64), *(leaf.out.type for leaf in joined.leaves)]
        frame = b.begin("cond", types)
        more = b.lt(frame.params[0], count)
        return b.end([b.and_(more, _falling(b, joined, frame.params[1:]))])


def _flag(source: Any, value: bool) -> bool:
    return type(source) is Const and source.type is array(BOOL) and source.value is value


def _falling(b: Any, joined: Join, params: tuple[Value, ...]) -> Atom:
    """Whether no exit is pending, in terms of a region's own parameters."""
    status = joined.state.status
    for leaf, param in zip(joined.leaves, params, strict=True):
        if leaf.out is status:
            return b.eq(param, Const(STATUS, FALL))  # type: ignore[no-any-return]
    return Const(array(BOOL), True)


class RolledWhile(Rolled):
    """`while`: the test is interpreted in the condition region; if it changes the state, at the end
    of the body instead.
    """

    def __init__(self, it: Interp, node: ast.While, rotated: bool) -> None:
        super().__init__(it, node)
        self.rotated = rotated
        self.test: bool | Atom = True
        self.cond = Frame("cond", ())

    def iterate(self, head: State) -> State:
        """The test, then the body."""
        if not self.rotated:
            self._interpret_test(head)
        return super().iterate(head)

    def given(self) -> tuple[Atom, bool, list[Op]] | None:
        """The test."""
        known = self.rotated or isinstance(self.test, bool)
        return None if known else (self.test, True, self.cond.ops)  # type: ignore[return-value]

    def ends(self) -> list[Atom]:
        """By the test, or (in a rotated loop) the one before the first iteration."""
        return compared(self.it.b.frames[-1].ops[-_NEAR:] if self.rotated else self.cond.ops)

    def _interpret_test(self, head: State) -> None:
        it = self.it
        self.cond = Frame("cond", ())
        it.b.frames.append(self.cond)
        before = it.state = head.fork()
        it.state = before.fork()
        it.state.status, it.state.may = NO_EXIT, ONLY_FALL
        it.at(self.node.test)
        depth = it.b.depth
        try:
            self.test = it.truth(it.eval(self.node.test))
        except PathEnd:
            raise Rotate from None
        if it.b.depth != depth or not unchanged(before, it.state):
            raise Rotate
        it.b.frames.pop()

    def body(self) -> None:
        """The body and, in a rotated loop, the next test."""
        super().body()
        if self.rotated:
            it = self.it
            it.state.locals[TEST] = Known(False)
            if FALL in it.state.may:
                it.when_falling(lambda: evaluate_test(it, self.node))

    def run(self) -> None:
        """Emits the loop."""
        it = self.it
        head, joined, end = self.settle()
        if self.test is False and not self.rotated:
            it.state = self.entry
            return
        cond = self._condition(head, joined)
        body = self.body_region((), head, joined, end)
        inits = self.inits(joined)
        it.b.loc = self.loc
        outs = tuple(x.out for x in joined.leaves)
        place(it, "while", inits, outs, (cond, body))
        prove(it, self.node, self.guessed, 0)
        it.session.rolled.update(dict.fromkeys(outs, self.node))
        natural = self.rotated or self.test is not True
        self.leave(joined, end, natural, not natural)
        it.state.locals.pop(TEST, None)

    def _condition(self, head: Join, joined: Join) -> Region:
        b = self.it.b
        frame = b.begin("cond", [leaf.out.type for leaf in joined.leaves])
        env: dict[Value, Atom] = {
            leaf.out: p for leaf, p in zip(head.leaves, frame.params, strict=True)
        }
        if self.rotated:
            test = head.state.locals[TEST]
            pred = self.it.truth(test)
        else:
            b.replay(self.cond.ops, env)
            pred = self.test
        atom: Atom = Const(array(BOOL), pred) if isinstance(pred, bool) else pred
        atom = env.get(atom, atom) if isinstance(atom, Value) else atom
        return b.end([b.and_(_falling(b, joined, frame.params), atom)])


class Rotate(Signal):
    """The test of a `while` has effects or binds variables."""


def evaluate_test(it: Interp, node: ast.While) -> None:
    """Evaluates the test of a rotated loop."""
    it.at(node.test)
    t = it.truth(it.eval(node.test))
    it.state.locals[TEST] = Known(t) if isinstance(t, bool) else scalar(t, True)


def never_true(it: Interp, node: ast.While) -> bool:
    """Whether the test of a loop is known to fail at once: then its body is not looked at."""
    entry, depth, loc = it.state, it.b.depth, it.b.loc
    it.state = entry.fork()
    it.b.begin("cond")
    try:
        it.at(node.test)
        return it.truth(it.eval(node.test)) is False and unchanged(entry, it.state)
    except (Signal, AnvilError):
        return False
    finally:
        it.b.abort(depth)
        it.state, it.b.loc = entry, loc


def settle_exit(it: Interp, code: int) -> None:
    """Turns a pending exit of one kind into falling through."""
    state = it.state
    if code not in state.may:
        return
    state.may = (state.may - {code}) | ONLY_FALL
    if state.may == ONLY_FALL:
        state.status = NO_EXIT
    elif isinstance(state.status, Const):
        state.status = NO_EXIT if state.status.value == code else state.status
    else:
        b = it.b
        pending = b.eq(state.status, Const(STATUS, code))
        state.status = b.select(pending, NO_EXIT, state.status)


def rename_exit(it: Interp, code: int, new: int) -> None:
    """Gives a pending exit of one kind another code."""
    state = it.state
    if code not in state.may:
        return
    state.may = (state.may - {code}) | {new}
    other = Const(STATUS, new)
    if isinstance(state.status, Const):
        state.status = other if state.status.value == code else state.status
    else:
        pending = it.b.eq(state.status, Const(STATUS, code))
        state.status = it.b.select(pending, other, state.status)
