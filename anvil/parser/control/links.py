"""Objects that a loop makes, and that the data decide which names have: they are moved into pools.

    head = Node(v, head)        each iteration makes an object that refers to the one before
    t.next = n; t = n           two names that are one object before the loop, and two after a step
    if f > best.f: best = p     one of the objects of all iterations
    best = cur; cur = []        one of the lists of all iterations

Before such a loop what names have is moved into a pool, in which a name has a place that the loop
carries; what an iteration makes is moved there at its end. The pool of objects that refer to each
other has all of their class; it may be empty before the loop, and a hidden variable keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from anvil.parser.containers.stacks import pool_of
from anvil.parser.containers.templates import (
    Many,
    Ref,
    Rows,
    has_links,
    is_link,
    loosely,
    roomy,
    template_of,
)
from anvil.parser.control.joins import Join
from anvil.parser.source.functions import written
from anvil.parser.state.heap import POOL, ObjectBox, RowBox, StackBox, State, open_content
from anvil.parser.state.values import Abstract, Choice, ListV, ObjectV

if TYPE_CHECKING:
    from anvil.parser.control.rolled import Rolled

FEW = 16
"""Loops of at most so many iterations are unrolled where objects that they link are results."""
Side = dict[int, Any]
"""Objects and lists on one side by their boxes."""
Node = tuple[int, int]
"""A side (0 the entry, 1 the end) and a box."""


def pool_sides(loop: Rolled, joined: Join, end: State) -> str:
    """Moves into pools the objects that need it; says which state has changed, if any: `entry` or
    `end`.
    """
    found = _Found(loop, joined, end)
    changed = ""
    for name, first, last in found.groups():
        form = _form(loop, end, [*first, *last])
        if _moved(loop, loop.entry, 0, name, first, form):
            return "entry"
        if _moved(loop, end, 1, name, last, form):
            changed = "end"
    return changed


def _moved(loop: Rolled, state: State, side: int, name: str, own: list[Any], form: Any) -> bool:
    """Moves objects of one state into the pool that a variable keeps; whether that changed
    anything.
    """
    it, kept = loop.it, state.locals.get(name)
    pool = kept.box if isinstance(kept, ListV) else 0
    if kept is None:
        loop.pools.add(name)
        trips = loop.trips()
        if trips is not None and trips <= FEW:
            it.session.linking[written(loop.node)] = None
    if (pool and all(_pool(state, v) == pool for v in own)) or (not pool and form is None):
        return False
    it.state = state
    if side:
        assert loop.frame is not None
        it.b.frames.append(loop.frame)
    try:
        state.locals[name] = ListV(pool_of(it, form, own, pool))
    finally:
        if side:
            it.b.frames.pop()
    return True


def _pool(state: State, v: Any) -> int:
    held = state.heap[v.box]
    return held.pool if isinstance(held, RowBox) else 0


def _form(loop: Rolled, end: State, objects: list[Any]) -> Any:
    """The form of all objects; None if there is none."""
    form: Any = None
    for v in objects:
        heap = loop.entry.heap if v.box in loop.entry.heap else end.heap
        found = template_of(v, heap)
        form = found if form is None else loosely(form, found)
        if form is None:
            return None
    if isinstance(form, Many):
        form = Ref(Rows(form.n, form.item))
    return roomy(form.item, loop.it.session.capacity) if isinstance(form, Ref) else None


class _Found:
    """What variables that live lead to before a loop and at the end of an iteration."""

    def __init__(self, loop: Rolled, joined: Join, end: State) -> None:
        self.loop, self.joined, self.states = loop, joined, (loop.entry, end)
        self.choices: list[tuple[int, Choice]] = []
        self.sides: tuple[Side, Side] = (self._reached(0), self._reached(1))
        self.above: dict[Node, Node] = {}

    def _reached(self, side: int) -> Side:
        state = self.states[side]
        found: Side = {}
        names = self.loop.names
        todo: list[Any] = [v for n, v in state.locals.items() if n in names]
        for v in _parts(todo, state):
            if isinstance(v, ObjectV | ListV):
                found.setdefault(v.box, v)
            elif isinstance(v, Choice):
                self.choices.append((side, v))
        return found

    def groups(self) -> Iterator[tuple[str, list[Any], list[Any]]]:
        """The variables for pools, and what belongs into these on either side."""
        classes = self._classes()
        for cls in classes:
            first, last = ([v for v in side.values() if v.cls is cls] for side in self.sides)
            yield f"{POOL}{cls.__qualname__}.{id(cls)}", first, last
        seeds = [node for node in self._seeds() if self._value(node).cls not in classes]
        if seeds:
            yield from self._components(seeds)

    def _value(self, node: Node) -> Any:
        return self.sides[node[0]][node[1]]

    def _classes(self) -> list[type]:
        """The classes whose objects refer to others of their class, where the loop makes some."""
        entry, end = self.states
        out: dict[type, None] = {}
        for box, v in self.sides[1].items():
            kept = f"{POOL}{v.cls.__qualname__}.{id(v.cls)}" in entry.locals
            if isinstance(v, ObjectV) and (kept or (box not in entry.heap and _refers(end, v))):
                out[v.cls] = None
        return list(out)

    # ---- others

    def _seeds(self) -> Iterator[Node]:
        """What is one object on one side and two on the other, and what would be one of more
        objects after each iteration.
        """
        partners: dict[Node, set[int | None]] = {}
        for x, y in self.joined.pairs if self.joined.manner.exact else ():
            for side, mine, other in ((0, x, y), (1, y, x)):
                if mine is not None and mine in self.sides[side]:
                    partners.setdefault((side, mine), set()).add(other)
        for node, others in partners.items():
            if len(others) > 1:
                yield node
        entry = self.loop.entry
        for side, v in self.choices:
            fresh = [
                o for o in _objects(v) if o.box not in entry.heap and not self._is_row(side, o)
            ]
            if side and len({type(o) for o in fresh}) < len(fresh):
                yield from ((1, o.box) for o in fresh)

    def _is_row(self, side: int, v: Any) -> bool:
        return isinstance(self.states[side].heap[v.box], RowBox)

    def _components(self, seeds: list[Node]) -> Iterator[tuple[str, list[Any], list[Any]]]:
        """What is, or may be, the same as the seeds on some path."""
        self._unite_sides()
        for side, v in self.choices:
            for p, q in pairwise(_objects(v)):
                if p.cls is q.cls:
                    self._unite((side, p.box), (side, q.box))
        first, last = self.sides
        for k, root in enumerate(dict.fromkeys(map(self._root, seeds))):
            name = f"{POOL}{k} {self.loop.loc}"
            own = [v for b, v in first.items() if self._root((0, b)) == root]
            yield name, own, [v for b, v in last.items() if self._root((1, b)) == root]

    def _unite_sides(self) -> None:
        """What stands at the end for the same as before the loop."""
        first, last = self.sides
        same = list(self.joined.pairs)
        same += [(x, box) for (x, _), box in self.loop.head_pairs.items()]
        same += [(box, box) for box in first]
        for x, y in same:
            if x in first and y in last:
                self._unite((0, x), (1, y))

    def _root(self, node: Node) -> Node:
        while node in self.above:
            node = self.above[node]
        return node

    def _unite(self, p: Node, q: Node) -> None:
        p, q = self._root(p), self._root(q)
        if p != q:
            self.above[q] = p


def _objects(v: Choice) -> list[Any]:
    return [o for o in v.options if isinstance(o, ObjectV | ListV)]


def _parts(todo: list[Any], state: State) -> Iterator[Abstract]:
    """All values that these lead to."""
    seen: set[int] = set()
    while todo:
        part = todo.pop()
        if isinstance(part, int):
            if part not in seen and part in state.heap:
                seen.add(part)
                todo.extend(open_content(state.heap[part])[1])
        elif isinstance(part, Abstract):
            yield part
            todo.extend(part.open()[1])


def _refers(state: State, v: ObjectV) -> bool:
    """Whether an object refers to others of its class."""
    content = state.heap[v.box]
    if isinstance(content, RowBox):
        pool = state.heap[content.pool]
        return isinstance(pool, StackBox) and has_links(pool.template)
    parts = content.attrs.values() if isinstance(content, ObjectBox) else ()
    return any(is_link(p, v.cls) for p in parts)
