"""Random numbers with explicit keys: functions of a key and of parameters, and of nothing else.

    key = anvil.random.key(0)
    key, sub = anvil.random.split(key)
    x = anvil.random.normal(sub, loc=1.0, scale=2.0, size=(3, 4))

Inside compiled functions they are compiled with them; outside they are compiled functions
themselves, and give the same numbers. Parameters are named and ordered as in
`numpy.random.Generator`, after the key. docs/random.md lists them.
"""

from __future__ import annotations

from typing import Any

from anvil.api.transforms import jit as _jit
from anvil.library.random import ENTRIES as _ENTRIES

__all__ = [*_ENTRIES, "shuffle"]


def shuffle(key: Any, x: Any, axis: int = 0) -> None:
    """Puts the slices of the array `x` along `axis` into random order, in place."""
    x[...] = permutation(key, x, axis)


for _entry in _ENTRIES.values():
    globals()[_entry.name] = _jit(_entry.fn)

permutation = _jit(_ENTRIES["permutation"].fn)
