"""Attributes of functions that are made inside."""

from __future__ import annotations

import functools
from typing import Any

import pytest

import anvil
from tests.parser.harness import agree


def counted(fn: Any) -> Any:
    @functools.wraps(fn)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        wrapper.calls += 1  # type: ignore[attr-defined]
        return fn(*args, **kwargs)

    wrapper.calls = 0  # type: ignore[attr-defined]
    return wrapper


def tagged(fn: Any) -> Any:
    fn.tag = "seen"
    return fn


def a_decorator_counts(x):
    @counted
    def f(v):
        return v * v

    s = 0.0
    for i in range(4):
        s += f(x + i)
    return s, f.calls, f.__name__


def a_function_with_a_parameter(x):
    def f(v):
        return v * f.scale

    f.scale = 2.0
    first = f(x)
    f.scale = x
    return first, f(x), hasattr(f, "scale"), hasattr(f, "other"), getattr(f, "none", 5)


def state_on_one_path(x):
    def f(v):
        f.last = v
        return v

    f.last = 0.0
    if x > 0:
        f(x)
    return f.last


def each_its_own(x):
    fs = []
    for i in range(3):

        def g(v, i=i):
            return v * i

        g.k = i + x
        fs.append(g)
    first = fs[0]
    first.tag = "t"
    return [f(f.k) for f in fs], fs[0].tag, [getattr(f, "tag", None) for f in fs]


def methods_of_a_closure(x):
    total = x

    def step(v):
        nonlocal total
        total += v
        return total

    def reset():
        nonlocal total
        total = 0.0

    step.reset = reset
    first = step(1.0)
    step.reset()
    return first, step(2.0)


def wraps_copies_attributes(x):
    @tagged
    def f(v):
        return v + x

    @functools.wraps(f)
    def g(v):
        return 2.0 * f(v)

    f.later = 1
    return g(x), g.tag, hasattr(g, "later"), g.__wrapped__(x)


def an_instance_shows_a_function(x):
    class Timed:
        def __init__(self, fn):
            functools.update_wrapper(self, fn)
            self.fn, self.n = fn, 0

        def __call__(self, *args):
            self.n += 1
            return self.fn(*args)

    @Timed
    @tagged
    def square(v):
        "Squares."
        return v * v

    y = square(x) + square(1.0)
    return y, square.n, square.__name__, square.__doc__, square.__wrapped__(2.0), square.tag


def deleted(x):
    f = lambda v: v  # noqa: E731
    f.a = x
    before = f.a
    del f.a
    return before, hasattr(f, "a")


def never_set(x):
    def f(v):
        return v

    return f.calls + x  # type: ignore[attr-defined]


PROGRAMS = (
    a_decorator_counts,
    a_function_with_a_parameter,
    state_on_one_path,
    each_its_own,
    methods_of_a_closure,
    wraps_copies_attributes,
    an_instance_shows_a_function,
    deleted,
)


@pytest.mark.parametrize("x", [3.0, -1.0])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_attributes(program, x):
    agree(program, x)


def test_derivative():
    assert anvil.grad(lambda x: a_function_with_a_parameter(x)[1])(3.0) == 6.0


def test_functions_of_the_caller_are_not_written():
    with pytest.raises(anvil.AnvilError, match="outside the compiled function"):
        anvil.jit(lambda x: setattr(counted, "calls", 1))(1.0)


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a):
        self.a = a


def slots(x):
    s = Slotted(x)
    before = hasattr(s, "b")
    s.b = 2.0 * x
    return before, hasattr(s, "b"), s.b


def test_slots_without_a_value():
    agree(slots, 3.0)


def test_an_attribute_that_was_never_set():
    with pytest.raises(AttributeError, match="has no attribute 'calls'"):
        anvil.jit(never_set)(1.0)
