"""Results whose length the data decide: how many elements count, and an array of the most there
can be for each leaf of an element.

The program's own lists and arrays of this kind have their elements anywhere (`StackBox`, `Ragged`);
in a description the elements that count are the first ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from anvil.errors import AnvilError
from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import I64, array
from anvil.parser.arrays.ragged import Axis, Ragged, Span, count_of
from anvil.parser.arrays.ragged_frames import in_front
from anvil.parser.containers.collection_values import OpenTupleV
from anvil.parser.containers.columns import Column, all_rows, length_atom
from anvil.parser.containers.options import Packed
from anvil.parser.containers.templates import (
    NUMBER,
    Block,
    Fixed,
    Group,
    Link,
    Many,
    Number,
    OneOf,
    Origin,
    Ref,
    Rows,
    Template,
    fixed,
)
from anvil.parser.state.heap import ColumnBox, StackBox, fresh_box
from anvil.parser.state.signature import (
    LENGTH,
    ArraySpec,
    ChoiceSpec,
    DictSpec,
    ListSpec,
    ObjectSpec,
    ScalarSpec,
    Spec,
    StackSpec,
    StaticSpec,
    TableSpec,
    TrimmedSpec,
    TupleSpec,
    leaves,
)
from anvil.parser.state.signature import (
    NUMBER as NUMBER_SPEC,
)
from anvil.parser.state.values import NONE, Abstract, Known, ListV, NDArray

if TYPE_CHECKING:
    from anvil.parser.context import Context
    from anvil.parser.interp import Interp

Leaf = Callable[[ArraySpec | ScalarSpec | StaticSpec, str], Abstract]

# ---- descriptions


def describe_array(ctx: Context, v: Ragged, atoms: list[Atom]) -> TrimmedSpec:
    """The description of an array, and its leaves."""
    v = in_front(ctx, v)
    atoms.extend(count_of(ctx, a) for a in v.axes if a is not None)
    atoms.append(ctx.read(v.data))
    return TrimmedSpec(v.data.type, tuple(k for k, a in enumerate(v.axes) if a is not None))


def describe_list(it: Interp, v: Any, stack: StackBox, atoms: list[Atom]) -> StackSpec:
    """The description of a list, and its leaves."""
    template, rows = without_refs(it, stack.template, _rows(it, stack))
    atoms.append(length_atom(stack))
    atoms.extend(x for x, _ in rows)
    item = item_spec(it, template, iter(rows))
    return StackSpec(stack.capacity, item, True, v.cls, getattr(v, "maxlen", None))


_TAKE = "Return the numbers that they hold, or a list of these."

Held = list[tuple[Atom, bool, int]]
"""Columns: an atom, whether its numbers are Python's, and the pool of the objects it refers to."""


def _rows(ctx: Context, stack: StackBox) -> Held:
    pairs = zip(all_rows(ctx, stack), stack.columns, strict=True)
    return [(x, py, c.pool) for (x, py), c in pairs]  # type: ignore[attr-defined]


def without_refs(ctx: Context, t: Template, rows: Held) -> tuple[Template, Packed]:
    """A form and its columns, the objects in pools put where they are referred to."""
    found: Packed = []
    return _inlined(ctx, t, iter(rows), found), found


def _inlined(ctx: Context, t: Template, rows: Iterator[Any], out: Packed) -> Template:
    if isinstance(t, Number | Block | OneOf):
        out.append(next(rows)[:2])
        return t
    if isinstance(t, Link):
        what = f"a list of {t.cls.__name__} objects that refer to each other, as the data decide"
        ctx.error("unsupported-value", f"{what}, is a result", hint=_TAKE)
    if isinstance(t, Ref):
        at, _, pool = next(rows)
        held: Any = ctx.content(pool, "object")
        columns = iter([(_gathered(ctx, x, at), *rest) for x, *rest in _rows(ctx, held)])
        return _inlined(ctx, held.template, columns, out)
    if isinstance(t, Rows):
        out.append(next(rows)[:2])
        return Rows(t.n, _inlined(ctx, t.item, rows, out))
    if isinstance(t, Many):
        return Many(t.n, _inlined(ctx, t.item, rows, out))
    if isinstance(t, Group):
        return replace(t, items=tuple(_inlined(ctx, i, rows, out) for i in t.items))
    return t


def _gathered(ctx: Context, x: Atom, at: Atom) -> Atom:
    """Rows of a pool at places of any shape."""
    shape, rest = type_at(at).shape, type_at(x).shape[1:]
    if not type_at(x).shape[0]:
        return Const(array(type_at(x).dtype, (*shape, *rest)), 0)
    out: Atom = ctx.b.gather(x, ctx.b.reshape(at, shape=(*shape, 1)), axes=(0,))
    return out


def item_spec(it: Interp, t: Template, rows: Iterator[tuple[Atom, bool]]) -> Spec:
    """The description of an element of a form without references."""
    if isinstance(t, Number):
        x, py = next(rows)
        return ScalarSpec(type_at(x).dtype, py)
    if isinstance(t, Block):
        return ArraySpec(t.type.with_dtype(type_at(next(rows)[0]).dtype))
    if isinstance(t, Rows):
        next(rows)
        return StackSpec(t.n, item_spec(it, t.item, rows), True)
    if isinstance(t, Many):
        return StackSpec(t.n, item_spec(it, t.item, rows))
    if isinstance(t, Fixed):
        return _static(it, t)
    if isinstance(t, OneOf):
        next(rows)
        return ChoiceSpec((NUMBER_SPEC, *(_static(it, o) for o in t.options)), False)
    assert isinstance(t, Group)
    items = tuple(item_spec(it, i, rows) for i in t.items)
    meta: Any = t.meta
    if t.kind in ("dict", "set", "table"):
        return _keyed_spec(it, t.kind, meta, items)
    if t.kind == "tuple":
        return TupleSpec(items, meta)
    if t.kind == "list":
        return ListSpec(items)
    return ObjectSpec(meta[0], tuple(meta[1]), items)


def _static(it: Interp, t: Fixed) -> StaticSpec:
    if not isinstance(t.value, Known):
        it.error("unsupported-value", f"a compiled function cannot return {t.value.describe()}")
    return StaticSpec(t.value.value)


def _keyed_spec(it: Interp, kind: str, meta: Any, items: tuple[Spec, ...]) -> Spec:
    """The description of a dict or set."""
    if kind == "set":
        return StaticSpec(set(meta[1]))
    factory = None if meta[0] == "set" else meta[2]
    if factory is not None and not isinstance(factory.value, Known):
        refuse_factory(it, meta[1] if kind == "table" else meta[0])
    given = None if factory is None else factory.value.value
    if kind == "dict":
        return DictSpec(tuple(meta[1]), items, meta[0], given)
    keys, *rest = items
    names = replace(keys, keys=True) if isinstance(keys, StackSpec) else keys
    return TableSpec((names, *rest), set if meta[0] == "set" else meta[1], given)


def refuse_factory(it: Interp, cls: type) -> NoReturn:
    """Refuses a defaultdict as a result, whose factory is no host function."""
    what = f"the result is a {cls.__name__} whose missing values a function made inside gives"
    it.error("unsupported-value", what, hint="Return `dict(...)` of it.")


# ---- values of a description


def build_counted(ctx: Context, spec: TrimmedSpec | StackSpec, leaf: Leaf, name: str) -> Abstract:
    """The array or list of a description."""
    if isinstance(spec, TrimmedSpec):
        return build_array(ctx, spec, leaf, name)
    return build_list(ctx, spec, leaf, name)


def build_array(ctx: Context, spec: TrimmedSpec, leaf: Leaf, name: str) -> Abstract:
    """The array of a description."""
    lengths = {k: ctx.atom(leaf(LENGTH, name), I64) for k in spec.axes}
    data = leaf(ArraySpec(spec.type), name)
    if not isinstance(data, NDArray):
        return data
    zero = ctx.b.i64(0)
    axes: list[Axis | None] = [
        Span(n, zero, lengths[k]) if k in lengths else None for k, n in enumerate(spec.type.shape)
    ]
    return Ragged(data, tuple(axes), ctx.loc)


def build_list(ctx: Context, spec: StackSpec, leaf: Leaf, name: str) -> Abstract:
    """The list of a description."""
    length = leaf(LENGTH, name) if spec.counted else Known(spec.n)
    if length is NONE:
        return NONE
    parts = [leaf(s, name) for s in spec.stacked()]
    columns: list[Column] = []
    template = _form(ctx, spec.item, iter(parts), columns)
    box = fresh_box()
    ctx.state.heap[box] = StackBox(length, template, tuple(columns), spec.n)
    return OpenTupleV(box) if spec.cls is tuple else ListV(box)


def _form(ctx: Context, spec: Spec, parts: Iterator[Abstract], columns: list[Column]) -> Template:
    """The form of an element, whose columns are added to `columns`; leaves may be None."""
    if isinstance(spec, StaticSpec):
        return _fixed(Known(spec.value))
    if isinstance(spec, ArraySpec | ScalarSpec | ChoiceSpec):
        part = next(parts)
        return _leaf_form(ctx, spec, part, columns) if isinstance(part, NDArray) else _fixed(part)
    if isinstance(spec, StackSpec) and spec.counted:
        return _rows_form(ctx, spec, parts, columns)
    if isinstance(spec, StackSpec):
        return Many(spec.n, _form(ctx, spec.item, parts, columns))
    items = tuple(_form(ctx, s, parts, columns) for s in spec.items)
    if isinstance(spec, TupleSpec):
        return Group("tuple", spec.cls, items)
    if isinstance(spec, ListSpec):
        return Group("list", None, items)
    if isinstance(spec, DictSpec | TableSpec):
        return _keyed_form(spec, items)
    assert isinstance(spec, ObjectSpec)
    return Group("object", (spec.cls, spec.names), items)


def _leaf_form(
    ctx: Context, spec: ArraySpec | ScalarSpec | ChoiceSpec, part: NDArray, columns: list[Column]
) -> Template:
    """The form of a leaf, whose column is added to `columns`."""
    columns.append(Column(part.box, (), part.type.shape))
    if isinstance(spec, ArraySpec):
        return Block(array(part.type.dtype, spec.type.shape))
    held: Any = ctx.state.heap[part.box]
    ctx.state.heap[part.box] = ColumnBox(held, isinstance(spec, ChoiceSpec) or spec.py)
    if isinstance(spec, ScalarSpec):
        return NUMBER
    statics: Any = spec.items[1:]
    return OneOf(tuple(_fixed(Known(s.value)) for s in statics))


def _keyed_form(spec: DictSpec | TableSpec, items: tuple[Template, ...]) -> Group:
    """The form of dicts or sets with these parts."""
    factory = None if spec.factory is None else _fixed(Known(spec.factory))
    if isinstance(spec, DictSpec):
        return Group("dict", (spec.cls, spec.keys, factory, Origin()), items)
    own = ("set", set) if spec.cls is set else ("dict", spec.cls, factory)
    return Group("table", (*own, Origin()), items)


def _rows_form(
    ctx: Context, spec: StackSpec, parts: Iterator[Abstract], columns: list[Column]
) -> Template:
    """The form of lists of unlike lengths: places in a pool that holds these."""
    count = next(parts)
    inner: list[Column] = []
    item = _form(ctx, spec.item, parts, inner)
    if not isinstance(count, NDArray):
        return _fixed(count)
    ctx.state.heap[count.box] = ColumnBox(ctx.read(count), True)
    shape = count.type.shape
    pool, places = fresh_box(), fresh_box()
    form = Rows(spec.n, item)
    held = (Column(count.box, (), shape), *inner)
    if len(shape) > 1:
        ctx.error("unsupported-value", "lists inside lists of lists, whose lengths the data decide")
    ctx.state.heap[pool] = StackBox(Known(shape[0]), form, held, shape[0])
    ctx.state.heap[places] = ColumnBox(ctx.b.iota(shape=shape, axis=0, dtype=I64), True)
    columns.append(Column(places, (), shape, pool))
    return Ref(form)


def _fixed(v: Abstract) -> Fixed:
    return fixed(v) or Fixed(v, v.open()[0])


# ---- where lengths have to be known


def is_counted(spec: Spec) -> bool:
    """Whether the data decide the length of a part."""
    return LENGTH in leaves(spec)


def refuse_counted(it: Interp, specs: Sequence[Spec], what: str) -> None:
    """Refuses values of which the data decide how long they are."""
    if any(map(is_counted, specs)):
        it.error(
            "dynamic-shape",
            f"{what} has to be of known length, and the data decide how long it is",
            hint="Fill an array or a list of the greatest length, and mask or count what is used.",
        )


def left_open(it: Interp, error: AnvilError) -> bool:
    """Whether a length may be left open. If not, it is asked for first: then the refusal is
    remembered, and the program compiled again with lengths left open if nothing else helps.
    """
    if not it.session.open_lengths:
        it.session.lengths.add(error)
    return it.session.open_lengths
