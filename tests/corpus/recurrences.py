"""Recurrences, tables, convolutions, scans written as loops."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.corpus.entries import entry

VECTOR = np.array([0.3, -1.2, 0.8, 2.1, -0.4, 0.9])
OTHER = np.array([1.1, 0.2, -0.8, 0.5])


@entry(VECTOR, 0.7, xla=True)
def horner(c: Any, x: float) -> Any:
    r = 0.0
    for a in c[::-1]:
        r = r * x + a
    return r


@entry(VECTOR, 0.7)
def polynomial_by_powers(c: Any, x: float) -> Any:
    total, p = 0.0, 1.0
    for i in range(len(c)):
        total += c[i] * p
        p *= x
    return total


@entry(np.array([[1.1, 0.3], [-0.2, 0.9]]), 11, xla=True)
def matrix_power(a: Any, n: int) -> Any:
    result = np.eye(2)
    while n > 0:
        if n % 2 == 1:
            result = result @ a
        a = a @ a
        n //= 2
    return result


@entry(VECTOR, OTHER)
def convolution(x: Any, k: Any) -> Any:
    n, m = len(x), len(k)
    out = np.zeros(n + m - 1)
    for i in range(n):
        for j in range(m):
            out[i + j] += x[i] * k[j]
    return out


@entry(np.arange(20.0).reshape(4, 5) / 7, np.array([[0.2, -0.1], [0.5, 1.0]]))
def convolution_2d(image: Any, kernel: Any) -> Any:
    h, w = image.shape
    p, q = kernel.shape
    out = np.zeros((h - p + 1, w - q + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + p, j : j + q] * kernel)
    return np.tanh(out)


@entry(VECTOR, OTHER)
def soft_edit_distance(a: Any, b: Any) -> Any:
    n, m = len(a), len(b)
    d = np.full((n + 1, m + 1), 1e3)
    d[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            cost = (a[i - 1] - b[j - 1]) ** 2
            d[i, j] = cost + min(d[i - 1, j], d[i, j - 1], d[i - 1, j - 1])
    return d[n, m]


@entry(np.array([2, 3, 4, 5]), np.array([3.0, 4.2, 5.1, 6.7]))
def knapsack(weights: Any, values: Any) -> Any:
    capacity = 7
    best = np.zeros(capacity + 1)
    for k in range(len(weights)):
        for c in range(capacity, 1, -1):
            if weights[k] <= c:
                best[c] = max(best[c], best[c - weights[k]] + values[k])
    return best[capacity]


@entry(
    np.array([[0.6, 0.4], [0.3, 0.7]]), np.array([[0.5, 0.5], [0.1, 0.9]]), np.array([0, 1, 1, 0])
)
def hidden_markov_forward(transition: Any, emission: Any, observed: Any) -> Any:
    alpha = np.array([0.5, 0.5]) * emission[:, observed[0]]
    logp = 0.0
    for t in range(1, len(observed)):
        alpha = (alpha @ transition) * emission[:, observed[t]]
        s = alpha.sum()
        alpha /= s
        logp += np.log(s)
    return logp, alpha


@entry(np.array([[0.1, 0.7, 0.2], [0.4, 0.3, 0.3]]), np.array([0, 2, 1, 0]), smooth=False)
def viterbi(emission: Any, observed: Any) -> Any:
    n = len(observed)
    score = np.zeros((n, 2))
    back = np.zeros((n, 2), dtype=int)
    score[0] = np.log(emission[:, observed[0]])
    for t in range(1, n):
        for s in range(2):
            options = score[t - 1] + np.log(np.where(np.arange(2) == s, 0.8, 0.2))
            back[t, s] = np.argmax(options)
            score[t, s] = options[back[t, s]] + np.log(emission[s, observed[t]])
    path = np.zeros(n, dtype=int)
    path[-1] = score[-1].argmax()
    for t in range(n - 2, -1, -1):
        path[t] = back[t + 1, path[t + 1]]
    return path, score


@entry(VECTOR)
def running_statistics(v: Any) -> Any:
    mean, m2 = 0.0, 0.0
    for n, x in enumerate(v, 1):
        delta = x - mean
        mean += delta / n
        m2 += delta * (x - mean)
    return mean, (m2 / len(v)) ** 0.5


@entry(VECTOR, 0.3)
def exponential_smoothing(v: Any, alpha: float) -> Any:
    out = [v[0]]
    for x in v[1:]:
        out.append(alpha * x + (1 - alpha) * out[-1])
    return np.array(out)


@entry(VECTOR)
def prefix_products(v: Any) -> Any:
    out = np.ones(len(v) + 1)
    for i in range(len(v)):
        out[i + 1] = out[i] * v[i]
    left = out[:-1]
    right = np.ones_like(v)
    for i in range(len(v) - 2, -1, -1):
        right[i] = right[i + 1] * v[i + 1]
    return left * right


@entry(3.2, 0.4, 30)
def logistic_map(r: float, x: float, n: int) -> float:
    for _ in range(n):
        x = r * x * (1 - x)
    return x


@entry(VECTOR)
def maximum_subarray(v: Any) -> Any:
    best = here = v[0]
    start = end = s = 0
    for i in range(1, len(v)):
        if here < 0:
            here, s = v[i], i
        else:
            here += v[i]
        if here > best:
            best, start, end = here, s, i
    return best, start, end


@entry(4.5, 6)
def legendre(x: float, n: int) -> Any:
    x = x / 5
    p = np.zeros(n + 1)
    p[0], p[1] = 1.0, x
    for k in range(1, n):
        p[k + 1] = ((2 * k + 1) * x * p[k] - k * p[k - 1]) / (k + 1)
    return p


@entry(2.2)
def continued_fraction(x: float) -> float:
    f = x
    for k in range(8, 0, -1):
        f = x + k / f
    return f


@entry(0.8)
def series_until_small(x: float) -> Any:
    term = total = 1.0
    n = 0
    while abs(term) > 1e-18:
        n += 1
        term *= x / n
        total += term
    return total, n


@entry(np.array([[0.5, 3.0, 8.0], [2.0, 0.4, 4.0], [7.0, 1.5, 0.3]]))
def floyd_warshall(d: Any) -> Any:
    d = d.copy()
    n = d.shape[0]
    for k in range(n):
        for i in range(n):
            for j in range(n):
                if d[i, k] + d[k, j] < d[i, j]:
                    d[i, j] = d[i, k] + d[k, j]
    return d


@entry(VECTOR, 3)
def moving_average(v: Any, w: int) -> Any:
    n = len(v) - w + 1
    out = np.zeros(n)
    s = v[:w].sum()
    for i in range(n):
        out[i] = s / w
        if i + w < len(v):
            s += v[i + w] - v[i]
    return out
