"""Minimisers and root finders as they are written by hand."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.corpus.entries import entry
from tests.corpus.matrices import pivoted_solve

RNG = np.random.default_rng(12)
A = RNG.normal(size=(5, 3))
B = RNG.normal(size=5)


def residuals(w: Any) -> Any:
    return A @ w - B


def gradient(w: Any) -> Any:
    return A.T @ residuals(w)


@dataclass
class Adam:
    """The usual optimiser, with its state."""

    rate: float = 0.1
    beta1: float = 0.9
    beta2: float = 0.99
    t: int = 0
    m: Any = field(default=0.0)
    v: Any = field(default=0.0)

    def step(self, w: Any, g: Any) -> Any:
        self.t += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * g
        self.v = self.beta2 * self.v + (1 - self.beta2) * g * g
        m = self.m / (1 - self.beta1**self.t)
        v = self.v / (1 - self.beta2**self.t)
        return w - self.rate * m / (np.sqrt(v) + 1e-8)


@entry(RNG.normal(size=3))
def adam_object(w: Any) -> Any:
    optimiser = Adam(rate=0.05)
    for _ in range(4):
        w = optimiser.step(w, gradient(w))
    return w


@entry(RNG.normal(size=3), 0.05, xla=True)
def momentum(w: Any, rate: float) -> Any:
    velocity = np.zeros_like(w)
    for _ in range(10):
        velocity = 0.9 * velocity - rate * gradient(w)
        w = w + velocity
    return w, 0.5 * np.sum(residuals(w) ** 2)


@entry(RNG.normal(size=3))
def nesterov(w: Any) -> Any:
    y, t = w, 1.0
    for _ in range(6):
        new = y - 0.05 * gradient(y)
        t_new = (1 + math.sqrt(1 + 4 * t * t)) / 2
        y = new + (t - 1) / t_new * (new - w)
        w, t = new, t_new
    return w


@entry(RNG.normal(size=3))
def rmsprop_in_place(w: Any) -> Any:
    w = w.copy()
    cache = np.zeros(3)
    for _ in range(5):
        g = gradient(w)
        cache *= 0.9
        cache += 0.1 * g**2
        w -= 0.02 * g / (np.sqrt(cache) + 1e-6)
    return w


@entry(RNG.normal(size=3), xla=True)
def backtracking(w: Any) -> Any:
    def loss(w: Any) -> Any:
        return 0.5 * np.dot(residuals(w), residuals(w))

    for _ in range(3):
        g = gradient(w)
        step = 1.0
        while loss(w - step * g) > loss(w) - 1e-4 * step * (g @ g):
            step *= 0.5
        w = w - step * g
    return w


@entry(RNG.normal(size=3))
def bfgs(w: Any) -> Any:
    h = np.eye(3)
    g = gradient(w)
    for _ in range(3):
        d = -h @ g
        s = -(g @ d) / np.sum((A @ d) ** 2) * d
        w = w + s
        g_new = gradient(w)
        y = g_new - g
        rho = 1.0 / (y @ s)
        left = np.eye(3) - rho * np.outer(s, y)
        h = left @ h @ left.T + rho * np.outer(s, s)
        g = g_new
    return w


@entry(RNG.normal(size=3))
def lbfgs_two_loops(w: Any) -> Any:
    history: list[tuple[Any, Any]] = []
    g = gradient(w)
    for _ in range(3):
        q = g.copy()
        alphas = []
        for s, y in reversed(history):
            a = (s @ q) / (s @ y)
            alphas.append(a)
            q = q - a * y
        if history:
            s, y = history[-1]
            q = q * ((s @ y) / (y @ y))
        for (s, y), a in zip(history, reversed(alphas), strict=True):
            b = (y @ q) / (s @ y)
            q = q + (a - b) * s
        step = 0.1 * q
        g_new = gradient(w - step)
        history.append((-step, g_new - g))
        w, g = w - step, g_new
    return w


@entry(np.array([[0.0, 0.0], [1.2, 0.1], [0.1, 0.9]]), smooth=False, xla=True)
def nelder_mead(simplex: Any) -> Any:
    def f(p: Any) -> Any:
        return (p[0] - 1) ** 2 + 2 * (p[1] + 0.5) ** 2 + 0.3 * p[0] * p[1]

    simplex = simplex.copy()
    for _ in range(20):
        order = np.argsort(np.array([f(p) for p in simplex]))
        simplex = simplex[order]
        centre = simplex[:-1].mean(axis=0)
        worst = simplex[-1]
        reflected = centre + (centre - worst)
        if f(reflected) < f(simplex[0]):
            expanded = centre + 2 * (centre - worst)
            simplex[-1] = expanded if f(expanded) < f(reflected) else reflected
        elif f(reflected) < f(simplex[-2]):
            simplex[-1] = reflected
        else:
            contracted = centre + 0.5 * (worst - centre)
            if f(contracted) < f(worst):
                simplex[-1] = contracted
            else:
                simplex[1:] = simplex[0] + 0.5 * (simplex[1:] - simplex[0])
    return simplex[0]


@entry(0.0, 3.0)
def golden_section(a: float, b: float) -> float:
    def f(x: float) -> float:
        return (x - 1.3) ** 2 + 0.1 * x

    ratio = (math.sqrt(5) - 1) / 2
    c, d = b - ratio * (b - a), a + ratio * (b - a)
    while b - a > 0.1:
        if f(c) < f(d):
            b, d = d, c
            c = b - ratio * (b - a)
        else:
            a, c = c, d
            d = a + ratio * (b - a)
    return (a + b) / 2


Root = namedtuple("Root", "x iterations converged")


@entry(2.0, 1.5, xla=True)
def newton_namedtuple(a: float, x: float) -> Root:
    for k in range(50):
        step = (x**3 - a) / (3 * x**2)
        x -= step
        if abs(step) < 1e-13:
            return Root(x, k, True)
    return Root(x, 50, False)


@entry(0.5)
def halley(a: float) -> float:
    x = 1.0
    for _ in range(6):
        f, df, ddf = math.exp(x) - 2 - a, math.exp(x), math.exp(x)
        x -= 2 * f * df / (2 * df**2 - f * ddf)
    return x


@entry(0.2, 0.0, 2.0, smooth=False)
def regula_falsi(shift: float, a: float, b: float) -> tuple[float, int]:
    def f(x: float) -> float:
        return x**3 - x - 1 - shift

    fa, fb = f(a), f(b)
    count = 0
    c = a
    while abs(b - a) > 1e-10 and count < 100:
        c = (a * fb - b * fa) / (fb - fa)
        fc = f(c)
        count += 1
        if abs(fc) < 1e-12:
            break
        if fa * fc < 0:
            b, fb = c, fc
            fa *= 0.5
        else:
            a, fa = c, fc
            fb *= 0.5
    return c, count


@entry(0.7, -1.0, 2.0, smooth=False, xla=True)
def brent_like(target: float, lo: float, hi: float) -> Any:
    def f(x: float) -> float:
        return math.tanh(x) + 0.1 * x - target

    a, b = lo, hi
    steps = []
    for _ in range(8):
        mid = 0.5 * (a + b)
        slope = (f(b) - f(a)) / (b - a)
        trial = a - f(a) / slope
        x = trial if a < trial < b else mid
        if (f(x) > 0) == (f(b) > 0):
            b = x
        else:
            a = x
        steps.append(x)
    return steps[-1], len(steps), max(steps)


@entry(np.array([1.0, 0.8]), xla=True)
def gauss_newton_curve(p: Any) -> Any:
    t = np.linspace(0, 1, 6)
    y = 2.0 * np.exp(-1.1 * t)
    for _ in range(3):
        model = p[0] * np.exp(-p[1] * t)
        jac = np.column_stack([np.exp(-p[1] * t), -p[0] * t * np.exp(-p[1] * t)])
        p = p + pivoted_solve(jac.T @ jac, jac.T @ (y - model))
    return p


@entry(np.array([1.5, 0.4]))
def levenberg_marquardt(p: Any) -> Any:
    t = np.linspace(0, 1, 6)
    y = 2.0 * np.exp(-1.1 * t)
    damping = 0.1

    def cost(p: Any) -> Any:
        return ((p[0] * np.exp(-p[1] * t) - y) ** 2).sum()

    for _ in range(4):
        e = np.exp(-p[1] * t)
        jac = np.stack([e, -p[0] * t * e], axis=1)
        h = jac.T @ jac
        trial = p - pivoted_solve(h + damping * np.diag(np.diag(h)), jac.T @ (p[0] * e - y))
        if cost(trial) < cost(p):
            p, damping = trial, damping / 3
        else:
            damping *= 2
    return p


@entry(np.array([0.2, 0.3, 0.5]))
def mirror_descent(w: Any) -> Any:
    c = np.array([0.4, -0.2, 0.9])
    for k in range(1, 6):
        w = w * np.exp(-0.5 / math.sqrt(k) * c)
        w /= w.sum()
    return w


@entry(RNG.normal(size=4), 0.3)
def proximal_gradient(x: Any, lam: float) -> Any:
    def shrink(z: Any, t: Any) -> Any:
        return np.sign(z) * np.maximum(np.abs(z) - t, 0.0)

    y = np.array([1.0, -2.0, 0.1, 0.7])
    for _ in range(5):
        x = shrink(x - 0.5 * (x - y), 0.5 * lam)
    return x


@entry(np.array([0.9, -0.2, 0.6, 0.1]))
def simplex_projection(v: Any) -> Any:
    u = np.sort(v)[::-1]
    total, theta = 0.0, 0.0
    for i, ui in enumerate(u):
        total += ui
        candidate = (total - 1) / (i + 1)
        if ui - candidate > 0:
            theta = candidate
    return np.maximum(v - theta, 0)


@entry(np.array([1.4, 0.9]), 0.1)
def penalty_method(x: Any, mu: float) -> Any:
    for _ in range(3):
        for _ in range(5):
            violation = max(0.0, float(x[0] + x[1] - 1))
            g = 2 * (x - np.array([1.0, 2.0])) + 2 * mu * violation * np.ones(2)
            x = x - 0.1 * g
        mu *= 2
    return x


@entry(np.array([0.3, -0.4, 0.2]))
def coordinate_descent(w: Any) -> Any:
    w = w.copy()
    for _ in range(3):
        for j in range(w.size):
            r = B - A @ w + A[:, j] * w[j]
            w[j] = (A[:, j] @ r) / (A[:, j] @ A[:, j] + 0.1)
    return w


@entry(RNG.normal(size=3), "cosine")
def scheduled(w: Any, schedule: str) -> Any:
    def rate(k: int) -> float:
        if schedule == "cosine":
            return 0.05 * (1 + math.cos(math.pi * k / 5))
        if schedule == "step":
            return 0.1 if k < 3 else 0.01
        raise ValueError(schedule)

    for k in range(5):
        w = w - rate(k) * gradient(w)
    return w


def minimise(f: Callable[[Any], Any], x: Any, *, steps: int = 5, h: float = 1e-3) -> Any:
    for _ in range(steps):
        g = np.empty_like(x)
        for i in range(len(x)):
            e = np.zeros_like(x)
            e[i] = h
            g[i] = (f(x + e) - f(x - e)) / (2 * h)
        x = x - 0.1 * g
    return x


@entry(np.array([0.5, -0.3]), rtol=1e-9)
def finite_difference_descent(x: Any) -> Any:
    return minimise(lambda p: np.sum((p - 1) ** 2) + p[0] * p[1], x, steps=4)


@entry(0.8, smooth=False)
def ternary_search(shift: float) -> Any:
    lo, hi, n = -2.0, 2.0, 0
    while hi - lo > 1e-6:
        third = (hi - lo) / 3
        m1, m2 = lo + third, hi - third
        if abs(m1 - shift) < abs(m2 - shift):
            hi = m2
        else:
            lo = m1
        n += 1
    return (lo + hi) / 2, n
