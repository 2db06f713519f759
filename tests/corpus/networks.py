"""Networks as classes, dataclasses and functions; layers by loops; training loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import numpy as np

from tests.corpus.entries import entry

RNG = np.random.default_rng(15)


def sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


def relu(x: Any) -> Any:
    return np.where(x > 0, x, 0.0)


def softmax(x: Any) -> Any:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


class Module:
    """The base of layers."""

    def __call__(self, x: Any) -> Any:
        return self.forward(x)

    def forward(self, x: Any) -> Any:
        raise NotImplementedError


class Linear(Module):
    """A weight and a bias."""

    def __init__(self, weight: Any, bias: Any) -> None:
        self.weight, self.bias = weight, bias

    def forward(self, x: Any) -> Any:
        return x @ self.weight + self.bias


class Activation(Module):
    """A function as a layer."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


class Sequential(Module):
    """Layers one after the other."""

    def __init__(self, *layers: Module) -> None:
        self.layers = list(layers)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x


@entry(RNG.normal(size=(3, 4)), np.zeros(4) + 0.1, RNG.normal(size=(4, 2)), RNG.normal(size=(2, 3)))
def sequential(w1: Any, b1: Any, w2: Any, x: Any) -> Any:
    net = Sequential(Linear(w1, b1), Activation(np.tanh), Linear(w2, np.zeros(2)))
    return net(x)


@dataclass
class Dense:
    """A layer with its own activation."""

    w: Any
    b: Any
    activation: str = "tanh"

    def __call__(self, x: Any) -> Any:
        z = self.w @ x + self.b
        table = {"tanh": np.tanh, "relu": relu, "sigmoid": sigmoid, "linear": lambda t: t}
        return table[self.activation](z)


@entry(
    [
        Dense(RNG.normal(size=(4, 3)), RNG.normal(size=4)),
        Dense(RNG.normal(size=(3, 4)), RNG.normal(size=3), "sigmoid"),
        Dense(RNG.normal(size=(1, 3)), RNG.normal(size=1), activation="linear"),
    ],
    RNG.normal(size=3),
    xla=True,
)
def layers_of_dataclasses(layers: list[Dense], x: Any) -> Any:
    return reduce(lambda h, layer: layer(h), layers, x)[0]


@entry(
    {"w": RNG.normal(size=(3, 2)), "b": np.array([0.1, -0.1])},
    RNG.normal(size=(4, 3)),
    np.array([0, 1, 1, 0]),
)
def softmax_regression(params: dict[str, Any], x: Any, y: Any) -> Any:
    p = softmax(x @ params["w"] + params["b"])
    nll = -np.log(p[np.arange(len(y)), y]).mean()
    penalty = 0.01 * sum(np.sum(v**2) for v in params.values())
    return nll + penalty


@entry(RNG.normal(size=(2, 2)), RNG.normal(size=(2, 3)), RNG.normal(size=(4, 3)), xla=True)
def vanilla_rnn(w: Any, u: Any, xs: Any) -> Any:
    h = np.zeros(2)
    states = []
    for x in xs:
        h = np.tanh(w @ h + u @ x)
        states.append(h)
    return np.stack(states), h


@entry(RNG.normal(size=(3, 2, 4)), RNG.normal(size=(3, 2)))
def gru(weights: Any, xs: Any) -> Any:
    h = np.zeros(2)
    for x in xs:
        xh = np.concatenate((x, h))
        z = sigmoid(weights[0] @ xh)
        r = sigmoid(weights[1] @ xh)
        candidate = np.tanh(weights[2] @ np.concatenate((x, r * h)))
        h = (1 - z) * h + z * candidate
    return h


class LSTMCell:
    """Gates in a dictionary."""

    def __init__(self, w: Any) -> None:
        self.gates = dict(zip("ifog", np.split(w, 4), strict=True))

    def step(self, x: Any, state: tuple[Any, Any]) -> tuple[Any, Any]:
        h, c = state
        v = np.hstack([x, h, 1.0])
        i, f, o = (sigmoid(self.gates[k] @ v) for k in "ifo")
        c = f * c + i * np.tanh(self.gates["g"] @ v)
        return o * np.tanh(c), c


@entry(RNG.normal(size=(8, 5)), RNG.normal(size=(3, 2)))
def lstm_class(w: Any, xs: Any) -> Any:
    cell = LSTMCell(w)
    state = np.zeros(2), np.zeros(2)
    for x in xs:
        state = cell.step(x, state)
    return state


@entry(RNG.normal(size=(3, 4)), RNG.normal(size=(4, 12)), RNG.normal(size=(4, 4)))
def multi_head_attention(x: Any, wqkv: Any, wo: Any) -> Any:
    heads = 2
    n, d = x.shape
    q, k, v = np.split(x @ wqkv, 3, axis=1)
    outs = []
    for h in range(heads):
        part = slice(h * d // heads, (h + 1) * d // heads)
        scores = q[:, part] @ k[:, part].T / np.sqrt(d // heads)
        scores = np.where(np.tri(n) > 0, scores, -1e9)
        outs.append(softmax(scores) @ v[:, part])
    return np.concatenate(outs, axis=1) @ wo


@entry(RNG.normal(size=(3, 4)), np.ones(4), np.zeros(4))
def layer_norm_affine(x: Any, gamma: Any, beta: Any) -> Any:
    mean = x.mean(axis=-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + 1e-5) + beta


@entry(RNG.normal(size=(5, 3)), 0.9, True)
def batch_norm(x: Any, decay: float, training: bool) -> Any:
    running_mean, running_var = np.zeros(3), np.ones(3)
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean = decay * running_mean + (1 - decay) * mean
        running_var = decay * running_var + (1 - decay) * var
    else:
        mean, var = running_mean, running_var
    return (x - mean) / np.sqrt(var + 1e-5), running_mean, running_var


@entry(RNG.normal(size=(5, 5)), RNG.normal(size=(3, 3)), xla=True)
def convolution_loops(image: Any, kernel: Any) -> Any:
    kh, kw = kernel.shape
    h, w = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    out = np.empty((h, w))
    for i in range(h):
        for j in range(w):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel)
    return relu(out)


@entry(RNG.normal(size=(4, 4)))
def average_pool(x: Any) -> Any:
    h, w = x.shape
    return x.reshape(h // 2, 2, w // 2, 2).mean(axis=(1, 3))


@entry(RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=(2, 1)), xla=True)
def manual_backpropagation(x: Any, w1: Any, w2: Any) -> Any:
    y = np.array([[1.0], [0.0], [1.0], [0.0]])
    for _ in range(3):
        h = np.tanh(x @ w1)
        error = h @ w2 - y
        g2 = h.T @ error
        g1 = x.T @ ((error @ w2.T) * (1 - h**2))
        w1, w2 = w1 - 0.1 * g1, w2 - 0.1 * g2
    return w1, w2, float((error**2).mean())


@entry(RNG.normal(size=(2, 3)), RNG.normal(size=(3, 2)))
def autoencoder(encode: Any, decode: Any) -> Any:
    data = np.array([[0.5, -0.2, 0.1], [1.0, 0.3, -0.4]])
    loss = 0.0
    for row in data:
        code = np.tanh(encode @ row)
        loss += np.sum((decode @ code - row) ** 2)
    return loss / len(data)


@entry(RNG.normal(size=2), RNG.normal(size=2), RNG.normal(size=2))
def vae_terms(mu: Any, logvar: Any, eps: Any) -> tuple[Any, Any]:
    z = mu + np.exp(0.5 * logvar) * eps
    kl = -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))
    return np.sum((z - 1) ** 2), kl


@entry(RNG.normal(size=(4, 3)), RNG.normal(size=(3,)))
def perceptron_scores(x: Any, w: Any) -> Any:
    labels = (1, -1, 1, -1)
    hinge = 0.0
    for xi, yi in zip(x, labels, strict=True):
        margin = yi * (w @ xi)
        if margin < 1:
            hinge += 1 - margin
    return hinge + 0.5 * 0.1 * np.dot(w, w)


@entry(RNG.normal(size=(4, 2)), RNG.normal(size=(2, 2)))
def graph_convolution(x: Any, w: Any) -> Any:
    adjacency = np.array([[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]])
    a = adjacency + np.eye(4)
    d = np.diag(1 / np.sqrt(a.sum(axis=1)))
    h = relu(d @ a @ d @ x @ w)
    return h.sum(axis=0)


@entry(RNG.normal(size=(3, 4)), RNG.normal(size=(4, 3)), 0.5)
def residual_blocks(w1: Any, w2: Any, scale: float) -> Any:
    def block(x: Any, *, scale: float = 1.0) -> Any:
        return x + scale * np.tanh(x @ w1) @ w2

    blocks = [block, partial(block, scale=scale), partial(block, scale=0.1)]
    x = np.array([0.1, -0.4, 0.3])
    for b in blocks:
        x = b(x)
    return x


@entry(RNG.normal(size=6), np.array([0.3, -0.1]))
def word_vectors(flat: Any, context: Any) -> Any:
    vocabulary = {"the": 0, "cat": 1, "sat": 2}
    table = flat.reshape(3, 2)
    score = 0.0
    for word in ["the", "cat", "sat", "cat"]:
        v = table[vocabulary[word]]
        score += np.log(sigmoid(v @ context))
    return score


@entry(RNG.normal(size=(3, 3)), np.array([1.0, 0.0, 0.0]))
def gumbel_softmax(logits: Any, noise: Any) -> Any:
    def sample(row: Any, temperature: float = 0.5) -> Any:
        z = (row + noise) / temperature
        z = z - np.max(z)
        return np.exp(z) / np.exp(z).sum()

    return np.array([sample(row) for row in logits])


@entry(RNG.normal(size=(2, 4)), 3)
def positional_encoding(x: Any, repeat: int) -> Any:
    n, d = x.shape
    table = np.zeros((n, d))
    for pos in range(n):
        for i in range(0, d, 2):
            angle = pos / 10000 ** (i / d)
            table[pos, i] = np.sin(angle)
            table[pos, i + 1] = np.cos(angle)
    for _ in range(repeat):
        x = np.tanh(x + table)
    return x


@entry(RNG.normal(size=3), RNG.normal(size=3), RNG.normal(size=3), 0.2)
def triplet_loss(anchor: Any, positive: Any, negative: Any, margin: float) -> Any:
    def distance(a: Any, b: Any) -> Any:
        return np.sqrt(((a - b) ** 2).sum() + 1e-12)

    return max(distance(anchor, positive) - distance(anchor, negative) + margin, 0.0)


@entry(RNG.normal(size=(5,)), np.array([0.0, 0.0, 1.0, 0.0, 1.0]))
def discounted_returns(values: Any, rewards: Any) -> Any:
    advantage, carry = np.zeros_like(values), 0.0
    for t in reversed(range(len(rewards))):
        following = values[t + 1] if t + 1 < len(values) else 0.0
        delta = rewards[t] + 0.9 * following - values[t]
        carry = delta + 0.9 * 0.95 * carry
        advantage[t] = carry
    return advantage, advantage + values
