"""Selections by masks that the data decide: elementwise, reductions, stores, order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree

X = np.array([0.3, -1.2, 0.8, 2.1, -0.4, 0.9])
Y = np.array([1.3, 0.2, -0.8, 1.1, 0.4, -0.9])
M = np.array([[0.5, -1.0, 2.0], [-0.3, 0.7, -0.1]])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("limit", [-9.0, 0.0, 0.5, 9.0])
def test_reductions(limit: float) -> None:
    def reduced(x: Any, limit: float) -> Any:
        v = x[x > limit]
        sums = v.sum(), v.prod(), np.mean(v), v.std(), np.median(v), np.linalg.norm(v)
        counts = len(v), v.size, v.shape, v.any(), np.all(v > 1), np.count_nonzero(v < 1)
        return sums, counts, v @ v, np.dot(v, 2 * v), (v > 1).sum(), np.cumsum(v).sum()

    agree(reduced, X, limit)


def test_nothing_selected() -> None:
    agree(lambda x: x[x > 9].max(), X)
    agree(lambda x: np.argmin(x[x > 9]), X)
    agree(lambda x: x[x > 9][0] if len(x[x > 9]) else x[0], X)


def test_order() -> None:
    def ordered(x: Any) -> Any:
        v = x[x > 0]
        s = np.sort(v)
        return (
            v[0],
            v[-1],
            s[0],
            s[-1],
            s[1:].sum(),
            v[::-1][0],
            v.argmax(),
            np.ptp(v),
            s[:2].prod(),
        )

    agree(ordered, X)
    agree(lambda x: np.percentile(x[x < 1], 40) + np.quantile(x[x > 0], 0.25), X)
    agree(
        lambda x: (np.sort(x[~np.isnan(x)])[0], np.median(x[x != 2])), np.array([3.0, np.nan, 2.0])
    )


def test_stores() -> None:
    def stored(x: Any, y: Any) -> Any:
        a, b, c, d = x.copy(), x.copy(), x.copy(), x.copy()
        a[a > 0] = a[a > 0] * 2
        b[y > 0] += y[y > 0] * b[y > 0]
        c[x < 0] = -1
        d[x > 0] = y[y > 0]
        d[x < 0] = [7.0, 8.0]
        return a, b, c, d

    agree(stored, X, Y)


def test_a_selection_is_a_copy() -> None:
    def copied(x: Any) -> Any:
        a = x.copy()
        v = a[a > 0]
        v *= 3
        v[0] = 100.0
        v[v > 50] -= 1
        return a, v.sum(), v[0]

    agree(copied, X)


def test_copies_are_not_views() -> None:
    def copied(x: Any, k: int) -> Any:
        a = x.copy()
        b, c, d = a[:k].copy(), np.array(a[:k]), a[:k].astype(float)
        e, f, g = a[:k].flatten(), np.copy(a[:k:2]), a[: 2 * k : 2].copy()
        v, r = a[:k], np.asarray(a[:k])[::-1]
        a[0] = 5.0
        b *= 2
        f += 1
        sums = [np.sum(p) for p in (b, c, d, e, f, g, v, r)]
        return sums, a

    agree(copied, X, 3)


def test_haar_levels() -> None:
    def haar(x: Any) -> Any:
        out, n = x.copy(), len(x)
        while n > 1:
            half = n // 2
            even, odd = out[:n:2].copy(), out[1:n:2].copy()
            out[:half] = even + odd
            out[half:n] = even - odd
            n = half
        return out

    agree(haar, np.arange(8.0) ** 2)


def test_indices_of_a_selection_accumulate() -> None:
    def counts(x: Any, at: Any) -> Any:
        out = np.zeros(4)
        np.add.at(out, at[x > 0], x[x > 0])
        return out

    agree(counts, X, np.array([0, 1, 0, 2, 2, 0]))


def test_lengths_that_differ() -> None:
    def wrong(x: Any, y: Any) -> Any:
        a = x.copy()
        a[x > 0] = y[y > 1]
        return a

    def columns(x: Any, y: Any) -> Any:
        a = np.ones((2, len(x)))
        a[:, x > 0] = np.ones((2, 1 + len(x)))
        return a

    for fn in (wrong, columns):
        with pytest.raises(ValueError) as want:  # noqa: PT011
            fn(X, Y)
        with pytest.raises(ValueError) as got:  # noqa: PT011
            anvil.jit(fn)(X, Y)
        assert got.value.args == want.value.args


def test_several_axes() -> None:
    def planes(m: Any) -> Any:
        a = m.copy()
        a[a > 0.6] = 0.0
        a[a < 0] *= a[a < 0]
        rows = m[m[:, 0] > 0]
        columns = m[:, m[0] > 0]
        return (
            a,
            m[m > 0].sum(),
            rows.sum(axis=0),
            columns.max(axis=1),
            rows.shape,
            m[m[:, 0] > 0, 1].sum(),
        )

    agree(planes, M)


def test_combined_masks() -> None:
    def chained(x: Any, y: Any) -> Any:
        m = (x > -1) & (y > 0)
        v = np.where(x[m] > 0, np.sqrt(np.abs(x[m])), y[m])
        w = x[x > 0]
        return v.sum(), w[w < 1].prod(), np.clip(x[m], 0, 1).mean(), np.exp(-(y[m] ** 2)).sum()

    agree(chained, X, Y)


def test_missing_values_do_not_leak() -> None:
    x = np.array([1.0, np.nan, 3.0])

    def loss(w: Any, x: Any) -> Any:
        keep = ~np.isnan(x)
        return np.sum((w * x[keep] - np.log(w)) ** 2) + np.sum(np.sqrt(x[keep]) / x[keep]) * w

    agree(loss, 2.0, x)
    gradient = anvil.grad(loss, argnums=(0, 1))(2.0, x)
    assert np.isfinite(gradient[0])
    assert gradient[1][1] == 0
    assert np.isfinite(gradient[1]).all()


def test_derivative_at_the_edge_of_a_domain() -> None:
    x = np.array([0.0, 4.0, -1.0])
    np.testing.assert_allclose(anvil.grad(lambda x: np.sum(np.sqrt(x[x > 0])))(x), [0, 0.25, 0])
    np.testing.assert_allclose(anvil.grad(lambda x: np.sum(np.log(x[x > 9])))(x), [0, 0, 0])


def test_masks_inside_loops_and_helpers() -> None:
    def share(v: Any) -> Any:
        return v.sum() / max(len(v), 1)

    def kmeans(x: Any, c: Any) -> Any:
        c = c.copy()
        for _ in range(3):
            near = np.argmin(np.abs(x[:, None] - c[None]), axis=1)
            for k in range(len(c)):
                if np.any(near == k):
                    c[k] = share(x[near == k])
        return c

    agree(kmeans, X, np.array([-1.0, 0.5, 2.0]))


def test_loop_over_a_selection() -> None:
    def walked(x: Any) -> Any:
        t = 0.0
        for i, v in enumerate(x[x > 0]):
            t = t / 2 + i * v
        return t

    agree(walked, X)


def test_forms_that_need_a_shape_are_not_guessed() -> None:
    def rows(m: Any, k: int) -> Any:
        part = m[:k]
        flat = part.flatten().sum(), np.ravel(part)[0], sum(part)[1], np.vdot(part, part)
        return flat, sum(m[0, :k], 1.0), np.sum(m[:k], where=m[0] > 0), part.max(initial=9.0)

    agree(rows, M, 2)

    def kept(x: Any, k: int) -> Any:
        a = x.copy()
        v, w = a[:k].astype(float, copy=False), np.asarray(a[:k], dtype=float)
        v[0], w[1] = 7.0, 8.0
        return a

    agree(kept, X, 3)
    with pytest.raises(anvil.AnvilError):
        anvil.jit(lambda m, x: np.concatenate((m[m[:, 0] > 0], m[:, :2])).sum())(M, X)


def test_stores_at_places_that_the_data_decide() -> None:
    def stored(x: Any) -> Any:
        y, z = x.copy(), np.outer(x, x)
        idx = np.nonzero(x > 0.5)[0]
        y[idx] += 1.0
        y[idx[1:]] *= x[idx[:-1]]
        z[idx] = 2.0
        z[0, idx] = x[idx]
        return y, z

    x = np.array([0.3, 1.2, -0.8, 2.1, 0.9, 0.4])
    agree(stored, x)
    agree(stored, -np.abs(x))
    anvil.check_grads(lambda v: (stored(v)[0] ** 2).sum() + stored(v)[1].sum(), (x,), order=2)
