"""Expressions on named inputs, by CPython and by the front end with the IR's evaluator.

A case is a line of Python. The names it reads say what they are (`INPUTS`): a letter for the dtype,
then the shape, so `f34` is a float64 array of shape (3, 4). `P` names are Python numbers, those in
capitals NumPy scalars.
"""

from __future__ import annotations

import ast
import cmath
import functools
import itertools
import linecache
import math
import operator
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from anvil.ir.evaluate import evaluate
from anvil.library import LIBRARY
from anvil.parser.entry import Parsed, parse
from anvil.parser.state.signature import ArraySpec, ScalarSpec, describe_argument, rebuild

_DTYPES = {
    "f": np.float64,
    "s": np.float32,
    "h": np.float16,
    "i": np.int64,
    "j": np.int32,
    "a": np.int8,
    "u": np.uint8,
    "v": np.uint32,
    "w": np.uint64,
    "b": np.bool_,
    "c": np.complex128,
    "z": np.complex64,
}
_SHAPES: tuple[tuple[int, ...], ...] = (
    *((), (0,), (1,), (3,), (4,), (5,), (6,)),
    *((0, 3), (3, 0), (1, 4), (3, 1), (3, 3), (3, 4), (4, 3), (4, 4), (2, 3), (3, 2)),
    *((2, 3, 4), (2, 4, 3), (1, 3, 4), (2, 1, 4), (2, 0, 4), (2, 2, 3, 4)),
)
_COUNTER = itertools.count()
_TOLERANCE = {2: 2e-3, 4: 2e-6, 8: 2e-13, 16: 2e-13}


def _array(letter: str, shape: tuple[int, ...], seed: int) -> Any:
    dtype = np.dtype(_DTYPES[letter])
    rng = np.random.default_rng(seed + sum(shape) + ord(letter))
    if dtype.kind == "b":
        return np.asarray(rng.random(shape) < 0.5)
    if dtype.kind in "iu":
        low = 0 if dtype.kind == "u" else -9
        return np.asarray(rng.integers(low, 10, shape)).astype(dtype)
    values = np.round(rng.normal(0, 2, shape), 3)
    if dtype.kind == "c":
        values = values + 1j * np.round(rng.normal(0, 2, shape), 3)
    return np.asarray(values).astype(dtype)


def _inputs() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for letter in _DTYPES:
        for shape in _SHAPES:
            name = letter + ("".join(map(str, shape)) if shape else "_")
            found[name] = _array(letter, shape, 1)
            found["y" + name] = _array(letter, shape, 100)
        found[letter.upper()] = _array(letter, (1,), 7)[0]
    return {
        **found,
        "Pf": 1.25,
        "Pg": -0.75,
        "Pi": 3,
        "Pn": -2,
        "Pb": True,
        "Pc": 0.5 - 2j,
        "unit5": np.array([-1.0, -0.5, 0.0, 0.5, 1.0]),
        "nan5": np.array([1.0, np.nan, -np.inf, np.inf, -0.0]),
        "half8": np.array([0.5, 1.5, 2.5, -0.5, -1.5, 2.675, 1e300, -2.345]),
        "big3": np.array([1e20, -3.7, 2.5]),
        "ties6": np.array([2.0, 5.0, 5.0, 1.0, 1.0, 3.0]),
        "nans34": np.array([[1.0, np.nan, 3, 4], [np.nan, 1, np.nan, 0], [3, 2, 1, 0]]),
        "exp4": np.array([0, 1, 2, 3]),
        "idx3": np.array([2, -1, 0]),
        "idx22": np.array([[0, 2], [1, -3]]),
        "perm4": np.array([3, 1, 0, 2]),
        "sorted5": np.array([0.0, 1.0, 2.5, 4.0, 4.5]),
        "zero3": np.array([0.0, 0.0, 0.0]),
        "izero3": np.array([0, 2, 0]),
    }


INPUTS = _inputs()
NAMESPACE = {"np": np, "math": math, "cmath": cmath, "operator": operator, "functools": functools}


def names_in(text: str) -> list[str]:
    """The inputs that an expression (or the body of a function) reads."""
    loaded = [n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)]
    return [n for n in dict.fromkeys(loaded) if n in INPUTS]


def function(text: str) -> tuple[Callable[..., Any], list[str]]:
    """The function that an expression, or a body with `return`, stands for, and what it reads."""
    names = names_in(text) if "return" not in text else names_in(text.replace("return ", ""))
    body = text if "return" in text else f"return {text}"
    lines = [f"def case({', '.join(names)}):"]
    lines += [f"    {line}" for part in body.split("; ") for line in part.splitlines()]
    source = "\n".join(lines) + "\n"
    filename = f"<case {next(_COUNTER)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    scope: dict[str, Any] = dict(NAMESPACE)
    exec(compile(source, filename, "exec"), scope)
    return scope["case"], names


def arguments(names: list[str]) -> list[Any]:
    """Fresh copies of inputs."""
    return [v.copy() if isinstance(v := INPUTS[n], np.ndarray) else v for n in names]


def front_end(fn: Callable[..., Any], args: list[Any]) -> tuple[Parsed, list[Any]]:
    """The surface program and the leaves that it takes."""
    values: list[Any] = []
    specs = [describe_argument(a, values) for a in args]
    parsed = parse(fn, specs, {}, library=LIBRARY, values=values)
    gone = {p.leaf for p in parsed.promoted}
    leaves = [np.array(v) for i, v in enumerate(values) if i not in gone]
    return parsed, [*leaves, *(np.array(h.get()) for h in parsed.hidden)]


def run(fn: Callable[..., Any], args: list[Any]) -> Any:
    """What the front end's program gives on the evaluator, with host types as declared."""
    parsed, leaves = front_end(fn, args)
    with np.errstate(all="ignore"):
        results = list(evaluate(parsed.program, leaves))
    if parsed.effects:
        token = results.pop()
        if token:
            raise parsed.sites[token - 1].error(token.values)
    pending: Iterator[Any] = iter(results)

    def take(leaf: ArraySpec | ScalarSpec) -> Any:
        value = np.asarray(next(pending))
        assert value.dtype == leaf.type.dtype.np
        assert value.shape == leaf.type.shape
        if isinstance(leaf, ArraySpec):
            return value
        return value.item() if leaf.py else value[()]

    return rebuild(parsed.out, take)


def host(fn: Callable[..., Any], args: list[Any]) -> Any:
    """What CPython gives."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fn(*args)


def agree(got: Any, want: Any, exact: bool = False, where: str = "") -> None:
    """Raises AssertionError where values, dtypes, shapes or host types differ."""
    if isinstance(want, tuple | list):
        assert isinstance(got, tuple | list), f"{where}: {got!r} for {want!r}"
        assert isinstance(got, list) == isinstance(want, list), f"{where}: tuple or list"
        assert len(got) == len(want), f"{where}: {len(got)} elements for {len(want)}"
        for i, (g, w) in enumerate(zip(got, want, strict=True)):
            agree(g, w, exact, f"{where}[{i}]")
        return
    if isinstance(want, dict):
        assert list(got) == list(want)
        for key, w in want.items():
            agree(got[key], w, exact, f"{where}[{key!r}]")
        return
    assert type(got) is type(want), f"{where}: {type(got).__name__} for {type(want).__name__}"
    if isinstance(want, np.ndarray | np.generic):
        assert got.dtype == want.dtype, f"{where}: {got.dtype} for {want.dtype}"
        assert got.shape == want.shape, f"{where}: shape {got.shape} for {want.shape}"
    if isinstance(want, float | complex | np.ndarray | np.generic):
        _close(np.asarray(got), np.asarray(want), exact)
    else:
        assert got == want, f"{where}: {got!r} for {want!r}"


def _close(got: Any, want: Any, exact: bool) -> None:
    if want.dtype.kind not in "fc" or exact:
        np.testing.assert_array_equal(got, want)
        return
    size = want.dtype.itemsize // (2 if want.dtype.kind == "c" else 1)
    largest = np.max(np.abs(want), initial=0, where=np.isfinite(want))
    tolerance = _TOLERANCE[size]
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance * float(largest))


def check(text: str) -> None:
    """A case gives what CPython gives; `=` at its end asks for equal bits."""
    exact = text.endswith(" =")
    fn, names = function(text.removesuffix(" ="))
    want = host(fn, arguments(names))
    args = arguments(names)
    agree(run(fn, args), want, exact)
