"""Instances that have an attribute on some of the paths that lead to a place."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree


class A:
    def __init__(self, x):
        self.x = x


class Lazy:
    limit = 3.0

    def __init__(self, x):
        self.x = x

    @property
    def value(self):
        try:
            return self._value
        except AttributeError:
            self._value = self.x * self.x
            return self._value

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return 7.0


def asked(x):
    a = A(x)
    if x > 0:
        a.y = 2.0 * x
    return getattr(a, "y", 0.0), hasattr(a, "y"), hasattr(a, "z")


def on_both_and_one(x):
    a = A(x)
    if x > 0:
        a.y = x
    else:
        a.y, a.z = 2.0 * x, 1.0
    return a.y, getattr(a, "z", None)


def read(x):
    a = A(x)
    if x > 0:
        a.y = x
    return a.y * 2.0


def deleted(x):
    a = A(x)
    if x > 0:
        del a.x
    try:
        return a.x, ""
    except AttributeError as error:
        return -1.0, str(error)


def deleted_twice(x):
    a = A(x)
    if x > 0:
        del a.x
    del a.x
    return x


def first_time(x):
    a = A(x)
    for i in range(4):
        if i * x > 1 and not hasattr(a, "first"):
            a.first = i
    return a.first if hasattr(a, "first") else -1


def in_a_loop(x):
    a = A(x)
    while a.x < 5.5:
        a.x += 1.0
        a.before = a.x * 2.0
    return getattr(a, "before", x)


def cached(x):
    c = Lazy(x)
    if x > 0:
        assert c.value == x * x
    return c.value, c.other, c.limit


def of_the_class(x):
    c = Lazy(x)
    if x > 0:
        c.limit = x
    else:
        c.more = x
    return c.limit, c.more


def aliases(x):
    a = A(x)
    b = a
    if x > 0:
        b.tag = "positive"
    c = copy.deepcopy(a)
    a.tag = "later"
    return getattr(c, "tag", None), b.tag


def arrays(x):
    a = A(np.array([x, 1.0]))
    if x > 0:
        a.y = a.x * 2.0
        a.y[0] = 5.0
    if hasattr(a, "y"):
        a.y += x
        return a.y
    return a.x


def matched(x):
    a = A(x)
    if x > 0:
        a.y = x
    match a:
        case A(y=y):
            return y
        case A(x=v):
            return v * 3.0


def handed_on(x):
    def mark(a):
        if a.x > 0:
            a.y = a.x

    a = A(x)
    mark(a)
    return getattr(a, "y", -1.0)


def of_elements(x):
    ps = [A(x), A(2.0)]
    total = 0.0
    for i in range(2):
        total += ps[i].x if hasattr(ps[i], "x") else 100.0
    return total, hasattr(ps[0], "none")


PROGRAMS = (
    asked,
    on_both_and_one,
    read,
    deleted,
    deleted_twice,
    first_time,
    in_a_loop,
    cached,
    of_the_class,
    aliases,
    arrays,
    matched,
    handed_on,
    of_elements,
)


@pytest.mark.parametrize("x", [2.0, -1.0, 0.4])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_attributes_of_some_paths(program, x):
    agree(program, x)


def smooth(x):
    return asked(x)[0] + getattr(A(x), "none", x) * cached(x)[0]


@pytest.mark.parametrize("x", [2.0, -1.0])
def test_derivatives(x):
    anvil.check_grads(smooth, (x,), order=2)


def returned(x):
    a = A(x)
    if x > 0:
        a.y = x
    return a


def listed(x):
    return list(vars(returned(x)))


@pytest.mark.parametrize("program", [returned, listed])
def test_the_whole_instance_is_refused(program):
    with pytest.raises(anvil.AnvilError, match="'y' is there on some of the paths"):
        anvil.jit(program)(1.0)
