# ruff: noqa: B007, B905, E731, E741, F841
"""Models, optimisers and training loops as classes and closures; derivatives taken inside."""

from __future__ import annotations

import abc
import collections
import itertools
import math
from dataclasses import dataclass

import numpy as np

import anvil
from tests.corpus.entries import entry

rng = np.random.default_rng(5)
X, Y, W = rng.normal(size=(6, 3)), rng.normal(size=6), rng.normal(size=3)


class Module:
    def __init__(self):
        self._params = {}

    def add(self, name, value):
        self._params[name] = value

    def parameters(self):
        for k, v in self._params.items():
            yield v

    def __call__(self, x):
        return self.forward(x)


class Linear(Module):
    def __init__(self, W, b):
        super().__init__()
        self.add("W", W)
        self.add("b", b)

    def forward(self, x):
        return x @ self._params["W"] + self._params["b"]


class Tanh(Module):
    def forward(self, x):
        return np.tanh(x)


class Sequential(Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = list(layers)

    def forward(self, x):
        for l in self.layers:
            x = l(x)
        return x

    def parameters(self):
        for l in self.layers:
            yield from l.parameters()


W1 = rng.normal(size=(3, 4))

b1 = np.zeros(4)

W2 = rng.normal(size=(4, 1))

b2 = np.zeros(1)


@entry(W1, b1, W2, b2)
def mlp_module(W1, b1, W2, b2):
    net = Sequential(Linear(W1, b1), Tanh(), Linear(W2, b2))
    reg = sum(np.sum(q**2) for q in net.parameters())
    return np.mean((net(X)[:, 0] - Y) ** 2) + 1e-3 * reg


@entry(W)
def maml(w):
    def inner(w):
        return np.mean((X[:3] @ w - Y[:3]) ** 2)

    def outer(w):
        w2 = w - 0.1 * anvil.grad(inner)(w)
        return np.mean((X[3:] @ w2 - Y[3:]) ** 2)

    return anvil.grad(outer)(w)


@entry(W)
def gauss_newton(w):
    def res(w):
        return np.tanh(X @ w) - Y

    for _ in range(3):
        J = anvil.jacobian(res)(w)
        r = res(w)
        w = w - np.linalg.solve(J.T @ J + 1e-2 * np.eye(3), J.T @ r)
    return w


Q = rng.normal(size=(4, 2))


def mse(p, X, Y):
    return np.mean((X @ p["w"] + p["b"] - Y) ** 2)


class LayerNorm:
    def __init__(self, g, b, eps=1e-5):
        self.g, self.b, self.eps = g, b, eps

    def __call__(self, x):
        mu = x.mean(-1, keepdims=True)
        var = x.var(-1, keepdims=True)
        return self.g * (x - mu) / np.sqrt(var + self.eps) + self.b


class MHA:
    def __init__(self, Wq, Wk, Wv, heads):
        self.Wq, self.Wk, self.Wv, self.h = Wq, Wk, Wv, heads

    def split(self, x):
        n, d = x.shape
        return x.reshape(n, self.h, d // self.h).transpose(1, 0, 2)

    def __call__(self, x):
        q, k, v = (self.split(x @ W_) for W_ in (self.Wq, self.Wk, self.Wv))
        s = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
        a = np.exp(s - s.max(-1, keepdims=True))
        a /= a.sum(-1, keepdims=True)
        return (a @ v).transpose(1, 0, 2).reshape(x.shape)


Z = rng.normal(size=(3, 4))

A4 = rng.normal(size=(4, 4))


@entry(Z, A4, A4.T.copy(), A4 * 0.3)
def transformer(x, q, k, v):
    ln = LayerNorm(np.ones(4), np.zeros(4))
    att = MHA(q, k, v, 2)
    for _ in range(2):
        x = x + att(ln(x))
    return np.mean(x**2)


@entry(np.abs(W))
def implicit_sqrt(a):
    @anvil.custom_vjp
    def solve(a):
        x = np.ones_like(a)
        for _ in range(20):
            x = 0.5 * (x + a / x)
        return x

    def fwd(a):
        x = solve(a)
        return x, x

    def bwd(x, ct):
        return (ct / (2 * x),)

    solve.defvjp(fwd, bwd)
    return np.sum(solve(a) ** 3)


@entry(0.5)
def cjvp(x):
    @anvil.custom_jvp
    def f(x):
        return np.sin(x)

    @f.defjvp
    def rule(primals, tangents):
        (x,), (t,) = primals, tangents
        return f(x), np.cos(x) * t

    return f(x) * f(2 * x)


@entry(W)
def lbfgs(w):
    f = lambda w: np.sum((w - 1) ** 2) + np.sum(w**4)
    g = anvil.grad(f)
    S, Yl = collections.deque(maxlen=3), collections.deque(maxlen=3)
    gr = g(w)
    for k in range(4):
        q = gr
        al = []
        for s, y in zip(reversed(S), reversed(Yl)):
            a = (s @ q) / (y @ s)
            al.append(a)
            q = q - a * y
        if S:
            q = q * ((S[-1] @ Yl[-1]) / (Yl[-1] @ Yl[-1]))
        for (s, y), a in zip(zip(S, Yl), reversed(al)):
            q = q + s * (a - (y @ q) / (y @ s))
        wn = w - 0.3 * q
        gn = g(wn)
        S.append(wn - w)
        Yl.append(gn - gr)
        w, gr = wn, gn
    return w


class Opt(abc.ABC):
    def __init__(self, params, **defaults):
        self.params, self.defaults, self.state = params, defaults, collections.defaultdict(dict)

    @abc.abstractmethod
    def update(self, k, p, g): ...
    def step(self, grads):
        for k in self.params:
            self.params[k] = self.update(k, self.params[k], grads[k])


class Momentum(Opt):
    def update(self, k, p, g):
        st = self.state[k]
        st["v"] = self.defaults["mu"] * st.get("v", 0) - self.defaults["lr"] * g
        return p + st["v"]


class RMS(Opt):
    def update(self, k, p, g):
        st = self.state[k]
        st["s"] = 0.9 * st.get("s", 0) + 0.1 * g * g
        return p - self.defaults["lr"] * g / (np.sqrt(st["s"]) + 1e-6)


@entry(W, 0.2)
def opt_classes(w, b):
    res = []
    for cls in (Momentum, RMS):
        o = cls({"w": w, "b": b}, lr=0.05, mu=0.9)
        for _ in range(3):
            o.step(anvil.grad(mse)(o.params, X, Y))
        res.append(mse(o.params, X, Y))
    return res


@entry(W, smooth=False)
def early(w):
    @dataclass
    class Stopper:
        patience: int
        best: float = math.inf
        bad: int = 0

        def __call__(self, v):
            if v < self.best - 1e-2:
                self.best, self.bad = v, 0
            else:
                self.bad += 1
            return self.bad >= self.patience

    stop = Stopper(2)
    vg = anvil.value_and_grad(lambda w: np.mean((X @ w - Y) ** 2))
    hist = []
    for e in range(30):
        v, g = vg(w)
        w = w - 0.2 * g
        if stop(v):
            break
    else:
        e = -1
    return w, e, stop.best


class Schedule:
    def __init__(self, base, milestones, gamma=0.1):
        self.base, self.ms, self.gamma = base, milestones, gamma

    def __getitem__(self, t):
        return self.base * self.gamma ** sum(t >= m for m in self.ms)

    def __iter__(self):
        t = 0
        while True:
            yield self[t]
            t += 1


@entry(W)
def sched(w):
    g = anvil.grad(lambda w: np.mean((X @ w - Y) ** 2))
    for t, lr in zip(range(5), Schedule(0.1, (2, 4))):
        w = w - lr * g(w)
    return w


def batches(X, Y, bs, rng=None, drop_last=False):
    idx = np.arange(len(X)) if rng is None else rng.permutation(len(X))
    for s in range(0, len(X), bs):
        b = idx[s : s + bs]
        if drop_last and len(b) < bs:
            return
        yield X[b], Y[b]


@entry(W)
def batch_gen(w):
    r = np.random.default_rng(0)
    for ep in range(2):
        for i, (xb, yb) in enumerate(batches(X, Y, 4, r)):
            w = w - 0.1 * xb.T @ (xb @ w - yb) / len(yb)
    return w


class Count:
    def __iter__(self):
        n = 1.0
        while True:
            yield n
            n *= 2


@entry(2.0)
def endless(x):
    out = []
    for v in Count():
        if v > 20:
            break
        out.append(v * x)
    return (
        out,
        [a * b for a, b in zip([x, x], Count())],
        list(itertools.islice(Count(), 3)),
        list(itertools.takewhile(lambda q: q < 5, Count())),
    )


@entry(2.0, 3.0)
def fixed_point(a, x0):
    def solve(a):
        x = x0
        for _ in range(30):
            x = np.cos(x) * a / 3
        return x

    f = anvil.custom_vjp(solve)

    def fwd(a):
        x = solve(a)
        return x, (a, x)

    def bwd(res, g):
        a, x = res
        return (g * (np.cos(x) / 3) / (1 + np.sin(x) * a / 3),)

    f.defvjp(fwd, bwd)
    return f(a) ** 2 + 0 * x0


@entry(0.7)
def clipped(x):
    @anvil.custom_jvp
    def g(x, y):
        return x * y

    @g.defjvp
    def g_jvp(ps, ts):
        (x, y), (dx, dy) = ps, ts
        return g(x, y), dx * y + x * dy

    return anvil.grad(lambda u: g(u, u * x))(x) + g(x, 3.0)
