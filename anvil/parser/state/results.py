"""Between values and descriptions of them: a result as a spec and its leaves, a value built from a
spec.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn

from anvil.errors import error as make_error
from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import I64, array
from anvil.parser.arrays.ragged import Ragged, dense
from anvil.parser.containers import tables
from anvil.parser.containers.chosen_arrays import joined_array
from anvil.parser.containers.chosen_lists import joined_list
from anvil.parser.containers.collection_values import DequeV, OwnListV, SetV
from anvil.parser.containers.columns import element, rows_of
from anvil.parser.containers.stack_lists import known_length
from anvil.parser.containers.table_boxes import known_empty
from anvil.parser.containers.templates import Many, has_links, has_refs
from anvil.parser.control.choices import settled
from anvil.parser.reports import texts
from anvil.parser.reports.blame import involve
from anvil.parser.reports.conflicts import refuse_partial
from anvil.parser.state.heap import (
    DictBox,
    ListBox,
    Mark,
    ObjectBox,
    RowBox,
    SetBox,
    StackBox,
    TableBox,
    close_content,
    fresh_box,
    open_content,
)
from anvil.parser.state.lengths import (
    build_counted,
    describe_array,
    describe_list,
    left_open,
    refuse_factory,
)
from anvil.parser.state.number_choices import NumberChoice, joined_strength
from anvil.parser.state.object_keys import ByIdentity
from anvil.parser.state.signals import Blocked
from anvil.parser.state.signature import (
    NUMBER,
    ArraySpec,
    ChoiceSpec,
    DictSpec,
    ListSpec,
    ObjectSpec,
    Piece,
    ScalarSpec,
    Spec,
    StackSpec,
    StaticSpec,
    TableSpec,
    TextSpec,
    TrimmedSpec,
    TupleSpec,
    describe_argument,
)
from anvil.parser.state.values import (
    NONE,
    Abstract,
    Choice,
    Closure,
    Conflict,
    DictV,
    Known,
    ListV,
    NDArray,
    ObjectV,
    Scalar,
    TupleV,
    is_number,
    is_py_number,
    number_dtype,
    scalar,
)

if TYPE_CHECKING:
    from anvil.parser.interp import Interp


def describe_result(
    it: Interp, value: Abstract, known_numbers: bool = True
) -> tuple[Spec, list[Atom]]:
    """The structure of a value and its leaves, in order.

    Known floats are leaves; known ints and bools are if `known_numbers`, otherwise they are static.
    """
    atoms: list[Atom] = []
    return _describe(it, value, atoms, frozenset(), known_numbers), atoms


def described_inside(
    it: Interp, value: Abstract, known_numbers: bool = False
) -> tuple[Spec, list[Atom]]:
    """`describe_result` for what a transform takes apart: it opens objects of the host program."""
    return describe_result(it, plain_numbers(it, value, True), known_numbers)


def plain_numbers(it: Interp, v: Abstract, opening: bool = False) -> Abstract:
    """`v` with numbers and arrays of one type each, and lists of one form; `opening`: with objects
    of the host program opened.
    """
    if isinstance(v, NumberChoice):
        return as_joined(it, v)
    v = settled(it, v)
    if isinstance(v, Choice):
        v = joined_list(it, v) or joined_array(it, v) or v
    if isinstance(v, TupleV):
        return TupleV(tuple(plain_numbers(it, i, opening) for i in v.items), v.cls)
    spec = describe_argument(v.value) if opening and isinstance(v, Known) else None
    if isinstance(spec, ObjectSpec):
        attrs = {n: plain_numbers(it, it.attribute(v, n), True) for n in spec.names}
        box = fresh_box()
        it.state.heap[box] = ObjectBox(attrs)
        return ObjectV(box, spec.cls)
    if not isinstance(v, ListV | DictV | ObjectV):
        return v
    content = it.state.heap[v.box]
    parts = open_content(content)[1]
    opened = tuple(plain_numbers(it, p, opening) for p in parts)  # type: ignore[arg-type]
    if all(p is q for p, q in zip(parts, opened, strict=True)):
        return v
    box = fresh_box()
    it.state.heap[box] = close_content(content, opened)
    return v.close((box,))


def as_joined(it: Interp, v: NumberChoice) -> Abstract:
    """A number of one of several types, converted to the type that NumPy's promotion gives them."""
    return scalar(it.atom(v), joined_strength(v)[1])


def _describe(
    it: Interp, v: Abstract, atoms: list[Atom], above: frozenset[int], ints: bool
) -> Spec:
    if isinstance(v, texts.TextV):
        return _describe_text(it, v, atoms, above)
    if isinstance(v, NDArray):
        atoms.append(it.read(v))
        return ArraySpec(v.type)
    if isinstance(v, Ragged):
        return _describe_ragged(it, v, atoms)
    if isinstance(v, Scalar):
        atoms.append(v.atom)
        return ScalarSpec(v.dtype, v.py)
    if isinstance(v, Known):
        number = is_number(v.value) and not isinstance(v.value, Enum)
        if number and (ints or number_dtype(v.value).inexact):
            atom = it.atom(v)
            atoms.append(atom)
            return ScalarSpec(type_at(atom).dtype, is_py_number(v.value))
        return StaticSpec(v.value)
    if isinstance(v, TupleV):
        return TupleSpec(tuple(_describe(it, i, atoms, above, ints) for i in v.items), v.cls)
    if isinstance(v, ListV | DictV | ObjectV | SetV):
        return _describe_box(it, v, atoms, above, ints)
    if isinstance(v, Choice):
        return _describe_choice(it, v, atoms, above, ints)
    return _refused(it, v)


def _refused(it: Interp, v: Abstract) -> NoReturn:
    """Refuses what no result can hold."""
    if isinstance(v, Conflict):
        it.refuse_conflict("a part of the result", v)
    what = "a function" if isinstance(v, Closure) else v.describe()
    it.error("unsupported-value", f"a compiled function cannot return {what}")


def _describe_text(
    it: Interp, v: texts.TextV, atoms: list[Atom], above: frozenset[int]
) -> TextSpec:
    """A string that the host formats, from the numbers in it."""

    def piece(p: texts.Slot) -> Piece:
        spec = _describe(it, p.value, atoms, above, False)
        return Piece(spec, p.conversion, p.format, p.optional)

    return TextSpec(tuple(p if isinstance(p, str) else piece(p) for p in v.pieces))


def _built_text(spec: TextSpec, items: tuple[Abstract, ...]) -> Abstract:
    """The text around these values."""
    fresh = iter(items)
    return texts.joined(
        [
            p if isinstance(p, str) else texts.Slot(next(fresh), p.conversion, p.format, p.optional)
            for p in spec.pieces
        ]
    )


def _describe_choice(
    it: Interp, v: Choice, atoms: list[Atom], above: frozenset[int], ints: bool
) -> Spec:
    numeric = isinstance(v, NumberChoice)
    items: list[Spec] = [NUMBER]
    atoms.append(v.which)
    if isinstance(v, NumberChoice):
        items.append(_describe(it, as_joined(it, v), atoms, above, True))
    items += [_describe(it, o, atoms, above, ints) for o in v.options]
    return ChoiceSpec(tuple(items), numeric)


def _describe_ragged(it: Interp, v: Ragged, atoms: list[Atom]) -> Spec:
    try:
        dense(it, v)
    except Blocked as need:
        involve(it, need.error)
        if not left_open(it, need.error):
            raise
    return describe_array(it, v, atoms)


def _refuse_objects(it: Interp, keys: Iterable[Any]) -> None:
    if any(isinstance(k, ByIdentity) for k in keys):
        text = "a compiled function cannot return objects as keys of a dict or elements of a set"
        it.error("unsupported-value", text)


def _describe_box(
    it: Interp,
    v: ListV | DictV | ObjectV | SetV,
    atoms: list[Atom],
    above: frozenset[int],
    ints: bool,
) -> Spec:
    if v.box in above:
        it.error("unsupported-value", "the result contains itself")
    above = above | {v.box}
    content = it.state.heap[v.box]
    if isinstance(content, Conflict):
        it.refuse_conflict("a part of the result", content, v.box)
    if isinstance(content, RowBox):
        _refuse_links(it, v, content)
        content = it.content(v.box, "part of the result")
    if isinstance(content, StackBox):
        return _describe_stack(it, v, content, atoms, above, ints)
    if isinstance(content, ListBox):
        items = tuple(_describe(it, i, atoms, above, ints) for i in content.items)
        return _list_spec(v, items)
    if isinstance(content, TableBox):
        return _describe_table(it, v, content, atoms, above, ints)
    if isinstance(content, SetBox):
        _refuse_objects(it, content.elements)
        return StaticSpec(set(content.elements))
    if isinstance(content, DictBox) and isinstance(v, DictV):
        refuse_partial(it, content)
        _refuse_objects(it, content.entries)
        items = tuple(_describe(it, i, atoms, above, ints) for i in content.entries.values())
        return DictSpec(tuple(content.entries), items, v.cls, _factory(it, v))
    assert isinstance(content, ObjectBox)
    assert isinstance(v, ObjectV)
    if v.cls in it.session.local_classes:
        what = f"{v.describe()}, whose methods use variables of the function"
        it.error("unsupported-value", f"a compiled function cannot return {what}")
    refuse_partial(it, content)
    items = tuple(_describe(it, i, atoms, above, ints) for i in content.attrs.values())
    return ObjectSpec(v.cls, tuple(content.attrs), items)


def _refuse_links(it: Interp, v: Any, held: RowBox) -> None:
    """Refuses objects that refer to each other as the data decide; short loops that make such are
    unrolled rather.
    """
    pool = it.state.heap[held.pool]
    if isinstance(pool, StackBox) and has_links(pool.template):
        what = f"the result has {v.describe()} that refers to others, as the data decide"
        hint = "Return the numbers that they hold, or a list of these."
        error = make_error("unsupported-value", what, it.loc, hint=hint)
        left = [loop for loop in it.session.linking if loop not in it.unroll]
        raise Blocked(error, unroll=next(iter(left), None))


def _list_spec(v: Any, items: tuple[Spec, ...]) -> ListSpec:
    return ListSpec(items, v.cls, getattr(v, "maxlen", None))


def _describe_table(
    it: Interp, v: Any, table: TableBox, atoms: list[Atom], above: frozenset[int], ints: bool
) -> Spec:
    """A dict or set whose keys the data decide."""
    cls, factory = (v.cls, _factory(it, v)) if isinstance(v, DictV) else (set, None)
    keys: Any = table.lists[0]
    if known_empty(it, table):
        return StaticSpec(set()) if cls is set else DictSpec((), (), cls, factory)
    held: Any = tables.as_rows(it, keys)
    names = replace(describe_list(it, keys, held, atoms), keys=True)
    rest = tuple(_describe_values(it, x, atoms, above, ints) for x in table.lists[1:])
    return TableSpec((names, *rest), cls, factory)


def _describe_values(
    it: Interp, v: Any, atoms: list[Atom], above: frozenset[int], ints: bool
) -> Spec:
    """The values of a dict whose keys the data decide: as many as these."""
    stack: Any = it.content(v.box, "list")
    if isinstance(stack, StackBox) and not isinstance(stack.length, Known):
        return describe_list(it, v, stack, atoms)
    return _describe(it, v, atoms, above, ints)


def _factory(it: Interp, v: DictV) -> Any:
    """The host function that makes the missing values of a defaultdict."""
    if v.factory is None or isinstance(v.factory, Known):
        return None if v.factory is None else v.factory.value
    return refuse_factory(it, v.cls)


_WHOLE = 64
"""A list of more than so many stacked elements stays so in the result of the outermost function."""


def _describe_stack(
    it: Interp,
    v: Abstract,
    stack: StackBox,
    atoms: list[Atom],
    above: frozenset[int],
    ints: bool,
) -> Spec:
    try:
        n = known_length(it, stack, "the result is a list, and the data decide how long it is")
    except Blocked as need:
        if not left_open(it, need.error):
            need.unroll = None  # a length that a loop decides may be left open
            raise
        return describe_list(it, v, stack, atoms)
    apart = not stack.columns or has_refs(stack.template)
    if not ints or n <= _WHOLE or apart or isinstance(v, DequeV):
        items = tuple(_describe(it, i, atoms, above, ints) for i in it.items(v))
        return _list_spec(v, items)
    inner: list[Atom] = []
    spec = _describe(it, element(it, stack, Const(array(I64), 0)), inner, above, ints)
    if isinstance(stack.template, Many) and not isinstance(spec, StackSpec):
        spec = _nested(it, stack.template, element(it, stack, Const(array(I64), 0)))
    atoms.extend(x for x, _ in rows_of(it, stack))
    return StackSpec(n, spec)


def _nested(it: Interp, t: Any, v: Abstract) -> Spec:
    """The description of one element, the lists inside it stacked too."""
    inner = it.state.heap[v.box].columns if isinstance(t, Many) else ()  # type: ignore[attr-defined,union-attr]
    if not isinstance(t, Many) or not inner:
        return _describe(it, v, [], frozenset(), True)
    first = element(it, it.state.heap[v.box], Const(array(I64), 0))  # type: ignore[attr-defined,arg-type]
    return StackSpec(t.n, _nested(it, t.item, first))


def _built_value(
    it: Interp, spec: TupleSpec | TextSpec | ChoiceSpec, items: tuple[Abstract, ...]
) -> Abstract:
    """What needs no box."""
    if isinstance(spec, TupleSpec):
        return TupleV(items, spec.cls)
    options = items if isinstance(spec, TextSpec) else items[1 + spec.numeric :]
    if all(isinstance(o, Known) and o.value is None for o in options):
        return NONE
    if isinstance(spec, TextSpec):
        return _built_text(spec, items)
    return Choice(it.atom(items[0]), options).close((it.atom(items[0]), *options))


def _list_in(box: int, spec: ListSpec) -> ListV:
    if spec.cls is list:
        return ListV(box)
    return OwnListV(box, spec.cls) if issubclass(spec.cls, list) else DequeV(box, spec.maxlen)


Leaf = Callable[[ArraySpec | ScalarSpec | StaticSpec, str], Abstract]


def build(it: Interp, spec: Spec, leaf: Leaf, name: str = "", mark: Mark | None = None) -> Abstract:
    """A value of this structure in fresh boxes; `leaf(spec, path)` makes the leaves, static ones
    included.

    Boxes carry `mark`; `name` begins the paths, such as `params['w']`.
    """
    if isinstance(spec, ArraySpec | ScalarSpec | StaticSpec):
        return leaf(spec, name)
    if isinstance(spec, TrimmedSpec | StackSpec):
        return build_counted(it, spec, leaf, name)
    if isinstance(spec, DictSpec):
        paths = [f"{name}[{k!r}]" for k in spec.keys]
    elif isinstance(spec, ObjectSpec):
        paths = [f"{name}.{n}" for n in spec.names]
    else:
        paths = [f"{name}[{i}]" for i in range(len(spec.items))]
    items = tuple(build(it, s, leaf, path, mark) for s, path in zip(spec.items, paths, strict=True))
    if isinstance(spec, TupleSpec | TextSpec | ChoiceSpec):
        return _built_value(it, spec, items)
    box = fresh_box()
    if mark is not None:
        it.state.marks[box] = mark
    if isinstance(spec, TableSpec):
        it.state.heap[box] = TableBox(items)
        factory = None if spec.factory is None else Known(spec.factory)
        return SetV(box) if len(items) == 1 else DictV(box, spec.cls, factory)
    if isinstance(spec, ListSpec):
        it.state.heap[box] = ListBox(items)
        return _list_in(box, spec)
    if isinstance(spec, DictSpec):
        it.state.heap[box] = DictBox(dict(zip(spec.keys, items, strict=True)))
        return DictV(box, spec.cls, None if spec.factory is None else Known(spec.factory))
    it.state.heap[box] = ObjectBox(dict(zip(spec.names, items, strict=True)))
    return ObjectV(box, spec.cls)
