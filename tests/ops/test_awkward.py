"""Corners that samples do not reach: order with nan, empty arrays, repeated and lost rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anvil.ir.analysis import op_counts
from anvil.ir.types import F64, I64, array
from tests.ad.oracle import Orders, check
from tests.ad.programs import func, program
from tests.ops.harness import build, numpy_run, same_bits, xla_run

NAN, INF = float("nan"), float("inf")
V5 = array(F64, (5,))


def both(args: list[Any], write: Any) -> list[Any]:
    """XLA's results, which are NumPy's bit for bit."""
    got = xla_run(args, write)
    for g, e in zip(got, numpy_run(args, write), strict=True):
        assert same_bits(g, e), (g, e)
    return got


def test_sort_is_stable_with_nan_last() -> None:
    """Signed zeros are equal, nan goes last, payloads of any dtype follow."""
    x = np.array([NAN, 0.0, -0.0, INF, 0.0, NAN, -1.0])
    order, _ = both(
        [x, np.arange(7)],
        lambda b, x, i: b.sort(x, i, axis=0, num_keys=1)[::-1],
    )
    assert order.tolist() == [6, 1, 2, 4, 3, 0, 5]


def test_sort_by_several_keys() -> None:
    """Later keys decide among equal earlier ones, nan among nan too."""
    a = np.array([1.0, NAN, 1.0, NAN, 0.0])
    k = np.array([2, 1, 1, 0, 5], np.int8)
    z = np.arange(5) + 1j
    *_, moved = both([a, k, z], lambda b, *p: b.sort(*p, axis=0, num_keys=2))
    assert moved.real.tolist() == [4, 2, 0, 3, 1]


def test_sort_by_truth() -> None:
    """False before true."""
    x = np.array([[True, False], [False, True]])
    both([x], lambda b, x: [b.sort(x, axis=1), b.sort(x, axis=0)])


def test_positions_of_nan_and_ties() -> None:
    """The first of equal elements; nan is both largest and smallest."""
    x = np.array([[1.0, 3.0, 3.0], [NAN, 1.0, NAN], [-0.0, 0.0, -INF]])
    high, low = both([x], lambda b, x: [b.argmax(x, axis=1), b.argmin(x, axis=1)])
    assert high.tolist() == [1, 0, 0]
    assert low.tolist() == [0, 0, 2]


def test_empty_arrays() -> None:
    """Sums of nothing are 0, products 1; empty pieces, rows and products have types."""

    def write(b: Any, x: Any, rows: Any) -> Any:
        return [
            b.reduce_sum(x, axes=(0,)),
            b.reduce_prod(x, axes=(0,)),
            b.reduce_sum(x, axes=(1,)),
            b.concatenate(x, x, axis=1),
            b.transpose(x, perm=(1, 0)),
            b.gather(x, rows, axes=(0,)),
            b.dot_general(x, x, lhs_contract=(0,), rhs_contract=(0,), lhs_batch=(), rhs_batch=()),
            b.sort(x, axis=1),
            b.pad(x, 1.0, low=(1, 0), high=(0, 0), interior=(3, 0)),
        ]

    both([np.zeros((0, 3)), np.zeros((0, 1), np.int64)], write)


def test_rows_outside() -> None:
    """Reads are clamped, writes dropped."""

    def write(b: Any, x: Any, i: Any, u: Any) -> Any:
        return [
            b.gather(x, i, axes=(0,)),
            b.scatter(x, i, u, axes=(0,)),
            b.scatter_add(x, i, u, axes=(0,)),
        ]

    args = [np.arange(5.0), np.array([[7], [-1], [2], [2]]), np.array([10.0, 20, 30, 40])]
    read, written, added = both(args, write)
    assert read.tolist() == [4, 0, 2, 2]
    assert written.tolist() == [0, 1, 40, 3, 4]
    assert added.tolist() == [0, 1, 72, 3, 4]


@pytest.mark.parametrize("name", ["scatter", "scatter_add"])
@pytest.mark.parametrize("rows", [[[1], [1], [4]], [[-3], [2], [9]], [[0], [0], [0]]], ids=str)
def test_derivatives_of_repeated_and_lost_rows(name: str, rows: Any) -> None:
    """Only the write that survived moves with the result; both modes, second order."""

    def f(b: Any, x: Any, u: Any) -> Any:
        at = b.const(np.array(rows))
        return [b.sin(b.emit(name, (x, at, b.mul(u, u)), {"axes": (0,)}))]

    p = program(func("f", {"x": V5, "u": array(F64, (3,))}, f))
    check(p, [np.arange(5.0), np.array([0.3, -0.7, 1.1])], 2)


@pytest.mark.parametrize("rows", [[[1], [1], [4]], [[-3], [2], [9]]], ids=str)
def test_derivative_of_clamped_reads(rows: Any) -> None:
    """What was read, wherever that was, gets the cotangent."""

    def f(b: Any, x: Any) -> Any:
        return [b.sin(b.gather(b.mul(x, x), b.const(np.array(rows)), axes=(0,)))]

    check(program(func("f", {"x": V5}, f)), [np.arange(5.0) / 3], 2)


def test_reads_are_reversed_in_place() -> None:
    """Many small reads of one array: one block added in place each, no array of zeros."""

    def f(b: Any, x: Any, i: Any) -> Any:
        total = b.const(0.0)
        for k in range(6):
            at = b.add(i, b.i64(k))
            total = b.add(total, b.reshape(b.dynamic_slice(x, at, sizes=(1,)), shape=()))
        return [
            b.add(total, b.reshape(b.slice(x, starts=(2,), limits=(3,), strides=(1,)), shape=()))
        ]

    orders = Orders(program(func("f", {"x": array(F64, (50,)), "i": array(I64)}, f)))
    counts = op_counts(orders.session.funcs[orders.vjp("f")])
    assert counts["dynamic_add_slice"] == 7
    assert counts["pad"] == 0
    (bar,) = orders.cotangents("f", [np.zeros(50), 3], [1.0])
    assert bar.tolist() == [0, 0, 1, *[1] * 6, *[0] * 41]


def test_large_slices_are_padded() -> None:
    """x[1:] - x[:-1]: two pads that XLA fuses."""

    def f(b: Any, x: Any) -> Any:
        ends = [b.slice(x, starts=(lo,), limits=(lo + 4,), strides=(1,)) for lo in (1, 0)]
        return [b.sub(*ends)]

    orders = Orders(program(func("f", {"x": V5}, f)))
    counts = op_counts(orders.session.funcs[orders.vjp("f")])
    assert (counts["pad"], counts["dynamic_add_slice"]) == (2, 0)


def test_atan2_far_out_and_close_in() -> None:
    """The derivative neither overflows nor underflows."""

    def f(b: Any, y: Any, x: Any) -> Any:
        return [b.atan2(y, x)]

    orders = Orders(program(func("f", {"y": array(F64), "x": array(F64)}, f)))
    for r in (1e-200, 1e200):
        got = orders.cotangents("f", [3 * r, 4 * r], [1.0])
        np.testing.assert_allclose(np.array(got) * r, [4 / 25, -3 / 25], rtol=1e-15)


def test_large_constants_and_types_survive_the_text() -> None:
    """const ops of every element pattern reach XLA bit for bit."""
    a = np.array([[1.5, -0.0, NAN], [INF, 5e-324, -1e308]])
    (got,) = xla_run([], lambda b: [b.const(a)])
    assert same_bits(got, a)
    assert build([], lambda b: [b.const(np.ones((2, 3)))]).main.body.ops[0].kind.name == "return"
