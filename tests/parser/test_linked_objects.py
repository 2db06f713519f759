"""Objects that loops link to each other, and objects and lists of which the data decide which one a
name has: all names see what is written.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.parser.harness import agree

WAVE = np.cos(np.arange(40) * 1.7) + 0.01 * np.arange(40)
FEW = WAVE[:6]


class Node:
    def __init__(self, v: Any, nxt: Any = None) -> None:
        self.v, self.nxt = v, nxt


class Both:
    def __init__(self, v: Any) -> None:
        self.v = v
        self.prev: Any = None
        self.next: Any = None


class Tree:
    def __init__(self, key: Any) -> None:
        self.key, self.count = key, 1
        self.left: Any = None
        self.right: Any = None


class Point:
    def __init__(self, x: Any, f: Any) -> None:
        self.x, self.f = x, f


class Stack:
    def __init__(self) -> None:
        self.top: Any = None
        self.n = 0

    def push(self, v: Any) -> None:
        self.top = Node(v, self.top)
        self.n += 1

    def pop(self) -> Any:
        found = self.top
        self.top = found.nxt
        self.n -= 1
        return found.v


class Queue:
    def __init__(self) -> None:
        self.head: Any = None
        self.tail: Any = None

    def put(self, v: Any) -> None:
        n = Node(v)
        if self.tail is None:
            self.head = n
        else:
            self.tail.nxt = n
        self.tail = n

    def get(self) -> Any:
        n = self.head
        self.head = n.nxt
        if self.head is None:
            self.tail = None
        return n.v


def weigh(node):
    s = 0.0
    while node is not None:
        s = s * 0.5 + node.v
        node = node.nxt
    return s


def pushed(x):
    head = None
    for v in x:
        head = Node(v, head)
    return weigh(head)


def pushed_if(x):
    head = None
    for v in x:
        if v > 0:
            head = Node(v * 2, head)
    n = 0
    p = head
    while p:
        n += 1
        p = p.nxt
    return weigh(head), n


def appended(x, n):
    first = last = Node(x[0])
    for i in range(n):
        new = Node(x[0] * i + 1)
        last.nxt = new
        last = new
    return weigh(first), last.v


def appended_if(x):
    before = last = Node(0.0)
    for v in x:
        if v > 0:
            last.nxt = Node(v * 2)
            last = last.nxt
    return weigh(before.nxt)


def reversed_(x):
    head = None
    for v in x:
        if v > -0.5:
            head = Node(v, head)
    prev = None
    while head is not None:
        head.nxt, prev, head = prev, head, head.nxt
    return weigh(prev)


def both_ways(x):
    head = tail = Both(x[0])
    for v in x[1:]:
        n = Both(v)
        n.prev = tail
        tail.next = n
        tail = n
    tail.v += 1.0
    s, node = 0.0, tail
    while node is not None:
        s = 0.5 * s + node.v
        node = node.prev
    while head is not None:
        s = 0.7 * s + head.v
        head = head.next
    return s


def stacked(x):
    st = Stack()
    for v in x:
        if v < 0 and st.n > 0:
            st.push(st.pop() * v)
        else:
            st.push(v)
    s = 0.0
    while st.n:
        s = 0.5 * s + st.pop()
    return s


def queued(x):
    q = Queue()
    for v in x:
        if v > 0:
            q.put(v)
    s = 0.0
    while q.head is not None:
        a = q.get()
        if a > 1.1:
            q.put(a / 2)
        s = 0.5 * s + a
    return s


def kept_in_order(x):
    head = None
    for v in x:
        if head is None or v < head.v:
            head = Node(v, head)
        else:
            at = head
            while at.nxt is not None and at.nxt.v < v:
                at = at.nxt
            at.nxt = Node(v, at.nxt)
    return weigh(head)


def taken_out(x, most):
    head = None
    for v in x:
        head = Node(v, head)
    before = at = Node(0.0, head)
    while at.nxt is not None:
        if at.nxt.v > most:
            at.nxt = at.nxt.nxt
        else:
            at = at.nxt
    return weigh(before.nxt)


def halved(x, y):
    head = None
    while y > 0.01:
        head = Node(y * x[0], head)
        y *= 0.8
    return weigh(head)


def turned_round(x):
    """A ring of nodes in which every second one is dropped."""
    first = last = Node(x[0])
    for v in x[1:]:
        last.nxt = Node(v)
        last = last.nxt
    last.nxt = first
    n, at, s = x.shape[0], last, 0.0
    while n > 1:
        at = at.nxt
        s = s * 0.9 + at.nxt.v
        at.nxt = at.nxt.nxt
        n -= 1
    return s, at.v


def search_tree(x):
    root = None
    for v in x:
        n = Tree(v)
        if root is None:
            root = n
            continue
        at = root
        while True:
            at.count += 1
            if v < at.key:
                if at.left is None:
                    at.left = n
                    break
                at = at.left
            else:
                if at.right is None:
                    at.right = n
                    break
                at = at.right
    deep, at = 0, root
    while at.left is not None:
        at = at.left
        deep += 1
    return at.key, deep, root.count


def best_point(x):
    best = Point(x[0], x[0] ** 2)
    for v in x:
        p = Point(v, v * v - v)
        if p.f < best.f:
            best = p
        p.x += 1.0
    best.x *= 2.0
    return best.x, best.f


def two_points(x):
    """The best and the one before it, both written to."""
    best = last = Point(x[0], x[0])
    for v in x:
        p = Point(v, 0.5 * v)
        if p.x > best.x:
            last = best
            best = p
        last.f += p.x
        best.f -= 1.0
    return best.x, best.f, last.x, last.f


def longest_run(x):
    best, now = [], []
    for v in x:
        if now and v <= now[-1]:
            now = []
        now.append(v)
        if len(now) > len(best):
            best = now
    return sum(best) * len(best), best[-1]


def longest_run_copied(x):
    best, now = [], [x[0]]
    for a, b in pairwise(x):
        if b > a:
            now.append(b)
        else:
            now = [b]
        if len(now) > len(best):
            best = list(now)
    return len(best), sum(best)


def best_stretch(x):
    best, found, total, now = -math.inf, [], 0.0, []
    for v in x:
        if total < 0:
            total, now = 0.0, []
        total += v
        now.append(v)
        if total > best:
            best, found = total, now
    return best, len(found), sum(found)


def filed_by_use(x):
    """A list of nodes, the one that was used last in front."""
    head = Node(-1.0)
    for v in x:
        before, at = head, head.nxt
        while at is not None and abs(at.v - v) > 0.3:
            before, at = at, at.nxt
        if at is None:
            head.nxt = Node(v, head.nxt)
        else:
            before.nxt = at.nxt
            at.nxt = head.nxt
            head.nxt = at
            at.v = 0.5 * (at.v + v)
    return weigh(head.nxt)


def merged(x):
    a = b = None
    for v in x:
        if v > 0:
            a = Node(v, a)
        else:
            b = Node(-v, b)
    first = last = Node(0.0)
    while a is not None and b is not None:
        if a.v <= b.v:
            last.nxt, a = a, a.nxt
        else:
            last.nxt, b = b, b.nxt
        last = last.nxt
    last.nxt = a if a is not None else b
    return weigh(first.nxt)


def selected(x):
    ps = [Point(v, 0.5 * v) for v in x]
    more = [p for p in ps if p.x > 0]
    less = [p for p in ps if p.x <= 0]
    for i, p in enumerate(less + more):
        p.f += i * p.x
    more.extend(less)
    more.append(Point(1.0, x[0]))
    for p in more:
        p.f *= 0.5
    return [p.f for p in ps], len(more), more[-1].f


def two_tables(x):
    a = [Point(v, 1.0) for v in x if v > 0]
    b = [Point(v, 2.0) for v in x if v <= 0]
    for i, p in enumerate(a + b):
        p.f *= p.x + i
    return sum(p.f for p in a), sum(p.f for p in b)


def fewer_and_fewer(x):
    ps = [Point(v, abs(v)) for v in x]
    total = 0.0
    while len(ps) > 1:
        for p in ps:
            p.x = p.x - 0.3
            total += p.x * p.f
        ps = [p for p in ps if p.x > 0]
    return total, len(ps)


def runs(x):
    groups, now = [], [x[0]]
    for a, b in pairwise(x):
        if b >= a:
            now.append(b)
        else:
            groups.append(now)
            now = [b]
    groups.append(now)
    return len(groups), [g[-1] for g in groups], max(groups, key=len)[0]


def held_on_to(x, i, j, k):
    rows = [x.copy(), x * 2, x + 1]
    first, second = rows[k], rows[i]
    rows[j] += 1
    first *= second
    second[0] = 7.0
    return first, second, rows


LINKS = [
    (pushed, WAVE),
    (pushed, FEW),
    (pushed_if, WAVE),
    (pushed_if, -np.ones(5)),
    (appended, FEW, 5),
    (appended, FEW, 0),
    (appended_if, WAVE),
    (appended_if, FEW),
    (reversed_, WAVE),
    (both_ways, WAVE),
    (stacked, WAVE),
    (stacked, FEW),
    (queued, WAVE),
    (kept_in_order, FEW),
    (kept_in_order, WAVE),
    (taken_out, WAVE, 0.3),
    (halved, FEW, 2.0),
    (turned_round, WAVE),
    (search_tree, WAVE),
    (best_point, WAVE),
    (two_points, WAVE),
    (longest_run, WAVE),
    (longest_run_copied, WAVE),
    (best_stretch, WAVE),
    (filed_by_use, WAVE),
    (merged, WAVE),
    (selected, FEW),
    (selected, WAVE),
    (two_tables, FEW),
    (two_tables, WAVE),
    (fewer_and_fewer, FEW),
    (fewer_and_fewer, WAVE),
    (runs, FEW),
    (runs, WAVE),
    (held_on_to, FEW, 0, 1, 2),
    (held_on_to, FEW, 1, 1, 1),
]


def name_of(case):
    return case[0].__name__ if isinstance(case, tuple) else None


@pytest.mark.parametrize("case", LINKS, ids=name_of)
def test_as_in_python(case):
    agree(*case)


SMOOTH = [pushed, appended_if, reversed_, stacked, queued, kept_in_order, best_point, longest_run]


@pytest.mark.parametrize("f", SMOOTH)
def test_derivatives(f):
    def total(x):
        out = f(x)
        return out if isinstance(out, float) else sum(out) if isinstance(out, tuple) else out

    w = np.sin(np.arange(6) + 1.0)
    grad = anvil.grad(total)
    got = call_reference(grad, (FEW,), {}, "O2")
    want = [(total(FEW + h) - total(FEW - h)) / 2e-6 for h in np.eye(6) * 1e-6]
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-7)
    forward = anvil.jvp(total, (FEW,), (w,)) if f is pushed else None
    if forward is not None:
        np.testing.assert_allclose(forward[1], got @ w, rtol=1e-12)


def linked(x):
    head = None
    for v in x:
        if v > 0:
            head = Node(v, head)
    return head


def test_a_list_of_links_is_no_result():
    with pytest.raises(anvil.AnvilError, match="refers to others, as the data decide"):
        call_reference(anvil.jit(linked), (WAVE,), {}, "O2")


def test_a_short_list_of_links_is_a_result():
    head = call_reference(anvil.jit(linked), (FEW,), {}, "O2")
    got = []
    while head is not None:
        got.append(head.v)
        head = head.nxt
    np.testing.assert_array_equal(got[::-1], FEW[FEW > 0])
