"""The table of conventions where a derivative does not exist: both modes, as documented."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anvil.ir.opkind import OpKind
from anvil.ir.types import C128, F64, array
from tests.ad.oracle import Orders
from tests.ad.programs import X, func, program
from tests.ops.harness import KINDS

WITH_TABLE = [(kind, row) for kind in KINDS for row in kind.kinks]
NOT_SMOOTH = {
    "abs", "sign", "floor", "ceil", "round", "trunc", "max", "min", "clamp", "floor_div", "mod",
    "rem", "pow", "div", "sqrt", "rsqrt", "cbrt", "log", "asin", "acos", "acosh", "atanh", "atan2",
    "reduce_max", "reduce_min", "sort", "argmax", "argmin",
    "eig", "eigh", "eigvals", "eigvalsh", "pinv", "qr", "singular", "spectral", "svd",
    "svdvals", "eigenvectors", "singular_vectors",
    "completing_vectors",
}  # fmt: skip


def test_every_kink_is_documented() -> None:
    """The kinds that are not smooth say what they do there, and no others."""
    assert {kind.name for kind in KINDS if kind.at_kinks} == NOT_SMOOTH
    assert all(kind.at_kinks for kind, _ in WITH_TABLE)


@pytest.mark.parametrize("kind, row", WITH_TABLE, ids=lambda v: getattr(v, "name", str(v)))
def test_conventions(kind: type[OpKind], row: tuple[float, ...]) -> None:
    """The partials of the table, forward and reverse."""
    n = len(row) // 2
    point, partials = list(row[:n]), row[n:]
    params = {f"x{i}": X for i in range(n)}
    orders = Orders(program(func("f", params, lambda b, *p: [b.emit(kind, p)])))
    np.testing.assert_array_equal(orders.cotangents("f", point, [1.0]), partials)
    for i, expected in enumerate(partials):
        direction = [float(i == j) for j in range(n)]
        finite = np.isfinite(expected)
        (got,) = orders.tangents("f", point, direction) if finite or n == 1 else (expected,)
        assert got == expected


def gradient(write: Any, x: Any) -> Any:
    """The reverse-mode gradient of the sum of what `write` computes from a vector of 3."""

    def f(b: Any, v: Any) -> Any:
        y = write(b, v)
        return [y if not y.type.shape else b.reduce_sum(y, axes=(0,))]

    (bar,) = Orders(program(func("f", {"x": array(F64, (3,))}, f))).cotangents(
        "f", [np.array(x)], [1.0]
    )
    return bar.tolist()


def test_ties_share() -> None:
    """Equal largest elements share the derivative of the largest; equal spellings agree."""
    assert gradient(lambda b, v: b.reduce_max(v, axes=(0,)), [2.0, 1.0, 2.0]) == [0.5, 0, 0.5]
    assert gradient(lambda b, v: b.reduce_min(v, axes=(0,)), [1.0, 1.0, 1.0]) == [1 / 3] * 3
    relu = gradient(lambda b, v: b.max(v, 0.0), [-1.0, 0.0, 1.0])
    assert relu == gradient(lambda b, v: b.neg(b.min(b.neg(v), 0.0)), [-1.0, 0.0, 1.0])
    assert relu == [0, 0.5, 1]


def test_clamp_is_as_inside_at_its_bounds() -> None:
    """1 at both bounds, 0 beyond."""

    def clamp(b: Any, v: Any) -> Any:
        return b.clamp(b.const(0.0, v.type), v, b.const(1.0, v.type))

    assert gradient(clamp, [0.0, 1.0, 1.5]) == [1, 1, 0]


def test_products_with_zeros() -> None:
    """One zero: its factor gets the product of the others; two: nobody gets anything."""

    def prod(b: Any, v: Any) -> Any:
        return b.reduce_prod(v, axes=(0,))

    assert gradient(prod, [2.0, 0.0, 3.0]) == [0, 6, 0]
    assert gradient(prod, [0.0, 0.0, 3.0]) == [0, 0, 0]


def test_sorting_ties_follow_the_stable_order() -> None:
    """The cotangent of place i goes to the element that the stable order puts there."""

    def first(b: Any, v: Any) -> Any:
        ordered = b.sort(v, axis=0)
        return b.mul(ordered, b.const(np.array([1.0, 2.0, 3.0])))

    assert gradient(first, [1.0, 0.0, 1.0]) == [2, 1, 3]


def test_masked_zeros() -> None:
    """where(x > 0, sqrt(x), 0) has derivative 0 at 0; sqrt alone has inf."""

    def guarded(b: Any, v: Any) -> Any:
        return b.select(b.gt(v, 0.0), b.sqrt(v), 0.0)

    assert gradient(guarded, [0.0, 4.0, 0.0]) == [0, 0.25, 0]
    assert gradient(lambda b, v: b.sqrt(v), [0.0, 4.0, 1.0]) == [np.inf, 0.25, 0.5]


def test_the_size_of_a_complex_zero() -> None:
    """|z| has derivative 0 at 0 too, and conj(z) / |z| elsewhere."""
    z = array(C128, (2,))
    orders = Orders(program(func("f", {"z": z}, lambda b, z: [b.abs(z)])))
    (bar,) = orders.cotangents("f", [np.array([0j, 3 + 4j])], [np.ones(2)])
    np.testing.assert_allclose(bar, [0, 0.6 - 0.8j], rtol=1e-15)
