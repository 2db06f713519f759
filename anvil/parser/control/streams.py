"""What builtins do with a generator, as Python that is compiled: one item at a time."""

from __future__ import annotations

import builtins
import itertools
from typing import Any

END = object()
"""What `next` gives at the end of an iterator."""


def list_(v: Any) -> Any:
    """As `list`."""
    out = []
    for x in v:
        out.append(x)
    return out


def chained_(v: Any, more: Any) -> Any:
    """`v + more` of two lists."""
    out = []
    for x in v:
        out.append(x)
    for x in more:
        out.append(x)
    return out


def repeated_(v: Any, times: Any) -> Any:
    """`v * times` of a list."""
    out = []
    for _ in range(times):
        for x in v:
            out.append(x)
    return out


def tuple_(v: Any) -> Any:
    """As `tuple`."""
    return builtins.tuple(list_(v))


def applied_(f: Any, v: Any) -> Any:
    """`[f(x) for x in v]`."""
    out = []
    for x in v:
        out.append(f(x))
    return out


def place_(v: Any, x: Any) -> Any:
    """The first place of `x`; -1 if it is not there."""
    for i in range(len(v)):
        if v[i] == x:
            return i
    return -1


def put_part_(v: Any, start: Any, stop: Any, items: Any) -> None:
    """`v[start:stop] = items` of a list."""
    more = list_(items)
    head, tail = [], []
    if start is not None:
        head = v[:start]
    if stop is not None:
        tail = v[builtins.max(len(head), stop if stop >= 0 else builtins.max(len(v) + stop, 0)) :]
    v.clear()
    v.extend(head)
    v.extend(more)
    v.extend(tail)


def times_(v: Any, x: Any) -> Any:
    """As the method `count`."""
    n = 0
    for y in v:
        if y == x:
            n += 1
    return n


def equal_(v: Any, w: Any) -> Any:
    """`v == w` of two lists."""
    if len(v) != len(w):
        return False
    for i in range(len(v)):  # noqa: SIM110
        if v[i] != w[i]:
            return False
    return True


def sum_(v: Any, start: Any = 0) -> Any:
    """As `sum`."""
    total = start
    for x in v:
        total = total + x
    return total


def any_(v: Any) -> Any:
    """As `any`."""
    return any(x for x in v)


def all_(v: Any) -> Any:
    """As `all`."""
    return all(x for x in v)


def zip_(first: Any, *others: Any, strict: bool = False) -> Any:
    """As `zip`."""
    rest = [builtins.iter(o) for o in others]
    for x in first:
        row = [x]
        for i, o in builtins.enumerate(rest):
            y = builtins.next(o, END)
            if y is END:
                if strict:
                    before = "argument 1" if i == 0 else f"arguments 1-{i + 1}"
                    raise ValueError(f"zip() argument {i + 2} is shorter than {before}")
                return
            row.append(y)
        yield builtins.tuple(row)


def enumerate_(v: Any, start: int = 0) -> Any:
    """As `enumerate`."""
    i = start
    for x in v:
        yield (i, x)
        i += 1


def map_(f: Any, first: Any, *others: Any) -> Any:
    """As `map`."""
    for row in zip_(first, *others):
        yield f(*row)


def filter_(f: Any, v: Any) -> Any:
    """As `filter`."""
    for x in v:
        if x if f is None else f(x):
            yield x


def filterfalse_(f: Any, v: Any) -> Any:
    """As `filterfalse`."""
    for x in v:
        if not (x if f is None else f(x)):
            yield x


def count_(start: Any = 0, step: Any = 1) -> Any:
    """As `count`."""
    n = start
    while True:
        yield n
        n = n + step


def _of_nothing(function: Any) -> str:
    """What this Python says of the largest or smallest of no items."""
    try:
        function([])
    except ValueError as error:
        return str(error)
    return ""


NO_MAX, NO_MIN = _of_nothing(max), _of_nothing(min)


def max_(v: Any, *, key: Any = None, default: Any = END) -> Any:
    """As `max`."""
    best = None
    best_key = None
    for x in v:
        k = x if key is None else key(x)
        if best_key is None or k > best_key:
            best = x
            best_key = k
    if best_key is None:
        if default is END:
            raise ValueError(NO_MAX)
        return default
    return best


def min_(v: Any, *, key: Any = None, default: Any = END) -> Any:
    """As `min`."""
    best = None
    best_key = None
    for x in v:
        k = x if key is None else key(x)
        if best_key is None or k < best_key:
            best = x
            best_key = k
    if best_key is None:
        if default is END:
            raise ValueError(NO_MIN)
        return default
    return best


def islice_(v: Any, *bounds: Any) -> Any:
    """As `islice`."""
    start: Any = 0
    stop: Any = None
    step: Any = 1
    if len(bounds) == 1:
        (stop,) = bounds
    elif len(bounds) == 2:
        start, stop = bounds
    else:
        start, stop, step = bounds
    start = 0 if start is None else start
    step = 1 if step is None else step
    if stop is not None and stop <= start:
        return
    i = 0
    for x in v:
        if i >= start and (i - start) % step == 0:
            yield x
        i += 1  # noqa: SIM113
        if stop is not None and i >= stop:
            return


def takewhile_(f: Any, v: Any) -> Any:
    """As `takewhile`."""
    for x in v:
        if not f(x):
            return
        yield x


def dropwhile_(f: Any, v: Any) -> Any:
    """As `dropwhile`."""
    dropping = True
    for x in v:
        if dropping:
            dropping = f(x)
        if not dropping:
            yield x


def chain_(*vs: Any) -> Any:
    """As `chain`."""
    for v in vs:
        yield from v


def accumulate_(v: Any, func: Any = None, *, initial: Any = None) -> Any:
    """As `accumulate`."""
    total = initial
    started = initial is not None
    if started:
        yield total
    for x in v:
        if not started:
            total = x
            started = True
        elif func is None:
            total = total + x
        else:
            total = func(total, x)
        yield total


def pairwise_(v: Any) -> Any:
    """As `pairwise`."""
    first = True
    before = None
    for x in v:
        if not first:
            yield (before, x)
        first = False
        before = x


def iter_(f: Any, sentinel: Any) -> Any:
    """As `iter(f, sentinel)`."""
    while True:
        v = f()
        if v == sentinel:
            return
        yield v


def moving_(v: Any) -> Any:
    """The items of a list that may grow or shrink meanwhile."""
    i = 0
    while i < len(v):
        x = v[i]
        i += 1
        yield x


def moving_zip_(*lists: Any) -> Any:
    """As `zip` of lists that may grow or shrink meanwhile."""
    i = 0
    while builtins.all(i < len(v) for v in lists):
        row = builtins.tuple(v[i] for v in lists)
        i += 1
        yield row


def by_index(v: Any) -> Any:
    """What `for` takes from an object that has `__getitem__` and no `__iter__`."""
    i = 0
    while True:
        try:
            x = v[i]
        except IndexError:
            return
        yield x
        i += 1


def rest_(v: Any) -> Any:
    """What is left of an iterator."""
    while True:
        x = builtins.next(v, END)
        if x is END:
            return
        yield x


def stepped_(obj: Any) -> Any:
    """The items of an object with `__next__`."""
    while True:
        try:
            item = obj.__next__()
        except StopIteration:
            return
        yield item


def next_(obj: Any, default: Any) -> Any:
    """`next` of an object with `__next__`."""
    try:
        return obj.__next__()
    except StopIteration:
        return default


def contains_(v: Any, x: Any) -> Any:
    """`x in v`, for an object that can be iterated over and has no `__contains__`."""
    for y in v:  # noqa: SIM110
        if y == x:
            return True
    return False


TABLE: dict[Any, Any] = {
    builtins.list: list_,
    builtins.tuple: tuple_,
    builtins.sum: sum_,
    builtins.any: any_,
    builtins.all: all_,
    builtins.max: max_,
    builtins.min: min_,
    builtins.zip: zip_,
    builtins.enumerate: enumerate_,
    builtins.map: map_,
    builtins.filter: filter_,
    itertools.filterfalse: filterfalse_,
    itertools.islice: islice_,
    itertools.takewhile: takewhile_,
    itertools.dropwhile: dropwhile_,
    itertools.chain: chain_,
    itertools.accumulate: accumulate_,
    itertools.pairwise: pairwise_,
}
"""By the callable that is given a generator."""
