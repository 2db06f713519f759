"""Signed zeros, infinities, nan and the ends of the range: what XLA computes is what NumPy does.

Two exceptions are XLA's on the CPU and documented in docs/accuracy.md: subnormal results of
arithmetic are flushed to zero, and the sign of the larger of 0.0 and -0.0 is unspecified (it is in
NumPy too).
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from anvil.ir.families import Elementwise
from anvil.ir.opkind import REGISTRY, OpKind
from anvil.ir.samples import Sample
from anvil.ir.types import F32, F64, I8, U8, DType
from tests.ops.harness import KINDS, all_at_once, numpy_run, same_bits, samples, xla_run

INF, NAN = float("inf"), float("nan")
EITHER_ZERO = {"max", "min", "clamp"}


def grid(dtype: DType) -> Any:
    """The special values of a dtype and a few ordinary ones."""
    if dtype.kind in "iu":
        info = np.iinfo(dtype.np)
        small = [-1, -2] if dtype.kind == "i" else []
        return np.array([info.min, info.max, 0, 1, 2, 7, 9, *small], dtype.np)
    info = np.finfo(dtype.np)
    ends = [INF, -INF, NAN, info.max, -info.max, info.tiny, -info.tiny]
    return np.array([0.0, -0.0, 1, -1, 2, -2, 0.5, -0.5, 2.5, 3, -3, *ends], dtype.np)


def points(kind: type[OpKind], dtype: DType) -> Sample:
    """Every combination of special values as operands; a part of them for three operands."""
    n = len(samples(kind, dtype)[0].args)
    values = grid(dtype)
    values = values if n < 3 else np.concatenate([values[:5], values[-7:-3]])
    rows = np.array(list(itertools.product(values, repeat=n)), dtype.np)
    return Sample(tuple(np.ascontiguousarray(column) for column in rows.T))


def allowed(name: str, got: Any, expected: Any) -> bool:
    """Equal bits, a few ulp apart, or one of the two exceptions."""
    if same_bits(got, expected):
        return True
    if np.asarray(expected).dtype.kind != "f":
        return False
    if got == 0:
        tiny = np.finfo(expected.dtype).tiny
        return bool(0 < abs(expected) < tiny or (expected == 0 and name in EITHER_ZERO))
    return bool(np.isfinite(got) and abs(got - expected) <= 4 * abs(np.spacing(expected)))


@pytest.mark.parametrize("dtype", [F64, F32, I8, U8], ids=str)
def test_special_values(dtype: DType) -> None:
    """Every elementwise kind on every combination."""
    skipped = {"quot", "pow"} if dtype.kind in "iu" else set()
    kinds = [
        k
        for k in KINDS
        if issubclass(k, Elementwise)
        and dtype in k.dtypes
        and not k.attrs
        and k.name not in skipped
    ]
    cases = [(k, points(k, dtype)) for k in kinds]
    args, write = all_at_once(cases)
    results = zip(cases, xla_run(args, write), numpy_run(args, write), strict=True)
    wrong = []
    for (kind, sample), got, expected in results:
        for i, (g, e) in enumerate(zip(got, expected, strict=True)):
            if not allowed(kind.name, g, e):
                wrong.append(f"{kind.name}{tuple(a[i] for a in sample.args)} = {g}, NumPy: {e}")
    assert not wrong


TABLE: list[tuple[str, tuple[float, ...], float]] = [
    ("log", (0.0,), -INF), ("log", (-1.0,), NAN), ("log1p", (-1.0,), -INF), ("log2", (8.0,), 3.0),
    ("sqrt", (-0.0,), -0.0), ("sqrt", (-1.0,), NAN), ("rsqrt", (0.0,), INF),
    ("cbrt", (-8.0,), -2.0), ("exp", (-INF,), 0.0), ("exp", (710.0,), INF),
    ("expm1", (-INF,), -1.0), ("exp2", (3.0,), 8.0), ("atan", (INF,), np.pi / 2),
    ("acos", (-1.0,), np.pi), ("asin", (2.0,), NAN), ("acosh", (1.0,), 0.0),
    ("atanh", (1.0,), INF), ("tanh", (INF,), 1.0), ("sinh", (-INF,), -INF),
    ("cosh", (-INF,), INF), ("round", (2.5,), 2.0), ("round", (-0.4,), -0.0),
    ("trunc", (-0.5,), -0.0), ("floor", (-0.5,), -1.0), ("sign", (-0.0,), 0.0),
    ("sign", (NAN,), NAN), ("abs", (-0.0,), 0.0), ("neg", (0.0,), -0.0),
    ("atan2", (0.0, -0.0), np.pi), ("atan2", (-0.0, -1.0), -np.pi), ("pow", (0.0, 0.0), 1.0),
    ("pow", (NAN, 0.0), 1.0), ("pow", (-8.0, 1 / 3), NAN), ("pow", (0.0, -1.0), INF),
    ("max", (NAN, 1.0), NAN), ("min", (1.0, NAN), NAN), ("clamp", (0.0, NAN, 1.0), NAN),
    ("mod", (-1.0, 3.0), 2.0), ("mod", (1.0, -3.0), -2.0), ("mod", (5.0, INF), 5.0),
    ("mod", (1.0, 0.0), NAN), ("rem", (-1.0, 3.0), -1.0), ("rem", (-6.0, 3.0), -0.0),
    ("floor_div", (-1.0, 3.0), -1.0), ("floor_div", (1.0, 0.0), INF), ("div", (-1.0, 0.0), -INF),
    ("div", (0.0, 0.0), NAN), ("mulz", (0.0, INF), 0.0), ("mulz", (0.0, NAN), 0.0),
    ("mulz", (1.0, INF), INF), ("mul", (0.0, INF), NAN),
]  # fmt: skip


def test_written_down_answers() -> None:
    """What stands in the table is what NumPy and XLA say."""
    cases = [(REGISTRY[n], Sample(tuple(np.float64(a) for a in args))) for n, args, _ in TABLE]
    args, write = all_at_once(cases)
    runs = (numpy_run(args, write), xla_run(args, write))
    for (name, point, answer), *results in zip(TABLE, *runs, strict=True):
        for got in results:
            assert same_bits(np.float64(got), np.float64(answer)), (name, point, got)


def test_integers_by_zero_and_overflow() -> None:
    """x // 0 = x % 0 = 0; the smallest integer // -1 wraps; powers wrap, negative ones truncate."""
    low = np.iinfo(np.int64).min
    x = np.array([5, -5, low, low, 3, 2, -1, -1, 0])
    y = np.array([0, 0, -1, 0, 41, -1, -3, -2, -1])

    def write(b: Any, x: Any, y: Any) -> Any:
        return [b.floor_div(x, y), b.mod(x, y), b.rem(x, y), b.pow(x, y)]

    with np.errstate(all="ignore"):
        wrapped = np.int64(3) ** np.int64(41)
    for run in (numpy_run, xla_run):
        div, mod, rem, power = run([x, y], write)
        assert div[:4].tolist() == [0, 0, low, 0]
        assert mod[:4].tolist() == rem[:4].tolist() == [0, 0, 0, 0]
        assert power[4:].tolist() == [wrapped, 0, -1, 1, 0]
