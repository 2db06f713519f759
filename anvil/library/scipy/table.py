"""Entries for packages that the core does not need, by dotted name.

    "scipy.linalg.block_diag"     module (all but what its attributes name), then the attributes

A module of the library declares them in a table `SCIPY`. Nothing is imported: a name is looked up
once the program has imported its module, and from then on its entry is found by identity like any
other.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import reduce
from typing import Any


class Functions(dict[Any, Any]):
    """Entries by the callable's identity; `deferred` ones by dotted name until their module is
    imported.
    """

    def __init__(self, entries: Mapping[Any, Any], deferred: Mapping[str, Any]) -> None:
        super().__init__(entries)
        self._found: dict[Any, Any] = {}
        self._pending: dict[str, dict[str, Any]] = {}
        for name, entry in deferred.items():
            package, module, attributes = name.split(".", 2)
            self._pending.setdefault(f"{package}.{module}", {})[attributes] = entry

    def get(self, key: Any, default: Any = None) -> Any:
        """The entry of a callable."""
        if super().__contains__(key):
            return self[key]
        self._resolve()
        return self._found.get(key, default)

    def __contains__(self, key: object) -> bool:
        self._resolve()
        return super().__contains__(key) or key in self._found

    def _resolve(self) -> None:
        """Finds the callables of modules that have been imported since."""
        for name in [m for m in self._pending if m in sys.modules]:
            module = sys.modules[name]
            if getattr(module.__spec__, "_initializing", False):
                continue
            for attributes, entry in self._pending.pop(name).items():
                found = _attribute(module, attributes)
                if found is not None:
                    self._found[found] = entry


def _attribute(module: Any, path: str) -> Any:
    """What the dotted path names, None in a version that lacks it."""
    return reduce(lambda obj, name: getattr(obj, name, None), path.split("."), module)
