"""Filters, chains, regressions and tests."""

from __future__ import annotations

import math
from collections import namedtuple
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from tests.corpus.entries import entry

DATA = np.array([0.3, -0.1, 0.8, 0.4, 1.1, 0.2])


class Gaussian(NamedTuple):
    mean: Any
    cov: Any


class Linear:
    def __init__(self, F, Q, H, R):
        self.F, self.Q, self.H, self.R = map(np.asarray, (F, Q, H, R))

    def predict(self, s):
        return Gaussian(self.F @ s.mean, self.F @ s.cov @ self.F.T + self.Q)

    def update(self, s, z):
        y = z - self.H @ s.mean
        S = self.H @ s.cov @ self.H.T + self.R
        K = np.linalg.solve(S, self.H @ s.cov).T
        ll = -0.5 * (
            y @ np.linalg.solve(S, y) + np.linalg.slogdet(S)[1] + len(y) * np.log(2 * np.pi)
        )
        return Gaussian(s.mean + K @ y, (np.eye(len(s.mean)) - K @ self.H) @ s.cov), ll


@entry(DATA, 0.1)
def kalman_smoother(zs, q):
    model = Linear([[1.0, 1.0], [0.0, 1.0]], q * np.eye(2), [[1.0, 0.0]], [[0.3]])
    s = Gaussian(np.zeros(2), np.eye(2))
    filtered, predicted, total = [], [], 0.0
    for z in zs:
        p = model.predict(s)
        s, ll = model.update(p, np.atleast_1d(z))
        predicted.append(p)
        filtered.append(s)
        total += ll
    smooth = [filtered[-1]]
    for f, p in zip(filtered[-2::-1], predicted[:0:-1], strict=False):
        G = f.cov @ model.F.T @ np.linalg.inv(p.cov)
        nxt = smooth[-1]
        smooth.append(
            Gaussian(f.mean + G @ (nxt.mean - p.mean), f.cov + G @ (nxt.cov - p.cov) @ G.T)
        )
    return np.array([g.mean[0] for g in reversed(smooth)]), total


@entry(DATA[:2], rtol=1e-10)
def unscented_kalman(zs):
    n, lam = 2, 1.0
    m, P = np.array([0.1, 0.5]), np.diag([0.5, 0.2])
    wts = np.r_[lam / (n + lam), np.full(2 * n, 0.5 / (n + lam))]
    for z in zs:
        L = np.linalg.cholesky((n + lam) * P)
        pts = np.vstack([m, m + L.T, m - L.T])
        prop = np.array([[p[0] + 0.1 * p[1], p[1] - 0.1 * np.sin(p[0])] for p in pts])
        m = wts @ prop
        d = prop - m
        P = (d.T * wts) @ d + 0.01 * np.eye(n)
        h = np.hypot(prop[:, 0], 1.0)
        zh = wts @ h
        S = wts @ (h - zh) ** 2 + 0.1
        C = (d.T * wts) @ (h - zh)
        K = C / S
        m = m + K * (z - zh)
        P = P - np.outer(K, K) * S
    return m, P


@entry(DATA[:4], np.linspace(-1, 1, 20).reshape(4, 5), np.array([0.1, 0.3, 0.5, 0.7]))
def bootstrap_filter(obs, noise, offsets):
    x = np.zeros(5)
    ll = 0.0
    for t in range(len(obs)):
        x = 0.9 * x + noise[t] * 0.5
        logw = -0.5 * (obs[t] - x) ** 2 / 0.2
        top = logw.max()
        w = np.exp(logw - top)
        ll += top + np.log(w.mean())
        w /= w.sum()
        positions = (offsets[t] + np.arange(5)) / 5
        x = x[np.searchsorted(np.cumsum(w)[:-1], positions)]
    return ll, x.mean()


HMM = namedtuple("HMM", ["pi", "A", "B"])


@entry(
    HMM(
        np.array([0.6, 0.4]),
        np.array([[0.7, 0.3], [0.4, 0.6]]),
        np.array([[0.5, 0.4, 0.1], [0.1, 0.3, 0.6]]),
    ),
    [0, 1, 2, 0],
)
def baum_welch(model, obs):
    pi, A, B = model
    n, T = len(pi), len(obs)
    for _ in range(2):
        alpha, scale = np.zeros((T, n)), np.zeros(T)
        for t, o in enumerate(obs):
            alpha[t] = (pi if t == 0 else alpha[t - 1] @ A) * B[:, o]
            scale[t] = alpha[t].sum()
            alpha[t] /= scale[t]
        beta = np.ones((T, n))
        for t in reversed(range(T - 1)):
            beta[t] = A @ (B[:, obs[t + 1]] * beta[t + 1]) / scale[t + 1]
        gamma = alpha * beta
        xi = sum(
            np.outer(alpha[t], B[:, obs[t + 1]] * beta[t + 1]) * A / scale[t + 1]
            for t in range(T - 1)
        )
        pi = gamma[0]
        A = xi / xi.sum(1, keepdims=True)
        B = np.stack([gamma[np.array(obs) == k].sum(0) for k in range(B.shape[1])], axis=1)
        B /= B.sum(1, keepdims=True)
    return HMM(pi, A, B), np.log(scale).sum()


@entry(np.column_stack([np.ones(6), DATA]), np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0]), rtol=1e-9)
def logistic_irls(X, y):
    beta = np.zeros(X.shape[1])
    for _it in range(25):
        eta = X @ beta
        mu = 1 / (1 + np.exp(-eta))
        w = np.maximum(mu * (1 - mu), 1e-10)
        z = eta + (y - mu) / w
        new = np.linalg.solve(X.T @ (w[:, None] * X) + 1e-3 * np.eye(2), X.T @ (w * z))
        if np.max(np.abs(new - beta)) < 1e-10:
            break
        beta = new
    cov = np.linalg.inv(X.T @ (w[:, None] * X) + 1e-3 * np.eye(2))
    return new, new / np.sqrt(np.diag(cov))


@entry(np.array([[0.2, 0.1], [0.4, 0.9], [1.5, 0.3], [0.7, 0.7]]), 2)
def lloyd(points, k):
    centres = points[:k].copy()
    labels = None
    for _ in range(5):
        d = ((points[:, None] - centres[None]) ** 2).sum(-1)
        new = d.argmin(axis=1)
        if labels is not None and (new == labels).all():
            break
        labels = new
        for j in range(k):
            members = labels == j
            if members.any():
                centres[j] = (points * members[:, None]).sum(0) / members.sum()
    inertia = d[np.arange(len(points)), labels].sum()
    return centres, labels, inertia


@entry(np.array([[2.0, 0.5, 0.1], [0.5, 1.0, 0.3], [0.1, 0.3, 0.7]]), rtol=1e-8)
def principal_axes(C):
    C = (C + C.T) / 2
    vals, vecs = [], []
    work = C.copy()
    for _k in range(2):
        v = np.ones(3) / np.sqrt(3)
        for _ in range(60):
            v = work @ v
            v /= np.linalg.norm(v)
        lam = v @ work @ v
        work -= lam * np.outer(v, v)
        vals.append(lam)
        vecs.append(v)
    return np.array(vals) / np.trace(C), np.abs(np.array(vecs))


@dataclass
class RunningStats:
    n: int = 0
    mean: float = 0.0
    m2: float = 0.0
    minimum: float = math.inf
    log: list = field(default_factory=list)

    def push(self, x):
        self.n += 1
        d = x - self.mean
        self.mean += d / self.n
        self.m2 += d * (x - self.mean)
        self.minimum = min(self.minimum, x)
        return self

    @property
    def variance(self) -> float | None:
        return self.m2 / (self.n - 1) if self.n > 1 else None

    def __add__(self, o):
        n = self.n + o.n
        d = o.mean - self.mean
        return RunningStats(
            n,
            self.mean + d * o.n / n,
            self.m2 + o.m2 + d * d * self.n * o.n / n,
            min(self.minimum, o.minimum),
        )


@entry(DATA)
def merged_statistics(x):
    a, b = RunningStats(), RunningStats()
    for v in x[:2]:
        a.push(v)
    for v in x[2:]:
        b.push(v)
    c = a + b
    assert c.n == len(x)
    return c.mean, c.variance, c.minimum, RunningStats().push(x[0]).variance


@entry(DATA, np.array([[3, 1, 0, 5, 2, 4], [0, 0, 1, 2, 5, 5], [4, 4, 3, 2, 1, 0]]))
def bootstrap_interval(x, idx):
    stats = np.array([np.median(x[i]) for i in idx])
    jack = np.array([np.delete(x, i).mean() for i in range(len(x))])
    acc = ((jack.mean() - jack) ** 3).sum() / (6 * ((jack.mean() - jack) ** 2).sum() ** 1.5)
    return np.percentile(stats, [10, 90]), acc


@entry(DATA, np.array([0.1, 0.5, 0.7, 0.2, 0.9, 0.3]))
def rank_correlation(x, y):
    def rank(v):
        return np.argsort(np.argsort(v))

    rx, ry = rank(x), rank(y)
    n = len(x)
    rho = 1 - 6 * np.sum((rx - ry) ** 2) / (n * (n**2 - 1))
    tau = sum(np.sign(x[i] - x[j]) * np.sign(y[i] - y[j]) for i in range(n) for j in range(i)) / (
        n * (n - 1) / 2
    )
    r = np.corrcoef(x, y)[0, 1]
    return rho, tau, r, r * np.sqrt((n - 2) / (1 - r**2))


@entry(np.array([0.5, -0.2]), DATA)
def garch_filter(theta, r):
    omega, alpha, beta = 0.1, *(1 / (1 + np.exp(-theta)) * 0.4)
    s2 = [r.var()]
    for e in r[:-1]:
        s2.append(omega + alpha * e**2 + beta * s2[-1])
    s2 = np.asarray(s2)
    return 0.5 * np.sum(np.log(s2) + r**2 / s2), s2[-1]


@entry(np.array([0.3, 0.6]), DATA)
def arma_likelihood(params, y):
    phi, theta = np.tanh(params)
    e = np.zeros(len(y) + 1)
    prev = 0.0
    for t, v in enumerate(y):
        e[t + 1] = v - phi * prev - theta * e[t]
        prev = v
    forecast = []
    last, shock = y[-1], e[-1]
    for _h in range(3):
        last = phi * last + theta * shock
        shock = 0
        forecast.append(last)
    return -0.5 * (e[1:] ** 2).sum(), forecast


@entry(DATA, 0.4)
def change_point(x, penalty):
    n = len(x)
    cs, cs2 = np.insert(np.cumsum(x), 0, 0), np.insert(np.cumsum(x**2), 0, 0)

    def cost(a, b):
        return cs2[b] - cs2[a] - (cs[b] - cs[a]) ** 2 / (b - a)

    F = [-penalty]
    for t in range(1, n + 1):
        F.append(min(F[s] + cost(s, t) + penalty for s in range(t)))
    return F[-1], np.array(F[1:])


@entry(
    np.array([[1.0, 2.0], [2.0, 1.0], [3.0, 5.0], [4.0, 2.5]]), np.array([1.0, 2.0, 2.5, 4.5]), 0.1
)
def kernel_ridge_with_cross_validation(X, y, lam):
    K = np.exp(-0.5 * np.square(X[:, None] - X[None]).sum(-1))
    errors = 0
    for i in range(len(y)):
        keep = np.arange(len(y)) != i
        a = np.linalg.solve(K[keep][:, keep] + lam * np.eye(len(y) - 1), y[keep])
        errors += (K[i, keep] @ a - y[i]) ** 2
    H = K @ np.linalg.inv(K + lam * np.eye(len(y)))
    gcv = np.mean(((y - H @ y) / (1 - np.trace(H) / len(y))) ** 2)
    return errors / len(y), gcv


@entry(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 0, 1, 1]), 0.2)
def cox_partial_likelihood(times, event, beta):
    x = np.sin(times)
    order = np.argsort(times)
    ll = 0.0
    for i in order:
        if event[i]:
            risk = times >= times[i]
            ll += beta * x[i] - np.log(np.exp(beta * x[risk]).sum())
    surv = np.cumprod(1 - event[order] / np.arange(len(times), 0, -1))
    return ll, surv


@entry(np.array([3.0, 5.0, 2.0]), np.array([1.0, 1.0, 1.0]))
def dirichlet_multinomial(counts, alpha):
    lg = np.vectorize(math.lgamma)

    def stirling(z):
        return (z - 0.5) * np.log(z) - z + 0.5 * np.log(2 * np.pi) + 1 / (12 * z)

    n, a = counts.sum(), alpha.sum()
    return (
        stirling(a + 9)
        - stirling(n + a + 9)
        + (stirling(counts + alpha + 9) - stirling(alpha + 9)).sum()
        if lg
        else 0
    )
