"""Bringing two paths together: the state that stands for both.

`Join(a, b)` walks two states side by side, up to renaming of boxes, and makes the joined one. Where
the two hold different atoms the joined state holds a new value (a `Leaf`), which the caller makes a
result of an `if` or a parameter of a loop. Where they hold things that have no common form the
joined state holds a `Conflict`: that is an error only if it is read.

`inner` are the values that can be seen only on the one path or only on the other; everything else
may be used as it is.

A pair of boxes (one of each state) becomes one box. A box that is paired with two different ones
has been shared by names on one path that differ on the other: each pair becomes a copy, and the
copies are marked; a later write through one of them is refused as long as another can be reached.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from anvil.ir.families import type_at
from anvil.ir.loc import AnyLoc
from anvil.ir.records import Atom, Const, Value
from anvil.ir.types import BOOL, TOKEN, ArrayType, Type, array
from anvil.parser.arrays.growing import agreed, growth
from anvil.parser.arrays.promotion import Strength, join_dtypes
from anvil.parser.arrays.ragged import Ragged
from anvil.parser.containers.columns import Column, room_of
from anvil.parser.containers.row_forms import capacity, common_form
from anvil.parser.containers.templates import is_link
from anvil.parser.control.choice_joins import BOXED, merged
from anvil.parser.control.number_joins import joined
from anvil.parser.control.remapped import Remapped
from anvil.parser.control.sharing import drop_leading_to, forget_dead, mark_shared
from anvil.parser.state.heap import (
    FALL,
    FINALLY,
    RETURN,
    SCRATCH,
    STATUS,
    ColumnBox,
    Content,
    ListBox,
    Mark,
    ObjectBox,
    RowBox,
    StackBox,
    State,
    TableBox,
    close_content,
    fresh_box,
    is_kept,
    open_content,
    reachable,
)
from anvil.parser.state.number_choices import is_numeric, own_atom, strength_of
from anvil.parser.state.values import (
    UNDEFINED,
    Abstract,
    CellRef,
    Choice,
    Conflict,
    Known,
    ListV,
    NDArray,
    ObjectV,
    Part,
    Partial,
    Scalar,
    Undefined,
    scalar,
)

if TYPE_CHECKING:
    from anvil.parser.context import Context

FILL = None
"""The source of a leaf on a path where its value cannot matter."""


@dataclass(slots=True, eq=False)
class Leaf:
    """A value that differs between the paths: its sources there, and what stands for both.

    A source is an atom (to be converted to the leaf's dtype), an array to be read in its state, or
    FILL.
    """

    a: Any
    b: Any
    out: Value


@dataclass(frozen=True, slots=True)
class Manner:
    """How unlike things are brought together.

    `at` is the place of the branch or loop, `pred` what a branch depends on. `exact`: two objects
    stay apart where a write to the joined value has to reach the one that it is. `choosing`: the
    variables of a loop may be one of several things.
    """

    at: AnyLoc | None = None
    pred: Atom | None = None
    exact: bool = False
    choosing: bool = True


@dataclass(slots=True, eq=False)
class Want:
    """Two lists that have a common form as stacked lists: their boxes, what they have room for."""

    boxes: tuple[int, int]
    template: Any
    capacities: tuple[int, int]
    kinds: list[Strength]
    guessed: bool = False


class Join:
    """The join of two states; `names` limits the local variables (those that live)."""

    def __init__(
        self,
        a: State,
        b: State,
        names: frozenset[str] | None,
        loop: ast.AST | None = None,
        manner: Manner = Manner(),
    ) -> None:
        self.a, self.b, self.loop, self.manner = a, b, loop, manner
        self.inner: tuple[set[Value], set[Value]] = (set(), set())
        self.leaves: list[Leaf] = []
        self.state = State()
        self.chose = False
        self.wants: list[Want] = []
        self.adoptions: list[tuple[int, int]] = []
        self.growths: list[tuple[Abstract, Abstract]] = []
        self.pools: set[tuple[int, int]] = set()
        self.stacks = True
        self.copied: list[tuple[int, int, int]] = []
        """Boxes with a copy of one of two arrays: that box, and where the arrays are."""
        self._memo: dict[Any, Value] = {}
        self.pairs: dict[tuple[int | None, int | None], int] = {}
        self._skip_a = _only_returns(a)
        self._skip_b = _only_returns(b)
        self.names = names
        self._locs: tuple[AnyLoc | None, AnyLoc | None] = (None, None)
        self._hint = ""
        self._roots: Collection[int] = ()
        self._reached: dict[bool, set[int]] = {}

    def run(self, roots: Collection[int]) -> State:
        """Joins the variables and the boxes `roots`; the other boxes of a branch too if it is not
        known what lives after it. What a branch has changed and nothing refers to is dropped.
        """
        a, b, out, self._roots = self.a, self.b, self.state, roots
        common = {i: c for i, c in a.heap.items() if b.heap.get(i) is c}
        out.heap = common if self.loop is None else dict(a.heap)
        out.marks = {**a.marks, **b.marks}
        out.where = {**a.where, **b.where}
        out.excluded, out.present = a.excluded & b.excluded, a.present & b.present
        self._status()
        for name in self._variables():
            self._variable(name)
        for box in roots:
            if box in a.heap and box in b.heap:
                self._box(box, box)
        if self.loop is None and self.names is None:
            for box in a.heap:
                if box in b.heap and a.heap[box] is not b.heap[box]:
                    self._box(box, box)
        out.ret = self._returned()
        out.token = self._token()
        mark_shared(self)
        if self.names is not None:
            forget_dead(out, roots)
            gone = {i for i in a.heap if i in b.heap and i not in out.heap}
            drop_leading_to(out.heap, gone)
        return out

    # ---- variables

    def _variables(self) -> list[str]:
        a, b = self.a.locals, self.b.locals
        names = list(a) + [n for n in b if n not in a]
        live = self.names
        if live is None:
            return names
        return [n for n in names if n in live or is_kept(n, a.get(n, b.get(n)))]

    def _variable(self, name: str) -> None:
        x, y = self.a.locals.get(name, UNDEFINED), self.b.locals.get(name, UNDEFINED)
        self._locs = self.a.where.get(name), self.b.where.get(name)
        self._hint = name.rpartition(".")[2]
        if self._skip_a and not isinstance(x, CellRef):
            v = self.one_sided(y, left=False)
        elif self._skip_b and not isinstance(y, CellRef):
            v = self.one_sided(x, left=True)
        elif name.startswith(SCRATCH) and (x is UNDEFINED or y is UNDEFINED):
            v = self.one_sided(x if y is UNDEFINED else y, left=y is UNDEFINED)
        else:
            v = self.value(x, y)
        self._hint = ""
        if v is not UNDEFINED:
            self.state.locals[name] = v

    def _returned(self) -> Abstract | None:
        x, y = self.a.ret, self.b.ret
        self._locs = self.a.where.get("return"), self.b.where.get("return")
        if RETURN not in self.a.may or x is None:
            return None if y is None else self.one_sided(y, left=False)
        if RETURN not in self.b.may or y is None:
            return self.one_sided(x, left=True)
        return self.value(x, y)

    def _token(self) -> Atom | None:
        x, y = self.a.token, self.b.token
        return x if x is y else self.leaf(x, y, TOKEN)

    def _status(self) -> None:
        a, b = self.a, self.b
        self.state.may = a.may | b.may
        if not a.may:
            self.state.status = self._side(b.status, left=False)
        elif not b.may:
            self.state.status = self._side(a.status, left=True)
        else:
            self.state.status = self.leaf(a.status, b.status, STATUS)

    # ---- values

    def value(self, x: Abstract, y: Abstract) -> Abstract:
        """What stands for `x` on the first path and `y` on the second."""
        if x is y and type(x) in _BOXLESS:
            return x
        if isinstance(x, Undefined | Partial) or isinstance(y, Undefined | Partial):
            return self._partial(x, y)
        if isinstance(x, Conflict):
            return x
        if isinstance(y, Conflict):
            return y
        if is_numeric(x) and is_numeric(y):
            return self._number(x, y)
        if isinstance(x, Choice) or isinstance(y, Choice) or self.apart(x, y):
            return self._choice(x, y)
        if isinstance(x, Ragged) and isinstance(y, Ragged):
            x, y = agreed(x, y, self.loop is not None)
        (tag, parts), (tag_y, parts_y) = x.open(), y.open()
        if tag == tag_y and len(parts) == len(parts_y):
            return self._structure(x, parts, parts_y, y)
        if isinstance(x, NDArray) and isinstance(y, NDArray) and x.type is y.type:
            return self._choice(x, y) if self.manner.exact else self._copies(x, y)
        return self._choice(x, y)

    def apart(self, x: Abstract, y: Abstract) -> bool:
        """Whether two objects are kept apart, because a write to the joined value has to reach the
        one that it is.
        """
        if not self.manner.exact or not (isinstance(x, BOXED) and isinstance(y, BOXED)):
            return False
        held = self.a.heap.get(x.box), self.b.heap.get(y.box)
        if any(isinstance(c, RowBox) for c in held) and x.open()[0] == y.open()[0]:
            return False  # a write goes to the pool, which the other one is moved into
        known = y.box in self.a.heap or (self.loop is None and x.box in self.b.heap)
        return known and x.box != y.box

    def _choice(self, x: Abstract, y: Abstract) -> Abstract:
        """Unlike values: which one it is becomes a value of its own. Loops are peeled or unrolled
        rather, if they can be.
        """
        grows = self.loop is not None and growth(x, y) is not None
        if grows:
            self.growths.append((x, y))
            return replace(self._conflict(x, y), grows=True)
        either = isinstance(x, Choice) or isinstance(y, Choice)
        if self.manner.choosing or either or self._links(x, y) or self._links(y, x):
            found = merged(self, x, y)
            if found is not None:
                return found
        return self._conflict(x, y)

    def _links(self, x: Abstract, y: Abstract) -> bool:
        """Whether these are None and an object that may refer to others like it."""
        if not (isinstance(x, Known) and x.value is None and isinstance(y, ObjectV)):
            return False
        content = self.a.heap.get(y.box, self.b.heap.get(y.box))
        if isinstance(content, RowBox):
            return True
        parts = content.attrs.values() if isinstance(content, ObjectBox) else ()
        return any(p.open() == x.open() or is_link(p, y.cls) for p in parts)

    def _structure(self, x: Abstract, parts: Any, parts_y: Any, y: Abstract) -> Abstract:
        joined: list[Part] = []
        for p, q in zip(parts, parts_y, strict=True):
            if isinstance(p, int):
                box = self._box(p, q)
                conflict = isinstance(self.state.heap.get(box), Conflict)
                if conflict and p != q and not isinstance(x, Column):
                    return self._choice(x, y)
                if isinstance(x, Column) and x.pool == p:
                    self.pools.add((p, q))
                joined.append(box)
            elif isinstance(p, Abstract):
                joined.append(self.value(p, q))
            else:
                joined.append(self.leaf(p, q, p.type))
        return x if _same(joined, parts) else x.close(tuple(joined))

    def _number(self, x: Abstract, y: Abstract) -> Abstract:
        if type(x) is Known and type(y) is Known and x.open() == y.open():
            return x
        strength = strength_of(x)
        if strength is None or strength != strength_of(y):
            found = joined(self, x, y)
            return self._conflict(x, y) if found is None else found
        dtype, py = strength
        atom = self.leaf(own_atom(x), own_atom(y), array(dtype))
        kept = type(x) is Scalar and atom is x.atom
        return x if kept else scalar(atom, py)

    def _partial(self, x: Abstract, y: Abstract) -> Abstract:
        vx, dx = _definedness(x)
        vy, dy = _definedness(y)
        if vx is None and vy is None:
            return UNDEFINED
        if vx is None:
            assert vy is not None
            value = self.one_sided(vy, left=False)
        elif vy is None:
            value = self.one_sided(vx, left=True)
        else:
            value = self.value(vx, vy)
        defined = self.leaf(dx, dy, array(BOOL))
        return Partial(value, defined).close((value, defined))

    def _copies(self, x: NDArray, y: NDArray) -> Abstract:
        """Arrays of one shape that are seen through different views, or differ in dtype: a copy of
        either.
        """
        dtype, _ = join_dtypes((x.type.dtype, False), (y.type.dtype, False))
        out = self.leaf(x, y, x.type.with_dtype(dtype))
        box = fresh_box()
        self.state.heap[box] = out
        self.copied.append((box, x.box, y.box))
        if x.type is not y.type:
            self.state.marks[box] = Mark(_TWO_DTYPES, code="alias-types", at=self.manner.at)
        return NDArray(box, (), out.type)

    def _conflict(self, x: Abstract, y: Abstract) -> Conflict:
        texts = (x.describe(), y.describe())
        if isinstance(x, ListV) and isinstance(y, ListV):
            texts = _describe(self.a.heap[x.box]), _describe(self.b.heap[y.box])
        return Conflict(*texts, *self._locs, self.loop, self.manner.pred)

    # ---- a value that only one path has

    def one_sided(self, v: Abstract, left: bool) -> Abstract:
        if isinstance(v, Known | Undefined | Conflict):
            return v
        parts = v.open()[1]
        return v.close(tuple(self._one_part(p, left) for p in parts)) if parts else v

    def _one_part(self, p: Any, left: bool) -> Any:
        if isinstance(p, Abstract):
            return self.one_sided(p, left)
        if not isinstance(p, int):
            return self._side(p, left)
        other = self.b if left else self.a
        if p in other.heap and p in self._held(left=not left):
            return self._box(p, p)
        return self._box(p, None) if left else self._box(None, p)

    def _held(self, left: bool) -> Collection[int]:
        """Boxes of one path that variables lead to there; all if it is not known which live."""
        state = self.a if left else self.b
        if self.names is None:
            return state.heap.keys()
        found = self._reached.get(left)
        if found is None:
            held: list[Any] = [state.locals[n] for n in self._variables() if n in state.locals]
            held += [box for box in self._roots if box in state.heap]
            held += [] if state.ret is None else [state.ret]
            found = self._reached[left] = reachable(iter(held), state.heap)
        return found

    def _side(self, atom: Atom, left: bool) -> Atom:
        if type(atom) is Const or atom not in self.inner[0 if left else 1]:
            return atom
        a, b = (atom, FILL) if left else (FILL, atom)
        out: Atom = self.leaf(a, b, atom.type)
        return out

    # ---- boxes

    def _box(self, x: int | None, y: int | None) -> int:
        found = self.pairs.get((x, y))
        if found is not None:
            return found
        box = x if x == y else x if y is None else y if x is None else fresh_box()
        assert box is not None
        self.pairs[x, y] = box
        cx = None if x is None else self.a.heap[x]
        cy = None if y is None else self.b.heap[y]
        if cx is cy and cx is not None and not self._has_boxes(cx):
            self.state.heap[box] = cx
        else:
            self.state.heap[box] = self._content(cx, cy)
        if cx is not cy and isinstance(cx, _LISTS) and isinstance(cy, _LISTS):
            self._want(x, y, cx, cy, box)
        if isinstance(cx, RowBox) != isinstance(cy, RowBox) and None not in (x, y):
            self.adoptions.append((x, y))  # type: ignore[arg-type]
        return box

    def _want(self, x: Any, y: Any, cx: Content, cy: Content, box: int) -> None:
        """Notes two lists that can be joined if both are held as stacked rows."""
        if not isinstance(self.state.heap[box], Conflict) or not self.stacks:
            return
        if isinstance(cx, StackBox) and isinstance(cy, StackBox) and _alike(cx, cy):
            return  # they are so already: one is a part of another list
        found = common_form(cx, cy, self.a.heap, self.b.heap)
        if found is not None:
            guessed = any(isinstance(c, StackBox) and c.guessed for c in (cx, cy))
            rooms = capacity(cx), capacity(cy)
            self.wants.append(Want((x, y), found[0], rooms, found[1], guessed))

    @staticmethod
    def _has_boxes(c: Content) -> bool:
        return not isinstance(c, Value | Const)

    def _content(self, cx: Content | None, cy: Content | None) -> Content:
        if cx is None or cy is None:
            one, left = (cx, True) if cy is None else (cy, False)
            assert one is not None
            parts = tuple(self._one_part(p, left) for p in open_content(one)[1])
            return close_content(one, parts)
        if isinstance(cx, ColumnBox) and isinstance(cy, ColumnBox):
            return self._column(cx, cy)
        if isinstance(cx, RowBox) and isinstance(cy, RowBox):
            return self._row(cx, cy)
        (tag, px), (tag_y, py) = open_content(cx), open_content(cy)
        if tag != tag_y and isinstance(cx, ObjectBox) and isinstance(cy, ObjectBox):
            names = _both(list(cx.attrs), list(cy.attrs))
            if names is not None and (self.loop is None or self.manner.choosing):
                return self._attributes(cx, cy, names)
        if tag != tag_y or _resized(cx, cy):
            return Conflict(_describe(cx), _describe(cy), *self._locs, self.loop, self.manner.pred)
        if isinstance(cx, TableBox):
            return self._table(cx, cy)  # type: ignore[arg-type]
        joined = [self._part(p, q) for p, q in zip(px, py, strict=True)]
        if isinstance(cx, StackBox) and isinstance(cy, StackBox):
            room = room_of(cx) if self.loop is not None else min(room_of(cx), room_of(cy))
            return replace(cx, length=joined[0], columns=tuple(joined[1:]), room=room)  # type: ignore[arg-type]
        return cx if _same(joined, px) else close_content(cx, tuple(joined))

    def _part(self, p: Part, q: Part) -> Part:
        assert not isinstance(p, int)
        if isinstance(p, Abstract):
            assert isinstance(q, Abstract)
            return self.value(p, q)
        found: Part = self.leaf(p, q, p.type)
        return found

    def _table(self, cx: TableBox, cy: TableBox) -> Content:
        """The lists of a table are not told apart: it is one table that has either contents."""
        lists: list[Abstract] = []
        for x, y in zip(cx.lists, cy.lists, strict=True):
            (tag, parts), (tag_y, parts_y) = x.open(), y.open()
            assert tag == tag_y
            self.pools.add((parts[0], parts_y[0]))  # type: ignore[arg-type]
            lists.append(self._structure(x, parts, parts_y, y))
        if not all(isinstance(v, ListV) for v in lists):
            return Conflict(_describe(cx), _describe(cy), *self._locs, self.loop, self.manner.pred)
        return cx if _same(lists, cx.lists) else TableBox(tuple(lists))

    def _attributes(self, cx: ObjectBox, cy: ObjectBox, names: list[str]) -> Content:
        """Instances one of which has attributes that the other lacks."""
        pairs = ((n, cx.attrs.get(n, UNDEFINED), cy.attrs.get(n, UNDEFINED)) for n in names)
        return ObjectBox({n: self.value(x, y) for n, x, y in pairs})

    def _column(self, cx: ColumnBox, cy: ColumnBox) -> Content:
        x, y = type_at(cx.atom), type_at(cy.atom)
        if x.shape != y.shape:
            return Conflict("a list", "a list", *self._locs, self.loop)
        dtype, py = join_dtypes((x.dtype, cx.py), (y.dtype, cy.py))
        return ColumnBox(self.leaf(cx.atom, cy.atom, x.with_dtype(dtype)), py)

    def _row(self, cx: RowBox, cy: RowBox) -> Content:
        """Objects in pools: the pools are joined, which are one where they have one number."""
        self.pools.add((cx.pool, cy.pool))
        pool = self._box(cx.pool, cy.pool)
        held = self.state.heap[pool]
        if isinstance(held, Conflict):
            return held
        index = self.leaf(cx.index, cy.index, cx.index.type)
        return cx if pool == cx.pool and index is cx.index else RowBox(pool, index)

    # ---- leaves

    def leaf(self, x: Any, y: Any, type_: Type) -> Any:
        """The atom that stands for `x` and `y`; itself where they are the same."""
        if x is y and x is not None and x.type is type_:
            return x
        if type(x) is Const and x == y and x.type is type_:
            return x
        key = (_source_key(x), _source_key(y), type_)
        out = self._memo.get(key)
        if out is None:
            out = self._memo[key] = Value(type_, self._hint)
            self.leaves.append(Leaf(x, y, out))
        return out


def _both(xs: list[str], ys: list[str]) -> list[str] | None:
    """The names of both lists, each list in its order; None where these disagree."""
    common = [n for n in xs if n in ys]
    if common != [n for n in ys if n in xs]:
        return None
    out: list[str] = []
    for n in common:
        out += xs[: xs.index(n)] + ys[: ys.index(n)] + [n]
        xs, ys = xs[xs.index(n) + 1 :], ys[ys.index(n) + 1 :]
    return out + xs + ys


def _only_returns(state: State) -> bool:
    """Whether what a path has in its variables is not read again."""
    return not (state.may - {RETURN}) and FINALLY not in state.locals


_TWO_DTYPES = (
    "this array has another dtype on each of the paths that lead here, and what is stored is "
    "converted to it"
)


_LISTS = (ListBox, StackBox)
_BOXLESS = (Known, Scalar, Undefined, Conflict)


def _resized(x: Content, y: Content) -> bool:
    """Whether two arrays have different shapes: those of a list that only one path made longer."""
    atoms = isinstance(x, Value | Const) and isinstance(y, Value | Const)
    return atoms and type_at(x).shape != type_at(y).shape


def _same(joined: Sequence[Part], parts: Sequence[Part]) -> bool:
    return all(p is q or (type(p) is int and p == q) for p, q in zip(joined, parts, strict=True))


def _source_key(x: Any) -> Any:
    return (x.box, id(x)) if isinstance(x, NDArray) else x


def _alike(x: StackBox, y: StackBox) -> bool:
    return (x.template, x.capacity, x.guessed) == (y.template, y.capacity, y.guessed)


def _describe(c: Content) -> str:
    if isinstance(c, StackBox):
        n = c.length
        return f"a list of {n.value if isinstance(n, Known) else f'up to {c.capacity}'}"
    return {
        "ListBox": "a list",
        "DictBox": "a dict",
        "ObjectBox": "an object",
    }.get(type(c).__name__, "a value") + (
        f" of {len(open_content(c)[1])}" if not isinstance(c, Conflict) else ""
    )


def _definedness(v: Abstract) -> tuple[Abstract | None, Atom]:
    if isinstance(v, Undefined):
        return None, Const(array(BOOL), False)
    if isinstance(v, Partial):
        return v.value, v.defined
    return v, Const(array(BOOL), True)


def materialise(ctx: Context, source: Any, type_: Type) -> Atom:
    """A leaf's source as an atom of the leaf's type, in the present state and region."""
    if type_ is TOKEN:
        return source if source is not None else ctx.b.token()  # type: ignore[no-any-return]
    if source is None:
        return ctx.b.zeros(type_)
    if isinstance(source, Remapped):
        return source.atom(ctx.b)
    atom: Atom = ctx.read(source) if isinstance(source, NDArray) else source
    assert isinstance(type_, ArrayType)
    return ctx.b.cast(atom, type_.dtype)


__all__ = ["FALL", "FILL", "Join", "Leaf", "materialise"]
