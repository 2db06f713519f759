"""Programs with context managers, with the arguments that they are tried on."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

X = np.array([1.0, 2.0, 3.0])
CASES: list[Any] = []


def case(*inputs: tuple[Any, ...]) -> Callable[[Any], Any]:
    """Registers a function with the arguments that it is tried on."""

    def add(fn: Any) -> Any:
        CASES.extend(
            pytest.param(fn, args, id=f"{fn.__name__}-{i}") for i, args in enumerate(inputs)
        )
        return fn

    return add


class Log:
    """Notes what happens to it."""

    def __init__(self, name, notes, quiet=()):
        self.name = name
        self.notes = notes
        self.quiet = quiet

    def __enter__(self):
        self.notes.append(f"+{self.name}")
        return self

    def __exit__(self, kind, value, traceback):
        if kind is None:
            self.notes.append(f"-{self.name}")
            return False
        self.notes.append(f"!{self.name} {kind.__name__} {value}")
        return issubclass(kind, self.quiet)


class Timer:
    """Sums what is spent inside."""

    def __init__(self):
        self.total = np.float64(0.0)
        self.depth = 0

    def __enter__(self):
        self.depth += 1
        return self

    def __exit__(self, *exc):
        self.depth -= 1

    def spend(self, t):
        self.total += t


@dataclass
class Budget(contextlib.AbstractContextManager):
    """Scales an array in place while it is entered."""

    data: Any
    factor: float

    def __enter__(self):
        self.data *= self.factor
        return self.data, self.factor

    def __exit__(self, kind, value, traceback):
        self.data /= self.factor
        return kind is not None and issubclass(kind, ZeroDivisionError)


@case((2.0,), (-1.0,))
def falls_through(x):
    notes = []
    with Log("a", notes) as log:
        y = x * 2
        log.notes.append("in")
    return y, notes


@case((2.0,), (0.0,))
def raised_through(x):
    notes = []
    try:
        with Log("a", notes):
            y = 1 / x
        y += 1
    except ZeroDivisionError:
        y = -1.0
    return y


@case((2.0,), (0.0,))
def suppressed(x):
    notes = []
    y = 5.0
    with Log("a", notes, quiet=(ZeroDivisionError,)):
        y = 1 / x
    return y + 1


@case((2.0,), (0.0,))
def uncaught(x):
    with Timer() as t:
        t.spend(1 / x)
    return t.total, t.depth


@case((X,), (-X,), (X - 2.0,), (X * 0.0,))
def leaves_a_loop(x):
    t = Timer()
    total = np.float64(0.0)
    for v in x:
        with t:
            if v < 0:
                continue
            if v > 2.5:
                break
            if v == 0:
                return np.float64(-1.0), t.total, t.depth
            t.spend(v)
            total += v
    return total, t.total, t.depth


@case((1.0, 2.0), (1.0, 0.0))
def two_managers(x, y):
    t = Timer()
    try:
        with Timer() as a, t as b:
            b.spend(x)
            z = x / y
            a.spend(z)
    except ZeroDivisionError:
        return 0.0, t.total, t.depth
    return z, t.total + a.total, t.depth


@case((X, 2.0), (X, 0.0))
def tuple_target(x, y):
    buf = x.copy()
    with Budget(buf, 2.0) as (data, factor):
        data[0] = factor / y
        data[1] = 7.0
    return buf


@case((3.0,), (-3.0,))
def returns_from_inside(x):
    t = Timer()
    with t:
        if x > 0:
            return x * 2 + t.depth
        t.spend(x)
    return t.total + t.depth


@contextlib.contextmanager
def scaled(x, factor):
    x *= factor
    yield x
    x /= factor


@contextlib.contextmanager
def restored(x):
    saved = x.copy()
    try:
        yield saved
    finally:
        x[:] = saved


@contextlib.contextmanager
def translated(default):
    box = [default]
    try:
        yield box
    except ZeroDivisionError:
        box[0] = np.float64(-1.0)
    except IndexError as e:
        raise ValueError("translated") from e
    else:
        box[0] = box[0] * 2


@case((X,))
def generated(x):
    y = x.copy()
    with scaled(y, 2.0) as z:
        total = np.sum(z)
        z[0] = 100.0
    return y, total


@case((X, 1.0), (X, -1.0))
def generated_return(x, s):
    y = x.copy()

    def inner():
        with scaled(y, 2.0) as z:
            if s > 0:
                return np.sum(z)
            z[1] = 3.0
        return np.sum(z)

    return inner(), y


@case((X, 1), (X, 9))
def generated_finally(x, i):
    y = x.copy()
    got = np.float64(0.0)
    try:
        with restored(y):
            y[0] = 50.0
            got = y[i] + y[0]
            y[1] = 60.0
    except IndexError:
        got = np.float64(-1.0)
    return y, got


@case((X, 1, 2.0), (X, 1, 0.0), (X, 7, 1.0))
def generated_except(x, i, d):
    try:
        with translated(3.0) as box:
            box[0] = 1 / d
            box[0] += x[i]
    except ValueError:
        return 99.0
    return box[0]


@case((X,), (-X,))
def generated_in_loop(x):
    y = np.zeros(3)
    n = 0
    for i in range(3):
        with restored(y) as saved:
            y[i] = x[i]
            if y[i] < -2:
                break
            if y[i] > 2:
                continue
            n += 1
            saved[i] = 2 * x[i]
    return y, n


@case((X,))
def defined_inside(x):
    @contextlib.contextmanager
    def doubled(v):
        yield 2 * v

    with doubled(x[0]) as a, doubled(a) as b:
        return a + b


@case((1.0,), (-1.0,))
def yields_in_branches(x):
    @contextlib.contextmanager
    def signed(v):
        if v > 0:
            yield 1.0
        else:
            yield -1.0

    with signed(x) as s:
        y = s * x
    return y + 1


@case((1.0,), (-1.0,))
def yields_on_one_path(x):
    @contextlib.contextmanager
    def positive(v):
        if v > 0:
            yield v

    with positive(x) as y:
        z = y * 2
    return z + 1


@case((1.0,), (-1.0,))
def yields_twice(x):
    @contextlib.contextmanager
    def again(v):
        yield v
        if v < 0:
            yield v

    with again(x) as y:
        z = y * 2
    return z + 1


@case((1.0,), (0.0,))
def swallows_all(x):
    @contextlib.contextmanager
    def quietly():
        try:
            yield
        except Exception:
            _ = x

    y = 7.0
    with quietly():
        y = 1 / x
        y += 1
    return y


@case((1.0,), (0.0,), (-1.0,))
def suppress(x):
    y = 7.0
    with contextlib.suppress(ZeroDivisionError, IndexError):
        y = 1 / x
        if y < 0:
            raise ValueError("negative")
    return y


@case((X, True), (X, False))
def null_context(x, flag):
    y = x.copy()
    with restored(y) if flag else contextlib.nullcontext(y) as z:
        y[0] = 9.0
        z[1] = 4.0
    return y


@case((X,), (X * 0.0,))
def errstate(x):
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = np.log(x) / x
    return np.where(np.isfinite(y), y, 0.0)


@case((X,))
def exit_order(x):
    notes = []
    with Log("a", notes):
        with Log("b", notes), Log("c", notes):
            notes.append("in")
        notes.append("out")
    return notes


@case((2.0,), (0.0,), (-1.0,))
def finally_and_with(x):
    t = Timer()
    steps = 0.0
    for k in range(3):
        try:
            with t:
                t.spend(1.0)
                steps += 1 / (x - k)
                if steps > 2:
                    break
        except ZeroDivisionError:
            steps += 10
            continue
        finally:
            steps += 0.5
    return steps, t.total, t.depth


@dataclass
class Strict:
    """Suppresses, or raises, as its number says."""

    x: Any

    def __enter__(self):
        return self.x

    def __exit__(self, kind, value, traceback):
        if self.x < -1:
            raise KeyError(f"bad {self.x}")
        return self.x > 0


@case((2.0,), (-2.0,))
def exit_raises(x):
    with Strict(x) as v:
        y = v + 1
    return y + 1


class Solver:
    """Switches its own mode in a block."""

    def __init__(self, rate):
        self.rate = rate

    @contextlib.contextmanager
    def at_rate(self, rate):
        old, self.rate = self.rate, rate
        try:
            yield self
        finally:
            self.rate = old

    def step(self, x):
        return x - self.rate * 2 * x


@case((2.0, 0.1), (-3.0, 0.2))
def switched_method(x, rate):
    s = Solver(rate)
    x = s.step(x)
    with s.at_rate(rate / 2):
        x = s.step(x)
        with s.at_rate(rate / 4) as inner:
            x = inner.step(x)
    return s.step(x), s.rate


@case((2.0,), (0.0,))
def manager_by_condition(x):
    t = Timer()
    m = Timer() if x > 1 else t
    with m as u:
        u.spend(x)
    return t.total, m.total


@case((X,))
def with_in_helper_generator(x):
    def rows(v):
        t = Timer()
        with t:
            for e in v:
                t.spend(e)
                yield e * t.depth
        yield t.total + t.depth

    total = 0.0
    for r in rows(x):
        total += r
    return total


@case((2.0,), (-0.5,), (-2.0,))
def data_decides_to_suppress(x):
    y = 0.0
    try:
        with Strict(x):
            y = 1.0
            raise KeyError("always")
        y += 10
    except KeyError:
        y += 100
    return y
