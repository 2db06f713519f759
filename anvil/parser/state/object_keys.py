"""Objects of the program as keys of dicts and elements of sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ByIdentity:
    """An object, by what it is, as a key of a dict or an element of a set; `number`: its `id`. The
    boxes of such keys are among the parts of the dict or set.
    """

    box: int
    cls: type
    number: bool = False


class ByValue(ByIdentity):
    """An object of a class with a hash of its own, as a key: `host` is an instance of that class
    with the attributes that decide which objects it is equal to.
    """

    __slots__ = ("host",)
    host: Any

    def __init__(self, box: int, cls: type, host: Any) -> None:
        super().__init__(box, cls)
        object.__setattr__(self, "host", host)

    def __eq__(self, other: object) -> bool:
        return bool(self.host == (other.host if isinstance(other, ByValue) else other))

    def __hash__(self) -> int:
        return hash(self.host)


def hashed_by_identity(cls: type) -> bool:
    """Whether instances are equal to themselves alone."""
    own: tuple[Any, Any] = (cls.__hash__, cls.__eq__)
    return bool(own == (object.__hash__, object.__eq__))
