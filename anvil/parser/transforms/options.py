"""Known options of a transform, as a hashable value."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from anvil.parser.state.values import known_key


class Options:
    """A mapping of option names to Python objects, compared by content."""

    __slots__ = ("_key", "values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = dict(values)
        self._key: Hashable = tuple((n, _frozen(v)) for n, v in sorted(self.values.items()))

    def get(self, name: str, default: Any = None) -> Any:
        """An option, or its default."""
        return self.values.get(name, default)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Options) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


def _frozen(value: Any) -> Hashable:
    if isinstance(value, list | tuple):
        return (type(value), tuple(map(_frozen, value)))
    if isinstance(value, dict):
        return (dict, tuple((known_key(k), _frozen(v)) for k, v in value.items()))
    return known_key(value)
