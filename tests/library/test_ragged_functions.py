"""Functions of vectors whose length the data decides: as NumPy, also where nothing is left."""

from __future__ import annotations

import linecache
from typing import Any

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree

X = np.array([1.3, -0.4, 2.2, 0.7, -1.1, 3.0, 0.2, 1.9])
Y = np.array([0.3, 1.4, -2.2, 1.7, 0.1, 2.0, -0.2, 0.9])

BODIES = """
w[np.argsort(w)] * v
np.average(w, weights=v**2)
np.cov(x[: i + 1], y[: i + 1])[0, 1]
np.corrcoef(x[: i + 1], y[: i + 1])[0, 1]
np.trapezoid(w, v)
np.interp(0.5, np.sort(w), v)
np.nansum(w), np.nanmean(w), np.nanstd(w), np.nanmedian(w)
np.nanmax(w)
w[w > 0][v[w > 0] > -1]
np.roll(w, 1) * v
np.convolve(w, v)
np.convolve(w, [1.0, 2.0, 1.0], mode="same")
np.correlate(w, v)
np.tile(w, 2), np.repeat(w, 2), np.kron(w, [1.0, 2.0])
np.stack([w, v])
np.stack([w, v]) @ v
np.column_stack([w, v]), np.vstack([v, w])
np.maximum.accumulate(w), np.add.accumulate(w)
np.add.reduce(w), np.multiply.reduce(w)
np.maximum.reduce(w)
np.unique(w)
np.einsum("i,i->", w, v)
np.einsum("i,j->ij", w, v)
np.ones(len(w)) * w, np.full(len(w), 2.0), np.zeros((2, len(w)))
np.arange(len(w)) * w, np.arange(i, i + len(w))[::-1]
np.linspace(0, 1, len(w)) * w
max(w), min(w)
sum(w)
w[::2], w[1::2], w[::-2], w[-1::-3]
w.reshape(-1, 1) * v[None, :]
np.nonzero(w > 0)[0], np.flatnonzero(w > 0), np.argwhere(w > 0)
np.searchsorted(np.sort(w), 0.5), np.digitize(w, [0.0, 1.0]), np.digitize(w, [1.0, 0.0])
np.histogram(w, bins=3, range=(-2, 4))[0]
np.bincount((w > 0).astype(int), minlength=2)
np.insert(w, len(w), 1.0), np.insert(w, 0, [1.0, 2.0])
np.delete(w, 0)
np.delete(w, -1)
np.pad(w, 1), np.pad(w, (0, 2), constant_values=1.0)
np.pad(w, 1, mode="edge")
np.take(w, [0])
np.compress(w > 0, w), np.extract(w > 0, v)
np.fft.fft(w), np.fft.rfft(w)
np.vander(w, 3)
np.diag(w), np.trace(np.outer(w, v)), np.triu(np.outer(w, v)), np.tril(np.outer(w, v), -1)
np.sum(w, initial=2.0), np.max(w, initial=0.0)
np.sum(w, where=w > 0)
np.linalg.solve(np.outer(w, w) + np.eye(len(w)), v)
np.linalg.inv(np.outer(w, w) + np.eye(len(w))) @ v
np.linalg.det(np.outer(w, w) + np.eye(len(w)))
np.linalg.lstsq(np.column_stack([np.ones_like(x[: i + 1]), x[: i + 1]]), y[: i + 1])[0]
np.percentile(w, 30), np.quantile(w, [0.1, 0.9])
np.linalg.norm(w, np.inf), np.linalg.norm(w, 1)
np.gradient(w)
"""


def _function(body: str, take: str = "summed") -> Any:
    """A function of windows that end at the largest element."""
    source = (
        f"def windows(x, y):\n    i = np.argmax(x)\n    w, v = x[1 : i + 1], y[:i]\n"
        f"    return {take}(({body}))\n"
    )
    name = f"<{body}>"
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    scope: dict[str, Any] = {"np": np, "summed": _summed, "total": _total}
    exec(compile(source, name, "exec"), scope)
    return scope["windows"]


def _summed(found: Any) -> Any:
    """Numbers that arrays of computed length can be compared by."""
    if isinstance(found, tuple):
        return tuple(map(_summed, found))
    weights = 1.0 + np.arange(np.shape(found)[0]) if np.ndim(found) else 1.0
    total = np.abs(weights @ found) if np.ndim(found) else found
    return np.sum(total), np.shape(found)


def _total(found: Any) -> Any:
    return _summed(found)[0]


@pytest.mark.parametrize("body", BODIES.strip().splitlines())
@pytest.mark.filterwarnings("ignore:.*(egrees of freedom|mean of empty|Mean of empty)")
def test_functions_of_windows(body: str) -> None:
    windows = _function(body)
    for shift in (0, 3):
        agree(windows, np.roll(X, shift), Y)


DIFFERENTIABLE = [
    "w[np.argsort(w)] @ v",
    "np.stack([w, v]) @ v",
    "np.convolve(w, v)",
    "np.linalg.solve(np.outer(w, w) + np.eye(len(w)), v)",
    "np.interp(0.5, np.sort(w), v)",
    "np.roll(w, 1) * v",
]


@pytest.mark.filterwarnings("ignore::anvil.AnvilWarning")
@pytest.mark.parametrize("body", DIFFERENTIABLE)
def test_their_derivatives(body: str) -> None:
    windows = _function(body, "total")
    anvil.check_grads(windows, (X, Y), order=2)


def deleted(x, k):
    y = x[x > 0]
    return np.delete(y, k), np.delete(y, y > 1.5), np.delete(x, np.where(x < 0)[0])


def divided(x, k):
    y = x[x > 0]
    return np.partition(y, k)[k], np.sort(y[np.argpartition(y, k)])


@pytest.mark.parametrize("k", [1, -1, 5])
@pytest.mark.parametrize("program", [deleted, divided])
def test_places_are_checked(program, k):
    agree(program, np.array([1.0, -2.0, 3.0, -1.0, 0.5]), k)
