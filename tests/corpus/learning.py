"""Cells, losses and updates of learning."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.corpus.entries import entry

RNG = np.random.default_rng(5)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def softmax(x: Any, axis: int = -1) -> Any:
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def logsumexp(x: Any) -> Any:
    m = x.max()
    return m + np.log(np.sum(np.exp(x - m)))


@entry(RNG.normal(size=(8, 5)), RNG.normal(size=8), RNG.normal(size=(4, 3)), xla=True)
def lstm(w: Any, b: Any, xs: Any) -> Any:
    h, c = np.zeros(2), np.zeros(2)
    for x in xs:
        z = w @ np.concatenate([x, h]) + b
        i, f, o, g = np.split(z, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return h, c


@entry(RNG.normal(size=(3, 4)), RNG.normal(size=(5, 4)), RNG.normal(size=(5, 2)), xla=True)
def attention(q: Any, k: Any, v: Any) -> Any:
    scores = q @ k.T / np.sqrt(q.shape[-1])
    return softmax(scores) @ v


@entry(RNG.normal(size=(4, 4)), RNG.normal(size=(4, 3)))
def causal_attention(scores: Any, v: Any) -> Any:
    mask = np.tril(np.ones((4, 4), dtype=bool))
    return softmax(np.where(mask, scores, -1e9)) @ v


@entry(RNG.normal(size=(5, 3)), RNG.normal(size=3), np.array([0, 1, 1, 0, 1]))
def logistic_loss(x: Any, w: Any, y: Any) -> Any:
    z = x @ w
    return np.mean(np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0) - y * z)


@entry(RNG.normal(size=(6, 3)), np.array([0, 2, 1, 1, 0, 2]))
def cross_entropy(logits: Any, labels: Any) -> Any:
    logp = logits - np.array([logsumexp(row) for row in logits])[:, None]
    return -logp[np.arange(len(labels)), labels].mean()


@entry(RNG.normal(size=(7, 2)), RNG.normal(size=(2, 2)))
def k_means_step(points: Any, centres: Any) -> Any:
    new = np.zeros_like(centres)
    count = np.zeros(len(centres))
    for p in points:
        d = np.sum((centres - p) ** 2, axis=1)
        k = np.argmin(d)
        new[k] += p
        count[k] += 1
    for k in range(len(centres)):
        if count[k] > 0:
            new[k] /= count[k]
        else:
            new[k] = centres[k]
    return new, count


@entry(RNG.normal(size=(4, 6)), np.ones(6), np.zeros(6))
def layer_norm(x: Any, gain: Any, bias: Any) -> Any:
    mean = x.mean(axis=-1, keepdims=True)
    var = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    return gain * (x - mean) / np.sqrt(var + 1e-5) + bias


@entry(np.array([0.5, -1.0, 2.0]), np.array([0.1, 0.3, 0.4]), 3)
def adam(w: Any, g: Any, steps: int) -> Any:
    m = v = np.zeros_like(w)
    for t in range(1, steps + 1):
        grad = g + 0.1 * w
        m = 0.9 * m + 0.1 * grad
        v = 0.999 * v + 0.001 * grad**2
        w = w - 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w


@entry(
    {
        "layers": [
            {"w": RNG.normal(size=(3, 2)), "b": np.zeros(3)},
            {"w": RNG.normal(size=(1, 3)), "b": np.ones(1)},
        ]
    },
    RNG.normal(size=2),
)
def nested_parameters(params: Any, x: Any) -> Any:
    *hidden, last = params["layers"]
    for layer in hidden:
        x = np.maximum(layer["w"] @ x + layer["b"], 0)
    return (last["w"] @ x + last["b"])[0]


@entry(RNG.normal(size=(3, 2, 2)), RNG.normal(size=2))
def stacked_layers(ws: Any, x: Any) -> Any:
    for w in ws:
        x = np.tanh(w @ x) + x
    return x


@entry(RNG.normal(size=(6, 4)), smooth=False)
def max_pooling(x: Any) -> Any:
    h, w = x.shape
    out = x.reshape(h // 2, 2, w // 2, 2).max(axis=(1, 3))
    return out, x.argmax(axis=1), np.sort(x, axis=0)[-2]


@entry(RNG.normal(size=5), RNG.normal(size=(5, 3)), 0.7)
def gaussian_kernel(w: Any, x: Any, scale: float) -> Any:
    d2 = np.sum((x[:, None, :] - x[None, :, :]) ** 2, axis=-1)
    k = np.exp(-d2 / (2 * scale**2))
    return w @ k @ w


@entry(RNG.normal(size=(3, 3)), np.array([1, 0, 2, 1]))
def embedding_sum(table: Any, tokens: Any) -> Any:
    total = np.zeros(3)
    for t in tokens:
        total += np.tanh(table[t] + total)
    return total, table[tokens].sum()


@entry(RNG.normal(size=4), RNG.normal(size=4))
def huber(a: Any, b: Any) -> Any:
    r = a - b
    return np.where(np.abs(r) < 1.0, 0.5 * r**2, np.abs(r) - 0.5).sum()


@entry(RNG.normal(size=(4, 3)))
def pairwise_by_loops(x: Any) -> Any:
    n = x.shape[0]
    d = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1, n):
            d[i, j] = d[j, i] = np.sqrt(np.sum((x[i] - x[j]) ** 2))
    return d


@entry(RNG.normal(size=(2, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=2))
def gru_in_while(u: Any, w: Any, h: Any) -> Any:
    t = 0
    while t < 4 and np.abs(h).sum() > 0.01:
        z = sigmoid(u @ np.ones(3) + h)
        h = (1 - z) * h + z * np.tanh(h @ w.T @ u.T)
        t += 1
    return h, t
