"""The measured programs as a user of jax writes them: what jax traces."""

import jax
import jax.numpy as jnp

LAYERS = 20
STEPS = 1000


def cross_entropy(scores, targets):
    """Mean cross entropy of rows of scores against one-hot rows."""
    scores = scores - jnp.max(scores, axis=1, keepdims=True)
    log_p = scores - jnp.log(jnp.sum(jnp.exp(scores), axis=1, keepdims=True))
    return -jnp.mean(jnp.sum(log_p * targets, axis=1))


def mlp(params, x, targets):
    """The loss of a two-layer network."""
    hidden = jnp.tanh(x @ params["w1"] + params["b1"])
    return cross_entropy(hidden @ params["w2"] + params["b2"], targets)


def deep_mlp(layers, x, targets):
    """The loss of a network of `LAYERS` layers."""
    for w, b in layers:
        x = jnp.tanh(x @ w + b)
    return cross_entropy(x, targets)


def logistic_map(x):
    """The logistic map, iterated `STEPS` times."""
    return jax.lax.fori_loop(0, STEPS, lambda _, x: 3.0 * x * (1.0 - x), x)
