"""Objects as keys of dicts and elements of sets: by what they are."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree

X = np.array([0.3, -1.2, 0.8, 2.1])


class Value:
    """A number that remembers how it was made."""

    def __init__(self, data, children=()):
        self.data, self.grad = data, 0.0
        self._backward = lambda: None
        self._prev = set(children)

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = backward
        return out

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        t = math.tanh(self.data)
        out = Value(t, (self,))

        def backward():
            self.grad += (1 - t**2) * out.grad

        out._backward = backward
        return out

    def backward(self):
        order, visited = [], set()

        def build(v):
            if v not in visited:
                visited.add(v)
                for child in v._prev:
                    build(child)
                order.append(v)

        build(self)
        self.grad = 1.0
        for v in reversed(order):
            v._backward()


def gradients(a, b, c):
    x, y, z = Value(a), Value(b), Value(c)
    loss = (x * y + z).tanh() * x + 2 * y + -1 * z
    loss.backward()
    return loss.data, x.grad, y.grad, z.grad


def test_reverse_mode_as_a_program():
    agree(gradients, 0.5, -0.3, 2.0)
    *_, db, _ = anvil.jit(gradients)(0.5, -0.3, 2.0)
    by_anvil = anvil.grad(lambda b: gradients(0.5, b, 2.0)[0])(-0.3)
    assert by_anvil == pytest.approx(db, rel=1e-12)


class Node:
    def __init__(self, v, *children):
        self.v, self.children = v, children


def as_keys(x):
    a, b = Node(x[0]), Node(x[1])
    d = {a: 1.0, b: x[2]}
    d[a] += x[3]
    e = {n: n.v * 2 for n in (a, b)}
    parts = [k.v for k in d], sum(k.v * w for k, w in d.items()), sum(e.values())
    return d[a], d.pop(b), b in d, Node(1.0) in d, d.get(b, -1.0), len(d), parts


def topological(x):
    a = Node(x[0])
    b, c = Node(x[1], a), Node(x[2], a)
    seen, order = set(), []

    def visit(n):
        if n in seen:
            return
        seen.add(n)
        for child in n.children:
            visit(child)
        order.append(n.v)

    visit(Node(x[3], b, c))
    return order, len(seen), len(seen - {a}), {a} == {a}, {a} < {a, b}, {a} == {b}


def cotangents(x):
    a = Node(x[0])
    b = Node(x[1], a)
    c = Node(x[2], a, b)
    bars = {c: 1.0}
    for n in (c, b, a):
        for child in n.children:
            bars[child] = bars.get(child, 0.0) + bars[n] * n.v
    return bars[a], bars[b]


def the_same_in_both_branches(x):
    a, b = Node(x[0]), Node(x[1])
    s = set()
    if x[0] > 0:
        s.add(a)
        a.v = 3.0
    else:
        s.add(a)
    return a in s, b in s, a.v


def in_a_loop(x):
    a, t = Node(x[0]), 0.0
    s = {a}
    for v in x:
        a.v += v
        t += a.v if a in s else 0.0
    return t, a.v


def made_by_a_helper(x):
    made = set()

    def make(v, *children):
        n = Node(v, *children)
        made.add(n)
        return n

    a, b = make(x[0]), make(x[1])
    c = make(x[2], a)
    found = len(made), a in made, sorted(n.v for n in made)
    return found, c.children[0] is a, b in set(c.children)


def taken_away(x):
    a, b = Node(x[0]), Node(x[1])
    s = {a, b}
    s.discard(a)
    s.remove(b)
    s.update([a, a])
    return s.pop().v, len(s), bool(s)


def copied(x):
    a = Node(x[0])
    d = copy.deepcopy({a: 2.0})
    return a in d, [k.v for k in d]


PROGRAMS = [
    as_keys,
    topological,
    cotangents,
    the_same_in_both_branches,
    in_a_loop,
    made_by_a_helper,
    taken_away,
    copied,
]


@pytest.mark.parametrize("fn", PROGRAMS)
def test_objects_as_keys(fn):
    agree(fn, X)


def one_or_the_other(x):
    a, b = Node(x[0]), Node(x[1])
    s = set()
    if x[0] > 0:
        s.add(a)
    else:
        s.add(b)
    return a in s


def swapped(x):
    a, b, t = Node(x[0]), Node(x[1]), 0.0
    s = {a}
    for v in x:
        if v > 0:
            a, b = b, a
        t += v if a in s else -v
    return t


def returned(x):
    return {Node(x[0])}


@pytest.mark.parametrize(
    "fn, text",
    [
        (one_or_the_other, "the data decide which"),
        (swapped, "the data decide which"),
        (returned, "cannot return objects as keys"),
    ],
)
def test_objects_that_data_choose_are_no_keys(fn, text):
    with pytest.raises(anvil.AnvilError, match=text):
        anvil.jit(fn)(X)
