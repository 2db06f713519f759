"""`heapq` and `bisect`, as the Python that their C versions stand for; compiled."""

from __future__ import annotations

import bisect
import heapq
import itertools
from collections.abc import Callable
from typing import Any


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


def heappushpop(heap: Any, item: Any) -> Any:
    """Puts an item into a heap and takes the smallest one out."""
    if len(heap) > 0 and heap[0] < item:
        least = heap[0]
        heap[0] = item
        sift(heap, 0, len(heap))
        return least
    return item


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


def merge(*iterables: Any, key: Any = None, reverse: Any = False) -> Any:
    """As `heapq.merge`, by sorting."""
    items = []
    for iterable in iterables:
        part = list(iterable)
        for a, b in itertools.pairwise(part if key is None else [key(x) for x in part]):
            if (a < b) if reverse else (b < a):
                raise ValueError("an input of heapq.merge is not sorted")
        items += part
    return iter(sorted(items, key=key, reverse=reverse))


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
    heapq.heappushpop: heappushpop,
    heapq.heapify: heapify,
    heapq.merge: merge,
}
