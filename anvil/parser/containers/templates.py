"""What the elements of a list have in common: the form of one element, its leaves left out.

    Number   a number; its dtype and host type are those of the column that holds it
    Block    an array of one type
    Fixed    an object known while compiling, the same in every element
    OneOf    one of a few objects known while compiling: its place among them
    Group    a tuple, or a list, dict or object whose parts are unlike things
    Many     a list of a number of like things
    Ref      an object (a dict, a set, a list of unlike things) in a pool: its place there
    Rows     a list of like things in a pool, which may grow
    Link     None, or an object in the pool of the object that it is a part of: its place there

The leaves of an element (numbers and arrays) are stacked, one column each, in order of a walk over
the form.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar

import numpy as np

from anvil.ir.loc import AnyLoc
from anvil.ir.types import ArrayType, array
from anvil.parser.arrays.promotion import join_dtypes
from anvil.parser.containers.collection_values import SetV
from anvil.parser.state.heap import (
    Content,
    DictBox,
    ListBox,
    ObjectBox,
    RowBox,
    SetBox,
    StackBox,
    TableBox,
)
from anvil.parser.state.number_choices import is_numeric
from anvil.parser.state.object_keys import ByIdentity
from anvil.parser.state.values import (
    Abstract,
    Choice,
    Closure,
    DictV,
    Known,
    ListV,
    NDArray,
    ObjectV,
    TupleV,
    known_key,
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""


@dataclass(frozen=True, slots=True)
class Block:
    """An array."""

    type: ArrayType


class Fixed:
    """An object known while compiling."""

    __slots__ = ("key", "value")

    def __init__(self, value: Abstract, key: Hashable) -> None:
        self.value, self.key = value, key

    @property
    def is_none(self) -> bool:
        """Whether it is None."""
        return isinstance(self.value, Known) and self.value.value is None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fixed) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several objects known while compiling."""

    options: tuple[Fixed, ...]

    def place(self, option: Fixed) -> int:
        """The number of an option."""
        return self.options.index(option)

    def table(self, options: Sequence[Fixed]) -> np.ndarray:
        """The numbers of other options."""
        return np.array([self.place(o) for o in options], np.int64)


@dataclass(frozen=True, slots=True)
class Group:
    """A container of unlike things: `kind` and `meta` (its class, keys or names) say which. That of
    a dict or set whose keys the data decide is a "table" of two lists or one, which may grow.
    """

    kind: str
    meta: Hashable
    items: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the program makes a dict or set, of which forms do not depend."""

    made: AnyLoc | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Many:
    """A list of `n` like things."""

    n: int
    item: Template


@dataclass(frozen=True, slots=True)
class Ref:
    """An object that can be written to; `item` is its form."""

    item: Template


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of like things whose number the data decide, `n` at most; always that of a pool."""

    n: int
    item: Template

    @property
    def kind(self) -> str:
        """What it is a form of, as `Group.kind`."""
        return "list"


@dataclass(frozen=True, slots=True)
class Link:
    """None or an object: of the class, and in the pool, of the one whose attribute it is."""

    cls: type


Template: TypeAlias = "Number | Block | Fixed | OneOf | Group | Many | Ref | Rows | Link"
Leaf: TypeAlias = "Number | Block | OneOf | Ref | Link"
Heap = Mapping[int, Content]

T = TypeVar("T")

NUMBER = Number()
MANY_OPTIONS = 32
"""An element of a list is one of at most so many objects known while compiling."""


def template_of(
    v: Abstract, heap: Heap, above: frozenset[int] = frozenset(), owner: type | None = None
) -> Template | None:
    """The form of a value, which is inside the boxes `above` and an attribute of an instance of
    `owner`; None for what cannot be an element of a stacked list.
    """
    if is_numeric(v):
        return NUMBER
    if owner is not None and is_link(v, owner):
        return Link(owner)
    if isinstance(v, NDArray):
        return Block(v.type)
    if isinstance(v, Known | Closure):
        return fixed(v)
    if isinstance(v, Choice):
        options = [fixed(o) for o in v.options]
        return None if None in options else OneOf(tuple(options))  # type: ignore[arg-type]
    if isinstance(v, TupleV):
        return _group("tuple", v.cls, v.items, heap, above)
    if not isinstance(v, ListV | DictV | SetV | ObjectV) or v.box in above:
        return None
    return _boxed(v, heap[v.box], heap, above | {v.box})


def fixed(v: Abstract) -> Fixed | None:
    """The form of an object known while compiling; None for what is not."""
    if isinstance(v, Known) and not is_numeric(v):
        return Fixed(v, known_key(v.value))
    return Fixed(v, v.open()) if isinstance(v, Closure) and not v.open()[1] else None


def _boxed(
    v: ListV | DictV | SetV | ObjectV, content: Content, heap: Heap, above: frozenset[int]
) -> Template | None:
    """The form of what is in a box."""
    if isinstance(content, RowBox):
        pool = heap[content.pool]
        return Ref(pool.template) if isinstance(pool, StackBox) else None
    if isinstance(v, ListV):
        return _list(content, heap, above) if v.cls is list else None
    if isinstance(v, SetV):
        return _keyed("set", v, (set,), content, heap, above)
    factory: Template | None = None
    if isinstance(v, DictV) and v.factory is not None:
        factory = template_of(v.factory, heap, above)
        if not isinstance(factory, Fixed):
            return None
    if isinstance(v, DictV) and isinstance(content, TableBox):
        return _keyed("dict", v, (v.cls, factory), content, heap, above)
    group = None
    if isinstance(content, DictBox) and isinstance(v, DictV) != isinstance(content, ObjectBox):
        if any(isinstance(k, ByIdentity) for k in content.entries):
            return None
        meta: tuple[Hashable, ...] = (v.cls, tuple(content.entries))
        if isinstance(v, DictV):
            meta = (*meta, factory, Origin(v.made))
        kind = "dict" if isinstance(v, DictV) else "object"
        own = v.cls if isinstance(v, ObjectV) and not _is_frozen(v.cls) else None
        group = _group(kind, meta, tuple(content.entries.values()), heap, above, own)
    return group if group is None or _is_frozen(v.cls) else Ref(group)


def _keyed(
    kind: str,
    v: DictV | SetV,
    meta: tuple[Hashable, ...],
    content: Content,
    heap: Heap,
    above: frozenset[int],
) -> Template | None:
    """The form of a set, or of a dict whose keys the data decide."""
    origin = Origin(v.made)
    if isinstance(content, SetBox):
        if any(type(k) is ByIdentity for k in content.elements):
            return None
        return Ref(Group("set", (*meta, content.elements, origin), ()))
    if not isinstance(content, TableBox):
        return None
    lists: list[Any] = [_table_list(x, heap, above) for x in content.lists]
    if None in lists:
        return None
    return Ref(Group("table", (kind, *meta, origin), tuple(lists)))


def _table_list(v: Any, heap: Heap, above: frozenset[int]) -> Template | None:
    """The form of the keys or values of a table: of a list that may grow."""
    content = heap[v.box]
    if isinstance(content, StackBox):
        return Ref(Rows(max(content.capacity, 1), _growing(content.template)))
    if isinstance(content, ListBox) and content.items:
        common = common_template(content.items, heap, above, _common_growing)
        return None if common is None else Ref(Rows(len(content.items), _growing(common)))
    return template_of(v, heap, above)


def _growing(t: Template) -> Template:
    """The form of a value of a table: a list is one that may grow."""
    return Ref(Rows(max(t.n, 1), t.item)) if isinstance(t, Many) else t


def _common_growing(a: Template, b: Template | None) -> Template | None:
    return None if b is None else unified(_growing(a), _growing(b))


def _is_frozen(cls: type) -> bool:
    """Whether instances of a class cannot be written to, so that they are as good as tuples."""
    params = getattr(cls, "__dataclass_params__", None)
    return params is not None and bool(params.frozen)


def linked(v: Abstract) -> list[ObjectV]:
    """The objects that a value may be, None aside."""
    options = v.options if isinstance(v, Choice) else (v,)
    return [o for o in options if isinstance(o, ObjectV)]


def is_link(v: Abstract, cls: type) -> bool:
    """Whether a value is an instance of the class, or may be one and else is None."""
    options = v.options if isinstance(v, Choice) else (v,)
    found = linked(v)
    nothing = [o for o in options if isinstance(o, Known) and o.value is None]
    return bool(found) and len(found) + len(nothing) == len(options) and _of_class(found, cls)


def _of_class(found: list[ObjectV], cls: type) -> bool:
    return all(o.cls is cls for o in found)


def _group(
    kind: str,
    meta: Hashable,
    items: tuple[Abstract, ...],
    heap: Heap,
    above: frozenset[int],
    owner: type | None = None,
) -> Group | None:
    parts = []
    for item in items:
        part = template_of(item, heap, above, owner)
        if part is None:
            return None
        parts.append(part)
    return Group(kind, meta, tuple(parts))


def _list(content: Content, heap: Heap, above: frozenset[int]) -> Template | None:
    if isinstance(content, StackBox):
        n = content.length
        if not isinstance(n, Known):
            return Ref(Rows(content.capacity, content.template)) if content.capacity else None
        return Many(int(n.value), content.template)
    if not isinstance(content, ListBox):
        return None
    common = common_template(content.items, heap, above)
    if common is not None:
        return Many(len(content.items), common)
    group = _group("list", None, content.items, heap, above)
    return None if group is None else Ref(group)


def common_template(
    items: tuple[Abstract, ...],
    heap: Heap,
    above: frozenset[int] = frozenset(),
    join: Callable[[Template, Template | None], Template | None] | None = None,
) -> Template | None:
    """The form that all of these have; None if they are unlike, or there are none. `join` gives
    that of two.
    """
    common: Template | None = None
    last: Abstract | None = None
    for item in items:
        if item is last:
            continue
        found, last = template_of(item, heap, above), item
        common = found if common is None else (join or unified)(common, found)
        if common is None:
            return None
    return common


def unified(a: Template, b: Template | None) -> Template | None:
    """The form for elements of either form: dtypes of arrays are joined."""
    if a == b or b is None:
        return b
    if isinstance(a, OneOf) or isinstance(b, OneOf):
        return either(a, b)
    if isinstance(a, Block) and isinstance(b, Block) and a.type.shape == b.type.shape:
        dtype, _ = join_dtypes((a.type.dtype, False), (b.type.dtype, False))
        return Block(array(dtype, a.type.shape))
    if isinstance(a, Many) and isinstance(b, Many) and a.n == b.n:
        inner = unified(a.item, b.item)
        return None if inner is None else Many(a.n, inner)
    if isinstance(a, Ref) and isinstance(b, Ref | Many):
        inner = unified(a.item, b.item if isinstance(b, Ref) else b)
        return None if inner is None else Ref(inner)
    if isinstance(a, Many) and isinstance(b, Ref) and isinstance(b.item, Rows):
        return unified(b, a)
    if isinstance(a, Rows) or isinstance(b, Rows):
        return _unified_rows(a, b) if isinstance(a, Rows) else _unified_rows(b, a)
    if isinstance(a, Group) and isinstance(b, Group):
        return _unified_groups(a, b)
    if isinstance(a, Link) or isinstance(b, Link):
        link, other = (a, b) if isinstance(a, Link) else (b, a)
        return link if isinstance(other, Fixed) and other.is_none else None
    return None


def either(a: Template, b: Template, most: int = MANY_OPTIONS) -> OneOf | None:
    """The form of one of the objects, known while compiling, that are of either form, if these are
    not too many.
    """
    sides = [t.options if isinstance(t, OneOf) else (t,) for t in (a, b)]
    if not all(isinstance(o, Fixed) for side in sides for o in side):
        return None
    options = tuple(dict.fromkeys(o for side in sides for o in side))
    return OneOf(options) if len(options) <= most else None  # type: ignore[arg-type]


def with_options(a: Template, b: Template | None, most: int = MANY_OPTIONS) -> Template | None:
    """The form for elements of either form: what is known may be one of several things."""
    found = unified(a, b)
    if found is not None or b is None:
        return found
    if isinstance(a, Group) and isinstance(b, Group) and len(a.items) == len(b.items):
        parts = [with_options(x, y, most) for x, y in zip(a.items, b.items, strict=True)]
        alike = (a.kind, a.meta) == (b.kind, b.meta) and None not in parts
        return Group(a.kind, a.meta, tuple(parts)) if alike else None  # type: ignore[arg-type]
    if isinstance(a, Ref) and isinstance(b, Ref):
        inner = with_options(a.item, b.item, most)
        return None if inner is None else Ref(inner)
    return either(a, b, most)


def _unified_rows(a: Any, b: Template) -> Template | None:
    """Lists of like things, the first of which may grow."""
    if isinstance(b, Group):
        items, n = (b.items if b.kind == "list" else (None,)), len(b.items)
    elif isinstance(b, Many | Rows):
        items, n = (b.item,), b.n
    else:
        return None
    item: Template | None = a.item
    for other in items:
        item = None if item is None or other is None else unified(item, other)
    return None if item is None else Rows(max(a.n, n), item)


def _unified_groups(a: Group, b: Group) -> Template | None:
    if (a.kind, a.meta, len(a.items)) != (b.kind, b.meta, len(b.items)):
        return None
    parts = [unified(x, y) for x, y in zip(a.items, b.items, strict=True)]
    return None if None in parts else Group(a.kind, a.meta, tuple(parts))  # type: ignore[arg-type]


def loosely(a: Template | None, b: Template | None) -> Template | None:
    """The form for elements of either form, lists of unlike lengths being lists that may grow."""
    if a is None or b is None:
        return None
    found = unified(a, b) or either(a, b)
    if found is not None:
        return found
    if isinstance(a, Many) and isinstance(b, Many) and a.n == b.n:
        inner = loosely(a.item, b.item)
        return None if inner is None else Many(a.n, inner)
    x, y = _as_rows(a), _as_rows(b)
    if x is not None and y is not None:
        item = y[1] if x[1] is None else x[1] if y[1] is None else loosely(x[1], y[1])
        return None if item is None else Ref(Rows(max(x[0], y[0]), item))
    if isinstance(a, Ref) and isinstance(b, Ref):
        inner = loosely(a.item, b.item)
        return None if inner is None else Ref(inner)
    if isinstance(a, Group) and isinstance(b, Group) and len(a.items) == len(b.items):
        parts = [loosely(p, q) for p, q in zip(a.items, b.items, strict=True)]
        if (a.kind, a.meta) == (b.kind, b.meta) and None not in parts:
            return replace(a, items=tuple(parts))  # type: ignore[arg-type]
    return None


def _as_rows(t: Template) -> tuple[int, Template | None] | None:
    """How many elements a list has, or has room for, and their form; None for other things."""
    if isinstance(t, Many):
        return t.n, t.item
    inner = t.item if isinstance(t, Ref) else None
    if isinstance(inner, Rows):
        return inner.n, inner.item
    if isinstance(inner, Group) and inner.kind == "list" and not inner.items:
        return 0, None
    return None


def roomy(t: Any, room: int) -> Any:
    """A form in which all lists that may grow have room for so many elements (None for none)."""
    if isinstance(t, Rows):
        return Rows(max(t.n, room), roomy(t.item, room))
    if isinstance(t, Ref | Many):
        return replace(t, item=roomy(t.item, room))
    if isinstance(t, Group):
        return replace(t, items=tuple(roomy(i, room) for i in t.items))
    return t


def leaves_of(t: Template) -> Iterator[tuple[Leaf, tuple[int, ...]]]:
    """The leaves of a form, each with the lengths of the lists it is inside of."""
    if isinstance(t, Number | Block | OneOf | Ref | Link):
        yield t, ()
    elif isinstance(t, Group):
        for item in t.items:
            yield from leaves_of(item)
    elif isinstance(t, Many | Rows):
        if isinstance(t, Rows):
            yield NUMBER, ()
        for leaf, lengths in leaves_of(t.item):
            yield leaf, (t.n, *lengths)


def carried(old: Template, new: Any, held: Iterator[T], fresh: T) -> Iterator[T]:
    """What is held for each leaf of a form, for those of a wider one; `fresh` for new leaves."""
    if isinstance(new, OneOf | Link):
        yield next(held) if isinstance(old, OneOf | Link) else fresh
    elif isinstance(new, Rows) and not isinstance(old, Rows):
        yield from (next(held, fresh) for _ in leaves_of(new))
    elif isinstance(new, Number | Block | Ref):
        yield next(held)
    elif isinstance(new, Group):
        for before, after in zip(old.items, new.items, strict=True):  # type: ignore[union-attr]
            yield from carried(before, after, held, fresh)
    elif isinstance(new, Many | Rows):
        if isinstance(new, Rows):
            yield next(held)
        yield from carried(old.item, new.item, held, fresh)  # type: ignore[union-attr]


def has_identity(t: Template) -> bool:
    """Whether elements of this form can be shared with other names: they are not just values (as
    the places of objects in a pool are).
    """
    if isinstance(t, Group):
        return any(map(has_identity, t.items))
    if isinstance(t, Rows):
        return has_identity(t.item)
    return isinstance(t, Block | Many)


def has_refs(t: Template) -> bool:
    """Whether elements of this form are, or contain, objects in a pool."""
    return any(isinstance(leaf, Ref | Link) for leaf, _ in leaves_of(t))


def has_links(t: Template) -> bool:
    """Whether objects of this form may refer to each other."""
    return any(isinstance(leaf, Link) for leaf, _ in leaves_of(t))


def same_refs(a: Template, b: Template) -> bool:
    """Whether the same parts of two forms are objects in pools."""
    if isinstance(a, Ref) or isinstance(b, Ref):
        return isinstance(a, Ref) and isinstance(b, Ref)
    if isinstance(a, Group) and isinstance(b, Group):
        return all(map(same_refs, a.items, b.items))
    if isinstance(a, Many | Rows) and isinstance(b, Many | Rows):
        return same_refs(a.item, b.item)
    return True


def names_of(t: Any) -> str:
    """A form in words, for messages."""
    if isinstance(t, Ref):
        return names_of(t.item)
    if isinstance(t, Block):
        return f"{t.type} array"
    if isinstance(t, Many):
        return f"list of {t.n}"
    if isinstance(t, Link):
        return str(t.cls.__name__)
    if isinstance(t, Rows):
        return "list"
    if isinstance(t, Group):
        meta: Any = t.meta
        if t.kind == "table":
            return str(meta[0])
        return t.kind if t.kind != "object" else str(meta[0].__name__)
    return "number" if isinstance(t, Number) else "constant"
