"""Which object is which: keys of dicts and elements of sets, `id`, `is`, equality of functions;
classes that NumPy's functions ask for their meaning.
"""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
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


def by_id(x):
    a, b, memo = Node(x[0]), Node(x[1]), {}

    def doubled(n):
        if id(n) not in memo:
            memo[id(n)] = n.v * 2
        return memo[id(n)]

    same = id(a) == id(a), id(a) == id(b), id(a) != id(b), a in {id(a): 1}
    return doubled(a) + doubled(a), len(memo), list(memo.values()), same


def chosen_object(x):
    a, b = Node(x[0]), Node(x[1])
    c = a if x[0] > 0 else b
    return c is a, c is not b, c == a, c != b, id(c) == id(a), c in [a]


def chosen_array(x):
    a, b = x * 2, x * 3
    c = a if x[0] > 0 else b
    return c is a, c is b, a is not b, a is a


def all_but_the_best(x):
    nodes = [Node(v) for v in x]
    best = nodes[0]
    for n in nodes:
        if n.v > best.v:
            best = n
    return [n is best for n in nodes], sum(n.v for n in nodes if n is not best)


def functions(x):
    def f(v):
        return v

    def g(v):
        return v

    h, n = f, Node(x[0])
    return f == h, f is h, f == g, f != g, f in [g, h], f is not g, n.__init__ == n.__init__


@pytest.mark.parametrize("fn", [by_id, chosen_object, chosen_array, all_but_the_best, functions])
@pytest.mark.parametrize("sign", [1, -1])
def test_which_object_it_is(fn, sign):
    agree(fn, sign * X)


def written_through(x):
    a, b = x * 2, x * 3
    c = a if x[0] > 0 else b
    same = c is a
    c += 1
    return (a * b, c * c) if same else (a * b, c)


def test_derivatives_of_what_is_written_through():
    def pulled(x):
        return anvil.vjp(written_through, x)[1]((X, X))[0]

    for x, slope in ((X, 12 * X + 3 + 2 * (2 * X + 1) * 2), (-X, -12 * X + 2 + 3)):
        got = call_reference(anvil.jit(pulled), (x,), {}, "O2")
        np.testing.assert_allclose(got, X * slope, rtol=1e-12)


class Dual:
    def __init__(self, r, e=0.0):
        self.r, self.e = r, e

    def __mul__(self, other):
        return Dual(self.r * other.r, self.r * other.e + self.e * other.r)

    def sin(self):
        return Dual(np.sin(self.r), np.cos(self.r) * self.e)


class DualUfunc(Dual):
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if ufunc is np.sin:
            return DualUfunc(np.sin(self.r), np.cos(self.r) * self.e)
        if ufunc is np.multiply:
            a, b = (i if isinstance(i, Dual) else Dual(i) for i in inputs)
            return a * b
        return NotImplemented


def methods_of_ufuncs(x):
    d = Dual(x[0], 1.0)
    y = np.sin(d) * d
    return y.r, y.e


def own_ufuncs(x):
    d = DualUfunc(x[0], 1.0)
    y = np.multiply(2.0, np.sin(d))
    return y.r, y.e


class Model:
    def __init__(self, w):
        self.w = w

    @anvil.jit
    def loss(self, x):
        return np.sum((self.w * x) ** 2)


def compiled_method(x):
    m = Model(2 * x)
    return m.loss(x), anvil.grad(m.loss)(x)


@pytest.mark.parametrize("fn", [methods_of_ufuncs, own_ufuncs])
def test_instances_and_functions(fn):
    agree(fn, X)


def test_a_compiled_method_inside():
    for got, want in zip(anvil.jit(compiled_method)(X), compiled_method(X), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)
