"""The store: what boxes hold on one path through the program.

A box is a number; the store maps it to an IR atom (an ndarray's contents) or to the contents of a
list, dict, object or closure cell. Contents are immutable: a write replaces them. A `State` is
everything that differs between paths: it is forked at branches, joined after them, and simply
dropped when an attempt is rolled back.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias

from anvil.ir.loc import AnyLoc
from anvil.ir.records import Atom, Const, Value
from anvil.ir.types import I64, array
from anvil.parser.state.object_keys import ByIdentity, ByValue
from anvil.parser.state.values import (
    Abstract,
    CellRef,
    Conflict,
    ObjectV,
    Part,
    Parts,
    known_key,
)

if TYPE_CHECKING:
    from anvil.parser.source.functions import FunctionInfo

FALL, BREAK, CONTINUE, RETURN, LEFT = range(5)
"""How a block ends: by falling through, or by an exit that is still to be carried out."""

RAISE = 1 << 32
"""An exception of site `n` that a handler may catch is the exit `RAISE + n` (sites start at 1)."""

RAISED = "<raised "
"""What the names of variables that hold pending exceptions begin with; the exit follows."""

FINALLY = "<finally>"
"""The variable that is there on paths whose return leads through a `finally`."""

SCRATCH = "<"
"""What the names of the front end's own variables begin with; joins keep all of them."""

POOL = f"{SCRATCH}pool "
"""What the names of the variables begin with that keep the pools of the objects of loops."""

ONLY_FALL = frozenset((FALL,))
NOWHERE: frozenset[int] = frozenset()
STATUS = array(I64)
NO_EXIT = Const(STATUS, FALL)


def is_kept(name: str, v: Abstract | None) -> bool:
    """Whether a variable counts as live whatever the program reads: inner functions share it, or it
    is the front end's own.
    """
    return isinstance(v, CellRef) or name.startswith(SCRATCH)


_fresh = count(1)


def fresh_box() -> int:
    """A box number that was never used."""
    return next(_fresh)


@dataclass(slots=True, eq=False)
class ListBox:
    """Contents of a list."""

    items: tuple[Abstract, ...]


@dataclass(slots=True, eq=False)
class StackBox:
    """Contents of a list of like things, held as one array for each leaf of an element.

    The list is the first `length` of the `capacity` rows of its columns. `room`: how many more
    elements certainly fit, where the length is not known. `guessed`: the capacity is a guess, and
    what makes the list longer checks it.
    """

    length: Abstract
    template: Any
    columns: tuple[Abstract, ...]
    capacity: int
    room: int = 0
    guessed: bool = False


@dataclass(slots=True, eq=False)
class ColumnBox:
    """The numbers that stand at one place of the elements of a stacked list; `py`: Python's."""

    atom: Atom
    py: bool


@dataclass(slots=True, eq=False)
class RowBox:
    """An object that is a row of a pool: `pool` is the box of a stacked list of the contents of
    like objects, `index` its place there.
    """

    pool: int
    index: Atom


@dataclass(slots=True, eq=False)
class DictBox:
    """Contents of a dict: known keys in insertion order."""

    entries: dict[Any, Abstract]


@dataclass(slots=True, eq=False)
class TableBox:
    """Contents of a dict or set whose keys the data decide: the list of its keys and, for a dict,
    that of its values.
    """

    lists: tuple[Abstract, ...]


@dataclass(slots=True, eq=False)
class SetBox:
    """Contents of a set, which is not to be written."""

    elements: frozenset[Any]

    def objects(self) -> list[ByIdentity]:
        """The elements that are objects, in the order of their boxes."""
        found = [e for e in self.elements if isinstance(e, ByIdentity)]
        return sorted(found, key=lambda e: (e.box, e.number))

    def plain(self) -> frozenset[Any]:
        """The other elements."""
        return frozenset(e for e in self.elements if not isinstance(e, ByIdentity))


@dataclass(slots=True, eq=False)
class RandomBox:
    """The state of a random generator: a generator that is never drawn from."""

    generator: Any

    @property
    def key(self) -> Hashable:
        """What two generators have in common exactly if they draw the same numbers."""
        return "random", pickle.dumps(self.generator)


class ObjectBox(DictBox):
    """Attributes of an instance; a dict in the same box is its `__dict__`."""

    __slots__ = ()

    @property
    def attrs(self) -> dict[str, Abstract]:
        """The attributes."""
        return self.entries


@dataclass(slots=True, eq=False)
class CellBox:
    """A variable that inner functions share."""

    value: Abstract
    name: str = ""


@dataclass(slots=True, eq=False)
class GeneratorBox:
    """Where a generator is suspended (nowhere: it has ended) and its variables. `lost`: a loop may
    have left it early, so that the place is not known.
    """

    place: tuple[Any, ...]
    locals: dict[str, Abstract]
    lost: bool = False


@dataclass(slots=True, eq=False)
class GeneratorV(Abstract):
    """A generator: its function, and a box with a `GeneratorBox`."""

    info: FunctionInfo
    box: int

    def open(self) -> tuple[Hashable, Parts]:
        return ("generator", self.info), (self.box,)

    def close(self, parts: Parts) -> Abstract:
        return GeneratorV(self.info, parts[0])  # type: ignore[arg-type]

    def describe(self) -> str:
        return f"the generator {self.info.name}(...)"


Content: TypeAlias = (
    "Value | Const | ListBox | StackBox | ColumnBox | RowBox | DictBox | SetBox | TableBox"
    " | RandomBox"
    " | ObjectBox | CellBox | GeneratorBox | Conflict"
)


def open_content(c: Content) -> tuple[Hashable, Parts]:
    """The tag and the parts of a box's contents, as `Abstract.open`."""
    rule = _OPENED.get(type(c))
    return c.open() if rule is None else rule(c)  # type: ignore[union-attr]


def _array(c: Any) -> tuple[Hashable, Parts]:
    return "array", (c,)


def _known(c: Any) -> tuple[Hashable, Parts]:
    return c.key, ()


def _set(c: Any) -> tuple[Hashable, Parts]:
    own = c.objects()
    tag = ("set", known_key(c.plain()), tuple(map(_object_key, own)))
    return tag, tuple(ObjectV(k.box, k.cls) for k in own)


def _dict(c: Any) -> tuple[Hashable, Parts]:
    own = [k for k in c.entries if isinstance(k, ByIdentity)]
    keys = tuple(_object_key(k) if isinstance(k, ByIdentity) else known_key(k) for k in c.entries)
    objects = tuple(ObjectV(k.box, k.cls) for k in own)
    return ("dict", len(own), keys), (*c.entries.values(), *objects)


def _object_key(k: ByIdentity) -> Hashable:
    return (k.cls, k) if isinstance(k, ByValue) else (k.cls, k.number)


def _moved(k: ByIdentity, v: Any) -> ByIdentity:
    """A key that is an object in another box."""
    if isinstance(k, ByValue):
        return ByValue(v.box, v.cls, k.host)
    return ByIdentity(v.box, v.cls, k.number)


def _is_object(key: Any) -> bool:
    return isinstance(key, ByIdentity)


def _with_keys(c: Any, parts: Parts) -> Any:
    """A dict or set with other objects as keys: what cannot be one is in conflict with itself."""
    if not all(isinstance(p, ObjectV) for p in parts):
        return Conflict("one object as a key", "another one")
    old = c.objects() if isinstance(c, SetBox) else filter(_is_object, c.entries)
    pairs = zip(old, parts, strict=True)
    fresh = iter([_moved(k, p) for k, p in pairs])
    if isinstance(c, SetBox):
        return SetBox(c.plain() | frozenset(fresh))
    return [next(fresh) if isinstance(k, ByIdentity) else k for k in c.entries]


_OPENED: dict[type, Callable[[Any], tuple[Hashable, Parts]]] = {
    Value: _array,
    Const: _array,
    ListBox: lambda c: (("list", len(c.items)), c.items),
    DictBox: _dict,
    SetBox: _set,
    TableBox: lambda c: (("table", len(c.lists)), c.lists),
    RandomBox: _known,
    ObjectBox: lambda c: (("object", tuple(c.attrs)), tuple(c.attrs.values())),
    CellBox: lambda c: (("cell", c.name), (c.value,)),
    GeneratorBox: lambda c: (
        ("generator", c.place, c.lost, tuple(c.locals)),
        tuple(c.locals.values()),
    ),
    StackBox: lambda c: (
        ("stack", c.template, c.capacity, c.guessed, tuple(r.open()[0] for r in c.columns)),
        (c.length, *c.columns),
    ),
    ColumnBox: lambda c: (("column", c.py), (c.atom,)),
    RowBox: lambda c: ("row", (c.pool, c.index)),
}


def _close_keyed(c: Any, parts: Parts) -> Content:
    """A dict or set around other values and objects."""
    if isinstance(c, SetBox):
        return _with_keys(c, parts) if parts else c
    n = len(c.entries)
    keys = _with_keys(c, parts[n:]) if len(parts) > n else c.entries
    if isinstance(keys, Conflict):
        return keys
    return type(c)(dict(zip(keys, parts[:n], strict=True)))  # type: ignore[no-any-return]


def close_content(c: Content, parts: Parts) -> Content:
    """Contents of the same tag around other parts."""
    if isinstance(c, Value | Const):
        return parts[0]  # type: ignore[return-value]
    if isinstance(c, ListBox):
        return ListBox(parts)  # type: ignore[arg-type]
    if isinstance(c, TableBox):
        return TableBox(parts)  # type: ignore[arg-type]
    if isinstance(c, SetBox | DictBox):
        return _close_keyed(c, parts)
    if isinstance(c, CellBox):
        return CellBox(parts[0], c.name)  # type: ignore[arg-type]
    if isinstance(c, GeneratorBox):
        return GeneratorBox(c.place, dict(zip(c.locals, parts, strict=True)), c.lost)  # type: ignore[arg-type]
    if isinstance(c, StackBox):
        return replace(c, length=parts[0], columns=parts[1:])  # type: ignore[arg-type]
    if isinstance(c, ColumnBox):
        return ColumnBox(parts[0], c.py)  # type: ignore[arg-type]
    if isinstance(c, RowBox):
        return RowBox(*parts)  # type: ignore[arg-type]
    return c


@dataclass(slots=True, frozen=True)
class Mark:
    """Why a box must not be written: it belongs to the caller, or two names may or may not share
    it.

    `group` are the boxes that may be the same object as this one; empty where the box is frozen for
    good. `at` is the branch whose join made the mark, which can be made to keep the two apart.
    `places` are where a list holds one object twice: until another one is stored there.
    """

    reason: str
    group: frozenset[int] = frozenset()
    code: str = "mutated-argument"
    at: AnyLoc | None = None
    places: tuple[Atom, ...] = ()


@dataclass(slots=True, eq=False)
class State:
    """Everything that differs between paths through a function."""

    locals: dict[str, Abstract] = field(default_factory=dict)
    heap: dict[int, Content] = field(default_factory=dict)
    marks: dict[int, Mark] = field(default_factory=dict)
    where: dict[str, AnyLoc] = field(default_factory=dict)
    token: Atom | None = None
    status: Atom = NO_EXIT
    may: frozenset[int] = ONLY_FALL
    ret: Abstract | None = None
    present: frozenset[Hashable] = frozenset()
    """Computed keys that dicts have on this path; see `containers.computed_keys`."""
    excluded: frozenset[tuple[Atom, int]] = frozenset()
    """Options that values are not on this path: `which`, the number; see `control.narrowing`."""

    def fork(self) -> State:
        """A copy that can go its own way."""
        return State(
            dict(self.locals),
            dict(self.heap),
            dict(self.marks),
            dict(self.where),
            self.token,
            self.status,
            self.may,
            self.ret,
            self.present,
            self.excluded,
        )

    def exit(self, how: int) -> None:
        """Ends the path with one kind of exit."""
        self.status, self.may = Const(STATUS, how), frozenset((how,))

    def fall(self) -> None:
        """Goes on where no exit is pending."""
        self.status, self.may = NO_EXIT, ONLY_FALL
        for name in [n for n in self.locals if n.startswith(RAISED)]:
            del self.locals[name]

    def dead(self) -> None:
        """Ends the path for good: an exception is raised on it that nothing catches."""
        self.may = NOWHERE

    @property
    def raised(self) -> frozenset[int]:
        """The exits among those that are pending that are exceptions."""
        return frozenset(code for code in self.may if code > RAISE)


def unchanged(before: State, after: State) -> bool:
    """Whether a trial run has left variables, boxes and effects as they were."""
    if before.token is not after.token or before.locals.keys() != after.locals.keys():
        return False
    if any(after.locals[n] is not v for n, v in before.locals.items()):
        return False
    return all(after.heap.get(i) is c for i, c in before.heap.items())


def boxes_in(parts: Iterable[Part]) -> Iterator[int]:
    """The boxes that these parts name."""
    for part in parts:
        if isinstance(part, int):
            yield part
        elif isinstance(part, Abstract):
            yield from boxes_in(part.open()[1])


def reachable(values: Iterator[Part], heap: Mapping[int, Content]) -> set[int]:
    """Boxes that can be reached from `values`."""
    seen: set[int] = set()
    todo = list(values)
    while todo:
        part = todo.pop()
        if isinstance(part, int):
            if part not in seen:
                seen.add(part)
                todo.extend(open_content(heap[part])[1])
        elif isinstance(part, Abstract):
            todo.extend(part.open()[1])
    return seen
