"""Updates of arrays in branches: the same numbers, in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference

N = 96
X = np.cos(np.arange(N) * 1.7)
Function = Callable[..., Any]


def one_sided(x: Any) -> Any:
    a = x.copy()
    for i in range(1, len(a)):
        if a[i] > 0:
            a[i] = a[i - 1] * 0.5 + 1
    return a


def both_sides(x: Any) -> Any:
    a = x.copy()
    for i in range(1, len(a)):
        if a[i] > 0:
            a[i] = a[i - 1] * 0.5 + 1
        else:
            a[i] = -a[i - 1]
    return a


def other_places(x: Any) -> Any:
    a = x.copy()
    for i in range(1, len(a) - 1):
        if a[i] > 0:
            a[i - 1] += a[i] * 0.1
        else:
            a[i + 1] = a[i] - 0.2
            a[i] *= 0.5
    return a


def bubble(x: Any) -> Any:
    a = x.copy()
    for i in range(8):
        for j in range(len(a) - 1 - i):
            if a[j] > a[j + 1]:
                a[j], a[j + 1] = a[j + 1], a[j]
    return a


def partition(x: Any) -> Any:
    a = x.copy()
    pivot, i = a[-1], 0
    for j in range(len(a) - 1):
        if a[j] < pivot:
            a[i], a[j] = a[j], a[i]
            i += 1
    a[i], a[-1] = a[-1], a[i]
    return a, i


def reads_what_it_wrote(x: Any) -> Any:
    a, best = x.copy(), 0.0
    for i in range(1, len(a)):
        if a[i] > -0.5:
            a[i] += a[i - 1]
            if a[i] > best:
                best = a[i]
                a[i - 1] = best * 0.1
            a[0] += a[i] * 0.01
        elif a[i] < -0.9:
            a[i] = a[0]
    return a, best


def loops_in_branches(x: Any) -> Any:
    a = x.copy()
    for i in range(len(a) - 4):
        if a[i] > 0.3:
            for k in range(4):
                a[i + k] *= 0.9
        else:
            k = i
            while k < i + 3 and a[k] < 0:
                a[k] += 0.25
                k += 1
            a[i] -= 0.01 * k
    return a


def two_arrays(x: Any) -> Any:
    a, b, n = x.copy(), np.zeros(len(x)), 0
    for i in range(len(a)):
        if a[i] > 0:
            b[n] = a[i]
            n += 1
        else:
            a[i] = b[n - 1] * 0.5
    return a, b, n


def rows(x: Any) -> Any:
    m = x.reshape(24, 4).copy()
    for i in range(1, 24):
        if m[i].sum() > 0:
            m[i] = m[i - 1] * 0.5 + m[i]
        elif m[i, 0] > 0:
            m[i, 1] += 2.0
        else:
            m[i - 1, 2:] = m[i, :2]
    return m


def counts(x: Any) -> Any:
    table = np.zeros(N, dtype=int)
    for v in x:
        k = int(abs(v) * 90)
        if v > 0:
            table[k] += 1
        else:
            np.add.at(table, [k, k // 2], 1)
    return table


def stops(x: Any) -> Any:
    a = x.copy()
    for i in range(len(a)):
        if a[i] > 0.99 and i > 3:
            a[0] = i
            break
        if a[i] < 0:
            continue
        a[i] = a[i] * a[i - 1]
    return a


def quicksort(x: Any) -> Any:
    a = x.copy()

    def sort(lo: int, hi: int) -> None:
        if lo >= hi:
            return
        pivot, i = a[hi], lo
        for j in range(lo, hi):
            if a[j] < pivot:
                a[i], a[j] = a[j], a[i]
                i += 1
        a[i], a[hi] = a[hi], a[i]
        sort(lo, i - 1)
        sort(i + 1, hi)

    sort(0, len(a) - 1)
    return a


PROGRAMS: Sequence[Function] = (
    one_sided,
    both_sides,
    other_places,
    bubble,
    partition,
    reads_what_it_wrote,
    loops_in_branches,
    two_arrays,
    rows,
    counts,
    stops,
    quicksort,
)
COPIED = (counts, quicksort)
"""Not in place on XLA: scatters stay in their branches, and so do calls that write."""
SMOOTH: Sequence[Function] = (both_sides, other_places, reads_what_it_wrote, loops_in_branches)


def _equal(found: Any, want: Any) -> None:
    if isinstance(want, tuple):
        for a, b in zip(found, want, strict=True):
            _equal(a, b)
    else:
        np.testing.assert_allclose(found, want, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("function", PROGRAMS)
def test_the_same_numbers(function: Function) -> None:
    """By the reference semantics of the optimised program."""
    _equal(call_reference(anvil.jit(function), (X,), {}, "O2"), function(X))


@pytest.mark.parametrize("function", PROGRAMS)
def test_in_place(function: Function) -> None:
    """XLA copies no array in a loop: only before and after it."""
    compiled = anvil.jit(function)
    _equal(compiled(X), function(X))
    if function not in COPIED:
        assert _copies_in_loops(str(compiled.hlo(X))) == 0


def _copies_in_loops(hlo: str) -> int:
    """Copies of whole arrays outside of the entry computation."""
    inside = hlo.split("ENTRY ")[0]
    return len(re.findall(rf"= \w+\[(?:{N}|24,4)\]\S* copy\(", inside))


@pytest.mark.filterwarnings("ignore::anvil.AnvilWarning")
@pytest.mark.parametrize("function", SMOOTH)
def test_gradients(function: Function) -> None:
    """Reverse mode, through histories that are written in branches, against differences."""

    def total(x: Any) -> Any:
        found = function(x)
        return np.sum((found[0] if isinstance(found, tuple) else found) ** 2)

    gradient = anvil.grad(total)(X)
    _, forward = anvil.jvp(total, (X,), (np.sin(np.arange(N)),))
    direction = np.sin(np.arange(N))
    step = 1e-7
    ahead, behind = total(X + step * direction), total(X - step * direction)
    np.testing.assert_allclose(gradient @ direction, (ahead - behind) / (2 * step), rtol=1e-5)
    np.testing.assert_allclose(gradient @ direction, forward, rtol=1e-10)


def test_errors_keep_their_order() -> None:
    """A failed check in a branch is the one that Python would raise first."""

    def runs_over(x: Any, k: int) -> Any:
        a = x.copy()
        for i in range(len(a)):
            if a[i] > 0:
                a[i + k] = 1.0
            else:
                assert a[i] > -5, "too small"
                a[i] = 2.0
        return a

    compiled = anvil.jit(runs_over)
    _equal(compiled(X, 0), runs_over(X, 0))
    with pytest.raises(IndexError):
        compiled(X, 60)
    y = X.copy()
    y[3] = -6.0
    with pytest.raises(AssertionError, match="too small"):
        compiled(y, 60)
