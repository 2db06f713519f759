"""From flat results to what the function returns: containers rebuilt, Python numbers where Python
gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from anvil.parser.state.signature import (
    ArraySpec,
    ChoiceSpec,
    DictSpec,
    ListSpec,
    ScalarSpec,
    Spec,
    StackSpec,
    StaticSpec,
    TableSpec,
    TextSpec,
    TrimmedSpec,
    TupleSpec,
    rebuild,
)

Rebuild = Callable[[Sequence[Any]], Any]
_first: Rebuild = itemgetter(0)


def rebuilder(spec: Spec) -> Rebuild:
    """The function from the program's results, in order, to the value that `spec` describes.

    The common shapes (one leaf, a tuple, a dict) are built without walking the description.
    """
    if isinstance(spec, ArraySpec):
        return _first if spec.type.shape else _array
    if isinstance(spec, ScalarSpec):
        return _number if spec.py else _first
    simple = not isinstance(spec, StaticSpec | TrimmedSpec) and all(map(_plain, spec.items))
    if simple and isinstance(spec, TupleSpec) and spec.cls is None:
        return tuple
    if simple and isinstance(spec, ListSpec) and spec.cls is list:
        return list
    if simple and isinstance(spec, DictSpec) and spec.cls is dict:
        keys = spec.keys
        return lambda results: dict(zip(keys, results, strict=False))
    return lambda results: _walk(spec, iter(results))


def _plain(spec: Spec) -> bool:
    if isinstance(spec, ArraySpec):
        return bool(spec.type.shape)
    return isinstance(spec, ScalarSpec) and not spec.py


def _number(results: Sequence[Any]) -> Any:
    return python_number(results[0])


def _array(results: Sequence[Any]) -> Any:
    return array_without_axes(results[0])


def array_without_axes(value: Any) -> Any:
    """A NumPy scalar as the 0-d array it stands for; jax Arrays and tracers as they are."""
    return np.asarray(value) if isinstance(value, np.generic) else value


def python_number(value: Any) -> Any:
    """A NumPy scalar as the Python number it stands for; jax Arrays and tracers as they are."""
    return value.item() if isinstance(value, np.generic) else value


def _walk(spec: Spec, results: Iterator[Any]) -> Any:
    def take(leaf: ArraySpec | ScalarSpec) -> Any:
        value = next(results)
        if isinstance(leaf, ArraySpec):
            return value if leaf.type.shape else array_without_axes(value)
        return python_number(value) if leaf.py else value

    return rebuild(spec, take)


def describe_spec(spec: Spec) -> str:
    """A description of an argument, for people: `f64[3]`, `float`, `{w: f64[2], b: f64}`."""
    if isinstance(spec, ArraySpec):
        return str(spec.type)
    if isinstance(spec, ScalarSpec):
        python = {"b": "bool", "i": "int", "f": "float", "c": "complex"}
        return python[spec.dtype.kind] if spec.py else spec.dtype.np.name
    if isinstance(spec, StaticSpec):
        return repr(spec.value)
    return _describe_container(spec)


def _describe_container(spec: Any) -> str:
    if isinstance(spec, TrimmedSpec):
        dims = ("?" if k in spec.axes else str(n) for k, n in enumerate(spec.type.shape))
        return f"{spec.type.dtype.name}[{','.join(dims)}]"
    items = [describe_spec(i) for i in spec.items]
    if isinstance(spec, DictSpec):
        items = [f"{k}: {i}" for k, i in zip(spec.keys, items, strict=True)]
        return f"{{{', '.join(items)}}}"
    if isinstance(spec, TableSpec):
        return f"{{{': '.join(i.partition(']')[0][1:] for i in items)}}} * ?"
    if isinstance(spec, StackSpec):
        return f"[{items[0]}] * {'?' if spec.counted else spec.n}"
    if isinstance(spec, ListSpec):
        return f"[{', '.join(items)}]"
    if isinstance(spec, ChoiceSpec):
        return " | ".join(items[1 + spec.numeric :])
    if isinstance(spec, TextSpec):
        return "str"
    if isinstance(spec, TupleSpec):
        name = "" if spec.cls is None else spec.cls.__name__
        return f"{name}({', '.join(items)}{',' if len(items) == 1 and not name else ''})"
    named = [f"{n}={i}" for n, i in zip(spec.names, items, strict=True)]
    return f"{spec.cls.__name__}({', '.join(named)})"
