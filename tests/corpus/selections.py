"""Selections whose extent the data decides: moving windows, prefixes, masks; linear algebra,
filters, sorting and statistics written naively.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.corpus.entries import entry

VECTOR = np.array([0.3, -1.2, 0.8, 2.1, -0.4, 0.9])
OTHER = np.array([1.3, 0.2, -0.8, 1.1, 0.4, -0.9])
SQUARE = np.random.default_rng(0).normal(size=(5, 5))
POSITIVE = SQUARE @ SQUARE.T + 5 * np.eye(5)


@entry(VECTOR)
def moving_mean(x: Any) -> Any:
    out = np.zeros(len(x) - 2)
    for i in range(len(x) - 2):
        out[i] = x[i : i + 3].mean()
    return out


@entry(VECTOR, xla=True)
def window_updates(x: Any) -> Any:
    out = np.zeros(6)
    for i in range(4):
        out[i : i + 2] += x[i : i + 2] * x[i + 1]
    return out


@entry(np.arange(24.0).reshape(6, 4) / 10)
def row_blocks(A: Any) -> Any:
    out = np.zeros((3, 4))
    for k in range(3):
        out[k] = np.sin(A[k * 2 : (k + 1) * 2, :]).sum(axis=0)
    return out


@entry(VECTOR)
def moving_strides(x: Any) -> Any:
    t = 0.0
    for i in range(2):
        t += np.sum(x[i : i + 4 : 2] * x[3 + i : i + 1 : -1])
    return t


@entry(VECTOR)
def suffix_maxima(x: Any) -> Any:
    out = np.zeros_like(x)
    for i in range(len(x)):
        out[i] = x[i:].max()
    return out


@entry(POSITIVE)
def cholesky_rows(S: Any) -> Any:
    n = S.shape[0]
    L = np.zeros_like(S)
    for j in range(n):
        s = S[j, j] - L[j, :j] @ L[j, :j]
        L[j, j] = np.sqrt(s)
        for i in range(j + 1, n):
            L[i, j] = (S[i, j] - L[i, :j] @ L[j, :j]) / L[j, j]
    return L


@entry(POSITIVE, xla=True)
def cholesky_columns(S: Any) -> Any:
    n = S.shape[0]
    L = np.zeros_like(S)
    for j in range(n):
        L[j, j] = np.sqrt(S[j, j] - np.dot(L[j, :j], L[j, :j]))
        L[j + 1 :, j] = (S[j + 1 :, j] - L[j + 1 :, :j] @ L[j, :j]) / L[j, j]
    return L


@entry(POSITIVE, xla=True)
def lu_outer(A: Any) -> Any:
    A = A.copy()
    n = len(A)
    for k in range(n - 1):
        A[k + 1 :, k] /= A[k, k]
        A[k + 1 :, k + 1 :] -= np.outer(A[k + 1 :, k], A[k, k + 1 :])
    return A


@entry(POSITIVE, OTHER[:5])
def forward_substitution(L: Any, b: Any) -> Any:
    n = len(b)
    z = np.zeros(n)
    for i in range(n):
        z[i] = (b[i] - L[i, :i] @ z[:i]) / L[i, i]
    return z


@entry(POSITIVE, OTHER[:5])
def back_substitution(U: Any, b: Any) -> Any:
    n = len(b)
    z = np.zeros(n)
    for i in range(n - 1, -1, -1):
        z[i] = (b[i] - np.dot(U[i, i + 1 :], z[i + 1 :])) / U[i, i]
    return z


@entry(SQUARE, xla=True)
def gram_schmidt(A: Any) -> Any:
    Q = np.zeros_like(A)
    for j in range(A.shape[1]):
        v = A[:, j] - Q[:, :j] @ (Q[:, :j].T @ A[:, j])
        Q[:, j] = v / np.linalg.norm(v)
    return Q


@entry(VECTOR, xla=True)
def insertion_sort(x: Any) -> Any:
    a = x.copy()
    for i in range(1, len(a)):
        key = a[i]
        j = np.sum(a[:i] <= key)
        a[j + 1 : i + 1] = a[j:i]
        a[j] = key
    return a


@entry(VECTOR)
def moments_of_signs(x: Any) -> Any:
    return x[x > 0].mean(), x[x > 0].std(), np.var(x[x < 0])


@entry(VECTOR)
def roots_of_the_positive(x: Any) -> Any:
    return np.sum(np.sqrt(x[x > 0]) + np.log(x[x > 0]))


@entry(VECTOR)
def counted(x: Any) -> Any:
    pos = x[x > 0]
    return len(pos) * pos.sum() / pos.size + pos.shape[0]


@entry(VECTOR, xla=True)
def medians_of_signs(x: Any) -> Any:
    return np.median(x[x > 0]) + np.median(x[x < 0])


@entry(VECTOR, OTHER, xla=True)
def positives_replaced(x: Any, y: Any) -> Any:
    a = x.copy()
    a[x > 0] = y[y > 0]
    return a


@entry(SQUARE)
def chosen_rows(A: Any) -> Any:
    return A[A[:, 0] > 0].sum(axis=0)


@entry(VECTOR)
def selection_sort(x: Any) -> Any:
    a = x.copy()
    n = len(a)
    for i in range(n):
        j = i + np.argmin(a[i:])
        a[i], a[j] = a[j], a[i]
    return a


@entry(VECTOR, OTHER, xla=True)
def causal_convolution(x: Any, h: Any) -> Any:
    n = len(x)
    out = np.zeros(n)
    for k in range(n):
        out[k] = np.dot(x[: k + 1], h[k::-1])
    return out


@entry(VECTOR, 3, xla=True)
def rotated(x: Any, k: Any) -> Any:
    return np.concatenate([x[k:], x[:k]])


@entry(VECTOR)
def clipped_windows(x: Any) -> Any:
    out = np.zeros_like(x)
    for i in range(len(x)):
        out[i] = x[max(0, i - 1) : i + 2].mean()
    return out


@entry(VECTOR)
def loop_over_selection(x: Any) -> Any:
    t = 0.0
    for v in x[x > 0]:
        t = t * 0.5 + v * v
    return t


@entry(VECTOR)
def quantiles_of_signs(x: Any) -> Any:
    return np.percentile(x[x > 0], 30) + np.quantile(x[x < 0], 0.5)


@entry(VECTOR)
def reversed_prefixes(x: Any) -> Any:
    a = x.copy()
    for i in range(1, 5):
        a[:i] = a[:i][::-1] * 1.1
    return a


@entry(VECTOR)
def running_products(x: Any) -> Any:
    t = 0.0
    for i in range(1, 6):
        t += np.cumsum(x[:i])[-1] * np.cumprod(x[:i]).sum()
    return t


@entry(VECTOR)
def prefix_views(x: Any) -> Any:
    b = x.copy()
    for i in range(1, 6):
        v = b[:i]
        v *= 0.9
        v[0] = v[0] + 1
        v += b[i]
    return b


@entry(VECTOR)
def standardised_positives(x: Any) -> Any:
    m = x > 0
    z = x.copy()
    z[m] = (x[m] - x[m].mean()) / x[m].std()
    return z
