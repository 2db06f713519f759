"""Functions to differentiate over control flow: exits, exceptions, match, generators, recursion,
variables that are one of several unlike things.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

PROGRAMS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
V = np.array([0.7, -1.2, 0.4, 1.9, -0.3])
P = np.array([1.3, 0.6, 2.1, 0.9])


def program(*args: Any) -> Callable[[Any], Any]:
    """Notes a function with its arguments; it is differentiated in the first."""

    def add(function: Any) -> Any:
        PROGRAMS.append((function, args))
        return function

    return add


@program(0.7, 0)
@program(0.7, 1)
@program(0.7, 2)
@program(0.7, 40)
def counted(x: float, n: int) -> Any:
    total = 0.0
    y = x
    for k in range(n):
        y = math.sin(y) + 0.1 * k * x
        total += y
    return total


@program(1.7)
@program(0.9)
@program(40.0)
def halved_until_small(x: float) -> Any:
    n = 0
    while x > 1.0:
        x = x * 0.5 + 0.01 * x**0.5
        n += 1
    return x * (n + 1)


@program(P, 3)
def triangle_of_data(v: Any, n: int) -> Any:
    out = 0.0
    for i in range(n):
        j = 0
        acc = 0.0
        while acc < v[i] * 2 and j < 5:
            acc += 0.3 + 0.1 * v[j % 4]
            j += 1
        out += acc * v[i] ** j
    return out


@program(V, 1.5)
@program(V, 50.0)
@program(V, 0.0)
def stops_early(v: Any, bound: float) -> Any:
    total = 0.0
    for i, x in enumerate(v):
        if total > bound:
            return total * x
        if x < -1.0:
            continue
        total += math.exp(x) * (i + 1)
    return total


@program(V)
def sqrt_or_nothing(v: Any) -> Any:
    total = 0.0
    for x in v:
        try:
            total += math.sqrt(float(x))
        except ValueError:
            total -= float(x) ** 2
    return total


@program(V)
def log_with_finally(v: Any) -> Any:
    total, seen = 0.0, 0
    for x in v:
        try:
            y = math.log(float(x))
        except ValueError:
            y = math.sin(float(x))
        else:
            y = y * 2
        finally:
            seen += 1
        total += y * seen
    return total


@program(0.8, 3)
@program(0.8, 0)
def division_guarded(x: float, n: int) -> Any:
    total = 0.0
    for k in range(n + 1):
        try:
            total += x**2 / k
        except ZeroDivisionError:
            total += x**3
    return total


@program(1.2)
@program(-1.2)
def raises_own(x: float) -> Any:
    class TooSmall(Exception):
        pass

    def check(y: float) -> float:
        if y < 0.0:
            raise TooSmall
        return math.sqrt(y)

    total = 0.0
    for k in range(4):
        try:
            total += check(x + 0.5 * k)
        except TooSmall:
            total += x * k + x**2
            if k == 1:
                break
    return total


@program(V)
@program(V - 1.0)
def first_root(v: Any) -> Any:
    total = 0.0
    try:
        for i in range(10):
            if v[i] > 1.5:
                return v[i] ** 3
            total += math.exp(v[i])
    except IndexError:
        return v.sum() * total
    return v[0] * v[1]


@program(V, 0)
@program(V, 1)
@program(V, 5)
def matched(v: Any, mode: int) -> Any:
    match mode:
        case 0:
            return np.sum(v**2)
        case 1 | 2:
            return np.prod(v)
        case k if k > 3:
            return v[0] ** k
    return 0.0


@program(V)
def interpreter(v: Any) -> Any:
    stack: list[Any] = []
    for step in [("push", 0), ("push", 1), ("mul", 0), ("push", 3), ("add", 0), ("sin", 0)]:
        match step:
            case ("push", i):
                stack.append(v[i])
            case ("mul", _):
                b, a = stack.pop(), stack.pop()
                stack.append(a * b)
            case ("add", _):
                b, a = stack.pop(), stack.pop()
                stack.append(a + b * a)
            case (name, _) if name == "sin":
                stack.append(math.sin(stack.pop()))
    return stack[-1]


@program(V, np.array([0, 2, 1, 0, 3, 1, 2]))
def opcodes(v: Any, codes: Any) -> Any:
    acc = v[0]
    for c in codes:
        match int(c):
            case 0:
                acc = acc + v[1]
            case 1:
                acc = acc * v[2]
            case 2:
                acc = math.sin(acc)
            case _:
                acc = acc**2
    return acc


@dataclass
class Disc:
    radius: Any


@dataclass
class Box:
    width: Any
    height: Any


@program(P)
def areas_by_class(v: Any) -> Any:
    total = 0.0
    for shape in [Disc(v[0]), Box(v[1], v[2]), Disc(v[3])]:
        match shape:
            case Disc(radius=r):
                total += math.pi * r**2
            case Box(w, h):
                total += w * h
    return total


@program(V)
def largest_or_none(v: Any) -> Any:
    best = None
    for x in v:
        if best is None or x > best:
            best = x
    return best**2 if best is not None else 0.0


@program(V)
@program(-np.abs(V))
def previous_positive(v: Any) -> Any:
    last = None
    total = 0.0
    for x in v:
        if x > 0:
            if last is not None:
                total += last * x
            last = x
    if last is None:
        return v.sum() * 2.0
    return total + last


@program(1.4)
@program(-1.4)
def function_by_data(x: float) -> Any:
    f = math.sin if x > 0 else math.cosh
    y = x
    for _ in range(3):
        y = f(y) + 0.1 * x
        f = math.cos if y > 0.5 else math.tanh
    return y


@program(V)
def lambda_by_data(v: Any) -> Any:
    total = 0.0
    for x in v:
        if x > 1.0:
            act = lambda t: t**3  # noqa: E731
        elif x > 0:
            act = lambda t: t * v[0]  # noqa: E731
        else:
            act = np.tanh
        total += act(x)
    return total


def windows(xs: Any, n: int) -> Any:
    for i in range(len(xs) - n + 1):
        yield xs[i : i + n]


@program(V)
def generator_of_windows(v: Any) -> Any:
    return sum(np.prod(w) for w in windows(v, 3))


def orbit(x: Any, r: Any) -> Any:
    while True:
        yield x
        x = r * x * (1 - x)


@program(0.3, 7)
@program(0.3, 0)
@program(0.3, 40)
def generator_taken(x: float, n: int) -> Any:
    total = 0.0
    for y in itertools.islice(orbit(x, 2.7), n):
        total += y**2
    return total + x


@program(2.0)
def generator_until(a: float) -> Any:
    def newton() -> Any:
        x = a
        while True:
            x = 0.5 * (x + a / x)
            yield x

    last = a
    for x in newton():
        if abs(x - last) < 1e-9:
            return x
        last = x
    return last


@program(V)
def generator_pipeline(v: Any) -> Any:
    positive = (x for x in v if x > 0)
    squares = (x * x + i for i, x in enumerate(v) if x < 1.5)
    return sum(positive) * sum(squares) + max(abs(x) for x in v) * sum(x > 0 for x in v)


def depth_first(left: Any, right: Any, w: Any, node: int) -> Any:
    if node < 0:
        return 1.0
    a = depth_first(left, right, w, left[node])
    b = depth_first(left, right, w, right[node])
    return math.sin(a * b) + w[node] * a


@program(V, np.array([1, 3, -1, -1, -1]), np.array([2, 4, -1, -1, -1]))
def tree_in_arrays(v: Any, left: Any, right: Any) -> Any:
    return depth_first(left, right, v, 0)


def nested_power(x: Any, n: int) -> Any:
    if n == 0:
        return 1.0
    if n % 2:
        return x * nested_power(x, n - 1)
    h = nested_power(x, n // 2)
    return h * h


@program(1.1, np.array(0))
@program(1.1, np.array(1))
@program(1.1, np.array(11))
def recursive_power(x: float, n: Any) -> Any:
    return nested_power(x, int(n))


def simpson(f: Any, a: Any, b: Any, tol: float, depth: int = 0) -> Any:
    m = 0.5 * (a + b)
    whole = (b - a) / 6 * (f(a) + 4 * f(m) + f(b))
    lo, hi = 0.5 * (a + m), 0.5 * (m + b)
    halves = (b - a) / 12 * (f(a) + 4 * f(lo) + 2 * f(m) + 4 * f(hi) + f(b))
    if abs(whole - halves) < tol or depth > 8:
        return halves
    return simpson(f, a, m, tol, depth + 1) + simpson(f, m, b, tol, depth + 1)


@program(1.5)
def adaptive_integral(a: float) -> Any:
    return simpson(lambda t: math.exp(-a * t * t) * a, 0.0, a, 1e-4)


@program(0.9, 13)
def even_odd(x: float, n: int) -> Any:
    def even(y: Any, k: int) -> Any:
        return y if k <= 0 else odd(math.sin(y), k - 1)

    def odd(y: Any, k: int) -> Any:
        return y if k <= 0 else even(y * x + 0.2, k - 2)

    return even(x, n)


@program(0.8)
def nonlocal_counter(x: float) -> Any:
    total = 0.0

    def add(y: Any) -> None:
        nonlocal total
        total = total * 0.9 + y

    for k in range(5):
        add(x**k)
        if total > 2.0:
            add(-x)
    return total


@program(V)
def for_else_by_data(v: Any) -> Any:
    total = 0.0
    for i in range(4):
        for j in range(i + 1, 5):
            if v[i] * v[j] < 0:
                total += v[i] * v[j] ** 2
                break
        else:
            total += v[i]
    return total


@program(P, 40)
def nested_trip_counts(v: Any, n: int) -> Any:
    s = v[0]
    for _ in range(n):
        m = int(abs(s) * 3) % 4
        for j in range(m):
            s = s * 0.8 + 0.1 * v[j]
        while s > 1.5:
            s -= v[1] * 0.5
        s += 0.3
    return s


@program(2.0)
def bisection_then_polish(a: float) -> Any:
    lo, hi = 0.0, 2.0
    for _ in range(8):
        mid = 0.5 * (lo + hi)
        if mid**3 > a:
            hi = mid
        else:
            lo = mid
    x = 0.5 * (lo + hi)
    for _ in range(4):
        x = x - (x**3 - a) / (3 * x**2)
    return x


@program(1.3)
def class_inside(x: float) -> Any:
    class Adam:
        def __init__(self, lr: float) -> None:
            self.m, self.v, self.t, self.lr = 0.0, 0.0, 0, lr

        def step(self, w: Any, g: Any) -> Any:
            self.t += 1
            self.m = 0.9 * self.m + 0.1 * g
            self.v = 0.99 * self.v + 0.01 * g**2
            return w - self.lr * self.m / (1 - 0.9**self.t) / (np.sqrt(self.v) + 1e-3)

    opt = Adam(0.1)
    w = x
    for _ in range(6):
        w = opt.step(w, 2 * w + x)
    return w**2


@program(P)
def properties_and_operators(v: Any) -> Any:
    class Dual:
        __slots__ = ("a", "b")

        def __init__(self, a: Any, b: Any) -> None:
            self.a, self.b = a, b

        def __mul__(self, o: Any) -> Any:
            return Dual(self.a * o.a, self.a * o.b + self.b * o.a)

        def __add__(self, o: Any) -> Any:
            return Dual(self.a + o.a, self.b + o.b)

        @property
        def norm(self) -> Any:
            return math.hypot(self.a, self.b)

    y = Dual(v[0], 1.0)
    for k in range(1, 4):
        y = y * Dual(v[k], 0.5) + y
    return y.norm


@program(V)
def context_and_assert(v: Any) -> Any:
    assert v[3] > 0, "positive"
    x = v[3]
    n = 0
    while (n := n + 1) < 5:
        x = x * math.cos(x) if n % 2 else x + v[n]
        if not math.isfinite(x):
            raise ValueError("not finite")
    return x


@program(V)
def reraised(v: Any) -> Any:
    def inner(x: Any) -> Any:
        try:
            return math.log(x)
        except ValueError as e:
            raise ArithmeticError("log") from e

    total = 0.0
    for i in range(len(v)):
        try:
            total += inner(float(v[i]))
        except ArithmeticError:
            total += v[i] ** 2
    return total


@program(0.5)
@program(2.5)
def returns_through_finally(x: float) -> Any:
    log = [x]
    try:
        y = 1.0 / (x - 1.0)
        if y < 0:
            return y * x
        log[0] = y * log[0]
    finally:
        log[0] += x
    return log[0] ** 2


@program(V)
def while_with_queue(v: Any) -> Any:
    queue = [0]
    total = 0.0
    while queue:
        i = queue.pop()
        total = total * 0.5 + v[i] ** 2
        if i < 2:
            queue.append(2 * i + 1)
            queue.append(2 * i + 2)
    return total


@program(1.1)
def rk_adaptive(k: float) -> Any:
    t, y, h = 0.0, 1.0, 0.3
    while t < 1.0 - 1e-12:
        h = min(h, 1.0 - t)
        k1 = -k * y
        k2 = -k * (y + h * k1)
        err = abs(0.5 * h * (k2 - k1))
        if err < 0.05:
            t, y = t + h, y + 0.5 * h * (k1 + k2)
            h = h * 1.5
        else:
            h = h * 0.5
    return y


@program(V)
def complex_escape(v: Any) -> Any:
    z, c = complex(0.0, 0.0), complex(v[0], v[2])
    for _ in range(10):
        z = z * z + c
        if abs(z) > 2:
            break
    return abs(z) ** 2
