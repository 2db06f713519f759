"""The test functions of optimisation and of automatic differentiation."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from tests.corpus.entries import entry

RNG = np.random.default_rng(11)
P = RNG.normal(size=4)
XY = np.array([0.4, -0.7])


@entry(P)
def rosenbrock(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@entry(P, xla=True)
def rosenbrock_by_loop(x: Any) -> Any:
    total = 0.0
    for i in range(len(x) - 1):
        a = 1 - x[i]
        b = x[i + 1] - x[i] * x[i]
        total += a * a + 100 * b * b
    return total


@entry(P)
def ackley(x: Any) -> Any:
    n = len(x)
    first = -20 * np.exp(-0.2 * np.sqrt(np.sum(x**2) / n))
    second = -np.exp(np.sum(np.cos(2 * np.pi * x)) / n)
    return first + second + 20 + math.e


@entry(P)
def rastrigin(x: Any) -> Any:
    return 10 * x.size + sum(xi**2 - 10 * math.cos(2 * math.pi * xi) for xi in x)


@entry(XY)
def himmelblau(p: Any) -> Any:
    x, y = p
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


@entry(0.3, 1.2)
def beale(x: float, y: float) -> float:
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


@entry(0.3, -0.8)
def goldstein_price(x: float, y: float) -> float:
    a = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    b = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    return a * b


@entry(P)
def griewank(x: Any) -> Any:
    product = 1.0
    for i, xi in enumerate(x, start=1):
        product *= np.cos(xi / np.sqrt(i))
    return 1 + (x @ x) / 4000 - product


@entry(P)
def levy(x: Any) -> Any:
    w = 1 + (x - 1) / 4
    head = np.sin(np.pi * w[0]) ** 2
    middle = np.sum((w[:-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * w[:-1] + 1) ** 2))
    tail = (w[-1] - 1) ** 2 * (1 + np.sin(2 * np.pi * w[-1]) ** 2)
    return head + middle + tail


@entry(P)
def schwefel(x: Any) -> Any:
    return 418.9829 * x.size - (100 * x * np.sin(np.sqrt(np.abs(100 * x)))).sum()


@entry(P)
def styblinski_tang(x: Any) -> Any:
    return np.polyval([1.0, 0.0, -16.0, 5.0, 0.0], x).sum() / 2


@entry(P)
def zakharov(x: Any) -> Any:
    s = 0.5 * np.dot(np.arange(1, len(x) + 1), x)
    return np.dot(x, x) + s**2 + s**4


@entry(P)
def powell(x: Any) -> Any:
    a, b, c, d = x
    return (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4


@entry(np.array([0.1, 0.5, 0.9]))
def hartmann3(x: Any) -> Any:
    alpha = np.array([1.0, 1.2, 3.0, 3.2])
    a = np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]])
    p = 1e-4 * np.array(
        [[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]]
    )
    inner = (a * (x - p) ** 2).sum(axis=1)
    return -alpha @ np.exp(-inner)


@entry(0.6, 0.9)
def branin(x: float, y: float) -> float:
    b, c, t = 5.1 / (4 * math.pi**2), 5 / math.pi, 1 / (8 * math.pi)
    return (y - b * x**2 + c * x - 6) ** 2 + 10 * (1 - t) * math.cos(x) + 10


@entry(P)
def michalewicz(x: Any, m: int = 2) -> Any:
    i = np.arange(1, x.size + 1)
    return -np.sum(np.sin(x) * np.sin(i * x**2 / np.pi) ** (2 * m))


@entry(0.5, -0.3)
def six_hump_camel(x: float, y: float) -> float:
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (-4 + 4 * y**2) * y**2


@entry(P)
def trid(x: Any) -> Any:
    diagonal = sum((xi - 1) ** 2 for xi in x)
    for left, right in itertools.pairwise(x):
        diagonal = diagonal - left * right
    return diagonal


@entry(1.3)
def speelpenning_power(x: float) -> float:
    y = x
    for _ in range(3):
        y = y * y - 0.5 * x
    return y


@entry(P)
def speelpenning(x: Any) -> Any:
    product = x[0]
    for i in range(1, x.shape[0]):
        product = product * x[i]
    return product


@entry(0.7)
def taylor_sine(x: float) -> float:
    term = x
    total = x
    k = 1
    while abs(term) > 1e-12:
        term = -term * x * x / ((k + 1) * (k + 2))
        total += term
        k += 2
    return total


@entry(1.7)
def babylonian(a: float) -> float:
    x = a
    while abs(x * x - a) > 1e-13:
        x = (x + a / x) / 2
    return x


class Dual:
    """A number and its derivative."""

    def __init__(self, value: Any, slope: Any) -> None:
        self.value, self.slope = value, slope

    def __add__(self, other: Dual) -> Dual:
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other: Dual) -> Dual:
        product = self.value * other.value
        return Dual(product, self.value * other.slope + self.slope * other.value)


@entry(np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.2, 0.3]))
def dual_numbers_by_hand(x: Any, dx: Any) -> Any:
    def square_plus(d: Dual) -> Dual:
        return d * d + d

    d = square_plus(Dual(x, dx))
    return d.value, d.slope
