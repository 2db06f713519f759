"""Evaluates two programs on sampled inputs and compares: the bisector of wrong passes."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.ir.evaluate import EvaluationError, Expand, evaluate
from anvil.ir.records import Program
from anvil.ir.types import TOKEN, ArrayType, Type

SAMPLES = 3
TOLERANCE = {"f16": 2e-2, "f32": 1e-4, "c64": 1e-4}


class Mismatch(Exception):
    """Two programs that should be equal give different results."""


def compare(before: Program, after: Program, expand: Expand | None = None) -> None:
    """Raises Mismatch where the entries differ by more than rounding on sampled arguments.

    Inputs on which the first program cannot be evaluated prove nothing and are passed over.
    """
    params = [p.type for p in before.main.params]
    for seed in range(SAMPLES):
        args = sample(params, seed)
        try:
            expected = evaluate(before, args, expand=expand)
        except EvaluationError:
            continue
        found = evaluate(after, args, expand=expand)
        for i, (x, y) in enumerate(zip(expected, found, strict=True)):
            if not close(x, y):
                raise Mismatch(f"result {i} differs on sample {seed}:\n{x}\n{y}")


def sample(types: list[Type], seed: int) -> list[Any]:
    """Arguments of these types: moderate numbers, small counts, either truth value."""
    rng = np.random.default_rng(seed)
    return [_one(t, rng) for t in types]


def _one(type_: Type, rng: np.random.Generator) -> Any:
    if type_ is TOKEN:
        return 0
    assert isinstance(type_, ArrayType)
    dtype, shape = type_.dtype, type_.shape
    if dtype.kind == "b":
        return np.asarray(rng.integers(0, 2, shape), dtype.np)
    if dtype.kind in "iu":
        return np.asarray(rng.integers(0, 7, shape), dtype.np)
    real = rng.normal(size=shape) + 0.5
    if dtype.kind == "c":
        return np.asarray(real + 1j * rng.normal(size=shape), dtype.np)
    return np.asarray(real, dtype.np)


def close(x: Any, y: Any) -> bool:
    """Equal up to rounding of the dtype; nan equals nan."""
    a, b = np.asarray(x), np.asarray(y)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind not in "fc":
        return bool(np.array_equal(a, b))
    names = {"float16": "f16", "float32": "f32", "complex64": "c64"}
    tolerance = TOLERANCE.get(names.get(a.dtype.name, ""), 1e-9)
    return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True))
