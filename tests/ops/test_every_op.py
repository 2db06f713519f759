"""What every op kind must satisfy, generated from the registry and its samples.

Derivatives, both modes and to second order, are in tests/ad/test_every_op.py.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from anvil.ir.builder import Builder
from anvil.ir.opkind import OpKind, types_of
from anvil.ir.samples import Sample
from anvil.ir.types import ALL_DTYPES, C128, F64, DType, type_of
from anvil.lower.numpy_source import run_source, to_numpy
from tests.ops.harness import (
    KINDS,
    all_at_once,
    build,
    every_case,
    numpy_run,
    outputs,
    samples,
    xla_run,
)

TOLERANCE = {"f16": 2e-3, "f32": 2e-6, "c64": 4e-6, "f64": 1e-14, "c128": 2e-14}
by_dtype = pytest.mark.parametrize("dtype", ALL_DTYPES, ids=str)
by_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def close(got: Any, expected: Any, dtype: DType) -> bool:
    """Equal, for floats up to a few ulp of the dtype in which they were computed."""
    got, expected = np.asarray(got), np.asarray(expected)
    if got.dtype != expected.dtype or got.shape != expected.shape:
        return False
    if got.dtype.kind not in "fc":
        return np.array_equal(got, expected)
    tol = max(TOLERANCE.get(dtype.name, 0), TOLERANCE[type_of(expected).dtype.name])
    return np.allclose(got, expected, rtol=tol, atol=tol, equal_nan=True)


def differing(dtype: DType, results: Any, reference: Any) -> list[str]:
    """The cases whose results differ from the reference."""
    names = [c for c in every_case(dtype) for _ in range(outputs(*c))]
    return [
        f"{kind.name}{sample}: {got} for {expected}"
        for (kind, sample), got, expected in zip(names, results, reference, strict=True)
        if not close(got, expected, dtype)
    ]


@by_kind
def test_documented(kind: type[OpKind]) -> None:
    """A docstring of sentences, samples for every dtype, rules with docstrings."""
    assert kind.__doc__
    assert kind.__doc__.rstrip().endswith((".", ")"))
    assert kind.dtypes
    assert all(samples(kind, dtype) for dtype in kind.dtypes)


@by_dtype
def test_values_have_the_declared_types(dtype: DType) -> None:
    """NumPy's results have the dtype and shape of the type rule: the evaluator insists on it."""
    args, write = all_at_once(list(every_case(dtype)))
    numpy_run(args, write, raw=True)


@by_dtype
def test_simplified_values_are_the_same(dtype: DType) -> None:
    """The peepholes of the builder leave every sample's value alone."""
    args, write = all_at_once(list(every_case(dtype)))
    assert not differing(dtype, numpy_run(args, write), numpy_run(args, write, raw=True))


@by_dtype
def test_lowering_is_numpy(dtype: DType) -> None:
    """XLA computes what NumPy does; all kinds of a dtype in one module."""
    args, write = all_at_once(list(every_case(dtype)))
    assert not differing(dtype, xla_run(args, write), numpy_run(args, write))


@pytest.mark.parametrize(
    "dtype", [d for d in ALL_DTYPES if d.name in ("bool", "i32", "f64", "c128")], ids=str
)
def test_numpy_source(dtype: DType) -> None:
    """The NumPy source of every kind runs and computes the same."""
    cases = list(every_case(dtype))
    args, write = all_at_once(cases)
    run = run_source(to_numpy(build(args, write, raw=True)), "f")
    with np.errstate(all="ignore"):
        results = run(*args)
    assert not differing(dtype, [np.asarray(r) for r in results], numpy_run(args, write))


# ---- batching


def lanes(a: Any) -> list[Any]:
    """An operand's values in two lanes: as given, and in another order."""
    return [a, np.roll(a.reshape(-1), 1).reshape(a.shape) if a.size > 1 else a + a.dtype.type(1)]


def check_batch(kind: type[OpKind], sample: Sample, mapped: tuple[bool, ...]) -> None:
    """The batching rule on stacked lanes is the op lane by lane."""
    two = [lanes(a) for a in sample.args]
    args = [np.stack(p) if m else p[0] for p, m in zip(two, mapped, strict=True)]

    def batched(b: Builder, *params: Any) -> Any:
        out = kind.batch(b, params, mapped, 2, **{**kind.attrs, **sample.attrs})
        return out if isinstance(out, tuple) else (out,)

    got = numpy_run(args, batched)
    for lane in (0, 1):
        one = [p[lane] if m else p[0] for p, m in zip(two, mapped, strict=True)]
        expected = numpy_run(one, lambda b, *p: b.emit_tuple(kind, p, sample.attrs))
        for g, e in zip(got, expected, strict=True):
            assert close(g[lane], e, F64), (sample, mapped)


@by_kind
def test_batch_is_a_loop(kind: type[OpKind]) -> None:
    """For every choice of mapped operands."""
    dtype = next((d for d in (F64, C128) if d in kind.dtypes), kind.dtypes[-1])
    for sample in samples(kind, dtype):
        choices = list(itertools.product((False, True), repeat=len(sample.args)))
        for mapped in choices[1:]:
            check_batch(kind, sample, mapped)


# ---- derivatives that need no differences

COMPLEX_STEP = [k for k in KINDS if F64 in k.dtypes and C128 in k.dtypes and k.partials]


@pytest.mark.parametrize("kind", COMPLEX_STEP, ids=lambda kind: kind.name)
def test_partials_by_complex_step(kind: type[OpKind]) -> None:
    """f(x + ih) = f(x) + ih f'(x) to the last digits, for analytic kinds."""
    h = 1e-30
    for sample in samples(kind, F64):
        for i, partial in enumerate(kind.partials or ()):
            args = [a.astype(complex) for a in sample.args]
            args[i] = args[i] + 1j * h
            with np.errstate(all="ignore"):
                expected = np.imag(kind.numpy(*args)) / h

            def write(b: Builder, *p: Any, partial: Any = partial) -> Any:
                return [partial(b, b.emit(kind, p), *p)]

            (got,) = numpy_run(sample.args, write)
            np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-14)


@by_kind
def test_partials_have_the_type_of_their_operand(kind: type[OpKind]) -> None:
    """For every inexact dtype, so that a tangent can be scaled by them."""
    for dtype in kind.dtypes:
        if kind.partials is None or not dtype.inexact:
            continue
        sample = samples(kind, dtype)[0]
        b = Builder([type_of(a) for a in sample.args])
        out = b.emit(kind, b.params, sample.attrs)
        attrs = {**kind.attrs, **sample.attrs}
        found = [p(b, out, *b.params, **attrs) for p in kind.partials if p]
        assert set(types_of(found)) == {b.params[0].type}
