"""Traversals of values and the store: signatures, renaming, guesses.

Signature   what a function is specialised on: the structure of its arguments with atoms and boxes
numbered in order Renaming    a copy of values and boxes with other atoms and box numbers (arguments
into a callee, results out of it) head_key    two loop heads are the same up to names scrambled
the first guess of what a loop changes
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from anvil.ir.records import Atom, Const, Value
from anvil.ir.types import array
from anvil.parser.arrays.ragged import Ragged
from anvil.parser.state.heap import (
    ColumnBox,
    Content,
    ListBox,
    StackBox,
    State,
    close_content,
    fresh_box,
    is_kept,
    open_content,
)
from anvil.parser.state.number_choices import NumberChoice
from anvil.parser.state.values import (
    Abstract,
    CellRef,
    Conflict,
    Known,
    ListV,
    NDArray,
    Scalar,
    TupleV,
    is_py_number,
    known_number,
    number_dtype,
)

if TYPE_CHECKING:
    from anvil.parser.control.joins import Join


class Signature:
    """Walks values; collects atoms and boxes in order of first visit and a key that is equal for
    equal structures.
    """

    def __init__(self, heap: Mapping[int, Content]) -> None:
        self.heap = heap
        self.atoms: list[Atom] = []
        self.given: list[Atom] = []  # what placeholders among the atoms stand for, if there are any
        self.boxes: dict[int, int] = {}

    def key(self, part: Any) -> Hashable:
        """The key of a value, atom or box."""
        if isinstance(part, int):
            return self._box(part)
        if isinstance(part, Abstract):
            tag, parts = part.open()
            return (tag, *map(self.key, parts)) if parts else tag
        self.atoms.append(part)
        return part.type  # type: ignore[no-any-return]

    def _box(self, box: int) -> Hashable:
        seen = self.boxes.get(box)
        if seen is not None:
            return seen
        self.boxes[box] = number = len(self.boxes)
        content = self.heap[box]
        tag, parts = open_content(content)
        room = content.room if isinstance(content, StackBox) else 0
        return (number, tag, room, *map(self.key, parts))


class Renaming:
    """Copies values; `atom` maps atoms, `boxes` box numbers. Boxes without a number get a fresh one
    and are copied.
    """

    def __init__(
        self,
        source: Mapping[int, Content],
        target: dict[int, Content],
        atom: Callable[[Atom], Atom],
        boxes: dict[int, int],
    ) -> None:
        self.source, self.target = source, target
        self.atom, self.boxes = atom, boxes

    def value(self, v: Abstract) -> Abstract:
        """The copy of a value."""
        parts = v.open()[1]
        return v.close(tuple(map(self._part, parts))) if parts else v

    def content(self, c: Content) -> Content:
        """The copy of a box's contents."""
        return close_content(c, tuple(map(self._part, open_content(c)[1])))

    def _part(self, p: Any) -> Any:
        if isinstance(p, int):
            return self.box(p)
        return self.value(p) if isinstance(p, Abstract) else self.atom(p)

    def box(self, box: int) -> int:
        """The number of a box in the target."""
        found = self.boxes.get(box)
        if found is None:
            found = self.boxes[box] = fresh_box()
            self.target[found] = self.content(self.source[box])
        return found


def head_key(join: Join, names: frozenset[str], roots: Iterable[int]) -> Hashable:
    """What identifies a loop head: its structure, which leaves vary, and the atoms that do not."""
    index = {leaf.out: k for k, leaf in enumerate(join.leaves)}
    state = join.state
    numbers: dict[int, int] = {}

    def part(p: Any) -> Hashable:
        if isinstance(p, int):
            return box(p)
        if isinstance(p, Abstract):
            tag, parts = p.open()
            return (tag, *map(part, parts)) if parts else tag
        k = index.get(p)
        return p if k is None else (k, p.type)

    def box(b: int) -> Hashable:
        seen = numbers.get(b)
        if seen is not None:
            return seen
        numbers[b] = n = len(numbers)
        tag, parts = open_content(state.heap[b])
        return (n, tag, *map(part, parts))

    live = [(n, v) for n, v in state.locals.items() if n in names or is_kept(n, v)]
    live.sort(key=itemgetter(0))
    structure = (
        tuple((n, part(v)) for n, v in live),
        tuple(box(b) for b in sorted(roots)),
        None if state.ret is None else part(state.ret),
        None if state.token is None else part(state.token),
        part(state.status),
        state.may,
    )
    return structure, _shared(join, numbers)


def _shared(join: Join, numbers: Mapping[int, int]) -> Hashable:
    """Which of the numbered boxes may be the same object as which others."""
    marks = join.state.marks
    return frozenset(
        (n, frozenset(numbers[other] for other in marks[b].group if other in numbers))
        for b, n in numbers.items()
        if b in marks and marks[b].group
    )


def scrambled(entry: State, stored: Collection[str], written: Collection[str]) -> State:
    """`entry` with other values in the variables `stored` and other contents in what `written`
    name.
    """
    out = entry.fork()
    for name in stored:
        v = entry.locals.get(name)
        if v is not None:
            out.locals[name] = _scramble(v, out, "here" if name in written else "anew")
    for name in written:
        v = out.locals.get(name)
        if v is not None and name not in stored:
            _scramble(v, out, "contents")
    return out


def _scramble(v: Abstract, out: State, how: str) -> Abstract:
    """Another value like `v`. `contents`: other contents of its arrays; `here`: other numbers too;
    `anew`: in boxes of its own.
    """
    if isinstance(v, NDArray | CellRef) and isinstance(out.heap[v.box], Conflict):
        return v
    if isinstance(v, Ragged) and how == "anew":
        return _scramble_ragged(v, out)
    if isinstance(v, NDArray):
        if how == "anew":
            box = fresh_box()
            out.heap[box] = Value(v.type, getattr(out.heap[v.box], "hint", ""))
            return NDArray(box, (), v.type)
        content: Any = out.heap[v.box]
        out.heap[v.box] = Value(content.type, getattr(content, "hint", ""))
    elif isinstance(v, CellRef):
        content = out.heap[v.box]
        out.heap[v.box] = close_content(content, (_scramble(content.value, out, how),))
    elif isinstance(v, ListV):
        return _scramble_list(v, out, how)
    elif isinstance(v, TupleV):
        return TupleV(tuple(_scramble(i, out, how) for i in v.items), v.cls)
    elif how != "contents":
        return _scramble_number(v)
    return v


def _scramble_number(v: Abstract) -> Abstract:
    if isinstance(v, Scalar):
        return Scalar(Value(v.type), v.py)
    if isinstance(v, NumberChoice):
        return v.close(tuple(Value(p.type) for p in v.open()[1]))  # type: ignore[union-attr]
    if known_number(v):
        assert isinstance(v, Known)
        return Scalar(Value(array(number_dtype(v.value))), is_py_number(v.value))
    return v


def _scramble_list(v: ListV, out: State, how: str) -> Abstract:
    items = out.heap[v.box]
    if isinstance(items, ListBox):
        box = fresh_box() if how == "anew" else v.box
        out.heap[box] = ListBox(tuple(_scramble(i, out, how) for i in items.items))
        return v.close((box,))
    return _scramble_stack(v, items, out, how) if isinstance(items, StackBox) else v


def _scramble_ragged(v: Ragged, out: State) -> Abstract:
    """Other contents and bounds; a start that is 0 may stay so."""
    data, *bounds = v.open()[1]
    fresh = [a if type(a) is Const and a.value == 0 else Value(a.type) for a in bounds]  # type: ignore[union-attr]
    return v.close((_scramble(data, out, "anew"), *fresh))  # type: ignore[arg-type]


def _scramble_stack(v: ListV, stack: StackBox, out: State, how: str) -> Abstract:
    if how == "anew":
        return v
    for col in stack.columns:
        pool: Any = out.heap.get(col.pool)  # type: ignore[attr-defined]
        if isinstance(pool, StackBox) and pool is not stack:
            _scramble_stack(v, pool, out, how)
            continue
        box = col.box  # type: ignore[attr-defined]
        content: Any = out.heap[box]
        if isinstance(content, ColumnBox):
            out.heap[box] = ColumnBox(Value(content.atom.type), content.py)
        else:
            out.heap[box] = Value(content.type)
    return v
