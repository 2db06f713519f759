"""Functions of sequences: sorting and searching on data, itertools over known numbers of items,
heaps and bisection.

What sorts by keys that the data decide is a stable argsort and a gather. `heapq` and `bisect` are
given as the Python that their C versions stand for, and compiled.
"""

from __future__ import annotations

import functools
import itertools
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.families import type_at
from anvil.ir.types import I64
from anvil.parser.arrays.subscripts import get_item
from anvil.parser.arrays.whole import position
from anvil.parser.containers import heaps, open_lists, sorting, stack_lists
from anvil.parser.containers.collection_values import DequeV
from anvil.parser.control import streams
from anvil.parser.control.iteration import iterator, listed, next_item
from anvil.parser.objects.wording import speaks
from anvil.parser.reports import texts
from anvil.parser.state.heap import ObjectBox, fresh_box
from anvil.parser.state.values import (
    NONE,
    Abstract,
    Known,
    Lazy,
    NDArray,
    ObjectV,
    SliceV,
    TupleV,
)

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

MANY = 10_000
"""So many items of an endless iterator are taken at most."""


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
    opened = open_lists.open_stack(it, v)
    if opened is not None:
        return open_lists.index(it, v, opened, item, message)
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
    return texts.joined([before, *(_named(it, item) if found else ()), after])


def _named(it: Any, item: Abstract) -> texts.Pieces:
    """The `repr` of an item; what it is, for an object whose `repr` is its address."""
    if not isinstance(item, ObjectV):
        return texts.text_of(it, item, "r")
    return texts.text_of(it, item, "r") if speaks(item.cls) else [item.describe()]


# ---- itertools and NumPy's iterators


def _places(fn: Callable[..., Any]) -> Callable[..., Abstract]:
    """A function that selects among the items of one sequence by their places."""

    def run(it: Interp, v: Abstract, r: Abstract = NONE) -> Abstract:
        items = listed(it, v)
        none = isinstance(r, Known) and r.value is None
        size = None if none else it.known(position(it, r), "the length of the selections")
        if size is not None and size < 0:
            it.fail(ValueError, "r must be non-negative")
        chosen = fn(range(len(items)), *(() if size is None else (size,)))
        rows = [it.tuple([items[i] for i in places]) for places in chosen]
        return iterator(it, "iter", (it.tuple(rows),))

    return run


def _product(it: Interp, *vs: Abstract, repeat: Abstract = Known(1)) -> Abstract:  # noqa: B008
    pools = [listed(it, v) for v in vs] * it.known(position(it, repeat), "`repeat`")
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
    n = int(it.known(position(it, times), "the number of repetitions"))
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


def _tee(it: Interp, v: Abstract, n: Abstract = Known(2)) -> Abstract:  # noqa: B008
    count = it.known(n, "the number of iterators")
    if isinstance(v, Lazy) and v.kind in ("count", "cycle", "repeat"):
        copies = []
        for _ in range(count):
            box = fresh_box()
            it.state.heap[box] = it.state.heap[v.box]
            copies.append(Lazy(v.kind, v.items, box))
        return it.tuple(copies)
    items = it.tuple(listed(it, v))
    return it.tuple([iterator(it, "iter", (items,)) for _ in range(count)])


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


def _compiled(rule: Callable[..., Any]) -> Callable[..., Abstract]:
    """A call of a function given in Python."""

    def run(it: Interp, *args: Abstract, **kwargs: Abstract) -> Abstract:
        return it.call_entry(rule, list(args), kwargs)

    return run


TABLE: dict[Any, Callable[..., Abstract]] = {
    sorted: sorting.sorted_,
    functools.cmp_to_key: sorting.cmp_to_key,
    itertools.tee: _tee,
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
    **{fn: _compiled(rule) for fn, rule in heaps.PYTHON.items()},
}
