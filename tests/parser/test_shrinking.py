"""Arrays that a loop makes shorter, or binds to selections: carried with their length."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.parser.harness import agree

X = np.array([1.3, -0.4, 2.2, 0.7, -1.1, 3.0, 0.2, 1.9])


def taken_off(a: Any) -> Any:
    s = 0.0
    while len(a) > 0 and a[0] < 2.5:
        s = s * 0.9 + a[0]
        a = a[1:]
    return s, len(a)


def from_both_ends(a: Any) -> Any:
    while len(a) and a[0] < 2:
        a = a[1:]
    while len(a) and a[-1] < 2:
        a = a[:-1]
    return a.sum(), len(a), a


def largest_first(a: Any) -> Any:
    s, k = 0.0, 1.0
    while len(a) > 1 and k > 0.05:
        i = np.argmax(a)
        s += a[i] * k
        a = np.delete(a, i)
        k *= 0.5
    return s + a[0]


def above_the_mean(a: Any) -> Any:
    while a.size > 1:
        b = a[a > a.mean()]
        if b.size == 0:
            break
        a = b
    return a.sum()


def quickselect(a: Any) -> Any:
    k = len(a) // 2
    while True:
        pivot = a[0]
        low, high = a[a < pivot], a[a > pivot]
        if k < len(low):
            a = low
        elif k == len(low):
            return pivot
        else:
            k -= len(low) + 1
            a = high


def clipped(a: Any) -> Any:
    while True:
        m, s = a.mean(), a.std()
        keep = np.abs(a - m) < 1.5 * s
        if keep.all():
            break
        a = a[keep]
    return a.mean(), len(a)


def halved(x: Any) -> Any:
    y = np.sort(x)
    while len(y) > 1:
        m = len(y) // 2
        y = y[:m] if y[m] > 0.9 else y[m:]
    return y[0]


def longest_run(x: Any) -> Any:
    longest = x[:0]
    i = 0
    while i < len(x):
        j = i + 1
        while j < len(x) and x[j] > x[j - 1]:
            j += 1
        if j - i > len(longest):
            longest = x[i:j]
        i = j
    return longest.sum(), longest


def joined(a: Any) -> Any:
    s = 0.0
    while len(a):
        i = int(np.argmin(a))
        s += a[i] * len(a)
        a = np.concatenate([a[:i], a[i + 1 :]])
    return s


def rows(x: Any) -> Any:
    A = np.outer(x, x)[:, :3]
    while A.shape[0] > 2 and A[0, 0] > 0:
        A = A[1:]
        if A[0].sum() > 8:
            A = A[A[:, 0] < 5]
    return A.sum(axis=0), A.shape


def with_an_alias(x: Any) -> Any:
    a = x.copy()
    b = a
    while len(b) > 3 and b[0] < 5:
        b[0] = b[0] * 2
        b = b[1:]
    return a, b.sum()


PROGRAMS = [
    taken_off,
    from_both_ends,
    largest_first,
    above_the_mean,
    quickselect,
    clipped,
    halved,
    longest_run,
    joined,
    rows,
    with_an_alias,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_same_as_python(program: Any) -> None:
    agree(program, X)
    agree(program, np.roll(X, 3) * 0.8)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_derivatives(program: Any) -> None:
    def scaled(s: Any) -> Any:
        out = program(X * s)
        parts = out if isinstance(out, tuple) else (out,)
        return sum(np.sum(o) for o in parts if np.ndim(o) == 1 or isinstance(o, np.floating))

    h = 1e-6
    want = (scaled(1 + h) - scaled(1 - h)) / (2 * h)
    forward = anvil.jit(lambda s: anvil.jvp(scaled, (s,), (1.0,))[1])
    for got in (anvil.grad(scaled), forward):
        np.testing.assert_allclose(call_reference(got, (1.0,), {}), want, rtol=1e-6)


def test_on_xla() -> None:
    def total(x: Any) -> Any:
        return clipped(x)[0] ** 2 + quickselect(x)

    np.testing.assert_allclose(anvil.jit(total)(X), total(X), rtol=1e-12)
    anvil.check_grads(total, (X,), order=2)


def test_writes_that_may_reach_another_name_are_refused() -> None:
    def written(x: Any) -> Any:
        a = x.copy()
        b = a
        while len(b) > 3 and b[0] < 5:
            b = b[b < b.max()]
        b[0] = 9.0
        return a, b.sum()

    with pytest.raises(anvil.AnvilError) as refused:
        anvil.jit(written)(X)
    assert refused.value.code == "alias-types"
