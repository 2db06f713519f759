"""Lists that loops write to: held as stacked rows before the loop, with room for what it appends.

A list that a loop binds elements of at computed indices is stacked before the loop. Where an
iteration leaves a list longer than it found it, the list gets room for as many elements as all
iterations together can append, and its length becomes a number that the loop carries. After a
counted loop that appends the same number in each iteration the length is known again.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from anvil.errors import error as make_error
from anvil.ir.records import Atom, Const, Op, Region
from anvil.ir.types import I64, array
from anvil.parser.containers.columns import room_of
from anvil.parser.containers.joined_pools import adopt_like, pools_to_widen, widen_pool
from anvil.parser.containers.stacks import (
    pools_near,
    restack,
)
from anvil.parser.containers.templates import (
    Group,
    Ref,
    common_template,
    roomy,
    with_options,
)
from anvil.parser.control.joins import Join, Want
from anvil.parser.source.functions import written
from anvil.parser.source.liveness import names_stored
from anvil.parser.state.heap import POOL, ListBox, RowBox, StackBox, State
from anvil.parser.state.signals import Blocked
from anvil.parser.state.values import CellRef, Known, ListV, Scalar, scalar

if TYPE_CHECKING:
    from anvil.parser.control.rolled import Rolled
    from anvil.parser.interp import Interp

FEW = 4
"""Loops of at most so many iterations that append are unrolled."""
LARGEST = 1 << 16
"""A list with more room than this for a computed number of iterations gets a guess instead."""


def stack_written(loop: Rolled) -> None:
    """Stacks, before a loop, the lists that its body binds elements of at indices that vary."""
    names = frozenset().union(*map(_indexed, loop.node.body))
    bound: frozenset[str] = frozenset()
    if loop.manner.choosing or _shares(loop):  # to a selection of its objects, say
        bound = frozenset().union(*map(names_stored, loop.node.body)) - names
    it, entry = loop.it, loop.entry
    for name in sorted((names | bound) & loop.names):
        v = entry.locals.get(name)
        if isinstance(v, CellRef):
            v = getattr(entry.heap[v.box], "value", None)
        content = entry.heap[v.box] if isinstance(v, ListV) else None
        if not isinstance(content, ListBox) or len(content.items) < 2:
            continue
        form = common_template(content.items, entry.heap, join=with_options)
        if form is not None and (name in names or _of_objects(form)):
            it.state = entry
            restack(it, v.box, form, 0)  # type: ignore[union-attr]


def _shares(loop: Rolled) -> bool:
    """Whether something inside a loop has been refused for what it may share."""
    first = loop.loc.source_range()
    last = first.line + (loop.node.end_lineno or 0) - loop.node.lineno
    exact = [at.source_range() for at in loop.it.session.exact]
    return any(at.file == first.file and first.line < at.line <= last for at in exact)


def _of_objects(form: Any) -> bool:
    return isinstance(form, Ref) and isinstance(form.item, Group) and form.item.kind != "list"


def _indexed(node: ast.AST) -> frozenset[str]:
    """Names whose elements a statement binds at an index that is not a constant; remembered."""
    try:
        found: frozenset[str] = node._anvil_indexed  # type: ignore[attr-defined]
    except AttributeError:
        found = frozenset(filter(None, map(_base, ast.walk(node))))
        node._anvil_indexed = found  # type: ignore[attr-defined]
    return found


def _base(n: ast.AST) -> str:
    if not isinstance(n, ast.Subscript) or isinstance(n.ctx, ast.Load):
        return ""
    base: ast.AST = n
    varies = False
    while isinstance(base, ast.Subscript):
        varies = varies or any(isinstance(x, ast.Name) for x in ast.walk(base.slice))
        base = base.value
    return base.id if varies and isinstance(base, ast.Name) else ""


def adopt_sides(loop: Rolled, pairs: Sequence[tuple[int, int]], end: State) -> str:
    """Moves objects that are in a pool at the head or at the end of an iteration into one at the
    other place; says which state has changed.
    """
    it, entry = loop.it, loop.entry
    heaps = entry.heap, end.heap
    wider = pools_to_widen(pairs, heaps, it.session.capacity)
    for side, pool, form in wider[:1]:
        _at(loop, side, end, lambda: widen_pool(it, pool, form))  # noqa: B023
        return "end" if side else "entry"
    if any(not isinstance(entry.heap[x], RowBox) for x, _ in pairs):
        _at(loop, 0, end, lambda: adopt_like(it, pairs, 0, end.heap))
        return "entry"
    _at(loop, 1, end, lambda: adopt_like(it, pairs, 1, entry.heap))
    return "end"


def _at(loop: Rolled, side: int, end: State, act: Callable[[], None]) -> None:
    """Does something in the state before the loop (side 0), or at the end of an iteration."""
    it = loop.it
    it.state = end if side else loop.entry
    if not side:
        act()
        return
    assert loop.frame is not None
    it.b.frames.append(loop.frame)
    act()
    it.b.frames.pop()


def stack_sides(loop: Rolled, wants: list[Want], end: State) -> str:
    """Brings lists that differ at the head and at the end of an iteration into one form; says
    which state has changed, if any: `entry` or `end`.
    """
    changed = ""
    for want in wants:
        capacity = _entry_capacity(loop, want)
        box = want.boxes[0]
        before = loop.entry.heap[box]
        if capacity is not None:
            loop.it.state = loop.entry
            grows = capacity > want.capacities[0]
            guessed = want.guessed or (grows and room_for(loop, _used(want)) is None)
            near = pools_near(want.boxes, end.heap)
            template = roomy(want.template, loop.it.session.capacity)
            restack(loop.it, box, template, capacity, want.kinds, guessed, near)
        if loop.entry.heap[box] is not before:
            changed = "entry"
    if changed:
        return changed
    for want in wants:
        first = loop.entry.heap[want.boxes[0]]
        if isinstance(first, StackBox) and want.capacities[1] <= first.capacity:
            changed = _stack_end(loop, want, first.capacity, end) or changed
    return changed


def _guessed(loop: Rolled, want: Want) -> bool:
    first = loop.entry.heap[want.boxes[0]]
    return isinstance(first, StackBox) and first.guessed


def _stack_end(loop: Rolled, want: Want, capacity: int, end: State) -> str:
    it, box = loop.it, want.boxes[1]
    before = end.heap[box]
    assert loop.frame is not None
    it.b.frames.append(loop.frame)
    it.state = end
    template = roomy(want.template, it.session.capacity)
    restack(it, box, template, capacity, want.kinds, _guessed(loop, want))
    it.b.frames.pop()
    return "end" if end.heap[box] is not before else ""


def _entry_capacity(loop: Rolled, want: Want) -> int | None:
    """Room that a list needs before the loop; None if that is not known."""
    here, there = want.capacities
    trips = loop.trips()
    if trips is not None and trips <= FEW and there != here and not _is_pool(loop, want):
        return None
    if there <= here:
        return here
    room = room_for(loop, _used(want))
    if room is not None:
        return here + room
    growing = written(loop.node) in loop.it.session.growing
    return max(loop.it.session.capacity, 2 * there) if growing else None


def _is_pool(loop: Rolled, want: Want) -> bool:
    """Whether a list is a pool of the objects that loops make."""
    kept = (v for n, v in loop.entry.locals.items() if n.startswith(POOL))
    return any(isinstance(v, ListV) and v.box == want.boxes[0] for v in kept)


def _used(want: Want) -> int:
    """By how much an iteration makes a list longer."""
    return max(want.capacities[1] - want.capacities[0], 0)


def make_room(loop: Rolled, joined: Join, end: State) -> bool:
    """Gives lists room for what all iterations append; whether that changed the entry."""
    changed = False
    for x, first, used in _consumed(loop, joined, end):
        room = room_for(loop, used)
        if room is None:
            capacity = guess(loop, first.capacity)
        elif (lacking := room - room_of(first)) > 0:
            capacity = first.capacity + lacking
        else:
            continue
        loop.it.state = loop.entry
        restack(loop.it, x, first.template, capacity, guessed=room is None)
        changed = True
    return changed


def room_for(loop: Rolled, used: int) -> int | None:
    """What all iterations append if each appends `used` elements; None if nothing bounds it."""
    trips, most = loop.trips(), loop.most()
    if most is None or (trips is None and used * most > LARGEST):
        return None
    return used * most


def guess(loop: Rolled, capacity: int) -> int:
    """The room for a list in a loop that the data decide how often runs; refused unless every other
    way has been tried.
    """
    session = loop.it.session
    if written(loop.node) in session.growing:
        return max(session.capacity, 2 * capacity)
    error = make_error(
        "growing-list",
        "this loop appends to a list, and the data decide how often it runs",
        loop.loc,
        hint="Hold it in a list of its greatest length, `items = [0.0] * n`, with a "
        "counter for how much of it is used.",
    )
    session.growable[error] = loop.node
    raise Blocked(error)


def _consumed(loop: Rolled, joined: Join, end: State) -> list[tuple[int, StackBox, int]]:
    """Stacked lists that an iteration makes longer: their boxes, and by how much at most."""
    out = []
    for x, y in joined.pairs:
        first = None if x is None else loop.entry.heap[x]
        last = None if y is None else end.heap[y]
        if isinstance(first, StackBox) and isinstance(last, StackBox):
            used = room_of(first) - room_of(last)
            if used > 0:
                out.append((x, first, used))
    return out  # type: ignore[return-value]


def settle_lengths(loop: Rolled, joined: Join, end: State, steps: Mapping[Atom, int]) -> None:
    """After a loop: lengths that are known again, and the room that is left."""
    trips = loop.trips()
    for (x, y), box in joined.pairs.items():
        content = joined.state.heap.get(box)
        first = None if x is None else loop.entry.heap[x]
        last = None if y is None else end.heap[y]
        if not (isinstance(content, StackBox) and isinstance(content.length, Scalar)):
            continue
        if not isinstance(first, StackBox) or not isinstance(last, StackBox):
            continue
        used = max(room_of(first) - room_of(last), 0)
        room = max(room_of(first) - (room_for(loop, used) or 0), 0)
        length = content.length
        step = steps.get(length.atom)
        if step is not None and trips is not None and loop.counted:
            start = _atom(first.length)
            total = loop.it.b.add(start, step * trips)
            length = scalar(total, True)  # type: ignore[assignment]
        joined.state.heap[box] = replace(content, length=length, room=room)


def _atom(length: Any) -> Atom:
    if isinstance(length, Known):
        return Const(array(I64), int(length.value))
    atom: Atom = length.atom
    return atom


def steps_of(loop: Rolled, joined: Join) -> dict[Atom, int]:
    """Carried numbers that grow by the same amount in each iteration."""
    assert loop.frame is not None
    made = {v: op for op in loop.frame.ops for v in op.outs}
    out: dict[Atom, int] = {}
    for carried, leaf in zip(loop.head_leaves, joined.leaves, strict=True):
        if leaf.out.type is not array(I64):
            continue
        atom, total = _traced(loop.it, leaf.b, made)
        if atom is carried.out:
            out[leaf.out] = total
    return out


def _traced(it: Interp, atom: Any, made: Mapping[Any, Op]) -> tuple[Any, int]:
    """What a number is, but for a constant that is added to it; through calls too."""
    total = 0
    while atom in made:
        op = made[atom]
        if op.kind.name == "add" and any(isinstance(a, Const) for a in op.args):
            atom, by = op.args if isinstance(op.args[1], Const) else op.args[::-1]
            total += int(by.value)  # type: ignore[arg-type, union-attr]
        elif op.kind.name == "call":
            func = it.session.funcs[op.attrs["callee"].name]
            assert func is not None
            inner = {v: o for o in func.body.ops for v in o.outs}
            result = func.body.results[op.outs.index(atom)]
            found, more = _traced(it, result, inner)
            if found not in func.params:
                break
            total += more
            atom = op.args[func.params.index(found)]
        elif op.kind.name == "if":
            ends = {_ended(it, region, op.outs.index(atom)) for region in op.regions}
            if len(ends) > 1:
                break
            ((atom, more),) = ends
            total += more
        else:
            break
    return atom, total


def _ended(it: Interp, region: Region, k: int) -> tuple[Any, int]:
    """Result `k` of a branch: what it is, but for a constant."""
    inner = {v: op for op in region.ops for v in op.outs}
    return _traced(it, region.results[k], inner)
