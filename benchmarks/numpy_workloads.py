"""The measured programs as a user of NumPy writes them: what anvil reads."""

import numpy as np

LAYERS = 20
STEPS = 1000


def cross_entropy(scores, targets):
    """Mean cross entropy of rows of scores against one-hot rows."""
    scores = scores - np.max(scores, axis=1, keepdims=True)
    log_p = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    return -np.mean(np.sum(log_p * targets, axis=1))


def mlp(params, x, targets):
    """The loss of a two-layer network."""
    hidden = np.tanh(x @ params["w1"] + params["b1"])
    return cross_entropy(hidden @ params["w2"] + params["b2"], targets)


def deep_mlp(layers, x, targets):
    """The loss of a network of `LAYERS` layers."""
    for w, b in layers:
        x = np.tanh(x @ w + b)
    return cross_entropy(x, targets)


def logistic_map(x):
    """The logistic map, iterated `STEPS` times, where its derivative neither explodes nor dies."""
    for _ in range(STEPS):
        x = 3.0 * x * (1.0 - x)
    return x


def gathered(x, places):
    """A walk through an array at places that the data give: an index check at each step."""
    total = 0.0
    for i in range(len(places)):
        total += x[places[i]] * 0.5
    return total


def collatz(n):
    """Python ints: each step may overflow, and says so."""
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def harmonic(x, n):
    """Python floats: each division may be by zero."""
    total = 0.0
    for i in range(n):
        total += 1.0 / (x + i)
    return total
