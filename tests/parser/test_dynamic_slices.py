"""Slices with computed bounds: moving windows, ragged prefixes and suffixes, clipping, aliases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree, compile_for

X = np.array([0.3, -1.2, 0.8, 2.1, -0.4, 0.9])


@pytest.mark.parametrize("i", [-9, -6, -2, 0, 1, 4, 6, 9])
def test_bounds_are_clipped_as_numpy_clips_them(i: int) -> None:
    def ends(x: Any, i: int) -> Any:
        a, b, c = x[:i], x[i:], x[i::-1]
        d, e, f = x[:i:-1], x[i : 2 * i], x[1:i]
        sums = [np.sum(v) for v in (a, b, c, d, e, f)]
        return sums, len(a), b.shape, c.size, len(d), e.shape[0], np.prod(f), np.cumsum(a).sum()

    agree(ends, X, i)


@pytest.mark.parametrize("i", [-7, -5, -3, 0, 2, 3, 6])
def test_a_window_is_clipped_as_numpy_clips_it(i: int) -> None:
    def window(x: Any, i: int) -> Any:
        y = x.copy()
        y[i : i + 3] *= 2.0
        back = x[i + 2 : i - 1 : -1]
        return x[i : i + 3].sum(), len(x[i : i + 3]), y, back.sum(), len(back)

    agree(window, X, i)


@pytest.mark.parametrize("i", [-7, -5, -3, 0, 2, 3, 6])
def test_where_its_shape_is_needed_a_window_is_never_clipped_silently(i: int) -> None:
    def window(x: Any, i: int) -> Any:
        return x[i : i + 3].reshape(3, 1) @ np.ones((1, 2))

    run = anvil.jit(window)
    if 0 <= i <= 3:
        np.testing.assert_allclose(run(X, i), window(X, i))
    else:
        with pytest.raises(ValueError, match="reaches beyond the array"):
            run(X, i)


@pytest.mark.parametrize("k", [0, 2, -1])
def test_an_int_becomes_static_after_a_branch_on_it(k: int) -> None:
    def lagged(x: Any, k: int) -> Any:
        if k > 0:
            return x[k:] - x[: len(x) - k]
        if x[0] > 0.0:
            x = x[: len(x) + k]
        return x

    run = anvil.jit(lagged)
    np.testing.assert_array_equal(run(X, k), lagged(X, k))
    assert f"k = {k} is static" in run.explain()


def test_windows_at_borders_hold_what_they_can_hold() -> None:
    def smooth(x: Any) -> Any:
        out = np.zeros_like(x)
        for i in range(len(x)):
            out[i] = x[max(0, i - 2) : min(i + 3, len(x))].mean()
        return out

    x = np.arange(100.0) ** 0.5
    assert "dynamic_slice[sizes=(5,)] %x" in str(anvil.jit(smooth).ir(x))
    agree(smooth, x)


def test_windows_that_are_proven_in_range_are_not_checked() -> None:
    def total(x: Any) -> Any:
        s = 0.0
        for i in range(len(x) - 2):
            s += x[i : i + 3] @ x[i + 1 : i + 4] if i < 3 else x[i]
        for k in range(3):
            s += x[2 * k : 2 * (k + 1)].sum()
        for k in range(2, len(x)):
            s += x[k - 2 : k].prod()
        return s

    def plain(x: Any) -> Any:
        s = 0.0
        for i in range(len(x) - 2):
            s += np.sum(x[i : i + 3])
        for k in range(3):
            s += x[2 * k : 2 * (k + 1)].sum()
        for k in range(2, len(x)):
            s += x[k - 2 : k].prod()
        return s

    agree(total, X)
    agree(plain, X)
    text = anvil.jit(plain).ir(X, stage="parse")
    assert "check" not in str(text)
    assert "iota" not in str(text)


def test_loops_stay_loops() -> None:
    def substitution(lower: Any, b: Any) -> Any:
        z = np.zeros_like(b)
        for i in range(len(b)):
            z[i] = (b[i] - lower[i, :i] @ z[:i]) / lower[i, i]
        return z

    sizes = []
    for n in (4, 40):
        parsed, _ = compile_for(substitution, np.eye(n) + 0.1, np.ones(n))
        sizes.append(sum(len(f.body.ops) for f in parsed.program.funcs.values()))
        assert not parsed.promoted
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("k", [0, 2, 6])
def test_operands_of_equal_length_meet(k: int) -> None:
    def shifted(x: Any, k: int) -> Any:
        n = len(x)
        tail = x[k:] * x[: n - k] - np.minimum(x[k:], 0.5)
        out = x.copy()
        out[k:] = tail
        out[: n - k] += x[k:]
        return out, np.dot(x[k:], x[: n - k][::-1])

    agree(shifted, X, k)


def test_operands_of_unequal_length_do_not() -> None:
    def wrong(x: Any, k: int) -> Any:
        return np.sum(x[:k] + x[k:])

    run = anvil.jit(wrong)
    assert run(X, 3) == pytest.approx(wrong(X, 3))
    with pytest.raises(ValueError, match=r"broadcast together with shapes \(2,\) \(4,\)"):
        run(X, 2)


@pytest.mark.parametrize("k", [0, 2, 5])
def test_values_of_another_length_do_not_fit(k: int) -> None:
    def wrong(x: Any, k: int) -> Any:
        y = np.zeros((2, len(x)))
        y[:, :k] = np.ones((2, 3))
        return y

    with pytest.raises(ValueError, match="could not broadcast") as want:
        wrong(X, k)
    with pytest.raises(ValueError, match="could not broadcast") as got:
        anvil.jit(wrong)(X, k)
    assert got.value.args == want.value.args


def test_prefixes_are_views() -> None:
    def through(x: Any, k: int) -> Any:
        y = x.copy()
        head = y[:k]
        head[0] = 7.0
        head *= 2
        head[1:] -= head[:-1]
        tail = head[::-1]
        tail[0] = -1.0
        return y, head.sum(), tail[-1], head[k - 1]

    for k in (1, 3, 6):
        agree(through, X, k)


def test_two_axes_at_once() -> None:
    def corner(m: Any, k: int) -> Any:
        m = m.copy()
        m[k:, k:] -= np.outer(m[k:, 0], m[0, k:])
        m[:k, 1] = m[:k, 2] * 2
        block = m[:k, : k + 1]
        column = m[:, :k].sum(axis=1)
        return m, block.sum(axis=0).max(), block.mean(), block.T.shape, m[:k].sum(axis=0), column

    for k in (1, 2, 4):
        agree(corner, np.arange(20.0).reshape(4, 5) / 7, k)


def test_every_kth_position() -> None:
    def sieve(n: int) -> Any:
        prime = np.ones(30, dtype=bool)
        prime[:2] = False
        for i in range(2, n):
            if prime[i]:
                prime[i * i :: i] = False
        return prime, prime.sum()

    agree(sieve, 6)


def test_elements_of_ragged_arrays() -> None:
    def pick(x: Any, k: int, i: int) -> Any:
        v = x[1:k]
        return v[i], v[-1], v[[0, i]].sum(), np.argmax(v), v.argmin(), np.sort(v)[0]

    agree(pick, X, 5, 2)
    agree(pick, X, 5, -1)
    agree(pick, X, 3, 2)


def test_joined_parts_have_a_known_length_again() -> None:
    def moved(x: Any, k: int) -> Any:
        y = np.concatenate((x[:k], [9.0], x[k:]))
        return y, np.append(x[:k], x[k:]), np.concatenate((x[k:], x[:k])).sum()

    for k in (0, 2, 6):
        agree(moved, X, k)
    parsed, _ = compile_for(moved, X, 2)
    assert not parsed.promoted


def test_a_length_that_is_needed_is_asked_for() -> None:
    def head(x: Any, n: int) -> Any:
        return x[:n] * 2

    parsed, _ = compile_for(head, X, 2)
    assert [p.why for p in parsed.promoted] == ["the stop of a slice"]
    agree(head, X, 2)

    def rows(x: Any) -> Any:
        parts = []
        for i in range(3):
            parts.append(x[:i])
        return parts

    agree(rows, X)


def test_overlapping_views() -> None:
    def shift(x: Any, k: int) -> Any:
        a = x.copy()
        a[1:] = a[:-1]
        a[:] = a[::-1]
        np.add(a[1:], a[:-1], out=a[1:])
        a[k:] = a[: len(a) - k]
        a[1 : k + 1] = a[:k]
        a[:k] = a[:k][::-1]
        return a

    for k in (0, 1, 3):
        agree(shift, X, k)


def test_empty_prefixes() -> None:
    def largest(x: Any, k: int) -> Any:
        return np.max(x[:k])

    agree(largest, X, 2)
    agree(largest, X, 0)

    def position(x: Any, k: int) -> Any:
        return np.argmax(x[:k])

    agree(position, X, 0)


def test_steps_and_exponents_of_data() -> None:
    def primes(x: Any) -> Any:
        s = np.ones(40, dtype=bool)
        s[:2] = False
        q = int(x[2])
        while q * q < len(s):
            if s[q]:
                s[q * q :: q] = False
            q += 1
        k = int(np.argmax(x))
        return s.sum(), 2**k, (-3) ** k, x[0] ** k

    for first in (2.0, 0.0, -1.0):
        x = np.array([0.3, 1.2, first, 2.1, 0.9])
        if first < 0:
            with pytest.raises(ValueError, match="step of this slice is negative"):
                anvil.jit(primes)(x)
        elif first > 0:
            agree(primes, x)


def test_a_step_of_zero_raises_what_numpy_raises() -> None:
    def every(x: Any) -> Any:
        return x[:: int(x[0])].sum()

    agree(every, np.array([0.0, 1.0, 2.0]))
    agree(every, np.array([2.0, 1.0, 2.0]))
