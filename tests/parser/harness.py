"""Runs functions through the front end and the evaluator, and compares with CPython."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from anvil.ir.evaluate import evaluate
from anvil.ir.verify import verify
from anvil.library import LIBRARY
from anvil.parser.entry import Parsed, parse
from anvil.parser.state.signature import ScalarSpec, describe_argument, rebuild


def compile_for(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Parsed, list[Any]]:
    """The program for these arguments, and the values of its parameters."""
    leaves: list[Any] = []
    specs = [describe_argument(a, leaves) for a in args]
    parsed = parse(fn, specs, library=LIBRARY, values=leaves, **kwargs)
    verify(parsed.program, locations=True)
    gone = {p.leaf for p in parsed.promoted}
    values = [v for i, v in enumerate(leaves) if i not in gone]
    return parsed, [*values, *(h.get() for h in parsed.hidden)]


def run(fn: Callable[..., Any], *args: Any) -> Any:
    """What the compiled function returns; raises what its checks raise."""
    parsed, values = compile_for(fn, *args)
    results = list(evaluate(parsed.program, values))
    if parsed.effects:
        token = results.pop()
        if token:
            raise parsed.sites[token - 1].error(token.values)
    fresh = iter(results)
    return rebuild(parsed.out, lambda spec: host(spec, next(fresh)))


def host(spec: Any, value: Any) -> Any:
    """A leaf as the kind of object that CPython has there."""
    if isinstance(spec, ScalarSpec):
        return value.item() if spec.py else value.dtype.type(value)
    return np.asarray(value)


def outcome(fn: Callable[..., Any], args: Any) -> Any:
    """A result, or the exception instead."""
    try:
        return fn(*copy.deepcopy(args))
    except Exception as error:  # the exception is what is compared
        return error


def agree(fn: Callable[..., Any], *args: Any) -> None:
    """The compiled function does what CPython does: the same values, types and exceptions."""
    with np.errstate(all="ignore"):
        want = outcome(fn, args)
    got = outcome(lambda *a: run(fn, *a), args)
    if isinstance(got, Exception) and not isinstance(want, Exception):
        raise got
    same(want, got, fn.__name__)


def same(want: Any, got: Any, path: str) -> None:
    """Two results are the same: class, dtype, shape, numbers."""
    if isinstance(want, Exception):
        assert type(got) is type(want), f"{path}: {got!r} for {want!r}"
        assert got.args == want.args, f"{path}: {got.args} for {want.args}"
        return
    assert type(got) is type(want), f"{path}: {type(got)} {got!r} for {type(want)} {want!r}"
    if isinstance(want, dict):
        assert list(want) == list(got), path
        assert list(map(type, want)) == list(map(type, got)), path
        for key in want:
            same(want[key], got[key], f"{path}[{key!r}]")
    elif isinstance(want, list | tuple | deque):
        assert getattr(want, "maxlen", None) == getattr(got, "maxlen", None), path
        assert len(want) == len(got), f"{path}: {len(got)} items for {len(want)}"
        for i, (w, g) in enumerate(zip(want, got, strict=True)):
            same(w, g, f"{path}[{i}]")
    elif isinstance(want, np.ndarray | np.generic):
        assert want.dtype == got.dtype, f"{path}: {got.dtype} for {want.dtype}"
        assert want.shape == got.shape, f"{path}: {got.shape} for {want.shape}"
        np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-300, err_msg=path)
    elif isinstance(want, float | complex):
        np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-300, err_msg=path)
    elif hasattr(want, "__dict__"):
        same(vars(want), vars(got), path)
    else:
        assert want == got, f"{path}: {got!r} for {want!r}"
