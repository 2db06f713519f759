"""Estimators in plain NumPy: trees, embeddings, fields, searches and schedules."""

from __future__ import annotations

import itertools
import math
from collections import OrderedDict, deque
from dataclasses import dataclass, field

import numpy as np

from tests.corpus.entries import entry
from tests.corpus.machines import XS

TREE = {
    "feature": 0,
    "threshold": 0.3,
    "left": {"feature": 1, "threshold": 0.0, "left": 1.0, "right": 2.5},
    "right": -0.5,
}


def evaluate(node, x, sharp=None):
    if not isinstance(node, dict):
        return node
    f, t = node["feature"], node["threshold"]
    if sharp is None:
        return evaluate(node["left"] if x[f] < t else node["right"], x)
    p = 1 / (1 + np.exp(-sharp * (t - x[f])))
    return p * evaluate(node["left"], x, sharp) + (1 - p) * evaluate(node["right"], x, sharp)


@entry(XS, TREE, 3.0)
def decision_tree(xs, tree, sharp):
    hard = np.array([evaluate(tree, x) for x in xs])
    soft = np.array([evaluate(tree, x, sharp) for x in xs])
    return hard, soft


@entry(XS)
def tsne_gradient(x):
    y = x[:, ::-1] * 0.1
    n = len(x)

    def affinities(z, kernel):
        d = ((z[:, None] - z[None]) ** 2).sum(-1)
        w = kernel(d)
        w = w * (1 - np.eye(n))
        return w, w / w.sum()

    _, P = affinities(x, lambda d: np.exp(-d))
    q, Q = affinities(y, lambda d: 1 / (1 + d))
    PQ = (P - Q) * q
    grad = 4 * (np.diag(PQ.sum(1)) - PQ) @ y
    kl = np.where(P > 0, P * np.log(np.maximum(P, 1e-12) / np.maximum(Q, 1e-12)), 0.0).sum()
    return grad, kl


@entry(
    np.array([[0.2, 0.5, 0.1], [0.4, -0.3, 0.9], [0.0, 0.2, 0.3]]),
    np.array([[0.1, -0.2, 0.0], [0.3, 0.2, -0.1], [0.0, 0.1, 0.4]]),
    [0, 2, 1],
)
def crf_loss(emit, trans, tags):
    def lse(a, axis=None):
        m = np.max(a, axis=axis, keepdims=True)
        s = np.log(np.sum(np.exp(a - m), axis=axis, keepdims=True)) + m
        return np.squeeze(s, axis=axis) if axis is not None else s.item()

    score = emit[0, tags[0]]
    for t, (a, b) in enumerate(itertools.pairwise(tags), start=1):
        score += trans[a, b] + emit[t, b]
    alpha = emit[0]
    for row in emit[1:]:
        alpha = lse(alpha[:, None] + trans, axis=0) + row
    return lse(alpha) - score


@entry(np.log(np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6]])), 2, smooth=False)
def beam_search(logp, width):
    beams = [((0,), 0.0)]
    for _ in range(3):
        candidates = [(seq + (k,), s + logp[seq[-1], k]) for seq, s in beams for k in range(3)]
        candidates.sort(key=lambda c: -c[1])
        beams = candidates[:width]
    return [s for _, s in beams]


@entry(
    np.array([[5.0, 3.0, -0.5], [4.0, -0.5, 1.0], [1.0, 1.0, 5.0]]),
    np.array([[0.5, 0.1], [0.3, 0.4], [0.2, 0.9]]),
    np.array([[0.7, 0.2], [0.3, 0.3], [0.1, 0.8]]),
)
def matrix_factorisation(R, P, Q):
    P, Q = P.copy(), Q.copy()
    for _ in range(2):
        for u in range(R.shape[0]):
            for i in range(R.shape[1]):
                if R[u, i] < 0:
                    continue
                e = R[u, i] - P[u].dot(Q[i])
                pu = P[u].copy()
                P[u] += 0.02 * (e * Q[i] - 0.1 * P[u])
                Q[i] += 0.02 * (e * pu - 0.1 * Q[i])
    return P, Q


@entry(np.array([1.0, 2.0, 0.5, 3.0]), rtol=1e-10)
def deque_of_losses(values):
    window = deque(maxlen=3)
    out = OrderedDict()
    for i, v in enumerate(values):
        window.appendleft(v * v)
        out[f"step{i}"] = sum(window) / len(window) - min(window)
    return out


@dataclass
class Schedule:
    base: float
    warmup: int = 2
    history: list = field(default_factory=list)

    def __call__(self, step):
        if step < self.warmup:
            lr = self.base * (step + 1) / self.warmup
        else:
            lr = self.base * 0.5 * (1 + math.cos(math.pi * (step - self.warmup) / 6))
        self.history.append(lr)
        return lr


@entry(np.array([1.0, -2.0]), Schedule(0.3))
def descent_on_schedule(w, schedule):
    s = Schedule(schedule.base, schedule.warmup)
    for step in range(6):
        w = w - s(step) * (2 * w + np.sin(w))
    return w, s.history


@entry(np.array([[0.1, 0.9, 0.3], [0.5, 0.2, 0.8]]), np.array([2, 0]))
def label_smoothed(logits, labels, eps=0.1):
    n, k = logits.shape
    shifted = logits - logits.max(axis=-1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    target = np.full((n, k), eps / (k - 1))
    target[np.arange(n), labels] = 1 - eps
    acc = (logits.argmax(1) == labels).mean()
    return -(target * logp).sum(1).mean(), acc


@entry(np.linspace(-1, 1, 12).reshape(3, 4), np.linspace(0.2, -0.4, 16).reshape(4, 4), 2)
def grouped_attention_with_cache(x, w, heads):
    n, d = x.shape
    dh = d // heads
    cache = {"k": [], "v": []}
    outs = []
    for t in range(n):
        q, k, v = (x[t] @ (w + s * np.eye(d)) for s in (0.1, 0.2, 0.3))
        cache["k"].append(k.reshape(heads, dh))
        cache["v"].append(v.reshape(heads, dh))
        K, V = np.stack(cache["k"]), np.stack(cache["v"])
        score = np.einsum("hd,thd->ht", q.reshape(heads, dh), K) / dh**0.5
        a = np.exp(score - score.max(-1, keepdims=True))
        a /= a.sum(-1, keepdims=True)
        outs.append(np.einsum("ht,thd->hd", a, V).ravel())
    return np.stack(outs)
