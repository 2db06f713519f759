"""Filters, hidden states, mixtures, samplers on given noise, statistics by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from tests.corpus.entries import entry
from tests.corpus.matrices import pivoted_solve

RNG = np.random.default_rng(14)
OBS = RNG.normal(size=6)
POINTS = RNG.normal(size=(6, 2))


class Gaussian(NamedTuple):
    """A mean and a covariance."""

    mean: Any
    cov: Any


@entry(np.array([0.0, 1.0]), OBS[:4], 0.3, xla=True)
def kalman(x: Any, observations: Any, noise: float) -> Any:
    state = Gaussian(x, np.eye(2))
    f = np.array([[1.0, 0.1], [0.0, 1.0]])
    h = np.array([[1.0, 0.0]])
    loglik = 0.0
    for z in observations:
        mean, cov = f @ state.mean, f @ state.cov @ f.T + 0.01 * np.eye(2)
        innovation = z - (h @ mean)[0]
        s = (h @ cov @ h.T)[0, 0] + noise**2
        gain = cov @ h.T[:, 0] / s
        state = Gaussian(mean + gain * innovation, cov - np.outer(gain, h @ cov))
        loglik -= 0.5 * (innovation**2 / s + np.log(2 * np.pi * s))
    return state, loglik


@entry(0.0, 1.0, OBS)
def scalar_kalman(m: float, p: float, zs: Any) -> list[float]:
    means = []
    for z in zs:
        p += 0.1
        k = p / (p + 0.5)
        m += k * (float(z) - m)
        p *= 1 - k
        means.append(m)
    return means


@entry(np.array([0.5, 0.2]), RNG.normal(size=(4, 3)), RNG.normal(size=3))
def particle_filter(start: Any, noise: Any, observed: Any) -> Any:
    particles = start[0] + start[1] * noise[:, 0]
    weights = np.full(4, 0.25)
    for t in range(3):
        particles = 0.9 * particles + 0.1 * noise[:, t]
        weights = weights * np.exp(-0.5 * (observed[t] - particles) ** 2)
        weights /= weights.sum()
    return particles @ weights, 1.0 / np.sum(weights**2)


TRANSITION = np.array([[0.7, 0.3], [0.4, 0.6]])
EMISSION = np.array([[0.5, 0.4, 0.1], [0.1, 0.3, 0.6]])
SEEN = np.array([0, 1, 2, 1])


@entry(TRANSITION, EMISSION, SEEN, xla=True)
def forward_algorithm(a: Any, e: Any, seen: Any) -> Any:
    alpha = np.array([0.6, 0.4]) * e[:, seen[0]]
    scale = 0.0
    for o in seen[1:]:
        total = alpha.sum()
        scale += np.log(total)
        alpha = (alpha / total) @ a * e[:, o]
    return scale + np.log(alpha.sum())


@entry(TRANSITION, EMISSION, SEEN)
def forward_backward(a: Any, e: Any, seen: Any) -> Any:
    n, k = len(seen), a.shape[0]
    alpha, beta = np.zeros((n, k)), np.ones((n, k))
    alpha[0] = 0.5 * e[:, seen[0]]
    for t in range(1, n):
        for j in range(k):
            alpha[t, j] = sum(alpha[t - 1, i] * a[i, j] for i in range(k)) * e[j, seen[t]]
    for t in reversed(range(n - 1)):
        beta[t] = a @ (e[:, seen[t + 1]] * beta[t + 1])
    posterior = alpha * beta
    return posterior / posterior.sum(axis=1, keepdims=True)


@entry(np.log(TRANSITION), np.log(EMISSION), SEEN, smooth=False, xla=True)
def viterbi_path(a: Any, e: Any, seen: Any) -> Any:
    n = len(seen)
    score = np.log(0.5) + e[:, seen[0]]
    back = np.zeros((n, 2), dtype=int)
    for t in range(1, n):
        options = score[:, None] + a
        back[t] = options.argmax(axis=0)
        score = options.max(axis=0) + e[:, seen[t]]
    path = np.zeros(n, dtype=int)
    path[-1] = np.argmax(score)
    for t in range(n - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path, score.max()


@entry(POINTS, np.array([[0.0, 0.5], [1.0, -1.0]]), xla=True)
def em_mixture(x: Any, means: Any) -> Any:
    weights, variances = np.array([0.5, 0.5]), np.ones(2)
    for _ in range(3):
        logp = np.stack(
            [
                np.log(weights[k])
                - np.log(variances[k])
                - 0.5 * ((x - means[k]) ** 2).sum(axis=1) / variances[k]
                for k in range(2)
            ],
            axis=1,
        )
        r = np.exp(logp - logp.max(axis=1, keepdims=True))
        r /= r.sum(axis=1, keepdims=True)
        n = r.sum(axis=0)
        weights = n / len(x)
        means = (r.T @ x) / n[:, None]
        spread = ((x[:, None, :] - means) ** 2).sum(axis=2)
        variances = (r * spread).sum(axis=0) / (2 * n)
    return means, weights, variances


@entry(POINTS, POINTS[:2] + 0.1)
def k_means_until_stable(x: Any, centres: Any) -> Any:
    labels = np.full(len(x), -1)
    while True:
        distances = ((x[:, None] - centres[None]) ** 2).sum(-1)
        new = np.argmin(distances, axis=1)
        if np.array_equal(new, labels):
            break
        labels = new
        moved = centres.copy()
        for k in range(len(centres)):
            member = (labels == k).astype(float)
            if member.sum() > 0:
                moved[k] = member @ x / member.sum()
        centres = moved
    return centres


@entry(POINTS)
def pca_power(x: Any) -> Any:
    centred = x - x.mean(axis=0)
    cov = centred.T @ centred / (len(x) - 1)
    v = np.array([1.0, 0.5])
    for _ in range(30):
        v = cov @ v
        v /= np.linalg.norm(v)
    return v @ cov @ v, np.abs(v)


@entry(0.1, RNG.normal(size=8), RNG.uniform(size=8), smooth=False)
def metropolis(x: float, steps: Any, uniforms: Any) -> Any:
    def logp(x: float) -> float:
        return -0.5 * x * x + math.cos(3 * x)

    accepted = 0
    chain = np.zeros(len(steps))
    for i, (step, u) in enumerate(zip(steps, uniforms, strict=True)):
        candidate = x + 0.7 * step
        if math.log(u) < logp(candidate) - logp(x):
            x = candidate
            accepted += 1
        chain[i] = x
    return chain, accepted / len(steps)


@entry(np.array([0.4, -0.2]), np.array([0.3, 0.5]), xla=True)
def leapfrog(q: Any, p: Any) -> Any:
    def slope(q: Any) -> Any:
        return q + 0.1 * np.sin(q)

    p = p - 0.05 * slope(q)
    for i in range(5):
        q = q + 0.1 * p
        if i != 4:
            p = p - 0.1 * slope(q)
    p = p - 0.05 * slope(q)
    return q, -p


@dataclass(frozen=True)
class Moments:
    """Welford's state."""

    n: int = 0
    mean: float = 0.0
    m2: float = 0.0

    def add(self, x: float) -> Moments:
        n = self.n + 1
        delta = x - self.mean
        mean = self.mean + delta / n
        return replace(self, n=n, mean=mean, m2=self.m2 + delta * (x - mean))

    @property
    def variance(self) -> float:
        return self.m2 / (self.n - 1) if self.n > 1 else 0.0


@entry(OBS)
def welford(xs: Any) -> tuple[float, float, int]:
    state = Moments()
    for x in xs:
        state = state.add(float(x))
    return state.mean, state.variance, state.n


@entry(OBS, OBS[::-1].copy() * 0.5 + 1)
def correlation(x: Any, y: Any) -> Any:
    dx, dy = x - x.mean(), y - y.mean()
    return (dx * dy).sum() / np.sqrt((dx**2).sum() * (dy**2).sum())


@entry(OBS, np.array([0.3, -0.2, 0.6, 1.1, -0.9, 0.4]))
def welch_t(x: Any, y: Any) -> Any:
    vx, vy = np.var(x, ddof=1) / len(x), np.var(y, ddof=1) / len(y)
    t = (np.mean(x) - np.mean(y)) / math.sqrt(vx + vy)
    dof = (vx + vy) ** 2 / (vx**2 / (len(x) - 1) + vy**2 / (len(y) - 1))
    return t, dof


@entry(OBS, 0.4)
def kernel_density(data: Any, width: float) -> Any:
    grid = np.linspace(-2, 2, 5)
    z = (grid[:, None] - data) / width
    return np.exp(-0.5 * z**2).mean(axis=1) / (width * math.sqrt(2 * math.pi))


@entry(np.array([3.0, 1.0, 2.5, 7.0, 4.0]))
def robust_scale(x: Any) -> Any:
    med = np.median(x)
    return med, np.median(np.abs(x - med)) * 1.4826, np.percentile(x, 25)


@entry(np.array([0.2, 0.3, 0.5]), np.array([0.25, 0.35, 0.4]))
def divergences(p: Any, q: Any) -> dict[str, Any]:
    m = (p + q) / 2

    def kl(a: Any, b: Any) -> Any:
        return np.sum(a * np.log(a / b))

    return {"kl": kl(p, q), "js": 0.5 * (kl(p, m) + kl(q, m)), "tv": 0.5 * np.abs(p - q).sum()}


@entry(
    np.array([1.0, 0.5, -0.5]),
    np.array([[0.3, 1.0], [0.2, -0.4], [-0.7, 0.1]]),
    np.array([1, 0, 1]),
)
def irls(b: Any, x: Any, y: Any) -> Any:
    design = np.column_stack([np.ones(3), x])
    for _ in range(2):
        p = 1 / (1 + np.exp(-design @ b))
        w = p * (1 - p)
        h = design.T @ (w[:, None] * design) + 0.1 * np.eye(3)
        b = b + pivoted_solve(h, design.T @ (y - p) - 0.1 * b)
    return b


@entry(OBS, 3)
def autocovariance(x: Any, lags: int) -> list[Any]:
    x = x - x.mean()
    return [(x[: len(x) - k] * x[k:]).sum() / len(x) for k in range(lags)]


@entry(np.array([0.5, 0.3]), OBS)
def ar2_likelihood(phi: Any, x: Any) -> Any:
    total = 0.0
    for t in range(2, len(x)):
        prediction = phi[0] * x[t - 1] + phi[1] * x[t - 2]
        total += (x[t] - prediction) ** 2
    return -0.5 * total


@entry(np.array([5, 3, 8, 1]), smooth=False)
def histogram_by_hand(data: Any) -> Any:
    counts = np.zeros(5, dtype=np.int64)
    for d in data:
        counts[min(int(d) // 2, 4)] += 1
    return counts, counts.argmax()


@entry(2.5, 1.5)
def gamma_density(x: float, shape: float) -> float:
    series = 1 / (12 * shape) - 1 / (360 * shape**3) + 1 / (1260 * shape**5)
    log_gamma = (shape - 0.5) * math.log(shape) - shape + 0.5 * math.log(2 * math.pi) + series
    return math.exp((shape - 1) * math.log(x) - x - log_gamma)


@entry(np.array([0.1, 0.4, 0.2, 0.3]), 0.37, smooth=False, xla=True)
def inverse_sampling(p: Any, u: float) -> int:
    total = 0.0
    for i in range(len(p)):
        total += p[i]
        if u < total:
            return i
    return len(p) - 1
