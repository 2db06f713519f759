"""Machine learning in plain NumPy: modules, cells, optimisers, kernels and estimators."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.corpus.entries import entry

W1 = np.array([[0.3, -0.2, 0.5], [0.1, 0.4, -0.6]])
W2 = np.array([[0.7], [-0.3], [0.2]])
XS = np.array([[0.5, -1.0], [1.5, 0.3], [-0.7, 0.8], [0.2, 0.1]])
YS = np.array([1.0, 0.0, 1.0, 0.0])


class Parameter:
    def __init__(self, data):
        self.data = np.array(data, dtype=float)
        self.grad = np.zeros_like(self.data)

    def zero(self):
        self.grad[...] = 0


class Module(ABC):
    training = True

    def __call__(self, x):
        return self.forward(x)

    @abstractmethod
    def forward(self, x): ...

    @abstractmethod
    def backward(self, g): ...

    def parameters(self):
        for v in vars(self).values():
            if isinstance(v, Parameter):
                yield v


class Dense(Module):
    def __init__(self, w):
        self.w = Parameter(w)
        self.b = Parameter(np.zeros(np.shape(w)[1]))

    def forward(self, x):
        self.x = x
        return x @ self.w.data + self.b.data

    def backward(self, g):
        self.w.grad += self.x.T @ g
        self.b.grad += g.sum(axis=0)
        return g @ self.w.data.T


class Tanh(Module):
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, g):
        return g * (1 - self.y**2)


class Net(Module):
    def __init__(self, *layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def backward(self, g):
        for layer in reversed(self.layers):
            g = layer.backward(g)
        return g

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]


class Optimiser:
    def __init__(self, params, lr=0.1):
        self.params, self.lr, self.t = list(params), lr, 0

    def step(self):
        self.t += 1
        for i, p in enumerate(self.params):
            p.data -= self.update(i, p)

    def update(self, i, p):
        return self.lr * p.grad


class Adam(Optimiser):
    def __init__(self, params, lr=0.1, betas=(0.9, 0.999)):
        super().__init__(params, lr)
        self.betas = betas
        self.m = [np.zeros_like(p.data) for p in self.params]
        self.v = [np.zeros_like(p.data) for p in self.params]

    def update(self, i, p):
        b1, b2 = self.betas
        self.m[i] = b1 * self.m[i] + (1 - b1) * p.grad
        self.v[i] = b2 * self.v[i] + (1 - b2) * p.grad**2
        mhat = self.m[i] / (1 - b1**self.t)
        vhat = self.v[i] / (1 - b2**self.t)
        return self.lr * mhat / (np.sqrt(vhat) + 1e-8)


@entry(W1, W2, XS, YS, rtol=1e-10)
def trained_with_adam(w1, w2, x, y):
    net = Net(Dense(w1), Tanh(), Dense(w2))
    opt = Adam(net.parameters(), lr=0.05)
    losses = []
    for _ in range(3):
        for p in net.parameters():
            p.zero()
        out = net(x)[:, 0]
        losses.append(np.mean((out - y) ** 2))
        net.backward((2 * (out - y) / len(y))[:, None])
        opt.step()
    return losses, [p.data for p in net.parameters()]


class BatchNorm:
    momentum = 0.1

    def __init__(self, n):
        self.gamma, self.beta = np.ones(n), np.zeros(n)
        self.mean, self.var = np.zeros(n), np.ones(n)
        self.training = True

    def __call__(self, x):
        if self.training:
            mu, var = x.mean(0), x.var(0)
            self.mean = (1 - self.momentum) * self.mean + self.momentum * mu
            self.var = (1 - self.momentum) * self.var + self.momentum * var * len(x) / (len(x) - 1)
        else:
            mu, var = self.mean, self.var
        return self.gamma * (x - mu) / np.sqrt(var + 1e-5) + self.beta


@contextmanager
def evaluating(*modules):
    old = [m.training for m in modules]
    for m in modules:
        m.training = False
    try:
        yield modules
    finally:
        for m, o in zip(modules, old, strict=False):
            m.training = o


@entry(XS, rtol=1e-10)
def batch_norm_in_two_modes(x):
    bn = BatchNorm(x.shape[1])
    train = bn(x)
    with evaluating(bn):
        test = bn(x)
    assert bn.training
    return train, test, bn.mean


@entry(np.arange(32.0).reshape(2, 4, 4) / 16, np.linspace(-1, 1, 24).reshape(3, 2, 2, 2))
def im2col(x, w):
    c, h, wd = x.shape
    f, _, kh, kw = w.shape
    cols = np.empty((c * kh * kw, (h - kh + 1) * (wd - kw + 1)))
    col = 0
    for i in range(h - kh + 1):
        for j in range(wd - kw + 1):
            cols[:, col] = x[:, i : i + kh, j : j + kw].ravel()
            col += 1
    out = w.reshape(f, -1) @ cols
    return out.reshape(f, h - kh + 1, -1)


@dataclass
class LSTMCell:
    wx: Any
    wh: Any
    b: Any

    def step(self, x, state):
        h, c = state
        z = x @ self.wx + h @ self.wh + self.b
        i, f, o, g = np.split(z, 4, axis=-1)

        def sig(a):
            return 1 / (1 + np.exp(-a))

        c = sig(f) * c + sig(i) * np.tanh(g)
        return sig(o) * np.tanh(c), c


@entry(
    LSTMCell(
        np.linspace(-0.5, 0.5, 16).reshape(2, 8),
        np.linspace(0.3, -0.3, 16).reshape(2, 8),
        np.zeros(8),
    ),
    XS,
)
def bidirectional_lstm(cell, xs):
    def run(seq):
        state = (np.zeros(2), np.zeros(2))
        for x in seq:
            state = cell.step(x, state)
            yield state[0]

    forward = list(run(xs))
    backward = list(run(xs[::-1]))[::-1]
    return np.stack([np.concatenate(pair) for pair in zip(forward, backward, strict=False)])


@entry(XS, np.array([0.5, 0.2]), np.array([0.3, -0.4, 0.1, 0.7]), rtol=1e-9)
def gaussian_process(x, theta, y):
    ell, noise = np.exp(theta)

    def kern(a, b):
        d2 = np.sum(a**2, 1)[:, None] + np.sum(b**2, 1) - 2 * a @ b.T
        return np.exp(-0.5 * d2 / ell**2)

    K = kern(x, x) + noise * np.eye(len(x))
    try:
        L = np.linalg.cholesky(K)
    except np.linalg.LinAlgError:
        return -np.inf, np.zeros(1)
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, y))
    lml = -0.5 * y @ alpha - np.log(np.diag(L)).sum() - len(x) / 2 * np.log(2 * np.pi)
    star = np.array([[0.0, 0.5]])
    return lml, kern(star, x) @ alpha


@entry(XS, np.array([[0.0, -0.5], [0.5, 0.6]]), rtol=1e-9)
def gaussian_mixture(x, means):
    n, d = x.shape
    k = len(means)
    pi = np.full(k, 1 / k)
    cov = np.stack([np.eye(d)] * k)
    ll = []
    for _ in range(2):
        dens = np.zeros((n, k))
        for j in range(k):
            diff = x - means[j]
            inv = np.linalg.inv(cov[j])
            q = np.einsum("ni,ij,nj->n", diff, inv, diff)
            dens[:, j] = (
                pi[j] * np.exp(-0.5 * q) / np.sqrt((2 * np.pi) ** d * np.linalg.det(cov[j]))
            )
        ll.append(np.log(dens.sum(1)).sum())
        r = dens / dens.sum(axis=1, keepdims=True)
        nk = r.sum(0)
        pi = nk / n
        means = (r.T @ x) / nk[:, None]
        for j in range(k):
            diff = x - means[j]
            cov[j] = (r[:, j, None] * diff).T @ diff / nk[j] + 1e-1 * np.eye(d)
    return means, pi, ll


@dataclass(frozen=True)
class HMCConfig:
    eps: float = 0.1
    steps: int = 5
    chain: int = 3


def log_target(q):
    return -0.5 * np.sum(q**2) - 0.1 * np.sum(q**4)


def grad_target(q):
    return -q - 0.4 * q**3


@entry(
    np.array([0.5, -0.3]),
    np.array([[0.1, 0.5], [-0.7, 0.2], [0.3, 0.3]]),
    np.array([0.5, 0.9, 0.99]),
)
def hamiltonian_monte_carlo(q, momenta, uniforms, cfg=HMCConfig()):
    samples, accepted = [], 0
    for k in range(cfg.chain):
        p = momenta[k]
        qn, pn = q, p + 0.5 * cfg.eps * grad_target(q)
        for s in range(cfg.steps):
            qn = qn + cfg.eps * pn
            if s != cfg.steps - 1:
                pn = pn + cfg.eps * grad_target(qn)
        pn = pn + 0.5 * cfg.eps * grad_target(qn)
        log_a = log_target(qn) - 0.5 * pn @ pn - log_target(q) + 0.5 * p @ p
        if np.log(uniforms[k]) < log_a:
            q = qn
            accepted += 1
        samples.append(q)
    return np.array(samples), accepted / cfg.chain


@entry(np.array([0.1, -0.2]), np.array([-0.5, 0.1]), np.array([[0.3, -1.0], [0.8, 0.1]]), XS, YS)
def evidence_lower_bound(mu, rho, eps, x, y):
    sigma = np.log1p(np.exp(rho))

    def sample_term(e):
        w = mu + sigma * e
        logits = x @ w
        return np.sum(y * logits - np.logaddexp(0, logits))

    kl = np.sum(0.5 * (sigma**2 + mu**2 - 1) - np.log(sigma))
    return sum(map(sample_term, eps)) / len(eps) - kl
