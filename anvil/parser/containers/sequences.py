"""Functions of sequences: sorting and searching on data, itertools over known numbers of items,
heaps and bisection.

What sorts by keys that the data decide is a stable argsort and a gather. `heapq` and `bisect` are
given as the Python that their C versions stand for, and compiled.
"""

from __future__ import annotations

import bisect
import functools
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.families import type_at
from anvil.ir.records import Atom
from anvil.ir.types import I64
from anvil.parser.arrays.subscripts import get_item
from anvil.parser.containers import stack_lists
from anvil.parser.containers.collection_values import DequeV
from anvil.parser.containers.set_order import elements_of
from anvil.parser.containers.stacks import restack, stackable
from anvil.parser.control import streams
from anvil.parser.control.iteration import iterator, listed, next_item
from anvil.parser.reports import texts
from anvil.parser.state.heap import ListBox, ObjectBox, StackBox, fresh_box
from anvil.parser.state.values import (
    NONE,
    Abstract,
    Known,
    Lazy,
    ListV,
    NDArray,
    ObjectV,
    SliceV,
    TupleV,
)

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

# ---- sorting


MANY = 10_000
"""So many items of an endless iterator are taken at most."""


def sorted_(it: Interp, v: Abstract, key: Abstract = NONE, reverse: Abstract = NONE) -> Abstract:
    """`sorted(v, key=, reverse=)`."""
    key = _given(key)
    elements = elements_of(it, v)
    if elements is not None and key is NONE:
        descending = bool(it.known(reverse, "`reverse`"))
        return it.list([it.constant(x) for x in sorted(elements, reverse=descending)])
    out = it.list(listed(it, v))
    sort(it, out, key=key, reverse=reverse)
    return out


def _given(key: Abstract) -> Abstract:
    """A key function; NONE for any None."""
    return NONE if isinstance(key, Known) and key.value is None else key


def sort(it: Interp, v: ListV, *, key: Abstract = NONE, reverse: Abstract = NONE) -> Abstract:
    """`v.sort(key=, reverse=)`."""
    items = it.items(v)
    key = _given(key)
    it.touch(v.box)
    keys = [x if key is NONE else it.call(key, x) for x in items]
    places = _order(it, keys, bool(it.known(reverse)))
    stack = stack_lists.stack_of(it, v)
    if stack is None and isinstance(places, list):
        it.state.heap[v.box] = ListBox(tuple(items[i] for i in places))
        return NONE
    if stack is None:
        form = stackable(it, v)
        if form is None:
            it.error("unlike-elements", "the data decide the order of things of different types")
        restack(it, v.box, form, 0)
        stack = stack_lists.stack_of(it, v)
    assert isinstance(stack, StackBox)
    at = it.atom(it.constant(np.array(places))) if isinstance(places, list) else places
    rest = np.arange(len(items), stack.capacity)
    if rest.size:
        at = it.b.concatenate(at, it.atom(it.constant(rest)), axis=0)
    stack_lists.rearranged(it, v, stack, at)
    return NONE


class _OnData(Exception):
    """The order depends on data."""


def _order(it: Interp, keys: Sequence[Abstract], backwards: bool) -> list[int] | Atom:
    """The places of the items in sorted order."""
    entry, ops = it.state, len(it.b.frames[-1].ops)
    table = dict(it.b.frames[-1].table)
    it.state = entry.fork()

    def order(i: int, j: int) -> int:
        less = it.truth(it.compare("<", keys[i], keys[j]))
        if not isinstance(less, bool):
            raise _OnData
        return -1 if less else int(j < i)

    try:
        compared = functools.cmp_to_key(order)
        return sorted(range(len(keys)), key=compared, reverse=backwards)
    except _OnData:
        frame = it.b.frames[-1]
        del frame.ops[ops:]
        frame.table = table
        it.state = entry
    return _order_on_data(it, keys, backwards)


def _order_on_data(it: Interp, keys: Sequence[Abstract], backwards: bool) -> Atom:
    columns = _key_columns(it, list(reversed(keys)) if backwards else list(keys))
    b = it.b
    for column in columns:
        x = it.atom(column)
        if type_at(x).dtype.inexact:
            fine = b.not_(b.reduce_or(b.is_nan(x), axes=(0,)))
            it.check(fine, ValueError, "nan has no place in a sorted order")
    places = it.atom(it.call(np.lexsort, it.tuple(list(reversed(columns)))), I64)
    if backwards:
        last = b.broadcast_to(b.i64(len(keys) - 1), type_at(places).shape)
        places = b.reverse(b.sub(last, places), axes=(0,))
    return places


def _key_columns(it: Interp, keys: list[Abstract]) -> list[Abstract]:
    """Keys as arrays to sort by, the most important first."""
    if all(it.kind_of(k) in ("py", "np") for k in keys):
        return [it.array(it.atom(it.list(keys)))]
    length = len(keys[0].items) if isinstance(keys[0], TupleV) else -1
    if not all(isinstance(k, TupleV) and len(k.items) == length for k in keys):
        it.error(
            "unsupported-value",
            "the data decide the order of keys that are neither numbers nor tuples of numbers",
        )
    columns: list[Abstract] = []
    for parts in zip(*(k.items for k in keys), strict=True):  # type: ignore[attr-defined]
        columns.extend(_key_columns(it, list(parts)))
    return columns


# ---- searching


def index(
    it: Any,
    v: Abstract,
    item: Abstract,
    start: Abstract = NONE,
    stop: Abstract = NONE,
    *,
    method: str = "index",
) -> Abstract:
    """`v.index(item, start, stop)`, or the place of what another method looks for."""
    if start is not NONE or stop is not NONE:
        return _index_in(it, v, item, SliceV(start, stop, NONE))
    message = _missing(it, v, item, method)
    stack = stack_lists.stack_of(it, v)
    if stack is not None and it.column_type(v) is not None and len(it.column_type(v).shape) == 1:
        mask = it.atom(it.compare("==", it.array(it.column(v)), item))
    else:
        found: list[Any] = []
        for i, x in enumerate(it.items(v)):
            same = it.truth(it.compare("==", x, item))
            if same is True and not found:
                return Known(i)
            if same is not False or found:
                found.append((i, same))
            if same is True:
                break
        if not found:
            it.fail(ValueError, message)
        flags = [it.lifted(s) if isinstance(s, bool) else it.py_scalar(s) for _, s in found]
        mask = it.atom(it.list(flags))
        first = found[0][0]
        it.check(it.b.reduce_or(mask, axes=(0,)), ValueError, message)
        at = it.atom(it.call(np.argmax, it.array(mask)), I64)
        return it.py_scalar(it.b.add(at, first))  # type: ignore[no-any-return]
    it.check(it.b.reduce_or(mask, axes=(0,)), ValueError, message)
    return it.py_scalar(it.atom(it.call(np.argmax, it.array(mask)), I64))  # type: ignore[no-any-return]


def _index_in(it: Any, v: Abstract, item: Abstract, part: SliceV) -> Abstract:
    """The place in `v` of an item that is looked for in a part of it."""
    found = index(it, get_item(it, v, part), item)
    if isinstance(part.start, Known) and part.start.value is None:
        return found
    return it.call(_place_after, found, part.start, it.call(len, v))  # type: ignore[no-any-return]


def _place_after(found: Any, start: Any, n: Any) -> Any:
    return found + max(start + n if start < 0 else start, 0)


def _missing(it: Any, v: Abstract, item: Abstract, method: str) -> Abstract:
    """What Python says of an item that is not there."""
    empty: Any = () if isinstance(v, TupleV) else deque() if isinstance(v, DequeV) else []
    try:
        getattr(empty, method)(0)
    except ValueError as error:
        before, found, after = str(error).partition("0")
    return texts.joined([before, *(texts.text_of(it, item, "r") if found else ()), after])


# ---- itertools and NumPy's iterators


def _places(fn: Callable[..., Any]) -> Callable[..., Abstract]:
    """A function that selects among the items of one sequence by their places."""

    def run(it: Interp, v: Abstract, r: Abstract = NONE) -> Abstract:
        items = listed(it, v)
        size = it.known(r, "the length of the selections")
        chosen = fn(range(len(items)), *(() if size is None else (size,)))
        rows = [it.tuple([items[i] for i in places]) for places in chosen]
        return iterator(it, "iter", (it.tuple(rows),))

    return run


def _product(it: Interp, *vs: Abstract, repeat: Abstract = Known(1)) -> Abstract:  # noqa: B008
    pools = [listed(it, v) for v in vs] * int(it.known(repeat, "`repeat`"))
    rows = [it.tuple(list(row)) for row in itertools.product(*pools)]
    return iterator(it, "iter", (it.tuple(rows),))


def _zip_longest(it: Interp, *vs: Abstract, fillvalue: Abstract = NONE) -> Abstract:
    rows = itertools.zip_longest(*(listed(it, v) for v in vs), fillvalue=fillvalue)
    return iterator(it, "iter", (it.tuple([it.tuple(list(row)) for row in rows]),))


def _count(it: Interp, start: Abstract = Known(0), step: Abstract = Known(1)) -> Abstract:  # noqa: B008
    ints = all(it.kind_of(v) == "py" and it.strength(v)[0].kind == "i" for v in (start, step))
    if not ints:
        made: Abstract = it.session.calls.call_entry(it, streams.count_, [start, step], {})
        return made
    return iterator(it, "count", (start, step))


def _cycle(it: Interp, v: Abstract) -> Abstract:
    return iterator(it, "cycle", (it.tuple(listed(it, v)),))


def _compress(it: Interp, v: Abstract, selectors: Abstract) -> Abstract:
    pairs = zip(listed(it, v), listed(it, selectors), strict=False)
    kept = [x for x, s in pairs if it.known(s, "a selector of compress")]
    return iterator(it, "iter", (it.tuple(kept),))


def _streamed(stream: Callable[..., Any]) -> Callable[..., Abstract]:
    """A function of an iterator that is compiled as a generator."""

    def run(it: Interp, *args: Abstract) -> Abstract:
        made: Abstract = it.session.calls.call_entry(it, stream, args, {})
        return made

    return run


def _repeat(it: Interp, v: Abstract, times: Abstract | None = None) -> Abstract:
    if times is None:
        return iterator(it, "repeat", (v,))
    n = int(it.known(times, "the number of repetitions"))
    return iterator(it, "iter", (it.tuple([v] * n),))


def _starmap(it: Interp, fn: Abstract, v: Abstract) -> Abstract:
    rows = [it.call(fn, *listed(it, args)) for args in listed(it, v)]
    return iterator(it, "iter", (it.tuple(rows),))


def _filter(it: Interp, fn: Abstract, v: Abstract) -> Abstract:
    items = listed(it, v)
    if not all(map(it.is_known, items)):
        made: Abstract = it.session.calls.call_entry(it, streams.filter_, [fn, v], {})
        return made
    kept = []
    for x in items:
        plain = isinstance(fn, Known) and fn.value is None
        test = it.truth(x if plain else it.call(fn, x))
        if not isinstance(test, bool):
            it.need_static(test, "a filter")
        if test:
            kept.append(x)
    return iterator(it, "iter", (it.tuple(kept),))


def _islice(it: Interp, v: Abstract, *bounds: Abstract) -> Abstract:
    known = [it.known(n, "a bound of islice") for n in bounds]
    if isinstance(v, Lazy) and v.kind in ("count", "cycle", "repeat"):
        places = range(*slice(*known).indices(2**60))
        if len(places) < MANY and places.stop < 2**60:
            taken = [next_item(it, v) for _ in range(places.stop)]
            return iterator(it, "iter", (it.tuple([taken[i] for i in places]),))
    try:
        itertools.islice((), *known)
    except ValueError as error:
        it.fail(ValueError, str(error))
    at = slice(*known)
    ends = at.start or 0, 2**61 if at.stop is None else at.stop, at.step or 1
    return iterator(it, "islice", (v, *map(Known, ends)))


def _accumulate(
    it: Interp, v: Abstract, func: Abstract = NONE, *, initial: Abstract = NONE
) -> Abstract:
    items = listed(it, v)
    if not (isinstance(initial, Known) and initial.value is None):
        items = [initial, *items]
    plain = isinstance(func, Known) and func.value is None

    def both(a: Abstract, b: Abstract) -> Abstract:
        return it.binary("+", a, b) if plain else it.call(func, a, b)

    return iterator(it, "iter", (it.tuple(list(itertools.accumulate(items, both))),))


def _chain(it: Interp, *vs: Abstract) -> Abstract:
    items = [x for v in vs for x in listed(it, v)]
    return iterator(it, "iter", (it.tuple(items),))


def _pairwise(it: Interp, v: Abstract) -> Abstract:
    pairs = [it.tuple(list(pair)) for pair in itertools.pairwise(listed(it, v))]
    return iterator(it, "iter", (it.tuple(pairs),))


def _chained(it: Interp, v: Abstract) -> Abstract:
    items = [x for part in listed(it, v) for x in listed(it, part)]
    return iterator(it, "iter", (it.tuple(items),))


def _namespace(it: Interp, **attrs: Abstract) -> Abstract:
    box = fresh_box()
    it.state.heap[box] = ObjectBox(dict(attrs))
    return ObjectV(box, SimpleNamespace)


def _ndindex(it: Interp, *shape: Abstract) -> Abstract:
    sizes = [it.known(n, "a shape") for n in shape]
    dims = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], tuple) else tuple(sizes)
    rows = [it.tuple([Known(i) for i in place]) for place in np.ndindex(*dims)]
    return iterator(it, "iter", (it.tuple(rows),))


def _nditer(it: Interp, v: Abstract, *, order: Abstract = Known("K")) -> Abstract:  # noqa: B008
    a = it.array(it.atom(v))
    if a.type.ndim > 1 and it.known(order, "`order`") != "C":
        what = "np.nditer goes through an array of several axes in the order of its memory"
        it.error("unsupported-argument", what, hint='Write `np.nditer(x, order="C")`, or `x.flat`.')
    return iterator(it, "nditer", (it.reshaped(a, (a.type.size,)),))


def _ndenumerate(it: Interp, v: Abstract) -> Abstract:
    x = it.atom(v)
    a = v if isinstance(v, NDArray) else it.array(x)
    rows = []
    for place in np.ndindex(*type_at(x).shape):
        at = it.tuple([Known(i) for i in place])
        rows.append(it.tuple([at, get_item(it, a, at)]))
    return iterator(it, "iter", (it.tuple(rows),))


# ---- heaps and bisection, in Python


def bisect_left(a: Any, x: Any, lo: Any = 0, hi: Any = None, *, key: Any = None) -> Any:
    """The first place where `x` could be inserted in order."""
    if lo < 0:
        raise ValueError("lo must be non-negative")
    if hi is None:
        hi = len(a)
    while lo < hi:
        mid = (lo + hi) // 2
        item = a[mid] if key is None else key(a[mid])
        if item < x:
            lo = mid + 1
        else:
            hi = mid
    return lo


def bisect_right(a: Any, x: Any, lo: Any = 0, hi: Any = None, *, key: Any = None) -> Any:
    """The last place where `x` could be inserted in order."""
    if lo < 0:
        raise ValueError("lo must be non-negative")
    if hi is None:
        hi = len(a)
    while lo < hi:
        mid = (lo + hi) // 2
        item = a[mid] if key is None else key(a[mid])
        if x < item:
            hi = mid
        else:
            lo = mid + 1
    return lo


def insort_left(a: Any, x: Any, lo: Any = 0, hi: Any = None, *, key: Any = None) -> None:
    """Inserts `x` in order, before its equals."""
    a.insert(bisect_left(a, x if key is None else key(x), lo, hi, key=key), x)


def insort_right(a: Any, x: Any, lo: Any = 0, hi: Any = None, *, key: Any = None) -> None:
    """Inserts `x` in order, after its equals."""
    a.insert(bisect_right(a, x if key is None else key(x), lo, hi, key=key), x)


def heappush(heap: Any, item: Any) -> None:
    """Adds an item to a heap."""
    heap.append(item)
    place = len(heap) - 1
    while place > 0:
        above = (place - 1) // 2
        parent = heap[above]
        if not item < parent:
            break
        heap[place] = parent
        place = above
    heap[place] = item


def sift(heap: Any, place: Any, size: Any) -> None:
    """Moves the item at a place down the heap: to a leaf along smaller children, then up again."""
    start = place
    item = heap[place]
    child = 2 * place + 1
    while child < size:
        if child + 1 < size and not heap[child] < heap[child + 1]:
            child += 1
        heap[place] = heap[child]
        place = child
        child = 2 * place + 1
    while place > start:
        above = (place - 1) // 2
        parent = heap[above]
        if not item < parent:
            break
        heap[place] = parent
        place = above
    heap[place] = item


def heappop(heap: Any) -> Any:
    """Takes the smallest item out of a heap."""
    if len(heap) == 0:
        raise IndexError("index out of range")
    least = heap[0]
    last = heap.pop()
    if len(heap) > 0:
        heap[0] = last
        sift(heap, 0, len(heap))
    return least


def heapreplace(heap: Any, item: Any) -> Any:
    """Takes the smallest item out of a heap and puts another one in."""
    least = heap[0]
    heap[0] = item
    sift(heap, 0, len(heap))
    return least


def heapify(heap: Any) -> None:
    """Makes a list a heap."""
    n = len(heap)
    for place in range(n // 2 - 1, -1, -1):
        sift(heap, place, n)


def nlargest(n: Any, iterable: Any, key: Any = None) -> Any:
    """As `heapq.nlargest`, by sorting."""
    return sorted(iterable, key=key, reverse=True)[: max(n, 0)]


def nsmallest(n: Any, iterable: Any, key: Any = None) -> Any:
    """As `heapq.nsmallest`, by sorting."""
    return sorted(iterable, key=key)[: max(n, 0)]


PYTHON: dict[Any, Callable[..., Any]] = {
    heapq.nlargest: nlargest,
    heapq.nsmallest: nsmallest,
    bisect.bisect_left: bisect_left,
    bisect.bisect_right: bisect_right,
    bisect.bisect: bisect_right,
    bisect.insort_left: insort_left,
    bisect.insort_right: insort_right,
    bisect.insort: insort_right,
    heapq.heappush: heappush,
    heapq.heappop: heappop,
    heapq.heapreplace: heapreplace,
    heapq.heapify: heapify,
}


def _compiled(rule: Callable[..., Any]) -> Callable[..., Abstract]:
    """A call of a function given in Python."""

    def run(it: Interp, *args: Abstract, **kwargs: Abstract) -> Abstract:
        return it.call_entry(rule, list(args), kwargs)

    return run


TABLE: dict[Any, Callable[..., Abstract]] = {
    sorted: sorted_,
    filter: _filter,
    itertools.product: _product,
    itertools.combinations: _places(itertools.combinations),
    itertools.combinations_with_replacement: _places(itertools.combinations_with_replacement),
    itertools.permutations: _places(itertools.permutations),
    itertools.zip_longest: _zip_longest,
    np.nditer: _nditer,
    itertools.repeat: _repeat,
    itertools.count: _count,
    itertools.cycle: _cycle,
    itertools.compress: _compress,
    itertools.takewhile: _streamed(streams.takewhile_),
    itertools.dropwhile: _streamed(streams.dropwhile_),
    itertools.filterfalse: _streamed(streams.filterfalse_),
    itertools.starmap: _starmap,
    itertools.islice: _islice,
    itertools.accumulate: _accumulate,
    itertools.chain: _chain,
    itertools.pairwise: _pairwise,
    itertools.chain.from_iterable: _chained,
    SimpleNamespace: _namespace,
    np.ndindex: _ndindex,
    np.ndenumerate: _ndenumerate,
    **{fn: _compiled(rule) for fn, rule in PYTHON.items()},
}
