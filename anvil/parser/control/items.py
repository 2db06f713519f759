"""Items: what a loop runs over, and how many there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anvil.errors import error as make_error
from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, array
from anvil.parser.containers import stack_lists, tables
from anvil.parser.containers.collection_values import SetV
from anvil.parser.containers.columns import length_atom
from anvil.parser.containers.table_boxes import same_size, size_of, table_of
from anvil.parser.state.heap import FALL, ONLY_FALL, STATUS
from anvil.parser.state.values import Abstract, Known, TupleV

if TYPE_CHECKING:
    from anvil.parser.context import Context


@dataclass(slots=True)
class Items:
    """`count` items; `item(index)` for an i64 atom in range; `static` if they are unlike things.

    `source` is the list or dict that they are read from, which must keep its length; `inner` are
    items that these are made of; `most` is a bound of a `count` that is computed. `finish` says
    that all have been taken, to the iterators that they come from; `unmoved` refuses an iteration
    that has taken more of them.
    """

    count: int | Atom
    item: Callable[[Atom], Abstract]
    static: bool = False
    source: Abstract | None = None
    inner: tuple[Items, ...] = ()
    finish: Callable[[], None] = lambda: None
    most: int | None = None
    unmoved: Callable[[], None] = lambda: None

    @property
    def bound(self) -> int | None:
        """How many items there are at most, where that is known."""
        if isinstance(self.count, int):
            return self.count
        found = [self.most, *(i.bound for i in self.inner)]
        known = [n for n in found if n is not None]
        return min(known, default=None)

    def check(self, ctx: Context) -> None:
        """Refuses a list or dict that has grown or shrunk while it is iterated over."""
        self.unmoved()
        for items in self.inner:
            items.check(ctx)
        v = self.source
        if v is None:
            return
        table = table_of(ctx, v)
        if table is not None:
            kept = same_size(ctx, table, self.count)
            kept = Const(array(BOOL), kept) if isinstance(kept, bool) else kept
            if ctx.state.may != ONLY_FALL:  # nor does it matter once the loop has been left
                kept = ctx.b.or_(kept, ctx.b.ne(ctx.state.status, Const(STATUS, FALL)))
            what = "Set" if isinstance(v, SetV) else "dictionary"
            ctx.check(kept, RuntimeError, f"{what} changed size during iteration")
            return
        stack = stack_lists.stack_of(ctx, v)
        keys = ctx.dict_keys(v)
        if stack is not None:
            length = length_atom(stack)
            now: Any = length.value if isinstance(length, Const) else length
        else:
            now = len(ctx.items(v) if keys is None else keys)
        if now is not self.count and not (isinstance(now, int) and now == self.count):
            what = f"{v.describe()} changes its length while a loop runs over it"
            error = make_error("unsupported-value", what, ctx.loc, hint=_COPY)
            ctx.session.movable[error] = None
            raise error


_COPY = "Loop over a copy: `list(...)`."


class ChosenItems(Items):
    """The items of one of several: `inner` are those of all of them."""

    @property
    def bound(self) -> int | None:
        """The greatest bound."""
        found = [i.bound for i in self.inner]
        return None if None in found else max(filter(None, found), default=0)


def entries_of(ctx: Context, v: Abstract, what: str) -> Items:
    """The keys, values or items of a dict whose keys the data decide."""
    table: Any = table_of(ctx, v)
    size = size_of(ctx, table)
    count = int(size.value) if isinstance(size, Known) else ctx.atom(size)

    def item(i: Atom) -> Abstract:
        now: Any = table_of(ctx, v)
        parts = []
        for k, held in enumerate(now.lists):
            wanted = what == "items" or k == (what == "values")
            parts += [stack_lists.get_row(ctx, held, i)] if wanted else []
        if what != "values":
            tables.remember(ctx, now, parts[0])
        return TupleV(tuple(parts)) if what == "items" else parts[0]

    return Items(count, item, not table_rolls(ctx, table), v, most=_room(ctx, table))


def _room(ctx: Context, table: Any) -> int | None:
    """How many entries there are at most."""
    stack = stack_lists.stack_of(ctx, table.lists[0])
    return None if stack is None else stack.capacity


def table_rolls(ctx: Context, table: Any) -> bool:
    """Whether the entries of a table are held as rows."""
    return all(stack_lists.stack_of(ctx, held) is not None for held in table.lists)
