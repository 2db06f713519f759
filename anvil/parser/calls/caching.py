"""`functools.cache` and `lru_cache`: the function itself, where that makes no difference.

Python runs a cached function once per key and hands out one object again and again. Compiled code
calls it each time: so effects and writes inside are refused, and what it returns is not written to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from anvil.ir.analysis import walk
from anvil.ir.records import FuncRef, Op
from anvil.parser.objects.attributes import type_of_value
from anvil.parser.state.heap import Mark, reachable
from anvil.parser.state.values import Abstract, DictV, ListV, NDArray, TupleV

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

_EFFECTS = ("print", "host_call")
_HINT = "Call the function that is cached without its cache, or take the effect out of it."
_SHARED = Mark(
    "a cached function returns this object at every call with these arguments; work on a copy",
    code="alias-types",
)


def call_cached(
    it: Interp, fn: Abstract, args: Sequence[Abstract], kwargs: dict[str, Abstract]
) -> Abstract:
    """`fn(*args, **kwargs)` of a function that remembers what it has returned."""
    for v in (*args, *kwargs.values()):
        _hashed(it, v)
    _unchanged(it, fn, [*args, *kwargs.values()])
    frame, before = it.b.frames[-1], dict(it.state.heap)
    start = len(frame.ops)
    found = it.call(fn, *args, **kwargs)
    heap = it.state.heap
    if any(heap.get(box) is not content for box, content in before.items()):
        it.error("mutated-global", f"{fn.describe()} is cached, and writes", hint=_HINT)
    if any(op.kind.name in _EFFECTS for op in _reached(it, frame.ops[start:])):
        it.error("unsupported-call", f"{fn.describe()} is cached, and has effects", hint=_HINT)
    for box in reachable(iter([found]), heap) - before.keys():
        it.state.marks.setdefault(box, _SHARED)
    return found


def _unchanged(it: Interp, fn: Abstract, args: Sequence[Abstract]) -> None:
    """Refuses a call after a change of what the function reads beside its key: Python would return
    what it found before.
    """
    heap = it.state.heap
    now = {box: heap[box] for box in reachable(iter([fn, *args]), heap) if box in heap}
    seen = it.session.cached.setdefault(fn.open()[0], {})
    if any(seen.get(box, content) is not content for box, content in now.items()):
        what = (
            f"{fn.describe()} is cached, and reads something that has changed since its last call"
        )
        it.error("unsupported-call", what, hint="Pass what changes as an argument.")
    seen.update(now)


def _hashed(it: Interp, v: Abstract) -> None:
    """Python looks the arguments up in a dict."""
    if isinstance(v, TupleV):
        for item in v.items:
            _hashed(it, item)
    elif isinstance(v, NDArray | ListV | DictV):
        cls = type_of_value(v)
        name = cls.__name__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__name__}"
        it.fail(TypeError, f"unhashable type: '{name}'")


def _reached(it: Interp, ops: Sequence[Op]) -> Iterator[Op]:
    """These ops, those inside of them and those of the functions that they call."""
    seen: set[str] = set()
    waiting = list(ops)
    while waiting:
        op = waiting.pop()
        yield op
        waiting += [o for region in op.regions for o in walk(region)]
        for ref in op.attrs.values():
            if isinstance(ref, FuncRef) and ref.name not in seen:
                seen.add(ref.name)
                func = it.session.funcs.get(ref.name)
                waiting += [] if func is None else list(walk(func))
