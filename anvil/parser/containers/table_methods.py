"""Methods of dicts and sets whose keys the data decide, as Python that is compiled."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any


def elements(v: Any) -> Any:
    """The elements of a set in any order; anything else as it is."""
    raise NotImplementedError


def empty() -> Any:
    """A set without elements, to which those are added that the data decide."""
    raise NotImplementedError


# ---- dicts


def update_(self: Any, other: Any = None, /, **more: Any) -> None:
    """As `dict.update`."""
    if other is not None:
        if builtins.isinstance(other, builtins.dict):
            for k, v in other.items():
                self[k] = v
        else:
            for k, v in other:
                self[k] = v
    for k, v in more.items():
        self[k] = v


def fill_(self: Any, keys: Any, value: Any) -> None:
    """Gives the keys one value."""
    for k in keys:
        self[k] = value


def setdefault_(self: Any, key: Any, default: Any = None) -> Any:
    """As `dict.setdefault`."""
    if key not in self:
        self[key] = default
    return self[key]


def pop_(self: Any, key: Any, *default: Any) -> Any:
    """As `dict.pop`."""
    if key not in self:
        if default:
            return default[0]
        raise KeyError(key)
    value = self[key]
    del self[key]
    return value


def popitem_(self: Any) -> Any:
    """As `dict.popitem`."""
    if not self:
        raise KeyError("popitem(): dictionary is empty")
    key = builtins.list(self)[-1]
    return key, pop_(self, key)


def equal_(a: Any, b: Any) -> Any:
    """As `a == b` of dicts."""
    if len(a) != len(b):
        return False
    for k, v in a.items():
        if k not in b:
            return False
        if b[k] != v:
            return False
    return True


def equal_in_order(a: Any, b: Any) -> Any:
    """As `a == b` of ordered dicts."""
    if len(a) != len(b):
        return False
    both = zip(a.items(), b.items(), strict=False)
    return all(k == m and v == w for (k, v), (m, w) in both)


# ---- sets


def union(self: Any, *others: Any) -> Any:
    """As `set.union`."""
    out = empty()
    for other in (self, *others):
        for x in elements(other):
            out.add(x)
    return out


def intersection(self: Any, *others: Any) -> Any:
    """As `set.intersection`."""
    out = empty()
    for x in elements(self):
        if all(x in other for other in others):
            out.add(x)
    return out


def difference(self: Any, *others: Any) -> Any:
    """As `set.difference`."""
    out = empty()
    for x in elements(self):
        if all(x not in other for other in others):
            out.add(x)
    return out


def symmetric_difference(self: Any, other: Any) -> Any:
    """As `set.symmetric_difference`."""
    mine = union(other)
    out = difference(self, mine)
    for x in elements(mine):
        if x not in self:
            out.add(x)
    return out


def isdisjoint(self: Any, other: Any) -> Any:
    """As `set.isdisjoint`."""
    return all(x not in self for x in elements(other))


def issubset(self: Any, other: Any) -> Any:
    """As `set.issubset`."""
    theirs = union(other)
    return all(x in theirs for x in elements(self))


def issuperset(self: Any, other: Any) -> Any:
    """As `set.issuperset`."""
    return all(x in self for x in elements(other))


def less(a: Any, b: Any) -> Any:
    """As `a < b` of sets."""
    return len(a) < len(b) and issubset(a, b)


def equal(a: Any, b: Any) -> Any:
    """As `a == b` of sets."""
    return len(a) == len(b) and issubset(a, b)


def remove(self: Any, x: Any) -> None:
    """As `set.remove`."""
    if x not in self:
        raise KeyError(x)
    self.discard(x)


def pop_first(self: Any) -> Any:
    """As `set.pop`."""
    if not self:
        raise KeyError("pop from an empty set")
    x = builtins.next(builtins.iter(self))
    self.discard(x)
    return x


def replace(self: Any, other: Any) -> None:
    """Gives a set the elements of another one."""
    self.clear()
    for x in elements(other):
        self.add(x)


NEW: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        union,
        intersection,
        difference,
        symmetric_difference,
        isdisjoint,
        issubset,
        issuperset,
    )
}
COMPARED: dict[str, tuple[Callable[..., Any], bool]] = {
    "==": (equal, False),
    "<=": (issubset, False),
    "<": (less, False),
    ">=": (issubset, True),
    ">": (less, True),
}
"""Comparisons of sets; whether the operands change places."""
