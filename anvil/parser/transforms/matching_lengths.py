"""Tangents and cotangents of values whose length the data decide.

They have the structure of their value, and as many elements; that is checked when the program
runs. As leaves they have the shapes of the value's leaves, and zeros where no element counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import I64, ArrayType, array
from anvil.parser.arrays.ragged import Axis, Ragged, Span, count_of, mask_over
from anvil.parser.arrays.ragged_frames import in_front
from anvil.parser.containers.columns import all_rows, length_atom
from anvil.parser.containers.open_lists import inside
from anvil.parser.containers.stack_lists import rows_at, stack_of, taken_whole
from anvil.parser.containers.stacks import restack
from anvil.parser.containers.table_boxes import key_value, table_of
from anvil.parser.containers.tables import ANY, rows_as
from anvil.parser.containers.templates import (
    Block,
    Fixed,
    Link,
    Many,
    Number,
    OneOf,
    Ref,
    Rows,
    Template,
    common_template,
    loosely,
    roomy,
    with_options,
)
from anvil.parser.state.lengths import build_list, without_refs
from anvil.parser.state.results import plain_numbers
from anvil.parser.state.signature import (
    LENGTH,
    NUMBER,
    ArraySpec,
    DictSpec,
    KeySpec,
    ListSpec,
    ObjectSpec,
    ScalarSpec,
    Spec,
    StackSpec,
    StaticSpec,
    TableSpec,
    TextSpec,
    TrimmedSpec,
    TupleSpec,
    leaves,
)
from anvil.parser.state.values import Abstract, DictV, Known, ListV, ObjectV, TupleV, scalar

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

Moved = Iterator[Atom | None]


def with_lengths(spec: Spec, moved: Sequence[Any], atoms: Sequence[Atom]) -> list[Any]:
    """Leaves of tangents or cotangents, None where there is none, with the lengths of the value
    and the numbers of what it chooses.
    """
    found = zip(leaves(spec), moved, atoms, strict=True)
    return [
        a if leaf in (LENGTH, NUMBER) or isinstance(leaf, KeySpec) else t for leaf, t, a in found
    ]


def matched_lengths(
    it: Interp, spec: Spec, atoms: Sequence[Atom], given: Abstract, what: str
) -> list[Atom]:
    """The leaves of a tangent or cotangent that belong to inexact leaves, in their types."""
    found = _Walk(it, what, iter(atoms)).leaves(spec, plain_numbers(it, given, True))
    out = []
    for atom, t in zip(atoms, found, strict=True):
        want: Any = type_at(atom)
        if not want.dtype.inexact:
            continue
        if t is None:
            out.append(it.b.zeros(want))
            continue
        have: Any = type_at(t)
        if have.shape != want.shape or (have.dtype.kind == "c") > (want.dtype.kind == "c"):
            it.error("bad-tangent", f"the {what} is {have}, its value {want}")
        out.append(it.b.cast(t, want.dtype))
    return out


class _Walk:
    """A walk over a description, its leaves `atoms`, and what is given for it."""

    def __init__(self, it: Interp, what: str, atoms: Iterator[Atom]) -> None:
        self.it, self.what, self.atoms = it, what, atoms

    def leaves(self, spec: Spec, given: Abstract) -> Moved:
        """The leaves of what is given, in the shapes of the value's."""
        if (isinstance(given, Known) and given.value is None) or isinstance(spec, TextSpec):
            for _ in leaves(spec):
                next(self.atoms)
                yield None
        elif isinstance(spec, ArraySpec | ScalarSpec):
            next(self.atoms)
            yield self.it.atom(given)
        elif isinstance(spec, TrimmedSpec):
            yield from self._array(spec, given)
        elif isinstance(spec, StackSpec):
            yield from self._list(spec, given)
        elif isinstance(spec, TableSpec):
            yield from self._table(spec, given)
        elif not isinstance(spec, StaticSpec):
            for part, item in zip(spec.items, self._parts(spec, given), strict=True):
                yield from self.leaves(part, item)

    def _parts(self, spec: Any, given: Abstract) -> list[Abstract]:
        it = self.it
        if isinstance(spec, TupleSpec | ListSpec) and isinstance(given, TupleV | ListV):
            items = list(it.items(given))
        elif isinstance(spec, DictSpec) and isinstance(given, DictV):
            content: Any = it.content(given.box, "dict")
            items = [content.entries[k] for k in spec.keys if k in content.entries]
        elif isinstance(spec, ObjectSpec) and isinstance(given, ObjectV):
            items = [it.attribute(given, n) for n in spec.names]
        else:
            items = []
        if len(items) != len(spec.items):
            it.error("bad-tangent", f"the {self.what} has another structure than its value")
        return items

    def _same(self, length: Atom, given: Atom) -> None:
        text = f"the {self.what} has another length than its value"
        self.it.check(self.it.b.eq(length, given), ValueError, text)

    def _array(self, spec: TrimmedSpec, given: Abstract) -> Moved:
        it, b = self.it, self.it.b
        lengths = {k: next(self.atoms) for k in spec.axes}
        next(self.atoms)
        if isinstance(given, Ragged):
            v = in_front(it, given)
            x = it.read(v.data)
        else:
            v, x = None, it.atom(given)
        if type_at(x).ndim != spec.type.ndim:
            it.error("bad-tangent", f"the {self.what} is {type_at(x)}, its value {spec.type}")
        axes: list[Axis | None] = [None] * spec.type.ndim
        for k, n in lengths.items():
            axis = None if v is None else v.axes[k]
            self._same(n, b.i64(type_at(x).shape[k]) if axis is None else count_of(it, axis))
            x = resized(it, x, k, spec.type.shape[k])
            axes[k] = Span(spec.type.shape[k], b.i64(0), n)
            yield None
        yield self._masked(x, axes)

    def _list(self, spec: StackSpec, given: Abstract) -> Moved:
        it = self.it
        length = next(self.atoms) if spec.counted else it.b.i64(spec.n)
        places = list(spec.stacked())
        for _ in places:
            next(self.atoms)
        if not isinstance(given, ListV | TupleV):
            it.error("bad-tangent", f"the {self.what} of a list is a list")
        rows, n = self._rows(given, spec.item, len(places))
        self._same(length, n)
        if spec.counted:
            yield None
        for want, x in zip(places, rows, strict=True):
            if x is None or isinstance(want, KeySpec):
                yield None
                continue
            x = resized(it, x, 0, spec.n)
            for k in range(1, min(type_at(x).ndim, want.type.ndim)):
                x = resized(it, x, k, want.type.shape[k])
            t: ArrayType = want.type
            axes: list[Axis | None] = [Span(spec.n, it.b.i64(0), length), *[None] * (t.ndim - 1)]
            yield self._masked(x, axes) if type_at(x).shape == t.shape else x

    def _table(self, spec: TableSpec, given: Abstract) -> Moved:
        """A dict with the same keys, in any order."""
        it, names = self.it, list(leaves(spec.items[0]))
        if len(spec.items) == 1:
            for _ in names:
                next(self.atoms)
                yield None
            return
        if not isinstance(given, DictV):
            it.error("bad-tangent", f"the {self.what} of a dict is a dict")
        form: Any = spec.items[0]
        own, counted = [next(self.atoms) for _ in names], int(form.counted)
        yield from [None] * len(names)
        parts = iter(map(it.array, own[counted:]))
        length = own[0] if counted else it.b.i64(form.n)
        have = build_list(
            it, form, lambda s, _: scalar(length, True) if s is LENGTH else next(parts), ""
        )
        yield from self.leaves(spec.items[1], self._reordered(given, stack_of(it, have), length))

    def _reordered(self, given: DictV, own: Any, length: Atom) -> Abstract:
        """The values of a dict in the order of these keys."""
        it, b = self.it, self.it.b
        table = table_of(it, given)
        if table is None:
            entries = it.dict_entries(given)
            lists = it.list([key_value(it, k) for k in entries]), it.list(list(entries.values()))
        else:
            lists = table.lists  # type: ignore[assignment]
        keys, values = (self._stacked(v) for v in lists)
        both = None if keys is None else with_options(own.template, keys.template, ANY)
        if both is None or values is None:
            it.error("bad-tangent", f"the {self.what} has other keys than its value")
        n, m = own.capacity, keys.capacity
        same = b.broadcast(inside(it, keys), shape=(n, m), dims=(1,))
        for (x, _), (y, _) in zip(rows_as(it, own, both), rows_as(it, keys, both), strict=True):
            dtype = it.promote(it.array(x), it.array(y))
            x = b.broadcast(b.cast(x, dtype), shape=(n, m), dims=(0,))
            y = b.broadcast(b.cast(y, dtype), shape=(n, m), dims=(1,))
            same = b.and_(same, b.eq(x, y))
        counts = b.lt(b.iota(shape=(n,), axis=0, dtype=I64), b.broadcast_to(length, (n,)))
        found = b.or_(b.reduce_or(same, axes=(1,)), b.not_(counts))
        text = f"the {self.what} has other keys than its value"
        it.check(b.reduce_and(found, axes=(0,)), ValueError, text)
        self._same(length, length_atom(keys))
        at = it.atom(it.call(np.argmax, it.array(same), axis=Known(1)), I64)
        out = rows_at(it, values, at)
        held: Any = stack_of(it, out)
        it.state.heap[out.box] = replace(held, length=scalar(length, True))
        return out

    def _rows(self, given: ListV | TupleV, item: Spec, n: int) -> tuple[list[Atom | None], Atom]:
        """The columns of a list, None where its elements say that there is none; its length."""
        it = self.it
        items = () if isinstance(given, ListV) and stack_of(it, given) else it.items(given)
        whole = it.list(items) if items or isinstance(given, TupleV) else given
        stack: Any = self._stacked(taken_whole(it, whole))
        if stack is None:
            return [None] * n, it.b.i64(0)
        pairs = zip(all_rows(it, stack), stack.columns, strict=True)
        template, rows = without_refs(it, stack.template, [(*x, c.pool) for x, c in pairs])
        columns = iter(x for x, _ in rows)
        found = [next(columns) if there else None for there in _slots(template, item)]
        if len(found) != n:
            it.error("bad-tangent", f"the {self.what} has other elements than its value")
        return found, length_atom(stack)

    def _stacked(self, v: ListV) -> Any:
        """A list as rows; None for one without elements."""
        it, items = self.it, () if stack_of(self.it, v) else self.it.items(v)
        if stack_of(it, v) is None:
            form = common_template(items, it.state.heap, join=loosely)
            if form is None and not items:
                return None
            if form is None:
                it.error("bad-tangent", f"the elements of the {self.what} are unlike things")
            restack(it, v.box, roomy(form, it.session.capacity), 0)
        return stack_of(it, v)

    def _masked(self, x: Atom, axes: list[Axis | None]) -> Atom:
        t = type_at(x)
        mask = mask_over(self.it, axes, t.shape)
        return self.it.b.select(mask, x, Const(t, 0))  # type: ignore[no-any-return]


def _slots(t: Template, spec: Spec) -> Iterator[bool]:
    """For each leaf of an element, whether it is there; None stands for one that is not."""
    if isinstance(spec, StaticSpec):
        return
    if isinstance(t, Fixed):
        yield from (False for _ in leaves(spec))
    elif isinstance(t, Number | Block | OneOf | Ref | Link):
        yield True
    elif isinstance(t, Many | Rows):
        if isinstance(spec, StackSpec) and spec.counted:
            yield isinstance(t, Rows)
        yield from _slots(t.item, spec.item if isinstance(spec, StackSpec) else spec)
    else:
        parts: tuple[Spec, ...] = getattr(spec, "items", ())
        if len(parts) == len(t.items):
            for item, part in zip(t.items, parts, strict=True):
                yield from _slots(item, part)


def resized(it: Interp, x: Atom, k: int, n: int) -> Atom:
    """The first `n` along an axis, zeros behind them where there are fewer."""
    t = type_at(x)
    have = t.shape[k]
    if have < n:
        high = tuple(n - have if i == k else 0 for i in range(t.ndim))
        none = (0,) * t.ndim
        pad = Const(array(t.dtype), 0)
        return it.b.pad(x, pad, low=none, high=high, interior=none)  # type: ignore[no-any-return]
    if have == n:
        return x
    limits = tuple(n if i == k else size for i, size in enumerate(t.shape))
    zeros, ones = (0,) * t.ndim, (1,) * t.ndim
    return it.b.slice(x, starts=zeros, limits=limits, strides=ones)  # type: ignore[no-any-return]
