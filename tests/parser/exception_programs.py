"""Programs that raise and catch, with the arguments that they are tried on."""

from __future__ import annotations

import math
from collections.abc import Callable
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


class Coded(Exception):
    """An exception with attributes of its own."""

    def __init__(self, code, value):
        super().__init__(f"code {code}")
        self.code = code
        self.value = value


class Plain(ValueError):
    """An exception with several arguments."""


@case((2.0,), (0.0,))
def caught_division(x):
    try:
        return 1 / x
    except ZeroDivisionError:
        return 0.0


@case((X, 1), (X, 7), (X, -5))
def with_else_and_finally(x, i):
    try:
        v = x[i]
    except IndexError:
        v = np.float64(-1.0)
    else:
        v = v * 2
    finally:
        w = 3.0
    return v + w


@case((X,), (-X,), (X - 2,))
def two_handlers_in_a_loop(x):
    total = np.float64(0.0)
    for v in x:
        try:
            if v < 0:
                raise ValueError("neg")
            if v == 0:
                raise KeyError("zero")
            total += v
        except ValueError:
            total -= 10
        except KeyError:
            break
    return total


@case((1.0,), (-1.0,))
def raised_by_a_helper(x):
    def helper(y):
        if y < 0:
            raise ValueError("negative", 3)
        return y**0.5

    try:
        return helper(x)
    except ValueError as e:
        return e.args[1] * 2.0


@case((1.0,), (-1.0,))
def writes_before_it_stay(x):
    out = [0.0]

    def helper(y):
        out[0] = 5.0
        if y < 0:
            raise ValueError("negative")
        out[0] = y
        return y

    try:
        r = helper(x)
    except Exception:
        r = 100.0
    return r, out[0]


@case((1.0,), (-1.0,), (0.0,))
def chained(x):
    try:
        try:
            if x < 0:
                raise Coded(3, x)
            r = 1 / x
        except ZeroDivisionError as e:
            raise Coded(7, 2.0) from e
    except Coded as e:
        r = e.code * e.value
    return r


@case((1.0,), (-1.0,))
def user_exception(x):
    if x < 0:
        raise Coded(3, x)
    return x


@case((1.0,), (-1.0,))
def user_exception_of_several_arguments(x):
    if x < 0:
        raise Plain("below", x, (x, 1))
    return x


@case((1.0,), (-1.0,), (-3.0,))
def one_caught_one_not(x):
    try:
        if x < -2:
            raise ValueError(f"x is {x} bad {x:.2f}")
        if x < 0:
            raise Coded(3, x)
    except Coded as e:
        return e.value + e.code
    return x


@case((X, 0), (X, 1), (X, 5))
def writes_in_a_loop_until_it_raises(x, n):
    y = x.copy()
    try:
        for i in range(n):
            y[i] = y[i] / (i - 1.0) if i != 1 else -1.0
            y[0] += 1
    except IndexError:
        y[-1] = 99.0
    finally:
        y[0] *= 2
    return y


@case((1.0,), (0.0,), (2.0,))
def returns_through_finally(n):
    try:
        if n == 0:
            return 1.0
        if n == 1:
            raise KeyError(n)
        return 10.0
    except KeyError:
        return 20.0
    finally:
        n = 5
        print("finally", n)


@case((1.0,), (0.0,), (2.0,))
def continue_and_break_through_finally(n):
    for k in range(5):
        try:
            if n == 0:
                continue
            if n == 1:
                break
            n = n / (k - 2.0)
        except ZeroDivisionError:
            n = 50.0
            continue
        finally:
            n = n + 0.5
    else:
        n = n + 1000
    return n


@case((1.0,), (-1.0,))
def caught_assertion(x):
    try:
        assert x > 0, "positive please"
    except AssertionError as e:
        return 2.0 if "positive" in str(e) else 1.0
    return x


@case(({"a": 1.0},), ({"b": 1.0},))
def known_key_error(d):
    try:
        return d["a"]
    except KeyError as e:
        return 5.0 if e.args == ("a",) else 6.0


@case((1.0,), (-1.0,))
def raised_again(x):
    try:
        if x < 0:
            raise ValueError("neg")
    except ValueError:
        raise
    return x


@case((1.0,), (-1.0,), (-5.0,))
def one_of_two_raised_again(x):
    try:
        if x < -2:
            raise ValueError("neg", x)
        if x < 0:
            raise KeyError("neg", 1)
        y = x
    except (ValueError, KeyError):
        y = 0.0
        raise
    return y


@case((3.0, 0.0), (3.0, 1.0))
def safe_division(a, b):
    def safe(a, b, default=0.0):
        try:
            return a / b
        except ZeroDivisionError:
            return default

    return safe(a, b) + safe(b, a, 7.0)


@case((np.array([4.0, 1.0]),), (np.array([0.0, 1.0]),))
def index_error_ends_a_while(x):
    s = 0.0
    i = 0
    while True:
        try:
            s += 1 / float(x[i])
        except ZeroDivisionError:
            s += 100
        except IndexError:
            break
        i += 1
    return s, i


@case((1.0,), (0.0,))
def unbound_after_it(x):
    try:
        y = 1 / x
        z = 2.0
    except ZeroDivisionError:
        z = 1.0
    return y + z


@case((1.0,), (0.0,), (5.0,))
def nested(x):
    try:
        try:
            y = 1 / x
        finally:
            x = x + 1
        if x > 4:
            raise RuntimeError("big")
    except ArithmeticError:
        y = -1.0
    except RuntimeError as e:
        y = float(len(e.args))
    return x, y


@case((5,), (2,))
def retries(n):
    attempts = 0
    while True:
        try:
            attempts += 1
            if attempts < n and attempts < 4:
                raise RuntimeError("again")
            break
        except RuntimeError:
            if attempts >= 3:
                raise
    return attempts


@case((1.0,))
def optional_import(x):
    try:
        import a_module_that_is_not_there as m

        return m.f(x)
    except ImportError:
        return -x


@case((1.0,))
def missing_attribute(x):
    try:
        v = x.nothing
    except AttributeError:
        v = x
    return v


@case((X,), (np.ones(4),))
def mismatched_shapes(x):
    try:
        return x + X
    except ValueError:
        return x


@case((1.0,), (-2.0,))
def domain_error_of_a_helper(x):
    def root(v):
        return math.sqrt(v)

    try:
        return root(x)
    except ValueError:
        return float("nan")


@case((1.0,), (-2.0,), (0.0,))
def skipped_operand(x):
    try:
        b = x > 0 or 1 / x < -1
        r = 1.0 if b else 2.0
    except ZeroDivisionError:
        r = 3.0
    return r


@case((1,), (0,), (4,))
def inside_a_comprehension(k):
    try:
        w = sum([v / (j - k) for j, v in enumerate([3.0, 4.0])])
    except ZeroDivisionError:
        w = -1.0
    return w


@case((X, 2), (X - 2, 3), (X, 9))
def inside_a_rolled_comprehension(x, n):
    try:
        w = sum([1 / float(x[j]) for j in range(n)])
    except ZeroDivisionError:
        w = -1.0
    except IndexError:
        w = -2.0
    return w


@case((3.0, 2.0), (3.0, 1.0), (3.0, -2.0), (0.5, 1.0))
def raised_deep_in_a_recursion(x, step):
    def descend(v, level):
        if level > 6:
            raise RecursionError(f"level {level}")
        if v <= 0:
            return 1 / (v + 1)
        return v + descend(v - step, level + 1)

    try:
        return descend(x, 0)
    except ZeroDivisionError:
        return -1.0
    except RuntimeError as e:
        return float(len(e.args))


@case((1.0,), (0.0,))
def printed_before_it_leaves(x):
    try:
        return 1 / x
    finally:
        print("done", x)


@case((1.0,), (0.0,))
def break_in_finally(x):
    while True:
        try:
            return 1 / x
        except ZeroDivisionError:
            x = 2.0
            continue
        finally:
            if x > 1:
                break  # noqa: B012
    return -x


@case((4.0,), (0.0,))
def through_two_functions(x):
    def inner(x):
        try:
            return 1 / x
        except ValueError:
            return 2.0

    def middle(x):
        return inner(x) * 2

    try:
        return middle(x)
    except ZeroDivisionError as e:
        return float(len(str(e)))


@case((4.0,), (0.0,), (-1.0,))
def wrapped_message(x):
    try:
        if x < 0:
            raise ValueError(f"x={x:.1f}")
        if x == 0:
            raise ValueError("x zero")
    except ValueError as e:
        print("caught", e)
        raise RuntimeError("wrapped: " + str(e)) from e
    return x


@case((X, 1), (X, 9), (np.array([1.0, 0.0]), 1))
def index_and_division(x, i):
    try:
        return 1 / float(x[i])
    except (IndexError, ZeroDivisionError):
        return -1.0


@case((3.0,), (0.0,), (-1.0,))
def finally_returns(x):
    def f():
        try:
            return 1 / x
        finally:
            if x < 0:
                return 5.0  # noqa: B012

    return f()


@case((np.array([2.0, 0.5, -1.0]),), (np.array([2.0, 0.5, 1.0]),))
def bisects_or_gives_up(c):
    def bisect(f, a, b):
        if f(a) * f(b) > 0:
            raise ValueError("no sign change")
        for _ in range(20):
            m = (a + b) / 2
            if f(a) * f(m) <= 0:
                b = m
            else:
                a = m
        return (a + b) / 2

    try:
        return bisect(lambda t: c[0] * t * t + c[1] * t + c[2], 0.0, 2.0)
    except ValueError:
        return -1.0


@case((0.5,), (3.0,))
def did_not_converge(x):
    def iterate(x):
        for k in range(10):
            y = x * x
            if abs(y - x) < 1e-3:
                return y
            x = y
            if x > 1e6:
                raise OverflowError(f"diverged after {k} steps: {x:.3e}")
        raise RuntimeError("no convergence")

    try:
        return iterate(x)
    except RuntimeError:
        return -1.0


@case((2,), (-1,), (0,))
def texts_of_numbers(n):
    print(
        f"{n:>4d}|{n!r}|{n / 2:.2e}",
        "%d and %5.1f" % (n, n * 1.5),  # noqa: UP031
        "{} {:.1f}".format(n, n * 2.0),  # noqa: UP032
    )
    print(n, [n, 1.5, (n,)], {"a": n}, sep="; ", end="!\n", file=None)
    print("a", "b", sep="", end="")
    if n == 0:
        message = "zero: " + str(n)
        raise ArithmeticError(message, repr(n))
    return n


class Quiet:
    """A manager that lets exceptions through."""

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        return False


@case((X, 1), (X, 5), (X, 7))
def raised_again_inside_a_manager(x, i):
    tries = 0
    try:
        with Quiet():
            try:
                v = x[i]
            except LookupError:
                tries += 1
                if i > 5 and tries == 1:
                    raise
                v = np.float64(-1.0)
    except IndexError:
        return -2.0, tries
    return v, tries


@case((2.0,), (0.0,), (-1.0,))
def raised_in_a_handler_under_finally(x):
    log = []
    try:
        try:
            y = math.log(x)
        except ValueError as e:
            log.append(len(e.args))
            y = [2.0].index(x)
        finally:
            log.append(2)
    except ValueError:
        y = 5.0
    return y, log
