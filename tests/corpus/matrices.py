"""Matrix algorithms, transforms and interpolation by hand."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from tests.corpus.entries import entry

RNG = np.random.default_rng(16)
A = RNG.normal(size=(4, 4)) + 4 * np.eye(4)
S = A @ A.T / 4
B = RNG.normal(size=4)


@entry(A, B, xla=True)
def pivoted_solve(a: Any, b: Any) -> Any:
    a, b = a.copy(), b.copy()
    n = len(b)
    for k in range(n):
        p = k + np.argmax(np.abs(a[k:, k]))
        if p != k:
            a[[k, p]] = a[[p, k]]
            b[k], b[p] = b[p], b[k]
        for i in range(k + 1, n):
            factor = a[i, k] / a[k, k]
            a[i, k:] -= factor * a[k, k:]
            b[i] -= factor * b[k]
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        x[i] = (b[i] - a[i, i + 1 :] @ x[i + 1 :]) / a[i, i]
    return x


@entry(A)
def lu_doolittle(a: Any) -> tuple[Any, Any]:
    n = a.shape[0]
    lower, upper = np.eye(n), np.zeros((n, n))
    for i in range(n):
        for j in range(i, n):
            upper[i, j] = a[i, j] - lower[i, :i] @ upper[:i, j]
        for j in range(i + 1, n):
            lower[j, i] = (a[j, i] - lower[j, :i] @ upper[:i, i]) / upper[i, i]
    return lower, upper


@entry(S)
def cholesky_banachiewicz(a: Any) -> Any:
    n = len(a)
    c = np.zeros_like(a)
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j]
            for k in range(j):
                s -= c[i, k] * c[j, k]
            c[i, j] = math.sqrt(s) if i == j else s / c[j, j]
    return c


@entry(S)
def ldl(a: Any) -> tuple[Any, Any]:
    n = len(a)
    lower, d = np.eye(n), np.zeros(n)
    for j in range(n):
        d[j] = a[j, j] - np.sum(lower[j, :j] ** 2 * d[:j])
        for i in range(j + 1, n):
            lower[i, j] = (a[i, j] - np.sum(lower[i, :j] * lower[j, :j] * d[:j])) / d[j]
    return lower, d


@entry(A[:, :3])
def householder_qr(a: Any) -> Any:
    r = a.copy()
    m, n = r.shape
    q = np.eye(m)
    for k in range(n):
        x = r[k:, k]
        e = np.zeros_like(x)
        e[0] = np.copysign(np.linalg.norm(x), x[0])
        v = x + e
        v = v / np.linalg.norm(v)
        r[k:] -= 2 * np.outer(v, v @ r[k:])
        q[:, k:] -= 2 * np.outer(q[:, k:] @ v, v)
    return q, r


@entry(A[:, :2])
def givens(a: Any) -> Any:
    r = a.copy()
    m, n = r.shape
    for j in range(n):
        for i in range(m - 1, j, -1):
            p, q = r[i - 1, j], r[i, j]
            h = np.hypot(p, q)
            c, s = p / h, q / h
            rotation = np.array([[c, s], [-s, c]])
            r[i - 1 : i + 1] = rotation @ r[i - 1 : i + 1]
    return r[:n]


@entry(S[:3, :3], smooth=False, rtol=1e-9, xla=True)
def jacobi_eigenvalues(a: Any) -> Any:
    a = a.copy()
    n = a.shape[0]
    for _ in range(12):
        off = np.abs(a - np.diag(np.diag(a)))
        i, j = divmod(int(np.argmax(off)), n)
        if off[i, j] < 1e-13:
            break
        theta = 0.5 * np.arctan2(2 * a[i, j], a[j, j] - a[i, i])
        c, s = np.cos(theta), np.sin(theta)
        r = np.eye(n)
        r[i, i] = r[j, j] = c
        r[i, j], r[j, i] = s, -s
        a = r.T @ a @ r
    return np.sort(np.diag(a))


@entry(S)
def qr_iteration(a: Any) -> Any:
    def gram_schmidt(a: Any) -> Any:
        q = np.zeros_like(a)
        for j in range(a.shape[1]):
            v = a[:, j].copy()
            for i in range(j):
                v -= (q[:, i] @ v) * q[:, i]
            q[:, j] = v / np.sqrt(v @ v)
        return q

    for _ in range(3):
        q = gram_schmidt(a)
        a = q.T @ a @ q
    return np.trace(a), a[0, 0]


@entry(S, B)
def lanczos(a: Any, start: Any) -> Any:
    q = start / np.linalg.norm(start)
    previous, beta = np.zeros_like(q), 0.0
    alphas, betas = [], []
    for _ in range(3):
        w = a @ q - beta * previous
        alpha = w @ q
        w = w - alpha * q
        beta = np.linalg.norm(w)
        alphas.append(alpha)
        betas.append(beta)
        previous, q = q, w / beta
    return np.array(alphas), np.array(betas)


@entry(np.array([2.0, 3.0, 2.5, 4.0]), np.array([-1.0, -0.5, 0.3]), B, xla=True)
def thomas(diagonal: Any, off: Any, rhs: Any) -> Any:
    n = len(rhs)
    c, d = np.zeros(n), np.zeros(n)
    c[0], d[0] = off[0] / diagonal[0], rhs[0] / diagonal[0]
    for i in range(1, n):
        m = diagonal[i] - off[i - 1] * c[i - 1]
        if i < n - 1:
            c[i] = off[i] / m
        d[i] = (rhs[i] - off[i - 1] * d[i - 1]) / m
    x = d.copy()
    for i in range(n - 2, -1, -1):
        x[i] -= c[i] * x[i + 1]
    return x


@entry(0.1 * A)
def exponential_by_series(a: Any) -> Any:
    term = total = np.eye(len(a))
    for k in range(1, 10):
        term = term @ a / k
        total = total + term
    return total


@entry(A)
def newton_schulz_inverse(a: Any) -> Any:
    x = a.T / (np.abs(a).sum(axis=0).max() * np.abs(a).sum(axis=1).max())
    for _ in range(12):
        x = x @ (2 * np.eye(len(a)) - a @ x)
    return x


@entry(A)
def leverrier(a: Any) -> Any:
    n = len(a)
    coefficients = [1.0]
    m = np.zeros_like(a)
    for k in range(1, n + 1):
        m = a @ m + coefficients[-1] * np.eye(n)
        coefficients.append(-np.trace(a @ m) / k)
    return np.array(coefficients)


@entry(A[:3, :3])
def laplace_determinant(a: Any) -> Any:
    if a.shape == (1, 1):
        return a[0, 0]
    total = 0.0
    for j in range(a.shape[1]):
        minor = np.delete(a[1:], j, axis=1)
        total += (-1) ** j * a[0, j] * laplace_determinant(minor)
    return total


@entry(A[:, :2], B)
def normal_equations(x: Any, y: Any) -> Any:
    design = np.hstack([np.ones((4, 1)), x])
    coefficients = pivoted_solve(design.T @ design, design.T @ y)
    fitted = design @ coefficients
    return coefficients, 1 - ((y - fitted) ** 2).sum() / ((y - y.mean()) ** 2).sum()


@entry(A, A[::-1].copy())
def strassen(a: Any, b: Any) -> Any:
    if len(a) <= 2:
        return a @ b
    h = len(a) // 2
    a11, a12, a21, a22 = a[:h, :h], a[:h, h:], a[h:, :h], a[h:, h:]
    b11, b12, b21, b22 = b[:h, :h], b[:h, h:], b[h:, :h], b[h:, h:]
    m1 = strassen(a11 + a22, b11 + b22)
    m2, m3 = strassen(a21 + a22, b11), strassen(a11, b12 - b22)
    m4, m5 = strassen(a22, b21 - b11), strassen(a11 + a12, b22)
    m6, m7 = strassen(a21 - a11, b11 + b12), strassen(a12 - a22, b21 + b22)
    top = np.hstack([m1 + m4 - m5 + m7, m3 + m5])
    bottom = np.hstack([m2 + m4, m1 - m2 + m3 + m6])
    return np.vstack([top, bottom])


@entry(A, A.T.copy())
def triple_loop_product(a: Any, b: Any) -> Any:
    out = np.zeros((2, 2))
    for i in range(2):
        for j in range(2):
            for k in range(a.shape[1]):
                out[i, j] += a[i, k] * b[k, j]
    return out


@entry(RNG.normal(size=8))
def haar(x: Any) -> Any:
    out = x.copy()
    n = len(x)
    while n > 1:
        half = n // 2
        even, odd = out[:n:2].copy(), out[1:n:2].copy()
        out[:half] = (even + odd) / math.sqrt(2)
        out[half:n] = (even - odd) / math.sqrt(2)
        n = half
    return out


@entry(RNG.normal(size=6))
def slow_fourier(x: Any) -> tuple[list[float], list[float]]:
    n = len(x)
    re, im = [], []
    for k in range(n):
        angles = 2 * np.pi * k * np.arange(n) / n
        re.append(float(np.sum(x * np.cos(angles))))
        im.append(float(-np.sum(x * np.sin(angles))))
    return re, im


@entry(RNG.normal(size=8), xla=True)
def power_spectrum(x: Any) -> Any:
    def fft(x: Any) -> Any:
        n = len(x)
        if n == 1:
            return x
        even, odd = fft(x[::2]), fft(x[1::2])
        twiddle = np.exp(-2j * np.pi * np.arange(n // 2) / n) * odd
        return np.concatenate([even + twiddle, even - twiddle])

    return np.abs(fft(x.astype(complex))) ** 2


@entry(0.3, 0.7)
def complex_roots(b: float, c: float) -> complex:
    d = (b * b - 4 * c + 0j) ** 0.5
    return (-b + d) / 2


@entry(np.array([0.0, 1.0, 2.0, 4.0]), np.array([1.0, -1.0, 0.5, 2.0]), 1.3)
def lagrange(xs: Any, ys: Any, t: float) -> Any:
    total = 0.0
    for i in range(len(xs)):
        basis = 1.0
        for j in range(len(xs)):
            if i == j:
                continue
            basis *= (t - xs[j]) / (xs[i] - xs[j])
        total += ys[i] * basis
    return total


@entry(np.array([0.0, 1.0, 2.0, 4.0]), np.array([1.0, -1.0, 0.5, 2.0]), 1.3)
def newton_differences(xs: Any, ys: Any, t: float) -> Any:
    c = ys.copy()
    for level in range(1, len(xs)):
        c[level:] = (c[level:] - c[level - 1 : -1]) / (xs[level:] - xs[:-level])
    value = c[-1]
    for k in range(len(xs) - 2, -1, -1):
        value = value * (t - xs[k]) + c[k]
    return value


@entry(np.array([1.0, -1.0, 0.5, 2.0, 0.0]), 2.4, xla=True)
def cubic_spline(y: Any, t: float) -> Any:
    n = len(y)
    m = np.zeros((n, n))
    rhs = np.zeros(n)
    m[0, 0] = m[-1, -1] = 1
    for i in range(1, n - 1):
        m[i, i - 1 : i + 2] = 1, 4, 1
        rhs[i] = 6 * (y[i + 1] - 2 * y[i] + y[i - 1])
    k = pivoted_solve(m, rhs)
    i = min(int(t), n - 2)
    s = t - i
    a, b = k[i] / 6 * (1 - s) ** 3, k[i + 1] / 6 * s**3
    return a + b + (y[i] - k[i] / 6) * (1 - s) + (y[i + 1] - k[i + 1] / 6) * s


@entry(RNG.normal(size=(4, 2)), 0.3)
def de_casteljau(points: Any, t: float) -> Any:
    points = list(points)
    while len(points) > 1:
        points = [(1 - t) * a + t * b for a, b in itertools.pairwise(points)]
    return points[0]


@entry(0.37, 3)
def b_spline_basis(t: float, degree: int) -> list[float]:
    knots = [0.0, 0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 1.0, 1.0]

    def basis(i: int, k: int) -> float:
        if k == 0:
            return 1.0 if knots[i] <= t < knots[i + 1] else 0.0
        left = right = 0.0
        if knots[i + k] > knots[i]:
            left = (t - knots[i]) / (knots[i + k] - knots[i]) * basis(i, k - 1)
        if knots[i + k + 1] > knots[i + 1]:
            span = knots[i + k + 1] - knots[i + 1]
            right = (knots[i + k + 1] - t) / span * basis(i + 1, k - 1)
        return left + right

    return [basis(i, degree) for i in range(len(knots) - degree - 1)]


@entry(RNG.normal(size=(3, 4)), 1.2, 2.3)
def bilinear(grid: Any, x: float, y: float) -> Any:
    i, j = math.floor(x), math.floor(y)
    fx, fy = x - i, y - j
    top = grid[i, j] * (1 - fy) + grid[i, j + 1] * fy
    bottom = grid[i + 1, j] * (1 - fy) + grid[i + 1, j + 1] * fy
    return top * (1 - fx) + bottom * fx


@entry(0.4, 6)
def chebyshev(x: float, n: int) -> list[float]:
    values = [1.0, x]
    for _ in range(2, n):
        values.append(2 * x * values[-1] - values[-2])
    return values


@entry(0.0, 1.5, xla=True)
def adaptive_simpson(a: float, b: float) -> float:
    def f(x: float) -> float:
        return math.exp(-x * x) * math.cos(3 * x)

    def rule(a: float, b: float) -> float:
        return (b - a) / 6 * (f(a) + 4 * f((a + b) / 2) + f(b))

    def integrate(a: float, b: float, depth: int) -> float:
        m = (a + b) / 2
        whole, parts = rule(a, b), rule(a, m) + rule(m, b)
        if depth == 0 or abs(whole - parts) < 1e-9:
            return parts
        return integrate(a, m, depth - 1) + integrate(m, b, depth - 1)

    return integrate(a, b, 3)


@entry(0.5, 2.0)
def gauss_legendre(a: float, b: float) -> float:
    nodes = (-math.sqrt(3 / 5), 0.0, math.sqrt(3 / 5))
    weights = (5 / 9, 8 / 9, 5 / 9)
    half, middle = (b - a) / 2, (a + b) / 2
    return half * sum(
        w * math.log(1 + (middle + half * x)) for x, w in zip(nodes, weights, strict=True)
    )


@entry(0.0, 1.0)
def romberg(a: float, b: float) -> Any:
    def f(x: float) -> float:
        return 1 / (1 + x * x)

    r = np.zeros((4, 4))
    h = b - a
    r[0, 0] = h * (f(a) + f(b)) / 2
    for i in range(1, 4):
        h /= 2
        r[i, 0] = r[i - 1, 0] / 2 + h * sum(f(a + k * h) for k in range(1, 2**i, 2))
        for j in range(1, i + 1):
            r[i, j] = r[i, j - 1] + (r[i, j - 1] - r[i - 1, j - 1]) / (4**j - 1)
    return r[3, 3]
