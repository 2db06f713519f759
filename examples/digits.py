"""Handwritten digits, learnt by plain NumPy code: `make demo`.

Two classifiers for the 1,797 scanned digits that scikit-learn ships: multinomial logistic
regression and a two-layer network. Models and losses below are ordinary NumPy functions (they run
in Python as they stand, and this program does so to check a derivative); the one thing asked of
anvil is `value_and_grad(loss)`. Adam and the minibatches are ordinary NumPy too.

Prints the accuracy on a held-out third, writes the loss curves and some predicted digits to `out/`,
and ends with the gradient program itself: its size and its text.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from tqdm import tqdm

import anvil

SIDE, CLASSES, HIDDEN, BATCH = 8, 10, 256, 32
Params = dict[str, np.ndarray]


# The models: plain NumPy.


def logistic_regression(params: Params, x: np.ndarray) -> np.ndarray:
    return x @ params["w"] + params["b"]


def mlp(params: Params, x: np.ndarray) -> np.ndarray:
    hidden = np.maximum(x @ params["w1"] + params["b1"], 0.0)
    return hidden @ params["w2"] + params["b2"]


def cross_entropy(scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    scores = scores - scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return -(log_p * targets).sum(axis=1).mean()


def logistic_loss(params: Params, x: np.ndarray, targets: np.ndarray) -> np.ndarray:
    decay = 5e-5 * (params["w"] ** 2).sum()
    return cross_entropy(logistic_regression(params, x), targets) + decay


def mlp_loss(params: Params, x: np.ndarray, targets: np.ndarray) -> np.ndarray:
    decay = 5e-5 * ((params["w1"] ** 2).sum() + (params["w2"] ** 2).sum())
    return cross_entropy(mlp(params, x), targets) + decay


# The data.


@dataclass
class Digits:
    """Images in [0, 1] and labels, two thirds to learn from and a third held out."""

    train_x: np.ndarray
    train_y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray


def load(seed: int = 0) -> Digits:
    digits = load_digits()
    x, y = digits.data / 16.0, digits.target
    order = np.random.default_rng(seed).permutation(len(x))
    test, train = np.split(order, [len(x) // 3])
    return Digits(x[train], y[train], x[test], y[test])


def shaken(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same digits, noisy, every third one moved by up to a pixel: more data for the network."""
    n = len(x)
    padded = np.pad(x.reshape(n, SIDE, SIDE), ((0, 0), (1, 1), (1, 1)))
    move = 1 + rng.integers(-1, 2, size=(2, n, 1)) * (rng.random((1, n, 1)) < 0.3)
    rows, cols = move + np.arange(SIDE)
    moved = padded[np.arange(n)[:, None, None], rows[:, :, None], cols[:, None, :]]
    return moved.reshape(n, -1) + 0.1 * rng.normal(size=x.shape)


# Learning.


def adam(params: Params, rates: np.ndarray) -> Iterator[Params | None]:
    """A coroutine: send it gradients, it moves `params` in place."""
    mean = {k: np.zeros_like(v) for k, v in params.items()}
    square = {k: np.zeros_like(v) for k, v in params.items()}
    for step, rate in enumerate(rates, start=1):
        grads = yield params
        for k, g in grads.items():
            mean[k] += 0.1 * (g - mean[k])
            square[k] += 0.001 * (g * g - square[k])
            unbiased = np.sqrt(square[k] / (1 - 0.999**step)) + 1e-8
            params[k] -= rate * mean[k] / (1 - 0.9**step) / unbiased
    yield params


@dataclass
class Run:
    """A model, how to train it, and what came of it."""

    name: str
    model: Callable[..., Any]
    loss: Callable[..., Any]
    params: Params
    rate: float
    epochs: int
    shake: bool = False
    accuracy: float = 0.0


def train(run: Run, data: Digits, seed: int = 1) -> list[float]:
    """Train `run.params` in place; the mean loss of every epoch."""
    rng = np.random.default_rng(seed)
    targets = np.eye(CLASSES)[data.train_y]
    steps = len(data.train_x) // BATCH
    total = run.epochs * steps
    rates = run.rate * 0.5 * (1 + np.cos(np.pi * np.arange(total) / total))
    optimiser = adam(run.params, rates)
    next(optimiser)
    gradient = anvil.value_and_grad(run.loss)
    losses = []
    bar = tqdm(range(run.epochs), desc=f"{run.name:>20}", unit=" epochs")
    for _ in bar:
        order = rng.permutation(len(data.train_x))
        x = shaken(data.train_x, rng) if run.shake else data.train_x
        total_loss = 0.0
        for batch in np.split(order[: steps * BATCH], steps):
            value, grads = gradient(run.params, x[batch], targets[batch])
            optimiser.send(grads)
            total_loss += float(value)
        losses.append(total_loss / steps)
        bar.set_postfix(loss=f"{losses[-1]:.4f}")
    return losses


def check_gradient(run: Run, x: np.ndarray, targets: np.ndarray) -> float:
    """Relative error of the compiled gradient along a random line; `loss` itself runs in Python."""
    rng = np.random.default_rng(2)
    direction = {k: rng.normal(size=v.shape) for k, v in run.params.items()}

    def along(h: float) -> float:
        moved = {k: v + h * direction[k] for k, v in run.params.items()}
        return float(run.loss(moved, x, targets))

    _, grads = anvil.value_and_grad(run.loss)(run.params, x, targets)
    compiled = sum(float((grads[k] * direction[k]).sum()) for k in grads)
    h = 1e-6
    numeric = (along(h) - along(-h)) / (2 * h)
    return abs(compiled - numeric) / abs(numeric)


# What is shown.


def draw_losses(curves: dict[str, list[float]], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for name, losses in curves.items():
        axes.semilogy(np.arange(1, len(losses) + 1), losses, label=name)
    axes.set(xlabel="epoch", ylabel="mean training loss", title="Handwritten digits")
    axes.legend()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def draw_digits(x: np.ndarray, truth: np.ndarray, guess: np.ndarray, path: Path) -> None:
    """Mistakes first (in red), then digits as they come."""
    order = np.argsort(truth == guess, kind="stable")[:24]
    figure, grid = plt.subplots(3, 8, figsize=(8, 3.6), layout="constrained")
    for axes, i in zip(grid.flat, order, strict=True):
        axes.imshow(x[i].reshape(SIDE, SIDE), cmap="gray_r")
        right = truth[i] == guess[i]
        label = f"{guess[i]}" if right else f"{guess[i]}, is {truth[i]}"
        axes.set_title(label, color="black" if right else "crimson", fontsize=10)
        axes.axis("off")
    figure.suptitle("What the network reads")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def show_program(run: Run, x: np.ndarray, targets: np.ndarray, lines: int) -> None:
    """How many operations the gradient program holds, of which kinds, and its first lines."""
    gradient = anvil.value_and_grad(run.loss)
    text = str(gradient.ir(run.params, x, targets, stage="opt"))
    counts = Counter(re.findall(r"^ *%.*? = (\w+)", text, flags=re.MULTILINE))
    print(f"\n{run.name}: value and gradient in {counts.total()} operations")
    print("  " + ", ".join(f"{n} {kind}" for kind, n in counts.most_common()))
    shown = text.splitlines()
    print("\n".join(f"  {line}" for line in shown[:lines]))
    if len(shown) > lines:
        print(f"  ... {len(shown) - lines} more lines; `anvil show` prints them all")


def evaluate(run: Run, data: Digits) -> np.ndarray:
    """Predicted classes of the held-out digits; notes the accuracy in `run`."""
    guess = np.asarray(anvil.jit(run.model)(run.params, data.test_x)).argmax(axis=1)
    run.accuracy = float((guess == data.test_y).mean())
    return guess


def runs(epochs: int, seed: int = 0) -> list[Run]:
    rng = np.random.default_rng(seed)
    inputs = SIDE * SIDE
    linear = {"w": np.zeros((inputs, CLASSES)), "b": np.zeros(CLASSES)}
    layered = {
        "w1": rng.normal(size=(inputs, HIDDEN)) * np.sqrt(2 / inputs),
        "b1": np.zeros(HIDDEN),
        "w2": rng.normal(size=(HIDDEN, CLASSES)) * np.sqrt(2 / HIDDEN),
        "b2": np.zeros(CLASSES),
    }
    return [
        Run("logistic regression", logistic_regression, logistic_loss, linear, 0.02, epochs),
        Run("two-layer network", mlp, mlp_loss, layered, 0.003, epochs, shake=True),
    ]


def main(epochs: int = 60, out: str | Path = "out", ir_lines: int = 40) -> dict[str, float]:
    """Train both models, draw, print; the held-out accuracy of each by name."""
    data = load()
    targets = np.eye(CLASSES)[data.train_y]
    print(f"{len(data.train_x)} digits to learn from, {len(data.test_x)} held out")
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    curves, models = {}, runs(epochs)
    guess = data.test_y
    for run in models:
        started = time.perf_counter()
        curves[run.name] = train(run, data)
        seconds = time.perf_counter() - started
        guess = evaluate(run, data)
        error = check_gradient(run, data.train_x[:BATCH], targets[:BATCH])
        for name, weights in run.params.items():
            assert weights.dtype == np.float64, f"{name} became {weights.dtype}"
        print(
            f"{run.name:>20}: test accuracy {run.accuracy:.4f} in {seconds:.1f} s; "
            f"gradient against finite differences: {error:.0e}; weights are float64"
        )
    draw_losses(curves, folder / "loss.png")
    draw_digits(data.test_x, data.test_y, guess, folder / "digits.png")
    print(f"wrote {folder / 'loss.png'} and {folder / 'digits.png'}")
    for run in models:
        show_program(run, data.train_x[:BATCH], targets[:BATCH], ir_lines)
    return {run.name: run.accuracy for run in models}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Handwritten digits under anvil.value_and_grad")
    parser.add_argument("--epochs", type=int, default=60, help="passes over the training digits")
    parser.add_argument("--out", default="out", help="folder of the two pictures")
    parser.add_argument("--ir-lines", type=int, default=40, help="lines of each program to print")
    arguments = parser.parse_args()
    main(arguments.epochs, arguments.out, arguments.ir_lines)
