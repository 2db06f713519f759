"""Choosing among things: permutations, samples with and without replacement, categories."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.random.base import bits, require, sized, unit
from anvil.library.random.continuous import standard_gumbel
from anvil.library.random.discrete import integers
from anvil.library.refusal import static
from anvil.library.special.primitives import constant


def _order(key: Any, n: Any) -> Any:
    """The numbers below n in random order."""
    return np.argsort(bits(key, (n,), np.uint64), kind="stable")


def permutation(key: Any, x: Any, axis: Any = 0) -> Any:
    """The slices of `x` along `axis` in random order; the numbers below `x` for an int."""
    if np.ndim(x) == 0:
        return _order(key, static(x))
    a = np.asarray(x)
    return np.take(a, _order(key, a.shape[axis]), axis=axis)


def permuted(key: Any, x: Any, axis: Any = None) -> Any:
    """`x` with each lane along `axis` in a random order of its own; all elements for None."""
    a = np.asarray(x)
    if axis is None:
        return np.take(a.ravel(), _order(key, a.size)).reshape(a.shape)
    places = np.argsort(bits(key, a.shape, np.uint64), axis=axis, kind="stable")
    return np.take_along_axis(a, places, axis=axis)


def choice(
    key: Any, a: Any, size: Any = None, replace: Any = True, p: Any = None, axis: Any = 0
) -> Any:
    """Slices of `a` along `axis` (numbers below `a` for an int), with probabilities `p`."""
    shape = sized(size)
    if np.ndim(a) == 0:
        n = static(a)
        if n <= 0:
            raise ValueError("a must be a positive integer unless no samples are taken")
        return _places(key, n, shape, static(replace), p)
    things = np.asarray(a)
    n = things.shape[axis]
    if n == 0:
        raise ValueError("a cannot be empty unless no samples are taken")
    return np.take(things, _places(key, n, shape, static(replace), p), axis=axis)


def _places(key: Any, n: Any, shape: Any, replace: Any, p: Any) -> Any:
    count = int(np.prod(shape))
    if p is not None:
        p = np.asarray(constant(np.asarray(p, dtype=float)))
        if np.shape(p) != (n,):
            raise ValueError("a and p must have same size")
        require(p >= 0, "Probabilities are not non-negative")
        require(
            np.abs(np.sum(p) - 1.0) <= 1.5e-8,
            "Probabilities do not sum to 1. See Notes section of docstring for more information.",
        )
    if replace:
        if p is None:
            return integers(key, 0, n, size=shape)
        total = np.cumsum(p)
        return np.searchsorted(total / total[-1], unit(key, shape, float), side="right")
    if count > n:
        raise ValueError("Cannot take a larger sample than population when replace is False")
    if p is None:
        order = _order(key, n)
    else:
        require(np.sum(p > 0) >= count, "Fewer non-zero entries in p than size")
        score = np.where(p > 0, np.log(np.where(p > 0, p, 1.0)), -np.inf)
        order = np.argsort(-(score + standard_gumbel(key, (n,), float)), kind="stable")
    return np.reshape(order[:count], shape)[()]


def categorical(key: Any, logits: Any, axis: Any = -1, size: Any = None) -> Any:
    """Numbers of categories with probabilities softmax(`logits`) along `axis`."""
    logits = np.asarray(constant(np.asarray(logits)))
    logits = logits if logits.dtype.kind == "f" else logits.astype(float)
    if size is None:
        noise = standard_gumbel(key, logits.shape, logits.dtype)
        return np.argmax(logits + noise, axis=axis)
    last = np.moveaxis(logits, axis, -1)
    shape = (*sized(size, last[..., 0]), last.shape[-1])
    return np.argmax(last + standard_gumbel(key, shape, logits.dtype), axis=-1)
