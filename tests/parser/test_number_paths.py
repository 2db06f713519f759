"""Numbers whose type depends on the path: an int on one, a float or a NumPy scalar on another. They
are what they are in CPython, wherever their type shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree, run

X = np.array([1.0, -2.0, 3.0, 0.5])
HALF = X.astype(np.float32)
P: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []


def program(*cases: tuple[Any, ...]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A program and the arguments that it is run with."""

    def add(fn: Callable[..., Any]) -> Callable[..., Any]:
        P.extend((fn, args) for args in cases)
        return fn

    return add


BOTH = ((-1.5,), (1.5,))


@program(*BOTH)
def larger(x):
    a, b = max(x, 0), min(x, 1)
    return a, b, [a, 2 * b], {"a": -a}, max(0, min(1, x))


@program(*BOTH)
def kinds(x):
    a = max(x, 0)
    return isinstance(a, int), type(a) is float, isinstance(a, (int, float)), a is True


@program(*BOTH)
def divided(x):
    a = max(x, 0)
    return a / 2, a // 2, a % 2, a**2, abs(a), round(a), int(a), float(a), bool(a), divmod(a, 2)


@program((0.0,), (2.5,))
def logical(x):
    return x or 1, x and 1, (x > 0 and x) or 0, not (x or 0)


@program((X,), (-np.abs(X),), (HALF,), (-np.abs(HALF),), ([1.0, -2.0],), ([-1.0],))
def total(x):
    found = 0
    for v in x:
        if v > 0:
            found += v
    return found, found * 2.0, found + 1, -found, found > 0, type(found) is int


@program((X,), (-np.abs(X),))
def best(x):
    found, where = 0, None
    for i, v in enumerate(x):
        if v > found:
            found, where = v, i
    return found, where


@program((X,), (-np.abs(X),))
def hinge(x):
    loss = 0
    for i in range(len(x)):
        loss += max(0, 1 - x[i])
    return loss / len(x)


@program((X, 1.0), (X, -1.0), (HALF, 1.0), (HALF, -1.0))
def dtypes(x, c):
    s = np.float64(0.1) if c > 0 else 0.1
    return s * x, s + x[0], np.sin(s), s == 0.1


@program((1.0,), (-1.0,))
def division_by_zero(c):
    s = np.float64(0.0) if c > 0 else 0.0
    return 1.0 / s


@program((1.0,), (-1.0,))
def caught(c):
    s = 0 if c > 0 else np.int64(0)
    try:
        return 7 // s
    except ZeroDivisionError:
        return "raised"


@program((X, 1.0), (X, -1.0))
def one_of_two_types_fits(x, c):
    s = 2 if c > 0 else 2.0
    try:
        return x[s], s << 1
    except (TypeError, IndexError):
        return -1.0


@program((X, 1.0), (X, -1.0))
def indices(x, c):
    i = 2 if c > 0 else np.argmax(x)
    out = np.zeros(4)
    out[i] = max(c, 0)
    for k in range(i):
        out[k] += 1
    return x[i], x[:, None][i, 0], x[i - 1 : i + 1], out


@program((1.0,), (-1.0,))
def told(c):
    s = 1 if c > 0 else 2.5
    percent, braces = "or %s", "{}"
    raise ValueError(f"{s} and {s:.2f}", percent % s, braces.format(s), str(s), s)


@program((3,), (4,))
def halves(n):
    return n // 2 if n % 2 == 0 else n / 2


@program((2**60 + 1, 1), (2**60 + 1, -1))
def exact_ints(n, c):
    s = n if c > 0 else 0.5
    return s, s + 1, s == n, s > 2.0**60, s * 2, -s


@program((X, 1), (X, -1))
def arrays_of_two_dtypes(x, c):
    a = np.arange(4) if c > 0 else x
    b = a * 2
    return a, b, a.dtype == np.int64, np.sum(a) + b[0]


@program((X, 1.0), (X, -1.0), (X, 9.0))
def through_calls(x, c):
    def pick(c):
        if c > 5:
            return True
        return 0 if c > 0 else 0.5

    def use(s):
        return s + 1, s * x

    return use(pick(c))


@program((1.0,), (-1.0,))
def narrowed(c):
    s = 3 if c > 0 else 2.5
    if isinstance(s, int):
        return s % 2, "int"
    return s.is_integer(), s.real


@program((X,))
def counted(x):
    n, found, done = 0, False, False
    while not done and n < len(x):
        found = x[n] > 2
        done = found or n == 3
        n += 1
    return n, found, done


@program((X, 0.0), (X, 1.0))
def none_or_numbers(x, c):
    found = None
    for v in x:
        if v > c:
            found = 0 if v > 2 else v
    return found, None if found is None else found + 1


@pytest.mark.parametrize(("fn", "args"), P, ids=lambda v: getattr(v, "__name__", None))
def test_types_are_those_of_the_path(fn: Any, args: Any) -> None:
    agree(fn, *args)


def test_in_xla() -> None:
    compiled = anvil.jit(larger)
    for x in (-1.5, 1.5):
        want, got = larger(x), compiled(x)
        assert repr(got) == repr(want)


def test_printed(capsys: pytest.CaptureFixture[str]) -> None:
    def show(x: float) -> None:
        a = max(x, 0)
        print(a, f"<{a}>", 2 * a)

    for x in (-1.5, 1.5):
        run(show, x)
        show(x)
    first, again, second, once_more = capsys.readouterr().out.splitlines()
    assert (first, second) == (again, once_more)


def test_derivatives() -> None:
    assert anvil.grad(lambda x: max(x, 0))(2.0) == 1.0
    assert anvil.grad(lambda x: max(x, 0))(-2.0) == 0.0
    assert list(anvil.grad(hinge)(X)) == [0.0, -0.25, 0.0, -0.25]
    assert anvil.grad(anvil.grad(lambda x: max(x, 0) ** 2))(3.0) == 2.0


def test_cotangents_are_none_where_the_result_is_an_int() -> None:
    def clipped(x: Any) -> Any:
        return [max(v, 0) for v in x]

    pullback = anvil.vjp(clipped, X)[1]
    assert list(pullback([2.0, None, 3.0, 4.0])[0]) == [2.0, 0.0, 3.0, 4.0]
    assert list(pullback([2.0, 0, 3.0, 4.0])[0]) == [2.0, 0.0, 3.0, 4.0]


def test_the_value_alone_costs_nothing() -> None:
    def newton(a: Any) -> Any:
        x = 1.0
        while abs(x * x - a) > 1e-12:
            x = 0.5 * (x + a / x)
        return x + a

    loop = str(anvil.jit(newton).ir(np.float64(2.0))).split("while")[1]
    assert "select" not in loop
    assert "if" not in loop


# ---- loops that may run zero times


class Total:
    def __init__(self):
        self.s = 0.0

    def add(self, v):
        self.s += v


def summed(x, n):
    s = 0.0
    for i in range(n):
        s = s + x[i]
    return s


def in_containers(x, n):
    d, t, total = {"s": 0.0, "k": 0}, (summed(x, n) * 2, summed(x, 0)), Total()
    for i in range(n):
        d["s"] += x[i]
        d["k"] += 1
        total.add(x[i])
    return d, t, total.s


def by_while(x, n):
    s, k = 0.0, 0
    while k < n:
        s, k = s + x[k], k + 1
    return s / k if k else s


def of_slices(x, n):
    s = 0.0
    for v in x[:n]:
        s += v
    return s, isinstance(s, np.float64), s * x


def with_a_break(x, n):
    s, best = 0.0, -1
    for v in x:
        if v > n:
            break
        s += v * v
        best = max(best, v)
    return s, best


def divided_by_nothing(x, n):
    return 1.0 / summed(x, n)


ZERO_TRIPS = [summed, in_containers, by_while, of_slices, with_a_break, divided_by_nothing]


@pytest.mark.parametrize("f", ZERO_TRIPS)
@pytest.mark.parametrize("n", [0, 2])
def test_the_type_of_a_number_depends_on_whether_the_loop_ran(f, n):
    agree(f, np.array([1.0, 2.0, 3.0]), n)


def listed_numbers(i, x):
    table = [1, x, 2]
    return table[i] // 2, (True, 2.5, np.float32(2.0))[i], table[int(x)] * 3


@pytest.mark.parametrize("args", [(0, 2.5), (1, 2.5), (2, 0.5), (1, 1.5), (3, 0.5)])
def test_elements_of_unlike_numbers(args):
    agree(listed_numbers, *args)


def test_a_counter_of_unlike_types_in_a_recursion() -> None:
    """Its levels have one signature: the number that counts them is not a part of it."""

    def halved(x: float, depth: float) -> float:
        if x < 0.1 or depth > 3:
            return x
        return math.tanh(x) + 0.5 * halved(x * 0.5, depth + 1)

    def started(x: float, s: float) -> float:
        return halved(x, 1 if s > 0 else math.tanh(s))

    for s in (0.5, -0.5):
        agree(started, 2.0, s)
