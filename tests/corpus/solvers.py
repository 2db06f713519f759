"""Linear and nonlinear solvers written by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.corpus.entries import entry

A = np.array([[4.0, 1.0, 0.5], [1.0, 5.0, -1.0], [0.5, -1.0, 3.0]])
B = np.array([1.0, -2.0, 0.5])


@entry(A, B, xla=True)
def gauss_seidel(a: Any, b: Any) -> Any:
    n = len(b)
    x = np.zeros(n)
    for _ in range(12):
        for i in range(n):
            s = 0.0
            for j in range(n):
                if j != i:
                    s += a[i, j] * x[j]
            x[i] = (b[i] - s) / a[i, i]
    return x


@entry(A, B)
def jacobi_until_converged(a: Any, b: Any) -> Any:
    d = np.diag(a)
    x = b / d
    n = 0
    while True:
        new = (b - a @ x + d * x) / d
        n += 1
        if np.max(np.abs(new - x)) < 1e-12 or n > 500:
            return new
        x = new


@entry(A, xla=True)
def cholesky(a: Any) -> Any:
    n = a.shape[0]
    low = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j]
            for k in range(j):
                s -= low[i, k] * low[j, k]
            low[i, j] = math.sqrt(s) if i == j else s / low[j, j]
    return low


@entry(A, B)
def gauss_elimination(a: Any, b: Any) -> Any:
    a, b = a.copy(), b.copy()
    n = len(b)
    for k in range(n):
        p = k + int(np.argmax(np.abs(a[k:, k])))
        if p != k:
            a[[k, p]] = a[[p, k]]
            b[k], b[p] = b[p], b[k]
        for i in range(k + 1, n):
            f = a[i, k] / a[k, k]
            a[i, k:] -= f * a[k, k:]
            b[i] -= f * b[k]
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        x[i] = (b[i] - a[i, i + 1 :] @ x[i + 1 :]) / a[i, i]
    return x


@entry(
    np.array([0.5, 0.4, 0.3]),
    np.array([2.0, 2.5, 3.0, 2.2]),
    np.array([0.2, -0.1, 0.6]),
    np.array([1.0, 2.0, -1.0, 0.5]),
)
def thomas(lower: Any, diag: Any, upper: Any, rhs: Any) -> Any:
    n = len(diag)
    c = np.zeros(n - 1)
    d = np.zeros(n)
    c[0] = upper[0] / diag[0]
    d[0] = rhs[0] / diag[0]
    for i in range(1, n):
        m = diag[i] - lower[i - 1] * c[i - 1]
        if i < n - 1:
            c[i] = upper[i] / m
        d[i] = (rhs[i] - lower[i - 1] * d[i - 1]) / m
    for i in reversed(range(n - 1)):
        d[i] -= c[i] * d[i + 1]
    return d


@entry(A, B)
def conjugate_gradient(a: Any, b: Any) -> Any:
    x = np.zeros_like(b)
    r = b - a @ x
    p = r.copy()
    rs = r @ r
    for _ in range(3):
        ap = a @ p
        alpha = rs / (p @ ap)
        x += alpha * p
        r -= alpha * ap
        new = r @ r
        p = r + (new / rs) * p
        rs = new
    return x


@entry(2.0)
def newton_with_function_argument(a: float) -> float:
    def solve(f: Any, df: Any, x: float, tol: float = 1e-13) -> float:
        for _ in range(50):
            step = f(x) / df(x)
            x -= step
            if abs(step) < tol:
                break
        return x

    return solve(lambda x: x**3 - a, lambda x: 3 * x**2, a) + solve(math.sin, math.cos, 3.0)


@entry(0.4, 0.9)
def kepler(mean: float, eccentricity: float) -> float:
    e = mean
    delta = 1.0
    while abs(delta) > 1e-14:
        delta = (e - eccentricity * math.sin(e) - mean) / (1 - eccentricity * math.cos(e))
        e -= delta
    return e


@entry(np.array([1.2, 0.8]))
def newton_system(p: Any) -> Any:
    x = np.array([1.0, 1.0])
    for _ in range(8):
        f0 = x[0] ** 2 + x[1] ** 2 - p[0] * 3
        f1 = x[0] - x[1] ** 3 * p[1]
        j00, j01 = 2 * x[0], 2 * x[1]
        j10, j11 = 1.0, -3 * x[1] ** 2 * p[1]
        det = j00 * j11 - j01 * j10
        x = x - np.array([f0 * j11 - f1 * j01, j00 * f1 - j10 * f0]) / det
    return x


@entry(0.7)
def fixed_point(a: float) -> Any:
    x, last, n = 0.0, 1.0, 0
    while abs(x - last) > 1e-14 and n < 1000:
        last, x = x, math.cos(a * x)
        n += 1
    return x


@entry(1.7)
def secant(a: float) -> float:
    x0, x1 = 1.0, a
    f0, f1 = x0**2 - a, x1**2 - a
    n = 0
    while abs(f1) > 1e-13 and n < 30:
        x0, x1 = x1, x1 - f1 * (x1 - x0) / (f1 - f0)
        f0, f1 = f1, x1**2 - a
        n += 1
    return x1


@entry(0.6, rtol=1e-11)
def simpson(a: float) -> float:
    n, lo, hi = 20, 0.0, a * 2
    h = (hi - lo) / n
    s = math.exp(-(lo**2)) + math.exp(-(hi**2))
    for i in range(1, n):
        s += (4 if i % 2 else 2) * math.exp(-((lo + i * h) ** 2))
    return s * h / 3


@entry(A)
def power_iteration(a: Any) -> Any:
    v = np.ones(3) / np.sqrt(3)
    for _ in range(200):
        w = a @ v
        v = w / np.sqrt(w @ w)
    return v @ a @ v


@entry(A)
def gram_schmidt(a: Any) -> Any:
    q = np.zeros_like(a)
    r = np.zeros((3, 3))
    for j in range(3):
        v = a[:, j].copy()
        for i in range(j):
            r[i, j] = q[:, i] @ a[:, j]
            v -= r[i, j] * q[:, i]
        r[j, j] = np.sqrt(np.sum(v**2))
        q[:, j] = v / r[j, j]
    return q, r


@entry(A)
def determinant_by_minors(a: Any) -> Any:
    def det(m: list[list[Any]]) -> Any:
        if len(m) == 1:
            return m[0][0]
        total = 0.0
        for j in range(len(m)):
            minor = [row[:j] + row[j + 1 :] for row in m[1:]]
            total += (-1) ** j * m[0][j] * det(minor)
        return total

    return det([[a[i, j] for j in range(3)] for i in range(3)])


@entry(np.array([3.0, -1.5]), xla=True)
def gradient_descent_line_search(x: Any) -> Any:
    def f(p: Any) -> Any:
        return (p[0] - 1) ** 2 + 3 * (p[1] + 0.5) ** 2

    for _ in range(5):
        g = np.array([2 * (x[0] - 1), 6 * (x[1] + 0.5)])
        t = 1.0
        while f(x - t * g) > f(x) - 0.3 * t * (g @ g):
            t *= 0.5
        x = x - t * g
    return x


@entry(A, B)
def lu_in_place(a: Any, b: Any) -> Any:
    lu = a.copy()
    n = len(lu)
    for k in range(n):
        for i in range(k + 1, n):
            lu[i, k] /= lu[k, k]
            for j in range(k + 1, n):
                lu[i, j] -= lu[i, k] * lu[k, j]
    y = b.copy()
    for i in range(n):
        for j in range(i):
            y[i] -= lu[i, j] * y[j]
    for i in range(n)[::-1]:
        for j in range(i + 1, n):
            y[i] -= lu[i, j] * y[j]
        y[i] /= lu[i, i]
    return y
