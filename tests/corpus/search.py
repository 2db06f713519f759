"""Optimisers and solvers as people write them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from tests.corpus.entries import entry


def rosen(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosen_grad(x):
    g = np.zeros_like(x)
    g[:-1] = -400 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2 * (1 - x[:-1])
    g[1:] += 200 * (x[1:] - x[:-1] ** 2)
    return g


def wolfe(f, g, x, d, c1=1e-4, c2=0.9):
    f0, g0 = f(x), g(x) @ d
    lo, hi, a = 0.0, np.inf, 1.0
    for _ in range(20):
        if f(x + a * d) > f0 + c1 * a * g0:
            hi = a
            a = 0.5 * (lo + hi)
        elif g(x + a * d) @ d < c2 * g0:
            lo = a
            a = 2 * lo if np.isinf(hi) else 0.5 * (lo + hi)
        else:
            break
    return a


@entry(np.array([-1.2, 1.0]), smooth=False)
def lbfgs_with_deque(x):
    memory = deque(maxlen=3)
    g = rosen_grad(x)
    for _ in range(5):
        q = g.copy()
        alphas = []
        for s, y in reversed(memory):
            a = (s @ q) / (y @ s)
            alphas.append(a)
            q -= a * y
        if memory:
            s, y = memory[-1]
            q *= (s @ y) / (y @ y)
        for (s, y), a in zip(memory, reversed(alphas), strict=False):
            q += s * (a - (y @ q) / (y @ s))
        t = wolfe(rosen, rosen_grad, x, -q)
        xn = x - t * q
        gn = rosen_grad(xn)
        memory.append((xn - x, gn - g))
        x, g = xn, gn
        if np.linalg.norm(g, np.inf) < 1e-8:
            break
    return x, rosen(x)


@entry(np.array([[0.0, 0.0], [1.23, 0.04], [-0.07, 0.81]]), smooth=False)
def nelder_mead_loop(simplex):
    def f(p):
        return (p[0] - 1) ** 2 + 3 * (p[1] - 0.5) ** 2 + p[0] * p[1]

    s = simplex.copy()
    for _ in range(2):
        vals = np.array([f(p) for p in s])
        order = np.argsort(vals)
        s, vals = s[order], vals[order]
        c = s[:-1].mean(axis=0)
        r = c + (c - s[-1])
        fr = f(r)
        if vals[0] <= fr < vals[-2]:
            s[-1] = r
            continue
        if fr < vals[0]:
            e = c + 2 * (c - s[-1])
            s[-1] = e if f(e) < fr else r
            continue
        k = c + 0.5 * (s[-1] - c)
        if f(k) < vals[-1]:
            s[-1] = k
        else:
            s[1:] = s[0] + 0.5 * (s[1:] - s[0])
    return s


@entry(
    np.array([3.0, 5.0]), np.array([[1.0, 2.0], [3.0, 1.0], [1.0, 1.0]]), np.array([8.3, 9.1, 5.6])
)
def simplex_method(c, A, b):
    m, n = A.shape
    T = np.zeros((m + 1, n + m + 1))
    T[:m, :n] = A
    T[:m, n:-1] = np.eye(m)
    T[:m, -1] = b
    T[-1, :n] = -c
    for _ in range(10):
        j = int(np.argmin(T[-1, :-1]))
        if T[-1, j] >= -1e-10:
            break
        col = T[:m, j]
        ratios = np.where(col > 1e-10, T[:m, -1] / np.where(col > 1e-10, col, 1.0), np.inf)
        i = np.argmin(ratios)
        T[i] /= T[i, j]
        for k in range(m + 1):
            if k != i:
                T[k] -= T[k, j] * T[i]
    return T[-1, -1], T[-1, n:-1]


@entry(np.array([0.7, 1.3]), np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 0.62, 0.35, 0.24]))
def levenberg_marquardt_class(p, t, y):
    class LM:
        def __init__(self, model: Callable, lam=1e-2):
            self.model, self.lam, self.trace = model, lam, []

        def jac(self, p):
            return np.stack([np.exp(-p[0] * t) * -t * p[1], np.exp(-p[0] * t)], axis=1)

        def step(self, p):
            r = y - self.model(p)
            J = self.jac(p)
            H = J.T @ J
            d = np.linalg.solve(H + self.lam * np.diag(np.diag(H)), J.T @ r)
            better = np.sum((y - self.model(p + d)) ** 2) < r @ r
            self.trace.append(r @ r)
            if better:
                self.lam /= 3
                return p + d
            self.lam *= 2
            return p

    solver = LM(lambda p: p[1] * np.exp(-p[0] * t))
    for _ in range(2):
        p = solver.step(p)
    return p, solver.lam, solver.trace


@entry(
    np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]]),
    np.array([1.0, 2.0, 0.5]),
    rtol=1e-9,
)
def preconditioned_cg(A, b):
    A = 0.5 * (A + A.T)
    x = np.zeros_like(b)
    r = b - A @ x
    Minv = 1 / np.diag(A)
    z = Minv * r
    p, rz = z, r @ z
    for k in count():
        Ap = A @ p
        alpha = rz / (p @ Ap)
        x += alpha * p
        r -= alpha * Ap
        if np.linalg.norm(r) < 1e-10 or k >= 10:
            break
        z = Minv * r
        rz, old = r @ z, rz
        p = z + (rz / old) * p
    return x


@entry(np.array([1.0, 1.0]), np.array([[1.0, 1.0], [-1.0, 0.5]]), np.array([2.0, 0.5]))
def interior_point(c, A, b):
    x = np.array([0.2, 0.3])
    mu = 1.0
    while mu > 1e-2:
        for _ in range(3):
            s = b - A @ x
            g = -c + mu * (A.T @ (1 / s)) - mu / x
            H = mu * (A.T * (1 / s**2)) @ A + mu * np.diag(1 / x**2)
            dx = -np.linalg.solve(H, g)
            t = 1.0
            while np.any(b - A @ (x + t * dx) <= 0) or np.any(x + t * dx <= 0):
                t *= 0.5
            x = x + 0.95 * t * dx
        mu *= 0.2
    return x, c @ x


@entry(np.array([0.8, 0.1, 0.5]))
def projected_gradient(x):
    target = np.array([0.7, 0.6, -0.4])
    for k in range(5):
        x = x - 0.3 / (1 + k) * 2 * (x - target)
        u = np.sort(x)[::-1]
        css = np.cumsum(u) - 1
        rho = np.nonzero(u - css / np.arange(1, 4) > 0)[0][-1]
        x = np.maximum(x - css[rho] / (rho + 1), 0)
    return x


@entry(np.array([[1.0, 0.2], [0.2, 2.0]]), np.array([[1.0, 1.0]]), np.array([1.0]))
def dual_ascent(P, A, b):
    lam = np.zeros(1)
    hist = []
    for _ in range(6):
        x = np.linalg.solve(P, -A.T @ lam)
        res = A @ x - b
        lam = lam + 0.5 * res
        hist.append(float(np.abs(res).max()))
    return x, lam, hist


@entry(np.array([[1.0, 0.5], [0.3, 2.0], [0.7, -1.0]]), np.array([1.0, 0.5, -0.2]), 0.1)
def admm_lasso(A, b, lam, rho=1.0):
    n = A.shape[1]
    L = np.linalg.cholesky(A.T @ A + rho * np.eye(n))
    z = u = np.zeros(n)

    def soft(v, k):
        return np.sign(v) * np.maximum(np.abs(v) - k, 0)

    for _ in range(5):
        q = A.T @ b + rho * (z - u)
        x = np.linalg.solve(L.T, np.linalg.solve(L, q))
        z = soft(x + u, lam / rho)
        u = u + x - z
    return z, 0.5 * np.sum((A @ z - b) ** 2) + lam * np.abs(z).sum()


@dataclass
class Bounds:
    lo: Any
    hi: Any

    def clip(self, x):
        return np.minimum(np.maximum(x, self.lo), self.hi)

    def __contains__(self, x):
        return bool(np.all(self.lo <= x) and np.all(x <= self.hi))


@entry(
    np.array([[0.1, 0.9], [0.4, 0.3], [0.8, 0.7], [0.6, 0.2]]),
    np.linspace(0, 1, 24).reshape(2, 3, 4),
    smooth=False,
)
def differential_evolution(pop, noise):
    bounds = Bounds(np.zeros(2), np.ones(2))
    pop = pop.copy()

    def cost(p):
        return np.sum((p - [0.3, 0.6]) ** 2) + 0.1 * np.cos(8 * p[0])

    fit = np.array([cost(p) for p in pop])
    for gen in noise:
        for i in range(len(pop)):
            a, b, c = pop[(i + 1) % 4], pop[(i + 2) % 4], pop[(i + 3) % 4]
            mutant = bounds.clip(a + 0.8 * (b - c))
            cross = gen[:2, i] < 0.6
            trial = np.where(cross, mutant, pop[i])
            f = cost(trial)
            if f < fit[i]:
                pop[i], fit[i] = trial, f
    assert pop[0] in bounds
    return pop[np.argmin(fit)], fit.min()


@dataclass
class Annealer:
    temp: float = 1.0
    best: tuple = (np.inf, None)
    accepted: list = field(default_factory=list)

    def run(self, energy, x, moves, uniforms):
        e = energy(x)
        for d, u in zip(moves, uniforms, strict=False):
            cand = x + d
            ec = energy(cand)
            if ec < e or u < np.exp((e - ec) / self.temp):
                x, e = cand, ec
            self.temp *= 0.9
            if e < self.best[0]:
                self.best = (e, x)
        return x


@entry(0.9, np.array([0.1, -0.5, 0.3, -0.2]), np.array([0.2, 0.9, 0.4, 0.01]))
def simulated_annealing(x, moves, uniforms):
    a = Annealer()
    last = a.run(lambda z: z**4 - z**2 + 0.2 * z, x, moves, uniforms)
    return last, a.best[0], a.temp


@entry(np.array([1.0, 0.5]), rtol=1e-9)
def broyden(x):
    def F(v):
        return np.array([v[0] ** 2 + v[1] ** 2 - 2, v[0] - v[1] ** 3])

    J = np.array([[2 * x[0], 2 * x[1]], [1.0, -3 * x[1] ** 2]])
    f = F(x)
    for _ in range(12):
        dx = np.linalg.solve(J, -f)
        x = x + dx
        fn = F(x)
        if max(abs(fn)) < 1e-13:
            break
        J = J + np.outer(fn - f - J @ dx, dx) / (dx @ dx)
        f = fn
    return x


@entry(np.array([0.5, -0.3, 0.8]), np.array([1.0, 2.0, 3.0]))
def frank_wolfe(x0, d):
    x = np.abs(x0) / np.abs(x0).sum()
    for k in range(6):
        g = 2 * d * x - 1
        s = np.zeros_like(x)
        s[g.argmin()] = 1.0
        x = (1 - 2 / (k + 2.5)) * x + 2 / (k + 2.5) * s
    return x, d @ x**2


@entry(np.array([[2.0, 0.3], [0.3, 1.0]]), np.array([1.0, 1.0]))
def trust_region_dogleg(B, x):
    radius = 0.5

    def f(v):
        return 0.5 * v @ B @ v - np.sum(np.sin(v))

    for _ in range(4):
        g = B @ x - np.cos(x)
        pb = -np.linalg.solve(B, g)
        pu = -(g @ g) / (g @ B @ g) * g
        if np.linalg.norm(pb) <= radius:
            p = pb
        elif np.linalg.norm(pu) >= radius:
            p = radius * pu / np.linalg.norm(pu)
        else:
            d = pb - pu
            a, b, c = d @ d, 2 * pu @ d, pu @ pu - radius**2
            p = pu + (-b + np.sqrt(b * b - 4 * a * c)) / (2 * a) * d
        ratio = (f(x) - f(x + p)) / -(g @ p + 0.5 * p @ B @ p)
        if ratio > 0.1:
            x = x + p
        radius = radius * 2 if ratio > 0.75 else radius * 0.25 if ratio < 0.25 else radius
    return x, radius


@entry(3.0, rtol=1e-8)
def brent_minimum(b):
    g = (3 - 5**0.5) / 2

    def f(z):
        return (z - 1.3) ** 2 * (1 + 0.1 * z) + 0.01 * b * z

    a, c = 0.0, b
    x = w = v = a + g * (c - a)
    fx = fw = fv = f(x)
    d = e = 0.0
    for _ in range(12):
        m, tol = 0.5 * (a + c), 1e-6
        if abs(x - m) <= 2 * tol - 0.5 * (c - a):
            break
        golden = True
        if abs(e) > tol:
            r, q = (x - w) * (fx - fv), (x - v) * (fx - fw)
            p = (x - v) * q - (x - w) * r
            q = 2 * (q - r)
            p, q = (-p, q) if q > 0 else (p, -q)
            if abs(p) < abs(0.5 * q * e) and q * (a - x) < p < q * (c - x):
                e, d = d, p / q
                golden = False
        if golden:
            e = (a if x >= m else c) - x
            d = g * e
        u = x + (d if abs(d) >= tol else (tol if d > 0 else -tol))
        fu = f(u)
        if fu <= fx:
            a, c = (x, c) if u >= x else (a, x)
            v, w, x, fv, fw, fx = w, x, u, fw, fx, fu
        else:
            a, c = (u, c) if u < x else (a, u)
            if fu <= fw or w == x:
                v, w, fv, fw = w, u, fw, fu
            elif fu <= fv or v in (x, w):
                v, fv = u, fu
    return fx
