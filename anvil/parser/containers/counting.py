"""Methods of Counter and OrderedDict, and dict.fromkeys, as Python that is compiled."""

from __future__ import annotations

import builtins
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any


def fromkeys(keys: Any, value: Any = None) -> Any:
    """As `dict.fromkeys`."""
    out = {}
    for k in keys:
        out[k] = value
    return out


def update(self: Any, iterable: Any = None, /, **counts: Any) -> None:
    """As `Counter.update`."""
    if iterable is not None:
        if builtins.isinstance(iterable, builtins.dict):
            for k, n in iterable.items():
                self[k] = n + self.get(k, 0) if self else n
        else:
            for k in iterable:
                self[k] = self.get(k, 0) + 1
    if counts:
        update(self, counts)


def subtract(self: Any, iterable: Any = None, /, **counts: Any) -> None:
    """As `Counter.subtract`."""
    if iterable is not None:
        if builtins.isinstance(iterable, builtins.dict):
            for k, n in iterable.items():
                self[k] = self.get(k, 0) - n
        else:
            for k in iterable:
                self[k] = self.get(k, 0) - 1
    if counts:
        subtract(self, counts)


def most_common(self: Any, n: Any = None) -> Any:
    """As `Counter.most_common`."""
    items = builtins.sorted(self.items(), key=lambda item: item[1], reverse=True)
    if n is None:
        return items
    return items[: builtins.max(n, 0)]


def elements(self: Any) -> Any:
    """As `Counter.elements`."""
    out = []
    for k, n in self.items():
        out.extend([k] * n)
    return builtins.iter(out)


def total(self: Any) -> Any:
    """As `Counter.total`."""
    return builtins.sum(self.values())


def _positive(entries: Any) -> Any:
    out: Any = Counter()
    for k, n in entries:
        if n > 0:
            out[k] = n
    return out


def add(a: Any, b: Any) -> Any:
    """`a + b` of counters."""
    both = [(k, n + b[k]) for k, n in a.items()]
    return _positive(both + [(k, n) for k, n in b.items() if k not in a])


def sub(a: Any, b: Any) -> Any:
    """`a - b` of counters."""
    both = [(k, n - b[k]) for k, n in a.items()]
    return _positive(both + [(k, 0 - n) for k, n in b.items() if k not in a])


def or_(a: Any, b: Any) -> Any:
    """`a | b` of counters."""
    both = [(k, b[k] if n < b[k] else n) for k, n in a.items()]
    return _positive(both + [(k, n) for k, n in b.items() if k not in a])


def and_(a: Any, b: Any) -> Any:
    """`a & b` of counters."""
    return _positive([(k, n if n < b[k] else b[k]) for k, n in a.items()])


def _keep_positive(self: Any) -> None:
    for k in builtins.list(self):
        if not self[k] > 0:
            del self[k]


def pos(a: Any) -> Any:
    """`+a` of a counter."""
    return _positive(a.items())


def neg(a: Any) -> Any:
    """`-a` of a counter."""
    return _positive([(k, 0 - n) for k, n in a.items()])


def iadd(self: Any, other: Any) -> None:
    """`self += other` of counters."""
    for k, n in other.items():
        self[k] += n
    _keep_positive(self)


def isub(self: Any, other: Any) -> None:
    """`self -= other` of counters."""
    for k, n in other.items():
        self[k] -= n
    _keep_positive(self)


def ior(self: Any, other: Any) -> None:
    """`self |= other` of counters."""
    for k, n in other.items():
        if n > self[k]:
            self[k] = n
    _keep_positive(self)


def iand(self: Any, other: Any) -> None:
    """`self &= other` of counters."""
    for k, n in self.items():
        if other[k] < n:
            self[k] = other[k]
    _keep_positive(self)


def equal(a: Any, b: Any) -> Any:
    """`a == b` of counters: what one lacks counts as 0."""
    return all(n == b[k] for k, n in a.items()) and all(n == a[k] for k, n in b.items())


def within(a: Any, b: Any) -> Any:
    """`a <= b` of counters."""
    return all(n <= b[k] for k, n in a.items()) and all(a[k] <= n for k, n in b.items())


def less(a: Any, b: Any) -> Any:
    """`a < b` of counters."""
    return within(a, b) and not equal(a, b)


def move_to_end(self: Any, key: Any, last: bool = True) -> None:
    """As `OrderedDict.move_to_end`."""
    value = self.pop(key)
    if last:
        self[key] = value
    else:
        others = builtins.list(self.items())
        self.clear()
        self[key] = value
        for k, v in others:
            self[k] = v


def popitem(self: Any, last: bool = True) -> Any:
    """As `OrderedDict.popitem`."""
    if not self:
        raise KeyError("dictionary is empty")
    keys = builtins.list(self)
    key = keys[-1] if last else keys[0]
    return key, self.pop(key)


METHODS: dict[type, dict[str, Callable[..., Any]]] = {
    Counter: {
        "update": update,
        "subtract": subtract,
        "most_common": most_common,
        "elements": elements,
        "total": total,
    },
    OrderedDict: {"move_to_end": move_to_end, "popitem": popitem},
}
OPERATORS: dict[str, Callable[..., Any]] = {"+": add, "-": sub, "|": or_, "&": and_}
UNARY: dict[str, Callable[..., Any]] = {"+": pos, "-": neg}
IN_PLACE: dict[str, Callable[..., Any]] = {"+": iadd, "-": isub, "|": ior, "&": iand}
COMPARED: dict[str, tuple[Callable[..., Any], bool]] = {
    "==": (equal, False),
    "<=": (within, False),
    "<": (less, False),
    ">=": (within, True),
    ">": (less, True),
}
"""Comparisons of counters; whether the operands change places."""
