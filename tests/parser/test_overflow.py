"""Python's ints never wrap in compiled code: beyond 64 bits they raise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import anvil

BIG = 2**63 - 1


@pytest.mark.parametrize(
    "f, inside, outside",
    [
        (lambda a, b: a + b, [(BIG, 0), (BIG, -1), (-BIG, -1)], [(BIG, 1), (-BIG, -2)]),
        (lambda a, b: a - b, [(BIG, 1), (-BIG, 1)], [(BIG, -1), (-BIG, 2)]),
        (lambda a, b: a * b, [(2**31, 2**31), (-(2**62), 1)], [(2**32, 2**31), (2**62, -3)]),
        (lambda a, b: a * 3 - b, [(2**60, 1)], [(2**62, 1), (-(2**62), 1)]),
        (lambda a, b: 7 + a - 9, [(5, 0), (-BIG + 3, 0)], [(BIG, 0), (BIG - 6, 0)]),
        (lambda a, b: a**3 + b, [(2**20, 0)], [(2**21, 0), (2**40, 0)]),
        (lambda a, b: a << b, [(1, 62), (-1, 63)], [(1, 63), (3, 62)]),
        (lambda a, b: -a + 0 * b, [(BIG, 0)], [(-BIG - 1, 0)]),
    ],
)
def test_overflow_raises(f: Callable[..., Any], inside: list[Any], outside: list[Any]) -> None:
    g = anvil.jit(f)
    for args in inside:
        assert g(*args) == f(*args)
    for args in outside:
        with pytest.raises(OverflowError, match="64 bits"):
            g(*args)


def test_indices_and_loop_counters_need_no_check() -> None:
    def f(x: Any, n: int) -> Any:
        s = 0.0
        for i in range(1, len(x) - 1):
            s += x[i - 1] * x[i + 1]
        for k in range(n):
            s += k + 1
        return s

    assert "check" not in str(anvil.jit(f).ir(np.ones(5), 3, stage="parse"))
