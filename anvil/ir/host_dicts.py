"""Dicts of the host program, and of its subclasses of dict, built without running `__init__`."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from typing import Any


def new_dict(cls: Any, factory: Any, items: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """An instance of a class of dicts; `factory` is that of a defaultdict."""
    if cls is dict:
        return dict(items)
    made: dict[Any, Any] = cls.__new__(cls)
    if isinstance(made, defaultdict):
        made.default_factory = factory
    store: Any = OrderedDict if isinstance(made, OrderedDict) else dict
    for key, item in items:
        store.__setitem__(made, key, item)
    return made
