"""Algorithms of textbooks that leave their loops early, and lists that grow with the data."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.corpus.entries import entry

RNG = np.random.default_rng(5)
M = RNG.normal(size=(5, 5))
SPD = M @ M.T + 5 * np.eye(5)
RHS = RNG.normal(size=5)
POINTS = RNG.normal(size=(8, 2))


@entry(SPD, RHS, rtol=1e-9)
def gmres(a: Any, b: Any, tol: float = 1e-10) -> Any:
    n = b.shape[0]
    q = np.zeros((n, n + 1))
    h = np.zeros((n + 1, n))
    beta = np.linalg.norm(b)
    q[:, 0] = b / beta
    cs, sn = np.zeros(n), np.zeros(n)
    e = np.zeros(n + 1)
    e[0] = beta
    for k in range(n):
        y = a @ q[:, k]
        for j in range(k + 1):
            h[j, k] = q[:, j] @ y
            y = y - h[j, k] * q[:, j]
        h[k + 1, k] = np.linalg.norm(y)
        if h[k + 1, k] > 1e-12:
            q[:, k + 1] = y / h[k + 1, k]
        for j in range(k):
            h[j, k], h[j + 1, k] = (
                cs[j] * h[j, k] + sn[j] * h[j + 1, k],
                -sn[j] * h[j, k] + cs[j] * h[j + 1, k],
            )
        d = np.hypot(h[k, k], h[k + 1, k])
        cs[k], sn[k] = h[k, k] / d, h[k + 1, k] / d
        h[k, k], h[k + 1, k] = d, 0.0
        e[k + 1] = -sn[k] * e[k]
        e[k] = cs[k] * e[k]
        if abs(e[k + 1]) < tol:
            break
    m = k + 1
    x = np.linalg.solve(h[:m, :m], e[:m])
    return q[:, :m] @ x


@entry(1.0, 2.0, rtol=1e-9, xla=True)
def ridder(a: float, b: float) -> Any:
    def f(x: float) -> float:
        return x**3 - 2 * x - 1

    fa, fb = f(a), f(b)
    assert fa * fb <= 0, f"f({a}) = {fa} and f({b}) = {fb} have the same sign"
    last = None
    for _ in range(20):
        c = 0.5 * (a + b)
        fc = f(c)
        s = math.sqrt(fc * fc - fa * fb)
        if s == 0:
            return c
        dx = (c - a) * fc / s
        x = c - dx if fa < fb else c + dx
        fx = f(x)
        if last is not None and abs(x - last) < 1e-12 * max(abs(x), 1.0):
            return x
        last = x
        if fc * fx < 0:
            a, b, fa, fb = c, x, fc, fx
        elif fa * fx < 0:
            b, fb = x, fx
        else:
            a, fa = x, fx
    return None


@entry(np.array([1.0, 3, 2, 4, 3.5]))
@entry(np.array([3.0, 2.0, 1.0]))
def isotonic_regression(y: Any) -> Any:
    level, weight = [], []
    for yi in y:
        level.append(yi)
        weight.append(1)
        while len(level) > 1 and level[-2] > level[-1]:
            w = weight[-2] + weight[-1]
            v = (level[-2] * weight[-2] + level[-1] * weight[-1]) / w
            level.pop()
            weight.pop()
            level[-1] = v
            weight[-1] = w
    out = []
    for v, w in zip(level, weight, strict=True):
        out.extend([v] * w)
    return np.array(out)


@entry(POINTS, rtol=1e-9)
def convex_hull(points: Any) -> Any:
    def cross(o: Any, a: Any, b: Any) -> Any:
        return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])

    def half(seq: Any) -> Any:
        h: list[Any] = []
        for q in seq:
            while len(h) >= 2 and cross(h[-2], h[-1], q) <= 0:
                h.pop()
            h.append(q)
        return h

    pts = points[np.lexsort((points[:, 1], points[:, 0]))]
    lower, upper = half(pts), half(pts[::-1])
    hull = lower[:-1] + upper[:-1]
    area = 0.0
    for (x1, y1), (x2, y2) in zip(hull, hull[1:] + hull[:1], strict=True):
        area += x1 * y2 - x2 * y1
    return abs(area) / 2, len(hull)


@entry(RNG.random((6, 3)))
def skyline(points: Any) -> Any:
    keep = []
    for i, a in enumerate(points):
        for j, b in enumerate(points):
            if i != j and np.all(b <= a) and np.any(b < a):
                break
        else:
            keep.append(i)
    return keep, points[keep].sum(axis=0)


@entry(RNG.normal(size=(4, 4)), rtol=1e-7)
def qr_algorithm(a: Any) -> Any:
    h = (a + a.T) / 2
    n = h.shape[0]
    found = []
    while n > 1:
        for _ in range(200):
            if abs(h[n - 1, n - 2]) < 1e-12:
                break
            d = (h[n - 2, n - 2] - h[n - 1, n - 1]) / 2
            s = 1 if d >= 0 else -1
            root = np.sqrt(d * d + h[n - 1, n - 2] ** 2)
            mu = h[n - 1, n - 1] - s * h[n - 1, n - 2] ** 2 / (abs(d) + root)
            q, r = np.linalg.qr(h - mu * np.eye(n))
            h = r @ q + mu * np.eye(n)
        found.append(h[n - 1, n - 1])
        n -= 1
        h = h[:n, :n]
    found.append(h[0, 0])
    return np.sort(np.array(found))
